"""Baskets at two tills: what belongs together is bought together, seasons and prices matter, some of it comes back.

family -> baskets of its buyers -> accessories, things from elsewhere -> order lines, returns
"""

from __future__ import annotations

import datetime
import functools
import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from kgspark.sample.chance import dice, scrambled, whole
from kgspark.sample.listings import DAYS, FIRST_DAY, Listing, listings
from kgspark.sample.planted import wanted
from kgspark.sample.products import Family, World, accessories, family
from kgspark.sample.shoppers import buyer_of, customer_number, email

# Till -> shop whose products it sells, mean number of baskets a family.
TILLS = {"alder_finch_orders": ("alder_finch", 19.7), "marketry_orders": ("marketry", 13.5)}
WITH_ACCESSORY = 0.45
WITH_ANYTHING = 0.4
RETURNED = 0.03
PROMOTED_WEEKS = 0.12
_PROMOTION = 0.85
# What else is in a basket comes from so many families around: a worker keeps that many, not a million.
_ASSORTMENT = 1000


@dataclass(frozen=True)
class Line:
    """One order line; a return has the type return and names the pieces that came back."""

    till: str
    record_id: str
    basket: str
    listing: Listing
    shopper: int
    quantity: int
    price: float
    at: datetime.datetime
    returned: bool


def lines(world: World, of: Family) -> Iterator[Line]:
    """The order lines of all baskets that somebody came for this family with."""
    for till, (shop, mean) in TILLS.items():
        own = _sold(world, of, shop)
        if not own:
            continue
        more = [part for part in accessories(world, of) if _sold(world, part, shop)]
        for number in range(whole(dice(world.seed, "baskets", till, of.number), mean * of.popularity)):
            roll = dice(world.seed, "basket", till, of.number, number)
            chosen = [_choose(roll, own)]
            if more and roll.random() < WITH_ACCESSORY:
                chosen.append(_choose(roll, _sold(world, roll.choice(more), shop)))
            while roll.random() < WITH_ANYTHING and len(chosen) < 6:
                anything = _sold(world, family(world, _anything(world, roll, of)), shop)
                chosen += [_choose(roll, anything)] if anything else []
            yield from _basket(world, roll, till, of, number % 4096, chosen)


def _anything(world: World, roll: random.Random, of: Family) -> int:
    first = of.number - of.number % _ASSORTMENT
    return roll.randrange(first, min(first + _ASSORTMENT, world.families))


def _basket(
    world: World, roll: random.Random, till: str, of: Family, number: int, chosen: list[Listing]
) -> Iterator[Line]:
    shopper = buyer_of(world, roll, of)
    key = of.number * 4096 + number
    basket = f"{scrambled(world.seed, till, key):013d}"
    day = _day(roll, world, of)
    at = datetime.datetime.combine(day, datetime.time(roll.randint(8, 21), roll.randint(0, 59)))
    distinct = {listing.record_id: listing for listing in chosen}
    for place, listing in enumerate(distinct.values()):
        small = listing.price < 30 * (listing.price / listing.product.price)
        quantity = roll.choice([1, 1, 1, 2, 3]) if small else 1
        factor = _PROMOTION if promoted(world, listing.family, day) else 1.0
        price = round(listing.price * factor * _drift(day, listing), 2)
        line = f"{basket}{place:02d}"
        yield Line(till, line, basket, listing, shopper, quantity, price, at, False)
        if roll.random() < RETURNED * (1.6 - listing.product.quality):
            back = at + datetime.timedelta(days=roll.randint(2, 20))
            yield Line(till, f"{line}R", f"R{basket}", listing, shopper, quantity, price, back, True)


def promoted(world: World, of: Family, day: datetime.date) -> bool:
    """Whether the family is on promotion in the week of that day."""
    week = (day - FIRST_DAY).days // 7
    return dice(world.seed, "promotion", of.number, week).random() < PROMOTED_WEEKS


def _drift(day: datetime.date, listing: Listing) -> float:
    """Prices of technology fall, those of food rise, by some percent a year."""
    years = (day - FIRST_DAY).days / 365
    return 1 + years * {"Electronics": -0.06, "Food & Drinks": 0.04}.get(listing.family.category.department, 0.01)


def _day(roll: random.Random, world: World, of: Family) -> datetime.date:
    """A day: more of them in the category's season, before Christmas and in promoted weeks."""
    peak = of.category.number * 30.4
    while True:
        day = FIRST_DAY + datetime.timedelta(days=roll.randrange(DAYS))
        season = 1 + 0.25 * math.cos(2 * math.pi * (day.timetuple().tm_yday - peak) / 365)
        christmas = 1.3 if (day.month, day.day) >= (11, 20) and (day.month, day.day) <= (12, 23) else 1.0
        pull = season * christmas * (1.5 if promoted(world, of, day) else 1.0)
        if roll.random() < pull / (1.25 * 1.3 * 1.5):
            return day


def _sold(world: World, of: Family, shop: str) -> list[Listing]:
    return [listing for listing in listed(world, of.number) if listing.shop == shop]


@functools.lru_cache(maxsize=2048)
def listed(world: World, number: int) -> tuple[Listing, ...]:
    """All offers of the family of that number."""
    of = family(world, number)
    return tuple(listings(world, of, wanted(world, number)))


def _choose(roll: random.Random, offers: list[Listing]) -> Listing:
    """The first listing sells best."""
    return offers[min(int(roll.expovariate(1.1)), len(offers) - 1)]


def row(world: World, line: Line) -> dict[str, Any]:
    """The line as a raw record of its till."""
    if line.till == "alder_finch_orders":
        return {
            "line": line.record_id,
            "invoice": line.basket,
            "customer": customer_number(world, line.shopper),
            "sku": line.listing.record_id,
            "qty": -line.quantity if line.returned else line.quantity,
            "unit_price": f"{line.price:.2f}",
            "sold_at": line.at.strftime("%Y-%m-%d %H:%M"),
        }
    return {
        "order_line": line.record_id,
        "order_id": line.basket,
        "buyer": email(world, line.shopper),
        "listing": line.listing.record_id,
        "kind": "return" if line.returned else "purchase",
        "pieces": float(line.quantity),
        "paid": line.price,
        "ts": line.at.isoformat(),
    }
