"""Files read together, by several threads, give the rows that each of them gives alone."""

from __future__ import annotations

import time
from collections import defaultdict
from pathlib import Path

import pyarrow as pa
import pytest

from pipeline import ahead
from pipeline.code_use import NO_LISTS
from pipeline.errors import Quarantine
from pipeline.intake import Intake
from pipeline.land import Refusal, land
from pipeline.parse import read_file
from pipeline.parse_together import alike, read_together
from pipeline.tables import TABLES
from pipeline.x12_index import SegmentIndex
from pipeline.x12_kernels import CompiledIndex

SAMPLES = Path(__file__).parents[2] / "data_samples"
INTAKE = Intake({}, NO_LISTS)


def by_file(emitted: list[tuple[str, pa.Table]]) -> dict[tuple[str, str], list[dict]]:
    """The rows of each table and file, in the order of their keys."""
    rows = defaultdict(list)
    for name, table in emitted:
        for row in table.to_pylist():
            rows[name, row["file_id"]].append((tuple(str(row[column]) for column in TABLES[name].key), row))
    return {at: sorted(each, key=lambda keyed: keyed[0]) for at, each in rows.items()}


@pytest.mark.parametrize("suffix", ["835", "837"])
def test_files_read_together_give_what_each_gives_alone(suffix):
    paths = sorted((SAMPLES / suffix).glob(f"*.{suffix}")) + sorted((SAMPLES / "inbox").glob(f"*.{suffix}"))
    contents = [path.read_bytes() for path in paths]
    groups = alike(contents)
    read_together_count = 0
    for group in groups:
        ids = [f"{at:016d}" for at in group]
        together, alone = [], []
        summaries = read_together([contents[at] for at in group], ids, lambda *rows, to=together: to.append(rows))
        places = zip(group, ids, strict=True)
        expected = [read_file(paths[at], file_id, lambda *rows, to=alone: to.append(rows)) for at, file_id in places]
        if summaries is not None:
            read_together_count += len(group)
            assert summaries == expected
            assert by_file(together) == by_file(alone)
    assert read_together_count > 5, "too few files are alike to show anything"


def test_the_number_of_threads_changes_nothing(tmp_path):
    files = land([SAMPLES / "inbox", SAMPLES / "835"], set(), tmp_path).new

    def read(threads: int) -> tuple[list, list]:
        rows, outcomes = [], []
        for _, reading in INTAKE.readings(files, threads):
            rows += [(name, table) for name, table in reading]
            outcomes += reading.result.outcomes
        return rows, outcomes

    (rows, outcomes), (others, other_outcomes) = read(1), read(3)
    assert outcomes == other_outcomes
    assert [name for name, _ in rows] == [name for name, _ in others]
    assert all(one.equals(other) for (_, one), (_, other) in zip(rows, others, strict=True))
    assert any(isinstance(outcome, Refusal) for outcome in outcomes)


@pytest.mark.parametrize("index_type", [SegmentIndex, CompiledIndex])
def test_the_blocks_of_a_file_give_the_same_whoever_reads_them(index_type):
    def emitted(path: Path, readers: int) -> tuple[list, object]:
        rows = []
        try:
            return rows, read_file(path, "0" * 16, lambda *one: rows.append(one), 2000, NO_LISTS, index_type, readers)
        except Quarantine as refused:
            return rows, refused.code

    for path in sorted(SAMPLES.glob("83[57]/*.83[57]"))[::4]:
        (rows, summary), (others, other_summary) = emitted(path, 1), emitted(path, 3)
        assert summary == other_summary
        assert [name for name, _ in rows] == [name for name, _ in others]
        assert all(one.equals(other) for (_, one), (_, other) in zip(rows, others, strict=True))


def test_a_refused_file_among_small_ones_leaves_no_rows_and_costs_no_other(tmp_path):
    good = sorted((SAMPLES / "835").glob("*.835"))[:3]
    for number, path in enumerate(good):
        (tmp_path / f"{number}.835").write_bytes(path.read_bytes())
    (tmp_path / "1b.835").write_bytes(b"%PDF-1.7 no remittance")
    files = land([tmp_path], set(), tmp_path / "warehouse").new
    [(_, reading)] = INTAKE.readings(files, 2)
    seen = {row["file_id"] for _, rows in reading for row in rows.select(["file_id"]).to_pylist()}
    refused = [file for file, outcome in zip(files, reading.result.outcomes, strict=True) if isinstance(outcome, Refusal)]
    assert [file.name for file in refused] == ["1b.835"]
    assert not reading.result.has_torn
    assert seen == {file.file_id for file in files} - {refused[0].file_id}


def test_a_fault_of_a_task_is_raised_where_its_items_are_taken_and_later_tasks_end():
    def counting(put):
        for number in range(1000):
            put(number)
        return "whole"

    def failing(put):
        put(0)
        raise ValueError("the second one")

    taken = []
    with pytest.raises(ValueError, match="the second one"):
        for task in ahead.in_order([(counting, 1), (failing, 1), (counting, 1)], threads=2, room=2):
            taken.append(list(task))
    assert taken == [list(range(1000))]


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_items_are_ended_in_their_order_up_to_the_first_one_that_fails(threads):
    def begin(number: int) -> int:
        time.sleep(0.002 * (number % 3))
        if number in (7, 9):
            raise ValueError(f"number {number}")
        return number

    ended = []
    with pytest.raises(ValueError, match="number 7"):
        ahead.in_turns(iter(range(20)), begin, ended.append, threads)
    assert ended == list(range(7))
    ahead.in_turns(iter(range(20, 30)), begin, ended.append, threads)
    assert ended == [*range(7), *range(20, 30)]


@pytest.mark.parametrize("threads", [1, 3])
def test_what_cannot_be_drawn_fails_after_what_was_drawn_before(threads):
    def drawn():
        yield from range(4)
        raise OSError("the disk is gone")

    ended = []
    with pytest.raises(OSError, match="the disk is gone"):
        ahead.in_turns(drawn(), lambda number: number, ended.append, threads)
    assert ended == list(range(4))


def test_nobody_waits_for_tasks_that_nobody_takes():
    def counting(put):
        for number in range(1000):
            put(number)

    tasks = ahead.in_order([(counting, 1)] * 20, threads=2, room=2)
    assert next(iter(next(tasks))) == 0
    tasks.close()
