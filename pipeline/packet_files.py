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
from datetime import date, datetime
from functools import cache
from itertools import zip_longest
from pathlib import Path

import docx
from docx.shared import Inches, Pt

from pipeline.packet_text import BLANK, FACT, FACT_END, GAP, GAP_END, MARKS, Block, Document

WIDTH = 92
CELL_WIDTH = 48
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
    """Columns side by side; a cell that is too wide goes on below itself."""
    rows = [[textwrap.wrap(cell, CELL_WIDTH) for cell in line.split("\t")] for line in lines]
    widths = [max((len(part) for row in rows for part in row[place]), default=0) for place in range(len(rows[0]))]
    shown = (parts for row in rows for parts in zip_longest(*row, fillvalue=""))
    return "\n".join("  ".join(part.ljust(width) for part, width in zip(parts, widths, strict=True)).rstrip() for parts in shown)


# --------------------------------------------------------------------------------------------------------------------
# DOCX
# --------------------------------------------------------------------------------------------------------------------
# python-docx makes one empty book; what a letter says is written into its parts as WordprocessingML, because a batch through
# the object model takes ten times as long. Sizes are in half points, distances in twentieths of a point.
BODY, FOOTER, PROPERTIES = "word/document.xml", "word/footer1.xml", "docProps/core.xml"
HANGING = '<w:tabs><w:tab w:val="left" w:pos="432"/></w:tabs><w:spacing w:after="40"/><w:ind w:left="432" w:hanging="432"/>'
KEEP = "<w:keepNext/>"
TITLE_SIZE, HEADING_SIZE, SMALL_SIZE = 26, 22, 15


def as_docx(document: Document, day: date) -> bytes:
    """For a word processor: gaps are marked yellow, small print stands in the page footer. Letter paper, one-inch margins."""
    paragraphs: list[str] = []
    number = 0
    for block in document.blocks:
        number = number + 1 if block.kind == "number" else 0
        if block.kind == "table":
            paragraphs += [_paragraph("", _runs(line)) for line in block.lines]
        elif block.kind != "small":
            paragraphs.append(_docx_block(block, number))
    small = [_runs(block.lines[0], SMALL_SIZE) for block in document.blocks if block.kind == "small"]
    day_text = f"{day.isoformat()}T00:00:00Z"
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as book:
        for name, part in _empty_book().items():
            if name == BODY:
                part = part.replace(PLACE, "".join(paragraphs))
            elif name == FOOTER:
                part = part.replace(PLACE, _paragraph("", "<w:r><w:br/></w:r>".join(small)))
            elif name == PROPERTIES:
                part = part.replace(TITLE_PLACE, html.escape(document.title)).replace(DAY_PLACE, day_text)
            book.writestr(zipfile.ZipInfo(name, ZIP_DAY), part, zipfile.ZIP_DEFLATED, 6)
    return written.getvalue()


PLACE, TITLE_PLACE, DAY_PLACE = "<!--words-->", "TITLE-OF-THE-DOCUMENT", "2001-01-01T00:00:00Z"


@cache
def _empty_book() -> dict[str, str | bytes]:
    """The parts of an empty document with the page and the fonts of all letters, and places for what a letter says."""
    book = docx.Document()
    section = book.sections[0]
    section.page_width, section.page_height = Inches(8.5), Inches(11)
    section.left_margin = section.right_margin = Inches(1)
    section.top_margin = section.bottom_margin = Inches(0.8)
    section.footer.is_linked_to_previous = False
    normal = book.styles["Normal"]
    normal.font.name, normal.font.size = "Calibri", Pt(10.5)
    normal.paragraph_format.space_after = Pt(6)
    core = book.core_properties
    core.author = core.last_modified_by = core.comments = ""
    core.title, core.created, core.modified = TITLE_PLACE, datetime(2001, 1, 1), datetime(2001, 1, 1)
    made = io.BytesIO()
    book.save(made)
    with zipfile.ZipFile(made) as parts:
        held: dict[str, str | bytes] = {name: parts.read(name) for name in parts.namelist()}
    held[BODY] = held[BODY].decode().replace("<w:body>", f"<w:body>{PLACE}")
    held[FOOTER] = re.sub(r"<w:p>.*</w:p>|<w:p/>", PLACE, held[FOOTER].decode(), flags=re.DOTALL)
    held[PROPERTIES] = held[PROPERTIES].decode()
    return held


def _docx_block(block: Block, number: int) -> str:
    if block.kind in ("title", "heading"):
        return _paragraph(KEEP, _runs(block.lines[0], TITLE_SIZE if block.kind == "title" else HEADING_SIZE, bold=True))
    sign = {"number": f"{number}.", "point": "\u2022"}.get(block.kind) or TICKS.get(block.kind)
    if sign:
        return _paragraph(HANGING, f"<w:r><w:t>{sign}</w:t><w:tab/></w:r>{_runs(block.lines[0])}")
    return _paragraph("", "<w:r><w:br/></w:r>".join(map(_runs, block.lines)))


def _paragraph(properties: str, runs: str) -> str:
    return f"<w:p>{f'<w:pPr>{properties}</w:pPr>' if properties else ''}{runs}</w:p>"


def _runs(line: str, size: int = 0, bold: bool = False) -> str:
    runs = []
    for part in re.split(f"({GAP}[^{GAP_END}]*{GAP_END})", line):
        if part:
            style = "<w:b/>" * bold + f'<w:sz w:val="{size}"/>' * bool(size)
            style += '<w:highlight w:val="yellow"/>' * part.startswith(GAP)
            words = html.escape(part.translate(MARKS), quote=False)
            runs.append(f'<w:r><w:rPr>{style}</w:rPr><w:t xml:space="preserve">{words}</w:t></w:r>')
    return "".join(runs)


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
th { background: #eef2f6; }
th, td:first-child { overflow-wrap: normal; }
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
