"""Prices as people write them."""

from decimal import Decimal

import pytest
from pyspark.sql import functions as F

from kgspark.ingest.prices import parse_price

# text, currency column, default of the source, hint -> amount, currency, rule
CASES = [
    ("1,299.00", None, "USD", None, "1299", "USD", None),
    ("1.299,00 EUR", None, None, None, "1299", "EUR", None),
    ("$12", None, None, None, "12", "USD", None),
    ("$12", None, "CAD", None, "12", "CAD", None),
    ("US$ 5", None, "CAD", None, "5", "USD", None),
    ("N/A", None, "USD", None, None, None, None),
    (None, None, "USD", None, None, None, None),
    ("1 299,00 €", None, None, None, "1299", "EUR", None),
    ("1\u202f299,00\u00a0€", None, None, None, "1299", "EUR", None),
    ("1'299.50 CHF", None, None, None, "1299.50", "CHF", None),
    ("£1.5", None, None, None, "1.5", "GBP", None),
    ("￥12", None, None, None, "12", "CNY", None),
    ("￥1200", None, "JPY", None, "1200", "JPY", None),
    ("99元", None, None, None, "99", "CNY", None),
    ("12,- €", None, None, None, "12", "EUR", None),
    ("Rs. 1,29,999.00", None, "INR", None, "129999", "INR", None),
    ("199 kr", None, "SEK", None, "199", "SEK", None),
    ("199 kr.", None, None, None, None, None, "price_unreadable"),
    (".99", None, "USD", None, "0.99", "USD", None),
    ("0", None, "USD", None, "0", "USD", None),
    ("1.0E-3", None, "USD", None, "0.001", "USD", None),
    ("2.3333333", None, "USD", None, "2.3333", "USD", None),
    # one separator before three digits
    ("1.299", None, "USD", None, "1.299", "USD", None),
    ("1,299", None, "EUR", None, "1299", "EUR", None),
    ("1.299 €", None, None, None, "1299", "EUR", None),
    ("$1.299", None, None, None, "1.299", "USD", None),
    ("1.299", None, "EUR", ",", "1299", "EUR", None),
    ("1,299", None, "EUR", ",", "1.299", "EUR", None),
    ("1.299 €", None, None, ".", "1.299", "EUR", None),
    ("0.299", None, "EUR", ",", "0.299", "EUR", None),
    # what is wrong
    ("-5.00", None, "USD", None, None, None, "price_negative"),
    ("-$5", None, None, None, None, None, "price_negative"),
    ("$-5", None, None, None, None, None, "price_negative"),
    ("(4.00)", None, "USD", None, None, None, "price_negative"),
    ("4.00-", None, "USD", None, None, None, "price_negative"),
    ("-1.5E2", None, "USD", None, None, None, "price_negative"),
    ("12 ZZZ", None, None, None, None, None, "currency_unknown"),
    ("12", "gold", "USD", None, None, None, "currency_unknown"),
    ("12", "eur", "USD", None, "12", "EUR", None),
    ("12 €", "USD", None, None, None, None, "currency_conflict"),
    ("10-12", None, "USD", None, None, None, "price_unreadable"),
    ("10 12", None, "USD", None, None, None, "price_unreadable"),
    ("1,29.00", None, "USD", None, None, None, "price_unreadable"),
    ("1.2.3", None, "USD", None, None, None, "price_unreadable"),
    ("from 12", None, "USD", None, None, None, "price_unreadable"),
    ("9" * 30, None, "USD", None, None, None, "price_unreadable"),
    ("9" * 10_000, None, "USD", None, None, None, "price_unreadable"),
    ("call us", None, "USD", None, None, None, "price_unreadable"),
]


@pytest.fixture(scope="module")
def parsed(spark):
    rows = [(number, *case[:4]) for number, case in enumerate(CASES)]
    frame = spark.createDataFrame(rows, "number int, text string, named string, default string, decimal string")
    price = parse_price(*[F.col(name) for name in ("text", "named", "default", "decimal")])
    return [row.price for row in frame.select("number", price.alias("price")).orderBy("number").collect()]


@pytest.mark.parametrize("number", range(len(CASES)), ids=[f"{case[0]}"[:20] for case in CASES])
def test_price(parsed, number):
    *_, amount, currency, rule = CASES[number]
    price = parsed[number]
    if price is None:
        assert (amount, rule) == (None, None)
        return
    found = (price.value.amount, price.value.currency) if price.value else (None, None)
    assert (*found, price.rule) == (Decimal(amount) if amount else None, currency, rule)
    assert (price.reason is None) == (rule is None)
