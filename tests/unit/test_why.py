"""From facts back to segments, and rules back to words."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from pipeline import mappings, settings, why
from pipeline.segments import Delimiters, joined, own_elements, shown

KNOWN = mappings.of_site(settings.load())


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Decimal("150.00"), "150"),
        (Decimal("12.50"), "12.5"),
        (Decimal("0.00"), "0"),
        (Decimal("-40.00"), "-40"),
        (Decimal("12500.00"), "12500"),
        (date(2026, 2, 28), "20260228"),
        (None, ""),
        ("M1", "M1"),
    ],
)
def test_values_are_written_as_x12_writes_them(value, text):
    assert shown(value) == text


@pytest.mark.parametrize(
    ("hexadecimal", "element", "component"),
    [("2a3a5e7e", "*", ":"), ("7c3e5e0a", "|", ">"), ("", "*", ":"), (None, "*", ":"), ("a6a6a6a6", "*", ":"), ("xx", "*", ":")],
)
def test_delimiters_are_those_of_the_file(hexadecimal, element, component):
    delimiters = Delimiters.of(hexadecimal)
    assert (delimiters.element, delimiters.component) == (element, component)


def test_a_row_becomes_its_own_segment_again():
    row = {
        "procedure_qualifier": "HC",
        "procedure_code": "20610",
        "modifier_1": "RT",
        "charge_amount": Decimal("260.00"),
        "paid_amount": Decimal("0.00"),
        "submitted_procedure_qualifier": "HC",
        "submitted_procedure_code": "20611",
        # stands in other segments of the loop, not in SVC
        "service_date": date(2026, 10, 20),
        "policy_id": "L33771",
    }
    text = joined("SVC", own_elements("service_line", row, "SVC"), Delimiters("|", ">"))
    assert text == "SVC|HC>20610>RT|260|0|||HC>20611"


def test_gaps_keep_their_place_and_empty_ends_are_cut():
    assert joined("CAS", {(1, 0): "CO", (2, 0): "45", (3, 0): "60", (5, 0): "50", (6, 0): "100", (7, 0): ""}, Delimiters()) == (
        "CAS*CO*45*60**50*100"
    )


def test_a_rule_of_families_in_words():
    said = why._denial_rule_words(KNOWN, "REMARK-DOCUMENTS")
    assert said.startswith("Rule REMARK-DOCUMENTS (mappings/denial_rule.csv:")
    assert "the reason code is 16 or 96 or A1, and a remark belongs to documentation" in said
    assert "the reason code 50 says it by itself" in why._denial_rule_words(KNOWN, "CARC-50")
    assert "holds always" in why._denial_rule_words(KNOWN, "UNMAPPED")


@pytest.mark.parametrize("rule", KNOWN.rows["denial_rule"], ids=lambda rule: rule.rule_id)
def test_every_condition_of_every_rule_has_words(rule):
    assert set(rule.conditions()) <= set(why.CONDITION_WORDS)


def test_a_rule_of_the_next_step_in_words():
    rule = KNOWN.row("next_step", "REPROCESS")
    words = list(why._next_step_conditions(rule))
    assert "it is core to medical need" in words
    assert "a precedent that supports a request: yes" in words
    assert "the limit for appeal is open or unknown" in words
