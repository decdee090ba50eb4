"""Which engine answers: the one that the settings name, or the cheapest that can hold the graph.

engine setting, number of edges, kind of session -> engine, and a log line that says why
"""

from __future__ import annotations

import importlib.util
import logging
from typing import TYPE_CHECKING

from kgspark.graph.engine_api import Graph, GraphEngine
from kgspark.graph.engine_arrow import ArrowEngine
from kgspark.graph.engine_driver import DriverEngine
from kgspark.graph.engines import GraphFramesEngine
from kgspark.graph.settings import GraphSettings
from kgspark.session import is_remote

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

log = logging.getLogger(__name__)


def load(vertices: DataFrame, edges: DataFrame, cfg: GraphSettings, *, closed: bool = False) -> Graph:
    """Hand a graph (vertices ``id``; edges ``src, dst[, weight]``, all bigint ids) to the engine that suits it.

    ``auto`` counts the edges, which is a job. ``closed`` says that every end of an edge is known to be a vertex.
    """
    if cfg.engine == "auto":
        engine, why = choose(edges.count(), classic=_can_graphframes(vertices), cfg=cfg)
    else:
        engine, why = named(cfg.engine, cfg), "the settings say so"
    log.info("graph engine=%s: %s", engine.name, why)
    return engine.load(vertices, edges, closed=closed)


def connected_components(vertices: DataFrame, edges: DataFrame, cfg: GraphSettings | None = None) -> DataFrame:
    """Which vertices hang together, edges taken both ways: id, component (smallest id in the component)."""
    return load(vertices, edges, cfg or GraphSettings()).connected_components()


def choose(edges: int, *, classic: bool, cfg: GraphSettings) -> tuple[GraphEngine, str]:
    """The engine for a number of edges, and why; ``classic``: the session can run GraphFrames."""
    if edges <= cfg.driver_max_edges:
        return DriverEngine(), f"{edges:,} edges fit the driver (graph.driver_max_edges is {cfg.driver_max_edges:,})"
    if edges <= cfg.arrow_max_edges:
        return ArrowEngine(), (
            f"{edges:,} edges are too many for the driver and fit a worker "
            f"(graph.driver_max_edges is {cfg.driver_max_edges:,}, graph.arrow_max_edges {cfg.arrow_max_edges:,})"
        )
    if classic:
        return GraphFramesEngine(cfg.checkpoint_dir), (
            f"{edges:,} edges are too many for one worker (graph.arrow_max_edges is {cfg.arrow_max_edges:,})"
        )
    return ArrowEngine(), (
        f"{edges:,} edges are more than graph.arrow_max_edges ({cfg.arrow_max_edges:,}), but this session is "
        "Spark Connect or has no GraphFrames: give the Python workers memory, or use a classic cluster"
    )


def named(name: str, cfg: GraphSettings) -> GraphEngine:
    """The engine of a name."""
    engines: dict[str, GraphEngine] = {
        "driver": DriverEngine(),
        "arrow": ArrowEngine(),
        "graphframes": GraphFramesEngine(cfg.checkpoint_dir),
    }
    return engines[name]


def _can_graphframes(vertices: DataFrame) -> bool:
    return not is_remote(vertices.sparkSession) and importlib.util.find_spec("graphframes") is not None
