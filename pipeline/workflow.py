"""The states of a denied line and what leads from one to the next, as a page with a picture. All of it comes from
mappings/item_state.csv, work_event.csv, transition.csv, next_step.csv and step.csv: whoever changes those makes the page anew."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pipeline.mappings import ANY_STATE, Mappings

COLOURS = {"open": "#FFF2CC", "waiting": "#DAE8FC", "closed": "#D5E8D4"}
INTRODUCTION = """\
# The workflow

What happens to a denied line from the denial to its end. This page is made from the mappings by `remit835 workflow --out
docs/workflow.md`; a site with mappings of its own makes its own page the same way.

A line is in one **state**: what was asked for and not answered yet. **Events** lead from state to state: what billers log
(`remit835 log`), what coding answers, and what the payer decides in a remittance. The state, the codes of the denial, the payment
history and the limits together give the **next step**, by the first rule of `mappings/next_step.csv` that fits. A new denial
starts a round: what a call learnt of the last one (its date, limits, turnaround) is over; owner, notes and addresses stay.
"""
PAST_THE_LIMIT = """\
## Past the limit

A step whose limit has passed is not proposed: the item becomes a write-off candidate. Some clients want it sent all the same.
`mappings/past_limit.csv` says so for a client, a payer or both; `client_continues` in the work log (Y or N) says so for one item
and is stronger. The passed limit then counts as open, and reason, basis and flags of the row say it.
"""


def as_markdown(mappings: Mappings) -> str:
    """The page: picture, states, actions, and which rules look at a state."""
    sections = [INTRODUCTION, _picture(mappings), _states(mappings), _actions(mappings), _rules(mappings), PAST_THE_LIMIT]
    return "\n".join(sections)


def _picture(mappings: Mappings) -> str:
    states, transitions = mappings.rows["item_state"], mappings.rows["transition"]
    lines = ["flowchart LR", '  any(["from any state"])']
    lines += [f'  {state.item_state}["{_spaced(state.item_state)}"]:::{state.item_status}' for state in states]
    named: dict[tuple[str, str], list[str]] = {}
    for row in transitions:
        source = "any" if row.item_state == ANY_STATE else row.item_state
        named.setdefault((source, row.next_item_state), []).append(_spaced(row.event))
    for (source, target), events in named.items():
        if source != target:  # staying in a state is no arrow
            lines.append(f'  {source} -- "{", ".join(events)}" --> {target}')
    lines += [f"  classDef {status} fill:{colour},stroke:#555555,color:#000000" for status, colour in COLOURS.items()]
    legend = "Yellow is open: somebody has to act. Blue waits for an answer. Green is closed."
    return "\n".join(["## The picture", "", "```mermaid", *lines, "```", "", legend, ""])


def _states(mappings: Mappings) -> str:
    rows = [
        (
            f"`{state.item_state}`", state.item_status, state.wording,
            f"{state.turnaround_days} days" if state.item_status == "waiting" else "",
            _spaced(state.met_deadline_action or ""), _spaced(state.item_outcome or ""),
        )
        for state in mappings.rows["item_state"]
    ]  # fmt: skip
    header = ("state", "status", "meaning", "answer due after", "limit that is met", "outcome")
    note = "A turnaround learnt on a call is stronger than the days here. When it is over, the item is open for the follow-up."
    return "\n".join(["## States", "", *_table(header, rows), "", note, ""])


def _actions(mappings: Mappings) -> str:
    leads = {row.event: row.next_item_state for row in mappings.rows["transition"] if row.item_state == ANY_STATE}
    rows = [
        (f"`{event.event}`", event.event_source, event.wording, f"`{leads[event.event]}`" if event.event in leads else "")
        for event in mappings.rows["work_event"]
    ]
    header = ("event", "by", "meaning", "leads to, where the picture says nothing else")
    note = "Those by the biller are the values of `action` in the work log; coding's come from `coding_outcome`."
    return "\n".join(["## Events", "", *_table(header, rows), "", note, ""])


def _rules(mappings: Mappings) -> str:
    rules = sorted(mappings.rows["next_step"], key=lambda rule: (rule.priority, rule.rule_id))
    rows = [
        (str(rule.priority), rule.rule_id, " ".join(f"`{state}`" for state in rule.item_states) or rule.item_status or "",
         " or ".join(f"{_spaced(rule.deadline_action or '')} {state}" for state in rule.deadline_states), f"`{rule.next_step}`")
        for rule in rules
        if rule.item_states or rule.item_status
    ]  # fmt: skip
    header = ("priority", "rule", "state or status", "limit", "next step")
    note = "All other rules of `mappings/next_step.csv` look at the denial itself; they decide where no row here fits."
    return "\n".join(["## Rules that look at the state", "", *_table(header, rows), "", note, ""])


def _table(header: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    header = tuple(header)
    yield "| " + " | ".join(header) + " |"
    yield "|" + " --- |" * len(header)
    for row in rows:
        yield "| " + " | ".join(row) + " |"


def _spaced(name: str) -> str:
    return name.replace("_", " ")
