"""What a release says of itself: its notices name what is installed with it, its archives hold what they should. The archives
themselves are built and compared by `make release-check`."""

from __future__ import annotations

import re
import tomllib
from importlib import metadata

from packaging.requirements import Requirement

import pipeline
from tests.conftest import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
# Licences under which everybody may use, change and pass on; another one is for a person to judge before it is added here.
PERMISSIVE = {
    "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "BSD", "MIT", "PSF-2.0", "0BSD", "Zlib", "CC0-1.0",
}  # fmt: skip
# How packages that give no SPDX expression say it.
SAID = {
    "MIT License": "MIT", "BSD License": "BSD", "Apache Software License": "Apache-2.0", "PSFL": "PSF-2.0",
    "Python Software Foundation License": "PSF-2.0",
}  # fmt: skip


def installed_with_us() -> set[str]:
    """Every package that our dependencies bring along, by its own name."""
    wanted = [Requirement(one) for one in PROJECT["project"]["dependencies"]]
    found: dict[str, set[str]] = {}
    while wanted:
        requirement = wanted.pop()
        name = metadata.metadata(requirement.name)["Name"]
        if name in found and requirement.extras <= found[name]:
            continue
        extras = found.setdefault(name, set())
        extras |= requirement.extras
        for one in map(Requirement, metadata.requires(requirement.name) or []):
            if one.marker is None or any(one.marker.evaluate({"extra": extra}) for extra in ("", *extras)):
                wanted.append(one)
    return set(found)


def licence_of(name: str) -> str:
    about = metadata.metadata(name)
    classified = [one.rsplit(" :: ", 1)[-1] for one in about.get_all("Classifier") or [] if one.startswith("License ::")]
    said = about.get("License-Expression") or (classified or [about.get("License") or "unknown"])[0]
    return SAID.get(said, said)


def test_the_notice_names_what_is_installed_with_us():
    """One line a package: name and licence. A new dependency, or another licence, must be looked at and written down."""
    noticed = dict(re.findall(r"^  (\S+) +(\S.*)$", (ROOT / "NOTICE").read_text(encoding="utf-8"), re.MULTILINE))
    found = {name: licence_of(name) for name in installed_with_us()}
    assert len(found) > 20
    assert sorted(found.keys() - noticed) == []
    # some versions of a package say "BSD License" only
    assert [name for name, said in found.items() if not noticed[name].startswith(said)] == []


def test_every_licence_is_permissive():
    for name in installed_with_us():
        parts = set(re.split(r" AND | OR ", licence_of(name)))
        assert parts <= PERMISSIVE, f"{name}: {licence_of(name)}"


def test_the_source_archive_holds_what_is_needed_to_change_and_test_it():
    included = set(PROJECT["tool"]["hatch"]["build"]["targets"]["sdist"]["include"])
    assert {"pipeline", "sql", "mappings", "tests", "data_samples", "docs", "bench", "SECURITY.md", "NOTICE"} <= included
    assert all((ROOT / name).exists() for name in included)


def test_the_version_stands_in_the_changelog():
    assert re.search(rf"^## {re.escape(pipeline.__version__)}\b", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    for page in ("LICENSE", "NOTICE", "SECURITY.md"):
        assert (ROOT / page).stat().st_size > 300, page
