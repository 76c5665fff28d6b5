"""Files without a warehouse: read them as the nightly job would, and say what is wrong with them.

A value of a file is protected health information until proved otherwise: only its class is shown (how long, of what signs),
unless values are asked for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path

import pyarrow as pa

from pipeline import extract, land
from pipeline.acknowledge import acknowledge, unanswered_count
from pipeline.code_use import NO_LISTS, CodeLists
from pipeline.conformance import Verdict, check_guides
from pipeline.errors import Quarantine
from pipeline.parse import read_file
from pipeline.warehouse import conforming, printable, write_atomically
from pipeline.x12_segments import read_segments

# What is shown of a finding: where, how bad, what. `actual` is a class of value or a number, never a value.
WHERE = ("segment_index", "segment_id", "element_position")
SHOWN = [*WHERE, "severity", "category", "finding_code", "message", "expected", "actual", "difference_amount"]
NO_ANSWER = "version 4010, which a 997 answers, or a GS too damaged to be answered"
MOST_OF_A_KIND = 100  # lines that people are shown; a payer with an odd habit has it in every claim
SIGNS = {".": "point", ",": "comma", "-": "minus", "+": "plus", "$": "dollar sign", "/": "slash", " ": "blank"}


@dataclass
class Checked:
    """One file that was checked. `refusal` says why it cannot be read at all, `not_acknowledged` why a 999 that was asked for is
    missing."""

    file_name: str
    kind: str = "none"
    claim_count: int = 0
    line_count: int = 0
    refusal: str | None = None
    findings: list[dict] = field(default_factory=list)
    acknowledgements: list[str] = field(default_factory=list)
    not_acknowledged: str | None = None

    @property
    def has_errors(self) -> bool:
        return self.refusal is not None or any(finding["severity"] == "error" for finding in self.findings)

    def as_dict(self) -> dict:
        return asdict(self) | {"has_errors": self.has_errors}

    def as_text(self) -> str:
        if self.refusal is not None:
            return f"{self.file_name}: cannot be read: {self.refusal}"
        counts = Counter(finding["severity"] for finding in self.findings)
        said = ", ".join(f"{count} of severity {severity}" for severity, count in sorted(counts.items())) or "no findings"
        head = f"{self.file_name}: {self.kind}, {self.claim_count:,} claims, {self.line_count:,} lines: {said}"
        lines = [f"  {line}" for line in _lines(self.findings)]
        lines += [f"  acknowledged in {path}" for path in self.acknowledgements]
        lines += [f"  not acknowledged: {self.not_acknowledged}"] if self.not_acknowledged else []
        return "\n".join([head, *lines])


def check_file(path: Path, renames: Mapping[str, str] | None = None, code_lists: CodeLists = NO_LISTS) -> Checked:
    """Reads one file; its findings in the order of their segments. Holds the findings in memory, and nothing else of the file.
    With `code_lists`, codes that no list has, or that are out of date, are among them."""
    tables: list[pa.Table] = []

    def keep_findings(table_name: str, rows: pa.Table) -> None:
        if table_name == "finding" and rows.num_rows:
            tables.append(conforming(table_name, rows).select(SHOWN))

    name = printable(path.name)
    try:
        if path.exists() and not path.is_file():  # a pipe would wait for ever
            return Checked(name, refusal="it is no regular file; give the path of a file")
        landed = land.fingerprint(path)
        if refusal := land.not_x12(path):
            return Checked(name, refusal=_refusal_text(refusal))
        if header := extract.recognise(path, renames):
            read = extract.read_extract(path, landed.file_id, header, keep_findings)
        else:
            read = read_file(path, landed.file_id, keep_findings, code_lists=code_lists)
    except OSError as error:
        return Checked(name, refusal=_refusal_text(land.unreadable(error)))
    except Quarantine as quarantine:
        return Checked(name, refusal=f"{quarantine.reason} ({quarantine.code}); {land.CORRECT}")
    findings = [row for table in tables for row in table.to_pylist()]
    return Checked(name, read.kind, read.claim_count, read.line_count, None, in_order(findings))


def check_guide_too(checked: dict[Path, Checked], seconds_each: float, answers: Path | None) -> None:
    """Adds the findings of the implementation guide to every file that can be read; with a folder `answers`, writes a 999 for
    each of their functional groups, and says where. Raises OSError where the folder cannot be written."""
    readable = [path for path, one in checked.items() if one.refusal is None]
    for path, verdict in check_guides(readable, seconds_each, seconds_each * len(readable)):
        one = checked[path]
        one.findings = in_order(one.findings + verdict.findings("").select(SHOWN).to_pylist())
        if answers is not None:
            one.acknowledgements, one.not_acknowledged = _write_answers(path, verdict, answers)


def describe_values(path: Path, findings: Sequence[dict], show_values: bool) -> None:
    """Says of every finding about an element what class of value stands there, and with `show_values` the value itself."""
    wanted: dict[int, list[dict]] = {}
    for finding in findings:
        if finding["element_position"]:
            wanted.setdefault(finding["segment_index"], []).append(finding)
    if not wanted:
        return
    with path.open("rb") as stream:
        for segment in read_segments(stream):
            for finding in wanted.get(segment.segment_index, ()):
                value = segment.value(finding["element_position"])
                finding["value_class"] = value_class(value)
                if show_values:
                    finding["value"] = value


def value_class(value: str) -> str:
    """How long a value is and what it is made of: enough to see a mistake, too little to know the value."""
    if not value:
        return "empty"
    made_of = {"digits": any(c.isascii() and c.isdigit() for c in value)}
    made_of["letters"] = any(c.isascii() and c.isalpha() for c in value)
    made_of |= {name: sign in value for sign, name in SIGNS.items()}
    made_of["letters that are not ASCII"] = any(not c.isascii() and c.isalpha() for c in value)
    made_of["other signs"] = any(not c.isalnum() and c not in SIGNS for c in value)
    signs = ", ".join(name for name, is_there in made_of.items() if is_there)
    return f"{len(value)} character{'s' if len(value) > 1 else ''}: {signs}"


def in_order(findings: list[dict]) -> list[dict]:
    """Sorted by their places, each with the number that people know its place by: segments count from 1, and so do rows of an
    extract already."""
    for finding in findings:
        finding["segment_number"] = finding["segment_index"] + (finding["category"] != extract.KIND)
    return sorted(findings, key=lambda row: (row["segment_index"], row["element_position"] or 0, row["finding_code"]))


def summary_of(checked: Sequence[Checked]) -> str:
    """One line: how many files, how many of them are clean, how many findings of each severity."""
    severities = Counter(finding["severity"] for one in checked for finding in one.findings)
    refused = sum(one.refusal is not None for one in checked)
    in_error = sum(one.has_errors for one in checked) - refused
    said = [f"{len(checked) - in_error - refused} without errors", f"{in_error} with errors", f"{refused} not readable"]
    counts = ", ".join(f"{severities[severity]} {severity}" for severity in ("error", "warning", "information"))
    return f"{len(checked)} file{'s' if len(checked) != 1 else ''}: {', '.join(said)}; findings: {counts}"


def _write_answers(path: Path, verdict: Verdict, folder: Path) -> tuple[list[str], str | None]:
    """Writes the 999s of a file. Returns where they stand, and why others are missing."""
    folder.mkdir(parents=True, exist_ok=True)
    written, answers = [], acknowledge(verdict, datetime.now())
    for number, answer in enumerate(answers, 1):
        target = folder / f"{path.name}{f'.{number}' if number > 1 else ''}.999"
        write_atomically(target, answer)
        written.append(printable(str(target)))
    missing = unanswered_count(verdict, answers)
    if not verdict.sha256:
        return written, "the guide check did not come to its end"
    groups = f"{missing} functional group{'s' if missing > 1 else ''}"
    return written, f"{groups}: {NO_ANSWER}" if missing else None


def _refusal_text(refusal: land.Refusal) -> str:
    return f"{refusal.reason} ({refusal.code}); {refusal.retry}"


def _lines(findings: Sequence[dict]) -> Iterator[str]:
    """A line for each finding, up to MOST_OF_A_KIND of one kind; then how many more there are."""
    printed: Counter[str] = Counter()
    for finding in findings:
        printed[finding["finding_code"]] += 1
        if printed[finding["finding_code"]] <= MOST_OF_A_KIND:
            yield _line(finding)
    for finding_code, count in printed.items():
        if count > MOST_OF_A_KIND:
            yield f"and {count - MOST_OF_A_KIND:,} more {finding_code}: --json prints all"


def _line(finding: dict) -> str:
    place = f"segment {finding['segment_number']} {finding['segment_id'] or ''}".rstrip()
    if finding["category"] == extract.KIND:
        place = f"row {finding['segment_number']}"
        if column := finding["segment_id"] or finding["element_position"]:
            place += f", column {column}"
    elif finding["element_position"]:
        place += f"{finding['element_position']:02d}"
    details = [finding["value_class"]] if finding.get("value_class") else []
    details += [f"{name} {finding[name]}" for name in ("expected", "actual", "value") if finding.get(name)]
    if finding["difference_amount"] is not None:
        details.append(f"difference {finding['difference_amount']}")
    said = f" ({'; '.join(details)})" if details else ""
    return f"{place}: {finding['severity']} {finding['finding_code']}{said}: {finding['message']}"
