"""What the engine spent on each stage of the night: seconds of its cores, bytes read; where it tells.

job descriptions -> Spark's own store of its stages' status -> sums by stage of the night
"""

from __future__ import annotations

import contextlib
import logging
import re
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from kgspark.session import is_remote

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

log = logging.getLogger(__name__)
# As pipeline stages are named in what session.describe gives; Delta puts words of its own before it.
_STAGE = re.compile(r"kgspark ([a-z]+\.[a-z_]+)")
_PATIENCE_MS = 2000
_SKIPPED = "SKIPPED"
_UNFINISHED = ("ACTIVE", "PENDING")


class Meter:
    """Sums over the Spark stages since it was made, by the pipeline stage that their jobs name. A lower bound: Spark
    forgets old stages, and repeated attempts may be missed. A classic session keeps them in its driver; Spark Connect
    and some shared clusters do not tell.
    """

    def __init__(self, spark: SparkSession) -> None:
        self._spark = spark
        self._lock = threading.Lock()
        self._spent: dict[str, tuple[float, int]] = {}
        self._tells = not is_remote(spark)
        self._settle()
        self._running: set[tuple[int, int]] = set()
        self._seen = next((int(each.stageId()) for each in self._newest()), -1)

    def of(self, stage: str) -> tuple[float, int] | None:
        """Core-seconds and bytes read of a pipeline stage so far: seconds that its tasks held a core, and bytes of
        files and of cached rows. None where the engine does not tell.
        """
        with self._lock:
            self._settle()
            self._read()
            return self._spent.get(stage, (0.0, 0)) if self._tells else None

    def _read(self) -> None:
        """Add up what has ended since the last look; what still runs is looked at again the next time."""
        running, seen = self._running, self._seen
        oldest = min((number for number, _ in running), default=seen + 1)
        self._running = set()
        for each in self._newest():
            number, attempt = int(each.stageId()), int(each.attemptId())
            if number < min(oldest, seen + 1):
                break
            if number <= seen and (number, attempt) not in running:
                continue
            self._seen = max(self._seen, number)
            status = each.status().toString()
            if status in _UNFINISHED:
                self._running.add((number, attempt))
            elif status != _SKIPPED:
                self._add(each)

    def _add(self, each: Any) -> None:
        found = _STAGE.search(each.description().toString())
        if found:
            seconds, read = self._spent.get(found[1], (0.0, 0))
            self._spent[found[1]] = seconds + each.executorRunTime() / 1000, read + each.inputBytes()

    def _settle(self) -> None:
        """Wait until Spark has entered what has ended: it does so in the background."""
        if self._tells:
            with contextlib.suppress(Exception):
                context: Any = self._spark.sparkContext
                context._jsc.sc().listenerBus().waitUntilEmpty(_PATIENCE_MS)

    def _newest(self) -> Iterator[Any]:
        """Spark's records of its stages, the newest first; Spark forgets the oldest (spark.ui.retainedStages)."""
        if not self._tells:
            return
        try:
            context: Any = self._spark.sparkContext
            gateway = context._gateway
            no_levels, no_states = gateway.new_array(gateway.jvm.double, 0), gateway.jvm.java.util.ArrayList()
            listed = context._jsc.sc().statusStore().stageList(None, False, False, no_levels, no_states).iterator()
            while listed.hasNext():
                yield listed.next()
        except Exception as error:  # noqa: BLE001 - an internal interface: without it a bill lacks two columns
            log.debug("Spark does not tell what its stages spent: %s", error)
            self._tells = False
