"""Values of attributes in the texts of offers, each with its place in the raw record: stage extract.attributes.

offers -> (learn a lexicon from what sellers declare) -> readings of title, description and attribute fields ->
places in the raw record -> silver.attribute_mentions
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyspark.sql import Window
from pyspark.sql import functions as F

from kgspark import drift
from kgspark.columns import hash_id
from kgspark.errors import InputError
from kgspark.extract.offer_reader import READ, OfferReader, declared_of
from kgspark.extract.trained import attribute_model, attribute_store, distant_labels, named
from kgspark.extract.values import lexicon_store, synonyms
from kgspark.extract.values.lexicon import Lexicon
from kgspark.extract.values.lexicon_learning import learn
from kgspark.extract.values.listings import Listing
from kgspark.ingest.mapping import live
from kgspark.schema import conform, table

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from kgspark.extract.attributes_settings import AttributesSettings
    from kgspark.night import Night

log = logging.getLogger(__name__)
MENTIONS = "silver.attribute_mentions"
# What an offer teaches the lexicon by.
_LEARNT_FROM = ("source", "seller", "title", "description", "category_path", "brand", "mpn", "gtin", "attributes")
# Labelled texts without which a reader is not worth fitting.
_FEWEST = 50


@dataclass(frozen=True)
class Fit:
    """The lexicon of a night, the folder where an earlier night kept it if that learnt it, a sketch of the offers."""

    lexicon: Lexicon
    kept: str | None = None
    seen: tuple[int, ...] = ()

    def save(self, root: str, trained_on: str) -> str:
        """Keep the lexicon under ``root``; gives its folder."""
        return self.kept or lexicon_store.save(self.lexicon, root, trained_on, {drift.ROWS: self.seen})


def fit(
    offers: DataFrame, catalog_records: DataFrame, cfg: AttributesSettings, night: Night, kept: str | None = None
) -> Fit:
    """Learn what sellers call things, or load the lexicon that the settings name, or go on with the one in ``kept``
    while the offers are much the same (``refit_at``).

    Inputs: silver.offers by offer_id, of which at most ``max_fit_offers`` are read, drawn by hash; the records are not
    read. Raises InputError where the named lexicon, reader or table of synonyms cannot be read: a night must not find
    that out in its workers.
    """
    if cfg.reader:
        named.loaded(cfg.reader, "cpu")
    if cfg.lexicon:
        return Fit(lexicon_store.load(cfg.lexicon))
    seen = drift.sketch(offers, "offer_id", *_LEARNT_FROM)
    if kept and drift.holds(kept, seen, cfg.refit_at):
        return Fit(lexicon_store.load(kept), kept)
    listings = _listings(offers, cfg)
    learnt = _learnt(listings, cfg)
    log.info("extract: %d offers taught %d values of attributes", len(listings), len(learnt.labels))
    return Fit(learnt, seen=seen)


def train(
    offers: DataFrame, cfg: AttributesSettings, root: str, trained_on: str, tagger: bool | None
) -> tuple[str, int]:
    """Fit a reader of named attributes to what sellers declare; gives its folder under ``root`` and the texts it saw.

    Input: silver.offers by offer_id. Raises InputError where too few offers declare what their own texts say.
    """
    listings = _listings(offers, cfg)
    lexicon = _learnt(listings, cfg)
    labelled = distant_labels.items(listings, lexicon)
    if len(labelled) < _FEWEST:
        raise InputError(
            f"{len(labelled)} offers declare attributes that their texts could be read for, expected {_FEWEST} at "
            "least; map more attributes in the sources' YAMLs."
        )
    model = attribute_model.fit(labelled, tagger)
    figures = {"texts": len(labelled), "questions": sum(len(item.answers) for item in labelled)}
    return attribute_store.save(model, root, trained_on, figures), len(labelled)


def build(
    offers: DataFrame, catalog_records: DataFrame, cfg: AttributesSettings, night: Night, fitted: Fit
) -> dict[str, DataFrame]:
    """Read every offer's texts; one row a value found.

    Inputs: silver.offers by offer_id; bronze.catalog_records by (source, record_id, variant), for the raw fields that
    places point into; what ``fit`` gave. Gives silver.attribute_mentions, as its schema says.
    """
    newest = F.row_number().over(Window.partitionBy("source", "record_id").orderBy("variant"))
    payloads = (
        live(catalog_records)
        .where(F.col("problem").isNull())
        .withColumn("nth", newest)
        .where("nth = 1")
        .select("source", "record_id", "payload")
    )
    texts = offers.select(
        "offer_id",
        "source",
        "record_id",
        "title",
        "description",
        "brand",
        "mpn",
        "category_path",
        "attributes",
        "origins",
    )
    read = texts.join(payloads, on=["source", "record_id"], how="left").mapInArrow(
        OfferReader(fitted.lexicon, cfg), READ
    )
    identified = read.withColumn(
        "mention_id", hash_id("mention", "offer_id", "column", "text_begin", "text_end", "attribute")
    )
    return {MENTIONS: conform(identified, table(MENTIONS))}


def _listings(offers: DataFrame, cfg: AttributesSettings) -> list[Listing]:
    # By hash, so that the same offers are drawn whatever the order of rows.
    drawn = offers.orderBy(F.xxhash64("offer_id"), "offer_id").limit(cfg.max_fit_offers)
    said = drawn.select(*_LEARNT_FROM)
    return [listing(row, cfg.max_text_length) for row in said.toArrow().to_pylist()]


def _learnt(listings: list[Listing], cfg: AttributesSettings) -> Lexicon:
    said = synonyms.read(Path(cfg.synonyms)) if cfg.synonyms else None
    return learn(listings, cfg.min_support, said)


def listing(row: dict[str, Any], max_text_length: int) -> Listing:
    """An offer as the lexicon learns from it."""
    description = (row["description"] or "")[:max_text_length]
    path = tuple(row["category_path"])
    return Listing(row["title"], path, declared_of(row), row["gtin"], description, row["source"], row["seller"])
