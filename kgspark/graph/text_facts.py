"""What texts of offers add to what their fields declare: values where no offer of the product declares any, further
evidence where one does.

readings in titles and descriptions -> the surest text of each offer, if it says one value -> silent or agreeing
products -> votes beside the declared ones, evidence
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import Window
from pyspark.sql import functions as F

from kgspark.columns import hash_id
from kgspark.graph import readings
from kgspark.graph.names import brand_key, plain
from kgspark.graph.readings import CATALOGUE

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

# Readings of an offer's own fields; what they say is known already.
FIELD = "field"
BRAND, MODEL = "brand", "model"
# What mentions call an offer's own value that stands in its text again; among facts, declared is what a field states.
_DECLARED, OWN_VALUE = "declared", "own_value"


def read_values(mentions: DataFrame, listed: DataFrame, min_confidence: float) -> DataFrame:
    """Values read in texts, as facts: what every reading has (readings.py), attribute, label, number, unit.

    A model number is a property of the product's node, and no value. A brand leads to the brand; it is read in titles
    alone, as descriptions name the makers of parts ("Intel Core 2 Duo").
    """
    sure = (F.col("extractor") != FIELD) & (F.col("confidence") >= min_confidence) & (F.col("attribute") != MODEL)
    known = listed.select("offer_id", "product_id", F.col("confidence").alias("is_product"))
    quantity = F.concat_ws(" ", "number", "unit")
    # A size has a unit and no number of its own; a pack is counted in pieces and declared as a bare number.
    single = F.coalesce((F.col("value") == quantity) & F.col("unit").isNotNull(), F.lit(False))
    is_brand = F.col("attribute") == BRAND
    value = F.when(single, quantity).otherwise(plain(F.col("value")))
    dst = F.when(is_brand, hash_id("brand", brand_key(F.col("value")))).otherwise(
        hash_id("attribute_value", "attribute", value)
    )
    titled = F.col("column") == "title"
    named = F.when(is_brand, titled & brand_key(F.col("value")).isNotNull()).otherwise(value.isNotNull())
    said = (
        mentions.where(sure & named)
        .join(known, on="offer_id", how="inner")
        .select(
            "offer_id",
            "column",
            F.col("product_id").alias("src"),
            F.when(is_brand, "has_brand").otherwise("has_value").alias("relation"),
            dst.alias("dst"),
            "source",
            F.lit(CATALOGUE).alias("bronze_table"),
            "record_id",
            "field",
            "begin",
            "end",
            F.when(F.col("extractor") == _DECLARED, OWN_VALUE).otherwise(F.col("extractor")).alias("extractor"),
            readings.rounded(F.col("confidence") * F.col("is_product")).alias("confidence"),
            "attribute",
            F.col("value").alias("label"),
            F.when(single, F.col("number")).alias("number"),
            F.when(single, F.col("unit")).alias("unit"),
        )
    )
    return _unanimous(said)


def beside(declared: DataFrame, read: DataFrame) -> DataFrame:
    """The readings that declared facts leave room for: their product declares nothing of the attribute, or the same.

    Both have src, attribute, dst, source and record_id. Adds ``own``: whether the record itself declares the attribute,
    so that its text is evidence and no second vote; and ``wins``: whether the value becomes a fact, as a declared one
    does, or one that most of the records agree on whose texts speak.
    """
    said = declared.select("src", "attribute", "dst").distinct()
    asked = said.select("src", "attribute", F.lit(True).alias("asked")).distinct()
    speakers = declared.select("src", "attribute", "source", "record_id", F.lit(True).alias("own")).distinct()
    met = (
        read.join(asked, on=["src", "attribute"], how="left")
        .join(said.withColumn("agrees", F.lit(True)), on=["src", "attribute", "dst"], how="left")
        .join(speakers, on=["src", "attribute", "source", "record_id"], how="left")
    )
    fitting = F.col("asked").isNull() | F.col("agrees").isNotNull()
    records = F.collect_set(F.struct("source", "record_id"))
    saying = F.size(records.over(Window.partitionBy("src", "attribute", "dst")))
    speaking = F.size(records.over(Window.partitionBy("src", "attribute")))
    wins = F.col("asked").isNotNull() | (2 * saying > speaking)
    told = met.where(fitting).withColumns({"own": F.col("own").isNotNull(), "wins": wins})
    return told.drop("asked", "agrees")


def votes(read: DataFrame) -> DataFrame:
    """One vote a record and fact, by its surest reading, of records that do not declare the attribute themselves."""
    place = ("src", "relation", "attribute", "dst", "wins", "source", "record_id")
    return read.where(~F.col("own")).groupBy(*place).agg(F.max("confidence").alias("confidence"))


def unrefused(declared: DataFrame, value_conflicts: DataFrame, attribute: Column) -> DataFrame:
    """Declarations without those that reconcile refuses: they would win nothing, and make no fact."""
    against = value_conflicts.where("refused").select("offer_id", F.col("attribute").alias("_attribute")).distinct()
    named = declared.withColumn("_attribute", attribute)
    return named.join(against, on=["offer_id", "_attribute"], how="left_anti").drop("_attribute")


def _unanimous(said: DataFrame) -> DataFrame:
    """The readings of an offer's title, else of its description, where that says one value: of "3.2 GHz, up to 4.6 GHz"
    nobody knows which is the product's.
    """
    in_text = Window.partitionBy("offer_id", "attribute", "column")
    offer = Window.partitionBy("offer_id", "attribute")
    told = said.withColumns(
        {
            "one": F.min("dst").over(in_text) == F.max("dst").over(in_text),
            # "title" sorts behind "description".
            "best": F.max("column").over(offer) == F.col("column"),
        }
    )
    return told.where("one and best").drop("offer_id", "column", "one", "best")
