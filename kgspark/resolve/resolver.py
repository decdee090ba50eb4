"""The whole method over offers that fit one process: what evaluation runs, and what Spark must agree with.

corpus -> candidates -> evidence -> (fit) -> scores -> winners -> believed pairs -> clusters
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from kgspark.resolve import block, cluster, compete, features, learn, matcher, prices
from kgspark.resolve.block import Hits, Shard, Step
from kgspark.resolve.cluster import DIFFERENT, SAME, UNDECIDED, Clusters, Links, Members
from kgspark.resolve.corpus import Bools, Corpus, Doubles, Ints, without_placeholders
from kgspark.resolve.matcher import Frequencies, Matcher
from kgspark.resolve.pairs import Pairs, prepare
from kgspark.resolve.settings import ResolveSettings

Decided = NDArray[np.int8]


class Verdict(IntEnum):
    """What became of a candidate pair."""

    JOINED = 0
    REFUSED_SELLER = 1  # as cluster.Refusal
    REFUSED_SIZE = 2
    REFUSED_PERSON = 3
    REFUSED_LINKS = 4
    BEATEN = 5  # one of the two has a better partner at the other's seller
    IMPROBABLE = 6


@dataclass(frozen=True)
class Decisions:
    """What people said of pairs of rows: SAME or DIFFERENT."""

    left: Ints
    right: Ints
    said: Decided


_EMPTY = np.empty(0, dtype=np.int64)
NO_DECISIONS = Decisions(_EMPTY, _EMPTY, np.empty(0, dtype=np.int8))


@dataclass(frozen=True)
class Resolution:
    """The corpus without its placeholder codes; candidate pairs with the steps that found them, score, probability and
    verdict; clusters; the matcher; seconds.

    ``kept`` pairs are worth showing: what the matcher says of them or what people decided makes them so. ``p`` is 0 for
    pairs that had to win and did not; ``decided`` is what people said of a pair.
    """

    corpus: Corpus
    pairs: Pairs
    steps: Ints
    score: Doubles
    kept: Bools
    won: Bools
    p: Doubles
    decided: Decided
    verdict: NDArray[np.int8]
    clusters: Clusters
    matcher: Matcher
    seconds: dict[str, float] = field(default_factory=dict)


def resolve(
    corpus: Corpus,
    cfg: ResolveSettings,
    fitted: Matcher | None = None,
    decisions: Decisions = NO_DECISIONS,
    known: Frequencies | None = None,
) -> Resolution:
    """Resolve the offers of a corpus: with a fitted matcher and the settings it was fitted under, or fit one first.

    ``known`` are the document frequencies where the corpus is a sample of more offers.
    """
    cfg = cfg.under(fitted.settings) if fitted else cfg
    seconds: dict[str, float] = {}
    corpus = without_placeholders(corpus, cfg.max_offers_per_gtin, cfg.max_offers_per_mpn)
    with _clock(seconds, "candidates"):
        known = fitted.frequencies if fitted else known or matcher.frequencies(corpus)
        left, right, steps = candidates(corpus, known, cfg, decisions)
    with _clock(seconds, "features"):
        evidence, name_df = matcher.evidence(corpus, known, left, right)
        pairs = prepare(corpus, name_df, left, right, evidence)
    decided = look_up(decisions, left, right)
    if fitted is None:
        with _clock(seconds, "learning"):
            fitted = fit(corpus, known, pairs, cfg, decided)
            pairs = priced(corpus, pairs, fitted.frequencies)
    with _clock(seconds, "clusters"):
        score = fitted.score(corpus, pairs)
        rank = compete.order(score, pairs.tie)
        believed, must_win = fitted.probability(corpus, pairs, score, cfg)
        # The others rank below these, and would take no slot from them.
        kept = worth_keeping(believed, decided, cfg)
        won = compete.winners(rank, pairs.first, pairs.second, kept & (decided != DIFFERENT))
        p = np.where(won | ~must_win, believed, 0.0)
        live = np.flatnonzero(worth_keeping(p, decided, cfg))
        links = Links(left[live], right[live], rank[live], p[live], decided[live])
        found = cluster.union(links, Members(corpus.sellers, corpus.unique, corpus.guarded), cfg)
        verdict = np.where(must_win & ~won, Verdict.BEATEN, Verdict.IMPROBABLE).astype(np.int8)
        judged = (links.p >= cfg.min_probability) | (links.said != UNDECIDED)
        verdict[live[judged]] = found.refusal[judged]
    return Resolution(corpus, pairs, steps, score, kept, won, p, decided, verdict, found, fitted, seconds)


def worth_keeping(p: Doubles, decided: Decided, cfg: ResolveSettings) -> Bools:
    """The pairs with a probability worth showing, and those that people decided."""
    return np.asarray((p >= cfg.min_kept_probability) | (decided != UNDECIDED))


def candidates(
    corpus: Corpus, known: Frequencies, cfg: ResolveSettings, decisions: Decisions = NO_DECISIONS
) -> tuple[Ints, Ints, Ints]:
    """Pairs found by any search, by a GTIN or brand and model number that not too many share, or decided by people.

    Gives both rows, in the order of ``in_order``, and a mask of the steps (block.Step).
    """
    numbers = np.arange(len(corpus))
    hits = []
    for asked in matcher.retrievals(corpus, known, cfg.max_word_offers, cfg.max_gram_offers):
        shard = Shard(numbers, corpus.hashes, corpus.sellers, corpus.unique, asked.rows)
        hits.append((asked.step, search(shard, shard, corpus.guarded, cfg)))
    for step, codes in ((Step.GTIN, corpus.gtins), (Step.MODEL, corpus.models)):
        hits.append((step, block.equal(codes, corpus.sellers, corpus.unique)))
    hits.append((Step.PERSON, Hits(decisions.left, decisions.right, np.ones(len(decisions.left)))))
    left, right, steps = block.pairs(hits)
    left, right, order = in_order(corpus, left, right)
    return left, right, steps[order]


def search(queries: Shard, index: Shard, guarded: Bools, cfg: ResolveSettings) -> Hits:
    """The nearest offers of each query: more for those not ``guarded``, that may have several partners at a seller."""
    found = [block.no_hits()]
    for asking, k in ((guarded, cfg.candidates), (~guarded, cfg.unguarded_candidates)):
        if asking.any():
            found.append(block.search(queries.of(np.flatnonzero(asking)), index, k))
    parts = [np.concatenate([getattr(hits, name) for hits in found]) for name in ("query", "found", "score")]
    return Hits(*parts)


def in_order(corpus: Corpus, left: Ints, right: Ints) -> tuple[Ints, Ints, Ints]:
    """Pairs by the hashes of their offers, smaller hash first: sums then run in one order whatever the rows' order.

    Gives both rows, and from where each pair came.
    """
    swap = corpus.hashes[left] > corpus.hashes[right]
    left, right = np.where(swap, right, left), np.where(swap, left, right)
    order = np.lexsort((corpus.hashes[right], corpus.hashes[left]))
    return left[order], right[order], order


def look_up(decisions: Decisions, left: Ints, right: Ints) -> Decided:
    """What people said of each pair, whichever way round."""
    known = {
        frozenset(ends): said
        for *ends, said in zip(decisions.left.tolist(), decisions.right.tolist(), decisions.said.tolist(), strict=True)
    }
    if not known:
        return np.full(len(left), UNDECIDED, dtype=np.int8)
    said = (known.get(frozenset(pair), UNDECIDED) for pair in zip(left.tolist(), right.tolist(), strict=True))
    return np.fromiter(said, dtype=np.int8, count=len(left))


def fit(corpus: Corpus, known: Frequencies, pairs: Pairs, cfg: ResolveSettings, decided: Decided) -> Matcher:
    """Learn from the pairs of a corpus. With too few winners nothing can be learnt: then only shared keys count."""
    label = np.where(decided == UNDECIDED, np.nan, decided == SAME)
    first = features.first_score(pairs.evidence)
    sure = learn.judge(first, pairs, label).p >= cfg.min_probability
    known = replace(known, price_levels=prices.levels(corpus, pairs.left[sure], pairs.right[sure]))
    pairs = priced(corpus, pairs, known)
    learnt = learn.learn(pairs, first, label)
    fitted = matcher.build(known, corpus, pairs, learnt, cfg)
    # An offer wins once with each other seller: thirty offers of thirty sellers have hundreds of best pairs, and teach
    # no more than fifteen.
    partnered = np.unique(np.concatenate([pairs.left[learnt.judged.won], pairs.right[learnt.judged.won]]))
    return fitted if len(partnered) >= 2 * cfg.min_winners else matcher.believing_keys(fitted)


def priced(corpus: Corpus, pairs: Pairs, known: Frequencies) -> Pairs:
    """The pairs with prices compared by the currencies' levels that a fit found."""
    return replace(pairs, evidence=features.priced(pairs.evidence, corpus, known.price_levels, pairs.left, pairs.right))


@contextmanager
def _clock(seconds: dict[str, float], step: str) -> Iterator[None]:
    started = time.perf_counter()
    yield
    seconds[step] = time.perf_counter() - started
