"""Work that other threads do ahead of whoever needs its results. Everything comes in the order of the tasks, so threads change
nothing but the time: numpy, Arrow and hashing let other threads run meanwhile."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from graphlib import TopologicalSorter
from queue import Queue
from typing import Generic, TypeVar

ENDED_TASKS = 3  # that wait for whoever takes their items
INTERRUPTED = -1  # comes before every task

Item = TypeVar("Item")
Result = TypeVar("Result")
Place = TypeVar("Place")
Work = Callable[[Callable[[Item], None]], Result]
"""What a thread does: it is given a function that takes one item after the other, and returns what it says of the whole."""


class Ahead(Generic[Item, Result]):
    """A task of the pool. Iterate for its items; then `result` is what it returned. It waits while `room` items have not been
    taken. What it raises is raised to whoever takes its items."""

    def __init__(self, work: Work, room: int, pool: ThreadPoolExecutor) -> None:
        self._items: Queue[tuple[bool, object]] = Queue(room)
        self._is_stopped = threading.Event()
        self._running = pool.submit(self._run, work)

    def _run(self, work: Work) -> None:
        try:
            result, error = work(self._put), None
        except _StoppedError:
            return
        except BaseException as raised:  # noqa: BLE001 it is raised again where the items are taken
            result, error = None, raised
        self._items.put((False, (result, error)))

    def _put(self, item: Item) -> None:
        if self._is_stopped.is_set():
            raise _StoppedError
        self._items.put((True, item))

    def __iter__(self) -> Iterator[Item]:
        while True:
            is_item, value = self._items.get()
            if not is_item:
                break
            yield value
        self.result, error = value
        if error is not None:
            raise error

    def stop(self) -> None:
        """Ends the task at its next item; its results are lost."""
        self._is_stopped.set()
        self._running.cancel()
        while not self._running.done():
            while not self._items.empty():
                self._items.get()
            wait([self._running], timeout=0.01)


class _StoppedError(BaseException):
    """Nobody wants the items any more."""


def in_turns(
    items: Iterator[Item], begin: Callable[[Item], Result], end: Callable[[Result], None], threads: int
) -> None:
    """`begin` and then `end` for every item, by several threads: items are drawn by one at a time, `begin` is done for several at
    once, `end` in the order of the items. What is raised for an item is raised here, after the items before it have ended."""
    if threads == 1:
        for item in items:
            end(begin(item))
        return
    turns = _Turns()

    def work() -> None:
        while True:
            with turns.drawing:
                number = turns.drawn
                turns.drawn += 1
                result, error = _attempted(next, items, _END)
            is_last = result is _END
            if error is None and not is_last:
                result, error = _attempted(begin, result)
            if not turns.awaits(number):
                return
            if error is None and not is_last:
                error = _attempted(end, result)[1]
            result = None  # its memory is for the next one
            turns.give_on(is_last or error is not None)
            if error is not None:
                raise error

    with ThreadPoolExecutor(threads - 1) as pool:
        others = [pool.submit(work) for _ in range(threads - 1)]
        work()
    for other in others:
        other.result()


_END = object()  # behind the last item


class _Turns:
    """Whose turn it is to end an item: the number of the item, until one is the last or fails."""

    def __init__(self) -> None:
        self.drawing, self.drawn = threading.Lock(), 0
        self._changed, self._turn, self._is_over = threading.Condition(), 0, False

    def awaits(self, number: int) -> bool:
        """Waits for the turn of an item. False where it never comes."""
        with self._changed:
            self._changed.wait_for(lambda: self._turn == number or self._is_over)
            return not self._is_over

    def give_on(self, is_over: bool) -> None:
        with self._changed:
            self._turn += 1
            self._is_over = is_over
            self._changed.notify_all()


def _attempted(function: Callable, *given: object) -> tuple[object, BaseException | None]:
    """What a function returns, and what it raises."""
    try:
        return function(*given), None
    except BaseException as raised:  # noqa: BLE001 it is raised again when it is its turn
        return None, raised


def in_order(tasks: Sequence[tuple[Work, int]], threads: int, room: int) -> Iterator[Ahead]:
    """Every task, in order; take the items of each before the next one. Each comes with how many threads it keeps busy: as many
    are at work as `threads` allow, and always one. Of those that keep one busy some may have ended and wait to be taken, so that
    nobody stands still while a result is dealt with."""
    running: deque[tuple[Ahead, int]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        try:
            for task, weight in tasks:
                most = threads + (ENDED_TASKS if weight == 1 else 0)
                while running and sum(busy for _, busy in running) + weight > most:
                    yield running[0][0]
                    running.popleft()
                running.append((Ahead(task, room, pool), weight))
            while running:
                yield running[0][0]
                running.popleft()
        finally:
            for left, _ in running:
                left.stop()


def side_by_side(
    tasks: Sequence[tuple[Callable[[Place], None], Collection[int]]], places: Sequence[Place], later: Collection[int] = ()
) -> None:
    """Every task once, as many at once as there are places, of which each has one task at a time. A task is what to do, given its
    place, and the numbers of the tasks that have to be done before it. Of those that can begin the first does; the numbers of
    `later` only where no other can. Where tasks fail, the error of the first of them is raised, as if one had been done after the
    other: those before it are still done. Where this thread is interrupted no task begins any more; what runs is waited for."""
    order = TopologicalSorter({number: sorted(needed) for number, (_, needed) in enumerate(tasks)})
    order.prepare()
    changed = threading.Condition()
    ready: set[int] = set()
    begun: set[int] = set()
    errors: dict[int, BaseException] = {}

    def next_one() -> int | None:
        """The number of a task to begin; it may have to be waited for. None where there will be no more."""
        with changed:
            while True:
                if INTERRUPTED in errors:
                    return None
                ready.update(order.get_ready())
                first_error = min(errors, default=len(tasks))
                if able := [(number in later, number) for number in ready if number < first_error]:
                    _, number = min(able)
                    ready.remove(number)
                    begun.add(number)
                    return number
                if not begun:
                    return None
                changed.wait()

    def work(place: Place) -> None:
        while (number := next_one()) is not None:
            _, error = _attempted(tasks[number][0], place)
            with changed:
                begun.remove(number)
                if error is None:
                    order.done(number)
                else:
                    errors[number if isinstance(error, Exception) else INTERRUPTED] = error
                changed.notify_all()

    others = [threading.Thread(target=work, args=(place,)) for place in places[1:]]
    try:
        for other in others:
            other.start()
        work(places[0])
    except BaseException as interruption:  # noqa: BLE001 it is raised again when nothing runs any more
        with changed:
            errors[INTERRUPTED] = interruption
            changed.notify_all()
    for other in others:
        if other.is_alive():
            other.join()
    if errors:
        raise errors[min(errors)]
