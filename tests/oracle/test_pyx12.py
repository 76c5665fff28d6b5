"""pyx12's X12Reader, token by token: the same segments with the same elements in every corpus file that it opens."""

from __future__ import annotations

import io
import logging
from pathlib import Path

import pytest
import pyx12.errors
import pyx12.segment
import pyx12.x12file

from tests.oracle import reference_reader
from tests.oracle.corpus import CORPUS, corpus_files, needs_corpus
from tests.oracle.reading import SHOWN_DIFFERENCES, read_real

pytestmark = needs_corpus

# pyx12 reads ISA12 at a fixed byte, so it cannot open an ISA that is not 106 bytes long. Ours counts elements.
ISA_NOT_106_BYTES = {
    "835/edi-835-parser--nevada_medicaid.txt",
    "835/stupidedi--1.edi",
    "837/TigerShark--837-example.txt",
    "837/TigerShark--837I-Examples.txt",
    "837/TigerShark--837I-Patient-NotSubscriber.txt",
    "837/TigerShark--837I-Patient-NotSubscriber2.txt",
    "837/TigerShark--837I-Patient-Subscriber.txt",
    "837/x12-parser--x12_bad_first_line.txt",
}
# pyx12 knows the interchange versions 00401 and 00501 only. These say 00402.
UNKNOWN_VERSION = {"837/staedi--sample837-original.edi", "837/staedi--sample837-small.edi"}

# A line break after each segment, then the terminator: pyx12 takes the byte after ISA16 (the line break) for the terminator and
# leaves `~` in front of each id.
TERMINATOR_BEFORE_ID = {"835/TigerShark--835-example.txt", "835/TigerShark--835-example-2.txt"}


def pyx12_segments(data: bytes) -> list[tuple[str, list[str]]]:
    """Id and elements of each segment; pyx12 wants text, not bytes, and its logger would write values."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    logging.getLogger("pyx12").setLevel(logging.CRITICAL + 1)
    return [(segment.get_seg_id(), tokens_of(segment)) for segment in pyx12.x12file.X12Reader(io.StringIO(text))]


def tokens_of(segment: pyx12.segment.Segment) -> list[str]:
    return without_empty_end([element.format() for element in segment.elements])


def without_empty_end(elements: list[str]) -> list[str]:
    """pyx12 drops empty elements at the end of a segment; they say nothing."""
    while elements and not elements[-1]:
        elements = elements[:-1]
    return elements


@pytest.mark.parametrize("totals", corpus_files())
def test_same_segments_and_tokens_as_pyx12(totals):
    path = Path(CORPUS, totals["file"])
    data = path.read_bytes()
    if not totals["kind"] or totals["file"] in ISA_NOT_106_BYTES | UNKNOWN_VERSION:
        with pytest.raises(pyx12.errors.X12Error):
            pyx12_segments(data)
        return
    theirs = pyx12_segments(data)
    if totals["file"] in TERMINATOR_BEFORE_ID:
        theirs = [(segment_id.removeprefix("~"), elements) for segment_id, elements in theirs]

    # The ids as they stand: ours compares them in upper case, pyx12 does not.
    reference = [(segment.elements[0], without_empty_end(segment.elements[1:])) for segment in reference_reader.segments(data)]
    assert [pair for pair in zip(theirs, reference, strict=True) if pair[0] != pair[1]][:SHOWN_DIFFERENCES] == []

    summary, tables = read_real(path)
    assert summary.segment_count == len(theirs)
    separator = reference_reader.headers(data)[0].element.decode()
    kept = {row["segment_index"]: row["raw_text"].split(separator) for row in tables.get("other_segment", [])}
    ours = {index: (elements[0], without_empty_end(elements[1:])) for index, elements in kept.items()}
    # raw_text leaves out the blanks that only pad an element
    padded = {index: without_empty_end([theirs[index][0], *(token.strip(" ") for token in theirs[index][1])]) for index in ours}
    assert {index: tokens for index, tokens in ours.items() if [tokens[0], *tokens[1]] != padded[index]} == {}
