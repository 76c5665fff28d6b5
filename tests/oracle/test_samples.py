"""The samples of data_samples/, cell by cell as the reference reader has them, at several block sizes; and pyx12's tokens."""

from __future__ import annotations

from pathlib import Path

import pytest
import pyx12.errors

from pipeline.land import not_x12
from pipeline.x12_segments import read_segments
from tests.oracle import reference_reader
from tests.oracle.reading import FILE_ID, assert_reading_is_right, read_or_refused
from tests.oracle.test_pyx12 import pyx12_segments, without_empty_end

SAMPLES = Path(__file__).parents[2] / "data_samples"
# Those that land sends away by their first bytes are no matter for a reader.
QUIRKS = [path for folder in ("835", "837") for path in sorted((SAMPLES / folder).iterdir()) if not not_x12(path)]
NIGHT = [path for path in sorted((SAMPLES / "inbox").iterdir()) if not path.name.startswith("history") and not not_x12(path)]

# What pyx12 cannot open, or reads wrong, and ours reads right.
NOT_BEGINNING_WITH_ISA = {"byte_order_mark.835", "byte_order_mark.837", "leading_blanks.835", "lower_case_ids.835"}
ISA_NOT_106_BYTES = {"isa_too_long.835", "isa_too_short.835", "wrapped_at_80.835", "wrapped_at_80.837"}
READ_WRONG = {
    "several_interchanges.835": "it keeps the delimiters of the first interchange for all",
    "newline_before_terminator.835": "it takes the line break for the terminator, and leaves ~ before each identifier",
    "cut_in_segment.835": "it drops the last segment, which has no terminator",
    "cut_and_joined.835": "it takes the second ISA for elements of the segment that was cut",
}


def named(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


@pytest.mark.parametrize("path", QUIRKS, ids=named)
@pytest.mark.parametrize("block_bytes", [64, 300, 1 << 20])
def test_quirks_at_several_block_sizes(path, block_bytes):
    data = path.read_bytes()
    assert_reading_is_right(data, *read_or_refused(data, block_bytes=block_bytes))


@pytest.mark.parametrize("path", NIGHT, ids=named)
def test_the_sample_night_in_blocks(path):
    data = path.read_bytes()
    assert_reading_is_right(data, *read_or_refused(data, block_bytes=7_000))


@pytest.mark.parametrize("path", QUIRKS, ids=named)
def test_the_segments_one_by_one_are_those_of_the_index(path):
    data = path.read_bytes()
    with path.open("rb") as stream:
        segments = list(read_segments(stream))
    if not reference_reader.headers(data):
        assert segments == []
        return
    reference = [(segment.index, segment.id, len(segment.elements)) for segment in reference_reader.segments(data)]
    assert [(one.segment_index, one.segment_id, len(one.elements)) for one in segments] == reference


@pytest.mark.parametrize("path", QUIRKS, ids=named)
def test_same_segments_and_tokens_as_pyx12(path):
    data = path.read_bytes()
    if path.name in NOT_BEGINNING_WITH_ISA | ISA_NOT_106_BYTES or not reference_reader.headers(data):
        with pytest.raises(pyx12.errors.X12Error):
            pyx12_segments(data)
        return
    theirs = pyx12_segments(data)
    ours = [(segment.elements[0], without_empty_end(segment.elements[1:])) for segment in reference_reader.segments(data)]
    assert (theirs == ours) is (path.name not in READ_WRONG)


def test_a_file_of_several_answers_is_known_for_all_of_them():
    names = ("ta1_only.835", "functional_acknowledgement_999.835", "claim_acknowledgement_277ca.835", "nothing_paid.835")
    answers = [(SAMPLES / "835" / name).read_bytes() for name in names]
    assert read_or_refused(b"".join(answers[:3]))[0].kind == "277CA+999+TA1"
    assert read_or_refused(b"".join(answers))[0].kind == "835"


def test_the_mixed_file_gives_what_its_halves_give():
    mixed = (SAMPLES / "835" / "mixed_835_and_837.835").read_bytes()
    second = mixed.index(b"ISA", 3)
    summary, whole = read_or_refused(mixed, block_bytes=64)
    assert summary.kind == "835+837"
    for data, table in ((mixed[:second], "claim_payment"), (mixed[second:], "submitted_claim")):
        _, half = read_or_refused(data)
        numbers = {"segment_index", "transaction_segment_index", "remittance_segment_index", "interchange_number"}

        def values(rows: list[dict], leave_out: set[str] = numbers) -> list[dict]:
            return [{name: value for name, value in row.items() if name not in leave_out} for row in rows]

        assert values(half[table]) == values(whole[table])
    assert whole["transaction_set"][0]["file_id"] == FILE_ID
