"""Winners and decoys: which offer of each other seller is the best partner, and what a wrong best partner looks like.

scored pairs -> winners (best for both sides) -> hide them -> the best again: decoys

A slot is an offer and another seller: it holds one partner, because a seller lists a product once. A seller that may
list a product twice is its own rival too: its offers have a slot for each other, and the union joins through that pair
what competition left apart. (Several slots at such a seller, and belief in pairs that did not win, were measured:
Abt-Buy without its promise fell from F1 .89 to .33, as most of what wins then is wrong.) Where most sellers are small,
they share slots, see ``corpus``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kgspark.resolve.corpus import Bools, Corpus, Doubles, Ints, mix

# Rounds of "best for both slots". Measured on ten tables, F1 after 3 rounds equals that after 8 within its noise, and
# on Spark each round is a shuffle.
ROUNDS = 3


def slots(corpus: Corpus, left: Ints, right: Ints) -> tuple[Ints, Ints]:
    """The two slots of each pair, as numbers: left offer with right's lane, right offer with left's lane."""
    lanes = np.int64(corpus.lanes.max(initial=0) + 1)
    both = np.concatenate([left * lanes + corpus.lanes[right], right * lanes + corpus.lanes[left]])
    numbers = np.unique(both, return_inverse=True)[1]
    return numbers[: len(left)], numbers[len(left) :]


def order(score: Doubles, tie: NDArray[np.uint64] | Ints) -> Ints:
    """Pairs from the best to the worst, equal scores by hash; the rank of each pair."""
    rank = np.empty(len(score), dtype=np.int64)
    rank[np.lexsort((tie, -score))] = np.arange(len(score))
    return rank


def ties(corpus: Corpus, left: Ints, right: Ints) -> NDArray[np.uint64]:
    """What tells equal pairs apart: a hash of both offers."""
    return mix(corpus.hashes[left], corpus.hashes[right])


def winners(rank: Ints, first: Ints, second: Ints, allowed: Bools | None = None, rounds: int = ROUNDS) -> Bools:
    """Pairs that are the best of both their slots, round after round among the pairs whose slots are still free."""
    won = np.zeros(len(rank), dtype=bool)
    if not len(rank):
        return won
    size = int(max(first.max(), second.max())) + 1
    taken = np.zeros(size, dtype=bool)
    open_pairs = np.flatnonzero(allowed) if allowed is not None else np.arange(len(rank))
    # In rank order, the first pair of a slot is its best.
    open_pairs = open_pairs[np.argsort(rank[open_pairs])]
    for _ in range(rounds):
        if not len(open_pairs):
            break
        places = np.arange(len(open_pairs))
        best = np.full(size, len(open_pairs))
        np.minimum.at(best, first[open_pairs], places)
        np.minimum.at(best, second[open_pairs], places)
        mutual = (best[first[open_pairs]] == places) & (best[second[open_pairs]] == places)
        chosen = open_pairs[mutual]
        won[chosen] = True
        taken[first[chosen]] = taken[second[chosen]] = True
        open_pairs = open_pairs[~taken[first[open_pairs]] & ~taken[second[open_pairs]]]
    return won


def decoys(rank: Ints, first: Ints, second: Ints, won: Bools) -> Bools:
    """The same walk over the pairs that did not win, all slots free again."""
    return winners(rank, first, second, allowed=~won)
