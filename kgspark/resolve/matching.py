"""Which offers are the same product, pair by pair: stage resolve.pairs.

offers, people's decisions -> (fit a matcher) -> candidate pairs -> probability, verdict, contributions
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pyarrow as pa
from pyspark.sql import functions as F

from kgspark import drift
from kgspark.frames.lineage import cut
from kgspark.resolve import (
    counting,
    decisions,
    distributed,
    pair_rows,
    repeats,
    shared_keys,
    spreading,
    staleness,
    store,
    union,
)
from kgspark.resolve import offers as reading
from kgspark.resolve.decisions import SetAside
from kgspark.resolve.matcher import Matcher
from kgspark.resolve.memory import recall
from kgspark.resolve.offers import corpus_of, listed, promises, sources_of
from kgspark.resolve.repeats import Promises
from kgspark.schema import conform, table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyspark.sql import DataFrame, SparkSession

    from kgspark.night import Night
    from kgspark.resolve.settings import ResolveSettings

log = logging.getLogger(__name__)
PAIRS = "silver.offer_pairs"
# What decides how offers are read, but for prices: they move every night, and what is learnt of them (levels) does not.
_LEARNT_FROM = ("offer_id", "source", "seller", "title", "brand", "mpn", "description", "gtin", "currency")


@dataclass(frozen=True)
class Fit:
    """The matcher of a night, the sources whose sellers list a product once, the decisions, and the number of offers.

    ``rows`` are those of silver.offer_pairs where one process resolved the offers, which finds them on the way;
    ``set_aside`` are people's answers that are not obeyed. ``kept`` is the folder of the last release's matcher where
    this is it, ``seen`` are sketches of the offers and of the answers.
    """

    matcher: Matcher
    once: tuple[str, ...]
    decisions: tuple[tuple[str, str, int], ...]
    offers: int
    rows: pa.Table | None = None
    set_aside: tuple[SetAside, ...] = ()
    kept: str | None = None
    seen: Mapping[str, Sequence[int]] = field(default_factory=dict)

    def save(self, root: str, trained_on: str) -> str:
        """Keep the matcher under ``root``; gives its folder."""
        return self.kept or store.save(self.matcher, root, trained_on, self.seen)


def fit(
    offers: DataFrame,
    decided: DataFrame,
    offers_before: DataFrame | None = None,
    pairs_before: DataFrame | None = None,
    *,
    cfg: ResolveSettings,
    night: Night,
    kept: str | None = None,
) -> Fit:
    """Fit a matcher to the offers, or load the one that the settings name, or go on with the one in ``kept`` while the
    offers, their words and people's answers are much the same (``refit_at``, ``max_word_offers``, ``refit_answers``).

    Inputs: silver.offers by offer_id; what people decided (``decisions.read``); the others are not read. Raises
    InputError where no answer can be read, or the matcher cannot.
    """
    answers = decisions.agreed(decisions.rows(decided))
    said = answers.obeyed
    number = offers.count()
    rows_seen, said_seen = drift.sketch(offers, *_LEARNT_FROM), staleness.hashes(said)
    pinned: Matcher | None = None
    if cfg.matcher:
        kept, pinned = None, store.load(cfg.matcher)
    else:
        pinned = staleness.good_enough(kept, offers, number, rows_seen, said_seen, cfg)
        kept = kept if pinned else None
    told = promises(offers, night.sources, pinned, cfg)
    if number <= cfg.max_driver_offers:
        read = listed(offers, told.once).toArrow()
        corpus, ids = corpus_of(read), read.column("offer_id").to_pylist()
        by_people = decisions.of_rows(said, ids)
        knowing = spreading.knowing(pinned, corpus)
        found = repeats.resolve(corpus, sources_of(read), told, cfg, by_people, fitted=knowing)
        matcher, rows = pinned or found.matcher, pair_rows.of_resolution(ids, found)
    else:
        matcher, rows = pinned or _fit_sample(_read(offers, told.once, cfg), number, said, told, cfg), None
    once = told.once if matcher.once is None else matcher.once
    seen = {drift.ROWS: rows_seen, staleness.ANSWERS: said_seen}
    fitted = Fit(matcher, once, said, number, rows, answers.set_aside, kept, seen)
    where = "one process" if fitted.rows is not None else "Spark"
    whose = f"of {cfg.matcher or kept}" if pinned else "fitted"
    log.info("resolve: %d offers in %s, matcher %s", number, where, whose)
    if not fitted.matcher.learnt:
        log.warning("resolve: too few offers meet to learn from; only shared GTINs, or brand and model numbers, join")
    return fitted


def build(
    offers: DataFrame,
    decided: DataFrame,
    offers_before: DataFrame | None = None,
    pairs_before: DataFrame | None = None,
    *,
    cfg: ResolveSettings,
    night: Night,
    fitted: Fit,
) -> dict[str, DataFrame]:
    """Judge every candidate pair of offers; inputs as for ``fit``, and what it gave.

    silver.offers and silver.offer_pairs of the last release spare work where they are given, and must have been made
    under this very matcher: pairs of offers that are as they were are not scored again. Gives silver.offer_pairs, and
    in its rejects the answers of people that are not obeyed.
    """
    spark = offers.sparkSession
    contract = table(PAIRS)
    rejects = _rejects(spark, fitted.set_aside, night)
    if fitted.rows is not None:
        rows = fitted.rows.select(contract.column_names)
        return {PAIRS: conform(spark.createDataFrame(rows, contract.struct), contract), contract.rejected_name: rejects}
    cfg = cfg.under(fitted.matcher.settings)
    told = reading.told(offers, fitted.once)
    read = cut(reading.read(told))
    memory, matcher = None, fitted.matcher
    if offers_before is not None and pairs_before is not None and matcher.learnt:
        memory = recall(offers_before, pairs_before, told, read, matcher, fitted.offers, fitted.once, cfg)
    if memory is not None:
        matcher = spreading.under(matcher, memory.spread)
    elif fitted.kept or cfg.matcher:
        matcher = spreading.under(matcher, spreading.of_frame(matcher.frequencies, read))
    frame = shared_keys.without_placeholders(read, cfg)
    said = spark.createDataFrame(list(fitted.decisions), distributed.DECISIONS)
    judged = distributed.judged(frame, said, matcher, cfg, fitted.offers, memory)
    found = union.offer_pairs(judged, frame, matcher, cfg, fitted.offers, memory)
    return {PAIRS: conform(found, contract), contract.rejected_name: rejects}


def _rejects(spark: SparkSession, set_aside: Sequence[SetAside], night: Night) -> DataFrame:
    """Answers that are not obeyed, as rejects: the pair goes on without them."""
    rows = [(f"{each.left} {each.right}".strip(), each.rule, each.reason) for each in set_aside]
    told = spark.createDataFrame(rows, "record_id string, rule string, reason string").select(
        "*",
        F.lit("decisions").alias("source"),
        F.lit(decisions.COLUMNS[2]).alias("field"),
        F.lit(True).alias("kept"),
        F.lit(night.date).alias("night"),
    )
    return conform(told, table(table(PAIRS).rejected_name))


def _read(offers: DataFrame, once: Sequence[str], cfg: ResolveSettings) -> DataFrame:
    """The offers as tokens, kept: they are asked for common codes, for the search, for both ends of every pair, for the
    components and for the rows.
    """
    return shared_keys.without_placeholders(cut(listed(offers, once)), cfg)


def _fit_sample(
    frame: DataFrame, number: int, said: tuple[tuple[str, str, int], ...], told: Promises, cfg: ResolveSettings
) -> Matcher:
    known = counting.frequencies(frame, number)
    # What people say of offers teaches only where the offers are there.
    asked = {offer for left, right, _ in said for offer in (left, right)}
    read = counting.neighbours(frame, known, cfg.max_word_offers, cfg.max_fit_offers, asked).toArrow()
    ids = read.column("offer_id").to_pylist()
    by_people = decisions.of_rows(said, ids)
    return repeats.resolve(corpus_of(read), sources_of(read), told, cfg, by_people, known).matcher
