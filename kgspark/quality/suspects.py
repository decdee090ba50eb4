"""Which rows a gate must look at where the last release's rows passed it: those that a night's changes may have made
wrong.

what changed in a table and in those that it refers to -> rows that came, rows whose reference went -> to be judged
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from kgspark.lake.changes import Changed, few
from kgspark.schema import Table, table

# What changed in a table since the release; None where that is not known, UNCHANGED where nothing did.
UNCHANGED = "unchanged"
Changes = Callable[[str], Changed | str | None]
Lookup = Callable[[str], DataFrame]


@dataclass(frozen=True)
class Suspects:
    """``rows`` of the table; by referenced table the rows that may be referenced no more (references both ways)."""

    rows: DataFrame
    parents: dict[str, DataFrame]


def suspects(contract: Table, changes: Changes, lookup: Lookup, rows: int) -> Suspects | None:
    """The rows to judge of a table as the night has it, of ``rows`` rows; None: all of them, as not all that changed is
    known, or as most of them changed.
    """
    own, name = changes(contract.name), contract.name
    # A row of another content is two changes: it went and came. Asking half of the rows costs more than asking all.
    if own is None or _count(own) > rows:
        return None
    found, most = [_came(own, contract.key, lookup(name))], _count(own)
    parents: dict[str, DataFrame] = {}
    for reference in contract.gate.references:
        theirs = changes(reference.table)
        gone = _gone(theirs, reference.table, reference.to)
        if theirs is None or gone is None:
            return None
        if isinstance(gone, DataFrame):
            lost = few(_called(gone, reference.columns), _count(theirs))
            orphans = lookup(name).join(lost, on=list(reference.columns), how="left_semi")
            found.append(orphans.select(*contract.key))
        if reference.both_ways:
            left = _gone(own, name, reference.columns)
            if left is None:
                return None
            new = _came(theirs, reference.to, lookup(reference.table))
            unsure = new.unionByName(_called(left, reference.to)) if isinstance(left, DataFrame) else new
            parents[reference.table] = _those(lookup(reference.table), unsure, most + _count(theirs))
    # Of rows whose reference went there should be none.
    return Suspects(_those(lookup(name), reduce(DataFrame.unionByName, found), most), parents)


def referring(name: str) -> frozenset[str]:
    """The columns whose earlier values a gate asks for: those by which the table must refer to every row of another."""
    return frozenset(column for each in table(name).gate.references if each.both_ways for column in each.columns)


def _came(changed: Changed | str | None, on: tuple[str, ...], rows: DataFrame) -> DataFrame:
    return changed.came(on) if isinstance(changed, Changed) else rows.select(*on).limit(0)


def _gone(changed: Changed | str | None, name: str, on: tuple[str, ...]) -> DataFrame | str | None:
    if not isinstance(changed, Changed):
        return changed
    return changed.gone(on) if set(on) <= {*table(name).key, *changed.links} else None


def _count(changed: Changed | str | None) -> int:
    return changed.count if isinstance(changed, Changed) else 0


def _called(keys: DataFrame, names: tuple[str, ...]) -> DataFrame:
    return keys.select(*[F.col(was).alias(name) for was, name in zip(keys.columns, names, strict=True)])


def _those(rows: DataFrame, keys: DataFrame, most: int) -> DataFrame:
    return rows.join(few(keys.distinct(), most), on=keys.columns, how="left_semi")
