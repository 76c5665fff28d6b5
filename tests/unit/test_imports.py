"""The reading order of pipeline/__init__.py is real: it names every module, and each imports earlier ones only."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import pipeline

PACKAGE = Path(pipeline.__file__).parent
ORDER = re.findall(r"^ *\d+\. (\w+)", pipeline.__doc__, re.MULTILINE)


def test_the_reading_order_names_every_module():
    assert sorted(ORDER) == sorted(path.stem for path in PACKAGE.glob("*.py") if path.stem != "__init__")


@pytest.mark.parametrize("module", ORDER)
def test_a_module_imports_earlier_ones_only(module: str):
    tree = ast.parse((PACKAGE / f"{module}.py").read_text(encoding="utf-8"))
    imported = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "pipeline":
            imported |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("pipeline."):
            imported.add(node.module.split(".")[1])
        elif isinstance(node, ast.Import):
            imported |= {alias.name.split(".")[1] for alias in node.names if alias.name.startswith("pipeline.")}
    later = [name for name in imported if name in ORDER and ORDER.index(name) >= ORDER.index(module)]
    assert later == [], f"{module} imports what is read after it"
