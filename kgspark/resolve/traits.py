"""Traits that a title leaves out when they are as usual: one piece, new, first generation.

clean name -> pack, condition, generation, each with what silence means

For other attributes silence says nothing; for these, "coffee 250 g" beside "coffee 250 g, pack of 6" is a difference.
"""

from __future__ import annotations

import re

# Columns of the evidence, and what a title means that says nothing.
NAMES = {"pack_differs": "1", "condition_differs": "new", "generation_differs": "1"}
_PACK = re.compile(r"(?<![^\W_])(\d+)pack(?![^\W_])")
_REFURBISHED = re.compile(
    r"(?<![^\W_])(?:refurb(?:ished)?|renewed|recertified|reconditioned|remanufactured|generaluberholt|reconditionne)"
    r"(?![^\W_])|翻新"
)
_USED = re.compile(
    r"(?<![^\W_])(?:used|pre[ -]?owned|second[ -]hand|open[ -]box|gebraucht|d'occasion)(?![^\W_])|二手|9\d ?新"
)
_GENERATION = re.compile(
    r"(?<![^\W_])(?:gen(?:eration)?[ .-]{0,2}(\d{1,2})|(\d{1,2})(?:st|nd|rd|th) gen(?:eration)?|(?:mk|v)[ .-]?(\d))"
    r"(?![^\W_.])|第? ?(\d{1,2}) ?代"
)


def read(name: str) -> tuple[str, ...]:
    """Pack, condition and generation of a clean name.

    >>> read("oribex mk2 phone 64gb renewed"), read("6pack tea")
    (('1', 'refurbished', '2'), ('6', 'new', '1'))
    """
    packs = sorted(set(_PACK.findall(name)) - {"1"})
    generations = sorted({number.lstrip("0") for found in _GENERATION.findall(name) for number in found if number})
    condition = "refurbished" if _REFURBISHED.search(name) else "used" if _USED.search(name) else ""
    said = ("+".join(packs), condition, "+".join(generations))
    return tuple(value or usual for value, usual in zip(said, NAMES.values(), strict=True))
