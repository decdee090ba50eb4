"""h_v and h_e: every node with a text, and every edge of a marked relation, as a unit vector.

texts -> distinct text hashes -> minus those kept from last night -> embedded -> back to their nodes and edges
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, replace

from pyspark import StorageLevel
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from kgspark.columns import natural_key, rejected
from kgspark.embed import models, udf
from kgspark.embed.settings import EmbedSettings
from kgspark.frames.lineage import persisted
from kgspark.frames.tally import Tally
from kgspark.graph.ontology import embedded_relations
from kgspark.night import Night
from kgspark.schema import REJECTED_SUFFIX

HASH_HEX_DIGITS = 32


def build(
    nodes: DataFrame,
    edges: DataFrame,
    previous_node_vectors: DataFrame,
    previous_edge_vectors: DataFrame,
    *,
    cfg: EmbedSettings,
    night: Night,
    keys: DataFrame | None = None,
) -> dict[str, DataFrame]:
    """Give each node and each marked edge the vector of its text; a text that was embedded last night keeps its vector.

    h_v = f(x_v) with x_v the node's ``text``; h_e = f(x_u, x_v) with both ends' texts as one pair, subject first
    (f: Reimers and Gurevych, Sentence-BERT, 2019). A null text means that the node's kind has none: no vector and no
    reject.

    Returns graph.node_vectors and graph.edge_vectors (schemas/3_graph/) and their rejects: ``empty_text`` (nothing
    visible to embed, or an end without text) and ``not_embedded`` (the model failed on it). The new vectors are
    persisted, because accepted and rejected rows are written one after the other; until the stage is written.
    With ``keys`` (``record_id``, of nodes or edges) it gives the rows of those alone. Raises InputError where the model
    is not to be found.
    """
    node_job, edge_job = _jobs(cfg, night)
    node_texts, edge_texts = _texts(nodes, edges, keys)
    node_vectors, node_rejects = node_job.run(node_texts, previous_node_vectors)
    edge_vectors, edge_rejects = edge_job.run(edge_texts, previous_edge_vectors)
    return {
        "graph.node_vectors": node_vectors,
        "graph.node_vectors_rejected": node_rejects,
        "graph.edge_vectors": edge_vectors,
        "graph.edge_vectors_rejected": edge_rejects,
    }


def new_texts(
    nodes: DataFrame,
    edges: DataFrame,
    previous_node_vectors: DataFrame,
    previous_edge_vectors: DataFrame,
    *,
    cfg: EmbedSettings,
    night: Night,
    keys: DataFrame | None = None,
) -> DataFrame:
    """The texts that ``build`` would embed, of the same inputs: ``text_hash``, once for nodes and once for edges."""
    node_job, edge_job = _jobs(cfg, night)
    node_texts, edge_texts = _texts(nodes, edges, keys)
    of_nodes = node_job.new(node_texts, previous_node_vectors)
    return of_nodes.unionByName(edge_job.new(edge_texts, previous_edge_vectors))


def touched(
    nodes: DataFrame,
    edges: DataFrame,
    previous_node_vectors: DataFrame,
    previous_edge_vectors: DataFrame,
    *,
    cfg: EmbedSettings,
    night: Night,
) -> DataFrame:
    """``record_id`` of the nodes and edges whose last row of vectors, or of rejects, is not what ``build`` would give.

    No vector is read: a row is right where its text has the hash that it had, under a model that is still good.
    """
    node_job, edge_job = _jobs(cfg, night)
    of_nodes = node_job.touched(_node_texts(nodes), previous_node_vectors)
    return of_nodes.unionByName(edge_job.touched(_edge_texts(nodes, edges), previous_edge_vectors))


def part(before: Mapping[str, DataFrame], keys: DataFrame) -> dict[str, DataFrame]:
    """The rows of the released tables of those nodes and edges, and all rejects: every one of tonight's is touched."""

    def of(name: str, rows: DataFrame) -> DataFrame:
        if name.endswith(REJECTED_SUFFIX):
            return rows
        (key,) = {"node_id", "edge_id"} & set(rows.columns)
        return rows.join(keys.withColumnRenamed("record_id", key), on=key, how="left_semi")

    return {name: of(name, rows) for name, rows in before.items()}


def _jobs(cfg: EmbedSettings, night: Night) -> tuple[_Job, _Job]:
    model = models.locate(cfg)
    of_nodes = _Job("graph.nodes", "graph.node_vectors", "node_id", model, cfg, night.date, night.tally)
    return of_nodes, replace(of_nodes, source="graph.edges", writes="graph.edge_vectors", key="edge_id")


@dataclass(frozen=True)
class _Job:
    """What one table of vectors is made with: where its texts are, its name and key, the model."""

    source: str
    writes: str
    key: str
    model: models.Model
    cfg: EmbedSettings
    night: datetime.date
    tally: Tally

    def run(self, records: DataFrame, previous: DataFrame) -> tuple[DataFrame, DataFrame]:
        """Vectors and rejects of ``record_id, text, other, visible, text_hash``."""
        wanted = records.where("visible")
        kept = self._kept(wanted, previous)
        fresh = self._embed(wanted, kept)
        self.tally.add_up(self.writes, fresh, "tokens")
        by_hash = kept.unionByName(fresh.where(F.col("failure").isNull()).drop("failure", "tokens"))
        # Spark takes a vector for a few bytes, and so what the model gives for small enough to broadcast: the driver
        # would hold all vectors.
        vectors = wanted.join(by_hash.hint("merge"), on="text_hash", how="inner").select(
            F.col("record_id").alias(self.key), "text_hash", "model", "vector"
        )
        failures = fresh.where(F.col("failure").isNotNull()).select("text_hash", "failure")
        failed = wanted.join(failures, on="text_hash", how="inner")
        rejects = self._rejected(failed, "not_embedded", F.col("failure")).unionByName(
            self._rejected(records.where(~F.col("visible")), "empty_text", F.lit("no visible character to embed"))
        )
        return vectors, rejects

    def new(self, records: DataFrame, previous: DataFrame) -> DataFrame:
        """``text_hash`` of the distinct texts without a kept vector."""
        wanted = records.where("visible").select("text_hash").distinct()
        usable = previous.where(self._is_usable()).select("text_hash")
        return wanted.join(usable, on="text_hash", how="left_anti")

    def touched(self, records: DataFrame, previous: DataFrame) -> DataFrame:
        """``record_id`` of those that are new, gone, of another text, or without a usable vector."""
        now = records.select("record_id", F.when(F.col("visible"), F.col("text_hash")).alias("text_hash"))
        hashed = F.when(self._is_usable(), F.col("text_hash")).alias("text_hash")
        was = previous.select(F.col(self.key).alias("record_id"), hashed)
        both = (
            now.unionByName(was)
            .groupBy("record_id")
            .agg(F.count("text_hash").alias("times"), F.count_distinct("text_hash").alias("texts"))
        )
        return both.where("times != 2 OR texts != 1").select("record_id")

    def _is_usable(self) -> Column:
        return F.col("model").isin(*self.model.labels(self.cfg.precision))

    def _kept(self, wanted: DataFrame, previous: DataFrame) -> DataFrame:
        """``text_hash, model, vector`` of last night, one a text that is wanted. Costs one shuffle of those vectors."""
        usable = previous.where(self._is_usable()).join(wanted.select("text_hash"), on="text_hash", how="left_semi")
        # Vectors of one text are equal, unless precisions were mixed: then the smallest label and key decide.
        smallest = F.min(F.struct("model", self.key, "vector")).alias("kept")
        return usable.groupBy("text_hash").agg(smallest).select("text_hash", "kept.model", "kept.vector")

    def _embed(self, wanted: DataFrame, kept: DataFrame) -> DataFrame:
        """``udf.OUTPUT`` for each distinct text without a kept vector."""
        # All rows of a group hold the same text, so the minimum is that text.
        distinct = wanted.groupBy("text_hash").agg(F.min(F.struct("text", "other")).alias("x"))
        fresh = distinct.select("text_hash", "x.text", "x.other").join(
            kept.select("text_hash"), on="text_hash", how="left_anti"
        )
        # bf16 vectors depend on which texts share a batch. A fixed number of partitions by hash, each in a total order,
        # makes up the same batches whatever partitions the input came in; by length, so that little is padding.
        length = F.length("text") + F.coalesce(F.length("other"), F.lit(0))
        batched = fresh.repartition(self.cfg.partitions, "text_hash").sortWithinPartitions(length, "text_hash")
        embed = udf.Embed(models.pinned(self.cfg, self.model))
        return persisted(batched.mapInArrow(embed, udf.OUTPUT), StorageLevel.MEMORY_AND_DISK)

    def _rejected(self, failed: DataFrame, rule: str, reason: Column) -> DataFrame:
        named = failed.withColumn("source", F.lit(self.source))
        return rejected(named, rule=rule, field="text", reason=reason, night=self.night)


def _texts(nodes: DataFrame, edges: DataFrame, keys: DataFrame | None) -> tuple[DataFrame, DataFrame]:
    """Texts of nodes and of edges: of all, or of those with these ``record_id``."""
    of_nodes, of_edges = _node_texts(nodes), _edge_texts(nodes, edges)
    if keys is None:
        return of_nodes, of_edges
    return _of(of_nodes, keys), _of(of_edges, keys)


def _of(texts: DataFrame, keys: DataFrame) -> DataFrame:
    return texts.join(keys, on="record_id", how="left_semi")


def _node_texts(nodes: DataFrame) -> DataFrame:
    """The texts of the nodes that have one."""
    return nodes.where(F.col("text").isNotNull()).select(
        F.col("node_id").alias("record_id"),
        "text",
        F.lit(None).cast("string").alias("other"),
        _visible("text").alias("visible"),
        _text_hash(F.col("text")).alias("text_hash"),
    )


def _edge_texts(nodes: DataFrame, edges: DataFrame) -> DataFrame:
    """Both ends' texts of the edges whose relation the ontology marks."""
    marked = edges.where(F.col("relation").isin(*embedded_relations())).select("edge_id", "src", "dst")
    subjects = nodes.select(F.col("node_id").alias("src"), "text")
    objects = nodes.select(F.col("node_id").alias("dst"), F.col("text").alias("other"))
    paired = marked.join(subjects, on="src", how="left").join(objects, on="dst", how="left")
    return paired.select(
        F.col("edge_id").alias("record_id"),
        "text",
        "other",
        (_visible("text") & _visible("other")).alias("visible"),
        _text_hash(natural_key("text", "other")).alias("text_hash"),
    )


def _visible(column: str) -> Column:
    """Whether the text has a character other than white space; (?U): of any script."""
    return F.coalesce(F.col(column).rlike(r"(?U)\S"), F.lit(False))


def _text_hash(text: Column) -> Column:
    return F.substring(F.sha2(text, 256), 1, HASH_HEX_DIGITS)
