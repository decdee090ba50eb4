"""Retention by source: which records expire, what is kept beside them, and what a night counts and plans."""

from __future__ import annotations

import datetime
import json
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from kgspark.ingest import records
from kgspark.ingest.arrivals import Arrival, arrivals
from kgspark.ingest.framed import FRAMED_SCHEMA
from kgspark.ingest.settings import IngestSettings
from kgspark.ingest.sources import Source
from kgspark.night import Night
from tests.builders import rows

CATALOGUE, REVIEWS = "bronze.catalog_records", "bronze.review_records"
NIGHT = datetime.date(2026, 3, 11)
LONG_AGO, LATELY = datetime.date(2026, 2, 1), datetime.date(2026, 3, 10)
REVIEW = {"key": ["id"], "columns": {"text": "said", "reviewed_at": {"field": "day", "date_format": "dd/MM/yyyy"}}}


def source(name: str = "forum", **settings: Any) -> Source:
    described = {"name": name, "path": "x", "format": "csv", "emits": {"reviews": REVIEW}, "retention_days": 10}
    return Source.model_validate(described | settings)


def framed(spark: SparkSession, *payloads: dict[str, str], name: str = "forum") -> DataFrame:
    values = [(name, "f.csv", at, json.dumps(x), None, None) for at, x in enumerate(payloads)]
    return spark.createDataFrame(values, FRAMED_SCHEMA)


def held(spark: SparkSession, table: str, first_seen: datetime.date, *payloads: dict[str, str]) -> DataFrame:
    """Bronze of the last release, as ``records`` would have made it."""
    made = records.build(
        framed(spark, *payloads),
        *[rows(spark, name, []) for name in records.TABLES.values()],
        cfg=IngestSettings(),
        night=Night(first_seen, "run", (source(delivery="append", retention_days=None, emits=BOTH),), b"key"),
    )
    return made[table]


BOTH = {"reviews": REVIEW, "catalogue": {"key": ["id"], "columns": {"title": "said"}}}


def tonight(spark: SparkSession, raw: DataFrame, before: DataFrame, *sources: Source, table: str = REVIEWS) -> set[str]:
    """Ids of the records that are kept."""
    inputs = [before if name == table else rows(spark, name, []) for name in records.TABLES.values()]
    built = records.build(raw, *inputs, cfg=IngestSettings(), night=Night(NIGHT, "run", sources, b"key"))
    return {row["record_id"] for row in built[table].collect()}


def test_a_record_expires_by_the_time_that_it_states(spark: SparkSession) -> None:
    raw = framed(
        spark,
        {"id": "first day kept", "day": "01/03/2026"},
        {"id": "last day gone", "day": "28/02/2026"},
        {"id": "ahead", "day": "01/04/2026"},
        {"id": "epoch", "day": "01/01/1970"},
        {"id": "no time", "day": ""},
    )
    before = held(spark, REVIEWS, LATELY, {"id": "held, old", "day": "05/02/2026"}, {"id": "held", "day": "09/03/2026"})
    kept = {"first day kept", "ahead", "epoch", "no time", "held"}
    assert tonight(spark, raw, before, source(delivery="append")) == kept


def test_without_a_time_the_night_counts_that_first_brought_it_unless_it_is_still_delivered(
    spark: SparkSession,
) -> None:
    raw = framed(spark, {"id": "still there", "said": "x"}, {"id": "new", "said": "y"})
    old = held(spark, REVIEWS, LONG_AGO, {"id": "still there", "said": "x"}, {"id": "gone quiet", "said": "z"})
    young = held(spark, REVIEWS, LATELY, {"id": "young", "said": "z"})
    kept = tonight(spark, raw, old.unionByName(young), source(delivery="append"))
    assert kept == {"still there", "new", "young"}


def test_a_source_without_a_time_at_all_expires_by_its_nights(spark: SparkSession) -> None:
    untimed = {"reviews": {"key": ["id"], "columns": {"text": "said"}}}
    before = held(spark, REVIEWS, LONG_AGO, {"id": "old", "said": "x"})
    raw = framed(spark, {"id": "new", "said": "y"})
    assert tonight(spark, raw, before, source(delivery="append", emits=untimed)) == {"new"}


def test_what_a_snapshot_no_longer_holds_is_first_marked_and_expires_later(spark: SparkSession) -> None:
    raw = framed(spark, {"id": "new", "said": "y"})
    vanishes = held(spark, REVIEWS, LONG_AGO, {"id": "vanishes", "said": "x"})
    assert tonight(spark, raw, vanishes, source()) == {"vanishes", "new"}
    gone = vanishes.withColumn("deleted_at", F.lit(LATELY))
    assert tonight(spark, raw, gone, source()) == {"new"}
    # A delivery that did not come takes nothing away.
    away = source(on_missing="keep")
    assert tonight(spark, framed(spark, {"id": "z"}, name="blog"), vanishes, away, source("blog")) == {"vanishes", "z"}


def test_of_the_records_of_a_key_those_that_are_kept_compete_for_the_latest(spark: SparkSession) -> None:
    best = {"reviews": REVIEW | {"latest_by": "votes"}}
    raw = framed(
        spark,
        {"id": "a", "day": "05/02/2026", "votes": "9", "said": "old"},
        {"id": "a", "day": "09/03/2026", "votes": "1", "said": "young"},
    )
    assert tonight(spark, raw, held(spark, REVIEWS, LATELY), source(emits=best)) == {"a"}


def test_the_offer_made_of_a_review_goes_with_it_and_other_sources_keep_all(spark: SparkSession) -> None:
    old = {"id": "old", "said": "x", "day": "05/02/2026"}
    assert (
        tonight(spark, framed(spark, old), held(spark, CATALOGUE, LATELY), source(emits=BOTH), table=CATALOGUE) == set()
    )
    # Of an offer that no review dates nobody knows how old it is.
    undated = held(spark, CATALOGUE, LONG_AGO, {"id": "undated", "said": "x"})
    everything = source(emits=BOTH, delivery="append")
    assert tonight(spark, framed(spark, old), undated, everything, table=CATALOGUE) == {"undated"}
    keeps = source("blog", retention_days=None)
    raw = framed(spark, old, name="blog")
    assert tonight(spark, raw, held(spark, REVIEWS, LATELY, old), source(), keeps) == {"old"}
    assert tonight(spark, raw, held(spark, REVIEWS, LATELY, old), source(retention_days=None), keeps) == {"old"}


def test_what_expired_did_not_vanish(spark: SparkSession) -> None:
    before = held(
        spark,
        REVIEWS,
        LONG_AGO,
        {"id": "expires", "day": "05/02/2026"},
        {"id": "vanishes", "day": "09/03/2026"},
        {"id": "stays, undated"},
    )
    raw = framed(spark, {"id": "stays, undated"}, {"id": "comes too late", "day": "05/02/2026"})
    night = Night(NIGHT, "run", (source(),), b"key")
    empty = {name: rows(spark, name, []) for name in records.TABLES.values()}
    after = records.build(raw, *(empty | {REVIEWS: before}).values(), cfg=IngestSettings(), night=night)
    assert arrivals({REVIEWS: (before, after[REVIEWS])}, night, []) == [
        Arrival(REVIEWS, "forum", "delivered", new=0, changed=0, unchanged=1, vanished=1, expired=1)
    ]


def test_only_records_of_people_expire() -> None:
    with pytest.raises(ValueError, match="retention_days is for records of people"):
        source(emits={"catalogue": {"key": ["id"], "columns": {"title": "said"}}})
