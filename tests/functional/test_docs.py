"""What stands in docs/ is what the code says: dictionary, findings, workflow, and the questions with their results."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from docs import make
from pipeline.tables import COLUMNS, TABLES, TYPES

AGAIN = "is not what the code says: write it anew with `make docs`"


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory) -> Path:
    return make.sample_nights(tmp_path_factory.mktemp("docs"))


def test_generated_pages_are_up_to_date(warehouse):
    stale = [path.name for path, text in make.pages(warehouse) if path.read_text(encoding="utf-8") != text]
    assert stale == [], f"{', '.join(stale)} {AGAIN}"


def test_every_example_is_of_a_column_and_of_its_type():
    with make.EXAMPLES.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert {row["column"] for row in rows} <= set(COLUMNS), f"{make.EXAMPLES.name} {AGAIN}"
    assert len({row["column"] for row in rows}) == len(rows) > 400
    for column in COLUMNS.values():
        pc.cast(pa.scalar(column.example), column.arrow_type)


def test_parquet_files_carry_the_text_of_the_dictionary(warehouse):
    described = {table["table"]: table for table in json.loads((make.DOCS / "data_dictionary.json").read_text(encoding="utf-8"))}
    assert set(described) == set(TABLES)
    seen = set()
    for path in [*warehouse.glob("facts/*/*/*.parquet"), *(warehouse / "marts").resolve().glob("*/*.parquet")]:
        schema = pq.read_schema(path)
        table = described[schema.metadata[b"table"].decode()]
        assert schema.metadata[b"grain"].decode() == table["grain"]
        assert schema.metadata[b"key"].decode().split() == table["key"]
        columns = {column["name"]: column for column in table["columns"]}
        assert list(columns) == schema.names
        for field in schema:
            held = {name.decode(): text.decode() for name, text in field.metadata.items() if not name.startswith(b"PARQUET:")}
            assert held == {name: columns[field.name][name] for name in ("meaning", "source", "unit", "example")}
            money_type, _, _ = TYPES["money"]
            assert (field.type == money_type) == (columns[field.name]["type"] == "money")
        seen.add(table["table"])
    assert {"adjustment", "claim_payment", "worklist", "denied_line", "underpayment"} <= seen


def test_the_dictionary_has_every_table_once_and_links_to_it():
    page = (make.DOCS / "data_dictionary.md").read_text(encoding="utf-8")
    shown = [name for name, table in TABLES.items() if table.kind != "steps"]
    assert sorted(line.removeprefix("### ") for line in page.splitlines() if line.startswith("### ")) == sorted(shown)
    assert all(page.count(f"](#{name})") == 1 for name in shown)
    assert page.count("<details>") == page.count("</details>") == len(shown)


def test_there_are_twenty_questions_and_each_has_an_answer():
    page = make.QUERIES.read_text(encoding="utf-8")
    questions = [line for line in page.splitlines() if line.startswith("## ") and line[3].isdigit()]
    assert [line.split(".")[0] for line in questions] == [f"## {number}" for number in range(1, 21)]
    blocks = list(make.BLOCK.finditer(page))
    assert [block["language"] for block in blocks] == [*["sql"] * 20, "python", "python", "python spark"]
    assert [block["code"] for block in blocks if block["result"].strip() in ("", "no rows")] == []
    snippets = [block["code"] for block in blocks if block["language"] != "sql"]
    assert [code for code in snippets if not code.startswith('WAREHOUSE = "warehouse"\n')] == []
    assert all(len(line) <= 200 for block in blocks for line in block["result"].splitlines())


@pytest.mark.spark
def test_the_spark_snippet_prints_what_stands_below_it(warehouse, spark):
    """In the Spark that the tests of this process share."""
    page = make.QUERIES.read_text(encoding="utf-8")
    assert make.with_results(page, warehouse, ("python spark",)) == page
