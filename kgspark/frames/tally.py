"""Figures of a table that is being written: rows of a frame that meet a condition, counted on the way without a pass of
their own, and the sum of a column of rows that are kept.
"""

from __future__ import annotations

import logging
import queue
import threading
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame, Observation
from pyspark.sql import functions as F

log = logging.getLogger(__name__)
# Seconds that a count may come after the end of the computation that made it: Spark tells of it in the background.
PATIENCE = 10.0


@dataclass(frozen=True)
class _Count:
    """A count on its way, and the rows to count where it does not arrive."""

    observation: Observation
    rows: DataFrame

    def get(self) -> int:
        """The count. Spark loses it where adaptive planning leaves out a branch without rows, above all of a cached
        frame: then the observation is silent for ever, or fails; the rows are counted by a pass of their own.
        """
        arrived: queue.SimpleQueue[int | None] = queue.SimpleQueue()

        def wait() -> None:
            try:
                found = self.observation.get.get("rows")
            except Exception as error:  # noqa: BLE001 - whatever it is, the count can be had otherwise
                log.debug("an observation failed: %s", error)
                found = None
            arrived.put(found)

        threading.Thread(target=wait, name="kgspark-tally", daemon=True).start()
        try:
            found = arrived.get(timeout=PATIENCE)
        except queue.Empty:
            found = None
        return self.rows.count() if found is None else found


class Tally:
    """What is counted on the way: by table and source, known as soon as the table has been computed once."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, str], _Count] = {}
        self._kept: dict[str, tuple[DataFrame, str]] = {}

    def count(self, frame: DataFrame, condition: Column, table: str, source: str) -> DataFrame:
        """The frame itself, whose rows that meet the condition will be counted."""
        observation = Observation()
        self._counts[table, source] = _Count(observation, frame.where(condition))
        return frame.observe(observation, F.count_if(condition).alias("rows"))

    def by_source(self, table: str) -> dict[str, int]:
        """Rows counted for a table that has been computed, by source."""
        return {source: count.get() for (name, source), count in self._counts.items() if name == table}

    def add_up(self, table: str, rows: DataFrame, column: str) -> None:
        """Remember persisted rows of which a column is to be added up, once the table is written and they are still
        there.
        """
        self._kept[table] = rows, column

    def sum(self, table: str) -> int | None:
        """The sum over the rows remembered for a table; None where none are."""
        if table not in self._kept:
            return None
        rows, column = self._kept[table]
        (row,) = rows.agg(F.sum(column)).collect()
        return int(row[0] or 0)
