"""One formatter for everything that is logged: lines for people, or JSON lines for machines, on stderr.

What is logged is counts, our own ids, file names and segment numbers: never a value of a segment. So only our own logger speaks:
other libraries write what they read into their messages (pyx12 logs element values as errors), and theirs go nowhere.
"""

from __future__ import annotations

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

LOGGER = logging.getLogger("remit835")


class Formatter(logging.Formatter):
    """Text: time, level, message, key=value. JSON: one object a line with the same fields."""

    def __init__(self, style: str) -> None:
        super().__init__()
        self.as_json = style == "json"

    def format(self, record: logging.LogRecord) -> str:
        time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        values = getattr(record, "values", {})
        if self.as_json:
            fixed = {"time": time, "level": record.levelname.lower(), "message": record.getMessage()}
            return json.dumps(fixed | values, default=str)
        pairs = "".join(f" {key}={_quoted(value)}" for key, value in values.items())
        return f"{time} {record.levelname:<7} {record.getMessage()}{pairs}"


def configure(style: str = "text", level: str = "info", stream: TextIO | None = None) -> None:
    """Sends our own log to `stream` (stderr) and everybody else's nowhere."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(Formatter(style))
    LOGGER.handlers[:] = [handler]
    LOGGER.setLevel(level.upper())
    LOGGER.propagate = False
    root = logging.getLogger()
    if not root.handlers:
        root.addHandler(logging.NullHandler())  # without a handler, logging prints the warnings of any library to stderr


def info(message: str, **values: object) -> None:
    """What happened, as expected."""
    LOGGER.info(message, extra={"values": values})


def warning(message: str, **values: object) -> None:
    """What somebody should look at; the run goes on."""
    LOGGER.warning(message, extra={"values": values})


def debug(message: str, **values: object) -> None:
    """What helps to find a fault."""
    LOGGER.debug(message, extra={"values": values})


def place_of(error: BaseException) -> str:
    """`module.py:line` of the last place in our own code on the way to where an exception was raised. Its message is left out: a
    library may have put a value into it."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if Path(frame.filename).parent == Path(__file__).parent]
    return f"{Path(ours[-1].filename).name}:{ours[-1].lineno}" if ours else "an unknown place"


def _quoted(value: object) -> str:
    text = str(value)
    return json.dumps(text) if not text or any(character.isspace() or character == '"' for character in text) else text
