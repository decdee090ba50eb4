"""What a night cost: summed by stage, input counted once, moves after an erasure left out, beside the nights before."""

from __future__ import annotations

import datetime
import io
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession
from rich.console import Console

from kgspark.lake.tables import Lake
from kgspark.nightly.bill import NightBill, StageBill, bills, grids, records, stage_bills, status


def row(run: str, stage: str, table: str, **columns: Any) -> dict[str, Any]:
    zero = dict.fromkeys(("rows_in", "rows_out", "inserted", "deleted", "rejected", "bytes_written"), 0)
    return {"run_id": run, "stage": stage, "table": table, "seconds": 1.0, "gate_seconds": None} | zero | columns


def test_a_stage_is_billed_over_its_tables() -> None:
    rows = [
        row("r1", "facts", "graph.nodes", how="difference", rows_in=10, rows_out=5, inserted=2, deleted=1, tokens=30),
        row(
            "r1",
            "facts",
            "graph.edges",
            how="difference",
            rows_in=10,
            rows_out=7,
            gate_seconds=0.5,
            bytes_written=9,
            texts=5,
            tokens=12,
            core_seconds=6.5,
            bytes_read=800,
        ),
        row("r1", "facts", "graph.edges", how="moved", rows_out=7, seconds=0.0),
        row("r2", "facts", "graph.nodes", how="all", seconds=99.0),
        # A book from before there was a 'how'.
        {"run_id": "r1", "stage": "old", "table": "t", "seconds": 3.0, "rows_out": 4},
    ]
    facts, old = stage_bills(rows, "r1")
    assert facts == StageBill("facts", "difference", 2.0, 0.5, 10, 12, 2, 1, 0, 9, 5, 42, 6.5, 800)
    assert (old.how, old.total_seconds, old.rows_out) == ("all", 3.0, 4)


def test_a_bill_by_the_clock_and_as_it_was_asked_for(spark: SparkSession, tmp_path: Path) -> None:
    lake = Lake(spark, str(tmp_path / "lake"))
    begun = datetime.datetime(2026, 1, 2, 2, tzinfo=datetime.UTC)
    run = {"night": begun.date(), "started_at": begun, "status": "released", "code_version": "1"}
    over = {
        "run_id": "one",
        "config_hash": "5e77+erasure1a2b3c4d",
        "ended_at": begun + datetime.timedelta(seconds=90.5),
    }
    for columns in (over, {"run_id": "two", "config_hash": "5e77+full-d0", "ended_at": None}):
        lake.upsert("ops.runs", run | {"from_release": None, "message": None} | columns)
    stage = {"run_id": "one", "stage": "facts", "table": "graph.nodes", "seconds": 1.0, "finished_at": begun}
    lake.append(
        "ops.stage_runs", [row("one", "facts", "graph.nodes") | stage | {"version": 0, "how": "keys", "why": ""}]
    )
    told = {bill.run_id: (bill.asked, bill.clock_seconds, len(bill.stages)) for bill in bills(lake, 7)}
    assert told == {"one": ("erasure", 90.5, 1), "two": ("full", None, 0)}


def test_a_run_that_nobody_holds_the_lake_for_has_died() -> None:
    assert [status(written, held=False) for written in ("running", "stopped")] == ["died", "stopped"]
    assert status("running", held=True) == "running"


def test_the_last_night_stands_beside_those_before() -> None:
    nights = [
        NightBill(
            f"run-{n}",
            f"2026-01-0{n}",
            "released",
            (StageBill("facts", how, s, s / 4, 1, 9, 3, 2, 0, 2_000_000, 99, 1_234, 15.04, 3_000_000),),
            "refit" if n == 1 else "",
            None if n == 2 else 30.0,
        )
        for n, how, s in ((1, "all", 40.0), (2, "skip", 0.0), (3, "difference", 8.0), (4, "skip", 0.0))
    ]
    console = Console(width=180, record=True, file=io.StringIO())
    for grid in grids(nights):
        console.print(grid)
    said = [line.split() for line in console.export_text().splitlines()]
    # Seconds are those of stages with their gates, in both tables.
    assert ["2026-01-01", "run-1", "released", "refit", "30.0", "50.0", "10.0", "3", "2", "2.0", "15", "1,234"] in said
    assert ["facts", "skip", "0.0", "10.0", "3", "2", "9", "2.0", "15.0", "3.0", "99", "1,234"] in said
    assert records(nights)[0]["stages"][0]["total_seconds"] == 50.0
    assert next(iter(grids([]))).row_count == 0
