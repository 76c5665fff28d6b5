"""What a run says of itself, on the terminal and as JSON: files, money, next steps, the head of the list. No names, no numbers
of patients or claims: it goes to consoles, mails and monitors."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass, field
from decimal import Decimal

import duckdb

TOP_ROWS = 5
SHOWN_REFUSALS = 20
ZERO = Decimal("0.00")


@dataclass(frozen=True)
class Share:
    """One family or next step: its items, their denied dollars and what is expected of them, in USD."""

    name: str
    item_count: int
    denied_amount: Decimal
    expected_recovery_amount: Decimal


@dataclass(frozen=True)
class LabelledRemark:
    """How far a client's label of a remark code holds: with which reason code it came, and on how many items only the label
    makes the family."""

    remark_code: str
    reason_code: str
    item_count: int
    label_only_count: int


@dataclass(frozen=True)
class UnmappedCode:
    """A reason code of denials that no rule knows, with the remark codes beside it: its items and their dollars, in USD."""

    reason_code: str
    remark_codes: str
    item_count: int
    denied_amount: Decimal


@dataclass(frozen=True)
class CodeUse:
    """A code in no list, or used outside its dates: how often, and on which dollars, in USD."""

    code_type: str
    code: str
    problem: str
    use_count: int
    use_amount: Decimal


@dataclass(frozen=True)
class LedgerFinding:
    """What the ledger could not pair, or holds, of all facts: how often, and its dollars, in USD."""

    finding_code: str
    severity: str
    finding_count: int
    finding_amount: Decimal


@dataclass(frozen=True)
class Change:
    """What the night changed on the worklist: how many items, their denied dollars, and what came in, in USD. `item_outcome` says
    how closed ones ended."""

    change: str
    item_outcome: str
    item_count: int
    denied_amount: Decimal
    recovered_amount: Decimal


@dataclass(frozen=True)
class Held:
    """One file in quarantine."""

    file_name: str
    code: str
    reason: str
    folder: str


@dataclass
class Summary:
    """One run. `read` counts this run's new facts, money in USD; families, next steps and top are of the current worklist."""

    as_of_date: str
    warehouse: str
    batch_id: str | None = None
    files: dict[str, int] = field(default_factory=dict)
    read: dict[str, int | Decimal] = field(default_factory=dict)
    findings: dict[str, int] = field(default_factory=dict)
    families: list[Share] = field(default_factory=list)
    next_steps: list[Share] = field(default_factory=list)
    labelled_remarks: list[LabelledRemark] = field(default_factory=list)
    unmapped_codes: list[UnmappedCode] = field(default_factory=list)
    code_uses: list[CodeUse] = field(default_factory=list)
    ledger_findings: list[LedgerFinding] = field(default_factory=list)
    delta: list[Change] = field(default_factory=list)
    small_balances: dict[str, int | Decimal] = field(default_factory=dict)
    dollars: dict[str, Decimal] = field(default_factory=dict)
    top: list[dict] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)
    quarantine: list[Held] = field(default_factory=list)

    def as_json(self) -> str:
        """Money as strings, so that nobody makes floats of it."""
        return json.dumps(asdict(self), indent=1, default=str)

    def as_text(self) -> str:
        """For a terminal: short and aligned."""
        sections = [
            [f"remit835 as of {self.as_of_date}: " + (f"batch {self.batch_id}" if self.batch_id else "no new files")],
            _pairs("files", self.files),
            _pairs("read", self.read),
            _pairs("findings", self.findings),
            _shares("denied, by family", self.families),
            _shares("next steps", self.next_steps),
            _listed("remarks that the client reads in its own way", [_labelled(one) for one in self.labelled_remarks]),
            _listed("codes that no rule knows", [_unmapped(one) for one in self.unmapped_codes[:TOP_ROWS]]),
            _listed("codes in no list, or used outside their dates", [_used(one) for one in self.code_uses[:TOP_ROWS]]),
            _listed("to look at in the ledger", [_unpaired(one) for one in self.ledger_findings]),
            _listed("since the night before", [_changed(one) for one in self.delta]),
            _top(self.top),
            _pairs("small balances, grouped in small_balances.csv", self.small_balances),
            _pairs("dollars", self.dollars) + (["  in = out"] if self.dollars else []),
            _listed("in quarantine", [f"{held.file_name}: {held.reason} ({held.code})" for held in self.quarantine]),
            _listed("written", self.outputs),
        ]
        return "\n\n".join("\n".join(lines) for lines in sections if lines)


@dataclass
class Logged:
    """What became of a work log: rows taken, known already, without any entry, refused with their fixes; and the night after."""

    taken: int
    known_already: int
    without_entry: int
    refused: list[dict]
    refused_file: str | None
    night: Summary

    def as_json(self) -> str:
        """As Summary.as_json."""
        return json.dumps(asdict(self), indent=1, default=str)

    def as_text(self) -> str:
        """For a terminal."""
        counts = {"taken": self.taken, "known already": self.known_already, "refused": len(self.refused)}
        refused = [
            f"row {row['row']}: " + "; ".join(f"{fault['column']}: {fault['fix']}" for fault in row["faults"])
            for row in self.refused[:SHOWN_REFUSALS]
        ]
        if len(self.refused) > SHOWN_REFUSALS:
            refused.append(f"and {len(self.refused) - SHOWN_REFUSALS:,} more")
        if self.refused_file:
            refused.append(f"correct {self.refused_file} and log it again")
        sections = [
            _pairs("work log", counts),
            _listed("refused", refused),
            _listed("since the night before", [_changed(one) for one in self.night.delta]),
            _listed("written", self.night.outputs),
        ]
        return "\n\n".join("\n".join(lines) for lines in sections if lines)


def read_of(record: dict | None) -> dict[str, int | Decimal]:
    """Counts and money of the facts of one commit record."""
    if record is None:
        return {}
    tables = record["tables"]

    def rows(table: str) -> int:
        return tables.get(table, {}).get("rows", 0)

    def dollars(table: str, column: str) -> Decimal:
        return Decimal(tables.get(table, {}).get("dollars", {}).get(column, "0.00"))

    return {
        "remittances": rows("remittance"),
        "claim payments": rows("claim_payment"),
        "service lines": rows("service_line"),
        "submitted claims": rows("submitted_claim"),
        "submitted lines": rows("submitted_line"),
        "work log entries": rows("work_log"),
        "charged": dollars("claim_payment", "charge_amount"),
        "paid": dollars("claim_payment", "paid_amount"),
        "adjusted": dollars("adjustment", "adjustment_amount"),
    }


def findings_of(connection: duckdb.DuckDBPyConnection, file_ids: list[str]) -> dict[str, int]:
    """Findings of some files, by severity."""
    query = "SELECT severity, count(*) FROM finding WHERE list_contains(?, file_id) GROUP BY severity ORDER BY severity"
    return dict(connection.execute(query, [file_ids]).fetchall())


def families_of(connection: duckdb.DuckDBPyConnection) -> list[Share]:
    """Every denied line by family, the most dollars first."""
    return _shares_of(connection, "run_summary_family", "family")


def next_steps_of(connection: duckdb.DuckDBPyConnection) -> list[Share]:
    """The worklist by next step, the most dollars first."""
    return _shares_of(connection, "run_summary_step", "next_step")


def labelled_remarks_of(connection: duckdb.DuckDBPyConnection) -> list[LabelledRemark]:
    """Denied lines with a remark that has a client's label, by the reason codes beside it."""
    columns = "remark_code, reason_code, item_count, label_only_count"
    query = f"SELECT {columns} FROM run_summary_m1 ORDER BY remark_code, item_count DESC, reason_code"
    return [LabelledRemark(*row) for row in connection.execute(query).fetchall()]


def unmapped_codes_of(connection: duckdb.DuckDBPyConnection) -> list[UnmappedCode]:
    """The holes of the rules, the most dollars first."""
    query = "SELECT reason_code, remark_codes, item_count, denied_amount FROM unmapped_code ORDER BY denied_amount DESC, 1, 2"
    return [UnmappedCode(*row) for row in connection.execute(query).fetchall()]


def code_uses_of(connection: duckdb.DuckDBPyConnection) -> list[CodeUse]:
    """Codes whose use is wrong, the most dollars first."""
    columns = "code_type, code, problem, use_count, use_amount"
    query = f"SELECT {columns} FROM code_use ORDER BY use_amount DESC, code_type, code, problem"
    return [CodeUse(*row) for row in connection.execute(query).fetchall()]


def ledger_findings_of(connection: duckdb.DuckDBPyConnection) -> list[LedgerFinding]:
    """Findings of the ledger by kind."""
    query = """
        SELECT finding_code, severity, count(*), coalesce(sum(finding_amount), 0)::DECIMAL(18,2)
        FROM ledger_finding
        GROUP BY finding_code, severity
        ORDER BY finding_code, severity
    """
    return [LedgerFinding(*row) for row in connection.execute(query).fetchall()]


def delta_of(connection: duckdb.DuckDBPyConnection) -> list[Change]:
    """New, changed, closed and taken up again since the last night before the as-of date."""
    columns = "change, item_outcome, item_count, denied_amount, recovered_amount"
    rows = connection.execute(f"SELECT {columns} FROM run_summary_delta ORDER BY change, item_outcome").fetchall()
    return [Change(*row) for row in rows]


def small_balances_of(connection: duckdb.DuckDBPyConnection) -> dict[str, int | Decimal]:
    """What is too small to be worked alone: groups, items, and their denied dollars. Empty where nothing is."""
    query = "SELECT count(*), sum(item_count)::BIGINT, sum(denied_amount)::DECIMAL(18,2) FROM small_balance"
    groups, items, denied = connection.execute(query).fetchall()[0]
    return {"groups": groups, "items": items, "denied": denied} if groups else {}


def top_of(connection: duckdb.DuckDBPyConnection) -> list[dict]:
    """The first rows of the worklist, without what identifies a patient or a claim."""
    columns = ("rank", "item_id", "next_step", "deadline", "days_left", "denied_amount", "expected_recovery_amount", "payer_name")
    query = f"SELECT {', '.join(columns)} FROM worklist ORDER BY rank LIMIT {TOP_ROWS}"
    return [dict(zip(columns, row, strict=True)) for row in connection.execute(query).fetchall()]


def count_files(statuses: list[str]) -> dict[str, int]:
    """Files by what became of them, the most first."""
    return dict(Counter(statuses).most_common())


def _listed(title: str, lines: list[str]) -> list[str]:
    return [title, *(f"  {line}" for line in lines)] if lines else []


def _shares_of(connection: duckdb.DuckDBPyConnection, table: str, name: str) -> list[Share]:
    columns = f"{name}, item_count, denied_amount, expected_recovery_amount"
    return [Share(*row) for row in connection.execute(f"SELECT {columns} FROM {table} ORDER BY 3 DESC, 1").fetchall()]


def _labelled(one: LabelledRemark) -> str:
    label_only = f"  (by the label only: {one.label_only_count:,})" if one.label_only_count else ""
    return f"{one.remark_code:<5} with {one.reason_code:<5} {one.item_count:>7,}{label_only}"


def _unmapped(one: UnmappedCode) -> str:
    beside = f" with {one.remark_codes}" if one.remark_codes else ""
    return f"{one.reason_code}{beside}: {one.item_count:,} items, {_figure(one.denied_amount)}"


def _used(one: CodeUse) -> str:
    problem = one.problem.replace("_", " ")
    times = "once" if one.use_count == 1 else f"{one.use_count:,} times"
    return f"{one.code_type} {one.code}: {problem}, {times}, {_figure(one.use_amount)}"


def _unpaired(one: LedgerFinding) -> str:
    name = one.finding_code.replace("_", " ")
    return f"{name:<28}  {one.finding_count:>7,}  {_figure(one.finding_amount):>15}  {one.severity}"


def _changed(one: Change) -> str:
    name = f"{one.change} ({one.item_outcome.replace('_', ' ')})" if one.item_outcome else one.change
    recovered = f"  recovered {_figure(one.recovered_amount)}" if one.recovered_amount else ""
    return f"{name:<28}  {one.item_count:>7,}  {_figure(one.denied_amount):>15}{recovered}"


def _pairs(title: str, pairs: dict[str, int | Decimal]) -> list[str]:
    if not pairs:
        return []
    wide = max(len(name) for name in pairs)
    return [title, *(f"  {name:<{wide}}  {_figure(value):>15}" for name, value in pairs.items())]


def _shares(title: str, shares: list[Share]) -> list[str]:
    if not shares:
        return []
    wide = max(len(title) - 2, *(len(share.name) for share in shares))
    head = f"{title:<{wide + 2}}  {'items':>7}  {'denied':>15}  {'expected':>15}"
    return [
        head,
        *(
            f"  {s.name:<{wide}}  {s.item_count:>7,}  {_figure(s.denied_amount):>15}  {_figure(s.expected_recovery_amount):>15}"
            for s in shares
        ),
    ]


def _top(rows: list[dict]) -> list[str]:
    lines = [
        f"  {row['rank']:>3}  {row['next_step']:<20}  {row['deadline'] or 'no deadline'!s:<11}  "
        f"{_figure(row['denied_amount']):>12}  {row['payer_name'] or ''}"
        for row in rows
    ]
    return ["first on the list", *lines] if lines else []


def _figure(value: int | Decimal | None) -> str:
    return f"{value or ZERO:,.2f}" if value is None or isinstance(value, Decimal) else f"{value:,}"
