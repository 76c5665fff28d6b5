"""Why a line stands on the worklist as it does: `remit835 why ITEM_ID`.

The whole reasoning in plain words, from the tables of the last run: what the payer said, which rule gave the family, what
forbids an appeal, which submitted claim was found, what was paid before, which rule chose the step, how the limit was counted,
what the line is worth, and the segments that all of it rests on. Nothing is decided here again; where the rules have changed
since the run, that is said.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from pipeline import mappings, rules
from pipeline.codes import official_text
from pipeline.errors import UsageError
from pipeline.explain import NO_WORDING
from pipeline.mappings import DenialRule, Mappings, NextStepRule, Place
from pipeline.query import dicts, open_tables
from pipeline.segments import Segment, SegmentReader
from pipeline.settings import Settings, data_folder

WIDTH = 110
NEAR_COUNT = 3
CONDITION_WORDS = {
    "group_code": "the group is {}",
    "reason_code": "the reason code is {}",
    "reason_family": "the reason code belongs to {}",
    "remark_code": "a remark is {}",
    "remark_family": "a remark belongs to {}",
    "remark_medical_necessity": "a remark is {} to medical need",
    "remark_signal": "a remark says {}",
    "has_policy": "a policy is cited",
    "service_kind": "the service is {}",
    "modifier": "a modifier is {}",
    "claim_status_code": "the claim status is {}",
    "medicare_part": "the plan is Medicare part {}",
}
STEP_WORDS = {
    "families": "the family is {}",
    "medical_necessity_levels": "it is {} to medical need",
    "guards": "the guard is {}",
    "frequency_signal": "an earlier service can be the cause: {}",
    "precedent_class": "a precedent that supports a request: {}",
    "payer_families": "the payer is {}",
    "medicare_parts": "the Medicare part is {}",
    "group_codes": "the group is {}",
    "code_next_step": "the reason code's own step is {}",
    "diagnosis_known": "the diagnosis is known: {}",
    "item_states": "the item is {}",
    "item_status": "the item is {}",
}
CLOSENESS = {"core": "core to medical need", "near": "near to medical need", "frequency": "about how often it was needed"}
YES_NO = {"Y": "yes", "AB": "yes", "N": "no", "none": "no"}
# Flags that no rule of denial_rule.csv sets, by how they end.
FLAG_WORDS = {
    "_OFFICIAL_MEANING_DIFFERS": "only the client's label gives this family; the code's official meaning is another",
    "_LABEL_NOT_APPLIED": "the client has a label for the code, but the official family is a plain one and stands",
    "CHECK_XRAY": "on this kind of service an X-ray may be what is missing",
    "CLAIM_LEVEL_REMARK": "the remarks are the claim's, the line has none",
    "PAID_BEFORE_DIAGNOSIS_UNKNOWN": "the procedure was paid before, but one of the diagnoses is unknown",
    "DIAGNOSIS_UNKNOWN": "no submitted claim gives the diagnosis",
    "AMBIGUOUS_CLAIM": "several submitted claims fit equally well, so none was taken",
    "LIMIT_NOT_VERIFIED": "the limit rests on a rule that nobody read in its source",
    "PAST_LIMIT_CLIENT_CONTINUES": "the limit has passed, and the client says to go on",
    "EXPECTED_FROM_CHARGE": "nothing shows what the payer allows, so the charge is taken",
    "COST_EXCEEDS_RECOVERY": "what is expected does not cover the cost of the step",
    "TAKEBACK": "a take-back of another payment names this claim: see claim_takeback and provider_adjustment_detail",
}
# What a line is looked up in: the tables of the last run that have one row an item.
TABLES_OF_ITEM = (
    "denied_line", "denied_service", "decision", "precedent", "counter_evidence", "other_patient_evidence", "expected_recovery",
    "ranking", "worklist", "worklist_excluded", "closed_item", "work_state",
)  # fmt: skip
CLOSED_WORDS = (
    "A biller closed it, so it has no next step. An entry of the work log with the status open takes it up again, and so does a "
    "new denial of the payer."
)
# Where a row stands in its file: no word of a biller.
PLACE = {"item_id", "file_id", "segment_index", "claim_segment_index"}


@dataclass(frozen=True)
class Part:
    """One step of the reasoning: sentences for people, facts for machines."""

    title: str
    sentences: tuple[str, ...]
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Reasoning:
    """All of it, for one item."""

    item_id: str
    parts: tuple[Part, ...]
    segments: tuple[Segment, ...]

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    def as_text(self) -> str:
        return "\n".join([f"item {self.item_id}", *(line for part in self.parts for line in _part_text(part)), *self._segments()])

    def _segments(self) -> Iterator[str]:
        yield ""
        yield "the segments it rests on (numbers count from 1; = as received, ~ put together from its columns)"
        width = max((len(one.file_name) for one in self.segments), default=0)
        for one in self.segments:
            number = "" if one.number is None else one.number
            yield f"  {one.file_name:<{width}}  {number:>6}  {'=' if one.is_as_received else '~'} {one.text}  ({one.what})"


def _part_text(part: Part) -> Iterator[str]:
    yield ""
    yield part.title
    for sentence in part.sentences:
        yield textwrap.fill(sentence, WIDTH, initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False)


@dataclass(frozen=True)
class Item:
    """What the last run's tables say of an item. Each table's row as a dict, empty where it has none."""

    rows: dict[str, dict[str, Any]]
    payment: dict[str, Any]
    line: dict[str, Any]
    claim_match: dict[str, Any]
    unmatched: dict[str, Any]
    adjustments: list[dict[str, Any]]
    denials: list[dict[str, Any]]
    deadlines: list[dict[str, Any]]
    service_kind: str | None
    medicare_part: str | None

    def __getitem__(self, table_name: str) -> dict[str, Any]:
        return self.rows[table_name]


# --------------------------------------------------------------------------------------------------------------------
# Why
# --------------------------------------------------------------------------------------------------------------------
def why(warehouse: Path, item_id: str, settings: Settings) -> Reasoning:
    """The reasoning of one denied line, on the worklist or set aside. The beginning of an id will do, where only one item has
    it. Raises UsageError where there is no such item."""
    return reasons(warehouse, [item_id], settings)[0]


def reasons(warehouse: Path, item_ids: Sequence[str], settings: Settings) -> list[Reasoning]:
    """The reasoning of several denied lines, in the order of their ids as given. Raises UsageError as `why` does."""
    known = mappings.of_site(settings)
    with open_tables(warehouse, known) as connection:
        items = [_item(connection, whole_id(connection, item_id)) for item_id in item_ids]
        judged = rules.judge(known, [_leading_codes(item) for item in items], bool(settings.client_labels))
        return [_reasoning(connection, item, known, settings, one) for item, one in zip(items, judged, strict=True)]


def _reasoning(
    connection: duckdb.DuckDBPyConnection, item: Item, known: Mappings, settings: Settings, judgement: rules.Judgement
) -> Reasoning:
    parts = (
        _the_line(item, known),
        _what_the_payer_said(item, known, settings),
        _family(item, known, judgement),
        _guard(item, known, judgement),
        _flags(item, known, judgement),
        _submitted_claim(item, known),
        _history(item, known),
        _step(item, known),
        _limit(item, known),
        _worth(item),
        _work(item, known),
    )
    return Reasoning(item["denied_line"]["item_id"], parts, tuple(_segments(connection, item)))


def whole_id(connection: duckdb.DuckDBPyConnection, begins: str) -> str:
    """The id of the one item that begins so, in capitals or not. Raises UsageError where there is none, or more than one."""
    item_id = begins.strip().lower()
    shown = re.sub(r"[^\w.-]", "?", item_id)[:40]
    if not item_id:
        raise UsageError("an item id is missing; ids stand in the column item_id of worklist/worklist.csv")
    query = "SELECT item_id FROM denied_line WHERE starts_with(item_id, ?) ORDER BY item_id LIMIT ?"
    found = [one for (one,) in connection.execute(query, [item_id, NEAR_COUNT]).fetchall()]
    if len(found) == 1 or item_id in found:
        return item_id if item_id in found else found[0]
    if found:
        raise UsageError(f"more than one item begins with {shown}: {', '.join(found)}, ...; give more of it")
    query = "SELECT night_date, change, change_reason FROM item_history WHERE item_id = ? ORDER BY night_date"
    nights = "; ".join(f"{night} {change}: {reason}" for night, change, reason in connection.execute(query, [item_id]).fetchall())
    query = "SELECT count(*) FROM service_line_current WHERE item_id = ? AND is_latest"
    if nights or connection.execute(query, [item_id]).fetchone()[0]:
        raise UsageError(
            f"{shown}: by the payer's latest decision nothing of this service is denied: it is no item any more"
            + (f" ({nights})" if nights else "")
        )
    raise UsageError(f"{shown}: no denied line has this id; ids stand in the column item_id of worklist/worklist.csv")


def _item(connection: duckdb.DuckDBPyConnection, item_id: str) -> Item:
    def rows(query: str, *values: Any) -> list[dict[str, Any]]:
        return dicts(connection, query, list(values))

    def row(query: str, *values: Any) -> dict[str, Any]:
        return next(iter(rows(query, *values)), {})

    of_item = {name: row(f"SELECT * FROM {name} WHERE item_id = ?", item_id) for name in TABLES_OF_ITEM}
    denied = of_item["denied_line"]
    place = (denied["file_id"], denied["claim_segment_index"])
    payment = row("SELECT * FROM claim_payment_current WHERE file_id = ? AND segment_index = ?", *place)
    line_place = (denied["file_id"], denied["line_segment_index"])
    procedure = of_item["denied_service"].get("billed_procedure_code") or ""
    kind = row(
        "SELECT service_kind FROM service_kind WHERE ? BETWEEN first_code AND last_code AND length(first_code) = length(?)",
        procedure,
        procedure,
    )
    part = row("SELECT medicare_part FROM filing_indicator WHERE code = ?", payment.get("filing_indicator_code"))
    return Item(
        of_item,
        payment,
        row("SELECT * FROM service_line_current WHERE file_id = ? AND segment_index = ?", *line_place),
        row("SELECT * FROM claim_match WHERE file_id = ? AND segment_index = ?", *place),
        row("SELECT * FROM line_unmatched WHERE file_id = ? AND segment_index = ?", denied["file_id"], denied["segment_index"]),
        rows(
            "SELECT * FROM classified_adjustment WHERE file_id = ? AND claim_segment_index = ? "
            "AND line_segment_index IS NOT DISTINCT FROM ? ORDER BY adjustment_amount DESC, segment_index, triplet_number",
            *place,
            denied["line_segment_index"],
        ),
        rows(
            "SELECT denial.denial_number, denial.denial_date, denial.denied_amount, ended.item_outcome, ended.outcome_date, "
            "ended.recovered_amount FROM item_denial AS denial LEFT JOIN item_outcome AS ended "
            "USING (item_id, denial_number) WHERE denial.item_id = ? ORDER BY denial_number",
            item_id,
        ),
        rows("SELECT * FROM deadline WHERE item_id = ? ORDER BY deadline_action", item_id),
        kind.get("service_kind") if denied["line_segment_index"] is not None else None,
        part.get("medicare_part"),
    )


def _leading_codes(item: Item) -> rules.Codes:
    """What the rules looked at: the largest denial of the line, and what stands beside it."""
    leading = next((one for one in item.adjustments if one["outcome"] == "denied"), {})
    return rules.Codes(
        leading.get("reason_code"),
        leading.get("group_code"),
        tuple((item["denied_line"]["remark_codes"] or "").split()),
        tuple((item.line.get("modifiers") or "").split()),
        item.service_kind,
        item.line.get("policy_id") is not None,
        item.payment.get("claim_status_code"),
        item.medicare_part,
    )


# --------------------------------------------------------------------------------------------------------------------
# The parts
# --------------------------------------------------------------------------------------------------------------------
def _the_line(item: Item, known: Mappings) -> Part:
    denied, service, payment = item["denied_line"], item["denied_service"], item.payment
    what = "the claim as a whole" if service.get("is_claim_level") else f"procedure {service.get('billed_procedure_code')}"
    modifiers = f" {service['modifiers']}" if service.get("modifiers") else ""
    charged, paid, taken = (_money(denied[name]) for name in ("charge_amount", "paid_amount", "denied_amount"))
    claim, number = (_said(payment.get(name)) for name in ("patient_control_number", "payer_claim_control_number"))
    payer, service_date = payment.get("payer_name") or "An unknown payer", _said(service.get("service_date"))
    contact = _contact(item, known)
    sentences = [
        f"{payer} decided on {what}{modifiers} of {service_date}: {charged} charged, {paid} paid, {taken} denied.",
        f"Claim {claim}, payer's number {number}. {contact}",
    ]
    ranking, excluded = item["ranking"], item["worklist_excluded"]
    if ranking:
        sentences.append(f"It is number {ranking['rank']} on the worklist.")
    elif excluded:
        sentences.append(f"It is not on the worklist: {excluded['exclusion_reason'].replace('_', ' ')}.")
    elif item["closed_item"]:
        sentences.append("It is not on the worklist: closed.")
    names = ("charge_amount", "paid_amount", "denied_amount", "payer_key")
    return Part("the line", tuple(sentences), {name: denied[name] for name in names} | {"rank": ranking.get("rank")})


def _contact(item: Item, known: Mappings) -> str:
    """The remittance's own telephone wins over the one in mappings/payer.csv."""
    if phone := item.payment.get("payer_phone"):
        return f"Payer's telephone {phone} (remittance)."
    payer = known.row("payer", item.payment.get("payer_key") or "")
    if payer and payer.payer_phone:
        return f"Payer's telephone {payer.payer_phone} (mappings/payer.csv: {payer.contact_source})."
    return "The payer's telephone is unknown: the remittance names none, and mappings/payer.csv has none."


def _what_the_payer_said(item: Item, known: Mappings, settings: Settings) -> Part:
    denied = item["denied_line"]
    sentences, codes = [], []
    for one in item.adjustments:
        reason = known.row("carc", one["reason_code"]) if one["reason_code"] else None
        took = {"denied": "denied", "not_a_denial": "no denial"}.get(one["outcome"], one["outcome"].replace("_", " "))
        name = f"{one['group_code'] or '?'}-{one['reason_code'] or '?'}"
        codes.append(name)
        meaning = _meaning(known, "CARC", one["reason_code"], reason, settings)
        sentences.append(f"{name} {_money(one['adjustment_amount'])} ({took}): {meaning}")
    for code in (denied["remark_codes"] or "").split():
        remark = known.row("rarc", code)
        alert = " (an alert: it explains no adjustment)" if remark and remark.is_alert else ""
        codes.append(code)
        sentences.append(f"Remark {code}{alert}: {_meaning(known, 'RARC', code, remark, settings)}")
    if "CLAIM_LEVEL_REMARK" in (denied["flags"] or "").split():
        sentences.append("The line has no remark of its own; these are the claim's.")
    elif denied["remark_codes"]:
        sentences.append("Nothing ties a remark to one adjustment: it stands beside all of the line.")
    if denied["policy_id"]:
        sentences.append(f"The decision names the policy {denied['policy_id']}.")
    return Part("what the payer said", tuple(sentences), {"codes": codes, "policy_id": denied["policy_id"]})


def _meaning(known: Mappings, code_type: str, code: str | None, row: Any, settings: Settings) -> str:
    if row is None:
        return "in no list of codes."
    words = f"{row.wording or NO_WORDING}."
    if text := official_text(known, code_type, code):
        words += f" Official text: {text}"
    label = known.row("client_label", code_type, code)
    if label and mappings.label_is_on(label, settings.client_labels):
        words += f" The client reads it as: {label.label} (set by {label.set_by} on {label.date})."
    return words


def _family(item: Item, known: Mappings, judgement: rules.Judgement) -> Part:
    denied = item["denied_line"]
    family = known.row("denial_family", denied["family"])
    closeness = f", {CLOSENESS[denied['medical_necessity']]}" if denied["medical_necessity"] else ""
    sentences = [f"{denied['family']}{closeness}: {family.wording if family else 'a family that is no longer known'}."]
    changed = judgement.family != denied["family"] or judgement.rule_id != denied["rule_id"]
    if changed:
        sentences.append(
            f"The run decided it by {denied['rule_id']}. With the mappings of now it would be {judgement.family} by "
            f"{judgement.rule_id}: they have changed, or --config names others than the run had."
        )
    else:
        sentences.append(_denial_rule_words(known, judgement.official_rule_id))
        if judgement.family_basis == "client_label":
            sentences.append(
                f"Officially it would be {_official_family(judgement, known)}, which says little and gives way to the client's "
                f"label. Only the label says {denied['family']}: ask the payer for its reason, and do not quote the label to it."
            )
        if judgement.family_basis == "both":
            sentences.append("The client's label of a code says the same.")
    facts = {name: denied[name] for name in ("family", "family_basis", "medical_necessity", "rule_id")}
    facts |= {"official_rule_id": judgement.official_rule_id, "rules_that_hold": judgement.rule_ids}
    facts["rules_have_changed"] = changed
    return Part("why this family", tuple(sentences), facts)


def _official_family(judgement: rules.Judgement, known: Mappings) -> str:
    rule = known.row("denial_rule", judgement.official_rule_id)
    return rule.family if rule else known.row("carc", judgement.official_rule_id.removeprefix("CARC-")).family


def _denial_rule_words(known: Mappings, rule_id: str) -> str:
    rule: DenialRule | None = known.row("denial_rule", rule_id)
    if rule is None:
        code = rule_id.removeprefix("CARC-")
        place = _place(known.places["carc"].get((code,)))
        return f"Rule {rule_id} ({place}): no rule with a lower number holds, so the reason code {code} says it by itself."
    conditions = rule.conditions()
    words = [CONDITION_WORDS[name].format(" or ".join(values)) for name, values in conditions.items()]
    place = _place(known.places["denial_rule"][(rule_id,)])
    held = f"holds because {', and '.join(words)}" if words else "holds always, and catches what no other rule knows"
    note = f" {rule.note.rstrip('.')}." if rule.note else ""
    return f"Rule {rule_id} ({place}) {held}.{note} Source: {rule.source}."


def _guard(item: Item, known: Mappings, judgement: rules.Judgement) -> Part:
    guard = item["denied_line"]["guard"]
    if not guard:
        sentence = "No code of the line forbids an appeal."
    elif judgement.guard == guard and judgement.guard_rule_id:
        sentence = f"{guard}: {_denial_rule_words(known, judgement.guard_rule_id)}"
    else:
        sentence = f"{guard}: so the run decided; with the mappings of now it would be {judgement.guard or 'nothing'}."
    return Part("what stands in the way of an appeal", (sentence,), {"guard": guard, "rule_id": judgement.guard_rule_id})


def _flags(item: Item, known: Mappings, judgement: rules.Judgement) -> Part:
    flags = (item["worklist"].get("flags") or item["denied_line"]["flags"] or "").split()
    sentences = []
    for flag in flags:
        rule = known.row("denial_rule", judgement.flags.get(flag))
        words = next((words for end, words in FLAG_WORDS.items() if flag.endswith(end)), None)
        said = f"{(rule.note or rule.source).rstrip('.')} ({rule.rule_id})" if rule else words
        sentences.append(f"{flag}: {said}." if said else f"{flag}.")
    return Part("flags", tuple(sentences) or ("None.",), {"flags": flags})


def _submitted_claim(item: Item, known: Mappings) -> Part:
    service = item["denied_service"]
    sentences = []
    if service.get("match_method"):
        for step in service["match_method"].split():
            method = known.row("match_method", step)
            sentences.append(f"{step}: {method.wording}." if method else f"{step}.")
        if service["match_confidence"]:
            sentences.append(f"Trust in the match: {service['match_confidence']}.")
    else:
        reason = item.unmatched.get("unmatched_reason") or "no_claim"
        sentences.append(f"No submitted claim was found ({reason.replace('_', ' ')}), so what was billed is not known from it.")
    diagnoses = service.get("diagnosis_codes")
    basis = {"pointer": "those that the line points to", "claim": "the claim's, because the line points to none"}
    if diagnoses:
        taken = basis.get(service["diagnosis_basis"], service["diagnosis_basis"])
        sentences.append(f"Diagnoses {diagnoses}, the primary first: {taken}.")
    else:
        sentences.append("The diagnosis is unknown: an 835 carries none.")
    names = ("match_method", "match_confidence", "diagnosis_codes", "diagnosis_basis")
    return Part("the claim as submitted", tuple(sentences), {name: service.get(name) for name in names})


def _history(item: Item, known: Mappings) -> Part:
    precedent, service = item["precedent"], item["denied_service"]
    sentences = []
    if precedent:
        tier = known.row("precedent_strength", precedent["precedent_tier"])
        name = f"Tier {precedent['precedent_tier']}, {precedent['precedent_strength']}"
        sentences.append(f"{name}: {tier.wording}." if tier else f"{name}.")
        claim, service_date, paid_date, trace = (
            _said(precedent[f"precedent_{part}"]) for part in ("claim_number", "service_date", "paid_date", "trace_number")
        )
        sentences.append(
            f"Payer's claim {claim}, service of {service_date}, paid {_money(precedent['precedent_paid_amount'])} on {paid_date} "
            f"by trace {trace}. Earlier paid claims that support it so: {precedent['precedent_count']}."
        )
        if precedent["precedent_differences"]:
            sentences.append(f"It differs in {precedent['precedent_differences'].replace(' ', ', ').replace('_', ' ')}.")
        if item["denied_line"]["has_frequency_signal"]:
            sentences.append("Here it is no argument: an earlier payment can be the very cause of this denial.")
        elif precedent["is_candidate"]:
            sentences.append("It supports asking the payer to process again; an earlier payment never binds the payer.")
        else:
            sentences.append("It is a note for the file, and supports no such request.")
    elif not item["decision"]:
        sentences.append("Nobody looks for earlier payments while it is closed.")
    else:
        since = _said(service.get("history_from_date"))
        sentences.append(f"No earlier payment of the same for this patient was found, from {since} on.")
    if against := item["counter_evidence"].get("counter_evidence"):
        sentences.append(f"Against it: {against}")
    if others := item["other_patient_evidence"]:
        sentences.append(
            f"Lines of other patients with the same procedure and diagnosis: {others['other_patient_paid_count']} paid, "
            f"{others['other_patient_denied_count']} denied."
        )
    return Part("what was paid before", tuple(sentences), {**precedent, **item["counter_evidence"], **others})


def _step(item: Item, known: Mappings) -> Part:
    decision = item["decision"]
    if not decision:
        return Part("why this next step", (CLOSED_WORDS,), {})
    rule: NextStepRule | None = known.row("next_step", decision["next_step_rule_id"])
    step = known.row("step", decision["next_step"])
    sentences = [f"{decision['next_step']}: {step.wording if step else ''}.", decision["next_step_reason"]]
    if rule:
        place = _place(known.places["next_step"][(rule.rule_id,)])
        conditions = "; ".join(_next_step_conditions(rule)) or "it holds always"
        sentences.append(f"Rule {rule.rule_id} ({place}), the lowest number of those that fit: {conditions}.")
        if rule.note:
            sentences.append(f"{rule.note}.")
    else:
        sentences.append(f"Rule {decision['next_step_rule_id']}: no rule of next_step.csv fits, or the mappings have changed.")
    if decision.get("is_worked_past_limit"):
        sentences.append("The limit has passed; the client says to go on all the same (past_limit.csv).")
    names = ("next_step", "next_step_rule_id", "next_step_reason", "is_worked_past_limit")
    return Part("why this next step", tuple(sentences), {name: decision.get(name) for name in names})


def _next_step_conditions(rule: NextStepRule) -> Iterator[str]:
    for name in NextStepRule.model_fields:
        value = getattr(rule, name)
        if name in rules.NOT_CONDITIONS or not value:
            continue
        values = YES_NO.get(value, value) if isinstance(value, str) else " or ".join(value)
        yield STEP_WORDS.get(name, name.replace("_", " ") + " is {}").format(values)
    if rule.deadline_states:
        yield f"the limit for {rule.deadline_action.replace('_', ' ')} is {' or '.join(rule.deadline_states)}"


def _limit(item: Item, known: Mappings) -> Part:
    decision = item["decision"]
    if not decision:
        return Part("until when", ("No limit is counted for what is closed.",), {"chosen": None, "others": []})
    sentences = []
    chosen = next((one for one in item.deadlines if one["deadline_action"] == decision.get("deadline_action")), None)
    if chosen is None:
        sentences.append("The step has no limit.")
    else:
        days = chosen["days_left"]
        left = "" if days is None else f", {days} days left" if days >= 0 else f", passed {-days} days ago"
        action = chosen["deadline_action"].replace("_", " ")
        sentences.append(f"{action}: {_said(chosen['deadline'])}{left}; work by {_said(chosen['work_by_date'])}.")
        sentences.append(f"Counted: {chosen['deadline_basis']}.")
        if rule := known.row("payer_rule", chosen["deadline_rule_id"]):
            own = ", the site's own" if rule.is_site else ""
            place = _place(known.places["payer_rule"][(rule.rule_id,)])
            note = f" {rule.note.rstrip('.')}." if rule.note else ""
            sentences.append(f"Rule {rule.rule_id} ({place}{own}): {rule.rule_source}; verified: {rule.verified}.{note}")
        if not chosen["is_deadline_verified"]:
            sentences.append("The limit is not verified: ask for it on the call.")
    others = [one for one in item.deadlines if one is not chosen]
    if others:
        listed = "; ".join(f"{one['deadline_action'].replace('_', ' ')} {_said(one['deadline'])}" for one in others)
        sentences.append(f"Other limits: {listed}.")
    return Part("until when", tuple(sentences), {"chosen": chosen, "others": others})


def _worth(item: Item) -> Part:
    worth, ranking = item["expected_recovery"], item["ranking"]
    if not worth:
        return Part("what it is worth", ("Nothing is computed for it.",))
    rate = f"{worth['success_rate'] * 100:.0f}%"
    allowed, cost, recovery = (
        _money(worth[name]) for name in ("expected_allowed_amount", "step_cost_amount", "expected_recovery_amount")
    )
    sentences = [
        f"The payer would allow {allowed} (by {worth['expected_allowed_basis']}), of which such work brings {rate} "
        f"({worth['success_rate_basis']}), less {cost} that the step costs: {recovery}, and never below nothing."
    ]
    if worth["is_not_worth_its_cost"]:
        sentences.append("That does not cover the cost of the step.")
    if ranking:
        sentences.append(f"Rank {ranking['rank']}, in urgency tier {ranking['urgency_tier']} ({ranking['urgency']}).")
    return Part("what it is worth", tuple(sentences), {**worth, **ranking})


def _work(item: Item, known: Mappings) -> Part:
    """What was logged, and how earlier denials of the item ended."""
    work = {name: value for name, value in item["work_state"].items() if value is not None and name not in PLACE}
    if work and item["worklist"]:  # an answer that is due makes a waiting item open
        work |= {"item_status": item["worklist"]["status"], "status_since": item["worklist"]["status_since"]}
    state = known.row("item_state", work.get("item_state"))
    sentences = [f"{state.wording} (state {state.item_state})."] if state else []
    sentences += [f"{name.replace('_', ' ')}: {value}" for name, value in work.items() if name != "item_state"]
    for denial in item.denials:
        if denial["item_outcome"]:
            outcome = known.row("outcome", denial["item_outcome"])
            sentences.append(
                f"Denial {denial['denial_number']}, {_money(denial['denied_amount'])} of {_said(denial['denial_date'])}: "
                f"{outcome.wording if outcome else denial['item_outcome']} on {_said(denial['outcome_date'])}, "
                f"{_money(denial['recovered_amount'])} recovered."
            )
    if not work:
        sentences.insert(0, "Nothing is logged.")
    return Part("what was done", tuple(sentences), {**work, "denials": item.denials})


# --------------------------------------------------------------------------------------------------------------------
# The segments
# --------------------------------------------------------------------------------------------------------------------
def _segments(connection: duckdb.DuckDBPyConnection, item: Item) -> Iterator[Segment]:
    """In the order of the reasoning: the payment, the decision, the claim as submitted, the earlier payment."""
    reader = SegmentReader(connection)
    denied = item["denied_line"]
    file_id, claim, line = denied["file_id"], denied["claim_segment_index"], denied["line_segment_index"]
    yield from _decided(reader, file_id, claim, line)
    service, match = item["denied_service"], item.claim_match
    if service.get("submitted_segment_index") is not None:
        yield from _submitted(reader, service["submitted_file_id"], service["submitted_segment_index"])
    elif service.get("is_claim_level") and match:
        yield from _submitted_claim_segments(reader, match["submitted_file_id"], match["submitted_claim_segment_index"])
    precedent = item["precedent"]
    if precedent:
        place = (precedent["precedent_file_id"], precedent["precedent_segment_index"])
        paid = reader.row("service_line", *place)
        if paid:
            yield from _decided(reader, place[0], paid["claim_segment_index"], place[1], "earlier ")


def _decided(reader: SegmentReader, file_id: str, claim: int, line: int | None, when: str = "") -> Iterator[Segment]:
    payment = reader.row("claim_payment", file_id, claim)
    if payment is None:
        return
    remittance = reader.row("remittance", file_id, payment["remittance_segment_index"]) or {}
    trace = (remittance.get("trace_type_code"), remittance.get("trace_number"), remittance.get("payer_tax_number"))
    yield reader.placeless(file_id, claim, "TRN", trace, f"{when}payment")
    if remittance.get("production_date"):
        yield reader.placeless(file_id, claim, "DTM", ("405", remittance["production_date"]), f"{when}production date")
    yield reader.own("claim_payment", file_id, claim, "CLP", f"{when}claim")
    yield from reader.adjustments(file_id, claim, None)
    yield from reader.remarks(file_id, claim, None)
    if line is not None:
        service = reader.row("service_line", file_id, line) or {}
        yield reader.own("service_line", file_id, line, "SVC", f"{when}line")
        if service.get("service_date"):
            yield reader.placeless(file_id, claim, "DTM", ("472", service["service_date"]), f"{when}service date")
        yield from reader.adjustments(file_id, claim, line)
        if service.get("policy_id"):
            yield reader.placeless(file_id, claim, "REF", ("0K", service["policy_id"]), "policy")
        yield from reader.remarks(file_id, claim, line)


def _submitted(reader: SegmentReader, file_id: str, line: int) -> Iterator[Segment]:
    submitted = reader.row("submitted_line", file_id, line)
    if submitted is None:
        return
    yield from _submitted_claim_segments(reader, file_id, submitted["claim_segment_index"])
    claim = reader.row("submitted_claim", file_id, submitted["claim_segment_index"]) or {}
    segment_id = {"P": "SV1", "I": "SV2", "D": "SV3"}.get(claim.get("claim_type"), "SV1")
    pointers = f"; diagnosis pointers {submitted['diagnosis_pointers']}" if submitted["diagnosis_pointers"] else ""
    yield reader.own("submitted_line", file_id, line, segment_id, f"line as submitted{pointers}")


def _submitted_claim_segments(reader: SegmentReader, file_id: str, claim: int) -> Iterator[Segment]:
    yield reader.own("submitted_claim", file_id, claim, "CLM", "claim as submitted")
    yield from reader.diagnoses(file_id, claim)


# --------------------------------------------------------------------------------------------------------------------
def _place(place: Place | None) -> str:
    """Where a rule stands; the shipped mappings are found in the installed package or beside it, so their folder says nothing."""
    if place is None:
        return "no longer in the mappings"
    return f"mappings/{place.path.name}:{place.line}" if place.path.parent == data_folder("mappings") else str(place)


def _money(amount: Any) -> str:
    return "an unknown amount" if amount is None else f"{amount:,.2f}"


def _said(value: Any) -> str:
    return "unknown" if value is None else str(value)
