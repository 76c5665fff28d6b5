"""Inbox -> the files worth reading, each known by its bytes and taken once.

Nothing is moved out of the inbox: it belongs to whoever fills it. Files still being written (.part, .tmp, a trailing ~) and
hidden ones are left alone. What cannot be opened is refused with the reason and tried again by the next run; whether the bytes
are X12 is for the reader to say.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from pipeline.errors import UsageError

FILE_ID_DIGITS = 16
UNFINISHED_SUFFIXES = (".part", ".partial", ".tmp", ".crdownload", ".filepart", ".swp", "~")
READ_BYTES = 1 << 20
HASHED_AT_ONCE = 2  # reading and hashing let the other one run
CORRECT = "correct the file or ask the sender for it again, and put it into the inbox: the next run picks it up"

# What is put into an inbox by mistake, by its first bytes: code, what it is, what to do.
NOT_X12: tuple[tuple[bytes, str, str, str], ...] = (
    (b"PK\x03\x04", "archive", "a ZIP archive or an Excel workbook", "unpack the archive into the inbox"),
    (b"PK\x05\x06", "archive", "an empty ZIP archive", CORRECT),
    (b"\x1f\x8b", "archive", "a gzip archive", "unpack it into the inbox"),
    (b"BZh", "archive", "a bzip2 archive", "unpack it into the inbox"),
    (b"\xfd7zXZ\x00", "archive", "an xz archive", "unpack it into the inbox"),
    (b"7z\xbc\xaf\x27\x1c", "archive", "a 7z archive", "unpack it into the inbox"),
    (b"Rar!\x1a\x07", "archive", "a RAR archive", "unpack it into the inbox"),
    (b"-----begin pgp message", "encrypted", "encrypted (PGP)", "decrypt it into the inbox"),
    (b"\xc9\xe2\xc1", "ebcdic", "text in EBCDIC, as mainframes write it", "ask the sender for ASCII"),
    (b"\xd0\xcf\x11\xe0", "office_document", "an old Excel or Word document", CORRECT),
    (b"%pdf", "pdf", "a PDF, which is made for reading", "ask the sender for the X12 file of the same remittance"),
    (b"<!doctype", "web_page", "a web page, as a portal sends when a login has ended", "download the file again"),
    (b"<html", "web_page", "a web page, as a portal sends when a login has ended", "download the file again"),
    (b"\xff\xfe", "utf_16", "text in UTF-16", "save it as plain ASCII or UTF-8, and put it into the inbox again"),
    (b"\xfe\xff", "utf_16", "text in UTF-16", "save it as plain ASCII or UTF-8, and put it into the inbox again"),
    (b"I\x00S\x00A\x00", "utf_16", "text in UTF-16", "save it as plain ASCII or UTF-8, and put it into the inbox again"),
    (b"\x00I\x00S\x00A", "utf_16", "text in UTF-16", "save it as plain ASCII or UTF-8, and put it into the inbox again"),
)


@dataclass(frozen=True)
class LandedFile:
    """One file of the inbox, by its bytes as they were when it was hashed."""

    path: Path = field(hash=False)
    sha256: str
    byte_count: int = field(hash=False)
    received_at: datetime = field(hash=False)

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
    """Lists and hashes the files of the inbox: folders with all below them, or files. Bytes in `known_hashes`, or seen twice
    in this inbox, are known. `not_in` is the warehouse: its files are never input. UsageError: a path is not there."""
    landing = Landing()
    seen = set(known_hashes)
    paths = _files(inbox, not_in.resolve(), landing.refused)
    with ThreadPoolExecutor(HASHED_AT_ONCE) as pool:
        shares = [pool.submit(_look_at, paths[first::HASHED_AT_ONCE]) for first in range(HASHED_AT_ONCE)]
        for number, path in enumerate(paths):
            found = shares[number % HASHED_AT_ONCE].result()[number // HASHED_AT_ONCE]
            if found is None:
                landing.left_alone.append(path)
            elif isinstance(found, Refusal):
                landing.refused.append((path, found))
            else:
                (landing.known if found.sha256 in seen else landing.new).append(found)
                seen.add(found.sha256)
    return landing


def _look_at(paths: Sequence[Path]) -> list[LandedFile | Refusal | None]:
    """Each file hashed; None for those to be left alone."""
    found: list[LandedFile | Refusal | None] = []
    for path in paths:
        try:
            # a pipe or a device would wait for ever
            is_wanted = is_finished(path) and stat.S_ISREG(path.stat().st_mode)
            found.append(fingerprint(path) if is_wanted else None)
        except OSError as error:
            found.append(unreadable(error))
    return found


def is_finished(path: Path) -> bool:
    """Neither hidden nor named as one that is still being written."""
    return not path.name.startswith(".") and not path.name.lower().endswith(UNFINISHED_SUFFIXES)


def fingerprint(path: Path) -> LandedFile:
    """Hashes a file without holding it in memory. Raises OSError."""
    digest, size = hashlib.sha256(), 0
    with path.open("rb", buffering=0) as stream:
        at_once = min(READ_BYTES, os.fstat(stream.fileno()).st_size + 1)  # room for more would have to be had, and given back
        while block := stream.read(at_once):
            digest.update(block)
            size += len(block)
        modified = os.fstat(stream.fileno()).st_mtime
    return LandedFile(path, digest.hexdigest(), size, datetime.fromtimestamp(modified, UTC))


def not_x12(path: Path) -> Refusal | None:
    """Why a file cannot be X12, where its first bytes say what else it is. Raises OSError."""
    with path.open("rb") as stream:
        head = stream.read(64)
    if not head:
        return Refusal("empty", "the file has no bytes", CORRECT, is_lasting=True)
    for first_bytes, code, what, retry in NOT_X12:
        if head.startswith(first_bytes) or head.lstrip().lower().startswith(first_bytes):
            return Refusal(code, f"it is {what}, not X12", retry, is_lasting=True)
    return None


def unreadable(error: OSError) -> Refusal:
    """The refusal of a file or folder that the system does not let us read."""
    return Refusal(
        "unreadable",
        f"the system does not let us read it ({error.strerror or type(error).__name__})",
        "give it read permission, or copy it again; the next run tries it again by itself",
        is_lasting=False,
    )


def _files(inbox: Sequence[Path], not_in: Path, refused: list[tuple[Path, Refusal]]) -> list[Path]:
    """Every file of the inbox once, in the order of the paths, those of linked folders too. A folder that cannot be listed is
    refused like a file."""
    found: set[Path] = set()
    for place in inbox:
        if place.is_dir():
            walked: dict[Path, Path | None] = {place.resolve(): None}  # a link may lead back
            listing = os.walk(
                place, onerror=lambda error: refused.append((Path(error.filename), unreadable(error))), followlinks=True
            )
            for parent, folders, names in listing:
                folder = Path(parent)
                below = sorted(folder / name for name in folders if not name.startswith("."))
                # what is fetched from elsewhere lies inside the warehouse, and is no link
                links_in = {path for path in below if path.is_symlink() and path.resolve().is_relative_to(not_in)}
                ours = [path for path in below if path not in links_in and path.resolve() != not_in]
                folders[:] = [path.name for path in ours if walked.setdefault(path.resolve(), path) == path]
                found.update(folder / name for name in names)
        elif place.exists():
            found.add(place)
        else:
            raise UsageError(f"{place}: there is no such file or folder")
    return sorted(found, key=os.fspath)
