"""The whole method over offers that fit one process: what evaluation runs, and what Spark must agree with.

corpus -> candidates -> evidence -> (fit) -> scores -> winners -> accepted pairs -> clusters
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import numpy as np

from kgspark.resolve import block, cluster, compete, features, learn, matcher, prices
from kgspark.resolve.block import Shard
from kgspark.resolve.cluster import Clusters
from kgspark.resolve.corpus import Bools, Corpus, Doubles, Ints
from kgspark.resolve.matcher import Frequencies, Matcher
from kgspark.resolve.pairs import Pairs, prepare
from kgspark.resolve.settings import ResolveSettings


@dataclass(frozen=True)
class Resolution:
    """Candidate pairs with score and probability, clusters of the accepted ones, the matcher, and seconds a step."""

    pairs: Pairs
    score: Doubles
    won: Bools
    p: Doubles
    accepted: Bools
    clusters: Clusters
    matcher: Matcher
    seconds: dict[str, float] = field(default_factory=dict)


def resolve(corpus: Corpus, cfg: ResolveSettings, fitted: Matcher | None = None) -> Resolution:
    """Resolve the offers of a corpus: with a fitted matcher, or fit one first."""
    seconds: dict[str, float] = {}
    with _clock(seconds, "candidates"):
        known = fitted.frequencies if fitted else matcher.frequencies(corpus)
        left, right = candidates(corpus, known, cfg)
    with _clock(seconds, "features"):
        evidence, name_df = matcher.evidence(corpus, known, left, right)
        pairs = prepare(corpus, name_df, left, right, evidence)
    if fitted is None:
        with _clock(seconds, "learning"):
            fitted = fit(corpus, known, pairs, cfg)
            pairs = priced(corpus, pairs, fitted.frequencies)
    with _clock(seconds, "clusters"):
        score = fitted.score(corpus, pairs)
        rank = compete.order(score, pairs.tie)
        won = compete.winners(rank, pairs.first, pairs.second)
        p = np.where(won, fitted.fitted.calibration.probability(score), 0.0)
        accepted = p >= cfg.min_probability
        found = cluster.union(
            left[accepted], right[accepted], rank[accepted], corpus.sellers, corpus.unique, cfg.max_cluster_offers
        )
    return Resolution(pairs, score, won, p, accepted, found, fitted, seconds)


def candidates(corpus: Corpus, known: Frequencies, cfg: ResolveSettings) -> tuple[Ints, Ints]:
    """Pairs found by any search, or by a GTIN or brand and model number that not too many offers share."""
    numbers = np.arange(len(corpus))
    hits = []
    for asked in matcher.retrievals(corpus, known, cfg.max_word_offers, cfg.max_gram_offers):
        shard = Shard(numbers, corpus.hashes, corpus.sellers, corpus.unique, asked.rows)
        hits.append(block.search(shard, shard, cfg.candidates))
    for codes, cap in ((corpus.gtins, cfg.max_offers_per_gtin), (corpus.models, cfg.max_offers_per_mpn)):
        hits.append(block.equal(codes, corpus.sellers, corpus.unique, cap))
    return in_order(corpus, *block.pairs(hits))


def in_order(corpus: Corpus, left: Ints, right: Ints) -> tuple[Ints, Ints]:
    """Pairs by the hashes of their offers, smaller hash first: sums then run in one order whatever the rows' order."""
    swap = corpus.hashes[left] > corpus.hashes[right]
    left, right = np.where(swap, right, left), np.where(swap, left, right)
    order = np.lexsort((corpus.hashes[right], corpus.hashes[left]))
    return left[order], right[order]


def fit(corpus: Corpus, known: Frequencies, pairs: Pairs, cfg: ResolveSettings) -> Matcher:
    """Learn from the pairs of a corpus. With too few winners nothing can be learnt: then no pair is accepted."""
    first = features.first_score(pairs.evidence)
    sure = learn.judge(first, pairs).p >= cfg.min_probability
    known = replace(known, price_levels=prices.levels(corpus, pairs.left[sure], pairs.right[sure]))
    pairs = priced(corpus, pairs, known)
    learnt = learn.learn(pairs, first)
    fitted = matcher.build(known, corpus, pairs, learnt)
    return fitted if int(learnt.judged.won.sum()) >= cfg.min_winners else matcher.believing_nothing(fitted)


def priced(corpus: Corpus, pairs: Pairs, known: Frequencies) -> Pairs:
    """The pairs with prices compared by the currencies' levels that a fit found."""
    return replace(pairs, evidence=features.priced(pairs.evidence, corpus, known.price_levels, pairs.left, pairs.right))


@contextmanager
def _clock(seconds: dict[str, float], step: str) -> Iterator[None]:
    started = time.perf_counter()
    yield
    seconds[step] = time.perf_counter() - started
