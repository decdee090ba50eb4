"""Random nights of a small shop: each one equals a full night of the same bronze, and ids stay."""

from __future__ import annotations

import random
from dataclasses import astuple
from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

import kgspark
from kgspark.nightly.bill import bills
from kgspark.nightly.forecast import forecast
from kgspark.nightly.ledger import DELIVERIES
from kgspark.nightly.tonight import tonight_of
from kgspark.pipeline import STAGES
from tests.nights.shop import Shop

NIGHTS = 10


@pytest.mark.slow
def test_every_night_equals_a_full_one_and_ids_stay(spark: SparkSession, tmp_path: Path) -> None:
    shop, chance = Shop(tmp_path), random.Random(7)
    shop.night(spark)
    lake = kgspark.open(shop.cfg.lake, spark=spark).lake
    ways: set[str] = set()
    for _ in range(NIGHTS):
        before = _products(spark, shop)
        shop.change(chance)
        foreseen = forecast(tonight_of(lake, shop.cfg, shop.tonight(), STAGES), bills(lake, 14))
        # Raises where a row of any table is another than a full night would have made.
        report = shop.night(spark, verify=True)
        brought = lake.read(DELIVERIES).where(F.col("run_id") == report.run_id).drop("run_id").collect()
        assert sorted(map(tuple, brought)) == sorted(astuple(arrival) for arrival in foreseen.arrivals)
        how = {row["stage"]: row["how"] for row in report.stage_rows}
        # What was to be skipped was; what was to be built may have come out the same further up.
        assert {s.stage for s in foreseen.stages if s.how == "skip"} <= {s for s, done in how.items() if done == "skip"}
        assert foreseen.seconds is not None
        ways |= {row["how"] for row in report.stage_rows}
        after = _products(spark, shop)
        # A product whose offers are the same keeps its id.
        same = {offers: product for product, offers in before.items() if offers in after.values()}
        now = {offers: product for product, offers in after.items()}
        assert {offers: now[offers] for offers in same} == same
    assert ways >= {"keys", "difference"}
    # The last night again, nothing changed: nothing is built.
    again = shop.night(spark, verify=True)
    assert {row["how"] for row in again.stage_rows} == {"skip"}


def _products(spark: SparkSession, shop: Shop) -> dict[str, frozenset[str]]:
    members: dict[str, set[str]] = {}
    for row in kgspark.open(shop.cfg.lake, spark=spark).table("silver.product_offers").collect():
        members.setdefault(row["product_id"], set()).add(row["offer_id"])
    return {product: frozenset(offers) for product, offers in members.items()}
