"""What follows from the files of a night alone equals what all facts give: after every night, whatever order the remittances
come in and however they are split into nights, the marts are the same files, byte for byte, as if they were made anew."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from pipeline import increment, models, tables
from pipeline import run as nightly
from pipeline import warehouse as warehouse_module
from pipeline.run import log_work, rebuild, run
from pipeline.settings import Settings
from pipeline.warehouse import Warehouse
from tests.conftest import INBOX
from tests.property.test_ledger import Facts, facts_of, histories
from tests.spec import harness

TARGETS = {
    "service_line_current", "denied_line", "classified_adjustment", "ledger_finding", "claim_takeback", "code_use", "price_line",
    "denied_payment", "line_in_doubt", "decided_pair", "unmapped_code",
}  # fmt: skip
# What follows from what nights said and billers logged, too.
OF_NIGHTS = {
    "item_denial", "item_settlement", "item_outcome", "worked_step", "work_state", "open_item", "closed_item", "denied_item",
}  # fmt: skip
FIRST_NIGHT = date(2026, 2, 2)
LARGE = 3  # rows of a table that is written as soon as it is made
# Two nights, then nothing for a week: the parts of earlier nights are put together while the nights go on.
NIGHTS_APART = 11
DENIED = {"claim": 1, "status": "1", "paid": 0, "number": "N", "reason": ("CO", "50"), "remark": "", "level": "line"}

# A later day whose remittance is one that came before: its segments, or its payment, equal those of another.
twins = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4), st.sampled_from(["body", "payment"])), max_size=2)
# Submitted claims, each in a file of its own that comes on any night: of one of the two claims, or of another one.
submissions = st.lists(
    st.fixed_dictionaries(
        {
            "patient_control_number": st.sampled_from(["C1", "00C1", "c2 ", "C3"]),
            "claim_frequency_code": st.sampled_from(["1", "7", "8"]),
            "procedure_code": st.sampled_from(["99213", "97110"]),
            "diagnosis_codes": st.sampled_from(["M5450", "M5450 M545"]),
        }
    ),
    max_size=3,
)


# What billers log on the nights: of an item that is there or will be, or of none; in words that the state machine knows.
entries = st.lists(
    st.fixed_dictionaries(
        {
            "night": st.integers(0, 9),
            "place": st.integers(0, 9),
            "days_before": st.integers(0, 30),
            "action": st.sampled_from(
                [None, "call", "coding_review", "appeal", "appeal_denied", "corrected_claim", "follow_up", "write_off", "reopen"]
            ),
            "coding_outcome": st.sampled_from([None, None, "confirmed", "corrected"]),
            "item_status": st.sampled_from([None, None, None, "waiting", "closed", "open"]),
            "turnaround_days": st.sampled_from([None, 1, 20]),
        }
    ),
    max_size=8,
)


def nights_of(facts: Facts, order: list[str]) -> Iterable[dict[str, pa.Table]]:
    """The facts of one file after the other."""
    for file_id in order:
        yield {
            name: harness.arrow_table(name, [row for row in harness.fact_rows(name, rows) if row["file_id"] == file_id])
            for name, rows in facts.items()
        }


def logged(night: int, entries: list[dict], items: list[str]) -> pa.Table:
    """The entries of a night as facts."""
    rows = [
        {name: entry[name] for name in ("action", "coding_outcome", "item_status", "turnaround_days")}
        | {
            "work_log_id": f"W{night}-{number}",
            "entry_number": 10 * night + number,
            "item_id": [*items, "of no claim"][entry["place"] % (len(items) + 1)],
            "action_date": day_of(night) - timedelta(days=entry["days_before"]),
        }
        for number, entry in enumerate(entries)
        if entry["night"] == night
    ]
    return pa.Table.from_pylist(rows, tables.schema_of("work_log"))


@pytest.fixture(autouse=True, scope="module")
def what_nobody_reads_goes():
    """Tables of few rows go too, so that one that goes too early is missed here. Each part is written by itself, and some weeks
    share one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(increment, "FEW_ROWS", 1)
        patch.setattr(increment, "BYTES_AT_A_TIME", 1)
        patch.setattr(warehouse_module, "PART_ROWS", 2)
        yield


def day_of(night: int) -> date:
    """The day of a night: nights come in twos."""
    return FIRST_NIGHT + timedelta(days=night // 2 * NIGHTS_APART + night % 2)


def commit(warehouse: Warehouse, night: int, files: list[tuple[str, dict[str, pa.Table]]], log: pa.Table | None = None) -> None:
    batch = warehouse.begin()
    if log is not None:
        batch.append("work_log", log)
    for _, content in files:
        for name, rows in content.items():
            batch.append(name, pa.Table.from_arrays(rows.columns, schema=tables.schema_of(name)))
    rows = [{"file_id": file_id, "sha256": file_id, "file_status": "read"} for file_id, _ in files]
    batch.commit(day_of(night), [f"night {night}", *(row["sha256"] for row in rows)], rows, {})


def given_contents(**parameters: object) -> dict[str, pa.Table]:
    """The shipped mappings and run_parameter."""
    schema = tables.schema_of("run_parameter")
    parameter = {name: (harness.RUN_PARAMETER | parameters).get(name) for name in schema.names}
    return {**harness.shipped_mappings().tables, "run_parameter": pa.Table.from_pylist([parameter], schema)}


def contents_of(number: int, said: list[dict]) -> dict[str, pa.Table]:
    """What a night is given beside facts: with the memory of the nights before."""
    history = pa.Table.from_pylist(said, tables.schema_of("item_history_before"))
    return given_contents(as_of_date=day_of(number)) | {"item_history_before": history}


def make_marts(
    warehouse: Warehouse,
    is_anew: bool,
    contents: dict[str, pa.Table] | None = None,
    targets: set[str] = TARGETS | OF_NIGHTS,
    failing: Sequence[models.Model] = (),
) -> None:
    """The targets and what they rest on, as the nightly job makes them. No check finds anything but those that are `failing`."""
    contents = contents or contents_of(0, [])
    needed = harness.needed(targets, {"item_history_before"})
    kept = [model.name for model in needed if tables.TABLES[model.name].kind == "marts"]
    made = {model.name for model in needed} | {"denial_family"} | {table.name for table in tables.tables_of("facts")}
    checks = [*(check for check in models.load_checks(harness.ROOT / "sql") if check.reads <= made), *failing]
    basis = increment.basis_of(needed, contents, warehouse.records())
    with warehouse.connect(threads=1) as connection:
        models.provide(connection, contents)
        if is_anew:
            anew = increment.Anew(warehouse, connection, basis.as_of, [*needed, *checks], LARGE)
            models.run_side_by_side([connection], needed, lambda *done: None, anew)
            assert set(models.run_checks(connection, checks)) == {check.name for check in failing}
            assert passing_tables(connection) <= {name for check in checks for name in check.reads}
            warehouse.write_marts(connection, kept, basis.as_dict(), anew.carried)
        else:
            assert increment.reason_to_rebuild(warehouse, basis) is None
            night = increment.begin(warehouse, connection, basis, [*needed, *checks])
            models.run_side_by_side([connection], needed, lambda *done: None, night)
            assert set(night.run_checks(connection, checks)) == {check.name for check in failing}
            looked_up = {name.partition(".")[2] for name in increment.LOOKED_UP}
            assert passing_tables(connection) <= looked_up | set(tables.OF_ITEMS) | set(tables.OF_NIGHTS)
            warehouse.write_marts(connection, kept, basis.as_dict(), night.carried)


def passing_tables(connection: duckdb.DuckDBPyConnection) -> set[str]:
    """Tables with rows that are there but kept nowhere: steps, and copies of what was touched."""
    made = connection.sql("SELECT schema_name, table_name FROM duckdb_tables() WHERE estimated_size > 0").fetchall()
    declared = [(schema, tables.TABLES[name]) for schema, name in made if name in tables.TABLES]
    return {table.name for schema, table in declared if schema != "main" or table.kind == "steps"}


def content(warehouse: Path) -> dict[str, bytes]:
    """The Parquet files of the marts."""
    marts = (warehouse / "marts").resolve()
    return {str(part.relative_to(marts)): part.read_bytes() for part in sorted(marts.glob("*/*.parquet"))}


def assert_nights_end_as_all_facts_do(
    facts: Facts, nights: list[list[str]], entries: Iterable[dict] = ()
) -> list[dict[str, int]]:
    """Night after night in one warehouse, everything anew each night in another. In the end the rows are those of a single night
    that brings all files at once, but for what follows from the nights. Billers log `entries` of the items ever denied. Returns
    the rows by table of each night."""
    counts: list[dict[str, int]] = []
    with tempfile.TemporaryDirectory() as folder:
        at_once = Warehouse(Path(folder) / "at_once")
        with at_once.held():
            file_ids = sorted(file_id for night in nights for file_id in night)
            commit(at_once, 0, list(zip(file_ids, nights_of(facts, file_ids), strict=True)))
            make_marts(at_once, is_anew=True)
        items = sorted({row["item_id"] for row in rows_of(at_once, "item_denial")})
        carried, anew = Warehouse(Path(folder) / "carried"), Warehouse(Path(folder) / "anew")
        said: list[dict] = []
        for number, file_ids in enumerate(nights):
            files = list(zip(file_ids, nights_of(facts, file_ids), strict=True))
            for warehouse in (carried, anew):
                with warehouse.held():
                    commit(warehouse, number, files, logged(number, entries, items))
                    make_marts(warehouse, number == 0 or warehouse is anew, contents_of(number, said))
            assert content(carried.path) == content(anew.path)
            said += [row | {"night_date": day_of(number)} for row in denials_of(anew)]
            counts.append({name: len(rows_of(carried, name)) for name in TARGETS})
        for name in ("claim_payment_event", *TARGETS):
            assert rows_of(at_once, name) == rows_of(carried, name)
    return counts


def denials_of(warehouse: Warehouse) -> list[dict]:
    """What the night says of each denied line, as item_history keeps it."""
    columns = ["item_id", "file_id", "segment_index", "payer_key", "family", "denied_amount", "paid_amount"]
    return pq.read_table(warehouse.marts / "denied_line", columns=columns).to_pylist()


def rows_of(warehouse: Warehouse, name: str) -> list[dict]:
    """The rows of a mart in the order of its key, however they are cut into parts."""
    key = tables.TABLES[name].key
    return sorted(pq.read_table(warehouse.marts / name).to_pylist(), key=lambda row: [str(row[column]) for column in key])


def as_twin(facts: Facts, one: int, other: int, what: str) -> None:
    """Makes the remittance of one day a copy of another's: by its segments, or by its payment alone."""
    same = ("body_hash",) if what == "body" else ("trace_number", "payment_date")
    facts["remittance"][other] |= {name: facts["remittance"][one][name] for name in same}


def add_submitted(facts: Facts, name: str, claim: dict[str, str]) -> str:
    """A file with one submitted claim and its line."""
    line = {column: claim[column] for column in ("procedure_code", "diagnosis_codes")}
    facts.setdefault("submitted_claim", []).append({"file_id": name} | {key: claim[key] for key in claim.keys() - line.keys()})
    facts.setdefault("submitted_line", []).append({"file_id": name, "segment_index": "2"} | line)
    return name


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow], phases=(Phase.explicit, Phase.generate))
@given(histories, twins, submissions, entries, st.randoms(use_true_random=False))
def test_every_night_leaves_the_marts_that_all_facts_give(history, doubled, submitted, worked, order):
    names = [f"F{day}" for day in range(len(history))]
    facts = facts_of(history, names)
    for one, other, what in doubled:
        if max(one, other) < len(names) and one != other:
            as_twin(facts, one, other, what)
    for payment in facts["claim_payment"]:
        payment["member_id"] = f"M{payment['patient_control_number']}"
    names += [add_submitted(facts, f"S{place}", one) for place, one in enumerate(submitted)]
    nights: list[list[str]] = [[]]
    for file_id in order.sample(names, len(names)):
        if nights[-1] and order.random() < 0.6:
            nights.append([])
        nights[-1].append(file_id)
    nights.append([])  # nothing but the work log, and another day
    assert_nights_end_as_all_facts_do(facts, nights, [entry | {"night": entry["night"] % len(nights)} for entry in worked])


def test_parts_of_nights_are_put_together_by_weeks():
    """Six nights of a claim each; the first one is decided again on the last night, in a part that holds a week by then."""
    names = ["A", "B", "C", "D", "E", "F"]
    history = [[DENIED | {"claim": place + 1}] for place in range(5)] + [[DENIED | {"paid": 80, "reason": ("CO", "45")}]]
    assert_nights_end_as_all_facts_do(facts_of(history, names), [[name] for name in names])


def test_a_denial_that_was_reversed_is_known_from_the_nights_before():
    """Denied on the first night, written as known; reversed on the third, corrected on the fourth: what became of it follows."""
    reversal = DENIED | {"status": "22"}
    correction = DENIED | {"paid": 80, "reason": ("CO", "45")}
    facts = facts_of([[DENIED], [DENIED | {"claim": 2}], [reversal], [correction]], ["A", "B", "C", "D"])
    assert_nights_end_as_all_facts_do(facts, [["A"], ["B"], ["C"], ["D"]])


def test_what_was_paid_for_a_diagnosis_follows_from_what_was_submitted():
    """Paid on the first night; its claim comes on the second, the same with another diagnosis on the third; then the payment is
    taken back."""
    paid = DENIED | {"paid": 80, "reason": ("CO", "45")}
    facts = facts_of([[paid], [paid | {"status": "22"}]], ["A", "B"])
    for payment in facts["claim_payment"]:
        payment["member_id"] = "M1"
    claim = {"patient_control_number": "C1", "claim_frequency_code": "1", "procedure_code": "99213", "diagnosis_codes": "M5450"}
    for name, diagnosis in (("S0", "M5450"), ("S1", "M545")):
        add_submitted(facts, name, claim | {"diagnosis_codes": diagnosis})
    counts = assert_nights_end_as_all_facts_do(facts, [["A"], ["S0"], ["S1"], ["B"]])
    assert [night["decided_pair"] for night in counts] == [0, 1, 0, 0]


def test_what_billers_log_follows_without_new_files():
    """Logged before the claim was there, worked and written off on nights without files, denied once more at last."""
    again = DENIED | {"number": "N2"}
    facts = facts_of([[DENIED], [again]], ["A", "B"])
    worked = [
        {"night": night, "place": place, "days_before": 0, "action": action, "coding_outcome": None, "item_status": None,
         "turnaround_days": 1}
        for night, action in enumerate(["call", "coding_review", "appeal", "write_off", "note"])
        for place in (0, 1)
    ]  # fmt: skip
    assert_nights_end_as_all_facts_do(facts, [[], ["A"], [], [], ["B"]], worked)


@pytest.mark.parametrize("what", ["body", "payment"])
def test_a_remittance_that_an_earlier_one_outdates_takes_its_claims_along(what: str):
    """The later of two copies came first and counted; the earlier one, which has another claim, comes on the next night."""
    facts = facts_of([[DENIED], [{**DENIED, "claim": 2}]], ["F0", "F1"])
    as_twin(facts, 0, 1, what)
    assert_nights_end_as_all_facts_do(facts, [["F1"], ["F0"]])


# A reversal and its correction on another night than the original, late claims, a remittance that comes again.
NIGHTS = (
    ("history_ngb02_2026h1.835", "sent_twice_again.835", "history_mmh01_2026h1.835"),
    ("ngb02_20261118.835", "claims_lakeside_2026h2.837p"),
    ("sent_twice.835", "history_ngb02_2026h2.835", "mmh01_20261119.835"),
)


def test_the_nightly_job_ends_as_a_rebuild_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The whole job, with what billers logged between the nights, and without any news in the end: marts and worklist. Models are
    made side by side, and one after the other, too."""
    two, usual = Settings(threads=2), nightly.SMALL_WAREHOUSE_ROWS
    warehouse = tmp_path / "warehouse"
    for number, names in enumerate(NIGHTS):
        inbox = tmp_path / f"night_{number}"
        inbox.mkdir()
        for name in names:
            shutil.copy2(INBOX / name, inbox)
        night = date(2026, 11, 18) + timedelta(days=number)
        monkeypatch.setattr(nightly, "SMALL_WAREHOUSE_ROWS", number % 2 * usual)
        run([inbox], warehouse, two, night)
        worklist = (warehouse / "worklist" / "worklist.csv").read_text(encoding="utf-8-sig").splitlines()
        items = [row.split(",")[0] for row in worklist[1 + number : 5 + number]]
        log = tmp_path / "log.csv"
        actions = [("write_off", ""), ("appeal", 1), ("coding_review", ""), ("call", "")]
        logged = [f"{item},{night},K. Biller,{action},{days}\n" for item, (action, days) in zip(items, actions, strict=False)]
        log.write_text("item_id,date,who,action,turnaround_days\n" + "".join(logged))
        assert log_work(log, warehouse, two, night).taken == len(items)
    run([inbox], warehouse, two, night)
    left, listed = content(warehouse), (warehouse / "worklist" / "worklist.csv").read_bytes()
    for small_warehouse_rows in (0, usual):
        monkeypatch.setattr(nightly, "SMALL_WAREHOUSE_ROWS", small_warehouse_rows)
        rebuild(warehouse, two, night)
        anew = content(warehouse)
        assert sorted(anew) == sorted(left)
        assert [name for name in anew if anew[name] != left[name]] == []
        assert (warehouse / "worklist" / "worklist.csv").read_bytes() == listed


@pytest.mark.parametrize("cause", ["settings", "mapping", "batch", "day", "unreadable", "removed"])
def test_marts_of_another_basis_are_made_anew(tmp_path: Path, cause: str):
    warehouse = Warehouse(tmp_path / "warehouse")
    facts = facts_of([[DENIED]], ["F"])
    with warehouse.held():
        commit(warehouse, 0, [("F", next(iter(nights_of(facts, ["F"]))))])
        make_marts(warehouse, is_anew=True)
    needed, records = harness.needed(TARGETS | OF_NIGHTS, {"item_history_before"}), warehouse.records()
    contents = contents_of(1, [])
    assert increment.reason_to_rebuild(warehouse, increment.basis_of(needed, contents, records)) is None
    if cause == "settings":
        contents = given_contents(client_labels_on=not harness.RUN_PARAMETER["client_labels_on"])
    elif cause == "mapping":
        contents["denial_rule"] = contents["denial_rule"].slice(1)
    elif cause == "day":
        contents = contents_of(-1, [])
    elif cause == "batch":
        records = []
    elif cause == "removed":
        next((warehouse.marts / "denied_line").glob("*.parquet")).unlink()
    else:
        (warehouse.marts / "made_of.json").write_text("{")
    assert increment.reason_to_rebuild(warehouse, increment.basis_of(needed, contents, records))


def test_a_night_that_ended_before_its_marts_were_switched_to_is_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """What it said is in the history by then. The next night runs on another day, without having said it itself, and weeks later
    the nights of a week lie together."""
    warehouse, days = tmp_path / "warehouse", [date(2026, 11, day) for day in (18, 19, 20)]

    def work(number: int, day: date) -> None:
        inbox = tmp_path / f"night_{number}"
        inbox.mkdir()
        for name in NIGHTS[number]:
            shutil.copy2(INBOX / name, inbox)
        run([inbox], warehouse, Settings(threads=1), day)

    def assert_same_anew(day: date) -> None:
        left = content(warehouse)
        rebuild(warehouse, Settings(threads=1), day)
        anew = content(warehouse)
        assert sorted(anew) == sorted(left)
        assert [name for name in anew if anew[name] != left[name]] == []

    def end_before_the_switch(number: int, day: date) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(Warehouse, "write_marts", lambda *given: shutil.disk_usage(tmp_path / "gone"))
            with pytest.raises(OSError):
                work(number, day)

    def parts() -> list[str]:
        return [part.name for part in Warehouse(warehouse).parts_of_marts("item_history")]

    work(0, days[0])
    end_before_the_switch(1, days[1])
    work(2, days[2])
    assert parts() == [f"{day}.parquet" for day in days]
    assert {row["night_date"] for row in rows_of(Warehouse(warehouse), "item_history")} == set(days)
    assert_same_anew(days[2])
    weeks_later = date(2026, 12, 9)
    run([], warehouse, Settings(threads=1), weeks_later)
    assert parts() == ["2026-11-16-week.parquet"]
    assert {row["night_date"] for row in rows_of(Warehouse(warehouse), "item_history")} == set(days)
    assert_same_anew(weeks_later)


def test_a_night_of_a_wrong_day_that_ended_early_moves_no_night_before_its_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Somebody gave another year. What the right nights say stays, and each lies by itself for its weeks."""
    warehouse, days = tmp_path / "warehouse", [date(2026, 11, day) for day in (18, 19, 20)]
    inboxes = [tmp_path / f"night_{number}" for number in range(3)]
    for inbox, names in zip(inboxes, NIGHTS, strict=True):
        inbox.mkdir()
        for name in names:
            shutil.copy2(INBOX / name, inbox)
    run(inboxes[:1], warehouse, Settings(threads=1), days[0])
    with monkeypatch.context() as patch:
        patch.setattr(Warehouse, "write_marts", lambda *given: shutil.disk_usage(tmp_path / "gone"))
        with pytest.raises(OSError):
            run(inboxes[1:2], warehouse, Settings(threads=1), date(2027, 11, 20))
    for inbox, day in zip(inboxes[1:], days[1:], strict=True):
        run([inbox], warehouse, Settings(threads=1), day)
    said = rows_of(Warehouse(warehouse), "item_history")
    assert [part.name for part in Warehouse(warehouse).parts_of_marts("item_history")] == [f"{day}.parquet" for day in days]
    rebuild(warehouse, Settings(threads=1), days[-1])
    anew = rows_of(Warehouse(warehouse), "item_history")
    assert said == [row for row in anew if row["night_date"] <= days[-1]]
