"""One golden record a product: for every field the value that most of its offers agree on, and the offer it came from.

offers of a product -> claims (field, value) without refused ones -> gaps filled from texts -> votes -> winners ->
products
"""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

from pyspark.sql import Window
from pyspark.sql import functions as F

from kgspark.graph.names import attribute_name, brand_key, category_key, levels, model_key, plain
from kgspark.schema import conform, table

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

    from kgspark.night import Night
    from kgspark.reconcile.settings import ReconcileSettings

ATTRIBUTE = "attributes."


def build(
    offers: DataFrame,
    product_offers: DataFrame,
    attribute_mentions: DataFrame,
    value_conflicts: DataFrame,
    cfg: ReconcileSettings,
    night: Night,
) -> dict[str, DataFrame]:
    """Settle what the offers of a product say of it; one row a product.

    Inputs: silver.offers and silver.product_offers by offer_id, silver.attribute_mentions by mention_id,
    silver.value_conflicts by conflict_id. Gives silver.products. A value wins by the number of offers that agree on it
    but for case and punctuation, then by the field's preference (longer titles up to a limit, longer category paths),
    then by the text itself; its origin is the smallest offer id that spells it so. Descriptions are not voted on: the
    longest wins. A value that is refused (``value_conflicts``) is no claim. What no offer claims is filled from the
    texts, where they are sure enough; the origin is then the mention.
    """
    members = product_offers.join(offers.drop("source", "record_id"), on="offer_id", how="left")
    members = members.join(_refused(value_conflicts), on="offer_id", how="left")
    claimed = claims(members, cfg)
    won = winners(claimed.unionByName(_read_in_texts(claimed, product_offers, attribute_mentions, cfg)))
    counts = members.groupBy("product_id").agg(
        F.array_sort(F.collect_set("gtin")).alias("gtins"),
        F.min(F.when(F.col("gtin").isNotNull(), F.struct("gtin", "offer_id"))).alias("first_gtin"),
        F.count("title").alias("offers"),
        F.count_distinct("source", "seller").alias("sellers"),
        F.min(F.concat_ws(" ", "source", "record_id")).alias("stub_title"),
    )
    rows = counts.join(won, on="product_id", how="left")

    def winner(field: str) -> Column:
        return F.try_element_at("value", F.lit(field))

    attributes = F.map_filter("value", lambda name, _: name.startswith(ATTRIBUTE))
    origin = F.map_concat(
        F.coalesce("origin", F.map_from_arrays(F.array().cast("array<string>"), F.array().cast("array<string>"))),
        F.when(F.col("first_gtin").isNotNull(), F.create_map(F.lit("gtins"), F.col("first_gtin.offer_id"))).otherwise(
            F.create_map().cast("map<string,string>")
        ),
    )
    products = rows.select(
        "product_id",
        F.coalesce(winner("title")[0], "stub_title").alias("title"),
        winner("description")[0].alias("description"),
        winner("brand")[0].alias("brand"),
        "gtins",
        winner("mpn")[0].alias("mpn"),
        F.coalesce(winner("category_path"), F.array().cast("array<string>")).alias("category_path"),
        F.coalesce(
            F.transform_values(
                F.transform_keys(attributes, lambda name, _: F.substr(name, F.lit(len(ATTRIBUTE) + 1))),
                lambda _, value: value[0],
            ),
            F.create_map().cast("map<string,string>"),
        ).alias("attributes"),
        winner("title")[1].alias("language"),
        "offers",
        "sellers",
        (F.col("offers") == 0).alias("stub"),
        origin.alias("origin"),
    )
    return {"silver.products": conform(products, table("silver.products"))}


def claims(members: DataFrame, cfg: ReconcileSettings) -> DataFrame:
    """What each offer says: product_id, offer_id, field, key (equal keys agree), value (array), preference (larger
    wins).

    ``members`` are offers with their product_id and ``refused``, the attributes whose value is no claim (null: none).
    A value is an array so that one frame holds paths, and titles with their language.
    """

    def believed(attribute: Column) -> Column:
        return ~F.coalesce(F.array_contains("refused", attribute), F.lit(False))

    def said(field: str, key: Column, value: Column, preference: Column) -> Column:
        claim = F.struct(
            F.lit(field).alias("field"),
            key.alias("key"),
            value.alias("value"),
            preference.cast("int").alias("preference"),
        )
        return F.when(key.isNotNull(), claim)

    title, path = F.col("title"), levels(F.col("category_path"))
    length = F.length("title")
    fitting = F.length("description") <= cfg.max_description_length
    scalar = F.array(
        said(
            "title",
            plain(title),
            F.array("title", "language"),
            F.when(length <= cfg.max_title_length, length).otherwise(-length),
        ),
        said(
            "description", F.when(fitting, plain(F.col("description"))), F.array("description"), F.length("description")
        ),
        said("brand", F.when(believed(F.lit("brand")), brand_key(F.col("brand"))), F.array("brand"), F.lit(0)),
        said("mpn", F.when(believed(F.lit("model")), model_key(F.col("mpn"))), F.array("mpn"), F.lit(0)),
        said("category_path", F.when(F.size(path) > 0, category_key(path)), path, F.size(path)),
    )
    attributes = F.transform(
        F.filter(F.map_entries("attributes"), lambda entry: believed(attribute_name(entry["key"]))),
        lambda entry: F.struct(
            F.concat(F.lit(ATTRIBUTE), entry["key"]).alias("field"),
            plain(entry["value"]).alias("key"),
            F.array(entry["value"]).alias("value"),
            F.lit(0).alias("preference"),
        ),
    )
    listed = members.where(F.col("title").isNotNull())
    return reduce(
        lambda one, other: one.unionByName(other),
        [listed.select("product_id", "offer_id", F.inline(array)) for array in (F.array_compact(scalar), attributes)],
    ).where(F.col("key").isNotNull())


def winners(claimed: DataFrame) -> DataFrame:
    """The winning value and its offer for every field of a product: product_id, value (map), origin (map)."""
    spellings = claimed.groupBy("product_id", "field", "key", "value").agg(
        F.count("*").alias("votes"), F.min("offer_id").alias("offer_id"), F.max("preference").alias("preference")
    )
    agreeing = F.sum("votes").over(Window.partitionBy("product_id", "field", "key"))
    votes = F.when(F.col("field") == "description", F.lit(0)).otherwise(agreeing)
    ranked = spellings.withColumn("rank", F.struct(-votes, -F.col("preference"), "key", -F.col("votes"), "value"))
    best = ranked.groupBy("product_id", "field").agg(F.min_by(F.struct("value", "offer_id"), "rank").alias("won"))
    # Sorted, so that the maps list their entries in one order whatever the partitioning.
    fields = F.array_sort(F.collect_list(F.struct("field", "won.value", "won.offer_id")))
    return (
        best.groupBy("product_id")
        .agg(fields.alias("fields"))
        .select(
            "product_id",
            F.map_from_arrays("fields.field", "fields.value").alias("value"),
            F.map_from_arrays("fields.field", "fields.offer_id").alias("origin"),
        )
    )


def _refused(value_conflicts: DataFrame) -> DataFrame:
    """The attributes of each offer whose declared value must not win: offer_id, refused."""
    against = value_conflicts.where("refused").groupBy("offer_id")
    return against.agg(F.array_sort(F.collect_set("attribute")).alias("refused"))


def _read_in_texts(
    claimed: DataFrame, product_offers: DataFrame, mentions: DataFrame, cfg: ReconcileSettings
) -> DataFrame:
    """Claims for what no offer of a product declares, out of the texts of its offers."""
    sure = (F.col("extractor") != "field") & (F.col("confidence") >= cfg.min_fill_confidence)
    field = F.when(F.col("attribute") == "brand", "brand").when(F.col("attribute") == "model", "mpn")
    read = mentions.where(sure).join(product_offers.select("offer_id", "product_id"), on="offer_id", how="inner")
    found = read.select(
        "product_id",
        F.col("mention_id").alias("offer_id"),
        F.coalesce(field, F.concat(F.lit(ATTRIBUTE), "attribute")).alias("field"),
        plain(F.col("value")).alias("key"),
        F.array("value").alias("value"),
        F.lit(0).alias("preference"),
        "attribute",
    )
    name = F.when(F.col("field") == "mpn", "model").when(F.col("field") == "brand", "brand")
    named = F.coalesce(name, attribute_name(F.substr("field", F.lit(len(ATTRIBUTE) + 1))))
    declared = claimed.select("product_id", named.alias("attribute")).where(F.col("attribute").isNotNull()).distinct()
    return found.join(declared, on=["product_id", "attribute"], how="left_anti").drop("attribute")
