"""A disk that is full, a warehouse on a read-only mount, a file that cannot be read: a clear error, nothing half done.

The disks are real: small tmpfs, which only root can mount. Elsewhere these tests are skipped and say so; that a limit on the size
of files stands for the full disk is tried everywhere (tests/functional/test_night.py).
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.conftest import AS_OF, INBOX

FILES = ("claims_lakeside_2026h2.837p", "mmh01_20261119.835", "empty.835")
NOT_PERMITTED = "NOT TRIED: no file system can be mounted here (root is needed), so no real full or read-only disk was tried"


@pytest.fixture
def inbox(tmp_path) -> Path:
    return inbox_in(tmp_path / "inbox")


def inbox_in(folder: Path) -> Path:
    folder.mkdir()
    for name in FILES:
        shutil.copy2(INBOX / name, folder / name)
    return folder


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory, remit835) -> Path:
    """The warehouse as it should become."""
    place = tmp_path_factory.mktemp("undisturbed")
    assert remit835("run", inbox_in(place / "inbox"), "--as-of", AS_OF, "--warehouse", place / "warehouse").returncode == 3
    return place / "warehouse"


def kilobytes_of(folder: Path) -> int:
    """What the files of a folder take of a disk with pages of 4 KB."""
    return sum(-(-path.stat().st_size // 4096) * 4 for path in folder.rglob("*") if path.is_file())


@pytest.fixture
def disk(tmp_path) -> Iterator[Callable[[str], Path]]:
    """Mounts a tmpfs with some options, and again with others; unmounts it at the end."""
    place = tmp_path / "disk"
    place.mkdir()

    def mount(options: str) -> Path:
        again = "remount," if os.path.ismount(place) else ""
        command = ["mount", "-t", "tmpfs", "-o", f"{again}{options}", "tmpfs", str(place)]
        if shutil.which("mount") is None or subprocess.run(command, capture_output=True, check=False).returncode:
            pytest.skip(NOT_PERMITTED)
        return place

    yield mount
    if os.path.ismount(place):
        subprocess.run(["umount", str(place)], check=True)


def tables(warehouse: Path) -> dict[str, object]:
    parts = [*(warehouse / "facts").rglob("*.parquet"), *(warehouse / "marts").glob("*/*.parquet")]
    held: dict[str, object] = {str(part.relative_to(warehouse)): pq.ParquetFile(part).read() for part in parts}
    return held | {"worklist.csv": (warehouse / "worklist" / "worklist.csv").read_bytes()}


@pytest.mark.parametrize("where", ["facts", "marts"])
def test_a_full_disk_leaves_nothing_half_done(disk, inbox, undisturbed, remit835, where):
    facts, marts = kilobytes_of(undisturbed / "facts"), kilobytes_of((undisturbed / "marts").resolve())
    room = facts // 2 if where == "facts" else facts + kilobytes_of(undisturbed / "quarantine") + marts // 2
    place = disk(f"size={room}k")
    arguments = ("run", inbox, "--as-of", AS_OF, "--warehouse")
    done = remit835(*arguments, place / "warehouse")
    assert done.returncode == 1, done.stdout
    assert "cannot be written" in done.stderr and "Make room" in done.stderr
    assert "fault of ours" not in done.stderr
    assert not (place / "warehouse" / "marts").exists() and not (place / "warehouse" / "worklist" / "worklist.csv").exists()
    assert len(list((place / "warehouse" / "batches").glob("*.json"))) == (where == "marts")
    disk("size=200m")
    assert remit835(*arguments, place / "warehouse").returncode == 3
    assert tables(place / "warehouse") == tables(undisturbed)


def test_a_read_only_warehouse_can_be_read_and_says_why_it_cannot_be_written(disk, inbox, remit835):
    warehouse = disk("size=200m") / "warehouse"
    assert remit835("run", inbox, "--as-of", AS_OF, "--warehouse", warehouse).returncode == 3
    before = tables(warehouse)
    disk("ro,size=200m")
    for command in (("run", inbox), ("run", "--rebuild"), ("report",)):
        done = remit835(*command, "--warehouse", warehouse)
        assert done.returncode == 1, (command, done.stdout, done.stderr)
        assert "Read-only file system" in done.stderr and "fault of ours" not in done.stderr, command
    sql = "SELECT count(*) AS items FROM worklist"
    for command in (("status",), ("query", sql)):
        done = remit835(*command, "--warehouse", warehouse)
        assert (done.returncode, done.stderr) == (0, ""), command
    disk("rw,size=200m")
    assert remit835("run", inbox, "--as-of", AS_OF, "--warehouse", warehouse).returncode == 3
    assert tables(warehouse) == before


def test_a_file_that_cannot_be_read_is_said_and_tried_again(inbox, tmp_path, remit835):
    """A regular file whose reading fails, for root too: the beginning of a process's memory."""
    (inbox / "broken.835").symlink_to("/proc/self/mem")
    arguments = ("run", inbox, "--as-of", AS_OF, "--warehouse", tmp_path / "warehouse", "--json")
    done = remit835(*arguments)
    assert done.returncode == 3, done.stderr
    said = json.loads(done.stdout)
    assert said["files"] == {"accepted": 2, "quarantined": 1, "to be tried again": 1}
    assert {held["file_name"]: held["code"] for held in said["quarantine"]}["broken.835"] == "unreadable"
    (inbox / "broken.835").unlink()
    shutil.copy(INBOX / "ngb02_20261118.835", inbox / "broken.835")
    assert json.loads(remit835(*arguments).stdout)["files"]["accepted"] == 1
