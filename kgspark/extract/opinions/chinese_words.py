"""What jieba's dictionary says of Chinese words: which may name an aspect, which may judge; it is often wrong, so that
ratings may overrule it. English has no dictionary here, and all words may.
"""

from __future__ import annotations

from kgspark.extract.opinions.opinion_words import Language
from kgspark.extract.opinions.review_tokens import NOUN_ENDINGS, parts_of_speech


def is_noun(phrase: str) -> bool:
    """A Chinese noun by the dictionary, or a word that it does not know."""
    return parts_of_speech().get(phrase, "x")[0] in "nx" or phrase[-1] in NOUN_ENDINGS


def is_closed(phrase: str, known: Language) -> bool:
    """Is it put together of nothing but closed words, which the dictionary does not know as one: 下次还会, 刚买?"""
    closed = known.function | known.degrees | known.auxiliaries
    return phrase not in parts_of_speech() and all(sign in closed for sign in phrase)


def may_judge(word: str, aspects: set[str], known: Language, surely: bool) -> bool:
    """In Chinese: of a part of speech that judges, or a whole predicate that ratings tell ``surely`` (a single sign
    must be an adjective), and not an aspect and what is said of it in one (质量很好).
    """
    if not known.opinion_tags:
        return True
    sign = len(word) == 1 and not parts_of_speech().get(word, "x").startswith("a")
    says_both = any(word[:end] in aspects for end in range(2, len(word)))
    return (surely or tagged(word, known.opinion_tags)) and not sign and not says_both


def needs_degree(word: str, known: Language) -> bool:
    """Is it a Chinese noun or verb, which judges only where degrees proper stand before it (很标准, 很适合)?"""
    return bool(known.opinion_tags) and parts_of_speech().get(word, "x")[0] not in "azilx"


def tagged(phrase: str, tags: frozenset[str]) -> bool:
    """Is the phrase of one of the parts of speech, as far as the dictionary knows it?"""
    return not tags or parts_of_speech().get(phrase, "x") in tags
