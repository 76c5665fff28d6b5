"""Bytes to structural index: where every segment and element of a block of X12 stands, found for the whole block at once.

How it works, in the order of this page:

1. `pieces` walks through a file and cuts it into pieces of a few megabytes. A piece holds whole segments of interchanges with
   the same delimiters and ends before a segment that opens a claim or a transaction (ST, CLP, CLM, HL), so a claim is never
   torn. Interchange headers are recognised by their shape wherever they stand, not by what went before: a file that was cut in
   the middle of a segment and joined to another one still gives both.
2. `Piece.normalise` takes away what is not data (line breaks, byte order mark, delimiters of more than one byte, bytes that are
   not UTF-8), so that what follows sees one byte per delimiter and valid UTF-8.
3. `SegmentIndex` finds all delimiters with numpy, numbers the tokens (a segment's identifier and its elements) and makes ONE
   Arrow string array of all tokens of the block. An element of all segments of a kind is then a `take` from that array: no
   Python object per value. Amounts and dates are read eight bytes at a time from the same bytes. Where much is to be read,
   x12_kernels does these passes by compiled loops.
4. The index keeps, per segment, which elements were taken. What nobody took is kept as text (`other_segment`): that is how
   "nothing is lost" is a count and not a hope.

A block that continues a transaction begins with a copy of the segments that opened it (its context): the envelope, the
header, for an 837 the billing provider and subscriber loops. So every block can be read on its own. Context segments keep their
own segment_index and are never counted or written twice.

The bytes are trusted further down, so everything hostile must be dealt with here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise, permutations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

BLOCK_BYTES = 4 * 1024 * 1024  # stays in the cache of one core
HEADER_BYTES = 512  # an ISA is 106 bytes when well made; this is room for badly padded and wrapped ones
LOOKAHEAD = 3 * HEADER_BYTES  # for a header and the blanks and line breaks that can follow it
HEADER_SEARCH_BYTES = 1 << 14
CACHED_BYTES = 1 << 16  # several passes over so many bytes cost hardly more than one
LINE_BREAKS = b"\r\n"
PLUS, MINUS = 43, 45
PADDING = 8  # bytes of blanks before the data, so that eight bytes can be loaded before any position

Rows = np.ndarray  # positions of segments in the index; -1 where there is none


# --------------------------------------------------------------------------------------------------------------------
# Passes over all bytes of a file
# --------------------------------------------------------------------------------------------------------------------
class Scan:
    """The passes over all bytes of a file, by numpy; x12_kernels does the same by compiled loops."""

    def without(self, data: bytes, unwanted: bytes) -> bytes:
        """The data without some bytes. Four times as fast as bytes.translate, and other threads run meanwhile."""
        values = np.frombuffer(data, np.uint8)
        is_unwanted = any_of(values, unwanted)
        if not is_unwanted.any():
            return data
        return compacted(values, is_unwanted).to_pybytes()

    def spelled_positions(self, buffer: bytes, start: int, limit: int) -> list[int]:
        """Where in [start, limit) the letters ISA or isa stand, or begin and are broken by a line break."""
        found: list[int] = []
        for begin, window in _windows(np.frombuffer(buffer, np.uint8)[: limit + 2], start, 2):
            lower = window | 0x20  # of letters
            is_near = (lower[:-2] == ord("i")) & ((lower[1:-1] == ord("s")) | (window[1:-1] <= max(LINE_BREAKS)))
            first = np.flatnonzero(is_near)  # few; looked at more closely
            second, third = window[first + 1], window[first + 2]
            is_spelled = any_of(window[first], b"Ii") & (
                any_of(second, b"Ss") & any_of(third, b"Aa" + LINE_BREAKS) | any_of(second, LINE_BREAKS)
            )
            found += (first[is_spelled] + begin).tolist()
        return found

    def has_stray_break(self, data: bytes, end: int) -> bool:
        """Whether a line break follows neither the byte `end` nor another line break."""
        for _, window in _windows(np.frombuffer(data, np.uint8), 0, 1):
            is_break = any_of(window, LINE_BREAKS)
            if (is_break[1:] & ~is_break[:-1] & (window[:-1] != end)).any():
                return True
        return False

    def has_beside(self, data: bytes, some: bytes, others: bytes) -> bool:
        """Whether one of `some` bytes stands beside one of `others`."""
        for _, window in _windows(np.frombuffer(data, np.uint8), 0, 1):
            is_one, is_other = any_of(window, some), any_of(window, others)
            if (is_one[1:] & is_other[:-1] | is_one[:-1] & is_other[1:]).any():
                return True
        return False

    def count(self, data: bytes, byte: int) -> int:
        """How often a byte stands in the data."""
        return data.count(byte)

    def replaced(self, data: bytes, pairs: dict[int, int]) -> memoryview:
        """The data with some bytes, three at most, in place of others."""
        table = bytearray(range(256))
        for byte, replacement in pairs.items():
            table[byte] = replacement
        return memoryview(data.translate(bytes(table)))


def _windows(values: np.ndarray, start: int, overlap: int) -> Iterator[tuple[int, np.ndarray]]:
    """The bytes from `start` on in parts that stay in the cache, each with `overlap` more of the next, and where each begins."""
    for begin in range(start, len(values) - overlap, CACHED_BYTES):
        yield begin, values[begin : begin + CACHED_BYTES + overlap]


def any_of(values: np.ndarray, wanted: bytes) -> np.ndarray:
    """Whether each byte is one of `wanted`."""
    found = values == wanted[0]
    for byte in wanted[1:]:
        found |= values == byte
    return found


def compacted(values: np.ndarray, is_unwanted: np.ndarray) -> pa.Buffer:
    """The bytes that are wanted, one after the other."""
    return pc.filter(pa.array(values), pa.array(~is_unwanted)).buffers()[1] or pa.py_buffer(b"")


BY_NUMPY = Scan()


# --------------------------------------------------------------------------------------------------------------------
# 1. From a file to pieces
# --------------------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Delimiters:
    """The four delimiters of an interchange, as they stand in the file (mostly one byte each)."""

    element: bytes
    component: bytes
    repetition: bytes
    terminator: bytes

    def hexadecimal(self) -> str:
        return " ".join(part.hex() for part in (self.element, self.component, self.repetition, self.terminator))


@dataclass(frozen=True)
class Header:
    """A recognised ISA: where it starts, the first byte after its terminator, and the delimiters it declares."""

    start: int
    end: int
    delimiters: Delimiters


_SEPARATOR = rb"\xc2[\xa0-\xbf]|[^A-Za-z0-9 \t\r\n\x00]"
IDENTIFIER = r"^[A-Za-z][A-Za-z0-9]{1,2}$"  # of a segment
_IGNORED = LINE_BREAKS + b"\x00"
_ISA = re.compile(rb"(?:I[\r\n]*S[\r\n]*A|i[\r\n]*s[\r\n]*a)[\r\n\x00]*(" + _SEPARATOR + rb")")
_NEXT_SEPARATOR = re.compile(rb"[\r\n\x00]{0,64}(" + _SEPARATOR + rb")")
# A header as the standard has it, by the widths of its elements: what nearly every file begins with.
_PLAIN, _MARK = rb"[^\r\n\x00]", rb"([!-/:-@\[-`{-~])"
_STANDARD_ISA = re.compile(
    b"ISA"
    + _MARK
    + b"".join(_PLAIN + rb"{%d}\1" % width for width in (2, 10, 2, 10, 2, 15, 2, 15))
    + rb"\d{6}\1%(plain)b{4}\1(%(plain)b)\1(\d{5})\1%(plain)b{9}\1%(plain)b\1%(plain)b\1" % {b"plain": _PLAIN}
    + 2 * _MARK
)
_GAP = re.compile(rb"[ \t\r\n\x00]*")
_LINE_BREAK = re.compile(rb"[ \t\x00]*[\r\n][ \t\r\n\x00]*")
_LETTER_OR_END = re.compile(rb"[A-Za-z0-9]|\Z")


def read_header(window: bytes, start: int) -> Header | None:
    """The interchange header (ISA) at `start`, or None if what stands there only looks like one (a person named Isa).

    It need not be 106 bytes long: its elements are counted, not its bytes. Only what stands in `window` up to LOOKAHEAD bytes
    behind `start` counts. A header in which the terminator that it declares stands is none: it would not be one segment.
    """
    standard = _STANDARD_ISA.match(window, start)
    if standard is not None:
        element, repetition, version, component, terminator = standard.groups()
        is_sound = standard.group().count(element) == 16 and standard.group().find(terminator) == 105 and component != element
        if is_sound:
            found = _delimiters(element, component, repetition, version, terminator)
            return Header(start, standard.end(), found)
    letters = _ISA.match(window, start)
    if letters is None:
        return None
    element = letters.group(1)
    parts = window[start : start + HEADER_BYTES].split(element, 16)
    if len(parts) < 17:
        return None
    values = [part.translate(None, _IGNORED).strip(b" \t") for part in parts[1:16]]
    is_header = (
        all(len(values[number - 1]) <= 2 for number in (1, 3, 5, 7))
        and all(len(values[number - 1]) <= 1 for number in (14, 15))
        and re.fullmatch(rb"\d{6,8}", values[8]) is not None
        and re.fullmatch(rb"\d{5}", values[11]) is not None
    )
    component = _NEXT_SEPARATOR.match(window, start + len(element.join(parts[:16])) + len(element))
    if not is_header or component is None:
        return None
    gap = _GAP.match(window, component.end(), component.end() + HEADER_BYTES)
    if set(gap.group()) & set(LINE_BREAKS) and _LETTER_OR_END.match(window, gap.end()):  # the line break is the terminator
        terminator = b"\n" if b"\n" in gap.group() else b"\r"
        end = component.end() + gap.group().index(terminator) + 1
    else:
        found = _NEXT_SEPARATOR.match(window, gap.end())
        if found is None:
            return None
        terminator, end = found.group(1), found.end()
    marks = (element, component.group(1), terminator)
    if terminator in window[start : component.end()] or any(one in other for one, other in permutations(marks, 2)):
        return None
    return Header(start, end, _delimiters(element, component.group(1), values[10], values[11], terminator))


def _delimiters(element: bytes, component: bytes, repetition: bytes, version: bytes, terminator: bytes) -> Delimiters:
    """From 00402 on, ISA11 is the repetition separator."""
    has_repetition = version >= b"00402" and len(repetition.strip(b" \t")) == 1 and not repetition.isalnum()
    return Delimiters(element, component, repetition if has_repetition else b"", terminator)


def headers(buffer: bytes, start: int, limit: int, scan: Scan = BY_NUMPY) -> Iterator[Header]:
    """The interchange headers that begin in [start, limit), one after the other."""
    beyond, window = start, HEADER_SEARCH_BYTES
    while beyond < limit:  # the next one is mostly near: further windows are larger
        begin, beyond, window = beyond, min(limit, beyond + window), 4 * window
        for position in scan.spelled_positions(buffer, begin, beyond):
            header = read_header(buffer, position) if position >= start else None
            if header is not None:
                yield header
                start = header.end


def _ends_segment(buffer: bytes, position: int, terminator: bytes) -> bool:
    """Whether a segment is complete right before `position`. A buffer begins where a segment does."""
    ignorable = b" \t" + LINE_BREAKS.translate(None, terminator)
    size = 64
    while not (before := buffer[max(0, position - size) : position].rstrip(ignorable)) and size < position:
        size *= 8
    return before.endswith(terminator) or not before


def _last_cut(buffer: bytes, limit: int, delimiters: Delimiters) -> int:
    """Where the last segment before `limit` begins that opens a claim, a level or a transaction; 0 if there is none."""
    best = 0
    for identifier in (b"CLP", b"CLM", b"HL", b"ST", b"clp", b"clm", b"hl", b"st"):
        position = limit
        while (position := buffer.rfind(identifier + delimiters.element, best + 1, position)) > 0:
            if _ends_segment(buffer, position, delimiters.terminator):
                best = position
                break
    for opener in (b"GS", b"gs", b"ISA", b"isa"):  # an envelope stays with its first transaction, whose row holds it
        position = buffer.rfind(opener + delimiters.element, max(0, best - 2 * HEADER_BYTES), best)
        between = buffer[position:best].rstrip(b" \t" + LINE_BREAKS.translate(None, delimiters.terminator))
        is_segment = position == 0 or _ends_segment(buffer, position, delimiters.terminator)
        if position >= 0 and is_segment and between.count(delimiters.terminator) == 1:
            best = position
    return best


@dataclass(frozen=True)
class Piece:
    """Whole segments, as they stand in the file, of interchanges with the same delimiters.

    `is_last`: no segment of the open transaction follows. `is_torn`: the last segment has no terminator.
    """

    raw: bytes
    delimiters: Delimiters
    is_last: bool

    @cached_property
    def is_torn(self) -> bool:
        stripped = self.raw.rstrip(b" \t\x00\x1a" + LINE_BREAKS.translate(None, self.delimiters.terminator))
        return bool(stripped) and not stripped.endswith(self.delimiters.terminator)

    def has_wrapped_segments(self, scan: Scan = BY_NUMPY) -> bool:
        """Line breaks stand inside segments: the file was wrapped to a width."""
        terminator = self.delimiters.terminator
        if terminator in (b"\n", b"\r") or not scan.has_stray_break(self.raw, terminator[-1]):
            return False
        return any(
            not self.raw.endswith(terminator, 0, gap.start()) and not self.raw.startswith(terminator, gap.end())
            for gap in _LINE_BREAK.finditer(self.raw)
            if gap.start() > 0 and gap.end() < len(self.raw)
        )

    def normalise(self, scan: Scan = BY_NUMPY) -> tuple[bytes, Delimiters, bool]:
        """The data with one-byte delimiters, no line breaks, valid UTF-8 and a terminator at its end; the delimiters it then
        has; and whether bytes were read as latin-1 because they are not UTF-8."""
        marks = self._marks()
        data = scan.without(self.raw, (LINE_BREAKS + b"\x00").translate(None, self.delimiters.terminator)).rstrip(b" \t\x1a")
        unused = (bytes((number,)) for number in range(1, 32) if bytes((number,)) not in data and bytes((number,)) not in marks)
        element, component, _, terminator = marks  # nothing is cut at repetitions
        stand_ins = {mark: next(unused) for mark in (element, component, terminator) if not mark.isascii()}
        for mark, stand_in in stand_ins.items():
            data = data.replace(mark, stand_in)
        delimiters = Delimiters(*(stand_ins.get(mark, mark) for mark in marks))
        data = _without_padding(data, delimiters, scan)
        if data and not data.endswith(delimiters.terminator):
            data += delimiters.terminator
        is_latin_1 = False
        if not data.isascii():
            data, is_latin_1 = _as_utf_8(data, delimiters.terminator)
        return data, delimiters, is_latin_1

    def _marks(self) -> tuple[bytes, bytes, bytes, bytes]:
        marks = self.delimiters
        return marks.element, marks.component, marks.repetition, marks.terminator


SHOWS_COMPONENT = {b"SVC": 1, b"SV1": 1, b"SV3": 1, b"CLM": 5, b"PLB": 3}  # segments by which composites show themselves


@dataclass(frozen=True)
class Part:
    """Whole segments of a normalised piece whose composites are cut at the same separator. `shown_at`: where in `data` segments
    stand that show that it is not the declared one."""

    data: bytes
    component: bytes
    shown_at: tuple[int, ...] = ()


def by_component(
    data: bytes, delimiters: Delimiters, carried: bytes | None, scan: Scan = BY_NUMPY
) -> tuple[list[Part], bytes | None]:
    """The segments of a normalised piece, parted where interchanges use different component separators in fact.

    Some senders declare `:` in ISA16 and write `HC>99213`. The first composite of an interchange that has any such sign decides.
    `carried`: what has been decided for the interchange that goes on here, None where nothing has; and then for the one that is
    open at the end.
    """
    around = (delimiters.terminator, delimiters.element)
    headers = [at for at in scan.spelled_positions(data, 3, len(data)) if (data[at - 1 : at], data[at + 3 : at + 4]) == around]
    begun: list[tuple[int, bytes]] = []
    shown_at: list[int] = []
    for start, end in pairwise([0, *headers, len(data)]):
        if data[start : start + 3].upper() == b"ISA" and data[start + 3 : start + 4] == delimiters.element:
            carried = None
        if carried is None:
            carried, place = _component_in_use(data, start, end, delimiters)
            shown_at += [place] if carried not in (None, delimiters.component) else []
        if not begun or begun[-1][1] != (carried or delimiters.component):
            begun.append((start, carried or delimiters.component))
    return [
        Part(data[start:end], component, tuple(place - start for place in shown_at if start <= place < end))
        for (start, component), (end, _) in pairwise([*begun, (len(data), b"")])
    ], carried


def _component_in_use(data: bytes, start: int, end: int, delimiters: Delimiters) -> tuple[bytes | None, int]:
    """The component separator that the first composite with such a sign shows, of the interchange in [start, end), and where its
    segment begins; None where none does."""
    element, terminator = delimiters.element, delimiters.terminator
    for match in _composites(element, terminator).finditer(data, max(start - len(terminator), 0), end):
        position = SHOWS_COMPONENT[match.group(1).upper()]
        values = match.group(2).split(element, position)
        value = values[position - 1] if len(values) >= position else b""
        if delimiters.component in value:
            return delimiters.component, match.start(1)
        signs = set(value) & set(b":><^|") - set(element + terminator)
        if signs:
            is_shown = value[2:3] and value[2] in signs and value[:2].isalnum()
            return value[2:3] if is_shown else delimiters.component, match.start(1)
    return None, 0


@lru_cache(maxsize=16)
def _composites(element: bytes, terminator: bytes) -> re.Pattern[bytes]:
    """The segments that show composites, each behind a terminator: identifier and elements."""
    before, rest = b"(?:^|" + re.escape(terminator) + b")", b"([^" + re.escape(terminator) + b"]*)"
    return re.compile(before + b"(" + b"|".join(SHOWS_COMPONENT) + b")" + re.escape(element) + rest, re.IGNORECASE)


def _without_padding(data: bytes, delimiters: Delimiters, scan: Scan) -> bytes:
    """Without blanks and tabs around elements (an ISA is full of them) and without terminators that end nothing.

    What comes after can then take a blank value for empty and a terminator for a segment.
    """
    element, terminator = delimiters.element, delimiters.terminator
    blanks = b" \t".translate(None, element + terminator)
    around = re.compile(b"[" + blanks + b"]*([" + re.escape(element) + re.escape(terminator) + b"])[" + blanks + b"]*")
    parts, position = [], 0
    for start in scan.spelled_positions(data, 0, len(data)):
        if start >= position and data.startswith(b"ISA" + element, start):
            end = data.find(terminator, start)
            end = len(data) if end < 0 else end
            parts += [data[position:start], element.join(value.strip(blanks) for value in data[start:end].split(element))]
            position = end
    data = b"".join([*parts, data[position:]]).lstrip(blanks + terminator)
    if scan.has_beside(data, blanks, element + terminator):  # only then is a pattern worth its time
        data = around.sub(rb"\1", data)
    if scan.has_beside(data, terminator, terminator):
        data = re.sub(re.escape(terminator) + b"+", lambda match: terminator, data)
    return data.rstrip(blanks)


def _as_utf_8(data: bytes, terminator: bytes) -> tuple[bytes, bool]:
    """Each segment as it is where it is UTF-8, else read as latin-1: one wrong byte must not spoil its neighbours."""
    segments, is_latin_1 = data.split(terminator), False
    for position, segment in enumerate(segments):
        if not segment.isascii():
            try:
                segment.decode("utf-8")
            except UnicodeDecodeError:
                segments[position] = segment.decode("latin-1").encode("utf-8")
                is_latin_1 = True
    return terminator.join(segments), is_latin_1


def pieces(read: Callable[[int], bytes], block_bytes: int = BLOCK_BYTES, scan: Scan = BY_NUMPY) -> Iterator[Piece]:
    """Cut the stream behind `read` (bytes wanted -> bytes, empty at the end) into pieces of about `block_bytes`.

    Yields nothing where the stream has no interchange header. What stands before the first one (a byte order mark, a mail header)
    is no X12 and is left out. Memory: two blocks, or the largest claim where that is more.
    """
    buffer, at_end, header, scanned, wanted = b"", False, None, 0, block_bytes
    while True:
        while not at_end and len(buffer) < wanted + LOOKAHEAD:
            chunk = read(wanted + LOOKAHEAD - len(buffer))
            at_end = not chunk
            buffer += chunk
        limit = len(buffer) if at_end else len(buffer) - LOOKAHEAD
        if header is None:
            header = next(headers(buffer, 0, limit, scan), None)
            if header is None and at_end:
                return
            buffer = buffer[header.start if header else limit :]
            scanned = header.end - header.start if header else 0
            continue
        following, scanned = _next_different(buffer, scanned, limit, header.delimiters, scan)
        if following is not None:
            yield Piece(buffer[: following.start], header.delimiters, is_last=True)
            buffer, header, wanted = buffer[following.start :], following, block_bytes
            scanned = following.end - following.start
        elif at_end:
            yield Piece(buffer, header.delimiters, is_last=True)
            return
        else:
            cut = _last_cut(buffer, limit, header.delimiters)
            if cut == 0:
                wanted += block_bytes  # one claim is larger than a block: read on
                continue
            yield Piece(buffer[:cut], header.delimiters, is_last=False)
            buffer, scanned, wanted = buffer[cut:], scanned - cut, block_bytes


def _next_different(buffer: bytes, start: int, limit: int, delimiters: Delimiters, scan: Scan) -> tuple[Header | None, int]:
    """The next interchange header that needs a piece of its own: other delimiters, or its predecessor was torn. And up to where
    the buffer has been looked through."""
    for header in headers(buffer, start, limit, scan):
        start = header.end
        if header.delimiters != delimiters or not _ends_segment(buffer, header.start, delimiters.terminator):
            return header, start
    return None, max(start, limit)


# --------------------------------------------------------------------------------------------------------------------
# 2. The index of one block
# --------------------------------------------------------------------------------------------------------------------
@lru_cache(maxsize=1024)
def code(text: str) -> int:
    """A segment identifier or qualifier of up to four characters as the number that `SegmentIndex` compares."""
    return int.from_bytes(text.encode("ascii"), "little")


def last(mask: np.ndarray) -> np.ndarray:
    """For every position, the last position at or before it where `mask` holds; -1 where there is none yet.

    The start value is -1, not 0: with 0 the rows of a block's first claim are lost or given to the wrong owner.
    """
    return last_of(np.flatnonzero(mask), len(mask))


def last_of(rows: Rows, size: int) -> Rows:
    """`last` of the mask that holds at `rows`: each position repeated until the next one (faster than a running maximum)."""
    values = np.empty(len(rows) + 1, np.int64)
    values[0], values[1:] = -1, rows
    return np.repeat(values, np.diff(rows, prepend=0, append=size))


_LENGTH_MASK = np.array([0, 0xFF, 0xFFFF, 0xFFFFFF, 0xFFFFFFFF], dtype=np.uint32)


class SegmentIndex:
    """The segments and elements of one block.

    `identifier` and `qualifier` (first element) hold the first four characters as numbers, upper case; 0 where longer or empty.
    `segment_index` is the ordinal in the file. The first `context_count` segments are context: replayed, not counted.
    `stand_in`: what stands in the data for a component separator that is not ASCII, and that separator, which values show.
    """

    block_bytes = BLOCK_BYTES
    scan = BY_NUMPY

    def __init__(
        self,
        data: bytes,
        delimiters: Delimiters,
        context_indexes: np.ndarray,
        first_index: int,
        stand_in: tuple[str, str] | None = None,
    ) -> None:
        self.delimiters = delimiters
        self._stand_in = stand_in
        self.data = data
        self._find_tokens(data, delimiters)
        self.segment_index = np.arange(len(self.identifier), dtype=np.int64) - len(context_indexes) + first_index
        self.context_count = len(context_indexes)
        self.segment_index[: self.context_count] = context_indexes
        self._is_taken = np.zeros(len(self.token_start), bool)  # by token
        self._is_placed = np.zeros(len(self.identifier), bool)  # by segment
        self._is_wrong = np.zeros(len(self.identifier), bool)  # by segment
        self._untaken: list[tuple[Rows, int | np.ndarray]] = []  # elements of context
        self._rows: dict[int, Rows] = {}
        self._last: dict[tuple[str, ...], Rows] = {}
        self._qualifiers: dict[str, np.ndarray] = {}
        self._qualified: dict[tuple[str, str], Rows] = {}
        self._seen: tuple[Rows, np.ndarray, np.ndarray, int] | None = None

    def _find_tokens(self, data: bytes, delimiters: Delimiters) -> None:
        """Where tokens begin, how long they are, which of them make a segment, and what segments begin with."""
        padded = b" " * PADDING + data + b" " * PADDING
        self._bytes = np.frombuffer(padded, np.uint8)
        body = self._bytes[PADDING : PADDING + len(data)]
        is_terminator = body == delimiters.terminator[0]
        is_end = is_terminator | (body == delimiters.element[0])
        ends = np.flatnonzero(is_end).astype(np.int32)  # of tokens; a block is far smaller than 2 GB
        self.token_start = np.empty(len(ends), np.int32)
        self.token_start[:1] = 0
        self.token_start[1:] = ends[:-1] + 1
        self.token_length = ends - self.token_start
        self._has_value = self.token_length > 0
        self._tokens = _strings(compacted(body, is_end), ends - np.arange(len(ends), dtype=np.int32))
        last_tokens = np.flatnonzero(is_terminator[ends])
        self.first_token = np.empty(len(last_tokens), np.int64)
        self.first_token[:1] = 0
        self.first_token[1:] = last_tokens[:-1] + 1
        self.token_count = last_tokens - self.first_token + 1
        self._segment_ends = ends[last_tokens]
        self.identifier = self.codes(self.first_token)
        self.qualifier = np.where(self.token_count > 1, self.codes(np.minimum(self.first_token + 1, max(len(ends) - 1, 0))), 0)
        self._has_elements = self._segment_ends - self.token_start[self.first_token] - self.token_length[self.first_token] >= (
            self.token_count
        )

    def __len__(self) -> int:
        return len(self.identifier)

    # ---- numbers for identifiers and qualifiers
    def _load(self, width: str, positions: np.ndarray) -> np.ndarray:
        """Four or eight bytes at any byte position of the data, as unsigned numbers."""
        size = np.dtype(width).itemsize
        view = np.ndarray((len(self._bytes) - size + 1,), dtype=width, buffer=self._bytes.data, strides=(1,))
        return view[positions + PADDING]

    def codes(self, tokens: np.ndarray) -> np.ndarray:
        """The first four characters of tokens as numbers, upper case; 0 where longer or empty."""
        start, length = self.token_start[tokens], self.token_length[tokens]
        word = self._load("<u4", start) & _LENGTH_MASK[np.minimum(length, 4)]
        word[length > 4] = 0
        lower_case = (word & np.uint32(0x40404040)) >> np.uint32(1) & word  # bit 0x20 of letters
        return word & ~lower_case

    # ---- finding segments
    def rows(self, *identifiers: str) -> Rows:
        """Positions of the segments with one of these identifiers, in order."""
        if len(identifiers) == 1:
            number = code(identifiers[0])
            if number not in self._rows:
                self._rows[number] = np.flatnonzero(self.identifier == number)
            return self._rows[number]
        return np.flatnonzero(self.mask(*identifiers))

    def last(self, *identifiers: str) -> Rows:
        """For every segment the last one at or before it with one of these identifiers; -1 where there is none yet."""
        if identifiers not in self._last:
            self._last[identifiers] = last(self.mask(*identifiers))
        return self._last[identifiers]

    def opened(self, is_within: np.ndarray, openers: Sequence[str], closers: Sequence[str]) -> Rows:
        """For every segment within, the last of `openers` within, at or before it, that no later one of `closers` has closed; -1
        where there is none."""
        opener = last(self.mask(*openers) & is_within)
        return np.where(is_within & (opener > self.last(*closers)), opener, -1)

    def first_in(self, owners: Rows, owner_of: Rows, candidates: Rows) -> Rows:
        """For each of `owners` (they may repeat) the first of `candidates` (ascending) that belongs to it; -1 where none does.
        `owner_of`: for each segment one at or before it, as `last` and `opened` say it, or -1."""
        found = np.full(len(self) + 1, -1, np.int64)  # one more: owner -1 writes there
        found[owner_of[candidates[::-1]]] = candidates[::-1]  # the first candidate is written last
        found[-1] = -1
        return found[owners]

    def sums_in(self, owners: Rows, owner_of: Rows, rows: Rows, values: np.ndarray) -> np.ndarray:
        """For each of `owners` the exact sum of the whole numbers `values` of those of `rows` (ascending) that belong to it (a
        float bincount would round above 2**53). `owner_of` as in `first_in`."""
        sums = np.zeros(len(self) + 1, np.int64)  # one more: owner -1 adds there
        np.add.at(sums, owner_of[rows], values)
        return sums[owners]

    def segment_numbers(self, rows: Rows) -> pa.Array:
        """The segment_index of each of `rows`; null where it is -1."""
        is_missing = rows < 0
        numbers = self.segment_index[np.where(is_missing, 0, rows)] if len(self) else np.zeros(len(rows), np.int64)
        return pa.array(numbers, pa.int64(), mask=is_missing if is_missing.any() else None)

    def group_of(self, rows: Rows) -> Rows:
        """The GS of each of `rows` in its interchange; -1 where there is none."""
        group = self.last("GS")[rows]
        return np.where(group > self.last("ISA")[rows], group, -1)

    def mask(self, *identifiers: str) -> np.ndarray:
        """Whether each segment has one of these identifiers."""
        found = np.zeros(len(self), bool)
        for identifier in identifiers:
            found[self.rows(identifier)] = True
        return found

    def qualified(self, identifier: str, qualifier: str) -> Rows:
        """Positions of the segments with this identifier and first element."""
        if (identifier, qualifier) not in self._qualified:
            rows = self.rows(identifier)
            if identifier not in self._qualifiers:
                self._qualifiers[identifier] = self.qualifier[rows]
            self._qualified[identifier, qualifier] = rows[self._qualifiers[identifier] == code(qualifier)]
        return self._qualified[identifier, qualifier]

    def has_value(self, rows: Rows, element: int) -> np.ndarray:
        """Whether an element of each of `rows` has a value."""
        return self._token(rows, element, take=False)[1]

    def is_value(self, rows: Rows, element: int, code: int) -> np.ndarray:
        """Whether an element of each of `rows` is the value with that `code`."""
        exists = rows >= 0
        if not exists.any():
            return exists
        exists &= element < self.token_count[rows]
        token = np.where(exists, self.first_token[rows] + element, 0)
        return exists & (self.codes(token) == code)

    # ---- taking values
    def _token(self, rows: Rows, element: int | np.ndarray, take: bool) -> tuple[np.ndarray, np.ndarray]:
        """Token numbers of an element of `rows` and whether there is a value; marks it as taken."""
        if self._seen is None or self._seen[0] is not rows:  # columns of the same segments follow each other
            exists = rows >= 0
            count = np.where(exists, self.token_count[rows], 0) if len(self) else np.zeros(len(rows), np.int64)
            first = self.first_token[rows] if len(self) else count
            self._seen = rows, first, count, int(count.min(initial=0 if not len(rows) else np.iinfo(np.int64).max))
        _, first, count, least = self._seen
        token = first + element
        if isinstance(element, int) and element < least:
            exists = self._has_value[token]
        else:
            exists = element < count
            if not exists.any():
                return np.zeros(len(rows), np.int64), exists
            token = np.where(exists, token, 0)  # an identifier: nobody asks whether it is taken
            exists &= self._has_value[token]
        if take:
            self._is_taken[token] = True
        return token, exists

    def text(self, rows: Rows, element: int | np.ndarray, take: bool = True) -> pa.StringArray:
        """An element of each of `rows` as strings; null where the row is -1 or the element is empty."""
        values = self._text(rows, element, take)
        return values if self._stand_in is None else pc.replace_substring(values, *self._stand_in)

    def _text(self, rows: Rows, element: int | np.ndarray, take: bool) -> pa.StringArray:
        """`text` as it stands in the data."""
        token, exists = self._token(rows, element, take)
        if not exists.any():
            return nulls(len(rows), pa.string())
        return self._tokens.take(pa.array(token) if exists.all() else pa.array(token, mask=~exists))

    def identifiers(self, rows: Rows) -> pa.StringArray:
        """The identifier of each of `rows` as it stands; null where it is none: in a damaged file a name may stand there."""
        texts = self.text(rows, 0, take=False)
        return pc.if_else(pc.match_substring_regex(texts, IDENTIFIER), texts, pa.scalar(None, pa.string()))

    def components(self, rows: Rows, element: int, count: int) -> list[pa.StringArray]:
        """The first `count` components of a composite element, each as strings; null where absent.

        A composite with more components is not counted as taken, so that its segment is kept as text as well.
        """
        parts, part_count = self._parts(rows, element, count)
        self._take(np.where(part_count <= count, rows, -1), element)
        return parts

    def distinct_components(
        self, rows: Rows, element: int | np.ndarray, count: int
    ) -> tuple[np.ndarray, list[pa.StringArray]]:
        """`components` of an element that has few different values: which of them each of `rows` has (-1 for none), and the
        components of each."""
        encoded = self._text(rows, element, take=False).dictionary_encode()
        values = pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False).astype(np.int64)
        parts, part_count = split(encoded.dictionary, self.delimiters.component, count)
        is_taken = np.append(part_count <= count, False)  # one more, which -1 reads
        self._take(np.where(is_taken[values], rows, -1), element)
        return values, parts

    def _parts(self, rows: Rows, element: int, count: int) -> tuple[list[pa.StringArray], np.ndarray]:
        """The first `count` components of an element of each of `rows`, and how many components it has."""
        return split(self._text(rows, element, take=False), self.delimiters.component, count)

    def _take(self, rows: Rows, element: int | np.ndarray) -> None:
        """Say that an element of each of `rows` stands in a column."""
        self._token(rows, element, take=True)

    def untake(self, rows: Rows, element: int | np.ndarray) -> None:
        """Say that an element did not fit its column: the segment is kept as text."""
        is_context = (rows >= 0) & (rows < self.context_count)
        if is_context.any():
            self._untaken.append((rows[is_context], element[is_context] if isinstance(element, np.ndarray) else element))
        self._untake(rows, element)

    def _untake(self, rows: Rows, element: int | np.ndarray) -> None:
        token, exists = self._token(rows, element, take=False)
        self._is_taken[token[exists]] = False

    def refuse(self, rows: Rows, element: int | np.ndarray) -> None:
        """`untake` of an element that is no number or date where it has to be one."""
        self.untake(rows, element)
        self._is_wrong[rows] = True

    def structural(self, rows: Rows, *elements: int) -> None:
        """Mark elements as taken that say only where the segment stands, or repeat what is in a column already."""
        for element in elements:
            self._take(rows, element)
        self._is_placed[rows[rows >= 0]] = True

    def structural_where(self, rows: Rows, element: int, code: int) -> None:
        """`structural` of those of `rows` in which an element is the value with that `code`."""
        self.structural(np.where(self.is_value(rows, element, code), rows, -1), element)

    def decimals(self, rows: Rows, element: int | np.ndarray, scale: int, take: bool = True) -> Numbers:
        """An element of each of `rows` as whole numbers of 10**-scale, read strictly: sign, digits, one point, at most
        `scale` decimals that are not zero. `1,250.00`, `1e3` and `12.345` are not amounts (invalid, never rounded)."""
        token, exists = self._token(rows, element, take)
        return self._decimals_of(self.token_start[token].astype(np.int64), self.token_length[token], exists, scale)

    def _decimals_of(self, start: np.ndarray, length: np.ndarray, exists: np.ndarray, scale: int) -> Numbers:
        if not exists.any():
            return Numbers(np.zeros(len(start), np.int64), exists, exists.copy())
        end, size = start + length, np.minimum(length, 8)
        word = (self._load("<u8", end - 8) & _LAST_BYTES[size]) | _LEADING_ZEROS[size]
        first = self._bytes[start + PADDING]
        has_sign = (first == PLUS) | (first == MINUS)  # the comma stands between the two
        signed = np.flatnonzero(has_sign & (length <= 8))
        sign = self._bytes[start[signed] + PADDING]
        word[signed] ^= (sign ^ 48).astype(np.uint64) << (8 * (8 - size[signed])).astype(np.uint64)
        word, decimal_count, has_point = _without_point(word)
        numbers, is_simple = _eight_digits(word)
        is_simple &= (decimal_count <= scale) & (length <= 8) & (length - has_sign > has_point)
        numbers *= _POWERS[scale - np.minimum(decimal_count, scale)]
        numbers[signed[sign == MINUS]] *= -1
        is_valid = exists & is_simple
        for position in np.flatnonzero(exists & ~is_simple):  # more than eight characters, more decimals, or wrong: rare
            value = strict_decimal(self.data[start[position] : end[position]], scale)
            if value is not None:
                numbers[position], is_valid[position] = value, True
        return Numbers(np.where(is_valid, numbers, 0), is_valid, exists & ~is_valid)

    def dates(
        self, rows: Rows, element: int | np.ndarray, part: int = 0, take: bool = True, is_period=False, is_envelope=False
    ) -> Numbers:
        """An element of each of `rows` as days since 1970-01-01: CCYYMMDD.

        `is_period` (DTP): also the day of CCYYMMDDHHMM, and part 0 or 1 of CCYYMMDD-CCYYMMDD (part 1 of one day: that day).
        `is_envelope` (ISA09, GS04): also YYMMDD. Anything else is invalid.
        """
        token, exists = self._token(rows, element, take)
        if not exists.any():
            return Numbers(np.zeros(len(rows), np.int64), exists, exists.copy())
        start, length = self.token_start[token].astype(np.int64), self.token_length[token]
        size, is_clock = length, np.True_
        if is_period and not (length == 8).all():
            is_range = (length == 17) & (self._bytes[np.minimum(start + 8, len(self.data)) + PADDING] == MINUS)
            start = start + np.where(is_range & (part == 1), 9, 0)
            has_time = length == 12
            size = np.where(is_range | has_time, 8, length)
            clock = self._load("<u8", np.where(has_time, start + 4, 0)) & _LAST_BYTES[4] | _LEADING_ZEROS[4]
            is_clock = ~has_time | _eight_digits(clock)[1]
        kept = np.clip(size, 0, 8)
        digits, is_digits = _eight_digits((self._load("<u8", start + size - 8) & _LAST_BYTES[kept]) | _LEADING_ZEROS[kept])
        is_well_formed = (size == 8) & is_clock
        if is_envelope:
            is_short = size == 6
            digits = np.where(is_short, digits + np.where(digits < 500000, 20000000, 19000000), digits)
            is_well_formed |= is_short
        days, is_day = _days(digits)
        is_valid = exists & is_digits & is_day & is_well_formed
        return Numbers(np.where(is_valid, days, 0), is_valid, exists & ~is_valid)

    # ---- what is left
    def is_taken(self, rows: Rows) -> np.ndarray:
        """Whether anything of each of `rows` was taken, or its place alone says all of it."""
        counts = self.token_count[rows] - 1  # the identifier does not count
        before = np.cumsum(counts) - counts
        tokens = np.repeat(self.first_token[rows] + 1 - before, counts) + np.arange(counts.sum())
        found = self._is_placed[rows]
        found[np.repeat(np.arange(len(rows)), counts)[self._is_taken[tokens] & self._has_value[tokens]]] = True
        return found

    def is_whole(self, rows: Rows) -> np.ndarray:
        """Of each of `rows` whether every element with a value was taken, and at least its place."""
        is_left = self._has_value & ~self._is_taken
        is_left[self.first_token] = False
        whole = self._is_placed | self._has_elements
        whole[np.searchsorted(self.first_token, np.flatnonzero(is_left), side="right") - 1] = False
        return whole[rows]

    def taken_of(self, rows: Rows) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """What was taken of `rows`, by token, whether their places say all of them, and whether an element was refused: for
        `take_over` by an index that begins with them."""
        counts = self.token_count[rows]
        tokens = np.repeat(self.first_token[rows] - np.cumsum(counts) + counts, counts) + np.arange(counts.sum())
        return self._is_taken[tokens], self._is_placed[rows], self._is_wrong[rows]

    def take_over(self, taken: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
        """Say of the first segments what an earlier block took of them, as if it had been said before anything was taken here."""
        of_tokens, is_placed, is_wrong = taken
        of_context = self._is_taken[: len(of_tokens)]
        taken_here = of_context.copy()
        of_context[:] = of_tokens
        for rows, element in self._untaken:
            self._untake(rows, element)
        of_context |= taken_here
        self._is_placed[: len(is_placed)] |= is_placed
        self._is_wrong[: len(is_wrong)] |= is_wrong

    def is_wrong(self, rows: Rows) -> np.ndarray:
        """Whether each of `rows` has an element that was refused."""
        return self._is_wrong[rows]

    def qualifier_of(self, rows: Rows, element: int) -> np.ndarray:
        """The first four characters of an element of `rows` (all present) as numbers; 0 where there is no such element."""
        exists = element < self.token_count[rows]
        return np.where(exists, self.codes(np.where(exists, self.first_token[rows] + element, 0)), 0)

    def raw_text(self, rows: Rows) -> pa.StringArray:
        """The segments as they stand, without their terminators."""
        with_terminators = _strings(self.data, self._segment_ends + 1)
        texts = pc.utf8_slice_codeunits(with_terminators.take(pa.array(rows)), 0, -1)
        return texts if self._stand_in is None else pc.replace_substring(texts, *self._stand_in)

    def span(self, first: int, beyond: int) -> tuple[int, int]:
        """Where the segments [first, beyond) stand in the data, terminators included."""
        return int(self.token_start[self.first_token[first]]), int(self._segment_ends[beyond - 1]) + 1

    def bytes_of(self, first: int, beyond: int) -> bytes:
        """The data of segments [first, beyond), terminators included."""
        start, end = self.span(first, beyond)
        return self.data[start:end]


@dataclass(frozen=True)
class Numbers:
    """Whole numbers with a mask: `is_valid` has a value, `is_wrong` has text that is no value."""

    values: np.ndarray
    is_valid: np.ndarray
    is_wrong: np.ndarray

    def money(self) -> pa.Array:
        return decimal_array(self.values, self.is_valid, pa.decimal128(18, 2))

    def number(self) -> pa.Array:
        return decimal_array(self.values, self.is_valid, pa.decimal128(18, 4))

    def date(self) -> pa.Array:
        return pa.array(self.values.astype(np.int32), mask=~self.is_valid).cast(pa.date32())

    def integer(self) -> pa.Array:
        return pa.array(self.values, mask=~self.is_valid)


def decimal_array(values: np.ndarray, is_valid: np.ndarray, type_: pa.DataType) -> pa.Array:
    """Whole numbers of the type's smallest unit as an Arrow decimal, without going through text or float."""
    words = np.empty((len(values), 2), np.int64)
    words[:, 0] = values
    words[:, 1] = values >> 63
    validity = pa.py_buffer(np.packbits(is_valid, bitorder="little").tobytes())
    return pa.Array.from_buffers(type_, len(values), [validity, pa.py_buffer(words)])


def nulls(count: int, type_: pa.DataType) -> pa.Array:
    """A column without values. Most columns of most blocks are: all of them share their zeros."""
    return _zeros(1 << count.bit_length(), type_).slice(0, count)


@lru_cache(maxsize=256)
def _zeros(count: int, type_: pa.DataType) -> pa.Array:
    return pa.nulls(count, type_)


def split(values: pa.StringArray, separator: bytes, count: int) -> tuple[list[pa.StringArray], np.ndarray]:
    """Cut every value at `separator`: its first `count` parts (null where absent or empty) and how many parts it has."""
    values = pc.fill_null(values, "")
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    offsets = np.frombuffer(values.buffers()[1], np.int32)[values.offset : values.offset + len(values) + 1].astype(np.int64)
    buffer = values.buffers()[2]
    data = np.frombuffer(buffer, np.uint8)[offsets[0] : offsets[-1]] if buffer is not None else np.zeros(0, np.uint8)
    offsets = offsets - offsets[0]
    cuts = np.flatnonzero(data == separator[0])
    cuts_before = np.searchsorted(cuts, offsets)
    is_value_end = np.zeros(len(cuts) + len(values), bool)  # both are sorted: merged by their ranks
    is_value_end[np.arange(len(values)) + cuts_before[1:]] = True
    ends = np.empty(len(is_value_end), np.int64)
    ends[is_value_end], ends[~is_value_end] = offsets[1:], cuts
    cuts_at_end = np.cumsum(~is_value_end) - ~is_value_end
    starts = np.empty(len(ends), np.int64)
    starts[:1], starts[1:] = 0, ends[:-1] + ~is_value_end[:-1]
    has_text = ends > starts
    pieces_ = _strings(compacted(data, data == separator[0]), ends - cuts_at_end)
    first = np.arange(len(values)) + cuts_before[:-1]
    part_count = np.diff(cuts_before) + 1
    parts, has_blanks = [], bool(any_of(data, b" \t").any())
    for number in range(count):
        is_there = part_count > number
        place = np.where(is_there, first + number, 0)
        is_there &= has_text[place]
        if not is_there.any():
            parts.append(nulls(len(values), pa.string()))
            continue
        part = pieces_.take(pa.array(place, mask=~is_there))
        if has_blanks:
            part = pc.utf8_trim(part, " \t")
            part = pc.if_else(pc.equal(part, ""), pa.scalar(None, pa.string()), part)
        parts.append(part)
    return parts, part_count


def strict_decimal(text: bytes, scale: int) -> int | None:
    """One amount or number as a whole number of 10**-scale; None if it is not written as X12 type R allows."""
    if not scale and text.isdigit() and len(text) <= 18:
        return int(text)
    written = re.fullmatch(rb"([+-]?)(\d*)\.?(\d*)", text.strip(b" "))
    if written is None or not written[2] + written[3]:
        return None
    decimals = written[3].rstrip(b"0")
    digits = (written[2] + decimals.ljust(scale, b"0")).lstrip(b"0")
    if len(decimals) > scale or len(digits) > 18:
        return None
    return int(written[1] + (digits or b"0"))


def _strings(data: bytes | pa.Buffer, ends: np.ndarray) -> pa.StringArray:
    """Adjoining values as an Arrow string array: value i is data[ends[i-1]:ends[i]]. The bytes must be UTF-8."""
    offsets = np.zeros(len(ends) + 1, np.int32)
    offsets[1:] = ends
    return pa.StringArray.from_buffers(len(ends), pa.py_buffer(offsets), pa.py_buffer(data))


# By length 0 to 8: the last bytes of a word, in a little-endian machine its high ones; and "0" in the others.
_LAST_BYTES = np.array([(0xFFFFFFFFFFFFFFFF << 8 * (8 - length)) & 0xFFFFFFFFFFFFFFFF for length in range(9)], np.uint64)
_LEADING_ZEROS = np.uint64(0x3030303030303030) & ~_LAST_BYTES
_POWERS = 10 ** np.arange(9, dtype=np.int64)


def _without_point(word: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Numbers written in eight bytes without their first decimal point, how many digits stood behind it, and if there was one."""
    one = np.uint64(1)
    differing = word ^ np.uint64(0x2E2E2E2E2E2E2E2E)  # a byte is 0 where the point is; then the trick that finds a zero byte
    found = (differing - np.uint64(0x0101010101010101)) & ~differing & np.uint64(0x8080808080808080)
    has_point = found != 0
    found &= ~found + one  # the lowest one
    before = (found >> np.uint64(7)) - one  # all bits of the bytes before the point; of all bytes where there is none
    behind = ~((found << one) - one)
    moved = ((word & before) << np.uint64(8)) | np.uint64(0x30) | (word & behind)
    decimal_count = np.where(has_point, 7 - (np.bitwise_count(before) >> 3).astype(np.int64), 0)
    return np.where(has_point, moved, word), decimal_count, has_point


def _eight_digits(word: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The number written in eight bytes, and whether they are all digits.

    Four pairs, two fours and one eight are added up inside the word.
    """
    zeros, high = np.uint64(0x3030303030303030), np.uint64(0x8080808080808080)
    is_digits = (((word + np.uint64(0x4646464646464646)) | (word - zeros)) & high) == 0
    word = word - zeros
    word = word * np.uint64(10) + (word >> np.uint64(8))
    low, mask = np.uint64(0x000F424000000064), np.uint64(0x000000FF000000FF)
    word = ((word & mask) * low + ((word >> np.uint64(16)) & mask) * np.uint64(0x0000271000000001)) >> np.uint64(32)
    return word.astype(np.int64), is_digits


_MONTH_DAYS = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31, 0, 0, 0], np.int64)


def _days(digits: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Days since 1970-01-01 of numbers written CCYYMMDD, and whether they are days of the calendar (years 1800-2999)."""
    year, month, day = digits // 10000, digits // 100 % 100, digits % 100
    is_leap = ((year % 4 == 0) & (year % 100 != 0)) | (year % 400 == 0)
    month_days = _MONTH_DAYS[np.minimum(month, 13)] + ((month == 2) & is_leap)
    is_day = (year >= 1800) & (year <= 2999) & (day >= 1) & (day <= month_days)
    shifted = year - (month <= 2)
    era, of_era = shifted // 400, shifted % 400
    day_of_year = (153 * (month + np.where(month > 2, -3, 9)) + 2) // 5 + day - 1
    return era * 146097 + of_era * 365 + of_era // 4 - of_era // 100 + day_of_year - 719468, is_day
