"""Declared values against text, other offers and category: reasons, repairs, refusals."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from kgspark.night import Night
from kgspark.reconcile import conflicts
from kgspark.reconcile.settings import ReconcileSettings
from tests.builders import rows

NIGHT = Night(date=datetime.date(2026, 1, 2), run_id="run-1")
CFG = ReconcileSettings(min_category_offers=4)
# offer, product, attribute, extractor, value, number, unit, confidence
SAID: list[tuple[str, str, str, str, str, str | None, str | None, float]] = [
    # Three shops say 350 g, the fourth 35 kg, and its own title 350 g.
    ("o1", "mug", "weight", "field", "350 g", "350", "g", 0.95),
    ("o2", "mug", "weight", "field", "355 g", "355", "g", 0.95),  # rounding is no conflict
    ("o3", "mug", "weight", "field", "350 g", "350", "g", 0.95),
    ("o4", "mug", "weight", "field", "35000 g", "35000", "g", 0.95),
    ("o4", "mug", "weight", "pattern:quantity", "350 g", "350", "g", 0.92),
    # Sky blue is blue; one shop's red stands alone against one other's blue: no reason.
    ("o1", "mug", "colour", "field", "sky blue", None, None, 0.95),
    ("o1", "mug", "colour", "lexicon", "Blue", None, None, 0.9),
    ("o2", "mug", "colour", "field", "red", None, None, 0.95),
    # The text says two colours, one of them the declared one: no reason.
    ("o5", "pot", "colour", "field", "black", None, None, 0.95),
    ("o5", "pot", "colour", "lexicon", "red", None, None, 0.9),
    ("o5", "pot", "colour", "lexicon", "black", None, None, 0.9),
    # The text alone.
    ("o6", "cup", "colour", "field", "green", None, None, 0.95),
    ("o6", "cup", "colour", "lexicon", "white", None, None, 0.85),
    ("o6", "cup", "colour", "lexicon", "Yellow", None, None, 0.7),  # not sure enough to count
    # Another unit is another question.
    ("o5", "pot", "size", "field", "500 ml", "500", "ml", 0.95),
    ("o5", "pot", "size", "pattern:quantity", "20 cm", "20", "cm", 0.9),
]


def _built(spark: SparkSession, turned: bool = False) -> DataFrame:
    said = list(enumerate(SAID))[:: -1 if turned else 1]
    mentions = [
        {
            "mention_id": f"mention/{n:02}", "offer_id": offer, "attribute": attribute, "extractor": extractor,
            "value": value, "text": value.upper(), "number": number, "unit": unit, "confidence": confidence,
        }
        for n, (offer, _, attribute, extractor, value, number, unit, confidence) in said
    ]  # fmt: skip
    members = sorted({(offer, product) for offer, product, *_ in SAID})
    offers = rows(
        spark, "silver.offers", [{"offer_id": o, "title": o, "category_path": ["Kitchen"]} for o, _ in members]
    )
    product_offers = rows(spark, "silver.product_offers", [{"offer_id": o, "product_id": p} for o, p in members])
    read = rows(spark, "silver.attribute_mentions", mentions)
    frames = [frame.repartition(3) if turned else frame for frame in (offers, product_offers, read)]
    return conflicts.build(*frames, cfg=CFG, night=NIGHT)["silver.value_conflicts"]


@pytest.fixture(scope="module")
def found(spark: SparkSession) -> dict[tuple[str, str], dict[str, Any]]:
    return {(r.offer_id, r.attribute): r.asDict() for r in _built(spark).collect()}


def test_only_contradicted_values_are_listed(found: dict[tuple[str, str], dict[str, Any]]) -> None:
    assert sorted(found) == [("o4", "weight"), ("o6", "colour")]


def test_three_reasons_refuse_a_value(found: dict[tuple[str, str], dict[str, Any]]) -> None:
    row = found["o4", "weight"]
    assert (row["declared"], row["value"]) == ("35000 G", "35000 g")
    assert row["reasons"] == ["text", "offers", "category"]
    assert (row["text_value"], row["text_mention_id"], row["text_confidence"]) == ("350 g", "mention/04", 0.92)
    assert (row["others_value"], row["others"], row["others_share"]) == ("350 g", 2, 0.5)
    assert row["times_usual"] == pytest.approx(35000 / 352.5, abs=1e-6)  # of 350, 350, 355, 35000
    # 1 - (1 - .92)(1 - .9 x .5)(1 - .5)
    assert row["confidence"] == pytest.approx(1 - 0.08 * 0.55 * 0.5)
    assert (row["repair"], row["repair_from"], row["refused"]) == ("350 g", "offers", True)


def test_a_text_alone_is_a_doubt(found: dict[tuple[str, str], dict[str, Any]]) -> None:
    row = found["o6", "colour"]
    assert (row["reasons"], row["repair"], row["repair_from"]) == (["text"], "white", "text")
    assert (row["confidence"], row["refused"]) == (0.85, False)


def test_same_rows_whatever_the_order(spark: SparkSession) -> None:
    assert sorted(map(str, _built(spark, turned=True).collect())) == sorted(map(str, _built(spark).collect()))
