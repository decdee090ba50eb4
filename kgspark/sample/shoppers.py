"""People: each has a favourite category, is generous or strict, and has a name of its own on every site."""

from __future__ import annotations

import random

from kgspark.sample.chance import dice, scrambled
from kgspark.sample.products import Family, World
from kgspark.sample.vocab import categories, words

LOYALTY = 0.65


def buyer_of(world: World, roll: random.Random, of: Family) -> int:
    """Number of a shopper who may care for the family: mostly one whose favourite category it is."""
    step = len(categories())
    number = roll.randrange(world.shoppers)
    if roll.random() < LOYALTY:
        number = number - number % step + of.category.number
    return number if number < world.shoppers else number - step if number >= step else 0


def favourite(number: int) -> str:
    """The shopper's favourite category."""
    return categories()[number % len(categories())].slug


def generosity(world: World, number: int) -> float:
    """What the shopper adds to every rating, in stars."""
    return dice(world.seed, "shopper", number).gauss(0, 0.35)


def email(world: World, number: int) -> str:
    """The raw id of the shopper where people sign in by e-mail: the same on all those sites."""
    first, last = words()["first_names"], words()["last_names"]
    serial = scrambled(world.seed, "email", number) % 9000 + 1000
    return f"{first[number % len(first)]}.{last[number // len(first) % len(last)]}{serial}.{number:x}@example.org"


def nickname(world: World, number: int) -> str:
    """The raw id on the Chinese review site."""
    return f"jd_{scrambled(world.seed, 'nickname', number):x}"


def customer_number(world: World, number: int) -> str:
    """The raw id at the till of Alder & Finch."""
    return f"C{scrambled(world.seed, 'customer', number):013d}"
