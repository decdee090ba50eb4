"""Candidates: nearest offers of other sellers, exact over shards, ties by hash."""

from __future__ import annotations

import numpy as np
import pytest

from kgspark.resolve import block, corpus, features
from kgspark.resolve.block import Shard
from kgspark.resolve.corpus import Corpus
from kgspark.resolve.normalise import listing
from tests.resolve import worlds


def _shard(offers: Corpus, rows: np.ndarray | None = None) -> Shard:
    numbers = np.arange(len(offers)) if rows is None else rows
    weights = corpus.weighted(offers.name, features.count(offers).name)[numbers]
    return Shard(numbers, offers.hashes[numbers], offers.sellers[numbers], offers.unique[numbers], weights)


def _found(hits: block.Hits) -> set[tuple[int, int]]:
    return set(zip(hits.query.tolist(), hits.found.tolist(), strict=True))


def test_the_nearest_offer_of_another_seller() -> None:
    offers = worlds.small("red kettle 1l", "red kettle 1l", "red kettle", "blue lamp", sellers="aabb")
    whole = _shard(offers)
    assert _found(block.search(whole, whole, 1)) == {(0, 2), (1, 2), (2, 0)} or _found(
        block.search(whole, whole, 1)
    ) == {(0, 2), (1, 2), (2, 1)}


def test_a_seller_that_repeats_products_meets_itself() -> None:
    offers = worlds.small("red kettle", "red kettle", sellers="aa", unique=False)
    whole = _shard(offers)
    assert _found(block.search(whole, whole, 3)) == {(0, 1), (1, 0)}


def test_shards_find_what_the_whole_finds() -> None:
    ids, sellers, titles, _ = worlds.two_shops(60)
    offers = worlds.build(ids, sellers, titles)
    whole = _shard(offers)
    expected = block.search(whole, whole, 4)
    shards = [_shard(offers, np.flatnonzero(np.arange(len(ids)) % 3 == part)) for part in range(3)]
    found = block.merge([block.search(queries, index, 4) for queries in shards for index in shards], 4)
    assert _found(found) == _found(expected)


def test_cosines_are_those_of_a_dense_product() -> None:
    ids, sellers, titles, _ = worlds.two_shops(30)
    offers = worlds.build(ids, sellers, titles)
    shard = _shard(offers)
    dense = np.asarray((shard.weights @ shard.weights.T).todense())
    hits = block.search(shard, shard, 3)
    assert hits.score == pytest.approx(dense[hits.query, hits.found])
    other = offers.sellers[:, None] != offers.sellers
    assert hits.score[hits.query == 0][0] == pytest.approx(np.where(other, dense, 0)[0].max())


def test_many_own_offers_do_not_hide_the_others() -> None:
    offers = worlds.small(*["washing machine"] * 40, "washing machine white", sellers="a" * 40 + "b")
    whole = _shard(offers)
    assert {(query, 40) for query in range(40)} <= _found(block.search(whole, whole, 2))


def test_a_cap_drops_frequent_columns() -> None:
    offers = worlds.small("kettle red", "kettle blue", "kettle green")
    df = corpus.document_frequency(offers.name)
    rows = block.capped(offers.name, df, 2)
    assert rows.nnz == 3


def test_equal_codes_pair_up() -> None:
    codes = np.array([0, 0, 1, 1, 1, -1, -1])
    sellers, unique = np.array([0, 1, 0, 0, 1, 0, 1]), np.ones(7, dtype=bool)
    assert _found(block.equal(codes, sellers, unique)) == {(0, 1), (2, 4), (3, 4)}


def test_a_code_that_too_many_share_is_none() -> None:
    offers = corpus.build("abcde", "abcde", [True] * 5, [listing("", gtin=gtin) for gtin in "11222"])
    believed = corpus.without_placeholders(offers, max_gtin=2, max_model=2)
    assert believed.gtins.tolist() == [0, 0, -1, -1, -1]
