"""Codes that are in none of the lists of mappings/, or that are used before their first or from their last day on.

A CodeWatch stands between the reader and who takes its tables: it lets every table through, remembers those with codes until
the block is read, and adds rows of `finding`. Of a block only the distinct codes are looked up, so that sound files cost next to
nothing. The dollars behind such codes are those of the mart code_use, by the same rules.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.findings import KINDS
from pipeline.parse_835 import Emit
from pipeline.tables import schema_of

FAR = np.iinfo(np.int64).max
NO_DAY = 0  # 1970-01-01 stands for a day that is not known: nothing is too early or too late on it


@dataclass(frozen=True)
class Use:
    """A column of codes: the list that they belong to, what an unlisted one is called, and where in its segment a row's code
    stands: `element` + `step` * (`number` - 1). `segment`: its identifier, or the column that holds it."""

    table: str
    column: str
    code_list: str
    unknown: str
    segment: str
    element: int = 0
    number: str = ""
    step: int = 1


USES = (
    Use("adjustment", "reason_code", "carc", "reason_code_unknown", "CAS", 2, "triplet_number", 3),
    Use("submitted_adjustment", "reason_code", "carc", "reason_code_unknown", "CAS", 2, "triplet_number", 3),
    Use("remark_code", "remark_code", "rarc", "remark_code_unknown", "remark_source", 1, "remark_position"),
    Use("provider_adjustment", "provider_adjustment_code", "provider_adjustment_reason", "provider_adjustment_code_unknown",
        "PLB", 3, "pair_number", 2),
    Use("claim_payment", "claim_status_code", "claim_status", "claim_status_code_unknown", "CLP", 2),
    Use("claim_payment", "filing_indicator_code", "filing_indicator", "filing_indicator_code_unknown", "CLP", 6),
    Use("claim_payment", "claim_frequency_code", "claim_frequency", "claim_frequency_code_unknown", "CLP", 9),
    Use("submitted_claim", "claim_frequency_code", "claim_frequency", "claim_frequency_code_unknown", "CLM", 5),
)  # fmt: skip
# The finding for a code before its first day, and for one from its last day on, by the list's table.
OUT_OF_DATE = {
    "carc": ("reason_code_not_yet_valid", "reason_code_retired", "CARC"),
    "rarc": ("remark_code_not_yet_valid", "remark_code_retired", "RARC"),
}


@dataclass(frozen=True)
class CodeList:
    """The codes of one list with their first day and the day from which on they are retired, as days since 1970-01-01."""

    codes: pa.Array
    start: np.ndarray
    stop: np.ndarray

    @classmethod
    def of(cls, table: pa.Table) -> CodeList:
        def days(column: str, default: int) -> np.ndarray:
            if column not in table.column_names:
                return np.full(table.num_rows, default, np.int64)
            known = table.column(column).cast(pa.int32()).cast(pa.int64())
            return pc.fill_null(known, default).to_numpy()

        return cls(table.column("code").combine_chunks(), days("start_date", 0), days("stop_date", FAR))


@dataclass(frozen=True)
class CodeLists:
    """Code lists by their table's name. A list that is not here judges nothing. `reversals`: the claim status codes of claims
    that are taken back, with the codes that they once had; `other_remarks`: places of remarks that are of another list than
    RARC, as source and qualifier."""

    lists: Mapping[str, CodeList] = field(default_factory=dict)
    reversals: frozenset[str] = frozenset()
    other_remarks: frozenset[tuple[str, str]] = frozenset()

    @classmethod
    def of(cls, mapping_tables: Mapping[str, pa.Table]) -> CodeLists:
        """From the tables of mappings/."""
        names = {use.code_list for use in USES}
        statuses = mapping_tables["claim_status"].select(["code", "effect"]).to_pylist()
        places = mapping_tables["remark_position"].to_pylist()
        return cls(
            {name: CodeList.of(mapping_tables[name]) for name in sorted(names)},
            frozenset(status["code"] for status in statuses if status["effect"] == "reversal"),
            frozenset((one["remark_source"], one["code_list_qualifier"]) for one in places if one["code_list"] != "RARC"),
        )


NO_LISTS = CodeLists()


class CodeWatch:
    """Lets the tables of one file through to `emit`, and emits findings about their codes at the end of every block."""

    def __init__(self, emit: Emit, code_lists: CodeLists) -> None:
        self._emit = emit
        self._lists = code_lists
        self._wanted = {use.table for use in USES if use.code_list in code_lists.lists}
        self._held: list[tuple[str, pa.Table]] = []

    def emit(self, table_name: str, rows: pa.Table) -> None:
        if table_name in self._wanted:
            self._held.append((table_name, rows))
        self._emit(table_name, rows)

    def block_read(self, remittances: np.ndarray, days: np.ndarray) -> None:
        """Judges the codes of the block. `remittances`: segment_index of every ST of the block that opens an 835, ascending, and
        of its `days`: its payment date as days since 1970-01-01 (0 where it has none)."""
        held, self._held = self._held, []
        for use in USES:
            for rows in (rows for name, rows in held if name == use.table and use.code_list in self._lists.lists):
                used = _days_of(rows, remittances, days)
                for finding_code, chosen, expected in self._judged(use, rows, used, held):
                    if len(chosen):
                        self._emit("finding", _findings(finding_code, use, rows.take(pa.array(chosen)), expected))

    def _judged(self, use: Use, rows: pa.Table, used: np.ndarray, held: list[tuple[str, pa.Table]]):
        """The rows of a table with something wrong about their codes, by what is wrong, and what should stand there."""
        listed = self._lists.lists[use.code_list]
        codes = _joined(rows.column(use.column)).dictionary_encode()
        position = pc.index_in(codes.dictionary, value_set=listed.codes)
        is_listed = position.is_valid().to_numpy(zero_copy_only=False)
        place = pc.fill_null(position, 0).to_numpy()
        start = np.where(is_listed, listed.start[place], 0)
        stop = np.where(is_listed, listed.stop[place], FAR)
        first_use, last_use = used.min(initial=FAR, where=used > NO_DAY), used.max(initial=NO_DAY)
        if is_listed.all() and (start <= first_use).all() and (stop > last_use).all():
            return
        has_code = codes.indices.is_valid().to_numpy(zero_copy_only=False)
        number = pc.fill_null(codes.indices, 0).to_numpy()
        if use.code_list == "rarc":
            has_code &= ~_is_of_another_list(rows, self._lists.other_remarks)
        yield use.unknown, np.flatnonzero(has_code & ~is_listed[number]), None
        if use.code_list not in OUT_OF_DATE:
            return
        too_early, too_late, name = OUT_OF_DATE[use.code_list]
        texts = codes.dictionary.to_pylist()
        early = np.flatnonzero(has_code & (used > NO_DAY) & (start[number] > used))
        yield too_early, early, [f"{name} {texts[at]} from {_day(start[at])} on" for at in number[early]]
        late = np.flatnonzero(has_code & (stop[number] <= used))
        late = late[~self._is_reversal(rows, late, held)]
        yield too_late, late, [f"{name} {texts[at]} before {_day(stop[at])}" for at in number[late]]

    def _is_reversal(self, rows: pa.Table, chosen: np.ndarray, held: list[tuple[str, pa.Table]]) -> np.ndarray:
        """Whether each of the chosen rows belongs to a claim that is taken back: it repeats the codes of its day."""
        reversals, is_reversal = pa.array(sorted(self._lists.reversals), pa.string()), np.zeros(len(chosen), bool)
        claims = np.asarray(rows.column("claim_segment_index"))[chosen]
        for payments in (table for name, table in held if name == "claim_payment"):
            taken_back = payments.filter(pc.is_in(payments.column("claim_status_code"), reversals))
            is_reversal |= np.isin(claims, np.asarray(taken_back.column("segment_index")))
        return is_reversal


def _days_of(rows: pa.Table, remittances: np.ndarray, days: np.ndarray) -> np.ndarray:
    """The payment date of the remittance of every row; 0 where it has none, or is none of a remittance."""
    if "remittance_segment_index" not in rows.column_names or not len(remittances):
        return np.zeros(rows.num_rows, np.int64)
    return days[np.searchsorted(remittances, np.asarray(rows.column("remittance_segment_index")), side="right") - 1]


def _is_of_another_list(rows: pa.Table, other_remarks: frozenset[tuple[str, str]]) -> np.ndarray:
    is_other = np.zeros(rows.num_rows, bool)
    for source, qualifier in sorted(other_remarks):
        is_source = pc.equal(rows.column("remark_source"), source)
        is_qualified = pc.equal(pc.fill_null(rows.column("code_list_qualifier"), ""), qualifier)
        is_other |= np.asarray(pc.and_(is_source, is_qualified))
    return is_other


def _findings(finding_code: str, use: Use, rows: pa.Table, expected: list[str] | None) -> pa.Table:
    """Rows of `finding`, one for each of these rows. The code itself is named where a list has it: that is no secret."""
    kind, count, schema = KINDS[finding_code], rows.num_rows, schema_of("finding")
    names = set(rows.column_names)
    number = np.asarray(rows.column(use.number)) if use.number else np.ones(count, np.int64)
    owner = "remittance_segment_index" if "remittance_segment_index" in names else "transaction_segment_index"
    own_claim = "segment_index" if use.table in ("claim_payment", "submitted_claim") else "claim_segment_index"
    columns = {
        "finding_code": pa.repeat(finding_code, count),
        "element_position": pa.array(use.element + use.step * (number - 1)),
        "category": pa.repeat(kind.category, count),
        "severity": pa.repeat(kind.severity, count),
        "segment_id": rows.column(use.segment) if use.segment in names else pa.repeat(use.segment, count),
        "expected": pa.array(expected, pa.string()) if expected is not None else None,
        "message": pa.repeat(kind.message, count),
        "transaction_segment_index": rows.column(owner) if owner in names else None,
    }
    columns |= {
        name: rows.column(source)
        for name, source in (
            ("file_id", "file_id"),
            ("segment_index", "segment_index"),
            ("claim_segment_index", own_claim),
            ("line_segment_index", "line_segment_index"),
        )
        if source in names
    }
    nothing = {name: pa.nulls(count, schema.field(name).type) for name in schema.names if columns.get(name) is None}
    return pa.table([(columns | nothing)[name] for name in schema.names], schema=schema)


def _joined(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def _day(days: np.int64) -> date:
    return date.fromordinal(int(days) + date(1970, 1, 1).toordinal())
