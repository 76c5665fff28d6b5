"""What tests of several folders share: the sample inbox, and the command line in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

# The same examples on every run, so that a red build means a change; HYPOTHESIS_PROFILE=default explores (as `make fuzz` does).
settings.register_profile("steady", derandomize=True, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))

ROOT = Path(__file__).parents[1]
INBOX = ROOT / "data_samples" / "inbox"
AS_OF = "2026-11-20"


@pytest.fixture(autouse=True)
def no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests start from defaults, whatever the environment says."""
    for name in [name for name in os.environ if name.startswith("REMIT835_")]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def remit835() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs `remit835 ARGUMENTS` as a user does, and returns its exit code and output."""

    def call(*arguments: object, environment: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "pipeline.cli", *map(str, arguments)]
        return subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300, env=os.environ | (environment or {})
        )

    return call
