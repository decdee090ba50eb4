"""The book of runs: which run a night goes on with, and a lake that cannot be written."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from kgspark.errors import InputError
from kgspark.lake.tables import Lake
from kgspark.nightly.ledger import Ledger, last_deliveries

NIGHT = datetime.date(2026, 1, 2)


def opened(lake: Lake, deliveries: str | None, settings: str = "5e77") -> Ledger:
    return Ledger(lake, settings, NIGHT, None, deliveries)


def test_a_run_left_open_goes_on_only_with_the_dumps_that_it_began_with(spark: SparkSession, tmp_path: Path) -> None:
    lake = Lake(spark, str(tmp_path / "lake"))
    begun = opened(lake, "d0")
    begun.start()
    assert begun.config_hash == "5e77-d0"
    assert opened(lake, "d0").run_id == begun.run_id
    assert opened(lake, "d1").run_id != begun.run_id
    assert opened(lake, "d0", settings="07e4").run_id != begun.run_id
    # A later step reads no dump: what was delivered since is the next night's.
    step = opened(lake, None)
    assert (step.run_id, step.config_hash) == (begun.run_id, "5e77-d0")


def test_a_run_that_ended_without_a_word_is_closed_by_the_next(spark: SparkSession, tmp_path: Path) -> None:
    lake = Lake(spark, str(tmp_path / "lake"))
    killed = opened(lake, "d0")
    killed.start()
    other = opened(lake, "d1")
    other.start()

    def statuses() -> dict[str, tuple[str, str | None]]:
        return {row["run_id"]: (row["status"], row["message"]) for row in lake.rows("ops.runs")}

    assert statuses() == {killed.run_id: ("died", "it ended without a word"), other.run_id: ("running", None)}
    # It may go on all the same.
    again = opened(lake, "d0")
    again.start()
    assert again.run_id == killed.run_id
    assert statuses()[again.run_id] == ("running", None)


def test_a_run_that_died_behind_its_release_is_closed_as_released(spark: SparkSession, tmp_path: Path) -> None:
    lake = Lake(spark, str(tmp_path / "lake"))
    killed = opened(lake, "d0")
    killed.start()
    other = Ledger(lake, "5e77", NIGHT, None, "d1", released={killed.run_id: "r1"})
    other.start()
    ends = {row["run_id"]: (row["status"], row["message"]) for row in lake.rows("ops.runs")}
    assert ends[killed.run_id] == ("released", "r1")


def test_deliveries_are_those_of_whole_runs_the_newest_first(spark: SparkSession, tmp_path: Path) -> None:
    lake = Lake(spark, str(tmp_path / "lake"))
    counts = dict.fromkeys(("new", "changed", "unchanged", "vanished", "expired"), 0)
    runs = []
    # A backfill comes last, whatever its date.
    for day in (3, 4, 1):
        run = Ledger(lake, "5e77", datetime.date(2026, 1, day), None, f"d{day}")
        run.start()
        brought = [{"table": "bronze.catalog_records", "source": source, "status": "delivered"} for source in "ba"]
        run.record_arrivals([row | counts for row in brought])
        run.finish("released")
        runs.append(run.run_id)
    told = [(row["run_id"], row["source"]) for row in last_deliveries(lake, 2)]
    assert told == [(runs[2], "a"), (runs[2], "b"), (runs[1], "a"), (runs[1], "b")]
    assert len(last_deliveries(lake, 9)) == 6


@pytest.mark.parametrize("left_open", [False, True])
def test_a_lake_that_exists_and_cannot_be_written_is_wrong_input(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, left_open: bool
) -> None:
    lake = Lake(spark, str(tmp_path / "lake"))
    begun = opened(lake, "d0")
    begun.start()
    tonight = opened(lake, "d0" if left_open else "d1")

    def denied(*arguments: Any, **named: Any) -> None:
        raise RuntimeError("Job aborted\n\tat x\nCaused by: java.io.IOException: Permission denied\n\tat y")

    # Whoever runs the tests may be root, whom no file's mode keeps out.
    monkeypatch.setattr(lake, "upsert" if left_open else "append", denied)
    with pytest.raises(
        InputError, match=r"The lake .*/lake cannot be written \(java.io.IOException: Permission denied\)"
    ):
        tonight.start()
