"""Frames without the plan that made them, and persisted ones that go with the stage that made them.

A plan that is read several times is analysed as often, and so is each plan that rests on it: a dozen joins and unions
of joins and unions are tens of thousands of nodes, which cost minutes before the first row is read. Cached frames keep
their plans.
"""

from __future__ import annotations

import atexit
import contextlib
import threading
import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pyspark import StorageLevel

from kgspark.session import is_remote

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

# Rows as objects on the heap, Spark's default, are what a night of many changes spends its time sweeping (4 GB, a
# million changed pieces of evidence: 145 full collections); as bytes in a file they are made and read as fast (2 M
# rows: 4 and 1 s).
_PLACE = StorageLevel.DISK_ONLY
# Over Spark Connect the finaliser of such a frame calls the server, which hangs for ever at the exit of the interpreter
# and where the garbage collector runs it in the middle of another call (SPARK-55020 is the same, of models). So that no
# such frame is let go: the server frees its rows when the session ends, as it does at exit, before any finaliser.
_held: list[DataFrame] = []
# Stages run side by side, each on a thread of its own.
_stage = threading.local()


@atexit.register
def _end_sessions() -> None:
    for frame in _held:
        frame.sparkSession.stop()


def cut(frame: DataFrame) -> DataFrame:
    """The same rows, computed once, when or before the first action needs them, and kept on the executors' disks until
    nobody holds the frame (over Spark Connect until the session ends). Where an executor is lost with its rows, what
    needs them fails, and the night is started again.
    """
    spark = frame.sparkSession
    if not is_remote(spark):
        return frame.localCheckpoint(eager=False, storageLevel=_PLACE)
    # The client copies the plan of a checkpoint in a way that stops at a hundred levels; a view keeps it on the server.
    view = f"kgspark_{uuid.uuid4().hex}"
    frame.createTempView(view)
    done = spark.table(view).localCheckpoint(eager=False, storageLevel=_PLACE)
    spark.catalog.dropTempView(view)
    _held.append(done)
    return done


def persisted(frame: DataFrame, level: StorageLevel = StorageLevel.MEMORY_AND_DISK_DESER) -> DataFrame:
    """The frame, persisted until the stage that this thread builds is written; outside of a stage until somebody
    unpersists it.
    """
    kept = frame.persist(level)
    getattr(_stage, "kept", []).append(kept)
    return kept


@contextlib.contextmanager
def stage_frames() -> Iterator[None]:
    """Let go at its end what this thread has persisted within. Never all of a session's cached frames: it may be
    somebody's notebook.
    """
    _stage.kept = []
    try:
        yield
    finally:
        frames = _stage.kept
        # What this thread persists after it is no stage's.
        del _stage.kept
        # Where Spark is gone, so are they; the error that ended the stage is the one to be told.
        with contextlib.suppress(Exception):
            for frame in reversed(frames):
                frame.unpersist()
