"""The evidence of a night that follows from its files alone equals what all facts give: matches, paid lines and precedents are
the same files, byte for byte, as if they were made anew, whatever of a patient comes on whatever night."""

from __future__ import annotations

import random
import string
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline import models, tables
from pipeline.warehouse import Warehouse
from tests.property.test_increment import (  # and its fixture, for every test here
    commit,
    content,
    contents_of,
    day_of,
    make_marts,
    what_nobody_reads_goes,  # noqa: F401
)
from tests.spec import harness

TARGETS = {name for name, table in tables.TABLES.items() if table.follows == tables.PATIENT and table.kind == "marts"}
Rows = list[tuple[str, dict[str, str]]]

# Patients by the names and ids that payers and claims use: two of one family share an id, the first has another id at the other
# payer, the fourth one has the name of the first, and the others share nothing.
PATIENTS = (
    {"first": "Ann", "last": "Doe", "P1": "M1", "P2": "Z9", "birth": "1970-01-01"},
    {"first": "Bob", "last": "Doe", "P1": "M1", "P2": "Z9", "birth": "1975-05-05"},
    {"first": "Cora", "last": "Roe", "P1": "M2", "P2": "Y8", "birth": "1980-08-08"},
    {"first": "Ann", "last": "Doe", "P1": "M3", "P2": "X7", "birth": "1990-09-09"},
    {"first": "Dan", "last": "Poe", "P1": "M4", "P2": "V4", "birth": "1991-01-01"},
    {"first": "Eve", "last": "Low", "P1": "M5", "P2": "V5", "birth": "1992-02-02"},
    {"first": "Fay", "last": "Day", "P1": "M6", "P2": "V6", "birth": "1993-03-03"},
)
ANN, BOB, CORA, OTHER_ANN, DAN, EVE, FAY = range(len(PATIENTS))
# What tells the people of one story from those of another.
IDENTITIES = {
    "file_id", "body_hash", "trace_number", "patient_control_number", "payer_claim_control_number", "member_id", "insured_id",
    "corrected_insured_id", "subscriber_id", "patient_last_name", "original_claim_number", "reference_id",
}  # fmt: skip
PAID, DENIED = ("97110", 0, 100, 80), ("97110", 2, 100, 0)
CONTROL_NUMBERS = ("C1", "C2", "ACCOUNT-1", "ACCOUNT-10", "ACCOUNT-200", "")
PAYER_NUMBERS = ("ICN00001", "ICN00002", "ICN00003", "")


def remittance_of(name: str, day: int, claims: list[dict], payer: str = "P1", takebacks: Iterable[str] = ()) -> Rows:
    """One file with one remittance. A claim: `patient`, `number`, `payer_number`, `status`, `member` (as the payer states it),
    `corrected` (to what), and `lines` of procedure, day of service, charge and what was paid."""
    paid_on = date(2026, 1, 1) + timedelta(days=day)
    rows: Rows = [
        ("remittance", {"file_id": name, "payer_id": payer, "payer_tax_number": f"1{payer}", "payment_date": f"{paid_on}",
                        "production_date": f"{paid_on}", "body_hash": name, "trace_number": name}),
    ]  # fmt: skip
    for place, claim in enumerate(claims):
        patient, sign = PATIENTS[claim["patient"]], -1 if claim.get("status") == "22" else 1
        clp = 100 * place + 1
        rows.append(
            ("claim_payment", {
                "file_id": name, "segment_index": f"{clp}", "patient_control_number": claim["number"],
                "payer_claim_control_number": claim.get("payer_number", ""), "claim_status_code": claim.get("status", "1"),
                "patient_last_name": patient["last"], "patient_first_name": patient["first"],
                "member_id": claim.get("member", patient[payer]), "insured_id": claim.get("insured", ""),
                "corrected_insured_id": claim.get("corrected", ""),
                "charge_amount": f"{sign * sum(charge for _, _, charge, _ in claim['lines'])}.00",
                "paid_amount": f"{sign * sum(paid for _, _, _, paid in claim['lines'])}.00",
            })
        )  # fmt: skip
        for number, (procedure, service_day, charge, paid) in enumerate(claim["lines"]):
            svc = clp + 10 * (number + 1)
            here = {"file_id": name, "claim_segment_index": f"{clp}"}
            rows.append(
                ("service_line", here | {
                    "segment_index": f"{svc}", "procedure_code": procedure, "charge_amount": f"{sign * charge}.00",
                    "paid_amount": f"{sign * paid}.00", "service_date": f"{date(2025, 12, 1) + timedelta(days=service_day)}",
                })
            )  # fmt: skip
            rows.append(
                ("adjustment", here | {
                    "segment_index": f"{svc + 1}", "line_segment_index": f"{svc}", "group_code": "CO",
                    "reason_code": "45" if paid else "50", "adjustment_amount": f"{sign * (charge - paid)}.00",
                })
            )  # fmt: skip
    for place, reference in enumerate(takebacks):
        rows.append(
            ("provider_adjustment", {"file_id": name, "segment_index": f"{9000 + place}", "pair_number": "1",
                                     "provider_adjustment_code": "WO", "reference_id": reference, "adjustment_amount": "80.00"})
        )  # fmt: skip
    return rows


def submitted_of(name: str, claim: dict, payer: str = "P1") -> Rows:
    """One file with one submitted claim, as `remittance_of` takes it, and `frequency`, `original`, `diagnoses` and `sent`."""
    patient = PATIENTS[claim["patient"]]
    rows: Rows = [
        ("submitted_claim", {
            "file_id": name, "patient_control_number": claim["number"], "original_claim_number": claim.get("original", ""),
            "claim_frequency_code": claim.get("frequency", "1"), "subscriber_id": claim.get("member", patient[payer]),
            "patient_last_name": patient["last"], "patient_first_name": patient["first"],
            "patient_birth_date": claim.get("birth", patient["birth"]), "transaction_date": claim.get("sent", "2025-12-20"),
            "charge_amount": f"{sum(charge for _, _, charge, _ in claim['lines'])}.00",
        })
    ]  # fmt: skip
    for number, (procedure, service_day, charge, _) in enumerate(claim["lines"]):
        rows.append(
            ("submitted_line", {
                "file_id": name, "segment_index": f"{10 + number}", "line_number": f"{number + 1}", "procedure_code": procedure,
                "charge_amount": f"{charge}.00", "service_date": f"{date(2025, 12, 1) + timedelta(days=service_day)}",
                "diagnosis_codes": claim.get("diagnoses", "M5450"),
            })
        )  # fmt: skip
    return rows


def history_of(name: str, lines: list[dict], payer: str = "P1") -> Rows:
    """One extract of paid history: `patient`, `payer_number`, `procedure`, `day` before 2025-12-01 and `paid`."""
    return [
        ("paid_history", {
            "file_id": name, "segment_index": f"{place}", "payer_id": payer, "member_id": PATIENTS[line["patient"]][payer],
            "patient_last_name": PATIENTS[line["patient"]]["last"], "patient_first_name": PATIENTS[line["patient"]]["first"],
            "patient_birth_date": PATIENTS[line["patient"]]["birth"], "payer_claim_control_number": line["payer_number"],
            "procedure_code": line["procedure"], "service_date": f"{date(2025, 11, 30) - timedelta(days=line['day'])}",
            "payment_date": "2025-12-15", "charge_amount": "100.00", "paid_amount": f"{line['paid']}.00",
            "diagnosis_codes": "M5450", "diagnosis_code_set": "ICD-10",
        })
        for place, line in enumerate(lines, 2)
    ]  # fmt: skip


def drawn_file(draw: random.Random, name: str, day: int) -> Rows:
    """A file of any kind about any of the patients."""
    payer = draw.choice(("P1", "P1", "P2"))
    kind = draw.choices(("remittance", "submitted", "history"), (6, 4, 1))[0]

    def claim() -> dict:
        patient = draw.randrange(len(PATIENTS))
        drawn = {
            "patient": patient,
            "number": draw.choice((*CONTROL_NUMBERS, *(f"V{number}" for number in range(12)))),
            "payer_number": draw.choice((*PAYER_NUMBERS, *(f"ICN0{number}" for number in range(12)))),
            "status": draw.choices(("1", "2", "22"), (9, 1, 1))[0],
            "member": draw.choice((*[PATIENTS[patient][payer]] * 6, "", "W1")),
            "lines": [
                (draw.choice(("97110", "97110", "99213")), draw.randrange(5), draw.choice((100, 120)), draw.choice((0, 80)))
                for _ in range(draw.choice((1, 1, 2)))
            ],
        }
        if draw.random() < 0.1:
            drawn |= {"insured": "W1", "corrected": draw.choice((PATIENTS[patient][payer], "M2"))}
        return drawn

    if kind == "remittance":
        takebacks = [draw.choice((*PAYER_NUMBERS[:3], *CONTROL_NUMBERS[:5]))] if draw.random() < 0.3 else []
        return remittance_of(name, day, [claim() for _ in range(draw.randrange(1, 4))], payer, takebacks)
    if kind == "submitted":
        more = {
            "frequency": draw.choice("11187"), "original": draw.choice(PAYER_NUMBERS),
            "sent": draw.choice(("2025-12-20", "2026-01-20")), "diagnoses": draw.choice(("M5450", "J189", "M5412 M5450")),
        }  # fmt: skip
        return submitted_of(name, claim() | more, payer)
    lines = [
        {"patient": draw.randrange(len(PATIENTS)), "payer_number": draw.choice((*PAYER_NUMBERS[:3], "OLD1")),
         "day": draw.randrange(3), "procedure": draw.choice(("97110", "99213")), "paid": draw.choice((80, 60, -80))}
        for _ in range(draw.randrange(1, 4))
    ]  # fmt: skip
    return history_of(name, lines, payer)


def facts_of(rows: Rows) -> dict[str, pa.Table]:
    by_table: dict[str, list[dict[str, str]]] = {}
    for name, row in rows:
        by_table.setdefault(name, []).append(row)
    return {name: harness.arrow_table(name, harness.fact_rows(name, of_table)) for name, of_table in by_table.items()}


def log_of(night: int, entries: list[tuple[str, str]], services: list[dict]) -> pa.Table:
    """What was done about the denied line of a file, as facts."""
    items = {row["file_id"]: row["item_id"] for row in services}
    rows = [
        {"work_log_id": f"W{night}-{number}", "entry_number": 10 * night + number, "item_id": items[file_id], "action": action,
         "action_date": day_of(night)}
        for number, (file_id, action) in enumerate(entries)
    ]  # fmt: skip
    return pa.Table.from_pylist(rows, tables.schema_of("work_log"))


def assert_nights_end_as_all_facts_do(
    nights: list[list[tuple[str, Rows]]], entries: Mapping[int, list[tuple[str, str]]] | None = None
) -> list[dict[str, list[dict]]]:
    """Night after night carried in one warehouse, made anew in another. `entries`: night to the files whose denied line somebody
    worked, and how. Returns the rows of the targets after each night."""
    after = []
    with tempfile.TemporaryDirectory() as folder:
        carried, anew = Warehouse(Path(folder) / "carried"), Warehouse(Path(folder) / "anew")
        for number, files in enumerate(nights):
            worked = (entries or {}).get(number)
            log = log_of(number, worked, after[-1]["denied_service"]) if worked else None
            for warehouse in (carried, anew):
                with warehouse.held():
                    commit(warehouse, number, [(name, facts_of(rows)) for name, rows in files], log)
                    make_marts(warehouse, number == 0 or warehouse is anew, contents_of(number, []), TARGETS)
            left, made = content(carried.path), content(anew.path)
            assert sorted(left) == sorted(made)
            differing = [name for name in made if left[name] != made[name]]
            assert differing == [], f"night {number}"
            after.append({name: pq.read_table(carried.marts / name).to_pylist() for name in TARGETS})
    return after


def paid(number: str = "C1", **more: object) -> dict:
    """A paid claim of Ann's."""
    return {"patient": ANN, "number": number, "payer_number": f"ICN-{number}", "lines": [PAID]} | more


def denied(number: str = "C2", **more: object) -> dict:
    """A claim of Ann's that the payer denied two days of service later."""
    return paid(number, lines=[DENIED]) | more


# A denied claim that no step by member and charge takes for the paid one.
DEARER = denied(lines=[("97110", 2, 120, 0)])
# Others, whose rows no later night touches.
OTHERS = (
    ("0O1", remittance_of("0O1", 0, [
        paid("X1", patient=DAN), denied("X2", patient=DAN), paid("X3", patient=EVE), denied("X4", patient=EVE),
    ])),
    ("0O2", submitted_of("0O2", paid("X1", patient=DAN))),
    ("0O3", submitted_of("0O3", denied("X2", patient=DAN))),
)  # fmt: skip
# What comes first, what comes on a later night, and how many precedents the denied lines of the story have after each of them.
STORIES = {
    "a new denial makes an old payment wanted": (
        [remittance_of("A", 1, [paid()])], [remittance_of("B", 2, [denied()])], (0, 1)),
    "another denial rests on a payment that is matched already": (
        [remittance_of("A", 1, [paid()]), remittance_of("B", 2, [denied()])], [remittance_of("C", 3, [denied("C3")])], (1, 2)),
    "a payment that comes late": (
        [remittance_of("B", 2, [denied()])], [remittance_of("A", 1, [paid()])], (0, 1)),
    "the payment is reversed": (
        [remittance_of("A", 1, [paid()]), remittance_of("B", 2, [denied()])],
        [remittance_of("C", 3, [paid(status="22")])], (1, 0)),
    "the denial is reversed": (
        [remittance_of("A", 1, [paid()]), remittance_of("B", 2, [denied()])],
        [remittance_of("C", 3, [denied(status="22")])], (1, 0)),
    "the payment is taken back": (
        [remittance_of("A", 1, [paid()]), remittance_of("B", 2, [denied()])],
        [remittance_of("C", 3, [paid("X9", patient=FAY)], takebacks=["ICN-C1"])], (1, 0)),
    "the member id is corrected": (
        [remittance_of("A", 1, [paid(member="W1")]), remittance_of("B", 2, [denied(first="", patient=OTHER_ANN)])],
        [remittance_of("C", 3, [paid("C3", patient=BOB, member="W1", insured="W1", corrected="M3")])], (0, 1)),
    "a claim without a number has its member and charge": (
        [remittance_of("A", 1, [paid("")]), remittance_of("B", 2, [denied()])],
        [submitted_of("S", paid("LOST", diagnoses="J189")), submitted_of("T", denied(diagnoses="M5450"))], (1, 0)),
    "a claim has the payer's number": (
        [remittance_of("A", 1, [paid("")]), remittance_of("B", 2, [DEARER])],
        [submitted_of("S", paid("LOST", original="ICN-", member="", diagnoses="J189")), submitted_of("T", DEARER)], (1, 0)),
    "a claim has a longer number": (
        [remittance_of("A", 1, [paid("ACCOUNT-0")]), remittance_of("B", 2, [DEARER])],
        [submitted_of("S", paid("ACCOUNT-0001", member="", diagnoses="J189")), submitted_of("T", DEARER)], (1, 0)),
    "a claim gives the member id": (
        [remittance_of("A", 1, [paid(member="")]), remittance_of("B", 2, [denied()])], [submitted_of("S", paid())], (0, 1)),
    "a claim gives the day of birth": (
        [remittance_of("A", 1, [paid(member="Z9")], "P2"), remittance_of("B", 2, [denied()]), submitted_of("T", denied())],
        [submitted_of("S", paid(), "P2")], (0, 1)),
    "we cancelled the paid claim": (
        [remittance_of("A", 1, [paid()]), remittance_of("B", 2, [denied()])],
        [submitted_of("S", paid(frequency="8", original="ICN-C1", sent="2026-01-20"))], (1, 0)),
    "an extract brings paid history": (
        [remittance_of("B", 2, [denied()])],
        [history_of("H", [{"patient": ANN, "payer_number": "OLD1", "procedure": "97110", "day": 3, "paid": 80}])], (0, 1)),
    "a remittance takes the place of paid history": (
        [remittance_of("B", 2, [denied()]),
         history_of("H", [{"patient": ANN, "payer_number": "ICN-C1", "procedure": "97110", "day": 3, "paid": 80}])],
        [remittance_of("A", 1, [paid(lines=[("99213", 0, 100, 80)])])], (1, 0)),
    "another denial makes another line of the payment wanted": (
        [remittance_of("A", 1, [paid(lines=[PAID, ("99213", 0, 100, 80)])]), remittance_of("B", 2, [denied()])],
        [remittance_of("C", 3, [denied("C3", lines=[("99213", 2, 100, 0)])])], (1, 2)),
}  # fmt: skip


def of_story(letter: str, files: list[Rows]) -> list[tuple[str, Rows]]:
    """The files of one story, by name, about people of its own."""
    told = [
        [
            (table, {column: f"{letter}{text}" if text and column in IDENTITIES else text for column, text in row.items()})
            for table, row in rows
        ]
        for rows in files
    ]
    return [(rows[0][1]["file_id"], rows) for rows in told]


def test_a_later_night_changes_the_evidence_of_earlier_ones():
    """All stories in the same nights, each about people of its own; and others, whom no later night touches."""
    letters = dict(zip(STORIES, string.ascii_uppercase, strict=False))
    nights = [
        list(OTHERS),
        [file for title, (first, _, _) in STORIES.items() for file in of_story(letters[title], first)],
        [file for title, (_, later, _) in STORIES.items() for file in of_story(letters[title], later)],
    ]
    counts = [
        Counter(row["file_id"][0] for row in left["precedent_candidate"])
        for left in assert_nights_end_as_all_facts_do(nights)[1:]
    ]
    for title, (_, _, expected) in STORIES.items():
        assert tuple(count[letters[title]] for count in counts) == expected, title


def test_earlier_payments_are_looked_for_while_an_item_is_open():
    """Ann's denied line is written off, a second one comes, and the first is taken up again."""
    nights = [
        [*OTHERS, ("A", remittance_of("A", 1, [paid()])), ("B", remittance_of("B", 2, [denied()]))],
        [],
        [("C", remittance_of("C", 3, [denied("C3")]))],
        [],
    ]
    after = assert_nights_end_as_all_facts_do(nights, {1: [("B", "write_off")], 3: [("B", "reopen")]})
    looked_for = [sorted(row["file_id"] for row in left["precedent_candidate"] if row["file_id"] in "BC") for left in after]
    assert looked_for == [["B"], [], ["C"], ["B", "C"]]
    assert [sorted(row["file_id"] for row in left["denied_service"] if row["file_id"] in "BC") for left in after][1] == ["B"]


@pytest.mark.parametrize("seed", range(3))
def test_every_night_leaves_the_evidence_that_all_facts_give(seed: int):
    draw = random.Random(seed)
    files = [(f"F{draw.randrange(10**9):09}", drawn_file(draw, "", day)) for day in range(draw.randrange(6, 14))]
    files = [(name, [(table, row | {"file_id": name}) for table, row in rows]) for name, rows in files]
    nights: list[list[tuple[str, Rows]]] = [[]]
    for file in draw.sample(files, len(files)):
        if nights[-1] and draw.random() < 0.6:
            nights.append([])
        nights[-1].append(file)
    assert_nights_end_as_all_facts_do(nights)


def test_a_check_of_patients_that_fails_is_told_with_the_others(tmp_path: Path):
    """It is run as soon as what it reads is made; so is one that finds nothing."""
    wrong = models.Model(
        "no_line_is_denied", "checks", tmp_path, "SELECT item_id FROM denied_service", frozenset({"denied_service"})
    )
    warehouse = Warehouse(tmp_path / "warehouse")
    nights = [("A", remittance_of("A", 1, [paid()])), ("B", remittance_of("B", 2, [denied()]))]
    with warehouse.held():
        for number, (name, rows) in enumerate(nights):
            commit(warehouse, number, [(name, facts_of(rows))])
            make_marts(warehouse, number == 0, contents_of(number, []), TARGETS, [wrong] * number)
