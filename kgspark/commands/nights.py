"""Commands that watch, compare and undo nights: releases, ids, the bill, the lock."""

from __future__ import annotations

import datetime
import json
import os
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from kgspark.commands.options import (
    DEFAULT_CONFIG,
    RUNS_SHOWN,
    ConfigOption,
    JsonOption,
    lake_of,
    options_behind,
    printer,
    release_of,
    started_lake_of,
    under_way,
)

nights_app = typer.Typer(no_args_is_help=True)
releases_app = typer.Typer(help="List the releases, compare two, keep one for good, delete what none needs.")
privacy_app = typer.Typer(no_args_is_help=True, help="Personal data in the lake.")


@releases_app.callback(invoke_without_command=True)
def releases_list(context: typer.Context, config: ConfigOption = DEFAULT_CONFIG, as_json: JsonOption = False) -> None:
    """List the releases, oldest first; the last one is what readers see. Exit code 2 where there is none."""
    if context.invoked_subcommand:
        options_behind(context)
        return
    from kgspark.releases.register import all_releases, none_yet, retired

    lake, _ = lake_of(config, released=True)
    known, gone = all_releases(lake), retired(lake)
    if not known:
        raise none_yet(lake.root)
    if as_json:
        records = [vars(release) | {"gone": gone.get(release.release_id)} for release in known]
        typer.echo(json.dumps(records, default=str, ensure_ascii=False))
        return
    for release in known:
        latest = "  <- latest" if release is known[-1] else ""
        made = f"{release.created_at:%Y-%m-%d %H:%M:%S}"
        why = f"  gone: {gone[release.release_id]}" if release.release_id in gone else ""
        typer.echo(
            f"{release.sequence:>4}  {release.release_id}  {release.action:<9}  {made}  "
            f"{len(release.tables)} tables{latest}{why}"
        )


@releases_app.command("diff")
def releases_diff(
    before: Annotated[str, typer.Argument(help="A release, or a tag.")],
    after: Annotated[str | None, typer.Argument(help="Another one; the latest if not given.")] = None,
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """What came, went and changed from one release to another."""
    from kgspark.publish.readers import open_release
    from kgspark.releases import release_diff

    lake, _ = lake_of(config, released=True)
    older, newer = open_release(lake, release=before), open_release(lake, release=after)
    under_way(f"comparing {len(newer.tables)} tables, row by row where their versions differ")
    found = release_diff.difference(older, newer)
    typer.echo(json.dumps(found.record(), ensure_ascii=False) if as_json else "\n".join(release_diff.lines(found)))


@releases_app.command("tag")
def releases_tag(release_id: str, name: str, config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Keep a release for good, as a copy; --release NAME opens it."""
    from kgspark.lake.lock import Lock
    from kgspark.releases.retention import check_tag, tag

    check_tag(name)
    lake, cfg = lake_of(config, released=True)
    with Lock(lake, cfg.lock, f"the tag {name}"):
        under_way("copying the release's tables")
        typer.echo(f"{release_id} is kept as {name} in {tag(lake, release_id, name, cfg.spark.tables_at_a_time).root}")


@releases_app.command("vacuum")
def releases_vacuum(
    keep: Annotated[int, typer.Option(help="Releases that must stay; tags stay anyway.", min=1)],
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Delete what only older releases need."""
    from kgspark.lake.lock import Lock
    from kgspark.releases.retention import vacuum

    lake, cfg = lake_of(config, released=True)
    with Lock(lake, cfg.lock, "a vacuum"):
        under_way("deleting what only older releases need, table by table")
        done = vacuum(lake, keep, cfg.spark.tables_at_a_time)
    typer.echo(
        f"kept {', '.join(done.kept)}; {len(done.retired)} can no longer be opened; {len(done.hours)} tables swept"
    )


@nights_app.command()
def rollback(release_id: str, config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Make an earlier release the latest again."""
    from kgspark.lake.lock import Lock
    from kgspark.releases.register import rollback as roll_back

    lake, cfg = lake_of(config, released=True)
    with Lock(lake, cfg.lock, f"the rollback to {release_id}"):
        typer.echo(f"readers now see {roll_back(lake, release_id).release_id}")


@nights_app.command("id")
def product_id(
    old: Annotated[str, typer.Argument(help="A product id of any release.")],
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """What became of a product id: where its offers are now, and every merge and split on the way."""
    from kgspark.releases.product_ids import fate

    found = fate(release_of(config)[0], old)
    if as_json:
        typer.echo(json.dumps(vars(found), ensure_ascii=False))
        return
    typer.echo(f"now {', '.join(found.now)}" if found.now else "gone: none of its offers is left")
    for step in found.story:
        typer.echo(f"  {step}")


@nights_app.command("bill")
def bill_command(
    config: ConfigOption = DEFAULT_CONFIG,
    nights: Annotated[int, typer.Option(help="Nights to show.", min=1)] = 7,
    as_json: JsonOption = False,
) -> None:
    """What the last nights cost, stage by stage."""
    from kgspark.lake.lock import is_held
    from kgspark.nightly import bill

    lake, cfg = started_lake_of(config)
    found = bill.bills(lake, nights, is_held(lake, cfg.lock))
    if as_json:
        typer.echo(json.dumps(bill.records(found), ensure_ascii=False))
        return
    for grid in bill.grids(found):
        printer().print(grid)


@nights_app.command()
def deliveries(
    config: ConfigOption = DEFAULT_CONFIG,
    runs: Annotated[int, typer.Option(help="Runs to show.", min=1)] = RUNS_SHOWN,
    as_json: JsonOption = False,
) -> None:
    """What each source brought in the last runs, the newest first, against what was held of it."""
    from kgspark.nightly.ledger import last_deliveries

    for row in last_deliveries(started_lake_of(config)[0], runs):
        # A book of an older kgspark knows of none that expired.
        expired = ["expired"] if row.get("expired") else []
        counted = ("new", "changed", "unchanged", "vanished", *expired)
        counts = "  ".join(f"{row[name]:,} {name}" for name in counted)
        said = f"{row['run_id']}  {row['table']:<28} {row['source']:<24} {row['status'] + ':':<10} {counts}"
        typer.echo(json.dumps(row) if as_json else said)


@nights_app.command("erase")
def erase_command(
    shopper: Annotated[list[str] | None, typer.Option(help="A raw shopper id; give it again for each.")] = None,
    file: Annotated[
        Path | None, typer.Option(help="A file of raw ids, one a line.", exists=True, dir_okay=False)
    ] = None,
    config: ConfigOption = DEFAULT_CONFIG,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say which records go and which releases close; change nothing.")
    ] = False,
) -> None:
    """Forget a person: tables, files, earlier releases and deliveries to come; ends with a proof and a receipt."""
    from kgspark.commands.configured import configured_sources, pseudonym_key
    from kgspark.config import load
    from kgspark.night import Night
    from kgspark.privacy.erase import check_asked, erase, would_erase

    ids = [*(shopper or []), *(file.read_text(encoding="utf-8-sig").splitlines() if file else [])]
    cfg = load(config, os.environ)
    sources, key = configured_sources(cfg, os.environ), pseudonym_key(cfg, os.environ)
    night = Night(date=datetime.date.min, run_id="", sources=sources, secret=key)
    check_asked(cfg, night, ids)
    under_way(f"looking for what they left in the lake {cfg.lake}")
    lake, cfg = lake_of(config, released=True)
    if dry_run:
        typer.echo("\n".join(would_erase(lake, cfg, night, ids)))
        return
    done = erase(lake, cfg, night, ids, console=Console(stderr=True))
    records = ", ".join(f"{count:,} of {name}" for name, count in done.records.items())
    typer.echo(f"{done.erasure_id}: {records}; readers now see {done.release_id}; no trace in {done.read}")
    typer.echo(f"looked for: {', '.join(done.looked_for)}")
    if done.by_field:
        typer.echo(
            f"{done.by_field:,} of the ids are plain numbers, which count many things: outside of bronze these were "
            "looked for beside the name of their field"
        )


@privacy_app.command("report")
def privacy_report(config: ConfigOption = DEFAULT_CONFIG, as_json: JsonOption = False) -> None:
    """What personal data is where, by the marks in schemas/."""
    from kgspark.privacy import report

    kg, _ = release_of(config)
    under_way(f"counting what is personal in {len(kg.tables)} tables")
    found = report.report(kg)
    typer.echo(json.dumps([vars(each) for each in found]) if as_json else "\n".join(report.lines(found)))


@privacy_app.callback()
def _privacy() -> None:
    """Keep the name of the command even while there is only one."""


@nights_app.command("migrate")
def migrate_command(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Carry a lake of an older schema version over to this one: once, right before its next night.

    Tables that this version cannot fill from what is there are empty until that night has made them.
    """
    from kgspark.nightly.migrate import migrate

    release = migrate(*lake_of(config))
    done = f"readers now see {release.release_id}, {len(release.tables)} tables" if release else "nothing to do"
    typer.echo(f"{done}; schema version {release.schema_version}" if release else done)


@nights_app.command()
def unlock(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Take the lake from a night that is dead; one that lives finds out and releases nothing."""
    from kgspark.lake.lock import break_lock

    was = break_lock(started_lake_of(config)[0])
    typer.echo(f"taken from {was}" if was else "nobody holds the lake")
