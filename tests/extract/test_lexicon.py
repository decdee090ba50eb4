"""What is learnt of values: how sure, under which name, which mean the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from kgspark.errors import InputError
from kgspark.extract.values import synonyms
from kgspark.extract.values.lexicon import PULL, attribute_name
from kgspark.extract.values.lexicon_learning import learn
from kgspark.extract.values.listings import Listing
from kgspark.extract.values.reader import read

SHOES = ("Clothes", "Shoes")


def _shoe(title: str, colour: str | None, **more: str) -> Listing:
    return Listing(title, SHOES, ({"colour": colour} if colour else {}) | more)


LISTINGS = [
    *[_shoe(f"Runner {n} red", "red") for n in range(8)],
    *[_shoe(f"Fresh Orange runner {n}", "orange") for n in range(2)],
    # "Orange" is a taste here, and "red" of another seller's shoe is blue.
    *[Listing(f"Orange juice {n} 500 ml", ("Food",), {"colour": "clear", "content": "0.5 l"}) for n in range(4)],
    _shoe("Red Wing boot", "blue"),
    *[Listing(f"Crate {n}, 12 kg", ("Tools",), {"max_load": "12 kg"}) for n in range(6)],
]


def test_a_value_is_as_sure_as_its_sellers_make_it() -> None:
    known = learn(LISTINGS, 2)
    red, orange = ("colour", ("red",)), ("colour", ("orange",))
    # Of all 15 titles with a colour's name whose seller declares a colour, 10 agree; 8 of 9 with "red".
    base = (10 + PULL / 2) / (15 + PULL)
    everywhere = (8 + PULL * base) / (9 + PULL)
    clothes = (8 + PULL * everywhere) / (9 + PULL)
    shoes = (8 + PULL * clothes) / (9 + PULL)
    # Of 15 declarations of a colour 8 are "red": so often it would be right by chance.
    by_chance = 8 / (15 + PULL)
    assert known.sure(red, SHOES) == pytest.approx((shoes - by_chance) / (1 - by_chance))
    assert known.sure(red, ()) == pytest.approx((everywhere - by_chance) / (1 - by_chance))
    assert known.sure(orange, ("Food",)) < 0.35 < known.sure(orange, SHOES)


def test_which_attributes_matter_where() -> None:
    known = learn([*LISTINGS, *[Listing(f"锅 {n} red", ("锅",), {"brand": "x"}, source="other") for n in range(9)]], 2)
    assert known.matters("colour", SHOES) == 1
    assert known.matters("max_load", SHOES) == 0
    assert known.matters("colour", ("Nowhere",)) is None
    # A source that never declares a colour says nothing about where colours matter.
    assert known.matters("colour", ("锅",)) is None
    assert [r.attribute for r in read("red crate", ("Tools",), {}, known)] == []
    assert [r.attribute for r in read("red 锅", ("锅",), {}, known)] == ["colour"]
    # Sellers of shoes never give a load, and have no other name for kilograms, which are not always a weight.
    (doubted,) = read("boot 2 kg", SHOES, {}, known)
    assert (doubted.attribute, doubted.confidence) == ("weight", 0.75)


def test_a_name_of_one_source_stays_with_what_that_source_lists() -> None:
    pans = [Listing(f"Pan {n}", ("Pans",), {"brand": "x"}, source="other") for n in range(9)]
    (load,) = read("boot 2 kg", ("Nowhere",), {}, learn(LISTINGS, 2))
    assert load.attribute == "max_load"
    (weight,) = read("boot 2 kg", ("Nowhere",), {}, learn([*LISTINGS, *pans], 2))
    assert (weight.attribute, weight.confidence) == ("weight", 0.75)
    second = [Listing("Box 12 kg", ("Boxes",), {"max_load": "12 kg"}, source="other")] * 2
    (load,) = read("boot 2 kg", ("Nowhere",), {}, learn([*LISTINGS, *pans, *second], 2))
    assert load.attribute == "max_load"


def test_what_a_thing_fits_is_not_its_own() -> None:
    known = learn([*[Listing(f"Nordvik phone {n}", (), {"brand": "Nordvik"}) for n in range(4)],
                   *[Listing(f"Kaitomi phone {n}", (), {"brand": "Kaitomi"}) for n in range(4)]], 2)  # fmt: skip
    assert [r.value for r in read("Kaitomi case for Nordvik NV-1000", (), {}, known)] == ["Kaitomi"]


def test_what_nearly_all_declare_proves_little() -> None:
    known = learn([Listing(f"New lamp {n}", (), {"condition": "new"}) for n in range(40)], 2)
    assert read("Brand new lamp", (), {"condition": "new"}, known) == []


def test_a_pattern_takes_the_name_that_sellers_give_it() -> None:
    known = learn(LISTINGS, 2)
    (load,) = read("Box 15 kg", ("Tools",), {}, known)
    assert (load.attribute, load.value, load.extractor) == ("max_load", "15000 g", "pattern:quantity")
    (content,) = read("Juice 1 l", ("Food",), {}, known)
    assert content.attribute == "content"
    assert content.confidence > 0.7


def test_what_the_offer_declares_is_surest() -> None:
    (found,) = read("Ruby Red boot", SHOES, {"colour": "ruby red"}, learn(LISTINGS, 2))
    assert (found.attribute, found.value, found.extractor, found.begin, found.end) == (
        "colour",
        "ruby red",
        "declared",
        0,
        8,
    )


def _pot(n: int, colour: str) -> Listing:
    return Listing(f"Pot {n}", (), {"colour": colour}, f"{n:014d}")


def test_values_of_one_product_become_one() -> None:
    met = [offer for n in range(4) for offer in (_pot(n, "Black"), _pot(n, "黑色"), _pot(n, "Black"))]
    errors = [offer for n in range(4, 8) for offer in (_pot(n, "Black"), _pot(n, f"{('red', 'blue')[n % 2]}"))]
    known = learn([*met, *errors], 2)
    assert known.spelling("colour", "黑色") == "Black"
    assert known.spelling("colour", "red") == "red"
    assert [r.value for r in read("锅 黑色", (), {}, known)] == ["Black"]
    assert learn([*errors, *met][::-1], 2) == known


def test_people_have_the_last_word(tmp_path: Path) -> None:
    file = tmp_path / "synonyms.csv"
    file.write_text("attribute,value,means\ncolour,anthracite,grey\ncolour,黑色,\n", encoding="utf-8")
    met = [offer for n in range(4) for offer in (_pot(n, "Black"), _pot(n, "黑色"))]
    known = learn(met, 2, synonyms.read(file))
    assert known.spelling("colour", "Anthracite") == "grey"
    assert known.spelling("colour", "黑色") == "黑色"
    file.write_text("attribute,value\ncolour,red\n")
    with pytest.raises(InputError, match="needs the columns attribute, value, means"):
        synonyms.read(file)
    with pytest.raises(InputError, match="cannot be read"):
        synonyms.read(tmp_path / "none.csv")


def test_names_of_attributes() -> None:
    assert [attribute_name(n) for n in ("Package Size", " __Net-weight (g) ", "颜色", "--")] == [
        "package_size", "net_weight_g", "颜色", "",
    ]  # fmt: skip


def test_a_spelling_that_may_be_the_same_proves_nothing() -> None:
    said = ["Nordvik"] * 3 + ["Nordvk", "NDV", "诺维克"]
    known = learn([Listing(f"Nordvik phone {n}", (), {"brand": brand}) for n, brand in enumerate(said)], 2)
    brand = ("brand", ("nordvik",))
    assert (known.right["", brand], known.seen["", brand]) == (3, 3)
    other = learn([Listing("Nordvik phone", (), {"brand": b}) for b in ("Nordvik", "Nordvik", "Kaitomi")], 2)
    assert (other.right["", brand], other.seen["", brand]) == (2, 3)


def test_chinese_words_for_what_is_declared_in_english() -> None:
    colours = {"灰色": "grey", "红色": "red", "蓝色": "blue"}
    said = [(word, colour, maker) for word, colour in colours.items() for maker in "abcde"]
    listings = [
        Listing(f"水杯 {word} 新款{n}号", (), {"colour": colour, "brand": f"maker {maker}"})
        for n, (word, colour, maker) in enumerate(said)
    ]
    # One maker's series stands beside "red" as often as the word does; "水杯" stands beside both.
    listings += [Listing(f"雅致 {n}", (), {"colour": "red", "brand": "maker f"}) for n in range(5)]
    listings += [Listing(f"全新 杯子 {n}", (), {"condition": "new", "brand": f"maker {n}"}) for n in range(9)]
    known = learn(listings, 2)
    chinese = {words: label for (name, words), label in known.labels.items() if name == "colour" and "色" in words}
    assert chinese == {("灰", "色"): "grey", ("红", "色"): "red", ("蓝", "色"): "blue"}
    assert not any({"雅", "杯", "新"} & set(words) for _, words in known.labels)
    (found,) = [r for r in read("盘子 灰色", (), {}, known) if r.attribute == "colour"]
    assert found.value == "grey"
