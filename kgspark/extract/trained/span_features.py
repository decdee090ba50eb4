"""Every short run of words of a text as a possible answer, described by hashed features.

text parts -> tokens -> spans of up to six tokens -> features of each span, as 64-bit hashes

The features know nothing of attributes; ``span_model`` crosses them with the attribute that is asked for. A text is
described once, however many attributes are asked of it.
"""

from __future__ import annotations

import functools
import itertools
import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kgspark.extract.text.folding import folded
from kgspark.extract.values import grammar
from kgspark.extract.values.written_forms import written_as

LONGEST_SPAN = 6
# Features of a span.
WIDTH = 27
MAX_TOKENS = 320
_TOKEN = re.compile(
    r"\d+(?:[.,/]\d+)*|[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[\u3400-\u9fff]|[^\W\d_]+?(?=[\u3400-\u9fff]|\b|[\d_])|[^\w\s]|_"
)
_MAY_BEGIN, _MAY_END = set("#$.("), set("\"'”″)%+#.*°")
# "Mens" and "jerseys" also stand for "men" and "jersey".
_PLURAL = re.compile(r"[^\W\d]{2}s$")
_EDGE = "\x02"

Ints = npt.NDArray[np.int64]
# Features are kept in 32 bits: a description of a long text has ten thousand.
Hashes = npt.NDArray[np.uint32]


@dataclass(frozen=True)
class Spans:
    """The spans of one text: where each stands (``part`` of the text, ``begin``, ``end``), ``values`` (lower case,
    single spaces), ``features`` (a row a span) and ``keys`` (hash of the value); ``context`` describes the text as a
    whole, ``words`` are all it says.
    """

    part: Ints
    begin: Ints
    end: Ints
    values: tuple[str, ...]
    keys: Hashes
    features: Hashes
    context: Hashes
    words: Hashes

    @functools.cached_property
    def held(self) -> frozenset[str]:
        """The distinct values."""
        return frozenset(self.values)

    @functools.cached_property
    def _written(self) -> dict[str, tuple[str | None, ...]]:
        return {}

    def written(self, form: str) -> tuple[str | None, ...]:
        """The value of each span in another form; None where it has none. Worked out once a form."""
        if form not in self._written:
            self._written[form] = tuple(written_as(self.values, form))
        return self._written[form]

    def forms(self, form: str) -> frozenset[str]:
        """The distinct values in another form."""
        return frozenset(value for value in self.written(form) if value is not None)


def describe(parts: Sequence[str], category: str) -> Spans:
    """The spans of a text given in parts (title, description), none across parts."""
    known = [_Part.of(number, text) for number, text in enumerate(parts)]
    whole = [" ".join(part.small) for part in known]
    found = [span for part in known for span in part.spans(category, whole)]
    title = sorted(set(known[0].small[:40])) if known else []
    overall = [hashed("all"), hashed("category", category), hashed("parts", str(sum(map(bool, parts))))]
    context = [hashed("word", word) for word in title] + overall
    pairs = {f"{one} {other}" for part in known[:1] for one, other in itertools.pairwise(part.small)}
    said = sorted({word for part in known for word in part.small} | pairs)
    words = [hashed("title", word) for word in title] + [hashed("word", word) for word in said] + overall
    columns = np.array([place for place, _, _ in found], dtype=np.int64).reshape(len(found), 3)
    return Spans(
        columns[:, 0],
        columns[:, 1],
        columns[:, 2],
        tuple(value for _, value, _ in found),
        np.array([hashed("value", value) for _, value, _ in found], dtype=np.uint32),
        np.array([features for _, _, features in found], dtype=np.uint32).reshape(len(found), WIDTH),
        np.array(context, dtype=np.uint32),
        np.array(words, dtype=np.uint32),
    )


@dataclass(frozen=True)
class _Part:
    number: int
    text: str
    tokens: list[str]
    small: list[str]
    places: list[tuple[int, int]]
    shapes: list[str]
    rules: dict[tuple[int, int], str]
    inside: dict[int, str]

    @classmethod
    def of(cls, number: int, text: str) -> _Part:
        matches = list(_TOKEN.finditer(text))[:MAX_TOKENS]
        plain = folded(text)
        places = [(match.start(), match.end()) for match in matches]
        read = grammar.read(text)
        rules = {(r.begin, r.end): f"{r.extractor}/{r.unit}" for r in read}
        inside = {at: f"{r.extractor}/{r.unit}" for r in read for at in range(r.begin, r.end)}
        tokens = [match.group() for match in matches]
        small = [plain[begin:end] for begin, end in places]
        return cls(number, text, tokens, small, places, [_shape(token) for token in tokens], rules, inside)

    def spans(self, category: str, whole: Sequence[str]) -> Iterator[tuple[tuple[int, int, int], str, list[int]]]:
        """Place, value and hashed features of each span; ``whole`` are all parts' words, to see what is repeated."""
        for first in filter(self.may_begin, range(len(self.small))):
            for last in filter(self.may_end, range(first, min(first + LONGEST_SPAN, len(self.small)))):
                said = " ".join(self.small[first : last + 1])
                repeated = sum(min(text.count(said), 3) for text in whole)
                for cut in (0, 1) if _PLURAL.search(said) else (0,):
                    begin, end = self.places[first][0], self.places[last][1] - cut
                    value = " ".join(self.text[begin:end].lower().split())
                    described = self.features(first, last, value, category, repeated, cut)
                    yield (self.number, begin, end), value, [hashed(*feature) for feature in described]

    def may_begin(self, at: int) -> bool:
        return self.tokens[at][0].isalnum() or self.tokens[at] in _MAY_BEGIN

    def may_end(self, at: int) -> bool:
        return self.tokens[at][-1].isalnum() or self.tokens[at] in _MAY_END

    def features(
        self, first: int, last: int, value: str, category: str, repeated: int, cut: int
    ) -> list[tuple[str, ...]]:
        """What may tell an answer from other words; each feature has a name of its own."""
        begin, end = self.places[first][0], self.places[last][1]
        part = str(self.number)
        shape = "".join(self.shapes[first : last + 1])
        one, two = self._at(first - 1), self._at(first - 2)
        after, then = self._at(last + 1), self._at(last + 2)
        rule = self.rules.get((begin, end)) or "in " + self.inside.get(begin, "") + "," + self.inside.get(end - 1, "")
        glued = f"{self._glued(first)}{self._glued(last + 1)}"
        position = str(min(first, 6)) if first < 6 else f"-{min(len(self.small) - last, 6)}"
        head, tail = self.small[first], self.small[last]
        middle = self.small[first + 1] if last > first else ""
        number = str(last - first)
        return [
            ("bias", part),
            ("value", value),
            ("value of", value, category),
            ("shape", shape),
            ("shape of", shape, category),
            ("first", head),
            ("last", tail),
            ("second", middle),
            ("before", one),
            ("after", after),
            ("before two", two, one),
            ("after two", after, then),
            ("around", one, after),
            ("shape before", shape, one),
            ("shape after", shape, after),
            ("long", number, part, category),
            ("position", position, part, number),
            ("position shape", position, part, self.shapes[first], self.shapes[last]),
            ("rule", rule),
            ("rule after", rule, after),
            ("rule before", rule, one),
            ("glued", glued, number),
            ("prefix", head[:3], number),
            ("suffix", tail[-3:], number),
            ("neighbours", self._shape_at(first - 1), shape, self._shape_at(last + 1)),
            ("repeated", str(min(repeated, 5)), part),
            ("cut", str(cut), tail),
        ]

    def _at(self, at: int) -> str:
        return self.small[at] if 0 <= at < len(self.small) else _EDGE

    def _shape_at(self, at: int) -> str:
        return self.shapes[at] if 0 <= at < len(self.shapes) else _EDGE

    def _glued(self, at: int) -> str:
        """Whether no space stands before the token, and what kinds meet there."""
        if not 0 < at < len(self.places) or self.places[at - 1][1] != self.places[at][0]:
            return "_"
        return self.shapes[at - 1][:1] + self.shapes[at][:1]


def _shape(token: str) -> str:
    if token[0].isdigit():
        return re.sub(r"\d+", lambda found: "d" * min(len(found.group()), 3), token)
    if len(token) == 1 and not token.isalnum():
        return token
    if token.isupper():
        return "X" if len(token) > 1 else "A"
    return "c" if token[0] >= "\u3400" else "x" if token.islower() else "Xx"


def hashed(*parts: str) -> int:
    """A feature as a number of 32 bits, the same on every machine, unlike Python's own hash."""
    return zlib.crc32("\x01".join(parts).encode("utf-8", "surrogatepass"))
