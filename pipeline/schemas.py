"""Tables of an older version, read as ours.

A Parquet file is never rewritten: what an older version wrote is read by this one. Each table has a fingerprint of its columns
and their types; the commit record of a batch holds those that it was written with, and every Parquet file holds its own. Where
one is not ours, the file's columns are looked at: a column that it does not have is empty, one that had another name is read
under ours, one that is no more is passed over, and one of another type is cast.

What was renamed or removed since a release is declared here; tests/contract holds every released version against it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import pyarrow.parquet as pq

from pipeline.tables import TYPES, Table

# Table to the name of a column before, and its name now; the latest change last.
RENAMED: dict[str, dict[str, str]] = {}
# Table to columns that are no more.
REMOVED: dict[str, tuple[str, ...]] = {}
# Tables that are no more.
REMOVED_TABLES: tuple[str, ...] = ()


def is_ours(table: Table, part: Path) -> bool:
    """Whether a Parquet file was written with the columns that the table has now."""
    written = (pq.read_schema(part).metadata or {}).get(b"fingerprint", b"")
    return written.decode("ascii", "replace") == table.fingerprint


def selection(table: Table, parts: Iterable[Path], older: Iterable[Path] = ()) -> str:
    """A SELECT of the table's columns from its Parquet files. Those of `older` may have other columns, and are looked at; files
    with the same ones are read together. Raises OSError."""
    return " UNION ALL ".join(
        f"SELECT {', '.join(columns)} FROM read_parquet([{_listed(found)}], hive_partitioning = false)"
        for columns, found in groups(table, parts, older).items()
    )


def groups(
    table: Table, parts: Iterable[Path], older: Iterable[Path] = (), engine: str = "duckdb"
) -> dict[tuple[str, ...], list[Path]]:
    """Files by what has to be selected from them, for `duckdb` or `spark`. Raises OSError."""
    older = set(older)
    found: dict[tuple[str, ...], list[Path]] = {}
    for part in parts:
        columns = tuple(_columns_of(table, part, engine)) if part in older else tuple(table.column_names)
        found.setdefault(columns, []).append(part)
    return found


def _columns_of(table: Table, part: Path, engine: str) -> Iterator[str]:
    """An expression for each column of the table, by the columns that a file has."""
    schema = pq.read_schema(part)
    position = {"duckdb": 1, "spark": 2}[engine]
    names_before = {now: before for before, now in RENAMED.get(table.name, {}).items()}
    for column in table.columns:
        sql_type = TYPES[column.type][position]
        name = next((name for name in (column.name, names_before.get(column.name)) if name in schema.names), None)
        if name is None:
            yield f"CAST(NULL AS {sql_type}) AS {column.name}"
        elif schema.field(name).type != column.arrow_type:
            yield f"CAST({name} AS {sql_type}) AS {column.name}"
        else:
            yield column.name if name == column.name else f"{name} AS {column.name}"


def _listed(parts: Iterable[Path]) -> str:
    return ", ".join("'" + str(part.absolute()).replace("'", "''") + "'" for part in parts)
