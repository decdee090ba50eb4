"""The night in flow order: which stage reads what, writes what, and which function does it. Read this file first.

raw dumps -> bronze records -> silver offers, reviews, interactions, prices -> values, opinions and needs in texts ->
matched pairs of offers -> products, pairs for people to judge -> conflicts, golden records -> graph -> metrics, vectors
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from pyspark.sql import DataFrame

from kgspark.embed import vectors
from kgspark.extract import aspects, attributes, needs
from kgspark.graph import facts, metrics, owners
from kgspark.ingest import interactions, offers, price_history, records, reviews
from kgspark.reconcile import conflicts
from kgspark.reconcile import products as golden
from kgspark.resolve import matching, products, review

RAW = "raw"
DECISIONS = "decisions"
PREVIOUS = "@previous"
Build = Callable[..., dict[str, DataFrame]]


class Artefact(Protocol):
    """What a fit gives: it goes to the stage's build, and is kept under the lake."""

    def save(self, root: str, trained_on: str) -> str:
        """Write it under ``root``, named by its content; gives its folder. ``trained_on`` says on what, for people."""
        ...


@dataclass(frozen=True)
class Stage:
    """One step of the night.

    ``reads`` names tables as written this night or, failing that, in the last release; ``raw`` stands for the framed
    dumps, ``decisions`` for what people said of pairs, ``<table>@previous`` for the table in the last release.
    ``build(*inputs, cfg, night)`` gets them in this order and returns a frame for each table it writes,
    ``<table>_rejected`` among them. ``fit``, where there is one, gets the same before it and gives an Artefact that
    ``build`` takes as ``fitted``; its ``kept`` is the folder of what the last release was built with, to go on with
    while that is good enough, or None. ``settings`` names its block of the configuration. ``mode`` is ``rows`` where
    each output key depends only on the input rows of that key (and on what was fitted); ``by`` then names the columns
    of that key, in every output and in the inputs. An input that lacks them is reached through one that has them: by
    its own key, or by the columns that ``links`` names, of the first input. Without ``by`` the stage itself knows what
    to keep. ``part``, where some output rows are of no single key, gets the released tables by name and the keys, and
    gives those of their rows that ``build`` makes again; ``build`` then gets all its inputs, and ``keys`` beside them
    (None: all). ``touched`` gives these keys out of the inputs, for a stage without ``by``. ``memory`` are those of
    ``reads`` that spare work and decide no row: they are None where all is to be built anew. ``new_texts`` gets what
    ``build`` gets, with the ``keys`` (None: all), and gives a row for each text that it would embed: for the bill, and
    a night's budget. ``version`` goes up whenever the same input gives other rows.
    """

    name: str
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    build: Build
    settings: str
    mode: Literal["rows", "whole"]
    version: int = 1
    fit: Callable[..., Artefact] | None = None
    by: tuple[str, ...] = ()
    links: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    part: Callable[[Mapping[str, DataFrame], DataFrame], dict[str, DataFrame]] | None = None
    touched: Callable[..., DataFrame] | None = None
    memory: tuple[str, ...] = ()
    new_texts: Callable[..., DataFrame] | None = None


_RECORD = ("source", "record_id")
_BRONZE = ("bronze.catalog_records", "bronze.review_records", "bronze.interaction_records")

STAGES: tuple[Stage, ...] = (
    Stage("ingest.records", (RAW, *(name + PREVIOUS for name in _BRONZE)), _BRONZE, records.build, "ingest", "whole"),
    Stage(
        "ingest.offers",
        ("bronze.catalog_records",),
        ("silver.offers",),
        offers.build,
        "silver",
        "rows",
        version=2,
        by=_RECORD,
    ),
    Stage(
        "ingest.reviews",
        ("bronze.review_records",),
        ("silver.reviews",),
        reviews.build,
        "silver",
        "rows",
        version=2,
        by=_RECORD,
    ),
    Stage(
        "ingest.interactions",
        ("bronze.interaction_records",),
        ("silver.interactions",),
        interactions.build,
        "silver",
        "rows",
        version=2,
        by=_RECORD,
    ),
    Stage(
        "ingest.price_history",
        ("silver.offers", "silver.interactions", "silver.price_history" + PREVIOUS),
        ("silver.price_history",),
        price_history.build,
        "silver",
        "rows",
        by=("offer_id",),
    ),
    Stage(
        "extract.attributes",
        ("silver.offers", "bronze.catalog_records"),
        ("silver.attribute_mentions",),
        attributes.build,
        "attributes",
        "rows",
        version=6,
        fit=attributes.fit,
        by=_RECORD,
    ),
    Stage(
        "extract.aspects",
        ("silver.reviews", "bronze.review_records", "silver.offers"),
        ("silver.aspect_mentions",),
        aspects.build,
        "aspects",
        "rows",
        version=5,
        fit=aspects.fit,
        by=("review_id",),
        links={"bronze.review_records": _RECORD, "silver.offers": ("offer_id",)},
    ),
    Stage(
        "extract.needs",
        ("silver.offers", "silver.reviews", "bronze.catalog_records", "bronze.review_records"),
        ("silver.need_mentions",),
        needs.build,
        "needs",
        "whole",
        version=4,
    ),
    Stage(
        "resolve.pairs",
        ("silver.offers", DECISIONS, "silver.offers" + PREVIOUS, "silver.offer_pairs" + PREVIOUS),
        ("silver.offer_pairs",),
        matching.build,
        "resolve",
        "whole",
        version=3,
        fit=matching.fit,
        memory=("silver.offers" + PREVIOUS, "silver.offer_pairs" + PREVIOUS),
    ),
    Stage(
        "resolve.products",
        (
            "silver.offers",
            "silver.offer_pairs",
            "silver.reviews",
            "silver.interactions",
            "silver.product_offers" + PREVIOUS,
            "silver.product_history" + PREVIOUS,
        ),
        ("silver.product_offers", "silver.product_history"),
        products.build,
        "resolve",
        "whole",
    ),
    Stage(
        "resolve.review",
        ("silver.offers", "silver.offer_pairs"),
        ("silver.review_pairs",),
        review.build,
        "resolve",
        "whole",
    ),
    Stage(
        "reconcile.conflicts",
        ("silver.offers", "silver.product_offers", "silver.attribute_mentions"),
        ("silver.value_conflicts",),
        conflicts.build,
        "reconcile",
        "whole",
    ),
    Stage(
        "reconcile.products",
        ("silver.offers", "silver.product_offers", "silver.attribute_mentions", "silver.value_conflicts"),
        ("silver.products",),
        golden.build,
        "reconcile",
        "rows",
        by=("product_id",),
    ),
    Stage(
        "graph.facts",
        (
            "silver.products",
            "silver.product_offers",
            "silver.offers",
            "silver.reviews",
            "silver.interactions",
            "silver.aspect_mentions",
            "silver.need_mentions",
            "silver.attribute_mentions",
            "silver.value_conflicts",
        ),
        ("graph.nodes", "graph.edges", "graph.evidence"),
        facts.build,
        "facts",
        "rows",
        version=3,
        by=("product_id",),
        part=owners.part,
    ),
    Stage(
        "graph.metrics",
        ("graph.nodes", "graph.edges", "graph.node_metrics" + PREVIOUS),
        ("graph.node_metrics",),
        metrics.build,
        "graph",
        "whole",
        memory=("graph.node_metrics" + PREVIOUS,),
    ),
    Stage(
        "embed.vectors",
        ("graph.nodes", "graph.edges", "graph.node_vectors" + PREVIOUS, "graph.edge_vectors" + PREVIOUS),
        ("graph.node_vectors", "graph.edge_vectors"),
        vectors.build,
        "embed",
        "rows",
        part=vectors.part,
        touched=vectors.touched,
        new_texts=vectors.new_texts,
    ),
)
