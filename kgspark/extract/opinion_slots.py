"""Where a text says something of something: the place of an aspect, the place of an opinion, and whether it is denied.

tokens -> opinion words -> what denies or weakens them to their left -> the noun phrase that they are said of

Which nouns are aspects and which words are opinions is the lexicon's business: the same walk learns the lexicon (with
every word allowed) and applies it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from kgspark.extract.opinion_words import Language
from kgspark.extract.review_tokens import Tokens

COPULA, BARE, ATTRIBUTE, REPORT, LIKE = "copula", "bare", "attribute", "report", "like"
LONGEST_PHRASE = 3
_MARKS = frozenset('.!?;,:()[]"“”…。！？；，：、（）~～-—/ ')
_JOINING = frozenset({"and", "or", "nor", "&", "和", "与", "及", "、"})


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
class _Left:
    """What stands to the left of an opinion: ``at`` is the first token that is neither degree nor denial."""

    at: int
    denied: bool = False
    excess: bool = False
    degree: bool = False
    linked: bool = False


def slots(tokens: Tokens, known: Language, is_opinion: Callable[[str], bool]) -> Iterator[Slot]:
    """Every pair of a noun phrase and an opinion word that a pattern of the language joins, from left to right."""
    walk = _English(tokens, known, is_opinion) if known.code == "en" else _Chinese(tokens, known, is_opinion)
    earlier: dict[int, list[Slot]] = {}
    for at, word in enumerate(tokens.words):
        if word in known.likes and not walk.wished(at):
            yield from walk.liked(at)
        elif is_opinion(word) and not walk.wished(at):
            found = walk.judged(at, earlier)
            earlier[at] = found
            yield from found


class _Walk:
    def __init__(self, tokens: Tokens, known: Language, is_opinion: Callable[[str], bool]) -> None:
        self.words, self.known, self.is_opinion = tokens.words, known, is_opinion

    def word(self, at: int) -> str:
        """The word there; a full stop beyond either end."""
        return self.words[at] if 0 <= at < len(self.words) else "."

    def left(self, at: int) -> _Left:
        """Walk to the left over degrees and denials."""
        found, known = _Left(at - 1), self.known
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

    def wished(self, at: int) -> bool:
        """Is it only wished or supposed, within its clause?"""
        for before in range(at - 1, -1, -1):
            if self.words[before] in self.known.wishes:
                return True
            if self.words[before] in _MARKS:
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

    def slot(self, phrase: tuple[int, int], at: int, pattern: str, left: _Left) -> Slot:
        """A slot of this phrase and the opinion there."""
        return Slot(*phrase, at, pattern, left.denied, left.excess, left.degree)

    def shared(self, at: int, left: _Left, earlier: dict[int, list[Slot]]) -> list[Slot]:
        """Soft, comfy and warm: a later opinion is said of what the one before is said of, denied as that one is."""
        before = left.at
        while self.word(before) in _JOINING or self.word(before) == ",":
            before -= 1
        joined = earlier.get(before, []) if before < left.at else []
        return [
            Slot(s.begin, s.end, at, s.pattern, left.denied != s.denied, left.excess, left.degree)
            for s in joined
            if s.pattern in (COPULA, BARE)
        ]


class _English(_Walk):
    def judged(self, at: int, earlier: dict[int, list[Slot]]) -> list[Slot]:
        """Slots of the opinion there."""
        left = self.left(at)
        if self.word(left.at) in self.known.copulas and not self.noun(left.at):
            return self._by_copula(at, left)
        found = self.shared(at, left, earlier) or self._by_place(at, left)
        ahead = self._attribute(at, left)
        return ahead or found

    def liked(self, at: int) -> Iterator[Slot]:
        """I love the colour."""
        left = self.left(at)
        # "is like the", "looks like the": no liking.
        says = (
            self.word(left.at) in ("i", "we", "she", "he", "they", "also")
            or self.word(left.at) in self.known.auxiliaries
        )
        phrase = self._ahead(at + 2)
        if phrase and says and self.word(at + 1) in ("the", "its", "their", "how"):
            yield self.slot(phrase, at, LIKE, left)

    def _by_copula(self, at: int, left: _Left) -> list[Slot]:
        before = left.at
        while self._helps(before):
            left.denied ^= self.word(before) in self.known.negations
            left.excess |= self.word(before) in ("too",)
            before -= 1
        subjects = self._subjects(before)
        left.denied ^= self._nobody(subjects[-1][0]) if subjects else False
        return [self.slot(subject, at, COPULA, left) for subject in subjects]

    def _helps(self, at: int) -> bool:
        word, known = self.word(at), self.known
        if self.noun(at):
            return False
        helping = word in known.copulas or word in known.auxiliaries or word in known.negations
        return helping or word in known.degrees or (word == "to" and self.word(at + 1) == "be")

    def _subjects(self, last: int) -> list[tuple[int, int]]:
        """The noun phrases before a verb: "the fit and the fabric", "the quality of the fabric" (the quality)."""
        phrase = self.phrase(last)
        if phrase is None:
            return []
        before = phrase[0] - 1
        while self.word(before) in self.known.determiners:
            before -= 1
        if self.word(before) == "of":
            head = self.phrase(before - 1)
            return [head] if head else []
        if self.word(before) in _JOINING:
            return [*self._subjects(before - 1), phrase]
        return [phrase] if self._opens(before) or before < phrase[0] - 1 else []

    def _opens(self, at: int) -> bool:
        """Does a noun phrase begin after this word?"""
        word = self.word(at)
        return word in _MARKS or word in self.known.contrasts or word in self.known.seeds or word in ("that", "and")

    def _nobody(self, begin: int) -> bool:
        """Nobody can say that the fit is ...: a denial before "that"."""
        at = begin - 1
        while self.word(at) in self.known.determiners:
            at -= 1
        return self.word(at) in ("say", "claim", "call") and any(
            self.word(k) in self.known.negations for k in range(max(at - 4, 0), at)
        )

    def _by_place(self, at: int, left: _Left) -> list[Slot]:
        """Setup quick; battery: great; I find the setup quick."""
        last = left.at - 1 if self.word(left.at) == ":" else left.at
        phrase = self.phrase(last)
        if phrase is None:
            return []
        before = phrase[0] - 1
        determined = self.word(before) in self.known.determiners
        while self.word(before) in self.known.determiners:
            before -= 1
        verb = self.word(before)
        if determined and verb in self.known.reporting | {"call"}:
            left.denied ^= self.left(before).denied
            return [self.slot(phrase, at, REPORT, left)]
        alone = (verb in _MARKS or verb in self.known.contrasts) and self.word(at + 1) in _MARKS
        return [self.slot(phrase, at, BARE, left)] if alone else []

    def _attribute(self, at: int, left: _Left) -> list[Slot]:
        """Great fit; not a great fit; the fit has no great ..."""
        phrase = self._ahead(at + 1)
        if phrase is None:
            return []
        before = left.at
        while self.word(before) in self.known.determiners or self._helps(before):
            left.denied ^= self.word(before) in self.known.negations
            before -= 1
        return [self.slot(phrase, at, ATTRIBUTE, left)]

    def _ahead(self, begin: int) -> tuple[int, int] | None:
        end = begin
        while end - begin < LONGEST_PHRASE and self.noun(end):
            end += 1
        return (begin, end) if end > begin else None


class _Chinese(_Walk):
    def judged(self, at: int, earlier: dict[int, list[Slot]]) -> list[Slot]:
        """Slots of the opinion there."""
        left = self.left(at)
        if self.word(left.at) in _JOINING or earlier.get(left.at):
            found = self.shared(at, left, earlier) or self._same(at, left, earlier)
            if found:
                return found
        last = left.at - 1 if self.word(left.at) in (":", "：") else left.at
        phrases = self._subjects(last)
        if phrases:
            pattern = COPULA if left.degree or left.denied or last < left.at else BARE
            return [self.slot(phrase, at, pattern, left) for phrase in phrases]
        # 很好的质量
        if self.word(at + 1) == "的" and self.noun(at + 2):
            end = at + 3
            while end < at + 2 + LONGEST_PHRASE and self.noun(end):
                end += 1
            return [self.slot((at + 2, end), at, ATTRIBUTE, left)]
        return []

    def liked(self, at: int) -> Iterator[Slot]:
        """喜欢它的颜色."""
        left = self.left(at)
        begin = at + 1
        while self.word(begin) in self.known.determiners or self.word(begin) in ("的", "了"):
            begin += 1
        end = begin
        while end - begin < LONGEST_PHRASE and self.noun(end):
            end += 1
        if end > begin > at + 1:
            yield self.slot((begin, end), at, LIKE, left)

    def _same(self, at: int, left: _Left, earlier: dict[int, list[Slot]]) -> list[Slot]:
        """屏幕很大很清晰: said of what the opinion right before is said of."""
        joined = earlier.get(left.at, [])
        return [Slot(s.begin, s.end, at, s.pattern, left.denied, left.excess, left.degree) for s in joined]

    def _subjects(self, last: int) -> list[tuple[int, int]]:
        phrase = self.phrase(last)
        if phrase is None:
            return []
        if self.word(phrase[0] - 1) in _JOINING:
            return [*self._subjects(phrase[0] - 2), phrase]
        return [phrase]
