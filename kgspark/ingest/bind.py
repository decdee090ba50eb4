"""Name a value inside a Column expression, so that it is worked out once however often it is used."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pyspark.sql import Column
from pyspark.sql import functions as F


def bind(value: Column, body: Callable[[Column], Column]) -> Column:
    """``body(value)``, with ``value`` evaluated once.

    Spark copies an expression to every place that uses it; four steps that each use the one before three times are 81
    copies. A lambda variable over an array of one is the only name that a Column expression can give.
    """
    return F.element_at(F.transform(F.array(value), body), 1)


def verdict(value: Column, name: str, rule: Column, found: Column, expected: Mapping[str, str]) -> Column:
    """Struct of the value under ``name``, null where a rule was broken, ``rule`` and ``reason`` (null where none was).

    The reason quotes ``found`` (40 characters of it) and says what was ``expected`` under that rule.
    """
    texts = F.create_map(*[F.lit(text) for pair in expected.items() for text in pair])

    def report(broken: Column) -> Column:
        quoted = F.concat(F.lit("found '"), F.substring(found, 1, 40), F.lit("', "))
        reason = F.concat(quoted, F.try_element_at(texts, broken))
        return F.struct(
            F.when(broken.isNull(), value).alias(name),
            broken.alias("rule"),
            F.when(broken.isNotNull(), reason).alias("reason"),
        )

    return bind(rule.cast("string"), report)
