"""What the method reads of an offer, as a frame and as arrays.

silver.offers, sources that list a product once -> texts read into tokens, once -> listed offers -> corpus
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from pyspark.sql import functions as F

from kgspark.graph.names import plain
from kgspark.ingest.sources import unique_sources
from kgspark.resolve import corpus
from kgspark.resolve.corpus import MOST, SMALL_SELLER, Corpus, Ints
from kgspark.resolve.normalise import DESCRIPTION_LENGTH, Listing, listing
from kgspark.resolve.repeats import Promises

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from kgspark.ingest.sources import Source
    from kgspark.resolve.matcher import Matcher
    from kgspark.resolve.settings import ResolveSettings

log = logging.getLogger(__name__)

# What ``normalise.listing`` reads, and the fields of the Listing that it gives.
_SAID = ("title", "brand", "mpn", "description", "gtin", "price", "currency")
_READ = {
    "name": "array<string>",
    "text": "array<string>",
    "squashed_name": "string",
    "squashed_text": "string",
    "gtin": "string",
    "model": "string",
    "price": "double",
    "currency": "string",
    "traits": "array<string>",
}
# ``lister`` is the seller within its source, ``alone`` that it lists a product once, ``small`` that it lists few,
# ``alike`` how many of its offers say the very same. The texts are tokens already: reading them costs more than
# anything else done with them, and an offer is met again in every pair.
OFFER = ("offer_id", "lister", "alone", "small", "alike", *_READ)
_BETWEEN = "\x1f"
# Before the names of columns that are only carried along: some are read as well.
_KEPT = "kept_"


def listed(offers: DataFrame, once: Sequence[str], *others: str) -> DataFrame:
    """Offers (silver.offers) with the columns OFFER and ``others``.

    ``once`` are the sources whose sellers list a product once.
    """
    return read(told(offers, once, *others), *others)


def told(offers: DataFrame, once: Sequence[str], *others: str) -> DataFrame:
    """What decides how offers (silver.offers) are read: whose they are, and what they say; ``listed`` before reading.

    Two offers with equal rows here are one to the method. The columns ``others`` come behind.
    """
    few = F.col("listed") < SMALL_SELLER
    by_seller = offers.groupBy("source", "seller").agg(F.count("*").alias("listed"))
    share = by_seller.agg((F.sum(F.when(few, F.col("listed")).otherwise(0)) / F.sum("listed")).alias("of_few"))
    # As corpus.of_small_sellers.
    # By a hash, as texts are long; of a seller's offers none that differ are likely to share one.
    hashed = offers.withColumn("said", F.xxhash64(*_SAID))
    same = hashed.groupBy("source", "seller", "said").agg(F.count("*").alias("alike")).where(F.col("alike") > 1)
    counted = hashed.join(by_seller, on=["source", "seller"], how="inner").crossJoin(F.broadcast(share))
    counted = counted.join(same, on=["source", "seller", "said"], how="left")
    return counted.select(
        "offer_id",
        F.concat_ws(_BETWEEN, "source", "seller").alias("lister"),
        F.col("source").isin(list(once)).alias("alone"),
        (few & (F.col("of_few") > MOST)).alias("small"),
        F.coalesce("alike", F.lit(1)).alias("alike"),
        "title",
        "brand",
        "mpn",
        F.substring("description", 1, DESCRIPTION_LENGTH).alias("description"),
        "gtin",
        F.col("price").cast("double").alias("price"),
        "currency",
        *(F.col(name).alias(_KEPT + name) for name in others),
    )


def read(told: DataFrame, *others: str) -> DataFrame:
    """Rows of ``told`` with their texts as tokens: the columns OFFER and ``others``."""
    types = dict(told.dtypes)
    kept = {name: types[_KEPT + name] for name in others}
    whose = {name: types[name] for name in OFFER if name not in _READ}
    schema = ", ".join(f"{name} {of}" for name, of in {**whose, **_READ, **kept}.items())
    return told.mapInArrow(_Read(tuple(whose), others), schema)


@dataclass(frozen=True)
class _Read:
    """Reads the texts of offers into tokens; the columns ``whose`` and ``others`` stay as they are."""

    whose: tuple[str, ...]
    others: tuple[str, ...]

    def __call__(self, incoming: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in incoming:
            texts = zip(*(batch.column(name).to_pylist() for name in _SAID), strict=True)
            read = columns([listing(*row) for row in texts])
            same = {name: batch.column(name) for name in self.whose}
            kept = {name: batch.column(_KEPT + name) for name in self.others}
            yield pa.RecordBatch.from_pydict({**same, **read, **kept})


def columns(listings: Sequence[Listing]) -> dict[str, pa.Array]:
    """Listings as Arrow columns, as ``corpus_of`` reads them."""
    types = {"array<string>": pa.list_(pa.string()), "string": pa.string(), "double": pa.float64()}
    return {name: pa.array([getattr(one, name) for one in listings], types[of]) for name, of in _READ.items()}


def corpus_of(rows: pa.Table) -> Corpus:
    """Distinct offers (columns OFFER), in the order of the rows."""
    read = zip(*(rows.column(name).to_pylist() for name in _READ), strict=True)
    ids, listers = (rows.column(name).to_pylist() for name in ("offer_id", "lister"))
    alone, small, alike = (rows.column(n).to_numpy(zero_copy_only=False) for n in ("alone", "small", "alike"))
    return corpus.build(ids, listers, alone, [Listing(*row) for row in read], small, alike)


def sources_of(rows: pa.Table) -> list[str]:
    """The source of each offer (columns OFFER)."""
    return [lister.partition(_BETWEEN)[0] for lister in rows.column("lister").to_pylist()]


def distinct(rows: pa.Table) -> tuple[pa.Table, Ints]:
    """The distinct offers among rows, by rising id, and for each row its number there."""
    ids = np.array(rows.column("offer_id").to_pylist(), dtype=object)
    _, first, place = np.unique(ids, return_index=True, return_inverse=True)
    return rows.take(pa.array(first)), place.astype(np.int64)


def promises(offers: DataFrame, sources: Sequence[Source], fitted: Matcher | None, cfg: ResolveSettings) -> Promises:
    """What sources say of their sellers, as far as their offers bear it out; a fitted matcher's word stands."""
    if fitted is not None and fitted.once is not None:
        return Promises(fitted.once)
    once = listing_once(offers, unique_sources(sources), cfg.max_repeat_share)
    return Promises(tuple(once), tuple(unique_sources(sources, said=None)))


def listing_once(offers: DataFrame, declared: Sequence[str], most: float) -> list[str]:
    """Those of the sources declared ``unique`` whose sellers really list a product once.

    A source is taken at its word unless more than ``most`` of its offers share their GTIN, or else title and
    description, with another offer of the same seller; the others are named in the log. A title alone says nothing: it
    often is that of a family of products. One shuffle.
    """
    says = F.coalesce("gtin", F.concat_ws(_BETWEEN, plain(F.col("title")), plain(F.col("description"))))
    repeats = (
        offers.where(F.col("source").isin(list(declared)) & F.coalesce("gtin", "description").isNotNull())
        .groupBy("source", "seller", says.alias("says"))
        .agg(F.count("*").alias("offers"))
        .groupBy("source")
        .agg(F.sum(F.when(F.col("offers") > 1, F.col("offers")).otherwise(0)) / F.sum("offers"))
    )
    share = {source: float(repeated) for source, repeated in repeats.collect()}
    for source, repeated in sorted(share.items()):
        if repeated > most:
            log.warning(
                "source %s is declared unique, but %.1f %% of its offers repeat the GTIN or texts of another offer of "
                "their seller: it is resolved as one that repeats products; take 'unique' out of its YAML",
                source, 100 * repeated,
            )  # fmt: skip
    return [source for source in declared if share.get(source, 0.0) <= most]
