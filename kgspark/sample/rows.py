"""An offer as a row of its shop's dump: the shop's field names, its ways of writing prices, dates and categories."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from kgspark.sample.chance import dice
from kgspark.sample.offers import Offer
from kgspark.sample.products import Value, World
from kgspark.sample.text import value_text

Row = dict[str, Any]

# Columns of the tabular dumps, in order.
COLUMNS = {
    "alder_finch": ("sku", "name", "brand", "gtin", "mpn", "dept", "aisle", "shelf", "price", "colour", "description"),
    "kontorhaus": ("artnr", "article", "maker", "ean", "model", "group", "preis", "colour", "stand", "details"),
    "yunhai": ("商品编号", "标题", "品牌", "型号", "条码", "类目", "价格", "颜色", "描述"),
}


def row(world: World, offer: Offer) -> Row:
    """The offer as a raw record of its shop."""
    return _ROWS[offer.listing.shop](world, offer)


def grouped(price: float, thousands: str, decimal: str) -> str:
    """A price with two decimals and separators: 1,299.00 or 1.299,00."""
    return f"{price:,.2f}".translate(str.maketrans(",.", thousands + decimal))


def _alder_finch(world: World, offer: Offer) -> Row:
    listing = offer.listing
    roll = dice(world.seed, "row", *listing.name)
    path = listing.family.category.path["en"]
    price = grouped(listing.price, ",", ".")
    return {
        "sku": listing.record_id,
        "name": str(offer.title),
        "brand": offer.brand,
        "gtin": offer.gtin,
        "mpn": offer.mpn,
        "dept": path[0],
        "aisle": path[1],
        "shelf": path[2],
        "price": "N/A" if roll.random() < 0.01 else f"${price}" if roll.random() < 0.3 else price,
        "colour": listing.colour,
        "description": str(offer.description),
    }


def _kontorhaus(_: World, offer: Offer) -> Row:
    listing = offer.listing
    return {
        "artnr": listing.record_id,
        "article": str(offer.title),
        "maker": offer.brand,
        "ean": offer.gtin,
        "model": offer.mpn,
        "group": " / ".join(listing.family.category.path["en"]),
        "preis": f"{grouped(listing.price, '.', ',')} EUR",
        "colour": listing.colour,
        "stand": listing.listed_on.strftime("%d.%m.%Y"),
        "details": str(offer.description),
    }


def _brightnook(world: World, offer: Offer) -> Row:
    listing = offer.listing
    roll = dice(world.seed, "row", *listing.name)
    of, product = listing.family, listing.product
    stated = [*of.specs, *([product.split] if product.split else [])]
    specs = {value.attribute: value_text(roll, value, "en") for value in stated if roll.random() < 0.7}
    specs |= {"colour": listing.colour} if listing.colour else {}
    specs |= {"condition": product.condition} if product.condition != "new" or roll.random() < 0.3 else {}
    made = {"name": offer.brand, "part_number": offer.mpn}
    return {
        "id": listing.record_id,
        "title": str(offer.title),
        "maker": {name: text for name, text in made.items() if text},
        "barcode": offer.gtin,
        "breadcrumb": " > ".join(of.category.path["en"]),
        "price": {"amount": listing.price, "currency": "GBP"},
        "specs": specs,
        "updated": f"{listing.listed_on.isoformat()}T08:30:00Z",
        "body_html": str(offer.description),
    }


def _yunhai(world: World, offer: Offer) -> Row:
    listing = offer.listing
    roll = dice(world.seed, "row", *listing.name)
    price = f"{listing.price:,.0f}" if listing.price >= 300 else f"{listing.price:,.2f}"
    return {
        "商品编号": listing.record_id,
        "标题": str(offer.title),
        "品牌": offer.brand,
        "型号": offer.mpn,
        "条码": offer.gtin,
        "类目": " > ".join(listing.family.category.path["zh"]),
        "价格": f"{price}元" if roll.random() < 0.2 else f"￥{price}",
        "颜色": _text_of_colour(listing.colour),
        "描述": str(offer.description),
    }


def _text_of_colour(colour: str | None) -> str | None:
    return value_text(dice(0), Value("colour", colour), "zh") if colour else None


def _harbourline(world: World, offer: Offer) -> Row:
    listing = offer.listing
    roll = dice(world.seed, "row", *listing.name)
    stated = {value.attribute: value_text(roll, value, "en") for value in listing.family.specs}
    return {
        "@id": listing.record_id,
        "title": str(offer.title),
        "brand": offer.brand,
        "ean": offer.gtin,
        "mpn": offer.mpn,
        "category": "/".join(listing.family.category.path["en"][1:]),
        "price": f"{listing.price:.2f}",
        "price/@currency": "EUR",
        "weight": stated.get("weight"),
        "material": stated.get("material"),
        "colour": listing.colour,
        "text": str(offer.description),
    }


def _marketry(_: World, offer: Offer) -> Row:
    listing = offer.listing
    path = listing.family.category.path[listing.language]
    return {
        "listing_id": listing.record_id,
        "seller": listing.seller,
        "listing_title": str(offer.title),
        "brand": offer.brand,
        "gtin": offer.gtin,
        "mpn": offer.mpn,
        "taxonomy": "|".join(path),
        "price": listing.price,
        "currency": "USD",
        "item_condition": listing.product.condition,
        "colour": listing.colour,
        "listed_at": listing.listed_on.isoformat(),
        "listing_text": str(offer.description) or None,
    }


_ROWS: dict[str, Callable[[World, Offer], Row]] = {
    "alder_finch": _alder_finch,
    "kontorhaus": _kontorhaus,
    "brightnook": _brightnook,
    "yunhai": _yunhai,
    "harbourline": _harbourline,
    "marketry": _marketry,
}


def as_json(record: Row) -> bytes:
    """A record as a line of JSON, fields without a value left out."""
    present = {name: value for name, value in record.items() if value not in (None, "", {})}
    return json.dumps(present, ensure_ascii=False).encode() + b"\n"
