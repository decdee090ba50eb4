"""Addresses and telephone numbers go, everything else stays."""

from pyspark.sql import functions as F

from kgspark.privacy.scrub import scrub

GONE = {
    "write to jane.doe+shop@mail.example.co.uk please": "write to [email] please",
    "jane (at) example.com": "[email]",
    "联系我：wang@example.cn。": "联系我：[email]。",
    "call (555) 010-9999 now": "call [phone] now",
    "555-010-9999.": "[phone].",
    "1-800-555-0199 is the hotline": "[phone] is the hotline",
    "+44 20 7946 0958": "[phone]",
    "+1 (555) 010-9999": "[phone]",
    "0049 30 901820": "[phone]",
    "手机13800138000，很好": "手机[phone]，很好",
    "138-0013-8000": "[phone]",
    "86 138 0013 8000": "[phone]",
    "010-62345678": "[phone]",
    "UK 07700 900123 or 020 7946 0958": "UK [phone] or [phone]",
    "01 23 45 67 89": "[phone]",
    "tel: 5550109": "tel: [phone]",
    "电话:62345678": "电话:[phone]",
    "My phone number is 555 0109 22": "My phone number is [phone]",
}

STAYS = [
    "order 112-1234567-1234567 came late",
    "order #13800138000",
    "订单号13800138000",
    "I paid $1,299.00 for it, was 1299.99",
    "size 34-36-38, 5'8\" and 135 lbs",
    "ISBN 978-0-306-40615-7",
    "ISBN 9780306406157 and ASIN B006ZS5ATM",
    "bought 2023-05-14 at 10:15:30",
    "14.05.2023 and 05/14/2023",
    "model 555-0109, part 123.456.7890",
    "1920x1080 screen, 3.5 mm jack, 2.4-5 GHz",
    "1234567890123456",
    "email me",
    "good @ this price",
    "rated 100-200-300",
]


def test_scrubbed(spark):
    texts = [*GONE, *STAYS, None]
    frame = spark.createDataFrame([(text,) for text in texts], "raw string")
    found = {row.raw: row.out for row in frame.select("raw", scrub(F.col("raw")).alias("out")).collect()}
    assert found == GONE | {text: text for text in STAYS} | {None: None}
