"""A night killed with -9 at random moments: the next start finishes it to the same result, and no reader saw half."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

import kgspark
from kgspark.changes import differing
from kgspark.errors import InputError
from kgspark.schema import table
from tests.conftest import ROOT
from tests.nights.shop import Shop

KILLS = 4
# Seconds in which the night of the shop is surely not done, start of Spark included.
EARLIEST, LATEST = 15.0, 60.0
# Nothing is to compare with in a release that never was.
NEVER_ENDS = 900.0


def start(folder: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.nights.one_night", str(folder)]
    # A group of its own, so that the JVM and its Python workers die with the driver.
    return subprocess.Popen(command, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, start_new_session=True)


def kill(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def versions(spark: SparkSession, folder: Path) -> dict[str, int] | None:
    """What a reader sees, each table of it read to the end; None before the first release."""
    try:
        kg = kgspark.open(str(folder / "lake"), spark=spark)
    except InputError:
        return None
    for name in kg.tables:
        kg.table(name).count()
    return dict(kg.release.tables)


@pytest.mark.slow
def test_a_killed_night_is_finished_by_the_next_start(spark: SparkSession, tmp_path: Path) -> None:
    chance = random.Random(11)
    quiet, killed = tmp_path / "quiet", tmp_path / "killed"
    for folder in (quiet, killed):
        folder.mkdir()
        shop = Shop(folder)
        shop.night(spark)
        shop.change(random.Random(3))
    Shop.again(quiet).night(spark)
    before = versions(spark, killed)
    for _ in range(KILLS):
        process = start(killed)
        deadline = time.monotonic() + chance.uniform(EARLIEST, LATEST)
        while time.monotonic() < deadline and process.poll() is None:
            time.sleep(0.5)
        done = process.poll() is not None
        kill(process)
        if done:
            break
        assert versions(spark, killed) == before, "a reader saw a night that was not done"
    process = start(killed)
    assert process.wait(timeout=NEVER_ENDS) == 0
    one = kgspark.open(str(quiet / "lake"), spark=spark)
    other = kgspark.open(str(killed / "lake"), spark=spark)
    assert one.tables == other.tables
    for name in one.tables:
        assert differing(table(name), one.table(name), other.table(name)).collect() == [], name
