"""Makers' names out of titles, where no source declares any."""

from __future__ import annotations

from kgspark.extract.values import makers
from kgspark.extract.values.lexicon_learning import learn
from kgspark.extract.values.listings import Listing

PHONES, FOOD = ("Phones",), ("Food",)


def _listed(
    titles: list[str], path: tuple[str, ...] = PHONES, source: str = "prices", sellers: int = 5
) -> list[Listing]:
    return [Listing(title, path, {}, source=source, seller=f"s{n % sellers}") for n, title in enumerate(titles)]


NORDVIK = [f"Nordvik nv{n} phone" for n in range(10)]
USED = [f"Refurbished nordvik nv{n}" for n in range(10)]
TWO_WORDS = [f"Ruddle Hebbs kettle {n}" for n in range(16)]
GRADES = [f"Grade {letter} phone {n}" for n in range(5) for letter in "abc"]
BLACK = [f"Phone {n} black" for n in range(30)] + [f"Black phone {n}" for n in range(10)]


def _brands(listings: list[Listing]) -> set[str]:
    return {one.declared["brand"] for one in makers.named(listings) if "brand" in one.declared}


def test_a_name_opens_titles_of_several_sellers() -> None:
    assert _brands(_listed([*NORDVIK, *USED, *TWO_WORDS, *GRADES, *BLACK])) == {"Nordvik", "Ruddle Hebbs"}


def test_too_few_sellers_know_no_maker() -> None:
    assert _brands(_listed(NORDVIK, sellers=makers.MIN_SELLERS - 1)) == set()


def test_half_a_name_is_none() -> None:
    assert _brands(_listed([f"Fisher {'paykel' if n % 3 else 'price'} thing {n}" for n in range(18)])) == set()


def test_sources_that_declare_brands_are_believed() -> None:
    declared = Listing("Nordvik nv1", PHONES, {"brand": "NV"}, source="prices")
    assert _brands([*_listed(NORDVIK), declared]) == {"NV"}


def test_a_makers_name_is_another_word_where_no_maker_opens_titles() -> None:
    # One grocer: nobody else can say what his first words are.
    food = _listed([f"Nordvik cheese {n} g" for n in range(30)], FOOD, source="grocer", sellers=1)
    others = [f"{maker} h{n} phone" for n in range(10) for maker in ("Halde", "Quorra", "Mimas", "Teller")]
    known = learn([*_listed([*NORDVIK, *others]), *food], 2)
    assert known.sure(("brand", ("nordvik",)), PHONES) > 0.7 > 0.1 > known.sure(("brand", ("nordvik",)), FOOD)
    assert known.matters("brand", FOOD) is None


def test_order_does_not_matter() -> None:
    listings = _listed([*NORDVIK, *USED, *TWO_WORDS, *GRADES])
    assert set(map(str, makers.named(listings))) == set(map(str, makers.named(listings[::-1])))
