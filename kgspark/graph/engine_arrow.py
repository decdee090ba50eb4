"""The arrow engine: public DataFrame API only, no job of its own, no checkpoint folder; so Spark Connect and serverless
run it, and for components it is the fastest on large graphs.

components: edges -> spanning forest of each partition -> a quarter of the partitions -> ... -> forest of the whole
the rest:   vertices and edges -> one task with the compact graph -> arrays -> rows

A spanning forest holds each vertex once, however many edges there were, so the forests shrink to the vertices alone:
20 M vertices and 100 M edges pass through a worker of a few GB. PageRank and label propagation need the edges
themselves in that one worker: about 80 bytes an edge.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from scipy import sparse
from scipy.sparse import csgraph

from kgspark.graph.compact import CompactGraph, Doubles, Ints, compact
from kgspark.graph.engine_api import RESET, ROUNDS, STARTS, TOLERANCE, Graph, prepare, unknown_seeds, within
from kgspark.graph.engine_driver import measures

log = logging.getLogger(__name__)

SHRINK = 4
# Where the session's own number is none: Databricks has "auto".
DEFAULT_PARTITIONS = 200
# Edges that a task gathers before it reduces them to a forest (two bigints each: 64 MB).
FOREST_ROWS = 4_000_000
OUTPUT_ROWS = 65_536
FOREST = "id bigint, component bigint"

Columns = dict[str, Ints | Doubles]
Answer = Callable[[CompactGraph, Sequence[Doubles | None]], Columns]


class ArrowEngine:
    """Graphs in Spark's own Python workers."""

    name = "arrow"

    def load(self, vertices: DataFrame, edges: DataFrame, *, closed: bool = False) -> Graph:
        """Describe the graph; nothing runs before a result is written, and each result reads the input once."""
        ids, ends = prepare(vertices, edges)
        return ArrowGraph(ids, ends, closed)


class ArrowGraph(Graph):
    """A graph that stays in its frames."""

    def __init__(self, vertices: DataFrame, edges: DataFrame, closed: bool) -> None:
        self._vertices, self._rows = vertices, edges
        self._edges = edges if closed else within(edges, vertices)

    def connected_components(self) -> DataFrame:
        """See Graph. A spanning forest of each partition, merged over fewer and fewer partitions until one is left."""
        forest = self._edges.select(F.col("src").alias("id"), F.col("dst").alias("component"))
        forest = forest.mapInArrow(forest_batches, FOREST)
        setting = str(self._vertices.sparkSession.conf.get("spark.sql.shuffle.partitions"))
        partitions = int(setting) if setting.isdigit() else DEFAULT_PARTITIONS
        merged = False
        while not merged:
            partitions = -(-partitions // SHRINK)
            # By id: rows of one vertex meet and shrink; a plain repartition(n) would sort them all first.
            forest = forest.repartition(partitions, "id").mapInArrow(forest_batches, FOREST)
            merged = partitions == 1
        joined = self._vertices.distinct().join(forest, on="id", how="left")
        return joined.select("id", F.coalesce("component", "id").alias("component"))

    def pagerank(
        self,
        *,
        weighted: bool = False,
        seeds: Sequence[int] | None = None,
        reset: float = RESET,
        tolerance: float = TOLERANCE,
        start: DataFrame | None = None,
    ) -> DataFrame:
        """See Graph. With seeds, one small job checks that they are vertices."""
        if seeds is not None:
            check_seeds(self._vertices, seeds)
        return self._in_one_task(
            lambda graph, starts: {"pagerank": graph.pagerank(weighted, seeds, reset, tolerance, starts[0])},
            "pagerank double",
            None if start is None else start.withColumn("pagerank_weighted", F.lit(None).cast("double")),
        )

    def label_propagation(self, rounds: int = ROUNDS) -> DataFrame:
        """See Graph."""
        return self._in_one_task(lambda graph, _: {"community": graph.label_propagation(rounds)}, "community bigint")

    def degrees(self) -> DataFrame:
        """See Graph."""
        return count_degrees(self._vertices.distinct(), self._edges.select("src", "dst").distinct())

    def measure(
        self,
        *,
        reset: float = RESET,
        tolerance: float = TOLERANCE,
        rounds: int = ROUNDS,
        start: DataFrame | None = None,
    ) -> DataFrame:
        """See Graph; the edges travel once."""
        return self._in_one_task(
            lambda graph, starts: measures(graph, reset, tolerance, rounds, starts),
            "component bigint, pagerank double, pagerank_weighted double, community bigint, "
            "in_degree bigint, out_degree bigint",
            start,
        )

    def _in_one_task(self, answer: Answer, schema: str, start: DataFrame | None = None) -> DataFrame:
        """Bring vertices (as rows without target) and edges into one task, which answers for all vertices; with what
        was known of them before (id and STARTS) in the place of weights.
        """
        unknown, is_warm = F.lit(None).cast("double"), start is not None
        vertices, rows = self._vertices, self._rows
        known = {"weight": unknown}
        if start is not None:
            known = {"weight": F.col(STARTS[0]), "other": F.col(STARTS[1])}
            vertices, rows = vertices.join(start, on="id", how="left"), rows.withColumn("other", unknown)
        no_target = F.lit(None).cast("bigint").alias("dst")
        ids = vertices.select(F.col("id").alias("src"), no_target, *[each.alias(name) for name, each in known.items()])

        def answer_batches(batches: Iterable[pa.RecordBatch]) -> Iterable[pa.RecordBatch]:
            graph, starts = _gather(batches, is_warm)
            if graph.left_out:
                log.warning("engine=arrow %d edge rows left out: an end is no vertex", graph.left_out)
            yield from pa.table({"id": graph.ids, **answer(graph, starts)}).to_batches(max_chunksize=OUTPUT_ROWS)

        return ids.unionByName(rows).repartition(1).mapInArrow(answer_batches, f"id bigint, {schema}")


def check_seeds(vertices: DataFrame, seeds: Sequence[int]) -> None:
    """Raise InputError unless there are seeds and all of them are vertices: one job, as many rows as seeds."""
    found = vertices.where(F.col("id").isin(list(seeds))).distinct().toArrow() if seeds else None
    known = set(found.column("id").to_pylist()) if found is not None else set()
    if not seeds or known != set(seeds):
        raise unknown_seeds(seeds, known)


def count_degrees(vertices: DataFrame, edges: DataFrame) -> DataFrame:
    """Degrees by two counts, of distinct vertices and distinct edges between them."""
    into = edges.groupBy(F.col("dst").alias("id")).agg(F.count("*").alias("in_degree"))
    out = edges.groupBy(F.col("src").alias("id")).agg(F.count("*").alias("out_degree"))
    both = vertices.join(into, on="id", how="left").join(out, on="id", how="left")
    return both.select("id", *[F.coalesce(name, F.lit(0)).alias(name) for name in ("in_degree", "out_degree")])


def forest_batches(batches: Iterable[pa.RecordBatch]) -> Iterable[pa.RecordBatch]:
    """Edges of one partition in, a spanning forest of them out: (vertex, smallest vertex of its tree)."""
    ids, smallest = np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    left, right, waiting = [ids], [smallest], 0
    for batch in batches:
        left.append(np.asarray(batch.column(0)))
        right.append(np.asarray(batch.column(1)))
        waiting += batch.num_rows
        # Twice the forest: each reduction then at least halves what it reads, however large the forest has grown.
        if waiting >= max(FOREST_ROWS, 2 * len(ids)):
            ids, smallest = spanning_forest(np.concatenate(left), np.concatenate(right))
            left, right, waiting = [ids], [smallest], 0
    ids, smallest = spanning_forest(np.concatenate(left), np.concatenate(right))
    yield from pa.table({"id": ids, "component": smallest}).to_batches(max_chunksize=OUTPUT_ROWS)


def spanning_forest(left: Ints, right: Ints) -> tuple[Ints, Ints]:
    """For edges between ids: each id but the smallest of its component, and that smallest one.

    >>> spanning_forest(np.array([3, 2, 7]), np.array([2, 1, 7]))
    (array([3, 2]), array([1, 1]))
    """
    codes, ids = pd.factorize(np.concatenate([left, right]))
    size = len(ids)
    ends = codes[: len(left)].astype(np.int32), codes[len(left) :].astype(np.int32)
    ones = np.ones(len(left), dtype=np.int8)
    count, tree = csgraph.connected_components(sparse.coo_array((ones, ends), shape=(size, size)), directed=False)
    smallest = np.full(count, np.iinfo(np.int64).max)
    np.minimum.at(smallest, tree, ids)
    root = smallest[tree]
    others = ids != root
    return ids[others], root[others]


def _gather(batches: Iterable[pa.RecordBatch], is_warm: bool) -> tuple[CompactGraph, Sequence[Doubles | None]]:
    """The graph out of its rows, and what was known of its vertices before."""
    vertices: list[pa.RecordBatch] = []
    parts: list[tuple[Ints, Ints, Doubles]] = []
    for batch in batches:
        vertex = batch.column(1).is_null()
        vertices.append(batch.filter(vertex))
        edges = batch.filter(pc.invert(vertex))
        parts.append((np.asarray(edges.column(0)), np.asarray(edges.column(1)), np.asarray(edges.column(2))))

    def column(place: int, kind: type) -> Any:
        return np.concatenate([np.zeros(0, dtype=kind), *[np.asarray(rows.column(place)) for rows in vertices]])

    ids = column(0, np.int64)
    graph = compact(ids, parts)
    # The first, at a vertex's weight, and the second, in a column that is there with them only.
    starts = [graph.aligned(ids, column(place, np.float64)) for place in (2, 3)] if is_warm else [None, None]
    return graph, starts
