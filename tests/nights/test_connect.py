"""Whole nights over Spark Connect, where there is neither a classic context nor GraphFrames."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

import kgspark
from kgspark.releases.register import all_releases
from tests.conftest import ROOT


@pytest.mark.slow
def test_nights_pass_over_connect_and_others_read_them(spark: SparkSession, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.nights.connect_nights", str(tmp_path)],
        cwd=ROOT,
        env=os.environ | {"SPARK_REMOTE": "local[2]"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.split()[-1] == "pyspark.sql.connect.session"
    kg = kgspark.open(str(tmp_path / "lake"), spark=spark)
    assert len(all_releases(kg.lake)) == 2
    assert kg.table("graph.node_metrics").count() == kg.table("graph.nodes").count() > 0
