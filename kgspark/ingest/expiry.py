"""Records of people that have been kept for as long as their source may: ``retention_days`` in its file.

bronze rows of tonight and of earlier nights -> the time each states, else the night that first brought it -> expired
"""

from __future__ import annotations

import datetime

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from kgspark.ingest.mapping import Rules, stated_time, time_field
from kgspark.ingest.mappings import Kind
from kgspark.ingest.sources import Source
from kgspark.night import Night

# The kinds whose time says how old a record of a person is.
_OF_PEOPLE: tuple[Kind, ...] = ("reviews", "interactions")
# Feeds write the epoch, or a year before there were shops on the net, where they know no time.
_NO_TIME_BEFORE = datetime.date(1980, 1, 1)


def limited(night: Night) -> bool:
    """Whether any source's records expire: then a night's bronze depends on its date."""
    return any(source.retention_days for source in night.sources)


def too_old(source: Source, kind: Kind, night: Night) -> tuple[tuple[str, ...], Column] | None:
    """Whether the time that a record states (reviewed_at, happened_at) lies further back than its source may keep it:
    the raw fields that say so, and the answer over a frame with these columns. None where records do not expire.

    What is kept of the same record as an offer goes with it, by the time of the review, or else of the order line.
    """
    mappings = source.emits.mappings()
    told = next((each for each in (kind, *_OF_PEOPLE) if each in _OF_PEOPLE and each in mappings), None)
    if not source.retention_days or told is None:
        return None
    field = time_field(told, mappings[told])
    at = stated_time(field, source, Rules(_NO_TIME_BEFORE, night.date))["at"]
    first = F.lit(f"{_first_day(source, night)} 00:00:00 UTC").cast("timestamp")
    return field.raw_fields() if field else (), at < first


def flagged(rows: DataFrame, kind: Kind, night: Night) -> DataFrame:
    """Rows of a bronze table with ``expired``; they have ``is_new``, true of what came tonight and is no matter here.

    A record of a person that states no time, or an impossible one, counts from the night that first brought it. One
    that its snapshot source may still hold stays: deleted, it would come back as a new one.
    """
    limits = [(source, too_old(source, kind, night)) for source in night.sources if kind in source.emits.mappings()]
    found = [(source, *limit) for source, limit in limits if limit is not None]
    if not found:
        return rows.withColumn("expired", F.lit(False))
    names = dict.fromkeys(name for _, fields, _ in found for name in fields)
    record = F.struct(*rows.columns).alias("_record")
    flat = rows.select(record, F.json_tuple("payload", *names).alias(*names)) if names else rows.select(record)
    expired = F.lit(False)
    for source, _, old in found:
        left = F.col("_record.deleted_at").isNotNull() if source.delivery == "snapshot" else F.lit(True)
        undated = left & (F.col("_record.first_seen") < F.lit(_first_day(source, night)))
        of_person = undated if kind in _OF_PEOPLE else F.lit(False)
        expired = F.when(F.col("_record.source") == source.name, F.coalesce(old, of_person)).otherwise(expired)
    return flat.select("_record.*", (expired & ~F.col("_record.is_new")).alias("expired"))


def _first_day(source: Source, night: Night) -> datetime.date:
    """The first day that is kept."""
    return night.date - datetime.timedelta(days=source.retention_days or 0)
