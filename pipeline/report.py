"""One page for people: warehouse/report/index.html, made from the current marts at the end of every run.

Self-contained: no network, no files beside it, and a policy in its head that forbids both. What the page shows is embedded as
JSON and rendered in chunks by the script of mappings/report/; charts are SVG whose geometry is counted here. The same marts make
the same bytes. The page names patients: it is protected health information, readable by its owner only. `report_to_share` makes
one without.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import jinja2
from markupsafe import Markup

from pipeline import mappings, remembered
from pipeline.deidentify import cover_tables
from pipeline.errors import UsageError
from pipeline.findings import KINDS
from pipeline.pseudonyms import Pseudonyms, secret_of
from pipeline.query import dicts, open_tables
from pipeline.settings import Settings, data_folder
from pipeline.tables import COLUMNS
from pipeline.warehouse import Warehouse, explained, write_atomically

TEMPLATES = "report"
PAGE, SHARED_PAGE = "index.html", "shared.html"
# The tables of which the page shows single rows.
ROW_TABLES = ("worklist", "worklist_delta", "remittance_summary", "denial_trend", "underpayment")
# What a browser filters and sorts without a pause; the whole worklist stands in worklist.csv.
ITEM_LIMIT = 5_000
CHANGE_LIMIT = 200
UNBALANCED_LIMIT = 200
UNDERPAYMENT_LIMIT = 25
PARETO_LIMIT = 12
TREND_MONTHS = 13
# Days until the limit, at most, what such items are called, and how they are coloured.
DEADLINE_BANDS = (
    (-1, "limit passed", "late"), (7, "within 7 days", "soon"), (30, "8 to 30 days", "near"), (60, "31 to 60 days", ""),
    (90, "61 to 90 days", ""),
)  # fmt: skip
LATER, NO_DEADLINE = "more than 90 days", "no limit known"

# What the page knows of an item: the columns of its table and their short headings, and what opening it shows, under its title.
ROW_COLUMNS = {
    "rank": "Rank", "next_step": "Next step", "deadline": "Deadline", "days_left": "Days left",
    "expected_recovery_amount": "Expected", "denied_amount": "Denied", "payer_name": "Payer", "patient_name": "Patient",
    "service_date": "Service", "procedure_code": "Code", "reason_codes": "Reasons", "status": "Status",
}  # fmt: skip
OPEN_COLUMNS = {
    "What to do": (
        "next_step_reason", "next_step_rule_id", "flags", "owner", "client", "status_since", "follow_up_date", "last_action",
        "last_action_date", "last_note", "call_reference",
    ),
    "By when": ("deadline", "deadline_basis", "is_deadline_verified", "work_by_date", "urgency"),
    "What it is worth": (
        "denied_amount", "charge_amount", "paid_amount", "expected_allowed_amount", "expected_allowed_basis", "success_rate",
        "success_rate_basis", "step_cost_amount", "expected_recovery_amount",
    ),
    "What the payer said": (
        "family", "family_basis", "rule_id", "group_code", "reason_codes", "remark_codes", "policy_id", "denial_date",
        "denial_reason_from_call",
    ),
    "Claim": (
        "item_id", "patient_name", "member_id", "patient_control_number", "payer_claim_control_number", "payer_id", "payer_phone",
        "payer_fax", "service_date", "procedure_code", "modifiers", "diagnosis_codes", "diagnosis_basis", "source",
    ),
    "Earlier payments": (
        "precedent_tier", "precedent_strength", "precedent_claim_number", "precedent_service_date", "precedent_paid_date",
        "precedent_paid_amount", "precedent_trace_number", "precedent_count", "precedent_differences", "counter_evidence",
    ),
}  # fmt: skip
CANDIDATE_STEP = "reprocess_request"
DANGEROUS_IN_SCRIPT = {ord(one): f"\\u{ord(one):04x}" for one in "<>&\u2028\u2029"}


@dataclass(frozen=True)
class Bar:
    """One bar of a chart: what it stands for, its dollars or share as text, and its length in thousandths of the longest; `tone`
    is a class of the style, `mark` a place on the same scale that a second line shows."""

    label: str
    value: str
    length: int
    note: str = ""
    tone: str = ""
    mark: int | None = None


# --------------------------------------------------------------------------------------------------------------------
# The page
# --------------------------------------------------------------------------------------------------------------------
def report(path: Path, settings: Settings) -> Path:
    """The page of a warehouse as its last run left it. Returns its path. Raises UsageError where no run is complete,
    WarehouseBusyError."""
    warehouse, as_of = Warehouse(path), _last_day(path)
    with warehouse.held(), open_tables(path, mappings.of_site(settings)) as connection:
        return write_report(connection, warehouse, as_of)


def report_to_share(path: Path, settings: Settings) -> Path:
    """The page without protected health information, as report/shared.html. Returns its path. Raises as `report`."""
    warehouse, as_of = Warehouse(path), _last_day(path)
    pseudonyms = Pseudonyms(secret_of(settings.secret_file))
    known = mappings.of_site(settings)
    with warehouse.held(), open_tables(path, known) as connection, open_tables(path, known) as shared:
        cover_tables(shared, ROW_TABLES, pseudonyms, as_of)
        held = [one | {"file_name": "a file", "folder": "quarantine"} for one in warehouse.quarantined()]
        content = page(connection, f"a day in {as_of.year}", held, shared)
        return _written(warehouse, SHARED_PAGE, content)


def _last_day(path: Path) -> date:
    said = path / "last_run.json"
    if not said.exists() or not Warehouse(path).marts.is_symlink():
        raise UsageError(f"{path}: there is no worklist yet; make one with remit835 run INBOX --warehouse {path}")
    return date.fromisoformat(json.loads(said.read_text(encoding="utf-8"))["as_of_date"])


def write_report(connection: duckdb.DuckDBPyConnection, warehouse: Warehouse, as_of: date) -> Path:
    """Writes report/index.html from the marts and mappings that the connection knows. Returns its path. Raises WarehouseError."""
    held = [one | {"folder": f"quarantine/{Path(one['folder']).name}"} for one in warehouse.quarantined()]
    return _written(warehouse, PAGE, page(connection, as_of.isoformat(), held))


def _written(warehouse: Warehouse, name: str, content: str) -> Path:
    def write(unfinished: Path) -> None:
        unfinished.unlink(missing_ok=True)
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
            stream.write(content.encode())

    target = warehouse.path / "report" / name
    with explained(warehouse.path):
        target.parent.mkdir(mode=0o700, exist_ok=True)
        write_atomically(target, write)
    return target


def page(
    connection: duckdb.DuckDBPyConnection,
    as_of: str,
    quarantine: Sequence[dict[str, Any]],
    shared: duckdb.DuckDBPyConnection | None = None,
) -> str:
    """The page as text: HTML with its style, script and data inside. Single items and payments come from `shared` where that
    connection, which knows them without protected health information, is given; sums from `connection` always."""
    rows = shared or connection
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(data_folder("mappings") / TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        bytecode_cache=_Compiled(),
    )
    environment.filters |= {"money": money, "percent": percent, "embedded": embedded}
    items, totals = _items(rows), _totals(connection)
    return environment.get_template("index.html").render(
        as_of=as_of,
        is_shared=shared is not None,
        totals=totals,
        data=_data(connection, items),
        change_limit=CHANGE_LIMIT,
        left_out=totals["item_count"] - len(items),
        deadlines=_deadline_bars(connection),
        steps=dicts(
            connection,
            "SELECT summary.next_step, step.wording, summary.item_count, summary.denied_amount, "
            "summary.expected_recovery_amount, summary.due_within_week_count "
            "FROM run_summary_step AS summary LEFT JOIN step USING (next_step) "
            "ORDER BY summary.expected_recovery_amount DESC, summary.next_step",
        ),
        delta=dicts(
            connection,
            "SELECT summary.change, summary.item_outcome, summary.item_count, summary.denied_amount, summary.recovered_amount, "
            "outcome.wording FROM run_summary_delta AS summary LEFT JOIN outcome USING (item_outcome) ORDER BY 1, 2",
        ),
        changes=dicts(
            rows,
            "SELECT item_id, rank, change, change_reason, payer_name, patient_control_number, next_step, deadline, "
            "denied_amount, recovered_amount FROM worklist_delta ORDER BY change = 'new', denied_amount DESC, item_id LIMIT ?",
            [CHANGE_LIMIT],
        ),
        trend=_trend_bars(rows),
        pareto=_pareto_bars(connection),
        payers=dicts(connection, "SELECT * FROM payer_scorecard ORDER BY denied_amount DESC, payer_key"),
        candidates=_candidates(rows),
        funnel=_funnel_bars(connection),
        funnel_payers=_funnel_payers(connection),
        underpayments=dicts(
            rows,
            "SELECT * FROM underpayment ORDER BY shortfall_amount DESC, file_id, segment_index LIMIT ?",
            [UNDERPAYMENT_LIMIT],
        ),
        underpaid=dicts(
            connection,
            "SELECT count(*) AS line_count, coalesce(sum(shortfall_amount), 0)::DECIMAL(18,2) AS shortfall_amount "
            "FROM underpayment",
        )[0],
        measures=_measures(connection),
        quality=_quality(connection),
        quarantine=quarantine,
        findings=_findings(connection),
        unbalanced=dicts(
            rows,
            "SELECT * FROM remittance_summary WHERE NOT (is_balanced AND is_accepted) "
            "ORDER BY payment_date DESC NULLS LAST, file_id, segment_index LIMIT ?",
            [UNBALANCED_LIMIT],
        ),
    )


class _Compiled(jinja2.BytecodeCache):
    """Templates as they were compiled before, where their text is the same (jinja2 sees to that), and so is this module."""

    def __init__(self) -> None:
        self.digest = remembered.digest_of(jinja2.__version__, [Path(__file__)])

    def load_bytecode(self, bucket: jinja2.bccache.Bucket) -> None:
        if (known := remembered.recall(_memory_of(bucket), self.digest)) is not None:
            bucket.bytecode_from_string(known)

    def dump_bytecode(self, bucket: jinja2.bccache.Bucket) -> None:
        remembered.remember(_memory_of(bucket), self.digest, bucket.bytecode_to_string())


def _memory_of(bucket: jinja2.bccache.Bucket) -> Path:
    return remembered.place_of(f"template-{bucket.key}.remembered")


# --------------------------------------------------------------------------------------------------------------------
# What it shows
# --------------------------------------------------------------------------------------------------------------------
def _totals(connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    query = (
        "SELECT count(*) AS item_count, coalesce(sum(denied_amount), 0)::DECIMAL(18,2) AS denied_amount, "
        "coalesce(sum(expected_recovery_amount), 0)::DECIMAL(18,2) AS expected_recovery_amount, "
        "count(*) FILTER (days_left BETWEEN 0 AND 7) AS due_count, count(*) FILTER (days_left < 0) AS passed_count, "
        "count(*) FILTER (status = 'waiting') AS waiting_count FROM worklist"
    )
    paid = (
        "SELECT count(*) AS remittance_count, count(*) FILTER (NOT is_balanced) AS unbalanced_count, "
        "count(*) FILTER (NOT is_accepted) AS copy_count FROM remittance_summary"
    )
    return dicts(connection, query)[0] | dicts(connection, paid)[0]


def _items(connection: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    columns = ", ".join(_item_columns())
    return dicts(connection, f"SELECT {columns} FROM worklist ORDER BY rank LIMIT ?", [ITEM_LIMIT])


def _item_columns() -> list[str]:
    return list(dict.fromkeys([*ROW_COLUMNS, *(name for names in OPEN_COLUMNS.values() for name in names)]))


def _data(connection: duckdb.DuckDBPyConnection, items: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """What the script renders: the items as rows of values, the titles of their columns, and the wording of their codes."""
    columns = _item_columns()
    return {
        "columns": columns,
        "bands": [[most, name] for most, name, _ in DEADLINE_BANDS] + [[None, LATER], [None, NO_DEADLINE]],
        "types": [COLUMNS[name].type for name in columns],
        "titles": [title(name) for name in columns],
        "meanings": [COLUMNS[name].meaning for name in columns],
        "headings": list(ROW_COLUMNS.values()),
        "parts": [[name, [columns.index(one) for one in names]] for name, names in OPEN_COLUMNS.items()],
        "codes": _codes(connection, items),
        "items": [list(item.values()) for item in items],
    }


def _codes(connection: duckdb.DuckDBPyConnection, items: Sequence[dict[str, Any]]) -> dict[str, dict[str, str]]:
    """Column to code to our wording, for the codes that the items have. A code in no list says so."""
    labels = dicts(connection, "SELECT code, label, set_by FROM client_label WHERE code_type = 'RARC' ORDER BY code, set_by")
    said = {label["code"]: f" (the {label['set_by']} reads it as: {label['label']})" for label in labels}
    lists = {
        "reason_codes": ("carc", "code"), "remark_codes": ("rarc", "code"), "group_code": ("group_code", "code"),
        "next_step": ("step", "next_step"), "family": ("denial_family", "family"),
    }  # fmt: skip
    wordings: dict[str, dict[str, str]] = {}
    for column, (table, key) in lists.items():
        known = dict(connection.execute(f"SELECT {key}, wording FROM {table}").fetchall())
        used = sorted({code for item in items for code in (item[column] or "").split()})
        wordings[column] = {code: known.get(code) or "in no list of ours" for code in used}
    remarks = wordings["remark_codes"]
    wordings["remark_codes"] = {code: wording + said.get(code, "") for code, wording in remarks.items()}
    return wordings


def _candidates(connection: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    return dicts(
        connection,
        "SELECT item_id, rank, payer_name, patient_name, payer_claim_control_number, service_date, procedure_code, modifiers, "
        "diagnosis_codes, denied_amount, precedent_strength, precedent_claim_number, precedent_service_date, "
        "precedent_paid_date, precedent_paid_amount, precedent_trace_number, precedent_count, precedent_differences, "
        "counter_evidence FROM worklist WHERE next_step = ? ORDER BY rank LIMIT ?",
        [CANDIDATE_STEP, ITEM_LIMIT],
    )


def _funnel_payers(connection: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    return dicts(
        connection,
        "SELECT max(payer_name) AS payer_name, sum(denial_count)::BIGINT AS denial_count, "
        "sum(denied_amount)::DECIMAL(18,2) AS denied_amount, sum(worked_count)::BIGINT AS worked_count, "
        "sum(ended_count)::BIGINT AS ended_count, sum(won_count)::BIGINT AS won_count, "
        "sum(recovered_amount)::DECIMAL(18,2) AS recovered_amount "
        "FROM recovery_funnel GROUP BY payer_key ORDER BY sum(denied_amount) DESC, payer_key",
    )


def _measures(connection: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """HFMA's measures, each with the values of the last two months, the later one first."""
    query = (
        "SELECT measure, measure_number, wording, measure_unit, computable, limits, "
        "month_date, measure_value, lower_count FROM claim_integrity ORDER BY measure_number, measure, month_date DESC"
    )
    found: dict[str, dict[str, Any]] = {}
    for row in dicts(connection, query):
        values = found.setdefault(row["measure"], row | {"values": []})["values"]
        values.append((f"{row['month_date']:%Y-%m}", measured(row)))
    return [row | {"values": row["values"][:2]} for row in found.values()]


def _quality(connection: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """How far each payer's files can be trusted; those without remittances are told apart as such."""
    return dicts(
        connection,
        "SELECT payer_key, max(payer_name) AS payer_name, count(*) AS file_count, "
        "sum(remittance_count)::BIGINT AS remittance_count, sum(unbalanced_count)::BIGINT AS unbalanced_count, "
        "sum(not_counted_count)::BIGINT AS not_counted_count, sum(error_count)::BIGINT AS error_count, "
        "sum(warning_count)::BIGINT AS warning_count, sum(item_count)::BIGINT AS item_count, "
        "sum(unmatched_count)::BIGINT * 10000 // nullif(sum(item_count)::BIGINT, 0) AS unmatched_per_ten_thousand, "
        "sum(unknown_diagnosis_count)::BIGINT * 10000 // nullif(sum(item_count)::BIGINT, 0) "
        "AS unknown_diagnosis_per_ten_thousand "
        "FROM data_quality GROUP BY payer_key ORDER BY payer_key = 'none', sum(item_count) DESC, payer_key",
    )


def _findings(connection: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    query = (
        "SELECT severity, finding_code, count(*) AS finding_count, count(DISTINCT file_id) AS file_count "
        "FROM finding GROUP BY severity, finding_code ORDER BY severity, finding_count DESC, finding_code"
    )
    rows = dicts(connection, query)
    # what the guide checker finds has codes of its own, and no words of ours
    return [row | {"message": KINDS[row["finding_code"]].message if row["finding_code"] in KINDS else ""} for row in rows]


# --------------------------------------------------------------------------------------------------------------------
# Charts: lengths are pixels, not money
# --------------------------------------------------------------------------------------------------------------------
def _deadline_bars(connection: duckdb.DuckDBPyConnection) -> list[Bar]:
    """Denied dollars of the worklist by how far the limit is."""
    query = "SELECT days_left, count(*), sum(denied_amount)::DECIMAL(18,2) FROM worklist GROUP BY days_left ORDER BY days_left"
    names = [*(name for _, name, _ in DEADLINE_BANDS), LATER, NO_DEADLINE]
    amounts, counts = dict.fromkeys(names, Decimal("0.00")), dict.fromkeys(names, 0)
    for days_left, count, amount in connection.execute(query).fetchall():
        name = _band(days_left)
        counts[name] += count
        amounts[name] += amount
    notes = [counted(counts[name], "item") for name in names]
    tones = [*(tone for _, _, tone in DEADLINE_BANDS), "", "unknown"]
    return _bars(names, list(amounts.values()), notes, tones)


def _band(days_left: int | None) -> str:
    if days_left is None:
        return NO_DEADLINE
    return next((name for most, name, _ in DEADLINE_BANDS if days_left <= most), LATER)


def _trend_bars(connection: duckdb.DuckDBPyConnection) -> list[Bar]:
    """Denied dollars by month, the last months with the earliest first; the note is their share of what was charged."""
    query = (
        "SELECT strftime(month_date, '%Y-%m'), sum(charge_amount)::DECIMAL(18,2), sum(item_count)::BIGINT, "
        "sum(denied_amount)::DECIMAL(18,2) FROM denial_trend GROUP BY month_date ORDER BY month_date DESC LIMIT ?"
    )
    rows = connection.execute(query, [TREND_MONTHS]).fetchall()[::-1]
    shares = [percent(int(denied * 10_000 // charge)) if charge else "" for _, charge, _, denied in rows]
    notes = [
        counted(count, "denial") + (f", {share} of charges" if share else "")
        for (_, _, count, _), share in zip(rows, shares, strict=True)
    ]
    return _bars([row[0] for row in rows], [row[3] for row in rows], notes)


def _pareto_bars(connection: duckdb.DuckDBPyConnection) -> list[Bar]:
    """Denied dollars by reason code, the most first; note and mark are the share so far."""
    rows = dicts(connection, "SELECT * FROM carc_pareto ORDER BY pareto_number LIMIT ?", [PARETO_LIMIT])
    labels = [f"{row['reason_code']}  {row['wording'] or 'in no list of ours'}" for row in rows]
    notes = [f"{counted(row['item_count'], 'item')}, {percent(row['running_per_ten_thousand'])} so far" for row in rows]
    # on one scale: of 1,000 denied dollars
    shares = [(row["share_per_ten_thousand"] // 10, row["running_per_ten_thousand"] // 10) for row in rows]
    amounts = [money(row["denied_amount"]) for row in rows]
    parts = zip(labels, amounts, shares, notes, strict=True)
    return [Bar(label, amount, share, note, "", mark) for label, amount, (share, mark), note in parts]


def _funnel_bars(connection: duckdb.DuckDBPyConnection) -> list[Bar]:
    """Denied dollars from the denial to the payment: of all denials, of those worked, of those that ended, of those won; and what
    came in."""
    query = (
        "SELECT sum(denial_count)::BIGINT, sum(worked_count)::BIGINT, sum(ended_count)::BIGINT, sum(won_count)::BIGINT, "
        "sum(denied_amount)::DECIMAL(18,2), sum(worked_amount)::DECIMAL(18,2), sum(ended_amount)::DECIMAL(18,2), "
        "sum(won_amount)::DECIMAL(18,2), sum(recovered_amount)::DECIMAL(18,2) FROM recovery_funnel"
    )
    row = connection.execute(query).fetchone()
    if row is None or row[0] is None:
        return []
    labels = ["denied", "of these worked", "ended", "won", "money received"]
    return _bars(labels, row[4:], [*(counted(count, "denial") for count in row[:4]), ""], ["", "", "", "good", "good"])


def _bars(
    labels: Sequence[str], amounts: Sequence[Decimal], notes: Sequence[str], tones: Sequence[str] | None = None
) -> list[Bar]:
    longest = max(amounts, default=Decimal(0)) or Decimal(1)
    return [
        Bar(label, money(amount), max(int(amount * 1000 / longest), 0), note, tone)
        for label, amount, note, tone in zip(labels, amounts, notes, tones or [""] * len(labels), strict=True)
    ]


# --------------------------------------------------------------------------------------------------------------------
# Words
# --------------------------------------------------------------------------------------------------------------------
def title(name: str) -> str:
    """A column's name as a heading: `denied_amount` is Denied amount."""
    return name.removeprefix("is_").replace("_", " ").capitalize()


def counted(count: int, word: str) -> str:
    """1 item, 2 items."""
    return f"{count:,} {word}" if count == 1 else f"{count:,} {word}s"


def money(amount: Decimal | None) -> str:
    """US dollars with their cents; nothing where there is none."""
    return "" if amount is None else f"{'-' if amount < 0 else ''}${abs(amount):,.2f}"


def measured(row: dict[str, Any]) -> str:
    """The value of a measure with its unit, or why there is none."""
    if row["computable"] == "no":
        return "not computable from 835 and 837"
    if row["measure_value"] is None:
        return "nothing to count" if row["lower_count"] is None and row["computable"] != "with_837" else "not known"
    return counted(row["measure_value"], "day") if row["measure_unit"] == "days" else percent(row["measure_value"])


def percent(per_ten_thousand: int | None) -> str:
    """A share of 10,000 as a percentage with one digit behind the point, cut off and not rounded."""
    return "" if per_ten_thousand is None else f"{per_ten_thousand // 100}.{per_ten_thousand % 100 // 10}%"


def embedded(value: object) -> Markup:
    """JSON that can stand inside a script element: nothing in it ends the element or begins a comment. Money stays text."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
    return Markup(text.translate(DANGEROUS_IN_SCRIPT))
