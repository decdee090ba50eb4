"""Stage ingest.records: framed dumps become bronze, which keeps every record as it came.

framed dumps -> records of a kind -> keyed, numbered, identical ones once -> merged with what the last release held
"""

from __future__ import annotations

import datetime
import functools
from collections.abc import Sequence

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from kgspark.columns import quoted_name
from kgspark.ingest import expiry
from kgspark.ingest.mappings import CatalogueMapping, InteractionsMapping, Kind, ReviewsMapping
from kgspark.ingest.settings import IngestSettings
from kgspark.ingest.sources import Source
from kgspark.night import Night
from kgspark.privacy import people
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
    cfg: IngestSettings,
    night: Night,
) -> dict[str, DataFrame]:
    """Keep tonight's records beside those of earlier nights.

    Gives bronze.catalog_records, bronze.review_records and bronze.interaction_records, as their schemas define them.

    ``raw`` is what ``frame.read_sources`` gives, ``previous_*`` the tables of the last release. A record is known by
    the key that its source declares, joined by ``|``, or by the hash of its content and an occurrence number: then
    the same content delivered again is the same record. New content replaces the old under its key. What a snapshot
    source no longer holds is marked deleted and comes alive again when it returns; what an append source delivered
    stays, and so does all of a source that delivered nothing where that is allowed (``on_missing: keep``). Unreadable
    records are kept in the table of each kind that their source emits. Records of people who were erased
    (``night.erased``) are not kept at all, nor those that expired (``expiry``).
    """
    previous = {"catalogue": previous_catalog, "reviews": previous_reviews, "interactions": previous_interactions}
    return {name: _bronze(raw, previous[kind], kind, night) for kind, name in TABLES.items()}


def records_of_kind(raw: DataFrame, kind: Kind, night: Night) -> DataFrame | None:
    """Tonight's records of a kind, as bronze without its dates; None where no source emits the kind."""
    emitting = [(source, source.emits.mappings().get(kind)) for source in night.sources]
    chosen = [_of_source(raw, source, kind, mapping, night) for source, mapping in emitting if mapping is not None]
    if not chosen:
        return None
    return _numbered(functools.reduce(DataFrame.unionByName, chosen))


def _bronze(raw: DataFrame, previous: DataFrame, kind: Kind, night: Night) -> DataFrame:
    contract = table(TABLES[kind])
    records = records_of_kind(raw, kind, night)
    if records is None:
        return conform(previous, contract)
    merged = expiry.flagged(_merged(records, previous, night.date), kind, night).where(~F.col("expired"))
    rows = _gone(raw, kind, night.sources, merged.drop("expired"))
    return conform(_dated(rows, night), contract)


def _of_source(
    raw: DataFrame,
    source: Source,
    kind: Kind,
    mapping: CatalogueMapping | ReviewsMapping | InteractionsMapping,
    night: Night,
) -> DataFrame:
    """The source's records of the kind with their ``key``, null where a field of it is empty or none is declared."""
    rows = raw.where(F.col("source") == source.name).select(*_CONTENT, _fingerprint().alias("fingerprint"))
    names = dict.fromkeys(mapping.key)
    shoppers = [field for field, _ in people.shoppers_of(source)] if night.erased else []
    for chosen in (mapping.where, mapping.latest_by, *shoppers):
        names |= dict.fromkeys(chosen.raw_fields() if chosen else ())
    expires, too_old = expiry.too_old(source, kind, night) or ((), F.lit(False))
    names |= dict.fromkeys(expires)
    # The fields stand alone beside the record, so that an expression may use any name, "source" and "file" too.
    # json_tuple reads a payload once for all of them; from_json would be planned once a field.
    record = F.struct(*rows.columns).alias("_record")
    flat = rows.select(record, F.json_tuple("payload", *names).alias(*names)) if names else rows.select(record)
    readable = F.col("_record.problem").isNull()
    key = _key(mapping.key) if mapping.key else F.lit(None).cast("string")
    latest = mapping.latest_by.column() if mapping.latest_by else F.lit(None).cast("string")
    # A condition that cannot be judged (null) leaves nothing out: the silver rules say what is wrong with the record.
    if mapping.where:
        wanted = ~readable | F.coalesce(mapping.where.column().cast("boolean"), F.lit(True))
        flat = night.tally.count(flat.withColumn("_wanted", wanted), ~F.col("_wanted"), TABLES[kind], source.name)
        flat = flat.where("_wanted")
    flat = flat.where(~F.coalesce(too_old, F.lit(False)))
    if shoppers:
        flat = flat.where(~people.is_erased(F.col("_record.raw"), source, night))
    keyed = flat.select("_record", F.when(readable, key).alias("key"), latest.alias("latest")).select(
        "_record.*", "key", "latest"
    )
    if mapping.key:
        keyed = keyed.withColumn("problem", F.coalesce("problem", F.when(F.col("key").isNull(), F.lit(MISSING_KEY))))
    return (_latest(keyed) if mapping.latest_by else keyed).drop("latest")


def _key(names: tuple[str, ...]) -> Column:
    fields = [F.col(quoted_name(name)) for name in names]
    blank = functools.reduce(lambda a, b: a | b, [F.coalesce(F.trim(field), F.lit("")) == "" for field in fields])
    return F.when(~blank, F.concat_ws(KEY_SEPARATOR, *fields))


def _fingerprint() -> Column:
    return F.sha2(F.coalesce(F.encode("payload", "utf-8"), F.col("raw")), 256)


def _latest(keyed: DataFrame) -> DataFrame:
    """One record a key: the greatest ``latest``, then the smallest fingerprint; all those without a key."""
    # Numbers by their size ("9" before "10"), ISO times and everything else as text.
    number = F.col("latest").try_cast("double")
    order = (number.desc_nulls_last(), F.desc_nulls_last("latest"), "fingerprint", "file", "position")
    by_key = Window.partitionBy("source", "key").orderBy(*order)
    ranked = keyed.withColumn("rank", F.row_number().over(by_key))
    return ranked.where((F.col("rank") == 1) | F.col("key").isNull()).drop("rank")


def _numbered(keyed: DataFrame) -> DataFrame:
    """Identical contents of a key once, conflicting ones as variants; those without a key numbered by occurrence."""
    anchored = keyed.withColumn("anchor", F.coalesce("key", "fingerprint"))
    # The first window shuffles; the second, which divides its groups further, finds its rows in place.
    variants = Window.partitionBy("source", "anchor").orderBy("fingerprint")
    content = Window.partitionBy("source", "anchor", "key", "fingerprint")
    numbered = anchored.withColumn("variant", F.dense_rank().over(variants) - 1).withColumns(
        {
            "occurrence": F.row_number().over(content.orderBy("file", "position")),
            "count": F.count(F.lit(1)).over(content),
        }
    )
    by_hash = F.concat(F.substring("fingerprint", 1, HASH_DIGITS), F.lit("-"), F.col("occurrence").cast("string"))
    return (
        numbered.where(F.col("key").isNull() | (F.col("occurrence") == 1))
        .withColumns(
            {
                "record_id": F.coalesce("key", by_hash),
                "copies": F.when(F.col("key").isNull(), F.lit(1)).otherwise(F.col("count")),
            }
        )
        .drop("anchor", "key", "occurrence", "count")
    )


def _gone(raw: DataFrame, kind: Kind, sources: Sequence[Source], rows: DataFrame) -> DataFrame:
    """The rows with ``gone``: an earlier night's record that its snapshot source, which delivered, no longer holds."""
    snapshots = [s for s in sources if s.delivery == "snapshot" and kind in s.emits.mappings()]
    # A source that must deliver has been checked before the night; one that may stay away counts by its records.
    certain = F.col("source").isin([s.name for s in snapshots if s.on_missing == "fail"])
    doubtful = [s.name for s in snapshots if s.on_missing == "keep"]
    if not doubtful:
        return rows.withColumn("gone", ~F.col("is_new") & certain)
    came = raw.where(F.col("source").isin(doubtful)).select("source", F.lit(True).alias("delivered")).distinct()
    delivered = certain | F.coalesce("delivered", F.lit(False))
    return rows.join(F.broadcast(came), on="source", how="left").withColumn("gone", ~F.col("is_new") & delivered)


def _merged(records: DataFrame, previous: DataFrame, night: datetime.date) -> DataFrame:
    """Tonight's rows, and those of earlier nights whose record did not come; one shuffle by record."""
    unset = F.lit(None).cast("date")
    new = records.withColumns({"first_seen": unset, "last_seen": unset, "deleted_at": unset, "is_new": F.lit(True)})
    old = previous.withColumn("is_new", F.lit(False)).select(*new.columns)
    record = Window.partitionBy("source", "record_id")
    content = Window.partitionBy("source", "record_id", "fingerprint")
    both = new.unionByName(old).withColumn("came", F.max("is_new").over(record))
    first = F.coalesce(F.min("first_seen").over(content), F.lit(night).cast("date"))
    # Where a content lay when it first came: a line added above it makes no other record of it.
    lay = F.coalesce(
        F.min(F.when(~F.col("is_new"), F.struct("file", "position"))).over(content), F.struct("file", "position")
    )
    kept = both.withColumns({"first_seen": first, "lay": lay}).where(F.col("is_new") | ~F.col("came"))
    return kept.withColumns({"file": F.col("lay.file"), "position": F.col("lay.position")}).drop("lay")


def _dated(rows: DataFrame, night: Night) -> DataFrame:
    """A living row names no night on which it last came: a record gone tonight last came in the night before."""
    tonight = F.lit(night.date).cast("date")
    before = F.lit(night.previous_date).cast("date") if night.previous_date else F.date_sub(tonight, 1)
    return rows.withColumns(
        {
            "last_seen": F.when(F.col("gone"), F.coalesce("last_seen", before)).otherwise(F.col("last_seen")),
            "deleted_at": F.when(F.col("gone"), F.coalesce("deleted_at", tonight)).otherwise(F.col("deleted_at")),
        }
    )
