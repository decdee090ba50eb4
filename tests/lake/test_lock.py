"""The lock: one holder at a time, who is told to the second one, and when a holder is taken for dead."""

from __future__ import annotations

import datetime
import os
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from kgspark.errors import EngineError, HeldError, InputError
from kgspark.lake.lock import Holder, Lock, break_lock, holder, why_free
from kgspark.lake.lock_settings import LockSettings
from kgspark.lake.processes import process_start, this_host
from kgspark.lake.tables import Lake

CFG = LockSettings()
NOW = datetime.datetime(2026, 1, 2, 3, 0, tzinfo=datetime.UTC)
ELSEWHERE = Holder(1, "t", "the night of 2026-01-02", "elsewhere", 7, "", NOW, NOW, None)


def ended_process() -> int:
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    return child.pid


def test_who_may_be_taken_for_dead() -> None:
    here = replace(ELSEWHERE, host=this_host(), pid=os.getpid(), process_start=process_start(os.getpid()))
    assert why_free(None, CFG, NOW) == "nobody ever held it"
    assert why_free(replace(ELSEWHERE, released_at=NOW), CFG, NOW) == "it was given back"
    # On this machine the process is asked for, however long it has been silent.
    assert why_free(here, CFG, NOW + datetime.timedelta(days=9)) is None
    assert why_free(replace(here, pid=ended_process()), CFG, NOW) is not None
    # A number that was given to another process since: this one did not begin when the holder did.
    place = here.process_start.rpartition("/")[0]
    assert why_free(replace(here, process_start=f"{place}/1"), CFG, NOW) is not None
    # Of another boot, or another container of the same name: its numbers say nothing here.
    other = replace(here, pid=ended_process(), process_start="another boot/pid:[1]/1", beat_at=NOW)
    assert why_free(other, CFG, NOW + datetime.timedelta(seconds=899)) is None
    assert why_free(other, CFG, NOW + datetime.timedelta(seconds=901)) is not None
    # Of another machine only its silence tells.
    assert why_free(ELSEWHERE, CFG, NOW + datetime.timedelta(seconds=899)) is None
    silent = why_free(ELSEWHERE, CFG, NOW + datetime.timedelta(seconds=901))
    assert silent == "elsewhere gave no sign of life for 901 s"


def test_the_second_is_told_who_holds_the_lake_and_since_when(spark: SparkSession, tmp_path: Path) -> None:
    lake = Lake(spark, str(tmp_path / "lake"))
    with Lock(lake, CFG, "the night of 2026-01-02"):
        since = holder(lake)
        assert since is not None
        said = rf"held by the night of 2026-01-02 \(process {os.getpid()} on .*\) since {since.since:%Y-%m-%d %H:%M:%S}"
        with pytest.raises(HeldError, match=said) as refused, Lock(lake, CFG, "another"):
            pass
        # A scheduler that tries again must tell it from a wrong configuration.
        assert refused.value.exit_code == 5
        # The second's refusal took nothing from the first.
        found = holder(lake)
        assert found is not None
        assert (found.token, found.released_at) == (since.token, None)
    with Lock(lake, CFG, "the next"):
        assert holder(lake).purpose == "the next"  # type: ignore[union-attr]


def test_the_lock_of_a_dead_process_is_taken_over(spark: SparkSession, tmp_path: Path) -> None:
    lake = Lake(spark, str(tmp_path / "lake"))
    dead = replace(ELSEWHERE, host=this_host(), pid=ended_process())
    lake.replace_row("ops.locks", vars(dead), "kgspark lock", 1, "a night that died")
    with Lock(lake, CFG, "tonight"):
        assert holder(lake).sequence == 2  # type: ignore[union-attr]


def test_of_several_that_begin_at_once_one_gets_it(spark: SparkSession, tmp_path: Path) -> None:
    lake = Lake(spark, str(tmp_path / "lake"))
    with Lock(lake, CFG, "so that the table is there"):
        pass
    start, out, won, lost = threading.Barrier(3), threading.Event(), list[str](), list[str]()

    def night(name: str) -> None:
        start.wait()
        try:
            with Lock(lake, CFG, name):
                won.append(name)
                out.wait(60)
        except InputError as error:
            lost.append(str(error))
            if len(lost) == 2:
                out.set()

    threads = [threading.Thread(target=night, args=(name,)) for name in ("one", "two", "three")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1
    assert len(lost) == 2
    assert all(f"held by {won[0]} " in said for said in lost)


def test_a_holder_that_was_taken_for_dead_finds_out_before_it_releases(spark: SparkSession, tmp_path: Path) -> None:
    lake = Lake(spark, str(tmp_path / "lake"))
    with Lock(lake, CFG, "slow") as slow:
        slow.confirm()
        assert break_lock(lake).purpose == "slow"  # type: ignore[union-attr]
        assert break_lock(lake) is None
        with Lock(lake, CFG, "quick"), pytest.raises(EngineError, match=r"quick .* holds the lake now"):
            slow.confirm()
    assert holder(lake).purpose == "quick"  # type: ignore[union-attr]


def test_a_holder_that_lost_the_lake_hears_of_it_with_its_next_sign_of_life(
    spark: SparkSession, tmp_path: Path
) -> None:
    lake = Lake(spark, str(tmp_path / "lake"))
    # Long enough that its next sign of life does not meet the commits of others.
    with Lock(lake, LockSettings(heartbeat_seconds=8), "slow") as slow:
        slow.check()
        break_lock(lake)
        with Lock(lake, CFG, "quick"):
            assert slow._lost.wait(60)
            with pytest.raises(EngineError, match=r"quick .* holds the lake now"):
                slow.check()


def test_signs_of_life_are_written_while_it_is_held(spark: SparkSession, tmp_path: Path) -> None:
    lake = Lake(spark, str(tmp_path / "lake"))
    with Lock(lake, LockSettings(heartbeat_seconds=0.05, stale_seconds=1), "tonight"):
        taken = holder(lake)
        later = taken
        for _ in range(100):
            if taken is None or later is None or later.beat_at > taken.beat_at:
                break
            threading.Event().wait(0.1)
            later = holder(lake)
        assert taken is not None
        assert later is not None
        assert later.beat_at > taken.beat_at
        assert (later.since, later.token) == (taken.since, taken.token)


def test_less_than_three_beats_of_patience_is_refused() -> None:
    with pytest.raises(ValueError, match="three heartbeats"):
        LockSettings(heartbeat_seconds=100, stale_seconds=200)
