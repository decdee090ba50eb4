"""What is known before a night writes its first row: where it starts from, which run it goes on with, what is to do.

latest release, dumps, decisions, settings -> the open run or a new one -> stages to do -> how each will be done
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from kgspark.config import Config
from kgspark.errors import InputError
from kgspark.ingest.deliveries import deliveries_hash
from kgspark.lake.tables import Lake
from kgspark.night import Night
from kgspark.nightly.incremental import Planner
from kgspark.nightly.ledger import RUNNING, Ledger
from kgspark.nightly.migrate import refuse_other_schema
from kgspark.pipeline import RAW, STAGES, Stage
from kgspark.privacy.people import marks_in
from kgspark.releases import register
from kgspark.releases.release import Release
from kgspark.resolve import decisions


@dataclass(frozen=True)
class Tonight:
    """A night before it begins; ``known`` are all releases so far, ``todo`` the stages that its run has yet to do,
    ``decided`` what people said of pairs.
    """

    lake: Lake
    cfg: Config
    night: Night
    known: list[Release]
    ledger: Ledger
    planner: Planner
    todo: list[Stage]
    decided: Sequence[tuple[object, ...]] = ()

    @property
    def last(self) -> Release | None:
        """The release that the night starts from; None on a first night."""
        return self.known[-1] if self.known else None

    def check_step(self, asked: Sequence[Stage]) -> None:
        """Raise InputError where a later step of a night finds no run to go on with: over the last release's tables it
        would have nothing to do, and a scheduler that tried again after a gate said no would show a good night.
        """
        before = self.ledger.left_open
        if before.goes_on is None and not any(not stage.reads or RAW in stage.reads for stage in asked):
            said = f"No run of the night of {self.night.date} is open: begin with its first step."
            raise InputError(" ".join(filter(None, (said, before.passed_over, before.ended))))

    def about_runs(self) -> list[str]:
        """What a person must know of runs of this night that were left open: a sentence each, mostly none."""
        said = [self.ledger.left_open.passed_over] if self.ledger.left_open.passed_over else []
        rest = self.ledger.left_open.goes_on
        if rest:
            done = sorted(self.ledger.stages_done())
            what = f"{len(done)} stages are written already: {', '.join(done)}" if done else "no stage is written yet"
            how = "no end was written" if rest["status"] == RUNNING else rest["status"]
            said.append(f"{rest['run_id']} was left open ({how}) and goes on; {what}.")
        return said


def tonight_of(
    lake: Lake,
    cfg: Config,
    night: Night,
    asked: Sequence[Stage],
    full: bool = False,
    apart: str = "",
    refit: Collection[str] = (),
    replay: bool = False,
) -> Tonight:
    """Look at everything, write nothing; ``apart`` tells a run from every other one of its night, ``refit`` are the
    stages that fit anew; with ``replay`` stages that set something aside build again.

    Raises InputError where dumps are missing that must come, or decisions are not to be read.
    """
    known = register.all_releases(lake)
    last = known[-1] if known else None
    refuse_other_schema(last)
    dumps = deliveries_hash(lake.spark, night.sources) if any(RAW in s.reads for s in asked) else None
    # Read here already, so that a mistake in them ends the night before it begins.
    place = cfg.resolve.decisions
    decided = decisions.rows(decisions.read(lake.spark, place)) if place else []
    words = [word for word, said in ((apart, apart), ("full", full), ("refit", refit), ("replay", replay)) if said]
    settings = settings_hash(cfg, night, decided)
    released = {release.run_id: release.release_id for release in known}
    ledger = Ledger(lake, settings, night.date, last.release_id if last else None, dumps, words, released)
    # Only who reads dumps or erases can bring somebody back.
    erased = marks_in(lake, night.secret if dumps or apart else None)
    night = replace(night, run_id=ledger.run_id, previous_date=last.night if last else None, erased=erased)
    planner = Planner(
        lake,
        cfg,
        night,
        ledger,
        last.tables if last else {},
        full=full,
        refit=refit,
        replay=replay,
        turned_back=_turned_back(night, known),
        dumps=dumps,
        decided=decided,
    )
    return Tonight(lake, cfg, night, known, ledger, planner, planner.todo(asked), decided)


def _turned_back(night: Night, known: Sequence[Release]) -> str | None:
    """Why every stage is to compare all of its rows: tonight, or the night that it starts from, lies before one that
    was released. Then a row may change though nothing that it was made of did (a price period that already lay ahead).
    """
    latest = max((release.night for release in known), default=night.date)
    if known and known[-1].night < latest:
        return f"it starts from the night of {known[-1].night}, before that of {latest} (a rollback or a backfill)"
    return f"a backfill: the night of {latest} was released already" if night.date < latest else None


def settings_hash(cfg: Config, night: Night, decided: Sequence[tuple[object, ...]] = ()) -> str:
    """First 16 hex digits of a hash of all that decides a night beside its data: settings, mappings, pseudonym key,
    what people decided on pairs, and the stages' versions.
    """
    key = hmac.digest(night.secret or b"no key", b"kgspark settings", "sha256").hex()
    versions = [f"{stage.name} {stage.version}" for stage in STAGES]
    said = [cfg.fingerprint, *(source.deciding() for source in night.sources), key, *map(str, decided), *versions]
    return hashlib.sha256("\n".join(said).encode()).hexdigest()[:16]
