"""Packets in parts: how values are shown, which letter an item gets, what forbids one, and how documents are written."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from datetime import date
from decimal import Decimal

import docx
import pytest

from pipeline import mappings as mapping_files
from pipeline.errors import MappingError
from pipeline.mappings import PastLimit
from pipeline.packet import packet_record, refusal
from pipeline.packet_facts import FORMS, SITUATIONS, Fact, ItemFacts, cleaned, client_goes_on, said, show
from pipeline.packet_files import as_docx, as_html, as_text
from pipeline.packet_text import Document, Templates, blocks, compose, letter_for
from pipeline.settings import data_folder

SHIPPED = data_folder("mappings")
MAPPINGS = mapping_files.load(SHIPPED)
TEMPLATES = Templates(SHIPPED)
DAY = date(2026, 11, 20)
CLAIM = {"kind": "segment", "file": "night.835", "segment": 7, "segment_id": "CLP", "element": "CLP07"}


def item_with(
    step: str = "appeal",
    family: str = "medical_necessity",
    basis: str = "official",
    reasons: tuple[str, ...] = ("50",),
    remarks: tuple[str, ...] = (),
    **facts: str,
) -> ItemFacts:
    item = ItemFacts("ab" * 16, step, "", family, basis, "", "commercial")
    for name, value in facts.items():
        item.add(Fact(name, value, value, CLAIM))
    item.groups = {
        "adjustment": [
            {name: Fact(name, value, value, CLAIM) for name, value in (("code", f"CO-{code}"), ("reason_code", code))}
            for code in reasons
        ],
        "remark": [{"code": Fact("code", code, code, CLAIM)} for code in remarks],
        "precedent": [],
        "other_payment": [],
    }
    return item


def document(composed, name: str) -> Document:
    return next(one for one in composed.documents if one.name == name)


# --------------------------------------------------------------------------------------------------------------------
# Values
# --------------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("form", "values", "shown"),
    [
        ("money", [Decimal("1234.5")], "$1,234.50"),
        ("phone", ["8005550101", None], "(800) 555-0101"),
        ("phone", ["8005550101", "12"], "(800) 555-0101 ext. 12"),
        ("phone", ["555-0101"], "555-0101"),
        ("diagnoses", ["M1711 R5383 J18"], "M17.11, R53.83, J18"),
        ("city", ["DAYTON", "OH", "454020000"], "DAYTON, OH 45402"),
        ("city", ["DAYTON", None, "454021234"], "DAYTON 45402-1234"),
        ("list", ["25 59"], "25, 59"),
        (None, ["ANNA", None, "LEE", ""], "ANNA LEE"),
    ],
)
def test_values_are_shown_as_letters_print_them(form, values, shown):
    assert FORMS[form](values) == shown


def test_dates_are_shown_as_in_the_united_states():
    assert show(date(2026, 1, 9)) == "01/09/2026"


def test_values_lose_what_could_pass_for_marks_or_lines():
    assert cleaned("A\x00B\nC\ue000D\ue003 \t E\u0085") == "A B C D E"


def test_a_source_is_said_in_words():
    assert said(CLAIM) == "night.835, CLP at segment 7: CLP07"
    assert said({"kind": "computed", "rule": "sum", "rests_on": [CLAIM]}) == "sum (night.835, CLP at segment 7: CLP07)"


# --------------------------------------------------------------------------------------------------------------------
# Which letter, and when none
# --------------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("item", "letter"),
    [
        (item_with(), "APPEAL-NECESSITY"),
        (item_with(remarks=("M1",), basis="both"), "APPEAL-NECESSITY"),
        (item_with(reasons=("16",), remarks=("M1",), basis="client_label"), "APPEAL-XRAY"),
        (item_with(family="documentation", reasons=("16",), remarks=("M1",)), "APPEAL-XRAY-OFFICIAL"),
        (item_with(reasons=("11",)), "APPEAL-DIAGNOSIS"),
        (item_with(reasons=("150",)), "APPEAL-LEVEL"),
        (item_with(reasons=("55",)), "APPEAL-UNPROVEN"),
        (item_with(reasons=("151",)), "APPEAL-HOW-OFTEN"),
        (item_with(family="authorization", reasons=("197",)), "APPEAL-AUTHORIZATION"),
        (item_with(step="authorization_appeal", family="medical_necessity"), "APPEAL-AUTHORIZATION-ANY"),
        (item_with(family="frequency", reasons=("119",)), "APPEAL-FREQUENCY"),
        (item_with(family="contract", reasons=("131",)), "APPEAL-GENERAL"),
        (item_with(step="send_records", remarks=("M1",)), "RECORDS-XRAY"),
        (item_with(step="send_records", remarks=("M127",)), "RECORDS"),
        (item_with(step="reprocess_request"), "REPROCESS"),
        (item_with(step="reopening"), "REOPENING"),
        (item_with(step="corrected_claim"), "CORRECTED-CLAIM"),
        (item_with(step="new_claim"), "NEW-CLAIM"),
        (item_with(step="coding_review"), "CODING-QUESTION"),
        (item_with(step="follow_up"), None),
        (item_with(step="write_off_candidate"), None),
    ],
)
def test_the_letter_follows_step_family_and_codes(item, letter):
    rule = letter_for(item, MAPPINGS)
    assert (rule.letter_id if rule else None) == letter


@pytest.mark.parametrize("guard", ["no_appeal", "new_claim", "liability_patient", "excluded_by_law"])
@pytest.mark.parametrize("step", ["appeal", "authorization_appeal"])
def test_a_guard_forbids_the_appeal(step, guard):
    item = item_with(step=step)
    item.guard = guard
    assert f"guard {guard}, codes CO-50" in refusal(item, MAPPINGS, DAY)


def test_a_passed_limit_forbids_the_letter_unless_the_client_goes_on():
    item = item_with()
    item.limits = {"appeal": date(2026, 11, 20), "corrected_claim": date(2020, 1, 1)}
    assert refusal(item, MAPPINGS, DAY) is None
    assert "passed on 11/20/2026" in refusal(item, MAPPINGS, date(2026, 11, 21))
    item.is_worked_past_limit = True
    assert refusal(item, MAPPINGS, date(2026, 11, 21)) is None


def test_the_word_of_the_client_for_an_item_is_stronger_than_the_general_one():
    general = [PastLimit(past_limit_id="A", client="lakeside")]
    rows = replace(MAPPINGS, rows=MAPPINGS.rows | {"past_limit": general})
    said = [{"client_continues": word} for word in ("Y", None, "N")]
    assert client_goes_on("lakeside", "p", [], rows)
    assert not client_goes_on("harbor", "p", [], rows)
    assert not client_goes_on("lakeside", "p", said, rows)
    assert client_goes_on("harbor", "p", said[:2], rows)


def test_a_limit_that_is_not_known_forbids_nothing():
    item = item_with()
    item.limits = {"appeal": None}
    assert refusal(item, MAPPINGS, DAY) is None


# --------------------------------------------------------------------------------------------------------------------
# Documents
# --------------------------------------------------------------------------------------------------------------------
def test_a_missing_fact_is_a_gap_and_a_line_of_the_checklist():
    composed = compose(item_with(), MAPPINGS, TEMPLATES)
    assert "[appeals address]" in as_text(document(composed, "letter"))
    assert "[ ] [appeals address]: ask on the call and write it into the work log" in as_text(document(composed, "checklist"))
    known = compose(item_with(appeal_address="PO BOX 9, DAYTON"), MAPPINGS, TEMPLATES)
    assert "[appeals address]" not in as_text(document(known, "letter"))
    assert "PO BOX 9, DAYTON" in as_text(document(known, "letter"))


def test_a_checklist_line_is_ticked_only_where_it_is_proved():
    item = item_with(claim_number="C77")
    item.situation = {"deadline_open"}
    item.add(Fact("deadline", "2027-01-17", "01/17/2027", CLAIM))
    said = as_text(document(compose(item, MAPPINGS, TEMPLATES), "checklist"))
    assert "[x] The time limit is open: 01/17/2027" in said
    assert "[x] The payer's claim number is known: C77" in said
    ticked = [line for line in said.splitlines() if line.startswith("[x]")]
    assert len(ticked) == 2


def test_what_to_gather_follows_the_kind_of_service():
    item = item_with()
    item.service_kinds = {"radiology"}
    imaging = as_text(document(compose(item, MAPPINGS, TEMPLATES), "checklist"))
    assert "(imaging)" in imaging and "(surgery)" not in imaging
    labels = {row.label for row in MAPPINGS.rows["gather"]}
    assert labels >= {"imaging", "therapy", "surgery", "medication", "hospital stay", "dental"}


def with_precedent(**facts: str) -> ItemFacts:
    item = item_with(step="reprocess_request", **facts)
    values = {"claim_number": "P1", "service_date": "11/04/2025", "paid_amount": "$144.00", "paid_date": "11/20/2025"}
    item.groups["precedent"] = [{name: Fact(name, value, value, CLAIM) for name, value in values.items()}]
    item.situation = {"precedent_found", "diagnosis_known"}
    return item


def test_the_call_names_the_precedent_and_has_the_blanks_of_the_work_log():
    said = as_text(document(compose(with_precedent(), MAPPINGS, TEMPLATES), "call_script"))
    assert "claim P1, service of 11/04/2025, $144.00 paid on" in said
    assert "reprocess the claim, as payment was received earlier" in said
    columns = ("call_reference", "claim_number", "denial_date_from_call", "denial_reason_from_call", "turnaround_days",
               "appeal_limit_days", "corrected_claim_limit_days", "appeal_address", "fax")  # fmt: skip
    for column in columns:
        assert f"{column}: ____" in said
    assert len(said.splitlines()) < 66, "it prints on one page"


def test_the_caller_is_told_what_speaks_against_the_precedent():
    item = with_precedent()
    item.add(Fact("counter_evidence", "units differ: 1.00 paid, 2.00 now", "units differ: 1.00 paid, 2.00 now", CLAIM))
    said = as_text(document(compose(item, MAPPINGS, TEMPLATES), "call_script"))
    assert "What the payer may say against it: units differ: 1.00 paid, 2.00 now." in said


def test_where_the_codes_leave_no_appeal_the_call_asks_nothing_of_one():
    item = with_precedent()
    item.situation |= {"appeal_ruled_out"}
    said = as_text(document(compose(item, MAPPINGS, TEMPLATES), "call_script"))
    assert "there is no appeal" in said
    assert "send an appeal" not in said and "appeal_limit_days" not in said


def test_coding_is_asked_in_time_for_what_comes_after_it():
    item = item_with(step="coding_review", deadline="03/10/2026", work_by="03/03/2026")
    said = as_text(document(compose(item, MAPPINGS, TEMPLATES), "letter"))
    assert "Answer needed by: 03/03/2026, to be in time for the last day, 03/10/2026" in said


def test_an_earlier_payment_that_can_be_the_cause_is_not_argued():
    item = with_precedent()
    item.situation = {"frequency_signal", "diagnosis_known"}
    composed = compose(item, MAPPINGS, TEMPLATES)
    assert "P1" not in as_text(document(composed, "call_script"))
    assert "P1" not in as_text(document(composed, "letter"))


def test_packet_json_says_where_each_fact_is_from_and_where_it_stands():
    composed = compose(item_with(claim_number="C77"), MAPPINGS, TEMPLATES)
    record = packet_record(composed, DAY)
    fact = next(fact for fact in record["facts"] if fact["name"] == "claim_number")
    assert fact["source"] == CLAIM
    assert fact["used_in"] == ["letter", "call_script"]
    letter = record["documents"][0]
    assert (letter["template"], letter["template_sha256"]) == (
        "appeal_medical_necessity.txt",
        TEMPLATES.hash_of(letter["template"]),
    )
    assert {"document": "letter", "words": "appeals address", "fact": "appeal_address"} in record["placeholders"]
    assert "Claim as it was sent" in record["enclosures"]


def test_markup_is_read_and_written():
    read = blocks("# T\n| a\n| b\n\none\ntwo\n#. x\n#. y\n- z\n~ s\n")
    assert [block.kind for block in read] == ["title", "lines", "paragraph", "number", "number", "point", "small"]
    written = as_text(Document("letter", "T", None, None, read))
    assert written == "T\n=\n\na\nb\n\none two\n\n1. x\n2. y\n\n- z\n\ns\n"


def test_values_are_no_markup_in_any_file():
    item = item_with(claim_number="# <b>9</b> & | x", patient_name="{{ 7 }}")
    composed = compose(item, MAPPINGS, TEMPLATES)
    assert "Claim number: # <b>9</b> & | x" in as_text(document(composed, "letter"))
    assert "# &lt;b&gt;9&lt;/b&gt; &amp; | x" in as_html(composed.documents, "x")
    assert "{{ 7 }}" in as_text(document(composed, "letter"))


def test_the_docx_has_the_words_of_the_text_and_always_the_same_bytes():
    letter = document(compose(item_with(claim_number="C77"), MAPPINGS, TEMPLATES), "letter")
    first = as_docx(letter, DAY)
    assert first == as_docx(letter, DAY)
    assert {entry.date_time for entry in zipfile.ZipFile(io.BytesIO(first)).infolist()} == {(1980, 1, 1, 0, 0, 0)}
    book = docx.Document(io.BytesIO(first))
    paragraphs = [*book.paragraphs, *book.sections[0].footer.paragraphs]
    words = " ".join(paragraph.text for paragraph in paragraphs).replace("\t", " ").split()
    assert sorted(set(letter.text.split()) - set(words)) == []
    assert any(run.font.highlight_color for paragraph in book.paragraphs for run in paragraph.runs)


# --------------------------------------------------------------------------------------------------------------------
# Templates of a site
# --------------------------------------------------------------------------------------------------------------------
def test_a_site_changes_one_template_and_keeps_the_others(tmp_path):
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "disclaimer.txt").write_text("Read it first.")
    site = Templates(SHIPPED, tmp_path)
    said = as_text(document(compose(item_with(), MAPPINGS, site), "letter"))
    assert said.endswith("Read it first.\n")
    assert site.hash_of("appeal.txt") != TEMPLATES.hash_of("appeal.txt")
    assert site.hash_of("reason.txt") == TEMPLATES.hash_of("reason.txt")


@pytest.mark.parametrize("text", ["{% include 'nowhere.txt' %}", "{% if %}", "{{ fact( }}"])
def test_a_broken_template_is_named(tmp_path, text):
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "call_script.txt").write_text(text)
    with pytest.raises(MappingError, match=r"letters/\w+\.txt"):
        compose(item_with(), MAPPINGS, Templates(SHIPPED, tmp_path))


def test_every_letter_has_its_template():
    for row in MAPPINGS.rows["letter"]:
        assert TEMPLATES.sources(row.template)


def test_every_proof_and_form_is_known():
    facts = {row.name for row in MAPPINGS.rows["packet_fact"]}
    for row in MAPPINGS.rows["checklist"]:
        assert set(row.proved_by) <= facts | set(SITUATIONS), row.line_id
