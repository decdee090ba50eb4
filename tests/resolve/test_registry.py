"""Ids over two nights: kept, merged, split, gone, returned; and never another product's."""

from __future__ import annotations

import datetime

import pytest
from pyspark.sql import DataFrame, SparkSession

from kgspark.resolve import registry
from tests.builders import rows

TONIGHT = datetime.date(2026, 1, 3)
BEFORE = datetime.date(2026, 1, 2)


def _members(spark: SparkSession, groups: str) -> DataFrame:
    """'ab c': offers a and b are one cluster, c another."""
    pairs = [(offer, min(group)) for group in groups.split() for offer in group]
    return spark.createDataFrame(pairs, "offer_id string, cluster string")


def _products(spark: SparkSession, groups: str) -> DataFrame:
    """'P:ab Q:c': offers a and b are product P."""
    said = [(offer, name) for name, _, offers in (group.partition(":") for group in groups.split()) for offer in offers]
    return rows(spark, "silver.product_offers", [{"offer_id": o, "product_id": p, "record_id": o} for o, p in said])


def _history(spark: SparkSession, events: str) -> DataFrame:
    """'P merged Q; R gone R'."""
    said = [event.split() for event in events.split(";") if event.strip()]
    columns = ("product_id", "event", "other_product_id")
    values = [dict(zip(columns, one, strict=True)) | {"night": BEFORE, "offers": 1} for one in said]
    return rows(spark, "silver.product_history", values)


def _ids(spark: SparkSession, groups: str, before: str, events: str = "") -> dict[str, str]:
    found = registry.name_clusters(_members(spark, groups), _products(spark, before), _history(spark, events), TONIGHT)
    return {row["cluster"]: row["product_id"] for row in found.collect()}


def test_a_cluster_keeps_the_id_with_which_it_shares_most(spark: SparkSession) -> None:
    # Q merges into P; R splits and its larger part keeps R; x is new.
    found = _ids(spark, "abcde fg h x", "P:abc Q:de R:fgh")
    assert found["a"] == "P"
    assert found["f"] == "R"
    assert len(set(found.values())) == 4
    assert all(found[name].startswith("product/") for name in "hx")


def test_a_cluster_whose_best_id_went_elsewhere_takes_its_next(spark: SparkSession) -> None:
    # Both clusters share most with P; the one with three of its offers keeps it, the other takes Q.
    assert _ids(spark, "abc deq", "P:abcde Q:q") == {"a": "P", "d": "Q"}


@pytest.mark.parametrize("groups", ["ab cd", "cd ab"])
def test_equal_shares_are_settled_by_name(spark: SparkSession, groups: str) -> None:
    found = _ids(spark, groups, "P:abcd")
    assert found["a"] == "P"
    assert found["c"] != "P"


def test_an_id_in_use_or_merged_away_is_not_given_again(spark: SparkSession) -> None:
    first = _ids(spark, "a", "")["a"]
    # a leaves the product that was born from it.
    parted = _ids(spark, "a bc", f"{first}:abc")
    assert parted["b"] == first
    assert parted["a"] != first
    merged = _ids(spark, "a", "", f"{first} merged Q")
    assert merged["a"] not in (first, "Q")
    # Gone and back again: the same product.
    assert _ids(spark, "a", "", f"{first} born {first}; {first} gone {first}")["a"] == first


def test_history_says_what_became_of_every_product(spark: SparkSession) -> None:
    before, after = _products(spark, "P:abc Q:de R:fgh S:s"), _products(spark, "P:abcde R:fg T:h U:x V:y")
    told = registry.history_of(after, before, _history(spark, "V gone V"), TONIGHT)
    tonight = {(r.product_id, r.event, r.other_product_id, r.offers) for r in told.collect() if r.night == TONIGHT}
    assert tonight == {
        ("Q", "merged", "P", 2),
        ("R", "split", "T", 1),
        ("S", "gone", "S", 1),
        ("T", "born", "T", 1),
        ("U", "born", "U", 1),
        ("V", "returned", "V", 1),
    }
    assert told.count() == 7


def test_a_night_without_change_writes_no_history(spark: SparkSession) -> None:
    same = _products(spark, "P:ab Q:c")
    assert registry.history_of(same, same, _history(spark, ""), TONIGHT).collect() == []
