"""Words that must not stand in a text, of one person or of thousands: by kind, in every spelling that JSON gives them.

words -> spellings -> by the longest run of letters and digits of each -> runs of a text -> spellings to look for in it
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping

_RUN = re.compile(r"[0-9A-Za-z]+")
_ALNUM = frozenset("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")


class Wanted:
    """``words``: kind to words of it; ``asked``: the kinds.

    >>> wanted = Wanted({"a raw id": ["17850"]})
    >>> wanted.kinds('{"customer": "17850"}'), wanted.kinds("178501")
    ({'a raw id'}, set())
    """

    def __init__(self, words: Mapping[str, Iterable[str]]) -> None:
        # A spelling that stands alone brings its runs as whole runs of the text: of thousands of spellings only those
        # whose longest run is in the text are looked for. Those without any, such as Chinese ones, always are.
        self.asked = frozenset(words)
        self._by_run: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
        for kind, listed in words.items():
            for spelling in sorted({spelling for word in listed for spelling in _spellings(word)}):
                self._by_run[max(_RUN.findall(spelling), key=len, default="")].append((kind, spelling))

    def kinds(self, text: str) -> set[str]:
        """The kinds of which a word stands alone in a text: neither a letter nor a digit of ASCII before or after."""
        runs = {"", *_RUN.findall(text)}
        found = set[str]()
        for run in runs & self._by_run.keys():
            found |= {kind for kind, spelling in self._by_run[run] if kind not in found and _alone(spelling, text)}
        return found


def _alone(word: str, text: str) -> bool:
    at = text.find(word)
    while at >= 0:
        end = at + len(word)
        if (at == 0 or text[at - 1] not in _ALNUM) and (end == len(text) or text[end] not in _ALNUM):
            return True
        at = text.find(word, at + 1)
    return False


def _spellings(word: str) -> set[str]:
    once = {json.dumps(word, ensure_ascii=plain)[1:-1] for plain in (True, False)}
    return {word} | once | {json.dumps(inner)[1:-1] for inner in once}
