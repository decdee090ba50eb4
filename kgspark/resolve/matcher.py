"""The fitted matcher: everything that decides a pair, as an artefact that a later night can apply again.

learnt models, document frequencies, calibration -> Matcher -> <root>/matcher/<sha256>/ -> Matcher
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from kgspark.resolve import block, features, learn
from kgspark.resolve.block import Step
from kgspark.resolve.calibrate import Calibration
from kgspark.resolve.corpus import Bools, Corpus, Doubles, Ints, Matrix, document_frequency, idf, weighted
from kgspark.resolve.features import FIRST_SCORE, NAMES, Evidence, Weights
from kgspark.resolve.learn import Learnt, Model
from kgspark.resolve.normalise import kind
from kgspark.resolve.pairs import FOLDS, RARE, Pairs, bucket
from kgspark.resolve.settings import ResolveSettings


@dataclass(frozen=True)
class Frequencies:
    """Document frequencies over all offers: of tokens in names and in texts, of character 3-grams.

    Only what at least RARE offers hold is listed; the rest counts as held by one. ``price_levels`` of the currencies
    are known once a matcher was fitted (see ``prices``).
    """

    offers: int
    tokens: tuple[str, ...]
    name: Ints
    text: Ints
    grams: Ints
    gram_df: Ints
    price_levels: Mapping[str, float] = field(default_factory=dict)

    @functools.cached_property
    def place(self) -> Mapping[str, int]:
        """Row of each token; built once a process, as each batch of pairs asks for it."""
        return {token: row for row, token in enumerate(self.tokens)}

    def token_rows(self, vocabulary: Sequence[str]) -> Ints:
        """The row of each token; -1 where it is not listed."""
        return np.array([self.place.get(token, -1) for token in vocabulary], dtype=np.int64)

    def gram_rows(self, codes: Ints) -> Ints:
        """The row of each 3-gram; -1 where it is not listed."""
        if not len(self.grams):
            return np.full(len(codes), -1, dtype=np.int64)
        rows = np.minimum(np.searchsorted(self.grams, codes), len(self.grams) - 1)
        return np.where(self.grams[rows] == codes, rows, -1)


@dataclass(frozen=True)
class Fitted:
    """What learning found: a model a fold, over the tokens of the frequencies, and the calibration.

    ``intercepts`` (fold), ``coefficients`` (fold x feature), ``tokens`` (fold x outcome x token) and ``buckets`` (fold
    x outcome x bucket) for tokens that are rare, new, or in none of the offers that were learnt from.
    """

    intercepts: Doubles
    coefficients: Doubles
    tokens: Doubles
    buckets: Doubles
    calibration: Calibration


@dataclass(frozen=True)
class Matcher:
    """Frequencies, what was fitted over them, and the figures of the fit (they decide nothing).

    ``once`` are the sources whose sellers were found to list a product once; None where nobody asked. ``settings`` are
    those that decide a pair (``ResolveSettings.deciding``) as they were when it was fitted.
    """

    frequencies: Frequencies
    fitted: Fitted
    figures: Mapping[str, float] = field(default_factory=dict)
    once: tuple[str, ...] | None = None
    settings: Mapping[str, float] = field(default_factory=dict)

    def score(self, corpus: Corpus, pairs: Pairs) -> Doubles:
        """Logit of each pair, by the model of its fold."""
        return learn.score(
            [
                Model(*fold)
                for fold in zip(
                    self.fitted.intercepts,
                    self.fitted.coefficients,
                    self.token_weights(corpus.vocabulary),
                    self.fitted.buckets,
                    strict=True,
                )
            ],
            pairs,
        )

    @property
    def learnt(self) -> bool:
        """Whether there was enough to learn from; if not, only shared keys make a pair believable."""
        return bool(np.isfinite(self.fitted.calibration.constant))

    def probability(self, corpus: Corpus, pairs: Pairs, score: Doubles, cfg: ResolveSettings) -> tuple[Doubles, Bools]:
        """Probability of each pair if it is believed at all, and whether it must win for that.

        It must, unless one of the sellers is small: these compete with one another for want of better rivals. Where a
        seller that lists a product once has n offers that say the very same, each has the n-th part: one is right at
        the most, and nothing tells which.
        Without learning it is that of a shared GTIN (1), or of a shared brand and model number where no GTIN speaks
        against it; between sellers that list a product once, only the best of several pairs with one number counts.
        """
        if self.learnt:
            p = self.believed(score, np.maximum(corpus.doubles[pairs.left], corpus.doubles[pairs.right]))
            return p, ~(corpus.small[pairs.left] | corpus.small[pairs.right])
        said = dict(zip(NAMES, pairs.evidence.values.T > 0, strict=True))
        by_model = said["same_model"] & ~said["other_gtin"]
        p = np.where(said["same_gtin"], 1.0, np.where(by_model, cfg.mpn_confidence, 0.0))
        return p, ~said["same_gtin"] & corpus.unique[pairs.left] & corpus.unique[pairs.right]

    def believed(self, score: Doubles, doubles: Ints) -> Doubles:
        """Probability of scored pairs, one offer of which has that many ``doubles``; where something was learnt."""
        return np.asarray(self.fitted.calibration.probability(score) / doubles)

    def contributions(self, corpus: Corpus, pairs: Pairs) -> tuple[Doubles, Doubles]:
        """What adds up to the logit: of each pair's features (pair x feature), and of each entry of its tokens."""
        evidence, fold = pairs.evidence, pairs.fold
        by_token = self.token_weights(corpus.vocabulary)[fold[evidence.pair], evidence.outcome, evidence.token]
        return np.asarray(evidence.values * self.fitted.coefficients[fold]), np.asarray(by_token)

    def token_weights(self, vocabulary: Sequence[str]) -> Doubles:
        """Fold x outcome x token of a vocabulary; what is not listed weighs as what one offer holds."""
        rows = self.frequencies.token_rows(vocabulary)
        unseen = np.array([bucket(kind(token), 1) for token in vocabulary], dtype=np.int64)
        table = self.fitted.buckets[:, :, unseen]
        known = rows >= 0
        table[:, :, known] = self.fitted.tokens[:, :, rows[known]]
        return np.asarray(table)


def frequencies(corpus: Corpus) -> Frequencies:
    """Count over a corpus that holds all offers."""
    name, text, grams = (document_frequency(matrix) for matrix in (corpus.name, corpus.text, corpus.grams))
    kept, kept_grams = np.flatnonzero(text >= RARE), np.flatnonzero(grams >= RARE)
    return Frequencies(
        len(corpus),
        tuple(corpus.vocabulary[column] for column in kept),
        name[kept],
        text[kept],
        corpus.gram_codes[kept_grams],
        grams[kept_grams],
    )


@dataclass(frozen=True)
class Columns:
    """Document frequencies of the columns of one corpus."""

    name: Ints
    text: Ints
    grams: Ints


def columns(known: Frequencies, corpus: Corpus) -> Columns:
    """Look the columns of a corpus up; what is not listed counts as held by one offer."""
    rows, grams = known.token_rows(corpus.vocabulary), known.gram_rows(corpus.gram_codes)
    return Columns(held_by(rows, known.name), held_by(rows, known.text), held_by(grams, known.gram_df))


def held_by(rows: Ints, df: Ints) -> Ints:
    """The document frequency at each row; what is not listed (-1) counts as held by one offer."""
    return np.where(rows >= 0, df[rows], 1) if len(df) else np.ones_like(rows)


def weights(known: Frequencies, found: Columns) -> Weights:
    """The idf of the columns of a corpus."""
    name, text, grams = (idf(df, known.offers) for df in (found.name, found.text, found.grams))
    return Weights(known.offers, name, text, grams, known.price_levels)


@dataclass(frozen=True)
class Retrieval:
    """One of the three searches for candidates: its step, rows without the capped columns, document frequencies."""

    step: Step
    rows: Matrix
    df: Ints


def retrievals(corpus: Corpus, known: Frequencies, word_cap: int, gram_cap: int) -> list[Retrieval]:
    """Name tokens, text tokens and character 3-grams as weighted rows without the columns above the caps."""
    found = columns(known, corpus)
    weight = weights(known, found)
    asked = (
        (Step.NAME, corpus.name, weight.name, found.name, word_cap),
        (Step.TEXT, corpus.text, weight.text, found.text, word_cap),
        (Step.GRAMS, corpus.grams, weight.grams, found.grams, gram_cap),
    )
    return [Retrieval(step, block.capped(weighted(m, w), df, cap), df) for step, m, w, df, cap in asked]


def build(known: Frequencies, corpus: Corpus, pairs: Pairs, learnt: Learnt, cfg: ResolveSettings) -> Matcher:
    """Keep what was learnt over the tokens of the frequencies.

    Those that no offer of the corpus holds (it may be a sample) have the weight of their bucket, as the others have.
    """
    place = {token: column for column, token in enumerate(corpus.vocabulary)}
    listed = np.array([place.get(token, -1) for token in known.tokens], dtype=np.int64)
    seen = listed >= 0
    said = zip(known.tokens, known.name.tolist(), strict=True)
    buckets = np.array([bucket(kind(token), df) for token, df in said], dtype=np.int64)
    tokens = np.stack([model.buckets[:, buckets] for model in learnt.models])
    for fold, model in enumerate(learnt.models):
        tokens[fold][:, seen] = model.tokens[:, listed[seen]]
    fitted = Fitted(
        np.array([model.intercept for model in learnt.models]),
        np.stack([model.coefficients for model in learnt.models]),
        tokens,
        np.stack([model.buckets for model in learnt.models]),
        learnt.judged.calibration,
    )
    figures = {"pairs": float(len(pairs)), "expected_matches": learnt.judged.expected}
    return Matcher(known, fitted, figures, settings=cfg.deciding())


def believing_keys(fitted: Matcher) -> Matcher:
    """The same frequencies with nothing learnt, for when there was too little to learn from: see ``probability``."""
    tokens, buckets = np.zeros_like(fitted.fitted.tokens), np.zeros_like(fitted.fitted.buckets)
    coefficients = np.tile(np.array(list(FIRST_SCORE.values())), (FOLDS, 1))
    never = Calibration(np.array([0.0]), np.array([0.5]), float("inf"))
    return replace(fitted, fitted=Fitted(np.zeros(FOLDS), coefficients, tokens, buckets, never))


def evidence(corpus: Corpus, known: Frequencies, left: Ints, right: Ints) -> tuple[Evidence, Ints]:
    """The evidence for pairs of a corpus by the given frequencies, and the name frequency of each token."""
    found = columns(known, corpus)
    return features.compute(corpus, weights(known, found), left, right), found.name
