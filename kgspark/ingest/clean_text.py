"""Raw text -> the text a person would read: no mark-up, one Unicode form, no invisible characters, single spaces."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql import types as T

from kgspark.ingest.html_text import decode_entities, strip_tags

# Byte order marks (also inside a text), zero-width spaces, soft hyphens, text-direction marks and non-characters carry no meaning in
# a listing. Zero-width joiners stay: emoji and Indic scripts need them.
_INVISIBLE = r"[\p{Cc}\u00AD\u180E\u200B\u200E\u200F\u202A-\u202E\u2060-\u2069\uFEFF\uFFF9-\uFFFB\uFFFE\uFFFF]"
_SPACE = r"[\s\u0085\p{Z}]+"

# Every character that can take part in a change by NFC: marks, Hangul letters, and characters that have another canonical form.
NFC_SUSPECT = (
    r"[\p{M}\u0374\u037E\u0387\u0958-\u095F\u09DC-\u09DF\u0A33-\u0A5E\u0B5C\u0B5D\u0F43-\u0F69\u1100-\u11FF\u1F00-\u1FFF\u2126\u212A\u212B\u2329\u232A\u2ADC\uF900-\uFAFF\uFB1D-\uFB4E"
    r"\x{1D15E}-\x{1D1C0}\x{2F800}-\x{2FA1D}]"
)

# What forms and exports write where they have nothing to say.
_NOTHING = (
    "",
    "-",
    "--",
    "—",
    "–",
    "?",
    "n/a",
    "n.a.",
    "na",
    "nan",
    "nil",
    "none",
    "null",
    "undefined",
    "unknown",
    "not applicable",
    "does not apply",
    "tbd",
    "暂无",
    "无",
)


def clean(text: Column) -> Column:
    """The text as a person would read it, or null where nothing is left.

    HTML entities are decoded and tags removed, byte order marks, control and other invisible characters dropped, every run of white
    space made one space, and the result brought to Unicode NFC.
    """
    return nfc(F.nullif(clean_unnormalised(text), F.lit("")))


def clean_unnormalised(text: Column) -> Column:
    """``clean`` without its last step, for texts that are joined first and normalised in one call."""
    decoded = F.when(text.rlike("[&<]"), strip_tags(decode_entities(text))).otherwise(text)
    spaced = F.regexp_replace(decoded, _SPACE, " ")
    return F.trim(F.regexp_replace(F.regexp_replace(spaced, _INVISIBLE, ""), " {2,}", " "))


def nfc(text: Column) -> Column:
    """The text in Unicode normal form C, so that equal-looking texts are equal.

    Spark has no such function; Arrow's runs in the Python worker, and only texts that could change travel there with their content.
    """
    # Made here, not on import: whether it is a classic or a Connect function depends on the session.
    normalise = F.arrow_udf(_normalise, T.StringType())
    return F.coalesce(normalise(F.when(text.rlike(NFC_SUSPECT), text)), text)


def _normalise(batches: Iterator[pa.Array]) -> Iterator[pa.Array]:
    for texts in batches:
        yield pc.utf8_normalize(texts.cast(pa.string()), form="NFC")


def clean_values(values: Column) -> Column:
    """``clean`` for every text of an array; empty ones are dropped."""
    cleaned = F.filter(F.transform(values, clean_unnormalised), lambda text: F.length(text) > 0)
    # Cleaning dropped all control characters, so this one can join the texts for a single trip to Arrow.
    joined = nfc(F.array_join(cleaned, _JOINT))
    return F.when(F.size(cleaned) > 0, F.split(joined, _JOINT)).otherwise(F.array().cast("array<string>"))


_JOINT = "\x1f"


def stated(text: Column) -> Column:
    """The text, or null where it only says that there is nothing to say (``N/A``, ``-``, ``none``, ``暂无``)."""
    return F.when(~F.lower(F.trim(text)).isin(*_NOTHING), text)
