"""What pyx12 says of a file by its implementation guide: advice, which stops nothing. The one module that imports pyx12.

pyx12 gets every interchange as text made from our own segments: so it sees files that it could not open (an ISA that is not 106
bytes, line breaks, odd delimiters), and its segment number is our segment_index. Its words are never passed on, because they
quote values, and its log is silenced for the same reason: a `GuideError` has codes, places and names of the guide.

pyx12 is slow (a few hundred kilobytes a second) and can loop or fail on damaged files, so `check_guides` runs it in processes
that are watched and ended from outside.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import logging
import multiprocessing
import os
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from multiprocessing.connection import Connection, wait
from pathlib import Path

import pyarrow as pa
import pyx12.errors
import pyx12.params
from pyx12.x12n_document import x12n_document

from pipeline import log
from pipeline.findings import finding_rows
from pipeline.x12_segments import Segment, read_segments

MOST_FINDINGS = 500  # of one file: a damaged one has tens of thousands, and nobody reads them
MOST_ERRORS = 20_000  # kept in memory of one interchange
LARGEST_FILE_BYTES = 64 << 20  # pyx12 holds all of an interchange in memory, and needs minutes for less

# The guides that pyx12 has a map of are those with these versions; the others are held against their nearest erratum.
NEAREST_GUIDE = {
    "004010X091": "004010X091A1",
    "004010X096": "004010X096A1",
    "004010X097": "004010X097A1",
    "004010X098": "004010X098A1",
    "005010X221": "005010X221A1",
    "005010X222": "005010X222A1",
    "005010X222A2": "005010X222A1",
    "005010X223": "005010X223A2",
    "005010X223A1": "005010X223A2",
    "005010X223A3": "005010X223A2",
}

VERSION = r"\d{6}X\d{3}([A-Z]\d{1,2})?"  # of GS08; anything else may be a name, and is not passed on

# The widths of ISA01 to ISA16: pyx12 reads the header by byte positions.
ISA_WIDTHS = (2, 10, 2, 10, 2, 15, 2, 15, 6, 4, 1, 5, 9, 1, 1, 1)

# IK304 (segment) and IK403 (element) codes, as pyx12 gives them, -> our finding codes.
SEGMENT_CODES = {
    "1": "guide_segment_unexpected",
    "2": "guide_segment_not_used",
    "3": "guide_segment_missing",
    "4": "guide_loop_repeated",
    "5": "guide_segment_repeated",
    "6": "guide_segment_unexpected",
    "7": "guide_segment_unexpected",
    "SEG1": "guide_trailing_separator",
}
ELEMENT_CODES = {
    "1": "guide_element_missing",
    "2": "guide_element_condition",
    "3": "guide_element_surplus",
    "4": "guide_element_too_short",
    "5": "guide_element_too_long",
    "6": "guide_character_invalid",
    "7": "guide_code_invalid",
    "8": "guide_date_invalid",
    "9": "guide_time_invalid",
    "10": "guide_element_not_used",
}
# pyx12 takes a second PLB for a second FOOTER loop; the guide allows as many PLB as a payer needs.
NOT_AN_ERROR = {("guide_loop_repeated", "PLB")}
# Counters that the guide numbers by: pyx12's code -> the element, and its number in the data element dictionary.
COUNTERS = {"HL1": (1, "628"), "HL2": (2, "734"), "LX": (1, "554")}
CONTROL_NUMBERS = {"isa": "025", "gs": "6", "st": "23"}

IDLE = 0.2  # seconds between two looks at the workers
MOST_FRUITLESS = 5  # files in a row without a verdict: the checker itself is at fault, and the others are not tried


@dataclass(frozen=True)
class GuideError:
    """One error, with the codes that a 999 answers it with. `segment_code` is IK304, `element_code` IK403.

    `segment_id` is the segment that the error is about: the missing one where a segment is missing before `segment_index`.
    """

    finding_code: str
    segment_index: int
    segment_id: str
    segment_code: str = "8"
    element: int = 0
    component: int = 0
    element_code: str = ""
    data_element: str = ""
    expected: str = ""


@dataclass(frozen=True)
class Transaction:
    """ST to SE, as the 999 answers it. `status_codes`: IK502 codes of the transaction as a whole."""

    segment_index: int
    set_code: str
    control_number: str
    implementation: str
    status_codes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Group:
    """GS to GE, as the 999 answers it. `header` are ISA01 to ISA16 of its interchange; `end`: the segment_index after the
    group. `status_codes`: AK905 codes."""

    header: tuple[str, ...]
    functional_identifier: str
    sender_id: str
    receiver_id: str
    control_number: str
    version: str
    stated_transactions: int
    end: int
    transactions: tuple[Transaction, ...]
    status_codes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Place:
    """What a segment is and what it belongs to, as segment_index; None where it belongs to none."""

    segment_id: str
    transaction: int | None
    claim: int | None
    line: int | None


@dataclass
class Verdict:
    """What the guide says of one file. `sha256` is of the bytes that were checked, `places` are those of the errors."""

    sha256: str = ""
    errors: list[GuideError] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    places: dict[int, Place] = field(default_factory=dict)

    def findings(self, file_id: str) -> pa.Table:
        """The errors as rows of `finding`: the first MOST_FINDINGS, and how many are left out. Of the components of an element
        one row."""
        rows: dict[tuple[int, str, int], dict[str, object]] = {}
        for error in _first_of_each_run(self.errors):
            key = (error.segment_index, error.finding_code, error.element)
            place = self.places.get(error.segment_index, Place("ISA", None, None, None))
            row = {
                "segment_index": error.segment_index,
                "finding_code": error.finding_code,
                "element_position": error.element,
                "transaction_segment_index": place.transaction,
                "claim_segment_index": place.claim,
                "line_segment_index": place.line,
                "segment_id": place.segment_id,
                "expected": error.expected or None,
                "actual": f"component {error.component}" if error.component else None,
            }
            rows.setdefault(key, row)
        kept = list(rows.values())
        if len(kept) > MOST_FINDINGS:
            first_omitted = kept[MOST_FINDINGS]
            said = {"finding_code": "guide_more", "element_position": 0, "expected": None}
            kept = [*kept[:MOST_FINDINGS], first_omitted | said | {"actual": str(len(kept) - MOST_FINDINGS)}]
        return finding_rows(file_id, kept)


def _first_of_each_run(errors: list[GuideError]) -> Iterator[GuideError]:
    """Without the segments that are unexpected only because the one before them is: pyx12 finds its way again later."""
    last_unexpected = -2
    for error in errors:
        if error.finding_code == "guide_segment_unexpected":
            follows, last_unexpected = error.segment_index == last_unexpected + 1, error.segment_index
            if follows:
                continue
        yield error


# --------------------------------------------------------------------------------------------------------------------
# Many files, watched
# --------------------------------------------------------------------------------------------------------------------
def check_guides(
    paths: Sequence[Path], seconds_each: float, seconds_in_all: float, processes: int = 0
) -> Iterator[tuple[Path, Verdict]]:
    """A verdict for every path, in the order in which they are ready.

    Each file has `seconds_each`, all together `seconds_in_all`. A file that is not done in its time, or that ends its process,
    has the error guide_check_stopped or guide_check_failed, and the others go on.
    """
    waiting, until, fruitless = list(reversed(paths)), time.monotonic() + seconds_in_all, 0
    workers = [_Worker() for _ in range(min(processes or os.cpu_count() or 1, len(paths)))]
    try:
        while waiting or any(worker.path for worker in workers):
            now = time.monotonic()
            if now >= until or fruitless >= MOST_FRUITLESS:
                for path in [*(worker.path for worker in workers if worker.path), *reversed(waiting)]:
                    yield path, _undone("guide_check_stopped")
                return
            for worker in workers:
                if worker.path is None and waiting:
                    worker.begin(waiting.pop(), now + seconds_each)
            wait([worker.connection for worker in workers if worker.path], timeout=min(IDLE, until - now))
            for worker in workers:
                if worker.path is not None and (verdict := worker.verdict()) is not None:
                    fruitless = 0 if verdict.sha256 else fruitless + 1
                    yield worker.path, verdict
                    worker.path = None
    finally:
        for worker in workers:
            worker.end()


class _Worker:
    """One process that checks one file after another, and is replaced where it hangs or dies."""

    def __init__(self) -> None:
        self.path: Path | None = None
        self.until = 0.0
        self._process: multiprocessing.Process | None = None

    def begin(self, path: Path, until: float) -> None:
        if self._process is None:
            context = multiprocessing.get_context("spawn")  # a fork of a process with threads can hang
            self.connection, other = context.Pipe()
            self._process = context.Process(target=_serve, args=(other,), daemon=True)
            self._process.start()
            other.close()
        self.path, self.until = path, until
        self.connection.send(path)

    def verdict(self) -> Verdict | None:
        """The verdict of the file at hand, or None while there is none."""
        try:
            if self.connection.poll():
                return self.connection.recv()
        except (EOFError, ConnectionError):
            self.end()
            return _undone("guide_check_failed")
        if time.monotonic() >= self.until:
            self.end()
            return _undone("guide_check_stopped")
        return None

    def end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self.connection.close()
            self._process = None


def _serve(connection: Connection) -> None:
    with contextlib.suppress(EOFError):  # the process that asked has gone
        while True:
            connection.send(check_guide(connection.recv()))


def _undone(finding_code: str) -> Verdict:
    return Verdict(errors=[GuideError(finding_code, 0, "ISA")])


# --------------------------------------------------------------------------------------------------------------------
# One file
# --------------------------------------------------------------------------------------------------------------------
def check_guide(path: Path) -> Verdict:
    """The verdict on one file, in this process and without a time limit. Whatever goes wrong is an error in the verdict."""
    verdict = Verdict()
    try:
        with path.open("rb") as stream:
            content = stream.read(LARGEST_FILE_BYTES + 1)
        if len(content) > LARGEST_FILE_BYTES:
            return _undone("guide_check_stopped")
        verdict.sha256 = hashlib.sha256(content).hexdigest()
        for interchange in _interchanges(content):
            errors, groups = _check_interchange(interchange)
            verdict.errors += errors
            verdict.groups += groups
            verdict.places |= _places(interchange, {error.segment_index for error in errors})
    except OSError:
        return _undone("guide_check_failed")
    return verdict


def is_valid(content: bytes) -> bool:
    """Whether the guide finds nothing against bytes of our own making. In this process and without a time limit."""
    return not any(_check_interchange(interchange)[0] for interchange in _interchanges(content))


def _interchanges(content: bytes) -> Iterator[list[Segment]]:
    interchange: list[Segment] = []
    for segment in read_segments(io.BytesIO(content)):
        if segment.is_header and interchange:
            yield interchange
            interchange = []
        interchange.append(segment)
    if interchange:
        yield interchange


def _check_interchange(segments: list[Segment]) -> tuple[list[GuideError], list[Group]]:
    """pyx12 on one interchange. Where it cannot say anything, one error says so."""
    groups = _groups(segments)
    first = segments[0].segment_index
    try:
        said, element_errors = _ask_pyx12(_for_pyx12(segments), first)
    except pyx12.errors.EngineError:
        version = next((group.version for group in groups if re.fullmatch(VERSION, group.version)), "")
        unheld = GuideError("guide_not_available", first, "ISA", expected=version and f"a guide {version}")
        return [unheld], [replace(group, status_codes=("2",)) for group in groups]
    except pyx12.errors.X12Error:
        return [GuideError("guide_header_too_odd", first, "ISA")], groups
    except Exception as error:  # noqa: BLE001 a fault of pyx12 on a damaged file; its message may hold values
        place = f"{type(error).__name__} at {log.place_of(error)}"
        return [GuideError("guide_check_failed", first, "ISA", expected=place)], groups
    unmatched = {error.segment_index for error in said.errors if error.finding_code == "guide_segment_unexpected"}
    # pyx12 holds a segment that it does not know against the map of the one before it: that says nothing.
    errors = [error for error in said.errors if (error.finding_code, error.segment_id) not in NOT_AN_ERROR]
    errors += [error for error in element_errors if error.segment_index not in unmatched]
    is_explained = said.errors or element_errors or said.has_envelope_errors
    if len(said.group_codes) < len(groups) or not (said.is_valid or is_explained):
        errors.append(GuideError("guide_not_met", first, "ISA"))
    errors.sort(key=lambda error: (error.segment_index, error.element, error.component))
    return errors, _with_pyx12_status(groups, said)


def _for_pyx12(segments: list[Segment]) -> str:
    """The interchange as pyx12 can read it: ISA of 106 bytes, a guide that it has a map of. Raises X12Error where it cannot."""
    marks = segments[0].delimiters
    element, terminator = marks.element.decode("ascii"), marks.terminator.decode("ascii")
    values = [value.strip() for value in segments[0].elements[1:16]]
    if any(len(value) > width for value, width in zip(values, ISA_WIDTHS, strict=False)):
        raise pyx12.errors.X12Error("an element of ISA is too long")
    padded = [value.ljust(width) for value, width in zip(values, ISA_WIDTHS, strict=False)]
    lines = [element.join(["ISA", *padded, marks.component.decode("ascii")])]
    for segment in segments[1:]:
        text = segment.text
        for version_element in {"GS": (8,), "ST": (3,)}.get(segment.segment_id, ()):
            nearest = NEAREST_GUIDE.get(segment.value(version_element))
            if nearest:
                parts = segment.elements
                parts[version_element] = nearest
                text = element.join(parts)
        lines.append(text)
    return "".join(line + terminator for line in lines)


@dataclass
class _Said:
    """What pyx12's error tree holds, apart from elements: segments, and the codes of each group and transaction, in order."""

    is_valid: bool = True
    has_envelope_errors: bool = False  # findings of our own say where
    errors: list[GuideError] = field(default_factory=list)
    group_codes: list[tuple[str, ...]] = field(default_factory=list)
    transaction_codes: list[list[tuple[str, ...]]] = field(default_factory=list)


def _ask_pyx12(text: str, first: int) -> tuple[_Said, list[GuideError]]:
    """Run pyx12. Elements are asked of its map nodes as it walks: its error tree leaves out those of ISA, GS and ST, and the
    place of conditions between elements."""
    element_errors: list[GuideError] = []

    def on_segment(segment, source, node, valid) -> None:
        identifier = segment.get_seg_id()
        if getattr(node, "id", None) != identifier or len(element_errors) > MOST_ERRORS:
            return
        for error in node.is_valid_errors(segment)[1]:
            element_errors.append(_element_error(error, first + source.get_cur_line() - 1, identifier))

    tree = io.StringIO()
    with _silence():
        parameters = pyx12.params.params()
        source = io.StringIO(text, newline="")
        is_valid = x12n_document(param=parameters, src_file=source, fd_997=None, fd_html=None, fd_json=tree, callback=on_segment)
    said = _said(json.loads(tree.getvalue()) if tree.getvalue() else {"interchanges": []}, first)
    said.is_valid = is_valid
    return said, element_errors


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """pyx12 logs values, and prints where it fails."""
    logger = logging.getLogger("pyx12")
    handler, propagate = logging.NullHandler(), logger.propagate
    logger.addHandler(handler)
    logger.propagate = False
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            yield
    finally:
        logger.removeHandler(handler)
        logger.propagate = propagate


def _element_error(error, segment_index: int, segment_id: str) -> GuideError:
    """One of pyx12's element errors. `refdes`: `CLP03`, `SVC01-2`, `03`, or of a condition `P0304`, whose first counts."""
    digits = (error.refdes or "").removeprefix(segment_id).lstrip("PRECL-")
    element, _, component = digits.partition("-")
    node = error.map_node
    return GuideError(
        ELEMENT_CODES.get(error.err_cde, "guide_element_condition"),
        segment_index,
        segment_id,
        element=int(element[:2]) if element[:2].isdigit() else 0,
        component=int(component) if component.isdigit() else 0,
        element_code=error.err_cde,
        data_element=node.data_ele or "" if node is not None else "",
        expected=node.name or "" if node is not None else "",
    )


def _said(tree: dict, first: int) -> _Said:
    said = _Said()
    for interchange in tree["interchanges"]:
        _codes(said, interchange)
        _control_number(said, "isa", interchange, first)
        for group in interchange["groups"]:
            _control_number(said, "gs", group, first)
            said.group_codes.append(_codes(said, group))
            said.transaction_codes.append([_codes(said, transaction) for transaction in group["transactions"]])
            for transaction in group["transactions"]:
                _control_number(said, "st", transaction, first)
                for segment in transaction["segments"]:
                    said.errors += _segment_errors(segment, first)
    return said


def _codes(said: _Said, node: dict) -> tuple[str, ...]:
    said.has_envelope_errors |= bool(node["errors"])
    return tuple(sorted({error["err_cde"] for error in node["errors"]}))


def _control_number(said: _Said, level: str, node: dict, first: int) -> None:
    """A control number that stands twice. The other envelope errors are findings of our own."""
    error_code = CONTROL_NUMBERS[level]
    if any(error["err_cde"] == error_code for error in node["errors"]):
        index, identifier = first + node["cur_line"] - 1, {"isa": "IEA", "gs": "GE", "st": "SE"}[level]  # what closed it
        said.errors.append(GuideError("guide_control_number_repeated", index, identifier, element=2, element_code="7"))


def _segment_errors(segment: dict, first: int) -> Iterator[GuideError]:
    """Errors of a segment as a whole; "8" only says that elements have some."""
    index, identifier = first + segment["cur_line"] - 1, _identifier(segment["seg_id"] or "")
    for error_code in dict.fromkeys(error["err_cde"] for error in segment["errors"]):
        if error_code in COUNTERS:
            element, data_element = COUNTERS[error_code]
            yield GuideError("guide_numbering", index, identifier, element=element, element_code="7", data_element=data_element)
        elif error_code in SEGMENT_CODES:
            is_missing = error_code == "3"
            name = f"{identifier} {segment['name']}" if is_missing else ""
            ik304 = "8" if error_code == "SEG1" else error_code
            yield GuideError(SEGMENT_CODES[error_code], index, identifier, segment_code=ik304, expected=name)


def _identifier(text: str) -> str:
    """A segment identifier; empty where it is none: in a damaged file a name may stand there."""
    return text if re.fullmatch(r"[A-Z][A-Z0-9]{1,2}", text) else ""


def _places(segments: list[Segment], wanted: set[int]) -> dict[int, Place]:
    """What the wanted segments belong to: the loops of parse_835 and parse_837, one segment at a time."""
    transaction = claim = line = None
    is_835 = False
    places = {}
    for segment in segments:
        identifier, number = segment.segment_id, segment.segment_index
        if identifier in ("ISA", "GS", "GE", "IEA"):
            transaction = claim = line = None
        elif identifier == "ST":
            transaction, claim, line, is_835 = number, None, None, segment.value(1) == "835"
        elif identifier in ("TS2", "TS3", "PLB", "HL", "SE") or (identifier == "LX" and is_835):
            claim = line = None
        elif identifier == "LX":
            line = None
        elif identifier in ("CLP", "CLM"):
            claim, line = number, None
        elif identifier in ("SVC", "SV1", "SV2", "SV3") and claim is not None:
            line = number
        if number in wanted:
            places[number] = Place(_identifier(identifier), transaction, claim, line)
        if identifier == "SE":
            transaction = None
    return places


# --------------------------------------------------------------------------------------------------------------------
# Groups and transactions, for the 999
# --------------------------------------------------------------------------------------------------------------------
def _groups(segments: list[Segment]) -> list[Group]:
    header = tuple(value.strip() for value in segments[0].elements[1:17])
    starts = [number for number, segment in enumerate(segments) if segment.segment_id == "GS"]
    groups = []
    for start, end in pairwise([*starts, len(segments)]):
        gs, inside = segments[start], segments[start:end]
        trailer = next((segment.value(1) for segment in inside if segment.segment_id == "GE"), "")
        transactions = tuple(
            Transaction(segment.segment_index, segment.value(1), segment.value(2), segment.value(3))
            for segment in inside
            if segment.segment_id == "ST"
        )
        stated = int(trailer) if trailer.isdigit() and len(trailer) <= 6 else len(transactions)
        groups.append(
            Group(
                header,
                gs.value(1),
                gs.value(2),
                gs.value(3),
                gs.value(6),
                gs.value(8),
                stated,
                gs.segment_index + len(inside),
                transactions,
            )
        )
    return groups


def _with_pyx12_status(groups: list[Group], said: _Said) -> list[Group]:
    """The groups with the codes of pyx12's, which are the same ones in the same order unless one was too damaged to be seen."""
    answered = []
    for group, codes, of_transactions in zip(groups, said.group_codes, said.transaction_codes, strict=False):
        pairs = zip(group.transactions, of_transactions, strict=False)
        transactions = tuple(replace(transaction, status_codes=found) for transaction, found in pairs)
        answered.append(replace(group, status_codes=codes, transactions=transactions or group.transactions))
    return answered + groups[len(answered) :]
