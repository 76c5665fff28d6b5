"""Reads specifications written as Markdown and runs the real SQL models on them.

A file holds cases. A case is a heading of level 2 and tables, each under a line that says what it is:

    ## A reversal takes the payment back
    Given claim_payment
    | file_id | segment_index | claim_status_code |
    |---------|---------------|-------------------|
    | A       | 1             | 1                 |
    Expect claim_payment_event
    | file_id | segment_index | is_current |
    | A       | 1             | false      |

`Given` names facts, mappings or models, which then stand as written and are not computed: only the columns that matter are
written, DEFAULTS fill what links the rows, the rest is empty.
`Replacing` a mapping puts the rows in place of the shipped ones. `Expect` names a model; the columns written are compared, all
its rows are, in any order. An empty cell is NULL. Tables of text between them are for the reader.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from pipeline import mappings, models, tables

ROOT = Path(__file__).parents[2]
Rows = list[dict[str, str]]

# What a row needs to stand in its place, where the specification does not say it.
DEFAULTS: dict[str, dict[str, str]] = {
    "remittance": {
        "segment_index": "0", "is_complete": "true", "payer_id": "P1", "payer_tax_number": "1P1", "payment_date": "2026-01-10",
        "payment_amount": "100.00",
    },
    "claim_payment": {
        "remittance_segment_index": "0", "patient_control_number": "C1", "claim_status_code": "1",
        "payer_claim_control_number": "ICN1", "charge_amount": "100.00", "paid_amount": "0.00",
    },
    "service_line": {
        "remittance_segment_index": "0", "claim_segment_index": "1", "procedure_code": "99213", "charge_amount": "100.00",
        "paid_amount": "0.00", "service_date": "2026-01-02",
    },
    "adjustment": {
        "triplet_number": "1", "remittance_segment_index": "0", "claim_segment_index": "1", "group_code": "CO",
        "adjustment_amount": "100.00",
    },
    "provider_adjustment": {"remittance_segment_index": "0"},
    "remark_code": {
        "remark_position": "1", "remittance_segment_index": "0", "claim_segment_index": "1", "remark_source": "LQ",
        "code_list_qualifier": "HE",
    },
    "submitted_claim": {
        "segment_index": "1", "patient_control_number": "C1", "charge_amount": "100.00", "transaction_date": "2026-01-03",
        "claim_frequency_code": "1", "line_count": "1", "diagnosis_codes": "M5450", "diagnosis_code_set": "ICD-10",
    },
    "submitted_line": {
        "claim_segment_index": "1", "line_number": "1", "procedure_code": "99213", "charge_amount": "100.00", "line_units": "1",
        "place_of_service_code": "11", "diagnosis_codes": "M5450", "diagnosis_basis": "pointer", "service_date": "2026-01-02",
    },
    # models that a specification states instead of computing them
    "claim_payment_current": {
        "segment_index": "1", "payer_key": "p1", "payer_name": "Payer One", "payer_family": "commercial",
        "patient_control_number": "C1", "claim_status_code": "1", "charge_amount": "100.00", "denial_date": "2026-01-10",
        "denial_date_basis": "payment_date", "payment_date": "2026-01-10",
    },
    "service_line_current": {
        "claim_segment_index": "1", "payer_key": "p1", "billed_procedure_code": "99213", "charge_amount": "100.00",
        "paid_amount": "0.00", "service_date": "2026-01-02",
    },
    "denied_line": {
        "claim_segment_index": "1", "payer_key": "p1", "charge_amount": "100.00", "denied_amount": "100.00",
        "paid_amount": "0.00", "group_code": "CO", "reason_codes": "50", "family": "medical_necessity",
        "family_basis": "official", "medical_necessity": "core", "has_frequency_signal": "false",
    },
    "denied_service": {
        "is_open": "true",
        "item_id": "I", "is_claim_level": "false", "claim_key": "denied", "payer_key": "p1", "payee_id": "N1", "member_key": "M1",
        "first_name_key": "ANN", "billed_procedure_code": "97110", "sorted_modifiers": "", "material_modifiers": "",
        "place_of_service_code": "11", "diagnosis_codes": "M5450", "primary_diagnosis_code": "M5450",
        "diagnosis_basis": "pointer", "diagnosis_code_set": "ICD-10", "line_units": "1", "service_date": "2026-01-02",
        "history_from_date": "2024-01-02",
    },
    "paid_line": {
        "file_id": "A", "claim_key": "paid", "payer_key": "p1", "payee_id": "N1", "member_key": "M1", "first_name_key": "ANN",
        "billed_procedure_code": "97110", "sorted_modifiers": "", "material_modifiers": "", "place_of_service_code": "11",
        "diagnosis_codes": "M5450", "primary_diagnosis_code": "M5450", "diagnosis_basis": "pointer",
        "diagnosis_code_set": "ICD-10", "line_units": "1", "service_date": "2025-06-02", "payment_date": "2025-06-20",
        "charge_amount": "100.00", "paid_amount": "60.00", "allowed_amount": "80.00", "is_first_payer": "true",
        "payer_claim_control_number": "OLD1", "trace_number": "T1",
    },
    "item_denial": {
        "file_id": "A", "segment_index": "11", "denial_number": "1", "denial_date": "2026-01-10", "payer_key": "p1",
        "family": "medical_necessity", "denied_amount": "100.00", "paid_amount": "0.00", "denial_basis": "denied_line",
    },
    "item_history_before": {
        "night_date": "2026-01-31", "change": "new", "item_place": "open", "next_step": "coding_review", "deadline": "2026-03-11",
        "denied_amount": "100.00", "paid_amount": "0.00", "family": "medical_necessity", "payer_key": "p1",
        "denial_date": "2026-01-10", "file_id": "A", "precedent_tier": "none", "entry_count": "0",
        "first_night_date": "2026-01-31",
    },
    "precedent": {"is_candidate": "true", "precedent_tier": "A"},
}  # fmt: skip
RUN_PARAMETER = {
    "as_of_date": date(2026, 2, 1),
    "lookback_months": 24,
    "minimum_balance_amount": Decimal("0.00"),
    "mail_days": 7,
    "default_deadline_days": 60,
    "client_labels_on": True,
}


@dataclass
class Case:
    """One case of a specification: rows as they are written."""

    title: str
    place: str
    given: dict[str, Rows] = field(default_factory=dict)
    replacing: dict[str, Rows] = field(default_factory=dict)
    expect: dict[str, Rows] = field(default_factory=dict)


def cases_of(path: Path) -> list[Case]:
    """The cases of one Markdown file."""
    cases: list[Case] = []
    rows: Rows | None = None
    header: list[str] | None = None
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith("## "):
            cases.append(Case(line[3:].strip(), f"{path.name}:{number}"))
            rows = None
        elif match := re.fullmatch(r"(Given|Replacing|Expect) (\w+)(: nothing)?", line.strip()):
            rows = getattr(cases[-1], match[1].lower()).setdefault(match[2], [])
            header = None
        elif line.startswith("|") and rows is not None:
            cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
            if header is None:
                header = cells
            elif not re.fullmatch(r"[|\s:-]+", line):
                rows.append(dict(zip(header, cells, strict=True)))
    return cases


@cache
def shipped_mappings() -> mappings.Mappings:
    return mappings.load(ROOT / "mappings")


@cache
def shipped_models() -> tuple[models.Model, ...]:
    return tuple(models.load(ROOT / "sql"))


def needed(targets: set[str], given: set[str]) -> list[models.Model]:
    """The models that the targets rest on, in order, without those that are given."""
    wanted = set(targets) - given
    for model in reversed(shipped_models()):
        if model.name in wanted:
            wanted |= model.reads - given
    return [model for model in shipped_models() if model.name in wanted]


def fact_rows(name: str, rows: Rows) -> Rows:
    """The rows with the defaults of their table."""
    filled = []
    for row in rows:
        full = {**DEFAULTS.get(name, {}), **row}
        if name == "remittance":
            # two remittances are two payments unless the specification says otherwise
            identity = f"{full['file_id']}-{full['segment_index']}"
            full = {"body_hash": f"body-{identity}", "trace_number": f"trace-{identity}", **full}
        filled.append(full)
    return filled


def arrow_table(name: str, rows: Rows) -> pa.Table:
    """Written rows in the schema of tables.py; a column that is not written is NULL."""
    schema = tables.schema_of(name)
    unknown = {column for row in rows for column in row} - set(schema.names)
    if unknown:
        raise AssertionError(f"{name} has no column {', '.join(sorted(unknown))}")
    arrays = []
    for column in schema:
        texts = pa.array([row.get(column.name) or None for row in rows], pa.string())
        arrays.append(pc.cast(texts, column.type))
    return pa.Table.from_arrays(arrays, names=schema.names)


def run_models(given: dict[str, pa.Table], targets: set[str], client_labels_on: bool = True) -> dict[str, pa.Table]:
    """Runs what the targets rest on over the shipped mappings and the given facts."""
    contents = {table.name: arrow_table(table.name, []) for kind in ("facts", "mapping") for table in tables.tables_of(kind)}
    contents |= shipped_mappings().tables
    parameter = {**RUN_PARAMETER, "client_labels_on": client_labels_on}
    schema = tables.schema_of("run_parameter")
    contents["run_parameter"] = pa.Table.from_pylist([{name: parameter.get(name) for name in schema.names}], schema=schema)
    contents |= given
    with duckdb.connect(config={"threads": 1}) as connection:
        models.provide(connection, contents)
        models.run(connection, needed(targets, set(given)))
        return {name: connection.sql(f"SELECT * FROM {name}").to_arrow_table() for name in sorted(targets)}


def run_case(case: Case) -> dict[str, list[dict[str, Any]]]:
    """The rows that the models make of a case, for each table that it expects."""
    given = {name: arrow_table(name, fact_rows(name, rows)) for name, rows in (case.given | case.replacing).items()}
    made = run_models(given, set(case.expect))
    return {name: table.to_pylist() for name, table in made.items()}


def assert_case(case: Case) -> None:
    """Compares what a case expects with what the models make."""
    assert_rows(case, run_case(case))


def assert_rows(case: Case, made: dict[str, list[dict[str, Any]]]) -> None:
    """Compares what a case expects with the rows that were made."""
    for name, expected in case.expect.items():
        columns = list(expected[0]) if expected else tables.TABLES[name].column_names[:3]
        want = sorted(tuple(_shown(row.get(column) or None) for column in columns) for row in expected)
        got = sorted(tuple(_shown(row[column]) for column in columns) for row in made[name])
        assert got == want, f"{case.place} {case.title}\n{name}\n  want {_listed(columns, want)}\n  made {_listed(columns, got)}"


def _shown(value: Any) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _listed(columns: list[str], rows: list[tuple[str, ...]]) -> str:
    return "\n       ".join([" | ".join(columns), *(" | ".join(row) for row in rows)])
