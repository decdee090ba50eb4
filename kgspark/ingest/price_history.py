"""What each offer cost when: listed prices night by night, paid prices out of the order lines.

offers, interactions, last night's history -> listed periods, paid periods -> silver.price_history
"""

from __future__ import annotations

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from kgspark.ingest.silver_settings import SilverSettings
from kgspark.night import Night
from kgspark.schema import conform, table

_TABLE = "silver.price_history"
_PRICE = ("price", "currency")


def build(
    offers: DataFrame, interactions: DataFrame, previous: DataFrame, *, cfg: SilverSettings, night: Night
) -> dict[str, DataFrame]:
    """Each offer's price with the days on which it held.

    Inputs: silver.offers, key offer_id; silver.interactions, key interaction_id; silver.price_history of the last
    release, key (offer_id, basis, valid_from). Output: silver.price_history.

    ``listed``: a slowly changing dimension of type 2 (Kimball). Tonight's price either continues the open period or
    closes it and opens the next, on the day for which the dump says that the listing was current (``listed_at``), as
    far as it falls after what is known already and not after the night; else on the night's day. An offer that is gone,
    or lists no price any more, closes it on the night's day.
    A night before the open period began (a backfill) leaves it alone, as what came later is known already.
    ``paid``: the median unit price of a day's (UTC) purchases, always a price that somebody paid (the lower of
    two middles, exact decimals), days of equal price run together; a run holds until the day of the
    next other one. Purchases for 0 (gifts, write-offs) or without a day are left out.
    """
    return {_TABLE: conform(_listed(offers, previous, night).unionByName(_paid(interactions)), table(_TABLE))}


def _listed(offers: DataFrame, previous: DataFrame, night: Night) -> DataFrame:
    tonight = F.lit(night.date).cast("date")
    history = previous.where(F.col("basis") == "listed")
    closed = history.where(F.col("valid_to").isNotNull())
    before = history.where(F.col("valid_to").isNull()).select(
        "offer_id", *[F.col(name).alias(f"old_{name}") for name in (*_PRICE, "valid_from")]
    )
    listed_on = F.to_date("listed_at").alias("listed_on")
    now = offers.where(F.col("price").isNotNull()).select("offer_id", *_PRICE, listed_on)
    # One row an offer: one shuffle by offer_id.
    both = now.join(before, on="offer_id", how="full")
    # A backfill that falls into what is known already adds nothing: periods of an offer never overlap.
    known = closed.groupBy("offer_id").agg(F.max("valid_to").alias("known_until"))
    both = both.join(known, on="offer_id", how="left")
    had, has = F.col("old_price").isNotNull(), F.col("price").isNotNull()
    same = has & (F.col("price") == F.col("old_price")) & F.col("currency").eqNullSafe(F.col("old_currency"))
    # A second run of the same night replaces what the first began.
    began_tonight = F.col("old_valid_from") == tonight
    later = F.col("old_valid_from") > tonight
    keeps = had & (same | later)
    closes = had & ~keeps & ~began_tonight
    # A stale date (the same as with the price before) dates nothing: the new price was first seen tonight.
    after_old = F.coalesce((F.col("listed_on") > F.col("old_valid_from")) | began_tonight, F.lit(True))
    after_known = F.coalesce(F.col("listed_on") >= F.col("known_until"), F.lit(True))
    dated = (F.col("listed_on") <= tonight) & after_old & after_known
    start = F.when(dated, F.col("listed_on")).otherwise(tonight)
    opens = has & ~F.coalesce(keeps, F.lit(False)) & F.coalesce(F.col("known_until") <= tonight, F.lit(True))
    old = _period("old_price", "old_currency", F.col("old_valid_from"), F.when(closes, start))
    new = _period("price", "currency", start, F.lit(None).cast("date"))
    periods = F.array_compact(F.array(F.when(keeps | closes, old), F.when(opens, new)))
    changed = both.select("offer_id", F.lit("listed").alias("basis"), F.inline(periods))
    return changed.unionByName(closed.select(changed.columns))


def _period(price: str, currency: str, start: Column, end: Column) -> Column:
    return F.struct(
        F.col(price).alias("price"),
        F.col(currency).alias("currency"),
        start.alias("valid_from"),
        end.alias("valid_to"),
    )


def _paid(interactions: DataFrame) -> DataFrame:
    bought = interactions.where(
        (F.col("type") == "purchase") & (F.col("unit_price") > 0) & F.col("happened_at").isNotNull()
    ).select("offer_id", "unit_price", "currency", F.to_date("happened_at").alias("day"))
    daily = _medians(bought)
    offer = Window.partitionBy("offer_id").orderBy("day", F.asc_nulls_first("currency"))
    before = F.lag(F.struct("price", "currency")).over(offer)
    begins = ~F.struct("price", "currency").eqNullSafe(before)
    runs = daily.withColumn("begins", begins).where("begins")
    return runs.select(
        "offer_id",
        F.lit("paid").alias("basis"),
        "price",
        "currency",
        F.col("day").alias("valid_from"),
        F.lead("day").over(offer).alias("valid_to"),
    )


def _medians(bought: DataFrame) -> DataFrame:
    """One price an offer and day: that of the middle purchase in the currency that most were paid in."""
    day = ("offer_id", "day")
    by_price = bought.groupBy(*day, "currency", "unit_price").agg(F.count(F.lit(1)).alias("lines"))
    currency = Window.partitionBy(*day, "currency")
    so_far = currency.orderBy("unit_price")
    middle = by_price.withColumns(
        {"total": F.sum("lines").over(currency), "reached": F.sum("lines").over(so_far)}
    ).where(F.col("reached") * 2 >= F.col("total"))
    medians = middle.groupBy(*day, "currency", "total").agg(F.min("unit_price").alias("price"))
    commonest = Window.partitionBy(*day).orderBy(F.desc("total"), F.asc_nulls_last("currency"))
    return medians.withColumn("rank", F.row_number().over(commonest)).where(F.col("rank") == 1).drop("rank", "total")
