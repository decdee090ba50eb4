"""From accepted pairs to products: unions from the surest pair down, never two offers of one seller in one product.

accepted pairs -> by falling score -> union unless a rule refuses it -> clusters

Plain connected components chain: one wrong pair joins two products, and a hundred wrong pairs a category.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from kgspark.resolve.corpus import Bools, Ints


class Refusal(IntEnum):
    """Why a pair united nothing, or 0 where no rule stood against it."""

    NONE = 0
    SELLER = 1  # a seller that lists a product once would have two offers in it
    SIZE = 2  # the cluster would be larger than the limit: it falls apart along its weakest pairs


@dataclass(frozen=True)
class Clusters:
    """``cluster`` of each offer (a row number in it), and what refused each pair (Refusal)."""

    cluster: Ints
    refusal: NDArray[np.int8]


def union(left: Ints, right: Ints, rank: Ints, sellers: Ints, unique: Bools, max_offers: int) -> Clusters:
    """Unite the pairs in the order of their rank, unless a Refusal stands against it."""
    parent = np.arange(len(sellers)).tolist()
    # Sellers that list a product once, and the number of offers, of each root.
    held: list[set[int]] = [{s} if u else set() for s, u in zip(sellers.tolist(), unique.tolist(), strict=True)]
    size = [1] * len(parent)
    refusal = np.zeros(len(left), dtype=np.int8)

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
            refusal[pair] = Refusal.SELLER
            continue
        if size[one] + size[other] > max_offers:
            refusal[pair] = Refusal.SIZE
            continue
        into, gone = (one, other) if size[one] >= size[other] else (other, one)
        parent[gone] = into
        size[into] += size[gone]
        held[into] |= held[gone]
        held[gone] = set()
    return Clusters(np.array([root(offer) for offer in range(len(parent))], dtype=np.int64), refusal)
