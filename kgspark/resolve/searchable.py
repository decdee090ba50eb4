"""Offers as numbers, which is all that the search over partitions reads of them: no task of its grid meets a text.

offers, document frequencies -> weighted rows of the three searches, capped -> a row of numbers an offer -> shards
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from pyspark.sql import functions as F
from scipy import sparse

from kgspark.columns import node_key
from kgspark.frames.carried import Carried
from kgspark.resolve import counting, matcher
from kgspark.resolve.block import SEARCHES, Shard, Step, steps_of
from kgspark.resolve.corpus import Bools, Corpus, Ints, Matrix, hash_texts, scramble
from kgspark.resolve.matcher import Frequencies, Retrieval
from kgspark.resolve.offers import OFFER, corpus_of
from kgspark.resolve.settings import ResolveSettings

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

# Columns beside those that are listed share this many: what a pinned matcher has not seen, and what one offer holds.
# Two that fall together may make a candidate that is none, and no more than that.
_UNLISTED = 1 << 22
_NUMBERS = {
    "key": "long",  # node_key of the offer id
    "seller": "long",
    "alone": "boolean",
    "guarded": "boolean",
    "hash": "long",
    "near": "long",  # equal for offers that share their telling word: see counting.draws
}


def _columns(step: Step) -> tuple[str, str]:
    (name,) = steps_of(step)
    return f"{name}_at", f"{name}_is"


COLUMNS = (*_NUMBERS, *(column for step in SEARCHES for column in _columns(step)))
_SCHEMA = ", ".join(
    [f"{name} {of}" for name, of in _NUMBERS.items()]
    + [f"{at} array<int>, {value} array<double>" for at, value in map(_columns, SEARCHES)]
)


def numbers(
    offers: DataFrame, known: Carried[Frequencies], cfg: ResolveSettings, weighed: Carried[Frequencies] | None = None
) -> DataFrame:
    """A row of COLUMNS for each offer (columns OFFER): words and 3-grams are numbered as in ``known``, and have weights
    by the frequencies ``weighed`` where they are others.
    """
    keyed = offers.select(*OFFER, node_key("offer_id").alias("key"), F.xxhash64("lister").alias("seller"))
    return keyed.mapInArrow(_Numbers(known, weighed or known, cfg), _SCHEMA)


def shard(rows: pa.Table, step: Step, known: Frequencies) -> Shard:
    """Rows of COLUMNS as one side of a search; offers are numbered by their keys."""
    at, value = (rows.column(name).combine_chunks() for name in _columns(step))
    starts = np.concatenate([[0], np.cumsum(at.value_lengths().to_numpy(zero_copy_only=False))])
    width = _UNLISTED + (len(known.grams) if step == Step.GRAMS else len(known.tokens))
    content = (value.flatten().to_numpy(), at.flatten().to_numpy(), starts.astype(np.int32))
    return Shard(
        rows.column("key").to_numpy(),
        rows.column("hash").to_numpy().view(np.uint64),
        rows.column("seller").to_numpy(),
        rows.column("alone").to_numpy(zero_copy_only=False),
        sparse.csr_array(content, (rows.num_rows, width)),
    )


def guarded(rows: pa.Table) -> Bools:
    """Which of these offers are guarded (see ``Corpus.guarded``)."""
    return np.asarray(rows.column("guarded").to_numpy(zero_copy_only=False))


@dataclass(frozen=True)
class _Numbers:
    """Turns batches of offers into numbers."""

    known: Carried[Frequencies]
    weighed: Carried[Frequencies]
    cfg: ResolveSettings

    def __call__(self, incoming: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        known, weighed = self.known.value, self.weighed.value
        drawing = counting.drawing(weighed, self.cfg.max_word_offers)
        for batch in incoming:
            if not batch.num_rows:
                continue
            offers = corpus_of(pa.Table.from_batches([batch]))
            draws = counting.draws(offers, drawing)
            columns: dict[str, pa.Array] = {name: batch.column(name) for name in ("key", "seller", "alone")}
            columns["guarded"] = pa.array(offers.guarded)
            columns["hash"] = pa.array(offers.hashes.view(np.int64))
            # Without a telling word an offer lies anywhere, not with all others that have none.
            near = np.where(draws == counting.NO_DRAW, offers.hashes, draws)
            columns["near"] = pa.array(near.view(np.int64))
            found = matcher.retrievals(offers, weighed, self.cfg.max_word_offers, self.cfg.max_gram_offers)
            for search in found:
                columns |= _lists(search, _places(offers, search.step, known))
            yield pa.RecordBatch.from_pydict({name: columns[name] for name in COLUMNS})


def _places(offers: Corpus, step: Step, known: Frequencies) -> Ints:
    """The column of each token, or 3-gram, of a corpus among all there are."""
    if step == Step.GRAMS:
        hashes = scramble(offers.gram_codes.view(np.uint64))
        return _listed_or(known.gram_rows(offers.gram_codes), hashes, len(known.grams))
    return _listed_or(known.token_rows(offers.vocabulary), hash_texts(offers.vocabulary), len(known.tokens))


def _listed_or(rows: Ints, hashes: np.ndarray[tuple[int], np.dtype[np.uint64]], listed: int) -> Ints:
    return np.where(rows >= 0, rows, listed + (hashes % np.uint64(_UNLISTED)).astype(np.int64))


def _lists(search: Retrieval, places: Ints) -> Mapping[str, pa.Array]:
    rows: Matrix = search.rows
    starts = pa.array(rows.indptr.astype(np.int32))
    values = pa.array(places[rows.indices].astype(np.int32)), pa.array(rows.data)
    return {
        name: pa.ListArray.from_arrays(starts, said) for name, said in zip(_columns(search.step), values, strict=True)
    }
