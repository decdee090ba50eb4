"""A real Spark standalone cluster on loopback: a master and two workers of one core, out of the pip package."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyspark

SPARK_HOME = Path(pyspark.__file__).parent
WORKERS = 2
START_SECONDS = 60


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@dataclass(frozen=True)
class Cluster:
    """A running cluster: its URL, and the folder of its logs."""

    url: str
    folder: Path

    def submit(self, script: Path, *arguments: str, conf: Path, wheel: Path | None, seconds: int = 900) -> str:
        """Run a script by spark-submit and give what it printed; fails with the end of its stderr where it fails."""
        settings = {
            "spark.driver.memory": "1g",
            "spark.executor.memory": "1g",
            "spark.driver.host": "127.0.0.1",
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.ui.enabled": "false",
            # Two cores share the work: a cluster's 400 tasks a shuffle, and 50 a Delta log, would only queue.
            "spark.sql.shuffle.partitions": "4",
            "spark.databricks.delta.snapshotPartitions": "2",
            "spark.sql.warehouse.dir": str(self.folder / "warehouse"),
        }
        command = [str(SPARK_HOME / "bin/spark-submit"), "--master", self.url, "--properties-file", str(conf)]
        for key, value in settings.items():
            command += ["--conf", f"{key}={value}"]
        if wheel:
            command += ["--py-files", str(wheel)]
        # The script's folder only: on a cluster there is no checkout to import from.
        done = subprocess.run(
            [*command, str(script), *arguments],
            env=_environ(),
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
        assert done.returncode == 0, (
            f"spark-submit gave {done.returncode}:\n{done.stdout[-2000:]}\n{done.stderr[-6000:]}"
        )
        return done.stdout


@contextlib.contextmanager
def standalone(folder: Path) -> Iterator[Cluster]:
    """Start a cluster and stop it, whatever happens between."""
    port = free_port()
    url = f"spark://127.0.0.1:{port}"
    with contextlib.ExitStack() as processes:
        ports = ["--webui-port", str(free_port())]
        master = _start(processes, folder, "master.Master", "--host", "127.0.0.1", "--port", str(port), *ports)
        _wait_for(folder / "master.Master.log", "New state: ALIVE", 1, master)
        for number in range(WORKERS):
            ports = ["--webui-port", str(free_port())]
            size = ["--cores", "1", "--memory", "1g", "--work-dir", str(folder / f"work{number}")]
            _start(processes, folder, "worker.Worker", "--host", "127.0.0.1", *ports, *size, url)
        _wait_for(folder / "master.Master.log", "Registering worker", WORKERS, master)
        yield Cluster(url, folder)


def _environ() -> dict[str, str]:
    """Ours without what would let a job import the checkout instead of the wheel."""
    hidden = {"PYTHONPATH", "SPARK_REMOTE", "SPARK_CONF_DIR"}
    kept = {key: value for key, value in os.environ.items() if key not in hidden}
    return kept | {"SPARK_HOME": str(SPARK_HOME), "SPARK_LOCAL_IP": "127.0.0.1", "PYSPARK_PYTHON": sys.executable}


def _start(processes: contextlib.ExitStack, folder: Path, name: str, *arguments: str) -> subprocess.Popen[bytes]:
    log = processes.enter_context((folder / f"{name}.log").open("ab"))
    process = subprocess.Popen(
        [str(SPARK_HOME / "bin/spark-class"), f"org.apache.spark.deploy.{name}", *arguments],
        env=_environ() | {"SPARK_DAEMON_MEMORY": "256m"},
        cwd=folder,
        stdout=log,
        stderr=log,
        # A group of its own: killing it takes along executors, which are the worker's children.
        start_new_session=True,
    )
    processes.callback(_stop, process)
    return process


def _stop(process: subprocess.Popen[bytes]) -> None:
    for sent in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, sent)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=10)
            # Executors are told by SIGTERM, too; SIGKILL follows for one that does not listen.


def _wait_for(log: Path, text: str, times: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while log.read_text(errors="replace").count(text) < times:
        assert process.poll() is None, f"the master ended:\n{log.read_text(errors='replace')[-3000:]}"
        assert time.monotonic() < deadline, f"no '{text}' within {START_SECONDS} s:\n{log.read_text()[-3000:]}"
        time.sleep(0.2)
