"""Prices as evidence: what a currency is worth is read from the pairs, and gaps of prices from there."""

from __future__ import annotations

import numpy as np
import pytest

from kgspark.resolve import corpus, prices
from kgspark.resolve.corpus import Corpus
from kgspark.resolve.normalise import listing


def _offers(*said: tuple[float | None, str | None]) -> Corpus:
    ids = [f"offer/{n}" for n in range(len(said))]
    return corpus.build(ids, ids, [True] * len(ids), [listing("kettle", price=p, currency=c) for p, c in said])


def test_prices_of_one_currency_need_no_rate() -> None:
    offers = _offers((10.0, "EUR"), (10.0, "EUR"), (20.0, "EUR"), (None, "EUR"), (1000.0, "EUR"))
    left, right = np.array([0, 0, 0, 0]), np.array([1, 2, 3, 4])
    assert prices.columns(offers, {}, left, right) == pytest.approx(
        np.array([
            # known, gap of logarithms (at most 2), alike
            [1.0, 0.0, 1.0],
            [1.0, np.log(2.0), np.exp(-np.log(2.0) / 0.1)],
            [0.0, 0.0, 0.0],
            [1.0, 2.0, np.exp(-np.log(100.0) / 0.1)],
        ])
    )  # fmt: skip


def test_rates_are_medians_of_the_surest_pairs() -> None:
    # Ten pairs EUR - USD at 1.25, one of them wrong; ten USD - CNY at 8; GBP met too seldom.
    euros = [(10.0 * n, "EUR") for n in range(1, 11)]
    dollars = [(12.5 * n, "USD") for n in range(1, 10)] + [(9000.0, "USD")]
    yuan = [(100.0 * n, "CNY") for n in range(1, 10)] + [(1000.0, "CNY")]
    offers = _offers(*euros, *dollars, *yuan, (5.0, "GBP"))
    left = np.concatenate([np.arange(10), np.arange(10, 20), [0]])
    right = np.concatenate([np.arange(10, 20), np.arange(20, 30), [30]])
    found = prices.levels(offers, left, right)
    assert sorted(found) == ["CNY", "EUR", "USD"]
    assert found["USD"] - found["EUR"] == pytest.approx(np.log(1.25))
    assert found["CNY"] - found["USD"] == pytest.approx(np.log(8.0))
    gaps = prices.columns(offers, found, np.array([0, 0, 0]), np.array([10, 20, 30]))
    # EUR 10 is USD 12.50 is CNY 100; what GBP is worth nobody knows.
    assert gaps == pytest.approx(np.array([[1.0, 0.0, 1.0], [1.0, 0.0, 1.0], [0.0, 0.0, 0.0]]), abs=1e-6)


def test_either_direction_says_the_same() -> None:
    offers = _offers((10.0, "EUR"), (11.0, "USD"))
    levels = {"EUR": 0.0, "USD": 0.2}
    there = prices.columns(offers, levels, np.array([0]), np.array([1]))
    assert there.tolist() == prices.columns(offers, levels, np.array([1]), np.array([0])).tolist()
