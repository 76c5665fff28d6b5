"""`explain`, `why`, `codes import` and `mappings check` on the sample night, through the command line and whole."""

from __future__ import annotations

import csv
import json
import re
import shutil
from pathlib import Path

import pytest

from pipeline import settings, why
from pipeline.query import dicts, open_tables
from tests.conftest import AS_OF, INBOX


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory, remit835) -> Path:
    path = tmp_path_factory.mktemp("why") / "warehouse"
    done = remit835("run", INBOX, "--warehouse", path, "--as-of", AS_OF)
    assert done.returncode == 3, done.stderr
    return path


@pytest.fixture(scope="module")
def items(warehouse) -> dict[str, str]:
    """Case (patient control number) to item id."""
    with (warehouse / "worklist" / "worklist.csv").open(encoding="utf-8-sig", newline="") as stream:
        return {row["patient_control_number"]: row["item_id"] for row in csv.DictReader(stream)}


@pytest.fixture(scope="module")
def reasoning(warehouse, items):
    """Case to its reasoning."""
    return dict(zip(items, why.reasons(warehouse, list(items.values()), settings.load()), strict=True))


def part(reasoning, title):
    return next(part for part in reasoning.parts if part.title == title)


# --------------------------------------------------------------------------------------------------------------------
# why
# --------------------------------------------------------------------------------------------------------------------
def test_the_command_tells_all_of_it(warehouse, items, remit835):
    done = remit835("why", items["PRECEDENT-A-01"], "--warehouse", warehouse)
    assert done.returncode == 0, done.stderr
    said = done.stdout
    for words in (
        "CO-50 260.00 (denied): Payer says the service was not medically necessary.",
        "Rule CARC-50 (mappings/carc.csv:",
        "No code of the line forbids an appeal.",
        "line_control_number: The provider's line number (REF*6R) came back",
        "Tier A, strong",
        "reprocess_request",
        "Rule REPROCESS (mappings/next_step.csv:",
        "UNVERIFIED RULE: default 60 days",
        "The limit is not verified: ask for it on the call.",
        "CAS*CO*50*260",
        "SV1*HC:20610:RT*260",
        "HI*ABK:M1711",
        "(earlier payment)",
    ):
        assert words in said, words
    again = remit835("why", items["PRECEDENT-A-01"][:12], "--warehouse", warehouse, "--json")
    facts = json.loads(again.stdout)
    assert facts["item_id"] == items["PRECEDENT-A-01"], "the beginning of an id will do"
    assert [part["title"] for part in facts["parts"]][:3] == ["the line", "what the payer said", "why this family"]


def test_every_denied_line_has_its_reasons(warehouse, reasoning):
    with open_tables(warehouse) as connection:
        known = [row["item_id"] for row in dicts(connection, "SELECT item_id FROM denied_line")]
    assert {one.item_id for one in reasoning.values()} == set(known)
    for case, one in reasoning.items():
        assert one.as_text().count("\n") > 30, case
        assert not part(one, "why this family").facts["rules_have_changed"], case
        assert part(one, "why this next step").facts["next_step_rule_id"] != "NO_RULE", case


def test_the_reasons_agree_with_the_worklist(warehouse, reasoning):
    with open_tables(warehouse) as connection:
        rows = dicts(connection, "SELECT item_id, next_step, family, rule_id, deadline, rank FROM worklist")
    said = {one.item_id: one for one in reasoning.values()}
    for row in rows:
        one = said[row["item_id"]]
        assert part(one, "why this next step").facts["next_step"] == row["next_step"]
        assert part(one, "why this family").facts["family"] == row["family"]
        assert part(one, "why this family").facts["rule_id"] == row["rule_id"]
        assert (part(one, "until when").facts["chosen"] or {}).get("deadline") == row["deadline"]
        assert part(one, "the line").facts["rank"] == row["rank"]


def test_a_label_is_told_apart_from_the_official_meaning(reasoning):
    said = reasoning["M1-WITH-16"].as_text().replace("\n    ", " ")
    assert "Remark M1: X-ray is absent or too old for the start of treatment. The client reads it as: Medical necessity" in said
    assert "Officially it would be documentation" in said
    assert "do not quote the label" in said
    assert part(reasoning["M1-WITH-50"], "why this family").sentences[-1] == "The client's label of a code says the same."


def test_guards_and_flags_name_their_rules(reasoning):
    assert "GUARD-PATIENT-TOLD" in part(reasoning["ABN-PR50"], "what stands in the way of an appeal").sentences[0]
    assert any("FLAG-NOTICE-SIGNED" in line for line in part(reasoning["ABN-PR50"], "flags").sentences)
    assert "GUARD-NO-APPEAL" in part(reasoning["NO-APPEAL-N211"], "what stands in the way of an appeal").sentences[0]


def test_what_is_not_known_is_said(reasoning):
    assert "No submitted claim was found" in part(reasoning["NO-837"], "the claim as submitted").sentences[0]
    assert "The diagnosis is unknown" in part(reasoning["NO-837"], "the claim as submitted").sentences[1]
    assert part(reasoning["UNKNOWN-ZZ9"], "what the payer said").sentences[0].endswith("in no list of codes.")
    assert "Here it is no argument" in " ".join(part(reasoning["FREQUENCY-151"], "what was paid before").sentences)


def test_segments_say_what_the_file_says(reasoning):
    """Every segment with a place, against the file: same identifier, and each element that we show is the file's."""
    texts = {
        path.name: path.read_text(encoding="latin-1") for path in INBOX.iterdir() if path.suffix in (".835", ".837p", ".837i")
    }
    seen = set()
    for one in reasoning.values():
        for segment in one.segments:
            if segment.segment_index is None:
                continue
            text = texts[segment.file_name]
            element, component, terminator = text[3], text[104], text[105]
            received = text.split(terminator)[segment.segment_index].strip().split(element)
            ours = segment.text.split(segment.text[len(received[0])])
            assert ours[0] == received[0], segment
            seen.add(ours[0])
            for mine, theirs in zip(ours[1:], received[1:], strict=False):
                if mine and re.fullmatch(r"-?[\d.]+", mine):
                    assert float(mine) == float(theirs), segment
                elif mine:
                    assert mine.split(component) == theirs.split(component)[: len(mine.split(component))], segment
    assert seen >= {"CLP", "SVC", "CAS", "LQ", "MIA", "CLM", "HI", "SV1"}


def test_other_rules_than_those_of_the_run_are_noticed(warehouse, items, tmp_path):
    site = tmp_path / "site"
    site.mkdir()
    header = (Path(__file__).parents[2] / "mappings" / "denial_rule.csv").read_text().splitlines()[0]
    row = dict.fromkeys(header.split(","), "") | {"rule_id": "OURS", "priority": "90", "reason_codes": "50", "source": "us"}
    row["family"] = "contract"
    (site / "denial_rule.csv").write_text(f"{header}\n{','.join(row.values())}\n")
    changed = why.why(warehouse, items["PRECEDENT-A-01"], settings.load(mappings=site))
    facts = part(changed, "why this family").facts
    assert (facts["family"], facts["official_rule_id"], facts["rules_have_changed"]) == ("medical_necessity", "OURS", True)


@pytest.mark.parametrize(
    ("item_id", "says"),
    [("nothing", "ids stand in the column item_id of worklist/worklist.csv"), ("", "id is missing"), (" ", "id is missing")],
)
def test_an_unknown_item_is_2(warehouse, remit835, item_id, says):
    done = remit835("why", item_id, "--warehouse", warehouse)
    assert (done.returncode, says in done.stderr) == (2, True)


def test_the_beginning_of_an_id_will_do_in_capitals_too(warehouse, items, remit835):
    whole = items["PRECEDENT-A-01"]
    for begins in (whole[:12], f" {whole[:12].upper()} ", whole.upper()):
        assert why.why(warehouse, begins, settings.load()).item_id == whole
    several = next(letter for letter in "0123456789abcdef" if sum(item.startswith(letter) for item in items.values()) > 1)
    done = remit835("why", several.upper(), "--warehouse", warehouse)
    assert (done.returncode, f"more than one item begins with {several}:" in done.stderr) == (2, True)


def test_a_service_that_is_paid_is_no_item_any_more(warehouse, remit835):
    with open_tables(warehouse) as connection:
        paid = connection.execute(
            "SELECT item_id FROM service_line_current ANTI JOIN denied_line USING (item_id) WHERE is_latest LIMIT 1"
        ).fetchone()[0]
    done = remit835("why", paid, "--warehouse", warehouse)
    assert (done.returncode, "nothing of this service is denied" in done.stderr) == (2, True)


def test_what_billers_logged_is_told(warehouse, items, remit835, tmp_path):
    copy = shutil.copytree(warehouse, tmp_path / "warehouse", symlinks=True)
    (tmp_path / "log.csv").write_text(f"item_id,date,who,action\n{items['PRECEDENT-NONE-01']},2026-11-20,kim,coding_review\n")
    done = remit835("log", tmp_path / "log.csv", "--warehouse", copy, "--as-of", AS_OF)
    assert done.returncode == 0, done.stderr
    said = part(why.why(copy, items["PRECEDENT-NONE-01"], settings.load()), "what was done").sentences
    assert said[0] == "Coding checks the diagnosis and the codes (state in_coding)."
    assert "last action: coding_review" in said


# --------------------------------------------------------------------------------------------------------------------
# explain
# --------------------------------------------------------------------------------------------------------------------
def test_explain_counts_what_the_warehouse_holds(warehouse, remit835):
    (seen,) = (row["seen"] for row in json.loads(remit835("explain", "CO-50", "--warehouse", warehouse, "--json").stdout))
    with open_tables(warehouse) as connection:
        count, dollars = connection.execute(
            "SELECT count(*), sum(adjustment_amount) FROM classified_adjustment WHERE group_code = 'CO' AND reason_code = '50' "
            "AND outcome = 'denied'"
        ).fetchone()
    assert (seen["denied_item_count"], seen["denied_amount"]) == (count, str(dollars))
    assert (seen["decided_again_count"], seen["overturned_count"]) == (1, 1), "the case DENIAL-REVERSED"


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("M1", "seen 4 times"),
        ("PLB WO", "seen once"),
        ("CO", "seen "),
        ("CLP02 22", "seen "),
        ("CARC 308", "never seen"),
    ],
)
def test_explain_says_how_often(warehouse, remit835, code, says):
    done = remit835("explain", *code.split(), "--warehouse", warehouse)
    assert (done.returncode, says in done.stdout) == (0, True), done.stdout


def test_an_unknown_code_is_2_and_says_whether_it_was_seen(warehouse, remit835):
    done = remit835("explain", "ZZ9", "--warehouse", warehouse)
    assert done.returncode == 2
    assert "is in no list of codes" in done.stderr
    assert "It stands in this warehouse: once as CARC, 150.00 dollars" in done.stderr
    assert remit835("explain", "ZZ9").returncode == 2


# --------------------------------------------------------------------------------------------------------------------
# codes import, mappings check, the run's summary
# --------------------------------------------------------------------------------------------------------------------
def test_licensed_texts_stand_beside_ours(warehouse, items, remit835, tmp_path):
    config, listed = tmp_path / "site.yaml", tmp_path / "licensed.csv"
    config.write_text(f"mappings: {tmp_path / 'site'}\n")
    listed.write_text("code_type,code,text\nCARC,50,A text under licence.\n")
    done = remit835("codes", "import", listed, "--config", config)
    assert (done.returncode, "texts: 1 new" in done.stdout) == (0, True), done.stderr
    for command in (("explain", "CO-50"), ("why", items["PRECEDENT-A-01"], "--warehouse", warehouse)):
        said = " ".join(remit835(*command, "--config", config).stdout.split())
        assert "A text under licence." in said
        assert "Payer says the service was not medically necessary" in said
    listed.write_text("code_type,code,text\nCARC,,\n")
    assert remit835("codes", "import", listed, "--config", config).returncode == 11
    assert remit835("codes", "import", listed).returncode == 10


def test_mappings_check_reports_the_holes(warehouse, remit835, tmp_path):
    done = remit835("mappings", "check", "--warehouse", warehouse)
    assert (done.returncode, "every rule can count" in done.stdout) == (0, True), done.stdout
    assert "ZZ9" in done.stdout
    site = tmp_path / "site"
    site.mkdir()
    header = (Path(__file__).parents[2] / "mappings" / "next_step.csv").read_text().splitlines()[0]
    row = dict.fromkeys(header.split(","), "") | {"rule_id": "REST", "priority": "900", "next_step": "review", "reason": "x"}
    (site / "next_step.csv").write_text(f"{header}\n{','.join(row.values())}\n")
    done = remit835("mappings", "check", "--json", environment={"REMIT835_MAPPINGS": str(site)})
    assert done.returncode == 3
    assert [fault["problem"] for fault in json.loads(done.stdout)["faults"]] == ["never_fires"]


def test_the_run_tells_of_labels_and_unknown_codes(warehouse):
    summary = json.loads((warehouse / "last_run.json").read_text())
    companions = [(one["reason_code"], one["item_count"], one["label_only_count"]) for one in summary["labelled_remarks"]]
    assert companions == [("16", 2, 2), ("50", 1, 0), ("96", 1, 1)]
    assert [one["reason_code"] for one in summary["unmapped_codes"]] == ["ZZ9"]
    assert [(one["code"], one["problem"]) for one in summary["code_uses"]] == [("ZZ9", "unknown_code")]


# --------------------------------------------------------------------------------------------------------------------
# docs/codes-and-rules.md
# --------------------------------------------------------------------------------------------------------------------
DOCUMENT = Path(__file__).parents[2] / "docs" / "codes-and-rules.md"
EXAMPLES = re.findall(r"^```\n\$ remit835 ([^\n]+)\n(.*?)^```", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize(("command", "shown"), EXAMPLES, ids=[command for command, _ in EXAMPLES])
def test_the_document_shows_what_the_commands_say(warehouse, remit835, command, shown):
    """What stands between two `...` is in the output, in this order. Line numbers of the mappings may differ."""
    arguments = [str(warehouse) if word == "warehouse" else word for word in command.split()]
    said = remit835(*arguments).stdout
    for chunk in (chunk for chunk in re.split(r"^\.\.\.\n", shown, flags=re.MULTILINE) if chunk.strip()):
        pattern = re.sub(r"\\\.csv:\d+", r"\\.csv:\\d+", re.escape(chunk))
        found = re.search(pattern, said)
        assert found, f"docs/codes-and-rules.md is not what `remit835 {command}` says:\n{chunk}"
        said = said[found.end() :]
