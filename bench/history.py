"""What a night costs after a short history and after one twenty times as long: seconds, processor seconds and memory.

    python -m bench.history --lines 25000 --nights 10 --times 20

A template of one night is written as X12 and read once by the reader. Every night of the history is that template with its own
numbers, names and days: Parquet facts, batch by batch, as the reader gives them for the same files (this is checked on one
night). A night brings new claims, the later decisions about claims of nights before (paid at last, reversed and corrected),
837 files that come late, and take-backs. Denials that no later payment settles are written off in the work log. Then the same
new files run on a copy of each warehouse, each in a process of its own.
"""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import random
import re
import resource
import shutil
import tempfile
import time
from collections import defaultdict
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import click
import duckdb
import pyarrow as pa

from data_samples.inbox_cases import LAKESIDE, PAYERS
from data_samples.make_bulk import DIAGNOSES, MODIFIERS, PROCEDURES, decided_line
from data_samples.x12_writer import (
    ClaimPayment,
    Envelope,
    Payer,
    Person,
    Procedure,
    ProviderAdjustment,
    Remittance,
    ServiceLine,
    SubmittedClaim,
    SubmittedLine,
    build_835,
    build_837,
)
from pipeline import settings
from pipeline.land import FILE_ID_DIGITS
from pipeline.parse import read_file
from pipeline.run import rebuild, run
from pipeline.tables import TABLES, schema_of
from pipeline.warehouse import Warehouse

FIRST_DAY = date(2025, 11, 1)
# A mark in a value names the night that it belongs to, as nights before its own: @n03@ as a number, @m03@ and @a03@ as the visit
# of a patient, who comes back every so many nights, in digits and in letters.
MARK = re.compile(rb"@([nma])(\d\d)@")
PATIENT_NIGHTS = 40
FIRST_NUMBER = 100
LAGS = range(2, 10)  # nights until a later decision comes
LATE_CLAIM_LAG = 3
SETTLED_SHARE, REVERSED_SHARE, LATE_CLAIM_SHARE = 0.6, 0.005, 0.05
CLAIMS_PER_PAYMENT = 200
LINES_PER_CLAIM = 2.4
KEPT_DATES = {"patient_birth_date", "subscriber_birth_date"}


# --------------------------------------------------------------------------------------------------------------------
# The template of a night
# --------------------------------------------------------------------------------------------------------------------
def marked(prefix: str, kind: str, lag: int, number: int) -> str:
    return f"{prefix}@{kind}{lag:02}@{number:06}" if kind != "a" else f"{prefix}@a{lag:02}@{letters(number)}"


def letters(number: int) -> str:
    return "".join(chr(65 + number // 26**place % 26) for place in range(4))


def template(day: date, lines: int, seed: int = 1) -> dict[str, bytes]:
    """File name to X12 with marks: for each payer an 835 of the night `day`, and an 837."""
    draw = random.Random(seed)
    claims_per_payer = max(2, round(lines / LINES_PER_CLAIM / len(PAYERS)))
    files = {}
    for place, payer in enumerate(PAYERS):
        paid: list[ClaimPayment] = []
        submitted: list[SubmittedClaim] = []
        taken_back: list[ProviderAdjustment] = []
        for number in range(place * 100_000, place * 100_000 + claims_per_payer):
            lag = draw.choice(LAGS)
            first, billed = claim_of(payer, number, 0, day, random.Random(f"{seed} {number}"))
            earlier, _ = claim_of(payer, number, lag, day, random.Random(f"{seed} {number}"))
            if draw.random() < LATE_CLAIM_SHARE:
                _, billed = claim_of(payer, number, LATE_CLAIM_LAG, day, random.Random(f"{seed} {number}"))
            paid.append(first)
            submitted.append(billed)
            is_denied = any(line.remark_codes or len(line.adjustments) == 1 for line in earlier.lines)
            if is_denied and draw.random() < SETTLED_SHARE:
                settled = replace(earlier, lines=tuple(as_paid(line) for line in earlier.lines))
                if draw.random() < 0.4:
                    paid += [earlier.reversed(), settled]
                else:
                    number_again = marked(f"{payer.payer_id}R", "n", lag, number)
                    paid.append(replace(settled, claim_frequency_code="7", payer_claim_control_number=number_again))
            elif not is_denied and draw.random() < REVERSED_SHARE:
                paid += [earlier.reversed(), replace(earlier, lines=tuple(as_paid(line, 5) for line in earlier.lines))]
                taken_back.append(ProviderAdjustment("WO", Decimal("1.00"), earlier.payer_claim_control_number))
        envelope = Envelope("HISTORYSENDER", "LAKESIDEBILLING", day, place + 1)
        remittances = [
            Remittance(
                payer, LAKESIDE, marked(f"EFT{place}", "n", 0, count), day, tuple(paid[start : start + CLAIMS_PER_PAYMENT]),
                tuple(replace(one, fiscal_period_date=day) for one in taken_back) if start == 0 else (),
                production_date=day - timedelta(days=1),
            )
            for count, start in enumerate(range(0, len(paid), CLAIMS_PER_PAYMENT), 1)
        ]  # fmt: skip
        files[f"history_{place}.835"] = build_835(remittances, envelope)
        files[f"history_{place}.837"] = build_837(submitted, LAKESIDE, envelope)
    return files


def claim_of(payer: Payer, number: int, lag: int, day: date, draw: random.Random) -> tuple[ClaimPayment, SubmittedClaim]:
    """The claim `number` of the night `lag` nights before. Two claims have one patient."""
    patient = number // 2
    member = Person(
        marked("SAMPLE", "a", lag, patient), "ALEX", marked("M", "m", lag, patient), birth_date=date(1960, 1, 1), gender="U"
    )
    service_day = day - timedelta(days=lag + 10 + number % 20)
    control_number = marked("B", "n", lag, number)
    by_patient = random.Random(patient)
    procedures = by_patient.sample(PROCEDURES, 3)
    diagnoses = tuple(by_patient.sample(DIAGNOSES, 2))
    lines, submitted = [], []
    for line_number in range(1, draw.choices((1, 2, 3, 4, 6), (30, 30, 20, 15, 5))[0] + 1):
        code, list_charge = procedures[line_number % 3]
        procedure = Procedure(code, draw.choice(MODIFIERS))
        charge = Decimal(list_charge) + Decimal(draw.randrange(2000)) / 100
        line_control_number = f"{control_number}-{line_number}"
        decided = decided_line(procedure, charge, draw)
        lines.append(replace(decided, service_date=service_day, line_control_number=line_control_number))
        submitted.append(SubmittedLine(procedure, charge, service_day, line_control_number=line_control_number))
    payment = ClaimPayment(
        control_number, marked(payer.payer_id, "n", lag, number), member, tuple(lines), claim_received_date=service_day
    )
    return payment, SubmittedClaim(control_number, member, payer, tuple(submitted), diagnoses)


def as_paid(line: ServiceLine, cents_more: int = 0) -> ServiceLine:
    """The line with a contract price and nothing else taken off."""
    contractual = (line.charge_amount * 35 / 100).quantize(Decimal("0.01")) - Decimal(cents_more) / 100
    adjustment = replace(line.adjustments[0], group_code="CO", reason_code="45", amount=contractual)
    return replace(line, adjustments=(adjustment,), remark_codes=(), allowed_amount=line.charge_amount - contractual)


def filled(content: bytes, night: int) -> bytes:
    """The text of one night: its marks as numbers and letters."""

    def value(mark: re.Match) -> bytes:
        kind, lag = mark[1].decode(), int(mark[2])
        visit = (night - lag) % PATIENT_NIGHTS
        values = {"n": f"{FIRST_NUMBER + night - lag:04}", "m": f"{visit:04}", "a": chr(65 + visit // 26) + chr(65 + visit % 26)}
        return values[kind].encode()

    return MARK.sub(value, content)


# --------------------------------------------------------------------------------------------------------------------
# The history
# --------------------------------------------------------------------------------------------------------------------
def read_template(folder: Path, files: dict[str, bytes]) -> dict[str, pa.Table]:
    """The facts of the template, marks and all, and `source_file`."""
    parts: dict[str, list[pa.Table]] = defaultdict(list)
    sources = []
    for name, content in files.items():
        path = folder / name
        path.write_bytes(content)
        digest = hashlib.sha256(content).hexdigest()
        outcome = read_file(path, digest[:FILE_ID_DIGITS], lambda table, rows: parts[table].append(rows))
        counted = {column: getattr(outcome, column) for column in schema_of("source_file").names if hasattr(outcome, column)}
        about = {"file_id": digest[:FILE_ID_DIGITS], "sha256": digest, "file_name": name, "byte_count": len(content)}
        arrived = {"received_at": datetime(2025, 11, 1, tzinfo=UTC), "quarantine_code": None, "quarantine_reason": None}
        sources.append(counted | about | arrived)
    tables = {name: pa.concat_tables(rows) for name, rows in parts.items()}
    return tables | {"source_file": pa.Table.from_pylist(sources, schema_of("source_file"))}


def night_query(table: str, night: int) -> str:
    """The template's rows of a table as those of one night."""
    selected = []
    for column in TABLES[table].columns:
        name = column.name
        if name == "sha256":
            value = f"sha256(concat({name}, '{night}'))"
        elif name.endswith("file_id"):
            value = f"left(sha256(concat({name}, '{night}')), {FILE_ID_DIGITS})"
        elif name == "body_hash":
            value = f"md5(concat({name}, '{night}'))"
        elif column.type == "date" and name not in KEPT_DATES:
            value = f"CAST({name} + {night} AS DATE)"
        elif column.type in ("text", "code"):
            mark = f"split_part({name}, '@', 2)"
            lag = f"CAST(substr({mark}, 2) AS INTEGER)"
            visit = f"(({night} - {lag}) % {PATIENT_NIGHTS} + {PATIENT_NIGHTS}) % {PATIENT_NIGHTS}"
            value = f"""CASE WHEN {name} LIKE '%@%@%' THEN concat(split_part({name}, '@', 1), CASE left({mark}, 1)
                WHEN 'n' THEN lpad(CAST({FIRST_NUMBER + night} - {lag} AS VARCHAR), 4, '0')
                WHEN 'm' THEN lpad(CAST({visit} AS VARCHAR), 4, '0')
                ELSE concat(chr(65 + {visit} // 26), chr(65 + {visit} % 26)) END, split_part({name}, '@', 3)) ELSE {name} END"""
        else:
            value = name
        selected.append(f"{value} AS {name}")
    return f"SELECT {', '.join(selected)} FROM template_{table}"


# What names a file or its bytes differs: a night of the history has no file.
OF_FILES = {"file_id", "sha256", "body_hash", "byte_count"}


def prove(folder: Path, facts: dict[str, pa.Table], lines: int, night: int) -> None:
    """The night as made from the template holds what the reader gives for the files of that night. Raises AssertionError."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {name: filled(content, night) for name, content in template(FIRST_DAY + timedelta(days=night), lines).items()}
    read = read_template(folder, files)
    with duckdb.connect() as connection:
        for name, rows in facts.items():
            connection.register(f"template_{name}", rows)
            connection.register(f"read_{name}", read[name])
            columns = ", ".join(column for column in TABLES[name].column_names if column not in OF_FILES)
            made, given = f"SELECT {columns} FROM ({night_query(name, night)})", f"SELECT {columns} FROM read_{name}"
            differing = f"SELECT count(*) FROM (({made} EXCEPT ALL {given}) UNION ALL ({given} EXCEPT ALL {made}))"
            ((count,),) = connection.sql(differing).fetchall()
            assert count == 0, f"{name}: {count} rows are not what the reader gives"
    assert read.keys() == facts.keys()


def commit_night(warehouse: Warehouse, connection: duckdb.DuckDBPyConnection, names: list[str], night: int) -> None:
    batch = warehouse.begin()
    for name in names:
        rows = connection.sql(night_query(name, night)).to_arrow_table()
        batch.append(name, pa.Table.from_arrays(rows.combine_chunks().columns, schema=schema_of(name)))
    kept = ("file_id", "sha256", "file_name", "byte_count", "kind", "file_status", "quarantine_code")
    sources = connection.sql(f"SELECT {', '.join(kept)} FROM ({night_query('source_file', night)})").to_arrow_table().to_pylist()
    hashes = [source["sha256"] for source in sources]
    batch.commit(FIRST_DAY + timedelta(days=night), hashes, sources, {"reader_version": "bench", "settings_digest": ""})


def write_offs(warehouse: Warehouse, last_night: int) -> None:
    """Logs the write-off of what no later decision has settled in time; one in a hundred is forgotten."""
    settled_by = FIRST_DAY + timedelta(days=last_night - max(LAGS))
    with warehouse.connect() as connection:
        warehouse.connect_marts(connection)
        items = connection.execute(
            "SELECT denied_line.item_id, claim.denial_date + 10 FROM denied_line JOIN claim_payment_current AS claim"
            " ON claim.file_id = denied_line.file_id AND claim.segment_index = denied_line.claim_segment_index"
            " WHERE claim.denial_date < ? AND right(denied_line.item_id, 2) >= '03' ORDER BY denied_line.item_id", [settled_by]
        ).fetchall()  # fmt: skip
    rows = [
        {"work_log_id": hashlib.sha256(item.encode()).hexdigest()[:32], "entry_number": place, "item_id": item,
         "action_date": day, "worked_by": "bench", "action": "write_off"}
        for place, (item, day) in enumerate(items, 1)
    ]  # fmt: skip
    if rows:
        with warehouse.held():
            batch = warehouse.begin()
            batch.append("work_log", pa.Table.from_pylist(rows, schema_of("work_log")))
            about = {"reader_version": "bench", "settings_digest": ""}
            batch.commit(FIRST_DAY + timedelta(days=last_night), [row["work_log_id"] for row in rows], [], about)


def build(path: Path, facts: dict[str, pa.Table], first_night: int, end_night: int, say=click.echo) -> None:
    """The warehouse of the nights from the first to the one before the end, with its marts."""
    began = time.monotonic()
    warehouse = Warehouse(path)
    with warehouse.held(), duckdb.connect() as connection:
        for name, rows in facts.items():
            connection.register(f"template_{name}", rows)
        for night in range(first_night, end_night):
            commit_night(warehouse, connection, list(facts), night)
    last_day = FIRST_DAY + timedelta(days=end_night - 1)
    say(f"{path.name}: facts {time.monotonic() - began:.0f} s", err=True)
    in_own_process(rebuilt, path, last_day)
    write_offs(warehouse, end_night - 1)
    measured = in_own_process(rebuilt, path, last_day)
    say(f"{path.name}: built in {time.monotonic() - began:.0f} s; all marts anew: {measured}", err=True)


# --------------------------------------------------------------------------------------------------------------------
# The measurement
# --------------------------------------------------------------------------------------------------------------------
def in_own_process(work, *arguments) -> dict:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(measured, (work, arguments))


def measured(work, arguments: tuple) -> dict:
    """What `work` costs: seconds, processor seconds, peak memory of the process in MiB; and what it returns."""
    began = time.monotonic()
    result = work(*arguments)
    seconds = time.monotonic() - began
    used = resource.getrusage(resource.RUSAGE_SELF)
    cost = {
        "seconds": round(seconds, 2),
        "processor_seconds": round(used.ru_utime + used.ru_stime, 2),
        "peak_mib": used.ru_maxrss // 1024,
    }
    return cost | (result or {})


def rebuilt(path: Path, day: date) -> dict:
    """The marts of all facts."""
    stages, models = timed(lambda progress: rebuild(path, settings.load(), day, progress))
    return {"stages": stages, "models": models}


def one_night(path: Path, inbox: Path, day: date) -> dict:
    """The new files into the warehouse."""
    stages, models = timed(lambda progress: run([inbox], path, settings.load(), day, progress))
    return {"stages": stages, "models": models}


def timed(work) -> tuple[dict, dict]:
    """Seconds by stage and by model, from the log of the run."""
    from pipeline import log

    stages: dict[str, float] = {}
    models: dict[str, float] = {}
    spoken_info, spoken_debug = log.info, log.debug

    def info(event: str, **values: object) -> None:
        if event == "stage done":
            stages[str(values["stage"])] = values["seconds"]
        spoken_info(event, **values)

    def debug(event: str, **values: object) -> None:
        if event == "model done":
            models[str(values["model"])] = values["seconds"]
        spoken_debug(event, **values)

    log.info, log.debug = info, debug
    try:
        work(lambda stage, done, total: None)
    finally:
        log.info, log.debug = spoken_info, spoken_debug
    return stages, models


@click.command(help=__doc__)
@click.option("--lines", default=25_000, show_default=True, help="Service lines of a night.")
@click.option("--nights", default=10, show_default=True, help="Nights of the short history.")
@click.option("--times", default=20, show_default=True, help="How many times as long the long history is.")
@click.option("--folder", type=click.Path(path_type=Path, file_okay=False), help="Keep the warehouses here, and use those there.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for machines.")
def main(lines: int, nights: int, times: int, folder: Path | None, as_json: bool) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        place = folder or Path(temporary)
        place.mkdir(parents=True, exist_ok=True)
        last = nights * times
        warehouses = {"short": (last - nights, nights), "long": (0, last)}
        if not all((place / name).exists() for name in warehouses):
            (place / "template").mkdir(exist_ok=True)
            facts = read_template(place / "template", template(FIRST_DAY, lines))
            prove(place / "proof", facts, lines, last - 1)
            for name, (first, _) in warehouses.items():
                if not (place / name).exists():
                    build(place / name, facts, first, last)
        inbox = place / "inbox"
        inbox.mkdir(exist_ok=True)
        day = FIRST_DAY + timedelta(days=last)
        for name, content in template(day, lines).items():
            (inbox / name).write_bytes(filled(content, last))
        results = {}
        for name in warehouses:
            copy = place / f"{name}_copy"
            shutil.rmtree(copy, ignore_errors=True)
            shutil.copytree(place / name, copy, symlinks=True)
            os.sync()  # the copy is not the night's work
            results[name] = in_own_process(one_night, copy, inbox, day)
    tell(results, as_json)


def tell(results: dict[str, dict], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(results))
        return
    short, long = results["short"], results["long"]
    for part in ("stages", "models"):
        for name, seconds in long[part].items():
            click.echo(f"{name:<28}{short[part].get(name, 0):>8.2f} s{seconds:>8.2f} s")
    for name in ("seconds", "processor_seconds", "peak_mib"):
        click.echo(f"{name:<28}{short[name]:>8} {long[name]:>9}   ratio {long[name] / short[name]:.2f}")


if __name__ == "__main__":
    main()
