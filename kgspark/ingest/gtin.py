"""Article numbers: GTIN-8, -12, -13 and -14 with a valid check digit, as 14 digits; anything else with the reason."""

from __future__ import annotations

from pyspark.sql import Column
from pyspark.sql import functions as F

from kgspark.ingest.bind import bind, verdict
from kgspark.ingest.clean_text import stated

# GS1 prefixes 02, 04 and 20-29 (and UPC number systems 2 and 4, which are the former) number goods inside one company:
# two shops give one number to different things. GS1 General Specifications, restricted circulation numbers.
IN_STORE = "^0(02|04|2)"
_LENGTHS = (8, 12, 13, 14)
_EXPECTED = {
    "gtin_spreadsheet": "a number that a spreadsheet shortened; export the column as text",
    "gtin_unreadable": "expected digits only",
    "gtin_length": "expected 8, 12, 13 or 14 digits",
    "gtin_placeholder": "one digit repeated is no article number",
    "gtin_check_digit": "whose check digit is wrong",
}


def parse_gtin(text: Column) -> Column:
    """Struct ``gtin`` (14 digits, or null), ``rule`` and ``reason`` (null unless a value was there and is no GTIN).

    Spaces, hyphens and the ``.0`` of a number column are ignored. Check digit: GS1 General Specifications, section 7.9:
    weights 3 and 1 from the left of the 14 digits, sum divisible by 10. Rules: ``gtin_spreadsheet`` (``1.23E+12``:
    digits are lost for good), ``gtin_unreadable``, ``gtin_length`` (8, 12, 13 or 14 digits; leading zeros are never
    guessed), ``gtin_placeholder`` (one digit repeated), ``gtin_check_digit``.
    """
    given = stated(F.trim(text))
    digits = F.regexp_replace(F.regexp_replace(given, r"\.0+$", ""), r"[\s\u00A0\-\u2010-\u2013]", "")
    return bind(F.struct(given.alias("given"), digits.alias("digits")), _judge)


def _judge(row: Column) -> Column:
    given, digits = row["given"], row["digits"]
    padded = F.lpad(digits, 14, "0")
    weighted = [F.substring(padded, place + 1, 1).try_cast("int") * (3 if place % 2 == 0 else 1) for place in range(14)]
    total = sum(weighted[1:], weighted[0])
    rule = (
        F.when(given.isNull(), None)
        .when(given.rlike(r"^\d+([.,]\d+)?[eE]\+?\d+$"), "gtin_spreadsheet")
        .when(~digits.rlike(r"^[0-9]+$"), "gtin_unreadable")
        .when(~F.length(digits).isin(*_LENGTHS), "gtin_length")
        .when(digits.rlike(r"^([0-9])\1+$"), "gtin_placeholder")
        .when(total % 10 != 0, "gtin_check_digit")
    )
    return verdict(padded, "gtin", rule, given, _EXPECTED)
