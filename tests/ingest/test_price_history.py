"""Listed prices night by night, paid prices day by day."""

import datetime
from decimal import Decimal

from kgspark.ingest import price_history
from kgspark.ingest.silver_settings import SilverSettings
from kgspark.night import Night
from tests.builders import rows


def _day(number: int) -> datetime.date:
    return datetime.date(2026, 11, number)


def _history(frame):
    found = frame.orderBy("offer_id", "basis", "valid_from").collect()
    return [
        (r.offer_id, r.basis, str(r.price), r.currency, r.valid_from.day, r.valid_to.day if r.valid_to else None)
        for r in found
    ]


def _build(spark, night, offers=(), interactions=(), previous=()):
    inputs = (
        rows(spark, "silver.offers", [_offer(*offer) for offer in offers]),
        rows(spark, "silver.interactions", interactions),
        rows(spark, "silver.price_history", previous),
    )
    out = price_history.build(*inputs, cfg=SilverSettings(), night=Night(_day(night), "run"))
    return out["silver.price_history"]


def _offer(offer_id, price, currency, listed_on=None):
    at = listed_on and datetime.datetime(2026, 11, listed_on, 23, 59, tzinfo=datetime.UTC)
    return {"offer_id": offer_id, "price": price, "currency": currency, "listed_at": at}


def _listed(offer, price, begin, end=None, currency="EUR"):
    names = ("offer_id", "basis", "price", "currency", "valid_from", "valid_to")
    values = (offer, "listed", Decimal(price), currency, _day(begin), _day(end) if end else None)
    return dict(zip(names, values, strict=True))


def test_listed_prices(spark):
    offers = [
        ("new", Decimal("1.00"), "EUR"),
        ("same", Decimal("2.00"), "EUR"),
        ("changed", Decimal("3.50"), "EUR"),
        ("money", Decimal("4.00"), "USD"),
        ("unpriced", None, None),
        ("again", Decimal("7.00"), "EUR"),
        ("rerun", Decimal("8.50"), "EUR"),
        ("future", Decimal("9.00"), "EUR"),
    ]
    previous = [
        _listed("same", "2.0000", 1),
        _listed("changed", "3.0000", 2),
        _listed("changed", "2.5000", 1, 2),
        _listed("money", "4.0000", 1),
        _listed("unpriced", "5.0000", 1),
        _listed("gone", "6.0000", 1),
        _listed("again", "7.0000", 1, 3),
        _listed("rerun", "8.0000", 20),
        _listed("future", "9.9900", 25),
    ]
    assert _history(_build(spark, 20, offers, previous=previous)) == [
        ("again", "listed", "7.0000", "EUR", 1, 3),
        ("again", "listed", "7.0000", "EUR", 20, None),
        ("changed", "listed", "2.5000", "EUR", 1, 2),
        ("changed", "listed", "3.0000", "EUR", 2, 20),
        ("changed", "listed", "3.5000", "EUR", 20, None),
        ("future", "listed", "9.9900", "EUR", 25, None),
        ("gone", "listed", "6.0000", "EUR", 1, 20),
        ("money", "listed", "4.0000", "EUR", 1, 20),
        ("money", "listed", "4.0000", "USD", 20, None),
        ("new", "listed", "1.0000", "EUR", 20, None),
        ("rerun", "listed", "8.5000", "EUR", 20, None),
        ("same", "listed", "2.0000", "EUR", 1, None),
        ("unpriced", "listed", "5.0000", "EUR", 1, 20),
    ]


def test_a_price_holds_from_the_day_for_which_the_dump_says_so(spark):
    offers = [
        ("new", Decimal("1.00"), "EUR", 12),
        ("changed", Decimal("3.50"), "EUR", 15),
        ("stale", Decimal("4.50"), "EUR", 5),
        ("same", Decimal("5.00"), "EUR", 15),
        ("ahead", Decimal("6.00"), "EUR", 21),
        ("again", Decimal("7.00"), "EUR", 10),
        ("back", Decimal("7.00"), "EUR", 2),
        ("rerun", Decimal("8.50"), "EUR", 18),
    ]
    previous = [
        _listed("changed", "3.0000", 10),
        _listed("stale", "4.0000", 5),
        _listed("same", "5.0000", 10),
        _listed("again", "7.0000", 1, 3),
        _listed("back", "7.0000", 1, 3),
        _listed("rerun", "8.0000", 20),
    ]
    assert _history(_build(spark, 20, offers, previous=previous)) == [
        ("again", "listed", "7.0000", "EUR", 1, 3),
        ("again", "listed", "7.0000", "EUR", 10, None),
        ("ahead", "listed", "6.0000", "EUR", 20, None),
        ("back", "listed", "7.0000", "EUR", 1, 3),
        ("back", "listed", "7.0000", "EUR", 20, None),
        ("changed", "listed", "3.0000", "EUR", 10, 15),
        ("changed", "listed", "3.5000", "EUR", 15, None),
        ("new", "listed", "1.0000", "EUR", 12, None),
        ("rerun", "listed", "8.5000", "EUR", 18, None),
        ("same", "listed", "5.0000", "EUR", 10, None),
        ("stale", "listed", "4.0000", "EUR", 5, 20),
        ("stale", "listed", "4.5000", "EUR", 20, None),
    ]


def _line(number, day, price, offer="o", currency="GBP", kind="purchase"):
    at = None if day is None else datetime.datetime(2026, 11, day, 23, 59, tzinfo=datetime.UTC)
    return {
        "interaction_id": f"i{number}",
        "type": kind,
        "offer_id": offer,
        "unit_price": None if price is None else Decimal(price),
        "currency": currency,
        "happened_at": at,
        "quantity": 1.0,
    }


LINES = [
    # an even number of purchases: the lower middle, a price that was paid
    *[_line(n, 1, price) for n, price in enumerate(["2.55", "2.55", "3.39", "9.99"])],
    _line(10, 2, "2.55"),
    _line(11, 3, "3.00"),
    _line(12, 5, "2.55"),
    # no price, no day, no purchase
    _line(13, 6, "0"),
    _line(14, None, "1.00"),
    _line(15, 7, "1.00", kind="return"),
    _line(16, 7, None),
    # two currencies on a day: that of most purchases
    *[
        _line(20 + n, 1, price, "p", money)
        for n, (price, money) in enumerate([("5", "USD"), ("6", "EUR"), ("7", "EUR")])
    ],
]


def test_paid_prices(spark):
    assert _history(_build(spark, 20, interactions=LINES)) == [
        ("o", "paid", "2.5500", "GBP", 1, 3),
        ("o", "paid", "3.0000", "GBP", 3, 5),
        ("o", "paid", "2.5500", "GBP", 5, None),
        ("p", "paid", "6.0000", "EUR", 1, None),
    ]


def test_order_of_rows_does_not_matter(spark):
    assert _history(_build(spark, 20, interactions=LINES[::-1])) == _history(_build(spark, 20, interactions=LINES))


def test_a_backfill_adds_no_period_where_one_is_known(spark):
    known = [_listed("a", "2.0000", 1, 10)]
    expected = [("a", "listed", "2.0000", "EUR", 1, 10)]
    for night in (1, 5):
        assert _history(_build(spark, night, [("a", Decimal("3.00"), "EUR")], previous=known)) == expected
