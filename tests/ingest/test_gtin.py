"""Article numbers and their check digits."""

import pytest
from pyspark.sql import functions as F

from kgspark.ingest.gtin import parse_gtin

CASES = {
    "96385074": ("00000096385074", None),
    "036000291452": ("00036000291452", None),
    "4006381333931": ("04006381333931", None),
    "10614141543219": ("10614141543219", None),
    " 978-0-306-40615-7 ": ("09780306406157", None),
    "4006381333931.0": ("04006381333931", None),
    "4006381333932": (None, "gtin_check_digit"),
    "1.23E+12": (None, "gtin_spreadsheet"),
    "5,01235E+12": (None, "gtin_spreadsheet"),
    "12345": (None, "gtin_length"),
    "SKU-17": (None, "gtin_unreadable"),
    "0000000000000": (None, "gtin_placeholder"),
    "Does not apply": (None, None),
    "": (None, None),
}


def test_gtins(spark):
    frame = spark.createDataFrame([(text,) for text in CASES], "raw string")
    rows = frame.select("raw", parse_gtin(F.col("raw")).alias("g")).collect()
    assert {row.raw: (row.g.gtin, row.g.rule) for row in rows} == CASES
    assert all((row.g.rule is None) == (row.g.reason is None) for row in rows)


@pytest.fixture(scope="module")
def verdicts(spark):
    """Every check digit for a few hundred stems, judged in one action."""

    def judge(numbers):
        frame = spark.createDataFrame([(number,) for number in numbers], "raw string")
        return {row.raw: row.g.gtin for row in frame.select("raw", parse_gtin(F.col("raw")).alias("g")).collect()}

    return judge


def test_exactly_one_check_digit_is_right(verdicts):
    stems = [f"{(n * 7_919_310_007) % 10**12:012d}" for n in range(1, 201)]
    found = verdicts([stem + digit for stem in stems for digit in "0123456789"])
    for stem in stems:
        right = str(-sum(int(d) * (3 if place % 2 else 1) for place, d in enumerate(stem)) % 10)
        assert [digit for digit in "0123456789" if found[stem + digit]] == [right]
        assert found[stem + right] == "0" + stem + right
