"""The worklist as a spreadsheet (XLSX), made for a biller who fills in what was done.

xlsxwriter makes the book with everything but the rows: header, filters, rules, colours, definitions. The rows are put into its
sheet as text, many at a time: cell by cell, a worklist of 50,000 rows took longer than the rest of the night.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import xlsxwriter

from pipeline.tables import TABLES, Column
from pipeline.work_log import DATE_COLUMNS, FILL_IN_COLUMNS, FILL_IN_MEANINGS

WORKLIST = "worklist"
TEXT_TYPES = ("text", "code")
ROWS_AT_A_TIME = 2_500
# What the xlsx format holds: rows of a sheet, its header included; characters of a cell, and of a list inside a cell's rule.
SHEET_ROWS, CELL_CHARACTERS, LIST_CHARACTERS = 1_048_576, 32_767, 255
# More rows may be more than the 2 GiB that a plain archive takes in one part; some Excels want to repair the other kind.
PLAIN_ZIP_ROWS = 250_000
# Packs in half the time of the usual level 6, for a fifth more bytes.
LEVEL = 3
# Where the book keeps its first sheet, and its rows in there.
FIRST_SHEET, FIRST_ROW, ROWS_END = "xl/worksheets/sheet1.xml", '<row r="2"', "</sheetData>"
STYLED_CELL = re.compile(r'<c r="([A-Z]+)2" s="(\d+)"')
# Day 1 is 1900-01-01, and there is a 29th of February 1900. Arrow counts days from 1970-01-01.
DAY_ZERO, LEAP_DAY = (date(1899, 12, 31) - date(1970, 1, 1)).days, 59
NOT_IN_XML = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]|_(?=x[0-9a-fA-F]{4}_)")
# What may have to be written in another way: whatever is not plain ASCII is looked at.
ODD_IN_XML = "[^ -~]|[&<>]|_x"


@dataclass(frozen=True)
class Tier:
    """Rows whose deadline is at most `days_left` days away are shown in this colour; the first tier that fits counts."""

    name: str
    days_left: int
    colour: str


DEADLINE_TIERS = (Tier("passed", -1, "#D9D9D9"), Tier("within a week", 7, "#F8CBAD"), Tier("within a month", 30, "#FFE699"))


def write_spreadsheet(
    path: Path, columns: Sequence[Column], rows: pa.Table, as_of: date, choices: Mapping[str, Sequence[str]]
) -> None:
    """The worklist as a sheet with a fixed header, filters, deadline colours and columns to fill in, and a second sheet with what
    each column means. Identifiers are text, money and counts numbers, dates dates; so are the cells to fill in."""
    shown = rows.slice(0, SHEET_ROWS - 1)
    frame = io.BytesIO()
    _write_frame(frame, columns, shown.num_rows, as_of, choices, left_out=rows.num_rows - shown.num_rows)
    with zipfile.ZipFile(frame) as made, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=LEVEL) as book:
        for part in made.infolist():
            content = made.read(part)
            if part.filename == FIRST_SHEET and shown.num_rows:
                with book.open(part.filename, "w", force_zip64=shown.num_rows > PLAIN_ZIP_ROWS) as sheet:
                    for text in _filled(content.decode(), columns, shown):
                        sheet.write(text.encode())
            else:
                book.writestr(part, content)


def _write_frame(
    frame: io.BytesIO,
    columns: Sequence[Column],
    row_count: int,
    as_of: date,
    choices: Mapping[str, Sequence[str]],
    left_out: int,
) -> None:
    """The book without its rows: instead of them, a first row that shows the style of each column, and the end of the last."""
    book = xlsxwriter.Workbook(frame, {"in_memory": True})  # it is small: no files for its parts
    book.set_properties({"title": f"Worklist as of {as_of}", "created": datetime.combine(as_of, time())})
    header = book.add_format({"bold": True, "bg_color": "#DDEBF7", "bottom": 1})
    formats = {"money": book.add_format({"num_format": "#,##0.00"}), "date": book.add_format({"num_format": "yyyy-mm-dd"})}
    sheet = book.add_worksheet("Worklist")
    sheet.freeze_panes(1, 1)
    last = len(columns) + len(FILL_IN_COLUMNS) - 1
    for position, column in enumerate(columns):
        sheet.set_column(position, position, _width(column))
        sheet.write_string(0, position, column.name, header)
        if row_count and column.type in formats:
            sheet.write_blank(1, position, None, formats[column.type])
    if row_count:
        sheet.write_blank(row_count, last, None, header)
    _write_fill_in(book, sheet, len(columns), row_count, choices)
    sheet.autofilter(0, 0, row_count, last)
    _colour_deadlines(book, sheet, [column.name for column in columns], row_count)
    _write_definitions(book, columns, header, as_of, left_out)
    book.close()


def _filled(sheet: str, columns: Sequence[Column], rows: pa.Table) -> Iterator[str]:
    """The text of the first sheet with these rows in it."""
    begin, end = sheet.index(FIRST_ROW), sheet.index(ROWS_END)
    styles = dict(STYLED_CELL.findall(sheet, begin, end))
    yield sheet[:begin]
    number = 2
    for batch in rows.to_batches(max_chunksize=ROWS_AT_A_TIME):
        numbers = pa.array(range(number, number + batch.num_rows)).cast(pa.string())
        cells = []
        for position, (column, values) in enumerate(zip(columns, batch.columns, strict=True)):
            letters = xlsxwriter.utility.xl_col_to_name(position)
            content = _cells(column, styles.get(letters, "0"), values)
            cells.append(pc.binary_join_element_wise(f'<c r="{letters}', numbers, *content, ""))
        lines = pc.binary_join_element_wise('<row r="', numbers, '">', *cells, "</row>", "", null_handling="replace")
        yield "".join(lines.to_pylist())
        number += batch.num_rows
    yield sheet[end:]


def replaced(values: pa.Array, is_odd: Callable[[pa.Array], pa.Array], text: Callable[[str], str]) -> pa.Array:
    """Texts as they are, but for the odd ones: each different one of these is asked for once. A worklist has a million texts, and
    nearly all are plain."""
    encoded = values.dictionary_encode()
    different = encoded.dictionary
    odd = is_odd(different)
    if pc.any(odd).as_py():
        asked = [text(value) for value in different.filter(odd).to_pylist()]
        different = pc.replace_with_mask(different, odd, pa.array(asked, pa.string()))
    return different.take(encoded.indices)


def _cells(column: Column, style: str, values: pa.Array) -> tuple[str, pa.Array, str]:
    """What the cells of a column say after their place, in three pieces. A text is never run, whatever it begins with."""
    if column.type == "flag":
        return '" t="b"><v>', values.cast(pa.int8()).cast(pa.string()), "</v></c>"
    if column.type == "date":
        days = pc.subtract(values.cast(pa.int32()), DAY_ZERO)
        values = pc.if_else(pc.greater(days, LEAP_DAY), pc.add(days, 1), days)
    elif column.type in TEXT_TYPES:
        return '" t="inlineStr"><is><t xml:space="preserve">', replaced(values, _may_need_xml, _in_xml), "</t></is></c>"
    return f'" s="{style}"><v>', values.cast(pa.string()), "</v></c>"


def _may_need_xml(texts: pa.Array) -> pa.Array:
    return pc.or_(pc.match_substring_regex(texts, ODD_IN_XML), pc.greater(pc.utf8_length(texts), CELL_CHARACTERS))


def _in_xml(text: str) -> str:
    text = NOT_IN_XML.sub(lambda found: f"_x{ord(found[0]):04X}_", text[:CELL_CHARACTERS])
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _write_fill_in(
    book: xlsxwriter.Workbook,
    sheet: xlsxwriter.worksheet.Worksheet,
    first: int,
    row_count: int,
    choices: Mapping[str, Sequence[str]],
) -> None:
    """Empty columns with the format of what belongs into them: text stays text, so that the spreadsheet mangles no number."""
    title = book.add_format({"bold": True, "bg_color": "#E2EFDA", "bottom": 1})
    formats = {True: book.add_format({"num_format": "yyyy-mm-dd"}), False: book.add_format({"num_format": "@"})}
    for position, name in enumerate(FILL_IN_COLUMNS, start=first):
        is_date = name in DATE_COLUMNS
        sheet.set_column(position, position, 12 if is_date else 18, formats[is_date])
        sheet.write_string(0, position, name, title)
        if not row_count:
            continue
        if name in choices:
            rule = {"validate": "list", "source": _list_source(book, name, choices[name]), "error_title": "Not in the list"}
        elif is_date:
            rule = {"validate": "date", "criteria": ">=", "value": date(2000, 1, 1), "error_title": "Not a date"}
        else:
            continue
        sheet.data_validation(1, position, row_count, position, rule | {"error_message": "See the sheet Definitions."})


def _list_source(book: xlsxwriter.Workbook, name: str, values: Sequence[str]) -> list[str] | str:
    """A list of more than 255 characters has to stand in a sheet of its own."""
    if len(",".join(values)) <= LIST_CHARACTERS:
        return list(values)
    sheet = book.add_worksheet(name)
    sheet.hide()
    for number, value in enumerate(values):
        sheet.write_string(number, 0, value)
    return f"='{name}'!$A$1:$A${len(values)}"


def _width(column: Column) -> int:
    return {"money": 14, "date": 12, "count": 10, "index": 8, "flag": 8}.get(column.type, max(14, min(len(column.name) + 4, 28)))


def _colour_deadlines(
    book: xlsxwriter.Workbook, sheet: xlsxwriter.worksheet.Worksheet, names: Sequence[str], row_count: int
) -> None:
    if not row_count or "days_left" not in names or "deadline" not in names:
        return
    days = xlsxwriter.utility.xl_col_to_name(names.index("days_left"))
    for position in (names.index("deadline"), names.index("days_left")):
        for tier in DEADLINE_TIERS:
            rule = {
                "type": "formula",
                "criteria": f"=AND(ISNUMBER(${days}2), ${days}2<={tier.days_left})",
                "format": book.add_format({"bg_color": tier.colour}),
                "stop_if_true": True,
            }
            sheet.conditional_format(1, position, row_count, position, rule)


def _write_definitions(
    book: xlsxwriter.Workbook, columns: Sequence[Column], header: xlsxwriter.format.Format, as_of: date, left_out: int
) -> None:
    sheet = book.add_worksheet("Definitions")
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, 0, 30)
    sheet.set_column(1, 2, 10)
    sheet.set_column(3, 4, 60)
    for position, title in enumerate(("column", "type", "unit", "meaning", "where it comes from")):
        sheet.write_string(0, position, title, header)
    sources = TABLES[WORKLIST].sources
    for number, column in enumerate(columns, start=1):
        cells = (column.name, column.type, column.unit, column.meaning, sources.get(column.name, ""))
        for position, text in enumerate(cells):
            sheet.write_string(number, position, text)
    for number, name in enumerate(FILL_IN_COLUMNS, start=len(columns) + 1):
        sheet.write_string(number, 0, name)
        sheet.write_string(number, 3, FILL_IN_MEANINGS[name])
        sheet.write_string(number, 4, "to fill in; remit835 log takes the sheet back")
    legend = [(f"Worklist as of {as_of.isoformat()}.", None)]
    legend += [(f"Deadline {tier.name}: this colour.", book.add_format({"bg_color": tier.colour})) for tier in DEADLINE_TIERS]
    if left_out:
        legend.append((f"A sheet holds {SHEET_ROWS - 1:,} rows: the last {left_out:,} by rank stand in worklist.csv only.", None))
    for number, (line, colour) in enumerate(legend, start=len(columns) + len(FILL_IN_COLUMNS) + 3):
        sheet.write_string(number, 0, line, colour)
