"""The true products: families of near-variants, each a function of the seed and the family's number alone.

    number -> category, brand, series, code, specs -> products that differ in capacity, pack, condition, generation

Whoever needs a family works it out again (a small cache helps), so nothing is joined and nothing is held.
"""

from __future__ import annotations

import functools
import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from kgspark.sample.chance import dice, number_of, popularity, some
from kgspark.sample.vocab import Attribute, Category, categories, category_by_slug, words

LETTERS = "ABCDEFGHKLMNPRSTVWX"
MOST_PRODUCTS = 5
# Split value, pack, colour, condition, generation.
_Kind = tuple[Any, int | None, str | None, str, int | None]


@dataclass(frozen=True)
class World:
    """What a world follows from: nothing else has any influence on its rows.

    ``catalogue_only`` leaves out reviews, order lines and shoppers; the offers are the same.
    """

    seed: int
    families: int
    shoppers: int
    catalogue_only: bool = False

    def of_category(self, category: Category) -> int:
        """How many families a category has."""
        return max(0, -(-(self.families - category.number) // len(categories())))

    def family_of(self, category: Category, index: int) -> Family:
        """The category's family of that index."""
        return family(self, category.number + len(categories()) * index)


@dataclass(frozen=True)
class Value:
    """One attribute's true value, in the attribute's base unit."""

    attribute: str
    normalised: str
    unit: str | None = None


@dataclass(frozen=True)
class Product:
    """What shops compare prices of."""

    product_id: str
    number: int
    code: str
    split: Value | None
    pack: int | None
    colour: str | None
    condition: str
    generation: int | None
    price: float
    quality: float


@dataclass(frozen=True)
class Family:
    """Products under one model name. ``models`` are words such as Pro that tell the family from its sibling."""

    number: int
    index: int
    category: Category
    brand: str
    series: str
    model: str | None
    stem: str
    specs: tuple[Value, ...]
    colours: tuple[str, ...]
    host: int | None
    popularity: float
    quality: float
    products: tuple[Product, ...]

    @property
    def name(self) -> str:
        """Series and model word."""
        return f"{self.series} {self.model}" if self.model else self.series


def text_of(number: float | str) -> str:
    """A value as the truth writes it: 64, 0.7, silicone."""
    return number if isinstance(number, str) else f"{number:g}"


@functools.lru_cache(maxsize=4096)
def family(world: World, number: int) -> Family:
    """The family of that number."""
    category = categories()[number % len(categories())]
    index = number // len(categories())
    # A sibling shares brand and series with the family before it: it is the Pro of that one, or the like.
    sibling = index % 2 == 1 and number_of(world.seed, "sibling", number) % 2 == 0
    line = dice(world.seed, "line", category.slug, index - sibling)
    brand, series, stem = line.choice(list(category.brands)), _series(line), _code(line, category.code)
    roll = dice(world.seed, "family", number)
    model = None
    if sibling:
        model, stem = line.choice(category.models), _sibling_code(line, stem)
    specs = tuple(_value(spec, roll.choice(spec.values)) for spec in category.specs)
    colours = tuple(some(roll, category.colours, roll.randint(1, 3)))
    quality = min(max(roll.betavariate(3.2, 1.8), 0.05), 0.98)
    host = _host(world, category, index)
    made = Family(
        number, index, category, brand, series, model, stem, specs, colours, host, popularity(number), quality, ()
    )
    return replace(made, products=tuple(_products(made, roll)))


def accessories(world: World, of: Family) -> list[Family]:
    """Families that are made for this one, or bought with it."""
    found = []
    hosts = world.of_category(of.category)
    for category in of.category.accessories:
        found += [
            world.family_of(category, index) for index in range(of.index, world.of_category(category), max(hosts, 1))
        ]
    return found


def substitutes(world: World, of: Family) -> list[Family]:
    """The category's next two families in the same range of prices."""
    count = world.of_category(of.category)
    others = {(of.index + step * _TIERS) % count for step in (1, 2)} - {of.index}
    return [world.family_of(of.category, index) for index in sorted(others) if index % _TIERS == of.index % _TIERS]


_TIERS = 3


def _host(world: World, category: Category, index: int) -> int | None:
    if category.fits is None:
        return None
    host = category_by_slug()[category.fits]
    count = world.of_category(host)
    return host.number + len(categories()) * (index % count) if count else None


def _series(roll: random.Random) -> str:
    syllables = words()
    names = ["onsets", "middles"] * (2 if roll.random() < 0.5 else 1) + ["codas"]
    return "".join(roll.choice(syllables[name]) for name in names).capitalize()


def _code(roll: random.Random, pattern: str) -> str:
    places = {"A": LETTERS, "#": "0123456789"}
    return "".join(roll.choice(places[sign]) if sign in places else sign for sign in pattern)


def _sibling_code(roll: random.Random, stem: str) -> str:
    """A code that differs in one sign: a letter behind, or another last digit."""
    if not stem:
        return ""
    if stem[-1].isdigit() and roll.random() < 0.5:
        return stem[:-1] + str((int(stem[-1]) + roll.randint(1, 8)) % 10)
    return stem + roll.choice("PXTE")


def _value(attribute: Attribute, value: float | str) -> Value:
    return Value(attribute.name, text_of(value), attribute.unit)


def _products(of: Family, roll: random.Random) -> Iterator[Product]:
    category = of.category
    sizes = some(roll, category.split.values, roll.choice([1, 1, 2, 3])) if category.split else [None]
    packs = some(roll, category.packs, roll.choice([1, 1, 2])) if category.packs else [None]
    colours = list(of.colours[:2]) if category.colour_in_code else [None]
    plain = itertools.islice(itertools.product(sizes, packs, colours), 4)
    kinds: list[_Kind] = [(size, pack, colour, "new", None) for size, pack, colour in plain]
    first = kinds[0]
    if category.generations and roll.random() < 0.25:
        kinds.append((*first[:4], 2))
    if category.refurbished and roll.random() < 0.4:
        kinds.append((*first[:3], roll.choice(["refurbished", "used"]), None))
    low, high = category.price
    # The range of prices is the tier: substitutes cost about the same.
    level = (of.index % _TIERS + roll.random()) / _TIERS
    base = low * (high / low) ** level
    for number, (size, pack, colour, condition, generation) in enumerate(kinds[:MOST_PRODUCTS]):
        rank = category.split.values.index(size) if category.split else 0
        price = base * (1 + 0.18 * rank) * ((pack or 1) / min(category.packs or (1,))) ** 0.92
        price *= {"new": 1.0, "refurbished": 0.74, "used": 0.58}[condition] * (1.12 if generation else 1)
        yield Product(
            product_id=f"P{of.number:07d}-{number}",
            number=number,
            code=_full_code(of, size, colour, generation),
            split=_value(category.split, size) if category.split else None,
            pack=pack,
            colour=colour,
            condition=condition,
            generation=generation,
            price=price,
            quality=max(0.05, of.quality - (0.1 if condition != "new" else 0) + (0.04 if generation else 0)),
        )


def _full_code(of: Family, size: float | None, colour: str | None, generation: int | None) -> str:
    if not of.stem:
        return ""
    code = of.stem
    if of.category.split_in_code and size is not None:
        code += "-" + text_of(size).replace(".", "")
    if colour:
        code += "/" + words()["colour_codes"][colour]
    return f"{code}V{generation}" if generation and of.number % 2 else code
