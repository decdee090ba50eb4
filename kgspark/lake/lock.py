"""One writer at a time: who holds the lake, since when, and whether they still live.

nobody, or a holder that died -> this process, by one conditional commit -> signs of life -> nobody

The lock is the only row of a Delta table, ``ops.locks``. An atomic commit is the one thing that every path and
catalogue a lake may lie in has to offer, and releases rest on it already; a lock file would need a put-if-absent that
neither pyarrow nor Hadoop promises for all of them. A change carries its number as Delta's transaction identifier: of
two processes that make change n one commits, and the other's is left out or refused.
"""

from __future__ import annotations

import datetime
import logging
import os
import threading
import uuid
from dataclasses import dataclass, replace
from types import TracebackType

from kgspark.errors import EngineError, HeldError, InputError, text_of
from kgspark.lake.lock_settings import LockSettings
from kgspark.lake.processes import is_alive, is_here, process_start, this_host
from kgspark.lake.tables import Lake
from kgspark.process.stops import unbroken
from kgspark.session import in_pool

log = logging.getLogger(__name__)
LOCKS = "ops.locks"
_APPLICATION = _POOL = "kgspark lock"
# Seconds; a Spark that has hung must not keep the process from ending.
_GIVING_BACK = 60.0


@dataclass(frozen=True)
class Holder:
    """The row of ops.locks; the fields are its columns."""

    sequence: int
    token: str
    purpose: str
    host: str
    pid: int
    process_start: str
    since: datetime.datetime
    beat_at: datetime.datetime
    released_at: datetime.datetime | None

    def __str__(self) -> str:
        return f"{self.purpose} (process {self.pid} on {self.host}) since {self.since:%Y-%m-%d %H:%M:%S} UTC"


def holder(lake: Lake) -> Holder | None:
    """Who holds the lake, or held it last; None where nobody ever did."""
    rows = lake.rows(LOCKS)
    if not rows:
        return None
    row = rows[0]
    for name in ("since", "beat_at", "released_at"):
        # Spark hands out the local time of the driver.
        row[name] = row[name] and row[name].astimezone(datetime.UTC)
    return Holder(**row)


def why_free(last: Holder | None, cfg: LockSettings, now: datetime.datetime) -> str | None:
    """Why the lake may be taken, for the log; None where its holder lives."""
    if last is None:
        return "nobody ever held it"
    if last.released_at is not None:
        return "it was given back"
    if last.host == this_host() and is_here(last.process_start):
        return None if is_alive(last.pid, last.process_start) else f"process {last.pid} of this machine has died"
    silent = (now - last.beat_at).total_seconds()
    return f"{last.host} gave no sign of life for {silent:.0f} s" if silent > cfg.stale_seconds else None


def is_held(lake: Lake, cfg: LockSettings) -> bool:
    """Whether somebody who lives holds the lake."""
    return why_free(holder(lake), cfg, _now()) is None


class Lock:
    """``with Lock(lake, cfg.lock, "the night of 2026-01-02"):`` keeps every other writer of ours out.

    Raises HeldError, naming holder and time, where another process holds the lake and lives.
    """

    def __init__(self, lake: Lake, cfg: LockSettings, purpose: str) -> None:
        self._lake, self._cfg, self._purpose = lake, cfg, purpose
        self._mine: Holder | None = None
        self._over, self._lost = threading.Event(), threading.Event()
        self._changing = threading.Lock()
        self._heart = threading.Thread(target=self._beat_on, name="kgspark-lock", daemon=True)

    def __enter__(self) -> Lock:
        # Taken and not known to be, it would be given back by nobody.
        with unbroken():
            self._take()
        return self

    def _take(self) -> None:
        now = _now()
        last = holder(self._lake)
        free = why_free(last, self._cfg, now)
        if last is not None and free is None:
            raise HeldError(self._taken(last))
        if last is not None and last.released_at is None:
            log.warning("the lock of %s is taken over: %s", last, free)
        pid = os.getpid()
        wanted = Holder(
            sequence=last.sequence + 1 if last else 1,
            token=uuid.uuid4().hex,
            purpose=self._purpose,
            host=this_host(),
            pid=pid,
            process_start=process_start(pid),
            since=now,
            beat_at=now,
            released_at=None,
        )
        if not self._swap(wanted):
            other = holder(self._lake)
            raise HeldError(self._taken(other) if other else f"The lake {self._lake.root} was taken by another night.")
        self._heart.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # The heart gives it back: this thread may have been interrupted in the middle of an answer of the JVM.
        self._over.set()
        self._heart.join(_GIVING_BACK)

    def confirm(self) -> None:
        """Make sure that nobody may take this process for dead for some time to come. Raises EngineError where another
        one did already and holds the lake.
        """
        with self._changing:
            mine = self._mine
        silent = self._cfg.stale_seconds if mine is None else (_now() - mine.beat_at).total_seconds()
        # A beat of a moment ago is as good as one now; whether somebody took the lock by hand is asked anyway.
        if silent < self._cfg.heartbeat_seconds and mine is not None:
            ours = self._lake.last_note(LOCKS) == _note(mine)
        else:
            ours = self._change(beat_at=_now())
        if not ours:
            raise self._taken_away()

    def check(self) -> None:
        """Raise EngineError where a sign of life found that another process holds the lake: nothing may be written any
        more.
        """
        if self._lost.is_set():
            raise self._taken_away()

    def _taken_away(self) -> EngineError:
        return EngineError(
            f"This process was taken for dead and {holder(self._lake)} holds the lake now; nothing was released. "
            "Raise lock.stale_seconds if this machine was only slow."
        )

    def _beat_on(self) -> None:
        # Behind a model's tasks, which may be thousands, no sign of life would come through.
        in_pool(self._lake.spark, _POOL)
        while not self._over.wait(self._cfg.heartbeat_seconds):
            try:
                self._change(beat_at=_now())
            except Exception as error:  # noqa: BLE001 - storage that fails once may answer the next beat
                log.warning("no sign of life could be written: %s", text_of(error)[:200])
        try:
            self._change(released_at=_now())
        except Exception as failed:  # noqa: BLE001 - the night's own error is what a person must read
            log.warning(
                "the lock could not be given back (%s); the next night sees that this process ended", text_of(failed)
            )

    def _change(self, **fields: datetime.datetime) -> bool:
        with self._changing:
            for _ in range(2):
                mine = self._mine
                if mine is None or self._swap(replace(mine, sequence=mine.sequence + 1, **fields)):  # type: ignore[arg-type]
                    return mine is not None
                found = holder(self._lake)
                if found is None or found.token != mine.token:
                    self._lost.set()
                    return False
                # A change of ours was made though storage answered with an error.
                self._mine = found
            return False

    def _swap(self, wanted: Holder) -> bool:
        """Make the row ours, unless somebody else made the change of that number."""
        try:
            self._lake.replace_row(LOCKS, vars(wanted), _APPLICATION, wanted.sequence, _note(wanted))
        except InputError:
            raise
        except Exception:
            # A conflicting commit and failing storage look alike; what is in the table tells them apart.
            found = holder(self._lake)
            if found is None or found.sequence < wanted.sequence:
                raise
        won = self._lake.last_note(LOCKS) == _note(wanted)
        if won:
            self._mine = wanted
        return won

    def _taken(self, other: Holder) -> str:
        return (
            f"The lake {self._lake.root} is held by {other}, last sign of life {other.beat_at:%H:%M:%S}; "
            "wait until it ends, or 'kgspark unlock' if you know that it is dead."
        )


def break_lock(lake: Lake) -> Holder | None:
    """Take the lake from whoever holds it and leave it free; gives who held it, None where nobody did."""
    last = holder(lake)
    if last is None or last.released_at is not None:
        return None
    freed = replace(last, sequence=last.sequence + 1, token=uuid.uuid4().hex, released_at=_now())
    lake.replace_row(LOCKS, vars(freed), _APPLICATION, freed.sequence, _note(freed))
    return last


def _note(held: Holder) -> str:
    return f"{held.sequence} {held.token}{' given back' if held.released_at else ''}"


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)
