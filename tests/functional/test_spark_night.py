"""Both engines make the same warehouse: every table row for row, the worklist byte for byte, and one continues the other.

The night on a cluster starts three Java processes and takes minutes: `make test-spark` runs it, with 50 MB. BULK_MEGABYTES says
how much is generated, and that it is to run.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data_samples.make_bulk import write_bulk
from pipeline import engine_spark, run, settings
from pipeline.errors import ModelError
from pipeline.summary import Summary
from pipeline.tables import Table, tables_of
from pipeline.warehouse import Warehouse
from tests.conftest import INBOX, LEAN_SPARK

pytestmark = pytest.mark.spark

Call = Callable[..., subprocess.CompletedProcess[str]]
BULK_MEGABYTES = float(os.environ.get("BULK_MEGABYTES", "0"))
FIRST_NIGHT, SECOND_NIGHT, THIRD_NIGHT = date(2026, 11, 18), date(2026, 11, 20), date(2026, 11, 21)
EXPORTS = ("worklist.csv", "worklist_delta.csv", "small_balances.csv")


def night(inbox: Path, warehouse: Path, as_of: date, engine: str = "duckdb") -> Summary:
    return run.run([inbox], warehouse, settings.load(), as_of, engine=engine)


def rows_of(warehouse: Warehouse, table: Table) -> pa.Table:
    """All rows of a table, in the order of its key. Those of a mart stand in the order of its sort already."""
    is_fact = table.kind == "facts"
    parts = warehouse.parts_of(table, warehouse.records()) if is_fact else warehouse.parts_of_marts(table.name)
    rows = pa.concat_tables([table.schema.empty_table(), *(pq.read_table(part) for part in parts)])
    return rows.sort_by([(name, "ascending") for name in table.key]) if is_fact else rows


def assert_same(one: Path, other: Path) -> None:
    """Every fact table and every mart of two warehouses has the same rows, and what people open the same bytes."""
    differing = []
    for table in (*tables_of("facts"), *tables_of("marts")):
        ours, theirs = (rows_of(Warehouse(path), table) for path in (one, other))
        if not ours.equals(theirs):
            differing.append(f"{table.name}: {ours.num_rows} and {theirs.num_rows} rows")
    assert differing == []
    for name in EXPORTS:
        assert (one / "worklist" / name).read_bytes() == (other / "worklist" / name).read_bytes(), name


@pytest.fixture(scope="module")
def sample_nights(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The sample inbox as two nights: the history and half of the rest, and the whole."""
    folder = tmp_path_factory.mktemp("nights")
    (folder / "first").mkdir()
    for number, path in enumerate(sorted(INBOX.iterdir())):
        if number % 2 or "history" in path.name:
            shutil.copy(path, folder / "first")
    return folder / "first", INBOX


def test_spark_continues_what_duckdb_began_and_the_other_way_round(
    spark, sample_nights: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Local threads. The keys of tables of more than 100 rows are proved by Spark, as those of large ones are."""
    monkeypatch.setattr(engine_spark, "DRIVER_ROWS", 100)
    duckdb_only, both = tmp_path / "duckdb_only", tmp_path / "both"
    first, second = sample_nights
    night(first, duckdb_only, FIRST_NIGHT)
    shutil.copytree(duckdb_only, both, symlinks=True)
    said = [night(second, duckdb_only, SECOND_NIGHT), night(second, both, SECOND_NIGHT, "spark")]
    assert_same(duckdb_only, both)
    assert said[0].files == said[1].files and said[0].quarantine and said[0].dollars == said[1].dollars
    assert oct((both / "marts" / "worklist").stat().st_mode)[-2:] == "00"
    assert {oct(path.stat().st_mode)[-3:] for path in both.rglob("*.parquet")} == {"600"}
    for warehouse in (duckdb_only, both):
        night(second, warehouse, THIRD_NIGHT)
    assert_same(duckdb_only, both)


@pytest.mark.skipif(not BULK_MEGABYTES, reason="A CLUSTER OF SPARK IS NOT TESTED HERE: run `make test-spark`")
def test_a_generated_night_on_a_cluster_is_that_of_duckdb(java: None, remit835: Call, tmp_path: Path):
    """Two executors of one core each in processes of their own, through the command line, with names that Spark would take for
    patterns and files that belong into quarantine."""
    inbox = tmp_path / "in box"
    inbox.mkdir()
    write_bulk(inbox, BULK_MEGABYTES, files=3)
    for path in sorted(inbox.glob("*.835"))[:1]:
        path.rename(path.with_name("a {night} [1]*.835"))
    (inbox / "empty.835").touch()
    (inbox / "zipped.835").write_bytes(b"PK\x03\x04 and what follows")
    both_read = {"spark.default.parallelism": "2"}
    conf = " ".join(f"--conf {name}={value}" for name, value in (LEAN_SPARK | both_read).items())
    master = "--master local-cluster[2,1,1024] --conf spark.executor.memory=1g"
    done = remit835(
        "run", inbox, "--warehouse", tmp_path / "spark", "--as-of", SECOND_NIGHT, "--engine", "spark",
        environment={"PYSPARK_SUBMIT_ARGS": f"{master} {conf} pyspark-shell", "PYTHONPATH": os.environ.get("PYTHONPATH", "")},
        timeout=3600,
    )  # fmt: skip
    assert done.returncode == 3, done.stderr
    night(inbox, tmp_path / "duckdb", SECOND_NIGHT)
    assert_same(tmp_path / "duckdb", tmp_path / "spark")
    written = {part.name for part in (tmp_path / "spark" / "facts").glob("*/*/*.parquet")}
    assert len({name for name in written if name.count("-") == 2}) > 1, "one executor read everything"


def test_an_error_on_spark_tells_no_value_of_the_data(spark, capfd: pytest.CaptureFixture[str]):
    with pytest.raises(ModelError) as raised, engine_spark._explained("a model"):
        spark.sql("SELECT CAST(name AS INT) FROM VALUES ('DOE-SECRET') AS people(name)").collect()
    assert "DOE" not in str(raised.value) and "CAST_INVALID_INPUT" in str(raised.value)
    said = capfd.readouterr()
    assert "DOE" not in said.out + said.err


def test_without_java_the_fix_is_said(remit835: Call, tmp_path: Path):
    pytest.importorskip("pyspark", reason="PySpark is not installed")
    nothing = {"PATH": str(tmp_path), "JAVA_HOME": str(tmp_path)}
    done = remit835("run", INBOX, "--warehouse", tmp_path / "warehouse", "--engine", "spark", environment=nothing)
    assert done.returncode == 2, done.stderr
    assert "Java 17" in done.stderr
