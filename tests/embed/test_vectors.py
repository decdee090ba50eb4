"""The stage: which nodes and edges get a vector, what is kept from last night, and why a text was set aside."""

from __future__ import annotations

import contextlib
import hashlib
import io
import itertools
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from pyspark.sql import DataFrame, Row, SparkSession

from kgspark.embed import models, vectors
from kgspark.embed.encoder import Encoder
from kgspark.embed.settings import EmbedSettings
from tests.builders import rows
from tests.embed.conftest import WORDS
from tests.embed.made_vectors import EDGES, NIGHT, NODES, TABLES, build

ONLY_NODES = ("graph.node_vectors",)
pytestmark = pytest.mark.usefixtures("marked", "uncached")


def text_hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def encoded(cfg: EmbedSettings, texts: list[str], others: list[str] | None = None) -> np.ndarray:
    layout = models.locate(cfg).layout
    encoder = Encoder(layout, device="cpu", precision="fp32", threads=1, batch_tokens=cfg.cpu_batch_tokens)
    return encoder.encode(texts, others).vectors


def test_every_text_and_every_marked_edge_gets_a_vector_or_a_reason(spark: SparkSession, cfg: EmbedSettings) -> None:
    got = build(spark, cfg)
    label = models.locate(cfg).label("fp32")
    nodes = got["graph.node_vectors"]
    assert [(n.node_id, n.text_hash, n.model) for n in nodes] == [
        ("product/1", text_hash("apple iphone 64gb"), label),
        ("product/2", text_hash("dog food chicken 12kg"), label),
        ("product/3", text_hash("apple iphone 64gb"), label),
    ]
    assert nodes[0].vector == nodes[2].vector
    texts = ["apple iphone 64gb", "dog food chicken 12kg"]
    np.testing.assert_allclose([nodes[0].vector, nodes[1].vector], encoded(cfg, texts), atol=1e-5)
    # 3 and 4 words, and the marks of begin and end; a text of two nodes is read once.
    assert NIGHT.tally.sum("graph.node_vectors") == 7 + 4
    night = NIGHT.date
    nothing = "no visible character to embed"
    assert got["graph.node_vectors_rejected"] == [
        Row("graph.nodes", "product/4", "text", "empty_text", nothing, False, night)
    ]
    edges = {e.edge_id: e for e in got["graph.edge_vectors"]}
    assert list(edges) == ["edge/12", "edge/21", "edge/32"]
    assert edges["edge/12"].text_hash == text_hash("17:apple iphone 64gb21:dog food chicken 12kg")
    assert edges["edge/12"].vector == edges["edge/32"].vector
    pairs = encoded(cfg, texts, texts[::-1])
    np.testing.assert_allclose([edges["edge/12"].vector, edges["edge/21"].vector], pairs, atol=1e-5)
    assert edges["edge/12"].vector != edges["edge/21"].vector
    assert got["graph.edge_vectors_rejected"] == [
        Row("graph.edges", "edge/14", "text", "empty_text", nothing, False, night)
    ]


def test_last_nights_vectors_are_kept_and_only_new_texts_embedded(spark: SparkSession, cfg: EmbedSettings) -> None:
    label = models.locate(cfg).label("fp32")
    apple, pair = text_hash("apple iphone 64gb"), text_hash("17:apple iphone 64gb21:dog food chicken 12kg")
    # No model would give these. Other nodes had the text last night, and they disagree: the smaller key counts.
    kept = [
        {"node_id": "product/9", "text_hash": apple, "model": label, "vector": [8.0]},
        {"node_id": "product/8", "text_hash": apple, "model": label, "vector": [9.0]},
        {"node_id": "product/2", "text_hash": text_hash("an older text"), "model": label, "vector": [7.0]},
        {"node_id": "product/7", "text_hash": text_hash("dog food chicken 12kg"), "model": "x@y/fp32", "vector": [6.0]},
    ]
    kept_edges = [{"edge_id": "edge/99", "text_hash": pair, "model": label, "vector": [5.0]}]
    got = build(spark, cfg, previous_nodes=kept, previous_edges=kept_edges, wanted=(TABLES[0], TABLES[2]))
    by_node = {n.node_id: n.vector for n in got["graph.node_vectors"]}
    assert by_node["product/1"] == by_node["product/3"] == [9.0]
    assert len(by_node["product/2"]) == 16
    by_edge = {e.edge_id: e.vector for e in got["graph.edge_vectors"]}
    assert by_edge["edge/12"] == by_edge["edge/32"] == [5.0]
    assert len(by_edge["edge/21"]) == 16
    # What a night's budget is held against: the dog food, and the pair the other way round.
    inputs = [rows(spark, name, made) for name, made in (("graph.nodes", NODES), ("graph.edges", EDGES))]
    known = [rows(spark, TABLES[0], kept), rows(spark, TABLES[2], kept_edges)]
    new = vectors.new_texts(*inputs, *known, cfg=cfg, night=NIGHT).collect()
    back = text_hash("21:dog food chicken 12kg17:apple iphone 64gb")
    assert sorted(row.text_hash for row in new) == sorted([text_hash("dog food chicken 12kg"), back])


def test_auto_precision_keeps_vectors_of_either_precision(spark: SparkSession, cfg: EmbedSettings) -> None:
    model = models.locate(cfg)
    previous = [
        {
            "node_id": f"product/{number}",
            "text_hash": text_hash(text),
            "model": model.label(precision),
            "vector": [float(number)],
        }
        for number, text, precision in [(1, "apple iphone 64gb", "bf16"), (2, "dog food chicken 12kg", "fp32")]
    ]
    auto = build(spark, cfg.model_copy(update={"precision": "auto"}), previous_nodes=previous, wanted=ONLY_NODES)
    assert [n.vector for n in auto["graph.node_vectors"]] == [[1.0], [2.0], [1.0]]
    exact = build(spark, cfg, previous_nodes=previous, wanted=ONLY_NODES)
    assert [len(n.vector) for n in exact["graph.node_vectors"]] == [16, 1, 16]


def test_bf16_vectors_do_not_depend_on_row_order_or_partitions(spark: SparkSession, cfg: EmbedSettings) -> None:
    values = [
        {"node_id": f"product/{n:02}", "text": " ".join(WORDS[n % 9 : n % 9 + 1 + n % 7]) + f" {n % 30}"}
        for n in range(60)
    ]
    bf16 = cfg.model_copy(update={"precision": "bf16", "cpu_batch_tokens": 40})
    once = build(spark, bf16, nodes=rows(spark, "graph.nodes", values), wanted=ONLY_NODES)
    shuffled = rows(spark, "graph.nodes", values[::-1]).repartition(5, "node_key", "node_id")
    again = build(spark, bf16, nodes=shuffled, wanted=ONLY_NODES)
    assert len(once["graph.node_vectors"]) == 60
    assert once == again


def test_a_text_that_the_model_fails_on_is_a_row_with_a_reason(
    spark: SparkSession, cfg: EmbedSettings, tmp_path: Path
) -> None:
    # A tokenizer that knows one word more than the model: every text with it fails, whatever the batch.
    folder = tmp_path / "one-word-more"
    shutil.copytree(cfg.model, folder)
    file = folder / "tokenizer.json"
    tokenizer = json.loads(file.read_text(encoding="utf-8"))
    tokenizer["model"]["vocab"]["chicken"] = 5000
    file.write_text(json.dumps(tokenizer), encoding="utf-8")
    got = build(spark, cfg.model_copy(update={"model": str(folder)}))
    assert [n.node_id for n in got["graph.node_vectors"]] == ["product/1", "product/3"]
    reason = "the text cannot be embedded: ValueError"
    rejects = [(r.source, r.record_id, r.rule, r.reason) for r in got["graph.node_vectors_rejected"]]
    assert rejects == [
        ("graph.nodes", "product/2", "not_embedded", reason),
        ("graph.nodes", "product/4", "empty_text", "no visible character to embed"),
    ]
    assert [r.record_id for r in got["graph.edge_vectors_rejected"] if r.rule == "not_embedded"] == [
        "edge/12",
        "edge/21",
        "edge/32",
    ]


def test_texts_are_embedded_once_and_the_vectors_never_broadcast(
    spark: SparkSession, cfg: EmbedSettings, tmp_path: Path
) -> None:
    # Read from files, as their sizes are what tempts Spark to broadcast.
    content = {"graph.nodes": NODES, "graph.edges": EDGES, "graph.node_vectors": [], "graph.edge_vectors": []}
    for name, listed in content.items():
        rows(spark, name, listed).write.parquet(str(tmp_path / name))
    frames = vectors.build(*[spark.read.parquet(str(tmp_path / name)) for name in content], cfg=cfg, night=NIGHT)
    for name in TABLES:
        lines = _plan(frames[name]).splitlines()
        assert any("InMemoryTableScan" in line for line in lines)
        for place, line in enumerate(lines):
            if "Broadcast" in line and "Join" in line and not name.endswith("_rejected"):
                within = itertools.takewhile(lambda other: _depth(other) > _depth(line), lines[place + 1 :])  # noqa: B023
                assert not any("MapInArrow" in other for other in within)


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip(" :+-"))


def _plan(frame: DataFrame) -> str:
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        frame.explain()
    return output.getvalue()
