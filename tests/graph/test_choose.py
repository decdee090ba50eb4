"""auto: by number of edges, and by what the session can do."""

from __future__ import annotations

import pytest
from pyspark.sql import SparkSession

from kgspark.errors import EngineError
from kgspark.graph import engines
from kgspark.graph.choose import choose, connected_components
from kgspark.graph.engines import GraphFramesEngine
from kgspark.graph.settings import GraphSettings

SMALL = GraphSettings(driver_max_edges=10, arrow_max_edges=100)


@pytest.mark.parametrize(
    ("edges", "classic", "name", "why"),
    [
        (10, True, "driver", "fit the driver"),
        (11, True, "arrow", "too many for the driver"),
        (101, True, "graphframes", "too many for one worker"),
        (10, False, "driver", "fit the driver"),
        (101, False, "arrow", "Spark Connect"),
    ],
)
def test_auto_takes_the_cheapest_that_can_hold_the_graph(edges: int, classic: bool, name: str, why: str) -> None:
    engine, reason = choose(edges, classic=classic, cfg=SMALL)
    assert engine.name == name
    assert why in reason


def test_auto_says_what_it_took_and_why(spark: SparkSession, caplog: pytest.LogCaptureFixture) -> None:
    vertices = spark.createDataFrame([(1,), (2,)], "id bigint")
    edges = spark.createDataFrame([(2, 1), (2, None)], "src bigint, dst bigint")
    with caplog.at_level("INFO"):
        found = connected_components(vertices, edges)
    assert [row.component for row in found.toLocalIterator()] == [1, 1]
    assert "graph engine=driver: 2 edges fit the driver" in caplog.text


def test_graphframes_says_what_it_misses(spark: SparkSession, monkeypatch: pytest.MonkeyPatch) -> None:
    vertices = spark.createDataFrame([(1,)], "id bigint")
    edges = spark.createDataFrame([(1, 1)], "src bigint, dst bigint")
    monkeypatch.setattr(engines, "is_remote", lambda session: True)
    with pytest.raises(EngineError, match=r"set graph\.engine to arrow"):
        GraphFramesEngine().load(vertices, edges)
