"""The patterns of Chinese: 屏幕很好, 很好的屏幕, 屏幕大而清晰, 喜欢它的屏幕."""

from __future__ import annotations

from collections.abc import Iterator

from kgspark.extract.opinions.opinion_walk import (
    ATTRIBUTE,
    BARE,
    COPULA,
    JOINING,
    LIKE,
    LONGEST_PHRASE,
    Left,
    Slot,
    Walk,
)


class Chinese(Walk):
    """Slots of one Chinese text."""

    def judged(self, at: int, earlier: dict[int, list[Slot]]) -> list[Slot]:
        """Slots of the opinion there."""
        left = self.left(at)
        if self.word(left.at) in JOINING or earlier.get(left.at):
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

    def _same(self, at: int, left: Left, earlier: dict[int, list[Slot]]) -> list[Slot]:
        """屏幕很大很清晰: said of what the opinion right before is said of."""
        joined = earlier.get(left.at, [])
        return [Slot(s.begin, s.end, at, s.pattern, left.denied, left.excess, left.degree) for s in joined]

    def _subjects(self, last: int) -> list[tuple[int, int]]:
        phrase = self.phrase(last)
        if phrase is None:
            return []
        if self.word(phrase[0] - 1) in JOINING:
            return [*self._subjects(phrase[0] - 2), phrase]
        return [phrase]
