"""The lint of the rules: silent on the shipped mappings, and each fault found where it is made."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline import mappings, rules, settings
from pipeline.errors import MappingError

SHIPPED = Path(__file__).parents[2] / "mappings"
Row = dict[str, str]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the shipped mappings, free to spoil."""
    return Path(shutil.copytree(SHIPPED, tmp_path / "mappings"))


@pytest.fixture
def lint(folder: Path) -> Callable[..., dict[str, str]]:
    """Adds a row to a file, or changes or removes rows of it, and returns what is found: name to problem."""

    def call(name: str, add: Row | None = None, change: Callable[[Row], Row | None] = lambda row: row) -> dict[str, str]:
        path = folder / f"{name}.csv"
        with path.open(newline="") as stream:
            reader = csv.DictReader(stream)
            header = list(reader.fieldnames or ())
            rows = [changed for row in reader if (changed := change(row)) is not None]
        with path.open("w", newline="") as stream:
            writer = csv.DictWriter(stream, header, lineterminator="\n")
            writer.writeheader()
            writer.writerows([*rows, *([add] if add else [])])
        return {fault.name: fault.problem for fault in rules.lint(mappings.load(folder))}

    return call


def test_the_shipped_rules_are_clean():
    assert rules.lint(mappings.load(SHIPPED)) == []


def test_a_family_that_never_counts(lint):
    early = {"rule_id": "EARLY", "priority": "150", "reason_codes": "16 96 A1", "family": "non_covered", "source": "test"}
    found = lint("denial_rule", early)
    assert found["REMARK-DATA"] == found["REMARK-LIABILITY"] == "family_never_counts"
    assert "EARLY" not in found
    assert "STATUTORY-EXCLUSION" not in found


def test_a_guard_that_never_counts(lint):
    signals = "no_appeal new_claim_no_appeal"
    early = {"rule_id": "EARLY", "priority": "490", "remark_signals": signals, "guard": "no_appeal", "source": "test"}
    assert lint("denial_rule", early) == {"GUARD-NEW-CLAIM": "guard_never_counts", "GUARD-NO-APPEAL": "guard_never_counts"}


def test_conditions_that_exclude_each_other(lint):
    never = {"reason_codes": "50", "reason_families": "timely_filing", "flags": "X", "source": "test"}
    assert lint("denial_rule", {"rule_id": "NEVER", "priority": "800", **never}) == {"NEVER": "never_fires"}


def test_a_reason_code_that_no_rule_reaches(lint):
    assert lint("carc", change=lambda row: row | {"family": "unmapped"} if row["code"] == "29" else row) == {
        "29": "code_without_rule"
    }


def test_a_remark_code_that_no_rule_reaches(lint):
    found = lint("denial_rule", change=lambda row: None if row["rule_id"] == "REMARK-TIMELY-FILING" else row)
    assert found
    assert set(found.values()) == {"code_without_rule"}
    current = (row for row in mappings.load(SHIPPED).rows["rarc"] if row.stop_date is None and not row.is_alert)
    assert set(found) == {row.code for row in current if row.family == "timely_filing"}


def test_a_next_step_that_one_earlier_rule_takes(lint):
    late = {"rule_id": "LATE", "families": "documentation", "deadline_action": "appeal", "deadline_states": "open"}
    assert lint("next_step", late | {"priority": "81", "next_step": "review", "reason": "x"}) == {"LATE": "never_fires"}


def test_a_next_step_that_several_earlier_rules_take_together(lint):
    """PASSED takes the appeals whose limit has passed, LOOK the others: nothing is left for a rule without conditions."""
    assert lint("next_step", {"rule_id": "REST", "priority": "900", "next_step": "review", "reason": "x"}) == {
        "REST": "never_fires"
    }


def test_a_next_step_that_is_left_a_little_can_fire(lint):
    late = {"rule_id": "LATE", "priority": "81", "families": "documentation", "next_step": "review", "reason": "x"}
    assert lint("next_step", late) == {}, "RECORDS takes the open limits only"


def test_two_next_steps_of_one_priority(lint):
    same = {"rule_id": "SAME", "families": "documentation", "group_codes": "PR", "next_step": "review", "reason": "x"}
    assert lint("next_step", same | {"priority": "80"}) == {"SAME": "equal_priority"}


def test_two_next_steps_of_one_priority_that_never_meet(lint):
    apart = {"rule_id": "APART", "families": "contract", "next_step": "review", "reason": "x"}
    assert lint("next_step", apart | {"priority": "80"}) == {}


def test_two_limits_for_the_same(lint):
    limit = {"deadline_action": "appeal", "appeal_level": "1", "window_value": "30", "window_unit": "days", "verified": "no"}
    limit |= {"deadline_anchor": "denial_date", "presumed_receipt_days": "0", "rule_source": "test"}
    again = limit | {"rule_id": "ZZ", "payer_family": "medicare_advantage", "effective_from": "2026-01-01"}
    assert lint("payer_rule", again) == {"ZZ": "overlapping_limits"}


@pytest.mark.parametrize(
    ("name", "row", "says"),
    [
        ("next_step", {"rule_id": "X", "priority": "3", "next_step": "call_them", "reason": "x"}, "next_step: Input should be"),
        ("next_step", {"rule_id": "X", "priority": "3", "next_step": "review", "reason": "x", "families": "y"}, "families 'y'"),
        (
            "denial_rule",
            {"rule_id": "X", "priority": "3", "family": "y", "reason_codes": "1", "source": "x"},
            "family 'y' is not in",
        ),
    ],
)
def test_values_that_are_not_allowed(lint, name: str, row: Row, says: str):
    with pytest.raises(MappingError, match=says):
        lint(name, row)


def test_a_fault_says_where_and_what_to_do(lint, folder: Path):
    lint("next_step", {"rule_id": "REST", "priority": "900", "next_step": "review", "reason": "x"})
    said = str(rules.lint(mappings.load(folder))[0])
    assert "next_step.csv:" in said
    assert "LOOK come first; give it a lower priority number, or remove it" in said


def test_the_report_counts_what_it_looked_at():
    report = rules.check(settings.load())
    assert (report.faults, report.unmapped) == ([], None)
    assert report.counts["reason codes"] == 407
    assert "every rule can count" in report.as_text()


def test_judging_is_what_classification_does():
    known = mappings.load(SHIPPED)
    labelled, plain, both = rules.judge(
        known,
        [
            rules.Codes("16", "CO", ("M1", "MA130"), service_kind="radiology"),
            rules.Codes("50", "PR", ("M38",), ("GA",)),
            rules.Codes("50", "CO", ("M1",)),
        ],
    )
    assert (labelled.family, labelled.family_basis, labelled.guard) == ("medical_necessity", "client_label", "new_claim")
    assert (labelled.rule_id, labelled.official_rule_id, labelled.guard_rule_id) == (
        "CLIENT-LABEL",
        "REMARK-DOCUMENTS",
        "GUARD-NEW-CLAIM",
    )
    assert labelled.flags == {"CHECK_XRAY": None, "M1_OFFICIAL_MEANING_DIFFERS": None, "NO_APPEAL_RIGHTS": "GUARD-NEW-CLAIM"}
    assert (plain.guard, set(plain.flags)) == ("liability_patient", {"ABN_ON_FILE", "PATIENT_TOLD_BEFORE"})
    assert (both.family_basis, both.flags) == ("both", {})
    assert rules.judge(known, [rules.Codes("16", "CO", ("M1",))], client_labels=False)[0].family == "documentation"
