"""What was read in the texts of the corner shop's offers, and which of its declarations are refused."""

from __future__ import annotations

from typing import Any


def _read(
    nth: int, offer: str, record: str, attribute: str, value: str, confidence: float, **more: Any
) -> dict[str, Any]:
    place = {"column": "title", "field": "name", "begin": 0, "end": 4, "extractor": "lexicon"}
    return {
        "mention_id": f"mention/{nth}",
        "offer_id": f"offer/{offer}",
        "source": record[0].replace("n", "north").replace("s", "south"),
        "record_id": record,
        "attribute": attribute,
        "value": value,
        "confidence": confidence,
        **place,
        **more,
    }


WATTS = {"number": "40", "unit": "W", "extractor": "pattern:quantity", "begin": 5, "end": 9}
ATTRIBUTE_MENTIONS = [
    # Another offer of the mug declares this colour: one voice more. Offer 1 says another: no fact.
    _read(1, "3", "s2", "colour", "Sky Blue", 0.95),
    _read(2, "1", "n1", "colour", "Blue", 0.99),
    # Its own field says so already: evidence, and no second voice.
    _read(3, "2", "s1", "colour", "Sky Blue", 0.97, extractor="declared", begin=9, end=17),
    # The brand of offer 3 is refused; its title has the right one.
    _read(4, "3", "s2", "brand", "Clay Co", 0.95),
    # Nobody declares these of the lamp; the title goes before the description.
    _read(5, "4", "n2", "power", "40 W", 0.9, **WATTS),
    _read(6, "4", "n2", "power", "60 W", 0.99, **WATTS | {"number": "60", "column": "description"}),
    _read(7, "4", "n2", "brand", "Lumo", 0.96),
    # A size has a unit and no number of its own.
    _read(8, "4", "n2", "dimensions", "10 x 5 cm", 0.95, unit="cm", column="description", extractor="pattern:size"),
    # Nobody declares what the mug is made of; two of three titles agree.
    _read(14, "1", "n1", "material", "Ceramic", 0.92),
    _read(15, "2", "s1", "material", "ceramic", 0.95),
    _read(16, "3", "s2", "material", "Porcelain", 0.96),
    # No facts: two values at once, too unsure, a model number, a field of its own.
    _read(9, "4", "n2", "voltage", "220 V", 0.9, number="220", unit="V"),
    _read(10, "4", "n2", "voltage", "240 V", 0.9, number="240", unit="V", begin=6, end=8),
    _read(11, "4", "n2", "year", "2019", 0.6),
    _read(12, "4", "n2", "model", "lx20", 0.99),
    _read(13, "4", "n2", "colour", "sky blue", 0.95, extractor="field", column="attributes.colour"),
]
VALUE_CONFLICTS = [
    {
        "conflict_id": "conflict/1",
        "mention_id": "mention/x",
        "offer_id": "offer/3",
        "attribute": "brand",
        "refused": True,
    },
    {
        "conflict_id": "conflict/2",
        "mention_id": "mention/y",
        "offer_id": "offer/1",
        "attribute": "brand",
        "refused": False,
    },
]
