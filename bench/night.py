"""A whole night against a long history: what each stage takes, and how many MB of 835 it comes to a second.

    python -m bench.night --nights 10 --history 200

The history is that of bench.history: nights of 25,000 lines, of which 200 are five million lines and more, with their 837 files,
later decisions and marts. The night measured brings the files of the next so many nights at once (some 5 MB of 835 and as much
of 837 each) and runs start to finish in a process of its own: read, check, stage, classify, match, decide, prioritise, write,
report. The history is made once and kept in --folder; each round runs on a copy of it.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import click

from bench import history
from bench.history import FIRST_DAY
from bench.results import table, write_section
from pipeline import log, settings
from pipeline.run import run

# The stage of a run, or the folder of sql/ -> what stands in the table.
STAGES = {
    "land": "read: hash the files",
    "parse": "read: X12 to committed facts, with balances and findings",
    "1_stage": "stage: the ledger of claim payments",
    "2_classify": "classify",
    "3_match": "match",
    "4_decide": "decide",
    "5_prioritise": "prioritise",
    "6_export": "marts for people",
    "models": "end of the models",
    "checks": "checks",
    "marts": "write the marts",
    "export": "worklist: CSV, Parquet, XLSX",
    "report": "report page",
    "publish": "copies elsewhere",
    "rest": "what the run says of itself",
}
MOST_SHARE = 0.4
SHOWN_SECONDS = 0.005


def make_history(folder: Path, lines: int, nights: int) -> None:
    """The warehouse folder/history, and folder/template; what is there is kept."""
    if (folder / "history").exists():
        return
    (folder / "template").mkdir(parents=True, exist_ok=True)
    facts = history.read_template(folder / "template", history.template(FIRST_DAY, lines))
    history.build(folder / "unfinished", facts, 0, nights)
    (folder / "unfinished").rename(folder / "history")


def make_inbox(folder: Path, lines: int, first: int, nights: int) -> int:
    """The files of some nights in one inbox. Returns the bytes of the 835s."""
    folder.mkdir(parents=True)
    for night in range(first, first + nights):
        for name, content in history.template(FIRST_DAY + timedelta(days=night), lines).items():
            (folder / f"{night:04d}_{name}").write_bytes(history.filled(content, night))
    return sum(path.stat().st_size for path in folder.glob("*.835"))


@dataclass
class Clock:
    """Seconds and processor seconds of each stage, and of each model, from what a run logs when one is done."""

    seconds: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    processor_seconds: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    of_models: dict[str, float] = field(default_factory=dict)
    last: tuple[float, float] = (0.0, 0.0)

    def start(self) -> None:
        self.last = time.monotonic(), time.process_time()

    def done(self, place: str, model: str = "") -> None:
        now = time.monotonic(), time.process_time()
        self.seconds[place] += now[0] - self.last[0]
        self.processor_seconds[place] += now[1] - self.last[1]
        if model:
            self.of_models[model] = now[1] - self.last[1]
        self.last = now


def one_night(path: Path, inbox: Path, day: date) -> dict:
    """The run, and how long it took by the names of STAGES."""
    clock = Clock()
    spoken_info, spoken_debug = log.info, log.debug

    def info(event: str, **values: object) -> None:
        if event == "all marts anew":
            raise click.ClickException("the history was made by other models: remove it from the folder and begin again")
        if event == "stage done":
            clock.done(str(values["stage"]))
        spoken_info(event, **values)

    def debug(event: str, **values: object) -> None:
        if event == "model done":
            clock.done(str(values["stage"]), str(values["model"]))
        spoken_debug(event, **values)

    log.info, log.debug = info, debug
    try:
        began = time.monotonic()
        clock.start()
        run([inbox], path, settings.load(), day)
        clock.done("rest")
        whole = time.monotonic() - began
    finally:
        log.info, log.debug = spoken_info, spoken_debug
    times = {name: (clock.seconds[name], clock.processor_seconds[name]) for name in STAGES}
    return {"night_seconds": whole, "stages": times, "models": clock.of_models}


def measure(folder: Path, inbox: Path, day: date) -> dict:
    """One run on a copy of the history."""
    copy = folder / "copy"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(folder / "history", copy, symlinks=True)
    found = history.in_own_process(one_night, copy, inbox, day)
    shutil.rmtree(copy)
    return found


def told(found: dict, megabytes: float, lines: int, nights: int) -> str:
    whole, used = found["night_seconds"], sum(used for _, used in found["stages"].values())
    rows = [
        [STAGES[name], f"{taken:.2f}", f"{taken / whole:.0%}", f"{used_here:.2f}", f"{used_here / used:.0%}"]
        for name, (taken, used_here) in found["stages"].items()
        if taken >= SHOWN_SECONDS
    ]
    large = [STAGES[name] for name, (taken, _) in found["stages"].items() if taken > MOST_SHARE * whole]
    slowest = sorted(found["models"].items(), key=lambda one: -one[1])[:8]
    return "\n\n".join(
        (
            f"{megabytes:.0f} MB of 835 and their 837 files, as one night against a history of {lines * nights:,} billed lines "
            f"({nights} nights): {whole:.1f} s, {megabytes / whole:.1f} MB of 835 a second (asked: 20); {used:.1f} processor "
            f"seconds, so {2 * megabytes / used:.1f} MB a second if two cores had nothing else to do; "
            f"peak {found['peak_mib']:,} MiB.",
            table(["stage", "seconds", "share", "processor seconds", "share of them"], rows),
            f"More than {MOST_SHARE:.0%} of the time: {', '.join(large) or 'no stage'}. The models that take most processor "
            f"seconds: {', '.join(f'{name} {taken:.2f}' for name, taken in slowest)}.",
        )
    )


@click.command(help=__doc__)
@click.option("--nights", default=10, show_default=True, help="How many nights' files the night brings.")
@click.option("--history", "before", default=200, show_default=True, help="Nights of the history.")
@click.option("--lines", default=25_000, show_default=True, help="Service lines that a night bills.")
@click.option("--rounds", default=2, show_default=True, help="The one with the least processor time counts.")
@click.option("--folder", type=click.Path(path_type=Path, file_okay=False), help="Keep the history here, and use the one there.")
@click.option("--results/--no-results", "writes_results", default=True, show_default=True, help="Write bench/RESULTS.md.")
def main(nights: int, before: int, lines: int, rounds: int, folder: Path | None, writes_results: bool) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        place = folder or Path(temporary)
        make_history(place, lines, before)
        megabytes = make_inbox(Path(temporary) / "inbox", lines, before, nights) / 1e6
        day = FIRST_DAY + timedelta(days=before + nights - 1)
        turns = [measure(place, Path(temporary) / "inbox", day) for _ in range(rounds)]
    found = min(turns, key=lambda turn: turn["processor_seconds"])
    text = f"## The whole night\n\n{told(found, megabytes, lines, before)}"
    click.echo(text)
    if writes_results:
        write_section("night", text)


if __name__ == "__main__":
    main()
