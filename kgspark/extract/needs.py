"""What products are for, for whom, when and where: stage extract.needs.

offers, reviews -> needs by patterns -> which relation each need mostly has -> those that enough independent shoppers
and sellers state -> silver.need_mentions

The seeds (language/needs.yaml) know some audiences, times and places. Patterns that tell the relation ("a gift for",
"use it for") teach it for every need that they find, and so for the patterns that do not ("ideal for coffee lovers").
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from kgspark.columns import hash_id
from kgspark.extract.need_reader import READ, NeedReader
from kgspark.extract.need_words import USED_FOR
from kgspark.frames.lineage import persisted
from kgspark.graph.readings import CATALOGUE, REVIEWS
from kgspark.ingest.mapping import live
from kgspark.schema import conform, table

if TYPE_CHECKING:
    from pyspark.sql import Column

    from kgspark.extract.needs_settings import NeedsSettings
    from kgspark.night import Night

MENTIONS = "silver.need_mentions"
EXTRACTOR, VERSION = "need", "3"
# How often a pattern's need is one, by eye: strong patterns, and weak ones for needs that strong ones confirm.
_STRONG, _WEAK = 0.95, 0.85


def build(
    offers: DataFrame,
    reviews: DataFrame,
    catalog_records: DataFrame,
    review_records: DataFrame,
    cfg: NeedsSettings,
    night: Night,
) -> dict[str, DataFrame]:
    """Read every offer and review; one row a place that states a need.

    Inputs: silver.offers by offer_id, silver.reviews by review_id, and the bronze records of both, for the raw fields
    that places point into. Gives silver.need_mentions, as its schema says.
    """
    read = _items(offers, catalog_records).unionByName(_reviewed(reviews, offers, review_records))
    # Votes, supporters and rows each read it, and reading runs the patterns; the runner clears the cache.
    found = persisted(read.mapInArrow(NeedReader(cfg.max_text_length), READ))
    relation = F.coalesce("told", "usual", F.lit(USED_FOR))
    told = found.join(_usual(found), on="need", how="left").withColumn("relation", relation)
    supporters = F.count_distinct("supporter").alias("supporters")
    stated = told.where("strong").groupBy("need", "relation").agg(supporters)
    kept = told.join(stated.where(F.col("supporters") >= cfg.min_supporters), on=["need", "relation"], how="inner")
    place = ("item_id", "column", "text_begin", "text_end", "relation")
    rows = kept.withColumns(
        {
            "mention_id": hash_id("mention", *place),
            "confidence": F.when(F.col("strong"), _STRONG).otherwise(_WEAK),
            "extractor": F.concat(F.lit(f"{EXTRACTOR}:"), F.when(F.col("strong"), "strong").otherwise("weak")),
            "extractor_version": F.lit(VERSION),
        }
    )
    return {MENTIONS: conform(rows, table(MENTIONS))}


def _usual(found: DataFrame) -> DataFrame:
    """The relation that a need most often has; a pattern that tells none counts as a purpose."""
    counted = found.groupBy("need", F.coalesce("told", F.lit(USED_FOR)).alias("usual")).agg(F.count("*").alias("times"))
    rank = F.row_number().over(Window.partitionBy("need").orderBy(F.desc("times"), "usual"))
    return counted.withColumn("rank", rank).where("rank = 1").select("need", "usual")


def _items(offers: DataFrame, records: DataFrame) -> DataFrame:
    items = offers.select(
        F.col("offer_id").alias("item_id"),
        F.lit(CATALOGUE).alias("bronze_table"),
        "source",
        "record_id",
        "offer_id",
        "category_path",
        hash_id("seller", "source", "seller").alias("supporter"),
        "language",
        _texts("title", "description"),
        "origins",
    )
    return items.join(_payloads(records), on=["source", "record_id"], how="left")


def _reviewed(reviews: DataFrame, offers: DataFrame, records: DataFrame) -> DataFrame:
    filed = offers.select("offer_id", F.col("category_path").alias("filed"))
    own = F.when(F.size("category_path") > 0, F.col("category_path"))
    empty = F.array().cast("array<string>")
    items = reviews.join(filed, on="offer_id", how="left").select(
        F.col("review_id").alias("item_id"),
        F.lit(REVIEWS).alias("bronze_table"),
        "source",
        "record_id",
        "offer_id",
        F.coalesce(own, "filed", empty).alias("category_path"),
        F.coalesce("shopper_id", "review_id").alias("supporter"),
        "language",
        _texts("title", "text"),
        "origins",
    )
    return items.join(_payloads(records), on=["source", "record_id"], how="left")


def _texts(*columns: str) -> Column:
    return F.array(*[F.struct(F.lit(name).alias("column"), F.col(name).alias("text")) for name in columns]).alias(
        "texts"
    )


def _payloads(records: DataFrame) -> DataFrame:
    smallest = F.row_number().over(Window.partitionBy("source", "record_id").orderBy("variant"))
    readable = live(records).where(F.col("problem").isNull()).withColumn("nth", smallest)
    return readable.where("nth = 1").select("source", "record_id", "payload")
