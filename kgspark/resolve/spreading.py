"""Words that have come into many offers since a matcher was fitted, which takes them for rare.

tonight's offers -> how many hold each word and 3-gram -> those far above what the matcher knows -> about how many hold
them now -> a matcher that knows

A matcher takes a word that it never met for one that a single offer holds. Let a shop put "Black Friday" into a
hundredth of its titles, and a kept matcher weighs it like a model number. The entries rest on the offers and the
matcher alone, so that any night comes to them; counts are rounded, so that they seldom are others on the next.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from pyspark.sql import functions as F

from kgspark.columns import node_key
from kgspark.resolve import counting
from kgspark.resolve.corpus import Corpus, Ints, document_frequency
from kgspark.resolve.matcher import held_by
from kgspark.resolve.normalise import kind
from kgspark.resolve.pairs import bucket

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame

    from kgspark.resolve.matcher import Frequencies, Matcher
    from kgspark.resolve.memory import Memory

# What fewer offers hold is rare, whatever the matcher knows of it.
FEWEST = 32
# How many times as many offers hold it as the matcher knows.
TIMES = 8
# Counts are rounded to powers of this.
_STEP = 4


@dataclass(frozen=True)
class Spread:
    """About how many offers hold what has spread: ``tokens`` in names and in texts, ``grams`` by their codes."""

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


def of_frame(known: Frequencies, read: DataFrame, memory: Memory | None) -> tuple[Spread, Spread]:
    """What has spread among offers (``offers.read``), and what had among those of the last release, as ``memory`` tells
    what has changed since; without it the same twice. One pass over the offers.
    """
    counted = _signed(read, 1, 1)
    if memory is not None:
        touched = F.broadcast(memory.touched)
        came = read.withColumn("key", node_key("offer_id")).join(touched, on="key", how="left_semi")
        counted = counted.unionByName(_signed(came, 0, -1)).unionByName(_signed(memory.were, 0, 1))
    sums = [F.sum(name).alias(name) for name in ("name_now", "text_now", "name_then", "text_then")]
    totals = counted.groupBy("token", "gram").agg(*sums)
    rows = totals.where(F.greatest("text_now", "text_then") >= FEWEST).toArrow()
    return _of_rows(known, rows, "now"), _of_rows(known, rows, "then")


def under(fitted: Matcher, spread: Spread) -> Matcher:
    """The matcher with what has spread at its number, weighed as words of its kind that are so frequent."""
    if not spread.tokens and not spread.grams:
        return fitted
    known, tokens = fitted.frequencies, fitted.fitted.tokens
    rows = known.token_rows(list(spread.tokens))
    new = [token for token, row in zip(spread.tokens, rows, strict=True) if row < 0]
    name, text = (
        np.append(known.name, np.zeros(len(new), np.int64)),
        np.append(known.text, np.zeros(len(new), np.int64)),
    )
    tokens = np.concatenate([tokens, np.zeros((*tokens.shape[:2], len(new)))], axis=2)
    place = dict(zip(new, range(len(known.tokens), len(name)), strict=True))
    for token, (in_names, in_texts) in spread.tokens.items():
        row = place.get(token, known.place.get(token, -1))
        name[row], text[row] = in_names, in_texts
        tokens[:, :, row] = fitted.fitted.buckets[:, :, bucket(kind(token), in_names)]
    held = dict(zip(known.grams.tolist(), known.gram_df.tolist(), strict=True)) | dict(spread.grams)
    codes = np.array(sorted(held), dtype=np.int64)
    grams = np.array([held[code] for code in codes.tolist()], dtype=np.int64)
    frequencies = replace(known, tokens=(*known.tokens, *new), name=name, text=text, grams=codes, gram_df=grams)
    return replace(fitted, frequencies=frequencies, fitted=replace(fitted.fitted, tokens=tokens))


def _signed(read: DataFrame, now: int, then: int) -> DataFrame:
    counts = [
        (F.col(f"{where}_df") * sign).alias(f"{where}_{when}")
        for when, sign in (("now", now), ("then", then))
        for where in ("name", "text")
    ]
    return counting.counted(read).select("token", "gram", *counts)


def _of_rows(known: Frequencies, rows: pa.Table, when: str) -> Spread:
    name, text = (np.asarray(rows.column(f"{where}_{when}")) for where in ("name", "text"))
    is_gram, often = np.asarray(rows.column("token").is_null()), text >= FEWEST
    words, grams = np.flatnonzero(~is_gram & often), np.flatnonzero(is_gram & often)
    tokens, codes = rows.column("token").to_pylist(), rows.column("gram").to_pylist()
    listed = np.array([codes[row] for row in grams], dtype=np.int64)
    return _spread(known, [tokens[row] for row in words], name[words], text[words], listed, text[grams])


def _spread(known: Frequencies, words: list[str], name: Ints, text: Ints, codes: Ints, grams: Ints) -> Spread:
    was, grams_were = held_by(known.token_rows(words), known.text), held_by(known.gram_rows(codes), known.gram_df)
    spread, spread_grams = np.flatnonzero(text >= TIMES * was), np.flatnonzero(grams >= TIMES * grams_were)
    return Spread(
        {words[at]: (_rounded(int(name[at])), _rounded(int(text[at]))) for at in spread.tolist()},
        {int(codes[at]): _rounded(int(grams[at])) for at in spread_grams.tolist()},
    )


def _rounded(count: int) -> int:
    """
    >>> [_rounded(count) for count in (0, 1, 3, 40, 129, 988)]
    [0, 1, 4, 64, 256, 1024]
    """
    return int(_STEP ** round(math.log(count, _STEP))) if count else 0
