"""Graph algorithms on arrays, for a graph that fits one process: the driver's, or one Arrow worker's.

vertex ids and edges -> positions in the sorted ids (int32) -> distinct edges in order -> one array a question

Everything is sorted before it is summed, so that row order and partitioning cannot change a bit of the results.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse import csgraph

from kgspark.graph.engine_api import pagerank_rounds, scale_of, unknown_seeds

Ints = npt.NDArray[np.signedinteger[Any]]
Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True)
class CompactGraph:
    """A graph whose vertices are positions in ``ids``, which are sorted; edges are distinct, sorted by both ends."""

    ids: Ints
    src: Ints
    dst: Ints
    weight: Doubles
    left_out: int
    """Edge rows that were left out, because an end is no vertex."""

    def connected_components(self) -> Ints:
        """Smallest id of each vertex's component."""
        ones = np.ones(len(self.src))
        count, label = csgraph.connected_components(self._matrix(ones), directed=True, connection="weak")
        # Ids are sorted: the first vertex of a component has its smallest id.
        first = np.full(count, len(label))
        np.minimum.at(first, label, np.arange(len(label)))
        smallest: Ints = self.ids[first[label]]
        return smallest

    def pagerank(
        self, weighted: bool, seeds: Sequence[int] | None, reset: float, tolerance: float, start: Doubles | None = None
    ) -> Doubles:
        """PageRank of each vertex; the ranks sum to 1. ``start``: ranks of a graph that was nearly this one."""
        size = len(self.ids)
        jump = np.full(size, 1 / max(size, 1)) if seeds is None else self._jump_to(seeds)
        flow = self.weight if weighted else np.ones(len(self.src))
        out = np.bincount(self.src, weights=flow, minlength=size)
        share = np.divide(flow * (1 - reset), out[self.src], out=np.zeros(len(flow)), where=out[self.src] > 0)
        follow = self._matrix(share).T
        # The series jump + F jump + F F jump + ..., or, from an estimate, estimate + e + F e + F F e + ... with
        # e = jump + F estimate - estimate. What a round adds bounds the error.
        rank = (
            np.zeros(size)
            if start is None
            else start * scale_of(float(start.sum()), float(start[out > 0].sum()), reset)
        )
        added = jump + follow @ rank - rank
        # What is still to come when a round adds so little is at most the tolerance, over all vertices.
        least = tolerance * reset
        if start is not None and np.all(np.abs(added) <= least * rank) and abs(start.sum() - 1) <= least:
            # Nothing has changed: the same ranks, to the bit.
            return start
        rank = rank + added
        for _ in range(pagerank_rounds(size, reset, least)):
            added = follow @ added
            rank = rank + added
            if np.all(np.abs(added) <= least * rank):
                break
        ranks: Doubles = rank / rank.sum() if size else rank
        return ranks

    def aligned(self, ids: Ints, values: Doubles) -> Doubles:
        """Values of some ids as an array over all vertices; 0 for those that have none, or none above 0."""
        at = positions(self.ids, ids)
        known = (at >= 0) & np.isfinite(values) & (values > 0)
        found = np.zeros(len(self.ids))
        found[at[known]] = values[known]
        return found

    def label_propagation(self, rounds: int) -> Ints:
        """CDLP label of each vertex after the rounds."""
        size = len(self.ids)
        label = np.arange(size)
        listener = np.concatenate([self.dst, self.src]).astype(np.int64) * size
        speaker = np.concatenate([self.src, self.dst])
        for _ in range(rounds):
            heard = np.sort(listener + label[speaker])
            starts, counts = _runs(heard)
            vertex, said = np.divmod(heard[starts], max(size, 1))
            first, width = _runs(vertex)
            most = np.repeat(np.maximum.reduceat(counts, first), width) if len(first) else counts
            # Labels of a vertex lie in order: its first run with the highest count is the smallest such label.
            best = np.flatnonzero(counts == most)
            best = best[_runs(vertex[best])[0]]
            following = label.copy()
            following[vertex[best]] = said[best]
            if np.array_equal(following, label):
                break
            label = following
        return self.ids[label]

    def degrees(self) -> tuple[Ints, Ints]:
        """In-degree and out-degree of each vertex."""
        size = len(self.ids)
        return np.bincount(self.dst, minlength=size), np.bincount(self.src, minlength=size)

    def _matrix(self, values: Doubles) -> sparse.csr_array:
        """Edges as a sparse matrix, source by row; they are sorted by source, so that nothing is copied."""
        size = len(self.ids)
        rows = np.concatenate([[0], np.cumsum(np.bincount(self.src, minlength=size))])
        index = _index(max(size, len(values)))
        return sparse.csr_array((values, self.dst.astype(index), rows.astype(index)), shape=(size, size))

    def _jump_to(self, seeds: Sequence[int]) -> Doubles:
        wanted = np.unique(np.asarray(seeds, dtype=np.int64))
        at = positions(self.ids, wanted)
        if len(wanted) == 0 or at.min() < 0:
            raise unknown_seeds(seeds, set(wanted[at >= 0].tolist()))
        jump = np.zeros(len(self.ids))
        jump[at] = 1 / len(at)
        return jump


def compact(vertex_ids: Ints, parts: Iterable[tuple[Ints, Ints, Doubles]]) -> CompactGraph:
    """A compact graph from ids and any number of parts (src, dst, weight), each turned into positions as it comes."""
    ids = np.sort(vertex_ids)
    ids = ids[_runs(ids)[0]]
    nowhere = positions(ids, ids[:0])
    sources, targets, weights, rows = [nowhere], [nowhere], [np.zeros(0)], 0
    for src_ids, dst_ids, weight in parts:
        src, dst = positions(ids, src_ids), positions(ids, dst_ids)
        inside = (src >= 0) & (dst >= 0)
        rows += len(inside)
        sources.append(src[inside])
        targets.append(dst[inside])
        weights.append(weight[inside])
    key = np.concatenate(sources).astype(np.int64) * len(ids)
    key += np.concatenate(targets)
    return _distinct(ids, key, np.concatenate(weights), rows - len(key))


def positions(ids: Ints, values: Ints) -> Ints:
    """Where each value lies in the sorted ids; -1 where it does not."""
    if len(ids) == 0:
        return np.full(len(values), -1, dtype=np.int32)
    at = np.searchsorted(ids, values)
    at[at == len(ids)] = 0
    at[ids[at] != values] = -1
    return at.astype(_index(len(ids)))


def _distinct(ids: Ints, key: Ints, weight: Doubles, left_out: int) -> CompactGraph:
    """Edges in order of their key (source position times vertices, plus target position), each once."""
    order = np.argsort(key, kind="stable")
    key, weight = key[order], weight[order]
    starts, _ = _runs(key)
    if len(starts) < len(key):
        # Parallel edges: the lightest first, whatever the row order, as floating-point sums depend on it.
        weight = np.add.reduceat(weight[np.lexsort((weight, key))], starts)
        key = key[starts]
    src, dst = (part.astype(_index(len(ids))) for part in np.divmod(key, max(len(ids), 1)))
    return CompactGraph(ids, src, dst, weight, left_out)


def _runs(ordered: Ints) -> tuple[Ints, Ints]:
    """Start and length of every run of equal values."""
    starts = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]])) if len(ordered) else np.arange(0)
    return starts, np.diff(np.concatenate([starts, [len(ordered)]]))


def _index(size: int) -> type[np.signedinteger[Any]]:
    """Half the memory wherever positions allow it, which is nearly always."""
    return np.int32 if size < np.iinfo(np.int32).max else np.int64
