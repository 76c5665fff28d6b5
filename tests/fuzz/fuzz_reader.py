"""Fuzz the reader: samples with bytes, elements and segments changed, joined and cut, for as long as it is given.

    python -m tests.fuzz.fuzz_reader --seconds 600 --out fuzz_findings [--samples FOLDER ...] [--workers 2] [--seed 0]

Of every input it asks: rows or quarantine and nothing else, every segment accounted for, every row with its segment, each cell
as the slow reference reader has it, and every table the same whatever the block size and whoever indexes: numpy or the compiled
loops, which check every position they are given (NUMBA_BOUNDSCHECK). A worker that
hangs or dies is seen from outside: it is ended, and what it was reading is kept. A failure is made small and written to the
folder --out as <name>.x12 beside <name>.txt; failures of the same kind and place are kept once. The seed and the number of an
input make it again.
"""

from __future__ import annotations

import json
import multiprocessing
import random
import re
import shutil
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from pipeline import x12_kernels
from pipeline.errors import Quarantine
from pipeline.parse import FileSummary
from tests.oracle.reading import assert_reading_is_right, read_or_refused
from tests.oracle.reference_reader import Row

SAMPLES = Path(__file__).parents[2] / "data_samples"
LONGEST_SAMPLE = 12_000  # a small file is read a hundred times while a large one is read once
BLOCK_BYTES = (64, 150, 400, 700, 1_500, 3_000)
SECONDS_TO_SHRINK = 20
LESSER = ("finding", "other_segment", "outcome")  # looked at last, so that they hide nothing graver

# What real files have, and what readers trip over.
WORDS = (
    *(b"ISA", b"isa*", b"~ISA*", b"GS*HP*", b"ST*835*0001~", b"ST*837*0001*005010X222A1~", b"SE*1*0001~", b"GE*1*1~"),
    *(b"IEA*1*1~", b"TA1*1~", b"TS3*1~", b"MOA***MA01~", b"MIA*0****MA01~", b"REF*6R*1~", b"DTM*472*20261020~", b"AMT*B6*1~"),
    *(b"CLP*1*1*1*1", b"clp*", b"SVC*HC:99213*1*1~", b"CAS*CO*45*1~", b"CAS*CO***1*45*2~", b"PLB*1*20261231*WO:1*1~", b"LX*1~"),
    *(b"NM1*QC*1~", b"HL*1**20*1~", b"HL*2*1*22*0~", b"CLM*A*1***11:B:1~", b"SV1*HC:99213*1*UN*1***1~", b"HI*ABK:M545~"),
    *(b"LQ*HE*M1~", b"SE", b"~LX", b"N1*PR*A~", b"SV2*0120**1*UN*1~", b"SV3*AD:D1*1~", b"SBR*P*18~"),
    *(b"~", b"~~", b"*", b"**", b":", b">", b"^", b"|", b"\n", b"\r\n", b"\r", b"\t", b" ", b"\x00", b"\x1a", b"\xef\xbb\xbf"),
    *(b"\xff", b"\xc2\xa6", b"\xa6", b"\xc3\x9c", b"\xe9", b"\xe2\x80\x93", b"\x1c", b"\x1d", b"\x1e", b"\x1f", b"PK\x03\x04"),
    *(b".", b".5", b"-5", b"+5.50", b"-.5", b"1e3", b"1,250.00", b"12.345", b"--1", b"-"),
    *(b"99999999999999999.99", b"000000000000001.50", b"9999999999999999.99", b"92233720368547758.07", b"0.00000000000000000001"),
    *(b"20260229", b"20240229", b"20261340", b"261119", b"20261119-20261120", b"202611191200", b"00000000", b"99999999"),
)  # fmt: skip

Change = Callable[[random.Random, bytes, list[bytes]], bytes]


# --------------------------------------------------------------------------------------------------------------------
# Changes
# --------------------------------------------------------------------------------------------------------------------
def overwrite(chance: random.Random, data: bytes, samples: list[bytes]) -> bytes:
    at, word = chance.randrange(len(data) + 1), _word(chance)
    return data[:at] + word + data[at + len(word) :]


def insert(chance: random.Random, data: bytes, samples: list[bytes]) -> bytes:
    at = chance.randrange(len(data) + 1)
    return data[:at] + _word(chance) + data[at:]


def delete(chance: random.Random, data: bytes, samples: list[bytes]) -> bytes:
    at = chance.randrange(len(data) + 1)
    return data[:at] + data[at + chance.choice((1, 2, 5, 40, 400)) :]


def flip(chance: random.Random, data: bytes, samples: list[bytes]) -> bytes:
    if not data:
        return data
    at = chance.randrange(len(data))
    return data[:at] + bytes((data[at] ^ 1 << chance.randrange(8),)) + data[at + 1 :]


def truncate(chance: random.Random, data: bytes, samples: list[bytes]) -> bytes:
    return data[: chance.randrange(len(data) + 1)]


def splice(chance: random.Random, data: bytes, samples: list[bytes]) -> bytes:
    """The beginning of one file and the end of another."""
    other = chance.choice(samples)
    return data[: chance.randrange(len(data) + 1)] + other[chance.randrange(len(other) + 1) :]


def join(chance: random.Random, data: bytes, samples: list[bytes]) -> bytes:
    return data + chance.choice((b"", b"\n", b"\r\n", b" ", b"\x1a")) + chance.choice(samples)


def change_segments(chance: random.Random, data: bytes, samples: list[bytes]) -> bytes:
    """Segments are doubled, dropped, moved or taken from another file."""
    segments = data.split(b"~")
    at = chance.randrange(len(segments))
    what = chance.choice(("double", "drop", "move", "take"))
    if what == "double":
        segments[at:at] = segments[at : at + chance.randrange(1, 6)] * chance.randrange(1, 3)
    elif what == "drop":
        del segments[at : at + chance.randrange(1, 4)]
    elif what == "move":
        segments.insert(chance.randrange(len(segments)), segments.pop(at))
    else:
        segments[at:at] = [chance.choice(chance.choice(samples).split(b"~"))]
    return b"~".join(segments)


def change_element(chance: random.Random, data: bytes, samples: list[bytes]) -> bytes:
    """One element takes another value, or one more is put in, or one goes."""
    elements = data.split(b"*")
    at = chance.randrange(len(elements))
    what = chance.choice(("set", "set", "add", "drop"))
    if what == "drop":
        del elements[at]
    else:
        elements[at : at + (what == "set")] = [_word(chance)]
    return b"*".join(elements)


def change_delimiter(chance: random.Random, data: bytes, samples: list[bytes]) -> bytes:
    """One delimiter, everywhere or from some place on."""
    old = chance.choice((b"*", b":", b"~", b"^"))
    new = chance.choice((b"|", b">", b"^", b"\n", b"\r\n", b"'", b"\xa6", b"\xc2\xa6"))
    start = 0 if chance.random() < 0.6 else chance.randrange(len(data) + 1)
    return data[:start] + data[start:].replace(old, new)


def wrap(chance: random.Random, data: bytes, samples: list[bytes]) -> bytes:
    width, line_break = chance.choice((1, 7, 40, 80)), chance.choice((b"\n", b"\r\n", b"\r", b" "))
    return line_break.join(data[at : at + width] for at in range(0, len(data), width))


CHANGES: tuple[tuple[Change, int], ...] = (
    (overwrite, 6), (insert, 6), (delete, 5), (flip, 5), (truncate, 3), (splice, 3), (join, 2),
    (change_segments, 8), (change_element, 8), (change_delimiter, 2), (wrap, 1),
)  # fmt: skip


def _word(chance: random.Random) -> bytes:
    return chance.choice(WORDS) if chance.random() < 0.8 else chance.randbytes(chance.randrange(1, 5))


def make_input(seed: int, worker: int, number: int, samples: list[bytes]) -> bytes:
    """Input `number` of a worker: the same for the same seed and samples."""
    chance = random.Random(f"{seed} {worker} {number}")
    changes, weights = zip(*CHANGES, strict=True)
    data = chance.choice(samples)
    for change in chance.choices(changes, weights, k=chance.choice((1, 1, 2, 3, 5, 9))):
        data = change(chance, data, samples)
    return data[: 3 * LONGEST_SAMPLE]


# --------------------------------------------------------------------------------------------------------------------
# One input
# --------------------------------------------------------------------------------------------------------------------
def failure_of(data: bytes) -> str | None:
    """What the reader does wrong with these bytes, as its kind and place; None where it does nothing wrong."""
    try:
        whole = read_or_refused(data, block_bytes=1 << 20)
        size = BLOCK_BYTES[len(data) % len(BLOCK_BYTES)]
        in_blocks = read_or_refused(data, block_bytes=size, index_type=x12_kernels.CompiledIndex)
        assert_reading_is_right(data, *whole)
        one, other = _comparable(*whole), _comparable(*in_blocks)
        for name in sorted(one.keys() | other.keys(), key=lambda name: (name in LESSER, name)):
            if one.get(name) != other.get(name):
                return f"block size or index changes {name}"
    except AssertionError as error:
        return f"{_place(error)}: {_first_difference(str(error))}"
    except Exception as error:  # noqa: BLE001 any fault is what is looked for
        return f"{_place(error)}: {type(error).__name__}"
    return None


def _comparable(outcome: FileSummary | Quarantine, tables: dict[str, list[Row]]) -> dict[str, list[str]]:
    rows = {name: sorted(map(repr, rows)) for name, rows in tables.items() if rows}
    if isinstance(outcome, Quarantine):
        return rows | {"outcome": [outcome.code]}
    categories = sorted(outcome.error_categories)  # a set prints its members in any order
    return rows | {"outcome": [repr(vars(outcome) | {"error_categories": categories})]}


def _place(error: BaseException) -> str:
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if re.search("/(pipeline|tests)/", frame.filename)]
    return f"{Path(frames[-1].filename).name} {frames[-1].name}" if frames else "outside"


def _first_difference(said: str) -> str:
    """The table and column that differ, or the words of the assertion, without values: what makes two failures alike."""
    found = re.search(r"(\w+) \([\d, ]*\): only the (\w+) reader has it|(\w+) \([\d, ]*\) (\w+): real", said)
    return " ".join(part for part in found.groups() if part) if found else re.sub(r"[\d'\"].*", "", said)[:80]


def shrink(data: bytes, failure: str, until: float) -> bytes:
    """The smallest input found in time that fails alike: parts of halving size are left out as long as it does."""
    size = max(1, len(data) // 2)
    while time.monotonic() < until:
        at, shorter = 0, False
        while at < len(data) and time.monotonic() < until:
            candidate = data[:at] + data[at + size :]
            if failure_of(candidate) == failure:
                data, shorter = candidate, True
            else:
                at += size
        if size == 1 and not shorter:
            break
        size = max(1, size // 2)
    return data


# --------------------------------------------------------------------------------------------------------------------
# Workers
# --------------------------------------------------------------------------------------------------------------------
def work(worker: int, seed: int, first: int, until: float, samples: list[bytes], folder: Path, progress) -> None:
    """Tries inputs until the time is up. What is being read stands in `folder`, for the case that this process dies."""
    number, current = first, folder / f"current-{worker}.x12"
    while time.monotonic() < until:
        data = make_input(seed, worker, number, samples)
        current.write_bytes(data)
        with progress.get_lock():
            progress[0], progress[1] = number, int(time.monotonic())
        if failure := failure_of(data):
            with progress.get_lock():
                progress[1], progress[2] = int(time.monotonic()) + SECONDS_TO_SHRINK, progress[2] + 1
            if not path_of(folder, failure).exists():
                small = shrink(data, failure, time.monotonic() + SECONDS_TO_SHRINK)
                keep(folder, failure, data, small, f"{seed} {worker} {number}")
        number += 1
    with progress.get_lock():
        progress[0] = number
    current.unlink(missing_ok=True)


def path_of(folder: Path, failure: str) -> Path:
    """Where a failure of this kind and place is kept: alike ones are kept once."""
    return folder / f"{re.sub(r'[^A-Za-z0-9]+', '_', failure).strip('_')[:100]}.x12"


def keep(folder: Path, failure: str, data: bytes, small: bytes, origin: str) -> None:
    """A failure as three files: the small input, the whole one, and what is wrong with it."""
    path = path_of(folder, failure)
    path.write_bytes(small)
    path.with_suffix(".whole").write_bytes(data)
    said = f"{failure}\nseed, worker, number: {origin}\nbytes: {len(data)}, made small: {len(small)}\n"
    path.with_suffix(".txt").write_text(said)


@click.command(help=__doc__)
@click.option("--seconds", type=int, default=60, show_default=True)
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--workers", type=int, default=2, show_default=True)
@click.option("--limit", type=int, default=30, show_default=True, help="Seconds that one input may take.")
@click.option("--samples", "folders", type=click.Path(path_type=Path, exists=True), multiple=True, help="More files.")
@click.option("--out", type=click.Path(path_type=Path), default=Path("fuzz_findings"), show_default=True)
def main(seconds: int, seed: int, workers: int, limit: int, folders: tuple[Path, ...], out: Path) -> None:
    places = (SAMPLES / "835", SAMPLES / "837", *folders)
    paths = [path for folder in places for path in sorted(folder.rglob("*")) if path.is_file()]
    samples = [data for data in (path.read_bytes() for path in paths) if 100 < len(data) <= LONGEST_SAMPLE]
    until = time.monotonic() + seconds
    context = multiprocessing.get_context("spawn")
    tried = failed = 0
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        running = {}

        def start(worker: int, first: int) -> None:
            progress = context.Array("q", [first, int(time.monotonic()), 0])
            process = context.Process(target=work, args=(worker, seed, first, until, samples, folder, progress), daemon=True)
            process.start()
            running[worker] = (process, progress)

        for worker in range(workers):
            start(worker, 0)
        while running:
            time.sleep(0.5)
            for worker, (process, progress) in list(running.items()):
                number, since, failures = progress[:]
                is_stuck = time.monotonic() - since > limit and time.monotonic() < until + limit
                if process.is_alive() and not is_stuck and time.monotonic() < until + limit + SECONDS_TO_SHRINK:
                    continue
                del running[worker]
                failed += failures
                if process.exitcode == 0:
                    tried += number
                    continue
                what = "hang" if process.is_alive() else f"died with {process.exitcode}"
                process.kill()
                process.join()
                current = folder / f"current-{worker}.x12"
                if current.exists():
                    data = current.read_bytes()
                    keep(folder, f"{what} {number}", data, data, f"{seed} {worker} {number}")
                start(worker, number + 1)
        kept = sorted(folder.glob("*.txt"))
        if kept:
            out.mkdir(parents=True, exist_ok=True)
            for path in (path for note in kept for path in folder.glob(f"{note.stem}.*")):
                shutil.copy(path, out / path.name)
    said = {"inputs": tried, "seconds": seconds, "workers": workers, "seed": seed, "samples": len(samples)}
    click.echo(json.dumps(said | {"inputs_that_failed": failed, "kinds_of_failure": len(kept)}))
    sys.exit(1 if kept else 0)


if __name__ == "__main__":
    main()
