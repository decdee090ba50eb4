"""What was deleted leaves the disk: rows that are only marked as deleted, files that no version needs any more.

a table's version -> its files without marked rows -> files of younger versions only

The second half of ``tables.py``: nothing else may run these statements, and only while the lock is held.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from pyspark.sql import SparkSession

from kgspark.tables import Lake

_SWEEPING = {
    # Delta's guard assumes that writers may be at work; the lock keeps ours out.
    "spark.databricks.delta.retentionDurationCheck.enabled": "false",
    # Two commits a vacuum would have the next night restore each table to the version that its release names.
    "spark.databricks.delta.vacuum.logging.enabled": "false",
}
# VACUUM deals the files of a folder out to so many tasks, by default 10,000, for tables with many partitions. Ours have
# none: all but a few of the tasks are empty, and cost a minute a table on two cores.
_LISTING_TASKS = "spark.sql.sources.parallelPartitionDiscovery.parallelism"


def purge(lake: Lake, name: str, version: int) -> int:
    """Write the files anew that hold rows marked as deleted; gives the version from which on no file does."""
    if lake.version(name) != version:
        lake.restore(name, version)
    lake.spark.sql(f"REORG TABLE {lake.identifier(name)} APPLY (PURGE)")
    return lake.version(name) or version


def vacuum(lake: Lake, hours: Mapping[str, int]) -> None:
    """Delete the files of tables that no version younger than so many hours needs."""
    tasks = lake.spark.conf.get("spark.sql.shuffle.partitions") or "1"
    with _set(lake.spark, _SWEEPING | {_LISTING_TASKS: tasks}):
        for name in sorted(hours):
            lake.spark.sql(f"VACUUM {lake.identifier(name)} RETAIN {hours[name]} HOURS")


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
