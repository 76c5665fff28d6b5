"""Stories: one denied line of its own patient, with all that led to it. The kinds of stories stand in truth.py and traps.py.

A story is told in claims (837 of three types, or extract), payments, take-backs and paid history, each with its day; truth.py
writes them into files. What a caller should name in the end is declared by `expect`, by hand, and never computed.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal

from data_samples.inbox_cases import LAKESIDE, PAYERS
from data_samples.x12_writer import (
    Adjustment,
    ClaimPayment,
    Payer,
    Person,
    Procedure,
    Provider,
    ProviderAdjustment,
    ServiceLine,
    SubmittedClaim,
    SubmittedLine,
)

FIRST_DAY = date(2024, 11, 25)
LAST_DENIED_DAY = date(2026, 10, 20)
CENT = Decimal("0.01")

PROCEDURES = {
    "97110": "180",
    "20610": "260",
    "93000": "85",
    "80053": "60",
    "72148": "980",
    "J1100": "18",
    "90837": "240",
    "95810": "1150",
}
DIAGNOSES = ("M5450", "M1711", "I10", "E1165", "R5383", "J069", "M6281", "G4733", "K219", "F329")
OTHER_DIAGNOSES = ("Z0000", "S83511A", "L400", "H2510")
OTHER_SERVICE = ("99213", "150")
FIRST_NAMES = ("ALDA", "BRAM", "CORA", "DESMOND", "ELSIE", "FERGUS", "GREER", "HOLLIS", "IMOGEN", "JONAS")


@dataclass(frozen=True)
class Line:
    code: str
    charge: Decimal
    diagnoses: tuple[int, ...] = (1,)
    modifiers: tuple[str, ...] = ()
    units: int = 1
    number: str = ""
    day: date | None = None
    revenue_code: str = ""
    qualifier: str = "HC"


@dataclass(frozen=True)
class Visit:
    """One claim as billed."""

    number: str
    payer_number: str
    day: date
    lines: tuple[Line, ...]
    diagnoses: tuple[str, ...]
    patient: Person
    payer: Payer
    provider: Provider = LAKESIDE
    place: str = "11"
    subscriber: Person | None = None


@dataclass(frozen=True)
class Billed:
    """One claim as it goes out: when, from whom, in which 837 (P, I, D), its diagnoses in which code set."""

    day: date
    provider: Provider
    claim: SubmittedClaim
    claim_type: str = "P"
    code_set: str = "ICD-10"


@dataclass
class Story:
    """One denied line and what led to it. `expected`: the payer's claim number that a caller should name, None for nobody.
    `tier`: the tier in which the worklist must show the earlier payment, where the kind says so: also of those that are no
    ground for a call ("none": no earlier payment is shown)."""

    kind: str
    number: int
    draw: random.Random
    claims: list[Billed] = field(default_factory=list)
    payments: list[tuple[date, Payer, Provider, ClaimPayment]] = field(default_factory=list)
    takebacks: list[tuple[date, Payer, Provider, ProviderAdjustment]] = field(default_factory=list)
    extract: list[dict] = field(default_factory=list)
    history: list[dict] = field(default_factory=list)
    denied: str = ""
    expected: str | None = None
    tier: str | None = None

    def __post_init__(self) -> None:
        draw = self.draw
        self.payer, self.code = draw.choice(PAYERS), draw.choice(list(PROCEDURES))
        self.other_payer = PAYERS[(PAYERS.index(self.payer) + 1) % len(PAYERS)]
        self.charge = Decimal(PROCEDURES[self.code]) + Decimal(draw.randrange(500)) / 100
        self.diagnosis = draw.choice(DIAGNOSES)
        self.day = LAST_DENIED_DAY - timedelta(days=draw.randrange(120))
        self.patient = Person(
            f"SAMPLE{_letters(self.number)}", draw.choice(FIRST_NAMES), f"{self.payer.payer_id[:3]}{self.number:08d}",
            birth_date=date(1940, 1, 1) + timedelta(days=draw.randrange(25_000)),
        )  # fmt: skip
        self.visits = 0

    def visit(self, days_before: int = 0, **changes) -> Visit:
        """A visit of the patient with the story's procedure and diagnosis; the payer's number is its own."""
        self.visits += 1
        number = f"T{self.number:07d}V{self.visits}"
        day = changes.pop("day", self.day - timedelta(days=days_before))
        visit = Visit(
            number, f"{self.payer.payer_id[:3]}{self.number:08d}{self.visits:02d}", day,
            (Line(self.code, self.charge, number=f"{number}-1"),), (self.diagnosis, *self.draw.sample(OTHER_DIAGNOSES, 1)),
            self.patient, self.payer,
        )  # fmt: skip
        return replace(visit, **changes)

    def earlier(self, **changes) -> Visit:
        return self.visit(self.draw.randrange(30, 500), **changes)

    def bill(
        self, visit: Visit, days_after: int = 3, frequency: str = "1", original: str = "", claim_type: str = "P",
        code_set: str = "ICD-10", payer_turn: str = "P",
    ) -> Visit:  # fmt: skip
        """The visit's claim goes out, in an 837."""
        lines = tuple(
            SubmittedLine(
                Procedure(line.code, line.modifiers, line.qualifier), line.charge, line.day or visit.day, Decimal(line.units),
                line.diagnoses, revenue_code=line.revenue_code, line_control_number=line.number,
            )
            for line in visit.lines
        )  # fmt: skip
        claim = SubmittedClaim(
            visit.number, visit.subscriber or visit.patient, visit.payer, lines, visit.diagnoses,
            visit.patient if visit.subscriber else None, visit.place, frequency, original, payer_responsibility_code=payer_turn,
        )  # fmt: skip
        self.claims.append(Billed(visit.day + timedelta(days=days_after), visit.provider, claim, claim_type, code_set))
        return visit

    def decide(self, visit: Visit, *lines: ServiceLine, days_after: int = 20, **changes) -> ClaimPayment:
        member = visit.subscriber or visit.patient
        payment = ClaimPayment(
            visit.number, visit.payer_number, replace(visit.patient, identifier=member.identifier),
            lines, facility_type_code=visit.place, insured=member if visit.subscriber else None,
        )  # fmt: skip
        payment = replace(payment, **changes)
        self.payments.append((visit.day + timedelta(days=days_after), visit.payer, visit.provider, payment))
        return payment

    def pay(self, visit: Visit, days_after: int = 20, **changes) -> ClaimPayment:
        """The payer pays every line of the visit."""
        return self.decide(visit, *(paid(line, visit) for line in visit.lines), days_after=days_after, **changes)

    def deny(self, visit: Visit, place: int = 0, **changes) -> ClaimPayment:
        """The payer denies the line at `place`, and pays the others."""
        lines = (refused(line, visit) if n == place else paid(line, visit) for n, line in enumerate(visit.lines))
        payment = self.decide(visit, *lines, **changes)
        self.denied = payment.payer_claim_control_number
        return payment

    def take_back(self, visit: Visit, amount: Decimal, days_after: int, reason: str = "WO") -> None:
        """The payer takes the amount out of a later payment (PLB) and names the visit's claim."""
        adjustment = ProviderAdjustment(reason, amount, visit.payer_number, visit.provider.npi)
        self.takebacks.append((visit.day + timedelta(days=days_after), visit.payer, visit.provider, adjustment))

    def expect(self, visit: Visit, tier: str | None = None) -> None:
        self.expected, self.tier = visit.payer_number, tier


def paid(line: Line, visit: Visit) -> ServiceLine:
    contract = (line.charge * Decimal("0.3")).quantize(CENT)
    return decided(line, visit, (Adjustment("CO", "45", contract),))


def refused(line: Line, visit: Visit) -> ServiceLine:
    return decided(line, visit, (Adjustment("CO", "50", line.charge),))


def decided(line: Line, visit: Visit, adjustments: tuple[Adjustment, ...]) -> ServiceLine:
    procedure = Procedure(line.code, line.modifiers, line.qualifier)
    return ServiceLine(
        procedure, line.charge, adjustments, line.day or visit.day,
        revenue_code=line.revenue_code, line_control_number=line.number,
    )  # fmt: skip


def _letters(number: int) -> str:
    """A number in letters, so that each patient has a last name of its own."""
    text = ""
    while number:
        number, digit = divmod(number, 26)
        text += chr(ord("A") + digit)
    return text


def paid_then_denied(story: Story, earlier: dict | None = None, denied: dict | None = None) -> None:
    before = story.bill(story.earlier(**(earlier or {})))
    story.pay(before)
    story.deny(story.bill(story.visit(**(denied or {}))))
    story.expect(before)


def extract_row(visit: Visit, code_set: str = "ICD-10") -> dict:
    line = visit.lines[0]
    return {
        "patient_control_number": visit.number, "member_id": visit.patient.identifier,
        "patient_last_name": visit.patient.last_name, "patient_first_name": visit.patient.first_name,
        "patient_birth_date": visit.patient.birth_date.isoformat(),
        "submission_date": (visit.day + timedelta(days=2)).isoformat(), "diagnosis_codes": " ".join(visit.diagnoses),
        "diagnosis_code_set": code_set, "line_control_number": line.number, "procedure_code": line.code,
        "modifiers": " ".join(line.modifiers), "place_of_service_code": visit.place, "units": line.units,
        "charge_amount": line.charge, "service_date": visit.day.isoformat(),
        "diagnosis_pointers": " ".join(map(str, line.diagnoses)),
    }  # fmt: skip


def history_row(visit: Visit, amount: Decimal | None = None, paid_on: date | None = None, code_set: str = "ICD-10") -> dict:
    line = visit.lines[0]
    return {
        "payer_id": visit.payer.payer_id, "member_id": visit.patient.identifier, "patient_last_name": visit.patient.last_name,
        "patient_first_name": visit.patient.first_name, "patient_birth_date": visit.patient.birth_date.isoformat(),
        "billing_provider_npi": visit.provider.npi, "claim_number": visit.payer_number, "trace_number": "EFTHISTORY",
        "procedure_code": line.code, "modifiers": " ".join(line.modifiers), "place_of_service_code": visit.place,
        "diagnosis_codes": visit.diagnoses[line.diagnoses[0] - 1], "diagnosis_code_set": code_set, "units": line.units,
        "service_date": visit.day.isoformat(), "paid_date": (paid_on or visit.day + timedelta(days=20)).isoformat(),
        "charge_amount": line.charge, "paid_amount": amount or (line.charge * Decimal("0.7")).quantize(CENT),
    }  # fmt: skip


def not_a_precedent(story: Story, **earlier) -> None:
    paid_then_denied(story, earlier)
    story.expected = None
