"""What waits lies apart from what made it."""

from decimal import Decimal

import pyarrow as pa

from pipeline import memory
from pipeline.x12_index import nulls

MONEY = pa.decimal128(18, 2)


def rows() -> pa.Table:
    codes = pa.chunked_array([pa.array(["A", None]), pa.array(["never", "CO", "45"]).slice(1)])
    amounts = pa.array([Decimal("1.10"), Decimal("-2.20"), None, Decimal("0.00")], MONEY)
    return pa.table({"code": codes, "amount": amounts, "empty": nulls(4, MONEY), "number": pa.array([1, 2, 3, 4])})


def addresses(column: pa.ChunkedArray) -> set[int]:
    return {buffer.address for chunk in column.chunks for buffer in chunk.buffers() if buffer is not None}


def test_rows_that_lie_apart_are_the_same_and_share_nothing_but_the_zeros_of_empty_columns():
    before = rows()
    after = memory.apart(before)
    after.validate(full=True)
    assert after.equals(before, check_metadata=True)
    shared = [name for name in before.column_names if addresses(before[name]) & addresses(after[name])]
    assert shared == ["empty"]


def test_empty_columns_of_any_length_share_their_zeros_and_count_for_nothing():
    short, long = nulls(3, pa.string()), nulls(2, pa.string())
    assert (short.to_pylist(), long.null_count, nulls(0, MONEY).to_pylist()) == ([None] * 3, 2, [])
    assert addresses(pa.chunked_array([short])) == addresses(pa.chunked_array([long]))
    assert memory.size_of(rows()) == memory.size_of(rows().drop_columns(["empty"]))
