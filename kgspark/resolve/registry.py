"""Product ids that stay: a cluster keeps the id of the earlier product with which it shares most offers.

members of clusters, earlier products -> shared offers -> the largest share keeps the id, the others are born -> history
"""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING

import pyarrow as pa
from pyspark.sql import Window
from pyspark.sql import functions as F

from kgspark.columns import hash_id

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

BORN, MERGED, SPLIT, GONE, RETURNED = "born", "merged", "split", "gone", "returned"


def name_clusters(members: DataFrame, previous: DataFrame, history: DataFrame, night: datetime.date) -> DataFrame:
    """The id of every cluster: cluster, product_id.

    Inputs: members by offer_id, with ``cluster`` (the smallest offer id of it); silver.product_offers and
    silver.product_history of the last release. A cluster without an earlier id gets the hash of its smallest offer id,
    or, where that id lives on as another product or was merged into one, the hash of that offer and the night.
    """
    kept = _kept(_shared(members, previous))
    clusters = members.select("cluster").distinct().join(kept, on="cluster", how="left")
    merged = history.where(F.col("event") == MERGED).select("product_id")
    taken = merged.unionByName(kept.select("product_id")).distinct()
    used = taken.select(F.col("product_id").alias("own"), F.lit(True).alias("used"))
    own, again = hash_id("product", "cluster"), hash_id("product", "cluster", F.lit(night.isoformat()))
    born = F.when(F.col("used"), again).otherwise(F.col("own"))
    settled = clusters.withColumn("own", own).join(used, on="own", how="left")
    return settled.select("cluster", F.coalesce("product_id", born).alias("product_id"))


def history_of(products: DataFrame, previous: DataFrame, history: DataFrame, night: datetime.date) -> DataFrame:
    """silver.product_history with what this night adds to that of the last release.

    Inputs: tonight's silver.product_offers, and the last release's. One look at either, as the plans that lead here are
    long already: whatever is read twice is planned twice.
    """
    before = previous.select("offer_id", F.col("product_id").alias("was"))
    after = products.select("offer_id", F.col("product_id").alias("now"))
    flows = before.join(after, on="offer_id", how="full").groupBy("was", "now").agg(F.count("*").alias("offers"))
    none, no = F.lit(0).cast("bigint"), F.lit(False)
    sides = flows.select(
        F.inline(
            F.array(
                _side("was", "now", F.col("offers"), none, no),
                _side("now", "was", none, F.col("offers"), no),
            )
        )
    )
    seen = history.select(F.inline(F.array(_side("product_id", "product_id", none, none, F.lit(True)))))
    tonight = _events(sides.where(F.col("product_id").isNotNull()).unionByName(seen))
    key = ["night", "product_id", "event", "other_product_id"]
    tonight = tonight.withColumn("night", F.lit(night).cast("date"))
    # A second release of one night may say the same again.
    return history.unionByName(tonight.join(history.select(*key), on=key, how="left_anti"))


def _side(product: str, other: str, had: Column, has: Column, seen: Column) -> Column:
    """What a flow of offers is to one of its two products: offers that it had, and has now."""
    return F.struct(
        F.col(product).alias("product_id"),
        F.col(other).alias("other"),
        had.alias("had"),
        has.alias("has"),
        seen.alias("seen"),
    )


def _events(sides: DataFrame) -> DataFrame:
    """What became of each product: product_id, event, other_product_id, offers."""
    left = (F.col("had") > 0) & (F.col("other") != F.col("product_id"))
    moves = F.collect_list(F.when(left, F.struct(F.col("other"), F.col("had").alias("offers"))))
    of_product = sides.groupBy("product_id").agg(
        F.sum("had").alias("had"), F.sum("has").alias("has"), F.max("seen").alias("seen"), moves.alias("moves")
    )
    moved = F.transform(
        "moves", lambda move: _event(F.when(F.col("has") > 0, SPLIT).otherwise(MERGED), move["other"], move["offers"])
    )
    gone = (F.col("had") > 0) & (F.col("has") == 0) & (F.size("moves") == 0)
    new = (F.col("had") == 0) & (F.col("has") > 0)
    came = F.when(F.col("seen"), RETURNED).otherwise(BORN)
    alone = F.when(gone, F.array(_event(F.lit(GONE), F.col("product_id"), F.col("had")))).when(
        new, F.array(_event(came, F.col("product_id"), F.col("has")))
    )
    return of_product.select("product_id", F.inline(F.concat(moved, F.coalesce(alone, F.array()))))


def _event(event: Column, other: Column, offers: Column) -> Column:
    return F.struct(event.alias("event"), other.alias("other_product_id"), offers.alias("offers"))


def _shared(members: DataFrame, previous: DataFrame) -> DataFrame:
    """How many offers a cluster shares with an earlier product: cluster, product_id, shared."""
    before = previous.select("offer_id", "product_id")
    both = members.select("offer_id", "cluster").join(before, on="offer_id", how="inner")
    return both.groupBy("cluster", "product_id").agg(F.count("*").alias("shared"))


def _kept(shared: DataFrame) -> DataFrame:
    """Which cluster keeps which earlier product: cluster, product_id. The pair that shares most comes first, then the
    best of those that are left; equal ones in the order of their ids.
    """
    one_way = F.count("*").over(Window.partitionBy("cluster")), F.count("*").over(Window.partitionBy("product_id"))
    pairs = shared.withColumns({"of_cluster": one_way[0], "of_product": one_way[1]})
    contested = (F.col("of_cluster") > 1) | (F.col("of_product") > 1)
    # What merged or split in one night fits one task; all the others keep their id without a question.
    together = pairs.where(contested).withColumn("all", F.lit(1)).groupBy("all")
    settled = together.applyInArrow(_greedy, "cluster string, product_id string")
    return pairs.where(~contested).select("cluster", "product_id").unionByName(settled)


def _greedy(pairs: pa.Table) -> pa.Table:
    products, clusters = set[str](), set[str]()
    kept: list[tuple[str, str]] = []
    rows = zip(*(pairs.column(name).to_pylist() for name in ("shared", "product_id", "cluster")), strict=True)
    for _, product, cluster in sorted((-shared, product, cluster) for shared, product, cluster in rows):
        if product not in products and cluster not in clusters:
            products.add(product)
            clusters.add(cluster)
            kept.append((cluster, product))
    names = ("cluster", "product_id")
    columns = zip(*kept, strict=True) if kept else [()] * len(names)
    return pa.table({name: pa.array(column, pa.string()) for name, column in zip(names, columns, strict=True)})
