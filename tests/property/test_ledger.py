"""The ledger depends on what the remittances say, not on the order in which they came: rows in any order give the same marts,
files under other names give the same claim payments, and the dollars always add up."""

from __future__ import annotations

import random
from decimal import Decimal

import duckdb
import pyarrow as pa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline import models
from tests.spec import harness

TARGETS = {"claim_payment_event", "service_line_current", "denied_line", "classified_adjustment"}
REASONS = (("CO", "45"), ("CO", "50"), ("CO", "16"), ("PR", "2"), ("OA", "18"), ("CO", "ZZ9"))
REMARKS = ("", "M1", "N115", "MA130")
Facts = dict[str, list[dict[str, str]]]

event = st.fixed_dictionaries(
    {
        "claim": st.integers(1, 2),
        "status": st.sampled_from(["1", "1", "1", "2", "4", "22", "22", "25"]),
        "paid": st.sampled_from([0, 0, 60, 80]),
        "number": st.sampled_from(["ICN100", "ICN101", "ICN200"]),
        "reason": st.sampled_from(REASONS),
        "remark": st.sampled_from(REMARKS),
        "level": st.sampled_from(["line", "claim"]),
    }
)
# each remittance is on a day of its own, so that only dates order them
histories = st.lists(st.lists(event, min_size=1, max_size=4), min_size=1, max_size=5)


def facts_of(history: list[list[dict]], names: list[str]) -> Facts:
    """The history as facts: one file, one remittance a day."""
    facts: Facts = {name: [] for name in ("remittance", "claim_payment", "service_line", "adjustment", "remark_code")}
    for day, (events, name) in enumerate(zip(history, names, strict=True), 1):
        facts["remittance"].append(
            {"file_id": name, "payment_date": f"2026-01-{day:02}", "body_hash": f"{day}", "trace_number": f"T{day}"}
        )
        for place, one in enumerate(events):
            sign = -1 if one["status"] == "22" else 1
            clp, svc = 10 * place + 1, 10 * place + 2
            amounts = {"charge_amount": f"{100 * sign}.00", "paid_amount": f"{one['paid'] * sign}.00"}
            here = {"file_id": name, "claim_segment_index": str(clp)}
            facts["claim_payment"].append(
                {
                    "file_id": name,
                    "segment_index": str(clp),
                    "patient_control_number": f"C{one['claim']}",
                    "claim_status_code": one["status"],
                    "payer_claim_control_number": one["number"],
                    **amounts,
                }
            )
            facts["service_line"].append({**here, "segment_index": str(svc), **amounts})
            line = {"line_segment_index": str(svc)} if one["level"] == "line" else {}
            group, reason = one["reason"]
            taken_off = f"{(100 - one['paid']) * sign}.00"
            facts["adjustment"].append(
                {
                    **here,
                    **line,
                    "segment_index": str(svc + 1),
                    "group_code": group,
                    "reason_code": reason,
                    "adjustment_amount": taken_off,
                }
            )
            if one["remark"]:
                facts["remark_code"].append(
                    {**here, "line_segment_index": str(svc), "segment_index": str(svc + 2), "remark_code": one["remark"]}
                )
    return facts


def marts_of(facts: Facts, seed: int) -> dict[str, list[dict]]:
    """The marts of the facts, whose rows are shuffled first; every check of the dollars must pass."""
    shuffled = {name: random.Random(seed).sample(rows, len(rows)) for name, rows in facts.items()}
    given_tables = {name: harness.arrow_table(name, harness.fact_rows(name, rows)) for name, rows in shuffled.items()}
    made = harness.run_models(given_tables, TARGETS | {"claim_payment_current"})
    assert_dollars(given_tables | made)
    return {name: sorted(made[name].to_pylist(), key=str) for name in TARGETS}


def assert_dollars(contents: dict[str, pa.Table]) -> None:
    with duckdb.connect(config={"threads": 1}) as connection:
        models.provide(connection, contents | {"denial_family": harness.shipped_mappings().tables["denial_family"]})
        checks = [check for check in models.load_checks(harness.ROOT / "sql") if check.reads <= set(contents) | {"denial_family"}]
        assert len(checks) >= 6
        assert models.run_checks(connection, checks) == {}


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(histories, st.integers(0, 2**32))
def test_the_order_of_rows_changes_nothing(history: list[list[dict]], seed: int):
    facts = facts_of(history, [f"F{day}" for day in range(len(history))])
    assert marts_of(facts, seed) == marts_of(facts, seed + 1)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(histories, st.randoms(use_true_random=False))
def test_the_names_of_files_change_nothing(history: list[list[dict]], order: random.Random):
    names = [f"F{day}" for day in range(len(history))]
    others = order.sample([f"G{day}" for day in range(len(history))], len(history))
    renamed = dict(zip(others, names, strict=True))
    one, other = marts_of(facts_of(history, names), 1), marts_of(facts_of(history, others), 2)
    for rows in other.values():
        for row in rows:
            for column in ("file_id", "restates_file_id"):
                row[column] = renamed.get(row.get(column), row.get(column))
    for name in TARGETS:
        assert [dict(row) for row in sorted(one[name], key=key_of)] == [
            {column: row[column] for column in one[name][0]} for row in sorted(other[name], key=key_of)
        ]


def key_of(row: dict) -> tuple:
    return row["file_id"], row["segment_index"], row.get("triplet_number", 0)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(histories)
def test_each_original_is_taken_back_once_and_never_by_an_earlier_reversal(history: list[list[dict]]):
    events = marts_of(facts_of(history, [f"F{day}" for day in range(len(history))]), 1)["claim_payment_event"]
    place = {(row["file_id"], row["segment_index"]): row for row in events}
    taken: set[tuple] = set()
    for row in events:
        if row["exclusion_reason"] != "reversal":
            continue
        original = (row["restates_file_id"], row["restates_segment_index"])
        assert original not in taken
        taken.add(original)
        assert place[original]["exclusion_reason"] == "reversed"
        assert place[original]["claim_key"] == row["claim_key"]
        assert place[original]["ledger_number"] < row["ledger_number"]
    assert len(taken) == sum(row["exclusion_reason"] == "reversed" for row in events)


def test_no_dollar_is_denied_twice():
    """A history in which one claim is denied, reversed, denied again and sent again."""
    denied = {"claim": 1, "status": "1", "paid": 0, "number": "ICN100", "reason": ("CO", "50"), "remark": "", "level": "line"}
    history = [[denied], [{**denied, "status": "22"}, denied], [{**denied, "number": "ICN200"}]]
    marts = marts_of(facts_of(history, ["A", "B", "C"]), 1)
    (item,) = marts["denied_line"]
    assert (item["file_id"], item["denied_amount"]) == ("C", Decimal("100.00"))
