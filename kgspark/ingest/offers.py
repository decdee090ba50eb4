"""Catalogue records -> silver.offers: typed, clean, one row a listing.

bronze.catalog_records -> mapped texts -> cleaned -> judged -> silver.offers, silver.offers_rejected
"""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from kgspark.columns import hash_id
from kgspark.ingest.clean_text import clean_collections, clean_columns
from kgspark.ingest.gtin import parse_gtin
from kgspark.ingest.language import detect, language_code
from kgspark.ingest.mapping import mapped_records
from kgspark.ingest.parts import category_levels, length_problems, with_origins, without_long_values
from kgspark.ingest.prices import parse_price
from kgspark.ingest.problems import WHOLE_RECORD, broken, conflict, nothing, parsed, problem, split, when
from kgspark.ingest.silver_settings import SilverSettings
from kgspark.night import Night

_TABLE = "silver.offers"
_LONG_TEXTS = ("description", "brand", "mpn", "seller")


def build(catalog_records: DataFrame, *, cfg: SilverSettings, night: Night) -> dict[str, DataFrame]:
    """What each shop lists, cleaned; what could not be believed is set aside with the reason.

    Input: bronze.catalog_records, key (source, record_id, variant). Output: silver.offers and silver.offers_rejected,
    as their schemas say. A record is set aside by the framer's rules, ``conflicting_duplicate``, ``empty_title`` and
    ``title_too_long``; only a value by ``text_too_long`` and the rules of ``prices``, ``gtin``, ``dates`` and
    ``language``.
    """
    listings = mapped_records(catalog_records, "catalogue", cfg, night)
    if listings is None:
        return nothing(catalog_records, _TABLE, night)
    return split(_typed(_cleaned(listings, cfg), cfg), catalog_records, _TABLE, night)


def _cleaned(listings: DataFrame, cfg: SilverSettings) -> DataFrame:
    believed = without_long_values(listings, _LONG_TEXTS, cfg).withColumn("category_path", category_levels())
    texts = clean_columns(believed, ("title", *_LONG_TEXTS))
    price = parse_price(F.col("price"), F.col("currency"), F.col("home_currency"), F.col("decimal"))
    return clean_collections(texts, arrays=["category_path"], maps=["attributes"]).withColumns(
        {"gtin": parse_gtin(F.col("gtin")), "price": price, "language": language_code(F.col("language"))}
    )


def _typed(offers: DataFrame, cfg: SilverSettings) -> DataFrame:
    long_title = problem(
        WHOLE_RECORD,
        when(F.length("title") > cfg.max_title_length, "title_too_long"),
        F.concat(
            F.lit("the title has "), F.length("title"), F.lit(f" characters, expected {cfg.max_title_length} at most")
        ),
    )
    no_title = problem(WHOLE_RECORD, when(F.col("title").isNull(), "empty_title"), "no title is left after cleaning")
    values = [parsed(name, F.col(name)) for name in ("gtin", "price", "language", "listed_at")]
    spoken = F.concat_ws(" ", F.col("title"), F.col("description"))
    typed = offers.select(
        hash_id("offer", "source", "record_id").alias("offer_id"),
        "source",
        "record_id",
        # A record that names no seller is the source's own.
        F.coalesce("seller", "source").alias("seller"),
        "title",
        "description",
        "brand",
        F.col("gtin.gtin").alias("gtin"),
        "mpn",
        "category_path",
        F.col("price.value.amount").alias("price"),
        F.col("price.value.currency").alias("currency"),
        "attributes",
        F.coalesce(F.col("language.code"), F.col("home_language"), detect(spoken)).alias("language"),
        F.col("listed_at.at").alias("listed_at"),
        "origins",
        broken([conflict(), no_title, long_title]).alias("fatal"),
        F.concat(broken(values), length_problems(cfg)).alias("broken"),
    )
    return with_origins(typed, _TABLE)
