"""The index of a block by compiled loops: what x12_index does in many passes of numpy over a block, in one each.

Each loop does what the method of `SegmentIndex` that calls it says, value for value (tests/property/test_reader_kernels.py).
numba compiles them when this module is imported for the first time, which takes some seconds, and takes them from its cache
afterwards; importing costs about half a second even then. So only `parse.index_type_for` imports it, where enough is to be read.
The loops run without the interpreter's lock, so that other threads read meanwhile.

A loop gives no array to a helper: numba would count references for every row, and that costs more than all the rest
(docs/performance.md).

They trust positions: those of tokens come from `_cut` alone, those of segments from the index. With NUMBA_BOUNDSCHECK=1 every one
is checked, as `make fuzz` does.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numba import boolean, int32, int64, njit, types, uint8, uint32, uint64
from numba.core import cgutils
from numba.core.types import Tuple
from numba.extending import intrinsic

from pipeline.x12_index import PADDING, Delimiters, Numbers, Rows, Scan, SegmentIndex, code, nulls

_MOST = 10**18  # amounts from here on do not fit a column
_NO_DAY = -(1 << 62)
_ELEMENTS = np.arange(256, dtype=np.int64).reshape(256, 1)  # [n] is the array of one element n


def _only_read(type_) -> types.Array:
    """An array that a loop only reads; it may be one that must not be written, as bytes are."""
    return types.Array(type_, 1, "C", readonly=True)


def _words(readonly: bool) -> types.Array:
    """Eight bytes at any position of an array of bytes, as one number."""
    return types.Array(uint64, 1, "A", readonly=readonly, aligned=False)


_BYTES = _only_read(uint8)
# Which elements of which segments: rows, elements (one for all, or one each), first token of each segment, start of each token.
# Both have one more, so that the next one's is always there.
_PLACES = (_only_read(int64), _only_read(int64), _only_read(int32), _only_read(int32))
# Eight bytes as one number
_ZEROS, _POINTS = np.uint64(0x3030303030303030), np.uint64(0x2E2E2E2E2E2E2E2E)
_ONES, _HIGH, _TO_NINE = np.uint64(0x0101010101010101), np.uint64(0x8080808080808080), np.uint64(0x4646464646464646)
_ALL, _BYTE, _TWO_BYTES = np.uint64(0xFFFFFFFFFFFFFFFF), np.uint64(0xFF), np.uint64(0xFFFF)
_PAIRS, _LOW, _UPPER = np.uint64(0x000000FF000000FF), np.uint64(0x000F424000000064), np.uint64(0x0000271000000001)
_BITS = tuple(np.uint64(number) for number in (1, 7, 8, 10, 16, 32))
_LOW_BITS = np.uint64(0x7F7F7F7F7F7F7F7F)
_compiled = {"cache": True, "nogil": True}


def _words_of(values: np.ndarray) -> np.ndarray:
    return np.ndarray((len(values) - 7,), "<u8", values, strides=(1,))


# --------------------------------------------------------------------------------------------------------------------
# Bytes to tokens and segments
# --------------------------------------------------------------------------------------------------------------------
@njit(uint8[::1](_BYTES, _only_read(boolean)), **_compiled)
def _kept(data, is_wanted):
    """The bytes that are wanted."""
    found = np.empty(len(data) + 1, np.uint8)
    count = 0
    for byte in data:
        found[count] = byte  # written each time, and kept where it is wanted: no branch to foresee
        count += is_wanted[byte]
    return found[:count]


@njit(int64[::1](_BYTES, int64, int64), **_compiled)
def _spelled(data, start, limit):
    """Where in [start, limit) the letters ISA or isa stand, or begin and are broken by a line break."""
    found = np.empty(16, np.int64)
    count = 0
    end = min(limit, len(data) - 2)
    while start < end:
        window = data[start : min(start + 1024, end) + 1]
        is_near = False
        for place in range(len(window) - 1):  # by vector instructions: I, and behind it S or a line break
            first, second = window[place], window[place + 1]
            is_near |= ((first == 73) | (first == 105)) & ((second == 83) | (second == 115) | (second == 10) | (second == 13))
        if is_near:
            for place in range(start, start + len(window) - 1):
                if data[place] & 0xDF != 73:
                    continue
                second, third = data[place + 1], data[place + 2]
                is_broken = second == 13 or second == 10
                if is_broken or (second & 0xDF == 83 and (third & 0xDF == 65 or third == 13 or third == 10)):  # S, A
                    if count == len(found):
                        found = np.append(found, np.empty(count, np.int64))
                    found[count] = place
                    count += 1
        start += len(window) - 1
    return found[:count]


@njit(boolean(_BYTES, uint8), **_compiled)
def _has_stray_break(data, end):
    """Whether a line break follows neither the byte `end` nor another line break."""
    found = False
    for place in range(1, len(data)):
        before, byte = data[place - 1], data[place]
        found |= ((byte == 10) | (byte == 13)) & (before != 10) & (before != 13) & (before != end)
    return found


@njit(boolean(_BYTES, uint8, uint8, uint8, uint8), **_compiled)
def _has_beside(data, one, other, second, other_second):
    """Whether one of the first two bytes stands beside one of the second two."""
    found = False
    for place in range(1, len(data)):
        before, byte = data[place - 1], data[place]
        found |= ((byte == one) | (byte == other)) & ((before == second) | (before == other_second))
        found |= ((before == one) | (before == other)) & ((byte == second) | (byte == other_second))
    return found


@njit(int64(_BYTES, uint8), **_compiled)
def _counted(data, wanted):
    count = 0
    for byte in data:
        count += byte == wanted
    return count


@njit(uint8[::1](_BYTES, uint8, uint8, uint8, uint8, uint8, uint8), **_compiled)
def _replaced(data, first, first_by, second, second_by, third, third_by):
    found = np.empty(len(data), np.uint8)
    for place in range(len(data)):
        byte = data[place]
        found[place] = third_by if byte == third else second_by if byte == second else first_by if byte == first else byte
    return found


@njit(uint32(uint64, int64), **_compiled)
def _code(word, length):
    """Up to four characters as a number, upper case; 0 where longer or empty."""
    if length > 4 or length <= 0:
        return uint32(0)
    text = uint32(word) & (uint32(0xFFFFFFFF) >> uint32(32 - 8 * length))
    return text & ~((text & uint32(0x40404040)) >> uint32(1) & text)


@intrinsic
def _lowest(typing, number):
    """The place of the lowest bit of a number that is set."""

    def generate(context, builder, signature, arguments):
        return builder.cttz(arguments[0], cgutils.true_bit)

    return int64(uint64), generate


@njit(Tuple((int32[::1], int32[::1], uint32[::1], uint32[::1]))(_BYTES, _words(True), uint8, uint8), **_compiled)
def _cut(data, words, element, terminator):
    """Where tokens start, which is the first of each segment, and the codes of its identifier and qualifier. Eight bytes are
    looked at together: the highest bit of each byte of `is_end` says whether it is a delimiter."""
    segment_total = _counted(data, terminator)
    token_total = segment_total + _counted(data, element)
    start, first_token = np.empty(token_total + 1, np.int32), np.empty(segment_total + 1, np.int32)
    token, segment = 0, 0
    start[0], first_token[0] = 0, 0
    elements, terminators = _ONES * uint64(element), _ONES * uint64(terminator)
    for place in range(0, len(data), 8):  # behind the data are blanks, which are no delimiters
        differing, other = words[place + PADDING] ^ elements, words[place + PADDING] ^ terminators
        is_terminator = ~(((other & _LOW_BITS) + _LOW_BITS) | other | _LOW_BITS)  # where a byte is 0, exactly
        is_end = ~(((differing & _LOW_BITS) + _LOW_BITS) | differing | _LOW_BITS) | is_terminator
        while is_end != 0:
            bit = _lowest(is_end)
            token += 1
            start[token] = place + (bit >> 3) + 1
            if (is_terminator >> uint64(bit)) & _BITS[0]:
                segment += 1
                first_token[segment] = token
            is_end &= is_end - _BITS[0]
    identifier, qualifier = np.empty(segment_total, np.uint32), np.zeros(segment_total, np.uint32)
    for segment in range(segment_total):
        token = first_token[segment]
        identifier[segment] = _code(words[start[token] + PADDING], start[token + 1] - start[token] - 1)
        token += 1
        if token < first_token[segment + 1]:
            qualifier[segment] = _code(words[start[token] + PADDING], start[token + 1] - start[token] - 1)
    return start, first_token, identifier, qualifier


_SLOTS, _MOST_KINDS = 1024, 255


@njit(Tuple((uint8[::1], uint32[::1], int64[::1], int64[::1]))(_only_read(uint32)), **_compiled)
def _by_identifier(identifier):
    """The kind of each segment, the identifiers of kinds 1, 2 and so on, the segments sorted by kind, and where each kind begins
    among them. Segments have one kind if they have one identifier; any beyond the 255th has kind 0."""
    keys, kinds = np.zeros(_SLOTS, np.uint32), np.zeros(_SLOTS, np.uint8)  # a table that is never full: most slots stay 0
    kind, known, counts = np.empty(len(identifier), np.uint8), np.empty(_MOST_KINDS, np.uint32), np.zeros(257, np.int64)
    total = 0
    for row in range(len(identifier)):
        slot = (uint64(identifier[row]) * uint64(2654435761) >> uint64(16)) & uint64(_SLOTS - 1)
        while kinds[slot] != 0 and keys[slot] != identifier[row]:
            slot = (slot + uint64(1)) & uint64(_SLOTS - 1)
        if kinds[slot] == 0 and total < _MOST_KINDS:
            known[total] = identifier[row]
            total += 1
            keys[slot], kinds[slot] = identifier[row], total
        kind[row] = kinds[slot]
        counts[int64(kind[row]) + 1] += 1
    begin = np.cumsum(counts)
    place, order = begin.copy(), np.empty(len(identifier), np.int64)
    for row in range(len(identifier)):
        order[place[kind[row]]] = row
        place[kind[row]] += 1
    return kind, known[:total], order, begin


@njit(boolean[::1](_only_read(uint8), _only_read(boolean)), **_compiled)
def _is_kind(kind, is_wanted):
    found = np.empty(len(kind), np.bool_)
    for row in range(len(kind)):
        found[row] = is_wanted[kind[row]]
    return found


@njit(int64[::1](_only_read(uint8), _only_read(boolean)), **_compiled)
def _last(kind, is_wanted):
    """For every segment the last one at or before it of a wanted kind; -1 where there is none yet."""
    found, last = np.empty(len(kind), np.int64), -1
    for row in range(len(kind)):
        if is_wanted[kind[row]]:
            last = row
        found[row] = last
    return found


@njit(int64[::1](_only_read(uint8), _only_read(boolean), _only_read(boolean), _only_read(boolean)), **_compiled)
def _opened(kind, is_within, opens, closes):
    found, last = np.empty(len(kind), np.int64), -1
    for row in range(len(kind)):
        if closes[kind[row]]:
            last = -1
        if is_within[row] and opens[kind[row]]:
            last = row
        found[row] = last if is_within[row] else -1
    return found


@njit(int64[::1](_only_read(int64), _only_read(int64), _only_read(int64)), **_compiled)
def _first_in(owners, owner_of, candidates):
    """Both owners and candidates mostly rise, so that one walk through both finds all."""
    found = np.empty(len(owners), np.int64)
    place, before = 0, -1
    for number in range(len(owners)):
        owner = owners[number]
        if owner < before:
            place = 0
        before = owner
        while place < len(candidates) and owner_of[candidates[place]] < owner:
            place += 1
        is_found = owner >= 0 and place < len(candidates) and owner_of[candidates[place]] == owner
        found[number] = candidates[place] if is_found else -1
    return found


@njit(int64[::1](_only_read(int64), _only_read(int64), _only_read(int64), _only_read(int64)), **_compiled)
def _sums_in(owners, owner_of, rows, values):
    found = np.zeros(len(owners), np.int64)
    place = 0
    for number in range(len(owners)):
        while place < len(rows) and owner_of[rows[place]] <= owners[number]:
            if owner_of[rows[place]] == owners[number]:
                found[number] += values[place]
            place += 1
    return found


@njit(Tuple((int64[::1], uint8[::1], int64))(_only_read(int64), _only_read(int64)), **_compiled)
def _numbers(segment_index, rows):
    """The segment_index of each of `rows`, which are there (as bits) and how many are not."""
    numbers, bits = np.empty(len(rows), np.int64), np.zeros(len(rows) // 8 + 1, np.uint8)
    missing = 0
    for place in range(len(rows)):
        row = rows[place]
        numbers[place] = segment_index[row] if row >= 0 else 0
        bits[place >> 3] |= uint8(row >= 0) << uint8(place & 7)
        missing += row < 0
    return numbers, bits, missing


@njit(uint32[::1](_words(True), _only_read(int32), _only_read(int64)), **_compiled)
def _codes(words, start, tokens):
    found = np.empty(len(tokens), np.uint32)
    for place in range(len(tokens)):
        token = tokens[place]
        found[place] = _code(words[start[token] + PADDING], start[token + 1] - start[token] - 1)
    return found


# --------------------------------------------------------------------------------------------------------------------
# Elements of segments
# --------------------------------------------------------------------------------------------------------------------
@njit(types.void(*_PLACES, boolean[::1], boolean), **_compiled)
def _mark(rows, elements, first_token, start, is_taken, value):
    step = int64(len(elements) > 1)
    for place in range(len(rows)):
        row, token = rows[place], -1
        if row >= 0:
            at = first_token[row] + elements[place * step]
            if at < first_token[row + 1] and start[at + 1] - start[at] > 1:
                token = at
        if token >= 0:
            is_taken[token] = value


@njit(types.void(*_PLACES, _words(True), boolean[::1], boolean[::1], uint32), **_compiled)
def _mark_where(rows, elements, first_token, start, words, is_taken, is_placed, code):
    for place in range(len(rows)):
        row, token = rows[place], -1
        if row >= 0 and first_token[row] + elements[0] < first_token[row + 1]:
            token = first_token[row] + elements[0]
        if token >= 0 and _code(words[start[token] + PADDING], start[token + 1] - start[token] - 1) == code:
            is_taken[token], is_placed[row] = True, True


@njit(types.void(_only_read(int64), boolean[::1]), **_compiled)
def _place(rows, is_placed):
    for row in rows:
        if row >= 0:
            is_placed[row] = True


@njit(boolean[::1](*_PLACES), **_compiled)
def _is_there(rows, elements, first_token, start):
    step = int64(len(elements) > 1)
    found = np.empty(len(rows), np.bool_)
    for place in range(len(rows)):
        row, token = rows[place], -1
        if row >= 0:
            at = first_token[row] + elements[place * step]
            if at < first_token[row + 1] and start[at + 1] - start[at] > 1:
                token = at
        found[place] = token >= 0
    return found


@njit(boolean[::1](*_PLACES, _words(True), uint32), **_compiled)
def _is_code(rows, elements, first_token, start, words, code):
    step = int64(len(elements) > 1)
    found = np.zeros(len(rows), np.bool_)
    for place in range(len(rows)):
        row, token = rows[place], -1
        if row >= 0:
            at = first_token[row] + elements[place * step]
            if at < first_token[row + 1] and start[at + 1] - start[at] > 1:
                token = at
        if token >= 0:
            found[place] = _code(words[start[token] + PADDING], start[token + 1] - start[token] - 1) == code
    return found


# --------------------------------------------------------------------------------------------------------------------
# Text
# --------------------------------------------------------------------------------------------------------------------
@njit(Tuple((int32[::1], int32[::1], uint8[::1], int64))(*_PLACES, boolean[::1], boolean), **_compiled)
def _spans(rows, elements, first_token, start, is_taken, take):
    """Where the values start; and as Arrow wants strings, their offsets, which are there (as bits) and how many are not."""
    step = int64(len(elements) > 1)
    starts, offsets = np.empty(len(rows), np.int32), np.empty(len(rows) + 1, np.int32)
    bits = np.zeros(len(rows) // 8 + 1, np.uint8)
    total, missing = 0, 0
    offsets[0] = 0
    for place in range(len(rows)):
        row, token = rows[place], -1
        if row >= 0:
            at = first_token[row] + elements[place * step]
            if at < first_token[row + 1] and start[at + 1] - start[at] > 1:
                token = at
        if token >= 0:
            starts[place] = start[token]
            total += start[token + 1] - start[token] - 1
            bits[place >> 3] |= uint8(1) << uint8(place & 7)
            if take:
                is_taken[token] = True
        else:
            starts[place] = 0
            missing += 1
        offsets[place + 1] = total
    return starts, offsets, bits, missing


@njit(types.void(_words(True), _words(False), _only_read(int32), _only_read(int32)), **_compiled)
def _copy(words, found, starts, offsets):
    """Copies values one behind the other, eight bytes at a time: what is copied too much, the next value overwrites."""
    for place in range(len(starts)):
        origin, to, stop = starts[place] + PADDING, offsets[place], offsets[place + 1]
        while to < stop:
            found[to] = words[origin]
            origin += 8
            to += 8


@njit(Tuple((int32[:, ::1], int32[:, ::1], int64[::1], int64[::1]))(*_PLACES, _BYTES, uint8, int64), **_compiled)
def _part_spans(rows, elements, first_token, start, data, separator, count):
    """Start and length of each of the first `count` components without blanks around them, how many rows have each, and how many
    components each row has."""
    step = int64(len(elements) > 1)
    starts, lengths = np.zeros((count, len(rows)), np.int32), np.zeros((count, len(rows)), np.int32)
    present, part_count = np.zeros(count, np.int64), np.ones(len(rows), np.int64)
    for place in range(len(rows)):
        row, token = rows[place], -1
        if row >= 0:
            at = first_token[row] + elements[place * step]
            if at < first_token[row + 1] and start[at + 1] - start[at] > 1:
                token = at
        if token < 0:
            continue
        part, begin, end = 0, start[token], start[token + 1] - 1
        for at in range(begin, end + 1):
            if at < end and data[at + PADDING] != separator:
                continue
            if part < count:
                left, right = begin, at
                while left < right and (data[left + PADDING] == 32 or data[left + PADDING] == 9):
                    left += 1
                while left < right and (data[right - 1 + PADDING] == 32 or data[right - 1 + PADDING] == 9):
                    right -= 1
                starts[part, place], lengths[part, place] = left, right - left
                present[part] += left < right
            part += 1
            begin = at + 1
        part_count[place] = part
    return starts, lengths, present, part_count


@njit(Tuple((int32[::1], uint8[::1]))(_only_read(int32)), **_compiled)
def _offsets(lengths):
    """As Arrow wants strings: where each begins, and which are there (as bits): those that are not empty."""
    offsets, bits = np.empty(len(lengths) + 1, np.int32), np.zeros(len(lengths) // 8 + 1, np.uint8)
    offsets[0] = 0
    for place in range(len(lengths)):
        offsets[place + 1] = offsets[place] + lengths[place]
        bits[place >> 3] |= uint8(lengths[place] > 0) << uint8(place & 7)
    return offsets, bits


# --------------------------------------------------------------------------------------------------------------------
# Amounts and dates
# --------------------------------------------------------------------------------------------------------------------
@njit(int64(uint64), **_compiled)
def _eight_digits(word):
    """The number written in eight bytes; -1 where any is no digit. Pairs, fours and the eight are added up inside the word."""
    if (((word + _TO_NINE) | (word - _ZEROS)) & _HIGH) != 0:
        return -1
    word = word - _ZEROS
    word = word * _BITS[3] + (word >> _BITS[2])
    return int64(((word & _PAIRS) * _LOW + ((word >> _BITS[4]) & _PAIRS) * _UPPER) >> _BITS[5])


@njit(Tuple((int64, boolean))(_BYTES, int64, int64, int64), **_compiled)
def _any_decimal(data, at, end, scale):
    """A number of 10**-scale, however long or oddly written, and whether it is one."""
    while at < end and data[at] == 32:
        at += 1
    while at < end and data[end - 1] == 32:
        end -= 1
    is_negative = at < end and data[at] == 45
    if at < end and (data[at] == 45 or data[at] == 43):
        at += 1
    number, digits, decimals, has_point = 0, 0, 0, False
    while at < end:
        byte = data[at]
        if byte == 46:
            if has_point:
                return 0, False
            has_point = True
        elif byte < 48 or byte > 57:
            return 0, False
        elif decimals == scale and has_point:
            if byte != 48:
                return 0, False
            digits += 1
        else:
            if number >= _MOST // 10:  # before, not after: ten times as much may be more than 64 bits hold
                return 0, False
            number = 10 * number + (int64(byte) - 48)
            decimals += has_point
            digits += 1
        at += 1
    for _ in range(decimals, scale):
        if number >= _MOST // 10:
            return 0, False
        number *= 10
    return (-number if is_negative else number), digits > 0


@njit(
    Tuple((int64[::1], boolean[::1], boolean[::1]))(*_PLACES, boolean[::1], boolean, _BYTES, _words(True), int64),
    **_compiled,
)
def _decimals(rows, elements, first_token, start, is_taken, take, data, words, scale):
    """Whole numbers of 10**-scale, which are valid, which are wrong."""
    step = int64(len(elements) > 1)
    numbers = np.zeros(len(rows), np.int64)
    is_valid, is_wrong = np.zeros(len(rows), np.bool_), np.zeros(len(rows), np.bool_)
    for place in range(len(rows)):
        row, token = rows[place], -1
        if row >= 0:
            at = first_token[row] + elements[place * step]
            if at < first_token[row + 1] and start[at + 1] - start[at] > 1:
                token = at
        if token < 0:
            continue
        if take:
            is_taken[token] = True
        length, end = start[token + 1] - start[token] - 1, start[token + 1] - 1 + PADDING
        is_valid[place] = True
        number, is_negative = -1, False
        if length <= 8:
            before = uint64(8 * (8 - length))
            word = words[end - 8] >> before
            sign = word & _BYTE
            is_negative = sign == 45
            word = (word << before) | (_ZEROS & ~(_ALL << before))
            if is_negative or sign == 43:
                word ^= (sign ^ uint64(48)) << before
                length -= 1
            differing = word ^ _POINTS  # a byte is 0 where the point is; then the trick that finds a zero byte
            found = (differing - _ONES) & ~differing & _HIGH
            missing = scale
            if found != 0:
                found &= ~found + _BITS[0]  # the first point
                ahead = (found >> _BITS[1]) - _BITS[0]  # all bits of the bytes before it
                word = ((word & ahead) << _BITS[2]) | uint64(48) | (word & ~((found << _BITS[0]) - _BITS[0]))
                length -= 1
                while found < _HIGH & ~(_ALL >> _BITS[2]):
                    found <<= _BITS[2]
                    missing -= 1
            if length > 0 and missing >= 0:
                number = _eight_digits(word)
                for _ in range(missing):
                    number *= 10
        if number < 0:
            is_wrong[place] = True
        else:
            numbers[place] = -number if is_negative else number
    for place in range(len(rows)):  # what is long or odd: a few, looked at once more
        if is_wrong[place]:
            token = first_token[rows[place]] + elements[place * step]
            begin, end = start[token] + PADDING, start[token + 1] - 1 + PADDING
            numbers[place], is_valid[place] = _any_decimal(data, begin, end, scale)
            is_wrong[place] = not is_valid[place]
    return numbers, is_valid, is_wrong


@njit(int64(int64), **_compiled)
def _day(number):
    """Days since 1970-01-01 of a number written CCYYMMDD; the least number there is where it is no day (years 1800-2999)."""
    year, month, day = number // 10000, number // 100 % 100, number % 100
    if year < 1800 or year > 2999 or month < 1 or month > 12 or day < 1:
        return _NO_DAY
    most = 30 + (month + month // 8) % 2
    if month == 2:
        most = 29 if (year % 4 == 0 and year % 100 != 0) or year % 400 == 0 else 28
    if day > most:
        return _NO_DAY
    shifted = year - (month <= 2)
    era, of_era = shifted // 400, shifted % 400
    day_of_year = (153 * (month - 3 if month > 2 else month + 9) + 2) // 5 + day - 1
    return era * 146097 + of_era * 365 + of_era // 4 - of_era // 100 + day_of_year - 719468


@njit(
    Tuple((int64[::1], boolean[::1], boolean[::1]))(*_PLACES, boolean[::1], boolean, _words(True), int64, boolean, boolean),
    **_compiled,
)
def _dates(rows, elements, first_token, start, is_taken, take, words, part, is_period, is_envelope):
    """Days since 1970-01-01, which are valid, which are wrong."""
    step = int64(len(elements) > 1)
    days = np.zeros(len(rows), np.int64)
    is_valid, is_wrong = np.zeros(len(rows), np.bool_), np.zeros(len(rows), np.bool_)
    known, known_day = uint64(0), int64(0)  # neighbours mostly have the same date
    for place in range(len(rows)):
        row, token = rows[place], -1
        if row >= 0:
            at = first_token[row] + elements[place * step]
            if at < first_token[row + 1] and start[at + 1] - start[at] > 1:
                token = at
        if token < 0:
            continue
        if take:
            is_taken[token] = True
        begin, length = start[token] + PADDING, start[token + 1] - start[token] - 1
        day = _NO_DAY
        if length == 8 and words[begin] == known:
            day = known_day
        elif length == 8:
            day = _day(_eight_digits(words[begin]))
            known, known_day = words[begin], day
        elif is_period and length == 17 and words[begin + 8] & _BYTE == 45:
            day = _day(_eight_digits(words[begin + (9 if part == 1 else 0)]))
        elif is_period and length == 12 and _eight_digits(words[begin + 4]) >= 0:
            day = _day(_eight_digits(words[begin]))
        elif is_envelope and length == 6:
            number = _eight_digits((words[begin - 2] & ~_TWO_BYTES) | (_ZEROS & _TWO_BYTES))
            if number >= 0:
                day = _day(number + (20000000 if number < 500000 else 19000000))
        if day == _NO_DAY:
            is_wrong[place] = True
        else:
            days[place], is_valid[place] = day, True
    return days, is_valid, is_wrong


# --------------------------------------------------------------------------------------------------------------------
# What is left
# --------------------------------------------------------------------------------------------------------------------
@njit(boolean[::1](_only_read(int64), _only_read(int32), _only_read(int32), boolean[::1], boolean[::1]), **_compiled)
def _is_whole(rows, first_token, start, is_taken, is_placed):
    """Whether every element with a value of each segment was taken, and at least its place."""
    whole = np.empty(len(rows), np.bool_)
    for place in range(len(rows)):
        row = rows[place]
        is_right, has_value = True, False
        for token in range(first_token[row] + 1, first_token[row + 1]):
            is_valued = start[token + 1] - start[token] > 1
            has_value |= is_valued
            is_right &= is_taken[token] | (not is_valued)
        whole[place] = is_right & (is_placed[row] | has_value)
    return whole


@njit(boolean[::1](_only_read(int64), _only_read(int32), _only_read(int32), boolean[::1], boolean[::1]), **_compiled)
def _is_any_taken(rows, first_token, start, is_taken, is_placed):
    found = np.empty(len(rows), np.bool_)
    for place in range(len(rows)):
        row = rows[place]
        found[place] = is_placed[row]
        for token in range(first_token[row] + 1, first_token[row + 1]):
            found[place] |= is_taken[token] & (start[token + 1] - start[token] > 1)
    return found


# --------------------------------------------------------------------------------------------------------------------
class CompiledScan(Scan):
    """The passes over all bytes by the loops above."""

    def without(self, data: bytes, unwanted: bytes) -> bytes:
        is_wanted = np.ones(256, bool)
        is_wanted[list(unwanted)] = False
        return _kept(np.frombuffer(data, np.uint8), is_wanted).tobytes()

    def spelled_positions(self, buffer: bytes, start: int, limit: int) -> list[int]:
        return _spelled(np.frombuffer(buffer, np.uint8), start, limit).tolist()

    def has_stray_break(self, data: bytes, end: int) -> bool:
        return _has_stray_break(np.frombuffer(data, np.uint8), end)

    def has_beside(self, data: bytes, some: bytes, others: bytes) -> bool:
        return _has_beside(np.frombuffer(data, np.uint8), some[0], some[-1], others[0], others[-1])

    def count(self, data: bytes, byte: int) -> int:
        return _counted(np.frombuffer(data, np.uint8), byte)

    def replaced(self, data: bytes, pairs: dict[int, int]) -> memoryview:
        three = (3 * list(pairs.items()))[:3]
        return _replaced(np.frombuffer(data, np.uint8), *(byte for pair in three for byte in pair)).data


class CompiledIndex(SegmentIndex):
    """A SegmentIndex whose passes over bytes and values are the loops above. Like it, of one block and one reading thread."""

    scan = CompiledScan()

    def _find_tokens(self, data: bytes, delimiters: Delimiters) -> None:
        self._bytes = np.frombuffer(b" " * PADDING + data + b" " * PADDING, np.uint8)
        self._words = _words_of(self._bytes)
        body = self._bytes[PADDING : PADDING + len(data)]
        marks = delimiters.element[0], delimiters.terminator[0]
        self._start, self._first, self.identifier, self.qualifier = _cut(body, self._words, *marks)
        self._kind, known, self._order, self._begin = _by_identifier(self.identifier)
        self._has_many_kinds = bool(self._begin[1])  # a damaged file: numpy finds its segments
        self._kind_of = {identifier: number for number, identifier in enumerate(known.tolist(), 1)}
        self.token_start, self.first_token = self._start[:-1], self._first[:-1]
        self.token_count = np.diff(self._first)
        self._segment_ends = self._start[self._first[1:]] - 1

    # ---- finding segments
    def rows(self, *identifiers: str) -> Rows:
        kind = self._kind_of.get(code(identifiers[0]), 0)
        if len(identifiers) > 1 or (not kind and self._has_many_kinds):
            return super().rows(*identifiers)
        return self._order[self._begin[kind] : self._begin[kind + 1]]

    def mask(self, *identifiers: str) -> np.ndarray:
        return super().mask(*identifiers) if self._has_many_kinds else _is_kind(self._kind, self._is_kind_of(identifiers))

    def last(self, *identifiers: str) -> Rows:
        if identifiers not in self._last:
            if self._has_many_kinds:
                return super().last(*identifiers)
            self._last[identifiers] = _last(self._kind, self._is_kind_of(identifiers))
        return self._last[identifiers]

    def opened(self, is_within: np.ndarray, openers: Sequence[str], closers: Sequence[str]) -> Rows:
        if self._has_many_kinds:
            return super().opened(is_within, openers, closers)
        return _opened(self._kind, is_within, self._is_kind_of(openers), self._is_kind_of(closers))

    def first_in(self, owners: Rows, owner_of: Rows, candidates: Rows) -> Rows:
        return _first_in(*map(np.ascontiguousarray, (owners, owner_of, candidates)))

    def sums_in(self, owners: Rows, owner_of: Rows, rows: Rows, values: np.ndarray) -> np.ndarray:
        return _sums_in(*map(np.ascontiguousarray, (owners, owner_of, rows, values)))

    def segment_numbers(self, rows: Rows) -> pa.Array:
        numbers, bits, missing = _numbers(self.segment_index, np.ascontiguousarray(rows))
        validity = pa.py_buffer(bits) if missing else None
        return pa.Array.from_buffers(pa.int64(), len(rows), [validity, pa.py_buffer(numbers)], missing)

    def _is_kind_of(self, identifiers: Sequence[str]) -> np.ndarray:
        """Of every kind whether it is one of these."""
        found = np.zeros(256, bool)
        for identifier in identifiers:
            found[self._kind_of.get(code(identifier), 0)] = True
        found[0] = False
        return found

    def _places(self, rows: Rows, element: int | np.ndarray) -> tuple[np.ndarray, ...]:
        elements = _ELEMENTS[element] if isinstance(element, int) else np.ascontiguousarray(element, np.int64)
        return np.ascontiguousarray(rows, np.int64), elements, self._first, self._start

    def codes(self, tokens: np.ndarray) -> np.ndarray:
        return _codes(self._words, self._start, np.ascontiguousarray(tokens, np.int64))

    def has_value(self, rows: Rows, element: int) -> np.ndarray:
        return _is_there(*self._places(rows, element))

    def is_value(self, rows: Rows, element: int, code: int) -> np.ndarray:
        return _is_code(*self._places(rows, element), self._words, code)

    def _take(self, rows: Rows, element: int | np.ndarray) -> None:
        _mark(*self._places(rows, element), self._is_taken, True)

    def _untake(self, rows: Rows, element: int | np.ndarray) -> None:
        _mark(*self._places(rows, element), self._is_taken, False)

    def structural(self, rows: Rows, *elements: int) -> None:
        for element in elements:
            self._take(rows, element)
        _place(np.ascontiguousarray(rows, np.int64), self._is_placed)

    def structural_where(self, rows: Rows, element: int, code: int) -> None:
        _mark_where(*self._places(rows, element), self._words, self._is_taken, self._is_placed, code)

    def _text(self, rows: Rows, element: int | np.ndarray, take: bool) -> pa.StringArray:
        return self._strings(*_spans(*self._places(rows, element), self._is_taken, take))

    def _strings(self, starts: np.ndarray, offsets: np.ndarray, bits: np.ndarray, missing: int) -> pa.StringArray:
        count = len(starts)
        if missing == count:
            return nulls(count, pa.string())
        text = np.empty(int(offsets[-1]) + 8, np.uint8)
        _copy(self._words, _words_of(text), starts, offsets)
        validity = pa.py_buffer(bits) if missing else None
        return pa.StringArray.from_buffers(count, pa.py_buffer(offsets), pa.py_buffer(text), validity, missing)

    def _parts(self, rows: Rows, element: int, count: int) -> tuple[list[pa.StringArray], np.ndarray]:
        places = self._places(rows, element)
        starts, lengths, present, part_count = _part_spans(*places, self._bytes, self.delimiters.component[0], count)
        parts = [
            self._strings(starts[part], *_offsets(lengths[part]), len(rows) - int(present[part]))
            if present[part]
            else nulls(len(rows), pa.string())
            for part in range(count)
        ]
        return parts, part_count

    def decimals(self, rows: Rows, element: int | np.ndarray, scale: int, take: bool = True) -> Numbers:
        return Numbers(*_decimals(*self._places(rows, element), self._is_taken, take, self._bytes, self._words, scale))

    def dates(
        self, rows: Rows, element: int | np.ndarray, part: int = 0, take: bool = True, is_period=False, is_envelope=False
    ) -> Numbers:
        places = self._places(rows, element)
        return Numbers(*_dates(*places, self._is_taken, take, self._words, part, is_period, is_envelope))

    def is_taken(self, rows: Rows) -> np.ndarray:
        return _is_any_taken(np.ascontiguousarray(rows, np.int64), self._first, self._start, self._is_taken, self._is_placed)

    def is_whole(self, rows: Rows) -> np.ndarray:
        return _is_whole(np.ascontiguousarray(rows, np.int64), self._first, self._start, self._is_taken, self._is_placed)
