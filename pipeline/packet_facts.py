"""What a packet may say of an item: facts, each with the place it came from.

A fact comes from a segment of a remittance or claim, from the work log, from the practice's settings, or it is computed from
those by a rule that is named. Nothing else reaches a letter: a template can print facts only (pipeline.packet_text), and what
has no fact becomes a visible gap. mappings/packet_fact.csv says which columns a fact is taken from; the first filled one counts.

A segment is named by the row that it was read into: file, number of the row's segment (CLP, SVC, CAS, LQ, ST, counted from 1),
and the element, which for values of segments below it (as 2100 NM1*QC 03) says where in that loop to look.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

import duckdb

from pipeline.mappings import Mappings
from pipeline.settings import Settings
from pipeline.tables import TABLES

# Precedents of the worklist's tiers beyond this many are counted, not listed.
PRECEDENTS_LISTED = 5


@dataclass(frozen=True)
class Fact:
    """One value with its place of origin: `value` plain (ISO dates, amounts without a sign), `shown` as letters print it."""

    name: str
    value: str
    shown: str
    source: dict[str, object]


@dataclass
class ItemFacts:
    """Everything that is known of one item. `groups`: numbered facts, as the adjustments of the line. `situation`: names of
    what is so, which templates and checklists can ask for. `limits`: last day by action."""

    item_id: str
    next_step: str
    reason: str
    family: str
    family_basis: str
    guard: str
    payer_family: str
    facts: dict[str, Fact] = field(default_factory=dict)
    groups: dict[str, list[dict[str, Fact]]] = field(default_factory=dict)
    situation: set[str] = field(default_factory=set)
    limits: dict[str, date | None] = field(default_factory=dict)
    service_kinds: set[str] = field(default_factory=set)
    is_worked_past_limit: bool = False

    def add(self, fact: Fact | None) -> None:
        if fact is not None:
            self.facts.setdefault(fact.name, fact)

    def codes(self, group: str, name: str) -> list[str]:
        return [row[name].value for row in self.groups.get(group, []) if name in row]

    def every_fact(self) -> Iterator[Fact]:
        yield from self.facts.values()
        for rows in self.groups.values():
            for row in rows:
                yield from row.values()


# --------------------------------------------------------------------------------------------------------------------
# How values are shown
# --------------------------------------------------------------------------------------------------------------------
def cleaned(text: str) -> str:
    """One line without control characters and without the private characters that mark facts and gaps in rendered text."""
    return " ".join(re.sub(r"[\x00-\x1f\x7f-\x9f\ue000-\uf8ff\ud800-\udfff\ufffe\uffff]", " ", text).split())


def show(value: object) -> str:
    """Dates as 10/20/2026, amounts with two decimals, everything else as it is."""
    if isinstance(value, date):
        return value.strftime("%m/%d/%Y")
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return cleaned(str(value))


def _money(values: Sequence[object]) -> str:
    return f"${values[0]:,.2f}"


def _plain(values: Sequence[object]) -> str:
    return " ".join(show(value) for value in values if value not in (None, ""))


def _listed(values: Sequence[object]) -> str:
    return ", ".join(show(values[0]).split())


def _phone(values: Sequence[object]) -> str:
    number = show(values[0])
    shown = f"({number[:3]}) {number[3:6]}-{number[6:]}" if re.fullmatch(r"\d{10}", number) else number
    return f"{shown} ext. {show(values[1])}" if len(values) > 1 and values[1] else shown


def _diagnoses(values: Sequence[object]) -> str:
    """Codes with the dot that X12 leaves out, after the third character."""
    return ", ".join(f"{code[:3]}.{code[3:]}" if len(code) > 3 and "." not in code else code for code in show(values[0]).split())


def _city(values: Sequence[object]) -> str:
    city, state, postal_code = (show(value) if value else "" for value in values)
    if re.fullmatch(r"\d{9}", postal_code):
        postal_code = postal_code[:5] if postal_code.endswith("0000") else f"{postal_code[:5]}-{postal_code[5:]}"
    return " ".join(filter(None, [f"{city}," if city and state else city, state, postal_code]))


FORMS: dict[str | None, Callable[[Sequence[object]], str]] = {
    None: _plain,
    "money": _money,
    "list": _listed,
    "phone": _phone,
    "diagnoses": _diagnoses,
    "city": _city,
}


# --------------------------------------------------------------------------------------------------------------------
# Gathering
# --------------------------------------------------------------------------------------------------------------------
Rows = dict[str, dict[str, object]]
"""One row of each table that an item has: table name to values."""

# Where the rows of an item stand: role = table of the same name, unless said otherwise.
PLACES = """
    CREATE OR REPLACE TEMP TABLE packet_place AS
    WITH wanted AS (
        SELECT
            denied_line.item_id, denied_line.file_id, denied_line.claim_segment_index, denied_line.line_segment_index,
            claim_payment.remittance_segment_index,
            coalesce(service.submitted_file_id, claim_match.submitted_file_id) AS submitted_file_id,
            CASE WHEN service.is_claim_level THEN NULL ELSE service.submitted_segment_index END AS submitted_line_index,
            coalesce(line.claim_segment_index, claim_match.submitted_claim_segment_index) AS submitted_claim_index
        FROM packet_item
        INNER JOIN denied_line ON denied_line.item_id = packet_item.item_id
        INNER JOIN claim_payment
            ON claim_payment.file_id = denied_line.file_id AND claim_payment.segment_index = denied_line.claim_segment_index
        LEFT JOIN denied_service AS service ON service.item_id = denied_line.item_id
        LEFT JOIN submitted_line AS line
            ON line.file_id = service.submitted_file_id AND line.segment_index = service.submitted_segment_index
        LEFT JOIN claim_match
            ON claim_match.file_id = denied_line.file_id AND claim_match.segment_index = denied_line.claim_segment_index
    )
    SELECT item_id, 'claim_payment' AS role, file_id, claim_segment_index AS segment_index FROM wanted
    UNION ALL SELECT item_id, 'claim_payment_current', file_id, claim_segment_index FROM wanted
    UNION ALL SELECT item_id, 'service_line', file_id, line_segment_index FROM wanted
    UNION ALL SELECT item_id, 'service_line_current', file_id, line_segment_index FROM wanted
    UNION ALL SELECT item_id, 'remittance', file_id, remittance_segment_index FROM wanted
    UNION ALL SELECT item_id, 'submitted_claim', submitted_file_id, submitted_claim_index FROM wanted
    UNION ALL SELECT item_id, 'submitted_line', submitted_file_id, submitted_line_index FROM wanted
"""
PLACED = (
    "claim_payment", "claim_payment_current", "service_line", "service_line_current", "remittance", "submitted_claim",
    "submitted_line",
)  # fmt: skip
BY_ITEM = ("denied_line", "denied_service", "decision", "counter_evidence")

ADJUSTMENTS = """
    SELECT
        denied.item_id, denied.file_id, denied.segment_index, denied.triplet_number, denied.group_code, denied.reason_code,
        denied.adjustment_amount
    FROM classified_adjustment AS denied
    INNER JOIN packet_item ON packet_item.item_id = denied.item_id
    WHERE denied.outcome = 'denied'
    ORDER BY denied.item_id, denied.adjustment_amount DESC, denied.segment_index, denied.triplet_number
"""
REMARKS = """
    SELECT
        denied_line.item_id, remark.file_id, remark.segment_index, remark.remark_source, remark.remark_position,
        remark.remark_code
    FROM packet_item
    INNER JOIN denied_line ON denied_line.item_id = packet_item.item_id
    INNER JOIN remark_code AS remark
        ON remark.file_id = denied_line.file_id
        AND remark.claim_segment_index = denied_line.claim_segment_index
        AND (remark.line_segment_index IS NULL OR remark.line_segment_index = denied_line.line_segment_index)
        AND list_contains(string_split(denied_line.remark_codes, ' '), remark.remark_code)
    QUALIFY row_number() OVER (
        PARTITION BY denied_line.item_id, remark.remark_code
        ORDER BY remark.line_segment_index NULLS LAST, remark.segment_index, remark.remark_position
    ) = 1
    ORDER BY denied_line.item_id, list_position(string_split(denied_line.remark_codes, ' '), remark.remark_code)
"""
PRECEDENTS = """
    SELECT
        candidate.item_id, candidate.precedent_tier, strength.is_candidate, candidate.precedent_differences,
        candidate.precedent_file_id AS file_id, candidate.precedent_segment_index AS segment_index,
        coalesce(claim.segment_index, history.segment_index) AS claim_segment_index,
        coalesce(remittance.segment_index, history.segment_index) AS remittance_segment_index,
        coalesce(claim.payer_claim_control_number, history.payer_claim_control_number) AS payer_claim_control_number,
        claim.statement_from_date, coalesce(line.service_date, history.service_date) AS service_date,
        coalesce(line.paid_amount, history.paid_amount) AS paid_amount,
        coalesce(line.charge_amount, history.charge_amount) AS charge_amount,
        coalesce(line.submitted_procedure_code, line.procedure_code, history.procedure_code) AS procedure_code,
        coalesce(remittance.payment_date, history.payment_date) AS payment_date,
        coalesce(remittance.trace_number, history.trace_number) AS trace_number,
        coalesce(paid.diagnosis_codes, history.diagnosis_codes) AS diagnosis_codes
    FROM precedent_candidate AS candidate
    INNER JOIN packet_item ON packet_item.item_id = candidate.item_id
    INNER JOIN precedent_strength AS strength ON strength.precedent_tier = candidate.precedent_tier
    LEFT JOIN paid_history AS history  -- a payment of before the warehouse's own remittances
        ON history.file_id = candidate.precedent_file_id AND history.segment_index = candidate.precedent_segment_index
    LEFT JOIN service_line AS line
        ON line.file_id = candidate.precedent_file_id AND line.segment_index = candidate.precedent_segment_index
    LEFT JOIN claim_payment AS claim ON claim.file_id = line.file_id AND claim.segment_index = line.claim_segment_index
    LEFT JOIN remittance ON remittance.file_id = line.file_id AND remittance.segment_index = line.remittance_segment_index
    LEFT JOIN paid_line AS paid
        ON paid.file_id = candidate.precedent_file_id AND paid.segment_index = candidate.precedent_segment_index
    QUALIFY row_number() OVER (PARTITION BY candidate.item_id, strength.is_candidate ORDER BY
        strength.tier_rank, candidate.precedent_service_date DESC, candidate.precedent_paid_date DESC NULLS LAST,
        candidate.precedent_file_id, candidate.precedent_segment_index) <= ?
    ORDER BY candidate.item_id, strength.tier_rank, candidate.precedent_service_date DESC,
        candidate.precedent_paid_date DESC NULLS LAST, candidate.precedent_file_id, candidate.precedent_segment_index
"""


def gather(
    connection: duckdb.DuckDBPyConnection,
    mappings: Mappings,
    settings: Settings,
    item_ids: Iterable[str],
    step: str | None,
    as_of: date,
) -> dict[str, ItemFacts]:
    """The facts of each item, for its own next step or for `step`. An item that the warehouse does not have is left out. The
    connection has views of facts and marts. A query a kind of row, however many items."""
    connection.execute("CREATE OR REPLACE TEMP TABLE packet_item (item_id VARCHAR)")
    connection.execute("INSERT INTO packet_item SELECT unnest(?)", [list(dict.fromkeys(item_ids))])
    connection.execute(PLACES)
    strength = mappings.tables["precedent_strength"]  # noqa: F841 DuckDB reads it by name
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE precedent_strength AS SELECT precedent_tier, is_candidate, tier_rank FROM strength"
    )
    taken = connection.execute("SELECT file_id, file_name, kind = 'extract' FROM source_file").fetchall()
    files = {file_id: file_name for file_id, file_name, _ in taken}
    extracts = frozenset(file_id for file_id, _, is_extract in taken if is_extract)
    rows = _rows_by_item(connection)
    limits = _grouped(connection, f"SELECT {_columns('deadline')} FROM deadline INNER JOIN packet_item USING (item_id)")
    order = ", ".join(name for name in ("action_date", "entry_number", "work_log_id") if name in TABLES["work_log"].sources)
    log = f"SELECT {_columns('work_log')} FROM work_log INNER JOIN packet_item USING (item_id) WHERE action_date <= ?"
    logged = _grouped(connection, f"{log} ORDER BY {order}", [as_of])
    adjustments, remarks = _grouped(connection, ADJUSTMENTS), _grouped(connection, REMARKS)
    precedents = _grouped(connection, PRECEDENTS, [PRECEDENTS_LISTED])
    sources = Sources(files, extracts)
    found = {}
    for item_id, item_rows in rows.items():
        item_rows["settings"] = settings.model_dump()
        if payer := mappings.row("payer", item_rows["claim_payment_current"]["payer_key"]):
            item_rows["payer"] = payer.model_dump()
        entries = _of_this_denial(logged[item_id], item_rows["claim_payment_current"]["denial_date"])
        item = _begin(item_id, item_rows, entries, step, mappings)
        item.limits = {
            limit["deadline_action"]: limit["deadline"] for limit in limits[item_id] if limit["deadline_state"] != "doubtful"
        }
        _add_facts(item, item_rows, entries, sources, mappings)
        _add_codes(item, adjustments[item_id], remarks[item_id], sources, mappings)
        _add_precedents(item, precedents[item_id], sources)
        _add_computed(item, item_rows, limits[item_id], entries, sources, mappings, as_of)
        _add_situation(item, item_rows, mappings)
        found[item_id] = item
    return found


# The segment that a row's segment_index names.
ANCHORS = {
    "remittance": "ST",
    "claim_payment": "CLP",
    "claim_payment_current": "CLP",
    "service_line": "SVC",
    "service_line_current": "SVC",
    "submitted_claim": "CLM",
    "submitted_line": "SV",
}


@dataclass(frozen=True)
class Sources:
    """Says where a value of a row was read. `files`: file_id to file name; `extracts`: the files that are no X12: they have
    rows in place of segments."""

    files: dict[str, str]
    extracts: frozenset[str] = frozenset()

    def of(self, table: str, row: dict, columns: Sequence[str], segment: str = "segment_index") -> dict[str, object]:
        if table == "settings":
            return {"kind": "settings", "setting": ", ".join(columns)}
        if table == "work_log":
            return {
                "kind": "work_log", "entry": row["work_log_id"], "date": row["action_date"].isoformat(),
                "by": cleaned(row["worked_by"] or ""), "column": ", ".join(columns),
            }  # fmt: skip
        if table == "payer":
            return {"kind": "mapping", "file": "payer.csv", "row": f"{row['payer_key']} ({row['contact_source']})"}
        if row["file_id"] in self.extracts:
            return self.segment(row["file_id"], row[segment], ", ".join(columns))
        elements = [TABLES[table].sources.get(column) or column for column in columns]
        return self.segment(row["file_id"], row[segment], ", ".join(elements), ANCHORS[table]) | {
            "column": f"{table}.{'+'.join(columns)}"
        }

    def segment(self, file_id: str, segment_index: int, element: str, anchor: str = "") -> dict[str, object]:
        if file_id in self.extracts:
            file = cleaned(self.files.get(file_id, file_id))
            return {"kind": "extract", "file": file, "row": segment_index, "column": element}
        source: dict[str, object] = {
            "kind": "segment",
            "file": cleaned(self.files.get(file_id, file_id)),
            "segment": segment_index + 1,
        }
        return source | ({"segment_id": anchor} if anchor else {}) | {"element": element}


def computed(rule: str, rests_on: Sequence[dict] = ()) -> dict[str, object]:
    """The source of a value that a rule makes of others."""
    return {"kind": "computed", "rule": rule} | ({"rests_on": list(rests_on)} if rests_on else {})


def said(source: dict[str, object]) -> str:
    """A source in words, for people."""
    match source["kind"]:
        case "segment":
            anchor = f"{source['segment_id']} at " if "segment_id" in source else ""
            return f"{source['file']}, {anchor}segment {source['segment']}: {source['element']}"
        case "extract":
            return f"{source['file']}, row {source['row']}: {source['column']}"
        case "work_log":
            return f"work log {source['date']}, {source['by']}: {source['column']}"
        case "settings":
            return f"configuration: {source['setting']}"
        case "mapping":
            return f"mappings/{source['file']}, {source['row']}"
        case "option":
            return str(source["option"])
    rests = "; ".join(said(one) for one in source.get("rests_on", ()))
    return f"{source['rule']}{f' ({rests})' if rests else ''}"


def _columns(table: str) -> str:
    return ", ".join(f"{table}.{name}" for name in TABLES[table].column_names)


def _records(connection: duckdb.DuckDBPyConnection, query: str, parameters: Sequence = ()) -> list[dict]:
    return connection.sql(query, params=list(parameters)).to_arrow_table().to_pylist()


def _grouped(connection: duckdb.DuckDBPyConnection, query: str, parameters: Sequence = ()) -> dict[str, list[dict]]:
    groups: dict[str, list[dict]] = defaultdict(list)
    for record in _records(connection, query, parameters):
        groups[record["item_id"]].append(record)
    return groups


def _rows_by_item(connection: duckdb.DuckDBPyConnection) -> dict[str, Rows]:
    rows: dict[str, Rows] = {}
    for table in BY_ITEM:
        for record in _records(connection, f"SELECT {_columns(table)} FROM {table} INNER JOIN packet_item USING (item_id)"):
            if table == BY_ITEM[0]:
                rows[record["item_id"]] = {}
            rows[record["item_id"]][table] = record
    for table in PLACED:
        query = f"""
            SELECT place.item_id AS packet_item_id, {_columns(table)} FROM packet_place AS place
            INNER JOIN {table} ON {table}.file_id = place.file_id AND {table}.segment_index = place.segment_index
            WHERE place.role = '{table}'
        """
        for record in _records(connection, query):
            rows[record.pop("packet_item_id")][table] = record
    return rows


def _of_this_denial(entries: list[dict], denial_date: date | None) -> list[dict]:
    """What was logged since the denial: what a call said of an earlier denial of the same line is over."""
    return [entry for entry in entries if denial_date is None or entry["action_date"] >= denial_date]


def _begin(item_id: str, rows: Rows, entries: list[dict], step: str | None, mappings: Mappings) -> ItemFacts:
    line, decision, payment = rows["denied_line"], rows["decision"], rows["claim_payment_current"]
    codes = {code for code in (rows["denied_service"]["billed_procedure_code"],) if code}
    kinds = {
        row.service_kind
        for row in mappings.rows["service_kind"]
        for code in codes
        if len(code) == len(row.first_code) and row.first_code <= code <= row.last_code
    }
    return ItemFacts(
        item_id=item_id,
        next_step=step or decision["next_step"],
        reason=decision["next_step_reason"] or "",
        family=line["family"],
        family_basis=line["family_basis"],
        guard=line["guard"] or "",
        payer_family=payment["payer_family"] or "unknown",
        service_kinds=kinds,
        is_worked_past_limit=bool(decision["is_worked_past_limit"])
        or client_goes_on(decision["client"], line["payer_key"], entries, mappings),
    )


def client_goes_on(client: str | None, payer_key: str | None, entries: list[dict], mappings: Mappings) -> bool:
    """Whether the client says to go on after a limit, as sql/4_decide/situation.sql reads it: the latest word in the work log for
    the item, else mappings/past_limit.csv. The decision says so for the limit of its own step only."""
    words = [entry["client_continues"] for entry in entries if entry.get("client_continues")]
    if words:
        return words[-1] == "Y"
    return any(
        (row.client is None or row.client == client) and (row.payer_key is None or row.payer_key == payer_key)
        for row in mappings.rows["past_limit"]
    )


def _add_facts(item: ItemFacts, rows: Rows, entries: list[dict], sources: Sources, mappings: Mappings) -> None:
    """Every fact of packet_fact.csv that has a filled column. Of the work log, the latest entry that fills the column counts."""
    for rule in mappings.rows["packet_fact"]:
        for origin in rule.origins:
            table, _, names = origin.partition(".")
            columns = names.split("+")
            row = _latest(entries, columns) if table == "work_log" else rows.get(table)
            if row is None or all(row[column] in (None, "") for column in columns):
                continue
            if columns[0] in ("payer_phone", "claim_contact_phone") and not row[columns[0]]:
                continue
            filled = [column for column in columns if row[column] not in (None, "")]
            values = [row[column] for column in columns]
            shown = cleaned(FORMS[rule.form](values))
            if shown:
                plain = " ".join(cleaned(str(row[column])) for column in filled)
                item.add(Fact(rule.name, plain, shown, sources.of(table, row, filled)))
                break


def _latest(entries: list[dict], columns: list[str]) -> dict | None:
    if columns == ["action_date"]:
        return next((entry for entry in reversed(entries) if entry["call_reference"]), None)
    return next((entry for entry in reversed(entries) if entry[columns[0]] is not None), None)


def _add_codes(item: ItemFacts, adjustments: list[dict], remarks: list[dict], sources: Sources, mappings: Mappings) -> None:
    reasons = {row.code: row.wording for row in mappings.rows["carc"]}
    remark_words = {row.code: row.wording for row in mappings.rows["rarc"]}
    item.groups["adjustment"] = []
    by_code: dict[tuple[str, str], list[dict]] = defaultdict(list)
    for row in adjustments:
        by_code[cleaned(row["group_code"] or ""), cleaned(row["reason_code"] or "")].append(row)
    for (group, reason), rows in by_code.items():
        places = [_place_of_triplet(row, sources) for row in rows]
        amount = sum((row["adjustment_amount"] for row in rows), Decimal(0))
        code = f"{group}-{reason}" if group else reason
        facts = [
            Fact("code", code, code, places[0]),
            Fact("group_code", group, group, places[0]),
            Fact("reason_code", reason, reason, places[0]),
            Fact("amount", str(amount), _money([amount]), places[0] if len(places) == 1 else computed("sum", places)),
        ]
        if reasons.get(reason):
            facts.append(_wording(reasons[reason], "carc.csv", reason))
        item.groups["adjustment"].append({fact.name: fact for fact in facts if fact.value})
    item.groups["remark"] = []
    for row in remarks:
        element = f"{row['remark_source']}{2 if row['remark_source'] == 'LQ' else row['remark_position']:02}"
        code = cleaned(row["remark_code"])
        facts = [Fact("code", code, code, sources.segment(row["file_id"], row["segment_index"], element, row["remark_source"]))]
        if remark_words.get(code):
            facts.append(_wording(remark_words[code], "rarc.csv", code))
        item.groups["remark"].append({fact.name: fact for fact in facts})


def _place_of_triplet(row: dict, sources: Sources) -> dict[str, object]:
    first = 3 * row["triplet_number"] - 1
    return sources.segment(row["file_id"], row["segment_index"], f"CAS01, CAS{first:02}, CAS{first + 1:02}", "CAS")


def _wording(words: str, file: str, code: str) -> Fact:
    """Our own words for a code: not the payer's."""
    return Fact("wording", words, cleaned(words), {"kind": "mapping", "file": file, "row": code})


def _add_precedents(item: ItemFacts, precedents: list[dict], sources: Sources) -> None:
    """Earlier payments: `precedent` those that support a request to reprocess, `other_payment` those that do not."""
    item.groups["precedent"], item.groups["other_payment"] = [], []
    for row in precedents:

        def from_line(
            column: str, segment: str = "segment_index", table: str = "service_line", row: dict = row
        ) -> dict[str, object]:
            return sources.of(table, row, [column], segment)

        claim, payment = ("claim_segment_index", "claim_payment"), ("remittance_segment_index", "remittance")
        service_source = from_line("service_date") if row["service_date"] else from_line("statement_from_date", *claim)
        procedure = sources.segment(row["file_id"], row["segment_index"], "SVC06-2, else SVC01-2")
        diagnoses = computed("mart paid_line: diagnoses of the matched claim", [from_line("service_date")])
        tier = computed("mart precedent_candidate: mappings/precedent_strength.csv", [from_line("service_date")])
        values = [
            ("claim_number", row["payer_claim_control_number"], show, from_line("payer_claim_control_number", *claim)),
            ("service_date", row["service_date"] or row["statement_from_date"], show, service_source),
            ("procedure", row["procedure_code"], show, procedure),
            ("paid_date", row["payment_date"], show, from_line("payment_date", *payment)),
            ("paid_amount", row["paid_amount"], lambda value: _money([value]), from_line("paid_amount")),
            ("charge", row["charge_amount"], lambda value: _money([value]), from_line("charge_amount")),
            ("trace_number", row["trace_number"], show, from_line("trace_number", *payment)),
            ("diagnoses", row["diagnosis_codes"], lambda value: _diagnoses([value]), diagnoses),
            ("tier", row["precedent_tier"], show, tier),
            ("differences", row["precedent_differences"], lambda value: show(value).replace(" ", ", ").replace("_", " "), tier),
        ]
        facts = [
            Fact(name, cleaned(str(value)), form(value), source)
            for name, value, form, source in values
            if value not in (None, "")
        ]
        item.groups["precedent" if row["is_candidate"] else "other_payment"].append({fact.name: fact for fact in facts})


def _add_computed(
    item: ItemFacts, rows: Rows, limits: list[dict], entries: list[dict], sources: Sources, mappings: Mappings, as_of: date
) -> None:
    line, payment = rows["denied_line"], rows["claim_payment_current"]
    item.add(Fact("letter_date", as_of.isoformat(), show(as_of), {"kind": "option", "option": "--as-of"}))
    amounts = [row["amount"].source for row in item.groups["adjustment"]]
    item.add(
        Fact(
            "denied_amount",
            str(line["denied_amount"]),
            _money([line["denied_amount"]]),
            computed("sum of the denial adjustments", amounts),
        )
    )
    if "denial_date_from_call" in item.facts:
        called = item.facts["denial_date_from_call"]
        item.add(Fact("denial_date", called.value, called.shown, called.source))
    elif payment["denial_date"]:
        basis = payment["denial_date_basis"]
        source = (
            sources.of("remittance", rows["remittance"], [basis])
            if basis in TABLES["remittance"].sources
            else computed(str(basis))
        )
        item.add(Fact("denial_date", payment["denial_date"].isoformat(), show(payment["denial_date"]), source))
    if item.reason:
        item.add(
            Fact(
                "next_step_reason",
                item.reason,
                cleaned(item.reason),
                computed(f"mappings/next_step.csv {rows['decision']['next_step_rule_id']}"),
            )
        )
    if "counter_evidence" in rows and rows["counter_evidence"]["counter_evidence"]:
        against = cleaned(rows["counter_evidence"]["counter_evidence"])
        item.add(Fact("counter_evidence", against, against, computed("mart counter_evidence")))
    _add_limit(item, rows["decision"], limits, mappings, as_of)
    asked = _latest(entries, ["turnaround_days"])
    if asked is not None:
        due = asked["action_date"] + timedelta(days=asked["turnaround_days"])
        origin = sources.of("work_log", asked, ["action_date", "turnaround_days"])
        item.add(
            Fact("reprocess_by", due.isoformat(), show(due), computed("day of the call plus the payer's turnaround", [origin]))
        )


def _add_limit(item: ItemFacts, decision: dict, limits: list[dict], mappings: Mappings, as_of: date) -> None:
    """The limit of the packet's step, counted to the day of the packet. For the item's own step it is that of the decision."""
    if item.next_step == decision["next_step"]:
        action = decision["deadline_action"]
    else:
        action = next((row.deadline_action for row in mappings.rows["step"] if row.next_step == item.next_step), None)
    limit = next((limit for limit in limits if limit["deadline_action"] == action), None)
    if limit is None or limit["deadline"] is None:
        return
    item.situation.add("deadline_open" if limit["deadline"] >= as_of else "deadline_passed")
    if limit["is_deadline_verified"]:
        item.situation.add("deadline_verified")
    basis = cleaned(limit["deadline_basis"] or "")
    source = computed(f"mart deadline: {basis}")
    days_left = str((limit["deadline"] - as_of).days)
    item.add(Fact("deadline", limit["deadline"].isoformat(), show(limit["deadline"]), source))
    item.add(Fact("deadline_basis", basis, basis, source))
    if (work_by := limit["work_by_date"]) and work_by >= as_of:
        item.add(Fact("work_by", work_by.isoformat(), show(work_by), computed("the limit less the days kept free for mail")))
    item.add(Fact("days_left", days_left, days_left, computed("deadline less the day of the packet")))


def _add_situation(item: ItemFacts, rows: Rows, mappings: Mappings) -> None:
    """Names of what is so; SITUATIONS says what each means."""
    line, service, payment = rows["denied_line"], rows["denied_service"], rows["claim_payment_current"]
    part = next(
        (row.medicare_part for row in mappings.rows["filing_indicator"] if row.code == payment["filing_indicator_code"]), None
    )
    claim_type = rows.get("submitted_claim", {}).get("claim_type")
    so = {
        "precedent_found": bool(item.groups["precedent"]) and not line["has_frequency_signal"],
        "frequency_signal": bool(line["has_frequency_signal"]),
        "diagnosis_known": "diagnoses" in item.facts and service["diagnosis_codes"] is not None,
        "label_only": item.family_basis == "client_label",
        "about_need": line["medical_necessity"] is not None or item.family in ("authorization", "documentation"),
        "medicare_part_b": part == "B",
        "medicare": item.payer_family == "medicare_ffs",
        "claim_level": bool(service["is_claim_level"]),
        "partly_paid": bool(line["paid_amount"]),
        "coding_confirmed": item.facts.get("coding_outcome") is not None and item.facts["coding_outcome"].value == "confirmed",
        "coding_corrected": item.facts.get("coding_outcome") is not None and item.facts["coding_outcome"].value == "corrected",
        "past_limit_by_client": item.is_worked_past_limit,
        "hospital_stay": claim_type == "I" and service["is_claim_level"],
        "appeal_ruled_out": any(
            item.guard in row.blocked_guards for row in mappings.rows["letter"] if "appeal" in row.next_steps
        ),
        "waiting": item.next_step == "follow_up",
        "payee_differs": _differs(item.facts.get("practice_name"), item.facts.get("payee_name")),
    }
    if not so["diagnosis_known"]:
        item.facts.pop("diagnoses", None)
    item.situation |= {name for name, holds in so.items() if holds}
    if so["hospital_stay"]:
        item.service_kinds.add("hospital_stay")


def _differs(one: Fact | None, other: Fact | None) -> bool:
    if one is None or other is None:
        return False
    return re.sub(r"\W", "", one.value.upper()) != re.sub(r"\W", "", other.value.upper())


SITUATIONS = {
    "precedent_found": "the payer paid the same before, and nothing says that this is the cause of the denial",
    "frequency_signal": "the codes say that an earlier payment can be the cause",
    "diagnosis_known": "the submitted line was found, with its diagnoses",
    "about_need": "the denial is about medical need, an authorization or records",
    "label_only": "only the client's label of a code says that the family is so",
    "medicare_part_b": "Medicare Part B: takes no replacement claim",
    "medicare": "original Medicare",
    "claim_level": "the payer denied the claim as a whole",
    "partly_paid": "the payer paid a part",
    "coding_confirmed": "coding confirmed the codes, by the work log",
    "coding_corrected": "coding corrected the diagnosis, by the work log",
    "deadline_open": "the limit of the step has not passed",
    "deadline_passed": "the limit of the step has passed",
    "deadline_verified": "the rule of the limit was read in its source, or the limit was learnt on a call",
    "past_limit_by_client": "the client says to go on after the limit",
    "hospital_stay": "an institutional claim denied as a whole",
    "appeal_ruled_out": "the codes leave no appeal",
    "waiting": "a request is with the payer: the step is to ask where it stands",
    "payee_differs": "the practice of the configuration is not the payee of the remittance",
}
