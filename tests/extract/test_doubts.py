"""Quantities that are perhaps not the product's own: read, and too unsure to become a fact."""

from __future__ import annotations

import pytest

from kgspark.extract.values import grammar
from kgspark.graph.facts_settings import FactsSettings

SURE = FactsSettings().min_text_confidence


@pytest.mark.parametrize(
    ("text", "sure"),
    [
        ("led tv 12 volt 24in", ["12 V"]),
        ("led tv with 12v adaptor", []),
        ("phone 5050mah 12v/2a", ["5050 mAh"]),
        ("cool box 12/24v", []),
        ("router 2.4 and 5ghz", []),
        ("processor 2.4ghz 65w", ["2400 MHz", "65 W"]),
        # Titles that lost the point of 2.8 and 3.9.
        ("processor 2 8 ghz", []),
        ("processor 1245 70ghz", []),
        ("dac 192khz", []),
        ("camera 16 mp", ["16 MP"]),
        ("phone dual camera 16 2mp", []),
        ("phone 8mp camera 5mp front camera", ["8 MP"]),
        ("phone 8 64gb", ["64 GB"]),
        ("camera kit with 16gb sd card", []),
        ("16gb sd card", ["16 GB"]),
        ("kamera tasche sd karte 8gb", []),
        ("microwave mwh 2622 mb", []),
        ("player 2048mb", ["2.048 GB"]),
        ("router 800 mb/s", []),
        ("case for pod classic 80 gb", []),
        ("alcatel 3v", []),
        ("led tv 2 x 8w", []),
        ("cpu 2x1mb cache", []),
        ("phone ram 4gb/6gb", []),
        ("player 12 bit dac with 108 mhz", []),
        ("laptop 4gb ddr3 sdram 128gb ssd", ["4 GB", "128 GB"]),
        ("cpu skt 1151 pc", []),
        ("cutlery 24 pc", ["24 pieces"]),
        ("BAR SOAP 3 BAR", []),
        ("lamp up to 40w", []),
        ("lamp max. 40 watts", []),
        ("heater 40w and over", []),
    ],
)
def test_only_what_is_the_products_own_is_sure(text: str, sure: list[str]) -> None:
    read = grammar.read(text)
    assert [r.value for r in read if r.confidence >= SURE and r.attribute != "model"] == sure
    # Nothing is lost: the others are read, and believed less.
    assert all(r.confidence >= 0.5 for r in read)


def test_working_memory_is_no_storage() -> None:
    assert [(r.attribute, r.value) for r in grammar.read("laptop 4gb sdram")] == [("ram", "4 GB")]
