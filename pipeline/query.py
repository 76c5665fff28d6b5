"""SQL over a warehouse: every fact, the current marts and the mappings as tables, for reading only."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.csv as arrow_csv
import pyarrow.parquet as pq

from pipeline import mappings, models
from pipeline.errors import UsageError
from pipeline.mappings import Mappings
from pipeline.settings import data_folder
from pipeline.warehouse import Warehouse

READING = (duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN)
WRITERS = {".csv": arrow_csv.write_csv, ".parquet": pq.write_table}


def open_tables(path: Path, known: Mappings | None = None) -> duckdb.DuckDBPyConnection:
    """A connection in which every table of the warehouse is a view, and every mapping a table: those given, which may have the
    site's own laid over them, else the shipped ones. Raises UsageError where there is no warehouse."""
    warehouse = Warehouse(path)
    if not (path / "batches").is_dir() and not warehouse.marts.is_symlink():
        raise UsageError(f"{path}: there is no warehouse; make one with remit835 run INBOX --warehouse {path}")
    require_our_marts(warehouse)
    connection = warehouse.connect()
    warehouse.connect_marts(connection)
    models.provide(connection, (known or mappings.load(data_folder("mappings"))).tables)
    return connection


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


def select(path: Path, sql: str, known: Mappings | None = None) -> pa.Table:
    """The result of one SELECT. Raises UsageError for anything else, and for what DuckDB does not understand."""
    with open_tables(path, known) as connection:
        try:
            statements = connection.extract_statements(sql)
            if len(statements) != 1 or statements[0].type not in READING:
                raise UsageError("one SELECT at a time, please: the tables are for reading only")
            return connection.sql(sql).to_arrow_table()
        except duckdb.Error as error:
            raise UsageError(str(error)) from None


def as_text(path: Path, sql: str, limit: int, known: Mappings | None = None) -> str:
    """The first `limit` rows, aligned for a terminal."""
    import pandas as pd  # here, because it takes a fifth of a second to load and the nightly run does not need it

    rows = select(path, sql, known)
    frame = rows.slice(0, limit).to_pandas(types_mapper=pd.ArrowDtype)
    said = frame.to_string(index=False, na_rep="", max_colwidth=60) if len(frame.columns) and len(frame) else "no rows"
    left_out = rows.num_rows - len(frame)
    return said if left_out <= 0 else f"{said}\n({left_out:,} rows more: raise --limit, or write them with --out)"


def write(path: Path, sql: str, out: Path, known: Mappings | None = None) -> int:
    """Writes the result to a .csv or .parquet file; returns its number of rows."""
    if out.suffix not in WRITERS:
        raise UsageError(f"{out}: --out takes a file that ends in {' or '.join(WRITERS)}")
    rows = select(path, sql, known)
    try:
        WRITERS[out.suffix](rows, out)
    except OSError as error:
        raise UsageError(f"{out}: cannot be written ({error.strerror or type(error).__name__})") from None
    return rows.num_rows
