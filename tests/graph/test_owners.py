"""A night in which some products changed: the rows made for them, put in the place of theirs, are the whole graph."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from kgspark.changes import differing
from kgspark.graph import owners
from kgspark.schema import table
from tests.graph import corner_shop
from tests.graph.corner_shop import BOB, LAMP, MUG, STUB
from tests.graph.test_facts import graph_of

Shop = dict[str, list[dict[str, Any]]]
TABLES = ("graph.nodes", "graph.edges", "graph.evidence")


def shop() -> Shop:
    names = ("PRODUCTS", "PRODUCT_OFFERS", "OFFERS", "REVIEWS", "INTERACTIONS", "ASPECT_MENTIONS", "NEED_MENTIONS")
    return {name.lower(): copy.deepcopy(getattr(corner_shop, name)) for name in names}


def another_brand(changed: Shop) -> set[str]:
    changed["offers"][3]["brand"] = "Lux"
    return {LAMP}


def an_offer_moves(changed: Shop) -> set[str]:
    """The dear mug turns out to be a lamp, with all that was said of it."""
    changed["product_offers"][2]["product_id"] = LAMP
    return {MUG, LAMP}


def a_product_goes(changed: Shop) -> set[str]:
    changed["products"].pop()
    changed["product_offers"].pop()
    changed["reviews"] = [row for row in changed["reviews"] if row.get("offer_id") != "offer/9"]
    changed["interactions"] = [row for row in changed["interactions"] if row.get("offer_id") != "offer/9"]
    return {STUB}


def a_new_order(changed: Shop) -> set[str]:
    order = changed["interactions"][0]
    changed["interactions"].append(
        order | {"interaction_id": "interaction/new", "record_id": "new", "offer_id": "offer/4", "shopper_id": BOB}
    )
    return {LAMP}


def another_category_use(changed: Shop) -> set[str]:
    """A review without a product: it is of no product that anything changes, and the category's edge must follow."""
    changed["need_mentions"][1]["need"] = "hiking"
    return set()


@pytest.fixture(scope="module")
def before(spark: SparkSession) -> dict[str, DataFrame]:
    return {name: frame.persist() for name, frame in graph_of(spark, shop()).items()}


@pytest.mark.parametrize("change", [another_brand, an_offer_moves, a_product_goes, a_new_order, another_category_use])
def test_what_is_made_for_products_takes_the_place_of_theirs(
    spark: SparkSession, before: dict[str, DataFrame], change: Any
) -> None:
    changed = shop()
    products = change(changed)
    keys = spark.createDataFrame([(product,) for product in products], "product_id string")
    anew, full = graph_of(spark, changed, keys), graph_of(spark, changed)
    old = owners.part(before, keys)
    moved = 0
    for name in TABLES:
        key = list(table(name).key)
        stays = before[name].join(old[name].select(key), on=key, how="left_anti")
        assert differing(table(name), stays.unionByName(anew[name]), full[name]).collect() == []
        moved += differing(table(name), before[name], full[name]).count()
    assert moved > 0


def test_only_edges_of_one_product_have_an_owner(before: dict[str, DataFrame]) -> None:
    owned = before["graph.edges"].withColumn("owner", owners.owner())
    found = {(row.relation, row.owner is not None) for row in owned.select("relation", "owner").distinct().collect()}
    assert found == {
        ("has_brand", True),
        ("has_value", True),
        ("offered_by", True),
        ("in_category", True),
        ("rated", True),
        ("bought", True),
        ("returned", True),
        ("mentions_aspect", True),
        ("used_by", True),
        ("used_by", False),
        ("used_for", False),
        ("broader", False),
    }
