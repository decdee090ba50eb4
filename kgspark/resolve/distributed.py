"""The same method over partitions: no process holds all offers, only the matcher's tables.

offers -> (query shard x index shard) cells -> candidates -> scored in batches -> winners by windows -> judged pairs

Each step runs the functions of the array path under Arrow, so both give the same pairs; ``union.py`` goes on from here.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from pyspark.sql import Window
from pyspark.sql import functions as F

from kgspark.carried import Carried
from kgspark.resolve import block, compete, matcher, resolver, shared_keys
from kgspark.resolve.block import Shard, Step
from kgspark.resolve.cluster import DIFFERENT
from kgspark.resolve.corpus import LANES, Corpus, Ints
from kgspark.resolve.matcher import Frequencies, Matcher
from kgspark.resolve.offers import OFFER, corpus_of, distinct
from kgspark.resolve.pairs import prepare
from kgspark.resolve.settings import ResolveSettings

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

# One row a decided pair: left, right, said (cluster.SAME or DIFFERENT).
DECISIONS = "left string, right string, said int"
_HITS = "step long, query string, found string, score double"
_SCORED = (
    "left string, right string, steps long, said int, left_slot string, right_slot string, score double, tie long, "
    "p double, wins boolean"
)
_ONE, _OTHER = "one_", "other_"


def judged(offers: DataFrame, decisions: DataFrame, fitted: Matcher, cfg: ResolveSettings, number: int) -> DataFrame:
    """The candidate pairs among ``number`` offers that are worth keeping: left, right, steps, said, score, tie, p,
    beaten (it had to win, did not, and has p 0).
    """
    pairs = candidates(offers, decisions, fitted.frequencies, cfg, shards(number, cfg))
    return winners(scored(pairs, offers, fitted, cfg))


def shards(number: int, cfg: ResolveSettings) -> int:
    """Parts of ``number`` offers that fit a task's search."""
    return max(1, math.ceil(number / cfg.shard_offers))


def candidates(
    offers: DataFrame, decisions: DataFrame, known: Frequencies, cfg: ResolveSettings, shards: int
) -> DataFrame:
    """Distinct pairs ``left, right`` of offer ids with ``steps`` (mask of block.Step) and ``said`` (0: nobody did).

    Every offer travels to 2 x ``shards`` cells of the grid.
    """
    shard = F.pmod(F.xxhash64("offer_id"), F.lit(shards))
    others = F.explode(F.sequence(F.lit(0), F.lit(shards - 1)))
    placed = offers.select(*OFFER, shard.alias("shard"), others.alias("other"))
    asking = placed.select(*OFFER, F.lit(True).alias("asks"), F.struct("shard", "other").alias("cell"))
    answering = placed.select(*OFFER, F.lit(False).alias("asks"), F.struct("other", "shard").alias("cell"))
    cells = asking.unionByName(answering.withColumn("cell", F.col("cell").cast("struct<shard:bigint,other:int>")))
    cell = _Cell(Carried(known), cfg)
    # Spark counts the arguments, and self would be taken for the key.
    hits = cells.groupBy("cell").applyInArrow(lambda rows: cell(rows), _HITS)
    nearest = Window.partitionBy("step", "query").orderBy(F.col("score").desc(), "found")
    guarded = offers.select(F.col("offer_id").alias("query"), (F.col("alone") & ~F.col("small")).alias("guarded"))
    most = F.when(F.col("guarded"), cfg.candidates).otherwise(cfg.unguarded_candidates)
    placed_hits = hits.withColumn("place", F.row_number().over(nearest)).join(guarded, on="query", how="inner")
    best = placed_hits.where(F.col("place") <= most)
    both = offers.select("offer_id")
    known_ends = decisions.join(both.withColumnRenamed("offer_id", "left"), on="left", how="left_semi").join(
        both.withColumnRenamed("offer_id", "right"), on="right", how="left_semi"
    )
    pairs = (
        best.select("query", "found", "step", F.lit(0).alias("said"))
        .unionByName(shared_keys.sharing(offers))
        .unionByName(
            known_ends.select(
                F.col("left").alias("query"),
                F.col("right").alias("found"),
                F.lit(int(Step.PERSON)).cast("long").alias("step"),
                "said",
            )
        )
    )
    ends = F.least("query", "found").alias("left"), F.greatest("query", "found").alias("right")
    by_pair = pairs.groupBy(*ends)
    return by_pair.agg(F.bit_or("step").alias("steps"), F.sum("said").cast("int").alias("said"))


def scored(pairs: DataFrame, offers: DataFrame, fitted: Matcher, cfg: ResolveSettings) -> DataFrame:
    """Pairs (left, right, steps, said) with both slots, score, tie, the probability that they have if they win, and
    whether they need to; those that are not worth keeping even then are left out, most of all.
    """
    return beside(pairs, offers).mapInArrow(_Score(Carried(fitted), cfg), _SCORED)


def beside(pairs: DataFrame, offers: DataFrame) -> DataFrame:
    """Pairs (left, right, ...) with the columns of both offers, as ``both_offers`` reads them."""
    one = offers.select(*(F.col(name).alias(_ONE + name) for name in OFFER))
    other = offers.select(*(F.col(name).alias(_OTHER + name) for name in OFFER))
    rows = pairs.join(one, on=F.col("left") == F.col(_ONE + "offer_id"), how="inner")
    return rows.join(other, on=F.col("right") == F.col(_OTHER + "offer_id"), how="inner").drop("left", "right")


def both_offers(rows: pa.Table) -> tuple[pa.Table, Corpus, Ints, Ints, Ints]:
    """The distinct offers of rows from ``beside``, as a table and a corpus; left, right and row of each pair, in the
    order of ``in_order``.
    """
    both = pa.concat_tables([rows.select([p + n for n in OFFER]).rename_columns(list(OFFER)) for p in (_ONE, _OTHER)])
    once, place = distinct(both)
    offers = corpus_of(once)
    return once, offers, *resolver.in_order(offers, place[: rows.num_rows], place[rows.num_rows :])


def winners(pairs: DataFrame, rounds: int = compete.ROUNDS) -> DataFrame:
    """The scored pairs with ``beaten``: rounds of "best of both slots", each pair standing once in either slot."""
    rank = F.struct((-F.col("score")).alias("z"), "tie", "left", "right")
    sides = pairs.withColumn("rank", rank).withColumn("slot", F.explode(F.array("left_slot", "right_slot")))
    # What people called different takes no slot from a right partner.
    sides = sides.withColumn("won", F.lit(False)).withColumn("allowed", F.col("said") != DIFFERENT)
    of_slot, of_pair = Window.partitionBy("slot"), Window.partitionBy("left", "right")
    for _ in range(rounds):
        sides = sides.withColumn("taken", F.max("won").over(of_slot))
        sides = sides.withColumn("open", F.col("allowed") & ~F.max("taken").over(of_pair))
        best = F.min(F.when(F.col("open"), F.col("rank"))).over(of_slot)
        sides = sides.withColumn("best", F.col("open") & (F.col("rank") == best))
        sides = sides.withColumn("won", F.col("won") | F.min("best").over(of_pair))
    once = sides.where(F.col("slot") == F.col("left_slot"))
    beaten = F.col("wins") & ~F.col("won")
    probability = F.when(beaten, F.lit(0.0)).otherwise(F.col("p"))
    names = ("left", "right", "steps", "said", "score", "tie")
    return once.select(*names, beaten.alias("beaten"), probability.alias("p"))


@dataclass(frozen=True)
class _Cell:
    """Searches one cell: offers that ask against offers that answer."""

    known: Carried[Frequencies]
    cfg: ResolveSettings

    def __call__(self, rows: pa.Table) -> pa.Table:
        asks = rows.column("asks").to_numpy(zero_copy_only=False)
        once, place = distinct(rows.select(list(OFFER)))
        offers = corpus_of(once)
        names = np.array(once.column("offer_id").to_pylist(), dtype=object)
        asking, answering = place[asks], place[~asks]
        found: list[tuple[Step, block.Hits]] = []
        for search in matcher.retrievals(offers, self.known.value, self.cfg.max_word_offers, self.cfg.max_gram_offers):
            sides = [_shard(offers, side, search.rows) for side in (asking, answering)]
            found.append((search.step, resolver.search(offers, sides[0], sides[1], self.cfg)))
        return pa.concat_tables(
            [pa.table({
                "step": pa.array([int(step)] * len(hits.query), pa.int64()),
                "query": pa.array(names[hits.query], pa.string()),
                "found": pa.array(names[hits.found], pa.string()),
                "score": hits.score,
            }) for step, hits in found]
        )  # fmt: skip


@dataclass(frozen=True)
class _Score:
    """Scores batches of pairs whose rows carry both offers."""

    fitted: Carried[Matcher]
    cfg: ResolveSettings

    def __call__(self, incoming: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in incoming:
            if batch.num_rows:
                yield self._score(pa.Table.from_batches([batch]))

    def _score(self, rows: pa.Table) -> pa.RecordBatch:
        once, offers, left, right, order = both_offers(rows)
        steps, said = (rows.column(name).take(pa.array(order)) for name in ("steps", "said"))
        ids, listers = (np.array(once.column(name).to_pylist(), dtype=object) for name in ("offer_id", "lister"))
        fitted = self.fitted.value
        evidence, name_df = matcher.evidence(offers, fitted.frequencies, left, right)
        pairs = prepare(offers, name_df, left, right, evidence)
        score = fitted.score(offers, pairs)
        believed, must_win = fitted.probability(offers, pairs, score, self.cfg)
        lanes = [
            f"{'' if small else lister}\0{lane % LANES}"
            for lister, small, lane in zip(listers, offers.small, offers.lanes, strict=True)
        ]
        columns = {
            "left": pa.array(np.minimum(ids[left], ids[right]), pa.string()),
            "right": pa.array(np.maximum(ids[left], ids[right]), pa.string()),
            "steps": steps.combine_chunks(),
            "said": said.combine_chunks(),
            "left_slot": pa.array([f"{ids[a]}\0{lanes[b]}" for a, b in zip(left, right, strict=True)]),
            "right_slot": pa.array([f"{ids[b]}\0{lanes[a]}" for a, b in zip(left, right, strict=True)]),
            "score": pa.array(score),
            # Signed, in the order of the unsigned hash.
            "tie": pa.array((pairs.tie ^ np.uint64(1 << 63)).view(np.int64)),
            "p": pa.array(believed),
            "wins": pa.array(must_win),
        }
        kept = resolver.worth_keeping(believed, said.to_numpy(), self.cfg)
        return pa.RecordBatch.from_pydict(columns).filter(pa.array(kept))


def _shard(offers: Corpus, rows: Ints, weights: object) -> Shard:
    return Shard(rows, offers.hashes[rows], offers.sellers[rows], offers.unique[rows], weights[rows])  # type: ignore[index]
