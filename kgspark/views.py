"""A release as SQL views, where there is a catalogue: for people and tools that know nothing of versions.

release -> <catalog>.<prefix>latest.<layer>_<table> and <catalog>.<prefix><release id>.<layer>_<table>
"""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING

from kgspark.errors import cause_of
from kgspark.schema import table
from kgspark.statements import create_view

if TYPE_CHECKING:
    from kgspark.releases import Release
    from kgspark.tables import Lake

log = logging.getLogger(__name__)
LATEST = "latest"


def show(lake: Lake, release: Release) -> None:
    """Make the views of a release that has become the latest; none where tables are plain folders.

    The release is made by then: where this account may make no database, there is a warning and no view.
    """
    if not lake.catalog:
        return
    try:
        for database in (_database(lake, release.release_id), _database(lake, LATEST)):
            lake.spark.sql(f"CREATE DATABASE IF NOT EXISTS {database}")
            for name, version in sorted(release.tables.items()):
                view = f"{database}.`{name.replace('.', '_')}`"
                meaning = f"{table(name).meaning} Release {release.release_id}."
                lake.spark.sql(create_view(view, lake.identifier(name), version, meaning))
    except Exception as error:  # noqa: BLE001 - readers of Python and of the manifest have the release all the same
        log.warning("%s has no SQL views: %s", release.release_id, cause_of(error)[:200])


def withdraw(lake: Lake, release_id: str) -> None:
    """Drop the views of a release that can no longer be opened."""
    if lake.catalog:
        lake.spark.sql(f"DROP DATABASE IF EXISTS {_database(lake, release_id)} CASCADE")


def _database(lake: Lake, name: str) -> str:
    """Databases have letters, digits and underlines in their names, and ids of releases hyphens."""
    return lake.database(re.sub(r"\W", "_", name))
