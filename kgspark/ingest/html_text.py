"""HTML out of text, as Column expressions: entities decoded, mark-up removed, everything else left alone."""

from __future__ import annotations

from html.entities import name2codepoint

from pyspark.sql import Column
from pyspark.sql import functions as F

from kgspark.ingest.bind import bind

_PAIR, _KEY = "\x1e", "\x1f"

# Numbers 128..159 mean Windows-1252 characters to every browser, and old feeds are full of &#150;.
_WINDOWS = {f"#{number}": bytes([number]).decode("cp1252", "ignore") for number in range(128, 160)}
CHARACTERS = (
    {name: chr(code) for name, code in name2codepoint.items()}
    | {"apos": "'"}
    | {k: v for k, v in _WINDOWS.items() if v}
)
_ENTITIES = _PAIR.join(f"{name}{_KEY}{text}" for name, text in sorted(CHARACTERS.items()))

# "&amp;lt;" was escaped twice: any number of leading "amp;" belongs to the same entity. The commonest ones also count
# without their semicolon, where no letter follows.
ENTITY = (
    r"^(?:amp;)*(?:(#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,7});"
    r"|(amp|lt|gt|quot|nbsp)(?![A-Za-z0-9;=]))"
)

# Only names of HTML elements are tags: "x <y> z", "<3" and "a < b > c" are text.
_INLINE = "a|abbr|b|big|bdi|bdo|cite|code|em|font|i|kbd|mark|o:p|s|samp|small|span|strike|strong|sub|sup|tt|u|var|wbr"
_BLOCK = (
    "address|article|aside|blockquote|body|br|button|caption|center|col|colgroup|dd|del|details|div|dl|dt|embed|fieldset|figcaption"
    "|figure|footer|form|h[1-6]|head|header|hr|html|iframe|img|input|ins|label|legend|li|link|main|meta|nav|noscript|object|ol"
    "|option|p|param|picture|pre|q|script|section|select|source|style|summary|svg|table|tbody|td|textarea|tfoot|th|thead|title"
    "|tr|ul|video"
)
TAGS_INLINE = rf"(?i)</?(?:{_INLINE})(?:\s[^<>]*)?/?>"
TAGS_BLOCK = rf"(?i)</?(?:{_BLOCK})(?:\s[^<>]*)?/?>"
HIDDEN_PARTS = r"(?is)<!--.*?-->|<(script|style)\b[^<>]*>.*?</\1\s*>|<!doctype[^<>]*>|<!\[CDATA\[|\]\]>"


def decode_entities(text: Column) -> Column:
    """Text with ``&amp;`` and its kind as the characters they stand for; what is no entity stays as it is.

    Named (HTML 4), decimal and hexadecimal references, Windows-1252 numbers, and references that were escaped
    repeatedly.
    """
    entities = F.str_to_map(F.lit(_ENTITIES), F.lit(_PAIR), F.lit(_KEY))

    def decode(piece: Column) -> Column:
        name = F.concat(F.regexp_extract(piece, ENTITY, 1), F.regexp_extract(piece, ENTITY, 2))
        return bind(name, lambda name: F.when(name == "", F.concat(F.lit("&"), piece)).otherwise(replace(name, piece)))

    def replace(name: Column, piece: Column) -> Column:
        decimal = F.concat(F.lit("#"), F.conv(F.substring(name, 3, 6), 16, 10))
        key = F.when(name.rlike("^#[xX]"), decimal).otherwise(name)
        rest = F.regexp_replace(piece, ENTITY, "")
        return bind(key, lambda key: F.coalesce(F.concat(character(key), rest), F.concat(F.lit("&"), piece)))

    def character(key: Column) -> Column:
        number = F.when(key.startswith("#"), F.substring(key, 2, 9).try_cast("bigint"))
        return F.coalesce(F.try_element_at(entities, key), _character(number))

    def join(pieces: Column) -> Column:
        later = F.transform(F.slice(pieces, F.lit(2), F.greatest(F.size(pieces) - 1, F.lit(0))), decode)
        return F.concat(F.element_at(pieces, 1), F.array_join(later, ""))

    return F.when(text.contains("&"), bind(F.split(text, "&"), join)).otherwise(text)


def _character(code: Column) -> Column:
    """The character of a code point; U+FFFD, as in browsers, where there is none; null for null."""
    valid = code.between(1, 0xD7FF) | code.between(0xE000, 0x10FFFF)
    utf32 = F.unhex(F.lpad(F.hex(code), 8, "0"))
    return F.when(valid, F.decode(utf32, "UTF-32")).when(code.isNotNull(), "\ufffd")


def strip_tags(text: Column) -> Column:
    """Text without HTML mark-up: inline tags vanish, block tags, comments, scripts and styles leave a space."""
    visible = F.regexp_replace(text, HIDDEN_PARTS, " ")
    return F.regexp_replace(F.regexp_replace(visible, TAGS_INLINE, ""), TAGS_BLOCK, " ")
