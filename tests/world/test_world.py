"""The golden shop: from its dumps to its graph, against what was written by hand (see expected/README.md)."""

from __future__ import annotations

import csv
import datetime
import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import DataFrame, Row, SparkSession

from kgspark.config import Config
from kgspark.ingest.frame import read_sources
from kgspark.ingest.sources import load_sources
from kgspark.night import Night
from kgspark.pipeline import DECISIONS, PREVIOUS, RAW, STAGES
from kgspark.publish.show import words
from kgspark.resolve import decisions
from kgspark.schema import load_tables, table
from tests.conftest import compiled

WORLD = Path(__file__).resolve().parent
KEY = b"the golden shop's own key"
SHOPPERS = ("tea_forum:ann", "tea_forum:bob", "tea_forum:cat", "tea_forum:dan", "till:ann", "till:bob", "till:eve")


def _expected(name: str) -> list[dict[str, str]]:
    with (WORLD / "expected" / f"{name}.tsv").open(encoding="utf-8", newline="") as file:
        return [
            {k: v or "" for k, v in row.items()} for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        ]


@pytest.fixture(scope="module")
def tables(spark: SparkSession) -> dict[str, DataFrame]:
    """Every table up to the graph, stage by stage, in memory; the only shop whose queries are compiled, as at night."""
    with compiled(spark):
        return _tables(spark)


def _tables(spark: SparkSession) -> dict[str, DataFrame]:
    sources = load_sources([str(WORLD / "sources" / "*.yaml")], {"GOLDEN_SHOP": str(WORLD)})
    night = Night(date=datetime.date(2026, 3, 1), run_id="run-1", sources=sources, secret=KEY)
    cfg = Config()
    frames = {name + PREVIOUS: spark.createDataFrame([], table(name).struct) for name in load_tables()}
    frames |= {RAW: read_sources(spark, sources, cfg.ingest), DECISIONS: decisions.read(spark, None)}
    for stage in STAGES:
        inputs, known = [frames[name] for name in stage.reads], {"cfg": getattr(cfg, stage.settings), "night": night}
        fitted = {"fitted": stage.fit(*inputs, **known)} if stage.fit else {}
        built = stage.build(*inputs, **known, **fitted)
        # Without this every stage would run all those before it again.
        frames |= {name: frame.localCheckpoint() for name, frame in built.items()}
        if stage.name == "graph.facts":
            break
    return frames


@pytest.fixture(scope="module")
def names(tables: dict[str, DataFrame]) -> dict[str, str]:
    """What the expected files call each node."""
    members: dict[str, list[str]] = {}
    for row in tables["silver.product_offers"].collect():
        members.setdefault(row["product_id"], []).append(row["record_id"])
    found = {_pseudonym(shopper): shopper for shopper in SHOPPERS}
    found |= {product: "+".join(sorted(keys)) for product, keys in members.items()}
    for node in tables["graph.nodes"].collect():
        if node["kind"] == "attribute_value":
            found[node["node_id"]] = f"{node['properties']['attribute']}={node['label']}"
        else:
            found.setdefault(node["node_id"], node["properties"].get("path", node["label"]))
    return found


def _pseudonym(shopper: str) -> str:
    """RFC 2104 by Python's own hmac, over source and raw id, each behind its length."""
    message = "".join(f"{len(part)}:{part}" for part in shopper.split(":"))
    return f"shopper/{hmac.digest(KEY, message.encode(), hashlib.sha256).hex()[:16]}"


def _text(properties: dict[str, str], *order: str) -> str:
    return " ".join(f"{name}={properties[name]}" for name in order if name in properties)


def test_nodes(tables: dict[str, DataFrame], names: dict[str, str]) -> None:
    order = ("gtin", "mpn", "path", "depth", "attribute", "number", "unit", "stub", "source", "source_key")
    found = {}
    for row in tables["graph.nodes"].collect():
        label = "" if row["kind"] == "shopper" else row["label"]
        found[(row["kind"], names[row["node_id"]])] = (label, row["text"] or "", _text(row["properties"], *order))
    assert found == {(e["kind"], e["name"]): (e["label"], e["text"], e["properties"]) for e in _expected("nodes")}


def _fact(edge: Row, names: dict[str, str]) -> tuple[str, str, str]:
    ends = [names[edge["src"]], names[edge["dst"]]]
    return (edge["relation"], *(sorted(ends) if edge["relation"] == "bought_with" else ends))  # type: ignore[return-value]


def test_edges(tables: dict[str, DataFrame], names: dict[str, str]) -> None:
    order = (
        "price_min", "price_max", "currency", "rating", "ratings", "lift", "llr",
        "positive", "negative", "polarity", "quote_1", "quote_2",
    )  # fmt: skip
    found = {
        _fact(row, names): (row["weight"], row["confidence"], row["support"], _text(row["properties"], *order))
        for row in tables["graph.edges"].collect()
    }
    assert found == {
        (e["relation"], e["subject"], e["object"]): (
            float(e["weight"]), float(e["confidence"]), int(e["support"]), e["properties"],
        )
        for e in _expected("edges")
    }  # fmt: skip
    assert tables["graph.edges"].count() == len(found)


def test_evidence_leads_to_the_words_in_the_dump(tables: dict[str, DataFrame], names: dict[str, str]) -> None:
    payloads: dict[tuple[str, str, str], str] = {}
    for name in (n for n in tables if n.startswith("bronze.") and not n.endswith(PREVIOUS)):
        payloads |= {(name, r["source"], r["record_id"]): r["payload"] for r in tables[name].collect()}
    edges = {row["edge_id"]: _fact(row, names) for row in tables["graph.edges"].collect()}
    found: dict[tuple[Any, ...], str] = {}
    for row in tables["graph.evidence"].collect():
        payload = payloads[(row["bronze_table"], row["source"], row["record_id"])]
        said = words(payload, row["field"], row["begin"], row["end"])
        assert said is not None or row["field"] == "*"
        if row["field"] != "*":
            assert set(row["field"].split("+")) <= set(json.loads(payload))
        found[(*edges[row["edge_id"]], f"{row['source']}:{row['record_id']}", row["field"])] = said or "-"
    assert {fact[:3] for fact in found} == set(edges.values())
    for e in _expected("evidence"):
        assert found[(e["relation"], e["subject"], e["object"], e["record"], e["field"])] == e["words"]


def test_rejects(tables: dict[str, DataFrame]) -> None:
    rejected = [r for name in tables if name.endswith("_rejected") for r in tables[name].collect()]
    assert sorted((r["source"], r["record_id"], r["rule"], r["kept"]) for r in rejected) == [
        ("kettle_shop", "K09", "gtin_spreadsheet", True),
        ("kettle_shop", "K99", "empty_title", False),
    ]
