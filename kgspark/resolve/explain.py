"""Why two offers are, or are not, one product: how the pair was found, what adds up to its score, what became of it.

release, two offers -> row of silver.offer_pairs, or the matcher applied again -> places in the searches -> explanation
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from pyspark.sql import functions as F

from kgspark import artifacts
from kgspark.errors import InputError
from kgspark.ingest.sources import unique_sources
from kgspark.resolve import nearness, pair_rows, resolver, shared_keys, spreading, store
from kgspark.resolve.block import SEARCHES, steps_of
from kgspark.resolve.matcher import Matcher
from kgspark.resolve.matcher import evidence as evidence_of
from kgspark.resolve.offers import corpus_of, listed
from kgspark.resolve.pairs import prepare
from kgspark.resolve.settings import ResolveSettings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyspark.sql import DataFrame

    from kgspark.ingest.sources import Source
    from kgspark.releases.register import KnowledgeGraph

_SHOWN = ("offer_id", "source", "record_id", "seller", "title", "brand", "mpn", "gtin")


@dataclass(frozen=True)
class Place:
    """Where one offer stands among the nearest of the other in a search; None where they share nothing searchable."""

    search: str
    asked: str
    cosine: float | None
    place: int | None
    candidates: int


@dataclass(frozen=True)
class Explanation:
    """Two offers, what the matcher adds up, how they met, and what became of the pair.

    ``contributions`` are those of silver.offer_pairs; ``rivals`` are the offers that stand against the pair, where
    there are some. ``alike`` offers of one seller say the very same, one of the two among them: they share the
    probability.
    """

    left: Mapping[str, Any]
    right: Mapping[str, Any]
    verdict: str
    probability: float
    score: float
    decision: str | None
    found_by: list[str]
    places: list[Place]
    contributions: Sequence[Mapping[str, Any]]
    rivals: Sequence[Mapping[str, Any]]
    products: tuple[str, str]
    threshold: float
    alike: int


def explain(kg: KnowledgeGraph, one: str, other: str, cfg: ResolveSettings, sources: Sequence[Source]) -> Explanation:
    """Explain a pair of offers of a release; each is an offer id, or ``source:record key``.

    Raises InputError where the release knows no such offer, or was resolved without a matcher.
    """
    offers = kg.table("silver.offers")
    left, right = (_offer(offers, name) for name in (one, other))
    if left["offer_id"] == right["offer_id"]:
        raise InputError(f"{one} and {other} are the same offer; name two.")
    if left["offer_id"] > right["offer_id"]:
        left, right = right, left
    fitted = _matcher(kg)
    cfg = cfg.under(fitted.settings)
    once = unique_sources(sources) if fitted.once is None else fitted.once
    read = listed(offers, once).persist()
    fitted = spreading.under(fitted, spreading.of_frame(fitted.frequencies, read))
    frame = shared_keys.without_placeholders(read, cfg)
    both = frame.where(F.col("offer_id").isin(left["offer_id"], right["offer_id"])).toArrow()
    row = _judged(kg, left["offer_id"], right["offer_id"]) or _judge(both, fitted, cfg)
    rivals = _rivals(kg, left, right, row["verdict"])
    return Explanation(
        left=left,
        right=right,
        verdict=row["verdict"],
        probability=row["probability"],
        score=row["score"],
        decision=row["decision"],
        found_by=row["found_by"],
        places=_places(both, frame, fitted, cfg),
        contributions=row["contributions"],
        rivals=rivals,
        products=_products(kg, left["offer_id"], right["offer_id"]),
        threshold=cfg.min_probability,
        alike=int(corpus_of(both).doubles.max()),
    )


def _offer(offers: DataFrame, name: str) -> dict[str, Any]:
    source, _, record = name.partition(":")
    same = (F.col("source") == source) & (F.col("record_id") == record)
    found = offers.where((F.col("offer_id") == name) | same).select(*_SHOWN).limit(1).collect()
    if not found:
        raise InputError(f"The release has no offer {name}; name an offer_id, or source:record_id of silver.offers.")
    return dict(found[0].asDict())


def _matcher(kg: KnowledgeGraph) -> Matcher:
    fingerprint = kg.release.artifacts.get("matcher")
    if fingerprint is None:
        raise InputError(f"Release {kg.release.release_id} was resolved without a matcher; run a night.")
    return store.load(f"{kg.lake.root}/{artifacts.FOLDER}/matcher/{fingerprint}")


def _judged(kg: KnowledgeGraph, left: str, right: str) -> dict[str, Any] | None:
    pair = (F.col("left_offer_id") == left) & (F.col("right_offer_id") == right)
    found = kg.table("silver.offer_pairs").where(pair).collect()
    return found[0].asDict(recursive=True) if found else None


def _judge(both: pa.Table, fitted: Matcher, cfg: ResolveSettings) -> dict[str, Any]:
    """What the matcher says of a pair that silver.offer_pairs does not hold: too improbable to be kept, or never
    compared (a believable pair that was compared is kept, beaten or not).
    """
    offers = corpus_of(both)
    left, right, _ = resolver.in_order(offers, np.array([0]), np.array([1]))
    evidence, name_df = evidence_of(offers, fitted.frequencies, left, right)
    pairs = prepare(offers, name_df, left, right, evidence)
    score = fitted.score(offers, pairs)
    believed, _ = fitted.probability(offers, pairs, score, cfg)
    return {
        "verdict": "not_compared" if believed[0] >= cfg.min_kept_probability else "improbable",
        "probability": float(believed[0]),
        "score": float(score[0]),
        "decision": None,
        "found_by": [],
        "contributions": pair_rows.contributions(offers, fitted, left, right).to_pylist()[0],
    }


def _places(both: pa.Table, frame: DataFrame, fitted: Matcher, cfg: ResolveSettings) -> list[Place]:
    ids = both.column("offer_id").to_pylist()
    near = nearness.nearest(both, frame, fitted.frequencies, cfg).where(F.col("found").isin(ids)).collect()
    at = {(row["step"], row["query"]): row for row in near}
    guarded = {
        offer: alone and not small
        for offer, alone, small in zip(
            *(both.column(n).to_pylist() for n in ("offer_id", "alone", "small")), strict=True
        )
    }
    places = []
    for step in SEARCHES:
        for offer in ids:
            row = at.get((int(step), offer))
            most = cfg.candidates if guarded[offer] else cfg.unguarded_candidates
            places.append(
                Place(steps_of(step)[0], offer, row["score"] if row else None, row["place"] if row else None, most)
            )
    return places


def _products(kg: KnowledgeGraph, left: str, right: str) -> tuple[str, str]:
    rows = kg.table("silver.product_offers").where(F.col("offer_id").isin(left, right)).collect()
    product = {row["offer_id"]: row["product_id"] for row in rows}
    return product[left], product[right]


def _rivals(
    kg: KnowledgeGraph, left: Mapping[str, Any], right: Mapping[str, Any], verdict: str
) -> list[dict[str, Any]]:
    """The offers that stand between two: for a beaten pair the partners that they have at each other's seller, for one
    refused because of a seller the offers of one seller in both products.
    """
    named = kg.table("silver.product_offers").select("offer_id", "product_id")
    offers = kg.table("silver.offers").select(*_SHOWN).join(named, on="offer_id", how="inner").persist()
    products = _products(kg, left["offer_id"], right["offer_id"])
    if verdict == "refused_seller":
        inside = offers.where(F.col("product_id").isin(*products))
        both = inside.groupBy("source", "seller").agg(F.count_distinct("product_id").alias("in_products"))
        twice = both.where(F.col("in_products") > 1).select("source", "seller")
        found = inside.join(twice, on=["source", "seller"], how="left_semi")
    elif verdict == "beaten":
        mine = [(left, products[0], right), (right, products[1], left)]
        rival = F.lit(False)
        for offer, product, opposite in mine:
            there = (F.col("source") == opposite["source"]) & (F.col("seller") == opposite["seller"])
            rival = rival | ((F.col("product_id") == product) & there & (F.col("offer_id") != offer["offer_id"]))
        found = offers.where(rival)
    else:
        return []
    return [dict(row.asDict()) for row in found.orderBy("source", "seller", "offer_id").limit(10).collect()]
