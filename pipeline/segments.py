"""From facts back to segments: what a person compares with the payer's remittance.

The file itself may be gone. A segment that was kept as text is shown as it was received; any other is put together from its
typed columns, by the same notes of tables.py that it was read by. What no column takes (blanks, trailing zeros of amounts) is
not there, so such a text says the same as the segment and need not be the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import duckdb

from pipeline.query import dicts
from pipeline.tables import TABLES
from pipeline.x12_elements import sources

Elements = dict[tuple[int, int], str]
"""Element and component (0 for an element without components) to the value that stands there."""


@dataclass(frozen=True)
class Delimiters:
    """What separates elements and components in a transaction."""

    element: str = "*"
    component: str = ":"

    @classmethod
    def of(cls, hexadecimal: str | None) -> Delimiters:
        """From transaction_set.delimiters; the usual ones where they are not known, or are no ASCII."""
        try:
            text = bytes.fromhex(hexadecimal or "").decode("ascii")
        except ValueError:
            text = ""
        return cls(text[0], text[1]) if len(text) == 4 else cls()


@dataclass(frozen=True)
class Segment:
    """One segment of a file. `segment_index` counts from 0, as in the facts; `number` is what a person looks for: segments from
    1, rows of an extract as a spreadsheet shows them. Both None where the column does not say where its segment stood."""

    file_name: str
    file_id: str
    segment_index: int | None
    number: int | None
    what: str
    text: str
    is_as_received: bool


class SegmentReader:
    """The segments of a warehouse's facts, by where they stand."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def row(self, table_name: str, file_id: str, segment_index: int) -> dict[str, Any] | None:
        return next(iter(self.rows(table_name, file_id, segment_index=segment_index)), None)

    def rows(self, table_name: str, file_id: str, **where: Any) -> list[dict[str, Any]]:
        """Rows of one file's facts, in the order of the file. `where`: column to value."""
        table = TABLES[table_name]
        conditions = " AND ".join(["file_id = $file_id", *(f"{name} IS NOT DISTINCT FROM ${name}" for name in where)])
        query = f"SELECT {', '.join(table.column_names)} FROM {table_name} WHERE {conditions} ORDER BY {', '.join(table.key)}"
        return dicts(self._connection, query, {"file_id": file_id, **where})

    def own(self, table_name: str, file_id: str, segment_index: int, segment_id: str, what: str) -> Segment:
        """The segment that a row was read from, as CLP of claim_payment."""
        row = self.row(table_name, file_id, segment_index) or {}
        return self._segment(file_id, segment_index, segment_id, own_elements(table_name, row, segment_id), what)

    def adjustments(self, file_id: str, claim: int, line: int | None) -> list[Segment]:
        """CAS of a line, or of a claim."""
        rows = self.rows("adjustment", file_id, claim_segment_index=claim, line_segment_index=line)
        made = []
        for segment_index, triplets in _by_segment(rows).items():
            elements: Elements = {(1, 0): triplets[0]["group_code"] or ""}
            for row in triplets:
                first = 3 * row["triplet_number"] - 1
                cells = (row["reason_code"], row["adjustment_amount"], row["adjustment_quantity"])
                elements |= {(first + offset, 0): shown(cell) for offset, cell in enumerate(cells)}
            made.append(self._segment(file_id, segment_index, "CAS", elements, "adjustments"))
        return made

    def remarks(self, file_id: str, claim: int, line: int | None) -> list[Segment]:
        """LQ of a line; MIA and MOA of a claim."""
        made = []
        for segment_index, rows in _by_segment(
            self.rows("remark_code", file_id, claim_segment_index=claim, line_segment_index=line)
        ).items():
            source = rows[0]["remark_source"]
            elements = {(row["remark_position"], 0): row["remark_code"] for row in rows}
            if source == "LQ":
                elements = {(1, 0): rows[0]["code_list_qualifier"] or "", (2, 0): rows[0]["remark_code"]}
            made.append(self._segment(file_id, segment_index, source, elements, "remarks"))
        return made

    def diagnoses(self, file_id: str, claim: int) -> list[Segment]:
        """HI of a submitted claim."""
        made = []
        for segment_index, rows in _by_segment(self.rows("submitted_diagnosis", file_id, claim_segment_index=claim)).items():
            elements: Elements = {}
            for element, row in enumerate(rows, 1):
                elements |= {(element, 1): row["diagnosis_qualifier"] or "", (element, 2): row["diagnosis_code"] or ""}
            made.append(self._segment(file_id, segment_index, "HI", elements, "diagnoses as submitted"))
        return made

    def placeless(self, file_id: str, near: int, segment_id: str, values: Iterable[Any], what: str) -> Segment:
        """A segment whose place in the file no column holds, as REF*0K of a line. `near`: a segment of the same transaction."""
        elements = {(number, 0): shown(value) for number, value in enumerate(values, 1)}
        text = joined(segment_id, elements, self._delimiters(file_id, near))
        return self._shown(file_id, None, what, text, False)

    def _segment(self, file_id: str, segment_index: int, segment_id: str, elements: Elements, what: str) -> Segment:
        kept = self.row("other_segment", file_id, segment_index)
        if kept:
            return self._shown(file_id, segment_index, what, kept["raw_text"].strip(), True)
        text = joined(segment_id, elements, self._delimiters(file_id, segment_index))
        return self._shown(file_id, segment_index, what, text, False)

    def _shown(self, file_id: str, segment_index: int | None, what: str, text: str, is_as_received: bool) -> Segment:
        query = "SELECT file_name, kind = 'extract' FROM source_file WHERE file_id = ?"
        name, is_extract = self._connection.execute(query, [file_id]).fetchone() or ("unknown", False)
        number = segment_index if segment_index is None or is_extract else segment_index + 1
        return Segment(name, file_id, segment_index, number, what, text, is_as_received)

    def _delimiters(self, file_id: str, segment_index: int) -> Delimiters:
        query = """
            SELECT delimiters FROM transaction_set WHERE file_id = ? AND segment_index <= ? ORDER BY segment_index DESC LIMIT 1
        """
        found = self._connection.execute(query, [file_id, segment_index]).fetchone()
        return Delimiters.of(found[0] if found else None)


def own_elements(table_name: str, row: Mapping[str, Any], segment_id: str) -> Elements:
    """The elements of a row's own segment that its columns hold."""
    elements: Elements = {}
    for column, alternatives in sources(table_name).items():
        for source in alternatives:
            if source.segment == segment_id and not source.loop and not source.qualifier and row.get(column) is not None:
                elements[(source.element, source.component)] = shown(row[column])
    return elements


def joined(segment_id: str, elements: Elements, delimiters: Delimiters) -> str:
    """The segment without its terminator."""
    cells = []
    for element in range(1, max((number for number, _ in elements), default=0) + 1):
        components = {component: value for (number, component), value in elements.items() if number == element}
        if 0 in components:
            cells.append(components[0])
        else:
            last = max((component for component, value in components.items() if value), default=0)
            cells.append(delimiters.component.join(components.get(number, "") for number in range(1, last + 1)))
    while cells and not cells[-1]:
        cells.pop()
    return delimiters.element.join([segment_id, *cells])


def shown(value: Any) -> str:
    """A value as X12 writes it: amounts without trailing zeros, days as CCYYMMDD."""
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return value.strftime("%Y%m%d") if isinstance(value, date) else str(value)


def _by_segment(rows: list[dict[str, Any]]) -> dict[int, list[dict[str, Any]]]:
    grouped: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        grouped.setdefault(row["segment_index"], []).append(row)
    return grouped
