"""Tables that are shared: no identifier of the input is in them, in no form, and what makes them useful still is."""

from __future__ import annotations

import csv
import json
import re
import shutil
import stat
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from data_samples.make_bulk import write_bulk
from pipeline import settings
from pipeline.deidentify import OLD_AGE_YEARS, export_tables, rare_areas
from pipeline.report import report_to_share
from pipeline.run import log_work, run
from pipeline.tables import COLUMNS, PHI_CLASSES, TABLES, tables_of
from tests.conftest import AS_OF, INBOX
from tests.identifiers import identifiers

EXPORTED = [table.name for kind in ("facts", "marts") for table in tables_of(kind)]
TOLD_BY_HAND = "THE DAUGHTER CALLED FROM 5551239876"
# Words of addresses and submitters in the samples that stand in our own codes too.
OUR_WORDS = {"PAYER", "SAMPLE"}
SECRET = "5eed" * 16  # a fixed one: the same stand-ins on every run
# A small 835 that hides people where no column is: in a note, in a segment that nobody knows, in a date that is none.
HIDDEN = (
    "ISA*00*          *00*          *ZZ*HIDDENSENDER   *ZZ*HIDDENTAKER    *261119*0101*^*00501*900000777*0*T*:~"
    "GS*HP*HIDDENSENDER*HIDDENTAKER*20261119*0101*777*X*005010X221A1~ST*835*7771~BPR*I*0*C*NON************20261119~"
    "TRN*1*TRACEHIDDEN1*1999999999~N1*PR*MERIDIAN MUTUAL HEALTH*XV*MMH01~N1*PE*HIDDEN CLINIC*XX*1234567893~LX*1~"
    "CLP*HIDDENCLAIM1*4*100*0**12*HIDDENICN0001*11*1~CAS*CO*50*100~"
    "NM1*QC*1*HIDDENLAST*HIDDENFIRST****MI*HIDDENMEMBER~NTE*ADD*HIDDENLAST LIVES WITH HIDDENFRIEND~"
    "ZZZ*HIDDENLAST*HIDDENPHONE5550001111~DTM*232*20260101~DTM*050*HIDDENDAY~REF*ZZ*HIDDENREFERENCE*HIDDENWORDS~"
    "NM1*IL*1*HIDDENLAST*HIDDENFIRST***MI*HIDDENMEMBER2~REF*HIDDENRECORD*1~QUIET HIDDENLAST*1~"
    "SVC*HC:99213:::::HIDDENDESCRIPTION*100*0**1~DTM*472*20260101~SE*20*7771~GE*1*777~IEA*1*900000777~"
)


@pytest.fixture(scope="module")
def shared(tmp_path_factory) -> tuple[Path, Path, Path]:
    """The inbox of the night, its tables as they are, and its tables without PHI."""
    place = tmp_path_factory.mktemp("shared")
    inbox, warehouse = place / "inbox", place / "warehouse"
    shutil.copytree(INBOX, inbox)
    write_bulk(inbox, 0.1, seed=7)
    (inbox / "hidden.835").write_text(HIDDEN, encoding="ascii")
    chosen = settings.Settings(secret_file=place / "secret")
    (place / "secret").write_text(SECRET)
    (place / "secret").chmod(0o600)
    day = date.fromisoformat(AS_OF)
    run([inbox], warehouse, chosen, day)
    with (warehouse / "worklist" / "worklist.csv").open(encoding="utf-8-sig", newline="") as stream:
        item = next(csv.DictReader(stream))["item_id"]
    (place / "log.csv").write_text(f"item_id,action,date,who,note\n{item},call,{AS_OF},J.DOEWORKER,{TOLD_BY_HAND}\n")
    assert log_work(place / "log.csv", warehouse, chosen, day).taken == 1
    export_tables(EXPORTED, warehouse, place / "plain", chosen, "csv", is_deidentified=False)
    export_tables(EXPORTED, warehouse, place / "without", chosen, "csv", is_deidentified=True)
    export_tables(["worklist", "claim_payment"], warehouse, place / "without", chosen, "parquet", is_deidentified=True)
    report_to_share(warehouse, chosen)
    return place


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_every_column_has_a_class():
    """A new column must say what becomes of it where tables are shared; what a log must not hold is shared by nobody."""
    assert [name for name, column in COLUMNS.items() if column.phi_class not in PHI_CLASSES] == []
    assert [name for name, column in COLUMNS.items() if column.phi and column.phi_class == "none"] == []


def test_no_identifier_of_the_input_is_in_the_output(shared):
    names, numbers, births = set(), set(), set()
    for path in sorted((shared / "inbox").iterdir()):
        found = identifiers(path)
        names, numbers, births = names | found[0], numbers | found[1], births | found[2]
    assert min(len(names) // 50, len(numbers) // 1000, len(births) // 10), (len(names), len(numbers), len(births))
    output = b"".join(path.read_bytes() for path in sorted((shared / "without").glob("*.csv"))).decode()
    output += "".join(str(pq.read_table(path).to_pylist()) for path in (shared / "without").glob("*.parquet"))
    output += (shared / "warehouse" / "report" / "shared.html").read_text(encoding="utf-8")
    words = set(re.findall(r"[A-Za-z0-9]+", output))
    plain_words, glued = {re.sub(r"[^A-Za-z0-9]", "", number) for number in numbers}, " ".join(words)
    assert sorted(number for number in plain_words if number in words or (len(number) > 7 and number in glued)) == []
    parts = {part for name in names for part in re.findall(r"[A-Za-z0-9]{4,}", name) if not part.isdigit() or len(part) > 4}
    assert sorted(part for part in parts & words if part not in OUR_WORDS) == []
    hidden = ("HIDDEN", "DOEWORKER", "DAUGHTER", "5551239876")
    assert [word for word in hidden if word in output] == []
    plain = b"".join(path.read_bytes() for path in sorted((shared / "plain").glob("*.csv"))).decode()
    assert [word for word in hidden if word not in plain] == [], "the input must hold what is looked for"
    slid = [(row["insured_id"], row["insured_id_qualifier"]) for row in rows_of(shared / "plain" / "claim_payment.csv")]
    assert ("", "HIDDENMEMBER2") in slid


@pytest.mark.parametrize("table", EXPORTED)
def test_rows_stay_and_columns_are_what_their_class_says(shared, table):
    plain, without = rows_of(shared / "plain" / f"{table}.csv"), rows_of(shared / "without" / f"{table}.csv")
    assert len(plain) == len(without)
    for column in TABLES[table].columns:
        before, after = [row[column.name] for row in plain], [row[column.name] for row in without]
        if column.phi_class == "none":
            assert before == after, column.name
        elif column.phi_class == "short":
            assert [value if len(value) <= 3 else "" for value in before] == after, column.name
        elif column.phi_class in ("text", "run"):
            assert set(after) <= {""}, column.name
        elif column.phi_class == "number":
            pairs = set(zip((value.strip().upper() for value in before), after, strict=True))
            assert len(pairs) == len({one for one, _ in pairs}) == len({one for _, one in pairs}), column.name


def test_intervals_of_a_patient_stay(shared):
    """Every day of a worklist row is moved by the same days, and the rows of a patient alike; others are moved otherwise."""
    plain, without = rows_of(shared / "plain" / "worklist.csv"), rows_of(shared / "without" / "worklist.csv")
    days = [column.name for column in TABLES["worklist"].columns if column.phi_class == "date"]
    moved: dict[str, set[int]] = {}
    for before, after in zip(plain, without, strict=True):
        assert (before["service_date"] == "") == (after["service_date"] == "")
        for name in days:
            if before[name]:
                step = (date.fromisoformat(after[name]) - date.fromisoformat(before[name])).days
                moved.setdefault(before["member_id"], set()).add(step)
    assert {len(steps) for steps in moved.values()} == {1}
    assert all(0 < abs(*steps) <= 364 for steps in moved.values())
    assert len({min(steps) for steps in moved.values()}) > len(moved) // 2


def test_claims_and_their_submissions_are_moved_alike(shared):
    """The 837 of a claim has another member number at times; its days still keep their distance from the payment's."""
    found = {}
    for kind in ("plain", "without"):
        matches = rows_of(shared / kind / "claim_match.csv")
        claims = {(row["file_id"], row["segment_index"]): row for row in rows_of(shared / kind / "claim_payment.csv")}
        billed = {(row["file_id"], row["segment_index"]): row for row in rows_of(shared / kind / "submitted_claim.csv")}
        pairs = [
            (claims[row["file_id"], row["segment_index"]], billed[row["submitted_file_id"], row["submitted_claim_segment_index"]])
            for row in matches
        ]
        found[kind] = [
            date.fromisoformat(paid["claim_received_date"]) - date.fromisoformat(claim["patient_birth_date"])
            for paid, claim in pairs
            if paid["claim_received_date"] and claim["patient_birth_date"]
        ]
    assert len(found["plain"]) > 20
    assert sorted(found["plain"]) == sorted(found["without"])


def test_tables_still_join(shared):
    lines = rows_of(shared / "without" / "denied_line.csv")
    files = {row["file_id"] for row in rows_of(shared / "without" / "source_file.csv")}
    assert {row["item_id"] for row in rows_of(shared / "without" / "worklist.csv")} <= {row["item_id"] for row in lines}
    assert {row["file_id"] for row in lines} <= files


def test_only_their_owner_can_read_them_and_the_secret_is_kept(shared):
    for path in [shared / "without", *(shared / "without").iterdir(), shared / "secret"]:
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
    assert len((shared / "secret").read_text().strip()) == 64


def test_rare_areas_and_ages(tmp_path, shared):
    """Safe Harbor: 000 for thinly peopled ZIP codes, nothing of people of ninety and more."""
    areas = {row["subscriber_postal_code"] for row in rows_of(shared / "without" / "submitted_claim.csv")}
    assert areas and all(re.fullmatch(r"\d{3}|", area) for area in areas)
    rare, old = "059", "19301231"
    claim = next(path for path in sorted(INBOX.glob("claims_lakeside_2026h2.837p")))
    text = claim.read_text(encoding="latin-1")
    text = re.sub(r"(N4\*[^*]*\*[A-Z]{2}\*)\d+", rf"\g<1>{rare}01", text)
    text = re.sub(r"DMG\*D8\*\d{8}", f"DMG*D8*{old}", text)
    (tmp_path / "inbox").mkdir()
    (tmp_path / "inbox" / "old.837").write_text(text, encoding="latin-1")
    chosen = settings.Settings(secret_file=tmp_path / "secret")
    run([tmp_path / "inbox"], tmp_path / "warehouse", chosen, date.fromisoformat(AS_OF))
    export_tables(["submitted_claim"], tmp_path / "warehouse", tmp_path / "out", chosen, "csv", is_deidentified=True)
    rows = rows_of(tmp_path / "out" / "submitted_claim.csv")
    assert date.today().year - int(old[:4]) > OLD_AGE_YEARS
    assert {row["subscriber_postal_code"] for row in rows} - {""} == {"000"}
    assert {row["patient_birth_date"] for row in rows} == {""}
    assert rare in rare_areas()


def test_the_command_says_what_it_wrote(shared, tmp_path, remit835):
    secret = {"REMIT835_SECRET_FILE": str(shared / "secret")}
    arguments = ("--warehouse", shared / "warehouse", "--out", tmp_path / "out", "--format", "parquet", "--deidentify")
    done = remit835("export", "worklist", *arguments, environment=secret)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{len(rows_of(shared / 'without' / 'worklist.csv'))} rows written to {tmp_path}/out/worklist.parquet\n"
    again = remit835("export", "worklist", "work", *arguments, environment=secret)
    assert (again.returncode, "there is no table work" in again.stderr) == (2, True)
    (shared / "open").write_text((shared / "secret").read_text())
    (shared / "open").chmod(0o644)
    refused = remit835("export", "worklist", *arguments, environment={"REMIT835_SECRET_FILE": str(shared / "open")})
    assert (refused.returncode, "chmod 600" in refused.stderr) == (10, True)
    assert (shared / "secret").read_text().strip() not in done.stdout + again.stderr + refused.stderr


def test_the_shared_page_is_whole(shared):
    page = (shared / "warehouse" / "report" / "shared.html").read_text(encoding="utf-8")
    data = json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)[1])
    assert len(data["items"]) == len(rows_of(shared / "without" / "worklist.csv"))
    assert f"as of {AS_OF}" not in page and "as of a day in 2026" in page and "protected health information" not in page
    # the months of sums would tell by how much the days of single rows were moved
    assert "latest month" in page and "month before" in page
