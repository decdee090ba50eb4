"""Nights of made-up stages: what is released, what a failure leaves behind, where the next night starts."""

from __future__ import annotations

import datetime
import io
import shutil
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from rich.console import Console

import kgspark
from kgspark.config import Config
from kgspark.errors import GateError, InputError, OutOfTimeError
from kgspark.lake.lock import is_held
from kgspark.lake.tables import Lake
from kgspark.night import Night
from kgspark.pipeline import Stage
from kgspark.process.stops import Stopped
from kgspark.run import NightOptions, NightReport, run_night
from kgspark.settings import Settings
from tests.builders import rows

NIGHT = Night(date=datetime.date(2026, 1, 2), run_id="")


class World:
    """Two stages: 'make.products' writes the labels it is told to; 'count.products' copies them and remembers what it
    was given.
    """

    def __init__(self, spark: SparkSession, lake: Path) -> None:
        self.spark = spark
        self.cfg = Config(lake=str(lake))
        self.titles = ["kettle"]
        self.calls: list[str] = []
        self.seen_before: list[list[str]] = []
        self.break_second: Callable[[], None] = lambda: None

    @property
    def stages(self) -> tuple[Stage, ...]:
        reads = ("silver.product_offers", "silver.products@previous")
        return (
            Stage("make.offers", (), ("silver.product_offers",), self._offers, "graph", "whole"),
            Stage("make.products", reads, ("silver.products",), self._products, "graph", "whole"),
        )

    def night(self, **options: object) -> NightReport:
        return run_night(self.spark, self.cfg, NIGHT, stages=self.stages, **options)  # type: ignore[arg-type]

    def released(self, table: str = "silver.products") -> list[str]:
        kg = kgspark.open(self.cfg.lake, spark=self.spark)
        return sorted(row["title"] for row in kg.table(table).collect())

    def statuses(self) -> list[str]:
        lake = kgspark.open(self.cfg.lake, spark=self.spark).lake
        return [row["status"] for row in lake.read("ops.runs").orderBy("started_at").collect()]

    def _offers(self, cfg: Settings, night: Night) -> dict[str, DataFrame]:
        self.calls.append("make.offers")
        made = [
            {"product_id": f"product/{t}", "offer_id": f"offer/{t}", "rule": "single", "confidence": 1.0}
            for t in self.titles
        ]
        return {"silver.product_offers": rows(self.spark, "silver.product_offers", made)}

    def _products(self, offers: DataFrame, before: DataFrame, cfg: Settings, night: Night) -> dict[str, DataFrame]:
        self.calls.append("make.products")
        self.break_second()
        self.seen_before.append(sorted(row["title"] for row in before.collect()))
        frame = rows(self.spark, "silver.products", [{}]).drop("product_id", "title")
        title = F.substring_index("product_id", "/", -1).alias("title")
        return {"silver.products": offers.select("product_id", title).crossJoin(frame)}


@pytest.fixture
def world(spark: SparkSession, tmp_path: Path) -> World:
    return World(spark, tmp_path / "lake")


@pytest.fixture(scope="module")
def first_night(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake that holds the release of one night, of a kettle; made once, as nearly every test begins with it."""
    lake = tmp_path_factory.mktemp("first") / "lake"
    World(spark, lake).night()
    return lake


@pytest.fixture
def after_a_night(world: World, first_night: Path) -> World:
    """The world with a lake of its own that holds that night."""
    shutil.copytree(first_night, world.cfg.lake)
    return world


def test_nights_follow_one_another(world: World) -> None:
    first = world.night()
    world.titles = ["kettle", "lamp"]
    second = world.night()
    assert None not in (first.release, second.release)
    assert world.released() == ["kettle", "lamp"]
    assert world.seen_before == [[], ["kettle"]]
    assert world.statuses() == ["released", "released"]
    assert [(r["stage"], r["table"], r["rows_in"], r["rows_out"]) for r in second.stage_rows] == [
        ("make.offers", "silver.product_offers", 0, 2),
        ("make.products", "silver.products", 3, 2),
    ]


def test_a_gate_that_fails_releases_nothing_and_restores_the_table(after_a_night: World) -> None:
    world = after_a_night
    world.titles = [""]
    with pytest.raises(GateError, match=r"silver\.products .*title"):
        world.night()
    assert world.released() == ["kettle"]
    assert world.statuses() == ["released", "gate_failed"]
    kg = kgspark.open(world.cfg.lake, spark=world.spark)
    assert [row["title"] for row in kg.lake.read("silver.products").collect()] == ["kettle"]
    failed = kg.lake.read("ops.gate_results").where(~F.col("success")).collect()
    assert {row["table"] for row in failed} == {"silver.products"}


def _crash(world: World, error: BaseException) -> None:
    """A night whose second stage dies."""

    def crash() -> None:
        raise error

    world.titles, world.break_second = ["lamp"], crash
    with pytest.raises(type(error)):
        world.night()
    world.break_second = lambda: None
    assert world.released("silver.products") == ["kettle"]


def test_a_night_that_crashed_goes_on_with_the_stage_that_died(after_a_night: World) -> None:
    world = after_a_night
    _crash(world, RuntimeError("executor lost"))
    assert world.statuses() == ["released", "failed"]
    world.calls.clear()
    world.night()
    assert world.calls == ["make.products"]
    assert world.released() == ["lamp"]
    assert world.statuses() == ["released", "released"]
    assert world.seen_before[-1] == ["kettle"]


def test_a_night_that_was_stopped_goes_on_with_the_same_command(after_a_night: World) -> None:
    world = after_a_night
    _crash(world, KeyboardInterrupt())
    assert world.statuses() == ["released", "stopped"]
    world.calls.clear()
    world.night()
    assert world.calls == ["make.products"]
    assert world.released() == ["lamp"]
    assert world.statuses() == ["released", "released"]


def test_a_signal_says_what_is_written_and_gives_the_lake_back(after_a_night: World) -> None:
    world = after_a_night
    world.titles = ["lamp"]
    # As the handler would on the main thread; a stage's own error is the same way out of run_stages.
    world.break_second = lambda: (_ for _ in ()).throw(Stopped(signal.SIGTERM))
    said = "The night of 2026-01-02 was stopped by SIGTERM: 1 of 2 stages are written; start the same command again"
    with pytest.raises(Stopped, match=said):
        world.night()
    lake = kgspark.open(world.cfg.lake, spark=world.spark).lake
    assert not is_held(lake, world.cfg.lock)
    assert world.statuses() == ["released", "stopped"]


def test_a_full_night_does_not_go_on_with_another_and_says_so(after_a_night: World) -> None:
    world = after_a_night
    _crash(world, RuntimeError("executor lost"))
    world.calls.clear()
    console = Console(width=400, record=True, file=io.StringIO())
    world.night(options=NightOptions(full=True), console=console)
    assert world.calls == ["make.offers", "make.products"]
    assert "was left open and is not gone on with: it was started without --full." in console.export_text()
    assert world.statuses() == ["released", "failed", "released"]


def test_stages_can_run_one_by_one_and_are_not_done_twice(world: World) -> None:
    world.night(only=("make.offers",), release=False)
    with pytest.raises(InputError, match="holds no release"):
        world.released()
    with pytest.raises(InputError, match=r"make\.products has not run"):
        world.night(only=("make.offers",))
    assert world.calls == ["make.offers"]


def test_an_open_run_goes_on_where_it_stopped(world: World) -> None:
    first = world.night(only=("make.offers",), release=False)
    assert Lake(world.spark, world.cfg.lake).rows("ops.runs")[0]["status"] == "open"
    console = Console(width=400, record=True, file=io.StringIO())
    report = world.night(console=console)
    said = f"{first.run_id} was left open (open) and goes on; 1 stages are written already: make.offers."
    assert said in console.export_text()
    assert world.calls == ["make.offers", "make.products"]
    assert world.released() == ["kettle"]
    assert world.statuses() == ["released"]
    assert len(report.stage_rows) == 2


def test_a_gate_that_fails_beside_another_stage_releases_nothing(after_a_night: World) -> None:
    world = after_a_night
    titles, done = world.stages
    # Reads nothing of tonight: it runs beside the stage whose gate fails.
    beside = replace(done, name="make.products", reads=())
    world.titles = ["lamp", "lamp"]

    def products(cfg: Settings, night: Night) -> dict[str, DataFrame]:
        frame = rows(world.spark, "silver.products", [{"product_id": "product/kettle", "title": "kettle"}])
        return {"silver.products": frame}

    stages = (titles, replace(beside, build=products))
    with pytest.raises(GateError, match=r"silver\.product_offers"):
        run_night(world.spark, world.cfg, NIGHT, stages=stages)
    assert world.released() == ["kettle"]
    assert world.statuses() == ["released", "gate_failed"]


def test_a_stage_that_would_embed_more_than_the_budget_waits_for_a_larger_one(world: World) -> None:
    def new_texts(
        offers: DataFrame, before: DataFrame, cfg: Settings, night: Night, keys: DataFrame | None
    ) -> DataFrame:
        assert keys is None
        return offers.join(before, on="product_id", how="left_anti")

    world.titles = ["kettle", "lamp", "desk"]
    make_offers, make_products = world.stages
    stages = (make_offers, replace(make_products, new_texts=new_texts))

    def night(most: int | None) -> NightReport:
        return run_night(world.spark, world.cfg, NIGHT, stages=stages, options=NightOptions(max_texts=most))

    with pytest.raises(OutOfTimeError, match=r"make\.products has 3 texts to embed, and this night may embed 2"):
        night(2)
    assert world.calls == ["make.offers"]
    done = night(3)
    assert done.release is not None
    # What was done stays done.
    assert world.calls == ["make.offers", "make.products"]
    assert [row["texts"] for row in done.stage_rows] == [None, 3]
