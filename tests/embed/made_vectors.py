"""A few nodes and edges with and without texts, and what the stage makes of them."""

from __future__ import annotations

import datetime
from typing import Any

from pyspark.sql import DataFrame, Row, SparkSession

from kgspark.embed import vectors
from kgspark.embed.settings import EmbedSettings
from kgspark.night import Night
from kgspark.schema import conform, table
from tests.builders import rows

NIGHT = Night(datetime.date(2026, 5, 1), "run-1")
TABLES = ("graph.node_vectors", "graph.node_vectors_rejected", "graph.edge_vectors", "graph.edge_vectors_rejected")
NODES = [
    {"node_id": "product/1", "kind": "product", "text": "apple iphone 64gb"},
    {"node_id": "product/2", "kind": "product", "text": "dog food chicken 12kg"},
    {"node_id": "product/3", "kind": "product", "text": "apple iphone 64gb"},
    {"node_id": "product/4", "kind": "product", "text": " \u00a0\t"},
    {"node_id": "shopper/5", "kind": "shopper", "text": None},
]
EDGES = [
    {"edge_id": "edge/12", "src": "product/1", "dst": "product/2", "relation": "bought_with"},
    {"edge_id": "edge/21", "src": "product/2", "dst": "product/1", "relation": "bought_with"},
    {"edge_id": "edge/32", "src": "product/3", "dst": "product/2", "relation": "bought_with"},
    {"edge_id": "edge/14", "src": "product/1", "dst": "product/4", "relation": "bought_with"},
    {"edge_id": "edge/51", "src": "shopper/5", "dst": "product/1", "relation": "bought"},
]


def build(
    spark: SparkSession,
    cfg: EmbedSettings,
    *,
    nodes: DataFrame | None = None,
    edges: DataFrame | None = None,
    previous_nodes: list[dict[str, Any]] | None = None,
    previous_edges: list[dict[str, Any]] | None = None,
    wanted: tuple[str, ...] = TABLES,
) -> dict[str, list[Row]]:
    """The wanted ones of the four tables, collected in key order."""
    frames = vectors.build(
        rows(spark, "graph.nodes", NODES) if nodes is None else nodes,
        rows(spark, "graph.edges", EDGES) if edges is None else edges,
        rows(spark, "graph.node_vectors", previous_nodes or []),
        rows(spark, "graph.edge_vectors", previous_edges or []),
        cfg=cfg,
        night=NIGHT,
    )
    assert set(frames) == set(TABLES)
    return {name: sorted(conform(frames[name], table(name)).collect()) for name in wanted}
