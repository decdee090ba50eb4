"""The forms in which catalogues write what a text says: as it stands, without separators, in a unit of their own.

words of a text -> the same value in one of a dozen forms
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Sequence
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal, InvalidOperation

from kgspark.extract.values.written_numbers import decimal_of

_NUMBER = re.compile(r"\d+[ -]\d{1,2}/\d{1,2}|\d{1,2}/\d{1,2}|\d*\.?\d+(?:,\d{3})*(?:\.\d+)?")
_LENGTHS = {"": "2.54", '"': "2.54", "''": "2.54", "in": "2.54", "inch": "2.54", "inches": "2.54", "ft": "30.48"}
_LENGTHS |= {"feet": "30.48", "foot": "30.48", "'": "30.48", "cm": "1", "mm": "0.1", "m": "100", "yd": "91.44"}
_WEIGHTS = {"oz": "28.349523", "ounce": "28.349523", "ounces": "28.349523", "lb": "453.59237", "lbs": "453.59237"}
_WEIGHTS |= {"pound": "453.59237", "pounds": "453.59237", "g": "1", "grams": "1", "kg": "1000"}
_BYTES = {"k": "kilobytes", "kb": "kilobytes", "mb": "megabytes", "gb": "gigabytes", "tb": "terabytes"}
_BYTES |= {"gigabyte": "gigabytes", "megabyte": "megabytes", "terabyte": "terabytes", "g": "gigabytes"}
_UPC = re.compile(r"\d{12}")


def _parsed(value: str) -> tuple[Decimal, str] | None:
    match = _NUMBER.match(value)
    if not match:
        return None
    written = decimal_of(match.group().replace(",", ""))
    try:
        number = Decimal(written) if written else None
    except InvalidOperation:
        return None
    return (number, value[match.end() :].strip(" -.")) if number is not None else None


def _measured(units: dict[str, str], scale: str, places: str) -> Callable[[str], str | None]:
    def write(value: str) -> str | None:
        found = _parsed(value)
        if found is None or found[1] not in units:
            return None
        size = found[0] * Decimal(units[found[1]]) / Decimal(scale)
        return format(size.quantize(Decimal(places), ROUND_HALF_EVEN), "f")

    return write


def _count(value: str) -> str | None:
    found = _parsed(value)
    return format(found[0].quantize(Decimal(1), ROUND_HALF_UP), "f") if found and found[0] == int(found[0]) else None


def _thousands(value: str) -> str | None:
    found = _parsed(value)
    if found is None or not re.fullmatch(r"k?(?: ?rpm)?", found[1]):
        return None
    return format((found[0] * (1000 if found[1].startswith("k") else 1)).quantize(Decimal(1)), "f")


def _bytes(value: str) -> str | None:
    found = _parsed(value)
    return f"{found[0].normalize():f} {_BYTES[found[1]]}" if found and found[1] in _BYTES else None


def _maker_of_upc(value: str) -> str | None:
    """The maker's five digits of a twelve-digit code, without leading zeros."""
    return value[1:6].lstrip("0") or None if _UPC.fullmatch(value) else None


def _squashed(value: str) -> str | None:
    return re.sub(r"[\W_]+", "", value) or None


_WRITERS: dict[str, Callable[[str], str | None]] = {
    "as it stands": lambda value: value,
    "without separators": _squashed,
    "centimetres": _measured(_LENGTHS, "1", "0.1"),
    "grams": _measured(_WEIGHTS, "1", "1"),
    "kilograms": _measured(_WEIGHTS, "1000", "0.1"),
    "count": _count,
    "thousands": _thousands,
    "bytes": _bytes,
    "maker of the UPC": _maker_of_upc,
}
FORMS = tuple(_WRITERS)


def written_as(values: Sequence[str], form: str) -> list[str | None]:
    """The values (lower case, single spaces) in a form; None where one has no such form.

    >>> written_as(["47 1/4", "wh-1000", "10k"], "centimetres"), written_as(["wh-1000"], "without separators")
    (['120.0', None, None], ['wh1000'])
    """
    return [_one(value, form) for value in values]


@functools.lru_cache(maxsize=1 << 18)
def _one(value: str, form: str) -> str | None:
    try:
        return _WRITERS[form](value)
    except InvalidOperation:
        return None
