"""Everything that can be wrong with a file, as data: a code, a category, a severity, and what to do.

A finding is a row with a place (file, segment, element), never an exception: one bad amount does not stop a night. Messages
name segments and elements, never a value of the file.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from pipeline.tables import TABLES
from pipeline.x12_index import Rows, SegmentIndex, decimal_array


@dataclass(frozen=True)
class Kind:
    """One kind of finding. `severity`: error (money or meaning may be wrong), warning, information. `what` is wrong, and the
    `fix`: what somebody can do about it."""

    category: str
    severity: str
    what: str
    fix: str = ""

    @property
    def message(self) -> str:
        return f"{self.what} {self.fix}".rstrip()


ASK_WHOLE = "What is complete was read; ask the sender for the whole file."
ASK_SENDER = "Ask the sender whether the file is whole."
ASK_CORRECTION = "The text is kept in other_segment; ask the sender to correct it."
COMPARE = "Compare the segments with the payer's paper or portal before posting; ask the payer if they say the same."
TELL_SENDER = "Read all the same; have the sender look at it."
ASK_MEANING = "Ask the payer what it means; if it is newer than our lists, add it to the site's mappings."
ASK_CODE = "Read it as the list does (`remit835 explain` says how), and tell the payer."
HOLD_TO_GUIDE = "Advice only: show it to the sender if a trading partner refuses the file."

KINDS: dict[str, Kind] = {
    # envelope
    "interchange_trailer_missing": Kind(
        "envelope", "error", "The interchange that begins here has no IEA: the file was cut off.", ASK_WHOLE
    ),
    "group_trailer_missing": Kind(
        "envelope", "error", "The functional group that begins here has no GE: the file was cut off.", ASK_WHOLE
    ),
    "transaction_trailer_missing": Kind(
        "envelope", "error", "The transaction that begins here has no SE: it was cut off, so claims may be missing.", ASK_WHOLE
    ),
    "segment_cut": Kind("envelope", "error", "The last segment has no terminator: the file ends in the middle of it.", ASK_WHOLE),
    "segment_count_wrong": Kind(
        "envelope",
        "error",
        "SE01 states another number of segments than the transaction has: segments may be lost or added.",
        ASK_SENDER,
    ),
    "transaction_control_number_differs": Kind(
        "envelope", "warning", "SE02 is not the control number that ST02 began with.", TELL_SENDER
    ),
    "transaction_count_wrong": Kind(
        "envelope", "error", "GE01 states another number of transactions than the group has.", ASK_SENDER
    ),
    "group_control_number_differs": Kind(
        "envelope", "warning", "GE02 is not the control number that GS06 began with.", TELL_SENDER
    ),
    "group_count_wrong": Kind("envelope", "error", "IEA01 states another number of groups than the interchange has.", ASK_SENDER),
    "interchange_control_number_differs": Kind(
        "envelope", "warning", "IEA02 is not the control number that ISA13 began with.", TELL_SENDER
    ),
    "transaction_outside_group": Kind(
        "envelope",
        "warning",
        "The transaction begins where no functional group is open. Sender, receiver and version are those of the envelope before it.",
        ASK_SENDER,
    ),
    # structure
    "line_break_in_segment": Kind(
        "structure",
        "information",
        "Line breaks stand inside segments (wrapped to a width). They were taken out.",
        "Have the sender turn wrapping off: a blank at a line's end may have been lost.",
    ),
    "latin1_bytes": Kind(
        "structure",
        "warning",
        "The file has bytes that are not UTF-8. They were read as latin-1.",
        "Look at names with accents; have the sender write ASCII or UTF-8.",
    ),
    "component_separator_mismatch": Kind(
        "structure",
        "warning",
        "ISA16 declares another component separator than the procedures use. The one in use was taken.",
        TELL_SENDER,
    ),
    "segment_not_in_place": Kind(
        "structure", "warning", "The segment stands where the guide has none of its kind; it is kept as text.", TELL_SENDER
    ),
    "service_line_without_claim": Kind(
        "structure",
        "error",
        "A service line stands outside any claim; it is kept as text and in no total.",
        "Ask the sender which claim it belongs to.",
    ),
    # extracts: the place is a row and a column
    "extract_value_missing": Kind(
        "extract", "error", "The cell is empty and must not be: the row was refused.", "Fill it in and send the file again."
    ),
    "extract_value_invalid": Kind(
        "extract", "error", "The cell is not written as expected: the row was refused.", "Correct it and send the file again."
    ),
    "extract_row_length": Kind(
        "extract",
        "error",
        "The row has more or fewer cells than the header: it was refused.",
        "Put quotes around text with commas.",
    ),
    "extract_range_reversed": Kind(
        "extract", "error", "The last day is before the first one: the row was refused.", "Correct the days."
    ),
    "extract_pointer_wrong": Kind(
        "extract",
        "error",
        "A pointer names a position beyond the diagnoses of the row, which was refused.",
        "Correct one of the two.",
    ),
    "extract_column_unknown": Kind(
        "extract",
        "information",
        "The column is not known and was left out.",
        "If it is needed, name it under extract_columns.",
    ),
    # values
    "amount_invalid": Kind(
        "value",
        "error",
        "The element is no X12 number (digits, one point, no commas, at most two decimals of money). It counts as empty.",
        ASK_CORRECTION,
    ),
    "date_invalid": Kind(
        "value", "error", "The element is no calendar day written CCYYMMDD. It counts as empty.", ASK_CORRECTION
    ),
    "amount_missing": Kind(
        "value", "error", "A charge or payment is missing; it counts as 0 in balances.", "Ask the sender for the amount."
    ),
    "adjustment_gap": Kind("value", "warning", "The CAS leaves an earlier triplet empty. All triplets were read.", TELL_SENDER),
    "adjustments_beyond_sixth": Kind(
        "value",
        "error",
        "The CAS has more than six triplets. Six were read, the segment is kept as text.",
        "Look at the text kept: the balances miss what stands behind the sixth; have the sender begin another CAS.",
    ),
    "provider_adjustments_beyond_sixth": Kind(
        "value",
        "error",
        "The PLB has more than six pairs. Six were read, the segment is kept as text.",
        "Look at the text kept: the balance misses what stands behind the sixth; have the sender begin another PLB.",
    ),
    "npi_check_digit_wrong": Kind(
        "value",
        "warning",
        "The NPI's check digit is wrong: a digit was mistyped or it is no NPI.",
        "Look the provider up; correct the enrolment at the payer where it is wrong there.",
    ),
    # codes
    "group_code_unknown": Kind(
        "code",
        "warning",
        "CAS01 is none of CO, PR, OA, PI (4010: CR).",
        "Nobody knows who bears this adjustment: ask the payer.",
    ),
    "reason_code_unknown": Kind("code", "warning", "The adjustment reason code (CARC) is in no list.", ASK_MEANING),
    "reason_code_not_yet_valid": Kind(
        "code", "warning", "The adjustment reason code (CARC) had not begun on the payment date.", ASK_CODE
    ),
    "reason_code_retired": Kind(
        "code", "warning", "The adjustment reason code (CARC) was retired before the payment date, and this is no reversal.", ASK_CODE
    ),
    "remark_code_unknown": Kind("code", "warning", "The remark code (RARC) is in no list.", ASK_MEANING),
    "remark_code_not_yet_valid": Kind("code", "warning", "The remark code (RARC) had not begun on the payment date.", ASK_CODE),
    "remark_code_retired": Kind(
        "code", "warning", "The remark code (RARC) was retired before the payment date, and this is no reversal.", ASK_CODE
    ),
    "provider_adjustment_code_unknown": Kind(
        "code", "warning", "The reason of a provider adjustment (PLB) is in no list.", ASK_MEANING
    ),
    "claim_status_code_unknown": Kind(
        "code",
        "warning",
        "The claim status code (CLP02) is in no list, so it is not known whether the claim was paid, denied or taken back.",
        ASK_MEANING,
    ),
    "filing_indicator_code_unknown": Kind(
        "code", "warning", "The claim filing indicator (CLP06) is in no list, so the kind of plan is not known.", ASK_MEANING
    ),
    "claim_frequency_code_unknown": Kind(
        "code", "warning", "The claim frequency code (CLP09, CLM05-3) is in no list.", ASK_MEANING
    ),
    # balances
    "line_out_of_balance": Kind(
        "balance", "error", "Line: charge less adjustments is not the payment (SVC02, CAS, SVC03).", COMPARE
    ),
    "claim_out_of_balance": Kind(
        "balance", "error", "Claim: charge less all adjustments is not the payment (CLP03, CAS, CLP04).", COMPARE
    ),
    "claim_lines_out_of_balance": Kind(
        "balance", "warning", "The claim's charge is not the sum of its lines' charges (CLP03, SVC02).", COMPARE
    ),
    "transaction_out_of_balance": Kind(
        "balance",
        "error",
        "Payment is not the sum of the claims' payments less the provider adjustments (BPR02, CLP04, PLB).",
        "Do not post it as a whole: compare with the bank's deposit, and ask the payer for a corrected remittance.",
    ),
    # the implementation guide, as pyx12 holds it: advice, so never an error
    "guide_segment_unexpected": Kind(
        "guide",
        "warning",
        "The guide has no such segment at this place: it is unknown, out of order, or has a code that the guide does not know. "
        "What follows it directly may be unexpected for the same reason and is not listed.",
        HOLD_TO_GUIDE,
    ),
    "guide_segment_not_used": Kind(
        "guide", "warning", "The guide says that this segment or loop is not used here.", HOLD_TO_GUIDE
    ),
    "guide_segment_missing": Kind(
        "guide", "warning", "A segment that the guide requires is missing before this one.", HOLD_TO_GUIDE
    ),
    "guide_segment_repeated": Kind("guide", "warning", "The segment stands more often than the guide allows.", HOLD_TO_GUIDE),
    "guide_loop_repeated": Kind(
        "guide", "warning", "The loop that this segment opens stands more often than the guide allows.", HOLD_TO_GUIDE
    ),
    "guide_trailing_separator": Kind(
        "guide", "warning", "The segment ends in element separators with nothing behind them.", HOLD_TO_GUIDE
    ),
    "guide_numbering": Kind(
        "guide", "warning", "A running number (HL01, HL02, LX01) is not the next one, or names no parent.", HOLD_TO_GUIDE
    ),
    "guide_control_number_repeated": Kind(
        "guide", "warning", "A control number (ISA13, GS06, ST02) stands twice where it has to be unique.", HOLD_TO_GUIDE
    ),
    "guide_element_missing": Kind("guide", "warning", "An element that the guide requires is empty.", HOLD_TO_GUIDE),
    "guide_element_condition": Kind(
        "guide",
        "warning",
        "Elements that the guide ties together do not go together: one is there, another is missing.",
        HOLD_TO_GUIDE,
    ),
    "guide_element_surplus": Kind(
        "guide", "warning", "The segment or composite has more elements than the guide knows.", HOLD_TO_GUIDE
    ),
    "guide_element_not_used": Kind("guide", "warning", "The guide says that this element is not used.", HOLD_TO_GUIDE),
    "guide_element_too_short": Kind("guide", "warning", "The value is shorter than the guide allows.", HOLD_TO_GUIDE),
    "guide_element_too_long": Kind("guide", "warning", "The value is longer than the guide allows.", HOLD_TO_GUIDE),
    "guide_character_invalid": Kind(
        "guide", "warning", "The value has a character that its type does not allow, or ends in blanks.", HOLD_TO_GUIDE
    ),
    "guide_code_invalid": Kind(
        "guide", "warning", "The value is none of the codes that the guide lists for this element.", HOLD_TO_GUIDE
    ),
    "guide_date_invalid": Kind("guide", "warning", "The value is no date of the format that the guide asks for.", HOLD_TO_GUIDE),
    "guide_time_invalid": Kind("guide", "warning", "The value is no time of the format that the guide asks for.", HOLD_TO_GUIDE),
    "guide_not_met": Kind(
        "guide",
        "warning",
        "The guide checker refuses the interchange and names no place: mostly its envelope is not in order.",
        HOLD_TO_GUIDE,
    ),
    "guide_not_available": Kind(
        "guide",
        "information",
        "This interchange was NOT held against a guide: pyx12 has none for what its ISA12, GS01 and GS08 say together. It has none "
        "for 5010 dental claims (X224); or the three do not agree.",
        "Nothing to do; structure, values, codes and balances were checked all the same.",
    ),
    "guide_header_too_odd": Kind(
        "guide",
        "information",
        "This interchange was NOT held against its guide: its ISA or delimiters are too odd for the guide checker.",
        "Have the sender write the ISA with 106 bytes and the usual delimiters.",
    ),
    "guide_check_stopped": Kind(
        "guide",
        "information",
        "The guide check was stopped at its time limit.",
        "Run `remit835 check --guide --seconds 600` on the file alone.",
    ),
    "guide_check_failed": Kind(
        "guide",
        "information",
        "The guide checker failed on this file, mostly because its structure is damaged.",
        "Mend what the findings of structure and envelope say first.",
    ),
    "guide_more": Kind(
        "guide",
        "information",
        "There are more guide errors from here on; `actual` says how many are left out.",
        "Mend the first ones and check again: later ones often follow from them.",
    ),
}


RETRY = "Nothing: the next run tries it again by itself."
ASK_FILE = "Ask the sender for the X12 file, and put it into the inbox."
REPORT = "Report it with the code and the place it names; the file stays in the inbox and is tried again by every run."

# Why a file is in quarantine: code -> what it means, what to do.
QUARANTINE: dict[str, tuple[str, str]] = {
    "empty": ("The file has no bytes.", ASK_FILE),
    "archive": ("It is an archive (ZIP, gzip, bzip2, xz, 7z, RAR) or an Excel workbook.", "Unpack it into the inbox."),
    "encrypted": ("It is encrypted (PGP).", "Decrypt it into the inbox."),
    "ebcdic": ("It is text in EBCDIC, as mainframes write it.", "Ask the sender for ASCII."),
    "office_document": ("It is an old Excel or Word document.", ASK_FILE),
    "pdf": ("It is a PDF, made for reading.", ASK_FILE),
    "web_page": ("It is a web page, as a portal sends when a login has ended.", "Log in and download the file again."),
    "utf_16": ("It is text in UTF-16.", "Save it as plain ASCII or UTF-8, and put it into the inbox again."),
    "no_interchange": (
        "There is no interchange header (ISA): it is no X12, or its beginning is missing.",
        "Ask the sender for the whole file.",
    ),
    "parquet_damaged": ("A Parquet extract is cut off or damaged.", "Export it again."),
    "extract_columns_missing": (
        "An extract has not all the columns that it needs.",
        "Add them, or say under extract_columns what they are called.",
    ),
    "extract_column_twice": ("A column stands twice in the header of an extract.", "Keep one."),
    "extract_column_not_single": (
        "A column of a Parquet extract holds lists, structures or bytes.",
        "Export one value a cell; several diagnoses or modifiers with blanks between.",
    ),
    "unreadable": ("The system does not let us open it.", "Give it read permission; the next run tries it again."),
    "file_changed": ("The file changed while it was read.", RETRY),
    "reader_failure": ("Our reader failed on it.", REPORT),
    "segments_lost": ("Our reader did not account for every segment, so nothing of the file was taken.", REPORT),
}


@dataclass
class Findings:
    """Collects the findings of one block. `add` takes segments; where they belong is filled in by `table`."""

    index: SegmentIndex
    _parts: list[tuple] = field(default_factory=list)

    def add(
        self,
        finding_code: str,
        rows: Rows,
        element: int | np.ndarray = 0,
        expected: list[str] | None = None,
        actual: list[str] | None = None,
        difference: np.ndarray | None = None,
    ) -> None:
        """One finding for each of `rows`; `difference` in cents."""
        if finding_code not in KINDS:
            raise KeyError(f"findings.py has no kind {finding_code}")
        if len(rows):
            self._parts.append((finding_code, np.asarray(rows), element, expected, actual, difference))

    def table(self, file_id: str, transaction: np.ndarray, claim: np.ndarray, line: np.ndarray) -> pa.Table:
        """The findings as rows of `finding`. `transaction`, `claim`, `line`: for every segment of the index the position of what
        it belongs to, -1 where it belongs to none."""
        schema = TABLES["finding"].schema
        batches = []
        for finding_code, rows, element, expected, actual, difference in self._without_repeats():
            kind, count = KINDS[finding_code], len(rows)
            cents = np.zeros(count, np.int64) if difference is None else np.asarray(difference)
            has_difference = np.full(count, difference is not None)
            columns = {
                "file_id": pa.repeat(file_id, count),
                "segment_index": self.index.segment_numbers(rows),
                "finding_code": pa.repeat(finding_code, count),
                "element_position": pa.array(np.broadcast_to(np.asarray(element, np.int64), count)),
                "transaction_segment_index": self.index.segment_numbers(transaction[rows]),
                "claim_segment_index": self.index.segment_numbers(claim[rows]),
                "line_segment_index": self.index.segment_numbers(line[rows]),
                "category": pa.repeat(kind.category, count),
                "severity": pa.repeat(kind.severity, count),
                "segment_id": self.index.identifiers(rows),
                "expected": pa.array(expected if expected is not None else [None] * count, pa.string()),
                "actual": pa.array(actual if actual is not None else [None] * count, pa.string()),
                "difference_amount": decimal_array(cents, has_difference, pa.decimal128(18, 2)),
                "message": pa.repeat(kind.message, count),
            }
            batches.append(pa.table([columns[name] for name in schema.names], schema=schema))
        return pa.concat_tables(batches) if batches else schema.empty_table()

    def error_categories(self) -> set[str]:
        """The categories in which there are findings of severity error."""
        kinds = (KINDS[finding_code] for finding_code, *_ in self._parts)
        return {kind.category for kind in kinds if kind.severity == "error"}

    def _without_repeats(self) -> Iterator[tuple]:
        """The parts, each place with a code once: two columns that read the same element report it twice."""
        seen: set[tuple[str, int, int]] = set()
        for finding_code, rows, element, *details in self._parts:
            elements = np.broadcast_to(np.asarray(element, np.int64), len(rows))
            keys = [(finding_code, *place) for place in zip(rows.tolist(), elements.tolist(), strict=True)]
            fresh = [at for at, key in enumerate(keys) if key not in seen and not seen.add(key)]
            chosen = [detail if detail is None else [detail[at] for at in fresh] for detail in details]
            if fresh:
                yield finding_code, rows[fresh], elements[fresh], *chosen


def finding_rows(file_id: str, places: list[dict[str, object]]) -> pa.Table:
    """Rows of `finding` that do not come from the index of a block. Each place has at least segment_index and finding_code; what
    the kind says is filled in."""
    schema = TABLES["finding"].schema
    rows = []
    for place in places:
        kind = KINDS[str(place["finding_code"])]
        said = {"category": kind.category, "severity": kind.severity, "message": kind.message}
        rows.append(dict.fromkeys(schema.names) | {"file_id": file_id, "element_position": 0} | said | place)
    return pa.Table.from_pylist(rows, schema)
