"""Gates on a few hand-written rows: what passes, what fails, by how many rows, and what is shown of them."""

from __future__ import annotations

import json
import socket
from decimal import Decimal
from typing import Any

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from kgspark.errors import EngineError
from kgspark.quality.gate import Gatekeeper
from kgspark.quality.settings import QualitySettings
from kgspark.schema import load_tables, table
from tests.builders import rows
from tests.quality.gates import context, failed, nodes, of_gate, samples


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


@pytest.mark.parametrize("rows_said", [5, 1_000_000])
def test_a_big_table_is_asked_by_the_hash_of_its_key(
    spark: SparkSession, gatekeeper: Gatekeeper, rows_said: int
) -> None:
    frame = rows(spark, "silver.product_offers", [{"offer_id": offer} for offer in ("o1", "o2", "o2", "o2", "o3")])
    report = gatekeeper.check(frame, of_gate("silver.product_offers"), context(rows=rows_said))
    assert failed(report) == {"expect_column_values_to_be_unique(offer_id)": 3}


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


@pytest.mark.slow  # Great Expectations tries thrice
def test_a_failing_engine_is_no_failing_gate(spark: SparkSession, gatekeeper: Gatekeeper) -> None:
    frame = nodes(spark).withColumn("label", F.raise_error(F.lit("disk on fire")).cast("string"))
    with pytest.raises(EngineError, match=r"The gate of graph\.nodes could not run expect_"):
        gatekeeper.check(frame, table("graph.nodes"), context(rows=3))


def test_nothing_goes_out_to_the_network(
    spark: SparkSession, gatekeeper: Gatekeeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    resolve = socket.getaddrinfo

    def local_only(host: str, *rest: Any, **more: Any) -> Any:
        if host in {"localhost", "127.0.0.1"}:  # how Python and the JVM talk
            return resolve(host, *rest, **more)
        asked.append(host)
        raise OSError("no network in tests")

    monkeypatch.setattr(socket, "getaddrinfo", local_only)
    fresh = Gatekeeper(spark, QualitySettings())
    assert fresh.check(nodes(spark), table("graph.nodes"), context(rows=3)).success
    assert asked == []


def test_rejects_are_gated_too_and_name_declared_rules_only(spark: SparkSession, gatekeeper: Gatekeeper) -> None:
    reject = {"source": "shop", "field": "price", "rule": "price_negative", "reason": "found '-1'"}
    rejects = rows(
        spark,
        "silver.offers_rejected",
        [
            reject | {"record_id": "1"},
            reject | {"record_id": "2", "rule": "price_odd"},
            reject | {"record_id": "3", "field": "*", "rule": "not_json"},
            reject | {"record_id": "3", "field": "*", "rule": "not_json"},
        ],
    )
    report = gatekeeper.check(rejects, table("silver.offers_rejected"), context())
    broken = {text.partition(", ")[0]: times for text, times in failed(report).items()}
    assert broken == {
        "expect_compound_columns_to_be_unique(source": 2,
        "expect_column_values_to_be_in_set(rule": 1,
    }
