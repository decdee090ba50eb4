"""What a release holds, as plain JSON beside the tables: any engine that reads Delta can open it without us.

release -> <lake>/_manifests/<release id>.json, and latest.json, which is the one that readers should see
"""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

from kgspark.lake import lake_files
from kgspark.schema import table

if TYPE_CHECKING:
    from kgspark.lake.tables import Lake
    from kgspark.releases.release import Release

log = logging.getLogger(__name__)
FOLDER = "_manifests"
LATEST = "latest.json"


def manifest(lake: Lake, release: Release) -> dict[str, Any]:
    """The content: release, night, licences, and for each table where it lies, at which version, and what it means."""
    tables = [
        {"table": name, "path": lake.path(name), "version": version, "meaning": table(name).meaning}
        for name, version in sorted(release.tables.items())
    ]
    kept = ("release_id", "night", "created_at", "code_version", "schema_version", "licences")
    return {name: getattr(release, name) for name in kept} | {"tables": tables}


def write(lake: Lake, release: Release) -> None:
    """Write the manifest of a release that has become the latest.

    The release is made by then: where pyarrow may not write, there is a warning and no manifest.
    """
    content = manifest(lake, release)
    try:
        for name in (f"{release.release_id}.json", LATEST):
            lake_files.write_json(lake.root, f"{FOLDER}/{name}", content)
    except (OSError, ValueError) as error:
        log.warning("%s has no manifest for other engines: %s", release.release_id, error)


def latest(lake: Lake) -> str | None:
    """Which release other engines see as the latest; None where nothing, or nothing whole, says so."""
    try:
        with lake_files.open_file(lake.root, f"{FOLDER}/{LATEST}") as file:
            found: str = json.loads(file.read())["release_id"]
    except (OSError, ValueError, KeyError):
        return None
    return found


def withdraw(lake: Lake, release_id: str) -> None:
    """Delete the manifest of a release that can no longer be opened."""
    lake_files.delete(lake.root, f"{FOLDER}/{release_id}.json")
