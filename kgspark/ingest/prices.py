"""Prices as people write them -> an exact amount and its currency, or the reason why not.

text -> sign, mark before, number, mark after -> which separator is the decimal one -> decimal(18,4)
"""

from __future__ import annotations

from pyspark.sql import Column
from pyspark.sql import functions as F

from kgspark.ingest.bind import bind, verdict
from kgspark.ingest.clean_text import stated
from kgspark.ingest.currencies import DECIMAL_COMMA, currency_of

MONEY = "decimal(18,4)"
_LONGEST = 60
_EXPECTED = {
    "currency_unknown": "which names no ISO 4217 currency",
    "price_unreadable": "expected one amount such as 1,299.00 or 1.299,00 EUR",
    "currency_conflict": "which names two currencies",
    "price_negative": "expected 0 or more",
}

# Thousands may be set apart by a space (also narrow or no-break) or an apostrophe, always before three digits.
_GROUP_GAP = r"(?<=\d)[\s\u00A0\u2009\u202F'’´`](?=\d{3}(?!\d))"
_MINUS = r"\-\u2212"
# sign, mark, sign, number, ",-", mark, sign: "-$12.50", "EUR 1.299,00", "12,- €", "(4.00)", "4.00-"
_PARTS = (
    rf"^([{_MINUS}(]?)\s*([^\d\s.,()+{_MINUS}][^\d(),+{_MINUS}]*?)?\s*([{_MINUS}(+]?)\s*"
    rf"(\d+(?:[.,]\d+)*|[.,]\d+)(?:[.,][-–—]{{1,2}}|[.,])?\s*([^\d\s.,()+{_MINUS}][^\d(),+{_MINUS}]*?)?\s*([{_MINUS})]?)$"
)
_SCIENTIFIC = r"^[+-]?\d+(\.\d+)?[eE][+-]?\d+$"
_THREE_DIGITS = r"^[1-9]\d{0,2}[.,]\d{3}$"


def parse_price(text: Column, currency: Column, default: Column, decimal: Column) -> Column:
    """Struct ``value`` (``amount`` decimal(18,4), ``currency`` ISO 4217), ``rule`` and ``reason``; null for no price.

    ``text``: the price as written; ``currency``: what the record says of its currency; ``default``: what the source
    declares; ``decimal``: ``.`` or ``,`` where the source says how it writes decimals, else null. ``N/A`` and its kind
    are no price and no error.

    Separators: of two kinds the last is the decimal one; one kind that repeats sets thousands apart; one with other
    than three digits behind it is decimal. A single separator before exactly three digits follows ``decimal``; without
    that, a comma sets thousands apart (nobody lists thousandths), and so does a full stop beside a currency that is
    written with decimal commas (``1.299 €``); a bare ``1.299`` is what machines write and means 1.2990.

    Rules: ``price_unreadable``, ``price_negative``, ``currency_unknown``, ``currency_conflict`` (the record names
    another currency than the price). Under each of them amount and currency are null, as neither means anything without
    the other.
    """
    given = stated(F.trim(F.regexp_replace(text, r"[\s\u00A0\u2009\u202F]+", " ")))
    compact = F.regexp_replace(given, _GROUP_GAP, "")
    written = F.struct(
        F.when(F.length(compact) <= _LONGEST, compact).when(compact.isNotNull(), "too long").alias("text"),
        stated(F.trim(currency)).alias("named"),
        default.alias("default"),
        decimal.alias("decimal"),
    )
    careful = bind(written, lambda row: F.when(row["text"].isNotNull(), _parse(row)))
    # Order lines come by the million and as machines write them: no need to take those apart.
    machine = text.rlike(r"^\d{1,14}(\.\d{1,9})?$") & currency.isNull() & (F.coalesce(decimal, F.lit(".")) == ".")
    nothing = F.lit(None).cast("string")
    read = F.struct(
        F.struct(text.try_cast(MONEY).alias("amount"), default.alias("currency")).alias("value"),
        nothing.alias("rule"),
        nothing.alias("reason"),
    )
    return F.when(machine, read).otherwise(careful)


def _parse(row: Column) -> Column:
    return bind(currency_of(row["named"], row["default"]), lambda stated_code: _take_apart(row, stated_code))


def _take_apart(row: Column, stated_code: Column) -> Column:
    def part(number: int) -> Column:
        return F.regexp_extract(row["text"], _PARTS, number)

    home = F.coalesce(stated_code, row["default"])
    scientific = row["text"].rlike(_SCIENTIFIC)
    parts = F.struct(
        row["text"].alias("text"),
        row["named"].alias("named"),
        row["decimal"].alias("decimal"),
        row["default"].alias("default"),
        stated_code.alias("stated"),
        scientific.alias("scientific"),
        F.when(scientific, F.substring(row["text"], 1, 1))
        .otherwise(F.concat(part(1), part(3), part(6)))
        .alias("signs"),
        part(4).alias("number"),
        F.nullif(part(2), F.lit("")).alias("before"),
        F.nullif(F.trim(part(5)), F.lit("")).alias("after"),
        currency_of(part(2), home).alias("code_before"),
        currency_of(part(5), home).alias("code_after"),
    )
    return bind(parts, _judge)


def _judge(p: Column) -> Column:
    mark = F.coalesce(p["before"], p["after"])
    code = F.coalesce(p["code_before"], p["code_after"])
    final = F.coalesce(code, p["stated"], p["default"])
    number = F.when(p["scientific"], F.regexp_replace(p["text"], "^[+-]", "")).otherwise(_plain_number(p, mark, final))
    read = F.struct(
        number.try_cast(MONEY).alias("amount"), final.alias("currency"), mark.alias("mark"), code.alias("code")
    )
    return bind(read, lambda found: _rule(p, found))


def _rule(p: Column, found: Column) -> Column:
    strange = (p["before"].isNotNull() & p["code_before"].isNull()) | (
        p["after"].isNotNull() & p["code_after"].isNull()
    )
    looks_like_currency = F.trim(found["mark"]).rlike(r"^([A-Za-z]{3}|\p{Sc})$")
    negative = p["signs"].rlike(rf"[{_MINUS}(]") & (found["amount"] > 0)
    rule = (
        F.when(p["named"].isNotNull() & p["stated"].isNull(), "currency_unknown")
        .when(strange & looks_like_currency, "currency_unknown")
        .when(strange | found["amount"].isNull(), "price_unreadable")
        .when((p["code_before"] != p["code_after"]) | (found["code"] != p["stated"]), "currency_conflict")
        .when(negative, "price_negative")
    )
    quoted = F.concat_ws("' in '", p["text"], p["named"])
    price = F.struct(found["amount"].alias("amount"), found["currency"].alias("currency"))
    return verdict(price, "value", rule, quoted, _EXPECTED)


def _plain_number(p: Column, mark: Column, currency: Column) -> Column:
    """Digits with at most one full stop, out of digits with separators; null where the separators make no sense."""
    number = p["number"]
    without_commas = F.regexp_replace(number, ",", "")
    without_stops = F.regexp_replace(number, r"\.", "")
    comma_as_stop = F.regexp_replace(without_stops, ",", ".")
    written_with_comma = mark.isNotNull() & currency.isin(*sorted(DECIMAL_COMMA))
    stop_is_decimal = F.coalesce(p["decimal"] == ".", ~F.coalesce(written_with_comma, F.lit(False)))
    comma_is_decimal = F.coalesce(p["decimal"] == ",", F.lit(False))
    return (
        F.when(number.rlike(r"^\d+$"), number)
        .when(
            number.rlike(_THREE_DIGITS) & number.contains("."), F.when(stop_is_decimal, number).otherwise(without_stops)
        )
        .when(number.rlike(_THREE_DIGITS), F.when(comma_is_decimal, comma_as_stop).otherwise(without_commas))
        # 1,299.00 and, in India, 1,29,999.00
        .when(number.rlike(r"^[1-9]\d{0,2}(,\d{2,3})*,\d{3}(\.\d+)?$"), without_commas)
        .when(number.rlike(r"^[1-9]\d{0,2}(\.\d{3})+(,\d+)?$"), comma_as_stop)
        .when(number.rlike(r"^\d*\.\d+$"), number)
        .when(number.rlike(r"^\d*,\d+$"), comma_as_stop)
    )
