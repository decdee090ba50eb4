"""Frames without the plan that made them.

A plan that is read several times is analysed as often, and so is each plan that rests on it: a dozen joins and unions
of joins and unions are tens of thousands of nodes, which cost minutes before the first row is read. Cached frames keep
their plans.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


def cut(frame: DataFrame) -> DataFrame:
    """The same rows, computed once, when or before the first action needs them, and kept on the executors until nobody
    holds the frame. Where an executor is lost with its rows, what needs them fails, and the night is started again.
    """
    return frame.localCheckpoint(eager=False)
