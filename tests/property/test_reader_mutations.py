"""Bytes that are wrong anywhere: the reader gives rows or quarantine, never a crash, a hang, or a row without its segment.

REMIT835_FUZZ_EXAMPLES says how many mutated files each test tries (the default keeps the whole module under a minute).
"""

from __future__ import annotations

import os
from datetime import date, timedelta
from decimal import Decimal

import hypothesis.strategies as st
from hypothesis import HealthCheck, example, given, settings

from data_samples import x12_writer as writer
from tests.oracle.reading import assert_reading_is_right, read_or_refused
from tests.property.x12_strategies import block_sizes, interchange_files

EXAMPLES = int(os.environ.get("REMIT835_FUZZ_EXAMPLES", "150"))
mutating = settings(
    max_examples=EXAMPLES,
    deadline=timedelta(seconds=20),  # a file of a few kilobytes: more than that is a hang
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

PAYER = writer.Payer("SAMPLE PAYER", "12345", "987654321", phone="8005550100", fax="8005550101")
PAYEE = writer.Provider("SAMPLE CLINIC", writer.npi(1), "123456789")
ENVELOPE = writer.Envelope("SENDER", "RECEIVER", date(2024, 1, 5), 1)
PATIENT = writer.Person("MÜLLER", "ISA", "M1")


def remittance_file() -> bytes:
    lines = tuple(
        writer.ServiceLine(
            writer.Procedure(code, ("25",)),
            Decimal("150"),
            (writer.Adjustment("CO", "45", Decimal("30.5")), writer.Adjustment("PR", "1", Decimal("19.5"), Decimal(1))),
            date(2024, 1, 2),
            line_control_number=code,
            remark_codes=("N115",),
        )
        for code in ("99213", "93000")
    )
    claim = writer.ClaimPayment("PCN1", "ICN1", PATIENT, lines, outpatient_remark_codes=("MA01",))
    plb = writer.ProviderAdjustment("WO", Decimal("12.34"), "REF1")
    remittance = writer.Remittance(PAYER, PAYEE, "TRACE1", date(2024, 1, 4), (claim, claim.reversed()), (plb,), date(2024, 1, 3))
    return writer.build_835([remittance, remittance], ENVELOPE)


def claims_file(claim_type: str) -> bytes:
    line = writer.SubmittedLine(
        writer.Procedure("99213", ("25",)), Decimal("150"), date(2024, 1, 2), pointers=(1, 2), line_control_number="L1"
    )
    claim = writer.SubmittedClaim("PCN1", PATIENT, PAYER, (line, line), ("M545", "E119"), patient=PATIENT)
    return writer.build_837([claim, claim], PAYEE, ENVELOPE, claim_type)


SAMPLES = [remittance_file(), claims_file("P"), claims_file("I"), remittance_file() + claims_file("D")]
PIECES = [
    b"ISA",
    b"ST*835*0001",
    b"~",
    b"*",
    b":",
    b"\n",
    b"\r",
    b"\x00",
    b"\xff",
    b"\xc2\xa6",
    b"~CLP*",
    b"~SVC*HC",
    b"~SE*1*0001~",
    b"~HL*1**20~",
    b"1e3",
    b" ",
]


@st.composite
def mutated(draw: st.DrawFn, sources: st.SearchStrategy[bytes]) -> bytes:
    """A sample with some bytes overwritten, inserted, deleted, copied elsewhere, or cut off."""
    data = bytearray(draw(sources))
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, len(data)))
        size = draw(st.integers(1, 40))
        what = draw(st.sampled_from(["overwrite", "insert", "delete", "copy", "cut"]))
        piece = draw(st.sampled_from(PIECES) | st.binary(min_size=1, max_size=4))
        if what == "overwrite":
            data[at : at + len(piece)] = piece
        elif what == "insert":
            data[at:at] = piece
        elif what == "delete":
            del data[at : at + size]
        elif what == "copy":
            data[at:at] = data[:size] if draw(st.booleans()) else data[max(0, at - size * 10) : at]
        elif draw(st.integers(0, 3)) == 0:
            del data[at:]
    return bytes(data)


def check(data: bytes, options: dict[str, int]) -> None:
    assert_reading_is_right(data, *read_or_refused(data, **options))


@mutating
@given(data=mutated(st.sampled_from(SAMPLES)), options=block_sizes)
def test_mutated_samples_are_read_or_in_quarantine(data, options):
    check(data, options)


@mutating
@given(data=mutated(interchange_files()), options=block_sizes)
# HI behind a line is no diagnosis of the claim, even if the last line has no LX.
@example(data=b"ISA*********240105***00501****;~ST*837*~CLM*~LX~SV3*~SV2*~HI*BF;1", options={})
def test_mutated_wild_files_are_read_or_in_quarantine(data, options):
    check(data, options)


@mutating
@given(data=st.binary(max_size=600), options=block_sizes)
def test_any_bytes_are_in_quarantine_or_read(data, options):
    check(data, options)
