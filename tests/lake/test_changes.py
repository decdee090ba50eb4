"""Differences between two states of a table: what to write, which keys changed, and what counts as equal."""

from __future__ import annotations

from typing import Any

from pyspark.sql import DataFrame, SparkSession

from kgspark.lake.changes import Changed, changed_keys, changes, differing
from kgspark.schema import table
from tests.builders import rows

NODES, METRICS, REJECTED = "graph.nodes", "graph.node_metrics", "silver.offers_rejected"
MEMBERS = "silver.product_offers"


def node(name: str, **columns: Any) -> dict[str, Any]:
    return {"node_id": f"brand/{name}", "kind": "brand", "label": name} | columns


def written(spark: SparkSession, before: list[dict[str, Any]], after: list[dict[str, Any]]) -> list[tuple[str, str]]:
    found = changes(table(NODES), rows(spark, NODES, before), rows(spark, NODES, after))
    return sorted((row["change"], row["node_id"]) for row in found.collect())


def test_only_rows_that_came_went_or_differ_are_written(spark: SparkSession) -> None:
    before = [node("same"), node("goes"), node("edited", properties={"a": "1"})]
    after = [node("same"), node("comes"), node("edited", properties={"a": "2"})]
    assert written(spark, before, after) == [
        ("delete", "brand/edited"),
        ("delete", "brand/goes"),
        ("insert", "brand/comes"),
        ("insert", "brand/edited"),
    ]
    assert written(spark, before, before[::-1]) == []


def test_a_value_that_moves_to_the_next_column_is_another_row(spark: SparkSession) -> None:
    # xxhash64 alone takes (null, 'x') and ('x', null) for the same.
    moved = written(spark, [node("a", text="x", label="")], [node("a", text=None, label="x")])
    assert [change for change, _ in moved] == ["delete", "insert"]
    maps = written(spark, [node("a", properties={"k": "v", "l": "w"})], [node("a", properties={"l": "w", "k": "v"})])
    assert maps == []


def test_a_key_that_comes_twice_is_written_twice_for_the_gate_to_find(spark: SparkSession) -> None:
    found = changes(table(NODES), rows(spark, NODES, [node("a")]), rows(spark, NODES, [node("a"), node("a")]))
    assert sorted(row["change"] for row in found.collect()) == ["delete", "delete", "insert", "insert"]


def test_clocks_do_not_count(spark: SparkSession) -> None:
    import datetime

    reject = {"source": "s", "record_id": "1", "field": "gtin", "rule": "gtin_length", "reason": "x"}
    before = rows(spark, REJECTED, [reject | {"night": datetime.date(2026, 1, 1)}])
    after = rows(spark, REJECTED, [reject | {"night": datetime.date(2026, 1, 2)}])
    assert changes(table(REJECTED), before, after).count() == 0


def test_keys_come_out_of_what_was_written_as_out_of_both_versions(spark: SparkSession) -> None:
    """An offer that moves changes the product that it leaves, too."""

    def members(**products: str) -> DataFrame:
        made = [{"offer_id": offer, "product_id": product} for offer, product in products.items()]
        return rows(spark, MEMBERS, [row | {"rule": "single", "confidence": 1.0} for row in made])

    before = members(a="one", b="one", c="two", d="three", e="four")
    after = members(a="one", b="two", d="three", e="four", f="five")
    found = changes(table(MEMBERS), before, after, links={"product_id", "offer_id"})
    written = Changed(1, 2, found, 4, frozenset({"product_id", "offer_id"}))
    for column, expected in (("product_id", ["five", "one", "two"]), ("offer_id", ["b", "c", "f"])):
        for keys in (written.values([column]), changed_keys(table(MEMBERS), [column], before, after)):
            assert sorted(row[column] for row in keys.collect()) == expected


def test_keys_whose_rows_changed(spark: SparkSession) -> None:
    def keys(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> list[str]:
        frames = rows(spark, NODES, before), rows(spark, NODES, after)
        return sorted(row["label"] for row in changed_keys(table(NODES), ["label"], *frames).collect())

    one, two = node("one"), node("two")
    assert keys([one, two], [two, one]) == []
    assert keys([one, two], [one, node("two", text="x")]) == ["two"]
    assert keys([one], [one, one]) == ["one"]
    assert keys([one, two], [two]) == ["one"]
    # A row that moves to another key changes both.
    assert keys([one], [node("one", label="two")]) == ["one", "two"]


def test_equal_but_for_the_last_digits_of_doubles(spark: SparkSession) -> None:
    def metrics(**columns: Any) -> DataFrame:
        return rows(spark, METRICS, [{"node_id": "brand/a", "component": 1, "pagerank": 0.25} | columns])

    def found(other: DataFrame) -> list[str]:
        return [row["found"] for row in differing(table(METRICS), metrics(), other).collect()]

    assert found(metrics()) == []
    assert found(metrics(pagerank=0.25 * (1 + 1e-9))) == []
    assert found(metrics(pagerank=0.25 * (1 + 1e-4))) == ["differs"]
    assert found(metrics(component=2)) == ["differs"]
    assert sorted(found(metrics(node_id="brand/b"))) == ["only here", "only there"]
