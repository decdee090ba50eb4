"""Facts that catalogues declare: who made a product, what values its attributes have, who sells it.

offers of a product -> readings, with those of their texts beside them (text_facts) -> edges with the share of records
that agree, evidence, and the nodes at the far end
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import Window
from pyspark.sql import functions as F

from kgspark.columns import hash_id
from kgspark.frames.lineage import persisted
from kgspark.graph import ontology, readings, text_facts
from kgspark.graph.names import attribute_name, brand_key, plain
from kgspark.graph.readings import CATALOGUE, DECLARED, Facts
from kgspark.graph.values import canonical_quantities

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

    from kgspark.graph.facts_settings import FactsSettings


def listings(offers: DataFrame, product_offers: DataFrame) -> DataFrame:
    """Offers with the product they are (product_id) and how sure that is (confidence)."""
    known = product_offers.select("offer_id", "product_id", "confidence")
    return offers.join(known, on="offer_id", how="inner")


def brands(listed: DataFrame, read: DataFrame, value_conflicts: DataFrame) -> Facts:
    """has_brand, and the brands: label is the most frequent spelling. ``read`` is what
    text_facts.read_values gives."""
    kind = ontology.load().kinds["brand"]
    key = brand_key(F.col("brand"))
    attribute = F.lit(text_facts.BRAND)
    declaring = text_facts.unrefused(listed.where(key.isNotNull()), value_conflicts, attribute)
    declaring = declaring.withColumns({"attribute": attribute, "label": F.col("brand")})
    declared = _say(declaring, "has_brand", hash_id("brand", key), readings.place("brand"), "attribute", "label")
    beside = text_facts.beside(declared, read.where(F.col("relation") == "has_brand"))
    said = _both(declared, beside)
    return Facts(
        nodes=lambda: readings.labelled_nodes(kind, readings.most_frequent(said, "dst", "label"), "label"),
        edges=lambda: _agreed(declared, beside, "has_brand"),
        evidence=lambda: readings.evidence(said, "has_brand"),
    )


def attribute_values(listed: DataFrame, read: DataFrame, value_conflicts: DataFrame, cfg: FactsSettings) -> Facts:
    """has_value, and the values: quantities in canonical units, other texts by their normal form. ``read`` is what
    text_facts.read_values gives.
    """
    declared = listed.select("*", F.explode("attributes").alias("name", "raw"))
    declared = declared.withColumns({"attribute": attribute_name(F.col("name")), "wording": plain(F.col("raw"))}).where(
        F.col("attribute").isNotNull() & F.col("wording").isNotNull() & (F.length("wording") <= cfg.max_value_length)
    )
    declared = text_facts.unrefused(declared, value_conflicts, F.col("attribute"))
    # Each distinct text is parsed once, however many offers say it.
    quantities = canonical_quantities(declared.select("raw").distinct(), cfg.significant_digits)
    valued = declared.join(quantities, on="raw", how="left")
    canonical = F.concat_ws(" ", "number", "unit")
    key = F.when(F.col("unit").isNotNull(), canonical).otherwise(F.col("wording"))
    origin = F.try_element_at("origins", F.concat(F.lit("attributes."), F.col("name")))
    label = F.when(F.col("unit").isNotNull(), canonical).otherwise(F.btrim(F.regexp_replace("raw", r"\s+", " ")))
    valued = valued.withColumn("label", label)
    dst = hash_id("attribute_value", "attribute", key)
    stated = _say(valued, "has_value", dst, readings.places(origin), "attribute", "label", "number", "unit")
    # Nodes, edges and evidence each read it, and reading costs a parse; the runner clears the cache after the stage.
    stated = persisted(stated)
    beside = text_facts.beside(stated, read.where(F.col("relation") == "has_value"))
    said = _both(stated, beside)
    return Facts(
        nodes=lambda: _value_nodes(said),
        edges=lambda: _agreed(stated, beside, "has_value"),
        evidence=lambda: readings.evidence(said, "has_value"),
    )


def _value_nodes(said: DataFrame) -> DataFrame:
    kind = ontology.load().kinds["attribute_value"]
    return readings.nodes(
        readings.most_frequent(said, "dst", "label", "attribute", "number", "unit").select(
            F.col("dst").alias("node_id"),
            F.lit(kind.name).alias("kind"),
            "label",
            readings.properties(kind, attribute=F.col("attribute"), number=F.col("number"), unit=F.col("unit")),
            readings.text(kind, attribute=F.translate("attribute", "_", " "), label=F.col("label")),
        )
    )


def sellers(listed: DataFrame) -> Facts:
    """offered_by with the range of listed prices, and the sellers."""
    vocabulary = ontology.load()
    kind, relation = vocabulary.kinds["seller"], vocabulary.relations["offered_by"]
    dst = hash_id("seller", "source", "seller")
    said = _say(listed, relation.name, dst, readings.place("seller"), "seller", "price", "currency")
    return Facts(
        nodes=lambda: _seller_nodes(said, kind),
        edges=lambda: _price_ranges(said, relation),
        evidence=lambda: readings.evidence(said, relation.name, once=True),
    )


def _seller_nodes(said: DataFrame, kind: ontology.Kind) -> DataFrame:
    return readings.nodes(
        said.select("dst", "source", "seller")
        .distinct()
        .select(
            F.col("dst").alias("node_id"),
            F.lit(kind.name).alias("kind"),
            F.col("seller").alias("label"),
            readings.properties(kind, source=F.col("source")),
            readings.text(kind),
        )
    )


def _price_ranges(said: DataFrame, relation: ontology.Relation) -> DataFrame:
    # Prices in different currencies are never compared, nor one of unknown currency with one of a known.
    priced = F.col("price").isNotNull()
    currency = F.when(priced, F.coalesce("currency", F.lit("")))
    one_currency = F.min(currency) == F.max(currency)
    edges = said.groupBy("src", "relation", "dst").agg(
        readings.support(),
        F.max("confidence").alias("confidence"),
        F.when(one_currency, F.min("price")).alias("low"),
        F.when(one_currency, F.max("price")).alias("high"),
        F.when(one_currency, F.nullif(F.min(currency), F.lit(""))).alias("one_currency"),
    )
    described = readings.properties(
        relation,
        price_min=readings.decimal_text(F.col("low")),
        price_max=readings.decimal_text(F.col("high")),
        currency=F.col("one_currency"),
    )
    return readings.edges(edges.select("*", F.lit(1.0).alias("weight"), described))


def _say(listed: DataFrame, relation: str, dst: Column, place: list[Column], *keep: str) -> DataFrame:
    """One reading an offer that says so, with the columns to keep."""
    return listed.select(
        F.col("product_id").alias("src"),
        F.lit(relation).alias("relation"),
        dst.alias("dst"),
        "source",
        F.lit(CATALOGUE).alias("bronze_table"),
        "record_id",
        *place,
        F.lit(DECLARED).alias("extractor"),
        "confidence",
        *keep,
    )


def _both(declared: DataFrame, beside: DataFrame) -> DataFrame:
    """What becomes facts, declared or read."""
    return declared.unionByName(beside.where("wins").select(*declared.columns))


def _agreed(declared: DataFrame, beside: DataFrame, relation: str) -> DataFrame:
    """Edges of a functional relation, by the records that answer its question (a product's attribute).

    Each record i says one thing and is c_i sure: how sure it is that its offer is the product, and where its text was
    read, times how sure the reading is. A fact's confidence is the share of the sureness that speaks for it, times the
    surest record that does::

        sum of c_i for it / sum of c_i of all that answer * max of c_i for it

    A further record that agrees lowers neither factor. The second is the least that the probability of "one of them is
    right" can be, however much they depend on each other (Frechet, Fundamenta Mathematicae 25, 1935): offers are
    copied, and one lexicon reads all texts, so that noisy-or would promise too much. Of values that only texts say,
    the one stays that most of the records agree on.
    """
    columns = ("src", "relation", "attribute", "dst", "source", "record_id", "confidence")
    stated = declared.select(*columns, F.lit(1).alias("stated"), F.lit(True).alias("wins"))
    said = stated.unionByName(text_facts.votes(beside).select(*columns, F.lit(0).alias("stated"), "wins"))
    by_fact = said.groupBy("src", "relation", "attribute", "dst").agg(
        # Distinct: a record may name one attribute twice ("Weight" and "weight").
        F.count_distinct("source", "record_id").alias("support"),
        F.max("stated").alias("stated"),
        F.max("wins").alias("wins"),
        readings.exact_sum(F.col("confidence")).alias("sure"),
        F.max("confidence").alias("surest"),
    )
    question = Window.partitionBy("src", "relation", "attribute")
    of_all = F.try_divide(F.col("sure").cast("double"), F.sum("sure").over(question).cast("double"))
    share = F.coalesce(of_all, F.lit(0.0))
    told = by_fact.withColumns(
        {
            "confidence": readings.rounded(share * F.col("surest")),
            "weight": F.lit(1.0),
        }
    )
    origin = F.when(F.col("stated") == 0, "text")
    return readings.edges(
        told.where("wins").withColumn(
            "properties", readings.properties(ontology.load().relations[relation], origin=origin)
        )
    )
