"""graph.node_metrics of a small shop, worked out by hand."""

from __future__ import annotations

import datetime

import pytest
from pyspark.sql import SparkSession

from kgspark.columns import node_key
from kgspark.errors import InputError
from kgspark.graph import metrics
from kgspark.graph.settings import GraphSettings
from kgspark.night import Night
from kgspark.schema import table
from tests.builders import rows

NIGHT = Night(datetime.date(2026, 1, 1), "test")
# Two phones of one brand; one of them has two relations to the brand. A category that nothing belongs to.
NODES = ["product/a", "product/b", "brand/x", "category/empty"]
EDGES = [
    {"edge_id": "1", "src": "product/a", "dst": "brand/x", "relation": "brand", "weight": 1.0},
    {"edge_id": "2", "src": "product/a", "dst": "brand/x", "relation": "manufacturer", "weight": 1.0},
    {"edge_id": "3", "src": "product/b", "dst": "brand/x", "relation": "brand", "weight": 1.0},
    {"edge_id": "4", "src": "product/a", "dst": "product/b", "relation": "leads_to", "weight": 6.0},
]


@pytest.fixture(scope="module")
def shop(spark: SparkSession):  # type: ignore[no-untyped-def]
    keyed = spark.createDataFrame([(n,) for n in NODES], "node_id string").select("node_id", node_key("node_id"))
    keys = dict(keyed.toLocalIterator())
    nodes = rows(spark, "graph.nodes", [{"node_id": n, "node_key": keys[n]} for n in NODES])
    return nodes, rows(spark, "graph.edges", EDGES), keys


@pytest.mark.parametrize("engine", ["driver", "arrow"])
def test_a_row_for_every_node(shop, engine: str) -> None:  # type: ignore[no-untyped-def]
    nodes, edges, keys = shop
    out = metrics.build(nodes, edges, None, cfg=GraphSettings(engine=engine), night=NIGHT)["graph.node_metrics"]
    assert out.schema.fieldNames() == list(table("graph.node_metrics").column_names)
    found = {row.node_id: row for row in out.toLocalIterator()}
    assert sorted(found) == sorted(NODES)
    smallest = min(keys[n] for n in NODES[:3])
    assert {n: row.component for n, row in found.items()} == dict.fromkeys(NODES[:3], smallest) | {
        NODES[3]: keys[NODES[3]]
    }
    assert {n: (row.in_degree, row.out_degree) for n, row in found.items()} == {
        "product/a": (0, 2),  # two relations to the brand are one edge
        "product/b": (1, 1),
        "brand/x": (2, 0),
        "category/empty": (0, 0),
    }
    # By hand: a = 1; b = 1 + .85 * share; x = 1 + .85 * (other share + b); empty = 1; then scaled to 1.
    b, weighted_b = 1 + 0.85 / 2, 1 + 0.85 * 6 / 8
    x, weighted_x = 1 + 0.85 * (1 / 2 + b), 1 + 0.85 * (2 / 8 + weighted_b)
    assert found["brand/x"].pagerank == pytest.approx(x / (2 + b + x), rel=1e-9)
    assert found["brand/x"].pagerank_weighted == pytest.approx(weighted_x / (2 + weighted_b + weighted_x), rel=1e-9)
    assert sum(row.pagerank for row in found.values()) == pytest.approx(1)
    # A night after this one, in which nothing changed, comes to the same, to the bit: no row is written.
    again = metrics.build(nodes, edges, out, cfg=GraphSettings(engine=engine), night=NIGHT)["graph.node_metrics"]
    ranks = {row.node_id: row.pagerank for row in again.toLocalIterator()}
    assert ranks == {name: row.pagerank for name, row in found.items()}
    assert found["category/empty"].community == keys["category/empty"]


def test_personalised_pagerank(shop) -> None:  # type: ignore[no-untyped-def]
    nodes, edges, _ = shop
    found = dict(metrics.personalised_pagerank(nodes, edges, ["product/b"]).toLocalIterator())
    # From b the reader goes to the brand, and from there only a jump leads on, back to b.
    assert found == pytest.approx(
        {"product/b": 1 / 1.85, "brand/x": 0.85 / 1.85, "product/a": 0.0, "category/empty": 0.0}
    )
    with pytest.raises(InputError, match="product/none"):
        metrics.personalised_pagerank(nodes, edges, ["product/none"])


def test_a_symmetric_relation_is_an_edge_each_way(spark: SparkSession) -> None:
    ends = ["product/a", "product/b"]
    nodes = rows(spark, "graph.nodes", [{"node_id": n} for n in ends])
    nodes = nodes.withColumn("node_key", node_key("node_id"))
    edges = rows(
        spark,
        "graph.edges",
        [{"src": ends[0], "dst": ends[1], "relation": "bought_with", "weight": 0.5, "edge_id": "1"}],
    )
    out = metrics.build(nodes, edges, None, cfg=GraphSettings(engine="driver"), night=NIGHT)["graph.node_metrics"]
    found = {row.node_id: (row.in_degree, row.out_degree, round(row.pagerank, 9)) for row in out.toLocalIterator()}
    assert found == dict.fromkeys(ends, (1, 1, 0.5))
