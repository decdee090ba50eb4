"""Prices as evidence: the price of one product differs less between sellers than the prices of two products do.

prices in any currency, surest pairs -> level of each currency -> gap of two prices -> columns of the evidence

What a currency is worth is read from the pairs themselves, so that no exchange rate of any day is needed.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from kgspark.resolve.corpus import Corpus, Doubles, Ints

# Columns: both have a price; how far apart they are, as a difference of logarithms; whether they are nearly equal.
NAMES = ("price_known", "price_gap", "price_alike")
# Twenty times the price tells no more than seven times.
_LARGEST_GAP = 2.0
# Sellers' prices of one product lie some tenths apart.
_ALIKE = 0.1
# Pairs of two currencies from which their rate is believed.
_ENOUGH_PAIRS = 10
_DIGITS = 9


def columns(corpus: Corpus, levels: Mapping[str, float], left: Ints, right: Ints) -> Doubles:
    """NAMES of each pair; all 0 where a price is missing or the rate of two currencies is not known."""
    level = np.array([levels.get(name, np.nan) for name in corpus.currency_names])
    gap = np.abs(_difference(corpus, np.append(level, np.nan), left, right))
    known = np.isfinite(gap)
    gap = np.round(np.where(known, gap, 0.0), _DIGITS)
    return np.stack([1.0 * known, np.minimum(gap, _LARGEST_GAP), known * np.exp(-gap / _ALIKE)], axis=1)


def levels(corpus: Corpus, left: Ints, right: Ints) -> dict[str, float]:
    """Logarithm of what the commonest currency buys in each other, from pairs taken for one product.

    The median difference of two currencies' prices counts, and over all currencies the least squares of the medians.
    """
    names = corpus.currency_names
    one, other = corpus.currencies[left], corpus.currencies[right]
    difference = _difference(corpus, np.zeros(len(names) + 1), left, right)
    rows, medians, sizes = [], [], []
    for low in range(len(names)):
        for high in range(low + 1, len(names)):
            forth, back = (one == low) & (other == high), (one == high) & (other == low)
            said = np.concatenate([difference[forth], -difference[back]])
            said = said[np.isfinite(said)]
            if len(said) >= _ENOUGH_PAIRS:
                rows.append((low, high))
                medians.append(float(np.median(said)))
                sizes.append(np.sqrt(len(said)))
    if not rows:
        return {}
    matrix = np.zeros((len(rows), len(names)))
    for row, (low, high) in enumerate(rows):
        matrix[row, low], matrix[row, high] = sizes[row], -sizes[row]
    solved = np.linalg.lstsq(matrix, np.array(medians) * np.array(sizes), rcond=None)[0]
    met = sorted({code for pair in rows for code in pair})
    return {names[code]: round(float(solved[code]), _DIGITS) for code in met}


def _difference(corpus: Corpus, level: Doubles, left: Ints, right: Ints) -> Doubles:
    one, other = corpus.currencies[left], corpus.currencies[right]
    plain = corpus.prices[left] - corpus.prices[right]
    return np.asarray(np.where(one == other, plain, plain - (level[one] - level[other])))
