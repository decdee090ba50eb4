"""Two releases side by side, on a handful of rows counted by hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession

from kgspark.lake.tables import Lake
from kgspark.publish.readers import open_release
from kgspark.releases.release_diff import difference, lines
from tests.nights.lake import NIGHT, released


def node(name: str, kind: str = "brand", **columns: Any) -> dict[str, Any]:
    return {"node_id": f"{kind}/{name:0>16}", "kind": kind, "label": name} | columns


def rank(name: str, pagerank: float) -> dict[str, Any]:
    return {"node_id": f"brand/{name:0>16}", "pagerank": pagerank}


def event(product: str, what: str) -> dict[str, Any]:
    return {"night": NIGHT, "product_id": product, "event": what, "other_product_id": "x", "offers": 1}


def test_tables_graph_products_ranks_and_rejects(spark: SparkSession, tmp_path: Path) -> None:
    lake = Lake(spark, str(tmp_path / "lake"))
    reject = {"source": "s", "field": "gtin", "rule": "gtin_length", "reason": "x"}
    monday = {
        "graph.nodes": [node("1"), node("2"), node("3", "category")],
        "graph.node_metrics": [rank("1", 0.5), rank("2", 0.3)],
        "silver.product_history": [event("a", "born")],
        "silver.products": [{"product_id": "a", "title": "t"}],
        "silver.offers_rejected": [reject | {"record_id": "1"}],
    }
    tuesday = {
        "graph.nodes": [node("1"), node("2", text="new"), node("4", "category"), node("5", "category")],
        "graph.node_metrics": [rank("1", 0.6), rank("2", 0.3)],
        "silver.product_history": [event("a", "born"), event("b", "merged"), event("c", "merged"), event("d", "split")],
        "silver.offers_rejected": [reject | {"record_id": "1"}, reject | {"record_id": "2"}],
    }
    released(lake, "sunday", {"graph.nodes": [node("1")]})
    released(lake, "monday", monday)
    released(lake, "tuesday", tuesday)
    found = difference(open_release(lake, release="monday"), open_release(lake, release="tuesday"))
    assert found.tables["graph.nodes"] == {"before": 3, "after": 4, "added": 2, "removed": 1, "changed": 1}
    assert found.tables["silver.products"] == {"before": 1, "after": 1, "added": 0, "removed": 0, "changed": 0}
    assert found.nodes == {"category": {"added": 2, "removed": 1}}
    assert found.edges == {}
    assert found.products == {"merged": 2, "split": 1}
    assert [(m["label"], m["before"], m["after"]) for m in found.movers] == [("1", 0.5, 0.6)]
    assert found.rejected == {"silver.offers": (1, 2)}
    back = difference(open_release(lake, release="tuesday"), open_release(lake, release="sunday"))
    assert back.rejected == {"silver.offers": (2, 0)}
    assert list(lines(found))[:2] == [
        "monday -> tuesday",
        f"  {'silver.product_history':<32} {1:>10} -> {4:>10} rows: 3 added, 0 removed, 0 changed",
    ]
    assert list(lines(found))[-2:] == [
        "  PageRank 5.00e-01 -> 6.00e-01 (+20.0%)  brand/0000000000000001  1",
        "  set aside of silver.offers: 1 -> 2",
    ]
    same = replace(found, rejected={"silver.offers": (2, 2)})
    assert list(lines(same))[-1] == "  set aside of silver.offers: 2, as before"
