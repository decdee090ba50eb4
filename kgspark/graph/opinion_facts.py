"""What reviewers say of products: which aspects they judge, how many for and against, and in which words.

aspect mentions of a product's offers -> readings -> edges with counts, polarity and quotes, evidence, aspect nodes
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from kgspark.columns import hash_id
from kgspark.graph import ontology, readings
from kgspark.graph.readings import REVIEWS, Facts

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

QUOTES = 3
# A quote tells more the longer it is, up to here (characters); beyond, it tells of other things too.
_TELLING = 160


def aspects(mentions: DataFrame, product_offers: DataFrame) -> Facts:
    """mentions_aspect, from the mentions of reviews that name an offer, and the aspects they speak of."""
    vocabulary = ontology.load()
    kind, relation = vocabulary.kinds["aspect"], vocabulary.relations["mentions_aspect"]
    known = product_offers.select("offer_id", "product_id", F.col("confidence").alias("is_product"))
    said = mentions.join(known, on="offer_id", how="inner").select(
        F.col("product_id").alias("src"),
        F.lit(relation.name).alias("relation"),
        hash_id("aspect", "aspect").alias("dst"),
        "source",
        F.lit(REVIEWS).alias("bronze_table"),
        "record_id",
        "field",
        "begin",
        "end",
        "extractor",
        readings.rounded(F.col("confidence") * F.col("is_product")).alias("confidence"),
        "aspect",
        "polarity",
        "quote",
    )
    return Facts(
        nodes=lambda: readings.labelled_nodes(kind, said.select("dst", "aspect").distinct(), "aspect"),
        edges=lambda: _edges(said, relation),
        evidence=lambda: readings.evidence(said, relation.name),
    )


def _edges(said: DataFrame, relation: ontology.Relation) -> DataFrame:
    counted = said.groupBy("src", "relation", "dst").agg(
        F.count_distinct("source", "record_id").alias("support"),
        F.max("confidence").alias("confidence"),
        F.count("*").alias("times"),
        F.count_if(F.col("polarity") > 0).alias("praise"),
        # The surest and longest first; text and id settle the rest, so that any order of rows gives the same quotes.
        F.sort_array(F.collect_set(_quote())).alias("quotes"),
    )
    quotes = F.slice(F.array_distinct(F.transform("quotes", lambda quote: quote["quote"])), 1, QUOTES)
    counted = counted.withColumn("quotes", quotes)
    described = readings.properties(
        relation,
        positive=F.col("praise"),
        negative=F.col("times") - F.col("praise"),
        polarity=readings.decimal_text(2 * F.col("praise") / F.col("times") - 1),
        **{f"quote_{n}": F.try_element_at("quotes", F.lit(n)) for n in range(1, QUOTES + 1)},
    )
    return readings.edges(counted.select("*", F.col("times").cast("double").alias("weight"), described))


def _quote() -> Column:
    """A quote behind what orders quotes: doubt, then how little it tells, then its text."""
    told = F.least(F.length("quote"), F.lit(_TELLING))
    return F.struct((-F.col("confidence")).alias("doubt"), (-told).alias("told"), "quote")
