"""Candidate pairs: the offers of other sellers that look most alike, by sparse top-k retrieval.

weighted rows -> (query shard x index shard) cells -> top k of each cell -> top k over the cells -> pairs

Manning, Raghavan and Schuetze, Introduction to Information Retrieval (2008), chapter 6 for TF-IDF cosine; the product
that keeps only the k best of a row is sparse-dot-topn (ING Bank).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntFlag

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from kgspark.resolve.corpus import Bools, Doubles, Ints, Matrix

# Each index row is scaled by up to this much, by its hash: equal cosines are then told apart by the hash of the offer,
# never by its row. Far above rounding (1e-15), far below any difference that means something.
_TIE_BREAK = 1e-9
# Sellers with at least this share of an index shard are searched without their own offers; for the others, whose few
# own offers are skipped afterwards, a search asks for this many more than it needs.
_LARGE_SELLER = 0.1
_SPARE = 8


class Step(IntFlag):
    """What made two offers a candidate pair; a pair may have several."""

    NAME = 1
    TEXT = 2
    GRAMS = 4
    GTIN = 8
    MODEL = 16  # brand and model number
    PERSON = 32  # somebody decided on it


# The steps that look for an offer's nearest ones.
SEARCHES = (Step.NAME, Step.TEXT, Step.GRAMS)


def steps_of(mask: int) -> list[str]:
    """The names of the steps in a mask.

    >>> steps_of(5)
    ['name', 'grams']
    """
    return [str(step.name).lower() for step in Step if step & mask]


@dataclass(frozen=True)
class Shard:
    """Some offers: their row ``numbers`` in the whole, hashes, sellers, and whether a seller lists a product once."""

    numbers: Ints
    hashes: NDArray[np.uint64]
    sellers: Ints
    unique: Bools
    weights: Matrix

    def of(self, rows: Ints) -> Shard:
        """Some of these offers."""
        return Shard(self.numbers[rows], self.hashes[rows], self.sellers[rows], self.unique[rows], self.weights[rows])


@dataclass(frozen=True)
class Hits:
    """Found neighbours: row number of the query, of the neighbour, cosine (scaled by the tie break)."""

    query: Ints
    found: Ints
    score: Doubles


def no_hits() -> Hits:
    """What a search finds where nothing asks."""
    empty = np.empty(0, dtype=np.int64)
    return Hits(empty, empty, np.empty(0))


def capped(weights: Matrix, df: Ints, cap: int) -> Matrix:
    """The rows without the columns that more than ``cap`` offers hold: they cost most and tell least.

    Lengths stay those of the whole row, so that a row that loses much scores low.
    """
    keep = df[weights.indices] <= cap
    starts = np.concatenate([[0], np.cumsum(keep)])[weights.indptr]
    return sparse.csr_array((weights.data[keep], weights.indices[keep], starts), weights.shape)


def search(queries: Shard, index: Shard, k: int) -> Hits:
    """One cell of the grid: for each query its ``k`` nearest offers of the index, by falling cosine.

    An offer does not meet itself, nor another offer of its seller where that one lists a product once.
    """
    scale = 1.0 - _TIE_BREAK * (index.hashes.astype(np.float64) / 2.0**64)
    columns = (sparse.diags_array(scale) @ index.weights).T.tocsr()
    sellers, counts = np.unique(index.sellers[index.unique], return_counts=True)
    large = sellers[counts >= _LARGE_SELLER * len(index.sellers)]
    parts: list[Hits] = []
    for seller in large:
        asking = np.flatnonzero((queries.sellers == seller) & queries.unique)
        others = np.flatnonzero((index.sellers != seller) | ~index.unique)
        if len(asking) and len(others):
            parts.append(_search(queries, asking, index, columns[:, others], others, k))
    asking = np.flatnonzero(~(np.isin(queries.sellers, large) & queries.unique))
    everything = np.arange(len(index.sellers))
    parts.append(_search(queries, asking, index, columns, everything, k))
    return merge(parts, k)


def merge(parts: Iterable[Hits], k: int) -> Hits:
    """The ``k`` best hits of each query over several cells, in the order of query and rank."""
    together = [no_hits(), *parts]
    query, found, score = (
        np.concatenate([getattr(part, name) for part in together]) for name in ("query", "found", "score")
    )
    order = np.lexsort((-score, query))
    starts = np.concatenate([[True], query[order][1:] != query[order][:-1]]) if len(order) else np.empty(0, dtype=bool)
    rank = np.arange(len(order)) - np.maximum.accumulate(np.where(starts, np.arange(len(order)), 0))
    best = order[rank < k]
    return Hits(query[best], found[best], score[best])


def equal(codes: Ints, sellers: Ints, unique: Bools) -> Hits:
    """All pairs of offers with one code (-1: none)."""
    order = np.argsort(codes, kind="stable")
    order = order[codes[order] >= 0]
    _, start, size = np.unique(codes[order], return_index=True, return_counts=True)
    lows, highs = [], []
    for count in np.unique(size[size >= 2]):
        members = order[start[size == count][:, None] + np.arange(count)]
        one, other = np.triu_indices(count, k=1)
        lows.append(members[:, one].ravel())
        highs.append(members[:, other].ravel())
    low, high = (np.concatenate([np.empty(0, dtype=np.int64), *parts]) for parts in (lows, highs))
    own = (sellers[low] == sellers[high]) & unique[low] & unique[high]
    return Hits(low[~own], high[~own], np.ones(int((~own).sum())))


def pairs(hits: Iterable[tuple[Step, Hits]]) -> tuple[Ints, Ints, Ints]:
    """The distinct pairs among hits, whichever side asked: smaller and larger row number, and a mask of the steps."""
    found = list(hits)
    low, high = (np.concatenate([end(h.query, h.found) for _, h in found]) for end in (np.minimum, np.maximum))
    step = np.concatenate([np.full(len(h.query), int(step), dtype=np.int64) for step, h in found])
    distinct, place = np.unique(np.stack([low, high], axis=1), axis=0, return_inverse=True)
    mask = np.zeros(len(distinct), dtype=np.int64)
    np.bitwise_or.at(mask, place.ravel(), step)
    return distinct[:, 0], distinct[:, 1], mask


def _search(queries: Shard, asking: Ints, index: Shard, columns: Matrix, others: Ints, k: int) -> Hits:
    """Ask for a few more than needed; the queries whose own seller took those places ask again for four times more."""
    from sparse_dot_topn import sp_matmul_topn

    parts: list[Hits] = []
    wanted = k + _SPARE
    while len(asking):
        wanted = min(wanted, len(others))
        got = sp_matmul_topn(sparse.csr_matrix(queries.weights[asking]), sparse.csr_matrix(columns), top_n=wanted)
        row = asking[np.repeat(np.arange(len(asking)), np.diff(got.indptr))]
        found = others[got.indices]
        own = (queries.sellers[row] == index.sellers[found]) & queries.unique[row] & index.unique[found]
        allowed = ~own & (queries.numbers[row] != index.numbers[found])
        kept = np.bincount(row[allowed], minlength=len(queries.sellers))
        full = np.zeros(len(queries.sellers), dtype=bool)
        full[asking] = np.diff(got.indptr) >= wanted
        again = full & (kept < k) & (wanted < len(others))
        emit = allowed & ~again[row]
        parts.append(Hits(queries.numbers[row[emit]], index.numbers[found[emit]], got.data[emit]))
        asking = np.flatnonzero(again)
        wanted *= 4
    return merge(parts, k)
