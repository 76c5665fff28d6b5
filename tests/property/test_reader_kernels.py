"""The compiled loops do what numpy does: the same tables, cell by cell, of any file, and the same values of any text."""

from __future__ import annotations

import sys
from datetime import date

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from pipeline import parse
from pipeline.parse import index_type_for
from pipeline.x12_index import Delimiters, SegmentIndex, code, strict_decimal
from pipeline.x12_kernels import CompiledIndex
from tests.oracle import reference_reader
from tests.oracle.reading import read_or_refused
from tests.property.x12_strategies import amounts, block_sizes, codes, days, interchange_files, numbers, periods, texts

slow = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
DELIMITERS = Delimiters(b"*", b":", b"^", b"~")
written = st.text("0123456789+-., :A", max_size=20)
values = st.one_of(amounts, numbers, days, periods, codes, texts, written).map(lambda text: text.strip().replace("*", ""))
elements_of_segments = st.lists(st.lists(values, min_size=1, max_size=6), min_size=1, max_size=12)


@slow
@given(data=interchange_files(), options=block_sizes)
def test_any_file_gives_the_same_tables(data, options):
    outcome, tables = read_or_refused(data, **options)
    compiled_outcome, compiled_tables = read_or_refused(data, index_type=CompiledIndex, **options)
    assert repr(compiled_outcome) == repr(outcome)
    assert compiled_tables == tables


bytes_that_matter = (b"I", b"s", b"S", b"A", b"a", b"\r", b"\n", b" ", b"~", b"*", b"x")
of_bytes = st.lists(st.sampled_from(bytes_that_matter), max_size=40).map(b"".join)


@given(begins=of_bytes, ends=of_bytes, between=st.sampled_from([0, 1, 4090, 70_000]), start=st.integers(0, 8))
def test_a_pass_over_all_bytes_says_the_same(begins, ends, between, start):
    """Also where what is looked for stands across the windows that a pass takes at a time."""
    data, one, other = begins + between * b"x" + ends, SegmentIndex.scan, CompiledIndex.scan
    assert other.spelled_positions(data, start, len(data)) == one.spelled_positions(data, start, len(data))
    assert other.spelled_positions(data, start, len(data) // 2) == one.spelled_positions(data, start, len(data) // 2)
    assert other.without(data, b"\r\n") == one.without(data, b"\r\n")
    assert other.has_stray_break(data, ord("~")) == one.has_stray_break(data, ord("~"))
    for some, others in ((b" \t", b"*~"), (b"~", b"~"), (b" ", b"~")):
        assert other.has_beside(data, some, others) == one.has_beside(data, some, others)
    assert other.count(data, ord("~")) == one.count(data, ord("~"))
    for pairs in ({ord("*"): 29, ord(" "): 31, ord("~"): 30}, {ord("*"): ord("~"), ord("~"): ord("*")}):
        assert bytes(other.replaced(data, pairs)) == bytes(one.replaced(data, pairs))


def index_of(segments: list[list[str]], index_type: type[SegmentIndex]) -> SegmentIndex:
    data = "".join("*".join(["X", *elements]) + "~" for elements in segments).encode()
    return index_type(data, DELIMITERS, np.zeros(0, np.int64), 0)


@slow
@given(segments=elements_of_segments, chance=st.randoms(use_true_random=False))
def test_any_element_has_the_same_value(segments, chance):
    """Of segments in any order, some of them not there, and the same element of all or one each."""
    one, other = index_of(segments, SegmentIndex), index_of(segments, CompiledIndex)
    rows = np.array([chance.randrange(-1, len(segments)) for _ in range(len(segments) + 2)])
    for element in (1, 2, 6, np.array([chance.randrange(7) for _ in rows])):
        assert other.text(rows, element).equals(one.text(rows, element))
        for scale in (0, 2, 4):
            assert_same(one.decimals(rows, element, scale), other.decimals(rows, element, scale))
        for options in ({}, {"is_period": True}, {"is_period": True, "part": 1}, {"is_envelope": True}):
            assert_same(one.dates(rows, element, **options), other.dates(rows, element, **options))
    for element in (1, 2, 6):
        assert other.components(rows, element, 3) == one.components(rows, element, 3)
        assert (other.has_value(rows, element) == one.has_value(rows, element)).all()
        for value in ("CO", "1", "PR"):
            assert (other.is_value(rows, element, code(value)) == one.is_value(rows, element, code(value))).all()
    for element in (1, np.array([chance.randrange(1, 7) for _ in rows])):
        (values_one, parts_one), (values_other, parts_other) = (
            each.distinct_components(rows, element, 3) for each in (one, other)
        )
        assert (values_other == values_one).all()
        assert parts_other == parts_one
    one.untake(rows, 3)
    other.untake(rows, 3)
    one.structural_where(rows, 3, code("CO"))
    other.structural_where(rows, 3, code("CO"))
    one.untake(rows[:2], 1)
    other.untake(rows[:2], 1)
    assert (other.is_whole(rows[rows >= 0]) == one.is_whole(rows[rows >= 0])).all()
    assert (other.is_taken(rows[rows >= 0]) == one.is_taken(rows[rows >= 0])).all()


@slow
@given(names=st.lists(st.sampled_from(["A", "B", "C", "A1"]), min_size=1, max_size=30), seed=st.integers(0, 1000))
def test_owners_and_sums_are_the_same(names, seed):
    """Also where there are more identifiers than the loops have kinds for."""
    chance = np.random.default_rng(seed)
    for more in ([], [f"N{number}" for number in range(300)]):
        data = "".join(name + "*1~" for name in [*more, *names]).encode()
        one, other = (each(data, DELIMITERS, np.array([7, 9])[: len(names)], 20) for each in (SegmentIndex, CompiledIndex))
        for name in ("A", "B", "C", "N299", "X"):
            assert (other.rows(name) == one.rows(name)).all()
        within = chance.random(len(one)) < 0.8
        for asked in (("A",), ("A", "X"), ("C", "N7", "A1")):
            assert (other.mask(*asked) == one.mask(*asked)).all()
            assert (other.last(*asked) == one.last(*asked)).all()
            owner = one.opened(within, asked, ("B",))
            assert (other.opened(within, asked, ("B",)) == owner).all()
            rows = np.flatnonzero(chance.random(len(one)) < 0.7)
            owners, numbers = one.rows("A"), chance.integers(-(10**15), 10**15, len(rows))
            repeated = chance.integers(-1, len(one), len(rows))
            for wanted in (owners, repeated):
                assert (other.first_in(wanted, owner, rows) == one.first_in(wanted, owner, rows)).all()
            assert (other.sums_in(owners, owner, rows, numbers) == one.sums_in(owners, owner, rows, numbers)).all()
            assert other.segment_numbers(owner) == one.segment_numbers(owner)


def assert_same(one, other):
    for name in ("values", "is_valid", "is_wrong"):
        assert (getattr(one, name) == getattr(other, name)).all(), name


@pytest.mark.parametrize("index_type", [SegmentIndex, CompiledIndex])
def test_no_sign_passes_for_a_part_of_a_value(index_type):
    """Each sign of ASCII at each place of amounts and days, put in and instead: `,10` is no 10, as `1,250.00` is no 1250."""
    signs = [chr(number) for number in range(33, 127) if chr(number) not in "*:~"]
    written_right = ("10", "-5.5", ".50", "1234567", "20240229", "9" * 16 + ".99")  # with one more digit the last is too much
    places = [(text, at) for text in written_right for at in range(len(text) + 1)]
    texts_ = sorted({text[:at] + sign + text[at + cut :] for text, at in places for sign in signs for cut in (0, 1)})
    index, rows = index_of([[text] for text in texts_], index_type), np.arange(len(texts_))
    amounts_, days_ = index.decimals(rows, 1, 2), index.dates(rows, 1)
    for at, text in enumerate(texts_):
        assert (int(amounts_.values[at]) if amounts_.is_valid[at] else None) == cents(text), text
        assert (int(days_.values[at]) if days_.is_valid[at] else None) == day_number(text), text


def cents(text: str) -> int | None:
    amount = reference_reader.money(text)
    return None if amount is None else int(amount * 100)


def day_number(text: str) -> int | None:
    day = reference_reader.date_of(text)
    return None if day is None else day.toordinal() - date(1970, 1, 1).toordinal()


@given(text=written, scale=st.sampled_from([0, 2, 4]))
def test_an_amount_is_exact_or_none(text, scale):
    """Neither rounds: not even what has more digits than a decimal of Python's usual precision."""
    for read in (text, text + "0" * 40 + "1"):
        index = index_of([[read.strip().replace(":", "")]], CompiledIndex)
        expected = strict_decimal(read.strip().replace(":", "").encode(), scale)
        numbers_ = index.decimals(np.array([0]), 1, scale)
        assert (int(numbers_.values[0]) if numbers_.is_valid[0] else None) == expected
    assert strict_decimal(b"1." + b"0" * 40 + b"1", 2) is None


def test_loops_are_compiled_where_enough_is_to_be_read():
    assert index_type_for(parse.COMPILED_FROM_BYTES - 1) is SegmentIndex
    assert index_type_for(parse.COMPILED_FROM_BYTES) is CompiledIndex


@pytest.mark.parametrize("error", [ImportError("no numba"), RuntimeError("cannot cache function: no locator available")])
def test_where_loops_cannot_be_had_numpy_reads(error, monkeypatch):
    class Refusing:
        @staticmethod
        def find_spec(name, path=None, target=None):
            if name == "pipeline.x12_kernels":
                raise error

    monkeypatch.delitem(sys.modules, "pipeline.x12_kernels")
    monkeypatch.setattr(sys, "meta_path", [Refusing, *sys.meta_path])
    assert index_type_for(parse.COMPILED_FROM_BYTES) is SegmentIndex
