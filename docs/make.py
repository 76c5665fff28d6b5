"""Writes what is generated in docs/ anew: python -m docs.make, or make docs.

  data_dictionary.md, data_dictionary.json   pipeline/tables.py
  findings.md, workflow.md                   pipeline/findings.py, mappings/
  measures.md                                mappings/claim_integrity_measure.csv
  queries.md                                 the results below its questions, from the sample nights
  analyst.ipynb                              its outputs, from the sample nights
  pipeline/column_examples.csv               one value a column, from the sample nights; what stands there stays
  run_summary.schema.json                    pipeline/summary.py: what `run --json` prints

A test says when one of them is not what this would write.
"""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import duckdb
import nbclient
import nbformat
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import TypeAdapter

from pipeline import dictionary, mappings, query, workflow
from pipeline.summary import Summary
from pipeline.tables import COLUMNS, TABLES, Column

DOCS = Path(__file__).parent
ROOT = DOCS.parent
INBOX = ROOT / "data_samples" / "inbox"
WORK_LOG = ROOT / "data_samples" / "work_log.csv"
EARLIER, WORKED, AS_OF = "2026-10-31", "2026-11-05", "2026-11-20"
QUERIES, NOTEBOOK = DOCS / "queries.md", DOCS / "analyst.ipynb"
# A question's statement, words between, and its result.
BLOCK = re.compile(
    r"```(?P<language>sql|python|python spark)\n(?P<code>.*?)```(?P<words>(?:(?!```).)*)```text\n(?P<result>.*?)```", re.DOTALL
)
RESULT_ROWS = 20
EXAMPLES = ROOT / "pipeline" / "column_examples.csv"
EXAMPLE_LENGTH = 80


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        warehouse = sample_nights(Path(folder))
        EXAMPLES.write_text(examples(warehouse), encoding="utf-8")
        # a process of its own: this one has read the examples already
        subprocess.run([sys.executable, "-m", "docs.make", "--pages", str(warehouse)], cwd=ROOT, check=True)


def sample_nights(folder: Path) -> Path:
    """The warehouse of two nights, in `folder`: the files of earlier months, what billers did then, the sample night."""
    warehouse = folder / "warehouse"
    earlier = [*sorted(INBOX.glob("history_*")), *sorted(INBOX.glob("claims_*"))]
    _remit835("run", *earlier, "--warehouse", warehouse, "--as-of", EARLIER)
    _remit835("log", WORK_LOG, "--warehouse", warehouse, "--as-of", WORKED)
    _remit835("run", INBOX, "--warehouse", warehouse, "--as-of", AS_OF)
    return warehouse


def _remit835(*arguments: object) -> None:
    command = [sys.executable, "-m", "pipeline.cli", *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 3):  # 3: samples that belong into quarantine
        raise SystemExit(f"{' '.join(command[2:])} ended with {done.returncode}:\n{done.stderr}")


def pages(warehouse: Path) -> Iterator[tuple[Path, str]]:
    """Every generated page, with what it should hold."""
    yield DOCS / "data_dictionary.md", dictionary.as_markdown() + "\n"
    yield DOCS / "data_dictionary.json", dictionary.as_json() + "\n"
    yield DOCS / "findings.md", dictionary.findings_as_markdown() + "\n"
    shipped = mappings.load(ROOT / "mappings")
    yield DOCS / "workflow.md", workflow.as_markdown(shipped)
    yield DOCS / "measures.md", measures(shipped)
    yield DOCS / "run_summary.schema.json", summary_schema()
    yield QUERIES, with_results(QUERIES.read_text(encoding="utf-8"), warehouse)
    yield NOTEBOOK, with_outputs(NOTEBOOK.read_text(encoding="utf-8"), warehouse)


# --------------------------------------------------------------------------------------------------------------------
# Questions and their results
# --------------------------------------------------------------------------------------------------------------------
def with_results(page: str, warehouse: Path, languages: tuple[str, ...] = ("sql", "python")) -> str:
    """The page with the result of every block of some languages below it; those of others stay."""

    def again(block: re.Match[str]) -> str:
        if block["language"] not in languages:
            return block[0]
        result = result_of(block["language"], block["code"], warehouse)
        return f"```{block['language']}\n{block['code']}```{block['words']}```text\n{result}\n```"

    return BLOCK.sub(again, page)


def result_of(language: str, code: str, warehouse: Path) -> str:
    """What `remit835 query` prints for a statement, or what a snippet prints."""
    if language == "sql":
        return query.as_text(warehouse, code, RESULT_ROWS)
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.chdir(warehouse.parent):  # a reader's snippet says "warehouse"
        exec(compile(code, QUERIES.name, "exec"), {})
    return "\n".join(line.rstrip() for line in said.getvalue().rstrip().splitlines())


def with_outputs(notebook: str, warehouse: Path) -> str:
    """The notebook as JSON, run from the top. Of its outputs the text is kept: it is the same on every machine."""
    book = nbformat.reads(notebook, as_version=4)
    environment = os.environ | {"REMIT835_WAREHOUSE": str(warehouse), "PYTHONPATH": str(ROOT)}
    nbclient.NotebookClient(book, timeout=120, record_timing=False, resources={"metadata": {"path": str(ROOT)}}).execute(
        env=environment
    )
    book.metadata.pop("language_info", None)
    for cell in book.cells:
        for output in cell.get("outputs", []):
            output.get("data", {}).pop("text/html", None)
    return nbformat.writes(book) + "\n"


# --------------------------------------------------------------------------------------------------------------------
# Measures
# --------------------------------------------------------------------------------------------------------------------
MEASURES = """\
# HFMA's claim integrity measures

Made from mappings/claim_integrity_measure.csv by `make docs`. The table `claim_integrity` has a row for each measure and month.

In 2021 HFMA's Claim Integrity Task Force named six measures so that providers count denials alike. Measures 1 and 2 and the names
of all six were read in the sources that stand below. For 4, 5 and 6 the sources that we could read give the name and not the
formula: there it is our reading, and the row says so. What an 835, an 837 and the work log do not hold is left empty: nothing
stands in for it.

`measure_value` is `upper_count` over `lower_count`, cut off: parts of ten thousand, or days. Both counts can be added up over
months before they are divided; not those of measure 2, whose four weeks are no month.
"""
BASIS = {"source": "the formula stands in the source", "ours": "the source has the name, the formula is our reading"}
NEEDS = {
    "yes": "from 835 alone", "with_837": "with 837 files or extracts of claims", "with_work_log": "with the work log only",
    "partly": "in part", "no": "not computable from 835 and 837",
}  # fmt: skip


def measures(shipped: mappings.Mappings) -> str:
    """measures.md: what each measure counts, from what, and what it cannot say."""
    lines = [MEASURES]
    for row in shipped.rows["claim_integrity_measure"]:
        lines += [
            f"## {row.measure_number}. {row.wording}",
            "",
            f"`{row.measure}`, computable: **{NEEDS[row.computable]}**",
            "",
            f"- above the line: {row.numerator}",
            f"- below the line: {row.denominator}",
            f"- unit: {row.measure_unit.replace('_', ' ')}",
            f"- definition: {BASIS[row.definition_basis]} ({row.rule_source})",
            "",
            row.limits,
            "",
        ]
    return "\n".join(lines)


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
        rows = [row for row in csv.DictReader(stream) if row["column"] in COLUMNS]
    known = {row["column"]: row["example"] for row in rows if _fits(COLUMNS[row["column"]], row["example"])}
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


def _fits(column: Column, example: str) -> bool:
    """Whether an example is still of its column's type."""
    try:
        pc.cast(pa.scalar(example), column.arrow_type)
    except pa.ArrowInvalid:
        return False
    return True


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
