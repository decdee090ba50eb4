"""What each script in ``jobs/`` does: read two arguments, run those stages of a night, end with the right exit code."""

from __future__ import annotations

import argparse
import datetime
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

from kgspark.commands.guard import guarded, quieten


def ship_wheels() -> None:
    """Let executors import from a wheel that ``spark-submit --py-files`` sent; to be called before the session is made.

    Spark sends the wheel to every executor, but puts only .zip, .egg and .jar files on their path; a wheel is a zip.
    """
    try:
        from pyspark import SparkContext
    except ImportError:  # a Spark Connect client: its server has its own libraries
        return
    if ".whl" not in SparkContext.PACKAGE_EXTENSIONS:
        SparkContext.PACKAGE_EXTENSIONS = (*SparkContext.PACKAGE_EXTENSIONS, ".whl")


def main(
    what: str | None, environ: Mapping[str, str], *, only: Sequence[str] | None = None, release: bool = False
) -> int:
    """Run the stages whose name starts with one of ``only`` (all of them if None), and release if asked to.

    ``what`` is the text of ``--help``. Gives the exit code: 0 done, 1 a gate said no, 2 wrong input or configuration,
    3 an engine failure, 5 another command holds the lake. One log line a table goes to stderr.
    """
    parser = argparse.ArgumentParser(description=what)
    parser.add_argument("--config", type=Path, required=True, help="configuration file, such as conf/cluster.yaml")
    parser.add_argument(
        "--date",
        type=datetime.date.fromisoformat,
        default=datetime.datetime.now(datetime.UTC).date(),
        help="the night's date, YYYY-MM-DD; the same for all steps of a night; today (UTC) if not given",
    )
    parser.add_argument("--full", action="store_true", help="build everything anew, whether it changed or not")
    parser.add_argument("--refit", action="store_true", help="fit matcher and lexicons anew")
    parser.add_argument("--replay", action="store_true", help="also build again what set something aside")
    arguments = parser.parse_args()
    logging.basicConfig(
        level=environ.get("KGSPARK_LOG", "info").upper(), format="%(asctime)s %(name)s %(message)s", force=True
    )
    quieten()

    def run() -> None:
        # Only now, so that a broken import, too, ends in one sentence and an exit code.
        from kgspark.commands.configured import run_configured
        from kgspark.run import NightOptions

        ship_wheels()
        options = NightOptions(full=arguments.full, refit=arguments.refit, replay=arguments.replay)
        run_configured(arguments.config, arguments.date, environ, only=only, release=release, options=options)

    return guarded(run, str(arguments.config))
