"""Frames without the plan that made them.

A plan that is read several times is analysed as often, and so is each plan that rests on it: a dozen joins and unions
of joins and unions are tens of thousands of nodes, which cost minutes before the first row is read. Cached frames keep
their plans.
"""

from __future__ import annotations

import atexit
import uuid
from typing import TYPE_CHECKING

from kgspark.session import is_remote

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

# Over Spark Connect the finaliser of such a frame calls the server, which hangs for ever at the exit of the interpreter
# and where the garbage collector runs it in the middle of another call (SPARK-55020 is the same, of models). So that no
# such frame is let go: the server frees its rows when the session ends, as it does at exit, before any finaliser.
_held: list[DataFrame] = []


@atexit.register
def _end_sessions() -> None:
    for frame in _held:
        frame.sparkSession.stop()


def cut(frame: DataFrame) -> DataFrame:
    """The same rows, computed once, when or before the first action needs them, and kept on the executors until nobody
    holds the frame (over Spark Connect until the session ends). Where an executor is lost with its rows, what needs
    them fails, and the night is started again.
    """
    spark = frame.sparkSession
    if not is_remote(spark):
        return frame.localCheckpoint(eager=False)
    # The client copies the plan of a checkpoint in a way that stops at a hundred levels; a view keeps it on the server.
    view = f"kgspark_{uuid.uuid4().hex}"
    frame.createTempView(view)
    done = spark.table(view).localCheckpoint(eager=False)
    spark.catalog.dropTempView(view)
    _held.append(done)
    return done
