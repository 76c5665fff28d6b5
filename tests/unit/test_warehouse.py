from __future__ import annotations

import json
import os
import stat
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline import warehouse
from pipeline.errors import ContractError, DollarsError, WarehouseBusyError, WarehouseError
from pipeline.land import LandedFile, Refusal
from pipeline.tables import TABLES, schema_of, tables_of
from pipeline.warehouse import Warehouse

AS_OF = date(2026, 11, 20)
HASHES = ["a" * 64, "b" * 64]
REFUSAL = Refusal("empty", "the file has no bytes", "send it again", is_lasting=True)


def adjustments(*amounts: str, file_id: str = "f1") -> pa.Table:
    rows = [
        {
            "file_id": file_id,
            "segment_index": index,
            "triplet_number": 1,
            "adjustment_amount": Decimal(amount),
            "reason_code": "50",
        }
        for index, amount in enumerate(amounts)
    ]
    return pa.Table.from_pylist(rows, schema_of("adjustment"))


def commit(store: Warehouse, *tables: pa.Table, hashes: list[str] = HASHES) -> dict:
    with store.held():
        batch = store.begin()
        for table in tables:
            batch.append("adjustment", table)
        return batch.commit(AS_OF, hashes, [{"sha256": value} for value in hashes], {"reader_version": "0"})


@pytest.fixture
def store(tmp_path: Path) -> Warehouse:
    return Warehouse(tmp_path / "warehouse")


def test_an_empty_warehouse_has_every_fact_with_its_columns_and_types(store):
    with store.connect() as connection:
        for table in tables_of("facts"):
            rows = connection.sql(f"SELECT * FROM {table.name}").to_arrow_table()
            assert (rows.num_rows, rows.schema.names, rows.schema.types) == (0, table.schema.names, table.schema.types)


def test_a_committed_batch_is_read_back_as_it_was_given(store):
    record = commit(store, adjustments("1.10", "-2.20"), adjustments("3.30", file_id="f2"))
    assert record["batch_id"].startswith("2026-11-20-")
    written = {"rows": 3, "dollars": {"adjustment_amount": "2.20"}, "fingerprint": TABLES["adjustment"].fingerprint}
    assert record["tables"] == {"adjustment": written}
    with store.connect() as connection:
        found = connection.sql("SELECT file_id, adjustment_amount FROM adjustment ORDER BY ALL").fetchall()
    assert found == [("f1", Decimal("-2.20")), ("f1", Decimal("1.10")), ("f2", Decimal("3.30"))]
    assert store.known_hashes() == set(HASHES)


def test_the_batch_id_is_that_of_the_files_whatever_their_order():
    assert warehouse.batch_id_of(AS_OF, HASHES) == warehouse.batch_id_of(AS_OF, reversed(HASHES))
    assert warehouse.batch_id_of(AS_OF, HASHES) != warehouse.batch_id_of(AS_OF, HASHES[:1])


def test_parquet_explains_itself_and_dictionaries_are_for_codes(store):
    record = commit(store, adjustments("1.00"))
    part = store.path / "facts" / "adjustment" / f"batch_id={record['batch_id']}" / "part-0.parquet"
    stored = pq.ParquetFile(part)
    assert stored.schema_arrow.field("adjustment_amount").metadata[b"unit"] == b"USD"
    assert stored.schema_arrow.metadata[b"grain"]
    encodings = {
        stored.schema.column(i).name: stored.metadata.row_group(0).column(i).encodings for i in range(len(stored.schema.names))
    }
    assert "RLE_DICTIONARY" in encodings["reason_code"]
    assert "RLE_DICTIONARY" not in encodings["adjustment_amount"]


def test_many_rows_are_written_in_groups(store, monkeypatch):
    monkeypatch.setattr(warehouse, "ROW_GROUP_ROWS", 2)
    record = commit(store, *(adjustments("1.00", "2.00", file_id=f"f{number}") for number in range(3)))
    part = store.path / "facts" / "adjustment" / f"batch_id={record['batch_id']}" / "part-0.parquet"
    assert (pq.ParquetFile(part).num_row_groups, record["tables"]["adjustment"]["rows"]) == (3, 6)


def test_folders_are_0700_and_files_0600(store):
    commit(store, adjustments("1.00"))
    modes = {path: stat.S_IMODE(path.lstat().st_mode) for path in [store.path, *store.path.rglob("*")] if not path.is_symlink()}
    assert {mode for path, mode in modes.items() if path.is_dir()} == {0o700}
    assert {mode for path, mode in modes.items() if path.is_file()} == {0o600}


def test_the_mask_of_the_process_is_given_back(store):
    before = os.umask(0o022)
    try:
        commit(store, adjustments("1.00"))
        assert os.umask(0o022) == 0o022
    finally:
        os.umask(before)


@pytest.mark.parametrize("kind", ["wrong type", "missing column", "other order", "empty key"])
def test_rows_that_are_not_what_the_contract_says_are_refused(store, kind):
    rows = adjustments("1.00")
    wrong = {
        "wrong type": lambda: rows.set_column(1, "segment_index", pa.array([1], pa.int32())),
        "missing column": lambda: rows.drop_columns(["reason_code"]),
        "other order": lambda: rows.select(rows.column_names[::-1]),
        "empty key": lambda: rows.set_column(1, "segment_index", pa.array([None], pa.int64())),
    }[kind]()
    with store.held(), pytest.raises(ContractError, match="adjustment"):
        store.begin().append("adjustment", wrong)


def test_what_is_not_committed_is_not_seen_and_goes_with_the_next_run(store):
    commit(store, adjustments("1.00"))
    with store.held():
        store.begin().append("adjustment", adjustments("9.00"))
    half_done = store.path / "facts" / "adjustment" / "batch_id=2026-11-21-killed"
    half_done.mkdir()
    (half_done / "part-0.parquet").write_bytes(b"half")
    (store.path / ".marts" / "000007").mkdir(parents=True)
    (store.path / ".staging" / "facts").mkdir(parents=True)
    with store.connect() as connection:
        assert connection.sql("SELECT sum(adjustment_amount) FROM adjustment").fetchall() == [(Decimal("1.00"),)]
    with store.held():
        assert not half_done.exists()
        assert not (store.path / ".marts" / "000007").exists()
        assert not (store.path / ".staging" / "facts").exists()


def test_dollars_that_are_not_in_the_parquet_stop_the_commit(store):
    with store.held():
        batch = store.begin()
        batch.append("adjustment", adjustments("1.00"))
        batch.dollars["adjustment"]["adjustment_amount"] += Decimal("0.01")
        with pytest.raises(DollarsError, match="adjustment_amount"):
            batch.commit(AS_OF, HASHES, [], {})
    assert store.records() == []


def test_a_warehouse_is_held_by_one_run(store):
    with store.held(), pytest.raises(WarehouseBusyError), Warehouse(store.path).held():
        pass
    with store.held():
        pass


def test_a_damaged_commit_record_is_an_error(store):
    commit(store, adjustments("1.00"))
    next((store.path / "batches").glob("*.json")).write_text("{")
    with pytest.raises(WarehouseError, match="restore it"):
        store.records()


def test_a_place_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(WarehouseError, match="cannot be written"), Warehouse(tmp_path / "file" / "warehouse").held():
        pass


def test_a_full_disk_is_said(store, monkeypatch):
    def no_room(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(warehouse.pq.ParquetWriter, "write_table", no_room)
    with pytest.raises(WarehouseError, match="No space left on device"):
        commit(store, adjustments("1.00"))
    assert store.records() == []


def denied_lines(connection, *amounts: str) -> None:
    rows = [{"item_id": f"i{n}", "denied_amount": Decimal(amount)} for n, amount in enumerate(amounts)]
    connection.register("rows", pa.Table.from_pylist(rows, schema_of("denied_line")))
    connection.execute("CREATE OR REPLACE TABLE denied_line AS FROM rows")


def test_marts_are_switched_as_a_whole_and_the_generation_before_stays(store):
    with store.held(), store.connect() as connection:
        for night in (["1.00"], ["2.00"], ["3.00", "4.00"]):
            denied_lines(connection, *night)
            store.write_marts(connection, ["denied_line"])
            assert pq.read_table(store.marts / "denied_line").num_rows == len(night)
    assert sorted(path.name for path in (store.path / ".marts").iterdir()) == ["000002", "000003"]
    assert pq.read_table(store.marts / "denied_line").column("denied_amount").to_pylist() == [Decimal("3.00"), Decimal("4.00")]


def test_a_reader_keeps_the_generation_it_opened(store):
    with store.held(), store.connect() as connection, store.connect() as reader:
        denied_lines(connection, "1.00")
        store.write_marts(connection, ["denied_line"])
        store.connect_marts(reader)
        denied_lines(connection, "2.00")
        store.write_marts(connection, ["denied_line"])
        assert reader.sql("SELECT denied_amount FROM denied_line").fetchall() == [(Decimal("1.00"),)]


def parts_of(batch_ids: list[str], rows: int) -> list[str]:
    """The part of each batch, where every batch has as many rows."""
    parts = warehouse.parts_of_batches({"batch_id": one, "tables": {"service_line": {"rows": rows}}} for one in batch_ids)
    return [parts[one] for one in batch_ids]


def test_older_batches_of_a_week_share_a_part():
    batches = ["2026-11-01-a", "2026-11-02-b", "2026-11-08-c", "2026-11-09-d", "2026-11-18-e", "2026-11-18-f"]
    assert parts_of(batches, warehouse.PART_ROWS) == [
        "2026-10-26-week.parquet",
        *("2026-11-02-b.parquet", "2026-11-08-c.parquet", "2026-11-09-d.parquet"),
        *("2026-11-18-e.parquet", "2026-11-18-f.parquet"),
    ]
    assert parts_of([*batches, "2026-11-23-g"], warehouse.PART_ROWS)[:4] == [
        *("2026-10-26-week.parquet", "2026-11-02-week.parquet", "2026-11-02-week.parquet"),
        "2026-11-09-d.parquet",
    ]
    assert parts_of([], 1) == []


def test_older_weeks_share_a_part_while_they_are_small():
    batches = ["2026-10-05-a", "2026-10-12-b", "2026-10-19-c", "2026-10-26-d", "2026-11-20-e"]
    assert parts_of(batches, warehouse.PART_ROWS // 3)[:4] == [*["2026-10-05-week.parquet"] * 3, "2026-10-26-week.parquet"]
    assert parts_of(batches, 1)[:4] == ["2026-10-05-week.parquet"] * 4
    later = parts_of([*batches, "2026-12-07-f", "2026-12-08-g"], warehouse.PART_ROWS // 3)
    assert later[:5] == [*["2026-10-05-week.parquet"] * 3, *["2026-10-26-week.parquet"] * 2], "what is full stays as it is"


def test_a_file_in_quarantine_is_kept_with_its_reason(store, tmp_path):
    path = tmp_path / "night.835"
    path.write_bytes(b"bytes")
    landed = LandedFile(path, "c" * 64, 5, datetime(2026, 1, 1, tzinfo=UTC))
    with store.held():
        folder = store.keep_quarantined(landed, REFUSAL)
        gone = store.keep_quarantined(tmp_path / "gone.835", REFUSAL)
    assert folder.name == "cccccccccccccccc_night.835"
    assert (folder / "night.835").read_bytes() == b"bytes"
    reason = json.loads((folder / "reason.json").read_text())
    assert (reason["code"], reason["how_to_retry"], reason["byte_count"]) == ("empty", "send it again", 5)
    assert [path.name for path in gone.iterdir()] == ["reason.json"]
    assert len(store.quarantined()) == 2


def test_names_that_are_no_text_or_too_long_can_be_kept(store, tmp_path):
    with store.held():
        folder = store.keep_quarantined(Path(os.fsdecode(b"/inbox/" + b"\xff" * 250)), REFUSAL)
    assert (folder / "reason.json").exists()


def test_a_file_is_replaced_as_a_whole(tmp_path):
    target = tmp_path / "list.csv"
    target.write_bytes(b"old")

    def fails(path: Path) -> None:
        path.write_bytes(b"half")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        warehouse.write_atomically(target, fails)
    assert target.read_bytes() == b"old"
    warehouse.write_atomically(target, b"new")
    assert target.read_bytes() == b"new"
