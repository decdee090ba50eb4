"""What Spark says that it spent, by the pipeline stage that its jobs were run for."""

from __future__ import annotations

from pathlib import Path

from pyspark.sql import SparkSession

from kgspark.nightly.meter import Meter
from kgspark.session import describe


def test_core_seconds_and_bytes_go_to_the_stage_that_jobs_name(spark: SparkSession, tmp_path: Path) -> None:
    file = tmp_path / "numbers"
    spark.range(1000).write.parquet(str(file))
    size = sum(part.stat().st_size for part in file.glob("*.parquet"))
    describe(spark, "kgspark graph.facts")
    spark.range(10).count()
    meter = Meter(spark)
    # What was spent before the meter was made is not told.
    assert meter.of("graph.facts") == (0.0, 0)
    describe(spark, "kgspark graph.facts: write graph.nodes")
    spark.read.parquet(str(file)).selectExpr("sum(hash(id))").collect()
    describe(spark, "kgspark graph.metrics")
    spark.range(10).selectExpr("sum(hash(id))").collect()
    describe(spark, "something else")
    spark.range(10).selectExpr("sum(hash(id))").collect()
    facts, metrics = meter.of("graph.facts"), meter.of("graph.metrics")
    assert facts is not None
    assert metrics is not None
    assert facts[0] > 0
    assert 0 < facts[1] <= 2 * size
    assert metrics[0] > 0
    assert metrics[1] == 0
    # Nothing is counted twice.
    assert (meter.of("graph.facts"), meter.of("graph.metrics")) == (facts, metrics)


def test_an_engine_that_does_not_tell_is_no_error(spark: SparkSession) -> None:
    class Closed:
        """A session of a cluster that hides its context."""

        @property
        def sparkContext(self) -> None:  # noqa: N802 - Spark's name
            raise PermissionError("not on a shared cluster")

    assert Meter(Closed()).of("graph.facts") is None  # type: ignore[arg-type]
