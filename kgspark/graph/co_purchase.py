"""Which products are bought together more often than by chance.

purchases -> baskets -> pairs -> lift, log-likelihood ratio, NPMI -> the best pairs of each product -> bought_with

Chance is judged within the source whose baskets they are: products of different shops can never meet in a basket, and
counting the other shop's baskets would make any two products of one shop look related.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import Window
from pyspark.sql import functions as F

from kgspark.columns import node_key
from kgspark.frames.lineage import persisted
from kgspark.graph import ontology, readings
from kgspark.graph.basket_pairs import pair_counts
from kgspark.graph.readings import INTERACTIONS, Facts

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

    from kgspark.graph.facts_settings import FactsSettings

EXTRACTOR = "co_purchase"


def bought_with(interactions: DataFrame, product_offers: DataFrame, cfg: FactsSettings) -> Facts:
    """bought_with: one edge a pair, src < dst, weight NPMI, properties lift and llr, support in baskets.

    A pair needs ``min_pair_baskets`` baskets of one source, a lift above 1 and an LLR of ``min_llr``, and must be among
    the ``max_pairs_per_product`` best of both its ends by LLR. Where several sources know a pair, the one with the
    highest LLR speaks. Baskets above ``max_basket_products`` are left out, and a product counts once a basket.

    ``confidence`` is 1 - exp(-G2 / 2), a lower bound of 1 - p: the tail of chi square with one degree of freedom is
    erfc(sqrt(G2 / 2)) <= exp(-G2 / 2). Evidence: of the baskets with both, the two with the smallest and the largest
    key, one record for either end.
    """
    relation = ontology.load().relations["bought_with"]
    bought = purchases(interactions, product_offers)
    # Read again for counts, pairs, edges and evidence; the runner clears the cache when the stage is written.
    lines = persisted(basket_lines(bought, cfg))
    kept = best_pairs(scored_pairs(pair_counts(lines, cfg.min_pair_baskets), lines), cfg)
    pairs = persisted(_with_ids(kept, bought).withColumn("relation", F.lit(relation.name)))
    return Facts(
        edges=lambda: _edges(pairs, relation),
        evidence=lambda: readings.evidence(_examples(pairs, bought), relation.name),
    )


def _edges(pairs: DataFrame, relation: ontology.Relation) -> DataFrame:
    return readings.edges(
        pairs.select(
            "src",
            "relation",
            "dst",
            readings.rounded(F.col("npmi")).alias("weight"),
            readings.rounded(1 - F.exp(-F.col("llr") / 2)).alias("confidence"),
            F.col("both").alias("support"),
            readings.properties(
                relation, lift=readings.decimal_text(F.col("lift")), llr=readings.decimal_text(F.col("llr"))
            ),
        )
    )


def purchases(interactions: DataFrame, product_offers: DataFrame) -> DataFrame:
    """Purchases in a known basket, of a known product: the record, and basket and product as bigints.

    Bigints, because pairs by the million are joined and grouped by them: a quarter of the bytes, and no sort.
    """
    in_basket = interactions.where((F.col("type") == "purchase") & F.col("basket_id").isNotNull())
    products = product_offers.select("offer_id", "product_id")
    return in_basket.join(products, on="offer_id", how="inner").select(
        F.struct("source", "record_id", *readings.place("product_key")).alias("record"),
        "product_id",
        node_key("source").alias("shop"),
        node_key("basket_id").alias("basket"),
        node_key("product_id").alias("product"),
    )


def basket_lines(bought: DataFrame, cfg: FactsSettings) -> DataFrame:
    """What lies in each basket of bearable size, once each: shop, basket, product, size (the basket's lines)."""
    lines = bought.select("shop", "basket", "product").distinct()
    sizes = lines.groupBy("basket").agg(F.count("*").alias("size"))
    bearable = sizes.where(F.col("size") <= cfg.max_basket_products)
    return lines.join(bearable, on="basket", how="inner")


def scored_pairs(pairs: DataFrame, lines: DataFrame) -> DataFrame:
    """Pairs with lift, llr and npmi, each by the shop in which it is most significant."""
    counts = lines.groupBy("shop", "product").agg(F.count("*").alias("baskets"))
    totals = lines.groupBy("shop").agg(F.count_distinct("basket").alias("all"))
    ones = counts.select("shop", F.col("product").alias("one"), F.col("baskets").alias("with_one"))
    others = counts.select("shop", F.col("product").alias("other"), F.col("baskets").alias("with_other"))
    counted = (
        pairs.join(ones, on=["shop", "one"], how="inner")
        .join(others, on=["shop", "other"], how="inner")
        .join(F.broadcast(totals), on="shop", how="inner")
    )
    table_of_counts = (F.col("both"), F.col("with_one"), F.col("with_other"), F.col("all"))
    scored = counted.withColumns(
        {
            "lift": F.col("both") * F.col("all") / (F.col("with_one") * F.col("with_other")),
            "llr": F.round(llr(*table_of_counts), 6),
            "npmi": npmi(*table_of_counts),
        }
    )
    ranked = F.row_number().over(Window.partitionBy("one", "other").orderBy(F.desc("llr"), "shop"))
    return scored.withColumn("nth", ranked).where(F.col("nth") == 1)


def best_pairs(scored: DataFrame, cfg: FactsSettings) -> DataFrame:
    """The pairs worth an edge: significant, and among the best of both their ends."""
    # Read for ranks and for rows: counted twice, pairs would cost most of the stage.
    related = persisted(scored.where((F.col("lift") > 1) & (F.col("llr") >= cfg.min_llr)))

    def rank(end: str, partner: str) -> Column:
        # Bigints settle equal ratios, so that the cut is the same on every machine.
        return F.row_number().over(Window.partitionBy(end).orderBy(F.desc("llr"), F.desc("both"), partner))

    sides = F.array(
        F.struct(F.col("one").alias("end"), F.col("other").alias("partner")),
        F.struct(F.col("other").alias("end"), F.col("one").alias("partner")),
    )
    standing = related.select("one", "other", "llr", "both", F.inline(sides))
    good = standing.withColumn("nth", rank("end", "partner")).where(F.col("nth") <= cfg.max_pairs_per_product)
    both_ends = good.groupBy("one", "other").agg(F.count("*").alias("ends")).where(F.col("ends") == 2)
    return related.join(both_ends, on=["one", "other"], how="left_semi")


def _with_ids(kept: DataFrame, bought: DataFrame) -> DataFrame:
    """The pairs with their product ids: src < dst."""
    ids = bought.select("product", "product_id").distinct()
    ones = ids.select(F.col("product").alias("one"), F.col("product_id").alias("one_id"))
    others = ids.select(F.col("product").alias("other"), F.col("product_id").alias("other_id"))
    named = kept.join(ones, on="one", how="inner").join(others, on="other", how="inner")
    return named.withColumns({"src": F.least("one_id", "other_id"), "dst": F.greatest("one_id", "other_id")})


def _examples(pairs: DataFrame, bought: DataFrame) -> DataFrame:
    """Readings of each pair: both ends in its first and in its last basket, the smallest record of each."""
    wanted = pairs.select(
        "src", "relation", "dst", F.explode(F.array("first_basket", "last_basket")).alias("basket"), "one", "other"
    ).select("src", "relation", "dst", "basket", F.explode(F.array("one", "other")).alias("product"))
    records = wanted.join(bought.select("basket", "product", "record"), on=["basket", "product"], how="inner")
    smallest = records.groupBy("src", "relation", "dst", "basket", "product").agg(F.min("record").alias("record"))
    return smallest.select(
        "src",
        "relation",
        "dst",
        "record.*",
        F.lit(INTERACTIONS).alias("bronze_table"),
        F.lit(EXTRACTOR).alias("extractor"),
        F.lit(1.0).alias("confidence"),
    )


def llr(both: Column, with_one: Column, with_other: Column, baskets: Column) -> Column:
    """Dunning's log-likelihood ratio G2 of the two-by-two table of baskets with and without each of two products.

    G2 = 2 sum k ln(k / expected k). T. Dunning, Accurate Methods for the Statistics of Surprise and Coincidence, 1993.
    """
    cells = (both, with_one - both, with_other - both, baskets - with_one - with_other + both)
    margins = (with_one, baskets - with_one, with_other, baskets - with_other)
    total = _x_log_x(baskets)
    for cell in cells:
        total = total + _x_log_x(cell)
    for margin in margins:
        total = total - _x_log_x(margin)
    # Rounding can leave a hair below 0 where the two are independent.
    return F.greatest(2 * total, F.lit(0.0))


def npmi(both: Column, with_one: Column, with_other: Column, baskets: Column) -> Column:
    """Normalised pointwise mutual information: ln(lift) / -ln(share of baskets with both); 1 is always together.

    Null where every basket holds both. G. Bouma, Normalized (Pointwise) Mutual Information in Collocation Extraction,
    2009.
    """
    lift = both * baskets / (with_one * with_other)
    return F.try_divide(F.log(lift), F.log(baskets / both))


def _x_log_x(count: Column) -> Column:
    return F.when(count > 0, count * F.log(count.cast("double"))).otherwise(0.0)
