"""Ratings, counts and quantities as dumps write them."""

from __future__ import annotations

from pyspark.sql import Column
from pyspark.sql import functions as F

from kgspark.ingest.bind import bind, verdict
from kgspark.ingest.clean_text import stated

_NUMBER = r"[+-]?(?:\d+(?:[.,]\d+)?|\.\d+)(?:[eE][+-]?\d+)?"
_THOUSANDS_COMMA = r"(?<=\d),(?=\d{3}(?!\d))"


def parse_rating(text: Column, lowest: Column, highest: Column) -> Column:
    """Struct ``value`` (0..1), ``rule`` and ``reason``, of ``4``, ``4,5``, ``4/5``, ``4 stars`` on the source's scale.

    (rating - lowest) / (highest - lowest). Rules: ``rating_unreadable``, ``rating_out_of_range``.
    """
    pattern = rf"(?i)^({_NUMBER})\s*(?:(?:/|out of)\s*\d+)?\s*(?:stars?|★)?$"

    def judge(row: Column) -> Column:
        rating = row["number"].try_cast("double")
        rule = (
            F.when(row["text"].isNull(), None)
            .when(rating.isNull(), "rating_unreadable")
            .when(~rating.between(row["lowest"], row["highest"]), "rating_out_of_range")
        )
        scaled = (rating - row["lowest"]) / (row["highest"] - row["lowest"])
        expected = {
            "rating_unreadable": "expected a number such as 4 or 4.5",
            "rating_out_of_range": "expected a number on the scale that the source's file declares",
        }
        return verdict(scaled, "value", rule, row["text"], expected)

    given = stated(F.trim(text))
    number = F.regexp_replace(F.regexp_extract(given, pattern, 1), ",", ".")
    return bind(
        F.struct(given.alias("text"), number.alias("number"), lowest.alias("lowest"), highest.alias("highest")), judge
    )


def parse_count(text: Column) -> Column:
    """Struct ``value`` (bigint, 0 or more), ``rule`` and ``reason`` (``count_unreadable``): ``1,204``, ``3.0``."""

    def judge(given: Column) -> Column:
        digits = F.regexp_extract(F.regexp_replace(given, _THOUSANDS_COMMA, ""), r"^\+?(\d+)(?:\.0+)?$", 1)
        value = digits.try_cast("bigint")
        rule = F.when(given.isNotNull() & value.isNull(), "count_unreadable")
        return verdict(value, "value", rule, given, {"count_unreadable": "expected a whole number, 0 or more"})

    return bind(stated(F.trim(text)), judge)


def parse_quantity(text: Column) -> Column:
    """Struct ``value`` (double above 0; null where none is given), ``rule`` and ``reason``.

    Rules: ``quantity_unreadable`` (also ``Infinity`` and beyond), ``quantity_not_positive``.
    """

    def judge(given: Column) -> Column:
        plain = F.regexp_replace(F.regexp_replace(given, _THOUSANDS_COMMA, ""), ",", ".")
        number = F.when(plain.rlike(rf"^{_NUMBER}$"), plain.try_cast("double"))
        finite = F.coalesce(F.abs(number) < F.lit(float("inf")), F.lit(False))
        rule = (
            F.when(given.isNull(), None).when(~finite, "quantity_unreadable").when(number <= 0, "quantity_not_positive")
        )
        expected = {
            "quantity_unreadable": "expected a finite number above 0",
            "quantity_not_positive": "expected a number above 0",
        }
        return verdict(number, "value", rule, given, expected)

    return bind(stated(F.trim(text)), judge)
