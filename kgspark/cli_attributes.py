"""The ``kgspark evaluate attributes`` command: how right the attribute reader is on a labelled file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from kgspark.cli_resolve import evaluate_app


@evaluate_app.command("attributes")
def evaluate_attributes(
    train: Annotated[Path, typer.Option(help="Labelled texts to fit on (AE-110k or WDC PAVE; .jsonl or .jsonl.gz).")],
    test: Annotated[Path | None, typer.Option(help="Labelled texts to ask about; else parts of --train.")] = None,
    folds: Annotated[int, typer.Option(min=2, help="Without --test: parts of --train, each asked once.")] = 5,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Precision, recall and F1 of the values read, the attribute's name given."""
    from kgspark.extract import evaluate_attributes as evaluation

    report = evaluation.evaluate(train, test, folds)
    typer.echo(json.dumps(report.record()) if as_json else "\n".join(evaluation.lines(report)))
