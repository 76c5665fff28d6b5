"""Each case of each specification in this folder holds for the shipped SQL models and mappings."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.spec.harness import Case, assert_case, cases_of

CASES = [case for path in sorted(Path(__file__).parent.glob("*.md")) for case in cases_of(path)]


@pytest.mark.parametrize("case", CASES, ids=[f"{case.place} {case.title}" for case in CASES])
def test_specification(case: Case) -> None:
    assert_case(case)
