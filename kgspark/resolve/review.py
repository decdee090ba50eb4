"""The pairs from whose answer the matcher would learn most, for people to judge: stage resolve.review.

silver.offer_pairs -> undecided and uncertain -> one pair an offer -> the least certain, each with what speaks for and
against it
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import Window
from pyspark.sql import functions as F

from kgspark.resolve.learn import DOUBT
from kgspark.resolve.waterfall import FINDINGS, VERDICTS
from kgspark.schema import conform, table

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

    from kgspark.night import Night
    from kgspark.resolve.settings import ResolveSettings

# Contributions that are named on either side.
_NAMED = 3


def build(offers: DataFrame, pairs: DataFrame, cfg: ResolveSettings, night: Night) -> dict[str, DataFrame]:
    """List the pairs whose answers would teach most.

    Inputs: silver.offers by offer_id; silver.offer_pairs. Gives silver.review_pairs: ``cfg.review_pairs`` of the
    undecided pairs with a probability in DOUBT, where the matcher does not know. Each offer is in one at the most, as a
    second answer on an offer teaches less; those nearest to one half come first (uncertainty sampling; Lewis and Gale,
    1994).
    """
    doubt = F.struct(F.abs(F.col("probability") - F.lit(0.5)).alias("doubt"), "left_offer_id", "right_offer_id")
    open_pairs = pairs.where(F.col("decision").isNull() & F.col("probability").between(*DOUBT))
    ranked = open_pairs.select(
        "left_offer_id", "right_offer_id", "probability", why().alias("why"), doubt.alias("doubt")
    )
    ends = ranked.withColumn("end", F.explode(F.array("left_offer_id", "right_offer_id")))
    best = ends.withColumn("best", F.col("doubt") == F.min("doubt").over(Window.partitionBy("end")))
    # A pair stands here with each of its ends, and must be the best of both.
    pair = Window.partitionBy("left_offer_id", "right_offer_id")
    once = best.withColumn("both", F.min("best").over(pair)).where(
        F.col("both") & (F.col("end") == F.col("left_offer_id"))
    )
    few = once.orderBy("doubt").limit(cfg.review_pairs)
    # One row holds the list: it is what a person can read.
    listed = few.agg(F.sort_array(F.collect_list(F.struct("doubt", "probability", "why"))).alias("pairs"))
    chosen = listed.select(F.posexplode("pairs").alias("place", "pair")).select(
        (F.col("place") + 1).alias("place"), "pair.doubt.left_offer_id", "pair.doubt.right_offer_id", "pair.*"
    )
    for side in ("left", "right"):
        named = offers.select(
            F.col("offer_id").alias(f"{side}_offer_id"),
            F.col("seller").alias(f"{side}_seller"),
            F.col("title").alias(f"{side}_title"),
        )
        chosen = chosen.join(named, on=f"{side}_offer_id", how="inner")
    undecided = chosen.withColumn("decision", F.lit(None).cast("string"))
    return {"silver.review_pairs": conform(undecided, table("silver.review_pairs"))}


def why() -> Column:
    """What became of a pair of silver.offer_pairs, and the heaviest contributions for and against it, in words."""
    verdicts = F.create_map(*(F.lit(text) for item in VERDICTS.items() for text in item))
    return F.concat_ws("; ", verdicts[F.col("verdict")], _side("for", 1), _side("against", -1))


def _side(name: str, sign: int) -> Column:
    """The heaviest contributions of one sign; null where there are none. They stand by falling weight already."""
    own = F.filter("contributions", lambda entry: (entry["kind"] != "base") & (entry["weight"] * sign > 0))
    findings = F.create_map(*(F.lit(text) for item in FINDINGS.items() for text in item))

    def named(entry: Column) -> Column:
        token = F.concat(F.lit("'"), entry["what"], F.lit("' "), findings[entry["finding"]])
        feature = F.concat(F.replace(entry["what"], F.lit("_"), F.lit(" ")), F.lit(" = "), entry["finding"])
        return F.when(entry["kind"] == "token", token).otherwise(feature)

    texts = F.transform(F.slice(own, 1, _NAMED), named)
    return F.when(F.size(own) > 0, F.concat(F.lit(f"{name}: "), F.array_join(texts, ", ")))
