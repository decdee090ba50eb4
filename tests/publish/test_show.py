"""A node as a person reads it: found by text, its facts, and the very words each was read from."""

from __future__ import annotations

import datetime
import json

import pytest
from pyspark.sql import SparkSession

from kgspark.errors import InputError
from kgspark.lake.tables import Lake
from kgspark.publish.render import node_lines
from kgspark.publish.show import find, view, words
from kgspark.releases import register
from kgspark.releases.register import KnowledgeGraph
from tests.builders import rows

KETTLE, LAMP, ACME = "product/00000000000000aa", "product/00000000000000bb", "brand/00000000000000cc"
RECORDS = "bronze.catalog_records"


@pytest.fixture(scope="module")
def kg(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> KnowledgeGraph:
    """A kettle and a lamp; the kettle is made by Acme, as a shop's record says."""
    lake = Lake(spark, str(tmp_path_factory.mktemp("lake")))
    nodes = [
        {"node_id": KETTLE, "kind": "product", "label": "Acme Kettle"},
        {"node_id": LAMP, "kind": "product", "label": "Lamp by acme"},
        {"node_id": ACME, "kind": "brand", "label": "Acme"},
    ]
    edge = {"edge_id": "edge/1", "src": KETTLE, "dst": ACME, "relation": "has_brand", "confidence": 1.0, "support": 1}
    place = {"edge_id": "edge/1", "source": "shop", "bronze_table": RECORDS, "record_id": "7", "field": "maker"}
    reading = {**place, "begin": 1, "end": 5, "extractor": "brand", "extractor_version": "1", "confidence": 1.0}
    record = {"source": "shop", "record_id": "7", "payload": json.dumps({"maker": "<Acme>", "name": "Kettle"})}
    metrics = [{"node_id": n["node_id"], "pagerank": 0.3} for n in nodes]
    frames = {
        "graph.nodes": nodes,
        "graph.edges": [edge],
        "graph.evidence": [reading],
        "graph.node_metrics": metrics,
        RECORDS: [record],
    }
    versions = {name: lake.overwrite(name, rows(spark, name, made), "t").version for name, made in frames.items()}
    row = {"release_id": "r1", "night": datetime.date(2026, 1, 2), "run_id": "run", "action": "release"}
    row |= {"tables": versions, "artifacts": {}, "config_hash": "c", "code_version": "0", "licences": {}}
    return KnowledgeGraph(lake, register.publish(lake, row, []))


def test_the_closest_label_comes_first(kg: KnowledgeGraph) -> None:
    assert [row["label"] for row in find(kg, "ACME")] == ["Acme", "Acme Kettle", "Lamp by acme"]
    assert [row["label"] for row in find(kg, LAMP)] == ["Lamp by acme"]


def test_a_fact_is_followed_to_the_words_in_the_raw_record(kg: KnowledgeGraph) -> None:
    node = view(kg, "kettle")
    [fact] = node.facts
    assert (node.node_id, fact.relation, fact.outgoing, fact.other_label) == (KETTLE, "has_brand", True, "Acme")
    assert [(r.source, r.record_id, r.field, r.words) for r in fact.readings] == [("shop", "7", "maker", "Acme")]
    [seen_from_brand] = view(kg, ACME).facts
    assert (seen_from_brand.outgoing, seen_from_brand.other_label) == (False, "Acme Kettle")
    text = "\n".join(node_lines(node))
    assert "-- has_brand -> [bold]Acme[/bold]" in text
    assert 'read in shop record 7 maker[1:5] "Acme" by brand' in text


def test_no_match_says_so(kg: KnowledgeGraph) -> None:
    with pytest.raises(InputError, match="has no node whose id or label holds 'teapot'"):
        view(kg, "teapot")


def test_words_are_counted_in_code_points() -> None:
    # A character outside the basic plane is one code point (two UTF-16 units), a combining accent is one of its own.
    payload = json.dumps({"t": "\U0001f600 cafe\u0301 au lait"})
    assert words(payload, "t", 2, 7) == "cafe\u0301"
    assert words(payload, "gone", 0, 1) is None
    assert words(None, "t", 0, 1) is None
