"""Review records become reviews without the reader's name and number."""

import datetime
import hashlib
import hmac

import pytest
from pyspark.sql import functions as F

from kgspark.columns import hash_id
from kgspark.ingest import reviews
from kgspark.ingest.silver_settings import SilverSettings
from tests.ingest.silver_world import KEY, bronze, night, rejects, source

MAPPING = {
    "key": "id",
    "catalogue": "shop",
    "columns": {
        "product": "sku",
        "shopper": "user",
        "title": "head",
        "text": "body",
        "rating": {"field": "stars", "min": 1, "max": 5},
        "helpful_votes": "votes",
        "reviewed_at": "at",
        "category_path": "cat",
        "attributes": {"age": "age"},
    },
}
SITE = source("site", "reviews", MAPPING)
FULL = {
    "id": "1",
    "sku": "A1",
    "user": " u17 ",
    "head": "\ufeffVery good",
    "body": "I love it and would buy it again. Mail me: jane@example.com or 555-010-9999",
    "stars": "4",
    "votes": "1,204",
    "at": "1675419330",
    "cat": "书籍",
    "age": "33",
}


@pytest.fixture(scope="module")
def built(spark):
    records = [
        {"record_id": "1", "source": "site", "fields": FULL},
        {
            "record_id": "2",
            "source": "site",
            "fields": {"id": "2", "body": "质量很好，物流也快", "stars": "6", "votes": "-1", "at": "2023-02-30"},
        },
        {"record_id": "3", "source": "site", "fields": {"id": "3", "head": " <p> ", "stars": "many"}},
        {"record_id": "4", "source": "site", "fields": {"id": "4", "stars": "5/5"}},
        {"record_id": "5", "source": "site", "variant": 0, "fields": FULL},
        {"record_id": "5", "source": "site", "variant": 1, "fields": FULL | {"stars": "1"}},
        {"record_id": "6", "source": "site", "problem": "invalid_utf8"},
    ]
    frame = bronze(spark, "bronze.review_records", records)
    out = reviews.build(frame, cfg=SilverSettings(), night=night(SITE))
    return {row.record_id: row for row in out["silver.reviews"].collect()}, rejects(out["silver.reviews_rejected"])


def test_a_clean_review(spark, built):
    review = built[0]["1"].asDict(recursive=True)
    origins = review.pop("origins")
    ids = spark.range(1).select(
        hash_id("review", F.lit("site"), F.lit("1")), hash_id("offer", F.lit("shop"), F.lit("A1"))
    )
    review_id, offer_id = ids.head()
    shopper = hmac.new(KEY, b"4:site3:u17", hashlib.sha256).hexdigest()[:16]
    assert review == {
        "review_id": review_id,
        "source": "site",
        "record_id": "1",
        "offer_id": offer_id,
        "product_source": "shop",
        "product_key": "A1",
        "category_path": ["书籍"],
        "shopper_id": f"shopper/{shopper}",
        "title": "Very good",
        "text": "I love it and would buy it again. Mail me: [email] or [phone]",
        "rating": 0.75,
        "rating_original": "4",
        "helpful_votes": 1204,
        "reviewed_at": datetime.datetime(2023, 2, 3, 10, 15, 30),  # noqa: DTZ001 - Spark returns UTC without a zone
        "language": "en",
        "attributes": {"age": "33"},
    }
    assert origins["product_key"] == {"field": "sku", "begin": 0, "end": 2}
    assert origins["title"] == {"field": "head", "begin": 0, "end": 10}
    assert set(origins) == {
        *("product_key", "category_path", "shopper_id", "title", "text", "rating", "helpful_votes", "reviewed_at"),
        "attributes.age",
    }


def test_what_a_review_may_lack(built):
    found, _ = built
    assert set(found) == {"1", "2", "4"}
    assert (found["2"].language, found["2"].offer_id, found["2"].shopper_id) == ("zh", None, None)
    assert (found["2"].rating, found["2"].rating_original, found["2"].helpful_votes) == (None, None, None)
    assert (found["4"].rating, found["4"].text, found["4"].category_path) == (1.0, None, [])


def test_what_was_set_aside(built):
    assert built[1] == [
        ("2", "helpful_votes", "count_unreadable", True),
        ("2", "rating", "rating_out_of_range", True),
        ("2", "reviewed_at", "date_impossible", True),
        ("3", "*", "empty_review", False),
        ("3", "rating", "rating_unreadable", False),
        ("5", "*", "conflicting_duplicate", False),
        ("5", "*", "conflicting_duplicate", False),
        ("6", "*", "invalid_utf8", False),
    ]
