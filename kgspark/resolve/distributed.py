"""The same method over partitions: no process holds all offers, only the matcher's tables.

offers -> candidates by a grid of cells -> scored in groups of pairs -> winners by windows -> judged pairs

Each step runs the functions of the array path under Arrow, so both give the same pairs; ``union.py`` goes on from here.
Offers go by their ``node_key`` and slots by hashes: what is sorted and moved once a pair is numbers, not texts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa
from pyspark.sql import Window
from pyspark.sql import functions as F

from kgspark.frames.carried import Carried
from kgspark.frames.lineage import cut
from kgspark.resolve import beside, compete, contenders, grid, matcher
from kgspark.resolve.cluster import DIFFERENT
from kgspark.resolve.matcher import Matcher
from kgspark.resolve.memory import Memory
from kgspark.resolve.pairs import prepare
from kgspark.resolve.settings import ResolveSettings

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

# One row a decided pair: left, right (offer ids), said (cluster.SAME or DIFFERENT).
DECISIONS = "left string, right string, said int"
PAIR = ("left", "right", "near", "steps", "said", "score", "tie", "p")


def judged(
    offers: DataFrame,
    decisions: DataFrame,
    fitted: Matcher,
    cfg: ResolveSettings,
    number: int,
    memory: Memory | None = None,
) -> DataFrame:
    """The candidate pairs among ``number`` offers that are worth keeping: left and right (node_key of the offers),
    near, steps, said, score, tie, p, beaten (it had to win, did not, and has p 0).
    """
    # Read for the pairs of each group and for their offers, and by whether they are known.
    pairs = cut(grid.candidates(offers, decisions, fitted.frequencies, cfg, number, memory))
    if memory is None:
        return winners(scored(pairs, offers, fitted, cfg, number))
    anew = scored(pairs.where("NOT known"), offers, fitted, cfg, number)
    return winners(anew.unionByName(remembered(pairs.where("known"), offers, fitted, cfg, memory)))


def scored(pairs: DataFrame, offers: DataFrame, fitted: Matcher, cfg: ResolveSettings, number: int) -> DataFrame:
    """Pairs of ``grid.candidates`` with score, tie, the probability that they have if they win, both slots, and whether
    they need to win; those that are not worth keeping even then are left out, most of all.
    """
    return beside.with_offers(pairs, offers, number, _Score(Carried(fitted), cfg), contenders.SCORED)


def remembered(pairs: DataFrame, offers: DataFrame, fitted: Matcher, cfg: ResolveSettings, memory: Memory) -> DataFrame:
    """What ``scored`` gives for pairs that were candidates of the last release, out of its scores: those that it does
    not list were not worth keeping.
    """
    both = pairs.join(memory.pairs.select("left", "right", "score"), on=["left", "right"], how="inner")
    return contenders.with_both(both, offers).mapInArrow(contenders.Remember(Carried(fitted), cfg), contenders.SCORED)


def winners(pairs: DataFrame, rounds: int = compete.ROUNDS) -> DataFrame:
    """The scored pairs with ``beaten``: rounds of "best of both slots", each pair standing once in either slot."""
    # Read for the contest and for what it decides, and scored once; Spark Connect takes no plan that is much deeper.
    pairs = cut(pairs)
    rank = F.struct((-F.col("score")).alias("z"), "tie", "left", "right")
    # The union of both slots, slim: what a pair is beside its rank is joined to it at the end.
    pair = F.xxhash64("left", "right").alias("pair")
    # What people called different takes no slot from a right partner.
    contest = pairs.where(F.col("said") != DIFFERENT).select(pair, rank.alias("rank"), "left_slot", "right_slot")
    sides = contest.select("pair", "rank", F.explode(F.array("left_slot", "right_slot")).alias("slot"))
    of_slot, of_pair = Window.partitionBy("slot"), Window.partitionBy("pair")
    for done in range(rounds):
        if done:
            sides = sides.withColumn("taken", F.max("won").over(of_slot))
            sides = sides.withColumn("open", ~F.max("taken").over(of_pair))
        else:
            sides = sides.withColumns({"won": F.lit(False), "open": F.lit(True)})
        best = F.min(F.when(F.col("open"), F.col("rank"))).over(of_slot)
        sides = sides.withColumn("best", F.col("open") & (F.col("rank") == best))
        sides = sides.withColumn("won", F.col("won") | F.min("best").over(of_pair))
    won = sides.where("won").select("pair", F.lit(True).alias("won")).distinct()
    told = pairs.withColumn("pair", pair).join(won, on="pair", how="left")
    beaten = F.col("wins") & F.col("won").isNull()
    probability = F.when(beaten, F.lit(0.0)).otherwise(F.col("p"))
    return told.withColumns({"beaten": beaten, "p": probability}).select(*PAIR, "beaten")


@dataclass(frozen=True)
class _Score:
    """Scores groups of pairs whose offers are at hand."""

    fitted: Carried[Matcher]
    cfg: ResolveSettings

    def __call__(self, found: pa.Table, offers: pa.Table) -> pa.Table:
        offers, corpus, left, right, order = beside.placed(found, offers)
        rows = found.take(pa.array(order))
        fitted = self.fitted.value
        evidence, name_df = matcher.evidence(corpus, fitted.frequencies, left, right)
        pairs = prepare(corpus, name_df, left, right, evidence)
        score = fitted.score(corpus, pairs)
        believed, must_win = fitted.probability(corpus, pairs, score, self.cfg)
        said = contenders.of_corpus(corpus, offers.column("lister").to_pylist())
        return contenders.rows_of(rows, said.of(left), said.of(right), score, believed, must_win, self.cfg)
