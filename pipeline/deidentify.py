"""Tables without protected health information: what leaves the house when somebody else shall look at them.

What becomes of a column is data: its `phi_class` in tables.py. Numbers become keyed hashes, the same in every table, so that
tables still join. Names, addresses, telephones and free words are left out, also where our own sentences quote them. Where a
code has three characters at most, nothing longer stays. Days are moved by the days of their patient, so that intervals stay. ZIP
codes keep three digits; days of birth go from the age of 90 on.

A patient is whoever shares a member number, or a patient control number and a last name, with one of his or her claims: all of it
is moved by the same days. Rows of no patient (a remittance, a month) are moved by days of the site's own. The day of the run and
what counts from it are left out: beside a moved date they would say by how much it was moved.

This is the Safe Harbor list (45 CFR 164.514(b)(2)) but for one thing: Safe Harbor lets no day stand but its year, and moved days
keep their intervals. Whether that is enough is for a person to determine who may (164.514(b)(1)).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as arrow_csv
import pyarrow.parquet as pq

from pipeline import mappings
from pipeline.errors import UsageError, WarehouseError
from pipeline.pseudonyms import Pseudonyms, secret_of
from pipeline.query import open_tables
from pipeline.settings import Settings, data_folder
from pipeline.tables import TABLES, Column, Table, tables_of

ROWS = 1 << 17
OLD_AGE_YEARS = 90
ZIP_DIGITS, RARE_ZIP = 3, "000"
SHORT = 3  # characters of a code
SITE = "the site"  # moves what belongs to no patient
LEFT_OUT = ("text", "run")
KINDS = ("facts", "marts")

# Claims with the numbers that say whose they are; the last one is only a number together with a name.
_CLAIMS = """
    SELECT file_id, segment_index, [member_id, insured_id, patient_id, corrected_insured_id],
        patient_control_number || ' ' || patient_last_name FROM claim_payment
    UNION ALL
    SELECT file_id, segment_index, [subscriber_id],
        patient_control_number || ' ' || patient_last_name FROM submitted_claim
    UNION ALL
    SELECT file_id, segment_index, [member_id], NULL FROM paid_history
    ORDER BY ALL
"""
# How a row is led to its patient, by what its table has, the nearest first.
_HANDLES = (
    (("file_id", "claim_segment_index"), "claim_days", ("file_id", "segment_index")),
    (("file_id", "segment_index"), "claim_days", ("file_id", "segment_index")),
    (("item_id",), "item_days", ("item_id",)),
    (("claim_key",), "key_days", ("claim_key",)),
)


# --------------------------------------------------------------------------------------------------------------------
# Whose rows they are
# --------------------------------------------------------------------------------------------------------------------
def provide_days(connection: duckdb.DuckDBPyConnection, pseudonyms: Pseudonyms) -> None:
    """Makes known by how many days each claim, item and claim key is moved: the tables claim_days, item_days and key_days."""
    claims = connection.execute(_CLAIMS).fetchall()
    patients = _Patients()
    for claim in claims:
        patients.join(_names_of(*claim))
    days = [pseudonyms.days(patients.patient(_names_of(*claim)[0])) for claim in claims]
    rows = {"file_id": [claim[0] for claim in claims], "segment_index": [claim[1] for claim in claims], "days": days}
    schema = pa.schema([("file_id", pa.string()), ("segment_index", pa.int64()), ("days", pa.int32())])
    connection.register("claim_days", pa.table(rows, schema))
    connection.execute(
        "CREATE TEMP TABLE item_days AS SELECT item_id, min(days) AS days FROM denied_line AS line JOIN claim_days "
        "ON claim_days.file_id = line.file_id AND claim_days.segment_index = line.claim_segment_index GROUP BY item_id"
    )
    connection.execute(
        "CREATE TEMP TABLE key_days AS SELECT claim_key, min(days) AS days FROM claim_payment_event AS event "
        "JOIN claim_days USING (file_id, segment_index) GROUP BY claim_key"
    )


def _names_of(file_id: str, segment_index: int, numbers: Sequence[str | None], number_and_name: str | None) -> list[str]:
    """What a claim calls its patient; itself where it does not."""
    names = [f"number {number.strip().upper()}" for number in numbers if number and number.strip()]
    names += [f"claim {number_and_name.strip().upper()}"] if number_and_name else []
    return names or [f"row {file_id} {segment_index}"]


class _Patients:
    """Names that belong to one patient, joined as claims tell it; a patient is known by the first of the names in order."""

    def __init__(self) -> None:
        self._next: dict[str, str] = {}

    def patient(self, name: str) -> str:
        path = []
        while (following := self._next.setdefault(name, name)) != name:
            path.append(name)
            name = following
        self._next.update(dict.fromkeys(path, name))
        return name

    def join(self, names: Sequence[str]) -> None:
        found = {self.patient(name) for name in names}
        self._next.update(dict.fromkeys(found, min(found)))


# --------------------------------------------------------------------------------------------------------------------
# Tables without PHI
# --------------------------------------------------------------------------------------------------------------------
def cover(rows: pa.Table, columns: Sequence[Column], days: pa.Array, pseudonyms: Pseudonyms, today: date) -> pa.Table:
    """The rows without PHI, `days` saying by how much each is moved. `today`: from when ages count."""
    covers: dict[str, Callable[[pa.ChunkedArray], pa.ChunkedArray]] = {
        "none": lambda values: values,
        "short": lambda values: pc.if_else(pc.less_equal(pc.utf8_length(values), SHORT), values, pa.scalar(None, values.type)),
        "number": lambda values: _each(values, pseudonyms.number),
        "zip": lambda values: _each(values, _area),
        "date": lambda values: _moved(values, days),
        "birth_date": lambda values: _moved(_not_old(values, today), days),
    } | dict.fromkeys(LEFT_OUT, lambda values: pa.chunked_array([pa.nulls(len(values), values.type)]))
    return pa.table({column.name: covers[column.phi_class](rows.column(column.name)) for column in columns})


def _each(values: pa.ChunkedArray, change: Callable[[str], str | None]) -> pa.ChunkedArray:
    """Each different value once."""
    known = values.combine_chunks().dictionary_encode()
    known = known if isinstance(known, pa.DictionaryArray) else known.combine_chunks()
    changed = pa.array([None if value is None else change(value) for value in known.dictionary.to_pylist()], pa.string())
    return pa.chunked_array([changed.take(known.indices)])


def _moved(values: pa.ChunkedArray, days: pa.Array) -> pa.ChunkedArray:
    return pa.chunked_array([pc.add(values.combine_chunks().cast(pa.int32()), days).cast(pa.date32())])


def _not_old(values: pa.ChunkedArray, today: date) -> pa.ChunkedArray:
    oldest = today.replace(year=today.year - OLD_AGE_YEARS, day=min(today.day, 28))
    return pc.if_else(pc.greater(values, pa.scalar(oldest)), values, pa.scalar(None, values.type))


def _area(postal_code: str) -> str | None:
    area = postal_code.strip()[:ZIP_DIGITS]
    if len(area) < ZIP_DIGITS or not (area.isascii() and area.isdigit()):
        return None
    return RARE_ZIP if area in rare_areas() else area


@cache
def rare_areas() -> frozenset[str]:
    """First three digits of ZIP codes behind which 20,000 people or fewer live."""
    rows = mappings.read_rows("rare_postal_area", data_folder("mappings") / "rare_postal_area.csv")
    return frozenset(row.postal_area for row in rows)


def covered_batches(
    connection: duckdb.DuckDBPyConnection, table: Table, pseudonyms: Pseudonyms, today: date
) -> Iterator[pa.Table]:
    """A table of the connection without PHI, in the order of its key as it was. `provide_days` comes first."""
    names = ", ".join(f"shared.{name}" for name in table.column_names)
    order = ", ".join(f"shared.{name}" for name in table.sort or table.key)
    joins, found = [], []
    for number, (own, other, keys) in enumerate(_HANDLES):
        if set(own) <= set(table.column_names):
            on = " AND ".join(f"by_{number}.{key} = shared.{name}" for name, key in zip(own, keys, strict=True))
            joins.append(f"LEFT JOIN {other} AS by_{number} ON {on}")
            found.append(f"by_{number}.days")
    days = f"coalesce({', '.join([*found, str(pseudonyms.days(SITE))])})::INTEGER"
    query = f"SELECT {names}, {days} AS days_moved FROM {table.name} AS shared {' '.join(joins)} ORDER BY {order}"
    for batch in connection.sql(query).to_arrow_reader(ROWS):
        rows = pa.Table.from_batches([batch])
        yield cover(rows, table.columns, rows.column("days_moved").combine_chunks(), pseudonyms, today)


def cover_tables(connection: duckdb.DuckDBPyConnection, names: Sequence[str], pseudonyms: Pseudonyms, today: date) -> None:
    """Puts tables without PHI in the place of tables of the connection."""
    provide_days(connection, pseudonyms)
    covered = {name: list(covered_batches(connection, TABLES[name], pseudonyms, today)) for name in names}
    for name, batches in covered.items():
        connection.execute(f"DROP VIEW {name}")
        connection.register(name, pa.concat_tables(batches) if batches else nullable(TABLES[name]).empty_table())


def nullable(table: Table) -> pa.Schema:
    """The schema of a table in which even keys can be left out."""
    return pa.schema([field.with_nullable(True) for field in table.schema], metadata=table.schema.metadata)


# --------------------------------------------------------------------------------------------------------------------
# The command
# --------------------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Exported:
    """One table that was written."""

    path: Path
    row_count: int


def export_tables(
    names: Sequence[str], warehouse: Path, out: Path, settings: Settings, as_format: str, is_deidentified: bool
) -> list[Exported]:
    """Writes tables of a warehouse (facts and marts) as <out>/<table>.csv or .parquet, readable by their owner only; without PHI
    where told. Raises UsageError where a table is not known, WarehouseError where `out` cannot be written."""
    tables = [_table(name) for name in dict.fromkeys(names)]
    pseudonyms = Pseudonyms(secret_of(settings.secret_file)) if is_deidentified else None
    today = settings.today()
    with open_tables(warehouse) as connection, _private(out):
        if pseudonyms:
            provide_days(connection, pseudonyms)
        return [
            _write(
                covered_batches(connection, table, pseudonyms, today) if pseudonyms else _plain_batches(connection, table),
                table,
                out / f"{table.name}.{as_format}",
            )
            for table in tables
        ]


def _table(name: str) -> Table:
    table = TABLES.get(name)
    if table is None or table.kind not in KINDS:
        known = ", ".join(table.name for kind in KINDS for table in tables_of(kind))
        raise UsageError(f"there is no table {name} to export; known are {known}")
    return table


def _plain_batches(connection: duckdb.DuckDBPyConnection, table: Table) -> Iterator[pa.Table]:
    order = ", ".join(table.sort or table.key)
    rows = connection.sql(f"SELECT {', '.join(table.column_names)} FROM {table.name} ORDER BY {order}")
    for batch in rows.to_arrow_reader(ROWS):
        yield pa.Table.from_batches([batch])


def _write(batches: Iterator[pa.Table], table: Table, path: Path) -> Exported:
    """Written beside its place and renamed: what stands there is whole."""
    schema, count = nullable(table), 0
    unfinished = path.with_name(f".{path.name}.new")
    writer = arrow_csv.CSVWriter(unfinished, schema) if path.suffix == ".csv" else pq.ParquetWriter(unfinished, schema)
    with writer:
        for rows in batches:
            writer.write_table(rows.cast(schema))
            count += rows.num_rows
    unfinished.replace(path)
    return Exported(path, count)


@contextmanager
def _private(out: Path) -> Iterator[None]:
    mask = os.umask(0o077)
    try:
        out.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        cause = error.strerror or type(error).__name__
        raise WarehouseError(f"{out}: cannot be written ({cause}); make room or give another folder with --out") from None
    finally:
        os.umask(mask)
