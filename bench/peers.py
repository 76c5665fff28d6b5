"""One reader on some files, in a process of its own: prints JSON with seconds, processor seconds, claims and peak memory.

    python -m bench.peers oxedi FILE...

`remit835` does all that a night does with its files: hashes them, reads them, checks every balance and commits Parquet. The
others parse, and nothing is written. Each reads a small file first, so that imports and tables made once are not counted.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from functools import cache
from pathlib import Path

import click

THREADS = 2
AS_OF = date(2026, 11, 20)
PEERS_FOLDER = Path(__file__).parents[1] / "build" / "peers"  # what cannot live beside our dependencies: see make bench


def remit835(paths: Sequence[Path], threads: int = THREADS) -> int:
    from pipeline import run
    from pipeline.settings import Settings
    from pipeline.warehouse import Warehouse

    _compiled_loops()
    with tempfile.TemporaryDirectory(dir=paths[0].parent.parent) as folder:
        settings = Settings(threads=threads)
        night = run.Night(paths, Warehouse(Path(folder)), settings, AS_OF, lambda *done: None, _codes(), [], [])
        with night.warehouse.held():
            run.land_files(night)
            run.parse_files(night)
        tables = night.record["tables"]
    return sum(tables[name]["rows"] for name in ("claim_payment", "submitted_claim") if name in tables)


@cache
def _codes():
    from pipeline import mappings
    from pipeline.settings import Settings

    return mappings.tables_of_site(Settings())


@cache
def _compiled_loops() -> None:
    """Imported before anything is measured, like all else that a process does once: the file that warms is too small for them."""
    from pipeline.parse import COMPILED_FROM_BYTES, index_type_for

    index_type_for(COMPILED_FROM_BYTES)


def remit835_one_thread(paths: Sequence[Path]) -> int:
    return remit835(paths, threads=1)


def oxedi_parse(paths: Sequence[Path]) -> int:
    """Every file whole, in two threads: it runs without the interpreter's lock."""
    import oxedi

    def claims(path: Path) -> int:
        return oxedi.parse(path.read_bytes()).count_claims()

    with ThreadPoolExecutor(THREADS) as pool:
        return sum(pool.map(claims, paths))


def oxedi_stream(paths: Sequence[Path]) -> int:
    """Transaction by transaction, files in two threads."""
    import oxedi
    import pyarrow as pa

    def claims(path: Path) -> int:
        batches = oxedi.stream(path.read_bytes())
        return sum(pa.table(batch.tables["claims"]).num_rows for batch in batches)

    with ThreadPoolExecutor(THREADS) as pool:
        return sum(pool.map(claims, paths))


def openx12(paths: Sequence[Path]) -> int:
    from openx12 import x835

    return sum(len(x835.parse(path.read_text()).claims) for path in paths)


def pyx12_context(paths: Sequence[Path]) -> int:
    import logging

    import pyx12.error_handler
    import pyx12.params
    import pyx12.x12context

    logging.disable(logging.CRITICAL)
    claims = 0
    for path in paths:
        with path.open(encoding="ascii") as stream:
            source = pyx12.x12context.X12ContextReader(pyx12.params.params(), pyx12.error_handler.errh_null(), stream)
            claims += sum(node.id == "CLP" for node in source.iter_segments())
    return claims


def edi_835_parser(paths: Sequence[Path]) -> int:
    sys.path.append(os.fspath(PEERS_FOLDER))
    from edi_835_parser import parse

    warnings.simplefilter("ignore")
    return sum(len(each.claims) for path in paths for each in parse(os.fspath(path), debug=True).transaction_sets)


READERS: dict[str, Callable[[Sequence[Path]], int]] = {
    one.__name__: one
    for one in (remit835, remit835_one_thread, oxedi_parse, oxedi_stream, openx12, pyx12_context, edi_835_parser)
}


@click.command(help=__doc__)
@click.argument("reader", type=click.Choice(list(READERS)))
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option("--warm", type=click.Path(exists=True, path_type=Path), help="A small file that is read before.")
def main(reader: str, paths: Sequence[Path], warm: Path | None) -> None:
    files = [file for path in paths for file in (sorted(path.iterdir()) if path.is_dir() else [path])]
    if warm:
        READERS[reader]([warm])
    began, used = time.perf_counter(), time.process_time()
    claims = READERS[reader](files)
    measured = {
        "seconds": time.perf_counter() - began,
        "processor_seconds": time.process_time() - used,
        "claims": claims,
        "megabytes": sum(file.stat().st_size for file in files) / 1e6,
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    click.echo(json.dumps(measured))


if __name__ == "__main__":
    main()
