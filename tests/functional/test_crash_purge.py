"""A purge killed at any instant and started again removes the same. `make crash` tries more instants."""

from __future__ import annotations

from tests.functional import crash_purge


def test_a_killed_purge_started_again_removes_the_same():
    assert crash_purge.differences(instants=3, seed=20261120) == []
