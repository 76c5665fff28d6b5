"""The same night on Spark: files read and models run by its executors, on one machine or on a cluster.

What Spark does: the reader, file by file, inside mapInArrow; the models of sql/, transpiled; the checks. What stays with the
driver: landing, quarantine, the proof and the commit of a batch, the marts' files and the switch to them, and everything that is
made for people, by DuckDB over the tables that Spark wrote. All marts are made anew; what they are is the same.

Executors write Parquet with the same writer as the other engine, into the staging folder of the warehouse, so the warehouse has
to be on a file system that the driver and all executors see under the same path. Each says what it wrote as rows; the driver
keeps exactly those files, whatever a lost or repeated task has left behind. So one engine continues what the other began.

Nothing of the data is logged: Spark's own log is off, and of its errors only the name of the condition is told.
"""

from __future__ import annotations

import json
import logging
import os
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field, replace
from decimal import Decimal
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa

from pipeline import errors, models, schemas, tables
from pipeline.errors import ContractError, ModelError, UsageError
from pipeline.intake import Intake
from pipeline.land import LandedFile, Refusal
from pipeline.parse import FileSummary
from pipeline.tables import TABLES, TYPES, Table
from pipeline.warehouse import (
    HISTORY_KEPT,
    PART,
    ROW_GROUP_ROWS,
    Batch,
    Warehouse,
    conforming,
    create_view,
    parquet_writer,
    parts_in,
)

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

# WITH RECURSIVE came with this version (sql/2_classify/item_walk.sql).
LEAST_VERSION = (4, 1)
# A file of more bytes is read by the driver: Spark holds a whole file as one value, several times over.
LARGEST_VALUE_BYTES = 1 << 28
# The keys of tables of up to so many rows are proved by the driver, in less time than it takes to plan that.
DRIVER_ROWS = 1 << 20
# What Spark starts with where nobody says otherwise, by spark-submit or PYSPARK_SUBMIT_ARGS: no page, log or history of the data.
DEFAULTS = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.eventLog.enabled": "false",
    "spark.log.level": "OFF",
    "spark.executor.syncLogLevel.enabled": "true",
}
# What the models and the contract rest on, whatever the cluster's own settings are.
SESSION = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.caseSensitive": "false",
    "spark.sql.execution.arrow.maxRecordsPerBatch": "10000",
    # a level is one more entry in the log of one item; rows are bounded by the log itself
    "spark.sql.cteRecursionLevelLimit": "100000",
    "spark.sql.cteRecursionRowLimit": "-1",
    # Spark 4.3 makes an invalid plan of some unions with it, and stops; it only saves a step
    "spark.sql.optimizer.excludedRules": "org.apache.spark.sql.catalyst.optimizer.RemoveRedundantAliases",
}
READ_SHAPE = "file_id STRING, kind STRING, content STRING"
WRITE_SHAPE = "part STRING, row_count BIGINT"

# Of an error on an executor: one of ours, whose words hold no value of the data, or a package that is not there.
MISSING_MODULE = re.compile(r"ModuleNotFoundError: No module named '([\w.]+)'")
OUR_ERROR = re.compile(r"pipeline\.errors\.(\w+): (.*)")



# --------------------------------------------------------------------------------------------------------------------
# The session
# --------------------------------------------------------------------------------------------------------------------
@contextmanager
def session() -> Iterator[SparkSession]:
    """The Spark session that is there, or one by the usual configuration of Spark, which ends with this. UsageError: no pyspark,
    no Java, or a version without WITH RECURSIVE."""
    try:
        import pyspark
        from pyspark.errors import PySparkException
        from pyspark.sql import SparkSession
    except ImportError:
        raise UsageError("--engine spark needs PySpark; install it with: pip install 'remit835[spark]'") from None
    version = pyspark.__version__
    if tuple(int(part) for part in version.split(".")[:2]) < LEAST_VERSION:
        raise UsageError(f"--engine spark needs Spark {'.'.join(map(str, LEAST_VERSION))} or newer; this is {version}")
    spark = SparkSession.getActiveSession()
    is_ours = spark is None
    if spark is None:
        _set_environment()
        try:
            spark = SparkSession.builder.appName("remit835").getOrCreate()
        except PySparkException as error:
            raise UsageError(
                f"Spark does not start ({error.getCondition()}); it needs Java 17 or newer: install it, set JAVA_HOME, "
                "or correct PYSPARK_SUBMIT_ARGS"
            ) from None
    # PySpark writes the text of errors, which may quote a value, to a log of its own
    logging.getLogger("SQLQueryContextLogger").disabled = True
    before = {name: spark.conf.get(name, None) for name in SESSION}
    try:
        for name, value in SESSION.items():
            spark.conf.set(name, value)
        yield spark
    finally:
        if is_ours:
            spark.stop()
        else:
            for name, value in before.items():
                spark.conf.unset(name) if value is None else spark.conf.set(name, value)


def _set_environment() -> None:
    """What a Spark that we start ourselves goes by; one that spark-submit started is configured already. What the user writes
    into PYSPARK_SUBMIT_ARGS comes last, and counts."""
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    if "PYSPARK_GATEWAY_PORT" not in os.environ:
        defaults = " ".join(f"--conf {name}={value}" for name, value in DEFAULTS.items())
        os.environ["PYSPARK_SUBMIT_ARGS"] = f"{defaults} {os.environ.get('PYSPARK_SUBMIT_ARGS', 'pyspark-shell')}"


# --------------------------------------------------------------------------------------------------------------------
# Reading
# --------------------------------------------------------------------------------------------------------------------
def read_files(
    spark: SparkSession, batch: Batch, files: Sequence[LandedFile], intake: Intake
) -> Iterator[tuple[LandedFile, FileSummary | Refusal]]:
    """Reads files on the executors into the batch. Yields each file with its summary, or with the reason why it is refused: no
    file fails the job. Files too large for one value of Spark, and empty ones, which it passes over, are read by the driver."""
    shared = {file.file_id: file for file in files if 0 < file.byte_count <= LARGEST_VALUE_BYTES}
    for file in files:
        if file.file_id not in shared:
            yield file, _read_whole(file, batch, intake)
    if shared:
        yield from _read_shared(spark, batch, shared, intake)


def _read_shared(
    spark: SparkSession, batch: Batch, files: Mapping[str, LandedFile], intake: Intake
) -> Iterator[tuple[LandedFile, FileSummary | Refusal]]:
    # Links by file id: a file's own name may hold what Spark takes for a pattern, or what is no text at all.
    inbox = batch.warehouse.staging / "inbox"
    inbox.mkdir()
    for file_id, file in files.items():
        (inbox / file_id).symlink_to(file.path.resolve())
    contents = spark.read.format("binaryFile").load(_location(inbox)).select("path", "content")
    spark.conf.set("spark.sql.execution.arrow.maxRecordsPerBatch", "1")  # one file at a time in Python
    try:
        with _explained("the reader"):
            said = contents.mapInArrow(_reader(batch.warehouse.path.resolve(), files, intake), READ_SHAPE).collect()
    finally:
        spark.conf.set("spark.sql.execution.arrow.maxRecordsPerBatch", SESSION["spark.sql.execution.arrow.maxRecordsPerBatch"])
    if missing := files.keys() - {row.file_id for row in said}:
        raise ContractError(f"Spark is silent on {len(missing)} of {len(files)} files; nothing is committed: run again")
    written: dict[str, set[str]] = {}
    for row in said:
        content = json.loads(row.content)
        if row.kind == "part":
            for table_name, table in content["tables"].items():
                written.setdefault(table_name, set()).add(content["part"])
                batch.adopt(table_name, table["rows"], {name: Decimal(total) for name, total in table["dollars"].items()})
        elif row.kind == "refused":
            yield files[row.file_id], Refusal(**content)
        else:
            categories = frozenset(content.pop("error_categories"))
            yield files[row.file_id], FileSummary(**content, error_categories=categories)
    for folder in (batch.warehouse.staging / "facts").glob("*"):
        _keep_only(folder, written.get(folder.name, set()) | {batch.part})


def _read_whole(file: LandedFile, batch: Batch, intake: Intake) -> FileSummary | Refusal:
    """Reads one file into the batch. Its rows wait until it is known to be read whole: what is refused half way leaves none."""
    gathered: list[tuple[str, pa.Table]] = []
    outcome = intake.read_one(file, lambda table_name, rows: gathered.append((table_name, rows)))
    if isinstance(outcome, FileSummary):
        for table_name, rows in gathered:
            batch.append(table_name, rows)
    return outcome


def _reader(warehouse: Path, files: Mapping[str, LandedFile], intake: Intake) -> Callable:
    """What an executor does with a share of the files: a row for each, and one for the part of the batch that it wrote."""

    def read(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        batch = Batch(Warehouse(warehouse), part=_part_name())
        for incoming in batches:
            for path, content in zip(incoming.column("path"), incoming.column("content"), strict=True):
                file = files[Path(path.as_py()).name]
                with tempfile.TemporaryDirectory() as folder:
                    copy = Path(folder) / file.name
                    copy.write_bytes(content.as_buffer())
                    outcome = _read_whole(replace(file, path=copy), batch, intake)
                kind = "refused" if isinstance(outcome, Refusal) else "read"
                yield _said(file.file_id, kind, asdict(outcome))
        batch.finish()
        written = {
            table_name: {"rows": count, "dollars": {name: str(total) for name, total in batch.dollars[table_name].items()}}
            for table_name, count in batch.rows.items()
        }
        yield _said("", "part", {"part": batch.part, "tables": written})

    return read


def _said(file_id: str, kind: str, content: dict) -> pa.RecordBatch:
    return pa.RecordBatch.from_pydict(
        {"file_id": [file_id], "kind": [kind], "content": [json.dumps(content, default=sorted)]},
        schema=pa.schema([(name, pa.string()) for name in ("file_id", "kind", "content")]),
    )


# --------------------------------------------------------------------------------------------------------------------
# Models
# --------------------------------------------------------------------------------------------------------------------
@dataclass
class SparkModels:
    """The tables of one night on Spark. Each model is stored in the staging folder as soon as it is made, and read from there by
    the models after it and by the driver's DuckDB connection."""

    spark: SparkSession
    warehouse: Warehouse
    connection: duckdb.DuckDBPyConnection
    rows: dict[str, int] = field(default_factory=dict)

    @property
    def staging(self) -> Path:
        return self.warehouse.staging.resolve() / "models"

    def provide(self, contents: Mapping[str, pa.Table]) -> None:
        """Makes the facts, the memory of the nights, and the mappings known to Spark under their names."""
        records = self.warehouse.records()
        for table in tables.tables_of("facts"):
            self._view(table, self.warehouse.parts_of(table, records), older=self.warehouse.older_parts(table, records))
        history = self.warehouse.history_parts()
        self._view(TABLES["item_history_before"], history, HISTORY_KEPT, older=history)
        for name, content in contents.items():
            folder = self.staging / name
            folder.mkdir(parents=True)
            _write_part(content.to_batches(), TABLES[name], folder / PART)
            self._view(TABLES[name], parts_in(folder))

    def run(self, ordered: Iterable[models.Model], on_model: Callable[[models.Model, float], None] | None = None) -> None:
        """Builds every model's table in order, proves its key, and shows it to the driver's connection. Raises ContractError,
        ModelError."""
        for model in ordered:
            began = time.monotonic()
            with _explained(str(model.path)):
                rows = self.spark.sql(models.transpile(model))
                self.rows[model.name] = self._store(_as_declared(rows, model), self.staging / model.name)
            table = TABLES[model.name]
            self._view(table, parts_in(self.staging / model.name))
            create_view(self.connection, table.name, table, parts_in(self.staging / model.name))
            self._prove_key(model)
            if on_model:
                on_model(model, time.monotonic() - began)

    def run_checks(self, checks: Iterable[models.Model]) -> dict[str, pa.Table]:
        """The checks that failed: name to some of the rows that are wrong."""
        failed = {}
        for check in checks:
            with _explained(str(check.path)):
                found = self.spark.sql(models.transpile(check)).limit(DRIVER_ROWS).count()
            if found:
                failed[check.name] = pa.table({"row": range(found)})
        return failed

    def _view(self, table: Table, parts: Sequence[Path], condition: str = "", older: Sequence[Path] = ()) -> None:
        """A view over Parquet files, of the rows that meet the condition; those of `older` may have other columns."""
        shape = ", ".join(f"CAST(NULL AS {TYPES[column.type][2]}) AS {column.name}" for column in table.columns)
        rows = self.spark.sql(f"SELECT {shape} WHERE false")
        for number, (columns, found) in enumerate(schemas.groups(table, parts, older, "spark").items()):
            stored = self.spark.read.option("recursiveFileLookup", "true")
            if columns == tuple(table.column_names):  # the schema is known: no file is opened for it
                stored = stored.schema(", ".join(f"{column.name} {TYPES[column.type][2]}" for column in table.columns))
            group = stored.parquet(*map(_location, found)).selectExpr(*columns)
            rows = rows.unionByName(group) if number else group
        (rows.where(condition) if condition else rows).createOrReplaceTempView(table.name)

    def _store(self, rows: DataFrame, folder: Path) -> int:
        """Writes rows as Parquet parts; the parts' order is the rows'. Returns how many there are."""
        folder.mkdir(parents=True)
        said = rows.mapInArrow(_part_writer(TABLES[folder.name], folder), WRITE_SHAPE).collect()
        _keep_only(folder, {row.part for row in said})
        return sum(row.row_count for row in said)

    def _prove_key(self, model: models.Model) -> None:
        if self.rows[model.name] <= DRIVER_ROWS:
            models.prove_key(self.connection, model)
            return
        key = TABLES[model.name].key  # that it is nowhere empty, the writer has proved
        if self.spark.table(model.name).groupBy(*key).count().where("count > 1").limit(1).count():
            raise ContractError(f"{model.path}: the key of {model.name} ({', '.join(key)}) stands in more than one row")


def _as_declared(rows: DataFrame, model: models.Model) -> DataFrame:
    """The rows with the types of tables.py. Spark counts rows in narrower whole numbers, which is the only difference allowed."""
    declared = [(column.name, TYPES[column.type][2].lower()) for column in TABLES[model.name].columns]
    for (made_name, made), (name, type_) in zip(rows.dtypes, declared, strict=False):
        if (made_name, made) != (name, type_) and (made_name, made, type_) != (name, "int", "bigint"):
            raise ContractError(f"{model.path}: on Spark {made_name} is {made}, tables.py says {name} {type_}")
    if len(rows.columns) != len(declared):
        raise ContractError(f"{model.path}: on Spark it has {len(rows.columns)} columns, tables.py says {len(declared)}")
    return rows.selectExpr(*(f"CAST({name} AS {type_}) AS {name}" for name, type_ in declared))


def _part_writer(table: Table, folder: Path) -> Callable:
    """What an executor does with a share of a table's rows: it writes them as one part, and says its name and count."""

    def write(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        name = _part_name()
        if count := _write_part(batches, table, folder / name):
            yield pa.RecordBatch.from_pydict({"part": [name], "row_count": [count]})

    return write


def _write_part(batches: Iterable[pa.RecordBatch], table: Table, path: Path) -> int:
    """Batches as one Parquet file in row groups of the usual size; no file where there is no row. Returns the rows."""
    waiting: list[pa.RecordBatch] = []
    count = 0
    with ExitStack() as files:
        writer = None
        for batch in chain(batches, [None]):
            if batch is not None and batch.num_rows:
                waiting.append(batch)
            waiting_count = sum(part.num_rows for part in waiting)
            if waiting_count >= ROW_GROUP_ROWS or (batch is None and waiting):
                writer = writer or files.enter_context(parquet_writer(path, table))
                writer.write_table(conforming(table.name, pa.Table.from_batches(waiting)), row_group_size=waiting_count)
                waiting.clear()
                count += waiting_count
    return count


# --------------------------------------------------------------------------------------------------------------------
# Parts, places and errors
# --------------------------------------------------------------------------------------------------------------------
def _part_name() -> str:
    """The file name of what this task writes: in the order of the rows, and another one where the task is tried again. Files that
    it makes are 0600: an executor has not inherited that from the run."""
    from pyspark import TaskContext

    os.umask(0o077)
    task = TaskContext.get()
    return f"part-{task.partitionId():06d}-{task.taskAttemptId()}.parquet"


def _keep_only(folder: Path, names: set[str]) -> None:
    """Removes the parts of tasks that were lost or run twice."""
    for part in parts_in(folder):
        if part.name not in names:
            part.unlink()


def _location(path: Path) -> str:
    """A path as Spark takes it: of the file system that is mounted, with nothing that could be a pattern."""
    return "file://" + re.sub(r"([\\*?\[\]{}])", r"\\\1", str(path.absolute()))


@contextmanager
def _explained(what: str) -> Iterator[None]:
    """What Spark says against a model or a file, without a value of the data: an error of ours as it is, what concerns names and
    types in Spark's words, and of everything else only the name of its condition."""
    from py4j.protocol import Py4JError
    from pyspark.errors import AnalysisException, PySparkException

    try:
        yield
    except AnalysisException as error:
        raise ModelError(f"{what}: on Spark: {error}") from None
    except (PySparkException, Py4JError) as error:
        said = str(error)
        if ours := OUR_ERROR.search(said):
            raise getattr(errors, ours[1])(ours[2]) from None
        if missing := MISSING_MODULE.search(said):
            raise UsageError(f"{what}: an executor lacks the package {missing[1]}; install remit835[spark] there") from None
        condition = error.getCondition() if isinstance(error, PySparkException) else None
        raise ModelError(f"{what}: Spark stopped ({condition or type(error).__name__}); see the log of its executors") from None
