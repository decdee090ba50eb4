"""What an erasure is about to do, said before it does it: nothing of it can be undone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from pyspark.sql import DataFrame

from kgspark.ingest.sources import Source
from kgspark.lake import lake_files
from kgspark.lake.tables import Lake
from kgspark.nightly.ledger import RUNS
from kgspark.nightly.open_runs import left_from
from kgspark.nightly.tonight import Tonight
from kgspark.privacy import people
from kgspark.releases import register
from kgspark.releases.retention import TAGS


def sentences(tonight: Tonight, found: Mapping[str, tuple[DataFrame, int]], asked: int) -> list[str]:
    """``found``: their records in each table of bronze, and how many; ``asked``: ids that were given. Names nobody."""
    lake = tonight.lake
    counts = [f"{count:,} of {name}" for name, (_, count) in sorted(found.items()) if count]
    theirs = ", ".join(counts) or "none that the last release still holds"
    ids = f"{asked:,} id{'s' if asked > 1 else ''}"
    said = [f"records that go, for {ids} asked for: {theirs}; then {len(tonight.todo)} stages are built without them"]
    closed = sorted({release.release_id for release in register.openable(lake)})
    tags = _tags(lake)
    kept = f" and the tag{'s' if len(tags) > 1 else ''} {', '.join(tags)}" if tags else ""
    said.append(f"after it can no longer be opened: {', '.join(closed)}{kept}")
    if still := left_from(lake.rows(RUNS), tonight.known[-1].release_id):
        said.append(f"left open, and begun anew after this: {', '.join(still)}")
    return said


def unknown(
    found: Mapping[str, tuple[DataFrame, int]], sources: Sequence[Source], raw_ids: Sequence[str]
) -> Iterator[str]:
    """A sentence where some of the ids name no record: mistyped, perhaps. Looked for one by one, in what all found."""
    rows = [gone for gone, count in found.values() if count]
    missing = sum(all(people.records_of(gone, sources, [raw]).isEmpty() for gone in rows) for raw in raw_ids)
    if missing:
        yield f"{missing:,} of the {len(raw_ids):,} ids name no record of the last release"


def _tags(lake: Lake) -> list[str]:
    return sorted({file.partition("/")[0] for file in lake_files.files(f"{lake.root}/{TAGS}")})
