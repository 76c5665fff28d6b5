"""The data dictionary, from tables.py: every table and column as Markdown for people and JSON for machines; and the findings."""

from __future__ import annotations

import json

from pipeline.findings import KINDS as FINDING_KINDS
from pipeline.findings import QUARANTINE
from pipeline.tables import TABLES, TYPES, Table, tables_of

KINDS = {
    "facts": "Facts: immutable, as read. `facts/<table>/batch_id=<id>/*.parquet`",
    "marts": "Marts: the current picture. `marts/<table>/*.parquet`",
    "steps": "Steps: what models make for each other within a run; not kept",
    "mapping": "Mappings: codes, rules and parameters as the models see them",
}


def as_json() -> str:
    """One object a table, with one object a column."""
    return json.dumps([_described(table) for table in TABLES.values()], indent=1)


def as_markdown() -> str:
    """One section a table."""
    origin = "Made by `remit835 dictionary` from pipeline/tables.py; the Parquet files carry the same text."
    lines = ["# Data dictionary", "", origin, ""]
    for kind, title in KINDS.items():
        lines += [f"## {title}", ""]
        for table in tables_of(kind):
            lines += _section(_described(table))
    return "\n".join(lines).rstrip()


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
                "is_protected_health_information": column.phi,
            }
            for column in table.columns
        ],
    }


def _section(table: dict) -> list[str]:
    lines = [f"### {table['table']}", "", f"Grain: {table['grain']}. Key: {', '.join(table['key'])}.", ""]
    lines += ["| column | type | unit | meaning | source | PHI |", "|---|---|---|---|---|---|"]
    for column in table["columns"]:
        cells = (column["name"], column["type"], column["unit"], column["meaning"], column["source"])
        phi = "yes" if column["is_protected_health_information"] else ""
        lines.append(f"| {' | '.join(cell.replace('|', '/') for cell in cells)} | {phi} |")
    return [*lines, ""]


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
