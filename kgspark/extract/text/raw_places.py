"""Where a piece of cleaned text stands in the raw field: the offset map through every cleaning step.

raw field -> entities decoded -> tags out -> white space -> invisible characters -> NFC = the text of silver, and for
each of its characters the code points of the raw field that made it

``ingest/clean_text.py`` cleans by Column expressions, which cannot carry offsets; this is the same cleaning, told
character by character. Where the two ever disagree there is no map, and a reader gives the whole field as the place.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from kgspark.ingest.html_text import CHARACTERS, ENTITY, HIDDEN_PARTS, TAGS_BLOCK, TAGS_INLINE

_SEPARATORS = "\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_CONTROLS = "\x00-\x1f\x7f-\x9f"
_SPACE = re.compile(rf"[ \t\n\x0b\f\r\x85{_SEPARATORS}]+")
_INVISIBLE = re.compile(
    rf"[{_CONTROLS}\u00ad\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ufffe\uffff]"
)
_SPACES = re.compile(" {2,}")
_ENDS = re.compile(r"\A +| +\Z")
_HIDDEN = re.compile(HIDDEN_PARTS, re.ASCII)
_INLINE = re.compile(TAGS_INLINE, re.ASCII)
_BLOCK = re.compile(TAGS_BLOCK, re.ASCII)
_ENTITY = re.compile("&" + ENTITY.removeprefix("^"), re.ASCII)


@dataclass(frozen=True)
class Places:
    """For each character of a clean text, where it begins and ends in the raw field."""

    begins: tuple[int, ...]
    ends: tuple[int, ...]

    def raw(self, begin: int, end: int) -> tuple[int, int]:
        """The span of the raw field that the clean span ``begin`` to ``end`` (not empty) was made of."""
        return min(self.begins[begin:end]), max(self.ends[begin:end])


def places(raw: str, clean: str) -> Places | None:
    """The offset map from a text of silver to the raw field it was cleaned from; None where it was made otherwise.

    >>> text = "Caf\\u0065\\u0301&nbsp;<b>500</b>&#8201;ml"
    >>> places(text, "Caf\\u00e9 500 ml").raw(5, 11), text[14:30]
    ((14, 30), '500</b>&#8201;ml')
    """
    if raw == clean:
        return Places(tuple(range(len(raw))), tuple(range(1, len(raw) + 1)))
    told = _Told(raw, list(range(len(raw))), list(range(1, len(raw) + 1)))
    if "&" in raw or "<" in raw:
        told = told.replaced(_ENTITY, _character).replaced(_HIDDEN, lambda _: " ")
        told = told.replaced(_INLINE, lambda _: "").replaced(_BLOCK, lambda _: " ")
    told = told.replaced(_SPACE, lambda _: " ").replaced(_INVISIBLE, lambda _: "")
    told = told.replaced(_SPACES, lambda _: " ").replaced(_ENDS, lambda _: "").composed()
    return Places(tuple(told.begins), tuple(told.ends)) if told.text == clean else None


@dataclass(frozen=True)
class _Told:
    """A text and where each of its characters came from."""

    text: str
    begins: list[int]
    ends: list[int]

    def replaced(self, pattern: re.Pattern[str], by: Callable[[re.Match[str]], str]) -> _Told:
        """Every match replaced; the characters of a replacement came from the whole match."""
        pieces: list[str] = []
        begins: list[int] = []
        ends: list[int] = []
        done = 0
        for match in pattern.finditer(self.text):
            new = by(match)
            if match.group() == new:
                continue
            self._keep(done, match.start(), pieces, begins, ends)
            pieces.append(new)
            begins += [self.begins[match.start()]] * len(new)
            ends += [self.ends[match.end() - 1]] * len(new)
            done = match.end()
        if not pieces:
            return self
        self._keep(done, len(self.text), pieces, begins, ends)
        return _Told("".join(pieces), begins, ends)

    def composed(self) -> _Told:
        """The text in NFC: a letter with its marks is one piece, whatever it becomes."""
        if unicodedata.is_normalized("NFC", self.text):
            return self
        pieces: list[str] = []
        begins: list[int] = []
        ends: list[int] = []
        starts = [n for n, c in enumerate(self.text) if n == 0 or not _joins(c)]
        for start, stop in zip(starts, [*starts[1:], len(self.text)], strict=True):
            new = unicodedata.normalize("NFC", self.text[start:stop])
            if new == self.text[start:stop]:
                self._keep(start, stop, pieces, begins, ends)
                continue
            pieces.append(new)
            begins += [self.begins[start]] * len(new)
            ends += [self.ends[stop - 1]] * len(new)
        return _Told("".join(pieces), begins, ends)

    def _keep(self, start: int, stop: int, pieces: list[str], begins: list[int], ends: list[int]) -> None:
        pieces.append(self.text[start:stop])
        begins += self.begins[start:stop]
        ends += self.ends[start:stop]


def _joins(character: str) -> bool:
    """Whether a character may merge with the one before it: marks, and the vowels and finals of Hangul."""
    return unicodedata.category(character).startswith("M") or "\u1160" <= character <= "\u11ff"


def _character(match: re.Match[str]) -> str:
    """What an entity stands for; itself where it is none."""
    name = match.group(1) or match.group(2)
    number: int | None = None
    if name[:2] in ("#x", "#X"):
        number = int(name[2:], 16)
    elif name.startswith("#"):
        number = int(name[1:])
    known = CHARACTERS.get(f"#{number}" if number is not None else name)
    if known is not None:
        return known
    if number is None:
        return match.group()
    return chr(number) if 1 <= number <= 0xD7FF or 0xE000 <= number <= 0x10FFFF else "\ufffd"
