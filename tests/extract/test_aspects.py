"""Stage extract.aspects: from reviews and their raw records to mentions, with a lexicon that they teach."""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from kgspark.errors import InputError
from kgspark.extract import aspects
from kgspark.extract.aspects_settings import AspectsSettings
from kgspark.night import Night
from kgspark.schema import table
from tests.builders import rows

NIGHT = Night(date=datetime.date(2026, 1, 2), run_id="run-1")
CFG = AspectsSettings(min_support=2)
# Record -> raw body, clean body, rating, language. The zip teaches "snagging", which no seed knows.
TEXTS: dict[str, tuple[str, str | None, float | None, str | None]] = {
    "r1": ("The <b>zip</b> is snagging.", "The zip is snagging.", 0.0, "en"),
    "r2": ("Its zip is really snagging, the zip is flimsy.",) * 2 + (0.0, "en"),
    "r3": ("The zip isn&#39;t snagging &amp; the zip is good.", "The zip isn't snagging & the zip is good.", 1.0, "en"),
    "r4": ("The zip is smooth. The zip is solid.", "The zip is smooth. The zip is solid.", 1.0, "en"),
    "r5": ("屏幕很好，但是做工一点也不好", "屏幕很好，但是做工一点也不好", 0.5, "zh"),
    "r6": ("Der Reißverschluss ist gut", "Der Reißverschluss ist gut", 1.0, None),
    "r7": ("", None, 1.0, "en"),
}  # fmt: skip


def _frames(spark: SparkSession, shuffled: bool = False) -> tuple[DataFrame, DataFrame, DataFrame]:
    reviews: list[dict[str, Any]] = []
    records: list[dict[str, Any]] = []
    for record, (raw, clean, rating, language) in TEXTS.items():
        origin = {"text": {"field": "body", "begin": 0, "end": len(raw)}} if clean else {}
        reviews.append(
            {"review_id": f"review/{record}", "source": "talk", "record_id": record, "offer_id": "offer/1",
             "text": clean, "rating": rating, "language": language, "origins": origin}
        )  # fmt: skip
        records.append({"source": "talk", "record_id": record, "payload": json.dumps({"body": raw})})
    offers = [{"offer_id": "offer/1", "source": "shop", "record_id": "p1", "title": "Tent", "category_path": ["Tents"]}]
    built = (
        rows(spark, "silver.reviews", reviews[::-1] if shuffled else reviews),
        rows(spark, "bronze.review_records", records),
        rows(spark, "silver.offers", offers),
    )
    return tuple(frame.repartition(3) for frame in built) if shuffled else built  # type: ignore[return-value]


@pytest.fixture(scope="module")
def fitted(spark: SparkSession) -> aspects.Fit:
    return aspects.fit(*_frames(spark), cfg=CFG, night=NIGHT)


@pytest.fixture(scope="module")
def mentions(spark: SparkSession, fitted: aspects.Fit) -> DataFrame:
    return aspects.build(*_frames(spark), cfg=CFG, night=NIGHT, fitted=fitted)[aspects.MENTIONS].persist()


def test_reviews_teach_the_lexicon(fitted: aspects.Fit) -> None:
    known = fitted.lexicons.by_language["en"]
    assert "zip" in known.aspects
    assert known.opinions["snagging"] < 0
    assert fitted.reviews == len(TEXTS) - 2  # one in a language that is not read, one without a text


def test_mentions(mentions: DataFrame) -> None:
    found = {
        (r.record_id, r.aspect, r.opinion): (r.polarity, r.denied)
        for r in mentions.where("extractor <> 'opinion:report'").collect()
    }
    assert found == {
        ("r1", "zip", "snagging"): (-1, False),
        ("r2", "zip", "snagging"): (-1, False),
        ("r2", "zip", "flimsy"): (-1, False),
        ("r3", "zip", "snagging"): (1, True),
        ("r3", "zip", "good"): (1, False),
        ("r4", "zip", "smooth"): (1, False),
        ("r4", "zip", "solid"): (1, False),
        ("r5", "screen", "好"): (1, False),
        ("r5", "workmanship", "不好"): (-1, False),
    }
    assert mentions.columns == table(aspects.MENTIONS).column_names
    assert mentions.select("mention_id").distinct().count() == len(found)


def test_places_lead_to_the_words_in_the_raw_record(mentions: DataFrame) -> None:
    for r in mentions.collect():
        raw, clean = TEXTS[r.record_id][:2]
        assert r.field == "body"
        assert raw[r.begin : r.end] == r.term == (clean or "")[r.text_begin : r.text_end]
        assert raw[r.opinion_begin : r.opinion_end] == r.opinion
        assert r.quote in (clean or "")


def test_same_rows_whatever_the_order(spark: SparkSession, fitted: aspects.Fit, mentions: DataFrame) -> None:
    frames = _frames(spark, shuffled=True)
    again = aspects.fit(*frames, cfg=CFG, night=NIGHT)
    assert again.lexicons.fingerprint == fitted.lexicons.fingerprint
    rebuilt = aspects.build(*frames, cfg=CFG, night=NIGHT, fitted=again)[aspects.MENTIONS]
    assert sorted(map(str, rebuilt.collect())) == sorted(map(str, mentions.collect()))


def test_lexicons_are_kept_and_checked(spark: SparkSession, fitted: aspects.Fit, tmp_path: Path) -> None:
    folder = fitted.save(str(tmp_path), "run-1")
    # To the last digit: a night that goes on with them must read as the one that learnt them.
    assert aspects.load(folder) == fitted.lexicons
    pinned = CFG.model_copy(update={"lexicon": folder})
    assert aspects.fit(*_frames(spark), cfg=pinned, night=NIGHT).lexicons.fingerprint == fitted.lexicons.fingerprint
    kept = aspects.fit(*_frames(spark), cfg=CFG, night=NIGHT, kept=folder)
    assert (kept.kept, kept.lexicons.fingerprint) == (folder, fitted.lexicons.fingerprint)
    reviews, *others = _frames(spark)
    half = aspects.fit(
        reviews.orderBy("review_id").limit(reviews.count() // 2), *others, cfg=CFG, night=NIGHT, kept=folder
    )
    assert half.kept is None
    (Path(folder) / "lexicons.json").write_text("{}")
    with pytest.raises(InputError, match="does not hold what its manifest says"):
        aspects.load(folder)
    with pytest.raises(InputError, match="is no opinions"):
        aspects.load(str(tmp_path / "none"))
