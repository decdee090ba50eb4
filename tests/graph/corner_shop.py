"""A corner shop in nine silver tables: what tests/graph/test_facts.py expects its graph to be."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any


def _id(kind: str, name: str) -> str:
    return f"{kind}/{name:0>16}"


def _origin(field: str, begin: int | None = None, end: int | None = None) -> dict[str, Any]:
    return {"field": field, "begin": begin, "end": end}


MUG, LAMP, STUB = _id("product", "a"), _id("product", "b"), _id("product", "c")
ANN, BOB = _id("shopper", "a1"), _id("shopper", "b1")

OFFERS = [
    {
        "offer_id": "offer/1",
        "source": "north",
        "record_id": "n1",
        "seller": "North",
        "title": "Blue Mug",
        "brand": "Clay & Co",
        "category_path": ["Kitchen", "Mugs"],
        "price": Decimal("7.50"),
        "currency": "EUR",
        "attributes": {"Weight": "0.5 kg"},
        "origins": {
            "brand": _origin("maker", 0, 9),
            "category_path": _origin("level1+level2"),
            "attributes.Weight": _origin("wt", 2, 8),
        },
    },
    {
        "offer_id": "offer/2",
        "source": "south",
        "record_id": "s1",
        "seller": "Pots4U",
        "title": "Mug blue",
        "brand": "CLAY CO.",
        "category_path": ["kitchen", " mugs "],
        "price": Decimal("6.90"),
        "currency": "EUR",
        "attributes": {"weight": "500g", "Colour": "Sky Blue"},
        "origins": {"brand": _origin("brand", 0, 8), "seller": _origin("shop", 0, 6)},
    },
    {
        "offer_id": "offer/3",
        "source": "south",
        "record_id": "s2",
        "seller": "Pots4U",
        "title": "Mug, blue",
        "brand": "Claye",
        "category_path": ["Kitchen", "Mugs"],
        "price": Decimal("8"),
        "attributes": {"note": "x" * 121, "weight": "1 kg"},
    },
    {
        "offer_id": "offer/4",
        "source": "north",
        "record_id": "n2",
        "seller": "North",
        "title": "Lamp",
        "brand": "N/A",
        "attributes": {"colour": "sky  blue"},
    },
]
PRODUCT_OFFERS = [
    {"product_id": MUG, "offer_id": "offer/1", "source": "north", "record_id": "n1", "rule": "gtin", "confidence": 1.0},
    {"product_id": MUG, "offer_id": "offer/2", "source": "south", "record_id": "s1", "rule": "gtin", "confidence": 1.0},
    {
        "product_id": MUG,
        "offer_id": "offer/3",
        "source": "south",
        "record_id": "s2",
        "rule": "brand_mpn",
        "confidence": 0.9,
    },
    {
        "product_id": LAMP,
        "offer_id": "offer/4",
        "source": "north",
        "record_id": "n2",
        "rule": "single",
        "confidence": 1.0,
    },
    {
        "product_id": STUB,
        "offer_id": "offer/9",
        "source": "north",
        "record_id": "n9",
        "rule": "stub",
        "confidence": 1.0,
    },
]
PRODUCTS = [
    {
        "product_id": MUG,
        "title": "Blue Mug",
        "brand": "Clay & Co",
        "gtins": ["04006381333931"],
        "category_path": ["Kitchen", "Mugs"],
        "offers": 3,
    },
    {"product_id": LAMP, "title": "Lamp", "offers": 1},
    {"product_id": STUB, "title": "north n9", "stub": True},
]
_DAY = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
REVIEWS = [
    {
        "review_id": "review/1",
        "source": "talk",
        "record_id": "t1",
        "offer_id": "offer/1",
        "shopper_id": ANN,
        "rating": 1.0,
        "reviewed_at": _DAY,
        "origins": {"rating": _origin("stars", 0, 1)},
    },
    {
        "review_id": "review/2",
        "source": "talk",
        "record_id": "t2",
        "offer_id": "offer/2",
        "shopper_id": ANN,
        "rating": 0.5,
        "reviewed_at": _DAY + datetime.timedelta(days=1),
        "origins": {"rating": _origin("stars", 0, 1)},
    },
    {"review_id": "review/3", "source": "talk", "record_id": "t3", "offer_id": "offer/9", "rating": 0.5},
    {
        "review_id": "review/4",
        "source": "talk",
        "record_id": "t4",
        "category_path": ["Kitchen", "Pans", "Woks"],
        "shopper_id": BOB,
        "origins": {"category_path": _origin("cat", 0, 20)},
    },
]
_SAID = {"source": "talk", "language": "en", "column": "text", "field": "words", "extractor": "opinion:copula"}
ASPECT_MENTIONS = [
    _SAID | said
    for said in (
        {"mention_id": "mention/1", "review_id": "review/1", "record_id": "t1", "offer_id": "offer/1",
         "aspect": "handle",
         "term": "handle", "opinion": "solid", "polarity": 1, "quote": "The handle is solid.", "confidence": 0.9,
         "begin": 4, "end": 10, "text_begin": 4, "text_end": 10},
        {"mention_id": "mention/2", "review_id": "review/1", "record_id": "t1", "offer_id": "offer/1",
         "aspect": "handle",
         "term": "grip", "opinion": "good", "polarity": 1, "quote": "A good grip.", "confidence": 0.9,
         "begin": 28, "end": 32, "text_begin": 28, "text_end": 32},
        {"mention_id": "mention/3", "review_id": "review/2", "record_id": "t2", "offer_id": "offer/3",
         "aspect": "handle",
         "term": "handle", "opinion": "rough", "polarity": -1, "quote": "Its handle is rough.", "confidence": 1.0,
         "begin": 4, "end": 10, "text_begin": 4, "text_end": 10},
        # A review that names no product makes no edge.
        {"mention_id": "mention/4", "review_id": "review/4", "record_id": "t4", "offer_id": None,
         "aspect": "lid",
         "term": "lid", "opinion": "loose", "polarity": -1, "quote": "The lid is loose.", "confidence": 1.0},
    )
]  # fmt: skip
NEED_MENTIONS = [
    {"mention_id": "mention/5", "item_id": "offer/1", "bronze_table": "bronze.catalog_records", "source": "north",
     "record_id": "n1", "offer_id": "offer/1", "category_path": ["Kitchen", "Mugs"], "column": "title", "field": "name",
     "begin": 9, "end": 15, "relation": "used_by", "need": "mother", "confidence": 0.95, "extractor": "need:strong"},
    # No product: its category still serves the need.
    {"mention_id": "mention/6", "item_id": "review/4", "bronze_table": "bronze.review_records", "source": "talk",
     "record_id": "t4", "offer_id": None, "category_path": ["Kitchen", "Pans", "Woks"], "column": "text",
     "field": "words", "begin": 4, "end": 11, "relation": "used_for", "need": "camping", "confidence": 0.95,
     "extractor": "need:strong"},
]  # fmt: skip
INTERACTIONS = [
    {
        "interaction_id": "interaction/1",
        "source": "till",
        "record_id": "i1",
        "type": "purchase",
        "offer_id": "offer/1",
        "shopper_id": BOB,
        "quantity": 2.0,
        "origins": {"product_key": _origin("sku", 0, 2)},
    },
    {
        "interaction_id": "interaction/2",
        "source": "till",
        "record_id": "i2",
        "type": "purchase",
        "offer_id": "offer/3",
        "shopper_id": BOB,
    },
    {
        "interaction_id": "interaction/3",
        "source": "till",
        "record_id": "i3",
        "type": "return",
        "offer_id": "offer/1",
        "shopper_id": BOB,
        "quantity": 1.0,
    },
    {
        "interaction_id": "interaction/4",
        "source": "till",
        "record_id": "i4",
        "type": "purchase",
        "offer_id": "offer/9",
        "quantity": 5.0,
    },
]
