"""Nothing invented: every word of a generated letter or call script stands in the template, in a gap, or in packet.json as a fact
with a source. Numbers, dates, codes, names and dollars of the data are words too, so none of them can slip in.

The scan reads the written text and packet.json only, not the marks that the renderer works with. It runs over items of the
sample night for every step, with facts changed, taken away and made hostile. Further down: the scan finds what it should."""

from __future__ import annotations

import copy
import random
import re
from collections import Counter
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path

import pytest

from pipeline import mappings as mapping_files
from pipeline import packet_text
from pipeline.packet import packet_record
from pipeline.packet_facts import SITUATIONS, Fact, ItemFacts, cleaned, gather
from pipeline.packet_files import as_text
from pipeline.packet_text import Composed, Templates, Writer, letter_for, render
from pipeline.run import run
from pipeline.settings import Settings, data_folder
from pipeline.warehouse import Warehouse
from tests.conftest import AS_OF, INBOX

ITEMS = 5000
DAY = date.fromisoformat(AS_OF)
MAPPINGS = mapping_files.load(data_folder("mappings"))
TEMPLATES = Templates(data_folder("mappings"))
STEPS = sorted({step for row in MAPPINGS.rows["letter"] for step in row.next_steps})
HOSTILE = (
    "{{ fact('member_id') }}", "# RE: 99", "| 12/31/1999", "<b>$1.00</b>", "[gap]", "a\ue000b\ue002c", "~ 7", "\u202eabc",
    "O'NEIL-ÅSE", "- 5",
)  # fmt: skip


@pytest.fixture(scope="module")
def real_items(tmp_path_factory) -> list[ItemFacts]:
    """Every item of the sample night, for every step that has a letter; half of them with settings of a practice."""
    warehouse = Warehouse(tmp_path_factory.mktemp("scan") / "warehouse")
    run([INBOX], warehouse.path, Settings(), DAY, lambda stage, done, total: None)
    with warehouse.connect() as connection:
        warehouse.connect_marts(connection)
        ids = [item_id for (item_id,) in connection.execute("SELECT item_id FROM worklist ORDER BY rank").fetchall()]
        settings = Settings(
            practice_name="Lakeside", practice_phone="8005550199", signer_name="Robin Vale", letter_footer="Since 1950"
        )
        return [
            item
            for number, step in enumerate(STEPS)
            for item in gather(connection, MAPPINGS, settings if number % 2 else Settings(), ids, step, DAY).values()
        ]


def varied(item: ItemFacts, dice: random.Random) -> ItemFacts:
    """The item with facts taken away, changed and added, and in another situation."""
    item = copy.copy(item)
    item.facts = {name: changed(fact, dice) for name, fact in item.facts.items() if dice.random() > 0.2}
    for row in dice.sample(MAPPINGS.rows["packet_fact"], 6):
        item.facts.setdefault(
            row.name, changed(Fact(row.name, "x", "x", {"kind": "work_log", "entry": "e", "column": row.name}), dice)
        )
    codes = {"adjustment": MAPPINGS.rows["carc"], "remark": MAPPINGS.rows["rarc"]}
    item.groups = {
        group: [
            {name: changed(fact, dice) for name, fact in row.items() if dice.random() > 0.1}
            for row in rows
            if dice.random() > 0.1
        ]
        for group, rows in item.groups.items()
    }
    for group, rows in codes.items():
        if dice.random() < 0.6:
            row = dice.choice(rows)
            source = {"kind": "segment", "file": "x.835", "segment": dice.randrange(999), "element": "CAS"}
            added = {
                "code": Fact("code", row.code, row.code, source),
                "reason_code": Fact("reason_code", row.code, row.code, source),
            }
            if row.wording:
                words = {"kind": "mapping", "file": group, "row": row.code}
                added["wording"] = Fact("wording", row.wording, row.wording, words)
            item.groups[group].insert(0, added)
    item.situation = {name for name in SITUATIONS if dice.random() < 0.4}
    item.family = dice.choice(MAPPINGS.rows["denial_family"]).family
    item.family_basis = dice.choice(["official", "client_label", "both"])
    return item


def changed(fact: Fact, dice: random.Random) -> Fact:
    """The fact with other digits and letters, of the same form; sometimes with what could break a document."""
    if fact.name == "wording":
        return fact
    if dice.random() < 0.02:
        shown = cleaned(dice.choice(HOSTILE))
    else:
        shown = re.sub(r"\d", lambda _: str(dice.randrange(10)), fact.shown)
        shown = re.sub(r"[A-Z]", lambda _: chr(dice.randrange(65, 91)), shown)
    return replace(fact, value=shown, shown=shown)


def words_of(text: str) -> list[str]:
    return [word for word in (part.strip(".,;:()[]\"'?") for part in text.split()) if word and not set(word) <= set("_=-")]


@cache
def template_words(name: str) -> set[str]:
    """The words of a template and of all that it uses: outside of its tags, and inside of ask() and enclose()."""
    found: set[str] = set()
    for source in TEMPLATES.sources(name).values():
        plain = re.sub(r"\{#.*?#\}", " ", source, flags=re.DOTALL)
        calls = re.findall(r"(?:ask|enclose)\((.*?)\)\s*\}\}", plain)
        quoted = " ".join(words for call in calls for words in re.findall(r'"(.*?)"', call))
        found |= set(words_of(re.sub(r"\{[{%].*?[%}]\}", " ", plain, flags=re.DOTALL))) | set(words_of(quoted))
    return found


def unexplained(text: str, record: dict, template: str) -> list[str]:
    """The words of a written document that no fact with a source, no gap and no template explains."""
    allowed = set(template_words(template))
    for fact in record["facts"]:
        if fact["source"].get("kind"):
            allowed |= set(words_of(fact["shown"]))
    for gap in record["placeholders"]:
        allowed |= set(words_of(gap["words"]))
    allowed |= {record["item_id"], *packet_text.WORK_LOG_BLANKS}
    text = re.sub(r"^ *(\d+\.|-) ", "", text, flags=re.MULTILINE)  # the numbers and signs of lists
    return [word for word in words_of(text) if word not in allowed]


def documents_of(item: ItemFacts) -> list[tuple[str, dict, str]]:
    """Letter and call script of an item: text, packet.json and template of each."""
    rule = letter_for(item, MAPPINGS)
    rendered = [render(TEMPLATES, MAPPINGS, item, "call_script.txt", "call_script", "Call script")]
    if rule:
        rendered.append(render(TEMPLATES, MAPPINGS, item, rule.template, "letter", rule.title))
    record = packet_record(Composed(item, rule, tuple(rendered)), DAY)
    return [(as_text(document), record, document.template) for document in rendered]


def test_no_letter_holds_a_word_without_a_source(real_items):
    dice = random.Random(835)
    templates: Counter[str] = Counter()
    for number in range(ITEMS):
        item = real_items[number % len(real_items)]
        if number >= len(real_items):
            item = varied(item, dice)
        for text, record, template in documents_of(item):
            assert unexplained(text, record, template) == [], f"item {number}, {template}"
            templates[template] += 1
    shipped = {row.template for row in MAPPINGS.rows["letter"]}
    assert not shipped - set(templates), "a template that no item reached was not scanned"
    assert sum(templates.values()) > ITEMS


@pytest.mark.parametrize(
    "invented", ["10/21/2026", "$99.00", "20611", "M17.12", "ASHFORD", "N115X", "CO-51", "8", "(800) 555-0123"]
)
def test_the_scan_finds_what_is_invented(real_items, invented):
    item = next(item for item in real_items if item.next_step == "appeal" and "procedure" in item.facts)
    text, record, template = documents_of(item)[1]
    assert unexplained(text, record, template) == []
    assert unexplained(f"{text}\nAs of {invented} this holds.", record, template)


def test_the_scan_finds_a_renderer_that_changes_a_value(real_items, monkeypatch):
    honest = Writer._used
    monkeypatch.setattr(Writer, "_used", lambda self, name, fact: honest(self, name, replace(fact, shown=fact.shown + "7")))
    assert all(unexplained(*document) for document in documents_of(real_items[0]))


def test_the_scan_finds_a_fact_that_packet_json_does_not_have(real_items):
    text, record, template = documents_of(real_items[0])[1]
    kept = [fact for fact in record["facts"] if fact["name"] != "patient_name"]
    assert unexplained(text, record | {"facts": kept}, template)


def test_the_scan_finds_a_fact_without_a_source(real_items):
    item = copy.copy(real_items[0])
    item.facts = {name: replace(fact, source={}) if name == "claim_number" else fact for name, fact in item.facts.items()}
    text, record, template = documents_of(item)[1]
    assert item.facts["claim_number"].shown in unexplained(text, record, template)


def test_no_letter_to_a_payer_says_what_the_client_reads_into_m1(real_items):
    """Codes are quoted as received; the client's own reading of a code reaches no letter and no call."""
    labels = [row.label.lower() for row in MAPPINGS.rows["client_label"]]
    for item in real_items:
        if "M1" not in item.codes("remark", "code"):
            continue
        for text, _, template in documents_of(item):
            flat = " ".join(text.split()).lower()
            assert not any(label in flat for label in labels), template
            if item.family_basis == "client_label" and item.next_step == "appeal":
                assert template == "call_script.txt" or "which x-ray" in flat


def test_a_template_prints_through_facts_only(tmp_path):
    folder: Path = tmp_path / "letters"
    folder.mkdir()
    bad = (
        "{{ 'x' }}", "{{ 7 }}", "{{ has('procedure') }}", "{{ fact('claim_number') ~ '9' }}", "{{ fact('claim_number')|upper }}",
        "{{ nothing }}", "{{ fact('nothing') }}", "{{ when('nothing') }}", "{{ blank('nothing') }}", "{{ rows('nothing') }}",
    )  # fmt: skip
    item = ItemFacts("0" * 32, "appeal", "", "medical_necessity", "official", "", "commercial")
    item.add(Fact("claim_number", "ABC", "ABC", {"kind": "segment"}))
    for template in bad:
        (folder / "call_script.txt").write_text(template)
        with pytest.raises(mapping_files.MappingError, match="call_script"):
            render(Templates(data_folder("mappings"), tmp_path), MAPPINGS, item, "call_script.txt", "call_script", "Call script")
