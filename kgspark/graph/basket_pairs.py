"""Counts in how many baskets two products lie together.

lines of baskets -> buckets of whole baskets, of bounded work -> pairs counted in Arrow tables -> summed over buckets

A join of the lines with themselves sends every pair of every basket through a shuffle, to be counted by products few
of which meet often: 6.8 million pairs of 390,000 real lines. Counted where the basket's lines are, a bucket sends each
pair once, and a shop of a single bucket sends only those that meet often enough.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import functions as F

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pyspark.sql import DataFrame

# Pairs that a task expands at once, each of some 60 bytes while it counts them.
_PAIRS_AT_ONCE = 10_000_000
_COUNTED = "shop long, one long, other long, both long, first_basket long, last_basket long"
_NAMES = [field.split(" ")[0] for field in _COUNTED.split(", ")]


def pair_counts(lines: DataFrame, min_baskets: int, pairs_at_once: int = _PAIRS_AT_ONCE) -> DataFrame:
    """Pairs of products by the baskets of a shop that hold both, of which there are ``min_baskets`` at least.

    ``lines`` has shop, basket, product (bigints, each combination once) and size, the lines of the basket. Gives shop,
    one < other, both (baskets), first_basket, last_basket (the smallest and the largest that hold both).
    """
    # A product in fewer baskets than a pair needs can be in no such pair: this cut removes most of a long tail.
    counts = lines.groupBy("shop", "product").agg(F.count("*").alias("baskets"))
    common = counts.where(F.col("baskets") >= min_baskets).select("shop", "product")
    frequent = lines.where(F.col("size") > 1).join(common, on=["shop", "product"], how="left_semi")
    # Every line makes a pair with each other line of its basket, and a pair has two lines; before the cut, so at most.
    pairs = F.sum(F.col("size") - 1) / 2
    buckets = F.ceil(pairs / pairs_at_once).cast("long").alias("buckets")
    shared = frequent.join(F.broadcast(lines.groupBy("shop").agg(buckets)), on="shop", how="inner")
    bucket = F.pmod("basket", "buckets").alias("bucket")
    counted = (
        shared.select("shop", bucket, "buckets", "basket", "product")
        .groupBy("shop", "bucket")
        .applyInArrow(lambda bucket_lines: counted_pairs(bucket_lines, min_baskets), _COUNTED)
    )
    summed = counted.groupBy("shop", "one", "other").agg(
        F.sum("both").alias("both"),
        F.min("first_basket").alias("first_basket"),
        F.max("last_basket").alias("last_basket"),
    )
    return summed.where(F.col("both") >= min_baskets)


def counted_pairs(lines: pa.Table, min_baskets: int) -> pa.Table:
    """The pairs of one bucket of a shop's baskets; below ``min_baskets`` only where other buckets may know them too.

    ``lines`` has shop, buckets, basket, product, the first two of one value.
    """
    ordered = lines.sort_by([("basket", "ascending"), ("product", "ascending")])
    baskets, products = ordered["basket"].to_numpy(), ordered["product"].to_numpy()
    left, right = _pairs_within(baskets)
    # Products as places in a list: two of them are one number.
    known, place = np.unique(products, return_inverse=True)
    met = pa.table({"pair": place[left] * len(known) + place[right], "basket": baskets[left]})
    del left, right
    found = met.group_by("pair").aggregate([("basket", "count"), ("basket", "min"), ("basket", "max")])
    if lines["buckets"][0].as_py() == 1:
        found = found.filter(pc.greater_equal(found["basket_count"], min_baskets))
    one, other = np.divmod(found["pair"].to_numpy(), len(known))
    shop = np.full(len(one), lines["shop"][0].as_py(), dtype=np.int64)
    counts = [found[name] for name in ("basket_count", "basket_min", "basket_max")]
    return pa.table([shop, known[one], known[other], *counts], names=_NAMES)


def _pairs_within(baskets: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Places of the two lines of every pair of lines of one basket, the earlier first; lines stand basket by basket."""
    places = np.arange(len(baskets))
    behind = np.searchsorted(baskets, baskets, side="right") - places - 1
    left = np.repeat(places, behind)
    # Numbers 1, 2, ... within each line's pairs: how far behind it the other line stands.
    nth = np.arange(1, len(left) + 1) - np.repeat(np.cumsum(behind) - behind, behind)
    return left, left + nth
