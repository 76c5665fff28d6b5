"""The small version of `make bench-truth`: 2,000 denied lines of every kind, through the nightly job."""

from __future__ import annotations

from bench import truth


def test_precedents_are_those_that_were_put_there(tmp_path):
    measured, _ = truth.work(tmp_path, lines=2_000, seed=7)
    assert measured.is_good and not measured.faults, measured.as_text()
    assert set(measured.story_count) == {kind.__name__ for kind in truth.KINDS}
    assert len(truth.MISLEADING) >= 20
