"""The truth beside the dumps: which offer is which product, where each value stands, what shoppers said and mean.

Tables (parquet, one file a shard, spans in code points of the raw field): products, offers, attribute_spans, reviews,
aspect_spans, uses, relations, bad_records, shoppers.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pyarrow as pa

from kgspark.sample.offers import Offer
from kgspark.sample.products import Family, Product, World, accessories, substitutes
from kgspark.sample.reviews import Review
from kgspark.sample.rows import Row
from kgspark.sample.shoppers import customer_number, email, favourite, generosity, nickname

_SPAN = [("source", pa.string()), ("record_id", pa.string()), ("field", pa.string()), ("begin", pa.int32())]
_SPAN += [("end", pa.int32())]


def _texts(*names: str) -> list[tuple[str, pa.DataType]]:
    return [(name, pa.string()) for name in names]


SCHEMAS: dict[str, pa.Schema] = {
    "products": pa.schema(
        [
            *_texts("product_id", "family_id", "category", "brand", "series", "model", "condition"),
            ("category_path", pa.list_(pa.string())),
            ("pack", pa.int32()),
            ("generation", pa.int32()),
            ("price_eur", pa.float64()),
            ("quality", pa.float64()),
            ("gtins", pa.list_(pa.string())),
            ("attributes", pa.map_(pa.string(), pa.string())),
        ]
    ),
    "offers": pa.schema(
        [
            *_texts("source", "record_id", "seller", "product_id", "family_id", "language"),
            ("tags", pa.list_(pa.string())),
        ]
    ),
    "attribute_spans": pa.schema([*_SPAN, *_texts("attribute", "value", "normalised", "unit")]),
    "reviews": pa.schema(
        [*_texts("source", "record_id", "product_id", "shopper_id"), ("rating", pa.int32()), ("quality", pa.float64())]
    ),
    "aspect_spans": pa.schema(
        [
            *_SPAN,
            *_texts("aspect", "value"),
            ("polarity", pa.int32()),
            *_texts("opinion"),
            ("opinion_begin", pa.int32()),
            ("opinion_end", pa.int32()),
        ]
    ),
    "uses": pa.schema([*_SPAN, *_texts("product_id", "relation", "concept", "value")]),
    "relations": pa.schema(_texts("product_id", "relation", "other_product_id")),
    "bad_records": pa.schema(
        [*_texts("source", "file"), ("position", pa.int64()), *_texts("record_id", "field", "rule", "outcome")]
    ),
    "shoppers": pa.schema(
        [*_texts("shopper_id", "email", "nickname", "customer", "favourite_category"), ("generosity", pa.float64())]
    ),
}


def product_row(of: Family, product: Product, gtins: set[str]) -> Row:
    """A product as it truly is."""
    values = [*of.specs, *([product.split] if product.split else [])]
    attributes = {
        value.attribute: f"{value.normalised} {value.unit}" if value.unit else value.normalised for value in values
    }
    attributes |= {"colour": product.colour} if product.colour else {}
    return {
        "product_id": product.product_id,
        "family_id": f"F{of.number:07d}",
        "category": of.category.slug,
        "brand": of.brand,
        "series": of.name,
        "model": product.code or None,
        "condition": product.condition,
        "category_path": of.category.path["en"],
        "pack": product.pack,
        "generation": product.generation,
        "price_eur": round(product.price, 2),
        "quality": round(product.quality, 4),
        "gtins": sorted(gtins),
        "attributes": sorted(attributes.items()),
    }


def offer_row(offer: Offer) -> Row:
    """Which product an offer is, and what makes it hard to tell."""
    listing = offer.listing
    return {
        "source": listing.shop,
        "record_id": listing.record_id,
        "seller": listing.seller,
        "product_id": listing.product.product_id,
        "family_id": f"F{listing.family.number:07d}",
        "language": listing.language,
        "tags": sorted(offer.tags),
    }


def attribute_rows(offer: Offer) -> Iterator[Row]:
    """Where each value stands in title and description."""
    for span in (*offer.title.spans, *offer.description.spans):
        yield {
            "source": offer.listing.shop,
            "record_id": offer.listing.record_id,
            "field": span.field,
            "begin": span.begin,
            "end": span.end,
            "attribute": span.value.attribute,
            "value": span.text,
            "normalised": span.value.normalised,
            "unit": span.value.unit,
        }


def review_row(review: Review) -> Row:
    """Who rated which product."""
    return {
        "source": review.site,
        "record_id": review.record_id,
        "product_id": review.listing.product.product_id,
        "shopper_id": f"S{review.shopper:07d}",
        "rating": review.rating,
        "quality": round(review.listing.product.quality, 4),
    }


def aspect_rows(review: Review) -> Iterator[Row]:
    """What is said of which aspect, and where. ``polarity``: 1 praises, -1 complains, denials counted."""
    for said in review.said:
        yield {
            "source": review.site,
            "record_id": review.record_id,
            "field": review.body.field,
            "begin": said.begin,
            "end": said.end,
            "aspect": said.aspect,
            "value": said.text,
            "polarity": said.polarity,
            "opinion": said.opinion,
            "opinion_begin": said.opinion_begin,
            "opinion_end": said.opinion_end,
        }


def use_rows(review: Review) -> Iterator[Row]:
    """What the product serves, whom, and when."""
    for relation, concept, begin, end, text in review.uses:
        yield {
            "source": review.site,
            "record_id": review.record_id,
            "field": review.body.field,
            "begin": begin,
            "end": end,
            "product_id": review.listing.product.product_id,
            "relation": relation,
            "concept": concept,
            "value": text,
        }


def relation_rows(world: World, of: Family) -> Iterator[Row]:
    """What is bought with the family's products, and what instead of them."""
    related = [("complement", part) for part in accessories(world, of)]
    related += [("substitute", other) for other in substitutes(world, of)]
    for relation, other in related:
        for one, two in itertools.product(of.products, other.products):
            yield {"product_id": one.product_id, "relation": relation, "other_product_id": two.product_id}


def shopper_row(world: World, number: int) -> Row:
    """A shopper's raw ids on every site, and tastes."""
    return {
        "shopper_id": f"S{number:07d}",
        "email": email(world, number),
        "nickname": nickname(world, number),
        "customer": customer_number(world, number),
        "favourite_category": favourite(number),
        "generosity": round(generosity(world, number), 4),
    }
