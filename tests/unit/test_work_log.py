"""Rows of a work log: what a spreadsheet does to them is undone or refused, and no message holds a value."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import mappings, work_log
from pipeline.errors import UsageError
from pipeline.tables import schema_of

ITEM, OTHER = "0123456789abcdef0123456789abcdef", "f" * 32
TODAY = date(2026, 11, 20)
SHIPPED = mappings.load(Path(__file__).parents[2] / "mappings")


def read(path: Path) -> work_log.ReadLog:
    return work_log.read_log(path, SHIPPED.tables, {ITEM, OTHER}, TODAY)


def read_csv(folder: Path, text: str | bytes) -> work_log.ReadLog:
    path = folder / "log.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read(path)


def one_row(folder: Path, **cells: str) -> work_log.ReadLog:
    cells = {"item_id": ITEM, "date": "2026-11-19", **cells}
    return read_csv(folder, ",".join(cells) + "\n" + ",".join(cells.values()) + "\n")


@pytest.mark.parametrize(
    ("column", "cell", "value"),
    [
        ("date", "2026-11-18", date(2026, 11, 18)),
        ("date", "11/18/2026", date(2026, 11, 18)),
        ("date", "46344", date(2026, 11, 18)),
        ("date", "2026-11-18 00:00:00", date(2026, 11, 18)),
        ("action", "Reprocess request", "reprocess_request"),
        ("action", "send-records", "send_records"),
        ("turnaround_days", "30 days", 30),
        ("turnaround_days", "30.0", 30),
        ("call_reference", "'000123", "000123"),
        ("claim_number", "123456789012345678901", "123456789012345678901"),
        ("corrected_dx", "m54.50", "M5450"),
        ("status", "Waiting", "waiting"),
        ("client_continues", "yes", "Y"),
        ("note", "'=1+1", "=1+1"),
    ],
)
def test_a_cell_becomes_what_was_meant(tmp_path, column, cell, value):
    extra = {"coding_outcome": "corrected"} if column == "corrected_dx" else {} if column == "note" else {"note": "x"}
    found = one_row(tmp_path, **{column: cell}, **extra)
    assert getattr(found.entries[0], column) == value


@pytest.mark.parametrize(
    ("column", "cell", "says"),
    [
        ("date", "", "is empty"),
        ("date", "18/11/2026", "write YYYY-MM-DD or MM/DD/YYYY"),
        ("date", "2026-11-21", "lies after 2026-11-20"),
        ("item_id", "1.23E+31", "format the column as text"),
        ("item_id", "e" * 32, "copy it from the worklist"),
        ("claim_number", "1.2E+12", "format the column as text"),
        ("call_reference", "#####", "widen or correct"),
        ("fax", "#NAME?", "widen or correct"),
        ("turnaround_days", "a month", "write a whole number"),
        ("appeal_limit_days", "0", "greater than or equal to 1"),
        ("action", "shouted", "known are appeal,"),
        ("action", "paid", "is not known"),
        ("action", "Coding confirmed", "write confirmed into coding_outcome"),
        ("status", "done", "'open', 'waiting' or 'closed'"),
        ("coding_outcome", "maybe", "'corrected' or 'confirmed'"),
        ("corrected_dx", "back pain", "write it as M54.50"),
        ("corrected_dx", "M54.50", "needs coding_outcome corrected"),
        ("denial_date_from_call", "2026-11-20", "lies after the call"),
        ("who", "kim", "says nothing that was done"),
        ("client_continues", "perhaps", "'Y' or 'N'"),
    ],
)
def test_a_bad_cell_is_refused_with_the_fix(tmp_path, column, cell, says):
    found = one_row(tmp_path, **{column: cell}, **({} if column == "who" else {"note": "x"}))
    assert found.entries == []
    said = str(found.refused[0])
    assert said.startswith("row 2: ")
    assert says in said
    assert len(cell) < 4 or cell in ("date", "paid") or cell not in said or column == "denial_date_from_call"


def test_good_rows_are_taken_beside_bad_ones_and_empty_rows_are_counted(tmp_path):
    found = read_csv(
        tmp_path,
        f"note,item_id,date\r\nfirst,{ITEM},2026-11-19\r\nsecond,{ITEM},someday\r\n,,\r\n'third,{OTHER},2026-11-19\r\n",
    )
    assert [entry.note for entry in found.entries] == ["first", "third"]
    assert [refused.row for refused in found.refused] == [3]
    assert found.empty_count == 1
    assert found.refused_file.read_text(encoding="utf-8-sig").splitlines()[1].startswith("3,date,is no date")


def test_refused_rows_come_back_corrected(tmp_path):
    found = one_row(tmp_path, date="someday", note="x")
    text = found.refused_file.read_text(encoding="utf-8-sig").replace("someday", "2026-11-19")
    assert [entry.note for entry in read_csv(tmp_path, text).entries] == ["x"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_every_way_to_save_a_csv_is_read(tmp_path, encoding, delimiter, line_end):
    text = line_end.join([delimiter.join(["item_id", "date", "note"]), delimiter.join([ITEM, "2026-11-19", "Jörg"]), ""])
    assert read_csv(tmp_path, text.encode(encoding)).entries[0].note == "Jörg"


def test_a_sheet_gives_dates_numbers_and_texts(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["item_id", "date", "turnaround_days", "fax", "call_reference"])
    book.active.append([ITEM, datetime(2026, 11, 18), 30, 8005550101, "007"])
    book.active.append([OTHER, 46344, 30.5, 1, 1])
    book.active.append([OTHER, "2026-11-18", 30, 1234567890123456, datetime(2026, 11, 1)])
    book.save(tmp_path / "log.xlsx")
    found = read(tmp_path / "log.xlsx")
    entry = found.entries[0]
    assert (entry.date, entry.turnaround_days, entry.fax, entry.call_reference) == (date(2026, 11, 18), 30, "8005550101", "007")
    assert [[column for column, _ in refused.faults] for refused in found.refused] == [
        ["turnaround_days"],
        ["call_reference", "fax"],
    ]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("item_id,note\nx,y\n", "the column date is missing"),
        ("item_id,date,remark\nx,y,z\n", "the column 'remark' is not known"),
        ("item_id,date,date\nx,y,z\n", "stands twice"),
        ("item_id,rank,log_date,log_dat\nx,1,y,z\n", "the column 'log_dat' is not known"),
        ("", "the column item_id is missing"),
        (b"PK\0\0", "save it as CSV UTF-8"),
    ],
)
def test_a_file_that_is_no_log_is_refused_whole(tmp_path, content, says):
    with pytest.raises(UsageError, match=says):
        read_csv(tmp_path, content)


def test_a_broken_workbook_is_said(tmp_path):
    (tmp_path / "log.xlsx").write_bytes(b"no workbook")
    with pytest.raises(UsageError, match="is no XLSX workbook"):
        read(tmp_path / "log.xlsx")


def test_an_entry_is_known_by_its_content(tmp_path):
    first = one_row(tmp_path, note="x").entries + one_row(tmp_path, note="y").entries
    rows = work_log.facts_of([first[0], *first], set(), 7)
    assert rows.schema == schema_of("work_log")
    assert rows.column("entry_number").to_pylist() == [8, 9]
    ids = rows.column("work_log_id").to_pylist()
    assert work_log.facts_of(list(reversed(first)), {ids[1]}, 9).column("work_log_id").to_pylist() == [ids[0]]


def test_what_is_done_again_after_something_else_is_another_entry(tmp_path):
    actions = ("write_off", "reopen", "write_off", "write_off")
    done = [entry for action in actions for entry in one_row(tmp_path, action=action).entries]
    rows = work_log.facts_of(done, set(), 0)
    assert rows.column("action").to_pylist() == ["write_off", "reopen", "write_off"]
    assert work_log.facts_of(done, set(rows.column("work_log_id").to_pylist()), 3).num_rows == 0, "the same file again"


def test_every_action_of_the_log_leads_somewhere_and_is_offered():
    actions = work_log.actions_of(SHIPPED.tables)
    assert set(work_log.choices_of(SHIPPED.tables)["log_action"]) == set(actions)
    assert {row.next_step for row in SHIPPED.rows["step"]} - set(actions) == set()


@given(st.text(min_size=1, max_size=40), st.sampled_from([name for name in work_log.COLUMNS if name != "item_id"]))
def test_any_cell_is_taken_or_refused(cell, column):
    outcome = work_log._checked(2, {"item_id": ITEM, "date": "2026-11-19", column: cell}, {"call"}, {ITEM}, TODAY)
    assert isinstance(outcome, work_log.Entry | work_log.Refused)
