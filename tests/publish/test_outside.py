"""A release read without Spark, by its manifest: deltalake and DuckDB see what our readers see."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pytest
from pyspark.sql import SparkSession

from kgspark.lake.changes import changes
from kgspark.lake.tables import Lake
from kgspark.releases import register
from kgspark.schema import table
from tests.builders import rows
from tests.nights.lake import released

NODES = "graph.nodes"


def node(name: str, label: str) -> dict[str, str]:
    return {"node_id": f"brand/{name:0>16}", "kind": "brand", "label": label}


@pytest.fixture(scope="module")
def lake(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """Monday's release of four nodes; Tuesday's, whose old rows are only marked as deleted; and more to come."""
    lake = Lake(spark, str(tmp_path_factory.mktemp("lake")))
    monday = [node(str(n), "old") for n in range(4)]
    first = released(lake, "monday", {NODES: monday})
    tuesday = [*monday[:2], node("2", "new")]
    base = first.tables[NODES]
    found = changes(table(NODES), lake.read(NODES, base), rows(spark, NODES, tuesday)).persist()
    written = lake.merge(NODES, found, base, 4, "test")
    assert (written.rows, written.inserted, written.deleted) == (3, 1, 2)
    row = vars(first) | {"release_id": "tuesday", "tables": {NODES: written.version}}
    register.publish(lake, {k: row[k] for k in row if k not in ("sequence", "created_at")}, register.all_releases(lake))
    lake.overwrite(NODES, rows(spark, NODES, [node("9", "not released")]), note="test")
    return lake


def pinned(lake: Lake, name: str) -> tuple[str, int]:
    """Where the manifest says that the nodes of a release are."""
    content = json.loads(Path(lake.root, "_manifests", name).read_text(encoding="utf-8"))
    (entry,) = [entry for entry in content["tables"] if entry["table"] == NODES]
    return entry["path"], entry["version"]


OLD, NEW = ["old"] * 4, ["new", "old", "old"]


@pytest.mark.parametrize(("manifest", "labels"), [("monday.json", OLD), ("tuesday.json", NEW), ("latest.json", NEW)])
def test_deltalake_reads_a_release(lake: Lake, manifest: str, labels: list[str]) -> None:
    deltalake = pytest.importorskip("deltalake")
    path, version = pinned(lake, manifest)
    # Its to_pyarrow_table refuses rows marked as deleted; its query engine knows them.
    reader = deltalake.QueryBuilder().register("nodes", deltalake.DeltaTable(path, version=version))
    answer = pa.table(reader.execute("select label from nodes order by label").read_all())
    assert answer.column("label").to_pylist() == labels


@pytest.mark.parametrize(("manifest", "labels"), [("monday.json", OLD), ("latest.json", NEW)])
def test_duckdb_reads_a_release(lake: Lake, manifest: str, labels: list[str]) -> None:
    duckdb, duckdb_ext = pytest.importorskip("duckdb"), pytest.importorskip("duckdb_ext")
    path, version = pinned(lake, manifest)
    with duckdb_ext.init(duckdb.connect()) as connection:
        connection.execute("load delta")
        connection.execute(f"attach '{path}' as nodes (type delta, version {version})")
        answer = connection.execute("select label from nodes order by label").fetchall()
    assert [row[0] for row in answer] == labels


def test_a_retired_release_has_no_manifest(lake: Lake) -> None:
    assert Path(lake.root, "_manifests/monday.json").is_file()
    register.retire(lake, ["monday"], "vacuum")
    assert not Path(lake.root, "_manifests/monday.json").exists()
