"""The site's licensed code texts: taken into its own mappings, shown beside our wording, and never part of a release.

X12 owns the texts of reason and remark codes. A site with a licence has them as a list; `import_texts` checks such a list and
keeps it as code_text.csv in the folder that the setting `mappings` names.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path

from pipeline import mappings
from pipeline.errors import SettingsError
from pipeline.mappings import Mappings
from pipeline.settings import Settings
from pipeline.warehouse import explained, write_atomically

FILE_NAME = "code_text"
# Which mapping file lists the codes of a list.
LISTS = {
    "CARC": "carc",
    "RARC": "rarc",
    "GROUP": "group_code",
    "PLB": "provider_adjustment_code",
    "CLP02": "claim_status",
}


@dataclass(frozen=True)
class Imported:
    """What became of a list: where it is kept, and how many of its texts are new, changed, as before, or of unknown codes."""

    path: str
    new: int
    changed: int
    unchanged: int
    unknown_codes: list[str]

    def as_text(self) -> str:
        lines = [f"{self.path} holds the texts: {self.new:,} new, {self.changed:,} changed, {self.unchanged:,} as before"]
        if self.unknown_codes:
            lines.append(f"not in our lists, kept all the same: {', '.join(self.unknown_codes)}")
        return "\n".join(lines)


def import_texts(path: Path, settings: Settings) -> Imported:
    """Takes a CSV with the columns code_type (CARC, RARC, GROUP, PLB, CLP02), code and text into the site's mappings. Texts of
    codes that the list does not hold stay. Raises MappingError that names every bad row, SettingsError, WarehouseError."""
    if settings.mappings is None:
        raise SettingsError("there is no folder of the site's own mappings; name one by `mappings: FOLDER` in the configuration")
    taken = mappings.read_rows(FILE_NAME, path)
    if not settings.mappings.exists():  # the first list of a site may come before its folder
        with explained(settings.mappings):
            settings.mappings.mkdir(parents=True)
    known = mappings.of_site(settings)
    kept = {(row.code_type, row.code): row.text for row in known.rows[FILE_NAME]}
    texts = {(row.code_type, row.code): row.text for row in taken}
    with explained(settings.mappings):
        target = settings.mappings / f"{FILE_NAME}.csv"
        write_atomically(target, _as_csv(kept | texts))
    return Imported(
        str(target),
        new=len(texts.keys() - kept.keys()),
        changed=sum(kept[key] != text for key, text in texts.items() if key in kept),
        unchanged=sum(kept.get(key) == text for key, text in texts.items()),
        unknown_codes=sorted(f"{kind} {code}" for kind, code in texts if known.row(LISTS[kind], code) is None),
    )


def official_text(known: Mappings, code_type: str, code: str) -> str | None:
    """The licensed text of a code, where the site has it."""
    row = known.row(FILE_NAME, code_type, code)
    return row.text if row else None


def _as_csv(texts: dict[tuple[str, str], str]) -> bytes:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(("code_type", "code", "text"))
    writer.writerows((kind, code, text) for (kind, code), text in sorted(texts.items()))
    return stream.getvalue().encode()
