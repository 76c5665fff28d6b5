"""What the oracle and property tests have in common: the real reader's rows, and the comparison of two readings."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from pathlib import Path

import pyarrow as pa

from pipeline.errors import Quarantine
from pipeline.parse import FileSummary, read_file
from pipeline.tables import TABLES
from tests.oracle import reference_reader
from tests.oracle.reference_reader import READ_TABLES, Row

FILE_ID = "0123456789abcdef"
SHOWN_DIFFERENCES = 20

# A row that is made of one segment names it by its identifier.
SEGMENT_OF = {
    "transaction_set": {"ST"},
    "remittance": {"ST"},
    "claim_payment": {"CLP"},
    "service_line": {"SVC"},
    "adjustment": {"CAS"},
    "remark_code": {"LQ", "MIA", "MOA"},
    "provider_adjustment": {"PLB"},
    "provider_summary": {"TS3"},
    "inpatient_adjudication": {"MIA"},
    "outpatient_adjudication": {"MOA"},
    "qualified_value": {"REF", "DTM", "DTP", "AMT", "QTY"},
    "submitted_claim": {"CLM"},
    "submitted_diagnosis": {"HI"},
    "submitted_line": {"SV1", "SV2", "SV3"},
    "submitted_other_payer": {"SBR"},
    "submitted_adjustment": {"CAS"},
}
OWNERS = {
    "remittance_segment_index": {"ST"},
    "transaction_segment_index": {"ST"},
    "claim_segment_index": {"CLP", "CLM"},
    "line_segment_index": {"SVC", "SV1", "SV2", "SV3"},
}


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


def read_or_refused(data: bytes, **options: int) -> tuple[FileSummary | Quarantine, dict[str, list[Row]]]:
    """As read_real_bytes; where the file goes to quarantine, why, and no rows."""
    try:
        return read_real_bytes(data, **options)
    except Quarantine as quarantine:
        return quarantine, {}


def assert_reading_is_right(data: bytes, outcome: FileSummary | Quarantine, tables: dict[str, list[Row]]) -> None:
    """Quarantine where there is no interchange; else every segment accounted for, every row with its segment, and each cell as
    the reference reader has it."""
    if isinstance(outcome, Quarantine):
        assert outcome.code and outcome.reason
        assert reference_reader.headers(data) == [], "refused, and there is an interchange"
        return
    assert reference_reader.headers(data), "read, and there is no interchange"
    segments = reference_reader.segments(data)
    assert outcome.segment_count == outcome.typed_segment_count + outcome.kept_segment_count, "segments are lost"
    assert outcome.segment_count == len(segments), "another number of segments"
    for table, identifiers in SEGMENT_OF.items():
        for row in tables.get(table, []):
            assert segments[row["segment_index"]].id in identifiers, f"{table}: a row without its segment"
            for owner, owner_identifiers in OWNERS.items():
                if row.get(owner) is not None:
                    is_owner = segments[row[owner]].id in owner_identifiers and row[owner] < row["segment_index"]
                    assert is_owner, f"{table}: {owner} names another segment"
    for row in (row for table in tables if TABLES[table].kind == "facts" for row in tables[table]):
        assert row["segment_index"] is None or 0 <= row["segment_index"] < len(segments)
    different = differences(tables, reference_reader.read(data, FILE_ID))
    assert not different, "\n".join(different)
