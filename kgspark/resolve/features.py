"""Features of a pair of offers: how alike the names are, what each says that the other lacks, and which codes agree.

corpus, idf, pairs -> cosines -> tokens of either name, and whether the other offer has them -> features, first score
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kgspark.resolve.corpus import Bools, Corpus, Doubles, Ints, Matrix, document_frequency, idf, weighted
from kgspark.resolve.normalise import Kind, kind, unit, units

# Order of the columns of ``Evidence.values``.
NAMES = ("w", "wx", "cs", "cmax", "cmin", "mod", "conf", "uc", "nc")
# A token inside a squashed text, and a prefix of a model number, count from this length on ...
_LOOSE_LENGTH = 4
# ... and the prefix must be this share of the longer model number.
_PREFIX_SHARE = 0.6
_CHUNK_PAIRS = 200_000


@dataclass(frozen=True)
class Evidence:
    """What is known of each pair: a row of ``values`` (columns NAMES) and its tokens.

    ``pair``, ``token``, ``hit``: one entry for each token of either name; a token that both names hold appears once.
    """

    values: Doubles
    pair: Ints
    token: Ints
    hit: Bools

    def column(self, name: str) -> Doubles:
        """One feature."""
        return self.values[:, NAMES.index(name)]


@dataclass(frozen=True)
class Weights:
    """What the features need beside the corpus: idf of each column, and the number of offers it was counted over."""

    offers: int
    name: Doubles
    text: Doubles
    grams: Doubles


def count(corpus: Corpus) -> Weights:
    """Weights of a corpus by its own document frequencies."""
    size = len(corpus)
    name, text, grams = (
        idf(document_frequency(matrix), size) for matrix in (corpus.name, corpus.text, corpus.grams)
    )
    return Weights(size, name, text, grams)


def first_score(evidence: Evidence) -> Doubles:
    """s0 = w + cs + wx + cmax + cmin + mod - conf: a score that needs no fitting."""
    added: Doubles = sum((evidence.column(n) for n in ("w", "cs", "wx", "cmax", "cmin", "mod")), start=np.zeros(1))
    return added - evidence.column("conf")


def compute(corpus: Corpus, weights: Weights, left: Ints, right: Ints) -> Evidence:
    """The evidence for pairs of row numbers."""
    table = _Table(corpus, weights)
    steps = range(0, max(len(left), 1), _CHUNK_PAIRS)
    parts = [table.chunk(left[i : i + _CHUNK_PAIRS], right[i : i + _CHUNK_PAIRS]) for i in steps]
    return Evidence(
        np.concatenate([part.values for part in parts]),
        np.concatenate([part.pair + start for part, start in zip(parts, steps, strict=True)]),
        np.concatenate([part.token for part in parts]),
        np.concatenate([part.hit for part in parts]),
    )


class _Table:
    """The corpus with what is looked up for every chunk of pairs."""

    def __init__(self, corpus: Corpus, weights: Weights) -> None:
        self.corpus, self.weights = corpus, weights
        self.word_rows = weighted(corpus.name, weights.name)
        self.text_rows = weighted(corpus.text, weights.text)
        self.gram_rows = weighted(corpus.grams, weights.grams)
        kinds = np.array([kind(token) for token in corpus.vocabulary], dtype=np.int64)
        self.is_model = kinds == Kind.MODEL
        self.is_number = kinds == Kind.NUMBER
        place = {name: number for number, name in enumerate(units())}
        self.unit = np.array([place.get(unit(token) or "", -1) for token in corpus.vocabulary], dtype=np.int64)
        self.long = np.array([len(token) >= _LOOSE_LENGTH for token in corpus.vocabulary], dtype=bool)
        self.width = np.int64(max(len(corpus.vocabulary), 1))
        self.text_keys = _keys(corpus.text, self.width)
        self.name_keys = _keys(corpus.name, self.width)

    def chunk(self, left: Ints, right: Ints) -> Evidence:
        """Evidence of some pairs."""
        one, other = self._side(left, right), self._side(right, left)
        size = len(left)
        mass = [np.maximum(side.sum(size, self.weights.name[side.token]), 1e-12) for side in (one, other)]
        shares = [side.sum(size, self.weights.name[side.token] * side.hit) / m for side, m in zip((one, other), mass)]
        scale = np.log1p(self.weights.offers)
        hits = [side.largest(size, self._model_weight(side, side.hit)) for side in (one, other)]
        misses = [side.largest(size, self._model_weight(side, ~side.hit)) for side in (one, other)]
        values = [
            _dot(self.word_rows, left, right),
            _dot(self.text_rows, left, right),
            _dot(self.gram_rows, left, right),
            np.maximum(*shares),
            np.minimum(*shares),
            np.maximum(*hits) / scale,
            np.minimum(*misses) / scale,
            self._unit_conflicts(one, other, size),
            self._number_conflicts(one, other, size),
        ]
        # A token of both names comes from both sides with one answer: keep the first side's.
        once = ~other.shared
        return Evidence(
            np.stack(values, axis=1),
            np.concatenate([one.pair, other.pair[once]]),
            np.concatenate([one.token, other.token[once]]),
            np.concatenate([one.hit, other.hit[once]]),
        )

    def _side(self, asking: Ints, answering: Ints) -> _Side:
        """The name tokens of one side, and whether the other side has them."""
        name = self.corpus.name
        lengths = np.diff(name.indptr)[asking]
        pair = np.repeat(np.arange(len(asking)), lengths)
        within = np.arange(len(pair)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        token = name.indices[name.indptr[asking][pair] + within].astype(np.int64)
        owner = answering[pair]
        keys = owner * self.width + token
        shared = _member(self.name_keys, keys)
        hit = _member(self.text_keys, keys)
        loose = np.flatnonzero(~hit & self.long[token])
        distinct, back = np.unique(keys[loose], return_inverse=True)
        hit[loose] = self._loose(distinct // self.width, distinct % self.width)[back]
        return _Side(pair, token, hit, shared)

    def _loose(self, owners: Ints, tokens: Ints) -> Bools:
        """Whether a token stands inside an offer's squashed text, or shares a long prefix with a model number there."""
        vocabulary, texts = self.corpus.vocabulary, self.corpus.squashed_text
        found = np.fromiter(
            (_squashed(vocabulary[t]) in texts[o] for t, o in zip(tokens.tolist(), owners.tolist(), strict=True)),
            dtype=bool,
            count=len(tokens),
        )
        for i in np.flatnonzero(~found & self.is_model[tokens]):
            found[i] = _shares_prefix(vocabulary[tokens[i]], self._models(int(owners[i])))
        return found

    def _models(self, owner: int) -> Sequence[str]:
        text = self.corpus.text
        columns = text.indices[text.indptr[owner] : text.indptr[owner + 1]]
        return [self.corpus.vocabulary[c] for c in columns[self.is_model[columns]]]

    def _model_weight(self, side: _Side, chosen: Bools) -> Doubles:
        return self.weights.name[side.token] * (self.is_model[side.token] & chosen)

    def _unit_conflicts(self, one: _Side, other: _Side, size: int) -> Doubles:
        """Units that both names give, without a value in common."""
        count = len(units())

        def given(side: _Side, chosen: Bools) -> Bools:
            measured = chosen & (self.unit[side.token] >= 0)
            table = np.zeros(size * count, dtype=bool)
            table[side.pair[measured] * count + self.unit[side.token[measured]]] = True
            return table.reshape(size, count)

        everything = [given(side, np.ones(len(side.pair), dtype=bool)) for side in (one, other)]
        agreeing = given(one, one.shared)
        return (everything[0] & everything[1] & ~agreeing).sum(axis=1).astype(np.float64)

    def _number_conflicts(self, one: _Side, other: _Side, size: int) -> Doubles:
        """1 where each name has a plain number that the other offer lacks."""
        lacking = [side.largest(size, (self.is_number[side.token] & ~side.hit).astype(float)) for side in (one, other)]
        return np.minimum(*lacking)


@dataclass(frozen=True)
class _Side:
    pair: Ints
    token: Ints
    hit: Bools
    shared: Bools

    def sum(self, size: int, values: Doubles) -> Doubles:
        return np.bincount(self.pair, weights=values, minlength=size)

    def largest(self, size: int, values: Doubles) -> Doubles:
        best = np.zeros(size)
        np.maximum.at(best, self.pair, values)
        return best


@functools.lru_cache(maxsize=1 << 20)
def _squashed(token: str) -> str:
    return token.replace(".", "")


def _shares_prefix(token: str, models: Sequence[str]) -> bool:
    for model in models:
        short, long = sorted((token, model), key=len)
        if len(short) >= _LOOSE_LENGTH and len(short) >= _PREFIX_SHARE * len(long) and long.startswith(short):
            return True
    return False


def _dot(rows: Matrix, left: Ints, right: Ints) -> Doubles:
    return np.asarray(rows[left].multiply(rows[right]).sum(axis=1)).ravel()


def _keys(matrix: Matrix, width: np.int64) -> Ints:
    rows = np.repeat(np.arange(matrix.shape[0], dtype=np.int64), np.diff(matrix.indptr))
    return rows * width + matrix.indices


def _member(keys: Ints, asked: Ints) -> Bools:
    if not len(keys):
        return np.zeros(len(asked), dtype=bool)
    place = np.minimum(np.searchsorted(keys, asked), len(keys) - 1)
    return keys[place] == asked
