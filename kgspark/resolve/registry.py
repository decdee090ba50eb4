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
    taken = (
        history.where(F.col("event") == MERGED).select("product_id").unionByName(kept.select("product_id")).distinct()
    )
    own, again = hash_id("product", "cluster"), hash_id("product", "cluster", F.lit(night.isoformat()))
    new = clusters.where(F.col("product_id").isNull()).select("cluster", own.alias("own"))
    used = taken.select(F.col("product_id").alias("own"), F.lit(True).alias("used"))
    born = new.join(used, on="own", how="left").select("cluster", F.when(F.col("used"), again).otherwise(F.col("own")))
    return clusters.where(F.col("product_id").isNotNull()).select("cluster", "product_id").union(born)


def history_of(products: DataFrame, previous: DataFrame, history: DataFrame, night: datetime.date) -> DataFrame:
    """silver.product_history with what this night adds to that of the last release.

    Inputs: tonight's silver.product_offers, and the last release's.
    """
    alive, known = _ids(products), _ids(previous).select("product_id", F.lit(True).alias("old"))
    before = previous.select("offer_id", F.col("product_id").alias("was"))
    moves = (
        products.join(before, on="offer_id", how="inner")
        .where(F.col("was") != F.col("product_id"))
        .groupBy(F.col("was").alias("product_id"), F.col("product_id").alias("other_product_id"))
        .agg(F.count("*").alias("offers"))
    )
    living = alive.select("product_id", F.lit(True).alias("living"))
    moved = moves.join(living, on="product_id", how="left").select(
        "product_id",
        F.when(F.col("living"), SPLIT).otherwise(MERGED).alias("event"),
        "other_product_id",
        "offers",
    )
    left = moves.select("product_id").distinct()
    gone = _ids(previous).join(living, on="product_id", how="left_anti").join(left, on="product_id", how="left_anti")
    seen = history.select("product_id", F.lit(True).alias("seen")).distinct()
    new = alive.join(known, on="product_id", how="left_anti").join(seen, on="product_id", how="left")
    tonight = moved.unionByName(_alone(gone, F.lit(GONE))).unionByName(
        _alone(new, F.when(F.col("seen"), RETURNED).otherwise(BORN))
    )
    key = ["night", "product_id", "event", "other_product_id"]
    tonight = tonight.withColumn("night", F.lit(night).cast("date"))
    # A second release of one night may say the same again.
    return history.unionByName(tonight.join(history.select(*key), on=key, how="left_anti"))


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


def _ids(product_offers: DataFrame) -> DataFrame:
    return product_offers.groupBy("product_id").agg(F.count("*").alias("offers"))


def _alone(products: DataFrame, event: Column) -> DataFrame:
    return products.select("product_id", event.alias("event"), F.col("product_id").alias("other_product_id"), "offers")
