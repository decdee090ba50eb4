"""Prints what ``kgspark sources check`` found: per source its mapping, what parses and what would be set aside."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.markup import escape

if TYPE_CHECKING:
    from rich.console import Console

    from kgspark.ingest.check import KindReport, SourceReport


def print_report(console: Console, reports: Sequence[SourceReport]) -> None:
    """One paragraph a source; the last line says how many would stop a night."""
    for report in reports:
        console.print(f"[bold]{escape(report.name)}[/bold]  {report.format}  {escape(report.path)}", soft_wrap=True)
        if report.error:
            console.print(f"  [red]would stop the night:[/red] {escape(report.error)}", soft_wrap=True)
            continue
        unreadable = sum(report.problems.values())
        console.print(f"  {report.files} files; read {report.records:,} records, {unreadable:,} of them unreadable")
        for problem, times in sorted(report.problems.items()):
            console.print(f"    {problem}: {times:,}")
        for kind in report.kinds:
            _print_kind(console, kind)
    broken = sum(report.error is not None for report in reports)
    console.print(
        f"{len(reports)} sources checked; {broken} would stop a night" if broken else "all sources can be read"
    )


def _print_kind(console: Console, kind: KindReport) -> None:
    left_out = f"; where leaves out {kind.left_out:,} more" if kind.left_out else ""
    console.print(f"  {kind.kind}: {kind.records:,} records gave {kind.rows:,} rows{left_out}")
    for column, origin in kind.mapping.items():
        console.print(f"    {column} <- {escape(origin)}", soft_wrap=True, highlight=False)
    for reject in kind.rejects:
        what = "value" if reject.kept else "record"
        console.print(
            f"    set aside: {reject.records:,} x {reject.rule} ({what} of {reject.field}): {escape(reject.reason)}",
            soft_wrap=True,
            highlight=False,
        )
