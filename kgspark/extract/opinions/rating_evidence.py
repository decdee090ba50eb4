"""What ratings say of the words in reviews: which lift them, which lower them, and how surely.

ratings -> what each review rates above what was to be expected -> ridge regression on the words it judges with,
denied ones the other way round -> each word's own share in standard errors
"""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np
from scipy import linalg, sparse

from kgspark.extract.opinions.heard import Heard, Uses

# How much of a product's own mean is expected of its reviews, from this many on.
_OWN_MEAN, _ENOUGH = 0.5, 5
# Words of the regression: its matrix has the square of them.
_MOST_WORDS = 2000
_RIDGE = 1.0


def expected_lifts(ratings: Sequence[float | None], products: Sequence[str | None]) -> tuple[list[float | None], float]:
    """How far each rating is above what was to be expected, and the standard deviation of that (1 where all are alike).

    Expected is the mean of all ratings, drawn towards the product's own: what is said of one product only would else
    look good or bad as the product is.
    """
    rated = [(rating, product) for rating, product in zip(ratings, products, strict=True) if rating is not None]
    mean = statistics.fmean(rating for rating, _ in rated) if rated else 0.0
    own: dict[str | None, list[float]] = defaultdict(list)
    for rating, product in rated:
        own[product].append(rating)
    expected = {
        product: mean + _OWN_MEAN * (statistics.fmean(group) - mean) if product and len(group) >= _ENOUGH else mean
        for product, group in own.items()
    }
    lifts = [None if r is None else r - expected[p] for r, p in zip(ratings, products, strict=True)]
    spread = statistics.pstdev(lift for lift in lifts if lift is not None) if rated else 0.0
    return lifts, spread or 1.0


def word_evidence(
    heard: Sequence[Heard], uses: Uses, lifts: Sequence[float | None], min_support: int
) -> tuple[dict[str, float], Counter[str]]:
    """By how many standard errors each word lifts the ratings of reviews, alone or beside the other words there; and in
    how many rated reviews it stands.

    The regression sees through words that only keep good company; alone, a word does not share with its own parts.
    Where both agree on the sign, the surer one counts, else the regression; but for whole predicates, which hold their
    own parts (有保证, 保证), nothing. Words of fewer than ``min_support`` reviews have no say, nor have any beyond the
    most frequent.
    """
    signs: dict[tuple[int, str], int] = {}
    for one in heard:
        if lifts[one.review] is not None:
            signs[one.review, one.word] = -1 if one.slot.denied else 1
    support = Counter(word for _, word in signs)
    words = sorted((w for w, n in support.items() if n >= min_support), key=lambda w: (-support[w], w))[:_MOST_WORDS]
    place = {word: at for at, word in enumerate(words)}
    told = [(review, place[word], sign) for (review, word), sign in signs.items() if word in place]
    rated = [lift is not None for lift in lifts]
    if not words or sum(rated) <= len(words):
        return {}, support
    rows, columns, values = np.array(told).T
    said = sparse.csr_matrix((values.astype(np.float64), (rows, columns)), shape=(len(lifts), len(words)))[rated]
    lift = np.array([value for value in lifts if value is not None])
    inverse = linalg.inv((said.T @ said).toarray() + _RIDGE * np.eye(len(words)))
    share = inverse @ (said.T @ lift)
    noise = float(np.std(lift - said @ share)) or 1.0
    beside = share / (noise * np.sqrt(np.diag(inverse)))
    alone = said.T @ lift / ((float(np.std(lift)) or 1.0) * np.sqrt(np.asarray(abs(said).sum(axis=0)).ravel()))
    surer = np.where((alone * beside > 0) & (abs(alone) > abs(beside)), alone, beside)
    whole = np.array([uses.is_whole(word) for word in words])
    surer = np.where(whole & (alone * beside < 0), 0.0, surer)
    return dict(zip(words, surer.tolist(), strict=True)), support
