"""A folded text as words, and a set of phrases found in it.

folded text -> words (letters and digits in a run; Chinese character by character) -> longest known phrase at each word
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

# A value of an attribute: its name, and the words.
Value = tuple[str, tuple[str, ...]]
_WORD = re.compile(r"[\u3400-\u9fff]|(?:(?![\u3400-\u9fff])[^\W_])+")


def words(folded_text: str) -> list[tuple[str, int, int]]:
    """Words with where they begin and end.

    >>> words("usb-c 黑色")
    [('usb', 0, 3), ('c', 4, 5), ('黑', 6, 7), ('色', 7, 8)]
    """
    return [(match.group(), match.start(), match.end()) for match in _WORD.finditer(folded_text)]


def phrase(folded_text: str) -> tuple[str, ...]:
    """The words alone: what makes two spellings one phrase."""
    return tuple(_WORD.findall(folded_text))


@dataclass
class Phrases:
    """Phrases by their first word, longest first."""

    by_first: dict[str, list[tuple[str, ...]]] = field(default_factory=dict)

    @classmethod
    def of(cls, phrases: Iterable[tuple[str, ...]]) -> Phrases:
        """Ready for searching; empty phrases are left out."""
        found = cls()
        for one in sorted(set(phrases), key=lambda p: (-len(p), p)):
            if one:
                found.by_first.setdefault(one[0], []).append(one)
        return found

    def find(self, folded_text: str) -> Iterator[tuple[tuple[str, ...], int, int]]:
        """The longest phrase at each word that begins one, and its place; phrases may overlap."""
        said = words(folded_text)
        for at, (word, begin, _) in enumerate(said):
            for known in self.by_first.get(word, ()):
                if len(known) <= len(said) - at and all(said[at + n][0] == w for n, w in enumerate(known)):
                    yield known, begin, said[at + len(known) - 1][2]
                    break
