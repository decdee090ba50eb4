"""Values that a text writes in a form of their own: sizes, quantities, ranges, packs, years, model numbers.

folded text -> sizes (10 x 5 x 3 cm) -> packs (6 x 330 ml, 3件套) -> ranges (5-10 kg) -> quantities (500毫升) ->
years -> model numbers; what one form has read, no later form reads again
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from kgspark.extract.text.folding import folded
from kgspark.extract.values.doubts import believed, one_of_several, vague
from kgspark.extract.values.reading import Reading
from kgspark.extract.values.screen_holes import between_holes
from kgspark.extract.values.written_numbers import NUMBER, PROPER, canonical
from kgspark.graph.values import UNITS

VERSION = "2"
# What a quantity of this unit says where a category's sellers have taught no better name.
NAMES = {
    "g": "weight",
    "ml": "volume",
    "cm": "length",
    "cm2": "area",
    "W": "power",
    "V": "voltage",
    "A": "current",
    "mAh": "battery",
    "Wh": "energy",
    "MHz": "frequency",
    "GB": "storage",
    "MP": "resolution",
    "lm": "brightness",
    "bar": "pressure",
    "pieces": "pieces",
    "packs": "pack",
    "min": "duration",
}
# How often a form means what it says, before anything is known of the shops; what sellers declare says the rest.
_SURE = {"size": 0.95, "bare size": 0.5, "pack": 0.95, "range": 0.85, "quantity": 0.9, "year": 0.6, "model": 0.6}

# Units that alone do not say what is measured, and how often the name above is right then: kilograms are a washing
# machine's load, centimetres its height, hours how long it stands by; an A behind a number is a grade, a bar is one of
# soap.
_SURE_OF_UNIT = {"cm": 0.6, "cm2": 0.7, "min": 0.6, "g": 0.75, "ml": 0.8, "A": 0.7, "Wh": 0.7, "bar": 0.7}

# A quantity that may be another thing's, or a part of one (doubts.py).
_VAGUE = 0.7
_SPACED = {"floz": r"fl\.? ?oz\.?", "sqft": r"sq\.? ?ft\.?", "sqin": r"sq\.? ?in\.?", "sqcm": r"sq\.? ?cm", "h": "h"}
_CJK_UNITS = sorted((u for u in UNITS if not u.isascii() and u.isalpha()), key=len, reverse=True)
_LATIN_UNITS = sorted({u for u in UNITS if u not in _CJK_UNITS} | set(_SPACED), key=len, reverse=True)
_MARKS = {'"', "″", "”", "''"}
_MARK = r"[\"″”]|''"
_LENGTH = {"millimeter", "centimeter", "meter", "inch", "foot"}


def _unit_pattern() -> str:
    words = "|".join(_SPACED.get(u, re.escape(u)) for u in _LATIN_UNITS if u not in _MARKS)
    return rf"(?:(?:{words})(?![a-z0-9+])|{'|'.join(map(re.escape, _MARKS))}|{'|'.join(_CJK_UNITS)})"


_UNIT = _unit_pattern()
# An x before a number is the sign of multiplication: 6x25ml.
_START = r"(?<![a-wyz0-9.,½¼¾])(?<![a-z]x)(?<![a-z0-9]-)(?<![$€£¥#])(?<!f/)"
_TIMES = r"(?: ?[x×*] ?| by )"
_LENGTHS = "|".join(sorted((re.escape(u) for u, unit in UNITS.items() if unit in _LENGTH), key=len, reverse=True))
_SIDE = rf"([ -]?(?:{_LENGTHS})(?![a-wyz]))?((?:{_MARK})? ?[whdl]\.?(?![a-z0-9]))?"
_SIZE = re.compile(rf"{_START}({NUMBER}){_SIDE}{_TIMES}({NUMBER}){_SIDE}(?:{_TIMES}({NUMBER}){_SIDE})?(?![a-z0-9])")
_TO = r"(?: ?[-–—~～] ?| to |至|到)"
_RANGE = re.compile(rf"{_START}({NUMBER})(?:[ -]?({_UNIT}))?{_TO}({NUMBER})([ -]?)({_UNIT})")
_DASHED_PACK = re.compile(rf"[1-9]\d?-{NUMBER} (?:fl\.? ?)?oz")
_QUANTITY = re.compile(rf"{_START}({NUMBER})([ -]?)({_UNIT})")
_MEMORY = re.compile(r" ?(?:(?:(?:lp)?ddr\d?l? ?)?s?d?ram(?![a-z])|(?:lp)?ddr\d|运存)")
# "ram 4gb", but not the 16gb of "4gb ram 16gb rom".
_MEMORY_IS = re.compile(r"(?<!gb )(?<!gb)(?<!g )(?:ram:? |运存)$")
_READ_ONLY = re.compile(r" ?rom(?![a-z])")
_CACHE = re.compile(r" ?(?:(?:l[123]|smart|intel|on-die|total)[ -]){0,2}(?:cache(?![a-z])|l[123](?![a-z0-9])|缓存)")
_TIMES_BEFORE = re.compile(r"(?<![a-z0-9])\d{1,3} ?x$")
_COMPOUND = re.compile(
    rf"{_START}({NUMBER}) ?(lbs?|ft|feet|foot)\.?,? ?({NUMBER}) ?(oz|ounces?|in|inch|inches|\")(?![a-z0-9])"
)
_QUANTITY_RULE, _DOUBTFUL_RULE = "pattern:quantity", "pattern:doubtful"
_COUNT = r"(\d{1,3})"
_NUMERALS = {"两": "2", "双": "2", "三": "3", "四": "4", "五": "5", "六": "6", "八": "8", "十": "10"}
_MEASURE = "片瓶袋盒罐块节支包只件条卷张粒枚双套杯听枝"
_CONTENT = rf"{NUMBER} ?(?:kg|gm|g|mg|ml|cl|l|oz|lb|lbs|fl\.? ?oz|mah|克|千克|公斤|斤|毫升|升)"
_PIECES = "packs?|pk|pcs|pieces?|count|ct|rolls?|sheets?|stems?|loads?|tablets|capsules|sachets?|bags"
_PACKS = [
    re.compile(rf"{_START}{_COUNT} ?[x×*] ?(?={_CONTENT}(?![a-z0-9]))"),
    re.compile(rf"{_START}(?<!/)(?!{PROPER}){_COUNT} ?/ ?(?={NUMBER} ?(?:oz|fl\.? ?oz|ml|lb)(?![a-z0-9]))"),
    re.compile(rf"{_START}{_CONTENT} ?[x×*] ?{_COUNT} ?(?:[{_MEASURE}]装?|pcs|pack|ct|count)?(?![a-z0-9.])"),
    re.compile(rf"(?<![a-z])(?:(?:pack|set|box|case|lot|bundle) of |(?:set|pack|box)/?){_COUNT}(?![\d.a-z])"),
    re.compile(rf"{_START}(?<!up to ){_COUNT}[ -]?(?:{_PIECES})(?:/(?:lot|set|pack|box))?(?![a-z0-9])"),
    re.compile(rf"(?<![\d.a-z]){_COUNT} ?(?:个(?!月)|[{_MEASURE}])(?:套装|装|套|/[{_MEASURE}])?"),
    re.compile(rf"([{''.join(_NUMERALS)}])[{_MEASURE}](?:套装|装|套)"),
]
_YEAR = re.compile(
    r"(?<![\w.,/-])((?!2000)(?:19[5-9]|20[0-4])\d)(?![\w/.,%-]|年)|(?<![\d.])((?:19[5-9]|20[0-4])\d) ?年?(?:款|版|新款)"
)
_MODEL = re.compile(r"(?<![\w.-])(?!f/\d)(?=[a-z\d./-]*[a-z])(?=[a-z\d./-]*\d)[a-z\d]+(?:[-./][a-z\d]+)*(?![\w])")
_SHORTEST_MODEL = 4
_ORDINAL = re.compile(
    r"\d+(?:st|nd|rd|th|s|x|k|d|p|g|gen|pcs|in1|way|pin|core|speed|port|series)|[x×]\d+|v\d(?:\.\d)?|\d{1,4}[a-z]{3,}|(?:set|packs?|pk|pcs|ct)\d+"
)


def read(text: str) -> list[Reading]:
    """Every value that has a form of its own, in the order of the text; places do not overlap.

    >>> [(r.attribute, r.value, text[r.begin:r.end]) for text in ["Cola 6 x 330 ml", "牛奶500毫升"] for r in read(text)]
    [('pack', '6', '6'), ('volume', '330 ml', '330 ml'), ('volume', '500 ml', '500毫升')]
    """
    plain = folded(text)
    found: list[Reading] = []
    taken = bytearray(len(text))
    for form in (_sizes, _packs, _ranges, _compounds, _quantities, _years, _models):
        for reading in form(plain):
            if not any(taken[reading.begin : reading.end]):
                found.append(reading)
                taken[reading.begin : reading.end] = b"\1" * (reading.end - reading.begin)
    return sorted(found, key=lambda reading: reading.begin)


def _sizes(plain: str) -> Iterator[Reading]:
    holes_until = None
    for match in _SIZE.finditer(plain):
        numbers = [number for number in match.group(1, 4, 7) if number]
        units = [unit.strip(" -") for unit in match.group(2, 5, 8) if unit]
        named = sum(map(bool, match.group(3, 6, 9))) > 1
        if not units and not named and len(numbers) < 3:
            continue
        # Each side in the unit behind it, else in the next one named; numbers without any are inches in their shops.
        written = [unit.strip(" -") if unit else "" for unit in match.group(2, 5, 8)[: len(numbers)]]
        last = units[-1] if units else '"'
        sides = [canonical(number, unit or last) for number, unit in zip(numbers, written, strict=True)]
        if all(side is not None and side[1] == "cm" for side in sides):
            value = " x ".join(side[0] for side in sides if side) + " cm"
            sure = _SURE["size"] if units else _SURE["bare size"]
            distances = [side[0] for side in sides if side]
            hung = between_holes(plain, match.start(), match.end(), distances, holes_until)
            holes_until = match.end() if hung else None
            name = "vesa" if hung else "dimensions"
            yield Reading(match.start(), match.end(), name, value, None, "cm", sure, "pattern:size")


def _packs(plain: str) -> Iterator[Reading]:
    for form in _PACKS:
        for match in form.finditer(plain):
            count = _NUMERALS.get(match[1], match[1]).lstrip("0")
            if count:
                yield Reading(
                    match.start(1), match.end(1), "pack", count, count, "pieces", _SURE["pack"], "pattern:pack"
                )


def _ranges(plain: str) -> Iterator[Reading]:
    for match in _RANGE.finditer(plain):
        low, high = canonical(match[1], match[2] or match[5]), canonical(match[3], match[5])
        if low and high and _rises(low, high) and believed(match[3], match[4], match[5]):
            value = f"{low[0]} - {high[0]} {low[1]}"
            name = NAMES[low[1]]
            yield Reading(match.start(), match.end(), name, value, None, low[1], _SURE["range"], "pattern:range")
        elif high and _DASHED_PACK.fullmatch(match.group()):
            # 24-12 OZ: no range falls, so that it is a pack of so many.
            number, unit = high
            yield Reading(
                match.start(1), match.end(1), "pack", match[1], match[1], "pieces", _SURE["pack"], "pattern:pack"
            )
            yield Reading(
                match.start(3), match.end(), NAMES[unit], f"{number} {unit}", number, unit, _SURE_OF_UNIT[unit],
                _QUANTITY_RULE,
            )  # fmt: skip


def _compounds(plain: str) -> Iterator[Reading]:
    """Pounds and ounces, feet and inches: one quantity in two units."""
    for match in _COMPOUND.finditer(plain):
        large, small = canonical(match[1], match[2]), canonical(match[3], match[4])
        if large and small and large[1] == small[1] and Decimal(small[0]) < Decimal(large[0]):
            number, unit = format(Decimal(large[0]) + Decimal(small[0]), "f"), large[1]
            yield Reading(
                match.start(),
                match.end(),
                NAMES[unit],
                f"{number} {unit}",
                number,
                unit,
                _SURE_OF_UNIT.get(unit, _SURE["quantity"]),
                _QUANTITY_RULE,
            )


def _quantities(plain: str) -> Iterator[Reading]:
    for match in _QUANTITY.finditer(plain):
        found = canonical(match[1], match[3])
        before = plain[max(0, match.start() - 5) : match.start()]
        apart = not before.endswith("x") or _TIMES_BEFORE.search(before)
        if found and apart and believed(match[1], match[2], match[3], plain[match.end() : match.end() + 2]):
            number, unit = found
            value = f"{number} {unit}"
            name, rule = (NAMES[unit], _QUANTITY_RULE) if unit != "GB" else _memory(plain, match.start(), match.end())
            place = (plain, match.start(), match.end())
            bytes_of_part = name in ("ram", "cache")
            doubt = one_of_several(*place) if bytes_of_part else vague(*place, match[1], match[3], number, unit)
            sure = min(_VAGUE if doubt else 1.0, _SURE_OF_UNIT.get(unit, _SURE["quantity"]))
            # A rule of its own, so that what sellers teach of quantities does not make the doubtful ones sure.
            yield Reading(
                match.start(), match.end(), name, value, number, unit, sure, _DOUBTFUL_RULE if doubt else rule
            )


def _memory(plain: str, begin: int, end: int) -> tuple[str, str]:
    """What so many bytes are: working memory, a processor's cache, or what things are stored in; and the rule."""
    if _CACHE.match(plain, end):
        return "cache", "pattern:cache"
    if _READ_ONLY.match(plain, end):
        return NAMES["GB"], _QUANTITY_RULE
    before = plain[max(0, begin - 12) : begin]
    if _MEMORY.match(plain, end) or _MEMORY_IS.search(before):
        return "ram", "pattern:memory"
    return NAMES["GB"], _QUANTITY_RULE


def _years(plain: str) -> Iterator[Reading]:
    for match in _YEAR.finditer(plain):
        group = 1 if match[1] else 2
        year = match[group]
        sure = _SURE["year"] if group == 1 else 0.95
        yield Reading(match.start(group), match.end(group), "year", year, year, None, sure, "pattern:year")


def _models(plain: str) -> Iterator[Reading]:
    for match in _MODEL.finditer(plain):
        code = match.group()
        squashed = re.sub(r"[-./]", "", code)
        if len(squashed) < _SHORTEST_MODEL or _ORDINAL.fullmatch(squashed) or _QUANTITY.match(plain, match.start()):
            continue
        yield Reading(match.start(), match.end(), "model", squashed, None, None, _SURE["model"], "pattern:model")


def _rises(low: tuple[str, str], high: tuple[str, str]) -> bool:
    return low[1] == high[1] and Decimal(low[0]) < Decimal(high[0])
