"""Whether the sellers of a source list a product once, where its YAML does not say.

offers -> resolved as if they did -> nearest offers within sellers, judged by that matcher -> repeats or not -> resolved

The competition between a seller's offers is what the method learns from, and what keeps products apart: a source that
does not promise it is taken to keep it, unless its offers have partners at their own seller as they have at others.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np

from kgspark.resolve import block, compete, matcher, resolver
from kgspark.resolve.block import Shard
from kgspark.resolve.corpus import Bools, Corpus, Doubles, Ints, mix
from kgspark.resolve.matcher import Frequencies, Matcher
from kgspark.resolve.pairs import prepare
from kgspark.resolve.resolver import NO_DECISIONS, Decisions, Resolution
from kgspark.resolve.settings import ResolveSettings

log = logging.getLogger(__name__)

# Partners at the own seller for each partner at another, above which a source is said to repeat products. Measured on
# Abt-Buy and halves of it: .30 to .50 as they are and with a tenth of the offers given to the wrong seller
# (near-variants of a product look like repeats), .74 to .87 with three tenths; PriceRunner .1 to .3.
MOST = 0.6
_NEAREST = 3
# Sellers of a source that are looked into, by hash.
_SELLERS = 300


@dataclass(frozen=True)
class Promises:
    """Sources whose sellers list a product once, and those of which nobody knows."""

    once: tuple[str, ...]
    asked: tuple[str, ...] = ()


def resolve(
    corpus: Corpus,
    sources: Sequence[str],
    promises: Promises,
    cfg: ResolveSettings,
    decisions: Decisions = NO_DECISIONS,
    known: Frequencies | None = None,
    fitted: Matcher | None = None,
) -> Resolution:
    """Fit and resolve; ``sources`` has each offer's. Where nothing can be learnt, nobody is believed who did not say.

    The matcher names the sources whose sellers were taken to list a product once. One that is ``fitted`` is applied to
    the corpus as it is: nobody is asked.
    """
    if fitted is not None:
        return resolver.resolve(corpus, cfg, fitted, decisions)
    name = np.array(sources, dtype=object)
    asked = set(promises.asked).intersection(sources)
    keeping = {*promises.once, *asked}
    found = resolver.resolve(_of(corpus, name, keeping), cfg, decisions=decisions, known=known)
    if asked and found.matcher.learnt:
        keeping -= {source for source in asked if _repeats(corpus, np.flatnonzero(name == source), source, found, cfg)}
    elif asked:
        keeping -= set(asked)
    if keeping != {*promises.once, *asked}:
        found = resolver.resolve(_of(corpus, name, keeping), cfg, decisions=decisions, known=known)
    return replace(found, matcher=replace(found.matcher, once=tuple(sorted(keeping))))


def _of(corpus: Corpus, sources: np.ndarray[tuple[int], np.dtype[np.object_]], once: Collection[str]) -> Corpus:
    return replace(corpus, unique=np.isin(sources, list(once)))


def _repeats(corpus: Corpus, rows: Ints, source: str, found: Resolution, cfg: ResolveSettings) -> bool:
    """Whether the offers ``rows`` of a source have partners at their own seller as they have at others."""
    across = np.zeros(len(corpus))
    for side in (found.pairs.left, found.pairs.right):
        np.maximum.at(across, side, found.p)
    looked, within = _within(corpus, rows, found.matcher, cfg)
    if not looked.any():
        return False
    own, other = float(within[looked].mean()), float(across[rows].mean())
    log.info(
        "resolve: source %s does not say whether its sellers list a product once; of 100 offers %.0f find a partner at "
        "their own seller, %.0f at another", source, 100 * own, 100 * other,
    )  # fmt: skip
    return own > MOST * other


def _within(corpus: Corpus, rows: Ints, fitted: Matcher, cfg: ResolveSettings) -> tuple[Bools, Doubles]:
    """Which offers were looked into, and the probability of each offer's best partner at its own seller."""
    looked, best = np.zeros(len(corpus), dtype=bool), np.zeros(len(corpus))
    sellers = np.unique(corpus.sellers[rows])
    hashed = mix(sellers.astype(np.uint64), np.zeros(len(sellers), dtype=np.uint64))
    chosen = sellers[np.argsort(hashed)][:_SELLERS]
    hits = []
    for asked in matcher.retrievals(corpus, fitted.frequencies, cfg.max_word_offers, cfg.max_gram_offers):
        for seller in chosen.tolist():
            own = rows[corpus.sellers[rows] == seller]
            looked[own] = True
            repeating = np.zeros(len(own), dtype=bool)
            shard = Shard(own, corpus.hashes[own], corpus.sellers[own], repeating, asked.rows[own])
            hits.append((asked.step, block.search(shard, shard, _NEAREST)))
    left, right, _ = block.pairs(hits)
    left, right, _ = resolver.in_order(corpus, left, right)
    evidence, name_df = matcher.evidence(corpus, fitted.frequencies, left, right)
    pairs = prepare(corpus, name_df, left, right, evidence)
    score = fitted.score(corpus, pairs)
    won = compete.winners(compete.order(score, pairs.tie), left, right)
    p = np.where(won, fitted.fitted.calibration.probability(score), 0.0)
    for side in (left, right):
        np.maximum.at(best, side, p)
    return looked, best
