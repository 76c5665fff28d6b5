"""SQL over a warehouse: every fact, the current marts and the mappings as tables, for reading only.

Results are streamed: of a big one only the rows that are printed are kept, and a file is written batch by batch.
"""

from __future__ import annotations

import csv
import difflib
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

import duckdb
import pyarrow as pa
import pyarrow.csv as arrow_csv
import pyarrow.parquet as pq

from pipeline import mappings, models
from pipeline.errors import UsageError
from pipeline.mappings import Mappings
from pipeline.settings import data_folder
from pipeline.tables import COLUMNS, TABLES, tables_of
from pipeline.warehouse import Warehouse

READING = (duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN)
WRITERS = {".csv": arrow_csv.CSVWriter, ".parquet": pq.ParquetWriter}
BATCH_ROWS = 100_000
# Parts of what DuckDB says: the kind of an error, its place in the query, names.
KIND = re.compile(r"[A-Z][A-Za-z ]* Error(?=: )")
EXCERPT = re.compile(r"\n\nLINE \d+: (?P<quoted>.*)\n *\^+\s*$")
NAMES = re.compile(r'"[^"]*"|STRUCT\(.*?\)')
NO_COLUMN = re.compile(r'(?:column|have a column named) "(\w+)"(?: not found|$)', re.MULTILINE)
HELP = """\
Write SQL over one or more lines and end it with a semicolon.
  .tables [WORD]     the tables, or those whose name has the word
  .columns TABLE     its columns: type and meaning
  .records           one column a line, and back to tables
  .out FILE          the next result goes to FILE (.csv or .parquet)
  .quit              leave; Ctrl-D does too"""
# What people type who know other prompts.
BARE_WORDS = {"quit": ".quit", "exit": ".quit", "\\q": ".quit", "help": ".help", "?": ".help", "\\?": ".help"}


def open_tables(path: Path, known: Mappings | None = None) -> duckdb.DuckDBPyConnection:
    """A connection in which every table of the warehouse is a view, and every mapping a table: those given, which may have the
    site's own laid over them, else the shipped ones. Raises UsageError where there is no warehouse."""
    warehouse = Warehouse(path)
    require_warehouse(warehouse)
    require_our_marts(warehouse)
    connection = warehouse.connect()
    warehouse.connect_marts(connection)
    models.provide(connection, (known or mappings.load(data_folder("mappings"))).tables)
    return connection


def require_warehouse(warehouse: Warehouse) -> None:
    """Raises UsageError where no run has made a warehouse: after a night without files there are marts, and no batches yet."""
    if not (warehouse.path / "batches").is_dir() and not warehouse.marts.is_symlink():
        path = warehouse.path
        raise UsageError(f"{path}: there is no warehouse; make one with remit835 run INBOX --warehouse {path}")


def require_our_marts(warehouse: Warehouse) -> None:
    """Raises UsageError where the marts are there, but not as this version makes them."""
    if warehouse.marts.is_symlink() and not warehouse.has_our_marts():
        raise UsageError(
            f"{warehouse.path}: its marts were made by another version of remit835; make them anew with "
            f"remit835 run --rebuild --warehouse {warehouse.path}"
        )


def dicts(connection: duckdb.DuckDBPyConnection, query: str, parameters: Any = None) -> list[dict[str, Any]]:
    """The rows of a query, each as column to value."""
    result = connection.execute(query, parameters)
    names = [column[0] for column in result.description]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


@contextmanager
def reading(connection: duckdb.DuckDBPyConnection, sql: str) -> Iterator[pa.RecordBatchReader]:
    """The result of one SELECT, batch by batch. Raises UsageError for anything else, and for what DuckDB does not understand."""
    try:
        yield _bound(connection, sql).to_arrow_reader(BATCH_ROWS)
    except (duckdb.Error, OSError) as error:
        if not _is_of_duckdb(error):
            raise
        raise UsageError(_by_kind(str(error), sql)) from None


def _bound(connection: duckdb.DuckDBPyConnection, sql: str) -> duckdb.DuckDBPyRelation:
    """One SELECT, of which no row is read yet; an EXPLAIN is done, with ANALYZE it has read them."""
    try:
        statements = connection.extract_statements(sql)
    except duckdb.ParserException as error:
        raise UsageError(_in_its_words(str(error), sql)) from None
    if len(statements) != 1 or statements[0].type not in READING:
        raise UsageError("one SELECT at a time, please: the tables are for reading only")
    try:
        return connection.sql(sql)
    except (duckdb.BinderException, duckdb.CatalogException) as error:
        if statements[0].type is duckdb.StatementType.EXPLAIN:
            raise
        raise UsageError(_in_its_words(str(error), sql)) from None


def _is_of_duckdb(error: duckdb.Error | OSError) -> bool:
    """Whether DuckDB raised it; from the second batch on Arrow hands it on as an OSError, without a number."""
    return isinstance(error, duckdb.Error) or (error.errno is None and KIND.match(str(error)) is not None)


def _in_its_words(said: str, sql: str) -> str:
    """What DuckDB says of a query that it cannot run, with our hint. The columns of a file that the query reads may be named by
    its first row, so names that neither the query nor our tables have are left out."""
    known = {word.lower() for word in re.findall(r"\w+", sql)} | {*COLUMNS, *TABLES}

    def shown(name: re.Match[str]) -> str:
        return name[0] if known.issuperset(re.findall(r"\w+", name[0].lower())) else "..."

    words, heading, functions = said.partition("\tCandidate functions:")
    return NAMES.sub(shown, words) + heading + functions + _hint(said)


def _by_kind(said: str, sql: str) -> str:
    """What went wrong while rows were read, by its kind and its place in the query: the rest may quote a value."""
    kind, excerpt = KIND.match(said), EXCERPT.search(said)
    where = excerpt[0] if excerpt and excerpt["quoted"].strip(".") in sql else ""
    todo = "; where a value does not fit its type, try_cast gives NULL for it" if said.startswith("Conversion Error") else ""
    name = kind[0] if kind else "Error"
    return f"{name} while the query ran; what DuckDB says of it may quote a value, and is left out{todo}{where}"


def _hint(said: str) -> str:
    """What may have been meant, where a column is not there: names alike, or the tables that have it."""
    missing = NO_COLUMN.search(said)
    if missing is None:
        return ""
    if missing[1] in COLUMNS:
        tables = [table.name for table in TABLES.values() if missing[1] in table.sources and table.kind != "steps"]
        return f"\nTables with {missing[1]}: {', '.join(tables)}"
    if "Candidate bindings" in said:  # DuckDB has named some already
        return ""
    alike = difflib.get_close_matches(missing[1].lower(), COLUMNS, n=4)
    return f"\nColumns with such a name, in any table: {', '.join(alike)}" if alike else ""


def as_text(
    path: Path, sql: str, limit: int, as_records: bool = False, width: int | None = None, known: Mappings | None = None
) -> str:
    """The first `limit` rows for a terminal of `width` characters; None is any width. A table too wide for it becomes records."""
    with open_tables(path, known) as connection:
        return shown(connection, sql, limit, as_records, width)


def shown(connection: duckdb.DuckDBPyConnection, sql: str, limit: int, as_records: bool = False, width: int | None = None) -> str:
    """As `as_text`, on a connection of open_tables."""
    with reading(connection, sql) as result:
        kept: list[tuple[str, ...]] = []
        row_count = 0
        for batch in result:
            wanted = batch.slice(0, max(limit - row_count, 0))
            kept += zip(*(map(_written, column.to_pylist()) for column in wanted.columns), strict=True)
            row_count += batch.num_rows
    names, numeric = result.schema.names, [_is_number(field.type) for field in result.schema]
    if not kept:
        return "no rows"
    said = _as_table(names, numeric, kept)
    if as_records or (width is not None and max(map(len, said)) > width):
        said = _as_records(names, kept)
    left_out = row_count - len(kept)
    if left_out > 0:
        said.append(f"({left_out:,} rows more: raise --limit, or write them with --out)")
    return "\n".join(said)


def _is_number(type_: pa.DataType) -> bool:
    return pa.types.is_integer(type_) or pa.types.is_decimal(type_) or pa.types.is_floating(type_)


def _written(value: Any) -> str:
    """A value as text, on one line: money with its cents, nothing for what is not known."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else " ".join(str(value).splitlines())


def _as_table(names: list[str], numeric: list[bool], rows: list[tuple[str, ...]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(names, *rows, strict=True)]
    aligned: list[Callable[[str, int], str]] = [str.rjust if one else str.ljust for one in numeric]
    return [
        "  ".join(align(cell, width) for align, cell, width in zip(aligned, row, widths, strict=True)).rstrip()
        for row in (tuple(names), tuple("-" * width for width in widths), *rows)
    ]


def _as_records(names: list[str], rows: list[tuple[str, ...]]) -> list[str]:
    widest = max(map(len, names))
    lines = []
    for number, row in enumerate(rows, 1):
        lines.append(f"-- row {number}")
        lines += [f"{name.ljust(widest)}  {cell}".rstrip() for name, cell in zip(names, row, strict=True)]
    return lines


def stream_csv(path: Path, sql: str, stream: TextIO, limit: int | None = None, known: Mappings | None = None) -> None:
    """The result as CSV into a pipe, with a head, all rows or the first `limit`."""
    writer = csv.writer(stream, lineterminator="\n")
    left = limit
    with open_tables(path, known) as connection, reading(connection, sql) as result:
        writer.writerow(result.schema.names)
        for batch in result:
            wanted = batch if left is None else batch.slice(0, left)
            writer.writerows(zip(*(map(_written, column.to_pylist()) for column in wanted.columns), strict=True))
            left = None if left is None else left - wanted.num_rows
            if left == 0:
                return


def write(path: Path, sql: str, out: Path, known: Mappings | None = None) -> int:
    """Writes the result to a .csv or .parquet file that its owner can read; returns its number of rows."""
    with open_tables(path, known) as connection:
        return written(connection, sql, out)


def written(connection: duckdb.DuckDBPyConnection, sql: str, out: Path) -> int:
    """As `write`, on a connection of open_tables."""
    if out.suffix not in WRITERS:
        raise UsageError(f"{out}: --out takes a file that ends in {' or '.join(WRITERS)}")
    row_count = 0
    with reading(connection, sql) as result:
        try:
            stream = os.fdopen(os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")
            with stream, WRITERS[out.suffix](stream, result.schema) as writer:
                for batch in result:
                    writer.write_batch(batch)
                    row_count += batch.num_rows
        except OSError as error:
            if _is_of_duckdb(error):
                raise
            raise UsageError(f"{out}: cannot be written ({error.strerror or type(error).__name__})") from None
    return row_count


# --------------------------------------------------------------------------------------------------------------------
# The prompt
# --------------------------------------------------------------------------------------------------------------------
def prompt(
    path: Path,
    read: Callable[[str], str],
    say: Callable[[str], None],
    limit: int,
    width: int,
    known: Mappings | None = None,
) -> None:
    """Statements and commands until the end of input. `read` gives the next line for a prompt and raises EOFError at the end;
    what is wrong is said, and the prompt goes on. Nothing that is typed or shown is kept."""
    with open_tables(path, known) as connection:
        say(f"{path}: {len(tables_of('facts'))} facts, {len(tables_of('marts'))} marts, mappings. .help says what can be typed.")
        as_records = False
        out: Path | None = None
        while (line := _statement(read)) is not None:
            word, _, rest = line.partition(" ")
            try:
                if word in (".quit", ".exit"):
                    return
                if word == ".records":
                    as_records = not as_records
                elif word == ".out":
                    out = Path(rest.strip())
                elif word.startswith("."):
                    say(_answer(word, rest.strip()))
                elif out is not None:
                    say(f"{written(connection, line, out):,} rows written to {out}")
                    out = None
                elif line:
                    say(shown(connection, line, limit, as_records, width))
            except UsageError as error:
                say(str(error))
            except KeyboardInterrupt:
                connection.interrupt()
                say("stopped")


def _statement(read: Callable[[str], str]) -> str | None:
    """Lines up to a semicolon, or one command; None at the end of input. Ctrl-C begins anew."""
    lines: list[str] = []
    while True:
        try:
            line = read("remit835> " if not lines else "     ...> ")
        except KeyboardInterrupt:
            lines = []
            continue
        except EOFError:
            return " ".join(lines) or None
        if not lines and line.strip().lower() in BARE_WORDS:
            return BARE_WORDS[line.strip().lower()]
        lines += [line.rstrip()] if line.strip() else []
        if lines and (lines[0].startswith(".") or lines[-1].endswith(";")):
            return "\n".join(lines).rstrip(";").strip()


def _answer(word: str, rest: str) -> str:
    """What a command of the prompt says."""
    if word == ".tables":
        tables = [one for kind in ("facts", "marts", "mapping") for one in tables_of(kind) if rest in one.name]
        lines = [f"{table.kind:8}{table.name.ljust(28)}{table.grain}" for table in tables]
        return "\n".join(lines or [f"no table has {rest} in its name"])
    if word == ".columns" and rest in TABLES:
        return "\n".join(f"{column.name.ljust(32)}{column.type.ljust(11)}{column.meaning}" for column in TABLES[rest].columns)
    if word == ".columns":
        alike = difflib.get_close_matches(rest, TABLES, n=4)
        return f"there is no table {rest}" + (f"; there are {', '.join(alike)}" if alike else "")
    return HELP
