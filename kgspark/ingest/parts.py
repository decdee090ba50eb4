"""Columns that offers, reviews and interactions make alike: category levels, attributes, origins, lengths."""

from __future__ import annotations

from collections.abc import Iterable

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from kgspark.ingest.bind import bind
from kgspark.ingest.clean_text import clean_unnormalised
from kgspark.ingest.problems import problem, when
from kgspark.ingest.silver_settings import SilverSettings
from kgspark.schema import table


def category_levels() -> Column:
    """Category labels from the root down, not yet clean, out of ``category_path`` and ``category_separator``.

    Several fields are a level each; one field is split at the separator, or read as a JSON array where it is one. Empty
    levels are dropped.
    """
    fields, separator = F.col("category_path"), F.col("category_separator")
    only = F.try_element_at(fields, F.lit(1))
    # Entities first: a dump that escapes its text writes " &gt; " for the separator " > ".
    parts = F.split(clean_unnormalised(only), F.concat(F.lit(r"\Q"), F.trim(separator), F.lit(r"\E")))
    return (
        F.when((F.size(fields) == 1) & only.rlike(r"^\s*\[.*\]\s*$"), F.from_json(only, "array<string>"))
        .when((F.size(fields) == 1) & (F.length(F.trim(separator)) > 0), parts)
        .when((F.size(fields) == 1) & separator.isNotNull(), F.split(only, separator))
        .otherwise(fields)
    )


def without_long_values(frame: DataFrame, texts: Iterable[str], cfg: SilverSettings) -> DataFrame:
    """The frame without those of the raw texts and attributes that are longer than anything a person wrote.

    Adds ``long_values``: the columns that lost one, attributes as ``attributes.<name>``.
    """

    def too_long(text: Column) -> Column:
        return F.coalesce(F.length(text) >= cfg.max_text_length, F.lit(False))

    columns = F.array(F.lit(None).cast("string"), *[F.when(too_long(F.col(name)), name) for name in texts])
    attributes = F.map_keys(F.map_filter("attributes", lambda _, text: too_long(text)))
    lost = F.concat(
        F.array_compact(columns), F.transform(attributes, lambda name: F.concat(F.lit("attributes."), name))
    )
    return frame.withColumns(
        {"long_values": lost, "attributes": F.map_filter("attributes", lambda _, text: ~too_long(text))}
        | {name: F.when(~too_long(F.col(name)), F.col(name)) for name in texts}
    )


def length_problems(cfg: SilverSettings) -> Column:
    """A ``text_too_long`` problem for each column in ``long_values``."""
    reason = f"{cfg.max_text_length} characters or more"
    return F.transform("long_values", lambda name: problem(name, when(name.isNotNull(), "text_too_long"), reason))


def with_origins(frame: DataFrame, table_name: str) -> DataFrame:
    """The frame with ``origins`` of those columns only that hold a value."""
    columns = [c for c in table(table_name).columns if c.name not in ("origins", "attributes")]
    filled = [
        F.when(F.size(c.name) > 0 if c.type.startswith("array") else F.col(c.name).isNotNull(), c.name) for c in columns
    ]
    attributes = F.transform(F.map_keys("attributes"), lambda name: F.concat(F.lit("attributes."), name))

    def kept(names: Column) -> Column:
        return F.map_filter("origins", lambda name, origin: origin.isNotNull() & F.array_contains(names, name))

    # Bound: a lambda works out whatever it holds again for every entry.
    return frame.withColumn("origins", bind(F.concat(F.array(*filled), attributes), kept))
