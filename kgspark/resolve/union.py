"""From judged pairs over partitions to rows of silver.offer_pairs: what joins, what is refused, and why.

judged pairs -> believed or decided -> components -> the refusing union inside each -> verdicts -> contributions
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from pyspark.sql import functions as F

from kgspark.carried import Carried
from kgspark.columns import node_key
from kgspark.graph import choose
from kgspark.graph.settings import GraphSettings
from kgspark.resolve import cluster, compete, corpus, pair_rows
from kgspark.resolve.cluster import UNDECIDED, Links, Members
from kgspark.resolve.distributed import beside, both_offers
from kgspark.resolve.matcher import Matcher
from kgspark.resolve.resolver import Verdict
from kgspark.resolve.settings import ResolveSettings
from kgspark.schema import table

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

# Offers whose components one call unites: fewer calls cost less, and a task's memory is bounded.
_OFFERS_A_UNION = 20_000
_PAIR = ("left", "right", "steps", "said", "score", "p")
_VERDICT = "left string, right string, steps long, said int, score double, p double, verdict int"


def offer_pairs(judged: DataFrame, offers: DataFrame, fitted: Matcher, cfg: ResolveSettings, number: int) -> DataFrame:
    """Rows of silver.offer_pairs: the pairs of ``distributed.judged``, each with its verdict; ``number`` of offers."""
    # Read for the components, for the union and for the rows themselves.
    done = verdicts(offers, judged.persist(), cfg, number)
    explain = _Explain(Carried(fitted))
    return beside(done.withColumns({"one": F.col("left"), "other": F.col("right")}), offers).mapInArrow(
        lambda batches: explain(batches), table("silver.offer_pairs").struct
    )


def verdicts(offers: DataFrame, pairs: DataFrame, cfg: ResolveSettings, number: int) -> DataFrame:
    """The pairs with ``verdict`` (Verdict): components of the believed ones, then the refusing union inside each.

    A task unites many components at once, as most are two offers.
    """
    parts_of = max(1, math.ceil(number / _OFFERS_A_UNION))
    beaten = (F.col("p") < cfg.min_kept_probability) & (F.col("said") == UNDECIDED)
    lost = pairs.where(beaten).select(*_PAIR, F.lit(int(Verdict.BEATEN)).alias("verdict"))
    pairs = pairs.where(~beaten)
    believed = (F.col("p") >= cfg.min_probability) | (F.col("said") != UNDECIDED)
    ends_of = node_key("left").alias("src"), node_key("right").alias("dst")
    edges = pairs.select(*ends_of, *_PAIR, "tie", "beaten", believed.alias("believed"))
    ends = edges.select(F.explode(F.array("left", "right")).alias("offer_id")).distinct()
    vertices = offers.select("offer_id", "lister", "alone", "small").join(ends, on="offer_id", how="left_semi")
    vertices = vertices.withColumn("id", node_key("offer_id"))
    engine = GraphSettings(engine=cfg.engine)
    joining = edges.where("believed").select("src", "dst")
    # Asked for the members and for both ends of the pairs.
    component = choose.connected_components(vertices.select("id"), joining, engine).persist()
    members = vertices.join(component, on="id", how="inner")
    # Under a name of its own: Spark takes a column for ambiguous that both sides of a cogroup have from one frame.
    group = F.pmod("component", F.lit(parts_of)).alias("group")
    parts = component.select(F.col("id").alias("src"), F.col("component").alias("part"))
    other_parts = component.select(F.col("id").alias("dst"), F.col("component").alias("other_part"))
    placed = edges.join(parts, on="src", how="inner").join(other_parts, on="dst", how="inner")
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
        place = {name: row for row, name in enumerate(members.column("offer_id").to_pylist())}
        left, right = (
            np.array([place[name] for name in pairs.column(side).to_pylist()], dtype=np.int64)
            for side in ("left", "right")
        )
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
    """Adds contributions to judged pairs whose rows carry both offers."""

    fitted: Carried[Matcher]

    def __call__(self, incoming: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        names = table("silver.offer_pairs").column_names
        for batch in incoming:
            if not batch.num_rows:
                continue
            rows = pa.Table.from_batches([batch])
            _, offers, left, right, order = both_offers(rows)
            rows = rows.take(pa.array(order))
            ends = (rows.column(side).to_pylist() for side in ("one", "other"))
            codes = (rows.column(name).to_numpy() for name in ("steps", "said", "verdict"))
            said = pair_rows.columns(*ends, *codes) | {
                "score": rows.column("score").combine_chunks(),
                "probability": rows.column("p").combine_chunks(),
                "contributions": pair_rows.contributions(offers, self.fitted.value, left, right),
            }
            yield pa.RecordBatch.from_pydict({name: said[name] for name in names})
