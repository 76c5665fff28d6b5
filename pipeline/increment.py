"""The marts of a night that follow from its new files alone: claims that it does not touch keep their rows.

Every model is one SELECT, and the same one for a night and for a whole history; what differs is what it reads. tables.py says of
a table what its rows follow from (`follows`):

    file       the facts of the file that they came with, which never change. The model runs over new files alone.
    claim      the events of one claim (claim_key: payer and the provider's claim number), the status of their remittances, what
               was submitted under the claim's control number, what billers logged of its items, and the mappings. A night
               touches the claims of its new files, those of remittances whose status it changed, those whose number a new
               submitted claim has, and those of items that somebody logged something of. The model runs over the facts of
               the touched claims, whole: all their events, of whatever night.
    patient    the claims that share a patient with theirs, and what was submitted for them. What a night touches of these, and
               what the models then have to read, evidence.py says.
    night      what each night said, by its day. It stays: the model runs over no night but this one.
    (nothing)  anything: the model runs over whole tables, every night.

The kept tables that follow from files, claims or patients lie in parts, by the files that their rows came with: one for each
batch, of older ones one for a week or more. A part that holds a touched claim is written anew, without its old rows and with the
new ones, and so is one that weeks are put together in; the others are linked from the generation before. So are those of nights:
one for each, of older ones one for each week. A part is the same, byte for byte, as if everything had been computed anew; tests
hold it to that.

Where a night touches no claim, or reaches no patient, the models of the group would make no row, and are not run: all their
parts stay, but for those that a week is put together in.

Everything is computed anew where the marts were made with other models, mappings or tables, where a batch was purged,
or where somebody asks for it. When in doubt, too: a wrong row is worse than a slow night.
"""

from __future__ import annotations

import hashlib
import re
import threading
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pyarrow as pa

import pipeline
from pipeline import evidence, log, models
from pipeline.evidence import REACHED
from pipeline.models import Model
from pipeline.tables import (
    CLAIM,
    FILE,
    NIGHT,
    OF_ITEMS,
    OF_NIGHTS,
    OF_NUMBER,
    OF_PATIENTS,
    OF_REMITTANCES,
    PATIENT,
    TABLES,
    Table,
    tables_of,
)
from pipeline.warehouse import PART, ROW_GROUP_ROWS, Warehouse, create_view, parts_of_batches, selection

# Facts that lie in no claim payment, and are not many.
EXTRACTS = ("paid_history",)
# The schema of the tables that hold new files alone, of those that hold touched claims alone, and of the parts of claims that are
# written anew.
ARRIVED, TOUCHED, WRITTEN = "arrived", "touched", "written"
# Group to the schema of its tables.
SCHEMA_OF = {FILE: ARRIVED, CLAIM: TOUCHED, PATIENT: REACHED}
# The schema in which no night before tonight said anything.
TONIGHT = "tonight"
# What changes every night; models.load lets no model that follows from claims read it.
EVERY_NIGHT = ("as_of_date",)
# Tables in which an increment looks things up itself, when the models of their group have read them.
LOOKED_UP = (f"{ARRIVED}.submitted_name", f"{TOUCHED}.service_line", f"{TOUCHED}.item_denial", f"{TOUCHED}.claim_name")
# A table with fewer rows is not worth a statement that drops it.
FEW_ROWS = 10_000
# Compressed, of the old parts that one statement reads; to sort their rows takes fifteen times as much.
BYTES_AT_A_TIME = 4_000_000
# How a control number is compared: payers leave out zeros before it.
CONTROL_KEY = "ltrim(upper(trim(patient_control_number)), '0')"
WORD = re.compile(r"\w+")
# Raise it when the parts themselves come to mean something else.
FORMAT = 3


@dataclass(frozen=True)
class Basis:
    """What marts are made of: the digest of models, mappings and tables, the batches, and the day of the run."""

    digest: str
    batch_ids: tuple[str, ...]
    as_of: str

    def as_dict(self) -> dict:
        """As made_of.json keeps it."""
        return {"digest": self.digest, "batch_ids": list(self.batch_ids), "as_of_date": self.as_of}


def basis_of(loaded: Iterable[Model], contents: Mapping[str, pa.Table], records: Sequence[dict]) -> Basis:
    """The basis of marts that are made now; `contents` are the mappings and run_parameter. The digest is of what rows that are
    carried over were made with, and of nothing else: a new letter, or another time zone, costs no night."""
    following = sorted((model for model in loaded if TABLES[model.name].follows in SCHEMA_OF), key=lambda model: model.name)
    digest = hashlib.sha256(f"{FORMAT} {pipeline.__version__} {duckdb.__version__}".encode())
    carried = {table.name for table in TABLES.values() if table.follows}
    for name in sorted({*carried, *OF_REMITTANCES, *OF_NUMBER, *OF_NIGHTS, *OF_ITEMS, *OF_PATIENTS}):
        table = TABLES[name]
        digest.update(f"{name} {table.kind} {table.follows} {table.key} {table.sort}".encode())
        digest.update(table.schema.serialize())  # with what the files say of themselves
    for model in following:
        digest.update(f"{model.name} {model.sql}".encode())
    for model in sorted((model for model in loaded if model.name in OF_REMITTANCES), key=lambda model: model.name):
        digest.update(f"{model.name} {model.sql}".encode())
    for name in sorted(contents.keys() & {read for model in following for read in model.reads}):
        read = contents[name].drop_columns([column for column in EVERY_NIGHT if column in contents[name].column_names])
        digest.update(name.encode())
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, read.schema) as stream:
            stream.write_table(read.combine_chunks())
        digest.update(sink.getvalue())
    (as_of,) = contents["run_parameter"].column("as_of_date").to_pylist()
    return Basis(digest.hexdigest(), tuple(record["batch_id"] for record in records), as_of.isoformat())


def reason_to_rebuild(warehouse: Warehouse, basis: Basis) -> str | None:
    """Why the marts cannot follow from those before, or None where they can."""
    before = warehouse.made_of()
    if before is None:
        return "there are none, or nobody can say what they were made of"
    if before.get("digest") != basis.digest:
        return "they were made with other models, mappings or tables"
    if not set(before["batch_ids"]) <= set(basis.batch_ids):
        return "a batch that they were made of is gone"
    if before.get("as_of_date", "9") > basis.as_of:
        return "they were made for a later day"  # by then more nights had said what was denied
    if any(before.get("as_of_date", "9") < night < basis.as_of for night in warehouse.nights()):
        return "a night since then has spoken, and ended before its marts were switched to"
    if before.get("parts") != warehouse.sizes_of_marts():
        return "files of them are missing or changed"
    return None


def begin(warehouse: Warehouse, connection: duckdb.DuckDBPyConnection, basis: Basis, loaded: Iterable[Model]) -> Increment:
    """The night's increment over the current generation; `reason_to_rebuild` must have found none. `loaded`: all models and
    checks that will run over it."""
    known = set(warehouse.made_of()["batch_ids"])
    records = warehouse.records()
    new_records = [record for record in records if record["batch_id"] not in known]
    parts_before = parts_of_batches(record for record in records if record["batch_id"] in known)
    parts = parts_of_batches(records)
    return Increment(
        warehouse, connection, basis.as_of, list(loaded), records, new_records, parts_before, parts, warehouse.file_parts()
    )


@dataclass
class Passing:
    """Tables that a run needs for a while: each goes when all that read it are done. `readers`: table to those that are not."""

    connection: duckdb.DuckDBPyConnection
    readers: Mapping[str, set[str]]
    held: set[str] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)

    def hold(self, name: str, count: int) -> None:
        """Takes a table, just made with `count` rows, for one that may go."""
        if count >= FEW_ROWS:
            with self._lock:
                self.held.add(name)

    def is_done(self, reader: str) -> None:
        """Drops what nobody reads any more, now that a model or check is done."""
        with self._lock:
            for waiting in self.readers.values():
                waiting.discard(reader)
            for name in sorted(name for name in self.held if not self.readers.get(name)):
                self.connection.execute(f"DROP TABLE {name}")
                self.held.remove(name)


@dataclass
class Anew:
    """All marts, from all facts. `loaded`: all models and checks that will run. What has more than `most_rows` is written as soon
    as it is made, and read from there, so that memory holds one large table at a time; steps go when they are read. `carried`:
    tables that are in the next generation already."""

    warehouse: Warehouse
    connection: duckdb.DuckDBPyConnection
    as_of: str
    loaded: Sequence[Model]
    most_rows: int = ROW_GROUP_ROWS
    carried: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Takes down where each file belongs, the steps, and who reads them."""
        self.file_parts = self.warehouse.file_parts()
        readers = defaultdict(set)
        for one in self.loaded:
            for name in one.reads:
                readers[name].add(one.name)
        self.passing = Passing(self.connection.cursor(), readers)

    def build(self, connection: duckdb.DuckDBPyConnection, model: Model) -> None:
        """Makes the table of one model, as models.build does."""
        table, count = TABLES[model.name], models.build(connection, model)
        if table.kind == "steps":
            self.passing.hold(table.name, count)
        elif count > self.most_rows:
            parts = self._write(connection, table)
            connection.execute(f"DROP TABLE {table.name}")
            create_view(connection, table.name, table, parts)
        self.passing.is_done(model.name)

    def keep(self, connection: duckdb.DuckDBPyConnection, model: Model) -> None:
        """Writes the table of a mart that is made, where that is still to be done."""
        if model.name not in self.carried:
            self._write(connection, TABLES[model.name])

    def _write(self, connection: duckdb.DuckDBPyConnection, table: Table) -> list[Path]:
        names = self.warehouse.night_parts(self.as_of) if table.follows == NIGHT else self.file_parts
        parts = self.warehouse.write_parts(connection, table, f"FROM {table.name}", names)
        self.carried.add(table.name)
        return parts

    @staticmethod
    def is_in_turn(model: Model) -> bool:
        """No model has to wait for another that it does not read."""
        return False

    @staticmethod
    def kept_before(model: Model) -> Collection[str]:
        """What is made can be read before it is kept."""
        return ()


@dataclass
class Increment:
    """One night's marts, from those of the generation before. `loaded`: all models and checks that will run. `parts_before`,
    `parts`: each batch and the part of its rows; `file_parts`: each file. `written_batches`: of a group that is begun, those
    whose parts are written anew. `next_parts`: of a table that is in the next generation already, its parts there. `untouched`:
    groups of which the night touches nothing. `made_counts`: of a mart of touched claims or patients, how many rows are made.
    `waiting_checks`: checks of what patients reach, and the models that they wait for; `run_early`: those that were run, and what
    they found."""

    warehouse: Warehouse
    connection: duckdb.DuckDBPyConnection
    as_of: str
    loaded: Sequence[Model]
    records: Sequence[dict]
    new_records: Sequence[dict]
    parts_before: Mapping[str, str]
    parts: Mapping[str, str]
    file_parts: pa.Table
    written_batches: dict[str, set[str]] = field(default_factory=dict)
    next_parts: dict[str, list[Path]] = field(default_factory=dict)
    untouched: set[str] = field(default_factory=set)
    made_counts: dict[str, int] = field(default_factory=dict)
    waiting_checks: dict[str, set[str]] = field(default_factory=dict)
    run_early: dict[str, dict[str, pa.Table]] = field(default_factory=dict)

    @property
    def carried(self) -> set[str]:
        """Tables that are in the next generation already."""
        return set(self.next_parts)

    @property
    def following(self) -> list[Model]:
        """The models of claims and patients."""
        return [one for one in self.loaded if one.name in TABLES and TABLES[one.name].follows in (CLAIM, PATIENT)]

    @property
    def checked(self) -> set[str]:
        """Tables that a check reads."""
        return {name for one in self.loaded if one.name not in TABLES for name in one.reads}

    def __post_init__(self) -> None:
        """Takes down what is touched and the steps, and who reads them."""
        readers = defaultdict(set, {name: {""} for name in LOOKED_UP})
        for one in self.following:
            if TABLES[one.name].kind == "marts":
                readers[f"{SCHEMA_OF[TABLES[one.name].follows]}.{one.name}"].add(_keeping(one))
        for one in self.loaded:
            schema = SCHEMA_OF.get(TABLES[one.name].follows, "main") if one.name in TABLES else self._schema_of_check(one)
            for name in one.reads:
                readers[f"{schema}.{name}"].add(one.name)
                readers[f"main.{name}"].add(one.name)  # what is not in the schema
        self.passing = Passing(self.connection.cursor(), readers)
        following = {one.name: TABLES[one.name].follows for one in self.following}
        made = {one.name for one in self.loaded if one.name in TABLES}
        for check in self.loaded:
            if check.name not in TABLES and self._schema_of_check(check) == REACHED and check.reads & made <= following.keys():
                self.waiting_checks[check.name] = {name for name in check.reads if following.get(name) == PATIENT}

    def build(self, connection: duckdb.DuckDBPyConnection, model: Model) -> None:
        """Makes the table of one model, as models.build does; of what was touched alone where the table follows from that."""
        if TABLES[model.name].follows:
            self.connection = connection
            self._build_following(model)
            self._check_early(model)
        else:
            count = models.build(connection, model)
            if TABLES[model.name].kind == "steps":
                self.passing.hold(f"main.{model.name}", count)
        self.passing.is_done(model.name)

    def keep(self, connection: duckdb.DuckDBPyConnection, model: Model) -> None:
        """Writes the table of a mart that is made, or its parts with touched rows, where that is still to be done."""
        table = TABLES[model.name]
        if table.name in self.made_counts:
            self._carry(connection, table, self.made_counts[table.name])
            self.passing.is_done(_keeping(model))
        elif table.name not in self.next_parts:
            rows = f"FROM {table.name}"
            self.next_parts[table.name] = self.warehouse.write_parts(connection, table, rows, self.file_parts)

    @staticmethod
    def is_in_turn(model: Model) -> bool:
        """Models that follow from something share schemas, and the first of a group makes them."""
        return bool(TABLES[model.name].follows)

    def kept_before(self, model: Model) -> Collection[str]:
        """A group reads its own tables of what is touched; what others read lies in parts. The first model of those of patients
        finds what they read."""
        group = TABLES[model.name].follows
        read = set(model.reads)
        if group == PATIENT:
            read |= {*evidence.READS}.union(*(one.reads for one in self.following if TABLES[one.name].follows == PATIENT))
        marts = {one.name for one in self.following if TABLES[one.name].kind == "marts" and TABLES[one.name].follows != group}
        return marts & read

    def _build_following(self, model: Model) -> None:
        table = TABLES[model.name]
        if table.follows == NIGHT:
            self._add_night(model, table)
            return
        if table.follows not in self.written_batches:
            if table.follows == FILE:
                self._arrive()
            elif table.follows == CLAIM:
                self._touch(model)
            else:
                self._reach()
        count = 0 if table.follows in self.untouched else self._build_touched(model, table)
        self.passing.hold(f"{SCHEMA_OF[table.follows]}.{table.name}", count)
        if table.follows == FILE:  # the models of claims look there
            self._carry(self.connection, table, count)
        elif table.kind == "marts":
            self.made_counts[table.name] = count

    def run_checks(self, connection: duckdb.DuckDBPyConnection, checks: Iterable[Model]) -> dict[str, pa.Table]:
        """The checks that failed: name to wrong rows."""
        failed = {}
        for check in checks:
            failed |= self.run_early[check.name] if check.name in self.run_early else self._run_check(connection, check)
        return failed

    def _check_early(self, made: Model) -> None:
        """Runs the checks of what patients reach, when the last model that they wait for is made: what they read can go then."""
        for check in [one for one in self.loaded if made.name in self.waiting_checks.get(one.name, ())]:
            self.waiting_checks[check.name].remove(made.name)
            if not self.waiting_checks[check.name]:
                self.run_early[check.name] = self._run_check(self.connection, check)

    def _run_check(self, connection: duckdb.DuckDBPyConnection, check: Model) -> dict[str, pa.Table]:
        failed = {}
        if not self._has_nothing_for(check):
            with _reading(connection, self._schema_of_check(check)):
                failed = models.run_checks(connection, [check])
        self.passing.is_done(check.name)
        return failed

    def _schema_of_check(self, check: Model) -> str:
        """Where a check looks. One of claim tables alone finds rows of one file each, so the parts that are as they were need no
        second proof; one of patients looks at what the models of this night looked at."""
        follows = {TABLES[name].follows or name for name in check.reads if TABLES[name].kind != "mapping"}
        if follows <= {CLAIM}:
            return WRITTEN
        if PATIENT in follows and follows <= {CLAIM, PATIENT, *OF_PATIENTS, *OF_NUMBER, *EXTRACTS}:
            return REACHED
        return "main"

    def _has_nothing_for(self, check: Model) -> bool:
        """Whether nothing of what a check looks at was made this night."""
        schema = self._schema_of_check(check)
        return (schema == WRITTEN and not self.written_batches[CLAIM]) or (schema == REACHED and PATIENT in self.untouched)

    def _build_touched(self, model: Model, table: Table) -> int:
        """Makes the rows of what was touched. Returns how many."""
        for name in sorted(model.reads & {*OF_NIGHTS}):
            self._take_said(name)
        for name in sorted(model.reads & {*OF_ITEMS}):
            self._take_logged(name)
        with _reading(self.connection, SCHEMA_OF[table.follows]):
            return models.build(self.connection, model)

    def _arrive(self) -> None:
        """Gives the schema `arrived` the facts of new files."""
        self.connection.execute(f"CREATE SCHEMA {ARRIVED}")
        new_batches = {record["batch_id"] for record in self.new_records}
        self.written_batches[FILE] = self._sharing_parts(new_batches)
        of_files = [one for one in self.loaded if one.name in TABLES and TABLES[one.name].follows == FILE]
        for name in sorted({name for model in of_files for name in model.reads}):
            if TABLES[name].kind == "facts":
                self._view_facts(f"{ARRIVED}.{name}", TABLES[name], new_batches)

    def _touch(self, first: Model) -> None:
        """Finds the touched claims and gives the schema `touched` the facts of them."""
        connection = self.connection
        connection.execute(f"CREATE SCHEMA {TOUCHED}")
        connection.execute(f"CREATE SCHEMA {WRITTEN}")
        self._find_seeds()
        if self._has_rows(f"{TOUCHED}.claim", f"{TOUCHED}.changed"):
            self._find_claims(first)
        count = connection.execute(f"SELECT count(*) FROM {TOUCHED}.claim").fetchall()[0][0]
        connection.execute(f"CREATE VIEW {TOUCHED}.rewritten AS FROM {TOUCHED}.claim")
        touched = self._batches_of(f"{TOUCHED}.claim")
        self.written_batches[CLAIM] = self._sharing_parts(touched)
        for name in sorted(self.checked):
            if TABLES[name].kind == "facts" and TABLES[name].follows == CLAIM:
                self._view_facts(f"{WRITTEN}.{name}", TABLES[name], self.written_batches[CLAIM])
        if count:
            self._take_facts()
        else:
            self.untouched.add(CLAIM)
            create_view(connection, f"{TOUCHED}.claim_name", TABLES["claim_name"], [])  # evidence.py looks there
        log.info("claims touched", claim_payments=count, batches=len(touched), parts=self._count_of_parts(CLAIM))

    def _reach(self) -> None:
        """Finds the claim payments whose evidence can have changed, and gives the schema `reached` what their models read."""
        for name in OF_PATIENTS:
            self._view_before(name)
        self._view_before("claim_name", self._batches_of(f"{TOUCHED}.claim"))
        evidence.find(self.connection)
        self.written_batches[PATIENT] = self._sharing_parts(self._batches_of(f"{REACHED}.rewritten"))
        if self._has_rows(f"{REACHED}.rewritten"):
            self._take_evidence()
        else:
            self.untouched.add(PATIENT)
        counted = f"SELECT (SELECT count(*) FROM {REACHED}.rewritten), (SELECT count(*) FROM {REACHED}.claim)"
        ((count, looked_at),) = self.connection.execute(counted).fetchall()
        log.info("patients touched", claim_payments=count, looked_at=looked_at, parts=self._count_of_parts(PATIENT))

    def _take_evidence(self) -> None:
        """Gives the schema `reached` the rows of claim payments that the models look at, and of what was submitted for them."""
        reached = {self.parts[batch_id] for batch_id in self._batches_of(f"{REACHED}.claim")}
        of_patients = [one for one in self.loaded if one.name in TABLES and TABLES[one.name].follows == PATIENT]
        for name in sorted({name for model in of_patients for name in model.reads}):
            if TABLES[name].follows == CLAIM:  # a mart: models.load sees to that
                self._take_rows(REACHED, name, self._next_rows(name, reached), f"{REACHED}.claim")
        evidence.find_submitted(self.connection)
        self._take_of_submitted(REACHED)

    def _sharing_parts(self, touched: set[str]) -> set[str]:
        """The batches whose rows share a part with those of touched ones, or with those whose part is another one than before."""
        moved = {batch_id for batch_id, part in self.parts_before.items() if self.parts[batch_id] != part}
        written = {self.parts[batch_id] for batch_id in touched | moved}
        return {batch_id for batch_id, part in self.parts.items() if part in written}

    def _count_of_parts(self, group: str) -> int:
        return len({self.parts[batch_id] for batch_id in self.written_batches[group]})

    def _find_seeds(self) -> None:
        """Claim payments of new files, of remittances whose status is not what it was, of numbers that were submitted, and of
        items that something was logged of."""
        self._view_before("remittance_status")
        new_files = [file["file_id"] for record in self.new_records for file in record["files"]]
        self.connection.register("new_file", pa.table({"file_id": pa.array(new_files, pa.string())}))
        evidence.compare(self.connection, TOUCHED, "remittance_status")
        self.connection.execute(f"""
            CREATE TABLE {TOUCHED}.changed AS
            SELECT DISTINCT file_id, segment_index FROM {TOUCHED}.remittance_status_changed
            WHERE file_id NOT IN (SELECT file_id FROM new_file)
        """)
        self.connection.execute(f"CREATE TABLE {TOUCHED}.claim (file_id VARCHAR, segment_index BIGINT)")
        batches = self._batches_of(f"{TOUCHED}.changed") | {record["batch_id"] for record in self.new_records}
        self._view_facts(f"{TOUCHED}.some_claim_payment", TABLES["claim_payment"], batches)
        self.connection.execute(f"""
            INSERT INTO {TOUCHED}.claim
            SELECT payment.file_id, payment.segment_index
            FROM {TOUCHED}.some_claim_payment AS payment
            LEFT JOIN {TOUCHED}.changed
                ON changed.file_id = payment.file_id AND changed.segment_index = payment.remittance_segment_index
            WHERE changed.file_id IS NOT NULL OR payment.file_id IN (SELECT file_id FROM new_file)
        """)
        self._view_before("claim_payment_event")
        self.connection.execute(f"""
            INSERT INTO {TOUCHED}.claim
            SELECT event.file_id, event.segment_index
            FROM before.claim_payment_event AS event
            SEMI JOIN {ARRIVED}.submitted_name AS new ON new.control_key = event.control_key AND new.control_key <> ''
            ANTI JOIN {TOUCHED}.claim ON claim.file_id = event.file_id AND claim.segment_index = event.segment_index
        """)
        self._view_before("item_denial")
        new_batches = {record["batch_id"] for record in self.new_records}
        for name in OF_ITEMS:
            self._view_facts(f"{TOUCHED}.new_{name}", TABLES[name], new_batches)
            self.connection.execute(f"""
                INSERT INTO {TOUCHED}.claim
                SELECT DISTINCT denial.file_id, denial.claim_segment_index
                FROM before.item_denial AS denial
                SEMI JOIN {TOUCHED}.new_{name} AS new ON new.item_id = denial.item_id
                ANTI JOIN {TOUCHED}.claim
                    ON claim.file_id = denial.file_id AND claim.segment_index = denial.claim_segment_index
            """)

    def _find_claims(self, first: Model) -> None:
        """From claim payments to all claim payments of their claims: the keys of the new ones are what the model says, those of
        the old ones are in the ledger as it was."""
        self._take("claim_payment")
        with _reading(self.connection, TOUCHED):
            models.build(self.connection, first)
        self.connection.execute(f"""
            CREATE TABLE {TOUCHED}.claim_key AS
            SELECT DISTINCT claim_key FROM {TOUCHED}.{first.name}
            UNION
            SELECT DISTINCT event.claim_key
            FROM before.claim_payment_event AS event
            JOIN {TOUCHED}.changed
                ON changed.file_id = event.file_id AND changed.segment_index = event.remittance_segment_index
        """)
        self.connection.execute(f"""
            INSERT INTO {TOUCHED}.claim
            SELECT event.file_id, event.segment_index
            FROM before.claim_payment_event AS event
            SEMI JOIN {TOUCHED}.claim_key ON claim_key.claim_key = event.claim_key
            ANTI JOIN {TOUCHED}.claim ON claim.file_id = event.file_id AND claim.segment_index = event.segment_index
        """)
        self.connection.execute(f"DROP TABLE {TOUCHED}.{first.name}; DROP TABLE {TOUCHED}.claim_payment")

    def _take_facts(self) -> None:
        for table in tables_of("facts"):
            if table.follows == CLAIM:
                self._take(table.name)
        self._take_submitted()

    def _take_submitted(self) -> None:
        """What was submitted under the control numbers of touched claims."""
        connection = self.connection
        connection.execute(f"""
            CREATE TABLE {TOUCHED}.submitted AS
            SELECT file_id, segment_index FROM main.submitted_name AS submitted
            SEMI JOIN (SELECT {CONTROL_KEY} AS number FROM {TOUCHED}.claim_payment) AS touched
                ON touched.number = submitted.control_key AND touched.number <> ''
        """)
        self._take_of_submitted(TOUCHED)

    def _take_of_submitted(self, schema: str) -> None:
        """The rows of the claims in the table `submitted` of a schema."""
        batches = self._batches_of(f"{schema}.submitted")
        for name in OF_NUMBER:
            if TABLES[name].kind == "facts":
                rows = self._facts(TABLES[name], batches)
            else:
                rows = self._next_rows(name, {self.parts[batch_id] for batch_id in batches})
            self._take_rows(schema, name, rows, f"{schema}.submitted")

    def _take_said(self, name: str) -> None:
        """What earlier nights said of lines and claims that are touched."""
        self.connection.execute(f"""
            CREATE OR REPLACE TABLE {TOUCHED}.{name} AS
            SELECT {", ".join(TABLES[name].column_names)} FROM main.{name} AS said
            SEMI JOIN (
                SELECT file_id, segment_index FROM {TOUCHED}.claim
                UNION ALL
                SELECT file_id, segment_index FROM {TOUCHED}.service_line
            ) AS touched ON touched.file_id = said.file_id AND touched.segment_index = said.segment_index
        """)

    def _take_logged(self, name: str) -> None:
        """What billers logged of the items of touched claims."""
        self.connection.execute(f"""
            CREATE OR REPLACE TABLE {TOUCHED}.{name} AS
            SELECT {", ".join(TABLES[name].column_names)} FROM main.{name} AS logged
            SEMI JOIN {TOUCHED}.item_denial AS touched ON touched.item_id = logged.item_id
        """)

    def _take(self, name: str) -> None:
        """The rows of a fact table that belong to touched claims, as a table of the schema `touched`."""
        self._take_rows(TOUCHED, name, self._facts(TABLES[name], self._batches_of(f"{TOUCHED}.claim")), f"{TOUCHED}.claim")

    def _take_rows(self, schema: str, name: str, rows: str, claims: str) -> None:
        """Makes a table of a schema: of the rows of a SELECT, those that belong to the claims of a table. The models of the group
        and the checks find the columns that they name; a table may have a hundred."""
        column = TABLES[name].claim_column
        readers = [one for one in self.loaded if name in one.reads]
        of_schema = [one for one in readers if one.name not in TABLES or SCHEMA_OF.get(TABLES[one.name].follows) == schema]
        named = {word for one in of_schema for word in WORD.findall(one.sql)}
        named |= {"file_id", column, *evidence.COLUMNS.get(name, ())}
        columns = [one for one in TABLES[name].column_names if one in named]
        taken = self.connection.execute(f"""
            CREATE TABLE {schema}.{name} AS
            SELECT {", ".join(columns)} FROM ({rows}) AS part
            SEMI JOIN {claims} AS claim ON claim.file_id = part.file_id AND claim.segment_index = part.{column}
        """)
        self.passing.hold(f"{schema}.{name}", taken.fetchall()[0][0])

    def _batches_of(self, claims: str) -> set[str]:
        """The batches that brought the files of the claims of a table."""
        self.connection.register("file_part", self.file_parts)
        found = f"SELECT DISTINCT batch_id FROM file_part WHERE file_id IN (SELECT file_id FROM {claims})"
        return {batch_id for (batch_id,) in self.connection.execute(found).fetchall()}

    def _has_rows(self, *names: str) -> bool:
        """Whether any of some tables has a row."""
        asked = " OR ".join(f"EXISTS (FROM {name})" for name in names)
        return self.connection.execute(f"SELECT {asked}").fetchall()[0][0]

    def _facts(self, table: Table, batch_ids: Collection[str]) -> str:
        """A SELECT of the rows of a fact table of some batches."""
        return self.warehouse.selection_of_facts(table, [one for one in self.records if one["batch_id"] in batch_ids])

    def _view_facts(self, name: str, table: Table, batch_ids: Collection[str]) -> None:
        """The same as a view."""
        self.connection.execute(f"CREATE OR REPLACE VIEW {name} AS {self._facts(table, batch_ids)}")

    def _view_before(self, name: str, batch_ids: Collection[str] | None = None) -> None:
        """A table of the generation before, or its parts of some batches, as a view of the schema `before`."""
        self.connection.execute("CREATE SCHEMA IF NOT EXISTS before")
        parts = self.warehouse.parts_of_marts(name)
        if batch_ids is not None:
            named = {part for batch_id, part in self.parts_before.items() if batch_id in batch_ids}
            parts = [part for part in parts if part.name in named]
        create_view(self.connection, f"before.{name}", TABLES[name], parts)

    def _next_rows(self, name: str, parts: Collection[str]) -> str:
        """A SELECT of the rows of some parts of a table that is in the next generation."""
        return selection(TABLES[name], [part for part in self.next_parts[name] if part.name in parts])

    def _add_night(self, model: Model, table: Table) -> None:
        """What this night says, beside the parts of the nights before as they are, or put together."""
        self.connection.execute(f"CREATE SCHEMA IF NOT EXISTS {TONIGHT}")
        create_view(self.connection, f"{TONIGHT}.item_history_before", TABLES["item_history_before"], [])
        with _reading(self.connection, TONIGHT):
            models.build(self.connection, model)
        nights = self.warehouse.night_parts(self.as_of)
        part_of = {row["night_date"].isoformat(): row["part"] for row in nights.to_pylist()}
        before = [part for part in self.warehouse.parts_of_marts(table.name) if part.name not in (PART, part_of[self.as_of])]
        moved = [part for part in before if part_of.get(part.stem, part.name) != part.name]
        columns = ", ".join(table.column_names)
        rows = f"SELECT {columns} FROM {TONIGHT}.{table.name} UNION ALL SELECT {columns} FROM ({selection(table, moved)}) AS said"
        written = self.warehouse.write_parts(self.connection, table, rows, nights)
        linked = self.warehouse.link_parts(table, [part for part in before if part not in moved])
        self.next_parts[table.name] = sorted(written + linked)
        create_view(self.connection, f"main.{table.name}", table, self.next_parts[table.name])

    def _carry(self, connection: duckdb.DuckDBPyConnection, table: Table, made_count: int) -> None:
        """The next generation of a kept table, of which `made_count` rows were made: parts with touched claims anew, the others
        linked; `main` sees them all. A table without old parts, or without new rows, costs no statement for them."""
        written: list[Path] = []
        rewritten = self._rewritten_parts(table)
        for names, old in _some_at_a_time(rewritten):
            if rows := self._rows_of_parts(table, old, made_count, names if len(names) < len(rewritten) else None):
                written += self.warehouse.write_parts(connection, table, rows, self.file_parts)
        outdated = {part for old in rewritten.values() for part in old}
        linked = [part for part in self.warehouse.parts_of_marts(table.name) if part not in outdated and part.name != PART]
        self.next_parts[table.name] = sorted(written + self.warehouse.link_parts(table, linked))
        if table.follows == CLAIM and table.name in self.checked:
            create_view(connection, f"{WRITTEN}.{table.name}", table, written)
        create_view(connection, f"main.{table.name}", table, self.next_parts[table.name])

    def _rewritten_parts(self, table: Table) -> dict[str, list[Path]]:
        """The parts that are written anew, each with those before the night that its old rows lie in."""
        before = {part.name: part for part in self.warehouse.parts_of_marts(table.name)}
        old: dict[str, set[Path]] = defaultdict(set)
        for batch_id in self.written_batches[table.follows]:
            names = {self.parts_before.get(batch_id)} & before.keys()
            old[self.parts[batch_id]] |= {before[name] for name in names}
        return {name: sorted(old[name]) for name in sorted(old)}

    def _rows_of_parts(self, table: Table, old: Sequence[Path], made_count: int, names: Sequence[str] | None) -> str:
        """A SELECT of the rows of parts that are written anew, all or those of some names: old ones that stay, and those made."""
        schema = SCHEMA_OF[table.follows]
        columns = ", ".join(table.column_names)
        kept = f"SELECT {columns} FROM ({selection(table, old)}) AS mart"
        made = f"SELECT {columns} FROM {schema}.{table.name} AS mart"
        if table.follows != FILE:  # what came with a file stays
            is_rewritten = f"claim.file_id = mart.file_id AND claim.segment_index = mart.{table.claim_column}"
            kept += f" ANTI JOIN {schema}.rewritten AS claim ON {is_rewritten}"
            made += f" SEMI JOIN {schema}.rewritten AS claim ON {is_rewritten}"
        if names is not None:
            listed = ", ".join(f"'{name}'" for name in names)
            made += f" WHERE mart.file_id IN (SELECT file_id FROM file_part WHERE part IN ({listed}))"
        return " UNION ALL ".join([kept] * bool(old) + [made] * bool(made_count))


def _some_at_a_time(parts: Mapping[str, Sequence[Path]]) -> Iterator[tuple[list[str], list[Path]]]:
    """Parts that are written by one statement, and those of before for them: the engine sorts their rows in memory."""
    names: list[str] = []
    old: list[Path] = []
    for name in parts:
        if names and sum(path.stat().st_size for path in [*old, *parts[name]]) > BYTES_AT_A_TIME:
            yield names, old
            names, old = [], []
        names.append(name)
        old.extend(parts[name])
    if names:
        yield names, old


def _keeping(model: Model) -> str:
    """The name of what is done with a mart, among the readers of its rows."""
    return f"keep {model.name}"


@contextmanager
def _reading(connection: duckdb.DuckDBPyConnection, schema: str) -> Iterator[None]:
    """While it lasts, names without a schema are looked for in `schema` first, and tables are made there."""
    connection.execute(f"SET search_path = '{schema},main'")
    try:
        yield
    finally:
        connection.execute("SET search_path = 'main'")
