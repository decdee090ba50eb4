"""The offset map against the cleaning that Spark does, on texts as bad as feeds have them."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyspark.sql import SparkSession

from kgspark.extract.text.raw_places import places
from kgspark.ingest.clean_text import clean_columns

TEXTS = [
    "plain words",
    "  two  spaces \t and\u00a0more\u2009 ",
    "Caf\u0065\u0301 &amp; <b>Bar</b><br>2&nbsp;L",
    "&amp;lt; &#150; &#x1F375; &bogus; &#0; &#xD800; &lt 3 & co &#9999999;",
    "a <y> b <3 c <!-- gone --> d <script>x<y</script>e <STYLE>p{}</STYLE >f",
    "<p>Mug\u00ad\u200b sky&shy;blue</p>\ufeff",
    "\U0001f375 tea \U0001f468\u200d\U0001f469\u200d\U0001f467 \U0001f1e9\U0001f1ea",
    "\u1112\u1161\u11ab\u1100\u1173\u11af \u0958 \u212b \u2126 q\u0307\u0323",
    "\u0041\u030a\u0041\u0301\u0327 \ufb1d \u2f800 \U0002f800",
    "５００ＭＬ　兩瓶裝\x00\x1f\x85x",
    "]]>x<![CDATA[y]]><!doctype html><td>1<td>2</table>",
    "<a href='x>y'>z</a> </font color=red>w",
    "&", "&;", "<", "&amp", "&ampx;", "&nbsp=1", "1 &lt;b&gt;2&lt;/b&gt;",
]  # fmt: skip


def test_it_tells_what_spark_cleaned(spark: SparkSession) -> None:
    frame = spark.createDataFrame([(n, t, t) for n, t in enumerate(TEXTS)], "n int, raw string, clean string")
    cleaned = {row.n: row.clean for row in clean_columns(frame, ["clean"]).collect()}
    for n, raw in enumerate(TEXTS):
        clean = cleaned[n]
        if clean is None:
            continue
        known = places(raw, clean)
        assert known is not None, (raw, clean)
        assert len(known.begins) == len(known.ends) == len(clean)
        for at, character in enumerate(clean):
            begin, end = known.raw(at, at + 1)
            said = raw[begin:end]
            assert begin < end
            assert (
                character in unicodedata.normalize("NFC", said)
                or said.startswith(("&", "<"))
                or said.isspace()
                or len(said) > 1
            )


@pytest.mark.parametrize(
    ("raw", "clean", "words", "expected"),
    [
        ("Tea \U0001f375 500 ml", "Tea \U0001f375 500 ml", "500 ml", "500 ml"),
        ("Ro\u0308st 500&nbsp;g", "R\u00f6st 500 g", "500 g", "500&nbsp;g"),
        ("Ro\u0308st", "R\u00f6st", "\u00f6", "o\u0308"),
        ("<b>5</b>00 g", "500 g", "500", "5</b>00"),
        ("sky \u200b  blue", "sky blue", "sky blue", "sky \u200b  blue"),
    ],
)
def test_words_lead_back(raw: str, clean: str, words: str, expected: str) -> None:
    known = places(raw, clean)
    assert known is not None
    begin = clean.index(words)
    first, last = known.raw(begin, begin + len(words))
    assert raw[first:last] == expected


def test_a_text_that_was_made_otherwise_has_no_places() -> None:
    assert places("Sony turntable", "Turntable by Sony") is None


@settings(deadline=None)
@given(st.text())
def test_no_text_breaks_it(raw: str) -> None:
    places(raw, "x")
