"""SQL views of releases in a catalogue."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from kgspark.lake.tables import Lake
from kgspark.releases import register
from tests.builders import rows
from tests.nights.lake import publish
from tests.releases.test_register import NODES


def _written(lake: Lake, label: str) -> int:
    node = {"node_id": "brand/0000000000000001", "kind": "brand", "label": label}
    return lake.overwrite(NODES, rows(lake.spark, NODES, [node]), note="test").version


def test_every_release_and_the_latest_have_views(spark: SparkSession, tmp_path: Path) -> None:
    lake = Lake(spark, str(tmp_path / "lake"), "spark_catalog", "seen_")

    def labels(database: str) -> list[str]:
        return [row.label for row in spark.sql(f"SELECT label FROM spark_catalog.{database}.graph_nodes").collect()]

    spark.sql("CREATE OR REPLACE TEMPORARY VIEW somebodys AS SELECT 1")
    publish(lake, "r2026-01-02-old", {NODES: _written(lake, "old")})
    more = lake.overwrite("graph.edges", lake.empty("graph.edges"), note="test").version
    publish(lake, "r2026-01-03-new", {NODES: _written(lake, "new"), "graph.edges": more})
    assert (labels("seen_latest"), labels("seen_r2026_01_02_old")) == (["new"], ["old"])
    register.rollback(lake, "r2026-01-02-old")
    assert (labels("seen_latest"), labels("seen_r2026_01_03_new")) == (["old"], ["new"])
    # A table that only the later release had.
    shown = spark.sql("SHOW VIEWS IN spark_catalog.seen_latest").where("NOT isTemporary").collect()
    assert [row.viewName for row in shown] == ["graph_nodes"]
    spark.catalog.dropTempView("somebodys")
    register.retire(lake, ["r2026-01-03-new"], "vacuum")
    assert "seen_r2026_01_03_new" not in [row.namespace for row in spark.sql("SHOW DATABASES").collect()]


def test_a_release_is_made_where_views_may_not_be(
    spark: SparkSession, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = Lake(spark, str(tmp_path / "lake"), "spark_catalog", "unseen_")
    version = _written(lake, "old")
    # Such as a catalogue in which this account may write tables, and make no database.
    monkeypatch.setattr("kgspark.releases.views._database", lambda lake, name: f"`nowhere`.`{name}`")
    with caplog.at_level(logging.WARNING):
        publish(lake, "r1", {NODES: version})
    assert [release.release_id for release in register.all_releases(lake)] == ["r1"]
    assert "r1 has no SQL views" in caplog.text
