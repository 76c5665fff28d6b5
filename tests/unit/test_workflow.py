"""The page of the workflow is made from the mappings, and the mappings hang together."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from pipeline import mappings, workflow
from pipeline.errors import MappingError

ROOT = Path(__file__).parents[2]
SHIPPED = mappings.load(ROOT / "mappings")


def test_the_page_is_that_of_the_mappings():
    written = (ROOT / "docs" / "workflow.md").read_text(encoding="utf-8")
    assert written == workflow.as_markdown(SHIPPED), "make it anew: remit835 workflow --out docs/workflow.md"


def test_the_picture_has_every_state_and_transition():
    picture = workflow.as_markdown(SHIPPED).partition("```mermaid")[2].partition("```")[0]
    nodes = set(re.findall(r'^  (\w+)\["', picture, re.MULTILINE))
    assert nodes == {state.item_state for state in SHIPPED.rows["item_state"]}
    arrows = re.findall(r'^  (\w+) -- "([^"]+)" --> (\w+)$', picture, re.MULTILINE)
    drawn = {(source, event.replace(" ", "_"), target) for source, events, target in arrows for event in events.split(", ")}
    moves = {
        ("any" if row.item_state == "*" else row.item_state, row.event, row.next_item_state)
        for row in SHIPPED.rows["transition"]
        if row.item_state != row.next_item_state
    }
    assert drawn == moves


def test_every_state_knows_every_event():
    table = SHIPPED.tables["transition"]
    assert table.num_rows == len(SHIPPED.rows["item_state"]) * len(SHIPPED.rows["work_event"])


@pytest.mark.parametrize(
    ("name", "old", "new", "says"),
    [
        ("transition", "appeal_sent,denied", "appeal_sendt,denied", "item_state 'appeal_sendt' is not in item_state.csv"),
        ("transition", "*,write_off,written_off", "*,write_off,written_of", "next_item_state 'written_of'"),
        ("transition", "*,paid,paid", "*,payed,paid", "event 'payed' is not in work_event.csv"),
        ("transition", "*,paid,paid,,\n", "", "no event leads to the state 'paid'"),
        ("item_state", "denied,open,30,,,,Y", "denied,open,30,,,,", "exactly one state must be the first one"),
        ("item_state", "patient_billed,closed,30,,patient_billed", "patient_billed,closed,30,,", "a closed state, and no other"),
        ("item_state", "reprocess_requested,waiting,30", "reprocess_requested,waiting,0", "turnaround_days"),
        ("urgency_tier", "6,,,,Y,,0.00", "6,,,,,,0.00", "exactly one tier must be for items that wait"),
        ("next_step", ",in_coding,,,,coding_review", ",in_code,,,,coding_review", "item_states 'in_code'"),
        ("prior", "0.60,10,", "0.60,0,", "strength_count"),
    ],
)
def test_a_workflow_that_does_not_hang_together_is_named(tmp_path, name, old, new, says):
    folder = tmp_path / "mappings"
    shutil.copytree(ROOT / "mappings", folder)
    text = (folder / f"{name}.csv").read_text(encoding="utf-8")
    assert old in text
    (folder / f"{name}.csv").write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(MappingError, match=re.escape(says)):
        mappings.load(folder)
