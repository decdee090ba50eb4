"""The Arrow iterator that reads offers: what runs inside Spark's Python workers.

offer and its raw record -> texts -> readings -> the place of each in the raw record
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from kgspark.extract.attributes_settings import AttributesSettings
from kgspark.extract.text.raw_places import Places, places
from kgspark.extract.trained import named
from kgspark.extract.values import reader
from kgspark.extract.values.lexicon import Lexicon, attribute_name
from kgspark.extract.values.reading import Reading
from kgspark.extract.values.written_numbers import DIGITS
from kgspark.graph.values import quantity

READ = (
    "offer_id string, source string, record_id string, column string, text_begin int, text_end int, field string, "
    "begin int, end int, attribute string, text string, value string, number string, unit string, confidence double, "
    "extractor string, extractor_version string"
)
VERSION = "5"
_ARROW = pa.schema(
    [
        (name, {"string": pa.string(), "int": pa.int32(), "double": pa.float64()}[kind])
        for name, kind in (column.split() for column in READ.split(", "))
    ]
)
# A field of its own says what it is; what sellers put into the wrong one, reconcile finds.
_FIELD = 0.95
_WHOLE_RECORD = "*"
_TEXTS = ("title", "description")


@dataclass(frozen=True)
class OfferReader:
    """Turns Arrow batches of offers with ``payload`` into ``READ``; lexicon and settings travel to the workers."""

    lexicon: Lexicon
    cfg: AttributesSettings

    def __call__(self, incoming: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """One batch out for each batch in."""
        for batch in incoming:
            offers = batch.to_pylist()
            both = zip(offers, self._read(offers), strict=True)
            rows = [mention for row, read in both for mention in self._mentions(row, read)]
            yield pa.RecordBatch.from_pylist(rows, schema=_ARROW)

    def _read(self, offers: list[dict[str, Any]]) -> Iterator[list[list[Reading]]]:
        """What each offer's texts say; a fitted reader is asked of all offers together."""
        unread = []
        for row in offers:
            texts, path = self._texts(row), tuple(row["category_path"])
            found = [reader.read(text, path, declared_of(row), self.lexicon) for text in texts]
            unread.append(named.Unread(texts, path, found))
        if not self.cfg.reader:
            yield from (list(offer.found) for offer in unread)
            return
        more = named.read(named.loaded(self.cfg.reader, self.cfg.reader_device), unread, self.lexicon)
        for offer, added in zip(unread, more, strict=True):
            yield [known + new for known, new in zip(offer.found, added, strict=True)]

    def _texts(self, row: dict[str, Any]) -> list[str]:
        return [(row[column] or "")[: self.cfg.max_text_length] for column in _TEXTS]

    def _mentions(self, row: dict[str, Any], read: list[list[Reading]]) -> Iterator[dict[str, Any]]:
        raw = json.loads(row["payload"]) if row["payload"] else {}
        origins = dict(row["origins"])
        for column, found in zip(_TEXTS, read, strict=True):
            yield from self._rows(row, column, row[column], found, origins.get(column), raw)
        fields = [("brand", "brand", row["brand"]), ("mpn", "model", row["mpn"])]
        fields += [(f"attributes.{name}", attribute_name(name), value) for name, value in row["attributes"]]
        for column, name, value in fields:
            found = [_stated(name, value, self.lexicon)] if name and value else []
            yield from self._rows(row, column, value, found, origins.get(column), raw)

    def _rows(
        self,
        row: dict[str, Any],
        column: str,
        text: str,
        found: list[Reading],
        origin: dict[str, Any] | None,
        raw: dict[str, Any],
    ) -> Iterator[dict[str, Any]]:
        kept = [reading for reading in found if reading.confidence >= self.cfg.min_confidence]
        place = _Place.of(origin, raw, text) if kept else None
        for reading in kept:
            field, begin, end = place.of_span(reading.begin, reading.end) if place else (_WHOLE_RECORD, None, None)
            yield {
                "offer_id": row["offer_id"],
                "source": row["source"],
                "record_id": row["record_id"],
                "column": column,
                "text_begin": reading.begin,
                "text_end": reading.end,
                "field": field,
                "begin": begin,
                "end": end,
                "attribute": reading.attribute,
                "text": text[reading.begin : reading.end],
                "value": reading.value,
                "number": reading.number,
                "unit": reading.unit,
                "confidence": round(reading.confidence, 6),
                "extractor": reading.extractor,
                "extractor_version": VERSION,
            }


@dataclass(frozen=True)
class _Place:
    """Where a text of silver came from: one raw field with an offset map, or the raw texts it was put together of."""

    text: str
    field: str
    begin: int | None
    end: int | None
    known: Places | None
    parts: dict[str, str]

    @classmethod
    def of(cls, origin: dict[str, Any] | None, raw: dict[str, Any], text: str) -> _Place | None:
        if origin is None:
            return None
        field, begin, end = origin["field"], origin["begin"], origin["end"]
        if begin is None:
            parts = {name: str(raw[name]) for name in field.split("+") if raw.get(name) is not None}
            return cls(text, field, None, None, None, parts)
        value = raw.get(field)
        known = places(str(value)[begin:end], text) if value is not None else None
        return cls(text, field, begin, end, known, {})

    def of_span(self, begin: int, end: int) -> tuple[str, int | None, int | None]:
        """Field, begin and end in the raw record; the whole field where the cleaning cannot be told."""
        if self.known is not None and self.begin is not None:
            first, last = self.known.raw(begin, end)
            return self.field, self.begin + first, self.begin + last
        # Put together from several fields: the one that holds the words, if they stand in one place only.
        words = self.text[begin:end]
        held = [(name, raw.find(words)) for name, raw in sorted(self.parts.items()) if raw.count(words) == 1]
        if len(held) == 1:
            name, at = held[0]
            return name, at, at + len(words)
        return self.field, self.begin, self.end


def declared_of(row: dict[str, Any]) -> dict[str, str]:
    """What an offer declares by attribute: its attributes, its brand, and its part number as ``model``."""
    known = {attribute_name(name): value for name, value in sorted(row["attributes"]) if value}
    known |= {name: value for name, value in (("brand", row["brand"]), ("model", row["mpn"])) if value}
    return {name: value for name, value in known.items() if name}


def _stated(attribute: str, value: str, lexicon: Lexicon) -> Reading:
    """What a field of its own says: the whole of it."""
    amount = quantity(value.strip(), DIGITS)
    number, unit = amount or (None, None)
    normal = f"{number} {unit}" if amount else lexicon.spelling(attribute, value)
    return Reading(0, len(value), attribute, normal, number, unit, _FIELD, "field")
