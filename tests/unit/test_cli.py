from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import click
import duckdb
import pytest

from pipeline import cli, errors
from pipeline import run as night_run
from pipeline.tables import TABLES

ROOT = Path(__file__).parents[2]
COMMANDS = sorted(cli.commands.commands)
SUBCOMMANDS = sorted(
    f"{name} {below}"
    for name, group in cli.commands.commands.items()
    if isinstance(group, click.Group)
    for below in group.commands
)
WRONG = [
    ("nothing",),
    ("run",),
    ("run", "x"),
    ("run", "x", "--warehouse", "y", "--as-of", "soon"),
    ("run", "--warehouse", "y"),
    ("run", "x", "--rebuild", "--warehouse", "y"),
    ("run", "--rebuild", "--warehouse", "nowhere"),
    ("dictionary", "--json", "--findings"),
]


def exit_code_of(*arguments: str) -> int:
    with pytest.raises(SystemExit) as stopped:
        cli.main(list(arguments))
    return stopped.value.code or 0


@pytest.mark.parametrize("name", ["", *COMMANDS, *SUBCOMMANDS])
def test_every_command_shows_an_example(name, capsys):
    assert exit_code_of(*name.split(), "--help") == 0
    assert f"Example:  remit835 {name}" in capsys.readouterr().out


def test_help_names_every_command(capsys):
    assert exit_code_of("--help") == 0
    said = capsys.readouterr().out
    assert all(f"  {name} " in said for name in COMMANDS)


@pytest.mark.parametrize("arguments", WRONG)
def test_a_wrong_command_line_is_2(arguments, capsys):
    assert exit_code_of(*arguments) == 2
    assert capsys.readouterr().err


def test_an_inbox_that_is_not_there_is_2(tmp_path, capsys):
    assert exit_code_of("run", str(tmp_path / "nowhere"), "--warehouse", str(tmp_path / "warehouse")) == 2
    assert "no such file or folder" in capsys.readouterr().err


def test_a_wrong_setting_is_10(tmp_path, capsys):
    (tmp_path / "site.yaml").write_text("lookback: 1\n")
    arguments = ("run", str(tmp_path), "--warehouse", str(tmp_path / "warehouse"), "--config", str(tmp_path / "site.yaml"))
    assert exit_code_of(*arguments) == 10
    assert "lookback_months" in capsys.readouterr().err


def test_a_mappings_folder_that_is_not_there_is_10(tmp_path, capsys):
    (tmp_path / "inbox").mkdir()
    config = tmp_path / "site.yaml"
    config.write_text(f"mappings: {tmp_path / 'nowhere'}\n")
    warehouse = tmp_path / "warehouse"
    assert exit_code_of("run", str(tmp_path / "inbox"), "--warehouse", str(warehouse), "--config", str(config)) == 10
    assert exit_code_of("mappings", "check", "--config", str(config)) == 10
    assert capsys.readouterr().err.count(f"setting mappings: {tmp_path / 'nowhere'}") == 2
    assert not warehouse.exists()


def test_too_little_memory_in_a_stage_is_10(tmp_path, monkeypatch, capsys):
    def fails(_: object) -> None:
        raise duckdb.OutOfMemoryException("could not allocate")

    (tmp_path / "inbox").mkdir()
    monkeypatch.setattr(night_run, "STAGES", (("marts", fails),))
    assert exit_code_of("run", str(tmp_path / "inbox"), "--warehouse", str(tmp_path / "warehouse")) == 10
    said = capsys.readouterr().err
    assert "stage marts: the SQL engine needs more than it may take; raise memory_limit" in said


def test_a_wrong_mapping_is_11(tmp_path, capsys):
    (tmp_path / "inbox").mkdir()
    (tmp_path / "site.yaml").write_text(f"mappings: {tmp_path / 'mappings'}\n")
    (tmp_path / "mappings").mkdir()
    (tmp_path / "mappings" / "payer.csv").write_text("wrong,header\n1,2\n")
    warehouse, config = str(tmp_path / "warehouse"), str(tmp_path / "site.yaml")
    assert exit_code_of("run", str(tmp_path / "inbox"), "--warehouse", warehouse, "--config", config) == 11
    assert "payer.csv" in capsys.readouterr().err
    assert not (tmp_path / "warehouse").exists()


@pytest.mark.parametrize("kind", errors.Remit835Error.__subclasses__(), ids=lambda kind: kind.__name__)
def test_every_error_has_its_exit_code_and_message(kind, monkeypatch, capsys):
    def fails() -> None:
        raise kind("what, where and what to do")

    monkeypatch.setitem(cli.commands.commands, "fails", click.Command("fails", callback=fails))
    assert exit_code_of("fails") == kind.exit_code
    assert "what, where and what to do" in capsys.readouterr().err


@pytest.mark.parametrize("debug", [False, True])
def test_an_unforeseen_fault_is_1_and_its_message_stays_unsaid(debug, monkeypatch, capsys):
    value_of_a_file = "SMITH, JANE 123-45-6789"

    def fails() -> None:
        raise ValueError(value_of_a_file)

    monkeypatch.setitem(cli.commands.commands, "fails", click.Command("fails", callback=fails))
    assert exit_code_of(*(["--debug"] if debug else []), "fails") == 1
    said = capsys.readouterr().err
    assert "ValueError" in said
    assert "SMITH" not in said
    assert ("test_cli.py" in said) is debug


def test_the_dictionary_has_every_table_and_column(tmp_path, capsys):
    assert exit_code_of("dictionary", "--json") == 0
    described = {table["table"]: [column["name"] for column in table["columns"]] for table in json.loads(capsys.readouterr().out)}
    assert described == {name: table.column_names for name, table in TABLES.items()}
    assert exit_code_of("dictionary", "--out", str(tmp_path / "dictionary.md")) == 0
    text = (tmp_path / "dictionary.md").read_text(encoding="utf-8")
    assert all(f"### {name}\n" in text or (table.kind == "steps" and f"| {name} |" in text) for name, table in TABLES.items())


@pytest.mark.parametrize("command", ["dictionary", "workflow", "extract-template"])
def test_a_file_that_cannot_be_written_is_2(command, tmp_path, capsys):
    out = tmp_path / "nowhere" / "out"
    assert exit_code_of(command, "--out", str(out)) == 2
    assert capsys.readouterr().err == f"remit835: {out}: cannot be written (No such file or directory)\n"


def test_check_says_what_is_wrong(capsys):
    clean = "data_samples/inbox/mmh01_20261119.835"
    unbalanced = "data_samples/inbox/out_of_balance.835"
    assert exit_code_of("check", clean) == 0
    assert "no findings" in capsys.readouterr().out
    assert exit_code_of("check", clean, unbalanced, "--json") == 3
    first, second = json.loads(capsys.readouterr().out)
    assert (first["has_errors"], second["has_errors"]) == (False, True)
    assert {"line_out_of_balance", "transaction_out_of_balance"} == {finding["finding_code"] for finding in second["findings"]}


@pytest.mark.parametrize("name", ["empty.835", "zipped.835", "not_x12.835", "nowhere.835"])
def test_check_says_why_a_file_cannot_be_read(name, capsys):
    assert exit_code_of("check", f"data_samples/inbox/{name}") == 3
    assert "cannot be read" in capsys.readouterr().out


def said_by_python(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()


def test_the_commands_are_known_without_what_they_need():
    slow = ("duckdb", "numpy", "pyarrow", "sqlglot", "rich", "docx", "pyx12")
    assert said_by_python(f"import sys, pipeline.cli; print([name for name in {slow} if name in sys.modules])") == "[]"


def test_arrow_looks_for_pandas_only_when_asked_for_a_frame():
    code = """
import sys, pyarrow
from pipeline import cli
cli._hide_pandas_from_arrow()
array = pyarrow.array([1, 2])
print("pandas" in sys.modules, type(array.to_pandas()).__name__)
"""
    assert said_by_python(code) == "False Series"
