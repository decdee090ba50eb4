"""Categories: which one a product is filed under, and which lies under which.

category paths of offers and reviews -> a node for every prefix of a path -> in_category, broader
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from kgspark.columns import hash_id
from kgspark.frames.lineage import persisted
from kgspark.graph import ontology, readings
from kgspark.graph.names import category_key, levels
from kgspark.graph.readings import CATALOGUE, DECLARED, REVIEWS, Facts

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

ARROW = " > "


def category_id(path: Column) -> Column:
    """The node_id of the category at the end of a path of ``levels``."""
    return hash_id("category", category_key(path))


def memberships(listed: DataFrame) -> Facts:
    """in_category: which category each product's offers are filed under."""
    filed = _filed(listed, CATALOGUE, F.col("product_id"), F.col("confidence"))
    members = filed.withColumns(
        {"relation": F.lit("in_category"), "dst": category_id(F.col("path"))}
    ).withColumnRenamed("product_id", "src")
    return Facts(
        edges=lambda: _edges(members, "in_category"),
        evidence=lambda: readings.evidence(members, "in_category", once=True),
    )


def hierarchy(listed: DataFrame, reviews: DataFrame) -> Facts:
    """broader, from the paths of offers and of reviews, and a node for every level of every path."""
    filed = _filed(listed, CATALOGUE, F.col("product_id"), F.col("confidence"))
    # A review that names no product still says that its category exists, and where it lies.
    reviewed = _filed(reviews, REVIEWS, F.lit(None).cast("string"), F.lit(1.0))
    # Nodes, edges and evidence each read it; the runner clears the cache when the stage is written.
    prefixes = persisted(_prefixes(filed.unionByName(reviewed)))
    below = prefixes.where(F.size("path") > 1).withColumns(
        {
            "src": F.col("category"),
            "relation": F.lit("broader"),
            "dst": category_id(_parents(F.col("path"))),
            "confidence": F.lit(1.0),
        }
    )
    return Facts(
        nodes=lambda: _nodes(prefixes),
        edges=lambda: _edges(below, "broader"),
        evidence=lambda: readings.evidence(below, "broader", once=True),
    )


def _filed(records: DataFrame, bronze_table: str, product_id: Column, confidence: Column) -> DataFrame:
    path = levels(F.col("category_path"))
    return records.select(
        product_id.alias("product_id"),
        path.alias("path"),
        "source",
        F.lit(bronze_table).alias("bronze_table"),
        "record_id",
        *readings.place("category_path"),
        F.lit(DECLARED).alias("extractor"),
        confidence.alias("confidence"),
    ).where(F.size("path") > 0)


def _prefixes(filed: DataFrame) -> DataFrame:
    """Every category on the way to a path's end, a row each: A > B > C gives A, A > B and A > B > C."""
    ways = F.transform(F.sequence(F.lit(1), F.size("path")), lambda depth: F.slice("path", 1, depth))
    return filed.withColumn("path", F.explode(ways)).withColumn("category", category_id(F.col("path")))


def _parents(path: Column) -> Column:
    return F.slice(path, 1, F.size(path) - 1)


def _nodes(prefixes: DataFrame) -> DataFrame:
    kind = ontology.load().kinds["category"]
    spelled = readings.most_frequent(prefixes.withColumnRenamed("category", "node_id"), "node_id", "path")
    path = F.col("path")
    label = F.element_at(path, -1)
    parents = F.nullif(F.array_join(_parents(path), ARROW), F.lit(""))
    return readings.nodes(
        spelled.select(
            "node_id",
            F.lit(kind.name).alias("kind"),
            label.alias("label"),
            readings.properties(kind, path=F.array_join(path, ARROW), depth=F.size(path)),
            readings.text(kind, label=label, parents=parents),
        )
    )


def _edges(said: DataFrame, relation: str) -> DataFrame:
    facts = said.groupBy("src", "relation", "dst").agg(readings.support(), F.max("confidence").alias("confidence"))
    declared = ontology.load().relations[relation]
    return readings.edges(facts.select("*", F.lit(1.0).alias("weight"), readings.properties(declared)))
