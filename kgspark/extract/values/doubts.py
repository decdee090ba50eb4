"""When a number and a unit are no quantity, and when one is probably not the product's own.

number, unit, what stands around them -> believed or not; vague or not

Each rule is a class of errors that was read in real titles: networks and grades (``4 g``, ``7 a``), decimals that lost
their point (``2 8 ghz``), the first or second of two (``12/24v``, ``16 2mp``), bounds (``over 15 lbs``), rates
(``800 mb/s``), chargers, cards and front cameras that come with the product.
"""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

from kgspark.extract.values.hosts import of_host

# One-letter units that are words or codes when they stand alone ("galaxy s4 4 g"): believed next to the number, or from
# this number on.
_LOOSE = {"a", "g", "h", "m", "''"}
_SMALLEST_SPACED = 10
# Five digits and a letter are a code: "indesit bwd 71453 w".
_CODE = re.compile(r"\d{5,}")
# Generations of phone networks, which nobody sells by weight.
_NETWORKS = {"2", "3", "4", "5"}
_NUMBER_BEFORE = re.compile(r"(?<![\w.,])(\d+) $")
# Fewer bytes are no store of today's, but a cache or a buffer; more hertz nobody sells; so many megabytes are a socket
# or a model ("skt 1151 mb box"), unless they are whole gigabytes, as so many pieces are ("1151 pc").
_SMALLEST_STORE, _LARGEST_CLOCK, _LARGEST_COUNT = Decimal("0.128"), 10_000, 1_000
# "alcatel 3v" is a phone.
_SMALLEST_VOLTAGE = 5
_WHOLE_GIGABYTE = 1024
_BOUND_BEFORE = re.compile(
    r"(?<![a-z])(?:over|under|above|below|up ?to|max\.?|maximum|less than|more than|at least|from|bis|bis zu) ?$"
    r"|(?:最大|不超过) ?$"
)
_BOUND_AFTER = re.compile(r" ?(?:&|and|or) (?:over|up|under|above|below|more|less)(?![a-z])|以上|以下")
_RATE = re.compile(r" ?/ ?s(?:ec)?(?![a-z])|ps(?![a-z])")
# Units of which a product has one value: another number right before makes it one of two.
_ONE_VALUED = {"V", "MHz", "MP", "W"}
_OTHER_BEFORE = re.compile(r"\d(?:[.,]\d+)? ?(?:/|&|and|or|[x×]) ?$")
# Of bytes: "2x1mb cache", "ram 4gb/6gb".
_TIMES_BEFORE, _CHOICE = re.compile(r"\d ?[x×] ?$|\d ?[gm]b ?/ ?$"), re.compile(r" ?/ ?\d+ ?[gm]b(?![a-z])")
# What a player converts with, and not how fast it computes: "12 Bit Video DAC With 108 MHz".
_CONVERTER = re.compile(r"(?<![a-z])dac[^/]{0,8}$")
_CHARGER = re.compile(
    r" ?/? ?\d+(?:\.\d+)? ?a(?![a-z])| (?:(?:mains|car|dc|ac|power) )*(?:adapt[eo]r|charger|cable|socket|supply)"
)
_FRONT_BEFORE, _FRONT_AFTER = re.compile(r"(?:front|selfie)(?: camera)? ?$"), re.compile(r" ?(?:front|selfie)(?![a-z])")
_CARD = re.compile(r" (?:\w+\.)?(?:micro ?)?sd(?:hc|xc)?(?![a-z])| (?:memory|cf|flash|speicher) ?(?:card|karte)")
_NO_STORE_BEFORE = re.compile(r"ram \d+ ?gb ?/ ?$|(?:card|karte|sdhc|sdxc|(?<![a-z])sd) $")
_HOLDS_CARD = re.compile(r"camera|kamera|camcorder|(?<![a-z])(?:kit|bundle|with|incl?|plus)(?![a-z])")
_AROUND = 24


def believed(number: str, gap: str, unit: str, after: str = "") -> bool:
    """Whether a number and a unit are a quantity, not two words: ``4 g`` of a network, ``7 in black``, ``5 in 1``."""
    if unit == "in":
        return gap != " " or "/" in number or ("." in number and not re.match(r" \d", after))
    if gap == " " and (unit == "a" or (len(unit) == 1 and _CODE.fullmatch(number))):
        return False
    if gap == " " and unit in _LOOSE:
        try:
            return "." in number or Decimal(number.replace(",", "")) >= _SMALLEST_SPACED
        except InvalidOperation:
            return True
    return not (unit == "a" and "." not in number) and not (unit == "g" and number in _NETWORKS)


def vague(plain: str, begin: int, end: int, written: str, spelling: str, number: str, unit: str) -> bool:
    """Whether the quantity at ``plain[begin:end]`` is perhaps not the product's own, or not the whole of it.

    ``written`` and ``spelling`` are its number and unit as the text has them, ``number`` and ``unit`` canonical.

    >>> [vague(text, 2, 5, "12", "v", "12", "V") for text in ("a 12v tv", "a 12v adaptor for it")]
    [False, True]
    """
    before, after = plain[max(0, begin - _AROUND) : begin], plain[end : end + _AROUND]
    return (
        _rising(before, written)
        or _implausible(Decimal(number), written, spelling, unit)
        or _BOUND_BEFORE.search(before) is not None
        or _BOUND_AFTER.match(after) is not None
        or (unit in _ONE_VALUED and _one_of_two(before, written, unit))
        or (unit == "GB" and (_RATE.match(after) is not None or _elsewhere(plain, begin, before, after)))
        or (unit == "MHz" and _CONVERTER.search(before) is not None)
        or (unit == "V" and _CHARGER.match(after) is not None)
        or (unit == "MP" and (_FRONT_BEFORE.search(before) or _FRONT_AFTER.match(after)) is not None)
    )


def one_of_several(plain: str, begin: int, end: int) -> bool:
    """Whether so many bytes are one of two offered, or a part: ``ram 4gb/6gb``, ``2x1mb cache``."""
    before = plain[max(0, begin - _AROUND) : begin]
    return _TIMES_BEFORE.search(before) is not None or _CHOICE.match(plain, end) is not None


def _rising(before: str, number: str) -> bool:
    """Whether a smaller number of the same size stands right before: "220 240 v" is a range."""
    smaller = _NUMBER_BEFORE.search(before)
    return smaller is not None and number.isdigit() and int(smaller[1]) < int(number) < 2 * int(smaller[1])


def _implausible(amount: Decimal, written: str, spelling: str, unit: str) -> bool:
    if unit == "GB":
        odd = spelling.startswith("mb") and written.isdigit() and int(written) % _WHOLE_GIGABYTE != 0
        return amount < _SMALLEST_STORE or (odd and int(written) >= _LARGEST_COUNT)
    if unit == "MHz":
        return amount > _LARGEST_CLOCK or spelling == "khz"
    if unit == "V":
        return amount < _SMALLEST_VOLTAGE and written.isdigit()
    return unit == "pieces" and spelling == "pc" and amount >= _LARGEST_COUNT


def _one_of_two(before: str, written: str, unit: str) -> bool:
    """``12/24v``, ``2.4 and 5ghz``, ``2 x 8w``; ``2 8 ghz`` that was 2.8, and the second camera of ``16 2mp``."""
    if _OTHER_BEFORE.search(before):
        return True
    lone = _NUMBER_BEFORE.search(before) is not None
    return lone and (unit == "MP" or (unit == "MHz" and len(written) == 1))


def _elsewhere(plain: str, begin: int, before: str, after: str) -> bool:
    """What a card holds that comes with a camera, or the player that a case is for; ``ram 4gb/6gb`` stores nothing."""
    card = _CARD.match(after) is not None and _HOLDS_CARD.search(plain, 0, begin) is not None
    return card or _NO_STORE_BEFORE.search(before) is not None or of_host(plain, begin)
