"""Commands on what nights set aside: list it, and have it read again."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from kgspark.commands.options import (
    DEFAULT_CONFIG,
    ConfigOption,
    DateOption,
    JsonOption,
    night_of,
    options_behind,
    printer,
    release_of,
    run_of,
)

rejects_app = typer.Typer(help="What nights set aside and why; have it read again once the cause is mended.")
TableOption = Annotated[str | None, typer.Option("--table", help="Of this table alone, such as silver.offers.")]


@rejects_app.callback(invoke_without_command=True)
def rejects_list(
    context: typer.Context,
    config: ConfigOption = DEFAULT_CONFIG,
    table: TableOption = None,
    as_json: JsonOption = False,
) -> None:
    """By table, source, field and rule: how many, and an example, which may be personal. The records are in bronze."""
    if context.invoked_subcommand:
        options_behind(context)
        return
    from kgspark.publish import rejects
    from kgspark.publish.readers import release_before

    kg, _ = release_of(config)
    found, earlier = rejects.set_aside(kg, table), release_before(kg)
    if earlier:
        found = rejects.beside(found, kg, earlier, table)
    typer.echo(json.dumps(rejects.records(found), ensure_ascii=False) if as_json else "\n".join(rejects.lines(found)))


@rejects_app.command("replay")
def rejects_replay(config: ConfigOption = DEFAULT_CONFIG, date: DateOption = None) -> None:
    """Run a night with --replay, and say what came back: every stage that set something aside builds all of its rows
    again. A mended mapping, setting or dump needs no replay, the next night sees it; what a night cannot see does, such
    as more memory for the encoder.
    """
    from kgspark.publish import rejects
    from kgspark.publish.readers import open_release
    from kgspark.run import NightOptions, open_lake

    night = night_of(date)
    before, _ = release_of(config)
    spark, cfg, _ = run_of(config, night, printer(), NightOptions(replay=True))
    after = open_release(open_lake(spark, cfg))
    typer.echo("\n".join(rejects.came_back(before, after)))
    typer.echo(f"released {after.release.release_id}")
