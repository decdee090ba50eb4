"""What differs between two states of a table: row by row, or only by key.

rows before, rows after -> one hash a row -> met by key -> what to delete and insert, or which keys changed
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from kgspark.schema import Table, conform

DELETE, INSERT = "delete", "insert"
# What ``differing`` finds of a key.
ONLY_HERE, ONLY_THERE, DIFFERS = "only here", "only there", "differs"
# Relative difference of a double below which two computations of it are one: sums differ with the order of their terms.
TOLERANCE = 1e-6
_DOUBLES = ("double", "float")
_WAS = "was_"
# Up to so many keys travel to the rows of a table, which then need not be sorted by them: some tens of MB.
_FEW = 500_000
# The same of whole rows, texts among them.
FEW_ROWS = 50_000


@dataclass(frozen=True)
class Changed:
    """What ``changes`` found between two versions of a table: ``count`` rows, with what ``links`` held before."""

    before: int
    after: int
    rows: DataFrame
    count: int
    links: frozenset[str]

    def values(self, on: Sequence[str]) -> DataFrame:
        """Values of some of the links that rows had in either version and that changed with them; a row that is new has
        had none, and one that went has none.
        """
        return self.came(on).union(self._were(on)).distinct()

    def gone(self, on: Sequence[str]) -> DataFrame:
        """Values of some columns, of the key or links, that changed rows had and that no row has that came."""
        return self._were(on).join(self.came(on), on=list(on), how="left_anti").distinct()

    def came(self, on: Sequence[str]) -> DataFrame:
        """Values of some columns of the rows that came."""
        return self.rows.where(F.col("change") == INSERT).select(*on)

    def _were(self, on: Sequence[str]) -> DataFrame:
        was = [F.col(_WAS + name if name in self.links else name).alias(name) for name in on]
        return self.rows.where(F.col("change") == DELETE).select(*was)


def few(keys: DataFrame, count: int, most: int = _FEW) -> DataFrame:
    """Keys to be joined to many rows, of which there are ``count`` at most: sent to every worker where they are few."""
    return F.broadcast(keys) if count <= most else keys


def row_hash(contract: Table, without: Sequence[str] = ()) -> Column:
    """64 bits that differ, but for one chance in 2^64, where a row's columns do; clocks (``volatile``) do not count.

    xxhash64 passes over nulls and over the bounds of arrays: which columns are null is hashed too, and what is nested
    goes in as JSON, its maps in order. Vectors, of one length and without nulls, go in as they are.
    """
    return content_hash({c.name: c.type for c in contract.columns if not c.volatile and c.name not in without})


def content_hash(types: Mapping[str, str]) -> Column:
    """The same of some columns; ``types`` by their names."""
    return F.xxhash64(*[_comparable(*column) for column in types.items()], *[F.isnull(name) for name in types])


def _comparable(name: str, type_name: str) -> Column:
    column = F.col(name)
    if type_name.startswith("map<"):
        return F.to_json(F.array_sort(F.map_entries(column)))
    if type_name.startswith(("array<float>", "array<double>")):
        return column
    return F.to_json(column) if type_name.startswith(("array<", "struct<")) else column


def changes(contract: Table, before: DataFrame, after: DataFrame, links: Iterable[str] = ()) -> DataFrame:
    """What makes ``after`` of ``before``: the table's columns and ``change``, which is delete or insert; and what the
    columns ``links`` held before, as ``was_<name>``.

    A row of another content under its key is both. Keys are unique in ``before``; those that are not in ``after`` are
    written as often as they come, for the gate to find. One shuffle of either side by the table's key.
    """
    key = list(contract.key)
    copies = F.count(F.lit(1)).over(Window.partitionBy(*key))
    new = conform(after, contract).withColumns({"_hash": row_hash(contract), "_copies": copies})
    held = [F.col(name).alias(_WAS + name) for name in sorted(links)]
    old = before.select(*key, row_hash(contract).alias("_was"), *held)
    same = F.col("_hash").eqNullSafe(F.col("_was")) & (F.col("_copies") == 1)
    steps = F.array(F.when(F.col("_was").isNotNull(), DELETE), F.when(F.col("_hash").isNotNull(), INSERT))
    return (
        new.join(old, on=key, how="full")
        .where(~F.coalesce(same, F.lit(False)))
        .select(
            F.explode(F.array_compact(steps)).alias("change"),
            *contract.column_names,
            *(_WAS + n for n in sorted(links)),
        )
    )


def changed_keys(contract: Table, by: Sequence[str], before: DataFrame, after: DataFrame) -> DataFrame:
    """Values of the columns ``by`` whose rows are not the same in both states, each once."""

    def signed(rows: DataFrame, sign: int) -> DataFrame:
        return rows.select(*by, row_hash(contract).alias("_hash"), F.lit(sign).alias("_sign"))

    rows = signed(before, -1).unionByName(signed(after, 1))
    moved = rows.groupBy(*by, "_hash").agg(F.sum("_sign").alias("_balance")).where(F.col("_balance") != 0)
    return moved.select(*by).distinct()


def differing(contract: Table, one: DataFrame, other: DataFrame) -> DataFrame:
    """Keys under which two states are not equal in the sense of DESIGN's rule 6, with ``found``: only here, only there,
    or differs. Doubles may differ by ``TOLERANCE`` of their size.
    """
    key = list(contract.key)
    doubles = [c.name for c in contract.columns if c.type in _DOUBLES and not c.volatile and c.name not in key]

    def side(rows: DataFrame, mark: str) -> DataFrame:
        values = [F.col(name).alias(f"{mark}_{name}") for name in doubles]
        return conform(rows, contract).select(*key, row_hash(contract, doubles).alias(f"{mark}_hash"), *values)

    both = side(one, "one").join(side(other, "other"), on=key, how="full")
    close = [_close(F.col(f"one_{name}"), F.col(f"other_{name}")) for name in doubles]
    equal = F.col("one_hash") == F.col("other_hash")
    for condition in close:
        equal = equal & condition
    found = (
        F.when(F.col("other_hash").isNull(), ONLY_HERE)
        .when(F.col("one_hash").isNull(), ONLY_THERE)
        .when(~equal, DIFFERS)
    )
    return both.select(*key, found.alias("found")).where(F.col("found").isNotNull())


def _close(one: Column, other: Column) -> Column:
    size = F.greatest(F.abs(one), F.abs(other))
    return F.coalesce(F.abs(one - other) <= size * TOLERANCE, one.isNull() & other.isNull())
