"""835 and 837 files without protected health information, as good as before to a reader: so that a failing file can be sent.

Every byte that is not data stays: delimiters, line ends, padding, wraps, byte order mark, what is cut off. Of the data, codes
and amounts stay, days are moved by the same weeks in every file of a site, and everything else (names, numbers, addresses,
telephones, free words) is replaced by something of the same length and shape, the same for the same value in every file of the
site: an 835 still matches its 837. Payers' names and numbers stay, because rules go by them.

What an element may hold is written in PLACES. A value that does not look like what its place is for (a name where a code belongs)
is replaced, and of a segment that no guide knows every letter and digit is. At the end the scrambled file is read again, and what
the two readings have in common is said.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from pipeline import land
from pipeline.errors import Quarantine, WarehouseError
from pipeline.parse import read_file
from pipeline.pseudonyms import Pseudonyms, secret_of
from pipeline.settings import Settings
from pipeline.tables import TABLES
from pipeline.x12_index import Delimiters, Piece, pieces

# What an element holds, by one letter: A amount or quantity; B day of birth; C code; D day or range of days; I identifier, name
# or words; K anything, which stays; M composite of codes; P payer's name or number; R reference, by its qualifier; T time;
# V version, taxonomy or drug. A segment's letters stand for its elements in order; the last one goes for all that follow.
PLACES = {
    "ISA": "CICICICIDTKCICCK", "GS": "CIIDTICV", "GE": "CI", "IEA": "CI", "ST": "CIV", "SE": "CI", "TA1": "IDTC",
    "BHT": "CCIDTC", "BPR": "CACCCCICIPICICIDCACCI", "TRN": "CIPI", "CUR": "C", "REF": "CRI", "DTM": "CDTCCD", "DTP": "CCD",
    "LX": "C", "N1": "CICI", "N2": "I", "N3": "I", "N4": "ICICCI", "PER": "CICICICI", "RDM": "CI", "NM1": "CCIIIIICICII",
    "TS3": "ICDA", "TS2": "A", "CLP": "ICAAACICCCMAAC", "CAS": "CCAACAACAACAACAACAA", "MIA": "C", "MOA": "C", "AMT": "CA",
    "QTY": "CA", "LQ": "C", "SVC": "MAACAMA", "PLB": "IDMAMAMAMAMAMA", "HL": "C", "PRV": "CCV", "SBR": "CCIIC",
    "PAT": "CCCCCDCA", "DMG": "CBC", "CLM": "IACCMC", "CL1": "C", "PWK": "CCCCCII", "CN1": "CAACIC", "HI": "M",
    "HCP": "CAAIACCCCCC", "CRC": "C", "CR1": "CACCCACCII", "CR2": "C", "CR3": "C", "CR5": "C", "CR6": "CD", "CR8": "C",
    "K3": "I", "NTE": "CI", "MSG": "I", "OI": "C", "MEA": "C", "PS1": "IAC", "LIN": "CCV", "CTP": "CCACC", "SV1": "MACACCMC",
    "SV2": "CMACA", "SV3": "MACMCAC", "SV4": "I", "SV5": "MCAAAC", "SV7": "I", "SVD": "PAMCA", "TOO": "CCM", "DN1": "C",
    "DN2": "C", "FRM": "CCIDA", "LS": "C", "LE": "C", "AK1": "CIV", "AK2": "CIV", "AK3": "C", "IK3": "C", "AK4": "MCCI",
    "IK4": "MCCI", "AK5": "C", "IK5": "C", "AK9": "C", "CTX": "I", "STC": "MDCAADCDIMMI",
}  # fmt: skip
# References that are codes, versions or numbers of payers; every other one names somebody.
REFERENCES = {"0K": "V", "2U": "P", "EO": "P", "HI": "P", "NF": "P", "F2": "V", "87": "V"}
PAYER_SEGMENTS = {"N1": {"PR"}, "NM1": {"PR", "TT"}}
# The date of a diagnosis (HI) or of another composite stands behind its format.
DATE_FORMATS = {"D8", "RD8", "DT", "D6"}

AMOUNT = re.compile(r"[-+]?[\d,]*\.?\d*([eE][-+]?\d+)?")
CODE = re.compile(r"\w{0,3}|[-+]?\d{0,7}(\.\d*)?|(?=\w*\d)\w{4,7}|[A-Z]\d\w?\.\w{1,4}", re.ASCII)
LONG_CODE = re.compile(r"(?=\w*\d)[\w.-]{0,12}|\d{3}[0-9A-Z]{6}X", re.ASCII)
TIME = re.compile(r"\d{4,8}")
DAYS = re.compile(r"(\d{8}|\d{6})(\d{4}(?:\d\d)?)?(?:-(\d{8}))?")
OTHER_COMPONENTS = re.compile(rb"[\r\n ]*\w{1,3}([:><^|])", re.ASCII)
MARK = b"\xef\xbb\xbf"
FILE_DIGITS = 12
SHORTEST_CLAIM_NUMBER = 8  # shorter ones stand in other numbers by chance, and are not looked for by the models either
CENTURY_TURN = 50  # of days with two digits for the year


@dataclass
class Scrambled:
    """One file: where it went, what was done to its segments, and in what its second reading differs from its first."""

    origin: str
    path: Path | None = None
    refusal: str = ""
    segment_count: int = 0
    unknown_count: int = 0
    differences: list[str] = field(default_factory=list)

    def as_text(self) -> str:
        if self.path is None:
            return f"{self.origin}: not scrambled: {self.refusal}"
        said = f"{self.origin} -> {self.path}: {self.segment_count:,} segments"
        if self.unknown_count:
            said += f", {self.unknown_count:,} of kinds that no guide knows, scrambled whole"
        if self.differences:
            return "\n".join([f"{said}; it reads otherwise than before:", *(f"  {one}" for one in self.differences)])
        return f"{said}; reads as before: same rows, same dollars, same findings"


# --------------------------------------------------------------------------------------------------------------------
# Files
# --------------------------------------------------------------------------------------------------------------------
def scramble_files(files: Sequence[Path], out: Path, settings: Settings) -> list[Scrambled]:
    """Writes each file scrambled into `out`, under a name that follows from its bytes, readable by its owner only. A file that
    is no X12 is not written, and says why. Raises SettingsError for the secret, WarehouseError where `out` cannot be written."""
    pseudonyms = Pseudonyms(secret_of(settings.secret_file))
    mask = os.umask(0o077)
    try:
        out.mkdir(parents=True, exist_ok=True)
        words = _Words(pseudonyms)
        readings = {path: _first_reading(path, words) for path in files}
        return [_scramble_file(path, reading, out, words) for path, reading in readings.items()]
    except OSError as error:
        cause = error.strerror or type(error).__name__
        raise WarehouseError(f"{out}: cannot be written ({cause}); make room or give another folder with --out") from None
    finally:
        os.umask(mask)


def _first_reading(path: Path, words: _Words) -> dict[str, object] | str:
    try:
        return reading_of(path, words.claim_numbers)
    except OSError as error:
        return land.unreadable(error).reason


def _scramble_file(path: Path, before: dict[str, object] | str, out: Path, words: _Words) -> Scrambled:
    done = Scrambled(path.name)
    if isinstance(before, str):
        done.refusal = before
        return done
    target = out / f"scrambled_{words.number(land.fingerprint(path).sha256)}{path.suffix.lower()}"
    unfinished = target.with_name(f".{target.name}.new")
    with unfinished.open("wb") as stream:
        for part in scrambled_bytes(path, words, done):
            stream.write(part)
    unfinished.replace(target)
    done.path = target
    done.differences = _differences(before, reading_of(target))
    return done


def scrambled_bytes(path: Path, words: _Words, done: Scrambled) -> Iterator[bytes]:
    """The file's bytes, scrambled, piece by piece; `done` counts. What stands before the first interchange is scrambled whole."""
    with path.open("rb") as stream:
        size = sum(len(piece.raw) for piece in pieces(stream.read))
    with path.open("rb") as stream:
        before = stream.read(path.stat().st_size - size)
        mark = before[: len(MARK)] if before.startswith(MARK) else b""
        yield mark + words.whole(before[len(mark) :])
        for piece in pieces(stream.read):
            yield b"".join(_segments(piece, words, done))


def _segments(piece: Piece, words: _Words, done: Scrambled) -> Iterator[bytes]:
    marks = piece.delimiters
    parts = piece.raw.split(marks.terminator)
    for number, part in enumerate(parts):
        if part.strip(b" \t\r\n\x00\x1a"):
            done.segment_count += 1
            part, is_known = words.segment(part, marks)
            done.unknown_count += not is_known
        yield part + marks.terminator * (number < len(parts) - 1)


# --------------------------------------------------------------------------------------------------------------------
# Values
# --------------------------------------------------------------------------------------------------------------------
class _Words:
    """What becomes of the values of a file. Each is given as its bytes without line breaks and padding, and keeps its length."""

    def __init__(self, pseudonyms: Pseudonyms) -> None:
        self._pseudonyms = pseudonyms
        self._shift = pseudonyms.weeks_back()
        self.claim_numbers: set[str] = set()
        self._changes: dict[str, Callable[[str], str]] = {
            "A": lambda text: self._unless(AMOUNT, text),
            "B": lambda text: self._days(text, is_birth=True),
            "C": lambda text: self._unless(CODE, text),
            "D": self._days,
            "I": pseudonyms.alike,
            "K": str,
            "P": str,
            "R": self._reference,
            "T": lambda text: self._unless(TIME, text),
            "V": lambda text: self._unless(LONG_CODE, text),
        }

    def number(self, file_hash: str) -> str:
        """What a file is called by."""
        return self._pseudonyms.number(file_hash)[:FILE_DIGITS]

    def whole(self, data: bytes) -> bytes:
        """Every letter and digit replaced."""
        return _within(data, b"", self._pseudonyms.alike)

    def segment(self, data: bytes, marks: Delimiters) -> tuple[bytes, bool]:
        """One segment without its terminator, and whether its kind is known."""
        elements = data.split(marks.element)
        identifier, qualifier = (_plain(element, marks) for element in [*elements, b""][:2])
        places = PLACES.get(identifier)
        if places is None:
            return marks.element.join(_within(element, marks.terminator, self._pseudonyms.alike) for element in elements), False
        changed = elements[:1]
        for number, element in enumerate(elements[1:]):
            place = places[min(number, len(places) - 1)]
            if place == "I" and qualifier in PAYER_SEGMENTS.get(identifier, ()):
                place = "P"
            elif place == "R":
                place = REFERENCES.get(qualifier, "I")
            changed.append(self._element(element, place, identifier, marks))
        return marks.element.join(changed), True

    def _element(self, element: bytes, place: str, identifier: str, marks: Delimiters) -> bytes:
        if place != "M":
            return _within(element, marks.terminator, self._changes[place])
        separator = marks.component
        if separator not in element and (other := OTHER_COMPONENTS.match(element)):  # declared `:`, and written `HC>99213`
            separator = other[1]
        parts, before = [], ""
        for number, part in enumerate(element.split(separator)):
            place = "D" if before in DATE_FORMATS else "R" if identifier == "PLB" and number else "C"
            before = _plain(part, marks)
            parts.append(_within(part, marks.terminator, self._changes[place]))
        return separator.join(parts)

    def _reference(self, text: str) -> str:
        """A reference of a provider adjustment; a claim's number stays one where it stands in a longer reference."""
        places = ((start, end) for end in range(len(text), 0, -1) for start in range(end - SHORTEST_CLAIM_NUMBER + 1))
        for start, end in places:
            if end - start < len(text) and text[start:end] in self.claim_numbers:
                return "".join(map(self._pseudonyms.alike, (text[:start], text[start:end], text[end:])))
        return self._pseudonyms.alike(text)

    def _unless(self, pattern: re.Pattern, text: str) -> str:
        return text if pattern.fullmatch(text) else self._pseudonyms.alike(text)

    def _days(self, text: str, is_birth: bool = False) -> str:
        """Moved days; what is no day stays none: its digits become nines, its letters others."""
        match = DAYS.fullmatch(text)
        if match is None:
            return self._pseudonyms.alike(re.sub(r"\d", "9", text)) if not text.isdigit() else "9" * len(text)
        first, rest, last = match.groups()
        return self._day(first, is_birth) + (rest or "") + (f"-{self._day(last, is_birth)}" if last else "")

    def _day(self, text: str, is_birth: bool) -> str:
        century = "" if len(text) == 8 else "20" if int(text[:2]) < CENTURY_TURN else "19"
        try:
            day = date.fromisoformat(century + text)
        except ValueError:
            return "9" * len(text)
        moved = day + self._shift + (self._pseudonyms.moved_birth(text) if is_birth else self._shift * 0)
        return f"{moved:%Y%m%d}"[-len(text) :]


def _within(data: bytes, terminator: bytes, change: Callable[[str], str]) -> bytes:
    """Changes a value and leaves line breaks in it and blanks around it where they are."""
    breaks = b"\r\n\x00".translate(None, terminator)
    places = [place for place, byte in enumerate(data) if byte not in breaks]
    value = bytes(data[place] for place in places)
    core = value.strip(b" \t\x1a")
    if not core:
        return data
    try:
        changed, encoding = change(core.decode("utf-8")), "utf-8"
    except UnicodeDecodeError:
        changed, encoding = change(core.decode("latin-1")), "latin-1"
    begin = value.index(core)
    value = value[:begin] + changed.encode(encoding) + value[begin + len(core) :]
    result = bytearray(data)
    for place, byte in zip(places, value, strict=True):
        result[place] = byte
    return bytes(result)


def _plain(element: bytes, marks: Delimiters) -> str:
    """A code as it is meant: without line breaks and padding, in upper case."""
    return element.translate(None, b"\r\n\x00".translate(None, marks.terminator)).strip(b" \t").decode("latin-1").upper()


# --------------------------------------------------------------------------------------------------------------------
# The second reading
# --------------------------------------------------------------------------------------------------------------------
def reading_of(path: Path, claim_numbers: set[str] | None = None) -> dict[str, object] | str:
    """What reading a file gives, without its values: rows and dollars by table, findings by code. A text where it cannot be
    read. Adds the numbers of its claims to `claim_numbers`. Raises OSError."""
    rows, dollars, findings = Counter[str](), Counter[str](), Counter[str]()

    def count(table_name: str, part: pa.Table) -> None:
        rows[f"rows of {table_name}"] += part.num_rows
        for column in TABLES[table_name].columns:
            if column.type == "money":
                dollars[f"{table_name}.{column.name}"] += pc.sum(part.column(column.name)).as_py() or Decimal(0)
        if table_name == "claim_payment" and claim_numbers is not None:
            for name in ("patient_control_number", "payer_claim_control_number"):
                claim_numbers.update(part.column(name).drop_null().to_pylist())
        if table_name == "finding":
            findings.update(f"finding {code}" for code in part.column("finding_code").to_pylist())

    if refusal := land.not_x12(path):
        return refusal.reason
    try:
        read = read_file(path, "", count)
    except Quarantine as quarantine:
        return quarantine.reason
    return {"kind": read.kind, "segments": read.segment_count, **rows, **dollars, **findings}


def _differences(before: dict[str, object], after: dict[str, object] | str) -> list[str]:
    if isinstance(after, str):
        return [after]
    changed = [name for name in before | after if before.get(name) != after.get(name)]
    return [f"{name}: {before.get(name, 0)}, now {after.get(name, 0)}" for name in changed]
