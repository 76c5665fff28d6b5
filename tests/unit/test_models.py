"""Ordering, lint, contract and running of SQL models, on small models written for the test."""

from __future__ import annotations

import threading
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from pipeline import models, tables
from pipeline.errors import ContractError, ModelError, SettingsError

SQL = Path(__file__).parents[2] / "sql"


def write(folder: Path, name: str, sql: str, stage: str = "1_stage") -> Path:
    path = folder / stage / f"{name}.sql"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(sql if sql.startswith("--") else f"-- Grain: a test.\n{sql}")
    return path


def test_shipped_models_keep_the_contract():
    loaded = models.load(SQL)
    assert models.load_checks(SQL)
    models.check(loaded)


def test_every_model_comes_after_those_it_reads():
    made: set[str] = set()
    loaded = models.load(SQL)
    names = {model.name for model in loaded}
    for model in loaded:
        assert model.reads & names <= made
        made.add(model.name)


def test_shipped_models_transpile_for_spark():
    for model in models.load(SQL):
        assert models.transpile(model, "spark")


def test_with_parts_are_no_references(tmp_path: Path):
    write(tmp_path, "claim_repeat", "WITH mine AS (SELECT file_id FROM claim_payment) SELECT file_id FROM mine")
    (model,) = models.load(tmp_path)
    assert model.reads == {"claim_payment"}


@pytest.mark.parametrize(
    ("sql", "says"),
    [
        ("SELECT * FROM claim_payment", "SELECT \\* hides the columns"),
        ("SELECT charge_amount / 2 AS charge_amount FROM claim_payment", "division of decimals"),
        ("SELECT date_diff('month', payment_date, production_date) FROM remittance", "use days only"),
        ("SELECT production_date - payment_date FROM remittance", "date minus date"),
        ("SELECT payment_date - INTERVAL 3 DAY FROM remittance", "cast the result to DATE"),
        ("SELECT dayofweek(payment_date) FROM remittance", "weekdays"),
        ("SELECT string_agg(file_id, ' ') FROM remittance", "string_agg without ORDER BY"),
        ("SELECT array_agg(file_id) FROM remittance", "wrap it in list_sort"),
        ("SELECT hash(file_id) FROM remittance", "use md5"),
        ("SELECT current_date AS payment_date FROM remittance", "run_parameter.as_of_date"),
        ("SELECT file_id FROM adjustment WHERE group_code IN ('CO', 'PR')", "put the codes into mappings/"),
        ("SELECT a.file_id FROM adjustment AS a CROSS JOIN remittance AS b", "costs the product"),
        ("SELECT a.file_id FROM adjustment AS a LEFT JOIN unnest([1]) AS b(c) ON TRUE", "LEFT JOIN unnest"),
        ("SELECT file_id FROM nowhere", "the table nowhere is not known"),
        ("SELECT file_id FROM worklist", "no model makes the table worklist"),
        ("SELECT file_id FROM paid_history", "follows from claims and reads paid_history, which does not"),
        ("SELECT item_id FROM item_history_before", "follows from claims and reads item_history_before"),
        ("SELECT as_of_date FROM run_parameter", "may not read as_of_date"),
        ("SELECT file_id FROM", "Expected table name|exactly one SELECT"),
        ("DROP TABLE claim_payment", "exactly one SELECT"),
    ],
)
def test_lint_names_the_fault(tmp_path: Path, sql: str, says: str):
    write(tmp_path, "claim_repeat", sql)
    with pytest.raises(ModelError, match=says):
        models.load(tmp_path)


def test_what_is_made_of_touched_claims_alone_is_of_no_use_to_all(tmp_path: Path):
    write(tmp_path, "claim_repeat", "SELECT file_id FROM claim_payment")
    write(tmp_path, "claim_takeback", "SELECT file_id FROM claim_repeat")
    with pytest.raises(ModelError, match="claim_repeat is made of touched claims alone and not kept"):
        models.load(tmp_path)


@pytest.mark.parametrize(
    ("name", "sql", "says"),
    [
        ("claim_member", "SELECT as_of_date FROM run_parameter", "follows from patients and may not read as_of_date"),
        ("claim_member", "SELECT file_id FROM paid_history", "follows from patients and reads paid_history, which does not"),
        ("claim_member", "SELECT file_id FROM claim_repeat", "follows from patients and reads claim_repeat, which does not"),
        ("denied_patient", "SELECT file_id FROM paid_line", "follows from claims and reads paid_line, which does not"),
        ("wanted_patient", "SELECT file_id FROM paid_service", "paid_service is made of touched patients alone and not kept"),
    ],
)
def test_what_follows_from_patients_reads_kept_tables_of_claims(tmp_path: Path, name: str, sql: str, says: str):
    write(tmp_path, name, sql, "3_match")
    write(tmp_path, "claim_repeat", "SELECT file_id FROM claim_payment")
    for other in ("paid_line", "paid_service"):
        write(tmp_path, other, "SELECT file_id FROM submitted_claim", "3_match")
    with pytest.raises(ModelError, match=says):
        models.load(tmp_path)


def test_what_follows_from_files_reads_facts_alone(tmp_path: Path):
    write(tmp_path, "claim_repeat", "SELECT file_id FROM claim_payment")
    write(tmp_path, "remittance_head", "SELECT file_id FROM claim_repeat")
    with pytest.raises(ModelError, match="remittance_head follows from files and reads claim_repeat, which does not"):
        models.load(tmp_path)


def test_what_follows_from_files_comes_first():
    follows = [tables.TABLES[model.name].follows for model in models.load(SQL)]
    assert set(follows[: follows.count(tables.FILE)]) == {tables.FILE}


def test_what_follows_from_patients_comes_after_all_that_any_of_it_reads():
    names = [model.name for model in models.load(SQL)]
    first = min(place for place, name in enumerate(names) if tables.TABLES[name].follows == tables.PATIENT)
    assert {*tables.OF_PATIENTS, "claim_name", "denied_line", "denied_patient"} <= set(names[:first])


def test_a_model_without_its_comment_is_refused(tmp_path: Path):
    path = write(tmp_path, "claim_repeat", "SELECT 1")
    path.write_text("SELECT file_id FROM remittance")
    with pytest.raises(ModelError, match="begin with a comment"):
        models.load(tmp_path)


def test_a_later_stage_may_not_be_read(tmp_path: Path):
    write(tmp_path, "claim_repeat", "SELECT item_id FROM denied_line")
    write(tmp_path, "denied_line", "SELECT file_id AS item_id FROM remittance", "2_classify")
    with pytest.raises(ModelError, match="denied_line belongs to the later stage 2_classify"):
        models.load(tmp_path)


def test_a_circle_is_named(tmp_path: Path):
    write(tmp_path, "claim_repeat", "SELECT file_id FROM claim_reversal")
    write(tmp_path, "claim_reversal", "SELECT file_id FROM claim_repeat")
    with pytest.raises(ModelError, match="in a circle"):
        models.load(tmp_path)


def test_an_undeclared_table_is_refused(tmp_path: Path):
    write(tmp_path, "nobody", "SELECT file_id FROM remittance")
    with pytest.raises(ModelError, match=r"tables.py does not declare nobody"):
        models.load(tmp_path)


def test_the_contract_shows_what_differs(tmp_path: Path):
    sql = "SELECT file_id, CAST(segment_index AS INTEGER) AS segment_index, 1 AS more FROM claim_payment"
    write(tmp_path, "claim_repeat", sql)
    with pytest.raises(ContractError) as error:
        models.check(models.load(tmp_path))
    said = str(error.value)
    assert "segment_index is INTEGER, tables.py says BIGINT" in said
    assert "the column more INTEGER is not in tables.py" in said
    assert "the column restates_file_id VARCHAR of tables.py is missing" in said


REPEATS = "SELECT file_id, segment_index, file_id AS restates_file_id, segment_index AS restates_segment_index FROM claim_payment"


def run_repeats(folder: Path, rows: list[dict]) -> None:
    write(folder, "claim_repeat", REPEATS)
    facts = pa.Table.from_pylist(rows, pa.schema([field.with_nullable(True) for field in tables.schema_of("claim_payment")]))
    with duckdb.connect() as connection:
        models.provide(connection, {"claim_payment": facts})
        seen: list[str] = []
        models.run(connection, models.load(folder), lambda model, seconds: seen.append(model.name))
        assert seen == ["claim_repeat"]


def test_run_calls_back_after_each_model(tmp_path: Path):
    run_repeats(tmp_path, [{"file_id": "A", "segment_index": 1}, {"file_id": "A", "segment_index": 2}])


def test_too_little_memory_is_a_setting_to_raise_and_names_the_model(tmp_path: Path):
    path = write(tmp_path, "claim_repeat", "SELECT range AS file_id, random() AS segment_index FROM range(3000000)")
    model = models.Model("claim_repeat", "1_stage", path, path.read_text(), frozenset())
    with duckdb.connect() as connection:
        connection.execute("SET memory_limit = '1MB'")
        with pytest.raises(SettingsError, match=r"claim_repeat: .*raise memory_limit"):
            models.run(connection, [model])


def test_too_little_memory_for_the_proof_of_a_key_is_a_setting_to_raise(tmp_path: Path):
    class Full:
        def execute(self, statement: str) -> None:
            raise duckdb.OutOfMemoryException(statement)

    model = models.Model("claim_repeat", "1_stage", tmp_path / "claim_repeat.sql", "", frozenset())
    with pytest.raises(SettingsError, match=r"claim_repeat: .*raise memory_limit"):
        models.prove_key(Full(), model)


def test_a_key_that_stands_twice_is_an_error(tmp_path: Path):
    with pytest.raises(ContractError, match="stands in more than one row"):
        run_repeats(tmp_path, [{"file_id": "A", "segment_index": 1}, {"file_id": "A", "segment_index": 1}])


def test_an_empty_key_is_an_error(tmp_path: Path):
    with pytest.raises(ContractError, match="is empty in a row"):
        run_repeats(tmp_path, [{"file_id": None, "segment_index": 1}])


class Made:
    """Tables as `models.run` makes them; nothing is kept, and nothing waits for it."""

    build = staticmethod(models.build)

    def keep(self, connection: duckdb.DuckDBPyConnection, model: models.Model) -> None:
        pass

    def is_in_turn(self, model: models.Model) -> bool:
        return False

    def kept_before(self, model: models.Model) -> tuple[str, ...]:
        return ()


def test_side_by_side_a_mart_is_kept_when_it_is_made(tmp_path: Path):
    write(tmp_path, "claim_repeat", REPEATS)
    write(tmp_path, "claim_payment_current", "SELECT file_id, segment_index FROM claim_repeat")
    done: list[str] = []

    class Kept(Made):
        def keep(self, connection: duckdb.DuckDBPyConnection, model: models.Model) -> None:
            assert connection.execute(f"SELECT file_id, segment_index FROM {model.name}").fetchall() == [("A", 1)]
            done.append(f"{model.name} kept")

    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE claim_payment AS SELECT 'A' AS file_id, 1 AS segment_index")
        connections, loaded = [connection, connection.cursor()], models.load(tmp_path)
        models.run_side_by_side(connections, loaded, lambda model, seconds: done.append(model.name), Kept())
    assert done == ["claim_repeat", "claim_payment_current", "claim_payment_current kept"]


def test_side_by_side_one_model_at_a_time_and_what_it_waits_for_is_kept_before(tmp_path: Path):
    """Each of three models begins when the one before it is made, the last one when the first is kept."""
    for name in ("claim_payment_current", "claim_finding", "claim_takeback"):
        write(tmp_path, name, "SELECT file_id, segment_index FROM claim_payment")
    events: list[str] = []
    second_is_made = threading.Event()

    class Slow(Made):
        def build(self, connection: duckdb.DuckDBPyConnection, model: models.Model) -> None:
            events.append(f"{model.name} begun")
            events.append(f"{model.name} made")
            if model.name == second:
                second_is_made.set()

        def keep(self, connection: duckdb.DuckDBPyConnection, model: models.Model) -> None:
            if model.name == first:
                assert second_is_made.wait(10)
            events.append(f"{model.name} kept")

        def kept_before(self, model: models.Model) -> tuple[str, ...]:
            return (first,) if model.name == last else ()

    loaded = models.load(tmp_path)
    first, second, last = (model.name for model in loaded)
    with duckdb.connect() as connection:
        cursors = [connection.cursor() for _ in range(2)]
        models.run_side_by_side(cursors, loaded, lambda *done: None, Slow(), is_one_at_a_time=True)
    made = [event for event in events if not event.endswith("kept")]
    assert made == [f"{name} {what}" for name in (first, second, last) for what in ("begun", "made")]
    assert events.index(f"{second} made") < events.index(f"{first} kept") < events.index(f"{last} begun")
    assert sorted(event for event in events if event.endswith("kept")) == sorted(f"{model.name} kept" for model in loaded)


@pytest.mark.parametrize("at_once", [1, 2])
def test_side_by_side_the_model_that_fails_is_the_one_that_fails_alone(tmp_path: Path, at_once: int):
    """Two cannot be made, and the later one says so much sooner."""
    slow = "SELECT CAST(sum(a.range * b.range) AS DECIMAL(1, 0)) AS item_id FROM range(3000) AS a, range(3000) AS b"
    quick = "SELECT CAST('secret' AS DATE) AS item_id FROM claim_payment"
    loaded = [
        models.Model(name, "1_stage", tmp_path / f"{name}.sql", sql, frozenset())
        for name, sql in (("item_before", slow), ("known_denial", quick))
    ]
    said = []
    for run in (models.run, models.run_side_by_side):
        with duckdb.connect() as connection:
            connection.execute("CREATE TABLE claim_payment AS SELECT 'A' AS file_id, 1 AS segment_index")
            with pytest.raises(ModelError) as raised:
                if run is models.run:
                    run(connection, loaded)
                else:
                    cursors = [connection.cursor() for _ in range(at_once)]
                    run(cursors, loaded, lambda *done: None, Made())
            said.append(str(raised.value))
    assert said[0] == said[1]
    assert "item_before.sql: ConversionException" in said[0]


def test_failed_checks_give_their_rows(tmp_path: Path):
    write(tmp_path, "nothing_paid", "SELECT file_id FROM claim_payment WHERE paid_amount = 0", models.CHECKS_FOLDER)
    write(tmp_path, "too_much_paid", "SELECT file_id FROM claim_payment WHERE paid_amount > 100", models.CHECKS_FOLDER)
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE claim_payment AS SELECT 'A' AS file_id, 0.00 AS paid_amount")
        failed = models.run_checks(connection, models.load_checks(tmp_path))
    assert {name: rows.to_pylist() for name, rows in failed.items()} == {"nothing_paid": [{"file_id": "A"}]}


def proved_folder(tmp_path: Path) -> tuple[Path, Path]:
    folder = tmp_path / "sql"
    write(folder, "claim_repeat", REPEATS)
    write(folder, "no_takeback", "SELECT file_id FROM claim_repeat", "checks")
    return folder, tmp_path / "memory" / models.MEMORY


def test_what_was_good_before_is_not_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    folder, memory = proved_folder(tmp_path)
    first = models.proved(folder, memory)
    monkeypatch.setattr(models, "load", None)  # nobody asks it again
    assert models.proved(folder, memory) == first


def test_a_changed_model_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    folder, memory = proved_folder(tmp_path)
    models.proved(folder, memory)
    write(folder, "claim_repeat", REPEATS.replace("file_id,", "file_id, 1 AS more,", 1))
    with pytest.raises(ContractError, match=r"the column more INTEGER is not in tables\.py"):
        models.proved(folder, memory)
    write(folder, "claim_repeat", REPEATS)
    models.proved(folder, memory)
    monkeypatch.setattr(models.duckdb, "__version__", "0")  # another engine may understand another thing
    monkeypatch.setattr(models, "load", None)
    with pytest.raises(TypeError):
        models.proved(folder, memory)


def test_a_place_that_cannot_be_written_is_no_fault(tmp_path: Path):
    folder, _ = proved_folder(tmp_path)
    (tmp_path / "file").write_text("")
    assert models.proved(folder, tmp_path / "file" / models.MEMORY)
