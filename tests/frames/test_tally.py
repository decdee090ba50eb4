"""Counts on the way: taken from the computation itself, and right where Spark loses them."""

from __future__ import annotations

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from kgspark.frames import tally
from kgspark.frames.tally import Tally


def test_rows_are_counted_on_the_way_or_else_afterwards(spark: SparkSession, monkeypatch: pytest.MonkeyPatch) -> None:
    counted = Tally()
    numbers = spark.range(10)
    one = counted.count(numbers, F.col("id") > 6, "bronze.records", "shop")
    assert one.where("id <= 6").count() == 7
    # The second source's frame is never computed: nothing arrives, and nobody may wait for it for ever.
    counted.count(numbers, F.col("id") > 8, "bronze.records", "market")
    counted.count(numbers, F.col("id") > 1, "bronze.other", "shop")
    monkeypatch.setattr(tally, "PATIENCE", 3.0)
    assert counted.by_source("bronze.records") == {"shop": 3, "market": 1}


def test_a_column_of_kept_rows_is_added_up(spark: SparkSession) -> None:
    counted = Tally()
    counted.add_up("graph.node_vectors", spark.range(5), "id")
    counted.add_up("graph.edge_vectors", spark.range(0), "id")
    found = [counted.sum(name) for name in ("graph.node_vectors", "graph.edge_vectors", "graph.nodes")]
    assert found == [10, 0, None]
