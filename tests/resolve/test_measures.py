"""Measures of a resolution, by hand and against scikit-learn; gold files as people keep them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics.cluster import pair_confusion_matrix

from kgspark.errors import InputError
from kgspark.resolve import gold, measures

ROWS = {("a", "1"): 0, ("a", "2"): 1, ("b", "1"): 2, ("b", "2"): 3}


def test_pairs_agree_with_scikit_learn() -> None:
    random = np.random.default_rng(2)
    predicted, true = random.integers(0, 9, 60), random.integers(0, 9, 60)
    table = pair_confusion_matrix(true, predicted) // 2
    scores = measures.pairwise(predicted, true)
    assert scores.precision == pytest.approx(table[1, 1] / (table[1, 1] + table[0, 1]))
    assert scores.recall == pytest.approx(table[1, 1] / (table[1, 1] + table[1, 0]))


def test_clusters_by_hand() -> None:
    predicted, true = np.array([0, 0, 0, 1, 2]), np.array([5, 5, 6, 7, 7])
    b_cubed, exact = measures.b_cubed(predicted, true), measures.exact_clusters(predicted, true)
    assert b_cubed.precision == pytest.approx((2 / 3 + 2 / 3 + 1 / 3 + 1 + 1) / 5)
    assert b_cubed.recall == pytest.approx((1 + 1 + 1 + 0.5 + 0.5) / 5)
    assert (exact.precision, exact.recall) == (0.0, 0.0)
    assert measures.exact_clusters(true, true).f1 == 1.0


def test_listed_pairs_judge_only_between_sources() -> None:
    predicted = np.array([0, 0, 0, 3])  # a1, a2, b1 together, b2 alone
    scores = measures.pairwise_listed(predicted, np.array([0, 1]), np.array([2, 3]), np.array([0, 0, 1, 1]))
    assert (scores.precision, scores.recall) == (0.5, 0.5)


def test_bands_of_probability() -> None:
    bands = measures.calibration(np.array([0.95, 1.0, 0.52]), np.array([True, False, True]))
    assert [(b.low, b.pairs, b.observed) for b in bands] == [(0.5, 1, 1.0), (0.9, 2, 0.5)]


@pytest.mark.parametrize(
    ("text", "columns"),
    [("x;y\n1;2\n9;9\n", []), ("z|y|x\n0|2|1\n0|9|9\n", ["x=a", "y=b"]), ("y\tx\n2\t1\n9\t9\n", ["y=b", "x=a"])],
)
def test_gold_pairs(tmp_path: Path, text: str, columns: list[str]) -> None:
    file = tmp_path / "gold.csv"
    file.write_text(text)
    found = gold.read(file, columns, ["a", "b"], ROWS)
    assert (sorted([found.left.tolist(), found.right.tolist()]), found.unknown) == ([[0], [3]], 1)
    assert found.cluster[0] == found.cluster[3] != found.cluster[1]


def test_gold_clusters(tmp_path: Path) -> None:
    file = tmp_path / "gold.csv"
    file.write_text("record,product\n1,kettle\n2,\n7,kettle\n")
    found = gold.read(file, ["record", "product"], ["a"], ROWS)
    assert ((found.cluster >= 0).tolist(), found.unknown, found.listed) == ([True, False, False, False], 1, False)


def test_gold_clusters_over_several_sources(tmp_path: Path) -> None:
    file = tmp_path / "gold.csv"
    file.write_text("shop,record,product\na,1,kettle\nb,1,kettle\nb,2,lamp\nb,7,lamp\nc,1,lamp\n")
    found = gold.read(file, ["shop", "record", "product"], ["a", "b"], ROWS)
    assert (found.cluster >= 0).tolist() == [True, False, True, True]
    assert found.cluster[0] == found.cluster[2] != found.cluster[3]
    assert (found.unknown, found.listed) == (2, False)
    one = gold.read(file, ["record=b", "product"], ["a", "b"], ROWS)
    assert (one.cluster >= 0).tolist() == [False, False, True, True]


def test_gold_pairs_of_any_sources_are_judged_with_what_they_imply(tmp_path: Path) -> None:
    file = tmp_path / "gold.csv"
    file.write_text("s,k,t,l\na,1,b,1\nb,1,b,2\na,9,b,2\n")
    found = gold.read(file, ["s", "k", "t", "l"], ["a", "b"], ROWS)
    assert found.cluster[0] == found.cluster[2] == found.cluster[3] != found.cluster[1]
    assert (found.unknown, found.listed) == (1, False)


@pytest.mark.parametrize(
    ("columns", "sources", "said"),
    [
        (["nope", "y"], "ab", "has the columns x, y"),
        (["x"], "ab", "name 2 to 4"),
        (["x=c", "y=a"], "ab", "names the source"),
        ([], "abc", "say whose the keys are: source,key,cluster"),
        (["x=a", "y", "y"], "ab", "either column=source, or the source's column"),
        (["x=b", "y"], "ab", "No row of .* names an offer of a, b; are x, y the right columns"),
    ],
)
def test_wrong_columns_are_said(tmp_path: Path, columns: list[str], sources: str, said: str) -> None:
    file = tmp_path / "gold.csv"
    file.write_text("x,y\n9,2\n")
    with pytest.raises(InputError, match=said):
        gold.read(file, columns, list(sources), ROWS)
