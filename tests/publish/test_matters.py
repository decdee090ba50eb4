"""Which attributes matter in a category: coverage, entropy and pairs told apart, on four mugs."""

from __future__ import annotations

import datetime

import pytest
from pyspark.sql import SparkSession

from kgspark.errors import InputError
from kgspark.lake.tables import Lake
from kgspark.publish.matters import lines, matters
from kgspark.releases import register
from kgspark.releases.register import KnowledgeGraph
from tests.builders import rows

OFFERS = [{"offer_id": f"offer/{n}", "category_path": ["Kitchen", " Tea  Mugs"]} for n in range(4)]
SAID = [
    # Red, red, blue; the fourth says nothing. Its field goes before its title.
    ("0", "colour", "Red", "field", 0.95), ("0", "colour", "Blue", "lexicon", 0.99),
    ("1", "colour", "red", "lexicon", 0.95), ("2", "colour", "Blue", "field", 0.95),
    ("3", "colour", "Green", "lexicon", 0.5),
    # All are new.
    *[(str(n), "condition", "new", "field", 0.95) for n in range(4)],
    ("9", "colour", "Grey", "field", 0.95),
]  # fmt: skip


@pytest.fixture(scope="module")
def kg(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> KnowledgeGraph:
    names = ("attribute", "value", "extractor", "confidence")
    mentions = [
        {"mention_id": f"mention/{n}", "offer_id": f"offer/{offer}", **dict(zip(names, said, strict=True))}
        for n, (offer, *said) in enumerate(SAID)
    ]
    frames = {
        "silver.offers": [*OFFERS, {"offer_id": "offer/9", "category_path": ["Lamps"]}],
        "silver.attribute_mentions": mentions,
        "graph.nodes": [{"node_id": "category/1", "kind": "category", "label": "Tea Mugs"}],
    }
    lake = Lake(spark, str(tmp_path_factory.mktemp("lake")))
    versions = {name: lake.overwrite(name, rows(spark, name, made), "t").version for name, made in frames.items()}
    row = {"release_id": "r1", "night": datetime.date(2026, 1, 2), "run_id": "run", "action": "release"}
    row |= {"tables": versions, "artifacts": {}, "config_hash": "c", "code_version": "0", "licences": {}}
    return KnowledgeGraph(lake, register.publish(lake, row, []))


def test_what_tells_offers_apart_comes_first(kg: KnowledgeGraph) -> None:
    listed, (colour, condition) = matters(kg, "tea mugs", 0.9)
    assert listed == 4
    assert (colour.attribute, colour.declared, colour.read, colour.values) == ("colour", 0.5, 0.25, 2)
    # Two thirds red, one third blue: .918 bits; (3/4)^2 (1 - 4/9 - 1/9).
    assert (colour.entropy, colour.apart) == (0.918296, 0.25)
    assert colour.examples == ("Red", "Blue")
    assert (condition.attribute, condition.declared, condition.entropy, condition.apart) == ("condition", 1.0, 0.0, 0.0)
    assert lines("Tea Mugs", listed, [colour])[2].split() == [
        "colour",
        "50.0%",
        "25.0%",
        "2",
        "0.92",
        "25.0%",
        "Red,",
        "Blue",
    ]


def test_an_unknown_category_is_wrong_input(kg: KnowledgeGraph) -> None:
    with pytest.raises(InputError, match="did you mean Tea Mugs"):
        matters(kg, "tea mug", 0.9)
