"""What the patterns of both languages share: slots, and the walk to the left of an opinion over degrees and denials.

opinion word -> degrees and denials before it -> the noun phrase that ends there
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from kgspark.extract.opinions.opinion_words import Language
from kgspark.extract.opinions.review_tokens import Tokens

COPULA, BARE, ATTRIBUTE, REPORT, LIKE = "copula", "bare", "attribute", "report", "like"
LONGEST_PHRASE = 3
_LONGEST_CLAUSE = 40  # words, where a text has no punctuation
MARKS = frozenset('.!?;,:()[]"“”…。！？；，：、（）~～-—/ ')
JOINING = frozenset({"and", "or", "nor", "&", "和", "与", "及", "、"})


@dataclass(frozen=True)
class Slot:
    """Tokens ``begin`` to ``end`` are what is judged, ``opinion`` the token that judges it.

    ``denied``: an odd number of negations; ``excess``: "too", "a bit"; ``degree``: some word of degree stands before.
    """

    begin: int
    end: int
    opinion: int
    pattern: str
    denied: bool
    excess: bool
    degree: bool


@dataclass
class Left:
    """What stands to the left of an opinion: ``at`` is the first token that is neither degree nor denial."""

    at: int
    denied: bool = False
    excess: bool = False
    degree: bool = False
    linked: bool = False


class Walk:
    """A text's words, and the steps over them that do not depend on the language."""

    def __init__(self, tokens: Tokens, known: Language, is_opinion: Callable[[str], bool]) -> None:
        self.words, self.known, self.is_opinion = tokens.words, known, is_opinion

    def word(self, at: int) -> str:
        """The word there; a full stop beyond either end."""
        return self.words[at] if 0 <= at < len(self.words) else "."

    def left(self, at: int) -> Left:
        """Walk to the left over degrees and denials."""
        found, known = Left(at - 1), self.known
        while True:
            word = self.word(found.at)
            if word in known.negations:
                found.denied = not found.denied
            elif word in known.degrees and not self.is_opinion(word):
                found.degree = True
            elif word not in known.excess:
                return found
            found.excess |= word in known.excess
            found.at -= 1

    def helps_verb(self, at: int) -> bool:
        """屏幕可以 judges, 屏幕可以说是 does not: an auxiliary before another word."""
        return self.word(at) in self.known.auxiliaries and self.word(at + 1)[0].isalnum()

    def wished(self, at: int) -> bool:
        """Is it only wished or supposed, within its clause?"""
        for before in range(at - 1, max(at - _LONGEST_CLAUSE, 0) - 1, -1):
            follows = self.word(before + 2) if self.word(before + 1) in self.known.negations else self.word(before + 1)
            supposed = self.words[before] in self.known.supposing and follows in self.known.copulas
            if supposed or self.words[before] in self.known.wishes:
                return True
            if self.words[before] in MARKS:
                return False
        return False

    def noun(self, at: int) -> bool:
        """Could the word be a part of an aspect's name?"""
        word, known = self.word(at), self.known
        if word in known.verbal_nouns and (self._names(at - 1) or self.word(at + 1) == ":"):
            return True
        closed = word in known.function or word in known.degrees or word in known.negations or word in known.copulas
        return not closed and word not in known.contrasts and word not in known.seeds and word[0].isalpha()

    def _names(self, at: int) -> bool:
        """Does what follows this word name a thing? The fit, great fit: no verb."""
        return self.word(at) in self.known.determiners or self.word(at) in self.known.seeds

    def phrase(self, last: int) -> tuple[int, int] | None:
        """The noun phrase that ends at ``last``, as begin and end; None where there is none."""
        begin = last + 1
        while begin > 0 and last + 1 - begin < LONGEST_PHRASE and self.noun(begin - 1):
            begin -= 1
        return (begin, last + 1) if begin <= last else None

    def slot(self, phrase: tuple[int, int], at: int, pattern: str, left: Left) -> Slot:
        """A slot of this phrase and the opinion there."""
        return Slot(*phrase, at, pattern, left.denied, left.excess, left.degree)

    def shared(self, at: int, left: Left, earlier: dict[int, list[Slot]]) -> list[Slot]:
        """Soft, comfy and warm: a later opinion is said of what the one before is said of, denied as that one is."""
        before = left.at
        while self.word(before) in JOINING or self.word(before) == ",":
            before -= 1
        joined = earlier.get(before, []) if before < left.at else []
        return [
            Slot(s.begin, s.end, at, s.pattern, left.denied != s.denied, left.excess, left.degree)
            for s in joined
            if s.pattern in (COPULA, BARE)
        ]
