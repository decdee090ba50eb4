"""Sources and bronze records for the tests of the silver stages, by name and field."""

import datetime
import json
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from kgspark.ingest.sources import Source
from kgspark.night import Night
from tests.builders import rows

KEY = b"a key for tests, 32 bytes long.."
NIGHT = datetime.date(2026, 11, 23)


def source(name: str, kind: str, mapping: dict[str, Any], **declared: Any) -> Source:
    """A source that emits one kind."""
    return Source.model_validate({"name": name, "path": "x.csv", "format": "csv", "emits": {kind: mapping}} | declared)


def night(*sources: Source) -> Night:
    """The night of the tests."""
    return Night(NIGHT, "run", sources, KEY)


def bronze(spark: SparkSession, table: str, records: list[dict[str, Any]]) -> DataFrame:
    """Bronze rows; ``fields`` (dict) becomes the payload, what is not named gets a default."""
    filled = []
    for position, record in enumerate(records):
        row = {"source": "shop", "record_id": str(position), "copies": 1, "fingerprint": "0" * 64, "file": "x.csv"}
        row |= {"position": position, "first_seen": NIGHT} | record
        fields = row.pop("fields", None)
        row["payload"] = None if fields is None else json.dumps(fields, ensure_ascii=False)
        filled.append(row)
    return rows(spark, table, filled)


def rejects(frame: DataFrame) -> list[tuple[Any, ...]]:
    """Rejected rows without night and reason, in order; every one must have a reason."""
    found = frame.collect()
    assert all(row.reason and row.night == NIGHT for row in found)
    assert len({(r.source, r.record_id, r.field, r.rule, r.reason) for r in found}) == len(found)
    return sorted((row.record_id, row.field, row.rule, row.kept) for row in found)
