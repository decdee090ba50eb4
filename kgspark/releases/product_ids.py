"""What became of a product id: it lives, it went into another one, or it is gone.

an id that somebody kept -> its events in silver.product_history -> the ids that its offers carry now
"""

from __future__ import annotations

from dataclasses import dataclass

from pyspark.sql import functions as F

from kgspark.errors import InputError
from kgspark.releases.register import KnowledgeGraph

_GONE, _MERGED, _SPLIT = "gone", "merged", "split"


@dataclass(frozen=True)
class Fate:
    """Where a product id leads: ``now`` are living ids, the heir first; ``story`` tells each step, oldest first."""

    product_id: str
    now: tuple[str, ...]
    story: tuple[str, ...]


def fate(kg: KnowledgeGraph, product_id: str) -> Fate:
    """Follow an id through merges and splits to the products of the release. Raises InputError for an unknown one."""
    history = kg.table("silver.product_history")
    told: list[tuple[str, str, str, str, int]] = []
    asked: set[str] = set()
    wave = {product_id}
    # One query a generation: ids that merged into ids that merged; a handful at most.
    while wave:
        asked |= wave
        rows = history.where(F.col("product_id").isin(*sorted(wave))).orderBy("night", "event", "other_product_id")
        new = [
            tuple(row[name] for name in ("night", "product_id", "event", "other_product_id", "offers"))
            for row in rows.collect()
        ]
        told += new
        wave = {other for _, _, event, other, _ in new if event in (_MERGED, _SPLIT)} - asked
    members = kg.table("silver.product_offers").where(F.col("product_id").isin(*sorted(asked)))
    alive = {row["product_id"]: row["count"] for row in members.groupBy("product_id").count().collect()}
    if not told and product_id not in alive:
        raise InputError(
            f"No release up to {kg.release.release_id} knows a product {product_id}; an id reads product/<16 hex>."
        )
    # The product itself, then those that took most of its offers.
    taken: dict[str, int] = {}
    for _, _, event, other, offers in told:
        if event in (_MERGED, _SPLIT) and other in alive:
            taken[other] = taken.get(other, 0) + offers
    heirs = sorted(taken, key=lambda heir: (-taken[heir], heir))
    now = tuple(dict.fromkeys([*([product_id] if product_id in alive else []), *heirs]))
    story = tuple(_step(*event) for event in sorted(told, key=lambda event: (str(event[0]), event[1:])))
    return Fate(product_id, now, story)


def _step(night: object, product_id: str, event: str, other: str, offers: int) -> str:
    where = {_MERGED: f" into {other}", _SPLIT: f": to {other}"}.get(event, "")
    return f"{night}  {product_id} {event}{where} ({offers} offers)"
