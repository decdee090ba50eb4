"""From judged pairs over partitions to rows of silver.offer_pairs: what joins, what is refused, and why.

judged pairs -> believed or decided -> components -> the refusing union inside each -> verdicts -> contributions
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from pyspark.sql import functions as F

from kgspark.columns import node_key
from kgspark.frames.carried import Carried
from kgspark.frames.lineage import cut
from kgspark.graph import choose
from kgspark.graph.settings import GraphSettings
from kgspark.resolve import beside, cluster, compete, corpus, pair_rows
from kgspark.resolve.cluster import UNDECIDED, Links, Members
from kgspark.resolve.matcher import Matcher
from kgspark.resolve.memory import Memory
from kgspark.resolve.resolver import Verdict
from kgspark.resolve.settings import ResolveSettings
from kgspark.schema import table

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

# Offers whose components one call unites: fewer calls cost less, and a task's memory is bounded.
_OFFERS_A_UNION = 20_000
_PAIR = ("left", "right", "near", "steps", "said", "score", "p")
_VERDICT = "left long, right long, near long, steps long, said int, score double, p double, verdict int"


def offer_pairs(
    judged: DataFrame,
    offers: DataFrame,
    fitted: Matcher,
    cfg: ResolveSettings,
    number: int,
    memory: Memory | None = None,
) -> DataFrame:
    """Rows of silver.offer_pairs: the pairs of ``distributed.judged``, each with its verdict; ``number`` of offers.

    What adds up to the scores of pairs that the last release holds is taken from there.
    """
    # Read for the components, for the union and for the rows themselves.
    done = verdicts(offers, cut(judged), cfg, number)
    contract = table("silver.offer_pairs")
    if memory is None:
        return beside.with_offers(done, offers, number, _Explain(Carried(fitted)), contract.struct)
    done, ends = cut(done), ["left", "right"]
    others = done.join(memory.pairs.select(ends), on=ends, how="left_anti")
    anew = beside.with_offers(others, offers, number, _Explain(Carried(fitted)), contract.struct)
    told = done.drop("score").join(memory.pairs, on=ends, how="inner").withColumnRenamed("p", "probability")
    named = {name: pair_rows.expression(name) for name in ("found_by", "decision", "verdict")}
    return anew.unionByName(told.withColumns(named).select(*contract.column_names))


def verdicts(offers: DataFrame, pairs: DataFrame, cfg: ResolveSettings, number: int) -> DataFrame:
    """The pairs with ``verdict`` (Verdict): components of the believed ones, then the refusing union inside each.

    A task unites many components at once, as most are two offers.
    """
    parts_of = max(1, math.ceil(number / _OFFERS_A_UNION))
    beaten = (F.col("p") < cfg.min_kept_probability) & (F.col("said") == UNDECIDED)
    lost = pairs.where(beaten).select(*_PAIR, F.lit(int(Verdict.BEATEN)).alias("verdict"))
    believed = (F.col("p") >= cfg.min_probability) | (F.col("said") != UNDECIDED)
    edges = pairs.where(~beaten).select(*_PAIR, "tie", "beaten", believed.alias("believed"))
    ends = edges.select(F.explode(F.array("left", "right")).alias("id")).distinct()
    vertices = offers.select(node_key("offer_id").alias("id"), "lister", "alone", "small")
    vertices = vertices.join(ends, on="id", how="left_semi")
    engine = GraphSettings(engine=cfg.engine)
    joining = edges.where("believed").select(F.col("left").alias("src"), F.col("right").alias("dst"))
    # Asked for the members and for both ends of the pairs.
    component = cut(choose.connected_components(vertices.select("id"), joining, engine))
    members = vertices.join(component, on="id", how="inner")
    # Under a name of its own: Spark takes a column for ambiguous that both sides of a cogroup have from one frame.
    group = F.pmod("component", F.lit(parts_of)).alias("group")
    parts = component.select(F.col("id").alias("left"), F.col("component").alias("part"))
    other_parts = component.select(F.col("id").alias("right"), F.col("component").alias("other_part"))
    placed = edges.join(parts, on="left", how="inner").join(other_parts, on="right", how="inner")
    # A pair between two components is none that was believed: it unites nothing.
    without = F.when(F.col("beaten"), int(Verdict.BEATEN)).otherwise(int(Verdict.IMPROBABLE))
    across = placed.where("part <> other_part").select(*_PAIR, without.alias("verdict"))
    inside = placed.where("part = other_part").withColumn("group", F.pmod("part", F.lit(parts_of)))
    grouped = members.withColumn("group", group).groupBy("group").cogroup(inside.groupBy("group"))
    union = _Union(cfg)
    united = grouped.applyInArrow(lambda members, pairs: union(members, pairs), _VERDICT)
    return united.unionByName(across).unionByName(lost)


@dataclass(frozen=True)
class _Union:
    """Unites the pairs of some components."""

    cfg: ResolveSettings

    def __call__(self, members: pa.Table, pairs: pa.Table) -> pa.Table:
        members = members.take(pa.array(np.argsort(members.column("id").to_numpy())))
        ids = members.column("id").to_numpy()
        left, right = (np.searchsorted(ids, pairs.column(side).to_numpy()) for side in ("left", "right"))
        sellers = corpus.codes(members.column("lister").to_pylist())
        # As unsigned again: the order of equal scores is that of one process.
        tie = pairs.column("tie").to_numpy().view(np.uint64) ^ np.uint64(1 << 63)
        rank = compete.order(pairs.column("score").to_numpy(), tie)
        alone, small = (members.column(name).to_numpy(zero_copy_only=False) for name in ("alone", "small"))
        believed, beaten = (pairs.column(name).to_numpy(zero_copy_only=False) for name in ("believed", "beaten"))
        said = pairs.column("said").to_numpy().astype(np.int8)
        links = Links(left, right, rank, pairs.column("p").to_numpy(), said)
        found = cluster.union(links, Members(sellers, alone, alone & ~small), self.cfg)
        without = np.where(beaten, Verdict.BEATEN, Verdict.IMPROBABLE)
        verdict = np.where(believed, found.refusal, without).astype(np.int32)
        return pairs.select(list(_PAIR)).append_column("verdict", pa.array(verdict))


@dataclass(frozen=True)
class _Explain:
    """Adds contributions to groups of judged pairs whose offers are at hand."""

    fitted: Carried[Matcher]

    def __call__(self, judged: pa.Table, offers: pa.Table) -> pa.Table:
        offers, corpus, left, right, order = beside.placed(judged, offers)
        rows = judged.take(pa.array(order))
        ids = np.array(offers.column("offer_id").to_pylist(), dtype=object)
        codes = (rows.column(name).to_numpy() for name in ("steps", "said", "verdict"))
        said = pair_rows.columns(ids[left], ids[right], *codes) | {
            "score": rows.column("score"),
            "probability": rows.column("p"),
            "contributions": pair_rows.contributions(corpus, self.fitted.value, left, right),
        }
        return pa.table({name: said[name] for name in table("silver.offer_pairs").column_names})
