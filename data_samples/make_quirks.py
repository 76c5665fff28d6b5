"""Writes one sample for each quirk of real files, and says what a right reader makes of it.

    python -m data_samples.make_quirks [--out data_samples]

Out come 835/<quirk>.835, 837/<quirk>.837, quirks.csv and the table of quirks in README.md. A quirk is one odd thing in an
otherwise right file. Totals are added up from the dataclasses that the file was built from, and changed by hand where the quirk
changes them: no reader is asked.
"""

from __future__ import annotations

import csv
import hashlib
import io
import zipfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import click

from data_samples import every_column
from data_samples.inbox_cases import LAKESIDE, MERIDIAN, NORTHGATE, RIVERBEND
from data_samples.make_inbox import RENDERING, out_of_balance, replace_section
from data_samples.x12_writer import (
    GUIDE_835,
    GUIDE_835_4010,
    GUIDE_837,
    GUIDE_837_4010,
    PLAIN,
    Adjustment,
    ClaimPayment,
    Envelope,
    Guide,
    Person,
    Procedure,
    ProviderAdjustment,
    Remittance,
    Segment,
    ServiceLine,
    SubmittedClaim,
    SubmittedLine,
    Syntax,
    interchange,
    money,
    render,
    segments_835,
    segments_837,
    transaction,
)

ZERO = Decimal(0)


@dataclass(frozen=True)
class Totals:
    """What a right reader counts; dollars are sums over CLP03, CLP04 (CLM02) and CAS. Interchanges, transactions and segments
    are those of the file as it stands."""

    kind: str = ""
    interchanges: int = 0
    transactions: int = 0
    claims: int = 0
    lines: int = 0
    adjustments: int = 0
    remarks: int = 0
    charge: Decimal = ZERO
    paid: Decimal = ZERO
    adjusted: Decimal = ZERO
    segments: int = 0

    def __add__(self, other: Totals) -> Totals:
        kind = self.kind if other.kind in ("", self.kind) else f"{self.kind}+{other.kind}"
        numbers = {
            field.name: getattr(self, field.name) + getattr(other, field.name) for field in fields(self) if field.name != "kind"
        }
        return Totals(kind, **numbers)


@dataclass(frozen=True)
class Quirk:
    """One sample. `findings` are the codes of all that is reported, and nothing else is; `quarantine` is the code of a file that
    cannot be read."""

    name: str
    how: str
    content: bytes
    totals: Totals
    findings: str = ""
    quarantine: str = ""

    @property
    def file(self) -> str:
        return f"{self.name}.837" if self.totals.kind == "837" else f"{self.name}.835"

    @property
    def path(self) -> str:
        return f"{self.file[-3:]}/{self.file}"


# --------------------------------------------------------------------------------------------------------------------
# The plain files that quirks are made of
# --------------------------------------------------------------------------------------------------------------------
PATIENT = Person("SAMPLE", "ADA", "MMH00000001", birth_date=date(1961, 2, 3), gender="F")
OTHER_PATIENT = Person("EXAMPLE", "BEN", "MMH00000002", birth_date=date(1958, 9, 30), gender="M")
SERVICE_DATE = date(2026, 10, 20)
ENVELOPE = Envelope("MMH01", "LAKESIDEBILLING", date(2026, 11, 19), 1)
SUBMISSION = Envelope("LAKESIDEBILLING", "SAMPLEHOUSE", date(2026, 10, 23), 1)


def adjustment(group_code: str, reason_code: str, amount: str, quantity: str = "") -> Adjustment:
    return Adjustment(group_code, reason_code, Decimal(amount), Decimal(quantity) if quantity else None)


def line(code: str, charge: str, *adjustments: Adjustment, **more) -> ServiceLine:
    return ServiceLine(Procedure(code), Decimal(charge), adjustments, SERVICE_DATE, **more)


PAID_LINE = line("99213", "150", adjustment("CO", "45", "50"), adjustment("PR", "3", "25"), line_control_number="A-1")
DENIED_LINE = line("97110", "180", adjustment("CO", "50", "180"), line_control_number="A-2", remark_codes=("N115",))
OTHER_LINE = line("93000", "85.5", adjustment("CO", "45", "45.5"), line_control_number="B-1")
CLAIM = ClaimPayment("QUIRK-A", "MMH2632300001", PATIENT, (PAID_LINE, DENIED_LINE), claim_received_date=date(2026, 10, 24))
OTHER_CLAIM = ClaimPayment("QUIRK-B", "MMH2632300002", OTHER_PATIENT, (OTHER_LINE,), outpatient_remark_codes=("MA01",))


def payment(*claims: ClaimPayment, **changes) -> Remittance:
    settings = {"trace_number": "EFTQUIRK1", "payment_date": date(2026, 11, 19), "production_date": date(2026, 11, 18)} | changes
    return Remittance(MERIDIAN, LAKESIDE, claims=claims or (CLAIM, OTHER_CLAIM), **settings)


SUBMITTED_LINE = SubmittedLine(Procedure("99213"), Decimal(150), SERVICE_DATE, pointers=(1, 2), line_control_number="A-1")
OTHER_SUBMITTED_LINE = SubmittedLine(Procedure("97110"), Decimal(180), SERVICE_DATE, Decimal(3), (2,), line_control_number="A-2")
SUBMITTED = SubmittedClaim(
    "QUIRK-A", PATIENT, MERIDIAN, (SUBMITTED_LINE, OTHER_SUBMITTED_LINE), ("M5450", "M6281"), rendering_provider=RENDERING
)


def totals_835(remittances: Sequence[Remittance], segments: Sequence[Segment]) -> Totals:
    claims = [claim for remittance in remittances for claim in remittance.claims]
    adjustments = [adjustment for claim in claims for adjustment in claim.all_adjustments]
    lines = [line for claim in claims for line in claim.lines]
    claim_remarks = sum(len(claim.inpatient_remark_codes + claim.outpatient_remark_codes) for claim in claims)
    return Totals(
        "835",
        interchanges=1,
        transactions=len(remittances),
        claims=len(claims),
        lines=len(lines),
        adjustments=len(adjustments),
        remarks=claim_remarks + sum(len(line.remark_codes) for line in lines),
        charge=sum((claim.charge_amount for claim in claims), ZERO),
        paid=sum((claim.paid_amount for claim in claims), ZERO),
        adjusted=sum((adjustment.amount for adjustment in adjustments), ZERO),
        segments=len(segments),
    )


def totals_837(claims: Sequence[SubmittedClaim], segments: Sequence[Segment]) -> Totals:
    return Totals(
        "837",
        interchanges=1,
        transactions=1,
        claims=len(claims),
        lines=sum(len(claim.lines) for claim in claims),
        charge=sum((claim.charge_amount for claim in claims), ZERO),
        segments=len(segments),
    )


SegmentChange = Callable[[list[Segment]], list[Segment]]
ByteChange = Callable[[bytes], bytes]


def remittance_quirk(
    name: str,
    how: str,
    *remittances: Remittance,
    syntax: Syntax = PLAIN,
    guide: Guide = GUIDE_835,
    change: SegmentChange | None = None,
    change_bytes: ByteChange | None = None,
    findings: str = "",
    **totals,
) -> Quirk:
    """An 835 with a quirk in its syntax, its data, its segments (`change`) or its bytes (`change_bytes`).

    `totals` are those that the quirk makes other than the data says; segments are counted after `change`.
    """
    remittances = remittances or (payment(),)
    segments = segments_835(remittances, ENVELOPE, syntax, guide)
    segments = change(segments) if change else segments
    content = render(segments, syntax)
    content = change_bytes(content) if change_bytes else content
    return Quirk(name, how, content, replace(totals_835(remittances, segments), **totals), findings)


def submission_quirk(
    name: str,
    how: str,
    *claims: SubmittedClaim,
    claim_type: str = "P",
    provider=LAKESIDE,
    syntax: Syntax = PLAIN,
    guide: Guide | None = None,
    change: SegmentChange | None = None,
    change_bytes: ByteChange | None = None,
    findings: str = "",
    **totals,
) -> Quirk:
    """As `remittance_quirk`, for an 837."""
    claims = claims or (SUBMITTED,)
    segments = segments_837(claims, provider, SUBMISSION, claim_type, syntax, guide)
    segments = change(segments) if change else segments
    content = render(segments, syntax)
    content = change_bytes(content) if change_bytes else content
    return Quirk(name, how, content, replace(totals_837(claims, segments), **totals), findings)


# --------------------------------------------------------------------------------------------------------------------
# Changes
# --------------------------------------------------------------------------------------------------------------------
def position_of(segments: list[Segment], identifier: str, occurrence: int = 1) -> int:
    return [n for n, segment in enumerate(segments) if segment[0] == identifier][occurrence - 1]


def with_element(identifier: str, element: int, value: str | tuple[str, ...], occurrence: int = 1) -> SegmentChange:
    """Element `element` of the nth segment of that kind becomes `value`."""

    def change(segments: list[Segment]) -> list[Segment]:
        position = position_of(segments, identifier, occurrence)
        segment = list(segments[position])
        segment += [""] * (element + 1 - len(segment))
        segment[element] = value
        return [*segments[:position], tuple(segment), *segments[position + 1 :]]

    return change


def with_segments(new: Sequence[Segment], identifier: str, occurrence: int = 1, instead: bool = False) -> SegmentChange:
    """`new` after the nth segment of that kind, or instead of it; SE01 is counted again."""

    def change(segments: list[Segment]) -> list[Segment]:
        position = position_of(segments, identifier, occurrence)
        kept = segments[: position + (0 if instead else 1)]
        return counted_again([*kept, *new, *segments[position + 1 :]])

    return change


def counted_again(segments: list[Segment]) -> list[Segment]:
    start = 0
    counted = []
    for position, segment in enumerate(segments):
        start = position if segment[0] == "ST" else start
        counted.append(("SE", str(position - start + 1), segment[2]) if segment[0] == "SE" else segment)
    return counted


def in_order(*changes: SegmentChange) -> SegmentChange:
    def change(segments: list[Segment]) -> list[Segment]:
        for one in changes:
            segments = one(segments)
        return segments

    return change


def up_to(identifier: str, occurrence: int = 1) -> SegmentChange:
    """The file ends before that segment."""
    return lambda segments: segments[: position_of(segments, identifier, occurrence)]


def second_transaction_last(segments: list[Segment]) -> list[Segment]:
    """The second ST to SE behind the trailers, whose counts leave it out."""
    start, end = position_of(segments, "ST", 2), position_of(segments, "SE", 2) + 1
    trailers = [("GE", "1", segments[end][2]), segments[end + 1]]
    return [*segments[:start], *trailers, *segments[start:end]]


def cas_of(adjustments: Sequence[Adjustment]) -> Segment:
    """All adjustments (of one group) in one CAS, whether there is room or not."""
    triplets = [part for one in adjustments for part in (one.reason_code, money(one.amount), "")]
    return ("CAS", adjustments[0].group_code, *triplets)


def plb_of(adjustments: Sequence[ProviderAdjustment]) -> Segment:
    """The same for PLB."""
    pairs = [part for one in adjustments for part in ((one.reason_code, one.reference_id), money(one.amount))]
    return ("PLB", LAKESIDE.npi, "20261231", *pairs)


# --------------------------------------------------------------------------------------------------------------------
# Quirks of 835 files
# --------------------------------------------------------------------------------------------------------------------
def delimiter_quirks() -> list[Quirk]:
    def trailing_elements(content: bytes) -> bytes:
        first, rest = content.split(b"~", 1)
        return first + b"~" + rest.replace(b"~", b"**~")

    return [
        remittance_quirk("delimiter_pipe", "element separator |", syntax=Syntax(element="|")),
        remittance_quirk("delimiter_caret", "element separator ^", syntax=Syntax(element="^", repetition="!")),
        remittance_quirk("delimiter_greater", "element separator >", syntax=Syntax(element=">")),
        remittance_quirk(
            "delimiter_broken_bar_latin1",
            "element separator ¦ as one latin-1 byte",
            syntax=Syntax(element="¦", encoding="latin-1"),
        ),
        remittance_quirk("delimiter_broken_bar_utf8", "element separator ¦ as two UTF-8 bytes", syntax=Syntax(element="¦")),
        remittance_quirk("terminator_newline", "a newline ends the segment", syntax=Syntax(terminator="\n", line_end="")),
        remittance_quirk("terminator_crlf", "CR and LF end the segment", syntax=Syntax(terminator="\r\n", line_end="")),
        remittance_quirk("terminator_apostrophe", "an apostrophe ends the segment", syntax=Syntax(terminator="'")),
        remittance_quirk(
            "newline_before_terminator",
            "each terminator stands at the start of the next line",
            syntax=Syntax(line_end=""),
            change_bytes=lambda content: content.replace(b"~", b"\n~"),
        ),
        remittance_quirk("line_ends_crlf", "CR and LF after each terminator", syntax=Syntax(line_end="\r\n")),
        remittance_quirk("no_line_breaks", "no line breaks at all", syntax=Syntax(line_end="")),
        remittance_quirk(
            "wrapped_at_80",
            "a line break after every 80 characters, wherever it falls",
            syntax=Syntax(line_end="", wrap=80),
            findings="line_break_in_segment",
        ),
        remittance_quirk(
            "byte_order_mark", "a UTF-8 byte order mark before ISA", change_bytes=lambda content: b"\xef\xbb\xbf" + content
        ),
        remittance_quirk(
            "leading_blanks", "blanks and an empty line before ISA", change_bytes=lambda content: b"  \r\n " + content
        ),
        remittance_quirk("blanks_before_segments", "segments are indented by two blanks", syntax=Syntax(line_end="\n  ")),
        remittance_quirk(
            "trailing_ctrl_z", "a Ctrl-Z (DOS end of file) after IEA", change_bytes=lambda content: content + b"\x1a"
        ),
        remittance_quirk(
            "empty_trailing_elements", "two empty elements at the end of each segment", change_bytes=trailing_elements
        ),
        remittance_quirk(
            "component_separator_differs",
            "ISA16 declares : while the procedures use >",
            syntax=Syntax(component=">"),
            change=with_element("ISA", 16, ":"),
            findings="component_separator_mismatch",
        ),
        remittance_quirk(
            "lower_case_ids",
            "segment identifiers in lower case",
            change=lambda segments: [(str(segment[0]).lower(), *segment[1:]) for segment in segments],
        ),
    ]


def envelope_quirks() -> list[Quirk]:
    def isa_of(width: int) -> SegmentChange:
        def change(segments: list[Segment]) -> list[Segment]:
            isa = list(segments[0])
            isa[6], isa[8] = f"{isa[6].strip():<{width}}", f"{isa[8].strip():<{width}}"
            return [tuple(isa), *segments[1:]]

        return change

    others = (payment(OTHER_CLAIM, trace_number="EFTQUIRK2"), payment(CLAIM, trace_number="EFTQUIRK3"))
    return [
        remittance_quirk("isa_too_short", "ISA06 and ISA08 are not padded: ISA is shorter than 106 bytes", change=isa_of(0)),
        remittance_quirk("isa_too_long", "ISA06 and ISA08 are padded to 20: ISA is longer than 106 bytes", change=isa_of(20)),
        several_interchanges(),
        remittance_quirk("several_transactions", "three ST in one group, one payment each", payment(), *others),
        mixed_835_and_837(),
        remittance_quirk(
            "segment_count_wrong", "SE01 is one too many", change=with_element("SE", 1, "99"), findings="segment_count_wrong"
        ),
        remittance_quirk(
            "transaction_count_wrong", "GE01 says 2", change=with_element("GE", 1, "2"), findings="transaction_count_wrong"
        ),
        remittance_quirk("group_count_wrong", "IEA01 says 2", change=with_element("IEA", 1, "2"), findings="group_count_wrong"),
        remittance_quirk(
            "control_numbers_differ",
            "SE02, GE02 and IEA02 are not those of ST02, GS06 and ISA13",
            change=in_order(with_element("SE", 2, "0009"), with_element("GE", 2, "9"), with_element("IEA", 2, "000000009")),
            findings="transaction_control_number_differs group_control_number_differs interchange_control_number_differs",
        ),
        remittance_quirk("iea_missing", "no IEA", change=up_to("IEA"), findings="interchange_trailer_missing"),
        remittance_quirk(
            "ge_and_iea_missing",
            "neither GE nor IEA",
            change=up_to("GE"),
            findings="group_trailer_missing interchange_trailer_missing",
        ),
        *truncations(),
        acknowledgement("ta1_only", "TA1", "an interchange with nothing but a TA1", interchange_of_ta1()),
        acknowledgement("functional_acknowledgement_999", "999", "a 999 dropped among the remittances", interchange_of_999()),
        acknowledgement("claim_acknowledgement_277ca", "277CA", "a 277CA dropped among the remittances", interchange_of_277ca()),
    ]


CUT = "transaction_trailer_missing group_trailer_missing interchange_trailer_missing"


def truncations() -> list[Quirk]:
    """The file breaks off. What was complete before the cut is kept and marked."""
    first_claim = totals_835((payment(CLAIM),), ())
    both_claims = totals_835((payment(),), ())

    def kept(totals: Totals, **changes) -> dict:
        return {
            name: changes.get(name, getattr(totals, name))
            for name in ("claims", "lines", "adjustments", "remarks", "charge", "paid", "adjusted")
        }

    return [
        remittance_quirk(
            "cut_in_segment",
            "the file ends in the middle of the second claim's NM1",
            change=lambda segments: segments[: position_of(segments, "NM1", 2) + 1],
            change_bytes=lambda content: content[: content.rindex(b"NM1") + 12],
            findings=f"segment_cut {CUT} claim_out_of_balance",
            **kept(first_claim, claims=2, charge=both_claims.charge, paid=both_claims.paid),
        ),
        remittance_quirk(
            "cut_in_claim",
            "the file ends after the second claim's NM1, on a whole segment",
            change=lambda segments: segments[: position_of(segments, "NM1", 2) + 1],
            findings=f"{CUT} claim_out_of_balance",
            **kept(first_claim, claims=2, charge=both_claims.charge, paid=both_claims.paid),
        ),
        cut_and_joined(),
        remittance_quirk("cut_before_se", "the file ends after the last claim, before SE", change=up_to("SE"), findings=CUT),
    ]


def cut_and_joined() -> Quirk:
    """The first file ends in the middle of the first claim's LQ, the second one follows at once."""
    segments = segments_835((payment(),), ENVELOPE)
    content = render(segments)
    first = content[: content.index(b"LQ*HE*") + 6]
    cut, whole = totals_835((payment(CLAIM),), first.split(b"~")), totals_835((payment(),), segments)
    return Quirk(
        "cut_and_joined",
        "a file cut off in the middle of a segment, and a whole one joined to it without a line break",
        first + content,
        replace(cut, remarks=0) + whole,
        f"segment_cut {CUT} transaction_out_of_balance",
    )


def several_interchanges() -> Quirk:
    syntaxes = (
        Syntax(),
        Syntax(element="|", component=">", line_end="\r\n"),
        Syntax(element="^", repetition="!", terminator="\n", line_end=""),
    )
    totals, content = Totals("835"), b""
    for number, syntax in enumerate(syntaxes, 1):
        remittances = (payment(trace_number=f"EFTQUIRK{number}"),)
        segments = segments_835(remittances, replace(ENVELOPE, control_number=number), syntax)
        totals, content = totals + totals_835(remittances, segments), content + render(segments, syntax)
    return Quirk("several_interchanges", "three ISA in one file, each with delimiters of its own", content, totals)


def mixed_835_and_837() -> Quirk:
    remittance, submission = segments_835((payment(),), ENVELOPE), segments_837((SUBMITTED,), LAKESIDE, SUBMISSION)
    totals = totals_835((payment(),), remittance) + totals_837((SUBMITTED,), submission)
    return Quirk(
        "mixed_835_and_837", "an 835 interchange and an 837 interchange in one file", render([*remittance, *submission]), totals
    )


def acknowledgement(name: str, kind: str, how: str, segments: list[Segment]) -> Quirk:
    transactions = sum(segment[0] == "ST" for segment in segments)
    return Quirk(name, how, render(segments), Totals(kind, 1, transactions, segments=len(segments)))


def interchange_of_ta1() -> list[Segment]:
    isa, *_, iea = interchange([], GUIDE_835, ENVELOPE)
    return [isa, ("TA1", "000000501", "261023", "2200", "A", "000"), ("IEA", "0", iea[2])]


def interchange_of_999() -> list[Segment]:
    guide = Guide("FA", "005010X231A1")
    body = [("AK1", "HC", "1", "005010X222A1"), ("AK2", "837", "0001", "005010X222A1"), ("IK5", "A"), ("AK9", "A", "1", "1", "1")]
    return interchange([transaction("999", 1, guide, body)], guide, ENVELOPE)


def interchange_of_277ca() -> list[Segment]:
    guide = Guide("HN", "005010X214")
    body = [
        ("BHT", "0085", "08", "277X214", "20261023", "2200", "TH"),
        ("HL", "1", "", "20", "1"),
        ("NM1", "PR", "2", MERIDIAN.name, "", "", "", "", "PI", MERIDIAN.payer_id),
        ("TRN", "1", "ACK0001"),
        ("DTP", "050", "D8", "20261023"),
        ("DTP", "009", "D8", "20261023"),
    ]
    return interchange([transaction("277", 1, guide, body)], guide, ENVELOPE)


def structure_quirks() -> list[Quirk]:
    isa = Person("ISA", "ISA", "ISA000000001")
    quantities = line("97110", "180", adjustment("CO", "45", "60", "1"), adjustment("CO", "50", "60", "1"), paid_units=Decimal(1))
    bundled = line(
        "80053", "40", adjustment("CO", "97", "40"), submitted_procedure=Procedure("82947", ("59",)), submitted_units=Decimal(2)
    )
    split = tuple(line("97110", "60", adjustment("CO", "45", "20"), line_control_number="A-1") for _ in range(3))
    in_range = replace(PAID_LINE, service_end_date=date(2026, 10, 24))
    many = tuple(adjustment("CO", str(reason), "1") for reason in (45, 253, 59, 97, 131, 144, 237, 104))
    inpatient = ClaimPayment(
        "QUIRK-C",
        "MMH2632300003",
        PATIENT,
        claim_charge_amount=Decimal("12500"),
        inpatient_remark_codes=("MA01", "N115"),
        adjustments=(adjustment("CO", "45", "4200.5"), adjustment("PR", "1", "1676")),
        facility_type_code="11",
        drg_code="193",
    )
    at_claim_level = replace(
        CLAIM, lines=(line("99213", "150"), line("97110", "180")), adjustments=(adjustment("CO", "29", "330"),)
    )
    plb = tuple(ProviderAdjustment("CS", Decimal(amount), f"REF{amount}") for amount in (1, 2, 3, 4, 5, 6, -7, -8))
    signs = tuple(
        ProviderAdjustment(code, Decimal(amount), f"REF{code}")
        for code, amount in (("WO", "25.5"), ("L6", "-1.75"), ("FB", "-10"))
    )
    estimate = ClaimPayment(
        "QUIRK-P", "MMH2632300004", PATIENT, (line("27447", "30000", adjustment("OA", "101", "30000")),), status_code="25"
    )
    return [
        remittance_quirk("lx_missing", "no LX before the claims", payment(header_number="")),
        remittance_quirk(
            "n1_repeated",
            "a second N1*PR with another name, and a second N1*PE",
            change=in_order(
                with_segments([("N1", "PE", "ANOTHER PAYEE", "XX", LAKESIDE.npi)], "N1", 2),
                with_segments([("N1", "PR", "ANOTHER PAYER")], "N1", 1),
            ),
        ),
        remittance_quirk(
            "nm1_short",
            "NM1 with a last name only, and NM1 with nothing but QC",
            change=in_order(
                with_segments([("NM1", "QC", "1", "SAMPLE")], "NM1", 1, instead=True),
                with_segments([("NM1", "QC")], "NM1", 2, instead=True),
            ),
        ),
        remittance_quirk("isa_inside_name", "patients and numbers called ISA", payment(replace(CLAIM, patient=isa), OTHER_CLAIM)),
        remittance_quirk("cas_with_quantities", "triplets with units", payment(replace(CLAIM, lines=(PAID_LINE, quantities)))),
        remittance_quirk(
            "cas_with_gaps",
            "the second and the fourth triplet of a CAS are empty",
            payment(
                replace(
                    CLAIM,
                    lines=(
                        line(
                            "99213",
                            "150",
                            adjustment("CO", "45", "50"),
                            adjustment("CO", "253", "2"),
                            adjustment("CO", "97", "3"),
                        ),
                    ),
                )
            ),
            change=with_segments(
                [("CAS", "CO", "45", "50", "", "", "", "", "253", "2", "", "", "", "", "97", "3")], "CAS", 1, instead=True
            ),
            findings="adjustment_gap",
        ),
        remittance_quirk(
            "cas_with_eight_triplets",
            "eight reasons of one group: two CAS",
            payment(replace(CLAIM, lines=(line("99213", "150", *many),))),
        ),
        remittance_quirk(
            "cas_with_seven_triplets",
            "seven reasons in one CAS: the guide has room for six, the seventh is kept as text",
            payment(replace(CLAIM, lines=(line("99213", "150", *many[:7]),))),
            change=in_order(with_segments([cas_of(many[:7])], "CAS", 1, instead=True), with_segments([], "CAS", 2, instead=True)),
            adjustments=6,
            adjusted=Decimal(6),
            findings="adjustments_beyond_sixth line_out_of_balance claim_out_of_balance",
        ),
        remittance_quirk(
            "cas_at_claim_level", "the lines are paid in full, CAS at claim level takes everything", payment(at_claim_level)
        ),
        remittance_quirk("claim_without_lines", "an inpatient claim with MIA and claim-level CAS, no SVC", payment(inpatient)),
        remittance_quirk(
            "procedure_as_submitted",
            "SVC06 and SVC07: billed code and units other than those paid",
            payment(replace(CLAIM, lines=(bundled,))),
        ),
        remittance_quirk(
            "one_control_number_for_three_lines", "three SVC with the same REF*6R", payment(replace(CLAIM, lines=split))
        ),
        remittance_quirk(
            "service_date_range", "DTM*150 and DTM*151 instead of DTM*472", payment(replace(CLAIM, lines=(in_range,)))
        ),
        remittance_quirk(
            "reversal_and_correction", "CLP02 = 22, then the claim again", payment(OTHER_CLAIM, CLAIM.reversed(), CLAIM)
        ),
        remittance_quirk("predetermination", "CLP02 = 25: nothing is paid, OA 101 takes the charge", payment(estimate)),
        remittance_quirk("nothing_paid", "a payment of 0: one denied line", payment(replace(CLAIM, lines=(DENIED_LINE,)))),
        remittance_quirk(
            "line_before_claim",
            "SVC before the first CLP",
            change=with_segments([("SVC", ("HC", "99213"), "10", "10")], "LX"),
            findings="service_line_without_claim",
        ),
        remittance_quirk(
            "adjustment_before_claim",
            "CAS before the first CLP",
            change=with_segments([("CAS", "CO", "45", "10")], "LX"),
            findings="segment_not_in_place",
        ),
        remittance_quirk(
            "plb_signs",
            "WO of 25.50 reduces the payment; L6 of -1.75 and FB of -10 increase it",
            payment(provider_adjustments=signs),
        ),
        remittance_quirk(
            "plb_with_seven_pairs",
            "seven pairs in one PLB: the guide has room for six, the seventh is kept as text",
            payment(provider_adjustments=plb[:7]),
            change=in_order(with_segments([plb_of(plb[:7])], "PLB", 1, instead=True), with_segments([], "PLB", 2, instead=True)),
            findings="provider_adjustments_beyond_sixth transaction_out_of_balance",
        ),
        remittance_quirk("plb_with_eight_pairs", "eight provider adjustments in two PLB", payment(provider_adjustments=plb)),
        remittance_quirk("version_4010", "004010X091A1: ISA11 is U, no PER*BL", guide=GUIDE_835_4010),
        remittance_quirk(
            "unknown_segment",
            "a segment that no guide has, inside a claim",
            change=with_segments([("ZZZ", "1", "ANYTHING")], "NM1", 1),
        ),
        remittance_quirk("group_code_unknown", "CAS01 is XX", change=with_element("CAS", 1, "XX"), findings="group_code_unknown"),
        remittance_quirk(
            "transaction_behind_iea",
            "the second ST stands behind IEA, without an envelope of its own",
            payment(CLAIM),
            payment(OTHER_CLAIM, trace_number="EFTQUIRK2"),
            change=second_transaction_last,
            findings="transaction_outside_group",
        ),
        remittance_quirk(
            "codes_in_no_list",
            "CLP02, CLP06, CLP09, CAS02, LQ02 and PLB03-1 have codes that nobody knows",
            change=in_order(
                with_element("CLP", 2, "99"),
                with_element("CLP", 6, "QQ"),
                with_element("CLP", 9, "?"),
                with_element("CAS", 2, "999"),
                with_element("LQ", 2, "N9999"),
                with_segments([("PLB", LAKESIDE.npi, "20261231", ("QQ", "REF1"), "0")], "CAS", 4),
            ),
            findings="claim_status_code_unknown filing_indicator_code_unknown claim_frequency_code_unknown reason_code_unknown "
            "remark_code_unknown provider_adjustment_code_unknown",
        ),
        remittance_quirk(
            "codes_out_of_date",
            "paid on 2012-01-05: CARC 42 and RARC M68 were retired by then, CARC 251 and RARC N830 had not begun",
            payment(CLAIM, OTHER_CLAIM, payment_date=date(2012, 1, 5)),
            change=in_order(
                with_element("CAS", 2, "42"),
                with_element("LQ", 2, "M68"),
                with_element("CAS", 2, "251", 4),
                with_element("MOA", 3, "N830"),
            ),
            findings="reason_code_retired remark_code_retired reason_code_not_yet_valid remark_code_not_yet_valid",
        ),
        remittance_quirk(
            "retired_code_taken_back",
            "a reversal repeats CARC 42, which was in use when the claim was paid",
            payment(OTHER_CLAIM, CLAIM.reversed()),
            change=with_element("CAS", 2, "42", 2),
        ),
        remittance_quirk(
            "out_of_balance",
            "SVC03 by 5.00 and BPR02 by 10.00",
            payment(replace(CLAIM, lines=(PAID_LINE,))),
            change=out_of_balance,
            findings="line_out_of_balance transaction_out_of_balance",
        ),
        remittance_quirk(
            "claim_out_of_balance",
            "CLP04 by 1.00 (and so the payment)",
            change=with_element("CLP", 4, "76"),
            paid=totals_835((payment(),), ()).paid + 1,
            findings="claim_out_of_balance transaction_out_of_balance",
        ),
    ]


def value_quirks() -> list[Quirk]:
    sound = totals_835((payment(),), ())
    small = line("99213", "0.5", adjustment("CO", "45", "5.5"), adjustment("PR", "3", "-5"))
    accented = payment(replace(CLAIM, patient=Person("MUÑOZ", "RENÉE", "MMH00000003")), OTHER_CLAIM)
    return [
        remittance_quirk(
            "amounts_in_odd_forms",
            "amounts written .5, -5, +5.50, 000.50 and 0. (all right)",
            payment(replace(CLAIM, lines=(small,))),
            change=in_order(
                with_element("CLP", 3, ".5"),
                with_element("CLP", 4, "0."),
                with_element("SVC", 2, "000.50"),
                with_element("CAS", 3, "+5.50"),
            ),
        ),
        remittance_quirk(
            "amount_with_comma",
            "CLP03 is 1,330.00: no amount, neither 1 nor 1330",
            change=with_element("CLP", 3, "1,330.00"),
            charge=sound.charge - CLAIM.charge_amount,
            findings="amount_invalid claim_out_of_balance claim_lines_out_of_balance",
        ),
        remittance_quirk(
            "amount_with_exponent",
            "CAS03 is 5e1",
            change=with_element("CAS", 3, "5e1"),
            adjusted=sound.adjusted - 50,
            findings="amount_invalid line_out_of_balance claim_out_of_balance",
        ),
        remittance_quirk(
            "amount_with_three_decimals",
            "SVC02 is 150.005: neither rounded nor cut",
            change=with_element("SVC", 2, "150.005"),
            findings="amount_invalid line_out_of_balance claim_lines_out_of_balance",
        ),
        remittance_quirk(
            "amount_missing",
            "CLP04 is empty",
            change=with_element("CLP", 4, ""),
            paid=sound.paid - CLAIM.paid_amount,
            findings="amount_missing claim_out_of_balance transaction_out_of_balance",
        ),
        remittance_quirk(
            "date_invalid", "a service date of 20261340", change=with_element("DTM", 2, "20261340", 3), findings="date_invalid"
        ),
        remittance_quirk(
            "npi_check_digit_wrong",
            "the payee's NPI ends in another digit",
            change=with_element("N1", 4, LAKESIDE.npi[:-1] + str((int(LAKESIDE.npi[-1]) + 1) % 10), 2),
            findings="npi_check_digit_wrong",
        ),
        remittance_quirk("names_in_utf8", "names with letters that are not ASCII, as UTF-8", accented),
        remittance_quirk(
            "names_in_latin1", "the same as latin-1 bytes", accented, syntax=Syntax(encoding="latin-1"), findings="latin1_bytes"
        ),
    ]


def gzipped(content: bytes) -> bytes:
    """gzip without compression and without a time: the same bytes from every zlib."""
    deflate = zlib.compressobj(0, zlib.DEFLATED, -zlib.MAX_WBITS)
    body = deflate.compress(content) + deflate.flush()
    trailer = zlib.crc32(content).to_bytes(4, "little") + len(content).to_bytes(4, "little")
    return b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff" + body + trailer


def mistakes() -> list[Quirk]:
    """Files that are no X12 at all."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:  # stored, with a fixed date: the same bytes every time
        archive.writestr(
            zipfile.ZipInfo("a.835", date_time=(2026, 11, 19, 0, 0, 0)), render(segments_835((payment(),), ENVELOPE))
        )
    workbook = io.BytesIO()
    with zipfile.ZipFile(workbook, "w") as archive:
        archive.writestr(zipfile.ZipInfo("[Content_Types].xml", date_time=(2026, 11, 19, 0, 0, 0)), b"<Types/>")
    page = b"\n<!DOCTYPE html>\n<html><body>Your session has ended. Please log in.</body></html>\n"
    sound = render(segments_835((payment(),), ENVELOPE))
    pdf = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
    without_envelope = render(segments_835((payment(),), ENVELOPE)[2:-2])
    nothing = Totals()
    return [
        Quirk("empty", "a file of 0 bytes", b"", nothing, quarantine="empty"),
        Quirk("zip_by_mistake", "a ZIP archive, not unpacked", buffer.getvalue(), nothing, quarantine="archive"),
        Quirk("gzip_by_mistake", "a gzip archive, not unpacked", gzipped(sound), nothing, quarantine="archive"),
        Quirk("workbook_by_mistake", "an Excel workbook", workbook.getvalue(), nothing, quarantine="archive"),
        Quirk("pdf_by_mistake", "a PDF", pdf, nothing, quarantine="pdf"),
        Quirk("web_page_by_mistake", "the login page of a portal", page, nothing, quarantine="web_page"),
        Quirk("utf_16_by_mistake", "an 835 saved as UTF-16", sound.decode().encode("utf-16"), nothing, quarantine="utf_16"),
        Quirk("cut_in_isa", "the file ends in the middle of its ISA", sound[:60], nothing, quarantine="no_interchange"),
        Quirk(
            "no_envelope",
            "ST to SE without ISA and GS: the delimiters are unknown",
            without_envelope,
            nothing,
            quarantine="no_interchange",
        ),
        Quirk("plain_text", "a letter", b"The remittance of this week follows by post.\n", nothing, quarantine="no_interchange"),
    ]


# --------------------------------------------------------------------------------------------------------------------
# Quirks of 837 files
# --------------------------------------------------------------------------------------------------------------------
def submission_quirks() -> list[Quirk]:
    institutional = SubmittedClaim(
        "QUIRK-I",
        PATIENT,
        MERIDIAN,
        (
            SubmittedLine(Procedure(""), Decimal(9400), SERVICE_DATE, Decimal(4), (), revenue_code="0120"),
            SubmittedLine(Procedure("99285"), Decimal(1100), SERVICE_DATE, pointers=(), revenue_code="0450"),
        ),
        ("J189", "I509", "E119"),
        facility_type_code="11",
    )
    dental = replace(
        SUBMITTED, lines=(SubmittedLine(Procedure("D2392", qualifier="AD"), Decimal(210), SERVICE_DATE),), diagnoses=("K0251",)
    )
    twelve = ("M5450", "M6281", "I10", "E119", "E785", "J449", "N183", "F329", "G4733", "K219", "R5383", "Z7984")
    pointing = replace(SUBMITTED, diagnoses=twelve, lines=(replace(SUBMITTED_LINE, pointers=(12, 1, 7, 3)),))
    no_pointers = replace(SUBMITTED, lines=(replace(SUBMITTED_LINE, pointers=()),))
    replacement = replace(SUBMITTED, claim_frequency_code="7", original_claim_number="MMH2632300001")
    dependent = replace(SUBMITTED, patient=Person("SAMPLE", "ROBIN", birth_date=date(2009, 5, 4)))
    accented = replace(SUBMITTED, subscriber=Person("MUÑOZ", "RENÉE", "MMH00000003"))
    earlier_payer = [
        ("SBR", "P", "18", "", "", "", "", "", "", "MB"),
        ("AMT", "D", "60"),
        ("OI", "", "", "Y", "", "", "Y"),
        ("NM1", "IL", "1", "SAMPLE", "ADA", "", "", "", "MI", "NGB00000009"),
        ("NM1", "PR", "2", NORTHGATE.name, "", "", "", "", "PI", NORTHGATE.payer_id),
    ]
    earlier_decision = [
        ("SVD", NORTHGATE.payer_id, "60", ("HC", "99213"), "", "1"),
        ("CAS", "CO", "45", "70"),
        ("CAS", "PR", "2", "20"),
        ("DTP", "573", "D8", "20261105"),
    ]
    return [
        submission_quirk("plain_837p", "nothing odd: the file the others are made of"),
        submission_quirk("delimiter_pipe", "element separator |, component >", syntax=Syntax(element="|", component=">")),
        submission_quirk("terminator_newline", "a newline ends the segment", syntax=Syntax(terminator="\n", line_end="")),
        submission_quirk("line_ends_crlf", "CR and LF after each terminator", syntax=Syntax(line_end="\r\n")),
        submission_quirk(
            "wrapped_at_80",
            "a line break after every 80 characters",
            syntax=Syntax(line_end="", wrap=80),
            findings="line_break_in_segment",
        ),
        submission_quirk(
            "byte_order_mark", "a UTF-8 byte order mark before ISA", change_bytes=lambda content: b"\xef\xbb\xbf" + content
        ),
        submission_quirk(
            "component_separator_differs",
            "ISA16 declares : while the composites use >",
            syntax=Syntax(component=">"),
            change=with_element("ISA", 16, ":"),
            findings="component_separator_mismatch",
        ),
        submission_quirk("version_4010", "004010X098A1: REF*87, diagnoses as BK and BF", guide=GUIDE_837_4010["P"]),
        submission_quirk(
            "institutional",
            "837I: SV2 with revenue codes, no pointers, one line without a procedure",
            institutional,
            claim_type="I",
            provider=RIVERBEND,
        ),
        submission_quirk("dental", "837D: SV3", dental, claim_type="D", guide=GUIDE_837["D"]),
        submission_quirk("patient_is_not_subscriber", "2000C with a dependent", dependent, SUBMITTED),
        submission_quirk("pointers_out_of_order", "twelve diagnoses, the line points to 12, 1, 7 and 3", pointing),
        submission_quirk("pointers_missing", "SV107 is empty", no_pointers),
        submission_quirk("replacement_claim", "frequency code 7 with REF*F8", replacement),
        submission_quirk(
            "second_payer",
            "2320 and 2430: what Medicare decided before",
            change=in_order(with_segments(earlier_decision, "REF", 2), with_segments(earlier_payer, "NM1", 6)),
            adjustments=2,
            adjusted=Decimal(90),
        ),
        submission_quirk(
            "names_in_latin1", "names as latin-1 bytes", accented, syntax=Syntax(encoding="latin-1"), findings="latin1_bytes"
        ),
        submission_quirk(
            "segment_count_wrong", "SE01 is wrong", change=with_element("SE", 1, "99"), findings="segment_count_wrong"
        ),
        submission_quirk("iea_missing", "no IEA", change=up_to("IEA"), findings="interchange_trailer_missing"),
        submission_quirk(
            "cut_in_claim", "the file ends before the second line's SV1", change=up_to("SV1", 2), findings=CUT, lines=1
        ),
    ]


def every_column_quirks() -> list[Quirk]:
    """Files written out segment by segment in every_column.py, and their totals added up by hand."""

    def written(name: str, how: str, bodies: Sequence[str], envelope: Envelope, guide: Guide, totals: Totals, findings: str = ""):
        segments = every_column.whole(bodies, envelope, totals.kind, guide)
        return Quirk(name, how, render(segments), replace(totals, segments=len(segments)), findings)

    paid = Totals("835", 1, 2, claims=3, lines=2, adjustments=5, remarks=4)
    paid = replace(paid, charge=Decimal("12850"), paid=Decimal("6823.5"), adjusted=Decimal("6026.5"))
    professional = Totals("837", 1, 1, claims=1, lines=2, adjustments=2, charge=Decimal(330), adjusted=Decimal(150))
    institutional = Totals("837", 1, 1, claims=1, lines=2, charge=Decimal(10500))
    dental = Totals("837", 1, 1, claims=1, lines=1, charge=Decimal(210))
    payment = (every_column.PAYMENT, every_column.SECOND_PAYMENT)
    return [
        written("every_column", "every segment and element that has a column", payment, ENVELOPE, GUIDE_835, paid),
        written(
            "every_column_professional",
            "837P: every segment and element that has a column",
            (every_column.PROFESSIONAL,),
            SUBMISSION,
            GUIDE_837["P"],
            professional,
        ),
        written(
            "every_column_institutional",
            "837I: what the 837P has not: admission, present on admission, non-covered charges",
            (every_column.INSTITUTIONAL,),
            SUBMISSION,
            GUIDE_837["I"],
            institutional,
        ),
        written(
            "version_4010_institutional",
            "the same as 004010X096A1",
            (every_column.INSTITUTIONAL_4010,),
            SUBMISSION,
            GUIDE_837_4010["I"],
            institutional,
        ),
        written(
            "version_4010_dental",
            "004010X097A1, with a tooth and its surfaces",
            (every_column.DENTAL,),
            SUBMISSION,
            GUIDE_837_4010["D"],
            dental,
        ),
    ]


def all_quirks() -> list[Quirk]:
    return [
        *(*delimiter_quirks(), *envelope_quirks(), *structure_quirks(), *value_quirks(), *mistakes(), *submission_quirks()),
        *every_column_quirks(),
    ]


# --------------------------------------------------------------------------------------------------------------------
# Files, table, README
# --------------------------------------------------------------------------------------------------------------------
COLUMNS = (
    "file",
    "sha256",
    "bytes",
    *(field.name for field in fields(Totals)),
    "expected_finding_codes",
    "expected_quarantine_code",
    "how_made",
)


def quirk_row(quirk: Quirk) -> dict[str, str]:
    values = {field.name: getattr(quirk.totals, field.name) for field in fields(Totals)}
    totals = {name: f"{value:.2f}" if name in ("charge", "paid", "adjusted") else str(value) for name, value in values.items()}
    return {
        "file": quirk.path,
        "sha256": hashlib.sha256(quirk.content).hexdigest(),
        "bytes": str(len(quirk.content)),
        **totals,
        "expected_finding_codes": quirk.findings,
        "expected_quarantine_code": quirk.quarantine,
        "how_made": quirk.how,
    }


def quirks_csv() -> str:
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(quirk_row(quirk) for quirk in all_quirks())
    return buffer.getvalue()


def quirk_table() -> str:
    """The quirks as a Markdown table."""
    lines = ["| file | how made | a right reader gives | findings |", "|---|---|---|---|"]
    for quirk in all_quirks():
        totals = quirk.totals
        dollars = f"charge {totals.charge:.2f}, paid {totals.paid:.2f}, adjusted {totals.adjusted:.2f}"
        gives = f"{totals.kind}: {totals.claims} claims, {totals.lines} lines, {dollars}"
        gives = f"quarantine: {quirk.quarantine}" if quirk.quarantine else gives
        lines.append(f"| {quirk.path} | {quirk.how.replace('|', chr(92) + '|')} | {gives} | {quirk.findings} |")
    return "\n".join(lines)


@click.command(help=__doc__)
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), default=Path(__file__).parent, show_default=True)
def main(out: Path) -> None:
    quirks = {quirk.path: quirk.content for quirk in all_quirks()}
    for folder in ("835", "837"):
        (out / folder).mkdir(parents=True, exist_ok=True)
        for path in (out / folder).iterdir():
            if f"{folder}/{path.name}" not in quirks:
                path.unlink()
    for path, content in quirks.items():
        (out / path).write_bytes(content)
    (out / "quirks.csv").write_text(quirks_csv(), encoding="utf-8")
    readme = out / "README.md"
    if readme.exists():
        readme.write_text(replace_section(readme.read_text(encoding="utf-8"), "quirks", quirk_table()), encoding="utf-8")
    click.echo(f"{len(quirks)} files in {out / '835'} and {out / '837'}")


if __name__ == "__main__":
    main()
