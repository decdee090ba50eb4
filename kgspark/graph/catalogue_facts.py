"""Facts that catalogues declare: who made a product, what values its attributes have, who sells it.

offers of a product -> readings -> edges with the share of records that agree, evidence, and the nodes at the far end
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import Window
from pyspark.sql import functions as F

from kgspark.columns import hash_id
from kgspark.graph import ontology, readings
from kgspark.graph.names import attribute_name, brand_key, plain
from kgspark.graph.readings import CATALOGUE, DECLARED, Facts
from kgspark.graph.values import canonical_quantities

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

    from kgspark.graph.facts_settings import FactsSettings


def listings(offers: DataFrame, product_offers: DataFrame) -> DataFrame:
    """Offers with the product they are (product_id) and how sure that is (confidence)."""
    known = product_offers.select("offer_id", "product_id", "confidence")
    return offers.join(known, on="offer_id", how="inner")


def brands(listed: DataFrame) -> Facts:
    """has_brand, and the brands: label is the most frequent spelling."""
    kind = ontology.load().kinds["brand"]
    key = brand_key(F.col("brand"))
    said = _say(listed.where(key.isNotNull()), "has_brand", hash_id("brand", key), readings.place("brand"), "brand")
    labels = readings.most_frequent(said, "dst", "brand")
    label = F.col("brand")
    nodes = labels.select(
        F.col("dst").alias("node_id"),
        F.lit(kind.name).alias("kind"),
        label.alias("label"),
        readings.properties(kind),
        readings.text(kind, label=label),
    )
    return Facts((readings.nodes(nodes),), _agreed(said, "has_brand", ["src"]), readings.evidence(said, "has_brand"))


def attribute_values(listed: DataFrame, cfg: FactsSettings) -> Facts:
    """has_value, and the values: quantities in canonical units, other texts by their normal form."""
    kind = ontology.load().kinds["attribute_value"]
    declared = listed.select("*", F.explode("attributes").alias("name", "raw"))
    declared = declared.withColumns({"attribute": attribute_name(F.col("name")), "wording": plain(F.col("raw"))}).where(
        F.col("attribute").isNotNull() & F.col("wording").isNotNull() & (F.length("wording") <= cfg.max_value_length)
    )
    # Each distinct text is parsed once, however many offers say it.
    quantities = canonical_quantities(declared.select("raw").distinct(), cfg.significant_digits)
    valued = declared.join(quantities, on="raw", how="left")
    canonical = F.concat_ws(" ", "number", "unit")
    key = F.when(F.col("unit").isNotNull(), canonical).otherwise(F.col("wording"))
    origin = F.try_element_at("origins", F.concat(F.lit("attributes."), F.col("name")))
    label = F.when(F.col("unit").isNotNull(), canonical).otherwise(F.btrim(F.regexp_replace("raw", r"\s+", " ")))
    valued = valued.withColumn("label", label)
    dst = hash_id("attribute_value", "attribute", key)
    said = _say(valued, "has_value", dst, readings.places(origin), "attribute", "label", "number", "unit")
    # Nodes, edges and evidence each read it, and reading costs a parse; the runner clears the cache after the stage.
    said = said.persist()
    nodes = readings.most_frequent(said, "dst", "label", "attribute", "number", "unit").select(
        F.col("dst").alias("node_id"),
        F.lit(kind.name).alias("kind"),
        "label",
        readings.properties(kind, attribute=F.col("attribute"), number=F.col("number"), unit=F.col("unit")),
        readings.text(kind, attribute=F.translate("attribute", "_", " "), label=F.col("label")),
    )
    edges = _agreed(said, "has_value", ["src", "attribute"])
    return Facts((readings.nodes(nodes),), edges, readings.evidence(said, "has_value"))


def sellers(listed: DataFrame) -> Facts:
    """offered_by with the range of listed prices, and the sellers."""
    vocabulary = ontology.load()
    kind, relation = vocabulary.kinds["seller"], vocabulary.relations["offered_by"]
    dst = hash_id("seller", "source", "seller")
    said = _say(listed, relation.name, dst, readings.place("seller"), "seller", "price", "currency")
    nodes = said.select("dst", "source", "seller").distinct()
    nodes = nodes.select(
        F.col("dst").alias("node_id"),
        F.lit(kind.name).alias("kind"),
        F.col("seller").alias("label"),
        readings.properties(kind, source=F.col("source")),
        readings.text(kind),
    )
    # Prices in different currencies are never compared, nor one of unknown currency with one of a known.
    priced = F.col("price").isNotNull()
    currency = F.when(priced, F.coalesce("currency", F.lit("")))
    one_currency = F.min(currency) == F.max(currency)
    edges = said.groupBy("src", "relation", "dst").agg(
        readings.support(),
        F.max("confidence").alias("confidence"),
        F.when(one_currency, F.min("price")).alias("low"),
        F.when(one_currency, F.max("price")).alias("high"),
        F.when(one_currency, F.nullif(F.min(currency), F.lit(""))).alias("one_currency"),
    )
    described = readings.properties(
        relation,
        price_min=readings.decimal_text(F.col("low")),
        price_max=readings.decimal_text(F.col("high")),
        currency=F.col("one_currency"),
    )
    edges = edges.select("*", F.lit(1.0).alias("weight"), described)
    return Facts((readings.nodes(nodes),), readings.edges(edges), readings.evidence(said, relation.name))


def _say(listed: DataFrame, relation: str, dst: Column, place: list[Column], *keep: str) -> DataFrame:
    """One reading an offer that says so, with the columns to keep."""
    return listed.select(
        F.col("product_id").alias("src"),
        F.lit(relation).alias("relation"),
        dst.alias("dst"),
        "source",
        F.lit(CATALOGUE).alias("bronze_table"),
        "record_id",
        *place,
        F.lit(DECLARED).alias("extractor"),
        "confidence",
        *keep,
    )


def _agreed(said: DataFrame, relation: str, asked: list[str]) -> DataFrame:
    """Edges of a functional relation: confidence is the share of the records that answer the question (``asked``) and
    say so, each counted by how sure it is that its offer is the product.
    """
    by_fact = said.groupBy(*dict.fromkeys([*asked, "src", "relation", "dst"])).agg(
        # Distinct: a record may name one attribute twice ("Weight" and "weight").
        F.count_distinct("source", "record_id").alias("support"),
        F.count("*").alias("saying"),
        readings.exact_sum(F.col("confidence")).alias("sure"),
    )
    answers = F.sum("saying").over(Window.partitionBy(*asked))
    share = readings.rounded(F.col("sure").cast("double") / answers)
    return readings.edges(
        by_fact.withColumns(
            {
                "confidence": share,
                "weight": F.lit(1.0),
                "properties": readings.properties(ontology.load().relations[relation]),
            }
        )
    )
