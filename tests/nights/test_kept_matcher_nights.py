"""Nights that go on with a matcher: the real stage of resolution over made-up offers, planned, booked, released."""

from __future__ import annotations

import datetime
import logging
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from kgspark.config import Config
from kgspark.ingest.sources import load_sources
from kgspark.night import Night
from kgspark.pipeline import STAGES, Stage
from kgspark.resolve.settings import ResolveSettings
from kgspark.run import NightOptions, NightReport, run_night
from tests.builders import rows
from tests.resolve import worlds

OFFERS, PAIRS = "silver.offers", "silver.offer_pairs"
SOURCE = """
name: shops
path: {folder}/*.csv
format: csv
delivery: snapshot
emits:
  catalogue:
    key: [id]
    seller: {{value: any}}
    unique: true
    columns: {{title: title}}
"""


class Shops:
    """Two shops with a hundred products; Spark resolves them, however few they are."""

    def __init__(self, spark: SparkSession, folder: Path) -> None:
        self.spark, self.date = spark, datetime.date(2026, 1, 5)
        (folder / "shops.yaml").write_text(SOURCE.format(folder=folder), encoding="utf-8")
        self.sources = load_sources([str(folder / "shops.yaml")], {})
        self.resolve = ResolveSettings(engine="driver", max_driver_offers=0, candidates=4, min_winners=30)
        self.lake = str(folder / "lake")
        ids, sellers, titles, _ = worlds.two_shops(100)
        self.offers = {key: (seller, title) for key, seller, title in zip(ids, sellers, titles, strict=True)}

    def night(self, **options: Any) -> tuple[dict[str, Any], NightReport]:
        make = Stage("make.offers", (), (OFFERS,), self._offers, "facts", "whole")
        stages = (make, next(stage for stage in STAGES if stage.name == "resolve.pairs"))
        night = Night(self.date, "", self.sources)
        cfg = Config(lake=self.lake, resolve=self.resolve)
        done = run_night(self.spark, cfg, night, stages=stages, options=NightOptions(**options))
        self.date += datetime.timedelta(days=1)
        return next(row for row in done.stage_rows if row["table"] == PAIRS), done

    def _offers(self, cfg: Any, night: Night) -> dict[str, DataFrame]:
        made = [
            {"offer_id": key, "record_id": key, "source": "shops", "seller": seller, "title": title}
            for key, (seller, title) in self.offers.items()
        ]
        return {OFFERS: rows(self.spark, OFFERS, made)}


@pytest.mark.slow
def test_a_kept_matcher_remembers_pairs_and_equals_a_full_night_until_it_is_fitted_anew_or_pinned(
    spark: SparkSession, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    shops = Shops(spark, tmp_path)
    first, _ = shops.night()
    assert first["how"] == "all"
    assert first["rows_out"] >= 90
    # A few edits: the same matcher, few rows, and every row as a full night would have it.
    (lefts, rights) = ([key for key in sorted(shops.offers) if key.startswith(side)] for side in ("left", "right"))
    shops.offers[lefts[3]] = (shops.offers[lefts[3]][0], "quite another thing")
    shops.offers["new/1"] = (shops.offers[rights[0]][0], shops.offers[lefts[9]][1])
    del shops.offers[rights[5]]
    with caplog.at_level(logging.INFO, logger="kgspark.resolve.memory"):
        second, _ = shops.night(verify=True)
    assert f"3 of {len(shops.offers)} offers are not as they were" in caplog.text
    assert (second["how"], second["artefact"]) == ("difference", first["artefact"])
    assert 0 < second["inserted"] < first["rows_out"] / 3
    # Fitted anew, nothing of it is remembered.
    caplog.clear()
    with caplog.at_level(logging.INFO, logger="kgspark.resolve.memory"):
        third, _ = shops.night(refit=True, verify=True)
    assert "as they were" not in caplog.text
    assert third["artefact"] != first["artefact"]
    # Pinned by its path, it is the release's again.
    shops.resolve = shops.resolve.model_copy(update={"matcher": f"{shops.lake}/_artifacts/{first['artefact']}"})
    fourth, report = shops.night()
    assert (fourth["how"], fourth["artefact"]) == ("all", first["artefact"])
    assert report.release is not None
    assert report.release.artifacts == dict([first["artefact"].split("/")])
