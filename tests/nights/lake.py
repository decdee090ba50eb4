"""A lake with a few hand-written releases, for the tests of what is done with releases."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from typing import Any

from kgspark.lake.tables import Lake
from kgspark.releases import register
from kgspark.releases.release import Release
from tests.builders import rows

NIGHT = datetime.date(2026, 1, 2)


def released(lake: Lake, release_id: str, tables: Mapping[str, Iterable[Mapping[str, Any]]]) -> Release:
    """Write the tables and release them, beside what the last release holds."""
    last = register.latest(lake)
    versions = dict(last.tables) if last else {}
    for name, values in tables.items():
        versions[name] = lake.overwrite(name, rows(lake.spark, name, values), note="test").version
    return publish(lake, release_id, versions)


def publish(lake: Lake, release_id: str, versions: Mapping[str, int]) -> Release:
    """Release tables at these versions."""
    row = {
        "release_id": release_id,
        "night": NIGHT,
        "run_id": "run",
        "action": "release",
        "tables": dict(versions),
        "artifacts": {},
        "config_hash": "c",
        "code_version": "0",
        "licences": {"shop": "CC0"},
    }
    return register.publish(lake, row, register.all_releases(lake))
