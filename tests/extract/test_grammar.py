"""Forms of values: English and Chinese, whatever the keyboard."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgspark.extract.text.folding import folded
from kgspark.extract.values import grammar


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Cola 6 x 330 ml", [("pack", "6", "6"), ("volume", "330 ml", "330 ml")]),
        ("330ml*6瓶", [("volume", "330 ml", "330ml"), ("pack", "6", "6")]),
        ("牛奶500毫升", [("volume", "500 ml", "500毫升")]),
        ("２斤装 大米", [("weight", "1000 g", "２斤")]),
        ("兩瓶裝 5００ＭＬ", [("pack", "2", "兩"), ("volume", "500 ml", "5００ＭＬ")]),
        ("Box 15 kg", [("weight", "15000 g", "15 kg")]),
        ("餐具3件套", [("pack", "3", "3")]),
        ("净重500克x2袋", [("weight", "500 g", "500克"), ("pack", "2", "2")]),
        ("Table 10 x 5 x 3 cm oak", [("dimensions", "10 x 5 x 3 cm", "10 x 5 x 3 cm")]),
        ("47-1/4w x 30d", [("dimensions", "120.015 x 76.2 cm", "47-1/4w x 30d")]),
        ('12.5" x 8"', [("dimensions", "31.75 x 20.32 cm", '12.5" x 8"')]),
        ("120x60cm", [("dimensions", "120 x 60 cm", "120x60cm")]),
        ("Size 4 3/4 x 2 3/8", []),
        ("dogs of 5-10 kg", [("weight", "5000 - 10000 g", "5-10 kg")]),
        ("12V-24V", [("voltage", "12 - 24 V", "12V-24V")]),
        ("1½ inch pipe", [("length", "3.81 cm", "1½ inch")]),
        ("1 1/2 oz", [("weight", "42.5243 g", "1 1/2 oz")]),
        ("6/12 OZ", [("pack", "6", "6"), ("weight", "340.194 g", "12 OZ")]),
        ("3/4 oz", [("weight", "21.2621 g", "3/4 oz")]),
        ("6 PK/9 OZ", [("pack", "6", "6"), ("weight", "255.146 g", "9 OZ")]),
        ("1 LB 5 OZ", [("weight", "595.340 g", "1 LB 5 OZ")]),
        ("washer 7/4kg 1400rpm, lens F/3.5-5.6G", [("weight", "4000 g", "4kg")]),
        ("Receiver 50W x 4, v7446x1gb", [("power", "50 W", "50W"), ("model", "v7446x1gb", "v7446x1gb")]),
        ("SET/6 plates, PACK2, 30CMx30CM", [
            ("pack", "6", "6"), ("pack", "2", "2"), ("dimensions", "30 x 30 cm", "30CMx30CM"),
        ]),
        ("12-Cup coffeemaker, yoga 3 10 tablet, up to 2000 songs", []),
        ("64 LOADS", [("pack", "64", "64")]),
        ("6 X25 GM", [("pack", "6", "6"), ("weight", "25 g", "25 GM")]),
        ("18 PK/12, PK-100", [("pack", "18", "18")]),
        ("24-12 OZ", [("pack", "24", "24"), ("weight", "340.194 g", "12 OZ")]),
        ("3-10.5 OZ", [("weight", "85.0486 - 297.67 g", "3-10.5 OZ")]),
        ("1 dozen eggs", [("pieces", "12 pieces", "1 dozen")]),
        ("shreds up to 11 sheets per pass", []),
        ("11 sheets", [("pack", "11", "11")]),
        ("tv vesa wall mount 200 x 200mm", [("vesa", "20 x 20 cm", "200 x 200mm")]),
        ("vesa 100 x 100 mm, 200 x 200mm or 400 x 400 mm", [
            ("vesa", "10 x 10 cm", "100 x 100 mm"), ("vesa", "20 x 20 cm", "200 x 200mm"),
            ("vesa", "40 x 40 cm", "400 x 400 mm"),
        ]),
        ("200 x 200mm vesa", [("vesa", "20 x 20 cm", "200 x 200mm")]),
        ("tv 120 x 70 cm vesa 200 x 200mm", [
            ("dimensions", "120 x 70 cm", "120 x 70 cm"), ("vesa", "20 x 20 cm", "200 x 200mm"),
        ]),
        ("tv 120 x 70 cm vesa (200 x 200 mm)", [
            ("dimensions", "120 x 70 cm", "120 x 70 cm"), ("vesa", "20 x 20 cm", "200 x 200 mm"),
        ]),
        ("monitor 54 x 32 x 20 cm vesa mountable", [("dimensions", "54 x 32 x 20 cm", "54 x 32 x 20 cm")]),
        ("tv 123 x 71 cm vesa", [("dimensions", "123 x 71 cm", "123 x 71 cm")]),
        ("vesa 400 x 400 mm, 123 x 71 x 6 cm", [
            ("vesa", "40 x 40 cm", "400 x 400 mm"), ("dimensions", "123 x 71 x 6 cm", "123 x 71 x 6 cm"),
        ]),
        ("tv 200 x 200mm", [("dimensions", "20 x 20 cm", "200 x 200mm")]),
        ("1,5 l bottle", [("volume", "1500 ml", "1,5 l")]),
        ("1,500 g", [("weight", "1500 g", "1,500 g")]),
        ("16 FL OZ", [("volume", "473.176 ml", "16 FL OZ")]),
        ("iphone 7 in black 64 GB", [("storage", "64 GB", "64 GB")]),
        ("galaxy 4 g, 5 in 1, 3g phone", []),
        ("pack of 12", [("pack", "12", "12")]),
        ("20 pcs/lot", [("pack", "20", "20")]),
        ("Sony WH-1000XM4 2020", [("model", "wh1000xm4", "WH-1000XM4"), ("year", "2020", "2020")]),
        ("2019年新款 T恤", [("year", "2019", "2019")]),
        # Codes and grades; a cache and what is read only; names before and behind.
        ("bwd 71453 w, 9kg 80 a", [("weight", "9000 g", "9kg")]),
        ("2gb ram 16gb rom", [("ram", "2 GB", "2gb"), ("storage", "16 GB", "16gb")]),
        ("ram 4gb, 8 mb smart cache", [("ram", "4 GB", "4gb"), ("cache", "0.008 GB", "8 mb")]),
        ("30h playtime, 4K, 3in1, 2XL", [("duration", "1800 min", "30h")]),
        ("$20 x 3", []),
        ("", []),
        ("g kg 500", []),
    ],
)  # fmt: skip
def test_what_is_read(text: str, expected: list[tuple[str, str, str]]) -> None:
    assert [(r.attribute, r.value, text[r.begin : r.end]) for r in grammar.read(text)] == expected


def test_a_quantity_has_number_and_unit() -> None:
    (reading,) = grammar.read("0.5 kg")
    assert (reading.number, reading.unit, reading.extractor) == ("500", "g", "pattern:quantity")


@settings(deadline=None)
@given(st.text())
def test_no_text_breaks_it_and_no_two_readings_overlap(text: str) -> None:
    assert len(folded(text)) == len(text)
    found = grammar.read(text)
    assert all(one.end <= other.begin for one, other in itertools.pairwise(found))
    assert all(0 <= r.begin < r.end <= len(text) for r in found)


@settings(deadline=None)  # a busy machine is no fault of ours
@given(st.text(alphabet='0123456789 x,./-½"kgml', max_size=40))
def test_no_number_breaks_it(text: str) -> None:
    grammar.read(text)


def test_it_is_quick_on_texts_that_nobody_wrote() -> None:
    # Patterns that backtrack would take minutes on these.
    for text in ("1 " * 20_000, "1,1" * 20_000, "a1-" * 20_000, "1x" * 20_000, "½" * 20_000):
        grammar.read(text[:4000])


def test_a_quantity_is_as_sure_as_its_unit_and_its_place_let_it_be() -> None:
    sure = {
        text: grammar.read(text)[-1].confidence
        for text in ("800 w", "220 240 v", "tv 900 240 v", "12mb", "12mb l3", "3 kg")
    }
    assert sure == {"800 w": 0.9, "220 240 v": 0.7, "tv 900 240 v": 0.9, "12mb": 0.7, "12mb l3": 0.9, "3 kg": 0.75}
