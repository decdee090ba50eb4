"""Bad input where there is enough to learn from: the offers that can be resolved still are, the others stay apart.

``test_matching`` has the same where nothing can be learnt, ``test_repeats`` the sellers that do not keep their promise.
"""

from __future__ import annotations

import random
import time
from dataclasses import replace

import numpy as np
import pytest

from kgspark.resolve import corpus, resolver
from kgspark.resolve.normalise import TITLE_LENGTH, listing
from kgspark.resolve.settings import ResolveSettings
from tests.resolve import worlds

CFG = ResolveSettings(min_winners=30)
PRODUCTS = 300
SHOPS = worlds.two_shops(PRODUCTS)


def _groups(ids: list[str], sellers: list[str], titles: list[str]) -> list[set[str]]:
    found = resolver.resolve(worlds.build(ids, sellers, titles), CFG)
    assert found.matcher.learnt
    groups: dict[int, set[str]] = {}
    for name, label in zip(ids, found.clusters.cluster.tolist(), strict=True):
        groups.setdefault(label, set()).add(name)
    return list(groups.values())


def _beside(sellers: list[str], titles: list[str]) -> list[set[str]]:
    """What is joined where the two shops are resolved together with more offers: ``odd/0``, ``odd/1`` ..."""
    ids, own_sellers, own_titles, _ = SHOPS
    odd = [f"odd/{number}" for number in range(len(titles))]
    return [group for group in _groups(ids + odd, own_sellers + sellers, own_titles + titles) if len(group) > 1]


def _right(groups: list[set[str]]) -> int:
    """Pairs of the two shops that are rightly joined."""
    return sum(1 for n in range(PRODUCTS) if {f"left/{n}", f"right/{n}"} in groups)


ALONE = _right(_groups(*SHOPS[:3]))


@pytest.mark.parametrize("title", ["washing machine", "", "。、！"])
@pytest.mark.parametrize("sellers", [2, 50, 1000])
def test_a_thousand_offers_that_say_nothing_stay_apart(title: str, sellers: int) -> None:
    groups = _beside([f"seller {n % sellers}" for n in range(1000)], [title] * 1000)
    assert not [group for group in groups if any(name.startswith("odd/") for name in group)]
    assert _right(groups) > 0.9 * ALONE


def test_of_offers_that_say_the_same_none_is_chosen_by_lot() -> None:
    """A seller that lists a product once has the left shop's first offer twice: one of them is right, nobody knows."""
    groups = _beside(["twice", "twice", "once"], [SHOPS[2][0], SHOPS[2][0], SHOPS[2][1]])
    assert not [group for group in groups if group & {"odd/0", "odd/1"}]
    assert [group for group in groups if "odd/2" in group]


def test_offers_that_say_the_same_and_share_a_code_are_one_product_listed_twice() -> None:
    ids, _, titles, _ = SHOPS
    read = [listing(title) for title in (titles[0], titles[0], titles[1])]
    coded = [replace(read[0], gtin="4006381333931"), replace(read[1], gtin="4006381333931"), read[2]]
    assert corpus.build(ids[:3], ["twice"] * 3, [True] * 3, read).doubles.tolist() == [2, 2, 1]
    assert corpus.build(ids[:3], ["twice"] * 3, [True] * 3, coded).doubles.tolist() == [1, 1, 1]


def test_of_a_seller_that_repeats_products_both_join() -> None:
    ids, sellers, titles, _ = SHOPS
    offers = worlds.build([*ids, "odd/0", "odd/1"], [*sellers, "twice", "twice"], [*titles, titles[0], titles[0]])
    found = resolver.resolve(replace(offers, unique=offers.sellers != offers.sellers[-1]), CFG)
    assert len({found.clusters.cluster[row] for row in (0, -1, -2)}) == 1


def test_very_long_titles_cost_little_and_harm_nobody() -> None:
    draw = random.Random(1)
    words = " ".join(worlds.build(*SHOPS[:3]).vocabulary).split()
    long = [" ".join(f"{draw.choice(words)}{draw.randint(0, 99)}" for _ in range(1500))[:10_000] for _ in range(40)]
    started = time.perf_counter()
    groups = _beside([("left", "right")[n % 2] for n in range(40)], long)
    # 44 seconds when every code of one such title was held against every code of the other.
    assert time.perf_counter() - started < 20
    assert not [group for group in groups if {name.split("/")[0] for name in group} > {"odd"}]
    assert _right(groups) > 0.9 * ALONE


def test_only_the_beginning_of_a_title_is_read() -> None:
    assert listing("kettle".ljust(TITLE_LENGTH) + "teapot").name == ("kettle",)


def test_one_seller_with_nine_tenths_of_the_offers() -> None:
    ids, sellers, titles, true = worlds.two_shops(1000)
    kept = [
        n for n, (seller, product) in enumerate(zip(sellers, true, strict=True)) if seller == "left" or not product % 8
    ]
    ids, sellers, titles = ([column[n] for n in kept] for column in (ids, sellers, titles))
    assert np.mean([seller == "left" for seller in sellers]) > 0.88
    groups = [group for group in _groups(ids, sellers, titles) if len(group) > 1]
    both = sum(1 for name in ids if name.startswith("right/") and name.replace("right", "left") in ids)
    right = sum(1 for group in groups if len({name.split("/")[1] for name in group}) == 1)
    assert right > 0.75 * both
    assert right > 0.75 * len(groups)
    # The large seller lists a product once: none of its offers are joined with each other.
    assert max(sum(name.startswith("left/") for name in group) for group in groups) == 1


def test_a_source_of_two_offers() -> None:
    groups = _beside(["tiny", "tiny"], [SHOPS[2][0], "aquarium zz9999"])
    assert [group for group in groups if "odd/0" in group] == [{SHOPS[0][0], "odd/0"}]
    assert not [group for group in groups if "odd/1" in group]
