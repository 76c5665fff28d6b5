"""bench/RESULTS.md keeps one section a benchmark."""

from __future__ import annotations

from bench.results import HEAD, write_section


def test_a_section_is_rewritten_in_its_place(tmp_path):
    path = tmp_path / "RESULTS.md"
    for name, text in (("reading", "old \\1 figures"), ("growth", "a table"), ("reading", "new figures")):
        write_section(name, text, path)
    written = path.read_text()
    assert written.startswith(HEAD.splitlines()[0])
    assert written.count("new figures") == written.count("a table") == 1
    assert "old" not in written
    assert written.index("new figures") < written.index("a table")
