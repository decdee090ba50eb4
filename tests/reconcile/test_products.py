"""Golden records: votes, ties, origins, stubs."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from kgspark.night import Night
from kgspark.reconcile import products
from kgspark.reconcile.settings import ReconcileSettings
from kgspark.schema import table
from tests.builders import rows

NIGHT = Night(date=datetime.date(2026, 1, 2), run_id="run-1")

MUG = "product/mug"
OFFERS = [
    {
        "offer_id": "offer/1",
        "source": "north",
        "record_id": "n1",
        "seller": "North",
        "title": "Mug",
        "language": "en",
        "brand": "Clay & Co",
        "mpn": "MG-1",
        "gtin": "04006381333931",
        "category_path": ["Kitchen"],
        "description": "Short.",
        "attributes": {"colour": "Blue", "size": "L"},
    },
    {
        "offer_id": "offer/2",
        "source": "south",
        "record_id": "s1",
        "seller": "Pots",
        "title": "Blue Mug by Clay",
        "language": "de",
        "brand": "CLAY CO",
        "mpn": "mg1",
        "category_path": ["Home", "Mugs"],
        "description": "A longer text.",
        "attributes": {"colour": "sky", "Net Weight": "35 kg"},
    },
    {
        "offer_id": "offer/3",
        "source": "south",
        "record_id": "s2",
        "seller": "Pots",
        "title": "mug stuffed " * 20,
        "brand": "Claye",
        "gtin": "00012345678905",
        "attributes": {"colour": "blue"},
    },
    {
        "offer_id": "offer/4",
        "source": "south",
        "record_id": "s3",
        "seller": "Pots",
        "title": "Lamp",
        "brand": "Unknown",
    },
]
PRODUCT_OFFERS = [
    {"product_id": MUG, "offer_id": "offer/1", "source": "north", "record_id": "n1", "rule": "gtin"},
    {"product_id": MUG, "offer_id": "offer/2", "source": "south", "record_id": "s1", "rule": "gtin"},
    {"product_id": MUG, "offer_id": "offer/3", "source": "south", "record_id": "s2", "rule": "gtin"},
    {"product_id": "product/lamp", "offer_id": "offer/4", "source": "south", "record_id": "s3", "rule": "single"},
    {"product_id": "product/stub", "offer_id": "offer/9", "source": "north", "record_id": "n9", "rule": "stub"},
]
CONFLICTS = [
    {"conflict_id": "conflict/1", "offer_id": "offer/2", "attribute": "net_weight", "refused": True},
    {"conflict_id": "conflict/2", "offer_id": "offer/1", "attribute": "size", "refused": False},
]
MENTIONS = [
    # Refused above: the text fills the gap, under its own name.
    {"mention_id": "mention/1", "offer_id": "offer/2", "attribute": "net_weight", "value": "350 g", "confidence": 0.95},
    # No offer declares it.
    {"mention_id": "mention/2", "offer_id": "offer/3", "attribute": "material", "value": "clay", "confidence": 0.9},
    # Declared: texts have no vote.
    {"mention_id": "mention/3", "offer_id": "offer/3", "attribute": "colour", "value": "red", "confidence": 0.99},
    # Not sure enough.
    {"mention_id": "mention/4", "offer_id": "offer/3", "attribute": "volume", "value": "1 l", "confidence": 0.89},
    {"mention_id": "mention/5", "offer_id": "offer/4", "attribute": "brand", "value": "Glow", "confidence": 0.9},
]


def _golden(spark: SparkSession, shuffled: bool = False) -> DataFrame:
    def frame(name: str, values: list[dict[str, Any]]) -> DataFrame:
        built = rows(spark, name, values[::-1] if shuffled else values)
        return built.repartition(3) if shuffled else built

    offers, members = frame("silver.offers", OFFERS), frame("silver.product_offers", PRODUCT_OFFERS)
    mentions = frame("silver.attribute_mentions", [m | {"extractor": "lexicon"} for m in MENTIONS])
    conflicts = frame("silver.value_conflicts", CONFLICTS)
    built = products.build(offers, members, mentions, conflicts, cfg=ReconcileSettings(), night=NIGHT)
    return built["silver.products"]


@pytest.fixture(scope="module")
def golden(spark: SparkSession) -> DataFrame:
    return _golden(spark).persist()


def test_values_that_most_offers_agree_on(golden: DataFrame) -> None:
    assert golden.columns == table("silver.products").column_names
    found = {r.product_id: r.asDict() for r in golden.collect()}
    assert found[MUG] == {
        "product_id": MUG,
        "title": "Blue Mug by Clay",  # one vote each: the longest that is not stuffed
        "description": "A longer text.",
        "brand": "CLAY CO",  # two of three, spelt in two ways: the smaller spelling
        "gtins": ["00012345678905", "04006381333931"],
        "mpn": "MG-1",
        "category_path": ["Home", "Mugs"],  # one vote each: the longer
        # Blue and blue agree against sky; 35 kg is refused.
        "attributes": {"colour": "Blue", "size": "L", "net_weight": "350 g", "material": "clay"},
        "language": "de",
        "offers": 3,
        "sellers": 2,
        "stub": False,
        "origin": {
            "title": "offer/2",
            "description": "offer/2",
            "brand": "offer/2",
            "mpn": "offer/1",
            "category_path": "offer/2",
            "attributes.colour": "offer/1",
            "attributes.material": "mention/2",
            "attributes.net_weight": "mention/1",
            "attributes.size": "offer/1",
            "gtins": "offer/3",
        },
    }
    lamp = found["product/lamp"]
    assert (lamp["title"], lamp["brand"]) == ("Lamp", "Glow")
    assert lamp["origin"] == {"title": "offer/4", "brand": "mention/5"}
    stub = found["product/stub"]
    assert (stub["title"], stub["stub"], stub["offers"], stub["sellers"], stub["origin"]) == (
        "north n9",
        True,
        0,
        0,
        {},
    )


def test_same_rows_whatever_the_order(golden: DataFrame, spark: SparkSession) -> None:
    assert sorted(map(str, _golden(spark, shuffled=True).collect())) == sorted(map(str, golden.collect()))
