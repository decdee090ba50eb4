"""Rows for tests, built from the contract: name what matters, the schema fills in the rest."""

from __future__ import annotations

import datetime
import decimal
from collections.abc import Iterable, Mapping
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import types as T

from kgspark.schema import table


def rows(spark: SparkSession, table_name: str, values: Iterable[Mapping[str, Any]]) -> DataFrame:
    """A frame of the table: unnamed columns are null, or a plain default of their type where they may not be."""
    contract = table(table_name)
    names = set(contract.column_names)
    filled = []
    for row in values:
        unknown = set(row) - names
        assert not unknown, f"{table_name} has no column {sorted(unknown)}"
        filled.append([row[f.name] if f.name in row else _default(f) for f in contract.struct.fields])
    return spark.createDataFrame(filled, contract.struct)


def _default(field: T.StructField) -> Any:
    if field.nullable:
        return None
    defaults: dict[type[T.DataType], Any] = {
        T.StringType: "",
        T.BooleanType: False,
        T.IntegerType: 0,
        T.LongType: 0,
        T.DoubleType: 0.0,
        T.DecimalType: decimal.Decimal(0),
        T.DateType: datetime.date(2026, 1, 1),
        T.TimestampType: datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC),
        T.MapType: {},
        T.ArrayType: [],
    }
    return defaults[type(field.dataType)]
