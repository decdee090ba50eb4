"""From accepted pairs to products: unions from the surest pair down, never two offers of one seller in one product.

accepted pairs -> by falling score -> union unless a seller would meet itself -> clusters

Plain connected components chain: one wrong pair joins two products, and a hundred wrong pairs a category.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kgspark.resolve.corpus import Bools, Ints


@dataclass(frozen=True)
class Clusters:
    """``cluster`` of each offer (smallest row number in it), and which pairs a rule refused."""

    cluster: Ints
    refused: Bools


def union(left: Ints, right: Ints, rank: Ints, sellers: Ints, unique: Bools) -> Clusters:
    """Unite the pairs in the order of their rank; refuse a union that gives a ``unique`` seller two offers."""
    parent = np.arange(len(sellers)).tolist()
    # Sellers that list a product once, of each root.
    held: list[set[int]] = [{s} if u else set() for s, u in zip(sellers.tolist(), unique.tolist(), strict=True)]
    refused = np.zeros(len(left), dtype=bool)

    def root(offer: int) -> int:
        while parent[offer] != offer:
            parent[offer] = parent[parent[offer]]
            offer = parent[offer]
        return offer

    for pair in np.argsort(rank).tolist():
        one, other = root(int(left[pair])), root(int(right[pair]))
        if one == other:
            continue
        if not held[one].isdisjoint(held[other]):
            refused[pair] = True
            continue
        low, high = min(one, other), max(one, other)
        parent[high] = low
        held[low] |= held[high]
        held[high] = set()
    return Clusters(np.array([root(offer) for offer in range(len(parent))], dtype=np.int64), refused)
