"""Which records of bronze a person left, by the raw id that a source knows them by.

raw ids, bronze records -> the field that each source maps to its shopper -> keys of the records that hold an id there
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from kgspark.errors import InputError
from kgspark.ingest.fields import Field
from kgspark.ingest.mappings import Kind
from kgspark.ingest.sources import Source
from kgspark.lake.tables import Lake
from kgspark.night import Night
from kgspark.privacy.pseudonyms import holds_one_of, pseudonym, pseudonym_of

ERASED, ERASURES = "ops.erased_shoppers", "ops.erasures"
_KEY_MARK = "key"
KEY = ("source", "record_id", "variant")
# Kinds whose mappings name shoppers.
KINDS: tuple[Kind, ...] = ("reviews", "interactions")
_ERASED = "erased"


def pseudonyms(sources: Sequence[Source], raw_ids: Sequence[str], key: bytes) -> list[str]:
    """Every pseudonym that these ids may have: one a name space."""
    spaces = {namespace(source, kind) for source in sources for kind in KINDS if kind in source.emits.mappings()}
    return sorted(pseudonym_of("shopper", raw, space, key) for raw in raw_ids for space in spaces)


def erased_key(key: bytes) -> bytes:
    """Another key, made of the lake's: marks of erased people say nothing to whoever knows pseudonyms."""
    return hmac.digest(key, b"kgspark erased shoppers", "sha256")


def erased_marks(sources: Sequence[Source], raw_ids: Sequence[str], key: bytes) -> list[str]:
    """What is kept of erased people, so that their next delivery is left out: keyed hashes of another key."""
    return [mark.replace("shopper/", f"{_ERASED}/") for mark in pseudonyms(sources, raw_ids, erased_key(key))]


def key_mark(key: bytes) -> str:
    """The mark of the key itself, which is kept beside those of people."""
    return pseudonym_of(_KEY_MARK, _KEY_MARK, "", erased_key(key))


def marks_in(lake: Lake, key: bytes | None = None) -> tuple[str, ...]:
    """Marks of everybody who was erased from a lake. Raises InputError where they were made with another ``key``: under
    it nobody of them would be known again.
    """
    # One row a person: they are looked for in every delivery.
    marks = sorted(row["mark"] for row in lake.rows(ERASED))
    keys = {mark for mark in marks if mark.startswith(f"{_KEY_MARK}/")}
    if key is not None and keys and key_mark(key) not in keys:
        raise InputError(
            "People were erased from this lake under another pseudonym key; with this one their records would come "
            "back. Name the former key as privacy.key_file, or export it as KGSPARK_KEY."
        )
    return tuple(mark for mark in marks if mark not in keys)


def namespace(source: Source, kind: Kind) -> str:
    """Within which space a source's shopper ids mean one person."""
    return getattr(source.emits.mappings()[kind], "shopper_namespace", None) or source.name


def shoppers_of(source: Source) -> list[tuple[Field, str]]:
    """Where records of a source name their shopper, with the name space of the ids there.

    Whatever kind a record is kept as: that of an order is also the catalogue's, where orders are the only catalogue.
    """
    mappings = source.emits.mappings()
    named = [(getattr(mappings[kind].columns, "shopper", None), kind) for kind in KINDS if kind in mappings]
    return [(field, namespace(source, kind)) for field, kind in named if field is not None]


def is_erased(raw: Column, source: Source, night: Night) -> Column:
    """Whether a record is one of an erased person (``night.erased``); null and false: it is not.

    ``raw`` is what came of a record that cannot be read: it may hold an id anywhere. The fields that name shoppers must
    stand beside it.
    """
    key, conditions = erased_key(night.secret), [F.lit(False)]
    for field, space in shoppers_of(source):
        mark = pseudonym(_ERASED, F.trim(field.column().cast("string")), F.lit(space), key)
        conditions += [mark.isin(*night.erased), holds_one_of(_ERASED, raw, space, key, night.erased)]
    return reduce(Column.__or__, [F.coalesce(condition, F.lit(False)) for condition in conditions])


def records_of(bronze: DataFrame, sources: Sequence[Source], raw_ids: Sequence[str]) -> DataFrame:
    """Keys of the records, living or not, whose shopper is one of the ids; and of those in which nobody can tell the
    shopper, as they cannot be read (they hold an id anywhere) or no YAML describes their source any more (a field is
    an id, no more and no less).
    """
    spark = bronze.sparkSession
    # A frame, not a literal of the condition: plans are logged.
    ids = F.broadcast(spark.createDataFrame([(raw.strip(),) for raw in raw_ids], "shopper string"))
    nameless = [source.name for source in sources if not shoppers_of(source)]
    described = F.col("source").isin([source.name for source in sources])
    unread = bronze.where(~F.col("source").isin(nameless) & F.col("payload").isNull())
    told = unread.withColumn("told", _apart(F.col("raw").cast("string")))
    found = [told.join(ids, on=F.instr("told", _apart(F.col("shopper"))) > 0, how="left_semi").select(*KEY)]
    fields = F.map_values(F.from_json("payload", "map<string,string>"))
    strange = bronze.where(~described & F.col("payload").isNotNull()).select(*KEY, F.explode(fields).alias("shopper"))
    found.append(strange.withColumn("shopper", F.trim("shopper")).join(ids, on="shopper", how="left_semi").select(*KEY))
    for source in sources:
        rows = bronze.where((F.col("source") == source.name) & F.col("payload").isNotNull())
        for field, _ in shoppers_of(source):
            raw = T.StructType([T.StructField(name, T.StringType()) for name in field.raw_fields()])
            opened = rows.select(F.struct(*KEY).alias("_key"), F.from_json("payload", raw).alias("_raw"))
            named = opened.select("_key", "_raw.*").select(
                "_key", F.trim(field.column().cast("string")).alias("shopper")
            )
            found.append(named.join(ids, on="shopper", how="left_semi").select("_key.*"))
    return reduce(DataFrame.unionByName, found).distinct()


def _apart(text: Column) -> Column:
    """The words of a text with one space around each, so that 17850 is not found in 178501."""
    return F.concat(F.lit(" "), F.trim(F.regexp_replace(text, r"[\p{Punct}\s]+", " ")), F.lit(" "))
