"""An offer's texts with what was read in them marked: for a person who wants to see whether the readings are right.

offer -> its mentions by column -> text with coloured spans, a list of readings, what contradicts a declared value
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from pyspark.sql import functions as F
from rich.text import Text

from kgspark.errors import InputError
from kgspark.releases.register import KnowledgeGraph

# One colour an attribute, in the order of first mention; then from the beginning again.
_COLOURS = ("cyan", "green", "magenta", "yellow", "blue", "red")


@dataclass(frozen=True)
class Marked:
    """An offer (row of silver.offers), its mentions in the order of column and place, its conflicts."""

    offer: dict[str, Any]
    mentions: list[dict[str, Any]]
    conflicts: list[dict[str, Any]]


def marked(kg: KnowledgeGraph, name: str) -> Marked:
    """Look an offer of a release up by its id, or by ``source:record_id``.

    Raises InputError where the release has no such offer.
    """
    source, _, record = name.partition(":")
    same = (F.col("source") == source) & (F.col("record_id") == record)
    found = kg.table("silver.offers").where((F.col("offer_id") == name) | same).limit(1).collect()
    if not found:
        raise InputError(f"The release has no offer {name}; name an offer_id, or source:record_id of silver.offers.")
    offer = found[0].asDict(recursive=True)
    mine = F.col("offer_id") == offer["offer_id"]
    mentions = kg.table("silver.attribute_mentions").where(mine).collect()
    conflicts = kg.table("silver.value_conflicts").where(mine).collect()
    return Marked(
        offer,
        sorted((row.asDict() for row in mentions), key=lambda m: (m["column"], m["text_begin"], m["attribute"])),
        sorted((row.asDict() for row in conflicts), key=lambda c: (-c["confidence"], c["attribute"])),
    )


def lines(seen: Marked) -> list[Text]:
    """For a terminal."""
    names = dict.fromkeys(mention["attribute"] for mention in seen.mentions)
    colours = {name: _COLOURS[number % len(_COLOURS)] for number, name in enumerate(names)}
    shown = [Text(f"{seen.offer['offer_id']}  {seen.offer['source']}:{seen.offer['record_id']}", "bold")]
    by_column = {column: list(rows) for column, rows in groupby(seen.mentions, key=lambda m: m["column"])}
    for column in ("title", "description"):
        if seen.offer[column]:
            shown += [Text(""), Text(column, "dim"), _text(seen.offer[column], by_column.get(column, []), colours)]
    shown.append(Text(""))
    shown += [_reading(mention, colours[mention["attribute"]]) for mention in seen.mentions]
    shown += [Text(conflict_line(conflict), "red") for conflict in seen.conflicts]
    return shown


def _text(text: str, mentions: Sequence[dict[str, Any]], colours: dict[str, str]) -> Text:
    painted = Text(text)
    for mention in mentions:
        painted.stylize(f"bold underline {colours[mention['attribute']]}", mention["text_begin"], mention["text_end"])
    return painted


def _reading(mention: dict[str, Any], colour: str) -> Text:
    span = f"[{mention['begin']}:{mention['end']}]" if mention["begin"] is not None else ""
    line = Text(f"{mention['attribute']:<20} ", colour)
    line.append(f"{mention['value']:<28} ", "bold")
    line.append(
        f"{mention['confidence']:.2f} {mention['extractor']:<17} {mention['column']}, raw {mention['field']}{span}",
        "dim",
    )
    return line


def conflict_line(conflict: dict[str, Any]) -> str:
    """What a row of silver.value_conflicts says, in a sentence."""
    repair = f", probably {conflict['repair']} (from {conflict['repair_from']})" if conflict["repair"] else ""
    kept = "refused" if conflict["refused"] else "doubted"
    return (
        f"{kept} {conflict['confidence']:.2f}: {conflict['attribute']} declared as {conflict['declared']!r}, "
        f"against it {', '.join(conflict['reasons'])}{repair}"
    )
