"""What ``kgspark sources check`` tells: a little of every source read, mapped and cleaned as a night would do it."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as F

from kgspark.errors import InputError
from kgspark.ingest import records
from kgspark.ingest.fields import Field
from kgspark.ingest.frame import list_files, read_sources
from kgspark.ingest.framed import FRAMED_SCHEMA
from kgspark.ingest.mappings import Kind
from kgspark.ingest.preflight import check_sources as preflight
from kgspark.ingest.settings import IngestSettings
from kgspark.ingest.silver_settings import SilverSettings
from kgspark.ingest.sources import Source
from kgspark.night import Night
from kgspark.schema import table

SILVER: dict[Kind, str] = {
    "catalogue": "silver.offers",
    "reviews": "silver.reviews",
    "interactions": "silver.interactions",
}
# Nothing of a check is kept, so its pseudonyms need no secret.
_THROWAWAY_KEY = b"kgspark sources check: kept nowhere"


@dataclass(frozen=True)
class Reject:
    """A rule that set records (or, where ``kept``, only a value of theirs) aside: how many, and one reason given."""

    rule: str
    field: str
    records: int
    reason: str
    kept: bool


@dataclass(frozen=True)
class KindReport:
    """What the source gives of a kind: which column reads what, records chosen, rows they became, and rejects; those
    that its ``where`` leaves out are counted before.
    """

    kind: Kind
    mapping: dict[str, str]
    records: int
    rows: int
    rejects: tuple[Reject, ...]
    left_out: int = 0


@dataclass(frozen=True)
class SourceReport:
    """What a source holds: files, records read, those that cannot be read by problem; ``error`` would stop a night."""

    name: str
    path: str
    format: str
    files: int = 0
    records: int = 0
    problems: dict[str, int] = field(default_factory=dict)
    kinds: tuple[KindReport, ...] = ()
    error: str | None = None


def check_sources(
    spark: SparkSession,
    sources: Sequence[Source],
    limit: int,
    cfg: IngestSettings | None = None,
    silver: SilverSettings | None = None,
) -> list[SourceReport]:
    """Read up to ``limit`` records of every source and take them through bronze to silver; nothing is written.

    A source that would stop a night gets a report with its ``error``, and the others are read all the same.
    """
    cfg = cfg or IngestSettings()
    reports: dict[str, SourceReport] = {}
    samples: dict[str, list[Row]] = {}
    for source in sources:
        report = SourceReport(source.name, source.path, source.format)
        try:
            preflight(spark, [source], cfg)
            files = len(list_files(spark, source))
            samples[source.name] = read_sources(spark, [source], cfg).limit(limit).collect()
            reports[source.name] = SourceReport(
                source.name,
                source.path,
                source.format,
                files,
                len(samples[source.name]),
                _problems(samples[source.name]),
            )
        except InputError as error:
            reports[source.name] = SourceReport(**(vars(report) | {"error": str(error)}))
    read = tuple(source for source in sources if source.name in samples)
    sampled = [row for rows in samples.values() for row in rows]
    kinds = _kinds(spark.createDataFrame(sampled, FRAMED_SCHEMA), read, cfg, silver or SilverSettings())
    return [SourceReport(**(vars(report) | {"kinds": kinds.get(name, ())})) for name, report in reports.items()]


def mapping_of(source: Source, kind: Kind) -> dict[str, str]:
    """For each column (and key, where, seller) of a kind, what it reads, in words of the YAML."""
    mapping = source.emits.mappings()[kind]
    return {name: " > ".join(_in_words(part) for part in parts) for name, parts in mapping.named().items() if parts}


def _in_words(part: Field) -> str:
    return part.field or part.sql or repr(part.value)


def _problems(rows: Iterable[Row]) -> dict[str, int]:
    found: dict[str, int] = {}
    for row in rows:
        if row["problem"]:
            found[row["problem"]] = found.get(row["problem"], 0) + 1
    return dict(sorted(found.items()))


def _kinds(
    raw: DataFrame, sources: tuple[Source, ...], cfg: IngestSettings, silver: SilverSettings
) -> dict[str, tuple[KindReport, ...]]:
    from kgspark.ingest import interactions, offers, reviews

    builds = {"catalogue": offers.build, "reviews": reviews.build, "interactions": interactions.build}
    night = Night(datetime.datetime.now(datetime.UTC).date(), "check", sources, _THROWAWAY_KEY)
    catalog, written, done = (
        raw.sparkSession.createDataFrame([], table(name).struct) for name in records.TABLES.values()
    )
    bronze = records.build(raw, catalog, written, done, cfg=cfg, night=night)
    found: dict[str, list[KindReport]] = {}
    for kind, name in SILVER.items():
        emitting = [source for source in sources if kind in source.emits.mappings()]
        if not emitting:
            continue
        # The sample is small and asked for several times.
        chosen = bronze[records.TABLES[kind]].persist()
        built = builds[kind](chosen, cfg=silver, night=night)
        counts, rows = _counts(chosen), _counts(built[name])
        rejects = _rejects(built[f"{name}_rejected"])
        left_out = night.tally.by_source(records.TABLES[kind])
        for source in emitting:
            report = KindReport(
                kind,
                mapping_of(source, kind),
                counts.get(source.name, 0),
                rows.get(source.name, 0),
                rejects.get(source.name, ()),
                left_out.get(source.name, 0),
            )
            found.setdefault(source.name, []).append(report)
        chosen.unpersist()
    return {name: tuple(reports) for name, reports in found.items()}


def _counts(frame: DataFrame) -> dict[str, int]:
    return {row["source"]: row["count"] for row in frame.groupBy("source").count().collect()}


def _rejects(rejected: DataFrame) -> dict[str, tuple[Reject, ...]]:
    grouped = rejected.groupBy("source", "rule", "field", "kept").agg(
        F.count(F.lit(1)).alias("records"), F.min("reason").alias("reason")
    )
    found: dict[str, list[Reject]] = {}
    for row in sorted(
        grouped.collect(), key=lambda row: (row["source"], -row["records"], row["rule"], row["field"] or "")
    ):
        reject = Reject(row["rule"], row["field"] or "", row["records"], row["reason"] or "", row["kept"])
        found.setdefault(row["source"], []).append(reject)
    return {name: tuple(rejects) for name, rejects in found.items()}
