"""Traits that a title leaves out when they are as usual."""

from __future__ import annotations

import numpy as np
import pytest

from kgspark.resolve import features, traits
from kgspark.resolve.normalise import clean
from tests.resolve import worlds


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Oribex phone 64GB", ("1", "new", "1")),
        ("Oribex phone MK2, pre-owned", ("1", "used", "2")),
        ("Oribex phone (refurbished) 2nd gen", ("1", "refurbished", "2")),
        ("Xeon E5-2620 v3", ("1", "new", "3")),
        ("tea 6 x 100 g", ("6", "new", "1")),
        ("tea, 1 pack", ("1", "new", "1")),
        ("第2代 智能电视 二手", ("1", "used", "2")),
        ("unused stamps", ("1", "new", "1")),
    ],
)
def test_what_a_title_says(title: str, expected: tuple[str, str, str]) -> None:
    assert traits.read(clean(title)) == expected


def test_silence_is_the_usual_and_a_used_thing_is_another_product() -> None:
    offers = worlds.small("phone", "phone renewed", "phone 2 pcs", "phone v1")
    evidence = features.compute(offers, features.count(offers), np.array([0, 0, 0]), np.array([1, 2, 3]))
    columns = [features.NAMES.index(name) for name in traits.NAMES]
    assert evidence.values[:, columns].tolist() == [[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 0.0]]
    given = {name: float(value) for name, value in zip(features.NAMES, features.GIVEN, strict=True) if value}
    assert given == {"condition_differs": -3.0}
