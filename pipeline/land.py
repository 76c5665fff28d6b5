"""Inbox -> the files worth reading, each known by its bytes and taken once.

Nothing is moved out of the inbox: it belongs to whoever fills it. Files still being written (.part, .tmp, a trailing ~) and
hidden ones are left alone. What cannot be opened is refused with the reason and tried again by the next run; whether the bytes
are X12 is for the reader to say.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from pipeline.errors import UsageError

FILE_ID_DIGITS = 16
UNFINISHED_SUFFIXES = (".part", ".partial", ".tmp", ".crdownload", ".filepart", ".swp", "~")
READ_BYTES = 1 << 20


@dataclass(frozen=True)
class LandedFile:
    """One file of the inbox, by its bytes as they were when it was hashed."""

    path: Path
    sha256: str
    byte_count: int
    received_at: datetime

    @property
    def file_id(self) -> str:
        return self.sha256[:FILE_ID_DIGITS]

    @property
    def name(self) -> str:
        return self.path.name


@dataclass(frozen=True)
class Refusal:
    """Why a file is not taken. `is_lasting`: these bytes will never be readable, so they are on record and not tried again."""

    code: str
    reason: str
    retry: str
    is_lasting: bool


@dataclass
class Landing:
    """What an inbox holds: new files in a fixed order, known bytes, files left alone, files that could not be opened."""

    new: list[LandedFile] = field(default_factory=list)
    known: list[LandedFile] = field(default_factory=list)
    left_alone: list[Path] = field(default_factory=list)
    refused: list[tuple[Path, Refusal]] = field(default_factory=list)


def land(inbox: Sequence[Path], known_hashes: set[str], not_in: Path) -> Landing:
    """Lists and hashes the files of the inbox (folders with all below them, or files). Bytes in `known_hashes`, or seen twice in
    this inbox, are known. `not_in` is the warehouse: its files are never input. Raises UsageError for a path that is not there."""
    landing = Landing()
    seen = set(known_hashes)
    for path in _files(inbox, not_in.resolve()):
        if not is_finished(path):
            landing.left_alone.append(path)
            continue
        try:
            if not stat.S_ISREG(path.stat().st_mode):  # a pipe or a device would wait for ever
                landing.left_alone.append(path)
                continue
            landed = fingerprint(path)
        except OSError as error:
            landing.refused.append((path, unreadable(error)))
            continue
        (landing.known if landed.sha256 in seen else landing.new).append(landed)
        seen.add(landed.sha256)
    return landing


def is_finished(path: Path) -> bool:
    """Neither hidden nor named as one that is still being written."""
    return not path.name.startswith(".") and not path.name.lower().endswith(UNFINISHED_SUFFIXES)


def fingerprint(path: Path) -> LandedFile:
    """Hashes a file without holding it in memory. Raises OSError."""
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as stream:
        while block := stream.read(READ_BYTES):
            digest.update(block)
            size += len(block)
        modified = os.fstat(stream.fileno()).st_mtime
    return LandedFile(path, digest.hexdigest(), size, datetime.fromtimestamp(modified, UTC))


def unreadable(error: OSError) -> Refusal:
    """The refusal of a file that the system does not let us read."""
    return Refusal(
        "unreadable",
        f"the system does not let us read the file ({error.strerror or type(error).__name__})",
        "give the file read permission, or copy it again; the next run tries it again by itself",
        is_lasting=False,
    )


def _files(inbox: Sequence[Path], not_in: Path) -> Iterator[Path]:
    found: set[Path] = set()
    for place in inbox:
        if place.is_dir():
            found.update(_files_below(place, not_in))
        elif place.exists():
            found.add(place)
        else:
            raise UsageError(f"{place}: there is no such file or folder")
    return iter(sorted(found, key=os.fspath))


def _files_below(folder: Path, not_in: Path) -> Iterator[Path]:
    def refuse(error: OSError) -> None:
        raise UsageError(f"{error.filename}: the folder cannot be listed ({error.strerror}); give read permission") from None

    for parent, folders, names in os.walk(folder, onerror=refuse):
        folders[:] = [name for name in folders if not name.startswith(".") and (Path(parent) / name).resolve() != not_in]
        yield from (Path(parent) / name for name in names)
