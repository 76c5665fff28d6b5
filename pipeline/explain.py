"""What a code means and what to do about it: `remit835 explain CODE`.

A code is looked up in the lists of mappings/ (CARC, RARC, group codes, PLB reasons, claim statuses), put before the rules as a
line of its own, and counted in a warehouse where one is named. The official text is shown where the site has loaded its
licensed list; what we say is our own wording, and where there is none, that is said.
"""

from __future__ import annotations

import difflib
import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from pipeline import mappings, rules
from pipeline.codes import LISTS, official_text
from pipeline.errors import UsageError
from pipeline.mappings import Mappings
from pipeline.query import open_tables
from pipeline.settings import Settings

LIST_NAMES = {
    "CARC": "claim adjustment reason code",
    "RARC": "remittance advice remark code",
    "GROUP": "adjustment group code",
    "PLB": "provider adjustment reason",
    "CLP02": "claim status code",
}
SPELLED = {name: name for name in LISTS} | {"REASON": "CARC", "REMARK": "RARC", "CAS01": "GROUP", "STATUS": "CLP02"}
NO_WORDING = "no wording yet"
ADVICE = {
    "gather": "check and gather first",
    "causes": "common causes",
    "prevention": "how to prevent it",
    "ask_provider": "ask the provider",
    "ask_payer": "ask the payer",
    "common_mistakes": "common mistakes",
}
WIDTH = 110


@dataclass(frozen=True)
class Reference:
    """A code of one list, with the group and the remarks that it was named with."""

    code_type: str
    code: str
    group_code: str | None = None
    remark_codes: tuple[str, ...] = ()

    def __str__(self) -> str:
        group = f"{self.group_code}-{self.code}" if self.group_code else f"{self.code_type} {self.code}"
        return f"{group} with {', '.join(self.remark_codes)}" if self.remark_codes else group


@dataclass(frozen=True)
class Seen:
    """A code in the remittances of a warehouse that count; money in USD. `denied_*` are open or closed items of tonight's
    picture; `decided_again_count` are denied services that the payer decided about again, `overturned_count` those of them that
    it then paid. `ended_count` are denials of the worklist with the code whose end counts for rates of success, `won_count` those
    that brought money, `recovered_amount` how much."""

    use_count: int
    amount: Decimal
    denied_item_count: int | None = None
    denied_amount: Decimal | None = None
    first_seen_date: date | None = None
    last_seen_date: date | None = None
    decided_again_count: int | None = None
    overturned_count: int | None = None
    ended_count: int | None = None
    won_count: int | None = None
    recovered_amount: Decimal | None = None


@dataclass(frozen=True)
class Explanation:
    """One code of one list. What does not apply to the list is None or empty."""

    name: str
    code_type: str
    code: str
    our_meaning: str | None
    official_text: str | None
    status: str | None
    start_date: date | None
    last_modified_date: date | None
    stop_date: date | None
    replaced_by: tuple[str, ...]
    is_alert: bool | None
    notes: tuple[str, ...]
    client_label: dict[str, Any] | None
    judgements: tuple[dict[str, Any], ...]
    medical_necessity: str | None
    fixable_by: str | None
    stops_appeal: bool | None
    next_step: str | None
    next_step_meaning: str | None
    quick_explanation: str | None
    advice: dict[str, tuple[str, ...]]
    advice_of: str | None
    seen: Seen | None


# --------------------------------------------------------------------------------------------------------------------
# From a spelling to codes
# --------------------------------------------------------------------------------------------------------------------
def references(spelling: str, known: Mappings, warehouse: Path | None = None) -> list[Reference]:
    """The codes that a spelling can mean: `M1`, `50`, `CO-50`, `CO-16 M127`, `PLB WO`, `CARC 50`, `CO`. A bare code can be of
    several lists, and then all are given. Raises UsageError for a code in no list, with the nearest ones."""
    words = [word for word in re.split(r"[\s*:,/-]+", spelling.upper()) if word]
    groups = {group.code for group in known.rows["group_code"]}
    kind = SPELLED.get(words.pop(0)) if len(words) > 1 and words[0] in SPELLED else None
    group = None
    if kind in (None, "CARC") and len(words) > 1 and words[0] in groups:
        group, kind = words.pop(0), "CARC"
    elif kind is None and len(words) == 1 and (parted := _run_together(words[0], groups, known)):
        group, kind, words = parted[0], "CARC", [parted[1]]
    if not words:
        raise UsageError("name a code, as in: remit835 explain CO-50")
    code, *remarks = words
    for remark in remarks:
        if known.row("rarc", remark) is None or kind not in (None, "CARC"):
            near = _near(remark, known)
            raise UsageError(f"{spelling}: after a reason code only remark codes can follow, and {remark} is none{near}")
    kinds = [kind] if kind else ["CARC"] if remarks else _lists_with(code, known)
    found = [kind for kind in kinds if known.row(LISTS[kind], code) is not None]
    if not found:
        where = f"is no {LIST_NAMES[kinds[0]]}" if kinds else "is in no list of codes"
        raise UsageError(f"{code} {where}{_near(code, known)}{_stands_here(code, warehouse)}")
    return [Reference(kind, code, group, tuple(remarks)) for kind in found]


def _lists_with(code: str, known: Mappings) -> list[str]:
    return [kind for kind, file_name in LISTS.items() if known.row(file_name, code) is not None]


def _run_together(word: str, groups: set[str], known: Mappings) -> tuple[str, str] | None:
    """`CO50` is CO and 50, where it is no code by itself."""
    parts = re.fullmatch(rf"({'|'.join(sorted(groups))})(\w+)", word)
    return (parts[1], parts[2]) if parts and known.row("carc", parts[2]) and not _lists_with(word, known) else None


def _near(code: str, known: Mappings) -> str:
    names: dict[str, list[str]] = {}
    for kind, file_name in LISTS.items():
        for row in known.rows[file_name]:
            names.setdefault(row.code, []).append(f"{kind} {row.code}")
    near = difflib.get_close_matches(code, names, n=5, cutoff=0.5)
    return f"; near it are {', '.join(name for one in near for name in names[one])}" if near else ""


def _stands_here(code: str, warehouse: Path | None) -> str:
    if warehouse is None:
        return ""
    with open_tables(warehouse) as connection:
        counted = [(kind, _uses(connection, Reference(kind, code))) for kind in LISTS]
    said = [f"{_times(seen.use_count)} as {kind}, {seen.amount:,.2f} dollars" for kind, seen in counted if seen.use_count]
    return f". It stands in this warehouse: {'; '.join(said)}" if said else ". It does not stand in this warehouse"


# --------------------------------------------------------------------------------------------------------------------
# Explain
# --------------------------------------------------------------------------------------------------------------------
def explain(spelling: str, settings: Settings, warehouse: Path | None = None) -> list[Explanation]:
    """Everything known about each code that the spelling can mean. Raises UsageError for a code in no list."""
    known = mappings.of_site(settings)
    asked = references(spelling, known, warehouse)
    lines = [_lines(reference, known) for reference in asked]
    judged = iter(rules.judge(known, [line for part in lines for line in part], bool(settings.client_labels)))
    return [_explanation(one, known, settings, [(line, next(judged)) for line in part], warehouse)
            for one, part in zip(asked, lines, strict=True)]  # fmt: skip


def _lines(reference: Reference, known: Mappings) -> list[rules.Codes]:
    """The lines on which the rules are tried: the reason code itself; a remark beside the reason codes that say little."""
    if reference.code_type == "CARC":
        return [rules.Codes(reference.code, reference.group_code, reference.remark_codes)]
    if reference.code_type == "RARC":
        looking = [rule for rule in known.rows["denial_rule"] if rule.family and (rule.remark_families or rule.remark_codes)]
        generic = dict.fromkeys(code for rule in looking for code in rule.reason_codes)
        return [rules.Codes(code, None, (reference.code,)) for code in generic]
    return []


def _explanation(
    reference: Reference,
    known: Mappings,
    settings: Settings,
    judged: list[tuple[rules.Codes, rules.Judgement]],
    warehouse: Path | None,
) -> Explanation:
    row = known.row(LISTS[reference.code_type], reference.code)
    next_step = _next_step(reference, row, judged, known)
    step = known.row("step", next_step) if next_step else None
    family = getattr(row, "family", None)
    guidance, advice_of = _guidance(reference, family, known)
    return Explanation(
        name=str(reference),
        code_type=reference.code_type,
        code=reference.code,
        our_meaning=row.wording,
        official_text=official_text(known, reference.code_type, reference.code),
        status=_status(row, settings.today()),
        start_date=getattr(row, "start_date", None),
        last_modified_date=getattr(row, "last_modified_date", None),
        stop_date=getattr(row, "stop_date", None),
        replaced_by=getattr(row, "replaced_by", ()),
        is_alert=getattr(row, "is_alert", None),
        notes=tuple(_notes(reference, row, known)),
        client_label=_client_label(reference, known, settings),
        judgements=tuple(_merged(judged, known)),
        medical_necessity=getattr(row, "medical_necessity", None),
        fixable_by=getattr(row, "fixable_by", None),
        stops_appeal=getattr(row, "stops_appeal", None),
        next_step=next_step,
        next_step_meaning=step.wording if step else None,
        quick_explanation=guidance.quick_explanation if guidance else None,
        advice={name: getattr(guidance, name) for name in ADVICE} if guidance else {},
        advice_of=advice_of,
        seen=_seen(reference, family, known, warehouse) if warehouse else None,
    )


def _next_step(reference: Reference, row: Any, judged: list[tuple[rules.Codes, rules.Judgement]], known: Mappings) -> str | None:
    """The usual step of the code; where a remark decides what the line is about, the remark's."""
    if reference.remark_codes and judged[0][1].official_rule_id != f"CARC-{reference.code}":
        steps = [known.row("rarc", remark).next_step for remark in reference.remark_codes]
        return next((step for step in steps if step not in (None, "none")), row.next_step)
    return getattr(row, "next_step", None)


def _status(row: Any, today: date) -> str | None:
    if not hasattr(row, "stop_date"):
        return None
    if row.stop_date and row.stop_date <= today:
        return "retired"
    return "not yet valid" if row.start_date and row.start_date > today else "current"


def _notes(reference: Reference, row: Any, known: Mappings) -> Iterator[str]:
    """What else the lists say of the code, one sentence each."""
    if reference.group_code:
        group = known.row("group_code", reference.group_code)
        yield f"Group {group.code}: {group.wording}. {group.note or ''}".strip()
        allowed = getattr(row, "group_codes_allowed", ())
        if allowed and group.code not in allowed:
            yield f"The standard allows {reference.code} with {' or '.join(allowed)} only: ask the payer about {group.code}."
    elif allowed := getattr(row, "group_codes_allowed", ()):
        yield f"The standard allows it with group {' or '.join(allowed)} only."
    if getattr(row, "is_alert", False):
        yield "An alert: it informs, and never explains an adjustment."
    if getattr(row, "requires_remark", False):
        yield "It must come with a remark code, which says what it is about."
    if getattr(row, "refers_to_policy", False):
        yield "It can come with the number of a policy (REF*0K)."
    if reference.code_type == "GROUP":
        yield f"Who bears it: {row.who_bears}."
    if reference.code_type == "PLB":
        yield f"A positive amount: {row.positive_means}. A negative amount: {row.negative_means}. Usual sign: {row.usual_sign}."
    if reference.code_type == "CLP02":
        yield f"In the ledger: {row.effect.replace('_', ' ')}."
    if reference.code_type != "CARC" and getattr(row, "note", None):
        yield row.note
    for remark in reference.remark_codes:
        remark_row = known.row("rarc", remark)
        alert = " (an alert)" if remark_row.is_alert else ""
        yield f"Remark {remark}{alert}: {remark_row.wording or NO_WORDING}."


def _client_label(reference: Reference, known: Mappings, settings: Settings) -> dict[str, Any] | None:
    label = known.row("client_label", reference.code_type, reference.code)
    if label is None:
        return None
    is_on = mappings.label_is_on(label, settings.client_labels)
    facts = ("label", "family", "medical_necessity", "set_by", "date", "note")
    return {name: getattr(label, name) for name in facts} | {"is_on": is_on}


def _guidance(reference: Reference, family: str | None, known: Mappings) -> tuple[mappings.Guidance | None, str | None]:
    key = f"{reference.code_type} {reference.code}"
    if key in known.guidance:
        return known.guidance[key], key
    return (known.guidance[family], f"the family {family}") if family in known.guidance else (None, None)


def _merged(judged: list[tuple[rules.Codes, rules.Judgement]], known: Mappings) -> Iterator[dict[str, Any]]:
    """What the rules make of the code, once for each different answer."""
    answers: dict[tuple, list[rules.Codes]] = {}
    shown: dict[tuple, rules.Judgement] = {}
    for line, judgement in judged:
        by_itself = judgement.official_rule_id == f"CARC-{line.reason_code}"
        rule_id = "the reason code itself" if by_itself and line.remark_codes else judgement.official_rule_id
        key = (judgement.family, judgement.family_basis, rule_id, judgement.guard, tuple(judgement.flags))
        answers.setdefault(key, []).append(line)
        shown.setdefault(key, judgement)
    for key, lines in answers.items():
        judgement = shown[key]
        yield {
            "reason_codes": tuple(line.reason_code for line in lines),
            "family": judgement.family,
            "family_meaning": known.row("denial_family", judgement.family).wording,
            "family_basis": judgement.family_basis,
            "medical_necessity": judgement.medical_necessity,
            "official_rule_id": key[2],
            "is_denial": judgement.is_denial,
            "guard": judgement.guard,
            "guard_rule_id": judgement.guard_rule_id,
            "flags": tuple(judgement.flags),
        }


# --------------------------------------------------------------------------------------------------------------------
# How often it was seen
# --------------------------------------------------------------------------------------------------------------------
_CARC = """
    SELECT count(*), sum(adjustment.adjustment_amount), min(remittance.payment_date), max(remittance.payment_date),
        count(DISTINCT classified.item_id) FILTER (WHERE classified.outcome = 'denied'),
        sum(adjustment.adjustment_amount) FILTER (WHERE classified.outcome = 'denied')
    FROM adjustment
    JOIN classified_adjustment AS classified USING (file_id, segment_index, triplet_number)
    JOIN remittance ON remittance.file_id = adjustment.file_id AND remittance.segment_index = adjustment.remittance_segment_index
    WHERE coalesce(classified.exclusion_reason, 'reversed') = 'reversed'
"""
_USES = {
    "CARC": _CARC
    + " AND adjustment.reason_code = $code AND adjustment.group_code = coalesce($group_code, adjustment.group_code)",
    "GROUP": _CARC + " AND adjustment.group_code = $code AND coalesce($group_code, '') = ''",
    "RARC": """
        SELECT count(*), coalesce(sum(denied.denied_amount), 0), min(remittance.payment_date), max(remittance.payment_date),
            count(DISTINCT denied.item_id), coalesce(sum(denied.denied_amount), 0)
        FROM remittance
        JOIN remark_code
            ON remark_code.file_id = remittance.file_id AND remark_code.remittance_segment_index = remittance.segment_index
        JOIN remittance_status AS status
            ON status.file_id = remittance.file_id AND status.segment_index = remittance.segment_index
        LEFT JOIN denied_line AS denied
            ON denied.file_id = remark_code.file_id
            AND denied.segment_index = coalesce(remark_code.line_segment_index, remark_code.claim_segment_index)
        WHERE status.is_accepted AND remark_code.remark_code = $code AND coalesce($group_code, '') = ''
    """,
    "PLB": """
        SELECT count(*), sum(adjustment_amount), min(payment_date), max(payment_date), NULL, NULL
        FROM remittance
        JOIN provider_adjustment ON provider_adjustment.file_id = remittance.file_id
            AND provider_adjustment.remittance_segment_index = remittance.segment_index
        JOIN remittance_status AS status
            ON status.file_id = remittance.file_id AND status.segment_index = remittance.segment_index
        WHERE status.is_accepted AND provider_adjustment_code = $code AND coalesce($group_code, '') = ''
    """,
    "CLP02": """
        SELECT count(*), sum(charge_amount), min(payment_date), max(payment_date), NULL, NULL
        FROM remittance
        JOIN claim_payment ON claim_payment.file_id = remittance.file_id
            AND claim_payment.remittance_segment_index = remittance.segment_index
        JOIN remittance_status AS status
            ON status.file_id = remittance.file_id AND status.segment_index = remittance.segment_index
        WHERE status.is_accepted AND claim_status_code = $code AND coalesce($group_code, '') = ''
    """,
}
# A denied service that the payer decided about again: its denial was reversed or superseded, and a later line of the same claim,
# procedure and day stands. Overturned where that line was paid.
_AGAIN = """
    WITH denied_once AS (
        SELECT DISTINCT
            event.claim_key,
            coalesce(line.submitted_procedure_code, line.procedure_code) AS procedure_code,
            coalesce(line.service_date, claim.statement_from_date) AS service_date
        FROM classified_adjustment AS classified
        JOIN claim_payment_event AS event
            ON event.file_id = classified.file_id AND event.segment_index = classified.claim_segment_index
        JOIN claim_payment AS claim ON claim.file_id = event.file_id AND claim.segment_index = event.segment_index
        JOIN service_line AS line ON line.file_id = classified.file_id AND line.segment_index = classified.line_segment_index
        {remark}
        WHERE (classified.outcome = 'superseded' OR classified.exclusion_reason = 'reversed')
            AND classified.adjustment_amount > 0
            AND {code}
    )
    SELECT count(*), count(*) FILTER (WHERE paid)
    FROM (
        SELECT bool_or(current.paid_amount > 0 AND denied.item_id IS NULL) AS paid
        FROM denied_once
        JOIN service_line_current AS current
            ON current.claim_key = denied_once.claim_key
            AND current.billed_procedure_code = denied_once.procedure_code
            AND current.service_date IS NOT DISTINCT FROM denied_once.service_date
            AND current.is_latest
        LEFT JOIN denied_line AS denied ON denied.item_id = current.item_id
        GROUP BY denied_once.claim_key, denied_once.procedure_code, denied_once.service_date
    ) AS service
"""
_AGAIN_BY = {
    "CARC": ("", "classified.reason_code = $code AND coalesce($group_code, classified.group_code) = classified.group_code"),
    "RARC": (
        "JOIN remark_code ON remark_code.file_id = line.file_id AND remark_code.line_segment_index = line.segment_index",
        "remark_code.remark_code = $code AND coalesce($group_code, '') = ''",
    ),
}

_OUTCOMES = """
    SELECT count(*), count(*) FILTER (WHERE outcome.is_success), coalesce(sum(ended.recovered_amount), 0)
    FROM item_outcome AS ended
    JOIN item_denial AS denial ON denial.item_id = ended.item_id AND denial.denial_number = ended.denial_number
    JOIN outcome ON outcome.item_outcome = ended.item_outcome
    WHERE outcome.is_counted AND EXISTS (
        SELECT 1 FROM {facts} AS fact
        WHERE fact.file_id = denial.file_id
            AND coalesce(fact.line_segment_index, fact.claim_segment_index) = denial.segment_index
            AND {code}
    )
"""
_ENDED = {
    "CARC": _OUTCOMES.format(
        facts="adjustment", code="fact.reason_code = $code AND fact.group_code = coalesce($group_code, fact.group_code)"
    ),
    "RARC": _OUTCOMES.format(facts="remark_code", code="fact.remark_code = $code AND coalesce($group_code, '') = ''"),
}


def _seen(reference: Reference, family: str | None, known: Mappings, warehouse: Path) -> Seen:
    with open_tables(warehouse, known) as connection:
        seen = _uses(connection, reference)
        is_denial = family is not None and known.row("denial_family", family).is_denial
        if reference.code_type not in _AGAIN_BY or not is_denial:
            return seen
        remark, code = _AGAIN_BY[reference.code_type]
        query = _AGAIN.format(remark=remark, code=code)
        again, overturned = connection.execute(query, _parameters(reference)).fetchall()[0]
        ended, won, recovered = connection.execute(_ENDED[reference.code_type], _parameters(reference)).fetchall()[0]
    more = {"decided_again_count": again, "overturned_count": overturned, "ended_count": ended, "won_count": won}
    return Seen(**{**asdict(seen), **more, "recovered_amount": recovered})


def _uses(connection: duckdb.DuckDBPyConnection, reference: Reference) -> Seen:
    row = connection.execute(_USES[reference.code_type], _parameters(reference)).fetchall()[0]
    count, amount, first, last, items, denied = row
    return Seen(count, amount or Decimal("0.00"), items, denied or (None if items is None else Decimal("0.00")), first, last)


def _parameters(reference: Reference) -> dict[str, str | None]:
    return {"code": reference.code, "group_code": reference.group_code}


# --------------------------------------------------------------------------------------------------------------------
# For a terminal
# --------------------------------------------------------------------------------------------------------------------
def as_dicts(explanations: Sequence[Explanation]) -> list[dict[str, Any]]:
    """For JSON; money and dates become text there."""
    return [asdict(one) for one in explanations]


def as_text(spelling: str, explanations: Sequence[Explanation]) -> str:
    """For a terminal, one part a code."""
    parts = ["\n".join(_text(one)) for one in explanations]
    if len(explanations) > 1:
        names = " and ".join(one.name for one in explanations)
        parts.insert(0, f"{spelling} can mean {names}. To see one only, name its list: {explanations[0].name}")
    return "\n\n".join(parts)


def _text(one: Explanation) -> Iterator[str]:
    yield f"{one.name}  ({LIST_NAMES[one.code_type]})"
    yield from _paragraph("our meaning", one.our_meaning or NO_WORDING)
    if one.official_text:
        yield from _paragraph("official text", f"{one.official_text} (from the list that this site has loaded)")
    if one.status:
        yield from _paragraph("status", _status_words(one))
    for note in one.notes:
        yield from _paragraph("note", note)
    if one.client_label:
        label = one.client_label
        state = "on" if label["is_on"] else "switched off"
        words = f"{label['label']}, family {label['family']} ({state}; set by {label['set_by']} on {label['date']})"
        yield from _paragraph("client's label", f"{words}. {label['note'] or ''}".strip())
    for judgement in one.judgements:
        yield from _paragraph("family", _judgement_words(one, judgement))
    if one.medical_necessity:
        yield from _paragraph("medical necessity", one.medical_necessity.replace("_", " "))
    if one.fixable_by:
        yield from _paragraph("who can fix it", one.fixable_by)
    if one.stops_appeal is not None:
        yield from _paragraph("stops an appeal", "yes" if one.stops_appeal else "no, not by itself")
    if one.next_step:
        yield from _paragraph("usual next step", _step_words(one))
    if one.quick_explanation:
        yield from _paragraph("in short", one.quick_explanation)
    if one.seen:
        yield from _paragraph("in this warehouse", _seen_words(one.seen))
    if one.advice and one.advice_of != f"{one.code_type} {one.code}":
        yield f"  There is no advice on this code itself yet; this is that of {one.advice_of}."
    for name, title in ADVICE.items():
        if lines := one.advice.get(name):
            yield f"  {title}"
            yield from (textwrap.fill(line, WIDTH, initial_indent="    - ", subsequent_indent="      ") for line in lines)


def _paragraph(title: str, words: str) -> Iterator[str]:
    head = f"  {title + ':':<19}"
    yield textwrap.fill(words, WIDTH, initial_indent=head, subsequent_indent=" " * 21, break_on_hyphens=False)


def _status_words(one: Explanation) -> str:
    dates = {"since": one.start_date, "text changed": one.last_modified_date, "retired on": one.stop_date}
    words = ", ".join([one.status, *(f"{what} {day}" for what, day in dates.items() if day)])
    return f"{words}; use {', '.join(one.replaced_by)} instead" if one.replaced_by else words


def _judgement_words(one: Explanation, judgement: dict[str, Any]) -> str:
    beside = f"beside CARC {', '.join(judgement['reason_codes'])}: " if one.code_type == "RARC" else ""
    by_label = judgement["family_basis"] == "client_label"
    by = "the client's label; officially" if by_label else "rule"
    words = f"{beside}{judgement['family']}, {judgement['family_meaning'][0].lower()}{judgement['family_meaning'][1:]}"
    words += f" ({by} {judgement['official_rule_id']})"
    if judgement["guard"]:
        words += f"; guard {judgement['guard']} ({judgement['guard_rule_id']})"
    return f"{words}; flags {' '.join(judgement['flags'])}" if judgement["flags"] else words


def _step_words(one: Explanation) -> str:
    if one.next_step == "none":
        return "none: there is nothing to work"
    return f"{one.next_step}: {one.next_step_meaning}. History, limits and coding of the line decide in the end"


def _seen_words(seen: Seen) -> str:
    if not seen.use_count:
        return "never seen"
    words = f"seen {_times(seen.use_count)}, {seen.amount:,.2f} dollars, {seen.first_seen_date} to {seen.last_seen_date}"
    if seen.denied_item_count is not None:
        words += f"; {seen.denied_item_count:,} denied lines stand with it, {seen.denied_amount:,.2f} dollars"
    if seen.decided_again_count:
        words += f"; decided again by the payer: {seen.decided_again_count:,}, of which paid: {seen.overturned_count:,}"
    if seen.ended_count:
        words += f"; of {seen.ended_count:,} worked to an end, {seen.won_count:,} brought {seen.recovered_amount:,.2f} dollars"
    return words


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count:,} times"
