"""Quantities in one spelling: ``500g``, ``500 g`` and ``0.5 kg`` are all ``500 g``.

distinct texts -> number and unit -> canonical unit (pint) -> number in decimal, unit
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Iterator
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa

if TYPE_CHECKING:
    from pint import UnitRegistry
    from pyspark.sql import DataFrame

# What shops write -> the unit in pint's words. A list of its own, because pint reads far more than shops mean: "L" in
# a size column, "ct" (carat to pint) or "h" (Planck). Read in lower case, so no units that differ by case alone (mW,
# MW).
_SPELLINGS = {
    "milligram": "mg 毫克",
    "gram": "g gr gm gms gram grams gramm 克",
    "jin": "斤 市斤",
    "kilogram": "kg kgs kilo kilos kilogram kilograms 千克 公斤",
    "ounce": "oz ounce ounces",
    "pound": "lb lbs pound pounds",
    "milliliter": "ml milliliter milliliters millilitre millilitres 毫升",
    "centiliter": "cl",
    "liter": "l lt ltr liter liters litre litres 升",
    "fluid_ounce": "floz fl.oz fl.oz. fluidounce fluidounces",
    "pint": "pt pint pints",
    "quart": "qt quart quarts",
    "gallon": "gal gallon gallons",
    "millimeter": "mm millimeter millimeters millimetre millimetres 毫米",
    "centimeter": "cm centimeter centimeters centimetre centimetres 厘米",
    "meter": "m meter meters metre metres 米",
    "inch": "in inch inches \" ″ ” '' 英寸 寸",
    "foot": "ft foot feet",
    "yard": "yd yard yards",
    "centimeter ** 2": "cm2 cm² sqcm",
    "meter ** 2": "m2 m² sqm 平方米",
    "inch ** 2": "sqin",
    "foot ** 2": "sqft sqfeet",
    "watt": "w watt watts 瓦",
    "kilowatt": "kw kilowatt kilowatts 千瓦",
    "volt": "v volt volts 伏",
    "milliampere": "ma",
    "ampere": "a amp amps ampere amperes",
    "milliampere * hour": "mah 毫安 毫安时",
    "watt * hour": "wh",
    "kilowatt * hour": "kwh",
    "hertz": "hz hertz",
    "kilohertz": "khz",
    "megahertz": "mhz",
    "gigahertz": "ghz",
    "megabyte": "mb",
    "gigabyte": "gb",
    "terabyte": "tb",
    "megapixel": "mp mpx megapixel megapixels",
    "lumen": "lm lumen lumens 流明",
    "bar": "bar bars",
    "piece": "ct cnt count pc pcs piece pieces 个 片 件",
    "dozen": "dz doz dozen dozens",
    "pack": "pk pack packs",
    "second": "sec secs second seconds 秒",
    "minute": "min mins minute minutes 分钟",
    "hour": "hr hrs hour hours 小时",
}
# One unit a dimension: the key is pint's, the text is ours. A pack is not a piece: six packs hold more than six pieces.
_CANONICAL = {
    "gram": "g",
    "milliliter": "ml",
    "centimeter": "cm",
    "centimeter ** 2": "cm2",
    "watt": "W",
    "volt": "V",
    "ampere": "A",
    "milliampere * hour": "mAh",
    "watt * hour": "Wh",
    "megahertz": "MHz",
    "gigabyte": "GB",
    "megapixel": "MP",
    "lumen": "lm",
    "bar": "bar",
    "piece": "pieces",
    "pack": "packs",
    "minute": "min",
}
UNITS = {spelling: unit for unit, spellings in _SPELLINGS.items() for spelling in spellings.split()}
_QUANTITY = re.compile(r"([+-]?)(?:(\d+) +(\d{1,2})/(\d{1,2})|((?:\d[\d.,]*|[.,]\d+)))\s*([^\d\s].*)", re.DOTALL)
_NUMBER = re.compile(r"(?P<whole>\d*)(?:[.,](?P<part>\d+))?|\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d{1,3}(?:\.\d{3})+,\d+")
# A count of six digits before a unit of pieces or packs is the item's number: 912386 PK.
_COUNTED, _LARGEST_COUNT = ("pieces", "packs"), Decimal(99_999)
_EXACT = Context(prec=28, rounding=ROUND_HALF_EVEN)
SCHEMA = "raw string, number string, unit string"


def quantity(text: str, digits: int) -> tuple[str, str] | None:
    """The canonical number and unit of a quantity, or None where the text is none: the whole text must be one number
    and one unit that shops use.

    >>> quantity("0.5 kg", 6), quantity("1 1/2 OZ", 6), quantity("16 FL OZ", 6)
    (('500', 'g'), ('42.5243', 'g'), ('473.176', 'ml'))
    >>> quantity("6/12 OZ", 6), quantity("SIZE 1", 6), quantity("912386 PK", 6)
    (None, None, None)
    """
    match = _QUANTITY.fullmatch(text.strip())
    if match is None:
        return None
    sign, whole, over, under, plain, spelling = match.groups()
    unit = UNITS.get(re.sub(r"\s+", "", spelling.lower())) or UNITS.get(re.sub(r"[\s.]+", "", spelling.lower()))
    amount = _mixed(whole, over, under) if whole else _decimal(plain)
    if unit is None or amount is None:
        return None
    factor, canonical = _conversion(unit)
    if canonical in _COUNTED and amount > _LARGEST_COUNT:
        return None
    context = Context(prec=digits, rounding=ROUND_HALF_EVEN)
    number = context.plus(_EXACT.multiply(-amount if sign == "-" else amount, factor))
    return _compact(number), canonical


def canonical_quantities(texts: DataFrame, digits: int) -> DataFrame:
    """The quantities among distinct texts (column ``raw``): raw, number (decimal text), unit; no row for others."""
    return texts.select("raw").mapInArrow(_reader(digits), SCHEMA)


def _reader(digits: int) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    def read(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            found = [(raw, quantity(raw, digits)) for raw in batch.column(0).to_pylist()]
            rows = [{"raw": raw, "number": q[0], "unit": q[1]} for raw, q in found if q is not None]
            yield pa.RecordBatch.from_pylist(rows, schema=_ARROW_SCHEMA)

    return read


_ARROW_SCHEMA = pa.schema([("raw", pa.string()), ("number", pa.string()), ("unit", pa.string())])


def _mixed(whole: str, over: str, under: str) -> Decimal | None:
    """``1 1/2``. A bare ``6/12`` is not read: on a shelf it means six of twelve."""
    return None if int(under) == 0 else Decimal(whole) + Decimal(over) / Decimal(under)


def _decimal(text: str) -> Decimal | None:
    """A number with a decimal point or comma; groups of three digits behind commas are thousands (``1,500``)."""
    if not _NUMBER.fullmatch(text) or len(text) > _EXACT.prec:
        return None
    if re.fullmatch(r"[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?", text):
        return Decimal(text.replace(",", ""))
    if re.fullmatch(r"\d{1,3}(?:\.\d{3})+,\d+", text):
        return Decimal(text.replace(".", "").replace(",", "."))
    return Decimal(text.replace(",", "."))


@functools.cache
def _conversion(unit: str) -> tuple[Decimal, str]:
    """What to multiply by to come to the canonical unit, and how that unit is written."""
    registry = _registry()
    one = registry.Quantity(Decimal(1), registry.parse_units(unit))
    for name, written in _CANONICAL.items():
        target = registry.parse_units(name)
        if one.dimensionality == registry.get_dimensionality(target):
            return Decimal(one.to(target).magnitude), written
    raise KeyError(f"no canonical unit for {unit}")


@functools.cache
def _registry() -> UnitRegistry[Any]:
    from pint import UnitRegistry

    registry: UnitRegistry[Any] = UnitRegistry(non_int_type=Decimal)
    registry.define("piece = [pieces]")
    registry.define("pack = [packs]")
    registry.define("dozen = 12 piece")
    registry.define("jin = 500 gram")
    return registry


def _compact(number: Decimal) -> str:
    """Plain decimal notation without trailing zeros: equal numbers, equal text."""
    return "0" if number == 0 else format(number.normalize(), "f")
