"""A release as SQL views, where there is a catalogue: for people and tools that know nothing of versions.

release -> <catalog>.<prefix>latest.<layer>_<table> and <catalog>.<prefix><release id>.<layer>_<table>
"""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING

from kgspark.errors import cause_of
from kgspark.lake.statements import create_view
from kgspark.schema import table

if TYPE_CHECKING:
    from kgspark.lake.tables import Lake
    from kgspark.releases.release import Release

log = logging.getLogger(__name__)
LATEST = "latest"


def show(lake: Lake, release: Release) -> None:
    """Make the views of a release that has become the latest; none where tables are plain folders.

    The release is made by then: where the catalogue refuses, there is a warning, and no ``latest`` that is half of
    another release. Its views change one after the other; who reads several names the release.
    """
    if not lake.catalog:
        return
    try:
        _make(lake, _database(lake, release.release_id), release)
    except Exception as error:  # noqa: BLE001 - readers of Python and of the manifest have the release all the same
        log.warning("%s has no SQL views: %s", release.release_id, cause_of(error)[:200])
        return
    latest = _database(lake, LATEST)
    try:
        held = _make(lake, latest, release)
        for row in lake.spark.sql(f"SHOW VIEWS IN {latest}").collect():
            # The session's temporary views are listed with those of any database.
            if not row["isTemporary"] and row["viewName"] not in held:
                lake.spark.sql(f"DROP VIEW {latest}.`{row['viewName']}`")
    except Exception as error:  # noqa: BLE001 - as above
        log.warning("the views of the latest release are dropped, not all could be made: %s", cause_of(error)[:200])
        _drop(lake, latest)


def _make(lake: Lake, database: str, release: Release) -> list[str]:
    """Make the database and a view of each of the release's tables in it; gives their names."""
    lake.spark.sql(f"CREATE DATABASE IF NOT EXISTS {database}")
    names = {name: name.replace(".", "_") for name in sorted(release.tables)}
    for name, view in names.items():
        meaning = f"{table(name).meaning} Release {release.release_id}."
        lake.spark.sql(create_view(f"{database}.`{view}`", lake.identifier(name), release.tables[name], meaning))
    return list(names.values())


def withdraw(lake: Lake, release_id: str) -> None:
    """Drop the views of a release that can no longer be opened."""
    if lake.catalog:
        _drop(lake, _database(lake, release_id))


def _drop(lake: Lake, database: str) -> None:
    try:
        lake.spark.sql(f"DROP DATABASE IF EXISTS {database} CASCADE")
    except Exception as error:  # noqa: BLE001 - what was to be closed is closed without them
        log.warning("the views in %s could not be dropped: %s", database, cause_of(error)[:200])


def _database(lake: Lake, name: str) -> str:
    """Databases have letters, digits and underlines in their names, and ids of releases hyphens."""
    return lake.database(re.sub(r"\W", "_", name))
