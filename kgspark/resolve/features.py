"""Features of a pair of offers: how alike the names are, what each says that the other lacks, and which codes agree.

corpus, idf, pairs -> cosines -> tokens of either name, and what the other offer has of them -> features, first score
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from kgspark.resolve import prices, traits
from kgspark.resolve.corpus import Bools, Corpus, Doubles, Ints, Matrix, document_frequency, idf, weighted
from kgspark.resolve.hits import Lookup, Outcome, Side
from kgspark.resolve.normalise import Kind, kind
from kgspark.resolve.quantities import dimension, dimensions

# Columns of ``Evidence.values`` and what each adds to the first score, which needs no fitting.
FIRST_SCORE = {
    "name_cosine": 1.0,
    "text_cosine": 1.0,
    "gram_cosine": 1.0,
    "larger_cover": 1.0,  # share of a name's idf mass that the other offer has: of the two sides the larger
    "smaller_cover": 1.0,
    "code_match": 1.0,  # largest idf of a model number found in the other offer, over ln(1 + N)
    "code_conflict": -1.0,  # the same of one not found: the smaller of both sides
    "code_longer": -1.0,  # a model number goes on where the other ends: a suffix of colour, country or variant
    "unit_conflicts": 0.0,  # units that both give without a value in common
    "number_conflict": 0.0,  # each side has a plain number that the other lacks
    "same_gtin": 1.0,
    "other_gtin": -1.0,
    "same_model": 1.0,  # brand and model number
    **dict.fromkeys(traits.NAMES, 0.0),
    **dict.fromkeys(prices.NAMES, 0.0),
}
NAMES = tuple(FIRST_SCORE)
# Coefficients that are given, not learnt: used things are few, and where a seller lists only the new one, that is their
# best partner everywhere, so winners and decoys do not show that condition tells products apart.
GIVEN = np.array([-3.0 if name == "condition_differs" else 0.0 for name in NAMES])
_CHUNK_PAIRS = 200_000
_NO_MASS = 1e-12
_COSINE_DIGITS = 12


@dataclass(frozen=True)
class Evidence:
    """What is known of each pair: a row of ``values`` (columns NAMES) and its tokens.

    ``pair``, ``token``, ``outcome``: one entry for each token of either name; one that both names hold appears once.
    """

    values: Doubles
    pair: Ints
    token: Ints
    outcome: Ints


@dataclass(frozen=True)
class Weights:
    """What the features need beside the corpus: idf of each column, the number of offers it was counted over, and the
    level of each currency (see ``prices``).
    """

    offers: int
    name: Doubles
    text: Doubles
    grams: Doubles
    levels: Mapping[str, float] = field(default_factory=dict)


def count(corpus: Corpus) -> Weights:
    """Weights of a corpus by its own document frequencies."""
    size = len(corpus)
    name, text, grams = (idf(document_frequency(matrix), size) for matrix in (corpus.name, corpus.text, corpus.grams))
    return Weights(size, name, text, grams)


def priced(evidence: Evidence, corpus: Corpus, levels: Mapping[str, float], left: Ints, right: Ints) -> Evidence:
    """The same evidence with prices compared by the given levels of currencies."""
    values = evidence.values.copy()
    values[:, -len(prices.NAMES) :] = prices.columns(corpus, levels, left, right)
    return replace(evidence, values=values)


def first_score(evidence: Evidence) -> Doubles:
    """The sum of the features with their signs: a score that needs no fitting."""
    return np.asarray(evidence.values @ np.array(list(FIRST_SCORE.values())))


def compute(corpus: Corpus, weights: Weights, left: Ints, right: Ints) -> Evidence:
    """The evidence for pairs of row numbers."""
    table = _Table(corpus, weights)
    starts = range(0, max(len(left), 1), _CHUNK_PAIRS)
    parts = [table.chunk(left[i : i + _CHUNK_PAIRS], right[i : i + _CHUNK_PAIRS]) for i in starts]
    return Evidence(
        np.concatenate([part.values for part in parts]),
        np.concatenate([part.pair + start for part, start in zip(parts, starts, strict=True)]),
        np.concatenate([part.token for part in parts]),
        np.concatenate([part.outcome for part in parts]),
    )


class _Table:
    """The corpus with what is looked up for every chunk of pairs."""

    def __init__(self, corpus: Corpus, weights: Weights) -> None:
        self.corpus, self.weights = corpus, weights
        self.names = weighted(corpus.name, weights.name)
        self.texts = weighted(corpus.text, weights.text)
        self.grams = weighted(corpus.grams, weights.grams)
        self.lookup = Lookup(corpus)
        place = {name: number for number, name in enumerate(dimensions())}
        self.unit = np.array([place.get(dimension(token) or "", -1) for token in corpus.vocabulary], dtype=np.int64)
        self.is_number = np.array([kind(token) == Kind.NUMBER for token in corpus.vocabulary], dtype=bool)

    def chunk(self, left: Ints, right: Ints) -> Evidence:
        """Evidence of some pairs."""
        one, other = self.lookup.side(left, right), self.lookup.side(right, left)
        covers = [self._cover(side) for side in (one, other)]
        scale = np.log1p(self.weights.offers)
        found = [self._largest_code(side, side.hit) for side in (one, other)]
        missed = [self._largest_code(side, side.miss) for side in (one, other)]
        gtins, models = self.corpus.gtins, self.corpus.models
        both_gtins = (gtins[left] >= 0) & (gtins[right] >= 0)
        columns = {
            "name_cosine": _cosine(self.names, left, right),
            "text_cosine": _cosine(self.texts, left, right),
            "gram_cosine": _cosine(self.grams, left, right),
            "larger_cover": np.maximum(*covers),
            "smaller_cover": np.minimum(*covers),
            "code_match": np.maximum(*found) / scale,
            "code_conflict": np.minimum(*missed) / scale,
            "code_longer": np.maximum(*(side.largest(1.0 * (side.outcome == Outcome.PREFIX)) for side in (one, other))),
            "unit_conflicts": self._unit_conflicts(one, other),
            "number_conflict": np.minimum(*(self._lacks_number(side) for side in (one, other))),
            "same_gtin": 1.0 * (both_gtins & (gtins[left] == gtins[right])),
            "other_gtin": 1.0 * (both_gtins & (gtins[left] != gtins[right])),
            "same_model": 1.0 * ((models[left] >= 0) & (models[left] == models[right])),
        }
        # A token of both names comes from both sides with one answer: keep the first side's.
        once = ~other.shared
        return Evidence(
            np.column_stack(
                [
                    *columns.values(),
                    self.corpus.traits[left] != self.corpus.traits[right],
                    prices.columns(self.corpus, self.weights.levels, left, right),
                ]
            ),
            np.concatenate([one.pair, other.pair[once]]),
            np.concatenate([one.token, other.token[once]]),
            np.concatenate([one.outcome, other.outcome[once]]),
        )

    def _cover(self, side: Side) -> Doubles:
        mass = self.weights.name[side.token] * (side.hit | side.miss)
        return np.asarray(side.sum(mass * side.hit) / np.maximum(side.sum(mass), _NO_MASS))

    def _largest_code(self, side: Side, chosen: Bools) -> Doubles:
        return side.largest(np.where(self.lookup.is_model[side.token] & chosen, self.weights.name[side.token], 0.0))

    def _lacks_number(self, side: Side) -> Doubles:
        return side.largest((self.is_number[side.token] & side.miss).astype(np.float64))

    def _unit_conflicts(self, one: Side, other: Side) -> Doubles:
        count = len(dimensions())

        def given(side: Side, chosen: Bools) -> Bools:
            measured = chosen & (self.unit[side.token] >= 0)
            table = np.zeros(side.pairs * count, dtype=bool)
            table[side.pair[measured] * count + self.unit[side.token[measured]]] = True
            return table.reshape(side.pairs, count)

        ours, theirs = (given(side, np.ones(len(side.pair), dtype=bool)) for side in (one, other))
        return np.asarray((ours & theirs & ~given(one, one.shared)).sum(axis=1), dtype=np.float64)


def _cosine(rows: Matrix, left: Ints, right: Ints) -> Doubles:
    # Rounded off what the order of additions changes: equal pairs then have equal scores, and hashes tell them apart.
    return np.round(np.asarray(rows[left].multiply(rows[right]).sum(axis=1)).ravel(), _COSINE_DIGITS)
