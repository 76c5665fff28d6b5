"""What tests of several folders share: the sample inbox, and the command line in a process of its own."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from pipeline import engine_spark

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

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

    def call(
        *arguments: object, environment: dict[str, str] | None = None, timeout: int = 300
    ) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "pipeline.cli", *map(str, arguments)]
        return subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=timeout, env=os.environ | (environment or {})
        )

    return call


# Spark as lean as it gets: its planning costs more than all rows of the tests.
LEAN_SPARK = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "OFF",
    "spark.sql.shuffle.partitions": "2",
    "spark.default.parallelism": "1",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.constraintPropagation.enabled": "false",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1",
    "spark.executor.extraJavaOptions": "-XX:TieredStopAtLevel=1",
}


@pytest.fixture(scope="session")
def java() -> None:
    """Skips what needs Java, where there is none; where Spark is what is asked for (`make test-spark`), that fails."""
    give_up = pytest.fail if "BULK_MEGABYTES" in os.environ else pytest.skip
    if importlib.util.find_spec("pyspark") is None:
        give_up("PySpark is not installed: NOTHING OF SPARK IS TESTED HERE; install the extra dev")
    home = os.environ.get("JAVA_HOME")
    if not (shutil.which("java") or (home and Path(home, "bin", "java").exists())):
        give_up("there is no Java: NOTHING OF SPARK IS TESTED HERE; install Java 17, or set JAVA_HOME")


@pytest.fixture(scope="session")
def spark(java: None) -> Iterator[SparkSession]:
    """One Spark on two threads for all tests of a process."""
    from pyspark.sql import SparkSession

    before = os.environ.get("PYSPARK_PYTHON")
    os.environ["PYSPARK_PYTHON"] = sys.executable
    builder = SparkSession.builder.master("local[2]").appName("tests")
    for name, value in LEAN_SPARK.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    with engine_spark.session() as with_our_settings:
        yield with_our_settings
    session.stop()
    os.environ.pop("PYSPARK_PYTHON") if before is None else os.environ.update(PYSPARK_PYTHON=before)
