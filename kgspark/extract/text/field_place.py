"""The raw field that a clean text came from, and the way of a span into it.

origins of the silver row, payload of the bronze record -> field, offset map -> begin and end in the raw field
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from kgspark.extract.text.review_places import ReviewPlaces

_WHOLE_RECORD = "*"


class FieldPlace:
    """The raw field of one text; ``field`` is ``*`` where the whole record says it (a constant of the source)."""

    def __init__(self, row: Mapping[str, Any], column: str, clean: str) -> None:
        """``row`` has ``origins`` (as Arrow gives a map: a list of pairs) and ``payload``, the raw record as JSON."""
        origin = dict(row["origins"]).get(column)
        self.field: str = origin["field"] if origin else _WHOLE_RECORD
        payload = json.loads(row["payload"]) if row["payload"] else {}
        raw = payload.get(self.field)
        exact = origin is not None and origin["begin"] is not None and raw is not None
        self._places = ReviewPlaces(str(raw), clean) if exact else None

    def raw(self, begin: int, end: int) -> tuple[int | None, int | None]:
        """The span in the raw field; nothing where an expression over several fields made the text."""
        return self._places.raw(begin, end) if self._places else (None, None)
