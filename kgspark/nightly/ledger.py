"""The book of runs: what each night got and did, in ``ops.runs``, ``ops.deliveries``, ``ops.stage_runs`` and
``ops.gate_results``.
"""

from __future__ import annotations

import datetime
import threading
import uuid
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from kgspark import __version__
from kgspark.errors import KgsparkError
from kgspark.lake.tables import Lake
from kgspark.nightly.open_runs import RELEASED, Start, left_open

RUNS = "ops.runs"
STAGE_RUNS = "ops.stage_runs"
RUNNING, DIED = "running", "died"
GATE_RESULTS = "ops.gate_results"
DELIVERIES = "ops.deliveries"
MOVED = "moved"
# What a stage spent whose tables were taken over as they are.
UNSPENT: dict[str, float | None] = {
    "seconds": 0.0,
    **dict.fromkeys(("bytes_written", "inserted", "deleted"), 0),
    **dict.fromkeys(("gate_seconds", "texts", "tokens", "core_seconds", "bytes_read")),
}


class Ledger:
    """The book, opened at one run: a new one, or the run of the same night and settings that was left open.

    ``deliveries`` is a hash of what lies at the sources' paths; None where the dumps are not to be read any more, as in
    the later ones of a night's steps. ``released``: run to release, of all nights that made one.
    """

    def __init__(
        self,
        lake: Lake,
        config_hash: str,
        date: datetime.date,
        from_release: str | None,
        deliveries: str | None = None,
        asked: Sequence[str] = (),
        released: Mapping[str, str] | None = None,
    ) -> None:
        self._lake = lake
        start = Start(date, config_hash, tuple(asked), deliveries, from_release, __version__)
        runs = lake.rows(RUNS)
        self.left_open = left_open(runs, start)
        history = self._history()
        self._history_rows = history
        self._rows = {(row["table"], row["version"]): int(row["rows_out"]) for row in history}
        rest = self.left_open.goes_on
        self._is_new = rest is None
        self._run = (rest and rest | {"status": RUNNING, "ended_at": None, "message": None}) or {
            "run_id": f"run-{date.isoformat()}-{uuid.uuid4().hex[:8]}",
            "night": date,
            "status": RUNNING,
            "started_at": _now(),
            "from_release": from_release,
            "config_hash": start.config_hash,
            "code_version": __version__,
        }
        self.config_hash: str = self._run["config_hash"]
        self.run_id: str = self._run["run_id"]
        # One writer at a time: whatever else is said to run does not any more.
        self._dead = [run for run in runs if run["status"] == RUNNING and run["run_id"] != self.run_id]
        self._stage_rows = [row for row in history if row["run_id"] == self.run_id]
        self._released = released or {}
        # Stages side by side keep one book.
        self._lock = threading.Lock()
        # Rows are entered while the next stage computes: one commit after the other, in order.
        self._clerk = ThreadPoolExecutor(1, thread_name_prefix="kgspark-ledger")
        self._entries: list[Future[None]] = []

    def start(self) -> None:
        """Write that the run has begun, and of others that they died. Raises InputError where this first commit of the
        night cannot be made.
        """
        try:
            if self._is_new:
                # A row of its own key: no MERGE, which costs several times as much.
                self._lake.append(RUNS, [self._run], note=self.run_id)
            else:
                self._lake.upsert(RUNS, self._run)
            for run in self._dead:
                self._lake.upsert(RUNS, run | self._end_of(run["run_id"]))
        except KgsparkError:
            raise
        except Exception as error:
            raise self._lake.unwritable(error) from error

    def _end_of(self, dead: str) -> dict[str, str]:
        """How a run ended that could not say so: a release is one commit, and the book's the next."""
        if dead in self._released:
            return {"status": RELEASED, "message": self._released[dead]}
        return {"status": DIED, "message": "it ended without a word"}

    def versions(self) -> dict[str, int]:
        """Tables that this run has written and gated, with their versions."""
        return {row["table"]: int(row["version"]) for row in self._stage_rows}

    def stages_done(self) -> set[str]:
        """Stages whose tables this run has written and gated."""
        return {row["stage"] for row in self._stage_rows}

    def inputs_of(self, stage: str) -> dict[str, str] | None:
        """Versions of which the run's newest entry of a stage was made; None where it has none, or none that tells."""
        mine = [row for row in self._stage_rows if row["stage"] == stage]
        return mine[-1].get("inputs") if mine else None

    def stage_rows(self) -> list[dict[str, Any]]:
        """This run's rows of ops.stage_runs, in the order they were written."""
        return list(self._stage_rows)

    def artefacts(self) -> dict[str, str]:
        """What this run fitted: name of the artefact to its sha256."""
        return dict(row["artefact"].split("/") for row in self._stage_rows if row["artefact"])

    def rows_of(self, table: str, version: int | None) -> int | None:
        """Rows that a version of a table was written with; None where no run wrote it."""
        return None if version is None else self._rows.get((table, version))

    def made(self, stage: str, versions: Mapping[str, int | None]) -> dict[str, Any] | None:
        """The newest entry of a run in which all these tables of a stage were at these versions; None where there is
        none.
        """
        by_run: dict[str, dict[str, dict[str, Any]]] = {}
        for row in self._history_rows:
            if row["stage"] == stage:
                by_run.setdefault(row["run_id"], {})[row["table"]] = row
        for rows in reversed(by_run.values()):
            if all(name in rows and rows[name]["version"] == version for name, version in versions.items()):
                return rows[next(iter(versions))]
        return None

    def entry(self, stage: str, table: str, version: int) -> dict[str, Any]:
        """The newest entry of a stage's table at a version, without its run and time."""
        row = next(
            row
            for row in reversed(self._history_rows)
            if (row["stage"], row["table"], row["version"]) == (stage, table, version)
        )
        return {name: value for name, value in row.items() if name not in ("run_id", "finished_at")}

    def record_stage(self, rows: Iterable[dict[str, Any]]) -> None:
        """Keep what a stage did, once its tables passed their gates; ``settle`` waits until it is on disk."""
        with self._lock:
            new = [row | {"run_id": self.run_id, "finished_at": _now()} for row in rows]
            self._enter(STAGE_RUNS, new)
            self._stage_rows += new
            self._rows |= {(row["table"], row["version"]): row["rows_out"] for row in new}

    def record_gates(self, rows: Iterable[dict[str, Any]]) -> None:
        """Keep what the gates found; ``settle`` waits until it is on disk."""
        with self._lock:
            self._enter(GATE_RESULTS, [row | {"run_id": self.run_id} for row in rows])

    def move(self, versions: Mapping[str, int]) -> None:
        """Keep that the tables of all stages hold the same rows at other versions."""
        newest = {(row["stage"], row["table"]): row for row in self._stage_rows}

        def moved(inputs: Mapping[str, str] | None) -> dict[str, str]:
            # "gate graph.nodes": what a gate looked up.
            places = {name: name.rpartition(" ")[2] for name in inputs or {}}
            return {name: str(versions.get(places[name], pin)) for name, pin in (inputs or {}).items()}

        self.record_stage(
            row | UNSPENT | {"how": MOVED, "version": versions[row["table"]], "inputs": moved(row.get("inputs"))}
            for row in newest.values()
        )

    def record_arrivals(self, rows: Iterable[dict[str, Any]]) -> None:
        """Keep what each source delivered; ``settle`` waits until it is on disk."""
        with self._lock:
            self._enter(DELIVERIES, [row | {"run_id": self.run_id} for row in rows])

    def settle(self) -> None:
        """Wait until every entry is written. Raises what a write raised."""
        with self._lock:
            entries, self._entries = self._entries, []
        for entry in entries:
            entry.result()

    def finish(self, status: str, message: str | None = None) -> None:
        """Close the run as released, gate_failed, failed, stopped or open (steps are to come), once all its entries are
        written.
        """
        self.settle()
        self._run |= {"status": status, "ended_at": _now(), "message": message}
        self._lake.upsert(RUNS, self._run)

    def _enter(self, name: str, rows: list[dict[str, Any]]) -> None:
        self._entries.append(self._clerk.submit(self._lake.append, name, rows, self.run_id))

    def _history(self) -> list[dict[str, Any]]:
        # A dozen rows a night: the driver can hold years of them.
        return sorted(self._lake.rows(STAGE_RUNS), key=lambda row: row["finished_at"])


def last_deliveries(lake: Lake, runs: int) -> list[dict[str, Any]]:
    """Rows of ops.deliveries of the last so many runs that looked at their dumps, the newest run first, then by table
    and source.
    """
    began = {run["run_id"]: run["started_at"] for run in lake.rows(RUNS)}
    # A dozen rows a run, of years.
    rows = [row for row in lake.rows(DELIVERIES) if row["run_id"] in began]
    newest = sorted({row["run_id"] for row in rows}, key=lambda run: (began[run], run), reverse=True)[:runs]
    shown = [row for row in rows if row["run_id"] in newest]
    return sorted(shown, key=lambda row: (newest.index(row["run_id"]), row["table"], row["source"]))


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)
