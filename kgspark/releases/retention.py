"""Which releases stay: the last few, and those with a tag, which are copied; what no release needs is deleted.

releases -> the last N -> oldest version of each table among them -> VACUUM of what was replaced before it
"""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from pyspark.sql import functions as F

from kgspark.errors import InputError
from kgspark.frames.side_by_side import side_by_side
from kgspark.lake import disposal
from kgspark.lake.tables import Lake
from kgspark.releases.register import RELEASES, all_releases, find_release, openable, retire
from kgspark.releases.release import Release
from kgspark.schema import load_tables

TAGS = "_tags"
VACUUMED = "vacuum"
# Nobody opens an earlier version of a book; a process that reads the present one, or beats, has a day.
_BOOK_HOURS = 24
_TAG = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")


@dataclass(frozen=True)
class Vacuumed:
    """What a vacuum did: releases kept and retired, tables swept with the hours of history that each kept."""

    kept: list[str]
    retired: list[str]
    hours: dict[str, int]


def is_tag(name: str) -> bool:
    """Whether a tag may be called so."""
    return bool(_TAG.match(name))


def check_tag(name: str) -> None:
    """Raise InputError where a tag may not be called so."""
    if not is_tag(name):
        raise InputError(f"{name!r} is no name for a tag; use letters, digits, points, dashes and underscores.")


def tagged_lake(lake: Lake, tag: str) -> Lake:
    """Where a tag's copy lies: a small lake of its own."""
    return Lake(lake.spark, f"{lake.root}/{TAGS}/{tag}")


def lake_of_tag(lake: Lake) -> Lake:
    """The lake that a tag's copy was made of, which keeps the books; another lake is its own."""
    root, tag_, _ = lake.root.rpartition(f"/{TAGS}/")
    return Lake(lake.spark, root) if tag_ else lake


def tag(lake: Lake, release_id: str, name: str, at_a_time: int = 1) -> Lake:
    """Keep a release for good under a name: its tables are copied to ``<lake>/_tags/<name>``, a lake of its own.

    VACUUM goes by age, so that a release among younger ones can only be kept as a copy. Raises InputError where the
    name is taken or is none, or the release cannot be opened. The row of the release is written last: a copy that was
    interrupted opens as no release, and is made anew.
    """
    check_tag(name)
    release = find_release(lake, release_id)
    copy = tagged_lake(lake, name)
    taken = all_releases(copy)
    if taken:
        raise InputError(f"The tag {name} is taken: it keeps {taken[-1].release_id}; choose another name.")

    def copied(table: str) -> int:
        rows = lake.read(table, release.tables[table])
        return copy.overwrite(table, rows, note=f"tag {name} of {release_id}").version

    tables = sorted(release.tables)
    versions = dict(zip(tables, side_by_side(copied, tables, at_a_time), strict=True))
    copy.append(RELEASES, [vars(release) | {"sequence": 1, "tables": versions}], note=f"tag {name}")
    return copy


def vacuum(lake: Lake, keep: int, at_a_time: int = 1) -> Vacuumed:
    """Delete what only releases before the last ``keep`` need; those are retired first, so that readers are told.

    The latest release always stays. VACUUM counts whole hours, from when it runs: of a table of which an older version
    is kept, too, what was replaced up to two hours before that is kept with it. Raises InputError for a number below 1
    or a lake without a release.
    """
    alive = openable(lake)
    # The latest release is never retired: where none can be opened there is none.
    if keep < 1 or not alive:
        raise InputError("vacuum needs a release to keep: --keep 1 or more, in a lake with a release.")
    kept = list(dict.fromkeys(release.release_id for release in reversed(alive)))[:keep]
    dropped = sorted({release.release_id for release in alive} - set(kept))
    retire(lake, dropped, VACUUMED)
    oldest = _oldest_versions([release for release in alive if release.release_id in kept])
    hours = {table: _hours(lake, table, version) for table, version in sorted(oldest.items())}
    books = [name for name in load_tables() if name.startswith("ops.") and lake.exists(name)]
    disposal.vacuum(lake, dict.fromkeys(books, _BOOK_HOURS) | hours, at_a_time)
    return Vacuumed(kept, dropped, hours)


def _oldest_versions(releases: Sequence[Release]) -> dict[str, int]:
    oldest: dict[str, int] = {}
    for release in releases:
        for table, version in release.tables.items():
            oldest[table] = min(version, oldest.get(table, version))
    return oldest


def _hours(lake: Lake, name: str, oldest: int) -> int:
    """How many hours of a table's history a vacuum must leave, so that this version and later ones can be read."""
    if lake.version(name) == oldest:
        # Nothing that it replaced may stay: were it an hour, that would be so for as long as the table does not change.
        return 0
    # Files of a version are removed by a later commit, if at all: what went before it was made is not among them.
    age = datetime.datetime.now(datetime.UTC) - _committed_at(lake, name, oldest)
    return math.ceil(age.total_seconds() / 3600) + 1


def _committed_at(lake: Lake, name: str, version: int) -> datetime.datetime:
    """When a version of a table was made."""
    history = lake.spark.sql(f"DESCRIBE HISTORY {lake.identifier(name)}")
    made = history.where(F.col("version") == version).select("timestamp").collect()[0]["timestamp"]
    # Spark hands out the local time of the driver.
    return made.astimezone(datetime.UTC)  # type: ignore[no-any-return]
