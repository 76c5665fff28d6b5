"""docs/tutorial.md is true: its commands are run one after the other, and print what stands below them.

UPDATE_GOLDEN=1 writes what they print into the page; review the difference.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT

PAGE = ROOT / "docs" / "tutorial.md"
BLOCK = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)


def printed(commands: list[str], folder: Path, path: str) -> str:
    """The commands of a block with what each prints, as the page shows it."""
    shown = ""
    for command in commands:
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
            env=os.environ | {"PATH": path, "PYTHONPATH": str(ROOT)},
        )
        assert "Traceback" not in done.stderr and "Usage:" not in done.stderr, done.stderr
        shown += f"$ {command}\n" + "".join(f"{line.rstrip()}\n" for line in done.stdout.splitlines())
    return shown


def test_the_tutorial_prints_what_it_says(tmp_path):
    (tmp_path / "data_samples").symlink_to(ROOT / "data_samples")
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "remit835"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m pipeline.cli "$@"\n')
    program.chmod(0o755)
    path = f"{program.parent}:{os.environ['PATH']}"
    text = PAGE.read_text(encoding="utf-8")

    def run_block(block: re.Match) -> str:
        commands = [line.removeprefix("$ ") for line in block[1].splitlines() if line.startswith("$ ")]
        return f"```console\n{printed(commands, tmp_path, path)}```"

    found = BLOCK.sub(run_block, text)
    assert len(BLOCK.findall(text)) > 8
    if os.environ.get("UPDATE_GOLDEN"):
        PAGE.write_text(found, encoding="utf-8")
    assert found == PAGE.read_text(encoding="utf-8")
