"""Does an incremental night equal a full one? Every stage is built anew, beside what the night wrote.

stage by stage: what the night has, what a full build gives -> keys that differ -> the first table that does

Equal inputs give equal outputs stage by stage, so that the whole night is equal where every stage is. What a night
starts from is shared: bronze, the product registry and the vectors of the last release (DESIGN, rule 6).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from kgspark.changes import differing
from kgspark.errors import GateError
from kgspark.lineage import stage_frames
from kgspark.schema import table
from kgspark.session import describe

if TYPE_CHECKING:
    from kgspark.execution import Execution
    from kgspark.pipeline import Stage


def verify(execution: Execution, stages: Sequence[Stage]) -> None:
    """Compare every table with what a full night would have made. Raises GateError where one is not equal."""
    spark = execution.lake.spark
    for stage in stages:
        describe(spark, f"kgspark {stage.name}: verify")
        _verify(execution, stage)


def _verify(execution: Execution, stage: Stage) -> None:
    with stage_frames():
        for name, (night, full) in execution.anew(stage).items():
            found = differing(table(name), night, full).groupBy("found").count().orderBy("found").collect()
            if found:
                said = {"only here": "too many", "only there": "missing", "differs": "other than they should be"}
                what = ", ".join(f"{row['count']} rows {said[row['found']]}" for row in found)
                raise GateError(
                    f"{name} is not what a full night would have made: {what}; nothing is released. Run it again with "
                    f"--full, and report stage {stage.name}, version {stage.version}."
                )
