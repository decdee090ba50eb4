"""When two spellings are one name: the normal forms under which brands, categories, attributes and values are known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

if TYPE_CHECKING:
    from pyspark.sql import Column

# What feeds write where they know no maker; in normal form.
NOT_BRANDS = ("n a", "na", "none", "null", "nan", "unknown", "unbranded", "no brand", "generic", "other", "various")
# Between the levels of a category key: silver text holds no control character, so no label can hold it.
LEVEL_MARK = "\u001f"


def plain(text: Column) -> Column:
    """Lower case, single spaces, trimmed; null where nothing is left."""
    return _or_null(F.lower(text))


def brand_key(brand: Column) -> Column:
    """A maker's name whatever its case and punctuation: ``Hewlett-Packard`` and ``HEWLETT PACKARD`` are one.

    Null where the text names no maker (``N/A``, ``Unbranded``, ``***``).
    """
    without_apostrophes = F.regexp_replace(F.lower(brand), "['’`´]", "")
    key = _or_null(F.regexp_replace(without_apostrophes, r"[\p{P}\p{S}]+", " "))
    return F.when(~key.isin(*NOT_BRANDS), key)


def model_key(mpn: Column) -> Column:
    """A model number whatever its case and separators: ``WH-1000XM4`` and ``wh1000 xm4`` are one. Null where empty."""
    return F.nullif(F.regexp_replace(F.lower(mpn), r"[^\p{L}\p{N}]+", ""), F.lit(""))


def attribute_name(name: Column) -> Column:
    """An attribute's name in lower case, words joined by ``_``: ``Package Size`` and ``package_size`` are one."""
    return F.nullif(F.btrim(F.regexp_replace(F.lower(name), r"[^\p{L}\p{N}]+", "_"), F.lit("_")), F.lit(""))


def levels(path: Column) -> Column:
    """Category labels without empty ones, single-spaced, in their own case."""
    squeezed = F.transform(path, lambda label: F.btrim(F.regexp_replace(label, r"\s+", " ")))
    return F.filter(squeezed, lambda label: F.coalesce(label != "", F.lit(False)))


def category_key(clean_levels: Column) -> Column:
    """The natural key of a category: its ``levels`` in lower case, joined by a mark that no label can hold."""
    return F.lower(F.array_join(clean_levels, LEVEL_MARK))


def _or_null(text: Column) -> Column:
    return F.nullif(F.btrim(F.regexp_replace(text, r"\s+", " ")), F.lit(""))
