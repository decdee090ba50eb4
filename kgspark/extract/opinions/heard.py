"""What one review gives to learning: slots in which any word may judge.

tokens -> slots of every word -> those whose place is telling -> Heard
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from kgspark.extract.opinions.opinion_slots import slots
from kgspark.extract.opinions.opinion_walk import ATTRIBUTE, BARE, LIKE, Slot
from kgspark.extract.opinions.opinion_words import Language
from kgspark.extract.opinions.review_tokens import Tokens

# A predicate of its own is often all that its clause says; a slot of its parts counts beside it, so that half is all.
MIN_WHOLE = 0.1


@dataclass(frozen=True)
class Heard:
    """A slot as learning needs it: which review, which phrase (and its shorter ends), which word; ``whole``: it is all
    that its clause says of the phrase; ``intense``: a degree proper stands before.
    """

    review: int
    phrases: tuple[str, ...]
    word: str
    slot: Slot
    whole: bool = False
    intense: bool = False


@dataclass(frozen=True)
class Uses:
    """How often each word is heard: at all, as a predicate, with a degree, as a whole clause, with a degree proper."""

    times: Counter[str] = field(default_factory=Counter)
    predicates: Counter[str] = field(default_factory=Counter)
    degrees: Counter[str] = field(default_factory=Counter)
    whole: Counter[str] = field(default_factory=Counter)
    intense: Counter[str] = field(default_factory=Counter)

    def is_whole(self, word: str) -> bool:
        """Is the word often enough all that its clause says, to be a predicate of its own?"""
        return self.whole[word] > 0 and self.whole[word] >= MIN_WHOLE * self.times[word]


def uses_of(heard: Sequence[Heard]) -> Uses:
    """The uses of each word that is heard."""
    uses = Uses()
    for one in heard:
        uses.times[one.word] += 1
        uses.predicates[one.word] += one.slot.pattern != ATTRIBUTE
        uses.degrees[one.word] += one.slot.degree or one.slot.excess
        uses.whole[one.word] += one.whole
        uses.intense[one.word] += one.intense
    return uses


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
            yield Heard(review, phrases, word, slot, intense=cut.words[max(slot.opinion - 1, 0)] in known.intense)


def _telling(cut: Tokens, slot: Slot) -> bool:
    """Is the place alone enough to think that the word judges? After a copula or a degree; bare, as a clause."""
    if slot.pattern == ATTRIBUTE:
        return slot.degree
    if slot.pattern != BARE:
        return True
    last = slot.opinion + 1
    ends = last >= len(cut) or not cut.words[last][0].isalnum()
    return ends and (slot.begin == 0 or not cut.words[slot.begin - 1][0].isalnum())
