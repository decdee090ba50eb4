"""Numbers as shops write them: decimal points and commas, thousands, fractions, mixed numbers.

written number and unit -> decimal text -> canonical number and unit
"""

from __future__ import annotations

import re
from decimal import Decimal

from kgspark.graph.values import quantity

# Digits of a quantity in its canonical unit.
DIGITS = 6
_FRACTIONS = {
    "½": "1/2",
    "¼": "1/4",
    "¾": "3/4",
    "⅓": "1/3",
    "⅔": "2/3",
    "⅛": "1/8",
    "⅜": "3/8",
    "⅝": "5/8",
    "⅞": "7/8",
}
# In lowest terms, with the denominators of rulers and kitchens; 6/12 oz on a shelf means six of twelve.
PROPER = (
    r"(?:1/2|[12]/3|[13]/4|[1357]/8|(?:[13579]|1[135])/16|(?:[12]?[13579]|31)/32|(?:[1-5]?[13579]|6[13])/64)(?![\d/])"
)
NUMBER = (
    rf"(?:\d{{1,3}}(?:,\d{{3}})+(?:\.\d+)?(?!\d)|\d+[ -]{PROPER}|{PROPER}"
    rf"|\d*[{''.join(_FRACTIONS)}]|\d+(?:[.,]\d+)?|[.,]\d+)"
)


def canonical(number: str, unit: str) -> tuple[str, str] | None:
    """The canonical number and unit of what a text writes, fractions and old units included."""
    spelling = re.sub(r"[\s.]+", "", unit.lower())
    amount = decimal_of(number)
    return quantity(f"{amount} {'hr' if spelling == 'h' else unit.strip()}", DIGITS) if amount is not None else None


def decimal_of(number: str) -> str | None:
    """A written number as one that ``quantity`` reads: ``1 1/2`` and ``1½`` are 1.5; ``6/12`` is none."""
    for sign, written in _FRACTIONS.items():
        number = re.sub(rf"(\d){sign}", rf"\1 {written}", number).replace(sign, written)
    fraction = re.fullmatch(rf"(?:(\d+)[ -])?({PROPER})", number)
    if not fraction:
        return None if "/" in number else number
    over, under = fraction[2].split("/")
    return str(Decimal(fraction[1] or 0) + (Decimal(over) / Decimal(under)).quantize(Decimal("0.000001")))
