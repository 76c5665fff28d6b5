"""Everything that can be wrong with a file, as data: a code, a category, a severity, and what to do.

A finding is a row with a place (file, segment, element), never an exception: one bad amount does not stop a night. Messages
name segments and elements, never a value of the file.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from pipeline.tables import TABLES
from pipeline.x12_index import Rows, SegmentIndex, decimal_array


@dataclass(frozen=True)
class Kind:
    """One kind of finding. `severity`: error (money or meaning may be wrong), warning, information."""

    category: str
    severity: str
    message: str


KINDS: dict[str, Kind] = {
    # envelope
    "interchange_trailer_missing": Kind(
        "envelope",
        "error",
        "The interchange has no IEA: the file was cut off. What is complete was read; ask the sender for the whole file.",
    ),
    "group_trailer_missing": Kind(
        "envelope",
        "error",
        "The functional group has no GE: the file was cut off. What is complete was read; ask for the whole file.",
    ),
    "transaction_trailer_missing": Kind(
        "envelope",
        "error",
        "The transaction has no SE: it was cut off, so claims may be missing. What is there was read; ask the "
        "sender for the whole file.",
    ),
    "segment_cut": Kind(
        "envelope",
        "error",
        "The last segment has no terminator: the file ends in the middle of it. Ask the sender for the whole file.",
    ),
    "segment_count_wrong": Kind(
        "envelope",
        "error",
        "SE01 states another number of segments than the transaction has: segments may be lost or added. Ask the sender.",
    ),
    "transaction_control_number_differs": Kind("envelope", "warning", "SE02 is not the control number that ST02 began with."),
    "transaction_count_wrong": Kind(
        "envelope", "error", "GE01 states another number of transactions than the group has. Ask the sender."
    ),
    "group_control_number_differs": Kind("envelope", "warning", "GE02 is not the control number that GS06 began with."),
    "group_count_wrong": Kind(
        "envelope", "error", "IEA01 states another number of groups than the interchange has. Ask the sender."
    ),
    "interchange_control_number_differs": Kind("envelope", "warning", "IEA02 is not the control number that ISA13 began with."),
    # structure
    "line_break_in_segment": Kind(
        "structure",
        "information",
        "Line breaks stand inside segments (wrapped to a width). They were taken out; have the sender turn it off.",
    ),
    "latin1_bytes": Kind(
        "structure",
        "warning",
        "The file has bytes that are not UTF-8. They were read as latin-1; names with accents may look wrong.",
    ),
    "component_separator_mismatch": Kind(
        "structure", "warning", "ISA16 declares another component separator than the procedures use. The one in use was taken."
    ),
    "segment_not_in_place": Kind(
        "structure", "warning", "The segment stands where the guide has none of its kind; it is kept as text."
    ),
    "service_line_without_claim": Kind(
        "structure", "error", "A service line stands outside any claim; it is kept as text and in no total."
    ),
    # values
    "amount_invalid": Kind(
        "value",
        "error",
        "The element is no X12 number (digits, one point, no commas, at most two decimals). It counts as "
        "empty; see the text kept.",
    ),
    "date_invalid": Kind(
        "value", "error", "The element is no calendar day written CCYYMMDD. It counts as empty; see the text kept."
    ),
    "amount_missing": Kind("value", "error", "A charge or payment is missing; it counts as 0 in balances."),
    "adjustment_gap": Kind("value", "warning", "The CAS leaves an earlier triplet empty. All triplets were read."),
    "npi_check_digit_wrong": Kind("value", "warning", "The NPI's check digit is wrong: a digit was mistyped or it is no NPI."),
    "group_code_unknown": Kind("code", "warning", "CAS01 is none of CO, PR, OA, PI (4010: CR)."),
    # balances
    "line_out_of_balance": Kind("balance", "error", "Line: charge less adjustments is not the payment (SVC02, CAS, SVC03)."),
    "claim_out_of_balance": Kind(
        "balance", "error", "Claim: charge less all adjustments is not the payment (CLP03, CAS, CLP04)."
    ),
    "claim_lines_out_of_balance": Kind(
        "balance", "warning", "The claim's charge is not the sum of its lines' charges (CLP03, SVC02)."
    ),
    "transaction_out_of_balance": Kind(
        "balance", "error", "Payment is not the sum of the claims' payments less the provider adjustments (BPR02, CLP04, PLB)."
    ),
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
        """The findings as rows of `finding`. `transaction`, `claim`, `line`: for every segment of the index the segment_index
        of what it belongs to, -1 where it belongs to none."""
        schema = TABLES["finding"].schema
        batches = []
        for finding_code, rows, element, expected, actual, difference in self._parts:
            kind, count = KINDS[finding_code], len(rows)
            cents = np.zeros(count, np.int64) if difference is None else np.asarray(difference)
            has_difference = np.full(count, difference is not None)
            columns = {
                "file_id": pa.repeat(file_id, count),
                "segment_index": pa.array(self.index.segment_index[rows]),
                "finding_code": pa.repeat(finding_code, count),
                "element_position": pa.array(np.broadcast_to(np.asarray(element, np.int64), count)),
                "transaction_segment_index": nullable_index(transaction[rows]),
                "claim_segment_index": nullable_index(claim[rows]),
                "line_segment_index": nullable_index(line[rows]),
                "category": pa.repeat(kind.category, count),
                "severity": pa.repeat(kind.severity, count),
                "segment_id": self.index.text(rows, 0, take=False),
                "expected": pa.array(expected if expected is not None else [None] * count, pa.string()),
                "actual": pa.array(actual if actual is not None else [None] * count, pa.string()),
                "difference_amount": decimal_array(cents, has_difference, pa.decimal128(18, 2)),
                "message": pa.repeat(kind.message, count),
            }
            batches.append(pa.table([columns[name] for name in schema.names], schema=schema))
        return pa.concat_tables(batches) if batches else schema.empty_table()


def nullable_index(values: np.ndarray) -> pa.Array:
    """Segment numbers as Arrow, null where -1."""
    return pa.array(values, pa.int64(), mask=values < 0)
