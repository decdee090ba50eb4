"""One Spark session for the whole suite: starting one costs more than most tests."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from kgspark.session import get_session

ROOT = Path(__file__).resolve().parent.parent

# For a few rows: to write and compile code for each query costs more than to interpret it.
INTERPRETED = {"spark.sql.codegen.wholeStage": "false", "spark.sql.codegen.factoryMode": "NO_CODEGEN"}
# Small frames: one shuffle partition and no adaptive re-planning make a test action about three times cheaper.
TEST_SETTINGS = INTERPRETED | {
    "spark.master": "local[2]",
    "spark.driver.memory": "1500m",
    # Each test runs its plans once or twice: the second compiler tier would not pay for itself.
    "spark.driver.extraJavaOptions": "-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=256m",
    "spark.sql.shuffle.partitions": "1",
    "spark.default.parallelism": "1",
    "spark.sql.adaptive.enabled": "false",
    "spark.databricks.delta.snapshotPartitions": "1",
}


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    folder = tmp_path_factory.mktemp("spark")
    local = {
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        "spark.local.dir": str(folder / "local"),
        "spark.checkpoint.dir": str(folder / "checkpoints"),
    }
    session = get_session(ROOT / "conf/spark/local.conf", app_name="kgspark tests", extra=TEST_SETTINGS | local)
    yield session
    session.stop()


@contextmanager
def compiled(spark: SparkSession) -> Iterator[None]:
    """Queries compiled while it lasts, as outside the tests."""
    for key in INTERPRETED:
        spark.conf.unset(key)
    try:
        yield
    finally:
        for key, value in INTERPRETED.items():
            spark.conf.set(key, value)


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real dumps; tests that need it skip where it is absent."""
    folder = Path(os.environ.get("KGSPARK_DATA", ROOT.parent / "shared/data"))
    if not (folder / "catalogs").is_dir():
        pytest.skip(f"no real data: set KGSPARK_DATA to its folder ({folder.name} is not there)")
    return folder
