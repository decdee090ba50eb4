"""Files of texts with the attributes that people read in them: AliExpress (AE-110k) and WDC PAVE, as ExtractGPT has
them.

JSON lines (.gz by name) -> items: text parts, category, attributes asked and their right values
"""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kgspark.errors import InputError

NONE = "n/a"


@dataclass(frozen=True)
class Item:
    """A text in parts (title, description), its category, and for each attribute asked the right values, none where
    empty; values are in lower case and with single spaces.
    """

    parts: tuple[str, ...]
    category: str
    answers: dict[str, frozenset[str]]


def read(path: Path) -> list[Item]:
    """The items of a file.

    A line holds ``target_scores`` (attribute to its values; ``n/a`` for none), ``category``, and the text as ``input``
    or as ``input_title`` and ``input_description``. Raises InputError where the file or a line is something else.
    """
    try:
        with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as file:
            return [_item(line, f"{path}, line {number}") for number, line in enumerate(file, 1) if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read ({error}); give a file of JSON lines, packed as .gz or not.") from None


def normal(value: str) -> str:
    """A value for comparing: lower case, single spaces."""
    return " ".join(value.lower().split())


def _item(line: str, where: str) -> Item:
    try:
        row: Any = json.loads(line)
        parts = (row["input"],) if "input" in row else (row["input_title"], row["input_description"])
        scores = row["target_scores"].items()
        answers = {name: frozenset(normal(value) for value in values if value != NONE) for name, values in scores}
        return Item(tuple(str(part or "") for part in parts), str(row.get("category") or ""), answers)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"{where} is no labelled text ({type(error).__name__}: {error}); expected target_scores, and input or "
            "input_title and input_description."
        ) from None
