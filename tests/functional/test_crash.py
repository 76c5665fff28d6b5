"""A run killed at any instant and started again ends with the same tables. `make crash` tries 200 instants."""

from __future__ import annotations

from tests.functional import crash


def test_a_killed_run_started_again_ends_with_the_same_tables():
    assert crash.differences(instants=20, seed=20261120) == []
