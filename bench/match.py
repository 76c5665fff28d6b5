"""How fast the match stage is: 200,000 denied lines against five million paid ones and the claims of all of them.

    python -m bench.match --paid 5000000 --denied 200000

The tables that the stage reads are made as Parquet, without X12: patients who come back every few months for the same two
procedures, and whose last visit is denied. Then the models of sql/3_match run as in the nightly job, with the memory limit and
the threads given, in a process of their own whose peak memory is measured.
"""

from __future__ import annotations

import json
import multiprocessing
import resource
import tempfile
import time
from pathlib import Path

import click
import duckdb

from pipeline import mappings, models
from pipeline.settings import data_folder
from pipeline.tables import TABLES, TYPES, tables_of

STAGE = "3_match"
# Evidence that a later stage looks up, for the items that are open: here all of them are.
LATER = ("other_patient_evidence",)
LINES_PER_CLAIM = 2
VISITS_PER_MEMBER = 5
CLAIMS_PER_FILE = 50_000

# One row a claim: its number, member and day. Visits of a member lie 120 days apart; the denied ones are the latest.
CLAIMS = """
    SELECT
        number,
        number % {members} AS member,
        'file' || lpad(CAST(number // {claims_per_file} AS VARCHAR), 12, '0') AS file_id,
        (number % {claims_per_file}) * 10 AS segment_index,
        DATE '2024-11-22' + CAST(120 * (number // {members}) + number % 50 AS INTEGER) AS service_date,
        'C' || lpad(CAST(number AS VARCHAR), 12, '0') AS control_number,
        'M' || lpad(CAST(number % {members} AS VARCHAR), 10, '0') AS member_id,
        'NAME' || chr(CAST(65 + number % {members} % 26 AS INTEGER)) || chr(CAST(65 + number % {members} // 26 % 26 AS INTEGER))
            || chr(CAST(65 + number % {members} // 676 % 26 AS INTEGER))
            || chr(CAST(65 + number % {members} // 17576 % 26 AS INTEGER)) AS last_name,
        'payer' || CAST(number % {members} % 5 AS VARCHAR) AS payer_key,
        number >= {first_denied} AS is_denied
    FROM range({claims}) AS claim(number)
"""
LINES = """
    SELECT
        claim.number, claim.file_id, claim.segment_index AS claim_segment_index, claim.segment_index + place AS segment_index,
        claim.service_date, claim.control_number, claim.member_id, claim.payer_key, place,
        lpad(CAST(97000 + claim.member % 800 + place AS VARCHAR), 5, '0') AS procedure_code,
        CAST(100 + claim.member % 50 AS DECIMAL(18, 2)) AS charge_amount,
        claim.is_denied AND place = 1 AS is_denied,
        claim.control_number || '-' || CAST(place AS VARCHAR) AS line_control_number,
        'M' || lpad(CAST(claim.member % 900 AS VARCHAR), 3, '0') || ' Z0000' AS diagnosis_codes
    FROM ({claims_query}) AS claim
    CROSS JOIN range(1, {lines} + 1) AS line(place)
"""
# Of each table the columns that matter; the others are empty.
COLUMNS = {
    "claim_payment_current": (
        "claims",
        {
            "file_id": "file_id", "segment_index": "segment_index", "claim_key": "md5(payer_key || control_number)",
            "payer_key": "payer_key", "patient_control_number": "control_number", "claim_status_code": "'1'",
            "payer_claim_control_number": "'ICN' || control_number", "member_id": "member_id", "patient_last_name": "last_name",
            "patient_first_name": "'ALEX'", "charge_amount": "200", "payment_date": "service_date + 20",
            "denial_date": "service_date + 20", "trace_number": "'EFT' || file_id", "payee_npi": "'2999900110'",
        },
    ),
    "claim_payment": ("claims", {"file_id": "file_id", "segment_index": "segment_index", "insured_id": "member_id"}),
    "submitted_claim": (
        "claims",
        {
            "file_id": "'837' || file_id", "segment_index": "segment_index", "patient_control_number": "control_number",
            "subscriber_id": "member_id", "patient_birth_date": "DATE '1960-01-01'", "charge_amount": "200",
            "transaction_date": "service_date + 3", "claim_frequency_code": "'1'", "line_count": "2",
            "diagnosis_codes": "'M000 Z0000'", "diagnosis_code_set": "'ICD-10'",
        },
    ),
    "service_line_current": (
        "lines",
        {
            "file_id": "file_id", "segment_index": "segment_index", "claim_segment_index": "claim_segment_index",
            "claim_key": "md5(payer_key || control_number)", "payer_key": "payer_key", "billed_procedure_code": "procedure_code",
            "charge_amount": "charge_amount", "paid_amount": "CASE WHEN is_denied THEN 0 ELSE charge_amount * 7 / 10 END",
            "allowed_amount": "charge_amount * 8 / 10", "service_date": "service_date", "is_latest": "TRUE",
            "line_control_number": "line_control_number", "patient_control_number": "control_number", "member_id": "member_id",
            "claim_status_code": "'1'",
        },
    ),
    "denied_line": (
        "denied",
        {
            "item_id": "md5(line_control_number)", "file_id": "file_id", "segment_index": "segment_index",
            "claim_segment_index": "claim_segment_index", "line_segment_index": "segment_index",
            "claim_key": "md5(payer_key || control_number)", "payer_key": "payer_key", "denied_amount": "charge_amount",
            "charge_amount": "charge_amount", "paid_amount": "0", "group_code": "'CO'", "reason_codes": "'50'",
            "has_frequency_signal": "FALSE",
        },
    ),
    "submitted_line": (
        "lines",
        {
            "file_id": "'837' || file_id", "segment_index": "segment_index", "claim_segment_index": "claim_segment_index",
            "line_number": "place", "procedure_code": "procedure_code", "charge_amount": "charge_amount", "line_units": "1",
            "place_of_service_code": "'11'", "diagnosis_codes": "diagnosis_codes", "diagnosis_basis": "'pointer'",
            "service_date": "service_date", "service_end_date": "service_date", "line_control_number": "line_control_number",
        },
    ),
}  # fmt: skip


def make(folder: Path, paid: int, denied: int) -> None:
    """Writes the tables that the stage reads, one Parquet file each."""
    claims = (paid + denied) // LINES_PER_CLAIM
    claims_query = CLAIMS.format(
        members=max(1, claims // VISITS_PER_MEMBER), claims=claims, first_denied=claims - denied, claims_per_file=CLAIMS_PER_FILE
    )
    lines_query = LINES.format(claims_query=claims_query, lines=LINES_PER_CLAIM)
    sources = {"claims": claims_query, "lines": lines_query, "denied": f"SELECT * FROM ({lines_query}) WHERE is_denied"}
    with duckdb.connect() as connection:
        connection.execute("SET enable_progress_bar = FALSE")
        for name, (source, values) in COLUMNS.items():
            columns = ", ".join(
                f"CAST({values.get(column.name, 'NULL')} AS {TYPES[column.type][1]}) AS {column.name}"
                for column in TABLES[name].columns
            )
            connection.execute(f"COPY (SELECT {columns} FROM ({sources[source]})) TO '{folder / name}.parquet'")


def match(folder: Path, memory_limit: str, threads: int) -> dict:
    """Runs the stage. Seconds and processor seconds by model, rows of what it makes, and peak memory of this process in MiB."""
    stage = [model for model in models.load(data_folder("sql")) if model.stage == STAGE or model.name in LATER]
    seconds: dict[str, float] = {}
    processor_seconds: dict[str, float] = {}
    with duckdb.connect() as connection:
        connection.execute(
            f"SET memory_limit = '{memory_limit}'; SET threads = {threads}; SET temp_directory = '{folder / 'work'}'"
        )
        connection.execute("SET preserve_insertion_order = FALSE; SET enable_progress_bar = FALSE")
        for kind in ("facts", "mapping"):
            for table in tables_of(kind):
                if table.name not in COLUMNS:
                    connection.execute(table.ddl())
        # what else the stage reads of earlier ones is empty
        made = {model.name for model in stage}
        for name in sorted({name for model in stage for name in model.reads} - made - set(COLUMNS)):
            if TABLES[name].kind not in ("facts", "mapping"):
                connection.execute(TABLES[name].ddl())
        for name in COLUMNS:
            connection.execute(f"CREATE VIEW {name} AS SELECT * FROM '{folder / name}.parquet'")
        for name, table in mappings.load(data_folder("mappings")).tables.items():
            connection.register("given", table)
            connection.execute(f"INSERT INTO {name} SELECT * FROM given")
        connection.execute("INSERT INTO open_item (item_id) SELECT item_id FROM denied_line")
        connection.execute("INSERT INTO run_parameter (as_of_date, lookback_months) VALUES (DATE '2026-11-20', 24)")
        for model in stage:
            began, used_before = time.monotonic(), time.process_time()
            models.run(connection, [model])
            seconds[model.name] = round(time.monotonic() - began, 2)
            processor_seconds[model.name] = round(time.process_time() - used_before, 2)
        counted = ("wanted_line", "line_match", "paid_line", "precedent_candidate", "precedent", "other_patient_evidence")
        rows = {name: connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in counted}
        named = connection.execute("SELECT count(*) FROM precedent WHERE is_candidate").fetchone()[0]
    used = resource.getrusage(resource.RUSAGE_SELF)
    peak = used.ru_maxrss // 1024
    return {
        "seconds": seconds,
        "processor_seconds_by_model": processor_seconds,
        "total_seconds": round(sum(seconds.values()), 1),
        "processor_seconds": round(used.ru_utime + used.ru_stime, 1),
        "rows": rows,
        "candidates": named,
        "peak_mib": peak,
    }


@click.command(help=__doc__)
@click.option("--paid", default=5_000_000, show_default=True, help="How many paid lines.")
@click.option("--denied", default=200_000, show_default=True, help="How many denied lines.")
@click.option("--memory-limit", default="1500MB", show_default=True, help="Of the SQL engine; the process takes some more.")
@click.option("--threads", default=2, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for machines.")
def main(paid: int, denied: int, memory_limit: str, threads: int, as_json: bool) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        make(folder, paid, denied)
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            measured = pool.apply(match, (folder, memory_limit, threads))
    if as_json:
        click.echo(json.dumps({"paid": paid, "denied": denied, **measured}))
        return
    for name, taken in measured["seconds"].items():
        click.echo(f"{name:<28}{taken:>8.2f} s{measured['processor_seconds_by_model'][name]:>10.2f} s of processors")
    click.echo(", ".join(f"{name} {count:,}" for name, count in measured["rows"].items()))
    click.echo(
        f"{denied:,} denied lines, {paid:,} paid ones: {measured['total_seconds']} s "
        f"({measured['processor_seconds']} s of processors), peak {measured['peak_mib']:,} MiB, "
        f"{measured['candidates']:,} candidates"
    )


if __name__ == "__main__":
    main()
