"""Files without a warehouse: read them as the nightly job would, and say what is wrong with them."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path

import pyarrow as pa

from pipeline import land
from pipeline.errors import Quarantine
from pipeline.parse import read_file
from pipeline.warehouse import conforming, printable

# What is shown of a finding: where, how bad, what. `actual` is a class of value or a number, never a value.
WHERE = ("segment_index", "segment_id", "element_position")
SHOWN = [*WHERE, "severity", "category", "finding_code", "message", "expected", "actual", "difference_amount"]


@dataclass
class Checked:
    """One file that was checked. `refusal` says why it cannot be read at all."""

    file_name: str
    kind: str = "none"
    claim_count: int = 0
    line_count: int = 0
    refusal: str | None = None
    findings: list[dict] = field(default_factory=list)

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
        return "\n".join([head, *(f"  {_line(finding)}" for finding in self.findings)])


def check_file(path: Path) -> Checked:
    """Reads one file; its findings in the order of their segments. Holds the findings in memory, and nothing else of the file."""
    tables: list[pa.Table] = []

    def keep_findings(table_name: str, rows: pa.Table) -> None:
        if table_name == "finding" and rows.num_rows:
            tables.append(conforming(table_name, rows).select(SHOWN))

    name = printable(path.name)
    try:
        landed = land.fingerprint(path)
        if refusal := land.not_x12(path):
            return Checked(name, refusal=f"{refusal.reason} ({refusal.code})")
        read = read_file(path, landed.file_id, keep_findings)
    except OSError as error:
        return Checked(name, refusal=land.unreadable(error).reason)
    except Quarantine as quarantine:
        return Checked(name, refusal=f"{quarantine.reason} ({quarantine.code})")
    findings = [row for table in tables for row in table.to_pylist()]
    findings.sort(key=lambda row: (row["segment_index"], row["finding_code"], row["element_position"] or 0))
    return Checked(name, read.kind, read.claim_count, read.line_count, None, findings)


def _line(finding: dict) -> str:
    place = f"segment {finding['segment_index']} {finding['segment_id'] or ''}".rstrip()
    if finding["element_position"]:
        place += f"{finding['element_position']:02d}"
    details = [f"{name} {finding[name]}" for name in ("expected", "actual") if finding[name]]
    if finding["difference_amount"] is not None:
        details.append(f"difference {finding['difference_amount']}")
    said = f"; {', '.join(details)}" if details else ""
    return f"{place}: {finding['severity']} {finding['finding_code']}: {finding['message']}{said}"
