"""What billers did: the rows of a work log, from CSV or XLSX to the fact table `work_log`.

Two kinds of files are taken. A log of its own has the columns of `Entry`, in any order. The worklist itself comes back with its
last columns filled in, whose names begin with `log_`: then those are read, rows without any of them are passed over, and all
other columns are for the reader.

Each row is checked by itself: a bad one is refused with its number, column and fix, the good ones are taken. Spreadsheets change
what they open; what they do without loss is undone (apostrophes, dates as dates or day numbers, whole numbers as 30.0), and what
they cannot give back is refused (1.23E+11, ####, digits beyond the fifteenth). Messages never hold a value of the file.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal

import pyarrow as pa
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from pipeline.errors import UsageError
from pipeline.tables import COLUMNS as COLUMNS_OF_FACTS
from pipeline.tables import schema_of
from pipeline.warehouse import write_atomically

FILL_IN_PREFIX = "log_"
WORKLIST_SHEET = "Worklist"
ID_DIGITS = 32
# Excel counts days from here; numbers outside of 1982 to 2064 are no dates of a work log.
FIRST_DAY = date(1899, 12, 30)
DAY_NUMBERS = range(30_000, 60_001)
# Excel keeps this many digits of a number and makes the rest zero.
SAFE_DIGITS = 15
# The refused rows come back corrected, with the columns that were put before them.
FAULT_COLUMNS = ("row", "column", "fix")
SCIENTIFIC = re.compile(r"[+-]?\d+(?:[.,]\d+)?[eE]\+?\d+")
BROKEN = re.compile(r"#+|#(?:REF!|NAME\?|VALUE!|N/A|DIV/0!|NUM!|NULL!)")


# --------------------------------------------------------------------------------------------------------------------
# Cells
# --------------------------------------------------------------------------------------------------------------------
def _text(cell: Any) -> str | None:
    """A cell as text, or None where it is empty. A number that a spreadsheet may have shortened is refused."""
    if isinstance(cell, datetime | date):
        raise ValueError("the spreadsheet made a date of it; format the column as text and write it again")
    if isinstance(cell, float | int) and not isinstance(cell, bool):
        text = f"{Decimal(str(cell)):f}"
        cell = text.removesuffix(".0")
        if len(cell.lstrip("-").replace(".", "")) > SAFE_DIGITS:
            raise ValueError("the spreadsheet keeps 15 digits of a number; format the column as text and write it again")
    text = str(cell).strip().removeprefix("'").strip()
    if BROKEN.fullmatch(text):
        raise ValueError("the spreadsheet saved an error or #### instead of the value; widen or correct the cell and save again")
    return text or None


def _number_or_code(cell: Any) -> str | None:
    text = _text(cell)
    if text and SCIENTIFIC.fullmatch(text):
        raise ValueError("the spreadsheet made 1.23E+11 of a number; format the column as text and write the number again")
    return text


def _day(cell: Any) -> Any:
    """ISO, MM/DD/YYYY, or a spreadsheet's date."""
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    text = _text(cell)
    if text is None:
        return None
    text = text.removesuffix(" 00:00:00").removesuffix("T00:00:00")
    if text.isdigit() and int(text) in DAY_NUMBERS:
        return FIRST_DAY + timedelta(days=int(text))
    for form in ("%Y-%m-%d", "%m/%d/%Y"):
        try:
            return datetime.strptime(text, form).date()
        except ValueError:
            continue
    raise ValueError("is no date; write YYYY-MM-DD or MM/DD/YYYY")


def _days(cell: Any) -> Any:
    text = _text(cell)
    if text is None:
        return None
    text = text.lower().removesuffix("days").removesuffix("day").strip().removesuffix(".0")
    if not text.isdigit():
        raise ValueError("is no number of days; write a whole number, as 30")
    return int(text)


def _word(cell: Any) -> str | None:
    text = _text(cell)
    return re.sub(r"[\s-]+", "_", text.lower()) if text else None


def _yes_no(cell: Any) -> str | None:
    text = _word("Y" if cell is True else "N" if cell is False else cell)
    return {"yes": "Y", "y": "Y", "no": "N", "n": "N"}.get(text, text) if text else None


def _diagnosis(cell: Any) -> str | None:
    text = _number_or_code(cell)
    if text is None:
        return None
    code = re.sub(r"[.\s]", "", text.upper())
    if not re.fullmatch(r"[A-Z]\d[A-Z0-9]{1,5}", code):
        raise ValueError("is no ICD-10-CM code; write it as M54.50")
    return code


Text = Annotated[str | None, BeforeValidator(_text)]
Reference = Annotated[str | None, BeforeValidator(_number_or_code)]
Day = Annotated[date | None, BeforeValidator(_day)]
Days = Annotated[int | None, BeforeValidator(_days), Field(ge=1, le=3650)]
Word = Annotated[str | None, BeforeValidator(_word)]


class Entry(BaseModel):
    """One row of a work log, under the names of its columns; the alias is the column of the fact table."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_by_name=True, serialize_by_alias=True)

    item_id: Annotated[str, BeforeValidator(_number_or_code)]
    date: Annotated[date, BeforeValidator(_day), Field(serialization_alias="action_date")]
    who: Annotated[Text, Field(serialization_alias="worked_by")] = None
    action: Word = None
    call_reference: Reference = None
    claim_number: Annotated[Reference, Field(serialization_alias="claim_number_from_call")] = None
    denial_date_from_call: Day = None
    denial_reason_from_call: Text = None
    turnaround_days: Days = None
    appeal_limit_days: Days = None
    corrected_claim_limit_days: Days = None
    appeal_address: Text = None
    fax: Annotated[Reference, Field(serialization_alias="appeal_fax")] = None
    coding_outcome: Annotated[Literal["corrected", "confirmed"] | None, BeforeValidator(_word)] = None
    corrected_dx: Annotated[str | None, BeforeValidator(_diagnosis), Field(serialization_alias="corrected_diagnosis")] = None
    status: Annotated[
        Literal["open", "waiting", "closed"] | None, BeforeValidator(_word), Field(serialization_alias="item_status")
    ] = None
    owner: Text = None
    client_continues: Annotated[Literal["Y", "N"] | None, BeforeValidator(_yes_no)] = None
    note: Text = None


COLUMNS = tuple(Entry.model_fields)
FILL_IN_COLUMNS = tuple(f"{FILL_IN_PREFIX}{name}" for name in COLUMNS if name != "item_id")
DATE_COLUMNS = tuple(f"{FILL_IN_PREFIX}{name}" for name in COLUMNS if name in ("date", "denial_date_from_call"))
FILL_IN_MEANINGS = {
    f"{FILL_IN_PREFIX}{name}": COLUMNS_OF_FACTS[kind.serialization_alias or name].meaning
    for name, kind in Entry.model_fields.items()
    if name != "item_id"
}
# What people write as an action that has a column of its own.
CODING_ANSWERS = {"coding_corrected": "corrected", "coding_confirmed": "confirmed"}
# What a row must say beside which item, when and who.
SAYS = tuple(name for name in COLUMNS if name not in ("item_id", "date", "who"))


def actions_of(codes: Mapping[str, pa.Table]) -> list[str]:
    """What a biller can log as an action, by the tables of mappings/."""
    return [row["event"] for row in codes["work_event"].to_pylist() if row["event_source"] == "biller"]


def choices_of(codes: Mapping[str, pa.Table]) -> dict[str, list[str]]:
    """Columns to fill in that take one of a few values."""
    return {
        f"{FILL_IN_PREFIX}action": actions_of(codes),
        f"{FILL_IN_PREFIX}coding_outcome": ["corrected", "confirmed"],
        f"{FILL_IN_PREFIX}status": ["open", "waiting", "closed"],
        f"{FILL_IN_PREFIX}client_continues": ["Y", "N"],
    }


# --------------------------------------------------------------------------------------------------------------------
# Rows
# --------------------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Refused:
    """A row that was not taken: its number in the file (the header is 1), and for each fault the column and the fix."""

    row: int
    faults: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        return f"row {self.row}: " + "; ".join(f"{column}: {fix}" for column, fix in self.faults)


@dataclass
class ReadLog:
    """A log file: the entries that can be taken, what was refused, and how many rows say nothing."""

    entries: list[Entry] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    empty_count: int = 0
    refused_file: Path | None = None


def read_log(path: Path, codes: Mapping[str, pa.Table], known_items: Collection[str], today: date) -> ReadLog:
    """Reads and checks a log of its own, or a worklist that was filled in. Writes the refused rows beside it, with their faults.
    Raises UsageError where the file as a whole cannot be read."""
    table = _rows_of(path)
    header = [str(cell or "").strip().removeprefix("\ufeff") for cell in table[0]] if table else []
    places = _places(path, header)
    actions = set(actions_of(codes))
    found = ReadLog()
    bad: list[tuple[Refused, Sequence[Any]]] = []
    is_worklist = any(name.startswith(FILL_IN_PREFIX) for name in header)
    for number, cells in enumerate(table[1:], start=2):
        values = {name: cells[place] for name, place in places.items() if place < len(cells) and _is_filled(cells[place])}
        if not set(values) - ({"item_id"} if is_worklist else set()):
            found.empty_count += 1
            continue
        outcome = _checked(number, values, actions, known_items, today)
        if isinstance(outcome, Refused):
            found.refused.append(outcome)
            bad.append((outcome, cells))
        else:
            found.entries.append(outcome)
    if bad:
        found.refused_file = path.with_name(f"{path.stem}_refused.csv")
        write_atomically(found.refused_file, _refused_csv(header, bad))
    return found


def facts_of(entries: Sequence[Entry], known_ids: Collection[str], last_number: int) -> pa.Table:
    """The entries that are not in the work log yet, as rows of it. An entry is known by its content: the same twice in a row is
    one. Where something else was done with the item in between, it was done again (closed, opened, closed)."""
    rows: dict[str, dict[str, Any]] = {}
    last_content: dict[str, str] = {}
    times: Counter[str] = Counter()
    for entry in entries:
        row = entry.model_dump()
        content = "|".join(f"{name}={value}" for name, value in sorted(row.items()) if value is not None)
        if last_content.get(entry.item_id) != content:
            times[content] += 1
        last_content[entry.item_id] = content
        again = f"|{times[content]}" if times[content] > 1 else ""
        work_log_id = hashlib.sha256(f"{content}{again}".encode()).hexdigest()[:ID_DIGITS]
        if work_log_id not in known_ids and work_log_id not in rows:
            rows[work_log_id] = {"work_log_id": work_log_id, "entry_number": last_number + len(rows) + 1, **row}
    return pa.Table.from_pylist(list(rows.values()), schema_of("work_log"))


def _places(path: Path, header: Sequence[str]) -> dict[str, int]:
    """Column of `Entry` to its place in the file."""
    doubled = {name for name in header if name and header.count(name) > 1}
    is_worklist = any(name.startswith(FILL_IN_PREFIX) for name in header)
    wanted = {f"{FILL_IN_PREFIX}{name}" if is_worklist and name != "item_id" else name: name for name in COLUMNS}
    if doubled & set(wanted):
        raise UsageError(f"{path}: the column {', '.join(sorted(doubled & set(wanted)))} stands twice; keep one of them")
    passed_over = {"", *FAULT_COLUMNS}
    expected = {*wanted, *passed_over}
    unknown = [name for name in header if name not in expected and (name.startswith(FILL_IN_PREFIX) or not is_worklist)]
    if unknown:
        raise UsageError(f"{path}: the column {unknown[0]!r} is not known; known are {', '.join(wanted)}")
    places = {wanted[name]: place for place, name in enumerate(header) if name in wanted}
    for name in ("item_id", "date"):
        if name not in places:
            raise UsageError(f"{path}: the column {name} is missing; the columns are {', '.join(wanted)}")
    return places


def _checked(
    number: int, values: dict[str, Any], actions: Collection[str], known_items: Collection[str], today: date
) -> Entry | Refused:
    try:
        entry = Entry.model_validate(values)
    except ValidationError as error:
        return Refused(number, tuple(_fault(problem) for problem in error.errors(include_input=False)))
    faults = tuple(_row_faults(entry, actions, known_items, today))
    return Refused(number, faults) if faults else entry


def _row_faults(entry: Entry, actions: Collection[str], known_items: Collection[str], today: date) -> Iterator[tuple[str, str]]:
    if entry.item_id not in known_items:
        yield "item_id", "is no item of this warehouse; copy it from the worklist"
    if entry.date > today:
        yield "date", f"lies after {today}; write the day on which it was done"
    if entry.action in CODING_ANSWERS:
        yield "action", f"is coding's answer: leave the action empty and write {CODING_ANSWERS[entry.action]} into coding_outcome"
    elif entry.action and entry.action not in actions:
        yield "action", f"is not known; known are {', '.join(sorted(actions))}"
    if entry.denial_date_from_call and entry.denial_date_from_call > entry.date:
        yield "denial_date_from_call", "lies after the call; ask for the denial date again"
    if entry.corrected_dx and entry.coding_outcome != "corrected":
        yield "coding_outcome", "a corrected diagnosis needs coding_outcome corrected"
    if not any(getattr(entry, name) is not None for name in SAYS):
        yield "action", "the row says nothing that was done or learnt; fill in one more column"


def _fault(problem: Any) -> tuple[str, str]:
    column = str(problem["loc"][0]) if problem["loc"] else "row"
    if problem["type"] == "missing" or (problem["type"].endswith("_type") and column in ("item_id", "date")):
        return column, "is empty; fill it in"
    return column, problem["msg"].removeprefix("Value error, ")


def _is_filled(cell: Any) -> bool:
    return cell is not None and str(cell).strip().strip("'") != ""


def _refused_csv(header: Sequence[str], bad: Sequence[tuple[Refused, Sequence[Any]]]) -> bytes:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow([*FAULT_COLUMNS, *header])
    for refused, cells in bad:
        columns, fixes = zip(*refused.faults, strict=True)
        writer.writerow([refused.row, " ".join(columns), "; ".join(fixes), *("" if cell is None else cell for cell in cells)])
    return stream.getvalue().encode("utf-8-sig")


# --------------------------------------------------------------------------------------------------------------------
# Files
# --------------------------------------------------------------------------------------------------------------------
def _rows_of(path: Path) -> list[Sequence[Any]]:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror}); give a CSV or XLSX file") from None
    return _sheet_rows(path, content) if path.suffix.lower() in (".xlsx", ".xlsm") else _csv_rows(path, content)


def _csv_rows(path: Path, content: bytes) -> list[Sequence[Any]]:
    if b"\0" in content:
        raise UsageError(f"{path}: is no text; save it as CSV UTF-8 or as XLSX")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", "replace")  # what spreadsheets write when asked for plain CSV
    first_line = text.partition("\n")[0]
    delimiter = max((",", ";", "\t"), key=first_line.count)
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))


def _sheet_rows(path: Path, content: bytes) -> list[Sequence[Any]]:
    try:
        import openpyxl
    except ImportError:
        raise UsageError(f"{path}: reading XLSX needs openpyxl; install it with pip install openpyxl, or save as CSV") from None
    try:
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    except Exception as error:  # noqa: BLE001 a broken workbook raises what its parts raise
        raise UsageError(f"{path}: is no XLSX workbook ({type(error).__name__}); save it again as XLSX or as CSV") from None
    sheet = book[WORKLIST_SHEET] if WORKLIST_SHEET in book.sheetnames else book.worksheets[0]
    return [list(row) for row in sheet.iter_rows(values_only=True)]
