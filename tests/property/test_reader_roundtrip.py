"""The reader on generated files: what was written is what is read, whatever the delimiters, line ends, wraps and block cuts.

Two generators: remittances that make sense (the sample writer's), whose amounts and names are known without reading; and segments
in any order with odd values (x12_strategies), held cell by cell against the reference reader.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import hypothesis.strategies as st
from hypothesis import HealthCheck, given, settings

from data_samples import x12_writer as writer
from tests.oracle import reference_reader
from tests.oracle.reading import FILE_ID, differences, read_real_bytes
from tests.property.x12_strategies import block_sizes, interchange_files

slow = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


# --------------------------------------------------------------------------------------------------------------------
# Segments in any order
# --------------------------------------------------------------------------------------------------------------------
@slow
@given(data=interchange_files(), options=block_sizes)
def test_any_file_is_read_as_the_reference_reader_reads_it(data, options):
    summary, tables = read_real_bytes(data, **options)
    assert differences(tables, reference_reader.read(data, FILE_ID)) == []

    segments = reference_reader.segments(data)
    kept = tables.get("other_segment", [])
    assert summary.segment_count == summary.typed_segment_count + summary.kept_segment_count == len(segments)
    assert summary.interchange_count == sum(segment.id == "ISA" for segment in segments)
    assert [(row["segment_id"] or "").upper() for row in kept] == [segments[row["segment_index"]].id for row in kept]


@slow
@given(data=interchange_files())
def test_block_size_changes_nothing(data):
    """Every table, the kept segments and the findings too: a cut is no part of the file."""
    readings = [read_real_bytes(data, block_bytes=block_bytes) for block_bytes in (64, 700, 1 << 20)]
    assert readings[0][0] == readings[1][0] == readings[2][0]
    tables = [{name: sorted(rows, key=repr) for name, rows in reading[1].items() if rows} for reading in readings]
    assert tables[0] == tables[2]
    assert tables[1] == tables[2]


# --------------------------------------------------------------------------------------------------------------------
# parse(build(x)) = x
# --------------------------------------------------------------------------------------------------------------------
words = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=1, max_size=12)
names = st.sampled_from(["DOE", "ISA", "O'NEIL JR", "MÜLLER", "DE LA CRUZ", "Ñandú"])
cents = st.integers(-999_999, 9_999_999).map(lambda amount: Decimal(amount) / 100)
days = st.dates(date(1950, 1, 1), date(2049, 12, 31))
adjustments = st.lists(
    st.builds(
        writer.Adjustment,
        st.sampled_from(["CO", "PR", "OA", "PI"]),
        st.sampled_from(["45", "50", "1", "197"]),
        cents,
        st.none() | cents,
    ),
    max_size=9,
).map(tuple)
procedures = st.builds(writer.Procedure, words, st.lists(words, max_size=4).map(tuple), st.sampled_from(["HC", "NU", "AD"]))
lines = st.builds(
    writer.ServiceLine,
    procedure=procedures,
    charge_amount=cents,
    adjustments=adjustments,
    service_date=st.none() | days,
    paid_units=st.none() | cents,
    line_control_number=st.just("") | words,
    remark_codes=st.lists(words, max_size=3).map(tuple),
)
claims = st.builds(
    writer.ClaimPayment,
    patient_control_number=words,
    payer_claim_control_number=words,
    patient=st.builds(writer.Person, last_name=names, first_name=names, identifier=words),
    lines=st.lists(lines, max_size=4).map(tuple),
    adjustments=adjustments,
    status_code=st.sampled_from(["1", "2", "4", "22"]),
    outpatient_remark_codes=st.lists(words, max_size=5).map(tuple),
)
plb = st.builds(writer.ProviderAdjustment, st.sampled_from(["WO", "FB", "L6"]), cents, words, words, days)
PAYER = writer.Payer("SAMPLE PAYER", "12345", "987654321", phone="8005550100")
PAYEE = writer.Provider("SAMPLE CLINIC", writer.npi(1), "123456789")
remittances = st.builds(
    writer.Remittance,
    payer=st.just(PAYER),
    payee=st.just(PAYEE),
    trace_number=words,
    payment_date=days,
    claims=st.lists(claims, max_size=4).map(tuple),
    provider_adjustments=st.lists(plb, max_size=8).map(tuple),
    production_date=st.none() | days,
    header_number=st.sampled_from(["1", "77", ""]),
)


@st.composite
def syntaxes(draw: st.DrawFn) -> writer.Syntax:
    element, component, repetition = draw(st.permutations("*:^|>!#<¦\x1d\x1f"))[:3]
    terminator = draw(st.sampled_from(["~", "\n", "\r\n", ";", "\x1c"]))
    breaks = terminator not in ("\n", "\r\n")
    line_end = draw(st.sampled_from(["", "\n", "\r\n"])) if breaks else ""
    wrap = draw(st.sampled_from([0, 80, 41])) if breaks else 0
    return writer.Syntax(element, component, repetition, terminator, line_end, wrap, draw(st.sampled_from(["utf-8", "latin-1"])))


@slow
@given(
    written=st.lists(remittances, min_size=1, max_size=3),
    syntax=syntaxes(),
    guide=st.sampled_from([writer.GUIDE_835, writer.GUIDE_835_4010]),
    options=block_sizes,
)
def test_what_is_written_is_read(written, syntax, guide, options):
    envelope = writer.Envelope("SENDER", "RECEIVER", date(2024, 1, 5), 1)
    _, tables = read_real_bytes(writer.build_835(written, envelope, syntax, guide), **options)

    def rows(table: str, *columns: str) -> list[tuple]:
        in_order = sorted(
            tables.get(table, []), key=lambda row: (row["segment_index"], row.get("triplet_number"), row.get("pair_number"))
        )
        return [tuple(row[column] for column in columns) for row in in_order]

    all_claims = [claim for remittance in written for claim in remittance.claims]
    all_lines = [line for claim in all_claims for line in claim.lines]
    all_adjustments = [adjustment for claim in all_claims for adjustment in claim.all_adjustments]
    all_remarks = [
        code
        for claim in all_claims
        for code in (*claim.outpatient_remark_codes, *(code for line in claim.lines for code in line.remark_codes))
    ]
    assert rows("remittance", "trace_number", "payment_date", "payment_amount", "production_date", "payer_name", "payee_npi") == [
        (x.trace_number, x.payment_date, x.payment_amount, x.production_date, PAYER.name, PAYEE.npi) for x in written
    ]
    assert rows(
        "claim_payment",
        "patient_control_number",
        "claim_status_code",
        "charge_amount",
        "paid_amount",
        "patient_last_name",
        "patient_id",
        "line_count",
    ) == [
        (
            x.patient_control_number,
            x.status_code,
            x.charge_amount,
            x.paid_amount,
            x.patient.last_name,
            x.patient.identifier,
            len(x.lines),
        )
        for x in all_claims
    ]
    assert rows(
        "service_line", "procedure_code", "charge_amount", "paid_amount", "paid_units", "service_date", "line_control_number"
    ) == [
        (
            x.procedure.code,
            x.charge_amount,
            x.paid_amount,
            1 if x.paid_units is None else x.paid_units,
            x.service_date,
            x.line_control_number or None,
        )
        for x in all_lines
    ]
    assert rows("adjustment", "group_code", "reason_code", "adjustment_amount", "adjustment_quantity") == [
        (x.group_code, x.reason_code, x.amount, x.quantity) for x in all_adjustments
    ]
    assert [code for (code,) in rows("remark_code", "remark_code")] == all_remarks
    assert rows(
        "provider_adjustment",
        "provider_adjustment_code",
        "reference_id",
        "adjustment_amount",
        "provider_id",
        "fiscal_period_date",
    ) == [
        (x.reason_code, x.reference_id, x.amount, x.provider_id, x.fiscal_period_date)
        for y in written
        for x in y.provider_adjustments
    ]
