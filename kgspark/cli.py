"""One product knowledge graph out of raw e-commerce dumps, night after night."""

from __future__ import annotations

import json
import logging
import os
import secrets
import sys
from pathlib import Path
from typing import Annotated

import typer

import kgspark.commands.opinions  # noqa: F401 - adds its commands to evaluate
from kgspark.commands import attributes
from kgspark.commands.audit import audit
from kgspark.commands.guard import guarded, quieten
from kgspark.commands.hints import given_config
from kgspark.commands.nights import nights_app, privacy_app, releases_app
from kgspark.commands.on_failure import check_command, telling
from kgspark.commands.options import (
    DEFAULT_CONFIG,
    ROWS_SHOWN,
    ConfigOption,
    DateOption,
    JsonOption,
    night_of,
    printer,
    release_of,
    run_of,
)
from kgspark.commands.rejects import rejects_app
from kgspark.commands.resolve import evaluate_app, resolve_app
from kgspark.errors import InputError

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
sources_app = typer.Typer(no_args_is_help=True, help="Look at the sources before a night does.")
key_app = typer.Typer(no_args_is_help=True, help="The key of shopper pseudonyms.")
app.add_typer(sources_app, name="sources")
app.add_typer(key_app, name="key")
app.add_typer(evaluate_app, name="evaluate")
app.add_typer(resolve_app, name="resolve")
app.add_typer(attributes.attributes_app, name="attributes")
app.command("facts")(attributes.facts)
app.add_typer(nights_app)
app.add_typer(releases_app, name="releases")
app.add_typer(rejects_app, name="rejects")
app.add_typer(privacy_app, name="privacy")
app.command("audit")(audit)


@app.command()
def nightly(
    config: ConfigOption = DEFAULT_CONFIG,
    date: DateOption = None,
    full: Annotated[bool, typer.Option("--full", help="Build everything anew, whether it changed or not.")] = False,
    refit: Annotated[
        bool,
        typer.Option("--refit", help="Fit matcher and lexicons anew, instead of going on with the last release's."),
    ] = False,
    replay: Annotated[
        bool, typer.Option("--replay", help="Also build again, whole, each stage that set something aside.")
    ] = False,
    verify: Annotated[
        bool, typer.Option("--verify", help="Also build everything anew, and release only if it is the same.")
    ] = False,
    max_minutes: Annotated[
        float | None, typer.Option(help="Begin no further stage after this; the same command goes on.", min=0)
    ] = None,
    max_texts: Annotated[
        int | None,
        typer.Option(help="Do not embed more texts than this; the same command with more of them goes on.", min=0),
    ] = None,
    on_failure: Annotated[
        str | None, typer.Option(help="A command to run where the night fails; it gets the reason on its input.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what it would do and cost; write nothing.")] = False,
) -> None:
    """Run a whole night: dumps in, a gated release out. Only what changed since the last one is built."""
    night = night_of(date)
    check_command(on_failure)
    from kgspark.commands.configured import forecast_configured
    from kgspark.nightly.forecast import lines
    from kgspark.publish.readers import open_release
    from kgspark.publish.summary import print_summary
    from kgspark.run import NightOptions, open_lake

    options = NightOptions(
        full=full, refit=refit, replay=replay, verify=verify, max_minutes=max_minutes, max_texts=max_texts
    )
    if dry_run:
        typer.echo("\n".join(lines(forecast_configured(config, night, os.environ, options))))
        return
    console = printer()
    with telling(on_failure):
        spark, cfg, report = run_of(config, night, console, options)
    print_summary(console, report, open_release(open_lake(spark, cfg)), str(config))


@app.command()
def show(
    node_or_text: str,
    config: ConfigOption = DEFAULT_CONFIG,
    facts: Annotated[int, typer.Option(help="Facts to show.")] = 20,
    release: Annotated[str | None, typer.Option(help="A release or a tag; the latest if not given.")] = None,
    as_json: JsonOption = False,
) -> None:
    """A node with its facts, and for every fact where it was read."""
    from kgspark.publish.render import node_lines, node_record
    from kgspark.publish.show import view

    node = view(release_of(config, release)[0], node_or_text, facts=facts)
    if as_json:
        typer.echo(json.dumps(node_record(node), ensure_ascii=False))
        return
    console = printer()
    for line in node_lines(node):
        console.print(line, highlight=False, soft_wrap=True)


@app.command()
def sql(
    query: str,
    config: ConfigOption = DEFAULT_CONFIG,
    release: Annotated[str | None, typer.Option(help="A release or a tag; the latest if not given.")] = None,
    rows: Annotated[int, typer.Option(help="Rows to print.")] = ROWS_SHOWN,
    as_json: JsonOption = False,
) -> None:
    """Run SQL against a release: select ... from graph.nodes."""
    from kgspark.publish.readers import sql as run_sql
    from kgspark.publish.render import frame_grid

    answer = run_sql(release_of(config, release)[0], query)
    if as_json:
        for row in answer.limit(rows).collect():
            typer.echo(json.dumps(row.asDict(recursive=True), default=str, ensure_ascii=False))
        return
    printer().print(frame_grid(answer, rows))


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
    for grid in table_grids(chosen, columns=name is not None):
        printer().print(grid)


@app.command()
def sample(
    out: Annotated[Path, typer.Option(help="Folder to write the world into.")],
    offers: Annotated[int, typer.Option(help="Offers over all shops.", min=100)] = 3000,
    seed: Annotated[int, typer.Option(help="Same seed, same rows.")] = 7,
    catalogue_only: Annotated[bool, typer.Option(help="The same offers, without reviews and orders.")] = False,
) -> None:
    """Write a sample world: shops, reviews, orders, and the truth beside them."""
    from kgspark.sample.world import check_folder, write_world
    from kgspark.session import default_session

    check_folder(str(out))
    typer.echo(write_world(default_session(), str(out), offers, seed, catalogue_only=catalogue_only))


@sources_app.command("check")
def sources_check(
    config: ConfigOption = DEFAULT_CONFIG,
    records: Annotated[int, typer.Option(help="Records to read of each source.")] = 1000,
) -> None:
    """Read a little of every source: the mapping, what parses, what would be rejected."""
    from kgspark.commands.configured import check_configured
    from kgspark.publish.sources_report import print_report

    reports = check_configured(config, os.environ, records)
    print_report(printer(), reports)
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


def main() -> None:
    """Run the command; an error of ours is one sentence on stderr and its exit code, never a stack trace."""
    verbose = os.environ.get("KGSPARK_LOG")
    logging.basicConfig(
        level=verbose.upper() if verbose else logging.WARNING, format="%(asctime)s %(name)s %(message)s"
    )
    quieten()
    sys.exit(guarded(app, given_config(sys.argv[1:])))
