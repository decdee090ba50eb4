"""What nights cost: stage by stage, and how that changed over the last nights. Seconds of people's tables are those of
stages, one after another: building, writing and gating; how many of them the gates took stands beside.

ops.runs, ops.stage_runs -> one bill a run -> totals, and each stage beside the nights before
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from pyspark.sql import functions as F
from rich.table import Table as Grid

from kgspark.lake.tables import Lake
from kgspark.nightly.ledger import DIED, MOVED, RUNNING, RUNS, STAGE_RUNS
from kgspark.nightly.open_runs import asked_for

_SUMMED = (
    "seconds",
    "gate_seconds",
    "rows_in",
    "rows_out",
    "inserted",
    "deleted",
    "rejected",
    "bytes_written",
    "texts",
    "tokens",
    "core_seconds",
    "bytes_read",
)


@dataclass(frozen=True)
class StageBill:
    """What a stage cost in a run: the columns of ops.stage_runs, added up over its tables; ``seconds`` are without
    those of its gates, ``total_seconds`` with them; ``core_seconds`` and ``bytes_read`` are 0 where the engine does not
    tell.
    """

    stage: str
    how: str
    seconds: float
    gate_seconds: float
    rows_in: int
    rows_out: int
    inserted: int
    deleted: int
    rejected: int
    bytes_written: int
    texts: int
    tokens: int
    core_seconds: float
    bytes_read: int

    @property
    def total_seconds(self) -> float:
        """Seconds of building, writing and gating."""
        return self.seconds + self.gate_seconds


@dataclass(frozen=True)
class NightBill:
    """What a run cost. ``asked``: how it was asked for (``full``, ``refit``, ``replay``), or that it is an erasure.
    ``clock_seconds``: from its start to its end, with what lay between where it was stopped and went on; None where no
    end is written.
    """

    run_id: str
    night: str
    status: str
    stages: tuple[StageBill, ...]
    asked: str = ""
    clock_seconds: float | None = None

    def total(self, what: str) -> float:
        """A figure over all stages."""
        return float(sum(getattr(stage, what) for stage in self.stages))


def bills(lake: Lake, nights: int, held: bool = True) -> list[NightBill]:
    """The bills of the last runs, oldest first; where nobody holds the lake, none runs, whatever the book says."""
    if not lake.exists(STAGE_RUNS):
        return []
    # Worked out by Spark, which hands out the local time of the driver: that may jump by an hour.
    clock = (F.unix_micros("ended_at") - F.unix_micros("started_at")) / 1e6
    last = lake.read(RUNS).orderBy(F.desc("started_at"), "run_id").limit(nights)
    runs = last.withColumn("clock_seconds", clock).collect()
    spent = lake.read(STAGE_RUNS).where(F.col("run_id").isin(*[run["run_id"] for run in runs]))
    rows = [row.asDict() for row in spent.orderBy("finished_at").collect()]
    return [
        NightBill(
            run["run_id"],
            str(run["night"]),
            status(run["status"], held),
            stage_bills(rows, run["run_id"]),
            asked_for(run["config_hash"]),
            run["clock_seconds"],
        )
        for run in reversed(runs)
    ]


def status(written: str, held: bool) -> str:
    """How a run stands: one that was killed could not write that it ended.

    >>> status("running", held=False), status("running", held=True), status("released", held=False)
    ('died', 'running', 'released')
    """
    return DIED if written == RUNNING and not held else written


def stage_bills(rows: Sequence[dict[str, Any]], run_id: str) -> tuple[StageBill, ...]:
    """Rows of ops.stage_runs of a run, one bill a stage, in the order in which they ended. A stage's input is counted
    once, not once a table.
    """
    sums: dict[str, dict[str, Any]] = {}
    for row in (row for row in rows if row["run_id"] == run_id and row.get("how") != MOVED):
        found = sums.setdefault(row["stage"], {"how": row.get("how") or "all"} | dict.fromkeys(_SUMMED, 0))
        for name in _SUMMED:
            value = row.get(name) or 0
            found[name] = max(found[name], value) if name == "rows_in" else found[name] + value
    return tuple(StageBill(stage=stage, **found) for stage, found in sums.items())


def records(found: Sequence[NightBill]) -> list[dict[str, Any]]:
    """For JSON."""
    return [
        asdict(night) | {"stages": [asdict(stage) | {"total_seconds": stage.total_seconds} for stage in night.stages]}
        for night in found
    ]


def grids(found: Sequence[NightBill]) -> Iterator[Grid]:
    """For a terminal: a line a night, then the last night's stages, each beside the median of those nights before that
    had something to do there. A row that changed is written, and its old one gone.
    """
    told = ("night", "run", "status", "asked", "clock s", "stages s", "of them gates s", "rows written", "rows gone")
    nights = _grid("nights", *told, "MB written", "core s", "tokens")
    for night in found:
        nights.add_row(
            night.night,
            night.run_id,
            night.status,
            night.asked,
            _known(night.clock_seconds or 0.0, ".1f"),
            f"{night.total('total_seconds'):.1f}",
            f"{night.total('gate_seconds'):.1f}",
            f"{night.total('inserted'):,.0f}",
            f"{night.total('deleted'):,.0f}",
            f"{night.total('bytes_written') / 1e6:.1f}",
            _known(night.total("core_seconds"), ".0f"),
            _known(night.total("tokens"), ",.0f"),
        )
    yield nights
    if not found:
        return
    last, earlier = found[-1], found[:-1]
    stages = _grid(
        f"stages of {last.night}",
        "stage",
        "how",
        "stage s",
        "before s",
        "rows written",
        "rows gone",
        "of rows",
        "MB written",
        "core s",
        "MB read",
        "texts",
        "tokens",
    )
    for bill in last.stages:
        same = [b for night in earlier for b in night.stages if b.stage == bill.stage]
        before = median([b.total_seconds for b in same if b.how != "skip"])
        stages.add_row(
            bill.stage,
            bill.how,
            f"{bill.total_seconds:.1f}",
            "" if before is None else f"{before:.1f}",
            f"{bill.inserted:,}",
            f"{bill.deleted:,}",
            f"{bill.rows_out:,}",
            f"{bill.bytes_written / 1e6:.1f}",
            _known(bill.core_seconds, ".1f"),
            _known(bill.bytes_read / 1e6, ".1f"),
            _known(bill.texts, ","),
            _known(bill.tokens, ","),
        )
    yield stages


def median(values: Sequence[float]) -> float | None:
    """The middle value, of an even number the lower one; None of none.

    >>> median([3.0, 1.0, 2.0]), median([4.0, 1.0])
    (2.0, 1.0)
    """
    return sorted(values)[(len(values) - 1) // 2] if values else None


def _known(value: float, pattern: str) -> str:
    """A figure that is blank where it is not known, or nothing was spent."""
    return format(value, pattern) if value else ""


def _grid(title: str, *headings: str) -> Grid:
    grid = Grid(title=title, title_justify="left", box=None, padding=(0, 2))
    for heading in headings:
        text = heading in ("night", "run", "status", "asked", "stage", "how")
        grid.add_column(heading, justify="left" if text else "right", no_wrap=heading in ("night", "run", "stage"))
    return grid
