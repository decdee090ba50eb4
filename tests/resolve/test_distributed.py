"""Over partitions the method gives what it gives in one process."""

from __future__ import annotations

import datetime
from types import SimpleNamespace
from typing import Any

import pytest
from pyspark.sql import SparkSession

from kgspark.night import Night
from kgspark.resolve import counting, distributed, grid, matcher, matching
from kgspark.resolve.cluster import DIFFERENT, SAME
from kgspark.resolve.offers import listed
from kgspark.resolve.settings import ResolveSettings
from tests.builders import rows
from tests.resolve import worlds

CFG = ResolveSettings(min_winners=30, engine="driver", candidates=4)
SHOPS: Any = SimpleNamespace(name="shops", emits=SimpleNamespace(catalogue=SimpleNamespace(unique=True)))
NIGHT = Night(date=datetime.date(2026, 1, 2), run_id="run-1", sources=(SHOPS,))


def _offers(spark: SparkSession, products: int, reverse: bool = False, doubles: int = 0) -> tuple[list[str], object]:
    """Two shops; of the first ``doubles`` offers their sellers have another one that says the same. Half of these, and
    their doubles, have one model number.
    """
    ids, sellers, titles, _ = worlds.two_shops(products)
    ids += [f"{name} again" for name in ids[:doubles]]
    sellers, titles = sellers + sellers[:doubles], titles + titles[:doubles]
    coded = {f"{name}{again}" for name in ids[: doubles // 2] for again in ("", " again")}
    values = [
        {"offer_id": i, "record_id": i, "source": "shops", "seller": s, "title": t}
        | ({"brand": "Acme", "mpn": "X-1000"} if i in coded else {})
        for i, s, t in zip(ids, sellers, titles, strict=True)
    ]
    return ids, rows(spark, "silver.offers", values[::-1] if reverse else values)


@pytest.mark.parametrize(("shards", "reverse"), [(1, False), (3, True)])
def test_partitions_agree_with_one_process(
    spark: SparkSession, monkeypatch: pytest.MonkeyPatch, shards: int, reverse: bool
) -> None:
    """The same pairs, verdicts and contributions, people's decisions obeyed, a code of too many ignored."""
    cfg = CFG.model_copy(update={"max_offers_per_mpn": 3})
    ids, offers = _offers(spark, 100, reverse, doubles=8)
    said = [("left/1", "right/2", SAME), ("left/3", "right/3", DIFFERENT)]
    decided = spark.createDataFrame(said, distributed.DECISIONS)
    one = matching.fit(offers, decided, cfg=cfg, night=NIGHT)
    whole = matching.build(offers, decided, cfg=cfg, night=NIGHT, fitted=one)["silver.offer_pairs"].collect()
    assert {row["verdict"] for row in whole} >= {"joined", "refused_person", "improbable"}
    again = [row for row in whole if "again" in row["left_offer_id"] + row["right_offer_id"]]
    assert again
    assert max(row["probability"] for row in again) <= 0.5
    assert not any("same_model" in str(row["contributions"]) for row in whole)
    number = len(ids)
    monkeypatch.setattr(grid.math, "ceil", lambda _: shards)
    parts = matching.Fit(one.matcher, one.once, one.decisions, number)
    found = matching.build(offers, decided, cfg=cfg, night=NIGHT, fitted=parts)["silver.offer_pairs"].collect()

    def readable(row: object) -> tuple[object, ...]:
        entries = [(e["kind"], e["what"], e["finding"], round(e["weight"], 9)) for e in row["contributions"]]
        return (*row[:2], round(row["probability"], 9), round(row["score"], 9), *row[4:7], entries)

    assert sorted(map(readable, found), key=str) == sorted(map(readable, whole), key=str)


def test_frequencies_over_partitions_are_those_of_one_process(spark: SparkSession) -> None:
    ids, offers = _offers(spark, 100)
    frame = listed(offers, []).repartition(3)
    counted = counting.frequencies(frame, len(ids))
    ids, sellers, titles, _ = worlds.two_shops(100)
    known = matcher.frequencies(worlds.build(ids, sellers, titles))
    assert counted.tokens == known.tokens
    for name in ("name", "text", "grams", "gram_df"):
        assert getattr(counted, name).tolist() == getattr(known, name).tolist()


def test_a_fit_on_a_sample_draws_whole_neighbourhoods(spark: SparkSession) -> None:
    ids, offers = _offers(spark, 400)
    frame = listed(offers, [])
    known = counting.frequencies(frame, len(ids))
    drawn = {row["offer_id"] for row in counting.neighbours(frame, known, 150, 200).collect()}
    again = counting.neighbours(frame.repartition(5), known, 150, 200).collect()
    assert len(drawn) == 200
    assert {row["offer_id"] for row in again} == drawn
    both = sum(1 for name in drawn if name.startswith("left/") and name.replace("left", "right") in drawn)
    listed_twice = sum(1 for name in ids if name.startswith("left/") and name.replace("left", "right") in ids)
    # A draw of single offers would keep a quarter as many of these pairs as it keeps offers, squared.
    assert both > 2 * listed_twice * (200 / len(ids)) ** 2


def test_offers_that_people_decided_on_are_learnt_from_wherever_they_lie(spark: SparkSession) -> None:
    ids, offers = _offers(spark, 400)
    frame = listed(offers, [])
    known = counting.frequencies(frame, len(ids))
    drawn = {row["offer_id"] for row in counting.neighbours(frame, known, 150, 200).collect()}
    asked = sorted(set(ids) - drawn)[:3]
    again = {row["offer_id"] for row in counting.neighbours(frame, known, 150, 200, [*asked, "gone"]).collect()}
    assert again == drawn | set(asked)
