"""Loops of the 835 (005010X221A1, 005010X221, 004010X091A1): from the index of a block to facts.

    ST  header: BPR TRN CUR REF DTM      1000A: N1*PR N3 N4 REF PER      1000B: N1*PE N3 N4 REF RDM
    2000 LX TS3 TS2     2100 CLP CAS NM1 MIA MOA REF DTM PER AMT QTY     2110 SVC DTM CAS REF AMT QTY LQ
    PLB  SE

Which loop a segment stands in follows from running maxima: the last CLP before it, the last SVC, the last N1. No segment is
looked at on its own. What no column takes stays in the index and is written to other_segment by parse.py.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.findings import Findings
from pipeline.tables import TABLES
from pipeline.x12_elements import Source, check_npi, checked, element_is, read_columns
from pipeline.x12_index import Numbers, Rows, SegmentIndex, code, decimal_array, last

Emit = Callable[[str, pa.Table], None]

# What ends the header and a claim. HL and CLM have no business in an 835; a reader that may begin a block there needs a rule.
BODY = ("LX", "TS3", "TS2", "CLP", "CLM", "HL", "PLB", "SE")
_CLAIM_ENDS = ("ISA", "GS", "ST", "GE", "IEA", *(name for name in BODY if name != "CLP"))
_GROUPS = ("CO", "PR", "OA", "PI", "CR")  # CAS01; CR in 4010 only
_TRIPLETS = 6  # of a CAS: reason, amount, quantity
_PAIRS = 6  # of a PLB: reason and reference, amount
_MIA_REMARKS = (5, 20, 21, 22, 23)
_MOA_REMARKS = (3, 4, 5, 6, 7)


class Loops835:
    """Which transaction, claim and line every segment of a block belongs to, as positions in the index; -1 for none.

    `transaction`: for every segment the position of its ST. Only segments of 835 transactions (`is_835`) have claims or lines.
    """

    def __init__(self, index: SegmentIndex, transaction: np.ndarray, is_835: np.ndarray) -> None:
        self.index = index
        is_835 = is_835 & (transaction >= 0)
        self.transaction = np.where(is_835, transaction, -1)
        if not is_835.any():
            self._are_none()
            return
        self.claim = index.opened(is_835, ("CLP",), _CLAIM_ENDS)
        self.line = index.opened(self.claim >= 0, ("SVC",), ("CLP",))
        self.is_header = index.opened(is_835, ("ST",), ("GE", "IEA", *BODY)) >= 0
        self.entity = index.opened(self.is_header, ("N1",), ("ST",))
        self.header = index.last("LX")
        self.claims = _fresh(index.rows("CLP"), self.claim, index)
        self.lines = _fresh(index.rows("SVC"), self.line, index)
        self.remittances = index.rows("ST")[is_835[index.rows("ST")]]

    def _are_none(self) -> None:
        """The block has no 835."""
        self.claim = self.line = self.entity = self.header = self.transaction
        self.is_header = np.zeros(len(self.index), bool)
        self.claims = self.lines = self.remittances = np.zeros(0, np.int64)

    def find_claim(self, source: Source) -> Rows:
        if source.segment == "CLP":
            return self.claims
        if source.segment == "LX":
            return self.header_of(self.claims)
        candidates = self._candidates(source)
        return self.index.first_in(self.claims, self.claim, candidates[self.line[candidates] < 0])

    def header_of(self, rows: Rows) -> Rows:
        """The LX before each of `rows` in its transaction."""
        header = self.header[rows]
        return np.where(header > self.transaction[rows], header, -1)

    def find_line(self, source: Source) -> Rows:
        if source.segment == "SVC":
            return self.lines
        return self.index.first_in(self.lines, self.line, self._candidates(source))

    def find_header(self, remittances: Rows) -> Callable[[Source], Rows]:
        index = self.index
        header = np.flatnonzero(self.is_header)  # few: looked at for each source, where the block would be too much
        header = header[np.isin(self.transaction[header], remittances)]
        identifier, qualifier = index.identifier[header], index.qualifier[header]
        number = np.searchsorted(remittances, self.transaction[header])
        is_before_names = self.entity[header] < 0
        entity = np.where(is_before_names, 0, index.qualifier[self.entity[header]])

        def find(source: Source) -> Rows:
            if source.segment == "ST":
                return remittances
            if source.segment in ("ISA", "GS"):
                return index.group_of(remittances) if source.segment == "GS" else index.last("ISA")[remittances]
            is_wanted = identifier == code(source.segment)
            if source.qualifier:
                is_wanted &= qualifier == code(source.qualifier)
            if source.loop:
                is_wanted &= entity == code({"1000A": "PR", "1000B": "PE"}[source.loop])
            elif source.segment == "REF":  # of a name it says something of that name
                is_wanted &= is_before_names
            found = np.full(len(remittances), -1, np.int64)
            found[number[is_wanted][::-1]] = header[is_wanted][::-1]  # the first one is written last
            return found

        return find

    def _candidates(self, source: Source) -> Rows:
        if source.qualifier:
            return self.index.qualified(source.segment, source.qualifier)
        return self.index.rows(source.segment)

    @cached_property
    def adjustments(self) -> Rows:
        rows = self.index.rows("CAS")
        return rows[self.claim[rows] >= 0]


def _fresh(rows: Rows, owner: np.ndarray, index: SegmentIndex) -> Rows:
    return rows[(owner[rows] == rows) & (rows >= index.context_count)]


def parse(index: SegmentIndex, loops: Loops835, file_id: str, emit: Emit, findings: Findings) -> dict[str, np.ndarray]:
    """Emit claim_payment, service_line, adjustment, remark_code and provider_adjustment of one block.

    Returns, for the remittance and its balance, per segment position: `charge`, `paid` (cents, at CLP), `provider_adjustment`
    (cents, at PLB). The remittance itself is emitted when its transaction ends (`remittance_columns`).
    """
    if not len(loops.remittances):
        return dict.fromkeys(("charge", "paid", "provider_adjustment"), np.zeros(len(index), np.int64))
    adjustment_cents = _adjustments(index, loops, file_id, emit, findings)
    charge, paid = _lines(index, loops, file_id, emit, findings, adjustment_cents)
    claim_charge, claim_paid = _claims(index, loops, file_id, emit, findings, adjustment_cents, charge, paid)
    _remarks(index, loops, file_id, emit)
    provider_cents = _provider_adjustments(index, loops, file_id, emit, findings)
    _provider_summaries(index, loops, file_id, emit, findings)
    _adjudications(index, loops, file_id, emit, findings)
    headers = index.rows("LX")
    index.structural(headers[loops.transaction[headers] >= 0], 1)
    return {"charge": claim_charge, "paid": claim_paid, "provider_adjustment": provider_cents}


def _claims(index, loops, file_id, emit, findings, adjustment_cents, line_charge, line_paid):
    """2100 CLP: one row per claim payment. Balances the claim: CLP03 less all its CAS is CLP04 (X12 RFI 2601)."""
    rows = loops.claims
    columns = read_columns(index, "claim_payment", len(rows), loops.find_claim, findings)
    line_count = index.sums_in(rows, loops.claim, loops.lines, np.ones(len(loops.lines), np.int64))
    names = index.rows("NM1")
    check_npi(index, names[(names >= index.context_count) & (loops.transaction[names] >= 0)], 8, 9, findings)
    columns |= {"line_count": pa.array(line_count)} | _keys(index, loops, rows, file_id)
    emit_rows(emit, "claim_payment", columns)

    charge, paid = _cents(columns["charge_amount"]), _cents(columns["paid_amount"])
    charge_by_segment, paid_by_segment = _spread(index, rows, charge), _spread(index, rows, paid)
    adjusted = index.sums_in(rows, loops.claim, loops.adjustments, adjustment_cents[loops.adjustments])
    difference = charge - adjusted - paid
    _report_difference(findings, "claim_out_of_balance", rows, difference)
    lines_total = index.sums_in(rows, loops.claim, loops.lines, line_charge)
    difference = np.where(line_count > 0, charge - lines_total, 0)
    _report_difference(findings, "claim_lines_out_of_balance", rows, difference)
    return charge_by_segment, paid_by_segment


def _lines(index, loops, file_id, emit, findings, adjustment_cents):
    """2110 SVC: one row per service line. Balances the line: SVC02 less its CAS is SVC03 (X12 RFI 2348)."""
    rows = loops.lines
    columns = read_columns(index, "service_line", len(rows), loops.find_line, findings)
    units = checked(index, rows, 5, index.decimals(rows, 5, 4), "amount_invalid", findings)
    has_none = ~units.is_valid & ~units.is_wrong
    columns["paid_units"] = decimal_array(
        np.where(has_none, 10_000, units.values), units.is_valid | has_none, pa.decimal128(18, 4)
    )
    columns["line_number"] = pa.array(ordinal_in(loops.claim[rows]))
    columns |= _keys(index, loops, rows, file_id, claim=True)
    emit_rows(emit, "service_line", columns)

    charge, paid = _cents(columns["charge_amount"]), _cents(columns["paid_amount"])
    adjusted = index.sums_in(rows, loops.line, loops.adjustments, adjustment_cents[loops.adjustments])
    _report_difference(findings, "line_out_of_balance", rows, charge - adjusted - paid)
    stray = index.rows("SVC")
    findings.add("service_line_without_claim", stray[(loops.transaction[stray] >= 0) & (loops.claim[stray] < 0)])
    return charge, paid


def _adjustments(index, loops, file_id, emit, findings) -> np.ndarray:
    """2100 and 2110 CAS: one row per triplet that has a reason code. Returns the cents adjusted by each segment."""
    columns, cents_by_segment = read_triplets(index, loops.adjustments, findings)
    rows = columns.pop("rows")
    columns |= _keys(index, loops, rows, file_id, claim=True, line=True)
    emit_rows(emit, "adjustment", columns)
    return cents_by_segment


def read_triplets(index: SegmentIndex, rows: Rows, findings: Findings) -> tuple[dict, np.ndarray]:
    """CAS: the triplets of `rows` as columns, with `rows` the segment of each, and the cents adjusted by every segment."""
    parts, cents_by_segment = [], np.zeros(len(index), np.int64)
    gap = np.zeros(len(rows), bool)
    previous_is_empty = np.zeros(len(rows), bool)
    most = index.token_count[rows].max(initial=0)
    for triplet in range(_TRIPLETS):
        reason, amount, quantity = 2 + 3 * triplet, 3 + 3 * triplet, 4 + 3 * triplet
        if most <= reason:
            break
        reasons = index.text(rows, reason)
        has_reason = np.asarray(reasons.is_valid())
        gap |= has_reason & previous_is_empty
        previous_is_empty |= ~has_reason
        chosen = rows[has_reason]
        amounts = checked(index, chosen, amount, index.decimals(chosen, amount, 2), "amount_invalid", findings)
        quantities = checked(index, chosen, quantity, index.decimals(chosen, quantity, 4), "amount_invalid", findings)
        cents_by_segment[chosen] += amounts.values
        parts.append((chosen, np.full(len(chosen), triplet + 1), reasons.filter(reasons.is_valid()), amounts, quantities))
    findings.add("adjustment_gap", rows[gap])
    findings.add("group_code_unknown", rows[~np.isin(index.qualifier[rows], [code(group) for group in _GROUPS])], 1)
    all_rows = np.concatenate([part[0] for part in parts]) if parts else np.zeros(0, np.int64)
    numbers = np.concatenate([part[1] for part in parts]) if parts else np.zeros(0, np.int64)
    order = np.lexsort((numbers, all_rows))
    columns = {
        "rows": all_rows[order],
        "triplet_number": pa.array(numbers[order]),
        "group_code": index.text(all_rows[order], 1),
        "reason_code": concatenate([part[2] for part in parts]).take(pa.array(order)),
        "adjustment_amount": _join([part[3] for part in parts], order).money(),
        "adjustment_quantity": _join([part[4] for part in parts], order).number(),
    }
    return columns, cents_by_segment


def _remarks(index, loops, file_id, emit) -> None:
    """2110 LQ, 2100 MIA and MOA: one row per remark code. LQ has its code in element 2, MIA in 5 and 20-23, MOA in 3-7."""
    parts = []
    for segment, elements in (("LQ", (2,)), ("MIA", _MIA_REMARKS), ("MOA", _MOA_REMARKS)):
        rows = index.rows(segment)
        rows = rows[(loops.claim[rows] >= 0) & ((loops.line[rows] >= 0) | (segment != "LQ"))]
        for element in elements:
            if index.token_count[rows].max(initial=0) <= element:
                continue
            codes = index.text(rows, element)
            chosen = rows[np.asarray(codes.is_valid())]
            qualifier = index.text(chosen, 1) if segment == "LQ" else pa.repeat("HE", len(chosen))
            parts.append((chosen, element, segment, qualifier, codes.drop_null()))
    rows = np.concatenate([part[0] for part in parts]) if parts else np.zeros(0, np.int64)
    elements = np.concatenate([np.full(len(part[0]), part[1]) for part in parts]) if parts else np.zeros(0, np.int64)
    order = np.lexsort((elements, rows))
    columns = {
        "remark_position": pa.array(elements[order]),
        "remark_source": concatenate([pa.repeat(part[2], len(part[0])) for part in parts]).take(pa.array(order)),
        "code_list_qualifier": concatenate([part[3] for part in parts]).take(pa.array(order)),
        "remark_code": concatenate([part[4] for part in parts]).take(pa.array(order)),
    }
    ordered = rows[order]
    keys = _keys(index, loops, ordered, file_id, claim=True)
    line = np.where(index.identifier[ordered] == code("LQ"), loops.line[ordered], -1)  # MIA and MOA speak of the claim, wherever
    keys["line_segment_index"] = index.segment_numbers(line)
    emit_rows(emit, "remark_code", columns | keys)


def _provider_adjustments(index, loops, file_id, emit, findings) -> np.ndarray:
    """PLB: one row per pair with a reason or an amount; positive amounts reduce the payment. Returns cents by segment."""
    rows = index.rows("PLB")
    rows = rows[loops.transaction[rows] >= 0]
    cents_by_segment = np.zeros(len(index), np.int64)
    parts = []
    for pair in range(_PAIRS):
        reason, amount = 3 + 2 * pair, 4 + 2 * pair
        if index.token_count[rows].max(initial=0) <= reason:
            break
        codes, references = index.components(rows, reason, 2)
        amounts = checked(index, rows, amount, index.decimals(rows, amount, 2), "amount_invalid", findings)
        chosen = np.flatnonzero(np.asarray(codes.is_valid()) | amounts.is_valid | amounts.is_wrong)
        cents_by_segment[rows] += amounts.values
        taken = pa.array(chosen)
        parts.append(
            (rows[chosen], np.full(len(chosen), pair + 1), codes.take(taken), references.take(taken), _subset(amounts, chosen))
        )
    all_rows = np.concatenate([part[0] for part in parts]) if parts else np.zeros(0, np.int64)
    numbers = np.concatenate([part[1] for part in parts]) if parts else np.zeros(0, np.int64)
    order = np.lexsort((numbers, all_rows))
    ordered = all_rows[order]
    columns = {
        "pair_number": pa.array(numbers[order]),
        "provider_id": index.text(ordered, 1),
        "fiscal_period_date": checked(index, ordered, 2, index.dates(ordered, 2), "date_invalid", findings).date(),
        "provider_adjustment_code": concatenate([part[2] for part in parts]).take(pa.array(order)),
        "reference_id": concatenate([part[3] for part in parts]).take(pa.array(order)),
        "adjustment_amount": _join([part[4] for part in parts], order).money(),
    }
    emit_rows(emit, "provider_adjustment", columns | _keys(index, loops, ordered, file_id))
    return cents_by_segment


def _provider_summaries(index, loops, file_id, emit, findings) -> None:
    """2000 TS3, with the TS2 that follows it: one row per provider and fiscal period."""
    rows = index.rows("TS3")
    rows = rows[(loops.transaction[rows] >= 0) & (rows >= index.context_count)]
    if not len(rows):
        return
    summary = index.last("ST", "TS3", *(name for name in BODY if name != "TS2"))

    def find(source: Source) -> Rows:
        if source.segment == "TS3":
            return rows
        if source.segment == "LX":
            return loops.header_of(rows)
        return index.first_in(rows, summary, index.rows(source.segment))

    columns = read_columns(index, "provider_summary", len(rows), find, findings)
    emit_rows(emit, "provider_summary", columns | _keys(index, loops, rows, file_id))


def _adjudications(index, loops, file_id, emit, findings) -> None:
    """2100 MIA and MOA: one row each. Their remark codes are rows of remark_code."""
    for segment, table_name in (("MIA", "inpatient_adjudication"), ("MOA", "outpatient_adjudication")):
        rows = index.rows(segment)
        rows = rows[loops.claim[rows] >= 0]
        if len(rows):
            columns = read_columns(index, table_name, len(rows), lambda source, rows=rows: rows, findings)
            emit_rows(emit, table_name, columns | _keys(index, loops, rows, file_id, claim=True))


def remittance_columns(index: SegmentIndex, loops: Loops835, rows: Rows, findings: Findings) -> dict[str, pa.Array]:
    """Header, 1000A and 1000B of the transactions that begin at `rows`: the columns of `remittance` that sources say."""
    find = loops.find_header(rows)
    columns = read_columns(index, "remittance", len(rows), find, findings)
    payee = find(Source("1000B", "N1", "PE", 4, 0, ""))
    check_npi(index, payee, 3, 4, findings)
    payee_id, is_npi = columns["payee_id"], element_is(index, payee, 3, "XX")
    is_tax_number = element_is(index, payee, 3, "FI")
    columns["payee_npi"] = pc.if_else(pa.array(is_npi), payee_id, pa.scalar(None, pa.string()))
    tax_reference = index.text(find(Source("1000B", "REF", "TJ", 2, 0, "")), 2)
    index.structural(find(Source("1000B", "REF", "TJ", 2, 0, "")), 1)
    from_name = pc.if_else(pa.array(is_tax_number), payee_id, pa.scalar(None, pa.string()))
    columns["payee_tax_number"] = pc.coalesce(tax_reference, from_name)
    return columns


def payment_days(index: SegmentIndex, loops: Loops835) -> tuple[np.ndarray, np.ndarray]:
    """Every 835 of the block, as the segment_index of its ST, and its payment date as days since 1970-01-01: BPR16, else
    DTM*405, else GS04; 0 where it has none. Context says it too, so it is known in every block of a remittance."""
    rows = loops.remittances
    find, days = loops.find_header(rows), np.zeros(len(rows), np.int64)
    for source in (Source("", "GS", "", 4, 0, ""), Source("", "DTM", "405", 2, 0, ""), Source("", "BPR", "", 16, 0, "")):
        found = index.dates(find(source), source.element, take=False, is_envelope=source.segment == "GS")
        days = np.where(found.is_valid, found.values, days)
    return index.segment_index[rows], days


# --------------------------------------------------------------------------------------------------------------------
def _keys(index, loops, rows, file_id, claim=False, line=False) -> dict[str, pa.Array]:
    """The columns that say where rows were read and what they belong to."""
    keys = {
        "file_id": pa.repeat(file_id, len(rows)),
        "segment_index": index.segment_numbers(rows),
        "remittance_segment_index": index.segment_numbers(loops.transaction[rows]),
    }
    if claim:
        keys["claim_segment_index"] = index.segment_numbers(loops.claim[rows])
    if line:
        keys["line_segment_index"] = index.segment_numbers(loops.line[rows])
    return keys


def emit_rows(emit: Emit, table_name: str, columns: dict[str, pa.Array]) -> None:
    schema = TABLES[table_name].schema
    if len(columns["file_id"]):
        emit(table_name, pa.table([columns[name] for name in schema.names], schema=schema))


def _cents(amounts: pa.Array) -> np.ndarray:
    """The cents of a money column; what is empty or wrong counts as 0, as `decimal_array` wrote it."""
    if not len(amounts) or isinstance(amounts, pa.ChunkedArray) or amounts.null_count == len(amounts):
        return np.zeros(len(amounts), np.int64)
    return np.frombuffer(amounts.buffers()[1], np.int64)[::2][amounts.offset : amounts.offset + len(amounts)]


def _spread(index: SegmentIndex, rows: Rows, values: np.ndarray) -> np.ndarray:
    result = np.zeros(len(index), np.int64)
    result[rows] = values
    return result


def _report_difference(findings: Findings, finding_code: str, rows: Rows, difference: np.ndarray) -> None:
    wrong = np.flatnonzero(difference)
    findings.add(finding_code, rows[wrong], difference=difference[wrong])


def ordinal_in(owners: np.ndarray) -> np.ndarray:
    """1, 2, 3 ... within each run of equal owners."""
    if not len(owners):
        return np.zeros(0, np.int64)
    positions = np.arange(len(owners))
    return positions - last(np.concatenate([[True], owners[1:] != owners[:-1]])) + 1


def concatenate(arrays: list[pa.Array]) -> pa.Array:
    arrays = [array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array for array in arrays]
    return pa.concat_arrays(arrays) if arrays else pa.array([], pa.string())


def _join(parts: list[Numbers], order: np.ndarray) -> Numbers:
    if not parts:
        return Numbers(np.zeros(0, np.int64), np.zeros(0, bool), np.zeros(0, bool))
    return Numbers(
        np.concatenate([part.values for part in parts])[order],
        np.concatenate([part.is_valid for part in parts])[order],
        np.concatenate([part.is_wrong for part in parts])[order],
    )


def _subset(numbers: Numbers, positions: np.ndarray) -> Numbers:
    return Numbers(numbers.values[positions], numbers.is_valid[positions], numbers.is_wrong[positions])
