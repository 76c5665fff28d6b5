"""Orders, checks, runs and transpiles the SQL models: one SELECT a file in sql/<n>_<stage>/, file name = table name.

The order follows from what each model reads (FROM and JOIN), not from file names. A model may read facts, mappings, and models
of its own or an earlier stage. `load` refuses constructs that DuckDB and Spark silently understand differently, `check`
compares every model's columns and types with tables.py without any data, `run` builds the tables and proves their keys.
"""

from __future__ import annotations

import graphlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
import sqlglot
from sqlglot import exp

from pipeline import tables
from pipeline.errors import ContractError, ModelError

DIALECT = "duckdb"
CHECKS_FOLDER = "checks"


@dataclass(frozen=True)
class Model:
    """One SELECT: the table it makes, the stage it belongs to, and the tables it reads."""

    name: str
    stage: str
    path: Path
    sql: str
    reads: frozenset[str]

    @property
    def stage_number(self) -> int:
        return int(self.stage.partition("_")[0])


# --------------------------------------------------------------------------------------------------------------------
# Load
# --------------------------------------------------------------------------------------------------------------------
def load(directory: Path) -> list[Model]:
    """All models below `directory`, each after those that it reads. Raises ModelError that names every fault with its file."""
    problems: list[str] = []
    models = {}
    for path in sorted(directory.glob("[0-9]*_*/*.sql")):
        model = _read(path, problems)
        if model.name in models:
            problems.append(f"{path}: {models[model.name].path} makes the table {model.name} already; rename one of them")
        models[model.name] = model
    problems += [problem for model in models.values() for problem in _reading_problems(model, models)]
    if problems:
        raise ModelError(_listed(problems))
    return _ordered(models)


def load_checks(directory: Path) -> list[Model]:
    """The checks of sql/checks/: each is a SELECT whose rows are what is wrong, so that no row is a pass."""
    problems: list[str] = []
    checks = [_read(path, problems) for path in sorted((directory / CHECKS_FOLDER).glob("*.sql"))]
    if problems:
        raise ModelError(_listed(problems))
    return checks


def _read(path: Path, problems: list[str]) -> Model:
    sql = path.read_text(encoding="utf-8").rstrip().removesuffix(";")
    try:
        trees = sqlglot.parse(sql, read=DIALECT)
    except sqlglot.errors.ParseError as error:
        problems.append(f"{path}: {error.errors[0]['description']} in line {error.errors[0]['line']}")
        trees = []
    if not sql.startswith("--"):
        problems.append(f"{path}: begin with a comment that says the grain, what it reads and why")
    if len(trees) != 1 or not isinstance(trees[0], exp.Query):
        problems.append(f"{path}: exactly one SELECT is expected")
        return Model(path.stem, path.parent.name, path, sql, frozenset())
    problems += [f"{path}: {fault}" for fault in lint(trees[0])]
    return Model(path.stem, path.parent.name, path, sql, references(trees[0]))


def references(tree: exp.Expr) -> frozenset[str]:
    """Tables that the query reads, without its own WITH parts."""
    own = {part.alias for part in tree.find_all(exp.CTE)}
    return frozenset(table.name for table in tree.find_all(exp.Table) if table.name and table.name not in own)


def _reading_problems(model: Model, models: dict[str, Model]) -> Iterator[str]:
    if model.name not in tables.TABLES:
        yield f"{model.path}: tables.py does not declare {model.name}; declare it there"
    for name in sorted(model.reads):
        if name in models:
            if models[name].stage_number > model.stage_number:
                yield f"{model.path}: {name} belongs to the later stage {models[name].stage}; move one of the two"
        elif name not in tables.TABLES:
            yield f"{model.path}: the table {name} is not known; correct the name or declare it in tables.py"
        elif tables.TABLES[name].kind not in ("facts", "mapping"):
            yield f"{model.path}: no model makes the table {name}; add sql/<stage>/{name}.sql"
    if model.name in tables.TABLES:
        yield from _following_problems(model)


def _following_problems(model: Model) -> Iterator[str]:
    """A model whose rows follow from their claim may read nothing of other claims; and what is made of touched claims alone, and
    not kept, is of no use to a model that needs all of them."""
    read = [tables.TABLES[name] for name in sorted(model.reads) if name in tables.TABLES]
    if tables.TABLES[model.name].follows == tables.CLAIM:
        for table in read:
            is_mapping = table.kind == "mapping" and table.name != "item_history_before"
            if table.follows != tables.CLAIM and not is_mapping and table.name not in tables.OF_REMITTANCES:
                yield f"{model.path}: {model.name} follows from claims and reads {table.name}, which does not"
        if "as_of_date" in model.sql:
            yield f"{model.path}: {model.name} follows from claims and may not read as_of_date, which changes every night"
    else:
        for table in read:
            if table.follows == tables.CLAIM and table.kind == "steps":
                yield (
                    f"{model.path}: {table.name} is made of touched claims alone and not kept; read a mart instead, "
                    f"or declare that {model.name} follows from claims"
                )


def _ordered(models: dict[str, Model]) -> list[Model]:
    graph = {name: sorted(model.reads & models.keys()) for name, model in sorted(models.items())}
    try:
        return [models[name] for name in graphlib.TopologicalSorter(graph).static_order()]
    except graphlib.CycleError as error:
        raise ModelError(f"models read each other in a circle: {' -> '.join(error.args[1])}; break it") from None


# --------------------------------------------------------------------------------------------------------------------
# Lint: what DuckDB and Spark understand differently, or what hides a code list
# --------------------------------------------------------------------------------------------------------------------
BANNED_FUNCTIONS = {
    "hash": "hash() differs between engines; use md5(concat_ws('|', coalesce(column, '')))",
    "format": "format() differs between engines; use concat",
    "dayofweek": "engines count weekdays from different days; use date_diff('day', DATE '2024-01-01', day) % 7: 0 is Monday",
    "list_aggregate": "list_aggregate is not known to Spark; aggregate before making the list",
    "current_date": "the day is a parameter: read run_parameter.as_of_date",
    "now": "the day is a parameter: read run_parameter.as_of_date",
}


def lint(tree: exp.Expr) -> Iterator[str]:
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


# --------------------------------------------------------------------------------------------------------------------
# Check and run
# --------------------------------------------------------------------------------------------------------------------
def check(models: Iterable[Model]) -> None:
    """Compares names, order and types of every model's columns with tables.py, with no data.

    Raises ContractError with all the differences.
    """
    problems: list[str] = []
    with duckdb.connect() as connection:
        for table in tables.TABLES.values():
            connection.execute(table.ddl())
        for model in models:
            problems += _schema_problems(connection, model)
    if problems:
        raise ContractError(_listed(problems))


def _schema_problems(connection: duckdb.DuckDBPyConnection, model: Model) -> Iterator[str]:
    declared = [(column.name, tables.TYPES[column.type][1]) for column in tables.TABLES[model.name].columns]
    with _explained(model):
        made = [(name, type_) for name, type_, *_ in connection.execute(f"DESCRIBE {model.sql}").fetchall()]
    if made == declared:
        return
    for name, type_ in declared:
        if name not in dict(made):
            yield f"{model.path}: the column {name} {type_} of tables.py is missing"
        elif dict(made)[name] != type_:
            yield f"{model.path}: {name} is {dict(made)[name]}, tables.py says {type_}"
    for name, type_ in made:
        if name not in dict(declared):
            yield f"{model.path}: the column {name} {type_} is not in tables.py"
    if sorted(made) == sorted(declared):
        order = ", ".join(name for name, _ in declared)
        yield f"{model.path}: the columns stand in another order than in tables.py: {order}"


def provide(connection: duckdb.DuckDBPyConnection, contents: dict[str, pa.Table]) -> None:
    """Makes Arrow tables known to SQL under their names: the mappings, and in tests the facts."""
    for name, content in contents.items():
        connection.register(name, content)


def run(
    connection: duckdb.DuckDBPyConnection,
    models: Iterable[Model],
    on_model: Callable[[Model], None] | None = None,
    make: Callable[[duckdb.DuckDBPyConnection, Model], None] | None = None,
) -> None:
    """Makes every model's table in order, with `make`, or else `build`. `on_model` is called after each.

    The connection must know the facts and mappings under their names. Raises ContractError where a key is empty or stands twice,
    ModelError where a model cannot be computed.
    """
    for model in models:
        (make or build)(connection, model)
        if on_model:
            on_model(model)


def build(connection: duckdb.DuckDBPyConnection, model: Model) -> None:
    """Makes the table of one model and proves its key."""
    _create(connection, model)
    prove_key(connection, model)


def run_checks(connection: duckdb.DuckDBPyConnection, checks: Iterable[Model]) -> dict[str, pa.Table]:
    """The checks that failed: name to the rows that are wrong."""
    results = ((one.name, connection.sql(one.sql).to_arrow_table()) for one in checks)
    return {name: rows for name, rows in results if rows.num_rows}


def transpile(model: Model, engine: str = "spark") -> str:
    """The model's SELECT for another engine."""
    return sqlglot.transpile(model.sql, read=DIALECT, write=engine, pretty=True)[0]


def _create(connection: duckdb.DuckDBPyConnection, model: Model) -> None:
    with _explained(model):
        connection.execute(f"CREATE TABLE {model.name} AS {model.sql}")


@contextmanager
def _explained(model: Model) -> Iterator[None]:
    """What DuckDB says against a model, as a ModelError that names its file."""
    try:
        yield
    except (duckdb.BinderException, duckdb.CatalogException, duckdb.ParserException) as error:
        raise ModelError(f"{model.path}: {error}") from error
    except duckdb.Error as error:  # its message may quote a value of the data
        raise ModelError(f"{model.path}: {type(error).__name__} while the model ran; run it on the warehouse by hand") from error


def prove_key(connection: duckdb.DuckDBPyConnection, model: Model) -> None:
    """Raises ContractError where the key of the model's table is empty or stands twice."""
    key = tables.TABLES[model.name].key
    names = ", ".join(key)
    empty = " OR ".join(f"{name} IS NULL" for name in key)
    if connection.execute(f"SELECT 1 FROM {model.name} WHERE {empty} LIMIT 1").fetchone():
        raise ContractError(f"{model.path}: the key of {model.name} ({names}) is empty in a row")
    if connection.execute(f"SELECT 1 FROM {model.name} GROUP BY {names} HAVING count(*) > 1 LIMIT 1").fetchone():
        raise ContractError(f"{model.path}: the key of {model.name} ({names}) stands in more than one row")


def _listed(problems: list[str]) -> str:
    return "\n".join(dict.fromkeys(problems))
