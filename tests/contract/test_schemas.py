"""Warehouses of older versions are read by this one: every released version of the tables, and a warehouse that 0.1.0 made.

schemas/<version>.json: the columns and types of facts and marts of a release. schemas/warehouse_0.1.0.tar.xz: five sample files,
and what the code of 0.1.0 (commit 3d41c12) made of them as of 2026-11-20, without what people open.
"""

from __future__ import annotations

import json
import shutil
import tarfile
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline import schemas, settings
from pipeline.errors import UsageError
from pipeline.query import open_tables
from pipeline.run import purge_before, run
from pipeline.status import status_of
from pipeline.tables import COLUMNS, TABLES, TYPES, Table, tables_of
from pipeline.warehouse import Warehouse
from tests.conftest import AS_OF, INBOX

FOLDER = Path(__file__).parent / "schemas"
RELEASES = sorted(FOLDER.glob("*.json"))
DAY = date.fromisoformat(AS_OF)
SETTINGS = settings.Settings(threads=1)


def unpacked(folder: Path) -> tuple[Path, Path]:
    """The inbox of then, and the warehouse."""
    with tarfile.open(FOLDER / "warehouse_0.1.0.tar.xz") as archive:
        archive.extractall(folder, filter="data")
    return folder / "inbox_0.1.0", folder / "warehouse_0.1.0"


@pytest.fixture(scope="module")
def new(tmp_path_factory) -> Path:
    """A new warehouse of the inbox of then."""
    place = tmp_path_factory.mktemp("new")
    run([unpacked(place)[0]], place / "new", SETTINGS, DAY)
    return place / "new"


def worklist(warehouse: Path) -> bytes:
    return (warehouse / "worklist" / "worklist.csv").read_bytes()


@pytest.mark.parametrize("release", RELEASES, ids=lambda path: path.stem)
def test_every_column_of_a_release_is_there_or_declared(release):
    """What a release wrote must still be found: a fact column is there, renamed or declared as removed, and can be cast."""
    for name, columns in json.loads(release.read_text()).items():
        if name not in TABLES:
            assert name in schemas.REMOVED_TABLES, f"{name} is no more: declare it in schemas.py"
            continue
        if TABLES[name].kind != "facts":
            continue
        for column, type_ in columns.items():
            if column in schemas.REMOVED.get(name, ()):
                continue
            now = schemas.RENAMED.get(name, {}).get(column, column)
            assert now in TABLES[name].column_names, f"{name}.{column} is no more: declare it in schemas.py"
            before, after = TYPES[type_][1], TYPES[COLUMNS[now].type][1]
            assert before == after or duckdb.sql(f"SELECT CAST(CAST(NULL AS {before}) AS {after})").fetchone() == (None,)


def test_a_table_has_another_fingerprint_with_another_column():
    prints = [table.fingerprint for kind in ("facts", "marts") for table in tables_of(kind)]
    assert len(set(prints)) == len(prints)


def test_what_is_written_says_its_version(new):
    store = Warehouse(new)
    (record,) = store.records()
    assert {name: table["fingerprint"] for name, table in record["tables"].items()} == {
        name: TABLES[name].fingerprint for name in record["tables"]
    }
    for part in [*(store.path / "facts").rglob("*.parquet"), *store.marts.glob("*/*.parquet")]:
        name = part.relative_to(store.path).parts[1]
        assert schemas.is_ours(TABLES[name], part), part
    assert store.has_our_marts()


def test_a_warehouse_of_0_1_0_goes_on(tmp_path, new):
    """Its facts are read as they are, its marts are made anew, and the result is that of a new warehouse."""
    inbox, old = unpacked(tmp_path)
    assert status_of(old)["files"] == {"accepted": 4, "quarantined": 1}
    with pytest.raises(UsageError, match="run --rebuild"):
        open_tables(old)
    before = {part: part.read_bytes() for part in (old / "facts").rglob("*.parquet")}
    again = run([inbox], old, SETTINGS, DAY)
    assert again.batch_id is None, "the same files are known"
    assert worklist(old) == worklist(new)
    assert {part: part.read_bytes() for part in before} == before
    with open_tables(old) as connection:
        assert connection.sql("SELECT count(*) FROM worklist").fetchall() == [(len(worklist(new).splitlines()) - 1,)]


def test_batches_of_two_versions_are_one_table(tmp_path, new):
    (_, old), later = unpacked(tmp_path), tmp_path / "later"
    new = shutil.copytree(new, tmp_path / "new", symlinks=True)
    later.mkdir()
    shutil.copy(INBOX / "ngb02_20261118.835", later)
    for warehouse in (old, new):
        run([later], warehouse, SETTINGS, DAY)
    assert [len(Warehouse(one).records()) for one in (old, new)] == [2, 2]
    assert worklist(old) == worklist(new)
    gone = purge_before(date(2027, 1, 1), old, SETTINGS, DAY, is_forced=True)
    assert gone.file_count == 6


def as_before(warehouse: Path, table: str, change) -> None:
    """Writes the parts of a fact table as a version with other columns would have: `change` takes and gives an Arrow table."""
    for part in (warehouse / "facts" / table).rglob("*.parquet"):
        rows = change(pq.ParquetFile(part).read())
        pq.write_table(rows.replace_schema_metadata({}), part)


def test_other_columns_are_read_as_ours(tmp_path, monkeypatch, new):
    """A column that is new is empty, one that was renamed is found, one that is no more does no harm, another type is cast."""
    _, old = unpacked(tmp_path)
    monkeypatch.setitem(schemas.RENAMED, "claim_payment", {"patient_account": "patient_control_number"})

    def change(rows: pa.Table) -> pa.Table:
        names = ["patient_account" if name == "patient_control_number" else name for name in rows.column_names]
        rows = rows.rename_columns(names).drop_columns(["payment_typology_code"])
        paid = rows.column_names.index("paid_amount")
        rows = rows.set_column(paid, "paid_amount", rows.column("paid_amount").cast(pa.decimal128(12, 2)))
        return rows.append_column("no_more", pa.nulls(rows.num_rows, pa.string()))

    as_before(old, "claim_payment", change)
    run([], old, SETTINGS, DAY, entries=())
    assert worklist(old) == worklist(new)
    with Warehouse(old).connect() as one, Warehouse(new).connect() as other:
        query = "SELECT patient_control_number, paid_amount, payment_typology_code FROM claim_payment ORDER BY ALL"
        assert one.sql(query).fetchall() == other.sql(query).fetchall()


def test_a_selection_reads_each_file_by_its_own_columns(tmp_path):
    table = Table("claim_payment", "facts", "", ("file_id",), {"file_id": "", "paid_amount": "", "claim_count": ""})
    ours, older = tmp_path / "it's ours.parquet", tmp_path / "older.parquet"
    pq.write_table(pa.table({"file_id": ["a"], "paid_amount": [Decimal("1.00")], "claim_count": [1]}), ours)
    pq.write_table(pa.table({"paid_amount": ["2.50"], "file_id": ["b"], "other": [None]}), older)
    with duckdb.connect() as connection:
        rows = connection.sql(schemas.selection(table, [ours, older], [older])).fetchall()
    assert sorted(rows) == [("a", Decimal("1.00"), 1), ("b", Decimal("2.50"), None)]
