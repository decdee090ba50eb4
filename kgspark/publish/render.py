"""Turns nodes and frames into lines for a terminal, or records for JSON."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

from pyspark.sql import DataFrame
from rich.markup import escape
from rich.table import Table as Grid

from kgspark.publish.show import NodeView, Reading


def node_record(node: NodeView) -> dict[str, Any]:
    """The node as nested dicts and lists, for JSON."""
    return dataclasses.asdict(node)


def node_lines(node: NodeView) -> Iterator[str]:
    """The node as marked-up lines: label, properties, then each fact with the places it was read at."""
    rank = f"  PageRank {node.pagerank:.3g}" if node.pagerank is not None else ""
    yield f"[bold]{escape(node.label)}[/bold]  {node.kind}  {node.node_id}{rank}"
    for name, value in sorted(node.properties.items()):
        yield f"  {name}: {escape(value)}"
    for fact in node.facts:
        arrow = f"-- {fact.relation} ->" if fact.outgoing else f"<- {fact.relation} --"
        details = ", ".join(f"{k} {v}" for k, v in sorted(fact.properties.items()))
        yield (
            f"{arrow} [bold]{escape(fact.other_label or '')}[/bold]  {fact.other_id}  "
            f"confidence {fact.confidence:.2f}, support {fact.support}{', ' + escape(details) if details else ''}"
        )
        yield from (f"     {_reading_line(reading)}" for reading in fact.readings)
    if node.facts_total > len(node.facts):
        yield f"... {node.facts_total - len(node.facts)} more facts (--facts N)"
    if node.others:
        yield "also matching:"
        yield from (f"  {node_id}  {escape(label)}" for node_id, label in node.others)


def _reading_line(reading: Reading) -> str:
    span = f"[{reading.begin}:{reading.end}]" if reading.begin is not None else ""
    words = f' "{reading.words}"' if reading.words else ""
    return escape(
        f"read in {reading.source} record {reading.record_id} {reading.field}{span}{words} by {reading.extractor}"
    )


def frame_grid(frame: DataFrame, limit: int) -> Grid:
    """The first rows of a frame as a grid; says so where there are more."""
    rows = frame.limit(limit + 1).collect()
    grid = Grid(box=None, padding=(0, 2), caption=f"first {limit} rows" if len(rows) > limit else None)
    for column in frame.columns:
        grid.add_column(column)
    for row in rows[:limit]:
        grid.add_row(*["" if value is None else escape(str(value)) for value in row])
    return grid
