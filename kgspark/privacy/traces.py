"""Does anything of a person still lie in the lake? Every file is read, decoded: tables, logs, checkpoints, check sums.

files under the root -> their texts (Parquet's columns and footers, JSON, bytes) -> words -> where they stand
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import IO, Any

import pyarrow as pa
import pyarrow.parquet as pq

from kgspark.lake import lake_files
from kgspark.privacy.wanted import Wanted

# Rows of Parquet that are turned into text at once.
_BATCH_ROWS = 4096


@dataclass(frozen=True)
class Trace:
    """A file, by its path in the lake, and what kind of word it holds; never the word itself."""

    file: str
    what: str


def traces(
    root: str, words: Mapping[str, Iterable[str]], in_bronze: Mapping[str, Iterable[str]] | None = None
) -> tuple[int, list[Trace]]:
    """How many files there are, and which of them hold one of the words; ``words``: kind to words of it. Those of
    ``in_bronze`` are looked for in the rows of bronze only.

    A word counts where it stands alone: 17850 is not found in 178501, nor in the hex digits of a hash. Text within JSON
    within a column is found in either spelling.
    """
    everywhere, of_bronze = Wanted(words), Wanted({**words, **(in_bronze or {})})
    found, count = [], 0
    for name in lake_files.files(root):
        count += 1
        there = set[str]()
        wanted = of_bronze if _is_bronze(name) else everywhere
        with lake_files.open_file(root, name) as file:
            for text in _texts(name, file):
                there |= wanted.kinds(text)
                if there == wanted.asked:
                    break
        found += [Trace(name, what) for what in sorted(there)]
    return count, found


def _is_bronze(name: str) -> bool:
    return name.startswith("bronze/") and name.endswith(".parquet") and "_delta_log/" not in name


def _texts(name: str, file: IO[bytes]) -> Iterator[str]:
    if name.endswith(".parquet"):
        yield from _parquet(pq.ParquetFile(file))
    else:
        # Logs and check sums are JSON; of anything else what is text in it.
        yield file.read().decode("utf-8", errors="replace")


def _parquet(file: pq.ParquetFile) -> Iterator[str]:
    footer = file.metadata
    yield from (_text(part) for pair in (footer.metadata or {}).items() for part in pair)
    for group in range(footer.num_row_groups):
        for place in range(footer.num_columns):
            statistics = footer.row_group(group).column(place).statistics
            if statistics is not None and statistics.has_min_max:
                yield said_in([statistics.min, statistics.max])
    # Numbers name nobody; vectors alone would be most of the work.
    readable = [field.name for field in file.schema_arrow if _holds_text(field.type)]
    for batch in file.iter_batches(batch_size=_BATCH_ROWS, columns=readable) if readable else ():
        for column in batch.columns:
            yield said_in(column.to_pylist())


def _holds_text(kind: pa.DataType) -> bool:
    if any(test(kind) for test in (pa.types.is_string, pa.types.is_large_string, pa.types.is_binary)):
        return True
    return any(_holds_text(kind.field(place).type) for place in range(kind.num_fields))


def said_in(values: list[Any]) -> str:
    """Every text in values of any depth, keys too, a line each."""
    return "\n".join(_flat(values))


def _flat(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield str(name)
            yield from _flat(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _flat(inner)
    elif isinstance(value, str | bytes):
        yield _text(value)


def _text(value: str | bytes) -> str:
    return value.decode("utf-8", errors="replace") if isinstance(value, bytes) else value
