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


def product_uses(mentions: DataFrame, product_offers: DataFrame) -> Facts:
    """used_for, used_by, used_when and used_where from the products whose offers or reviews say so."""
    return _facts(_of_products(mentions, product_offers))


def category_uses(mentions: DataFrame) -> Facts:
    """The same relations from the deepest categories that the mentions were read in."""
    return _facts(_of_categories(mentions))


def concepts(mentions: DataFrame, product_offers: DataFrame) -> DataFrame:
    """A node for every need that a product or a category has: one for all relations that lead to it."""
    kind = ontology.load().kinds["concept"]
    said = _of_products(mentions, product_offers).unionByName(_of_categories(mentions))
    return readings.labelled_nodes(kind, said.select("dst", "need").distinct(), "need")


def _of_products(mentions: DataFrame, product_offers: DataFrame) -> DataFrame:
    known = product_offers.select("offer_id", "product_id", F.col("confidence").alias("is_product"))
    of_product = mentions.join(known, on="offer_id", how="inner")
    return _say(of_product, F.col("product_id"), F.col("confidence") * F.col("is_product"))


def _of_categories(mentions: DataFrame) -> DataFrame:
    filed = mentions.withColumn("path", levels(F.col("category_path"))).where(F.size("path") > 0)
    return _say(filed, category_id(F.col("path")), F.col("confidence"))


def _facts(said: DataFrame) -> Facts:
    return Facts(edges=lambda: _edges(said), evidence=lambda: readings.evidence(said, *RELATIONS))


def _edges(said: DataFrame) -> DataFrame:
    counted = said.groupBy("src", "relation", "dst").agg(
        F.count_distinct("source", "bronze_table", "record_id").alias("support"),
        F.max("confidence").alias("confidence"),
        F.count("*").cast("double").alias("weight"),
    )
    return readings.edges(counted.select("*", F.create_map().cast("map<string,string>").alias("properties")))


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
