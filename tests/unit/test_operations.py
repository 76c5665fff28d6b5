"""The examples for operators are commands that the command line takes, and the documents say what is so."""

from __future__ import annotations

import configparser
import json
import re
import runpy
import shlex
import sys
from types import ModuleType
from typing import ClassVar

import click
import pytest
from pydantic import TypeAdapter

from docs import make
from pipeline import cli, errors
from pipeline.summary import Summary
from tests.conftest import ROOT

DOCS = ROOT / "docs"
EXAMPLES = DOCS / "operations"
PAGES = [ROOT / "README.md", *sorted(DOCS.glob("*.md"))]
COMMAND = re.compile(r"(?:\S*/)?remit835( [^|;&>`]*)")


def take(line: str) -> None:
    """Parses a command line as the program would, down to its last option; raises click.UsageError where it would refuse it."""
    arguments = shlex.split(line)
    group: click.Command = cli.commands
    context = group.make_context("remit835", arguments)
    while isinstance(group, click.Group):
        name, group, rest = group.resolve_command(context, [*context._protected_args, *context.args])
        context = group.make_context(name, list(rest), parent=context)


def commands_in(text: str) -> list[str]:
    return [found.strip() for found in COMMAND.findall(text) if found.strip()]


def test_a_command_that_is_none_is_refused():
    for line in ("walk", "run x", "purge --warehouse w", "config shown", "status --warehouse w --jsno"):
        with pytest.raises(click.UsageError):
            take(line)


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_commands_in_pages_are_taken(page):
    """Every line of a code block that begins with remit835; words in capitals and `...` are left to the reader."""
    blocks = re.findall(r"^```\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    lines = [re.split(r" #| \(|  +[a-z]", line)[0] for block in blocks for line in block.splitlines()]
    for line in lines:
        if re.match(r"\$? ?(\S*/)?remit835 ", line) and "..." not in line:
            for command in commands_in(line):
                take(command)


def test_the_crontab():
    lines = [line for line in (EXAMPLES / "remit835.cron").read_text().splitlines() if re.match(r"\S+ \S+ ", line)]
    jobs = [line for line in lines if not line.startswith("#")]
    assert len(jobs) == 2
    for job in jobs:
        *fields, user, command = job.split(None, 6)
        assert len(fields) == 5 and user == "remit835"
        command = re.sub(r'"\$\(date[^)]*\)"', "2019-01-01", command)
        (line,) = commands_in(re.sub(r" 2>>\S+", "", command).partition("umask 077; ")[2] or command)
        take(line)


def test_the_systemd_units():
    service, timer = configparser.ConfigParser(strict=False), configparser.ConfigParser()
    for parser, name in ((service, "remit835.service"), (timer, "remit835.timer")):
        parser.optionxform = str
        parser.read_string((EXAMPLES / name).read_text(encoding="utf-8"))
    (line,) = commands_in(service["Service"]["ExecStart"])
    take(line)
    assert service["Service"]["SuccessExitStatus"] == str(cli.EXIT_FOUND)
    assert service["Service"]["UMask"] == "0077"
    assert shlex.split(line)[3] == service["Service"]["ReadWritePaths"], "the warehouse is what it may write"
    assert timer["Install"]["WantedBy"] == "timers.target"


class Operator:
    """Stands in for Airflow's BashOperator: remembers what it was given, and what comes after it."""

    made: ClassVar[dict[str, Operator]] = {}

    def __init__(self, task_id: str, bash_command: str, **_: object) -> None:
        self.bash_command, self.following = bash_command, []
        Operator.made[task_id] = self

    def __rshift__(self, others: list[Operator]) -> None:
        self.following += others


class Dag:
    """Stands in for Airflow's DAG."""

    def __init__(self, **given: object) -> None:
        self.given = given

    def __enter__(self) -> Dag:
        return self

    def __exit__(self, *_: object) -> None:
        return None


def test_the_airflow_dag(monkeypatch):
    """Airflow itself is too large to be installed for a test: its two classes are stood in for, everything else is real."""
    for name in ("airflow", "airflow.providers", "airflow.providers.standard", "airflow.providers.standard.operators"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    for name, attribute, value in (
        ("airflow.sdk", "DAG", Dag),
        ("airflow.providers.standard.operators.bash", "BashOperator", Operator),
    ):
        module = ModuleType(name)
        setattr(module, attribute, value)
        monkeypatch.setitem(sys.modules, name, module)
    Operator.made.clear()
    dag = runpy.run_path(str(EXAMPLES / "remit835_dag.py"))["dag"]
    tasks = dict(Operator.made)
    assert dag.given["max_active_runs"] == 1 and dag.given["catchup"] is False
    assert list(tasks) == ["night", "packets", "status", "quarantine_is_empty"]
    assert tasks["night"].following == [tasks["packets"], tasks["status"], tasks["quarantine_is_empty"]]
    for name in ("night", "packets", "status"):
        (line,) = commands_in(tasks[name].bash_command)
        take(line)


def test_every_exit_code_is_explained():
    text = (DOCS / "operations.md").read_text(encoding="utf-8")
    codes = {kind.exit_code for kind in errors.Remit835Error.__subclasses__()}
    codes |= {cli.EXIT_DONE, cli.EXIT_UNEXPECTED, cli.EXIT_FOUND, cli.EXIT_INTERRUPTED}
    explained = {int(code) for code in re.findall(r"^\| (\d+)\b", text, re.MULTILINE)}
    assert codes <= explained
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert all(re.search(rf"\b{code} ", readme) for code in sorted(codes - {cli.EXIT_INTERRUPTED}))


def test_the_summary_has_its_documented_shape(tmp_path, remit835):
    assert (DOCS / "run_summary.schema.json").read_text(encoding="utf-8") == make.summary_schema(), "run: make docs"
    (tmp_path / "inbox").mkdir()
    (tmp_path / "inbox" / "empty.835").touch()
    done = remit835("run", tmp_path / "inbox", "--warehouse", tmp_path / "warehouse", "--json", "--as-of", "2026-11-20")
    assert done.returncode == 3, done.stderr
    said = json.loads(done.stdout)
    assert said == json.loads((tmp_path / "warehouse" / "last_run.json").read_text())
    assert set(said) == set(json.loads(make.summary_schema())["properties"])
    TypeAdapter(Summary).validate_json(done.stdout)


def test_links_between_pages_lead_somewhere():
    wrong = []
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8")):
            if "://" not in target and not (page.parent / target).exists():
                wrong.append(f"{page.name}: {target}")
    assert wrong == []


def test_every_page_is_in_the_index():
    index = (DOCS / "README.md").read_text(encoding="utf-8")
    assert [page.name for page in DOCS.glob("*.md") if page.name != "README.md" and f"({page.name})" not in index] == []


def test_paths_in_examples_are_those_of_the_page():
    text = (DOCS / "operations.md").read_text(encoding="utf-8")
    for path in EXAMPLES.iterdir():
        for place in set(re.findall(r"/(?:opt|srv|etc)/remit835(?:/inbox|/warehouse|/site\.yaml)?", path.read_text())):
            assert place in text, (path.name, place)
