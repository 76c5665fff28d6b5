"""The commands. Each is thin: it reads its options, calls one function, prints, and says by its exit code how it went.

A new command is one function with `@commands.command()`, a help text and an example in it. Exit codes are those of errors.py;
3 says that it is done, but something was found: files in quarantine, or findings of severity error.

A command imports what it alone needs when it runs: --help need not wait for the SQL engine, nor a night for the writer of
letters.
"""

from __future__ import annotations

import gc
import json
import os
import shutil
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import click

import pipeline
from pipeline import log, settings
from pipeline.errors import Remit835Error, UsageError
from pipeline.remote import is_elsewhere
from pipeline.settings import ENGINES

PRINTED_ROWS = 100
OBJECTS_BETWEEN_SEARCHES = 50_000
EXIT_DONE, EXIT_UNEXPECTED, EXIT_FOUND, EXIT_INTERRUPTED = 0, 1, 3, 130
FOLDER = click.Path(file_okay=False, path_type=Path)
FILE = click.Path(dir_okay=False, path_type=Path)
PLACE = click.Path(path_type=Path)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(pipeline.__version__, prog_name="remit835")
@click.option("--debug", is_flag=True, help="Where a fault is ours, print the way to it (code places only, no values).")
def commands(debug: bool) -> None:
    """From a night's X12 835 remittances to a worklist that says, for every denied line: what to do now, why, by when, and
    what it is worth.

    \b
    Example:  remit835 run inbox --warehouse warehouse
    """
    _hide_pandas_from_arrow()
    if "duckdb" not in sys.modules:  # which complains, when all ends, of what no search has taken away
        gc.freeze()  # what is imported by now stays: the last search for circles need not go through it


class WarehouseFolder(click.Path):
    """A folder on a file system: a commit is a rename, which object stores and SFTP do not have as one step."""

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> object:
        if is_elsewhere(str(value)):
            self.fail(
                "a warehouse has to be a folder: a night becomes visible by one rename, which object stores do not have. Keep it "
                "on a disk or a mounted file system, and set publish_to for copies of the worklist elsewhere",
                param,
                ctx,
            )
        return super().convert(value, param, ctx)


def warehouse_option(function: Callable) -> Callable:
    """--warehouse, the same for every command that has one."""
    return click.option(
        "--warehouse",
        type=WarehouseFolder(file_okay=False, path_type=Path),
        required=True,
        envvar="REMIT835_WAREHOUSE",
        help="The folder that holds tables and worklist.",
    )(function)


def path_or_address(place: str) -> Path | str:
    """What stands for an inbox: a path, or the address of a place elsewhere as it is."""
    return place if is_elsewhere(place) else Path(place)


def json_option(function: Callable) -> Callable:
    """--json, the same for every command that has one."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON, for machines.")(function)


def config_option(function: Callable) -> Callable:
    """--config, the same for every command that only reads settings."""
    return click.option("--config", type=FILE, envvar="REMIT835_CONFIG", help="Settings, as YAML or TOML.")(function)


@commands.command()
@click.argument("inbox", nargs=-1, callback=lambda context, parameter, places: tuple(map(path_or_address, places)))
@warehouse_option
@click.option("--rebuild", is_flag=True, help="No inbox: make all marts and the worklist anew from the facts.")
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="The day to work for; default: today in the site's time zone.")
@click.option("--config", type=FILE, envvar="REMIT835_CONFIG", help="Settings, as YAML or TOML.")
@click.option("--engine", type=click.Choice(ENGINES), default="duckdb", show_default=True, help="What reads and computes.")
@click.option("--log-format", type=click.Choice(["text", "json"]), help="Log lines for people, or JSON lines (on stderr).")
@json_option
def run(
    inbox: tuple[Path | str, ...],
    warehouse: Path,
    rebuild: bool,
    as_of: datetime | None,
    config: Path | None,
    engine: str,
    log_format: str | None,
    as_json: bool,
) -> int:
    """The nightly job: INBOX (folders or files; also s3://... and sftp://...) to worklist.

    \b
    Example:  remit835 run inbox --warehouse warehouse --as-of 2026-11-20
    Example:  remit835 run sftp://me@clearinghouse.example/outbound s3://bucket/remittances --warehouse warehouse
    Example:  remit835 run --rebuild --warehouse warehouse --as-of 2026-11-20
    Exit:     0 done, 3 done but files are in quarantine, 10 settings, 11 mappings, 12 another run holds the
              warehouse, 13 a table broke its contract, 14 dollars in are not dollars out, 15 SQL model
    """
    from pipeline.run import rebuild as rebuild_marts
    from pipeline.run import run as run_night

    if rebuild == bool(inbox):
        raise click.UsageError("--rebuild takes no INBOX" if rebuild else "Missing argument 'INBOX...'.")
    chosen = settings.load(config, log_format=log_format)
    day = as_of.date() if as_of else None
    with progress_bar(shown=sys.stderr.isatty() and chosen.log_format == "text") as progress:
        log.configure(chosen.log_format, chosen.log_level)  # inside: the bar lends a stderr whose lines stand above it
        if rebuild:
            said = rebuild_marts(warehouse, chosen, day, progress, engine=engine)
        else:
            said = run_night(inbox, warehouse, chosen, day, progress, engine=engine)
    click.echo(said.as_json() if as_json else said.as_text())
    return EXIT_FOUND if said.quarantine else EXIT_DONE


@commands.command(name="log")
@click.argument("file", type=FILE)
@warehouse_option
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="The day to work for; default: today in the site's time zone.")
@click.option("--config", type=FILE, envvar="REMIT835_CONFIG", help="Settings, as YAML or TOML.")
@json_option
def log_command(file: Path, warehouse: Path, as_of: datetime | None, config: Path | None, as_json: bool) -> int:
    """Take what billers did, from FILE (CSV or XLSX): calls, coding's answers, submissions. The worklist with its last columns
    filled in is such a file. Good rows are taken, once; bad ones are refused with the fix, and written beside the file.

    \b
    Example:  remit835 log calls.csv --warehouse warehouse
    Example:  remit835 log worklist.xlsx --warehouse warehouse
    Exit:     0 done, 2 the file cannot be read, 3 done but rows were refused, 12 another run holds the warehouse
    """
    from pipeline.run import log_work

    chosen = settings.load(config)
    log.configure(chosen.log_format, chosen.log_level)
    said = log_work(file, warehouse, chosen, as_of.date() if as_of else None)
    click.echo(said.as_json() if as_json else said.as_text())
    return EXIT_FOUND if said.refused else EXIT_DONE


@commands.command(name="purge")
@warehouse_option
@click.option("--before", type=click.DateTime(["%Y-%m-%d"]), required=True, help="Remove the batches of nights before this day.")
@click.option("--force", is_flag=True, help="Remove them even where items of the worklist rest on them.")
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="The day to work for; default: today in the site's time zone.")
@config_option
@json_option
def purge_command(
    warehouse: Path, before: datetime, force: bool, as_of: datetime | None, config: Path | None, as_json: bool
) -> None:
    """Retention: remove old batches whole, with what was made of them, and make marts and worklist anew from the rest. Their
    files stay known: an inbox that still holds them does not bring them back.

    \b
    Example:  remit835 purge --before 2024-11-20 --warehouse warehouse
    Exit:     0 done, 2 items of the worklist rest on them, 12 another run holds the warehouse
    """
    from pipeline.run import purge_before

    chosen = settings.load(config)
    log.configure(chosen.log_format, chosen.log_level)
    said = purge_before(before.date(), warehouse, chosen, as_of.date() if as_of else None, force)
    click.echo(said.as_json() if as_json else said.as_text())


@commands.command(name="workflow")
@click.option("--out", type=FILE, help="Write to a file instead of printing.")
@click.option("--config", type=FILE, envvar="REMIT835_CONFIG", help="Settings, as YAML or TOML: the site's own mappings.")
def workflow_command(out: Path | None, config: Path | None) -> None:
    """The states of a denied line, what leads from one to the next, and a picture of it, made from the mappings.

    \b
    Example:  remit835 workflow --out docs/workflow.md
    """
    from pipeline import mappings, workflow

    text = workflow.as_markdown(mappings.of_site(settings.load(config)))
    _print_or_write(text, out)


@commands.command()
@click.argument("files", nargs=-1, required=True, type=PLACE, metavar="FILE...")
@click.option("--guide", is_flag=True, help="Hold the files against the implementation guide too (pyx12); advice, no errors.")
@click.option("--ack", type=FOLDER, help="Write a 999 for each functional group into this folder; with --guide's findings.")
@click.option("--seconds", type=click.IntRange(min=1), default=60, show_default=True, help="Time limit of --guide for a file.")
@click.option("--show-values", is_flag=True, help="Print the values too: they are protected health information.")
@config_option
@json_option
def check(
    files: tuple[Path, ...],
    guide: bool,
    ack: Path | None,
    seconds: int,
    show_values: bool,
    config: Path | None,
    as_json: bool,
) -> int:
    """Read X12 files and say what is wrong with them, where, and what to do.

    \b
    Example:  remit835 check night.835
    Example:  remit835 check --guide --ack answers *.835
    Exit:     0 clean, 3 findings of severity error, or a file that cannot be read
    """
    from pipeline import mappings
    from pipeline.check import check_file, check_guide_too, describe_values, summary_of
    from pipeline.code_use import CodeLists

    chosen = settings.load(config)
    code_lists = CodeLists.of(mappings.of_site(chosen).tables)
    checked = {path: check_file(path, chosen.extract_columns, code_lists) for path in files}
    if guide or ack is not None:
        try:
            check_guide_too(checked, seconds, ack)
        except OSError as error:
            raise UsageError(f"{ack}: cannot be written ({error.strerror}); give another folder with --ack") from None
    for path, one in checked.items():
        describe_values(path, one.findings, show_values)
    if as_json:
        click.echo(json.dumps([one.as_dict() for one in checked.values()], indent=1, default=str))
    else:
        click.echo("\n\n".join(one.as_text() for one in checked.values()))
        click.echo(f"\n{summary_of(list(checked.values()))}")
    return EXIT_FOUND if any(one.has_errors for one in checked.values()) else EXIT_DONE


@commands.command(name="query")
@click.argument("sql", required=False)
@warehouse_option
@click.option("--out", type=FILE, help="Write to a .csv or .parquet file instead of printing.")
@click.option("--format", "form", type=click.Choice(["table", "records", "csv"]), default="table", show_default=True, help="How.")
@click.option("--limit", type=click.IntRange(min=1), default=None, help="Rows to print at most.  [default: 100; all for csv]")
@config_option
def query_command(
    sql: str | None, warehouse: Path, out: Path | None, form: str, limit: int | None, config: Path | None
) -> None:
    """Run one SELECT over all tables of the warehouse, and the mappings as the site has them. Nothing can be changed. Without a
    statement it is read from a pipe; on a terminal a prompt opens. On a terminal a table that is too wide is printed as records,
    one column a line. docs/queries.md has twenty questions, docs/data_dictionary.md every table and column.

    \b
    Example:  remit835 query "SELECT next_step, count(*) FROM worklist GROUP BY ALL" --warehouse warehouse
    Example:  remit835 query "FROM adjustment WHERE reason_code = '50'" --warehouse warehouse --out co50.parquet
    Example:  remit835 query --format csv --warehouse warehouse < denials.sql | sort
    Example:  remit835 query --warehouse warehouse        the prompt
    """
    from pipeline import mappings, query

    known = mappings.of_site(settings.load(config))
    columns = shutil.get_terminal_size().columns
    if sql is None and out is None and sys.stdin.isatty():
        with suppress(ImportError):
            import readline  # noqa: F401 arrow keys and the last lines at the prompt
        query.prompt(warehouse, input, click.echo, limit or PRINTED_ROWS, columns, known)
        return
    statement = sys.stdin.read() if sql is None else sql
    if out is not None:
        click.echo(f"{query.write(warehouse, statement, out, known):,} rows written to {out}")
    elif form == "csv":
        try:
            query.stream_csv(warehouse, statement, sys.stdout, limit, known)
            sys.stdout.flush()
        except BrokenPipeError:
            _leave_to_reader()
    else:
        width = columns if sys.stdout.isatty() else None
        click.echo(query.as_text(warehouse, statement, limit or PRINTED_ROWS, form == "records", width, known))


@commands.command(name="export")
@click.argument("tables", nargs=-1, required=True, metavar="TABLE...")
@warehouse_option
@click.option("--out", type=FOLDER, required=True, help="The folder that gets one file a table.")
@click.option("--format", "as_format", type=click.Choice(["csv", "parquet"]), default="csv", show_default=True, help="How.")
@click.option("--deidentify", "is_deidentified", is_flag=True, help="Without protected health information.")
@config_option
def export_command(
    tables: tuple[str, ...], warehouse: Path, out: Path, as_format: str, is_deidentified: bool, config: Path | None
) -> None:
    """Write tables as CSV or Parquet, into files that their owner can read. With --deidentify numbers become keyed hashes that
    still join, days are moved by patient, names, addresses, telephones and free words are left out (docs/sharing.md).

    \b
    Example:  remit835 export worklist precedent --warehouse warehouse --out shared --deidentify
    Exit:     2 there is no such table or warehouse, 10 the site's secret cannot be read
    """
    from pipeline import deidentify

    for one in deidentify.export_tables(tables, warehouse, out, settings.load(config), as_format, is_deidentified):
        click.echo(f"{one.row_count:,} rows written to {one.path}")


@commands.command(name="scramble")
@click.argument("files", nargs=-1, required=True, type=PLACE, metavar="FILE...")
@click.option("--out", type=FOLDER, required=True, help="The folder that gets the scrambled files.")
@config_option
def scramble_command(files: tuple[Path, ...], out: Path, config: Path | None) -> int:
    """Write 835 and 837 files without protected health information, to be sent where one is read wrongly. Structure, codes,
    amounts and faults stay; names, numbers, addresses and words become others of the same length, the same in every file of the
    site; days are moved by the same weeks. Each is read again, and what is not as before is said (docs/sharing.md).

    \b
    Example:  remit835 scramble night.835 claims.837 --out to_send
    Exit:     0 done, 3 a file is no X12 or reads otherwise than before, 10 the site's secret cannot be read
    """
    from pipeline import scramble

    done = scramble.scramble_files(files, out, settings.load(config))
    click.echo("\n".join(one.as_text() for one in done))
    return EXIT_FOUND if any(one.path is None or one.differences for one in done) else EXIT_DONE


@commands.command(name="status")
@warehouse_option
@json_option
def status_command(warehouse: Path, as_json: bool) -> None:
    """Batches, files, quarantine, findings, last run.

    \b
    Example:  remit835 status --warehouse warehouse
    """
    from pipeline import status

    found = status.status_of(warehouse)
    click.echo(json.dumps(found, indent=1, default=str) if as_json else status.as_text(found))


@commands.command(name="report")
@warehouse_option
@click.option("--deidentify", "is_shared", is_flag=True, help="Write report/shared.html, without protected health information.")
@config_option
def report_command(warehouse: Path, is_shared: bool, config: Path | None) -> None:
    """Write the page report/index.html of a warehouse anew, as every run does: one file that opens in a browser without a
    network. It names patients: protected health information. With --deidentify the page report/shared.html, which does not.

    \b
    Example:  remit835 report --warehouse warehouse
    Example:  remit835 report --warehouse warehouse --deidentify
    Exit:     2 there is no worklist yet, 12 another run holds the warehouse
    """
    from pipeline import report

    make = report.report_to_share if is_shared else report.report
    click.echo(f"{make(warehouse, settings.load(config))} written")


@commands.command(name="dictionary")
@click.option("--out", type=FILE, help="Write to a file instead of printing.")
@click.option("--findings", is_flag=True, help="What can be wrong with a file, and what to do, instead of the tables.")
@json_option
def dictionary_command(out: Path | None, findings: bool, as_json: bool) -> None:
    """Every table and column: type, unit, meaning, source.

    \b
    Example:  remit835 dictionary --out data_dictionary.md
    """
    from pipeline import dictionary

    if findings and as_json:
        raise click.UsageError("--findings is a page for people: leave --json out.")
    text = dictionary.as_json() if as_json else dictionary.as_markdown()
    if findings:
        text = dictionary.findings_as_markdown()
    _print_or_write(text + "\n", out)


@commands.command(name="explain")
@click.argument("code", nargs=-1, required=True)
@click.option("--warehouse", type=FOLDER, envvar="REMIT835_WAREHOUSE", help="Say too how often it stands in this warehouse.")
@config_option
@json_option
def explain_command(code: tuple[str, ...], warehouse: Path | None, config: Path | None, as_json: bool) -> None:
    """What a code means, what causes it, and what to do: CARC, RARC, group, PLB or claim status.

    \b
    Example:  remit835 explain CO-50        a reason code, with its group
    Example:  remit835 explain M1           a remark code
    Example:  remit835 explain CO-16 M127   a reason code and the remarks beside it
    Example:  remit835 explain PLB WO       a code of the list that is named
    Exit:     2 the code is in no list
    """
    from pipeline import explain

    spelling = " ".join(code)
    found = explain.explain(spelling, settings.load(config), warehouse)
    click.echo(json.dumps(explain.as_dicts(found), indent=1, default=str) if as_json else explain.as_text(spelling, found))


@commands.command(name="why")
@click.argument("item_id")
@warehouse_option
@config_option
@json_option
def why_command(item_id: str, warehouse: Path, config: Path | None, as_json: bool) -> None:
    """The whole reasoning for one item of the worklist, with the segments it rests on. It names the claim: protected health
    information.

    \b
    Example:  remit835 why 851a566285d1385d --warehouse warehouse
    Exit:     2 there is no such item
    """
    from pipeline import why

    reasoning = why.why(warehouse, item_id, settings.load(config))
    click.echo(json.dumps(reasoning.as_dict(), indent=1, default=str) if as_json else reasoning.as_text())


@commands.group(name="codes")
def codes_group() -> None:
    """The site's licensed code texts.

    \b
    Example:  remit835 codes import licensed.csv --config site.yaml
    """


@codes_group.command(name="import")
@click.argument("file", type=FILE)
@config_option
@json_option
def import_codes(file: Path, config: Path | None, as_json: bool) -> None:
    """Take official texts from a CSV with the columns code_type (CARC, RARC, GROUP, PLB, CLP02), code and text into the folder
    that the setting `mappings` names. explain and why show them beside our wording; nothing is sent anywhere.

    \b
    Example:  remit835 codes import licensed.csv --config site.yaml
    """
    from pipeline import codes

    taken = codes.import_texts(file, settings.load(config))
    click.echo(json.dumps(asdict(taken), indent=1) if as_json else taken.as_text())


@commands.group(name="mappings")
def mappings_group() -> None:
    """Rules and codes as data.

    \b
    Example:  remit835 mappings check --config site.yaml
    """


@mappings_group.command(name="check")
@click.option("--warehouse", type=FOLDER, envvar="REMIT835_WAREHOUSE", help="Say too which codes it holds that no rule knows.")
@config_option
@json_option
def check_mappings(warehouse: Path | None, config: Path | None, as_json: bool) -> int:
    """Find rules that can never count, overlaps without an order, and codes that no rule reaches.

    \b
    Example:  remit835 mappings check --config site.yaml --warehouse warehouse
    Exit:     0 clean, 3 something is to correct, 11 a row is wrong
    """
    from pipeline import rules

    report = rules.check(settings.load(config), warehouse)
    click.echo(json.dumps(asdict(report), indent=1, default=str) if as_json else report.as_text())
    return EXIT_FOUND if report.faults else EXIT_DONE


@commands.group(name="config")
def config_group() -> None:
    """The site's settings.

    \b
    Example:  remit835 config show --config site.yaml
    """


@config_group.command(name="show")
@config_option
@json_option
def show_config(config: Path | None, as_json: bool) -> None:
    """Every setting: its value, where that came from (default, the file, the environment), and what it is for. A name or value
    that is wrong is said with the nearest right one. A file to begin with is data_samples/remit835.yaml.

    \b
    Example:  remit835 config show --config site.yaml
    Exit:     0 the settings can be used, 10 one cannot
    """
    shown = settings.settings_of(config)
    click.echo(json.dumps([asdict(one) for one in shown], indent=1) if as_json else settings.as_text(shown))


@commands.command(name="packet")
@click.argument("items", nargs=-1, metavar="ITEM...")
@warehouse_option
@click.option("--out", type=FOLDER, required=True, help="The folder that gets one folder a packet.")
@click.option("--next", "next_count", type=click.IntRange(min=1), default=None, help="The first N open items of the worklist.")
@click.option("--step", help="Another step than the item's own, as appeal; with --next, only items that have this step.")
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="The day of the letter; default: today in the site's time zone.")
@click.option("--config", type=FILE, envvar="REMIT835_CONFIG", help="Settings, as YAML or TOML: the practice, who signs.")
@click.option("--pdf/--no-pdf", default=True, help="PDF beside the DOCX, where LibreOffice is installed (slow for many).")
def packet_command(
    items: tuple[str, ...],
    warehouse: Path,
    out: Path,
    next_count: int | None,
    step: str | None,
    as_of: datetime | None,
    config: Path | None,
    pdf: bool,
) -> int:
    """Letter, call script, checklist and evidence for worklist items. Drafts for review: every fact has its source, what is
    missing is a gap in brackets.

    \b
    Example:  remit835 packet 9f826d8ac71b7fa86677bbf6bba000aa --step appeal --warehouse warehouse --out packets
    Example:  remit835 packet --next 20 --warehouse warehouse --out packets
    Exit:     0 done, 2 the one item asked for gets no letter (guard, limit passed), 3 some items got none
    """
    from pipeline import packet

    chosen = settings.load(config)
    day = as_of.date() if as_of else chosen.today()
    with progress_bar(shown=sys.stderr.isatty()) as progress:
        outcome = packet.write_packets(warehouse, out, chosen, day, items, next_count or 0, step, pdf, progress)
    click.echo(outcome.as_text())
    return EXIT_FOUND if outcome.refused else EXIT_DONE


@commands.command(name="extract-template")
@click.option("--paid-history", is_flag=True, help="What payers paid before your remittances begin, instead of claims.")
@click.option("--describe", is_flag=True, help="Print what each column means and how it is written, instead of the template.")
@click.option("--out", type=FILE, help="Write to a file instead of printing.")
def extract_template(paid_history: bool, describe: bool, out: Path | None) -> None:
    """A CSV to fill from a practice-management system: the header and one synthetic row. Put the filled file into the inbox,
    as CSV or as Parquet with the same columns; where yours have other names, say so under extract_columns in the configuration.

    \b
    Example:  remit835 extract-template --out claims.csv
    Example:  remit835 extract-template --paid-history --describe
    """
    from pipeline import extract

    layout = extract.PAID_HISTORY if paid_history else extract.CLAIMS
    text = extract.description(layout) + "\n" if describe else extract.template(layout)
    _print_or_write(text, out)


def _print_or_write(text: str, out: Path | None) -> None:
    """Into the file of --out, or to the terminal. Raises UsageError where the file cannot be written."""
    if out is None:
        click.echo(text, nl=False)
        return
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{out}: cannot be written ({error.strerror or type(error).__name__})") from None


@contextmanager
def progress_bar(shown: bool) -> Iterator[Callable[[str, int, int], None]]:
    """A bar a stage on stderr; nothing where nobody watches."""
    if not shown:
        yield lambda stage, done, total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f}%"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        tasks: dict[str, int] = {}

        def advance(stage: str, done: int, total: int) -> None:
            task = tasks.setdefault(stage, -1)
            if task == -1:
                task = tasks[stage] = bars.add_task(stage, total=total)
            bars.update(task, completed=done, total=total)

        yield advance


class _NoPandas:
    """A finder of modules that finds no pandas."""

    @staticmethod
    def find_spec(name: str, path: object = None, target: object = None) -> None:
        if name == "pandas":
            raise ImportError("no command uses pandas", name=name)


def _hide_pandas_from_arrow() -> None:
    """Arrow imports pandas when it makes its first array, to know a Series when it sees one: 0.2 s and 30 MiB, and no command has
    any. So this first look finds none. Whoever asks Arrow for a DataFrame later gets one."""
    import pyarrow

    if "pandas" not in sys.modules:
        sys.meta_path.insert(0, _NoPandas)
        try:
            pyarrow.array([])
        finally:
            sys.meta_path.remove(_NoPandas)


def _spare_start() -> None:
    """What a command has no need of, and what would take a tenth of a small night. Python looks for circles among its objects
    whenever 700 more are there: through all that is imported, again and again, while it is imported. And numpy's linear algebra,
    which nobody uses, starts a thread for each processor that waits by spinning."""
    gc.set_threshold(OBJECTS_BETWEEN_SEARCHES)
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def main(arguments: list[str] | None = None) -> None:
    """Runs one command and exits with its code. Messages go to stderr, and hold no value of a file: a fault that nobody foresaw
    is named by its type and place only, because its message may quote what was read."""
    given = sys.argv[1:] if arguments is None else arguments
    _spare_start()
    try:
        sys.exit(commands.main(given, standalone_mode=False) or EXIT_DONE)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        sys.exit(EXIT_INTERRUPTED)
    except Remit835Error as error:
        click.echo(f"remit835: {error}", err=True)
        _show_way(error, given)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        _leave_to_reader()
        sys.exit(EXIT_DONE)
    except Exception as error:  # noqa: BLE001 the last place where a fault can be said without its values
        place = f"{type(error).__name__} at {log.place_of(error)}"
        hint = "report it with the output of `remit835 --debug ...`, which holds no data"
        click.echo(f"remit835: a fault of ours ({place}); what was committed stays as it was; {hint}", err=True)
        _show_way(error, given)
        sys.exit(EXIT_UNEXPECTED)


def _leave_to_reader() -> None:
    """The reader of our output has enough (| head): Python would complain once more at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _show_way(error: BaseException, given: list[str]) -> None:
    """With --debug: the places on the way to a fault, and those of its causes."""
    if "--debug" not in given:
        return
    while error is not None:
        click.echo("".join(traceback.format_tb(error.__traceback__)) + type(error).__name__, err=True)
        error = error.__cause__ or error.__context__


if __name__ == "__main__":
    main()
