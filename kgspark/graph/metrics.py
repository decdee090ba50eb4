"""What the graph says of each node: its component, PageRank, community and degrees.

graph.nodes -> vertices, graph.edges -> edges between node keys -> engine -> graph.node_metrics
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from kgspark.columns import node_key
from kgspark.errors import InputError
from kgspark.graph import choose
from kgspark.graph.engine_api import STARTS, Graph
from kgspark.graph.ontology import symmetric_relations
from kgspark.graph.settings import GraphSettings
from kgspark.schema import conform, table

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from kgspark.night import Night


def build(
    nodes: DataFrame, edges: DataFrame, previous: DataFrame | None, cfg: GraphSettings, night: Night
) -> dict[str, DataFrame]:
    """Measure every node's place in the graph; one row a node.

    Inputs: graph.nodes by node_id; graph.edges by edge_id; ``previous``, graph.node_metrics of the last release, spares
    PageRank some of its rounds and changes nothing beyond ``pagerank_tolerance``. Gives graph.node_metrics.
    Relations between the same two nodes are one edge, whose weight is their sum. Methods:
    kgspark/graph/engine_api.py. Runs jobs, as graph loops may.
    """
    start = None if previous is None else previous.select(node_key("node_id").alias("id"), *STARTS)
    measured = open_graph(nodes, edges, cfg).measure(
        reset=cfg.pagerank_reset, tolerance=cfg.pagerank_tolerance, rounds=cfg.community_rounds, start=start
    )
    by_node = nodes.select("node_id", F.col("node_key").alias("id")).join(measured, on="id", how="inner")
    return {"graph.node_metrics": conform(by_node, table("graph.node_metrics"))}


def personalised_pagerank(
    nodes: DataFrame,
    edges: DataFrame,
    seeds: Sequence[str],
    cfg: GraphSettings | None = None,
    *,
    weighted: bool = True,
) -> DataFrame:
    """How near every node is to some nodes of interest: PageRank whose reader always jumps back to them.

    Inputs: graph.nodes; graph.edges; ``seeds``, node ids. Gives node_id, pagerank (sums to 1). Raises InputError for a
    seed that is no node. Haveliwala, "Topic-sensitive PageRank", 2002.
    """
    cfg = cfg or GraphSettings()
    keys = _keys_of(nodes, seeds)
    ranks = open_graph(nodes, edges, cfg).pagerank(
        weighted=weighted, seeds=keys, reset=cfg.pagerank_reset, tolerance=cfg.pagerank_tolerance
    )
    named = nodes.select("node_id", F.col("node_key").alias("id")).join(ranks, on="id", how="inner")
    return named.select("node_id", "pagerank")


def open_graph(nodes: DataFrame, edges: DataFrame, cfg: GraphSettings) -> Graph:
    """The graph of the tables, in the engine that the settings choose. Node keys are hashes: no join finds them.

    A symmetric relation, one row in graph.edges, is an edge each way.
    """
    both_ways = F.col("relation").isin(*symmetric_relations())
    here, there = F.struct(F.col("src"), F.col("dst")), F.struct(F.col("dst").alias("src"), F.col("src").alias("dst"))
    walked = edges.select("weight", F.inline(F.when(both_ways, F.array(here, there)).otherwise(F.array(here))))
    ends = walked.select(node_key("src").alias("src"), node_key("dst").alias("dst"), "weight")
    # The gate of graph.edges has seen that every end is a node.
    return choose.load(nodes.select(F.col("node_key").alias("id")), ends, cfg, closed=True)


def _keys_of(nodes: DataFrame, seeds: Sequence[str]) -> list[int]:
    found = nodes.where(F.col("node_id").isin(list(seeds))).select("node_id", "node_key").toArrow()
    missing = sorted(set(seeds) - set(found.column("node_id").to_pylist()))
    if missing or not seeds:
        raise InputError(
            f"Personalised PageRank starts from nodes, and {missing[:3]} are not in graph.nodes; "
            "pass at least one node_id."
        )
    return list(found.column("node_key").to_pylist())
