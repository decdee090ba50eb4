"""What people decided on pairs of offers, as a CSV file or a Delta table that they keep.

left_offer_id, right_offer_id, decision (same, different, or empty: not yet) -> pairs in order -> one decision a pair
"""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from pyspark.errors import AnalysisException
from pyspark.sql import functions as F

from kgspark.errors import InputError
from kgspark.resolve.cluster import DIFFERENT, SAME
from kgspark.resolve.distributed import DECISIONS
from kgspark.resolve.resolver import Decisions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyspark.sql import DataFrame, SparkSession

COLUMNS = ("left_offer_id", "right_offer_id", "decision")
_SHOWN = 5


def read(spark: SparkSession, place: str | None) -> DataFrame:
    """Decided pairs, one row each: left, right (the larger id), said (cluster.SAME or DIFFERENT); none without a place.

    A place that ends in .csv is a file with a header, any other the folder or the name of a Delta table; more columns
    do no harm. Raises InputError where it cannot be read, or lacks a column.
    """
    if place is None:
        return spark.createDataFrame([], DECISIONS)
    try:
        if place.endswith(".csv"):
            rows = spark.read.csv(place, header=True, multiLine=True, escape='"')
        elif ":/" in place or "/" in place or Path(place).exists():
            rows = spark.read.format("delta").load(place)
        else:
            rows = spark.read.table(place)
    except AnalysisException as error:
        raise InputError(f"resolve.decisions {place} cannot be read: {str(error).splitlines()[0]}") from None
    missing = [name for name in COLUMNS if name not in rows.columns]
    if missing:
        raise InputError(
            f"resolve.decisions {place} lacks {', '.join(missing)}; "
            "'kgspark resolve review --csv FILE' writes a file to fill."
        )
    said = F.lower(F.trim("decision"))
    left, right = (F.trim(name) for name in COLUMNS[:2])
    code = F.when(said == "same", SAME).when(said == "different", DIFFERENT).otherwise(None)
    return rows.where(F.coalesce(said, F.lit("")) != "").select(
        F.least(left, right).alias("left"), F.greatest(left, right).alias("right"), code.alias("said")
    )


def agreed(decisions: DataFrame) -> list[tuple[str, str, int]]:
    """The decisions as rows, each pair once, sorted.

    Raises InputError, naming some, where a pair has two answers, an answer is neither same nor different, or an end is
    missing.
    """
    rows = sorted({(row["left"], row["right"], row["said"]) for row in decisions.collect()}, key=str)
    wrong = [row for row in rows if None in row or row[0] == row[1]]
    if wrong:
        raise InputError(f"resolve.decisions: say same or different, of two offers: {_some(wrong)}")
    twice = [one[:2] for one, other in itertools.pairwise(rows) if one[:2] == other[:2]]
    if twice:
        raise InputError(f"resolve.decisions: same and different are both said of {_some(twice)}; keep one of them.")
    return rows


def of_rows(rows: Sequence[tuple[str, str, int]], ids: Sequence[str]) -> Decisions:
    """The decisions on offers among ``ids``, by their row there."""
    place = {name: row for row, name in enumerate(ids)}
    known = [(place[left], place[right], said) for left, right, said in rows if left in place and right in place]
    left, right, said = (np.array([row[i] for row in known], dtype=np.int64) for i in range(3))
    return Decisions(left, right, said.astype(np.int8))


def _some(rows: Sequence[tuple[object, ...]]) -> str:
    shown = "; ".join(", ".join(str(value) for value in row[:2]) for row in rows[:_SHOWN])
    return shown + (f" and {len(rows) - _SHOWN} more" if len(rows) > _SHOWN else "")
