"""Lake: versions, restore, statistics kept off personal data."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from kgspark.errors import EngineError, InputError
from kgspark.lake.tables import Lake
from tests.builders import rows

NOW = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
RUN = {
    "run_id": "run-1",
    "night": NOW.date(),
    "status": "running",
    "started_at": NOW,
    "config_hash": "c",
    "code_version": "0",
}

NODES = "graph.nodes"


@pytest.fixture(scope="module")
def lake(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Lake:
    return Lake(spark, str(tmp_path_factory.mktemp("lake")))


def _node(name: str) -> dict[str, object]:
    return {"node_id": f"brand/{name:0>16}", "node_key": hash(name) % 1000, "kind": "brand", "label": name}


def test_a_table_that_nobody_wrote_is_empty_and_has_no_version(lake: Lake) -> None:
    assert lake.version("graph.edges") is None
    assert lake.read("graph.edges").collect() == []


def test_write_read_at_version_and_restore(lake: Lake, spark: SparkSession) -> None:
    first = lake.overwrite(NODES, rows(spark, NODES, [_node("1")]), note="run-1 graph.facts")
    second = lake.overwrite(NODES, rows(spark, NODES, [_node("2"), _node("3")]), note="run-2 graph.facts")
    assert (first.rows, second.rows) == (1, 2)
    assert first.bytes > 0
    assert [r["label"] for r in lake.read(NODES, first.version).collect()] == ["1"]
    assert sorted(r["label"] for r in lake.read(NODES).collect()) == ["2", "3"]
    lake.restore(NODES, first.version)
    assert [r["label"] for r in lake.read(NODES).collect()] == ["1"]
    lake.restore(NODES, None)
    assert lake.read(NODES).collect() == []


def test_a_commit_that_an_engine_made_behind_ours_is_not_taken_for_it(
    lake: Lake, spark: SparkSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    save, statement = Lake._save, spark.sql

    def compacting(self: Lake, name: str, *arguments: object, **options: object) -> None:
        save(self, name, *arguments, **options)  # type: ignore[arg-type]
        statement(f"ALTER TABLE {self.identifier(name)} SET TBLPROPERTIES ('made.behind' = '{arguments[-1]}')")

    monkeypatch.setattr(Lake, "_save", compacting)
    written = lake.overwrite(NODES, rows(spark, NODES, [_node("1"), _node("2")]), note="run-3 graph.facts")
    assert lake.version(NODES) == written.version + 1
    assert written.rows == 2
    monkeypatch.undo()
    # An earlier commit of the same stage is not this one; nothing over nothing may be a commit or none.
    for labels in ("12", "", ""):
        nodes = rows(spark, NODES, [_node(label) for label in labels])
        written = lake.overwrite(NODES, nodes, note="run-3 graph.facts")
        assert (written.version, written.rows) == (lake.version(NODES), len(labels))


def test_upsert_replaces_the_row_of_a_key(lake: Lake) -> None:
    lake.upsert("ops.runs", RUN)
    lake.upsert("ops.runs", RUN | {"status": "released"})
    lake.upsert("ops.runs", RUN | {"run_id": "run-2"})
    found = {r["run_id"]: r["status"] for r in lake.read("ops.runs").collect()}
    assert found == {"run-1": "released", "run-2": "running"}


def test_personal_data_has_no_statistics_in_the_log(lake: Lake, spark: SparkSession) -> None:
    review = {"review_id": "review/1", "source": "site", "record_id": "rawkey", "text": "secret words"}
    lake.overwrite("silver.reviews", rows(spark, "silver.reviews", [review]), note="test")
    log = "".join(path.read_text() for path in Path(lake.root, "silver/reviews/_delta_log").glob("*.json"))
    assert "secret words" not in log
    assert "rawkey" not in log
    assert "review/1" in log  # the key is no personal data, so it does have statistics


def test_a_lake_that_cannot_be_written_says_so(spark: SparkSession, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    with pytest.raises(InputError, match="cannot be written"):
        Lake(spark, str(blocked / "lake")).upsert("ops.runs", RUN)


def test_a_java_process_that_is_gone_is_no_wrong_path(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = Lake(spark, str(tmp_path / "lake"))

    def gone(*arguments: object) -> None:
        raise ConnectionRefusedError(111, "Connection refused")

    monkeypatch.setattr("kgspark.lake.tables.create_table", gone)
    with pytest.raises(EngineError, match="Java process ended"):
        lake.upsert("ops.runs", RUN)
