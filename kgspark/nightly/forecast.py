"""What a night would do and cost, before it does: nothing is written.

dumps against bronze -> records to do by source -> how each stage would run -> seconds, out of past nights
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from kgspark.ingest.arrivals import Arrival, arrivals
from kgspark.ingest.frame import absent, read_sources
from kgspark.nightly.bill import NightBill, median
from kgspark.nightly.incremental import How
from kgspark.nightly.tonight import Tonight
from kgspark.pipeline import RAW, Stage


@dataclass(frozen=True)
class StageForecast:
    """``rows``: input rows to do, where known; ``seconds``: the median of past nights that did it so, else
    (``at_most``) the dearest night; None without any.
    """

    stage: str
    how: How
    why: str
    rows: int | None
    seconds: float | None
    at_most: bool = False


@dataclass(frozen=True)
class Forecast:
    """What each source brings, and what each stage would do; ``runs``: what is to be said of runs left open."""

    arrivals: list[Arrival]
    stages: list[StageForecast]
    runs: list[str] = field(default_factory=list)

    @property
    def seconds(self) -> float | None:
        """Seconds of all stages, as if one ran after another; None where some stage never ran."""
        known = [stage.seconds for stage in self.stages]
        return None if None in known else sum(second for second in known if second is not None)


def forecast(tonight: Tonight, past: Sequence[NightBill]) -> Forecast:
    """Frame the dumps and compare them with bronze, without writing; then follow what changed through the stages.

    A stage is taken to change every table that it writes where any table that it reads changes: an upper bound.
    """
    released = dict(tonight.last.tables) if tonight.last else {}
    # What a run that goes on has written counts as it will tonight.
    pinned = released | tonight.ledger.versions()
    brought = _arrivals(tonight, released)
    touched: dict[str, int] = {}
    for arrival in brought:
        rows = arrival.new + arrival.changed + arrival.vanished + arrival.expired
        touched[arrival.table] = touched.get(arrival.table, 0) + rows
    changed = {name for name, rows in touched.items() if rows}
    stages = []
    for stage in tonight.todo:
        plan = tonight.planner.plan(stage, pinned)
        how, why = plan.how, plan.why
        if RAW in stage.reads and how != "all" and not changed:
            how, why = ("skip" if how == "skip" else "difference"), "the dumps hold what bronze holds"
        elif how == "skip" and (upstream := sorted(changed & set(stage.reads))):
            how, why = ("keys" if stage.by else "difference"), f"changed: {', '.join(upstream)}"
        if how != "skip" and RAW not in stage.reads:
            changed |= set(stage.writes)
        to_do = sum(touched.get(name, 0) for name in stage.reads) if how == "keys" and _of_bronze(stage) else None
        stages.append(StageForecast(stage.name, how, why, 0 if how == "skip" else to_do, *_seconds(stage, how, past)))
    return Forecast(brought, stages, tonight.about_runs())


def lines(made: Forecast) -> Iterator[str]:
    """For a terminal."""
    yield from made.runs
    for arrival in made.arrivals:
        yield (
            f"  {arrival.source:<28} {arrival.table:<28} {arrival.status + ':':<10} {arrival.new:>9,} new  "
            f"{arrival.changed:>9,} changed  {arrival.unchanged:>9,} unchanged  {arrival.vanished:>9,} vanished"
            + (f"  {arrival.expired:>9,} expired" if arrival.expired else "")
        )
    for stage in made.stages:
        rows = "" if stage.rows is None else f"{stage.rows:,} rows"
        seconds = "never ran" if stage.seconds is None else f"{'<= ' if stage.at_most else ''}{stage.seconds:.1f} s"
        yield f"  {stage.stage:<22} {stage.how:<11} {rows:>16} {seconds:>12}  {stage.why}"
    if made.seconds is None:
        yield "no night to go by yet"
    else:
        bound = "at most" if any(stage.at_most for stage in made.stages) else "about"
        yield f"{bound} {made.seconds:.0f} s, stages one after another; start and release come on top, a minute or two"


def _of_bronze(stage: Stage) -> bool:
    return all(name.startswith("bronze.") for name in stage.reads)


def _arrivals(tonight: Tonight, released: dict[str, int]) -> list[Arrival]:
    stage = next((stage for stage in tonight.todo if RAW in stage.reads), None)
    if stage is None:
        return []
    lake, night = tonight.lake, tonight.night
    raw = read_sources(lake.spark, night.sources, tonight.cfg.ingest)
    before = [lake.read(name, released[name]) if name in released else lake.empty(name) for name in stage.writes]
    built = stage.build(raw, *before, cfg=tonight.cfg.ingest, night=night)
    pairs = {name: (was, built[name]) for name, was in zip(stage.writes, before, strict=True)}
    return arrivals(pairs, night, absent(lake.spark, night.sources))


def _seconds(stage: Stage, how: How, past: Sequence[NightBill]) -> tuple[float | None, bool]:
    if how == "skip":
        return 0.0, False
    known = [bill for night in past for bill in night.stages if bill.stage == stage.name]
    alike = median([bill.total_seconds for bill in known if bill.how == how])
    if alike is not None:
        return alike, False
    # The stage was never done so: the dearest way is the upper bound.
    return max((bill.total_seconds for bill in known), default=None), bool(known)
