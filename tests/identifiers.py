"""The identifiers of X12 files, taken straight from their text: what must not be found in anything that is shared.

Nothing of the reader is used here: a file is cut at its own delimiters, and what stands at the places where the implementation
guides put names, numbers, addresses and telephones is collected.
"""

from __future__ import annotations

import re
from pathlib import Path

# Segment to the elements that hold identifiers; a reference is one unless its qualifier says that it is a code or the payer's.
NAMES = {"NM1": (3, 4, 5), "N1": (2,), "N3": (1, 2), "N4": (1,), "PER": (2,), "NTE": (2,), "MSG": (1,), "K3": (1,), "RDM": (2, 3)}
NUMBERS = {
    "ISA": (6, 8, 13), "GS": (2, 3, 6), "BHT": (3,), "BPR": (9, 15), "TRN": (2,), "NM1": (9,), "N1": (4,), "N4": (3,),
    "PER": (4, 6, 8), "CLP": (1, 7), "CLM": (1,), "REF": (2,), "PLB": (1,), "TS3": (1,), "SBR": (3,),
}  # fmt: skip
REFERENCES_TO_CODES = {"0K", "2U", "EO", "HI", "NF", "F2", "87"}
PAYERS = {"N1": {"PR"}, "NM1": {"PR", "TT"}}
SHORTEST = 4


def segments(text: str) -> list[list[str]]:
    """Every segment of a well-made file as its elements."""
    element, terminator = text[3], text[105]
    return [part.strip().split(element) for part in text.split(terminator) if part.strip()]


def is_well_made(cut: list[list[str]]) -> bool:
    """Whether the file could be cut at its delimiters."""
    return len(cut) > 2 and len(cut[0]) == 17 and cut[1][0] == "GS" and cut[2][0] == "ST"


def identifiers(path: Path) -> tuple[set[str], set[str], set[str]]:
    """Names and free words; numbers; days of birth, as CCYYMMDD. Without values that are too short to mean anything, and without
    payers, who are no patients and often send in their own name."""
    text = path.read_text(encoding="latin-1")
    names, numbers, births, of_payers = set(), set(), set(), set()
    cut = segments(text) if text.startswith("ISA") and len(text) > 106 else []
    if not is_well_made(cut):
        return names, numbers, births
    for elements in cut:
        segment, qualifier = elements[0], elements[1] if len(elements) > 1 else ""
        if qualifier in PAYERS.get(segment, ()) or (segment == "REF" and qualifier in REFERENCES_TO_CODES):
            of_payers |= {value.strip() for value in elements[2:]}
            continue
        names |= {elements[place].strip() for place in NAMES.get(segment, ()) if place < len(elements)}
        numbers |= {elements[place].strip() for place in NUMBERS.get(segment, ()) if place < len(elements)}
        births |= {elements[2]} if segment == "DMG" and len(elements) > 2 else set()
        if segment == "PLB":
            numbers |= {part for element in elements[3::2] for part in element.split(text[104])[1:]}
    long = [{value for value in found - of_payers if len(re.sub(r"\W", "", value)) >= SHORTEST} for found in (names, numbers)]
    return long[0], long[1], births
