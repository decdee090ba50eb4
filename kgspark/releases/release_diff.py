"""Two releases side by side: what came, went and changed, table by table, in the graph, among products, in rank.

release A, release B -> rows by key and hash -> kinds and relations -> events of products -> movers in PageRank
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from pyspark.sql import functions as F

from kgspark.lake.changes import row_hash
from kgspark.releases.register import KnowledgeGraph
from kgspark.schema import REJECTED_SUFFIX, table

MOVERS = 10


@dataclass(frozen=True)
class Difference:
    """What distinguishes ``after`` from ``before``; rows of tables that neither or one of them holds count as well."""

    before: str
    after: str
    tables: dict[str, dict[str, int]] = field(default_factory=dict)
    nodes: dict[str, dict[str, int]] = field(default_factory=dict)
    edges: dict[str, dict[str, int]] = field(default_factory=dict)
    products: dict[str, int] = field(default_factory=dict)
    movers: list[dict[str, Any]] = field(default_factory=list)
    rejected: dict[str, tuple[int, int]] = field(default_factory=dict)

    def record(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def difference(before: KnowledgeGraph, after: KnowledgeGraph, movers: int = MOVERS) -> Difference:
    """Compare two releases of a lake. A table at the same version in both costs a count, any other a join by key."""
    found = Difference(before.release.release_id, after.release.release_id)
    for name in dict.fromkeys([*before.tables, *after.tables]):
        found.tables[name] = _rows(name, before, after)
    for part, name, kind in ((found.nodes, "graph.nodes", "kind"), (found.edges, "graph.edges", "relation")):
        if _moved(found, name):
            part |= _by_kind(name, kind, before, after)
    history = "silver.product_history"
    if _moved(found, history):
        key = list(table(history).key)
        told = after.table_or_empty(history).join(before.table_or_empty(history), on=key, how="left_anti")
        found.products.update(
            {r["event"]: r["count"] for r in told.groupBy("event").count().orderBy("event").collect()}
        )
    if _moved(found, "graph.node_metrics"):
        found.movers.extend(_movers(before, after, movers))
    found.rejected.update(_rejected(found.tables))
    return found


def lines(found: Difference) -> Iterator[str]:
    """For a terminal."""
    yield f"{found.before} -> {found.after}"
    for name, counts in found.tables.items():
        if any(counts[what] for what in ("added", "removed", "changed")):
            yield (
                f"  {name:<32} {counts['before']:>10,} -> {counts['after']:>10,} rows: {counts['added']:,} added, "
                f"{counts['removed']:,} removed, {counts['changed']:,} changed"
            )
    same = sum(not any(counts[what] for what in ("added", "removed", "changed")) for counts in found.tables.values())
    yield f"  {same} tables are the same"
    for what, part in (("nodes", found.nodes), ("edges", found.edges)):
        for kind, counts in part.items():
            yield f"  {what}: {kind}: {counts['added']:,} added, {counts['removed']:,} removed"
    for event, count in found.products.items():
        yield f"  products {event}: {count:,}"
    for mover in found.movers:
        was, now = mover["before"], mover["after"]
        yield f"  PageRank {was:.2e} -> {now:.2e} ({now / was - 1:+.1%})  {mover['node_id']}  {mover['label']}"
    for name, (before, after) in found.rejected.items():
        yield f"  set aside of {name}: " + (f"{before:,} -> {after:,}" if before != after else f"{after:,}, as before")


def _moved(found: Difference, name: str) -> bool:
    counts = found.tables.get(name, {})
    return any(counts.get(what) for what in ("added", "removed", "changed"))


def _rows(name: str, before: KnowledgeGraph, after: KnowledgeGraph) -> dict[str, int]:
    counts = dict.fromkeys(("before", "after", "added", "removed", "changed"), 0)
    if before.release.tables.get(name) == after.release.tables.get(name) and before.lake.root == after.lake.root:
        counts["before"] = counts["after"] = after.table(name).count()
        return counts
    contract = table(name)
    sides = [
        kg.table_or_empty(name).select(*contract.key, row_hash(contract).alias(mark))
        for kg, mark in ((before, "was"), (after, "now"))
    ]
    was, now = F.col("was"), F.col("now")
    both = sides[0].join(sides[1], on=list(contract.key), how="full")
    asked = {
        "before": F.count("was"),
        "after": F.count("now"),
        "added": F.count_if(was.isNull()),
        "removed": F.count_if(now.isNull()),
        "changed": F.count_if(was != now),
    }
    return dict(both.agg(*[count.alias(what) for what, count in asked.items()]).collect()[0].asDict())


def _by_kind(name: str, kind: str, before: KnowledgeGraph, after: KnowledgeGraph) -> dict[str, dict[str, int]]:
    key = list(table(name).key)
    was, now = before.table_or_empty(name).select(*key, kind), after.table_or_empty(name).select(*key, kind)
    added = now.join(was.select(*key), on=key, how="left_anti").select(kind, F.lit("added").alias("what"))
    removed = was.join(now.select(*key), on=key, how="left_anti").select(kind, F.lit("removed").alias("what"))
    counted = added.unionByName(removed).groupBy(kind).pivot("what", ["added", "removed"]).count().na.fill(0)
    return {r[kind]: {"added": r["added"], "removed": r["removed"]} for r in counted.orderBy(kind).collect()}


def _movers(before: KnowledgeGraph, after: KnowledgeGraph, movers: int) -> list[dict[str, Any]]:
    ranks = [
        kg.table_or_empty("graph.node_metrics").select("node_id", F.col("pagerank").alias(mark))
        for kg, mark in ((before, "before"), (after, "after"))
    ]
    labels = after.table_or_empty("graph.nodes").select("node_id", "label")
    both = ranks[0].join(ranks[1], on="node_id", how="inner").join(labels, on="node_id", how="inner")
    order = (F.abs(F.col("after") - F.col("before")).desc(), F.col("node_id"))
    top = both.where(F.col("after") != F.col("before")).orderBy(*order).limit(movers)
    return [row.asDict() for row in top.select("node_id", "label", "before", "after").collect()]


def _rejected(tables: dict[str, dict[str, int]]) -> dict[str, tuple[int, int]]:
    """Rows set aside of a table, before and after, as far as either has any."""
    counts = {name: (rows["before"], rows["after"]) for name, rows in tables.items() if name.endswith(REJECTED_SUFFIX)}
    return {name.removesuffix(REJECTED_SUFFIX): pair for name, pair in counts.items() if any(pair)}
