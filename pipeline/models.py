"""Orders, checks, runs and transpiles the SQL models: one SELECT a file in sql/<n>_<stage>/, file name = table name.

The order follows from what each model reads (FROM and JOIN), not from file names. A model may read facts, mappings, and models
of its own or an earlier stage. `load` refuses what lint.py refuses, `check` compares every model's columns and types with
tables.py without any data, `run` builds the tables and proves their keys. `proved` loads and checks, and remembers what it found
good, as Python remembers what it compiled: it takes half a second, and the files hardly ever change.
"""

from __future__ import annotations

import graphlib
import heapq
import importlib.metadata
import json
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

import duckdb
import pyarrow as pa

from pipeline import ahead, remembered, tables
from pipeline.errors import ContractError, ModelError, SettingsError

CHECKS_FOLDER = "checks"
MEMORY = "models.remembered"
# Group of tables to the groups whose marts, and to the other tables that its models may read beside mappings.
READS = {tables.FILE: (), tables.CLAIM: (), tables.PATIENT: (tables.CLAIM,)}
SHARED = {
    tables.FILE: (),
    tables.CLAIM: (*tables.OF_REMITTANCES, *tables.OF_NUMBER, *tables.OF_NIGHTS, *tables.OF_ITEMS),
    tables.PATIENT: (*tables.OF_PATIENTS, *tables.OF_NUMBER),
}


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
def proved(directory: Path, memory: Path | None = None) -> tuple[list[Model], list[Model]]:
    """Models in their order, and checks, of `directory`: loaded, and compared with tables.py. Texts that were good before, by the
    same code and the same engine, are not tried again: `memory` holds what each reads. Raises as load and check."""
    memory = memory or remembered.place_of(MEMORY)
    model_paths, check_paths = _model_paths(directory), _check_paths(directory)
    versions = f"{duckdb.__version__} {importlib.metadata.version('sqlglot')}"
    code = (Path(__file__), Path(__file__).with_name("lint.py"), Path(tables.__file__))
    digest = remembered.digest_of(versions, [*code, *model_paths, *check_paths])
    known = remembered.recall(memory, digest)
    if known is None:
        models, checks = load(directory), load_checks(directory)
        check(models)
        reads = {_place(one.path): sorted(one.reads) for one in [*models, *checks]}
        remembered.remember(memory, digest, json.dumps(reads).encode())
        return models, checks
    reads = json.loads(known)

    def good(path: Path) -> Model:
        return Model(path.stem, path.parent.name, path, _text(path), frozenset(reads[_place(path)]))

    return _ordered({path.stem: good(path) for path in model_paths}), [good(path) for path in check_paths]


def _place(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


def load(directory: Path) -> list[Model]:
    """All models below `directory`, each after those that it reads. Raises ModelError that names every fault with its file."""
    problems: list[str] = []
    models = {}
    for path in _model_paths(directory):
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
    checks = [_read(path, problems) for path in _check_paths(directory)]
    if problems:
        raise ModelError(_listed(problems))
    return checks


def _model_paths(directory: Path) -> list[Path]:
    return sorted(directory.glob("[0-9]*_*/*.sql"))


def _check_paths(directory: Path) -> list[Path]:
    return sorted((directory / CHECKS_FOLDER).glob("*.sql"))


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8").rstrip().removesuffix(";")


def _read(path: Path, problems: list[str]) -> Model:
    from pipeline import lint  # sqlglot is slow to import, and models that were good before do without

    sql = _text(path)
    faults, reads = lint.inspected(sql)
    if not sql.startswith("--"):
        problems.append(f"{path}: begin with a comment that says the grain, what it reads and why")
    problems += [f"{path}: {fault}" for fault in faults]
    return Model(path.stem, path.parent.name, path, sql, reads)


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
    """A model whose rows follow from their file, their claim or their patient may read nothing of others; and what is made of
    touched ones alone, and not kept, is of no use to a model that needs all of them."""
    read = [tables.TABLES[name] for name in sorted(model.reads) if name in tables.TABLES]
    group = tables.TABLES[model.name].follows
    is_part = group in READS  # what a night says may come from anything
    for table in read:
        if is_part:
            is_mapping = table.kind == "mapping" and table.name != "item_history_before"
            is_known = table.follows == group or (table.follows in READS[group] and table.kind == "marts")
            is_known |= group == tables.FILE and table.kind == "facts"
            if not is_known and not is_mapping and table.name not in SHARED[group]:
                yield f"{model.path}: {model.name} follows from {group}s and reads {table.name}, which does not"
        elif table.follows and table.kind == "steps":
            yield (
                f"{model.path}: {table.name} is made of touched {table.follows}s alone and not kept; read a mart instead, "
                f"or declare that {model.name} follows from {table.follows}s"
            )
    if is_part and "as_of_date" in model.sql:
        yield f"{model.path}: {model.name} follows from {group}s and may not read as_of_date, which changes every night"


def _ordered(models: dict[str, Model]) -> list[Model]:
    """Each model after those that it needs, and else by its stage: what a late stage alone reads is not made early and held."""
    needs = _needs(models)
    order = graphlib.TopologicalSorter({name: sorted(needs[name]) for name in needs})
    try:
        order.prepare()
    except graphlib.CycleError as error:
        raise ModelError(f"models read each other in a circle: {' -> '.join(error.args[1])}; break it") from None
    ready: list[tuple[int, str]] = []
    ordered = []
    while order.is_active():
        for name in order.get_ready():
            heapq.heappush(ready, (models[name].stage_number, name))
        _, name = heapq.heappop(ready)
        ordered.append(models[name])
        order.done(name)
    return ordered


def _needs(models: Mapping[str, Model]) -> dict[str, set[str]]:
    """Which others each model needs: those that it reads. What follows from files comes first; what follows from patients comes
    after all that any of it reads of others: which claims and patients a night touches is known when that is there."""
    graph = {name: {*model.reads} & models.keys() for name, model in sorted(models.items())}
    of_files, of_patients = (
        {name for name in graph if name in tables.TABLES and tables.TABLES[name].follows == group}
        for group in (tables.FILE, tables.PATIENT)
    )
    for name in graph.keys() - of_files:
        graph[name] |= of_files
    before = {read for name in of_patients for read in graph[name]} - of_patients
    for name in of_patients:
        graph[name] |= before
    return graph


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


def build(connection: duckdb.DuckDBPyConnection, model: Model) -> int:
    """Makes the table of one model and proves its key. Returns how many rows it has."""
    count = _create(connection, model)
    if count:
        prove_key(connection, model)
    return count


def run(
    connection: duckdb.DuckDBPyConnection,
    models: Iterable[Model],
    on_model: Callable[[Model, float], None] | None = None,
) -> None:
    """Makes every model's table in order. `on_model` is called after each, with its seconds.

    The connection must know the facts and mappings under their names. Raises ContractError where a key is empty or stands twice,
    ModelError where a model cannot be computed.
    """
    for model in models:
        _run_one(connection, model, on_model, build)


class Making(Protocol):
    """How tables are made, where something else than `build` is to be done with them."""

    def build(self, connection: duckdb.DuckDBPyConnection, model: Model) -> object:
        """Makes the table of one model."""

    def keep(self, connection: duckdb.DuckDBPyConnection, model: Model) -> None:
        """Does with a mart, when it is made, what can wait for a connection that has nothing else to do."""

    def is_in_turn(self, model: Model) -> bool:
        """Whether the model is made after those in turn that come before it, though it reads none of them."""

    def kept_before(self, model: Model) -> Collection[str]:
        """The marts that are kept before the model is made."""


def run_side_by_side(
    connections: Sequence[duckdb.DuckDBPyConnection],
    models: Sequence[Model],
    on_model: Callable[[Model, float], None],
    making: Making,
    is_one_at_a_time: bool = False,
) -> None:
    """The same on several connections to one database, each with one model, or one mart that is kept, at a time: while one
    statement is planned, or one file is written, others run. Where models are made one at a time, another connection still
    keeps marts meanwhile; where there is no other, a mart is kept when a model waits for it, or at last. Raises what `run`
    raises."""
    needs = _needs({model.name: model for model in models})
    numbers = {model.name: 2 * place for place, model in enumerate(models)}  # to make it; the next number is to keep it
    tasks, last_in_turn = [], set()
    for model in models:
        made = numbers[model.name]
        needed = {numbers[name] for name in needs[model.name]} | {numbers[name] + 1 for name in making.kept_before(model)}
        if is_one_at_a_time or making.is_in_turn(model):
            needed |= last_in_turn
            last_in_turn = {made}
        tasks.append((partial(_run_one, model=model, on_model=on_model, make=making.build), needed))
        tasks.append((partial(_keep_mart, model=model, keep=making.keep), {made}))
    ahead.side_by_side(tasks, connections, later=range(1, len(tasks), 2))


def _keep_mart(
    connection: duckdb.DuckDBPyConnection, model: Model, keep: Callable[[duckdb.DuckDBPyConnection, Model], None]
) -> None:
    if tables.TABLES[model.name].kind == "marts":
        keep(connection, model)


def _run_one(
    connection: duckdb.DuckDBPyConnection,
    model: Model,
    on_model: Callable[[Model, float], None] | None,
    make: Callable[[duckdb.DuckDBPyConnection, Model], object],
) -> None:
    began = time.monotonic()
    make(connection, model)
    if on_model:
        on_model(model, time.monotonic() - began)


def run_checks(connection: duckdb.DuckDBPyConnection, checks: Iterable[Model]) -> dict[str, pa.Table]:
    """The checks that failed: name to the rows that are wrong."""
    results = ((one.name, connection.sql(one.sql).to_arrow_table()) for one in checks)
    return {name: rows for name, rows in results if rows.num_rows}


def transpile(model: Model, engine: str = "spark") -> str:
    """The model's SELECT for another engine."""
    from pipeline import lint

    return lint.transpiled(model.sql, engine)


def _create(connection: duckdb.DuckDBPyConnection, model: Model) -> int:
    with _explained(model):
        ((count,),) = connection.execute(f"CREATE TABLE {model.name} AS {model.sql}").fetchall()
    return count


@contextmanager
def _explained(model: Model) -> Iterator[None]:
    """What DuckDB says against a model, as a ModelError that names its file; too little memory is a setting's fault, not its."""
    try:
        yield
    except duckdb.OutOfMemoryException as error:
        raise out_of_memory(model.name) from error
    except (duckdb.BinderException, duckdb.CatalogException, duckdb.ParserException) as error:
        raise ModelError(f"{model.path}: {error}") from error
    except duckdb.Error as error:  # its message may quote a value of the data
        raise ModelError(f"{model.path}: {type(error).__name__} while the model ran; run it on the warehouse by hand") from error


def out_of_memory(what: str) -> SettingsError:
    """What to do where the engine had too little memory for a model or a stage, or no room left to put aside what it holds."""
    return SettingsError(
        f"{what}: the SQL engine needs more than it may take; raise memory_limit in the settings, "
        "see that the warehouse's disk has room, and run again"
    )


def prove_key(connection: duckdb.DuckDBPyConnection, model: Model) -> None:
    """Raises ContractError where the key of the model's table is empty or stands twice."""
    key = tables.TABLES[model.name].key
    names = ", ".join(key)
    is_empty = " OR ".join(f"{name} IS NULL" for name in key)
    wrong = f"SELECT {is_empty} FROM {model.name} GROUP BY {names} HAVING count(*) > 1 OR {is_empty} LIMIT 1"
    with _explained(model):
        found = connection.execute(wrong).fetchone()
    if found:
        what = "is empty in a row" if found[0] else "stands in more than one row"
        raise ContractError(f"{model.path}: the key of {model.name} ({names}) {what}")


def _listed(problems: list[str]) -> str:
    return "\n".join(dict.fromkeys(problems))
