"""What people decided on pairs of offers, as a CSV file or a Delta table that they keep.

left_offer_id, right_offer_id, decision (same, different, or empty: not yet) -> pairs in order -> what cannot be read or
contradicts set aside -> one decision a pair
"""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from pyspark.errors import AnalysisException
from pyspark.sql import functions as F

from kgspark.errors import InputError
from kgspark.resolve import contradictions
from kgspark.resolve.cluster import DIFFERENT, SAME
from kgspark.resolve.distributed import DECISIONS
from kgspark.resolve.resolver import Decisions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyspark.sql import DataFrame, SparkSession

log = logging.getLogger(__name__)

# Left, right and what was said, as read: any of them may be missing.
Answer = tuple[str | None, str | None, int | None]
COLUMNS = ("left_offer_id", "right_offer_id", "decision")
UNREADABLE, CONTRADICTED = "answer_unreadable", "answer_contradicted"
_LOGGED = 5


@dataclass(frozen=True)
class SetAside:
    """An answer that is not obeyed: its pair (one offer, or "", where an end is missing), the rule, and why."""

    left: str
    right: str
    rule: str
    reason: str


@dataclass(frozen=True)
class Answers:
    """What people said: ``obeyed`` rows of left, right, cluster.SAME or DIFFERENT, each pair once, sorted; the rest."""

    obeyed: tuple[tuple[str, str, int], ...] = ()
    set_aside: tuple[SetAside, ...] = ()


def read(spark: SparkSession, place: str | None) -> DataFrame:
    """Answered pairs, one row each: left, right (the larger id), said (cluster.SAME or DIFFERENT, or null where the
    answer is neither); none without a place.

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


def rows(answered: DataFrame) -> list[Answer]:
    """The answers (``read``) as they are, distinct and sorted.

    Raises InputError where there are some and none can be read: then the file is wrong, not an answer of it.
    """
    found = sorted({(row["left"], row["right"], row["said"]) for row in answered.collect()}, key=str)
    if found and not any(_is_readable(*row) for row in found):
        raise InputError(
            f"resolve.decisions: none of {len(found)} answers says same or different of two offers "
            f"({_shown(found[0][:2])}); write one of these words under 'decision'."
        )
    return found


def agreed(found: Sequence[Answer]) -> Answers:
    """Which answers (``rows``) are obeyed; the others are named in the log, and in silver.offer_pairs_rejected.

    Of same and different said of one pair, different is obeyed; what a chain of "same" contradicts is settled in
    ``contradictions``.
    """
    meant = {SAME: set[contradictions.Pair](), DIFFERENT: set[contradictions.Pair]()}
    aside = []
    for left, right, said in found:
        if left and right and said is not None and _is_readable(left, right, said):
            meant[said].add((left, right))
        else:
            reason = "neither same nor different of two offers: write one of these words"
            aside.append(SetAside(left or "", right or "", UNREADABLE, reason))
    same, apart = meant[SAME], meant[DIFFERENT]
    aside += [
        SetAside(left, right, CONTRADICTED, "same and different are both said of the pair: kept apart; delete one")
        for left, right in same & apart
    ]
    for chain in contradictions.chains(same - apart, apart):
        ends = f"{chain.offers[0]} and {chain.offers[-1]}"
        reason = f"{' = '.join(chain.offers)} by these answers, but {ends} are called different: correct one of them"
        aside += [SetAside(left, right, CONTRADICTED, reason) for left, right in chain.pairs]
    yielding = {(each.left, each.right) for each in aside if each.rule == CONTRADICTED}
    obeyed = [(left, right, SAME) for left, right in same - yielding]
    obeyed += [(left, right, DIFFERENT) for left, right in apart]
    aside.sort(key=lambda each: (each.left, each.right, each.rule))
    if aside:
        counted = Counter(each.rule for each in aside)
        log.warning(
            "resolve.decisions: %d of %d answers are not obeyed (%s), see silver.offer_pairs_rejected: %s%s",
            len(aside), len(found), ", ".join(f"{rule} {times}" for rule, times in sorted(counted.items())),
            "; ".join(f"{_shown((each.left, each.right))}: {each.reason}" for each in aside[:_LOGGED]),
            f" and {len(aside) - _LOGGED} more" if len(aside) > _LOGGED else "",
        )  # fmt: skip
    return Answers(tuple(sorted(obeyed)), tuple(aside))


def of_rows(rows: Sequence[tuple[str, str, int]], ids: Sequence[str]) -> Decisions:
    """The decisions on offers among ``ids``, by their row there."""
    place = {name: row for row, name in enumerate(ids)}
    known = [(place[left], place[right], said) for left, right, said in rows if left in place and right in place]
    left, right, said = (np.array([row[i] for row in known], dtype=np.int64) for i in range(3))
    return Decisions(left, right, said.astype(np.int8))


def _is_readable(left: str | None, right: str | None, said: int | None) -> bool:
    # least() and greatest() of a missing end give the other one twice.
    return bool(left and right) and left != right and said is not None


def _shown(pair: Sequence[str | None]) -> str:
    return ", ".join(name or "?" for name in pair)
