"""Bronze records of a kind -> one row a record, each column as the raw text that its source maps to it.

    live records of each source -> payload opened -> mapping evaluated -> all sources under one set of columns ->
    repeated keys settled

Everything that differs from source to source happens here; what follows is written once, over the union.
"""

from __future__ import annotations

import datetime
import functools
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F
from pyspark.sql import types as T

from kgspark.ingest.dates import parse_time
from kgspark.ingest.fields import Field, TimeField
from kgspark.ingest.mappings import CatalogueMapping, InteractionsMapping, Kind, ReviewsMapping
from kgspark.ingest.silver_settings import SilverSettings
from kgspark.ingest.sources import Source
from kgspark.night import Night

_RECORD, _RAW = "__record", "__raw"
_ORIGIN = "struct<field:string,begin:int,end:int>"
_TIMES = {"catalogue": "listed_at", "reviews": "reviewed_at", "interactions": "happened_at"}
_SILVER_NAME = {"product": "product_key", "shopper": "shopper_id", "basket": "basket_id"}
_MORE_THAN_ANY = 1_000_000
_AS_ONE = {"attributes", "category_path", *_TIMES.values()}


@dataclass(frozen=True)
class Rules:
    """What a time may be: the settings' limits around the night."""

    earliest: datetime.date
    latest: datetime.date

    @classmethod
    def of(cls, cfg: SilverSettings, night: Night) -> Rules:
        """The night's limits."""
        return cls(cfg.earliest_date, night.date + datetime.timedelta(days=cfg.latest_days_ahead))


def live(records: DataFrame) -> DataFrame:
    """Records that the source still holds in their last content."""
    return records.where(F.col("deleted_at").isNull() & F.col("last_seen").isNull())


def mapped_records(records: DataFrame, kind: Kind, cfg: SilverSettings, night: Night) -> DataFrame | None:
    """Every readable live record of every source that emits ``kind``; None where no source does.

    Columns: ``source``, ``record_id``, ``variant``, ``contents`` (how many different contents the key has in the last
    delivery), the raw text of each column of the kind's mapping, ``category_path`` (array of raw texts),
    ``category_separator``, ``attributes`` (map of raw texts), the kind's time as ``dates.parse_time`` gives it,
    ``origins`` as in silver.offers, and what the source declares: ``seller``, ``catalogue``, ``namespace``,
    ``home_currency``, ``decimal``, ``home_language``, ``rating_min``, ``rating_max``.
    """
    rules = Rules.of(cfg, night)
    readable = live(records).where(F.col("problem").isNull())
    emitting = [(source, source.emits.mappings()[kind]) for source in night.sources if kind in source.emits.mappings()]
    read = [(_read(readable, source, kind, mapping, rules), bool(mapping.key)) for source, mapping in emitting]
    # Without a declared key the record id is a hash of the content: such records need no look at their namesakes, nor
    # its shuffle.
    unkeyed = [frame.withColumn("contents", F.lit(1)) for frame, keyed in read if not keyed]
    keyed = [frame for frame, keyed in read if keyed]
    settled = [_settle(functools.reduce(DataFrame.unionByName, keyed))] if keyed else []
    frames = unkeyed + settled
    if not frames:
        return None
    # The optimizer would copy the whole cleaning into each source's branch; this coalesce, a no-op, keeps it out.
    return functools.reduce(DataFrame.unionByName, frames).coalesce(_MORE_THAN_ANY)


def _read(
    records: DataFrame,
    source: Source,
    kind: Kind,
    mapping: CatalogueMapping | ReviewsMapping | InteractionsMapping,
    rules: Rules,
) -> DataFrame:
    raw_type = T.StructType([T.StructField(name, T.StringType()) for name in mapping.raw_fields()])
    opened = (
        records.where(F.col("source") == source.name)
        .select(F.struct("source", "record_id", "variant").alias(_RECORD), F.from_json("payload", raw_type).alias(_RAW))
        .select(_RECORD, f"{_RAW}.*")
    )
    columns = mapping.columns
    texts = {name: _text(getattr(columns, name)) for name in type(columns).model_fields if name not in _AS_ONE}
    time = _TIMES[kind]
    path: tuple[Field, ...] = getattr(columns, "category_path", ())
    values = texts | {
        "category_path": F.array(*[field.column() for field in path]).cast("array<string>"),
        "category_separator": F.lit(path[0].separator if len(path) == 1 else None).cast("string"),
        "attributes": _map({name: field.column() for name, field in columns.attributes.items()}, "map<string,string>"),
        time: stated_time(time_field(kind, mapping), source, rules),
        "origins": _map(
            {name: _origin(fields) for name, fields in _origins_of(mapping).items()}, f"map<string,{_ORIGIN}>"
        ),
    }
    return opened.select(
        f"{_RECORD}.*", *[value.alias(name) for name, value in (values | _declared(source, kind, mapping)).items()]
    )


def time_field(kind: Kind, mapping: CatalogueMapping | ReviewsMapping | InteractionsMapping) -> TimeField | None:
    """The field that says when: listed, reviewed or happened."""
    field: TimeField | None = getattr(mapping.columns, _TIMES[kind])
    return field


def stated_time(field: TimeField | None, source: Source, rules: Rules) -> Column:
    """A source's time as ``dates.parse_time`` gives it, over a frame whose columns are the raw fields."""
    return parse_time(
        _text(field),
        time_zone=source.time_zone,
        date_format=field.date_format if field else None,
        earliest=rules.earliest,
        latest=rules.latest,
    )


def _declared(
    source: Source, kind: Kind, mapping: CatalogueMapping | ReviewsMapping | InteractionsMapping
) -> dict[str, Column]:
    """What the source's file says for all its records."""
    rating = getattr(mapping.columns, "rating", None)
    priced = getattr(mapping.columns, "price", None) or getattr(mapping.columns, "unit_price", None)
    seller: Field | None = getattr(mapping, "seller", None)
    texts = {
        "catalogue": getattr(mapping, "catalogue", None) or source.name,
        "namespace": getattr(mapping, "shopper_namespace", None) or source.name,
        "home_currency": source.currency,
        "home_language": source.language,
        "decimal": getattr(priced, "decimal", None),
        "kind": kind,
    }
    numbers = {"rating_min": rating.min if rating else None, "rating_max": rating.max if rating else None}
    return (
        {"seller": seller.column() if seller else F.lit(source.name)}
        | {name: F.lit(value).cast("string") for name, value in texts.items()}
        | {name: F.lit(value).cast("double") for name, value in numbers.items()}
    )


def _text(field: Field | None) -> Column:
    return (field.column() if field else F.lit(None)).cast("string")


def _map(entries: dict[str, Column], type_name: str) -> Column:
    pairs = [part for name, value in entries.items() for part in (F.lit(name), value)]
    return (F.create_map(*pairs) if pairs else F.create_map()).cast(type_name)


def _origins_of(mapping: CatalogueMapping | ReviewsMapping | InteractionsMapping) -> dict[str, tuple[Field, ...]]:
    """Which fields feed which column of the silver table."""
    found = {_SILVER_NAME.get(name, name): fields for name, fields in mapping.columns.named().items()}
    seller: Field | None = getattr(mapping, "seller", None)
    return found | ({"seller": (seller,)} if seller else {})


def _origin(fields: tuple[Field, ...]) -> Column:
    """The whole of a raw field, or the names of several without a span; null for a constant."""
    names = list(dict.fromkeys(name for field in fields for name in field.raw_fields()))
    if len(fields) == 1 and fields[0].field is not None:
        begin, end = F.lit(0), F.char_length(fields[0].column()).cast("int")
    else:
        begin, end = F.lit(None).cast("int"), F.lit(None).cast("int")
    if not names:
        return F.lit(None).cast(_ORIGIN)
    return F.struct(F.lit("+".join(names)).alias("field"), begin.alias("begin"), end.alias("end"))


def _settle(frame: DataFrame) -> DataFrame:
    """One row for a key whose contents agree in every mapped column; all of them where they differ."""
    judged = [name for name in frame.columns if name not in ("variant", "origins")]
    content = F.sha2(F.to_json(F.struct(*judged)), 256)
    same_key = Window.partitionBy("source", "record_id")
    return (
        frame.withColumn("content", content)
        .withColumns(
            {
                "contents": F.size(F.collect_set("content").over(same_key)),
                "rank": F.row_number().over(same_key.orderBy("variant")),
            }
        )
        .where((F.col("rank") == 1) | (F.col("contents") > 1))
        .drop("content", "rank")
    )
