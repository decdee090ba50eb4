"""The contract: every schema file loads, and says what a reader needs."""

from __future__ import annotations

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from kgspark import schema
from kgspark.columns import hash_id, rejected
from kgspark.errors import InputError


# Spark reads the names of types.
@pytest.mark.usefixtures("spark")
@pytest.mark.parametrize("contract", schema.load_tables().values(), ids=lambda contract: contract.name)
def test_every_table_declares_its_key_and_types(contract: schema.Table) -> None:
    assert set(contract.key) <= set(contract.column_names)
    assert len(set(contract.column_names)) == len(contract.column_names)
    assert len(contract.struct.fields) == len(contract.columns)
    for names in contract.layout.values():
        assert set(names) <= set(contract.column_names)


@pytest.mark.parametrize("contract", schema.load_tables().values(), ids=lambda contract: contract.name)
def test_every_reference_names_declared_columns(contract: schema.Table) -> None:
    for reference in contract.gate.references:
        assert set(reference.columns) <= set(contract.column_names)
        assert set(reference.to) <= set(schema.table(reference.table).column_names)


def test_rejects_share_one_contract() -> None:
    assert schema.table("silver.offers_rejected").key == schema.table("silver.reviews_rejected").key
    with pytest.raises(InputError, match="No table is called silver"):
        schema.table("silver.nothing")


def test_ids_tell_apart_what_concatenation_would_join(spark: SparkSession) -> None:
    frame = spark.createDataFrame([("ab", "c"), ("a", "bc"), ("a", None), ("a", "-")], "x string, y string")
    ids = [row["id"] for row in frame.select(hash_id("offer", "x", "y").alias("id")).collect()]
    assert len(set(ids)) == 4
    # sha256("2:ab1:c"), first 16 digits: written out so that no change of the formula moves ids unnoticed.
    assert ids[0] == "offer/430fb1b4ac43316e"


def test_rejected_rows_follow_the_contract(spark: SparkSession) -> None:
    import datetime

    night = datetime.date(2026, 1, 2)
    frame = spark.createDataFrame([("shop", "7", "x")], "source string, record_id string, price string")
    reason = F.concat(F.lit("found "), F.col("price"))
    found = rejected(frame, rule="price", field="price", reason=reason, night=night, kept=True)
    assert found.columns == schema.table("silver.offers_rejected").column_names
    assert [tuple(row) for row in found.collect()] == [("shop", "7", "price", "price", "found x", True, night)]
