"""Which offers are one product: shared keys, keys not to be believed, chains, stubs."""

from __future__ import annotations

import datetime
from types import SimpleNamespace
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from kgspark.columns import hash_id
from kgspark.night import Night
from kgspark.resolve import distributed, matching, products
from kgspark.resolve.settings import ResolveSettings
from kgspark.schema import table
from tests.builders import rows

NIGHT = Night(date=datetime.date(2026, 1, 2), run_id="run-1")
CFG = ResolveSettings(engine="driver", max_offers_per_gtin=3, max_offers_per_mpn=3)
PENS, CAN, DUMMY = "04006381333931", "00012345678905", "00000000000000"


def _offer(name: str, **said: Any) -> dict[str, Any]:
    return {"offer_id": f"offer/{name}", "source": "shop", "record_id": name, "seller": name, "title": name} | said


def _products(
    spark: SparkSession,
    offers: list[dict[str, Any]],
    reviews: list[dict[str, Any]] = [],  # noqa: B006
    interactions: list[dict[str, Any]] = [],  # noqa: B006
    night: Night = NIGHT,
    cfg: ResolveSettings = CFG,
) -> DataFrame:
    frames = [
        rows(spark, f"silver.{name}", values)
        for name, values in (("offers", offers), ("reviews", reviews), ("interactions", interactions))
    ]
    nothing = spark.createDataFrame([], distributed.DECISIONS)
    fitted = matching.fit(frames[0], nothing, cfg=cfg, night=night)
    built = matching.build(frames[0], nothing, cfg=cfg, night=night, fitted=fitted)
    # As a night writes them between the stages: the planner would work on both stages' queries at once, for minutes.
    pairs = built["silver.offer_pairs"].localCheckpoint()
    before = [rows(spark, f"silver.{name}", []) for name in ("product_offers", "product_history")]
    return products.build(frames[0], pairs, *frames[1:], *before, cfg=cfg, night=night)["silver.product_offers"]


def _groups(found: DataFrame) -> list[str]:
    """'ab c': offers a and b are one product, c another."""
    by_product: dict[str, list[str]] = {}
    for row in found.collect():
        by_product.setdefault(row["product_id"], []).append(row["record_id"])
    return sorted("".join(sorted(names)) for names in by_product.values())


@pytest.mark.parametrize("in_process", [True, False])
def test_gtin_and_model_number_join_over_chains(spark: SparkSession, in_process: bool) -> None:
    offers = [
        _offer("a", gtin=PENS),
        _offer("b", gtin=PENS, brand="Stabilo", mpn="88/34"),
        _offer("c", brand="STABILO", mpn="8834"),
        _offer("d", brand="Other", mpn="8834"),  # another maker's number
        _offer("e", gtin=CAN),
        _offer("f"),
    ]
    cfg = CFG.model_copy(update={"max_driver_offers": 1000 * in_process})
    found = _products(spark, offers, cfg=cfg)
    assert found.columns == table("silver.product_offers").column_names
    assert _groups(found) == ["abc", "d", "e", "f"]
    assert {r.record_id: (r.rule, r.confidence) for r in found.collect()} == {
        "a": ("gtin", 1.0),
        "b": ("gtin", 1.0),
        "c": ("brand_mpn", 0.9),
        "d": ("single", 1.0),
        "e": ("single", 1.0),
        "f": ("single", 1.0),
    }
    smallest = spark.createDataFrame([("offer/a",)], "offer_id string").select(hash_id("product", "offer_id")).collect()
    assert {r.product_id for r in found.collect() if r.record_id in "abc"} == {smallest[0][0]}


@pytest.mark.parametrize(
    "offers",
    [
        pytest.param([_offer(n, gtin=DUMMY) for n in "abcd"], id="a GTIN that too many share"),
        pytest.param([_offer(n, brand="Clay", mpn="1000") for n in "abcd"], id="a model number that too many share"),
        pytest.param(
            [_offer(n, brand="Clay", mpn=mpn) for n, mpn in zip("abcd", ["N/A", "N/A", "1", "1"], strict=True)],
            id="short",
        ),
        pytest.param([_offer(n, brand="Clay", mpn="black") for n in "abcd"], id="a word"),
        pytest.param([_offer(n, brand="Unbranded", mpn="A1000") for n in "abcd"[:3]], id="no maker"),
        pytest.param([_offer(n, mpn="A1000") for n in "abc"], id="no brand"),
    ],
)
def test_keys_that_mean_nothing_join_nothing(spark: SparkSession, offers: list[dict[str, Any]]) -> None:
    found = _products(spark, offers)
    assert {r.rule for r in found.collect()} == {"single"}
    assert found.select("product_id").distinct().count() == len(offers)


def test_of_a_family_number_listed_twice_by_one_seller_the_better_listing_joins(spark: SparkSession) -> None:
    offers = [
        _offer("a", brand="Clay", mpn="MG100", title="red grill"),
        _offer("b", brand="Clay", mpn="MG100", title="blue grill", seller="a"),
        _offer("c", brand="Clay", mpn="MG100", title="blue grill"),
    ]
    source = SimpleNamespace(name="shop", emits=SimpleNamespace(catalogue=SimpleNamespace(unique=True)))
    strict = Night(date=NIGHT.date, run_id="run-1", sources=(source,))  # type: ignore[arg-type]
    assert _groups(_products(spark, offers)) == ["abc"]
    assert _groups(_products(spark, offers, night=strict)) == ["a", "bc"]


def test_unlisted_offers_become_stubs(spark: SparkSession) -> None:
    named = [("shop", "x"), ("shop", "x"), ("shop", "a"), (None, None)]
    reviews = [
        {"offer_id": f"offer/{key}" if key else None, "product_source": source, "product_key": key}
        for source, key in named
    ]
    orders = [{"offer_id": "offer/y", "product_source": "shop", "product_key": "y"}]
    found = _products(spark, [_offer("a")], reviews, orders)
    assert sorted((r.offer_id, r.source, r.record_id, r.rule) for r in found.collect()) == [
        ("offer/a", "shop", "a", "single"),
        ("offer/x", "shop", "x", "stub"),
        ("offer/y", "shop", "y", "stub"),
    ]


def test_same_products_whatever_the_order(spark: SparkSession) -> None:
    # Of each three, the first two share a GTIN, the last two a model number.
    offers = [
        _offer(
            f"{n:02}",
            gtin=f"{n // 3:014}" if n % 3 < 2 else None,
            brand="Clay",
            mpn=f"MG{n // 3:04}" if n % 3 else None,
        )
        for n in range(30)
    ]
    found, again = _products(spark, offers), _products(spark, offers[::-1])
    assert sorted(map(tuple, found.collect())) == sorted(map(tuple, again.collect()))
    assert _groups(found) == ["".join(f"{n:02}" for n in range(start, start + 3)) for start in range(0, 30, 3)]
