"""The reference reader: slow, obvious, and written apart from the real one, so that two readings can be compared cell by cell.

It reads an 835/837 file with a loop over its segments and gives the rows of all facts that are read from segments (but for the
text that is kept), as plain dictionaries, from the `source` notes of pipeline/tables.py. Nothing here is fast and nothing is
shared with pipeline/ but the table contract.

Bytes to segments
- An interchange starts wherever a valid ISA header stands: `ISA` or `isa`, perhaps broken by line breaks, a separator, and 15
  elements that end within 512 bytes; ISA01, 03, 05 and 07 of at most two characters, ISA09 of six to eight digits, ISA12 of five,
  ISA14 and ISA15 of at most one. ISA16 is one separator more, and must be another one. It ends where the next valid header
  stands, or with the file. What stands before the first one is dropped, and blanks and Ctrl-Z at an interchange's end.
- A separator is one byte that is no letter, digit, blank, line break or NUL, or the two bytes of a UTF-8 character of the latin-1
  signs (C2 A0 to C2 BF, as the broken bar).
- The segment terminator is what stands behind ISA16, after blanks and line breaks: if that is a separator, it; if it is a letter,
  a digit or nothing, and a line break stood before it, that line break: LF, or CR where there is no LF. A header in which its own
  terminator stands is none.
- Line breaks that are no terminator, and NUL, are removed wherever they stand; blanks (space, tab) at the start of a segment are
  dropped; nothing between two terminators is no segment. Text after the last terminator is a segment.
- Each segment is decoded as UTF-8, or as latin-1 where it is not UTF-8. Elements and components lose blanks at both ends;
  empty is None. Segment ids and qualifiers are compared in upper case.
- A segment with the id ISA that is no valid header counts as an interchange too, with the delimiters of the one it stands in.
- The declared component separator is replaced for its interchange where the first SVC01, SV101, SV301, CLM05 or PLB03 that has
  it or one of `: > < ^ |` does not have it, but has two letters or digits and one of these (and no other separator).

Values
- Money: at most 16 integer digits (leading zeros apart) and 2 decimals; number: 14 and 4. More decimals pass if they are zeros.
- Dates: CCYYMMDD of the calendar, 1800 to 2999; ISA09 and GS04 take YYMMDD too, from 1950 to 2049.
- DTP: a range CCYYMMDD-CCYYMMDD is split; a single date is both ends; the first 8 of 12 digits are the date.
- A value that is not what it should be is None. The first occurrence of a qualifier wins even where its value is None.
- delimiters: element, component (as declared), repetition and terminator in hexadecimal, with blanks; no repetition: nothing.
- body_hash: see body_hash_of.

835
- The header lasts until LX, TS2, TS3, CLP, CLM, HL or PLB. N1*PR opens 1000A, N1*PE 1000B, any other N1 neither; a repeated N1
  goes on with the same loop, in which the first N1, N3, N4, RDM, REF of a qualifier and PER of a function win.
- CLP opens a claim; the next CLP, LX, TS2, TS3, CLM, HL, PLB or the transaction's end closes it. SVC opens a line, up to the next
  SVC or the claim's end; SVC, CAS, LQ, MIA, MOA outside of a claim give no row. A claim's REF, DTM, AMT, NM1 and PER stand
  before its first SVC; MIA and MOA count wherever they stand in the claim. An LQ with no line open gives no row.
- remark_position: the element of MIA and MOA; 2 for LQ. code_list_qualifier: LQ01; HE for MIA and MOA.
- service_date and such choices: the first that is a value.
- A TS3 gives a row wherever it stands in the transaction, with the LX before it and the first TS2 up to the next LX, TS3, CLP,
  CLM, HL or PLB. A MIA or MOA in a claim gives a row.

837
- HL03 20, 22, 23 open 2000A, 2000B, 2000C; each forgets the levels below. Before a CLM the first NM1*85, NM1*IL, NM1*PR and
  NM1*QC of the level count, each with the REF and DMG up to the next NM1. A CLM closes with the next CLM or HL.
- A claim's own REF, DTP, HI and NM1 stand between CLM and its first SBR, LX or line; qualifiers keep 2310 out of the way.
- CAS anywhere in the claim gives rows: of the line where an SV is open, else of the claim.
- A line is an SV1, SV2 or SV3 with its LX (whatever stands from LX to the next LX); a second SV without LX is its own line.
- billing_provider_npi is NM109 only where NM108 is XX (4010 files have the tax number there).
- place_of_service_code falls back on CLM05-1 unless CLM05-2 is A (a type of bill is no place of service).
- An SBR between CLM and the claim's first LX is another payer, with the first NM1*IL, NM1*PR and AMT*D up to the next SBR or LX.
- HI entries without a code give no row and take no position. Pointers that are not the number of a diagnosis are skipped;
  a line whose pointers name none has the claim's codes, basis claim.
- diagnosis_code_set of a claim is that of the first of its diagnosis_codes.
Qualified values: a REF, DTM, DTP, AMT or QTY between ST and SE gives a row where another table does not hold all of it: its value
(element 3 of DTP, 2 of the others) was not asked for, or is not what its column takes, or another element but the first has a
value; DTP02 is held where it is D8, and RD8 of DTP*434 and DTP*472, which have two columns.

- claim_type: the guide in ST03, else GS08; else the claim's first SV1, SV2 or SV3; else P.
"""

from __future__ import annotations

import datetime
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from pipeline.tables import TABLES

Row = dict[str, object]

READ_TABLES = (
    "transaction_set",
    "remittance",
    "claim_payment",
    "service_line",
    "adjustment",
    "remark_code",
    "provider_adjustment",
    "provider_summary",
    "inpatient_adjudication",
    "outpatient_adjudication",
    "qualified_value",
    "submitted_claim",
    "submitted_diagnosis",
    "submitted_line",
    "submitted_other_payer",
    "submitted_adjustment",
)
VALUE_AT = {"REF": 2, "DTM": 2, "DTP": 3, "AMT": 2, "QTY": 2}  # of a qualified value
BLANKS = " \t"
LONGEST_HEADER = 512


class NoInterchange(ValueError):
    """The bytes hold no valid ISA header: the real reader puts such a file into quarantine."""


# --------------------------------------------------------------------------------------------------------------------
# Bytes to segments
# --------------------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Header:
    """A valid ISA header: `end` is the first byte after its terminator."""

    start: int
    end: int
    element: bytes
    component: bytes
    repetition: bytes
    terminator: bytes


@dataclass
class Interchange:
    """One ISA, valid or not, and what follows up to the next. `header` is the last valid one; `component` is the separator in
    use, which may not be the declared one."""

    header: Header
    component: str = ""
    segments: list[Segment] = field(default_factory=list)


@dataclass
class Segment:
    """One segment: `elements[0]` is its id as it stands, the others are decoded but not trimmed; `parts` are the same, cut at
    the declared component separator. `held`: the elements that some column asked for, where the segment is a qualified value."""

    index: int
    interchange: Interchange
    raw: bytes
    parts: list[list[str]]
    held: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.elements = [declared_component(self.interchange.header).join(parts) for parts in self.parts]

    @property
    def id(self) -> str:
        return self.elements[0].strip(BLANKS).upper()

    def __getitem__(self, position: int) -> str | None:
        return clean(self.elements[position]) if position < len(self.elements) else None

    def code(self, position: int) -> str | None:
        """An element that is compared with codes: in upper case."""
        return (self[position] or "").upper() or None

    def components(self, position: int) -> list[str | None]:
        """Nine components of an element, the missing ones as None."""
        text = self.elements[position] if position < len(self.elements) else ""
        parts = [clean(part) for part in text.split(self.interchange.component)]
        return (parts + [None] * 9)[: max(9, len(parts))]


def clean(text: str) -> str | None:
    return text.strip(BLANKS) or None


def header_at(data: bytes, start: int) -> Header | None:
    """The ISA header that starts at `start`, or None where none stands there."""
    position = start
    for letter in (b"ISA", b"isa")[data[start : start + 1] == b"i"]:
        if position > start:
            position = after(data, position, b"\r\n")
        if data[position : position + 1] != bytes([letter]):
            return None
        position += 1
    position = after(data, position, b"\r\n\0")
    element = separator_at(data, position)
    if element is None:
        return None

    elements = data[position : start + LONGEST_HEADER].split(element)[1:]
    if len(elements) < 16:
        return None
    component_at = position + len(element) + sum(len(value) + len(element) for value in elements[:15])
    values = [value.translate(None, b"\r\n\0").strip(b" \t") for value in elements[:15]]
    if any(len(values[number - 1]) > 2 for number in (1, 3, 5, 7)) or any(len(values[number - 1]) > 1 for number in (14, 15)):
        return None
    if not re.fullmatch(rb"[0-9]{6,8}", values[8]) or not re.fullmatch(rb"[0-9]{5}", values[11]):
        return None

    component_at = after(data, component_at, b"\r\n\0")
    component = separator_at(data, component_at)
    if component is None or component == element:
        return None
    end_of_isa = component_at + len(component)
    next_at = after(data, end_of_isa, b" \t\r\n\0")
    between, next_byte = data[end_of_isa:next_at], data[next_at : next_at + 1]
    if (b"\r" in between or b"\n" in between) and (next_byte.isalnum() or not next_byte):
        terminator = b"\n" if b"\n" in between else b"\r"
        end = end_of_isa + between.index(terminator) + 1
    else:
        terminator = separator_at(data, next_at)
        if terminator is None:
            return None
        end = next_at + len(terminator)
    if terminator in data[start:end_of_isa] or element in component + terminator or component in element + terminator:
        return None

    repetition = values[10]
    has_repetition = values[11] >= b"00402" and len(repetition) == 1 and not repetition.isalnum()
    return Header(start, end, element, component, repetition if has_repetition else b"", terminator)


def after(data: bytes, position: int, skipped: bytes) -> int:
    """The first place from `position` on where none of the bytes `skipped` stands."""
    while data[position : position + 1] and data[position] in skipped:
        position += 1
    return position


def separator_at(data: bytes, position: int) -> bytes | None:
    found = data[position : position + 2]
    if re.fullmatch(rb"\xc2[\xa0-\xbf]", found):
        return found
    return found[:1] if found and not found[:1].isalnum() and found[:1] not in (b" ", b"\t", b"\r", b"\n", b"\0") else None


def headers(data: bytes) -> list[Header]:
    found = []
    position = 0
    while letter := re.compile(rb"[Ii]").search(data, position):
        header = header_at(data, letter.start())
        if header:
            found.append(header)
        position = header.end if header else letter.end()
    return found


def segments(data: bytes) -> list[Segment]:
    """Every segment of a file, in order. NoInterchange where there is no valid ISA header."""
    starts = headers(data)
    if not starts:
        raise NoInterchange("no valid ISA header")
    found: list[Segment] = []
    for number, header in enumerate(starts, 1):
        end = starts[number].start if number < len(starts) else len(data)
        body = data[header.start : end]
        for ignored in (b"\r", b"\n", b"\0"):
            if ignored != header.terminator:
                body = body.replace(ignored, b"")
        body = body.rstrip(b" \t\x1a")
        interchange = Interchange(header)
        pieces = (piece.lstrip(b" \t") for piece in body.split(header.terminator))
        for piece in (piece for piece in pieces if piece):
            segment = Segment(len(found), interchange, piece, decoded(piece, header))
            if segment.id == "ISA":
                interchange = segment.interchange = Interchange(header)
            interchange.segments.append(segment)
            found.append(segment)
    for interchange in {id(segment.interchange): segment.interchange for segment in found}.values():
        interchange.component = component_in_use(interchange)
    return found


def decoded(raw: bytes, header: Header) -> list[list[str]]:
    """As UTF-8, or as latin-1 where it is none. Separators are bytes and are cut before: each element as the parts that
    the declared component separator leaves."""
    elements = [element.split(header.component) for element in raw.split(header.element)]
    values = [value for element in elements for value in element]
    try:
        b"*".join(values).decode("utf-8")
        encoding = "utf-8"
    except UnicodeDecodeError:
        encoding = "latin-1"
    return [[value.decode(encoding) for value in element] for element in elements]


def component_in_use(interchange: Interchange) -> str:
    header = interchange.header
    declared = declared_component(header)
    for segment in interchange.segments:
        position = {"SVC": 1, "SV1": 1, "SV3": 1, "CLM": 5, "PLB": 3}.get(segment.id)
        value = (position and segment[position]) or ""
        if declared in value:
            return declared
        signs = {sign for sign in ":><^|" if sign in value and sign.encode() not in (header.element, header.terminator)}
        if signs:
            is_quirk = re.match(r"[A-Za-z0-9]{2}", value) and value[2] in signs
            return value[2] if is_quirk else declared
    return declared


def declared_component(header: Header) -> str:
    return header.component.decode("utf-8" if len(header.component) == 2 else "latin-1")


# --------------------------------------------------------------------------------------------------------------------
# Values
# --------------------------------------------------------------------------------------------------------------------
def decimal_of(text: str | None, integer_digits: int, decimals: int) -> Decimal | None:
    if text is None or not re.fullmatch(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)", text):
        return None
    whole, _, fraction = text.lstrip("+-").partition(".")
    if len(whole.lstrip("0")) > integer_digits or fraction[decimals:].strip("0"):
        return None
    sign = "-" if text.startswith("-") else ""
    return Decimal(f"{sign}{whole or 0}.{fraction[:decimals] or 0}")


def money(text: str | None) -> Decimal | None:
    return decimal_of(text, 16, 2)


def number(text: str | None) -> Decimal | None:
    return decimal_of(text, 14, 4)


def date_of(text: str | None) -> datetime.date | None:
    if text is None or not re.fullmatch(r"[0-9]{8}", text):
        return None
    try:
        day = datetime.date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return None
    return day if 1800 <= day.year <= 2999 else None


def envelope_date(text: str | None) -> datetime.date | None:
    century = "20" if (text or "") < "50" else "19"
    return date_of(century + text) if text and len(text) == 6 else date_of(text)


def period_of(dtp: Segment | None) -> tuple[datetime.date | None, datetime.date | None]:
    """First and last day of a DTP."""
    if dtp:
        dtp.held |= {1, 3}
    return days_in(dtp[3]) if dtp else (None, None)


def days_in(text: str | None) -> tuple[datetime.date | None, datetime.date | None]:
    """First and last day of a range, or the one day twice."""
    if text is None:
        return None, None
    if len(text.encode()) == 17 and text[8] == "-":
        return date_of(text[:8]), date_of(text[9:])
    if re.fullmatch(r"[0-9]{12}", text):
        text = text[:8]
    return date_of(text), date_of(text)


def count_of(text: str | None) -> int | None:
    counted = decimal_of(text, 18, 0)
    return int(counted) if counted is not None else None


def first_of(*values):
    return next((value for value in values if value is not None), None)


def triplets(cas: Segment) -> Iterator[Row]:
    """The triplets of a CAS that have a reason code; a gap is read on."""
    for triplet_number, position in enumerate((2, 5, 8, 11, 14, 17), 1):
        if cas[position] is not None:
            yield {
                "segment_index": cas.index,
                "triplet_number": triplet_number,
                "group_code": cas[1],
                "reason_code": cas[position],
                "adjustment_amount": money(cas[position + 1]),
                "adjustment_quantity": number(cas[position + 2]),
            }


def body_hash_of(transaction: list[Segment]) -> str:
    """SHA-256 of the segments between ST and SE as UTF-8: elements apart by 1D, components by 1F, 1E after each segment."""
    digest = hashlib.sha256()
    for segment in transaction[1:]:
        if segment.id != "SE":
            elements = "\x1d".join("\x1f".join(parts).strip(BLANKS) for parts in segment.parts)
            digest.update(f"{elements}\x1e".encode())
    return digest.hexdigest()


class Found(dict):
    """The first segment of each key; later ones do not count."""

    def add(self, key: object, segment: Segment) -> None:
        self.setdefault(key, segment)

    def value(self, key: object, position: int) -> str | None:
        if key not in self:
            return None
        self[key].held |= {1, position}
        return self[key][position]


def contact(per: Segment | None) -> dict[str, str | None]:
    """Number by qualifier (TE, EX, FX, EM, UR) of a PER; the first of a qualifier wins."""
    numbers: dict[str, str | None] = {}
    for position in (3, 5, 7):
        if per and per[position] is not None:
            numbers.setdefault(per.code(position), per[position + 1])
    return numbers


# --------------------------------------------------------------------------------------------------------------------
# Segments to transactions
# --------------------------------------------------------------------------------------------------------------------
@dataclass
class Transaction:
    """ST to SE, or to where it breaks off: the next ST, GS, GE, ISA, IEA or the end of the file."""

    isa: Segment
    interchange_number: int
    gs: Segment | None
    segments: list[Segment] = field(default_factory=list)
    is_complete: bool = False

    @property
    def st(self) -> Segment:
        return self.segments[0]

    @property
    def version_code(self) -> str | None:
        return first_of(self.st[3], self.gs[8] if self.gs else None)

    def first(self, segment_id: str, position: int) -> str | None:
        segment = next((segment for segment in self.segments if segment.id == segment_id), None)
        return segment[position] if segment else None


def transactions(all_segments: list[Segment]) -> list[Transaction]:
    found: list[Transaction] = []
    isa = gs = current = None
    interchange_number = 0
    for segment in all_segments:
        if segment.id in ("ST", "GS", "GE", "ISA", "IEA"):
            current = None
        if segment.id == "ISA":
            isa, gs, interchange_number = segment, None, interchange_number + 1
        elif segment.id == "GS":
            gs = segment
        elif segment.id == "ST":
            current = Transaction(isa, interchange_number, gs)
            found.append(current)
        if current:
            current.segments.append(segment)
            if segment.id == "SE":
                current.is_complete = True
                current = None
    return found


def read(data: bytes, file_id: str) -> dict[str, list[Row]]:
    """Rows of every table of READ_TABLES, each with all columns of the contract, in the order of the file."""
    tables: dict[str, list[Row]] = {name: [] for name in READ_TABLES}
    for transaction in transactions(segments(data)):
        tables["transaction_set"].append(transaction_set_row(transaction))
        if transaction.st.code(1) == "835":
            read_835(transaction, tables)
        elif transaction.st.code(1) == "837":
            read_837(transaction, tables)
        tables["qualified_value"].extend(qualified_value_rows(transaction))
    return {name: [in_contract_order(name, {"file_id": file_id, **row}) for row in rows] for name, rows in tables.items()}


def in_contract_order(table_name: str, row: Row) -> Row:
    """The row's columns in the order of the contract; a column that this reader does not know is a KeyError."""
    return {column: row[column] for column in TABLES[table_name].column_names}


def transaction_set_row(transaction: Transaction) -> Row:
    isa, gs, st = transaction.isa, transaction.gs, transaction.st
    header = isa.interchange.header
    return {
        "segment_index": st.index,
        "interchange_number": transaction.interchange_number,
        "interchange_sender_qualifier": isa[5],
        "interchange_sender_id": isa[6],
        "interchange_receiver_qualifier": isa[7],
        "interchange_receiver_id": isa[8],
        "interchange_date": envelope_date(isa[9]),
        "interchange_time": isa[10],
        "interchange_version": isa[12],
        "interchange_control_number": isa[13],
        "usage_indicator": isa[15],
        "delimiters": " ".join(part.hex() for part in (header.element, header.component, header.repetition, header.terminator)),
        "functional_identifier_code": gs[1] if gs else None,
        "application_sender_id": gs[2] if gs else None,
        "application_receiver_id": gs[3] if gs else None,
        "group_date": envelope_date(gs[4]) if gs else None,
        "group_time": gs[5] if gs else None,
        "group_control_number": gs[6] if gs else None,
        "version_code": transaction.version_code,
        "transaction_set_code": st[1],
        "transaction_set_control_number": st[2],
        "transaction_purpose_code": transaction.first("BHT", 2),
        "batch_reference": transaction.first("BHT", 3),
        "transaction_date": date_of(transaction.first("BHT", 4)),
        "transaction_time": transaction.first("BHT", 5),
        "transaction_type_code": transaction.first("BHT", 6),
        "stated_segments": count_of(transaction.first("SE", 1)),
        "counted_segments": len(transaction.segments),
        "is_complete": transaction.is_complete,
        "body_hash": body_hash_of(transaction.segments),
    }


def qualified_value_rows(transaction: Transaction) -> Iterator[Row]:
    """What no column has asked for, when all other rows of the transaction are made."""
    claim = line = None
    openers, closers, services = {
        "835": (("CLP",), ("LX", "TS2", "TS3", "CLM", "HL", "PLB", "SE"), ("SVC",)),
        "837": (("CLM",), ("CLP", "HL", "SE"), ("SV1", "SV2", "SV3")),
    }.get(transaction.st.code(1), ((), (), ()))
    for segment in transaction.segments:
        if segment.id in openers:
            claim, line = segment.index, None
        elif segment.id in closers:
            claim = line = None
        elif segment.id == "LX":
            line = None
        elif segment.id in services and claim is not None:
            line = segment.index
        elif segment.id in VALUE_AT and not is_held(segment):
            day, last_day = days_in(segment[VALUE_AT[segment.id]]) if segment.id in ("DTM", "DTP") else (None, None)
            yield {
                "segment_index": segment.index,
                "transaction_segment_index": transaction.st.index,
                "claim_segment_index": claim,
                "line_segment_index": line,
                "segment_id": clean(segment.elements[0]),
                "qualifier": segment[1],
                "value": segment[VALUE_AT[segment.id]],
                "value_number": number(segment[2]) if segment.id in ("AMT", "QTY") else None,
                "value_date": day,
                "value_end_date": last_day,
                "value_format": segment[2] if segment.id == "DTP" else None,
                "description": segment[3] if segment.id == "REF" else None,
            }


def is_held(segment: Segment) -> bool:
    """Whether columns hold all that a qualified value says."""
    at, held = VALUE_AT[segment.id], set(segment.held)
    read = {"REF": clean, "DTM": date_of, "DTP": lambda text: days_in(text)[0], "AMT": money, "QTY": number}[segment.id]
    if segment[at] is not None and read(segment[at]) is None:
        held.discard(at)
    if segment.id == "DTP" and segment.code(2) in (("D8", "RD8") if segment.code(1) in ("434", "472") else ("D8",)):
        held.add(2)
    has_value = {position for position in range(1, len(segment.elements)) if segment[position] is not None}
    return bool(segment.held) and has_value <= held


# --------------------------------------------------------------------------------------------------------------------
# 835
# --------------------------------------------------------------------------------------------------------------------
@dataclass
class ClaimPayment:
    """CLP and what stands before its first SVC, then its lines."""

    clp: Segment
    lx: Segment | None
    found: Found = field(default_factory=Found)
    lines: list[ServiceLine] = field(default_factory=list)


@dataclass
class ServiceLine:
    """SVC and what stands up to the next SVC."""

    svc: Segment
    found: Found = field(default_factory=Found)


def read_835(transaction: Transaction, tables: dict[str, list[Row]]) -> None:
    header = Found()
    loop = "header"
    in_header = True
    claims: list[ClaimPayment] = []
    claim: ClaimPayment | None = None
    line: ServiceLine | None = None
    lx: Segment | None = None
    summary: list[Segment] = []  # a TS3 and its TS2

    for segment in transaction.segments:
        if segment.id in ("LX", "TS2", "TS3", "CLP", "CLM", "HL", "PLB", "SE"):
            in_header, claim, line = False, None, None
            if segment.id != "TS2":
                summary = []
        if segment.id == "LX":
            lx = segment
        elif segment.id == "TS3":
            summary = [segment]
            tables["provider_summary"].append(provider_summary_row(transaction, lx, segment))
        elif segment.id == "TS2":
            if len(summary) == 1:
                summary.append(segment)
                tables["provider_summary"][-1] |= second_summary(segment)
        elif segment.id == "CLP":
            claim = ClaimPayment(segment, lx)
            claims.append(claim)
        elif segment.id == "PLB":
            tables["provider_adjustment"].extend(provider_adjustment_rows(transaction, segment))
        elif in_header:
            if segment.id == "N1":
                loop = segment.code(1) if segment.code(1) in ("PR", "PE") else "other"
            if segment.id in ("BPR", "TRN", "CUR"):
                header.add(segment.id, segment)
            elif segment.id == "DTM":
                header.add(("DTM", segment.code(1)), segment)
            elif segment.id in ("REF", "PER"):
                header.add((loop, segment.id, segment.code(1)), segment)
            else:
                header.add((loop, segment.id), segment)
        elif claim is None:
            continue
        elif segment.id == "SVC":
            line = ServiceLine(segment)
            claim.lines.append(line)
        elif segment.id == "CAS":
            tables["adjustment"].extend(row | place(transaction, claim, line) for row in triplets(segment))
        elif segment.id in ("MIA", "MOA") or (segment.id == "LQ" and line):
            tables["remark_code"].extend(remark_rows(transaction, claim, line, segment))
            if segment.id == "MIA":
                tables["inpatient_adjudication"].append(inpatient_row(transaction, claim, segment))
            elif segment.id == "MOA":
                tables["outpatient_adjudication"].append(outpatient_row(transaction, claim, segment))
        elif segment.id in ("REF", "DTM", "AMT", "QTY", "NM1", "PER"):
            (line or claim).found.add((segment.id, segment.code(1)), segment)

    for claim in claims:
        tables["claim_payment"].append(claim_payment_row(transaction, claim))
        for line_number, line in enumerate(claim.lines, 1):
            tables["service_line"].append(service_line_row(transaction, claim, line, line_number))
    tables["remittance"].append(remittance_row(transaction, header, claims))


def place(transaction: Transaction, claim: ClaimPayment, line: ServiceLine | None) -> Row:
    return {
        "remittance_segment_index": transaction.st.index,
        "claim_segment_index": claim.clp.index,
        "line_segment_index": line.svc.index if line else None,
    }


def remark_rows(transaction: Transaction, claim: ClaimPayment, line: ServiceLine | None, segment: Segment) -> Iterator[Row]:
    positions = {"LQ": (2,), "MIA": (5, 20, 21, 22, 23), "MOA": (3, 4, 5, 6, 7)}[segment.id]
    for position in positions:
        if segment[position] is not None:
            yield place(transaction, claim, line if segment.id == "LQ" else None) | {
                "segment_index": segment.index,
                "remark_position": position,
                "remark_source": segment.id,
                "code_list_qualifier": segment[1] if segment.id == "LQ" else "HE",
                "remark_code": segment[position],
            }


def inpatient_row(transaction: Transaction, claim: ClaimPayment, mia: Segment) -> Row:
    return {
        "segment_index": mia.index,
        "remittance_segment_index": transaction.st.index,
        "claim_segment_index": claim.clp.index,
        "covered_day_count": count_of(mia[1]),
        "operating_outlier_amount": money(mia[2]),
        "lifetime_psychiatric_day_count": count_of(mia[3]),
        "drg_amount": money(mia[4]),
        "disproportionate_share_amount": money(mia[6]),
        "secondary_payer_pass_through_amount": money(mia[7]),
        "prospective_capital_amount": money(mia[8]),
        "capital_federal_specific_amount": money(mia[9]),
        "capital_hospital_specific_amount": money(mia[10]),
        "capital_disproportionate_share_amount": money(mia[11]),
        "old_capital_amount": money(mia[12]),
        "capital_indirect_medical_education_amount": money(mia[13]),
        "operating_hospital_specific_amount": money(mia[14]),
        "cost_report_day_count": count_of(mia[15]),
        "operating_federal_specific_amount": money(mia[16]),
        "capital_outlier_amount": money(mia[17]),
        "indirect_teaching_amount": money(mia[18]),
        "nonpayable_professional_amount": money(mia[19]),
        "capital_exception_amount": money(mia[24]),
    }


def outpatient_row(transaction: Transaction, claim: ClaimPayment, moa: Segment) -> Row:
    return {
        "segment_index": moa.index,
        "remittance_segment_index": transaction.st.index,
        "claim_segment_index": claim.clp.index,
        "reimbursement_rate": number(moa[1]),
        "hcpcs_payable_amount": money(moa[2]),
        "end_stage_renal_disease_amount": money(moa[8]),
        "nonpayable_professional_amount": money(moa[9]),
    }


def provider_summary_row(transaction: Transaction, lx: Segment | None, ts3: Segment) -> Row:
    """A TS3; what its TS2 says is put in when that comes."""
    return second_summary(None) | {
        "segment_index": ts3.index,
        "remittance_segment_index": transaction.st.index,
        "header_number": lx[1] if lx else None,
        "provider_id": ts3[1],
        "facility_type_code": ts3[2],
        "fiscal_period_date": date_of(ts3[3]),
        "provider_claim_count": count_of(ts3[4]),
        "charge_amount": money(ts3[5]),
        "medicare_secondary_payer_amount": money(ts3[13]),
        "non_laboratory_charge_amount": money(ts3[15]),
        "reportable_charge_amount": money(ts3[17]),
        "payable_charge_amount": money(ts3[18]),
        "professional_component_amount": money(ts3[20]),
        "secondary_payer_patient_liability_amount": money(ts3[21]),
        "patient_reimbursement_amount": money(ts3[22]),
        "periodic_interim_payment_claim_count": count_of(ts3[23]),
        "periodic_interim_payment_adjustment_amount": money(ts3[24]),
    }


def second_summary(ts2: Segment | None) -> Row:
    def amount(position: int) -> Decimal | None:
        return money(ts2[position]) if ts2 else None

    def count(position: int) -> int | None:
        return count_of(ts2[position]) if ts2 else None

    return {
        "drg_amount": amount(1),
        "federal_specific_amount": amount(2),
        "hospital_specific_amount": amount(3),
        "disproportionate_share_amount": amount(4),
        "capital_amount": amount(5),
        "indirect_medical_education_amount": amount(6),
        "outlier_day_count": count(7),
        "day_outlier_amount": amount(8),
        "cost_outlier_amount": amount(9),
        "average_stay_days": number(ts2[10]) if ts2 else None,
        "discharge_count": count(11),
        "cost_report_day_count": count(12),
        "covered_day_count": count(13),
        "noncovered_day_count": count(14),
        "secondary_payer_pass_through_amount": amount(15),
        "average_drg_weight": number(ts2[16]) if ts2 else None,
        "capital_federal_specific_amount": amount(17),
        "capital_hospital_specific_amount": amount(18),
        "capital_disproportionate_share_amount": amount(19),
    }


def provider_adjustment_rows(transaction: Transaction, plb: Segment) -> Iterator[Row]:
    for pair_number, position in enumerate((3, 5, 7, 9, 11, 13), 1):
        code, reference, *_ = plb.components(position)
        if code is not None or plb[position + 1] is not None:
            yield {
                "segment_index": plb.index,
                "pair_number": pair_number,
                "remittance_segment_index": transaction.st.index,
                "provider_id": plb[1],
                "fiscal_period_date": date_of(plb[2]),
                "provider_adjustment_code": code,
                "reference_id": reference,
                "adjustment_amount": money(plb[position + 1]),
            }


def remittance_row(transaction: Transaction, header: Found, claims: list[ClaimPayment]) -> Row:
    def payer(segment_id: str, position: int) -> str | None:
        return header.value(("PR", segment_id), position)

    def payee(segment_id: str, position: int) -> str | None:
        return header.value(("PE", segment_id), position)

    def payer_reference(qualifier: str) -> str | None:
        return header.value(("PR", "REF", qualifier), 2)

    def payee_reference(qualifier: str) -> str | None:
        return header.value(("PE", "REF", qualifier), 2)

    payee_id_qualifier = (payee("N1", 3) or "").upper()
    claims_contact = contact(header.get(("PR", "PER", "CX")))
    technical_contact = contact(header.get(("PR", "PER", "BL")))
    policy_contact = contact(header.get(("PR", "PER", "IC")))
    bpr, trn = (lambda position: header.value("BPR", position)), (lambda position: header.value("TRN", position))
    return {
        "segment_index": transaction.st.index,
        "version_code": transaction.version_code,
        "group_date": envelope_date(transaction.gs[4]) if transaction.gs else None,
        "usage_indicator": transaction.isa[15],
        "transaction_handling_code": bpr(1),
        "payment_amount": money(bpr(2)),
        "credit_debit_code": bpr(3),
        "payment_method_code": bpr(4),
        "payment_format_code": bpr(5),
        "payer_bank_qualifier": bpr(6),
        "payer_bank_number": bpr(7),
        "payer_account_qualifier": bpr(8),
        "payer_account_number": bpr(9),
        "originating_company_id": bpr(10),
        "originating_company_supplement": bpr(11),
        "payee_bank_qualifier": bpr(12),
        "payee_bank_number": bpr(13),
        "payee_account_qualifier": bpr(14),
        "payee_account_number": bpr(15),
        "payment_date": date_of(bpr(16)),
        "trace_type_code": trn(1),
        "trace_number": trn(2),
        "payer_tax_number": trn(3),
        "trace_supplement": trn(4),
        "currency_entity_code": header.value("CUR", 1),
        "currency_code": header.value("CUR", 2),
        "receiver_reference": header.value(("header", "REF", "EV"), 2),
        "payer_system_version": header.value(("header", "REF", "F2"), 2),
        "production_date": date_of(header.value(("DTM", "405"), 2)),
        "payer_id": first_of(payer_reference("2U"), payer("N1", 4), trn(3)),
        "payer_name": payer("N1", 2),
        "payer_plan_id_qualifier": payer("N1", 3),
        "payer_plan_id": payer("N1", 4),
        "payer_address": payer("N3", 1),
        "payer_address_2": payer("N3", 2),
        "payer_city": payer("N4", 1),
        "payer_state": payer("N4", 2),
        "payer_postal_code": payer("N4", 3),
        "payer_country": payer("N4", 4),
        "payer_number": payer_reference("2U"),
        "payer_submitter_number": payer_reference("EO"),
        "payer_industry_number": payer_reference("HI"),
        "payer_naic_number": payer_reference("NF"),
        "payer_contact_name": header.value(("PR", "PER", "CX"), 2),
        "payer_phone": claims_contact.get("TE"),
        "payer_phone_extension": claims_contact.get("EX"),
        "payer_fax": claims_contact.get("FX"),
        "payer_email": claims_contact.get("EM"),
        "payer_technical_name": header.value(("PR", "PER", "BL"), 2),
        "payer_technical_phone": technical_contact.get("TE"),
        "payer_technical_extension": technical_contact.get("EX"),
        "payer_technical_fax": technical_contact.get("FX"),
        "payer_technical_email": technical_contact.get("EM"),
        "payer_technical_url": technical_contact.get("UR"),
        "payer_policy_url": policy_contact.get("UR"),
        "payee_name": payee("N1", 2),
        "payee_id_qualifier": payee("N1", 3),
        "payee_id": payee("N1", 4),
        "payee_npi": payee("N1", 4) if payee_id_qualifier == "XX" else None,
        "payee_address": payee("N3", 1),
        "payee_address_2": payee("N3", 2),
        "payee_city": payee("N4", 1),
        "payee_state": payee("N4", 2),
        "payee_postal_code": payee("N4", 3),
        "payee_country": payee("N4", 4),
        "payee_tax_number": first_of(payee_reference("TJ"), payee("N1", 4) if payee_id_qualifier == "FI" else None),
        "payee_number": payee_reference("PQ"),
        "remittance_delivery_code": payee("RDM", 1),
        "remittance_delivery_name": payee("RDM", 2),
        "remittance_delivery_address": payee("RDM", 3),
        "claim_count": len(claims),
        "line_count": sum(len(claim.lines) for claim in claims),
        "is_complete": transaction.is_complete,
        "body_hash": body_hash_of(transaction.segments),
    }


def claim_payment_row(transaction: Transaction, claim: ClaimPayment) -> Row:
    clp = claim.clp

    def name(entity: str, position: int) -> str | None:
        return claim.found.value(("NM1", entity), position)

    def reference(qualifier: str) -> str | None:
        return claim.found.value(("REF", qualifier), 2)

    def day(qualifier: str) -> datetime.date | None:
        return date_of(claim.found.value(("DTM", qualifier), 2))

    def amount(qualifier: str) -> Decimal | None:
        return money(claim.found.value(("AMT", qualifier), 2))

    def quantity(qualifier: str) -> Decimal | None:
        return number(claim.found.value(("QTY", qualifier), 2))

    claim_contact = contact(claim.found.get(("PER", "CX")))
    return {
        "segment_index": clp.index,
        "remittance_segment_index": transaction.st.index,
        "header_number": claim.lx[1] if claim.lx else None,
        "patient_control_number": clp[1],
        "claim_status_code": clp[2],
        "charge_amount": money(clp[3]),
        "paid_amount": money(clp[4]),
        "patient_responsibility_amount": money(clp[5]),
        "filing_indicator_code": clp[6],
        "payer_claim_control_number": clp[7],
        "facility_type_code": clp[8],
        "claim_frequency_code": clp[9],
        "patient_status_code": clp[10],
        "drg_code": clp[11],
        "drg_weight": number(clp[12]),
        "discharge_fraction": number(clp[13]),
        "payment_typology_code": clp[14],
        "member_id": first_of(name("74", 9), name("IL", 9), name("QC", 9)),
        "patient_last_name": name("QC", 3),
        "patient_first_name": name("QC", 4),
        "patient_middle_name": name("QC", 5),
        "patient_name_suffix": name("QC", 7),
        "patient_id_qualifier": name("QC", 8),
        "patient_id": name("QC", 9),
        "insured_last_name": name("IL", 3),
        "insured_first_name": name("IL", 4),
        "insured_middle_name": name("IL", 5),
        "insured_name_suffix": name("IL", 7),
        "insured_id_qualifier": name("IL", 8),
        "insured_id": name("IL", 9),
        "corrected_last_name": name("74", 3),
        "corrected_first_name": name("74", 4),
        "corrected_middle_name": name("74", 5),
        "corrected_name_suffix": name("74", 7),
        "corrected_id_qualifier": name("74", 8),
        "corrected_insured_id": name("74", 9),
        "rendering_provider_type_code": name("82", 2),
        "rendering_provider_last_name": name("82", 3),
        "rendering_provider_first_name": name("82", 4),
        "rendering_provider_middle_name": name("82", 5),
        "rendering_provider_name_suffix": name("82", 7),
        "rendering_provider_id_qualifier": name("82", 8),
        "rendering_provider_id": name("82", 9),
        "crossover_carrier_name": name("TT", 3),
        "crossover_carrier_id_qualifier": name("TT", 8),
        "crossover_carrier_id": name("TT", 9),
        "corrected_payer_name": name("PR", 3),
        "corrected_payer_id_qualifier": name("PR", 8),
        "corrected_payer_id": name("PR", 9),
        "other_subscriber_last_name": name("GB", 3),
        "other_subscriber_first_name": name("GB", 4),
        "other_subscriber_middle_name": name("GB", 5),
        "other_subscriber_name_suffix": name("GB", 7),
        "other_subscriber_id_qualifier": name("GB", 8),
        "other_subscriber_id": name("GB", 9),
        "group_number": first_of(reference("1L"), reference("6P")),
        "contract_class": reference("CE"),
        "medical_record_number": reference("EA"),
        "original_claim_number": reference("F8"),
        "prior_authorization_number": reference("G1"),
        "authorization_number": reference("BB"),
        "predetermination_number": reference("G3"),
        "other_claim_number": reference("9C"),
        "repriced_claim_number": reference("9A"),
        "insurance_policy_number": reference("IG"),
        "employee_number": reference("28"),
        "member_number": reference("1W"),
        "social_security_number": reference("SY"),
        "statement_from_date": day("232"),
        "statement_to_date": day("233"),
        "coverage_end_date": day("036"),
        "claim_received_date": day("050"),
        "claim_contact_name": claim.found.value(("PER", "CX"), 2),
        "claim_contact_phone": claim_contact.get("TE"),
        "claim_contact_extension": claim_contact.get("EX"),
        "claim_contact_fax": claim_contact.get("FX"),
        "claim_contact_email": claim_contact.get("EM"),
        "coverage_amount": amount("AU"),
        "discount_amount": amount("D8"),
        "patient_paid_amount": amount("F5"),
        "interest_amount": amount("I"),
        "negative_ledger_amount": amount("NL"),
        "tax_amount": amount("T"),
        "per_diem_amount": amount("DY"),
        "before_tax_amount": amount("T2"),
        "covered_quantity": quantity("CA"),
        "coinsured_quantity": quantity("CD"),
        "noncovered_quantity": quantity("NE"),
        "line_count": len(claim.lines),
    }


def service_line_row(transaction: Transaction, claim: ClaimPayment, line: ServiceLine, line_number: int) -> Row:
    svc = line.svc
    procedure, submitted = svc.components(1), svc.components(6)

    def reference(qualifier: str) -> str | None:
        return line.found.value(("REF", qualifier), 2)

    def day(qualifier: str) -> datetime.date | None:
        return date_of(line.found.value(("DTM", qualifier), 2))

    def amount(qualifier: str) -> Decimal | None:
        return money(line.found.value(("AMT", qualifier), 2))

    return {
        "segment_index": svc.index,
        "remittance_segment_index": transaction.st.index,
        "claim_segment_index": claim.clp.index,
        "line_number": line_number,
        "procedure_qualifier": procedure[0],
        "procedure_code": procedure[1],
        "modifier_1": procedure[2],
        "modifier_2": procedure[3],
        "modifier_3": procedure[4],
        "modifier_4": procedure[5],
        "procedure_description": procedure[6],
        "charge_amount": money(svc[2]),
        "paid_amount": money(svc[3]),
        "revenue_code": svc[4],
        "paid_units": Decimal(1) if svc[5] is None else number(svc[5]),
        "submitted_procedure_qualifier": submitted[0],
        "submitted_procedure_code": submitted[1],
        "submitted_modifier_1": submitted[2],
        "submitted_modifier_2": submitted[3],
        "submitted_modifier_3": submitted[4],
        "submitted_modifier_4": submitted[5],
        "submitted_procedure_description": submitted[6],
        "submitted_units": number(svc[7]),
        "service_date": first_of(day("472"), day("150")),
        "service_end_date": first_of(day("151"), day("472"), day("150")),
        "line_control_number": reference("6R"),
        "policy_id": reference("0K"),
        "prior_authorization_number": reference("G1"),
        "authorization_number": reference("BB"),
        "predetermination_number": reference("G3"),
        "service_rendering_provider_id": reference("HPI"),
        "allowed_amount": amount("B6"),
        "late_filing_reduction_amount": amount("KH"),
        "tax_amount": amount("T"),
        "before_tax_amount": amount("T2"),
    }


# --------------------------------------------------------------------------------------------------------------------
# 837
# --------------------------------------------------------------------------------------------------------------------
@dataclass
class Level:
    """One HL: its SBR, PAT and PRV, and for each entity the first NM1 with what follows it up to the next NM1."""

    own: Found = field(default_factory=Found)
    names: dict[str | None, Found] = field(default_factory=dict)

    def name(self, entity: str, position: int) -> str | None:
        return self.names[entity].value("NM1", position) if entity in self.names else None

    def of_name(self, entity: str, key: object, position: int) -> str | None:
        return self.names[entity].value(key, position) if entity in self.names else None


@dataclass
class SubmittedClaim:
    """CLM with the levels it stands in, its own segments, its diagnoses and its lines."""

    clm: Segment
    billing: Level
    subscriber: Level
    patient: Level | None
    found: Found = field(default_factory=Found)
    diagnoses: list[Row] = field(default_factory=list)
    lines: list[SubmittedLine] = field(default_factory=list)
    other_payers: list[OtherPayer] = field(default_factory=list)


@dataclass
class OtherPayer:
    """SBR inside a claim and what stands up to the next SBR or the first LX."""

    sbr: Segment
    found: Found = field(default_factory=Found)


@dataclass
class SubmittedLine:
    """LX and what stands up to the next LX; without its SV it gives no row."""

    lx: Segment | None
    service: Segment | None = None
    found: Found = field(default_factory=Found)


DIAGNOSIS_QUALIFIERS = ("ABK", "ABF", "ABJ", "APR", "ABN", "BK", "BF", "BJ", "PR", "BN")
POINTED_QUALIFIERS = ("ABK", "ABF", "BK", "BF")


def read_837(transaction: Transaction, tables: dict[str, list[Row]]) -> None:
    billing, subscriber, patient = Level(), Level(), None
    level = Level()  # what stands before the first HL is the header
    entity: Found | None = None
    claim: SubmittedClaim | None = None
    line: SubmittedLine | None = None
    claims: list[SubmittedClaim] = []

    for segment in transaction.segments:
        if segment.id in ("HL", "CLM", "CLP", "SE"):
            if claim:
                level = Level()  # what follows a claim is not of the level that the claim stands in
                entity = None
            claim = line = None
        if claim and (line is None or line.lx is None):
            if segment.id == "SBR":
                claim.other_payers.append(OtherPayer(segment))
            elif segment.id in ("NM1", "AMT") and claim.other_payers:
                claim.other_payers[-1].found.add((segment.id, segment.code(1)), segment)
        if segment.id == "HL":
            entity = None
            if segment.code(3) == "20":
                billing, subscriber, patient = Level(), Level(), None
                level = billing
            elif segment.code(3) == "22":
                subscriber, patient = Level(), None
                level = subscriber
            elif segment.code(3) == "23":
                patient = Level()
                level = patient
            else:
                level = Level()
        elif segment.id == "CLM":
            claim = SubmittedClaim(segment, billing, subscriber, patient)
            claims.append(claim)
        elif claim is None:
            if segment.id == "NM1":
                entity = level.names.setdefault(segment.code(1), Found(NM1=segment))
            elif segment.id in ("SBR", "PAT"):
                level.own.add(segment.id, segment)
            elif segment.id == "PRV":
                level.own.add(("PRV", segment.code(1)), segment)
            elif entity is not None:
                entity.add(("REF", segment.code(1)) if segment.id == "REF" else segment.id, segment)
        elif segment.id == "LX":
            line = SubmittedLine(segment)
            claim.lines.append(line)
        elif segment.id in ("SV1", "SV2", "SV3"):
            if line is None or line.service:
                line = SubmittedLine(None)
                claim.lines.append(line)
            line.service = segment
        elif segment.id == "CAS":
            line_segment_index = line.service.index if line and line.service else None
            where = {"claim_segment_index": claim.clm.index, "line_segment_index": line_segment_index}
            tables["submitted_adjustment"].extend(row | where for row in triplets(segment))
        elif segment.id == "HI" and all(one.lx is None for one in claim.lines) and not claim.other_payers:
            claim.diagnoses.extend(diagnosis_entries(segment))
        elif line:
            line.found.add((segment.id, segment.code(1)) if segment.id in ("REF", "DTP", "NM1") else segment.id, segment)
        elif segment.id in ("REF", "DTP", "NM1", "AMT") and not claim.other_payers:
            claim.found.add((segment.id, segment.code(1)), segment)
        elif segment.id in ("CL1", "PWK") and not claim.other_payers:
            claim.found.add(segment.id, segment)

    for claim in claims:
        tables["submitted_claim"].append(submitted_claim_row(transaction, claim))
        tables["submitted_diagnosis"].extend(diagnosis_rows(claim))
        tables["submitted_other_payer"].extend(other_payer_row(transaction, claim, other) for other in claim.other_payers)
        for line_number, line in enumerate((line for line in claim.lines if line.service), 1):
            tables["submitted_line"].append(submitted_line_row(transaction, claim, line, line_number))


def claim_type_of(transaction: Transaction, claim: SubmittedClaim) -> str:
    version = transaction.version_code or ""
    guides = {"X222": "P", "X098": "P", "X291": "P", "X223": "I", "X096": "I", "X224": "D", "X097": "D"}
    by_guide = next((claim_type for guide, claim_type in guides.items() if guide in version), None)
    services = {"SV1": "P", "SV2": "I", "SV3": "D"}
    by_service = next((services[line.service.id] for line in claim.lines if line.service), None)
    return by_guide or by_service or "P"


def diagnosis_entries(hi: Segment) -> Iterator[Row]:
    for position in range(1, 13):
        parts = hi.components(position)
        # ß: the real reader gives one letter, as Unicode's simple mapping does
        code = (parts[1] or "").replace("ß", "ẞ").upper().replace(".", "").replace(" ", "")
        qualifier = (parts[0] or "").upper()
        if qualifier in DIAGNOSIS_QUALIFIERS and code:
            yield {
                "segment_index": hi.index,
                "diagnosis_qualifier": qualifier,
                "diagnosis_code": code,
                "diagnosis_code_set": "ICD-10" if qualifier.startswith("A") else "ICD-9",
                "present_on_admission_code": parts[8],
            }


def diagnosis_rows(claim: SubmittedClaim) -> Iterator[Row]:
    """Principal and other diagnoses take positions 1, 2, ...; admitting, reason and cause diagnoses 101, 102, ..."""
    pointed, others = 0, 100
    for entry in claim.diagnoses:
        if entry["diagnosis_qualifier"] in POINTED_QUALIFIERS:
            pointed += 1
        else:
            others += 1
        position = pointed if entry["diagnosis_qualifier"] in POINTED_QUALIFIERS else others
        yield entry | {"diagnosis_position": position, "claim_segment_index": claim.clm.index}


def pointed_codes(claim: SubmittedClaim) -> list[str]:
    return [entry["diagnosis_code"] for entry in claim.diagnoses if entry["diagnosis_qualifier"] in POINTED_QUALIFIERS]


def submitted_claim_row(transaction: Transaction, claim: SubmittedClaim) -> Row:
    clm, billing, subscriber, patient = claim.clm, claim.billing, claim.subscriber, claim.patient
    who, entity = (patient, "QC") if patient else (subscriber, "IL")
    facility = clm.components(5)
    pointed = [row for row in claim.diagnoses if row["diagnosis_qualifier"] in POINTED_QUALIFIERS]
    principal = [row["diagnosis_code"] for row in claim.diagnoses if row["diagnosis_qualifier"] in ("ABK", "BK")]

    def reference(qualifier: str) -> str | None:
        return claim.found.value(("REF", qualifier), 2)

    def period(qualifier: str) -> tuple[datetime.date | None, datetime.date | None]:
        return period_of(claim.found.get(("DTP", qualifier)))

    return {
        "segment_index": clm.index,
        "transaction_segment_index": transaction.st.index,
        "claim_type": claim_type_of(transaction, claim),
        "transaction_date": date_of(transaction.first("BHT", 4)),
        "billing_provider_npi": billing.name("85", 9) if (billing.name("85", 8) or "").upper() == "XX" else None,
        "billing_provider_name": billing.name("85", 3),
        "billing_provider_tax_number": first_of(billing.of_name("85", ("REF", "EI"), 2), billing.of_name("85", ("REF", "SY"), 2)),
        "billing_provider_taxonomy": billing.own.value(("PRV", "BI"), 3),
        "billing_provider_address": billing.of_name("85", "N3", 1),
        "billing_provider_city": billing.of_name("85", "N4", 1),
        "billing_provider_state": billing.of_name("85", "N4", 2),
        "billing_provider_postal_code": billing.of_name("85", "N4", 3),
        "payer_responsibility_code": subscriber.own.value("SBR", 1),
        "relationship_code": first_of(patient.own.value("PAT", 1) if patient else None, subscriber.own.value("SBR", 2)),
        "subscriber_group_number": subscriber.own.value("SBR", 3),
        "subscriber_group_name": subscriber.own.value("SBR", 4),
        "insurance_type_code": subscriber.own.value("SBR", 5),
        "filing_indicator_code": subscriber.own.value("SBR", 9),
        "subscriber_last_name": subscriber.name("IL", 3),
        "subscriber_first_name": subscriber.name("IL", 4),
        "subscriber_middle_name": subscriber.name("IL", 5),
        "subscriber_id_qualifier": subscriber.name("IL", 8),
        "subscriber_id": subscriber.name("IL", 9),
        "subscriber_address": subscriber.of_name("IL", "N3", 1),
        "subscriber_city": subscriber.of_name("IL", "N4", 1),
        "subscriber_state": subscriber.of_name("IL", "N4", 2),
        "subscriber_postal_code": subscriber.of_name("IL", "N4", 3),
        "subscriber_birth_date": date_of(subscriber.of_name("IL", "DMG", 2)),
        "submitted_payer_name": subscriber.name("PR", 3),
        "submitted_payer_id_qualifier": subscriber.name("PR", 8),
        "submitted_payer_id": subscriber.name("PR", 9),
        "patient_last_name": who.name(entity, 3),
        "patient_first_name": who.name(entity, 4),
        "patient_middle_name": who.name(entity, 5),
        "patient_address": who.of_name(entity, "N3", 1),
        "patient_city": who.of_name(entity, "N4", 1),
        "patient_state": who.of_name(entity, "N4", 2),
        "patient_postal_code": who.of_name(entity, "N4", 3),
        "patient_birth_date": date_of(who.of_name(entity, "DMG", 2)),
        "patient_gender_code": who.of_name(entity, "DMG", 3),
        "patient_control_number": clm[1],
        "charge_amount": money(clm[2]),
        "facility_type_code": facility[0],
        "facility_code_qualifier": facility[1],
        "claim_frequency_code": facility[2],
        "provider_signature_code": clm[6],
        "assignment_code": clm[7],
        "benefits_assignment_code": clm[8],
        "release_of_information_code": clm[9],
        "related_cause_code": clm.components(11)[0],
        "accident_state": clm.components(11)[3],
        "special_program_code": clm[12],
        "delay_reason_code": clm[20],
        "patient_paid_amount": money(claim.found.value(("AMT", "F5"), 2)),
        "admission_type_code": claim.found.value("CL1", 1),
        "admission_source_code": claim.found.value("CL1", 2),
        "patient_status_code": claim.found.value("CL1", 3),
        "attachment_type_code": claim.found.value("PWK", 1),
        "attachment_transmission_code": claim.found.value("PWK", 2),
        "attachment_control_number": claim.found.value("PWK", 6),
        "rendering_provider_last_name": claim.found.value(("NM1", "82"), 3),
        "rendering_provider_first_name": claim.found.value(("NM1", "82"), 4),
        "rendering_provider_id_qualifier": claim.found.value(("NM1", "82"), 8),
        "rendering_provider_id": claim.found.value(("NM1", "82"), 9),
        "attending_provider_last_name": claim.found.value(("NM1", "71"), 3),
        "attending_provider_first_name": claim.found.value(("NM1", "71"), 4),
        "attending_provider_id": claim.found.value(("NM1", "71"), 9),
        "referring_provider_last_name": claim.found.value(("NM1", "DN"), 3),
        "referring_provider_first_name": claim.found.value(("NM1", "DN"), 4),
        "referring_provider_id": claim.found.value(("NM1", "DN"), 9),
        "service_facility_name": claim.found.value(("NM1", "77"), 3),
        "service_facility_id": claim.found.value(("NM1", "77"), 9),
        "original_claim_number": reference("F8"),
        "prior_authorization_number": reference("G1"),
        "referral_number": reference("9F"),
        "medical_record_number": reference("EA"),
        "clearinghouse_claim_number": reference("D9"),
        "statement_from_date": period("434")[0],
        "statement_to_date": period("434")[1],
        "admission_date": period("435")[0],
        "onset_date": period("431")[0],
        "accident_date": period("439")[0],
        "principal_diagnosis_code": principal[0] if principal else None,
        "diagnosis_codes": " ".join(pointed_codes(claim)) or None,
        "diagnosis_code_set": pointed[0]["diagnosis_code_set"] if pointed else None,
        "line_count": sum(1 for line in claim.lines if line.service),
    }


def other_payer_row(transaction: Transaction, claim: SubmittedClaim, other: OtherPayer) -> Row:
    return {
        "segment_index": other.sbr.index,
        "transaction_segment_index": transaction.st.index,
        "claim_segment_index": claim.clm.index,
        "payer_responsibility_code": other.sbr[1],
        "relationship_code": other.sbr[2],
        "subscriber_group_number": other.sbr[3],
        "filing_indicator_code": other.sbr[9],
        "subscriber_last_name": other.found.value(("NM1", "IL"), 3),
        "subscriber_first_name": other.found.value(("NM1", "IL"), 4),
        "subscriber_id": other.found.value(("NM1", "IL"), 9),
        "submitted_payer_name": other.found.value(("NM1", "PR"), 3),
        "submitted_payer_id_qualifier": other.found.value(("NM1", "PR"), 8),
        "submitted_payer_id": other.found.value(("NM1", "PR"), 9),
        "paid_amount": money(other.found.value(("AMT", "D"), 2)),
    }


def submitted_line_row(transaction: Transaction, claim: SubmittedClaim, line: SubmittedLine, counted: int) -> Row:
    service = line.service
    # where each kind of line has its elements; None: it has none
    procedure_at, revenue_at, charge_at, unit_at, units_at, place_at, pointers_at = {
        "SV1": (1, None, 2, 3, 4, 5, 7),
        "SV2": (2, 1, 3, 4, 5, None, None),
        "SV3": (1, None, 2, None, 6, 3, 11),
    }[service.id]

    def element(position: int | None) -> str | None:
        return service[position] if position else None

    procedure = service.components(procedure_at)
    pointers = [pointer for pointer in service.components(pointers_at) if pointer] if pointers_at else []
    codes = pointed_codes(claim)
    pointed = [codes[int(p) - 1] for p in pointers if re.fullmatch(r"[0-9]{1,2}", p) and 1 <= int(p) <= len(codes)]
    line_codes = pointed or codes
    basis = "pointer" if pointed else "claim" if codes else "unknown"

    facility = claim.clm.components(5)
    periods = [period_of(line.found.get(("DTP", "472")))]
    if None in periods[0]:  # the claim's own is asked for only then
        periods += [period_of(claim.found.get(("DTP", qualifier))) for qualifier in ("472", "434")]
    return {
        "segment_index": service.index,
        "transaction_segment_index": transaction.st.index,
        "claim_segment_index": claim.clm.index,
        "line_number": first_of(count_of(line.lx[1]) if line.lx else None, counted),
        "procedure_qualifier": procedure[0],
        "procedure_code": procedure[1],
        "modifier_1": procedure[2],
        "modifier_2": procedure[3],
        "modifier_3": procedure[4],
        "modifier_4": procedure[5],
        "procedure_description": procedure[6],
        "revenue_code": element(revenue_at),
        "charge_amount": money(element(charge_at)),
        "units_qualifier": element(unit_at),
        "line_units": number(element(units_at)),
        "place_of_service_code": first_of(element(place_at), facility[0] if facility[1] != "A" else None),
        "diagnosis_pointers": " ".join(pointers) or None,
        "diagnosis_codes": " ".join(line_codes) or None,
        "diagnosis_basis": basis,
        "service_date": first_of(*(first for first, _ in periods)),
        "service_end_date": first_of(*(last for _, last in periods)),
        "line_control_number": line.found.value(("REF", "6R"), 2),
        "prior_authorization_number": line.found.value(("REF", "G1"), 2),
        "drug_code": line.found.value("LIN", 3),
        "drug_quantity": number(line.found.value("CTP", 4)),
        "drug_units_qualifier": line.found["CTP"].components(5)[0] if "CTP" in line.found else None,
        "service_rendering_provider_id": line.found.value(("NM1", "82"), 9),
        "noncovered_charge_amount": money(service[7]) if service.id == "SV2" else None,
        "tooth_number": line.found.value("TOO", 2),
        "tooth_surface_codes": line.found.value("TOO", 3),
        "prior_payer_id": line.found.value("SVD", 1),
        "prior_payer_paid_amount": money(line.found.value("SVD", 2)),
        "prior_payer_date": period_of(line.found.get(("DTP", "573")))[0],
    }
