"""The reference reader against the totals of the public corpus: what makes it fit to judge the real one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.oracle import reference_reader
from tests.oracle.corpus import CORPUS, corpus_files, expected_totals, needs_corpus, totals_of

pytestmark = needs_corpus


@pytest.mark.parametrize("totals", corpus_files())
def test_reference_reader_has_the_totals(totals):
    data = Path(CORPUS, totals["file"]).read_bytes()
    if not totals["kind"]:
        with pytest.raises(reference_reader.NoInterchange):
            reference_reader.read(data, "f")
        return
    counted = totals_of(totals["kind"], reference_reader.read(data, "f"))
    counted["interchanges"] = len(reference_reader.headers(data))
    counted["segments"] = len(reference_reader.segments(data))
    assert counted == expected_totals(totals, list(counted))
