"""What a release set aside, counted; and what came back between two releases."""

from __future__ import annotations

from typing import cast

from pyspark.sql import DataFrame, SparkSession

from kgspark.publish import rejects
from kgspark.releases import KnowledgeGraph
from kgspark.schema import table
from tests.builders import rows


class Release:
    """As much of a release as is asked: its tables."""

    def __init__(self, tables: dict[str, DataFrame]) -> None:
        self.tables = tables

    def table(self, name: str) -> DataFrame:
        return self.tables[name]


def _release(spark: SparkSession, *set_aside: tuple[str, str, str, str]) -> KnowledgeGraph:
    described = [
        {"source": source, "record_id": key, "field": "price", "rule": rule, "reason": reason, "kept": True}
        for source, key, rule, reason in set_aside
    ]
    frame = rows(spark, "silver.offers_rejected", described)
    return cast("KnowledgeGraph", Release({"silver.offers": frame, "silver.offers_rejected": frame}))


def test_counted_by_rule_with_the_first_as_an_example(spark: SparkSession) -> None:
    kg = _release(
        spark,
        ("shop", "7", "price_negative", "-1 is below 0"),
        ("shop", "3", "price_negative", "-2 is below 0"),
        ("mall", "1", "price_unreadable", "'cheap' is no number"),
    )
    found = rejects.set_aside(kg)
    assert found == [
        rejects.SetAside("silver.offers", "shop", "price", "price_negative", True, 2, "3", "-2 is below 0"),
        rejects.SetAside("silver.offers", "mall", "price", "price_unreadable", True, 1, "1", "'cheap' is no number"),
    ]
    assert rejects.set_aside(kg, "silver.offers") == found
    assert rejects.set_aside(kg, "silver.reviews") == []
    assert "2 values  such as 3: -2 is below 0" in rejects.lines(found)[0]
    assert rejects.lines([]) == ["nothing is set aside"]
    assert rejects.records(found)[0]["rule"] == "price_negative"
    assert table("silver.offers").rejected_name in kg.tables


def test_what_came_back(spark: SparkSession) -> None:
    one, two = ("shop", "7", "price_negative", "no"), ("shop", "3", "price_negative", "no")
    new = ("shop", "3", "price_unreadable", "no")
    before, after = (rejects.set_aside(_release(spark, *said)) for said in ((one, two), (one, new)))
    assert [line.split() for line in rejects.came_back(before, after)] == [
        ["silver.offers", "price_negative", "2", "were", "set", "aside,", "1", "are"],
        ["silver.offers", "price_unreadable", "0", "were", "set", "aside,", "1", "are"],
    ]
    assert rejects.came_back([], []) == ["nothing was set aside, and nothing is"]
