"""`remit835 packet` over the sample night: what is written, what is refused, and what the files are."""

from __future__ import annotations

import csv
import json
import re
import stat
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

from pipeline import packet
from pipeline.packet_files import libreoffice
from pipeline.run import run
from pipeline.settings import Settings
from pipeline.tables import schema_of
from pipeline.warehouse import Warehouse
from tests.conftest import AS_OF, INBOX

DAY = date.fromisoformat(AS_OF)
TEXT_FILES = ("call_script.txt", "checklist.txt", "evidence.txt", "packet.json", "preview.html")


@pytest.fixture(scope="module")
def night(tmp_path_factory) -> Path:
    warehouse = tmp_path_factory.mktemp("packets") / "warehouse"
    run([INBOX], warehouse, Settings(), DAY, lambda stage, done, total: None)
    return warehouse


@pytest.fixture(scope="module")
def cases(night) -> dict[str, dict[str, str]]:
    with (night / "worklist" / "worklist.csv").open(encoding="utf-8-sig") as stream:
        return {row["patient_control_number"]: row for row in csv.DictReader(stream)}


def one(night: Path, out: Path, item: str, step: str | None = None, settings: Settings | None = None, day: date = DAY) -> Path:
    return packet.write_packets(night, out, settings or Settings(), day, [item], step=step, with_pdf=False).folders[0]


def test_a_packet_is_whole_and_private(night, cases, tmp_path, remit835):
    item = cases["PRECEDENT-A-01"]
    done = remit835("packet", item["item_id"], "--warehouse", night, "--out", tmp_path / "out", "--as-of", AS_OF, "--no-pdf")
    assert done.returncode == 0, done.stderr
    folder = tmp_path / "out" / f"{item['item_id']}_reprocess_request"
    assert sorted(path.name for path in folder.iterdir()) == sorted(
        [*TEXT_FILES, "call_script.docx", "letter.docx", "letter.txt"]
    )
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    letter = " ".join((folder / "letter.txt").read_text().split())
    for column in (
        "payer_claim_control_number",
        "member_id",
        "precedent_claim_number",
        "precedent_trace_number",
        "procedure_code",
    ):
        assert item[column] in letter
    assert f"${item['precedent_paid_amount']} paid on 11/20/2025" in letter
    for name in (item["patient_name"].split(",")[0], item["member_id"]):
        assert name not in done.stdout + done.stderr + folder.name


def test_facts_of_packet_json_are_those_of_the_remittance(night, cases, tmp_path):
    item = cases["LCD-NORTHGATE"]
    record = json.loads((one(night, tmp_path, item["item_id"], "appeal") / "packet.json").read_text())
    facts = {fact["name"]: fact for fact in record["facts"]}
    assert facts["policy_id"]["value"] == item["policy_id"] == "L33771"
    with Warehouse(night).connect() as connection:
        query = (
            "SELECT file_name FROM source_file JOIN service_line USING (file_id) WHERE policy_id = 'L33771' AND segment_index = ?"
        )
        files = connection.execute(query, [facts["policy_id"]["source"]["segment"] - 1]).fetchall()
    assert (facts["policy_id"]["source"]["file"],) in files
    assert facts["policy_id"]["source"]["element"] == "2110 REF*0K"
    assert all(fact["source"]["kind"] for fact in record["facts"])
    assert facts["adjustment.1.code"]["value"] == "CO-50"
    assert facts["remark.1.code"]["value"] == "N115"


@pytest.mark.parametrize(
    ("step", "sign"),
    [
        ("appeal", "Appeal of a denied claim"),
        ("reprocess_request", "Request to reprocess a claim"),
        ("reopening", "Request for a reopening"),
        ("corrected_claim", "Corrected claim"),
        ("send_records", "Records for a claim"),
        ("authorization_appeal", "Appeal: authorization"),
        ("coding_review", "Question to the coding team"),
    ],
)
def test_each_kind_of_letter(night, cases, tmp_path, step, sign):
    folder = one(night, tmp_path, cases["PRECEDENT-NONE-01"]["item_id"], step)
    letter = (folder / "letter.txt").read_text()
    assert sign in letter
    assert "Draft for review" in letter
    assert folder.name.endswith(f"_{step}")


def test_m1_alone_asks_for_the_x_ray_and_argues_the_reason_code(night, cases, tmp_path):
    for case, template in (("M1-WITH-16", "appeal_xray.txt"), ("M1-WITH-50", "appeal_medical_necessity.txt")):
        folder = one(night, tmp_path, cases[case]["item_id"], "appeal")
        letter = " ".join((folder / "letter.txt").read_text().split())
        assert json.loads((folder / "packet.json").read_text())["documents"][0]["template"] == template
        assert "and remark M1" in letter
        assert "not established" not in letter
        assert ("which X-ray" in letter) is (case == "M1-WITH-16")


@pytest.mark.parametrize("guard", ["no_appeal", "new_claim", "liability_patient"])
def test_a_guarded_item_gets_no_appeal(night, tmp_path, guard, remit835):
    with Warehouse(night).connect() as connection:
        Warehouse(night).connect_marts(connection)
        found = connection.execute("SELECT item_id FROM denied_line WHERE guard = ? ORDER BY item_id LIMIT 1", [guard]).fetchall()
    item_id = found[0][0]
    done = remit835("packet", item_id, "--step", "appeal", "--warehouse", night, "--out", tmp_path, "--as-of", AS_OF)
    assert done.returncode == 2
    assert f"guard {guard}" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_no_appeal_after_the_limit_without_the_clients_word(night, cases, tmp_path, remit835):
    item_id = cases["DEADLINE-PASSED"]["item_id"]
    arguments = (
        "packet",
        item_id,
        "--step",
        "appeal",
        "--warehouse",
        night,
        "--out",
        tmp_path / "out",
        "--as-of",
        AS_OF,
        "--no-pdf",
    )
    done = remit835(*arguments)
    assert done.returncode == 2
    assert "the limit (appeal) passed on" in done.stderr
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "past_limit.csv").write_text("past_limit_id\nGO-ON\n")
    (tmp_path / "site.yaml").write_text(f"mappings: {tmp_path / 'site'}\n")
    done = remit835(*arguments, "--config", tmp_path / "site.yaml")
    assert done.returncode == 0, done.stderr
    assert "The client says to go on" in (tmp_path / "out" / f"{item_id}_appeal" / "checklist.txt").read_text()


def test_a_limit_that_passes_after_the_run_counts(night, cases, tmp_path):
    item = cases["DEADLINE-SOON"]
    one(night, tmp_path, item["item_id"], "appeal", day=date.fromisoformat(item["deadline"]))
    with pytest.raises(packet.UsageError, match="passed"):
        one(night, tmp_path, item["item_id"], "appeal", day=date(2027, 6, 1))


def test_a_batch_says_what_it_refused(night, cases, tmp_path, remit835):
    items = [cases[case]["item_id"] for case in ("PRECEDENT-NONE-01", "DEADLINE-PASSED")]
    done = remit835("packet", *items, "--step", "appeal", "--warehouse", night, "--out", tmp_path, "--as-of", AS_OF, "--no-pdf")
    assert done.returncode == 3
    assert "1 packet written" in done.stdout
    assert f"{items[1]}: no appeal letter" in done.stdout


def test_the_next_items_of_the_worklist(night, cases, tmp_path, remit835):
    done = remit835("packet", "--next", 5, "--warehouse", night, "--out", tmp_path, "--as-of", AS_OF, "--no-pdf")
    assert done.returncode == 0, done.stderr
    first = sorted(cases.values(), key=lambda row: int(row["rank"]))[:5]
    assert {path.name for path in tmp_path.iterdir()} == {f"{row['item_id']}_{row['next_step']}" for row in first}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("packet",), "name items"),
        (("packet", "0" * 32), "no denied line has this id"),
        (("packet", ""), "an item id is missing"),
        (("packet", "--next", "1", "--step", "nothing"), "not known"),
        (("packet", "--next", "1", "0" * 32), "name items"),
    ],
)
def test_a_wrong_command_line_is_2(night, tmp_path, arguments, said, remit835):
    done = remit835(*arguments, "--warehouse", night, "--out", tmp_path / "out")
    assert done.returncode == 2
    assert said in done.stderr


def test_the_beginning_of_an_id_will_do(night, cases, tmp_path):
    item = cases["PRECEDENT-A-01"]["item_id"]
    done = packet.write_packets(night, tmp_path, Settings(), DAY, [item[:12].upper(), item], with_pdf=False)
    assert [folder.name for folder in done.folders] == [f"{item}_reprocess_request"]


def test_the_same_packets_have_the_same_bytes(night, tmp_path):
    for out in ("one", "two"):
        packet.write_packets(night, tmp_path / out, Settings(), DAY, next_count=45, with_pdf=False)
    packet.write_packets(night, tmp_path / "two", Settings(), DAY, next_count=45, with_pdf=False)
    held = [
        {str(path.relative_to(tmp_path / out)): path.read_bytes() for path in (tmp_path / out).rglob("*.*")}
        for out in ("one", "two")
    ]
    assert len(held[0]) > 45 * len(TEXT_FILES)
    assert held[0] == held[1]


def test_what_a_call_and_coding_said_stands_in_the_letter(tmp_path, cases):
    warehouse = tmp_path / "warehouse"
    run([INBOX], warehouse, Settings(), DAY, lambda stage, done, total: None)
    item_id = cases["PRECEDENT-NONE-01"]["item_id"]
    entry = dict.fromkeys(schema_of("work_log").names) | {
        "work_log_id": "e1", "item_id": item_id, "action_date": date(2026, 11, 19), "worked_by": "DL", "action": "call",
        "call_reference": "REF-4711", "denial_date_from_call": date(2026, 11, 12), "appeal_address": "PO BOX 99, COLUMBUS, OH",
        "appeal_fax": "8005550177", "denial_reason_from_call": "DX NOT ON LIST", "coding_outcome": "confirmed",
    }  # fmt: skip
    held = Warehouse(warehouse)
    with held.held():
        batch = held.begin()
        batch.append("work_log", pa.Table.from_pylist([entry], schema_of("work_log")))
        batch.commit(DAY, ["log"], [], {})
    run([INBOX], warehouse, Settings(), DAY, lambda stage, done, total: None)
    folder = one(warehouse, tmp_path / "out", item_id, "appeal")
    letter = " ".join((folder / "letter.txt").read_text().split())
    for words in ("PO BOX 99, COLUMBUS, OH, by fax (800) 555-0177", "REF-4711 of 11/19/2026", "Denial date: 11/12/2026",
                  "DX NOT ON LIST", "confirms them"):  # fmt: skip
        assert words in letter
    facts = {fact["name"]: fact for fact in json.loads((folder / "packet.json").read_text())["facts"]}
    assert facts["appeal_address"]["source"] == {
        "kind": "work_log", "entry": "e1", "date": "2026-11-19", "by": "DL", "column": "appeal_address",
    }  # fmt: skip
    assert "[x] The call reference is in the work log: REF-4711" in (folder / "checklist.txt").read_text()


def test_a_payment_of_a_paid_history_stands_with_its_row(tmp_path, cases):
    """What was paid before the warehouse's own remittances is told on the call too, and its source is a row, not a segment."""
    case = cases["PRECEDENT-NONE-01"]
    last, first = case["patient_name"].split(", ")
    earlier = {
        "payer_id": case["payer_id"], "member_id": case["member_id"], "patient_last_name": last, "patient_first_name": first,
        "claim_number": "HISTORY4711", "trace_number": "EFTHISTORY1", "procedure_code": case["procedure_code"],
        "place_of_service_code": "11", "diagnosis_codes": case["diagnosis_codes"], "diagnosis_code_set": "ICD-10", "units": "1",
        "service_date": "2025-10-20", "paid_date": "2025-11-05", "charge_amount": "180.00", "paid_amount": "120.00",
        "allowed_amount": "120.00",
    }  # fmt: skip
    history = tmp_path / "history.csv"
    with history.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, list(earlier))
        writer.writeheader()
        writer.writerow(earlier)
    warehouse = tmp_path / "warehouse"
    run([INBOX, history], warehouse, Settings(), DAY, lambda stage, done, total: None)
    folder = one(warehouse, tmp_path / "out", case["item_id"])
    assert folder.name.endswith("_reprocess_request")
    for document in ("letter.txt", "call_script.txt"):
        text = " ".join((folder / document).read_text().split())
        for words in ("HISTORY4711", "10/20/2025", "$120.00", "11/05/2025", "EFTHISTORY1"):
            assert words in text, f"{document}: {words}"
    assert '"kind": "extract"' in (folder / "packet.json").read_text()
    assert "history.csv, row " in (folder / "evidence.txt").read_text()


def test_the_practice_stands_in_the_letter(night, cases, tmp_path):
    settings = Settings(
        practice_name="Lakeside Clinic", practice_phone="9375550100", signer_name="Robin Vale", signer_title="Billing lead",
        letter_footer="Lakeside Clinic, a member of nothing",
    )  # fmt: skip
    folder = one(night, tmp_path, cases["PRECEDENT-NONE-01"]["item_id"], "appeal", settings)
    letter = (folder / "letter.txt").read_text()
    assert letter.startswith("Lakeside Clinic\n")
    assert "Robin Vale\nBilling lead\nLakeside Clinic\n" in letter
    assert "Lakeside Clinic, a member of nothing" in letter
    assert "[name of the signer]" not in letter
    assert "check the letterhead" in " ".join((folder / "checklist.txt").read_text().split())


def test_the_preview_needs_nothing_else(night, cases, tmp_path):
    page = (one(night, tmp_path, cases["PRECEDENT-A-01"]["item_id"]) / "preview.html").read_text()
    assert not re.search(r'(src|href)="(?!#)|@import|url\(', page)
    assert page.count("<section") == 4


@pytest.mark.skipif(libreoffice() is None, reason="LibreOffice is not installed")
def test_a_pdf_where_libreoffice_is(night, cases, tmp_path):
    item_id = cases["PRECEDENT-A-01"]["item_id"]
    folder = packet.write_packets(night, tmp_path, Settings(), DAY, [item_id]).folders[0]
    assert (folder / "letter.pdf").read_bytes().startswith(b"%PDF")
    assert len(re.findall(rb"/Type\s*/Page\b", (folder / "call_script.pdf").read_bytes())) == 1, "the call script is one page"
    assert stat.S_IMODE((folder / "letter.pdf").stat().st_mode) == 0o600


def test_without_libreoffice_it_says_so(night, cases, tmp_path, monkeypatch):
    monkeypatch.setattr(packet, "libreoffice", lambda: None)
    outcome = packet.write_packets(night, tmp_path, Settings(), DAY, [cases["PRECEDENT-A-01"]["item_id"]])
    assert "LibreOffice is not installed" in outcome.as_text()
    assert not list(tmp_path.rglob("*.pdf"))
