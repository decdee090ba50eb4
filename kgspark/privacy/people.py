"""Which records of bronze a person left, by the raw id that a source knows them by.

raw ids, bronze records -> the field that each source maps to its shopper -> keys of the records that hold an id there
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from functools import reduce

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from kgspark.ingest.mappings import Kind
from kgspark.ingest.sources import Source
from kgspark.privacy.pseudonyms import pseudonym_of
from kgspark.tables import Lake

ERASED = "ops.erased_shoppers"
KEY = ("source", "record_id", "variant")
KINDS: tuple[Kind, ...] = ("reviews", "interactions")


def pseudonyms(sources: Sequence[Source], raw_ids: Sequence[str], key: bytes) -> list[str]:
    """Every pseudonym that these ids may have: one a name space."""
    spaces = {namespace(source, kind) for source in sources for kind in KINDS if kind in source.emits.mappings()}
    return sorted(pseudonym_of("shopper", raw, space, key) for raw in raw_ids for space in spaces)


def erased_key(key: bytes) -> bytes:
    """Another key, made of the lake's: marks of erased people say nothing to whoever knows pseudonyms."""
    return hmac.digest(key, b"kgspark erased shoppers", "sha256")


def erased_marks(sources: Sequence[Source], raw_ids: Sequence[str], key: bytes) -> list[str]:
    """What is kept of erased people, so that their next delivery is left out: keyed hashes of another key."""
    return [mark.replace("shopper/", "erased/") for mark in pseudonyms(sources, raw_ids, erased_key(key))]


def marks_in(lake: Lake) -> tuple[str, ...]:
    """Marks of everybody who was erased from a lake."""
    # One row a person: they are looked for in every delivery.
    return tuple(sorted(row["mark"] for row in lake.rows(ERASED)))


def namespace(source: Source, kind: Kind) -> str:
    """Within which space a source's shopper ids mean one person."""
    return getattr(source.emits.mappings()[kind], "shopper_namespace", None) or source.name


def records_of(bronze: DataFrame, kind: Kind, sources: Sequence[Source], raw_ids: Sequence[str]) -> DataFrame:
    """Keys of the records, living or not, whose shopper is one of the ids; and of those that could not be read and hold
    one in their bytes.
    """
    spark = bronze.sparkSession
    # A frame, not a literal of the condition: plans are logged.
    ids = F.broadcast(spark.createDataFrame([(raw.strip(),) for raw in raw_ids], "shopper string"))
    unread = bronze.where(F.col("payload").isNull()).withColumn("bytes", F.col("raw").cast("string"))
    found = [unread.join(ids, on=F.instr("bytes", F.col("shopper")) > 0, how="left_semi").select(*KEY)]
    for source in sources:
        mapping = source.emits.mappings().get(kind)
        field = mapping.columns.shopper if mapping is not None and kind in KINDS else None  # type: ignore[union-attr]
        if field is None:
            continue
        raw = T.StructType([T.StructField(name, T.StringType()) for name in field.raw_fields()])
        rows = bronze.where((F.col("source") == source.name) & F.col("payload").isNotNull())
        opened = rows.select(F.struct(*KEY).alias("_key"), F.from_json("payload", raw).alias("_raw"))
        named = opened.select("_key", "_raw.*").select("_key", F.trim(field.column().cast("string")).alias("shopper"))
        found.append(named.join(ids, on="shopper", how="left_semi").select("_key.*"))
    return reduce(DataFrame.unionByName, found).distinct()
