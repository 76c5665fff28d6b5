from __future__ import annotations

import io
import json
import logging
import re

import pytest

from pipeline import land, log
from pipeline.errors import UsageError


@pytest.fixture(autouse=True)
def as_it_was():
    handlers, level, propagate = log.LOGGER.handlers[:], log.LOGGER.level, log.LOGGER.propagate
    yield
    log.LOGGER.handlers[:], log.LOGGER.propagate = handlers, propagate
    log.LOGGER.setLevel(level)


def test_text_lines_have_keys_and_values():
    stream = io.StringIO()
    log.configure("text", "info", stream)
    log.info("landed", new=3, file_name="two words")
    assert stream.getvalue().endswith('INFO    landed new=3 file_name="two words"\n')


def test_json_lines_are_objects():
    stream = io.StringIO()
    log.configure("json", "info", stream)
    log.warning("quarantined", code="empty", seconds=0.5)
    line = json.loads(stream.getvalue())
    assert (line["level"], line["message"], line["code"], line["seconds"]) == ("warning", "quarantined", "empty", 0.5)


def test_the_level_is_kept():
    stream = io.StringIO()
    log.configure("text", "warning", stream)
    log.info("not shown")
    log.debug("not shown")
    assert stream.getvalue() == ""


def test_other_libraries_say_nothing(capfd):
    log.configure("text", "debug")
    logging.getLogger("pyx12.error_handler").error("a value of an element")
    assert "a value of an element" not in "".join(capfd.readouterr())


def test_the_place_of_a_fault_is_in_our_code_and_has_no_message(tmp_path):
    with pytest.raises(UsageError) as error:
        land.land([tmp_path / "nowhere"], set(), tmp_path)
    assert re.fullmatch(r"land\.py:\d+", log.place_of(error.value))
    assert log.place_of(ValueError("a value of an element")) == "an unknown place"
