"""Chinese clause by clause: what each is about and its whole predicate, and which clauses are set against each other.

个人觉得保暖半夜冻醒，但是拉链很顺 -> 保暖 | 半夜冻醒, against: 拉链 | 顺
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from scipy.special import log_expit, log_ndtr, ndtri_exp

from kgspark.extract.opinions.heard import Heard
from kgspark.extract.opinions.opinion_walk import BARE, Slot
from kgspark.extract.opinions.opinion_words import Language
from kgspark.extract.opinions.review_tokens import LONGEST_JOINED, Tokens

_LONGEST_PREDICATE = 6  # characters
_COLONS = frozenset(":：")
_PARTICLES = frozenset(["了", "的", "吧", "啊", "呢", "呀", "哦", "嘛"])
_COMMAS = frozenset(",，")
# Contrasts that open the second of two clauses, and those that open the first; others ("就是", "除了") oppose no clause
# to the next.
_BUT = frozenset(["但是", "但", "可是", "不过", "然而", "却"])
_THOUGH = frozenset(["虽然", "虽说", "尽管"])
# How often clauses so set against each other do judge in opposite ways: a guess on the careful side.
_OPPOSED = 0.8
_MOST_VOTES = 6

# The words that two clauses judge with, and whether each is denied.
Opposed = tuple[frozenset[tuple[str, bool]], frozenset[tuple[str, bool]]]


@dataclass(frozen=True)
class Clause:
    """Tokens ``begin`` to ``end`` between two marks, opener included; ``against`` the clause before it."""

    begin: int
    end: int
    against: bool


def clauses(cut: Tokens) -> list[Clause]:
    """The clauses of a text; a colon parts none, for it stands between a topic and what is said of it."""
    found: list[Clause] = []
    begin = 0
    for end in range(len(cut) + 1):
        if end < len(cut) and (cut.words[end][0].isalnum() or cut.words[end] in _COLONS):
            continue
        if begin < end:
            joined = bool(found) and found[-1].end == begin - 1 and cut.words[begin - 1] in _COMMAS
            opposed = joined and (cut.words[begin] in _BUT or cut.words[found[-1].begin] in _THOUGH)
            found.append(Clause(begin, end, opposed))
        begin = end + 1
    return found


def predicates(review: int, cut: Tokens, known: Language) -> Iterator[Heard]:
    """What follows a clause's topic to the clause's end, where it is short: topics of one word and of two."""
    for clause in clauses(cut):
        first = clause.begin
        while first < clause.end and _opens(cut.words[first], known):
            first += 1
        for size in (1, 2):
            head = cut.words[first : first + size]
            if first + size < clause.end and all(_names(word, known) for word in head):
                yield from _predicate(review, cut, known, (first, first + size, clause.end))


def _predicate(review: int, cut: Tokens, known: Language, at: tuple[int, int, int]) -> Iterator[Heard]:
    first, after, end = at
    begin, denied, excess = after, False, False
    while begin < end and _modifies(cut.words[begin], known):
        denied ^= cut.words[begin] in known.negations
        excess |= cut.words[begin] in known.excess
        begin += 1
    while end > begin and cut.words[end - 1] in _PARTICLES:
        end -= 1
    said = cut.words[begin:end]
    word = "".join(said)
    # 早餐|时用很方便: a known opinion that some word modifies there has another topic, or none.
    other = len(said) > 1 and (said[-1] in known.seeds or said[-1] in known.plain) and _modifies(said[-2], known)
    short = 1 <= len(said) <= LONGEST_JOINED and 1 < len(word) <= _LONGEST_PREDICATE
    # 期待|您的再次光临, 还会|继续购买: what someone does, or whose it is.
    does = "的" in said or (len(said) > 1 and said[-1] in known.function)
    if short and not other and not does and all(w[0].isalpha() for w in said):
        slot = Slot(first, after, begin, BARE, denied, excess, len(said) > 1 or begin > after)
        phrase = cut.words[first:after]
        phrases = tuple("".join(phrase[at:]) for at in range(len(phrase)))
        intense = begin > after and cut.words[begin - 1] in known.intense
        yield Heard(review, phrases, word, slot, True, intense)


def _opens(word: str, known: Language) -> bool:
    """Before the topic: 个人觉得, 虽然, 但是, 这款."""
    return word in known.reporting or word in known.contrasts or word in known.determiners or word == "个人"


def _modifies(word: str, known: Language) -> bool:
    return word in known.degrees or word in known.negations or word in known.excess or word in _COLONS


def _names(word: str, known: Language) -> bool:
    closed = word in known.function or word in known.degrees or word in known.negations or word in known.copulas
    return word[0].isalpha() and len(word) > 1 and not closed and word not in known.plain


def opposites(heard: Sequence[Heard], cuts: Sequence[Tokens]) -> list[Opposed]:
    """What is said in a clause and in the clause that is set against it, each word once; copied reviews count once."""
    by_review: dict[int, list[Heard]] = defaultdict(list)
    for one in heard:
        by_review[one.review].append(one)
    found: list[Opposed] = []
    read: set[tuple[str, ...]] = set()
    for review, said in sorted(by_review.items()):
        if cuts[review].words in read:
            continue
        read.add(cuts[review].words)
        parts = clauses(cuts[review])
        within = [
            frozenset((one.word, one.slot.denied) for one in said if part.begin <= one.slot.opinion < part.end)
            for part in parts
        ]
        found += [(within[nth - 1], within[nth]) for nth, part in enumerate(parts) if part.against]
    return found


def contrasted(pairs: Sequence[Opposed], opinions: Mapping[str, float]) -> Counter[str]:
    """In how many contrasts each unknown word stands against complaints, less in how many against praise."""
    votes = Counter[str]()
    for pair in pairs:
        for side, other in (pair, pair[::-1]):
            praise = [(opinions[word] > 0) != denied for word, denied in other if word in opinions]
            sign = (2 * sum(praise) < len(praise)) - (2 * sum(praise) > len(praise))
            for word, denied in side:
                if word not in opinions:
                    votes[word] += -sign if denied else sign
    return votes


def together(evidence: float, votes: int) -> float:
    """Standard errors that ratings give and votes of contrasts as one figure, each vote as a witness right at .8.

    >>> round(together(1.0, 0), 2), round(together(1.0, 2), 2), round(together(0.0, -2), 2)
    (1.0, 2.27, -1.56)
    """
    witnesses = max(-_MOST_VOTES, min(_MOST_VOTES, votes)) * math.log(_OPPOSED / (1 - _OPPOSED))
    odds = log_ndtr(evidence) - log_ndtr(-evidence) + witnesses
    # In logarithms throughout: far out, a probability is 1 to the last digit.
    return float(math.copysign(ndtri_exp(log_expit(-abs(odds))), odds))
