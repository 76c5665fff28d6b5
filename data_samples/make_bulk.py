"""Writes large synthetic 835 files, and the 837 files of the same claims, quickly: for benchmarks and property tests.

    python -m data_samples.make_bulk --megabytes 200 --files 1 --seed 1 OUT

OUT/bulk_0001.835 and on hold together about `--megabytes`; OUT/bulk_0001.837 and on are the claims as billed. The same
options give the same bytes. How it is quick: a pool of claims is built once with x12_writer, as text with marks for what differs
from claim to claim (number, member, day); the pool is drawn from and the marks are filled in. Everything balances, all counts
are right. About one line in eight is denied; members come back, so that there are earlier payments to be found.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import click

from data_samples.inbox_cases import LAKESIDE, PAYERS
from data_samples.x12_writer import (
    GUIDE_835,
    GUIDE_837,
    Adjustment,
    ClaimPayment,
    Envelope,
    Payer,
    Person,
    Procedure,
    Remittance,
    Segment,
    ServiceLine,
    SubmittedClaim,
    SubmittedLine,
    interchange,
    money,
    remittance_segments,
    render,
    submission_segments,
)

# Marks in the pool's text; no X12 value holds them. The service day is built as a date, and then becomes a mark.
CLAIM_NUMBER, MEMBER_NUMBER, SERVICE_DATE, LEVEL, MEMBER_NAME = "\x01", "\x02", "\x03", "\x04", "\x05"
MARKED_DAY = date(1900, 1, 1)
# Names are compared by their letters: members whose names differ in digits alone would all be one person.
DIGITS_AS_LETTERS = str.maketrans("0123456789", "ABCDEFGHIJ")

POOL_SIZE = 2000
CLAIMS_PER_MEMBER = 6
CLAIMS_PER_PAYMENT = 1000
FIRST_PAYMENT = date(2024, 11, 22)
DAYS = 700  # over which the payments of a file are spread

PROCEDURES = (
    ("99213", "150"), ("99214", "220"), ("99215", "310"), ("97110", "180"), ("97140", "95"), ("20610", "260"), ("93000", "85"),
    ("80053", "60"), ("85025", "40"), ("36415", "12"), ("72148", "980"), ("71046", "110"), ("J1100", "18"), ("90837", "240"),
)  # fmt: skip
MODIFIERS = ((), (), (), ("25",), ("59",), ("RT",), ("26",), ("GP", "KX"))
DIAGNOSES = ("M5450", "M1711", "I10", "E119", "R5383", "J069", "M6281", "E785", "N183", "G4733", "K219", "F329")
DENIALS = (
    (("CO", "50"), ("N115",)), (("CO", "50"), ()), (("CO", "16"), ("M127",)), (("CO", "197"), ()), (("OA", "18"), ()),
    (("CO", "29"), ()), (("CO", "97"), ()), (("PR", "27"), ()), (("CO", "96"), ("M1",)), (("CO", "22"), ()), (("CO", "11"), ()),
)  # fmt: skip
DENIED_SHARE = 0.125


@dataclass(frozen=True)
class Claim:
    """One claim of the pool: its loops as text with marks, and what the totals need."""

    payment_text: str
    payment_segments: int
    paid_amount: Decimal
    submission_text: str
    submission_segments: int


# --------------------------------------------------------------------------------------------------------------------
# The pool
# --------------------------------------------------------------------------------------------------------------------
def claim_pool(payer: Payer, draw: random.Random, size: int = POOL_SIZE) -> list[Claim]:
    return [pooled_claim(payer, draw) for _ in range(size)]


def pooled_claim(payer: Payer, draw: random.Random) -> Claim:
    member = Person(f"SAMPLE{MEMBER_NAME}", "ALEX", f"M{MEMBER_NUMBER}", birth_date=date(1960, 1, 1), gender="U")
    diagnoses = tuple(draw.sample(DIAGNOSES, draw.randint(1, 4)))
    number = f"B{CLAIM_NUMBER}"
    lines, submitted_lines = [], []
    for line_number in range(1, draw.choices((1, 2, 3, 4, 6), (30, 30, 20, 15, 5))[0] + 1):
        code, list_charge = draw.choice(PROCEDURES)
        procedure = Procedure(code, draw.choice(MODIFIERS))
        charge = Decimal(list_charge) + Decimal(draw.randrange(2000)) / 100
        control_number = f"{number}-{line_number}"
        decided = decided_line(procedure, charge, draw)
        lines.append(replace(decided, service_date=MARKED_DAY, line_control_number=control_number))
        pointers = tuple(draw.sample(range(1, len(diagnoses) + 1), draw.randint(1, len(diagnoses))))
        submitted_lines.append(
            SubmittedLine(procedure, charge, MARKED_DAY, pointers=pointers, line_control_number=control_number)
        )
    payment = ClaimPayment(number, f"{payer.payer_id}{CLAIM_NUMBER}", member, tuple(lines), claim_received_date=MARKED_DAY)
    return pool_entry(payment, SubmittedClaim(number, member, payer, tuple(submitted_lines), diagnoses), payer)


def decided_line(procedure: Procedure, charge: Decimal, draw: random.Random) -> ServiceLine:
    """Denied as a whole, or paid after contract and patient share."""
    if draw.random() < DENIED_SHARE:
        (group_code, reason_code), remarks = draw.choice(DENIALS)
        return ServiceLine(procedure, charge, (Adjustment(group_code, reason_code, charge),), remark_codes=remarks)
    cent = Decimal("0.01")
    contractual = (charge * draw.randint(20, 50) / 100).quantize(cent)
    allowed = charge - contractual
    adjustments = (Adjustment("CO", "45", contractual), Adjustment("PR", "2", (allowed / 5).quantize(cent)))
    return ServiceLine(procedure, charge, adjustments, allowed_amount=allowed, paid_units=Decimal(1))


def pool_entry(payment: ClaimPayment, submission: SubmittedClaim, payer: Payer) -> Claim:
    remittance = Remittance(payer, LAKESIDE, "T", MARKED_DAY, (payment,))
    payment_loop = from_segment("CLP", remittance_segments(remittance))
    submission_loop = from_segment("HL", submission_segments((submission,), LAKESIDE, ENVELOPE, "P", GUIDE_837["P"])[1:], 2)
    submission_loop[0] = ("HL", LEVEL, *submission_loop[0][2:])
    return Claim(
        marked_text(payment_loop), len(payment_loop), payment.paid_amount, marked_text(submission_loop), len(submission_loop)
    )


def marked_text(segments: list[Segment]) -> str:
    return render(segments).decode().replace(f"{MARKED_DAY:%Y%m%d}", SERVICE_DATE)


def from_segment(identifier: str, segments: list[Segment], occurrence: int = 1) -> list[Segment]:
    """The segments from the nth of that kind on."""
    return segments[[n for n, segment in enumerate(segments) if segment[0] == identifier][occurrence - 1] :]


# --------------------------------------------------------------------------------------------------------------------
# The files
# --------------------------------------------------------------------------------------------------------------------
ENVELOPE = Envelope("BULKSENDER", "LAKESIDEBILLING", FIRST_PAYMENT + timedelta(days=DAYS), 1)


def write_bulk(out: Path, megabytes: float, files: int = 1, seed: int = 1, with_claims: bool = True) -> int:
    """Writes `files` 835s, together about `megabytes` (of 10**6 bytes), and their 837s; returns the bytes written."""
    out.mkdir(parents=True, exist_ok=True)
    draw = random.Random(seed)
    pools = {payer: claim_pool(payer, draw, POOL_SIZE // len(PAYERS)) for payer in PAYERS}
    first_claim, written = 1, 0
    for number in range(1, files + 1):
        payer = PAYERS[number % len(PAYERS)]
        claims = drawn_claims(pools[payer], megabytes * 1_000_000 / files, draw)
        envelope = replace(ENVELOPE, control_number=number, group_control_number=number)
        written += write_835(out / f"bulk_{number:04d}.835", payer, claims, first_claim, envelope)
        if with_claims:
            written += write_837(out / f"bulk_{number:04d}.837", claims, first_claim, envelope)
        first_claim += len(claims)
    return written


def drawn_claims(pool: list[Claim], size: float, draw: random.Random) -> list[Claim]:
    """As many claims of the pool as make `size` bytes of 835, at least one."""
    filled_sizes = [len(filled(claim.payment_text, ("0" * 9, "0" * 8, "0" * 8))) for claim in pool]
    return draw.choices(pool, k=max(1, round(size * len(pool) / sum(filled_sizes))))


Filling = tuple[str, str, str]


def filled(text: str, filling: Filling) -> str:
    """The pool's text as one claim: claim number, member number, service date."""
    for mark, value in zip((CLAIM_NUMBER, MEMBER_NUMBER, SERVICE_DATE), filling, strict=True):
        text = text.replace(mark, value)
    return text.replace(MEMBER_NAME, filling[1].translate(DIGITS_AS_LETTERS))


def payments(first_claim: int, claims: list[Claim]) -> Iterator[tuple[int, date, list[tuple[Claim, Filling]]]]:
    """Claims by the thousand, with the ordinal and the day of their payment. A member comes back every so often."""
    members = max(1, len(claims) // CLAIMS_PER_MEMBER)
    starts = range(0, len(claims), CLAIMS_PER_PAYMENT)
    for ordinal, start in enumerate(starts):
        day = FIRST_PAYMENT + timedelta(days=ordinal * DAYS // len(starts))
        service_dates = [f"{day - timedelta(days=lag):%Y%m%d}" for lag in range(10, 40)]
        part = []
        for place, claim in enumerate(claims[start : start + CLAIMS_PER_PAYMENT], start):
            number, member = first_claim + place, first_claim + place % members
            part.append((claim, (f"{number:09d}", f"{member:08d}", service_dates[number % len(service_dates)])))
        yield ordinal + 1, day, part


def write_835(path: Path, payer: Payer, claims: list[Claim], first_claim: int, envelope: Envelope) -> int:
    """One ST for every thousand claims; returns the bytes written."""
    isa, gs, _, iea = interchange([], GUIDE_835, envelope)
    with path.open("wb") as file:
        file.write(render([isa, gs]))
        for count, day, part in payments(first_claim, claims):
            trace, control = f"EFTBULK{envelope.control_number:04d}{count:05d}", f"{count:04d}"
            header = payment_header(payer, trace, day, sum((claim.paid_amount for claim, _ in part), Decimal(0)))
            segments = 2 + len(header) + sum(claim.payment_segments for claim, _ in part)
            file.write(render([("ST", "835", control), *header]))
            file.write("".join(filled(claim.payment_text, filling) for claim, filling in part).encode())
            file.write(render([("SE", str(segments), control)]))
        file.write(render([("GE", str(count), gs[6]), iea]))
    return path.stat().st_size


def payment_header(payer: Payer, trace: str, day: date, paid_amount: Decimal) -> list[Segment]:
    """From BPR to LX; BPR02 is put in, because the claims are text already."""
    one_dollar = ClaimPayment("X", "X", Person("X", "X"), claim_charge_amount=Decimal(1))  # a payment that is not zero
    segments = remittance_segments(
        Remittance(payer, LAKESIDE, trace, day, (one_dollar,), production_date=day - timedelta(days=1))
    )
    header = segments[: [segment[0] for segment in segments].index("CLP")]
    return [("BPR", header[0][1], money(paid_amount), *header[0][3:]), *header[1:]]


def write_837(path: Path, claims: list[Claim], first_claim: int, envelope: Envelope) -> int:
    """One ST for every thousand claims; returns the bytes written."""
    guide = GUIDE_837["P"]
    isa, gs, _, iea = interchange([], guide, envelope)
    header = submission_segments((), LAKESIDE, envelope, "P", guide)
    with path.open("wb") as file:
        file.write(render([isa, gs]))
        for count, _, part in payments(first_claim, claims):
            control = f"{count:04d}"
            segments = 2 + len(header) + sum(claim.submission_segments for claim, _ in part)
            file.write(render([("ST", "837", control, guide.version), *header]))
            file.write("".join(submission_text(claim, filling, level) for level, (claim, filling) in enumerate(part, 2)).encode())
            file.write(render([("SE", str(segments), control)]))
        file.write(render([("GE", str(count), gs[6]), iea]))
    return path.stat().st_size


def submission_text(claim: Claim, filling: Filling, level: int) -> str:
    """`level` is the HL01 of the claim's subscriber."""
    return filled(claim.submission_text.replace(LEVEL, str(level)), filling)


@click.command(help=__doc__)
@click.argument("out", type=click.Path(path_type=Path, file_okay=False))
@click.option("--megabytes", default=200.0, show_default=True, help="Size of all 835 files together, in 10**6 bytes.")
@click.option("--files", default=1, show_default=True, help="How many 835 files.")
@click.option("--seed", default=1, show_default=True)
@click.option("--claims/--no-claims", "with_claims", default=True, show_default=True, help="Write the 837 files too.")
def main(out: Path, megabytes: float, files: int, seed: int, with_claims: bool) -> None:
    written = write_bulk(out, megabytes, files, seed, with_claims)
    click.echo(f"{written / 1_000_000:.1f} MB in {out}")


if __name__ == "__main__":
    main()
