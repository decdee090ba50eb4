"""Whether words of a text name what a thing fits, not the thing: a case for a Nordvik phone is no Nordvik."""

from __future__ import annotations

import re

# Attributes that such words give of the other thing.
OF_HOST = {"brand", "model", "series"}
_HOST = re.compile(
    r"(?:(?<![a-z])(?:for|fits?|compatible with|suitable for|works with) |适用于?|适配|兼容)"
    r"(?:[^,.;:|()（）/]{0,30} )?$"
)
_WITHIN = 60


def of_host(plain: str, begin: int) -> bool:
    """Whether the words that begin there, in a folded text, belong to what the thing fits.

    >>> of_host("kaitomi case for nordvik nv-1", 17), of_host("kaitomi case for nordvik nv-1", 0)
    (True, False)
    """
    return _HOST.search(plain[max(0, begin - _WITHIN) : begin]) is not None
