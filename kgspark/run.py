"""Runs a night: every stage's build, write and gate, and at the end one commit that is the release.

A night reads the latest release and what it has itself written, never a table's head, so that a half-finished night is
invisible to the next one as it is to readers.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from rich.console import Console

from kgspark import __version__, releases
from kgspark.config import Config
from kgspark.errors import GateError, InputError, KgsparkError
from kgspark.ingest.frame import read_sources
from kgspark.ledger import Ledger
from kgspark.memory import peak_driver_mb
from kgspark.night import Night
from kgspark.pipeline import PREVIOUS, RAW, STAGES, Stage
from kgspark.preflight import preflight
from kgspark.progress import Progress
from kgspark.quality.gate import GateContext, Gatekeeper
from kgspark.releases import Release
from kgspark.schema import REJECTED_SUFFIX, table
from kgspark.session import describe
from kgspark.tables import Lake, Written

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class NightReport:
    """What a night did: its rows of ops.stage_runs, and the release, or None where only some stages were asked for."""

    run_id: str
    release: Release | None
    stage_rows: list[dict[str, Any]]


def open_lake(spark: SparkSession, cfg: Config) -> Lake:
    """The lake that a configuration names."""
    return Lake(spark, cfg.lake, cfg.catalog.name, cfg.catalog.prefix)


def settings_hash(cfg: Config, night: Night) -> str:
    """First 16 hex digits of a hash of all that decides a night beside its data: settings, mappings, pseudonym key."""
    key = hmac.digest(night.secret or b"no key", b"kgspark settings", "sha256").hex()
    said = [cfg.fingerprint, *(source.model_dump_json() for source in night.sources), key]
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
    lake = open_lake(spark, cfg)
    known = releases.all_releases(lake)
    last = known[-1] if known else None
    ledger = Ledger(lake, settings_hash(cfg, night), night.date, last.release_id if last else None)
    night = replace(night, run_id=ledger.run_id, previous_date=last.night if last else None)
    todo = [
        s for s in stages if s.name not in ledger.stages_done() and (only is None or s.name.startswith(tuple(only)))
    ]
    preflight(spark, cfg, night, todo)
    ledger.start()
    execution = _Execution(lake, cfg, night, ledger, last, Progress(len(todo), console))
    published = None
    try:
        for stage in todo:
            execution.run(stage)
        if release:
            published = execution.publish(known, stages)
    except GateError as error:
        ledger.finish("gate_failed", str(error))
        raise
    except KgsparkError as error:
        ledger.finish("failed", str(error))
        raise
    except BaseException as error:  # an interrupt, too: a person who stopped the night wants a new one, not its rest
        ledger.finish("failed", f"{type(error).__name__}: {str(error).splitlines()[0][:500] if str(error) else ''}")
        raise
    finally:
        execution.progress.close()
    if published:
        ledger.finish("released", published.release_id)
    return NightReport(ledger.run_id, published, ledger.stage_rows())


class _Execution:
    """One night's state: where each table is pinned, and what was written."""

    def __init__(
        self,
        lake: Lake,
        cfg: Config,
        night: Night,
        ledger: Ledger,
        last: Release | None,
        progress: Progress,
    ) -> None:
        self.lake, self.cfg, self.night, self.ledger, self.progress = lake, cfg, night, ledger, progress
        self.released = dict(last.tables) if last else {}
        self.pinned = self.released | ledger.versions()
        self.gatekeeper = Gatekeeper(lake.spark, cfg.quality)

    def run(self, stage: Stage) -> None:
        """Build a stage, write its tables, gate them, and enter it in the book."""
        self.progress.begin(stage.name)
        describe(self.lake.spark, f"kgspark {stage.name}")
        frames = stage.build(
            *[self._input(name) for name in stage.reads], cfg=getattr(self.cfg, stage.settings), night=self.night
        )
        self._check_outputs(stage, frames)
        written: dict[str, Written] = {}
        # Rejects first: a table's gate asks for their share.
        for name in sorted(frames, key=lambda n: (not n.endswith(REJECTED_SUFFIX), n)):
            describe(self.lake.spark, f"kgspark {stage.name}: write {name}")
            written[name] = self.lake.overwrite(name, frames[name], note=f"{self.ledger.run_id} {stage.name}")
        self.lake.spark.catalog.clearCache()
        self.pinned |= {name: done.version for name, done in written.items()}
        gated = self._gate_all(stage, written)
        names = (*stage.writes, *(name for name in written if name not in stage.writes))
        self.ledger.record_stage([self._stage_row(stage, written, name, gated.get(name)) for name in names])
        self.progress.end(stage.name, sum(written[name].rows for name in stage.writes))

    def publish(self, known: list[Release], stages: Sequence[Stage]) -> Release:
        """Append the release, if every stage has been done in this run."""
        missing = [stage.name for stage in stages if stage.name not in self.ledger.stages_done()]
        if missing:
            raise InputError(
                f"Run {self.ledger.run_id} cannot be released: {', '.join(missing)} has not run; run it first."
            )
        contents = f"{self.ledger.run_id} {sorted(self.pinned.items())}"
        row = {
            "release_id": f"r{self.night.date.isoformat()}-{hashlib.sha256(contents.encode()).hexdigest()[:8]}",
            "night": self.night.date,
            "run_id": self.ledger.run_id,
            "action": "release",
            "tables": self.pinned,
            "artifacts": {},
            "config_hash": self.ledger.config_hash,
            "code_version": __version__,
            "licences": {source.name: source.licence or "not stated" for source in self.night.sources},
        }
        return releases.publish(self.lake, row, known)

    def _pin(self, name: str) -> tuple[str, int | None]:
        """A stage's input as table and version; None where no night has written it."""
        if name.endswith(PREVIOUS):
            name = name.removesuffix(PREVIOUS)
            return name, self.released.get(name)
        return name, self.pinned.get(name)

    def _input(self, name: str) -> DataFrame:
        if name == RAW:
            return read_sources(self.lake.spark, self.night.sources, self.cfg.ingest)
        name, version = self._pin(name)
        return self.lake.empty(name) if version is None else self.lake.read(name, version)

    def _gate_all(self, stage: Stage, written: dict[str, Written]) -> dict[str, float]:
        """Gate the stage's tables: seconds by table. Where a gate says no, every table of the stage goes back."""
        reports, seconds = [], {}
        for name in stage.writes:
            started = time.monotonic()
            describe(self.lake.spark, f"kgspark {stage.name}: gate {name}")
            reports.append(self.gatekeeper.check(self._input(name), table(name), self._gate_context(name, written)))
            seconds[name] = time.monotonic() - started
            if not reports[-1].success:
                break
        self.ledger.record_gates([row for report in reports for row in report.rows()])
        if not reports[-1].success:
            for name in written:
                self.lake.restore(name, self.released.get(name))
            raise GateError(reports[-1].failure_message())
        return seconds

    def _gate_context(self, name: str, written: dict[str, Written]) -> GateContext:
        return GateContext(
            run_id=self.ledger.run_id,
            version=written[name].version,
            rows=written[name].rows,
            rejected=self._rejected_records(name, written),
            previous_rows=self.ledger.rows_of(name, self.released.get(name)),
            lookup=self._input,
        )

    def _rejected_records(self, name: str, written: dict[str, Written]) -> int:
        rejects = written.get(name + REJECTED_SUFFIX)
        if rejects is None or rejects.rows == 0:
            return 0
        dropped = self._input(rejects.table).where(~F.col("kept")).select("source", "record_id").distinct()
        return dropped.count()

    def _stage_row(
        self, stage: Stage, written: dict[str, Written], name: str, gate_seconds: float | None
    ) -> dict[str, Any]:
        done = written[name]
        known = [self.ledger.rows_of(*self._pin(read)) for read in stage.reads]
        rejects = written.get(name + REJECTED_SUFFIX)
        row = {
            "stage": stage.name,
            "table": name,
            "version": done.version,
            "rows_in": sum(rows for rows in known if rows is not None),
            "rows_out": done.rows,
            "rejected": rejects.rows if rejects else 0,
            "bytes_written": done.bytes,
            "seconds": done.seconds,
            "gate_seconds": gate_seconds,
            "peak_driver_mb": peak_driver_mb(),
        }
        log.info(
            "stage=%s table=%s rows=%d rejected=%d seconds=%.1f gate_seconds=%.1f run=%s",
            stage.name, name, done.rows, row["rejected"], done.seconds, gate_seconds or 0.0, self.ledger.run_id,
        )  # fmt: skip
        return row

    @staticmethod
    def _check_outputs(stage: Stage, frames: dict[str, DataFrame]) -> None:
        allowed = set(stage.writes) | {name + REJECTED_SUFFIX for name in stage.writes}
        if not set(stage.writes) <= set(frames) <= allowed:
            raise TypeError(f"stage {stage.name} built {sorted(frames)} but declares {sorted(stage.writes)}")
