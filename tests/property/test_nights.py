"""Orders and nights do not matter: the same files, in any order and any split into nights, give the same current tables."""

from __future__ import annotations

import shutil
import tempfile
from datetime import date, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path

import pyarrow.parquet as pq
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.run import run
from pipeline.settings import Settings
from pipeline.warehouse import Warehouse
from tests.conftest import INBOX, ROOT

LAST_NIGHT = date(2026, 11, 20)
CURRENT = ("remittance_status", "claim_payment_event", "claim_payment_current", "service_line_current", "denied_line")
# a reversal whose original is in another file, and its correction; a reversal whose original never comes; a remittance sent twice
FILES = (
    ROOT / "data_samples" / "835" / "reversal_and_correction.835",
    INBOX / "sent_twice.835",
    INBOX / "sent_twice_again.835",
    INBOX / "history_ngb02_2026h1.835",
    INBOX / "history_ngb02_2026h2.835",
    INBOX / "ngb02_20261118.835",
    INBOX / "claims_lakeside_2026h2.837p",
)


def current_tables(nights: list[list[Path]]) -> dict[str, list[dict]]:
    """The current tables after some nights, the last of them on LAST_NIGHT."""
    with tempfile.TemporaryDirectory() as folder:
        warehouse = Path(folder) / "warehouse"
        for ordinal, files in enumerate(nights):
            inbox = Path(folder) / f"night_{ordinal}"
            inbox.mkdir()
            for place, path in enumerate(files):  # the inbox is read in the order of its names
                shutil.copy2(path, inbox / f"{place:02}_{path.name}")
            run([inbox], warehouse, Settings(threads=1), LAST_NIGHT - timedelta(days=len(nights) - 1 - ordinal))
        marts = Warehouse(warehouse).marts
        return {name: rows_of(marts / name) for name in CURRENT}


def rows_of(mart: Path) -> list[dict]:
    """The rows of a mart, in the order of their files and segments: how they are cut into parts follows the nights."""
    return sorted(pq.read_table(mart).to_pylist(), key=lambda row: (row["file_id"], row["segment_index"]))


@cache
def of_one_night() -> dict[str, list[dict]]:
    return current_tables([list(FILES)])


def test_the_sample_has_what_nights_could_get_wrong():
    tables = of_one_night()
    assert {row["exclusion_reason"] for row in tables["claim_payment_event"]} >= {"reversed", "reversal"}
    assert "duplicate_body" in {row["exclusion_reason"] for row in tables["remittance_status"]}
    assert tables["denied_line"]


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.permutations(FILES), st.sets(st.integers(1, len(FILES) - 1), max_size=2))
def test_any_order_and_any_split_into_nights_give_the_same_current_tables(files: list[Path], cuts: set[int]):
    ends = [0, *sorted(cuts), len(files)]
    nights = [files[begin:end] for begin, end in pairwise(ends)]
    assert current_tables(nights) == of_one_night()
