"""The real reader on every file of the public corpus: equal to totals.csv, and cell by cell to the reference reader.

Small blocks prove that nothing depends on where the file is cut: a claim, a line or a segment may span many blocks.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pipeline.errors import Quarantine
from tests.oracle import reference_reader
from tests.oracle.corpus import CORPUS, corpus_files, expected_totals, needs_corpus, totals_of
from tests.oracle.reading import FILE_ID, differences, read_real

pytestmark = needs_corpus

BLOCK_SIZES = [
    pytest.param({}, id="default"),
    pytest.param({"block_bytes": 4096}, id="4096"),
    pytest.param({"block_bytes": 512}, id="512"),
]


@pytest.mark.parametrize("options", BLOCK_SIZES)
@pytest.mark.parametrize("totals", corpus_files())
def test_real_reader_equals_totals_and_reference(totals, options):
    path = Path(CORPUS, totals["file"])
    if not totals["kind"]:
        with pytest.raises(Quarantine):
            read_real(path, **options)
        return
    summary, tables = read_real(path, **options)
    assert differences(tables, reference_reader.read(path.read_bytes(), FILE_ID)) == []

    counted = totals_of(totals["kind"], tables)
    counted["interchanges"] = summary.interchange_count
    counted["segments"] = summary.segment_count
    assert counted == expected_totals(totals, list(counted))
    assert (summary.kind, summary.sha256) == (totals["kind"], totals["sha256"])
    assert (summary.claim_count, summary.line_count) == (counted["claims"], counted["lines"])
    assert summary.transaction_count == counted["transactions"]


@pytest.mark.parametrize("totals", corpus_files())
def test_every_segment_is_accounted_for(totals):
    """Typed and kept segments are all segments, and every segment that a row names is one of the file."""
    if not totals["kind"]:
        return
    path = Path(CORPUS, totals["file"])
    summary, tables = read_real(path)
    ids = [segment.id for segment in reference_reader.segments(path.read_bytes())]
    assert summary.typed_segment_count + summary.kept_segment_count == summary.segment_count == len(ids)
    assert len(tables.get("other_segment", [])) == summary.kept_segment_count
    for row in tables.get("other_segment", []):
        identifier = ids[row["segment_index"]]
        said = row["segment_id"] and row["segment_id"].upper()  # it is told as it stands
        assert said == (identifier if re.fullmatch("[A-Z][A-Z0-9]{1,2}", identifier) else None)
