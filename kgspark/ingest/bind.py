"""Name a value inside a Column expression, so that it is worked out once however often it is used."""

from __future__ import annotations

from collections.abc import Callable

from pyspark.sql import Column
from pyspark.sql import functions as F


def bind(value: Column, body: Callable[[Column], Column]) -> Column:
    """``body(value)``, with ``value`` evaluated once.

    Spark copies an expression to every place that uses it; four steps that each use the one before three times are 81 copies. A lambda
    variable over an array of one is the only name that a Column expression can give.
    """
    return F.element_at(F.transform(F.array(value), body), 1)
