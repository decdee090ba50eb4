"""Sizes that are no size: between which holes a screen is hung (VESA FDMI).

"vesa wall mount 200 x 200 mm, 400 x 400 mm", "200 x 200 vesa" -> distances; "monitor 54 x 32 cm vesa mountable" -> none
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_BEFORE = re.compile(r"vesa(?: (?:wall|mount\w*|standard|sizes?|pattern|holes?|max))*:? ?\(?$")
_BEHIND = re.compile(r" ?\(?vesa(?: (?:wall|mount\w*|standard|pattern|holes))*(?=[,.;)]|$)")
_AND = re.compile(r" ?(?:[,/&]|and|or|to) ?")
# Centimetres that the standard knows; what is so large otherwise is the screen.
_DISTANCES = frozenset(["5", "7.5", "10", "20", "30", "35", "40", "50", "60", "70", "80"])
_LOOKS_BACK = 60  # characters


def between_holes(plain: str, begin: int, end: int, sides: Sequence[str], last_end: int | None) -> bool:
    """Is the size at ``begin`` to ``end`` of the folded text one between holes?

    ``sides`` are its numbers in centimetres; ``last_end`` is where such a size ended right before, None where none did.
    """
    if len(sides) != 2 or not _DISTANCES.issuperset(sides):
        return False
    more = last_end is not None and _AND.fullmatch(plain, last_end, begin)
    return bool(more or _BEFORE.search(plain, max(0, begin - _LOOKS_BACK), begin) or _BEHIND.match(plain, end))
