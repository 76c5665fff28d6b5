"""What a warehouse holds: batches, files, quarantine, findings, and what the last run said."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

from pipeline.query import require_warehouse
from pipeline.warehouse import Warehouse


def status_of(path: Path) -> dict:
    """Batches with rows and dollars, purged batches, files by status, quarantine with reasons, findings by code, and the last
    run's summary. Raises UsageError where there is no warehouse."""
    warehouse = Warehouse(path)
    require_warehouse(warehouse)
    records = warehouse.records()
    findings = "SELECT severity, finding_code, count(*) FROM finding GROUP BY severity, finding_code ORDER BY 1, 3 DESC, 2"
    with warehouse.connect() as connection:
        found = connection.execute(findings).fetchall()
    last_run, is_damaged = _last_run(path / "last_run.json")
    return {
        "batches": [
            {
                "batch_id": record["batch_id"],
                "committed_at": record["committed_at"],
                "files": len(record["files"]),
                "rows": sum(table["rows"] for table in record["tables"].values()),
                "charged": record["tables"].get("claim_payment", {}).get("dollars", {}).get("charge_amount", "0.00"),
                "paid": record["tables"].get("claim_payment", {}).get("dollars", {}).get("paid_amount", "0.00"),
            }
            for record in records
        ],
        "purged": [
            {"batch_id": record["batch_id"], "as_of_date": record["as_of_date"], "files": len(record["files"])}
            for record in warehouse.purged_records()
        ],
        "files": dict(Counter(file["file_status"] for record in records for file in record["files"])),
        "quarantine": warehouse.quarantined(),
        "findings": [{"severity": severity, "finding_code": code, "count": count} for severity, code, count in found],
        "last_run": last_run,
        "last_run_is_damaged": is_damaged,
    }


def _last_run(path: Path) -> tuple[dict | None, bool]:
    """What the last run said, and whether that is there and cannot be read: then it is as if it were not, for the next run
    writes it anew."""
    if not path.exists():
        return None, False
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        return None, True
    return (said, False) if isinstance(said, dict) and {"as_of_date", "batch_id"} <= said.keys() else (None, True)


def as_text(status: dict) -> str:
    """For a terminal."""
    lines = [f"batches: {len(status['batches'])}"]
    lines += [
        f"  {b['batch_id']}  {b['files']:>6,} files  {b['rows']:>10,} rows  charged {b['charged']}, paid {b['paid']}"
        for b in status["batches"]
    ]
    lines += [f"purged: {len(status['purged'])}"] if status["purged"] else []
    lines += [f"  {b['batch_id']}  {b['files']:>6,} files, which stay known" for b in status["purged"]]
    lines += ["files: " + (", ".join(f"{count:,} {name}" for name, count in status["files"].items()) or "none")]
    lines += [f"in quarantine: {len(status['quarantine'])}"]
    lines += [f"  {q['file_name']}: {q['reason']} ({q['code']})\n    {q['how_to_retry']}" for q in status["quarantine"]]
    lines += [f"findings: {sum(finding['count'] for finding in status['findings']):,}"]
    lines += [f"  {f['severity']:<11}  {f['finding_code']:<40}  {f['count']:>8,}" for f in status["findings"]]
    last = status["last_run"]
    said = f"as of {last['as_of_date']}, {last['batch_id'] or 'no new files'}" if last else "none is complete"
    if status["last_run_is_damaged"]:
        said = "unknown: last_run.json is damaged; the next run writes it anew"
    return "\n".join([*lines, f"last run: {said}"])
