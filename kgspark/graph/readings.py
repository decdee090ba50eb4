"""What every relation shares: the shape of a reading, edges and evidence out of readings, properties, node texts.

A reading is one record saying one fact: src, relation, dst, source, bronze_table, record_id, field, begin, end,
extractor, confidence.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, reduce
from typing import TYPE_CHECKING

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from kgspark.columns import hash_id, node_key
from kgspark.graph import ontology
from kgspark.schema import conform, table

if TYPE_CHECKING:
    from pyspark.sql import Column

CATALOGUE, REVIEWS, INTERACTIONS = "bronze.catalog_records", "bronze.review_records", "bronze.interaction_records"
# The extractor of facts that a source states in a field of its own, and its version: up when it reads differently.
DECLARED, VERSION = "declared", "1"
WHOLE_RECORD = "*"
SUM_TYPE = "decimal(28,6)"


class Facts:
    """What one part of the stage contributes, as rows of graph.nodes, graph.edges and graph.evidence.

    Each frame is made when it is asked for: a night in which some products changed wants the edges and evidence of
    those, and the nodes of all. Spark analyses a plan while it is made: seconds here, before any row is read.
    """

    def __init__(
        self,
        *,
        edges: Callable[[], DataFrame],
        evidence: Callable[[], DataFrame],
        nodes: Callable[[], DataFrame] | None = None,
    ) -> None:
        self._edges, self._evidence, self._nodes = edges, evidence, nodes

    @cached_property
    def nodes(self) -> list[DataFrame]:
        """Rows of graph.nodes; no frame where the part has none of its own."""
        return [] if self._nodes is None else [self._nodes()]

    @cached_property
    def edges(self) -> DataFrame:
        """Rows of graph.edges."""
        return self._edges()

    @cached_property
    def evidence(self) -> DataFrame:
        """Rows of graph.evidence."""
        return self._evidence()


def union(frames: list[DataFrame]) -> DataFrame:
    """Rows of all frames, which have the same columns."""
    return reduce(lambda one, other: one.unionByName(other), frames)


def edge_id() -> Column:
    """The id of the edge whose src, relation and dst the row has."""
    return hash_id("edge", "src", "relation", "dst")


def place(*names: str) -> list[Column]:
    """Where a row's value was read, from its ``origins``: field, begin, end.

    The first of the names that ``origins`` has counts; without any, the whole record says it (a constant of the
    source's YAML, such as a fixed seller).
    """
    found = F.coalesce(*[F.try_element_at("origins", F.lit(name)) for name in names])
    return places(found)


def places(origin: Column) -> list[Column]:
    """Field, begin and end out of one entry of ``origins``."""
    field = F.coalesce(origin["field"], F.lit(WHOLE_RECORD))
    return [field.alias("field"), origin["begin"].alias("begin"), origin["end"].alias("end")]


def support() -> Column:
    """How many records say so: a record makes at most one reading of an edge."""
    return F.count("*").alias("support")


def exact_sum(value: Column) -> Column:
    """A sum that does not depend on the order of rows: in decimals, since doubles do not add associatively."""
    return F.sum(value.cast(SUM_TYPE))


def rounded(value: Column, digits: int = 6) -> Column:
    """A double without the last bits, in which machines may differ."""
    return F.round(value.cast("double"), digits)


def decimal_text(value: Column, digits: int = 4) -> Column:
    """A number as text: fixed digits after the point, zeros at the end cut."""
    text = F.round(value, digits).cast(f"decimal(28,{digits})").cast("string")
    return F.regexp_replace(text, r"\.?0+$", "")


def properties(declared: ontology.Kind | ontology.Relation, **values: Column) -> Column:
    """A ``properties`` map of what is known; raises KeyError for a name that the ontology does not declare."""
    undeclared = set(values) - set(declared.properties)
    if undeclared:
        raise KeyError(f"ontology.yaml declares no property {sorted(undeclared)} of {declared.name}")
    if not values:
        return F.create_map().cast("map<string,string>").alias("properties")
    pairs = [part for name, value in values.items() for part in (F.lit(name), value.cast("string"))]
    return F.map_filter(F.create_map(*pairs), lambda _, value: value.isNotNull()).alias("properties")


def text(kind: ontology.Kind, **fields: Column) -> Column:
    """x_v by the kind's template: its parts joined by commas, without those whose field is null."""
    if kind.text is None:
        return F.lit(None).cast("string").alias("text")
    parts = [_part(template, fields) for template in kind.text]
    return F.concat_ws(", ", *parts).alias("text")


def _part(template: str, fields: dict[str, Column]) -> Column:
    pieces = ontology.split_template(template)
    return F.concat(*[fields[piece.name] if piece.is_field else F.lit(piece.name) for piece in pieces])


def nodes(frame: DataFrame) -> DataFrame:
    """Rows of graph.nodes from node_id, kind, label, properties and text."""
    return conform(frame.withColumn("node_key", node_key("node_id")), table("graph.nodes"))


def labelled_nodes(kind: ontology.Kind, things: DataFrame, label: str) -> DataFrame:
    """Rows of graph.nodes for things of which no more is known than what they are called: ``dst``, each once, and the
    column ``label``.
    """
    name = F.col(label)
    return nodes(
        things.select(
            F.col("dst").alias("node_id"),
            F.lit(kind.name).alias("kind"),
            name.alias("label"),
            properties(kind),
            text(kind, label=name),
        )
    )


def edges(frame: DataFrame) -> DataFrame:
    """Rows of graph.edges from src, relation, dst, weight, confidence, support and properties."""
    return conform(frame.withColumn("edge_id", edge_id()), table("graph.edges"))


def evidence(said: DataFrame, *relations: str, once: bool = False) -> DataFrame:
    """Rows of graph.evidence: one a distinct reading, and per edge no more than the relations' evidence cap.

    The relations of one call have one cap: capping costs a sort of their readings. ``once`` promises that a record
    makes one reading of an edge at most (as ``support`` counts on): then no two need to be found that are the same.
    """
    parts = ("edge_id", "source", "bronze_table", "record_id", "field", "begin", "end", "extractor")
    rows = said.withColumns({"edge_id": edge_id(), "extractor_version": F.lit(VERSION)})
    if not once:
        # A record read twice in the same place says it once, with the better confidence.
        rows = rows.groupBy(*parts, "extractor_version").agg(F.max("confidence").alias("confidence"))
    rows = rows.withColumn("evidence_id", hash_id("evidence", *parts))
    declared = ontology.load().relations
    (cap,) = {declared[relation].evidence_cap for relation in relations}
    if cap is not None:
        nth = F.row_number().over(Window.partitionBy("edge_id").orderBy("evidence_id"))
        rows = rows.withColumn("nth", nth).where(F.col("nth") <= cap)
    return conform(rows, table("graph.evidence"))


def most_frequent(frame: DataFrame, key: str, *named: str) -> DataFrame:
    """The most frequent combination of ``named`` columns for each key, the smallest on a tie: key and those columns."""
    counted = frame.groupBy(key, *named).agg(F.count("*").alias("times"))
    best = counted.groupBy(key).agg(F.min_by(F.struct(*named), F.struct(-F.col("times"), *named)).alias("best"))
    return best.select(key, "best.*")
