"""Loops of the 837 (professional X222, institutional X223, dental X224 and their 4010 forms): from the index of a block to facts.

    2000A HL*20 PRV, 2010AA NM1*85 REF   2000B HL*22 SBR, 2010BA NM1*IL DMG, 2010BB NM1*PR   2000C HL*23 PAT, 2010CA NM1*QC DMG
    2300 CLM DTP REF HI        2320 SBR CAS (other payers)        2400 LX SV1|SV2|SV3 DTP REF, 2410 LIN, 2430 SVD CAS

The loop follows from running maxima, as in parse_835. Diagnoses are resolved here, because pointers mean positions within one
claim: each line gets the codes that it points to, in the order of its pointers.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.findings import Findings
from pipeline.parse_835 import Emit, concatenate, emit_rows, ordinal_in, read_triplets
from pipeline.x12_elements import Source, check_npi, checked, element_is, read_columns, read_value
from pipeline.x12_index import Numbers, Rows, SegmentIndex, code, last

_ENVELOPE = ("ISA", "GS", "ST", "SE", "GE", "IEA")
_BILLED = ("ABK", "BK", "ABF", "BF")  # HI qualifiers that diagnosis pointers count: principal and other diagnoses
_DIAGNOSES = (*_BILLED, "ABJ", "BJ", "APR", "PR", "ABN", "BN")  # admitting, reason for visit, external cause
_OUTSIDE_POINTERS = 100  # diagnosis_position of diagnoses that no pointer can name starts after this
_HI_ELEMENTS = 12
_POINTERS = 4  # of a line, to diagnoses of its claim
_LEVEL = {"2000A": "20", "2010AA": "20", "2000B": "22", "2010BA": "22", "2010BB": "22", "2000C": "23", "2010CA": "23"}
_ENTITY = {"2010AA": "85", "2010BA": "IL", "2010BB": "PR", "2010CA": "QC"}
_TYPES = {"X222": "P", "X098": "P", "X291": "P", "X223": "I", "X096": "I", "X292": "I", "X224": "D", "X097": "D"}


class Loops837:
    """Which level, claim and line every segment of a block belongs to, as positions in the index; -1 for none."""

    def __init__(self, index: SegmentIndex, transaction: np.ndarray, is_837: np.ndarray) -> None:
        self.index = index
        is_837 = is_837 & (transaction >= 0)
        self.transaction = np.where(is_837, transaction, -1)
        if not is_837.any():
            self._are_none()
            return
        claim = last(index.mask("CLM") & is_837)
        ended = index.last("HL", "CLP", *_ENVELOPE)  # CLP: no segment of an 837, but one that a block may begin with
        self.claim = np.where(is_837 & (claim > ended), claim, -1)
        in_claim = self.claim >= 0
        line = last(index.mask("LX") & in_claim)
        self.line_loop = np.where(in_claim & (line > self.claim), line, -1)
        other = last(index.mask("SBR") & in_claim)
        self.is_other_payer = in_claim & (other > self.claim) & (self.line_loop < 0)
        self._found: dict[tuple[str, str, str], Rows] = {}
        services = index.mask("SV1", "SV2", "SV3") & in_claim
        self.lines = np.flatnonzero(services)
        self.lines = self.lines[self.lines >= index.context_count]
        self._lines(services, in_claim)
        self.claims = index.rows("CLM")
        self.claims = self.claims[(self.claim[self.claims] == self.claims) & (self.claims >= index.context_count)]
        self._is_of_claim = in_claim & (self.line_loop < 0) & (self.line < 0) & ~self.is_other_payer
        self._levels(is_837 & ~in_claim)

    def _are_none(self) -> None:
        """The block has no 837."""
        self.claim = self.line = self.line_loop = self.own_level = self.transaction
        self.claims = self.lines = np.zeros(0, np.int64)

    def _lines(self, services: np.ndarray, in_claim: np.ndarray) -> None:
        """A line begins at its LX; some files leave the LX out, then at its SV segment. `is_numbered`: the LX is its own."""
        index, rows = self.index, np.flatnonzero(services)
        loops = self.line_loop[rows]
        is_first = np.concatenate([[True], loops[1:] != loops[:-1]]) if len(rows) else np.zeros(0, bool)
        is_first &= loops >= 0
        starts = index.mask("LX") & in_claim
        starts[rows[~is_first]] = True
        start = last(starts)
        self.line_start = np.where(in_claim & (start > self.claim), start, -1)
        service = last(services)
        self.line = np.where((self.line_start >= 0) & (service >= self.line_start), service, -1)
        self.is_numbered = np.zeros(len(index), bool)
        self.is_numbered[rows[is_first]] = True

    def _levels(self, outside_claims: np.ndarray) -> None:
        """HL levels: every claim has the nearest 20 and 22 before it, and a 23 if one stands behind the 22."""
        index = self.index
        levels = index.rows("HL")
        started = index.last("ST")
        by_level = {}
        for level in ("20", "22", "23"):
            mask = np.zeros(len(index), bool)
            mask[levels[element_is(index, levels, 3, level)]] = True
            found = last(mask)
            by_level[level] = np.where(found > started, found, -1)
        by_level["22"] = np.where(by_level["22"] > by_level["20"], by_level["22"], -1)
        by_level["23"] = np.where(by_level["23"] > np.maximum(by_level["22"], by_level["20"]), by_level["23"], -1)
        self.level = by_level
        current = index.last("HL")
        is_before_claims = (current > started) & (current > index.last("CLM"))
        self.own_level = np.where(outside_claims & is_before_claims, current, -1)
        names = index.last("NM1", "HL", "ST")
        is_name = index.mask("NM1")
        self.entity = np.where((names >= 0) & is_name[np.clip(names, 0, None)], names, -1)

    def find_claim(self, source: Source) -> Rows:
        """The segment of each claim that a source names, whatever its element."""
        place = (source.loop, source.segment, source.qualifier)
        if place not in self._found:
            self._found[place] = self._of_claims(source)
        return self._found[place]

    def _of_claims(self, source: Source) -> Rows:
        if source.segment == "CLM":
            return self.claims
        if source.segment in ("ST", "BHT"):
            return self._in_transaction(source.segment)
        candidates = self._candidates(source)
        if source.loop in ("2300", "2310"):
            return self.index.first_in(self.claims, self.claim, candidates[self._is_of_claim[candidates]])
        level = self.level[_LEVEL[source.loop]]
        candidates = candidates[(self.own_level[candidates] >= 0) & (self.own_level[candidates] == level[candidates])]
        if source.loop in _ENTITY and source.segment != "NM1":
            entity = self.entity[candidates]
            candidates = candidates[
                (entity >= 0) & (self.index.qualifier[np.clip(entity, 0, None)] == code(_ENTITY[source.loop]))
            ]
        return self.index.first_in(level[self.claims], self.own_level, candidates)

    def find_line(self, source: Source) -> Rows:
        if source.segment in ("SV1", "SV2", "SV3"):
            return np.where(self.index.identifier[self.lines] == code(source.segment), self.lines, -1)
        return self.index.first_in(self.line_start[self.lines], self.line_start, self._candidates(source))

    def _in_transaction(self, segment: str) -> Rows:
        if segment == "ST":
            return self.transaction[self.claims]
        rows = self.index.rows(segment)
        return self.index.first_in(self.transaction[self.claims], self.transaction, rows[self.transaction[rows] >= 0])

    def _candidates(self, source: Source) -> Rows:
        if source.qualifier:
            return self.index.qualified(source.segment, source.qualifier)
        return self.index.rows(source.segment)


def parse(index: SegmentIndex, loops: Loops837, file_id: str, emit: Emit, findings: Findings) -> None:
    """Emit submitted_claim, submitted_diagnosis, submitted_line and submitted_adjustment of one block."""
    levels = index.rows("HL")
    index.structural(levels[loops.transaction[levels] >= 0], 1, 2, 3, 4)
    names = index.rows("NM1")  # providers of any role; a block may end between one and its claims
    check_npi(index, names[(names >= index.context_count) & (loops.transaction[names] >= 0)], 8, 9, findings)
    if not len(loops.claims):
        return
    diagnoses = _Diagnoses(index, loops)
    diagnoses.emit(file_id, emit)
    claim_days = _claims(index, loops, file_id, emit, findings, diagnoses)
    if len(loops.lines):
        _lines(index, loops, file_id, emit, findings, diagnoses, claim_days)
    _adjustments(index, loops, file_id, emit, findings)
    _other_payers(index, loops, file_id, emit, findings)
    index.structural(index.rows("LX")[loops.line_loop[index.rows("LX")] >= 0], 1)


def _claims(index, loops, file_id, emit, findings, diagnoses) -> tuple[tuple[Numbers, Numbers], ...]:
    """2300 CLM with its subscriber, patient and payer: one row per submitted claim. Returns the first and last days that stand
    at claim level, for lines without a date: of DTP*472 and of DTP*434."""
    rows = loops.claims
    columns = read_columns(index, "submitted_claim", len(rows), loops.find_claim, findings)
    _patient(index, loops, columns, findings)
    name = loops.find_claim(Source("2010AA", "NM1", "85", 9, 0, ""))
    is_npi = element_is(index, name, 8, "XX")
    columns["billing_provider_npi"] = index.text(np.where(is_npi, name, -1), 9)
    _accept(index, name, 8, "XX")
    _accept(index, loops.find_claim(Source("2310", "NM1", "82", 9, 0, "")), 2, "1")
    for entity in ("71", "DN", "77"):
        _accept(index, loops.find_claim(Source("2310", "NM1", entity, 9, 0, "")), 8, "XX")
    _accept(index, loops.find_claim(Source("2000A", "PRV", "BI", 3, 0, "")), 2, "PXC")
    service, statement = (loops.find_claim(Source("2300", "DTP", qualifier, 3, 0, "")) for qualifier in ("472", "434"))
    days = _days(index, service, findings, take=False), _days(index, statement, findings)
    columns["statement_from_date"], columns["statement_to_date"] = days[1][0].date(), days[1][1].date()
    columns["claim_type"] = _claim_types(index, loops)
    columns["principal_diagnosis_code"], columns["diagnosis_codes"], columns["diagnosis_code_set"] = diagnoses.of_claims()
    line_count = index.sums_in(rows, loops.claim, loops.lines, np.ones(len(loops.lines), np.int64))
    columns |= {
        "file_id": pa.repeat(file_id, len(rows)),
        "segment_index": index.segment_numbers(rows),
        "transaction_segment_index": index.segment_numbers(loops.transaction[rows]),
        "line_count": pa.array(line_count),
    }
    emit_rows(emit, "submitted_claim", columns)
    return days


def _patient(index, loops, columns, findings) -> None:
    """The patient is the subscriber unless a 2000C loop (HL*23) stands between subscriber and claim."""
    has_patient_loop = loops.level["23"][loops.claims] >= 0
    name = loops.find_claim(Source("2010CA", "NM1", "QC", 3, 0, ""))
    index.structural(name, 1)
    _accept(index, name, 2, "1")
    demographics = loops.find_claim(Source("2010CA", "DMG", "", 2, 0, ""))
    _accept(index, demographics, 1, "D8")
    subscriber_demographics = loops.find_claim(Source("2010BA", "DMG", "", 2, 0, ""))
    _accept(index, subscriber_demographics, 1, "D8")
    street, city = (loops.find_claim(Source("2010CA", segment, "", 1, 0, "")) for segment in ("N3", "N4"))
    choice = pa.array(has_patient_loop)
    for column, subscriber_value, rows, element, type_ in (
        ("patient_last_name", columns["subscriber_last_name"], name, 3, "text"),
        ("patient_first_name", columns["subscriber_first_name"], name, 4, "text"),
        ("patient_middle_name", columns["subscriber_middle_name"], name, 5, "text"),
        ("patient_address", columns["subscriber_address"], street, 1, "text"),
        ("patient_city", columns["subscriber_city"], city, 1, "text"),
        ("patient_state", columns["subscriber_state"], city, 2, "code"),
        ("patient_postal_code", columns["subscriber_postal_code"], city, 3, "code"),
        ("patient_birth_date", columns["subscriber_birth_date"], demographics, 2, "date"),
        ("patient_gender_code", index.text(subscriber_demographics, 3), demographics, 3, "code"),
    ):
        columns[column] = pc.if_else(choice, read_value(index, rows, element, type_, findings), subscriber_value)


def _accept(index, rows: Rows, element: int, expected: str) -> None:
    """An element that has the value that the column stands for says nothing more."""
    index.structural_where(rows, element, code(expected))


def _claim_types(index, loops) -> pa.Array:
    """P, I or D: from the version in ST03 or GS08, else from the kind of the claim's first line, else professional."""
    rows = loops.claims
    if not len(rows):
        return pa.array([], pa.string())
    transactions, number = np.unique(loops.transaction[rows], return_inverse=True)
    group = index.group_of(transactions)
    stated = pc.coalesce(index.text(transactions, 3, take=False), index.text(group, 8, take=False)).to_pylist()
    known = [next((type_ for key, type_ in _TYPES.items() if key in (version or "")), None) for version in stated]
    first_line = index.first_in(rows, loops.claim, loops.lines)
    identifiers = np.where(first_line >= 0, index.identifier[np.clip(first_line, 0, None)], 0)
    by_line = np.select([identifiers == code("SV2"), identifiers == code("SV3")], ["I", "D"], "P")
    return pc.coalesce(pa.array(known, pa.string()).take(pa.array(number)), pa.array(by_line, pa.string()))


def _days(index, rows: Rows, findings: Findings, take: bool = True) -> tuple[Numbers, Numbers]:
    """First and last day of a DTP: D8 one day, RD8 a range, DT day and hour."""
    first = checked(index, rows, 3, index.dates(rows, 3, part=0, take=take, is_period=True), "date_invalid", findings)
    if take:
        _take_days(index, rows)
    return first, index.dates(rows, 3, part=1, take=False, is_period=True)


def _take_days(index, rows: Rows) -> None:
    index.structural(rows, 1)
    for form in ("D8", "RD8"):
        _accept(index, rows, 2, form)


def _lines(index, loops, file_id, emit, findings, diagnoses, claim_days) -> None:
    """2400 SV1, SV2, SV3: one row per submitted line."""
    rows = loops.lines
    columns = read_columns(index, "submitted_line", len(rows), loops.find_line, findings)
    own_first, own_last = _days(index, loops.find_line(Source("2400", "DTP", "472", 3, 0, "")), findings)
    position = np.searchsorted(loops.claims, loops.claim[rows])
    # the claim's own day of service has no column but those of lines without a day: it stays open where none is
    of_claims = loops.find_claim(Source("2300", "DTP", "472", 3, 0, ""))[position]
    used = np.where(claim_days[0][0].is_valid[position] & ~(own_first.is_valid & own_last.is_valid), of_claims, -1)
    index.structural(used, 3)
    _take_days(index, used)
    rendering = loops.find_line(Source("2420", "NM1", "82", 9, 0, ""))
    _accept(index, rendering, 2, "1")
    _accept(index, rendering, 8, "XX")
    columns["service_date"] = _first_known([own_first, *(_of(day[0], position) for day in claim_days)]).date()
    columns["service_end_date"] = _first_known([own_last, *(_of(day[1], position) for day in claim_days)]).date()
    counted = ordinal_in(loops.claim[rows])
    stated = index.decimals(np.where(loops.is_numbered[rows], loops.line_loop[rows], -1), 1, 0, take=False)
    columns["line_number"] = pa.array(np.where(stated.is_valid, stated.values, counted))
    columns["place_of_service_code"] = _place_of_service(index, loops)
    pointers, columns["diagnosis_codes"], columns["diagnosis_basis"] = diagnoses.of_lines()
    columns["diagnosis_pointers"] = pointers
    columns |= {
        "file_id": pa.repeat(file_id, len(rows)),
        "segment_index": index.segment_numbers(rows),
        "transaction_segment_index": index.segment_numbers(loops.transaction[rows]),
        "claim_segment_index": index.segment_numbers(loops.claim[rows]),
    }
    emit_rows(emit, "submitted_line", columns)


def _place_of_service(index, loops) -> pa.Array:
    of_line = pc.coalesce(
        index.text(loops.find_line(Source("", "SV1", "", 5, 0, "")), 5),
        index.text(loops.find_line(Source("", "SV3", "", 3, 0, "")), 3),
    )
    facility, qualifier = index.components(loops.claims, 5, 3)[:2]
    is_bill_type = pc.fill_null(pc.equal(qualifier, "A"), False)
    of_claim = pc.if_else(is_bill_type, pa.scalar(None, pa.string()), facility)
    return pc.coalesce(of_line, of_claim.take(pa.array(np.searchsorted(loops.claims, loops.claim[loops.lines]))))


def _first_known(alternatives: list[Numbers]) -> Numbers:
    result = alternatives[0]
    for other in alternatives[1:]:
        values = np.where(result.is_valid, result.values, other.values)
        result = Numbers(values, result.is_valid | other.is_valid, result.is_wrong)
    return result


def _of(numbers: Numbers, positions: np.ndarray) -> Numbers:
    return Numbers(numbers.values[positions], numbers.is_valid[positions], numbers.is_wrong[positions])


def _adjustments(index, loops, file_id, emit, findings) -> None:
    """2320 and 2430 CAS: what an earlier payer adjusted, as the claim reports it."""
    rows = index.rows("CAS")
    columns, _ = read_triplets(index, rows[(loops.claim[rows] >= 0) & (rows >= index.context_count)], findings)
    rows = columns.pop("rows")
    columns |= {
        "file_id": pa.repeat(file_id, len(rows)),
        "segment_index": index.segment_numbers(rows),
        "claim_segment_index": index.segment_numbers(loops.claim[rows]),
        "line_segment_index": index.segment_numbers(loops.line[rows]),
    }
    emit_rows(emit, "submitted_adjustment", columns)


def _other_payers(index, loops, file_id, emit, findings) -> None:
    """2320 SBR with its 2330 names: one row per other payer of a claim."""
    rows = index.rows("SBR")
    rows = rows[loops.is_other_payer[rows] & (rows >= index.context_count)]
    if not len(rows):
        return
    payer = np.where(loops.is_other_payer, index.last("SBR"), -1)

    def find(source: Source) -> Rows:
        if source.segment == "SBR":
            return rows
        return index.first_in(rows, payer, index.qualified(source.segment, source.qualifier))

    columns = read_columns(index, "submitted_other_payer", len(rows), find, findings)
    columns |= {
        "file_id": pa.repeat(file_id, len(rows)),
        "segment_index": index.segment_numbers(rows),
        "transaction_segment_index": index.segment_numbers(loops.transaction[rows]),
        "claim_segment_index": index.segment_numbers(loops.claim[rows]),
    }
    emit_rows(emit, "submitted_other_payer", columns)


class _Diagnoses:
    """The diagnoses of the claims of a block, in order: `rows` HI segment, `claim` position of the CLM, `position`, `codes`."""

    def __init__(self, index: SegmentIndex, loops: Loops837) -> None:
        self.index, self.loops = index, loops
        rows = index.rows("HI")
        own = (loops.claim[rows] >= 0) & (loops.line_loop[rows] < 0) & ~loops.is_other_payer[rows] & (rows >= index.context_count)
        rows = rows[own]
        parts = []
        for element in range(1, _HI_ELEMENTS + 1):
            if index.token_count[rows].max(initial=0) <= element:
                break
            parts.append(self._element(rows, element))
        self.rows = np.concatenate([part[0] for part in parts]) if parts else np.zeros(0, np.int64)
        elements = np.concatenate([part[1] for part in parts]) if parts else np.zeros(0, np.int64)
        order = np.lexsort((elements, self.rows))
        self.rows = self.rows[order]
        taken = pa.array(order)
        self.qualifiers, self.codes, self.admission = (concatenate([part[at] for part in parts]).take(taken) for at in (2, 3, 4))
        self.claim = loops.claim[self.rows]
        self.is_billed = np.asarray(pc.is_in(self.qualifiers, pa.array(_BILLED)))
        self.position = self._positions()

    def _element(self, rows: Rows, element: int) -> tuple:
        """One HI element: keep the diagnoses, leave procedures, occurrences, values and conditions to other_segment."""
        value, parts = self.index.distinct_components(rows, element, 9)
        qualifiers, codes = pc.utf8_upper(parts[0]), _normalised(parts[1])
        is_diagnosis = pc.and_(pc.fill_null(pc.is_in(qualifiers, pa.array(_DIAGNOSES)), False), codes.is_valid())
        has_more = np.zeros(len(qualifiers) + 1, bool)  # one more, as of the next, which -1 reads
        for part in parts[2:8]:  # date, amount, quantity: only other HI qualifiers carry them
            has_more[:-1] |= np.asarray(part.is_valid())
        is_chosen = np.append(np.asarray(is_diagnosis), False)[value]
        self.index.untake(rows[~is_chosen | has_more[value]], element)
        chosen = pa.array(value[is_chosen])
        return (
            rows[is_chosen],
            np.full(int(is_chosen.sum()), element),
            qualifiers.take(chosen),
            codes.take(chosen),
            parts[8].take(chosen),
        )

    def _positions(self) -> np.ndarray:
        """Pointers count the principal and other diagnoses only; the others follow behind 100."""
        position = np.zeros(len(self.rows), np.int64)
        for mask, offset in ((self.is_billed, 0), (~self.is_billed, _OUTSIDE_POINTERS)):
            position[mask] = ordinal_in(self.claim[mask]) + offset
        return position

    def emit(self, file_id: str, emit: Emit) -> None:
        """One row of submitted_diagnosis per diagnosis."""
        columns = {
            "file_id": pa.repeat(file_id, len(self.rows)),
            "segment_index": self.index.segment_numbers(self.rows),
            "diagnosis_position": pa.array(self.position),
            "claim_segment_index": self.index.segment_numbers(self.claim),
            "diagnosis_qualifier": self.qualifiers,
            "diagnosis_code": self.codes,
            "diagnosis_code_set": _code_set(self.qualifiers),
            "present_on_admission_code": self.admission,
        }
        emit_rows(emit, "submitted_diagnosis", columns)

    def of_claims(self) -> tuple[pa.Array, pa.Array, pa.Array]:
        """Principal diagnosis, all billed diagnoses joined by a space, and code set, of each claim; null where there are none."""
        claims = self.loops.claims
        is_principal = np.asarray(pc.is_in(self.qualifiers, pa.array(("ABK", "BK"))))
        principal = self._first_of(claims, is_principal)
        first = self._first_of(claims, self.is_billed)
        return (
            self.codes.take(pa.array(principal, mask=principal < 0)),
            self._joined(claims),
            _code_set(self.qualifiers).take(pa.array(first, mask=first < 0)),
        )

    def _first_of(self, claims: Rows, mask: np.ndarray) -> np.ndarray:
        """Number of the first diagnosis of each claim for which `mask` holds; -1 where none."""
        result = np.full(len(self.index) + 1, -1, np.int64)
        numbers = np.flatnonzero(mask)[::-1]
        result[self.claim[numbers]] = numbers
        return result[claims]

    def _joined(self, claims: Rows) -> pa.Array:
        """The billed diagnoses of each claim, joined by a space; null where there are none."""
        billed = np.flatnonzero(self.is_billed)
        counts = np.bincount(self.claim[billed], minlength=len(self.index) + 1)[claims]
        starts = np.searchsorted(self.claim[billed], claims)
        offsets = np.concatenate([[0], np.cumsum(counts)])
        order = np.repeat(starts - offsets[:-1], counts) + np.arange(offsets[-1])
        lists = pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), self.codes.take(pa.array(billed[order])))
        joined = pc.binary_join(lists, " ")
        return pc.if_else(pa.array(counts > 0), joined, pa.scalar(None, pa.string()))

    def of_lines(self) -> tuple[pa.Array, pa.Array, pa.Array]:
        """Pointers, the codes that they name in their order, and the basis, of each line: `pointer`, else `claim` (all of the
        claim's, weaker), else `unknown`. A pointer to a diagnosis that is not there names nothing."""
        index, loops = self.index, self.loops
        is_dental = index.identifier[loops.lines] == code("SV3")
        rows = np.where(is_dental | (index.identifier[loops.lines] == code("SV1")), loops.lines, -1)
        value, parts = index.distinct_components(rows, np.where(is_dental, 11, 7), _POINTERS)
        table = np.full((len(loops.claims) + 1, _HI_ELEMENTS * 2 + 1), -1, np.int64)
        billed = np.flatnonzero(self.is_billed & (self.position < table.shape[1]))
        table[np.searchsorted(loops.claims, self.claim[billed]), self.position[billed]] = billed
        claim = np.searchsorted(loops.claims, loops.claim[loops.lines])
        named = np.full((len(rows), _POINTERS), -1, np.int64)
        for at, pointer in enumerate(parts):
            numbers = np.append(np.asarray(pc.fill_null(_small_number(pointer), 0)), 0)  # one more, which -1 reads
            number = numbers[value]
            number = np.where(number < table.shape[1], number, 0)
            named[:, at] = np.where(number > 0, table[claim, number], -1)
        joined = self._joined_of(named)
        has_codes = joined.is_valid()
        of_claim = self._joined(loops.claims).take(pa.array(claim))
        codes = pc.if_else(has_codes, joined, of_claim)
        basis = pc.if_else(has_codes, "pointer", pc.if_else(codes.is_valid(), "claim", "unknown"))
        return _join_by_blank(parts).take(pa.array(value, mask=value < 0)), codes, basis

    def _joined_of(self, named: np.ndarray) -> pa.Array:
        """The codes of the diagnoses that each row names, joined by a blank; null where it names none."""
        is_named = named >= 0
        offsets = np.append(0, np.cumsum(is_named.sum(axis=1)))
        lists = pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), self.codes.take(pa.array(named[is_named])))
        joined = pc.utf8_trim(pc.binary_join(lists, " "), " ")
        return pc.if_else(pc.equal(joined, ""), pa.scalar(None, pa.string()), joined)


def _join_by_blank(parts: list[pa.Array]) -> pa.Array:
    """The values of each row joined by a blank, nulls left out; null where there is none.

    The first part is never null when joined: Arrow (26.0) drops a row of nothing but nulls from the result, without an error.
    """
    joined = pc.utf8_trim(pc.binary_join_element_wise(pc.fill_null(parts[0], ""), *parts[1:], " ", null_handling="skip"), " ")
    return pc.if_else(pc.equal(joined, ""), pa.scalar(None, pa.string()), joined)


def _small_number(values: pa.Array) -> pa.Array:
    """Pointers as numbers; anything but one or two digits is null."""
    is_number = pc.fill_null(pc.match_substring_regex(values, r"^\d{1,2}$"), False)
    return pc.if_else(is_number, values, pa.scalar(None, pa.string())).cast(pa.int64())


def _normalised(codes: pa.Array) -> pa.Array:
    """Diagnosis codes as compared: upper case, without dots and blanks."""
    return pc.replace_substring(pc.replace_substring(pc.utf8_upper(codes), ".", ""), " ", "")


def _code_set(qualifiers: pa.Array) -> pa.Array:
    return pc.if_else(pc.starts_with(qualifiers, "A"), "ICD-10", "ICD-9")
