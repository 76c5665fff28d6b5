"""Retention: which batches are old enough to go, what of the worklist still rests on them, and what went with them."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal

from pipeline.summary import Summary
from pipeline.warehouse import Warehouse

# Items of the worklist whose denial, earlier payment, submitted claim or work log is in the batches that the views show; and
# items that are on it no more because of a later decision that is in them.
_RESTING = """
    WITH old_file AS (SELECT file_id FROM source_file),
    decided_since AS (
        SELECT claim_key, max(ledger_number) AS ledger_number
        FROM claim_payment_event
        WHERE file_id IN (FROM old_file)
        GROUP BY claim_key
    )
    SELECT worklist.item_id
    FROM worklist
    JOIN denied_line ON denied_line.item_id = worklist.item_id
    LEFT JOIN precedent ON precedent.item_id = worklist.item_id AND worklist.precedent_tier <> 'none'
    LEFT JOIN claim_match
        ON claim_match.file_id = denied_line.file_id AND claim_match.segment_index = denied_line.claim_segment_index
    WHERE denied_line.file_id IN (FROM old_file)
        OR precedent.precedent_file_id IN (FROM old_file)
        OR claim_match.submitted_file_id IN (FROM old_file)
        OR worklist.item_id IN (SELECT item_id FROM work_log)
    UNION
    SELECT denial.item_id
    FROM item_denial AS denial
    JOIN claim_payment_event AS event
        ON event.file_id = denial.file_id AND event.segment_index = denial.claim_segment_index
    JOIN decided_since ON decided_since.claim_key = event.claim_key AND decided_since.ledger_number > event.ledger_number
    WHERE denial.file_id NOT IN (FROM old_file)
"""


@dataclass(frozen=True)
class Purged:
    """What was removed: batches, their files, rows and dollars (USD), and the items of the worklist that rested on them or
    come back without them; and the night that made the marts anew."""

    batch_ids: list[str]
    file_count: int
    row_count: int
    charged: Decimal
    paid: Decimal
    resting_count: int
    night: Summary

    def as_json(self) -> str:
        """Money as strings, so that nobody makes floats of it."""
        return json.dumps(asdict(self), indent=1, default=str)

    def as_text(self) -> str:
        """For a terminal."""
        lines = [
            f"removed: {len(self.batch_ids):,} batches, {self.file_count:,} files, {self.row_count:,} rows, "
            f"charged {self.charged:,.2f}, paid {self.paid:,.2f}",
            *(f"  {batch_id}" for batch_id in self.batch_ids),
        ]
        if self.resting_count:
            lines.append(f"items of the worklist that rested on them, or come back without them: {self.resting_count:,}")
        return "\n".join([*lines, "made anew: all marts and the worklist", *(f"  {path}" for path in self.night.outputs)])


def due(warehouse: Warehouse, before: date) -> list[dict]:
    """The commit records of the batches whose as-of date is before a day."""
    return [record for record in warehouse.records() if date.fromisoformat(record["as_of_date"]) < before]


def resting_count(warehouse: Warehouse, records: list[dict]) -> int:
    """How many items of the current worklist rest on some batches, or would come back to it without them."""
    with warehouse.connect(records=records) as connection:
        if warehouse.connect_marts(connection) is None:
            return 0
        return len(connection.execute(_RESTING).fetchall())


def purged(records: list[dict], resting: int, night: Summary) -> Purged:
    """What the removal of some batches removed."""

    def dollars(column: str) -> Decimal:
        amounts = (record["tables"].get("claim_payment", {}).get("dollars", {}).get(column, "0.00") for record in records)
        return sum(map(Decimal, amounts), Decimal("0.00"))

    return Purged(
        batch_ids=[record["batch_id"] for record in records],
        file_count=sum(len(record["files"]) for record in records),
        row_count=sum(table["rows"] for record in records for table in record["tables"].values()),
        charged=dollars("charge_amount"),
        paid=dollars("paid_amount"),
        resting_count=resting,
        night=night,
    )
