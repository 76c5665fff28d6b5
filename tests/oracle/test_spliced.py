"""Files cut and put together wrongly: the answer is the reference reader's, and the same whatever the size of the blocks."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.errors import Quarantine
from tests.oracle.reading import assert_reading_is_right, read_or_refused

SAMPLES = Path(__file__).parents[2] / "data_samples"
REMITTANCE = (SAMPLES / "835" / "several_transactions.835").read_bytes()
SUBMISSION = (SAMPLES / "837" / "patient_is_not_subscriber.837").read_bytes()
NEWLINES = (SAMPLES / "835" / "terminator_newline.835").read_bytes()
MISMATCH = (SAMPLES / "835" / "component_separator_differs.835").read_bytes()
CLAIM = REMITTANCE[REMITTANCE.index(b"CLP*") : REMITTANCE.index(b"CLP*", REMITTANCE.index(b"CLP*") + 1)]
BODY = REMITTANCE[REMITTANCE.index(b"ST*") : REMITTANCE.index(b"GE*")]


def before(data: bytes, mark: bytes, inserted: bytes, occurrence: int = 1) -> bytes:
    at = -1
    for _ in range(occurrence):
        at = data.index(mark, at + 1)
    return data[:at] + inserted + data[at:]


SPLICED = {
    "transaction_after_iea": REMITTANCE + b"\n" + BODY,
    "transaction_after_ge": before(REMITTANCE, b"IEA*", BODY),
    "trailers_twice": REMITTANCE + b"\nGE*1*1~\nIEA*1*000000001~\n" + CLAIM,
    "level_inside_a_claim_payment": before(REMITTANCE, b"SVC*", b"HL*1**20*1~\n", 2),
    "claim_inside_a_claim_payment": before(REMITTANCE, b"CAS*", b"CLM*A*1***11:B:1~\n"),
    "claim_payment_inside_a_claim": before(SUBMISSION, b"SV1*", b"CLP*A*1*1*1~\n"),
    "level_of_an_unknown_kind": before(SUBMISSION, b"NM1*QC", b"HL*9*1*77*0~\nNM1*QC*1*NOBODY~\n"),
    "name_behind_the_claims_of_a_level": before(SUBMISSION, b"SE*", b"CLP*A~\nNM1*PR*2*LATE PAYER~\nHL*7**22~\nCLM*B*1~\n"),
    "summary_torn_by_a_level": before(REMITTANCE, b"CLP*", b"TS3*1*11*20261231*1*1~\nHL*1~\nTS2*1*1~\n"),
    "segment_count_without_a_number": REMITTANCE.replace(b"SE*", b"SE*X"),
    "header_behind_the_claims": before(REMITTANCE, b"PLB*" if b"PLB*" in REMITTANCE else b"SE*", b"BHT*0019*00*R*2026X*1~\n"),
    "isa_broken_by_a_line_break": REMITTANCE.replace(b"ISA*", b"I\nSA*") + REMITTANCE.replace(b"ISA*", b"IS\r\nA*"),
    "isa_broken_by_its_own_terminator": NEWLINES + NEWLINES.replace(b"ISA*", b"IS\nA*", 1),
    "header_inside_a_header": REMITTANCE[:60] + REMITTANCE,
    "separators_of_two_interchanges": REMITTANCE + MISMATCH + REMITTANCE,
    "separator_shown_late": MISMATCH.replace(b"SVC*HC", b"SVC*HC*1*1~\nSVC*HC", 1) + MISMATCH,
    "separators_that_hold_one_another": REMITTANCE.replace(b":", b"\xa6").replace(b"~", b"\xc2\xa6"),
    "name_with_the_separator": REMITTANCE.replace(b":", b"\xa6").replace(b"LAKESIDE", b"LAKE\xa6SIDE"),
    "two_line_breaks_and_one_inside": REMITTANCE.replace(b"~\n", b"\n~\n", 2).replace(b"CLP*QUIRK", b"CLP*QU\nIRK", 1),
}


@pytest.mark.parametrize("name", SPLICED)
def test_block_size_does_not_matter(name):
    data = SPLICED[name]
    answers = []
    for block_bytes in (1 << 20, 64, 500):
        outcome, tables = read_or_refused(data, block_bytes=block_bytes)
        assert_reading_is_right(data, outcome, tables)
        said = outcome.code if isinstance(outcome, Quarantine) else outcome
        answers.append((said, {table: sorted(map(repr, rows)) for table, rows in tables.items() if rows}))
    assert all(answer == answers[0] for answer in answers)


def test_a_transaction_behind_its_envelope_belongs_to_the_last_one():
    _, tables = read_or_refused(SPLICED["transaction_after_iea"], block_bytes=64)
    assert {row["interchange_number"] for row in tables["transaction_set"]} == {1}
    assert len({row["interchange_sender_id"] for row in tables["transaction_set"]}) == 1


def test_an_isa_cut_by_what_ends_segments_is_none():
    _, tables = read_or_refused(SPLICED["isa_broken_by_its_own_terminator"])
    assert {row["interchange_number"] for row in tables["transaction_set"]} == {1}
