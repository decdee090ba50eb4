"""The patterns of English: the fit is great; great fit; fit: great; I find the fit great; I love the fit."""

from __future__ import annotations

from collections.abc import Iterator

from kgspark.extract.opinions.opinion_walk import (
    ATTRIBUTE,
    BARE,
    COPULA,
    JOINING,
    LIKE,
    LONGEST_PHRASE,
    MARKS,
    REPORT,
    Left,
    Slot,
    Walk,
)

# What is supposed of others is no liking: "you may not like the look".
SUPPOSING = frozenset({"may", "might", "would", "could"})
PERSONAL = frozenset({"my", "your", "his", "her", "our"})
PEOPLE = frozenset({"i", "you", "we", "she", "he", "who"})
# A noun that only says how much: paper thin. Nor is "in good shape" a shape.
COMPARED = frozenset(
    {("paper", "thin"), ("skin", "tight"), ("razor", "sharp"), ("crystal", "clear"), ("rock", "solid"), ("ice", "cold")}
)
HAVING = frozenset({"have", "has", "had", "own", "owned", "'ve", "'m", "am"})


class English(Walk):
    """Slots of one English text."""

    def judged(self, at: int, earlier: dict[int, list[Slot]]) -> list[Slot]:
        """Slots of the opinion there."""
        before, word, after = (self.word(at + step) for step in (-1, 0, 1))
        if (before, word) in COMPARED or (before, after) == ("in", "shape"):
            return []
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
            or self.word(left.at) in self.known.auxiliaries - SUPPOSING - HAVING
        )
        phrase = self._ahead(at + 2)
        if phrase and says and self.word(at + 1) in ("the", "its", "their", "how"):
            yield self.slot(phrase, at, LIKE, left)

    def _by_copula(self, at: int, left: Left) -> list[Slot]:
        before = left.at
        while self._helps(before):
            left.denied ^= self.word(before) in self.known.negations
            left.excess |= self.word(before) in ("too",)
            before -= 1
        subjects = self._subjects(before)
        if self.word(left.at).startswith("look") and subjects and self.word(subjects[-1][0] - 1) in PERSONAL:
            return []  # it makes my chest look large
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
        if self.word(before) in HAVING:
            return []  # I do have a long torso and this waist is short
        if self.word(before) in JOINING:
            return [*self._subjects(before - 1), phrase]
        return [phrase] if self._opens(before) or before < phrase[0] - 1 else []

    def _opens(self, at: int) -> bool:
        """Does a noun phrase begin after this word?"""
        word = self.word(at)
        return word in MARKS or word in self.known.contrasts or word in self.known.seeds or word in ("that", "and")

    def _nobody(self, begin: int) -> bool:
        """Nobody can say that the fit is ...: a denial before "that"."""
        at = begin - 1
        while self.word(at) in self.known.determiners:
            at -= 1
        return self.word(at) in ("say", "claim", "call") and any(
            self.word(k) in self.known.negations for k in range(max(at - 4, 0), at)
        )

    def _by_place(self, at: int, left: Left) -> list[Slot]:
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
        alone = (verb in MARKS or verb in self.known.contrasts) and self.word(at + 1) in MARKS
        return [self.slot(phrase, at, BARE, left)] if alone else []

    def _attribute(self, at: int, left: Left) -> list[Slot]:
        """Great fit; not a great fit; the fit has no great ...

        What people have of their own is none of the product ("my broad shoulders", "I have wide feet").
        """
        phrase = self._ahead(at + 1)
        if phrase is None or self._is_adverb(at) or self._of_person(left.at):
            return []
        before = left.at
        while self.word(before) in self.known.determiners or self._helps(before):
            left.denied ^= self.word(before) in self.known.negations
            before -= 1
        return [self.slot(phrase, at, ATTRIBUTE, left)]

    def _is_adverb(self, at: int) -> bool:
        """Does the word tell how something is done ("easily button up"), and no noun's kind?"""
        word = self.word(at)
        stems = {word[:-2], word[:-3] + "y"}
        return word.endswith("ly") and (word not in self.known.seeds or not stems.isdisjoint(self.known.seeds))

    def _of_person(self, at: int) -> bool:
        """Does somebody's own follow this word: my, her, I have (a), I have no curves and, we've, I am?"""
        if self.word(at) in PERSONAL:
            return True
        while self.word(at) in self.known.determiners:
            at -= 1
        if self.word(at) in JOINING:
            phrase = self.phrase(at - 1)
            return phrase is not None and self._of_person(phrase[0] - 1)
        while self.word(at) in self.known.negations or self.word(at) in self.known.determiners:
            at -= 1
        return self.word(at) in HAVING and self.word(at - 1) in PEOPLE

    def _ahead(self, begin: int) -> tuple[int, int] | None:
        end = begin
        while end - begin < LONGEST_PHRASE and self.noun(end):
            end += 1
        return (begin, end) if end > begin else None
