"""How fast 835 files become committed Parquet, beside other readers in the same run.

    python -m bench.reading --megabytes 200 --files 1000 --rounds 3

Two shapes of input: one large file, and many of 50 KB. Every reader has a process of its own. In a round all readers take their
turn, and ratios are taken within a round, so that what else the machine does weighs on all of them; the median of the rounds is
told. The slow ones read a smaller file of the same kind: their time grows with the size.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

import click

from bench.results import table, write_section
from data_samples.make_bulk import write_bulk

ROOT = Path(__file__).parents[1]
SMALL_FILE_MEGABYTES = 0.05
# reader -> most megabytes that it is given
PEERS = {
    "oxedi_parse": None,
    "oxedi_stream": None,
    "openx12": 8.0,
    "edi_835_parser": 2.0,
    "pyx12_context": 0.5,
}
ASKED = {"oxedi": 2, "openx12": 10, "edi_835_parser": 8, "pyx12_context": 200}
Measured = dict[str, float]


def measure(reader: str, path: Path, warm: Path) -> Measured | None:
    """One reader on a file or a folder; None where it is not installed or fails."""
    command = [sys.executable, "-m", "bench.peers", reader, os.fspath(path), "--warm", os.fspath(warm)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        click.echo(f"{reader} does not run: {done.stderr.strip().splitlines()[-1]}", err=True)
        return None
    return json.loads(done.stdout.splitlines()[-1])


def rates(rounds: list[dict[str, Measured]], reader: str, seconds: str) -> list[float]:
    return [each[reader]["megabytes"] / each[reader][seconds] for each in rounds if reader in each]


def ratio(rounds: list[dict[str, Measured]], one: str, other: str, seconds: str) -> float:
    """How much faster, the median over the rounds in which both ran."""
    both = [each for each in rounds if one in each and other in each]
    return median(rates([each], one, seconds)[0] / rates([each], other, seconds)[0] for each in both)


def fastest(rounds: list[dict[str, Measured]], prefix: str) -> str | None:
    names = sorted({name for each in rounds for name in each if name.startswith(prefix)})
    return max(names, key=lambda name: median(rates(rounds, name, "seconds")), default=None)


def report(title: str, rounds: list[dict[str, Measured]]) -> str:
    rows = []
    for name in sorted({name for each in rounds for name in each}, key=lambda name: -median(rates(rounds, name, "seconds"))):
        wall, used = (median(rates(rounds, name, seconds)) for seconds in ("seconds", "processor_seconds"))
        ours = [f"{ratio(rounds, 'remit835', name, seconds):.2f}" for seconds in ("seconds", "processor_seconds")]
        peak = max(each[name]["peak_mib"] for each in rounds if name in each)
        rows.append([name, f"{wall:.1f}", f"{used:.1f}", *ours, f"{peak:.0f}"])
    head = ["reader", "MB/s", "MB a processor second", "remit835 is faster by", "of processor time by", "peak MiB"]
    asked = []
    for prefix, times in ASKED.items():
        if name := fastest(rounds, prefix):
            asked.append(f"{prefix} {ratio(rounds, 'remit835', name, 'seconds'):.2f} (asked {times})")
    return f"### {title}\n\n{table(head, rows)}\n\nAgainst the fastest mode of each: {', '.join(asked)}."


def read_by_all(path: Path, parts: dict[str, Path], warm: Path, rounds: int) -> list[dict[str, Measured]]:
    measured = []
    for number in range(rounds):
        turn: dict[str, Measured] = {}
        for reader in ("remit835", "remit835_one_thread", *PEERS):
            found = measure(reader, parts.get(reader, path), warm)
            if found is not None:
                turn[reader] = found
                click.echo(f"round {number + 1} {reader}: {found['megabytes'] / found['seconds']:.1f} MB/s", err=True)
        claims = {reader: found["claims"] for reader, found in turn.items() if reader not in parts}
        if len(set(claims.values())) > 1:
            raise click.ClickException(f"the readers do not count the same claims: {claims}")
        measured.append(turn)
    return measured


def made(folder: Path, megabytes: float, files: int) -> Path:
    """A folder with 835 files, and their 837 beside it."""
    write_bulk(folder / "all", megabytes, files, seed=1, with_claims=True)
    for kind in ("835", "837"):
        (folder / kind).mkdir()
        for path in (folder / "all").glob(f"*.{kind}"):
            path.rename(folder / kind / path.name)
    return folder


@click.command(help=__doc__)
@click.option("--megabytes", default=200.0, show_default=True, help="Of the large file.")
@click.option("--files", default=1000, show_default=True, help="How many files of 50 KB.")
@click.option("--rounds", default=3, show_default=True)
@click.option("--results/--no-results", "writes_results", default=True, show_default=True, help="Write bench/RESULTS.md.")
def main(megabytes: float, files: int, rounds: int, writes_results: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        large, many = made(place / "large", megabytes, 1), made(place / "many", files * SMALL_FILE_MEGABYTES, files)
        warm = next((made(place / "warm", SMALL_FILE_MEGABYTES, 1) / "835").iterdir())
        parts = {name: made(place / name, size, 1) / "835" for name, size in PEERS.items() if size}
        one = read_by_all(large / "835", parts, warm, rounds)
        small = read_by_all(many / "835", parts, warm, rounds)
        claims = [{"remit835": measure("remit835", large / "837", warm)} for _ in range(rounds)]
    share = median(rates(claims, "remit835", "processor_seconds")) / median(rates(one, "remit835", "processor_seconds"))
    text = "\n\n".join(
        (
            "## Reading",
            "remit835: bytes to committed zstd Parquet of all facts, with findings and balances. The others: bytes to their own "
            "objects or Arrow, in memory. " + ", ".join(f"{name} reads {size} MB" for name, size in PEERS.items() if size) + ".",
            report(f"One 835 of {megabytes:.0f} MB", one),
            report(f"{files} 835 files of 50 KB", small),
            f"### 837\n\nThe claims as billed: {median(rates(claims, 'remit835', 'seconds')):.1f} MB/s, {share:.0%} of the 835's "
            "rate by processor time (asked: 80%).",
        )
    )
    click.echo(text)
    if writes_results:
        write_section("reading", text)


if __name__ == "__main__":
    main()
