"""Stand-ins: of the shape of what they stand for, never the same for two values, always the same for one, by the secret."""

from __future__ import annotations

import stat
import string
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import SettingsError
from pipeline.pseudonyms import Pseudonyms, npi_check_digit, secret_of
from pipeline.x12_elements import is_npi

SOME, OTHER = Pseudonyms(b"\x01" * 32), Pseudonyms(b"\x02" * 32)
WORDS = st.text(alphabet=string.ascii_letters + string.digits + " -.'éÜßñ東", max_size=30)


def shape(text: str) -> list[str]:
    return ["9" if one in string.digits else "letter" if one.isalpha() else one for one in text]


@given(WORDS)
def test_the_shape_stays(text):
    replaced = SOME.alike(text)
    assert shape(replaced) == shape(text)
    assert len(replaced.encode()) == len(text.encode())
    assert replaced == SOME.alike(text)
    assert replaced.isupper() == text.isupper()


@pytest.mark.parametrize("length", [1, 2, 3])
def test_no_two_numbers_become_the_same(length):
    numbers = [f"{number:0{length}d}" for number in range(10**length)]
    assert sorted(map(SOME.alike, numbers)) == numbers


@given(st.lists(st.from_regex(r"\A[A-Z]{2}[1-9][0-9]{7}\Z"), unique=True, min_size=2, max_size=50))
def test_no_two_claims_become_the_same(numbers):
    assert len({SOME.alike(number) for number in numbers}) == len(numbers)


def test_numbers_that_are_compared_alike_stay_alike():
    assert SOME.alike("0001234") == "000" + SOME.alike("1234"), "zeros in front mean nothing"
    assert not SOME.alike("1234").startswith("0")
    assert SOME.alike("ICN2026A01")[:-2] == SOME.alike("ICN2026A02")[:-2], "versions of one claim"
    assert SOME.alike("O'Brien").replace("'", "").upper() == SOME.alike("OBRIEN")
    assert SOME.alike("MARY ANN").split()[0] == SOME.alike("MARY")


@given(st.from_regex(r"\A[1-9][0-9]{8}\Z"), st.integers(0, 9))
def test_a_check_digit_stays_right_or_wrong(body, digit):
    assert is_npi(SOME.alike(f"{body}{digit}")) == is_npi(f"{body}{digit}")
    assert is_npi(f"{body}{npi_check_digit(body)}")


def test_another_secret_gives_other_stand_ins():
    assert SOME.alike("HIDDENMEMBER") != OTHER.alike("HIDDENMEMBER") != "HIDDENMEMBER"
    assert SOME.number("M1") != OTHER.number("M1")
    assert SOME.number(" m1 ") == SOME.number("M1")
    assert (SOME.number(""), SOME.number("unknown")) == ("", "unknown")


def test_days_are_moved_and_not_too_far():
    moved = [SOME.days(f"patient {number}") for number in range(2000)]
    assert 0 not in moved
    assert min(moved) >= -364 and max(moved) <= 364
    assert len(set(moved)) > 600
    assert SOME.weeks_back().days % 7 == 0 and -364 <= SOME.weeks_back().days <= -28


def test_the_secret_is_made_once_for_its_owner_only(tmp_path):
    path, found = tmp_path / "folder" / "secret", []
    threads = [threading.Thread(target=lambda: found.append(secret_of(path))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8 and len(set(found)) == 1 and len(found[0]) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [one.name for one in path.parent.iterdir()] == ["secret"]


def test_the_secret_is_in_the_configuration_folder_by_default(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert secret_of(None) == secret_of(tmp_path / "remit835" / "secret")


@pytest.mark.parametrize(("text", "mode", "said"), [("ab" * 32, 0o640, "chmod 600"), ("short", 0o600, "is no secret")])
def test_a_bad_secret_is_refused(tmp_path: Path, text, mode, said):
    path = tmp_path / "secret"
    path.write_text(text)
    path.chmod(mode)
    with pytest.raises(SettingsError, match=said) as error:
        secret_of(path)
    assert text not in str(error.value)
