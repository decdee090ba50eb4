"""What the commands share: their options, where they print, and how they open a lake or a release."""

from __future__ import annotations

import datetime
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from kgspark.errors import InputError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from kgspark.config import Config
    from kgspark.lake.tables import Lake
    from kgspark.releases.register import KnowledgeGraph
    from kgspark.run import NightOptions, NightReport

ConfigOption = Annotated[Path, typer.Option("--config", "-c", help="Configuration file.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
DateOption = Annotated[str | None, typer.Option(help="The night's date, YYYY-MM-DD; today (UTC) if not given.")]
DEFAULT_CONFIG = Path("conf/local.yaml")
ROWS_SHOWN = 50
RUNS_SHOWN = 7
# Columns; a file or a pipe has no edge, and a table asks for no more than it needs.
_NO_EDGE = 10_000


def printer() -> Console:
    """A terminal's own width; where the output goes to a file or a pipe, nothing is cut."""
    return Console() if sys.stdout.isatty() else Console(width=_NO_EDGE)


def night_of(text: str | None) -> datetime.date:
    """The date that an option gave, else today's in UTC. Raises InputError where it is none."""
    if text is None:
        return datetime.datetime.now(datetime.UTC).date()
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        raise InputError(f"--date {text} is not a date; write YYYY-MM-DD.") from None


def under_way(what: str) -> None:
    """Say what takes its time; not where the answer goes."""
    typer.echo(f"{what} ...", err=True)


def options_behind(context: typer.Context) -> None:
    """Raises InputError where a group that is a command of its own got options, and then one of its commands: the
    options would be lost.
    """
    given = [
        name for name in context.params if getattr(context.get_parameter_source(name), "name", "") == "COMMANDLINE"
    ]
    if given:
        raise InputError(f"Write --{given[0].replace('_', '-')} behind {context.invoked_subcommand}, not before it.")


def run_of(
    config: Path, night: datetime.date, console: Console, options: NightOptions
) -> tuple[SparkSession, Config, NightReport]:
    """Run a night as the configuration and the options say."""
    from kgspark.commands import configured

    return configured.run_configured(config, night, os.environ, console=console, options=options)


def lake_of(config: Path, *, released: bool = False) -> tuple[Lake, Config]:
    """The lake of a configuration, and the configuration; ``released``: it must hold a release."""
    from kgspark.commands import configured

    return configured.configured_lake(config, os.environ, released=released)


def started_lake_of(config: Path) -> tuple[Lake, Config]:
    """The lake of a configuration, in which a night was started, and the configuration. Raises InputError where none
    was: a mistyped path is no lake where nothing happened.
    """
    from kgspark.lake.lock import LOCKS
    from kgspark.nightly.ledger import RUNS

    lake, cfg = lake_of(config)
    if not any(lake.exists(name) for name in (LOCKS, RUNS)):
        raise InputError(f"No night was ever started in the lake {lake.root}; check the path in {config}.")
    return lake, cfg


def release_of(config: Path, release: str | None = None) -> tuple[KnowledgeGraph, Config]:
    """A release of the configuration's lake, the latest if none is named, and the configuration."""
    from kgspark.publish.readers import open_release

    lake, cfg = lake_of(config, released=True)
    return open_release(lake, release=release), cfg
