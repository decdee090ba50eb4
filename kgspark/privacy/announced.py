"""What an erasure is about to do, said before it does it: nothing of it can be undone."""

from __future__ import annotations

from collections.abc import Mapping

from kgspark.lake import lake_files
from kgspark.lake.tables import Lake
from kgspark.nightly.ledger import RUNS
from kgspark.nightly.open_runs import left_from
from kgspark.nightly.tonight import Tonight
from kgspark.releases import register
from kgspark.releases.retention import TAGS


def sentences(tonight: Tonight, records: Mapping[str, int], people: int) -> list[str]:
    """``records``: theirs in each table of bronze, of so many ``people``. Names nobody."""
    lake = tonight.lake
    theirs = ", ".join(f"{count:,} of {name}" for name, count in sorted(records.items()) if count) or "none of tonight"
    shoppers = f"{people:,} shopper{'s' if people > 1 else ''}"
    said = [f"records of {shoppers} that go: {theirs}; then {len(tonight.todo)} stages are built without them"]
    closed = sorted({release.release_id for release in tonight.known} - set(register.retired(lake)))
    tags = _tags(lake)
    kept = f" and the tag{'s' if len(tags) > 1 else ''} {', '.join(tags)}" if tags else ""
    said.append(f"after it can no longer be opened: {', '.join(closed)}{kept}")
    if still := left_from(lake.rows(RUNS), tonight.known[-1].release_id):
        said.append(f"left open, and begun anew after this: {', '.join(still)}")
    return said


def _tags(lake: Lake) -> list[str]:
    return sorted({file.partition("/")[0] for file in lake_files.files(f"{lake.root}/{TAGS}")})
