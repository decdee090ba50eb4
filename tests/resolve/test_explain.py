"""Explanations and the plan over a small resolved world."""

from __future__ import annotations

import datetime
from types import SimpleNamespace
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from kgspark.errors import InputError
from kgspark.night import Night
from kgspark.resolve import distributed, explain, matching, plan, products, waterfall
from kgspark.resolve.offers import listed
from kgspark.resolve.settings import ResolveSettings
from tests.builders import rows
from tests.resolve import worlds

CFG = ResolveSettings(min_winners=30, engine="driver")
SHOPS: Any = SimpleNamespace(name="shops", emits=SimpleNamespace(catalogue=SimpleNamespace(unique=True)))
NIGHT = Night(date=datetime.date(2026, 1, 2), run_id="run-1", sources=(SHOPS,))


@pytest.fixture(scope="module")
def kg(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What ``explain`` asks of a release."""
    ids, sellers, titles, _ = worlds.two_shops(120)
    values = [
        {"offer_id": i, "record_id": i, "source": "shops", "seller": s, "title": t}
        for i, s, t in zip(ids, sellers, titles, strict=True)
    ]
    offers = rows(spark, "silver.offers", values)
    nothing = spark.createDataFrame([], distributed.DECISIONS)
    fitted = matching.fit(offers, nothing, cfg=CFG, night=NIGHT)
    pairs = matching.build(offers, nothing, cfg=CFG, night=NIGHT, fitted=fitted)["silver.offer_pairs"]
    others = [rows(spark, f"silver.{n}", []) for n in ("reviews", "interactions", "product_offers", "product_history")]
    found = products.build(offers, pairs, *others, cfg=CFG, night=NIGHT)["silver.product_offers"]
    tables = {"silver.offers": offers, "silver.offer_pairs": pairs, "silver.product_offers": found.persist()}
    root = tmp_path_factory.mktemp("lake")
    folder = fitted.save(f"{root}/_artifacts", "a test")
    release = SimpleNamespace(artifacts={"matcher": folder.rsplit("/", 1)[1]}, release_id="r1")
    return SimpleNamespace(table=tables.__getitem__, lake=SimpleNamespace(root=str(root)), release=release)


def _pair(kg: Any, verdict: str) -> Any:
    return kg.table("silver.offer_pairs").where(f"verdict = '{verdict}'").orderBy("probability").collect()[-1]


def test_a_joined_pair_adds_up(kg: Any) -> None:
    row = _pair(kg, "joined")
    said = explain.explain(kg, row["right_offer_id"], f"shops:{row['left_offer_id']}", CFG, [SHOPS])
    assert said.verdict == "joined"
    assert said.products[0] == said.products[1]
    assert sum(weight for _, weight in waterfall.shown(said.contributions)) == pytest.approx(said.score)
    text = "\n".join(waterfall.lines(said))
    assert "joined: one product" in text
    assert "name: cosine" in text
    assert "among the 10 that become candidates" in text
    page = waterfall.page(said)
    assert page.count("<rect") == len(waterfall.shown(said.contributions))
    assert "http" not in page


def test_a_pair_that_was_never_compared_says_so(kg: Any) -> None:
    said = explain.explain(kg, "left/1", "left/2", CFG, [SHOPS])
    assert (said.verdict, said.found_by) == ("improbable", [])
    assert "no search: never compared in the night" in "\n".join(waterfall.lines(said))


def test_an_unknown_offer_is_named(kg: Any) -> None:
    with pytest.raises(InputError, match="no offer left/999"):
        explain.explain(kg, "left/999", "left/1", CFG, [SHOPS])


def _listed(spark: SparkSession) -> DataFrame:
    values = [
        {"offer_id": n, "record_id": n, "seller": n, "title": "red kettle", "gtin": gtin}
        for n, gtin in zip("abcd", ["04006381333931", "04006381333931", None, None], strict=True)
    ]
    return listed(rows(spark, "silver.offers", values), [])


def test_the_plan_counts_keys_and_pairs(spark: SparkSession) -> None:
    found = plan.plan(_listed(spark), ResolveSettings(max_word_offers=3))
    assert found.offers == 4
    by_name = {search.name: search for search in found.searches}
    # Four offers hold "red" and "kettle", one more than the cap: both are dropped, 2 x 4 x 4 products with them.
    assert (by_name["name"].keys, by_name["name"].dropped, by_name["name"].dropped_products) == (0, 2, 32)
    assert by_name["name"].largest_dropped == [("kettle", 4), ("red", 4)]
    gtins = found.codes[0]
    assert (gtins.name, gtins.shared, gtins.pairs, gtins.dropped) == ("gtin", 1, 1, 0)
    # By their 3-grams each finds the three others.
    assert found.pairs == 12
    assert "4 offers" in next(plan.lines(found))
