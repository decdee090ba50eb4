"""Which rows of the graph are made of one product's records alone, and which of many.

released nodes, edges, evidence -> what a night makes again in which only some products changed

A product's offers, and what reviews, orders and texts say of them, decide its edges and their evidence; what is bought
together, what lies under which category, what categories are used for and how nodes are called depends on many.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from kgspark.frames.lineage import cut
from kgspark.graph import ontology
from kgspark.lake.changes import few

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame


def owner() -> Column:
    """The product whose records alone make an edge (src, relation, dst); null where there is no such product."""
    product = ontology.load().kinds["product"].id_prefix
    ends = F.when(F.col("src").startswith(product), F.col("src")).when(F.col("dst").startswith(product), F.col("dst"))
    # Between two products it says how often either is met among all baskets.
    return F.when(~F.col("relation").isin(*ontology.symmetric_relations()), ends)


def part(before: Mapping[str, DataFrame], keys: DataFrame) -> dict[str, DataFrame]:
    """Rows of graph.nodes, graph.edges and graph.evidence that facts.build makes again for some products.

    ``keys`` has their product_id. All nodes; edges of these products or of no single one; the evidence of those. Runs a
    job: it counts the edges.
    """
    owned = before["graph.edges"].withColumn("product_id", owner())
    edges = owned.where(F.col("product_id").isNull()).unionByName(owned.join(keys, on="product_id", how="left_semi"))
    edges = cut(edges.drop("product_id"))
    theirs = few(edges.select("edge_id"), edges.count())
    evidence = before["graph.evidence"].join(theirs, on="edge_id", how="left_semi")
    return {"graph.nodes": before["graph.nodes"], "graph.edges": edges, "graph.evidence": evidence}
