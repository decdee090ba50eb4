"""The same person keeps one name; only the key makes it; the key is nowhere to be read."""

import hashlib
import hmac

import pytest
from pyspark.sql import functions as F

from kgspark.errors import InputError
from kgspark.privacy.pseudonyms import pseudonym

KEY = b"a key for tests, 32 bytes long.."


def _expected(namespace: str, raw: str) -> str:
    message = f"{len(namespace)}:{namespace}{len(raw)}:{raw}".encode()
    return "shopper/" + hmac.new(KEY, message, hashlib.sha256).hexdigest()[:16]


def test_is_hmac_sha256(spark):
    raw = [("shop", "17850"), ("shop", "王小明"), ("other", "17850"), ("shop", None), ("shop", "17850")]
    frame = spark.createDataFrame(raw, "namespace string, raw string")
    out = frame.select(pseudonym("shopper", F.col("raw"), F.col("namespace"), KEY)).collect()
    assert [row[0] for row in out] == [_expected(n, r) if r else None for n, r in raw]


def test_plan_shows_no_key(spark, capsys):
    frame = spark.createDataFrame([("17850",)], "raw string")
    frame.select(pseudonym("shopper", F.col("raw"), F.lit("shop"), KEY)).explain(extended=True)
    plan = capsys.readouterr().out
    assert "keyed" in plan
    for shown in (KEY.decode(), KEY.hex(), KEY.hex().upper(), str(list(KEY))[1:-1]):
        assert shown not in plan


def test_short_key_is_refused():
    with pytest.raises(InputError, match="KGSPARK_KEY"):
        pseudonym("shopper", F.col("raw"), F.lit("shop"), b"short")
