"""New, changed, unchanged, vanished: by source, and when a night must stop because too much vanished."""

from __future__ import annotations

import datetime
from dataclasses import replace
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from kgspark.ingest.arrivals import DELIVERED, Arrival, arrivals, too_few
from kgspark.ingest.settings import IngestSettings
from kgspark.ingest.sources import Source
from kgspark.night import Night
from tests.builders import rows

BRONZE = "bronze.catalog_records"
SHOP = Source.model_validate(
    {"name": "shop", "path": "x", "format": "csv", "emits": {"catalogue": {"key": "id", "columns": {"title": "name"}}}}
)
LOG = SHOP.model_copy(update={"name": "log", "delivery": "append"})


def bronze(spark: SparkSession, *records: tuple[str, str, str], **columns: Any) -> DataFrame:
    made = [
        {"source": source, "record_id": key, "variant": n, "fingerprint": content} | columns
        for n, (source, key, content) in enumerate(records)
    ]
    return rows(spark, BRONZE, made)


def test_counts_by_source(spark: SparkSession) -> None:
    before = bronze(
        spark,
        ("shop", "same", "s"),
        ("shop", "edited", "e1"),
        ("shop", "goes", "g"),
        ("shop", "two contents", "a"),
        ("shop", "two contents", "b"),
        ("away", "kept", "k"),
        ("old", "kept", "k"),
    )
    gone = bronze(spark, ("shop", "goes", "g"), deleted_at=datetime.date(2026, 1, 2))
    after = bronze(
        spark,
        ("shop", "two contents", "b"),
        ("shop", "two contents", "a"),
        ("shop", "same", "s"),
        ("shop", "edited", "e2"),
        ("shop", "comes", "c"),
        ("away", "kept", "k"),
        ("old", "kept", "k"),
    ).unionByName(gone)
    sources = [SHOP, SHOP.model_copy(update={"name": "away"})]
    night = Night(datetime.date(2026, 1, 2), "run", tuple(sources), b"key")
    assert arrivals({BRONZE: (before, after)}, night, ["away"]) == [
        Arrival(BRONZE, "away", "missing", new=0, changed=0, unchanged=1, vanished=0),
        Arrival(BRONZE, "old", "dropped", new=0, changed=0, unchanged=1, vanished=0),
        Arrival(BRONZE, "shop", "delivered", new=1, changed=1, unchanged=2, vanished=1),
    ]


def test_a_sudden_drop_stops_the_night_in_one_sentence() -> None:
    cfg = IngestSettings()
    dropped = Arrival(BRONZE, "shop", DELIVERED, new=0, changed=100, unchanged=590, vanished=310)
    assert too_few([dropped], [SHOP], cfg, 100) == (
        "Source shop: 310 of 1,000 records (31%) are not in tonight's dump (bronze.catalog_records; at most 30% may "
        "vanish in a night): nothing is released. Check the dump; if it is right, set max_drop in the source's file, "
        "or quality.check_row_change: false for one night."
    )
    assert too_few([replace(dropped, vanished=290, unchanged=610)], [SHOP], cfg, 100) is None
    # What an append source does not repeat has not vanished, and a source says itself how much it may lose.
    assert too_few([replace(dropped, source="log")], [LOG], cfg, 100) is None
    assert too_few([dropped], [SHOP.model_copy(update={"max_drop": 0.5})], cfg, 100) is None


def test_small_sources_may_vary_but_an_empty_delivery_is_never_believed() -> None:
    small = Arrival(BRONZE, "shop", DELIVERED, new=0, changed=0, unchanged=1, vanished=2)
    assert too_few([small], [SHOP], IngestSettings(), 100) is None
    said = too_few([replace(small, unchanged=0)], [SHOP], IngestSettings(max_drop=1), 100)
    assert said is not None
    assert said.startswith("Source shop: 2 of 2 records (100%)")
