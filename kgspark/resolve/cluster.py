"""From judged pairs to products: unions from the surest pair down, unless a rule refuses one.

judged pairs -> what people said, then by falling score -> union unless a rule refuses it -> clusters

Plain connected components chain: one wrong pair joins two products, and a hundred wrong pairs a category. Sellers that
list a product once guard against that, as they would stand twice in a chain; where offers have no such guard, two
clusters must be alike as wholes (average linkage; Sokal and Michener, 1958).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from kgspark.resolve.corpus import Bools, Doubles, Ints
from kgspark.resolve.settings import ResolveSettings


class Refusal(IntEnum):
    """Why a pair united nothing, or 0 where no rule stood against it."""

    NONE = 0
    SELLER = 1  # a seller that lists a product once would have two offers in it
    SIZE = 2  # the cluster would be larger than the limit: it falls apart along its weakest pairs
    PERSON = 3  # a person said that two offers of it are different products
    LINKS = 4  # most pairs between the two clusters are improbable, and no seller rule guards them


# What a person said of a pair: nothing, one product, or different ones.
UNDECIDED, SAME, DIFFERENT = 0, 1, -1


@dataclass(frozen=True)
class Members:
    """Offers: code of the seller, whether it lists a product once, and whether that guards the offer against chains.

    A seller of few offers seldom meets itself, so that its offers are not guarded (see ``corpus``).
    """

    sellers: Ints
    unique: Bools
    guarded: Bools


@dataclass(frozen=True)
class Links:
    """Pairs of rows of the members: rank (0 the surest), probability, and what people ``said`` (UNDECIDED, SAME,
    DIFFERENT). Pairs that are not listed count as improbable.
    """

    left: Ints
    right: Ints
    rank: Ints
    p: Doubles
    said: NDArray[np.int8]


@dataclass(frozen=True)
class Clusters:
    """``cluster`` of each offer (a row number in it), and what refused each pair (Refusal)."""

    cluster: Ints
    refusal: NDArray[np.int8]


def union(links: Links, members: Members, cfg: ResolveSettings) -> Clusters:
    """Unite the believed pairs in the order of their rank, unless a Refusal stands against it.

    Pairs that a person called one product come first, and only another person's word stands against them; those called
    different unite nothing and keep two clusters apart.
    """
    forest = _Forest(links, members, cfg)
    said = links.said
    refusal = np.where(said == DIFFERENT, Refusal.PERSON, Refusal.NONE).astype(np.int8)
    believed = ((links.p >= cfg.min_probability) | (said == SAME)) & (said != DIFFERENT)
    order = np.lexsort((links.rank, said != SAME))
    for pair in order[believed[order]].tolist():
        one, other = forest.root(int(links.left[pair])), forest.root(int(links.right[pair]))
        if one == other:
            continue
        against = forest.refusal(one, other)
        if against and (said[pair] != SAME or against == Refusal.PERSON):
            refusal[pair] = against
            continue
        forest.unite(one, other)
    roots = np.array([forest.root(offer) for offer in range(len(members.sellers))], dtype=np.int64)
    # A pair that was refused may have been united by later ones.
    refusal[believed & (roots[links.left] == roots[links.right])] = Refusal.NONE
    return Clusters(roots, refusal)


class _Forest:
    """Disjoint sets of offers with what the rules ask of each root: sellers, foes, links, number of offers."""

    def __init__(self, links: Links, members: Members, cfg: ResolveSettings) -> None:
        self.cfg = cfg
        self.parent = list(range(len(members.sellers)))
        self.size = [1] * len(self.parent)
        self.unguarded = (~members.guarded).astype(int).tolist()
        codes, once = members.sellers.tolist(), members.unique.tolist()
        self.held: list[set[int]] = [{code} if alone else set() for code, alone in zip(codes, once, strict=True)]
        # Offers that must not come into the cluster.
        self.foes: list[set[int]] = [set() for _ in self.parent]
        # Sum of the probabilities of all pairs with another root.
        self.links: list[dict[int, float]] = [{} for _ in self.parent]
        # In the order of rank, as sums of rounded numbers depend on theirs.
        for pair in np.argsort(links.rank, kind="stable").tolist():
            left, right = int(links.left[pair]), int(links.right[pair])
            if links.said[pair] == DIFFERENT:
                self.foes[left].add(right)
                self.foes[right].add(left)
            else:
                self.links[left][right] = self.links[right][left] = float(links.p[pair])

    def root(self, offer: int) -> int:
        while self.parent[offer] != offer:
            self.parent[offer] = self.parent[self.parent[offer]]
            offer = self.parent[offer]
        return offer

    def refusal(self, one: int, other: int) -> Refusal:
        """What stands against uniting two roots."""
        if any(self.root(foe) == other for foe in self.foes[one]):
            return Refusal.PERSON
        if not self.held[one].isdisjoint(self.held[other]):
            return Refusal.SELLER
        size = self.size[one] + self.size[other]
        if size > self.cfg.max_cluster_offers:
            return Refusal.SIZE
        if 2 * (self.unguarded[one] + self.unguarded[other]) > size:
            pairs = self.size[one] * self.size[other]
            if self.links[one].get(other, 0.0) < self.cfg.min_mean_probability * pairs:
                return Refusal.LINKS
        return Refusal.NONE

    def unite(self, one: int, other: int) -> None:
        """Make two roots one."""
        into, gone = (one, other) if self.size[one] >= self.size[other] else (other, one)
        self.parent[gone] = into
        self.size[into] += self.size[gone]
        self.unguarded[into] += self.unguarded[gone]
        self.held[into] |= self.held[gone]
        self.foes[into] |= self.foes[gone]
        for third, sum_of in self.links[gone].items():
            del self.links[third][gone]
            if third != into:
                total = self.links[into].get(third, 0.0) + sum_of
                self.links[into][third] = self.links[third][into] = total
        self.held[gone], self.foes[gone], self.links[gone] = set(), set(), {}
