"""What must not be found any more after an erasure: raw ids, pseudonyms, records, texts that nobody else wrote.

raw ids -> plain numbers apart, those of others' records too -> where each is looked for; texts -> less those of others
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from kgspark.ingest.records import HASH_DIGITS
from kgspark.ingest.sources import Source
from kgspark.lake.tables import Lake
from kgspark.night import Night
from kgspark.privacy import people
from kgspark.privacy.earlier import rows_left, versions
from kgspark.privacy.wanted import Wanted
from kgspark.releases.release import Release

# Shorter texts ("ok", "great") are anybody's.
SHORTEST_TEXT = 30
# Longer numbers count no rows and no bytes.
LONGEST_COUNT = 9
REVIEWS = "silver.reviews"


@dataclass(frozen=True)
class Searched:
    """Words by kind: ``anywhere`` in the lake, and ``in_bronze``, in the rows of its records alone; ``by_field``: how
    many ids are plain numbers, which logs and other people's rows are full of.
    """

    anywhere: dict[str, list[str]]
    in_bronze: dict[str, list[str]] = field(default_factory=dict)
    by_field: int = 0

    @property
    def kinds(self) -> list[str]:
        """What kinds of words there are; of records that no version holds any more neither fingerprint nor text is."""
        return sorted({**self.anywhere, **self.in_bronze})


def searched(
    lake: Lake,
    known: Sequence[Release],
    night: Night,
    raw_ids: Sequence[str],
    theirs: Mapping[str, DataFrame],
    earlier: Iterable[str] = (),
) -> Searched:
    """What to look for of the shoppers with these raw ids; ``known``: all releases, the latest last; ``theirs``: bronze
    table to their records in the latest, as ``source, record_id, variant, fingerprint``; ``earlier``: fingerprints of
    those of others and of tags.

    A raw id is looked for everywhere, but for a plain number (17850). That also counts rows and bytes in logs, so it
    is looked for in the records of bronze, unless one of somebody else's holds it (a stock code), and everywhere beside
    the name of its field (``"CustomerID":"17850"``). Fingerprints tell the very records, whatever their shape.
    """
    names = people.pseudonyms(night.sources, raw_ids, night.secret)
    numbers = {raw for raw in raw_ids if raw.isascii() and raw.isdecimal() and len(raw) <= LONGEST_COUNT}
    shared = _of_others(lake, known[-1].tables, numbers, theirs) if numbers else set()
    anywhere = {
        "a raw id": [raw for raw in raw_ids if raw not in numbers],
        "a raw id in its field": _in_fields(night.sources, numbers),
        # An HMAC in any table is a trace, with or without its kind before it.
        "a pseudonym": [name.partition("/")[2] for name in names],
        "a record": _fingerprints(theirs.values(), earlier),
        "a text": _texts_of(lake, known, names),
    }
    in_bronze = {"a number that is a raw id": sorted(numbers - shared)}
    return Searched(_filled(anywhere), _filled(in_bronze), len(numbers))


def _filled(words: dict[str, list[str]]) -> dict[str, list[str]]:
    return {kind: listed for kind, listed in words.items() if listed}


def _of_others(
    lake: Lake, tables: Mapping[str, int], numbers: Iterable[str], theirs: Mapping[str, DataFrame]
) -> set[str]:
    """The numbers that stand by themselves in records of others, as the proof would find them there."""
    wanted = Wanted({number: [number] for number in numbers})

    def said(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            told = ("\n".join(text for text in row.values() if text) for row in batch.to_pylist())
            held = sorted(set[str]().union(*map(wanted.kinds, told)))
            yield pa.RecordBatch.from_arrays([pa.array(held, pa.string())], names=["number"])

    found: set[str] = set()
    for name, mine in theirs.items():
        others = lake.read(name, tables[name]).join(mine.select(*people.KEY), on=list(people.KEY), how="left_anti")
        texts = others.select("record_id", "payload", F.col("raw").cast("string").alias("raw"), "file")
        found |= {row["number"] for row in texts.mapInArrow(said, "number string").distinct().collect()}
    return found


def _in_fields(sources: Iterable[Source], numbers: Iterable[str]) -> list[str]:
    """The numbers behind the name of each field that holds shoppers, as JSON writes them."""
    fields = {mapped.field for source in sources for mapped, _ in people.shoppers_of(source)} - {None}
    names = [json.dumps(name, ensure_ascii=False) for name in fields]
    values = [value for number in numbers for value in (json.dumps(number), number)]
    return sorted(f"{name}:{space}{value}" for name in names for value in values for space in ("", " "))


def _fingerprints(theirs: Iterable[DataFrame], earlier: Iterable[str]) -> list[str]:
    """Of their records, whole and as far as they are the key of a record whose source has none."""
    now = {row["fingerprint"] for rows in theirs for row in rows.select("fingerprint").distinct().collect()}
    whole = now.union(earlier)
    return sorted(whole | {fingerprint[:HASH_DIGITS] for fingerprint in whole})


def _texts_of(lake: Lake, known: Sequence[Release], names: Sequence[str]) -> list[str]:
    """Their titles and texts that nobody else wrote.

    They come from every release and tag whose reviews can still be read: the latest may be that of an erasure which was
    stopped before it had deleted the files of the others.
    """
    # Frames, not literals, here and below: plans are logged.
    theirs = F.broadcast(lake.spark.createDataFrame([(name,) for name in names], "shopper_id string"))
    told: set[str] = set()
    latest = [(lake, name, version) for name, version in known[-1].tables.items() if name == REVIEWS]
    for place, name, version in [*latest, *versions(lake, known, [REVIEWS])]:
        long = _texts(place.read(name, version)).where(F.length("text") >= SHORTEST_TEXT)
        mine = long.join(theirs, on="shopper_id", how="left_semi")
        told |= {row["text"] for row in rows_left(mine.select("text").distinct())}
    if not told:
        return []
    # What others wrote as well, by itself or within more, stays in their reviews.
    others = _texts(lake.read(REVIEWS, known[-1].tables[REVIEWS])).join(theirs, on="shopper_id", how="left_anti")
    asked = F.broadcast(lake.spark.createDataFrame([(text,) for text in sorted(told)], "told string"))
    shared = others.join(asked, on=F.instr("text", F.col("told")) > 0, how="inner").select("told").distinct()
    return sorted(told - {row["told"] for row in shared.collect()})


def _texts(reviews: DataFrame) -> DataFrame:
    return reviews.select("shopper_id", F.explode(F.array("title", "text")).alias("text"))
