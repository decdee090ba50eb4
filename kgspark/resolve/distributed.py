"""The same method over partitions: no process holds all offers, only the matcher's tables.

offers -> (query shard x index shard) cells -> candidates -> scored in batches -> winners by windows -> accepted pairs
-> components -> the refusing union inside each

Each step runs the functions of the array path under Arrow, so both give the same pairs. No stage of the night calls
this yet: resolve.products still joins offers by shared keys alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from pyspark.sql import Window
from pyspark.sql import functions as F

from kgspark.columns import node_key
from kgspark.graph import choose
from kgspark.graph.settings import GraphSettings
from kgspark.resolve import block, cluster, compete, corpus, matcher, resolver
from kgspark.resolve.block import Shard
from kgspark.resolve.corpus import LANES, Corpus, Ints
from kgspark.resolve.matcher import Frequencies, Matcher
from kgspark.resolve.normalise import listing
from kgspark.resolve.pairs import prepare
from kgspark.resolve.settings import ResolveSettings

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

# What the method reads of an offer; ``lister`` is the seller within its source, ``alone`` that it repeats no product.
OFFER = ("offer_id", "lister", "alone", "title", "brand", "mpn", "description", "gtin")
_HITS = "search string, query string, found string, score double"
_SCORED = "left string, right string, left_slot string, right_slot string, score double, tie long, p double"
_ONE, _OTHER = "one_", "other_"


def candidates(offers: DataFrame, known: Frequencies, cfg: ResolveSettings, shards: int) -> DataFrame:
    """Distinct pairs ``left, right`` of offer ids. Every offer travels to 2 x ``shards`` cells of the grid."""
    shard = F.pmod(F.xxhash64("offer_id"), F.lit(shards))
    others = F.explode(F.sequence(F.lit(0), F.lit(shards - 1)))
    placed = offers.select(*OFFER, shard.alias("shard"), others.alias("other"))
    asking = placed.select(*OFFER, F.lit(True).alias("asks"), F.struct("shard", "other").alias("cell"))
    answering = placed.select(*OFFER, F.lit(False).alias("asks"), F.struct("other", "shard").alias("cell"))
    cells = asking.unionByName(answering.withColumn("cell", F.col("cell").cast("struct<shard:bigint,other:int>")))
    cell = _Cell(known, cfg)
    # Spark counts the arguments, and self would be taken for the key.
    hits = cells.groupBy("cell").applyInArrow(lambda rows: cell(rows), _HITS)
    nearest = Window.partitionBy("search", "query").orderBy(F.col("score").desc(), "found")
    best = hits.withColumn("place", F.row_number().over(nearest)).where(F.col("place") <= cfg.candidates)
    pairs = best.select("query", "found").unionByName(_sharing(offers, F.col("gtin"), cfg.max_offers_per_gtin))
    ends = F.least("query", "found").alias("left"), F.greatest("query", "found").alias("right")
    return pairs.select(*ends).distinct()


def _sharing(offers: DataFrame, key: Column, cap: int) -> DataFrame:
    """All pairs of offers with one key, unless more than ``cap`` share it."""
    keyed = offers.select("offer_id", "lister", "alone", key.alias("key")).where(F.col("key").isNotNull())
    few = keyed.groupBy("key").agg(F.count("*").alias("offers")).where(F.col("offers").between(2, cap))
    one = keyed.join(few, on="key", how="left_semi")
    other = one.select("key", *(F.col(n).alias("other_" + n) for n in ("offer_id", "lister", "alone")))
    own = (F.col("lister") == F.col("other_lister")) & F.col("alone") & F.col("other_alone")
    met = one.join(other, on="key", how="inner").where((F.col("offer_id") < F.col("other_offer_id")) & ~own)
    return met.select(F.col("offer_id").alias("query"), F.col("other_offer_id").alias("found"))


def scored(pairs: DataFrame, offers: DataFrame, fitted: Matcher) -> DataFrame:
    """Pairs with both slots, score, tie and the probability that they have if they win."""
    one = offers.select(*(F.col(name).alias(_ONE + name) for name in OFFER))
    other = offers.select(*(F.col(name).alias(_OTHER + name) for name in OFFER))
    rows = pairs.join(one, on=F.col("left") == F.col(_ONE + "offer_id"), how="inner")
    rows = rows.join(other, on=F.col("right") == F.col(_OTHER + "offer_id"), how="inner")
    return rows.drop("left", "right").mapInArrow(_Score(fitted), _SCORED)


def winners(pairs: DataFrame, rounds: int = compete.ROUNDS) -> DataFrame:
    """The scored pairs with ``won``: rounds of "best of both slots", each pair standing once in either slot."""
    rank = F.struct((-F.col("score")).alias("z"), "tie", "left", "right")
    sides = pairs.withColumn("rank", rank).withColumn("slot", F.explode(F.array("left_slot", "right_slot")))
    sides = sides.withColumn("won", F.lit(False))
    of_slot, of_pair = Window.partitionBy("slot"), Window.partitionBy("left", "right")
    for _ in range(rounds):
        sides = sides.withColumn("taken", F.max("won").over(of_slot))
        sides = sides.withColumn("open", ~F.max("taken").over(of_pair))
        best = F.min(F.when(F.col("open"), F.col("rank"))).over(of_slot)
        sides = sides.withColumn("best", F.col("open") & (F.col("rank") == best))
        sides = sides.withColumn("won", F.col("won") | F.min("best").over(of_pair))
    once = sides.where(F.col("slot") == F.col("left_slot"))
    probability = F.when(F.col("won"), F.col("p")).otherwise(F.lit(0.0))
    return once.select("left", "right", "score", "tie", "won", probability.alias("p"))


def clusters(offers: DataFrame, accepted: DataFrame, cfg: ResolveSettings) -> DataFrame:
    """``offer_id, cluster`` (an offer id of it): components, then the refusing union inside each."""
    edges = accepted.select(node_key("left").alias("src"), node_key("right").alias("dst"), "*")
    vertices = offers.select("offer_id", "lister", "alone", node_key("offer_id").alias("id"))
    engine = GraphSettings(engine=cfg.engine)
    component = choose.connected_components(vertices.select("id"), edges.select("src", "dst"), engine)
    members = vertices.join(component, on="id", how="inner")
    # Under a name of its own: Spark takes a column for ambiguous that both sides of a cogroup have from one frame.
    parts = component.select(F.col("id").alias("src"), F.col("component").alias("part"))
    inside = edges.join(parts, on="src", how="inner")
    grouped = members.groupBy("component").cogroup(inside.groupBy("part"))
    union = _Union(cfg.max_cluster_offers)
    return grouped.applyInArrow(lambda offers, pairs: union(offers, pairs), "offer_id string, cluster string")


@dataclass(frozen=True)
class _Cell:
    """Searches one cell: offers that ask against offers that answer."""

    known: Frequencies
    cfg: ResolveSettings

    def __call__(self, rows: pa.Table) -> pa.Table:
        asks = rows.column("asks").to_numpy(zero_copy_only=False)
        offers, place = _corpus(rows)
        ids = np.array(rows.column("offer_id").to_pylist(), dtype=object)
        asking, answering = place[asks], place[~asks]
        name_of = np.empty(len(offers), dtype=object)
        name_of[place] = ids
        found: list[tuple[str, block.Hits]] = []
        for search in matcher.retrievals(offers, self.known, self.cfg.max_word_offers, self.cfg.max_gram_offers):
            sides = [_shard(offers, side, search.rows) for side in (asking, answering)]
            found.append((search.name, block.search(sides[0], sides[1], self.cfg.candidates)))
        return pa.concat_tables(
            [pa.table({
                "search": pa.array([name] * len(hits.query), pa.string()),
                "query": pa.array(name_of[hits.query], pa.string()),
                "found": pa.array(name_of[hits.found], pa.string()),
                "score": hits.score,
            }) for name, hits in found]
        )  # fmt: skip


@dataclass(frozen=True)
class _Score:
    """Scores batches of pairs whose rows carry both offers."""

    fitted: Matcher

    def __call__(self, incoming: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in incoming:
            if batch.num_rows:
                yield self._score(pa.Table.from_batches([batch]))

    def _score(self, rows: pa.Table) -> pa.RecordBatch:
        both = pa.concat_tables(
            [rows.select([p + n for n in OFFER]).rename_columns(list(OFFER)) for p in (_ONE, _OTHER)]
        )
        offers, place = _corpus(both)
        ids = np.empty(len(offers), dtype=object)
        ids[place] = both.column("offer_id").to_pylist()
        listers = np.empty(len(offers), dtype=object)
        listers[place] = both.column("lister").to_pylist()
        left, right = resolver.in_order(offers, place[: rows.num_rows], place[rows.num_rows :])
        evidence, name_df = matcher.evidence(offers, self.fitted.frequencies, left, right)
        pairs = prepare(offers, name_df, left, right, evidence)
        score = self.fitted.score(offers, pairs)
        lanes = [f"{lister}\0{lane % LANES}" for lister, lane in zip(listers, offers.lanes, strict=True)]
        columns = {
            "left": pa.array(ids[left], pa.string()),
            "right": pa.array(ids[right], pa.string()),
            "left_slot": pa.array([f"{ids[a]}\0{lanes[b]}" for a, b in zip(left, right, strict=True)]),
            "right_slot": pa.array([f"{ids[b]}\0{lanes[a]}" for a, b in zip(left, right, strict=True)]),
            "score": pa.array(score),
            # Signed, in the order of the unsigned hash.
            "tie": pa.array((pairs.tie ^ np.uint64(1 << 63)).view(np.int64)),
            "p": pa.array(self.fitted.fitted.calibration.probability(score)),
        }
        return pa.RecordBatch.from_pydict(columns)


@dataclass(frozen=True)
class _Union:
    """Unites the pairs of one component."""

    max_offers: int

    def __call__(self, members: pa.Table, pairs: pa.Table) -> pa.Table:
        ids = members.column("offer_id").to_pylist()
        place = {name: row for row, name in enumerate(ids)}
        left, right = (
            np.array([place[name] for name in pairs.column(side).to_pylist()], dtype=np.int64)
            for side in ("left", "right")
        )
        sellers = corpus.codes(members.column("lister").to_pylist())
        rank = compete.order(pairs.column("score").to_numpy(), pairs.column("tie").to_numpy())
        alone = members.column("alone").to_numpy(zero_copy_only=False)
        found = cluster.union(left, right, rank, sellers, alone, self.max_offers)
        smallest: dict[int, str] = {}
        for name, label in zip(ids, found.cluster.tolist(), strict=True):
            smallest[label] = min(name, smallest.get(label, name))
        return pa.table({"offer_id": ids, "cluster": [smallest[label] for label in found.cluster.tolist()]})


def _corpus(rows: pa.Table) -> tuple[Corpus, Ints]:
    """The distinct offers among rows as a corpus, and for each row its number there."""
    ids, first, place = np.unique(
        np.array(rows.column("offer_id").to_pylist(), dtype=object), return_index=True, return_inverse=True
    )
    once = rows.take(pa.array(first))
    texts = zip(*(once.column(n).to_pylist() for n in ("title", "brand", "mpn", "description", "gtin")), strict=True)
    sellers, alone = once.column("lister").to_pylist(), once.column("alone").to_numpy(zero_copy_only=False)
    return corpus.build(list(ids), sellers, alone, [listing(*row) for row in texts]), place.astype(np.int64)


def _shard(offers: Corpus, rows: Ints, weights: object) -> Shard:
    return Shard(rows, offers.hashes[rows], offers.sellers[rows], offers.unique[rows], weights[rows])  # type: ignore[index]
