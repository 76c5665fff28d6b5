"""Kills runs with SIGKILL and runs again: the tables must equal those of an undisturbed run, the CSV byte for byte.

    python -m tests.functional.crash --instants 200 --seed 1

Two kinds of instants: before and after each rename of the run (where a half-done state would show), and at random times over
the whole run. Each run is a fork of this process: imports, models and mappings, which are read before anything is written, are
shared.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from pipeline import log, mappings, models, settings
from pipeline.run import run
from pipeline.warehouse import Warehouse

AS_OF = date(2026, 11, 20)
NIGHT_BEFORE = date(2026, 11, 19)
SAMPLES = Path(__file__).parents[2] / "data_samples" / "inbox"
FILES = ("mmh01_20261119.835", "claims_lakeside_2026h2.837p", "history_mmh01_2026h1.835", "out_of_balance.835", "empty.835")
# What a night before has left, so that the marts of the killed one are carried over and not made anew.
FILES_BEFORE = ("ngb02_20261118.835", "sent_twice.835")
RENAMING = ("replace", "rename", "symlink_to")


def make_inbox(folder: Path, names: Sequence[str] = FILES) -> Path:
    """A small night: remittances, claims, a file with findings and one for quarantine."""
    folder.mkdir()
    for name in names:
        shutil.copy(SAMPLES / name, folder / name)
    return folder


@contextmanager
def loaded_once() -> Iterator[None]:
    """Models and mappings are loaded here, for all forks; the engine is not started, because a fork inherits no threads."""
    with pytest.MonkeyPatch.context() as patch:
        for module, name, folder in ((models, "load", "sql"), (models, "load_checks", "sql"), (mappings, "load", "mappings")):
            loaded = getattr(module, name)(settings.data_folder(folder))
            patch.setattr(module, name, lambda *_, found=loaded: found)
        patch.setattr(models, "check", lambda _: None)
        yield


def in_child(work: Callable[[], None], kill_after: float | None = None) -> int:
    """Runs `work` in a fork; kills it after some seconds where told. Returns its exit code, negative for a signal."""
    child = os.fork()
    if child == 0:
        code = 1
        with suppress(Exception):
            work()
            code = 0
        os._exit(code)
    if kill_after is not None:
        time.sleep(kill_after)
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def night(inbox: Path, warehouse: Path, as_of: date = AS_OF) -> None:
    """One undisturbed run, on one thread of the engine: a fork inherits no other."""
    log.configure("text", "error")
    run([inbox], warehouse, settings.Settings(threads=1), as_of)


def night_killed_at_rename(inbox: Path, warehouse: Path, number: int, is_after: bool) -> int:
    """A run that is killed before or after its rename `number`, counted from 0; -1 kills none. Returns how many there were."""
    count = 0

    def counting(rename: Callable) -> Callable:
        def renamed(path: Path, target: Path, *arguments: object) -> object:
            nonlocal count
            count += 1
            if count - 1 == number and not is_after:
                os.kill(os.getpid(), signal.SIGKILL)
            result = rename(path, target, *arguments)
            if count - 1 == number and is_after:
                os.kill(os.getpid(), signal.SIGKILL)
            return result

        return renamed

    for name in RENAMING:
        setattr(Path, name, counting(getattr(Path, name)))
    night(inbox, warehouse)
    return count


def picture(warehouse: Path) -> dict[str, object]:
    """What a warehouse holds: the CSV's bytes, every mart, every fact, and what is in quarantine."""
    store = Warehouse(warehouse)
    held: dict[str, object] = {"worklist.csv": (store.worklist / "worklist.csv").read_bytes()}
    for part in sorted(store.marts.glob("*/*.parquet")):
        held[f"mart {part.parent.name}/{part.name}"] = pq.read_table(part).to_pylist()
    for part in sorted((warehouse / "facts").glob("*/batch_id=*/*.parquet")):
        held[f"fact {part.relative_to(warehouse)}"] = pq.ParquetFile(part).read().to_pylist()
    held["quarantine"] = [(reason["file_name"], reason["code"]) for reason in store.quarantined()]
    held["leftovers"] = [path.name for path in (warehouse / ".staging").glob("*")]
    return held


def differences(instants: int, seed: int, say: Callable[[str], None] = lambda line: None) -> list[str]:
    """Kills and repeats `instants` runs, half of them around renames; returns what differs from the undisturbed run."""
    chance = random.Random(seed)
    found = []
    with tempfile.TemporaryDirectory() as place, loaded_once():
        inbox, inbox_before = make_inbox(Path(place) / "inbox"), make_inbox(Path(place) / "inbox_before", FILES_BEFORE)
        before = Path(place) / "before"
        assert in_child(lambda: night(inbox_before, before, NIGHT_BEFORE)) == 0, "the night before failed"
        shutil.copytree(before, Path(place) / "undisturbed", symlinks=True)
        shutil.copytree(before, Path(place) / "counting", symlinks=True)
        began = time.monotonic()
        assert in_child(lambda: night(inbox, Path(place) / "undisturbed")) == 0, "the undisturbed run failed"
        seconds = time.monotonic() - began
        expected = picture(Path(place) / "undisturbed")
        rename_count = _count_renames(inbox, Path(place) / "counting")
        around = chance.sample([(number, after) for number in range(rename_count) for after in (False, True)], k=rename_count * 2)
        for number in range(instants):
            warehouse = Path(place) / f"killed_{number}"
            shutil.copytree(before, warehouse, symlinks=True)
            if number % 2 == 0 and around:
                rename, is_after = around.pop()
                instant = f"{'after' if is_after else 'before'} rename {rename}"
                in_child(lambda at=rename, after=is_after, to=warehouse: night_killed_at_rename(inbox, to, at, after))
            else:
                after_seconds = chance.uniform(0, seconds)
                instant = f"after {after_seconds:.3f} s of {seconds:.3f}"
                in_child(lambda to=warehouse: night(inbox, to), kill_after=after_seconds)
            if in_child(lambda to=warehouse: night(inbox, to)) != 0:
                found.append(f"killed {instant}: the next run failed")
            else:
                got = picture(warehouse)
                found += [
                    f"killed {instant}: {name} differs" for name in expected.keys() | got if expected.get(name) != got.get(name)
                ]
            say(f"{number + 1}/{instants} killed {instant}: {len(found)} differences so far")
            shutil.rmtree(warehouse)
    return found


def _count_renames(inbox: Path, warehouse: Path) -> int:
    """How many renames an undisturbed run makes."""
    counted = warehouse.with_suffix(".txt")
    in_child(lambda: counted.write_text(str(night_killed_at_rename(inbox, warehouse, -1, False))) and None)
    return int(counted.read_text())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--instants", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    problems = differences(options.instants, options.seed, print)
    print("\n".join(problems) or f"{options.instants} kills, no difference")
    sys.exit(bool(problems))
