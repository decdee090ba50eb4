"""What a release set aside: counted by table, source and rule, with an example of each.

the release's *_rejected tables -> groups -> lines for people; two releases -> what came back between them
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from pyspark.sql import functions as F

from kgspark.errors import InputError
from kgspark.releases.register import KnowledgeGraph
from kgspark.schema import REJECTED_SUFFIX

_SAME = ("source", "record_id", "field", "rule")


@dataclass(frozen=True)
class SetAside:
    """Rows of one table and source that broke one rule; ``kept``: the record goes on without the value. ``record_id``
    and ``reason`` are those of one of them, and may be personal. ``before``: rows in the release before, where asked.
    """

    table: str
    source: str
    field: str
    rule: str
    kept: bool
    rows: int
    record_id: str
    reason: str
    before: int | None = None


@dataclass(frozen=True)
class Broken:
    """Rows of one table that broke one rule, over all sources and fields; the example is of the source with the most
    that were not there before.
    """

    table: str
    rule: str
    kept: bool
    rows: int
    before: int | None
    example: str


def rejecting(kg: KnowledgeGraph) -> list[str]:
    """The tables of the release beside which there is one of rejects."""
    return sorted(name.removesuffix(REJECTED_SUFFIX) for name in kg.tables if name.endswith(REJECTED_SUFFIX))


def set_aside(kg: KnowledgeGraph, wanted: str | None = None) -> list[SetAside]:
    """What the release set aside, by table, and the most frequent first; of ``wanted`` alone where that is given.

    Raises InputError where nothing is ever set aside of ``wanted``.
    """
    known = rejecting(kg)
    if wanted not in (None, *known):
        raise InputError(f"{wanted} sets nothing aside; these do: {', '.join(known)}.")
    return _ordered(one for name in (known if wanted is None else [wanted]) for one in _counted(kg, name))


def beside(
    found: Sequence[SetAside], kg: KnowledgeGraph, earlier: KnowledgeGraph, wanted: str | None = None
) -> list[SetAside]:
    """What ``kg`` set aside, each with its rows in an earlier release of the lake; also what only that one did."""
    names = {*rejecting(kg), *rejecting(earlier)} if wanted is None else {wanted}
    changed = {name for name in names if _version(kg, name) != _version(earlier, name)}
    then = {_group(one): one for name in changed for one in _counted(earlier, name)}
    counts = {group: one.rows for group, one in then.items()}
    now = [replace(one, before=counts.get(_group(one), 0) if one.table in changed else one.rows) for one in found]
    gone = then.keys() - {_group(one) for one in found}
    return _ordered([*now, *(replace(then[group], rows=0, before=then[group].rows) for group in gone)])


def _ordered(found: Iterable[SetAside]) -> list[SetAside]:
    return sorted(found, key=lambda one: (one.table, -one.rows, one.source, one.rule, one.field, one.kept))


def _counted(kg: KnowledgeGraph, name: str) -> list[SetAside]:
    by = ("source", "field", "rule", "kept")
    example = F.min(F.struct("record_id", "reason")).alias("example")
    counted = kg.table_or_empty(name + REJECTED_SUFFIX).groupBy(*by).agg(F.count("*").alias("rows"), example)
    return [SetAside(name, **row.asDict()) for row in counted.select(*by, "rows", "example.*").collect()]


def _version(kg: KnowledgeGraph, name: str) -> int | None:
    return kg.release.tables.get(name + REJECTED_SUFFIX)


def _group(one: SetAside) -> tuple[str, str, str, str, bool]:
    return one.table, one.source, one.field, one.rule, one.kept


def by_rule(found: Iterable[SetAside]) -> list[Broken]:
    """Over all sources and fields, the most frequent first."""
    groups: dict[tuple[str, str, bool], list[SetAside]] = {}
    for one in found:
        groups.setdefault((one.table, one.rule, one.kept), []).append(one)
    rules = []
    for group, ones in groups.items():
        newest = min(ones, key=lambda one: ((one.before or 0) - one.rows, one.source, one.reason))
        before = None if any(one.before is None for one in ones) else sum(one.before or 0 for one in ones)
        rules.append(Broken(*group, sum(one.rows for one in ones), before, f"{newest.source}: {newest.reason}"))
    return sorted(rules, key=lambda rule: (rule.table, -rule.rows, rule.rule, rule.kept))


def lines(found: Iterable[SetAside]) -> list[str]:
    """For people: a line a rule, with an example."""
    return [
        f"{one.table:<26} {one.source:<20} {one.field:<16} {one.rule:<22} {one.rows:>9,} "
        f"{'values' if one.kept else 'records'}{'' if one.before is None else f' (before {one.before:,})'}  "
        f"such as {one.record_id}: {one.reason}"
        for one in found
    ] or ["nothing is set aside"]


def records(found: Iterable[SetAside]) -> list[dict[str, Any]]:
    """For programs."""
    return [asdict(one) for one in found]


def came_back(before: KnowledgeGraph, after: KnowledgeGraph) -> list[str]:
    """A line for each table and rule: of what the first release set aside, how much the second does not; what it sets
    aside that is new.
    """
    found = []
    # Of either: a stage writes no table of rejects before it first sets something aside.
    for name in sorted({*rejecting(before), *rejecting(after)}):
        then, now = (kg.table_or_empty(name + REJECTED_SUFFIX).select(*_SAME).distinct() for kg in (before, after))
        both = then.withColumn("then", F.lit(1)).join(now.withColumn("now", F.lit(1)), on=list(_SAME), how="full_outer")
        still = F.count(F.col("then") + F.col("now"))
        counted = both.groupBy("rule").agg(
            F.count("then").alias("were"),
            (F.count("then") - still).alias("back"),
            (F.count("now") - still).alias("new"),
        )
        for row in counted.orderBy("rule").collect():
            found.append(
                f"{name:<26} {row['rule']:<22} {row['were']:>9,} were set aside, {row['back']:,} of them came back, "
                f"{row['new']:,} are new"
            )
    return found or ["nothing was set aside, and nothing is"]
