"""What products and categories are used for, by whom, when and where.

need mentions -> readings of the product and of its deepest category -> edges, evidence, concept nodes
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from kgspark.columns import hash_id
from kgspark.extract.need_words import RELATIONS
from kgspark.graph import ontology, readings
from kgspark.graph.category_facts import category_id
from kgspark.graph.names import levels
from kgspark.graph.readings import Facts

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame


def uses(mentions: DataFrame, product_offers: DataFrame) -> Facts:
    """used_for, used_by, used_when and used_where from products and from categories, and the concepts they lead to."""
    kind = ontology.load().kinds["concept"]
    known = product_offers.select("offer_id", "product_id", F.col("confidence").alias("is_product"))
    of_product = mentions.join(known, on="offer_id", how="inner")
    filed = mentions.withColumn("path", levels(F.col("category_path"))).where(F.size("path") > 0)
    sure = F.col("confidence") * F.col("is_product")
    said = _say(of_product, F.col("product_id"), sure).unionByName(
        _say(filed, category_id(F.col("path")), F.col("confidence"))
    )
    # A need may have an edge from the product and from its category, in several relations: one node for all.
    nodes = said.select("dst", "need").distinct()
    nodes = nodes.select(
        F.col("dst").alias("node_id"),
        F.lit(kind.name).alias("kind"),
        F.col("need").alias("label"),
        readings.properties(kind),
        readings.text(kind, label=F.col("need")),
    )
    facts = said.groupBy("src", "relation", "dst").agg(
        F.count_distinct("source", "bronze_table", "record_id").alias("support"),
        F.max("confidence").alias("confidence"),
        F.count("*").cast("double").alias("weight"),
    )
    edges = readings.edges(facts.select("*", F.create_map().cast("map<string,string>").alias("properties")))
    return Facts((readings.nodes(nodes),), edges, readings.evidence(said, *RELATIONS))


def _say(mentions: DataFrame, src: Column, confidence: Column) -> DataFrame:
    return mentions.select(
        src.alias("src"),
        "relation",
        hash_id("concept", "need").alias("dst"),
        "source",
        "bronze_table",
        "record_id",
        "field",
        "begin",
        "end",
        "extractor",
        readings.rounded(confidence).alias("confidence"),
        "need",
    )
