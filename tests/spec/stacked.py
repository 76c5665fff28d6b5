"""All cases of the specifications at once: one more key, the case, in every table and every model.

A query on Spark costs a second before it has read a row, and the cases need well over a thousand. So the tables of all cases are
laid on top of each other, and each model is rewritten so that no row of a case meets one of another: every join is on the case
too, every group and window is within one. What the models say stays as it is.
"""

from __future__ import annotations

import pyarrow as pa
import sqlglot
from sqlglot import exp

from pipeline import lint, models, tables
from tests.spec.harness import RUN_PARAMETER, Case, arrow_table, fact_rows, shipped_mappings

CASE = "specification_case"


def stacked_sql(model: models.Model, engine: str) -> str:
    """The model for all cases at once, in the SQL of an engine. AssertionError: it has a shape that this does not know."""
    tree = sqlglot.parse_one(model.sql, read=lint.DIALECT)
    for select in list(tree.find_all(exp.Select)):
        _stack(select)
    return tree.sql(dialect=engine)


def _stack(select: exp.Select) -> None:
    source = select.args["from_"].this
    assert isinstance(source, exp.Table | exp.Subquery), f"what is {source.sql()}?"
    case = exp.column(CASE, table=source.alias_or_name)
    for join in select.args.get("joins") or []:
        if isinstance(join.this, exp.Unnest):  # the elements of a row belong to its case
            continue
        assert join.side != "FULL" and not join.args.get("using"), f"what is {join.sql()}?"
        join.on(case.copy().eq(exp.column(CASE, table=join.this.alias_or_name)), copy=False)
        if join.kind == "CROSS" or not join.side:
            join.set("kind", "INNER")
    for window in select.find_all(exp.Window):
        if window.find_ancestor(exp.Select) is select and not window.args.get("alias"):  # with one it only names a window
            window.set("partition_by", [case.copy(), *(window.args.get("partition_by") or [])])
    # An aggregate of everything becomes one of each case. A case without rows has then no row, where it would have one of nulls.
    if select.args.get("group") or _aggregates(select):
        select.group_by(case.copy(), copy=False)
    select.select(exp.alias_(case.copy(), CASE), copy=False)


def _aggregates(select: exp.Select) -> bool:
    own = (function for function in select.find_all(exp.AggFunc) if function.find_ancestor(exp.Select) is select)
    return any(function.find_ancestor(exp.Window) is None for function in own)


def stacked_tables(cases: list[Case]) -> tuple[dict[str, pa.Table], dict[str, pa.Table]]:
    """What all cases give, with the number of the case as last column: facts and mappings, whole; and models, for the cases that
    state them."""
    shipped = dict(shipped_mappings().tables)
    schema = tables.schema_of("run_parameter")
    shipped["run_parameter"] = pa.Table.from_pylist([{name: RUN_PARAMETER.get(name) for name in schema.names}], schema=schema)
    stacks: dict[str, list[pa.Table]] = {table.name: [] for kind in ("facts", "mapping") for table in tables.tables_of(kind)}
    for number, case in enumerate(cases):
        given = case.given | case.replacing
        contents = shipped | {name: arrow_table(name, fact_rows(name, rows)) for name, rows in given.items()}
        for name, content in contents.items():
            numbers = pa.repeat(pa.scalar(number, pa.int64()), len(content))
            stacks.setdefault(name, []).append(content.append_column(CASE, numbers))
    base = {name: pa.concat_tables(parts or [_empty(name)], promote_options="permissive") for name, parts in stacks.items()}
    stated = {name: base.pop(name) for name in list(base) if tables.TABLES[name].kind not in ("facts", "mapping")}
    return base, stated


def _empty(name: str) -> pa.Table:
    return arrow_table(name, []).append_column(CASE, pa.array([], pa.int64()))
