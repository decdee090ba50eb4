"""The proof reads every kind of file as a person would: decoded, nested, escaped, in footers; and no word by halves."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from kgspark.privacy.traces import Trace, traces

WORDS = {"raw id": ["17850"], "text": ['so "good", 好茶']}


def found(folder: Path) -> list[Trace]:
    count, traced = traces(str(folder), WORDS)
    assert count == 1
    return traced


@pytest.mark.parametrize(
    "column",
    [
        pa.array(["x", "17850"]),
        pa.array([b"\xff,17850,", None]),
        pa.array([json.dumps({"customer": "17850"})]),
        pa.array([{"a": [{"b": "17850"}]}]),
        pa.array([[("17850", "v")]], pa.map_(pa.string(), pa.string())),
    ],
)
def test_in_any_column_of_a_table(tmp_path: Path, column: pa.Array) -> None:
    pq.write_table(pa.table({"n": pa.array([1] * len(column)), "c": column}), tmp_path / "part.parquet")
    assert found(tmp_path) == [Trace("part.parquet", "raw id")]


def test_text_is_found_as_it_is_and_in_json_within_json(tmp_path: Path) -> None:
    payload = json.dumps({"text": 'It was so "good", 好茶!'}, ensure_ascii=False)
    pq.write_table(pa.table({"payload": [payload]}), tmp_path / "part.parquet")
    assert found(tmp_path) == [Trace("part.parquet", "text")]
    (tmp_path / "part.parquet").unlink()
    (tmp_path / "log.json").write_text(json.dumps({"stats": json.dumps({"max": 'so "good", 好茶'})}))
    assert found(tmp_path) == [Trace("log.json", "text")]


def test_a_word_within_another_is_no_trace(tmp_path: Path) -> None:
    pq.write_table(pa.table({"c": ["178501", "a17850", "1.7850"], "n": [17850, 1, 2]}), tmp_path / "part.parquet")
    assert found(tmp_path) == []


def test_a_number_may_count_something_else_outside_of_bronze(tmp_path: Path) -> None:
    for name in ("bronze/t/_delta_log/1.checkpoint.parquet", "graph/t/part.parquet", "bronze/t/part.parquet"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.table({"c": ['{"numRecords":17850}']}), tmp_path / name)
    (tmp_path / "bronze/t/_delta_log/0.json").write_text('{"numRecords":17850}')
    assert traces(str(tmp_path), {}, WORDS) == (4, [Trace("bronze/t/part.parquet", "raw id")])
