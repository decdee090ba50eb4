"""The pairs from whose answer the matcher would learn most, as rows that a person can fill in.

silver.offer_pairs, silver.offers -> undecided and uncertain -> one pair an offer, the least certain first
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import Window
from pyspark.sql import functions as F

from kgspark.resolve.learn import DOUBT

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


def uncertain(pairs: DataFrame, offers: DataFrame, count: int) -> DataFrame:
    """``count`` pairs to judge: both offer ids, sellers and titles, probability, and an empty ``decision``.

    Inputs: silver.offer_pairs; silver.offers by offer_id. Of the undecided pairs with a probability in DOUBT, where the
    matcher does not know, each offer is in one at the most, as a second answer on an offer teaches less; those nearest
    to one half come first (uncertainty sampling; Lewis and Gale, 1994).
    """
    doubt = F.struct(F.abs(F.col("probability") - F.lit(0.5)).alias("doubt"), "left_offer_id", "right_offer_id")
    open_pairs = pairs.where(F.col("decision").isNull() & F.col("probability").between(*DOUBT))
    ranked = open_pairs.withColumn("doubt", doubt)
    ends = ranked.withColumn("end", F.explode(F.array("left_offer_id", "right_offer_id")))
    best = ends.withColumn("best", F.col("doubt") == F.min("doubt").over(Window.partitionBy("end")))
    # A pair stands here with each of its ends, and must be the best of both.
    pair = Window.partitionBy("left_offer_id", "right_offer_id")
    once = best.withColumn("both", F.min("best").over(pair)).where(
        F.col("both") & (F.col("end") == F.col("left_offer_id"))
    )
    chosen = once.orderBy("doubt").limit(count)
    for side in ("left", "right"):
        named = offers.select(
            F.col("offer_id").alias(f"{side}_offer_id"),
            F.col("seller").alias(f"{side}_seller"),
            F.col("title").alias(f"{side}_title"),
        )
        chosen = chosen.join(named, on=f"{side}_offer_id", how="inner")
    return chosen.orderBy("doubt").select(
        "left_offer_id",
        "right_offer_id",
        F.lit(None).cast("string").alias("decision"),
        F.round("probability", 3).alias("probability"),
        "left_seller",
        "left_title",
        "right_seller",
        "right_title",
    )
