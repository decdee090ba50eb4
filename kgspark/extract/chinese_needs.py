"""The same of Chinese texts: expressions in which a use, a person, a time or a place has its slot.

text -> triggers (送给, 买来, 适合) -> the phrase behind or before them -> relation, need, span
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from kgspark.extract.need_words import USED_BY, USED_FOR, USED_WHEN, Need, need_name, need_words
from kgspark.extract.text.folding import simplified

_HAN = "\u4e00-\u9fff"
_END = r"(?=$|[^\u4e00-\u9fff\s])"
# 给客人的感受: what guests feel is nothing for guests.
_OF = "的(?!感|印象|服务|体验|态度)"
_DENIED = re.compile(
    "(?:[不没别勿]|是否)(?:有|是|很|太|大|怎么|会|能|想|敢|愿意|打算|再|要|值得|适合|建议|推荐|送|买|卖)*$"
)
# 在晚上使用是非常不方便的: in the same clause the text goes on to say that it does not do; but 没有任何不便, 不便宜.
_FAILS = re.compile(
    r"[^，。！？；,.!?;]{0,16}?(?P<failing>不(?:太|大|是很|怎么)?(?:方便|合适|适合|好用)|看不清|不便(?!宜))"
)
_NOT_AT_ALL = re.compile("[没无][^，。！？；,.!?;]{0,4}$")
_AFTER = rf"(?:用的|用|使用|穿|吃|喝|玩|看|买|的|{_END})"
_PEOPLE = "|".join(sorted(need_words("zh").audiences, key=lambda word: (-len(word), word)))
# 给同事的女儿买; but 老人机, 女士包 and 学生书包 are things.
_KIN = re.compile(
    rf"的(?!朋友)(?P<kin>(?:{_PEOPLE}){{1,2}})(?=们|买|用|使用|穿|吃|喝|玩|看|读|阅读|学习|做|住|的|了|生日|礼物|{_END})"
)
# 妈妈的朋友, 有车的朋友: somebody.
_SOMEBODY = re.compile("的朋友")
# Pattern, relation (None: the seeds tell), strong.
_CHINESE: tuple[tuple[re.Pattern[str], str | None, bool], ...] = tuple(
    (re.compile(pattern), relation, strong)
    for pattern, relation, strong in (
        (rf"(?:送给|推荐给(?!我?的?(?:同事)?朋友)|买给)(?P<need>[{_HAN}]{{1,5}}?){_AFTER}", USED_BY, True),
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


def _fails(text: str, end: int) -> bool:
    """Does the clause go on to say that it does not do? 没有任何不便 does not."""
    failing = _FAILS.match(text, end)
    return failing is not None and not _NOT_AT_ALL.search(text, end, failing.start("failing"))


def _bare(text: str, begin: int, end: int) -> tuple[int, int]:
    """Without whose it is, and without plural and aspect particles: 我|妈, 朋友|们, 朋友|了, 同事的|女儿."""
    while kin := _KIN.match(text, end):
        begin, end = kin.span("kin")
    while end - begin > 1 and text[begin] in "我你他她":
        begin += 1
    while end - begin > 1 and text[end - 1] in "们了吧的":
        end -= 1
    return begin, end


def chinese_needs(text: str) -> Iterator[Need]:
    """Every need that a pattern finds in a Chinese text."""
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
            unknown = seeded == USED_BY and _SOMEBODY.match(text, span[1])
            if (
                denied
                or own
                or unknown
                or _fails(text, span[1])
                or phrase in known.no_need
                or any(b < span[1] and span[0] < e for b, e in taken)
            ):
                continue
            # A person is given something, and is no time; a season is when, whatever the pattern.
            told = seeded or relation
            if relation == USED_BY and seeded not in (None, USED_BY):
                continue
            taken.add(span)
            yield Need(told, need_name(phrase), *span, strong or seeded is not None)
