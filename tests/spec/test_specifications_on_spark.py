"""Each case of each specification in this folder holds on Spark too. They run all at once; see stacked.py."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from tests.spec.harness import Case, assert_rows, cases_of, shipped_models
from tests.spec.stacked import CASE, stacked_sql, stacked_tables

pytestmark = pytest.mark.spark

CASES = [case for path in sorted(Path(__file__).parent.glob("*.md")) for case in cases_of(path)]


@pytest.fixture(scope="module")
def made(spark, tmp_path_factory: pytest.TempPathFactory) -> dict[str, pa.Table]:
    """The tables that specifications expect, for all cases, by the models on Spark."""
    folder = tmp_path_factory.mktemp("stacked")

    def provide(name: str, rows: pa.Table) -> None:
        pq.write_table(rows, folder / f"{name}.parquet")
        spark.read.parquet(str(folder / f"{name}.parquet")).createOrReplaceTempView(name)

    given, stated = stacked_tables(CASES)
    for name, rows in given.items():
        provide(name, rows)
    expected = {name for case in CASES for name in case.expect}
    results = {}
    for model in shipped_models():
        rows = spark.sql(stacked_sql(model, "spark"))
        if model.name in stated:
            provide(f"stated_{model.name}", stated[model.name])
            own = pc.unique(stated[model.name].column(CASE)).to_pylist()
            rows = rows.where(~rows[CASE].isin(own)).unionByName(spark.table(f"stated_{model.name}"))
        rows.write.parquet(str(folder / model.name))
        rows = spark.read.schema(rows.schema).parquet(str(folder / model.name))
        rows.createOrReplaceTempView(model.name)
        if model.name in expected:
            results[model.name] = pq.read_table(folder / model.name)
    return results


@pytest.mark.parametrize("number", range(len(CASES)), ids=[f"{case.place} {case.title}" for case in CASES])
def test_specification_on_spark(number: int, made: dict[str, pa.Table]) -> None:
    case: Case = CASES[number]
    rows: dict[str, list[dict[str, Any]]] = {}
    for name in case.expect:
        rows[name] = made[name].filter(pc.equal(made[name].column(CASE), number)).to_pylist()
    assert_rows(case, rows)
