"""Whether the other offer has a token: as a token, inside its text without spaces, as a number with or without its
unit, or as a model number that begins alike.

name tokens of one side, the other side's text -> hit, prefix or miss
"""

from __future__ import annotations

import bisect
import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from kgspark.resolve.corpus import Bools, Corpus, Doubles, Ints, Matrix
from kgspark.resolve.normalise import Kind, has_cjk, kind, squash, value

# A token inside a squashed text, and a prefix of a model number, count from this length on ...
_LOOSE_LENGTH = 4
# ... and the prefix must be this share of the longer model number.
_PREFIX_SHARE = 0.6


class Outcome(IntEnum):
    """What became of a token of one name in the other offer."""

    HIT = 0
    PREFIX = 1  # a model number that begins like one of the other offer: ue49nu8000 and ue49nu8000t
    MISS = 2
    FOREIGN = 3  # a word not found in an offer of another script: silence, not a difference


@dataclass(frozen=True)
class Side:
    """The name tokens of one side of some ``pairs``: pair, token, Outcome, and whether the other name holds it."""

    pairs: int
    pair: Ints
    token: Ints
    outcome: Ints
    shared: Bools

    @property
    def hit(self) -> Bools:
        """Found, in full or by a prefix."""
        return np.asarray(self.outcome <= Outcome.PREFIX)

    @property
    def miss(self) -> Bools:
        """Not found, though it could be."""
        return np.asarray(self.outcome == Outcome.MISS)

    def sum(self, values: Doubles) -> Doubles:
        """Of each pair."""
        return np.bincount(self.pair, weights=values, minlength=self.pairs).astype(np.float64)

    def largest(self, values: Doubles) -> Doubles:
        """Of each pair; 0 where it has no token."""
        best = np.zeros(self.pairs)
        np.maximum.at(best, self.pair, values)
        return best


class Lookup:
    """A corpus prepared for the question."""

    def __init__(self, corpus: Corpus) -> None:
        self.corpus = corpus
        kinds = np.array([kind(token) for token in corpus.vocabulary], dtype=np.int64)
        self.is_model = kinds == Kind.MODEL
        self.is_word = kinds == Kind.WORD
        cjk = np.array([has_cjk(token) for token in corpus.vocabulary], dtype=bool)
        self.east_asian = _mostly(corpus.name, cjk & self.is_word, self.is_word)
        self.squashed = [squash(token) for token in corpus.vocabulary]
        self.long = np.array([len(token) >= _LOOSE_LENGTH for token in self.squashed], dtype=bool)
        self.width = np.int64(max(len(corpus.vocabulary), 1))
        self.text_keys, self.name_keys = _keys(corpus.text, self.width), _keys(corpus.name, self.width)
        # "65" finds "65inch" and the other way round, but "65inch" not "65cm": a value, with its unit or without.
        values = [value(token) for token in corpus.vocabulary]
        place = {text: 2 * number for number, text in enumerate(sorted({text for text in values if text}))}
        bare = np.array([place[text] if text else -1 for text in values], dtype=np.int64)
        plain = (kinds == Kind.NUMBER).astype(np.int64)
        self.asks = np.where(bare >= 0, bare + plain, -1)
        self.value_width = np.int64(2 * len(place) + 1)
        tokens = corpus.text.indices
        given = bare[tokens] >= 0
        answers = _owners(corpus.text)[given] * self.value_width + (bare + 1 - plain)[tokens[given]]
        self.value_keys = np.unique(answers)

    def side(self, asking: Ints, answering: Ints) -> Side:
        """The name tokens of the ``asking`` offers in the offers ``answering``, pair by pair."""
        name = self.corpus.name
        lengths = np.diff(name.indptr)[asking]
        pair = np.repeat(np.arange(len(asking)), lengths)
        within = np.arange(len(pair)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        token = name.indices[name.indptr[asking][pair] + within].astype(np.int64)
        owner = answering[pair]
        keys = owner * self.width + token
        found = _member(self.text_keys, keys)
        numeric = np.flatnonzero(~found & (self.asks[token] >= 0))
        found[numeric] = _member(self.value_keys, owner[numeric] * self.value_width + self.asks[token[numeric]])
        outcome = np.where(found, np.int64(Outcome.HIT), np.int64(Outcome.MISS))
        loose = np.flatnonzero(~found & self.long[token])
        distinct, back = np.unique(keys[loose], return_inverse=True)
        outcome[loose] = self._loose(distinct // self.width, distinct % self.width)[back]
        apart = self.east_asian[asking][pair] != self.east_asian[owner]
        outcome[apart & self.is_word[token] & (outcome == Outcome.MISS)] = Outcome.FOREIGN
        return Side(len(asking), pair, token, outcome, _member(self.name_keys, keys))

    def _loose(self, owners: Ints, tokens: Ints) -> Ints:
        texts, squashed = self.corpus.squashed_text, self.squashed
        inside = np.fromiter(
            (squashed[t] in texts[o] for t, o in zip(tokens.tolist(), owners.tolist(), strict=True)),
            dtype=bool,
            count=len(tokens),
        )
        outcome = np.where(inside, np.int64(Outcome.HIT), np.int64(Outcome.MISS))
        asked = np.flatnonzero(~inside & self.is_model[tokens])
        # The owners come in order: the models of each are listed once.
        for owner, rows in itertools.groupby(asked.tolist(), key=owners.__getitem__):
            models = self._models(int(owner))
            outcome[[i for i in rows if shares_prefix(self.corpus.vocabulary[tokens[i]], models)]] = Outcome.PREFIX
        return outcome

    def _models(self, owner: int) -> Sequence[str]:
        text = self.corpus.text
        columns = text.indices[text.indptr[owner] : text.indptr[owner + 1]]
        return [self.corpus.vocabulary[c] for c in columns[self.is_model[columns]]]


def shares_prefix(token: str, models: Sequence[str]) -> bool:
    """Whether one of the model numbers, which are sorted, begins with the token, or the token with it.

    >>> shares_prefix("ue49nu8000t", ["ue49nu8000"]), shares_prefix("dsct500b", ["dsct300"])
    (True, False)
    """
    shortest = max(_LOOSE_LENGTH, math.ceil(_PREFIX_SHARE * len(token)))
    for length in range(shortest, len(token)):
        place = bisect.bisect_left(models, token[:length])
        if place < len(models) and models[place] == token[:length]:
            return True
    if len(token) < _LOOSE_LENGTH:
        return False
    begin_alike = itertools.takewhile(
        lambda model: model.startswith(token), itertools.islice(models, bisect.bisect_left(models, token), None)
    )
    return any(len(token) >= _PREFIX_SHARE * len(model) for model in begin_alike)


def _mostly(name: Matrix, chosen: Bools, among: Bools) -> Bools:
    """Whether at least half of an offer's words are of the chosen ones."""
    owners = _owners(name)
    some, every = (
        np.bincount(owners, weights=mask[name.indices].astype(np.float64), minlength=name.shape[0])
        for mask in (chosen, among)
    )
    return np.asarray((some > 0) & (some >= every / 2))


def _owners(matrix: Matrix) -> Ints:
    return np.repeat(np.arange(matrix.shape[0], dtype=np.int64), np.diff(matrix.indptr))


def _keys(matrix: Matrix, width: np.int64) -> Ints:
    return np.asarray(_owners(matrix) * width + matrix.indices)


def _member(keys: Ints, asked: Ints) -> Bools:
    if not len(keys):
        return np.zeros(len(asked), dtype=bool)
    place = np.minimum(np.searchsorted(keys, asked), len(keys) - 1)
    return np.asarray(keys[place] == asked)
