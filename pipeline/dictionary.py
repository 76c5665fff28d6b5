"""The data dictionary, from tables.py: every table and column as Markdown for people and JSON for machines; and the findings."""

from __future__ import annotations

import json
from collections.abc import Iterable

from pipeline.findings import KINDS as FINDING_KINDS
from pipeline.findings import QUARANTINE
from pipeline.settings import data_folder
from pipeline.tables import TABLES, TYPES, Table, tables_of

KINDS = {
    "facts": ("Facts", "What the files say, immutable. `facts/<table>/batch_id=<id>/*.parquet`"),
    "marts": ("Marts", "The current picture, made anew by every run. `marts/<table>/*.parquet`"),
    "mapping": ("Mappings", "Codes, rules and labels as SQL sees them, from `mappings/`, and the parameters of the run."),
}
INTRODUCTION = """\
Made by `remit835 dictionary` from pipeline/tables.py (`make docs` writes it anew). The Parquet files carry the same text in
their field metadata, and [data_dictionary.json](data_dictionary.json) has it for machines.

A table's *grain* says what one row is; its *key* names a row. *Source* is the place in the X12 standard (`2100 CLP` is
segment CLP of loop 2100, `CLP04` its fourth element, `SVC01-2` a component, `REF*1L` the REF whose first element is 1L), or
the table, file or rule that a value comes from. Examples are of the synthetic sample night, or show the form. PHI marks
protected health information. A column has one type and one meaning wherever it stands.
"""
STEPS = "Tables that models make for each other within a run; they are not kept. `--json` has their columns too."
# The stages of sql/, in their order, in words.
STAGES = {
    "1_stage": "stage: what stands of each claim and payment",
    "2_classify": "classify: what each adjustment means, and which denials billers closed",
    "3_match": "match: submitted lines and earlier payments",
    "4_decide": "decide: limit and next step of each denied line",
    "5_prioritise": "prioritise: what it is worth, and the order",
    "6_export": "export: worklist, nights, and what analysts ask",
}
TYPE_WORDS = {
    "text": "words",
    "code": "a value of a code list, or an identifier",
    "money": "US dollars and cents, exact; the unit is USD",
    "number": "another decimal, four places",
    "date": "a calendar day",
    "timestamp": "an instant, UTC",
    "count": "a whole number",
    "index": "a whole number that names a place",
    "flag": "true or false",
}


def as_json() -> str:
    """One object a table, with one object a column; a column is a line, so that a change is one in a diff too."""
    tables = []
    for table in map(_described, TABLES.values()):
        columns = ",\n".join(f"  {json.dumps(column, ensure_ascii=False)}" for column in table.pop("columns"))
        tables.append(f'{json.dumps(table, ensure_ascii=False)[:-1]}, "columns": [\n{columns}\n]}}')
    return "[\n" + ",\n".join(tables) + "\n]"


def as_markdown() -> str:
    """A page with an index of tables on top, facts first, marts by stage, mappings; each table opens to its columns."""
    groups = _groups()
    lines = [
        "# Data dictionary",
        "",
        *INTRODUCTION.splitlines(),
        "",
        "| type | means | SQL |",
        "|---|---|---|",
        *(f"| {name} | {TYPE_WORDS[name]} | {TYPES[name][1]} |" for name in TYPES),
        "",
        "## Tables",
        "",
    ]
    for title, _, tables in groups:
        lines += [f"**{title}**", "", "| table | grain | key |", "|---|---|---|"]
        lines += [f"| [{table.name}](#{table.name}) | {_cell(table.grain)} | {', '.join(table.key)} |" for table in tables]
        lines.append("")
    for title, words, tables in groups:
        lines += [f"## {title}", "", words, ""] if words else [f"## {title}", ""]
        for table in tables:
            lines += _section(table)
    lines += ["## Steps", "", STEPS, "", "| table | grain |", "|---|---|"]
    lines += [f"| {table.name} | {_cell(table.grain)} |" for table in tables_of("steps")]
    return "\n".join(lines).rstrip()


def _groups() -> list[tuple[str, str, list[Table]]]:
    """Title, words and tables of each part of the page. A mart belongs to the stage in whose folder its model lies."""
    stage_of = {path.stem: path.parent.name for path in data_folder("sql").glob("[0-9]*_*/*.sql")}
    title, words = KINDS["facts"]
    groups = [(title, words, tables_of("facts"))]
    title, words = KINDS["marts"]
    for stage, meaning in STAGES.items():
        groups.append((f"{title} of {meaning}", words, [one for one in tables_of("marts") if stage_of[one.name] == stage]))
        words = ""
    title, words = KINDS["mapping"]
    return [*groups, (title, words, tables_of("mapping"))]


def _described(table: Table) -> dict:
    return {
        "table": table.name,
        "kind": table.kind,
        "grain": table.grain,
        "key": list(table.key),
        "columns": [
            {
                "name": column.name,
                "type": column.type,
                "sql_type": TYPES[column.type][1],
                "unit": column.unit,
                "meaning": column.meaning,
                "source": table.sources[column.name],
                "example": column.example,
                "is_protected_health_information": column.phi,
            }
            for column in table.columns
        ],
    }


def _section(table: Table) -> list[str]:
    columns = table.columns
    lines = [f"### {table.name}", "", f"Grain: {table.grain}. Key: {', '.join(f'`{name}`' for name in table.key)}.", ""]
    lines += [f"<details><summary>{len(columns)} columns</summary>", ""]
    lines += ["| column | type | meaning | source | example |", "|---|---|---|---|---|"]
    for column in columns:
        type_ = " ".join(part for part in (column.type, column.unit, "PHI" if column.phi else "") if part)
        lines.append(_row((f"`{column.name}`", type_, column.meaning, table.sources[column.name], column.example)))
    return [*lines, "", "</details>", ""]


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(_cell(cell) for cell in cells)} |"


def _cell(text: str) -> str:
    """Text that stays in its cell, and is not taken for marks of Markdown."""
    return text.replace("|", "\\|").replace("*", "\\*").replace("<", "&lt;")


def findings_as_markdown() -> str:
    """Every finding and every reason for quarantine: what it means, how bad it is, what to do."""
    lines = [
        "# What can be wrong with a file",
        "",
        "Made by `remit835 dictionary --findings` from pipeline/findings.py.",
        "",
        "A finding is a row of the table `finding`: a place in a file (segment, element), a code, a severity. `error`: money or",
        "meaning may be wrong. `warning`: read all the same, look at it. `information`: nothing to do at once. No finding stops",
        "a night, and none holds a value of the file. `remit835 check FILE` prints them.",
        "",
    ]
    for category in dict.fromkeys(kind.category for kind in FINDING_KINDS.values()):
        lines += [f"## {category}", "", "| code | severity | what it means | what to do |", "|---|---|---|---|"]
        kinds = [(code, kind) for code, kind in FINDING_KINDS.items() if kind.category == category]
        lines += [f"| {code} | {kind.severity} | {kind.what} | {kind.fix} |" for code, kind in kinds]
        lines.append("")
    lines += [
        "## Quarantine",
        "",
        "A file that cannot be read is kept in `warehouse/quarantine/<file>/` with `reason.json`: code, reason and how to retry.",
        "The others go on. A corrected file may have the same name: a file is known by its bytes, so the next run picks it up by",
        "itself, and the bad one stays on record.",
        "",
        "| code | what it means | what to do |",
        "|---|---|---|",
        *(f"| {code} | {what} | {fix} |" for code, (what, fix) in QUARANTINE.items()),
    ]
    return "\n".join(lines)
