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
from collections import defaultdict
from datetime import date, timedelta
from pathlib import Path

import click

from bench import history
from bench.history import FIRST_DAY
from bench.results import table, write_section
from pipeline import models
from pipeline.settings import data_folder

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
    "models": "what the models share: touched claims, mappings",
    "checks": "checks",
    "marts": "write the marts",
    "export": "worklist: CSV, Parquet, XLSX",
    "report": "report page",
    "publish": "copies elsewhere",
}
MOST_SHARE = 0.4


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


def by_stage(measured: dict) -> dict[str, float]:
    """Seconds by the names of STAGES: those of the models by the folder that they are in, and the rest of their stage."""
    folder_of = {model.name: model.stage for model in models.proved(data_folder("sql"))[0]}
    seconds = defaultdict(float, measured["stages"])
    for name, taken in measured["models"].items():
        seconds[folder_of[name]] += taken
        seconds["models"] -= taken
    return {stage: seconds[stage] for stage in STAGES}


def measure(folder: Path, inbox: Path, day: date) -> dict:
    """One run on a copy of the history."""
    copy = folder / "copy"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(folder / "history", copy, symlinks=True)
    found = history.in_own_process(history.one_night, copy, inbox, day)
    shutil.rmtree(copy)
    return found


def told(found: dict, megabytes: float, lines: int, nights: int) -> str:
    stages, whole = by_stage(found), found["seconds"]
    rows = [[STAGES[name], f"{taken:.2f}", f"{taken / whole:.0%}"] for name, taken in stages.items()]
    rows.append(["start and end of the run", f"{whole - sum(stages.values()):.2f}", f"{1 - sum(stages.values()) / whole:.0%}"])
    large = [STAGES[name] for name, taken in stages.items() if taken > MOST_SHARE * whole]
    slowest = sorted(found["models"].items(), key=lambda one: -one[1])[:8]
    return "\n\n".join(
        (
            f"{megabytes:.0f} MB of 835 and their 837 files, as one night against a history of {lines * nights:,} billed lines "
            f"({nights} nights): {whole:.1f} s, {megabytes / whole:.1f} MB of 835 a second (asked: 20); "
            f"{found['processor_seconds']:.1f} processor seconds, peak {found['peak_mib']:,} MiB.",
            table(["stage", "seconds", "share"], rows),
            f"More than {MOST_SHARE:.0%} of the time: {', '.join(large) or 'no stage'}. "
            f"The slowest models: {', '.join(f'{name} {taken:.2f} s' for name, taken in slowest)}.",
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
