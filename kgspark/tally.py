"""Counts made while a table is written: rows of a frame that meet a condition, without a pass of their own."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame, Observation
from pyspark.sql import functions as F


class Tally:
    """What is counted on the way: by table and source, known as soon as the table has been computed once."""

    def __init__(self) -> None:
        self._observed: dict[tuple[str, str], Observation] = {}

    def count(self, frame: DataFrame, condition: Column, table: str, source: str) -> DataFrame:
        """The frame itself, whose rows that meet the condition will be counted."""
        observation = self._observed[table, source] = Observation()
        return frame.observe(observation, F.count_if(condition).alias("rows"))

    def by_source(self, table: str) -> dict[str, int]:
        """Rows counted for a table that has been computed, by source; waits for a computation that still runs."""
        # Where Spark can tell from the plan that there is no row, it may give no count.
        seen = {source: seen.get for (name, source), seen in self._observed.items() if name == table}
        return {source: int(counted.get("rows") or 0) for source, counted in seen.items()}
