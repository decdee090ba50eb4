"""The gates of a stage: each table it wrote is judged, and what the sources brought; one no, and all of them go back.

written tables -> Great Expectations, arrivals by source -> the book -> seconds a table, or everything restored
"""

from __future__ import annotations

from collections.abc import Mapping

from pyspark.sql import functions as F

from kgspark.config import Config
from kgspark.errors import GateError
from kgspark.frames.side_by_side import Stopwatch, side_by_side
from kgspark.ingest.arrivals import arrivals, too_few
from kgspark.ingest.frame import absent
from kgspark.lake.tables import Lake
from kgspark.lake.written import Written
from kgspark.night import Night
from kgspark.nightly.inputs import Inputs
from kgspark.nightly.ledger import Ledger
from kgspark.pipeline import PREVIOUS, RAW, Stage
from kgspark.quality.gate import GateContext, Gatekeeper
from kgspark.quality.results import GateReport
from kgspark.quality.suspects import suspects
from kgspark.schema import REJECTED_SUFFIX, table
from kgspark.session import describe


class Gates:
    """The gates of one night; ``inputs`` gives tables as the night sees them, and what changed in them."""

    def __init__(
        self,
        lake: Lake,
        cfg: Config,
        night: Night,
        ledger: Ledger,
        released: Mapping[str, int],
        inputs: Inputs,
    ) -> None:
        self._lake, self._cfg, self._night, self._ledger = lake, cfg, night, ledger
        self._released, self._lookup, self._changes = released, inputs.read, inputs.changes
        self._gatekeeper = Gatekeeper(lake.spark, cfg.quality)

    def check(self, stage: Stage, written: Mapping[str, Written]) -> dict[str, float]:
        """Gate the stage's tables: seconds by table. Where a gate says no, every table of the stage goes back.

        Raises GateError with the first sentence that says no.
        """

        def check(name: str) -> tuple[GateReport, float]:
            watch = Stopwatch()
            describe(self._lake.spark, f"kgspark {stage.name}: gate {name}")
            contract = table(name)
            doubtful = suspects(contract, self._changes, self._lookup, written[name].rows)
            report = self._gatekeeper.check(self._lookup(name), contract, self._context(name, written), doubtful)
            return report, watch.lap()

        # Rejects are few, and mostly none: an empty table has nothing that could be wrong.
        rejects = [name for name, each in written.items() if name.endswith(REJECTED_SUFFIX) and each.rows]
        reports = side_by_side(check, (*stage.writes, *rejects), self._cfg.spark.tables_at_a_time)
        self._ledger.record_gates([row for report, _ in reports for row in report.rows()])
        failed = [report.failure_message() for report, _ in reports if not report.success]
        if RAW in stage.reads and (vanished := self._vanished(stage)):
            failed.insert(0, vanished)
        if failed:
            for name, each in written.items():
                if each.version != self._released.get(name):
                    self._lake.restore(name, self._released.get(name))
            raise GateError(failed[0])
        return {report.table: seconds for report, seconds in reports}

    def _vanished(self, stage: Stage) -> str | None:
        """Count what each source brought, and give the sentence for one of which too much vanished."""
        describe(self._lake.spark, f"kgspark {stage.name}: arrivals")
        bronze = {name: (self._lookup(name + PREVIOUS), self._lookup(name)) for name in stage.writes}
        found = arrivals(bronze, self._night, absent(self._lake.spark, self._night.sources))
        self._ledger.record_arrivals([vars(arrival) for arrival in found])
        quality = self._cfg.quality
        if not quality.check_row_change:
            return None
        return too_few(found, self._night.sources, self._cfg.ingest, quality.row_change_from)

    def _context(self, name: str, written: Mapping[str, Written]) -> GateContext:
        return GateContext(
            run_id=self._ledger.run_id,
            version=written[name].version,
            rows=written[name].rows,
            rejected=self._rejected_records(name, written),
            previous_rows=self._ledger.rows_of(name, self._released.get(name)),
            lookup=self._lookup,
        )

    def _rejected_records(self, name: str, written: Mapping[str, Written]) -> int:
        rejects = written.get(name + REJECTED_SUFFIX)
        if rejects is None or rejects.rows == 0:
            return 0
        dropped = self._lookup(rejects.table).where(~F.col("kept")).select("source", "record_id").distinct()
        return dropped.count()
