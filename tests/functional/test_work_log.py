"""Nights in a row with a work log between them, through the command line: what a team of billers relies on."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import openpyxl
import pytest

from tests.conftest import AS_OF, INBOX

FIRST_DAY = "2026-11-16"
FILLED_IN = {
    "DENIAL-REVERSED": {
        "log_date": "2026-11-15", "log_who": "kim", "log_action": "reprocess_request", "log_turnaround_days": "30",
        "log_call_reference": "'00123", "log_owner": "kim", "log_note": "asked for a supervisor",
    },
    "DEADLINE-SOON": {
        "log_date": "11/15/2026", "log_action": "Coding review", "log_coding_outcome": "confirmed", "log_appeal_limit_days": "90",
        "log_fax": "8005550199", "log_owner": "lee",
    },
    "DEADLINE-PASSED": {"log_date": "2026-11-15", "log_client_continues": "yes", "log_claim_number": "1.2E+12"},
}  # fmt: skip


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def by_claim(warehouse: Path, name: str = "worklist.csv") -> dict[str, dict[str, str]]:
    return {row["patient_control_number"]: row for row in rows_of(warehouse / "worklist" / name)}


def outputs(warehouse: Path) -> dict[str, bytes]:
    names = ("worklist.csv", "worklist_delta.csv")
    return {name: (warehouse / "worklist" / name).read_bytes() for name in names}


@pytest.fixture(scope="module")
def nights(tmp_path_factory, remit835) -> dict:
    """A night of history, the filled-in worklist logged twice, and the night on which a denial is reversed and paid, twice."""
    folder = tmp_path_factory.mktemp("nights")
    warehouse, inbox, filled = folder / "warehouse", folder / "inbox", folder / "filled.csv"
    inbox.mkdir()
    for path in (*INBOX.glob("history_*"), *INBOX.glob("claims_*")):
        shutil.copy(path, inbox / path.name)
    assert remit835("run", inbox, "--warehouse", warehouse, "--as-of", FIRST_DAY).returncode == 0
    rows = rows_of(warehouse / "worklist" / "worklist.csv")
    for row in rows:
        row.update(FILLED_IN.get(row["patient_control_number"], {}))
    with filled.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.DictWriter(stream, list(reversed(rows[0])), lineterminator="\r\n")
        writer.writeheader()
        writer.writerows(rows)
    log = ("log", filled, "--warehouse", warehouse, "--as-of", FIRST_DAY, "--json")
    logged = [remit835(*log) for _ in range(2)]
    after_log = by_claim(warehouse)
    night = [remit835("run", INBOX, "--warehouse", warehouse, "--as-of", AS_OF, "--json")]
    written = [outputs(warehouse)]
    night.append(remit835("run", INBOX, "--warehouse", warehouse, "--as-of", AS_OF, "--json"))
    written.append(outputs(warehouse))
    seen = {"logged": logged, "after_log": after_log, "night": night, "written": written}
    return {"warehouse": warehouse, "filled": filled, **seen}


def test_good_rows_are_taken_once_and_bad_ones_refused_with_the_fix(nights):
    first, again = (json.loads(done.stdout) for done in nights["logged"])
    assert [done.returncode for done in nights["logged"]] == [3, 3]
    assert (first["taken"], first["known_already"], first["without_entry"], len(first["refused"])) == (2, 0, 0, 1)
    assert (again["taken"], again["known_already"]) == (0, 2)
    (fault,) = first["refused"][0]["faults"]
    assert fault["column"] == "claim_number"
    assert "format the column as text" in fault["fix"]
    assert "1.2E+12" not in nights["logged"][0].stderr + json.dumps(first["refused"])
    (row,) = rows_of(Path(first["refused_file"]))
    assert (row["column"], row["log_claim_number"]) == ("claim_number", "1.2E+12")


def test_what_the_call_learnt_is_on_the_worklist(nights):
    appeal, wait = nights["after_log"]["DEADLINE-SOON"], nights["after_log"]["DENIAL-REVERSED"]
    assert (appeal["next_step"], appeal["deadline"]) == ("appeal", "2026-12-30")
    assert appeal["deadline_basis"].startswith("learnt on the call: 90 days from 2026-10-01")
    assert (appeal["appeal_fax"], appeal["owner"], appeal["is_deadline_verified"]) == ("8005550199", "lee", "true")
    assert (wait["next_step"], wait["status"], wait["follow_up_date"]) == ("follow_up", "waiting", "2026-12-15")
    assert (wait["call_reference"], wait["last_note"]) == ("'00123", "asked for a supervisor")


def test_owner_and_notes_stay_on_later_nights(nights):
    row = by_claim(nights["warehouse"])["DEADLINE-SOON"]
    assert (row["owner"], row["next_step"], row["first_night_date"]) == ("lee", "appeal", FIRST_DAY)


def test_the_night_says_what_is_new_and_what_closed(nights):
    said = json.loads(nights["night"][0].stdout)
    delta = {(change["change"], change["item_outcome"]): change for change in said["delta"]}
    assert set(delta) == {("new", ""), ("closed", "paid")}
    assert (delta["closed", "paid"]["item_count"], delta["closed", "paid"]["recovered_amount"]) == (1, "144.00")
    closed = by_claim(nights["warehouse"], "worklist_delta.csv")["DENIAL-REVERSED"]
    assert (closed["change"], closed["item_outcome"], closed["worked_steps"]) == ("closed", "paid", "reprocess_request")
    assert (closed["recovered_amount"], closed["days_taken"], closed["owner"]) == ("144.00", "117", "kim")
    assert "DENIAL-REVERSED" not in by_claim(nights["warehouse"])


def test_the_same_night_again_says_the_same(nights):
    assert nights["written"][0] == nights["written"][1]


def test_outcomes_are_learnt(nights, remit835):
    sql = "SELECT payer_key, next_step, success_count, tried_count FROM step_success"
    said = remit835("query", sql, "--warehouse", nights["warehouse"])
    assert said.stdout.split()[-4:] == ["crossfield", "reprocess_request", "1", "1"]
    rates = {row["payer_name"]: row["success_rate_basis"] for row in rows_of(nights["warehouse"] / "worklist" / "worklist.csv")
             if row["next_step"] == "reprocess_request"}  # fmt: skip
    assert rates["Crossfield Health Plan"] == "1 of 1 here"
    assert rates["Meridian Mutual Health"].endswith("; 1 of 1 at other payers")


def test_what_closed_still_says_what_became_of_it(nights, remit835):
    item_id = by_claim(nights["warehouse"], "worklist_delta.csv")["DENIAL-REVERSED"]["item_id"]
    done = remit835("why", item_id, "--warehouse", nights["warehouse"])
    assert (done.returncode, "it is no item any more (" in done.stderr, "closed: paid)" in done.stderr) == (2, True, True)


def test_the_spreadsheet_goes_back_in_too(nights, remit835, tmp_path):
    book = openpyxl.load_workbook(nights["warehouse"] / "worklist" / "worklist.xlsx")
    sheet = book["Worklist"]
    places = {cell.value: cell.column for cell in sheet[1]}
    sheet.cell(2, places["log_date"]).value = 46345  # 2026-11-19 as a spreadsheet counts
    sheet.cell(2, places["log_action"]).value = "note"
    sheet.cell(2, places["log_note"]).value = "from the sheet"
    book.save(tmp_path / "back.xlsx")
    done = remit835("log", tmp_path / "back.xlsx", "--warehouse", nights["warehouse"], "--as-of", AS_OF, "--json")
    said = json.loads(done.stdout)
    assert (done.returncode, said["taken"], said["refused"]) == (0, 1, [])
    noted = [row for row in rows_of(nights["warehouse"] / "worklist" / "worklist.csv") if row["last_note"] == "from the sheet"]
    assert [row["last_action_date"] for row in noted] == ["2026-11-19"]
    assert said["without_entry"] == len(rows_of(nights["warehouse"] / "worklist" / "worklist.csv")) - 1


def test_a_log_needs_a_worklist(tmp_path, remit835, nights):
    done = remit835("log", nights["filled"], "--warehouse", tmp_path / "nowhere")
    assert (done.returncode, "there is no worklist yet" in done.stderr) == (2, True)


def test_a_threshold_groups_small_balances_and_dollars_add_up(tmp_path, remit835):
    (tmp_path / "site.yaml").write_text("minimum_balance_amount: '100.00'\nsplit_worklist_by: [next_step]\n")
    done = remit835(
        "run", INBOX, "--warehouse", tmp_path / "w", "--as-of", AS_OF, "--config", tmp_path / "site.yaml", "--json"
    )
    said = json.loads(done.stdout)
    groups = rows_of(tmp_path / "w" / "worklist" / "small_balances.csv")
    assert said["small_balances"]["groups"] == len(groups) > 0
    assert sum(int(group["item_count"]) for group in groups) == said["small_balances"]["items"]
    assert said["small_balances"]["denied"] == said["dollars"]["excluded, with a reason"]
    whole = rows_of(tmp_path / "w" / "worklist" / "worklist.csv")
    parts = {path.stem: rows_of(path) for path in (tmp_path / "w" / "worklist" / "by_next_step").glob("*.csv")}
    assert sorted(row["item_id"] for rows in parts.values() for row in rows) == sorted(row["item_id"] for row in whole)
    assert {name: {row["next_step"] for row in rows} for name, rows in parts.items()} == {name: {name} for name in parts}
