"""What was found good, or made, before from the same things: remembered beside Python's own compiled files, as those are.

Each is one file, named by what it rests on (a digest) and by its own bytes: whatever is damaged, of another version or not there
counts for nothing, and what it was made of is looked at again. It may be deleted at any time.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from uuid import uuid4


def place_of(name: str) -> Path:
    """Where Python keeps what it compiled of this package."""
    return Path(importlib.util.cache_from_source(__file__)).with_name(name)


def digest_of(versions: str, files: Iterable[Path]) -> str:
    """Of all that something rests on: versions and options as text, and files by their names and bytes. Raises OSError."""
    digest = hashlib.sha256(versions.encode())
    for path in files:
        digest.update(f"{path.parent.name}/{path.name} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()


def recall(place: Path, digest: str) -> bytes | None:
    """What is remembered of things with this digest, or None."""
    try:
        said, content = place.read_bytes().split(b"\n", 1)
    except (OSError, ValueError):
        return None
    return content if said == _heading(digest, content) else None


def remember(place: Path, digest: str, content: bytes) -> None:
    """Keeps bytes for `recall`, for this user alone; by rename, for the next process may look now. Where this may not be written,
    nothing is kept."""
    unfinished = place.with_name(f".{place.name}.{uuid4().hex}")
    with suppress(OSError):
        place.parent.mkdir(parents=True, exist_ok=True)
        try:
            with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
                stream.write(_heading(digest, content) + b"\n" + content)
            unfinished.replace(place)
        finally:
            unfinished.unlink(missing_ok=True)


def _heading(digest: str, content: bytes) -> bytes:
    return f"{digest} {hashlib.sha256(content).hexdigest()}".encode()
