"""The graphframes engine: GraphFrames on a classic Spark cluster, for graphs that no single process can hold.

components: GraphFrames' own; PageRank: GraphX's, scaled; weighted and personalised PageRank, CDLP: GraphFrames' Pregel

The one module that imports GraphFrames. It needs the classic engine (no Spark Connect, no serverless), GraphFrames' jar
and a checkpoint folder. Its methods run jobs, and what they return stays persisted until the caller writes it and
clears the cache, as every night does after each stage.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as F

from kgspark.errors import EngineError
from kgspark.frames.lineage import persisted
from kgspark.graph.engine_api import RESET, ROUNDS, TOLERANCE, Graph, pagerank_rounds, prepare, scale_of, within
from kgspark.graph.engine_arrow import check_seeds, count_degrees
from kgspark.session import is_remote

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

log = logging.getLogger(__name__)

# Rounds of PageRank between two looks at whether it has settled: Pregel's own look costs as much as a round.
BURST = 8


class GraphFramesEngine:
    """Graphs as GraphFrames, distributed over the cluster."""

    name = "graphframes"

    def __init__(self, checkpoint_dir: str | None = None) -> None:
        """``checkpoint_dir``: folder that all workers reach; None: Spark's own ``spark.checkpoint.dir``."""
        self._checkpoint_dir = checkpoint_dir

    def load(self, vertices: DataFrame, edges: DataFrame, *, closed: bool = False) -> Graph:
        """Clean the graph and keep it persisted: two jobs. Raises EngineError where GraphFrames cannot run."""
        spark = vertices.sparkSession
        if is_remote(spark):
            raise EngineError(
                "The graphframes engine needs a classic Spark session, and this one is Spark Connect; "
                "set graph.engine to arrow, driver or auto."
            )
        _set_checkpoint_dir(spark, self._checkpoint_dir)
        ids, ends = prepare(vertices, edges)
        ids = persisted(ids.distinct())
        rows = ends if closed else within(ends, ids)
        # One row an edge: GraphX would count duplicates with their multiplicity.
        distinct = persisted(
            rows.groupBy("src", "dst").agg(F.sum("weight").alias("weight"), F.count("*").alias("rows"))
        )
        if not closed:
            kept = distinct.agg(F.sum("rows").alias("rows")).toArrow().column("rows")[0].as_py() or 0
            left_out = edges.count() - kept
            if left_out:
                log.warning("engine=graphframes %d edge rows left out: an end is no vertex", left_out)
        return GraphFramesGraph(ids, distinct.drop("rows"), ids.count())


class GraphFramesGraph(Graph):
    """A persisted graph: distinct vertices, distinct edges between them."""

    def __init__(self, vertices: DataFrame, edges: DataFrame, size: int) -> None:
        self._vertices, self._edges, self._size = vertices, edges, size

    def connected_components(self) -> DataFrame:
        """See Graph. With bigint ids GraphFrames names a component by its smallest id."""
        found: DataFrame = _graphframe(self._vertices, self._edges).connectedComponents()
        return found.select("id", "component")

    def pagerank(
        self,
        *,
        weighted: bool = False,
        seeds: Sequence[int] | None = None,
        reset: float = RESET,
        tolerance: float = TOLERANCE,
        start: DataFrame | None = None,
    ) -> DataFrame:
        """See Graph. GraphX, which ranks without weights, knows no start."""
        if seeds is not None:
            check_seeds(self._vertices, seeds)
        if not weighted and seeds is None:
            # Only .vertices: .edges multiplies rows where edges are parallel.
            graph = _graphframe(self._vertices, self._edges)
            ranked: DataFrame = graph.pageRank(resetProbability=reset, tol=tolerance).vertices
        else:
            ranked = self._pregel_rank(weighted, seeds, reset, tolerance, start)
        ranked = persisted(ranked.select("id", "pagerank"))
        total = ranked.agg(F.sum("pagerank").alias("total"))
        return ranked.crossJoin(F.broadcast(total)).select("id", (F.col("pagerank") / F.col("total")).alias("pagerank"))

    def label_propagation(self, rounds: int = ROUNDS) -> DataFrame:
        """See Graph. GraphX's own breaks ties arbitrarily."""
        pregel = _pregel_columns()
        told = (
            _graphframe(self._vertices, self._edges)
            .pregel.setMaxIter(rounds)
            .withVertexColumn("community", F.col("id"), F.coalesce(pregel.msg(), F.col("community")))
            .sendMsgToDst(pregel.src("community"))
            .sendMsgToSrc(pregel.dst("community"))
            .aggMsgs(F.mode(pregel.msg(), deterministic=True))  # the smallest of several modes
        )
        labels: DataFrame = told.run()
        return persisted(labels.select("id", "community"))

    def degrees(self) -> DataFrame:
        """See Graph."""
        return count_degrees(self._vertices, self._edges)

    def _pregel_rank(
        self, weighted: bool, seeds: Sequence[int] | None, reset: float, tolerance: float, start: DataFrame | None
    ) -> DataFrame:
        """Ranks before scaling, by the series of compact.py, until what a round adds is too little."""
        flow = F.col("weight") if weighted else F.lit(1.0)
        out = self._edges.groupBy("src").agg(F.sum(flow).alias("out"))
        share = F.when(F.col("out") > 0, flow / F.col("out") * (1 - reset)).otherwise(F.lit(0.0))
        edges = persisted(self._edges.join(out, on="src", how="inner").select("src", "dst", share.alias("share")))
        jump = F.lit(1.0) if seeds is None else F.col("id").isin(list(seeds)).cast("double")
        pregel = _pregel_columns()
        got = F.coalesce(pregel.msg(), F.lit(0.0))
        state = self._vertices.withColumns({"last": jump, "sum": jump})
        if start is not None:
            state = persisted(_first_round(state, edges, out.where("out > 0"), start, reset))
        least = tolerance * reset
        for _ in range(-(-pagerank_rounds(self._size, reset, least) // BURST)):
            told = (
                _graphframe(state, edges)
                .pregel.setMaxIter(BURST)
                .withVertexColumn("added", F.col("last"), got)
                .withVertexColumn("pagerank", F.col("sum"), F.col("pagerank") + got)
                .sendMsgToDst(pregel.src("added") * pregel.edge("share"))
                .aggMsgs(F.sum(pregel.msg()))
            )
            ranked: DataFrame = told.run()
            state = persisted(ranked.select("id", F.col("added").alias("last"), F.col("pagerank").alias("sum")))
            if state.where(F.abs("last") > F.col("sum") * least).isEmpty():
                break
        return state.select("id", F.col("sum").alias("pagerank"))


def _first_round(state: DataFrame, edges: DataFrame, onward: DataFrame, start: DataFrame, reset: float) -> DataFrame:
    """From ranks of an earlier graph: what the first round adds to them (last), and their sum with it."""
    known = start.select("id", F.when(F.col("pagerank") > 0, F.col("pagerank")).alias("known"))
    guessed = persisted(state.join(known, on="id", how="left").withColumn("known", F.coalesce("known", F.lit(0.0))))
    leads_on = guessed.join(onward.select(F.col("src").alias("id")), on="id", how="left_semi")
    onwards = leads_on.agg(F.sum("known").alias("onward"))
    totals = guessed.agg(F.sum("known").alias("known"), F.sum("last").alias("jumps")).crossJoin(onwards).toArrow()
    total, jumps, going = (totals.column(name)[0].as_py() or 0.0 for name in ("known", "jumps", "onward"))
    guess = (F.col("known") * jumps * scale_of(total, going, reset)).alias("guess")
    guessed = persisted(guessed.select("id", "last", guess))
    told = edges.join(guessed.select(F.col("id").alias("src"), "guess"), on="src", how="inner")
    got = told.groupBy(F.col("dst").alias("id")).agg(F.sum(F.col("guess") * F.col("share")).alias("got"))
    added = F.col("last") + F.coalesce("got", F.lit(0.0)) - F.col("guess")
    joined = guessed.join(got, on="id", how="left")
    return joined.select("id", added.alias("last"), (F.col("guess") + added).alias("sum"))


def _graphframe(vertices: DataFrame, edges: DataFrame) -> Any:
    """A GraphFrame, or an EngineError that says which half of GraphFrames is missing."""
    try:
        from graphframes import GraphFrame
    except ImportError:
        raise EngineError(
            "The Python package of GraphFrames is not installed; pip install 'kgspark[spark]', "
            "or set graph.engine to arrow."
        ) from None
    try:
        return GraphFrame(vertices, edges)
    except Exception as error:
        if "ClassNotFoundException" not in str(error):
            raise
        raise EngineError(
            "Spark runs without the GraphFrames jar; add the package that conf/spark/cpu.conf names to "
            "spark.jars.packages, or set graph.engine to arrow."
        ) from None


def _pregel_columns() -> Any:
    from graphframes.lib import Pregel

    return Pregel


def _set_checkpoint_dir(spark: SparkSession, folder: str | None) -> None:
    if folder is not None:
        spark.sparkContext.setCheckpointDir(folder)
    elif spark.sparkContext.getCheckpointDir() is None:
        raise EngineError(
            "The graphframes engine keeps its rounds in a checkpoint folder and none is set; "
            "set graph.checkpoint_dir (or spark.checkpoint.dir) to a folder that all workers reach."
        )
