"""Order lines and clicks -> silver.interactions: typed, by pseudonymous shopper and basket.

bronze.interaction_records -> mapped texts -> typed -> judged -> silver.interactions, silver.interactions_rejected
"""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from kgspark.columns import hash_id
from kgspark.ingest.clean_text import clean_collections, stated
from kgspark.ingest.mapping import mapped_records
from kgspark.ingest.numbers import parse_quantity
from kgspark.ingest.parts import length_problems, with_origins, without_long_values
from kgspark.ingest.prices import parse_price
from kgspark.ingest.problems import WHOLE_RECORD, broken, conflict, nothing, parsed, problem, split, when
from kgspark.ingest.silver_settings import SilverSettings
from kgspark.night import Night
from kgspark.privacy.pseudonyms import pseudonym

_TABLE = "silver.interactions"
TYPES = ("view", "basket", "purchase", "return")


def build(interaction_records: DataFrame, *, cfg: SilverSettings, night: Night) -> dict[str, DataFrame]:
    """What shoppers did with which offer, without their names.

    Input: bronze.interaction_records, key (source, record_id, variant). Output: silver.interactions and
    silver.interactions_rejected, as their schemas say. A record without a type is a purchase, one without a quantity
    one piece (for views, none). A record is set aside by the framer's rules, ``conflicting_duplicate``, ``no_product``,
    ``unknown_type`` and the rules of ``numbers`` for its quantity; only a value by those of ``prices`` and ``dates``.
    Raises InputError for a short key.
    """
    acts = mapped_records(interaction_records, "interactions", cfg, night)
    if acts is None:
        return nothing(interaction_records, _TABLE, night)
    return split(_typed(_cleaned(acts, cfg), cfg, night), interaction_records, _TABLE, night)


def _cleaned(acts: DataFrame, cfg: SilverSettings) -> DataFrame:
    price = parse_price(F.col("unit_price"), F.col("currency"), F.col("home_currency"), F.col("decimal"))
    believed = without_long_values(acts, (), cfg)
    return clean_collections(believed, maps=["attributes"]).withColumns(
        {
            "product": F.nullif(F.col("product"), F.lit("")),
            "type": F.coalesce(F.lower(stated(F.trim(F.col("type")))), F.lit("purchase")),
            "shopper": stated(F.trim(F.col("shopper"))),
            "basket": stated(F.trim(F.col("basket"))),
            "quantity": parse_quantity(F.col("quantity")),
            "unit_price": price,
        }
    )


def _typed(acts: DataFrame, cfg: SilverSettings, night: Night) -> DataFrame:
    known_type = F.col("type").isin(*TYPES)
    wrong_type = F.concat(F.lit("found '"), F.substring("type", 1, 40), F.lit(f"', expected {', '.join(TYPES)}"))
    no_product = problem(WHOLE_RECORD, when(F.col("product").isNull(), "no_product"), "no product is named")
    unknown_type = problem("type", when(~known_type, "unknown_type"), wrong_type)
    values = [parsed(name, F.col(name)) for name in ("unit_price", "happened_at")]
    one_piece = F.when(F.col("type") != "view", F.lit(1.0))
    typed = acts.select(
        hash_id("interaction", "source", "record_id").alias("interaction_id"),
        "source",
        "record_id",
        "type",
        hash_id("offer", "catalogue", "product").alias("offer_id"),
        F.col("catalogue").alias("product_source"),
        F.col("product").alias("product_key"),
        pseudonym("shopper", F.col("shopper"), F.col("namespace"), night.secret).alias("shopper_id"),
        F.when(F.col("basket").isNotNull(), hash_id("basket", "source", "basket")).alias("basket_id"),
        F.coalesce(F.col("quantity.value"), one_piece).alias("quantity"),
        F.col("unit_price.value.amount").alias("unit_price"),
        F.col("unit_price.value.currency").alias("currency"),
        F.col("happened_at.at").alias("happened_at"),
        "attributes",
        "origins",
        broken([conflict(), no_product, unknown_type, parsed("quantity", F.col("quantity"))]).alias("fatal"),
        F.concat(broken(values), length_problems(cfg)).alias("broken"),
    )
    return with_origins(typed, _TABLE)
