"""Facts to judge: drawn by hash and stratum, told with their words; judgements weighted by the strata's sizes."""

from __future__ import annotations

import csv
import datetime
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from kgspark.errors import InputError
from kgspark.lake.tables import Lake
from kgspark.publish import audit_sheet
from kgspark.publish.audit_precision import lines, precision, wilson
from kgspark.publish.audit_sample import READINGS, Drawn, allocate, draw
from kgspark.publish.audit_sheet import Judged
from kgspark.releases import register
from kgspark.releases.register import KnowledgeGraph
from tests.builders import rows

RECORDS, REVIEWS = "bronze.catalog_records", "bronze.review_records"
KETTLE, ACME, LID = "product/1", "brand/1", "aspect/1"


def _edges(count: int) -> list[dict[str, Any]]:
    made = {"src": KETTLE, "dst": ACME, "relation": "has_brand", "confidence": 0.9, "support": 1}
    return [{"edge_id": f"edge/{n}", **made} for n in range(count)]


@pytest.fixture(scope="module")
def kg(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> KnowledgeGraph:
    """Twenty brand edges, one seller's, an opinion with an address beside it, and one reading in an offer."""
    opinion = {"edge_id": "edge/o", "src": KETTLE, "dst": LID, "relation": "mentions_aspect", "support": 1}
    sold = {"edge_id": "edge/s", "src": KETTLE, "dst": "seller/1", "relation": "offered_by", "support": 1}
    maker = {"source": "shop", "bronze_table": RECORDS, "record_id": "7", "field": "maker", "begin": 0, "end": 4}
    word = {"source": "says", "bronze_table": REVIEWS, "record_id": "r", "field": "text", "begin": 6, "end": 9}
    evidence = [
        {"evidence_id": f"evidence/{n}", "edge_id": f"edge/{n}", "extractor": "declared", "confidence": 0.9, **maker}
        for n in range(20)
    ]
    evidence += [
        {"evidence_id": "evidence/x", "edge_id": "edge/0", "extractor": "lexicon", "confidence": 1.0, **maker},
        {"evidence_id": "evidence/o", "edge_id": "edge/o", "extractor": "opinion:bare", **word},
        {"evidence_id": "evidence/s", "edge_id": "edge/s", "extractor": "declared", **maker},
    ]
    place = {name: word[name] for name in ("source", "record_id", "field", "begin", "end")}
    frames: dict[str, list[dict[str, Any]]] = {
        "graph.nodes": [
            {"node_id": KETTLE, "kind": "product", "label": "=Kettle"},
            {"node_id": ACME, "kind": "brand", "label": "Acme"},
            {"node_id": LID, "kind": "aspect", "label": "lid"},
        ],
        "graph.edges": [*_edges(20), opinion, sold],
        "graph.evidence": evidence,
        "silver.offers": [{"offer_id": "offer/1", "title": "Kettle 2 l"}],
        "silver.attribute_mentions": [
            {"mention_id": "mention/1", "offer_id": "offer/1", "source": "shop", "record_id": "7", "field": "name",
             "begin": 7, "end": 10, "attribute": "water_volume", "value": "2000 ml", "extractor": "pattern:quantity"},
            {"mention_id": "mention/2", "offer_id": "offer/1", "extractor": "field"},
        ],
        "silver.aspect_mentions": [
            {"mention_id": "mention/3", **place, "extractor": "opinion:bare", "aspect": "lid", "polarity": -1,
             "opinion": "tight", "denied": True}
        ],
        RECORDS: [{"source": "shop", "record_id": "7", "payload": json.dumps({"maker": "Acme", "name": "Kettle 2 l"})}],
        REVIEWS: [{"source": "says", "record_id": "r", "payload": json.dumps({"text": "A bad lid, ask me@shop.org"})}],
    }  # fmt: skip
    lake = Lake(spark, str(tmp_path_factory.mktemp("lake")))
    versions = {name: lake.overwrite(name, rows(spark, name, made), "t").version for name, made in frames.items()}
    row = {"release_id": "r1", "night": datetime.date(2026, 1, 2), "run_id": "run", "action": "release"}
    row |= {"tables": versions, "artifacts": {}, "config_hash": "c", "code_version": "0", "licences": {}}
    return KnowledgeGraph(lake, register.publish(lake, row, []))


def test_every_kind_of_fact_is_drawn_and_told(kg: KnowledgeGraph) -> None:
    drawn = draw(kg, 6, seed=7)
    assert [(d.relation, d.extractor, d.stratum_size) for d in drawn] == [
        *[("has_brand", "declared", 20)] * 4,
        ("mentions_aspect", "opinion:bare", 1),
        (READINGS, "pattern:quantity", 1),
    ]
    brand, opinion, reading = drawn[0], drawn[-2], drawn[-1]
    assert (brand.fact, brand.text) == ("=Kettle -- has brand -> Acme", "[[Acme]]")
    assert opinion.fact == "=Kettle -- mentions aspect -> lid (blamed: not tight)"
    assert opinion.text == "A bad [[lid]], ask [email]"
    assert reading.fact == "Kettle 2 l -- attribute mentions -> water volume: 2000 ml"
    assert reading.text == "Kettle [[2 l]]"


def test_what_sources_declare_can_be_left_out(kg: KnowledgeGraph) -> None:
    drawn = draw(kg, 6, 7, from_texts=True)
    assert [(d.relation, d.extractor) for d in drawn] == [
        ("mentions_aspect", "opinion:bare"),
        (READINGS, "pattern:quantity"),
    ]
    with pytest.raises(InputError, match="no fact read in texts of has_brand"):
        draw(kg, 6, 7, ["has_brand"], from_texts=True)


def test_a_seed_draws_the_same_facts_and_another_seed_others(kg: KnowledgeGraph) -> None:
    asked = ["has_brand"]
    first = [d.item_id for d in draw(kg, 5, 7, asked)]
    assert first == [d.item_id for d in draw(kg, 5, 7, asked)]
    assert first != [d.item_id for d in draw(kg, 5, 8, asked)]
    assert len(set(first)) == 5
    with pytest.raises(InputError, match="no relation"):
        draw(kg, 5, 7, ["has_color"])
    with pytest.raises(InputError, match="no fact of used_for"):
        draw(kg, 5, 7, ["used_for"])


def test_no_stratum_gives_more_than_it_has() -> None:
    sizes = {("a", "x"): 2, ("a", "y"): 10_000, ("b", "z"): 3}
    assert allocate(sizes, 20) == {("a", "x"): 1, ("a", "y"): 16, ("b", "z"): 3}
    assert allocate(sizes, 1) == {("a", "x"): 0, ("a", "y"): 1, ("b", "z"): 0}
    assert allocate(sizes, 1_000_000) == sizes


FACT = Drawn(
    "edge/1", "has_brand", "declared", 20, "=Kettle -- has brand -> Acme", "[[顶]]", 0.9, "shop", "-7", "m", 0, 4
)


def test_a_sheet_comes_back_with_its_judgements(tmp_path: Path) -> None:
    sheet = tmp_path / "audit.csv"
    audit_sheet.write(sheet, [FACT, replace(FACT, item_id="edge/2")], "r1")
    with pytest.raises(InputError, match="may hold judgements"):
        audit_sheet.write(sheet, [FACT], "r1")
    with sheet.open(encoding="utf-8-sig", newline="") as file:
        filled = list(csv.DictReader(file))
    # No cell of ours is a formula to a spreadsheet.
    assert (filled[0]["fact"], filled[0]["record_id"], filled[0]["text"]) == ("'" + FACT.fact, "'-7", "[[顶]]")
    filled[0]["judgement"] = " Right"
    _write(sheet, filled)
    assert audit_sheet.read(sheet) == [
        Judged("has_brand", "declared", 20, "right"),
        Judged("has_brand", "declared", 20, None),
    ]
    for change, message in (
        ({"judgement": "maybe"}, "row 3: 'maybe' is no judgement"),
        ({"item_id": "edge/1"}, "row 3: edge/1 is there twice"),
        ({"release_id": "r2"}, "mixes the releases r1, r2"),
        ({"stratum_size": ""}, "row 3: stratum_size '' is no number"),
    ):
        _write(sheet, [filled[0], filled[1] | change])
        with pytest.raises(InputError, match=message):
            audit_sheet.read(sheet)
    sheet.write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match="lacks the column judgement"):
        audit_sheet.read(sheet)


def test_precision_weighs_strata_by_their_facts() -> None:
    judged = [Judged("has_value", "declared", 900, "right")] * 9 + [Judged("has_value", "declared", 900, "unsure")]
    judged += [Judged("has_value", "lexicon", 100, answer) for answer in ("right", "wrong")]
    judged += [Judged("has_value", "reader", 1000, None)]
    whole, declared, lexicon, reader = precision(judged)
    assert (whole.facts, whole.judged, whole.right, whole.unsure, whole.covered) == (2000, 11, 10, 1, 0.5)
    assert whole.precision == pytest.approx(0.9 * 1.0 + 0.1 * 0.5)
    # Kish: 1 / (.9^2 / 9 + .1^2 / 2) = 10.53 judgements are left of eleven.
    assert (whole.low, whole.high) == pytest.approx(wilson(0.95, 1 / (0.81 / 9 + 0.01 / 2)))
    assert (declared.precision, lexicon.precision, reader.precision) == (1.0, 0.5, None)
    assert lines([whole, reader])[1].endswith("of 50% of the facts; the rest is not judged")
    with pytest.raises(InputError, match="no judgement"):
        precision([Judged("has_value", "reader", 1000, None)])
    with pytest.raises(InputError, match="disagree on stratum_size"):
        precision([Judged("a", "x", 1, "right"), Judged("a", "x", 2, "right")])


def test_the_interval_is_wilsons() -> None:
    # R: prop.test(81, 263, correct = FALSE), Newcombe's example (Statistics in Medicine 1998).
    assert wilson(81 / 263, 263) == pytest.approx((0.2553, 0.3662), abs=1e-4)
    assert wilson(0.0, 20) == pytest.approx((0.0, 0.1611), abs=1e-4)


def _write(path: Path, filled: list[dict[str, Any]]) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        sheet = csv.DictWriter(file, audit_sheet.COLUMNS)
        sheet.writeheader()
        sheet.writerows(filled)
