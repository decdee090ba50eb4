"""One night on a real cluster, by spark-submit with the wheel, and step by step on one machine: equal releases."""

from __future__ import annotations

import runpy
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

import kgspark
from tests.cluster.compare import differences
from tests.cluster.standalone import WORKERS, Cluster, standalone
from tests.house_rules import ROOT

pytestmark = pytest.mark.slow

NIGHT = "2026-01-02"
OFFERS = 300
SEED = 11

# Asks every executor where its kgspark comes from, and writes and reads a Delta table that all of them must reach.
PROBE = """
import sys
import pyarrow as pa
from kgspark.job import ship_wheels
from kgspark.session import get_session

ship_wheels()
spark = get_session()

def where(batches):
    import os
    import kgspark
    for _ in batches:
        yield pa.RecordBatch.from_pydict({"path": [kgspark.__file__], "executor": [os.environ["SPARK_EXECUTOR_DIRS"]]})

found = spark.range(8, numPartitions=8).mapInArrow(where, "path string, executor string").distinct().collect()
spark.range(100).write.format("delta").save(sys.argv[1])
print("rows", spark.read.format("delta").load(sys.argv[1]).count())
for row in found:
    print("executor", row["executor"], row["path"])
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--wheel", "--outdir", str(folder), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with standalone(tmp_path_factory.mktemp("cluster")) as running:
        yield running


@pytest.fixture(scope="module")
def world(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small sample world, and a configuration for each of two lakes beside it."""
    from kgspark.sample.world import write_world

    folder = tmp_path_factory.mktemp("world")
    write_world(spark, str(folder / "dumps"), OFFERS, SEED)
    folder.joinpath("pseudonyms.secret").write_text("a key for tests, of no use elsewhere")
    for name in ("local", "cluster"):
        folder.joinpath(f"{name}.yaml").write_text(
            f"lake: {folder / name}\n"
            f"sources: ['{folder}/dumps/sources/*.yaml']\n"
            f"privacy: {{key_file: {folder / 'pseudonyms.secret'}}}\n"
            "spark: {properties_file: null}\n"
        )
    return folder


def submit(cluster: Cluster, job: str, config: Path, wheel: Path) -> str:
    # As on a cluster: the script alone, away from its checkout.
    script = cluster.folder / "jobs" / job
    script.parent.mkdir(exist_ok=True)
    shutil.copy(ROOT / "jobs" / job, script)
    conf = ROOT / "conf/spark/cpu.conf"
    return cluster.submit(script, "--config", str(config), "--date", NIGHT, conf=conf, wheel=wheel)


def run_steps(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All numbered jobs in order, in this process and its session."""
    for job in sorted((ROOT / "jobs").glob("0*.py")):
        monkeypatch.setattr(sys, "argv", [str(job), "--config", str(config), "--date", NIGHT])
        with pytest.raises(SystemExit) as ended:
            runpy.run_path(str(job), run_name="__main__")
        assert ended.value.code == 0, f"{job.name} gave {ended.value.code}"


def test_executors_run_the_wheel_and_write_delta(cluster: Cluster, wheel: Path, tmp_path: Path) -> None:
    script = tmp_path / "probe.py"
    script.write_text(PROBE)
    printed = cluster.submit(script, str(tmp_path / "numbers"), conf=ROOT / "conf/spark/cpu.conf", wheel=wheel)
    lines = [line.split() for line in printed.splitlines()]
    assert ["rows", "100"] in lines
    executors = [line for line in lines if line[0] == "executor"]
    assert len(executors) == WORKERS
    assert [path for _, _, path in executors if wheel.name not in path] == []


def test_a_night_on_the_cluster_equals_its_steps_on_one_machine(
    cluster: Cluster, wheel: Path, world: Path, spark: SparkSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What the sources of the sample world read.
    monkeypatch.setenv("KGSPARK_SAMPLE", str(world / "dumps"))
    submit(cluster, "nightly.py", world / "cluster.yaml", wheel)
    run_steps(world / "local.yaml", monkeypatch)
    on_cluster = kgspark.open(str(world / "cluster"), spark=spark)
    step_by_step = kgspark.open(str(world / "local"), spark=spark)
    assert on_cluster.table("graph.edges").count() > 0
    assert differences(on_cluster, step_by_step) == []
