"""Inboxes and copies of the worklist that are elsewhere: object stores and SFTP servers, through fsspec.

A place is an address such as s3://bucket/remittances or sftp://user@host/outbound. What is in an inbox there is copied into the
staging folder of the run, and landed from there like any file; nothing is changed or removed at the place. Who we are is for the
store's own configuration to say (~/.aws, ~/.ssh): an address need not hold a password, and none is ever shown. SSH servers have
to be in known_hosts.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import unquote

from pipeline.errors import UsageError, WarehouseError

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
# Protocols whose files grow while they are written: a copy gets its name when it is whole. Object stores show whole objects only.
GROWING = ("ssh", "sftp", "sshfs")
# Protocols whose folders have to be there before a file is. At an object store, to make a folder is to make a missing bucket.
WITH_FOLDERS = (*GROWING, "file", "local")
# Protocols where ? is a character of the path. Behind the ? of others may be a signature that lets anybody in.
WITHOUT_QUERY = (*WITH_FOLDERS, "s3", "s3a", "gs", "gcs")
SERVER = re.compile(r"(\[[^]]+\]|[^:]+)(?::(\d+))?")
# Where stores say when an object was last changed.
TIMES = ("mtime", "LastModified", "last_modified", "created")


@dataclass
class Fetched:
    """What was copied from elsewhere: folders to land, and the files that could not be read (an address each its own, without
    user and password), with the kind of error."""

    folders: list[Path] = field(default_factory=list)
    failed: list[tuple[Path, str]] = field(default_factory=list)


def is_elsewhere(place: str) -> bool:
    """Whether a place is an address and no path."""
    return bool(ADDRESS.match(place))


def shown(place: str) -> str:
    """An address without user, password and query. People write passwords with / and @ in them as they are, so where there may be
    a password, all up to the last @ is left out: rather too much than a part of it."""
    protocol, _, rest = place.partition("://")
    query = ""
    if protocol.lower() not in WITHOUT_QUERY:
        rest, _, query = rest.partition("?")
    authority = rest.partition("/")[0]
    may_hold_password = ":" in authority
    if may_hold_password and "@" in query:
        return f"{protocol}://..."
    login = rest if may_hold_password else authority
    return f"{protocol}://{rest[login.rfind('@') + 1 :]}"


def fetch(places: Sequence[str], folder: Path) -> Fetched:
    """Copies all files below the places into folders below `folder`, with their names and times. One that cannot be read is told.
    Raises UsageError where a place itself cannot be listed."""
    fetched = Fetched()
    for number, place in enumerate(places):
        target = folder / str(number)
        target.mkdir(parents=True)
        fetched.folders.append(target)
        store, root = _opened(place)
        try:
            found = store.find(root, detail=True)
            if not found and not store.exists(root):
                raise UsageError(f"{shown(place)}: there is no such file or folder")
        except UsageError:
            raise
        except Exception as error:  # noqa: BLE001 every store has errors of its own, and their words may hold credentials
            raise _unreachable(place, error) from None
        relatives = {path: _relative(PurePosixPath(path), PurePosixPath(root)) for path in sorted(found)}
        parents = {parent for relative in relatives.values() for parent in relative.parents}
        taken: set[PurePosixPath] = set()
        for position, (path, relative) in enumerate(relatives.items()):
            if _is_marker(path, found[path], is_folder=relative in parents):
                continue
            copy = target / relative
            if relative in parents or relative in taken:  # an object store may hold a, a/b and a//b, a file system may not
                copy = target.with_name(f"{number}-{position}") / relative
                fetched.folders.append(copy.parents[len(relative.parts) - 1])
            taken.add(relative)
            own = Path(shown(place)) / copy.relative_to(folder)
            if ".." in copy.parts:
                fetched.failed.append((own, "its path leads out of the inbox"))
                continue
            try:
                copy.parent.mkdir(parents=True, exist_ok=True)
                store.get_file(path, str(copy))
                _keep_time(copy, found[path])
            except Exception as error:  # noqa: BLE001 as above
                with suppress(OSError):
                    copy.unlink(missing_ok=True)
                fetched.failed.append((own, type(error).__name__))
    return fetched


def publish(files: Sequence[Path], base: Path, place: str) -> None:
    """Copies files to a place, a folder or an address, under their paths from `base`. Raises WarehouseError."""
    try:
        if is_elsewhere(place):
            _copy_elsewhere(files, base, place)
        else:
            _copy_here(files, base, Path(place))
    except UsageError as error:
        raise WarehouseError(f"{error}. The copies are not written; the warehouse itself is whole") from None
    except Exception as error:  # noqa: BLE001 as above
        raise WarehouseError(
            f"{shown(place)}: the copies cannot be written ({type(error).__name__}); the warehouse itself is whole. "
            "Make the bucket or folder if it is missing, give write permission there, or correct publish_to, then run again"
        ) from None


def _copy_here(files: Sequence[Path], base: Path, folder: Path) -> None:
    for file in files:
        copy = folder / file.relative_to(base)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, copy.with_name(f".{copy.name}.new"))
        copy.with_name(f".{copy.name}.new").replace(copy)


def _copy_elsewhere(files: Sequence[Path], base: Path, place: str) -> None:
    store, root = _opened(place)
    protocol = place.partition("://")[0]
    for file in files:
        copy = PurePosixPath(root) / file.relative_to(base).as_posix()
        if protocol in WITH_FOLDERS:
            store.makedirs(str(copy.parent), exist_ok=True)
        if protocol in GROWING:
            unfinished = copy.with_name(f".{copy.name}.part")
            store.put_file(str(file), str(unfinished))
            store.mv(str(unfinished), str(copy))
        else:
            store.put_file(str(file), str(copy))


def _opened(place: str) -> tuple[AbstractFileSystem, str]:
    protocol = place.partition("://")[0]
    try:
        from fsspec import filesystem
        from fsspec.core import url_to_fs
    except ImportError:
        raise UsageError(f"{protocol}:// needs fsspec; install it with: pip install 'remit835[remote]'") from None
    try:
        if protocol in GROWING:
            server, path = _server_and_path(place)
            # fsspec's own SFTP takes any host for the right one, and so does sshfs unless it is told to ask known_hosts: ()
            return filesystem("ssh", **server, known_hosts=(), skip_instance_cache=True), path
        return url_to_fs(place, skip_instance_cache=True)
    except UsageError:
        raise
    except (ImportError, ValueError) as error:
        raise UsageError(f"{protocol}:// is not known ({type(error).__name__}); install fsspec's package for it") from None
    except Exception as error:  # noqa: BLE001 as above
        raise _unreachable(place, error) from None


def _server_and_path(place: str) -> tuple[dict[str, str | int], str]:
    """What an SFTP address says, for sshfs. fsspec would cut a path at ? or #, and take % in a password as it is."""
    authority, slash, path = place.partition("://")[2].partition("/")
    login, _, server = authority.rpartition("@")
    parts = SERVER.fullmatch(server)
    if not parts:
        raise UsageError(
            f"{shown(place)}: this is no address of a server; write sftp://user@server:port/folder, and in a password %2F for /, "
            "%40 for @ and %25 for %"
        )
    user, _, password = login.partition(":")
    said = {"host": parts[1].strip("[]"), "port": int(parts[2] or 0), "username": unquote(user), "password": unquote(password)}
    return {name: value for name, value in said.items() if value}, (slash + path).rstrip("/") or slash


def _unreachable(place: str, error: Exception) -> UsageError:
    return UsageError(
        f"{shown(place)}: cannot be reached or listed ({type(error).__name__}); check the address, the credentials of this user "
        "and, for SFTP, known_hosts"
    )


def _relative(path: PurePosixPath, root: PurePosixPath) -> PurePosixPath:
    return path.relative_to(root) if path != root and path.is_relative_to(root) else PurePosixPath(path.name)


def _is_marker(path: str, about: dict, is_folder: bool) -> bool:
    """Whether an object stands for a folder, as the consoles of object stores make one: no bytes, and a name with / at its end or
    with others below it."""
    return about.get("type") == "directory" or ((path.endswith("/") or is_folder) and not about.get("size"))


def _keep_time(copy: Path, about: dict) -> None:
    """The time of the file there is when it was received."""
    for name in TIMES:
        time = about.get(name)
        seconds = time.timestamp() if isinstance(time, datetime) else time
        if isinstance(seconds, int | float):
            os.utime(copy, (seconds, seconds))
            return
