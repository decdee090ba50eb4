"""An offer as lexicons and labels are learnt from it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Listing:
    """What is learnt from: an offer's title, its categories from the root, what it declares by attribute, its GTIN, its
    description, its source and its seller; ``makerless`` where no maker's name opens titles of its kind (makers.named).
    """

    title: str
    path: tuple[str, ...]
    declared: dict[str, str]
    gtin: str | None = None
    description: str = ""
    source: str = ""
    seller: str = ""
    makerless: bool = False
