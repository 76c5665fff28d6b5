"""The segments of a file one by one, as text: for people and for programs that ask about a few of them.

Slow (a Python object a segment) and simple. The pieces, and so the numbering, are those of x12_index: a `segment_index` here is
the one of every fact.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np

from pipeline.x12_index import Delimiters, SegmentIndex, pieces

ISA_ELEMENTS = 16


@dataclass(frozen=True)
class Segment:
    """One segment without its terminator, in the one-byte delimiters that `Piece.normalise` gave it. PHI: never logged."""

    segment_index: int
    text: str
    delimiters: Delimiters

    @property
    def elements(self) -> list[str]:
        """The identifier, then the elements, as they stand."""
        return self.text.split(self.delimiters.element.decode("ascii"))

    @property
    def segment_id(self) -> str:
        return self.elements[0].strip().upper()

    @property
    def is_header(self) -> bool:
        """Whether an interchange begins here."""
        return self.segment_id == "ISA" and len(self.elements) > ISA_ELEMENTS

    def value(self, element: int) -> str:
        """One element, trimmed; empty where it is not there."""
        return self.elements[element].strip() if element < len(self.elements) else ""


def read_segments(stream: BinaryIO) -> Iterator[Segment]:
    """Every segment of a file, in order; nothing where there is no interchange header. Raises OSError."""
    number = 0
    for piece in pieces(stream.read):
        data, delimiters, _ = piece.normalise()
        index = SegmentIndex(data, delimiters, np.zeros(0, np.int64), number)
        for row in range(len(index)):
            yield Segment(number, index.bytes_of(row, row + 1)[:-1].decode("utf-8").strip(" \t"), delimiters)
            number += 1
