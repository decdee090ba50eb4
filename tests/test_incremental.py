"""What a night does again: nothing where nothing changed, the keys that changed, and never something else than --full.

A made-up night: offers -> products by product_id -> a whole table of brands -> what nobody reads any more.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

import kgspark
from kgspark.config import Config
from kgspark.errors import GateError
from kgspark.graph.settings import GraphSettings
from kgspark.incremental import Plan
from kgspark.night import Night
from kgspark.pipeline import Stage
from kgspark.run import NightOptions, run_night
from tests.builders import rows

OFFERS, MEMBERS, PRODUCTS, NODES = "silver.offers", "silver.product_offers", "silver.products", "graph.nodes"
MONDAY = datetime.date(2026, 1, 5)


@dataclass(frozen=True)
class Words:
    """What the stage of the products fits: how often it was asked."""

    spoken: str

    def save(self, root: str, trained_on: str) -> str:
        return f"{root}/words/{self.spoken}"


class World:
    """Three offers of two products; every stage counts the keys that it was asked to build."""

    def __init__(self, spark: SparkSession, lake: Path) -> None:
        self.spark = spark
        self.cfg = Config(lake=str(lake))
        self.titles = {"a": "kettle", "b": "Kettle", "c": "lamp"}
        self.product = {"a": "one", "b": "one", "c": "two"}
        self.built: dict[str, int] = {}
        self.date = MONDAY
        self.lies = False

    def stages(self) -> tuple[Stage, ...]:
        return (
            Stage("make.offers", (), (OFFERS,), self._offers, "facts", "whole"),
            Stage("make.members", (), (MEMBERS,), self._members, "facts", "whole"),
            Stage(
                "make.products",
                (OFFERS, MEMBERS),
                (PRODUCTS,),
                self._products,
                "reconcile",
                "rows",
                by=("product_id",),
            ),
            Stage("make.nodes", (PRODUCTS,), (NODES,), self._nodes, "graph", "whole"),
        )

    def night(self, **options: Any) -> dict[str, dict[str, Any]]:
        self.built = {}
        settings = {name: options.pop(name) for name in ("stages", "cfg") if name in options}
        cfg = settings.get("cfg", self.cfg)
        report = run_night(
            self.spark,
            cfg,
            Night(date=self.date, run_id=""),
            stages=settings.get("stages", self.stages()),
            options=NightOptions(**options),
        )
        self.date += datetime.timedelta(days=1)
        return {row["table"]: row for row in report.stage_rows}

    def how(self, **options: Any) -> list[str]:
        done = self.night(**options)
        return [done[name]["how"] for name in (OFFERS, MEMBERS, PRODUCTS, NODES)]

    def released(self, table: str, column: str) -> list[str]:
        return sorted(row[column] for row in kgspark.open(self.cfg.lake, spark=self.spark).table(table).collect())

    def _offers(self, cfg: Any, night: Night) -> dict[str, DataFrame]:
        made = [
            {"offer_id": f"offer/{key}", "source": "s", "record_id": key, "seller": "s", "title": title}
            for key, title in self.titles.items()
        ]
        return {OFFERS: rows(self.spark, OFFERS, made)}

    def _members(self, cfg: Any, night: Night) -> dict[str, DataFrame]:
        made = [
            {"product_id": f"product/{self.product[key]}", "offer_id": f"offer/{key}", "rule": "single"}
            for key in self.titles
        ]
        return {MEMBERS: rows(self.spark, MEMBERS, [row | {"confidence": 1.0} for row in made])}

    def _products(self, offers: DataFrame, members: DataFrame, cfg: Any, night: Night) -> dict[str, DataFrame]:
        listed = members.select("product_id", "offer_id").join(offers, on="offer_id", how="inner")
        self.built[PRODUCTS] = listed.select("product_id").distinct().count()
        if self.lies:
            # Not of its key alone: how many products there are.
            listed = listed.withColumn("title", F.lit(f"one of {self.built[PRODUCTS]}"))
        blank = rows(self.spark, PRODUCTS, [{}]).drop("product_id", "title", "offers")
        found = listed.groupBy("product_id").agg(F.max("title").alias("title"), F.count(F.lit(1)).alias("offers"))
        return {PRODUCTS: found.crossJoin(blank)}

    def _nodes(self, products: DataFrame, cfg: Any, night: Night) -> dict[str, DataFrame]:
        self.built[NODES] = products.count()
        kept = F.substring(F.sha2("product_id", 256), 1, 16)
        blank = rows(self.spark, NODES, [{"kind": "brand"}]).drop("node_id", "node_key", "label")
        made = products.select(F.concat(F.lit("brand/"), kept).alias("node_id"), F.col("title").alias("label"))
        return {NODES: made.withColumn("node_key", F.xxhash64("node_id")).crossJoin(blank)}


@pytest.fixture
def world(spark: SparkSession, tmp_path: Path) -> World:
    return World(spark, tmp_path / "lake")


def test_a_night_does_only_what_changed_and_equals_a_full_one(world: World) -> None:
    first = world.night()
    assert [first[name]["how"] for name in (OFFERS, MEMBERS, PRODUCTS, NODES)] == ["all"] * 4
    # Nothing changed: what tells nothing of its inputs is built, but not written; the rest is not even built.
    again = world.night()
    assert [again[name]["how"] for name in (OFFERS, MEMBERS, PRODUCTS, NODES)] == [
        "difference", "difference", "skip", "skip",
    ]  # fmt: skip
    assert {row["version"] for row in again.values()} == {row["version"] for row in first.values()}
    assert {row["bytes_written"] for row in again.values()} == {0}
    assert world.built == {}
    # One title: one product, reached through its offers.
    world.titles["a"] = "kettle, steel"
    edited = world.night(verify=False)
    assert edited[PRODUCTS]["how"] == "keys"
    assert edited[PRODUCTS]["why"] == "changed: silver.offers"
    assert world.built[PRODUCTS] == 1
    assert [edited[PRODUCTS][name] for name in ("rows_out", "inserted", "deleted")] == [2, 1, 1]
    assert edited[NODES]["how"] == "difference"
    assert world.released(PRODUCTS, "title") == ["kettle, steel", "lamp"]
    assert world.released(NODES, "label") == ["kettle, steel", "lamp"]
    # An offer moves to the other product, and one vanishes with its product.
    world.product["b"] = "two"
    del world.titles["c"]
    assert world.how(verify=True) == ["difference", "difference", "keys", "difference"]
    assert world.released(PRODUCTS, "title") == ["Kettle", "kettle, steel"]


@pytest.mark.slow
def test_what_vanishes_goes_and_full_builds_everything(world: World) -> None:
    world.night()
    del world.titles["c"]
    gone = world.night(verify=True)
    assert [gone[PRODUCTS][name] for name in ("rows_out", "inserted", "deleted")] == [1, 0, 1]
    assert world.how(full=True) == ["all"] * 4
    assert world.released(PRODUCTS, "title") == ["kettle"]


@pytest.mark.slow
def test_other_code_or_settings_build_everything_anew(world: World) -> None:
    world.night()
    stages = tuple(replace(s, version=2) if s.name == "make.products" else s for s in world.stages())
    assert world.how(stages=stages)[2:] == ["all", "difference"]
    other = world.cfg.model_copy(update={"graph": GraphSettings(community_rounds=3)})
    assert world.how(stages=stages, cfg=other)[2:] == ["skip", "all"]


@pytest.mark.slow
def test_a_backfill_and_the_night_after_it_take_nothing_for_granted(world: World) -> None:
    world.night()
    world.night()
    world.date = MONDAY - datetime.timedelta(days=7)
    assert world.how()[2:] == ["difference", "difference"]
    world.date = MONDAY + datetime.timedelta(days=2)
    assert world.how()[2:] == ["difference", "difference"]
    assert world.how()[2:] == ["skip", "skip"]


@pytest.mark.slow
def test_verify_finds_a_stage_whose_rows_do_not_depend_on_their_key_alone(world: World) -> None:
    world.lies = True
    world.night()
    world.titles["a"] = "kettle, steel"
    with pytest.raises(
        GateError, match=r"silver\.products is not what a full night .* 1 rows other than they should be"
    ):
        world.night(verify=True)
    assert world.released(PRODUCTS, "title") == ["one of 2", "one of 2"]


@pytest.mark.slow
def test_after_a_rollback_a_night_starts_from_the_earlier_release(world: World) -> None:
    from kgspark.releases import all_releases, rollback

    world.night()
    lake = kgspark.open(world.cfg.lake, spark=world.spark).lake
    monday = all_releases(lake)[0]
    world.titles["c"] = "lantern"
    world.night()
    rollback(lake, monday.release_id)
    world.titles = {"a": "kettle", "b": "Kettle", "c": "lamp", "d": "pan"}
    world.product["d"] = "two"
    # Monday's tables are not the heads any more; and after a rollback tonight does not follow the latest night.
    world.night(verify=True)
    assert world.released(PRODUCTS, "title") == ["kettle", "pan"]
    assert world.released(NODES, "label") == ["kettle", "pan"]


def test_keys_are_enough_only_under_the_artefact_that_the_released_tables_were_made_with() -> None:
    keys = Plan("keys", "changed: silver.offers", {}, {}, "context", kept="words/hello")
    assert keys.under("words/hello") is keys
    assert (keys.under("words/bye").how, keys.under("words/bye").why) == (
        "difference", "changed: silver.offers; words fitted anew",
    )  # fmt: skip
    assert Plan("all", "--full", {}, {}, "context", kept="words/hello").under("words/bye").how == "all"
    assert Plan("keys", "changed: silver.offers", {}, {}, "context").under(None).how == "keys"


@pytest.mark.slow
def test_under_what_was_fitted_before_keys_are_enough_and_under_another_fit_all_is_built(world: World) -> None:
    asked: list[str | None] = []
    says = "hello"

    def fit(offers: DataFrame, members: DataFrame, cfg: Any, night: Night, kept: str | None) -> Words:
        asked.append(kept and kept.rpartition("/")[2])
        # Whole inputs, even where only some keys are to be built.
        assert offers.count() == len(world.titles)
        return Words(says)

    def products(*inputs: DataFrame, cfg: Any, night: Night, fitted: Words) -> dict[str, DataFrame]:
        return {
            name: rows.withColumn("brand", F.lit(fitted.spoken))
            for name, rows in world._products(*inputs, cfg=cfg, night=night).items()
        }

    stages = tuple(replace(s, build=products, fit=fit) if s.name == "make.products" else s for s in world.stages())
    assert world.night(stages=stages)[PRODUCTS]["artefact"] == "words/hello"
    world.titles["a"] = "kettle, steel"
    edited = world.night(stages=stages)[PRODUCTS]
    assert (edited["how"], edited["inserted"], world.built[PRODUCTS]) == ("keys", 1, 1)
    assert world.how(stages=stages, full=True)[2] == "all"
    assert asked == [None, "hello", "hello"]
    # Nothing but the fit is new: asked to fit anew, it is not told of the old one; every product says so.
    says = "goodbye"
    refitted = world.night(stages=stages, refit=True)[PRODUCTS]
    assert (refitted["how"], refitted["inserted"], asked[-1]) == ("difference", 2, None)
    # The stage itself finds the old one no longer good enough.
    world.titles["b"], says = "pot", "hello again"
    drifted = world.night(stages=stages)[PRODUCTS]
    assert (drifted["how"], drifted["why"]) == ("difference", "changed: silver.offers; words fitted anew")
    assert (drifted["inserted"], asked[-1]) == (2, "goodbye")
    assert world.released(PRODUCTS, "brand") == ["hello again"] * 2
