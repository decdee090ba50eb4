"""What the command line and the jobs share: from a configuration file and an environment to a session and a night."""

from __future__ import annotations

import datetime
import glob
import importlib
import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pyspark.sql import SparkSession

from kgspark import config
from kgspark.config import Config
from kgspark.errors import InputError
from kgspark.frames.side_by_side import Stopwatch
from kgspark.ingest.frame import check_local_files
from kgspark.ingest.sources import Source, load_sources
from kgspark.lake.tables import Lake
from kgspark.night import Night
from kgspark.nightly.preflight import check_settings, preflight
from kgspark.pipeline import RAW, STAGES, Stage
from kgspark.privacy.pseudonyms import SHORTEST_KEY
from kgspark.process.progress import say
from kgspark.releases.register import none_yet, surely_none
from kgspark.run import EVERY_NIGHT, NightOptions, NightReport, chosen, open_lake, run_night
from kgspark.session import get_session, is_local

if TYPE_CHECKING:
    from rich.console import Console

    from kgspark.ingest.check import SourceReport
    from kgspark.nightly.forecast import Forecast

KEY_VARIABLE = "KGSPARK_KEY"
# Nights that an estimate goes by: enough for a median, few enough to follow a change of machine.
PAST_NIGHTS = 14


def configured_session(path: Path, environ: Mapping[str, str]) -> tuple[SparkSession, Config]:
    """The configuration, and a session with the Spark settings that it names."""
    cfg = config.load(path, environ)
    return session(cfg), cfg


def session(cfg: Config) -> SparkSession:
    """A session with the Spark settings that a configuration names."""
    return get_session(_properties(cfg), extra=cfg.spark.settings)


def _properties(cfg: Config) -> Path | None:
    return Path(cfg.spark.properties_file) if cfg.spark.properties_file else None


def _on_this_disk(cfg: Config) -> bool:
    return is_local(_properties(cfg), cfg.spark.settings)


def configured_lake(path: Path, environ: Mapping[str, str], *, released: bool = False) -> tuple[Lake, Config]:
    """The lake that a configuration names, and the configuration; where it must be ``released`` and is a folder without
    a release, the InputError does not wait for Spark.
    """
    cfg = config.load(path, environ)
    if released and not cfg.catalog.name and _on_this_disk(cfg) and surely_none(cfg.lake):
        raise none_yet(cfg.lake)
    return open_lake(session(cfg), cfg), cfg


def configured_sources(cfg: Config, environ: Mapping[str, str]) -> tuple[Source, ...]:
    """The sources whose YAMLs the configuration lists."""
    return load_sources(cfg.sources, environ)


def pseudonym_key(cfg: Config, environ: Mapping[str, str]) -> bytes:
    """The key of shopper pseudonyms, from the file that the configuration names, else from KGSPARK_KEY; empty where
    neither is set.
    """
    if cfg.privacy.key_file:
        try:
            key = Path(cfg.privacy.key_file).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise InputError(
                f"The pseudonym key {cfg.privacy.key_file} cannot be read ({error.strerror}); "
                "'kgspark key new FILE' writes one."
            ) from None
    else:
        key = environ.get(KEY_VARIABLE, "").strip()
    if key and len(key) < SHORTEST_KEY:
        raise InputError(
            f"The pseudonym key has {len(key)} characters; it needs {SHORTEST_KEY} or more ('kgspark key new FILE')."
        )
    return key.encode()


def run_configured(
    path: Path,
    date: datetime.date,
    environ: Mapping[str, str],
    *,
    only: Sequence[str] | None = None,
    release: bool = True,
    console: Console | None = None,
    options: NightOptions = EVERY_NIGHT,
) -> tuple[SparkSession, Config, NightReport]:
    """Run a night, or some stages of it, as a configuration file says; its seconds count Spark's start, too."""
    watch = Stopwatch()
    cfg, night, stages = _configured_night(path, date, environ, only)
    say(console, f"night of {date}, {len(stages)} stages, lake {cfg.lake}; Spark starts")
    # Great Expectations takes as long to import as Spark to start, and the one is Python, the other a JVM.
    threading.Thread(target=importlib.import_module, args=("great_expectations",), daemon=True).start()
    spark = session(cfg)
    report = run_night(spark, cfg, night, only=only, release=release, console=console, options=options)
    return spark, cfg, replace(report, seconds=watch.lap())


def _configured_night(
    path: Path, date: datetime.date, environ: Mapping[str, str], only: Sequence[str] | None = None
) -> tuple[Config, Night, list[Stage]]:
    """Configuration, night and stages; a mistake that can be found without Spark does not wait for it to start."""
    cfg = config.load(path, environ)
    night = Night(date=date, run_id="", sources=configured_sources(cfg, environ), secret=pseudonym_key(cfg, environ))
    stages = chosen(STAGES, only)
    check_settings(cfg, night, stages)
    if _on_this_disk(cfg) and any(RAW in stage.reads for stage in stages):
        check_local_files(night.sources)
    answers = cfg.resolve.decisions
    if answers and answers.endswith(".csv") and _on_this_disk(cfg) and ":/" not in answers and not glob.glob(answers):
        raise InputError(f"resolve.decisions {answers} cannot be read: there is no such file.")
    return cfg, night, stages


def forecast_configured(path: Path, date: datetime.date, environ: Mapping[str, str], options: NightOptions) -> Forecast:
    """What a night would do, as a configuration file and the options say; nothing is written."""
    from kgspark.nightly.bill import bills
    from kgspark.nightly.forecast import forecast
    from kgspark.nightly.tonight import tonight_of

    cfg, night, _ = _configured_night(path, date, environ)
    lake = open_lake(session(cfg), cfg)
    tonight = tonight_of(lake, cfg, night, STAGES, options.full, refit=options.refitted(STAGES), replay=options.replay)
    preflight(lake.spark, cfg, tonight.night, tonight.todo)
    return forecast(tonight, bills(lake, PAST_NIGHTS))


def check_configured(path: Path, environ: Mapping[str, str], records: int) -> list[SourceReport]:
    """Read a little of every source of a configuration."""
    from kgspark.ingest.check import check_sources

    cfg = config.load(path, environ)
    sources = configured_sources(cfg, environ)
    return check_sources(session(cfg), sources, records, cfg.ingest, cfg.silver)
