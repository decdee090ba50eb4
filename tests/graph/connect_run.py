"""Run by test_connect.py in a process of its own, as a process holds either a classic or a Connect session."""

from __future__ import annotations

import sys

import pyarrow as pa
import pytest

from kgspark.errors import EngineError
from kgspark.graph.choose import load, named
from kgspark.graph.settings import GraphSettings
from kgspark.session import get_session
from tests.graph import oracles
from tests.graph.oracles import hard_case


def main() -> None:
    spark = get_session()
    case = hard_case(chain=30)
    src, dst, weight = zip(*case.edges, strict=True)
    vertices = spark.createDataFrame(pa.table({"id": case.vertices}))
    edges = spark.createDataFrame(pa.table({"src": src, "dst": dst, "weight": weight}))
    # The last: too many edges for everything but GraphFrames, which Connect cannot run.
    crowded = GraphSettings(driver_max_edges=0, arrow_max_edges=0)
    for cfg in (GraphSettings(engine="driver"), GraphSettings(engine="arrow"), GraphSettings(), crowded):
        graph = load(vertices, edges, cfg)
        for frame in (graph.connected_components(), graph.measure().select("id", "component")):
            table = frame.toArrow()
            assert dict(zip(*(c.to_pylist() for c in table.columns), strict=True)) == oracles.components(case)
        assert graph.degrees().count() == graph.pagerank(seeds=case.vertices[:2]).count() == len(set(case.vertices))
    with pytest.raises(EngineError, match="Spark Connect"):
        named("graphframes", GraphSettings()).load(vertices, edges)
    sys.stdout.write(f"engines agree over {type(spark).__module__}\n")


if __name__ == "__main__":
    main()
