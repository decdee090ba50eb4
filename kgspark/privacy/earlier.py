"""Records of people in what is not the latest release: earlier ones that can still be opened, and tags.

releases, tags -> versions of bronze that are not the latest's -> records whose shopper is asked for -> fingerprints
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence

from kgspark import lake_files
from kgspark.ingest.records import TABLES
from kgspark.ingest.sources import Source
from kgspark.privacy import people
from kgspark.releases import RETIRED, Release, all_releases
from kgspark.retention import TAGS, VACUUMED, tagged_lake
from kgspark.tables import Lake

log = logging.getLogger(__name__)


def fingerprints(lake: Lake, known: Sequence[Release], sources: Sequence[Source], raw_ids: Sequence[str]) -> set[str]:
    """Of every record of these raw ids that such a version still holds; ``known``: all releases, the latest last.

    Who is only there (their records expired, or a release was rolled back) is found too; and an erasure that was
    stopped, and goes on after its release was made, still knows what it has to look for.
    """
    found: set[str] = set()
    for place, name, version in _versions(lake, known):
        bronze = place.read(name, version)
        try:
            theirs = bronze.join(people.records_of(bronze, sources, raw_ids), on=list(people.KEY), how="left_semi")
            found |= {row["fingerprint"] for row in theirs.select("fingerprint").distinct().collect()}
        except Exception as error:  # noqa: BLE001 - whatever Spark says of files that were deleted
            log.info("%s of version %d is not there any more (%s)", name, version, type(error).__name__)
    return found


def _versions(lake: Lake, known: Sequence[Release]) -> Iterator[tuple[Lake, str, int]]:
    names, gone = set(TABLES.values()), _gone(lake)
    held = {pin for release in known if release.release_id not in gone for pin in release.tables.items()}
    for name, version in sorted(held - known[-1].tables.items()):
        if name in names:
            yield lake, name, version
    # Copies without a release were never finished, and are deleted as they are.
    for tag in sorted({file.partition("/")[0] for file in lake_files.files(f"{lake.root}/{TAGS}")}):
        copy = tagged_lake(lake, tag)
        for release in all_releases(copy):
            yield from ((copy, name, version) for name, version in sorted(release.tables.items()) if name in names)


def _gone(lake: Lake) -> set[str]:
    """Releases whose files were deleted: closed by a vacuum, or by an erasure that came to its receipt."""
    done = max((row["erased_at"] for row in lake.rows(people.ERASURES)), default=None)
    return {
        row["release_id"]
        for row in lake.rows(RETIRED)
        if row["reason"] == VACUUMED or (done is not None and row["retired_at"] <= done)
    }
