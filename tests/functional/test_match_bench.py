"""The bench of the match stage runs the stage as it is, and finds the one earlier payment that each of its denials has."""

from __future__ import annotations

from pathlib import Path

from bench import match


def test_every_denial_of_the_bench_has_its_precedent(tmp_path: Path) -> None:
    match.make(tmp_path, paid=36_000, denied=1_000)
    measured = match.match(tmp_path, "500MB", 1)
    assert measured["candidates"] == measured["rows"]["precedent"] == 1_000
    assert measured["rows"]["line_match"] == measured["rows"]["wanted_line"]
