"""Writes X12 835 and 837 text from plain dataclasses, with right envelopes, counts, control numbers and balances.

The opposite of the reader, and apart from it: nothing of pipeline/ is imported, so what this module writes can be held
against what that one reads (parse(build(x)) = x).

    build_835([Remittance(...)], Envelope(...))      one interchange, one ST a remittance, as bytes
    build_837([SubmittedClaim(...)], Envelope(...))  one interchange, one ST, as bytes

Amounts are Decimal, in USD. What arithmetic gives is computed, never asked for: SVC03 is the charge less the line's
adjustments, CLP04 the charge less all adjustments of the claim, BPR02 the sum of CLP04 less the sum of PLB.

A segment is a tuple: its identifier, then its elements; an element is text, or a tuple of components. Samples with a quirk
change such segments (`segments_835`, `segments_837`, `render`) or the bytes. ISA15 is always T: test data.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from itertools import groupby

Segment = tuple[str | tuple[str, ...], ...]
Pairs = tuple[tuple[str, str], ...]

ZERO = Decimal(0)
TRIPLETS_IN_CAS = 6
PAIRS_IN_PLB = 6


# --------------------------------------------------------------------------------------------------------------------
# Syntax: how segments become bytes
# --------------------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Syntax:
    """Delimiters, what follows each terminator, and at which column the text is wrapped (0: not at all)."""

    element: str = "*"
    component: str = ":"
    repetition: str = "^"
    terminator: str = "~"
    line_end: str = "\n"
    wrap: int = 0
    encoding: str = "utf-8"


PLAIN = Syntax()


@dataclass(frozen=True)
class Envelope:
    """ISA and GS of an interchange with one functional group. `time` is HHMM."""

    sender_id: str
    receiver_id: str
    date: date
    control_number: int
    time: str = "2200"
    group_control_number: int = 1


@dataclass(frozen=True)
class Guide:
    """Implementation guide: GS01, GS08 (repeated in ST03 from 5010 on) and ISA12."""

    functional_identifier: str
    version: str

    @property
    def is_5010(self) -> bool:
        return self.version.startswith("005010")


GUIDE_835 = Guide("HP", "005010X221A1")
GUIDE_835_4010 = Guide("HP", "004010X091A1")
GUIDE_837 = {
    "P": Guide("HC", "005010X222A1"),
    "I": Guide("HC", "005010X223A2"),
    "D": Guide("HC", "005010X224A2"),
}
GUIDE_837_4010 = {
    "P": Guide("HC", "004010X098A1"),
    "I": Guide("HC", "004010X096A1"),
    "D": Guide("HC", "004010X097A1"),
}


def render(segments: Iterable[Segment], syntax: Syntax = PLAIN) -> bytes:
    """Segments as bytes. Empty elements at the end are left out.

    X12 has no escape: a value that holds a delimiter raises ValueError.
    """
    end = syntax.terminator + syntax.line_end
    text = "".join(_segment_text(segment, syntax) + end for segment in segments)
    if syntax.wrap:
        text = "\n".join(text[start : start + syntax.wrap] for start in range(0, len(text), syntax.wrap)) + "\n"
    return text.encode(syntax.encoding)


def _segment_text(segment: Segment, syntax: Syntax) -> str:
    if segment[0] in ("ISA", "isa"):  # fixed width, and its last element is the component separator itself
        return syntax.element.join(segment)
    forbidden = {syntax.element, syntax.component, syntax.terminator}
    elements = [_element_text(element, syntax, forbidden) for element in segment]
    while elements and not elements[-1]:
        elements.pop()
    return syntax.element.join(elements)


def _element_text(element: str | tuple[str, ...], syntax: Syntax, forbidden: set[str]) -> str:
    components = (element,) if isinstance(element, str) else element
    for value in components:
        if not forbidden.isdisjoint(value):
            raise ValueError(f"a value holds one of the delimiters {sorted(forbidden)}: choose another value or other delimiters")
    return syntax.component.join(components).rstrip(syntax.component)


def interchange(transactions: Sequence[list[Segment]], guide: Guide, envelope: Envelope, syntax: Syntax = PLAIN) -> list[Segment]:
    """ISA, GS, the transactions, GE, IEA."""
    group = str(envelope.group_control_number)
    control = f"{envelope.control_number:09d}"
    sender, receiver = envelope.sender_id, envelope.receiver_id
    repetition, version = (syntax.repetition, "00501") if guide.is_5010 else ("U", "00401")
    isa = (
        "ISA", "00", " " * 10, "00", " " * 10, "ZZ", f"{sender:<15}", "ZZ", f"{receiver:<15}",
        f"{envelope.date:%y%m%d}", envelope.time, repetition, version, control, "0", "T", syntax.component,
    )  # fmt: skip
    gs = ("GS", guide.functional_identifier, sender, receiver, _date(envelope.date), envelope.time, group, "X", guide.version)
    body = [segment for transaction in transactions for segment in transaction]
    return [isa, gs, *body, ("GE", str(len(transactions)), group), ("IEA", "1", control)]


def transaction(set_code: str, number: int, guide: Guide, body: list[Segment]) -> list[Segment]:
    """ST, the body, SE with the count of segments from ST to SE."""
    control = f"{number:04d}"
    # The 835 has no ST03 in any version; the others have it from 5010 on.
    implementation = guide.version if guide.is_5010 and set_code != "835" else ""
    return [("ST", set_code, control, implementation), *body, ("SE", str(len(body) + 2), control)]


def money(amount: Decimal) -> str:
    """An amount as X12 writes it: no exponent, no needless zeros (100, 12.5, -0.01)."""
    text = f"{amount:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("", "-0") else text


def _date(day: date | None) -> str:
    return f"{day:%Y%m%d}" if day else ""


def npi(number: int) -> str:
    """A synthetic NPI: 29999, four digits and the right check digit (Luhn over 80840 and the number).

    Of the numbers that begin with 2, none is in use.
    """
    body = f"29999{number:04d}"
    digits = [int(digit) for digit in "80840" + body]
    doubled = [digit if place % 2 else sum(divmod(digit * 2, 10)) for place, digit in enumerate(reversed(digits))]
    return body + str(-sum(doubled) % 10)


# --------------------------------------------------------------------------------------------------------------------
# People and organisations, shared by 835 and 837
# --------------------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Address:
    street: str
    city: str
    state: str
    postal_code: str


@dataclass(frozen=True)
class Person:
    """A patient, subscriber or provider. `identifier` is a member number (MI) unless the qualifier says otherwise.
    `entity_type` "" gives NM102 = 1 where there is a first name, else 2 (an organisation)."""

    last_name: str
    first_name: str = ""
    identifier: str = ""
    identifier_qualifier: str = "MI"
    middle_name: str = ""
    suffix: str = ""
    birth_date: date = date(1970, 1, 1)
    gender: str = "U"
    entity_type: str = ""
    address: Address = Address("1 SAMPLE STREET", "SPRINGFIELD", "OH", "450010000")


@dataclass(frozen=True)
class Payer:
    name: str
    payer_id: str
    tax_number: str
    phone: str = ""
    fax: str = ""
    policy_url: str = ""
    filing_indicator: str = "12"
    address: Address = Address("100 PAYER PLAZA", "COLUMBUS", "OH", "432150000")


@dataclass(frozen=True)
class Provider:
    """A payee of the 835, a billing provider of the 837."""

    name: str
    npi: str
    tax_number: str
    taxonomy: str = "207R00000X"
    address: Address = Address("200 CLINIC ROAD", "DAYTON", "OH", "454020000")


@dataclass(frozen=True)
class Procedure:
    """The composite of SVC01, SVC06, SV101, SV202, SV301."""

    code: str
    modifiers: tuple[str, ...] = ()
    qualifier: str = "HC"

    @property
    def composite(self) -> tuple[str, ...]:
        return (self.qualifier, self.code, *self.modifiers)


def _nm1(role: str, person: Person) -> Segment:
    """NM1 of a person or an organisation."""
    qualifier = person.identifier_qualifier if person.identifier else ""
    kind = person.entity_type or ("1" if person.first_name else "2")
    names = (person.last_name, person.first_name, person.middle_name, "", person.suffix)
    return ("NM1", role, kind, *names, qualifier, person.identifier)


def _address(address: Address) -> list[Segment]:
    return [("N3", address.street), ("N4", address.city, address.state, address.postal_code)]


# --------------------------------------------------------------------------------------------------------------------
# 835
# --------------------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Adjustment:
    """One CAS triplet: who bears it, why, how much, how many units."""

    group_code: str
    reason_code: str
    amount: Decimal
    quantity: Decimal | None = None


@dataclass(frozen=True)
class ServiceLine:
    """2110. `paid_units` None leaves SVC05 out (the guide's default is 1)."""

    procedure: Procedure
    charge_amount: Decimal
    adjustments: tuple[Adjustment, ...] = ()
    service_date: date | None = None
    service_end_date: date | None = None
    revenue_code: str = ""
    paid_units: Decimal | None = None
    submitted_procedure: Procedure | None = None
    submitted_units: Decimal | None = None
    line_control_number: str = ""
    policy_ids: tuple[str, ...] = ()
    references: Pairs = ()
    allowed_amount: Decimal | None = None
    remark_codes: tuple[str, ...] = ()

    @property
    def paid_amount(self) -> Decimal:
        return self.charge_amount - sum((adjustment.amount for adjustment in self.adjustments), ZERO)


@dataclass(frozen=True)
class ClaimPayment:
    """2100. `claim_charge_amount` is for claims without lines; else CLP03 is the sum of the lines' charges."""

    patient_control_number: str
    payer_claim_control_number: str
    patient: Person
    lines: tuple[ServiceLine, ...] = ()
    adjustments: tuple[Adjustment, ...] = ()
    status_code: str = "1"
    claim_charge_amount: Decimal | None = None
    filing_indicator: str = ""
    facility_type_code: str = "11"
    claim_frequency_code: str = "1"
    drg_code: str = ""
    insured: Person | None = None
    corrected: Person | None = None
    rendering_provider: Person | None = None
    crossover_carrier: Person | None = None
    corrected_payer: Person | None = None
    inpatient_remark_codes: tuple[str, ...] = ()
    outpatient_remark_codes: tuple[str, ...] = ()
    references: Pairs = ()
    statement_from_date: date | None = None
    statement_to_date: date | None = None
    claim_received_date: date | None = None
    amounts: tuple[tuple[str, Decimal], ...] = ()
    quantities: tuple[tuple[str, Decimal], ...] = ()

    @property
    def charge_amount(self) -> Decimal:
        if self.claim_charge_amount is not None:
            return self.claim_charge_amount
        return sum((line.charge_amount for line in self.lines), ZERO)

    @property
    def all_adjustments(self) -> tuple[Adjustment, ...]:
        """The claim's own, then those of its lines."""
        return self.adjustments + tuple(adjustment for line in self.lines for adjustment in line.adjustments)

    @property
    def paid_amount(self) -> Decimal:
        return self.charge_amount - sum((adjustment.amount for adjustment in self.all_adjustments), ZERO)

    @property
    def patient_responsibility_amount(self) -> Decimal:
        return sum((adjustment.amount for adjustment in self.all_adjustments if adjustment.group_code == "PR"), ZERO)

    def reversed(self) -> ClaimPayment:
        """The reversal of this payment: CLP02 = 22, every charge and adjustment negated, the group codes kept (5010)."""
        return replace(
            self,
            status_code="22",
            claim_charge_amount=None if self.claim_charge_amount is None else -self.claim_charge_amount,
            adjustments=_negated(self.adjustments),
            lines=tuple(
                replace(
                    line,
                    charge_amount=-line.charge_amount,
                    adjustments=_negated(line.adjustments),
                    allowed_amount=None,
                    remark_codes=(),
                )
                for line in self.lines
            ),
            outpatient_remark_codes=(),
            inpatient_remark_codes=(),
            amounts=(),
        )


def _negated(adjustments: tuple[Adjustment, ...]) -> tuple[Adjustment, ...]:
    return tuple(replace(adjustment, amount=-adjustment.amount) for adjustment in adjustments)


@dataclass(frozen=True)
class ProviderAdjustment:
    """One PLB pair. Positive takes money from the payment, negative adds to it."""

    reason_code: str
    amount: Decimal
    reference_id: str = ""
    provider_id: str = ""
    fiscal_period_date: date | None = None


@dataclass(frozen=True)
class Remittance:
    """One ST..SE: one payment. `header_number` "" leaves LX out."""

    payer: Payer
    payee: Provider
    trace_number: str
    payment_date: date
    claims: tuple[ClaimPayment, ...] = ()
    provider_adjustments: tuple[ProviderAdjustment, ...] = ()
    production_date: date | None = None
    header_number: str = "1"

    @property
    def payment_amount(self) -> Decimal:
        paid = sum((claim.paid_amount for claim in self.claims), ZERO)
        return paid - sum((adjustment.amount for adjustment in self.provider_adjustments), ZERO)


def build_835(remittances: Sequence[Remittance], envelope: Envelope, syntax: Syntax = PLAIN, guide: Guide = GUIDE_835) -> bytes:
    """One interchange, one ST a remittance."""
    return render(segments_835(remittances, envelope, syntax, guide), syntax)


def segments_835(
    remittances: Sequence[Remittance], envelope: Envelope, syntax: Syntax = PLAIN, guide: Guide = GUIDE_835
) -> list[Segment]:
    bodies = [remittance_segments(remittance, guide) for remittance in remittances]
    return interchange([transaction("835", n, guide, body) for n, body in enumerate(bodies, 1)], guide, envelope, syntax)


def remittance_segments(remittance: Remittance, guide: Guide = GUIDE_835) -> list[Segment]:
    """What stands between ST and SE."""
    segments = [*_payment_header(remittance), *_payer_loop(remittance.payer, guide), *_payee_loop(remittance.payee)]
    if remittance.header_number:
        segments.append(("LX", remittance.header_number))
    for claim in remittance.claims:
        segments.extend(_claim_loop(claim, remittance.payer, guide))
    segments.extend(_provider_adjustments(remittance))
    return segments


def _payment_header(remittance: Remittance) -> Iterator[Segment]:
    """BPR, TRN, DTM*405. A payment of zero is BPR01 = H, BPR04 = NON."""
    originator = "1" + remittance.payer.tax_number
    amount, day = money(remittance.payment_amount), _date(remittance.payment_date)
    if remittance.payment_amount:
        banks = ("ACH", "CCP", "01", "999999992", "DA", "0000000001", originator, "", "01", "999999992", "DA", "0000000002")
        yield ("BPR", "I", amount, "C", *banks, day)
    else:
        yield ("BPR", "H", amount, "C", "NON", *[""] * 11, day)
    yield ("TRN", "1", remittance.trace_number, originator)
    if remittance.production_date:
        yield ("DTM", "405", _date(remittance.production_date))


def _payer_loop(payer: Payer, guide: Guide) -> Iterator[Segment]:
    """1000A."""
    yield ("N1", "PR", payer.name)
    yield from _address(payer.address)
    yield ("REF", "2U", payer.payer_id)
    if payer.phone:
        fax = ("FX", payer.fax) if payer.fax else ()
        yield ("PER", "CX", "CLAIMS", "TE", payer.phone, *fax)
    if guide.is_5010:  # required in 5010, unknown in 4010
        yield ("PER", "BL", "EDI SUPPORT", "TE", "8005550199")
        if payer.policy_url:
            yield ("PER", "IC", "", "UR", payer.policy_url)


def _payee_loop(payee: Provider) -> Iterator[Segment]:
    """1000B."""
    yield ("N1", "PE", payee.name, "XX", payee.npi)
    yield from _address(payee.address)
    yield ("REF", "TJ", payee.tax_number)


def _claim_loop(claim: ClaimPayment, payer: Payer, guide: Guide) -> Iterator[Segment]:
    """2100, in the order of the guide."""
    # A reversal leaves CLP05 out: patient responsibility does not take part in netting.
    patient_share = "" if claim.status_code == "22" else money(claim.patient_responsibility_amount)
    yield (
        "CLP", claim.patient_control_number, claim.status_code, money(claim.charge_amount), money(claim.paid_amount),
        patient_share if patient_share != "0" else "", claim.filing_indicator or payer.filing_indicator,
        claim.payer_claim_control_number, claim.facility_type_code, claim.claim_frequency_code, "", claim.drg_code,
    )  # fmt: skip
    yield from adjustment_segments(claim.adjustments)
    people = (("QC", claim.patient), ("IL", claim.insured), ("74", claim.corrected), ("82", claim.rendering_provider),
              ("TT", claim.crossover_carrier), ("PR", claim.corrected_payer))  # fmt: skip
    yield from (_nm1(role, person) for role, person in people if person)
    if claim.inpatient_remark_codes:
        first, *others = claim.inpatient_remark_codes
        yield ("MIA", "0", "", "", "", first, *[""] * 14, *others)
    if claim.outpatient_remark_codes:
        yield ("MOA", "", "", *claim.outpatient_remark_codes)
    yield from (("REF", qualifier, value) for qualifier, value in claim.references)
    dates = (("232", claim.statement_from_date), ("233", claim.statement_to_date), ("050", claim.claim_received_date))
    yield from (("DTM", qualifier, _date(day)) for qualifier, day in dates if day)
    yield from (("AMT", qualifier, money(amount)) for qualifier, amount in claim.amounts)
    yield from (("QTY", qualifier, money(quantity)) for qualifier, quantity in claim.quantities)
    for line in claim.lines:
        yield from _line_loop(line, guide)


def _line_loop(line: ServiceLine, guide: Guide) -> Iterator[Segment]:
    """2110, in the order of the guide."""
    submitted = line.submitted_procedure.composite if line.submitted_procedure else ""
    yield (
        "SVC", line.procedure.composite, money(line.charge_amount), money(line.paid_amount), line.revenue_code,
        _quantity(line.paid_units), submitted, _quantity(line.submitted_units),
    )  # fmt: skip
    if line.service_end_date:
        yield ("DTM", "150", _date(line.service_date))
        yield ("DTM", "151", _date(line.service_end_date))
    elif line.service_date:
        yield ("DTM", "472", _date(line.service_date))
    yield from adjustment_segments(line.adjustments)
    yield from (("REF", qualifier, value) for qualifier, value in line.references)
    if line.line_control_number:
        yield ("REF", "6R", line.line_control_number)
    if guide.is_5010:  # 4010 has no policy reference
        yield from (("REF", "0K", policy) for policy in line.policy_ids)
    if line.allowed_amount is not None:
        yield ("AMT", "B6", money(line.allowed_amount))
    yield from (("LQ", "HE", code) for code in line.remark_codes)


def _quantity(quantity: Decimal | None) -> str:
    return "" if quantity is None else money(quantity)


def adjustment_segments(adjustments: Sequence[Adjustment]) -> Iterator[Segment]:
    """CAS segments, in the given order: a new one when the group code changes or six triplets are full."""
    for group_code, same_group in groupby(adjustments, key=lambda adjustment: adjustment.group_code):
        for triplets in _chunks(list(same_group), TRIPLETS_IN_CAS):
            elements: list[str] = []
            for triplet in triplets:
                elements += [triplet.reason_code, money(triplet.amount), _quantity(triplet.quantity)]
            yield ("CAS", group_code, *elements)


def _provider_adjustments(remittance: Remittance) -> Iterator[Segment]:
    """PLB segments: a new one when provider or period changes or six pairs are full. The default period ends with the year."""
    year_end = date(remittance.payment_date.year, 12, 31)

    def header(adjustment: ProviderAdjustment) -> tuple[str, date]:
        return adjustment.provider_id or remittance.payee.npi, adjustment.fiscal_period_date or year_end

    for (provider_id, period), same_header in groupby(remittance.provider_adjustments, key=header):
        for pairs in _chunks(list(same_header), PAIRS_IN_PLB):
            elements: list[str | tuple[str, ...]] = []
            for pair in pairs:
                elements += [(pair.reason_code, pair.reference_id), money(pair.amount)]
            yield ("PLB", provider_id, _date(period), *elements)


def _chunks(items: list, size: int) -> Iterator[list]:
    return (items[start : start + size] for start in range(0, len(items), size))


# --------------------------------------------------------------------------------------------------------------------
# 837
# --------------------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class SubmittedLine:
    """2400. `pointers` are positions in the claim's diagnoses, from 1; institutional lines have none."""

    procedure: Procedure
    charge_amount: Decimal
    service_date: date
    units: Decimal = Decimal(1)
    pointers: tuple[int, ...] = (1,)
    place_of_service_code: str = ""
    revenue_code: str = ""
    line_control_number: str = ""


@dataclass(frozen=True)
class SubmittedClaim:
    """2300 with its loops above. `patient` None: the patient is the subscriber. Diagnoses without dots, the principal first."""

    patient_control_number: str
    subscriber: Person
    payer: Payer
    lines: tuple[SubmittedLine, ...]
    diagnoses: tuple[str, ...]
    patient: Person | None = None
    facility_type_code: str = "11"
    claim_frequency_code: str = "1"
    original_claim_number: str = ""
    prior_authorization_number: str = ""
    references: Pairs = ()
    rendering_provider: Person | None = None
    payer_responsibility_code: str = "P"

    @property
    def charge_amount(self) -> Decimal:
        return sum((line.charge_amount for line in self.lines), ZERO)


def build_837(
    claims: Sequence[SubmittedClaim],
    billing_provider: Provider,
    envelope: Envelope,
    claim_type: str = "P",
    syntax: Syntax = PLAIN,
    guide: Guide | None = None,
) -> bytes:
    """One interchange with one ST. `claim_type`: P professional, I institutional, D dental."""
    return render(segments_837(claims, billing_provider, envelope, claim_type, syntax, guide), syntax)


def segments_837(
    claims: Sequence[SubmittedClaim],
    billing_provider: Provider,
    envelope: Envelope,
    claim_type: str = "P",
    syntax: Syntax = PLAIN,
    guide: Guide | None = None,
) -> list[Segment]:
    guide = guide or GUIDE_837[claim_type]
    body = submission_segments(claims, billing_provider, envelope, claim_type, guide)
    return interchange([transaction("837", 1, guide, body)], guide, envelope, syntax)


def submission_segments(
    claims: Sequence[SubmittedClaim], billing_provider: Provider, envelope: Envelope, claim_type: str, guide: Guide
) -> list[Segment]:
    """What stands between ST and SE: header, one billing provider, a subscriber (and where needed a patient) a claim."""
    reference = f"B{envelope.control_number:09d}"
    segments: list[Segment] = [("BHT", "0019", "00", reference, _date(envelope.date), envelope.time, "CH")]
    if not guide.is_5010:
        segments.append(("REF", "87", guide.version))
    segments += [
        ("NM1", "41", "2", billing_provider.name, "", "", "", "", "46", envelope.sender_id),
        ("PER", "IC", "BILLING OFFICE", "TE", "8005550150"),
        ("NM1", "40", "2", "SAMPLE CLEARINGHOUSE", "", "", "", "", "46", envelope.receiver_id),
        ("HL", "1", "", "20", "1"),
        ("PRV", "BI", "PXC" if guide.is_5010 else "ZZ", billing_provider.taxonomy),
        ("NM1", "85", "2", billing_provider.name, "", "", "", "", "XX", billing_provider.npi),
        *_address(billing_provider.address),
        ("REF", "EI", billing_provider.tax_number),
    ]
    level = 1
    for claim in claims:
        level += 1
        segments += _subscriber_loop(claim, level)
        if claim.patient:
            level += 1
            segments += _patient_loop(claim.patient, level)
        segments += _submitted_claim_loop(claim, claim_type, guide)
    return segments


def _subscriber_loop(claim: SubmittedClaim, level: int) -> Iterator[Segment]:
    """2000B, 2010BA, 2010BB."""
    yield ("HL", str(level), "1", "22", "1" if claim.patient else "0")
    relationship = "" if claim.patient else "18"
    yield ("SBR", claim.payer_responsibility_code, relationship, "", "", "", "", "", "", claim.payer.filing_indicator)
    yield _nm1("IL", claim.subscriber)
    if not claim.patient:
        yield from _address(claim.subscriber.address)
        yield ("DMG", "D8", _date(claim.subscriber.birth_date), claim.subscriber.gender)
    yield ("NM1", "PR", "2", claim.payer.name, "", "", "", "", "PI", claim.payer.payer_id)


def _patient_loop(patient: Person, level: int) -> Iterator[Segment]:
    """2000C, 2010CA. The level's parent is the subscriber just before it."""
    yield ("HL", str(level), str(level - 1), "23", "0")
    yield ("PAT", "19")
    yield ("NM1", "QC", "1", patient.last_name, patient.first_name, patient.middle_name)
    yield from _address(patient.address)
    yield ("DMG", "D8", _date(patient.birth_date), patient.gender)


def _submitted_claim_loop(claim: SubmittedClaim, claim_type: str, guide: Guide) -> Iterator[Segment]:
    """2300 and its 2400 loops."""
    professional = "B" if guide.is_5010 else ""
    qualifier = "A" if claim_type == "I" else professional
    place = (claim.facility_type_code, qualifier, claim.claim_frequency_code)
    signature = "" if claim_type == "I" else "Y"
    yield ("CLM", claim.patient_control_number, money(claim.charge_amount), "", "", place, signature, "A", "Y", "Y")
    if claim_type == "I":
        first, last = min(line.service_date for line in claim.lines), max(line.service_date for line in claim.lines)
        yield ("DTP", "434", "RD8", f"{_date(first)}-{_date(last)}")
        yield ("CL1", "1", "7", "01")
    if claim.prior_authorization_number:
        yield ("REF", "G1", claim.prior_authorization_number)
    if claim.original_claim_number:
        yield ("REF", "F8", claim.original_claim_number)
    yield from (("REF", qualifier, value) for qualifier, value in claim.references)
    yield from _diagnoses(claim, claim_type, guide)
    if claim.rendering_provider:
        yield _nm1("82", claim.rendering_provider)
    for number, line in enumerate(claim.lines, 1):
        yield ("LX", str(number))
        yield _SUBMITTED_SERVICE[claim_type](line)
        yield ("DTP", "472", "D8", _date(line.service_date))
        if line.line_control_number:
            yield ("REF", "6R", line.line_control_number)


def _diagnoses(claim: SubmittedClaim, claim_type: str, guide: Guide) -> Iterator[Segment]:
    """HI. Institutional claims give the principal diagnosis a segment of its own; 4010 knows ICD-9 qualifiers only."""
    if not claim.diagnoses:
        return
    principal, other = ("ABK", "ABF") if guide.is_5010 else ("BK", "BF")
    first, *others = [(principal if n == 0 else other, code) for n, code in enumerate(claim.diagnoses)]
    if claim_type == "I":
        yield ("HI", first)
        if others:
            yield ("HI", *others)
    else:
        yield ("HI", first, *others)


def _professional_service(line: SubmittedLine) -> Segment:
    """2400 SV1."""
    pointers = tuple(str(pointer) for pointer in line.pointers)
    units = money(line.units)
    return ("SV1", line.procedure.composite, money(line.charge_amount), "UN", units, line.place_of_service_code, "", pointers)


def _institutional_service(line: SubmittedLine) -> Segment:
    """2400 SV2."""
    procedure = line.procedure.composite if line.procedure.code else ""
    return ("SV2", line.revenue_code, procedure, money(line.charge_amount), "UN", money(line.units))


def _dental_service(line: SubmittedLine) -> Segment:
    """2400 SV3."""
    pointers = tuple(str(pointer) for pointer in line.pointers)
    units = money(line.units)
    place = line.place_of_service_code
    return ("SV3", line.procedure.composite, money(line.charge_amount), place, "", "", units, *[""] * 4, pointers)


_SUBMITTED_SERVICE = {"P": _professional_service, "I": _institutional_service, "D": _dental_service}
