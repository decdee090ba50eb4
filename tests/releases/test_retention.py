"""What stays and what goes: a vacuum keeps the last releases readable, a tag keeps one for good, readers are told."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyspark.sql import SparkSession

import kgspark
from kgspark.errors import InputError
from kgspark.lake import disposal
from kgspark.lake.tables import Lake
from kgspark.publish.readers import open_release, sql
from kgspark.releases import retention
from kgspark.releases.register import all_releases, rollback
from tests.nights.lake import released

NODES = "graph.nodes"


def node(label: str) -> dict[str, str]:
    return {"node_id": "brand/0000000000000001", "kind": "brand", "label": label}


def labels(lake: Lake, release: str) -> list[str]:
    return [row["label"] for row in open_release(lake, release=release).table(NODES).collect()]


def test_vacuum_keeps_the_last_releases_and_a_tag_keeps_one_for_good(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = Lake(spark, str(tmp_path / "lake"))
    for label in ("one", "two", "three"):
        released(lake, label, {NODES: [node(label)]})
    copy = retention.tag(lake, "one", "first-ever")
    # A copy keeps no books: they are read where the nights write them.
    books = sql(open_release(lake, release="first-ever"), "select release_id from ops.releases order by sequence")
    assert [row[0] for row in books.collect()] == [release.release_id for release in all_releases(lake)]
    with pytest.raises(InputError, match="The tag first-ever is taken: it keeps one"):
        retention.tag(lake, "two", "first-ever")
    with pytest.raises(InputError, match="is no name for a tag"):
        retention.tag(lake, "two", "../elsewhere")
    asked = []
    monkeypatch.setattr(disposal, "vacuum", lambda _, hours, __: asked.append(hours))
    done = retention.vacuum(lake, keep=2)
    assert (done.kept, done.retired) == (["three", "two"], ["one"])
    # Made a moment ago; VACUUM counts whole hours, and from when it runs.
    assert asked == [{NODES: 2, "ops.releases": 24, "ops.retired_releases": 24}]
    assert done.hours == {NODES: 2}
    assert labels(lake, "two") == ["two"]
    for opened in (lambda: labels(lake, "one"), lambda: rollback(lake, "one")):
        with pytest.raises(InputError, match=r"one can no longer be opened: it was older than .* was vacuumed on 20"):
            opened()
    assert labels(lake, "first-ever") == ["one"]
    assert kgspark.open(copy.root, spark=spark).release.release_id == "one"
    with pytest.raises(InputError, match="has no release nowhere; it has one, two, three"):
        labels(lake, "nowhere")


@pytest.mark.slow
def test_files_that_no_kept_release_needs_are_deleted_and_no_others(spark: SparkSession, tmp_path: Path) -> None:
    lake = Lake(spark, str(tmp_path / "lake"))
    for label in ("one", "two", "three"):
        released(lake, label, {NODES: [node(label)]})
    # Where an older version is kept hours are rounded up, so that what was replaced within this hour stays.
    retention.vacuum(lake, keep=2)
    assert len(list(Path(lake.root, "graph/nodes").glob("*.parquet"))) == 3
    assert retention.vacuum(lake, keep=1).hours == {NODES: 0}
    assert len(list(Path(lake.root, "graph/nodes").glob("*.parquet"))) == 1
    assert labels(lake, "three") == ["three"]
