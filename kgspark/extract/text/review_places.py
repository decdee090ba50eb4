"""Where a piece of a review's clean and scrubbed text stands in the raw field.

raw field, clean text -> the offset map of cleaning; where scrubbing changed the text, words of both told apart by
difflib, and a piece lies between the raw words that surround it
"""

from __future__ import annotations

import re
from bisect import bisect_right
from difflib import SequenceMatcher

from kgspark.extract.text.raw_places import Places, places

# A Chinese character is a word of its own here: runs of them would be whole sentences.
# From so many words on, those that stand everywhere no longer anchor the alignment: it would take their number squared.
_MANY = 2_000
_WORD = re.compile(r"[\u3400-\u9fff]|[^\W\u3400-\u9fff]+|[^\w\s]")


class ReviewPlaces:
    """The offset map of one text of a review."""

    def __init__(self, raw: str, clean: str) -> None:
        self._exact: Places | None = places(raw, clean)
        if self._exact is None:
            self._raw = [match.span() for match in _WORD.finditer(raw)]
            self._clean = [match.span() for match in _WORD.finditer(clean)]
            texts = [
                [text[begin:end] for begin, end in spans] for text, spans in ((raw, self._raw), (clean, self._clean))
            ]
            blocks = SequenceMatcher(None, texts[1], texts[0], autojunk=len(self._clean) > _MANY).get_matching_blocks()
            self._same = {block.a + k: block.b + k for block in blocks for k in range(block.size)}
            self._end = len(raw)

    def raw(self, begin: int, end: int) -> tuple[int, int]:
        """The span of the raw field that the clean span (not empty) was made of.

        Where the words themselves were changed, the span runs from the end of the unchanged word before to the
        beginning of the one after.
        """
        if self._exact is not None:
            return self._exact.raw(begin, end)
        begins = [span[0] for span in self._clean]
        first, last = bisect_right(begins, begin) - 1, bisect_right(begins, end - 1) - 1
        return self._left(first, begin), self._right(last, end)

    def _left(self, word: int, begin: int) -> int:
        if word in self._same:
            return self._raw[self._same[word]][0] + begin - self._clean[word][0]
        before = max((known for known in self._same if known < word), default=None)
        return 0 if before is None else self._raw[self._same[before]][1]

    def _right(self, word: int, end: int) -> int:
        if word in self._same:
            return self._raw[self._same[word]][1] - (self._clean[word][1] - end)
        after = min((known for known in self._same if known > word), default=None)
        return self._end if after is None else self._raw[self._same[after]][0]
