"""How much of a stage a night must do: nothing, some keys, everything but write only what differs, or everything anew.

what the stage read and was when its released tables were made, the same tonight -> plan -> keys that changed

Stages never know. What decides is kept with every entry of ops.stage_runs: the versions that the stage read
(``inputs``), and a hash of all that makes other rows of the same input (``context``): the stage's version, the code's,
its block of the configuration, the mappings, the pseudonym key, the model, the tables' contracts.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from pathlib import Path
from typing import Literal

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from kgspark import __version__, artifacts
from kgspark.config import Config
from kgspark.embed import models
from kgspark.graph import ontology
from kgspark.ingest import expiry
from kgspark.lake.changes import Changed, changed_keys
from kgspark.lake.tables import Lake
from kgspark.night import Night
from kgspark.nightly.by_key import bridge_of
from kgspark.nightly.ledger import Ledger
from kgspark.pipeline import DECISIONS, PREVIOUS, RAW, Stage
from kgspark.schema import REJECTED_SUFFIX, schema_version, table
from kgspark.settings import Settings

How = Literal["skip", "keys", "difference", "all"]
# Rules whose verdict depends on the night's date: a time that lies ahead tonight is possible on a later night.
DATED_RULES = ("date_ahead",)
NOTHING = "none"
_GATE = "gate "


@dataclass(frozen=True)
class Plan:
    """What a stage does tonight, and why, for people.

    ``skip``: its tables stay at their released versions, ungated. ``keys``: build and write the keys whose input rows
    changed. ``difference``: build all, write the rows that differ. ``all``: build all, replace the tables.
    ``inputs`` are the versions that it reads tonight, ``before`` those of which its released tables were made;
    ``kept`` is what was fitted for them (``name/sha256``), None where tonight must fit anew.
    """

    how: How
    why: str
    inputs: dict[str, str]
    before: dict[str, str]
    context: str
    kept: str | None = None

    def under(self, fitted: str | None) -> Plan:
        """This plan once tonight's artefact is known: keys are enough only under the same one."""
        if self.how != "keys" or fitted == self.kept:
            return self
        return replace(self, how="difference", why=f"{self.why}; {(fitted or '').partition('/')[0]} fitted anew")


class Planner:
    """Plans each stage of one night."""

    def __init__(
        self,
        lake: Lake,
        cfg: Config,
        night: Night,
        ledger: Ledger,
        released: Mapping[str, int],
        *,
        full: bool = False,
        refit: Collection[str] = (),
        replay: bool = False,
        turned_back: str | None = None,
        dumps: str | None = None,
        decided: Sequence[object] = (),
    ) -> None:
        self._lake, self._cfg, self._night, self._ledger, self._released = lake, cfg, night, ledger, released
        self._full, self._refit, self._replay, self._turned_back = full, refit, replay, turned_back
        self._dumps = dumps
        self._decided = hashlib.sha256("\n".join(map(str, decided)).encode()).hexdigest()[:16]

    def plan(self, stage: Stage, pinned: Mapping[str, int]) -> Plan:
        """What to do, from what is known without reading a row (but of the few rejects that a later date may mend)."""
        inputs, context = self._inputs(stage, pinned), self._context(stage)
        made = self._ledger.made(stage.name, {name: self._released.get(name) for name in stage.writes})
        before = dict(made.get("inputs") or {}) if made else {}
        anew = stage.name in self._refit
        kept = made.get("artefact") if made and made.get("context") == context and not anew else None

        def plan(how: How, why: str) -> Plan:
            return Plan(how, why, inputs, before, context, kept)

        if self._full:
            return plan("all", "--full")
        if made is None:
            return plan("all", "no release holds its tables")
        if made.get("context") != context:
            return plan("all", "code, settings or model are not those of the last release")
        if anew:
            return plan("difference", "to be fitted anew")
        if self._replay and self._rejects(stage):
            return plan("difference", "what it set aside is read again")
        if self._turned_back:
            return plan("difference", self._turned_back)
        if not inputs:
            return plan("difference", "it reads no table that could tell")
        dated = self._may_be_mended(stage)
        if inputs == before and not dated:
            return plan("skip", "nothing that it reads has changed")
        changed = [name for name in inputs if inputs[name] != before.get(name)]
        why = f"changed: {', '.join(changed)}" if changed else "times that lay ahead"
        return plan("keys" if stage.by and before.keys() == inputs.keys() else "difference", why)

    def others(self, stage: Stage, pinned: Mapping[str, int]) -> list[str]:
        """Tables of which the run's entry of a stage was made at other versions than these; none where it has no entry.

        A scheduler may start steps out of order, or a failed one again after those behind it.
        """
        made = self._ledger.inputs_of(stage.name)
        if made is None:
            return []
        # Dumps and answers are the run's own; what a gate looks up may be written by a later stage.
        now = {name: pin for name, pin in self._inputs(stage, pinned).items() if name not in (RAW, DECISIONS)}
        return [name for name, pin in now.items() if not name.startswith(_GATE) and made.get(name) != pin]

    def todo(self, stages: Sequence[Stage]) -> list[Stage]:
        """Those of the stages that the run has yet to do: without an entry, with one of other versions than the run has
        now, or reading what such a one will write.
        """
        pinned, todo = {**self._released, **self._ledger.versions()}, list[Stage]()
        done, written = self._ledger.stages_done(), set[str]()
        for stage in stages:
            if stage.name not in done or self.others(stage, pinned) or written & set(stage.reads):
                todo.append(stage)
                written |= set(stage.writes)
        return todo

    def changed(self, stage: Stage, plan: Plan, written: Mapping[str, Changed]) -> DataFrame:
        """The values of the columns ``stage.by`` that must be built again, each once.

        ``written`` is what tonight's writes have found to differ; tables that are not in it are compared here.
        """
        by = list(stage.by)
        read = [name for name in stage.reads if not name.endswith(PREVIOUS)]
        found = [self._dated(stage)] if self._rejects(stage) else []
        for name in (name for name in read if plan.inputs[name] != plan.before[name]):
            if set(by) <= set(table(name).column_names):
                found.append(self._keys(name, by, plan, written))
                continue
            # The table does not hold the key: another input leads to it from columns that both hold, tonight or before.
            bridge, link = bridge_of(stage, name)
            links = (
                self._at(bridge, plan.before).select(*by, *link).union(self._at(bridge, plan.inputs).select(*by, *link))
            )
            keys = self._keys(name, link, plan, written)
            found.append(links.join(keys, on=list(link), how="left_semi").select(*by))
        if not found:
            return self._at(read[0], plan.inputs).select(*by).limit(0)
        return reduce(DataFrame.unionByName, found).distinct()

    def _keys(self, name: str, on: Sequence[str], plan: Plan, written: Mapping[str, Changed]) -> DataFrame:
        known = written.get(name)
        steps = (plan.before[name], plan.inputs[name])
        if known is not None and (str(known.before), str(known.after)) == steps and known.links >= set(on):
            return known.values(on)
        return changed_keys(table(name), on, self._at(name, plan.before), self._at(name, plan.inputs))

    def _at(self, name: str, pins: Mapping[str, str]) -> DataFrame:
        pin = pins[name]
        return self._lake.empty(name) if pin == NOTHING else self._lake.read(name, int(pin))

    def _inputs(self, stage: Stage, pinned: Mapping[str, int]) -> dict[str, str]:
        inputs: dict[str, str] = {}
        for name in stage.reads:
            if name in stage.memory:
                continue
            if name == RAW:
                # The same dumps hold fewer records on a later night where records expire.
                dated = f" {self._night.date}" if expiry.limited(self._night) else ""
                inputs[name] = (self._dumps or NOTHING) + dated
            elif name == DECISIONS:
                inputs[name] = self._decided
            elif not name.endswith(PREVIOUS):
                inputs[name] = str(pinned.get(name, NOTHING))
            elif (earlier := name.removesuffix(PREVIOUS)) not in stage.writes:
                inputs[name] = str(self._released.get(earlier, NOTHING))
        # A gate that looks into another table must be asked again when that table changed.
        looked_up = {reference.table for name in stage.writes for reference in table(name).gate.references}
        for name in sorted(looked_up - set(stage.writes) - set(inputs)):
            inputs[_GATE + name] = str(pinned.get(name, NOTHING))
        return inputs

    def _context(self, stage: Stage) -> str:
        said = [
            f"{stage.name} {stage.version} {__version__} {schema_version()}",
            getattr(self._cfg, stage.settings).model_dump_json(),
            *_files_named(getattr(self._cfg, stage.settings)),
            *[table(name).model_dump_json() for name in stage.writes],
            # What nodes are called and embedded by, and what their gate lets pass.
            *[ontology.load().model_dump_json() for name in stage.writes if table(name).gate.ontology],
            *[source.deciding() for source in self._night.sources],
            hmac.digest(self._night.secret or b"no key", b"kgspark settings", "sha256").hex(),
        ]
        if stage.settings == "embed":
            said += models.locate(self._cfg.embed).labels(self._cfg.embed.precision)
        return hashlib.sha256("\n".join(said).encode()).hexdigest()[:16]

    def _rejects(self, stage: Stage) -> list[str]:
        names = [name + REJECTED_SUFFIX for name in stage.writes]
        return [n for n in names if n in self._released and self._ledger.rows_of(n, self._released[n]) != 0]

    def _may_be_mended(self, stage: Stage) -> bool:
        return bool(stage.by) and bool(self._rejects(stage)) and not self._dated(stage).isEmpty()

    def _dated(self, stage: Stage) -> DataFrame:
        """Keys with a value that was set aside for lying ahead of its night."""
        rejects = [self._lake.read(name, self._released[name]) for name in self._rejects(stage)]
        return reduce(DataFrame.unionByName, rejects).where(F.col("rule").isin(*DATED_RULES)).select(*stage.by)


def _files_named(settings: Settings) -> list[str]:
    """Hashes of the files that settings name, and of the artefacts: people edit and exchange them in place. The answers
    of people are an input of its own.
    """
    named = [Path(value) for name, value in settings if isinstance(value, str) and name != "decisions"]
    files = [hashlib.sha256(path.read_bytes()).hexdigest() for path in named if path.is_file()]
    folders = [path for path in named if (path / artifacts.MANIFEST).is_file()]
    return files + [artifacts.manifest(str(path))["sha256"] for path in folders]
