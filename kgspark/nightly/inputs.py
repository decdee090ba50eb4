"""What stages read: tables as the night or the last release has them, the framed dumps, what people decided."""

from __future__ import annotations

from collections.abc import Mapping

from pyspark.sql import DataFrame

from kgspark.ingest.frame import read_sources
from kgspark.lake.changes import Changed
from kgspark.nightly.tonight import Tonight
from kgspark.pipeline import DECISIONS, PREVIOUS, RAW
from kgspark.quality.suspects import UNCHANGED
from kgspark.resolve.distributed import DECISIONS as DECIDED


class Inputs:
    """One night's view; ``pinned`` is where each table stands, ``changed`` what this process found to differ from the
    release: both move with every write.
    """

    def __init__(
        self,
        tonight: Tonight,
        released: Mapping[str, int],
        pinned: Mapping[str, int],
        changed: Mapping[str, Changed],
    ) -> None:
        self._tonight, self._released, self._pinned, self._changed = tonight, released, pinned, changed

    def pin(self, name: str) -> tuple[str, int | None]:
        """An input as table and version; None where no night has written it."""
        if name.endswith(PREVIOUS):
            name = name.removesuffix(PREVIOUS)
            return name, self._released.get(name)
        return name, self._pinned.get(name)

    def read(self, name: str) -> DataFrame:
        """An input by the name under which a stage reads it; empty where no night has written the table."""
        lake, night = self._tonight.lake, self._tonight.night
        if name == RAW:
            return read_sources(lake.spark, night.sources, self._tonight.cfg.ingest)
        if name == DECISIONS:
            # As they were read before the night began: their file may have changed since.
            return lake.spark.createDataFrame(list(self._tonight.decided), DECIDED)
        name, version = self.pin(name)
        return lake.empty(name) if version is None else lake.read(name, version)

    def changes(self, name: str) -> Changed | str | None:
        """What changed in a table since the release; None where another process wrote it, or it is all new."""
        if name in self._released and self._released[name] == self._pinned.get(name):
            return UNCHANGED
        return self._changed.get(name)
