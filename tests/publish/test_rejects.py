"""What a release set aside, counted; and what came back between two releases."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest
from pyspark.sql import DataFrame, SparkSession

from kgspark.errors import InputError
from kgspark.lake.tables import Lake
from kgspark.publish import rejects
from kgspark.publish.readers import open_release, release_before
from kgspark.releases.register import KnowledgeGraph
from tests.builders import rows
from tests.nights.lake import released


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
        rejects.Broken("silver.offers", "price_negative", True, 3, None, "shop: -2 is below 0"),
        rejects.Broken("silver.offers", "price_unreadable", True, 1, None, "mall: 'cheap' is no number"),
    ]
    assert "2 values  such as 3: -2 is below 0" in rejects.lines(found)[0]
    assert rejects.lines([]) == ["nothing is set aside"]
    assert rejects.records(found)[0]["rule"] == "price_negative"


def test_beside_the_release_before(spark: SparkSession, tmp_path: Path) -> None:
    lake = Lake(spark, str(tmp_path / "lake"))

    def reject(source: str, key: str, reason: str) -> dict[str, object]:
        return {"source": source, "record_id": key, "field": "price", "rule": "bad", "reason": reason, "kept": False}

    monday = [*(reject("a", str(n), "old") for n in range(3)), *(reject("c", str(n), "mended") for n in range(9))]
    tuesday = [*monday[:3], reject("b", "1", "new"), reject("b", "2", "new")]
    released(lake, "sunday", {"silver.offers": []})
    released(
        lake, "monday", {"silver.offers_rejected": monday, "silver.reviews": [], "silver.reviews_rejected": monday}
    )
    released(lake, "tuesday", {"silver.offers_rejected": tuesday})
    kg = open_release(lake)
    earlier = release_before(kg)
    assert earlier is not None
    assert earlier.release.release_id == "monday"
    found = rejects.beside(rejects.set_aside(kg), kg, earlier)
    told = [(one.table, one.source, one.rows, one.before) for one in found]
    # Reviews' rejects are at the same version: as many as before, without reading them.
    assert told == [
        ("silver.offers", "a", 3, 3),
        ("silver.offers", "b", 2, 0),
        ("silver.offers", "c", 0, 9),
        ("silver.reviews", "c", 9, 9),
        ("silver.reviews", "a", 3, 3),
    ]
    offers = rejects.by_rule(found)[0]
    # The example is of the source that has more than before.
    assert offers == rejects.Broken("silver.offers", "bad", False, 5, 12, "b: new")
    assert "2 records (before 0)  such as 1: new" in rejects.lines(found)[1]
    # Sunday's release knew of no rejects.
    first = open_release(lake, release="sunday")
    assert release_before(first) is None
    assert [one.before for one in rejects.beside(rejects.set_aside(earlier), earlier, first)] == [0, 0, 0, 0]


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
