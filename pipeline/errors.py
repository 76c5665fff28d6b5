"""Everything that stops a run, one tree, one exit code each (DESIGN.md section 7).

What is wrong with a file is never an exception that ends the night: it is a row of `finding`, or the file goes to quarantine.
Messages say what, where and what to do, and carry no protected health information.
"""

from __future__ import annotations


class Remit835Error(Exception):
    """A promise of the project is broken; the message says the fix."""

    exit_code = 1


class WarehouseError(Remit835Error):
    """The warehouse cannot be read or written: a full disk, permissions, a read-only mount, a damaged record."""


class UsageError(Remit835Error):
    """The command line asks for something that cannot be done."""

    exit_code = 2


class SettingsError(Remit835Error):
    """The configuration file or an option has a value that is not allowed, or too little memory for the work."""

    exit_code = 10


class MappingError(Remit835Error):
    """A row of mappings/ is wrong: file, line and fix."""

    exit_code = 11


class WarehouseBusyError(Remit835Error):
    """Another run holds the warehouse."""

    exit_code = 12


class ContractError(Remit835Error):
    """A table is not what tables.py says."""

    exit_code = 13


class DollarsError(Remit835Error):
    """Dollars in are not dollars out."""

    exit_code = 14


class ModelError(Remit835Error):
    """A model of sql/ cannot be ordered, checked or run."""

    exit_code = 15


class Quarantine(Exception):
    """A file cannot be read. Not an error of the run: the file's bytes are kept, with this code and reason."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason
