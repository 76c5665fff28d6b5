"""How time and memory of reading grow with the input: 20 MB to 2 GB of 835, each size in a process of its own.

    python -m bench.memory --megabytes 20,200,2000

Writes the table into bench/RESULTS.md and the picture docs/reading-cost.svg, both axes logarithmic: a straight line that rises by
one decade a decade is a cost that grows as the input does.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Sequence
from pathlib import Path

import click

from bench.reading import ROOT, SMALL_FILE_MEGABYTES, made, measure
from bench.results import table, write_section
from data_samples.make_bulk import write_bulk

PICTURE = ROOT / "docs" / "reading-cost.svg"
FILE_MEGABYTES = 200.0
WIDTH, HEIGHT, MARGIN = 640, 400, 70
MEASURES = (("processor_seconds", "processor seconds", "#1f5fa8"), ("peak_mib", "peak MiB", "#b5541c"))


def picture(rows: Sequence[dict[str, float]]) -> str:
    """Processor seconds and peak memory over megabytes, on one grid of decades."""
    across = [math.log10(row["megabytes"]) for row in rows]
    up = [math.log10(row[name]) for row in rows for name, _, _ in MEASURES]
    left, right, low, high = math.floor(min(across)), math.ceil(max(across)), math.floor(min(up)), math.ceil(max(up))

    def x(value: float) -> float:
        return MARGIN + (value - left) / (right - left) * (WIDTH - 2 * MARGIN)

    def y(value: float) -> float:
        return HEIGHT - MARGIN - (value - low) / (high - low) * (HEIGHT - 2 * MARGIN)

    drawn = [f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>']
    for decade in range(left, right + 1):
        drawn.append(f'<path d="M{x(decade):.1f} {y(low):.1f}V{y(high):.1f}" stroke="#ddd"/>')
        drawn.append(f'<text x="{x(decade):.1f}" y="{y(low) + 20:.1f}" text-anchor="middle">{10**decade:,} MB</text>')
    for decade in range(low, high + 1):
        drawn.append(f'<path d="M{x(left):.1f} {y(decade):.1f}H{x(right):.1f}" stroke="#ddd"/>')
        drawn.append(f'<text x="{x(left) - 8:.1f}" y="{y(decade) + 4:.1f}" text-anchor="end">{10.0**decade:g}</text>')
    for number, (name, label, colour) in enumerate(MEASURES):
        points = [(x(math.log10(row["megabytes"])), y(math.log10(row[name]))) for row in rows]
        line = " ".join(f"{at:.1f},{value:.1f}" for at, value in points)
        drawn.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
        drawn += [f'<circle cx="{at:.1f}" cy="{value:.1f}" r="4" fill="{colour}"/>' for at, value in points]
        drawn.append(f'<text x="{MARGIN}" y="{24 + 18 * number}" fill="{colour}">{label}</text>')
    body = "\n".join(drawn)
    frame = f'viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="13"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {frame}>\n{body}\n</svg>\n'


def measured(megabytes: float, folder: Path, warm: Path) -> dict[str, float]:
    """Reading that much, in files of at most 200 MB."""
    files = math.ceil(megabytes / FILE_MEGABYTES)
    write_bulk(folder / "835", megabytes, files, seed=1, with_claims=False)
    found = measure("remit835", folder / "835", warm)
    if found is None:
        raise click.ClickException(f"{megabytes:.0f} MB could not be read")
    return found


def of_each_more(before: dict[str, float], row: dict[str, float]) -> str:
    """Processor milliseconds of a megabyte that a larger input has more than a smaller one."""
    return f"{1000 * (row['processor_seconds'] - before['processor_seconds']) / (row['megabytes'] - before['megabytes']):.1f}"


@click.command(help=__doc__)
@click.option("--megabytes", default="20,60,200,600,2000", show_default=True, help="Sizes, separated by commas.")
@click.option("--results/--no-results", "writes_results", default=True, show_default=True, help="Write RESULTS.md, picture.")
def main(megabytes: str, writes_results: bool) -> None:
    rows = []
    for size in map(float, megabytes.split(",")):
        with tempfile.TemporaryDirectory() as folder:
            warm = next((made(Path(folder, "warm"), SMALL_FILE_MEGABYTES, 1) / "835").iterdir())
            rows.append(measured(size, Path(folder), warm))
            click.echo(f"{size:.0f} MB: {rows[-1]}", err=True)
    cells = [
        [
            f"{row['megabytes']:,.0f}",
            f"{row['seconds']:.1f}",
            f"{1000 * row['processor_seconds'] / row['megabytes']:.1f}",
            of_each_more(before, row) if before else "",
            f"{row['peak_mib']:,.0f}",
        ]
        for before, row in zip([None, *rows], rows, strict=False)
    ]
    head = ["input MB", "seconds", "processor milliseconds a MB", "of each MB beyond the row above", "peak MiB"]
    said = (
        "Bytes to committed Parquet, two threads, files of at most 200 MB. The third column holds what a process does once as "
        "well (memory that is touched for the first time); the fourth does not."
    )
    text = f"## Growth\n\n{said}\n\n{table(head, cells)}\n\n![cost](../docs/{PICTURE.name})"
    click.echo(text)
    if writes_results:
        write_section("growth", text)
        PICTURE.write_text(picture(rows), encoding="utf-8")


if __name__ == "__main__":
    main()
