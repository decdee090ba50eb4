"""Whether two releases say the same: row by row, but for clocks, and within what the order of additions changes."""

from __future__ import annotations

import math
from typing import Any

from kgspark.releases.register import KnowledgeGraph
from kgspark.schema import table

# bf16 vectors move by 2e-3 with the make-up of a batch, and a batch is what a partition holds.
VECTOR_TOLERANCE = 4e-3
# PageRank and other sums: the order of additions differs.
RELATIVE_TOLERANCE = 1e-6
DIFFERENCES_SHOWN = 5


def differences(one: KnowledgeGraph, other: KnowledgeGraph) -> list[str]:
    """What differs, at most a few lines a table; empty where the releases are equal."""
    if sorted(one.tables) != sorted(other.tables):
        return [f"tables: {sorted(set(one.tables) ^ set(other.tables))} in one release only"]
    return [line for name in sorted(one.tables) for line in _table_differences(name, one, other)]


def _table_differences(name: str, one: KnowledgeGraph, other: KnowledgeGraph) -> list[str]:
    left, right = _rows(name, one), _rows(name, other)
    lines = [f"{name}: {key} only in the first" for key in sorted(left.keys() - right.keys())]
    lines += [f"{name}: {key} only in the second" for key in sorted(right.keys() - left.keys())]
    for key in sorted(left.keys() & right.keys()):
        if len(left[key]) != len(right[key]):
            lines.append(f"{name}: {key} has {len(left[key])} and {len(right[key])} rows")
        for row, twin in zip(left[key], right[key], strict=False):
            lines += [f"{name}: {key}: {c}: {row[c]!r} and {twin[c]!r}" for c in row if not same(row[c], twin[c])]
    return lines[:DIFFERENCES_SHOWN] + ([f"{name}: {len(lines)} differences"] if len(lines) > DIFFERENCES_SHOWN else [])


def _rows(name: str, kg: KnowledgeGraph) -> dict[str, list[dict[str, Any]]]:
    contract = table(name)
    columns = [column.name for column in contract.columns if not column.volatile]
    rows: dict[str, list[dict[str, Any]]] = {}
    for row in kg.table(name).select(columns).collect():
        rows.setdefault(repr([row[key] for key in contract.key]), []).append(row.asDict(recursive=True))
    # A reject's key may repeat; its rows are put in one order.
    return {key: sorted(found, key=lambda r: repr(sorted(r.items()))) for key, found in rows.items()}


def same(one: Any, other: Any) -> bool:
    """Equal, numbers within their tolerance.

    >>> same([0.5, 0.25], [0.5001, 0.25]), same(0.5, 0.5001), same({"a": None}, {"a": None})
    (True, False, True)
    """
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=RELATIVE_TOLERANCE, abs_tol=1e-12)
    if isinstance(one, list) and isinstance(other, list) and one and isinstance(one[0], float):
        return len(one) == len(other) and all(abs(a - b) < VECTOR_TOLERANCE for a, b in zip(one, other, strict=True))
    return bool(one == other)
