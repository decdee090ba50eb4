"""The ``kgspark evaluate`` commands: how right resolution is, on people's own samples."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated

import typer

evaluate_app = typer.Typer(no_args_is_help=True, help="Measure against what people know to be true.")


@evaluate_app.callback()
def _group() -> None:
    """Keep the name of the command even while there is only one."""


@evaluate_app.command("resolution")
def evaluate_resolution(
    source: Annotated[list[Path], typer.Option(help="YAML of a source; give it again for each source.")],
    gold: Annotated[Path, typer.Option(help="CSV of true pairs, or of record and cluster.")],
    gold_columns: Annotated[
        str | None,
        typer.Option(help="Its two columns: D1=abt,D2=buy for pairs; product_id,cluster_id for clusters."),
    ] = None,
    where: Annotated[str | None, typer.Option(help="SQL over silver.offers: which offers to take.")] = None,
    matcher: Annotated[str | None, typer.Option(help="Folder of a fitted matcher; else one is fitted.")] = None,
    config: Annotated[Path | None, typer.Option("--config", "-c", help="Configuration; else the defaults.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Precision, recall and F1 of resolution over the records of a gold file."""
    from kgspark import nights
    from kgspark.config import Config, load
    from kgspark.ingest.sources import load_sources
    from kgspark.resolve import evaluate, store

    cfg = load(config, os.environ) if config else Config()
    sources = load_sources([str(path) for path in source], os.environ)
    fitted = store.load(matcher) if matcher else None
    columns = gold_columns.split(",") if gold_columns else []
    report = evaluate.evaluate(nights.session(cfg), sources, cfg, gold, columns, where, fitted)
    typer.echo(json.dumps(report.record()) if as_json else "\n".join(evaluate.lines(report)))
