"""The ``kgspark evaluate`` and ``kgspark resolve`` commands: how right resolution is, what it costs, and why."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated

import typer

from kgspark.commands.options import DEFAULT_CONFIG, ConfigOption, release_of
from kgspark.errors import InputError

evaluate_app = typer.Typer(no_args_is_help=True, help="Measure against what people know to be true.")
resolve_app = typer.Typer(
    no_args_is_help=True, help="What resolution will cost, why it joined, what people may decide."
)


@evaluate_app.callback()
def _group() -> None:
    """Keep the name of the command even while there is only one."""


@evaluate_app.command("resolution")
def evaluate_resolution(
    source: Annotated[list[Path], typer.Option(help="YAML of a source; give it again for each source.")],
    gold: Annotated[Path, typer.Option(help="CSV of true pairs, or of record and cluster.")],
    gold_columns: Annotated[
        str | None,
        typer.Option(
            help="Its columns. Pairs: D1=abt,D2=buy, or source,key,source,key. Clusters: key,cluster, key=abt,cluster, "
            "or source,key,cluster."
        ),
    ] = None,
    where: Annotated[str | None, typer.Option(help="SQL over silver.offers: which offers to take.")] = None,
    matcher: Annotated[str | None, typer.Option(help="Folder of a fitted matcher; else one is fitted.")] = None,
    config: Annotated[Path | None, typer.Option("--config", "-c", help="Configuration; else the defaults.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Precision, recall and F1 of resolution over the records of a gold file; people's answers are obeyed."""
    from kgspark.commands import configured
    from kgspark.config import Config, load
    from kgspark.ingest.sources import load_sources
    from kgspark.resolve import evaluate, store

    if not gold.is_file():
        raise InputError(f"--gold {gold} is no file; name a CSV of true pairs, or of record and cluster.")
    cfg = load(config, os.environ) if config else Config()
    sources = load_sources([str(path) for path in source], os.environ)
    kept = matcher or cfg.resolve.matcher
    fitted = store.load(kept) if kept else None
    columns = gold_columns.split(",") if gold_columns else []
    report = evaluate.evaluate(configured.session(cfg), sources, cfg, gold, columns, where, fitted)
    typer.echo(json.dumps(report.record()) if as_json else "\n".join(evaluate.lines(report)))


@resolve_app.command("plan")
def resolve_plan(
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """What resolving the sources will cost; reads them as a night would, and writes nothing."""
    from kgspark.commands import configured
    from kgspark.config import load
    from kgspark.resolve import evaluate, offers, plan

    cfg = load(config, os.environ)
    sources = configured.configured_sources(cfg, os.environ)
    found = evaluate.offers_of(configured.session(cfg), sources, cfg).persist()
    told = offers.promises(found, sources, None, cfg.resolve)
    made = plan.plan(offers.listed(found, [*told.once, *told.asked]).persist(), cfg.resolve)
    typer.echo(json.dumps(made.record(), ensure_ascii=False) if as_json else "\n".join(plan.lines(made)))


@resolve_app.command("explain")
def resolve_explain(
    offer_a: Annotated[str, typer.Argument(help="An offer_id, or source:record_id.")],
    offer_b: Annotated[str, typer.Argument(help="The other offer.")],
    config: ConfigOption = DEFAULT_CONFIG,
    html: Annotated[Path | None, typer.Option(help="Also write the waterfall to this file.")] = None,
) -> None:
    """Why two offers of the latest release are, or are not, one product."""
    from kgspark.commands import configured
    from kgspark.config import load
    from kgspark.resolve import explain, waterfall

    sources = configured.configured_sources(load(config, os.environ), os.environ)
    kg, cfg = release_of(config)
    said = explain.explain(kg, offer_a, offer_b, cfg.resolve, sources)
    typer.echo("\n".join(waterfall.lines(said)))
    if html:
        html.write_text(waterfall.page(said), encoding="utf-8")
        typer.echo(f"written to {html}")


@resolve_app.command("review")
def resolve_review(
    config: ConfigOption = DEFAULT_CONFIG,
    pairs: Annotated[int, typer.Option(min=1, help="Pairs to show.")] = 20,
    csv: Annotated[Path | None, typer.Option(help="Write them to this file, to fill in 'decision'.")] = None,
) -> None:
    """The pairs that a person's answer would help most; resolve.decisions names the file with the answers."""
    if csv and csv.exists():
        raise InputError(f"{csv} exists, and may hold answers; name another file.")
    kg, cfg = release_of(config)
    found = kg.table("silver.review_pairs").orderBy("place").limit(pairs).toPandas()
    if csv:
        found.to_csv(csv, index=False)
        typer.echo(
            f"{len(found)} pairs in {csv}: write same or different under 'decision', name it as resolve.decisions"
        )
    else:
        for row in found.itertuples():
            typer.echo(f"{row.probability:.2f}  {row.left_offer_id} {row.left_seller}: {row.left_title}")
            typer.echo(f"      {row.right_offer_id} {row.right_seller}: {row.right_title}")
            typer.echo(f"      {row.why}")
    if len(found) < pairs:
        typer.echo(f"no more are listed: silver.review_pairs holds up to {cfg.resolve.review_pairs} pairs in doubt")
