"""Packets: for each item a folder with the letter, the call script, the self-audit checklist, the evidence sheet, all of them on
one HTML page, and packet.json, which says for every fact where it comes from.

A folder is named by item and step, holds protected health information (0700, files 0600), and appears whole or not at all.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import duckdb

import pipeline
from pipeline import mappings as mapping_files
from pipeline.errors import UsageError, WarehouseError
from pipeline.mappings import Mappings
from pipeline.packet_facts import SITUATIONS, Fact, ItemFacts, gather, show
from pipeline.packet_files import as_docx, as_html, as_text, libreoffice, write_pdfs
from pipeline.packet_text import DISCLAIMER, Composed, Templates, compose, letter_for
from pipeline.query import require_our_marts
from pipeline.settings import Settings, data_folder
from pipeline.warehouse import Warehouse
from pipeline.why import whole_id

# Packets that are gathered, and turned into PDF, in one go.
ITEMS_AT_A_TIME = 500
WITH_DOCX = ("letter", "call_script")

GUARD_WORDS = {
    "no_appeal": "the remittance rules an appeal out",
    "new_claim": "the payer could not process the claim: it takes a new claim, there is nothing to appeal",
    "liability_patient": "the payer puts the amount on the patient",
    "excluded_by_law": "the service is excluded by law",
}


@dataclass
class Outcome:
    """What was written, and what was not and why. Messages name items and codes, no values of a claim."""

    folders: list[Path] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    without_letter: int = 0

    def as_text(self) -> str:
        lines = [f"{len(self.folders):,} packet{'s' * (len(self.folders) != 1)} written"]
        if self.folders:
            lines[0] += f" to {self.folders[0].parent}"
        if len(self.folders) <= 20:
            lines += [f"  {folder.name}" for folder in self.folders]
        if self.without_letter:
            lines.append(f"{self.without_letter:,} without a letter: their step has none")
        if self.refused:
            lines.append(f"{len(self.refused):,} not written:")
            lines += [f"  {message}" for message in self.refused]
        return "\n".join(lines + self.notes)


def write_packets(
    warehouse_path: Path,
    out: Path,
    settings: Settings,
    as_of: date,
    items: Sequence[str] = (),
    next_count: int = 0,
    step: str | None = None,
    with_pdf: bool = True,
    progress: Callable[[str, int, int], None] = lambda stage, done, total: None,
) -> Outcome:
    """Packets for `items`, or for the first `next_count` open items of the worklist. `step` takes the place of an item's own
    next step; with `next_count` it chooses the items that have it. The beginning of an id will do, as for `why`. Raises
    UsageError where an item is not known, or where the one item that was asked for gets no packet; MappingError,
    WarehouseError."""
    if bool(items) == bool(next_count):
        raise UsageError("name items, or give --next N for the first N of the worklist")
    if not warehouse_path.is_dir():
        raise UsageError(
            f"{warehouse_path}: there is no warehouse; make one with remit835 run INBOX --warehouse {warehouse_path}"
        )
    require_our_marts(Warehouse(warehouse_path))
    shipped = data_folder("mappings")
    mappings = mapping_files.load(shipped, settings.mappings)
    _check_step(step, mappings)
    templates = Templates(shipped, settings.mappings)
    outcome = Outcome()
    with Warehouse(warehouse_path).connect(settings.memory_limit, settings.threads) as connection:
        if Warehouse(warehouse_path).connect_marts(connection) is None:
            raise UsageError(f"{warehouse_path}: the warehouse has no worklist yet; run remit835 run first")
        chosen = [whole_id(connection, item) for item in items] or _next_items(connection, next_count, step)
        chosen = _open_items(connection, list(dict.fromkeys(chosen)), outcome)
        with _private(out):
            for start in range(0, len(chosen), ITEMS_AT_A_TIME):
                part = chosen[start : start + ITEMS_AT_A_TIME]
                facts = gather(connection, mappings, settings, part, step, as_of)
                _write_part([facts[item] for item in part], mappings, templates, out, as_of, with_pdf, outcome)
                progress("packets", start + len(part), len(chosen))
    if len(items) == 1 and outcome.refused:
        raise UsageError(outcome.refused[0])
    if with_pdf and outcome.folders and libreoffice() is None:
        outcome.notes.append("no PDF: LibreOffice is not installed; the DOCX is complete")
    return outcome


def refusal(item: ItemFacts, mappings: Mappings, as_of: date) -> str | None:
    """Why the item gets no packet for its step, or None: its guard forbids the letter, or the limit has passed and the client
    does not say to go on."""
    rule = letter_for(item, mappings)
    if rule is None:
        return None
    if item.guard and item.guard in rule.blocked_guards:
        codes = " ".join(item.codes("adjustment", "code") + item.codes("remark", "code"))
        words = GUARD_WORDS.get(item.guard, item.guard)
        return f"{item.item_id}: no {rule.title.lower()}: {words} (guard {item.guard}, codes {codes})"
    limit = item.limits.get(rule.deadline_action) if rule.deadline_action else None
    if limit is not None and limit < as_of and not item.is_worked_past_limit:
        action = rule.deadline_action.replace("_", " ")
        return (
            f"{item.item_id}: no {rule.title.lower()}: the limit ({action}) passed on {show(limit)}. Where the client says "
            "to go on, write it into past_limit.csv of the site's mappings, then run again"
        )
    return None


def packet_record(composed: Composed, as_of: date) -> dict[str, object]:
    """packet.json: every fact with its source and the documents that print it, the templates with their hashes, the gaps, the
    enclosures."""
    item = composed.item
    facts = [_fact_record(fact.name, fact, composed) for fact in item.facts.values()]
    for group, rows in item.groups.items():
        for number, row in enumerate(rows, start=1):
            facts += [_fact_record(f"{group}.{number}.{fact.name}", fact, composed) for fact in row.values()]
    return {
        "item_id": item.item_id,
        "next_step": item.next_step,
        "as_of_date": as_of.isoformat(),
        "remit835_version": pipeline.__version__,
        "letter": composed.letter.letter_id if composed.letter else None,
        "documents": [
            {"name": one.name, "title": one.title, "template": one.template, "template_sha256": one.template_hash}
            for one in composed.documents
        ],
        "situation": {name: SITUATIONS[name] for name in sorted(item.situation)},
        "facts": facts,
        "placeholders": [
            {"document": one.name, "words": words, "fact": name or None} for one in composed.documents for words, name in one.gaps
        ],
        "enclosures": [text for one in composed.documents for text in one.enclosures],
        "disclaimer": DISCLAIMER,
    }


def _fact_record(name: str, fact: Fact, composed: Composed) -> dict[str, object]:
    used = [one.name for one in composed.documents if name in one.facts]
    return {"name": name, "value": fact.value, "shown": fact.shown, "source": fact.source, "used_in": used}


def _check_step(step: str | None, mappings: Mappings) -> None:
    known = [row.next_step for row in mappings.rows["step"]]
    if step is not None and step not in known:
        raise UsageError(f"step {step!r} is not known; known are {', '.join(known)}")


def _next_items(connection: duckdb.DuckDBPyConnection, count: int, step: str | None) -> list[str]:
    query = "SELECT item_id FROM worklist WHERE status = 'open' AND (? IS NULL OR next_step = ?) ORDER BY rank LIMIT ?"
    return [item_id for (item_id,) in connection.execute(query, [step, step, count]).fetchall()]


def _open_items(connection: duckdb.DuckDBPyConnection, items: Sequence[str], outcome: Outcome) -> list[str]:
    """The items without those that a biller closed: these are refused, for they have no step and no limit."""
    query = "SELECT item_id, status_since FROM closed_item WHERE list_contains(?, item_id)"
    closed = dict(connection.execute(query, [list(items)]).fetchall())
    outcome.refused += [
        f"{item}: no packet: it is closed since {show(closed[item]) if closed[item] else 'an unknown day'}. To take it up again, "
        "log an entry with the status open"
        for item in items
        if item in closed
    ]
    return [item for item in items if item not in closed]


@contextmanager
def _private(out: Path) -> Iterator[None]:
    """Folders 0700 and files 0600; what the system refuses is said."""
    mask = os.umask(0o077)
    try:
        out.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        cause = error.strerror or type(error).__name__
        raise WarehouseError(
            f"{out}: packets cannot be written ({cause}); make room or give write permission, then run again"
        ) from error
    finally:
        os.umask(mask)


def _write_part(
    items: list[ItemFacts], mappings: Mappings, templates: Templates, out: Path, as_of: date, with_pdf: bool, outcome: Outcome
) -> None:
    unfinished: dict[Path, Path] = {}
    for item in items:
        if message := refusal(item, mappings, as_of):
            outcome.refused.append(message)
            continue
        composed = compose(item, mappings, templates)
        outcome.without_letter += composed.letter is None
        folder = out / f"{item.item_id}_{item.next_step}"
        unfinished[folder] = out / f".{folder.name}.new"
        _write_folder(composed, unfinished[folder], as_of)
    if with_pdf and libreoffice() is not None:
        failed = write_pdfs([book for folder in unfinished.values() for book in sorted(folder.glob("*.docx"))])
        if failed:
            outcome.notes.append(f"{len(failed):,} PDF could not be made by LibreOffice; their DOCX is complete")
    for folder, made in unfinished.items():
        _switch(made, folder)
        outcome.folders.append(folder)


def _write_folder(composed: Composed, folder: Path, as_of: date) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for document in composed.documents:
        (folder / f"{document.name}.txt").write_text(as_text(document), encoding="utf-8", newline="\n")
        if document.name in WITH_DOCX:
            (folder / f"{document.name}.docx").write_bytes(as_docx(document, as_of))
    heading = f"{composed.item.next_step} {composed.item.item_id}"
    (folder / "preview.html").write_text(as_html(composed.documents, heading), encoding="utf-8", newline="\n")
    (folder / "packet.json").write_text(_as_json(packet_record(composed, as_of)), encoding="utf-8", newline="\n")


def _as_json(record: dict[str, object]) -> str:
    """JSON with one element of a list a line: a fact is read, and compared, as a line."""
    lines = []
    for key, value in record.items():
        shown = json.dumps(value, ensure_ascii=False)
        if isinstance(value, list) and value:
            shown = "[\n" + ",\n".join(f"  {json.dumps(one, ensure_ascii=False)}" for one in value) + "\n ]"
        lines.append(f" {json.dumps(key)}: {shown}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _switch(made: Path, folder: Path) -> None:
    """Puts a finished folder in its place; the one before is there until then."""
    old = folder.with_name(f".{folder.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)
    made.rename(folder)
    shutil.rmtree(old, ignore_errors=True)
