"""More kinds of stories, by a second author: from the rules of the trade, without a look at how sql/ answers them.

Each docstring says what happened; what a caller should name follows from these rules: the earlier payment is of the same payer,
patient, provider, place, procedure and pointed diagnosis, earlier in service, stands today, and is another claim. What is not
known is never guessed: then nobody is named. `tier` is what the worklist must show of a payment that is no ground for a call.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from bench.stories import (
    CENT,
    OTHER_SERVICE,
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
from data_samples.x12_writer import Adjustment, Payer, Person, Procedure

DENTAL = Line("D2740", Decimal("1180"), qualifier="AD", number="TOOTH-1")
OTHER_DIAGNOSIS = "H2510"


def _pay_and_reverse(story: Story, visit: Visit, days: int, number: str | None = None) -> None:
    """Paid, and `days` after the service reversed; the reversal may come under a number of its own."""
    payment = story.pay(visit)
    reversal = replace(payment.reversed(), payer_claim_control_number=number or payment.payer_claim_control_number)
    story.payments.append((visit.day + timedelta(days=days), visit.payer, visit.provider, reversal))


def _stranger(story: Story) -> Person:
    """Another patient of the practice with the same payer."""
    patient = story.patient
    identifier = f"{patient.identifier[:3]}9{story.number:07d}"
    return Person(f"OTHER{patient.last_name}", "WILLA", identifier, birth_date=date(1961, 7, 8))


# --------------------------------------------------------------------------------------------------------------------
# What is there to be found
# --------------------------------------------------------------------------------------------------------------------
def professional_part(story: Story) -> None:
    """The professional part was paid, then the technical part alone; the professional part is denied."""
    parts = {name: (Line(story.code, story.charge, modifiers=(name,), number=f"{name}-1"),) for name in ("26", "TC")}
    before = story.bill(story.visit(200, lines=parts["26"]))
    story.pay(before)
    story.pay(story.bill(story.visit(100, lines=parts["TC"])))
    story.deny(story.bill(story.visit(lines=parts["26"])))
    story.expect(before, "A")


def member_changed_between(story: Story) -> None:
    """Paid under a member number that the payer corrects on a later, unlike claim; denied under the right one."""
    wrong = replace(story.patient, identifier=f"{story.patient.identifier}X")
    before = story.bill(story.visit(200, patient=wrong))
    story.pay(before)
    between = story.bill(story.visit(100, patient=wrong, diagnoses=("Z0000",)))
    story.pay(between, insured=wrong, corrected=Person("", "", story.patient.identifier, "C", entity_type="1"))
    story.deny(story.bill(story.visit()))
    story.expect(before, "A")


def line_number_padded(story: Story) -> None:
    """Two lines differ in the diagnosis and the line number only, and the payer pads the line numbers with zeros."""

    def lines(*numbers: str) -> tuple[Line, ...]:
        return tuple(Line(story.code, story.charge, (place,), number=number) for place, number in enumerate(numbers, 1))

    before, now = (story.bill(visit) for visit in (story.earlier(lines=lines("1", "2")), story.visit(lines=lines("1", "2"))))
    story.pay(replace(before, lines=lines("000001", "000002")))
    story.deny(replace(now, lines=lines("000001", "000002")))
    story.expect(before, "A")


def number_in_small_letters(story: Story) -> None:
    """The payer returns control numbers in small letters."""
    before, now = story.bill(story.earlier()), story.bill(story.visit())
    story.pay(replace(before, number=before.number.lower()))
    story.deny(replace(now, number=now.number.lower()))
    story.expect(before, "A")


def number_reused(story: Story) -> None:
    """Another patient's claim has the denied claim's number, day, procedure and charge, and another diagnosis."""
    before, now = story.bill(story.earlier()), story.bill(story.visit())
    story.bill(replace(now, patient=_stranger(story), diagnoses=(OTHER_DIAGNOSIS,)), 4)
    story.pay(before)
    story.deny(now)
    story.expect(before, "A")


def number_cut_to_another(story: Story) -> None:
    """The payer cuts the denied claim's number, and what is left is another patient's whole number."""
    before = story.bill(story.earlier())
    story.pay(before)
    now = story.visit()
    story.bill(replace(now, number=f"{now.number}ABCDEFGH"))
    story.bill(replace(now, patient=_stranger(story), diagnoses=(OTHER_DIAGNOSIS,)))
    story.deny(now)
    story.expect(before, "A")


def claim_split(story: Story) -> None:
    """The payer split the paid claim in two claims of its own: one holds the procedure, the other the rest."""
    lines = (Line(story.code, story.charge, number="PART-1"), Line(OTHER_SERVICE[0], Decimal(OTHER_SERVICE[1]), number="PART-2"))
    before = story.bill(story.earlier(lines=lines))
    story.decide(before, paid(lines[0], before))
    story.decide(before, paid(lines[1], before), payer_claim_control_number=f"{before.payer_number}S")
    story.deny(story.bill(story.visit()))
    story.expect(before, "A")


def paid_after_replacement(story: Story) -> None:
    """The paid claim had been replaced before the payment, with the diagnosis that is denied now."""
    before = story.earlier()
    story.bill(replace(before, diagnoses=("L400", OTHER_DIAGNOSIS)))
    story.bill(before, 9, frequency="7", original=f"OLD{story.number}")
    story.pay(before, claim_frequency_code="7")
    story.deny(story.bill(story.visit()))
    story.expect(before, "A")


def replaced_after_payment(story: Story) -> None:
    """The paid claim was replaced after the payment, with another diagnosis, and the payer has not answered."""
    before = story.bill(story.visit(200))
    story.pay(before)
    story.bill(replace(before, diagnoses=("L400", OTHER_DIAGNOSIS)), 60, frequency="7", original=before.payer_number)
    story.deny(story.bill(story.visit()))
    story.expect(before, "A")


def paid_after_the_denial(story: Story) -> None:
    """The earlier service was paid after the later one had been denied."""
    before = story.bill(story.visit(40))
    story.deny(story.bill(story.visit()))
    story.pay(before, 66)
    story.expect(before, "A")


def name_written_otherwise(story: Story) -> None:
    """The payer writes the name with an apostrophe and a middle initial, the claims do not."""
    patient = story.patient
    written = replace(patient, last_name=f"O'{patient.last_name}", first_name=f"{patient.first_name} Q")
    story.patient = replace(patient, last_name=f"O{patient.last_name}")
    before, now = story.bill(story.earlier()), story.bill(story.visit())
    story.pay(replace(before, patient=written))
    story.deny(now)
    story.expect(before, "A")


def patient_renamed(story: Story) -> None:
    """The patient has another last name since the payment, and the same member number and day of birth."""
    renamed = replace(story.patient, last_name=f"NEW{story.patient.last_name}")
    before, now = story.bill(story.earlier()), story.bill(story.visit(patient=renamed))
    story.pay(before)
    story.deny(now)
    story.expect(before, "A")


def member_written_with_blanks(story: Story) -> None:
    """The practice writes the member number with a hyphen and blanks in its paid history."""
    before = story.visit(400)
    number = story.patient.identifier
    written = replace(story.patient, identifier=f"{number[:3]}-{number[3:6]} {number[6:]}")
    story.history.append(history_row(replace(before, patient=written)))
    story.deny(story.bill(story.visit()))
    story.expect(before, "A")


def claim_denied_whole(story: Story) -> None:
    """A claim of one line is denied at claim level, and the payer sends no lines."""
    before, now = story.bill(story.earlier()), story.bill(story.visit())
    story.pay(before)
    _deny_whole(story, now)
    story.expect(before, "A")


def _deny_whole(story: Story, visit: Visit) -> None:
    charge = sum((line.charge for line in visit.lines), Decimal(0))
    payment = story.decide(
        visit, claim_charge_amount=charge, adjustments=(Adjustment("CO", "50", charge),), statement_from_date=visit.day
    )
    story.denied = payment.payer_claim_control_number


def dental(story: Story) -> None:
    """Dental claims (837D) that point to a diagnosis."""
    before, now = (
        story.bill(visit, claim_type="D") for visit in (story.earlier(lines=(DENTAL,)), story.visit(lines=(DENTAL,)))
    )
    story.pay(before)
    story.deny(now)
    story.expect(before, "A")


def drug_by_national_code(story: Story) -> None:
    """A drug billed by its HCPCS code; the payer decides by the national drug code and names the billed one (SVC06)."""

    def by_drug_code(line):
        return replace(line, procedure=Procedure("00093310905", (), "N4"), submitted_procedure=Procedure(line.procedure.code))

    before, now = story.bill(story.earlier()), story.bill(story.visit())
    story.decide(before, by_drug_code(paid(before.lines[0], before)))
    story.decide(now, by_drug_code(refused(now.lines[0], now)))
    story.denied = now.payer_number
    story.expect(before, "A")


def denied_in_part(story: Story) -> None:
    """A part of the line is denied, the rest is paid: the line is no precedent of itself, the earlier claim is one."""
    before, now = story.bill(story.earlier()), story.bill(story.visit())
    story.pay(before)
    part = (story.charge / 3).quantize(CENT)
    story.decide(now, decided(now.lines[0], now, (Adjustment("CO", "50", part),)))
    story.denied = now.payer_number
    story.expect(before, "A")


def paid_in_part(story: Story) -> None:
    """Of the earlier line a part was denied and the rest paid."""
    before = story.bill(story.visit(150))
    part = (story.charge / 3).quantize(CENT)
    story.decide(before, decided(before.lines[0], before, (Adjustment("CO", "50", part),)))
    story.deny(story.bill(story.visit()))
    story.expect(before, "A")


def corrected_under_new_number(story: Story) -> None:
    """The payment was reversed and made again under another number of the payer: the new one is to be named."""
    before = story.bill(story.visit(200))
    _pay_and_reverse(story, before, 60)
    again = replace(before, payer_number=f"{before.payer_number}R1")
    story.pay(again, 60)
    story.deny(story.bill(story.visit()))
    story.expect(again, "A")


def latest_reversed(story: Story) -> None:
    """Paid twice; the later payment was reversed, the older one stands."""
    before = story.bill(story.visit(300))
    story.pay(before)
    _pay_and_reverse(story, story.bill(story.visit(120)), 80)
    story.deny(story.bill(story.visit()))
    story.expect(before, "A")


def takeback_given_back(story: Story) -> None:
    """The payer took the payment back (PLB) and gave it back in full."""
    before = story.bill(story.visit(250))
    payment = story.pay(before)
    story.take_back(before, payment.paid_amount, 60)
    story.take_back(before, -payment.paid_amount, 100)
    story.deny(story.bill(story.visit()))
    story.expect(before, "A")


def extract_lines_apart(story: Story) -> None:
    """The extract is sorted by charge, so that other claims stand between the lines of a claim, and the payer returns no
    control number: only the claim's whole charge finds it."""
    lines = (
        Line(story.code, story.charge, number=f"{story.number}-APART-1"),
        Line(OTHER_SERVICE[0], Decimal(OTHER_SERVICE[1]), number=f"{story.number}-APART-2"),
    )
    before, now, other = story.earlier(lines=lines), story.visit(lines=lines), story.visit(10, patient=_stranger(story))
    for place in (0, 1):
        for visit in (before, now):
            story.extract.append(extract_row(replace(visit, lines=(visit.lines[place],))))
        if not place:
            story.extract.append(extract_row(other))
    story.pay(replace(before, number="0"))
    story.deny(replace(now, number="0"))
    story.expect(before, "A")


def second_payer_before(story: Story) -> None:
    """Two payers: the first one paid before and denies now; the second one's claims have the same numbers."""
    before, now = story.bill(story.earlier()), story.bill(story.visit())
    for visit in (before, now):
        second = replace(visit, payer=story.other_payer, patient=_at_other_payer(story))
        story.bill(second, 30, payer_turn="S")
    story.pay(before)
    story.deny(now)
    story.expect(before, "A")


def _at_other_payer(story: Story) -> Person:
    return replace(story.patient, identifier=f"{story.other_payer.payer_id[:3]}{story.number:08d}")


# --------------------------------------------------------------------------------------------------------------------
# What looks like a precedent and is none
# --------------------------------------------------------------------------------------------------------------------
def technical_part(story: Story) -> None:
    """Only the technical part was paid; the professional part is denied."""
    technical, professional = (
        (Line(story.code, story.charge, modifiers=(name,), number=f"{name}-1"),) for name in ("TC", "26")
    )
    paid_then_denied(story, {"lines": technical}, {"lines": professional})
    story.expected, story.tier = None, "C"


def reused_number_denied_unknown(story: Story) -> None:
    """The denied claim is nowhere; another patient's claim has its number, day, procedure and charge."""
    story.pay(story.bill(story.earlier()))
    now = story.visit()
    story.extract.append(_strangers_row(story, now))
    story.deny(now)
    story.tier = "unknown"


def _strangers_row(story: Story, visit: Visit) -> dict:
    """The visit's claim as a claim of another patient, whose day of birth the extract does not know."""
    return extract_row(replace(visit, patient=_stranger(story))) | {"patient_birth_date": ""}


def reused_number_paid_unknown(story: Story) -> None:
    """The paid claim is nowhere; another patient's claim has its number, day, procedure and charge."""
    before = story.earlier()
    story.extract.append(_strangers_row(story, before))
    story.pay(before)
    story.deny(story.bill(story.visit()))
    story.tier = "unknown"


def siblings_lost_number(story: Story) -> None:
    """No control number came back and the denied claim is nowhere: a child's of the same member number, day and charge is."""
    story.pay(story.bill(story.earlier()))
    now = story.visit()
    child = replace(story.patient, first_name="WILLA")
    story.extract.append(extract_row(replace(now, patient=child)) | {"patient_birth_date": ""})
    story.deny(replace(now, number="0"))
    story.tier = "unknown"


def lost_number_ambiguous(story: Story) -> None:
    """No control number came back, and two claims of the member and day with that charge differ in the diagnosis."""
    story.pay(story.bill(story.earlier()))
    now = story.visit(lines=(Line(story.code, story.charge),))
    story.bill(now)
    story.bill(replace(now, number=f"{now.number}B", diagnoses=(OTHER_DIAGNOSIS, "L400")))
    story.deny(replace(now, number="0"))


def reversed_with_the_denial(story: Story) -> None:
    """The earlier payment is reversed in the very remittance that denies."""
    before = story.bill(story.visit(200))
    _pay_and_reverse(story, before, 220)
    story.deny(story.bill(story.visit()))
    story.tier = "none"


def reversed_under_new_number(story: Story) -> None:
    """The reversal came under another number of the payer."""
    before = story.bill(story.visit(200))
    _pay_and_reverse(story, before, 70, f"Z{before.payer_number}")
    story.deny(story.bill(story.visit()))
    story.tier = "none"


def corrected_to_deductible_in_one(story: Story) -> None:
    """One remittance reverses the payment and leaves the claim to the deductible."""
    before = story.bill(story.visit(220))
    _pay_and_reverse(story, before, 60)
    left = decided(before.lines[0], before, (Adjustment("PR", "1", story.charge),))
    story.decide(before, left, days_after=60)
    story.deny(story.bill(story.visit()))
    story.tier = "none"


def taken_back(story: Story) -> None:
    """The whole payment was taken out of a later one (PLB WO names the claim), without a reversal."""
    before = story.bill(story.visit(200))
    payment = story.pay(before)
    story.take_back(before, payment.paid_amount, 60)
    story.deny(story.bill(story.visit()))


def refunded(story: Story) -> None:
    """The payment was reversed, its take-back cancelled because our refund check had arrived (WO and 72)."""
    before = story.bill(story.visit(200))
    amount = story.pay(before).paid_amount
    _, payer, provider, payment = story.payments[-1]
    story.payments.append((before.day + timedelta(days=60), payer, provider, payment.reversed()))
    story.take_back(before, amount, 60)
    story.take_back(before, -amount, 60, "72")
    story.deny(story.bill(story.visit()))
    story.tier = "none"


def payer_of_the_same_family(story: Story) -> None:
    """Another plan of the payer's family paid it, under the same member number."""
    payer = story.payer
    plan = Payer(f"{payer.name} OF OHIO", f"{payer.payer_id[:3]}77", "001000077", filing_indicator=payer.filing_indicator)
    not_a_precedent(story, payer=plan)
    story.tier = "C"


def names_swapped(story: Story) -> None:
    """Two patients under one member number: the first name of one is the last name of the other."""
    story.patient = replace(story.patient, last_name="JORDAN", first_name="TAYLOR")
    other = replace(story.patient, last_name="TAYLOR", first_name="JORDAN", birth_date=date(1990, 9, 9))
    not_a_precedent(story, patient=other)
    story.tier = "none"


def junior(story: Story) -> None:
    """Paid for the parent of the same name under the same member number."""
    not_a_precedent(story, patient=replace(story.patient, birth_date=story.patient.birth_date.replace(day=1, year=1931)))
    story.tier = "none"


def line_bundled_away(story: Story) -> None:
    """The earlier line was bundled into another one of its claim, which was paid (CO-97)."""
    lines = (Line(story.code, story.charge, number="IN-1"), Line(OTHER_SERVICE[0], Decimal(OTHER_SERVICE[1]), number="IN-2"))
    before = story.bill(story.earlier(lines=lines))
    story.decide(before, decided(lines[0], before, (Adjustment("CO", "97", story.charge),)), paid(lines[1], before))
    story.deny(story.bill(story.visit()))
    story.tier = "none"


def code_changed_by_payer(story: Story) -> None:
    """The earlier line was billed as another code and paid as the one that is denied now (SVC01, billed code in SVC06)."""
    billed = Line(OTHER_SERVICE[0], story.charge, number="CHANGED-1")
    before = story.bill(story.earlier(lines=(billed,)))
    changed = replace(paid(billed, before), procedure=Procedure(story.code), submitted_procedure=Procedure(billed.code))
    story.decide(before, changed)
    story.deny(story.bill(story.visit()))
    story.tier = "none"


def claim_split_by_day(story: Story) -> None:
    """The payer split the denied claim in two claims of its own and paid the first of its two days."""
    first = Line(story.code, story.charge, number="DAY-1", day=story.day - timedelta(days=1))
    second = Line(story.code, story.charge, number="DAY-2")
    now = story.bill(story.visit(lines=(first, second)))
    story.decide(now, paid(first, now), payer_claim_control_number=f"{now.payer_number}P")
    story.decide(now, refused(second, now))
    story.denied = now.payer_number
    story.tier = "none"


def paid_after_other_replacement(story: Story) -> None:
    """The paid claim had been replaced before the payment, with another diagnosis."""
    before = story.bill(story.earlier())
    story.bill(replace(before, diagnoses=("L400", OTHER_DIAGNOSIS)), 9, frequency="7", original=f"OLD{story.number}")
    story.pay(before, claim_frequency_code="7")
    story.deny(story.bill(story.visit()))
    story.tier = "none"


def voided_after_payment(story: Story) -> None:
    """We asked the payer to cancel the paid claim (frequency 8 with its number); the reversal has not come."""
    before = story.bill(story.visit(200))
    story.pay(before)
    story.bill(before, 60, frequency="8", original=before.payer_number)
    story.deny(story.bill(story.visit()))


def denied_under_new_number(story: Story) -> None:
    """Paid, and then the same claim was denied under another number of the payer, without a reversal."""
    before = story.bill(story.visit(200))
    story.pay(before)
    story.decide(before, refused(before.lines[0], before), days_after=80, payer_claim_control_number=f"{before.payer_number}N")
    story.deny(story.bill(story.visit()))
    story.tier = "none"


def institutional_lines(story: Story) -> None:
    """Hospital claims (837I): lines point to no diagnosis, so the claim's alone agrees."""
    line = Line(story.code, story.charge, (), number="HOSP-1", revenue_code="0420")
    before, now = (
        story.bill(visit, claim_type="I")
        for visit in (story.earlier(lines=(line,), place="13"), story.visit(lines=(line,), place="13"))
    )
    story.pay(before)
    story.deny(now)
    story.tier = "C"


def institutional_stays(story: Story) -> None:
    """Hospital stays paid and denied as a whole, without lines: no procedure says that they are the same service."""
    rooms = (Line("", Decimal("4100"), (), revenue_code="0120"), Line("", Decimal("900"), (), revenue_code="0250"))
    before, now = (
        story.bill(visit, claim_type="I")
        for visit in (story.earlier(lines=rooms, place="11"), story.visit(lines=rooms, place="11"))
    )
    story.decide(
        before, claim_charge_amount=Decimal(5000), adjustments=(Adjustment("CO", "45", Decimal(2000)),), drg_code="470",
        statement_from_date=before.day,
    )  # fmt: skip
    _deny_whole(story, now)
    story.tier = "none"


def claim_of_two_denied_whole(story: Story) -> None:
    """A claim of two lines is denied at claim level without lines: nobody knows which line the payer means."""
    lines = (Line(story.code, story.charge, number="W-1"), Line(OTHER_SERVICE[0], Decimal(OTHER_SERVICE[1]), (2,), number="W-2"))
    story.pay(story.bill(story.earlier()))
    _deny_whole(story, story.bill(story.visit(lines=lines)))


def second_payer_denies(story: Story) -> None:
    """The first payer paid this visit and earlier ones; the second payer denies, and never paid anything."""
    mine, theirs = _at_other_payer(story), story.other_payer
    story.pay(story.bill(story.earlier()))
    now = story.bill(story.visit())
    story.pay(now)
    second = replace(now, payer=theirs, patient=mine, payer_number=f"{theirs.payer_id[:3]}2{story.number:08d}")
    story.bill(second, 30, payer_turn="S")
    story.deny(second, status_code="2", days_after=20)
    story.tier = "C"


def dental_without_diagnosis(story: Story) -> None:
    """Dental claims without any diagnosis, as most are."""
    line = replace(DENTAL, diagnoses=())
    before, now = (
        story.bill(visit, claim_type="D")
        for visit in (story.earlier(lines=(line,), diagnoses=()), story.visit(lines=(line,), diagnoses=()))
    )
    story.pay(before)
    story.deny(now)
    story.tier = "unknown"


def other_code_set_of_claims(story: Story) -> None:
    """The paid claim's 837 names ICD-9 (BK), and the code only looks the same."""
    before = story.bill(story.earlier(), code_set="ICD-9")
    story.pay(before)
    story.deny(story.bill(story.visit()))
    story.tier = "none"


def other_code_set_of_history(story: Story) -> None:
    """The paid history names ICD-9, and the code only looks the same."""
    before = story.visit(500)
    story.history.append(history_row(before, code_set="ICD-9"))
    story.deny(story.bill(story.visit()))
    story.tier = "none"


def encounter_character(story: Story) -> None:
    """Paid for the first treatment of an injury (A), denied for a later one (D): another diagnosis of the category."""
    story.diagnosis = "S83511D"
    not_a_precedent(story, diagnoses=("S83511A", "L400"))
    story.tier = "D"


def capitated(story: Story) -> None:
    """The earlier service was covered by the monthly payment (CO-24): nothing was paid for it."""
    before = story.bill(story.earlier())
    story.decide(before, decided(before.lines[0], before, (Adjustment("CO", "24", story.charge),)))
    story.deny(story.bill(story.visit()))
    story.tier = "none"


def other_payer_paid_first(story: Story) -> None:
    """Another payer paid everything: this one, as the second, adjusted it (OA-23) and paid nothing."""
    before = story.bill(story.earlier())
    story.decide(before, decided(before.lines[0], before, (Adjustment("OA", "23", story.charge),)), status_code="2")
    story.deny(story.bill(story.visit()))
    story.tier = "none"


def denied_as_second_payer_twice(story: Story) -> None:
    """The payer denies as second payer what it once paid as second payer: no payment of its own account."""
    before, now = (story.bill(visit, payer_turn="S") for visit in (story.earlier(), story.visit()))
    story.pay(before, status_code="2")
    story.deny(now, status_code="2")
    story.tier = "C"


FOUND: tuple[Callable[[Story], None], ...] = (
    professional_part, member_changed_between, line_number_padded, number_in_small_letters, number_reused,
    number_cut_to_another, claim_split, paid_after_replacement, replaced_after_payment, paid_after_the_denial,
    name_written_otherwise, patient_renamed, member_written_with_blanks, claim_denied_whole, dental, drug_by_national_code,
    denied_in_part, paid_in_part, corrected_under_new_number, latest_reversed, takeback_given_back, extract_lines_apart,
    second_payer_before,
)  # fmt: skip
MISLEADING: tuple[Callable[[Story], None], ...] = (
    technical_part, reused_number_denied_unknown, reused_number_paid_unknown, siblings_lost_number, lost_number_ambiguous,
    reversed_with_the_denial, reversed_under_new_number, corrected_to_deductible_in_one, taken_back, refunded,
    payer_of_the_same_family, names_swapped, junior, line_bundled_away, code_changed_by_payer, claim_split_by_day,
    paid_after_other_replacement, voided_after_payment, denied_under_new_number, institutional_lines, institutional_stays,
    claim_of_two_denied_whole, second_payer_denies, dental_without_diagnosis, other_code_set_of_claims,
    other_code_set_of_history, encounter_character, capitated, other_payer_paid_first, denied_as_second_payer_twice,
)  # fmt: skip
