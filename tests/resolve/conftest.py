"""Two small shops, and a matcher that was fitted to their offers."""

from __future__ import annotations

import pytest
from pyspark.sql import DataFrame, SparkSession

from kgspark.resolve import distributed, matching
from tests.resolve.test_distributed import CFG, NIGHT, _offers


@pytest.fixture(scope="module")
def offers(spark: SparkSession) -> DataFrame:
    return _offers(spark, 100)[1].localCheckpoint()


@pytest.fixture(scope="module")
def nobody(spark: SparkSession) -> DataFrame:
    return spark.createDataFrame([], distributed.DECISIONS)


@pytest.fixture(scope="module")
def fitted(offers: DataFrame, nobody: DataFrame) -> matching.Fit:
    return matching.fit(offers, nobody, cfg=CFG, night=NIGHT)
