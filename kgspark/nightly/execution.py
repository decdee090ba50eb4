"""What is done with each stage: build, write, gate, enter in the book; at the end one commit that is the release."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from pyspark.sql import DataFrame

from kgspark import __version__, artifacts
from kgspark.errors import InputError, OutOfTimeError
from kgspark.frames.lineage import cut, persisted, stage_frames
from kgspark.frames.side_by_side import Stopwatch, shares, side_by_side
from kgspark.lake import disposal
from kgspark.lake.changes import FEW_ROWS, Changed, changes, few
from kgspark.lake.written import Written
from kgspark.nightly.by_key import links_of, of_keys
from kgspark.nightly.entries import Spent, entries
from kgspark.nightly.gates import Gates
from kgspark.nightly.incremental import Plan
from kgspark.nightly.inputs import Inputs
from kgspark.nightly.ledger import UNSPENT
from kgspark.nightly.meter import Meter
from kgspark.nightly.tonight import Tonight
from kgspark.pipeline import Artefact, Stage
from kgspark.process.memory import peak_driver_mb
from kgspark.process.progress import Progress
from kgspark.quality.suspects import referring
from kgspark.releases import register
from kgspark.releases.release import Release
from kgspark.schema import REJECTED_SUFFIX, table
from kgspark.session import describe

log = logging.getLogger(__name__)
Result = TypeVar("Result")


class Execution:
    """One night's state: where each table is pinned, and what was written; ``still_ours`` raises where another process
    holds the lake by now.
    """

    def __init__(
        self,
        tonight: Tonight,
        progress: Progress,
        still_ours: Callable[[], None],
        max_texts: int | None = None,
    ) -> None:
        self.lake, self.cfg, self.night, self.ledger = tonight.lake, tonight.cfg, tonight.night, tonight.ledger
        self.planner, self.progress = tonight.planner, progress
        self.released = dict(tonight.last.tables) if tonight.last else {}
        self.pinned = self.released | self.ledger.versions()
        # Kept until the end of the night, as later stages ask which of their keys are among them, and their gates.
        self._changed: dict[str, Changed] = {}
        self._inputs = Inputs(tonight, self.released, self.pinned, self._changed)
        self.gates = Gates(self.lake, self.cfg, self.night, self.ledger, self.released, self._inputs)
        self._todo, self._max_texts, self._still_ours = tonight.todo, max_texts, still_ours
        self._meter = Meter(self.lake.spark)

    def run(self, stage: Stage) -> None:
        """Build as much of a stage as its plan says, write its tables, gate them, and enter it in the book; stages may
        run side by side.
        """
        self.progress.begin(stage.name)
        plan = self.planner.plan(stage, self.pinned)
        log.info("stage=%s plan=%s why=%s run=%s", stage.name, plan.how, plan.why, self.ledger.run_id)
        if plan.how == "skip":
            self._skip(stage, plan)
            return
        watch = Stopwatch()
        describe(self.lake.spark, f"kgspark {stage.name}")
        with stage_frames():
            fitted, artefact = self._fitted(stage, plan)
            plan = plan.under(artefact)
            keys = self._keys(stage, plan)
            texts = self._new_texts(stage, keys)
            # What it remembers was made under the artefact of the released tables.
            frames = self._build(stage, fitted, keys, anew=plan.how == "all" or artefact != plan.kept)
            self._check_outputs(stage, frames)
            before = {} if plan.how == "all" else self._before(stage, frames, keys)
            done = self._each(lambda name: self._write(stage, name, frames[name], before.get(name)), sorted(frames))
            tokens = {name: self.night.tally.sum(name) for name in stage.writes}
        written = {each.table: each for each in done}
        self.pinned.update({name: each.version for name, each in written.items()})
        seconds = shares(watch.lap(), {name: each.seconds for name, each in written.items()})
        gated = self.gates.check(stage, written)
        gate_seconds = shares(watch.lap(), gated)
        spent = Spent(seconds, gate_seconds, self._meter.of(stage.name), texts, tokens)
        known = [self.ledger.rows_of(*self._inputs.pin(read)) for read in stage.reads]
        rows_in = sum(rows for rows in known if rows is not None)
        rows = entries(stage, plan, artefact, written, rows_in, self.night.tally, spent)
        for row in rows:
            log.info(
                "stage=%s table=%s rows=%d rejected=%d seconds=%.1f gate_seconds=%.1f run=%s", stage.name, row["table"],
                row["rows_out"], row["rejected"], row["seconds"], row["gate_seconds"] or 0.0, self.ledger.run_id,
            )  # fmt: skip
        # The entries before these have had a stage's time to be written: an error in them ends the night here.
        self.ledger.settle()
        self.ledger.record_stage(rows)
        self.progress.end(stage.name, sum(written[name].rows for name in stage.writes), plan.how)

    def _skip(self, stage: Stage, plan: Plan) -> None:
        """Go on with the stage's released tables, which passed their gates over the same inputs."""
        made = [self.ledger.entry(stage.name, name, self.released[name]) for name in stage.writes]
        tonight = {"how": plan.how, "why": plan.why, "inputs": plan.inputs, "peak_driver_mb": peak_driver_mb()}
        self.ledger.record_stage([row | UNSPENT | tonight for row in made])
        self.progress.end(stage.name, sum(row["rows_out"] for row in made), plan.how)

    def anew(self, stage: Stage) -> dict[str, tuple[DataFrame, DataFrame]]:
        """For each table of a stage what the night has, and what building it whole from tonight's inputs gives."""
        fitted, _ = self._fitted(stage, self.planner.plan(stage, self.pinned))
        frames = self._build(stage, fitted, None, anew=True)
        return {name: (self._inputs.read(name), frame) for name, frame in sorted(frames.items())}

    def _fitted(self, stage: Stage, plan: Plan) -> tuple[Artefact | None, str | None]:
        """What the stage fits, or goes on with, and its place as ``name/sha256``."""
        if stage.fit is None:
            return None, None
        inputs = [None if name in stage.memory else self._inputs.read(name) for name in stage.reads]
        root = f"{self.lake.root}/{artifacts.FOLDER}"
        kept = f"{root}/{plan.kept}" if plan.kept else None
        fitted = stage.fit(*inputs, cfg=getattr(self.cfg, stage.settings), night=self.night, kept=kept)
        folder = fitted.save(root, trained_on=f"{self.ledger.run_id} {stage.name}")
        return fitted, folder.removeprefix(root + "/")

    def _new_texts(self, stage: Stage, keys: DataFrame | None) -> int | None:
        """Texts that the stage will embed. Raises OutOfTimeError where they are more than the night may."""
        if stage.new_texts is None:
            return None
        texts = self._asked(stage, stage.new_texts, keys=keys).count()
        if self._max_texts is not None and texts > self._max_texts:
            raise OutOfTimeError(
                f"Stage {stage.name} has {texts:,} texts to embed, and this night may embed {self._max_texts:,}; the "
                "same command with a larger --max-texts, or without, goes on, and nothing is released before."
            )
        return texts

    def _asked(self, stage: Stage, what: Callable[..., DataFrame], **given: DataFrame | None) -> DataFrame:
        inputs = [self._inputs.read(name) for name in stage.reads]
        return what(*inputs, cfg=getattr(self.cfg, stage.settings), night=self.night, **given)

    def _build(self, stage: Stage, fitted: Artefact | None, keys: DataFrame | None, anew: bool) -> dict[str, DataFrame]:
        """The stage's frames, of some keys or (None) of all, and ``anew`` without what it remembers."""
        read = {name: self._inputs.read(name) for name in stage.reads if name not in stage.memory or not anew}
        given: dict[str, Any] = {} if stage.fit is None else {"fitted": fitted}
        if stage.part is not None:
            given["keys"] = keys
        elif keys is not None:
            read = of_keys(stage, read, keys)
        inputs = [read.get(name) for name in stage.reads]
        return stage.build(*inputs, cfg=getattr(self.cfg, stage.settings), night=self.night, **given)

    def _each(self, work: Callable[[str], Result], names: Sequence[str]) -> list[Result]:
        return side_by_side(work, names, self.cfg.spark.tables_at_a_time)

    def _keys(self, stage: Stage, plan: Plan) -> DataFrame | None:
        """The keys that must be built again; None: all."""
        if plan.how == "keys":
            keys = persisted(self.planner.changed(stage, plan, self._changed))
        elif plan.how == "difference" and stage.touched is not None:
            keys = persisted(self._asked(stage, stage.touched))
        else:
            return None
        count = keys.count()
        log.info("stage=%s keys=%d run=%s", stage.name, count, self.ledger.run_id)
        return few(keys, count)

    def _before(self, stage: Stage, written: Iterable[str], keys: DataFrame | None) -> dict[str, DataFrame]:
        """Of the released tables, the rows that tonight's are compared with."""
        before = {name: self.lake.read(name, self.released[name]) for name in written if name in self.released}
        if keys is None:
            return before
        if stage.part is not None:
            return stage.part(before, keys)
        return {name: rows.join(keys, on=keys.columns, how="left_semi") for name, rows in before.items()}

    def _write(self, stage: Stage, name: str, frame: DataFrame, before: DataFrame | None) -> Written:
        """Replace the table, or, where rows before are given, write how they differ."""
        describe(self.lake.spark, f"kgspark {stage.name}: write {name}")
        note = f"{self.ledger.run_id} {stage.name}"
        self._still_ours()
        if before is None:
            return self.lake.overwrite(name, frame, note)
        watch, base = Stopwatch(), self.released[name]
        known = self.ledger.rows_of(name, base)
        rows = self.lake.read(name, base).count() if known is None else known
        links = links_of(name, self._todo) | referring(name)
        found = cut(changes(table(name), before, frame, links))
        count = found.count()
        if count == 0:
            return Written(name, base, rows, 0, watch.lap(), 0, 0)
        self._still_ours()
        # Sent to the table's rows, which a merge would else sort by key twice.
        steps = few(found.select("change", *table(name).column_names), count, FEW_ROWS)
        written = replace(self.lake.merge(name, steps, base, rows, note), seconds=watch.lap())
        self._changed[name] = Changed(base, written.version, found, count, links)
        return written

    def purge(self) -> None:
        """Write files anew that hold rows which are only marked as deleted, so that they go with the older releases."""
        self.pinned.update(disposal.purge(self.lake, self.pinned, self.cfg.spark.tables_at_a_time))
        self.ledger.move(self.pinned)
        self.ledger.settle()

    def publish(self, known: list[Release], stages: Sequence[Stage], action: str = "release") -> Release:
        """Append the release, if every stage has been done in this run; ``action`` says in the book what made it."""
        missing = [stage.name for stage in stages if stage.name not in self.ledger.stages_done()]
        if missing:
            raise InputError(
                f"Run {self.ledger.run_id} cannot be released: {', '.join(missing)} has not run; run it first."
            )
        for stage in stages:
            others = self.planner.others(stage, self.pinned)
            if others:
                raise InputError(
                    f"Run {self.ledger.run_id} cannot be released: {stage.name} was made of other versions of "
                    f"{', '.join(others)} than it holds now; run it again."
                )
        contents = f"{self.ledger.run_id} {sorted(self.pinned.items())}"
        row = {
            "release_id": register.id_of(self.night.date, contents),
            "night": self.night.date,
            "run_id": self.ledger.run_id,
            "action": action,
            "tables": self.pinned,
            "artifacts": self.ledger.artefacts(),
            "config_hash": self.ledger.config_hash,
            "code_version": __version__,
            "licences": {source.name: source.licence or "not stated" for source in self.night.sources},
        }
        return register.publish(self.lake, row, known)

    @staticmethod
    def _check_outputs(stage: Stage, frames: dict[str, DataFrame]) -> None:
        allowed = set(stage.writes) | {name + REJECTED_SUFFIX for name in stage.writes}
        if not set(stage.writes) <= set(frames) <= allowed:
            raise TypeError(f"stage {stage.name} built {sorted(frames)} but declares {sorted(stage.writes)}")
