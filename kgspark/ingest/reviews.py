"""Review records -> silver.reviews: clean, scrubbed of ways to reach a person, shoppers by pseudonym.

bronze.review_records -> mapped texts -> cleaned and scrubbed -> judged -> silver.reviews, silver.reviews_rejected
"""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from kgspark.columns import hash_id
from kgspark.ingest.clean_text import clean_collections, clean_columns, stated
from kgspark.ingest.language import detect, language_code
from kgspark.ingest.mapping import mapped_records
from kgspark.ingest.numbers import parse_count, parse_rating
from kgspark.ingest.parts import category_levels, length_problems, with_origins, without_long_values
from kgspark.ingest.problems import WHOLE_RECORD, broken, conflict, nothing, parsed, problem, split, when
from kgspark.ingest.silver_settings import SilverSettings
from kgspark.night import Night
from kgspark.privacy.pseudonyms import pseudonym
from kgspark.privacy.scrub import scrub

_TABLE = "silver.reviews"
_TEXTS = ("title", "text")


def build(review_records: DataFrame, *, cfg: SilverSettings, night: Night) -> dict[str, DataFrame]:
    """What shoppers wrote, cleaned, without their names and numbers.

    Input: bronze.review_records, key (source, record_id, variant). Output: silver.reviews and silver.reviews_rejected,
    as their schemas say. A record is set aside by the framer's rules, ``conflicting_duplicate`` and ``empty_review``
    (neither text nor title nor rating); only a value by ``text_too_long`` and the rules of ``numbers``, ``dates`` and
    ``language``. Raises InputError for a short key.
    """
    written = mapped_records(review_records, "reviews", cfg, night)
    if written is None:
        return nothing(review_records, _TABLE, night)
    return split(_typed(_cleaned(written, cfg), cfg, night), review_records, _TABLE, night)


def _cleaned(written: DataFrame, cfg: SilverSettings) -> DataFrame:
    believed = without_long_values(written, _TEXTS, cfg).withColumn("category_path", category_levels())
    texts = clean_columns(believed, _TEXTS)
    return clean_collections(texts, arrays=["category_path"], maps=["attributes"]).withColumns(
        {
            "rating_original": stated(F.trim(F.col("rating"))),
            "rating": parse_rating(F.col("rating"), F.col("rating_min"), F.col("rating_max")),
            "helpful_votes": parse_count(F.col("helpful_votes")),
            "language": language_code(F.col("language")),
            "product": F.nullif(F.col("product"), F.lit("")),
            "shopper": stated(F.trim(F.col("shopper"))),
        }
    )


def _typed(reviews: DataFrame, cfg: SilverSettings, night: Night) -> DataFrame:
    says_nothing = F.col("title").isNull() & F.col("text").isNull() & F.col("rating.value").isNull()
    empty = problem(WHOLE_RECORD, when(says_nothing, "empty_review"), "no text, title or rating is left after cleaning")
    values = [parsed(name, F.col(name)) for name in ("rating", "helpful_votes", "language", "reviewed_at")]
    typed = reviews.select(
        hash_id("review", "source", "record_id").alias("review_id"),
        "source",
        "record_id",
        F.when(F.col("product").isNotNull(), hash_id("offer", "catalogue", "product")).alias("offer_id"),
        F.when(F.col("product").isNotNull(), F.col("catalogue")).alias("product_source"),
        F.col("product").alias("product_key"),
        "category_path",
        pseudonym("shopper", F.col("shopper"), F.col("namespace"), night.secret).alias("shopper_id"),
        scrub(F.col("title")).alias("title"),
        scrub(F.col("text")).alias("text"),
        F.col("rating.value").alias("rating"),
        F.when(F.col("rating.value").isNotNull(), F.col("rating_original")).alias("rating_original"),
        F.col("helpful_votes.value").alias("helpful_votes"),
        F.col("reviewed_at.at").alias("reviewed_at"),
        F.coalesce(
            F.col("language.code"), F.col("home_language"), detect(F.concat_ws(" ", F.col("title"), F.col("text")))
        ).alias("language"),
        F.transform_values("attributes", lambda _, value: scrub(value)).alias("attributes"),
        "origins",
        broken([conflict(), empty]).alias("fatal"),
        F.concat(broken(values), length_problems(cfg)).alias("broken"),
    )
    return with_origins(typed, _TABLE)
