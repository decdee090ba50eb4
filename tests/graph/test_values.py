"""Quantities in one spelling, whatever the shop wrote."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyspark.sql import SparkSession

from kgspark.graph.values import canonical_quantities, quantity


@pytest.mark.parametrize(
    ("written", "number", "unit"),
    [
        ("500 g", "500", "g"), ("500g", "500", "g"), ("0.5 kg", "500", "g"), ("0,5 KG", "500", "g"),
        (".5kg", "500", "g"),
        ("22 LB", "9979.03", "g"),  # 22 x 453.59237
        ("16 OZ", "453.592", "g"), ("1 LB", "453.592", "g"),
        ("1 1/2 OZ", "42.5243", "g"),
        ("60 GM", "60", "g"),
        ("750 ML", "750", "ml"), ("0.75 L", "750", "ml"), ("75 cl", "750", "ml"),
        ("16 FL OZ", "473.176", "ml"), ("16 fl. oz.", "473.176", "ml"),
        ("36 IN", "91.44", "cm"), ('15.6"', "39.624", "cm"), ("1 m", "100", "cm"),
        ("100 SQ FT", "92903", "cm2"),
        ("64GB", "64", "GB"), ("0.064 TB", "64", "GB"),
        ("1.2 kW", "1200", "W"), ("230 V", "230", "V"), ("5000 mAh", "5000", "mAh"), ("2.4 GHz", "2400", "MHz"),
        ("12 CT", "12", "pieces"), ("6 PK", "6", "packs"), ("5000 CT", "5000", "pieces"), ("2 DZ", "24", "pieces"),
        ("90 min", "90", "min"), ("1.5 h", None, None), ("1.5 hours", "90", "min"),
        ("500 克", "500", "g"), ("2公斤", "2000", "g"),
        ("1,500 g", "1500", "g"), ("1.299,50 g", "1299.5", "g"), ("-5 V", "-5", "V"), ("0 g", "0", "g"),
    ],
)  # fmt: skip
def test_quantity(written: str, number: str | None, unit: str | None) -> None:
    assert quantity(written, 6) == ((number, unit) if number else None)


@pytest.mark.parametrize(
    "written",
    [
        "", "g", "5", "SIZE 1", "6/12 OZ", "1/2 OZ", "300 CT(1)", "12 OZ CAN", "5 L 3",
        "1,5,5 g", "1..5 g", "1 1/0 oz", "9" * 40 + " g", "1e3 g", "912386  PK", "49713130 CT",
    ],
)  # fmt: skip
def test_other_texts_are_no_quantity(written: str) -> None:
    assert quantity(written, 6) is None


@given(st.text())
def test_no_text_breaks_it(text: str) -> None:
    quantity(text, 6)


@given(st.decimals(min_value=Decimal("0.001"), max_value=Decimal(99999), places=3))
def test_units_of_one_dimension_agree(kilograms: Decimal) -> None:
    found = quantity(f"{kilograms} kg", 28)
    assert found == quantity(f"{kilograms * 1000} g", 28)
    assert found is not None
    assert Decimal(found[0]) == kilograms * 1000


def test_in_spark(spark: SparkSession) -> None:
    texts = spark.createDataFrame([("0.5 kg",), ("red",), ("12 CT",)], "raw string")
    assert sorted(map(tuple, canonical_quantities(texts, 6).collect())) == [
        ("0.5 kg", "500", "g"),
        ("12 CT", "12", "pieces"),
    ]
