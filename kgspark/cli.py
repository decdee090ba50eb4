"""One product knowledge graph out of raw e-commerce dumps, night after night."""

from __future__ import annotations

import datetime
import json
import logging
import os
import secrets
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

import kgspark.cli_opinions  # noqa: F401 - adds its commands to evaluate
from kgspark import cli_attributes
from kgspark.cli_audit import audit
from kgspark.cli_nights import nights_app, privacy_app, releases_app, telling
from kgspark.cli_resolve import evaluate_app, resolve_app
from kgspark.errors import EngineError, InputError, KgsparkError

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
sources_app = typer.Typer(no_args_is_help=True, help="Look at the sources before a night does.")
key_app = typer.Typer(no_args_is_help=True, help="The key of shopper pseudonyms.")
app.add_typer(sources_app, name="sources")
app.add_typer(key_app, name="key")
app.add_typer(evaluate_app, name="evaluate")
app.add_typer(resolve_app, name="resolve")
app.add_typer(cli_attributes.attributes_app, name="attributes")
app.command("facts")(cli_attributes.facts)
app.add_typer(nights_app)
app.add_typer(releases_app, name="releases")
app.add_typer(privacy_app, name="privacy")
app.command("audit")(audit)

ConfigOption = Annotated[Path, typer.Option("--config", "-c", help="Configuration file.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
DEFAULT_CONFIG = Path("conf/local.yaml")
ROWS_SHOWN = 50


@app.command()
def nightly(
    config: ConfigOption = DEFAULT_CONFIG,
    date: Annotated[str | None, typer.Option(help="The night's date, YYYY-MM-DD; today (UTC) if not given.")] = None,
    full: Annotated[bool, typer.Option("--full", help="Build everything anew, whether it changed or not.")] = False,
    refit: Annotated[
        bool,
        typer.Option("--refit", help="Fit matcher and lexicons anew, instead of going on with the last release's."),
    ] = False,
    verify: Annotated[
        bool, typer.Option("--verify", help="Also build everything anew, and release only if it is the same.")
    ] = False,
    max_minutes: Annotated[
        float | None, typer.Option(help="Begin no further stage after this; the same command goes on.", min=0)
    ] = None,
    max_texts: Annotated[
        int | None, typer.Option(help="Do not embed more texts than this; the same command goes on.", min=0)
    ] = None,
    on_failure: Annotated[
        str | None, typer.Option(help="A command to run where the night fails; it gets the reason on its input.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what it would do and cost; write nothing.")] = False,
) -> None:
    """Run a whole night: dumps in, a gated release out. Only what changed since the last one is built."""
    from kgspark.forecast import lines
    from kgspark.nights import forecast_configured, run_configured
    from kgspark.publish.readers import open_release
    from kgspark.publish.summary import print_summary
    from kgspark.run import NightOptions, open_lake

    options = NightOptions(full=full, refit=refit, verify=verify, max_minutes=max_minutes, max_texts=max_texts)
    if dry_run:
        typer.echo("\n".join(lines(forecast_configured(config, _date(date), os.environ, options))))
        return
    console = _console()
    with telling(on_failure):
        spark, cfg, report = run_configured(config, _date(date), os.environ, console=console, options=options)
    print_summary(console, report, open_release(open_lake(spark, cfg)), str(config))


@app.command()
def show(
    node_or_text: str,
    config: ConfigOption = DEFAULT_CONFIG,
    facts: Annotated[int, typer.Option(help="Facts to show.")] = 20,
    as_json: JsonOption = False,
) -> None:
    """A node with its facts, and for every fact where it was read."""
    from kgspark.publish.readers import open_release
    from kgspark.publish.render import node_lines, node_record
    from kgspark.publish.show import view

    _, lake = _lake(config)
    node = view(open_release(lake), node_or_text, facts=facts)
    if as_json:
        typer.echo(json.dumps(node_record(node), ensure_ascii=False))
        return
    console = Console()
    for line in node_lines(node):
        console.print(line, highlight=False, soft_wrap=True)


@app.command()
def sql(
    query: str,
    config: ConfigOption = DEFAULT_CONFIG,
    release: Annotated[str | None, typer.Option(help="A release; the latest if not given.")] = None,
    rows: Annotated[int, typer.Option(help="Rows to print.")] = ROWS_SHOWN,
    as_json: JsonOption = False,
) -> None:
    """Run SQL against a release: select ... from graph.nodes."""
    from kgspark.publish.readers import open_release
    from kgspark.publish.readers import sql as run_sql
    from kgspark.publish.render import frame_grid

    _, lake = _lake(config)
    answer = run_sql(open_release(lake, release=release), query)
    if as_json:
        for row in answer.limit(rows).collect():
            typer.echo(json.dumps(row.asDict(recursive=True), default=str, ensure_ascii=False))
        return
    _console().print(frame_grid(answer, rows))


@app.command()
def tables(
    name: Annotated[str | None, typer.Argument(help="One table; all if not given.")] = None, as_json: JsonOption = False
) -> None:
    """The data dictionary, out of schemas/."""
    from kgspark.publish.dictionary import table_grids
    from kgspark.schema import load_tables, table

    chosen = [table(name)] if name else list(load_tables().values())
    if as_json:
        typer.echo(
            json.dumps([contract.model_dump(mode="json", by_alias=True) for contract in chosen], ensure_ascii=False)
        )
        return
    console = Console()
    for grid in table_grids(chosen, columns=name is not None):
        console.print(grid)


@app.command()
def sample(
    out: Annotated[Path, typer.Option(help="Folder to write the world into.")],
    offers: Annotated[int, typer.Option(help="Offers over all shops.", min=100)] = 3000,
    seed: Annotated[int, typer.Option(help="Same seed, same rows.")] = 7,
    catalogue_only: Annotated[bool, typer.Option(help="The same offers, without reviews and orders.")] = False,
) -> None:
    """Write a sample world: shops, reviews, orders, and the truth beside them."""
    from kgspark.sample.world import write_world
    from kgspark.session import default_session

    typer.echo(write_world(default_session(), str(out), offers, seed, catalogue_only=catalogue_only))


@sources_app.command("check")
def sources_check(
    config: ConfigOption = DEFAULT_CONFIG,
    records: Annotated[int, typer.Option(help="Records to read of each source.")] = 1000,
) -> None:
    """Read a little of every source: the mapping, what parses, what would be rejected."""
    from kgspark.nights import check_configured
    from kgspark.publish.sources_report import print_report

    reports = check_configured(config, os.environ, records)
    print_report(Console(), reports)
    if any(report.error for report in reports):
        raise typer.Exit(InputError.exit_code)


@key_app.command("new")
def key_new(file: Path) -> None:
    """Write a new random key; keep it safe and outside the lake: with it, pseudonyms can be recomputed."""
    if file.exists():
        raise InputError(
            f"{file} exists; a new key would give every shopper a new pseudonym. Delete it first if you mean to."
        )
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch(mode=0o600)
    file.write_text(secrets.token_hex(32) + "\n")
    typer.echo(f"wrote {file}")


def _lake(config: Path) -> tuple[Any, Any]:
    from kgspark.nights import configured_session
    from kgspark.run import open_lake

    spark, cfg = configured_session(config, os.environ)
    return spark, open_lake(spark, cfg)


def _console() -> Console:
    """A terminal's own width; wide enough for our tables where the output goes to a file."""
    return Console() if sys.stdout.isatty() else Console(width=140)


def _date(text: str | None) -> datetime.date:
    if text is None:
        return datetime.datetime.now(datetime.UTC).date()
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        raise InputError(f"--date {text} is not a date; write YYYY-MM-DD.") from None


def main() -> None:
    """Run the command; an error of ours is one sentence on stderr and its exit code, never a stack trace."""
    verbose = os.environ.get("KGSPARK_LOG")
    logging.basicConfig(
        level=verbose.upper() if verbose else logging.WARNING, format="%(asctime)s %(name)s %(message)s"
    )
    quieten()
    sys.exit(guarded(app))


def quieten() -> None:
    """Keep libraries from logging what only their makers want to know: each call to the JVM, a temporary folder."""
    # Great Expectations sets the level of its own logger when it is imported.
    for library in ("py4j", "great_expectations", "great_expectations.data_context.types.base"):
        logging.getLogger(library).setLevel(logging.WARNING)


def guarded(command: Any) -> int:
    """Call the command; give the exit code: 0 done, 1 gate, 2 input or config, 3 engine."""
    try:
        code = command()
        return code if isinstance(code, int) else 0
    except KgsparkError as error:
        typer.echo(f"kgspark: {error}", err=True)
        return error.exit_code
    except Exception as error:
        if os.environ.get("KGSPARK_LOG", "").upper() == "DEBUG":
            raise
        text = str(error).strip().splitlines()
        what = f"{type(error).__name__}: {text[0][:300] if text else ''}"
        typer.echo(
            f"kgspark: the engine failed ({what}); run again with KGSPARK_LOG=debug for the whole trace.", err=True
        )
        return EngineError.exit_code
