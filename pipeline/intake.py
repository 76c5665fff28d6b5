"""Landed files -> tables of facts, or why a file is refused; several files at a time, and small ones together.

What comes out, and in which order, depends on the files alone and not on how many threads there are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial

import pyarrow as pa

from pipeline import extract, land, log
from pipeline.ahead import Ahead, in_order
from pipeline.code_use import CodeLists
from pipeline.errors import Quarantine, Remit835Error
from pipeline.land import LandedFile, Refusal
from pipeline.parse import FileSummary, index_type_for, read_file
from pipeline.parse_835 import Emit
from pipeline.parse_together import alike, read_together
from pipeline.x12_index import BLOCK_BYTES

TRY_AGAIN = "leave it in the inbox: the next run tries it again"
SMALL_BYTES = BLOCK_BYTES // 4  # such files share a block
BYTES_A_READER = 2 * BLOCK_BYTES  # of a file; where there is less to do, other threads rather read other files
WAITING_TABLES = 24  # of each reading, about three blocks: what bounds the memory

Rows = tuple[str, pa.Table]


@dataclass(frozen=True)
class Read:
    """What became of each file of a reading. `has_torn`: rows of a file were given before it was refused; they have to go."""

    outcomes: list[FileSummary | Refusal]
    has_torn: bool


@dataclass(frozen=True)
class Intake:
    """How files are read. `renames`: a site's names of the columns of its extracts. `byte_count`: of all files of the run, which
    says what reads them fastest."""

    renames: Mapping[str, str]
    code_lists: CodeLists
    byte_count: int = 0

    def readings(self, files: Sequence[LandedFile], threads: int) -> Iterator[tuple[Sequence[LandedFile], Ahead]]:
        """Files that are read together, and their reading: iterate it for (table name, rows) of all of them; its result is then
        what became of each file. A large file keeps several threads busy. Who takes the rows is one more."""
        units = list(_units(files))
        tasks = []
        for unit in units:
            readers = min(threads, unit[0].byte_count // BYTES_A_READER or 1)
            tasks.append((partial(self._read, unit, readers), readers))
        with closing(in_order(tasks, threads, WAITING_TABLES)) as readings:
            yield from zip(units, readings, strict=True)

    def _read(self, files: Sequence[LandedFile], readers: int, put: Callable[[Rows], None]) -> Read:
        given = 0

        def emit(table_name: str, rows: pa.Table) -> None:
            nonlocal given
            given += rows.num_rows
            put((table_name, rows))

        outcomes: dict[LandedFile, FileSummary | Refusal] = dict(self._read_small(files, emit)) if len(files) > 1 else {}
        has_torn = False
        for file in files:
            if file not in outcomes:
                given_before = given
                outcomes[file] = self.read_one(file, emit, readers)
                has_torn |= isinstance(outcomes[file], Refusal) and given > given_before
        return Read([outcomes[file] for file in files], has_torn)

    def _read_small(self, files: Sequence[LandedFile], emit: Emit) -> dict[LandedFile, FileSummary]:
        """What can be read together, so. The rest is read one by one, which also says what is wrong with it."""
        contents = {file: data for file in files if (data := _bytes_of(file)) is not None}
        opened, outcomes = list(contents), dict[LandedFile, FileSummary]()
        index_type = index_type_for(self.byte_count)
        for group in alike(list(contents.values()), index_type.scan):
            chosen = [opened[at] for at in group]
            emitted: list[Rows] = []
            try:
                summaries = read_together(
                    [contents[file] for file in chosen],
                    [file.file_id for file in chosen],
                    lambda name, rows, emitted=emitted: emitted.append((name, rows)),
                    self.code_lists,
                    index_type,
                )
            except Exception as error:  # noqa: BLE001 which file it is, and what of it, is found by reading them one by one
                log.debug("not read together", files=len(chosen), because=type(error).__name__)
                continue
            if summaries and all(summary.sha256 == file.sha256 for file, summary in zip(chosen, summaries, strict=True)):
                outcomes |= dict(zip(chosen, summaries, strict=True))
                for name, rows in emitted:
                    emit(name, rows)
        return outcomes

    def read_one(self, file: LandedFile, emit: Emit, readers: int = 1) -> FileSummary | Refusal:
        """Reads one file, by `readers` threads, or says why not. What breaks the run as a whole is raised as Remit835Error."""
        try:
            if refusal := land.not_x12(file.path):
                return refusal
            if header := extract.recognise(file.path, self.renames):
                outcome = extract.read_extract(file.path, file.file_id, header, emit)
            else:
                index_type = index_type_for(self.byte_count)
                outcome = read_file(
                    file.path, file.file_id, emit, code_lists=self.code_lists, index_type=index_type, readers=readers
                )
        except Quarantine as quarantine:
            is_lasting = quarantine.code not in extract.CURED_BY_SETTINGS
            return Refusal(quarantine.code, quarantine.reason, land.CORRECT, is_lasting)
        except (Remit835Error, MemoryError):
            raise
        except OSError as error:
            return land.unreadable(error)
        except Exception as error:  # noqa: BLE001 a fault of ours on one file must not cost the night; it is named, and tried again
            return _fault(error)
        if outcome.sha256 != file.sha256:
            return Refusal("file_changed", "the file changed while it was read", TRY_AGAIN, is_lasting=False)
        if outcome.typed_segment_count + outcome.kept_segment_count != outcome.segment_count:
            counts = f"{outcome.segment_count} segments, {outcome.typed_segment_count} typed, {outcome.kept_segment_count} kept"
            return Refusal(
                "segments_lost", f"our reader lost segments: {counts}", f"report it; {TRY_AGAIN}", is_lasting=False
            )
        return outcome


def _units(files: Sequence[LandedFile]) -> Iterator[Sequence[LandedFile]]:
    """The files in their order: small ones together up to a block, others alone."""
    waiting: list[LandedFile] = []
    size = 0
    for file in files:
        if waiting and (size + file.byte_count > BLOCK_BYTES or not _is_small(file)):
            yield waiting
            waiting, size = [], 0
        if _is_small(file):
            waiting.append(file)
            size += file.byte_count
        else:
            yield [file]
    if waiting:
        yield waiting


def _is_small(file: LandedFile) -> bool:
    return file.byte_count <= SMALL_BYTES


def _bytes_of(file: LandedFile) -> bytes | None:
    """None where the system does not let us read it: why is found when it is read alone."""
    try:
        return file.path.read_bytes()
    except OSError:
        return None


def _fault(error: Exception) -> Refusal:
    where = f"{type(error).__name__} at {log.place_of(error)}"
    return Refusal("reader_failure", f"our reader failed on this file ({where})", f"report it; {TRY_AGAIN}", is_lasting=False)
