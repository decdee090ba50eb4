"""Learning without labels which tokens may differ between two listings of one product, and which may not.

winners with their probability, decoys -> token rates -> logistic regression -> better scores -> winners ... (10 rounds)

Everything is out of fold: the model that scores a pair never saw its left offer. The folds' models are kept, so that
the fitted matcher gives a pair the score that it had in learning.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy import special

from kgspark.resolve import calibrate, compete
from kgspark.resolve.calibrate import Calibration
from kgspark.resolve.corpus import Bools, Doubles, Ints
from kgspark.resolve.features import GIVEN
from kgspark.resolve.hits import Outcome
from kgspark.resolve.pairs import BUCKETS, FOLDS, Pairs

ROUNDS = 10
AVERAGED = 5
RIDGE = 1 / 0.03
SHRINK_TOKEN, SHRINK_BUCKET = 10.0, 20.0
OTHERS_WEIGHT = 0.2
SMALLEST_RATE = 1e-4
# A pair that a person judged counts as much as this many that were judged by their score ...
LABEL_WEIGHT = 10.0
# ... and this many of them settle where the probabilities lie, in the place of the anchor. Only answers on pairs in
# doubt count there, as ``review`` draws them, and only if both answers occur: complaints alone say nothing of the rest.
LABELS_TO_ANCHOR = 30
DOUBT = (0.3, 0.9)
OUTCOMES = len(Outcome)
# Outcomes that share a coefficient: tokens found (fm) and tokens missed (fd).
OUTCOME_GROUPS = ((Outcome.HIT, Outcome.PREFIX), (Outcome.MISS,))


@dataclass(frozen=True)
class Judged:
    """Scores with what follows from them: winners, decoys, calibration, p of every pair (0 but for winners)."""

    score: Doubles
    rank: Ints
    won: Bools
    decoy: Bools
    calibration: Calibration
    p: Doubles

    @property
    def expected(self) -> float:
        """Expected matches among the winners."""
        return float(self.p.sum())


@dataclass(frozen=True)
class Model:
    """One fold's scorer: logit = intercept + coefficients x features + tokens' weights (outcome x token).

    ``buckets`` (outcome x bucket) are the weights of tokens that were not seen.
    """

    intercept: float
    coefficients: Doubles
    tokens: Doubles
    buckets: Doubles


@dataclass(frozen=True)
class Learnt:
    """The folds' models, the final judgement, and the expected matches of each round."""

    models: list[Model]
    judged: Judged
    expected: list[float] = field(default_factory=list)


def judge(score: Doubles, pairs: Pairs, label: Doubles, total: float | None = None) -> Judged:
    """Winners, decoys, calibration and probabilities of a score; ``total`` holds the sum of probabilities there.

    ``label`` is 1 or 0 where a person judged a pair, else NaN. Enough of them on winners in doubt hold the sum over
    these instead. A pair that a person called different takes no slot from a right one.
    """
    rank = compete.order(score, pairs.tie)
    by_score = compete.winners(rank, pairs.first, pairs.second)
    decoy = compete.decoys(rank, pairs.first, pairs.second, by_score)
    calibration = calibrate.fit(score, by_score, decoy)
    if total is not None:
        free = float(calibration.probability(score[by_score]).sum())
        calibration = calibration.anchored(score[by_score], float(np.sqrt(total * max(total, free))))
    doubted = calibration.probability(score)
    asked = by_score & ~np.isnan(label) & (doubted >= DOUBT[0]) & (doubted <= DOUBT[1])
    if int(asked.sum()) >= LABELS_TO_ANCHOR and 0 < label[asked].sum() < asked.sum():
        calibration = calibration.anchored(score[asked], float(label[asked].sum()))
    won = compete.winners(rank, pairs.first, pairs.second, label != 0) if (label == 0).any() else by_score
    p = np.where(won, calibration.probability(score), 0.0)
    return Judged(score, rank, won, decoy & ~won, calibration, np.where(np.isnan(label), p, label))


def learn(pairs: Pairs, first_score: Doubles, label: Doubles | None = None) -> Learnt:
    """Ten rounds from a first score; the final score is the mean of the last five. ``label`` as in ``judge``."""
    label = np.full(len(pairs), np.nan) if label is None else label
    judged = judge(first_score, pairs, label)
    total, expected = judged.expected, [judged.expected]
    kept: list[list[Model]] = []
    for _ in range(ROUNDS):
        models = fit(pairs, judged, label)
        judged = judge(score(models, pairs), pairs, label, total)
        expected.append(judged.expected)
        kept.append(models)
    models = [mean([models[fold] for models in kept[-AVERAGED:]]) for fold in range(FOLDS)]
    final = judge(score(models, pairs), pairs, label, total)
    return Learnt(models, final, [*expected, final.expected])


def score(models: list[Model], pairs: Pairs) -> Doubles:
    """Each pair's logit by the model of its fold."""
    evidence, fold = pairs.evidence, pairs.fold
    by_token = np.stack([model.tokens for model in models])[fold[evidence.pair], evidence.outcome, evidence.token]
    tokens = np.bincount(evidence.pair, weights=by_token, minlength=len(pairs))
    scores = np.zeros(len(pairs))
    for number, model in enumerate(models):
        chosen = fold == number
        scores[chosen] = model.intercept + linear(evidence.values[chosen], model.coefficients) + tokens[chosen]
    return scores


def linear(values: Doubles, coefficients: Doubles) -> Doubles:
    """Sums of coefficients x features, to the bit the same for equal rows: a matrix product adds up in another order
    for other numbers of rows.
    """
    total = np.zeros(len(values))
    for column, coefficient in zip(values.T, coefficients, strict=True):
        total += coefficient * column
    return total


def mean(models: list[Model]) -> Model:
    """The model whose logit is the mean of the models' logits."""
    return Model(
        float(np.mean([m.intercept for m in models])),
        np.mean([m.coefficients for m in models], axis=0),
        np.mean([m.tokens for m in models], axis=0),
        np.mean([m.buckets for m in models], axis=0),
    )


def fit(pairs: Pairs, judged: Judged, label: Doubles) -> list[Model]:
    """One model a fold, from the pairs of the other folds: token rates first, then coefficients."""
    return [_fit_without(fold, pairs, judged, label) for fold in range(FOLDS)]


def token_weights(pairs: Pairs, match: Doubles, wrong: Doubles) -> tuple[Doubles, Doubles]:
    """ln(m / u) for each outcome (row) of each token (column), and of each bucket.

    m and u are the rates of the outcome among matches and among wrong pairs, shrunk to the rates of the token's bucket,
    and those to the rates of all (Fellegi and Sunter, 1969, with parameters for each token).
    """
    (m, of_bucket_m), (u, of_bucket_u) = (_rates(pairs, weight) for weight in (match, wrong))
    return np.asarray(np.log(m / u)), np.asarray(np.log(of_bucket_m / of_bucket_u))


def _rates(pairs: Pairs, weight: Doubles) -> tuple[Doubles, Doubles]:
    evidence, bucket = pairs.evidence, pairs.bucket
    size = len(bucket)
    cell = evidence.outcome * size + evidence.token
    counts = np.bincount(cell, weights=weight[evidence.pair], minlength=OUTCOMES * size).reshape(OUTCOMES, size)
    counts[Outcome.FOREIGN] = 0.0
    of_all = (counts.sum(axis=1) + 1.0) / (counts.sum() + OUTCOMES)
    of_bucket = np.stack([np.bincount(bucket, weights=row, minlength=BUCKETS) for row in counts])
    of_bucket = (of_bucket + SHRINK_BUCKET * of_all[:, None]) / (of_bucket.sum(axis=0) + SHRINK_BUCKET)
    counts = counts * pairs.own
    rates = (counts + SHRINK_TOKEN * of_bucket[:, bucket]) / (counts.sum(axis=0) + SHRINK_TOKEN)
    return np.maximum(rates, SMALLEST_RATE), np.maximum(of_bucket, SMALLEST_RATE)


def _fit_without(fold: int, pairs: Pairs, judged: Judged, label: Doubles) -> Model:
    inside, labelled = pairs.fold != fold, ~np.isnan(label)
    counted = np.where(labelled, LABEL_WEIGHT, 1.0) * inside
    believed = judged.won | labelled
    match = np.where(believed, judged.p, 0.0) * counted
    wrong = np.where(believed, 1.0 - judged.p, judged.decoy) * counted
    weights, of_buckets = token_weights(pairs, match, wrong)
    evidence = pairs.evidence
    each = weights[evidence.outcome, evidence.token]
    sums = [
        np.bincount(evidence.pair, weights=each * np.isin(evidence.outcome, group), minlength=len(pairs))
        for group in OUTCOME_GROUPS
    ]
    x = np.column_stack([evidence.values * (GIVEN == 0.0), *sums])[inside]
    others = inside & ~believed & ~judged.decoy
    weight = np.where(others, OTHERS_WEIGHT * judged.won.sum() / max(others.sum(), 1), counted)[inside]
    given = (evidence.values @ GIVEN)[inside]
    intercept, beta = logistic(x, np.where(believed, judged.p, 0.0)[inside], weight, given)
    groups = len(OUTCOME_GROUPS)
    scale = np.zeros(OUTCOMES)
    for group, slope in zip(OUTCOME_GROUPS, beta[-groups:], strict=True):
        scale[list(group)] = slope
    return Model(intercept, beta[:-groups] + GIVEN, scale[:, None] * weights, scale[:, None] * of_buckets)


def logistic(
    x: Doubles, y: Doubles, weight: Doubles, offset: Doubles | float = 0.0, ridge: float = RIDGE
) -> tuple[float, Doubles]:
    """Logistic regression with soft labels and a ridge on standardised columns, by Newton's steps.

    ``offset`` is a part of the logit that is known before.
    """
    total = weight.sum()
    if total <= 0:  # nothing to learn from
        return 0.0, np.zeros(x.shape[1])
    centre = weight @ x / total
    spread = np.sqrt(weight @ (x - centre) ** 2 / total)
    spread[spread < 1e-9] = 1.0
    z = np.column_stack([np.ones(len(x)), (x - centre) / spread])
    penalty = np.full(z.shape[1], ridge)
    penalty[0] = 0.0
    beta = np.zeros(z.shape[1])
    for _ in range(50):
        p = special.expit(z @ beta + offset)
        gradient = z.T @ (weight * (p - y)) + penalty * beta
        curvature = z.T @ (z * (weight * np.maximum(p * (1 - p), 1e-9))[:, None]) + np.diag(penalty + 1e-9)
        step = np.linalg.solve(curvature, gradient)
        beta -= np.clip(step, -5.0, 5.0)
        if np.abs(step).max() < 1e-8:
            break
    slopes = beta[1:] / spread
    return float(beta[0] - centre @ slopes), slopes
