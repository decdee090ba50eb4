"""Which offer is which product: stage resolve.products.

joined pairs -> connected components -> clusters; stubs for offers that only reviews or orders name -> ids from the
registry -> products and their history
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from kgspark.columns import node_key
from kgspark.frames.lineage import persisted
from kgspark.graph import choose
from kgspark.graph.settings import GraphSettings
from kgspark.resolve import registry
from kgspark.resolve.block import Step
from kgspark.resolve.resolver import Verdict
from kgspark.schema import conform, table

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

    from kgspark.night import Night
    from kgspark.resolve.settings import ResolveSettings

PERSON, GTIN, BRAND_MPN, MATCHED, SINGLE, STUB = "person", "gtin", "brand_mpn", "matched", "single", "stub"


def build(
    offers: DataFrame,
    pairs: DataFrame,
    reviews: DataFrame,
    interactions: DataFrame,
    previous: DataFrame,
    history: DataFrame,
    cfg: ResolveSettings,
    night: Night,
) -> dict[str, DataFrame]:
    """Say of every offer which product it is.

    Inputs: silver.offers by offer_id; silver.offer_pairs by its two offers; silver.reviews and silver.interactions, for
    the offers that they name; silver.product_offers and silver.product_history of the last release. Gives
    silver.product_offers, one row an offer, and silver.product_history.
    """
    joined = clusters(pairs, cfg)
    listed = offers.select("offer_id", "source", "record_id").join(joined, on="offer_id", how="left")
    listed = listed.withColumns(
        {
            "cluster": F.coalesce("cluster", "offer_id"),
            "rule": F.coalesce("rule", F.lit(SINGLE)),
            "confidence": F.coalesce("confidence", F.lit(1.0)),
        }
    )
    # The registry reads the members four times.
    members = persisted(listed.unionByName(stubs(offers, reviews, interactions)))
    ids = registry.name_clusters(members, previous, history, night.date)
    # Read once more for the history.
    found = persisted(conform(members.join(ids, on="cluster", how="inner"), table("silver.product_offers")))
    told = registry.history_of(found, previous, history, night.date)
    return {
        "silver.product_offers": found,
        "silver.product_history": conform(told, table("silver.product_history")),
    }


def clusters(pairs: DataFrame, cfg: ResolveSettings) -> DataFrame:
    """Offers that joined pairs make one: offer_id, cluster (smallest offer id), rule and confidence of its surest pair.

    The union has settled which pairs join, so that components are products here and cannot chain.
    """
    joined = pairs.where(F.col("verdict") == Verdict.JOINED.name.lower())
    said = joined.select(
        F.explode(F.array("left_offer_id", "right_offer_id")).alias("offer_id"),
        F.struct(_confidence().alias("confidence"), _rule().alias("rule")).alias("join"),
    )
    # Of equally sure pairs the first rule in the alphabet.
    surest = F.min_by("join", F.struct((-F.col("join.confidence")).alias("sure"), "join.rule"))
    members = said.groupBy("offer_id").agg(surest.alias("join")).withColumn("id", node_key("offer_id"))
    edges = joined.select(node_key("left_offer_id").alias("src"), node_key("right_offer_id").alias("dst"))
    components = choose.connected_components(members.select("id"), edges, GraphSettings(engine=cfg.engine))
    inside = members.join(components, on="id", how="inner")
    smallest = inside.groupBy("component").agg(F.min("offer_id").alias("cluster"))
    return inside.join(smallest, on="component", how="inner").select("offer_id", "cluster", "join.*")


def _confidence() -> Column:
    return F.when(F.col("decision").isNotNull(), F.lit(1.0)).otherwise(F.col("probability"))


def _rule() -> Column:
    by = {PERSON: Step.PERSON, GTIN: Step.GTIN, BRAND_MPN: Step.MODEL}
    rules = [F.when(F.array_contains("found_by", str(step.name).lower()), F.lit(rule)) for rule, step in by.items()]
    return F.coalesce(*rules, F.lit(MATCHED))


def stubs(offers: DataFrame, reviews: DataFrame, interactions: DataFrame) -> DataFrame:
    """Offers that reviews or orders name and no catalogue lists, each a cluster of its own."""
    columns = ["offer_id", "product_source", "product_key"]
    named = reviews.select(columns).unionByName(interactions.select(columns)).where(F.col("offer_id").isNotNull())
    missing = named.join(offers.select("offer_id"), on="offer_id", how="left_anti")
    found = missing.groupBy("offer_id").agg(
        F.min("product_source").alias("source"), F.min("product_key").alias("record_id")
    )
    return found.select(
        "*",
        F.col("offer_id").alias("cluster"),
        F.lit(STUB).alias("rule"),
        F.lit(1.0).alias("confidence"),
    )
