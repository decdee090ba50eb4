"""Does anything of a person still stand in tables of a catalogue? Their files are not ours to know: rows are read.

tables as they are now -> texts of each row -> words -> which kinds stand in which table
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

import pyarrow as pa

from kgspark.lake.tables import Lake
from kgspark.privacy.traces import Trace, said_in
from kgspark.privacy.wanted import Wanted


def table_traces(
    lake: Lake, names: Iterable[str], words: Mapping[str, Iterable[str]], in_bronze: Mapping[str, Iterable[str]]
) -> tuple[int, list[Trace]]:
    """How many of the tables there are, and which of them hold one of the words, as ``traces`` finds them in files.

    Earlier versions cannot be read after a vacuum; what the catalogue keeps of files and logs by itself is not seen.
    """
    found, count = [], 0
    for name in (name for name in names if lake.exists(name)):
        count += 1
        wanted = Wanted({**words, **in_bronze} if name.startswith("bronze.") else words)
        rows = lake.read(name)
        texts = [field.name for field in rows.schema if _may_hold_text(field.dataType.simpleString())]
        if texts:
            kinds = rows.select(*texts).mapInArrow(_held(wanted), "what string").distinct().collect()
            found += [Trace(lake.path(name), what) for what in sorted(row["what"] for row in kinds)]
    return count, found


def _may_hold_text(kind: str) -> bool:
    # Numbers name nobody; vectors alone would be most of the work.
    return "string" in kind or "binary" in kind


def _held(wanted: Wanted) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    # Within the function, not in a condition: plans are logged.
    def held(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            kinds = set[str]().union(*[wanted.kinds(said_in(column.to_pylist())) for column in batch.columns])
            yield pa.RecordBatch.from_arrays([pa.array(sorted(kinds), pa.string())], names=["what"])

    return held
