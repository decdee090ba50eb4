"""Everything that can be known to be wrong before the night writes its first row."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import SparkSession

from kgspark.config import Config
from kgspark.embed import models
from kgspark.errors import InputError
from kgspark.ingest.preflight import check_sources
from kgspark.lake import lake_files
from kgspark.night import Night
from kgspark.pipeline import RAW, Stage
from kgspark.quality.expectations import check_contracts
from kgspark.resolve import store
from kgspark.schema import load_tables


def preflight(spark: SparkSession, cfg: Config, night: Night, stages: Sequence[Stage]) -> None:
    """Check what the stages to run will need: settings, the content of sources, the gates' own wording.

    Raises InputError, naming the first thing that is wrong and what to do.
    """
    check_settings(cfg, night, stages)
    lake_files.check_writable(cfg.lake)
    check_contracts(load_tables().values())
    if any(RAW in stage.reads for stage in stages):
        check_sources(spark, night.sources, cfg.ingest)


def check_settings(cfg: Config, night: Night, stages: Sequence[Stage]) -> None:
    """The part that needs no Spark: that there are sources, the pseudonym key, matcher and model."""
    if any(RAW in stage.reads for stage in stages) and not night.sources:
        raise InputError(
            "The configuration names no source; list YAML files under 'sources', such as conf/sources/*.yaml."
        )
    if any(stage.settings == "silver" for stage in stages) and not night.secret:
        raise InputError(
            "No key for shopper pseudonyms: run 'kgspark key new FILE' once, keep that file safe and outside the lake, "
            "and name it as privacy.key_file, or export its content as KGSPARK_KEY."
        )
    if any(stage.settings == "resolve" for stage in stages) and cfg.resolve.matcher:
        store.load(cfg.resolve.matcher)
    if any(stage.settings == "embed" for stage in stages):
        models.preflight(cfg.embed)
