"""The words of a packet: templates of mappings/letters/ filled with facts, and nothing else.

A template prints through these names only; anything else that it would print is an error (finalize):

    fact("name")       a fact as shown; where it is missing, a gap: its words in brackets, and a line of the checklist
    ask("words")       a gap that a person fills
    blank("column")    a blank of the call script: a column of the work log
    enclose(...)       words and facts of one enclosure; it is listed in packet.json and in the checklist
    rows("adjustment") numbered facts: line("code"), line.has("wording")
    item_id()          the item
    has("name"), when("situation")   conditions; they print nothing

Rendered text carries private characters around facts and gaps, so that a value never becomes markup and a gap is known from a
value with brackets. `blocks` reads the light markup of the templates; packet_files writes the blocks.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import jinja2
from jinja2 import meta
from jinja2.sandbox import SandboxedEnvironment

from pipeline.errors import MappingError
from pipeline.mappings import Guidance, Mappings
from pipeline.mappings import Letter as LetterRule
from pipeline.packet_facts import SITUATIONS, Fact, ItemFacts, said

FACT, FACT_END, GAP, GAP_END, BLANK = "\ue000", "\ue001", "\ue002", "\ue003", "\ue004"
MARKS = str.maketrans({FACT: None, FACT_END: None, GAP: "[", GAP_END: "]", BLANK: None})

DISCLAIMER = "For review by the practice; no legal, medical or insurance advice, and no promise of payment."

# What a call fills in: columns of the work log, in its own names.
WORK_LOG_BLANKS = (
    "call_reference", "claim_number", "denial_date_from_call", "denial_reason_from_call", "turnaround_days", "appeal_limit_days",
    "corrected_claim_limit_days", "appeal_address", "fax", "coding_outcome", "corrected_dx", "note",
)  # fmt: skip


@dataclass(frozen=True)
class Block:
    """A piece of a document. `kind`: title, heading, paragraph, lines, number, point, ticked, open, small, table. `lines`: its
    text with marks; of a table, its rows with cells joined by a tab."""

    kind: str
    lines: tuple[str, ...]


@dataclass
class Document:
    """One rendered document: its blocks, and what it used."""

    name: str
    title: str
    template: str | None
    template_hash: str | None
    blocks: list[Block]
    facts: set[str] = field(default_factory=set)
    gaps: list[tuple[str, str]] = field(default_factory=list)
    enclosures: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """Its words without markup, for search and tests."""
        return "\n".join(line for block in self.blocks for line in block.lines).translate(MARKS)


@dataclass(frozen=True)
class Composed:
    """The documents of one packet, and the rule that chose its letter; without a letter, why there is none."""

    item: ItemFacts
    letter: LetterRule | None
    documents: tuple[Document, ...]


class Printed(str):
    """Text that a template may print."""

    __slots__ = ()


def _printable(value: object) -> object:
    """Jinja's finalize: what is printed came from a fact, a gap or a blank, or from the template's own words."""
    if isinstance(value, Printed | jinja2.Undefined) or value is None:
        if isinstance(value, Printed):
            return value
        raise jinja2.TemplateRuntimeError("a name that is not known is printed")
    raise jinja2.TemplateRuntimeError("a template prints through fact(), ask(), blank() and enclose() only")


class Templates:
    """The templates of mappings/letters/, a site's own in front: one of the same name takes the place of the shipped one."""

    def __init__(self, shipped: Path, site: Path | None = None) -> None:
        folders = [folder / "letters" for folder in (site, shipped) if folder and (folder / "letters").is_dir()]
        self.environment = SandboxedEnvironment(
            loader=jinja2.FileSystemLoader(folders),
            finalize=_printable,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=False,
            autoescape=False,
        )
        self._hashes: dict[str, str] = {}

    def sources(self, name: str) -> dict[str, str]:
        """The template and all that it extends or includes: name to source. Raises MappingError."""
        found: dict[str, str] = {}
        waiting = [name]
        while waiting:
            current = waiting.pop()
            if current in found:
                continue
            try:
                found[current] = self.environment.loader.get_source(self.environment, current)[0]
                waiting += [other for other in meta.find_referenced_templates(self.environment.parse(found[current])) if other]
            except jinja2.TemplateNotFound:
                raise MappingError(
                    f"mappings/letters/{current}: the template is missing; restore it, or correct who names it"
                ) from None
            except jinja2.TemplateSyntaxError as error:
                raise MappingError(f"mappings/letters/{current}:{error.lineno}: {error.message}") from None
        return found

    def hash_of(self, name: str) -> str:
        """SHA-256 of the template and all that it uses: two letters with the same one had the same words around their facts."""
        if name not in self._hashes:
            sources = sorted(self.sources(name).items())
            self._hashes[name] = hashlib.sha256("\0".join(part for pair in sources for part in pair).encode()).hexdigest()
        return self._hashes[name]


@dataclass
class Writer:
    """Renders templates for one item."""

    item: ItemFacts
    words: dict[str, str]
    document: Document

    def fact(self, name: str) -> Printed:
        if name not in self.words:
            raise jinja2.TemplateRuntimeError(f"fact {name!r} is not in mappings/packet_fact.csv")
        found = self.item.facts.get(name)
        if found is None:
            return self._gap(self.words[name], name)
        return self._used(name, found)

    def ask(self, words: str) -> Printed:
        return self._gap(words, "")

    def blank(self, column: str) -> Printed:
        if column not in WORK_LOG_BLANKS:
            raise jinja2.TemplateRuntimeError(f"blank {column!r} is no column of the work log")
        return Printed(f"{BLANK}{column}: ______________________________")

    def enclose(self, *parts: str) -> Printed:
        text = Printed(" ".join(parts))
        self.document.enclosures.append(text.translate(MARKS))
        return text

    def has(self, name: str) -> bool:
        if name not in self.words:
            raise jinja2.TemplateRuntimeError(f"fact {name!r} is not in mappings/packet_fact.csv")
        return name in self.item.facts

    def when(self, situation: str) -> bool:
        if situation not in SITUATIONS:
            raise jinja2.TemplateRuntimeError(f"situation {situation!r} is not known; known are {', '.join(SITUATIONS)}")
        return situation in self.item.situation

    def rows(self, group: str) -> list[FactRow]:
        if group not in self.item.groups:
            raise jinja2.TemplateRuntimeError(f"group {group!r} is not known; known are {', '.join(self.item.groups)}")
        return [FactRow(self, f"{group}.{number}", row) for number, row in enumerate(self.item.groups[group], start=1)]

    def item_id(self) -> Printed:
        return Printed(self.item.item_id)

    def _used(self, name: str, fact: Fact) -> Printed:
        self.document.facts.add(name)
        return Printed(f"{FACT}{fact.shown}{FACT_END}")

    def _gap(self, words: str, name: str) -> Printed:
        if (words, name) not in self.document.gaps:
            self.document.gaps.append((words, name))
        return Printed(f"{GAP}{words}{GAP_END}")


@dataclass(frozen=True)
class FactRow:
    """One row of numbered facts in a template: line("code"), line.has("wording")."""

    writer: Writer
    name: str
    row: dict[str, Fact]

    def __call__(self, name: str) -> Printed:
        found = self.row.get(name)
        if found is None:
            return self.writer._gap(f"{self.name.replace('.', ' ')}: {name.replace('_', ' ')}", f"{self.name}.{name}")
        return self.writer._used(f"{self.name}.{name}", found)

    def has(self, name: str) -> bool:
        return name in self.row


def render(templates: Templates, mappings: Mappings, item: ItemFacts, template: str, name: str, title: str) -> Document:
    """One template filled with the facts of one item. Raises MappingError with the template's name and line."""
    document = Document(name, title, template, templates.hash_of(template), [])
    writer = Writer(item, {row.name: row.words for row in mappings.rows["packet_fact"]}, document)
    names = {
        name: getattr(writer, name) for name in ("fact", "ask", "blank", "enclose", "has", "when", "rows", "item_id")
    }  # fmt: skip
    try:
        text = templates.environment.get_template(template).render(names)
    except (jinja2.TemplateError, TypeError) as error:
        raise MappingError(f"mappings/letters/{template}: {error}") from None
    document.blocks = blocks(text)
    return document


LINE_KINDS = (
    ("## ", "heading"), ("# ", "title"), ("#. ", "number"), ("- ", "point"), ("~ ", "small"),
)  # fmt: skip


def blocks(text: str) -> list[Block]:
    """Reads the light markup. Lines that follow each other make one paragraph; a blank line, or a line with a sign, ends it."""
    found: list[Block] = []
    kind = ""
    for line in text.split("\n"):
        stripped = line.strip()
        sign, name = next(((sign, name) for sign, name in LINE_KINDS if stripped.startswith(sign)), ("", "paragraph"))
        if not stripped:
            kind = ""
        elif stripped.startswith("| "):
            found = _added(found, "lines", stripped[2:].strip(), kind == "lines", separate=True)
            kind = "lines"
        elif sign:
            found.append(Block(name, (stripped[len(sign) :].strip(),)))
            kind = ""
        else:
            found = _added(found, "paragraph", stripped, kind == "paragraph", separate=False)
            kind = "paragraph"
    return found


def _added(found: list[Block], kind: str, line: str, goes_on: bool, separate: bool) -> list[Block]:
    if not goes_on:
        return [*found, Block(kind, (line,))]
    last = found[-1].lines
    lines = (*last, line) if separate else (f"{last[-1]} {line}",)
    return [*found[:-1], Block(kind, lines)]


# --------------------------------------------------------------------------------------------------------------------
# Which letter, and the documents
# --------------------------------------------------------------------------------------------------------------------
def letter_for(item: ItemFacts, mappings: Mappings) -> LetterRule | None:
    """The rule of mappings/letter.csv that fits best, or None: some steps are done without a letter."""
    first_reason = set(item.codes("adjustment", "reason_code")[:1])
    remarks = set(item.codes("remark", "code"))
    for rule in sorted(mappings.rows["letter"], key=lambda rule: (rule.priority, rule.letter_id)):
        fits = (
            item.next_step in rule.next_steps
            and (not rule.families or item.family in rule.families)
            and (not rule.family_basis or item.family_basis in rule.family_basis)
            and (not rule.payer_families or item.payer_family in rule.payer_families)
            and (not rule.reason_codes or first_reason & set(rule.reason_codes))
            and (not rule.remark_codes or remarks & set(rule.remark_codes))
        )
        if fits:
            return rule
    return None


def compose(item: ItemFacts, mappings: Mappings, templates: Templates) -> Composed:
    """All documents of one item's packet, as blocks."""
    rule = letter_for(item, mappings)
    letter = render(templates, mappings, item, rule.template, "letter", rule.title) if rule else None
    call = render(templates, mappings, item, "call_script.txt", "call_script", "Call script")
    rendered = [letter, call] if letter else [call]
    checklist = _checklist(item, mappings, rule, letter)
    return Composed(item, rule, (*rendered, checklist, _evidence(item, mappings)))


SECTIONS = {
    "before_you_submit": "Before you submit",
    "ask_provider": "Ask the provider",
    "ask_payer": "Ask the insurer",
    "common_mistakes": "Common mistakes to avoid",
}


def _checklist(item: ItemFacts, mappings: Mappings, rule: LetterRule | None, letter: Document | None) -> Document:
    """The self-audit: a line is ticked only where facts prove it, and says which; everything else is for a person."""
    found = [Block("title", ("Self-audit checklist",)), *_head(item, mappings)]
    if "past_limit_by_client" in item.situation and "deadline_passed" in item.situation:
        found.append(Block("paragraph", ("The limit has passed. The client says to go on all the same.",)))
    if "payee_differs" in item.situation:
        found.append(
            Block("open", ("The practice of the configuration is not the payee of the remittance: check the letterhead",))
        )
    found += _section(item, mappings, "before_you_submit")
    if letter and letter.gaps:
        how = {row.name: row.find for row in mappings.rows["packet_fact"]}
        found.append(Block("heading", ("Fill in the gaps of the letter",)))
        for words, name in letter.gaps:
            found.append(Block("open", (f"{GAP}{words}{GAP_END}{f': {how[name]}' if how.get(name) else ''}",)))
    if letter and letter.enclosures:
        found.append(Block("heading", ("Enclose",)))
        found += [Block("open", (text,)) for text in letter.enclosures]
    found.append(Block("heading", ("Gather",)))
    kinds = item.service_kinds
    lines = [(row.label, row.text) for row in mappings.rows["gather"] if not row.service_kinds or kinds & set(row.service_kinds)]
    found += [Block("open", (f"{text} ({label})",)) for label, text in lines]
    known = {text for _, text in lines}
    guidance = _guidance_of(item, mappings)
    found += [Block("open", (text,)) for text in _merged(guidance, "gather") if text not in known]
    for section in ("ask_provider", "ask_payer", "common_mistakes"):
        found += _section(item, mappings, section)
        if section != "ask_payer":  # what guidance asks a payer may name a payment history that this item does not have
            own = {line for block in found for line in block.lines}
            kind = "point" if section == "common_mistakes" else "open"
            found += [Block(kind, (text,)) for text in _merged(guidance, section) if text not in own]
    found.append(Block("small", (DISCLAIMER,)))
    return Document("checklist", "Self-audit checklist", None, None, found)


def _section(item: ItemFacts, mappings: Mappings, section: str) -> list[Block]:
    found = [Block("heading", (SECTIONS[section],))]
    for row in mappings.rows["checklist"]:
        applies = (not row.next_steps or item.next_step in row.next_steps) and (not row.families or item.family in row.families)
        if row.section != section or not applies:
            continue
        proofs = [_proof(item, name) for name in row.proved_by]
        if section == "common_mistakes":
            found.append(Block("point", (row.text,)))
        elif proofs and all(proof is not None for proof in proofs):
            shown = "; ".join(proof for proof in proofs if proof)
            found.append(Block("ticked", (f"{row.text}{f': {FACT}{shown}{FACT_END}' if shown else ''}",)))
        else:
            found.append(Block("open", (row.text,)))
    return found


def _proof(item: ItemFacts, name: str) -> str | None:
    """What proves a line: a fact, or a situation with the facts that it rests on; None where it is not proved."""
    if name in SITUATIONS:
        if name not in item.situation:
            return None
        if name == "precedent_found":
            first = item.groups["precedent"][0]
            return ", ".join(
                first[key].shown for key in ("claim_number", "service_date", "paid_amount", "paid_date") if key in first
            )
        rests_on = {"deadline_open": "deadline", "deadline_verified": "deadline_basis", "diagnosis_known": "diagnoses"}.get(name)
        return item.facts[rests_on].shown if rests_on in item.facts else ""
    return item.facts[name].shown if name in item.facts else None


def _guidance_of(item: ItemFacts, mappings: Mappings) -> list[Guidance]:
    names = [f"CARC {code}" for code in item.codes("adjustment", "reason_code")]
    names += [f"RARC {code}" for code in item.codes("remark", "code")]
    return [mappings.guidance[name] for name in dict.fromkeys(names) if name in mappings.guidance]


def _merged(guidance: Iterable[Guidance], name: str) -> list[str]:
    return list(dict.fromkeys(text for one in guidance for text in getattr(one, name)))


def _head(item: ItemFacts, mappings: Mappings) -> list[Block]:
    """What the item is, in three lines."""
    shown = {name: f"{FACT}{item.facts[name].shown}{FACT_END}" for name in item.facts}
    step = next((row.wording for row in mappings.rows["step"] if row.next_step == item.next_step), item.next_step)
    lines = [f"Item {item.item_id}: {item.next_step}", f"{step}."]
    if "deadline" in shown:
        left = f" ({shown['days_left']} days left)" if "days_left" in shown else ""
        basis = f"; {shown['deadline_basis']}" if "deadline_basis" in shown else ""
        lines.append(f"Last day: {shown['deadline']}{left}{basis}")
    return [Block("lines", tuple(lines))]


def _evidence(item: ItemFacts, mappings: Mappings) -> Document:
    """The denied line, its codes in our words, what was paid before, what speaks against it, and where all of it was read."""
    codes = [
        f"{row['code'].shown}\t{row['amount'].shown if 'amount' in row else ''}\t"
        f"{row['wording'].shown if 'wording' in row else 'no wording of ours'}\t{said(row['code'].source)}"
        for group in ("adjustment", "remark")
        for row in item.groups[group]
    ]
    found = [Block("title", ("Evidence sheet",)), *_head(item, mappings)]
    if item.reason:
        found.append(Block("paragraph", (f"Why this step: {FACT}{item.facts['next_step_reason'].shown}{FACT_END}",)))
    found += [
        Block("heading", ("Denial codes as received, with our reading",)),
        Block("table", ("code\tamount\tour reading\tread from", *codes)),
    ]
    if item.family_basis != "official":
        basis = f"Family {item.family} by {item.family_basis}: the client's own label of a code counts here."
        found.append(Block("paragraph", (f"{basis} Letters quote codes as received.",)))
    for group, heading in (
        ("precedent", "Earlier payments that support the request"),
        ("other_payment", "Other payments, no ground for a request"),
    ):
        if item.groups[group]:
            found.append(Block("heading", (heading,)))
            found.append(Block("table", (_cells(PAYMENT_COLUMNS), *(_payment(row) for row in item.groups[group]))))
    against = item.facts.get("counter_evidence")
    found.append(Block("heading", ("What speaks against it",)))
    warning = "An earlier payment can be the cause of this denial. " if "frequency_signal" in item.situation else ""
    found.append(
        Block(
            "paragraph",
            (f"{warning}{f'{FACT}{against.shown}{FACT_END}' if against else 'Nothing was found.' if not warning else ''}",),
        )
    )
    facts = [f"{fact.name.replace('_', ' ')}\t{fact.shown}\t{said(fact.source)}" for fact in item.facts.values()]
    found += [
        Block("heading", ("Every fact and where it comes from",)),
        Block("table", ("fact\tvalue\tread from", *facts)),
        Block("paragraph", ("Segments are counted from 1 in the file named.",)),
        Block("small", (DISCLAIMER,)),
    ]
    return Document("evidence", "Evidence sheet", None, None, found)


PAYMENT_COLUMNS = (
    "tier",
    "claim_number",
    "service_date",
    "procedure",
    "diagnoses",
    "paid_amount",
    "paid_date",
    "trace_number",
    "differences",
)


def _cells(names: Sequence[str]) -> str:
    return "\t".join([*(name.replace("_", " ") for name in names), "read from"])


def _payment(row: dict[str, Fact]) -> str:
    return "\t".join([*(row[name].shown if name in row else "" for name in PAYMENT_COLUMNS), said(row["paid_amount"].source)])
