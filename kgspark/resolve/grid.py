"""Candidate pairs over partitions: every offer that asks meets every offer that answers, cell by cell.

offers as numbers -> (asking shard x answering shard) cells -> nearest of each cell -> nearest of all -> distinct pairs

Where the last release is remembered, offers as they were answer as well, so that an offer's list of then can be told
from tonight's: both hold the offers that stayed as they were, in one order, among the ones that came or went.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import Window
from pyspark.sql import functions as F

from kgspark.columns import node_key
from kgspark.frames.carried import Carried
from kgspark.resolve import resolver, searchable, shared_keys
from kgspark.resolve.block import SEARCHES, Step
from kgspark.resolve.matcher import Frequencies
from kgspark.resolve.memory import Memory
from kgspark.resolve.settings import ResolveSettings

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

# Each asking shard reads all answering ones: more of them keep more cores busy and move more.
_ASKING_OFFERS, _MOST_ASKING = 25_000, 8
_HITS = "step long, query long, found long, score double, most int, near long, gone boolean"


def candidates(
    offers: DataFrame,
    decisions: DataFrame,
    known: Frequencies,
    cfg: ResolveSettings,
    number: int,
    memory: Memory | None = None,
) -> DataFrame:
    """Distinct pairs among ``number`` offers (columns OFFER).

    Gives ``left, right`` (node_key of the offer ids, the smaller first), ``steps`` (mask of block.Step), ``said``
    (cluster.SAME, DIFFERENT or 0), ``near``: equal for pairs of offers that are like one another; and ``known``:
    whether both offers are as they were, and the pair was a candidate of the last release too.
    """
    found = _hits(offers, known, cfg, number, memory)
    found = found.select("query", "found", "step", F.lit(0).alias("said"), "near", "known")
    both = offers.select("offer_id")
    # What people said of offers that are no longer listed finds nothing.
    decided = decisions.join(both.withColumnRenamed("offer_id", "left"), on="left", how="left_semi").join(
        both.withColumnRenamed("offer_id", "right"), on="right", how="left_semi"
    )
    person = F.lit(int(Step.PERSON)).cast("long").alias("step")
    told = decided.select(F.col("left").alias("query"), F.col("right").alias("found"), person, "said")
    # What a person says of a pair may be new; a code that two offers share is part of what they say.
    shared = shared_keys.sharing(offers).withColumn("known", F.lit(memory is not None))
    known_to_be = shared.unionByName(told.withColumn("known", F.lit(False)))
    pairs = found.unionByName(
        known_to_be.select(
            node_key("query").alias("query"),
            node_key("found").alias("found"),
            "step",
            "said",
            F.lit(None).cast("long").alias("near"),
            "known",
        )
    )
    ends = F.least("query", "found").alias("left"), F.greatest("query", "found").alias("right")
    met = pairs.groupBy(*ends).agg(
        F.bit_or("step").alias("steps"),
        F.sum("said").cast("int").alias("said"),
        F.coalesce(F.min("near"), F.min("query")).alias("near"),
        F.max("known").alias("known"),
    )
    if memory is None:
        return met
    for side in ("left", "right"):
        met = _touched(met, side, memory).withColumn("known", F.col("known") & ~F.col("touched")).drop("touched")
    return met.withColumn("known", F.col("known") & (F.col("said") == 0))


def _touched(rows: DataFrame, side: str, memory: Memory) -> DataFrame:
    """The rows with ``touched``: whether the offer in that column is not as it was."""
    keys = memory.touched.select(F.col("key").alias(side), F.lit(True).alias("touched"))
    marked = rows.join(F.broadcast(keys), on=side, how="left")
    return marked.withColumn("touched", F.coalesce("touched", F.lit(False)))


def _hits(offers: DataFrame, known: Frequencies, cfg: ResolveSettings, number: int, memory: Memory | None) -> DataFrame:
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
    rows = searchable.numbers(offers, carried, cfg).withColumn("gone", F.lit(False))
    if memory is not None:
        were = searchable.numbers(memory.were, carried, cfg, Carried(memory.known)).withColumn("gone", F.lit(True))
        rows = rows.unionByName(were)
    cells = rows.select(*searchable.COLUMNS, "gone", F.inline(roles)).where(~(F.col("gone") & F.col("asks")))
    search = _Cell(carried, cfg)
    # Spark counts the arguments, and self would be taken for the key.
    hits = cells.groupBy("cell").applyInArrow(lambda rows: search(rows), _HITS)
    if memory is None:
        hits = hits.withColumn("known", F.lit(False))
        return hits if answering == 1 else _nearest(hits, ~F.col("gone"), "place").where("place <= most")
    hits = _touched(hits, "found", memory)
    # Of an offer's neighbours of then: those that stayed as they were, and the others as they were.
    hits = _nearest(hits, F.col("gone") | ~F.col("touched"), "place_then")
    hits = _nearest(hits, ~F.col("gone"), "place").where("NOT gone AND place <= most")
    return hits.withColumn("known", ~F.col("touched") & (F.col("place_then") <= F.col("most")))


def _nearest(hits: DataFrame, counted: Column, place: str) -> DataFrame:
    """The hits with their place among those of their query that count."""
    order = Window.partitionBy("step", "query").orderBy(F.col("score").desc(), "found")
    above = order.rowsBetween(Window.unboundedPreceding, Window.currentRow)
    return hits.withColumn(place, F.count_if(counted).over(above))


@dataclass(frozen=True)
class _Cell:
    """Searches one cell: offers that ask against offers that answer."""

    known: Carried[Frequencies]
    cfg: ResolveSettings

    def __call__(self, rows: pa.Table) -> pa.Table:
        asks, gone = rows.column("asks"), rows.column("gone")
        asking, answering = rows.filter(asks), rows.filter(pc.invert(pc.or_(asks, gone)))
        were = rows.filter(gone)
        guarded = searchable.guarded(asking)
        keys = asking.column("key").to_numpy()
        by_key = np.argsort(keys)
        most = np.where(guarded, self.cfg.candidates, self.cfg.unguarded_candidates).astype(np.int32)
        near, known = asking.column("near").to_numpy(), self.known.value
        parts = []
        sides = [(answering, False), (were, True)] if were.num_rows else [(answering, False)]
        for step, (index, past) in itertools.product(SEARCHES, sides):
            queries, answers = (searchable.shard(side, step, known) for side in (asking, index))
            hits = resolver.search(queries, answers, guarded, self.cfg)
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
                        "gone": np.full(len(row), past),
                    }
                )
            )
        return pa.concat_tables(parts)
