"""Which offers are the same product, pair by pair: stage resolve.pairs.

offers, people's decisions -> (fit a matcher) -> candidate pairs -> probability, verdict, contributions
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from kgspark.resolve import counting, decisions, distributed, pair_rows, repeats, shared_keys, store, union
from kgspark.resolve.matcher import Matcher
from kgspark.resolve.offers import corpus_of, listed, promises, sources_of
from kgspark.resolve.repeats import Promises
from kgspark.schema import conform, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyspark.sql import DataFrame

    from kgspark.night import Night
    from kgspark.resolve.settings import ResolveSettings

log = logging.getLogger(__name__)
PAIRS = "silver.offer_pairs"


@dataclass(frozen=True)
class Fit:
    """The matcher of a night, the sources whose sellers list a product once, the decisions, and the number of offers.

    ``rows`` are those of silver.offer_pairs where one process resolved the offers, which finds them on the way.
    """

    matcher: Matcher
    once: tuple[str, ...]
    decisions: tuple[tuple[str, str, int], ...]
    offers: int
    rows: pa.Table | None = None

    def save(self, root: str, trained_on: str) -> str:
        """Keep the matcher under ``root``; gives its folder."""
        return store.save(self.matcher, root, trained_on)


def fit(offers: DataFrame, decided: DataFrame, cfg: ResolveSettings, night: Night) -> Fit:
    """Fit a matcher to the offers, or load the one that the settings name.

    Inputs: silver.offers by offer_id; what people decided (``decisions.read``). Raises InputError where the decisions
    contradict each other, or the matcher cannot be read.
    """
    said = tuple(decisions.agreed(decided))
    pinned = store.load(cfg.matcher) if cfg.matcher else None
    told = promises(offers, night.sources, pinned, cfg)
    number = offers.count()
    if number <= cfg.max_driver_offers:
        read = listed(offers, told.once).toArrow()
        corpus, ids = corpus_of(read), read.column("offer_id").to_pylist()
        by_people = decisions.of_rows(said, ids)
        found = repeats.resolve(corpus, sources_of(read), told, cfg, by_people, fitted=pinned)
        matcher, rows = found.matcher, pair_rows.of_resolution(corpus, ids, found)
    else:
        matcher, rows = pinned or _fit_sample(_read(offers, told.once, cfg), number, said, told, cfg), None
    fitted = Fit(matcher, told.once if matcher.once is None else matcher.once, said, number, rows)
    log.info(
        "resolve: %d offers in %s, matcher %s",
        number, "one process" if fitted.rows is not None else "Spark", "pinned" if pinned else "fitted",
    )  # fmt: skip
    if not fitted.matcher.learnt:
        log.warning("resolve: too few offers meet to learn from; only shared GTINs, or brand and model numbers, join")
    return fitted


def build(
    offers: DataFrame, decided: DataFrame, cfg: ResolveSettings, night: Night, fitted: Fit
) -> dict[str, DataFrame]:
    """Judge every candidate pair of offers; inputs as for ``fit``, and what it gave. Gives silver.offer_pairs."""
    spark = offers.sparkSession
    contract = table(PAIRS)
    if fitted.rows is not None:
        rows = fitted.rows.select(contract.column_names)
        return {PAIRS: conform(spark.createDataFrame(rows, contract.struct), contract)}
    cfg = cfg.under(fitted.matcher.settings)
    frame = _read(offers, fitted.once, cfg)
    said = spark.createDataFrame(list(fitted.decisions), distributed.DECISIONS)
    judged = distributed.judged(frame, said, fitted.matcher, cfg, fitted.offers)
    return {PAIRS: conform(union.offer_pairs(judged, frame, fitted.matcher, cfg, fitted.offers), contract)}


def _read(offers: DataFrame, once: Sequence[str], cfg: ResolveSettings) -> DataFrame:
    """The offers as tokens, kept: they are asked for common codes, for the search, for both ends of every pair, for the
    components and for the rows.
    """
    return shared_keys.without_placeholders(listed(offers, once).persist(), cfg)


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
