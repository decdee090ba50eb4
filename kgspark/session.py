"""The one place that makes Spark sessions: local ones out of ``conf/spark/*.conf``, or whichever the cluster already
runs.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from pyspark.sql import SparkSession

from kgspark.errors import EngineError, InputError

if TYPE_CHECKING:
    from pyspark import SparkContext

# Set by spark-submit in the Python process that it starts.
SUBMITTED = "PYSPARK_GATEWAY_PORT"
# Spark's jobs that may be cancelled where a night is stopped; its books and its lock are written under none.
_JOBS = "kgspark"
# How long a JVM's log is kept after its last line.
_KEPT_SECONDS = 14 * 24 * 3600


def read_conf(path: Path) -> dict[str, str]:
    """Settings of a ``spark-defaults`` style file: a key, white space, a value; ``#`` starts a comment line."""
    settings: dict[str, str] = {}
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise InputError(
            f"Spark settings {path} cannot be read ({error.strerror}); pass a file from conf/spark/."
        ) from error
    for line in lines:
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        key, _, value = text.replace("=", " ", 1).partition(" ") if " " not in text else text.partition(" ")
        settings[key] = value.strip()
    return settings


def get_session(
    conf_file: Path | None = None, *, app_name: str = "kgspark", extra: Mapping[str, str] | None = None
) -> SparkSession:
    """A Spark session: the one that spark-submit or a notebook made, or a new local one with the file's settings.

    ``SPARK_REMOTE`` in the environment asks Spark itself for a Connect session. What a local JVM says goes to a log
    file, which an EngineError names. Errors: InputError for an unreadable file, EngineError where Spark does not start.
    """
    builder = SparkSession.Builder().appName(app_name)
    if SUBMITTED in os.environ:
        # spark-submit has chosen master, memory, jars and interpreter; a file of ours must not overrule it.
        return _started(builder)
    # Workers must run the interpreter that has our packages, and they read this before the JVM starts.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    settings = (read_conf(conf_file) if conf_file else {}) | dict(extra or {})
    remote = "SPARK_REMOTE" in os.environ
    for key, value in settings.items():
        if not (remote and key == "spark.master"):
            builder = builder.config(key, value)
    said = _log_of_jvm()
    try:
        with _output_to(said):
            return _started(builder)
    except Exception as error:
        raise EngineError(
            f"Spark did not start ({str(error).splitlines()[0]}); check that Java 17 or 21 is on the PATH or in "
            f"JAVA_HOME, and read {said}."
        ) from error


def is_local(conf_file: Path | None, extra: Mapping[str, str]) -> bool:
    """Whether the session that these settings start reads a path without a scheme from this machine's disk: then a file
    can be looked for without it.
    """
    if {SUBMITTED, "SPARK_REMOTE", "HADOOP_CONF_DIR"} & os.environ.keys():
        return False
    settings = (read_conf(conf_file) if conf_file else {}) | dict(extra)
    return settings.get("spark.master", "").startswith("local") and "spark.hadoop.fs.defaultFS" not in settings


def _log_of_jvm() -> Path:
    """Where this process's JVM says what nobody waits for. Each night leaves one: those of weeks ago are deleted."""
    folder = Path(tempfile.gettempdir())
    for old in folder.glob("kgspark-jvm-*.log"):
        # Another user's, or just deleted by another process.
        with contextlib.suppress(OSError):
            if old.stat().st_mtime < time.time() - _KEPT_SECONDS:
                old.unlink()
    return folder / f"kgspark-jvm-{os.getpid()}.log"


@contextlib.contextmanager
def _output_to(file: Path) -> Iterator[None]:
    """Send what new processes write to stdout and stderr to a file: the JVM inherits it and keeps it for life.

    Spark has no setting for the forty lines that its resolver of jars prints, nor Delta for the one of every vacuum;
    our own output is back when this ends.
    """
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    kept = {number: os.dup(number) for number in (1, 2)}
    try:
        with file.open("ab") as log:
            for number in kept:
                os.dup2(log.fileno(), number)
        yield
    finally:
        for number, own in kept.items():
            os.dup2(own, number)
            os.close(own)


def is_remote(spark: SparkSession) -> bool:
    """Whether a session is Spark Connect; told by its class, as importing Connect's needs gRPC."""
    return type(spark).__module__.startswith("pyspark.sql.connect")


def _started(builder: SparkSession.Builder) -> SparkSession:
    """The session. Within a command that a signal may end (stops.py) it is made on a thread of its own: the signal ends
    the waiting, and not a start halfway, after which the JVM would not notice that we are gone; nor does PySpark, which
    looks at the main thread only, put its own handler of Ctrl-C in place of ours.
    """
    there = SparkSession.getActiveSession() is not None
    if there or signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        return builder.getOrCreate()
    return ThreadPoolExecutor(1, thread_name_prefix="kgspark-session").submit(builder.getOrCreate).result()


def _context(spark: SparkSession) -> SparkContext | None:
    """The classic context, which Spark Connect has not; the night can do without, and asks for it nowhere else."""
    return getattr(spark, "_sc", None)


def describe(spark: SparkSession, text: str) -> None:
    """Say in the Spark UI what this thread's next jobs are for, and that they may be cancelled; over Spark Connect,
    which has no such field, nothing happens.
    """
    context = _context(spark)
    if context is not None:
        context.setJobGroup(_JOBS, text)


def in_pool(spark: SparkSession, name: str) -> None:
    """Give this thread's jobs their own share of the cores, where Spark's scheduler is FAIR; over Spark Connect, which
    has no such field, nothing happens.
    """
    context = _context(spark)
    if context is not None:
        context.setLocalProperty("spark.scheduler.pool", name)


def cancel_jobs(spark: SparkSession) -> None:
    """End the jobs that run now under a description; those that a thread begins later run. A Spark that is gone, as by
    the signal that ended us, has none.
    """
    context = _context(spark)
    if context is not None:
        with contextlib.suppress(Exception):
            context.cancelJobGroup(_JOBS)


def default_session() -> SparkSession:
    """The running session, or a local one with ``conf/spark/local.conf`` from the checkout or the wheel."""
    active = SparkSession.getActiveSession()
    if active is not None:
        return active
    beside = Path(__file__).resolve().parent
    candidates = [beside.parent / "conf/spark/local.conf", beside / "_conf/spark/local.conf"]
    return get_session(next((path for path in candidates if path.is_file()), None))
