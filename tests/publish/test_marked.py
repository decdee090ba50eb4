"""An offer with its readings marked: found by id or record, spans where they belong, conflicts said, as a page too."""

from __future__ import annotations

import datetime

import pytest
from pyspark.sql import SparkSession

from kgspark.errors import InputError
from kgspark.lake.tables import Lake
from kgspark.publish.marked import lines, marked
from kgspark.publish.marked_page import marked_text, page
from kgspark.releases import register
from kgspark.releases.register import KnowledgeGraph
from tests.builders import rows

OFFER = {
    "offer_id": "offer/1",
    "source": "shop",
    "record_id": "7",
    "title": "\U0001f375 Tea 250 g",
    "description": "<script>alert('Green')</script>",
}
PLACE = {"offer_id": "offer/1", "source": "shop", "record_id": "7", "extractor": "pattern:quantity", "confidence": 0.9}
MENTIONS = [
    {"mention_id": "mention/1", "column": "title", "text_begin": 6, "text_end": 11, "field": "name",
     "begin": 8, "end": 14, "attribute": "weight", "text": "250 g", "value": "250 g"},
    {"mention_id": "mention/2", "column": "attributes.weight", "text_begin": 0, "text_end": 5, "field": "w",
     "attribute": "weight", "text": "25 kg", "value": "25000 g"},
]  # fmt: skip
CONFLICT = {
    "conflict_id": "conflict/1", "mention_id": "mention/2", "offer_id": "offer/1", "attribute": "weight",
    "declared": "25 kg", "reasons": ["text"], "repair": "250 g", "repair_from": "text", "confidence": 0.9,
    "refused": True,
}  # fmt: skip


@pytest.fixture(scope="module")
def kg(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> KnowledgeGraph:
    lake = Lake(spark, str(tmp_path_factory.mktemp("lake")))
    frames = {
        "silver.offers": [OFFER],
        "silver.attribute_mentions": [PLACE | mention for mention in MENTIONS],
        "silver.value_conflicts": [CONFLICT],
    }
    versions = {name: lake.overwrite(name, rows(spark, name, made), "t").version for name, made in frames.items()}
    row = {"release_id": "r1", "night": datetime.date(2026, 1, 2), "run_id": "run", "action": "release"}
    row |= {"tables": versions, "artifacts": {}, "config_hash": "c", "code_version": "0", "licences": {}}
    return KnowledgeGraph(lake, register.publish(lake, row, []))


def test_the_offer_is_shown_with_its_readings(kg: KnowledgeGraph) -> None:
    seen = marked(kg, "offer/1")
    assert marked(kg, "shop:7") == seen
    shown = lines(seen)
    said = [line.plain for line in shown]
    assert said[0] == "offer/1  shop:7"
    (title,) = [line for line in shown if line.plain == OFFER["title"]]
    assert [(span.start, span.end) for span in title.spans] == [(6, 11)]
    assert any(line.startswith("weight") and line.endswith("title, raw name[8:14]") for line in said)
    assert any(line.endswith("attributes.weight, raw w") for line in said)
    assert said[-1] == ("refused 0.90: weight declared as '25 kg', against it text, probably 250 g (from text)")


def test_an_unknown_offer_is_wrong_input(kg: KnowledgeGraph) -> None:
    with pytest.raises(InputError, match="no offer offer/2"):
        marked(kg, "offer/2")


def test_the_page_marks_spans_and_escapes_what_shops_wrote(kg: KnowledgeGraph) -> None:
    shown = page(marked(kg, "offer/1"))
    assert 'data-name="weight">250 g</mark></p>' in shown
    assert "\U0001f375 Tea <mark" in shown
    assert "&lt;script&gt;alert(&#x27;Green&#x27;)&lt;/script&gt;" in shown
    assert "<script" not in shown
    assert "name[8:14]" in shown
    assert "weight declared as &#x27;25 kg&#x27;" in shown
    # Nothing is fetched from anywhere.
    assert "http://" not in shown
    assert "https://" not in shown


def test_of_overlapping_spans_the_first_is_marked() -> None:
    spans = [(0, 3), (2, 5), (5, 6)]
    mentions = [{"attribute": "a&b", "text_begin": begin, "text_end": end} for begin, end in spans]
    shown = marked_text("ab<de>", mentions, {"a&b": 90})
    mark = '<mark style="background:hsl(90,80%,85%)" data-name="a&amp;b">'
    assert shown == f"{mark}ab&lt;</mark>de{mark}&gt;</mark>"
