"""What a seller itself tells apart: the words in which its own look-alike listings differ.

offers of sellers that list a product once -> nearest listings of the same seller (twins) -> how often a token of either
is missing in the other -> two weights a token

Twins are different products for certain, without a label. A token in which they differ (black, 64gb) tells products
apart; one that they share (smartphone, sim free) is a kind or a habit of the seller. Either is compared with the mean.
"""

from __future__ import annotations

import numpy as np

from kgspark.resolve import block, matcher
from kgspark.resolve.block import Shard
from kgspark.resolve.corpus import Bools, Corpus, Doubles, Ints, idf, weighted
from kgspark.resolve.hits import Lookup, Outcome
from kgspark.resolve.matcher import Frequencies
from kgspark.resolve.pairs import BUCKETS, Pairs

# Nearest listings of the same seller, and the name cosine below which two are no look-alikes.
TWINS = 3
_LEAST_COSINE = 0.3
# Offers of one seller that are looked at, by hash: a large seller's are enough.
_MOST_OFFERS = 20_000
# As in learning: tokens are drawn to their bucket, buckets to all.
_SHRINK_TOKEN, _SHRINK_BUCKET = 10.0, 20.0


def weights(corpus: Corpus, known: Frequencies, pairs: Pairs) -> Doubles:
    """Outcome x token: ln(rate / mean rate) of missing among twins for a miss, of being found for a hit."""
    left, right = twins(corpus, known)
    lookup, size = Lookup(corpus), len(pairs.bucket)
    token, missed = [np.empty(0, dtype=np.int64)], [np.empty(0, dtype=bool)]
    for asking, answering in ((left, right), (right, left)):
        side = lookup.side(asking, answering)
        # A token that both names hold comes from both sides: the second is left out.
        counted = np.ones(len(side.token), dtype=bool) if asking is left else ~side.shared
        token.append(side.token[counted])
        missed.append(side.miss[counted])
    return _weights(np.concatenate(token), np.concatenate(missed), pairs.bucket, pairs.own, size)


def twins(corpus: Corpus, known: Frequencies) -> tuple[Ints, Ints]:
    """Pairs of look-alikes within sellers that list a product once."""
    rows = weighted(corpus.name, idf(matcher.columns(known, corpus).name, known.offers))
    hits = []
    for seller in np.unique(corpus.sellers[corpus.unique]):
        own = np.flatnonzero((corpus.sellers == seller) & corpus.unique)
        own = own[np.argsort(corpus.hashes[own])][:_MOST_OFFERS]
        # Seen as offers that may meet their own seller's.
        free = np.zeros(len(own), dtype=bool)
        shard = Shard(own, corpus.hashes[own], corpus.sellers[own], free, rows[own])
        found = block.search(shard, shard, TWINS)
        alike = found.score >= _LEAST_COSINE
        hits.append(block.Hits(found.query[alike], found.found[alike], found.score[alike]))
    if not hits:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    return block.pairs(hits)


def _weights(token: Ints, missed: Bools, bucket: Ints, own: Bools, size: int) -> Doubles:
    seen = np.bincount(token, minlength=size).astype(np.float64)
    missing = np.bincount(token[missed], minlength=size).astype(np.float64)
    mean = (missing.sum() + 1.0) / (seen.sum() + 2.0)
    of_bucket = (np.bincount(bucket, weights=missing, minlength=BUCKETS) + _SHRINK_BUCKET * mean) / (
        np.bincount(bucket, weights=seen, minlength=BUCKETS) + _SHRINK_BUCKET
    )
    rate = (missing * own + _SHRINK_TOKEN * of_bucket[bucket]) / (seen * own + _SHRINK_TOKEN)
    table = np.zeros((len(Outcome), size))
    table[Outcome.MISS] = np.log(rate / mean)
    table[[Outcome.HIT, Outcome.PREFIX]] = np.log((1.0 - rate) / (1.0 - mean))
    return table
