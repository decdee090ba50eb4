"""Spans of clean and scrubbed text in the raw field."""

from __future__ import annotations

import pytest

from kgspark.extract.text.review_places import ReviewPlaces


@pytest.mark.parametrize(
    ("raw", "clean", "words"),
    [
        ("The screen is good", "The screen is good", "screen"),
        ("  The\n <b>screen</b> is good", "The screen is good", "screen"),
        ("😀 a &amp; the caf\u0065\u0301 screen", "😀 a & the caf\u00e9 screen", "screen"),
        # Scrubbed: the text is longer, and shorter, than what stood there.
        ("mail a@b.cc the screen is good", "mail [email] the screen is good", "screen"),
        ("call me: +49 151 84199945 屏幕很好", "call me: [phone] 屏幕很好", "屏幕"),
        ("good screen a@example.com bad <i>screen</i>", "good screen [email] bad screen", "bad screen"),
    ],
)
def test_the_span_holds_the_words(raw: str, clean: str, words: str) -> None:
    begin = clean.rindex(words)
    first, last = ReviewPlaces(raw, clean).raw(begin, begin + len(words))
    assert raw[first:last].replace("<i>", "") == words


def test_changed_words_lie_between_their_neighbours() -> None:
    raw, clean = "see a@b.cc now", "see [email] now"
    first, last = ReviewPlaces(raw, clean).raw(4, 11)
    assert raw[first:last].strip() == "a@b.cc"


def test_a_huge_scrubbed_text_takes_no_time() -> None:
    clean = "call [phone] " + "good screen " * 50_000
    places = ReviewPlaces(clean.replace("[phone]", "+49 151 84199945"), clean)
    first, last = places.raw(1000, 1006)
    assert 0 <= first <= last
