"""Where the processor time of reading goes: one 835 file to committed Parquet, all in one thread, under the profiler.

    python -m bench.stages --megabytes 60

The profiler makes short calls dearer than they are, so the shares count, not the seconds.
"""

from __future__ import annotations

import cProfile
import pstats
import tempfile
import time
from pathlib import Path

import click

from bench.reading import made
from bench.results import table, write_section
from pipeline.land import land
from pipeline.parse import index_type_for, read_file
from pipeline.warehouse import Warehouse

# what stands in the table -> module and function whose cumulative time it is
STAGES = {
    "hash the file": ("land.py", "fingerprint"),
    "cut into blocks": ("x12_index.py", "pieces"),
    "one-byte delimiters, no line breaks": ("x12_index.py", "normalise"),
    "structural index": ("x12_index.py", "__init__"),
    "which claim and line each segment belongs to": ("parse_835.py", "__init__"),
    "claims, with their balance": ("parse_835.py", "_claims"),
    "lines, with their balance": ("parse_835.py", "_lines"),
    "adjustments": ("parse_835.py", "_adjustments"),
    "transactions: headers, counts, balance, hash": ("parse.py", "_envelopes"),
    "what no column holds": ("parse.py", "_keep_rest"),
    "Parquet: encode, compress, write": ("warehouse.py", "_write"),
    "prove rows and dollars of the Parquet": ("warehouse.py", "_prove"),
}


def profiled(path: Path, folder: Path) -> pstats.Stats:
    warehouse = Warehouse(folder / "warehouse")
    profile = cProfile.Profile(time.process_time)
    with warehouse.held():
        profile.enable()
        [file] = land([path], set(), warehouse.path).new
        batch = warehouse.begin()
        batch._each_table = lambda do: [do(table_name) for table_name in batch.rows]  # the profiler sees this thread alone
        read_file(path, file.file_id, batch.append, index_type=index_type_for(file.byte_count))
        batch.commit(file.received_at.date(), [file.sha256], [], {})
        profile.disable()
    return pstats.Stats(profile)


@click.command(help=__doc__)
@click.option("--megabytes", default=60.0, show_default=True)
@click.option("--results/--no-results", "writes_results", default=True, show_default=True, help="Write bench/RESULTS.md.")
def main(megabytes: float, writes_results: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        [path] = (made(Path(folder, "made"), megabytes, 1) / "835").iterdir()
        # what is made once is made before
        read_file(path, "0" * 16, lambda name, rows: None, index_type=index_type_for(path.stat().st_size))
        stats = profiled(path, Path(folder))
        size = path.stat().st_size / 1e6
    total = stats.total_tt
    by_function = {(Path(file).name, name): times[3] for (file, _, name), times in stats.stats.items() if "/pipeline/" in file}
    spent = {stage: by_function.get(function, 0.0) for stage, function in STAGES.items()}
    spent["everything else"] = total - sum(spent.values())
    rows = [[stage, f"{1000 * seconds / size:.1f}", f"{seconds / total:.0%}"] for stage, seconds in spent.items()]
    said = f"One 835 of {size:.0f} MB to committed Parquet, one thread: {size / total:.1f} MB a second."
    text = f"## Where reading spends its time\n\n{said}\n\n{table(['stage', 'milliseconds a MB', 'share'], rows)}"
    click.echo(text)
    if writes_results:
        write_section("stages", text)


if __name__ == "__main__":
    main()
