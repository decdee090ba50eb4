"""The lexicon of opinions: which phrases are aspects, which words judge, and how they judge.

a slot (phrase, opinion, denied, excess) -> aspect, polarity, confidence; or nothing, where the lexicon does not know
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kgspark.extract.opinions.opinion_walk import ATTRIBUTE, BARE, COPULA, LIKE, REPORT, Slot
from kgspark.extract.opinions.opinion_words import LANGUAGES, aspect_names, canonical, language

FORMAT = 1
# What a size word says of an aspect where there cannot be too much of it.
_HOWEVER_MUCH = 2
# How often a slot of each pattern is what a reader would say it is, with words that are sure.
_SURE = {COPULA: 0.95, REPORT: 0.95, LIKE: 0.95, ATTRIBUTE: 0.92, BARE: 0.88}


@dataclass(frozen=True)
class Judgement:
    """What a slot says: ``aspect`` by its canonical name, its last ``words`` tokens, polarity 1 or -1, confidence."""

    aspect: str
    words: int
    polarity: int
    confidence: float


@dataclass(frozen=True)
class Lexicon:
    """Knowledge of one language: aspect phrases; opinions with polarity and how sure it is (negative: complains);
    what an opinion says of one aspect in particular.
    """

    code: str
    aspects: frozenset[str]
    opinions: Mapping[str, float]
    pairs: Mapping[tuple[str, str], int] = field(default_factory=dict)

    def is_opinion(self, word: str) -> bool:
        """Does the word judge, or may it in its place?"""
        return word in self.opinions or word in language(self.code).plain

    def judge(self, words: tuple[str, ...], slot: Slot) -> Judgement | None:
        """What the slot of these tokens says; None where its phrase is no aspect or its word has no polarity there."""
        found = self._aspect(words[slot.begin : slot.end])
        if found is None:
            return None
        aspect, count = found
        if (
            slot.pattern == ATTRIBUTE
            and words[slot.opinion] in language(self.code).degrees
            and count < slot.end - slot.begin
        ):
            return None  # "a pretty hefty price": pretty is a degree here
        polarity = self._polarity(aspect, words[slot.opinion], slot)
        if not polarity or self._tells_which(aspect, words, slot, polarity):
            return None
        sign = 1 if polarity > 0 else -1
        return Judgement(aspect, count, -sign if slot.denied else sign, round(_SURE[slot.pattern] * abs(polarity), 4))

    def _aspect(self, phrase: tuple[str, ...]) -> tuple[str, int] | None:
        """The longest end of the phrase that is an aspect, by canonical name and number of tokens."""
        joint = " " if self.code == "en" else ""
        for begin in range(len(phrase)):
            term = joint.join(phrase[begin:])
            if term in self.aspects or canonical(term) in self.aspects:
                return canonical(term), len(phrase) - begin
        return None

    def _tells_which(self, aspect: str, words: tuple[str, ...], slot: Slot, polarity: float) -> bool:
        """Whether a word before a noun only tells which one is meant: "a smaller chest" and "dolman sleeves" are no
        complaints, "a very tight sleeve" and "a high price" are; "long sleeves" are no praise.
        """
        known, word, before = language(self.code), words[slot.opinion], words[max(slot.opinion - 1, 0)]
        # "a" is among the degrees for "a bit".
        degree = before in known.degrees and before not in known.determiners
        # Of a kind that ratings dislike: dolman sleeves, polyester lining.
        learnt = self.code == "en" and polarity < 0 and word not in known.seeds
        meant = (word in known.plain or learnt) and (aspect, word) not in known.pairs
        return slot.pattern == ATTRIBUTE and meant and not (slot.excess or degree)

    def _polarity(self, aspect: str, word: str, slot: Slot) -> float:
        known = language(self.code)
        if slot.pattern == LIKE:
            return float(known.likes.get(word, 0))  # 太爱它的颜色了: nobody loves too much
        if known.pairs.get((aspect, word)) == _HOWEVER_MUCH:
            return 0.95  # 价格太低了
        if slot.excess and slot.denied and word in known.plain:
            return 0.0  # "not too long" is a word of politeness as often as praise
        if slot.excess and not slot.denied and (word in known.plain or (self.code == "en" and not word.endswith("er"))):
            return -0.95  # 太甜, too long; but 太好, 太优惠 praise
        own = self.pairs.get((aspect, word)) or known.pairs.get((aspect, word))
        return 0.95 * own if own else self.opinions.get(word, 0.0)

    def record(self) -> dict[str, Any]:
        """As JSON keeps it, in an order that does not depend on how it was learnt."""
        pairs = [[aspect, word, sign] for (aspect, word), sign in sorted(self.pairs.items())]
        opinions = dict(sorted(self.opinions.items()))
        return {"language": self.code, "aspects": sorted(self.aspects), "opinions": opinions, "pairs": pairs}

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> Lexicon:
        """The lexicon that ``record`` gave."""
        pairs = {(aspect, word): sign for aspect, word, sign in record["pairs"]}
        return cls(record["language"], frozenset(record["aspects"]), record["opinions"], pairs)


def seeded(code: str) -> Lexicon:
    """What is known before any review is read: the seeds, and the aspects that have a canonical name."""
    opinions = {word: float(sign) for word, sign in language(code).seeds.items()}
    return Lexicon(code, frozenset(aspect_names()), opinions)


@dataclass(frozen=True)
class Lexicons:
    """One lexicon a language."""

    by_language: Mapping[str, Lexicon]

    @classmethod
    def seeded(cls) -> Lexicons:
        """What is known before any review is read."""
        return cls({code: seeded(code) for code in LANGUAGES})

    def record(self) -> dict[str, Any]:
        """As JSON keeps it."""
        return {"format": FORMAT, "lexicons": [self.by_language[code].record() for code in sorted(self.by_language)]}

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> Lexicons:
        """The lexicons that ``record`` gave."""
        read = [Lexicon.of(one) for one in record["lexicons"]]
        return cls({one.code: one for one in read})

    @property
    def fingerprint(self) -> str:
        """sha256 of all they know."""
        return hashlib.sha256(json.dumps(self.record(), sort_keys=True, ensure_ascii=False).encode()).hexdigest()
