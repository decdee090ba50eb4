"""Where a text says something of something: the place of an aspect, the place of an opinion, and whether it is denied.

tokens -> opinion words -> what denies or weakens them to their left -> the noun phrase that they are said of

Which nouns are aspects and which words are opinions is the lexicon's business: the same walk learns the lexicon (with
every word allowed) and applies it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from kgspark.extract.opinions.chinese_slots import Chinese
from kgspark.extract.opinions.english_slots import English
from kgspark.extract.opinions.opinion_walk import Slot
from kgspark.extract.opinions.opinion_words import Language
from kgspark.extract.opinions.review_tokens import Tokens


def slots(tokens: Tokens, known: Language, is_opinion: Callable[[str], bool]) -> Iterator[Slot]:
    """Every pair of a noun phrase and an opinion word that a pattern of the language joins, from left to right."""
    walk = English(tokens, known, is_opinion) if known.code == "en" else Chinese(tokens, known, is_opinion)
    earlier: dict[int, list[Slot]] = {}
    for at, word in enumerate(tokens.words):
        if word in known.likes and not walk.wished(at):
            yield from walk.liked(at)
        elif is_opinion(word) and not walk.helps_verb(at) and not walk.wished(at):
            found = walk.judged(at, earlier)
            earlier[at] = found
            yield from found
