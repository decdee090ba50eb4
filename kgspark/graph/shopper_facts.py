"""What shoppers did: who rated, bought, gave back, looked at or put into a basket which product.

reviews and interactions with a shopper and a product -> readings -> one edge a shopper, product and relation
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from kgspark.graph import ontology, readings
from kgspark.graph.readings import DECLARED, INTERACTIONS, REVIEWS, Facts

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

# Type of an interaction -> relation.
RELATIONS = {"purchase": "bought", "return": "returned", "view": "viewed", "basket": "added_to_basket"}


def ratings(reviews: DataFrame, product_offers: DataFrame) -> Facts:
    """rated: the mean of a shopper's ratings of a product, from reviews with shopper, product and rating."""
    relation = ontology.load().relations["rated"]
    place = readings.place("rating")
    rated = reviews.where(F.col("rating").isNotNull())
    said = _say(rated, product_offers, REVIEWS, F.lit(relation.name), place, "rating", "reviewed_at")
    return Facts(
        edges=lambda: _mean_ratings(said, relation),
        evidence=lambda: readings.evidence(said, relation.name, once=True),
    )


def _mean_ratings(said: DataFrame, relation: ontology.Relation) -> DataFrame:
    # Latest by time, a review without one before all others; the record id settles equal times.
    latest = F.max_by("rating", F.struct("reviewed_at", "source", "record_id"))
    facts = said.groupBy("src", "relation", "dst").agg(
        readings.support(),
        F.max("confidence").alias("confidence"),
        (readings.exact_sum(F.col("rating")) / F.count("*")).alias("mean"),
        latest.alias("last"),
        F.count("*").alias("times"),
    )
    described = readings.properties(relation, rating=readings.decimal_text(F.col("last")), ratings=F.col("times"))
    return readings.edges(facts.select("*", readings.rounded(F.col("mean")).alias("weight"), described))


def actions(interactions: DataFrame, product_offers: DataFrame) -> Facts:
    """bought, returned, viewed, added_to_basket: how many pieces, or times, over all of a shopper's records."""
    relation = F.try_element_at(
        F.create_map(*[F.lit(part) for pair in RELATIONS.items() for part in pair]), F.col("type")
    )
    place = readings.place("product_key")
    pieces = F.coalesce("quantity", F.lit(1.0)).alias("pieces")
    said = _say(interactions.select("*", pieces), product_offers, INTERACTIONS, relation, place, "pieces")
    return Facts(
        edges=lambda: _pieces(said),
        evidence=lambda: readings.evidence(said, *RELATIONS.values(), once=True),
    )


def _pieces(said: DataFrame) -> DataFrame:
    facts = said.groupBy("src", "relation", "dst").agg(
        readings.support(),
        F.max("confidence").alias("confidence"),
        readings.rounded(readings.exact_sum(F.col("pieces"))).alias("weight"),
    )
    return readings.edges(facts.select("*", F.create_map().cast("map<string,string>").alias("properties")))


def shoppers(reviews: DataFrame, interactions: DataFrame) -> DataFrame:
    """A node for every shopper that any record names."""
    kind = ontology.load().kinds["shopper"]
    named = reviews.select("shopper_id").unionByName(interactions.select("shopper_id"))
    people = named.where(F.col("shopper_id").isNotNull()).distinct()
    return readings.nodes(
        people.select(
            F.col("shopper_id").alias("node_id"),
            F.lit(kind.name).alias("kind"),
            # Enough of the pseudonym to tell shoppers apart on a page.
            F.concat(F.lit("shopper "), F.substring("shopper_id", len(kind.id_prefix) + 1, 8)).alias("label"),
            readings.properties(kind),
            readings.text(kind),
        )
    )


def _say(
    records: DataFrame, product_offers: DataFrame, bronze_table: str, relation: Column, place: list[Column], *keep: str
) -> DataFrame:
    products = product_offers.select("offer_id", "product_id", "confidence")
    known = records.where(F.col("shopper_id").isNotNull() & F.col("offer_id").isNotNull())
    return known.join(products, on="offer_id", how="inner").select(
        F.col("shopper_id").alias("src"),
        relation.alias("relation"),
        F.col("product_id").alias("dst"),
        "source",
        F.lit(bronze_table).alias("bronze_table"),
        "record_id",
        *place,
        F.lit(DECLARED).alias("extractor"),
        "confidence",
        *keep,
    )
