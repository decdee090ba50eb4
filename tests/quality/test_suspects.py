"""Gates over what changed: what a night's changes made wrong is found, in rows that came and in rows that stayed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from kgspark.lake.changes import Changed, changes
from kgspark.quality.gate import Gatekeeper
from kgspark.quality.suspects import UNCHANGED, referring, suspects
from kgspark.schema import table
from tests.builders import rows
from tests.quality.gates import BRAND, HEX, PRODUCT_A, PRODUCT_B, context, failed, nodes

EDGE = {"src": PRODUCT_A, "dst": BRAND, "relation": "has_brand", "weight": 1.0, "confidence": 1.0, "support": 1}
EDGES = [EDGE | {"edge_id": "e1"}, EDGE | {"edge_id": "e2", "src": PRODUCT_B}]
EVIDENCE = [{"evidence_id": f"v{n}", "edge_id": f"e{n}", "confidence": 1.0} for n in (1, 2)]
KEY = "expect_column_values_to_be_unique"
SRC = "expect_reference_to_exist(src -> graph.nodes(node_id))"
SHOWN = "expect_rows_to_be_referenced(graph.edges(edge_id))"


def found(
    spark: SparkSession, name: str, before: Mapping[str, DataFrame], after: Mapping[str, DataFrame], keeper: Gatekeeper
) -> dict[str, int | None]:
    """What the gate of a table says where only what changed is judged; tables that are the same object did not."""

    def changed(each: str) -> Changed | str:
        if before[each] is after[each]:
            return UNCHANGED
        links = referring(each)
        steps = changes(table(each), before[each], after[each], links)
        return Changed(1, 2, steps, steps.count(), links)

    doubtful = suspects(table(name), changed, after.__getitem__, rows=1000)
    assert doubtful is not None
    return failed(keeper.check(after[name], table(name), context(after), doubtful))


def graph(spark: SparkSession, **tables: list[dict[str, Any]]) -> dict[str, DataFrame]:
    held = {"edges": EDGES, "evidence": EVIDENCE} | tables
    return {f"graph.{name}": rows(spark, f"graph.{name}", values) for name, values in held.items()} | {
        "graph.nodes": nodes(spark)
    }


def test_only_what_came_is_judged_by_row(spark: SparkSession, gatekeeper: Gatekeeper) -> None:
    wrong = EDGE | {"edge_id": "e1", "confidence": 7.0}
    before = graph(spark, edges=[wrong, EDGES[1]])
    after = before | {"graph.edges": rows(spark, "graph.edges", [wrong, EDGES[1] | {"confidence": 9.0}])}
    # The first row was as wrong before, and the release that holds it passed: nobody looks at it again.
    assert found(spark, "graph.edges", before, after, gatekeeper) == {
        "expect_column_values_to_be_between(confidence, 0..1)": 1
    }


def test_a_key_that_another_row_has_already_is_found(spark: SparkSession, gatekeeper: Gatekeeper) -> None:
    before = graph(spark)
    doubled = rows(spark, "graph.edges", [*EDGES, EDGE | {"edge_id": "e2"}])
    assert found(spark, "graph.edges", before, before | {"graph.edges": doubled}, gatekeeper) == {f"{KEY}(edge_id)": 2}


def test_what_is_unique_beside_the_key_is_asked_of_all_rows(spark: SparkSession, gatekeeper: Gatekeeper) -> None:
    before = graph(spark)
    more = nodes(spark, {"node_id": f"brand/{HEX[::-1]}", "node_key": 3, "kind": "brand", "label": "Acne"})
    assert found(spark, "graph.nodes", before, before | {"graph.nodes": more}, gatekeeper) == {f"{KEY}(node_key)": 2}


def test_a_row_that_stayed_and_lost_what_it_refers_to(spark: SparkSession, gatekeeper: Gatekeeper) -> None:
    before = graph(spark)
    fewer = before["graph.nodes"].where(f"node_id != '{PRODUCT_B}'")
    assert found(spark, "graph.edges", before, before | {"graph.nodes": fewer}, gatekeeper) == {SRC: 1}


def test_a_row_that_nothing_refers_to_any_more(spark: SparkSession, gatekeeper: Gatekeeper) -> None:
    before = graph(spark)
    moved = rows(spark, "graph.evidence", [EVIDENCE[0], EVIDENCE[1] | {"edge_id": "e1"}])
    assert found(spark, "graph.evidence", before, before | {"graph.evidence": moved}, gatekeeper) == {SHOWN: 1}
    new = rows(spark, "graph.edges", [*EDGES, EDGE | {"edge_id": "e3", "dst": BRAND, "src": PRODUCT_B}])
    assert found(spark, "graph.evidence", before, before | {"graph.edges": new}, gatekeeper) == {SHOWN: 1}


def test_all_is_judged_where_not_all_changes_are_known_or_most_rows_changed(spark: SparkSession) -> None:
    after = graph(spark)
    moved = Changed(1, 2, after["graph.nodes"], 5, frozenset())
    lookup = after.__getitem__
    assert suspects(table("graph.nodes"), {"graph.nodes": moved}.__getitem__, lookup, rows=4) is None
    assert suspects(table("graph.nodes"), {"graph.nodes": UNCHANGED}.__getitem__, lookup, rows=4) is not None
    known = {"graph.edges": UNCHANGED, "graph.nodes": None}
    assert suspects(table("graph.edges"), known.__getitem__, after.__getitem__, 1000) is None
