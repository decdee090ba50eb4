"""Records of people in what is not the latest release: earlier ones that can still be opened, and tags.

releases, tags -> versions of a table that are not the latest's -> records whose shopper is asked for -> fingerprints
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Sequence

from pyspark.sql import DataFrame, Row

from kgspark.ingest.records import TABLES
from kgspark.ingest.sources import Source
from kgspark.lake import lake_files
from kgspark.lake.tables import Lake
from kgspark.privacy import people
from kgspark.releases.register import RETIRED, all_releases
from kgspark.releases.release import Release
from kgspark.releases.retention import TAGS, VACUUMED, tagged_lake

log = logging.getLogger(__name__)
# What is in errors of Spark, Delta and Hadoop whose file of data or of deletion marks is not there.
_GONE = ("FILE_NOT_EXIST", "FILE_NOT_FOUND", "FileNotFoundException")


def fingerprints(lake: Lake, known: Sequence[Release], sources: Sequence[Source], raw_ids: Sequence[str]) -> set[str]:
    """Of every record of these raw ids that such a version still holds; ``known``: all releases, the latest last.

    Who is only there (their records expired, or a release was rolled back) is found too; and an erasure that was
    stopped, and goes on after its release was made, still knows what it has to look for.
    """
    found: set[str] = set()
    for place, name, version in versions(lake, known, set(TABLES.values())):
        bronze = place.read(name, version)
        theirs = bronze.join(people.records_of(bronze, sources, raw_ids), on=list(people.KEY), how="left_semi")
        found |= {row["fingerprint"] for row in rows_left(theirs.select("fingerprint").distinct())}
    return found


def rows_left(frame: DataFrame) -> list[Row]:
    """The rows of a frame, or none where files that it reads are gone: an erasure that was stopped had begun to delete
    them. Any other error is raised: what was not read cannot be looked for.
    """
    try:
        return frame.collect()
    except Exception as error:
        # Of Spark, of Spark Connect or of the bridge to Java, as it comes.
        gone = next((mark for mark in _GONE if mark in str(error)), None)
        if gone is None:
            raise
        log.info("a version is not there any more (%s)", gone)
        return []


def versions(lake: Lake, known: Sequence[Release], names: Collection[str]) -> Iterator[tuple[Lake, str, int]]:
    """Lake, name and version of these tables in earlier releases whose files were not deleted, and in tags; what the
    latest release reads is not among them.
    """
    gone = _gone(lake)
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
