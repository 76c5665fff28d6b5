"""What can be wrong with a file is said once, in findings.py, and nobody uses a code that is not there."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from pipeline import dictionary, findings, land
from pipeline.findings import KINDS, QUARANTINE, Findings
from pipeline.x12_index import Delimiters, SegmentIndex

ROOT = Path(__file__).parents[2]
SOURCES = "\n".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "pipeline").glob("*.py")))


def test_the_page_is_what_the_command_makes():
    made = dictionary.findings_as_markdown() + "\n"
    said = "docs/findings.md is not up to date: remit835 dictionary --findings --out docs/findings.md"
    assert (ROOT / "docs" / "findings.md").read_text(encoding="utf-8") == made, said


@pytest.mark.parametrize("finding_code", KINDS)
def test_every_kind_says_how_bad_and_what_to_do(finding_code):
    kind = KINDS[finding_code]
    assert kind.severity in ("error", "warning", "information")
    assert kind.what.endswith(".") and kind.fix.endswith(".") and "|" not in kind.message


def test_advice_is_never_an_error():
    assert "error" not in {kind.severity for kind in KINDS.values() if kind.category == "guide"}


def test_every_reason_for_quarantine_is_explained():
    used = set(re.findall(r'(?:Refusal|Quarantine)\(\s*"(\w+)"', SOURCES)) | {code for _, code, _, _ in land.NOT_X12}
    assert used == set(QUARANTINE)


def test_every_kind_is_used():
    unused = [code for code in KINDS if len(re.findall(rf'"{code}"', SOURCES)) < 2]
    assert unused == []


def test_a_place_has_a_code_once():
    index = SegmentIndex(b"DTM*472*x~DTM*472*y~", Delimiters(b"*", b":", b"^", b"~"), np.zeros(0, np.int64), 0)
    found = Findings(index)
    found.add("date_invalid", np.array([0, 1]), 2)
    found.add("date_invalid", np.array([1]), np.array([2]))
    found.add("date_invalid", np.array([1]), 1, ["a day"], ["letters"])
    nowhere = np.full(2, -1)
    rows = found.table("f", nowhere, nowhere, nowhere).to_pylist()
    assert [(row["segment_index"], row["element_position"], row["actual"]) for row in rows] == [
        (0, 2, None),
        (1, 2, None),
        (1, 1, "letters"),
    ]


def test_a_code_that_is_not_declared_is_refused():
    index = SegmentIndex(b"ST*1~", Delimiters(b"*", b":", b"^", b"~"), np.zeros(0, np.int64), 0)
    with pytest.raises(KeyError):
        Findings(index).add("nothing_of_the_kind", np.array([0]))
    with pytest.raises(KeyError):
        findings.finding_rows("f", [{"finding_code": "nothing_of_the_kind", "segment_index": 0}])
