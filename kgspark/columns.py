"""Column expressions that every stage shares: ids by hash of natural keys, and rows that say why a record was set
aside.
"""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

ID_HEX_DIGITS = 16


def natural_key(*parts: Column | str) -> Column:
    """Text that differs whenever any part differs: each part behind its length, null as ``-``.

    Without the lengths ('ab', 'c') and ('a', 'bc') would share an id.
    """
    return F.concat(*[_behind_length(part) for part in parts])


def _behind_length(part: Column | str) -> Column:
    if isinstance(part, str):
        # One call of the JVM, not nine: ids stand in most plans, and half a millisecond a call came to seconds a stage.
        text = f"CAST({quoted_name(part)} AS STRING)"
        return F.expr(f"coalesce(concat(CAST(length({text}) AS STRING), ':', {text}), '-')")
    column = part.cast("string")
    return F.coalesce(F.concat(F.length(column).cast("string"), F.lit(":"), column), F.lit("-"))


def quoted_name(name: str) -> str:
    """A column's name as SQL takes it, whatever is in it.

    >>> quoted_name("end"), quoted_name("a`b")
    ('`end`', '`a``b`')
    """
    return "`" + name.replace("`", "``") + "`"


def hash_id(kind: str, *parts: Column | str) -> Column:
    """``<kind>/<16 hex>``: the id of the thing whose natural key the parts are. Strings name columns."""
    digest = F.substring(F.sha2(natural_key(*parts), 256), 1, ID_HEX_DIGITS)
    return F.concat(F.lit(f"{kind}/"), digest)


def node_key(node_id: Column | str) -> Column:
    """The bigint by which graph algorithms know a node: xxhash64 of its id (collisions are gated on graph.nodes)."""
    return F.xxhash64(F.col(node_id) if isinstance(node_id, str) else node_id)


def rejected(
    frame: DataFrame,
    *,
    rule: str | Column,
    field: str | Column,
    reason: str | Column,
    night: datetime.date,
    kept: bool = False,
) -> DataFrame:
    """Rows of a ``<table>_rejected`` table for every row of the frame, which has ``source`` and ``record_id``.

    Strings are literal values; ``kept`` says that only the value was set aside and the record went on without it.
    """

    def column(value: str | Column) -> Column:
        return F.lit(value) if isinstance(value, str) else value

    return frame.select(
        "source",
        "record_id",
        column(field).alias("field"),
        column(rule).alias("rule"),
        column(reason).alias("reason"),
        F.lit(kept).alias("kept"),
        F.lit(night).cast("date").alias("night"),
    )
