"""What a text says a product is for, for whom, when and where, by patterns: English ones here.

text -> triggers ("use it for", "a gift for") -> the phrase behind them -> relation, need, span

A pattern is strong where it alone shows a need; a weak one ("Tent for camping") counts only for needs that strong ones
show elsewhere. ``relation`` is None where neither pattern nor seeds tell it.
"""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Iterator

from kgspark.extract.chinese_needs import chinese_needs
from kgspark.extract.need_words import USED_BY, USED_WHEN, USED_WHERE, Need, need_name, need_words
from kgspark.extract.opinions.opinion_words import language
from kgspark.extract.opinions.review_tokens import Tokens, tokens

LONGEST_NEED = 3  # words
_EN = need_words("en")
_ENDS = frozenset('.!?;,:()[]"“”…/&|-–—+*')
_SENTENCE_ENDS = frozenset(".!?")
_BUT_IS_EXCEPT = frozenset({"nothing", "anything", "none", "all", "anyone", "everything"})
# Denied, they doubt what follows: "I'm not sure", "I don't think that it is right for work".
_DOUBTS = frozenset({"sure", "think", "believe", "see", "imagine", "say"})
_POSSESSIVE = (("'s",), ("’s",), ("photos",), ("photo",), ("pictures",), ("picture",))
# A hope that may have come to nothing: "I thought it would be perfect for work".
_HOPES = frozenset({"thought", "hoped", "hoping", "wish", "wished", "hope", "hopes", "maybe", "perhaps"})
# Right before "for" they say that it is not.
_UNFIT = frozenset({"questionable", "inappropriate", "unsuitable", "impractical", "wrong"})
# It might just be right for work; but last May.
_MAY = frozenset({"may", "might"})
_DO = frozenset({"be", "work", "fit", "do", "come", "look", "suit", "become", "make"})
_AFTER_MAY = 3  # words
_WAITED = frozenset({"wait", "waiting", "waited", "search", "searching"})
_GIVEN = frozenset({"gave", "given", "gift", "gifts", "present"})
_ALL, _EVERY = frozenset({"all", "any", "each", "every"}), frozenset({"each", "every"})
_FRIENDS = frozenset({"friend", "friends"})
_PARTICLES = frozenset({"up", "out", "around", "about", "down", "off"})
# Before an object of a verb: "hiding the butt", "transitioning into winter". The verb alone is no need.
_OBJECT_AHEAD = frozenset(
    {"the", "my", "your", "his", "her", "their", "its", "those", "these", "it", "them", "into", "to", "from"}
)
_DURATIONS = frozenset({"day", "night", "evening", "weekend", "season", "vacation", "flight"})


def needs(text: str, code: str, titled: bool = False) -> Iterator[Need]:
    """Every need that a pattern of the language finds; ``titled``: the text is an offer's title."""
    seen: set[tuple[int, int]] = set()
    for need in chinese_needs(text) if code == "zh" else _english(tokens(text, "en"), titled):
        if (need.begin, need.end) not in seen:
            seen.add((need.begin, need.end))
            yield need


def _english(cut: Tokens, titled: bool) -> Iterator[Need]:
    words = cut.words
    for at, word in enumerate(words):
        if (word in ("for", "to") or word in _EN.prepositions) and _denied(words, at):
            continue
        if word == "for":
            yield from _purpose(cut, at, titled)
        elif word == "to" and at and words[_before(words, at)] in ("recommend", "recommended"):
            # To whom it is praised need not be who uses it: "recommend it to my friends".
            yield from (need for need in _phrase(cut, at + 1, USED_BY, True) if need.need.split()[-1] not in _FRIENDS)
        elif word in _EN.prepositions and _used(words, at):
            yield from _circumstance(cut, at)
        elif word.endswith("ing") and words[at - 1] in _EN.objects | _EN.often | {"handy"} and _used(words, at):
            yield from _phrase(cut, at, USED_WHEN, True)


def _purpose(cut: Tokens, at: int, titled: bool) -> Iterator[Need]:
    before = cut.words[_before(cut.words, at)] if at else ""
    if before in _WAITED:
        return  # waiting for weather to cool off
    if before in _EN.gifts:
        yield from _phrase(cut, at + 1, USED_BY, True)
    else:
        strong = before in _EN.willing or before in _EN.fitting
        # "Had it for a day": how long.
        lasts = before not in _EN.fitting and cut.words[at + 1 : at + 2] in (("a",), ("an",), ("one",))
        for found in _phrase(cut, at + 1, None, strong):
            if (lasts and found.need in _DURATIONS) or _takes_object(cut, found.end):
                continue
            if found.relation == USED_WHEN and _GIVEN & set(_clause(cut.words, at, 8, _SENTENCE_ENDS)):
                continue  # "My sister gave me this for christmas"
            # "Waiting for my daughter": alone, "for" shows a time or a place at most, but in a title.
            if strong or titled or found.relation in (USED_WHEN, USED_WHERE):
                yield found


def _circumstance(cut: Tokens, at: int) -> Iterator[Need]:
    for found in _phrase(cut, at + 1, None, True):
        if found.relation is None and cut.words[at] in ("before", "after", "during", "every", "while"):
            yield Need(USED_WHEN, found.need, found.begin, found.end, True)
        elif found.relation not in (None, USED_BY):
            yield found


def _takes_object(cut: Tokens, end: int) -> bool:
    """Hiding the butt, transitioning into winter: a verb of which the text goes on to say what it does."""
    last = bisect.bisect_left(cut.end, end)
    ahead = cut.words[last + 1 : last + 2]
    return cut.words[last].endswith("ing") and bool(ahead) and ahead[0] in _OBJECT_AHEAD


def _denied(words: tuple[str, ...], at: int) -> bool:
    """Not for girls with a chest, too heavy for summer, not sure it is right for work: a denial shortly before, in the
    same clause.
    """
    negations = language("en").negations
    before = _clause(words, at, 9)
    may = any(w in _MAY and not _DO.isdisjoint(before[k + 1 : k + 1 + _AFTER_MAY]) for k, w in enumerate(before))
    hoped = may or not _HOPES.isdisjoint(before)
    doubted = any(a in negations and b in _DOUBTS for a, b in itertools.pairwise(before))
    near = _clause(words, at, 4)
    # A bit low for work; but a bit of colour for summer, and every bit as good.
    bit = any(near[k : k + 2] == ("a", "bit") and near[k + 2 : k + 3] != ("of",) for k in range(len(near)))
    unfit = not _UNFIT.isdisjoint(near[-1:])
    return hoped or doubted or bit or unfit or any(w in negations or w in ("too", "little", "leave") for w in near)


def _clause(words: tuple[str, ...], at: int, longest: int, ends: frozenset[str] = _ENDS) -> tuple[str, ...]:
    """Of the words before that one those in its clause, at most so many; "but" begins one, "nothing but" does not."""
    begin = max(at - longest, 0)

    def parts(k: int) -> bool:
        return words[k] in ends or (ends is _ENDS and words[k] == "but" and words[max(k - 1, 0)] not in _BUT_IS_EXCEPT)

    return words[max([begin, *(k + 1 for k in range(begin, at) if parts(k))]) : at]


def _before(words: tuple[str, ...], at: int) -> int:
    """The word before, objects and adverbs between them left out: bought (it) for, handy (mostly) in."""
    before = at - 1
    while before > 0 and words[before] in _EN.objects and at - before < 3:
        before -= 1
    return before


def _used(words: tuple[str, ...], at: int) -> bool:
    before = at - 1
    while before > 0 and (words[before] in _EN.objects or words[before] in _EN.often) and at - before < 4:
        before -= 1
    return before >= 0 and words[before] in _EN.uses


def _phrase(cut: Tokens, begin: int, relation: str | None, strong: bool) -> Iterator[Need]:
    """The noun phrase that begins there, without its determiners."""
    words, english, start = cut.words, language("en"), begin
    while begin < len(cut) and words[begin] in english.determiners:
        begin += 1
    end = begin
    while end < len(cut) and end - begin < LONGEST_NEED and _belongs(words[end], end == begin):
        end += 1
    if end == begin or _of_another(words, end):
        return
    if words[end - 1].endswith("ing") and words[end : end + 1] and words[end] in _PARTICLES:
        end += 1  # working out, dressing up
    phrase, head = " ".join(words[begin:end]), words[end - 1]
    nothing = phrase in _EN.vague or phrase in _EN.no_need or head in _EN.no_need
    if nothing or head in english.plain or head in english.seeds or len(head) < 3:
        return
    told = relation or _EN.relation(phrase, head)
    named = _recurring(phrase, frozenset(words[max(start - 1, 0) : begin]))
    if named is not None:
        yield Need(told, need_name(named), cut.begin[begin], cut.end[end - 1], strong)


def _recurring(phrase: str, determiners: frozenset[str]) -> str | None:
    """The name of a time that only its determiner tells: any season, every day. None for "the season", which tells no
    time of the year.
    """
    if phrase in ("season", "seasons"):
        return "seasons" if determiners & _ALL else None
    if phrase in ("day", "single day") and determiners & _EVERY:
        return "everyday"
    return None if phrase == "single day" else phrase


def _of_another(words: tuple[str, ...], end: int) -> bool:
    """My friend's wedding, daughter in law, family photos: whom the words name is not who they end with."""
    return words[end : end + 1] in _POSSESSIVE or words[end : end + 2] == ("in", "law")


def _belongs(word: str, first: bool) -> bool:
    english = language("en")
    if word in _ENDS or not word[0].isalpha():
        return False
    closed = (
        word in english.function or word in english.copulas or word in english.contrasts or word in english.negations
    )
    noun = word in (
        "day",
        "days",
        "people",
        "work",
        "morning",
        "first",
        "spring",
        "summer",
        "winter",
        "autumn",
        "fall",
        "weather",
    )
    return not closed or noun or (first and word in ("small", "big", "long", "every"))
