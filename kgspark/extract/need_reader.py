"""The Arrow iterator that reads offers and reviews for needs: what runs inside Spark's Python workers.

texts of a record and the raw record -> needs by patterns -> the place of each in the raw record
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from kgspark.extract.need_patterns import needs
from kgspark.extract.opinions.opinion_words import LANGUAGES
from kgspark.extract.text.field_place import FieldPlace
from kgspark.graph.readings import CATALOGUE

READ = (
    "item_id string, bronze_table string, source string, record_id string, offer_id string, "
    "category_path array<string>, supporter string, language string, column string, text_begin int, text_end int, "
    "field string, begin int, end int, told string, need string, text string, strong boolean"
)
_TYPES = {
    "string": pa.string(),
    "int": pa.int32(),
    "boolean": pa.bool_(),
    "array<string>": pa.list_(pa.string()),
}
_ARROW = pa.schema([(name, _TYPES[kind]) for name, kind in (column.split() for column in READ.split(", "))])
_OWN = ("item_id", "bronze_table", "source", "record_id", "offer_id", "category_path", "supporter", "language")


@dataclass(frozen=True)
class NeedReader:
    """Turns Arrow batches of items with ``texts`` (column and text) and ``payload`` into ``READ``."""

    max_text_length: int

    def __call__(self, incoming: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """One batch out for each batch in."""
        for batch in incoming:
            rows = [row for item in batch.to_pylist() for row in self._rows(item)]
            yield pa.RecordBatch.from_pylist(rows, schema=_ARROW)

    def _rows(self, item: dict[str, Any]) -> Iterator[dict[str, Any]]:
        if item["language"] not in LANGUAGES:
            return
        own = {name: item[name] for name in _OWN}
        for text in item["texts"]:
            column, clean = text["column"], text["text"]
            titled = column == "title" and item["bronze_table"] == CATALOGUE
            found = list(needs((clean or "")[: self.max_text_length], item["language"], titled))
            place = FieldPlace(item, column, clean) if found else None
            for need in found:
                begin, end = place.raw(need.begin, need.end) if place else (None, None)
                yield own | {
                    "column": column,
                    "text_begin": need.begin,
                    "text_end": need.end,
                    "field": place.field if place else None,
                    "begin": begin,
                    "end": end,
                    "told": need.relation,
                    "need": need.need,
                    "text": clean[need.begin : need.end],
                    "strong": need.strong,
                }
