"""Kills purges with SIGKILL and purges again: the tables must equal those of an undisturbed purge, and nothing may be left.

    python -m tests.functional.crash_purge --instants 200 --seed 1

As in tests/functional/crash.py half of the instants are before and after each rename and removal, the others at random times.
Every other time a night runs between the killed purge and the next one, as it does when nobody looks.
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
from collections.abc import Callable
from datetime import date
from pathlib import Path

from pipeline import log, settings
from pipeline.run import purge_before, run
from tests.functional.crash import RENAMING, in_child, loaded_once, picture

SAMPLES = Path(__file__).parents[2] / "data_samples" / "inbox"
OLD, NEW = date(2026, 11, 19), date(2026, 11, 20)
OLD_FILES = ("history_mmh01_2026h1.835", "ngb02_20261118.835", "empty.835", "zipped.835")
NEW_FILES = ("mmh01_20261119.835", "claims_lakeside_2026h2.837p", "not_x12.835")
SETTINGS = settings.Settings(threads=1)


def nights(place: Path) -> Path:
    """A warehouse of two nights, each with files in quarantine."""
    for day, names in ((OLD, OLD_FILES), (NEW, NEW_FILES)):
        inbox = place / f"inbox_{day}"
        inbox.mkdir()
        for name in names:
            shutil.copy(SAMPLES / name, inbox / name)
        assert in_child(lambda night=day, folder=inbox: night_of(folder, place / "before", night)) == 0, "a night failed"
    return place / "before"


def night_of(inbox: Path, warehouse: Path, day: date) -> None:
    log.configure("text", "error")
    run([inbox], warehouse, SETTINGS, day)


def purge(warehouse: Path) -> None:
    log.configure("text", "error")
    purge_before(NEW, warehouse, SETTINGS, NEW, is_forced=True)


def purge_killed_at_change(warehouse: Path, number: int, is_after: bool) -> int:
    """A purge that is killed before or after its rename or removal `number`, from 0; -1 kills none. Returns how many it made."""
    count = 0

    def counting(change: Callable) -> Callable:
        def changed(*arguments: object, **options: object) -> object:
            nonlocal count
            count += 1
            here = count - 1
            if here == number and not is_after:
                os.kill(os.getpid(), signal.SIGKILL)
            result = change(*arguments, **options)
            if here == number and is_after:
                os.kill(os.getpid(), signal.SIGKILL)
            return result

        return changed

    for owner, name in (*((Path, name) for name in (*RENAMING, "unlink")), (shutil, "rmtree")):
        setattr(owner, name, counting(getattr(owner, name)))
    purge(warehouse)
    return count


def differences(instants: int, seed: int, say: Callable[[str], None] = lambda line: None) -> list[str]:
    """Kills and repeats `instants` purges; returns what differs from the undisturbed one."""
    chance = random.Random(seed)
    found: list[str] = []
    with tempfile.TemporaryDirectory() as folder, loaded_once():
        place = Path(folder)
        before = nights(place)
        shutil.copytree(before, place / "undisturbed", symlinks=True)
        began = time.monotonic()
        assert in_child(lambda: purge(place / "undisturbed")) == 0, "the undisturbed purge failed"
        seconds, expected = time.monotonic() - began, held(place / "undisturbed")
        shutil.copytree(before, place / "counting", symlinks=True)
        counted = place / "count.txt"
        in_child(lambda: counted.write_text(str(purge_killed_at_change(place / "counting", -1, False))) and None)
        around = [(number, after) for number in range(int(counted.read_text())) for after in (False, True)]
        chance.shuffle(around)
        for number in range(instants):
            warehouse = place / f"killed_{number}"
            shutil.copytree(before, warehouse, symlinks=True)
            if number % 2 == 0 and around:
                change, is_after = around.pop()
                instant = f"{'after' if is_after else 'before'} change {change}"
                in_child(lambda at=change, after=is_after, to=warehouse: purge_killed_at_change(to, at, after))
            else:
                after_seconds = chance.uniform(0, seconds)
                instant = f"after {after_seconds:.3f} s of {seconds:.3f}"
                in_child(lambda to=warehouse: purge(to), kill_after=after_seconds)
            between = number % 4 > 1
            if between and in_child(lambda to=warehouse: night_of(place / f"inbox_{NEW}", to, NEW)) != 0:
                found.append(f"killed {instant}: the next night failed")
            elif in_child(lambda to=warehouse: purge(to)) != 0:
                found.append(f"killed {instant}: the next purge failed")
            else:
                got = held(warehouse)
                found += [
                    f"killed {instant}{', a night between' * between}: {name} differs"
                    for name in expected.keys() | got
                    if expected.get(name) != got.get(name)
                ]
            say(f"{number + 1}/{instants} killed {instant}: {len(found)} differences so far")
            shutil.rmtree(warehouse)
    return found


def held(warehouse: Path) -> dict[str, object]:
    """What a warehouse holds, and that nothing of the purged batch is left in any folder."""
    names = {"facts", "quarantine", "batches", "purged", "worklist"}
    paths = sorted(str(path.relative_to(warehouse)) for name in names for path in (warehouse / name).rglob("*"))
    generations = len(list((warehouse / ".marts").iterdir()))
    return picture(warehouse) | {"paths": paths, "generations": generations}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--instants", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    problems = differences(options.instants, options.seed, print)
    print("\n".join(problems) or f"{options.instants} kills of purges, no difference")
    sys.exit(bool(problems))
