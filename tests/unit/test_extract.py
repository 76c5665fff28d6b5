"""Extracts of a practice-management system: what is read, what is refused, and what is said about it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from pipeline import extract, settings
from pipeline.check import check_file
from pipeline.errors import Quarantine
from pipeline.parse import FileSummary

HEADER = "patient_control_number,member_id,diagnosis_codes,procedure_code,modifiers,charge_amount,service_date,diagnosis_pointers"


def read(path: Path, **renames: str) -> tuple[FileSummary, dict[str, list[dict]]]:
    tables: dict[str, list[dict]] = {}
    header = extract.recognise(path, renames)
    assert header is not None
    summary = extract.read_extract(path, "F", header, lambda name, rows: tables.setdefault(name, []).extend(rows.to_pylist()))
    return summary, tables


def written(tmp_path: Path, text: str | bytes) -> Path:
    path = tmp_path / "extract.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize("layout", extract.LAYOUTS, ids=lambda layout: layout.name)
def test_the_template_is_taken_as_it_is(tmp_path, layout):
    summary, tables = read(written(tmp_path, extract.template(layout)))
    assert (summary.kind, summary.typed_segment_count, summary.kept_segment_count) == ("extract", 1, 0)
    assert "finding" not in tables
    assert all(f"| {one.name} |" in extract.description(layout) for one in layout.fields)


def test_lines_become_claims(tmp_path):
    rows = [
        "C1,M1,m54.50 M54.12,99213,25,100.00,2026-01-31,1",
        "C1,M1,m54.50 M54.12,97110,GP KX,50.5,01/31/2026,B A",
        "C2,M1,M54.50,99213,,80,20260201,",
    ]
    summary, tables = read(written(tmp_path, "\n".join([HEADER, *rows])))
    assert (summary.claim_count, summary.line_count) == (2, 3)
    claims, lines = tables["submitted_claim"], tables["submitted_line"]
    assert [(one["segment_index"], one["charge_amount"], one["line_count"]) for one in claims] == [
        (2, Decimal("150.50"), 2),
        (4, Decimal("80.00"), 1),
    ]
    assert [
        (one["claim_segment_index"], one["line_number"], one["diagnosis_codes"], one["diagnosis_basis"]) for one in lines
    ] == [
        (2, 1, "M5450", "pointer"),
        (2, 2, "M5412 M5450", "pointer"),
        (4, 1, "M5450", "claim"),
    ]
    assert (lines[1]["modifier_1"], lines[1]["modifier_2"], lines[1]["service_date"]) == ("GP", "KX", date(2026, 1, 31))
    assert [
        (one["claim_segment_index"], one["diagnosis_position"], one["diagnosis_code"]) for one in tables["submitted_diagnosis"]
    ] == [
        (2, 1, "M5450"),
        (2, 2, "M5412"),
        (4, 1, "M5450"),
    ]


@pytest.mark.parametrize(
    ("row", "finding_code", "column"),
    [
        ("C1,,M5450,99213,,100,2026-01-31,1", "extract_value_missing", "member_id"),
        ("C1,M1,M5450,99213,,100,2026-02-31,1", "extract_value_invalid", "service_date"),
        ("C1,M1,M5450,99213,,$100,2026-01-31,1", "extract_value_invalid", "charge_amount"),
        ('C1,M1,M5450,99213,,"1,250.00",2026-01-31,1', "extract_value_invalid", "charge_amount"),
        ("C1,M1,M5450,99213,,1e3,2026-01-31,1", "extract_value_invalid", "charge_amount"),
        ("1.23457E+11,M1,M5450,99213,,100,2026-01-31,1", "extract_value_invalid", "patient_control_number"),
        ("C1,M1,M5450,99213,25 59 GP KX RT,100,2026-01-31,1", "extract_value_invalid", "modifiers"),
        ("C1,M1,M5450,99213,,100,2026-01-31,2", "extract_pointer_wrong", "diagnosis_pointers"),
        ("C1,M1,M5450,,,100,2026-01-31,1", "extract_value_missing", "procedure_code"),
        ("C1,M1,M5450,99213,100,2026-01-31,1", "extract_row_length", None),
    ],
)
def test_a_wrong_row_is_refused_and_the_next_one_taken(tmp_path, row, finding_code, column):
    good = "C9,M9,M5450,99213,,100,2026-01-31,1"
    summary, tables = read(written(tmp_path, "\n".join([HEADER, row, good])))
    assert [(one["finding_code"], one["segment_index"], one["segment_id"]) for one in tables["finding"]] == [
        (finding_code, 2, column)
    ]
    assert tables["finding"][0]["severity"] == "error"
    assert [one["segment_index"] for one in tables["submitted_line"]] == [3]
    assert [(one["segment_index"], one["kept_because"]) for one in tables["other_segment"]] == [(2, "refused")]
    assert (summary.segment_count, summary.typed_segment_count, summary.kept_segment_count) == (2, 1, 1)


def test_check_says_row_column_and_fix(tmp_path):
    checked = check_file(written(tmp_path, "\n".join([HEADER, "C1,M1,M5450,99213,,$100,2026-01-31,1"])))
    assert checked.has_errors
    assert "row 2, column charge_amount: error extract_value_invalid" in checked.as_text()
    assert "1250.00, without $ and commas" in checked.as_text()
    assert "$100" not in checked.as_text()


def test_a_site_names_its_columns_itself(tmp_path):
    text = "Acct No;Policy;DX;CPT;Fee;DOS\nC1;M1;M54.50;99213;100;01/31/2026\n"
    renames = {
        "Acct No": "patient_control_number", "policy": "member_id", "dx": "line_diagnosis_codes", "CPT": "procedure_code",
        "fee": "charge_amount", "DOS": "service_date",
    }  # fmt: skip
    _, tables = read(written(tmp_path, text), **renames)
    assert tables["submitted_claim"][0]["diagnosis_codes"] == "M5450"
    assert tables["submitted_line"][0]["diagnosis_basis"] == "pointer"
    config = tmp_path / "site.yaml"
    config.write_text("extract_columns: {Acct No: patient_control_number}\n")
    assert settings.load(config).extract_columns == {"Acct No": "patient_control_number"}


def test_missing_columns_are_named(tmp_path):
    with pytest.raises(Quarantine, match="charge_amount"):
        extract.recognise(written(tmp_path, "patient_control_number,member_id,service_date\n"))
    with pytest.raises(Quarantine, match="twice"):
        extract.recognise(written(tmp_path, HEADER + ",member_id\n"))


@pytest.mark.parametrize("text", ["ISA*00*", "name,price\nx,1\n", "item_id," + HEADER, "", "no header at all"])
def test_other_files_are_no_extracts(tmp_path, text):
    assert extract.recognise(written(tmp_path, text)) is None


def test_parquet_and_csv_give_the_same_rows(tmp_path):
    path = written(tmp_path, "\n".join([HEADER, "C1,M1,M54.50,99213,25,100.5,2026-01-31,1"]))
    table = pa.csv.read_csv(path)  # typed: a float, a day
    pq.write_table(table, tmp_path / "extract.parquet")
    from_csv, from_parquet = read(path)[1], read(tmp_path / "extract.parquet")[1]
    assert from_parquet["submitted_line"][0]["segment_index"] == 1
    for name in ("submitted_claim", "submitted_line"):
        for row in (*from_csv[name], *from_parquet[name]):
            row.pop("segment_index"), row.pop("claim_segment_index", None)
        assert from_csv[name] == from_parquet[name]


def test_a_damaged_parquet_file_is_refused(tmp_path):
    (tmp_path / "extract.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(Quarantine, match="damaged"):
        extract.recognise(tmp_path / "extract.parquet")


@pytest.mark.parametrize(
    ("column", "values"), [("diagnosis_codes", [["M5450", "I10"]]), ("modifiers", [{"first": "25"}]), ("member_id", [b"M1"])]
)
def test_a_column_without_single_values_is_refused_and_not_read_as_empty(tmp_path, column, values):
    cells = dict(zip(HEADER.split(","), ["C1", "M1", "M5450", "99213", "25", "100.5", "2026-01-31", "1"], strict=True))
    single = {name: [cell] for name, cell in cells.items()}
    pq.write_table(pa.table(single | {column: values}), tmp_path / "extract.parquet")
    with pytest.raises(Quarantine, match=f"{column} holds lists"):
        extract.recognise(tmp_path / "extract.parquet")
    pq.write_table(pa.table(single | {"nobody_asks": [[1, 2]], "nor_for_this": [b"\xff"]}), tmp_path / "extract.parquet")
    assert read(tmp_path / "extract.parquet")[1]["submitted_line"][0]["procedure_code"] == "99213"


def test_latin_1_is_read_and_said(tmp_path):
    header = "patient_control_number,member_id,patient_last_name,procedure_code,charge_amount,service_date"
    _, tables = read(written(tmp_path, f"{header}\nC1,M1,NU\xd1EZ,99213,1,2026-01-31\n".encode("latin-1")))
    assert tables["submitted_claim"][0]["patient_last_name"] == "NUÑEZ"
    assert [one["finding_code"] for one in tables["finding"]] == ["latin1_bytes"]


def test_blocks_do_not_split_claims_or_lose_count(tmp_path, monkeypatch):
    """Wrong rows stand between good ones; the same file in one block and in many gives the same rows."""
    rows = [
        f"C{n // 3},M1,M5450,99213,,{'x' if n % 50 == 7 else '10'},2026-01-31,1" + (",more" if n % 90 == 11 else "")
        for n in range(600)
    ]
    path = written(tmp_path, "\n".join([HEADER, *rows]) + "\n")
    whole = read(path)
    monkeypatch.setattr(extract, "READ_BYTES", 512)
    parts = read(path)
    assert parts[0] == whole[0]
    assert {name: sorted(map(str, rows)) for name, rows in parts[1].items()} == {
        name: sorted(map(str, rows)) for name, rows in whole[1].items()
    }
    bad = [number for number in range(600) if number % 50 == 7 or number % 90 == 11]
    assert sorted(one["segment_index"] for one in parts[1]["other_segment"]) == [number + 2 for number in bad]


def test_paid_history(tmp_path):
    header = "payer_id,member_id,claim_number,procedure_code,diagnosis_codes,service_date,paid_date,paid_amount"
    rows = ["P1,M1,ICN1,99213,M54.50,2024-01-02,2024-01-20,80.00", ",M1,ICN2,99213,M54.50,2024-01-02,2024-01-20,80.00"]
    summary, tables = read(written(tmp_path, "\n".join([header, *rows])))
    assert (summary.claim_count, summary.line_count, summary.kept_segment_count) == (0, 1, 1)
    row = tables["paid_history"][0]
    assert (row["payer_claim_control_number"], row["paid_amount"], row["diagnosis_codes"]) == ("ICN1", Decimal("80.00"), "M5450")
    assert [(one["segment_index"], one["segment_id"]) for one in tables["finding"]] == [(3, "payer_id")]


def test_the_page_describes_every_column():
    page = (Path(__file__).parents[2] / "docs" / "extracts.md").read_text(encoding="utf-8")
    assert all(extract.description(layout) in page for layout in extract.LAYOUTS)


def test_lines_of_a_claim_may_stand_apart(tmp_path):
    rows = [
        "C1,M1,M54.50 M54.12,99213,25,100.00,2026-01-31,1",
        "C2,M1,M54.50,99213,,80,20260201,",
        "C3,M1,M54.50,99213,,abc,20260201,",
        "C1,M1,M54.50 M54.12,97110,,50.5,2026-01-31,2",
        "C2,M1,M54.50,97110,,20,20260201,",
    ]
    summary, tables = read(written(tmp_path, "\n".join([HEADER, *rows])))
    assert (summary.claim_count, summary.line_count, summary.kept_segment_count) == (2, 4, 1)
    assert [(one["segment_index"], one["charge_amount"], one["line_count"]) for one in tables["submitted_claim"]] == [
        (2, Decimal("150.50"), 2),
        (3, Decimal("100.00"), 2),
    ]
    assert [(one["segment_index"], one["claim_segment_index"], one["line_number"]) for one in tables["submitted_line"]] == [
        (2, 2, 1),
        (5, 2, 2),
        (3, 3, 1),
        (6, 3, 2),
    ]
    assert [(one["segment_index"], one["segment_id"]) for one in tables["finding"]] == [(4, "charge_amount")]
