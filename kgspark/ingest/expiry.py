"""Records of people that have been kept for as long as their source may: ``retention_days`` in its file.

bronze rows of tonight and of earlier nights -> the time each states, else the night that first brought it -> expired
"""

from __future__ import annotations

import datetime
import functools

from pyspark.sql import DataFrame
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


def flagged(rows: DataFrame, kind: Kind, night: Night) -> DataFrame:
    """Rows of a bronze table with ``expired``, and with whatever other columns they have.

    A record expires ``retention_days`` after the time that it states (reviewed_at, happened_at). One that states none,
    or an impossible one, counts from the night that first brought it, and stays while the source still delivers it
    (``is_new``): deleted, it would come back on the next night as a new one. What is kept of the same record as an
    offer expires with it.
    """
    sources = {s.name: s for s in night.sources if kind in s.emits.mappings() and s.retention_days}
    if not sources:
        return rows.withColumn("expired", F.lit(False))
    others = rows.where(~F.col("source").isin(*sources)).withColumn("expired", F.lit(False))
    parts = [_of_source(rows.where(F.col("source") == s.name), s, kind, night) for s in sources.values()]
    return functools.reduce(DataFrame.unionByName, [others, *parts])


def _of_source(rows: DataFrame, source: Source, kind: Kind, night: Night) -> DataFrame:
    mappings = source.emits.mappings()
    told = next(each for each in (kind, *_OF_PEOPLE) if each in _OF_PEOPLE and each in mappings)
    field = time_field(told, mappings[told])
    names = field.raw_fields() if field else ()
    record = F.struct(*rows.columns).alias("_record")
    flat = rows.select(record, F.json_tuple("payload", *names).alias(*names)) if names else rows.select(record)
    time = stated_time(field, source, Rules(_NO_TIME_BEFORE, night.date))
    first = night.date - datetime.timedelta(days=source.retention_days or 0)
    dated = flat.select("_record", time["at"].alias("_at"))
    undated = F.col("_at").isNull() & ~F.col("_record.is_new") & (F.col("_record.first_seen") < F.lit(first))
    expired = F.coalesce(F.col("_at") < F.lit(f"{first} 00:00:00 UTC").cast("timestamp"), F.lit(False)) | undated
    return dated.select("_record.*", expired.alias("expired"))
