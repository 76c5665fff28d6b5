"""One SELECT of sql/ as a syntax tree: what it reads, what it may not say, and how it is said to another engine.

Refused is what DuckDB and Spark silently understand differently, and what hides a code list. sqlglot is used here and nowhere
else: models.py comes here only where it does not know the answer from before.
"""

from __future__ import annotations

from collections.abc import Iterator

import sqlglot
from sqlglot import exp

from pipeline import tables

DIALECT = "duckdb"


def inspected(sql: str) -> tuple[list[str], frozenset[str]]:
    """The faults of a text that has to be one SELECT, each with its cure, and the tables that it reads."""
    try:
        trees = sqlglot.parse(sql, read=DIALECT)
    except sqlglot.errors.ParseError as error:
        return [f"{error.errors[0]['description']} in line {error.errors[0]['line']}"], frozenset()
    if len(trees) != 1 or not isinstance(trees[0], exp.Query):
        return ["exactly one SELECT is expected"], frozenset()
    return list(faults_of(trees[0])), references(trees[0])


def references(tree: exp.Expr) -> frozenset[str]:
    """Tables that the query reads, without its own WITH parts."""
    own = {part.alias for part in tree.find_all(exp.CTE)}
    return frozenset(table.name for table in tree.find_all(exp.Table) if table.name and table.name not in own)


def transpiled(sql: str, engine: str) -> str:
    """The SELECT for another engine."""
    return sqlglot.transpile(sql, read=DIALECT, write=engine, pretty=True)[0]


BANNED_FUNCTIONS = {
    "hash": "hash() differs between engines; use md5(concat_ws('|', coalesce(column, '')))",
    "format": "format() differs between engines; use concat",
    "dayofweek": "engines count weekdays from different days; use date_diff('day', DATE '2024-01-01', day) % 7: 0 is Monday",
    "list_aggregate": "list_aggregate is not known to Spark; aggregate before making the list",
    "current_date": "the day is a parameter: read run_parameter.as_of_date",
    "now": "the day is a parameter: read run_parameter.as_of_date",
}


def faults_of(tree: exp.Expr) -> Iterator[str]:
    """Faults of one query, each with its cure."""
    for node in tree.walk():
        yield from _function_faults(node)
        yield from _order_faults(node)
        yield from _shape_faults(node)


def _function_faults(node: exp.Expr) -> Iterator[str]:
    name = node.name.lower() if isinstance(node, exp.Anonymous) else node.sql_name().lower() if isinstance(node, exp.Func) else ""
    if name in BANNED_FUNCTIONS:
        yield BANNED_FUNCTIONS[name]
    if isinstance(node, exp.DayOfWeek | exp.DayOfWeekIso):
        yield BANNED_FUNCTIONS["dayofweek"]
    if isinstance(node, exp.CurrentDate | exp.CurrentTimestamp):
        yield BANNED_FUNCTIONS["current_date"]
    if isinstance(node, exp.DateDiff) and node.text("unit").upper() not in ("DAY", ""):
        yield "date_diff counts boundaries in one engine and whole units in the other; use days only"
    if isinstance(node, exp.PercentileCont):
        yield "percentile_cont needs another form in Spark; rank the rows instead"
    if isinstance(node, exp.Extract) and node.name.upper() in ("DOW", "ISODOW", "DAYOFWEEK"):
        yield BANNED_FUNCTIONS["dayofweek"]


def _order_faults(node: exp.Expr) -> Iterator[str]:
    if isinstance(node, exp.GroupConcat) and not node.find(exp.Order):
        yield "string_agg without ORDER BY has no fixed order; add ORDER BY inside"
    if isinstance(node, exp.ArrayAgg) and not isinstance(node.parent, exp.ArraySort):
        yield "array_agg loses its order in Spark; wrap it in list_sort"


def _shape_faults(node: exp.Expr) -> Iterator[str]:
    if isinstance(node, exp.Star) and not isinstance(node.parent, exp.Count):
        yield "SELECT * hides the columns; name them"
    if isinstance(node, exp.Div):
        yield "division of decimals differs between engines; count in whole cents and use //"
    if isinstance(node, exp.Join):
        if (node.side or "").upper() in ("LEFT", "FULL") and isinstance(node.this, exp.Unnest):
            yield "LEFT JOIN unnest() drops rows in one engine; unnest apart and join"
        if (node.method or "").upper() == "ASOF":
            yield "ASOF JOIN is not known to Spark; use a window"
        # run_parameter has one row
        joined = isinstance(node.this, exp.Table) and node.this.name != "run_parameter"
        if joined and not (node.args.get("on") or node.args.get("using")):
            yield "a join without ON costs the product of both tables; join on a key"
    if isinstance(node, exp.Pivot):
        yield "PIVOT is not known to both engines; use FILTER"
    if isinstance(node, exp.SetOperation) and node.args.get("by_name"):
        yield "UNION BY NAME is not known to Spark; name the columns in order"
    if _moves_a_date(node) and not isinstance(node.parent, exp.Cast):
        yield "a date and an interval make a timestamp in one engine; cast the result to DATE"
    if isinstance(node, exp.Sub) and all(_is_date(side) for side in (node.left, node.right)):
        yield "date minus date differs between engines; use date_diff('day', earlier, later)"
    if isinstance(node, exp.In) and any(isinstance(value, exp.Literal) for value in node.expressions):
        yield "a list of codes in SQL hides a rule; put the codes into mappings/ and join"


def _moves_a_date(node: exp.Expr) -> bool:
    return isinstance(node, exp.Sub | exp.Add) and any(isinstance(side, exp.Interval) for side in (node.left, node.right))


def _is_date(node: exp.Expr) -> bool:
    if isinstance(node, exp.Column):
        column = tables.COLUMNS.get(node.name)
        return column is not None and column.type == "date"
    return isinstance(node, exp.Cast) and node.to.is_type("date")
