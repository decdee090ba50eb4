"""How right a resolution is: pairs, B-cubed, exact clusters, candidates, and whether probabilities mean what they say.

Menestrina, Whang and Garcia-Molina, Evaluating entity resolution results (2010); Bagga and Baldwin, B-cubed (1998).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kgspark.resolve.corpus import Bools, Doubles, Ints

BANDS = 10


@dataclass(frozen=True)
class Scores:
    """Precision, recall and their harmonic mean."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """0 where both are."""
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0


@dataclass(frozen=True)
class Band:
    """Best pairs with a probability in ``low`` .. ``low + .1``: promised and observed precision."""

    low: float
    pairs: int
    expected: float
    observed: float


def pairwise(predicted: Ints, gold: Ints) -> Scores:
    """Over all pairs of records: together in the prediction, together in the gold."""
    both = pairs_within(_joint(predicted, gold))
    return Scores(_share(both, pairs_within(predicted)), _share(both, pairs_within(gold)))


def pairwise_listed(predicted: Ints, left: Ints, right: Ints, sources: Ints) -> Scores:
    """Over gold pairs as listed between two sources; predicted pairs within a source are not judged."""
    true = np.unique(np.minimum(left, right) * np.int64(len(predicted)) + np.maximum(left, right))
    found = predicted[true // len(predicted)] == predicted[true % len(predicted)]
    claimed = pairs_within(predicted) - pairs_within(_joint(predicted, sources))
    return Scores(_share(int(found.sum()), claimed), _share(int(found.sum()), len(true)))


def b_cubed(predicted: Ints, gold: Ints) -> Scores:
    """Mean over records: share of a record's cluster that belongs to it, and the other way round."""
    if not len(predicted):
        return Scores(0.0, 0.0)
    joint = _sizes(_joint(predicted, gold))
    return Scores(float(np.mean(joint / _sizes(predicted))), float(np.mean(joint / _sizes(gold))))


def exact_clusters(predicted: Ints, gold: Ints) -> Scores:
    """Over clusters: those that are the same set of records in both."""
    joint = _joint(predicted, gold)
    whole = (_sizes(joint) == _sizes(predicted)) & (_sizes(joint) == _sizes(gold))
    same = len(np.unique(joint[whole]))
    return Scores(_share(same, len(np.unique(predicted))), _share(same, len(np.unique(gold))))


def calibration(p: Doubles, true: Bools) -> list[Band]:
    """Promised and observed precision in bands of .1."""
    place = np.minimum((p * BANDS).astype(np.int64), BANDS - 1)
    return [
        Band(band / BANDS, int(inside.sum()), float(p[inside].mean()), float(true[inside].mean()))
        for band in range(BANDS)
        if (inside := place == band).any()
    ]


def pairs_within(labels: Ints) -> int:
    """Pairs of records with one label."""
    count = np.unique(labels, return_counts=True)[1].astype(np.int64)
    return int((count * (count - 1) // 2).sum())


def _joint(one: Ints, other: Ints) -> Ints:
    return np.asarray(np.unique(np.stack([one, other], axis=1), axis=0, return_inverse=True)[1]).ravel()


def _sizes(labels: Ints) -> Ints:
    _, place, count = np.unique(labels, return_inverse=True, return_counts=True)
    return np.asarray(count[place])


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
