"""bench/RESULTS.md: one section a benchmark, rewritten by whoever measures it, with where and when it was measured."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

RESULTS = Path(__file__).with_name("RESULTS.md")
HEAD = "# What was measured\n\nMade by `make bench`. Ratios count, seconds belong to the machine named in each section.\n"


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A Markdown table; the first column to the left, the others to the right."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def write_section(name: str, text: str, path: Path = RESULTS) -> None:
    """Puts the section in its place, or at the end where it is new."""
    written = path.read_text(encoding="utf-8") if path.exists() else HEAD
    section = f"<!-- {name} -->\n{text.strip()}\n\n{_where_and_when()}\n<!-- /{name} -->"
    between = re.compile(rf"<!-- {name} -->.*<!-- /{name} -->", re.DOTALL)
    if not between.search(written):
        written = f"{written.rstrip()}\n\n<!-- {name} --><!-- /{name} -->\n"
    written = between.sub(lambda _: section, written)
    path.write_text(written, encoding="utf-8")


def _where_and_when() -> str:
    load = os.getloadavg()[0]
    return (
        f"Measured {datetime.now(UTC):%Y-%m-%d} with Python {platform.python_version()} on {os.cpu_count()} cores "
        f"({platform.machine()}); load of the machine at the end {load:.1f}."
    )
