"""Dates as dumps write them, in UTC."""

import datetime

from pyspark.sql import functions as F

from kgspark.ingest.dates import parse_time

BOUNDS = {"earliest": datetime.date(1900, 1, 1), "latest": datetime.date(2026, 11, 24)}

CASES = {
    "2023-02-03": ("2023-02-03 00:00:00", None),
    "2023-02-03T10:15:30Z": ("2023-02-03 10:15:30", None),
    "2023-02-03 10:15": ("2023-02-03 10:15:00", None),
    "2023-02-03 10:15:30.123456": ("2023-02-03 10:15:30.123456", None),
    "2023-02-03T10:15:30.5+02:00": ("2023-02-03 08:15:30.500000", None),
    "2023-02-03 10:15:30 +0530": ("2023-02-03 04:45:30", None),
    "2023-02-03 10:15-05": ("2023-02-03 15:15:00", None),
    "2023/2/3": ("2023-02-03 00:00:00", None),
    "20230203": ("2023-02-03 00:00:00", None),
    "3.2.2023": ("2023-02-03 00:00:00", None),
    "03.02.2023 10:15": ("2023-02-03 10:15:00", None),
    "1675419330": ("2023-02-03 10:15:30", None),
    "1675419330123": ("2023-02-03 10:15:30.123000", None),
    "1675419330.25": ("2023-02-03 10:15:30.250000", None),
    "1675419330123456": ("2023-02-03 10:15:30.123456", None),
    "2023-02-30": (None, "date_impossible"),
    "2023-13-01": (None, "date_impossible"),
    "30.02.2023": (None, "date_impossible"),
    "0000-01-01": (None, "date_impossible"),
    "0203-02-03": (None, "date_impossible"),
    "2026-11-25": (None, "date_ahead"),
    "2023-02-03 25:00": (None, "date_impossible"),
    "2026-11-24 23:59:59": ("2026-11-24 23:59:59", None),
    "02/03/2023": (None, "date_unreadable"),
    "yesterday": (None, "date_unreadable"),
    "2023": (None, "date_unreadable"),
    "n/a": (None, None),
}


def _parse(spark, texts, **options):
    frame = spark.createDataFrame([(text,) for text in texts], "raw string")
    rows = frame.select("raw", parse_time(F.col("raw"), **(BOUNDS | options)).alias("t")).selectExpr(
        "raw", "cast(t.at as string) as at", "t.rule as rule", "t.reason as reason"
    )
    found = rows.collect()
    assert all((row.rule is None) == (row.reason is None) for row in found)
    return {row.raw: (row["at"], row.rule) for row in found}


def test_forms(spark):
    expected = {
        raw: (at.rstrip("0").rstrip(".") if at and "." in at else at, rule) for raw, (at, rule) in CASES.items()
    }
    assert _parse(spark, CASES, time_zone="UTC", date_format=None) == expected


def test_zone_of_the_source_and_daylight_saving(spark):
    found = _parse(
        spark,
        ["2017-01-28 19:06:53", "2017-07-28 19:06:53", "2017-07-28", "2017-07-28T19:06:53Z"],
        time_zone="America/New_York",
        date_format=None,
    )
    assert [at for at, _ in found.values()] == [
        "2017-01-29 00:06:53",
        "2017-07-28 23:06:53",
        "2017-07-28 04:00:00",
        "2017-07-28 19:06:53",
    ]


def test_pattern_of_the_source(spark):
    american = _parse(spark, ["02/03/2023", "02/30/2023", "soon"], time_zone="UTC", date_format="MM/dd/yyyy")
    assert american == {
        "02/03/2023": ("2023-02-03 00:00:00", None),
        "02/30/2023": (None, "date_impossible"),
        "soon": (None, "date_unreadable"),
    }
    timed = _parse(spark, ["03.02.23 10:15"], time_zone="Europe/Berlin", date_format="dd.MM.yy HH:mm")
    assert timed == {"03.02.23 10:15": ("2023-02-03 09:15:00", None)}
    zoned = _parse(spark, ["03.02.2023 10:15 +0100"], time_zone="UTC", date_format="dd.MM.yyyy HH:mm Z")
    assert zoned == {"03.02.2023 10:15 +0100": ("2023-02-03 09:15:00", None)}


def test_session_zone_does_not_matter(spark):
    zone = spark.conf.get("spark.sql.session.timeZone")
    spark.conf.set("spark.sql.session.timeZone", "Asia/Shanghai")
    try:
        found = _parse(spark, ["2017-01-28 12:00:00"], time_zone="UTC", date_format=None)
        formatted = _parse(spark, ["28/01/2017"], time_zone="UTC", date_format="dd/MM/yyyy")
    finally:
        spark.conf.set("spark.sql.session.timeZone", zone)
    assert found == {"2017-01-28 12:00:00": ("2017-01-28 20:00:00", None)}
    assert formatted == {"28/01/2017": ("2017-01-28 08:00:00", None)}
