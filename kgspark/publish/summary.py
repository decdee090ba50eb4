"""What a night did, for the person who started it: tables, rejects, time, release, and what to try next."""

from __future__ import annotations

from typing import Literal

from pyspark.sql import functions as F
from rich.console import Console
from rich.table import Table as Grid

from kgspark.publish.readers import release_before
from kgspark.publish.rejects import beside, by_rule, set_aside
from kgspark.releases.register import KnowledgeGraph
from kgspark.run import NightReport
from kgspark.schema import REJECTED_SUFFIX


def print_summary(console: Console, report: NightReport, kg: KnowledgeGraph, config: str) -> None:
    """Print tables with their rows, rejects by rule, seconds per stage, the release, and the next command."""
    console.print(_tables(report))
    if all(row["how"] == "skip" for row in report.stage_rows):
        console.print("nothing that a stage reads has changed: all tables are those of the release before")
    rejects = _rejects(report, kg)
    if rejects.row_count:
        console.print(rejects)
    console.print(_seconds(report))
    node = kg.table("graph.nodes").where(F.col("kind") == "product").orderBy("node_id").limit(1).collect()
    console.print(f"\nreleased [bold]{kg.release.release_id}[/bold] in {kg.lake.root}", highlight=False)
    console.print("next:", highlight=False)
    if node:
        console.print(f"  kgspark show --config {config} {node[0]['node_id']}", highlight=False, soft_wrap=True)
    question = "select kind, count(*) as nodes from graph.nodes group by kind order by nodes desc"
    console.print(f'  kgspark sql --config {config} "{question}"', highlight=False, soft_wrap=True)


def _tables(report: NightReport) -> Grid:
    grid = Grid(title="tables", title_justify="left", box=None, padding=(0, 2))
    for heading in ("table", "rows", "written", "set aside", "MB written"):
        grid.add_column(heading, justify="left" if heading == "table" else "right")
    for row in report.stage_rows:
        if not row["table"].endswith(REJECTED_SUFFIX):
            megabytes = f"{row['bytes_written'] / 1e6:.1f}"
            rows, written, rejected = (f"{row[name] or 0:,}" for name in ("rows_out", "inserted", "rejected"))
            grid.add_row(row["table"], rows, written, rejected, megabytes)
    return grid


def _rejects(report: NightReport, kg: KnowledgeGraph) -> Grid:
    rows = [
        (row["table"], "where", "record", f"{row['rejected']:,}", "", "left out by its source file, not kept")
        for row in report.stage_rows
        if row["table"].startswith("bronze.") and row["rejected"]
    ]
    found, earlier = set_aside(kg), release_before(kg)
    for rule in by_rule(beside(found, kg, earlier) if earlier else found):
        before = "" if rule.before is None else f"{rule.before:,}"
        what = "value" if rule.kept else "record"
        rows.append((rule.table, rule.rule, what, f"{rule.rows:,}", before, rule.example))
    grid = Grid(title="set aside, and why", title_justify="left", box=None, padding=(0, 2))
    for place, heading in enumerate(("table", "rule", "what", "times", "before")):
        # Only the example may be cut short; without a least width each column gives up some of its own.
        widest = max((len(cells[place]) for cells in rows), default=0)
        justify: Literal["left", "right"] = "right" if heading in ("times", "before") else "left"
        grid.add_column(heading, justify=justify, no_wrap=True, min_width=max(widest, len(heading)))
    grid.add_column("for example", no_wrap=True)
    for cells in rows:
        grid.add_row(*cells)
    return grid


def _seconds(report: NightReport) -> Grid:
    grid = Grid(title="time", title_justify="left", box=None, padding=(0, 2))
    for heading in ("stage", "build and write s", "gates s"):
        grid.add_column(heading, justify="left" if heading == "stage" else "right")
    totals: dict[str, list[float]] = {}
    for row in report.stage_rows:
        pair = totals.setdefault(row["stage"], [0.0, 0.0])
        pair[0] += row["seconds"]
        pair[1] += row["gate_seconds"] or 0.0
    for stage, (seconds, gates) in totals.items():
        grid.add_row(stage, f"{seconds:.1f}", f"{gates:.1f}")
    grid.add_row(
        "sum of the stages",
        f"{sum(t[0] for t in totals.values()):.1f}",
        f"{sum(t[1] for t in totals.values()):.1f}",
        style="bold",
    )
    grid.add_row("from this command to here, stages side by side", f"{report.seconds:.1f}", "", style="bold")
    return grid
