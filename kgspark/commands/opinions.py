"""The ``kgspark evaluate polarity`` and ``kgspark evaluate aspects`` commands: how well opinions are read."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated

import typer

from kgspark.commands.options import JsonOption, under_way
from kgspark.commands.resolve import evaluate_app


@evaluate_app.command("polarity")
def evaluate_polarity(
    source: Annotated[list[Path], typer.Option(help="YAML of a source with rated reviews; again for each source.")],
    folds: Annotated[int, typer.Option(min=1, max=10, help="Tenths to hold out, one after the other.")] = 1,
    config: Annotated[Path | None, typer.Option("--config", "-c", help="Configuration; else the defaults.")] = None,
    encoder: Annotated[
        bool | None,
        typer.Option(
            "--encoder/--no-encoder",
            help="With the fine-tuned encoder, or without, in a small part of the time; else with it where it is "
            "installed. It reads English only.",
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Accuracy and AUC of telling good ratings from bad ones by the words of held-out reviews."""
    from kgspark.commands import configured
    from kgspark.config import Config, load
    from kgspark.extract.opinions import evaluate_polarity as evaluation
    from kgspark.ingest.sources import load_sources

    cfg = load(config, os.environ) if config else Config()
    sources = load_sources([str(path) for path in source], os.environ)
    report = evaluation.evaluate(configured.session(cfg), sources, cfg, folds, encoder, under_way)
    typer.echo(json.dumps(report.record()) if as_json else "\n".join(evaluation.lines(report)))


@evaluate_app.command("aspects")
def evaluate_aspects(
    train: Annotated[Path, typer.Option(help="Judged terms to learn from: sentence with $T$, term, -1, 0 or 1.")],
    test: Annotated[Path, typer.Option(help="Judged terms to measure on, in the same format.")],
    seeds: Annotated[int, typer.Option(min=1, help="Runs, each with another seed; the means are given, too.")] = 3,
    as_json: JsonOption = False,
) -> None:
    """Accuracy of the polarity of given aspect terms, and F1 of the terms found in raw sentences."""
    from kgspark.extract.opinions import evaluate_aspects as evaluation

    report = evaluation.evaluate(train, test, seeds)
    typer.echo(json.dumps(report.record()) if as_json else "\n".join(evaluation.lines(report)))
