"""Stand-ins for what identifies people: keyed by the site's secret, the same for the same value, not to be undone without it.

Two kinds. `number` is a keyed hash (HMAC-SHA-256), for tables: nothing of the value's shape is left. `alike` keeps the shape, for
X12 files: a digit stays a digit and a letter a letter, length, case, blanks and punctuation stay, and two different values of one
shape never become the same one. It is a small Feistel cipher over digits and letters, so that numbers that agreed between an 835
and its 837 agree afterwards. Days are moved by a number of days that follows from the secret.

The secret is 32 random bytes in a file that only its owner can read; who has it can try values and compare. It is never printed.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
import stat
from datetime import timedelta
from functools import cache
from pathlib import Path

from pipeline.errors import SettingsError

NUMBER_DIGITS = 24
SECRET_DIGITS = 64
MAXIMUM_DAYS = 364
ROUNDS = 8
DIGITS = "0123456789"
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
# Letters that are one byte in latin-1 and two in UTF-8, and hold no byte that could make latin-1 look like UTF-8.
ACCENTED = "ÀÁÂÃÄÅÇÈÉÊËÌÍÎÏÑÒÓÔÕÖÙÚÛÜÝ"
LONGER = "一丁七万丈三上下"  # three bytes in UTF-8
# Claim numbers often end in one or two characters that tell versions of one claim apart: what stands before them has a stand-in
# of its own, so that versions still share it.
VERSION_CHARACTERS, VERSIONED_LENGTH = 2, 6
NPI_LENGTH = 10
# What stands for a missing value in our tables, and says nothing of anybody.
NOT_A_VALUE = ("", "UNKNOWN")


def default_secret_file() -> Path:
    """Where the secret is where the setting `secret_file` does not say: in the configuration folder of the user."""
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "remit835" / "secret"


def secret_of(path: Path | None) -> bytes:
    """The site's secret; made, readable by its owner only, where there is none yet. Raises SettingsError where it cannot be
    read or made, is open to others, or is no secret."""
    path = path or default_secret_file()
    try:
        if not path.exists():
            _make(path)
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise SettingsError(f"{path}: the site's secret is open to others; chmod 600 it")
        text = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"{path}: the site's secret cannot be read or made ({type(error).__name__}); set secret_file to a file that can"
        ) from None
    if len(text) != SECRET_DIGITS or not re.fullmatch(r"[0-9a-f]+", text):
        raise SettingsError(f"{path}: is no secret of remit835; restore it, or remove it and a new one is made")
    return bytes.fromhex(text)


def _make(path: Path) -> None:
    """Beside its place first, then linked to it: two commands that begin at once use the same one."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(4)}.new")
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as stream:
        stream.write(secrets.token_hex(SECRET_DIGITS // 2) + "\n")
    try:
        os.link(unfinished, path)
    except FileExistsError:
        return
    finally:
        unfinished.unlink()


class Pseudonyms:
    """The stand-ins of one secret."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self._core = cache(self._core_alike)

    def _keyed(self, *parts: object) -> bytes:
        return hmac.new(self._secret, "\x1f".join(map(str, parts)).encode("utf-8", "surrogateescape"), hashlib.sha256).digest()

    # ---- for tables
    def number(self, value: str) -> str:
        """A keyed hash: 24 hexadecimal digits. Case and blanks around do not count, as they do not where numbers are matched.
        Nothing, and `unknown`, stay as they are."""
        plain = value.strip().upper()
        return value if plain in NOT_A_VALUE else self._keyed("number", plain).hex()[:NUMBER_DIGITS]

    def days(self, person: str) -> int:
        """By how many days everything of a person is moved: 1 to 364, forward or back."""
        number = int.from_bytes(self._keyed("days", person)[:8]) % (2 * MAXIMUM_DAYS)
        return -(number + 1) if number < MAXIMUM_DAYS else number - MAXIMUM_DAYS + 1

    # ---- for files
    def weeks_back(self) -> timedelta:
        """By how much all days of files are moved: 4 to 52 whole weeks back, so that weekdays stay."""
        return timedelta(weeks=-(4 + int.from_bytes(self._keyed("weeks")[:8]) % 49))

    def moved_birth(self, day: str) -> timedelta:
        """By how much more one day of birth is moved: up to 180 days, either way."""
        return timedelta(days=int.from_bytes(self._keyed("birth", day)[:8]) % 361 - 180)

    def alike(self, text: str) -> str:
        """The text with each of its words replaced by one of the same shape."""
        return re.sub(r"\S+", lambda match: self._word(match.group()), text)

    def _word(self, word: str) -> str:
        """Letters and digits in one go, so that `O'BRIEN` and `OBRIEN` stay alike; zeros in front stay, as they mean nothing."""
        places = [place for place, character in enumerate(word) if character.isalnum()]
        core = "".join(_plain(word[place]) for place in places)
        significant = core.lstrip("0")
        replaced = core[: len(core) - len(significant)] + self._core(significant)
        characters = list(word)
        for place, character in zip(places, replaced, strict=True):
            characters[place] = character.lower() if word[place].islower() else character
        return "".join(characters)

    def _core_alike(self, core: str) -> str:
        if len(core) == NPI_LENGTH and core.isdecimal() and core.isascii():
            return self._npi_alike(core)
        if len(core) < VERSIONED_LENGTH:
            return self._walked(core, "")
        stem, version = core[:-VERSION_CHARACTERS], core[-VERSION_CHARACTERS:]
        return self._walked(stem, "") + self._enciphered(version, stem)

    def _npi_alike(self, core: str) -> str:
        """Ten digits can be an NPI: the first digit stays, a check digit that was right stays right, and a wrong one wrong."""
        body = core[0] + self._enciphered(core[1:-1], "npi")
        wrong_by = (int(core[-1]) - npi_check_digit(core[:-1])) % 10
        return body + str((npi_check_digit(body) + wrong_by) % 10)

    def _walked(self, core: str, tweak: str) -> str:
        """Never a zero in front where there was none: numbers are compared without zeros in front."""
        replaced = self._enciphered(core, tweak)
        while replaced.startswith("0"):
            replaced = self._enciphered(replaced, tweak)
        return replaced

    def _enciphered(self, core: str, tweak: str) -> str:
        """A Feistel cipher: each half in turn is moved on by what the key makes of the other."""
        alphabets = [_alphabet(character) for character in core]
        shape = "".join(str(len(alphabet)) + " " for alphabet in alphabets)
        values = [alphabet.index(character) for alphabet, character in zip(alphabets, core, strict=True)]
        halves = (range(len(values) // 2, len(values)), range(len(values) // 2))
        for turn in range(ROUNDS):
            here, there = halves[turn % 2], halves[1 - turn % 2]
            others = [values[place] for place in there]
            stream = b"".join(self._keyed("alike", tweak, shape, turn, others, part) for part in range(len(here) // 16 + 1))
            for count, place in enumerate(here):
                step = int.from_bytes(stream[2 * count : 2 * count + 2])
                values[place] = (values[place] + step) % len(alphabets[place])
        return "".join(alphabet[value] for alphabet, value in zip(alphabets, values, strict=True))


def npi_check_digit(body: str) -> int:
    """Luhn check digit of 80840 and the first nine digits (45 CFR 162.406, ISO/IEC 7812)."""
    digits = [int(digit) for digit in "80840" + body]
    doubled = [digit * 2 - 9 * (digit > 4) if place % 2 == 0 else digit for place, digit in enumerate(reversed(digits))]
    return -sum(doubled) % 10


def _plain(character: str) -> str:
    """The character as the cipher knows it: in upper case, or one of few others that is as long in UTF-8."""
    upper = character.upper()
    if len(upper) == 1 and _alphabet(upper):
        return upper
    others = {2: ACCENTED, 3: LONGER}.get(len(character.encode()), LETTERS)
    return others[ord(character) % len(others)]


@cache
def _alphabet(character: str) -> str:
    return next((alphabet for alphabet in (DIGITS, LETTERS, ACCENTED, LONGER) if character in alphabet), "")
