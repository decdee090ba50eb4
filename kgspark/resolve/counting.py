"""Document frequencies counted over partitions, and the offers that a matcher is fitted on where not all fit a process.

offers -> tokens and 3-grams of each batch -> sums -> Frequencies; offers -> smallest hash of their words -> a sample
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyspark.sql import functions as F

from kgspark.frames.carried import Carried
from kgspark.resolve.corpus import Corpus, document_frequency, hash_texts
from kgspark.resolve.matcher import Frequencies
from kgspark.resolve.offers import OFFER, corpus_of
from kgspark.resolve.pairs import RARE

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_COUNTED = "token string, gram long, name_df long, text_df long"
# A word draws the offers of a neighbourhood into the sample if at most the cap, and at least this share of it, hold it:
# a rarer one would draw a product without the like products that it could be taken for.
_SMALLEST_NEIGHBOURHOOD = 1 / 20
# The draw of an offer without a word to be drawn by.
NO_DRAW = np.uint64(2**64 - 1)


def frequencies(offers: DataFrame, number: int) -> Frequencies:
    """Document frequencies over all ``number`` offers (columns OFFER); equal to ``matcher.frequencies`` of a corpus."""
    totals = (
        counted(offers)
        .groupBy("token", "gram")
        .agg(F.sum("name_df").alias("name_df"), F.sum("text_df").alias("text_df"))
    )
    rows = totals.where(F.col("text_df") >= RARE).toArrow()
    is_gram = np.asarray(rows.column("token").is_null())
    grams, words = rows.filter(pa.array(is_gram)), rows.filter(pa.array(~is_gram))
    tokens = words.column("token").to_pylist()
    by_token = np.array(sorted(range(len(tokens)), key=tokens.__getitem__), dtype=np.int64)
    by_gram = np.argsort(grams.column("gram").to_numpy())
    return Frequencies(
        number,
        tuple(tokens[row] for row in by_token),
        words.column("name_df").to_numpy()[by_token],
        words.column("text_df").to_numpy()[by_token],
        grams.column("gram").to_numpy()[by_gram],
        grams.column("text_df").to_numpy()[by_gram],
    )


def counted(offers: DataFrame) -> DataFrame:
    """How many offers (columns OFFER) of a batch hold each token (``name_df``, ``text_df``) and each 3-gram (the same
    in both); to be summed by ``token, gram``, of which one is null.
    """
    return offers.select(*OFFER).mapInArrow(_count, _COUNTED)


def neighbours(offers: DataFrame, known: Frequencies, cap: int, number: int, asked: Collection[str] = ()) -> DataFrame:
    """``number`` of the offers, drawn so that an offer comes with those it could be taken for, and the ``asked`` ones.

    Each offer has the smallest hash of its words that are neither too common nor too rare (MinHash, Broder 1997): the
    offers with the smallest of all are whole neighbourhoods, as a sample of single offers would not be.
    """
    drawn = offers.select(*OFFER).mapInArrow(_Draw(Carried(known), cap), "offer_id string, draw long")
    chosen = drawn.orderBy("draw", "offer_id").limit(number).select("offer_id")
    also = offers.sparkSession.createDataFrame([(offer,) for offer in sorted(asked)], "offer_id string")
    return offers.join(chosen.unionByName(also), on="offer_id", how="left_semi")


def drawing(known: Frequencies, cap: int) -> frozenset[str]:
    """The words that draw offers together: neither too common nor too rare."""
    held = (known.name <= cap) & (known.name >= cap * _SMALLEST_NEIGHBOURHOOD)
    return frozenset(known.tokens[row] for row in np.flatnonzero(held))


def draws(offers: Corpus, words: frozenset[str]) -> NDArray[np.uint64]:
    """The smallest hash of the ``words`` in each offer's name; NO_DRAW where it has none of them."""
    hashed = hash_texts(offers.vocabulary)
    hashed[[token not in words for token in offers.vocabulary]] = NO_DRAW
    smallest = np.full(len(offers), NO_DRAW)
    rows = np.repeat(np.arange(len(offers)), np.diff(offers.name.indptr))
    np.minimum.at(smallest, rows, hashed[offers.name.indices])
    return smallest


def _count(incoming: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    for batch in incoming:
        if batch.num_rows:
            yield _counts(corpus_of(pa.Table.from_batches([batch])))


def _counts(offers: Corpus) -> pa.RecordBatch:
    name, text, grams = (document_frequency(matrix) for matrix in (offers.name, offers.text, offers.grams))
    words, places = len(name), len(grams)
    return pa.RecordBatch.from_pydict(
        {
            "token": pa.array([*offers.vocabulary, *[None] * places], pa.string()),
            "gram": pa.array([*[None] * words, *offers.gram_codes.tolist()], pa.int64()),
            "name_df": pa.array(np.concatenate([name, grams])),
            "text_df": pa.array(np.concatenate([text, grams])),
        }
    )


@dataclass(frozen=True)
class _Draw:
    """The smallest hash of each offer's words of middling frequency."""

    known: Carried[Frequencies]
    cap: int

    def __call__(self, incoming: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        words = drawing(self.known.value, self.cap)
        for batch in incoming:
            if not batch.num_rows:
                continue
            smallest = draws(corpus_of(pa.Table.from_batches([batch])), words)
            # Signed, in the order of the unsigned hash.
            signed = (smallest ^ np.uint64(1 << 63)).view(np.int64)
            yield pa.RecordBatch.from_pydict({"offer_id": batch.column("offer_id"), "draw": pa.array(signed)})
