"""What must not be found any more after an erasure: raw ids, pseudonyms, texts that nobody else wrote.

raw ids -> those of others' records too, plain numbers -> where each is looked for; their texts -> less those of others
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from kgspark.ingest.sources import Source
from kgspark.night import Night
from kgspark.privacy import people
from kgspark.releases import Release
from kgspark.tables import Lake

log = logging.getLogger(__name__)
# Shorter texts ("ok", "great") are anybody's.
SHORTEST_TEXT = 30
REVIEWS = "silver.reviews"
# An id without a letter: the logs of any table count rows and bytes in such numbers.
_NUMBER = re.compile(r"[^\W\d_]")


@dataclass(frozen=True)
class Releases:
    """The release that readers see, which after a rollback is not the last one, and all that there are."""

    latest: Release
    known: Sequence[Release]


@dataclass(frozen=True)
class Searched:
    """Words by kind: ``anywhere`` in the lake, and ``in_rows`` of its tables alone; ``by_field``: how many ids are only
    looked for beside the name of their field, as others' records hold them as something else.
    """

    anywhere: dict[str, list[str]]
    in_rows: dict[str, list[str]] = field(default_factory=dict)
    by_field: int = 0


def searched(
    lake: Lake, releases: Releases, night: Night, raw_ids: Sequence[str], theirs: Mapping[str, DataFrame]
) -> Searched:
    """What to look for of the shoppers with these raw ids; ``theirs``: bronze table to the keys of their records in the
    latest release.

    An id that no other record holds as a whole word is looked for everywhere. A number (17850) stands for rows and
    bytes in the logs as well, so it is looked for in the rows of tables, and elsewhere beside its field's name
    (``"CustomerID":"17850"``); one that also is something of others (a stock code) only beside its field's name.
    """
    names = people.pseudonyms(night.sources, raw_ids, night.secret)
    shared = _of_others(lake, releases.latest.tables, raw_ids, theirs)
    numbers = {raw for raw in raw_ids if not _NUMBER.search(raw)}
    words = {
        "a raw id": [raw for raw in raw_ids if raw not in shared | numbers],
        "a raw id in its field": _in_fields(night.sources, shared | numbers),
        # An HMAC in any table is a trace, with or without its kind before it.
        "a pseudonym": [name.partition("/")[2] for name in names],
        "a text": _texts_of(lake, releases, names),
    }
    in_rows = {"a number that is a raw id": sorted(numbers - shared)}
    return Searched(_filled(words), _filled(in_rows), len(shared))


def _filled(words: dict[str, list[str]]) -> dict[str, list[str]]:
    return {kind: listed for kind, listed in words.items() if listed}


def _of_others(
    lake: Lake, tables: Mapping[str, int], raw_ids: Sequence[str], theirs: Mapping[str, DataFrame]
) -> set[str]:
    """The ids that stand, as whole words, in records of others."""
    # A frame, not literals: plans are logged.
    ids = F.broadcast(lake.spark.createDataFrame([(raw,) for raw in raw_ids], "shopper string"))
    told = F.concat_ws(" ", "record_id", "payload", F.col("raw").cast("string"), "file")
    shared: set[str] = set()
    for name, keys in theirs.items():
        others = lake.read(name, tables[name]).join(keys, on=list(people.KEY), how="left_anti")
        words = others.select(people.apart(told).alias("told"))
        both = words.join(ids, on=F.instr("told", people.apart(F.col("shopper"))) > 0, how="inner")
        shared |= {row["shopper"] for row in both.select("shopper").distinct().collect()}
    return shared


def _in_fields(sources: Iterable[Source], raw_ids: Iterable[str]) -> list[str]:
    """The ids behind the name of each field that holds shoppers, as JSON writes them."""
    fields = {raw for source in sources for mapped, _ in people.shoppers_of(source) for raw in mapped.raw_fields()}
    pairs = [
        (json.dumps(name, ensure_ascii=False), value)
        for name in fields
        for raw in raw_ids
        for value in (json.dumps(raw, ensure_ascii=False), raw)
    ]
    return sorted(f"{name}:{space}{value}" for name, value in pairs for space in ("", " "))


def _texts_of(lake: Lake, releases: Releases, names: Sequence[str]) -> list[str]:
    """Their titles and texts that nobody else wrote.

    They come from every release whose reviews can still be read: the latest may be that of an erasure which was stopped
    before it had deleted the files of the others.
    """
    told: set[str] = set()
    versions = {release.tables[REVIEWS] for release in releases.known if REVIEWS in release.tables}
    for version in sorted(versions):
        mine = F.col("shopper_id").isin(*names) & (F.length("text") >= SHORTEST_TEXT)
        try:
            told |= {row["text"] for row in _texts(lake, version).where(mine).select("text").distinct().collect()}
        except Exception as error:  # noqa: BLE001 - whatever Spark says of files that were deleted
            log.info("reviews of version %d are not there any more (%s)", version, type(error).__name__)
    if not told:
        return []
    # What others wrote as well, by itself or within more, stays in their reviews.
    theirs = ~F.coalesce(F.col("shopper_id").isin(*names), F.lit(False))
    others = _texts(lake, releases.latest.tables[REVIEWS]).where(theirs).select(F.col("text").alias("other"))
    asked = F.broadcast(lake.spark.createDataFrame([(text,) for text in sorted(told)], "text string"))
    shared = others.join(asked, on=F.instr("other", F.col("text")) > 0, how="inner").select("text").distinct()
    return sorted(told - {row["text"] for row in shared.collect()})


def _texts(lake: Lake, version: int) -> DataFrame:
    reviews = lake.read(REVIEWS, version)
    return reviews.select("shopper_id", F.explode(F.array("title", "text")).alias("text"))
