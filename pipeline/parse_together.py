"""Many small files in one block: what a block costs is then paid once for all of them.

Files that are whole and use the same delimiters are laid one behind the other and read as one; then every row gets its own file
and the numbers of its segments in that file back. Nothing else knows of it. Files that are not alike, or in which anything about
the bytes is odd, are read one by one.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.code_use import NO_LISTS, CodeLists
from pipeline.parse import FileSummary, read_blocks, summary_of
from pipeline.parse_835 import Emit
from pipeline.x12_index import BY_NUMPY, HEADER_BYTES, LINE_BREAKS, Delimiters, Scan, SegmentIndex, read_header

_BLANKS = b" \t" + LINE_BREAKS
_NOWHERE = "0" * 16  # the file of rows until they have their own
_COUNTED = {"transaction_set": "transactions", "other_segment": "kept", "claim_payment": "claims", "submitted_claim": "claims"}
_COUNTED |= {"service_line": "lines", "submitted_line": "lines"}


def read_together(
    contents: Sequence[bytes],
    file_ids: Sequence[str],
    emit: Emit,
    code_lists: CodeLists = NO_LISTS,
    index_type: type[SegmentIndex] = SegmentIndex,
) -> list[FileSummary] | None:
    """Reads files that are `alike` as `read_file` would each of them, and emits the rows of all, table by table, file after file.

    Memory: some ten times the bytes. None, with nothing emitted, where they have to be read one by one all the same.
    """
    terminator = read_header(contents[0], 0).delimiters.terminator
    segments = np.array([index_type.scan.count(data, terminator[0]) for data in contents], np.int64)
    emitted: list[tuple[str, pa.Table]] = []
    size = sum(map(len, contents)) + HEADER_BYTES
    stream = io.BytesIO(b"".join(contents))
    progress = read_blocks(
        stream.read, _NOWHERE, lambda name, rows: emitted.append((name, rows)), size, code_lists, index_type
    )
    if progress.of_the_file or progress.counts["segments"] != segments.sum() or "TA1" in progress.kinds:
        return None
    files = _Files(np.cumsum(segments) - segments, np.concatenate(progress.interchange_starts), pa.array(file_ids))
    counts = {name: np.zeros(len(contents), np.int64) for name in ("transactions", "segments", "kept", "claims", "lines")}
    counts["segments"] = segments
    kinds: list[set[str]] = [set() for _ in contents]
    errors: list[set[str]] = [set() for _ in contents]
    for name, rows in emitted:
        number = files.of(rows)
        if name in _COUNTED:
            counts[_COUNTED[name]] += np.bincount(number, minlength=len(contents))
        if name == "transaction_set":
            _note(kinds, number, rows.column("transaction_set_code"))
        if name == "finding":
            is_error = np.asarray(pc.equal(rows.column("severity"), "error"))
            _note(errors, number[is_error], rows.column("category").filter(pa.array(is_error)))
        emit(name, files.given_back(rows, number))
    return [
        summary_of(
            hashlib.sha256(data).hexdigest(),
            int(files.interchange_count[at]),
            kinds[at],
            {name: int(each[at]) for name, each in counts.items()},
            errors[at],
        )
        for at, data in enumerate(contents)
    ]


class _Files:
    """Where each file begins: by its first segment and its first interchange, both counted through all files."""

    def __init__(self, first_segment: np.ndarray, interchanges: np.ndarray, ids: pa.Array) -> None:
        self.first_segment, self.ids = first_segment, ids
        self.interchanges_before = np.searchsorted(interchanges, first_segment)
        self.interchange_count = np.diff(self.interchanges_before, append=len(interchanges))

    def of(self, rows: pa.Table) -> np.ndarray:
        """The number of the file of each row."""
        return np.searchsorted(self.first_segment, rows.column("segment_index").to_numpy(), side="right") - 1

    def given_back(self, rows: pa.Table, number: np.ndarray) -> pa.Table:
        """The rows with their file's id, and segments and interchanges counted within it."""
        before = {
            "segment_index": pa.array(self.first_segment[number]),
            "interchange_number": pa.array(self.interchanges_before[number]),
        }
        columns = []
        for name in rows.schema.names:
            counted = "segment_index" if name.endswith("_segment_index") else name
            column = self.ids.take(pa.array(number)) if name == "file_id" else rows.column(name)
            columns.append(pc.subtract(column, before[counted]) if counted in before else column)
        return pa.table(columns, schema=rows.schema)


def alike(contents: Sequence[bytes], scan: Scan = BY_NUMPY) -> list[list[int]]:
    """Which files can be read together, by their places: whole ones, in ASCII, that begin with a header of the same delimiters.
    The others are in no group."""
    groups: dict[Delimiters, list[int]] = {}
    for at, data in enumerate(contents):
        header = read_header(data[: 2 * HEADER_BYTES], 0)
        if header is not None and data.isascii() and _is_plain(data, header.delimiters.terminator, scan):
            groups.setdefault(header.delimiters, []).append(at)
    return [group for group in groups.values() if len(group) > 1]


def _is_plain(data: bytes, terminator: bytes, scan: Scan) -> bool:
    """Ends with a terminator, none of which ends nothing; has line breaks only where the terminator is one or behind it; and no
    acknowledgement of interchanges (TA1)."""
    is_whole = data[-HEADER_BYTES // 8 :].rstrip(_BLANKS.translate(None, terminator)).endswith(terminator)
    if not is_whole or b"TA1" in data[:HEADER_BYTES] or scan.has_beside(data, terminator, terminator):
        return False
    return terminator in LINE_BREAKS or not scan.has_stray_break(data, terminator[0])


def _note(noted: list[set[str]], number: np.ndarray, values: pa.ChunkedArray) -> None:
    """Adds each value to the set of its file."""
    for at, value in zip(number.tolist(), values.to_pylist(), strict=True):
        if value:
            noted[at].add(value)
