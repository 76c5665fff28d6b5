"""The worklist as files: CSV, Parquet and a spreadsheet with the same rows in the same order and the same columns.

The CSV is what spreadsheets open without asking: UTF-8 with a byte order mark, CRLF, quotes as in RFC 4180. A text cell that a
spreadsheet would run (= + - @, tab or carriage return first) or rewrite (a long identifier, 00100, 12E3, 3-4) gets a leading
apostrophe, which `remit835 log` takes off again; money is a number and stays one. The same rows give the same bytes. Every file
is written under another name and renamed.

CSV and spreadsheet end with empty columns to fill in (`log_date`, `log_action`, ...): `remit835 log` takes the sheet back.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping, Sequence
from datetime import date
from functools import partial
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.spreadsheet import ROWS_AT_A_TIME, TEXT_TYPES, replaced, write_spreadsheet
from pipeline.tables import TABLES, Column
from pipeline.warehouse import conforming, parquet_writer, write_all_atomically, write_atomically
from pipeline.work_log import FILL_IN_COLUMNS

WORKLIST = "worklist"
# Beside the worklist: what the night changed, and what is too small to be worked alone.
COMPANIONS = {"worklist_delta": "worklist_delta.csv", "small_balance": "small_balances.csv"}
NO_VALUE = "none"
QUOTE, TO_QUOTE = '"', re.compile('[",\r\n]')
DANGEROUS_FIRST = ("=", "+", "-", "@", "\t", "\r")
# What a spreadsheet makes another number of (16 digits and more, zeros in front or behind, 12E3), or a day or an hour.
REWRITTEN = re.compile(
    r"\d{16,}|0\d+|\d*\.\d*0|\d+(?:\.\d*)?E\d+|\d{1,4}[-/:]\d{1,2}(?:[-/:]\d{1,4})?"
    r"|\d{1,2}[- ]?(?:JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEPT?|OCT|NOV|DEC)"
    r"|(?:JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEPT?|OCT|NOV|DEC)[- ]?\d{1,4}",
    re.IGNORECASE,
)

# What may have to be quoted or neutralised: whatever is not plain ASCII is looked at.
ODD = f'[^ -~]|[",]|^[=+@-]|^(?i:{REWRITTEN.pattern})$'


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
    dated = f"worklist_{as_of.isoformat()}.csv"
    writers = {
        "worklist.csv": partial(write_csv, columns=columns, rows=rows, fill_in=FILL_IN_COLUMNS),
        "worklist.parquet": partial(_write_parquet, rows=rows),
        "worklist.xlsx": partial(write_spreadsheet, columns=columns, rows=rows, as_of=as_of, choices=choices or {}),
    }
    for table_name, name in COMPANIONS.items():
        companion = _rows_of_table(connection, table_name)
        writers[name] = partial(write_csv, columns=TABLES[table_name].columns, rows=companion)
    write_all_atomically(folder, writers)
    write_atomically(folder / dated, partial(shutil.copyfile, folder / "worklist.csv"))
    parts = [path for column in split_by for path in _write_parts(folder / f"by_{column}", column, rows)]
    first, *others = writers
    return [*(folder / name for name in (first, dated, *others)), *parts]


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
    end = "," * len(fill_in) + "\r\n"
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        stream.write(",".join([*rows.column_names, *fill_in]) + "\r\n")
        for batch in rows.to_batches(max_chunksize=ROWS_AT_A_TIME):
            cells = [_cell_texts(column, values) for column, values in zip(columns, batch.columns, strict=True)]
            lines = pc.binary_join_element_wise(*cells, ",", null_handling="replace")
            stream.writelines(line + end for line in lines.to_pylist())


def neutralised(text: str) -> str:
    """A text that a spreadsheet shows as it is, and neither runs nor rewrites."""
    return f"'{text}" if text.startswith(DANGEROUS_FIRST) or REWRITTEN.fullmatch(text) else text


def _write_parquet(path: Path, rows: pa.Table) -> None:
    with parquet_writer(path, TABLES[WORKLIST]) as writer:
        writer.write_table(rows)


def _cell_texts(column: Column, values: pa.Array) -> pa.Array:
    """The values of a column as cells of CSV, in quotes where they need them."""
    if column.type in TEXT_TYPES:
        return replaced(values, _may_need_quotes, _quoted)
    return values.cast(pa.string())


def _may_need_quotes(texts: pa.Array) -> pa.Array:
    return pc.match_substring_regex(texts, ODD)


def _quoted(text: str) -> str:
    text = neutralised(text)
    return f'"{text.replace(QUOTE, QUOTE * 2)}"' if TO_QUOTE.search(text) else text
