"""The ``kgspark audit`` command: facts for a person to judge, and what the judgements say."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from kgspark.commands.options import DEFAULT_CONFIG, ConfigOption, release_of
from kgspark.errors import InputError


def audit(
    sample: Annotated[int | None, typer.Option(min=1, help="Facts to draw, over all relations.")] = None,
    judged: Annotated[Path | None, typer.Option(help="A sheet that somebody has judged.")] = None,
    out: Annotated[Path, typer.Option(help="Where to write the sheet.")] = Path("audit.csv"),
    relation: Annotated[
        list[str] | None, typer.Option(help="Only this relation, or attribute_mentions; again for more.")
    ] = None,
    from_texts: Annotated[
        bool, typer.Option("--from-texts", help="Only what texts were read to say, nothing that a source declares.")
    ] = False,
    seed: Annotated[int, typer.Option(help="Same seed and release, same facts.")] = 7,
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """With --sample: a sheet of facts with the words they were read in. With --judged: how right they are."""
    if (sample is None) == (judged is None):
        raise InputError("Give either --sample N, to draw facts, or --judged FILE, to read judgements.")
    if judged is not None:
        from kgspark.publish import audit_precision, audit_sheet

        found = audit_precision.precision(audit_sheet.read(judged))
        said = json.dumps([one.record() for one in found]) if as_json else "\n".join(audit_precision.lines(found))
        typer.echo(said)
        return
    assert sample is not None
    _draw(sample, out, relation or [], from_texts, seed, config, as_json)


def _draw(
    sample: int, out: Path, relations: list[str], from_texts: bool, seed: int, config: Path, as_json: bool
) -> None:
    from kgspark.publish import audit_sample, audit_sheet

    if out.exists():
        raise InputError(f"{out} exists and may hold judgements; name another file with --out.")
    audit_sample.check_relations(relations)
    kg, _ = release_of(config)
    drawn = audit_sample.draw(kg, sample, seed, relations, from_texts)
    audit_sheet.write(out, drawn, kg.release.release_id)
    strata = Counter((fact.relation, fact.extractor, fact.stratum_size) for fact in drawn)
    if as_json:
        listed = [{"relation": r, "extractor": e, "facts": n, "drawn": times} for (r, e, n), times in strata.items()]
        typer.echo(json.dumps({"sheet": str(out), "drawn": len(drawn), "strata": listed}))
        return
    for (name, extractor, facts), times in strata.items():
        typer.echo(f"{name:<20}{extractor:<20}{times:>6} of {facts:,}")
    typer.echo(
        f"wrote {len(drawn)} facts to {out}: write right, wrong or unsure into its first column, then run "
        f"'kgspark audit --judged {out}'"
    )
