"""What personal data is where, by the marks in schemas/: for whoever must answer for it.

schemas, latest release -> tables with columns that hold personal data or pseudonyms -> rows of each
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kgspark.releases.register import KnowledgeGraph
from kgspark.schema import table


@dataclass(frozen=True)
class Personal:
    """A table with its rows, its columns of personal data, and those that may hold a shopper's pseudonym."""

    table: str
    rows: int
    pii: tuple[str, ...]
    pseudonyms: tuple[str, ...]


def report(kg: KnowledgeGraph) -> list[Personal]:
    """Every table of the release that holds something of people. Costs a count each."""
    found = []
    for name in kg.tables:
        contract = table(name)
        pii, names = contract.columns_where(pii=True), contract.columns_where(shopper=True)
        if pii or names:
            found.append(Personal(name, kg.table(name).count(), tuple(pii), tuple(names)))
    return found


def lines(found: list[Personal]) -> Iterator[str]:
    """For a terminal."""
    for each in found:
        what = [f"personal data: {', '.join(each.pii)}"] if each.pii else []
        what += [f"pseudonyms: {', '.join(each.pseudonyms)}"] if each.pseudonyms else []
        yield f"  {each.table:<32} {each.rows:>12,} rows  {'; '.join(what)}"
