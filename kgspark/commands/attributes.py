"""The ``kgspark evaluate attributes`` and ``kgspark facts`` commands: how right readings are, and where they stand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from kgspark.commands.options import DEFAULT_CONFIG, ConfigOption, printer, release_of
from kgspark.commands.resolve import evaluate_app
from kgspark.errors import InputError

TaggerOption = Annotated[
    bool | None,
    typer.Option(
        "--tagger/--no-tagger",
        help="With the fine-tuned span tagger, or without, in a tenth of the time; else with it where texts are short.",
    ),
]


@evaluate_app.command("attributes")
def evaluate_attributes(
    train: Annotated[Path, typer.Option(help="Labelled texts to fit on (AE-110k or WDC PAVE; .jsonl or .jsonl.gz).")],
    test: Annotated[Path | None, typer.Option(help="Labelled texts to ask about; else parts of --train.")] = None,
    folds: Annotated[int, typer.Option(min=2, help="Without --test: parts of --train, each asked once.")] = 5,
    tagger: TaggerOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Precision, recall and F1 of the values read, the attribute's name given."""
    from kgspark.extract.trained import evaluate_attributes as evaluation

    report = evaluation.evaluate(train, test, folds, tagger)
    typer.echo(json.dumps(report.record()) if as_json else "\n".join(evaluation.lines(report)))


attributes_app = typer.Typer(no_args_is_help=True, help="Readers of attributes in texts.")


@attributes_app.command("train")
def attributes_train(
    config: ConfigOption = DEFAULT_CONFIG,
    tagger: TaggerOption = None,
) -> None:
    """Fit a reader to what the sellers of the latest release declare; name its folder as attributes.reader."""
    from kgspark import artifacts
    from kgspark.extract import attributes

    kg, cfg = release_of(config)
    root, trained_on = f"{kg.lake.root}/{artifacts.FOLDER}", f"release {kg.release.release_id}"
    folder, texts = attributes.train(kg.table("silver.offers"), cfg.attributes, root, trained_on, tagger)
    typer.echo(f"fitted on {texts} texts; to use it, write attributes: {{reader: {folder}}}")


@attributes_app.command("matter")
def attributes_matter(
    category: Annotated[str, typer.Argument(help="A category's label, anywhere in the paths of offers.")],
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Which attributes the offers of a category state, and how well each tells them apart."""
    from kgspark.publish.matters import lines, matters

    kg, cfg = release_of(config)
    listed, found = matters(kg, category, cfg.facts.min_text_confidence)
    if as_json:
        record = {"category": category, "offers": listed, "attributes": [one.record() for one in found]}
        typer.echo(json.dumps(record, ensure_ascii=False))
        return
    typer.echo("\n".join(lines(category, listed, found)))


def facts(
    offer: Annotated[str, typer.Argument(help="An offer_id, or source:record_id.")],
    config: ConfigOption = DEFAULT_CONFIG,
    html: Annotated[Path | None, typer.Option(help="Write a page for a browser instead.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """An offer's texts with the values that were read in them marked, and what contradicts a declared value."""
    from kgspark.publish.marked import lines, marked
    from kgspark.publish.marked_page import page

    if html is not None and not html.absolute().parent.is_dir():
        raise InputError(f"--html {html} cannot be written: there is no folder {html.parent}.")
    seen = marked(release_of(config)[0], offer)
    if html is not None:
        try:
            html.write_text(page(seen), encoding="utf-8")
        except OSError as error:
            raise InputError(f"--html {html} cannot be written: {error.strerror}.") from None
        typer.echo(f"wrote {html}")
        return
    if as_json:
        record = {"offer_id": seen.offer["offer_id"], "mentions": seen.mentions, "conflicts": seen.conflicts}
        typer.echo(json.dumps(record, ensure_ascii=False))
        return
    console = printer()
    for line in lines(seen):
        console.print(line, highlight=False, soft_wrap=True)
