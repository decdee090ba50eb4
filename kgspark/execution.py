"""What is done with each stage: build, write, gate, enter in the book; at the end one commit that is the release."""

from __future__ import annotations

import hashlib
import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from kgspark import __version__, releases
from kgspark.config import Config
from kgspark.errors import GateError, InputError
from kgspark.ingest.frame import read_sources
from kgspark.ledger import Ledger
from kgspark.memory import peak_driver_mb
from kgspark.night import Night
from kgspark.pipeline import DECISIONS, PREVIOUS, RAW, Stage
from kgspark.progress import Progress
from kgspark.quality.gate import GateContext, Gatekeeper
from kgspark.quality.results import GateReport
from kgspark.releases import Release
from kgspark.resolve.distributed import DECISIONS as DECIDED
from kgspark.schema import REJECTED_SUFFIX, table
from kgspark.session import describe
from kgspark.side_by_side import Stopwatch, shares, side_by_side
from kgspark.tables import Lake, Written

log = logging.getLogger(__name__)
Result = TypeVar("Result")


class Execution:
    """One night's state: where each table is pinned, and what was written."""

    def __init__(
        self,
        lake: Lake,
        cfg: Config,
        night: Night,
        ledger: Ledger,
        last: Release | None,
        progress: Progress,
        decided: Sequence[tuple[object, ...]] = (),
    ) -> None:
        self.lake, self.cfg, self.night, self.ledger, self.progress = lake, cfg, night, ledger, progress
        self._decided = decided
        self.released = dict(last.tables) if last else {}
        self.pinned = self.released | ledger.versions()
        self.gatekeeper = Gatekeeper(lake.spark, cfg.quality)
        self._persisting_stages = 0
        self._lock = threading.Lock()

    def run(self, stage: Stage) -> None:
        """Build a stage, write its tables, gate them, and enter it in the book; stages may run side by side."""
        self.progress.begin(stage.name)
        watch = Stopwatch()
        describe(self.lake.spark, f"kgspark {stage.name}")
        with self._persisting():
            frames, artefact = self._build(stage)
            self._check_outputs(stage, frames)
            done = self._each(lambda name: self._write(stage, name, frames[name]), sorted(frames))
        written = {each.table: each for each in done}
        self.pinned |= {name: each.version for name, each in written.items()}
        seconds = shares(watch.lap(), {name: each.seconds for name, each in written.items()})
        gated = self._gate(stage, written)
        gate_seconds = shares(watch.lap(), gated)
        rows = [
            self._stage_row(stage, written, name, seconds[name], gate_seconds.get(name)) | {"artefact": artefact}
            for name in (*stage.writes, *(name for name in written if name not in stage.writes))
        ]
        # The entries before these have had a stage's time to be written: an error in them ends the night here.
        self.ledger.settle()
        self.ledger.record_stage(rows)
        self.progress.end(stage.name, sum(written[name].rows for name in stage.writes))

    def _build(self, stage: Stage) -> tuple[dict[str, DataFrame], str | None]:
        """The stage's frames, and what it fitted as ``name/sha256``, if it fits anything."""
        inputs = [self._input(name) for name in stage.reads]
        cfg = getattr(self.cfg, stage.settings)
        if stage.fit is None:
            return stage.build(*inputs, cfg=cfg, night=self.night), None
        fitted = stage.fit(*inputs, cfg=cfg, night=self.night)
        root = f"{self.lake.root}/_artifacts"
        folder = fitted.save(root, trained_on=f"{self.ledger.run_id} {stage.name}")
        return stage.build(*inputs, cfg=cfg, night=self.night, fitted=fitted), folder.removeprefix(root + "/")

    @contextmanager
    def _persisting(self) -> Iterator[None]:
        """Count the stages that may hold persisted frames; the last to have written its tables clears them all."""
        with self._lock:
            self._persisting_stages += 1
        try:
            yield
        finally:
            with self._lock:
                self._persisting_stages -= 1
                if self._persisting_stages == 0:
                    self.lake.spark.catalog.clearCache()

    def _each(self, work: Callable[[str], Result], names: Sequence[str]) -> list[Result]:
        return side_by_side(work, names, self.cfg.spark.tables_at_a_time)

    def _write(self, stage: Stage, name: str, frame: DataFrame) -> Written:
        describe(self.lake.spark, f"kgspark {stage.name}: write {name}")
        return self.lake.overwrite(name, frame, note=f"{self.ledger.run_id} {stage.name}")

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
            "artifacts": self.ledger.artefacts(),
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
        if name == DECISIONS:
            # As they were read before the night began: their file may have changed since.
            return self.lake.spark.createDataFrame(list(self._decided), DECIDED)
        name, version = self._pin(name)
        return self.lake.empty(name) if version is None else self.lake.read(name, version)

    def _gate(self, stage: Stage, written: dict[str, Written]) -> dict[str, float]:
        """Gate the stage's tables: seconds by table. Where a gate says no, every table of the stage goes back."""

        def check(name: str) -> tuple[GateReport, float]:
            watch = Stopwatch()
            describe(self.lake.spark, f"kgspark {stage.name}: gate {name}")
            report = self.gatekeeper.check(self._input(name), table(name), self._gate_context(name, written))
            return report, watch.lap()

        # Rejects are few, and mostly none: an empty table has nothing that could be wrong.
        rejects = [name for name, each in written.items() if name.endswith(REJECTED_SUFFIX) and each.rows]
        reports = self._each(check, (*stage.writes, *rejects))
        self.ledger.record_gates([row for report, _ in reports for row in report.rows()])
        failed = [report for report, _ in reports if not report.success]
        if failed:
            for name in written:
                self.lake.restore(name, self.released.get(name))
            raise GateError(failed[0].failure_message())
        return {report.table: seconds for report, seconds in reports}

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
        self, stage: Stage, written: dict[str, Written], name: str, seconds: float, gate_seconds: float | None
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
            "rejected": rejects.rows if rejects else sum(self.night.tally.by_source(name).values()),
            "bytes_written": done.bytes,
            "seconds": seconds,
            "gate_seconds": gate_seconds,
            "peak_driver_mb": peak_driver_mb(),
        }
        log.info(
            "stage=%s table=%s rows=%d rejected=%d seconds=%.1f gate_seconds=%.1f run=%s",
            stage.name, name, done.rows, row["rejected"], seconds, gate_seconds or 0.0, self.ledger.run_id,
        )  # fmt: skip
        return row

    @staticmethod
    def _check_outputs(stage: Stage, frames: dict[str, DataFrame]) -> None:
        allowed = set(stage.writes) | {name + REJECTED_SUFFIX for name in stage.writes}
        if not set(stage.writes) <= set(frames) <= allowed:
            raise TypeError(f"stage {stage.name} built {sorted(frames)} but declares {sorted(stage.writes)}")
