"""Dates and times as dumps write them -> UTC timestamps, or the reason why not."""

from __future__ import annotations

import datetime

from pyspark.sql import Column
from pyspark.sql import functions as F

from kgspark.ingest.bind import bind, verdict
from kgspark.ingest.clean_text import stated

# 2023-02-03, 2023/2/3 10:15, 2023-02-03T10:15:30.123Z, 2023-02-03 10:15:30+0530
_ISO = (
    r"^(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?:[T ]\s*(\d{1,2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?))?"
    r"\s*(Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)?$"
)
# The commonest of these, ready for Spark's cast.
_PLAIN = r"^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}(\.\d{1,6})?$"
_COMPACT = r"^((?:19|20)\d{2})(\d{2})(\d{2})$"
# Full stops between day, month and year are written nowhere but where the day comes first.
_DOTTED = r"^(\d{1,2})\.(\d{1,2})\.(\d{4})(?:,?\s+(\d{1,2}:\d{2}(?::\d{2})?))?$"
# Seconds (of 1973 to 2286), milliseconds or microseconds since 1970-01-01 UTC, told apart by their number of digits.
_EPOCH = r"^\d{9,10}(\.\d+)?$|^\d{12,13}$|^\d{15,16}$"
_ZONE_LETTERS = frozenset("VzOXxZ")


def parse_time(
    text: Column, *, time_zone: str, date_format: str | None, earliest: datetime.date, latest: datetime.date
) -> Column:
    """Struct ``at`` (UTC timestamp), ``rule`` and ``reason`` (null unless a value was there and is no possible time).

    Without ``date_format`` (a Spark pattern such as ``MM/dd/yyyy``): ISO 8601 dates and times, ``yyyyMMdd``,
    ``dd.MM.yyyy``, and seconds, milliseconds or microseconds since 1970. Times without a zone, and days (as their
    midnight), are read in ``time_zone``, an IANA name. Rules: ``date_unreadable`` (no such form), ``date_impossible``
    (30 February, or before ``earliest``), ``date_ahead`` (after ``latest``: a later night may believe it).
    """

    def read(given: Column) -> Column:
        form = _by_pattern(given, time_zone, date_format) if date_format else _by_form(given, time_zone)
        return bind(F.struct(given.alias("text"), form.alias("form")), lambda row: _judge(row, earliest, latest))

    return bind(stated(F.trim(text)), read)


def _by_form(text: Column, time_zone: str) -> Column:
    def group(pattern: str, number: int) -> Column:
        return F.regexp_extract(text, pattern, number)

    def moment(pattern: str, order: tuple[int, int, int], time: int | None, zone: Column) -> Column:
        day = F.concat_ws("-", *[group(pattern, number) for number in order])
        clock = F.coalesce(F.nullif(group(pattern, time), F.lit("")), F.lit("00:00")) if time else F.lit("00:00")
        # Spark's cast reads a zone only behind seconds.
        seconds = F.when(F.length(clock) <= 5, F.concat(clock, F.lit(":00"))).otherwise(clock)
        return F.concat(day, F.lit(" "), seconds, F.lit(" "), zone).try_cast("timestamp")

    # +0530 and +05 in the only way that the cast reads.
    offset = F.regexp_replace(
        F.regexp_replace(group(_ISO, 5), r"^([+-]\d{2}):?(\d{2})$", "$1:$2"), r"^([+-]\d{2})$", "$1:00"
    )
    zone = F.lit(time_zone)
    iso_zone = F.coalesce(F.nullif(offset, F.lit("")), zone)
    count = text.try_cast("decimal(28,6)")
    micros = (
        F.when(text.rlike(r"^\d{15,16}$"), count)
        .when(text.rlike(r"^\d{12,13}$"), count * 1_000)
        .otherwise(count * 1_000_000)
    )

    def read(form: Column) -> Column:
        at = (
            F.when(form == "plain", F.concat(text, F.lit(" "), zone).try_cast("timestamp"))
            .when(form == "iso", moment(_ISO, (1, 2, 3), 4, iso_zone))
            .when(form == "compact", moment(_COMPACT, (1, 2, 3), None, zone))
            .when(form == "dotted", moment(_DOTTED, (3, 2, 1), 4, zone))
            .when(form == "epoch", F.timestamp_micros(micros.try_cast("bigint")))
        )
        return F.struct(at.alias("at"), form.isNotNull().alias("known"))

    form = (
        F.when(text.rlike(_PLAIN), "plain")
        .when(text.rlike(_ISO), "iso")
        .when(text.rlike(_COMPACT), "compact")
        .when(text.rlike(_DOTTED), "dotted")
        .when(text.rlike(_EPOCH), "epoch")
    )
    return bind(form, read)


def _by_pattern(text: Column, time_zone: str, date_format: str) -> Column:
    letters = set(date_format)
    if letters & _ZONE_LETTERS:
        at = F.try_to_timestamp(text, F.lit(date_format))
    else:
        at = F.try_to_timestamp(F.concat(text, F.lit(f" {time_zone}")), F.lit(f"{date_format} VV"))
    numbers = text.rlike(r"^\d{1,4}\D+\d{1,2}\D+\d{1,4}")
    return F.struct(at.alias("at"), (at.isNotNull() | numbers).alias("known"))


def _judge(row: Column, earliest: datetime.date, latest: datetime.date) -> Column:
    at, given = row["form"]["at"], row["text"]
    # Both ends are days of UTC; the last one is over at the next midnight.
    start = F.lit(f"{earliest} 00:00:00 UTC").cast("timestamp")
    end = F.lit(f"{latest + datetime.timedelta(days=1)} 00:00:00 UTC").cast("timestamp")
    possible = F.coalesce((at >= start) & (at < end), F.lit(False))
    rule = (
        F.when(given.isNull() | possible, None)
        .when(at >= end, "date_ahead")
        .when(row["form"]["known"], "date_impossible")
        .otherwise("date_unreadable")
    )
    expected = {
        "date_impossible": f"expected a day of the calendar from {earliest} on",
        # Without the night's own date: the row is the same on every night until it is believed.
        "date_ahead": "expected a time that does not lie ahead of the night",
        "date_unreadable": "expected ISO 8601, or say date_format in the source's file",
    }
    return verdict(at, "at", rule, given, expected)
