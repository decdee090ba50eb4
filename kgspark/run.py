"""Runs a night: every stage's build, write and gate, and at the end one commit that is the release.

A night reads the latest release and what it has itself written, never a table's head, so that a half-finished night is
invisible to the next one as it is to readers.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from pyspark.sql import SparkSession
from rich.console import Console

from kgspark.config import Config
from kgspark.errors import InputError, OutOfTimeError
from kgspark.frames.side_by_side import Stopwatch
from kgspark.ingest import expiry
from kgspark.lake.lock import Lock
from kgspark.lake.tables import Lake
from kgspark.night import Night
from kgspark.nightly.closing import closing
from kgspark.nightly.execution import Execution
from kgspark.nightly.ledger import MOVED
from kgspark.nightly.preflight import preflight
from kgspark.nightly.schedule import run_stages
from kgspark.nightly.tonight import tonight_of
from kgspark.nightly.verify import verify
from kgspark.pipeline import STAGES, Stage
from kgspark.process.progress import Progress, say
from kgspark.process.stops import unbroken
from kgspark.releases.register import show_again
from kgspark.releases.release import Release
from kgspark.session import cancel_jobs, describe


@dataclass(frozen=True)
class NightReport:
    """What a night did: its rows of ops.stage_runs in the order of the stages, the release, or None where only some
    stages were asked for, and the seconds from the call to here (stages overlap: theirs add up to more).
    """

    run_id: str
    release: Release | None
    stage_rows: list[dict[str, Any]]
    seconds: float


@dataclass(frozen=True)
class NightOptions:
    """How a night is run: ``full`` builds everything anew; ``refit`` fits anew what stages else go on with; ``replay``
    also builds again, whole, the stages that set something aside; ``verify`` also builds everything anew and compares;
    after ``max_minutes`` no further stage begins, nor one that would embed more than ``max_texts``.
    """

    full: bool = False
    refit: bool = False
    replay: bool = False
    verify: bool = False
    max_minutes: float | None = None
    max_texts: int | None = None

    def refitted(self, stages: Sequence[Stage]) -> list[str]:
        """Those of the stages that fit anew what they else go on with."""
        return [stage.name for stage in stages if stage.fit is not None] if self.refit else []


EVERY_NIGHT = NightOptions()


def open_lake(spark: SparkSession, cfg: Config) -> Lake:
    """The lake that a configuration names."""
    return Lake(spark, cfg.lake, cfg.catalog.name, cfg.catalog.prefix)


def chosen(stages: Sequence[Stage], only: Sequence[str] | None) -> list[Stage]:
    """The stages whose name starts with one of ``only``; all where that is None, and none where it names none, as in a
    night's last step, which only releases. Raises InputError where no stage is called so.
    """
    found = [stage for stage in stages if only is None or stage.name.startswith(tuple(only))]
    if not found and only != ():
        raise InputError(f"No stage is called {', '.join(only or ())}; there are {', '.join(s.name for s in stages)}.")
    return found


def run_night(
    spark: SparkSession,
    cfg: Config,
    night: Night,
    *,
    only: Sequence[str] | None = None,
    release: bool = True,
    stages: Sequence[Stage] = STAGES,
    console: Console | None = None,
    options: NightOptions = EVERY_NIGHT,
) -> NightReport:
    """Run the stages that the open run of this night has not yet done, gate each table, and release.

    ``only`` limits the stages to those whose name starts with one of its entries; with ``release=False`` the run stays
    open for the next call. Raises HeldError where another command holds the lake, InputError before anything but the
    lock is written where sources, model or lake are not as they must be, and GateError where a gate said no: then that
    table is back at its earlier version and nothing is released.
    """
    lake = open_lake(spark, cfg)
    with Lock(lake, cfg.lock, f"the night of {night.date}") as lock:
        return _locked_night(lake, cfg, night, only, release, stages, console, options, lock)


def _locked_night(
    lake: Lake,
    cfg: Config,
    night: Night,
    only: Sequence[str] | None,
    release: bool,
    stages: Sequence[Stage],
    console: Console | None,
    options: NightOptions,
    lock: Lock,
) -> NightReport:
    watch = Stopwatch()
    describe(lake.spark, f"kgspark night of {night.date}")
    say(console, "looking at the dumps, the last release and what has changed")
    asked = chosen(stages, only)
    tonight = tonight_of(lake, cfg, night, asked, options.full, refit=options.refitted(asked), replay=options.replay)
    ledger = tonight.ledger
    if tonight.last:
        show_again(lake, tonight.last)
    if only is not None:
        tonight.check_step(asked)
    for sentence in tonight.about_runs():
        say(console, sentence)
    preflight(lake.spark, cfg, tonight.night, tonight.todo)
    ledger.start()
    execution = Execution(tonight, Progress(len(tonight.todo), console), lock.check, options.max_texts)
    deadline = None if options.max_minutes is None else time.monotonic() + options.max_minutes * 60
    published = None
    with closing(tonight, len(asked)):
        try:
            left = run_stages(
                tonight.todo, execution.run, cfg.spark.stages_at_a_time, deadline, partial(cancel_jobs, lake.spark)
            )
        finally:
            execution.progress.close()
        # All entries are on disk before a release refers to their run.
        ledger.settle()
        if left:
            raise OutOfTimeError(
                f"The night's {options.max_minutes:g} minutes are over with {len(left)} of {len(asked)} stages still "
                f"to do, {left[0].name} the first; the same command goes on with them, and nothing is released before."
            )
        if options.verify:
            say(console, "building everything anew beside it, to compare")
            with contextlib.closing(Progress(len(asked), console)) as progress:
                verify(execution, asked, progress)
        if release and expiry.limited(tonight.night):
            execution.purge()
    # Half a release told of is none that the same command could go on with.
    with unbroken():
        with closing(tonight, len(asked)):
            # Whoever was taken for dead meanwhile must not release.
            lock.confirm()
            if release:
                published = execution.publish(tonight.known, stages)
        if published:
            ledger.finish("released", published.release_id)
        else:
            ledger.finish("open", "its other steps are to come")
    order = [stage.name for stage in stages]
    rows = (row for row in ledger.stage_rows() if row["how"] != MOVED)
    done = sorted(rows, key=lambda row: order.index(row["stage"]))
    return NightReport(ledger.run_id, published, done, watch.lap())
