"""The data dictionary, from tables.py: every table and column as Markdown for people and JSON for machines."""

from __future__ import annotations

import json

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
