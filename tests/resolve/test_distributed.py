"""Over partitions the method gives what it gives in one process."""

from __future__ import annotations

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from kgspark.resolve import distributed, matcher, resolver
from kgspark.resolve.settings import ResolveSettings
from tests.resolve import worlds

CFG = ResolveSettings(min_winners=30, engine="driver", candidates=4)
_SCHEMA = (
    "offer_id string, lister string, alone boolean, title string, brand string, mpn string, description string, "
    "gtin string"
)


@pytest.mark.parametrize(("shards", "reverse"), [(1, False), (3, True)])
def test_partitions_agree_with_one_process(spark: SparkSession, shards: int, reverse: bool) -> None:
    ids, sellers, titles, _ = worlds.two_shops(100)
    offers = worlds.build(ids, sellers, titles)
    whole = resolver.resolve(offers, CFG)
    rows = [(i, s, True, t, None, None, None, None) for i, s, t in zip(ids, sellers, titles, strict=True)]
    frame = spark.createDataFrame(rows[::-1] if reverse else rows, _SCHEMA)
    pairs = distributed.candidates(frame, matcher.frequencies(offers), CFG, shards)
    judged = distributed.winners(distributed.scored(pairs, frame, whole.matcher)).persist()
    found = {frozenset((r.left, r.right)): (r.won, r.p) for r in judged.collect()}
    left, right = whole.pairs.left.tolist(), whole.pairs.right.tolist()
    expected = {
        frozenset((ids[a], ids[b])): (won, pytest.approx(p, abs=1e-9))
        for a, b, won, p in zip(left, right, whole.won.tolist(), whole.p.tolist(), strict=True)
    }
    assert found == expected
    united = distributed.clusters(frame, judged.where(F.col("p") >= CFG.min_probability), CFG).collect()
    by_cluster: dict[str, set[str]] = {}
    for row in united:
        by_cluster.setdefault(row.cluster, set()).add(row.offer_id)
    truth: dict[int, set[str]] = {}
    for name, label in zip(ids, whole.clusters.cluster.tolist(), strict=True):
        truth.setdefault(label, set()).add(name)
    assert {frozenset(c) for c in by_cluster.values()} == {frozenset(c) for c in truth.values()}
