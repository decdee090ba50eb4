"""Offers as the competition sees them: which slots a pair stands in, and what it needs beside its score.

offers -> hash, lane, doubles -> scored pairs with tie, probability, both slots -> those worth keeping
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyspark.sql import functions as F

from kgspark.columns import node_key
from kgspark.frames.carried import Carried
from kgspark.frames.lineage import cut
from kgspark.resolve import resolver
from kgspark.resolve.corpus import Bools, Corpus, Doubles, Ints, hash_texts, mix, scramble, shares
from kgspark.resolve.matcher import Matcher
from kgspark.resolve.settings import ResolveSettings

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

Hashes = NDArray[np.uint64]
SCORED = (
    "left long, right long, near long, steps long, said int, score double, tie long, p double, left_slot long, "
    "right_slot long, wins boolean"
)
# Columns of OFFER that say how an offer competes.
_SAYS = ("offer_id", "lister", "alone", "small", "alike", "gtin", "model")
_CONTENDER = {"hash": "long", "lane": "long", "small": "boolean", "doubles": "long"}


@dataclass(frozen=True)
class Contenders:
    """Offers: hash of the id, hash of the lane, whether the seller is small, ``Corpus.doubles``."""

    hashes: Hashes
    lanes: Hashes
    small: Bools
    doubles: Ints

    def of(self, rows: Ints) -> Contenders:
        """Some of them."""
        return Contenders(self.hashes[rows], self.lanes[rows], self.small[rows], self.doubles[rows])


def of_corpus(corpus: Corpus, listers: Sequence[str]) -> Contenders:
    """The offers of a corpus; ``listers`` are their sellers."""
    return Contenders(corpus.hashes, _lanes(listers, corpus.hashes, corpus.small), corpus.small, corpus.doubles)


def with_both(pairs: DataFrame, offers: DataFrame) -> DataFrame:
    """Pairs (left, right: node_key of the ids) with what a Contender is of either offer (columns OFFER)."""
    columns = ", ".join(f"{name} {of}" for name, of in _CONTENDER.items())
    keyed = offers.select(node_key("offer_id").alias("key"), *_SAYS)
    known = cut(keyed.mapInArrow(_contend, f"key long, {columns}"))
    for side in ("left", "right"):
        named = [F.col(name).alias(f"{side}_{name}") for name in _CONTENDER]
        pairs = pairs.join(known.select(F.col("key").alias(side), *named), on=side, how="inner")
    return pairs


def contenders(rows: pa.Table | pa.RecordBatch, side: str) -> Contenders:
    """The offers on one side of pairs ``with_both``."""
    hashes, lanes, small, doubles = (
        rows.column(f"{side}_{name}").to_numpy(zero_copy_only=False) for name in _CONTENDER
    )
    return Contenders(hashes.view(np.uint64), lanes.view(np.uint64), small, doubles)


def rows_of(
    pairs: pa.Table, left: Contenders, right: Contenders, score: Doubles, p: Doubles, wins: Bools, cfg: ResolveSettings
) -> pa.Table:
    """Rows of SCORED for pairs (left, right, near, steps, said), as far as they are worth keeping even if they win."""
    said = pairs.column("said").to_numpy()
    columns = {name: pairs.column(name) for name in ("left", "right", "near", "steps", "said")} | {
        "score": score,
        # Signed, in the order of the unsigned hash.
        "tie": (mix(left.hashes, right.hashes) ^ np.uint64(1 << 63)).view(np.int64),
        "p": p,
        "left_slot": _slots(left.hashes, right.lanes),
        "right_slot": _slots(right.hashes, left.lanes),
        "wins": wins,
    }
    return pa.table(columns).filter(pa.array(resolver.worth_keeping(p, said, cfg)))


@dataclass(frozen=True)
class Remember:
    """Rows of SCORED out of pairs whose score is known, ``with_both`` contenders."""

    fitted: Carried[Matcher]
    cfg: ResolveSettings

    def __call__(self, incoming: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Of batches of pairs with both contenders, the rows of those worth keeping."""
        for batch in incoming:
            left, right = contenders(batch, "left"), contenders(batch, "right")
            score = batch.column("score").to_numpy()
            p = self.fitted.value.believed(score, np.maximum(left.doubles, right.doubles))
            pairs = pa.Table.from_batches([batch])
            yield from rows_of(pairs, left, right, score, p, ~(left.small | right.small), self.cfg).to_batches()


def _contend(incoming: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Turns batches of offers into contenders."""
    for batch in incoming:
        hashes = hash_texts(batch.column("offer_id").to_pylist())
        small, alone = (batch.column(name).to_numpy(zero_copy_only=False) for name in ("small", "alone"))
        coded = np.array([bool(gtin or model) for gtin, model in zip(*_codes(batch), strict=True)], dtype=bool)
        alike = np.where(coded, 1, batch.column("alike").to_numpy(zero_copy_only=False))
        lanes = _lanes(batch.column("lister").to_pylist(), hashes, small)
        said = (hashes.view(np.int64), lanes.view(np.int64), small, np.where(alone, alike, 1).astype(np.int64))
        named = {name: pa.array(values) for name, values in zip(_CONTENDER, said, strict=True)}
        yield pa.RecordBatch.from_pydict({"key": batch.column("key"), **named})


def _codes(batch: pa.RecordBatch) -> tuple[list[str | None], list[str | None]]:
    return batch.column("gtin").to_pylist(), batch.column("model").to_pylist()


def _lanes(listers: Sequence[str], hashes: Hashes, small: Bools) -> Hashes:
    """A hash of each offer's lane: its seller, or the share of the small sellers that it is in."""
    said = zip(listers, small, shares(hashes, small), strict=True)
    return hash_texts(f"{'' if few else lister}\0{share}" for lister, few, share in said)


def _slots(offer: Hashes, lane: Hashes) -> Ints:
    """A hash of an offer and a lane, another the other way round. Among 10^8 slots two fall together once in some
    thousand nights, and then one pair may be beaten that was not.
    """
    with np.errstate(over="ignore"):
        return scramble(offer ^ (lane * np.uint64(0x9E3779B97F4A7C15))).view(np.int64)
