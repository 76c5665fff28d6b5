from __future__ import annotations

import csv
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline import export, spreadsheet
from pipeline.tables import TABLES, schema_of
from pipeline.work_log import FILL_IN_COLUMNS

AS_OF = date(2026, 11, 20)
COLUMNS = TABLES["worklist"].column_names
SHOWN = [*COLUMNS, *FILL_IN_COLUMNS]
FILES = [
    "small_balances.csv", "worklist.csv", "worklist.parquet", "worklist.xlsx", "worklist_2026-11-20.csv", "worklist_delta.csv",
]  # fmt: skip
ROWS = [
    {"item_id": "i2", "rank": 2, "denied_amount": Decimal("-5.00"), "patient_name": "=HYPERLINK(1)", "payer_name": None},
    {
        "item_id": "i1",
        "rank": 1,
        "denied_amount": Decimal("1234.50"),
        "patient_name": 'O"NEIL, ÅSE',
        "patient_control_number": "000123456789012345678",
        "deadline": date(2026, 11, 25),
        "days_left": 5,
        "next_step_reason": "two\nlines",
        "is_deadline_verified": True,
        "success_rate": Decimal("0.3500"),
    },
]


def register_companions(connection: duckdb.DuckDBPyConnection) -> None:
    for name in export.COMPANIONS:
        connection.register(name, schema_of(name).empty_table())


@pytest.fixture
def connection() -> duckdb.DuckDBPyConnection:
    with duckdb.connect() as connection:
        connection.register("worklist", pa.Table.from_pylist(ROWS, schema_of("worklist")))
        register_companions(connection)
        yield connection


@pytest.fixture
def folder(connection, tmp_path) -> Path:
    export.export_worklist(connection, tmp_path / "worklist", AS_OF)
    return tmp_path / "worklist"


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def test_the_csv_is_what_spreadsheets_open(folder):
    content = (folder / "worklist.csv").read_bytes()
    assert content.startswith(b"\xef\xbb\xbfitem_id,rank,")
    assert content.count(b"\r\n") == 3
    assert content == (folder / "worklist_2026-11-20.csv").read_bytes()


def test_csv_cells_keep_what_they_are(folder):
    first, second = rows_of(folder / "worklist.csv")
    assert list(first) == SHOWN
    assert {first[name] for name in FILL_IN_COLUMNS} == {""}
    assert (first["item_id"], second["item_id"]) == ("i1", "i2")
    assert first["patient_name"] == 'O"NEIL, ÅSE'
    assert first["patient_control_number"] == "'000123456789012345678", "a spreadsheet would make a number of it"
    assert first["deadline"] == "2026-11-25"
    assert first["denied_amount"] == "1234.50"
    assert first["success_rate"] == "0.3500"
    assert first["is_deadline_verified"] == "true"
    assert first["next_step_reason"] == "two\nlines"
    assert first["payer_name"] == ""


def test_what_a_spreadsheet_would_run_is_neutralised_but_money_is_not(folder):
    row = rows_of(folder / "worklist.csv")[1]
    assert row["patient_name"] == "'=HYPERLINK(1)"
    assert row["denied_amount"] == "-5.00"


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@a", "\tx", "\rx"])
def test_dangerous_beginnings(text):
    assert export.neutralised(text) == "'" + text


@pytest.mark.parametrize("text", ["a=1", "'=1", "", " =1", "8005550101", "99213", "20.29", "50 197", "E119", "MMH2632300250"])
def test_harmless_texts(text):
    assert export.neutralised(text) == text


@pytest.mark.parametrize(
    "text", ["20261234567890123", "00100", "0450", "20.20", "12E34567", "1.5e3", "1-1", "3/4/26", "12:30", "DEC2", "2-Mar"]
)
def test_what_a_spreadsheet_would_rewrite_stays_text(text):
    assert export.neutralised(text) == "'" + text


def test_the_parquet_has_the_same_rows_columns_and_order(folder):
    rows = pq.read_table(folder / "worklist.parquet")
    assert rows.column_names == COLUMNS
    assert rows.column("item_id").to_pylist() == ["i1", "i2"]
    assert rows.column("patient_name").to_pylist()[1] == "=HYPERLINK(1)"
    assert rows.schema.field("denied_amount").metadata[b"meaning"]


def test_the_spreadsheet_has_texts_numbers_dates_and_definitions(folder):
    book = openpyxl.load_workbook(folder / "worklist.xlsx")
    sheet = book["Worklist"]
    cells = {name: sheet.cell(2, COLUMNS.index(name) + 1) for name in COLUMNS}
    assert [sheet.cell(1, position + 1).value for position in range(len(SHOWN))] == SHOWN
    assert cells["patient_control_number"].value == "000123456789012345678"
    assert cells["denied_amount"].value == 1234.5
    assert cells["deadline"].value.date() == date(2026, 11, 25)
    assert sheet.cell(3, COLUMNS.index("patient_name") + 1).data_type == "s"
    assert sheet.freeze_panes == "B2"
    assert sheet.auto_filter.ref.startswith("A1:")
    assert len(sheet.conditional_formatting) == 2
    definitions = [row[0].value for row in book["Definitions"].iter_rows(min_row=2)]
    assert definitions[: len(COLUMNS)] == COLUMNS


def test_a_cell_of_the_spreadsheet_holds_what_xml_does_not(connection, tmp_path):
    odd = {"item_id": "A & <B>", "payer_name": " two\nlines ", "patient_name": "_x0041_", "member_id": "bell\x07"}
    connection.register("worklist", pa.Table.from_pylist([odd | {"rank": 1}], schema_of("worklist")))
    export.export_worklist(connection, tmp_path, AS_OF)
    sheet = openpyxl.load_workbook(tmp_path / "worklist.xlsx")["Worklist"]
    cells = {name: sheet.cell(2, COLUMNS.index(name) + 1).value for name in odd}
    shown = odd | {"member_id": "bell_x0007_"}  # openpyxl reads the escape of a control character as it stands
    assert cells == shown | {"patient_name": "_x005F_x0041_"}


def test_days_count_as_a_spreadsheet_counts_them(connection, tmp_path):
    days = [date(1900, 1, 1), date(1900, 2, 28), date(1900, 3, 1), date(2026, 11, 20)]
    rows = [{"item_id": str(rank), "rank": rank, "deadline": day} for rank, day in enumerate(days)]
    connection.register("worklist", pa.Table.from_pylist(rows, schema_of("worklist")))
    export.export_worklist(connection, tmp_path, AS_OF)
    book = openpyxl.load_workbook(tmp_path / "worklist.xlsx")
    cells = [book["Worklist"].cell(row, COLUMNS.index("deadline") + 1) for row in range(2, 6)]
    assert [openpyxl.utils.datetime.to_excel(cell.value, book.epoch) for cell in cells] == [1, 59, 61, 46346]


def test_the_same_rows_make_the_same_csv(connection, folder, tmp_path):
    export.export_worklist(connection, tmp_path / "again", AS_OF)
    for name in ("worklist.csv", "worklist.parquet"):
        assert (folder / name).read_bytes() == (tmp_path / "again" / name).read_bytes()


def test_nothing_but_whole_files_is_left(folder):
    assert sorted(path.name for path in folder.iterdir()) == FILES


def test_the_sheet_takes_only_what_the_log_knows(connection, tmp_path):
    choices = {"log_action": ["call", "a_very_long_action_" * 20], "log_status": ["open"]}
    export.export_worklist(connection, tmp_path, AS_OF, choices)
    book = openpyxl.load_workbook(tmp_path / "worklist.xlsx")
    rules = {str(rule.sqref): rule for rule in book["Worklist"].data_validations.dataValidation}
    where = {name: openpyxl.utils.get_column_letter(SHOWN.index(name) + 1) for name in FILL_IN_COLUMNS}
    assert rules[f"{where['log_status']}2:{where['log_status']}3"].formula1 == '"open"'
    assert rules[f"{where['log_action']}2:{where['log_action']}3"].formula1 == "'log_action'!$A$1:$A$2"
    assert rules[f"{where['log_date']}2:{where['log_date']}3"].type == "date"


def test_one_file_for_each_owner_and_old_ones_go(connection, tmp_path):
    rows = [{**row, "owner": owner} for row, owner in zip(ROWS, ("Kim O'Neil", None), strict=True)]
    connection.register("worklist", pa.Table.from_pylist(rows, schema_of("worklist")))
    (tmp_path / "by_owner").mkdir()
    (tmp_path / "by_owner" / "gone.csv").write_text("x")
    written = export.export_worklist(connection, tmp_path, AS_OF, split_by=("owner",))
    assert sorted(path.name for path in (tmp_path / "by_owner").iterdir()) == ["kim_o_neil.csv", "none.csv"]
    assert [row["item_id"] for row in rows_of(tmp_path / "by_owner" / "kim_o_neil.csv")] == ["i2"]
    assert tmp_path / "by_owner" / "none.csv" in written


def test_an_empty_worklist_has_its_header(tmp_path):
    with duckdb.connect() as connection:
        connection.register("worklist", schema_of("worklist").empty_table())
        register_companions(connection)
        export.export_worklist(connection, tmp_path, AS_OF)
    assert rows_of(tmp_path / "worklist.csv") == []
    assert openpyxl.load_workbook(tmp_path / "worklist.xlsx")["Worklist"].max_row == 1


def test_a_sheet_counts_a_day_that_never_was():
    """The 29th of February 1900 is day 60 of the format."""
    column = next(column for column in TABLES["worklist"].columns if column.type == "date")
    days = [date(1899, 12, 31), date(1900, 2, 28), date(1900, 3, 1), AS_OF, None]
    _, said, _ = spreadsheet._cells(column, "1", pa.array(days, pa.date32()))
    assert said.to_pylist() == ["0", "59", "61", "46346", None]


def test_rows_that_a_sheet_does_not_hold_are_said(connection, tmp_path, monkeypatch):
    monkeypatch.setattr(spreadsheet, "SHEET_ROWS", 2)
    export.export_worklist(connection, tmp_path, AS_OF)
    book = openpyxl.load_workbook(tmp_path / "worklist.xlsx")
    assert book["Worklist"].max_row == 2
    assert any("the last 1 by rank" in str(row[0].value) for row in book["Definitions"].iter_rows())


TEXTS = st.text() | st.text("019.,-/:E+=@JANfeb_x04\"'&<>\t\r\n ١", max_size=12) | st.from_regex(export.REWRITTEN, fullmatch=True)


@given(st.lists(st.none() | TEXTS, max_size=8))
@example(["1\n", "=1", "+1", "-x", "@a", 'a"b', "a,b", "12E3", "1-Jan", "", None, "١٢٣"])
@example(["_x0041_", "<b>", "a&b", "a" * (spreadsheet.CELL_CHARACTERS + 1)])
def test_a_text_that_is_written_as_it_is_needs_nothing_else(texts):
    """Only odd texts are looked at one by one: none that would be written in another way is missed."""
    values = pa.array(texts, pa.string())
    for is_odd, text in ((export._may_need_quotes, export._quoted), (spreadsheet._may_need_xml, spreadsheet._in_xml)):
        one_by_one = [value if value is None else text(value) for value in texts]
        assert spreadsheet.replaced(values, is_odd, text).to_pylist() == one_by_one
