"""Candidate pairs as learning and scoring see them: evidence, slots, ties, folds.

corpus, left and right rows, evidence -> slots of both sides, fold of the left offer, buckets of the tokens
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kgspark.resolve import compete
from kgspark.resolve.corpus import Bools, Corpus, Ints
from kgspark.resolve.features import Evidence
from kgspark.resolve.normalise import Kind, kind

FOLDS = 3
# Buckets of one kind of token: log2 of the document frequency has fewer values than this.
_FREQUENCIES = 40
BUCKETS = len(Kind) * _FREQUENCIES
# Tokens of fewer offers have no weight of their own but that of their bucket: they are most of a vocabulary.
RARE = 2


@dataclass(frozen=True)
class Pairs:
    """Rows ``left`` and ``right`` of a corpus; ``first`` and ``second`` slot, ``tie`` and ``fold`` of each pair.

    ``bucket`` (kind x log2 df) and ``own`` (has a weight of its own) are of each token of the vocabulary.
    """

    left: Ints
    right: Ints
    evidence: Evidence
    first: Ints
    second: Ints
    tie: NDArray[np.uint64]
    fold: Ints
    bucket: Ints
    own: Bools

    def __len__(self) -> int:
        return len(self.left)


def prepare(corpus: Corpus, name_df: Ints, left: Ints, right: Ints, evidence: Evidence) -> Pairs:
    """Lay pairs out for learning; ``name_df`` counts the names of each token of the vocabulary."""
    first, second = compete.slots(corpus, left, right)
    return Pairs(
        left,
        right,
        evidence,
        first,
        second,
        compete.ties(corpus, left, right),
        folds(corpus, left, right),
        np.array(
            [bucket(kind(token), int(df)) for token, df in zip(corpus.vocabulary, name_df, strict=True)], dtype=np.int64
        ),
        name_df >= RARE,
    )


def folds(corpus: Corpus, left: Ints, right: Ints) -> Ints:
    """The fold of each pair: by hash of the offer with the smaller hash, whichever side it is on."""
    smaller = np.minimum(corpus.hashes[left], corpus.hashes[right])
    return (smaller % np.uint64(FOLDS)).astype(np.int64)


def bucket(token_kind: Kind, df: int) -> int:
    """The bucket of a token: tokens of one kind and about one frequency."""
    return int(token_kind) * _FREQUENCIES + max(df, 1).bit_length() - 1
