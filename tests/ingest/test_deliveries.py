"""What lies at the sources' paths, told apart without reading it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from kgspark.errors import InputError
from kgspark.ingest.deliveries import deliveries_hash
from kgspark.ingest.frame import list_files
from kgspark.ingest.sources import Source

NOON = 1_767_268_800


def source(path: Path, kind: str = "csv", on_missing: str = "fail") -> Source:
    emits = {"catalogue": {"key": "id", "columns": {"title": "name"}}}
    known = {"name": "shop", "path": str(path), "format": kind, "on_missing": on_missing, "emits": emits}
    return Source.model_validate(known)


def test_another_delivery_has_another_hash(spark: SparkSession, tmp_path: Path) -> None:
    dump = tmp_path / "a.csv"
    shop = [source(tmp_path / "*.csv")]

    def deliver(text: str, at: int) -> str:
        dump.write_text(text, encoding="utf-8")
        os.utime(dump, (at, at))
        return deliveries_hash(spark, shop)

    first = deliver("id,name\n1,pen\n", NOON)
    assert deliver("id,name\n1,pen\n", NOON) == first
    later, longer = deliver("id,name\n1,pen\n", NOON + 1), deliver("id,name\n1,pens\n", NOON)
    (tmp_path / "b.csv").write_text("id,name\n2,ink\n", encoding="utf-8")
    assert len({first, later, longer, deliveries_hash(spark, shop)}) == 4


def test_dumps_that_were_moved_are_the_same_ones(spark: SparkSession, tmp_path: Path) -> None:
    def delivered(folder: str, names: tuple[str, ...]) -> str:
        for name in names:
            file = tmp_path / folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text("id,name\n1,pen\n", encoding="utf-8")
            os.utime(file, (NOON, NOON))
        return deliveries_hash(spark, [source(tmp_path / folder / "*" / "*.csv")])

    here = delivered("here", ("1/a.csv", "2/a.csv"))
    assert delivered("there", ("1/a.csv", "2/a.csv")) == here
    assert delivered("other", ("1/a.csv", "3/a.csv")) != here


def test_a_source_that_stayed_away_is_a_delivery_too(spark: SparkSession, tmp_path: Path) -> None:
    away = source(tmp_path / "a.csv", on_missing="keep")
    assert deliveries_hash(spark, [away]) == deliveries_hash(spark, [])
    with pytest.raises(InputError, match="no file at"):
        deliveries_hash(spark, [source(tmp_path / "a.csv")])


def test_a_delta_table_is_known_by_the_files_of_its_version(spark: SparkSession, tmp_path: Path) -> None:
    table = source(tmp_path / "offers", "delta")
    spark.sql("select '1' as id, 'pen' as name").write.format("delta").save(table.path)
    first = deliveries_hash(spark, [table])
    assert deliveries_hash(spark, [table]) == first
    spark.sql("select '2' as id, 'ink' as name").write.format("delta").mode("overwrite").save(table.path)
    assert deliveries_hash(spark, [table]) != first


def test_rows_that_a_delta_table_only_marks_as_deleted_are_another_delivery(
    spark: SparkSession, tmp_path: Path
) -> None:
    table = source(tmp_path / "offers", "delta")
    spark.sql("select string(id) as id, 'pen' as name from range(9)").coalesce(1).write.format("delta").option(
        "delta.enableDeletionVectors", "true"
    ).save(table.path)
    first, names = deliveries_hash(spark, [table]), list_files(spark, table)
    spark.sql(f"DELETE FROM delta.`{table.path}` WHERE id = '3'")
    # No file is another one.
    assert list_files(spark, table) == names
    assert deliveries_hash(spark, [table]) != first


def test_a_delta_table_that_stayed_away_and_one_that_is_named_from_here(spark: SparkSession, tmp_path: Path) -> None:
    away = source(tmp_path / "gone", "delta", on_missing="keep")
    assert deliveries_hash(spark, [away]) == deliveries_hash(spark, [])
    spark.sql("select '1' as id, 'pen' as name").write.format("delta").save(str(tmp_path / "offers"))
    whole = source(tmp_path / "offers", "delta")
    # Spark's own folder is that of the process it was started in.
    near = Path(os.path.relpath(tmp_path / "offers"))
    assert deliveries_hash(spark, [source(near, "delta")]) == deliveries_hash(spark, [whole])
    shutil.copytree(tmp_path / "offers", tmp_path / "copied")
    assert deliveries_hash(spark, [source(tmp_path / "copied", "delta")]) == deliveries_hash(spark, [whole])
