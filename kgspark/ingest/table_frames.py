"""Records of parquet and delta dumps: every value as text that is the same whichever Java or Spark wrote it.

Texts as they are; whole numbers without a point, also where they came as doubles (``17850``); other doubles by the
shortest text that gives the same double; decimals plain; dates and times by ISO 8601, with ``Z`` where the moment is
known and without a zone where the file gives none; lists, structs and maps as JSON; binary as base64. Nulls are left
out.
"""

from __future__ import annotations

import base64
import datetime
import decimal
import json
from collections.abc import Iterable, Iterator
from typing import Any

import pyarrow as pa
import pyarrow.types as pt
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from kgspark.columns import quoted_name
from kgspark.ingest.framed import BATCH_SCHEMA, BATCH_SQL, payload_of
from kgspark.ingest.sources import Source

_PATH, _POSITION = "__kgspark_path", "__kgspark_position"
# Whole doubles beyond this are not exact: they keep their exponent.
_EXACT = 2**53


def frame(spark: SparkSession, source: Source) -> DataFrame:
    """Columns path, position, payload, raw and problem of a parquet or delta source; nothing is unreadable here."""
    rows = spark.read.format(source.format).load(source.path)
    placed = rows.select(
        # Here, unlike in binaryFile, the path is percent-encoded, but a plus is a plus.
        F.url_decode(F.replace(F.col("_metadata.file_path"), F.lit("+"), F.lit("%2B"))).alias(_PATH),
        F.col("_metadata.row_index").alias(_POSITION),
        *[F.col(quoted_name(name)) for name in rows.columns],
    )
    return placed.mapInArrow(_payloads, BATCH_SQL)


def text_of(value: Any) -> str | None:
    """One value as text; None for null.

    >>> [text_of(v) for v in (17850.0, 2.55, True, decimal.Decimal("1.50"), {"a": [1.0, None]})]
    ['17850', '2.55', 'true', '1.50', '{"a":[1,null]}']
    """
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, dict | list | tuple):
        return json.dumps(_nested(value), ensure_ascii=False, separators=(",", ":"), default=text_of)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        whole = value.is_integer() and abs(value) <= _EXACT
        return str(int(value)) if whole else repr(value)
    if isinstance(value, decimal.Decimal):
        return format(value, "f")
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime.datetime) and value.tzinfo is not None:
        return value.astimezone(datetime.UTC).replace(tzinfo=None).isoformat() + "Z"
    if isinstance(value, datetime.date):
        return value.isoformat()
    return str(value)


def _nested(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _nested(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        # A map comes as a list of pairs.
        pairs = bool(value) and all(isinstance(item, tuple) and len(item) == 2 for item in value)
        return {str(text_of(k)): _nested(v) for k, v in value} if pairs else [_nested(item) for item in value]
    whole = isinstance(value, float) and value.is_integer() and abs(value) <= _EXACT
    return int(value) if whole else value


def _payloads(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        names = batch.schema.names[2:]
        columns = [_texts(column) for column in batch.columns[2:]]
        payloads = [
            payload_of({name: text for name, text in zip(names, row, strict=True) if text is not None})
            for row in zip(*columns, strict=True)
        ]
        nothing = [None] * len(payloads)
        yield pa.RecordBatch.from_arrays(
            [
                batch.column(0).cast(pa.string()),
                batch.column(1).cast(pa.int64()),
                pa.array(payloads, pa.string()),
                pa.array(nothing, pa.binary()),
                pa.array(nothing, pa.string()),
            ],
            schema=BATCH_SCHEMA,
        )


def _texts(column: pa.Array) -> list[str | None]:
    """A column's values as texts; a float of 32 bits by its own shortest text (0.1, not 0.10000000149011612)."""
    if pt.is_string(column.type) or pt.is_large_string(column.type):
        return list(column.to_pylist())
    if pt.is_float32(column.type):
        return [text_of(None if text is None else float(text)) for text in column.cast(pa.string()).to_pylist()]
    return [text_of(value) for value in column.to_pylist()]
