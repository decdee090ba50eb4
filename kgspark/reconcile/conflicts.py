"""Declared values that something else contradicts: stage reconcile.conflicts.

attribute mentions -> declared (a field of its own) beside text, the product's other offers, the category ->
reasons -> probability that the declared value is wrong, and what would be right -> silver.value_conflicts

Two values agree when their normal forms are equal, when the words of one are part of the other's ("blue", "sky blue"),
or when both are quantities of one unit that differ by no more than rounding does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import Window
from pyspark.sql import functions as F

from kgspark.columns import hash_id
from kgspark.schema import conform, table

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

    from kgspark.night import Night
    from kgspark.reconcile.settings import ReconcileSettings

CONFLICTS = "silver.value_conflicts"
FIELD, DECLARED = "field", "declared"
# Rounding to an ounce, a centimetre or an inch moves a size by less than this share.
_ROUNDING = 0.03
# How far a reason alone goes: text may speak of another thing, others may copy one mistake, rare things exist.
_OTHERS, _CATEGORY = 0.9, 0.5


def build(
    offers: DataFrame, product_offers: DataFrame, attribute_mentions: DataFrame, cfg: ReconcileSettings, night: Night
) -> dict[str, DataFrame]:
    """Find declared values that are probably wrong; one row for each that has a reason against it.

    Inputs: silver.offers and silver.product_offers by offer_id, silver.attribute_mentions by mention_id. Gives
    silver.value_conflicts. Reasons: ``text`` (title or description say another value, and none says the declared
    one), ``offers`` (more of the product's other offers agree on another value than on this one, two at least),
    ``category`` (a quantity further from the middle of its category than ``max_category_factor`` times). They count as
    independent: the value is right only if every reason errs.
    """
    known = attribute_mentions.join(product_offers.select("offer_id", "product_id"), on="offer_id", how="left").join(
        offers.select("offer_id", F.try_element_at("category_path", F.lit(-1)).alias("category")),
        on="offer_id",
        how="inner",
    )
    stated = known.where(F.col("extractor") == FIELD).withColumn("key", _key())
    judged = (
        stated.join(_said_in_text(stated, known, cfg), on="mention_id", how="left")
        .join(_said_by_others(stated), on="mention_id", how="left")
        .join(_unusual(stated, cfg), on="mention_id", how="left")
    )
    against = {
        "text": F.coalesce("text_confidence", F.lit(0.0)),
        "offers": F.when(F.col("others_value").isNotNull(), F.lit(_OTHERS) * F.col("others_share")).otherwise(0.0),
        "category": F.when(F.col("times_usual").isNotNull(), F.lit(_CATEGORY)).otherwise(0.0),
    }
    right = F.lit(1.0)
    for weight in against.values():
        right = right * (1 - weight)
    reasons = F.array_compact(F.array(*[F.when(weight > 0, name) for name, weight in against.items()]))
    rows = judged.withColumns({"reasons": reasons, "confidence": F.round(1 - right, 6)}).where(F.size("reasons") > 0)
    rows = rows.withColumns(
        {
            "conflict_id": hash_id("conflict", "mention_id"),
            "declared": F.col("text"),
            "repair": F.coalesce("others_value", "text_value"),
            "repair_from": F.when(F.col("others_value").isNotNull(), "offers").when(
                F.col("text_value").isNotNull(), "text"
            ),
            "refused": F.col("confidence") >= cfg.min_conflict,
        }
    )
    return {CONFLICTS: conform(rows, table(CONFLICTS))}


def agree(one: Column, one_number: Column, other: Column, other_number: Column) -> Column:
    """Whether two values in normal form are one: equal, one inside the other by words, or quantities but for rounding.

    The numbers are decimal texts, null where a value is no single quantity; units must have been compared before.
    """
    low, high = (f(one_number.try_cast("double"), other_number.try_cast("double")) for f in (F.least, F.greatest))
    padded, inside = (F.concat(F.lit(" "), text, F.lit(" ")) for text in (one, other))
    both = one_number.isNotNull() & other_number.isNotNull()
    by_words = padded.contains(inside) | inside.contains(padded)
    return F.coalesce(F.when(both, high - low <= high * _ROUNDING).otherwise((one == other) | by_words), F.lit(False))


def _key() -> Column:
    """A value for comparing: lower case, letters and digits apart by single spaces."""
    return F.btrim(F.regexp_replace(F.lower("value"), r"[^\p{L}\p{N}.]+", " "))


def _said_in_text(stated: DataFrame, known: DataFrame, cfg: ReconcileSettings) -> DataFrame:
    """mention_id of declared values that the offer's texts deny: text_value, text_confidence, text_mention_id."""
    read = known.where((F.col("extractor") != FIELD) & (F.col("confidence") >= cfg.min_text_confidence)).select(
        "offer_id",
        "attribute",
        _key().alias("read_key"),
        F.col("value").alias("read_value"),
        F.col("number").alias("read_number"),
        F.col("unit").alias("read_unit"),
        F.col("confidence").alias("read_confidence"),
        F.col("mention_id").alias("read_id"),
    )
    pairs = stated.join(read, on=["offer_id", "attribute"], how="inner").where(
        F.col("unit").eqNullSafe(F.col("read_unit"))
    )
    same = agree(F.col("key"), F.col("number"), F.col("read_key"), F.col("read_number"))
    best = F.max_by(F.struct("read_value", "read_id", "read_confidence"), F.struct("read_confidence", "read_id"))
    found = pairs.groupBy("mention_id").agg(F.max(same.cast("int")).alias("said"), best.alias("best"))
    return found.where("said = 0").select(
        "mention_id",
        F.col("best.read_value").alias("text_value"),
        F.col("best.read_confidence").alias("text_confidence"),
        F.col("best.read_id").alias("text_mention_id"),
    )


def _said_by_others(stated: DataFrame) -> DataFrame:
    """mention_id of declared values that the product's other offers outvote: others_value, others, others_share."""
    votes = (
        stated.where(F.col("product_id").isNotNull())
        .groupBy("product_id", "attribute", "key", "number", "unit")
        .agg(F.count_distinct("offer_id").alias("votes"), F.min("value").alias("other_value"))
    )
    others = votes.select(
        "product_id",
        "attribute",
        F.col("key").alias("other_key"),
        F.col("number").alias("other_number"),
        F.col("unit").alias("other_unit"),
        "votes",
        "other_value",
    )
    pairs = stated.join(others, on=["product_id", "attribute"], how="inner")
    same = F.col("unit").eqNullSafe(F.col("other_unit")) & agree(
        F.col("key"), F.col("number"), F.col("other_key"), F.col("other_number")
    )
    rival = F.when(~same, F.struct("votes", "other_key", "other_value"))
    told = pairs.groupBy("mention_id").agg(
        F.sum(F.when(same, F.col("votes")).otherwise(0)).alias("mine"),
        F.sum("votes").alias("all"),
        F.max(rival).alias("rival"),
    )
    outvoted = (F.col("rival.votes") >= 2) & (F.col("rival.votes") > F.col("mine"))
    return told.where(outvoted).select(
        "mention_id",
        F.col("rival.other_value").alias("others_value"),
        F.col("rival.votes").alias("others"),
        F.round(F.col("rival.votes") / F.col("all"), 6).alias("others_share"),
    )


def _unusual(stated: DataFrame, cfg: ReconcileSettings) -> DataFrame:
    """mention_id of quantities far from the middle of their category: times_usual."""
    size = F.abs(F.col("number").try_cast("double"))
    measured = stated.where((size > 0) & F.col("category").isNotNull()).withColumn("size", size)
    alike = Window.partitionBy("category", "attribute", "unit")
    # percentile is exact, so that it does not depend on the order of rows.
    usual = F.percentile("size", F.lit(0.5)).over(alike)
    known = measured.withColumns({"times_usual": F.round(F.col("size") / usual, 6), "listed": F.count("*").over(alike)})
    far = (F.col("times_usual") > cfg.max_category_factor) | (F.col("times_usual") < 1 / cfg.max_category_factor)
    return known.where((F.col("listed") >= cfg.min_category_offers) & far).select("mention_id", "times_usual")
