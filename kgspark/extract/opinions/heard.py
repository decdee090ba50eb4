"""What one review gives to learning: slots in which any word may judge, and whole predicates of Chinese.

tokens -> slots of every word -> those whose place is telling -> Heard
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kgspark.extract.opinions.opinion_slots import slots
from kgspark.extract.opinions.opinion_walk import ATTRIBUTE, BARE, LIKE, Slot
from kgspark.extract.opinions.opinion_words import Language
from kgspark.extract.opinions.review_tokens import LONGEST_JOINED, Tokens

_LONGEST_PREDICATE = 5  # characters


@dataclass(frozen=True)
class Heard:
    """A slot as learning needs it: which review, which phrase (and its shorter ends), which word."""

    review: int
    phrases: tuple[str, ...]
    word: str
    slot: Slot


def heard_slots(review: int, cut: Tokens, known: Language) -> Iterator[Heard]:
    """Every slot of a review that may teach the lexicon: any word may judge where its place is telling."""
    joint = " " if known.code == "en" else ""

    def may_judge(word: str) -> bool:
        closed = word in known.function or word in known.degrees or word in known.negations or word in known.copulas
        return word in known.seeds or (not closed and word not in known.contrasts and word[0].isalpha())

    for slot in slots(cut, known, may_judge):
        word = cut.words[slot.opinion]
        if word in known.seeds or word in known.plain or slot.pattern == LIKE or _telling(cut, slot):
            phrase = cut.words[slot.begin : slot.end]
            phrases = tuple(joint.join(phrase[begin:]) for begin in range(len(phrase)))
            yield Heard(review, phrases, word, slot)
    if known.code == "zh":
        yield from _predicates(review, cut, known)


def _predicates(review: int, cut: Tokens, known: Language) -> Iterator[Heard]:
    """Chinese judges in whole predicates, too: 保暖|半夜冻醒, what follows the first word of a clause, to its end."""
    begin = 0
    for end in range(len(cut) + 1):
        if end < len(cut) and cut.words[end][0].isalnum():
            continue
        clause = range(begin, end)
        begin = end + 1
        if len(clause) < 3:
            continue
        at, denied = clause[1], False
        while at < end and (cut.words[at] in known.degrees or cut.words[at] in known.negations):
            denied ^= cut.words[at] in known.negations
            at += 1
        rest = cut.words[at:end]
        if 2 <= len(rest) <= LONGEST_JOINED and len("".join(rest)) <= _LONGEST_PREDICATE:
            slot = Slot(clause[0], clause[0] + 1, at, BARE, denied, False, True)
            yield Heard(review, (cut.words[clause[0]],), "".join(rest), slot)


def _telling(cut: Tokens, slot: Slot) -> bool:
    """Is the place alone enough to think that the word judges? After a copula or a degree; bare, as a clause."""
    if slot.pattern == ATTRIBUTE:
        return slot.degree
    if slot.pattern != BARE:
        return True
    last = slot.opinion + 1
    ends = last >= len(cut) or not cut.words[last][0].isalnum()
    return ends and (slot.begin == 0 or not cut.words[slot.begin - 1][0].isalnum())
