"""Ground truth of the reprocess candidates: nights over two years whose precedents are known, because each is put there.

    python -m bench.truth --lines 100000 --seed 1 [--keep FOLDER]

A story (stories.py) is one denied line of its own patient with everything that led to it. Its kind says what is meant to be
found, or what is meant to mislead; KINDS is the list: those below, and those of traps.py, which were written by somebody else,
from the rules of the trade and without a look at sql/. The nightly job then reads the files as any others, and what it names as
precedent is held against what was put there:

    precision   of the candidates that it names, the share that are the right claim: must be 1
    recall      of the precedents that are there, the share that it names: must be at least 0.995
    tier        where a kind says so, the tier of the payment that the worklist shows: must be that one

Every miss and every false candidate is listed with its kind and the reason that the tables give.
"""

from __future__ import annotations

import csv
import json
import random
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import click
import duckdb

from bench import traps
from bench.stories import (
    CENT,
    FIRST_DAY,
    LAST_DENIED_DAY,
    OTHER_DIAGNOSES,
    OTHER_SERVICE,
    Billed,
    Line,
    Story,
    Visit,
    decided,
    extract_row,
    history_row,
    not_a_precedent,
    paid,
    paid_then_denied,
    refused,
)
from data_samples.inbox_cases import HARBOR
from data_samples.make_bulk import from_segment, payment_header
from data_samples.x12_writer import (
    GUIDE_835,
    GUIDE_837,
    Adjustment,
    Envelope,
    Person,
    Procedure,
    Provider,
    ProviderAdjustment,
    Remittance,
    ServiceLine,
    interchange,
    money,
    remittance_segments,
    render,
    submission_segments,
)
from pipeline import settings
from pipeline.run import run
from pipeline.warehouse import Warehouse

PRECISION, RECALL = 1.0, 0.995
AS_OF = date(2026, 11, 20)
LEVELS = ("\x01", "\x02")  # marks for the HL numbers of a claim's subscriber and patient


# --------------------------------------------------------------------------------------------------------------------
# Kinds: what is there to be found
# --------------------------------------------------------------------------------------------------------------------
def plain(story: Story) -> None:
    """Paid once before, everything alike."""
    paid_then_denied(story)


def several_earlier(story: Story) -> None:
    """Paid three times: the latest is the one to name."""
    for days in (400, 250, 90):
        before = story.bill(story.visit(days))
        story.pay(before)
    story.deny(story.bill(story.visit()))
    story.expect(before)


def dependent(story: Story) -> None:
    """The patient is a dependent of the subscriber."""
    subscriber = replace(story.patient, first_name="OTTO", birth_date=date(1950, 2, 3))
    story.patient = replace(story.patient, identifier="", first_name="ROBIN", birth_date=date(2010, 5, 6))
    paid_then_denied(story, {"subscriber": subscriber}, {"subscriber": subscriber})


def diagnosis_order(story: Story) -> None:
    """The diagnosis stood second on the paid line."""
    line = Line(story.code, story.charge, (2, 1), number="ORDER-1")
    paid_then_denied(story, {"diagnoses": (OTHER_DIAGNOSES[0], story.diagnosis), "lines": (replace(line, diagnoses=(1, 2)),)})


def informing_modifier(story: Story) -> None:
    """The paid line had one modifier more, which only informs."""
    paid_then_denied(story, {"lines": (Line(story.code, story.charge, modifiers=("GC",), number="INFO-1"),)})


def modifier_order(story: Story) -> None:
    """The payer returned the modifiers in another order, and no line number."""
    line = Line(story.code, story.charge, modifiers=("59", "GP"))
    before = story.bill(story.earlier(lines=(line,)))
    story.pay(replace(before, lines=(replace(line, modifiers=("GP", "59")),)))
    story.deny(story.bill(story.visit(lines=(line,))))
    story.expect(before)


def number_padded(story: Story) -> None:
    """The payer pads the control number with zeros."""
    before, now = story.bill(story.earlier()), story.bill(story.visit())
    story.pay(replace(before, number=f"0000{before.number}"))
    story.deny(replace(now, number=f"00{now.number}"))
    story.expect(before)


def number_cut(story: Story) -> None:
    """The payer returns the beginning of a long control number."""
    before, now = (story.bill(replace(visit, number=f"{visit.number}ABCDEFGHIJKL")) for visit in (story.earlier(), story.visit()))
    story.pay(replace(before, number=before.number[:14]))
    story.deny(replace(now, number=now.number[:14]))
    story.expect(before)


def number_lost(story: Story) -> None:
    """The payer returns no control number: member and charge name the claim."""
    before, now = story.bill(story.earlier()), story.bill(story.visit())
    story.pay(replace(before, number="0"))
    story.deny(replace(now, number="0"))
    story.expect(before)


def member_corrected(story: Story) -> None:
    """Billed under a wrong member number, which the payer corrects (NM1*74)."""
    wrong = replace(story.patient, identifier=f"{story.patient.identifier}X")
    before = story.bill(story.earlier())
    story.pay(before)
    now = story.bill(story.visit(patient=wrong))
    corrected = Person("", "", story.patient.identifier, "C", entity_type="1")
    story.deny(now, insured=wrong, corrected=corrected)
    story.expect(before)


def account_number(story: Story) -> None:
    """One number for all visits of the patient, and line numbers that start anew on each claim."""
    visits = [story.visit(days) for days in (320, 200, 60, 0)]
    visits = [replace(v, number=f"ACCT{story.number:07d}", lines=(replace(v.lines[0], number="1"),)) for v in visits]
    for before in visits[:-1]:
        story.bill(before)
        story.pay(before)
    story.deny(story.bill(visits[-1]))
    story.expect(visits[-2])


def line_split(story: Story) -> None:
    """The payer split the paid line in two, with one line number."""
    before = story.bill(story.earlier())
    _pay_split(story, before, before.lines[0].number)
    story.deny(story.bill(story.visit()))
    story.expect(before)


def line_split_without_number(story: Story) -> None:
    """The payer split the paid line in two, and returned no line number."""
    before = story.bill(story.earlier())
    _pay_split(story, before, "")
    story.deny(story.bill(story.visit()))
    story.expect(before)


def _pay_split(story: Story, visit: Visit, number: str) -> None:
    part = (visit.lines[0].charge / 3).quantize(CENT)
    parts = (replace(visit.lines[0], charge=charge, number=number) for charge in (part, visit.lines[0].charge - part))
    story.decide(visit, *(paid(line, visit) for line in parts))


def bundled(story: Story) -> None:
    """The payer paid under another code and names the billed one (SVC06)."""
    before = story.bill(story.earlier())
    line = before.lines[0]
    story.decide(before, replace(paid(line, before), procedure=Procedure("99499"), submitted_procedure=Procedure(line.code)))
    story.deny(story.bill(story.visit()))
    story.expect(before)


def unbundled(story: Story) -> None:
    """The payer paid one line as two other codes, each with the billed one (SVC06) and the same line number."""
    before = story.bill(story.earlier())
    part = (before.lines[0].charge / 4).quantize(CENT)
    lines = (replace(before.lines[0], charge=charge) for charge in (part, before.lines[0].charge - part))
    codes = ("99498", "99499")
    story.decide(
        before,
        *(
            replace(paid(line, before), procedure=Procedure(code), submitted_procedure=Procedure(story.code))
            for line, code in zip(lines, codes, strict=True)
        ),
    )
    story.deny(story.bill(story.visit()))
    story.expect(before)


def one_number_for_all_lines(story: Story) -> None:
    """The practice sends one line number on every line of a claim."""

    def lines() -> tuple[Line, ...]:
        return (Line(OTHER_SERVICE[0], Decimal(OTHER_SERVICE[1]), (2,), number="1"), Line(story.code, story.charge, number="1"))

    before = story.bill(story.earlier(lines=lines()))
    story.pay(before)
    story.deny(story.bill(story.visit(lines=lines())), place=1)
    story.expect(before)


def lines_reordered(story: Story) -> None:
    """No line numbers, and the payer returns the lines in another order."""
    lines = (Line(OTHER_SERVICE[0], Decimal(OTHER_SERVICE[1]), (2,)), Line(story.code, story.charge))
    before, now = story.bill(story.earlier(lines=lines)), story.bill(story.visit(lines=lines))
    story.pay(replace(before, lines=lines[::-1]))
    story.deny(replace(now, lines=lines[::-1]))
    story.expect(before)


def replaced_before(story: Story) -> None:
    """The denied claim was replaced before the decision, with the diagnosis that was paid before."""
    before = story.bill(story.earlier())
    story.pay(before)
    now = story.visit()
    story.bill(replace(now, diagnoses=("L400", "H2510")))
    story.bill(now, 6, frequency="7", original=f"OLD{story.number}")
    story.deny(now, claim_frequency_code="7")
    story.expect(before)


def sent_twice(story: Story) -> None:
    """Both claims went out twice."""
    before, now = story.bill(story.bill(story.earlier()), 5), story.bill(story.bill(story.visit()), 5)
    story.pay(before)
    story.deny(now)
    story.expect(before)


def units_differ(story: Story) -> None:
    """More units are denied than were paid."""
    line = Line(story.code, story.charge, units=3, number="UNITS-1")
    paid_then_denied(story, None, {"lines": (line,)})


def denied_before(story: Story) -> None:
    """Denied once between the payment and now."""
    before = story.bill(story.visit(200))
    story.pay(before)
    between = story.bill(story.visit(100))
    story.decide(between, refused(between.lines[0], between))
    story.deny(story.bill(story.visit()))
    story.expect(before)


def from_claims_extract(story: Story) -> None:
    """The claims come from the practice-management system, not as 837."""
    before, now = story.earlier(), story.visit()
    for visit in (before, now):
        story.extract.append(extract_row(visit))
    story.pay(before)
    story.deny(now)
    story.expect(before)


def from_paid_history(story: Story) -> None:
    """Paid in the years before the remittances, known from the paid-history extract."""
    before = story.visit(500)
    story.history.append(history_row(before))
    story.deny(story.bill(story.visit()))
    story.expect(before)


def payment_corrected(story: Story) -> None:
    """The payment was reversed and paid again."""
    before = story.bill(story.visit(200))
    first = story.pay(before)
    story.payments.append((before.day + timedelta(days=60), before.payer, before.provider, first.reversed()))
    story.pay(before, 60)
    story.deny(story.bill(story.visit()))
    story.expect(before)


def two_claims_on_one_day(story: Story) -> None:
    """Another claim of the patient on each of the days."""
    before, now = story.bill(story.earlier()), story.bill(story.visit())
    for visit in (before, now):
        other = story.visit(day=visit.day, lines=(Line(OTHER_SERVICE[0], Decimal(OTHER_SERVICE[1]), number="OTHER-1"),))
        story.pay(story.bill(replace(other, diagnoses=("Z0000",))))
    story.pay(before)
    story.deny(now)
    story.expect(before)


def lookback_edge(story: Story) -> None:
    """Paid on the same calendar day two years before: the first day that counts."""
    story.day = min(story.day.replace(day=min(story.day.day, 28)), LAST_DENIED_DAY)
    before = story.bill(story.visit(day=story.day.replace(year=story.day.year - 2)))
    story.pay(before)
    story.deny(story.bill(story.visit()))
    story.expect(before)


# --------------------------------------------------------------------------------------------------------------------
# Kinds: what looks like a precedent and is none
# --------------------------------------------------------------------------------------------------------------------
def never_paid(story: Story) -> None:
    """No history at all."""
    story.deny(story.bill(story.visit()))


def reversed_at_once(story: Story) -> None:
    """Paid and reversed in the same remittance."""
    _reversed(story, 20)


def reversed_later(story: Story) -> None:
    """Paid, and reversed some nights later."""
    _reversed(story, 90)


def _reversed(story: Story, days: int) -> None:
    before = story.bill(story.visit(200))
    payment = story.pay(before)
    story.payments.append((before.day + timedelta(days=days), before.payer, before.provider, payment.reversed()))
    story.deny(story.bill(story.visit()))


def corrected_to_nothing(story: Story) -> None:
    """Paid, reversed, and left to the deductible."""
    _reversed(story, 90)
    before = story.claims[0].claim
    line = before.lines[0]
    left = ServiceLine(line.procedure, line.charge_amount, (Adjustment("PR", "1", line.charge_amount),), line.service_date)
    first_day, payer, provider, payment = story.payments[0]
    correction = replace(payment, lines=(replace(left, line_control_number=line.line_control_number),))
    story.payments.append((first_day + timedelta(days=70), payer, provider, correction))


def paid_nothing(story: Story) -> None:
    """All of it went to the deductible."""
    before = story.bill(story.earlier())
    line = before.lines[0]
    story.decide(before, decided(line, before, (Adjustment("PR", "1", line.charge),)))
    story.deny(story.bill(story.visit()))


def other_diagnosis(story: Story) -> None:
    """Paid for another diagnosis."""
    not_a_precedent(story, diagnoses=("Z0000", "L400"))


def diagnosis_category(story: Story) -> None:
    """Paid for a diagnosis of the same category."""
    not_a_precedent(story, diagnoses=(story.diagnosis[:3] + "99", "L400"))


def other_payer(story: Story) -> None:
    """Another payer paid it, under the same member number."""
    not_a_precedent(story, payer=story.other_payer)


def other_provider(story: Story) -> None:
    """Paid to another provider."""
    not_a_precedent(story, provider=HARBOR)


def other_place(story: Story) -> None:
    """Paid at another place of service."""
    not_a_precedent(story, place="22")


def other_modifier(story: Story) -> None:
    """Paid with a modifier that matters."""
    not_a_precedent(story, lines=(Line(story.code, story.charge, modifiers=("59",), number="MOD-1"),))


def family_member(story: Story) -> None:
    """Paid for a child under the same member number."""
    not_a_precedent(story, patient=replace(story.patient, first_name="WILLA", birth_date=date(2012, 3, 4)))


def twin(story: Story) -> None:
    """Paid for a twin: same member number, last name and day of birth."""
    not_a_precedent(story, patient=replace(story.patient, first_name="WILLA"))


def same_name(story: Story) -> None:
    """Paid for another patient of the same name at the same payer."""
    other = replace(story.patient, identifier=f"{story.patient.identifier}9", birth_date=date(1933, 3, 4))
    not_a_precedent(story, patient=other)


def later_service(story: Story) -> None:
    """The paid service came after the denied one."""
    story.day -= timedelta(days=120)
    not_a_precedent(story, day=story.day + timedelta(days=30))


def same_day(story: Story) -> None:
    """Paid on the same day, on another claim."""
    line = Line(story.code, story.charge + 1, number="SAME-1")
    not_a_precedent(story, day=story.day, lines=(line,))


def too_old(story: Story) -> None:
    """Paid the day before the lookback begins."""
    story.day = story.day.replace(day=min(story.day.day, 28))
    not_a_precedent(story, day=story.day.replace(year=story.day.year - 2) - timedelta(days=1))


def same_claim(story: Story) -> None:
    """An earlier day of the same claim was paid."""
    lines = (
        Line(story.code, story.charge, number="DAY-1", day=story.day - timedelta(days=7)),
        Line(story.code, story.charge, number="DAY-2"),
    )
    story.deny(story.bill(story.visit(lines=lines)), place=1)


def denied_claim_unknown(story: Story) -> None:
    """The denied claim is nowhere to be found."""
    story.pay(story.bill(story.earlier()))
    story.deny(story.visit())


def paid_claim_unknown(story: Story) -> None:
    """The paid claim is nowhere to be found."""
    story.pay(story.earlier())
    story.deny(story.bill(story.visit()))


def pointers_missing(story: Story) -> None:
    """The paid line points to no diagnosis: only the claim's are known."""
    not_a_precedent(story, lines=(replace(Line(story.code, story.charge, number="POINT-1"), diagnoses=()),))


def denied_line_ambiguous(story: Story) -> None:
    """Two lines of the denied claim differ in the diagnosis only."""
    story.pay(story.bill(story.earlier()))
    story.deny(story.bill(story.visit(lines=_alike(story))))


def paid_line_ambiguous(story: Story) -> None:
    """Two lines of the paid claim differ in the diagnosis only, and one was paid."""
    before = story.bill(story.earlier(lines=_alike(story)))
    story.decide(before, paid(before.lines[0], before), decided(before.lines[1], before, (Adjustment("PR", "1", story.charge),)))
    story.deny(story.bill(story.visit()))


def _alike(story: Story) -> tuple[Line, Line]:
    return Line(story.code, story.charge, (1,)), Line(story.code, story.charge, (2,))


def cut_number_ambiguous(story: Story) -> None:
    """The payer cut the denied claim's number, and two claims of that day begin so, with different diagnoses."""
    story.pay(story.bill(story.earlier()))
    now = story.visit()
    for end, diagnoses in (("ABCDEFGH-1", now.diagnoses), ("ABCDEFGH-2", now.diagnoses[::-1])):
        story.bill(replace(now, number=now.number + end, diagnoses=diagnoses, lines=(replace(now.lines[0], number=""),)))
    story.deny(replace(now, number=f"{now.number}ABC", lines=(replace(now.lines[0], number=""),)))


def replaced_later(story: Story) -> None:
    """Only the replacement of the denied claim is known, made after the decision with the diagnosis that was paid."""
    story.pay(story.bill(story.earlier()))
    now = story.visit()
    story.bill(now, 27, frequency="7", original=now.payer_number)
    story.deny(now)


def void_claim(story: Story) -> None:
    """Of the denied claim only the one that cancels it is known."""
    story.pay(story.bill(story.earlier()))
    now = story.visit()
    story.bill(now, 3, frequency="8", original=now.payer_number)
    story.deny(now)


def secondary_payment(story: Story) -> None:
    """The payer paid as the second one."""
    before = story.bill(story.earlier())
    story.pay(before, status_code="2")
    story.deny(story.bill(story.visit()))


def predetermination(story: Story) -> None:
    """The payer only said what it would pay (CLP02 = 25)."""
    before = story.bill(story.earlier())
    line = before.lines[0]
    story.decide(before, decided(line, before, (Adjustment("OA", "101", line.charge),)), status_code="25")
    story.deny(story.bill(story.visit()))


def history_reversed_by_remittance(story: Story) -> None:
    """Known from paid history, and a remittance took it back."""
    before = story.visit(300)
    story.history.append(history_row(before))
    story.decide(before, paid(before.lines[0], before), days_after=40)
    day, payer, provider, payment = story.payments.pop()
    story.payments.append((day, payer, provider, payment.reversed()))
    story.deny(story.bill(story.visit()))


def history_taken_back(story: Story) -> None:
    """Known from paid history, which also says that it was taken back."""
    before = story.visit(500)
    amount = Decimal("50.00")
    story.history += [history_row(before, amount), history_row(before, -amount, before.day + timedelta(days=80))]
    story.deny(story.bill(story.visit()))


def other_code_set(story: Story) -> None:
    """The paid claim's diagnosis is of ICD-9, and the code only looks the same."""
    before = story.earlier()
    story.extract.append(extract_row(before, "ICD-9"))
    story.pay(before)
    story.deny(story.bill(story.visit()))


def superseded(story: Story) -> None:
    """Paid, and then denied by a later decision about the same claim, without a reversal."""
    before = story.bill(story.visit(200))
    story.pay(before)
    story.decide(before, refused(before.lines[0], before), days_after=80)
    story.deny(story.bill(story.visit()))


def corrected_id_of_another(story: Story) -> None:
    """The payer corrected the member number of another patient to the one of the denied claim's patient."""
    wrong = replace(story.patient, last_name="OTHERSAMPLE", identifier=f"{story.patient.identifier}W")
    before = story.bill(story.visit(200, patient=wrong))
    story.pay(before)
    fixed = story.bill(story.visit(150, patient=replace(wrong, first_name="WILLA"), diagnoses=("Z0000",)))
    story.pay(fixed, insured=wrong, corrected=Person("", "", f"{story.patient.identifier}Z", "C", entity_type="1"))
    story.deny(story.bill(story.visit()))


FOUND: tuple[Callable[[Story], None], ...] = (
    plain, several_earlier, dependent, diagnosis_order, informing_modifier, modifier_order, number_padded, number_cut,
    number_lost, member_corrected, account_number, line_split, line_split_without_number, bundled, unbundled,
    one_number_for_all_lines,
    lines_reordered, replaced_before, sent_twice, units_differ, denied_before, from_claims_extract, from_paid_history,
    payment_corrected, two_claims_on_one_day, lookback_edge,
)  # fmt: skip
MISLEADING: tuple[Callable[[Story], None], ...] = (
    never_paid, reversed_at_once, reversed_later, corrected_to_nothing, paid_nothing, other_diagnosis, diagnosis_category,
    other_payer, other_provider, other_place, other_modifier, family_member, twin, same_name, later_service, same_day, too_old,
    same_claim, denied_claim_unknown, paid_claim_unknown, pointers_missing, denied_line_ambiguous, paid_line_ambiguous,
    cut_number_ambiguous, replaced_later, void_claim, secondary_payment, predetermination, history_reversed_by_remittance,
    history_taken_back, other_code_set, superseded, corrected_id_of_another,
)  # fmt: skip
KINDS = (*FOUND, *traps.FOUND, *MISLEADING, *traps.MISLEADING)
# Plain cases are the most of a real night.
PLAIN_WEIGHT = 8


def stories(lines: int, seed: int) -> Iterable[Story]:
    """`lines` stories: every kind once, then drawn."""
    draw = random.Random(seed)
    weights = [PLAIN_WEIGHT if kind is plain else 1 for kind in KINDS]
    for number in range(1, lines + 1):
        kind = KINDS[number - 1] if number <= len(KINDS) else draw.choices(KINDS, weights)[0]
        story = Story(kind.__name__, number, draw)
        kind(story)
        yield story


# --------------------------------------------------------------------------------------------------------------------
# Files
# --------------------------------------------------------------------------------------------------------------------
@dataclass
class Truth:
    """What was put there, by the payer's number of the denied claim: kind, expected claim number, and the tier to be shown."""

    expected: dict[str, tuple[str, str | None, str | None]] = field(default_factory=dict)
    line_count: int = 0


def write(inbox: Path, lines: int, seed: int) -> Truth:
    """Writes the inbox: 835s of payers, 837s of providers, one extract of claims and one of paid history."""
    inbox.mkdir(parents=True)
    truth = Truth()
    payments: dict[tuple, list[tuple[Decimal, int, str]]] = defaultdict(list)
    takebacks: dict[tuple, list[ProviderAdjustment]] = defaultdict(list)
    claims: dict[tuple, list[str]] = defaultdict(list)
    extract: list[dict] = []
    history: list[dict] = []
    for story in stories(lines, seed):
        truth.expected[story.denied] = (story.kind, story.expected, story.tier)
        for day, payer, provider, payment in story.payments:
            loop = from_segment("CLP", remittance_segments(Remittance(payer, provider, "T", day, (payment,))))
            payments[_week(day), payer, provider].append((payment.paid_amount, len(loop), render(loop).decode()))
            truth.line_count += len(payment.lines)
        for day, payer, provider, adjustment in story.takebacks:
            takebacks[_week(day), payer, provider].append(adjustment)
        for billed in story.claims:
            claims[_week(billed.day), billed.provider, billed.claim_type].append(_claim_text(billed))
        extract += story.extract
        history += story.history
    _write_835(inbox, payments, takebacks)
    _write_837(inbox, claims)
    for name, rows in (("claims_extract.csv", extract), ("paid_history.csv", history)):
        _write_csv(inbox / name, rows)
    return truth


def _week(day: date) -> date:
    """The Friday on which a day's claims go out and its payments are made."""
    return day + timedelta(days=(4 - day.weekday()) % 7)


def _claim_text(billed: Billed) -> str:
    envelope, guide = Envelope("TRUTH", "TRUTH", FIRST_DAY, 1), GUIDE_837[billed.claim_type]
    loop = from_segment("HL", submission_segments((billed.claim,), billed.provider, envelope, billed.claim_type, guide), 2)
    levels = iter(LEVELS)
    marked = []
    for segment in loop:
        if segment[0] == "HL":
            mark = next(levels)
            parent = segment[2] if mark == LEVELS[0] else LEVELS[0]
            segment = ("HL", mark, parent, *segment[3:])
        if segment[0] == "HI" and billed.code_set == "ICD-9":
            segment = ("HI", *((qualifier.removeprefix("A"), code) for qualifier, code in segment[1:]))
        marked.append(segment)
    return render(marked).decode()


def _write_835(
    inbox: Path, payments: dict[tuple, list[tuple[Decimal, int, str]]], takebacks: dict[tuple, list[ProviderAdjustment]]
) -> None:
    """One file a payer and month, one ST a payment: of a week, to a provider."""
    by_file: dict[tuple, list[tuple]] = defaultdict(list)
    for key in sorted({*payments, *takebacks}, key=lambda key: (key[0], key[2].npi)):
        day, payer, provider = key
        by_file[payer, f"{day:%Y%m}"].append((day, provider, payments[key], takebacks[key]))
    for number, ((payer, month), parts) in enumerate(by_file.items(), 1):
        last_day = parts[-1][0]
        isa, gs, _, iea = interchange([], GUIDE_835, Envelope(payer.payer_id, "TRUTH", last_day, number))
        with (inbox / f"{payer.payer_id.lower()}_{month}.835").open("wb") as file:
            file.write(render([isa, gs]))
            for count, (day, provider, claims, adjustments) in enumerate(parts, 1):
                trace, paid_out = f"EFT{payer.payer_id}{day:%y%m%d}{count}", sum((c[0] for c in claims), Decimal(0))
                header = _paid_to(payment_header(payer, trace, day, paid_out - sum(a.amount for a in adjustments)), provider)
                footer = [_takeback_segment(one, day) for one in adjustments]
                control = f"{count:04d}"
                file.write(render([("ST", "835", control), *header]))
                file.write("".join(text for _, _, text in claims).encode())
                size = 2 + len(header) + sum(size for _, size, _ in claims) + len(footer)
                file.write(render([*footer, ("SE", str(size), control)]))
            file.write(render([("GE", str(len(parts)), gs[6]), iea]))


def _takeback_segment(adjustment: ProviderAdjustment, day: date) -> tuple:
    pair = ((adjustment.reason_code, adjustment.reference_id), money(adjustment.amount))
    return ("PLB", adjustment.provider_id, f"{day:%Y}1231", *pair)


def _paid_to(header: list, provider: Provider) -> list:
    """payment_header is of one payee; here are several."""
    return [("N1", "PE", provider.name, "XX", provider.npi) if segment[:2] == ("N1", "PE") else segment for segment in header]


def _write_837(inbox: Path, claims: dict[tuple, list[str]]) -> None:
    """One file a provider, month and type of claim, one ST a week."""
    by_file: dict[tuple, list[tuple]] = defaultdict(list)
    for (day, provider, claim_type), texts in sorted(claims.items(), key=lambda item: (item[0][0], item[0][2])):
        by_file[provider, f"{day:%Y%m}", claim_type].append((day, texts))
    for number, ((provider, month, claim_type), parts) in enumerate(by_file.items(), 1):
        guide = GUIDE_837[claim_type]
        isa, gs, _, iea = interchange([], guide, Envelope("TRUTH", "TRUTH", parts[-1][0], number))
        with (inbox / f"claims_{claim_type}_{provider.npi}_{month}.837").open("wb") as file:
            file.write(render([isa, gs]))
            for count, (day, texts) in enumerate(parts, 1):
                header = submission_segments((), provider, Envelope("TRUTH", "TRUTH", day, number), claim_type, guide)
                body = "".join(_levelled(texts))
                control = f"{count:04d}"
                file.write(render([("ST", "837", control, guide.version), *header]))
                file.write(body.encode())
                file.write(render([("SE", str(2 + len(header) + body.count("~")), control)]))
            file.write(render([("GE", str(len(parts)), gs[6]), iea]))


def _levelled(texts: list[str]) -> Iterable[str]:
    """The claims with their HL numbers counted."""
    level = 1
    for text in texts:
        first = level + 1
        level = first + (LEVELS[1] in text)
        yield text.replace(LEVELS[0], str(first)).replace(LEVELS[1], str(level))


def _write_csv(path: Path, rows: list[dict]) -> None:
    if rows:
        with path.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)


# --------------------------------------------------------------------------------------------------------------------
# Measure
# --------------------------------------------------------------------------------------------------------------------
NAMED = """
    SELECT
        payment.payer_claim_control_number AS denied_number,
        CASE WHEN precedent.is_candidate THEN precedent.precedent_claim_number END AS named_number,
        coalesce(precedent.precedent_tier, 'none') AS tier,
        concat_ws(
            ', ',
            'tier ' || coalesce(precedent.precedent_tier, 'none'),
            nullif(precedent.precedent_differences, ''),
            'diagnosis ' || service.diagnosis_basis,
            coalesce('denied line ' || unmatched.unmatched_reason, service.match_method)
        ) AS reason
    FROM denied_line
    INNER JOIN claim_payment_current AS payment
        ON payment.file_id = denied_line.file_id AND payment.segment_index = denied_line.claim_segment_index
    INNER JOIN denied_service AS service ON service.item_id = denied_line.item_id
    LEFT JOIN precedent ON precedent.item_id = denied_line.item_id
    LEFT JOIN line_unmatched AS unmatched
        ON unmatched.file_id = denied_line.file_id AND unmatched.segment_index = denied_line.segment_index
"""


@dataclass
class Measured:
    """What the nightly job named, against the truth."""

    story_count: Counter = field(default_factory=Counter)
    right: Counter = field(default_factory=Counter)
    expected: Counter = field(default_factory=Counter)
    named: Counter = field(default_factory=Counter)
    faults: list[tuple[str, str, str, str]] = field(default_factory=list)

    @property
    def precision(self) -> float:
        return self.right.total() / self.named.total() if self.named.total() else 1.0

    @property
    def recall(self) -> float:
        return self.right.total() / self.expected.total() if self.expected.total() else 1.0

    @property
    def is_good(self) -> bool:
        return self.precision >= PRECISION and self.recall >= RECALL and not any(fault[0] == "tier" for fault in self.faults)

    def as_text(self) -> str:
        lines = [f"{'kind':<32}{'lines':>8}{'there':>8}{'named':>8}{'right':>8}"]
        for kind in (one.__name__ for one in KINDS):
            if self.story_count[kind]:
                counts = (self.story_count[kind], self.expected[kind], self.named[kind], self.right[kind])
                lines.append(f"{kind:<32}" + "".join(f"{count:>8,}" for count in counts))
        lines += [f"{what}: {kind}, denied claim {number}: {reason}" for what, kind, number, reason in self.faults]
        lines.append(f"{self.story_count.total():,} denied lines, precision {self.precision:.4f}, recall {self.recall:.4f}")
        return "\n".join(lines)


def measure(connection: duckdb.DuckDBPyConnection, truth: Truth) -> Measured:
    """`connection` knows facts and marts of the warehouse that read the truth's inbox."""
    measured = Measured()
    found = {
        number: (named, tier, reason)
        for number, named, tier, reason in connection.execute(NAMED).fetchall()
        if number in truth.expected
    }
    for number, (kind, expected, expected_tier) in truth.expected.items():
        named, tier, reason = found.get(number, (None, None, "the denied line is not there"))
        measured.story_count[kind] += 1
        measured.expected[kind] += expected is not None
        measured.named[kind] += named is not None
        measured.right[kind] += named is not None and named == expected
        if named is not None and named != expected:
            measured.faults.append(("false", kind, number, f"named {named} for {expected or 'nothing'}, {reason}"))
        if expected is not None and named != expected:
            measured.faults.append(("missed", kind, number, reason))
        if number not in found and expected is None:
            measured.faults.append(("lost", kind, number, reason))
        elif expected_tier and tier != expected_tier:
            measured.faults.append(("tier", kind, number, f"shown is {tier}, not {expected_tier}: {reason}"))
    return measured


def work(folder: Path, lines: int, seed: int) -> tuple[Measured, dict[str, float]]:
    """Writes the files, runs the nightly job on them, measures. Returns also the seconds of each."""
    began = time.monotonic()
    truth = write(folder / "inbox", lines, seed)
    written = time.monotonic()
    run([folder / "inbox"], folder / "warehouse", settings.load(), AS_OF)
    done = time.monotonic()
    warehouse = Warehouse(folder / "warehouse")
    with warehouse.connect() as connection:
        warehouse.connect_marts(connection)
        measured = measure(connection, truth)
    return measured, {"written": written - began, "run": done - written, "service_lines": truth.line_count}


@click.command(help=__doc__)
@click.option("--lines", default=100_000, show_default=True, help="How many denied lines.")
@click.option("--seed", default=1, show_default=True)
@click.option(
    "--keep", type=click.Path(path_type=Path, file_okay=False), help="Where to leave files and warehouse; default: nowhere."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for machines.")
def main(lines: int, seed: int, keep: Path | None, as_json: bool) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        measured, seconds = work(keep or Path(temporary), lines, seed)
    if as_json:
        click.echo(json.dumps({"lines": lines, "precision": measured.precision, "recall": measured.recall, **seconds}))
    else:
        click.echo(measured.as_text())
        click.echo(", ".join(f"{name} {value:,.1f}" for name, value in seconds.items()))
    sys.exit(0 if measured.is_good else 1)


if __name__ == "__main__":
    main()
