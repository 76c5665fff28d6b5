"""The warehouse: Parquet is the store, DuckDB is the engine.

    facts/<table>/batch_id=<id>/part-*.parquet   immutable, one batch a run that found new files; one part, or several by Spark
    batches/<id>.json                            the commit record: a batch is there when its record is, and only then
    purged/<id>.json                             the commit record of a batch that was removed: its files stay known
    marts -> .marts/<generation>                 the current picture, switched whole by the rename of one link: in it
      <table>/*.parquet                          one part; what follows from files, claims or patients has one a batch, and
                                                 item_history one a night; of older ones there is one a week, or for more
      made_of.json                               the batches, and the digest of models and mappings
    history/<night>.parquet                      what each night said of its items, which nothing can make again
    worklist/  quarantine/<file>/                what people open
    .staging/                                    work of the run that holds the lock

A run can be killed at any instant: what it left without a commit record is removed by the next run, which finds the files in
the inbox again. Readers need no lock: they read the tables of committed batches, and of one generation.
"""

from __future__ import annotations

import csv
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path

import duckdb
import filelock
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline import memory, schemas
from pipeline.errors import ContractError, DollarsError, WarehouseBusyError, WarehouseError
from pipeline.land import FILE_ID_DIGITS, LandedFile, Refusal
from pipeline.tables import CLAIM, FILE, NIGHT, PATIENT, TABLES, TYPES, Table, schema_of, tables_of

PART = "part-0.parquet"
MADE_OF = "made_of.json"
# What the memory of the nights keeps: denials whose file is still there.
HISTORY_KEPT = "file_id IN (SELECT file_id FROM source_file)"
BATCH_DIGITS = 12
# Batches and nights of so many weeks, the last one among them, have a part of their own in a kept table; of earlier ones each
# week has one.
WEEKS_OF_PARTS = 3
# How the name of a part ends that holds older weeks; it begins with the Monday of the first of them.
WEEK = "-week.parquet"
# A row group is written when this much of a table is waiting: what bounds the memory of a run.
ROW_GROUP_ROWS = 1 << 17
# Older weeks share a part while their largest fact table has no more rows than this.
PART_ROWS = ROW_GROUP_ROWS
ROW_GROUP_BYTES = 1 << 25
MOST_PIECES = 16  # of a table that waits: each costs something a column, and some tables have a row a block
TABLES_AT_ONCE = 4  # at the end of a batch; each waits for the disk now and then
FILES_AT_ONCE = 2  # while the engine sorts the rows of one, or one is packed, another is written
SYNCED_AT_ONCE = 8


@dataclass(frozen=True)
class Warehouse:
    """The folders of one warehouse, and what is committed in them. A commit record never changes: each is read once."""

    path: Path
    _known_records: dict[Path, dict] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def worklist(self) -> Path:
        return self.path / "worklist"

    @property
    def marts(self) -> Path:
        """The link to the current generation."""
        return self.path / "marts"

    @property
    def staging(self) -> Path:
        return self.path / ".staging"

    @property
    def history(self) -> Path:
        return self.path / "history"

    @property
    def _generations(self) -> Path:
        return self.path / ".marts"

    @contextmanager
    def held(self) -> Iterator[None]:
        """Holds the warehouse for one run, and clears what a killed run left. The lock dies with its process. Files made inside
        are 0600 and folders 0700: they hold protected health information. Raises WarehouseBusyError."""
        mask = os.umask(0o077)
        try:
            with explained(self.path):
                self.path.mkdir(parents=True, exist_ok=True)
                lock = filelock.FileLock(self.path / ".lock", mode=0o600)
                try:
                    lock.acquire(timeout=0)
                except filelock.Timeout:
                    raise WarehouseBusyError(
                        f"{self.path}: another run holds this warehouse; wait until it ends, then run again"
                    ) from None
            try:
                with explained(self.path):
                    self._clear_leftovers()
                    self.staging.mkdir()
                yield
            finally:
                shutil.rmtree(self.staging, ignore_errors=True)
                self._clear_unfinished_generation()
                lock.release()
        finally:
            os.umask(mask)

    def records(self) -> list[dict]:
        """The commit records of all batches, in the order of their ids. Raises WarehouseError where one is damaged."""
        return self._records_of("batches")

    def row_count(self) -> int:
        """Rows of all fact tables, as the commit records say."""
        return sum(table["rows"] for record in self.records() for table in record["tables"].values())

    def purged_records(self) -> list[dict]:
        """The commit records of batches that were removed. Raises as `records`."""
        return self._records_of("purged")

    def _records_of(self, folder: str) -> list[dict]:
        records = []
        for path in sorted((self.path / folder).glob("*.json")):
            try:
                if path not in self._known_records:
                    self._known_records[path] = json.loads(path.read_text(encoding="utf-8"))
            except (OSError, ValueError):
                raise WarehouseError(f"{path}: the commit record cannot be read; restore it from a backup") from None
            records.append(self._known_records[path])
        return records

    def known_hashes(self) -> set[str]:
        """SHA-256 of every file on record: read, in quarantine, or purged, which keeps it from coming back from the inbox."""
        return {file["sha256"] for record in [*self.records(), *self.purged_records()] for file in record["files"]}

    def begin(self) -> Batch:
        """A new batch, empty; one that was begun before is thrown away."""
        with explained(self.path):
            shutil.rmtree(self.staging / "facts", ignore_errors=True)
            (self.staging / "facts").mkdir()
        return Batch(self)

    def connect(
        self, memory_limit: str = "2GB", threads: int = 0, records: Sequence[dict] | None = None
    ) -> duckdb.DuckDBPyConnection:
        """DuckDB in memory, with a view for every fact table over the committed batches, or over those of some records."""
        connection = duckdb.connect()
        connection.execute("SET GLOBAL TimeZone = 'UTC'")  # of its cursors too
        # It would stand between our own lines. In a notebook it is off, and cannot be set without ipywidgets.
        if connection.execute("SELECT current_setting('enable_progress_bar')").fetchall() == [(True,)]:
            connection.execute("SET enable_progress_bar = false")
        connection.execute(f"SET memory_limit = '{memory_limit}'")
        # In memory there is nothing to make lasting; a checkpoint packs tables that the next models drop or read once.
        connection.execute("SET checkpoint_threshold = '1TB'")
        connection.execute("SET GLOBAL parquet_metadata_cache = true")
        if threads:
            connection.execute(f"SET threads = {threads}")
        if self.staging.is_dir():
            connection.execute(f"SET temp_directory = {_quoted(self.staging / 'duckdb')}")
        records = self.records() if records is None else records
        for table in tables_of("facts"):
            connection.execute(f"CREATE VIEW {table.name} AS {self.selection_of_facts(table, records)}")
        return connection

    def hold_facts(self, connection: duckdb.DuckDBPyConnection, name: str) -> None:
        """Takes a small fact table into memory that is read again and again: its view opens all its files each time."""
        connection.execute(f"CREATE TABLE held_{name} AS SELECT {', '.join(TABLES[name].column_names)} FROM {name}")
        connection.execute(f"DROP VIEW {name}; ALTER TABLE held_{name} RENAME TO {name}")

    def connect_marts(self, connection: duckdb.DuckDBPyConnection) -> Path | None:
        """Adds a view for every mart of the current generation, which it returns. The link is read once: all views are of one
        generation, and stay so while a run switches to the next."""
        if not self.marts.is_symlink():
            return None
        generation = self.marts.resolve()
        for table in tables_of("marts"):
            parts = parts_in(generation / table.name)
            # one version wrote all parts of a table
            create_view(connection, table.name, table, parts, older=[] if _are_ours(table, parts) else parts)
        return generation

    def has_our_marts(self) -> bool:
        """Whether every mart is there and has the columns that this version gives it."""
        generation = self.marts.resolve()
        parts = {table: sorted((generation / table.name).glob("*.parquet"))[:1] for table in tables_of("marts")}
        return all(found and schemas.is_ours(table, *found) for table, found in parts.items())

    def known_items(self) -> set[str]:
        """Items that are or were on the worklist."""
        parts = [part for name in ("item_history", "denied_line") for part in self.parts_of_marts(name)]
        tables_with_items = (pq.read_table(part, columns=["item_id"]) for part in parts)
        return {item_id for table in tables_with_items for item_id in table.column("item_id").to_pylist()}

    def connect_history(self, connection: duckdb.DuckDBPyConnection, is_carried: bool = False) -> None:
        """Adds the view item_history_before: the memory of the nights, or nothing. It is kept night by night in history/; in a
        warehouse that is older than that folder, the last marts hold it. Where the marts are carried over they hold the same in
        fewer files. What it says of a denial whose file was purged is forgotten with the file: an item that is gone so was not
        reversed."""
        parts = self.parts_of_marts("item_history") if is_carried else self.history_parts()
        older = [] if is_carried else parts
        create_view(connection, "item_history_before", TABLES["item_history_before"], parts, HISTORY_KEPT, older)

    def history_parts(self) -> list[Path]:
        """The Parquet files that hold the memory of the nights."""
        return sorted(self.history.glob("*.parquet")) if self.history.is_dir() else self.parts_of_marts("item_history")

    def nights(self) -> set[str]:
        """The days of all nights that the history holds."""
        return {part.stem for part in self.history.glob("*.parquet")}

    def keep_history(self, connection: duckdb.DuckDBPyConnection, as_of: date, every_night: bool = False) -> None:
        """Writes what the night says of its items into history/<night>.parquet, before the marts are switched: marts can be made
        again from facts and history, history from nothing. With `every_night` all nights anew, as after a purge."""
        table = TABLES["item_history"]
        with explained(self.path):
            home = self.history if self.history.is_dir() else self.staging / "history"
            home.mkdir(exist_ok=True)
            nights = {as_of}
            if every_night or home != self.history:
                nights |= {night for (night,) in connection.sql("SELECT DISTINCT night_date FROM item_history").fetchall()}
                nights |= {date.fromisoformat(part.stem) for part in home.glob("*.parquet")}
            for night in sorted(nights):
                part = home / f"{night.isoformat()}.parquet"
                query = f"SELECT {', '.join(table.column_names)} FROM item_history WHERE night_date = ? ORDER BY item_id"
                rows = connection.sql(query, params=[night]).to_arrow_table()
                if rows.num_rows:
                    written = self.staging / part.name
                    with parquet_writer(written, table) as writer:
                        writer.write_table(conforming(table.name, rows))
                    _sync(written)
                    written.replace(part)
                else:
                    part.unlink(missing_ok=True)
            _sync(home)
            if home != self.history:
                home.rename(self.history)
                _sync(self.path)

    def write_marts(
        self,
        connection: duckdb.DuckDBPyConnection,
        names: Sequence[str],
        made_of: dict | None = None,
        carried: Collection[str] = (),
    ) -> None:
        """Writes the tables `names` of the connection as the next generation, beside those that are in it already (`carried`),
        and switches to it. The generation before stays for readers that opened it. Raises ContractError,
        WarehouseError."""
        with explained(self.path):
            generation = self.next_generation
            file_parts, night_parts = self.file_parts(), self.night_parts((made_of or {}).get("as_of_date"))

            def write(name: str) -> None:
                with connection.cursor() as own:
                    parts = night_parts if TABLES[name].follows == NIGHT else file_parts
                    self.write_parts(own, TABLES[name], f"FROM {name}", parts)

            with ThreadPoolExecutor(FILES_AT_ONCE) as pool:
                list(pool.map(write, [name for name in names if name not in carried]))
            for name in names:
                if not parts_in(generation / name):  # a table is there with its columns, even if it is empty
                    (generation / name).mkdir(parents=True, exist_ok=True)
                    parquet_writer(generation / name / PART, TABLES[name]).close()
            about = (made_of or {}) | {"parts": _sizes(generation)}
            write_atomically(generation / MADE_OF, json.dumps(about, indent=1).encode())
            _sync_generation(generation)
            link = self.path / ".marts.new"
            link.symlink_to(generation.relative_to(self.path))
            current = self._generation_number()
            link.replace(self.marts)
            _sync(self.path)
            for old in self._generations.glob("[0-9]*"):
                if int(old.name) < current:
                    shutil.rmtree(old)

    def made_of(self) -> dict | None:
        """What the current generation of marts was made of, or None where nobody can say."""
        try:
            made_of = json.loads((self.marts / MADE_OF).read_text(encoding="utf-8"))
            return made_of if made_of.keys() >= {"digest", "batch_ids", "parts"} else None
        except (OSError, ValueError):
            return None

    def sizes_of_marts(self) -> dict[str, int]:
        """The Parquet files of the current generation and their bytes."""
        return _sizes(self.marts)

    @property
    def next_generation(self) -> Path:
        """The folder of the marts that are being made. Nobody looks into it before write_marts switches to it."""
        return self._generations / f"{self._generation_number() + 1:06d}"

    def parts_of_marts(self, name: str) -> list[Path]:
        """The Parquet files of a table of the current generation."""
        return parts_in(self.marts.resolve() / name) if self.marts.is_symlink() else []

    def selection_of_facts(self, table: Table, records: Sequence[dict]) -> str:
        """A SELECT of the rows of a fact table of some batches."""
        return selection(table, self.parts_of(table, records), older=self.older_parts(table, records))

    def write_parts(self, connection: duckdb.DuckDBPyConnection, table: Table, query: str, parts: pa.Table) -> list[Path]:
        """Writes rows of a table into the next generation: each into the part of its file or night, as `parts` says, where the
        table follows from such; else all into one. Within a part they stand in the order of the table's sort or key: the same
        rows make the same file. Raises ContractError, WarehouseError."""
        columns, order = ", ".join(table.column_names), ", ".join(table.sort or table.key)
        part, source = f"'{PART}'", f"({query}) AS row"
        if table.follows in (FILE, CLAIM, PATIENT):
            connection.register("file_part", parts)
            part = f"coalesce(file_part.part, '{PART}')"
            source += " LEFT JOIN (SELECT file_id, part FROM file_part) AS file_part USING (file_id)"
        elif table.follows == NIGHT:
            connection.register("night_part", parts)
            part = "coalesce(night_part.part, concat(CAST(night_date AS VARCHAR), '.parquet'))"
            source += " LEFT JOIN night_part USING (night_date)"
        rows = connection.sql(f"SELECT {part} AS part, {columns} FROM {source} ORDER BY part, {order}")
        with explained(self.path):
            return _write_parts(rows, table, self.next_generation / table.name)

    def link_parts(self, table: Table, parts: Sequence[Path]) -> list[Path]:
        """Takes files of the current generation over into the next, as they are. Raises WarehouseError."""
        with explained(self.path):
            folder = self.next_generation / table.name
            folder.mkdir(parents=True, exist_ok=True)
            return [_linked(part, folder / part.name) for part in parts]

    def file_parts(self) -> pa.Table:
        """Every file of the facts once: its batch, and the name of the part of its rows in tables that lie in parts."""
        records = self.records()
        parts = parts_of_batches(records)
        batches = {file["file_id"]: record["batch_id"] for record in records for file in record["files"]}
        columns = {
            "file_id": list(batches), "batch_id": list(batches.values()), "part": [parts[batch] for batch in batches.values()]
        }  # fmt: skip
        return pa.table(columns, pa.schema([(name, pa.string()) for name in columns]))

    def night_parts(self, as_of: str | None = None) -> pa.Table:
        """Every night of the history once, and that of `as_of`: the name of the part of what it said on that day."""
        nights = self.nights() | ({as_of} if as_of else set())
        parts = _put_together({night: night for night in sorted(nights)}, as_of)
        schema = pa.schema([("night_date", pa.date32()), ("part", pa.string())])
        return pa.table([[date.fromisoformat(night) for night in parts], list(parts.values())], schema=schema)

    def purge(self, records: Sequence[dict], before: date) -> None:
        """Removes batches whole, what is in quarantine of their files, the worklists of days before `before` and later ones that
        hold a row of their files, and worklists by a column, which the next export writes anew where it is asked to. The commit
        records move first: facts without one are seen by nobody, and a run that is killed here leaves them to the next."""
        with explained(self.path):
            kept = self.path / "purged"
            kept.mkdir(exist_ok=True)
            for record in records:
                name = f"{record['batch_id']}.json"
                (self.path / "batches" / name).rename(kept / name)
                _sync(self.path / "batches")
                _sync(kept)
            for record in records:
                for folder in (self.path / "facts").glob(f"*/batch_id={record['batch_id']}"):
                    shutil.rmtree(folder)
            for record in self.purged_records():  # also those of a purge that was killed here
                for file in record["files"]:
                    if file["file_status"] == "quarantined":
                        for folder in (self.path / "quarantine").glob(f"{file['file_id']}_*"):
                            shutil.rmtree(folder)
            names = {file["file_name"] for record in self.purged_records() for file in record["files"]}
            for path in self.worklist.glob("worklist_????-??-??.*"):
                is_old = path.name.removeprefix("worklist_")[:10] < before.isoformat()
                if is_old or path.suffix != ".csv" or _may_name_a_file(path, names):
                    path.unlink()
            for folder in self.worklist.glob("by_*"):
                shutil.rmtree(folder)

    def forget_earlier_generations(self) -> None:
        """Removes the generations of marts that readers may still have open: after a purge, none may hold what was removed."""
        with explained(self.path):
            current = self._generation_number()
            for generation in self._generations.glob("[0-9]*"):
                if int(generation.name) < current:
                    shutil.rmtree(generation)

    def quarantine_folder(self, file: LandedFile | Path) -> Path:
        """Where a refused file is kept: by its bytes, or by its path where they cannot be read."""
        digest = file.sha256 if isinstance(file, LandedFile) else hashlib.sha256(os.fsencode(file)).hexdigest()
        return self.path / "quarantine" / f"{digest[:FILE_ID_DIGITS]}_{_shortened(file.name)}"

    def keep_quarantined(self, file: LandedFile | Path, refusal: Refusal) -> Path:
        """Keeps the bytes of a refused file, where they can be read, beside `reason.json`. Returns its folder."""
        folder = self.quarantine_folder(file)
        reason = {"file_name": printable(file.name), "code": refusal.code, "reason": refusal.reason}
        reason["how_to_retry"] = refusal.retry
        with explained(self.path):
            folder.mkdir(parents=True, exist_ok=True)
            if isinstance(file, LandedFile):
                reason |= {"sha256": file.sha256, "byte_count": file.byte_count}
                _copy_if_readable(file.path, folder / _shortened(file.name))
            write_atomically(folder / "reason.json", json.dumps(reason, indent=1).encode())
        return folder

    def quarantined(self) -> list[dict]:
        """The `reason.json` of every file in quarantine, in the order of the folders."""
        reasons = sorted((self.path / "quarantine").glob("*/reason.json"))
        return [json.loads(path.read_text(encoding="utf-8")) | {"folder": str(path.parent)} for path in reasons]

    def parts_of(self, table: Table, records: Iterable[dict]) -> list[Path]:
        """The Parquet files of a fact table that belong to some batches."""
        return [
            part
            for record in records
            if record["tables"].get(table.name, {}).get("rows", 0)
            for part in parts_in(self.path / "facts" / table.name / f"batch_id={record['batch_id']}")
        ]

    def older_parts(self, table: Table, records: Iterable[dict]) -> list[Path]:
        """Those of `parts_of` that were written with other columns."""
        return self.parts_of(table, [record for record in records if not _is_ours(table, record)])

    def _generation_number(self) -> int:
        return int(self.marts.readlink().name) if self.marts.is_symlink() else 0

    def _clear_unfinished_generation(self) -> None:
        current = self._generation_number()
        for generation in self._generations.glob("[0-9]*"):
            if int(generation.name) > current:
                shutil.rmtree(generation, ignore_errors=True)

    def _clear_leftovers(self) -> None:
        """Removes what a killed run left: staging, facts without a commit record, a generation that was not switched to."""
        shutil.rmtree(self.staging, ignore_errors=True)
        (self.path / ".marts.new").unlink(missing_ok=True)
        committed = {f"batch_id={path.stem}" for path in (self.path / "batches").glob("*.json")}
        for folder in (self.path / "facts").glob("*/batch_id=*"):
            if folder.name not in committed:
                shutil.rmtree(folder)
        self._clear_unfinished_generation()
        for folder in (self.path, self.worklist, self.path / "batches", *(self.path / "quarantine").glob("*")):
            for unfinished in folder.glob(".*.new"):
                unfinished.unlink()


@dataclass
class Batch:
    """The facts of one run while they are written. Nothing of it is seen before `commit`. `part`: the name of its files; where
    several processes write one batch, each has its own, and the one that commits adopts what the others wrote."""

    warehouse: Warehouse
    part: str = PART
    rows: dict[str, int] = field(default_factory=dict)
    dollars: dict[str, dict[str, Decimal]] = field(default_factory=dict)
    _waiting: dict[str, list[pa.Table]] = field(default_factory=dict)
    _waiting_bytes: dict[str, int] = field(default_factory=dict)
    _writers: dict[str, pq.ParquetWriter] = field(default_factory=dict)

    @property
    def row_count(self) -> int:
        return sum(self.rows.values())

    def append(self, table_name: str, rows: pa.Table) -> None:
        """Adds rows to a fact table. Raises ContractError where they are not what tables.py says, WarehouseError."""
        rows = conforming(table_name, rows)
        if not rows.num_rows:
            return
        self.adopt(table_name, rows.num_rows, _dollars_of(table_name, rows))
        waiting = self._waiting.setdefault(table_name, [])
        waiting.append(memory.apart(rows))
        if len(waiting) == MOST_PIECES:
            waiting[:] = [pa.concat_tables(waiting).combine_chunks()]
        self._waiting_bytes[table_name] = self._waiting_bytes.get(table_name, 0) + memory.size_of(rows)
        is_much = self._waiting_bytes[table_name] >= ROW_GROUP_BYTES
        if is_much or sum(part.num_rows for part in waiting) >= ROW_GROUP_ROWS:
            self._write(table_name)

    def commit(self, as_of: date, file_hashes: Iterable[str], files: list[dict], about: dict) -> dict:
        """Makes the batch visible: proves that the Parquet holds what was read, moves it into facts/ and writes the commit
        record, last and by rename. Returns the record. Raises DollarsError, WarehouseError."""
        batch_id = batch_id_of(as_of, file_hashes)
        with explained(self.warehouse.path):
            self.finish()
            self._each_table(self._prove)
            homes = [self.warehouse.path / "facts" / table_name for table_name in self.rows]
            for home in homes:
                home.mkdir(parents=True, exist_ok=True)
                (self.warehouse.staging / "facts" / home.name).rename(home / f"batch_id={batch_id}")
            _sync_all([*homes, self.warehouse.path / "facts"])
            record = {
                "batch_id": batch_id,
                "as_of_date": as_of.isoformat(),
                "committed_at": datetime.now(UTC).isoformat(timespec="seconds"),
                **about,
                "files": files,
                "tables": {
                    name: {
                        "rows": count,
                        "dollars": {column: str(total) for column, total in self.dollars[name].items()},
                        "fingerprint": TABLES[name].fingerprint,
                    }
                    for name, count in sorted(self.rows.items())
                },
            }
            (self.warehouse.path / "batches").mkdir(exist_ok=True)
            write_atomically(self.warehouse.path / "batches" / f"{batch_id}.json", _as_lines(record).encode())
        return record

    def finish(self) -> None:
        """Writes what waits, and closes the files."""
        self._each_table(self._finish)

    def _finish(self, table_name: str) -> None:
        if table_name in self._waiting:
            self._write(table_name)
        self._close(table_name)

    def _each_table(self, do: Callable[[str], None]) -> None:
        """For several tables at once: encoding, compressing and waiting for the disk let other threads run."""
        with ThreadPoolExecutor(TABLES_AT_ONCE) as pool:
            for done in [pool.submit(do, table_name) for table_name in self.rows]:
                done.result()

    def adopt(self, table_name: str, row_count: int, dollars: Mapping[str, Decimal]) -> None:
        """Counts rows of a table that are, or will be, in the staging of this batch. The commit proves them."""
        self.rows[table_name] = self.rows.get(table_name, 0) + row_count
        totals = self.dollars.setdefault(table_name, {})
        for name, total in dollars.items():
            totals[name] = totals.get(name, Decimal("0.00")) + total

    def abandon(self) -> None:
        """Closes the files of a batch that will not be committed."""
        with explained(self.warehouse.path):
            self._waiting.clear()
            for table_name in list(self._writers):
                self._close(table_name)

    def _write(self, table_name: str) -> None:
        with explained(self.warehouse.path):
            if table_name not in self._writers:
                path = self.warehouse.staging / "facts" / table_name / self.part
                path.parent.mkdir(exist_ok=True)
                self._writers[table_name] = parquet_writer(path, TABLES[table_name])
            self._waiting_bytes.pop(table_name)
            rows = pa.concat_tables(self._waiting.pop(table_name))
            self._writers[table_name].write_table(rows, row_group_size=max(rows.num_rows, 1))

    def _close(self, table_name: str) -> None:
        if table_name in self._writers:
            self._writers.pop(table_name).close()
            folder = self.warehouse.staging / "facts" / table_name
            _sync(folder / self.part)
            _sync(folder)

    def _prove(self, table_name: str) -> None:
        """Rows and dollars of the Parquet files of a table, read back, against what the reader gave."""
        expected = {"rows": self.rows[table_name], **self.dollars[table_name]}
        found = {"rows": 0} | dict.fromkeys(self.dollars[table_name], Decimal("0.00"))
        for path in parts_in(self.warehouse.staging / "facts" / table_name):
            stored = pq.ParquetFile(path)
            for group in range(stored.num_row_groups):
                rows = stored.read_row_group(group, columns=_with_values(stored.metadata.row_group(group), found))
                found["rows"] += stored.metadata.row_group(group).num_rows
                for name, total in _dollars_of(table_name, rows).items():
                    found[name] += total
        for name, value in expected.items():
            if found[name] != value:
                raise DollarsError(
                    f"{table_name}.{name}: {value} was read, {found[name]} is in the Parquet file; nothing is committed. "
                    "The disk or the memory of this machine may be failing: run again, elsewhere if it comes back"
                )


def batch_id_of(as_of: date, file_hashes: Iterable[str]) -> str:
    """As-of date and 12 hexadecimal digits of the hash of the sorted file hashes: the same files have the same batch id."""
    return f"{as_of.isoformat()}-{hashlib.sha256(' '.join(sorted(file_hashes)).encode()).hexdigest()[:BATCH_DIGITS]}"


def parts_of_batches(records: Iterable[dict]) -> dict[str, str]:
    """Batch to the name of the part of its rows, in tables that lie in parts; from commit records. Older weeks share a part while
    the largest fact table has no more than PART_ROWS in them."""
    records = list(records)
    parts = _put_together({record["batch_id"]: record["batch_id"][:10] for record in records})
    rows_of_week: dict[str, int] = dict.fromkeys(sorted(part for part in parts.values() if part.endswith(WEEK)), 0)
    for record in records:
        if parts[record["batch_id"]] in rows_of_week:
            rows_of_week[parts[record["batch_id"]]] += max((table["rows"] for table in record["tables"].values()), default=0)
    shared: dict[str, str] = {}
    first, row_count = "", 0
    for week, rows in rows_of_week.items():  # from the oldest on: a week that comes changes the last part alone
        row_count += rows
        if not first or row_count > PART_ROWS:
            first, row_count = week, rows
        shared[week] = first
    return {batch_id: shared.get(part, part) for batch_id, part in parts.items()}


def _put_together(days: Mapping[str, str], last_day: str | None = None) -> dict[str, str]:
    """Batches or nights and their days -> the names of their parts, as of the last of these days or another one: every file costs
    its opening, whenever a table is read, so those that hardly ever change any more are larger."""
    mondays = {name: _monday(date.fromisoformat(day)) for name, day in days.items()}
    last = _monday(date.fromisoformat(last_day)) if last_day else max(mondays.values(), default=date.max)
    own_from = last - timedelta(weeks=WEEKS_OF_PARTS - 1)
    return {
        name: f"{name}.parquet" if monday >= own_from else f"{monday.isoformat()}{WEEK}" for name, monday in mondays.items()
    }


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def conforming(table_name: str, rows: pa.Table) -> pa.Table:
    """The rows with the schema of tables.py, metadata included. Raises ContractError where names, types or keys differ."""
    schema = schema_of(table_name)
    if rows.schema.names != schema.names or rows.schema.types != schema.types:
        wrong = set(zip(rows.schema.names, rows.schema.types, strict=True)) ^ set(zip(schema.names, schema.types, strict=True))
        names = ", ".join(sorted({name for name, _ in wrong})) or "their order"
        raise ContractError(f"table {table_name} is not what tables.py says: {names}")
    for name in TABLES[table_name].key:
        if rows.column(name).null_count:
            raise ContractError(f"table {table_name}: the key column {name} is empty in {rows.column(name).null_count} rows")
    return pa.Table.from_arrays(rows.columns, schema=schema)


def parquet_writer(path: Path, table: Table) -> pq.ParquetWriter:
    """zstd. Each column is encoded as suits it: a dictionary where few values come back often, differences for whole numbers
    (money is stored as cents), and the least and greatest value where somebody would look for a range."""
    text = {column.name for column in table.columns if column.type in ("text", "code")}
    codes = {column.name for column in table.columns if column.type == "code"}
    of_one_row = {name for name in codes if name.endswith(("_number", "_id"))} - {"file_id"}  # hardly a value comes twice
    numbers = [column.name for column in table.columns if column.type in ("index", "count", "money", "number")]
    return pq.ParquetWriter(
        path,
        table.schema,
        compression="zstd",
        use_dictionary=sorted(codes - of_one_row) or False,
        column_encoding=dict.fromkeys(numbers, "DELTA_BINARY_PACKED"),
        store_decimal_as_integer=True,
        write_statistics=[name for name in table.column_names if name not in text or name == "file_id"],
    )


def write_atomically(path: Path, content: bytes | Callable[[Path], None]) -> None:
    """Writes beside `path` and renames: whoever opens `path` finds the old file or the new one, whole. `content` are the bytes,
    or a function that writes the file it is given."""
    write_all_atomically(path.parent, {path.name: content})


def write_all_atomically(folder: Path, contents: Mapping[str, bytes | Callable[[Path], None]]) -> None:
    """The same for several files of one folder, which take their names when all are written: name to content. Some are written
    at a time."""
    written = {name: folder / f".{name}.new" for name in contents}

    def write(name: str) -> None:
        content = contents[name]
        if isinstance(content, bytes):
            written[name].write_bytes(content)
        else:
            content(written[name])

    with ThreadPoolExecutor(FILES_AT_ONCE) as pool:
        list(pool.map(write, contents))
    _sync_all(written.values())
    for name, unfinished in written.items():
        unfinished.replace(folder / name)
    _sync(folder)


def _as_lines(record: dict) -> str:
    """A record as JSON with a line for each key and each member of a list: to be looked at, and quickly written though it names
    thousands of files (json.dumps with an indent is ten times slower)."""

    def text(value: object) -> str:
        if isinstance(value, list) and value:
            return "[\n  " + ",\n  ".join(map(json.dumps, value)) + "\n ]"
        return json.dumps(value)

    return "{\n " + ",\n ".join(f"{json.dumps(key)}: {text(value)}" for key, value in record.items()) + "\n}"


def printable(name: str) -> str:
    """A file name as valid text: bytes of it that are not UTF-8 are shown as escapes."""
    return name.encode("utf-8", "backslashreplace").decode("utf-8")


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """What the system refuses, as a WarehouseError that says what to do."""
    try:
        yield
    except (OSError, duckdb.IOException) as error:
        cause = getattr(error, "strerror", None) or type(error).__name__
        raise WarehouseError(
            f"{path}: the warehouse cannot be written ({cause}); nothing half done is visible. "
            "Make room or give write permission, then run again"
        ) from error


def _dollars_of(table_name: str, rows: pa.Table) -> dict[str, Decimal]:
    there = set(rows.column_names)
    return {name: pc.sum(rows.column(name)).as_py() or Decimal("0.00") for name in _money_of(table_name) if name in there}


@cache
def _money_of(table_name: str) -> tuple[str, ...]:
    return tuple(column.name for column in TABLES[table_name].columns if column.type == "money")


def _with_values(group: pq.RowGroupMetaData, names: Collection[str]) -> list[str]:
    """Those of the columns `names` in which a row group has any value, as its statistics say."""
    columns = [group.column(number) for number in range(group.num_columns)]
    return [
        column.path_in_schema
        for column in columns
        if column.path_in_schema in names
        and not (column.is_stats_set and column.statistics.null_count == group.num_rows)
    ]


def _is_ours(table: Table, record: dict) -> bool:
    """Whether a batch was written with the columns that the table has now."""
    return record["tables"].get(table.name, {}).get("fingerprint") == table.fingerprint


def _are_ours(table: Table, parts: Sequence[Path]) -> bool:
    return all(schemas.is_ours(table, part) for part in parts[:1])


def create_view(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    table: Table,
    parts: Sequence[Path],
    condition: str = "",
    older: Sequence[Path] = (),
) -> None:
    """A view `name` over Parquet files of a table, of the rows that meet the condition; without files, over nothing, with the
    same columns. Those of `older` may have been written with other columns."""
    connection.execute(f"CREATE OR REPLACE VIEW {name} AS {selection(table, parts, condition, older)}")


def selection(table: Table, parts: Sequence[Path], condition: str = "", older: Sequence[Path] = ()) -> str:
    """What such a view selects."""
    if not parts:
        shape = ", ".join(f"CAST(NULL AS {TYPES[column.type][1]}) AS {column.name}" for column in table.columns)
        return f"SELECT {shape} WHERE false"
    query = schemas.selection(table, parts, older)
    return f"SELECT {', '.join(table.column_names)} FROM ({query}) WHERE {condition}" if condition else query


def _sizes(generation: Path) -> dict[str, int]:
    return {str(part.relative_to(generation)): part.stat().st_size for part in sorted(generation.glob("*/*.parquet"))}


def parts_in(folder: Path) -> list[Path]:
    """The Parquet files in a folder, in the order of their names; none where there is no such folder."""
    return sorted(folder.glob("*.parquet"))


def _write_parts(rows: duckdb.DuckDBPyRelation, table: Table, folder: Path) -> list[Path]:
    """Rows in the order of their column `part`, the first one, each into the file of that name. Returns the files."""
    folder.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    waiting: list[pa.Table] = []
    writer: pq.ParquetWriter | None = None

    def write(at_least: int) -> None:
        """Row groups of one size, wherever the engine cuts its batches: the same rows make the same bytes."""
        while waiting and sum(part.num_rows for part in waiting) >= at_least:
            content = pa.concat_tables(waiting)
            writer.write_table(content.slice(0, ROW_GROUP_ROWS).combine_chunks())
            waiting[:] = [content.slice(ROW_GROUP_ROWS)] if content.num_rows > ROW_GROUP_ROWS else []

    def close() -> None:
        if writer:
            write(1)
            writer.close()

    for batch in rows.to_arrow_reader(ROW_GROUP_ROWS):
        names = batch.column(0)
        ends = [*pc.indices_nonzero(pc.not_equal(names[1:], names[:-1])).to_pylist(), len(names) - 1]
        begin = 0
        for end in ends:
            path = folder / names[end].as_py()
            if not written or path != written[-1]:
                close()
                written.append(path)
                writer = parquet_writer(path, table)
            part = pa.Table.from_batches([batch.slice(begin, end + 1 - begin)]).drop_columns(["part"])
            waiting.append(conforming(table.name, part))
            write(ROW_GROUP_ROWS)
            begin = end + 1
    close()
    return written


def _linked(origin: Path, target: Path) -> Path:
    """Immutable files are linked; where the file system has no links, they are copied."""
    try:
        os.link(origin, target)
    except OSError:
        shutil.copyfile(origin, target)
    return target


def _copy_if_readable(origin: Path, target: Path) -> None:
    """The reason counts more than the bytes: a file that has gone, or cannot be opened, leaves only its reason."""
    unfinished = target.with_name(f".{target.name}.new")
    try:
        source = origin.open("rb")
    except OSError:
        return
    with source, unfinished.open("wb") as stream:
        shutil.copyfileobj(source, stream)
    unfinished.replace(target)


def _shortened(name: str) -> str:
    """A file name that leaves room, within the 255 bytes that file systems take, for an id and a temporary ending."""
    return printable(name).encode()[:200].decode("utf-8", "ignore")


def _may_name_a_file(worklist: Path, names: Collection[str]) -> bool:
    """Whether a row of a worklist says that it was read from one of some files (column `source`), or nobody can tell: people open
    these lists and save them again."""
    with worklist.open(encoding="utf-8-sig", errors="replace", newline="") as stream:
        try:
            sources = [row["source"] for row in csv.DictReader(stream)]
        except (csv.Error, KeyError):
            return True
    return any(source is None or source.removeprefix("'").rpartition(" segment ")[0] in names for source in sources)


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sync_all(paths: Iterable[Path]) -> None:
    """Several at once: the system writes what waits for all of them together."""
    with ThreadPoolExecutor(SYNCED_AT_ONCE) as pool:
        list(pool.map(_sync, paths))


def _sync_generation(generation: Path) -> None:
    """Its new files, then its folders. A file with another link was on the disk when the generation before was switched to."""
    _sync_all(part for part in generation.glob("*/*.parquet") if part.stat().st_nlink == 1)
    _sync_all([*generation.iterdir(), generation, generation.parent])
