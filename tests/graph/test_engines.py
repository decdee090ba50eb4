"""One contract, three engines: every engine gives networkx's and LDBC's answers on a hard graph, in any row order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pytest
from pyspark.sql import DataFrame, SparkSession

from kgspark.errors import InputError
from kgspark.graph.choose import named
from kgspark.graph.engine_api import Graph
from kgspark.graph.settings import GraphSettings
from tests.graph import oracles
from tests.graph.oracles import Case, hard_case

CASE = hard_case()
SEEDS = [CASE.vertices[0], CASE.vertices[130]]
# Leaves a fifth of the error each round: Pregel takes 16 rounds, two looks at whether it has settled, instead of 170.
RESET, TOLERANCE = 0.8, 1e-8
ENGINES = ["driver", "arrow", pytest.param("graphframes", marks=pytest.mark.slow)]


def frames(spark: SparkSession, case: Case, *, turned: bool = False) -> tuple[DataFrame, DataFrame]:
    step = -1 if turned else 1
    src, dst, weight = zip(*case.edges[::step], strict=True)
    vertices = spark.createDataFrame(pa.table({"id": pa.array(case.vertices[::step], pa.int64())}))
    edges = spark.createDataFrame(pa.table({"src": src, "dst": dst, "weight": weight}))
    return (vertices.repartition(3), edges.repartition(3)) if turned else (vertices, edges)


def answer(frame: DataFrame) -> dict[int, Any]:
    """id -> value, or values where there are several; ids must not repeat."""
    table = frame.toArrow()
    values = [table.column(name).to_pylist() for name in table.column_names[1:]]
    rows = values[0] if len(values) == 1 else list(zip(*values, strict=True))
    found = dict(zip(table.column("id").to_pylist(), rows, strict=True))
    assert len(found) == table.num_rows
    return found


@pytest.fixture(scope="module", params=ENGINES)
def graphs(request: pytest.FixtureRequest, spark: SparkSession) -> Iterator[tuple[Graph, Graph]]:
    """The hard graph, and the same in reverse order and other partitions, in one engine after the other."""
    engine = named(request.param, GraphSettings())
    yield engine.load(*frames(spark, CASE)), engine.load(*frames(spark, CASE, turned=True))
    spark.catalog.clearCache()


@pytest.fixture
def graph(graphs: tuple[Graph, Graph]) -> Graph:
    return graphs[0]


def test_connected_components(graphs: tuple[Graph, Graph]) -> None:
    expected = oracles.components(CASE)
    assert [answer(graph.connected_components()) == expected for graph in graphs] == [True, True]


def test_label_propagation(graphs: tuple[Graph, Graph]) -> None:
    expected = oracles.cdlp(CASE, 5)
    assert [answer(graph.label_propagation(5)) == expected for graph in graphs] == [True, True]


def test_degrees(graph: Graph) -> None:
    assert answer(graph.degrees()) == oracles.degrees(CASE)


@pytest.mark.parametrize(("weighted", "seeds"), [(False, None), (True, None), (True, SEEDS)])
def test_pagerank(graph: Graph, weighted: bool, seeds: list[int] | None) -> None:
    ranks = answer(graph.pagerank(weighted=weighted, seeds=seeds, reset=RESET, tolerance=TOLERANCE))
    # An absolute slack for vertices 30 steps from any seed, whose ranks are next to nothing.
    expected = oracles.pagerank(CASE, weighted, seeds, RESET)
    assert ranks == pytest.approx(expected, rel=1e-6, abs=0 if seeds is None else 1e-10)
    assert sum(ranks.values()) == pytest.approx(1)


def test_ranks_of_an_earlier_graph_are_a_start(graph: Graph, spark: SparkSession) -> None:
    # Some vertices are new, one is gone, one had no rank; all others had ranks that are none of this graph's.
    before = [(v, float(1 + v % 7), float(1 + v % 5)) for v in CASE.vertices[3:]] + [(77, 1.0, 1.0)]
    before[0] = (before[0][0], None, 0.0)  # type: ignore[assignment]
    distinct = list({row[0]: row for row in before}.values())
    start = spark.createDataFrame(distinct, "id bigint, pagerank double, pagerank_weighted double")
    whole = answer(graph.measure(reset=RESET, tolerance=TOLERANCE, rounds=1, start=start))
    for at, weighted in ((1, False), (2, True)):
        expected = oracles.pagerank(CASE, weighted, None, RESET)
        assert {v: row[at] for v, row in whole.items()} == pytest.approx(expected, rel=1e-6)
    alone = graph.pagerank(seeds=SEEDS, reset=RESET, tolerance=TOLERANCE, start=start.select("id", "pagerank"))
    assert answer(alone) == pytest.approx(oracles.pagerank(CASE, False, SEEDS, RESET), rel=1e-6, abs=1e-10)


def test_seeds_must_be_vertices(graph: Graph) -> None:
    with pytest.raises(InputError, match="77"):
        graph.pagerank(seeds=[SEEDS[0], 77])


def test_all_measures_at_once(graph: Graph) -> None:
    frame = graph.measure(reset=RESET, tolerance=TOLERANCE, rounds=5)
    assert frame.columns == [
        "id", "component", "pagerank", "pagerank_weighted", "community", "in_degree", "out_degree",
    ]  # fmt: skip
    whole, labels = answer(frame), oracles.cdlp(CASE, 5)
    parts, into = oracles.components(CASE), oracles.degrees(CASE)
    assert {v: (row[0], *row[3:]) for v, row in whole.items()} == {v: (parts[v], labels[v], *into[v]) for v in parts}
    for at, weighted in ((1, False), (2, True)):
        expected = oracles.pagerank(CASE, weighted, None, RESET)
        assert {v: row[at] for v, row in whole.items()} == pytest.approx(expected, rel=1e-6)


def test_graphframes_on_a_small_graph(spark: SparkSession) -> None:
    """The one fast test of GraphFrames: 1-2-3 with a loop and a repeat, 4 alone, a dangling edge."""
    small = Case([3, 1, 2, 4], [(1, 2, 1.0), (3, 2, 1.0), (3, 2, 1.0), (2, 2, 1.0), (4, 9, 1.0)])
    graph = named("graphframes", GraphSettings()).load(*frames(spark, small))
    assert answer(graph.connected_components()) == {1: 1, 2: 1, 3: 1, 4: 4}
    assert answer(graph.label_propagation(1)) == {1: 2, 2: 2, 3: 2, 4: 4}
    spark.catalog.clearCache()


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
def test_engines_agree_on_random_graphs(spark: SparkSession, seed: int) -> None:
    case = hard_case(seed, chain=40 * seed + 2)
    driver, arrow = (named(name, GraphSettings()).load(*frames(spark, case)) for name in ("driver", "arrow"))
    assert answer(driver.measure()) == answer(arrow.measure())
    assert answer(arrow.connected_components()) == oracles.components(case)
    assert answer(arrow.degrees()) == oracles.degrees(case)
