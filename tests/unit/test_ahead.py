"""Tasks side by side: each after those that it needs, and the error of the first that fails, however fast the others are."""

import _thread
import threading
import time

import pytest

from pipeline.ahead import side_by_side


def noting(done: list[int], number: int, seconds: float = 0.0, error: Exception | None = None):
    def task(place: object) -> None:
        time.sleep(seconds)
        if error:
            raise error
        done.append(number)

    return task


@pytest.mark.parametrize("places", [1, 2, 3])
def test_each_task_is_done_once_and_after_those_that_it_needs(places: int):
    needs = [(), (), (0,), (0, 1), (3,), (), (2, 4, 5)]
    done: list[int] = []
    side_by_side([(noting(done, number, 0.001 * (7 - number)), needed) for number, needed in enumerate(needs)], range(places))
    assert sorted(done) == list(range(len(needs)))
    assert all(done.index(before) < done.index(number) for number, needed in enumerate(needs) for before in needed)


def test_with_one_place_the_first_that_can_is_done():
    done: list[int] = []
    side_by_side([(noting(done, number), needed) for number, needed in enumerate([(), (4,), (), (0,), (2,)])], ["here"])
    assert done == [0, 2, 3, 4, 1]


def test_tasks_are_done_at_once_and_each_place_has_one():
    both = threading.Barrier(2, timeout=10)
    places: list[str] = []

    def task(place: str) -> None:
        both.wait()
        places.append(place)

    side_by_side([(task, ()), (task, ())], ["here", "there"])
    assert sorted(places) == ["here", "there"]


def test_the_error_of_the_first_task_that_fails_is_raised():
    """The second fails at once; the fourth, which stands behind it, is not begun; the third, before which it stands, neither."""
    done: list[int] = []
    tasks = [
        (noting(done, 0, 0.05), ()),
        (noting(done, 1, 0.0, ValueError("the later one fails sooner")), (2,)),
        (noting(done, 2), ()),
        (noting(done, 3), (1,)),
        (noting(done, 4), (0,)),
    ]
    with pytest.raises(ValueError, match="sooner"):
        side_by_side(tasks, ["here", "there"])
    assert sorted(done) == [0, 2]
    tasks[0] = (noting(done, 0, 0.05, KeyError("first")), ())
    with pytest.raises(KeyError, match="first"):
        side_by_side(tasks, ["here", "there"])


def test_after_an_interruption_no_task_begins_and_nobody_is_left_at_work():
    """Whether the thread that is interrupted is at work, or waits for the other one."""
    done: list[str] = []

    def interrupted(place: str) -> None:
        done.append("first")
        _thread.interrupt_main()
        time.sleep(0.05)

    before = set(threading.enumerate())
    for _ in range(5):
        with pytest.raises(KeyboardInterrupt):
            side_by_side([(interrupted, ()), (lambda place: done.append("next"), (0,))], ["here", "there"])
    assert done == ["first"] * 5
    assert set(threading.enumerate()) <= before


def test_later_tasks_wait_while_others_can_begin():
    done: list[int] = []
    side_by_side([(noting(done, number), ()) for number in range(5)], ["here"], later=(1, 3))
    assert done == [0, 2, 4, 1, 3]


def test_when_a_later_task_fails_none_behind_it_begins():
    done: list[int] = []
    full = (noting(done, 1, 0.0, ValueError("full")), (0,))
    tasks = [(noting(done, 0), ()), full, (noting(done, 2, 0.05), (0,)), (noting(done, 3), (2,))]
    with pytest.raises(ValueError, match="full"):
        side_by_side(tasks, ["here", "there"], later=(1,))
    assert done == [0, 2]
