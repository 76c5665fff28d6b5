"""The nightly job. STAGES is the table of contents: each stage reads what earlier ones left in `Night`, and adds its own.

One bad file never stops the night: it is refused with a reason and the batch is begun again without it, if some of it had been
read. One bad mapping, model or setting always does, before the inbox is touched.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, fields
from datetime import date
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa

import pipeline
from pipeline import engine_spark, increment, land, log, mappings, memory, models, purge, remote, summary
from pipeline.code_use import CodeLists
from pipeline.errors import ContractError, DollarsError, UsageError
from pipeline.export import export_worklist
from pipeline.increment import Basis
from pipeline.intake import TRY_AGAIN, Intake
from pipeline.land import LandedFile, Landing, Refusal
from pipeline.parse import FileSummary
from pipeline.purge import Purged
from pipeline.report import write_report
from pipeline.settings import Settings, data_folder
from pipeline.summary import Held, Logged, Summary
from pipeline.tables import TABLES, schema_of
from pipeline.warehouse import ROW_GROUP_ROWS, Batch, Warehouse, explained, printable, write_atomically
from pipeline.work_log import Entry, choices_of, facts_of, read_log

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

# What somebody watching sees: stage, done, of how many.
Progress = Callable[[str, int, int], None]

# Findings of severity error in these categories: the file is damaged, and its implementation guide may say how.
STRUCTURAL = {"envelope", "structure"}
# Over so few rows of facts a model is mostly planning, which a statement does by one thread: two are made at once, each by one
# thread. Over more rows each keeps all threads busy, and memory has room for what one needs: a mart is written meanwhile.
SMALL_WAREHOUSE_ROWS = ROW_GROUP_ROWS
CONNECTIONS_AT_ONCE = 2
GIVE_BACK_BYTES = 150_000_000  # that are read before free memory is given back


@dataclass
class Night:
    """What one run knows. `codes`: the tables of mappings/, by name."""

    inbox: Sequence[Path | str]
    warehouse: Warehouse
    settings: Settings
    as_of: date
    progress: Progress
    codes: dict[str, pa.Table]
    models: list[models.Model]
    checks: list[models.Model]
    landing: Landing = field(default_factory=Landing)
    refused: dict[LandedFile | Path, Refusal] = field(default_factory=dict)
    accepted: dict[LandedFile, FileSummary] = field(default_factory=dict)
    entries: Sequence[Entry] = ()
    record: dict | None = None
    connection: duckdb.DuckDBPyConnection | None = None
    spark: SparkSession | None = None
    is_rebuild: bool = False
    basis: Basis | None = None
    carried: Collection[str] = ()
    failed_checks: Callable[[Sequence[models.Model]], dict[str, pa.Table]] | None = None
    dollars: dict[str, Decimal] = field(default_factory=dict)
    outputs: list[Path] = field(default_factory=list)


# --------------------------------------------------------------------------------------------------------------------
# The stages
# --------------------------------------------------------------------------------------------------------------------
def land_files(night: Night) -> None:
    """Inbox -> new files, by their bytes. What is elsewhere is fetched first."""
    fetched = remote.fetch([place for place in night.inbox if isinstance(place, str)], night.warehouse.staging / "fetched")
    here = [place for place in night.inbox if isinstance(place, Path)]
    night.landing = land.land([*here, *fetched.folders], night.warehouse.known_hashes(), night.warehouse.path)
    night.refused.update(night.landing.refused)
    for path, error in fetched.failed:
        night.refused[path] = Refusal("unreadable", f"it cannot be fetched ({error})", TRY_AGAIN, is_lasting=False)
    for path in night.landing.left_alone:
        log.info("left alone: hidden, temporary or not a regular file", file_name=printable(path.name))
    log.info("landed", new=len(night.landing.new), known=len(night.landing.known), left_alone=len(night.landing.left_alone))


@memory.kept()
def parse_files(night: Night) -> None:
    """New files -> one committed batch of facts. Files that cannot be read go to quarantine."""
    batch = night.warehouse.begin()
    read = _read_files if night.spark is None else _read_files_on_spark
    while not read(night, batch):
        batch.abandon()
        batch = night.warehouse.begin()
    _check_guides(night, batch)
    for file, refusal in night.refused.items():
        folder = night.warehouse.keep_quarantined(file, refusal)
        log.warning("quarantined", file_name=printable(file.name), code=refusal.code, folder=folder.name)
    sources = _source_files(night)
    if not sources:
        batch.abandon()
        return
    batch.append("source_file", pa.Table.from_pylist(sources, schema_of("source_file")))
    kept = ("file_id", "sha256", "file_name", "byte_count", "kind", "file_status", "quarantine_code")
    night.record = batch.commit(
        night.as_of,
        [source["sha256"] for source in sources],
        [{name: source[name] for name in kept} for source in sources],
        {"reader_version": pipeline.__version__, "settings_digest": night.settings.digest},
    )
    log.info("batch committed", batch_id=night.record["batch_id"], files=len(sources), rows=batch.row_count)


def log_entries(night: Night) -> None:
    """Entries of billers -> one committed batch of work_log. What is logged already is left out."""
    with night.warehouse.connect() as connection:
        logged = connection.sql("SELECT work_log_id, entry_number FROM work_log").fetchall()
    rows = facts_of(night.entries, {one for one, _ in logged}, max((number for _, number in logged), default=0))
    log.info("work log read", entries=len(night.entries), new=rows.num_rows)
    if not rows.num_rows:
        return
    batch = night.warehouse.begin()
    batch.append("work_log", rows)
    about = {"reader_version": pipeline.__version__, "settings_digest": night.settings.digest}
    night.record = batch.commit(night.as_of, rows.column("work_log_id").to_pylist(), [], about)


def run_models(night: Night) -> None:
    """Facts and mappings -> the marts: stage, classify, match, decide, prioritise."""
    settings = night.settings
    threads = settings.threads or os.cpu_count() or 1
    is_small = night.spark is None and night.warehouse.row_count() <= SMALL_WAREHOUSE_ROWS
    night.connection = night.warehouse.connect(settings.memory_limit, 1 if is_small else settings.threads)
    night.warehouse.hold_facts(night.connection, "source_file")
    parameter = {
        "as_of_date": night.as_of,
        "lookback_months": settings.lookback_months,
        "minimum_balance_amount": settings.minimum_balance_amount,
        "mail_days": settings.mail_days,
        "default_deadline_days": settings.default_deadline_days,
        "client_labels_on": bool(settings.client_labels),
    }
    parameters = pa.Table.from_pylist([parameter], schema_of("run_parameter"))
    contents = {**night.codes, "run_parameter": parameters}
    models.provide(night.connection, contents)
    done: list[str] = []

    def on_model(model: models.Model, seconds: float) -> None:
        done.append(model.name)
        night.progress("models", len(done), len(night.models))
        log.debug("model done", model=model.name, stage=model.stage, seconds=round(seconds, 3))

    def run_all(making: models.Making) -> None:
        with ExitStack() as opened:
            others = [opened.enter_context(night.connection.cursor()) for _ in range(min(threads, CONNECTIONS_AT_ONCE) - 1)]
            for cursor in others:
                models.provide(cursor, contents)
            models.run_side_by_side([night.connection, *others], night.models, on_model, making, is_one_at_a_time=not is_small)

    night.basis = increment.basis_of(night.models, contents, night.warehouse.records())
    reason = "asked for" if night.is_rebuild else increment.reason_to_rebuild(night.warehouse, night.basis)
    night.warehouse.connect_history(night.connection, is_carried=reason is None)
    if night.spark is not None:
        on_spark = engine_spark.SparkModels(night.spark, night.warehouse, night.connection)
        on_spark.provide(contents)
        on_spark.run(night.models, on_model)
        night.failed_checks = on_spark.run_checks
    elif reason:
        log.info("all marts anew", reason=reason)
        anew = increment.Anew(night.warehouse, night.connection, night.basis.as_of, [*night.models, *night.checks])
        run_all(anew)
        night.carried = anew.carried
        night.failed_checks = partial(models.run_checks, night.connection)
    else:
        one_night = increment.begin(night.warehouse, night.connection, night.basis, [*night.models, *night.checks])
        run_all(one_night)
        night.carried = one_night.carried
        night.failed_checks = partial(one_night.run_checks, night.connection)


def check_tables(night: Night) -> None:
    """Nothing stands against the tables: every check finds no row, and dollars in are dollars out."""
    for name, rows in night.failed_checks(night.checks).items():
        broken = DollarsError if name.startswith("dollars_") else ContractError
        raise broken(f"sql/checks/{name}.sql finds {rows.num_rows} rows, and there must be none; the marts stay as they were")
    night.dollars = _dollars_in_and_out(night.connection)


def write_marts(night: Night) -> None:
    """The night's history, then the marts -> Parquet, switched to as a whole."""
    night.warehouse.keep_history(night.connection, night.as_of)
    kept = [model.name for model in night.models if TABLES[model.name].kind == "marts"]
    night.warehouse.write_marts(night.connection, kept, night.basis.as_dict(), night.carried)


def export(night: Night) -> None:
    """The worklist -> CSV, Parquet and spreadsheet."""
    with explained(night.warehouse.path):
        night.outputs = export_worklist(
            night.connection, night.warehouse.worklist, night.as_of, choices_of(night.codes), night.settings.split_worklist_by
        )


def report(night: Night) -> None:
    """The marts -> the page for people."""
    night.outputs.append(write_report(night.connection, night.warehouse, night.as_of))


def publish(night: Night) -> None:
    """The files for people -> copies elsewhere, where the site wants them."""
    if night.settings.publish_to:
        remote.publish(night.outputs, night.warehouse.path, night.settings.publish_to)
        log.info("copies published", files=len(night.outputs), place=remote.shown(night.settings.publish_to))


STAGES: tuple[tuple[str, Callable[[Night], None]], ...] = (
    ("land", land_files),
    ("parse", parse_files),
    ("models", run_models),
    ("checks", check_tables),
    ("marts", write_marts),
    ("export", export),
    ("report", report),
    ("publish", publish),
)
# The marts anew from the facts that are there. A work log comes instead of an inbox; the rest is the same.
REBUILD_STAGES = STAGES[2:]
LOG_STAGES = (("log", log_entries), *REBUILD_STAGES)


# --------------------------------------------------------------------------------------------------------------------
# The job
# --------------------------------------------------------------------------------------------------------------------
def run(
    inbox: Sequence[Path | str],
    warehouse: Path,
    settings: Settings,
    as_of: date | None = None,
    progress: Progress = lambda stage, done, total: None,
    entries: Sequence[Entry] | None = None,
    engine: str = "duckdb",
) -> Summary:
    """One night by one of ENGINES: the inbox (paths, and addresses as text) into the warehouse, the worklist out. With `entries`
    of a work log, these instead of an inbox. Returns what the run says of itself. Raises Remit835Error."""
    night = _prepared(inbox, warehouse, settings, as_of, progress)
    night.entries = entries or ()
    return _worked_by(engine, night, STAGES if entries is None else LOG_STAGES)


def rebuild(
    warehouse: Path,
    settings: Settings,
    as_of: date | None = None,
    progress: Progress = lambda stage, done, total: None,
    engine: str = "duckdb",
) -> Summary:
    """All marts and the worklist anew from the facts and the history; no file is read and no batch is made. The history is what
    was said on earlier nights: it went by the rules of those nights, which no fact holds. Returns what the run says of itself.
    Raises Remit835Error."""
    if not Warehouse(warehouse).records():
        raise UsageError(f"{warehouse}: there are no facts; begin with remit835 run INBOX --warehouse {warehouse}")
    night = _prepared((), warehouse, settings, as_of, progress)
    night.is_rebuild = True
    return _worked_by(engine, night, REBUILD_STAGES)


def purge_before(
    before: date,
    warehouse: Path,
    settings: Settings,
    as_of: date | None = None,
    is_forced: bool = False,
    progress: Progress = lambda stage, done, total: None,
) -> Purged:
    """Removes the batches of nights before a day whole, with all that was made of them, and makes the marts anew from the rest.
    Their files stay known, so that an inbox that still holds them does not bring them back. Refuses with UsageError while items
    of the worklist rest on them, or would come back to it, unless forced. A purge that was killed is finished by the next one.
    Raises Remit835Error."""
    night = _prepared((), warehouse, settings, as_of, progress)
    if not warehouse.is_dir():
        raise UsageError(f"{warehouse}: there is no warehouse; make one with remit835 run INBOX --warehouse {warehouse}")
    removed: list[dict] = []
    resting = 0

    def remove(night: Night) -> None:
        nonlocal resting
        removed.extend(purge.due(night.warehouse, before))
        resting = purge.resting_count(night.warehouse, removed)
        if resting and not is_forced:
            raise UsageError(
                f"{warehouse}: {resting:,} items of the worklist rest on nights before {before}, or would come back to it "
                "without them; nothing was removed. Work them first, give an earlier day, or remove them all the same "
                "with --force"
            )
        night.warehouse.purge(removed, before)
        log.info("batches removed", batches=len(removed), items=resting)

    def forget(night: Night) -> None:
        night.warehouse.keep_history(night.connection, night.as_of, every_night=True)
        night.warehouse.forget_earlier_generations()

    said = _worked(night, (("purge", remove), *REBUILD_STAGES, ("forget", forget)))
    return purge.purged(removed, resting, said)


def _prepared(inbox: Sequence[Path | str], warehouse: Path, settings: Settings, as_of: date | None, progress: Progress) -> Night:
    """A night whose mappings and models are good; nothing is touched yet."""
    loaded, checks = models.proved(data_folder("sql"))
    return Night(
        inbox,
        Warehouse(warehouse),
        settings,
        as_of or settings.today(),
        progress,
        mappings.tables_of_site(settings),
        loaded,
        checks,
    )


def _worked_by(engine: str, night: Night, stages: Sequence[tuple[str, Callable[[Night], None]]]) -> Summary:
    """The stages by one of ENGINES; Spark is there as long as they last."""
    if engine == "duckdb":
        return _worked(night, stages)
    with engine_spark.session() as night.spark:
        return _worked(night, stages)


def _worked(night: Night, stages: Sequence[tuple[str, Callable[[Night], None]]]) -> Summary:
    """One stage after the other, by the one run that holds the warehouse."""
    with night.warehouse.held():
        try:
            for name, stage in stages:
                began = time.monotonic()
                try:
                    stage(night)
                except duckdb.OutOfMemoryException as error:
                    raise models.out_of_memory(f"stage {name}") from error
                log.info("stage done", stage=name, seconds=round(time.monotonic() - began, 3))
            said = _summary(night)
            with explained(night.warehouse.path):
                write_atomically(night.warehouse.path / "last_run.json", said.as_json().encode())
            return said
        finally:
            if night.connection is not None:
                night.connection.close()


def log_work(file: Path, warehouse: Path, settings: Settings, as_of: date | None = None) -> Logged:
    """A work log into the warehouse, and the marts and the worklist made anew. Returns what was taken and refused. Raises
    Remit835Error."""
    today = as_of or settings.today()
    place = Warehouse(warehouse)
    if not place.marts.is_symlink():
        raise UsageError(f"{warehouse}: there is no worklist yet; make one with remit835 run INBOX --warehouse {warehouse}")
    found = read_log(file, mappings.tables_of_site(settings), place.known_items(), today)
    night = run((), warehouse, settings, today, entries=found.entries)
    taken = night.read.get("work log entries", 0)
    refused = [
        {"row": one.row, "faults": [dict(zip(("column", "fix"), fault, strict=True)) for fault in one.faults]}
        for one in found.refused
    ]
    return Logged(
        taken=taken,
        known_already=len(found.entries) - taken,
        without_entry=found.empty_count,
        refused=refused,
        refused_file=str(found.refused_file) if found.refused_file else None,
        night=night,
    )


def _read_files(night: Night, batch: Batch) -> bool:
    """Reads every new file that is not refused into the batch. False where a file had to be refused after some of it had been
    read: the batch must be begun again."""
    night.accepted.clear()
    total, done, given_back_at = sum(file.byte_count for file in night.landing.new), 0, 0
    intake = Intake(night.settings.extract_columns, CodeLists.of(night.codes), total)
    left = [file for file in night.landing.new if file not in night.refused]
    with closing(intake.readings(left, night.settings.threads or os.cpu_count() or 1)) as readings:
        for files, reading in readings:
            for table_name, rows in reading:
                batch.append(table_name, rows)
            for file, outcome in zip(files, reading.result.outcomes, strict=True):
                (night.refused if isinstance(outcome, Refusal) else night.accepted)[file] = outcome
                log.debug("read" if file in night.accepted else "refused", file_id=file.file_id)
                done += file.byte_count
            if done - given_back_at > GIVE_BACK_BYTES:
                memory.give_back()
                given_back_at = done
            if reading.result.has_torn:
                return False
            night.progress("parse", done, total)
    return True


def _read_files_on_spark(night: Night, batch: Batch) -> bool:
    """The same on the executors. Always True: nothing of a refused file gets into the batch."""
    total, done = sum(file.byte_count for file in night.landing.new), 0
    intake = Intake(night.settings.extract_columns, CodeLists.of(night.codes), total)
    for file, outcome in engine_spark.read_files(night.spark, batch, night.landing.new, intake):
        (night.refused if isinstance(outcome, Refusal) else night.accepted)[file] = outcome
        done += file.byte_count
        night.progress("parse", done, total)
    return True


def _check_guides(night: Night, batch: Batch) -> None:
    """Holds damaged files against their implementation guide, within the time that settings give, and adds the findings to the
    batch. Advice: no file is refused for it, and a checker that hangs or dies costs nothing but its time."""
    damaged = {file.path: file for file, outcome in night.accepted.items() if outcome.error_categories & STRUCTURAL}
    seconds = night.settings.guide_total_seconds
    if not damaged or not seconds:
        return
    from pipeline.conformance import check_guides  # pyx12 is slow to import, and few nights need it

    verdicts = dict(check_guides(list(damaged), night.settings.guide_seconds, seconds))
    for path, file in damaged.items():  # not as they were ready: the same files give the same facts
        verdict = verdicts[path]
        if verdict.sha256 in ("", file.sha256):  # else it changed after it was read
            batch.append("finding", verdict.findings(file.file_id))
            log.info("guide checked", file_id=file.file_id, errors=len(verdict.errors))


def _source_files(night: Night) -> list[dict]:
    """Rows of source_file: what was read, and what will never be readable. A file to be tried again is not on record."""
    rows = []
    counted = [name for name in schema_of("source_file").names if name in {field.name for field in fields(FileSummary)}]
    for file in night.landing.new:
        row = {
            "file_id": file.file_id,
            "sha256": file.sha256,
            "file_name": printable(file.name),
            "byte_count": file.byte_count,
            "received_at": file.received_at,
            "quarantine_code": None,
            "quarantine_reason": None,
        }
        refusal, outcome = night.refused.get(file), night.accepted.get(file)
        if outcome is not None:
            rows.append({name: getattr(outcome, name) for name in counted} | row)
        elif refusal is not None and refusal.is_lasting:
            refused = {"kind": "none", "file_status": "quarantined"}
            rows.append(row | refused | {"quarantine_code": refusal.code, "quarantine_reason": refusal.reason})
    return rows


def _dollars_in_and_out(connection: duckdb.DuckDBPyConnection) -> dict[str, Decimal]:
    """Denied dollars of the denied lines, and where they are; that they add up sql/checks/dollars_of_items.sql proves."""

    def total(table: str) -> Decimal:
        return connection.execute(f"SELECT coalesce(sum(denied_amount), 0)::DECIMAL(18,2) FROM {table}").fetchall()[0][0]

    return {
        "denied": total("denied_line"),
        "on the worklist": total("worklist"),
        "excluded, with a reason": total("worklist_excluded"),
        "closed by a biller": total("closed_item"),
    }


def _summary(night: Night) -> Summary:
    quarantined = {file["sha256"]: file for record in night.warehouse.records() for file in record["files"]}
    known = [quarantined[file.sha256] for file in night.landing.known if file.sha256 in quarantined]
    held_before = {file["file_id"] for file in known if file["file_status"] == "quarantined"}
    held_now = {night.warehouse.quarantine_folder(file).name for file in night.refused}
    statuses = [outcome.file_status for outcome in night.accepted.values()]
    statuses += ["quarantined" if refusal.is_lasting else "to be tried again" for refusal in night.refused.values()]
    statuses += ["known already"] * len(night.landing.known) + ["left alone"] * len(night.landing.left_alone)
    return Summary(
        as_of_date=night.as_of.isoformat(),
        warehouse=str(night.warehouse.path),
        batch_id=night.record["batch_id"] if night.record else None,
        files=summary.count_files(statuses),
        read=summary.read_of(night.record),
        findings=summary.findings_of(night.connection, [file.file_id for file in night.accepted]),
        families=summary.families_of(night.connection),
        next_steps=summary.next_steps_of(night.connection),
        labelled_remarks=summary.labelled_remarks_of(night.connection),
        unmapped_codes=summary.unmapped_codes_of(night.connection),
        code_uses=summary.code_uses_of(night.connection),
        ledger_findings=summary.ledger_findings_of(night.connection),
        delta=summary.delta_of(night.connection),
        small_balances=summary.small_balances_of(night.connection),
        dollars=night.dollars,
        top=summary.top_of(night.connection),
        outputs=[str(path) for path in night.outputs],
        quarantine=[
            Held(held["file_name"], held["code"], held["reason"], held["folder"])
            for held in night.warehouse.quarantined()
            if Path(held["folder"]).name in held_now or Path(held["folder"]).name.partition("_")[0] in held_before
        ],
    )
