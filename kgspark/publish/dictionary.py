"""The data dictionary, printed out of ``schemas/``: what each table and column means."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich.table import Table as Grid

from kgspark.schema import Table


def table_grids(contracts: Iterable[Table], *, columns: bool) -> Iterator[Grid]:
    """One grid over all tables, or with ``columns`` one grid a table with a line for each column."""
    if not columns:
        grid = Grid(box=None, padding=(0, 2))
        for heading in ("table", "one row per", "meaning"):
            grid.add_column(heading)
        for contract in contracts:
            grid.add_row(contract.name, ", ".join(contract.key), contract.meaning)
        yield grid
        return
    for contract in contracts:
        grid = Grid(title=f"{contract.name}: {contract.meaning}", title_justify="left", box=None, padding=(0, 2))
        for heading in ("column", "type", "unit", "meaning"):
            grid.add_column(heading)
        for column in contract.columns:
            marks = (" [key]" if column.name in contract.key else "") + (" [personal]" if column.pii else "")
            grid.add_row(column.name, column.type, column.unit or "", column.meaning + marks.replace("[", "\\["))
        yield grid
