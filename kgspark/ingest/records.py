"""Stage ingest.records: framed dumps become bronze, which keeps every record as it came.

framed dumps -> records of a kind -> keyed, numbered, identical ones once -> merged with what the last release held
"""

from __future__ import annotations

import datetime
import functools
from collections.abc import Sequence

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F
from pyspark.sql import types as T

from kgspark.ingest.mappings import CatalogueMapping, InteractionsMapping, Kind, ReviewsMapping
from kgspark.ingest.settings import IngestSettings
from kgspark.ingest.sources import Source
from kgspark.night import Night
from kgspark.schema import conform, table

TABLES: dict[Kind, str] = {
    "catalogue": "bronze.catalog_records",
    "reviews": "bronze.review_records",
    "interactions": "bronze.interaction_records",
}
KEY_SEPARATOR = "|"
HASH_DIGITS = 32
MISSING_KEY = "missing_key"

_CONTENT = ("source", "file", "position", "payload", "raw", "problem")


def build(
    raw: DataFrame,
    previous_catalog: DataFrame,
    previous_reviews: DataFrame,
    previous_interactions: DataFrame,
    cfg: IngestSettings,  # noqa: ARG001 - every stage has the same signature
    night: Night,
) -> dict[str, DataFrame]:
    """Keep tonight's records beside those of earlier nights: bronze.catalog_records, .review_records, .interaction_records.

    ``raw`` is what ``frame.read_sources`` gives, ``previous_*`` the tables of the last release. A record is known by the
    key that its source declares, joined by ``|``, or by the hash of its content and an occurrence number: then the same
    content delivered again is the same record. New content replaces the old under its key. What a snapshot source no
    longer holds is marked deleted and comes alive again when it returns; what an append source delivered stays, and so does
    all of a source that delivered nothing where that is allowed (``on_missing: keep``). Unreadable records are kept in the
    table of each kind that their source emits.
    """
    previous = {"catalogue": previous_catalog, "reviews": previous_reviews, "interactions": previous_interactions}
    return {name: _bronze(raw, previous[kind], kind, night) for kind, name in TABLES.items()}


def records_of_kind(raw: DataFrame, kind: Kind, sources: Sequence[Source]) -> DataFrame | None:
    """Tonight's records of a kind, as bronze without its dates; None where no source emits the kind."""
    chosen = [
        _of_source(raw, source, source.emits.mappings()[kind]) for source in sources if kind in source.emits.mappings()
    ]
    if not chosen:
        return None
    return _numbered(functools.reduce(DataFrame.unionByName, chosen))


def _bronze(raw: DataFrame, previous: DataFrame, kind: Kind, night: Night) -> DataFrame:
    contract = table(TABLES[kind])
    records = records_of_kind(raw, kind, night.sources)
    if records is None:
        return conform(previous, contract)
    return conform(_merged(records, previous, _arrived(raw, kind, night.sources), night.date), contract)


def _of_source(
    raw: DataFrame, source: Source, mapping: CatalogueMapping | ReviewsMapping | InteractionsMapping
) -> DataFrame:
    """The source's records of the kind with their ``key``, null where a field of it is empty or none is declared."""
    rows = raw.where(F.col("source") == source.name).select(*_CONTENT, _fingerprint().alias("fingerprint"))
    names = dict.fromkeys(mapping.key)
    for chosen in (mapping.where, mapping.latest_by):
        names |= dict.fromkeys(chosen.raw_fields() if chosen else ())
    # The fields stand alone beside the record, so that an expression may use any name, "source" and "file" too.
    fields = T.StructType([T.StructField(name, T.StringType()) for name in names])
    parsed = rows.select(F.struct(*rows.columns).alias("_record"), F.from_json("payload", fields).alias("_fields"))
    flat = parsed.select("_record", "_fields.*") if names else parsed.select("_record")
    readable = F.col("_record.problem").isNull()
    key = _key(mapping.key) if mapping.key else F.lit(None).cast("string")
    latest = mapping.latest_by.column() if mapping.latest_by else F.lit(None).cast("string")
    wanted = mapping.where.column().cast("boolean") if mapping.where else F.lit(True)
    keyed = (
        flat.where(~readable | wanted)
        .select("_record", F.when(readable, key).alias("key"), latest.alias("latest"))
        .select("_record.*", "key", "latest")
    )
    if mapping.key:
        keyed = keyed.withColumn("problem", F.coalesce("problem", F.when(F.col("key").isNull(), F.lit(MISSING_KEY))))
    return (_latest(keyed) if mapping.latest_by else keyed).drop("latest")


def _key(names: tuple[str, ...]) -> Column:
    fields = [F.col("`" + name.replace("`", "``") + "`") for name in names]
    blank = functools.reduce(lambda a, b: a | b, [F.coalesce(F.trim(field), F.lit("")) == "" for field in fields])
    return F.when(~blank, F.concat_ws(KEY_SEPARATOR, *fields))


def _fingerprint() -> Column:
    return F.sha2(F.coalesce(F.encode("payload", "utf-8"), F.col("raw")), 256)


def _latest(keyed: DataFrame) -> DataFrame:
    """One record a key: the greatest ``latest``, then the smallest fingerprint; all those without a key."""
    by_key = Window.partitionBy("source", "key").orderBy(F.desc_nulls_last("latest"), "fingerprint", "file", "position")
    ranked = keyed.withColumn("rank", F.row_number().over(by_key))
    return ranked.where((F.col("rank") == 1) | F.col("key").isNull()).drop("rank")


def _numbered(keyed: DataFrame) -> DataFrame:
    """Identical contents of a key once, conflicting ones as variants; those without a key numbered by occurrence."""
    content = Window.partitionBy("source", F.coalesce("key", "fingerprint"), "key", "fingerprint")
    place = content.orderBy("file", "position")
    variants = Window.partitionBy("source", "record_id").orderBy("fingerprint")
    numbered = keyed.withColumns({"occurrence": F.row_number().over(place), "count": F.count(F.lit(1)).over(content)})
    named = numbered.where(F.col("key").isNull() | (F.col("occurrence") == 1)).withColumns(
        {
            "record_id": F.coalesce(
                "key",
                F.concat(F.substring("fingerprint", 1, HASH_DIGITS), F.lit("-"), F.col("occurrence").cast("string")),
            ),
            "copies": F.when(F.col("key").isNull(), F.lit(1)).otherwise(F.col("count")),
        }
    )
    return named.withColumn("variant", F.dense_rank().over(variants) - 1).drop("key", "occurrence", "count")


def _arrived(raw: DataFrame, kind: Kind, sources: Sequence[Source]) -> DataFrame:
    """Names of the snapshot sources that delivered: what they no longer hold is gone."""
    snapshots = [s for s in sources if s.delivery == "snapshot" and kind in s.emits.mappings()]
    # A source that must deliver has been checked before the night; one that may stay away counts by its records.
    certain = [s.name for s in snapshots if s.on_missing == "fail"]
    doubtful = [s.name for s in snapshots if s.on_missing == "keep"]
    names = raw.sparkSession.createDataFrame([(name,) for name in certain], "source string")
    if not doubtful:
        return names
    return names.unionByName(raw.where(F.col("source").isin(doubtful)).select("source").distinct())


def _merged(records: DataFrame, previous: DataFrame, arrived: DataFrame, night: datetime.date) -> DataFrame:
    """One shuffle by record: tonight's rows, and those of earlier nights whose record did not come."""
    tonight = F.lit(night).cast("date")
    nothing = F.lit(None).cast("date")
    new = records.withColumns(
        {"first_seen": nothing, "last_seen": nothing, "deleted_at": nothing, "is_new": F.lit(True)}
    )
    old = previous.withColumn("is_new", F.lit(False)).select(*new.columns)
    record = Window.partitionBy("source", "record_id")
    content = Window.partitionBy("source", "record_id", "fingerprint")
    both = new.unionByName(old).withColumns(
        {"came": F.max("is_new").over(record), "first_seen": F.coalesce(F.min("first_seen").over(content), tonight)}
    )
    kept = both.where(F.col("is_new") | ~F.col("came"))
    gone = F.col("arrived").isNotNull() & ~F.col("is_new")
    flagged = kept.join(F.broadcast(arrived.withColumn("arrived", F.lit(True))), on="source", how="left")
    return flagged.withColumns(
        {
            # A row names no night on which it last came while it lives: the day before the night that missed it.
            "last_seen": F.when(gone, F.coalesce("last_seen", F.date_sub(tonight, 1))).otherwise(F.col("last_seen")),
            "deleted_at": F.when(gone, F.coalesce("deleted_at", tonight)).otherwise(F.col("deleted_at")),
        }
    )
