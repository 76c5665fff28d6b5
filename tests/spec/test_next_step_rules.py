"""Every rule of mappings/next_step.csv is shown by a case of decide_*.md: a rule that nothing shows can never fire."""

from __future__ import annotations

from pathlib import Path

from tests.spec.harness import cases_of, shipped_mappings


def test_every_rule_has_a_case() -> None:
    cases = [case for path in Path(__file__).parent.glob("decide_*.md") for case in cases_of(path)]
    shown = {row.get("next_step_rule_id") for case in cases for row in case.expect.get("decision", [])}
    assert {rule.rule_id for rule in shipped_mappings().rows["next_step"]} - shown == set()
