"""Claims and paid history from a practice-management system: rows of CSV or Parquet become facts, like segments of X12.

    claims extract        one row a submitted line    -> submitted_claim, submitted_diagnosis, submitted_line
    paid-history extract  one row a paid line         -> paid_history

A file is an extract where its header has the columns of one of the two layouts; `extract_columns` in the configuration says how
a site calls them. Rows that are alike in all columns of the claim are one claim. Where they stand together, as in most extracts,
the file is read in a stream: a claim ends where one of its columns changes. Else its rows are gathered first, in memory, and the
claim stands where its first row stood. `segment_index` is the row's number as a spreadsheet shows it: the header of a CSV is
row 1; a Parquet file has none, so its first row is 1.

A row with a wrong value is refused whole: it is kept in other_segment, and each wrong cell is a finding with row, column and
what should stand there. Values are never repeated in a finding.
"""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from pipeline.errors import Quarantine
from pipeline.findings import KINDS
from pipeline.parse import FileSummary
from pipeline.parse_835 import Emit
from pipeline.tables import COLUMNS, schema_of

KIND = "extract"
# Why a file is refused that the same bytes may overcome: the configuration can name its columns.
CURED_BY_SETTINGS = ("extract_columns_missing", "extract_column_twice")
OWN_TABLE_COLUMN = "item_id"
PARQUET_MAGIC = b"PAR1"
DELIMITERS = (",", ";", "\t", "|")
HEADER_BYTES = 1 << 16
READ_BYTES = 1 << 23
PARQUET_ROWS = 1 << 16
POINTERS_AT_MOST = 4
MODIFIERS_AT_MOST = 4

# A spreadsheet that took a long number for a quantity: the digits are lost.
_EXPONENT = re.compile(r"\d(\.\d+)?E\+\d+", re.IGNORECASE)
_AMOUNT = re.compile(r"[+-]?(\d{1,14}(\.\d{0,2})?|\.\d{1,2})")
_QUANTITY = re.compile(r"\d{1,10}(\.\d{0,4})?")
_SEPARATORS = re.compile(r"[\s,;:|]+")
_DATES = ("%Y-%m-%d", "%Y%m%d", "%m/%d/%Y")
_DATE = re.compile(r"(\d{4}-\d{2}-\d{2}|\d{8}|\d{1,2}/\d{1,2}/\d{4})( 00:00:00(\.0+)?)?")


# --------------------------------------------------------------------------------------------------------------------
# Forms: how a cell is written. Each reader takes the trimmed text and raises ValueError where it is not so.
# --------------------------------------------------------------------------------------------------------------------
def _text(text: str) -> str:
    return text


def _identifier(text: str) -> str:
    if _EXPONENT.fullmatch(text):
        raise ValueError
    return text


def _code(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9.\-]+", text) or _EXPONENT.fullmatch(text):
        raise ValueError
    return text.upper()


def _date(text: str) -> date:
    if not _DATE.fullmatch(text):
        raise ValueError
    day = text.split(" ")[0]
    form = _DATES[0] if "-" in day else _DATES[2] if "/" in day else _DATES[1]
    return datetime.strptime(day, form).date()


def _amount(text: str) -> Decimal:
    if not _AMOUNT.fullmatch(text):
        raise ValueError
    return Decimal(text)


def _quantity(text: str) -> Decimal:
    if not _QUANTITY.fullmatch(text):
        raise ValueError
    return Decimal(text)


def _ordinal(text: str) -> int:
    if not re.fullmatch(r"[1-9]\d{0,3}", text):
        raise ValueError
    return int(text)


def _modifiers(text: str) -> str:
    parts = _SEPARATORS.sub(" ", text.strip()).upper().split()
    if len(parts) > MODIFIERS_AT_MOST or not all(re.fullmatch(r"[A-Z0-9]{2}", part) for part in parts):
        raise ValueError
    return " ".join(parts)


def _diagnoses(text: str) -> str:
    parts = _SEPARATORS.sub(" ", text.strip()).replace(".", "").upper().split()
    if not all(re.fullmatch(r"[A-Z0-9]{3,7}", part) for part in parts):
        raise ValueError
    return " ".join(parts)


def _pointers(text: str) -> str:
    """Ordinals, or the letters of the paper claim, which may stand without separators: `AB` is `1 2`."""
    parts = _SEPARATORS.sub(" ", text.strip()).upper().split()
    numbers = [str(ord(letter) - ord("A") + 1) for part in parts if part.isalpha() for letter in part]
    numbers += [str(int(part)) for part in parts if not part.isalpha()]
    if not 0 < len(numbers) <= POINTERS_AT_MOST or not all(1 <= int(number) <= 12 for number in numbers):
        raise ValueError
    return " ".join(numbers)


def _one_of(*values: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text.upper() not in values:
            raise ValueError
        return text.upper()

    return read


@dataclass(frozen=True)
class Form:
    """How a cell is written: in words, for people, and as a reader."""

    expected: str
    read: Callable[[str], object]


TEXT = Form("text", _text)
IDENTIFIER = Form("as it was sent; in a spreadsheet, format the column as text, so that no digit is lost", _identifier)
CODE = Form("a code of letters and digits", _code)
DATE = Form("a calendar day: 2026-01-31, 20260131 or 01/31/2026", _date)
AMOUNT = Form("US dollars, as 1250.00, without $ and commas", _amount)
QUANTITY = Form("a number, as 1 or 0.5", _quantity)
ORDINAL = Form("a whole number from 1", _ordinal)
MODIFIERS = Form("up to four modifiers of two characters, with blanks between: 25 59", _modifiers)
DIAGNOSES = Form("codes with or without dots, the primary first, with blanks between: M54.50 M54.12", _diagnoses)
POINTERS = Form("up to four positions in diagnosis_codes, the primary first: 1 2, or A B", _pointers)


@dataclass(frozen=True)
class Field:
    """One column of a layout: its name in the file, the column of tables.py that it fills, and how it is written."""

    name: str
    form: Form
    example: str
    column: str = ""
    is_required: bool = False
    default: str | None = None
    meaning: str = ""

    @property
    def fills(self) -> str:
        return self.column or self.name

    @property
    def words(self) -> str:
        return self.meaning or COLUMNS[self.fills].meaning


@dataclass(frozen=True)
class Layout:
    """One kind of extract: `claim` columns are alike on all rows of a claim, `line` columns belong to the row."""

    name: str
    claim: tuple[Field, ...]
    line: tuple[Field, ...]

    @property
    def fields(self) -> tuple[Field, ...]:
        return self.claim + self.line

    def field(self, name: str) -> Field:
        return next(one for one in self.fields if one.name == name)

    @property
    def required(self) -> list[str]:
        return [one.name for one in self.fields if one.is_required]


_PATIENT = (
    Field("patient_last_name", TEXT, "SAMPLE"),
    Field("patient_first_name", TEXT, "ALEX"),
    Field("patient_birth_date", DATE, "1960-01-31"),
)
CLAIMS = Layout(
    "claims",
    claim=(
        Field("patient_control_number", IDENTIFIER, "SAMPLE-0001", is_required=True),
        Field("payer_id", IDENTIFIER, "MMH01", "submitted_payer_id"),
        Field("payer_name", TEXT, "MERIDIAN MUTUAL HEALTH", "submitted_payer_name"),
        Field("member_id", IDENTIFIER, "MMH00000001", "subscriber_id", is_required=True),
        *_PATIENT,
        Field("billing_provider_npi", IDENTIFIER, "2999900110"),
        Field("submission_date", DATE, "2026-02-03", "transaction_date"),
        Field("claim_type", Form("P, I or D", _one_of("P", "I", "D")), "P", default="P"),
        Field("claim_frequency_code", CODE, "1", default="1"),
        Field("original_claim_number", IDENTIFIER, ""),
        Field("diagnosis_codes", DIAGNOSES, "M54.50 M54.12"),
        Field("diagnosis_code_set", Form("ICD-10 or ICD-9", _one_of("ICD-10", "ICD-9")), "ICD-10", default="ICD-10"),
    ),
    line=(
        Field("line_number", ORDINAL, "1"),
        Field("line_control_number", IDENTIFIER, "SAMPLE-0001-1"),
        Field("procedure_code", CODE, "99213"),
        Field("modifiers", MODIFIERS, "25"),
        Field("revenue_code", CODE, ""),
        Field("place_of_service_code", CODE, "11"),
        Field("units", QUANTITY, "1", "line_units", default="1"),
        Field("charge_amount", AMOUNT, "150.00", is_required=True),
        Field("service_date", DATE, "2026-01-31", is_required=True),
        Field("service_end_date", DATE, ""),
        Field("diagnosis_pointers", POINTERS, "1 2"),
        Field(
            "line_diagnosis_codes",
            DIAGNOSES,
            "",
            "diagnosis_codes",
            meaning="the line's own diagnoses, for systems that hold them by line; stronger than diagnosis_pointers",
        ),
    ),
)
PAID_HISTORY = Layout(
    "paid-history",
    claim=(),
    line=(
        Field("payer_id", IDENTIFIER, "MMH01"),
        Field("payer_name", TEXT, "MERIDIAN MUTUAL HEALTH"),
        Field("member_id", IDENTIFIER, "MMH00000001", is_required=True),
        *_PATIENT,
        Field("billing_provider_npi", IDENTIFIER, "2999900110", "payee_npi"),
        Field("claim_number", IDENTIFIER, "MMH2603100001", "payer_claim_control_number", is_required=True),
        Field("trace_number", IDENTIFIER, "EFT0001"),
        Field("procedure_code", CODE, "99213", is_required=True),
        Field("modifiers", MODIFIERS, "25"),
        Field("place_of_service_code", CODE, "11"),
        Field("diagnosis_codes", DIAGNOSES, "M54.50", meaning="diagnoses that the line pointed to, the primary first"),
        Field("diagnosis_code_set", Form("ICD-10 or ICD-9", _one_of("ICD-10", "ICD-9")), "ICD-10", default="ICD-10"),
        Field("units", QUANTITY, "1", "line_units"),
        Field("service_date", DATE, "2024-01-31", is_required=True),
        Field("paid_date", DATE, "2024-02-20", "payment_date", is_required=True),
        Field("charge_amount", AMOUNT, "150.00"),
        Field(
            "paid_amount",
            AMOUNT,
            "80.00",
            is_required=True,
            meaning="what the payer paid; a negative amount takes a payment back",
        ),
        Field("allowed_amount", AMOUNT, "100.00"),
    ),
)
LAYOUTS = (CLAIMS, PAID_HISTORY)


def template(layout: Layout) -> str:
    """The header and one synthetic row, as CSV."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow([one.name for one in layout.fields])
    writer.writerow([one.example for one in layout.fields])
    return stream.getvalue()


def description(layout: Layout) -> str:
    """Every column of a layout as a Markdown table."""
    lines = ["| column | needed | meaning | how it is written |", "|---|---|---|---|"]
    for one in layout.fields:
        needed = "yes" if one.is_required else f"no: {one.default}" if one.default else "no"
        lines.append(f"| {one.name} | {needed} | {one.words} | {one.form.expected} |")
    return "\n".join(lines)


# --------------------------------------------------------------------------------------------------------------------
# Recognise
# --------------------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Header:
    """What the beginning of a file says: its layout, how its columns are called here (None: not known), and its syntax."""

    layout: Layout
    names: tuple[str | None, ...]
    delimiter: str = ""

    @property
    def is_parquet(self) -> bool:
        return not self.delimiter


def recognise(path: Path, renames: Mapping[str, str] | None = None) -> Header | None:
    """The header of an extract, or None where the file is none. `renames`: a site's column names to ours.

    Raises Quarantine where it is one, but columns are missing, stand twice or hold no single values; OSError.
    """
    with path.open("rb") as stream:
        head = stream.read(HEADER_BYTES)
    if head.startswith(PARQUET_MAGIC):
        try:
            schema = pq.read_schema(path)
        except pa.ArrowInvalid:
            raise Quarantine("parquet_damaged", "The Parquet file is cut off or damaged: export it again.") from None
        header = _header(schema.names, renames or {}, "")
        if header:
            _prove_single_values(schema, header)
        return header
    first_line = head.removeprefix(codecs.BOM_UTF8).decode("utf-8", errors="replace").splitlines()[:1]
    if not first_line or first_line[0].startswith("ISA"):
        return None
    for mark in DELIMITERS:
        if mark in first_line[0] and (header := _header(next(csv.reader(first_line, delimiter=mark), []), renames or {}, mark)):
            return header
    return None


def _header(written: list[str], renames: Mapping[str, str], delimiter: str) -> Header | None:
    own = {_plain_name(theirs): ours for theirs, ours in renames.items()}
    plain = [_plain_name(name) for name in written]
    called = [own.get(name, name) for name in plain]
    if OWN_TABLE_COLUMN in called:  # our worklist, or a work log, put into the inbox by mistake
        return None
    layout = max(LAYOUTS, key=lambda one: sum(name in called for name in one.required))
    known = {one.name for one in layout.fields}
    present = [name for name in layout.required if name in called]
    if len(present) * 2 < len(layout.required):
        return None
    missing = [name for name in layout.required if name not in called]
    if missing:
        raise Quarantine(
            "extract_columns_missing",
            f"It is a {layout.name} extract without the column{'s' * (len(missing) > 1)} {', '.join(missing)}: add them (see "
            "`remit835 extract-template`), or say under extract_columns in the configuration what they are called.",
        )
    twice = sorted({name for name in called if name in known and called.count(name) > 1})
    if twice:
        raise Quarantine("extract_column_twice", f"The column {', '.join(twice)} stands twice in the header: keep one.")
    return Header(layout, tuple(name if name in known else None for name in called), delimiter)


def _prove_single_values(schema: pa.Schema, header: Header) -> None:
    """Raises Quarantine where a column that we know holds lists, structures or bytes: read as text they would be empty."""
    nested = [field.name for field, name in zip(schema, header.names, strict=True) if name and not _is_single(field.type)]
    if nested:
        raise Quarantine(
            "extract_column_not_single",
            f"The column {', '.join(nested)} holds lists, structures or bytes: export one value a cell, several diagnoses or "
            "modifiers with blanks between (see `remit835 extract-template`).",
        )


def _is_single(type_: pa.DataType) -> bool:
    """Whether a value is a text, a number, a day or the like, that can be written as text."""
    value_type = type_.value_type if pa.types.is_dictionary(type_) else type_
    is_text = pa.types.is_string(value_type) or pa.types.is_large_string(value_type) or pa.types.is_string_view(value_type)
    is_number = pa.types.is_integer(value_type) or pa.types.is_floating(value_type) or pa.types.is_decimal(value_type)
    is_day_or_time = pa.types.is_temporal(value_type) and not pa.types.is_interval(value_type)
    return is_text or is_number or is_day_or_time or pa.types.is_boolean(value_type) or pa.types.is_null(value_type)


def _plain_name(name: str) -> str:
    return re.sub(r"[\s\-]+", "_", name.strip().lower())


# --------------------------------------------------------------------------------------------------------------------
# Read
# --------------------------------------------------------------------------------------------------------------------
@dataclass
class _Reading:
    """One file while it is read."""

    file_id: str
    header: Header
    emit: Emit
    rows: int = 0
    refused: int = 0
    claims: int = 0
    lines: int = 0


@dataclass
class _Rows:
    """Some rows as text, by the names of the layout; `written` has every column of the file, for rows that are refused."""

    numbers: np.ndarray
    texts: dict[str, pa.Array]
    written: pa.Table

    def __len__(self) -> int:
        return len(self.numbers)

    def take(self, positions: np.ndarray) -> _Rows:
        chosen = pa.array(positions)
        return _Rows(
            self.numbers[positions], {name: text.take(chosen) for name, text in self.texts.items()}, self.written.take(chosen)
        )


def read_extract(path: Path, file_id: str, header: Header, emit: Emit) -> FileSummary:
    """Read one extract and hand its facts to `emit(table_name, rows)`, some thousand rows at a time.

    Raises Quarantine where the file as a whole cannot be read, before anything is emitted; OSError.
    """
    digest, encoding = _digest_and_encoding(path)
    reading = _Reading(file_id, header, emit)
    _report_columns(reading, encoding)
    is_scattered = header.layout is CLAIMS and _are_claims_scattered(path, encoding, replace(reading, emit=_leave))
    held: _Rows | None = None
    for rows in _all_rows(path, encoding, reading):
        reading.rows += len(rows)
        good, values = _validated(rows, reading)
        if header.layout is PAID_HISTORY:
            _emit_history(good, values, reading)
        elif is_scattered:
            held = good if held is None else _joined(held, good)
        else:
            good = good if held is None else _joined(held, good)
            first_of_last = _claim_starts(good)[-1:] if len(good) else np.zeros(0, np.int64)
            cut = int(first_of_last[0]) if len(first_of_last) else 0
            _emit_claims(good.take(np.arange(cut)), reading)
            held = good.take(np.arange(cut, len(good)))
    if held is not None:
        _emit_claims(held.take(_by_claim(held)) if is_scattered else held, reading)
    return FileSummary(
        kind=KIND,
        file_status="accepted",
        sha256=digest,
        interchange_count=0,
        transaction_count=0,
        segment_count=reading.rows,
        typed_segment_count=reading.rows - reading.refused,
        kept_segment_count=reading.refused,
        claim_count=reading.claims,
        line_count=reading.lines,
    )


def _digest_and_encoding(path: Path) -> tuple[str, str]:
    """SHA-256 of the bytes, and utf8 or, where they are none, latin-1."""
    digest, decoder, encoding = hashlib.sha256(), codecs.getincrementaldecoder("utf-8")(), "utf8"
    with path.open("rb") as stream:
        while block := stream.read(READ_BYTES):
            digest.update(block)
            if encoding == "utf8":
                try:
                    decoder.decode(block)
                except UnicodeDecodeError:
                    encoding = "latin-1"
    return digest.hexdigest(), encoding


def _all_rows(path: Path, encoding: str, reading: _Reading) -> Iterator[_Rows]:
    header = reading.header
    return _parquet_rows(path, header) if header.is_parquet else _csv_rows(path, header, encoding, reading)


def _leave(table_name: str, rows: pa.Table) -> None:
    """Takes facts for a reading that only looks."""


def _are_claims_scattered(path: Path, encoding: str, reading: _Reading) -> bool:
    """Whether rows of other claims stand between the rows of one."""
    begun: list[pa.Array] = []
    for rows in _all_rows(path, encoding, reading):
        starts = _claim_starts(rows)
        keys = _claim_keys(rows).take(pa.array(starts))
        is_continued = begun and len(keys) and len(begun[-1]) and begun[-1][-1] == keys[0]
        begun.append(keys.slice(1) if is_continued else keys)
    claims = pa.chunked_array(begun, pa.string())
    return pc.count_distinct(claims).as_py() < len(claims)


def _claim_keys(rows: _Rows) -> pa.Array:
    """The columns of the claim as one text."""
    texts = [rows.texts[one.name].fill_null("") for one in CLAIMS.claim if one.name in rows.texts]
    return pc.binary_join_element_wise(*texts, "\x1f")


def _by_claim(rows: _Rows) -> np.ndarray:
    """Positions of the rows, claim by claim, in the order in which the claims begin."""
    return np.argsort(np.asarray(_claim_keys(rows).dictionary_encode().indices), kind="stable")


def _csv_rows(path: Path, header: Header, encoding: str, reading: _Reading) -> Iterator[_Rows]:
    """The rows of a CSV as text. A row with more or fewer cells than the header is refused here."""
    skipped: list[int] = []

    def refuse(row: pa.csv.InvalidRow) -> str:
        skipped.append(row.number)
        _refuse(reading, np.array([row.number]), [row.text])
        _emit_findings(
            reading, "extract_row_length", np.array([row.number]), None, str(row.expected_columns), [str(row.actual_columns)]
        )
        reading.rows += 1
        return "skip"

    names = [f"column_{position}" for position in range(len(header.names))]
    try:
        batches = pa.csv.open_csv(
            path,
            pa.csv.ReadOptions(use_threads=False, block_size=READ_BYTES, column_names=names, skip_rows=1, encoding=encoding),
            pa.csv.ParseOptions(
                delimiter=header.delimiter, newlines_in_values=True, invalid_row_handler=refuse, ignore_empty_lines=False
            ),
            pa.csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False),
        )
    except pa.ArrowInvalid:  # Arrow says so where there is a header and no row
        return
    next_number = 2
    for batch in batches:
        numbers = np.setdiff1d(np.arange(next_number, next_number + batch.num_rows + len(skipped)), skipped)[: batch.num_rows]
        if len(numbers):
            next_number = int(numbers[-1]) + 1
            yield _rows(numbers, pa.Table.from_batches([batch]), header)


def _parquet_rows(path: Path, header: Header) -> Iterator[_Rows]:
    next_number = 1
    for batch in pq.ParquetFile(path).iter_batches(PARQUET_ROWS):
        columns = [
            _as_text(column) if _is_single(column.type) else pa.nulls(len(column), pa.string())  # one that nobody asks for
            for column in batch.columns
        ]
        names = [f"column_{position}" for position in range(len(columns))]
        yield _rows(np.arange(next_number, next_number + batch.num_rows), pa.table(columns, names=names), header)
        next_number += batch.num_rows


def _as_text(column: pa.Array) -> pa.Array:
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.date32(), safe=False)
    return column.cast(pa.string())


def _rows(numbers: np.ndarray, written: pa.Table, header: Header) -> _Rows:
    texts = {}
    for position, name in enumerate(header.names):
        if name is not None:
            trimmed = pc.utf8_trim_whitespace(written.column(position).combine_chunks())
            texts[name] = pc.if_else(pc.equal(trimmed, ""), pa.scalar(None, pa.string()), trimmed)
    return _Rows(numbers, texts, written)


def _joined(first: _Rows, second: _Rows) -> _Rows:
    return _Rows(
        np.concatenate([first.numbers, second.numbers]),
        {name: pa.concat_arrays([text, second.texts[name]]) for name, text in first.texts.items()},
        pa.concat_tables([first.written, second.written]),
    )


# --------------------------------------------------------------------------------------------------------------------
# Validate
# --------------------------------------------------------------------------------------------------------------------
def _validated(rows: _Rows, reading: _Reading) -> tuple[_Rows, dict[str, pa.Array]]:
    """The rows without a wrong cell, and their values by field. The others are refused, each wrong cell with its finding."""
    refused = np.zeros(len(rows), bool)
    values = {}
    for one in reading.header.layout.fields:
        values[one.name], is_wrong = _read(one, rows)
        _emit_findings(reading, "extract_value_invalid", rows.numbers[is_wrong], one, one.form.expected)
        is_missing = np.asarray(rows.texts[one.name].is_null()) if one.is_required else np.zeros(len(rows), bool)
        _emit_findings(reading, "extract_value_missing", rows.numbers[is_missing], one, one.form.expected)
        refused |= is_wrong | is_missing
    for name, finding_code, is_wrong in _contradictions(values, reading.header.layout, refused):
        one = reading.header.layout.field(name)
        _emit_findings(reading, finding_code, rows.numbers[is_wrong], one, one.form.expected)
        refused |= is_wrong
    where = np.flatnonzero(refused)
    _refuse(reading, rows.numbers[where], _raw(rows.take(where)))
    kept = np.flatnonzero(~refused)
    return rows.take(kept), {name: value.take(pa.array(kept)) for name, value in values.items()}


def _read(one: Field, rows: _Rows) -> tuple[pa.Array, np.ndarray]:
    """The values of a column and where they are wrong. A value is read once, however often it stands in the column."""
    texts = rows.texts.get(one.name)
    if texts is None:
        texts = pa.nulls(len(rows), pa.string())
    encoded = texts.dictionary_encode()
    read, wrong = [], []
    for text in encoded.dictionary.to_pylist():
        try:
            read.append(one.form.read(text))
            wrong.append(False)
        except ValueError:
            read.append(None)
            wrong.append(True)
    type_ = COLUMNS[one.fills].arrow_type
    values = pa.array(read, type_).take(encoded.indices)
    if one.default is not None:
        values = values.fill_null(pa.scalar(one.form.read(one.default), type_))
    is_wrong = np.asarray(pc.fill_null(pa.array(wrong, pa.bool_()).take(encoded.indices), False))
    return values, is_wrong


def _contradictions(values: dict[str, pa.Array], layout: Layout, refused: np.ndarray) -> Iterator[tuple[str, str, np.ndarray]]:
    """Cells that are well written and cannot be true together: column, finding, where."""

    def where(condition: pa.Array) -> np.ndarray:
        return np.asarray(pc.fill_null(condition, False)) & ~refused

    if layout is PAID_HISTORY:
        yield "payer_id", "extract_value_missing", where(pc.and_(values["payer_id"].is_null(), values["payer_name"].is_null()))
        return
    yield (
        "procedure_code",
        "extract_value_missing",
        where(pc.and_(values["procedure_code"].is_null(), values["revenue_code"].is_null())),
    )
    yield "service_end_date", "extract_range_reversed", where(pc.less(values["service_end_date"], values["service_date"]))
    codes = pc.list_value_length(pc.split_pattern(pc.fill_null(values["diagnosis_codes"], ""), " "))
    codes = pc.if_else(values["diagnosis_codes"].is_null(), 0, codes)
    highest = _by_distinct(values["diagnosis_pointers"], lambda text: max(map(int, text.split())), pa.int64())
    yield "diagnosis_pointers", "extract_pointer_wrong", where(pc.greater(highest, codes))


def _by_distinct(texts: pa.Array, function: Callable[[str], object], type_: pa.DataType) -> pa.Array:
    """`function` of each text, computed once for each distinct one; null stays null."""
    encoded = texts.dictionary_encode()
    return pa.array([function(text) for text in encoded.dictionary.to_pylist()], type_).take(encoded.indices)


def _raw(rows: _Rows) -> list[str]:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="")
    lines = []
    for row in rows.written.to_pylist():
        writer.writerow(row.values())
        lines.append(stream.getvalue())
        stream.seek(0)
        stream.truncate()
    return lines


def _refuse(reading: _Reading, numbers: np.ndarray, texts: list[str]) -> None:
    if len(numbers):
        reading.refused += len(numbers)
        _emit(
            reading,
            "other_segment",
            {
                "segment_index": pa.array(numbers),
                "segment_id": pa.repeat("row", len(numbers)),
                "kept_because": pa.repeat("refused", len(numbers)),
                "raw_text": pa.array(texts, pa.string()),
            },
        )


def _report_columns(reading: _Reading, encoding: str) -> None:
    positions = [position for position, name in enumerate(reading.header.names, 1) if name is None]
    for position in positions:
        _emit_findings(reading, "extract_column_unknown", np.array([1]), None, None, position=position)
    if encoding != "utf8" and not reading.header.is_parquet:
        _emit_findings(reading, "latin1_bytes", np.array([1]), None, None)


def _emit_findings(
    reading: _Reading,
    finding_code: str,
    numbers: np.ndarray,
    one: Field | None,
    expected: str | None,
    actual: list[str] | None = None,
    position: int = 0,
) -> None:
    """One finding a row: `segment_id` is the column's name, `element_position` its place in the file."""
    if not len(numbers):
        return
    kind, count = KINDS[finding_code], len(numbers)
    if one is not None and one.name in reading.header.names:
        position = reading.header.names.index(one.name) + 1
    _emit(
        reading,
        "finding",
        {
            "segment_index": pa.array(numbers),
            "finding_code": pa.repeat(finding_code, count),
            "element_position": pa.repeat(position, count),
            "category": pa.repeat(kind.category, count),
            "severity": pa.repeat(kind.severity, count),
            "segment_id": pa.array([one.name if one else None] * count, pa.string()),
            "expected": pa.array([expected] * count, pa.string()),
            "actual": pa.array(actual or [None] * count, pa.string()),
            "message": pa.repeat(kind.message, count),
        },
    )


# --------------------------------------------------------------------------------------------------------------------
# Emit
# --------------------------------------------------------------------------------------------------------------------
def _emit(reading: _Reading, table_name: str, columns: dict[str, pa.Array]) -> None:
    """Rows in the schema of tables.py; a column that an extract does not know is empty."""
    schema = schema_of(table_name)
    count = len(next(iter(columns.values())))
    columns = {"file_id": pa.repeat(reading.file_id, count)} | columns
    arrays = [columns[one.name].cast(one.type) if one.name in columns else pa.nulls(count, one.type) for one in schema]
    reading.emit(table_name, pa.table(arrays, schema=schema))


def _emit_history(rows: _Rows, values: dict[str, pa.Array], reading: _Reading) -> None:
    if len(rows):
        reading.lines += len(rows)
        named = {one.fills: values[one.name] for one in PAID_HISTORY.fields}
        _emit(reading, "paid_history", {"segment_index": pa.array(rows.numbers)} | named)


def _claim_starts(rows: _Rows) -> np.ndarray:
    """Positions at which a claim begins: where one of the claim's columns differs from the row before."""
    starts = np.zeros(len(rows), bool)
    starts[:1] = True
    for one in CLAIMS.claim:
        if one.name in rows.texts:
            texts = rows.texts[one.name].fill_null("")
            starts[1:] |= np.asarray(pc.not_equal(texts[1:], texts[:-1]))
    return np.flatnonzero(starts)


def _emit_claims(rows: _Rows, reading: _Reading) -> None:
    """Whole claims: their lines, their diagnoses and themselves."""
    if not len(rows):
        return
    values = {one.name: _read(one, rows)[0] for one in CLAIMS.fields}
    starts = _claim_starts(rows)
    counts = np.diff(np.append(starts, len(rows)))
    claim = np.repeat(np.arange(len(starts)), counts)
    lines = _lines(rows, values, starts, counts, claim)
    claims = _claims(rows, values, lines, starts, counts, claim)
    _emit(reading, "submitted_claim", claims)
    _emit(reading, "submitted_line", lines)
    _emit_diagnoses(claims, reading)
    reading.claims += len(starts)
    reading.lines += len(rows)


def _lines(
    rows: _Rows, values: dict[str, pa.Array], starts: np.ndarray, counts: np.ndarray, claim: np.ndarray
) -> dict[str, pa.Array]:
    """Diagnoses of a line: its own, else those it points to, else all of the claim's, which is weaker."""
    named = ("line_control_number", "procedure_code", "revenue_code", "place_of_service_code", "charge_amount", "service_date")
    ordinal = pa.array(np.arange(len(rows)) - np.repeat(starts, counts) + 1)
    pointed = pa.array(
        [
            " ".join(codes.split()[int(number) - 1] for number in pointers.split()) if pointers else None
            for codes, pointers in zip(
                values["diagnosis_codes"].to_pylist(), values["diagnosis_pointers"].to_pylist(), strict=True
            )
        ],
        pa.string(),
    )
    own = pc.coalesce(values["line_diagnosis_codes"], pointed)
    codes = pc.coalesce(own, values["diagnosis_codes"])
    modifiers = [(text or "").split() for text in values["modifiers"].to_pylist()]
    return {
        **{name: values[name] for name in named},
        "segment_index": pa.array(rows.numbers),
        "claim_segment_index": pa.array(rows.numbers[starts][claim]),
        "line_number": pc.coalesce(values["line_number"], ordinal),
        "line_units": values["units"],
        "service_end_date": pc.coalesce(values["service_end_date"], values["service_date"]),
        "diagnosis_pointers": values["diagnosis_pointers"],
        "diagnosis_codes": codes,
        "diagnosis_basis": pc.if_else(own.is_valid(), "pointer", pc.if_else(codes.is_valid(), "claim", "unknown")),
        **{
            f"modifier_{place + 1}": pa.array([parts[place] if place < len(parts) else None for parts in modifiers], pa.string())
            for place in range(MODIFIERS_AT_MOST)
        },
    }


def _claims(
    rows: _Rows,
    values: dict[str, pa.Array],
    lines: dict[str, pa.Array],
    starts: np.ndarray,
    counts: np.ndarray,
    claim: np.ndarray,
) -> dict[str, pa.Array]:
    first = pa.array(starts)
    # The sum of the lines is the charge; cents are exact in whole numbers.
    cents = np.asarray(pc.multiply(values["charge_amount"], Decimal(100)).cast(pa.int64()))
    charges = [Decimal(int(total)).scaleb(-2) for total in np.add.reduceat(cents, starts)]
    # Where a system holds diagnoses by line, the claim has those of its lines, in order.
    gathered: list[dict[str, None]] = [{} for _ in starts]
    for number, codes in zip(claim.tolist(), lines["diagnosis_codes"].to_pylist(), strict=True):
        gathered[number].update(dict.fromkeys((codes or "").split()))
    joined = pa.array([" ".join(codes) or None for codes in gathered], pa.string())
    codes = pc.coalesce(values["diagnosis_codes"].take(first), joined)
    days = pa.table({"claim": pa.array(claim), "day": values["service_date"], "end": lines["service_end_date"]})
    span = days.group_by("claim").aggregate([("day", "min"), ("end", "max")]).sort_by("claim")
    by_claim = {one.fills: values[one.name].take(first) for one in CLAIMS.claim}
    return {
        **by_claim,
        "segment_index": pa.array(rows.numbers[starts]),
        "subscriber_last_name": by_claim["patient_last_name"],
        "subscriber_first_name": by_claim["patient_first_name"],
        "subscriber_birth_date": by_claim["patient_birth_date"],
        "charge_amount": pa.array(charges, COLUMNS["charge_amount"].arrow_type),
        "statement_from_date": span["day_min"].combine_chunks(),
        "statement_to_date": span["end_max"].combine_chunks(),
        "diagnosis_codes": codes,
        "principal_diagnosis_code": _by_distinct(codes, lambda text: text.split()[0], pa.string()),
        "line_count": pa.array(counts),
    }


def _emit_diagnoses(claims: dict[str, pa.Array], reading: _Reading) -> None:
    lists = pc.split_pattern(pc.drop_null(claims["diagnosis_codes"]), " ")
    has_codes = claims["diagnosis_codes"].is_valid()
    if not len(lists):
        return
    numbers = claims["segment_index"].filter(has_codes).take(pc.list_parent_indices(lists))
    lengths = np.asarray(pc.list_value_length(lists))
    positions = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths) + 1
    _emit(
        reading,
        "submitted_diagnosis",
        {
            "segment_index": numbers,
            "diagnosis_position": pa.array(positions),
            "claim_segment_index": numbers,
            "diagnosis_code": pc.list_flatten(lists),
            "diagnosis_code_set": claims["diagnosis_code_set"].filter(has_codes).take(pc.list_parent_indices(lists)),
        },
    )
