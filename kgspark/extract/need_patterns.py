"""What a text says a product is for, for whom, when and where, by patterns of both languages.

text -> triggers ("use it for", "a gift for", 送给, 买来) -> the phrase behind them -> relation, need, span

A pattern is strong where it alone shows a need; a weak one ("Tent for camping") counts only for needs that strong ones
show elsewhere. ``relation`` is None where neither pattern nor seeds tell it.
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterator
from dataclasses import dataclass

from kgspark.extract.need_words import USED_BY, USED_FOR, USED_WHEN, USED_WHERE, need_name, need_words
from kgspark.extract.opinions.opinion_words import language
from kgspark.extract.opinions.review_tokens import Tokens, tokens
from kgspark.extract.text.folding import simplified

LONGEST_NEED = 3  # words
_EN = need_words("en")
_ENDS = frozenset('.!?;,:()[]"“”…/&|-–—+*')
# Denied, they doubt what follows: "I'm not sure", "I don't think that it is right for work".
_DOUBTS = frozenset({"sure", "think", "believe", "see", "imagine", "say"})
_POSSESSIVE = (("'s",), ("’s",), ("photos",), ("photo",), ("pictures",), ("picture",))
_PARTICLES = frozenset({"up", "out", "around", "about", "down", "off"})
# Before an object of a verb: "hiding the butt", "transitioning into winter". The verb alone is no need.
_OBJECT_AHEAD = frozenset(
    {"the", "my", "your", "his", "her", "their", "its", "those", "these", "it", "them", "into", "to", "from"}
)
_DURATIONS = frozenset({"day", "night", "evening", "weekend", "season", "vacation", "flight"})

_HAN = "\u4e00-\u9fff"
_END = r"(?=$|[^\u4e00-\u9fff\s])"
# 给客人的感受: what guests feel is nothing for guests.
_OF = "的(?!感|印象|服务|体验|态度)"
_DENIED = re.compile("[不没别勿](?:会|能|想|敢|愿意|打算|再|要|太)*$")
_AFTER = rf"(?:用的|用|使用|穿|吃|喝|玩|看|买|的|{_END})"
_PEOPLE = "|".join(sorted(need_words("zh").audiences, key=lambda word: (-len(word), word)))
# Pattern, relation (None: the seeds tell), strong.
_CHINESE: tuple[tuple[re.Pattern[str], str | None, bool], ...] = tuple(
    (re.compile(pattern), relation, strong)
    for pattern, relation, strong in (
        (rf"(?:送给|推荐给|买给)(?P<need>[{_HAN}]{{1,5}}?){_AFTER}", USED_BY, True),
        (rf"[给送](?P<need>{_PEOPLE})(?:买|用|穿|吃|喝|玩|看|{_OF}|礼物|生日|使用|{_END})", USED_BY, True),
        (rf"给(?P<need>[{_HAN}]{{1,4}}?)(?:买|用|穿|吃|喝|玩|看|做)", USED_BY, False),
        (rf"适合(?P<need>[{_HAN}]{{2,5}}?){_AFTER}", None, True),
        (rf"(?:买来|用来|用于|拿来)(?P<need>[{_HAN}]{{2,5}}?)(?:用的|用|的|{_END})", USED_FOR, True),
        (rf"(?<![{_HAN}])主要是(?P<need>[{_HAN}]{{2,5}}?){_END}", USED_FOR, False),
        (rf"(?<![{_HAN}])(?P<need>[{_HAN}]{{2,5}}?)(?:很合适|很适合){_END}", USED_FOR, False),
        (rf"(?<![{_HAN}])(?P<need>[{_HAN}]{{2,5}}?)(?:用得最多|用很方便|穿很|穿正|用正)", USED_WHEN, True),
        (r"(?P<need>冬天|夏天|春天|秋天|冬季|夏季|春季|秋季)(?:穿|用)", USED_WHEN, True),
        (rf"在(?P<need>[{_HAN}]{{1,4}}?)(?:用|使用|穿)", None, False),
    )
)


@dataclass(frozen=True)
class Need:
    """A need in a text: ``begin`` and ``end`` are code points, ``need`` its canonical name."""

    relation: str | None
    need: str
    begin: int
    end: int
    strong: bool


def needs(text: str, code: str, titled: bool = False) -> Iterator[Need]:
    """Every need that a pattern of the language finds; ``titled``: the text is an offer's title."""
    seen: set[tuple[int, int]] = set()
    for need in _chinese(text) if code == "zh" else _english(tokens(text, "en"), titled):
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
            yield from _phrase(cut, at + 1, USED_BY, True)
        elif word in _EN.prepositions and _used(words, at):
            yield from _circumstance(cut, at)
        elif word.endswith("ing") and words[at - 1] in _EN.objects | _EN.often | {"handy"} and _used(words, at):
            yield from _phrase(cut, at, USED_WHEN, True)


def _purpose(cut: Tokens, at: int, titled: bool) -> Iterator[Need]:
    before = cut.words[_before(cut.words, at)] if at else ""
    if before in _EN.gifts:
        yield from _phrase(cut, at + 1, USED_BY, True)
    else:
        strong = before in _EN.willing or before in _EN.fitting
        # "Had it for a day": how long.
        lasts = before not in _EN.fitting and cut.words[at + 1 : at + 2] in (("a",), ("an",), ("one",))
        for found in _phrase(cut, at + 1, None, strong):
            if (lasts and found.need in _DURATIONS) or _takes_object(cut, found.end):
                continue
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
    for before in range(at - 1, max(at - 5, -1), -1):
        if words[before] in language("en").negations or words[before] in ("too", "little", "leave"):
            return True
        if words[before] in _ENDS:
            return False
    doubted = range(max(at - 9, 1), at)
    return any(words[k] in _DOUBTS and words[k - 1] in language("en").negations for k in doubted)


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
    words, english = cut.words, language("en")
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
    yield Need(told, need_name(phrase), cut.begin[begin], cut.end[end - 1], strong)


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


def _bare(text: str, begin: int, end: int) -> tuple[int, int]:
    """Without whose it is, and without plural and aspect particles: 我|妈, 朋友|们, 朋友|了."""
    while end - begin > 1 and text[begin] in "我你他她":
        begin += 1
    while end - begin > 1 and text[end - 1] in "们了吧的":
        end -= 1
    return begin, end


def _chinese(text: str) -> Iterator[Need]:
    known, text = need_words("zh"), simplified(text)
    taken: set[tuple[int, int]] = set()
    for pattern, relation, strong in _CHINESE:
        for match in pattern.finditer(text):
            span = _bare(text, *match.span("need"))
            phrase = text[span[0] : span[1]]
            seeded = known.relation(phrase, phrase)
            denied = _DENIED.search(text, max(0, match.start() - 6), match.start())
            # 适合我的发质: what is one's own is no kind of use.
            own = phrase.startswith("的")
            if denied or own or phrase in known.no_need or any(b < span[1] and span[0] < e for b, e in taken):
                continue
            # A person is given something, and is no time; a season is when, whatever the pattern.
            told = seeded or relation
            if relation == USED_BY and seeded not in (None, USED_BY):
                continue
            taken.add(span)
            yield Need(told, need_name(phrase), *span, strong or seeded is not None)
