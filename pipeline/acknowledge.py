"""The 999 (005010X231A1) that answers a functional group: what was taken, and what the implementation guide says against it.

pyx12 has a writer of its own: it stops after AK1 for an 835 (which has no ST03) and copies bad values, which are protected health
information, into IK404. This one writes places and codes only.

A group is accepted (A), accepted with errors noted (E) where the guide finds some, since they do not keep the file from being
posted, or rejected (R) where a transaction's trailer is missing or states wrong counts or numbers, or the version has no guide.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from itertools import groupby

from pipeline.conformance import Group, GuideError, Transaction, Verdict, is_valid

GUIDE = "005010X231A1"
ELEMENT, COMPONENT, REPETITION, TERMINATOR = "*", ":", "^", "~"

# IK502 codes that say that the transaction cannot be trusted as a whole: no trailer, other control number, other count.
REJECTED_TRANSACTION = ("2", "3", "4")
IN_ERROR = "5"  # IK502: one or more segments are in error
MOST_STATUS_CODES = 5  # room in IK5 and AK9
MOST_ELEMENT_ERRORS = 99  # IK4 of one segment


def acknowledge(verdict: Verdict, answered_at: datetime) -> list[bytes]:
    """One interchange with one 999 for each functional group, in order; none for a group that is itself an acknowledgement, none
    for one of version 4010, which a 997 answers, and none where the group's header is so damaged that the answer, which repeats
    it, would be no valid 999. The control number is made from the file and the group: the same file has the same answer."""
    answers = []
    for number, group in enumerate(verdict.groups):
        if _wants_answer(group) and group.version.startswith("005010"):
            digest = hashlib.sha256(f"{verdict.sha256} {number}".encode()).hexdigest()
            answers.append(_interchange(group, verdict.errors, answered_at, int(digest[:12], 16) % 999_999_999 + 1))
    return [answer for answer in answers if is_valid(answer)]


def unanswered_count(verdict: Verdict, answers: list[bytes]) -> int:
    """How many groups of a file have none of these answers, and would have one if they could."""
    return sum(map(_wants_answer, verdict.groups)) - len(answers)


def _wants_answer(group: Group) -> bool:
    return group.functional_identifier != "FA"  # an acknowledgement


def _interchange(group: Group, errors: list[GuideError], answered_at: datetime, control_number: int) -> bytes:
    sender_kind, sender, receiver_kind, receiver = (group.header[position] for position in (4, 5, 6, 7))
    control = f"{control_number:09d}"
    body = _transaction_set(group, errors)
    segments = [
        ["ISA", "00", " " * 10, "00", " " * 10, _padded(receiver_kind, 2), _padded(receiver, 15), _padded(sender_kind, 2),
         _padded(sender, 15), f"{answered_at:%y%m%d}", f"{answered_at:%H%M}", REPETITION, "00501", control, "0",
         "P" if group.header[14] == "P" else "T", COMPONENT],
        ["GS", "FA", group.receiver_id, group.sender_id, f"{answered_at:%Y%m%d}", f"{answered_at:%H%M}", str(control_number), "X",
         GUIDE],
        *body,
        ["GE", "1", str(control_number)],
        ["IEA", "1", control],
    ]  # fmt: skip
    return "".join(_segment(segment) for segment in segments).encode("ascii")


def _transaction_set(group: Group, errors: list[GuideError]) -> list[list[str]]:
    answers = [_answer(transaction, _errors_of(group, at, errors)) for at, transaction in enumerate(group.transactions)]
    statuses = [status for status, _ in answers]
    rejected = statuses.count("R") if "2" not in group.status_codes else len(statuses)
    status = "A"
    if rejected and rejected == len(statuses):
        status = "R"
    elif rejected:
        status = "P"
    elif "E" in statuses or group.status_codes:
        status = "E"
    counts = [str(group.stated_transactions), str(len(statuses)), str(len(statuses) - rejected)]
    body = [
        ["ST", "999", "0001", GUIDE],
        ["AK1", group.functional_identifier, group.control_number, group.version],
        *(segment for _, segments in answers for segment in segments),
        ["AK9", status, *counts, *group.status_codes[:MOST_STATUS_CODES]],
    ]
    return [*body, ["SE", str(len(body) + 1), "0001"]]


def _errors_of(group: Group, at: int, errors: list[GuideError]) -> list[GuideError]:
    """The errors between this transaction's ST and the next one's, wherever that stands."""
    first = group.transactions[at].segment_index
    later = group.transactions[at + 1].segment_index if at + 1 < len(group.transactions) else group.end
    return [error for error in errors if first <= error.segment_index < later and error.element_code + error.segment_code]


def _answer(transaction: Transaction, errors: list[GuideError]) -> tuple[str, list[list[str]]]:
    """AK2, an IK3 for each segment in error with the IK4 of its elements, IK5."""
    segments = [["AK2", transaction.set_code, transaction.control_number, transaction.implementation]]
    answerable = [error for error in errors if error.segment_id]
    for (segment_index, segment_id, segment_code), alike in groupby(_in_order(answerable), key=_segment_key):
        position = str(segment_index - transaction.segment_index + 1)
        segments.append(["IK3", segment_id, position, "", segment_code])
        elements = [error for error in alike if error.element and error.element_code]
        for error in elements[:MOST_ELEMENT_ERRORS]:
            place = f"{error.element}{COMPONENT}{error.component}" if error.component else str(error.element)
            segments.append(["IK4", place, error.data_element, error.element_code])
    codes = sorted({*transaction.status_codes, *([IN_ERROR] if errors else [])}, key=int)
    status = "R" if set(codes) & set(REJECTED_TRANSACTION) else "E" if codes else "A"
    return status, [*segments, ["IK5", status, *codes[:MOST_STATUS_CODES]]]


def _segment_key(error: GuideError) -> tuple[int, str, str]:
    return error.segment_index, error.segment_id, error.segment_code


def _in_order(errors: list[GuideError]) -> list[GuideError]:
    return sorted(errors, key=lambda error: (*_segment_key(error), error.element, error.component, error.element_code))


def _padded(value: str, width: int) -> str:
    return _plain(value)[:width].ljust(width)


def _plain(value: str) -> str:
    """What the other side sent, fit to be sent back: ASCII without our delimiters."""
    return "".join(c if c.isascii() and c.isprintable() and c not in "*:^~" else " " for c in value)


def _segment(elements: list[str]) -> str:
    if elements[0] == "ISA":
        return ELEMENT.join(elements) + TERMINATOR + "\n"
    values = [COMPONENT.join(_plain(part) for part in element.split(COMPONENT)) for element in elements]
    return ELEMENT.join(values).rstrip(ELEMENT) + TERMINATOR + "\n"
