"""Pairs of offers and what is known of the offers, in one place: an offer travels once to a group of pairs, not once
to each of its pairs.

pairs -> groups of pairs that are near one another -> the distinct offers of each group -> a function of both
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from pyspark.sql import functions as F

from kgspark.columns import node_key
from kgspark.resolve import resolver
from kgspark.resolve.corpus import Corpus, Ints
from kgspark.resolve.offers import OFFER, corpus_of

if TYPE_CHECKING:
    from pyspark.sql import DataFrame
    from pyspark.sql.types import StructType

# Offers whose pairs make a group: fewer are read more often, more take more memory.
_GROUP_OFFERS = 5_000


def with_offers(
    pairs: DataFrame,
    offers: DataFrame,
    number: int,
    work: Callable[[pa.Table, pa.Table], pa.Table],
    schema: str | StructType,
) -> DataFrame:
    """What ``work`` makes of groups of pairs and their offers.

    Inputs: pairs (left, right: node_key of offer ids; near: equal for pairs that had better be in one group; other
    columns as ``work`` reads them); offers (columns OFFER), ``number`` of them. ``work`` gets a table of pairs and one
    of the offers in them, with their ``key``.
    """
    groups = max(1, math.ceil(number / _GROUP_OFFERS))
    # Hashed, as a hash decided which word an offer is near by: the smallest ones would lie together.
    grouped = pairs.withColumn("group", F.pmod(F.xxhash64("near"), F.lit(groups)))
    ends = grouped.select(F.col("group").alias("place"), F.explode(F.array("left", "right")).alias("key")).distinct()
    there = ends.join(offers.select(node_key("offer_id").alias("key"), *OFFER), on="key", how="inner")
    both = grouped.groupBy("group").cogroup(there.groupBy("place"))
    return both.applyInArrow(lambda pairs, offers: work(pairs, offers), schema)


def placed(pairs: pa.Table, offers: pa.Table) -> tuple[pa.Table, Corpus, Ints, Ints, Ints]:
    """What ``work`` got, as the array path has it: the offers by their keys, and as a corpus; left, right and row of
    each pair, in the order of ``resolver.in_order``.
    """
    offers = offers.take(pa.array(np.argsort(offers.column("key").to_numpy())))
    keys = offers.column("key").to_numpy()
    left, right = (np.searchsorted(keys, pairs.column(side).to_numpy()) for side in ("left", "right"))
    corpus = corpus_of(offers)
    return offers, corpus, *resolver.in_order(corpus, left, right)
