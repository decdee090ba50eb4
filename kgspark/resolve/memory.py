"""What the last release knows of pairs that the same matcher would say again: only the others are scored.

offers of then and now -> those that are not as they were -> pairs of the others, with score and contributions

A score rests on the two offers and the matcher alone, and on which of their words and codes are common: an offer with
one that has become so counts as changed. Which pairs are candidates rests on all offers: ``grid`` works out which of
tonight's were candidates then, out of the offers as they were. Competition and union run over all pairs.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from kgspark.columns import node_key
from kgspark.frames.lineage import cut
from kgspark.lake.changes import content_hash
from kgspark.resolve import offers as reading
from kgspark.resolve import shared_keys, spreading
from kgspark.resolve.settings import ResolveSettings

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from kgspark.resolve.matcher import Frequencies, Matcher
    from kgspark.resolve.spreading import Spread

log = logging.getLogger(__name__)
# With more of the offers changed than this, almost every pair is another: remembering costs more than it spares.
MOST = 0.2


@dataclass(frozen=True)
class Memory:
    """The last release, as far as it still holds.

    ``touched``: ``key`` (node_key) of every offer that is new, gone, not as it was, or not read as it was; ``were``:
    these offers (columns OFFER) as they were; ``known``: the document frequencies by which they were searched;
    ``pairs``: left and right (keys, the smaller first), left_offer_id, right_offer_id, score and contributions of the
    pairs of all others. ``spread``: what has spread among tonight's offers.
    """

    touched: DataFrame
    were: DataFrame
    known: Frequencies
    pairs: DataFrame
    spread: Spread


def recall(
    before: DataFrame,
    pairs: DataFrame,
    told: DataFrame,
    read: DataFrame,
    fitted: Matcher,
    number: int,
    once: Sequence[str],
    cfg: ResolveSettings,
) -> Memory | None:
    """What can be taken from the last release; None where it would spare little.

    Inputs: silver.offers and silver.offer_pairs of the last release, made under tonight's matcher, as it was
    ``fitted``, and settings; tonight's ``number`` of offers, as ``offers.told`` and as ``offers.read`` gave them. Runs
    jobs: it counts what is not as it was.
    """
    told_then = reading.told(before, once)
    changed = cut(_changed(told_then, told, cfg.min_kept_probability))
    count = changed.count()
    log.info("resolve: %d of %d offers are not as they were", count, number)
    if count > MOST * number:
        return None
    were = cut(reading.read(told_then.join(changed, on="offer_id", how="left_semi")))
    same = read.join(F.broadcast(changed), on="offer_id", how="left_anti")
    now, then = spreading.of_both(fitted.frequencies, read, changed, were)
    # What they say is as it was, and is read another way.
    codes = _other_codes(same, shared_keys.common(were.unionByName(same), cfg), shared_keys.common(read, cfg))
    others = cut(codes.unionByName(spreading.holding(same, now, then)).distinct())
    if count_others := others.count():
        log.info("resolve: of %d more the codes or words are common now, or are so no longer", count_others)
    if count + count_others > MOST * number:
        return None
    keys = changed.unionByName(others).select(node_key("offer_id").alias("key"))
    were = were.unionByName(same.join(F.broadcast(others), on="offer_id", how="left_semi"))
    low, high = node_key("left_offer_id"), node_key("right_offer_id")
    remembered = pairs.select(
        F.least(low, high).alias("left"),
        F.greatest(low, high).alias("right"),
        "left_offer_id",
        "right_offer_id",
        "score",
        "contributions",
    )
    for side in ("left", "right"):
        remembered = remembered.join(F.broadcast(keys.withColumnRenamed("key", side)), on=side, how="left_anti")
    return Memory(keys, were, spreading.under(fitted, then).frequencies, cut(remembered), now)


def _changed(before: DataFrame, now: DataFrame, least: float) -> DataFrame:
    """``offer_id`` of the offers that are not equal in both.

    How many of a seller's offers say the same decides no score: they share the probability, which is worked out anew.
    Only a pair that was not worth keeping (``least``) among more of them, and is not remembered, may be so among fewer,
    if these are not too many for any score.
    """
    columns = {name: of for name, of in now.dtypes if name not in ("offer_id", "alike")}
    said = content_hash(columns).alias("said")
    then, tonight = (each.select("offer_id", said, "alike") for each in (before, now))
    both = then.withColumn("change", -F.col("alike")).unionByName(tonight.withColumn("change", F.col("alike")))
    met = both.groupBy("offer_id", "said").agg(
        F.count("*").alias("times"), F.sum("change").alias("more"), F.min("alike").alias("fewest")
    )
    fewer = (F.col("more") < 0) & (F.col("fewest") * least <= 1)
    return met.where((F.col("times") < 2) | fewer).select("offer_id").distinct()


def _other_codes(offers: DataFrame, one: DataFrame, other: DataFrame) -> DataFrame:
    """``offer_id`` of the offers (columns OFFER) with a code (step, key) that is in one of the frames alone."""
    both = one.withColumn("sign", F.lit(1)).unionByName(other.withColumn("sign", F.lit(-1)))
    differing = both.groupBy("step", "key").agg(F.sum("sign").alias("of")).where("of <> 0").drop("of")
    return shared_keys.keys(offers).join(F.broadcast(differing), on=["step", "key"], how="left_semi").select("offer_id")
