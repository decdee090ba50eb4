"""What a release set aside, counted; and what came back between two releases."""

from __future__ import annotations

from typing import cast

import pytest
from pyspark.sql import DataFrame, SparkSession

from kgspark.errors import InputError
from kgspark.publish import rejects
from kgspark.releases.register import KnowledgeGraph
from tests.builders import rows


class Release:
    """As much of a release as is asked: its tables."""

    def __init__(self, tables: dict[str, DataFrame], missing: DataFrame | None = None) -> None:
        self.tables, self.missing = tables, missing

    def table(self, name: str) -> DataFrame:
        return self.tables[name]

    def table_or_empty(self, name: str) -> DataFrame | None:
        return self.tables.get(name, self.missing)


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
        ("mall", "1", "price_negative", "-3 is below 0"),
        ("mall", "1", "price_unreadable", "'cheap' is no number"),
    )
    found = rejects.set_aside(kg)
    assert found == [
        rejects.SetAside("silver.offers", "shop", "price", "price_negative", True, 2, "3", "-2 is below 0"),
        rejects.SetAside("silver.offers", "mall", "price", "price_negative", True, 1, "1", "-3 is below 0"),
        rejects.SetAside("silver.offers", "mall", "price", "price_unreadable", True, 1, "1", "'cheap' is no number"),
    ]
    assert rejects.set_aside(kg, "silver.offers") == found
    with pytest.raises(InputError, match=r"silver\.reviews sets nothing aside; these do: silver\.offers"):
        rejects.set_aside(kg, "silver.reviews")
    assert rejects.by_rule(found) == [
        ("silver.offers", "price_negative", True, 3, "mall: -3 is below 0"),
        ("silver.offers", "price_unreadable", True, 1, "mall: 'cheap' is no number"),
    ]
    assert "2 values  such as 3: -2 is below 0" in rejects.lines(found)[0]
    assert rejects.lines([]) == ["nothing is set aside"]
    assert rejects.records(found)[0]["rule"] == "price_negative"


def test_what_came_back(spark: SparkSession) -> None:
    one, two = ("shop", "7", "price_negative", "no"), ("shop", "3", "price_negative", "no")
    new = ("mall", "3", "price_negative", "no"), ("shop", "3", "price_unreadable", "no")
    before, after = (_release(spark, *said) for said in ((one, two), (one, *new)))
    assert [" ".join(line.split()) for line in rejects.came_back(before, after)] == [
        "silver.offers price_negative 2 were set aside, 1 of them came back, 1 are new",
        "silver.offers price_unreadable 0 were set aside, 0 of them came back, 1 are new",
    ]
    empty = cast("KnowledgeGraph", Release({}, rows(spark, "silver.offers_rejected", [])))
    assert [" ".join(line.split()) for line in rejects.came_back(empty, before)] == [
        "silver.offers price_negative 0 were set aside, 0 of them came back, 2 are new"
    ]
    assert rejects.came_back(empty, empty) == ["nothing was set aside, and nothing is"]
