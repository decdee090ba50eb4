"""For or against: the polarity of a whole review, learnt from the ratings that reviews carry.

title and text -> n-grams of words and characters, denied words, loose pairs -> weighted by rarity or by the ratings
-> linear models, one a step between two ratings -> the mean of their standardised scores; where wanted, the mean of
that and an encoder's (``polarity_encoder``)

Which steps: a rating of four separates "3 and below" from "4 and above", and so on; every step has a model, so that
middling ratings teach too (Frank and Hall 2001, "A Simple Approach to Ordinal Classification"). Weights by naive Bayes:
Wang and Manning 2012, "Baselines and Bigrams". Means of unlike linear models err less than the best of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.preprocessing import normalize

from kgspark.extract.opinions.opinion_words import language
from kgspark.extract.opinions.review_tokens import tokens

if TYPE_CHECKING:
    from kgspark.extract.opinions.polarity_encoder import PolarityEncoder

Doubles = npt.NDArray[np.float64]
Weighting = Literal["rarity", "bayes"]
LIKED, DISLIKED = 0.7, 0.3  # ratings (0..1) from and up to which a review is for or against
# The steps furthest from the question, such as one star against two, count half.
_FAR_STEP = 0.5
_DENIED_WORDS = 4  # after a denial, within its clause
_INVERSE_PENALTY, _RIDGE_PENALTY = 4.0, 1.0


@dataclass(frozen=True)
class Member:
    """One linear model of the mean: over which n-grams, how weighted, fitted how."""

    kinds: tuple[str, ...]
    weighting: Weighting
    learner: Literal["steps", "ridge"]


_ALL = ("words", "characters", "links")
MEMBERS = (
    Member(_ALL, "rarity", "steps"),
    Member(_ALL, "bayes", "steps"),
    Member(("words",), "bayes", "steps"),
    Member(("words", "characters"), "rarity", "ridge"),
)


class Polarity:
    """The fitted models: ``score`` is above 0 where a review is for the product."""

    def __init__(self, code: str, encoder: bool = False, device: str = "auto") -> None:
        self._code = code
        self._with_encoder, self._device = encoder, device
        self._encoder: PolarityEncoder | None = None
        # n-grams in which a language keeps its meaning: parts of words in English, runs of signs in Chinese.
        edges: dict[str, Any] = {"en": {"analyzer": "char_wb", "ngram_range": (2, 5)}}
        spans = edges.get(code, {"analyzer": "char", "ngram_range": (1, 4)})
        # A byte for what is 0 or 1: tens of millions of n-grams are held more than once.
        counts: dict[str, Any] = {"binary": True, "dtype": np.uint8}
        self._counters = {
            "words": CountVectorizer(token_pattern=r"\S+", ngram_range=(1, 3), min_df=2, **counts),
            "links": CountVectorizer(token_pattern=r"\S+", min_df=3, **counts),
            "characters": CountVectorizer(min_df=3, **counts, **spans),
        }
        self._members: list[tuple[Member, list[_Linear], float]] = []

    def fit(self, titles: Sequence[str], texts: Sequence[str], ratings: Doubles) -> Polarity:
        """Learn from reviews with ratings of 0..1; a rating in the middle belongs to neither side and teaches both."""
        counted = {
            name: counter.fit_transform(self._read(name, titles, texts)) for name, counter in self._counters.items()
        }
        self._members = []
        for member in MEMBERS:
            grams = _stack(counted, member)
            fitted = _steps(grams, ratings, member) if member.learner == "steps" else [_ridge(grams, ratings)]
            spread = float(np.std(sum(model.score(grams) for model in fitted)))
            self._members.append((member, fitted, spread or 1.0))
        del counted, grams  # a gigabyte or two, which the encoder needs
        steps = _between(ratings)
        # Ratings that are all the same teach an encoder nothing.
        if self._with_encoder and len(steps):
            # Imported only where it is wanted: torch takes seconds and hundreds of megabytes.
            from kgspark.extract.opinions.polarity_encoder import PolarityEncoder

            shares = np.array([_share(step, steps) for step in steps])
            self._encoder = PolarityEncoder(self._device)
            self._encoder.fit(titles, texts, ratings[:, None] > steps, shares)
        return self

    @property
    def has_encoder(self) -> bool:
        """Whether an encoder takes part in the scores."""
        return self._encoder is not None

    def score(self, titles: Sequence[str], texts: Sequence[str]) -> Doubles:
        """How much each review is for the product; below 0 it is against."""
        counted = {name: counter.transform(self._read(name, titles, texts)) for name, counter in self._counters.items()}
        total = np.zeros(len(texts))
        for member, fitted, spread in self._members:
            grams = _stack(counted, member)
            total += sum((model.score(grams) for model in fitted), np.zeros(len(texts))) / spread
        linear = total / len(self._members)
        return linear if self._encoder is None else (linear + self._encoder.score(titles, texts)) / 2

    def _read(self, kind: str, titles: Sequence[str], texts: Sequence[str]) -> list[str]:
        if kind == "characters":
            return [f"{title} . {text}" for title, text in zip(titles, texts, strict=True)]
        if kind == "links":
            return [" ".join(self._links(f"{title} . {text}")) for title, text in zip(titles, texts, strict=True)]
        # A headline weighs more than a sentence: its words count once more, as words of a headline.
        return [
            " ".join([*("^" + word for word in self._words(title)), *self._words(f"{title} . {text}")])
            for title, text in zip(titles, texts, strict=True)
        ]

    def _links(self, text: str) -> Iterator[str]:
        """What n-grams miss: words that stand after a denial, and pairs with one or two words between them."""
        negations, denied = language(self._code).negations, 0
        words = tokens(text, self._code).words
        for at, word in enumerate(words):
            if not word[0].isalnum():
                denied = 0
            elif word in negations or (self._code == "zh" and word[0] == "不"):
                denied = _DENIED_WORDS
            elif denied:
                denied -= 1
                yield "!" + word
            for gap in (2, 3):
                if at >= gap and word[0].isalnum() and words[at - gap][0].isalnum():
                    yield f"{words[at - gap]}_{word}"

    def _words(self, text: str) -> list[str]:
        return [word for word in tokens(text, self._code).words if word[0].isalnum() or word in "!?！？'"]


@dataclass(frozen=True)
class _Linear:
    """Weights over n-grams that were scaled and brought to unit length."""

    scale: Doubles
    weights: Doubles
    bias: float

    def score(self, grams: sparse.csr_matrix) -> Doubles:
        scored: Doubles = _scaled(grams, self.scale) @ self.weights + self.bias
        return scored


def _steps(grams: sparse.csr_matrix, ratings: Doubles, member: Member) -> list[_Linear]:
    """A logistic regression for each step between two ratings."""
    steps = _between(ratings)
    models = []
    for step in steps:
        above = ratings > step
        scale = _bayes(grams, above) if member.weighting == "bayes" else _rarity(grams)
        model = LogisticRegression(C=_INVERSE_PENALTY, solver="liblinear", random_state=0)
        model.fit(_scaled(grams, scale), above)
        share = _share(step, steps)
        models.append(_Linear(scale, share * model.coef_[0], share * float(model.intercept_[0])))
    return models


def _between(ratings: Doubles) -> Doubles:
    levels = np.unique(ratings)
    steps: Doubles = (levels[1:] + levels[:-1]) / 2
    return steps


def _share(step: float, steps: Doubles) -> float:
    return 1.0 if len(steps) < 3 or step not in (steps[0], steps[-1]) else _FAR_STEP


def _ridge(grams: sparse.csr_matrix, ratings: Doubles) -> _Linear:
    """A ridge regression on what ratings mean: the two sides apart, the differences within a side small."""
    side = np.where(ratings >= LIKED, 1.0, np.where(ratings <= DISLIKED, -1.5, -0.6))
    target = side + (ratings - 0.5) * 0.9 * (ratings != 0.5)
    scale = _rarity(grams)
    model = Ridge(alpha=_RIDGE_PENALTY, solver="sparse_cg", random_state=0).fit(_scaled(grams, scale), target)
    return _Linear(scale, model.coef_, float(model.intercept_))


def _rarity(grams: sparse.csr_matrix) -> Doubles:
    """Inverse document frequency."""
    frequency = np.asarray(grams.sum(axis=0)).ravel()
    weights: Doubles = np.log((1 + grams.shape[0]) / (1 + frequency)) + 1
    return weights


def _bayes(grams: sparse.csr_matrix, above: npt.NDArray[np.bool_]) -> Doubles:
    """Log ratio of how often an n-gram stands on either side."""
    upper, lower = (1 + np.asarray(grams[side].sum(axis=0)).ravel() for side in (above, ~above))
    ratio: Doubles = np.log((upper / upper.sum()) / (lower / lower.sum()))
    return ratio


def _scaled(grams: sparse.csr_matrix, scale: Doubles) -> sparse.csr_matrix:
    return normalize(grams.astype(np.float64) @ sparse.diags(scale), copy=False)


def _stack(counted: dict[str, sparse.csr_matrix], member: Member) -> sparse.csr_matrix:
    return sparse.hstack([counted[kind] for kind in member.kinds]).tocsr()
