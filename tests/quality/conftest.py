"""One gatekeeper for the folder: Great Expectations takes seconds to come up."""

from __future__ import annotations

import pytest
from pyspark.sql import SparkSession

from kgspark.quality.gate import Gatekeeper
from kgspark.quality.settings import QualitySettings


@pytest.fixture(scope="session")
def gatekeeper(spark: SparkSession) -> Gatekeeper:
    return Gatekeeper(spark, QualitySettings())
