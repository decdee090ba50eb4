"""Dumps in the format of each source, byte for byte: csv, tsv, json lines, xml, parquet, packed csv.

A record is a row of named fields, or bytes that go into the file as they are: broken lines cannot be written otherwise.
"""

from __future__ import annotations

import csv
import gzip
import io
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import pyarrow as pa
import pyarrow.parquet as pq

from kgspark.sample.planted import SHUOPING, Record
from kgspark.sample.rows import COLUMNS, Row, as_json

LINES = ("line", "invoice", "customer", "sku", "qty", "unit_price", "sold_at")
_TEXT = pa.string()
_MARKETRY = pa.schema(
    [
        *[(name, _TEXT) for name in ("listing_id", "seller", "listing_title", "brand", "gtin", "mpn", "taxonomy")],
        ("price", pa.float64()),
        *[(name, _TEXT) for name in ("currency", "item_condition", "colour", "listed_at", "listing_text")],
    ]
)
_ORDERS = pa.schema(
    [
        *[(name, _TEXT) for name in ("order_line", "order_id", "buyer", "listing", "kind")],
        ("pieces", pa.float64()),
        ("paid", pa.float64()),
        ("ts", _TEXT),
    ]
)


def write_file(path: Path, content: bytes) -> None:
    """Write a file whole or not at all: a task that runs twice leaves the same file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    partial.write_bytes(content)
    partial.replace(path)


def parquet_bytes(rows: Sequence[Row], schema: pa.Schema) -> bytes:
    """Rows as a parquet file."""
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(list(rows), schema=schema), sink, compression="snappy")
    return sink.getvalue()


def separated(columns: Sequence[str], separator: str = ",") -> Callable[[Sequence[Record], int], bytes]:
    """A writer of separated values with a header line."""

    def write(records: Sequence[Record], shard: int) -> bytes:
        # Some exports come with their columns in another order: names count, not places.
        names = [columns[0], *reversed(columns[1:])] if shard % 3 == 2 and separator == "," else list(columns)
        out = io.StringIO(newline="")
        writer = csv.writer(out, delimiter=separator, lineterminator="\n")
        writer.writerow(names)
        for record in records:
            if isinstance(record, bytes):
                # Bytes that are no text travel through the text as lone surrogates.
                out.write(record.decode("utf-8", "surrogateescape"))
            else:
                writer.writerow([record[name] for name in names])
        return out.getvalue().encode("utf-8", "surrogateescape")

    return write


def _packed(records: Sequence[Record], shard: int) -> bytes:
    return gzip.compress(separated(LINES)(records, shard), mtime=0)


def _json_lines(records: Sequence[Record], _: int) -> bytes:
    return b"".join(record if isinstance(record, bytes) else as_json(record) for record in records)


def _xml(records: Sequence[Record], _: int) -> bytes:
    parts = [b'<?xml version="1.0" encoding="UTF-8"?>\n<feed>\n']
    parts += [record if isinstance(record, bytes) else _element(record) for record in records]
    return b"".join([*parts, b"</feed>\n"])


def _element(row: Row) -> bytes:
    """``@name`` is an attribute of the product, ``tag/@name`` one of its tag."""
    fields = []
    for name, value in row.items():
        if "@" in name or value in (None, ""):
            continue
        mark = f"{name}/@"
        attributes = [f" {key[len(mark) :]}={quoteattr(str(row[key]))}" for key in row if key.startswith(mark)]
        fields.append(f"<{name}{''.join(attributes)}>{escape(str(value))}</{name}>")
    return f"<product id={quoteattr(str(row['@id']))}>{''.join(fields)}</product>\n".encode()


def _table(schema: pa.Schema) -> Callable[[Sequence[Record], int], bytes]:
    return lambda records, _: parquet_bytes([row for row in records if isinstance(row, dict)], schema)


# Source -> what its files are called, and who writes them.
DUMPS: dict[str, tuple[str, Callable[[Sequence[Record], int], bytes]]] = {
    "alder_finch": ("csv", separated(COLUMNS["alder_finch"])),
    "kontorhaus": ("tsv", separated(COLUMNS["kontorhaus"], ";")),
    "brightnook": ("jsonl", _json_lines),
    "yunhai": ("csv", separated(COLUMNS["yunhai"])),
    "harbourline": ("xml", _xml),
    "marketry": ("parquet", _table(_MARKETRY)),
    "ratewell": ("jsonl", _json_lines),
    "shuoping": ("csv", separated(SHUOPING)),
    "alder_finch_orders": ("csv.gz", _packed),
    "marketry_orders": ("parquet", _table(_ORDERS)),
}
