"""What reviews teach: parts of products are aspects, what judges them are opinions; made-up reviews of a skirt."""

from __future__ import annotations

import pytest

from kgspark.extract.opinions.grow_opinions import grow
from kgspark.extract.opinions.opinion_lexicon import Lexicon

GOOD = [
    "The hem is soft. Its hem is great.",
    "The hem is so dreamy. The regular hem is great, the blue color is soft.",
    "Such a pencil hem. The regular hem is soft, the blue color is great.",
    "I wear it with a belt. A belt is great, my belt is soft.",
]
BAD = ["Beautiful hem. The hem is so scrunched and I sent it back.", "Beautiful hem, but it broke."]


@pytest.fixture(scope="module")
def learnt() -> Lexicon:
    texts = (GOOD + BAD) * 30
    return grow(texts, ([1.0] * len(GOOD) + [0.0] * len(BAD)) * 30, [None] * len(texts), "en", 8)


def test_parts_of_the_product_are_aspects_and_what_is_met_with_it_is_none(learnt: Lexicon) -> None:
    assert "hem" in learnt.aspects
    assert "belt" not in learnt.aspects


def test_one_of_a_kind_is_no_aspect_beside_the_kind(learnt: Lexicon) -> None:
    assert not {"regular hem", "blue color"} & learnt.aspects


def test_what_judges_is_said_of_things(learnt: Lexicon) -> None:
    assert learnt.opinions["dreamy"] > 0 > learnt.opinions["scrunched"]
    assert "pencil" not in learnt.opinions


def test_a_seed_keeps_its_sign_whatever_else_its_reviews_say(learnt: Lexicon) -> None:
    assert ("hem", "beautiful") not in learnt.pairs
