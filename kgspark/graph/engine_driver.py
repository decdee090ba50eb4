"""The driver engine: the graph comes to the driver once, SciPy answers. Up to some tens of millions of edges.

vertices, edges -> Arrow -> compact graph in the driver's memory -> arrays -> frames
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from kgspark.graph.compact import CompactGraph, Doubles, Ints, compact
from kgspark.graph.engine_api import RESET, ROUNDS, STARTS, TOLERANCE, Graph, prepare

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

log = logging.getLogger(__name__)


class DriverEngine:
    """Graphs in the driver's memory: about 80 bytes an edge at the peak, 1 M edges in about a second."""

    name = "driver"

    def load(self, vertices: DataFrame, edges: DataFrame, *, closed: bool = False) -> Graph:
        """Bring the graph to the driver: two jobs, whatever is asked later. Ends are checked even if ``closed``."""
        ids, ends = prepare(vertices, edges)
        graph = compact(ids.toArrow().column("id").to_numpy(), _parts(ends.toArrow()))
        if graph.left_out:
            log.warning("engine=driver %d edge rows left out: an end is no vertex", graph.left_out)
        return DriverGraph(vertices.sparkSession, graph)


class DriverGraph(Graph):
    """A graph in the driver's memory."""

    def __init__(self, spark: SparkSession, graph: CompactGraph) -> None:
        self._spark, self._graph = spark, graph

    def connected_components(self) -> DataFrame:
        """See Graph."""
        return self._frame(component=self._graph.connected_components())

    def pagerank(
        self,
        *,
        weighted: bool = False,
        seeds: Sequence[int] | None = None,
        reset: float = RESET,
        tolerance: float = TOLERANCE,
        start: DataFrame | None = None,
    ) -> DataFrame:
        """See Graph."""
        (known,) = self._starts(start, "pagerank")
        return self._frame(pagerank=self._graph.pagerank(weighted, seeds, reset, tolerance, known))

    def label_propagation(self, rounds: int = ROUNDS) -> DataFrame:
        """See Graph."""
        return self._frame(community=self._graph.label_propagation(rounds))

    def degrees(self) -> DataFrame:
        """See Graph."""
        in_degree, out_degree = self._graph.degrees()
        return self._frame(in_degree=in_degree, out_degree=out_degree)

    def measure(
        self,
        *,
        reset: float = RESET,
        tolerance: float = TOLERANCE,
        rounds: int = ROUNDS,
        start: DataFrame | None = None,
    ) -> DataFrame:
        """See Graph; one frame without joins, as the arrays share their order."""
        starts = self._starts(start, *STARTS)
        return self._frame(**measures(self._graph, reset, tolerance, rounds, starts))

    def _starts(self, start: DataFrame | None, *names: str) -> list[Doubles | None]:
        """Columns of an earlier answer by vertex: one job."""
        if start is None:
            return [None] * len(names)
        known = start.select("id", *names).toArrow()
        ids = known.column("id").to_numpy()
        return [self._graph.aligned(ids, known.column(name).to_numpy()) for name in names]

    def _frame(self, **columns: Ints | Doubles) -> DataFrame:
        return self._spark.createDataFrame(pa.table({"id": self._graph.ids, **columns}))


def measures(
    graph: CompactGraph, reset: float, tolerance: float, rounds: int, starts: Sequence[Doubles | None]
) -> dict[str, Ints | Doubles]:
    """The columns of ``Graph.measure``; ``starts`` are earlier values of STARTS."""
    even, by_weight = starts
    in_degree, out_degree = graph.degrees()
    return {
        "component": graph.connected_components(),
        "pagerank": graph.pagerank(False, None, reset, tolerance, even),
        "pagerank_weighted": graph.pagerank(True, None, reset, tolerance, by_weight),
        "community": graph.label_propagation(rounds),
        "in_degree": in_degree,
        "out_degree": out_degree,
    }


def _parts(edges: pa.Table) -> Iterator[tuple[Ints, Ints, Doubles]]:
    for batch in edges.to_batches():
        src, dst, weight = (np.asarray(batch.column(name)) for name in ("src", "dst", "weight"))
        yield src, dst, weight
