"""Chance that is no chance: every draw follows from the seed and the thing's name, never from order or partition."""

from __future__ import annotations

import hashlib
import math
import random
import statistics
from collections.abc import Mapping, Sequence
from typing import TypeVar

T = TypeVar("T")

# Odd, so that the multiplication is a bijection of numbers below the modulus: ids look random and never collide.
_SCRAMBLE = 0x9E3779B97F4A7C15 | 1
_ID_SPACE = 1 << 42
_GOLDEN = (math.sqrt(5) - 1) / 2
_NORMAL = statistics.NormalDist()


def number_of(seed: int, *name: object) -> int:
    """A 64-bit number that follows from the seed and a name alone."""
    text = "|".join(map(str, (seed, *name)))
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")


def dice(seed: int, *name: object) -> random.Random:
    """A generator of its own for the thing of that name."""
    return random.Random(number_of(seed, *name))


def weighted(roll: random.Random, chances: Mapping[str, float]) -> str:
    """One of the keys, by its chance."""
    return roll.choices(list(chances), list(chances.values()))[0]


def some(roll: random.Random, values: Sequence[T], count: int) -> list[T]:
    """So many of the values, in their own order."""
    chosen = sorted(roll.sample(range(len(values)), min(count, len(values))))
    return [values[index] for index in chosen]


def scrambled(seed: int, space: str, number: int) -> int:
    """A number of up to 13 digits for a number below 2**42, another one for each: nobody can tell the order."""
    return (number * _SCRAMBLE + number_of(seed, space)) % _ID_SPACE


def popularity(number: int) -> float:
    """Popularity of the thing of that number: log-normal with mean 1, evenly spread (small worlds keep the mean)."""
    spread = (0.5 + number * _GOLDEN) % 1
    return math.exp(0.9 * _NORMAL.inv_cdf(min(max(spread, 1e-6), 1 - 1e-6)) - 0.405)


def whole(roll: random.Random, mean: float) -> int:
    """A whole number with that mean: rounded up or down by chance."""
    return int(mean) + (roll.random() < mean % 1)


def gtin13(seed: int, *name: object) -> str:
    """An article number with a valid check digit, in the range 952 that GS1 keeps for examples."""
    digits = f"952{number_of(seed, 'gtin', *name) % 10**9:09d}"
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits))
    return digits + str(-total % 10)
