"""What a listing says, as tokens."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgspark.resolve.normalise import Kind, clean, kind, listing, squash, tokens, value
from kgspark.resolve.quantities import dimension


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1,200 Watt", "1200w"),
        ('5,5" display', "5.5inch  display"),
        ("64 GB", "64gb"),
        ("2TB", "2000gb"),
        ("iphone 7 in black", "iphone 7 in black"),
        ("13in screen", "13inch screen"),
        ("galaxy s4 4 g", "galaxy s4 4 g"),
        ("250 g", "250g"),
        ("Galaxy S9+", "galaxy s9 plus"),
        ("7.5 cu. ft. dryer", "7.5cuft. dryer"),
        ("Kühlschrank", "kuhlschrank"),
        ("0.075 l", "75ml"),
        ("1500 ml", "1.5l"),
        ("1000 g", "1kg"),
        ("2.5 kg", "2.5kg"),
        ("1.95 m", "195cm"),
        ("screw m 4", "screw m 4"),
        ("pack of 6", "6pack"),
        ("6 x 330 ml", "6pack 330ml"),
        ("24x1900mAh", "24pack 1900mah"),
        ("330ml*6", "330ml 6pack"),
        ("80 G (5 PCS)", "80g (5pack)"),
        ("60cm x 85cm", "60cm x 85cm"),
        ("640x480", "640x480"),
        ("胶囊咖啡机0.7升1200瓦银色", "胶囊咖啡机 700ml 1200w 银色"),
        ("奶瓶125ml×2个装", "奶瓶 125ml 2pack "),
        ("6个月以上", "6 个月以上"),
    ],
)
def test_one_spelling(text: str, expected: str) -> None:
    assert clean(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ps-lx350h", {"pslx350h", "ps", "lx350h"}),
        ("wi-fi", {"wi", "fi"}),
        ("dle5955g/w", {"dle5955g", "w"}),
        ("5.5inch 2.4", {"5.5inch", "2.4"}),
        ("小米手机64gb", {"小", "米", "手", "机", "小米", "米手", "手机", "64gb"}),
        ("", set()),
    ],
)
def test_tokens(text: str, expected: set[str]) -> None:
    assert tokens(text) == expected


@pytest.mark.parametrize(
    ("token", "expected"),
    [
        ("black", Kind.WORD),
        ("wh1000xm4", Kind.MODEL),
        ("84560", Kind.MODEL),
        ("64gb", Kind.QUANTITY),
        ("8", Kind.NUMBER),
        ("s8", Kind.CODE),
    ],
)
def test_kinds(token: str, expected: Kind) -> None:
    assert kind(token) is expected


def test_dimensions_and_values() -> None:
    assert [dimension(token) for token in ("64gb", "2kg", "500g", "s8")] == ["gb", "g", "g", None]
    assert [value(token) for token in ("64gb", "5.5", "s8")] == ["64", "5.5", None]


def test_a_name_takes_brand_and_model_number_only_once() -> None:
    found = listing("Sony WH-1000XM4", brand="SONY", mpn="WH1000XM4", description="Noise cancelling")
    assert found.name == ("1000xm4", "sony", "wh", "wh1000xm4")
    assert set(found.text) == {*found.name, "noise", "cancelling"}
    assert found.model == "sony|wh1000xm4"
    assert "wh1000xm4" in listing("Headphones", brand="Sony", mpn="WH1000XM4").name


@pytest.mark.parametrize("said", [{"mpn": "A1000"}, {"brand": "X", "mpn": "N/A"}, {"brand": "X", "mpn": "black"}])
def test_no_model_without_brand_and_number(said: dict[str, str]) -> None:
    assert listing("thing", **said).model is None


def test_a_price_needs_a_currency_and_a_value() -> None:
    said = [listing("a", price=9.5, currency="EUR"), listing("a", price=9.5), listing("a", price=0, currency="EUR")]
    assert [(one.price, one.currency) for one in said] == [(9.5, "EUR"), (None, None), (None, None)]


def test_numbers_of_one_shop_are_no_gtin() -> None:
    assert listing("a", gtin="02000000000008").gtin is None
    assert listing("a", gtin="04006381333931").gtin == "04006381333931"


@given(st.text(max_size=80))
def test_any_text_has_tokens_of_letters_and_digits(text: str) -> None:
    found = listing(text)
    assert set(found.name) <= set(found.text)
    assert all(squash(token) for token in found.name)
