"""A night killed with -9 at random moments: the next start finishes it to the same result, and no reader saw half."""

from __future__ import annotations

import random
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

import kgspark
from kgspark.lake.changes import differing
from kgspark.schema import table
from tests.nights.killing import Process
from tests.nights.shop import Shop

KILLS = 20
# Every so many kills only the Python workers die, and the driver has to notice.
WORKERS = 5
# New files in the lake before a kill, at most; a whole night of the shop writes some 500.
MOST_FILES = 60
# Seconds after which something hangs.
NEVER_ENDS = 1500.0


def seen(spark: SparkSession, folder: Path) -> dict[str, int]:
    """What a reader sees, each table of it read to the end."""
    kg = kgspark.open(str(folder / "lake"), spark=spark)
    for name in kg.tables:
        kg.table(name).count()
    return dict(kg.release.tables)


def differences(spark: SparkSession, one: Path, other: Path) -> dict[str, list[object]]:
    """Rows that differ between the latest releases of two lakes, by table."""
    left, right = (kgspark.open(str(folder / "lake"), spark=spark) for folder in (one, other))
    assert left.tables == right.tables
    found = {name: differing(table(name), left.table(name), right.table(name)).collect() for name in left.tables}
    return {name: list(rows) for name, rows in found.items() if rows}


@pytest.mark.slow
def test_a_killed_night_is_finished_by_the_next_start(spark: SparkSession, tmp_path: Path) -> None:
    chance, start, quiet = random.Random(11), tmp_path / "start", tmp_path / "quiet"
    start.mkdir()
    shop = Shop(start)
    shop.night(spark)
    shop.change(random.Random(3))
    shutil.copytree(start, quiet)
    Shop.again(quiet).night(spark)
    before = seen(spark, start)
    newest: list[str] = []
    while len(newest) < KILLS:
        folder = tmp_path / f"killed-{len(newest)}"
        shutil.copytree(start, folder)
        while True:
            process = Process(folder)
            if len(newest) == KILLS:
                assert process.ended(NEVER_ENDS) == 0
                break
            at, worker = chance.randint(1, MOST_FILES), len(newest) % WORKERS == WORKERS - 1
            with ThreadPoolExecutor(1) as pool:
                ending = pool.submit(process.killed_after, at, NEVER_ENDS, worker)
                reads = [seen(spark, folder)]
                while not ending.done():
                    reads.append(seen(spark, folder))
            last = ending.result()
            # Whatever a reader saw in the meantime was whole: the release before, or at the very end the new one.
            assert all(read in (before, reads[-1]) for read in reads)
            if last is None:
                assert process.ended(NEVER_ENDS) == 0
                break
            newest.append(last)
            # The next start waits for nobody: whoever held the lock is seen to be dead.
        assert differences(spark, quiet, folder) == {}
        assert "is taken over: process" in (folder / "night.log").read_text()
    # In the middle of commits, too: data files were there, and no entry in the log.
    assert any(name.endswith(".parquet") for name in newest)


@pytest.mark.slow
def test_of_two_nights_at_once_the_second_is_told_and_the_first_is_not_disturbed(tmp_path: Path) -> None:
    Shop(tmp_path)
    nights = [Process(tmp_path), Process(tmp_path)]
    with ThreadPoolExecutor(2) as pool:
        ended = sorted(pool.map(lambda night: night.ended(NEVER_ENDS), nights))
    assert ended[0] == 0
    assert ended[1] != 0
    said = (tmp_path / "night.log").read_text()
    assert "is held by the night of 2026-03-02 (process" in said or "was taken by another night" in said
