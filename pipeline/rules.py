"""Tries the rules of mappings/ on codes that stand in no file, and finds rules that can never count.

`judge` gives made-up lines to the SQL models that classify real ones, so there is one reading of the rules and not two.
`lint` asks of every rule whether there is any line at all on which it counts. For the rules of families it tries the leanest
lines that meet the rule: whatever else a line carries can only make more rules hold. For the rules of the next step it takes
the earlier rules away from the rule, as sets of situations, and looks whether anything is left.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from itertools import combinations, product
from pathlib import Path
from typing import Any, get_args

import duckdb
import pyarrow as pa

from pipeline import models
from pipeline.mappings import (
    UNMAPPED_RULE,
    DeadlineAction,
    DenialRule,
    Guard,
    Mappings,
    NextStep,
    NextStepRule,
    known_values,
    of_site,
)
from pipeline.query import dicts, open_tables
from pipeline.settings import Settings, data_folder
from pipeline.tables import TABLES, schema_of, tables_of

JUDGING = ("denial_pattern_rule", "denial_pattern_official", "denial_pattern_family", "denial_pattern_flag")


@dataclass(frozen=True)
class Codes:
    """What the rules of families look at on a line: one adjustment, and what stands beside it."""

    reason_code: str | None = None
    group_code: str | None = None
    remark_codes: tuple[str, ...] = ()
    modifiers: tuple[str, ...] = ()
    service_kind: str | None = None
    has_policy: bool = False
    claim_status_code: str | None = None
    medicare_part: str | None = None


@dataclass(frozen=True)
class Judgement:
    """What the rules make of one line. `rule_ids`: all that hold, the lowest priority number first. `flags`: each with the rule
    that sets it; None where a client's label does."""

    family: str
    family_basis: str
    medical_necessity: str | None
    rule_id: str
    official_rule_id: str
    guard: str | None
    guard_rule_id: str | None
    is_denial: bool
    rule_ids: tuple[str, ...]
    flags: dict[str, str | None]


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with the rules: where, which rule or code, what, and the fix."""

    place: str
    name: str
    problem: str
    message: str

    def __str__(self) -> str:
        return f"{self.place}: {self.name}: {self.message} ({self.problem})"


# --------------------------------------------------------------------------------------------------------------------
# Judge
# --------------------------------------------------------------------------------------------------------------------
def judge(mappings: Mappings, lines: Sequence[Codes], client_labels: bool = True) -> list[Judgement]:
    """The judgement on each line, by the SQL models of the classification. Raises ModelError."""
    with duckdb.connect() as connection:
        models.provide(connection, _made_up(mappings, lines, client_labels))
        models.run(connection, _judging_models())
        held: dict[str, list[tuple]] = {}
        for row in connection.execute(
            "SELECT pattern_id, rule_id, family, guard, flags FROM denial_pattern_rule ORDER BY pattern_id, priority, rule_id"
        ).fetchall():
            held.setdefault(row[0], []).append(row[1:])
        flags: dict[str, list[str]] = {}
        for pattern, flag in connection.execute("SELECT pattern_id, flag FROM denial_pattern_flag ORDER BY flag").fetchall():
            flags.setdefault(pattern, []).append(flag)
        decided = connection.execute(
            "SELECT pattern_id, family, family_basis, medical_necessity, rule_id, guard, is_denial FROM denial_pattern_family"
        ).fetchall()
    judgements = {row[0]: _judgement(row, held[row[0]], flags.get(row[0], [])) for row in decided}
    return [judgements[_pattern_id(number)] for number in range(len(lines))]


def _judgement(decided: tuple, held: list[tuple], flags: list[str]) -> Judgement:
    _, family, family_basis, medical_necessity, rule_id, guard, is_denial = decided
    setter = {flag: rule for rule, _, _, named in reversed(held) for flag in (named or "").split()}
    return Judgement(
        family,
        family_basis,
        medical_necessity,
        rule_id,
        next(rule for rule, decides, _, _ in held if decides),
        guard,
        next((rule for rule, _, guards, _ in held if guards), None),
        is_denial,
        tuple(rule for rule, *_ in held),
        {flag: setter.get(flag) for flag in flags},
    )


def _pattern_id(number: int) -> str:
    return f"{number:08d}"


def _made_up(mappings: Mappings, lines: Sequence[Codes], client_labels: bool) -> dict[str, pa.Table]:
    patterns = [
        {
            "pattern_id": _pattern_id(number),
            "group_code": line.group_code,
            "reason_code": line.reason_code,
            "remark_codes": " ".join(line.remark_codes) or None,
            "modifiers": " ".join(line.modifiers) or None,
            "service_kind": line.service_kind,
            "has_policy": line.has_policy,
            "claim_status_code": line.claim_status_code,
            "medicare_part": line.medicare_part,
        }
        for number, line in enumerate(lines)
    ]
    parameter = dict.fromkeys(TABLES["run_parameter"].column_names, 0) | {
        "as_of_date": date.min,
        "minimum_balance_amount": Decimal(0),
        "client_labels_on": client_labels,
    }
    return {
        **{table.name: table.schema.empty_table() for table in tables_of("mapping")},
        **mappings.tables,
        "run_parameter": pa.Table.from_pylist([parameter], schema_of("run_parameter")),
        "denial_pattern": pa.Table.from_pylist(patterns, schema_of("denial_pattern")),
    }


@cache
def _judging_models() -> tuple[models.Model, ...]:
    """The models that judge a pattern of codes, in order, without those that make patterns out of facts."""
    loaded, _ = models.proved(data_folder("sql"))
    wanted = set(JUDGING)
    for model in reversed(loaded):
        if model.name in wanted:
            wanted |= model.reads - {"denial_pattern"}
    return tuple(model for model in loaded if model.name in wanted)


# --------------------------------------------------------------------------------------------------------------------
# Lint
# --------------------------------------------------------------------------------------------------------------------
def lint(mappings: Mappings) -> list[Fault]:
    """Every rule that can never count, every overlap without an order, every code that no rule reaches."""
    return [*_denial_rule_faults(mappings), *_next_step_faults(mappings), *_payer_rule_faults(mappings)]


def _denial_rule_faults(mappings: Mappings) -> Iterator[Fault]:
    rules = mappings.rows["denial_rule"]
    tried = [(rule.rule_id, line) for rule in rules for line in _leanest(rule, mappings)]
    reasons = [code.code for code in mappings.rows["carc"] if code.stop_date is None]
    remarks = [remark.code for remark in mappings.rows["rarc"] if _explains(remark, mappings)]
    generic = sorted({code for rule in rules if _looks_at_remarks(rule) and rule.family for code in rule.reason_codes})
    for_codes = [Codes(reason) for reason in reasons] + [Codes(reason, remark_codes=(r,)) for r in remarks for reason in generic]
    judged = judge(mappings, [line for _, line in tried] + for_codes)
    of_rule: dict[str, list[Judgement]] = {rule.rule_id: [] for rule in rules}
    for (rule_id, _), judgement in zip(tried, judged, strict=False):
        of_rule[rule_id].append(judgement)
    for rule in rules:
        yield from _never_counts(rule, of_rule[rule.rule_id], str(mappings.places["denial_rule"][(rule.rule_id,)]))
    yield from _unreached(mappings, for_codes, judged[len(tried) :])


def _never_counts(rule: DenialRule, judgements: list[Judgement], place: str) -> Iterator[Fault]:
    if not judgements:
        message = "no line can meet all its conditions at once; correct them, or remove the rule"
        yield Fault(place, rule.rule_id, "never_fires", message)
        return
    for what, winners in (
        ("family", {judgement.official_rule_id for judgement in judgements}),
        ("guard", {judgement.guard_rule_id for judgement in judgements}),
    ):
        if getattr(rule, what) and rule.rule_id not in winners:
            shadows = ", ".join(sorted(winner for winner in winners if winner))
            message = f"its {what} never counts, always after {shadows}; give it a lower priority number, or remove it"
            yield Fault(place, rule.rule_id, f"{what}_never_counts", message)


def _unreached(mappings: Mappings, lines: Sequence[Codes], judgements: Sequence[Judgement]) -> Iterator[Fault]:
    named = {code for rule in mappings.rows["denial_rule"] for code in rule.reason_codes}
    reached: dict[tuple[str, str], bool] = {}
    for line, judgement in zip(lines, judgements, strict=True):
        rule_id = judgement.official_rule_id
        if line.remark_codes:
            key, hit = ("rarc", line.remark_codes[0]), rule_id not in (f"CARC-{line.reason_code}", UNMAPPED_RULE)
        else:
            key, hit = ("carc", line.reason_code), rule_id != UNMAPPED_RULE or line.reason_code in named
        reached[key] = reached.get(key, False) or hit
    for (file_name, code), hit in reached.items():
        if not hit:
            message = f"no rule gives {code} a family; name its family in {file_name}.csv, or add a rule to denial_rule.csv"
            yield Fault(str(mappings.places[file_name][(code,)]), code, "code_without_rule", message)


def _explains(remark, mappings: Mappings) -> bool:
    """Whether the remark says of what kind a denial is: no alert, and of a family that is one of denials."""
    family = mappings.row("denial_family", remark.family)
    return remark.stop_date is None and not remark.is_alert and family.is_denial and remark.family != "unmapped"


def _looks_at_remarks(rule: DenialRule) -> bool:
    return any(dimension.startswith("remark_") for dimension in rule.conditions())


def _leanest(rule: DenialRule, mappings: Mappings) -> Iterator[Codes]:
    """Lines that meet the rule and carry nothing beyond: of each kind of thing one value that the rule asks for, or none."""
    conditions = rule.conditions()
    single = ("group_code", "modifier", "service_kind", "claim_status_code", "medicare_part")
    for reason, remarks, group, modifier, kind, status, part in product(
        _reasons(conditions, mappings), _remarks(conditions, mappings), *(conditions.get(name, (None,)) for name in single)
    ):
        modifiers = (modifier,) if modifier else ()
        yield Codes(reason, group, remarks, modifiers, kind, "has_policy" in conditions, status, part)


def _reasons(conditions: dict[str, tuple[str, ...]], mappings: Mappings) -> Sequence[str | None]:
    meeting = [set(conditions["reason_code"])] if "reason_code" in conditions else []
    if families := conditions.get("reason_family"):
        meeting.append({code.code for code in mappings.rows["carc"] if code.family in families})
    return sorted(set.intersection(*meeting)) if meeting else (None,)


def _remarks(conditions: dict[str, tuple[str, ...]], mappings: Mappings) -> Iterable[tuple[str, ...]]:
    """One remark that meets all the conditions on remarks; where there is none, one for each of them."""
    known = mappings.rows["rarc"]
    explaining = [remark for remark in known if not remark.is_alert]
    meeting = {
        "remark_code": lambda values: {remark.code for remark in known if remark.code in values},
        "remark_signal": lambda values: {remark.code for remark in known if remark.signal in values},
        "remark_family": lambda values: {remark.code for remark in explaining if remark.family in values},
        "remark_medical_necessity": lambda values: {remark.code for remark in explaining if remark.medical_necessity in values},
    }
    found = [sorted(meet(conditions[name])) for name, meet in meeting.items() if name in conditions]
    if not found:
        return [()]
    together = set(found[0]).intersection(*found[1:])
    return [(code,) for code in sorted(together)] or list(product(*(codes[:3] for codes in found)))


# --------------------------------------------------------------------------------------------------------------------
# The rules of the next step, as sets of situations
# --------------------------------------------------------------------------------------------------------------------
# Fields of a rule that are no conditions by themselves: deadline_states is one, on the limit of deadline_action.
NOT_CONDITIONS = {"rule_id", "priority", "deadline_action", "deadline_states", "next_step", "reason", "note"}
Box = dict[str, frozenset[str]]
"""A set of situations: for each thing that rules look at, the values that are in it."""


def _next_step_faults(mappings: Mappings) -> Iterator[Fault]:
    everything = _all_situations(mappings)
    rules = sorted(mappings.rows["next_step"], key=lambda rule: (rule.priority, rule.rule_id))
    boxes = {rule.rule_id: _box(rule, everything) for rule in rules}
    for number, rule in enumerate(rules):
        place, box = str(mappings.places["next_step"][(rule.rule_id,)]), boxes[rule.rule_id]
        earlier = [boxes[before.rule_id] for before in rules[:number]]
        if not _anything_left(box, earlier):
            shadows = [before.rule_id for before in rules[:number] if _meet(box, boxes[before.rule_id])]
            message = f"it can never fire, because {', '.join(shadows)} come first; give it a lower priority number, or remove it"
            yield Fault(place, rule.rule_id, "never_fires", message)
    for one, other in combinations(rules, 2):
        if one.priority == other.priority and _meet(boxes[one.rule_id], boxes[other.rule_id]):
            place = str(mappings.places["next_step"][(other.rule_id,)])
            message = f"priority {other.priority} is that of {one.rule_id} too, and both can hold for one line; change one"
            yield Fault(place, other.rule_id, "equal_priority", message)


def _all_situations(mappings: Mappings) -> Box:
    """Every value that a condition can look at. A condition whose values nobody lists is taken to know those that rules name, and
    one more."""
    known = known_values(mappings.rows)["next_step"] | {
        "families": {family.family for family in mappings.rows["denial_family"] if family.is_denial},
        "guards": {*get_args(Guard), "none"},
        "frequency_signal": {"Y", "N"},
        "diagnosis_known": {"Y", "N"},
        "precedent_class": {"AB", "none"},
        "group_codes": {*(group.code for group in mappings.rows["group_code"]), "unknown"},
        "code_next_step": {*get_args(NextStep), "none"},
    }
    states = frozenset(known.pop("deadline_states"))
    named = {
        name: {value for rule in mappings.rows["next_step"] for value in _values(rule, name)} | {"anything else"}
        for name in NextStepRule.model_fields
        if name not in NOT_CONDITIONS
    }
    every = {name: frozenset(known.get(name, values)) for name, values in named.items()}
    return every | dict.fromkeys(get_args(DeadlineAction), states)


def _values(rule: NextStepRule, name: str) -> tuple[str, ...]:
    value = getattr(rule, name) or ()
    return (value,) if isinstance(value, str) else tuple(value)


def _box(rule: NextStepRule, everything: Box) -> Box:
    box = {}
    for name, values in everything.items():
        if name in get_args(DeadlineAction):
            wanted = rule.deadline_states if name == rule.deadline_action else ()
        else:
            wanted = _values(rule, name)
        box[name] = values.intersection(wanted) if wanted else values
    return box


def _meet(one: Box, other: Box) -> bool:
    return all(one[name] & other[name] for name in one)


def _anything_left(box: Box, taken: Sequence[Box]) -> bool:
    """Whether a situation of the box is in none of the taken ones. Exact: what a taken box leaves of the box is cut into boxes,
    one a dimension, and each is looked at with the boxes that are still to be taken."""
    taken = [one for one in taken if _meet(box, one)]
    if not taken:
        return all(box.values())
    first, rest = taken[0], taken[1:]
    for name, values in box.items():
        outside = values - first[name]
        if outside and _anything_left({**box, name: outside}, rest):
            return True
        box = {**box, name: values & first[name]}
    return False


# --------------------------------------------------------------------------------------------------------------------
# The limits
# --------------------------------------------------------------------------------------------------------------------
def _payer_rule_faults(mappings: Mappings) -> Iterator[Fault]:
    """Two limits for the same thing on the same day: nothing says which one counts."""
    same: dict[tuple, list] = {}
    for rule in mappings.rows["payer_rule"]:
        for_what = (rule.payer_key, rule.payer_family, rule.deadline_action, rule.appeal_level, rule.is_site)
        same.setdefault(for_what, []).append(rule)
    for rules in same.values():
        for one, other in combinations(sorted(rules, key=lambda rule: rule.rule_id), 2):
            starts = max(one.effective_from or date.min, other.effective_from or date.min)
            if starts <= min(one.effective_to or date.max, other.effective_to or date.max):
                place = str(mappings.places["payer_rule"][(other.rule_id,)])
                message = f"{one.rule_id} sets the same limit from {starts} on; end one of them with effective_to, or remove it"
                yield Fault(place, other.rule_id, "overlapping_limits", message)


# --------------------------------------------------------------------------------------------------------------------
# The report
# --------------------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Report:
    """What `remit835 mappings check` says. `unmapped` and `misused`: rows of the marts unmapped_code and code_use, the most
    dollars first."""

    faults: list[Fault]
    counts: dict[str, int]
    unmapped: list[dict[str, Any]] | None
    misused: list[dict[str, Any]] | None

    def as_text(self) -> str:
        lines = [", ".join(f"{count:,} {what}" for what, count in self.counts.items())]
        lines += [str(fault) for fault in self.faults] or ["every rule can count, and every code that denies has a rule"]
        if self.unmapped is not None:
            lines += ["", "codes in this warehouse that no rule knows" + ("" if self.unmapped else ": none")]
            lines += [
                f"  {row['reason_code']:<6} {row['remark_codes']:<20} {row['item_count']:>7,} lines "
                f"{row['denied_amount']:>15,.2f}"
                for row in self.unmapped
            ]
        if self.misused:
            lines += ["", "codes in no list, or used outside their dates"]
            lines += [
                f"  {row['code_type']:<5} {row['code']:<6} {row['problem']:<14} {row['use_count']:>7,} times "
                f"{row['use_amount']:>15,.2f}  {row['first_seen_date']} to {row['last_seen_date']}"
                for row in self.misused
            ]
        return "\n".join(lines)


def check(settings: Settings, warehouse: Path | None = None) -> Report:
    """Loads and lints the site's mappings; with a warehouse, the codes that it holds and no rule knows. Raises MappingError."""
    known = of_site(settings)
    counts = {
        "rules of families": len(known.rows["denial_rule"]),
        "rules of the next step": len(known.rows["next_step"]),
        "limits": len(known.rows["payer_rule"]),
        "reason codes": len(known.rows["carc"]),
        "remark codes": len(known.rows["rarc"]),
        "remark codes without wording": sum(remark.wording is None for remark in known.rows["rarc"]),
    }
    unmapped = misused = None
    if warehouse is not None:
        with open_tables(warehouse, known) as connection:
            unmapped = dicts(connection, "SELECT * FROM unmapped_code ORDER BY denied_amount DESC, reason_code, remark_codes")
            misused = dicts(connection, "SELECT * FROM code_use ORDER BY use_amount DESC, code_type, code, problem")
    return Report(lint(known), counts, unmapped, misused)
