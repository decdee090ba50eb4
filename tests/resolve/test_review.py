"""Which pairs people are asked about, in which order, and what they are told of each."""

from __future__ import annotations

import datetime
from typing import Any

from pyspark.sql import SparkSession

from kgspark.night import Night
from kgspark.resolve import decisions, review
from kgspark.resolve.settings import ResolveSettings
from tests.builders import rows

NIGHT = Night(date=datetime.date(2026, 1, 2), run_id="run-1")
CONTRIBUTIONS = [
    {"kind": "base", "what": "intercept", "finding": "", "weight": -4.0},
    {"kind": "token", "what": "ue49", "finding": "hit", "weight": 3.0},
    {"kind": "feature", "what": "code_conflict", "finding": "0.7", "weight": -2.0},
    {"kind": "token", "what": "black", "finding": "miss", "weight": -1.0},
    {"kind": "feature", "what": "name_cosine", "finding": "0.5", "weight": 0.5},
]


def _review(spark: SparkSession, said: list[tuple[str, str, float, str | None]], **settings: Any) -> list[Any]:
    pairs = [
        {"left_offer_id": one, "right_offer_id": other, "probability": p, "decision": decision}
        | {"verdict": "joined" if p >= 0.5 else "improbable", "contributions": CONTRIBUTIONS if one == "a" else []}
        for one, other, p, decision in said
    ]
    offers = [{"offer_id": n, "record_id": n, "seller": f"shop {n}", "title": n.upper()} for n in "abcdefghijk"]
    frames = rows(spark, "silver.offers", offers), rows(spark, "silver.offer_pairs", pairs[::-1])
    found = review.build(*frames, cfg=ResolveSettings(**settings), night=NIGHT)["silver.review_pairs"]
    return found.orderBy("place").collect()


SAID = [
    ("a", "b", 0.52, None),
    ("a", "c", 0.45, None),  # a second answer on a would teach less
    ("d", "e", 0.7, None),
    ("f", "g", 0.95, None),  # sure
    ("h", "i", 0.2, None),  # sure
    ("j", "k", 0.5, "same"),  # answered
]


def test_each_offer_is_asked_about_once_the_least_certain_first(spark: SparkSession) -> None:
    found = _review(spark, SAID)
    assert [(r.place, r.left_offer_id, r.right_offer_id, r.decision) for r in found] == [
        (1, "a", "b", None),
        (2, "d", "e", None),
    ]
    assert (found[0].left_seller, found[0].left_title, found[0].right_seller) == ("shop a", "A", "shop b")
    assert {*decisions.COLUMNS} <= {*found[0].asDict()}
    assert [r.left_offer_id for r in _review(spark, SAID, review_pairs=1)] == ["a"]
    assert _review(spark, SAID[3:]) == []


def test_a_person_reads_what_became_of_a_pair_and_what_speaks_for_and_against_it(spark: SparkSession) -> None:
    assert [row.why for row in _review(spark, SAID)] == [
        "joined: one product; for: 'ue49' in both, name cosine = 0.5; "
        "against: code conflict = 0.7, 'black' only in one",
        "joined: one product",
    ]
