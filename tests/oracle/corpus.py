"""The public corpus: 835 and 837 samples that other projects publish, with totals.csv, counted by a separate, naive reader.

It is not part of this project. It is the folder named by the environment variable REMIT835_CORPUS, else a folder `*/corpus` with
a totals.csv beside the checkout.
"""

from __future__ import annotations

import csv
import os
from decimal import Decimal
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]


def corpus_folder() -> Path | None:
    named = os.environ.get("REMIT835_CORPUS")
    if named and not Path(named, "totals.csv").is_file():
        raise FileNotFoundError(f"REMIT835_CORPUS: there is no totals.csv in {named}")
    beside = sorted(CHECKOUT.parent.glob("*/corpus/totals.csv"))
    return Path(named) if named else next((totals.parent for totals in beside), None)


CORPUS = corpus_folder()


def corpus_totals() -> list[dict[str, str]]:
    """Rows of totals.csv; without a corpus one row without a kind, so that the skip of its tests is seen."""
    if CORPUS is None:
        return [{"file": "no corpus", "kind": ""}]
    with (CORPUS / "totals.csv").open(newline="") as file:
        return list(csv.DictReader(file))


needs_corpus = pytest.mark.skipif(
    CORPUS is None, reason="PUBLIC CORPUS NOT FOUND: set REMIT835_CORPUS to its folder to run these tests"
)


def totals_of(kind: str, tables: dict[str, list[dict]]) -> dict[str, Decimal]:
    """What totals.csv counts, from the rows of the facts."""
    claims, lines, adjustments = {
        "835": ("claim_payment", "service_line", "adjustment"),
        "837": ("submitted_claim", "submitted_line", "submitted_adjustment"),
    }[kind]

    def dollars(table: str, column: str) -> Decimal:
        return sum((row[column] or Decimal(0) for row in tables.get(table, [])), Decimal(0))

    remarks = [row for row in tables.get("remark_code", []) if row["remark_source"] != "LQ" or row["code_list_qualifier"] == "HE"]
    return {
        "transactions": len(tables.get("transaction_set", [])),
        "claims": len(tables.get(claims, [])),
        "lines": len(tables.get(lines, [])),
        "adjustments": len(tables.get(adjustments, [])),
        "remarks": len(remarks),
        "charge": dollars(claims, "charge_amount"),
        "paid": dollars(claims, "paid_amount") if kind == "835" else Decimal(0),
        "adjusted": dollars(adjustments, "adjustment_amount"),
    }


def expected_totals(totals: dict[str, str], names: list[str]) -> dict[str, Decimal]:
    return {name: Decimal(totals[name]) for name in names}


def corpus_files(kind: str = "") -> list:
    """Test parameters: the rows of totals.csv, of one kind or all."""
    return [
        pytest.param(totals, id=totals["file"]) for totals in corpus_totals() if kind in ("", totals["kind"]) or CORPUS is None
    ]
