"""`remit835 check`, quarantine and the guide check of a night, through the command line."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from pipeline import conformance
from pipeline.conformance import check_guide
from pipeline.findings import QUARANTINE
from pipeline.run import run
from pipeline.settings import Settings
from pipeline.warehouse import Warehouse
from tests.conftest import AS_OF, ROOT

Call = Callable[..., subprocess.CompletedProcess[str]]
SAMPLES = ROOT / "data_samples" / "835"
SOUND = SAMPLES / "no_line_breaks.835"
MISTAKES = {
    "empty.835": "empty",
    "zip_by_mistake.835": "archive",
    "gzip_by_mistake.835": "archive",
    "workbook_by_mistake.835": "archive",
    "pdf_by_mistake.835": "pdf",
    "web_page_by_mistake.835": "web_page",
    "utf_16_by_mistake.835": "utf_16",
    "no_envelope.835": "no_interchange",
    "cut_in_isa.835": "no_interchange",
    "plain_text.835": "no_interchange",
}


# --------------------------------------------------------------------------------------------------------------------
# check
# --------------------------------------------------------------------------------------------------------------------
def test_a_finding_says_where_what_and_the_fix(remit835):
    done = remit835("check", SAMPLES / "amount_with_comma.835")
    assert done.returncode == 3
    line = next(line for line in done.stdout.splitlines() if "amount_invalid" in line)
    assert line.startswith("  segment 18 CLP03: error amount_invalid (8 characters: digits, point, comma): ")
    assert "ask the sender" in line
    assert "1,330.00" not in done.stdout


def test_values_are_shown_where_asked_for(remit835):
    done = remit835("check", "--show-values", SAMPLES / "amount_with_comma.835")
    assert "value 1,330.00" in done.stdout


def test_several_files_have_one_line_of_summary(remit835):
    names = ("no_line_breaks.835", "segment_count_wrong.835", "nowhere.835", "names_in_latin1.835")
    done = remit835("check", *(SAMPLES / name for name in names))
    assert done.returncode == 3
    said = "4 files: 2 without errors, 1 with errors, 1 not readable; findings: 1 error, 1 warning, 0 information"
    assert done.stdout.splitlines()[-1] == said


def test_a_clean_file_is_0_and_warnings_are_too(remit835):
    assert remit835("check", SOUND).returncode == 0
    assert remit835("check", SAMPLES / "names_in_latin1.835").returncode == 0


def test_machines_get_json(remit835):
    done = remit835(
        "check", "--json", SAMPLES / "out_of_balance.835", SAMPLES / "date_invalid.835", SAMPLES / "pdf_by_mistake.835"
    )
    assert done.returncode == 3
    unbalanced, dated, refused = json.loads(done.stdout)
    assert {"-5.00", "10.00"} & {finding["difference_amount"] for finding in unbalanced["findings"]}
    (finding,) = dated["findings"]
    assert (finding["segment_id"], finding["element_position"], finding["value_class"]) == ("DTM", 2, "8 characters: digits")
    assert "value" not in finding
    assert refused["has_errors"] and "(pdf)" in refused["refusal"]


def test_the_guide_adds_advice_and_no_errors(remit835, tmp_path):
    done = remit835("check", "--guide", "--json", SAMPLES / "lx_missing.835", SOUND)
    assert done.returncode == 0
    without_lx, sound = json.loads(done.stdout)
    assert [finding["finding_code"] for finding in without_lx["findings"]] == ["guide_segment_unexpected"]
    assert sound["findings"] == []


def test_acknowledgements_are_written_and_valid(remit835, tmp_path):
    done = remit835("check", "--ack", tmp_path / "answers", SAMPLES / "several_interchanges.835", SAMPLES / "empty.835")
    assert done.returncode == 3
    written = sorted(path.name for path in (tmp_path / "answers").iterdir())
    assert written == ["several_interchanges.835.2.999", "several_interchanges.835.3.999", "several_interchanges.835.999"]
    assert all(name in done.stdout for name in written)
    assert all(check_guide(path).errors == [] for path in (tmp_path / "answers").iterdir())


def test_a_group_that_gets_no_answer_is_told(remit835, tmp_path):
    damaged = SOUND.read_bytes().replace(b"GS*HP*MMH01*", b"GS*HPO*1*")
    (tmp_path / "damaged.835").write_bytes(damaged)
    done = remit835("check", "--ack", tmp_path / "answers", tmp_path / "damaged.835", SAMPLES / "version_4010.835")
    assert list((tmp_path / "answers").iterdir()) == []
    assert done.stdout.count("  not acknowledged: 1 functional group: version 4010, which a 997 answers, or a GS") == 2


def test_a_folder_that_cannot_be_written_is_2(remit835, tmp_path):
    (tmp_path / "file").write_bytes(b"")
    done = remit835("check", "--ack", tmp_path / "file" / "answers", SOUND)
    assert done.returncode == 2
    assert "--ack" in done.stderr


def test_a_pipe_is_not_waited_for(remit835, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    done = remit835("check", tmp_path / "pipe", tmp_path)
    assert done.returncode == 3
    assert done.stdout.count("cannot be read") == 2


# --------------------------------------------------------------------------------------------------------------------
# Quarantine
# --------------------------------------------------------------------------------------------------------------------
def test_what_cannot_be_read_is_kept_with_its_reason_and_a_corrected_file_is_picked_up(remit835, tmp_path):
    inbox, warehouse = tmp_path / "inbox", tmp_path / "warehouse"
    inbox.mkdir()
    for name in MISTAKES:
        shutil.copy(SAMPLES / name, inbox)
    done = remit835("run", inbox, "--warehouse", warehouse, "--as-of", AS_OF, "--json")
    assert done.returncode == 3
    held = {one["file_name"]: one for one in json.loads(done.stdout)["quarantine"]}
    assert {name: one["code"] for name, one in held.items()} == MISTAKES
    for name, code in MISTAKES.items():
        folder = Path(held[name]["folder"])
        assert (folder / name).read_bytes() == (SAMPLES / name).read_bytes()
        reason = json.loads((folder / "reason.json").read_text())
        assert reason["reason"] and reason["how_to_retry"] and reason["code"] == code and code in QUARANTINE

    shutil.copy(SOUND, inbox / "empty.835")  # corrected, under the same name
    done = remit835("run", inbox / "empty.835", "--warehouse", warehouse, "--as-of", AS_OF, "--json")
    assert done.returncode == 0
    assert json.loads(done.stdout)["files"] == {"accepted": 1}
    kept = Warehouse(warehouse).quarantined()
    assert {one["file_name"]: one["code"] for one in kept} == MISTAKES
    with Warehouse(warehouse).connect() as connection:
        query = "SELECT file_status, count(*) FROM source_file WHERE file_name = 'empty.835' GROUP BY ALL ORDER BY ALL"
        assert connection.sql(query).fetchall() == [("accepted", 1), ("quarantined", 1)]


# --------------------------------------------------------------------------------------------------------------------
# The guide check of a night
# --------------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("seconds", [300, 0])
def test_a_night_holds_damaged_files_against_their_guide(remit835, tmp_path, seconds):
    inbox, warehouse = tmp_path / "inbox", tmp_path / "warehouse"
    inbox.mkdir()
    damaged = (SAMPLES / "lx_missing.835").read_bytes().replace(b"SE*", b"SE*9")
    (inbox / "damaged.835").write_bytes(damaged)
    shutil.copy(SAMPLES / "lx_missing.835", inbox)  # not damaged: the guide is not asked
    environment = {"REMIT835_GUIDE_TOTAL_SECONDS": str(seconds)}
    done = remit835("run", inbox, "--warehouse", warehouse, "--as-of", AS_OF, environment=environment)
    assert done.returncode == 0, done.stderr
    with Warehouse(warehouse).connect() as connection:
        columns = "file_name, finding_code, severity, finding.segment_id"
        query = f"SELECT {columns} FROM finding JOIN source_file USING (file_id) ORDER BY finding_code"
        found = connection.sql(query).fetchall()
        keys = "SELECT file_id, segment_index, finding_code, element_position FROM finding GROUP BY ALL HAVING count(*) > 1"
        assert connection.sql(keys).fetchall() == []
    advice = [("damaged.835", "guide_segment_unexpected", "warning", "CLP")]
    assert found == (advice if seconds else []) + [("damaged.835", "segment_count_wrong", "error", "SE")]


def test_what_the_guide_says_stands_in_the_order_of_the_files(tmp_path, monkeypatch):
    """Whichever of them is checked first: the same files give the same facts."""
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    damaged = (SAMPLES / "lx_missing.835").read_bytes()
    for number in (1, 2, 3):
        (inbox / f"damaged_{number}.835").write_bytes(damaged.replace(b"SE*", b"SE*%d" % number))
    monkeypatch.setattr(conformance, "check_guides", lambda paths, *_: [(path, check_guide(path)) for path in reversed(paths)])
    run([inbox], tmp_path / "warehouse", Settings(threads=1), date.fromisoformat(AS_OF))
    with Warehouse(tmp_path / "warehouse").connect() as connection:
        names = dict(connection.sql("SELECT file_id, file_name FROM source_file").fetchall())
        found = connection.sql("SELECT file_id FROM finding WHERE finding_code = 'guide_segment_unexpected'").fetchall()
    assert [names[file_id] for (file_id,) in found] == ["damaged_1.835", "damaged_2.835", "damaged_3.835"]
