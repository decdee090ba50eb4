"""Natural keys: one text, whether a part is a column's name or an expression."""

from __future__ import annotations

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from kgspark.columns import natural_key


def test_a_name_and_an_expression_give_one_key(spark: SparkSession) -> None:
    frame = spark.createDataFrame(
        [("ab", 7, 0.5), ("", -3, None), (None, None, 1e21)], "`a``b` string, end long, size double"
    )
    named = natural_key("a`b", "end", "size")
    made = natural_key(F.col("`a``b`"), F.col("end"), F.col("size"))
    found = [tuple(row) for row in frame.select(named, made).collect()]
    assert [one for one, _ in found] == ["2:ab1:73:0.5", "0:2:-3-", "--6:1.0E21"]
    assert all(one == other for one, other in found)
