"""A record that was set aside comes back by itself once its mapping is mended, and else where a replay is asked for."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

import kgspark
from kgspark.config import Config
from kgspark.ingest.sources import Source
from kgspark.night import Night
from kgspark.pipeline import STAGES
from kgspark.run import EVERY_NIGHT, NightOptions, run_night

MONDAY = datetime.date(2026, 3, 2)
UP_TO_OFFERS = STAGES[:2]


@pytest.mark.slow
def test_a_mended_mapping_brings_back_what_was_set_aside(spark: SparkSession, tmp_path: Path) -> None:
    dump = tmp_path / "shop.csv"
    # More than a twentieth set aside would end the night at its gate.
    cups = "".join(f"{number},Cup {number},\n" for number in range(10, 40))
    dump.write_text(f"sku,name,label\n1,Kettle,\n2,,Teapot\n{cups}", encoding="utf-8")
    cfg = Config(lake=str(tmp_path / "lake"))

    def night(day: int, title: Any, options: NightOptions = EVERY_NIGHT) -> tuple[list[str], list[str], dict[str, str]]:
        """Titles of offers, keys of rejects, and how each stage was done."""
        mapping = {"catalogue": {"key": "sku", "columns": {"title": title}}}
        shop = Source.model_validate({"name": "shop", "path": str(dump), "format": "csv", "emits": mapping})
        date = MONDAY + datetime.timedelta(days=day)
        tonight = Night(date=date, run_id="", sources=(shop,), secret=b"a key of sixteen bytes or more")
        report = run_night(spark, cfg, tonight, stages=UP_TO_OFFERS, options=options)
        kg = kgspark.open(cfg.lake, spark=spark)
        offers, rejected = (kg.table(name).collect() for name in ("silver.offers", "silver.offers_rejected"))
        how = {row["stage"]: row["how"] for row in report.stage_rows}
        titles = sorted(row["title"] for row in offers if not row["title"].startswith("Cup"))
        return titles, sorted(row["record_id"] for row in rejected), how

    assert night(0, "name")[:2] == (["Kettle"], ["2"])
    # Nothing that a night sees has changed: only a replay reads the record again.
    assert night(0, "name")[2]["ingest.offers"] == "skip"
    replayed = night(0, "name", NightOptions(replay=True))
    assert (replayed[1], replayed[2]["ingest.offers"]) == (["2"], "difference")
    mended = night(1, {"sql": "coalesce(nullif(name, ''), label)"})
    assert mended[:2] == (["Kettle", "Teapot"], [])
    assert mended[2]["ingest.offers"] == "all"
    assert night(2, {"sql": "coalesce(nullif(name, ''), label)"})[2]["ingest.offers"] == "skip"
