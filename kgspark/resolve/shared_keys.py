"""Offers that share a code, over partitions: a GTIN, or a brand with a model number.

offers -> (offer, key) -> keys that too many share are not believed -> pairs of offers that share one
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from kgspark.resolve.block import Step
from kgspark.resolve.offers import OFFER
from kgspark.resolve.settings import ResolveSettings

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_COLUMNS = {Step.GTIN: "gtin", Step.MODEL: "model"}


def without_placeholders(offers: DataFrame, cfg: ResolveSettings) -> DataFrame:
    """The offers (columns OFFER) without the GTINs, and brands with model numbers, that more share than the settings
    allow.
    """
    shared = common(offers, cfg)
    for step, column in _COLUMNS.items():
        # A handful of keys: no shuffle of the offers.
        mine = shared.where(F.col("step") == int(step)).select(F.col("key").alias(column), F.lit(True).alias("common"))
        marked = offers.join(F.broadcast(mine), on=column, how="left")
        offers = marked.withColumn(column, F.when(F.col("common").isNull(), F.col(column))).select(*OFFER)
    return offers


def common(offers: DataFrame, cfg: ResolveSettings) -> DataFrame:
    """The codes (step, key) that more offers share than the settings allow."""
    most = F.when(F.col("step") == int(Step.GTIN), cfg.max_offers_per_gtin).otherwise(cfg.max_offers_per_mpn)
    counted = keys(offers).groupBy("step", "key").agg(F.count("*").alias("offers"))
    return counted.where(F.col("offers") > most).select("step", "key")


def keys(offers: DataFrame) -> DataFrame:
    """A row for each code of each offer: offer_id, lister, alone, step, key (its GTIN, its brand and model number)."""
    said = [F.struct(F.lit(int(s)).cast("bigint").alias("step"), F.col(c).alias("key")) for s, c in _COLUMNS.items()]
    each = offers.select("offer_id", "lister", "alone", F.inline(F.array(*said)))
    return each.where(F.col("key").isNotNull())


def sharing(offers: DataFrame) -> DataFrame:
    """All pairs of offers with one GTIN, or one brand and model number: query, found, step, said (nobody)."""
    one = keys(offers)
    other = one.select("step", "key", *(F.col(n).alias("other_" + n) for n in ("offer_id", "lister", "alone")))
    own = (F.col("lister") == F.col("other_lister")) & F.col("alone") & F.col("other_alone")
    met = one.join(other, on=["step", "key"], how="inner").where((F.col("offer_id") < F.col("other_offer_id")) & ~own)
    return met.select(
        F.col("offer_id").alias("query"), F.col("other_offer_id").alias("found"), "step", F.lit(0).alias("said")
    )
