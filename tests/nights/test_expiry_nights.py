"""Records that expire between two nights: dumps are the same, and yet they are gone from the graph."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyspark.sql import SparkSession

import kgspark
from kgspark.lake import disposal
from kgspark.privacy.traces import traces
from kgspark.releases.retention import vacuum
from tests.nights.shop import Shop

# On the first night, of 1 March, records of 2 January are kept; on the second no more.
DAYS = 58


@pytest.mark.slow
def test_what_expires_tonight_is_gone_from_bronze_to_the_graph(spark: SparkSession, tmp_path: Path) -> None:
    spark, shop = spark, Shop(tmp_path)
    shop.sources = tuple(
        s.model_copy(update={"retention_days": DAYS}) if s.name in ("tea_forum", "till") else s for s in shop.sources
    )
    shop.night(spark)
    before = _records(spark, shop, "bronze.review_records")
    assert "R1" in before
    # Raises where a row of any table is another than a full night would have made.
    report = shop.night(spark, verify=True)
    how = {row["stage"]: row["how"] for row in report.stage_rows}
    assert how["ingest.records"] == "difference"
    assert how["ingest.reviews"] == "keys"
    assert how["ingest.offers"] == "skip"
    assert _records(spark, shop, "bronze.review_records") == before - {"R1"}
    for table in ("silver.reviews", "silver.aspect_mentions", "graph.evidence"):
        assert "R1" not in _records(spark, shop, table, source="tea_forum")
    assert not {"1", "2"} & _records(spark, shop, "graph.evidence", source="till")
    # Nor does a file of the release hold it, under a mark that says deleted; those of the first one go with a vacuum.
    held = kgspark.open(shop.cfg.lake, spark=spark)
    vacuum(held.lake, keep=1)
    disposal.vacuum(held.lake, dict.fromkeys(held.release.tables, 0), 2)
    assert traces(shop.cfg.lake, {"a text": ["Boils fast and pours well."]})[1] == []
    # On another day the same dumps are read again, and go on from what the files anew hold.
    assert "R2" in _records(spark, shop, "bronze.review_records")
    assert shop.night(spark, verify=True).release is not None
    assert "R2" not in _records(spark, shop, "bronze.review_records")


def _records(spark: SparkSession, shop: Shop, table: str, source: str | None = None) -> set[str]:
    held = kgspark.open(shop.cfg.lake, spark=spark).table(table)
    return {row["record_id"] for row in held.collect() if source in (None, row["source"])}
