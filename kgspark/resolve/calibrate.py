"""From a score to a probability, without a label: decoys show how wrong partners score.

winner and decoy scores -> isotonic share of winners q -> odds r -> p = 1 - c / r

Of the winners at a score, those that decoys explain are wrong: where r winners stand for each decoy and c decoys stand
for each wrong winner, c / r of them are. The target-decoy idea of proteomics (Elias and Gygi, 2007).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import optimize

from kgspark.resolve.corpus import Bools, Doubles

BINS = 200
_FLOOR, _CEILING = 0.001, 0.999


@dataclass(frozen=True)
class Calibration:
    """Share of winners ``q`` at rising ``scores``, and the ``constant`` of p = 1 - min(1, constant / r)."""

    scores: Doubles
    q: Doubles
    constant: float

    def ratio(self, score: Doubles) -> Doubles:
        """Winners for each decoy at a score."""
        q = np.interp(score, self.scores, self.q)
        return np.asarray(q / (1.0 - q))

    def probability(self, score: Doubles) -> Doubles:
        """Probability that a winner with this score is a match."""
        return np.asarray(1.0 - np.minimum(1.0, self.constant / self.ratio(score)))

    def anchored(self, scores: Doubles, total: float) -> Calibration:
        """The same curve with the constant at which the winners' probabilities add up to ``total``."""
        ratio = self.ratio(scores)
        most = float(np.sum(1.0 - np.minimum(1.0, 0.0 / ratio)))
        if total >= most or not len(scores):
            return Calibration(self.scores, self.q, self.constant)

        def surplus(log_constant: float) -> float:
            return float(np.sum(1.0 - np.minimum(1.0, np.exp(log_constant) / ratio))) - total

        constant = float(np.exp(optimize.brentq(surplus, -25.0, 25.0, xtol=1e-10)))
        return Calibration(self.scores, self.q, constant)


def fit(score: Doubles, won: Bools, decoy: Bools) -> Calibration:
    """Fit the curve on winners (1) and decoys (0), in bins of equal size; the constant from where decoys lie.

    k0 = min(winners / decoys, winners below the decoys' median / decoys below it): down there all winners are wrong.
    """
    chosen = won | decoy
    if not won.any() or not decoy.any():
        return Calibration(np.array([0.0]), np.array([_CEILING if won.any() else _FLOOR]), 0.0)
    x, y = score[chosen], won[chosen].astype(np.float64)
    edges = np.unique(np.quantile(x, np.linspace(0.0, 1.0, min(BINS, len(x)) + 1)))
    place = np.clip(np.searchsorted(edges, x, side="right") - 1, 0, max(len(edges) - 2, 0))
    size = np.bincount(place, minlength=len(edges) - 1)
    filled = size > 0
    mean_score = np.bincount(place, weights=x)[filled] / size[filled]
    share = np.bincount(place, weights=y)[filled] / size[filled]
    q = optimize.isotonic_regression(share, weights=size[filled].astype(np.float64)).x
    middle = float(np.median(score[decoy]))
    below = (np.sum(score[won] < middle) + 1.0) / (np.sum(score[decoy] < middle) + 1.0)
    constant = min(float(np.sum(won) / np.sum(decoy)), float(below))
    return Calibration(mean_score, np.clip(q, _FLOOR, _CEILING), constant)
