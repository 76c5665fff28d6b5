"""The worklist as files: CSV, Parquet and a spreadsheet with the same rows in the same order and the same columns.

The CSV is what spreadsheets open without asking: UTF-8 with a byte order mark, CRLF, quotes as in RFC 4180. A text cell that a
spreadsheet would run (= + - @, tab or carriage return first) gets a leading apostrophe; money is a number and stays one. The
same rows give the same bytes. Every file is written under another name and renamed.

CSV and spreadsheet end with empty columns to fill in (`log_date`, `log_action`, ...): `remit835 log` takes the sheet back.
"""

from __future__ import annotations

import csv
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from functools import partial
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import xlsxwriter

from pipeline.tables import TABLES, Column
from pipeline.warehouse import conforming, parquet_writer, write_atomically
from pipeline.work_log import DATE_COLUMNS, FILL_IN_COLUMNS, FILL_IN_MEANINGS

WORKLIST = "worklist"
# Beside the worklist: what the night changed, and what is too small to be worked alone.
COMPANIONS = {"worklist_delta": "worklist_delta.csv", "small_balance": "small_balances.csv"}
NO_VALUE = "none"
DANGEROUS_FIRST = ("=", "+", "-", "@", "\t", "\r")
TEXT_TYPES = ("text", "code")
ROWS_AT_A_TIME = 10_000
# What a sheet of the xlsx format holds, its header included.
SHEET_ROWS = 1_048_576
# What a list of allowed values may hold inside a cell's rule.
LIST_CHARACTERS = 255


@dataclass(frozen=True)
class Tier:
    """Rows whose deadline is at most `days_left` days away are shown in this colour; the first tier that fits counts."""

    name: str
    days_left: int
    colour: str


DEADLINE_TIERS = (Tier("passed", -1, "#D9D9D9"), Tier("within a week", 7, "#F8CBAD"), Tier("within a month", 30, "#FFE699"))


def export_worklist(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    as_of: date,
    choices: Mapping[str, Sequence[str]] | None = None,
    split_by: Sequence[str] = (),
) -> list[Path]:
    """Writes worklist.csv, worklist_<as_of>.csv, worklist.parquet and worklist.xlsx from the table `worklist`; the first is the
    newest of the dated ones. Beside them worklist_delta.csv and small_balances.csv, and by_<column>/<value>.csv for each column
    of `split_by`. `choices`: the values that a column to fill in takes. Returns the paths. Raises ContractError, OSError."""
    rows = _rows_of_table(connection, WORKLIST)
    columns = TABLES[WORKLIST].columns
    folder.mkdir(exist_ok=True)
    writers = {
        "worklist.csv": lambda path: write_csv(path, columns, rows, FILL_IN_COLUMNS),
        f"worklist_{as_of.isoformat()}.csv": lambda path: write_csv(path, columns, rows, FILL_IN_COLUMNS),
        "worklist.parquet": lambda path: _write_parquet(path, rows),
        "worklist.xlsx": lambda path: write_spreadsheet(path, columns, rows, as_of, choices or {}),
    }
    for table_name, name in COMPANIONS.items():
        companion = _rows_of_table(connection, table_name)
        writers[name] = partial(write_csv, columns=TABLES[table_name].columns, rows=companion)
    for name, write in writers.items():
        write_atomically(folder / name, write)
    parts = [path for column in split_by for path in _write_parts(folder / f"by_{column}", column, rows)]
    return [*(folder / name for name in writers), *parts]


def _rows_of_table(connection: duckdb.DuckDBPyConnection, name: str) -> pa.Table:
    table = TABLES[name]
    query = f"SELECT {', '.join(table.column_names)} FROM {name} ORDER BY {', '.join(table.sort or table.key)}"
    return conforming(name, connection.sql(query).to_arrow_table())


def _write_parts(folder: Path, column: str, rows: pa.Table) -> list[Path]:
    """One CSV for each value of a column, with the rows of the worklist in their order. Files of values that are gone go too."""
    values = rows.column(column)
    unfinished = folder.with_name(f".{folder.name}.new")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir()
    taken: dict[str, str] = {}
    for value in sorted({value or "" for value in values.to_pylist()}):
        name = re.sub(r"[^a-z0-9]+", "_", value.lower()).strip("_") or NO_VALUE
        while name in taken:
            name += "_"
        taken[name] = value
        mask = pc.equal(pc.fill_null(values, ""), value)
        write_csv(unfinished / f"{name}.csv", TABLES[WORKLIST].columns, rows.filter(mask), FILL_IN_COLUMNS)
    shutil.rmtree(folder, ignore_errors=True)
    unfinished.rename(folder)
    return [folder / f"{name}.csv" for name in taken]


def write_csv(path: Path, columns: Sequence[Column], rows: pa.Table, fill_in: Sequence[str] = ()) -> None:
    """Rows as CSV for spreadsheets, with empty columns at the end; see the top of this module."""
    empty = [""] * len(fill_in)
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\r\n")
        writer.writerow([*rows.column_names, *fill_in])
        writer.writerows(
            [*(_cell_text(column, value) for column, value in zip(columns, row, strict=True)), *empty] for row in _rows(rows)
        )


def neutralised(text: str) -> str:
    """A text that a spreadsheet shows and does not run."""
    return f"'{text}" if text.startswith(DANGEROUS_FIRST) else text


def write_spreadsheet(
    path: Path, columns: Sequence[Column], rows: pa.Table, as_of: date, choices: Mapping[str, Sequence[str]]
) -> None:
    """The worklist as a sheet with a fixed header, filters, deadline colours and columns to fill in, and a second sheet with what
    each column means. Identifiers are text, money and counts numbers, dates dates; so are the cells to fill in."""
    book = xlsxwriter.Workbook(str(path), {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"title": f"Worklist as of {as_of}", "created": datetime.combine(as_of, time())})
    header = book.add_format({"bold": True, "bg_color": "#DDEBF7", "bottom": 1})
    formats = {"money": book.add_format({"num_format": "#,##0.00"}), "date": book.add_format({"num_format": "yyyy-mm-dd"})}
    sheet = book.add_worksheet("Worklist")
    sheet.freeze_panes(1, 1)
    for position, column in enumerate(columns):
        sheet.set_column(position, position, _width(column))
        sheet.write_string(0, position, column.name, header)
    shown = rows.slice(0, SHEET_ROWS - 1)
    _write_fill_in(book, sheet, len(columns), shown.num_rows, choices)  # its header comes before the rows: memory is constant
    for number, row in enumerate(_rows(shown), start=1):
        for position, (column, value) in enumerate(zip(columns, row, strict=True)):
            _write_cell(sheet, number, position, column, value, formats)
    sheet.autofilter(0, 0, shown.num_rows, len(columns) + len(FILL_IN_COLUMNS) - 1)
    _colour_deadlines(book, sheet, [column.name for column in columns], shown.num_rows)
    _write_definitions(book, columns, header, as_of, rows.num_rows - shown.num_rows)
    book.close()


def _write_fill_in(
    book: xlsxwriter.Workbook,
    sheet: xlsxwriter.worksheet.Worksheet,
    first: int,
    row_count: int,
    choices: Mapping[str, Sequence[str]],
) -> None:
    """Empty columns with the format of what belongs into them: text stays text, so that the spreadsheet mangles no number."""
    title = book.add_format({"bold": True, "bg_color": "#E2EFDA", "bottom": 1})
    formats = {True: book.add_format({"num_format": "yyyy-mm-dd"}), False: book.add_format({"num_format": "@"})}
    for position, name in enumerate(FILL_IN_COLUMNS, start=first):
        is_date = name in DATE_COLUMNS
        sheet.set_column(position, position, 12 if is_date else 18, formats[is_date])
        sheet.write_string(0, position, name, title)
        if not row_count:
            continue
        if name in choices:
            rule = {"validate": "list", "source": _list_source(book, name, choices[name]), "error_title": "Not in the list"}
        elif is_date:
            rule = {"validate": "date", "criteria": ">=", "value": date(2000, 1, 1), "error_title": "Not a date"}
        else:
            continue
        sheet.data_validation(1, position, row_count, position, rule | {"error_message": "See the sheet Definitions."})


def _list_source(book: xlsxwriter.Workbook, name: str, values: Sequence[str]) -> list[str] | str:
    """A list of more than 255 characters has to stand in a sheet of its own."""
    if len(",".join(values)) <= LIST_CHARACTERS:
        return list(values)
    sheet = book.add_worksheet(name)
    sheet.hide()
    for number, value in enumerate(values):
        sheet.write_string(number, 0, value)
    return f"='{name}'!$A$1:$A${len(values)}"


def _write_parquet(path: Path, rows: pa.Table) -> None:
    with parquet_writer(path, TABLES[WORKLIST]) as writer:
        writer.write_table(rows)


def _rows(rows: pa.Table) -> Iterator[tuple]:
    for batch in rows.to_batches(max_chunksize=ROWS_AT_A_TIME):
        yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)


def _cell_text(column: Column, value: object) -> str:
    if value is None:
        return ""
    if column.type in TEXT_TYPES:
        return neutralised(str(value))
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, date) else f"{value:f}" if isinstance(value, Decimal) else str(value)


def _write_cell(
    sheet: xlsxwriter.worksheet.Worksheet, number: int, position: int, column: Column, value: object, formats: dict
) -> None:
    if value is None:
        return
    if column.type in TEXT_TYPES:
        sheet.write_string(number, position, str(value))  # a string cell is never run, whatever it begins with
    elif column.type == "flag":
        sheet.write_boolean(number, position, value)
    elif column.type == "date":
        sheet.write_datetime(number, position, value, formats["date"])
    elif column.type == "timestamp":
        sheet.write_string(number, position, value.isoformat())
    else:
        sheet.write_number(number, position, value, formats.get(column.type))


def _width(column: Column) -> int:
    return {"money": 14, "date": 12, "count": 10, "index": 8, "flag": 8}.get(column.type, max(14, min(len(column.name) + 4, 28)))


def _colour_deadlines(
    book: xlsxwriter.Workbook, sheet: xlsxwriter.worksheet.Worksheet, names: Sequence[str], row_count: int
) -> None:
    if not row_count or "days_left" not in names or "deadline" not in names:
        return
    days = xlsxwriter.utility.xl_col_to_name(names.index("days_left"))
    for position in (names.index("deadline"), names.index("days_left")):
        for tier in DEADLINE_TIERS:
            rule = {
                "type": "formula",
                "criteria": f"=AND(ISNUMBER(${days}2), ${days}2<={tier.days_left})",
                "format": book.add_format({"bg_color": tier.colour}),
                "stop_if_true": True,
            }
            sheet.conditional_format(1, position, row_count, position, rule)


def _write_definitions(
    book: xlsxwriter.Workbook, columns: Sequence[Column], header: xlsxwriter.format.Format, as_of: date, left_out: int
) -> None:
    sheet = book.add_worksheet("Definitions")
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, 0, 30)
    sheet.set_column(1, 2, 10)
    sheet.set_column(3, 4, 60)
    for position, title in enumerate(("column", "type", "unit", "meaning", "where it comes from")):
        sheet.write_string(0, position, title, header)
    sources = TABLES[WORKLIST].sources
    for number, column in enumerate(columns, start=1):
        cells = (column.name, column.type, column.unit, column.meaning, sources.get(column.name, ""))
        for position, text in enumerate(cells):
            sheet.write_string(number, position, text)
    for number, name in enumerate(FILL_IN_COLUMNS, start=len(columns) + 1):
        sheet.write_string(number, 0, name)
        sheet.write_string(number, 3, FILL_IN_MEANINGS[name])
        sheet.write_string(number, 4, "to fill in; remit835 log takes the sheet back")
    legend = [(f"Worklist as of {as_of.isoformat()}.", None)]
    legend += [(f"Deadline {tier.name}: this colour.", book.add_format({"bg_color": tier.colour})) for tier in DEADLINE_TIERS]
    if left_out:
        legend.append((f"A sheet holds {SHEET_ROWS - 1:,} rows: the last {left_out:,} by rank stand in worklist.csv only.", None))
    for number, (line, colour) in enumerate(legend, start=len(columns) + len(FILL_IN_COLUMNS) + 3):
        sheet.write_string(number, 0, line, colour)
