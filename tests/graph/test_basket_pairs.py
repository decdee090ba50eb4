"""Counting pairs within baskets: against a plain count, whatever the number of buckets."""

from __future__ import annotations

import random
from collections import Counter
from itertools import combinations

import pytest
from pyspark.sql import SparkSession

from kgspark.graph.basket_pairs import pair_counts

SCHEMA = "shop long, basket long, product long, size long"
Counts = dict[tuple[int, int, int], tuple[int, int, int]]


def _baskets(seed: int) -> dict[tuple[int, int], list[int]]:
    """Two shops' baskets of one to five of nine products; keys are 64 bits with a sign, as hashes are."""
    rng = random.Random(seed)
    products = [rng.randrange(-(2**63), 2**63) for _ in range(9)]
    keys = [(shop, rng.randrange(-(2**63), 2**63)) for shop in (-5, 7) for _ in range(80)]
    return {key: rng.sample(products, k=rng.randint(1, 5)) for key in keys}


def _plain(baskets: dict[tuple[int, int], list[int]], least: int) -> Counts:
    pairs = [
        (shop, *pair, basket) for (shop, basket), held in baskets.items() for pair in combinations(sorted(held), 2)
    ]
    both = Counter(pair[:3] for pair in pairs)
    held = {key: sorted(pair[3] for pair in pairs if pair[:3] == key) for key in both}
    return {key: (times, held[key][0], held[key][-1]) for key, times in both.items() if times >= least}


@pytest.mark.parametrize("pairs_at_once", [10_000, 60])
def test_pairs_equal_a_plain_count_in_one_bucket_and_in_many(spark: SparkSession, pairs_at_once: int) -> None:
    baskets = _baskets(pairs_at_once)
    lines = [(*key, product, len(held)) for key, held in baskets.items() for product in held]
    random.Random(1).shuffle(lines)
    found = pair_counts(spark.createDataFrame(lines, SCHEMA).repartition(3), 4, pairs_at_once).collect()
    expected = _plain(baskets, 4)
    assert len(expected) > 20
    assert {(r.shop, r.one, r.other): (r.both, r.first_basket, r.last_basket) for r in found} == expected
    assert len(found) == len(expected)


def test_baskets_of_one_product_make_no_pairs(spark: SparkSession) -> None:
    lines = spark.createDataFrame([(1, basket, 5, 1) for basket in range(4)], SCHEMA)
    assert pair_counts(lines, 1).collect() == []
