"""What would stop a night is found before it writes, and told with its remedy."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from kgspark.errors import InputError
from kgspark.ingest.frame import read_sources
from kgspark.ingest.preflight import check_sources
from kgspark.ingest.settings import IngestSettings
from kgspark.ingest.sources import Source


def source(path: Path, kind: str = "csv", columns: dict[str, Any] | None = None, **settings: Any) -> Source:
    emits = {"catalogue": {"key": "id", "columns": columns or {"title": "name"}}}
    return Source.model_validate({"name": "shop", "path": str(path), "format": kind, "emits": emits} | settings)


def test_sound_sources_pass_together(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("name,id\npen,1\n", encoding="utf-8")
    (tmp_path / "b.jsonl.gz").write_bytes(gzip.compress(b'{"id": 1, "name": "pen"}\n'))
    packed = source(tmp_path / "b.jsonl.gz", "jsonl", {"title": "name", "brand": "absent"}, name="packed")
    away = source(tmp_path / "later.csv", on_missing="keep", name="away")
    check_sources(spark, [source(tmp_path / "a.csv"), packed, away], IngestSettings())
    assert read_sources(spark, [away]).count() == 0


@pytest.mark.parametrize(
    ("content", "name", "kind", "columns", "told"),
    [
        (None, "a.csv", "csv", {}, "no file at"),
        (
            b"id,Name\n1,pen\n",
            "a.csv",
            "csv",
            {"title": "name"},
            "catalogue.columns.title reads the field 'name', which",
        ),
        (b"id,Name\n1,pen\n", "a.csv", "csv", {"title": "name"}, "did you mean 'Name'?"),
        (b"", "a.csv", "csv", {"title": "name"}, "not even a header"),
        (
            gzip.compress(b"id,name\n" + b"1,pen\n" * 9999)[:-20],
            "a.csv.gz",
            "csv",
            {"title": "name"},
            "not a whole gzip",
        ),
        (b"id,name\n1,pen\n", "a.csv.gz", "csv", {"title": "name"}, "not a whole gzip"),
        (b'{"id": 1, "nam": "x"}', "a.json", "json", {"title": "name"}, "did you mean 'nam'?"),
        (b"id,name\n", "a.csv", "csv", {"title": {"sql": "nosuch(name)"}}, "is no SQL expression over text fields"),
        (b"no parquet", "a.parquet", "parquet", {"title": "name"}, "cannot be read as parquet"),
    ],
)
def test_a_fault_is_told_with_its_remedy(
    spark: SparkSession, tmp_path: Path, content: bytes | None, name: str, kind: str, columns: dict[str, Any], told: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError) as caught:
        check_sources(spark, [source(tmp_path / name, kind, columns or None)], IngestSettings())
    assert told in str(caught.value)
    assert "shop" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_two_sources_of_one_name_are_refused(spark: SparkSession, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="Two sources are called shop"):
        check_sources(spark, [source(tmp_path / "a.csv"), source(tmp_path / "b.csv")], IngestSettings())
