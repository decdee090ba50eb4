"""What each source brought tonight: records new, changed, unchanged or vanished; and whether too many vanished.

bronze of the last release, bronze of tonight -> one hash of the living contents a record -> counts by source -> verdict
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from kgspark.ingest import expiry
from kgspark.ingest.mapping import live
from kgspark.ingest.records import TABLES
from kgspark.ingest.settings import IngestSettings
from kgspark.ingest.sources import Source
from kgspark.night import Night

DELIVERED, MISSING, DROPPED = "delivered", "missing", "dropped"


@dataclass(frozen=True)
class Arrival:
    """One row of ops.deliveries without its run; the fields are its columns."""

    table: str
    source: str
    status: str
    new: int
    changed: int
    unchanged: int
    vanished: int
    expired: int = 0

    @property
    def held_before(self) -> int:
        """Records of the source that the last release held."""
        return self.changed + self.unchanged + self.vanished

    @property
    def holds(self) -> int:
        """Records of the source tonight."""
        return self.new + self.changed + self.unchanged


def arrivals(bronze: Mapping[str, tuple[DataFrame, DataFrame]], night: Night, missing: Iterable[str]) -> list[Arrival]:
    """Counts by table and source, in one pass. ``bronze``: table to its rows in the last release and tonight.

    ``missing`` names the sources of which no file came. Records that expired tonight did not vanish from the source.
    Costs one shuffle of (source, record_id, hash).
    """
    counted = reduce(DataFrame.unionByName, [_counted(name, *frames, night) for name, frames in bronze.items()])
    known, absent = {source.name for source in night.sources}, set(missing)

    def status(source: str) -> str:
        return MISSING if source in absent else DELIVERED if source in known else DROPPED

    # One row a source and table.
    rows = [row.asDict() for row in counted.orderBy("table", "source").collect()]
    return [Arrival(status=status(row["source"]), **row) for row in rows]


def _counted(name: str, before: DataFrame, after: DataFrame, night: Night) -> DataFrame:
    def contents(rows: DataFrame, side: str) -> DataFrame:
        content = F.xxhash64("fingerprint").alias("content")
        return live(rows).select("source", "record_id", content, "expired", F.lit(side).alias("side"))

    def of(side: str) -> Any:
        # A key may come with several contents: the order in which they came is no difference.
        return F.bit_xor(F.when(F.col("side") == side, F.col("content"))).alias(side)

    (kind,) = (kind for kind, table in TABLES.items() if table == name)
    old = expiry.flagged(before.withColumn("is_new", F.lit(False)), kind, night)
    both = contents(old, "was").unionByName(contents(after.withColumn("expired", F.lit(False)), "now"))
    records = both.groupBy("source", "record_id").agg(of("was"), of("now"), F.bool_or("expired").alias("expired"))
    was, now = F.col("was"), F.col("now")
    return records.groupBy(F.lit(name).alias("table"), "source").agg(
        F.count_if(was.isNull()).alias("new"),
        F.count_if(was != now).alias("changed"),
        F.count_if(was == now).alias("unchanged"),
        F.count_if(now.isNull() & ~F.col("expired")).alias("vanished"),
        F.count_if(now.isNull() & F.col("expired")).alias("expired"),
    )


def too_few(found: Sequence[Arrival], sources: Sequence[Source], cfg: IngestSettings, judged_from: int) -> str | None:
    """The sentence for the first snapshot source of which too much vanished; None where none did.

    A source that holds nothing any more is stopped however small it was: an empty file is a failed delivery, not a shop
    that closed. Other sources are judged from ``judged_from`` records on.
    """
    by_name = {source.name: source for source in sources}
    for arrival in found:
        source = by_name.get(arrival.source)
        if source is None or source.delivery != "snapshot" or not arrival.vanished:
            continue
        limit = source.max_drop or cfg.max_drop
        share = arrival.vanished / arrival.held_before
        if arrival.holds == 0 or (share > limit and arrival.held_before >= judged_from):
            return (
                f"Source {arrival.source}: {arrival.vanished:,} of {arrival.held_before:,} records ({share:.0%}) are "
                f"not in tonight's dump ({arrival.table}; at most {limit:.0%} may vanish in a night): nothing is "
                "released. Check the dump; if it is right, set max_drop in the source's file, or "
                "quality.check_row_change: false for one night."
            )
    return None
