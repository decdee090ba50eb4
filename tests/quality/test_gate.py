"""Gates on a few hand-written rows: what passes, what fails, by how many rows, and what is shown of them."""

from __future__ import annotations

import json
import socket
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from kgspark.errors import EngineError
from kgspark.quality.gate import GateContext, Gatekeeper
from kgspark.quality.results import GateReport
from kgspark.quality.settings import QualitySettings
from kgspark.schema import Table, load_tables, table
from tests.builders import rows

HEX = "0123456789abcdef"
PRODUCT_A, PRODUCT_B = f"product/{HEX}", f"product/{HEX[::-1]}"
BRAND = f"brand/{HEX}"
EDGE = {"src": PRODUCT_A, "dst": BRAND, "relation": "has_brand", "weight": 1.0, "confidence": 1.0, "support": 1}


@pytest.fixture(scope="module")
def gatekeeper(spark: SparkSession) -> Gatekeeper:
    return Gatekeeper(spark, QualitySettings())


def context(others: Mapping[str, DataFrame] | None = None, **known: Any) -> GateContext:
    values = {"run_id": "run-1", "version": 3, "rows": None, "rejected": 0, "previous_rows": None}
    return GateContext(**(values | known), lookup=(others or {}).__getitem__)


def failed(report: GateReport) -> dict[str, int | None]:
    return {result.expectation: result.unexpected for result in report.results if not result.success}


def samples(report: GateReport, expectation: str) -> list[dict[str, Any]]:
    return next(result.samples for result in report.results if result.expectation == expectation)


def of_gate(name: str, **gate: Any) -> Table:
    """A shipping contract with another gate."""
    contract = load_tables()[name]
    return contract.model_copy(update={"gate": type(contract.gate).model_validate(gate)})


def nodes(spark: SparkSession, *more: Mapping[str, Any]) -> DataFrame:
    plain = [
        {"node_id": PRODUCT_A, "node_key": 1, "kind": "product", "label": "Kettle"},
        {"node_id": PRODUCT_B, "node_key": 2, "kind": "product", "label": "Lamp"},
        {"node_id": BRAND, "node_key": 3, "kind": "brand", "label": "Acme"},
    ]
    return rows(spark, "graph.nodes", [*plain, *more])


def test_clean_offers_pass_and_every_expectation_is_recorded(spark: SparkSession, gatekeeper: Gatekeeper) -> None:
    offers = rows(spark, "silver.offers", [{"offer_id": "offer/1", "title": "Kettle", "gtin": "0" * 14}])
    report = gatekeeper.check(offers, table("silver.offers"), context(rows=1, previous_rows=1))
    assert report.success
    assert report.failure_message() == ""
    texts = [row["expectation"] for row in report.rows()]
    assert len(texts) == len(set(texts))
    assert "expect_columns_to_match_the_contract()" in texts
    assert "expect_rejected_share_to_be_at_most(0.05)" in texts
    assert "expect_column_values_to_be_unique(offer_id)" in texts
    assert "expect_column_values_to_be_between(price, 0..)" in texts
    assert {(row["run_id"], row["table"], row["version"]) for row in report.rows()} == {("run-1", "silver.offers", 3)}
    assert set(report.rows()[0]) == set(load_tables()["ops.gate_results"].column_names)


def test_each_broken_rule_is_counted_and_shown_without_personal_data(
    spark: SparkSession, gatekeeper: Gatekeeper
) -> None:
    plain = {"type": "view", "source": "s", "record_id": "secret", "quantity": 1.0}
    broken = rows(
        spark,
        "silver.interactions",
        [
            plain | {"interaction_id": "i1", "type": "stolen"},
            plain | {"interaction_id": "i2", "quantity": 0.0},
            plain | {"interaction_id": "i2", "quantity": None},
            plain | {"interaction_id": "i3", "quantity": -1.0, "source": "x" * 300},
            plain | {"interaction_id": "i4"},
        ],
    )
    report = gatekeeper.check(broken, table("silver.interactions"), context())
    in_set = "expect_column_values_to_be_in_set(type, [view, basket, purchase, return])"
    assert failed(report) == {
        "expect_column_values_to_be_unique(interaction_id)": 2,
        in_set: 1,
        "expect_column_values_to_be_between(quantity, >0..)": 2,
    }
    assert [(row["interaction_id"], row["type"]) for row in samples(report, in_set)] == [("i1", "stolen")]
    too_few = samples(report, "expect_column_values_to_be_between(quantity, >0..)")
    assert [(row["interaction_id"], row["quantity"]) for row in too_few] == [("i2", 0.0), ("i3", -1.0)]
    assert len(too_few[1]["source"]) == 200
    assert "secret" not in "".join(row["details"] for row in report.rows())
    assert report.failure_message().startswith(
        "silver.interactions v3: expect_column_values_to_be_unique(interaction_id) failed for 2 of 5 rows, "
        "e.g. interaction_id=i2, "
    )


def test_samples_stop_at_ten_and_start_at_the_smallest_key(spark: SparkSession, gatekeeper: Gatekeeper) -> None:
    many = [{"offer_id": f"offer/{n:02}", "title": ""} for n in range(30)]
    expectation = "expect_column_value_lengths_to_be_between(title, 1..)"
    contract = of_gate(
        "silver.offers", expect=[{"expect_column_value_lengths_to_be_between": {"column": "title", "min_value": 1}}]
    )
    report = gatekeeper.check(rows(spark, "silver.offers", reversed(many)), contract, context())
    assert failed(report) == {expectation: 30}
    assert [row["offer_id"] for row in samples(report, expectation)] == [f"offer/{n:02}" for n in range(10)]


def test_a_null_where_none_may_be(spark: SparkSession, gatekeeper: Gatekeeper) -> None:
    contract = of_gate("silver.price_history")
    frame = rows(spark, "silver.price_history", [{"offer_id": "o1"}, {"offer_id": "o2"}])
    frame = frame.withColumn("basis", F.when(F.col("offer_id") == "o1", "listed"))
    report = gatekeeper.check(frame, contract, context())
    assert failed(report) == {"expect_column_values_to_not_be_null(basis)": 1}


def test_a_key_of_several_columns(spark: SparkSession, gatekeeper: Gatekeeper) -> None:
    day = {"basis": "listed", "price": Decimal(1)}
    same = rows(spark, "silver.price_history", [day | {"offer_id": offer} for offer in ("o1", "o1", "o2")])
    report = gatekeeper.check(same, of_gate("silver.price_history"), context())
    assert failed(report) == {"expect_compound_columns_to_be_unique(offer_id, basis, valid_from)": 2}


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


def test_a_wrong_schema_ends_the_gate(spark: SparkSession, gatekeeper: Gatekeeper) -> None:
    frame = nodes(spark).drop("label").selectExpr("*", "1 AS extra").withColumnRenamed("node_key", "old_key")
    frame = frame.selectExpr("*", "CAST(old_key AS string) AS node_key").drop("old_key")
    report = gatekeeper.check(frame, table("graph.nodes"), context(rows=3))
    assert len(report.results) == 1
    assert json.loads(report.results[0].details) == {
        "missing": ["label"],
        "not declared": ["extra"],
        "other type": ["node_key is string, not bigint"],
    }
    assert "not declared ['extra']" in report.failure_message()


@pytest.mark.parametrize(
    ("rows_now", "rejected", "before", "settings", "expected"),
    [
        (95, 5, None, {}, []),
        (94, 6, None, {}, ["expect_rejected_share_to_be_at_most(0.05)"]),
        (0, 1, None, {}, ["expect_rejected_share_to_be_at_most(0.05)"]),
        (130, 0, 100, {}, []),
        (131, 0, 100, {}, ["expect_row_count_to_change_by_at_most(0.3)"]),
        (69, 0, 100, {}, ["expect_row_count_to_change_by_at_most(0.3)"]),
        (99, 0, 10, {}, []),
        (99, 0, 10, {"row_change_from": 10}, ["expect_row_count_to_change_by_at_most(0.3)"]),
        (131, 0, 100, {"check_row_change": False}, []),
    ],
)
def test_shares_and_row_counts(
    spark: SparkSession,
    rows_now: int,
    rejected: int,
    before: int | None,
    settings: dict[str, Any],
    expected: list[str],
) -> None:
    keeper = Gatekeeper(spark, QualitySettings(**settings))
    known = context(rows=rows_now, rejected=rejected, previous_rows=before)
    results = keeper._share_results(load_tables()["silver.offers"], known, rows_now)
    assert [result.expectation for result in results if not result.success] == expected


def test_a_failing_engine_is_no_failing_gate(spark: SparkSession, gatekeeper: Gatekeeper) -> None:
    frame = nodes(spark).withColumn("label", F.raise_error(F.lit("disk on fire")).cast("string"))
    with pytest.raises(EngineError, match=r"The gate of graph\.nodes could not run expect_"):
        gatekeeper.check(frame, table("graph.nodes"), context(rows=3))


def test_nothing_goes_out_to_the_network(
    spark: SparkSession, gatekeeper: Gatekeeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def refuse(host: str, *rest: Any, **more: Any) -> Any:
        asked.append(host)
        raise OSError("no network in tests")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    fresh = Gatekeeper(spark, QualitySettings())
    assert fresh.check(nodes(spark), table("graph.nodes"), context(rows=3)).success
    assert [host for host in asked if host not in {"localhost", "127.0.0.1"}] == []
