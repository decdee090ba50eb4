"""Runs a night: every stage's build, write and gate, and at the end one commit that is the release.

A night reads the latest release and what it has itself written, never a table's head, so that a half-finished night is
invisible to the next one as it is to readers.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from pyspark.sql import SparkSession
from rich.console import Console

from kgspark import releases
from kgspark.config import Config
from kgspark.errors import GateError, KgsparkError
from kgspark.execution import Execution
from kgspark.ingest.deliveries import deliveries_hash
from kgspark.ledger import Ledger
from kgspark.night import Night
from kgspark.pipeline import RAW, STAGES, Stage
from kgspark.preflight import preflight
from kgspark.progress import Progress
from kgspark.releases import Release
from kgspark.resolve import decisions
from kgspark.schedule import run_stages
from kgspark.side_by_side import Stopwatch
from kgspark.tables import Lake


@dataclass(frozen=True)
class NightReport:
    """What a night did: its rows of ops.stage_runs in the order of the stages, the release, or None where only some
    stages were asked for, and the seconds from the call to here (stages overlap: theirs add up to more).
    """

    run_id: str
    release: Release | None
    stage_rows: list[dict[str, Any]]
    seconds: float


def open_lake(spark: SparkSession, cfg: Config) -> Lake:
    """The lake that a configuration names."""
    return Lake(spark, cfg.lake, cfg.catalog.name, cfg.catalog.prefix)


def settings_hash(cfg: Config, night: Night, decided: Sequence[tuple[object, ...]] = ()) -> str:
    """First 16 hex digits of a hash of all that decides a night beside its data: settings, mappings, pseudonym key, and
    what people decided on pairs.
    """
    key = hmac.digest(night.secret or b"no key", b"kgspark settings", "sha256").hex()
    said = [cfg.fingerprint, *(source.model_dump_json() for source in night.sources), key, *map(str, decided)]
    return hashlib.sha256("\n".join(said).encode()).hexdigest()[:16]


def run_night(
    spark: SparkSession,
    cfg: Config,
    night: Night,
    *,
    only: Sequence[str] | None = None,
    release: bool = True,
    stages: Sequence[Stage] = STAGES,
    console: Console | None = None,
) -> NightReport:
    """Run the stages that the open run of this night has not yet done, gate each table, and release.

    ``only`` limits the stages to those whose name starts with one of its entries; with ``release=False`` the run stays
    open for the next call. Raises InputError before anything is written where sources, model or lake are not as they
    must be, and GateError where a gate said no: then that table is back at its earlier version and nothing is released.
    """
    watch = Stopwatch()
    lake = open_lake(spark, cfg)
    known = releases.all_releases(lake)
    last = known[-1] if known else None
    asked = [s for s in stages if only is None or s.name.startswith(tuple(only))]
    dumps = deliveries_hash(spark, night.sources) if any(RAW in s.reads for s in asked) else None
    # Read here already, so that a mistake in them ends the night before it begins.
    place = cfg.resolve.decisions
    decided = decisions.rows(decisions.read(spark, place)) if place else []
    ledger = Ledger(lake, settings_hash(cfg, night, decided), night.date, last.release_id if last else None, dumps)
    night = replace(night, run_id=ledger.run_id, previous_date=last.night if last else None)
    todo = [stage for stage in asked if stage.name not in ledger.stages_done()]
    preflight(spark, cfg, night, todo)
    ledger.start()
    execution = Execution(lake, cfg, night, ledger, last, Progress(len(todo), console), decided)
    published = None
    try:
        run_stages(todo, execution.run, cfg.spark.stages_at_a_time)
        # All entries are on disk before a release refers to their run.
        ledger.settle()
        if release:
            published = execution.publish(known, stages)
    except GateError as error:
        ledger.finish("gate_failed", str(error))
        raise
    except KgsparkError as error:
        ledger.finish("failed", str(error))
        raise
    except BaseException as error:
        # A person who stopped the night wants a new one, not its rest; what failed by itself may go on.
        status = "failed" if isinstance(error, Exception) else "stopped"
        ledger.finish(status, f"{type(error).__name__}: {str(error).splitlines()[0][:500] if str(error) else ''}")
        raise
    finally:
        execution.progress.close()
    if published:
        ledger.finish("released", published.release_id)
    order = [stage.name for stage in stages]
    done = sorted(ledger.stage_rows(), key=lambda row: order.index(row["stage"]))
    return NightReport(ledger.run_id, published, done, watch.lap())
