"""Writes the sample inbox: one synthetic night as of 2026-11-20, with two years of history.

    python -m data_samples.make_inbox [--out data_samples] [--seed 20261120]

Out come inbox/ (835, 837 and files that are neither), expected_worklist.csv and the table of cases in README.md.
The same seed gives the same bytes. The cases stand in inbox_cases.py; around them come ordinary paid claims, so that a payer
has a history to be judged by.
"""

from __future__ import annotations

import csv
import io
import random
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import click

from data_samples.inbox_cases import (
    CROSSFIELD,
    MEDICAID,
    MERIDIAN,
    NORTHGATE,
    PAYERS,
    SILVERLINE,
    TONIGHT,
    Case,
    Service,
    Visit,
    adjustments_of,
    all_cases,
)
from data_samples.x12_writer import (
    GUIDE_837,
    Adjustment,
    ClaimPayment,
    Envelope,
    Payer,
    Person,
    Procedure,
    Provider,
    ProviderAdjustment,
    Remittance,
    Segment,
    ServiceLine,
    SubmittedClaim,
    SubmittedLine,
    Syntax,
    build_835,
    interchange,
    npi,
    render,
    segments_835,
    submission_segments,
    transaction,
)

SEED = 20261120
ORDINARY_CLAIMS_PER_PAYER = 40

# Each payer writes in its own way.
SYNTAX = {
    MERIDIAN: Syntax(),
    NORTHGATE: Syntax(line_end="\r\n"),
    CROSSFIELD: Syntax(element="|", component=">", repetition="^", terminator="~"),
    MEDICAID: Syntax(component=">", line_end=""),
    SILVERLINE: Syntax(element="^", component="<", repetition="!", terminator="\n", line_end=""),
}

LAST_NAMES = ("ASHDOWN", "BRIMLEY", "CORWELL", "DUNMORE", "ELDERBY", "FARROW", "GRANTLEY", "HOLLIN", "IVERTON", "JESSOP")
FIRST_NAMES = ("ALDA", "BRAM", "CORA", "DESMOND", "ELSIE", "FERGUS", "GREER", "HOLLIS", "IMOGEN", "JONAS", "KESTREL")
ORDINARY_SERVICES = (
    Service("99213", "150", "CO-45:50 PR-3:25"),
    Service("99214", "220", "CO-45:80 PR-2:28"),
    Service("97110", "180", "CO-45:60 PR-2:24", units=3),
    Service("20610", "260", "CO-45:80 PR-2:36", modifiers="RT"),
    Service("93000", "85", "CO-45:45"),
    Service("80053", "60", "CO-45:41.5"),
)
ORDINARY_DIAGNOSES = ("I10", "E119 I10", "M5450", "M1711", "R5383", "J069")
RENDERING = Person("WELLBY", "DANA", npi(101), "XX")

EXPECTED_COLUMNS = (
    "case", "file", "patient_control_number", "procedure_code", "next_step", "family", "family_basis", "precedent_tier",
    "diagnosis_codes", "diagnosis_basis", "denied_amount", "reason_codes", "remark_codes", "policy_id", "flags", "shows",
)  # fmt: skip
NO_ITEM = "no item"


@dataclass(frozen=True)
class Decided:
    """A claim as one remittance decided it: where it is filed, and the loop."""

    payer: Payer
    provider: Provider
    payment_date: date
    file: str
    claim: ClaimPayment


# --------------------------------------------------------------------------------------------------------------------
# From a case to claims
# --------------------------------------------------------------------------------------------------------------------
def person_of(name: str, payer: Payer, seed: int) -> Person:
    """The patient of a case: drawn from the case's name, so that a new case does not change the others."""
    draw = random.Random(f"{seed} {name}")
    birth_date = date(1940, 1, 1) + timedelta(days=draw.randrange(27_000))
    member_id = f"{payer.payer_id[:3]}{draw.randrange(10**8):08d}"
    return Person(draw.choice(LAST_NAMES), draw.choice(FIRST_NAMES), member_id, birth_date=birth_date, gender=draw.choice("FM"))


def member_of(visit: Visit, case: Case, seed: int) -> Person:
    member = person_of(case.name, case.payer, seed)
    return replace(member, identifier=visit.member_id) if visit.member_id else member


def submitted_claim(visit: Visit, case: Case, seed: int) -> SubmittedClaim:
    """The 837 side of a visit."""
    member = member_of(visit, case, seed)
    institutional = visit.claim_type == "I"
    lines = tuple(
        SubmittedLine(
            Procedure(service.code, tuple(service.modifiers.split())),
            Decimal(service.charge),
            visit.service_date,
            Decimal(service.units),
            service.pointers,
            revenue_code=service.revenue_code,
            line_control_number=f"{visit.number}-{n}",
        )
        for n, service in enumerate(visit.services, 1)
    )
    return SubmittedClaim(
        visit.number,
        member,
        visit.payer or case.payer,
        lines,
        tuple(visit.diagnoses.split()),
        patient=dependent_of(member) if visit.is_dependent else None,
        facility_type_code=visit.place,
        rendering_provider=None if institutional else RENDERING,
    )


def dependent_of(member: Person) -> Person:
    return replace(member, first_name="ROBIN", identifier="", birth_date=date(2009, 5, 4))


def claim_payment(visit: Visit, case: Case, claim_number: str, seed: int) -> ClaimPayment:
    """The 835 side of a visit."""
    member = member_of(visit, case, seed)
    patient = replace(dependent_of(member), identifier=member.identifier) if visit.is_dependent else member
    decided_at_claim_level = bool(visit.claim_charge)
    lines = (
        () if decided_at_claim_level else tuple(service_line(service, visit, n) for n, service in enumerate(visit.services, 1))
    )
    institutional = visit.claim_type == "I"
    payment = ClaimPayment(
        visit.number,
        claim_number,
        patient,
        lines=lines,
        adjustments=adjustments(visit.claim_adjustments),
        status_code=visit.status,
        claim_charge_amount=Decimal(visit.claim_charge) if decided_at_claim_level else None,
        facility_type_code=visit.place,
        insured=member if visit.is_dependent else None,
        corrected=corrected_member(visit.corrected_member_id) if visit.corrected_member_id else None,
        rendering_provider=None if institutional else RENDERING,
        inpatient_remark_codes=tuple(visit.claim_remarks.split()) if institutional else (),
        outpatient_remark_codes=() if institutional else tuple(visit.claim_remarks.split()),
        statement_from_date=visit.service_date,
        statement_to_date=visit.service_date,
        claim_received_date=visit.service_date + timedelta(days=4),
        amounts=(("I", Decimal(visit.interest)),) if visit.interest else (),
    )
    return payment.reversed() if visit.reverses else payment


def corrected_member(member_id: str) -> Person:
    """NM1*74 with a corrected identifier only: no names."""
    return Person("", "", member_id, "C", entity_type="1")


def service_line(service: Service, visit: Visit, number: int) -> ServiceLine:
    billed = Procedure(service.code, tuple(service.modifiers.split()))
    units = Decimal(service.units) if service.units != 1 else None
    line = ServiceLine(
        Procedure(service.bundled_into) if service.bundled_into else billed,
        Decimal(service.charge),
        adjustments(service.adjustments),
        visit.service_date,
        paid_units=units,
        submitted_procedure=billed if service.bundled_into else None,
        line_control_number=f"{visit.number}-{number}",
        policy_ids=tuple(service.policy.split()),
        remark_codes=tuple(service.remarks.split()),
    )
    contractual = sum((adjustment.amount for adjustment in line.adjustments if adjustment.reason_code == "45"), Decimal(0))
    return replace(line, allowed_amount=line.charge_amount - contractual) if line.paid_amount else line


def adjustments(text: str) -> tuple[Adjustment, ...]:
    return tuple(Adjustment(*triplet) for triplet in adjustments_of(text))


def ordinary_cases(seed: int) -> Iterator[Case]:
    """Paid claims without anything special, spread over the two years before the night."""
    for payer in PAYERS:
        draw = random.Random(f"{seed} ordinary {payer.payer_id}")
        for n in range(ORDINARY_CLAIMS_PER_PAYER):
            service_date = date(2024, 11, 4) + timedelta(days=draw.randrange(700))
            decided_on = friday_after(service_date + timedelta(days=10))
            services = tuple(draw.sample(ORDINARY_SERVICES, draw.randint(1, 3)))
            name = f"{payer.payer_id}-{n:04d}"
            visit = Visit(name, services, draw.choice(ORDINARY_DIAGNOSES), service_date, decided_on)
            yield Case(name, "an ordinary paid claim", payer, (visit,))


def friday_after(day: date) -> date:
    return day + timedelta(days=(4 - day.weekday()) % 7)


# --------------------------------------------------------------------------------------------------------------------
# From claims to files
# --------------------------------------------------------------------------------------------------------------------
def tonight_file(payer: Payer, day: date) -> str:
    return f"{payer.payer_id.lower()}_{day:%Y%m%d}.835"


def history_file(payer: Payer, day: date) -> str:
    """One file a payer and half-year, with one ST a payment."""
    return f"history_{payer.payer_id.lower()}_{day.year}h{1 if day.month <= 6 else 2}.835"


def file_of(visit: Visit, case: Case) -> str:
    """The 835 that decides the visit."""
    payer = visit.payer or case.payer
    if visit.file:
        return f"{visit.file}.835"
    return history_file(payer, visit.decided_on) if visit.decided_on else tonight_file(payer, TONIGHT[payer])


def decide(cases: list[Case], seed: int) -> list[Decided]:
    """All decisions, in the order of payment; the payer's claim numbers count up in that order."""
    visits = [(visit, case) for case in cases for visit in case.visits]
    visits.sort(key=lambda pair: payment_date_of(*pair))
    claim_numbers: dict[tuple[Payer, str], str] = {}
    decided = []
    for visit, case in visits:
        payer, day = visit.payer or case.payer, payment_date_of(visit, case)
        # A reversal and its correction keep the number of the payment that they restate.
        number = claim_numbers.setdefault((payer, visit.number), f"{payer.payer_id[:3]}{day:%y%j}{len(claim_numbers) + 1:05d}")
        decided.append(Decided(payer, visit.provider, day, file_of(visit, case), claim_payment(visit, case, number, seed)))
    return decided


def payment_date_of(visit: Visit, case: Case) -> date:
    return visit.decided_on or TONIGHT[visit.payer or case.payer]


def remittances(decided: list[Decided], cases: list[Case]) -> dict[str, list[Remittance]]:
    """835 file name -> its payments. What a payment lacks to zero is moved to the payer's next one by PLB FB."""
    plb = {case.name: case.plb for case in cases if case.plb}
    groups: dict[tuple, list[ClaimPayment]] = defaultdict(list)
    for one in decided:
        groups[one.payer, one.provider, one.payment_date, one.file].append(one.claim)
    owed: dict[tuple[Payer, Provider], tuple[Decimal, str]] = {}
    files: dict[str, list[Remittance]] = defaultdict(list)
    for count, ((payer, provider, day, file), claims) in enumerate(groups.items(), 1):
        trace = f"EFT{payer.payer_id}{day:%y%m%d}{count:04d}"
        own = tuple(
            ProviderAdjustment(code, Decimal(amount), reference)
            for claim in claims
            for code, amount, reference in plb.get(claim.patient_control_number, ())
        )
        remittance = Remittance(payer, provider, trace, day, tuple(claims), own, production_date=day - timedelta(days=1))
        amount, earlier_trace = owed.pop((payer, provider), (Decimal(0), ""))
        if amount:
            remittance = with_plb(remittance, ProviderAdjustment("FB", amount, earlier_trace))
        if remittance.payment_amount < 0:
            owed[payer, provider] = (-remittance.payment_amount, trace)
            remittance = with_plb(remittance, ProviderAdjustment("FB", remittance.payment_amount, trace))
        files[file].append(remittance)
    return files


def with_plb(remittance: Remittance, adjustment: ProviderAdjustment) -> Remittance:
    return replace(remittance, provider_adjustments=(*remittance.provider_adjustments, adjustment))


def remittance_files(files: dict[str, list[Remittance]]) -> Iterator[tuple[str, bytes]]:
    for number, (name, payments) in enumerate(sorted(files.items()), 1):
        last = payments[-1]
        syntax = SYNTAX[last.payer]
        envelope = Envelope(last.payer.payer_id, "LAKESIDEBILLING", last.payment_date, number, group_control_number=number)
        if name == "out_of_balance.835":
            yield name, render(out_of_balance(segments_835(payments, envelope, syntax)), syntax)
        else:
            yield name, build_835(payments, envelope, syntax)
        if name == "sent_twice.835":
            next_day = last.payment_date + timedelta(days=1)
            again = replace(envelope, control_number=900_000 + number, group_control_number=77, date=next_day)
            yield "sent_twice_again.835", build_835(payments, again, syntax)


def out_of_balance(segments: list[Segment]) -> list[Segment]:
    """The payment is 10.00 more, and the line's payment 5.00 more, than the rest of the file says."""

    def changed(segment: Segment) -> Segment:
        if segment[0] == "BPR":
            return (*segment[:2], f"{Decimal(segment[2]) + 10:f}", *segment[3:])
        if segment[0] == "SVC":
            return (*segment[:3], f"{Decimal(segment[3]) + 5:f}", *segment[4:])
        return segment

    return [changed(segment) for segment in segments]


def submission_files(cases: list[Case], seed: int) -> Iterator[tuple[str, bytes]]:
    """One 837 a provider, claim type and half-year of service, with one ST a week: claims go out three days after the week's last
    service, before any payer decides."""
    groups: dict[tuple[str, Provider, str], dict[date, list[SubmittedClaim]]] = defaultdict(lambda: defaultdict(list))
    for case in cases:
        for visit in case.visits:
            if visit.is_billed:
                half_year = f"{visit.service_date.year}h{1 if visit.service_date.month <= 6 else 2}"
                name = f"claims_{visit.provider.name.split()[0].lower()}_{half_year}.837{visit.claim_type.lower()}"
                week = friday_after(visit.service_date)
                groups[name, visit.provider, visit.claim_type][week].append(submitted_claim(visit, case, seed))
    for number, ((name, provider, claim_type), weeks) in enumerate(sorted(groups.items(), key=lambda item: item[0][0]), 1):
        guide = GUIDE_837[claim_type]
        transactions = []
        for count, (_, claims) in enumerate(sorted(weeks.items()), 1):
            claims.sort(key=lambda claim: (claim.lines[0].service_date, claim.patient_control_number))
            sent_on = claims[-1].lines[0].service_date + timedelta(days=3)
            envelope = Envelope("LAKESIDEBILLING", "SAMPLEHOUSE", sent_on, 500 + number, group_control_number=number)
            body = submission_segments(claims, provider, envelope, claim_type, guide)
            transactions.append(transaction("837", count, guide, body))
        yield name, render(interchange(transactions, guide, envelope))


def files_of_no_use() -> Iterator[tuple[str, bytes]]:
    """What lands in an inbox by mistake, and has to go to quarantine."""
    yield "not_x12.835", b"The remittance of this week follows by post.\n"
    yield "empty.835", b""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:  # ZIP_STORED and a fixed date: the same bytes every time
        archive.writestr(zipfile.ZipInfo("remittance.835", date_time=(2026, 11, 19, 0, 0, 0)), "ISA*00*")
    yield "zipped.835", buffer.getvalue()


def inbox_files(seed: int = SEED) -> dict[str, bytes]:
    """Name -> bytes of every file of the inbox."""
    cases = [*all_cases(), *ordinary_cases(seed)]
    files = remittances(decide(cases, seed), cases)
    return dict([*remittance_files(files), *submission_files(cases, seed), *files_of_no_use()])


# --------------------------------------------------------------------------------------------------------------------
# What the worklist must say
# --------------------------------------------------------------------------------------------------------------------
def expected_rows() -> list[dict[str, str]]:
    """One row a case, from the declared expectations; `next_step` is "no item" where no claim of the case may show up."""
    return [expected_row(case) for case in all_cases()]


def expected_row(case: Case) -> dict[str, str]:
    visit = case.denied_visit
    row = dict.fromkeys(EXPECTED_COLUMNS, "")
    row |= {"case": case.name, "file": file_of(visit, case), "patient_control_number": visit.number, "shows": case.shows}
    item = case.item
    if item is None:
        return row | {"next_step": NO_ITEM}
    service = next((service for service in visit.services if service.code == item.procedure), None)
    return row | {
        "procedure_code": item.procedure,
        "next_step": item.next_step,
        "family": item.family,
        "family_basis": item.basis,
        "precedent_tier": item.tier,
        "diagnosis_codes": item.diagnoses,
        "diagnosis_basis": item.diagnosis_basis,
        "denied_amount": f"{Decimal(item.denied):.2f}",
        "reason_codes": denial_reasons(visit.claim_adjustments or service.adjustments),
        "remark_codes": visit.claim_remarks or service.remarks,
        "policy_id": item.policy,
        "flags": item.flags,
    }


def denial_reasons(text: str) -> str:
    """The sample's denial reasons: all but the contract's part, which is the only other one that denied lines carry here."""
    return " ".join(reason for _, reason, _, _ in adjustments_of(text) if reason != "45")


def expected_csv() -> str:
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, EXPECTED_COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(expected_rows())
    return buffer.getvalue()


def case_table() -> str:
    """The expectations as a Markdown table."""
    lines = ["| case = patient control number | file | what the files show | the worklist must say |", "|---|---|---|---|"]
    for row in expected_rows():
        lines.append(f"| {row['case']} | {row['file']} | {row['shows']} | {expectation_in_words(row)} |")
    return "\n".join(lines)


def expectation_in_words(row: dict[str, str]) -> str:
    if row["next_step"] == NO_ITEM:
        return NO_ITEM
    words = f"**{row['next_step']}**, {row['family']} ({row['family_basis']}), precedent {row['precedent_tier']}, "
    words += f"diagnoses {row['diagnosis_codes']}, {row['denied_amount']}"
    return words + "".join(f", {row[column]}" for column in ("policy_id", "flags") if row[column])


def replace_section(readme: str, name: str, text: str) -> str:
    """`text` between the marks `<!-- name -->` and `<!-- end of name -->`."""
    start, end = f"<!-- {name} -->\n", f"\n<!-- end of {name} -->"
    before, _, rest = readme.partition(start)
    _, _, after = rest.partition(end)
    return before + start + text + end + after


@click.command(help=__doc__)
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), default=Path(__file__).parent, show_default=True)
@click.option("--seed", default=SEED, show_default=True)
def main(out: Path, seed: int) -> None:
    inbox = out / "inbox"
    inbox.mkdir(parents=True, exist_ok=True)
    files = inbox_files(seed)
    for stale in {path.name for path in inbox.iterdir()} - set(files):
        (inbox / stale).unlink()
    for name, content in files.items():
        (inbox / name).write_bytes(content)
    (out / "expected_worklist.csv").write_text(expected_csv(), encoding="utf-8")
    readme = out / "README.md"
    if readme.exists():
        readme.write_text(replace_section(readme.read_text(encoding="utf-8"), "cases", case_table()), encoding="utf-8")
    click.echo(f"{len(files)} files, {sum(map(len, files.values()))} bytes in {inbox}")


if __name__ == "__main__":
    main()
