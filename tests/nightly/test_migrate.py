"""A lake of an older schema version: refused with the command that helps, carried over once."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

import kgspark
from kgspark.config import Config
from kgspark.errors import InputError
from kgspark.lake.tables import Lake
from kgspark.night import Night
from kgspark.nightly import migrate, tonight
from kgspark.nightly.ledger import Ledger
from kgspark.releases import register
from kgspark.schema import table
from tests.nights.lake import NIGHT, released

REVIEWS, NODES, HISTORY = "silver.reviews", "graph.nodes", "silver.product_history"


@pytest.fixture
def lake(spark: SparkSession, tmp_path: Path) -> Lake:
    """A release of three tables, as the schema version of today made them."""
    lake = Lake(spark, str(tmp_path / "lake"))
    node = {"node_id": "brand/a", "kind": "brand", "label": "A", "node_key": 1}
    released(lake, "r2026-01-01-00000000", {REVIEWS: [{"review_id": "review/1", "text": "fine"}], NODES: [node]})
    return lake


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Makes another number the schema version of today."""

    def number(version: int) -> None:
        for module in (migrate, register):
            monkeypatch.setattr(module, "schema_version", lambda: version)

    return number


def test_a_night_refuses_a_lake_of_another_schema_version_and_names_the_command(
    lake: Lake, later: Callable[[int], None]
) -> None:
    night = Night(date=datetime.date(2026, 1, 2), run_id="")
    tonight.tonight_of(lake, Config(lake=lake.root), night, [])
    later(2)
    with pytest.raises(InputError, match="schema version 1, and this kgspark writes 2: run 'kgspark migrate' once"):
        tonight.tonight_of(lake, Config(lake=lake.root), night, [])
    later(0)
    with pytest.raises(InputError, match=r"writes 0: use the kgspark that wrote it"):
        tonight.tonight_of(lake, Config(lake=lake.root), night, [])


def test_a_migrated_release_has_the_columns_of_today_and_the_rows_of_then(
    spark: SparkSession, lake: Lake, later: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    cfg = Config(lake=lake.root)
    assert migrate.migrate(lake, cfg) is None
    last = register.latest(lake)
    assert last is not None
    row = {"run_id": "run", "stage": "ingest.reviews", "table": REVIEWS, "version": last.tables[REVIEWS], "rows_out": 1}
    clock = {"seconds": 1.0, "rejected": 0, "bytes_written": 1, "finished_at": datetime.datetime.now(datetime.UTC)}
    lake.append("ops.stage_runs", [row | clock])
    contract = table(REVIEWS)
    new = contract.columns[-1].model_copy(update={"name": "mood", "type": "string", "nullable": True})
    changed = {
        # One column more, one less, one of another type.
        REVIEWS: contract.model_copy(
            update={"columns": (*(c for c in contract.columns if c.name != "helpful_votes"), new)}
        ),
    }
    for module in ("kgspark.nightly.migrate", "kgspark.lake.tables"):
        monkeypatch.setattr(f"{module}.table", lambda name: changed.get(name) or table(name))
    later(2)
    done = migrate.migrate(lake, cfg)
    assert done is not None
    assert (done.schema_version, done.action, done.night) == (2, "migration", NIGHT)
    kg = kgspark.open(lake.root, spark=spark)
    assert kg.release.release_id == done.release_id
    assert "helpful_votes" not in kg.table(REVIEWS).columns
    assert [(row.review_id, row.text, row.mood) for row in kg.table(REVIEWS).collect()] == [("review/1", "fine", None)]
    assert kg.table(NODES).count() == 1
    # Its versions are in the book of runs, as an erasure asks for them.
    moved = Ledger(lake, "c", NIGHT, None).entry("ingest.reviews", REVIEWS, done.tables[REVIEWS])
    assert (moved["how"], moved["rows_out"]) == ("moved", 1)
    # The release of then is as it was.
    before = kgspark.open(lake.root, spark=spark, release="r2026-01-01-00000000")
    assert "mood" not in before.table(REVIEWS).columns
    assert before.table(REVIEWS).count() == 1
    assert migrate.migrate(lake, cfg) is None


def test_rows_without_a_value_that_must_be_there_are_made_anew_or_refused(spark: SparkSession) -> None:
    def short(name: str, column: str) -> object:
        frame = spark.createDataFrame([], table(name).struct).drop(column)
        return migrate.carried(
            frame.union(spark.range(1).select(*[F.lit(None).cast(f.dataType).alias(f.name) for f in frame.schema])),
            table(name),
        )

    assert short(NODES, "label").count() == 0  # type: ignore[attr-defined]
    with pytest.raises(InputError, match=r"silver\.product_history cannot be migrated: nothing tells event"):
        short(HISTORY, "event")
