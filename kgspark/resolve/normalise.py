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

from kgspark.chinese import segmenter
from kgspark.graph.names import NOT_BRANDS
from kgspark.ingest.gtin import IN_STORE
from kgspark.resolve import traits
from kgspark.resolve.quantities import UNIT_TOKEN, set_apart, spelled

DESCRIPTION_LENGTH = 1000
# Characters of a title that are read: what a seller stuffs in behind them tells no products apart, and each token of a
# name is looked for among all of the other offer.
TITLE_LENGTH = 1000
# Letters and digits of a model number that can tell products apart: "1" and "N/A" cannot.
_SHORTEST_MODEL = 4
_NO_MAKERS = frozenset(name.replace(" ", "") for name in NOT_BRANDS)
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_DECIMAL_COMMA = re.compile(r"(?<=\d),(?=\d{1,2}(?!\d))")
_INCH_MARK = re.compile(r"(?<=\d) ?(?:\"|''|”|″)")
_PLUS = re.compile(r"(?<=[^\W_])\+(?!\w)")
_CHUNK = re.compile(r"\d+\.\d+[^\W\d_]*(?![^\W_])|[^\W_]+(?:[-._][^\W_]+)*")
_PARTS = re.compile(r"[^\W_]+")
_CJK = re.compile(r"[\u3400-\u9fff\u3040-\u30ff\uac00-\ud7af]+")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")


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

    ``gtin`` is valid or None; ``model`` is brand and model number squashed, None where the brand names no maker or the
    number is too short or has no digit. ``price`` is above 0 and in ``currency``, or both are None. ``traits`` are
    those of the module of this name.
    """

    name: tuple[str, ...]
    text: tuple[str, ...]
    squashed_name: str
    squashed_text: str
    gtin: str | None = None
    model: str | None = None
    price: float | None = None
    currency: str | None = None
    traits: tuple[str, ...] = tuple(traits.NAMES.values())


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
    title = title[:TITLE_LENGTH]
    known = squash(clean(title))
    said = [brand if brand and squash(clean(brand)) not in known else None, title]
    said.append(mpn if mpn and squash(clean(mpn)) not in known else None)
    name = clean(" ".join(part for part in said if part))
    extra = clean(description[:DESCRIPTION_LENGTH]) if description else ""
    name_tokens = tokens(name)
    text_tokens = name_tokens | tokens(extra) if extra else name_tokens
    number, maker = squash(clean(mpn)) if mpn else "", squash(clean(brand)) if brand else ""
    told = maker and maker not in _NO_MAKERS and len(number) >= _SHORTEST_MODEL and any(c.isdigit() for c in number)
    return Listing(
        tuple(sorted(name_tokens)),
        tuple(sorted(text_tokens)),
        squash(name),
        squash(f"{name} {extra}"),
        gtin if gtin and not re.match(IN_STORE, gtin) else None,
        f"{maker}|{number}" if told else None,
        float(price) if price and currency and price > 0 else None,
        currency if price and currency and price > 0 else None,
        traits.read(name),
    )


def clean(text: str) -> str:
    """One spelling of case, accents, numbers and quantities: ``1,200 W`` -> ``1200w``, ``5,5"`` -> ``5.5inch``."""
    plain = unicodedata.normalize("NFKD", text).lower()
    if not plain.isascii():
        # Recomposed, because Korean syllables fall into letters when decomposed.
        plain = unicodedata.normalize("NFC", "".join(c for c in plain if not unicodedata.combining(c)))
        plain = set_apart(plain)
    plain = _DECIMAL_COMMA.sub(".", _THOUSANDS.sub("", plain))
    return spelled(_PLUS.sub(" plus", _INCH_MARK.sub("inch ", plain)))


def tokens(text: str) -> set[str]:
    """Tokens of a clean text: words, quantities, codes joined and in parts; of Chinese characters, pairs, and words."""
    found: set[str] = set()
    for chunk in _CHUNK.findall(text):
        if _NUMBER.fullmatch(chunk) or UNIT_TOKEN.fullmatch(chunk):
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
    if UNIT_TOKEN.fullmatch(token):
        return Kind.QUANTITY
    if _NUMBER.fullmatch(token):
        return Kind.MODEL if len(token) >= 5 and "." not in token else Kind.NUMBER
    return Kind.MODEL if len(token) >= 4 else Kind.CODE


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


def _is_mixed(text: str) -> bool:
    return any(c.isdigit() for c in text) and any(c.isalpha() for c in text)


def _cjk(text: str) -> set[str]:
    """Characters, neighbouring pairs, which need no dictionary, and words; what stands between runs stays whole."""
    found = set(_PARTS.findall(_CJK.sub(" ", text)))
    for run in _CJK.findall(text):
        found |= set(run) | {run[i : i + 2] for i in range(len(run) - 1)} | set(segmenter().cut(run))
    return found
