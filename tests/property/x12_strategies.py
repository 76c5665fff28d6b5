"""Hypothesis strategies: X12 as no sender should write it, and as some do.

`interchange_files` builds whole files out of segments in any order, with odd values, any delimiters and line ends. Values hold no
delimiters, so every file has one right reading.
"""

from __future__ import annotations

from hypothesis import strategies as st

Segment = tuple[str, ...]

# --------------------------------------------------------------------------------------------------------------------
# Values
# --------------------------------------------------------------------------------------------------------------------
texts = st.sampled_from(
    ["", "A", "99213", "DOE", "DE LA CRUZ", " PADDED ", "ISA", "ST", "Müller", "naïve é", "0123456789" * 3, "x" * 90, "1-2"]
)
amounts = st.one_of(
    st.decimals(-99999, 99999, places=2).map(str),
    st.sampled_from(
        [
            "",
            "0",
            ".5",
            "-5",
            "+7.",
            "007.10",
            "12.340",
            "12.345",
            "1,250.00",
            "1e3",
            "9" * 16,
            "9" * 17,
            "-",
            ".",
            " 3.25 ",
            "12.3400",
        ]
    ),
)
numbers = st.one_of(st.integers(-9, 999).map(str), st.sampled_from(["", "1.5", "0.1234", "0.12345", "abc", "9" * 14, "9" * 15]))
days = st.one_of(
    st.dates().map(lambda day: f"{day:%Y%m%d}".zfill(8)),
    st.sampled_from(["", "20240229", "20230229", "20990080", "2024022", "202402299", "00000000", "today", "20240101-20240131"]),
)
periods = st.one_of(days, st.sampled_from(["20240101-20240131", "20240101-20240132", "20240101-", "202401011230"]))
codes = st.sampled_from(["", "1", "22", "CO", "HC", "45", "N4", "XX", "FI", "pr"])


def composites(element: st.SearchStrategy[str], separator: str, most: int) -> st.SearchStrategy[str]:
    return st.lists(element, min_size=1, max_size=most).map(separator.join)


def one_of(values: str) -> st.SearchStrategy[str]:
    return st.sampled_from(values.split())


def segment(identifier: str, *elements: st.SearchStrategy[str]) -> st.SearchStrategy[Segment]:
    """A segment whose last elements may be missing."""
    full = st.tuples(*elements)
    return st.builds(
        lambda values, length: (identifier, *values[:length]), full, st.integers(min(1, len(elements)), len(elements))
    )


def repeated(identifier: str, first: list[st.SearchStrategy[str]], group: list[st.SearchStrategy[str]], most: int):
    """A segment that repeats a group of elements, as CAS and PLB."""
    groups = st.lists(st.tuples(*group), min_size=1, max_size=most)
    return st.builds(
        lambda head, tail: (identifier, *head, *(value for values in tail for value in values)), st.tuples(*first), groups
    )


# --------------------------------------------------------------------------------------------------------------------
# Segments; `c` is the component separator
# --------------------------------------------------------------------------------------------------------------------
def segments_835(c: str) -> st.SearchStrategy[Segment]:
    procedure = st.builds(lambda qualifier, rest: c.join([qualifier, rest]), one_of("HC NU N4 AD"), composites(texts, c, 8))
    references = one_of("2U EO HI NF TJ PQ EV F2 1L 6P CE EA F8 G1 G3 BB 9C 9A IG 28 1W SY 6R 0K HPI LU")
    contacts = [one_of("TE FX EM EX UR"), texts] * 3
    claim = segment(
        "CLP", texts, codes, amounts, amounts, amounts, codes, texts, codes, codes, codes, codes, numbers, numbers, codes
    )
    line = segment("SVC", procedure, amounts, amounts, codes, numbers, procedure | st.just(""), numbers)
    adjustment = repeated("CAS", [one_of("CO PR OA PI CR")], [one_of("45 50 1") | st.just(""), amounts, numbers], 6)
    return st.one_of(
        claim,
        claim,
        line,
        line,
        adjustment,
        adjustment,
        segment("DTM", one_of("472 150 151 232 233 036 050 405 999"), days),
        segment("REF", references, texts),
        segment("AMT", one_of("AU D8 F5 I NL T T2 DY B6 KH ZK"), amounts),
        segment("LQ", one_of("HE RX"), texts),
        segment("NM1", one_of("QC IL 74 82 TT PR GB 85"), one_of("1 2"), texts, texts, texts, texts, texts, codes, texts),
        segment("PER", one_of("CX BL IC"), texts, *contacts),
        segment("MIA", *[amounts | texts] * 23),
        segment("MOA", *[amounts | texts] * 9),
        segment("N1", one_of("PR PE XX"), texts, codes, texts),
        segment("N3", texts, texts),
        segment("N4", texts, texts, texts, texts),
        segment("RDM", codes, texts, texts),
        segment("BPR", codes, amounts, *[codes] * 13, days),
        segment("TRN", codes, texts, texts, texts),
        segment("CUR", codes, texts),
        segment("LX", numbers),
        segment("TS3", texts, codes, days, numbers, amounts),
        segment("TS2", codes, amounts),
        segment("QTY", one_of("CA CD NE ZK"), numbers),
        segment("ZZZ", texts),
        repeated("PLB", [texts, days], [composites(texts, c, 3), amounts], 6),
    )


def segments_837(c: str) -> st.SearchStrategy[Segment]:
    procedure = st.builds(lambda qualifier, rest: c.join([qualifier, rest]), one_of("HC AD"), composites(texts, c, 7))
    pointers = composites(one_of("1 2 3 12 13 x") | st.just(""), c, 4)
    qualifiers = one_of("ABK ABF ABJ APR ABN BK BF BJ PR BN BBR DR")
    diagnosis = st.builds(
        lambda q, code, poa: c.join([q, code, *([""] * 6 + [poa] if poa else [])]), qualifiers, texts, one_of("Y N") | st.just("")
    )
    level = st.builds(lambda number, parent, code: ("HL", number, parent, code), texts, texts, one_of("20 22 23 22 23"))
    facility = composites(one_of("11 21 A B 1 7 8"), c, 3)
    causes = composites(one_of("AA EM OH"), c, 5)
    claim = segment("CLM", texts, amounts, texts, texts, facility, *[codes] * 5, causes, *[codes] * 9)
    return st.one_of(
        claim,
        claim,
        level,
        level,
        segment("SBR", codes, codes, texts, texts, codes, codes, codes, codes, codes),
        segment("PAT", codes),
        segment("PRV", one_of("BI PE"), codes, texts),
        segment("NM1", one_of("85 87 IL PR QC 82 71 DN 77"), one_of("1 2"), texts, texts, texts, texts, texts, codes, texts),
        segment("DMG", codes, days, one_of("F M U")),
        segment("REF", one_of("EI SY F8 G1 9F EA D9 6R LU"), texts),
        segment("DTP", one_of("472 434 435 431 439 573"), one_of("D8 RD8"), periods),
        segment("HI", *[diagnosis] * 12),
        segment("LX", numbers),
        segment("SV1", procedure, amounts, one_of("UN MJ"), numbers, codes, texts, pointers),
        segment("SV2", codes, procedure, amounts, one_of("UN DA"), numbers, amounts, amounts),
        segment("SV3", procedure, amounts, codes, texts, codes, numbers, texts, texts, texts, texts, pointers),
        segment("SVD", texts, amounts, procedure),
        segment("AMT", one_of("F5 D T"), amounts),
        segment("N3", texts, texts),
        segment("N4", texts, texts, texts, texts),
        segment("CL1", codes, codes, codes),
        segment("PWK", codes, codes, texts, texts, codes, texts),
        segment("TOO", one_of("JP"), texts, composites(codes, c, 3)),
        segment("CTP", texts, texts, texts, numbers, composites(one_of("UN ML"), c, 2)),
        segment("LIN", texts, one_of("N4"), texts),
        segment("NTE", codes, texts),
        repeated("CAS", [one_of("CO PR OA PI")], [one_of("45 50 1") | st.just(""), amounts, numbers], 6),
    )


# --------------------------------------------------------------------------------------------------------------------
# Files
# --------------------------------------------------------------------------------------------------------------------
DELIMITERS = "*|^>~!<;:#\x1d\x1e\x1f¦"  # none that a value holds


@st.composite
def interchanges(draw: st.DrawFn) -> bytes:
    """One interchange: transactions with segments in any order, perhaps without trailers, in any delimiters and line ends."""
    terminator = draw(st.sampled_from(["~", "~", "\n", "\r", "\r\n", "'", "¦", "\x1c"]))
    element, component, repetition = draw(st.permutations([mark for mark in DELIMITERS if mark != terminator]))[:3]
    line_end = draw(st.sampled_from(["", "\n", "\r\n", "\n\n", "\n  "])) if terminator not in ("\n", "\r", "\r\n") else ""
    kind = draw(st.sampled_from(["835", "837"]))
    body_segment = (segments_835 if kind == "835" else segments_837)(component)
    version = draw(st.sampled_from(["00501", "00401"]))
    guide = draw(
        st.sampled_from(
            {"835": ["005010X221A1", "004010X091A1"], "837": ["005010X222A1", "005010X223A2", "004010X097A1", "X"]}[kind]
        )
    )

    segments: list[Segment] = [("GS", "HC", "SENDER", "RECEIVER", "20240105", "1200", "1", "X", guide)]
    for number in range(draw(st.integers(0, 3))):
        segments.append(("ST", kind, f"{number + 1:04d}"))
        segments.append(("BHT", "0019", "00", "B1", "20240105", "1200", "CH"))
        segments += draw(st.lists(body_segment, max_size=25))
        if draw(st.integers(0, 4)):
            segments.append(("SE", str(draw(st.integers(0, 30))), f"{number + 1:04d}"))
    segments += [("GE", "1", "1"), ("IEA", "1", "000000001")][: draw(st.sampled_from([2, 2, 2, 1, 0]))]

    is_lower = draw(st.integers(0, 9)) == 0
    agency, sender, receiver = ("00", " " * 10), ("ZZ", f"{'SENDER':<15}"), ("ZZ", f"{'RECEIVER':<15}")
    repetition = repetition if version == "00501" else "U"
    last = ("240105", "1200", repetition, version, "000000001", "0", "T", component)
    isa = element.join(["ISA", *agency, *agency, *sender, *receiver, *last])
    text = isa + "".join(
        terminator + line_end + element.join([values[0].lower() if is_lower else values[0], *values[1:]]) for values in segments
    )
    if draw(st.integers(0, 5)):
        text += terminator + line_end
    wrap = draw(st.sampled_from([0, 0, 0, 80, 33])) if terminator not in ("\n", "\r", "\r\n") else 0
    if wrap:
        text = "\n".join(text[start : start + wrap] for start in range(0, len(text), wrap))
    return text.encode(draw(st.sampled_from(["utf-8", "utf-8", "latin-1"])))


@st.composite
def interchange_files(draw: st.DrawFn) -> bytes:
    """One to three interchanges, each with its own delimiters, perhaps after a byte order mark or junk."""
    start = draw(st.sampled_from([b"", b"", b"\xef\xbb\xbf", b"  \r\n", b"Subject: ISA of today\n\n"]))
    return start + draw(st.sampled_from([b"", b"\n", b"\r\n\r\n"])).join(draw(st.lists(interchanges(), min_size=1, max_size=3)))


block_sizes = st.sampled_from(
    [{}, {}, {"block_bytes": 64}, {"block_bytes": 300}, {"block_bytes": 512}, {"block_bytes": 1000}, {"block_bytes": 4096}]
)
