"""What reviewers say of a product's aspects, each with its place in the raw record: stage extract.aspects.

reviews -> (learn a lexicon of aspects and opinions from texts and ratings) -> aspects, opinions, polarity ->
places in the raw record -> silver.aspect_mentions
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyspark.sql import Window
from pyspark.sql import functions as F

from kgspark import artifacts, drift
from kgspark.columns import hash_id
from kgspark.errors import InputError
from kgspark.extract.opinions.grow_opinions import grow
from kgspark.extract.opinions.opinion_lexicon import FORMAT, Lexicons
from kgspark.extract.opinions.opinion_reader import READ, OpinionReader
from kgspark.extract.opinions.opinion_words import LANGUAGES
from kgspark.ingest.mapping import live
from kgspark.schema import conform, table

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

    from kgspark.extract.aspects_settings import AspectsSettings
    from kgspark.night import Night

log = logging.getLogger(__name__)
MENTIONS = "silver.aspect_mentions"
ARTEFACT, _FILE = "opinions", "lexicons.json"


@dataclass(frozen=True)
class Fit:
    """The lexicons of a night, how many reviews taught them, the folder they were kept in where an earlier night learnt
    them, and a sketch of the reviews.
    """

    lexicons: Lexicons
    reviews: int = 0
    kept: str | None = None
    seen: tuple[int, ...] = ()

    def save(self, root: str, trained_on: str) -> str:
        """Keep the lexicons under ``root``; gives their folder."""
        if self.kept:
            return self.kept
        content = json.dumps(self.lexicons.record(), ensure_ascii=False, indent=1, sort_keys=True)
        known = self.lexicons.by_language.items()
        figures = {code: {"aspects": len(one.aspects), "opinions": len(one.opinions)} for code, one in known}
        files = {_FILE: content.encode()}
        return artifacts.save(
            root, ARTEFACT, files, trained_on, figures | {"reviews": self.reviews}, {drift.ROWS: self.seen}
        )


def load(folder: str) -> Lexicons:
    """The lexicons of an artefact; raises InputError where it is not whole or of another format."""
    files, manifest = artifacts.load(folder, ARTEFACT)
    record = json.loads(files[_FILE])
    if record["format"] != FORMAT:
        raise InputError(f"{folder} was learnt by kgspark {manifest['code_version']}, another format; learn a new one.")
    return Lexicons.of(record)


def fit(
    reviews: DataFrame,
    review_records: DataFrame,
    offers: DataFrame,
    cfg: AspectsSettings,
    night: Night,
    kept: str | None = None,
) -> Fit:
    """Learn which nouns reviewers judge and in which words, or load the lexicons that the settings name, or go on with
    those in ``kept`` while the reviews are much the same (``refit_at``).

    Inputs: silver.reviews by review_id, of which at most ``max_fit_reviews`` of a language are read, drawn by hash;
    records and offers are not read. Raises InputError where the named lexicons cannot be read.
    """
    if cfg.lexicon:
        return Fit(load(cfg.lexicon))
    written = _readable(reviews)
    seen = drift.sketch(written, "review_id", "language", "title", "text", "rating", "offer_id")
    if kept and drift.holds(kept, seen, cfg.refit_at):
        return Fit(load(kept), kept=kept)
    learnt, number = Lexicons.seeded().by_language, 0
    # By hash, so that the same reviews are drawn whatever the order of rows.
    nth = F.row_number().over(Window.partitionBy("language").orderBy(F.xxhash64("review_id"), "review_id"))
    text = F.concat_ws(" . ", "title", F.substring("text", 1, cfg.max_text_length)).alias("text")
    drawn = written.withColumn("nth", nth).where(F.col("nth") <= cfg.max_fit_reviews)
    rows = (
        drawn.select("language", text, "rating", "offer_id", "nth")
        .toArrow()
        .sort_by([("language", "ascending"), ("nth", "ascending")])
    )
    for code in sorted(set(rows.column("language").to_pylist())):
        own = rows.filter([known == code for known in rows.column("language").to_pylist()])
        number += own.num_rows
        texts, ratings, products = (own.column(name).to_pylist() for name in ("text", "rating", "offer_id"))
        learnt = {**learnt, code: grow(texts, ratings, products, code, cfg.min_support)}
    log.info("extract: %d reviews taught %s", number, {code: len(one.aspects) for code, one in learnt.items()})
    return Fit(Lexicons(learnt), number, seen=seen)


def build(
    reviews: DataFrame, review_records: DataFrame, offers: DataFrame, cfg: AspectsSettings, night: Night, fitted: Fit
) -> dict[str, DataFrame]:
    """Read every review; one row an aspect that it judges.

    Inputs: silver.reviews by review_id; bronze.review_records by (source, record_id, variant), for the raw fields that
    places point into; silver.offers by offer_id, for the category of what is reviewed; what ``fit`` gave. Gives
    silver.aspect_mentions, as its schema says.
    """
    smallest = F.row_number().over(Window.partitionBy("source", "record_id").orderBy("variant"))
    readable = live(review_records).where(F.col("problem").isNull())
    payloads = readable.withColumn("nth", smallest).where("nth = 1").select("source", "record_id", "payload")
    filed = offers.select("offer_id", F.col("category_path").alias("filed"))
    texts = (
        _readable(reviews)
        .join(filed, on="offer_id", how="left")
        .join(payloads, on=["source", "record_id"], how="left")
        .select(
            "review_id", "source", "record_id", "offer_id", "language", "title", "text", "origins", "payload", _labels()
        )
    )
    read = texts.mapInArrow(OpinionReader(fitted.lexicons, cfg), READ)
    key = ("review_id", "column", "text_begin", "opinion", "opinion_begin")
    return {MENTIONS: conform(read.withColumn("mention_id", hash_id("mention", *key)), table(MENTIONS))}


def _readable(reviews: DataFrame) -> DataFrame:
    """Reviews that say something in a language that is read."""
    says = F.col("title").isNotNull() | F.col("text").isNotNull()
    return reviews.where(F.col("language").isin(*LANGUAGES) & says)


def _labels() -> Column:
    """Category labels of the review and of what it reviews: their words name the product, not an aspect of it."""
    empty = F.array().cast("array<string>")
    return F.array_distinct(F.concat("category_path", F.coalesce("filed", empty))).alias("categories")
