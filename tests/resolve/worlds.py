"""Small worlds of listings for the tests of resolution: a few by hand, some hundred by rule."""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np

from kgspark.resolve import corpus
from kgspark.resolve.corpus import Corpus
from kgspark.resolve.normalise import listing

_WORDS = [
    "turntable",
    "speaker",
    "camera",
    "washer",
    "dryer",
    "oven",
    "radio",
    "headphones",
    "phone",
    "monitor",
    "printer",
    "kettle",
]
_BRANDS = ["sony", "bose", "canon", "whirlpool", "samsung", "panasonic", "lg", "philips"]
_FILLERS = ["with", "remote", "control", "new", "model", "compact", "digital", "stereo"]


def small(*titles: str, sellers: str | None = None, unique: bool = True) -> Corpus:
    """Offers by title; ``sellers`` has one letter for each, else each has its own.

    However few they list, the sellers are taken for large ones.
    """
    names = list(sellers) if sellers else [f"seller {n}" for n in range(len(titles))]
    rivals = np.zeros(len(titles), dtype=bool)
    return corpus.build(titles, names, [unique] * len(titles), [listing(title) for title in titles], rivals)


def two_shops(products: int, seed: int = 7) -> tuple[list[str], list[str], list[str], list[int]]:
    """Ids, sellers, titles and true product of a world where each shop lists most products once, in its own words."""
    draw = random.Random(seed)
    rows: list[tuple[str, str, str, int]] = []
    for product in range(products):
        brand, word = draw.choice(_BRANDS), draw.choice(_WORDS)
        code = f"{draw.choice('abcdefgh')}{draw.choice('klmnop')}{draw.randint(1000, 9999)}"
        for shop in ("left", "right"):
            if draw.random() < 0.85:
                filler = " ".join(draw.sample(_FILLERS, 2))
                said = code if draw.random() < 0.9 else ""
                rows.append((f"{shop}/{product}", shop, f"{brand} {word} {said} {filler}", product))
    ids, sellers, titles, true = (list(column) for column in zip(*rows, strict=True))
    return ids, sellers, titles, true  # type: ignore[return-value]


def build(ids: Sequence[str], sellers: Sequence[str], titles: Sequence[str], unique: bool = True) -> Corpus:
    """A corpus of listings that are only titles."""
    return corpus.build(ids, sellers, [unique] * len(ids), [listing(title) for title in titles])
