"""What resolution will cost, before it is paid: pairs for each key, the largest keys, what the caps drop, minutes.

offers -> document frequencies, shared codes -> cost of each search -> a sample of offers, searched and scored -> plan
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from pyspark.sql import functions as F

from kgspark.resolve import counting, matcher, nearness, resolver, shared_keys
from kgspark.resolve.block import Step, steps_of
from kgspark.resolve.corpus import Ints
from kgspark.resolve.matcher import Frequencies
from kgspark.resolve.offers import corpus_of
from kgspark.resolve.settings import ResolveSettings

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_SAMPLE = 500
_LARGEST = 5
# A night that fits its matcher goes through the pairs' evidence some ten times; measured on PriceRunner, learning takes
# about this many times what computing the evidence takes.
_LEARNING = 2.0


@dataclass(frozen=True)
class Search:
    """One search: products of two weights that it multiplies, and what the cap drops."""

    name: str
    cap: int
    keys: int
    products: int
    dropped: int
    dropped_products: int
    largest_dropped: list[tuple[str, int]]
    largest_kept: list[tuple[str, int]]


@dataclass(frozen=True)
class Codes:
    """One kind of code: codes that offers share, the pairs of offers they make, and those that too many share."""

    name: str
    cap: int
    shared: int
    pairs: int
    dropped: int
    largest_dropped: list[tuple[str, int]]


@dataclass(frozen=True)
class Plan:
    """``pairs`` is an upper bound: two offers that find each other are one pair. ``minutes`` are of one core."""

    offers: int
    searches: list[Search]
    codes: list[Codes]
    pairs: int
    minutes: float

    def record(self) -> dict[str, Any]:
        """As JSON takes it."""
        return asdict(self)


def plan(offers: DataFrame, cfg: ResolveSettings) -> Plan:
    """The plan for listed offers (columns OFFER); ``minutes`` from searching and scoring a sample drawn by hash."""
    number = offers.count()
    known = counting.frequencies(offers, number)
    believed = shared_keys.without_placeholders(offers, cfg)
    pairs, seconds = _sample(believed, known, cfg, number)
    return Plan(number, _searches(known, cfg), _codes(offers, cfg), pairs, round(seconds / 60, 1))


def _searches(known: Frequencies, cfg: ResolveSettings) -> list[Search]:
    grams = ["".join(chr((int(code) >> shift) & 0x1FFFFF) for shift in (42, 21, 0)) for code in known.grams]
    return [
        _search("name", list(known.tokens), known.name, cfg.max_word_offers),
        _search("text", list(known.tokens), known.text, cfg.max_word_offers),
        _search("grams", grams, known.gram_df, cfg.max_gram_offers),
    ]


def _search(name: str, keys: list[str], df: Ints, cap: int) -> Search:
    over = df > cap

    def largest(chosen: Ints) -> list[tuple[str, int]]:
        order = chosen[np.argsort(-df[chosen], kind="stable")][:_LARGEST]
        return [(keys[row], int(df[row])) for row in order.tolist()]

    return Search(
        name=name,
        cap=cap,
        keys=int((~over).sum()),
        products=int((df[~over].astype(np.float64) ** 2).sum()),
        dropped=int(over.sum()),
        dropped_products=int((df[over].astype(np.float64) ** 2).sum()),
        largest_dropped=largest(np.flatnonzero(over)),
        largest_kept=largest(np.flatnonzero(~over)),
    )


def _codes(offers: DataFrame, cfg: ResolveSettings) -> list[Codes]:
    counted = shared_keys.keys(offers).groupBy("step", "key").agg(F.count("*").alias("offers")).where("offers > 1")
    found = []
    for step, cap in ((Step.GTIN, cfg.max_offers_per_gtin), (Step.MODEL, cfg.max_offers_per_mpn)):
        mine = counted.where(F.col("step") == int(step))
        kept = F.when(F.col("offers") <= cap, F.col("offers") * (F.col("offers") - 1) / 2).otherwise(0)
        row = mine.agg(F.count("*"), F.sum(kept), F.sum((F.col("offers") > cap).cast("int"))).collect()[0]
        over = mine.where(F.col("offers") > cap).orderBy(F.desc("offers"), "key").limit(_LARGEST).collect()
        largest = [(each["key"], each["offers"]) for each in over]
        found.append(Codes(steps_of(step)[0], cap, row[0], int(row[1] or 0), int(row[2] or 0), largest))
    return found


def _sample(offers: DataFrame, known: Frequencies, cfg: ResolveSettings, number: int) -> tuple[int, float]:
    """Candidate pairs of all offers (at most), and seconds to find, score and learn from them, by a sample."""
    queries = offers.orderBy(F.xxhash64("offer_id"), "offer_id").limit(_SAMPLE).toArrow()
    if not queries.num_rows:
        return 0, 0.0
    started = time.perf_counter()
    near = nearness.nearest(queries, offers, known, cfg)
    most = F.when(F.col("alone") & ~F.col("small"), cfg.candidates).otherwise(cfg.unguarded_candidates)
    flags = offers.select(F.col("offer_id").alias("query"), most.alias("most"))
    found = near.join(flags, on="query", how="inner").where(F.col("place") <= F.col("most"))
    met = found.select("query", "found").distinct().persist()
    pairs = met.count()
    searching = time.perf_counter() - started
    ends = met.select(F.col("query").alias("offer_id")).unionByName(met.select(F.col("found").alias("offer_id")))
    rows = offers.join(ends.distinct(), on="offer_id", how="left_semi").toArrow()
    corpus = corpus_of(rows)
    place = {name: row for row, name in enumerate(rows.column("offer_id").to_pylist())}
    listed = met.toArrow()
    sides = [np.array([place[n] for n in listed.column(c).to_pylist()], dtype=np.int64) for c in ("query", "found")]
    left, right, _ = resolver.in_order(corpus, *sides)
    started = time.perf_counter()
    matcher.evidence(corpus, known, left, right)
    scoring = time.perf_counter() - started
    scale = number / queries.num_rows
    return int(pairs * scale), searching + scale * scoring * (1 + _LEARNING)


def lines(found: Plan) -> Iterator[str]:
    """The plan for people."""
    yield f"{found.offers:,} offers"
    for search in found.searches:
        yield (
            f"search by {search.name:<6} {search.keys:>9,} keys, {search.products / 1e6:,.1f} M products; the cap of "
            f"{search.cap:,} offers drops {search.dropped:,} keys, {search.dropped_products / 1e6:,.1f} M products"
        )
        yield f"  largest dropped: {_named(search.largest_dropped)}"
        yield f"  largest kept: {_named(search.largest_kept)}"
    for codes in found.codes:
        yield (
            f"shared {codes.name:<6} {codes.shared:>12,} codes, {codes.pairs:,} pairs; the cap of {codes.cap:,} offers "
            f"drops {codes.dropped:,} codes: {_named(codes.largest_dropped)}"
        )
    yield f"at most {found.pairs:,} candidate pairs; about {found.minutes:.1f} minutes of one core, by a sample"


def _named(keys: list[tuple[str, int]]) -> str:
    return ", ".join(f"{key} ({offers:,})" for key, offers in keys) or "none"
