"""Catalogue records become offers, or say why not."""

import datetime
from decimal import Decimal

import pytest

from kgspark.columns import hash_id
from kgspark.ingest import offers
from kgspark.ingest.silver_settings import SilverSettings
from tests.ingest.silver_world import bronze, night, rejects, source

MAPPING = {
    "key": "id",
    "seller": {"field": "vendor"},
    "columns": {
        "title": "name",
        "description": "text",
        "brand": "maker",
        "gtin": "ean",
        "mpn": {"sql": "upper(model)"},
        "category_path": {"field": "cat", "separator": " > "},
        "price": "price",
        "listed_at": "day",
        "attributes": {"colour": "colour", "shop": {"value": "web"}, "size": {"sql": "concat(w, ' x ', h)"}},
    },
}
SHOP = source("shop", "catalogue", MAPPING, currency="EUR", time_zone="Europe/Berlin")
LEVELS = source(
    "levels",
    "catalogue",
    {"columns": {"title": {"sql": "concat_ws(' ', a, b)"}, "category_path": ["a", "b"], "language": "lang"}},
    language="en",
)


@pytest.fixture(scope="module")
def built(spark):
    full = {
        "id": "A1",
        "vendor": "Best &amp; Co",
        "name": "\ufeffCoffee&nbsp;maker <b>X</b>",
        "text": "Makes the coffee that you love, and it is very quiet.",
        "maker": "Cafe\u0301o",
        "ean": "4006381333931",
        "model": "x-1",
        "cat": "Home &gt; Kitchen >  > Coffee",
        "price": "1.299,00 €",
        "day": "2026-07-01 10:00",
        "colour": "red",
        "w": "10",
        "h": "20",
    }
    bad = full | {"ean": "1.23E+12", "price": "-5", "day": "2023-02-30", "colour": "N/A", "w": None, "text": "x" * 50}
    records = [
        {"record_id": "A1", "fields": full},
        {"record_id": "A2", "fields": bad},
        {"record_id": "A3", "fields": full | {"name": " <br> "}},
        {"record_id": "A4", "fields": full | {"name": "y" * 41}},
        # the same key twice: contents that differ in what nobody maps, and in what somebody does
        {"record_id": "A5", "variant": 0, "fields": full | {"note": "1"}},
        {"record_id": "A5", "variant": 1, "fields": full | {"note": "2"}},
        {"record_id": "A6", "variant": 0, "fields": full},
        {"record_id": "A6", "variant": 1, "fields": full | {"price": "5"}},
        {"record_id": "A7", "problem": "open_quote"},
        {"record_id": "A8", "fields": full, "deleted_at": datetime.date(2026, 11, 1)},
        {"record_id": "A9", "fields": full, "last_seen": datetime.date(2026, 11, 1)},
        {"record_id": "L1", "source": "levels", "fields": {"a": "Food", "b": None, "lang": "zh-CN"}},
        {"record_id": "L2", "source": "levels", "fields": {"a": "Food", "b": "Tea", "lang": "Klingon"}},
    ]
    frame = bronze(spark, "bronze.catalog_records", records)
    cfg = SilverSettings(max_title_length=40, max_text_length=60)
    out = offers.build(frame, cfg=cfg, night=night(SHOP, LEVELS))
    again = offers.build(
        frame.orderBy("fingerprint", "position", ascending=False).repartition(3), cfg=cfg, night=night(LEVELS, SHOP)
    )
    found = {row.record_id: row for row in out["silver.offers"].collect()}
    return (
        found,
        rejects(out["silver.offers_rejected"]),
        sorted(map(repr, found.values())),
        sorted(map(repr, again["silver.offers"].collect())),
    )


def test_a_clean_offer(spark, built):
    offer = built[0]["A1"].asDict(recursive=True)
    origins = offer.pop("origins")
    expected_id = spark.range(1).select(hash_id("offer", *_literals("shop", "A1"))).head()[0]
    assert offer == {
        "offer_id": expected_id,
        "source": "shop",
        "record_id": "A1",
        "seller": "Best & Co",
        "title": "Coffee maker X",
        "description": "Makes the coffee that you love, and it is very quiet.",
        "brand": "Caféo",
        "gtin": "04006381333931",
        "mpn": "X-1",
        "category_path": ["Home", "Kitchen", "Coffee"],
        "price": Decimal("1299.0000"),
        "currency": "EUR",
        "attributes": {"colour": "red", "shop": "web", "size": "10 x 20"},
        "language": "en",
        "listed_at": datetime.datetime(2026, 7, 1, 8, 0),  # noqa: DTZ001 - Spark returns UTC without a zone
    }
    assert origins == {
        "seller": {"field": "vendor", "begin": 0, "end": 13},
        "title": {"field": "name", "begin": 0, "end": 27},
        "description": {"field": "text", "begin": 0, "end": 53},
        "brand": {"field": "maker", "begin": 0, "end": 6},
        "gtin": {"field": "ean", "begin": 0, "end": 13},
        "mpn": {"field": "model", "begin": None, "end": None},
        "category_path": {"field": "cat", "begin": 0, "end": 29},
        "price": {"field": "price", "begin": 0, "end": 10},
        "listed_at": {"field": "day", "begin": 0, "end": 16},
        "attributes.colour": {"field": "colour", "begin": 0, "end": 3},
        "attributes.size": {"field": "w+h", "begin": None, "end": None},
    }


def test_broken_values_are_null_and_have_no_origin(built):
    offer = built[0]["A2"]
    assert (offer.gtin, offer.price, offer.currency, offer.listed_at) == (None, None, None, None)
    assert offer.attributes == {"shop": "web"}
    assert set(offer.origins) == {"seller", "title", "description", "brand", "mpn", "category_path"}


def test_levels_as_fields_and_declared_languages(built):
    assert [built[0][key].category_path for key in ("L1", "L2")] == [["Food"], ["Food", "Tea"]]
    assert [built[0][key].language for key in ("L1", "L2")] == ["zh", "en"]
    assert built[0]["L1"].seller == "levels"


def test_what_was_set_aside(built):
    found, rejected, _, _ = built
    assert set(found) == {"A1", "A2", "A5", "L1", "L2"}
    assert rejected == [
        ("A2", "gtin", "gtin_spreadsheet", True),
        ("A2", "listed_at", "date_impossible", True),
        ("A2", "price", "price_negative", True),
        ("A3", "*", "empty_title", False),
        ("A4", "*", "title_too_long", False),
        ("A6", "*", "conflicting_duplicate", False),
        ("A6", "*", "conflicting_duplicate", False),
        ("A7", "*", "open_quote", False),
        ("L2", "language", "language_unknown", True),
    ]


def test_order_of_rows_and_sources_does_not_matter(built):
    assert built[2] == built[3]


def test_a_megabyte_of_description_is_set_aside(spark):
    records = [
        {"record_id": "1", "fields": {"id": "1", "name": "Kettle", "text": "d" * 1_000_000, "colour": "c" * 1_000_000}}
    ]
    out = offers.build(bronze(spark, "bronze.catalog_records", records), cfg=SilverSettings(), night=night(SHOP))
    assert [(row.title, row.description, row.attributes) for row in out["silver.offers"].collect()] == [
        ("Kettle", None, {"shop": "web"})
    ]
    assert rejects(out["silver.offers_rejected"]) == [
        ("1", "attributes.colour", "text_too_long", True),
        ("1", "description", "text_too_long", True),
    ]


def test_no_source_no_offer(spark):
    out = offers.build(bronze(spark, "bronze.catalog_records", []), cfg=SilverSettings(), night=night())
    assert {name: frame.count() for name, frame in out.items()} == {"silver.offers": 0, "silver.offers_rejected": 0}


def _literals(*texts):
    from pyspark.sql import functions as F

    return [F.lit(text) for text in texts]
