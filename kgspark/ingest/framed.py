"""What every framer yields, and how it travels back to Spark: one row a record, readable or not."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

import pyarrow as pa

FRAMED_SCHEMA = "source string, file string, position bigint, payload string, raw binary, problem string"
BATCH_SCHEMA = pa.schema(
    [
        ("path", pa.string()),
        ("position", pa.int64()),
        ("payload", pa.string()),
        ("raw", pa.binary()),
        ("problem", pa.string()),
    ]
)
BATCH_SQL = "path string, position bigint, payload string, raw binary, problem string"

BATCH_ROWS = 4096
# A batch of long descriptions is cut earlier: Arrow holds it whole, on both sides.
BATCH_BYTES = 16 * 1024 * 1024


class Framed(NamedTuple):
    """One record: its payload, or its bytes and the reason why there is none."""

    payload: str | None
    raw: bytes | None = None
    problem: str | None = None


def payload_of(fields: Mapping[str, str]) -> str:
    """The fields as one JSON object, names in order: a header in another order is no other content."""
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def readable(fields: Mapping[str, str], raw: bytes) -> Framed:
    """A record of these fields; half a surrogate pair (``\\ud83d``) is no text and sets it aside."""
    payload = payload_of(fields)
    if not payload.isascii():
        try:
            payload.encode()
        except UnicodeEncodeError:
            return Framed(None, raw, "invalid_unicode")
    return Framed(payload)


def batches(path: str, records: Iterable[Framed]) -> Iterator[pa.RecordBatch]:
    """The records of a file, numbered from 0, as Arrow batches of bounded size."""
    rows: list[Framed] = []
    size, start = 0, 0
    for record in records:
        rows.append(record)
        size += len(record.payload or "") + len(record.raw or b"")
        if len(rows) == BATCH_ROWS or size > BATCH_BYTES:
            yield _batch(path, start, rows)
            start += len(rows)
            rows, size = [], 0
    if rows:
        yield _batch(path, start, rows)


def _batch(path: str, start: int, rows: list[Framed]) -> pa.RecordBatch:
    payloads, raws, problems = zip(*rows, strict=True)
    positions = range(start, start + len(rows))
    columns = [[path] * len(rows), positions, payloads, raws, problems]
    return pa.RecordBatch.from_arrays(
        [pa.array(column, field.type) for column, field in zip(columns, BATCH_SCHEMA, strict=True)], schema=BATCH_SCHEMA
    )
