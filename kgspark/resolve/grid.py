"""Candidate pairs over partitions: every offer that asks meets every offer that answers, cell by cell.

offers as numbers -> (asking shard x answering shard) cells -> nearest of each cell -> nearest of all -> distinct pairs
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import Window
from pyspark.sql import functions as F

from kgspark.carried import Carried
from kgspark.columns import node_key
from kgspark.resolve import resolver, searchable, shared_keys
from kgspark.resolve.block import SEARCHES, Step
from kgspark.resolve.matcher import Frequencies
from kgspark.resolve.settings import ResolveSettings

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

# Each asking shard reads all answering ones: more of them keep more cores busy and move more.
_ASKING_OFFERS, _MOST_ASKING = 25_000, 8
_HITS = "step long, query long, found long, score double, most int, near long"


def candidates(
    offers: DataFrame, decisions: DataFrame, known: Frequencies, cfg: ResolveSettings, number: int
) -> DataFrame:
    """Distinct pairs among ``number`` offers (columns OFFER).

    Gives ``left, right`` (node_key of the offer ids, the smaller first), ``steps`` (mask of block.Step), ``said``
    (cluster.SAME, DIFFERENT or 0) and ``near``: equal for pairs of offers that are like one another.
    """
    found = _hits(offers, known, cfg, number).select("query", "found", "step", F.lit(0).alias("said"), "near")
    both = offers.select("offer_id")
    # What people said of offers that are no longer listed finds nothing.
    decided = decisions.join(both.withColumnRenamed("offer_id", "left"), on="left", how="left_semi").join(
        both.withColumnRenamed("offer_id", "right"), on="right", how="left_semi"
    )
    person = F.lit(int(Step.PERSON)).cast("long").alias("step")
    told = decided.select(F.col("left").alias("query"), F.col("right").alias("found"), person, "said")
    known_to_be = shared_keys.sharing(offers).unionByName(told)
    pairs = found.unionByName(
        known_to_be.select(
            node_key("query").alias("query"),
            node_key("found").alias("found"),
            "step",
            "said",
            F.lit(None).cast("long").alias("near"),
        )
    )
    ends = F.least("query", "found").alias("left"), F.greatest("query", "found").alias("right")
    return pairs.groupBy(*ends).agg(
        F.bit_or("step").alias("steps"),
        F.sum("said").cast("int").alias("said"),
        F.coalesce(F.min("near"), F.min("query")).alias("near"),
    )


def _hits(offers: DataFrame, known: Frequencies, cfg: ResolveSettings, number: int) -> DataFrame:
    answering = max(1, math.ceil(number / cfg.shard_offers))
    asking = max(answering, min(_MOST_ASKING, math.ceil(number / _ASKING_OFFERS)))
    asks, answers = (F.pmod(F.xxhash64("key"), F.lit(parts)) for parts in (asking, answering))

    def all_of(parts: int) -> Column:
        return F.sequence(F.lit(0).cast("long"), F.lit(parts - 1).cast("long"))

    rows_of = F.transform(all_of(answering), lambda other: F.struct(asks.alias("asking"), other.alias("answering")))
    columns_of = F.transform(all_of(asking), lambda other: F.struct(other.alias("asking"), answers.alias("answering")))
    roles = F.concat(
        F.transform(rows_of, lambda cell: F.struct(F.lit(True).alias("asks"), cell.alias("cell"))),
        F.transform(columns_of, lambda cell: F.struct(F.lit(False).alias("asks"), cell.alias("cell"))),
    )
    carried = Carried(known)
    cells = searchable.numbers(offers, carried, cfg).select(*searchable.COLUMNS, F.inline(roles))
    search = _Cell(carried, cfg)
    # Spark counts the arguments, and self would be taken for the key.
    hits = cells.groupBy("cell").applyInArrow(lambda rows: search(rows), _HITS)
    if answering == 1:
        return hits
    nearest = Window.partitionBy("step", "query").orderBy(F.col("score").desc(), "found")
    return hits.withColumn("place", F.row_number().over(nearest)).where("place <= most")


@dataclass(frozen=True)
class _Cell:
    """Searches one cell: offers that ask against offers that answer."""

    known: Carried[Frequencies]
    cfg: ResolveSettings

    def __call__(self, rows: pa.Table) -> pa.Table:
        asks = rows.column("asks")
        asking, answering = rows.filter(asks), rows.filter(pc.invert(asks))
        guarded = searchable.guarded(asking)
        keys = asking.column("key").to_numpy()
        by_key = np.argsort(keys)
        most = np.where(guarded, self.cfg.candidates, self.cfg.unguarded_candidates).astype(np.int32)
        near, known = asking.column("near").to_numpy(), self.known.value
        parts = []
        for step in SEARCHES:
            queries, index = (searchable.shard(side, step, known) for side in (asking, answering))
            hits = resolver.search(queries, index, guarded, self.cfg)
            row = by_key[np.searchsorted(keys, hits.query, sorter=by_key)]
            parts.append(
                pa.table(
                    {
                        "step": np.full(len(row), int(step), dtype=np.int64),
                        "query": hits.query,
                        "found": hits.found,
                        "score": hits.score,
                        "most": most[row],
                        "near": near[row],
                    }
                )
            )
        return pa.concat_tables(parts)
