"""What holds between tables: foreign keys both ways, the ontology, sums over a table."""

from __future__ import annotations

from pyspark.sql import SparkSession

from kgspark.quality.gate import Gatekeeper
from kgspark.schema import table
from tests.builders import rows
from tests.quality.gates import BRAND, HEX, PRODUCT_A, PRODUCT_B, context, failed, nodes, of_gate, samples

EDGE = {"src": PRODUCT_A, "dst": BRAND, "relation": "has_brand", "weight": 1.0, "confidence": 1.0, "support": 1}


def test_references_both_ways(spark: SparkSession, gatekeeper: Gatekeeper) -> None:
    metrics = [
        {"node_id": PRODUCT_A, "pagerank": 0.5, "pagerank_weighted": 0.5},
        {"node_id": BRAND, "pagerank": 0.5, "pagerank_weighted": 0.5},
        {"node_id": "product/gone"},
    ]
    frame = rows(spark, "graph.node_metrics", metrics)
    report = gatekeeper.check(frame, table("graph.node_metrics"), context({"graph.nodes": nodes(spark)}))
    exists = "expect_reference_to_exist(node_id -> graph.nodes(node_id))"
    referenced = "expect_rows_to_be_referenced(graph.nodes(node_id))"
    assert failed(report) == {exists: 1, referenced: 1}
    assert samples(report, exists)[0]["node_id"] == "product/gone"
    assert samples(report, referenced)[0] == {
        "node_id": PRODUCT_B, "node_key": 2, "kind": "product", "label": "Lamp", "text": None,
    }  # fmt: skip


def test_a_null_reference_is_no_broken_one(spark: SparkSession, gatekeeper: Gatekeeper) -> None:
    reference = {"columns": ["product_key", "source"], "table": "silver.offers", "to": ["record_id", "source"]}
    contract = of_gate("silver.interactions", references=[reference])
    offers = rows(spark, "silver.offers", [{"source": "s", "record_id": "k"}] * 2)
    acts = [
        {"interaction_id": "i1", "source": "s", "product_key": "k"},
        {"interaction_id": "i2", "source": "s", "product_key": None},
        {"interaction_id": "i3", "source": "other", "product_key": "k"},
    ]
    report = gatekeeper.check(rows(spark, "silver.interactions", acts), contract, context({"silver.offers": offers}))
    name = "expect_reference_to_exist(product_key, source -> silver.offers(record_id, source))"
    assert failed(report) == {name: 1}
    assert [row["interaction_id"] for row in samples(report, name)] == ["i3"]


def test_an_aggregate_shows_what_was_observed(spark: SparkSession, gatekeeper: Gatekeeper) -> None:
    metrics = [{"node_id": i, "pagerank": 0.25, "pagerank_weighted": 0.5} for i in (PRODUCT_A, PRODUCT_B)]
    contract = of_gate(
        "graph.node_metrics",
        expect=[
            {"expect_column_sum_to_be_between": {"column": c, "min_value": 0.99, "max_value": 1.01}}
            for c in ("pagerank", "pagerank_weighted")
        ],
    )
    report = gatekeeper.check(rows(spark, "graph.node_metrics", metrics), contract, context())
    assert failed(report) == {"expect_column_sum_to_be_between(pagerank, 0.99..1.01)": None}
    assert "failed (observed 0.5)" in report.failure_message()


def test_nodes_are_of_declared_kinds(spark: SparkSession, gatekeeper: Gatekeeper) -> None:
    strange = [
        {"node_id": f"planet/{HEX}", "node_key": 4, "kind": "planet", "label": "Mars"},
        {"node_id": f"brand/{HEX[::-1]}", "node_key": 3, "kind": "seller", "label": "Shop"},
    ]
    report = gatekeeper.check(nodes(spark, *strange), table("graph.nodes"), context())
    assert failed(report) == {
        "expect_ontology(kind is declared)": 1,
        "expect_ontology(node_id begins with its kind)": 1,
        "expect_column_values_to_be_unique(node_key)": 2,
    }


def test_edges_keep_to_domain_and_range(spark: SparkSession, gatekeeper: Gatekeeper) -> None:
    low, high = sorted((PRODUCT_A, PRODUCT_B))
    edges = [
        EDGE | {"edge_id": "e1"},
        EDGE | {"edge_id": "e2", "src": BRAND, "dst": PRODUCT_A},
        EDGE | {"edge_id": "e3", "relation": "admires"},
        EDGE | {"edge_id": "e4", "relation": "bought_with", "src": low, "dst": high},
        EDGE | {"edge_id": "e5", "relation": "bought_with", "src": high, "dst": low},
        EDGE | {"edge_id": "e6", "dst": "brand/gone"},
    ]
    report = gatekeeper.check(
        rows(spark, "graph.edges", edges), table("graph.edges"), context({"graph.nodes": nodes(spark)})
    )
    joins = "expect_ontology(relation joins kinds of its domain and range)"
    assert failed(report) == {
        joins: 2,
        "expect_ontology(symmetric relation has src < dst)": 1,
        "expect_reference_to_exist(dst -> graph.nodes(node_id))": 1,
    }
    assert [row["edge_id"] for row in samples(report, joins)] == ["e2", "e3"]
