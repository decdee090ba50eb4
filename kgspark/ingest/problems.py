"""What is wrong with a record, gathered as it is read, and the one place that sets records and values aside."""

from __future__ import annotations

from collections.abc import Iterable

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from kgspark.frames.lineage import persisted
from kgspark.ingest.mapping import live
from kgspark.night import Night
from kgspark.schema import conform, table

WHOLE_RECORD = "*"


def problem(field: str | Column, rule: Column, reason: str | Column) -> Column:
    """A rule that a record broke, where ``rule`` is not null."""
    return F.struct(
        (F.lit(field) if isinstance(field, str) else field).alias("field"),
        rule.alias("rule"),
        (F.lit(reason) if isinstance(reason, str) else reason).alias("reason"),
    )


def when(condition: Column, rule: str) -> Column:
    """The rule's name where the condition holds, else null (also where it is unknown)."""
    return F.when(condition, F.lit(rule))


def parsed(field: str, value: Column) -> Column:
    """The problem, if any, of a helper's struct with ``rule`` and ``reason``."""
    return problem(field, value["rule"], value["reason"])


def conflict() -> Column:
    """The problem of a key that came with different contents: none of them is believed."""
    reason = F.concat(
        F.lit("the key has "), F.col("contents"), F.lit(" different contents, this is number "), F.col("variant")
    )
    return problem(WHOLE_RECORD, when(F.col("contents") > 1, "conflicting_duplicate"), reason)


def broken(problems: Iterable[Column]) -> Column:
    """Those of the problems whose rule was broken, as an array."""
    return F.filter(F.array(*problems), lambda item: item["rule"].isNotNull())


def split(judged: DataFrame, records: DataFrame, name: str, night: Night) -> dict[str, DataFrame]:
    """The table and its rejects.

    ``judged`` has the table's columns, ``fatal`` (problems that set the record aside) and ``broken`` (those that set
    only a value aside, which is null already); ``records`` are the stage's input, of which some could not be read.
    What was judged is persisted, as the two are written one after the other; the caller clears the cache.
    """
    judged = persisted(judged)
    accepted = conform(judged.where(F.size("fatal") == 0), table(name))
    values = judged.select(
        "source",
        "record_id",
        (F.size("fatal") == 0).alias("kept"),
        F.explode(F.concat("fatal", "broken")).alias("problem"),
    ).select("source", "record_id", "problem.*", F.col("kept"))
    return {name: accepted, f"{name}_rejected": _rejects(values.unionByName(_unreadable(records)), name, night)}


def _rejects(values: DataFrame, name: str, night: Night) -> DataFrame:
    # Contents that share a key may be wrong in the same way: said once.
    return conform(values.distinct().withColumn("night", F.lit(night.date)), table(f"{name}_rejected"))


def nothing(records: DataFrame, name: str, night: Night) -> dict[str, DataFrame]:
    """The table and its rejects where no source emits its kind: no rows but those that nobody could read."""
    accepted = records.sparkSession.createDataFrame([], table(name).struct)
    return {name: accepted, f"{name}_rejected": _rejects(_unreadable(records), name, night)}


def _unreadable(records: DataFrame) -> DataFrame:
    where = F.concat(
        F.lit("record "), F.col("position"), F.lit(" of "), F.col("file"), F.lit(", content "), F.col("variant")
    )
    return (
        live(records)
        .where(F.col("problem").isNotNull())
        .select(
            "source",
            "record_id",
            F.lit(WHOLE_RECORD).alias("field"),
            F.col("problem").alias("rule"),
            F.concat(where, F.lit(" could not be read: "), F.regexp_replace("problem", "_", " ")).alias("reason"),
            F.lit(False).alias("kept"),
        )
    )
