"""Records that are wrong on purpose, and what must become of each: the truth of every table of rejects.

A family plants a kind of mistake where its number says so; the mistake is made to the row of its first product, or to a
copy of it. ``outcome``: rejected, value (only the field is set aside), collapsed (a repeated record counts once),
accepted (looks wrong and is right).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from kgspark.sample.products import World
from kgspark.sample.rows import COLUMNS, Row, as_json

Record = Row | bytes
HUGE = 1 << 20


@dataclass(frozen=True)
class Plant:
    """A kind of mistake: ``spoil`` changes the row in place, or returns records to add behind it."""

    source: str
    rule: str
    field: str
    outcome: str
    spoil: Callable[[Row, str], list[Record]]
    once: bool = False


def planted(world: World, number: int, kinds: Sequence[Plant], period: int) -> Iterator[Plant]:
    """The mistakes that the family of that number plants: each kind once in a period of families."""
    period = min(period, world.families)
    for place, kind in enumerate(kinds):
        if number % period == place * 7 % period and not (kind.once and number >= period):
            yield kind


def wanted(world: World, number: int) -> frozenset[str]:
    """Shops that must list the family, so that there is a row to spoil."""
    return frozenset(kind.source for kind in planted(world, number, OFFER_PLANTS, OFFER_PERIOD))


def _set(field: str, value: Callable[[Any], Any]) -> Callable[[Row, str], list[Record]]:
    def change(row: Row, _: str) -> list[Record]:
        row[field] = value(row[field])
        return []

    return change


def _copy(key: str, **changes: Any) -> Callable[[Row, str], list[Record]]:
    """A copy under the fresh key with fields changed; under the same key where ``key`` is empty."""

    def repeat(row: Row, fresh: str) -> list[Record]:
        return [row | ({key: fresh} if key else {}) | changes]

    return repeat


def _short_line(row: Row, fresh: str) -> list[Record]:
    return [f"{fresh},cut off\n".encode()]


def _open_quote(row: Row, fresh: str) -> list[Record]:
    cells = [fresh, '"never closed', *[""] * (len(COLUMNS["alder_finch"]) - 2)]
    return [",".join(cells).encode() + b"\n"]


def _bad_bytes(columns: Sequence[str], separator: str) -> Callable[[Row, str], list[Record]]:
    def write(row: Row, fresh: str) -> list[Record]:
        cells = [fresh.encode(), b"caf\xe9 \xff", *[b""] * (len(columns) - 2)]
        return [separator.encode().join(cells) + b"\n"]

    return write


def _broken_json(row: Row, fresh: str) -> list[Record]:
    return [as_json(row | {"id": fresh})[:40] + b"\n"]


def _broken_xml(row: Row, fresh: str) -> list[Record]:
    return [f'<product id="{fresh}"><title>Half a record</titel></product>\n'.encode()]


def _unlike(price: Any) -> str:
    return f"{float(price) + 1:.2f}"


def _conflict(field: str, value: Callable[[Any], Any]) -> Callable[[Row, str], list[Record]]:
    return lambda row, _: [row | {field: value(row[field])}]


def _spreadsheet(gtin: str | None) -> str:
    return f"{int(gtin or 9524118096133):.2E}"


def _wrong_digit(gtin: str | None) -> str:
    digits = gtin or "9524118096133"
    return digits[:-1] + str((int(digits[-1]) + 1) % 10)


SHUOPING = ("编号", "商品", "用户", "评分", "标题", "内容", "日期")

OFFER_PERIOD, REVIEW_PERIOD, LINE_PERIOD = 200, 16, 12
_REJECTED, _VALUE = "rejected", "value"

OFFER_PLANTS = (
    Plant("alder_finch", "column_count", "*", _REJECTED, _short_line),
    Plant("alder_finch", "open_quote", "*", _REJECTED, _open_quote),
    Plant("kontorhaus", "invalid_utf8", "*", _REJECTED, _bad_bytes(COLUMNS["kontorhaus"], ";")),
    Plant("brightnook", "empty_title", "*", _REJECTED, _copy("id", title="<b> </b>")),
    Plant("harbourline", "conflicting_duplicate", "*", _REJECTED, _conflict("price", _unlike)),
    Plant("yunhai", "identical_duplicate", "*", "collapsed", _copy("")),
    Plant("alder_finch", "gtin_spreadsheet", "gtin", _VALUE, _set("gtin", _spreadsheet)),
    Plant("kontorhaus", "gtin_check_digit", "gtin", _VALUE, _set("ean", _wrong_digit)),
    Plant("marketry", "price_negative", "price", _VALUE, _set("price", lambda price: -price)),
    Plant("brightnook", "currency_unknown", "price", _VALUE, _set("price", lambda p: p | {"currency": "ZZZ"})),
    Plant("kontorhaus", "date_impossible", "listed_at", _VALUE, _set("stand", lambda _: "31.02.2026")),
    Plant("brightnook", "not_json", "*", _REJECTED, _broken_json),
    Plant("harbourline", "not_xml", "*", _REJECTED, _broken_xml),
    Plant("alder_finch", "newline_in_field", "*", "accepted", _set("description", lambda text: f"{text}\nNew line.")),
    Plant(
        "brightnook",
        "text_too_long",
        "description",
        _VALUE,
        _set("body_html", lambda t: (t + "x").ljust(HUGE, "x")),
        True,
    ),
)
REVIEW_PLANTS = (
    Plant("ratewell", "date_impossible", "reviewed_at", _VALUE, _set("date", lambda _: "2025-13-40")),
    Plant("shuoping", "rating_out_of_range", "rating", _VALUE, _set("评分", lambda _: 11)),
    Plant("ratewell", "orphan", "offer_id", "accepted", _copy("review_id", item="mk0000000000000")),
    Plant("shuoping", "null_shopper", "shopper_id", "accepted", _set("用户", lambda _: None)),
    Plant("ratewell", "empty_review", "*", _REJECTED, _copy("review_id", headline=None, body=" ", stars=None)),
    Plant("shuoping", "column_count", "*", _REJECTED, _short_line),
    Plant("shuoping", "invalid_utf8", "*", _REJECTED, _bad_bytes(SHUOPING, ",")),
    Plant("ratewell", "conflicting_duplicate", "*", _REJECTED, _conflict("stars", lambda stars: stars % 5 + 1)),
)
LINE_PLANTS = (
    Plant("alder_finch_orders", "price_negative", "unit_price", _VALUE, _set("unit_price", lambda p: f"-{p}")),
    Plant("alder_finch_orders", "quantity_unreadable", "quantity", _REJECTED, _copy("line", qty="two")),
    Plant("alder_finch_orders", "orphan", "offer_id", "accepted", _copy("line", sku="AF0000000000000")),
    Plant("alder_finch_orders", "null_shopper", "shopper_id", "accepted", _set("customer", lambda _: None)),
    Plant("marketry_orders", "date_impossible", "happened_at", _VALUE, _set("ts", lambda _: "2025-02-30T12:00:00")),
    Plant("marketry_orders", "no_product", "*", _REJECTED, _copy("order_line", listing=None)),
)
