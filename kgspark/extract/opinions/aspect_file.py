"""Files of judged aspect terms: three lines an item, the sentence with ``$T$`` for the term, the term, its polarity.

items -> sentences rebuilt by putting the term in -> items of one sentence together, their terms as spans of words
"""

from __future__ import annotations

import gzip
from collections import defaultdict
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

from kgspark.errors import InputError

PLACE = "$T$"
POLARITIES = (-1, 0, 1)


@dataclass(frozen=True)
class Term:
    """An aspect term: words ``begin`` to ``end`` (not included) of its sentence, and what is felt about it."""

    begin: int
    end: int
    polarity: int

    @property
    def span(self) -> tuple[int, int]:
        """Begin and end."""
        return self.begin, self.end


@dataclass(frozen=True)
class Sentence:
    """A sentence in the file's own words, and the items about it."""

    words: tuple[str, ...]
    terms: tuple[Term, ...]


def read(path: Path) -> list[Sentence]:
    """Every sentence of a file, gzipped or not, in order of first appearance; every item is a term of one of them.

    Raises InputError, naming file and line, where the file is missing or breaks the format.
    """
    lines = _lines(path)
    if len(lines) % 3 or not lines:
        raise InputError(f"{path} has {len(lines)} lines; an item is three: sentence with {PLACE}, term, -1, 0 or 1.")
    together: dict[str, list[tuple[list[str], list[str], list[str], int]]] = defaultdict(list)
    for at in range(0, len(lines), 3):
        sentence, term, polarity = lines[at : at + 3]
        if sentence.count(PLACE) != 1 or not term.strip():
            raise InputError(f"{path}, line {at + 1}: expected one {PLACE} and a term on the next line.")
        if polarity.strip() not in {str(p) for p in POLARITIES}:
            raise InputError(f"{path}, line {at + 3}: found {polarity!r}, expected -1, 0 or 1.")
        before, after = (part.split() for part in sentence.split(PLACE))
        words = term.split()
        # Items of one sentence differ in case and in spaces around the term.
        key = "".join([*before, *words, *after]).lower()
        together[key].append((before, words, after, int(polarity)))
    return [_sentence(items) for items in together.values()]


def _sentence(items: list[tuple[list[str], list[str], list[str], int]]) -> Sentence:
    before, term, after, _ = items[0]
    words = [*before, *term, *after]
    # Letters before each word: items may cut the same letters into other words.
    ends = list(accumulate(map(len, words)))
    terms = []
    for head, named, _, polarity in items:
        first = sum(map(len, head))
        last = first + sum(map(len, named))
        begin = next(number for number, end in enumerate(ends) if end > first)
        end = next(number for number, end in enumerate(ends) if end >= last) + 1
        terms.append(Term(begin, end, polarity))
    return Sentence(tuple(words), tuple(terms))


def _lines(path: Path) -> list[str]:
    try:
        content = path.read_bytes()
        text = (gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content).decode("utf-8")
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read ({error}); pass a text file, gzipped or not, in UTF-8.") from None
    return text.rstrip("\n").split("\n") if text.strip() else []
