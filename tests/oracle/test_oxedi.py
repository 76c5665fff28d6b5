"""A second oracle for values: oxedi (a parser in Rust, MIT), on every remittance of the public corpus and of the samples.

Each row is held to its segment, and each column that both have to its value. What differs is listed here with the reason.
"""

from __future__ import annotations

from pathlib import Path

import oxedi
import pyarrow as pa
import pytest

from pipeline.land import not_x12
from tests.oracle import reference_reader
from tests.oracle.corpus import CORPUS, corpus_files, needs_corpus
from tests.oracle.reading import SHOWN_DIFFERENCES, read_real

SAMPLES = Path(__file__).parents[2] / "data_samples"
REMITTANCES = [
    path
    for folder in ("835", "inbox")
    for path in sorted((SAMPLES / folder).glob("*.835"))
    if not not_x12(path) and reference_reader.headers(path.read_bytes())
]

# oxedi's table -> ours, and its columns -> ours
TABLES = {"payments": "remittance", "claims": "claim_payment", "services": "service_line"}
TABLES |= {"adjustments": "adjustment", "provider_adjustments": "provider_adjustment"}
COLUMNS = {
    "payments": {
        "total_payment_amount": "payment_amount",
        "payment_date": "payment_date",
        "handling_code": "transaction_handling_code",
        "credit_debit_flag": "credit_debit_code",
        "payment_method": "payment_method_code",
        "payment_format": "payment_format_code",
        "trace_number": "trace_number",
        "production_date": "production_date",
        "receiver_id": "receiver_reference",
        "payer_name": "payer_name",
        "payer_id": "payer_plan_id",
        "payer_address": "payer_address",
        "payer_city": "payer_city",
        "payer_state": "payer_state",
        "payer_zip": "payer_postal_code",
        "payee_name": "payee_name",
        "payee_id_qualifier": "payee_id_qualifier",
        "payee_id": "payee_id",
        "payee_address": "payee_address",
        "payee_city": "payee_city",
        "payee_state": "payee_state",
        "payee_zip": "payee_postal_code",
    },
    "claims": {
        "claim_id": "patient_control_number",
        "claim_status": "claim_status_code",
        "charge_amount": "charge_amount",
        "payment_amount": "paid_amount",
        "patient_responsibility": "patient_responsibility_amount",
        "filing_indicator": "filing_indicator_code",
        "payer_control_number": "payer_claim_control_number",
        "facility_type": "facility_type_code",
        "frequency_code": "claim_frequency_code",
        "drg_code": "drg_code",
        "drg_weight": "drg_weight",
        "discharge_fraction": "discharge_fraction",
        "header_number": "header_number",
        "patient_last_name": "patient_last_name",
        "patient_first_name": "patient_first_name",
        "patient_id_qualifier": "patient_id_qualifier",
        "patient_id": "patient_id",
        "rendering_provider_name": "rendering_provider_last_name",
        "rendering_provider_id_qualifier": "rendering_provider_id_qualifier",
        "rendering_provider_id": "rendering_provider_id",
        "group_number": "group_number",
        "coverage_amount": "coverage_amount",
        "statement_from": "statement_from_date",
        "statement_to": "statement_to_date",
    },
    "services": {
        "procedure_qualifier": "procedure_qualifier",
        "procedure_code": "procedure_code",
        "charge_amount": "charge_amount",
        "payment_amount": "paid_amount",
        "units_paid": "paid_units",
        "original_units": "submitted_units",
        "service_date": "service_date",
        "line_item_control_number": "line_control_number",
        "allowed_amount": "allowed_amount",
    },
    "adjustments": {
        "group_code": "group_code",
        "reason_code": "reason_code",
        "amount": "adjustment_amount",
        "quantity": "adjustment_quantity",
    },
    "provider_adjustments": {
        "provider_id": "provider_id",
        "fiscal_period_date": "fiscal_period_date",
        "reason_code": "provider_adjustment_code",
        "reference_id": "reference_id",
        "amount": "adjustment_amount",
    },
}

# Files of which oxedi gives no row at all. After each segment stands a line break, then the terminator (`\n~`): oxedi takes the
# line break after ISA16 for the terminator, so that each id begins with `~` and is none it knows. Ours reads ~ as the terminator.
UNREAD = {"835/TigerShark--835-example.txt", "835/TigerShark--835-example-2.txt"}

# Files whose ISA16 says `:` while SVC01 uses `>`. oxedi takes all of SVC01 for the qualifier (`HC>12345>26`), and no procedure.
OTHER_COMPONENT_SEPARATOR = {"835/x12--cob-contractural-adjustment.835", "835/x12--secondary-payment.835"}


def is_known(file: str, table: str, column: str, theirs: object, ours: dict) -> bool:
    """A difference in which ours is right."""
    if (table, column) == ("services", "units_paid"):
        return theirs is None and ours["paid_units"] == 1  # the guide: an absent SVC05 means 1
    if (table, column) == ("services", "service_date"):
        # DTM*150 to 151 is a range of days; oxedi reads DTM*472 alone
        return theirs is None and ours["service_end_date"] is not None
    if table == "services" and column.startswith("procedure_"):
        return file in OTHER_COMPONENT_SEPARATOR
    return False


# Samples that oxedi reads otherwise, and why ours is right.
SAMPLES_READ_OTHERWISE = {
    "amounts_in_odd_forms.835": "+5.50 is an X12 number; oxedi gives none",
    "cas_with_seven_triplets.835": "a CAS has room for six triplets; ours keeps the seventh as text, with an error",
    "claim_acknowledgement_277ca.835": "its ST is no remittance; oxedi makes a payment of every ST",
    "component_separator_differs.835": "ISA16 declares : and SVC01 uses >; oxedi takes all of SVC01 for the qualifier",
    "cut_and_joined.835": "oxedi takes the second ISA for elements of the segment that was cut",
    "delimiter_broken_bar_utf8.835": "the separator is one character of two bytes; oxedi finds no segment",
    "functional_acknowledgement_999.835": "its ST is no remittance",
    "line_before_claim.835": "an SVC outside of any claim: oxedi makes a claim for it",
    "lower_case_ids.835": "oxedi wants ISA in capitals",
    "mixed_835_and_837.835": "the ST of the 837 is no remittance",
    "names_in_latin1.835": "oxedi gives the bytes as they stand",
    "newline_before_terminator.835": "oxedi takes the line break for the terminator",
    "plb_with_seven_pairs.835": "a PLB has room for six pairs; ours keeps the seventh as text, with an error",
    "several_interchanges.835": "each interchange has delimiters of its own; oxedi keeps the first ones",
    "wrapped_at_80.835": "oxedi leaves the line breaks in identifiers and values",
}


def text_or_value(value: object) -> object:
    """oxedi gives text as bytes and an absent text as null or empty."""
    text = value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else value
    return None if text == "" else text


def different_values(path: Path, file: str) -> list[str]:
    """Rows and values in which oxedi's reading differs from ours, known ones left out."""
    try:
        theirs = oxedi.parse(path.read_bytes()).tables
    except oxedi.ParseError as error:
        return [f"oxedi refuses it: {type(error).__name__}"]
    _, ours = read_real(path)
    different = []
    for table, our_table in TABLES.items():
        their_rows = pa.table(theirs[table]).to_pylist()
        our_rows = sorted(
            ours.get(our_table, []), key=lambda row: (row["segment_index"], row.get("triplet_number"), row.get("pair_number"))
        )
        segments = [row["segment"] for row in their_rows], [row["segment_index"] for row in our_rows]
        if segments[0] != segments[1]:
            different.append(f"{table}: rows at {segments[0]}, ours at {segments[1]}")
            continue
        for their_row, our_row in zip(their_rows, our_rows, strict=True):
            for column, our_column in COLUMNS[table].items():
                value = text_or_value(their_row.get(column))
                our_value = our_row[our_column]
                if column == "header_number":  # a number there, LX01 as it stands here
                    our_value = int(our_value) if our_value else None
                if value != our_value and not is_known(file, table, column, value, our_row):
                    different.append(f"{table} {our_row['segment_index']} {our_column}: ours {our_value!r}, oxedi {value!r}")
    return different


@needs_corpus
@pytest.mark.parametrize("totals", corpus_files("835"))
def test_same_rows_and_values_as_oxedi(totals):
    path = Path(CORPUS, totals["file"])
    if totals["file"] in UNREAD:
        theirs = oxedi.parse(path.read_bytes()).tables
        assert not any(pa.table(theirs[table]).num_rows for table in TABLES)
        return
    assert different_values(path, totals["file"])[:SHOWN_DIFFERENCES] == []


@pytest.mark.parametrize("path", REMITTANCES, ids=lambda path: path.name)
def test_samples_are_read_as_oxedi_does_but_for_those_it_reads_wrong(path):
    different = different_values(path, path.name)
    assert bool(different) is (path.name in SAMPLES_READ_OTHERWISE), different[:SHOWN_DIFFERENCES]
