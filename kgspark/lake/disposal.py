"""What was deleted leaves the disk: rows that are only marked as deleted, files that no version needs any more.

a table's version -> its files without marked rows -> files of younger versions only

The second half of ``tables.py``: nothing else may run these statements, and only while the lock is held.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from pyspark.sql import SparkSession

from kgspark.frames.side_by_side import side_by_side
from kgspark.lake import lake_files
from kgspark.lake.tables import Lake

_SWEEPING = {
    # Delta's guard assumes that writers may be at work; the lock keeps ours out.
    "spark.databricks.delta.retentionDurationCheck.enabled": "false",
    # Two commits a vacuum would have the next night restore each table to the version that its release names.
    "spark.databricks.delta.vacuum.logging.enabled": "false",
}
# VACUUM deals the files of a folder out to so many tasks, by default 10,000, for tables with many partitions. Ours have
# none: all but a few of the tasks are empty, and cost a minute a table on two cores.
_LISTING_TASKS = "spark.sql.sources.parallelPartitionDiscovery.parallelism"
# Delta's name for the files that say which rows are marked.
_DELETION_VECTOR = "deletion_vector_"
# The log, and the check sums of a local file system, which go with their files.
_NO_DATA = ("_delta_log/", ".")


def purge(lake: Lake, versions: Mapping[str, int], at_a_time: int) -> dict[str, int]:
    """Write the files of tables anew that hold rows marked as deleted; gives the versions from which on no file does.

    A table that is no longer at its version goes back to it first.
    """

    def purged(name: str) -> int:
        if lake.version(name) != versions[name]:
            lake.restore(name, versions[name])
        # A look at the folder saves a job over the table's log where nothing is marked.
        if lake.catalog or any(_DELETION_VECTOR in file for file in lake_files.files(lake.path(name))):
            lake.spark.sql(f"REORG TABLE {lake.identifier(name)} APPLY (PURGE)")
        return lake.version(name) or versions[name]

    names = sorted(versions)
    return dict(zip(names, side_by_side(purged, names, at_a_time), strict=True))


def vacuum(lake: Lake, hours: Mapping[str, int], at_a_time: int) -> None:
    """Delete the files of tables that no version younger than so many hours needs."""

    def sweep(name: str) -> None:
        if _may_hold_more(lake, name):
            lake.spark.sql(f"VACUUM {lake.identifier(name)} RETAIN {hours[name]} HOURS")

    tasks = lake.spark.conf.get("spark.sql.shuffle.partitions") or "1"
    with _set(lake.spark, _SWEEPING | {_LISTING_TASKS: tasks}):
        side_by_side(sweep, sorted(hours), at_a_time)


def _may_hold_more(lake: Lake, name: str) -> bool:
    """Whether there are other files than those of the newest version: a look that costs a tenth of a vacuum."""
    if lake.catalog:
        return True
    there = [file for file in lake_files.files(lake.path(name)) if not file.startswith(_NO_DATA)]
    needed = lake.spark.sql(f"DESCRIBE DETAIL {lake.identifier(name)}").select("numFiles").collect()[0]["numFiles"]
    return len(there) != int(needed)


@contextmanager
def _set(spark: SparkSession, settings: Mapping[str, str]) -> Iterator[None]:
    before = {key: spark.conf.get(key, None) for key in settings}
    for key, value in settings.items():
        spark.conf.set(key, value)
    try:
        yield
    finally:
        for key, old in before.items():
            if old is None:
                spark.conf.unset(key)
            else:
                spark.conf.set(key, old)
