"""Writes what is generated in docs/ anew: python -m docs.make, or make docs.

  data_dictionary.md, data_dictionary.json   pipeline/tables.py
  findings.md, workflow.md                   pipeline/findings.py, mappings/
  run_summary.schema.json                    pipeline/summary.py: what `run --json` prints
  queries.md                                 the results below its questions, from the sample night
  pipeline/column_examples.csv               one value a column, from the sample night; what stands there stays

A test says when one of them is not what this would write.
"""

from __future__ import annotations

import csv
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import duckdb
from pydantic import TypeAdapter

from pipeline import dictionary, mappings, query, workflow
from pipeline.summary import Summary
from pipeline.tables import COLUMNS, TABLES, Column

DOCS = Path(__file__).parent
ROOT = DOCS.parent
INBOX = ROOT / "data_samples" / "inbox"
AS_OF = "2026-11-20"
EXAMPLES = ROOT / "pipeline" / "column_examples.csv"
EXAMPLE_LENGTH = 80


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        warehouse = sample_night(Path(folder))
        EXAMPLES.write_text(examples(warehouse), encoding="utf-8")
        # a process of its own: this one has read the examples already
        subprocess.run([sys.executable, "-m", "docs.make", "--pages", str(warehouse)], cwd=ROOT, check=True)


def sample_night(folder: Path) -> Path:
    """The warehouse of the sample night, in `folder`."""
    warehouse = folder / "warehouse"
    command = [sys.executable, "-m", "pipeline.cli", "run", str(INBOX), "--warehouse", str(warehouse), "--as-of", AS_OF]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 3:  # three samples belong into quarantine
        raise SystemExit(f"the sample night ended with {done.returncode}:\n{done.stderr}")
    return warehouse


def pages(warehouse: Path) -> Iterator[tuple[Path, str]]:
    """Every generated page, with what it should hold."""
    yield DOCS / "data_dictionary.md", dictionary.as_markdown() + "\n"
    yield DOCS / "data_dictionary.json", dictionary.as_json() + "\n"
    yield DOCS / "findings.md", dictionary.findings_as_markdown() + "\n"
    yield DOCS / "run_summary.schema.json", summary_schema()
    yield DOCS / "workflow.md", workflow.as_markdown(mappings.load(ROOT / "mappings"))


def summary_schema() -> str:
    """The JSON Schema of what a run says of itself."""
    schema = TypeAdapter(Summary).json_schema(mode="serialization")
    about = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    title = {"title": "What remit835 run --json prints, and last_run.json holds"}
    return json.dumps(about | schema | title, indent=1) + "\n"


# --------------------------------------------------------------------------------------------------------------------
# Examples of columns
# --------------------------------------------------------------------------------------------------------------------
def examples(warehouse: Path) -> str:
    """column_examples.csv: what stands there for columns that still are, and a value for those that have none yet."""
    with EXAMPLES.open(encoding="utf-8", newline="") as stream:
        known = {row["column"]: row["example"] for row in csv.DictReader(stream) if row["column"] in COLUMNS}
    with query.open_tables(warehouse) as connection:
        there = {name for (name,) in connection.execute("SELECT view_name FROM duckdb_views()").fetchall()}
        # the worklist first: what people see there is the best example
        for table in [TABLES["worklist"], *TABLES.values()]:
            for column in table.columns:
                if column.name not in known and table.name in there:
                    value = _common_value(connection, table.name, column)
                    if value is not None:
                        known[column.name] = value
    lines = ["column,example"]
    lines += [f'{name},"{known[name].replace(chr(34), chr(34) * 2)}"' for name in COLUMNS if name in known]
    return "\n".join(lines) + "\n"


def _common_value(connection: duckdb.DuckDBPyConnection, table: str, column: Column) -> str | None:
    """The value that stands most often in a column, long words cut; None where there is none, or it is an instant."""
    if column.type == "timestamp":
        return None
    found = connection.execute(
        f"SELECT shown FROM (SELECT CAST({column.name} AS VARCHAR) AS shown FROM {table}) "
        "WHERE shown <> '' GROUP BY shown "
        "ORDER BY shown SIMILAR TO '0(\\.0+)?', count(*) DESC, length(shown), shown LIMIT 1"
    ).fetchone()
    if found and column.type == "text" and len(found[0]) > EXAMPLE_LENGTH:
        return f"{found[0][:EXAMPLE_LENGTH].rstrip()} ..."
    return found[0] if found else None


if __name__ == "__main__":
    if sys.argv[1:2] == ["--pages"]:
        for path, text in pages(Path(sys.argv[2])):
            path.write_text(text, encoding="utf-8")
            print(f"{path.relative_to(ROOT)} written")
    else:
        main()
