"""Order lines become interactions, by pseudonym."""

import datetime
from decimal import Decimal

import pytest
from pyspark.sql import functions as F

from kgspark.columns import hash_id
from kgspark.ingest import interactions
from kgspark.ingest.silver_settings import SilverSettings
from tests.ingest.silver_world import bronze, night, rejects, source

TYPE = "CASE WHEN invoice LIKE 'C%' THEN 'return' ELSE 'purchase' END"
QUANTITY = "CASE WHEN invoice LIKE 'C%' THEN substr(pieces, 2) ELSE pieces END"
TILL = source(
    "till",
    "interactions",
    {
        "columns": {
            "product": "sku",
            "type": {"sql": TYPE},
            "shopper": "customer",
            "basket": "invoice",
            "quantity": {"sql": QUANTITY},
            "unit_price": "price",
            "happened_at": "at",
            "attributes": {"country": "country"},
        }
    },
    currency="GBP",
    time_zone="Europe/London",
)
CLICKS = source("clicks", "interactions", {"catalogue": "till", "columns": {"product": "sku", "type": "what"}})
LINE = {
    "sku": "85123A",
    "invoice": "536365",
    "customer": "17850",
    "pieces": "6",
    "price": "2.55",
    "at": "2011-07-01 08:26:00",
    "country": "United Kingdom",
}


@pytest.fixture(scope="module")
def built(spark):
    records = [
        LINE,
        LINE | {"invoice": "C536379", "pieces": "-1", "customer": None, "price": "0.0"},
        LINE | {"pieces": "-24"},
        LINE | {"pieces": "Infinity"},
        LINE | {"sku": ""},
        LINE | {"price": "-11062.06", "at": "2011-02-30"},
    ]
    rows = [{"source": "till", "record_id": f"t{n}", "fields": record} for n, record in enumerate(records)]
    clicks = [{"sku": "85123A", "what": "View"}, {"sku": "85123A", "what": "stare"}, {"sku": "85123A"}]
    rows += [{"source": "clicks", "record_id": f"c{n}", "fields": record} for n, record in enumerate(clicks)]
    frame = bronze(spark, "bronze.interaction_records", rows)
    out = interactions.build(frame, cfg=SilverSettings(), night=night(TILL, CLICKS))
    found = {row.record_id: row for row in out["silver.interactions"].collect()}
    return found, rejects(out["silver.interactions_rejected"])


def test_an_order_line(spark, built):
    line = built[0]["t0"]
    ids = spark.range(1).select(
        hash_id("interaction", F.lit("till"), F.lit("t0")),
        hash_id("offer", F.lit("till"), F.lit("85123A")),
        hash_id("basket", F.lit("till"), F.lit("536365")),
    )
    assert (line.interaction_id, line.offer_id, line.basket_id) == tuple(ids.head())
    assert (line.product_source, line.product_key) == ("till", "85123A")
    assert (line.type, line.quantity, line.unit_price, line.currency) == ("purchase", 6.0, Decimal("2.5500"), "GBP")
    assert line.happened_at == datetime.datetime(2011, 7, 1, 7, 26)  # noqa: DTZ001 - Spark returns UTC without a zone
    assert line.origins["product_key"].asDict() == {"field": "sku", "begin": 0, "end": 6}
    assert line.origins["quantity"].asDict() == {"field": "invoice+pieces", "begin": None, "end": None}
    assert line.attributes == {"country": "United Kingdom"}
    assert line.shopper_id.startswith("shopper/")


def test_returns_and_clicks(built):
    found, _ = built
    back = found["t1"]
    assert (back.type, back.quantity, back.unit_price, back.shopper_id) == ("return", 1.0, Decimal("0.0000"), None)
    assert [(found[c].type, found[c].quantity) for c in ("c0", "c2")] == [("view", None), ("purchase", 1.0)]
    assert found["c0"].offer_id == found["t0"].offer_id


def test_what_was_set_aside(built):
    found, rejected = built
    assert rejected == [
        ("c1", "type", "unknown_type", False),
        ("t2", "quantity", "quantity_not_positive", False),
        ("t3", "quantity", "quantity_unreadable", False),
        ("t4", "*", "no_product", False),
        ("t5", "happened_at", "date_impossible", True),
        ("t5", "unit_price", "price_negative", True),
    ]
    assert set(found) == {"t0", "t1", "t5", "c0", "c2"}
    assert (found["t5"].unit_price, found["t5"].currency, found["t5"].happened_at) == (None, None, None)
