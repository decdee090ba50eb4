"""Spark Connect, as on serverless: the driver and arrow engines run, GraphFrames says why it does not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.mark.slow
def test_engines_run_over_spark_connect() -> None:
    pytest.importorskip("grpc", reason="Spark Connect's client needs grpcio: pip install 'pyspark[connect]'")
    # Workers import kgspark from the path, as they would from the wheel.
    environment = os.environ | {"SPARK_REMOTE": "local[2]", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-m", "tests.graph.connect_run"],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=280, check=False,
    )  # fmt: skip
    assert "engines agree over pyspark.sql.connect" in done.stdout, done.stderr[-3000:]
