"""From a column's source note in tables.py to its values.

The contract says where each column stands in the standard, as `CLP03`, `SVC01-2`, `2100 NM1*QC 03`, `2100 REF*1L` or
`1000A PER*CX TE`. This module reads those notes, so the data dictionary and the reader cannot disagree. Alternatives are
separated by commas; the first that has a value wins.

    CLP03              element 3 of the row's own segment, or of that segment in the transaction's header
    SVC01-2            component 2 of element 1
    2100 NM1*QC 03     element 3 of the first NM1 in loop 2100 whose first element is QC
    2100 REF*1L        the value of that REF: element 2 (REF, DTM, AMT, QTY) or 3 (DTP)
    1000A PER*CX TE    the number behind the communication qualifier TE

A note that does not follow this grammar (it says `computed: ...`) is the business of the parser of that table.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.findings import Findings
from pipeline.tables import TABLES, TYPES
from pipeline.x12_index import Numbers, Rows, SegmentIndex, code, nulls


@dataclass(frozen=True)
class Source:
    """One place in the standard. `loop` is empty for the row's own segment and for the transaction's header."""

    loop: str
    segment: str
    qualifier: str
    element: int
    component: int
    communication: str


_SOURCE = re.compile(
    r"(?:(?P<loop>\d{4}[A-Z]{0,2}) )?(?P<segment>[A-Z][A-Z0-9]{1,2}?)(?:\*(?P<qualifier>\w+))?"
    r"(?: ?(?P<element>\d\d)(?:-(?P<component>\d))?)?(?: (?P<communication>TE|FX|EM|EX|UR))?"
)
_VALUE_ELEMENT = {"DTP": 3}  # of qualified segments; REF, DTM, AMT and QTY carry theirs in element 2
# NM102 as the guide has it for each entity: 1 person, 2 organisation. Another value is kept with the segment's text.
_ENTITY_TYPE = {"QC": "1", "IL": "1", "74": "1", "GB": "1", "71": "1", "DN": "1", "TT": "2", "PR": "2", "85": "2", "77": "2"}

Find = Callable[[Source], Rows]


@cache
def sources(table_name: str) -> dict[str, tuple[Source, ...]]:
    """The columns of a table whose notes the reader follows by itself, with their sources in order of preference."""
    readable = {}
    for column in TABLES[table_name].columns:
        note = TABLES[table_name].sources[column.name]
        matches = [_SOURCE.fullmatch(part) for part in note.split(", ")]
        if column.type != "index" and note and all(match and (match["element"] or match["qualifier"]) for match in matches):
            readable[column.name] = tuple(_source(match) for match in matches)
    return readable


def _source(match: re.Match) -> Source:
    value_element = 0 if match["communication"] else _VALUE_ELEMENT.get(match["segment"], 2)
    return Source(
        match["loop"] or "",
        match["segment"],
        match["qualifier"] or "",
        int(match["element"] or value_element),
        int(match["component"] or 0),
        match["communication"] or "",
    )


def read_columns(index: SegmentIndex, table_name: str, row_count: int, find: Find, findings: Findings) -> dict[str, pa.Array]:
    """All columns of a table that sources say, each with `row_count` values.

    `find` gives for a source the segment of each row (-1 where it has none). A value that is no number or date where the
    column is one becomes null and a finding, and its segment is kept as text.
    """
    places = _Places(index, find)
    composites = _composites(index, table_name, places)
    columns = {}
    for column in TABLES[table_name].columns:
        alternatives = sources(table_name).get(column.name)
        if alternatives is None:
            continue
        values = [_read(index, source, column.type, places, findings, composites) for source in alternatives]
        there = [value for value in values if value is not None]
        columns[column.name] = pc.coalesce(*there) if len(there) > 1 else _or_nulls(there, row_count, column.type)
    return columns


class _Places:
    """The segments that sources name, each looked for once: many columns are elements of the same segment."""

    def __init__(self, index: SegmentIndex, find: Find) -> None:
        self.index, self.find = index, find
        self._found: dict[tuple[str, str, str], Rows | None] = {}

    def of(self, source: Source) -> Rows | None:
        """The segment of each row; None where no row has one. What says only where it stands is taken with it."""
        place = (source.loop, source.segment, source.qualifier)
        if place not in self._found:
            rows = self.find(source) if self._is_anywhere(source) else None
            self._found[place] = rows if rows is not None and (rows >= 0).any() else None
            if source.qualifier and self._found[place] is not None:
                self.index.structural(rows, 1)
                if source.segment == "DTP":  # a range says more than a column that holds one day
                    self.index.structural_where(rows, 2, code("D8"))
                if source.segment == "NM1":
                    _accept_entity_type(self.index, rows, source.qualifier)
        return self._found[place]


    def _is_anywhere(self, source: Source) -> bool:
        """Whether the block has any such segment: most of those that sources name are in no block."""
        index = self.index
        return len(index.qualified(source.segment, source.qualifier) if source.qualifier else index.rows(source.segment)) > 0


def _or_nulls(values: list[pa.Array], row_count: int, type_: str) -> pa.Array:
    return values[0] if values else nulls(row_count, TYPES[type_][0])


def _read(index, source: Source, type_: str, places: _Places, findings: Findings, composites: dict) -> pa.Array | None:
    rows = places.of(source)
    if rows is None:
        return None
    if source.component:
        return composites[(source.loop, source.segment, source.qualifier, source.element)][source.component - 1]
    element: int | np.ndarray = source.element
    if source.communication:
        rows, element = communication_number(index, rows, source.communication)
    return read_value(index, rows, element, type_, findings, source.segment)


def read_value(
    index: SegmentIndex, rows: Rows, element: int | np.ndarray, type_: str, findings: Findings, segment: str = ""
) -> pa.Array:
    """One element of `rows` in a column type of tables.py; null and a finding where it is no such value."""
    if type_ in ("text", "code"):
        return index.text(rows, element)
    if type_ == "date":
        dates = index.dates(rows, element, is_period=segment == "DTP", is_envelope=segment in ("ISA", "GS"))
        return checked(index, rows, element, dates, "date_invalid", findings).date()
    numbers = index.decimals(rows, element, {"money": 2, "number": 4}.get(type_, 0))
    checked(index, rows, element, numbers, "amount_invalid", findings)
    return {"money": numbers.money, "number": numbers.number}.get(type_, numbers.integer)()


def checked(index, rows: Rows, element, numbers: Numbers, finding_code: str, findings: Findings) -> Numbers:
    """Report what is no value, and let its segment be kept as text."""
    wrong = np.flatnonzero(numbers.is_wrong)
    if len(wrong):
        elements = np.broadcast_to(np.asarray(element), len(rows))[wrong]
        index.refuse(rows[wrong], elements)
        findings.add(finding_code, rows[wrong], elements)
    return numbers


def communication_number(index: SegmentIndex, rows: Rows, communication: str) -> tuple[Rows, np.ndarray]:
    """PER: which element holds the number behind a communication qualifier (03/04, 05/06, 07/08), -1 rows where none does."""
    element = np.zeros(len(rows), np.int64)
    for position in (7, 5, 3):
        element = np.where(element_is(index, rows, position, communication), position + 1, element)
    found = np.where(element > 0, rows, -1)
    _take_each(index, found, element - 1)
    return found, np.maximum(element, 1)


def element_is(index: SegmentIndex, rows: Rows, element: int, value: str) -> np.ndarray:
    """Whether an element of each of `rows` is `value` (up to four characters, any case)."""
    return index.is_value(rows, element, code(value))


def check_npi(index: SegmentIndex, rows: Rows, qualifier: int, element: int, findings: Findings) -> None:
    """Report identifiers that say that they are an NPI (XX) and fail its check digit."""
    rows = rows[element_is(index, rows, qualifier, "XX")]
    values = index.text(rows, element, take=False)
    wrong = [value for value in values.unique().to_pylist() if value is not None and not is_npi(value)]
    if wrong:
        findings.add("npi_check_digit_wrong", rows[np.asarray(pc.is_in(values, pa.array(wrong, pa.string())))], element)


def is_npi(value: str) -> bool:
    """Ten digits whose last one is the Luhn check digit of 80840 and the first nine (45 CFR 162.406, ISO/IEC 7812)."""
    if len(value) != 10 or not (value.isascii() and value.isdigit()):
        return False
    digits = [int(digit) for digit in "80840" + value]
    doubled = [digit * 2 - 9 * (digit > 4) if place % 2 else digit for place, digit in enumerate(reversed(digits))]
    return sum(doubled) % 10 == 0


def _take_each(index: SegmentIndex, rows: Rows, element: np.ndarray) -> None:
    for position in np.unique(element[rows >= 0]):
        index.structural(np.where(element == position, rows, -1), int(position))


def _accept_entity_type(index: SegmentIndex, rows: Rows, qualifier: str) -> None:
    expected = _ENTITY_TYPE.get(qualifier)
    if expected:
        index.structural_where(rows, 2, code(expected))


def _composites(index: SegmentIndex, table_name: str, places: _Places) -> dict[tuple, list[pa.StringArray]]:
    """Each composite element that a table reads, cut once into as many components as its columns want."""
    wanted: dict[tuple, tuple[Source, int]] = {}
    for alternatives in sources(table_name).values():
        for source in alternatives:
            if source.component:
                key = (source.loop, source.segment, source.qualifier, source.element)
                wanted[key] = (source, max(source.component, wanted.get(key, (source, 0))[1]))
    found = ((key, places.of(source), source.element, count) for key, (source, count) in wanted.items())
    return {key: index.components(rows, element, count) for key, rows, element, count in found if rows is not None}
