"""Quantities and packs in one spelling: 64 GB, 0.064 TB; 6 x 330 ml, 330ml*6瓶, pack of 6.

lower-case text -> Chinese units set apart -> number and unit joined, in one unit a dimension -> packs
"""

from __future__ import annotations

import re

# A one-letter unit is believed after a space only from this value on: "galaxy s4 4 g" is a network, "250 g" a weight.
_SMALLEST_SPACED = 10

# Canonical unit -> spelling -> factor. Canonical spellings read as people write them, so that explanations do.
_UNITS: dict[str, dict[str, float]] = {
    "gb": {"gb": 1, "gbyte": 1, "gig": 1, "gigabyte": 1, "gigabytes": 1, "go": 1, "tb": 1000, "terabyte": 1000},
    "mb": {"mb": 1, "mbyte": 1, "megabyte": 1, "megabytes": 1},
    "inch": {"inch": 1, "inches": 1, "zoll": 1, "pouces": 1, "pulgadas": 1},
    "cm": {"cm": 1, "mm": 0.1, "centimeter": 1, "centimetre": 1},
    "m": {"m": 1, "meter": 1, "metre": 1, "metres": 1, "meters": 1},
    "ft": {"ft": 1, "feet": 1, "foot": 1},
    "kg": {"kg": 1, "kilo": 1, "kgs": 1},
    "g": {"g": 1, "gr": 1, "gram": 1, "grams": 1, "gramm": 1},
    "lb": {"lb": 1, "lbs": 1, "pound": 1, "pounds": 1},
    "oz": {"oz": 1, "ounce": 1, "ounces": 1},
    "l": {"l": 1, "lt": 1, "ltr": 1, "ltrs": 1, "litre": 1, "litres": 1, "liter": 1, "liters": 1},
    "ml": {"ml": 1, "cl": 10},
    "cuft": {"cu.ft": 1, "cu ft": 1, "cuft": 1, "cubic feet": 1, "cubic foot": 1, "cu. ft": 1},
    "ghz": {"ghz": 1, "mhz": 0.001},
    "hz": {"hz": 1},
    "w": {"w": 1, "watt": 1, "watts": 1, "kw": 1000},
    "v": {"v": 1, "volt": 1, "volts": 1},
    "mah": {"mah": 1},
    "mp": {"mp": 1, "mpx": 1, "mpix": 1, "megapixel": 1, "megapixels": 1},
    "rpm": {"rpm": 1},
    "btu": {"btu": 1, "btus": 1},
    "pack": {"pack": 1, "pk": 1, "pcs": 1, "pc": 1, "pieces": 1, "piece": 1, "er pack": 1, "stk": 1, "ct": 1},
    "core": {"core": 1, "cores": 1},
    "h": {"h": 1, "hr": 1, "hrs": 1, "hour": 1, "hours": 1},
    "lm": {"lm": 1, "lumen": 1, "lumens": 1},
}
# Smaller unit of a dimension, and how many of it make the larger, which is written from _LARGE smaller ones on.
_DIMENSIONS = {"kg": ("g", 1000), "l": ("ml", 1000), "m": ("cm", 100)}
_LARGER = {smaller: (larger, factor) for larger, (smaller, factor) in _DIMENSIONS.items()}
_LARGE = 1000
_SPELLINGS = {spelling: (unit, factor) for unit, spellings in _UNITS.items() for spelling, factor in spellings.items()}
_QUANTITY = re.compile(
    r"(?<![^\W_])(?<!\d[.-])(\d+(?:\.\d+)?)([ -]?)("
    + "|".join(sorted(map(re.escape, [*_SPELLINGS, "in"]), key=len, reverse=True))
    + r")(?![^\W_])"
)
UNIT_TOKEN = re.compile(rf"\d+(?:\.\d+)?({'|'.join(_UNITS)})")
# Chinese has no spaces: its units and counting words are read before letters and signs are set apart.
_CJK_UNITS = {
    "毫升": "ml",
    "升": "l",
    "毫米": "mm",
    "厘米": "cm",
    "英寸": "inch",
    "寸": "inch",
    "米": "m",
    "公斤": "kg",
    "千克": "kg",
    "克": "g",
    "瓦": "w",
    "伏": "v",
    "小时": "h",
    "毫安时": "mah",
    "流明": "lm",
}
_CJK_QUANTITY = re.compile(rf"(\d) ?({'|'.join(sorted(_CJK_UNITS, key=len, reverse=True))})")
_CJK_PACK = re.compile(r"(?:[x*×] ?)?(?<![\d.])(\d{1,3}) ?(?:个(?!月)|[片瓶袋盒罐块节支包只件条卷张粒枚双套])装?")
_CJK_EDGE = re.compile(r"(?<=[\u3400-\u9fff])(?=[a-z0-9])|(?<=[a-z0-9])(?=[\u3400-\u9fff])")
# A pack: "pack of 6", "6 x 330ml", "330ml x 6", the content of a piece in a unit that is poured, weighed or stored.
_PACK_OF = re.compile(r"(?<![^\W_])(?:pack|set|box|case|lot) of (\d{1,3})(?![^\W_])")
# "24x1900mah": the sign is set apart, or the number behind it is no quantity.
_TIMES = re.compile(r"(?<![^\W_])(?<![.-])(\d{1,3})[x*×](?=\d+(?:\.\d+)? ?(?:g|gr|kg|ml|cl|l|oz|lb|gb|mah)(?![^\W_]))")
_CONTENT = r"\d+(?:\.\d+)?(?:g|kg|ml|l|oz|lb|gb|mah)"
_TIMES_CONTENT = re.compile(rf"(?<![^\W_])(?<![.-])(\d{{1,3}}) ?[x*×] ?(?={_CONTENT}(?![^\W_]))")
_CONTENT_TIMES = re.compile(rf"(?<![^\W_])(?<![.-])({_CONTENT}) ?[x*×] ?(\d{{1,3}})(?![^\W_]|\.\d)")


def spelled(text: str) -> str:
    """A lower-case text with its quantities and packs in one spelling.

    >>> spelled("6 x 0.33 l, 1.95 m, 24x1900 mah, pack of 4")
    '6pack 330ml, 195cm, 24pack 1900mah, 4pack'
    """
    joined = _QUANTITY.sub(_canonical, _TIMES.sub(r"\1 x ", _PACK_OF.sub(r"\1pack", text)))
    return _CONTENT_TIMES.sub(r"\1 \2pack", _TIMES_CONTENT.sub(r"\1pack ", joined))


def set_apart(text: str) -> str:
    """A lower-case text with Chinese units as Latin ones, and spaces between Chinese and Latin.

    >>> set_apart("奶瓶240毫升")
    '奶瓶 240ml '
    """
    latin = _CJK_QUANTITY.sub(lambda found: f"{found[1]}{_CJK_UNITS[found[2]]} ", text)
    return _CJK_EDGE.sub(" ", _CJK_PACK.sub(r" \1pack ", latin))


def dimensions() -> tuple[str, ...]:
    """The smallest canonical unit of each dimension, in order."""
    return tuple(unit for unit in _UNITS if unit not in _DIMENSIONS)


def dimension(token: str) -> str | None:
    """The smallest unit of a quantity's dimension: ``2kg`` -> ``g``."""
    match = UNIT_TOKEN.fullmatch(token)
    if not match:
        return None
    unit = match.group(1)
    return _DIMENSIONS[unit][0] if unit in _DIMENSIONS else unit


def _canonical(match: re.Match[str]) -> str:
    number, gap, spelling = match.groups()
    if spelling == "in":
        # A bare "in" is a preposition: "iphone 7 in black".
        return match.group() if gap == " " else f"{float(number):.6g}inch"
    small = "." not in number and float(number) < _SMALLEST_SPACED
    if spelling in ("g", "m", "h") and gap and small:
        return match.group()
    name, factor = _SPELLINGS[spelling]
    size = float(number) * factor
    if name in _DIMENSIONS:
        name, factor = _DIMENSIONS[name]
        size *= factor
    if name in _LARGER and size >= _LARGE:
        name, factor = _LARGER[name]
        size /= factor
    return f"{size:.6g}{name}"
