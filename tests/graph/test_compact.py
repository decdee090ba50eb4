"""The algorithms on arrays against networkx and LDBC's definition, on graphs that hypothesis draws."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgspark.errors import InputError
from kgspark.graph.compact import CompactGraph, compact
from kgspark.graph.engine_arrow import spanning_forest
from tests.graph import oracles
from tests.graph.oracles import Case, hard_case

# Few ids, so that loops, repeats and edges in both directions are common; 90..92 are never vertices.
vertex = st.integers(-4, 9)
cases = st.builds(
    Case,
    st.lists(vertex, min_size=1, max_size=12),
    st.lists(st.tuples(vertex | st.integers(90, 92), vertex, st.sampled_from([0.0, 0.1, 0.25, 1.0, 7.0])), max_size=40),
)


def build(case: Case) -> CompactGraph:
    src, dst, weight = (np.array([e[i] for e in case.edges], dtype=t) for i, t in enumerate(("i8", "i8", "f8")))
    half = len(src) // 2
    parts = [(src[:half], dst[:half], weight[:half]), (src[half:], dst[half:], weight[half:])]
    return compact(np.array(case.vertices, dtype=np.int64), parts)


def by_id(graph: CompactGraph, values: np.ndarray) -> dict[int, float]:
    return dict(zip(graph.ids.tolist(), values.tolist(), strict=True))


@settings(max_examples=100, deadline=None)
@given(cases)
def test_answers_are_those_of_the_definitions(case: Case) -> None:
    graph = build(case)
    assert by_id(graph, graph.connected_components()) == oracles.components(case)
    assert by_id(graph, graph.label_propagation(4)) == oracles.cdlp(case, 4)
    assert dict(zip(graph.ids.tolist(), zip(*(d.tolist() for d in graph.degrees()), strict=True), strict=True)) == (
        oracles.degrees(case)
    )
    seeds = case.vertices[:2]
    for weighted in (False, True):
        for start in (None, seeds):
            expected = oracles.pagerank(case, weighted, start)
            assert by_id(graph, graph.pagerank(weighted, start, 0.15, 1e-9)) == pytest.approx(expected, rel=1e-6)


@settings(max_examples=50, deadline=None)
@given(cases, st.lists(st.sampled_from([0.0, 1e-9, 0.2, 0.5, -1.0, float("nan")]), min_size=12, max_size=12))
def test_any_start_leads_to_the_same_ranks(case: Case, before: list[float]) -> None:
    graph = build(case)
    # Of some other graph: vertices that are here no more, and not all that are.
    start = graph.aligned(np.arange(-6, 6), np.array(before))
    for weighted, seeds in ((False, None), (True, case.vertices[:2])):
        cold = graph.pagerank(weighted, seeds, 0.15, 1e-9)
        warm = graph.pagerank(weighted, seeds, 0.15, 1e-9, start)
        assert warm == pytest.approx(cold, rel=1e-6, abs=1e-12)


def test_the_ranks_themselves_are_a_start_that_needs_no_round(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = build(hard_case())
    ranks = graph.pagerank(True, None, 0.15, 1e-9)
    monkeypatch.setattr("kgspark.graph.compact.pagerank_rounds", lambda *_: 1)
    # To the bit: where nothing changed, no row is written.
    assert np.array_equal(graph.pagerank(True, None, 0.15, 1e-9, ranks), ranks)
    assert graph.pagerank(True, None, 0.15, 1e-9) != pytest.approx(ranks, rel=1e-2)


@settings(max_examples=50, deadline=None)
@given(cases, st.randoms(use_true_random=False))
def test_row_order_changes_not_a_bit(case: Case, chance: object) -> None:
    shuffled = Case(chance.sample(case.vertices, len(case.vertices)), chance.sample(case.edges, len(case.edges)))  # type: ignore[attr-defined]
    one, other = build(case), build(shuffled)
    for answer in ("connected_components", "degrees"):
        assert np.array_equal(getattr(one, answer)(), getattr(other, answer)())
    assert np.array_equal(one.label_propagation(5), other.label_propagation(5))
    assert np.array_equal(one.pagerank(True, None, 0.15, 1e-9), other.pagerank(True, None, 0.15, 1e-9))


@settings(max_examples=50, deadline=None)
@given(cases)
def test_a_forest_keeps_the_components(case: Case) -> None:
    ends = np.array([e[:2] for e in case.edges], dtype=np.int64).reshape(-1, 2)
    ids, roots = spanning_forest(ends[:, 0], ends[:, 1])
    everyone = Case(ends.ravel().tolist(), case.edges)
    expected = {v: c for v, c in oracles.components(everyone).items() if v != c}
    assert dict(zip(ids.tolist(), roots.tolist(), strict=True)) == expected
    assert len(ids) == len(expected)


def test_a_graph_without_anything() -> None:
    graph = build(Case([], [(1, 2, 1.0)]))
    assert graph.left_out == 1
    answers = (graph.connected_components(), graph.label_propagation(3), graph.pagerank(True, None, 0.15, 1e-9))
    assert [len(answer) for answer in answers] == [0, 0, 0]


def test_edges_left_out_are_counted() -> None:
    case = hard_case()
    known = set(case.vertices)
    assert build(case).left_out == sum(not {src, dst} <= known for src, dst, _ in case.edges) > 10


@pytest.mark.parametrize("seeds", [[], [77, 1]])
def test_seeds_must_be_vertices(seeds: list[int]) -> None:
    with pytest.raises(InputError, match=r"77|empty"):
        build(Case([1, 2], [])).pagerank(False, seeds, 0.15, 1e-9)
