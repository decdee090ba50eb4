"""What every graph engine offers: the same four questions about a graph, with the same answers.

vertices ``id bigint``; edges ``src bigint, dst bigint[, weight double]`` -> engine -> Graph -> a frame a question

All engines agree on what the graph is:

- An edge counts once however often it is listed. Its weight is the sum over its rows (two relations between the same
  nodes pull twice as hard); a null, negative or infinite weight counts as 0.
- An edge with an end that is no vertex (or null) is left out. Self-loops stay.
- Vertices are distinct ids; one without edges is a component and a community of its own.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from pyspark.sql import functions as F

from kgspark.errors import InputError

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

RESET, TOLERANCE, ROUNDS = 0.15, 1e-9, 10
# Columns of ``Graph.measure`` that those of an earlier graph help to compute.
STARTS = ("pagerank", "pagerank_weighted")


class Graph(ABC):
    """A graph that an engine has taken in; each method answers one question with one row a vertex."""

    @abstractmethod
    def connected_components(self) -> DataFrame:
        """Which vertices hang together, edges taken both ways: id, component (smallest id in the component)."""

    @abstractmethod
    def pagerank(
        self,
        *,
        weighted: bool = False,
        seeds: Sequence[int] | None = None,
        reset: float = RESET,
        tolerance: float = TOLERANCE,
        start: DataFrame | None = None,
    ) -> DataFrame:
        """How often a reader who follows edges at random, and at times jumps, is at each vertex: id, pagerank.

        The reader follows an edge evenly, or by its share of the vertex's outgoing weight; with probability ``reset``,
        and always where no edge leads on, the jump goes to any vertex, or to any of ``seeds`` (personalised PageRank).
        The ranks sum to 1 and equal networkx's. ``start`` (id, pagerank; ids once) are ranks of a graph that was nearly
        this one: the answer is the same within the tolerance, mostly in fewer rounds. Raises InputError for a seed that
        is no vertex.
        Brin and Page, "The anatomy of a large-scale hypertextual Web search engine", 1998.

        Engines solve r = jump + (1 - reset) * flow(r) and scale the sum to 1. This is the same ranking: what is lost
        where no edge leads on comes back in proportion to the jump, which scales every rank alike.
        """

    @abstractmethod
    def label_propagation(self, rounds: int = ROUNDS) -> DataFrame:
        """Which vertices form a community: id, community (the id of one vertex).

        LDBC Graphalytics CDLP: every vertex starts with its own id as label, then in each round all of them take at
        once the most frequent label among their neighbours, the smallest of several. An in-neighbour and an
        out-neighbour count once each, so an edge in both directions counts twice, and a self-loop counts the vertex's
        own label twice. A vertex without neighbours keeps its label.
        Iosup et al., "LDBC Graphalytics", 2016 (specification 1.0, section 2.3.4); Raghavan et al., 2007.
        """

    @abstractmethod
    def degrees(self) -> DataFrame:
        """How many distinct edges lead into and out of each vertex: id, in_degree, out_degree."""

    def measure(
        self,
        *,
        reset: float = RESET,
        tolerance: float = TOLERANCE,
        rounds: int = ROUNDS,
        start: DataFrame | None = None,
    ) -> DataFrame:
        """All of it in one frame: id, component, pagerank, pagerank_weighted, community, in_degree, out_degree.

        ``start`` (id, pagerank, pagerank_weighted) as for ``pagerank``.
        """
        even, by_weight = (
            None if start is None else start.select("id", F.col(name).alias("pagerank")) for name in STARTS
        )
        weighted = self.pagerank(weighted=True, reset=reset, tolerance=tolerance, start=by_weight)
        return (
            self.connected_components()
            .join(self.pagerank(reset=reset, tolerance=tolerance, start=even), on="id", how="inner")
            .join(weighted.withColumnRenamed("pagerank", "pagerank_weighted"), on="id", how="inner")
            .join(self.label_propagation(rounds), on="id", how="inner")
            .join(self.degrees(), on="id", how="inner")
        )


class GraphEngine(Protocol):
    """One way to compute on graphs."""

    name: str

    def load(self, vertices: DataFrame, edges: DataFrame, *, closed: bool = False) -> Graph:
        """Take a graph in, once for all questions. ``closed`` says that every end is known to be a vertex, which saves
        the distributed engines two joins.
        """


def prepare(vertices: DataFrame, edges: DataFrame) -> tuple[DataFrame, DataFrame]:
    """The two frames with exactly the columns and types that engines expect, no nulls, no impossible weights."""
    weight = F.col("weight") if "weight" in edges.columns else F.lit(1.0)
    usable = (weight > 0) & (weight < float("inf"))  # false for NaN, too: Spark sorts it above infinity
    ids = vertices.select(F.col("id").cast("bigint").alias("id")).where(F.col("id").isNotNull())
    ends = edges.select(
        F.col("src").cast("bigint").alias("src"),
        F.col("dst").cast("bigint").alias("dst"),
        F.when(usable, weight.cast("double")).otherwise(F.lit(0.0)).alias("weight"),
    )
    return ids, ends.where(F.col("src").isNotNull() & F.col("dst").isNotNull())


def within(edges: DataFrame, vertices: DataFrame) -> DataFrame:
    """The edges whose ends are both vertices; costs a shuffle of the edges by each end."""
    ends = edges.join(vertices.select(F.col("id").alias("src")), on="src", how="left_semi")
    return ends.join(vertices.select(F.col("id").alias("dst")), on="dst", how="left_semi")


def pagerank_rounds(vertices: int, reset: float, tolerance: float) -> int:
    """Rounds after which no rank can be further from its limit than ``tolerance`` times the mean rank, from nothing;
    from a start that had nothing to do with the graph, than 2 / ``reset`` times that.

    >>> pagerank_rounds(1000, 0.15, 1e-9)
    182
    """
    # Round k adds (1 - reset)^k of the jumps' mass in all; what is still to come is that over reset.
    return max(1, math.ceil(math.log(tolerance * reset / max(vertices, 1)) / math.log(1 - reset)))


def scale_of(total: float, onward: float, reset: float) -> float:
    """What ranks that add up to ``total`` must be multiplied by to solve r = jump + (1 - reset) * flow(r) in sum, where
    the jumps add up to 1 and the vertices with an edge that leads on have ``onward`` of the ranks; 0 without ranks.

    >>> scale_of(1.0, 1.0, 0.15), scale_of(2.0, 0.0, 0.15), scale_of(0.0, 0.0, 0.15)
    (6.666666666666666, 0.5, 0.0)
    """
    return 1 / (total - (1 - reset) * onward) if total > 0 else 0.0


def unknown_seeds(seeds: Sequence[int], found: set[int]) -> InputError:
    """The error for seeds that are no vertices."""
    strangers = sorted(set(seeds) - found)
    return InputError(
        f"PageRank seeds must be vertices: {len(strangers)} of {len(set(seeds))} are not, such as {strangers[:3]}; "
        "pass ids of vertices of this graph."
        if seeds
        else "PageRank got an empty list of seeds; pass None for plain PageRank, or at least one vertex id."
    )
