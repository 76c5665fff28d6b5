"""The documents of a packet as files: plain text, DOCX, one HTML page, and PDF where LibreOffice is installed.

The same blocks give the same bytes, whenever they are written; of a PDF, LibreOffice writes the date into it.
"""

from __future__ import annotations

import html
import io
import re
import shutil
import subprocess
import tempfile
import textwrap
import zipfile
from collections.abc import Iterable
from datetime import date, datetime, time
from functools import cache
from pathlib import Path

import docx
from docx.enum.text import WD_COLOR_INDEX
from docx.shared import Inches, Pt

from pipeline.packet_text import BLANK, FACT, FACT_END, GAP, GAP_END, MARKS, Block, Document

WIDTH = 92
# What ZIP archives hold at the least: every part of a DOCX carries this day.
ZIP_DAY = (1980, 1, 1, 0, 0, 0)
PDF_SECONDS_EACH = 30
# Blocks of one kind of list stand together.
LISTED = {"number": "number", "point": "point", "ticked": "ticks", "open": "ticks", "small": "small"}
TICKS = {"ticked": "[x]", "open": "[ ]"}


# --------------------------------------------------------------------------------------------------------------------
# Plain text
# --------------------------------------------------------------------------------------------------------------------
def as_text(document: Document) -> str:
    """For any editor, in lines of at most WIDTH characters except where a value is longer."""
    parts: list[str] = []
    number = 0
    previous = ""
    for block in document.blocks:
        number = number + 1 if block.kind == "number" else 0
        text = _text_of(block, number)
        kind = LISTED.get(block.kind, "")
        parts += [text] if not parts or (kind and kind == previous) else ["", text]
        previous = kind
    return "\n".join(parts) + "\n"


def _text_of(block: Block, number: int) -> str:
    lines = [line.translate(MARKS) for line in block.lines]
    match block.kind:
        case "title":
            return f"{lines[0]}\n{'=' * len(lines[0])}"
        case "heading":
            return f"{lines[0]}\n{'-' * len(lines[0])}"
        case "lines":
            return "\n".join(lines)
        case "table":
            return _text_table(lines)
    sign = {"number": f"{number}. ", "point": "- "}.get(block.kind) or (f"{TICKS[block.kind]} " if block.kind in TICKS else "")
    return textwrap.fill(
        lines[0], WIDTH, initial_indent=sign, subsequent_indent=" " * len(sign), break_long_words=False, break_on_hyphens=False
    )


def _text_table(lines: list[str]) -> str:
    rows = [line.split("\t") for line in lines]
    widths = [max(len(row[position]) for row in rows) for position in range(len(rows[0]))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows)


# --------------------------------------------------------------------------------------------------------------------
# DOCX
# --------------------------------------------------------------------------------------------------------------------
def as_docx(document: Document, day: date) -> bytes:
    """For a word processor: gaps are marked yellow, small print stands in the page footer. Letter paper, one-inch margins."""
    book = docx.Document(io.BytesIO(_empty_book()))
    small = [block for block in document.blocks if block.kind == "small"]
    number = 0
    for block in document.blocks:
        number = number + 1 if block.kind == "number" else 0
        if block.kind != "small":
            _add_block(book, block, number)
    footer = book.sections[0].footer.paragraphs[0]
    for position, block in enumerate(small):
        if position:
            footer.add_run().add_break()
        _add_runs(footer, block.lines[0], Pt(7.5))
    book.core_properties.title = document.title
    book.core_properties.created = book.core_properties.modified = datetime.combine(day, time())
    written = io.BytesIO()
    book.save(written)
    return _with_fixed_times(written.getvalue())


@cache
def _empty_book() -> bytes:
    """An empty document with the page and the fonts of all letters."""
    book = docx.Document()
    section = book.sections[0]
    section.page_width, section.page_height = Inches(8.5), Inches(11)
    section.left_margin = section.right_margin = Inches(1)
    section.top_margin = section.bottom_margin = Inches(0.8)
    normal = book.styles["Normal"]
    normal.font.name, normal.font.size = "Calibri", Pt(10.5)
    normal.paragraph_format.space_after = Pt(6)
    core = book.core_properties
    core.author = core.last_modified_by = core.comments = ""
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def _add_block(book: docx.document.Document, block: Block, number: int) -> None:
    if block.kind == "table":
        for line in block.lines:
            book.add_paragraph(line.translate(MARKS))
        return
    paragraph = book.add_paragraph()
    if block.kind in ("title", "heading"):
        paragraph.paragraph_format.keep_with_next = True
        _add_runs(paragraph, block.lines[0], Pt(13 if block.kind == "title" else 11), bold=True)
        return
    sign = {"number": f"{number}.", "point": "\u2022"}.get(block.kind) or TICKS.get(block.kind)
    if sign:
        paragraph.paragraph_format.left_indent = Inches(0.3)
        paragraph.paragraph_format.first_line_indent = Inches(-0.3)
        paragraph.paragraph_format.tab_stops.add_tab_stop(Inches(0.3))
        paragraph.paragraph_format.space_after = Pt(2)
        paragraph.add_run(f"{sign}\t")
    for position, line in enumerate(block.lines):
        if position:
            paragraph.add_run().add_break()
        _add_runs(paragraph, line)


def _add_runs(paragraph: docx.text.paragraph.Paragraph, line: str, size: Pt | None = None, bold: bool = False) -> None:
    for part in re.split(f"({GAP}[^{GAP_END}]*{GAP_END})", line):
        if not part:
            continue
        run = paragraph.add_run(part.translate(MARKS))
        run.bold = bold or None
        if size is not None:
            run.font.size = size
        if part.startswith(GAP):
            run.font.highlight_color = WD_COLOR_INDEX.YELLOW


def _with_fixed_times(book: bytes) -> bytes:
    """The archive without the clock of this machine: the same letter has the same bytes."""
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as source, zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as target:
        for entry in source.infolist():
            target.writestr(zipfile.ZipInfo(entry.filename, ZIP_DAY), source.read(entry), zipfile.ZIP_DEFLATED, 6)
    return written.getvalue()


# --------------------------------------------------------------------------------------------------------------------
# HTML
# --------------------------------------------------------------------------------------------------------------------
STYLE = """
body { font: 14px/1.45 Calibri, Carlito, Arial, sans-serif; color: #1c1c1c; background: #e9ebee; margin: 0; }
nav { background: #24405c; padding: .6em 1.5em; position: sticky; top: 0; }
nav a { color: #fff; margin-right: 1.5em; text-decoration: none; }
section { background: #fff; max-width: 50em; margin: 1.5em auto; padding: 2em 3em; box-shadow: 0 1px 4px #0003; }
section.wide { max-width: 72em; }
h1 { font-size: 1.25em; margin: .9em 0 .4em; } h2 { font-size: 1.05em; margin: 1.1em 0 .3em; }
p, ol, ul { margin: .5em 0; } ul.ticks { list-style: none; padding-left: 0; }
.ticks li { padding-left: 1.7em; text-indent: -1.7em; } .tick { display: inline-block; width: 1.7em; text-indent: 0; }
mark { background: #fff2a8; padding: 0 .15em; }
.small { font-size: .78em; color: #666; border-top: 1px solid #ccc; padding-top: .4em; }
table { border-collapse: collapse; font-size: .85em; width: 100%; }
td, th { border: 1px solid #ccc; padding: .2em .5em; text-align: left; vertical-align: top; overflow-wrap: anywhere; }
th { background: #eef2f6; overflow-wrap: normal; }
@media print {
nav { display: none; } body { background: #fff; font-size: 12px; }
section, section.wide { box-shadow: none; margin: 0; padding: 0; max-width: none; page-break-after: always; }
}
"""
LISTS = {"number": "<ol>", "point": "<ul>", "ticked": '<ul class="ticks">', "open": '<ul class="ticks">'}


def as_html(documents: Iterable[Document], heading: str) -> str:
    """All documents on one page that needs nothing else; each prints on paper of its own."""
    documents = list(documents)
    links = "".join(f'<a href="#{document.name}">{html.escape(document.title)}</a>' for document in documents)
    sections = "\n".join(
        f'<section id="{document.name}"{" class=wide" if document.name == "evidence" else ""}>\n{_html_of(document)}\n</section>'
        for document in documents
    )
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<meta name="viewport" content="width=device-width">\n'
        f"<title>{html.escape(heading)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<nav>{links}</nav>\n{sections}\n</body>\n</html>\n"
    )


def _html_of(document: Document) -> str:
    parts: list[str] = []
    opened = ""
    for block in document.blocks:
        tag = LISTS.get(block.kind, "")
        if opened and tag != opened:
            parts.append(f"</{opened[1:3]}>")
        if tag and tag != opened:
            parts.append(tag)
        opened = tag
        parts.append(_html_block(block))
    if opened:
        parts.append(f"</{opened[1:3]}>")
    return "\n".join(parts)


def _html_block(block: Block) -> str:
    lines = [_marked(line) for line in block.lines]
    match block.kind:
        case "title":
            return f"<h1>{lines[0]}</h1>"
        case "heading":
            return f"<h2>{lines[0]}</h2>"
        case "small":
            return f'<p class="small">{lines[0]}</p>'
        case "number" | "point":
            return f"<li>{lines[0]}</li>"
        case "ticked" | "open":
            sign = "\u2611" if block.kind == "ticked" else "\u2610"
            return f'<li><span class="tick">{sign}</span>{lines[0]}</li>'
        case "table":
            cells = [line.split("\t") for line in lines]
            head = "".join(f"<th>{cell}</th>" for cell in cells[0])
            body = "\n".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in cells[1:])
            return f"<table><tr>{head}</tr>\n{body}</table>"
    return f"<p>{'<br>'.join(lines)}</p>"


def _marked(line: str) -> str:
    escaped = html.escape(line).replace(GAP, "<mark>[").replace(GAP_END, "]</mark>")
    return escaped.translate(str.maketrans({FACT: None, FACT_END: None, BLANK: None}))


# --------------------------------------------------------------------------------------------------------------------
# PDF
# --------------------------------------------------------------------------------------------------------------------
def libreoffice() -> str | None:
    """Where LibreOffice is, or None."""
    return shutil.which("soffice") or shutil.which("libreoffice")


def write_pdfs(books: list[Path]) -> list[Path]:
    """A PDF beside each DOCX, by one start of LibreOffice. Returns those that could not be made."""
    program = libreoffice()
    if program is None or not books:
        return list(books)
    with tempfile.TemporaryDirectory(prefix="remit835_pdf_") as folder:
        home = Path(folder)
        copies = {home / f"{number:06d}.docx": book for number, book in enumerate(books)}
        for copy, book in copies.items():
            shutil.copyfile(book, copy)
        command = [
            program,
            "--headless",
            f"-env:UserInstallation=file://{home}/profile",
            "--convert-to",
            "pdf",
            "--outdir",
            str(home),
        ]
        try:
            subprocess.run(
                [*command, *map(str, copies)], check=False, capture_output=True, timeout=60 + PDF_SECONDS_EACH * len(books)
            )
        except (OSError, subprocess.TimeoutExpired):
            return list(books)
        for copy, book in copies.items():
            if copy.with_suffix(".pdf").exists():
                shutil.copyfile(copy.with_suffix(".pdf"), book.with_suffix(".pdf"))
    return [book for book in books if not book.with_suffix(".pdf").exists()]
