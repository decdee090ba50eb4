"""How far the rows of tonight are from those of a fit."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyspark.sql import SparkSession

from kgspark import artifacts, drift

HASHES = st.sets(st.integers(-(2**63), 2**63 - 1), max_size=60)


@given(HASHES, HASHES)
def test_of_few_rows_the_distance_is_exact(one: set[int], other: set[int]) -> None:
    both = one | other
    expected = 1 - len(one & other) / len(both) if both else 0.0
    assert drift.distance(sorted(one), sorted(other)) == pytest.approx(expected)


@pytest.mark.parametrize("changed", [0.0, 0.05, 0.3, 1.0])
def test_of_many_rows_it_is_near(changed: float) -> None:
    rows, other = 20_000, int(20_000 * changed)
    random = np.random.default_rng(7)
    then = random.integers(-(2**63), 2**63 - 1, rows)
    now = np.concatenate([then[other:], random.integers(-(2**63), 2**63 - 1, other)])
    sketches = [np.sort(side)[: drift.SIZE].tolist() for side in (then, now)]
    # Of 2 * other rows of rows + other; three standard deviations of a share of 1,024.
    assert drift.distance(*sketches) == pytest.approx(2 * other / (rows + other), abs=0.05)


def test_a_sketch_is_that_of_the_rows_in_any_order(spark: SparkSession) -> None:
    rows = [(f"offer/{n}", None if n % 3 else f"title {n}") for n in range(1500)]
    one, other = (
        drift.sketch(spark.createDataFrame(r, "id string, title string"), "id", "title") for r in (rows, rows[::-1])
    )
    assert one == other == tuple(sorted(one))
    assert len(one) == drift.SIZE
    edited = [(key, "another") for key, _ in rows[:300]] + rows[300:]
    changed = drift.sketch(spark.createDataFrame(edited, "id string, title string"), "id", "title")
    assert drift.distance(one, changed) == pytest.approx(600 / 1800, abs=0.05)


def test_lists_maps_and_what_is_missing_count(spark: SparkSession) -> None:
    def sketch(*rows: tuple[object, ...]) -> tuple[int, ...]:
        frame = spark.createDataFrame(list(rows), "id string, brand string, said map<string,string>")
        return drift.sketch(frame, "id", "brand", "said")

    one = sketch(("a", "x", {"k": "v", "l": "w"}))
    assert sketch(("a", "x", {"l": "w", "k": "v"})) == one
    assert len({one, sketch(("a", "x", {"k": "v"})), sketch(("a", None, {"k": "v"})), sketch(("a", None, None))}) == 4


def test_what_was_fitted_on_other_rows_or_is_gone_does_not_hold(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = artifacts.save(str(tmp_path), "lexicon", {"a": b"1"}, "a test", {}, seen={drift.ROWS: [1, 2, 3, 4]})
    assert drift.holds(folder, [1, 2, 3, 4], 0.0)
    assert drift.holds(folder, [1, 2, 3, 5], 0.4)
    assert not drift.holds(folder, [1, 2, 3, 5], 0.39)
    assert not drift.holds(None, [1], 1.0)
    # Of another version, without a sketch: nobody knows.
    other = artifacts.save(str(tmp_path), "lexicon", {"a": b"2"}, "a test", {})
    assert not drift.holds(other, [1], 0.9)
    with caplog.at_level(logging.WARNING):
        assert not drift.holds(str(tmp_path / "nowhere"), [1], 1.0)
    assert "tonight fits anew" in caplog.text
