"""What a listing says, as tokens: words, model numbers, and quantities in one spelling.

brand, title, mpn, description -> name, text -> clean text -> quantities joined (64 gb -> 64gb) -> tokens
"""

from __future__ import annotations

import functools
import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from enum import IntEnum

from kgspark.ingest.gtin import IN_STORE

DESCRIPTION_LENGTH = 1000
# Letters and digits of a model number that can tell products apart: "1" and "N/A" cannot.
_SHORTEST_MODEL = 4
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
# From this value on the larger unit: 0.075 l is 75ml, 1500 ml is 1.5l.
_LARGER = {"g": ("kg", 1000), "ml": ("l", 1000), "cm": ("m", 1000)}
_SMALLER = {larger: (smaller, factor) for smaller, (larger, factor) in _LARGER.items()}
_SMALLER["m"] = ("cm", 100)
_SPELLINGS = {spelling: (unit, factor) for unit, spellings in _UNITS.items() for spelling, factor in spellings.items()}
_QUANTITY = re.compile(
    r"(?<![^\W_])(?<!\d[.-])(\d+(?:\.\d+)?)([ -]?)("
    + "|".join(sorted(map(re.escape, [*_SPELLINGS, "in"]), key=len, reverse=True))
    + r")(?![^\W_])"
)
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_DECIMAL_COMMA = re.compile(r"(?<=\d),(?=\d{1,2}(?!\d))")
_INCH_MARK = re.compile(r"(?<=\d) ?(?:\"|''|”|″)")
# Chinese has no spaces: its units and counting words are read before letters and signs are set apart.
_CJK_UNITS = {
    **{"毫升": "ml", "升": "l", "毫米": "mm", "厘米": "cm", "英寸": "inch", "寸": "inch", "米": "m"},
    **{"公斤": "kg", "千克": "kg", "克": "g", "瓦": "w", "伏": "v", "小时": "h", "毫安时": "mah", "流明": "lm"},
}
_CJK_QUANTITY = re.compile(rf"(\d) ?({'|'.join(sorted(_CJK_UNITS, key=len, reverse=True))})")
_CJK_PACK = re.compile(r"(?:[x*×] ?)?(?<![\d.])(\d{1,3}) ?(?:个(?!月)|[片瓶袋盒罐块节支包只件条卷张粒枚双套])装?")
_CJK_EDGE = re.compile(r"(?<=[\u3400-\u9fff])(?=[a-z0-9])|(?<=[a-z0-9])(?=[\u3400-\u9fff])")
# A pack: "pack of 6", "6 x 330ml", "330ml x 6", the content of a piece in a unit that is poured, weighed or stored.
_PACK_OF = re.compile(r"(?<![^\W_])(?:pack|set|box|case|lot) of (\d{1,3})(?![^\W_])")
# "24x1900mah": the sign is set apart, or the number behind it is no quantity.
_TIMES = re.compile(
    r"(?<![^\W_])(?<![.-])(\d{1,3})[x*×](?=\d+(?:\.\d+)? ?(?:g|gr|kg|ml|cl|l|oz|lb|gb|mah)(?![^\W_]))"
)
_CONTENT = r"\d+(?:\.\d+)?(?:g|kg|ml|l|oz|lb|gb|mah)"
_TIMES_CONTENT = re.compile(rf"(?<![^\W_])(?<![.-])(\d{{1,3}}) ?[x*×] ?(?={_CONTENT}(?![^\W_]))")
_CONTENT_TIMES = re.compile(rf"(?<![^\W_])(?<![.-])({_CONTENT}) ?[x*×] ?(\d{{1,3}})(?![^\W_]|\.\d)")
_PLUS = re.compile(r"(?<=[^\W_])\+(?!\w)")
_CHUNK = re.compile(r"\d+\.\d+[^\W\d_]*(?![^\W_])|[^\W_]+(?:[-._][^\W_]+)*")
_PARTS = re.compile(r"[^\W_]+")
_CJK = re.compile(r"[\u3400-\u9fff\u3040-\u30ff\uac00-\ud7af]+")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_UNIT_TOKEN = re.compile(rf"\d+(?:\.\d+)?({'|'.join(_UNITS)})")


class Kind(IntEnum):
    """What a token is; model numbers tell products apart, words mostly do not."""

    WORD = 0
    MODEL = 1
    QUANTITY = 2
    NUMBER = 3
    CODE = 4


@dataclass(frozen=True)
class Listing:
    """An offer's texts: ``name`` and ``text`` tokens, distinct and sorted; ``squashed`` name and text.

    ``gtin`` is valid or None; ``model`` is brand and model number squashed, None where either is missing or the number
    has no digit. ``price`` is above 0 and in ``currency``, or both are None.
    """

    name: tuple[str, ...]
    text: tuple[str, ...]
    squashed_name: str
    squashed_text: str
    gtin: str | None = None
    model: str | None = None
    price: float | None = None
    currency: str | None = None


def listing(
    title: str,
    brand: str | None = None,
    mpn: str | None = None,
    description: str | None = None,
    gtin: str | None = None,
    price: float | Decimal | None = None,
    currency: str | None = None,
) -> Listing:
    """Read an offer.

    >>> listing("iPhone 8 Plus 64 GB, 5,5\\"", brand="Apple").name
    ('5.5inch', '64gb', '8', 'apple', 'iphone', 'plus')
    """
    known = squash(clean(title))
    said = [brand if brand and squash(clean(brand)) not in known else None, title]
    said.append(mpn if mpn and squash(clean(mpn)) not in known else None)
    name = clean(" ".join(part for part in said if part))
    extra = clean(description[:DESCRIPTION_LENGTH]) if description else ""
    name_tokens = tokens(name)
    text_tokens = name_tokens | tokens(extra) if extra else name_tokens
    number, maker = squash(clean(mpn)) if mpn else "", squash(clean(brand)) if brand else ""
    told = maker and len(number) >= _SHORTEST_MODEL and any(c.isdigit() for c in number)
    return Listing(
        tuple(sorted(name_tokens)),
        tuple(sorted(text_tokens)),
        squash(name),
        squash(f"{name} {extra}"),
        gtin if gtin and not re.match(IN_STORE, gtin) else None,
        f"{maker}|{number}" if told else None,
        float(price) if price and currency and price > 0 else None,
        currency if price and currency and price > 0 else None,
    )


def clean(text: str) -> str:
    """One spelling of case, accents, numbers and quantities: ``1,200 W`` -> ``1200w``, ``5,5"`` -> ``5.5inch``."""
    plain = unicodedata.normalize("NFKD", text).lower()
    if not plain.isascii():
        # Recomposed, because Korean syllables fall into letters when decomposed.
        plain = unicodedata.normalize("NFC", "".join(c for c in plain if not unicodedata.combining(c)))
        plain = _CJK_QUANTITY.sub(lambda found: f"{found[1]}{_CJK_UNITS[found[2]]} ", plain)
        plain = _CJK_EDGE.sub(" ", _CJK_PACK.sub(r" \1pack ", plain))
    plain = _DECIMAL_COMMA.sub(".", _THOUSANDS.sub("", plain))
    plain = _PACK_OF.sub(r"\1pack", _PLUS.sub(" plus", _INCH_MARK.sub("inch ", plain)))
    plain = _QUANTITY.sub(_canonical, _TIMES.sub(r"\1 x ", plain))
    return _CONTENT_TIMES.sub(r"\1 \2pack", _TIMES_CONTENT.sub(r"\1pack ", plain))


def tokens(text: str) -> set[str]:
    """Tokens of a clean text: words, quantities, codes joined and in parts; Chinese by characters and pairs of them."""
    found: set[str] = set()
    for chunk in _CHUNK.findall(text):
        if _NUMBER.fullmatch(chunk) or _UNIT_TOKEN.fullmatch(chunk):
            found.add(chunk)
            continue
        parts = _PARTS.findall(chunk)
        for part in parts:
            found |= _cjk(part) if _CJK.search(part) else {part}
        joined = "".join(parts)
        if len(parts) > 1 and len(joined) >= 4 and _is_mixed(joined):
            found.add(joined)
    return found


@functools.lru_cache(maxsize=1 << 20)
def kind(token: str) -> Kind:
    """What a token is: ``64gb`` a quantity, ``s8`` a code, ``wh1000xm4`` a model number, ``8`` a number."""
    if not any(c.isdigit() for c in token):
        return Kind.WORD
    if _UNIT_TOKEN.fullmatch(token):
        return Kind.QUANTITY
    if _NUMBER.fullmatch(token):
        return Kind.MODEL if len(token) >= 5 and "." not in token else Kind.NUMBER
    return Kind.MODEL if len(token) >= 4 else Kind.CODE


def unit(token: str) -> str | None:
    """The unit of a quantity: ``64gb`` -> ``gb``."""
    match = _UNIT_TOKEN.fullmatch(token)
    return match.group(1) if match else None


def value(token: str) -> str | None:
    """The number of a plain number or a quantity: ``64gb`` -> ``64``."""
    if kind(token) not in (Kind.NUMBER, Kind.QUANTITY):
        return None
    match = _NUMBER.match(token)
    return match.group() if match else None


def squash(text: str) -> str:
    """The text without anything but letters and digits."""
    return "".join(_PARTS.findall(text))


def has_cjk(token: str) -> bool:
    """Whether a token is of Chinese, Japanese or Korean."""
    return _CJK.search(token) is not None


def units() -> tuple[str, ...]:
    """The canonical units, in order."""
    return tuple(_UNITS)


def _canonical(match: re.Match[str]) -> str:
    number, gap, spelling = match.groups()
    if spelling == "in":
        # A bare "in" is a preposition: "iphone 7 in black".
        return match.group() if gap == " " else f"{float(number):.6g}inch"
    whole = "." not in number
    if len(spelling) == 1 and gap and whole and float(number) < _SMALLEST_SPACED and spelling in "gmh":
        return match.group()
    name, factor = _SPELLINGS[spelling]
    size = float(number) * factor
    if name in _SMALLER:
        name, factor = _SMALLER[name]
        size *= factor
    if name in _LARGER and size >= _LARGER[name][1]:
        return _written(size / (100 if name == "cm" else 1000), _LARGER[name][0])
    return _written(size, name)


def _written(size: float, name: str) -> str:
    return f"{size:.6g}{name}"


def _is_mixed(text: str) -> bool:
    return any(c.isdigit() for c in text) and any(c.isalpha() for c in text)


def _cjk(text: str) -> set[str]:
    """Characters and neighbouring pairs, which need no dictionary; what stands between runs stays whole."""
    found = set(_PARTS.findall(_CJK.sub(" ", text)))
    for run in _CJK.findall(text):
        found |= set(run) | {run[i : i + 2] for i in range(len(run) - 1)}
    return found
