"""A night in which some products changed: the rows made for them, put in the place of theirs, are the whole graph."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from kgspark.graph import owners
from kgspark.schema import table
from tests.graph import corner_shop
from tests.graph.corner_shop import BOB, LAMP, MUG, STUB
from tests.graph.test_facts import graph_of

Rows = dict[str, dict[Any, str]]


def shop() -> dict[str, list[dict[str, Any]]]:
    names = ("PRODUCTS", "PRODUCT_OFFERS", "OFFERS", "REVIEWS", "INTERACTIONS", "NEED_MENTIONS")
    return {name.lower(): copy.deepcopy(getattr(corner_shop, name)) for name in names}


def rows_of(tables: Mapping[str, DataFrame]) -> Rows:
    """Each table's rows by key; a key that comes twice fails."""
    found: Rows = {}
    for name, frame in tables.items():
        rows = [row.asDict(recursive=True) for row in frame.collect()]
        found[name] = {tuple(row[key] for key in table(name).key): repr(sorted(row.items())) for row in rows}
        assert len(found[name]) == len(rows)
    return found


@pytest.mark.slow
def test_what_is_made_for_products_takes_the_place_of_theirs(spark: SparkSession) -> None:
    changed = shop()
    before = {name: frame.persist() for name, frame in graph_of(spark, shop()).items()}
    # The dear mug turns out to be a lamp, with all that was said of it, and Bob buys the lamp.
    changed["product_offers"][2]["product_id"] = LAMP
    order = changed["interactions"][0]
    changed["interactions"].append(
        order | {"interaction_id": "interaction/new", "record_id": "new", "offer_id": "offer/4", "shopper_id": BOB}
    )
    # Nobody asks for the stub any more.
    for name, offer in (("products", None), ("product_offers", "offer/9"), ("reviews", "offer/9")):
        changed[name] = [r for r in changed[name] if r.get("product_id") != STUB and r.get("offer_id", "") != offer]
    # A review without a product: nothing of any product changes, and the category's edge must follow.
    changed["need_mentions"][1]["need"] = "hiking"
    keys = spark.createDataFrame([(MUG,), (LAMP,), (STUB,)], "product_id string")
    anew, full = rows_of(graph_of(spark, changed, keys)), rows_of(graph_of(spark, changed))
    old, was = rows_of(owners.part(before, keys)), rows_of(before)
    for name, whole in full.items():
        stays = {key: row for key, row in was[name].items() if key not in old[name]}
        assert stays.keys().isdisjoint(anew[name])
        assert stays | anew[name] == whole
        assert was[name] != whole
    nobody = rows_of(owners.part(before, keys.limit(0)))
    assert all("product/" not in row for row in nobody["graph.edges"].values())
    assert nobody["graph.nodes"] == was["graph.nodes"]


def test_edges_of_many_products_have_no_owner(spark: SparkSession) -> None:
    ends = {
        ("has_brand", "product/a", "brand/b"): "product/a",
        ("rated", "shopper/a", "product/b"): "product/b",
        ("used_for", "product/a", "concept/c"): "product/a",
        ("used_for", "category/a", "concept/c"): None,
        ("broader", "category/a", "category/b"): None,
        ("bought_with", "product/a", "product/b"): None,
    }
    edges = spark.createDataFrame(list(ends), "relation string, src string, dst string")
    found = edges.withColumn("owner", owners.owner()).collect()
    assert {(row.relation, row.src, row.dst): row.owner for row in found} == ends
