"""Releases: what readers see, and going back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

import kgspark
from kgspark.errors import InputError
from kgspark.lake.tables import Lake
from kgspark.publish.readers import sql
from kgspark.releases import register
from tests.builders import rows
from tests.nights.lake import publish

NODES = "graph.nodes"


@pytest.fixture(scope="module")
def lake(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """Two releases of one table: a brand 'old', then 'new', then a third version that no release names."""
    lake = Lake(spark, str(tmp_path_factory.mktemp("lake")))
    for number, label in enumerate(["old", "new", "unreleased"]):
        node = {"node_id": "brand/0000000000000001", "kind": "brand", "label": label}
        written = lake.overwrite(NODES, rows(spark, NODES, [node]), note="test")
        if label != "unreleased":
            publish(lake, f"r{number}", {NODES: written.version})
    return lake


def _labels(kg: register.KnowledgeGraph) -> list[str]:
    return [row["label"] for row in kg.table(NODES).collect()]


def test_readers_see_the_latest_release_and_not_the_tables_head(lake: Lake) -> None:
    kg = kgspark.open(lake.root, spark=lake.spark)
    assert kg.release.release_id == "r1"
    assert _labels(kg) == ["new"]
    assert _labels(kgspark.open(lake.root, release="r0", spark=lake.spark)) == ["old"]


def test_sql_names_tables_as_the_release_does(lake: Lake) -> None:
    kg = kgspark.open(lake.root, spark=lake.spark)
    query = "select n.label, 'graph.nodes' as text from graph.nodes n join GRAPH.NODES m on n.node_id = m.node_id"
    assert [tuple(row) for row in sql(kg, query).collect()] == [("new", "graph.nodes")]
    with pytest.raises(InputError, match=r"cannot be run: .*labl"):
        sql(kg, "select labl from graph.nodes")
    with pytest.raises(InputError, match=r"`graph`.`node` .* Tables: graph.nodes, .*ops.erasures, "):
        sql(kg, "select * from graph.node")


def test_sql_reads_the_books_of_the_lake(lake: Lake) -> None:
    kg = kgspark.open(lake.root, spark=lake.spark)
    assert [row[0] for row in sql(kg, "select release_id from ops.releases order by sequence").collect()][:2] == [
        "r0",
        "r1",
    ]
    # Nobody was ever erased from this lake: a book without a row, no error.
    assert sql(kg, "select erasure_id from ops.erasures").collect() == []


def test_rollback_makes_an_earlier_release_the_latest(lake: Lake) -> None:
    again = register.rollback(lake, "r0")
    assert (again.sequence, again.action, again.release_id) == (3, "rollback", "r0")
    assert _labels(kgspark.open(lake.root, spark=lake.spark)) == ["old"]
    register.rollback(lake, "r1")
    assert _labels(kgspark.open(lake.root, spark=lake.spark)) == ["new"]


def test_other_engines_are_told_again_where_the_release_was_made_and_its_maker_died(lake: Lake) -> None:
    told = Path(lake.root, "_manifests/latest.json")
    now = register.latest(lake)
    assert now is not None
    register.show_again(lake, now)
    before = told.stat()
    for content in (told.read_text().replace(now.release_id, "r0"), '{"release_id": "r'):
        told.write_text(content)
        register.show_again(lake, now)
        assert json.loads(told.read_text())["release_id"] == now.release_id
    again = told.stat()
    register.show_again(lake, now)
    # Nothing to tell: nothing is written.
    assert told.stat().st_mtime_ns == again.st_mtime_ns > before.st_mtime_ns
    assert not list(told.parent.glob("*.half"))


def test_what_is_not_there_is_named(lake: Lake, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="has no release r9; it has r0, r1"):
        register.rollback(lake, "r9")
    with pytest.raises(InputError, match=r"holds no table graph\.edges; it holds graph\.nodes"):
        kgspark.open(lake.root, spark=lake.spark).table("graph.edges")
    with pytest.raises(InputError, match="holds no release; run 'kgspark nightly'"):
        kgspark.open(str(tmp_path), spark=lake.spark)
