"""A node as a person reads it: its facts, and for each fact where it was read, down to the words in the raw record."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from pyspark.sql import DataFrame, Row, Window, WindowSpec
from pyspark.sql import functions as F

from kgspark.errors import InputError
from kgspark.releases.register import KnowledgeGraph

MATCHES_LISTED = 10


@dataclass(frozen=True)
class Reading:
    """One place where a fact was read: the record, the raw field, the span in code points and the words there."""

    source: str
    record_id: str
    field: str
    begin: int | None
    end: int | None
    extractor: str
    words: str | None


@dataclass(frozen=True)
class Fact:
    """An edge seen from the node: outgoing, or incoming."""

    edge_id: str
    relation: str
    outgoing: bool
    other_id: str
    other_label: str
    weight: float
    confidence: float
    support: int
    properties: dict[str, str]
    readings: list[Reading] = field(default_factory=list)


@dataclass(frozen=True)
class NodeView:
    """A node with its metrics, its facts (most supported first) and how many facts it has in all."""

    node_id: str
    kind: str
    label: str
    properties: dict[str, str]
    pagerank: float | None
    facts: list[Fact]
    facts_total: int
    others: list[tuple[str, str]]


def find(kg: KnowledgeGraph, text: str, limit: int = MATCHES_LISTED) -> list[Row]:
    """Nodes of that id, or whose label holds the text: equal first, then beginning with it, then by PageRank.

    Gives rows of node_id, kind, label, properties, pagerank.
    """
    label, wanted = F.lower("label"), text.casefold()
    closeness = (
        F.when(F.col("node_id") == text, 0).when(label == wanted, 1).when(label.startswith(wanted), 2).otherwise(3)
    )
    nodes = kg.table("graph.nodes").where((F.col("node_id") == text) | label.contains(wanted))
    ranks = kg.table("graph.node_metrics").select("node_id", "pagerank")
    found = nodes.join(ranks, on="node_id", how="left").orderBy(closeness, F.desc("pagerank"), "node_id")
    return found.select("node_id", "kind", "label", "properties", "pagerank").limit(limit).collect()


def view(kg: KnowledgeGraph, text: str, *, facts: int = 20, readings: int = 3) -> NodeView:
    """The best match of a node id or text, with at most ``facts`` facts and ``readings`` places for each.

    Raises InputError where no node matches.
    """
    found = find(kg, text)
    if not found:
        raise InputError(f"Release {kg.release.release_id} has no node whose id or label holds '{text}'.")
    node = found[0]
    edges = kg.table("graph.edges")
    touching = edges.where((F.col("src") == node["node_id"]) | (F.col("dst") == node["node_id"]))
    total = touching.count()
    other = F.when(F.col("src") == node["node_id"], F.col("dst")).otherwise(F.col("src"))
    labels = kg.table("graph.nodes").select(F.col("node_id").alias("other_id"), F.col("label").alias("other_label"))
    # Products and brands before the long tail of shoppers: a relation's rarest facts say most about one node.
    chosen = (
        touching.withColumn("other_id", other)
        .join(labels, on="other_id", how="left")
        .orderBy(F.col("src") != node["node_id"], "relation", F.desc("support"), F.desc("weight"), "edge_id")
        .limit(facts)
        .collect()
    )
    places = _readings(kg, [row["edge_id"] for row in chosen], readings)
    return NodeView(
        node_id=node["node_id"],
        kind=node["kind"],
        label=node["label"],
        properties=node["properties"],
        pagerank=node["pagerank"],
        facts=[_fact(row, node["node_id"], places.get(row["edge_id"], [])) for row in chosen],
        facts_total=total,
        others=[(row["node_id"], row["label"]) for row in found[1:]],
    )


def _fact(row: Row, node_id: str, places: list[Reading]) -> Fact:
    return Fact(
        edge_id=row["edge_id"],
        relation=row["relation"],
        outgoing=row["src"] == node_id,
        other_id=row["other_id"],
        other_label=row["other_label"],
        weight=row["weight"],
        confidence=row["confidence"],
        support=row["support"],
        properties=row["properties"],
        readings=places,
    )


def _readings(kg: KnowledgeGraph, edge_ids: list[str], limit: int) -> dict[str, list[Reading]]:
    evidence = kg.table("graph.evidence").where(F.col("edge_id").isin(edge_ids))
    nth = F.row_number().over(_by_edge())
    kept = evidence.withColumn("nth", nth).where(F.col("nth") <= limit)
    places: dict[str, list[Reading]] = {}
    for row in (
        kept.join(payloads(kg, kept), on=["source", "record_id", "bronze_table"], how="left").orderBy("nth").collect()
    ):
        reading = Reading(
            source=row["source"],
            record_id=row["record_id"],
            field=row["field"],
            begin=row["begin"],
            end=row["end"],
            extractor=row["extractor"],
            words=words(row["payload"], row["field"], row["begin"], row["end"]),
        )
        places.setdefault(row["edge_id"], []).append(reading)
    return places


def _by_edge() -> WindowSpec:

    return Window.partitionBy("edge_id").orderBy("source", "record_id", "evidence_id")


def payloads(kg: KnowledgeGraph, evidence: DataFrame) -> DataFrame:
    """The raw records that the evidence names, from every bronze table of the release."""
    frames = []
    for name in (table for table in kg.tables if table.startswith("bronze.")):
        records = kg.table(name).where((F.col("variant") == 0) & F.col("payload").isNotNull())
        frames.append(records.select("source", "record_id", "payload", F.lit(name).alias("bronze_table")))
    merged = frames[0]
    for frame in frames[1:]:
        merged = merged.unionByName(frame)
    wanted = evidence.select("source", "record_id", "bronze_table").distinct()
    return merged.join(F.broadcast(wanted), on=["source", "record_id", "bronze_table"], how="left_semi")


def words(payload: str | None, field_name: str, begin: int | None, end: int | None) -> str | None:
    """The words of a raw field between two code points; the whole of the fields where a fact was put together from
    several.

    >>> words('{"name": "Sony Turntable"}', "name", 0, 4)
    'Sony'
    >>> words('{"a": "1", "b": "2"}', "a+b", None, None)
    '1 | 2'
    """
    if payload is None:
        return None
    fields = json.loads(payload)
    if begin is None or end is None:
        parts = [str(fields[name]) for name in field_name.split("+") if fields.get(name) is not None]
        return " | ".join(parts) or None
    value = fields.get(field_name)
    return None if value is None else str(value)[begin:end]
