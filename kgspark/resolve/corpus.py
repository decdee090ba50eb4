"""Offers as arrays: what every step of the method reads.

listings -> sorted vocabulary -> offer x token matrices (name, text, character 3-grams)

Columns stand in the order of the tokens' own text, so that sums run in one order whichever offers share a matrix.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from kgspark.resolve.normalise import Listing
from kgspark.resolve.traits import NAMES as TRAITS

Ints = NDArray[np.int64]
Doubles = NDArray[np.float64]
Bools = NDArray[np.bool_]
Matrix = Any  # scipy.sparse.csr_array; SciPy carries no types

GRAM = 3
# Sellers that list fewer than this are, where they list most of all offers, one seller in the competition, seen as this
# many with a share of its offers each by hash: an offer finds one candidate at the most at such a seller, so that
# nothing would compete there, every pair would win and nothing would show how wrong pairs score. Where they list few of
# all offers, the large sellers show that.
SMALL_SELLER = 16
LANES = 16
MOST = 0.5
_CODE_POINT_BITS = 21


@dataclass(frozen=True)
class Corpus:
    """Offers in some order; ``hashes`` identify them in ties, ``sellers`` are codes.

    ``unique`` says of each offer whether its seller lists a product once, ``alike`` how many of the seller's offers say
    the very same, itself among them. ``lanes`` number the
    sellers as competition sees them; ``small`` sellers share LANES among them. ``gtins`` and ``models`` (brand and
    model number) are codes, -1 where there is none. ``name`` and ``text`` count tokens of one ``vocabulary``, ``grams``
    the 3-grams (code points, 21 bits each) in ``gram_codes``. ``prices`` are natural logarithms (nan: none) in
    ``currencies``, codes into ``currency_names`` (-1: none). ``traits`` (offer x trait) are codes.
    """

    hashes: NDArray[np.uint64]
    sellers: Ints
    unique: Bools
    alike: Ints
    lanes: Ints
    small: Bools
    gtins: Ints
    models: Ints
    vocabulary: tuple[str, ...]
    name: Matrix
    text: Matrix
    gram_codes: Ints
    grams: Matrix
    squashed_text: tuple[str, ...]
    prices: Doubles
    currencies: Ints
    currency_names: tuple[str, ...]
    traits: Ints

    @property
    def doubles(self) -> Ints:
        """Offers that are as good as each other as anybody's partner: those ``alike`` of a seller that lists a product
        once are different products, and at most one of them is the right one. With one code they are one product that
        its seller lists twice after all.
        """
        coded = (self.gtins >= 0) | (self.models >= 0)
        return np.where(self.unique & ~coded, self.alike, 1)

    @property
    def guarded(self) -> Bools:
        """Offers of sellers that list a product once, and enough of them to meet themselves in a wrong cluster."""
        return np.asarray(self.unique & ~self.small)

    def __len__(self) -> int:
        return len(self.sellers)


def build(
    ids: Sequence[str],
    sellers: Sequence[str],
    unique: Sequence[bool] | Bools,
    listings: Sequence[Listing],
    small: Bools | None = None,
    alike: Ints | None = None,
) -> Corpus:
    """Lay offers out as arrays; equal sellers are equal texts.

    ``small`` says of each offer whether its seller is a small one, ``alike`` how many of its offers say the same; they
    are counted here where these are all offers.
    """
    vocabulary = sorted({token for one in listings for token in one.text})
    place = {token: column for column, token in enumerate(vocabulary)}
    gram_codes, grams = _grams([one.squashed_name for one in listings])
    hashes, alone = hash_texts(ids), np.asarray(unique, dtype=bool)
    seller_codes = codes(sellers)
    few = of_small_sellers(seller_codes) if small is None else small
    if alike is None:
        said = Counter(zip(sellers, listings, strict=True))
        alike = np.array([said[each] for each in zip(sellers, listings, strict=True)], dtype=np.int64)
    together = seller_codes.max(initial=0) + 1
    return Corpus(
        hashes=hashes,
        sellers=seller_codes,
        unique=alone,
        alike=alike,
        lanes=np.where(few, together, seller_codes) * LANES + shares(hashes, few),
        small=few,
        gtins=codes([one.gtin for one in listings]),
        models=codes([one.model for one in listings]),
        vocabulary=tuple(vocabulary),
        name=_matrix((one.name for one in listings), place, len(listings)),
        text=_matrix((one.text for one in listings), place, len(listings)),
        gram_codes=gram_codes,
        grams=grams,
        squashed_text=tuple(one.squashed_text for one in listings),
        prices=np.log(np.array([one.price or np.nan for one in listings], dtype=np.float64)),
        currencies=codes([one.currency for one in listings]),
        traits=np.stack([codes(said) for said in zip(*(one.traits for one in listings), strict=True)], axis=1)
        if listings
        else np.empty((0, len(TRAITS)), dtype=np.int64),
        currency_names=tuple(sorted({one.currency for one in listings if one.currency})),
    )


def of_small_sellers(sellers: Ints) -> Bools:
    """Offers whose seller lists few, where such sellers list most of all offers; else none."""
    few = np.bincount(sellers, minlength=1)[sellers] < SMALL_SELLER
    return np.asarray(few & (few.sum() > MOST * len(few)))


def shares(hashes: NDArray[np.uint64], small: Bools) -> Ints:
    """Which of the LANES that small sellers share each of their offers is in; 0 for the others."""
    return np.where(small, (hashes % np.uint64(LANES)).astype(np.int64), 0)


def without_placeholders(offers: Corpus, max_gtin: int, max_model: int) -> Corpus:
    """The corpus without the codes that more offers share than the limits allow: they tell no products apart."""

    def believed(codes: Ints, most: int) -> Ints:
        count = np.bincount(codes[codes >= 0], minlength=1)
        return np.where((codes >= 0) & (count[np.maximum(codes, 0)] <= most), codes, -1)

    return replace(offers, gtins=believed(offers.gtins, max_gtin), models=believed(offers.models, max_model))


def hash_texts(texts: Iterable[str]) -> NDArray[np.uint64]:
    """64 bits of BLAKE2b of each text."""
    joined = b"".join(hashlib.blake2b(text.encode(), digest_size=8).digest() for text in texts)
    return np.frombuffer(joined, dtype="<u8").astype(np.uint64)


def mix(first: NDArray[np.uint64], second: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """A hash of each pair, the same in both directions (splitmix64 over the sum and the exclusive or)."""
    with np.errstate(over="ignore"):
        return scramble((first + second) * np.uint64(0x9E3779B97F4A7C15) ^ (first ^ second))


def scramble(z: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Every bit of the result depends on every bit of the number (the finish of splitmix64)."""
    with np.errstate(over="ignore"):
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return np.asarray(z ^ (z >> np.uint64(31)))


def codes(values: Sequence[str | None]) -> Ints:
    """A number for each distinct text, in their order; -1 for None."""
    known = {value: code for code, value in enumerate(sorted({value for value in values if value is not None}))}
    return np.array([-1 if value is None else known[value] for value in values], dtype=np.int64)


def document_frequency(matrix: Matrix) -> Ints:
    """Rows that hold each column."""
    return np.bincount(matrix.indices, minlength=matrix.shape[1]).astype(np.int64)


def idf(df: Ints, offers: int) -> Doubles:
    """ln(1 + N / df); a token not seen when fitting counts as seen once."""
    return np.log1p(offers / np.maximum(df, 1))


def weighted(matrix: Matrix, weights: Doubles) -> Matrix:
    """Rows times column weights, each row of length 1 (or empty)."""
    scaled = sparse.csr_array((matrix.data * weights[matrix.indices], matrix.indices, matrix.indptr), matrix.shape)
    lengths = np.sqrt(np.add.reduceat(np.append(scaled.data**2, 0.0), np.minimum(scaled.indptr[:-1], scaled.nnz)))
    lengths[np.diff(scaled.indptr) == 0] = 1.0
    lengths[lengths == 0] = 1.0
    scaled.data /= np.repeat(lengths, np.diff(scaled.indptr))
    return scaled


def _matrix(rows: Iterable[tuple[str, ...]], place: dict[str, int], count: int) -> Matrix:
    starts, columns = [0], []
    for row in rows:
        columns += [place[token] for token in row]
        starts.append(len(columns))
    indices = np.asarray(columns, dtype=np.int32)
    return sparse.csr_array((np.ones(len(indices)), indices, np.asarray(starts, dtype=np.int32)), (count, len(place)))


def _grams(texts: Sequence[str]) -> tuple[Ints, Matrix]:
    lengths = np.fromiter((len(text) for text in texts), dtype=np.int64, count=len(texts))
    points = np.frombuffer("".join(texts).encode("utf-32-le"), dtype="<u4").astype(np.int64)
    if len(points) < GRAM:
        return np.empty(0, dtype=np.int64), sparse.csr_array((len(texts), 0))
    codes = (points[:-2] << (2 * _CODE_POINT_BITS)) | (points[1:-1] << _CODE_POINT_BITS) | points[2:]
    owner = np.repeat(np.arange(len(texts)), lengths)
    inside = owner[:-2] == owner[2:]
    distinct, column = np.unique(codes[inside], return_inverse=True)
    counts = sparse.coo_array((np.ones(len(column)), (owner[:-2][inside], column)), (len(texts), len(distinct)))
    grams = counts.tocsr()  # adds up repeats
    grams.sort_indices()
    return distinct, grams
