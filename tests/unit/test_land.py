from __future__ import annotations

import bz2
import hashlib
import lzma
import os
from pathlib import Path

import pytest

from pipeline import land
from pipeline.errors import UsageError


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "inbox"
    (folder / "payer").mkdir(parents=True)
    (folder / "b.835").write_bytes(b"second")
    (folder / "payer" / "a.835").write_bytes(b"first")
    return folder


def land_all(*inbox: Path, known: set[str] = frozenset(), warehouse: Path = Path("warehouse")) -> land.Landing:
    return land.land(inbox, set(known), warehouse)


def test_files_are_found_below_folders_in_the_order_of_their_paths(inbox):
    landing = land_all(inbox)
    assert [file.name for file in landing.new] == ["b.835", "a.835"]
    assert landing.new[0].sha256 == hashlib.sha256(b"second").hexdigest()
    assert landing.new[0].file_id == landing.new[0].sha256[:16]
    assert landing.new[0].byte_count == 6


def test_the_same_bytes_are_taken_once(inbox):
    (inbox / "copy_of_b.835").write_bytes(b"second")
    landing = land_all(inbox, known={hashlib.sha256(b"first").hexdigest()})
    assert [file.name for file in landing.new] == ["b.835"]
    assert sorted(file.name for file in landing.known) == ["a.835", "copy_of_b.835"]


def test_a_file_named_twice_is_one_file(inbox):
    landing = land_all(inbox, inbox / "b.835")
    assert len(landing.new) == 2
    assert landing.known == []


@pytest.mark.parametrize("name", [".hidden", "night.835.part", "night.835.TMP", "night.835~", "x.filepart"])
def test_hidden_and_unfinished_files_are_left_alone(inbox, name):
    (inbox / name).write_bytes(b"third")
    landing = land_all(inbox)
    assert [path.name for path in landing.left_alone] == [name]
    assert len(landing.new) == 2


def test_what_is_no_regular_file_is_left_alone(inbox):
    os.mkfifo(inbox / "pipe")
    assert [path.name for path in land_all(inbox).left_alone] == ["pipe"]


def test_the_warehouse_is_no_inbox(inbox):
    (inbox / "warehouse").mkdir()
    (inbox / "warehouse" / "worklist.csv").write_bytes(b"ours")
    assert len(land_all(inbox, warehouse=inbox / "warehouse").new) == 2


def test_a_link_to_nothing_is_refused_and_tried_again(inbox):
    (inbox / "gone.835").symlink_to(inbox / "nowhere")
    [(path, refusal)] = land_all(inbox).refused
    assert (path.name, refusal.code, refusal.is_lasting) == ("gone.835", "unreadable", False)


def test_a_linked_folder_is_read_once_though_it_leads_back(inbox, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "c.835").write_bytes(b"third")
    (elsewhere / "back").symlink_to(inbox)
    (inbox / "linked").symlink_to(elsewhere)
    (inbox / "linked_again").symlink_to(elsewhere)
    (tmp_path / "warehouse" / "quarantine").mkdir(parents=True)
    (tmp_path / "warehouse" / "quarantine" / "d.835").write_bytes(b"fourth")
    (inbox / "warehouse").symlink_to(tmp_path / "warehouse")
    (inbox / "refused").symlink_to(tmp_path / "warehouse" / "quarantine")
    landing = land_all(inbox, warehouse=tmp_path / "warehouse")
    assert [file.name for file in landing.new] == ["b.835", "c.835", "a.835"]
    assert landing.known == landing.refused == []


def test_a_place_that_is_not_there_is_a_usage_error(tmp_path):
    with pytest.raises(UsageError, match="no such file or folder"):
        land_all(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (b"PK\x03\x04rest", "archive"),
        (b"\x1f\x8b\x08rest", "archive"),
        (bz2.compress(b"ISA*00"), "archive"),
        (lzma.compress(b"ISA*00"), "archive"),
        (b"7z\xbc\xaf\x27\x1c\x00", "archive"),
        (b"Rar!\x1a\x07\x01", "archive"),
        (b"-----BEGIN PGP MESSAGE-----\n", "encrypted"),
        ("ISA*00".encode("cp037"), "ebcdic"),
        (b"%PDF-1.7", "pdf"),
        (b"\n <!DOCTYPE html><html>", "web_page"),
        (b"<HTML>", "web_page"),
        (b"\xd0\xcf\x11\xe0rest", "office_document"),
        ("ISA*00".encode("utf-16"), "utf_16"),
        ("ISA*00".encode("utf-16-le"), "utf_16"),
        ("ISA*00".encode("utf-16-be"), "utf_16"),
    ],
)
def test_what_is_put_there_by_mistake_is_named(tmp_path, content, code):
    (tmp_path / "file").write_bytes(content)
    refusal = land.not_x12(tmp_path / "file")
    assert (refusal.code, refusal.is_lasting) == (code, True)


@pytest.mark.parametrize("content", [b"ISA*00*", b"\xef\xbb\xbfISA*00*", b"  \r\nISA*00*", b"PKX*1~", b"BZHX*1~"])
def test_what_may_be_x12_is_for_the_reader_to_say(tmp_path, content):
    (tmp_path / "file").write_bytes(content)
    assert land.not_x12(tmp_path / "file") is None
