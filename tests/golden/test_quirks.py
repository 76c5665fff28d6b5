"""One sample a quirk: the reader gives the totals and findings that the generator declares, whole and in the smallest blocks."""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from decimal import Decimal
from functools import cache
from pathlib import Path

import pyarrow as pa
import pytest

from pipeline import mappings
from pipeline.code_use import CodeLists
from pipeline.errors import Quarantine
from pipeline.land import not_x12
from pipeline.parse import read_file
from pipeline.tables import TABLES
from tests.oracle.reference_reader import READ_TABLES

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "data_samples"
WHOLE, SMALLEST = 4 * 1024 * 1024, 64
COUNTS = ("interchanges", "transactions", "claims", "lines", "adjustments", "remarks", "segments")
DOLLARS = ("charge", "paid", "adjusted")

def quirks() -> list:
    with (SAMPLES / "quirks.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [pytest.param(row, id=row["file"]) for row in rows]


@cache
def code_lists() -> CodeLists:
    return CodeLists.of(mappings.load(ROOT / "mappings").tables)


def quarantine_code(path: Path) -> str:
    refusal = not_x12(path)
    if refusal:
        return refusal.code
    with pytest.raises(Quarantine) as raised:
        read_file(path, "f", lambda table, rows: None)
    return raised.value.code


def tables_of(path: Path, block_bytes: int = WHOLE) -> dict[str, list[dict]]:
    tables: dict[str, list] = defaultdict(list)
    read_file(path, "f", lambda table, rows: tables[table].extend(rows.to_pylist()), block_bytes)
    return tables


@pytest.mark.parametrize("quirk", quirks())
@pytest.mark.parametrize("block_bytes", [WHOLE, SMALLEST])
def test_quirk_is_read_right_or_refused(quirk, block_bytes):
    path = SAMPLES / quirk["file"]
    if quirk["expected_quarantine_code"]:
        assert quarantine_code(path) == quirk["expected_quarantine_code"]
        return
    tables: dict[str, list] = defaultdict(list)
    summary = read_file(path, "f", lambda table, rows: tables[table].extend(rows.to_pylist()), block_bytes, code_lists())

    def rows(*names: str) -> list[dict]:
        return [row for name in names for row in tables[name]]

    def dollars(column: str, *names: str) -> Decimal:
        return sum((row[column] or Decimal(0) for row in rows(*names)), Decimal(0))

    counted = {
        "kind": summary.kind,
        "interchanges": summary.interchange_count,
        "transactions": summary.transaction_count,
        "claims": len(rows("claim_payment", "submitted_claim")),
        "lines": len(rows("service_line", "submitted_line")),
        "adjustments": len(rows("adjustment", "submitted_adjustment")),
        "remarks": len(rows("remark_code")),
        "segments": summary.segment_count,
        "charge": dollars("charge_amount", "claim_payment", "submitted_claim"),
        "paid": dollars("paid_amount", "claim_payment"),
        "adjusted": dollars("adjustment_amount", "adjustment", "submitted_adjustment"),
    }
    declared = {"kind": quirk["kind"]}
    declared |= {name: int(quirk[name]) for name in COUNTS} | {name: Decimal(quirk[name]) for name in DOLLARS}
    assert counted == declared
    found = {row["finding_code"] for row in rows("finding")}
    assert found == set(quirk["expected_finding_codes"].split())


@pytest.mark.parametrize("block_bytes", [WHOLE, SMALLEST])
@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("every_column", []),
        ("unknown_segment", [("ZZZ", "no_column")]),
        ("cas_with_seven_triplets", [("CAS", "more_elements")]),
        ("n1_repeated", [("N1", "repeated"), ("N1", "repeated")]),
        ("adjustment_before_claim", [("CAS", "not_in_place")]),
        ("line_before_claim", [("SVC", "not_in_place")]),
        ("amount_with_comma", [("CLP", "not_a_value")]),
    ],
)
def test_what_is_kept_as_text_says_why(name, kept, block_bytes):
    rows = tables_of(SAMPLES / "835" / f"{name}.835", block_bytes)["other_segment"]
    assert [(row["segment_id"], row["kept_because"]) for row in rows] == kept


@pytest.mark.parametrize("block_bytes", [WHOLE, SMALLEST])
def test_the_npi_of_every_provider_is_checked(tmp_path, block_bytes):
    """Billing, referring, rendering, facility, rendering of a line: each one's last digit is another; SMALLEST cuts behind HL."""
    claim = (SAMPLES / "837" / "every_column_professional.837").read_bytes()
    wrong = re.sub(rb"(?<=\*XX\*299990)(\d{3})(\d)", lambda found: found[1] + str((int(found[2]) + 1) % 10).encode(), claim)
    (tmp_path / "wrong.837").write_bytes(wrong)
    found = tables_of(tmp_path / "wrong.837", block_bytes)["finding"]
    assert [(row["finding_code"], row["segment_id"]) for row in found] == [("npi_check_digit_wrong", "NM1")] * 5


@pytest.mark.parametrize("block_bytes", [WHOLE, SMALLEST])
def test_a_reference_of_a_name_is_none_of_the_header(tmp_path, block_bytes):
    """REF*EV before the first N1 names the receiver; behind one it is kept with its segment."""
    text = (SAMPLES / "835" / "every_column.835").read_text()
    reference = "REF*EV*RECEIVER7~\n"
    assert reference in text and "REF*2U*" in text
    path = tmp_path / "moved.835"
    path.write_text(text.replace(reference, "").replace("REF*2U*", reference + "REF*2U*"))
    tables = tables_of(path, block_bytes)
    assert {row["receiver_reference"] for row in tables["remittance"]} == {None}
    kept = [row["value"] for row in tables["qualified_value"] if row["qualifier"] == "EV"]
    kept += [row["raw_text"] for row in tables["other_segment"] if row["segment_id"] == "REF"]
    assert any("RECEIVER7" in value for value in kept)


def test_every_column_has_a_value_in_some_sample():
    """A column that no sample fills is one that nobody has seen right."""
    filled: dict[str, set[str]] = defaultdict(set)

    def note(table: str, rows: pa.Table) -> None:
        filled[table] |= {name for name in rows.column_names if rows[name].null_count < rows.num_rows}

    for quirk in quirks():
        if not quirk.values[0]["expected_quarantine_code"]:
            read_file(SAMPLES / quirk.values[0]["file"], "f", note)
    empty = [f"{name}.{column}" for name in READ_TABLES for column in TABLES[name].column_names if column not in filled[name]]
    assert empty == []


def test_a_name_where_an_identifier_belongs_is_in_no_finding(tmp_path):
    """The values of a torn segment are the patient's: neither findings nor `segment_id` show them."""
    torn = (SAMPLES / "835" / "cut_in_segment.835").read_bytes() + b"~QUIXOTE"
    (tmp_path / "torn.835").write_bytes(torn)
    tables = tables_of(tmp_path / "torn.835")
    (cut,) = (row for row in tables["finding"] if row["finding_code"] == "segment_cut")
    assert cut["segment_id"] is None
    assert [row["raw_text"] for row in tables["other_segment"] if row["segment_id"] is None] == ["QUIXOTE"]
