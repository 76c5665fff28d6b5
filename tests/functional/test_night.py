"""The nightly job through the command line, with a real warehouse: what a site relies on."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import openpyxl
import pyarrow.parquet as pq
import pytest

from data_samples.inbox_cases import LAKESIDE
from data_samples.x12_writer import (
    Adjustment,
    ClaimPayment,
    Envelope,
    Payer,
    Person,
    Procedure,
    Remittance,
    ServiceLine,
    build_835,
)
from pipeline import models, query, status
from pipeline.errors import Remit835Error, UsageError, WarehouseBusyError
from pipeline.run import run
from pipeline.settings import Settings
from pipeline.tables import TABLES, tables_of
from pipeline.warehouse import Warehouse
from pipeline.work_log import FILL_IN_COLUMNS
from tests.conftest import AS_OF, INBOX, ROOT

Call = Callable[..., subprocess.CompletedProcess[str]]
QUARANTINED = {"empty.835": "empty", "not_x12.835": "no_interchange", "zipped.835": "archive"}
FIRST_NIGHT = ("claims_lakeside_2026h2.837p", "history_mmh01_2026h1.835", "empty.835")
SECOND_NIGHT = ("mmh01_20261119.835",)


@pytest.fixture(scope="module")
def sample_night(tmp_path_factory, remit835) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """The sample inbox, run once with the most that can be logged."""
    warehouse = tmp_path_factory.mktemp("sample") / "warehouse"
    done = remit835(
        "run", INBOX, "--warehouse", warehouse, "--as-of", AS_OF, "--json", environment={"REMIT835_LOG_LEVEL": "debug"}
    )
    return warehouse, done


def inbox_of(folder: Path, *names: str) -> Path:
    folder.mkdir(exist_ok=True)
    for name in names:
        shutil.copy(INBOX / name, folder / name)
    return folder


def contents(warehouse: Path) -> dict[str, bytes]:
    """Every Parquet file of facts and marts, and the CSV."""
    files = [*(warehouse / "facts").rglob("*.parquet"), *Warehouse(warehouse).marts.glob("*/*.parquet")]
    held = {str(path.relative_to(warehouse)): path.read_bytes() for path in files}
    return held | {"worklist.csv": (warehouse / "worklist" / "worklist.csv").read_bytes()}


# --------------------------------------------------------------------------------------------------------------------
# One night
# --------------------------------------------------------------------------------------------------------------------
def test_the_sample_night_is_done_with_files_in_quarantine(sample_night):
    _, done = sample_night
    assert done.returncode == 3, done.stderr
    said = json.loads(done.stdout)
    assert said["files"] == {"accepted": len(list(INBOX.iterdir())) - 3, "quarantined": 3}
    assert {held["file_name"]: held["code"] for held in said["quarantine"]} == QUARANTINED
    for name in said["outputs"]:
        assert Path(name).stat().st_size > 0
    for held in said["quarantine"]:
        kept = Path(held["folder"])
        assert (kept / held["file_name"]).read_bytes() == (INBOX / held["file_name"]).read_bytes()
        assert json.loads((kept / "reason.json").read_text())["how_to_retry"]


def test_the_summary_is_what_the_tables_hold(sample_night):
    warehouse, done = sample_night
    said = json.loads(done.stdout)
    rows = pq.read_table(warehouse / "worklist" / "worklist.parquet").to_pylist()
    steps = {row["next_step"] for row in rows}
    assert {share["name"] for share in said["next_steps"]} == steps
    for share in said["next_steps"]:
        of_step = [row["denied_amount"] for row in rows if row["next_step"] == share["name"]]
        assert (share["item_count"], share["denied_amount"]) == (len(of_step), str(sum(of_step)))
    assert [top["item_id"] for top in said["top"]] == [row["item_id"] for row in rows[:5]]
    with Warehouse(warehouse).connect() as connection:
        charged, paid = connection.sql("SELECT sum(charge_amount), sum(paid_amount) FROM claim_payment").fetchall()[0]
    assert (said["read"]["charged"], said["read"]["paid"]) == (str(charged), str(paid))


def test_the_worklist_is_the_same_in_every_form(sample_night):
    warehouse, _ = sample_night
    folder = warehouse / "worklist"
    with (folder / "worklist.csv").open(encoding="utf-8-sig", newline="") as stream:
        listed = list(csv.DictReader(stream))
    rows = pq.read_table(folder / "worklist.parquet")
    sheet = openpyxl.load_workbook(folder / "worklist.xlsx", read_only=True)["Worklist"]
    shown = [row[0] for row in sheet.iter_rows(min_row=2, max_col=1, values_only=True)]
    assert rows.column_names == TABLES["worklist"].column_names
    assert list(listed[0]) == [*rows.column_names, *FILL_IN_COLUMNS]
    assert [row["item_id"] for row in listed] == rows.column("item_id").to_pylist() == shown
    assert [row["rank"] for row in listed] == [str(number) for number in range(1, len(listed) + 1)]
    assert (folder / "worklist.csv").read_bytes() == (folder / f"worklist_{AS_OF}.csv").read_bytes()


def test_any_engine_can_read_the_tables(sample_night):
    warehouse, _ = sample_night
    with duckdb.connect() as connection:
        facts = f"{warehouse}/facts/adjustment/*/*.parquet"
        assert connection.sql(f"SELECT count(*) FROM read_parquet('{facts}')").fetchall()[0][0] > 0
    for table in tables_of("marts"):
        stored = pq.read_schema(min((warehouse / "marts" / table.name).glob("*.parquet")))
        assert stored.names == table.column_names
        assert stored.field(0).metadata[b"meaning"]


def test_only_the_owner_can_read_the_warehouse(sample_night):
    warehouse, _ = sample_night
    for path in [warehouse, *warehouse.rglob("*")]:
        if not path.is_symlink():
            assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


def test_the_inbox_is_left_as_it_was(sample_night, tmp_path, remit835):
    inbox = inbox_of(tmp_path / "inbox", *FIRST_NIGHT)
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in inbox.iterdir()}
    remit835("run", inbox, "--warehouse", tmp_path / "warehouse", "--as-of", AS_OF)
    assert {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in inbox.iterdir()} == before


def test_no_protected_health_information_is_said_or_logged(sample_night, remit835):
    """No name, member number or control number of the facts stands in what the commands print about a night, or in its log."""
    warehouse, done = sample_night
    secret: set[str] = set()
    with Warehouse(warehouse).connect() as connection:
        for table in tables_of("facts"):
            for column in (column for column in table.columns if column.phi and column.type in ("text", "code")):
                query = f"SELECT DISTINCT {column.name} FROM {table.name} WHERE {column.name} IS NOT NULL"
                secret |= {value for (value,) in connection.sql(query).fetchall()}
    secret = {value for value in secret if len(value) > 3}
    assert len(secret) > 500, "the sample night has no protected health information to look for"
    again = remit835("run", INBOX, "--warehouse", warehouse, "--as-of", AS_OF, "--log-format", "json")
    status = remit835("status", "--warehouse", warehouse)
    check = remit835("check", *sorted(INBOX.iterdir()))
    said = "".join(part for ran in (done, again, status, check) for part in (ran.stdout, ran.stderr))
    said += (warehouse / "last_run.json").read_text() + "".join(path.read_text() for path in warehouse.glob("batches/*.json"))
    words = set(said.replace('"', " ").replace(",", " ").split())
    assert sorted(value for value in secret if (value in words if value.isalpha() else value in said)) == []


# --------------------------------------------------------------------------------------------------------------------
# Nights after each other
# --------------------------------------------------------------------------------------------------------------------
def test_the_same_inbox_twice_changes_nothing(tmp_path, remit835):
    inbox = inbox_of(tmp_path / "inbox", *FIRST_NIGHT, *SECOND_NIGHT)
    first = remit835("run", inbox, "--warehouse", tmp_path / "warehouse", "--as-of", AS_OF)
    before = contents(tmp_path / "warehouse")
    again = remit835("run", inbox, "--warehouse", tmp_path / "warehouse", "--as-of", AS_OF)
    after = contents(tmp_path / "warehouse")
    assert (first.returncode, again.returncode) == (3, 3), first.stderr + again.stderr
    assert "no new files" in again.stdout
    assert "empty.835" in again.stdout, "a file that is still in quarantine is said again"
    assert [name for name in before.keys() | after if before.get(name) != after.get(name)] == []


def test_a_night_continues_the_nights_before(tmp_path, remit835):
    """Two nights give the same marts as one night with all files."""
    inbox = inbox_of(tmp_path / "inbox", *FIRST_NIGHT)
    remit835("run", inbox, "--warehouse", tmp_path / "two", "--as-of", "2026-11-19")
    inbox_of(inbox, *SECOND_NIGHT)
    second = remit835("run", inbox, "--warehouse", tmp_path / "two", "--as-of", AS_OF, "--json")
    remit835("run", inbox, "--warehouse", tmp_path / "one", "--as-of", AS_OF)
    assert json.loads(second.stdout)["files"] == {"known already": 3, "accepted": 1}
    assert len(Warehouse(tmp_path / "two").records()) == 2
    for name in ("worklist.csv", "worklist.parquet"):
        assert (tmp_path / "two" / "worklist" / name).read_bytes() == (tmp_path / "one" / "worklist" / name).read_bytes()
    assert (tmp_path / "two" / "worklist" / "worklist_2026-11-19.csv").exists()


def test_a_rebuild_needs_the_facts_and_the_history_alone(tmp_path, remit835):
    """Every mart may be gone: the same tables and the same worklist come back, and no batch is added."""
    inbox, warehouse = inbox_of(tmp_path / "inbox", *FIRST_NIGHT), tmp_path / "warehouse"
    rebuild = ("run", "--rebuild", "--warehouse", warehouse, "--as-of", "2026-11-21")
    remit835("run", inbox_of(inbox, *SECOND_NIGHT), "--warehouse", warehouse, "--as-of", AS_OF)
    remit835(*rebuild)
    before = contents(warehouse)
    for mart in Warehouse(warehouse).marts.glob("*/"):
        shutil.rmtree(mart)
    done = remit835(*rebuild)
    after = contents(warehouse)
    assert done.returncode == 0, done.stderr
    assert "no new files" in done.stdout
    assert [part.stem for part in (warehouse / "history").iterdir()] == [AS_OF]  # nothing changed the day after
    assert len(Warehouse(warehouse).records()) == 1
    assert [name for name in before.keys() | after if before.get(name) != after.get(name)] == []


def test_a_purge_removes_old_nights_whole_and_leaves_the_rest_as_if_they_had_never_been(tmp_path, remit835):
    inbox, warehouse = inbox_of(tmp_path / "inbox", *FIRST_NIGHT), tmp_path / "warehouse"
    remit835("run", inbox, "--warehouse", warehouse, "--as-of", "2026-11-19")
    remit835("run", inbox_of(inbox, *SECOND_NIGHT), "--warehouse", warehouse, "--as-of", AS_OF)
    before = contents(warehouse)
    purge = ("purge", "--before", AS_OF, "--warehouse", warehouse, "--as-of", AS_OF)

    refused = remit835(*purge)
    assert refused.returncode == 2
    says = "items of the worklist rest on nights before 2026-11-20, or would come back to it without them; nothing was removed"
    assert says in refused.stderr
    assert contents(warehouse) == before

    done = remit835(*purge, "--force")
    assert done.returncode == 0, done.stderr
    assert "removed: 1 batches, 3 files" in done.stdout
    assert "2026-11-19-" in done.stdout
    status = remit835("status", "--warehouse", warehouse)
    assert re.search(r"purged: 1\n  2026-11-19-\w+ +3 files, which stay known", status.stdout), status.stdout
    assert [record["as_of_date"] for record in Warehouse(warehouse).records()] == [AS_OF]
    assert not (warehouse / "worklist" / "worklist_2026-11-19.csv").exists()
    assert not list((warehouse / "quarantine").iterdir())
    assert len(list((warehouse / ".marts").iterdir())) == 1, "no earlier generation holds what was removed"

    remit835("run", *(inbox / name for name in SECOND_NIGHT), "--warehouse", tmp_path / "fresh", "--as-of", AS_OF)
    assert contents(warehouse) == contents(tmp_path / "fresh")

    again = remit835("run", inbox, "--warehouse", warehouse, "--as-of", AS_OF, "--json")
    assert json.loads(again.stdout)["files"] == {"known already": 4}, again.stderr
    assert contents(warehouse) == contents(tmp_path / "fresh"), "the inbox does not bring them back"


def remittance_file(path: Path, day: date, *payments: ClaimPayment) -> Path:
    """One 835 of one remittance of the sample payer."""
    payer = Payer("TEST HEALTH PLAN", "TST01", "123456789", phone="8005550100")
    remittance = Remittance(payer, LAKESIDE, f"T{day:%m%d}", day, payments, production_date=day)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(build_835([remittance], Envelope("SENDER", "RECEIVER", day, day.toordinal())))
    return path


def claim_of(number: str, payer_number: str, reason_code: str, adjusted: str) -> ClaimPayment:
    """A claim of one line of 100.00, of which the payer took off an amount."""
    adjustment = Adjustment("CO", reason_code, Decimal(adjusted))
    line = ServiceLine(Procedure("99213"), Decimal(100), (adjustment,), service_date=date(2026, 1, 5))
    return ClaimPayment(number, payer_number, Person("SAMPLE", "JANE", "M1"), (line,))


def test_a_purge_refuses_where_a_denial_that_was_paid_would_come_back(tmp_path, remit835):
    warehouse = tmp_path / "warehouse"
    paid = remittance_file(tmp_path / "first" / "paid.835", date(2026, 1, 31), claim_of("C1", "ICN22222", "45", "20.00"))
    denied = remittance_file(tmp_path / "second" / "denied.835", date(2026, 1, 21), claim_of("C1", "ICN11111", "197", "100.00"))
    remit835("run", paid, "--warehouse", warehouse, "--as-of", "2026-02-05")
    remit835("run", denied, "--warehouse", warehouse, "--as-of", "2026-03-05")
    assert pq.read_table(warehouse / "worklist" / "worklist.parquet").num_rows == 0

    refused = remit835("purge", "--before", "2026-03-01", "--warehouse", warehouse, "--as-of", "2026-03-10")
    assert refused.returncode == 2
    assert "1 items of the worklist rest on nights before 2026-03-01, or would come back" in refused.stderr


def test_a_purge_leaves_no_list_with_a_row_of_what_it_removed(tmp_path, remit835):
    warehouse = tmp_path / "warehouse"
    old = remittance_file(tmp_path / "first" / "old.835", date(2026, 1, 10), claim_of("C1", "ICN11111", "197", "100.00"))
    new = remittance_file(tmp_path / "second" / "new.835", date(2026, 2, 20), claim_of("C2", "ICN22222", "197", "100.00"))
    by_payer = {"REMIT835_CONFIG": str(tmp_path / "site.yaml")}
    (tmp_path / "site.yaml").write_text("split_worklist_by: [payer_name]\n")
    remit835("run", old, "--warehouse", warehouse, "--as-of", "2026-01-15", environment=by_payer)
    remit835("run", new, "--warehouse", warehouse, "--as-of", "2026-02-25", environment=by_payer)
    later = remittance_file(tmp_path / "third" / "later.835", date(2026, 2, 27), claim_of("C1", "ICN11112", "45", "20.00"))
    remit835("run", later, "--warehouse", warehouse, "--as-of", "2026-02-28", environment=by_payer)
    lists = warehouse / "worklist"
    assert (lists / "by_payer_name" / "test_health_plan.csv").exists()

    done = remit835("purge", "--before", "2026-02-01", "--warehouse", warehouse, "--as-of", "2026-03-01")
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in lists.glob("worklist_2*")) == ["worklist_2026-02-28.csv", "worklist_2026-03-01.csv"]
    assert not list(lists.glob("by_*"))


def test_a_purge_before_the_first_night_removes_nothing(tmp_path, remit835):
    inbox, warehouse = inbox_of(tmp_path / "inbox", *SECOND_NIGHT), tmp_path / "warehouse"
    remit835("run", inbox, "--warehouse", warehouse, "--as-of", AS_OF)
    before = contents(warehouse)
    done = remit835("purge", "--before", AS_OF, "--warehouse", warehouse, "--as-of", AS_OF)
    assert done.returncode == 0, done.stderr
    assert "removed: 0 batches" in done.stdout
    assert contents(warehouse) == before


@pytest.mark.parametrize(
    ("model", "condition", "check", "code"),
    [("worklist", "rank > 1", "dollars_of_items", 14), ("line_unmatched", "false", "line_is_matched_or_says_why", 13)],
)
def test_a_model_that_loses_rows_stops_the_night_and_the_last_worklist_stays(
    tmp_path, monkeypatch, model, condition, check, code
):
    warehouse, day = tmp_path / "warehouse", date.fromisoformat(AS_OF)
    run([inbox_of(tmp_path / "inbox", *FIRST_NIGHT)], warehouse, Settings(threads=1), day)
    marts, listed = Warehouse(warehouse).marts.resolve(), (warehouse / "worklist" / "worklist.csv").read_bytes()
    good, checks = models.proved(ROOT / "sql")
    losing = [replace(one, sql=f"SELECT * FROM ({one.sql}\n) WHERE {condition}") if one.name == model else one for one in good]
    inbox_of(tmp_path / "inbox", *SECOND_NIGHT)
    with monkeypatch.context() as patch:
        patch.setattr(models, "proved", lambda folder: (losing, checks))
        with pytest.raises(Remit835Error, match=f"sql/checks/{check}.sql") as stopped:
            run([tmp_path / "inbox"], warehouse, Settings(threads=1), day)
    assert stopped.value.exit_code == code
    assert Warehouse(warehouse).marts.resolve() == marts
    assert (warehouse / "worklist" / "worklist.csv").read_bytes() == listed
    run([tmp_path / "inbox"], warehouse, Settings(threads=1), day)
    assert (warehouse / "worklist" / "worklist.csv").read_bytes() != listed


def test_a_corrected_file_is_picked_up(tmp_path, remit835):
    inbox = inbox_of(tmp_path / "inbox")
    (inbox / "night.835").write_bytes(b"")
    assert remit835("run", inbox, "--warehouse", tmp_path / "warehouse", "--as-of", AS_OF).returncode == 3
    shutil.copy(INBOX / SECOND_NIGHT[0], inbox / "night.835")
    done = remit835("run", inbox, "--warehouse", tmp_path / "warehouse", "--as-of", AS_OF, "--json")
    assert (done.returncode, json.loads(done.stdout)["files"]) == (0, {"accepted": 1})
    assert len(Warehouse(tmp_path / "warehouse").quarantined()) == 1, "the bad one stays on record"


def test_an_empty_inbox_leaves_an_empty_worklist(tmp_path, remit835):
    (tmp_path / "inbox").mkdir()
    done = remit835("run", tmp_path / "inbox", "--warehouse", tmp_path / "warehouse", "--as-of", AS_OF)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "warehouse" / "worklist" / "worklist.csv").read_text(encoding="utf-8-sig").count("\n") == 1


# --------------------------------------------------------------------------------------------------------------------
# What goes wrong
# --------------------------------------------------------------------------------------------------------------------
def test_a_second_run_is_told_to_wait(tmp_path, remit835):
    inbox = inbox_of(tmp_path / "inbox", *SECOND_NIGHT)
    with Warehouse(tmp_path / "warehouse").held():
        done = remit835("run", inbox, "--warehouse", tmp_path / "warehouse", "--as-of", AS_OF)
    assert done.returncode == WarehouseBusyError.exit_code == 12
    assert "another run holds this warehouse" in done.stderr


@pytest.mark.parametrize("kilobytes", [2, 16])
def test_a_disk_without_room_leaves_nothing_half_done(tmp_path, remit835, kilobytes):
    """A limit on the size of files stands for the full disk: it strikes in the facts, or later in the marts and exports."""
    inbox = inbox_of(tmp_path / "inbox", *FIRST_NIGHT, *SECOND_NIGHT)
    arguments = ["run", inbox, "--warehouse", tmp_path / "warehouse", "--as-of", AS_OF]
    command = f'ulimit -f {kilobytes}; exec "$0" -m pipeline.cli "$@"'
    limited = ["bash", "-c", command, sys.executable, *map(str, arguments)]
    done = subprocess.run(limited, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "cannot be written" in done.stderr
    assert "Make room" in done.stderr
    assert not (tmp_path / "warehouse" / "worklist" / "worklist.csv").exists()
    assert remit835(*arguments).returncode == 3
    remit835("run", inbox, "--warehouse", tmp_path / "undisturbed", "--as-of", AS_OF)
    assert contents(tmp_path / "warehouse") == contents(tmp_path / "undisturbed")


# The reader, disturbed at its first file: the code runs in the process of the command.
DISTURBED = """
import sys
from pathlib import Path
from pipeline import cli, intake
read_file, seen = intake.read_file, []
def disturbed(path, file_id, emit, **options):
    seen.append(path)
    first = path.name == {name!r} and seen.count(path) == 1
    if first and {how!r} == "grows":
        with path.open("ab") as stream:
            stream.write(b"more")
    summary = read_file(path, file_id, emit, **options)
    if first and {how!r} == "fails":
        raise ValueError("a value of the file")
    return summary
intake.read_file = disturbed
intake.alike = lambda contents, index_type: []  # one by one
cli.main(sys.argv[1:])
"""


@pytest.mark.parametrize(("how", "code"), [("grows", "file_changed"), ("fails", "reader_failure")])
def test_a_file_that_spoils_a_batch_is_left_out_and_tried_again(tmp_path, remit835, how, code):
    spoiling = "mmh01_20261119.835"
    inbox = inbox_of(tmp_path / "inbox", *FIRST_NIGHT, spoiling)
    warehouse = ("--warehouse", str(tmp_path / "warehouse"), "--as-of", AS_OF)
    command = [sys.executable, "-c", DISTURBED.format(name=spoiling, how=how), "run", str(inbox), *warehouse, "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 3, done.stderr
    assert "a value of the file" not in done.stdout + done.stderr
    assert {held["file_name"]: held["code"] for held in json.loads(done.stdout)["quarantine"]}[spoiling] == code
    with Warehouse(tmp_path / "warehouse").connect() as connection:
        files = {name for (name,) in connection.sql("SELECT file_name FROM source_file").fetchall()}
        owners = {owner for (owner,) in connection.sql("SELECT DISTINCT file_id FROM claim_payment").fetchall()}
        known = {one for (one,) in connection.sql("SELECT file_id FROM source_file").fetchall()}
    assert files == set(FIRST_NIGHT)
    assert owners <= known, "rows of the file that was left out stayed in the batch"
    again = json.loads(remit835("run", inbox, *warehouse, "--json").stdout)
    assert again["files"] == {"known already": 3, "accepted": 1}


def test_a_link_to_nothing_does_not_stop_the_night(tmp_path, remit835):
    inbox = inbox_of(tmp_path / "inbox", *SECOND_NIGHT)
    (inbox / "gone.835").symlink_to(inbox / "nowhere")
    (inbox / "coming.835.part").write_bytes(b"ISA")
    done = remit835("run", inbox, "--warehouse", tmp_path / "warehouse", "--as-of", AS_OF, "--json")
    assert done.returncode == 3
    assert json.loads(done.stdout)["files"] == {"accepted": 1, "to be tried again": 1, "left alone": 1}
    assert "coming.835.part" in done.stderr


# --------------------------------------------------------------------------------------------------------------------
# Other commands
# --------------------------------------------------------------------------------------------------------------------
def test_query_prints_and_writes(sample_night, tmp_path, remit835):
    warehouse, _ = sample_night
    sql = "SELECT next_step, sum(denied_amount) AS denied FROM worklist GROUP BY next_step ORDER BY next_step"
    printed = remit835("query", sql, "--warehouse", warehouse)
    assert (printed.returncode, "coding_review" in printed.stdout) == (0, True)
    for suffix in ("csv", "parquet"):
        done = remit835("query", sql, "--warehouse", warehouse, "--out", tmp_path / f"steps.{suffix}")
        assert done.returncode == 0, done.stderr
    assert pq.read_table(tmp_path / "steps.parquet").schema.field("denied").type.scale == 2
    assert (tmp_path / "steps.csv").read_text().startswith('"next_step","denied"')
    assert "3 rows more" in remit835("query", "FROM range(5)", "--warehouse", warehouse, "--limit", "2").stdout


def test_query_reads_a_pipe_and_writes_one(sample_night):
    command = [sys.executable, "-m", "pipeline.cli", "query", "--warehouse", str(sample_night[0]), "--format", "csv"]
    sql = "SELECT rank, denied_amount, NULL AS nothing FROM worklist ORDER BY rank LIMIT 2"
    done = subprocess.run(command, cwd=ROOT, input=sql, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.splitlines()[:2]) == (0, ["rank,denied_amount,nothing", "1,12500.00,"]), done.stderr


def test_query_ends_in_peace_when_its_reader_has_enough(sample_night):
    command = [sys.executable, "-m", "pipeline.cli", "query", "FROM service_line, range(300)", "--format", "csv"]
    with subprocess.Popen(
        [*command, "--warehouse", str(sample_night[0])], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout.readline().startswith("file_id,")
        running.stdout.close()
        said = running.stderr.read()
    assert (running.returncode, said) == (0, "")


@pytest.mark.parametrize(
    ("sql", "hint"),
    [
        ("SELECT payername FROM worklist", "payer_name"),
        ("SELECT w.denied_amt FROM worklist AS w", "denied_amount"),
        ("SELECT service_date FROM adjustment", "Tables with service_date: service_line"),
        ("FROM worklst", 'Did you mean "worklist"'),
    ],
)
def test_query_says_what_may_have_been_meant(sample_night, sql, hint):
    with pytest.raises(UsageError) as error:
        query.as_text(sample_night[0], sql, 5)
    assert hint in str(error.value)


def test_a_table_too_wide_for_the_terminal_becomes_records(sample_night):
    sql = "SELECT rank, next_step, deadline_basis FROM worklist ORDER BY rank"
    narrow = query.as_text(sample_night[0], sql, 2, width=60).splitlines()
    assert narrow[0] == "-- row 1"
    assert narrow[1].split() == ["rank", "1"]
    assert narrow[-1].startswith("(43 rows more")
    assert query.as_text(sample_night[0], sql, 2).splitlines()[0].split() == ["rank", "next_step", "deadline_basis"]


def test_the_prompt_answers_until_the_end_of_input(sample_night, tmp_path):
    out = tmp_path / "steps.parquet"
    typed = [
        ".help", ".tables denial_t", ".columns worklst", ".columns carc_pareto", "SELECT rank", "FROM worklist", "LIMIT 1;",
        "SELECT 1 +;", ".records", "SELECT 7 AS seven;", f".out {out}", "SELECT next_step FROM worklist;", "SELECT 8 AS eight;",
        "Help", "exit", "never read",
    ]  # fmt: skip
    said: list[str] = []

    def read(_: str) -> str:
        if not typed:
            raise EOFError
        return typed.pop(0)

    query.prompt(sample_night[0], read, said.append, 10, 100)
    assert typed == ["never read"] and said[-1] == query.HELP
    typed[:] = ["SELECT 9 AS nine"]  # without a semicolon: the end of input ends it
    query.prompt(sample_night[0], read, said.append, 10, 100)
    text = "\n".join(said)
    for answer in (".columns TABLE", "denial_trend", "there are worklist", "pareto_number", "rank\n----\n   1", "syntax error",
                   "-- row 1\nseven  7", "45 rows written", "-- row 1\neight  8", "nine\n----\n   9"):  # fmt: skip
        assert answer in text
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert pq.read_table(out).num_rows == 45


@pytest.mark.parametrize(
    "sql",
    ["DROP VIEW worklist", "CREATE TABLE a AS SELECT 1", "COPY worklist TO 'x.csv'", "SELECT 1; SELECT 2", "SELECT nothing"],
)
def test_query_refuses_what_is_no_select(sample_night, remit835, sql):
    assert remit835("query", sql, "--warehouse", sample_night[0]).returncode == 2


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("SELECT patient_name::INT FROM worklist", "Conversion Error"),
        ("EXPLAIN ANALYZE SELECT patient_name::INT FROM worklist", "Conversion Error"),
        ("SELECT error(patient_name) FROM worklist", "Invalid Input Error"),
        ("FROM worklist, json_each('{}', '$' || worklist.patient_name)", "Binder Error while the query ran"),
        # so late that Arrow says it
        ("SELECT if(i < 300000, '1', (SELECT min(patient_name) FROM worklist))::INT FROM range(300001) r(i)", "Conversion Error"),
    ],
)
def test_query_says_no_value_of_the_data(sample_night, tmp_path, sql, said):
    warehouse = sample_night[0]
    with query.open_tables(warehouse) as connection:
        names = {name.split(",")[0] for (name,) in connection.execute("SELECT patient_name FROM worklist").fetchall()}
    shown: list[str] = []
    for ask in (
        lambda: query.as_text(warehouse, sql, 5),
        lambda: query.stream_csv(warehouse, sql, io.StringIO()),
        lambda: query.write(warehouse, sql, tmp_path / "out.csv"),
        lambda: query.write(warehouse, sql, tmp_path / "out.parquet"),
    ):
        with pytest.raises(UsageError) as refused:
            ask()
        shown.append(str(refused.value))
    answers = iter([f"{sql};", ".quit"])
    query.prompt(warehouse, lambda prompt: next(answers), shown.append, 10, 100)
    assert [words for words in shown if said in words] == [*shown[:4], shown[5]]
    assert [name for name in names if name in "".join(shown)] == []


def test_query_says_where_in_the_query_it_failed(sample_night):
    with pytest.raises(UsageError, match=r"\n\nLINE 2: patient_name::INT FROM worklist\n +\^"):
        query.as_text(sample_night[0], "SELECT\npatient_name::INT FROM worklist", 5)


def test_query_says_no_first_row_of_a_file_that_it_reads(sample_night, tmp_path):
    (tmp_path / "names.csv").write_text("DOE,JANE\nROE,RICK\n")
    with pytest.raises(UsageError, match="Candidate bindings: ") as refused:
        query.as_text(sample_night[0], f"SELECT nothing FROM '{tmp_path}/names.csv'", 5)
    assert "DOE" not in str(refused.value)


def test_status_says_what_is_there(sample_night, remit835):
    warehouse, _ = sample_night
    status = json.loads(remit835("status", "--warehouse", warehouse, "--json").stdout)
    assert len(status["batches"]) == 1
    assert status["files"]["quarantined"] == len(status["quarantine"]) == 3
    assert {finding["finding_code"] for finding in status["findings"]} == {
        "line_out_of_balance",
        "reason_code_unknown",
        "transaction_out_of_balance",
    }
    assert status["last_run"]["as_of_date"] == AS_OF
    text = remit835("status", "--warehouse", warehouse).stdout
    assert status["batches"][0]["batch_id"] in text


@pytest.mark.parametrize("damaged", ["", '{"as_of_date": "2026', "[]", "{}", b"\xff"])
def test_status_does_without_a_damaged_last_run(tmp_path, damaged):
    warehouse = inbox_of(tmp_path / "warehouse")
    (warehouse / "batches").mkdir()
    assert "last run: none is complete" in status.as_text(status.status_of(warehouse))
    (warehouse / "last_run.json").write_bytes(damaged if isinstance(damaged, bytes) else damaged.encode())
    found = status.status_of(warehouse)
    assert (found["last_run"], found["last_run_is_damaged"]) == (None, True)
    assert "last run: unknown: last_run.json is damaged; the next run writes it anew" in status.as_text(found)


@pytest.mark.parametrize("command", [("status",), ("query", "SELECT 1")])
@pytest.mark.parametrize("folder", ["nowhere", "."])
def test_a_warehouse_that_is_not_there_is_said(tmp_path, remit835, command, folder):
    done = remit835(*command, "--warehouse", tmp_path / folder)
    assert (done.returncode, "there is no warehouse" in done.stderr) == (2, True)


def test_a_night_without_files_makes_a_warehouse(tmp_path, remit835):
    ran = remit835("run", inbox_of(tmp_path / "inbox"), "--warehouse", tmp_path / "warehouse", "--as-of", AS_OF)
    done = remit835("status", "--warehouse", tmp_path / "warehouse")
    assert (ran.returncode, done.returncode) == (0, 0), ran.stderr + done.stderr
    assert f"batches: 0\nfiles: none\nin quarantine: 0\nfindings: 0\nlast run: as of {AS_OF}, no new files" in done.stdout
