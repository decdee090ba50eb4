"""Does an incremental night equal a full one? Every stage is built anew, beside what the night wrote.

stage by stage: what the night has, what a full build gives -> keys that differ -> the first table that does

Equal inputs give equal outputs stage by stage, so that the whole night is equal where every stage is. What a night
starts from is shared: bronze, the product registry and the vectors of the last release (DESIGN, rule 6).
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F

from kgspark.errors import GateError
from kgspark.frames.lineage import stage_frames
from kgspark.lake.changes import DIFFERS, ONLY_HERE, ONLY_THERE, differing
from kgspark.process.progress import EQUAL, Progress
from kgspark.schema import Table, table
from kgspark.session import describe

if TYPE_CHECKING:
    from kgspark.nightly.execution import Execution
    from kgspark.pipeline import Stage

log = logging.getLogger(__name__)
_SAID = {ONLY_HERE: "too many", ONLY_THERE: "missing", DIFFERS: "other than they should be"}


def verify(execution: Execution, stages: Sequence[Stage], progress: Progress) -> None:
    """Compare every table with what a full night would have made; ``progress`` is told stage by stage. Raises GateError
    where one is not equal.
    """
    spark = execution.lake.spark
    for stage in stages:
        describe(spark, f"kgspark {stage.name}: verify")
        progress.begin(stage.name)
        _verify(execution, stage)
        log.info("stage=%s verified run=%s", stage.name, execution.ledger.run_id)
        progress.end(stage.name, None, EQUAL)


def _verify(execution: Execution, stage: Stage) -> None:
    with stage_frames():
        for name, (night, full) in execution.anew(stage).items():
            contract = table(name)
            smallest = F.min(F.struct(*contract.key)).alias("key")
            rows = differing(contract, night, full).groupBy("found").agg(F.count(F.lit(1)).alias("number"), smallest)
            found = rows.orderBy("found").collect()
            if found:
                what = ", ".join(
                    f"{row['number']} rows {_SAID[row['found']]}, such as {_shown(contract, row, night, full)}"
                    for row in found
                )
                raise GateError(
                    f"{name} is not what a full night would have made: {what}; nothing is released. Run it again with "
                    f"--full, and report stage {stage.name}, version {stage.version}."
                )


def _shown(contract: Table, found: Row, night: DataFrame, full: DataFrame) -> str:
    """The key of a row, and where it is on both sides what differs in it; values may be words of people."""
    key = " ".join(f"{name}={value}" for name, value in found["key"].asDict().items())
    if found["found"] != DIFFERS:
        return key
    # A frame, not literals: plans are logged.
    asked = night.sparkSession.createDataFrame([found["key"]], night.select(*contract.key).schema)
    one, other = (side.join(asked, on=list(contract.key), how="left_semi").first() for side in (night, full))
    if one is None or other is None:
        return key
    others = [c.name for c in contract.columns if not c.volatile and one[c.name] != other[c.name]]
    return f"{key} ({', '.join(others)})"
