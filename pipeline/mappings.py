"""Reads mappings/: every code, rule and label as data, checked on load.

One `MappingFile` in FILES declares a file: its row model (one field a column) and, where the table that SQL reads is not just
the row, how rows become tables. To add a file: a row class, its table of kind `mapping` in tables.py, one entry in FILES.

A site lays its own folder over the shipped one: a row with the same key replaces the shipped row, a new key adds one.
All bad rows are reported together in one MappingError: file, line, what is wrong, and the fix.

code_guidance.yaml is prose for people (causes, questions, what to gather) and reaches no SQL: it becomes `Mappings.guidance`.

A night needs the tables alone: `tables_of_site` remembers what good files became, as Python remembers what it compiled.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal

import pyarrow as pa
import pydantic
import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    PrivateAttr,
    ValidationError,
    model_validator,
)

from pipeline import remembered, tables
from pipeline.errors import MappingError, SettingsError
from pipeline.settings import Settings, data_folder


# --------------------------------------------------------------------------------------------------------------------
# Kinds of cells
# --------------------------------------------------------------------------------------------------------------------
def _yes(cell: str) -> bool:
    if cell not in ("Y", "N"):
        raise ValueError("write Y, or leave the cell empty")
    return cell == "Y"


def _no_space(cell: str) -> str:
    if re.search(r"\s", cell):
        raise ValueError("one code without blanks is expected")
    return cell


def _codes(cell: str) -> tuple[str, ...]:
    values = tuple(cell.split())
    if len(set(values)) < len(values):
        raise ValueError("a value of the list stands twice")
    return values


def _names(cell: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in cell.split("|"))


Code = Annotated[str, AfterValidator(_no_space)]
Flag = Annotated[bool, BeforeValidator(_yes)]
Codes = Annotated[tuple[str, ...], PlainValidator(_codes)]
"""Several codes in one cell, separated by a space."""
Names = Annotated[tuple[str, ...], PlainValidator(_names)]
"""Several names in one cell, separated by `|`."""

NextStep = Literal[
    "reprocess_request", "coding_review", "corrected_claim", "new_claim", "reopening", "appeal", "send_records",
    "authorization_appeal", "frequency_check", "eligibility_fix", "cob_fix", "bill_patient", "follow_up",
    "write_off_candidate", "review",
]  # fmt: skip
NecessityLevel = Literal["core", "near", "frequency", "by_remark"]
FixableBy = Literal["biller", "coder", "provider", "patient", "payer", "contracting", "nobody"]
Signal = Literal[
    "no_appeal", "new_claim_no_appeal", "prior_payment_cause", "liability_patient", "liability_provider", "policy_local",
    "policy_national", "appeal_rights",
]  # fmt: skip

Guard = Literal[
    "no_appeal", "new_claim", "liability_patient", "denial_expected", "excluded_by_law", "liability_unclear",
    "forwarded",
]  # fmt: skip


# --------------------------------------------------------------------------------------------------------------------
# Rows: one class a file, one field a column; an empty cell is the default
# --------------------------------------------------------------------------------------------------------------------
class Row(BaseModel):
    """A row of a mapping file; unknown columns and values that do not fit are errors. `is_site`: it is the site's own."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, defer_build=True)
    _is_site: bool = PrivateAttr(default=False)

    @property
    def is_site(self) -> bool:
        return self._is_site


class ReasonCode(Row):
    """Claim adjustment reason code: its dates, and what it means to us. Codes and dates are X12's, the wording is ours."""

    code: Code
    start_date: date | None = None
    last_modified_date: date | None = None
    stop_date: date | None = None
    wording: str | None = None
    family: Code
    medical_necessity: NecessityLevel | None = None
    fixable_by: FixableBy | None = None
    stops_appeal: Flag = False
    requires_remark: Flag = False
    group_codes_allowed: Codes = ()
    refers_to_policy: Flag = False
    property_casualty_only: Flag = False
    replaced_by: Codes = ()
    next_step: NextStep | Literal["none"] | None = None


class RemarkCode(Row):
    """Remittance advice remark code: its dates, and what it means to us."""

    code: Code
    start_date: date | None = None
    last_modified_date: date | None = None
    stop_date: date | None = None
    is_alert: Flag = False
    wording: str | None = None
    family: Code
    medical_necessity: NecessityLevel | None = None
    fixable_by: FixableBy | None = None
    stops_appeal: Flag = False
    signal: Signal | None = None
    replaced_by: Codes = ()
    next_step: NextStep | Literal["none"] | None = None


class GroupCode(Row):
    """CAS01: who bears the adjustment."""

    code: Code
    wording: str
    who_bears: Literal["provider", "patient", "nobody yet", "earlier payment"]
    in_5010: Flag = False
    note: str | None = None


class ClaimStatus(Row):
    """CLP02: how the payer processed the claim."""

    code: Code
    wording: str
    effect: Literal[
        "pay_or_deny", "secondary", "tertiary", "not_recognized", "reversal", "forwarded_only", "predetermination", "pending"
    ]
    is_crossover: Flag = False
    in_5010: Flag = False
    note: str | None = None


class FilingIndicator(Row):
    """CLP06: kind of plan."""

    code: Code
    wording: str
    payer_family: Code
    medicare_part: Literal["A", "B"] | None = None
    in_5010: Flag = False
    note: str | None = None


class ProviderAdjustmentReason(Row):
    """PLB03-1: why the payment as a whole was changed."""

    code: Code
    wording: str
    usual_sign: Literal["plus", "minus", "either"]
    positive_means: str
    negative_means: str
    links_to_claim: Flag = False
    is_takeback: Flag = False


class ClaimFrequency(Row):
    """CLM05-3, CLP09: first claim, replacement, void."""

    code: Code
    wording: str
    is_replacement: Flag = False
    is_void: Flag = False
    note: str | None = None


class RemarkPosition(Row):
    """Where remark codes stand in an 835."""

    segment: Code
    element: Code
    loop: Code
    level: Literal["line", "claim"]
    code_list: Code
    qualifier: Code | None = None
    wording: str


class DenialFamily(Row):
    """What kinds of denials there are, and which families are none."""

    family: Code
    wording: str
    is_denial: Flag = False
    has_frequency_signal: Flag = False
    yields_to_client_label: Flag = False


class DenialRule(Row):
    """One rule: all its conditions must hold, an empty condition holds always. Of the rules that hold for an adjustment the one
    with the lowest priority number and a family decides the family, the one with the lowest number and a guard decides the
    guard, and the flags of all are added."""

    rule_id: Code
    priority: int
    group_codes: Codes = ()
    reason_codes: Codes = ()
    reason_families: Codes = ()
    remark_codes: Codes = ()
    remark_families: Codes = ()
    remark_medical_necessity: Codes = ()
    remark_signals: Codes = ()
    has_policy: Literal["Y"] | None = None
    service_kinds: Codes = ()
    modifiers: Codes = ()
    claim_status_codes: Codes = ()
    medicare_part: Codes = ()
    family: Code | None = None
    medical_necessity: Literal["core", "near", "frequency"] | None = None
    guard: Guard | None = None
    flags: Codes = ()
    source: str
    note: str | None = None

    @model_validator(mode="after")
    def decides_something(self) -> DenialRule:
        if not (self.family or self.guard or self.flags):
            raise ValueError("the rule decides nothing: fill family, guard or flags")
        if self.priority >= CARC_PRIORITY and self.rule_id != UNMAPPED_RULE:
            raise ValueError(f"priority {self.priority}: numbers from {CARC_PRIORITY} belong to the reason codes' own rules")
        return self

    def conditions(self) -> dict[str, tuple[str, ...]]:
        """The conditions that are not empty: dimension to the values that meet it."""
        dimensions = {
            "group_code": self.group_codes,
            "reason_code": self.reason_codes,
            "reason_family": self.reason_families,
            "remark_code": self.remark_codes,
            "remark_family": self.remark_families,
            "remark_medical_necessity": self.remark_medical_necessity,
            "remark_signal": self.remark_signals,
            "has_policy": (self.has_policy,) if self.has_policy else (),
            "service_kind": self.service_kinds,
            "modifier": self.modifiers,
            "claim_status_code": self.claim_status_codes,
            "medicare_part": self.medicare_part,
        }
        return {dimension: values for dimension, values in dimensions.items() if values}


class ClientLabel(Row):
    """How the client reads a code where that differs from, or adds to, its official meaning. `flag` is set on lines of the
    named kinds of service where only the label says that the family is so."""

    code_type: Literal["CARC", "RARC"]
    code: Code
    label: str
    family: Code
    medical_necessity: Literal["core", "near", "frequency"] | None = None
    flag: Code | None = None
    flag_service_kinds: Codes = ()
    set_by: str
    date: date
    note: str | None = None


class CodeText(Row):
    """The official text of a code, from a list that the site has a licence for. None comes along: the texts belong to X12."""

    code_type: Literal["CARC", "RARC", "GROUP", "PLB", "CLP02"]
    code: Code
    text: str


class Payer(Row):
    """A payer under all the identifiers and names it uses. `payer_family` stays empty for a payer with several lines of
    business: the claim's filing indicator decides. Telephone and fax are for payers whose remittances name none (PER*CX), and
    `contact_source` says who found them where."""

    payer_key: Code
    payer_name: str
    payer_family: Code | None = None
    match_ids: Codes = ()
    match_names: Names = ()
    payer_phone: str | None = None
    payer_fax: str | None = None
    contact_source: str | None = None

    @model_validator(mode="after")
    def contact_has_a_source(self) -> Payer:
        if (self.payer_phone or self.payer_fax) and not self.contact_source:
            raise ValueError("contact_source must say where the telephone or fax was found, and when")
        return self


class Modifier(Row):
    """A procedure modifier that a rule or a comparison of lines knows."""

    modifier: Code
    wording: str
    is_informational: Flag = False


class ServiceKind(Row):
    """A range of procedure codes, both ends in it."""

    first_code: Code
    last_code: Code
    service_kind: Code

    @model_validator(mode="after")
    def range_is_ordered(self) -> ServiceKind:
        if len(self.first_code) != len(self.last_code) or self.first_code > self.last_code:
            raise ValueError("first_code and last_code must be equally long and in order")
        return self


class MatchMethod(Row):
    """A step of the ladder that finds the submitted claim or line; a lower rank is tried first."""

    method: Code
    match_level: Literal["claim", "line"]
    method_rank: int
    confidence: Literal["high", "medium", "low"]
    confidence_rank: int
    wording: str


class PrecedentStrength(Row):
    """What a tier of precedents is worth, in a word, and whether it supports a reprocessing request. A precedent older than
    `old_after_months` has its own word, and so has one after which the payer denied the same thing."""

    precedent_tier: Code
    tier_rank: int
    worklist_tier: Literal["A", "B", "C", "D", "none"]
    is_candidate: Flag = False
    strength: str
    old_after_months: int
    strength_when_old: str
    strength_after_denial: str
    wording: str


DeadlineAction = Literal["appeal", "corrected_claim", "new_claim", "reopening"]


class PayerRule(Row):
    """A limit. The most specific one counts: of the payer, of the payer family, of all; among those the site's own, which are
    its contracts, before the shipped ones. An empty window is the setting default_deadline_days."""

    rule_id: Code
    payer_key: Code | None = None
    payer_family: Code | None = None
    deadline_action: DeadlineAction
    appeal_level: int = 1
    window_value: int | None = None
    window_unit: Literal["days", "months", "years"]
    deadline_anchor: Literal["denial_date", "service_date"]
    presumed_receipt_days: int = 0
    effective_from: date | None = None
    effective_to: date | None = None
    verified: Literal["yes", "partly", "no"]
    rule_source: str
    note: str | None = None


class Step(Row):
    """A next step: what it is, which limit it has, and what it is assumed to cost and to bring."""

    next_step: NextStep
    wording: str
    deadline_action: DeadlineAction | None = None
    default_success_rate: Decimal = Field(ge=0, le=1)
    strength_count: int = Field(ge=1)
    step_cost_amount: Decimal = Field(ge=0, decimal_places=2)


YesNo = Literal["Y", "N"]
REASON_FACTS = {
    "codes", "payer", "procedure", "diagnosis", "service_date", "precedent_claim", "precedent_service_date",
    "precedent_paid_date", "precedent_paid_amount", "deadline", "denial_date", "state_since", "follow_up_date", "appeal_level",
}  # fmt: skip


class NextStepRule(Row):
    """One rule of the next step: all its filled conditions must hold; the lowest priority number that fits decides. A condition
    on deadline_states looks at the limit of deadline_action."""

    rule_id: Code
    priority: int
    families: Codes = ()
    medical_necessity_levels: Codes = ()
    guards: Codes = ()
    frequency_signal: YesNo | None = None
    precedent_class: Literal["AB", "none"] | None = None
    payer_families: Codes = ()
    medicare_parts: Codes = ()
    group_codes: Codes = ()
    code_next_step: NextStep | None = None
    diagnosis_known: YesNo | None = None
    item_states: Codes = ()
    item_status: Literal["open", "waiting", "closed"] | None = None
    deadline_action: DeadlineAction | None = None
    deadline_states: Codes = ()
    next_step: NextStep
    reason: str
    note: str | None = None

    @model_validator(mode="after")
    def holds_together(self) -> NextStepRule:
        if self.deadline_states and not self.deadline_action:
            raise ValueError("deadline_states needs deadline_action: say which limit it looks at")
        if unknown := set(re.findall(r"{(\w+)}", self.reason)) - REASON_FACTS:
            raise ValueError(f"reason: {{{min(unknown)}}} is no fact of a line; known are {', '.join(sorted(REASON_FACTS))}")
        return self


class Prior(Row):
    """An assumption on how often a step succeeds; the one with the most filled conditions counts. `strength_count`: own outcomes
    that weigh as much as the assumption."""

    prior_id: Code
    next_step: NextStep
    family: Code | None = None
    precedent_tier: Literal["A", "B", "C", "D", "none"] | None = None
    payer_family: Code | None = None
    success_rate: Decimal = Field(ge=0, le=1)
    strength_count: int = Field(ge=1)
    wording: str
    source: str


class UrgencyTier(Row):
    """A range of days left; tiers must not leave a day without one. `urgency_weight` multiplies the expected recovery: a limit
    that is near makes an item worth more today than one that can wait, but not worth everything. An item that waits for an
    answer stands in the tier `for_waiting`, unless its own tier outranks waiting."""

    urgency_tier: int
    from_days: int | None = None
    to_days: int | None = None
    for_no_deadline: Flag = False
    for_waiting: Flag = False
    outranks_waiting: Flag = False
    urgency_weight: Decimal = Field(ge=0)
    wording: str


class ItemState(Row):
    """A state of a denied line: what was asked for and not answered yet. `turnaround_days`: how long an answer takes where no
    call said it; `met_deadline_action`: the limit that does not matter any more; `item_outcome`: of a state that closes;
    `awaited_step`: the step whose answer is awaited, by whose success the item is valued."""

    item_state: Code
    item_status: Literal["open", "waiting", "closed"]
    turnaround_days: int = Field(gt=0)
    met_deadline_action: DeadlineAction | None = None
    item_outcome: Code | None = None
    awaited_step: NextStep | None = None
    is_start: Flag = False
    wording: str


class WorkEvent(Row):
    """What can happen to a denied line. Those of `biller` are the actions of the work log. `next_step`: the step that was worked;
    `starts_round`: a new denial, so that what calls learnt of the last one is over; `restarts_wait`: the answer is due anew."""

    event: Code
    event_source: Literal["payer", "biller", "coding"]
    next_step: NextStep | None = None
    starts_round: Flag = False
    restarts_wait: Flag = False
    wording: str


class Transition(Row):
    """Where an event leads from a state; `*` is any state without a row of its own, and no row at all means that it stays."""

    item_state: Code
    event: Code
    next_item_state: Code
    appeal_levels: int = Field(default=0, ge=0)
    note: str | None = None


class Outcome(Row):
    """How a denial can end, and whether rates of success count it, and as a success."""

    item_outcome: Code
    is_success: Flag = False
    is_counted: Flag = False
    wording: str


class ClaimIntegrityMeasure(Row):
    """A measure of HFMA's Claim Integrity Task Force. `definition_basis`: whether its formula stands in the source or is ours;
    `computable`: what it takes; `limits`: what it counts here, and what an 835 cannot say."""

    measure: Code
    measure_number: int = Field(ge=1)
    wording: str
    numerator: str
    denominator: str
    measure_unit: Literal["per_ten_thousand", "days"]
    definition_basis: Literal["source", "ours"]
    computable: Literal["yes", "with_837", "with_work_log", "partly", "no"]
    limits: str
    rule_source: str


class RarePostalArea(Row):
    """First three digits of ZIP codes behind which 20,000 people or fewer live (45 CFR 164.514(b)(2)(i)(B))."""

    postal_area: Annotated[str, Field(pattern=r"^\d{3}$")]
    rule_source: str


class Holiday(Row):
    """A day on which nobody works, beside Saturdays and Sundays."""

    holiday_date: date
    holiday_name: str


class Client(Row):
    """Whom a payee's NPI or tax number belongs to: a billing company works for many."""

    payee_id: Code
    client: str


class PastLimit(Row):
    """A client's instruction to go on after a limit; an empty client or payer is any."""

    past_limit_id: Code
    client: str | None = None
    payer_key: Code | None = None
    note: str | None = None


class PacketFact(Row):
    """A fact that letters can print: `words` stand in the gap where it is missing, `find` says how to find it. `origins` are
    `table.column` (several columns of one row joined by `+`), `settings` among the tables; the first with a value counts. Without
    origins a rule computes it."""

    name: Code
    words: str
    find: str | None = None
    origins: Codes = ()
    form: Literal["money", "list", "phone", "diagnoses", "city"] | None = None

    @model_validator(mode="after")
    def origins_are_columns(self) -> PacketFact:
        for origin in self.origins:
            table, _, columns = origin.partition(".")
            known = Settings.model_fields if table == "settings" else getattr(tables.TABLES.get(table), "sources", {})
            for column in columns.split("+"):
                if column not in known:
                    raise ValueError(f"origins: {table}.{column} is no column of tables.py and no setting")
        return self


class Letter(Row):
    """Which letter a packet has: all filled conditions must hold; the lowest priority number that fits decides. `template`
    stands in mappings/letters/. No letter is made for an item with one of `blocked_guards`, nor after the limit of
    `deadline_action`."""

    letter_id: Code
    priority: int
    next_steps: Codes
    families: Codes = ()
    reason_codes: Codes = ()
    remark_codes: Codes = ()
    family_basis: Codes = ()
    payer_families: Codes = ()
    title: str
    template: Code
    blocked_guards: Codes = ()
    deadline_action: DeadlineAction | None = None
    note: str | None = None


class ChecklistLine(Row):
    """A line of a packet's checklist. It is ticked only where every fact and situation of `proved_by` is there; without
    `proved_by` a person has to tick it."""

    line_id: Code
    section: Literal["before_you_submit", "ask_provider", "ask_payer", "common_mistakes"]
    next_steps: Codes = ()
    families: Codes = ()
    text: str
    proved_by: Codes = ()


class Gather(Row):
    """What to gather for a kind of service; without service_kinds for every one."""

    gather_id: Code
    service_kinds: Codes = ()
    label: str
    text: str


# --------------------------------------------------------------------------------------------------------------------
# The rows become the tables that SQL joins on
# --------------------------------------------------------------------------------------------------------------------
Records = list[dict[str, Any]]
Rows = dict[str, list[Any]]

MEMORY = "mappings.remembered"
CARC_PRIORITY = 900
UNMAPPED_RULE = "UNMAPPED"
ANY_STATE = "*"
SATURDAY = 5  # of date.weekday()


def _plain(table: str) -> Callable[[list[Row], Rows], dict[str, Records]]:
    """One row of the file is one row of `table`; a list becomes one text, joined by a space."""

    def records(rows: list[Row], _: Rows) -> dict[str, Records]:
        return {table: [_record(row, tables.TABLES[table].column_names) for row in rows]}

    return records


def _record(row: Row, columns: Iterable[str]) -> dict[str, Any]:
    values = ((name, getattr(row, name)) for name in columns)
    return {name: " ".join(value) or None if isinstance(value, tuple) else value for name, value in values}


def _remark_positions(positions: list[RemarkPosition], _: Rows) -> dict[str, Records]:
    lists = {(position.segment, position.qualifier or "", position.code_list) for position in positions}
    columns = ("remark_source", "code_list_qualifier", "code_list")
    return {"remark_position": [dict(zip(columns, values, strict=True)) for values in sorted(lists)]}


def _denial_rules(rules: list[DenialRule], rows: Rows) -> dict[str, Records]:
    """The written rules, and each reason code as the rule that it is by itself."""
    reasons = [
        DenialRule.model_construct(
            rule_id=f"CARC-{reason.code}",
            priority=CARC_PRIORITY,
            reason_codes=(reason.code,),
            family=reason.family,
            # `by_remark` is no level: the rules about remarks say it
            medical_necessity=None if reason.medical_necessity == "by_remark" else reason.medical_necessity,
            guard="no_appeal" if reason.stops_appeal else None,
        )
        for reason in rows["carc"]
        if reason.family != "unmapped"
    ]
    rule_records, condition_records = [], []
    for rule in (*rules, *reasons):
        conditions = rule.conditions()
        columns = ("rule_id", "priority", "family", "medical_necessity", "guard", "flags")
        rule_records.append({**_record(rule, columns), "condition_count": len(conditions)})
        condition_records += [
            {"rule_id": rule.rule_id, "dimension": dimension, "condition_value": value}
            for dimension, values in conditions.items()
            for value in values
        ]
    return {"denial_rule": rule_records, "denial_rule_condition": condition_records}


def _client_labels(labels: list[ClientLabel], rows: Rows) -> dict[str, Records]:
    kinds = [
        {"code_type": label.code_type, "code": label.code, "service_kind": kind}
        for label in labels
        for kind in label.flag_service_kinds
    ]
    return {**_plain("client_label")(labels, rows), "client_label_service_kind": kinds}


def _transitions(transitions: list[Transition], rows: Rows) -> dict[str, Records]:
    """Every state with every event: SQL has one row to look up, and finds it always."""
    written = {(row.item_state, row.event): row for row in transitions}
    records = []
    for state in rows["item_state"]:
        for event in rows["work_event"]:
            row = written.get((state.item_state, event.event)) or written.get((ANY_STATE, event.event))
            next_state, levels = (row.next_item_state, row.appeal_levels) if row else (state.item_state, 0)
            columns = ("item_state", "event", "next_item_state", "appeal_levels")
            records.append(dict(zip(columns, (state.item_state, event.event, next_state, levels), strict=True)))
    return {"transition": records}


def _holidays(holidays: list[Holiday], _: Rows) -> dict[str, Records]:
    """Each holiday with the last working day before it, so that SQL has one step to go."""
    days_off = {holiday.holiday_date for holiday in holidays}
    return {
        "holiday": [
            {**dict(holiday), "working_date": _working_day_before(holiday.holiday_date, days_off)} for holiday in holidays
        ]
    }


def _working_day_before(day: date, days_off: set[date]) -> date:
    day -= timedelta(days=1)
    while day.weekday() >= SATURDAY or day in days_off:
        day -= timedelta(days=1)
    return day


def _no_table(_: list[Row], __: Rows) -> dict[str, Records]:
    """A file that no SQL reads."""
    return {}


def name_key(name: str) -> str:
    """A name without case, blanks and marks: how payers are found by name. The SQL models do the same."""
    return re.sub(r"[^A-Z0-9]", "", name.upper())


def _payers(payers: list[Payer], rows: Rows) -> dict[str, Records]:
    names = {(name_key(name), payer.payer_key) for payer in payers for name in (payer.payer_name, *payer.match_names)}
    return {
        **_plain("payer")(payers, rows),
        "payer_identifier": [{"identifier": id_, "payer_key": payer.payer_key} for payer in payers for id_ in payer.match_ids],
        "payer_name_key": [{"name_key": key, "payer_key": payer_key} for key, payer_key in sorted(names)],
    }


# --------------------------------------------------------------------------------------------------------------------
# The files
# --------------------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class MappingFile:
    """mappings/<name>.csv. `key`: the columns that name a row. `references`: a column's values must be keys of another file.
    `tables`: how its rows become the tables of tables.py; the default is one table of the file's name."""

    name: str
    row: type[Row]
    key: tuple[str, ...]
    references: dict[str, str] = field(default_factory=dict)
    tables: Callable[[list[Any], Rows], dict[str, Records]] | None = None

    def to_tables(self, rows: Rows) -> dict[str, Records]:
        return (self.tables or _plain(self.name))(rows[self.name], rows)


FILES: tuple[MappingFile, ...] = (
    MappingFile("denial_family", DenialFamily, ("family",)),
    MappingFile("carc", ReasonCode, ("code",), {"family": "denial_family", "replaced_by": "carc"}),
    MappingFile("rarc", RemarkCode, ("code",), {"family": "denial_family", "replaced_by": "rarc"}),
    MappingFile("group_code", GroupCode, ("code",)),
    MappingFile("claim_status", ClaimStatus, ("code",)),
    MappingFile("filing_indicator", FilingIndicator, ("code",)),
    MappingFile("provider_adjustment_code", ProviderAdjustmentReason, ("code",), tables=_plain("provider_adjustment_reason")),
    MappingFile("claim_frequency", ClaimFrequency, ("code",)),
    MappingFile("remark_position", RemarkPosition, ("segment", "element", "code_list"), tables=_remark_positions),
    MappingFile("service_kind", ServiceKind, ("first_code",)),
    MappingFile("modifier", Modifier, ("modifier",)),
    MappingFile(
        "denial_rule",
        DenialRule,
        ("rule_id",),
        {
            "group_codes": "group_code",
            "reason_codes": "carc",
            "reason_families": "denial_family",
            "remark_codes": "rarc",
            "remark_families": "denial_family",
            "modifiers": "modifier",
            "claim_status_codes": "claim_status",
            "family": "denial_family",
        },
        _denial_rules,
    ),
    MappingFile("client_label", ClientLabel, ("code_type", "code"), {"family": "denial_family"}, _client_labels),
    MappingFile("code_text", CodeText, ("code_type", "code"), tables=lambda _, __: {}),
    MappingFile("payer", Payer, ("payer_key",), tables=_payers),
    MappingFile("match_method", MatchMethod, ("method",)),
    MappingFile("precedent_strength", PrecedentStrength, ("precedent_tier",)),
    MappingFile("payer_rule", PayerRule, ("rule_id",)),
    MappingFile("step", Step, ("next_step",)),
    MappingFile(
        "next_step",
        NextStepRule,
        ("rule_id",),
        {
            "families": "denial_family",
            "group_codes": "group_code",
            "next_step": "step",
            "code_next_step": "step",
            "item_states": "item_state",
        },
        _plain("next_step_rule"),
    ),
    MappingFile("prior", Prior, ("prior_id",), {"next_step": "step", "family": "denial_family"}),
    MappingFile("urgency_tier", UrgencyTier, ("urgency_tier",)),
    MappingFile("outcome", Outcome, ("item_outcome",)),
    MappingFile("item_state", ItemState, ("item_state",), {"item_outcome": "outcome"}),
    MappingFile("work_event", WorkEvent, ("event",), {"next_step": "step"}),
    MappingFile(
        "transition",
        Transition,
        ("item_state", "event"),
        {"event": "work_event", "next_item_state": "item_state"},
        _transitions,
    ),
    MappingFile("claim_integrity_measure", ClaimIntegrityMeasure, ("measure",)),
    MappingFile("holiday", Holiday, ("holiday_date",), tables=_holidays),
    MappingFile("rare_postal_area", RarePostalArea, ("postal_area",), tables=_no_table),
    MappingFile("client", Client, ("payee_id",)),
    MappingFile("past_limit", PastLimit, ("past_limit_id",)),
    MappingFile("packet_fact", PacketFact, ("name",), tables=_no_table),
    MappingFile(
        "letter",
        Letter,
        ("letter_id",),
        {"next_steps": "step", "families": "denial_family", "reason_codes": "carc", "remark_codes": "rarc"},
        _no_table,
    ),
    MappingFile("checklist", ChecklistLine, ("line_id",), {"next_steps": "step", "families": "denial_family"}, _no_table),
    MappingFile("gather", Gather, ("gather_id",), tables=_no_table),
)


@dataclass(frozen=True)
class Place:
    """Where a row was read."""

    path: Path
    line: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


@dataclass(frozen=True)
class Mappings:
    """All mapping files: `rows` by file name as models, `tables` by table name as Arrow in the schemas of tables.py, `places`
    by file name and key, `guidance` by code as it is keyed in code_guidance.yaml (`CARC 50`), or by family."""

    rows: Rows
    tables: dict[str, pa.Table]
    places: dict[str, dict[tuple, Place]]
    guidance: dict[str, Guidance]

    def row(self, file_name: str, *key: Any) -> Any:
        """The row of a file by its key, or None."""
        file = next(file for file in FILES if file.name == file_name)
        matching = (row for row in self.rows[file_name] if tuple(getattr(row, name) for name in file.key) == key)
        return next(matching, None)


def of_site(settings: Settings) -> Mappings:
    """The shipped mappings with the site's own laid over them; SQL sees those client labels that the settings switch on. Raises
    MappingError that names every bad row, SettingsError where a label is switched on, or a folder named, that there is not."""
    labels = settings.client_labels if isinstance(settings.client_labels, tuple) else None
    loaded = load(data_folder("mappings"), settings.mappings, labels)
    there = {name for label in loaded.rows["client_label"] for name in (label.code, f"{label.code_type} {label.code}")}
    for name in labels or ():
        if name not in there:
            raise SettingsError(f"setting client_labels: {name!r} has no row in client_label.csv; add one, or drop the name")
    return loaded


def tables_of_site(settings: Settings, memory: Path | None = None) -> dict[str, pa.Table]:
    """`Mappings.tables` of the site. Files that were good before, by the same code, are not tried again: `memory` holds what they
    became, by all that they rest on. Raises as of_site."""
    memory = memory or remembered.place_of(MEMORY)
    _check_site_folder(settings.mappings)
    folders = [data_folder("mappings"), *([settings.mappings] if settings.mappings else [])]
    files = [path for folder in folders for path in sorted([*folder.glob("*.csv"), *folder.glob(GUIDANCE_FILE)])]
    code = [Path(__file__).with_name(name) for name in ("mappings.py", "tables.py", "column_examples.csv", "settings.py")]
    versions = f"{pydantic.VERSION} {pa.__version__} {settings.client_labels}"
    try:
        digest = remembered.digest_of(versions, [*code, *files])
    except OSError:  # a name that cannot be read: of_site says which, and what to do
        return of_site(settings).tables
    known = remembered.recall(memory, digest)
    if known is not None:
        return _tables_from(known)
    made = of_site(settings).tables
    remembered.remember(memory, digest, _as_bytes(made))
    return made


def _as_bytes(contents: dict[str, pa.Table]) -> bytes:
    """A line with the names of the tables, then the tables one after the other as Arrow streams."""
    sink = pa.BufferOutputStream()
    sink.write(json.dumps(list(contents)).encode() + b"\n")
    for content in contents.values():
        with pa.ipc.new_stream(sink, content.schema) as stream:
            stream.write_table(content)
    return sink.getvalue().to_pybytes()


def _tables_from(content: bytes) -> dict[str, pa.Table]:
    names, _, _ = content.partition(b"\n")
    source = pa.BufferReader(content)
    source.seek(len(names) + 1)
    return {name: pa.ipc.open_stream(source).read_all() for name in json.loads(names)}


def load(directory: Path, site_directory: Path | None = None, labels: Collection[str] | None = None) -> Mappings:
    """Reads and checks every file of FILES in `directory`, with the rows of `site_directory` laid over them. `labels`: the codes
    whose client labels SQL sees, as `M1` or `RARC M1`; None is all of them.

    Raises MappingError that names every bad row, SettingsError where the site's folder is not there.
    """
    _check_site_folder(site_directory)
    problems: list[str] = []
    placed: dict[str, dict[tuple, tuple[Place, Any]]] = {}
    for file in FILES:
        path = directory / f"{file.name}.csv"
        if not path.is_file():
            problems.append(f"{path}: the file is missing; restore it from the release")
            placed[file.name] = {}
            continue
        placed[file.name] = _read(file, path, problems)
        if site_directory and (site_directory / path.name).is_file():
            own = _read(file, site_directory / path.name, problems)
            for _, row in own.values():
                row._is_site = True
            placed[file.name] |= own
    problems += _unknown_files(site_directory)
    guidance = _guidance(directory, site_directory, problems)
    if not problems:
        problems += [problem for check in CHECKS for problem in check(placed)]
    if problems:
        raise MappingError(f"{len(problems)} in the mappings to correct:\n" + "\n".join(problems))
    rows: Rows = {name: [row for _, row in entries.values()] for name, entries in placed.items()}
    seen = rows | {"client_label": [label for label in rows["client_label"] if label_is_on(label, labels)]}
    records = {table: entries for file in FILES for table, entries in file.to_tables(seen).items()}
    arrow = {name: pa.Table.from_pylist(entries, tables.schema_of(name)) for name, entries in records.items()}
    places = {name: {key: place for key, (place, _) in entries.items()} for name, entries in placed.items()}
    return Mappings(rows, arrow, places, guidance)


def _check_site_folder(folder: Path | None) -> None:
    """A folder that is named and not there must not mean the shipped rules in silence. It is listed, because `glob` finds nothing
    in a folder that may not be read, and says so to nobody."""
    if folder is None:
        return
    try:
        list(folder.iterdir())
    except OSError as error:
        raise SettingsError(
            f"setting mappings: {folder.absolute()} is no folder that can be read ({error.strerror}); "
            "make it or give the right to read it, correct the path, or leave the setting out"
        ) from None


def label_is_on(label: ClientLabel, labels: Collection[str] | bool | None) -> bool:
    """Whether a client's label takes part: `labels` names the codes, or is all (None, True) or none (False)."""
    if labels is None or isinstance(labels, bool):
        return labels is not False
    return label.code in labels or f"{label.code_type} {label.code}" in labels


def read_rows(name: str, path: Path) -> list[Any]:
    """The rows of one file that stands elsewhere, checked as mappings/<name>.csv is. Raises MappingError, with every bad row."""
    problems: list[str] = []
    file = next(file for file in FILES if file.name == name)
    try:
        placed = _read(file, path, problems)
    except (OSError, UnicodeDecodeError) as error:
        raise MappingError(f"{path}: cannot be read ({type(error).__name__}); give a CSV file in UTF-8") from None
    if problems:
        raise MappingError(f"{len(problems)} in {path} to correct:\n" + "\n".join(problems))
    return [row for _, row in placed.values()]


def _unknown_files(site_directory: Path | None) -> Iterator[str]:
    if site_directory is None:
        return
    known = {f"{file.name}.csv" for file in FILES}
    for path in sorted(site_directory.glob("*.csv")):
        if path.name not in known:
            yield f"{path}: no mapping has this name; known are {', '.join(sorted(known))}"


def _read(file: MappingFile, path: Path, problems: list[str]) -> dict[tuple, tuple[Place, Any]]:
    """The rows of one file by key; what is wrong goes to `problems`."""
    with path.open(encoding="utf-8-sig", newline="") as stream:
        reader = csv.reader(stream)
        header = next(reader, [])
        wrong = list(_header_problems(file, header))
        if wrong:
            problems += [f"{path}:1: {problem}" for problem in wrong]
            return {}
        found: dict[tuple, tuple[Place, Any]] = {}
        for cells in reader:
            place = Place(path, reader.line_num)
            if not any(cells):
                continue
            if len(cells) != len(header):
                problems.append(f"{place}: {len(cells)} cells, the header has {len(header)}; quote cells that hold a comma")
                continue
            try:
                values = {name: cell.strip() for name, cell in zip(header, cells, strict=True) if cell.strip()}
                row = file.row.model_validate_strings(values)
            except ValidationError as error:
                problems += [f"{place}: {_explained(problem)}" for problem in error.errors()]
                continue
            key = tuple(getattr(row, name) for name in file.key)
            if key in found:
                problems.append(f"{place}: {' '.join(key)} stands in line {found[key][0].line} already; keep one of them")
            found[key] = (place, row)
    return found


def _header_problems(file: MappingFile, header: list[str]) -> Iterator[str]:
    fields = file.row.model_fields
    for name in header:
        if name not in fields:
            yield f"column {name!r} is not known; known are {', '.join(fields)}"
    for name, info in fields.items():
        if info.is_required() and name not in header:
            yield f"column {name!r} is missing"
    if len(set(header)) < len(header):
        yield "a column stands twice"


def _explained(problem: Any) -> str:
    column = ".".join(str(part) for part in problem["loc"][:1])
    if problem["type"] == "missing":
        return f"{column}: the cell is empty; fill it"
    message = problem["msg"].removeprefix("Value error, ")
    shown = f" (found {problem['input']!r})" if isinstance(problem["input"], str) else ""
    return f"{column}: {message}{shown}" if column else message


# --------------------------------------------------------------------------------------------------------------------
# Guidance: what a biller needs to know about a code
# --------------------------------------------------------------------------------------------------------------------
GUIDANCE_FILE = "code_guidance.yaml"


class Guidance(BaseModel):
    """One entry of code_guidance.yaml. Each list holds the entry's own items first, then those of the themes in `use`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    quick_explanation: str | None = None
    causes: tuple[str, ...] = ()
    prevention: tuple[str, ...] = ()
    gather: tuple[str, ...] = ()
    ask_provider: tuple[str, ...] = ()
    ask_payer: tuple[str, ...] = ()
    common_mistakes: tuple[str, ...] = ()
    use: tuple[str, ...] = ()

    def with_themes(self, themes: dict[str, Guidance]) -> Guidance:
        lists = [name for name in Guidance.model_fields if name not in ("quick_explanation", "use")]
        parts = (self, *(themes[name] for name in self.use))
        merged = {name: tuple(dict.fromkeys(item for part in parts for item in getattr(part, name))) for name in lists}
        return self.model_copy(update=merged)


def _guidance(directory: Path, site_directory: Path | None, problems: list[str]) -> dict[str, Guidance]:
    """The entries of the shipped file with the site's laid over them; what is wrong goes to `problems`.

    Keys: `CARC 50`, `RARC M1`; `shared` holds the themes, `families` the themes of a family whose codes have no entry.
    """
    entries: dict[str, Guidance] = {}
    themes: dict[str, Guidance] = {}
    for folder in (directory, *([site_directory] if site_directory else [])):
        path = folder / GUIDANCE_FILE
        if not path.is_file():
            if folder == directory:
                problems.append(f"{path}: the file is missing; restore it from the release")
            continue
        try:
            written = yaml.load(path.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)) or {}
        except yaml.YAMLError as error:
            problems.append(f"{path}: is not valid YAML: {error}")
            continue
        themes |= _guidance_entries(path, written.pop("shared", {}), problems)
        families = {family: {"use": use} for family, use in written.pop("families", {}).items()}
        entries |= _guidance_entries(path, written | families, problems)
    unknown = {(key, theme) for key, entry in entries.items() for theme in entry.use if theme not in themes}
    problems += [f"{GUIDANCE_FILE}: {key}: the theme {theme!r} is not in `shared`" for key, theme in sorted(unknown)]
    return {} if unknown else {key: entry.with_themes(themes) for key, entry in entries.items()}


def _guidance_entries(path: Path, written: dict[str, Any], problems: list[str]) -> dict[str, Guidance]:
    entries = {}
    for key, value in written.items():
        try:
            entries[key] = Guidance.model_validate(value)
        except ValidationError as error:
            problems += [f"{path}: {key}: {_explained(problem)}" for problem in error.errors()]
    return entries


# --------------------------------------------------------------------------------------------------------------------
# Checks between rows and files
# --------------------------------------------------------------------------------------------------------------------
Placed = dict[str, dict[tuple, tuple[Place, Any]]]


def _references(placed: Placed) -> Iterator[str]:
    for file in FILES:
        for place, row in placed[file.name].values():
            for column, target in file.references.items():
                values = getattr(row, column) or ()
                for value in (values,) if isinstance(values, str) else values:
                    if (value,) not in placed[target]:
                        yield f"{place}: {column} {value!r} is not in {target}.csv; correct it, or add it there"


def _labels_name_codes(placed: Placed) -> Iterator[str]:
    for place, label in placed["client_label"].values():
        if (label.code,) not in placed[label.code_type.lower()]:
            yield f"{place}: code {label.code!r} is not in {label.code_type.lower()}.csv"


def _alerts_explain_nothing(placed: Placed) -> Iterator[str]:
    """An informational remark never explains an adjustment, so no family may rest on one."""
    alerts = {code for (code,), (_, remark) in placed["rarc"].items() if remark.is_alert}
    for place, rule in placed["denial_rule"].values():
        for code in rule.remark_codes if rule.family else ():
            if code in alerts:
                yield f"{place}: remark_codes {code!r} is an alert and explains no adjustment; use it for guard or flags only"


def _unmapped_rule_is_last(placed: Placed) -> Iterator[str]:
    rules = placed["denial_rule"]
    if (UNMAPPED_RULE,) not in rules:
        yield f"denial_rule.csv: the rule {UNMAPPED_RULE}, which catches what no other does, is missing"
    for place, rule in rules.values():
        if rule.family and not rule.conditions() and rule.rule_id != UNMAPPED_RULE:
            yield f"{place}: a rule without any condition hides all later ones; only {UNMAPPED_RULE} may be so"


def _families_settle(placed: Placed) -> Iterator[str]:
    """Two rules that decide the same thing at the same priority need an order."""
    for what in ("family", "guard"):
        first: dict[int, str] = {}
        for place, rule in placed["denial_rule"].values():
            if getattr(rule, what) and first.setdefault(rule.priority, rule.rule_id) != rule.rule_id:
                other = first[rule.priority]
                yield f"{place}: priority {rule.priority} is that of {other} too, and both decide a {what}; change one"


def _values_are_known(placed: Placed) -> Iterator[str]:
    """A rule that looks for a value that nothing ever has would hold its peace for ever."""
    for name, columns in known_values({name: [row for _, row in entries.values()] for name, entries in placed.items()}).items():
        for place, row in placed[name].values():
            for column, known in columns.items():
                values = getattr(row, column) or ()
                for value in (values,) if isinstance(values, str) else values:
                    if value not in known:
                        yield f"{place}: {column} {value!r} is not known; known are {', '.join(sorted(known))}"


def known_values(rows: Rows) -> dict[str, dict[str, set[str]]]:
    """File to column to the values that a condition of it can meet, where no other file lists them."""
    levels = {"core", "near", "frequency"}
    remark_levels = {remark.medical_necessity for remark in rows["rarc"] if remark.medical_necessity}
    signals = {remark.signal for remark in rows["rarc"] if remark.signal}
    parts = {indicator.medicare_part for indicator in rows["filing_indicator"] if indicator.medicare_part}
    families = {row.payer_family for name in ("filing_indicator", "payer") for row in rows[name] if row.payer_family}
    return {
        "denial_rule": {
            "remark_medical_necessity": remark_levels,
            "remark_signals": signals,
            "service_kinds": {kind.service_kind for kind in rows["service_kind"]},
            "medicare_part": parts,
        },
        "next_step": {
            "medical_necessity_levels": levels | {"none"},
            "guards": {rule.guard for rule in rows["denial_rule"] if rule.guard} | {"no_appeal", "none"},
            "payer_families": families | {"unknown"},
            "medicare_parts": parts | {"none"},
            "deadline_states": {"open", "passed", "unknown", "met"},
        },
        "prior": {"payer_family": families},
        "payer_rule": {"payer_family": families},
    }


def _payers_are_told_apart(placed: Placed) -> Iterator[str]:
    ids: dict[str, str] = {}
    names: dict[str, str] = {}
    for place, payer in placed["payer"].values():
        for id_ in payer.match_ids:
            if ids.setdefault(id_, payer.payer_key) != payer.payer_key:
                yield f"{place}: identifier {id_!r} names {ids[id_]} too; one identifier names one payer"
        for name in (payer.payer_name, *payer.match_names):
            if names.setdefault(name_key(name), payer.payer_key) != payer.payer_key:
                yield f"{place}: name {name!r} names {names[name_key(name)]} too; one name names one payer"


def _ranges_do_not_overlap(placed: Placed) -> Iterator[str]:
    ranges = sorted(placed["service_kind"].values(), key=lambda entry: (len(entry[1].first_code), entry[1].first_code))
    for (_, before), (place, after) in pairwise(ranges):
        if len(before.last_code) == len(after.first_code) and after.first_code <= before.last_code:
            yield f"{place}: {after.first_code} lies in the range {before.first_code} to {before.last_code}; move one of them"


def _every_day_has_one_urgency(placed: Placed) -> Iterator[str]:
    """Days left from minus infinity to infinity, and no limit at all, each in exactly one tier."""
    tiers = placed["urgency_tier"].values()
    if sum(tier.for_waiting for _, tier in tiers) != 1:
        yield "urgency_tier.csv: exactly one tier must be for items that wait; mark one with Y in for_waiting"
    if sum(tier.for_no_deadline for _, tier in tiers) != 1:
        yield "urgency_tier.csv: exactly one tier must be for items without a limit; mark one with Y in for_no_deadline"
    ranges = sorted(
        (float("-inf") if tier.from_days is None else tier.from_days, float("inf") if tier.to_days is None else tier.to_days)
        for _, tier in tiers
        if not (tier.for_no_deadline or tier.for_waiting)
    )
    ends = [float("-inf"), *(end + 1 for _, end in ranges)]
    starts = [*(start for start, _ in ranges), float("inf")]
    if ends != starts:
        yield "urgency_tier.csv: the ranges of days must follow each other without a gap or an overlap, open at both ends"


def _states_hang_together(placed: Placed) -> Iterator[str]:
    """One state begins, every state can be reached from it, and every event leads somewhere."""
    starts = [state.item_state for _, state in placed["item_state"].values() if state.is_start]
    if len(starts) != 1:
        yield "item_state.csv: exactly one state must be the first one; mark one with Y in is_start"
        return
    for place, row in placed["transition"].values():
        if row.item_state != ANY_STATE and (row.item_state,) not in placed["item_state"]:
            yield f"{place}: item_state {row.item_state!r} is not in item_state.csv; correct it, or write {ANY_STATE} for any"
    reached = {starts[0]}
    while more := {
        row.next_item_state for _, row in placed["transition"].values() if row.item_state in (*reached, ANY_STATE)
    } - reached:
        reached |= more
    for place, state in placed["item_state"].values():
        if state.item_state not in reached:
            yield f"{place}: no event leads to the state {state.item_state!r}; add a row to transition.csv, or remove it"
        if (state.item_status == "closed") != (state.item_outcome is not None):
            yield f"{place}: a closed state, and no other, has an outcome"


CHECKS = (
    _states_hang_together,
    _every_day_has_one_urgency,
    _references,
    _labels_name_codes,
    _alerts_explain_nothing,
    _unmapped_rule_is_last,
    _families_settle,
    _values_are_known,
    _payers_are_told_apart,
    _ranges_do_not_overlap,
)
