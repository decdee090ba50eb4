"""Words that have come into many offers since a matcher was fitted, which takes them for rare.

tonight's offers -> how many hold each word and 3-gram -> those far above what the matcher knows -> about how many hold
them now -> a matcher that knows

A matcher takes a word that it never met for one that a single offer holds. Let a shop put "Black Friday" into a
hundredth of its titles, and a kept matcher weighs it like a model number. The entries rest on the offers and the
matcher alone, so that any night comes to them; counts are rounded, so that they seldom are others on the next. Where
an entry is another than in the last release, the offers that hold its word or 3-gram (``holding``) are matched anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from pyspark.sql import functions as F

from kgspark.resolve import counting
from kgspark.resolve.corpus import Corpus, Ints, document_frequency
from kgspark.resolve.matcher import held_by
from kgspark.resolve.offers import OFFER, corpus_of

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from kgspark.resolve.matcher import Frequencies, Matcher

# What fewer offers hold is rare, whatever the matcher knows of it.
FEWEST = 32
# How many times as many offers hold it as the matcher knows.
TIMES = 8


@dataclass(frozen=True)
class Spread:
    """About how many offers hold what has spread: ``tokens`` in names and in texts (0: as the matcher knows), ``grams``
    by their codes.
    """

    tokens: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    grams: Mapping[int, int] = field(default_factory=dict)


def knowing(fitted: Matcher | None, offers: Corpus) -> Matcher | None:
    """A matcher that an earlier night fitted, if there is one, as it is to be applied to all these offers."""
    return fitted and under(fitted, of_corpus(fitted.frequencies, offers))


def of_corpus(known: Frequencies, offers: Corpus) -> Spread:
    """What has spread in a corpus that holds all offers."""
    name, text, grams = (document_frequency(matrix) for matrix in (offers.name, offers.text, offers.grams))
    often, often_grams = np.flatnonzero(text >= FEWEST), np.flatnonzero(grams >= FEWEST)
    words = [offers.vocabulary[column] for column in often]
    return _spread(known, words, name[often], text[often], offers.gram_codes[often_grams], grams[often_grams])


def of_frame(known: Frequencies, read: DataFrame) -> Spread:
    """What has spread among offers (``offers.read``)."""
    return _of_rows(known, _often(counting.counted(read), "name_df", "text_df"))


def of_both(known: Frequencies, read: DataFrame, touched: DataFrame, were: DataFrame) -> tuple[Spread, Spread]:
    """What has spread among offers (``offers.read``), and what had when the ``touched`` ones (offer_id; also those that
    are gone) were as in ``were``. One pass over the offers.
    """
    came = read.join(F.broadcast(touched), on="offer_id", how="left_semi")
    signed = _signed(read, 1, 1).unionByName(_signed(came, 0, -1)).unionByName(_signed(were, 0, 1))
    rows = _often(signed, "name_now", "text_now", "name_then", "text_then")
    now, then = (rows.select(["token", "gram", f"name_{when}", f"text_{when}"]) for when in ("now", "then"))
    return _of_rows(known, now), _of_rows(known, then)


def holding(offers: DataFrame, one: Spread, other: Spread) -> DataFrame:
    """``offer_id`` of the offers (columns OFFER) that hold a word or a 3-gram of which the two say something else."""
    words = frozenset(word for word, _ in one.tokens.items() ^ other.tokens.items())
    grams = np.array(sorted({code for code, _ in one.grams.items() ^ other.grams.items()}), dtype=np.int64)
    if not words and not len(grams):
        return offers.select("offer_id").limit(0)
    return offers.select(*OFFER).mapInArrow(_Holding(words, grams), "offer_id string")


def under(fitted: Matcher, spread: Spread) -> Matcher:
    """The matcher with what has spread at its number; such a word of names speaks neither for a pair nor against it."""
    if not spread.tokens and not spread.grams:
        return fitted
    known = fitted.frequencies
    rows = known.token_rows(list(spread.tokens))
    new = [token for token, row in zip(spread.tokens, rows, strict=True) if row < 0]
    # What is not listed counts as held by one.
    name, text = (np.append(held, np.ones(len(new), np.int64)) for held in (known.name, known.text))
    tokens = np.concatenate([fitted.fitted.tokens, fitted.token_weights(new)], axis=2)
    place = dict(zip(new, range(len(known.tokens), len(name)), strict=True))
    for token, (in_names, in_texts) in spread.tokens.items():
        row = place.get(token, known.place.get(token, -1))
        text[row] = max(text[row], in_names, in_texts)
        if in_names:
            name[row] = in_names
            # What both, or one alone, having it tells of a pair has never been seen.
            tokens[:, :, row] = 0.0
    held = dict(zip(known.grams.tolist(), known.gram_df.tolist(), strict=True)) | dict(spread.grams)
    codes = np.array(sorted(held), dtype=np.int64)
    grams = np.array([held[code] for code in codes.tolist()], dtype=np.int64)
    frequencies = replace(known, tokens=(*known.tokens, *new), name=name, text=text, grams=codes, gram_df=grams)
    return replace(fitted, frequencies=frequencies, fitted=replace(fitted.fitted, tokens=tokens))


@dataclass(frozen=True)
class _Holding:
    words: frozenset[str]
    grams: Ints

    def __call__(self, incoming: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Of batches of offers, the ids of those that hold one of the words or 3-grams."""
        for batch in incoming:
            if not batch.num_rows:
                continue
            offers = corpus_of(pa.Table.from_batches([batch]))
            sought = np.array([word in self.words for word in offers.vocabulary], dtype=np.int64)
            grams = np.isin(offers.gram_codes, self.grams).astype(np.int64)
            holds = pa.array((offers.text @ sought + offers.grams @ grams) > 0)
            yield pa.RecordBatch.from_pydict({"offer_id": batch.column("offer_id").filter(holds)})


def _signed(read: DataFrame, now: int, then: int) -> DataFrame:
    counts = [
        (F.col(f"{where}_df") * sign).alias(f"{where}_{when}")
        for when, sign in (("now", now), ("then", then))
        for where in ("name", "text")
    ]
    return counting.counted(read).select("token", "gram", *counts)


def _often(counted: DataFrame, *counts: str) -> pa.Table:
    """The sums by token or 3-gram of those that FEWEST hold by any count."""
    totals = counted.groupBy("token", "gram").agg(*(F.sum(name).alias(name) for name in counts))
    return totals.where(" OR ".join(f"{name} >= {FEWEST}" for name in counts)).toArrow()


def _of_rows(known: Frequencies, rows: pa.Table) -> Spread:
    """What has spread by rows of token, gram, how many names, how many texts."""
    name, text = (rows.column(place).to_numpy() for place in (2, 3))
    is_gram = np.asarray(rows.column("token").is_null())
    words, grams = np.flatnonzero(~is_gram), np.flatnonzero(is_gram)
    tokens, codes = rows.column("token").to_pylist(), rows.column("gram").to_pylist()
    listed = np.array([codes[row] for row in grams], dtype=np.int64)
    return _spread(known, [tokens[row] for row in words], name[words], text[words], listed, text[grams])


def _spread(known: Frequencies, words: list[str], name: Ints, text: Ints, codes: Ints, grams: Ints) -> Spread:
    rows = known.token_rows(words)
    in_names, in_texts = _grown(name, held_by(rows, known.name)), _grown(text, held_by(rows, known.text))
    in_grams = _grown(grams, held_by(known.gram_rows(codes), known.gram_df))
    return Spread(
        {words[at]: (int(in_names[at]), int(in_texts[at])) for at in np.flatnonzero(in_names + in_texts).tolist()},
        {int(codes[at]): int(in_grams[at]) for at in np.flatnonzero(in_grams).tolist()},
    )


def _grown(held: Ints, known: Ints) -> Ints:
    """About how many hold each, where they are many and far more than are known; else 0."""
    grown = (held >= FEWEST) & (held >= TIMES * np.maximum(known, 1))
    return np.where(grown, np.array([_rounded(int(count)) for count in held], dtype=np.int64), 0)


def _rounded(count: int) -> int:
    """
    >>> [_rounded(count) for count in (1, 32, 127, 128, 511, 512, 988)]
    [64, 64, 64, 256, 256, 1024, 1024]
    """
    fours = (max(count // FEWEST, 1).bit_length() - 1) // 2
    return 2 * FEWEST << 2 * fours
