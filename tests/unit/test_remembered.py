"""What is remembered beside Python's compiled files comes back whole, or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline import remembered


def test_bytes_come_back_for_the_same_digest_alone(tmp_path: Path):
    place = tmp_path / "new" / "one.remembered"
    assert remembered.recall(place, "a") is None
    remembered.remember(place, "a", b"first\nsecond")
    assert remembered.recall(place, "a") == b"first\nsecond"
    assert remembered.recall(place, "b") is None
    remembered.remember(place, "b", b"")
    assert (remembered.recall(place, "a"), remembered.recall(place, "b")) == (None, b"")
    assert place.stat().st_mode & 0o777 == 0o600
    assert list(place.parent.iterdir()) == [place], "nothing unfinished is left"


@pytest.mark.parametrize("damage", [lambda kept: b"", lambda kept: kept[:-1], lambda kept: kept.replace(b"s", b"t")])
def test_damage_counts_as_nothing(tmp_path: Path, damage):
    place = tmp_path / "one.remembered"
    remembered.remember(place, "a", b"first\nsecond")
    place.write_bytes(damage(place.read_bytes()))
    assert remembered.recall(place, "a") is None


def test_a_place_that_cannot_be_written_is_no_fault(tmp_path: Path):
    (tmp_path / "file").write_text("")
    remembered.remember(tmp_path / "file" / "one.remembered", "a", b"first")
    assert remembered.recall(tmp_path / "file" / "one.remembered", "a") is None


def test_what_cannot_be_kept_leaves_nothing(tmp_path: Path):
    place = tmp_path / "one.remembered"
    place.mkdir()  # the file is written, and cannot be renamed to this
    remembered.remember(place, "a", b"first")
    assert list(tmp_path.iterdir()) == [place]


def test_a_digest_is_of_names_and_bytes(tmp_path: Path):
    one, other = tmp_path / "one", tmp_path / "other"
    one.write_text("A")
    other.write_text("A")
    digests = [remembered.digest_of("1", [one]), remembered.digest_of("1", [other]), remembered.digest_of("2", [one])]
    one.write_text("B")
    assert len({*digests, remembered.digest_of("1", [one]), remembered.digest_of("1", [])}) == 5
