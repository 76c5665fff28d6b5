"""Scrambled files: nobody can be found in them, and a reader cannot tell them from the files that they were."""

from __future__ import annotations

import re
import stat
from collections import Counter
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from pipeline import settings
from pipeline.pseudonyms import Pseudonyms, secret_of
from pipeline.run import run
from pipeline.scramble import Scrambled, scramble_files
from tests.conftest import AS_OF, INBOX
from tests.functional.test_deidentify import HIDDEN, SECRET
from tests.identifiers import identifiers
from tests.oracle.corpus import CORPUS, corpus_totals, needs_corpus

SAMPLES = [path for folder in (INBOX, INBOX.parent / "835", INBOX.parent / "837") for path in sorted(folder.iterdir())]
NO_X12 = {
    "empty.835", "not_x12.835", "zipped.835", "cut_in_isa.835", "gzip_by_mistake.835", "no_envelope.835", "pdf_by_mistake.835",
    "plain_text.835", "utf_16_by_mistake.835", "web_page_by_mistake.835", "workbook_by_mistake.835", "zip_by_mistake.835",
}  # fmt: skip
# What a scrambled night must share with the one it was: tables and columns whose values count alike.
COUNTED = (
    ("line_match", "match_method"), ("line_match", "match_confidence"), ("line_unmatched", "unmatched_reason"),
    ("precedent", "precedent_tier"), ("claim_payment_event", "event_type"), ("claim_payment_event", "link_method"),
    ("provider_adjustment_detail", "link_method"), ("denied_line", "family"), ("worklist", "days_left"),
    ("worklist", "denied_amount"),
)  # fmt: skip


@pytest.fixture(scope="module")
def chosen(tmp_path_factory) -> settings.Settings:
    path = tmp_path_factory.mktemp("site") / "secret"
    path.write_text(SECRET)
    path.chmod(0o600)
    return settings.Settings(secret_file=path)


@pytest.fixture(scope="module")
def scrambled(chosen, tmp_path_factory) -> dict[Path, Scrambled]:
    done = scramble_files(SAMPLES, tmp_path_factory.mktemp("scrambled") / "out", chosen)
    return dict(zip(SAMPLES, done, strict=True))


def test_every_sample_reads_as_before(scrambled):
    assert {path.name for path, done in scrambled.items() if done.path is None} == NO_X12
    assert [done.as_text() for done in scrambled.values() if done.differences] == []


def test_what_is_not_data_stays(scrambled):
    """Length, delimiters and line breaks, byte by byte; and where the file is UTF-8, so is the scrambled one."""
    for path, done in scrambled.items():
        if done.path is None:
            continue
        before, after = path.read_bytes(), done.path.read_bytes()
        assert len(before) == len(after), path.name
        changed = {one for one, other in zip(before, after, strict=True) if one != other}
        assert [one for one in changed if not (chr(one).isalnum() or one > 127)] == [], path.name
        assert is_utf_8(before) == is_utf_8(after), path.name


@needs_corpus
def test_every_file_of_the_public_corpus_reads_as_before(chosen, tmp_path):
    files = [Path(CORPUS, totals["file"]) for totals in corpus_totals() if totals["kind"]]
    done = scramble_files(files, tmp_path / "out", chosen)
    assert len(done) > 100
    assert [one.as_text() for one in done if one.path is None or one.differences] == []


def is_utf_8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def test_no_identifier_survives(scrambled):
    looked_for = 0
    for path, done in scrambled.items():
        if done.path is None:
            continue
        names, numbers, births = identifiers(path)
        text = done.path.read_text(encoding="latin-1")
        payers = {word for one in re.findall(r"(?:N1.PR|NM1.PR|REF.2U)[^~\r\n]*", text) for word in re.findall(r"[^\W_]+", one)}
        words = set(re.findall(r"[^\W_]+", text)) - payers
        telling = {value for value in names | numbers | births if len(value.lstrip("0")) > 4}
        looked_for += len(telling)
        assert sorted(value for value in telling if value in text) == [], path.name
        parts = {part for value in telling for part in re.findall(r"[^\W_]+", value) if len(part) > 4 and part.isalpha()}
        assert sorted(parts & words) == [], path.name
    assert looked_for > 3000


@pytest.mark.parametrize("cut", [None, *range(150, len(HIDDEN), 23)])
def test_nobody_is_left_in_broken_files(chosen, tmp_path, cut):
    """Words in notes, in segments that nobody knows, where dates and codes belong; cut anywhere; a mail's head in front."""
    path = tmp_path / "broken.835"
    path.write_text(f"Dear HIDDENREADER,\n{HIDDEN[:cut]}", encoding="ascii")
    (done,) = scramble_files([path], tmp_path / "out", chosen)
    text = done.path.read_text(encoding="ascii")
    assert len(text) == len(path.read_text()) and done.differences == []
    assert "HIDDEN" not in text and "5550001111" not in text
    assert ("ZZZ*" not in HIDDEN[:cut]) or done.unknown_count >= 1


def test_misplaced_values_do_not_survive(chosen, tmp_path):
    """A name where a code, an amount or a date belongs, as in a file whose elements are shifted by one."""
    misplaced = re.sub(r"CLP\*(\w+)\*4\*100", r"CLP*4*\1*HIDDENAMOUNT", HIDDEN)
    misplaced = misplaced.replace("NM1*QC*1*", "NM1*QC*1*HIDDENTYPE*").replace("CAS*CO*50", "CAS*HIDDENGROUP*HIDDENREASON")
    path = tmp_path / "misplaced.835"
    path.write_text(misplaced.replace("SVC*HC:99213", "SVC*HIDDENCODE:HIDDENPART"), encoding="ascii")
    (done,) = scramble_files([path], tmp_path / "out", chosen)
    assert "HIDDEN" not in done.path.read_text() and done.differences == []


def test_a_scrambled_night_is_the_same_night(chosen, tmp_path):
    """Same counts, dollars, families and steps; each 835 still finds its 837 and its earlier payments, by the same methods."""
    scramble_files(sorted(INBOX.iterdir()), tmp_path / "inbox", chosen)
    moved = Pseudonyms(secret_of(chosen.secret_file)).weeks_back()
    first = run([INBOX], tmp_path / "first", chosen, date.fromisoformat(AS_OF))
    second = run([tmp_path / "inbox"], tmp_path / "second", chosen, date.fromisoformat(AS_OF) + moved)
    for name in ("read", "findings", "families", "next_steps", "dollars", "delta", "ledger_findings", "unmapped_codes"):
        assert getattr(first, name) == getattr(second, name), name
    for table, column in COUNTED:
        counts = [
            Counter(pq.read_table(tmp_path / night / "marts" / table).column(column).to_pylist())
            for night in ("first", "second")
        ]
        assert counts[0] == counts[1], (table, column)


def test_the_command_says_what_it_did(chosen, tmp_path, remit835):
    secret = {"REMIT835_SECRET_FILE": str(chosen.secret_file)}
    done = remit835("scramble", INBOX / "mmh01_20261119.835", "--out", tmp_path / "out", environment=secret)
    assert done.returncode == 0, done.stderr
    assert "reads as before: same rows, same dollars, same findings" in done.stdout
    (written,) = (tmp_path / "out").iterdir()
    assert (written.suffix, stat.S_IMODE(written.stat().st_mode)) == (".835", 0o600)
    assert "mmh01" not in written.name
    refused = remit835("scramble", INBOX / "empty.835", tmp_path / "nowhere", "--out", tmp_path / "out", environment=secret)
    assert (refused.returncode, refused.stdout.count("not scrambled")) == (3, 2)
    assert SECRET not in done.stdout + refused.stdout + refused.stderr
