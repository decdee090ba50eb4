"""What a person would read is what is left."""

import unicodedata

import regex
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyspark.sql import functions as F

from kgspark.ingest.clean_text import NFC_SUSPECT, clean_collections, clean_columns, stated

TEXTS = {
    "plain title": "plain title",
    "Black &amp; Decker": "Black & Decker",
    "AT&amp;amp;T": "AT&T",
    "caf&eacute; &#233; &#xE9; &#XE9;": "café é é é",
    "10&nbsp;cm &#150; 12 cm": "10 cm – 12 cm",
    "Tom&Jerry &unknown; R&D & more": "Tom&Jerry &unknown; R&D & more",
    "no semicolon &amp here": "no semicolon & here",
    "?a=1&lt=2&copy=3": "?a=1&lt=2&copy=3",
    "&#0;x&#xD800;": "\ufffdx\ufffd",
    "&lt;b&gt;bold&lt;/b&gt; and &lt;5 kg": "bold and <5 kg",
    "<p>one</p><p>two<br/>three</p>": "one two three",
    "fan<b>tas</b>tic": "fantastic",
    "a <y> b <3 c < d > e": "a <y> b <3 c < d > e",
    "x<script>alert('<p>')</script>y<!-- no -->z": "x y z",
    "\ufeffstart and\ufeff inside": "start and inside",
    "tab\tnew\r\nline\u00a0and\u3000wide": "tab new line and wide",
    "zero\u200bwidth soft\u00adhyphen bell\x07": "zerowidth softhyphen bell",
    "family \U0001f468\u200d\U0001f469": "family \U0001f468\u200d\U0001f469",
    "Cafe\u0301": "Café",
    "5 \u212b": "5 Å",
    "&#101;&#769;": "é",
    "  \ufeff &nbsp; <br> ": None,
    "价格&nbsp;好": "价格 好",
}


def test_clean_texts(spark):
    frame = spark.createDataFrame([(text,) for text in TEXTS], "raw string")
    cleaned = clean_columns(frame.withColumn("clean", F.col("raw")), ["clean"])
    assert {row.raw: row.clean for row in cleaned.collect()} == TEXTS


def test_clean_arrays_and_maps(spark):
    rows = [
        (["<b>Cafe\u0301</b>", None, " ", "B&amp;B"], {"a": "x&nbsp;y", "b": "n/a", "c": None, "d": "e\u0301"}),
        ([], {}),
        (None, {"a": ""}),
    ]
    frame = spark.createDataFrame(rows, "levels array<string>, attributes map<string,string>")
    cleaned = clean_collections(frame, arrays=["levels"], maps=["attributes"])
    assert [tuple(row) for row in cleaned.collect()] == [
        (["Café", "B&B"], {"a": "x y", "d": "é"}),
        ([], {}),
        ([], {}),
    ]


def test_words_for_nothing(spark):
    frame = spark.createDataFrame([("N/A",), (" none ",), ("暂无",), ("None Such",), (None,)], "raw string")
    assert [row[0] for row in frame.select(stated(F.col("raw"))).collect()] == [None, None, None, "None Such", None]


def test_every_character_that_normalisation_may_change_is_a_suspect():
    suspect = regex.compile(_python(NFC_SUSPECT))
    for code in range(0x110000):
        character = chr(code)
        if 0xD800 <= code <= 0xDFFF or character.isspace():
            continue
        changes = unicodedata.normalize("NFC", character) != character or unicodedata.combining(character)
        assert not changes or suspect.match(character), hex(code)


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.text(alphabet=st.characters(exclude_categories=["Cs", "Cn"]), max_size=6))
def test_text_without_suspects_is_normal(text):
    if not regex.search(_python(NFC_SUSPECT), text) and not any(c.isspace() for c in text):
        assert unicodedata.normalize("NFC", text) == text


def _python(pattern: str) -> str:
    """Java writes a code point beyond four digits as \\x{...}, Python as \\UXXXXXXXX."""
    return regex.sub(r"\\x\{([0-9A-F]+)\}", lambda match: f"\\U{int(match[1], 16):08X}", pattern)
