"""One file to facts: blocks, envelopes, the parsers of 835 and 837, and the count that proves that nothing is lost.

For every block: find its transactions, let parse_835 and parse_837 take what they know, write the rest to other_segment. A
transaction is written when it ends, because its trailer, its counts and its balance are known only then; what is known of an
open one is carried to the next block.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from pipeline import log, parse_835, parse_837
from pipeline.ahead import in_turns
from pipeline.code_use import NO_LISTS, CodeLists, CodeWatch
from pipeline.errors import ContractError, Quarantine
from pipeline.findings import Findings, finding_rows
from pipeline.parse_835 import Emit, Loops835, emit_rows
from pipeline.parse_837 import Loops837
from pipeline.tables import TABLES
from pipeline.x12_elements import Source, read_columns
from pipeline.x12_index import (
    SHOWS_COMPONENT,
    Delimiters,
    Piece,
    Rows,
    SegmentIndex,
    by_component,
    code,
    pieces,
)

COMPILED_FROM_BYTES = 28_000_000  # importing numba and its loops costs what they save on so many
_TRANSACTION_ENDS = ("ST", "SE", "GE", "IEA", "ISA", "GS")
_RESPONSES = {
    "999": "999",
    "997": "999",
    "277": "277CA",
    "271": "other",
    "270": "other",
    "276": "other",
    "834": "other",
    "820": "other",
}


@dataclass(frozen=True)
class FileSummary:
    """What one file held. Counts are of the whole file; `sha256` is of the bytes that were read; `error_categories` are those in
    which it has findings of severity error."""

    kind: str
    file_status: str
    sha256: str
    interchange_count: int
    transaction_count: int
    segment_count: int
    typed_segment_count: int
    kept_segment_count: int
    claim_count: int
    line_count: int
    error_categories: frozenset[str] = frozenset()


@dataclass
class _OpenTransaction:
    """What is known so far of a transaction whose end has not been seen."""

    segments: int = 0
    claims: int = 0
    lines: int = 0
    paid: int = 0
    provider_adjustment: int = 0
    body: hashlib._Hash = field(default_factory=hashlib.sha256)


@dataclass
class _Cutting:
    """What is carried from block to block of one file while it is cut and indexed."""

    next_index: int = 0
    context: bytes = b""
    context_marks: bytes = b""
    context_indexes: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    component: bytes | None = None
    of_the_file: set[str] = field(default_factory=set)


@dataclass
class _Progress:
    """What is carried from block to block of one file while it is read."""

    interchanges: int = 0
    interchange_starts: list[np.ndarray] = field(default_factory=list)
    is_context_waiting: np.ndarray = field(default_factory=lambda: np.zeros(0, bool))
    context_taken: tuple[np.ndarray, ...] = field(default_factory=lambda: (np.zeros(0, bool),) * 3)
    told: set[tuple] = field(default_factory=set)
    transaction: _OpenTransaction | None = None
    groups_in_interchange: int = 0
    transactions_in_group: int = 0
    is_interchange_open: bool = False
    is_group_open: bool = False
    kinds: set[str] = field(default_factory=set)
    counts: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(("transactions", "segments", "kept", "claims", "lines"), 0)
    )
    of_the_file: set[str] = field(default_factory=set)
    error_categories: set[str] = field(default_factory=set)


def index_type_for(byte_count: int) -> type[SegmentIndex]:
    """What indexes that many bytes fastest: compiled loops, where they pay for their start and can be had; else numpy."""
    if byte_count < COMPILED_FROM_BYTES:
        return SegmentIndex
    try:
        from pipeline.x12_kernels import CompiledIndex
    except (ImportError, OSError, RuntimeError) as error:  # no numba, or no place for its cache: as right, only slower
        log.debug("read without compiled loops", because=type(error).__name__)
        return SegmentIndex
    return CompiledIndex


def read_file(
    path: Path,
    file_id: str,
    emit: Emit,
    block_bytes: int = 0,
    code_lists: CodeLists = NO_LISTS,
    index_type: type[SegmentIndex] = SegmentIndex,
    readers: int = 1,
) -> FileSummary:
    """Read one X12 file and hand its facts to `emit(table_name, rows)`, block by block, in the schemas of tables.py.

    `index_type` does the passes over the bytes, and says how large blocks are where `block_bytes` does not. With `code_lists`,
    codes that are in none of them, or out of date on the payment date, are findings.

    Raises Quarantine, with nothing emitted, where the file has no interchange. What is wrong further on is a finding: everything
    that can be read is. Raises ContractError if a segment were neither in a column nor kept (this is checked for every block).
    """
    digest = hashlib.sha256()
    with path.open("rb") as stream:

        def read(size: int) -> bytes:
            chunk = stream.read(size)
            digest.update(chunk)
            return chunk

        progress = read_blocks(read, file_id, emit, block_bytes or index_type.block_bytes, code_lists, index_type, readers)
    if not progress.interchanges:
        raise Quarantine(
            "no_interchange",
            "No interchange header (ISA) was found, so this is no X12 file or its beginning is missing: ask for it whole.",
        )
    if progress.of_the_file:
        about_all = [{"finding_code": found, "segment_index": 0, "segment_id": "ISA"} for found in sorted(progress.of_the_file)]
        emit("finding", finding_rows(file_id, about_all))
    return summary_of(digest.hexdigest(), progress.interchanges, progress.kinds, progress.counts, progress.error_categories)


def read_blocks(
    read: Callable[[int], bytes],
    file_id: str,
    emit: Emit,
    block_bytes: int,
    code_lists: CodeLists,
    index_type: type[SegmentIndex] = SegmentIndex,
    readers: int = 1,
) -> _Progress:
    """The blocks of a stream to facts, one after the other. Returns what is known at its end.

    With several `readers` (threads), one cuts and indexes the next block while others take claims and lines out of those before
    it: for that nothing of the blocks before is needed but what cutting carries along (`_Cutting`).
    """
    progress, cutting = _Progress(), _Cutting()
    in_turns(
        _indexed_blocks(read, block_bytes, cutting, index_type),
        lambda indexed: _take_claims(indexed, file_id, code_lists),
        lambda taken: _end_block(taken, file_id, emit, progress),
        readers,
    )
    progress.of_the_file = cutting.of_the_file
    return progress


def summary_of(
    sha256: str, interchange_count: int, kinds: set[str], counts: dict[str, int], error_categories: set[str]
) -> FileSummary:
    kind = _kind(kinds)
    return FileSummary(
        kind=kind,
        file_status="accepted" if kind in ("835", "837", "835+837") else "ignored",
        sha256=sha256,
        interchange_count=interchange_count,
        transaction_count=counts["transactions"],
        segment_count=counts["segments"],
        typed_segment_count=counts["segments"] - counts["kept"],
        kept_segment_count=counts["kept"],
        claim_count=counts["claims"],
        line_count=counts["lines"],
        error_categories=frozenset(error_categories),
    )


def _kind(kinds: set[str]) -> str:
    wanted = sorted(kinds & {"835", "837"})
    if wanted:
        return "+".join(wanted)
    others = sorted({kind if kind == "TA1" else _RESPONSES.get(kind, "other") for kind in kinds})
    return "+".join(others) or "none"


@dataclass(frozen=True)
class _Block:
    """Whole segments of one piece, or of a part of it with a component separator of its own. `delimiters` are those declared, as
    they stand in the file; `in_use` those of `data`, and `canonical` the declared component separator there. `is_last`: no
    segment of what is open at its end follows. `is_torn`: its last segment has no terminator."""

    data: bytes
    delimiters: Delimiters
    in_use: Delimiters
    canonical: bytes
    shown_at: tuple[int, ...]
    is_last: bool
    is_torn: bool

    @property
    def marks(self) -> bytes:
        """The bytes that separate in `data`; they differ from block to block where the file's are not ASCII."""
        return self.in_use.element + self.canonical + self.in_use.terminator

    @property
    def stand_in(self) -> tuple[str, str] | None:
        declared = self.delimiters.component
        if declared.isascii():
            return None
        return self.canonical.decode("ascii"), declared.decode("utf-8" if len(declared) > 1 else "latin-1")


@dataclass(frozen=True)
class _Indexed:
    """A block with its index: the ST of every segment, and the segments that the next block begins with."""

    block: _Block
    index: SegmentIndex
    transaction: np.ndarray
    context_rows: Rows


def _indexed_blocks(
    read: Callable[[int], bytes], block_bytes: int, cutting: _Cutting, index_type: type[SegmentIndex]
) -> Iterator[_Indexed]:
    for piece in pieces(read, block_bytes, index_type.scan):
        for block in _blocks(piece, cutting, index_type):
            context = cutting.context.translate(bytes.maketrans(cutting.context_marks or block.marks, block.marks))
            indexes = cutting.context_indexes
            index = index_type(context + block.data, block.in_use, indexes, cutting.next_index, block.stand_in)
            if len(index):
                cutting.next_index += len(index) - index.context_count
                transaction = _transactions(index)
                context_rows = _context_rows(index, block, transaction)
                cutting.context_marks = block.marks
                cutting.context = b"".join(index.bytes_of(int(row), int(row) + 1) for row in context_rows)
                cutting.context_indexes = index.segment_index[context_rows]
                yield _Indexed(block, index, transaction, context_rows)


def _blocks(piece: Piece, cutting: _Cutting, index_type: type[SegmentIndex]) -> Iterator[_Block]:
    """A piece as blocks to read, mostly one. Notes what is odd about its bytes, which is said of the file as a whole."""
    data, delimiters, is_latin_1 = piece.normalise(index_type.scan)
    if is_latin_1:
        cutting.of_the_file.add("latin1_bytes")
    if piece.has_wrapped_segments(index_type.scan):
        cutting.of_the_file.add("line_break_in_segment")
    parts, cutting.component = by_component(data, delimiters, cutting.component, index_type.scan)
    for part in parts:
        is_last_part = part is parts[-1]
        in_use = replace(delimiters, component=part.component)
        yield _Block(
            part.data,
            piece.delimiters,
            in_use,
            delimiters.component,
            part.shown_at,
            piece.is_last or not is_last_part,
            piece.is_last and is_last_part and piece.is_torn,
        )


@dataclass(frozen=True)
class _Taken:
    """A block of which claims and lines are read. `emitted`: their tables, and findings about the codes in them. Nothing of it
    rests on the blocks before, so that several can be read at once."""

    indexed: _Indexed
    emitted: list[tuple[str, pa.Table]]
    findings: Findings
    loops_835: Loops835
    loops_837: Loops837
    set_code: np.ndarray
    amounts: dict[str, np.ndarray]


def _take_claims(indexed: _Indexed, file_id: str, code_lists: CodeLists) -> _Taken:
    block, index, transaction = indexed.block, indexed.index, indexed.transaction
    emitted: list[tuple[str, pa.Table]] = []
    watch = CodeWatch(lambda name, rows: emitted.append((name, rows)), code_lists)
    findings = Findings(index)
    set_code = _set_code(index, transaction)
    loops_835 = Loops835(index, transaction, set_code == code("835"))
    loops_837 = Loops837(index, transaction, set_code == code("837"))
    amounts = parse_835.parse(index, loops_835, file_id, watch.emit, findings)
    parse_837.parse(index, loops_837, file_id, watch.emit, findings)
    watch.block_read(*parse_835.payment_days(index, loops_835))
    _report_bytes(block, index, findings)
    _report_surplus(index, findings)
    return _Taken(indexed, emitted, findings, loops_835, loops_837, set_code, amounts)


def _end_block(taken: _Taken, file_id: str, emit: Emit, progress: _Progress) -> None:
    """What rests on the blocks before: transactions, envelopes, what is left of context; and the count."""
    block, index, transaction = taken.indexed.block, taken.indexed.index, taken.indexed.transaction
    loops_835, loops_837, findings, context_rows = taken.loops_835, taken.loops_837, taken.findings, taken.indexed.context_rows
    while taken.emitted:  # nothing of them is held here while the rest is read
        emit(*taken.emitted.pop(0))
    index.take_over(progress.context_taken)
    is_misplaced = _misplaced(index, loops_835, taken.set_code)
    _report_835(index, loops_835, is_misplaced, findings)
    _envelopes(index, file_id, emit, findings, progress, block, transaction, loops_835, loops_837, taken.amounts)

    claim = np.maximum(loops_835.claim, loops_837.claim)
    line = np.maximum(loops_835.line, loops_837.line)
    owners = (transaction, claim, line)
    _accept_envelopes(index)
    is_due = _is_due(index, progress)
    is_due_now = is_due.copy()
    is_due_now[context_rows] = False
    is_whole = index.is_whole(np.arange(len(index)))
    values = _qualified_values(index, file_id, emit, owners, is_due_now & ~is_whole)
    is_whole[values] = index.is_whole(values)  # nothing is taken from here on
    kept = _keep_rest(index, file_id, emit, owners, loops_837.own_level, is_misplaced, is_due_now & ~is_whole)
    progress.error_categories |= findings.error_categories()
    rows = _not_told_before(findings.table(file_id, *owners), index, context_rows, progress)
    if rows.num_rows:
        emit("finding", rows)
    _count(index, block.data, progress, loops_835, loops_837, kept, is_due, is_whole, context_rows)
    progress.is_context_waiting = (is_due & ~is_whole)[context_rows]
    progress.context_taken = index.taken_of(context_rows)


# --------------------------------------------------------------------------------------------------------------------
# Where segments belong
# --------------------------------------------------------------------------------------------------------------------
def _transactions(index: SegmentIndex) -> np.ndarray:
    """For every segment the position of its ST, from ST to SE, both included; -1 outside."""
    started = index.last("ST")
    ended = index.last("SE", "GE", "IEA", "ISA", "GS")
    is_trailer = index.mask("SE")
    ended_before = np.concatenate([[-1], ended[:-1]]) if len(ended) else ended
    return np.where(started > np.where(is_trailer, ended_before, ended), started, -1)


def _set_code(index: SegmentIndex, transaction: np.ndarray) -> np.ndarray:
    return np.where(transaction >= 0, index.qualifier[np.clip(transaction, 0, None)], 0)


# --------------------------------------------------------------------------------------------------------------------
# Envelopes and transactions
# --------------------------------------------------------------------------------------------------------------------
def _envelopes(index, file_id, emit, findings, progress, block, transaction, loops_835, loops_837, amounts) -> None:
    """Count, hash and balance every transaction; emit transaction_set and remittance for those that end here."""
    starts = index.rows("ST")
    ended = _ended(index, block, starts)
    states = _states(index, progress, starts, transaction, loops_835, loops_837, amounts, block.canonical)
    closed = np.array([ended[number] for number in range(len(starts))], bool)
    progress.transaction = states[-1] if len(starts) and not closed[-1] else None

    trailers = _trailers(index, starts, transaction)
    complete = trailers >= 0
    _check_trailers(index, starts, trailers, closed, states, findings, progress, block)
    counted = np.array([state.segments for state in states], np.int64)
    hashes = [state.body.hexdigest() for state in states]
    columns = read_columns(index, "transaction_set", len(starts), _find_envelope(index, starts, transaction), findings)
    columns |= {
        "file_id": pa.repeat(file_id, len(starts)),
        "segment_index": index.segment_numbers(starts),
        "interchange_number": pa.array(_interchange_numbers(index, progress)[starts]),
        "delimiters": pa.repeat(block.delimiters.hexadecimal(), len(starts)),
        "stated_segments": index.decimals(trailers, 1, 0, take=False).integer(),
        "counted_segments": pa.array(counted),
        "is_complete": pa.array(complete),
        "body_hash": pa.array(hashes, pa.string()),
    }
    chosen = pa.array(np.flatnonzero(closed))
    emit_rows(emit, "transaction_set", {name: column.take(chosen) for name, column in columns.items()})
    if len(loops_835.remittances):
        _remittances(index, file_id, emit, findings, loops_835, starts, closed, states, complete, hashes)


def _remittances(index, file_id, emit, findings, loops, starts, closed, states, complete, hashes) -> None:
    """One row per 835 that ends here; balances the transaction: BPR02 is the sum of CLP04 less the sum of PLB amounts.

    The header of one that goes on in the next block is read as well: what is wrong with it is told where it stands, and once.
    """
    is_remittance = np.isin(starts, loops.remittances)
    columns = parse_835.remittance_columns(index, loops, starts[is_remittance], findings)
    ending = pa.array(np.flatnonzero(closed[is_remittance]))
    columns = {name: column.take(ending) for name, column in columns.items()}
    number = np.flatnonzero(closed & is_remittance)
    rows = starts[number]
    columns |= {
        "file_id": pa.repeat(file_id, len(rows)),
        "segment_index": index.segment_numbers(rows),
        "claim_count": pa.array([states[at].claims for at in number], pa.int64()),
        "line_count": pa.array([states[at].lines for at in number], pa.int64()),
        "is_complete": pa.array(complete[number]),
        "body_hash": pa.array([hashes[at] for at in number], pa.string()),
    }
    emit_rows(emit, "remittance", columns)
    payment = index.decimals(loops.find_header(rows)(Source("", "BPR", "", 2, 0, "")), 2, 2, take=False).values
    expected = np.array([states[at].paid - states[at].provider_adjustment for at in number], np.int64)
    wrong = np.flatnonzero(payment - expected)
    findings.add("transaction_out_of_balance", rows[wrong], difference=(payment - expected)[wrong])


def _find_envelope(index: SegmentIndex, starts: Rows, transaction: np.ndarray) -> Callable[[Source], Rows]:
    def find(source: Source) -> Rows:
        if source.segment == "ST":
            return starts
        if source.segment == "ISA":
            return index.last("ISA")[starts]
        if source.segment == "GS":
            return index.group_of(starts)
        rows = index.rows(source.segment)  # BHT and SE, inside the transaction
        return index.first_in(starts, transaction, rows[transaction[rows] >= 0])

    return find


def _ended(index: SegmentIndex, block: _Block, starts: Rows) -> list[bool]:
    """Whether each transaction ends in this block: by its SE, by what may not stand inside it, or with the interchange."""
    ends = np.flatnonzero(index.mask(*_TRANSACTION_ENDS))
    position = np.searchsorted(ends, starts, side="right")
    return [bool(at < len(ends)) or block.is_last for at in position]


def _trailers(index: SegmentIndex, starts: Rows, transaction: np.ndarray) -> Rows:
    rows = index.rows("SE")
    return index.first_in(starts, transaction, rows[transaction[rows] >= 0])


def _states(index, progress, starts, transaction, loops_835, loops_837, amounts, component) -> list[_OpenTransaction]:
    """The transactions of this block with what this block adds to them; the first may go on from the last block."""
    ends = np.append(np.flatnonzero(transaction[1:] != transaction[:-1]) + 1, len(index))  # ST to SE stand together
    beyond = ends[np.searchsorted(ends, starts, side="right")]
    first = np.maximum(starts, index.context_count)

    def total(rows: Rows, values: np.ndarray) -> np.ndarray:
        """The sum of the values of `rows` by transaction."""
        return index.sums_in(starts, transaction, rows, values)

    counted = ((loops.claims, loops.lines) for loops in (loops_835, loops_837))
    of_both = [[total(rows, np.ones(len(rows), np.int64)) for rows in each] for each in counted]
    claims, lines = (of_both[0][at] + of_both[1][at] for at in (0, 1))
    paid = total(loops_835.claims, amounts["paid"][loops_835.claims])
    adjusted = total(index.rows("PLB"), amounts["provider_adjustment"][index.rows("PLB")])
    canonical = _canonical(index, component)
    states = []
    for number, start in enumerate(starts.tolist()):
        continues = start < index.context_count
        state = progress.transaction if continues and progress.transaction else _OpenTransaction()
        state.segments += max(0, int(beyond[number] - first[number]))
        state.claims += int(claims[number])
        state.lines += int(lines[number])
        state.paid += int(paid[number])
        state.provider_adjustment += int(adjusted[number])
        body = int(first[number]) + (not continues)
        end = int(beyond[number]) - (index.identifier[beyond[number] - 1] == code("SE"))
        if body < end:
            first_byte, last_byte = index.span(body, end)
            state.body.update(canonical[first_byte:last_byte])
        states.append(state)
    return states


def _canonical(index: SegmentIndex, component: bytes) -> memoryview:
    """The data with fixed delimiters, so that a clearinghouse that changes them does not change the body's hash. `component` is
    the declared one: which one is in use may be known only later."""
    pairs = {index.delimiters.element: b"\x1d", component: b"\x1f", index.delimiters.terminator: b"\x1e"}
    return index.scan.replaced(index.data, {mark[0]: canonical[0] for mark, canonical in pairs.items()})


def _interchange_numbers(index: SegmentIndex, progress: _Progress) -> np.ndarray:
    is_new = index.mask("ISA")
    is_new[: index.context_count] = False
    return progress.interchanges + np.cumsum(is_new)


def _check_trailers(index, starts, trailers, closed, states, findings, progress, block) -> None:
    """SE01, SE02, GE01, GE02, IEA01, IEA02 against what was counted; a missing trailer is what a truncated file shows."""
    missing = starts[closed & (trailers < 0)]
    findings.add("transaction_trailer_missing", missing)
    present = np.flatnonzero(closed & (trailers >= 0))
    rows = trailers[present]
    stated = index.decimals(rows, 1, 0, take=False)
    counted = np.array([states[at].segments for at in present], np.int64)
    wrong = ~stated.is_valid | (stated.values != counted)
    index.structural(rows[~wrong], 1)
    index.structural(rows[wrong & stated.is_valid], 1)  # stated_segments holds it
    findings.add(
        "segment_count_wrong",
        rows[wrong],
        1,
        [str(number) for number in counted[wrong]],
        [
            str(number) if valid else "no number"
            for number, valid in zip(stated.values[wrong], stated.is_valid[wrong], strict=True)
        ],
    )
    same = _same_text(index, rows, 2, starts[present], 2)
    index.structural(rows[same], 2)
    findings.add("transaction_control_number_differs", rows[~same], 2)
    _check_groups(index, findings, progress, block.is_last)


def _same_text(index: SegmentIndex, rows: Rows, element: int, others: Rows, other_element: int | np.ndarray) -> np.ndarray:
    first = index.text(rows, element, take=False).to_pylist()
    second = index.text(others, other_element, take=False).to_pylist()
    return np.array([one == other for one, other in zip(first, second, strict=True)], bool)


def _check_groups(index, findings, progress, is_last) -> None:
    """GE and IEA close what GS and ISA opened. Walks the few envelope segments of the block in order."""
    names = {code(name): name for name in ("ISA", "GS", "ST", "GE", "IEA")}
    fresh = np.arange(len(index)) >= index.context_count
    trailers: list[_Trailer] = []
    interchange = _open_row(index, "ISA", progress.is_interchange_open)
    group = _open_row(index, "GS", progress.is_group_open)

    def end(finding_code: str, opener: int) -> int:
        """The trailer of what is open is missing."""
        if opener >= 0:
            findings.add(finding_code, np.array([opener]))
        return -1

    for row in np.flatnonzero(index.mask(*names.values()) & fresh).tolist():
        name = names[int(index.identifier[row])]
        if name in ("ISA", "GS", "IEA"):
            group = end("group_trailer_missing", group)
        if name == "ISA":
            end("interchange_trailer_missing", interchange)
            interchange = row
            progress.groups_in_interchange = progress.transactions_in_group = 0
        elif name == "GS":
            group = row
            progress.groups_in_interchange += 1
            progress.transactions_in_group = 0
        elif name == "ST":
            progress.transactions_in_group += 1
            if group < 0:
                findings.add("transaction_outside_group", np.array([row]))
        elif name == "GE":
            codes = ("transaction_count_wrong", "group_control_number_differs")
            trailers.append(_Trailer(row, group, 6, progress.transactions_in_group, *codes))
            group = -1
        else:
            codes = ("group_count_wrong", "interchange_control_number_differs")
            trailers.append(_Trailer(row, interchange, 13, progress.groups_in_interchange, *codes))
            interchange = -1
    if is_last:
        group = end("group_trailer_missing", group)
        interchange = end("interchange_trailer_missing", interchange)
    progress.is_interchange_open, progress.is_group_open = interchange >= 0, group >= 0
    if trailers:
        _compare_trailers(index, findings, trailers)


def _open_row(index: SegmentIndex, identifier: str, is_open: bool) -> int:
    """The segment of the context that opened what is still open; -1 where nothing is."""
    rows = index.rows(identifier)
    rows = rows[rows < index.context_count]
    return int(rows[-1]) if is_open and len(rows) else -1


class _Trailer(NamedTuple):
    """A GE or IEA, what it closes (-1 for nothing), which element of that it has to repeat, how many it should state."""

    row: int
    opener: int
    control_element: int
    counted: int
    count_code: str
    control_code: str


def _compare_trailers(index: SegmentIndex, findings: Findings, trailers: Sequence[_Trailer]) -> None:
    """The counts and control numbers of all at once: blocks of small files have many."""
    rows, openers, elements, counted = (np.array(values, np.int64) for values in list(zip(*trailers, strict=True))[:4])
    stated = index.decimals(rows, 1, 0, take=False)
    is_right = stated.is_valid & (stated.values == counted)
    is_same = (openers >= 0) & _same_text(index, rows, 2, openers, elements)
    index.structural(rows[is_right], 1)
    index.structural(rows[is_same], 2)
    for at in np.flatnonzero(~(is_right & is_same)):
        row = rows[at : at + 1]
        if not is_right[at]:
            said = str(stated.values[at]) if stated.is_valid[at] else "no number"
            findings.add(trailers[at].count_code, row, 1, [str(counted[at])], [said])
        if not is_same[at]:
            findings.add(trailers[at].control_code, row, 2)


def _report_bytes(block: _Block, index: SegmentIndex, findings: Findings) -> None:
    """A composite that shows another separator than the declared one, and a last segment that was cut."""
    starts = index.token_start[index.first_token[index.context_count :]] - (len(index.data) - len(block.data))
    rows = index.context_count + np.searchsorted(starts, np.array(block.shown_at, np.int64))
    elements = [SHOWS_COMPONENT[identifier.upper().encode()] for identifier in index.text(rows, 0, take=False).to_pylist()]
    findings.add("component_separator_mismatch", rows, np.array(elements, np.int64))
    if block.is_torn:
        findings.add("segment_cut", np.array([len(index) - 1]))


def _misplaced(index: SegmentIndex, loops: Loops835, set_code: np.ndarray) -> np.ndarray:
    """Whether each segment is one of an 835 that stands outside of what it belongs to: SVC, CAS, MIA, MOA without a claim, LQ
    without a line."""
    outside_claim = index.mask("SVC", "CAS", "MIA", "MOA") & (loops.claim < 0)
    outside_line = index.mask("LQ") & (loops.line < 0)
    return (set_code == code("835")) & (outside_claim | outside_line)


def _report_835(index: SegmentIndex, loops: Loops835, is_misplaced: np.ndarray, findings: Findings) -> None:
    """Charges and payments that are not there (CLP03, CLP04, SVC02, SVC03), segments out of place; an SVC is told with the
    lines."""
    for rows, elements in ((loops.claims, (3, 4)), (loops.lines, (2, 3))):
        for element in elements:
            findings.add("amount_missing", rows[~index.has_value(rows, element)], element)
    is_new = np.arange(len(index)) >= index.context_count
    findings.add("segment_not_in_place", np.flatnonzero(is_misplaced & is_new & ~index.mask("SVC")))


def _report_surplus(index: SegmentIndex, findings: Findings) -> None:
    """A CAS has room for six triplets (up to element 19), a PLB for six pairs (up to 14): what stands behind is in no total."""
    for segment, room, finding_code in (
        ("CAS", 19, "adjustments_beyond_sixth"),
        ("PLB", 14, "provider_adjustments_beyond_sixth"),
    ):
        rows = index.rows(segment)
        rows = rows[(rows >= index.context_count) & (index.token_count[rows] > room + 1)]
        if len(rows):
            beyond = range(room + 1, int(index.token_count[rows].max()))
            has_value = [index.text(rows, element, take=False).is_valid().to_numpy(zero_copy_only=False) for element in beyond]
            findings.add(finding_code, rows[np.any(has_value, axis=0)], room + 1)


# --------------------------------------------------------------------------------------------------------------------
# The rest, the count, the context
# --------------------------------------------------------------------------------------------------------------------
def _is_due(index: SegmentIndex, progress: _Progress) -> np.ndarray:
    """Segments of which it is still to be said whether columns hold them: the new ones, and context that waits.

    A header that no claim of its own block has used may be used by one of the next block, so context is judged when it is context
    no more: otherwise it would depend on where blocks are cut what is kept as text.
    """
    is_due = np.ones(len(index), bool)
    is_due[: index.context_count] = progress.is_context_waiting
    return is_due


def _not_told_before(rows: pa.Table, index: SegmentIndex, context_rows: Rows, progress: _Progress) -> pa.Table:
    """Findings without those of context segments that another block has reported."""
    replayed = np.union1d(index.segment_index[: index.context_count], index.segment_index[context_rows])
    repeatable = np.flatnonzero(np.isin(np.asarray(rows["segment_index"]), replayed))
    if not len(repeatable):
        return rows
    is_new = np.ones(rows.num_rows, bool)
    for number, key in zip(
        repeatable, rows.take(pa.array(repeatable)).select(list(TABLES["finding"].key)).to_pylist(), strict=True
    ):
        told = tuple(key.values())
        is_new[number] = told not in progress.told
        progress.told.add(told)
    return rows.filter(pa.array(is_new))


def _qualified_values(index: SegmentIndex, file_id: str, emit: Emit, owners: tuple[np.ndarray, ...], is_left: np.ndarray) -> Rows:
    """REF, DTM, DTP, AMT and QTY of transactions that no column of another table holds, repeats included: one row each. Returns
    their positions.

    The text of the value stands there whatever it is, so a value that is no number or date is no finding here.
    """
    rows = np.flatnonzero(index.mask("REF", "DTM", "DTP", "AMT", "QTY") & is_left & (owners[0] >= 0))
    if not len(rows):
        return rows
    identifier = index.identifier[rows]
    is_dtp, is_dtm, is_ref = (identifier == code(name) for name in ("DTP", "DTM", "REF"))
    element = np.where(is_dtp, 3, 2)
    days = np.where(is_dtp | is_dtm, rows, -1)
    numbers = index.decimals(np.where(is_dtp | is_dtm | is_ref, -1, rows), 2, 4, take=False)
    columns = {
        "file_id": pa.repeat(file_id, len(rows)),
        "segment_index": index.segment_numbers(rows),
        "transaction_segment_index": index.segment_numbers(owners[0][rows]),
        "claim_segment_index": index.segment_numbers(owners[1][rows]),
        "line_segment_index": index.segment_numbers(owners[2][rows]),
        "segment_id": index.text(rows, 0, take=False),
        "qualifier": index.text(rows, 1),
        "value": index.text(rows, element),
        "value_number": numbers.number(),
        "value_date": index.dates(days, element, take=False, is_period=True).date(),
        "value_end_date": index.dates(days, element, part=1, take=False, is_period=True).date(),
        "value_format": index.text(np.where(is_dtp, rows, -1), 2),
        "description": index.text(np.where(is_ref, rows, -1), 3),
    }
    emit_rows(emit, "qualified_value", columns)
    return rows


def _keep_rest(
    index,
    file_id: str,
    emit: Emit,
    owners: tuple[np.ndarray, ...],
    levels: np.ndarray,
    is_misplaced: np.ndarray,
    is_left: np.ndarray,
) -> int:
    """Every segment of which an element has no column, as text. Returns how many. `levels`: as `owners`, the HL that segments
    outside of claims belong to."""
    rows = np.flatnonzero(is_left)
    if not len(rows):
        return 0
    is_placed = index.is_taken(rows)
    repeated = _is_repeat(index, rows, owners, levels)
    kept_because = np.where(is_placed, "more_elements", np.where(repeated, "repeated", "no_column")).astype(object)
    kept_because[is_misplaced[rows]] = "not_in_place"
    kept_because[index.is_wrong(rows)] = "not_a_value"
    columns = {
        "file_id": pa.repeat(file_id, len(rows)),
        "segment_index": index.segment_numbers(rows),
        "transaction_segment_index": index.segment_numbers(owners[0][rows]),
        "claim_segment_index": index.segment_numbers(owners[1][rows]),
        "line_segment_index": index.segment_numbers(owners[2][rows]),
        "segment_id": index.identifiers(rows),
        "kept_because": pa.array(kept_because.tolist(), pa.string()),
        "raw_text": index.raw_text(rows),
    }
    emit_rows(emit, "other_segment", columns)
    return len(rows)


def _is_repeat(index: SegmentIndex, rows: Rows, owners: tuple[np.ndarray, ...], levels: np.ndarray) -> np.ndarray:
    """Whether a segment with the same identifier and qualifier has been taken before for the same owner."""
    innermost = np.where(levels >= 0, levels, owners[0])
    innermost = np.where(owners[2] >= 0, owners[2], np.where(owners[1] >= 0, owners[1], innermost))
    name = (index.identifier.astype(np.int64) << 32) | index.qualifier.astype(np.int64)
    alike = np.flatnonzero(np.isin(name, np.unique(name[rows])))
    taken = alike[index.is_taken(alike)]
    names, number = np.unique(np.concatenate([name[taken], name[rows]]), return_inverse=True)
    owner = np.concatenate([innermost[taken], innermost[rows]]) + 1
    key = owner * len(names) + number
    has_columns_for_each = index.identifier[rows] == code("HI")  # a second one is of other codes, which no column takes
    return np.isin(key[len(taken) :], key[: len(taken)]) & (innermost[rows] >= 0) & ~has_columns_for_each


def _accept_envelopes(index: SegmentIndex) -> None:
    """What an ISA, GS, ST or BHT says in elements that are the same in every file: authorisation, agencies, time of day are kept
    as text only where they say something else than the usual."""
    usual = {"ISA": {1: ("00",), 2: (None,), 3: ("00",), 4: (None,), 14: ("0", "1")}, "GS": {7: ("X",)}, "BHT": {1: ("0019",)}}
    for segment, elements in usual.items():
        rows = index.rows(segment)
        for element, values in elements.items():
            texts = index.text(rows, element, take=False).to_pylist()
            index.structural(rows[np.array([text in values for text in texts], bool)], element)
        if segment == "ISA":
            index.structural(rows, 11, 16)  # the delimiters


def _count(index, data, progress, loops_835, loops_837, kept, is_due, is_whole, context_rows) -> None:
    """Add up the file, and hold the parser to its promise: every segment is in columns, kept, or context that waits."""
    segments = len(index) - index.context_count
    starts = index.rows("ST")
    starts = starts[starts >= index.context_count]
    # counted apart from the index: by their terminators (`normalise` leaves none that ends nothing)
    counted = index.scan.count(data, index.delimiters.terminator[0]) + int(progress.is_context_waiting.sum())
    typed, waiting = int((is_whole & is_due).sum()), int((is_due & ~is_whole)[context_rows].sum())
    if typed + kept + waiting != counted:
        raise ContractError(f"{counted - typed - kept - waiting} of {counted} segments are neither in columns nor kept")
    progress.counts["transactions"] += len(starts)
    progress.counts["segments"] += segments
    progress.counts["kept"] += kept
    progress.counts["claims"] += len(loops_835.claims) + len(loops_837.claims)
    progress.counts["lines"] += len(loops_835.lines) + len(loops_837.lines)
    interchanges = index.rows("ISA")
    progress.interchange_starts.append(index.segment_index[interchanges[interchanges >= index.context_count]])
    progress.interchanges += len(progress.interchange_starts[-1])
    progress.kinds |= {text for text in index.text(starts, 1, take=False).to_pylist() if text}
    if len(index.rows("TA1")):
        progress.kinds.add("TA1")


def _context_rows(index: SegmentIndex, block: _Block, transaction: np.ndarray) -> Rows:
    """The segments that the next block must begin with to be readable on its own: the last ISA and its last GS, closed or not,
    and what an open transaction has said that later segments of it rest on."""
    if block.is_last:
        return np.zeros(0, np.int64)
    interchange = index.last("ISA")[-1:]
    rows = [interchange[interchange >= 0]]
    group = index.group_of(np.array([len(index) - 1]))
    rows.append(group[group >= 0])
    start = int(transaction[-1])
    if start >= 0 and not index.mask("SE")[-1]:
        rows.append(_open_segments(index, start))
    return np.unique(np.concatenate(rows))


def _open_segments(index: SegmentIndex, start: int) -> np.ndarray:
    """Of an open transaction: an 835's header and last LX; an 837's header, its open 20, 22 and 23 levels and its last HL, each
    up to its first claim; of any its ST and first BHT."""
    after = np.arange(start, len(index))
    identifiers = index.identifier[start:]
    set_code = index.qualifier[start]
    chosen = [after[:1], after[identifiers == code("BHT")][:1]]
    if set_code == code("835"):
        chosen.append(after[: _first(np.isin(identifiers, [code(name) for name in parse_835.BODY]))])
        chosen.append(after[identifiers == code("LX")][-1:])
    elif set_code == code("837"):
        chosen.append(after[: _first(np.isin(identifiers, [code(name) for name in ("HL", "CLM", "SE")]))])
        levels = after[identifiers == code("HL")]
        if len(levels):
            chosen.extend(_open_levels(index, levels))
    return np.concatenate(chosen)


def _first(mask: np.ndarray) -> int:
    """The first position where `mask` holds; its length where it holds nowhere."""
    return int(np.argmax(mask)) if mask.any() else len(mask)


def _open_levels(index: SegmentIndex, levels: Rows) -> list[np.ndarray]:
    stops = np.flatnonzero(index.mask("HL", "CLM", "SE"))
    kinds = [levels[index.qualifier_of(levels, 3) == code(level)] for level in ("20", "22", "23")]
    kept = []
    for row in sorted({int(wanted[-1]) for wanted in (*kinds, levels) if len(wanted)}):
        # one that a later level has closed does no harm: the reader sees that from the order
        beyond = stops[np.searchsorted(stops, row, side="right")] if (stops > row).any() else len(index)
        kept.append(np.arange(row, int(beyond)))
    return kept
