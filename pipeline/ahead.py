"""Work that other threads do ahead of whoever needs its results. Everything comes in the order of the tasks, so threads change
nothing but the time: numpy, Arrow and hashing let other threads run meanwhile."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from queue import Queue
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")
Work = Callable[[Callable[[Item], None]], Result]
"""What a thread does: it is given a function that takes one item after the other, and returns what it says of the whole."""


class Ahead(Generic[Item, Result]):
    """One task in a thread of its own. Iterate for its items; then `result` is what it returned. It waits while `room` items have
    not been taken. What it raises is raised to whoever takes its items."""

    def __init__(self, work: Work, room: int) -> None:
        self._items: Queue[tuple[bool, object]] = Queue(room)
        self._is_stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(work,), daemon=True)
        self._thread.start()

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
        self._thread.join()
        if error is not None:
            raise error

    def stop(self) -> None:
        """Ends the task at its next item; its results are lost."""
        self._is_stopped.set()
        while self._thread.is_alive():
            while not self._items.empty():
                self._items.get()
            self._thread.join(0.01)


class _StoppedError(BaseException):
    """Nobody wants the items any more."""


def ahead(items: Iterable[Item], room: int) -> Iterator[Item]:
    """The items, drawn by another thread, from the second one on: what has one item needs none."""
    drawing = iter(items)
    first = list(islice(drawing, 1))
    yield from first

    def draw(put: Callable[[Item], None]) -> None:
        for item in drawing:
            put(item)

    if first:
        drawn = Ahead(draw, room)
        try:
            yield from drawn
        finally:
            drawn.stop()


def in_order(tasks: Sequence[tuple[Work, int]], threads: int, room: int) -> Iterator[Ahead]:
    """Every task, in order; take the items of each before the next one. Each comes with how many threads it keeps busy: as many
    are at work as `threads` allow, and always one."""
    running: deque[tuple[Ahead, int]] = deque()
    try:
        for task, weight in tasks:
            while running and sum(busy for _, busy in running) + weight > threads:
                yield running[0][0]
                running.popleft()
            running.append((Ahead(task, room), weight))
        while running:
            yield running[0][0]
            running.popleft()
    finally:
        for left, _ in running:
            left.stop()
