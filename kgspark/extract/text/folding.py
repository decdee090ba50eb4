"""A text in one width, one case and one Chinese script, with every character in its old place.

text -> folded text of the same length: full-width digits and letters narrow, capitals small, traditional as simplified
"""

from __future__ import annotations

import functools
import re
import unicodedata

_FIRST_CJK, _LAST_CJK = "\u3400", "\u9fff"
CJK = re.compile(f"[{_FIRST_CJK}-{_LAST_CJK}]")


def folded(text: str) -> str:
    """The text for comparing and searching; as long as it was, so that every place stays.

    >>> folded("５００ＭＬ 兩瓶裝"), len(folded("½ İ"))
    ('500ml 两瓶装', 3)
    """
    return text.lower() if text.isascii() else "".join(map(_folded, text))


def simplified(text: str) -> str:
    """The text in simplified characters, each in its old place; all else stays as it is.

    >>> simplified("電池很耐用，iPhone")
    '电池很耐用，iPhone'
    """
    return text if text.isascii() else text.translate(_table())


@functools.cache
def _table() -> dict[int, str]:
    return {ord(one): simple for one, simple in _simplified().items()}


@functools.lru_cache(maxsize=1 << 16)
def _folded(character: str) -> str:
    if _FIRST_CJK <= character <= _LAST_CJK:
        return _simplified().get(character, character)
    small = unicodedata.normalize("NFKC", character).lower()
    return small if len(small) == 1 else character


@functools.cache
def _simplified() -> dict[str, str]:
    """Characters that have a simplified form, all of them one character long."""
    import opencc

    converter = opencc.OpenCC("t2s")
    characters = map(chr, range(ord(_FIRST_CJK), ord(_LAST_CJK) + 1))
    pairs = ((one, converter.convert(one)) for one in characters)
    return {one: simple for one, simple in pairs if simple != one and len(simple) == 1}
