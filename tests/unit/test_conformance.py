"""pyx12 behind our own words: what it says stands at our segments, holds no value, and costs no run its end."""

from __future__ import annotations

import ast
import logging
import os
import time
from datetime import datetime
from pathlib import Path

import pytest

from pipeline import conformance
from pipeline.acknowledge import acknowledge
from pipeline.conformance import GuideError, Verdict, check_guide, check_guides
from pipeline.findings import KINDS
from pipeline.tables import TABLES
from pipeline.x12_segments import read_segments

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "data_samples"
ANSWERED_AT = datetime(2026, 11, 20, 22, 5)
MARKER = "QZXJWV"  # a name that stands nowhere else


def said_of(name: str) -> list[tuple[int, str, int, str]]:
    rows = check_guide(SAMPLES / name).findings("f").to_pylist()
    return [(row["segment_index"], row["segment_id"], row["element_position"], row["finding_code"]) for row in rows]


def test_it_is_the_one_module_that_imports_pyx12():
    importing = []
    for path in sorted((ROOT / "pipeline").glob("*.py")):
        nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
        names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
        names += [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
        if any(name.split(".")[0] == "pyx12" for name in names):
            importing.append(path.name)
    assert importing == ["conformance.py"]


@pytest.mark.parametrize(
    "name",
    [
        "835/several_interchanges.835",  # three interchanges, each with its delimiters
        "835/isa_too_short.835",
        "835/newline_before_terminator.835",
        "835/wrapped_at_80.835",
        "835/delimiter_broken_bar_latin1.835",
        "835/byte_order_mark.835",
        "835/plb_with_eight_pairs.835",  # pyx12 takes the second PLB for a second loop
        "835/mixed_835_and_837.835",
        "835/version_4010.835",
        "835/functional_acknowledgement_999.835",
        "837/plain_837p.837",
        "837/institutional.837",
    ],
)
def test_a_right_file_is_right_whatever_its_delimiters_and_line_ends(name):
    assert said_of(name) == []


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("835/amount_with_comma.835", [(17, "CLP", 3, "guide_character_invalid")]),
        ("835/date_invalid.835", [(21, "DTM", 2, "guide_date_invalid")]),
        ("835/unknown_segment.835", [(19, "ZZZ", 0, "guide_segment_unexpected")]),
        ("835/nm1_short.835", [(31, "NM1", 2, "guide_element_missing")]),
        ("835/n1_repeated.835", [(7, "N1", 0, "guide_loop_repeated"), (14, "N1", 0, "guide_loop_repeated")]),
        ("835/lx_missing.835", [(16, "CLP", 0, "guide_segment_unexpected")]),
        ("835/lower_case_ids.835", [(0, "ISA", 0, "guide_not_met")]),
        ("837/pointers_missing.837", [(24, "SV1", 7, "guide_element_missing")]),
        ("837/dental.837", [(0, "ISA", 0, "guide_not_available")]),
        ("835/iea_missing.835", []),  # a finding of our own
    ],
)
def test_an_error_stands_at_its_segment_and_element(name, said):
    assert said_of(name) == said
    segments = {segment.segment_index: segment.segment_id for segment in read_segments((SAMPLES / name).open("rb"))}
    assert all(segments[index] == identifier for index, identifier, _, _ in said)


def test_a_segment_belongs_to_its_claim_and_line():
    (row,) = check_guide(SAMPLES / "835/date_invalid.835").findings("f").to_pylist()
    owners = ("transaction_segment_index", "claim_segment_index", "line_segment_index")
    assert [row[name] for name in owners] == [2, 17, 20]


def test_a_version_without_a_guide_is_held_against_its_nearest(tmp_path):
    for version in ("005010X221", "005010X221A1"):
        path = tmp_path / version
        path.write_bytes((SAMPLES / "835/date_invalid.835").read_bytes().replace(b"005010X221A1", version.encode()))
        assert [error.finding_code for error in check_guide(path).errors] == ["guide_date_invalid"]


def test_no_value_leaves_the_check(tmp_path, caplog, capfd):
    """pyx12 logs and prints values: neither its log, its words nor its codes bring one out."""
    content = (SAMPLES / "835/amount_with_comma.835").read_bytes()
    content = content.replace(b"SAMPLE*ADA", f"{MARKER}\x07*{MARKER}".encode()).replace(b"1,330.00", MARKER.encode())
    content = content.replace(b"DTM*050", MARKER.encode() + b"*050").replace(b"CAS*CO", f"CAS*{MARKER}".encode())
    path = tmp_path / "marked.835"
    path.write_bytes(content)
    with caplog.at_level(logging.DEBUG):
        verdict = check_guide(path)
    said = repr(verdict.findings("f").to_pylist()) + b"".join(acknowledge(verdict, ANSWERED_AT)).decode()
    assert len(verdict.errors) > 3
    assert MARKER not in said + caplog.text + "".join(capfd.readouterr()) + repr(verdict.errors)


def test_keys_are_unique_and_many_errors_are_cut_short():
    errors = [GuideError("guide_date_invalid", number // 2, "DTM", element=2) for number in range(4_000)]
    rows = Verdict(errors=errors).findings("f").to_pylist()
    assert len(rows) == conformance.MOST_FINDINGS + 1
    assert (rows[-1]["finding_code"], rows[-1]["actual"]) == ("guide_more", str(2_000 - conformance.MOST_FINDINGS))
    keys = [tuple(row[name] for name in TABLES["finding"].key) for row in rows]
    assert len(set(keys)) == len(keys)


def test_every_code_is_declared():
    codes = {*conformance.SEGMENT_CODES.values(), *conformance.ELEMENT_CODES.values()}
    assert all(KINDS[code].category == "guide" for code in codes)


# --------------------------------------------------------------------------------------------------------------------
# Many files, watched
# --------------------------------------------------------------------------------------------------------------------
def hang(path: Path) -> Verdict:
    time.sleep(60)
    return Verdict()


def die(path: Path) -> Verdict:
    os._exit(9)


def hang_or_die_by_name(path: Path) -> Verdict:
    return {"hangs": hang, "dies": die}.get(path.name, check_guide)(path)


def serve(connection) -> None:
    while True:
        connection.send(hang_or_die_by_name(connection.recv()))


def test_a_file_that_hangs_or_kills_its_process_costs_only_itself(tmp_path, monkeypatch):
    monkeypatch.setattr(conformance, "_serve", serve)
    for name in ("hangs", "dies", "good"):
        (tmp_path / name).write_bytes((SAMPLES / "835/date_invalid.835").read_bytes())
    paths = [tmp_path / name for name in ("hangs", "good", "dies", "good")]
    began = time.monotonic()
    found = [(path.name, [error.finding_code for error in verdict.errors]) for path, verdict in check_guides(paths, 12, 60, 2)]
    assert sorted(found) == [
        ("dies", ["guide_check_failed"]),
        ("good", ["guide_date_invalid"]),
        ("good", ["guide_date_invalid"]),
        ("hangs", ["guide_check_stopped"]),
    ]
    assert time.monotonic() - began < 50


def test_the_time_of_all_files_together_is_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(conformance, "_serve", serve)
    paths = [tmp_path / "hangs", tmp_path / "b", tmp_path / "c"]
    found = {path.name: verdict.errors[0].finding_code for path, verdict in check_guides(paths, 60, 1, 1)}
    assert found == dict.fromkeys(("hangs", "b", "c"), "guide_check_stopped")


def test_a_checker_that_always_dies_is_not_started_for_ever(tmp_path, monkeypatch):
    monkeypatch.setattr(conformance, "_serve", serve)
    monkeypatch.setattr(conformance, "MOST_FRUITLESS", 2)
    found = [verdict.errors[0].finding_code for _, verdict in check_guides([tmp_path / "dies"] * 4, 60, 60, 1)]
    assert found == ["guide_check_failed"] * 2 + ["guide_check_stopped"] * 2


def test_no_file_no_process():
    assert list(check_guides([], 1, 1)) == []


# --------------------------------------------------------------------------------------------------------------------
# The 999
# --------------------------------------------------------------------------------------------------------------------
def answers_of(path: Path) -> list[list[list[str]]]:
    answers = [answer.decode("ascii") for answer in acknowledge(check_guide(path), ANSWERED_AT)]
    return [[segment.split("*") for segment in answer.replace("\n", "").split("~") if segment] for answer in answers]


@pytest.mark.parametrize(
    "name",
    [
        "835/component_separator_differs.835",
        "835/cut_and_joined.835",
        "835/delimiter_caret.835",
        "835/empty_trailing_elements.835",
        "835/isa_too_long.835",
        "835/names_in_latin1.835",
        "835/several_transactions.835",
        "835/unknown_segment.835",
        "837/component_separator_differs.837",
        "837/cut_in_claim.837",
        "837/dental.837",
    ],
)
def test_every_answer_is_itself_valid(name, tmp_path):
    verdict = check_guide(SAMPLES / name)
    answers = acknowledge(verdict, ANSWERED_AT)
    assert answers
    for number, answer in enumerate(answers):
        written = tmp_path / f"{number}.999"
        written.write_bytes(answer)
        assert check_guide(written).errors == []


def test_an_answer_says_what_and_where():
    (answer,) = answers_of(SAMPLES / "835/amount_with_comma.835")
    assert answer[2:-2] == [
        ["ST", "999", "0001", "005010X231A1"],
        ["AK1", "HP", "1", "005010X221A1"],
        ["AK2", "835", "0001"],
        ["IK3", "CLP", "16", "", "8"],
        ["IK4", "3", "782", "6"],
        ["IK5", "E", "5"],
        ["AK9", "E", "1", "1", "1"],
        ["SE", "8", "0001"],
    ]


@pytest.mark.parametrize(
    ("name", "transaction", "group"),
    [
        ("835/nothing_paid.835", ["IK5", "A"], ["AK9", "A", "1", "1", "1"]),
        ("835/segment_count_wrong.835", ["IK5", "R", "4"], ["AK9", "R", "1", "1", "0"]),
        ("835/cut_before_se.835", ["IK5", "R", "2"], ["AK9", "R", "1", "1", "0", "3"]),
        ("835/transaction_count_wrong.835", ["IK5", "A"], ["AK9", "E", "2", "1", "1", "5"]),
        ("837/dental.837", ["IK5", "A"], ["AK9", "R", "1", "1", "0", "2"]),
    ],
)
def test_what_cannot_be_trusted_is_rejected(name, transaction, group):
    (answer,) = answers_of(SAMPLES / name)
    assert [segment for segment in answer if segment[0] in ("IK5", "AK9")] == [transaction, group]


def test_each_group_has_its_answer_and_acknowledgements_have_none():
    assert len(answers_of(SAMPLES / "835/several_interchanges.835")) == 3
    (answer,) = answers_of(SAMPLES / "835/several_transactions.835")
    assert [segment[2] for segment in answer if segment[0] == "AK2"] == ["0001", "0002", "0003"]
    assert answers_of(SAMPLES / "835/functional_acknowledgement_999.835") == []
    assert answers_of(SAMPLES / "835/version_4010.835") == []  # a 997 answers it


def test_the_same_file_has_the_same_answer():
    one, other = (acknowledge(check_guide(SAMPLES / "835/several_interchanges.835"), ANSWERED_AT) for _ in range(2))
    assert one == other
    assert len({answer.split(b"*")[13] for answer in one}) == 3  # control numbers differ
