"""A night step by step, as a scheduler runs it: in order or not, tried again, and at last released."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from kgspark.errors import GateError, InputError
from kgspark.night import Night
from kgspark.pipeline import STAGES
from kgspark.run import NightReport, chosen, run_night
from tests.made_up_nights import MONDAY, PRODUCTS, World


@pytest.fixture
def world(spark: SparkSession, tmp_path: Path) -> World:
    return World(spark, tmp_path / "lake")


def step(world: World, *only: str, release: bool = False) -> NightReport:
    night = Night(date=MONDAY, run_id="")
    return run_night(world.spark, world.cfg, night, stages=world.stages(), only=only, release=release)


def test_the_stages_of_a_step() -> None:
    assert chosen(STAGES, ()) == []
    assert chosen(STAGES, None) == list(STAGES)
    assert [stage.name for stage in chosen(STAGES, ("graph.",))] == ["graph.facts", "graph.metrics"]
    with pytest.raises(InputError, match=r"No stage is called ingets\., extrakt\.; there are ingest\.records"):
        chosen(STAGES, ("ingets.", "extrakt."))


def test_the_last_step_releases_what_the_others_made(world: World) -> None:
    for name in ("make.offers", "make.members", "make.products", "make.nodes"):
        assert step(world, name).release is None
    done = step(world, release=True)
    assert done.release is not None
    assert len(done.stage_rows) == 4
    assert world.released(PRODUCTS, "title") == ["kettle", "lamp"]


@pytest.mark.slow
def test_a_later_step_does_not_begin_a_night_and_tells_what_a_gate_said(world: World) -> None:
    step(world, "make.")
    step(world, release=True)
    # Nothing is open any more: over the last release it would have nothing to do, and would say that all is well.
    with pytest.raises(InputError, match=r"No run of the night of 2026-01-05 is open: begin with its first step\.$"):
        step(world, "make.products")
    world.titles["c"] = ""
    with pytest.raises(GateError, match=r"silver\.offers"):
        step(world, "make.offers")
    for name in ("make.products", "make.nodes"):
        with pytest.raises(InputError, match=r"its first step\. run-2026-01-05-\w+ ended: silver\.offers v\d+: "):
            step(world, name)
    with pytest.raises(InputError, match="begin with its first step"):
        step(world, release=True)


@pytest.mark.slow
def test_steps_that_ran_before_those_that_they_need_are_done_again(world: World) -> None:
    step(world, "make.")
    step(world, release=True)
    world.titles["a"] = "kettle, steel"
    # The offers failed, say, and what rests on them was started all the same: over those of yesterday.
    step(world, "make.members")
    step(world, "make.products", "make.nodes")
    step(world, "make.offers")
    with pytest.raises(InputError, match=r"make\.products was made of other versions of silver\.offers than it holds"):
        step(world, release=True)
    step(world, "make.products")
    with pytest.raises(InputError, match=r"make\.nodes was made of other versions of silver\.products"):
        step(world, release=True)
    step(world, "make.nodes")
    assert step(world, release=True).release is not None
    assert world.released(PRODUCTS, "title") == ["kettle, steel", "lamp"]
