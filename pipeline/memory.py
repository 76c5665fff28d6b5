"""Memory that reading frees is kept for the next block, instead of given back and asked for again.

Every block of a file needs some tens of megabytes for a moment. The system hands memory out page by page, each filled with zeros,
and that took a third of the time of reading. Where there is no allocator of glibc nothing is changed.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager

import pyarrow as pa

_TRIM_THRESHOLD, _MAP_THRESHOLD = -1, -3  # M_TRIM_THRESHOLD and M_MMAP_THRESHOLD of malloc.h
_KEPT = {_TRIM_THRESHOLD: 1 << 30, _MAP_THRESHOLD: 1 << 25}  # 32 MB is the most that glibc takes
# What comes after reading: the engine's blocks of 256 KB are used again, larger pieces go back to the system one by one.
_USUAL = {_TRIM_THRESHOLD: 1 << 17, _MAP_THRESHOLD: 1 << 20}
_POOL = pa.default_memory_pool()  # Arrow's own, which nobody else takes from while memory is kept


@contextmanager
def kept() -> Iterator[None]:
    """While it lasts, numpy and Arrow take memory from one allocator, which keeps what is freed; then what is free is given back.
    Of the whole process, so for one run at a time."""
    allocator = ctypes.CDLL(None)
    if not hasattr(allocator, "mallopt"):
        yield
        return
    for option, size in _KEPT.items():
        allocator.mallopt(option, size)
    pa.set_memory_pool(pa.system_memory_pool())
    try:
        yield
    finally:
        pa.set_memory_pool(_POOL)
        for option, usual in _USUAL.items():
            allocator.mallopt(option, usual)
        give_back()


def apart(rows: pa.Table) -> pa.Table:
    """The same rows in one piece of memory of their own. What has to wait goes there: where it was made, it would stand between
    what is free, and the next block would take new memory beside it."""
    # What stands for an array is small memory of the reader too: `slice` makes another one.
    columns: list[pa.ChunkedArray] = [
        pa.chunked_array([part.slice(0) for part in column.chunks], column.type) for column in rows.columns
    ]
    places = [place for place, column in enumerate(columns) if column.null_count < rows.num_rows]  # others share their zeros
    for batch in rows.select(places).combine_chunks().to_batches():
        copied = pa.ipc.read_record_batch(batch.serialize(memory_pool=_POOL), batch.schema)
        for place, column in zip(places, copied.columns, strict=True):
            columns[place] = pa.chunked_array([column])
    return pa.Table.from_arrays(columns, schema=rows.schema)


def size_of(rows: pa.Table) -> int:
    """Bytes of the columns that have values: those without share their zeros."""
    return sum(column.nbytes for column in rows.columns if column.null_count < rows.num_rows)


def give_back() -> None:
    """Gives free memory back to the system all the same: it has fallen into pieces that only small things fit into."""
    allocator = ctypes.CDLL(None)
    if hasattr(allocator, "malloc_trim"):
        allocator.malloc_trim(0)
