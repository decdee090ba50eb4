"""Raw text -> the text a person would read: no mark-up, one Unicode form, no invisible characters, single spaces."""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from kgspark.ingest.html_text import decode_entities, strip_tags

# Byte order marks (also inside a text), zero-width spaces, soft hyphens, text-direction marks and non-characters carry
# no meaning in a listing. Zero-width joiners stay: emoji and Indic scripts need them.
_INVISIBLE = r"[\p{Cc}\u00AD\u180E\u200B\u200E\u200F\u202A-\u202E\u2060-\u2069\uFEFF\uFFF9-\uFFFB\uFFFE\uFFFF]"
_SPACE = r"[\s\u0085\p{Z}]+"

_DIRTY = rf"[&<]|  |[\s\u0085\p{{Z}}&&[^ ]]|{_INVISIBLE}"

# Every character that can take part in a change by NFC: marks, Hangul letters, and characters that have another
# canonical form.
NFC_SUSPECT = (
    r"[\p{M}\u0374\u037E\u0387\u0958-\u095F\u09DC-\u09DF\u0A33-\u0A5E\u0B5C\u0B5D\u0F43-\u0F69\u1100-\u11FF\u1F00-\u1FFF\u2126\u212A\u212B\u2329\u232A\u2ADC\uF900-\uFAFF\uFB1D-\uFB4E"
    r"\x{1D15E}-\x{1D1C0}\x{2F800}-\x{2FA1D}]"
)

# Between texts of a record, and behind the name of a map whose keys wait.
_JOINT, _KEYS = "\x1f", "__keys"

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


def clean_columns(frame: DataFrame, names: Iterable[str]) -> DataFrame:
    """The frame with the named texts as a person would read them, null where nothing is left or said.

    HTML entities are decoded and tags removed, byte order marks, control and other invisible characters dropped, every
    run of white space made one space, and the result brought to Unicode NFC.
    """
    # Step by step: each step uses the one before several times, and one expression would hold as many copies.
    for step in (clean_unnormalised, nfc, stated):
        frame = frame.withColumns({name: step(F.col(name)) for name in names})
    return frame


def clean_unnormalised(text: Column) -> Column:
    """The text without mark-up, invisible characters and runs of white space, not yet in a Unicode normal form."""
    decoded = F.when(text.rlike("[&<]"), strip_tags(decode_entities(text))).otherwise(text)
    spaced = F.regexp_replace(decoded, _SPACE, " ")
    cleaned = F.trim(F.regexp_replace(F.regexp_replace(spaced, _INVISIBLE, ""), " {2,}", " "))
    # Most texts are clean: one look instead of five.
    return F.when(text.rlike(_DIRTY), cleaned).otherwise(F.trim(text))


def nfc(text: Column) -> Column:
    """The text in Unicode normal form C, so that equal-looking texts are equal.

    Spark has no such function; Arrow's runs in the Python worker, and only texts that could change travel there with
    their content.
    """
    # Made here, not on import: whether it is a classic or a Connect function depends on the session.
    # It is deterministic; called so, Spark 4.1 moves a filter that needs its result below the place where it runs, and
    # fails.
    normalise = F.arrow_udf(_normalise, T.StringType()).asNondeterministic()  # type: ignore[attr-defined]
    return F.coalesce(normalise(F.when(text.rlike(NFC_SUSPECT), text)), text)


def _normalise(texts: pa.Array) -> pa.Array:
    return pc.utf8_normalize(texts.cast(pa.string()), form="NFC")


def clean_collections(frame: DataFrame, *, arrays: Iterable[str] = (), maps: Iterable[str] = ()) -> DataFrame:
    """The frame with every text of the named arrays and maps clean; those that say nothing are dropped."""
    names = (*arrays, *maps)

    def joined(values: Column) -> Column:
        # Cleaning drops all control characters, so one of them can join the texts for a single trip to Arrow.
        return F.array_join(F.transform(values, lambda text: F.coalesce(clean_unnormalised(text), F.lit(""))), _JOINT)

    frame = frame.withColumns(
        {name + _KEYS: F.map_keys(name) for name in maps}
        | {name: joined(F.map_values(name) if name in maps else F.col(name)) for name in names}
    )
    frame = frame.withColumns({name: nfc(F.col(name)) for name in names})
    frame = frame.withColumns({name: F.split(F.coalesce(name, F.lit("")), _JOINT) for name in names})
    return frame.withColumns(
        {name: F.filter(name, lambda text: stated(text).isNotNull()) for name in arrays}
        | {name: _mapped(F.col(name + _KEYS), F.col(name)) for name in maps}
    ).drop(*[name + _KEYS for name in maps])


def _mapped(keys: Column, values: Column) -> Column:
    pairs = F.zip_with(keys, values, lambda key, value: F.struct(key.alias("key"), value.alias("value")))
    return F.map_from_entries(F.filter(pairs, lambda pair: stated(pair["value"]).isNotNull()))


def stated(text: Column) -> Column:
    """The text, or null where it only says that there is nothing to say (``N/A``, ``-``, ``none``, ``暂无``)."""
    return F.when(~F.lower(F.trim(text)).isin(*_NOTHING), text)
