"""What a night does under what an earlier one fitted, and when that is fitted anew."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from kgspark.night import Night
from kgspark.nightly.incremental import Plan
from tests.made_up_nights import PRODUCTS, World


@dataclass(frozen=True)
class Words:
    """What the stage of the products fits: how often it was asked."""

    spoken: str

    def save(self, root: str, trained_on: str) -> str:
        return f"{root}/words/{self.spoken}"


@pytest.fixture
def world(spark: SparkSession, tmp_path: Path) -> World:
    return World(spark, tmp_path / "lake")


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
