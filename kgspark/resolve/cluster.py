"""From accepted pairs to products: unions from the surest pair down, never two offers of one seller in one product.

accepted pairs -> what people said, then by falling score -> union unless a rule refuses it -> clusters

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
    PERSON = 3  # a person said that two offers of it are different products


# What a person said of a pair: nothing, one product, or different ones.
UNDECIDED, SAME, DIFFERENT = 0, 1, -1


@dataclass(frozen=True)
class Clusters:
    """``cluster`` of each offer (a row number in it), and what refused each pair (Refusal)."""

    cluster: Ints
    refusal: NDArray[np.int8]


def union(
    left: Ints,
    right: Ints,
    rank: Ints,
    sellers: Ints,
    unique: Bools,
    max_offers: int,
    decided: NDArray[np.int8] | None = None,
) -> Clusters:
    """Unite the pairs in the order of their rank, unless a Refusal stands against it.

    ``decided`` holds SAME, DIFFERENT or UNDECIDED for each pair. Pairs that a person called one product come first, and
    only another person's word stands against them; those called different unite nothing and keep two clusters apart.
    """
    said = np.zeros(len(left), dtype=np.int8) if decided is None else decided
    parent = np.arange(len(sellers)).tolist()
    # Sellers that list a product once, and the number of offers, of each root.
    held: list[set[int]] = [{s} if u else set() for s, u in zip(sellers.tolist(), unique.tolist(), strict=True)]
    size = [1] * len(parent)
    # Offers that must not come into the cluster of this root.
    foes: list[set[int]] = [set() for _ in parent]
    for pair in np.flatnonzero(said == DIFFERENT).tolist():
        foes[left[pair]].add(int(right[pair]))
        foes[right[pair]].add(int(left[pair]))
    refusal = np.where(said == DIFFERENT, Refusal.PERSON, Refusal.NONE).astype(np.int8)

    def root(offer: int) -> int:
        while parent[offer] != offer:
            parent[offer] = parent[parent[offer]]
            offer = parent[offer]
        return offer

    def refused(one: int, other: int) -> Refusal:
        if any(root(foe) == other for foe in foes[one]):
            return Refusal.PERSON
        if not held[one].isdisjoint(held[other]):
            return Refusal.SELLER
        return Refusal.SIZE if size[one] + size[other] > max_offers else Refusal.NONE

    order = np.lexsort((rank, said != SAME))
    for pair in order[said[order] != DIFFERENT].tolist():
        one, other = root(int(left[pair])), root(int(right[pair]))
        if one == other:
            continue
        against = refused(one, other)
        if against and (said[pair] != SAME or against == Refusal.PERSON):
            refusal[pair] = against
            continue
        into, gone = (one, other) if size[one] >= size[other] else (other, one)
        parent[gone] = into
        size[into] += size[gone]
        held[into] |= held[gone]
        foes[into] |= foes[gone]
        held[gone], foes[gone] = set(), set()
    return Clusters(np.array([root(offer) for offer in range(len(parent))], dtype=np.int64), refusal)
