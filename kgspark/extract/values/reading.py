"""What an extractor gives: one value of one attribute at one place of a text."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reading:
    """``value`` is the normal form of ``text[begin:end]``; ``number`` (decimal text) and ``unit`` where it is a
    quantity. ``extractor`` names the method and, behind a colon, its rule; ``confidence`` is a probability.
    """

    begin: int
    end: int
    attribute: str
    value: str
    number: str | None
    unit: str | None
    confidence: float
    extractor: str
