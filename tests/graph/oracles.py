"""Graphs to try engines on, and slow plain answers to compare with."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import pairwise

import networkx as nx
import numpy as np

Edge = tuple[int, int, float]


@dataclass(frozen=True)
class Case:
    """Vertex ids and edge rows as an engine gets them: repeated, dangling, looping."""

    vertices: list[int]
    edges: list[Edge]

    def kept(self) -> dict[tuple[int, int], float]:
        """What all engines agree that the graph is: distinct edges between vertices, weights summed."""
        known, weights = set(self.vertices), defaultdict(float)
        for src, dst, weight in self.edges:
            if src in known and dst in known:
                weights[src, dst] += weight
        return dict(weights)

    def directed(self) -> nx.DiGraph:
        graph = nx.DiGraph()
        graph.add_nodes_from(self.vertices)
        graph.add_weighted_edges_from((src, dst, weight) for (src, dst), weight in self.kept().items())
        return graph


def hard_case(seed: int = 7, chain: int = 500) -> Case:
    """A sparse random part, a long chain in random order of ids, isolated vertices, loops, repeats, dangling edges."""
    rng = np.random.default_rng(seed)
    ids = [int(i) for i in rng.integers(-(2**62), 2**62, 120 + chain)]
    core, alone, line = ids[:110], ids[110:120], ids[120:]
    pairs = [(int(a), int(b)) for a, b in rng.choice(core, (90, 2))]
    pairs += [(b, a) for a, b in pairs[:20]] + pairs[:30] + [(v, v) for v in core[:5]] + [(alone[0], alone[0])]
    # Two strangers that many vertices point to must not tie them together.
    pairs += [(v, 1) for v in core[::9]] + [(2, v) for v in alone] + [(1, 2)]
    pairs += list(pairwise(line))
    edges = [(a, b, float(w)) for (a, b), w in zip(pairs, rng.integers(0, 5, len(pairs)) / 4, strict=True)]
    return Case(ids + ids[:3], edges)


def components(case: Case) -> dict[int, int]:
    return {v: min(part) for part in nx.weakly_connected_components(case.directed()) for v in part}


def pagerank(
    case: Case, weighted: bool = False, seeds: list[int] | None = None, reset: float = 0.15
) -> dict[int, float]:
    ranks: dict[int, float] = nx.pagerank(
        case.directed(),
        alpha=1 - reset,
        personalization=None if seeds is None else dict.fromkeys(seeds, 1),
        weight="weight" if weighted else None,
        tol=1e-15,
        max_iter=2000,
    )
    return ranks


def cdlp(case: Case, rounds: int) -> dict[int, int]:
    """LDBC's definition, word for word."""
    label = {v: v for v in case.vertices}
    for _ in range(rounds):
        heard: dict[int, Counter[int]] = defaultdict(Counter)
        for src, dst in case.kept():
            heard[dst][label[src]] += 1
            heard[src][label[dst]] += 1
        label |= {
            v: min(name for name, count in votes.items() if count == max(votes.values())) for v, votes in heard.items()
        }
    return label


def degrees(case: Case) -> dict[int, tuple[int, int]]:
    graph = case.directed()
    return {v: (graph.in_degree(v), graph.out_degree(v)) for v in graph}
