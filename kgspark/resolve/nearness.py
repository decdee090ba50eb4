"""Where an offer stands among another's nearest: what candidates were found by, or why they were not.

some offers, all offers, document frequencies -> cosine of each search in batches -> place of each among the nearest
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from pyspark.sql import Window
from pyspark.sql import functions as F

from kgspark.resolve import matcher
from kgspark.resolve.matcher import Frequencies
from kgspark.resolve.offers import OFFER, corpus_of
from kgspark.resolve.settings import ResolveSettings

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_NEAR = "step long, query string, found string, score double"


def nearest(queries: pa.Table, offers: DataFrame, known: Frequencies, cfg: ResolveSettings) -> DataFrame:
    """Every offer that shares something with a query and may be its candidate: step (block.Step), query, found, score
    (cosine), place (1 the nearest).

    ``queries`` are a few rows of the offers (columns OFFER).
    """
    near = offers.select(*OFFER).mapInArrow(_Nearness(queries, known, cfg), _NEAR)
    order = Window.partitionBy("step", "query").orderBy(F.col("score").desc(), "found")
    return near.withColumn("place", F.row_number().over(order))


@dataclass(frozen=True)
class _Nearness:
    """Cosines of the queries with the offers of a batch."""

    queries: pa.Table
    known: Frequencies
    cfg: ResolveSettings

    def __call__(self, incoming: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        asked = self.queries.num_rows
        for batch in incoming:
            if not batch.num_rows:
                continue
            rows = pa.Table.from_batches([batch])
            both = pa.concat_tables([self.queries.select(list(OFFER)).cast(rows.schema), rows])
            offers = corpus_of(both)
            names = np.array(both.column("offer_id").to_pylist(), dtype=object)
            for search in matcher.retrievals(offers, self.known, self.cfg.max_word_offers, self.cfg.max_gram_offers):
                cosine = (search.rows[:asked] @ search.rows[asked:].T).tocoo()
                query, found = cosine.row, cosine.col + asked
                own = (offers.sellers[query] == offers.sellers[found]) & offers.unique[query] & offers.unique[found]
                met = np.flatnonzero(~own & (offers.hashes[query] != offers.hashes[found]) & (cosine.data > 0))
                yield pa.RecordBatch.from_pydict(
                    {
                        "step": pa.array([int(search.step)] * len(met), pa.int64()),
                        "query": pa.array(names[query[met]], pa.string()),
                        "found": pa.array(names[found[met]], pa.string()),
                        "score": pa.array(cosine.data[met]),
                    }
                )
