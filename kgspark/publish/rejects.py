"""What a release set aside: counted by table, source and rule, with an example of each.

the release's *_rejected tables -> groups -> lines for people; two releases -> what came back between them
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from pyspark.sql import functions as F

from kgspark.releases import KnowledgeGraph
from kgspark.schema import REJECTED_SUFFIX


@dataclass(frozen=True)
class SetAside:
    """Rows of one table and source that broke one rule; ``kept``: the record goes on without the value. ``record_id``
    and ``reason`` are those of one of them.
    """

    table: str
    source: str
    field: str
    rule: str
    kept: bool
    rows: int
    record_id: str
    reason: str


def set_aside(kg: KnowledgeGraph, wanted: str | None = None) -> list[SetAside]:
    """What the release set aside, the most frequent first, of all tables or of ``wanted`` alone."""
    found = []
    for name in (name for name in kg.tables if name.endswith(REJECTED_SUFFIX)):
        of = name.removesuffix(REJECTED_SUFFIX)
        if wanted in (None, of, name):
            by = ("source", "field", "rule", "kept")
            example = F.min(F.struct("record_id", "reason")).alias("example")
            counted = kg.table(name).groupBy(*by).agg(F.count("*").alias("rows"), example)
            for row in counted.select(*by, "rows", "example.*").collect():
                found.append(SetAside(of, **row.asDict()))
    return sorted(found, key=lambda one: (one.table, -one.rows, one.source, one.rule, one.field))


def lines(found: Iterable[SetAside]) -> list[str]:
    """For people: a line a rule, with an example."""
    return [
        f"{one.table:<26} {one.source:<20} {one.field:<16} {one.rule:<22} {one.rows:>9,} "
        f"{'values' if one.kept else 'records'}  such as {one.record_id}: {one.reason}"
        for one in found
    ] or ["nothing is set aside"]


def records(found: Iterable[SetAside]) -> list[dict[str, Any]]:
    """For programs."""
    return [asdict(one) for one in found]


def came_back(before: Sequence[SetAside], after: Sequence[SetAside]) -> list[str]:
    """How many of what was set aside still is, by table and rule; what came new is named, too."""
    counts = [_by_rule(before), _by_rule(after)]
    return [
        f"{table:<26} {rule:<22} {counts[0].get((table, rule), 0):>9,} were set aside, "
        f"{counts[1].get((table, rule), 0):,} are"
        for table, rule in sorted(counts[0].keys() | counts[1].keys())
    ] or ["nothing was set aside, and nothing is"]


def _by_rule(found: Iterable[SetAside]) -> dict[tuple[str, str], int]:
    counts: dict[tuple[str, str], int] = {}
    for one in found:
        counts[one.table, one.rule] = counts.get((one.table, one.rule), 0) + one.rows
    return counts
