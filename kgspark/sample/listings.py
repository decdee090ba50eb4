"""Who lists what: the offers of a family in every shop, with record id, seller and price."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass

from kgspark.sample.chance import dice, gtin13, scrambled
from kgspark.sample.products import Family, Product, World
from kgspark.sample.vocab import shops

FIRST_DAY = datetime.date(2025, 1, 1)
# Up to June 2026, returns three weeks later: no night that runs this code finds a day in the future.
DAYS = 520
_RECORD_IDS = {
    "alder_finch": "AF{:013d}",
    "kontorhaus": "{:013d}",
    "brightnook": "bn-{:x}",
    "yunhai": "YH{:013d}",
    "harbourline": "{:X}",
    "marketry": "mk{:013d}",
}
_COPIES = 16


@dataclass(frozen=True)
class Listing:
    """One shop's listing of a product. ``price`` is in the shop's currency; ``gtin`` is the true one of its colour."""

    shop: str
    record_id: str
    seller: str
    language: str
    family: Family
    product: Product
    colour: str | None
    size: float | str | None
    gtin: str
    price: float
    listed_on: datetime.date
    copy: int

    @property
    def name(self) -> tuple[str, str]:
        """What tells it from all other listings."""
        return self.shop, self.record_id


def record_id(world: World, shop: str, of: Family, number: int, copy: int) -> str:
    """The shop's own key: it says nothing of the product, nor of other shops."""
    return _RECORD_IDS[shop].format(scrambled(world.seed, shop, (of.number * 8 + number) * _COPIES + copy))


def listings(world: World, of: Family, wanted: frozenset[str] = frozenset()) -> Iterator[Listing]:
    """All offers of a family; shops that are ``wanted`` list its first product in any case."""
    for product in of.products:
        roll = dice(world.seed, "listings", product.product_id)
        eager = 1.12 if product.number == 0 else 0.96
        chosen = [shop for shop, style in shops().items() if roll.random() < style["list"] * eager]
        chosen = [shop for shop in chosen if product.condition == "new" or shops()[shop].get("refurbished")]
        if product.condition != "new" and not chosen:
            chosen = ["marketry"]
        if not chosen:
            chosen = [roll.choice(list(shops()))]
        if product.number == 0:
            chosen += sorted(wanted - set(chosen))
        for shop in chosen:
            yield from _of_shop(world, of, product, shop)


def _of_shop(world: World, of: Family, product: Product, shop: str) -> Iterator[Listing]:
    style = shops()[shop]
    roll = dice(world.seed, "listing", shop, product.product_id)
    sellers = roll.sample(style["sellers"], roll.choice([1, 1, 2, 3])) if "sellers" in style else [style["seller"]]
    # On the marketplace a seller may list the same thing again under another title.
    copies = [(seller, 0) for seller in sellers]
    if "sellers" in style and roll.random() < 0.1:
        copies.append((sellers[0], 1))
    for number, (seller, _) in enumerate(copies):
        colour = product.colour or (roll.choice(of.colours) if of.colours else None)
        sizes = of.category.sizes
        price = product.price * style["rate"] * roll.uniform(0.9, 1.14)
        yield Listing(
            shop=shop,
            record_id=record_id(world, shop, of, product.number, number),
            seller=seller,
            language="zh" if any("一" <= sign <= "鿿" for sign in seller) else style["language"],
            family=of,
            product=product,
            colour=colour,
            size=roll.choice(sizes.values) if sizes else None,
            gtin=gtin13(world.seed, product.product_id, colour),
            price=_shelf_price(price),
            listed_on=FIRST_DAY + datetime.timedelta(days=roll.randrange(DAYS)),
            copy=number,
        )


def _shelf_price(price: float) -> float:
    """Ends as prices end: .99 for small ones, a 9 for large ones."""
    return float(int(price / 10) * 10 + 9) if price >= 300 else int(price) + 0.99 if price > 2 else round(price, 2)
