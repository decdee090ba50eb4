"""Which offers are the same product: those that share a valid GTIN, or a brand and model number.

offers -> join keys -> believed keys -> links -> connected components -> products; stubs for offers that only reviews or
orders name. Learned matching will add its links beside those of the keys.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from kgspark.columns import hash_id, node_key
from kgspark.graph import choose
from kgspark.graph.names import brand_key, model_key
from kgspark.graph.settings import GraphSettings
from kgspark.ingest.gtin import IN_STORE
from kgspark.ingest.sources import unique_sources
from kgspark.schema import conform, table

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from kgspark.night import Night
    from kgspark.resolve.settings import ResolveSettings

GTIN, BRAND_MPN, SINGLE, STUB = "gtin", "brand_mpn", "single", "stub"


def build(
    offers: DataFrame, reviews: DataFrame, interactions: DataFrame, cfg: ResolveSettings, night: Night
) -> dict[str, DataFrame]:
    """Say of every offer which product it is; one row an offer.

    Inputs: silver.offers by offer_id; silver.reviews and silver.interactions, for the offers that they name. Gives
    silver.product_offers: ``product_id`` hashes the smallest offer id of the product, ``rule`` says what joined the
    offer (gtin before brand_mpn where both did), ``confidence`` is 1 but for brand_mpn.
    """
    unique = unique_sources(night.sources)
    # Counted, loaded and joined: dropped with the cache when the stage is written.
    links = believed_keys(join_keys(offers, cfg), cfg, unique).persist()
    joined = clusters(links, cfg)
    confidence = F.when(F.col("rule") == BRAND_MPN, F.lit(cfg.mpn_confidence)).otherwise(F.lit(1.0))
    listed = offers.select("offer_id", "source", "record_id").join(joined, on="offer_id", how="left")
    listed = listed.select(
        hash_id("product", F.coalesce("smallest_offer", "offer_id")).alias("product_id"),
        "offer_id",
        "source",
        "record_id",
        F.coalesce("rule", F.lit(SINGLE)).alias("rule"),
        confidence.alias("confidence"),
    )
    found = listed.unionByName(stubs(offers, reviews, interactions))
    return {"silver.product_offers": conform(found, table("silver.product_offers"))}


def join_keys(offers: DataFrame, cfg: ResolveSettings) -> DataFrame:
    """The keys under which an offer may meet others: offer_id, source, seller, rule, key."""
    model, brand = model_key(F.col("mpn")), brand_key(F.col("brand"))
    # A model number without a digit is a word ("black"); a short one ("1", "N/A") is no number at all.
    telling = (F.length(model) >= cfg.min_mpn_length) & model.rlike("[0-9]")
    keys = F.array(
        F.struct(F.lit(GTIN).alias("rule"), F.when(~F.col("gtin").rlike(IN_STORE), F.col("gtin")).alias("key")),
        F.struct(F.lit(BRAND_MPN).alias("rule"), F.when(telling, F.concat(brand, F.lit("|"), model)).alias("key")),
    )
    return offers.select("offer_id", "source", "seller", F.inline(keys)).where(F.col("key").isNotNull())


def believed_keys(keys: DataFrame, cfg: ResolveSettings, unique_sources: list[str]) -> DataFrame:
    """The offers that a key really joins: offer_id, rule, centre (vertex of one offer of the key).

    A key that more offers share than the settings allow is a placeholder and joins none. Nor does a model number that a
    seller lists twice though its source says that each seller lists a product once: it names a family of products.
    """
    most = F.when(F.col("rule") == GTIN, F.lit(cfg.max_offers_per_gtin)).otherwise(F.lit(cfg.max_offers_per_mpn))
    by_seller = keys.groupBy("rule", "key", "source", "seller").agg(
        F.count("*").alias("offers"), F.min(node_key("offer_id")).alias("centre")
    )
    repeated = (F.col("rule") == BRAND_MPN) & F.col("source").isin(unique_sources) & (F.col("offers") > 1)
    by_key = by_seller.groupBy("rule", "key").agg(
        F.sum("offers").alias("offers"), F.min("centre").alias("centre"), F.max(repeated).alias("repeated")
    )
    good = by_key.where((F.col("offers") >= 2) & (F.col("offers") <= most) & ~F.col("repeated"))
    return keys.join(good, on=["rule", "key"], how="inner").select("offer_id", "rule", "centre")


def clusters(links: DataFrame, cfg: ResolveSettings) -> DataFrame:
    """Offers joined over any number of keys: offer_id, smallest_offer, rule."""
    ends = links.groupBy("offer_id").agg(F.max(F.col("rule") == GTIN).alias("by_gtin"))
    ends = ends.withColumn("id", node_key("offer_id"))
    edges = links.select(node_key("offer_id").alias("src"), F.col("centre").alias("dst")).where("src <> dst").distinct()
    components = choose.connected_components(ends.select("id"), edges, GraphSettings(engine=cfg.engine))
    members = ends.join(components, on="id", how="inner")
    smallest = members.groupBy("component").agg(F.min("offer_id").alias("smallest_offer"))
    rule = F.when(F.col("by_gtin"), F.lit(GTIN)).otherwise(F.lit(BRAND_MPN))
    return members.join(smallest, on="component", how="inner").select("offer_id", "smallest_offer", rule.alias("rule"))


def stubs(offers: DataFrame, reviews: DataFrame, interactions: DataFrame) -> DataFrame:
    """Offers that reviews or orders name and no catalogue lists, as rows of silver.product_offers."""
    columns = ["offer_id", "product_source", "product_key"]
    named = reviews.select(columns).unionByName(interactions.select(columns)).where(F.col("offer_id").isNotNull())
    missing = named.join(offers.select("offer_id"), on="offer_id", how="left_anti")
    return (
        missing.groupBy("offer_id")
        .agg(F.min("product_source").alias("source"), F.min("product_key").alias("record_id"))
        .select(
            hash_id("product", "offer_id").alias("product_id"),
            "offer_id",
            "source",
            "record_id",
            F.lit(STUB).alias("rule"),
            F.lit(1.0).alias("confidence"),
        )
    )
