"""What a night does again: nothing where nothing changed, the keys that changed, and never something else than --full.

A made-up night: offers -> products by product_id -> a whole table of brands -> what nobody reads any more.
"""

from __future__ import annotations

import datetime
import io
import re
from dataclasses import replace
from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from rich.console import Console

import kgspark
from kgspark.errors import GateError
from kgspark.graph.settings import GraphSettings
from kgspark.publish.rejects import came_back
from kgspark.quality.settings import QualitySettings
from kgspark.resolve.settings import ResolveSettings
from tests.made_up_nights import MEMBERS, MONDAY, NODES, OFFERS, PRODUCTS, REJECTED, World


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
    console = Console(width=200, record=True, file=io.StringIO())
    assert world.how(verify=True, console=console) == ["difference", "difference", "keys", "difference"]
    assert re.search(r"4/4 +make\.nodes +[\d.]+ s +equal to a full night's\n", console.export_text())
    assert world.released(PRODUCTS, "title") == ["Kettle", "kettle, steel"]


@pytest.mark.slow
def test_a_replay_brings_back_what_no_table_tells_of(world: World) -> None:
    world.rejects, world.broken = True, {"lamp"}
    world.night()
    assert world.released(REJECTED, "record_id") == ["lamp"]
    world.broken = set()
    assert world.how()[2:] == ["skip", "skip"]
    before = kgspark.open(world.cfg.lake, spark=world.spark)
    assert world.how(replay=True)[2:] == ["skip", "difference"]
    assert world.released(NODES, "label") == ["kettle", "lamp"]
    (line,) = came_back(before, kgspark.open(world.cfg.lake, spark=world.spark))
    assert "1 were set aside, 1 of them came back, 0 are new" in line


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
def test_what_gates_ask_and_what_people_answered_are_no_settings_that_make_other_rows(
    world: World, tmp_path: Path
) -> None:
    answers = tmp_path / "answers.csv"
    answers.write_text("left_offer_id,right_offer_id,decision\n")
    stages = tuple(replace(s, settings="resolve") if s.name == "make.products" else s for s in world.stages())
    cfg = world.cfg.model_copy(update={"resolve": ResolveSettings(decisions=str(answers))})
    world.night(stages=stages, cfg=cfg)
    answers.write_text("left_offer_id,right_offer_id,decision\noffer/a,offer/c,different\n")
    lenient = cfg.model_copy(update={"quality": QualitySettings(check_row_change=False)})
    assert world.how(stages=stages, cfg=lenient)[2:] == ["skip", "skip"]


@pytest.mark.slow
def test_a_backfill_and_the_night_after_it_take_nothing_for_granted(world: World) -> None:
    world.night()
    world.night()
    world.date = MONDAY - datetime.timedelta(days=7)
    back = world.night()
    assert [back[name]["how"] for name in (PRODUCTS, NODES)] == ["difference", "difference"]
    assert back[NODES]["why"].startswith("a backfill: the night of 20")
    world.date = MONDAY + datetime.timedelta(days=2)
    forth = world.night()
    assert [forth[name]["how"] for name in (PRODUCTS, NODES)] == ["difference", "difference"]
    assert forth[NODES]["why"].startswith("it starts from the night of 20")
    assert world.how()[2:] == ["skip", "skip"]


@pytest.mark.slow
def test_verify_finds_a_stage_whose_rows_do_not_depend_on_their_key_alone(world: World) -> None:
    world.lies = True
    world.night()
    world.titles["a"] = "kettle, steel"
    # A lie about one row of the two, by its key and the column.
    said = (
        r"silver\.products is not what a full night would have made: 1 rows other than they should be, such as "
        r"product_id=product/\w+ \(title\); nothing is released"
    )
    with pytest.raises(GateError, match=said):
        world.night(verify=True)
    assert world.released(PRODUCTS, "title") == ["one of 2", "one of 2"]


@pytest.mark.slow
def test_after_a_rollback_a_night_starts_from_the_earlier_release(world: World) -> None:
    from kgspark.releases.register import all_releases, rollback

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
