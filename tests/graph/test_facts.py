"""graph.facts on a handful of records, with the graph written out by hand."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from kgspark.graph import facts
from kgspark.graph.facts_settings import FactsSettings
from kgspark.graph.ontology import load
from kgspark.night import Night
from kgspark.schema import table
from tests.builders import rows
from tests.graph.corner_shop import (
    ANN,
    ASPECT_MENTIONS,
    BOB,
    INTERACTIONS,
    LAMP,
    NEED_MENTIONS,
    OFFERS,
    PRODUCT_OFFERS,
    PRODUCTS,
    REVIEWS,
)
from tests.graph.corner_shop_texts import ATTRIBUTE_MENTIONS, VALUE_CONFLICTS

NIGHT = Night(date=datetime.date(2026, 1, 2), run_id="run-1")
CFG = FactsSettings()


SHOP = {
    "products": PRODUCTS,
    "product_offers": PRODUCT_OFFERS,
    "offers": OFFERS,
    "reviews": REVIEWS,
    "interactions": INTERACTIONS,
    "aspect_mentions": ASPECT_MENTIONS,
    "need_mentions": NEED_MENTIONS,
    "attribute_mentions": ATTRIBUTE_MENTIONS,
    "value_conflicts": VALUE_CONFLICTS,
}


def graph_of(
    spark: SparkSession, shop: Mapping[str, list[dict[str, Any]]], keys: DataFrame | None = None, shuffled: bool = False
) -> dict[str, DataFrame]:
    """The graph of a shop; tables that are not given are the corner shop's."""

    def frame(name: str, values: list[dict[str, Any]]) -> DataFrame:
        built = rows(spark, f"silver.{name}", values[::-1] if shuffled else values)
        return built.repartition(3) if shuffled else built

    tables = {name: frame(name, values) for name, values in (SHOP | dict(shop)).items()}
    return facts.build(*tables.values(), cfg=CFG, night=NIGHT, keys=keys)


@pytest.fixture(scope="module")
def graph(spark: SparkSession) -> dict[str, DataFrame]:
    return {name: frame.persist() for name, frame in graph_of(spark, SHOP).items()}


def test_nodes(graph: dict[str, DataFrame]) -> None:
    found = {(r.kind, r.label): (r.properties, r.text) for r in graph["graph.nodes"].collect()}
    assert found == {
        ("product", "Blue Mug"): ({"gtin": "04006381333931"}, "Blue Mug, Clay & Co, Mugs"),
        ("product", "Lamp"): ({}, "Lamp"),
        ("product", "north n9"): ({"stub": "true", "source": "north", "source_key": "n9"}, "north n9"),
        # One offer each: the smallest spelling in code points. "Claye" is refused.
        ("brand", "CLAY CO."): ({}, "CLAY CO."),
        ("brand", "Lumo"): ({}, "Lumo"),
        ("category", "Kitchen"): ({"path": "Kitchen", "depth": "1"}, "Kitchen"),
        ("category", "Mugs"): ({"path": "Kitchen > Mugs", "depth": "2"}, "Mugs, Kitchen"),
        ("category", "Pans"): ({"path": "Kitchen > Pans", "depth": "2"}, "Pans, Kitchen"),
        ("category", "Woks"): ({"path": "Kitchen > Pans > Woks", "depth": "3"}, "Woks, Kitchen > Pans"),
        ("attribute_value", "500 g"): ({"attribute": "weight", "number": "500", "unit": "g"}, "weight: 500 g"),
        ("attribute_value", "1000 g"): ({"attribute": "weight", "number": "1000", "unit": "g"}, "weight: 1000 g"),
        ("attribute_value", "Sky Blue"): ({"attribute": "colour"}, "colour: Sky Blue"),
        ("attribute_value", "Ceramic"): ({"attribute": "material"}, "material: Ceramic"),
        ("attribute_value", "40 W"): ({"attribute": "power", "number": "40", "unit": "W"}, "power: 40 W"),
        ("attribute_value", "10 x 5 cm"): ({"attribute": "dimensions"}, "dimensions: 10 x 5 cm"),
        ("seller", "North"): ({"source": "north"}, None),
        ("seller", "Pots4U"): ({"source": "south"}, None),
        ("shopper", "shopper 00000000"): ({}, None),
        ("aspect", "handle"): ({}, "handle"),
        ("concept", "mother"): ({}, "mother"),
        ("concept", "camping"): ({}, "camping"),
    }
    assert graph["graph.nodes"].count() == len(found) + 1  # two shoppers, whose test ids begin alike


def _named_edges(graph: dict[str, DataFrame]) -> dict[tuple[str, str, str], tuple[Any, ...]]:
    label = F.when(F.col("kind") == "shopper", F.col("node_id")).otherwise(F.col("label"))
    nodes = graph["graph.nodes"].select("node_id", label.alias("name"))
    ends = [nodes.toDF(side, f"{side}_name") for side in ("src", "dst")]
    edges = graph["graph.edges"].join(ends[0], on="src", how="inner").join(ends[1], on="dst", how="inner")
    return {
        (r.src_name, r.relation, r.dst_name): (r.weight, r.confidence, r.support, r.properties) for r in edges.collect()
    }


def test_edges(graph: dict[str, DataFrame]) -> None:
    assert _named_edges(graph) == {
        # Confidence: share of the sureness for it, times the surest record for it (catalogue_facts._agreed). Two offers
        # declare it, surely the mug's; of the third, 0.9 sure to be the mug, the title says so, 0.95 sure:
        # (1 + 1 + 0.855) / (1 + 1 + 0.855) x 1.
        ("Blue Mug", "has_brand", "CLAY CO."): (1.0, 1.0, 3, {}),
        ("Lamp", "has_brand", "Lumo"): (1.0, 0.96, 1, {"origin": "text"}),
        ("Blue Mug", "in_category", "Mugs"): (1.0, 1.0, 3, {}),
        ("Mugs", "broader", "Kitchen"): (1.0, 1.0, 3, {}),
        ("Pans", "broader", "Kitchen"): (1.0, 1.0, 1, {}),
        ("Woks", "broader", "Pans"): (1.0, 1.0, 1, {}),
        # The third offer, 0.9 sure to be the mug, declares 1 kg: 2 / 2.9 x 1, and 0.9 / 2.9 x 0.9.
        ("Blue Mug", "has_value", "500 g"): (1.0, 0.689655, 2, {}),
        ("Blue Mug", "has_value", "1000 g"): (1.0, 0.27931, 1, {}),
        # Declared once, and read once more, 0.95 x 0.9 sure: one more witness takes nothing away.
        ("Blue Mug", "has_value", "Sky Blue"): (1.0, 1.0, 2, {}),
        # Read alone: 0.92 and 0.95 sure, against 0.96 x 0.9 = 0.864 for porcelain: 1.87 / 2.734 x 0.95.
        ("Blue Mug", "has_value", "Ceramic"): (1.0, 0.649781, 2, {"origin": "text"}),
        ("Lamp", "has_value", "40 W"): (1.0, 0.9, 1, {"origin": "text"}),
        ("Lamp", "has_value", "10 x 5 cm"): (1.0, 0.95, 1, {"origin": "text"}),
        ("Lamp", "has_value", "Sky Blue"): (1.0, 1.0, 1, {}),
        ("Blue Mug", "offered_by", "North"): (1.0, 1.0, 1, {"price_min": "7.5", "price_max": "7.5", "currency": "EUR"}),
        ("Blue Mug", "offered_by", "Pots4U"): (1.0, 1.0, 2, {}),  # 6.90 EUR and 8 of an unknown currency: not compared
        ("Lamp", "offered_by", "North"): (1.0, 1.0, 1, {}),
        (ANN, "rated", "Blue Mug"): (0.75, 1.0, 2, {"rating": "0.5", "ratings": "2"}),
        (BOB, "bought", "Blue Mug"): (3.0, 1.0, 2, {}),  # two pieces, and a record without a quantity
        (BOB, "returned", "Blue Mug"): (1.0, 1.0, 1, {}),
        ("Blue Mug", "used_by", "mother"): (1.0, 0.95, 1, {}),
        ("Mugs", "used_by", "mother"): (1.0, 0.95, 1, {}),
        ("Woks", "used_for", "camping"): (1.0, 0.95, 1, {}),
        # Two of three mentions praise; offer 3 is 0.9 sure to be the mug, so all three are equally sure: longest first.
        ("Blue Mug", "mentions_aspect", "handle"): (
            3.0,
            0.9,
            2,
            {
                "positive": "2",
                "negative": "1",
                "polarity": "0.3333",
                "quote_1": "Its handle is rough.",
                "quote_2": "The handle is solid.",
                "quote_3": "A good grip.",
            },
        ),
    }


def test_evidence_points_at_the_field(graph: dict[str, DataFrame]) -> None:
    edges = graph["graph.edges"].select("edge_id", "relation", "src")
    said = graph["graph.evidence"].join(edges, on="edge_id", how="inner")
    found = {
        (r.relation, r.record_id): (r.bronze_table, r.field, r.begin, r.end)
        for r in said.where((F.col("src") != LAMP) & (F.col("extractor") != "lexicon")).collect()
    }
    catalogue, reviews, till = "bronze.catalog_records", "bronze.review_records", "bronze.interaction_records"
    assert found[("has_brand", "n1")] == (catalogue, "maker", 0, 9)
    assert found[("in_category", "n1")] == (catalogue, "level1+level2", None, None)
    assert found[("has_value", "n1")] == (catalogue, "wt", 2, 8)
    assert found[("offered_by", "s1")] == (catalogue, "shop", 0, 6)
    assert found[("offered_by", "n1")] == (catalogue, "*", None, None)  # a seller that the source's YAML fixes
    assert found[("broader", "t4")] == (reviews, "cat", 0, 20)
    assert found[("rated", "t2")] == (reviews, "stars", 0, 1)
    assert found[("used_by", "n1")] == (catalogue, "name", 9, 15)
    assert found[("used_for", "t4")] == (reviews, "words", 4, 11)
    assert found[("mentions_aspect", "t2")] == (reviews, "words", 4, 10)
    assert found[("bought", "i1")] == (till, "sku", 0, 2)


def test_values_read_in_texts_say_where(graph: dict[str, DataFrame]) -> None:
    nodes = graph["graph.nodes"].select(F.col("node_id").alias("dst"), "label")
    said = (
        graph["graph.evidence"]
        .where(F.col("extractor") != "declared")
        .join(graph["graph.edges"].select("edge_id", "relation", "dst"), on="edge_id", how="inner")
    )
    found = sorted(
        (r.label, r.record_id, r.extractor, r.begin, r.end, r.confidence)
        for r in said.where(F.col("relation").isin("has_brand", "has_value"))
        .join(nodes, on="dst", how="inner")
        .collect()
    )
    assert found == [
        ("10 x 5 cm", "n2", "pattern:size", 0, 4, 0.95),
        ("40 W", "n2", "pattern:quantity", 5, 9, 0.9),
        ("CLAY CO.", "s2", "lexicon", 0, 4, 0.855),
        ("Ceramic", "n1", "lexicon", 0, 4, 0.92),
        ("Ceramic", "s1", "lexicon", 0, 4, 0.95),
        ("Lumo", "n2", "lexicon", 0, 4, 0.96),
        ("Sky Blue", "s1", "own_value", 9, 17, 0.97),
        ("Sky Blue", "s2", "lexicon", 0, 4, 0.855),
    ]


def test_keys_references_and_ontology_hold(graph: dict[str, DataFrame]) -> None:
    for name, key in (("graph.nodes", "node_id"), ("graph.edges", "edge_id"), ("graph.evidence", "evidence_id")):
        assert graph[name].columns == table(name).column_names
        assert graph[name].count() == graph[name].select(key).distinct().count()
    kinds = {r.node_id: r.kind for r in graph["graph.nodes"].collect()}
    edges = graph["graph.edges"].collect()
    for edge in edges:
        relation = load().relations[edge.relation]
        assert kinds[edge.src] in relation.domain
        assert kinds[edge.dst] in relation.range_
    assert {r.edge_id for r in graph["graph.evidence"].collect()} == {edge.edge_id for edge in edges}


def test_same_rows_whatever_the_order(graph: dict[str, DataFrame], spark: SparkSession) -> None:
    again = graph_of(spark, SHOP, shuffled=True)
    for name, frame in graph.items():
        assert sorted(map(str, again[name].collect())) == sorted(map(str, frame.collect()))
