"""Splink on the same tables, in a process of its own with limits, so that time and memory are its own.

a table's offers -> splink_model.py on DuckDB or Spark, watched -> clusters -> scores against the same truth

Above the limits of time or memory it is stopped, and the row says so.
"""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from benchmarks.resolution.memory import family_mb
from benchmarks.resolution.tables import Table
from kgspark.resolve import corpus, measures
from kgspark.resolve.measures import Scores

BACKENDS = ("duckdb", "spark")
MAX_SECONDS, MAX_MB = 1200, 6144
_LOOK_SECONDS = 0.2
_SHOWN = 300


def is_installed() -> bool:
    """Whether Splink can stand beside: it is no dependency of the project."""
    return importlib.util.find_spec("splink") is not None


def measure(table: Table, backend: str) -> dict[str, Any]:
    """F1, seconds and memory of Splink on a table; the memory is that of the process with its JVM."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pq.write_table(table.offers, folder / "offers.parquet")
        seconds, peak, failure = _watched(folder, backend)
        labels = json.loads((folder / "clusters.json").read_text()) if failure is None else []
    scores = _scores(table, labels) if labels else None
    return {
        "by": f"Splink, {backend}",
        "table": table.name,
        "offers": table.offers.num_rows,
        "f1": scores and scores.f1,
        "precision": scores and scores.precision,
        "recall": scores and scores.recall,
        "goal": None,
        "seconds": seconds,
        "peak_mb": peak,
        "bands": 0,
        "missed_bands": [failure] if failure else [],
    }


def _watched(folder: Path, backend: str) -> tuple[float, float, str | None]:
    """Seconds, peak memory, and why there are no clusters, if there are none."""
    command = [sys.executable, "-m", "benchmarks.resolution.splink_model", "offers.parquet", backend, "clusters.json"]
    command = [str(folder / part) if part.endswith((".parquet", ".json")) else part for part in command]
    started, peak = time.perf_counter(), 0.0
    with (folder / "said").open("w+") as said:
        child = subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT, start_new_session=True)
        failure = None
        while child.poll() is None:
            time.sleep(_LOOK_SECONDS)
            peak = max(peak, family_mb(child.pid))
            if peak > MAX_MB:
                failure = f"stopped above {MAX_MB:,} MB"
            elif time.perf_counter() - started > MAX_SECONDS:
                failure = f"stopped after {MAX_SECONDS:,} seconds"
            if failure:
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()
        if child.returncode and failure is None:
            said.seek(0)
            failure = f"failed: {said.read().strip().splitlines()[-1][:_SHOWN]}"
    return time.perf_counter() - started, peak, failure


def _scores(table: Table, labels: list[str]) -> Scores:
    predicted, truth = corpus.codes(labels), table.truth
    if truth.listed:
        sources = corpus.codes(table.offers.column("source").to_pylist())
        return measures.pairwise_listed(predicted, truth.left, truth.right, sources)
    judged = np.flatnonzero(truth.cluster >= 0)
    return measures.pairwise(predicted[judged], truth.cluster[judged])
