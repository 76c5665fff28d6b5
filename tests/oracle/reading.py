"""What the oracle and property tests have in common: the real reader's rows, and the comparison of two readings."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from pathlib import Path

import pyarrow as pa

from pipeline.parse import FileSummary, read_file
from pipeline.tables import TABLES
from tests.oracle.reference_reader import READ_TABLES, Row

FILE_ID = "0123456789abcdef"
SHOWN_DIFFERENCES = 20


def read_real(path: Path, **options: int) -> tuple[FileSummary, dict[str, list[Row]]]:
    """The real reader's rows of every fact table it emits, in its own order."""
    emitted: dict[str, list[pa.Table]] = defaultdict(list)
    summary = read_file(path, FILE_ID, lambda name, table: emitted[name].append(table), **options)
    return summary, {name: [row for table in tables for row in table.to_pylist()] for name, tables in emitted.items()}


def read_real_bytes(data: bytes, **options: int) -> tuple[FileSummary, dict[str, list[Row]]]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "file.x12")
        path.write_bytes(data)
        return read_real(path, **options)


def differences(real: dict[str, list[Row]], reference: dict[str, list[Row]]) -> list[str]:
    """Cells in which the two readings differ, and rows that only one has; at most SHOWN_DIFFERENCES. Order does not count."""
    found: list[str] = []
    for name in READ_TABLES:
        ours, theirs = by_key(name, real.get(name, [])), by_key(name, reference[name])
        found += [f"{name} {key}: only the reference reader has it" for key in theirs if key not in ours]
        found += [f"{name} {key}: only the real reader has it" for key in ours if key not in theirs]
        for key in theirs.keys() & ours.keys():
            found += [
                f"{name} {key} {column}: real {ours[key][column]!r}, reference {theirs[key][column]!r}"
                for column in TABLES[name].column_names
                if ours[key][column] != theirs[key][column]
            ]
    return sorted(found)[:SHOWN_DIFFERENCES]


def by_key(table_name: str, rows: list[Row]) -> dict[tuple, Row]:
    """Rows by the key of the contract; a key that stands twice is an error of the reader."""
    keyed = {tuple(row[column] for column in TABLES[table_name].key[1:]): row for row in rows}
    assert len(keyed) == len(rows), f"{table_name}: a key stands twice"
    return keyed
