"""Texts that remember where each value stands in them, and the small accidents that happen to words."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from kgspark.sample.products import Value, text_of
from kgspark.sample.vocab import words

# Printable ASCII but the blank, as East Asian shops often type it.
_FULL_WIDTH = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}


@dataclass(frozen=True)
class Piece:
    """A stretch of text; with an attribute where it states one."""

    text: str
    value: Value | None = None


@dataclass(frozen=True)
class Span:
    """Where a value stands: begin and end in code points of the raw field."""

    field: str
    begin: int
    end: int
    value: Value
    text: str


class Text:
    """A field's raw text as it grows; ``escape`` is what the format of the text does to signs (HTML entities)."""

    def __init__(self, field: str, escape: Callable[[str], str] = str) -> None:
        self.field = field
        self.spans: list[Span] = []
        self._parts: list[str] = []
        self._length = 0
        self._escape = escape

    def add(self, *pieces: Piece | str) -> Text:
        """Append pieces; a plain text states nothing."""
        for piece in pieces:
            piece = Piece(piece) if isinstance(piece, str) else piece
            written = self._escape(piece.text)
            begin = self._length
            self.raw(written)
            if piece.value and written:
                self.spans.append(Span(self.field, begin, self._length, piece.value, written))
        return self

    def raw(self, markup: str) -> Text:
        """Append text as it is."""
        self._parts.append(markup)
        self._length += len(markup)
        return self

    def __str__(self) -> str:
        return "".join(self._parts)


def fill(text: Text, form: str, names: Mapping[str, Piece]) -> None:
    """Append the form with its {names} replaced by pieces."""
    for part in form.replace("}", "{").split("{"):
        if part:
            text.add(names.get(part, part))


def joined(segments: Sequence[Sequence[Piece]], separator: str) -> list[Piece]:
    """The pieces of all segments, with the separator between segments."""
    pieces: list[Piece] = []
    for segment in segments:
        if pieces and segment:
            pieces.append(Piece(separator))
        pieces.extend(segment)
    return pieces


def misspelt(roll: random.Random, word: str) -> str:
    """The word with two letters swapped, one lost or one doubled; short words stay."""
    if len(word) < 5:
        return word
    at = roll.randint(1, len(word) - 3)
    return roll.choice(
        [
            word[:at] + word[at + 1] + word[at] + word[at + 2 :],
            word[:at] + word[at + 1 :],
            word[:at] + word[at] + word[at:],
        ]
    )


def full_width(text: str) -> str:
    """Latin letters, digits and signs as wide as Chinese characters."""
    return text.translate(_FULL_WIDTH)


def value_text(roll: random.Random, value: Value, language: str, decimal_comma: bool = False) -> str:
    """One of the ways in which people write a value."""
    if value.unit is None:
        known: str = words()["values_zh"].get(value.normalised, value.normalised)
        return known if language == "zh" else value.normalised
    forms = words()["units"].get(value.unit, [])
    if language == "zh":
        forms = words()["units_zh"].get(value.unit, forms)
    # The first form is about as common as all others together, the rare units (0.064 TB) are rare.
    weights = [1.5 if place == 0 else 0.8 if factor == 1 else 0.2 for place, (_, factor) in enumerate(forms)]
    form, factor = roll.choices(forms, weights)[0]
    number = text_of(round(float(value.normalised) * factor, 4))
    return str(form).replace("{n}", number.replace(".", ",") if decimal_comma else number)


def pack_pieces(
    roll: random.Random, pack: int, split: Value | None, language: str, counting: str, decimal_comma: bool
) -> list[Piece]:
    """A pack, with the content of one piece where there is one: ``6 x 330 ml``, ``330ml*6瓶``."""
    forms = words()["packs_zh" if language == "zh" else "packs"]["sized" if split else "plain"]
    form = str(roll.choice(forms)).replace("{u}", counting)
    pieces: list[Piece] = []
    while form:
        at = min((place for place in (form.find("{p}"), form.find("{v}")) if place >= 0), default=-1)
        if at < 0:
            break
        pieces += [Piece(form[:at])] if at else []
        if form.startswith("{p}", at):
            pieces.append(Piece(str(pack), Value("pack", str(pack))))
        elif split:
            pieces.append(Piece(value_text(roll, split, language, decimal_comma), split))
        form = form[at + 3 :]
    return [*pieces, Piece(form)] if form else pieces
