"""The graph: every fact of the silver tables as an edge with its evidence, between nodes of the ontology.

golden products -> product nodes
offers          -> brands, attribute values, sellers, categories; what their texts say where no offer declares it
reviews, orders -> who rated, bought, gave back what; what is bought together
mentions        -> by which aspects reviewers judge, for and against; what products are for
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from kgspark.frames.lineage import cut
from kgspark.graph import ontology, readings
from kgspark.graph.catalogue_facts import attribute_values, brands, listings, sellers
from kgspark.graph.category_facts import hierarchy, memberships
from kgspark.graph.co_purchase import bought_with
from kgspark.graph.names import levels
from kgspark.graph.need_facts import category_uses, concepts, product_uses
from kgspark.graph.opinion_facts import aspects
from kgspark.graph.readings import Facts
from kgspark.graph.shopper_facts import actions, ratings, shoppers
from kgspark.graph.text_facts import read_values
from kgspark.lake.changes import few

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from kgspark.graph.facts_settings import FactsSettings
    from kgspark.night import Night


def build(
    products: DataFrame,
    product_offers: DataFrame,
    offers: DataFrame,
    reviews: DataFrame,
    interactions: DataFrame,
    aspect_mentions: DataFrame,
    need_mentions: DataFrame,
    attribute_mentions: DataFrame,
    value_conflicts: DataFrame,
    cfg: FactsSettings,
    night: Night,
    keys: DataFrame | None = None,
) -> dict[str, DataFrame]:
    """Turn what is known into nodes, edges and evidence.

    Inputs, all silver: products by product_id, product_offers by offer_id, offers by offer_id, reviews by review_id,
    interactions by interaction_id, aspect_mentions, need_mentions and attribute_mentions by mention_id, value_conflicts
    by conflict_id: a declared value that reconcile refused makes no fact. Gives graph.nodes, graph.edges and
    graph.evidence; ontology.yaml says what each kind and relation means. With ``keys`` (product_id) edges and evidence
    are those of these products, and those that are made of no single product's records (owners.py); nodes are all.
    """

    def of_products(known: DataFrame) -> list[Facts]:
        listed = listings(offers, known)
        read = read_values(attribute_mentions, listed, cfg.min_text_confidence)
        return [
            brands(listed, read, value_conflicts),
            attribute_values(listed, read, value_conflicts, cfg),
            sellers(listed),
            memberships(listed),
            ratings(reviews, known),
            actions(interactions, known),
            aspects(aspect_mentions, known),
            product_uses(need_mentions, known),
        ]

    of_all = some = of_products(product_offers)
    if keys is not None:
        # Every relation of a product is found through its offers, so that fewer offers are fewer products.
        theirs = cut(product_offers.join(keys, on="product_id", how="left_semi"))
        some = of_products(few(theirs, theirs.count()))
    shared = [
        hierarchy(listings(offers, product_offers), reviews),
        bought_with(interactions, product_offers, cfg),
        category_uses(need_mentions),
    ]
    things = [product_nodes(products, product_offers), shoppers(reviews, interactions)]
    things.append(concepts(need_mentions, product_offers))
    things += [node for part in (*of_all, *shared) for node in part.nodes]
    return {
        "graph.nodes": readings.union(things),
        "graph.edges": readings.union([part.edges for part in (*some, *shared)]),
        "graph.evidence": readings.union([part.evidence for part in (*some, *shared)]),
    }


def product_nodes(products: DataFrame, product_offers: DataFrame) -> DataFrame:
    """A node for every golden product; a stub says which source should list it, and under which key."""
    kind = ontology.load().kinds["product"]
    named = product_offers.groupBy("product_id").agg(F.min(F.struct("source", "record_id")).alias("listing"))
    leaf = F.try_element_at(levels(F.col("category_path")), F.lit(-1))
    known = products.join(named, on="product_id", how="inner")
    described = readings.properties(
        kind,
        stub=F.when(F.col("stub"), F.lit("true")),
        source=F.when(F.col("stub"), F.col("listing.source")),
        source_key=F.when(F.col("stub"), F.col("listing.record_id")),
        gtin=F.try_element_at("gtins", F.lit(1)),
        mpn=F.col("mpn"),
    )
    return readings.nodes(
        known.select(
            F.col("product_id").alias("node_id"),
            F.lit(kind.name).alias("kind"),
            F.col("title").alias("label"),
            described,
            readings.text(kind, label=F.col("title"), brand=F.col("brand"), category=leaf),
        )
    )
