"""Releases: which version of every table belongs together. Readers open a release, never loose tables."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame

from kgspark.errors import InputError
from kgspark.lake.tables import Lake
from kgspark.releases import manifests, views
from kgspark.releases.release import Release
from kgspark.schema import load_tables, schema_version

RELEASES = "ops.releases"
RETIRED = "ops.retired_releases"
_WHY = {
    "vacuum": "it was older than the releases to be kept and was vacuumed",
    "erasure": "it held what a person asked to be forgotten, which was erased",
}


def all_releases(lake: Lake) -> list[Release]:
    """Every release and rollback, oldest first; empty where no night was ever released."""
    # One row a night: a list on the driver is the natural form.
    return sorted((Release(**row) for row in lake.rows(RELEASES)), key=lambda known: (known.sequence, known.created_at))


def none_yet(root: str) -> InputError:
    """The sentence for a lake that holds no release."""
    return InputError(f"The lake {root} holds no release; run 'kgspark nightly' first, or check the path.")


def surely_none(root: str) -> bool:
    """Whether a folder of this machine holds no release, which can be seen without Spark."""
    return ":/" not in root and not (Path(root) / RELEASES.replace(".", "/") / "_delta_log").is_dir()


def latest(lake: Lake) -> Release | None:
    """The release that readers see now; None before the first."""
    releases = all_releases(lake)
    return releases[-1] if releases else None


def find_release(lake: Lake, release_id: str) -> Release:
    """The newest row of a release. Raises InputError where the lake has none of that id, or keeps it no longer."""
    releases = all_releases(lake)
    found = next((known for known in reversed(releases) if known.release_id == release_id), None)
    if found is None:
        known_ids = ", ".join(dict.fromkeys(known.release_id for known in releases)) or "none"
        raise InputError(f"The lake {lake.root} has no release {release_id}; it has {known_ids}.")
    gone = retired(lake).get(release_id)
    if gone:
        raise InputError(
            f"Release {release_id} can no longer be opened: {gone}. 'kgspark releases' lists those that can."
        )
    return found


def retired(lake: Lake) -> dict[str, str]:
    """Releases that can no longer be opened, and why, as the end of a sentence."""
    rows = sorted(lake.rows(RETIRED), key=lambda row: row["retired_at"])
    return {row["release_id"]: f"{_WHY[row['reason']]} on {row['retired_at']:%Y-%m-%d}" for row in rows}


def openable(lake: Lake) -> list[Release]:
    """The releases and rollbacks that can still be opened, oldest first."""
    gone = retired(lake)
    return [release for release in all_releases(lake) if release.release_id not in gone]


def retire(lake: Lake, release_ids: Iterable[str], reason: str) -> None:
    """Say that releases can no longer be opened, before their files go; ``reason`` is a key of the texts above."""
    now = datetime.datetime.now(datetime.UTC)
    names = list(release_ids)
    # Before the commit: a call that ends halfway is made again, and finds them all.
    for name in names:
        manifests.withdraw(lake, name)
        views.withdraw(lake, name)
    lake.append(RETIRED, [{"release_id": r, "reason": reason, "retired_at": now} for r in names], note=reason)


def id_of(night: datetime.date, contents: str) -> str:
    """The id of a night's release that holds just these contents."""
    return f"r{night.isoformat()}-{hashlib.sha256(contents.encode()).hexdigest()[:8]}"


def publish(lake: Lake, row: dict[str, Any], releases: list[Release]) -> Release:
    """Append a release after ``releases``: this single commit is the release. ``row`` lacks sequence and time, which
    are given here.
    """
    now = all_releases(lake)
    if [row.sequence for row in now] != [row.sequence for row in releases]:
        raise InputError("Another release or rollback was made in the meantime; nothing was released: run it again.")
    release = Release(
        sequence=max((known.sequence for known in releases), default=0) + 1,
        created_at=datetime.datetime.now(datetime.UTC),
        **({"schema_version": schema_version()} | row),
    )
    lake.append(RELEASES, [vars(release)], note=f"{release.action} {release.release_id}")
    _show(lake, release)
    return release


def _show(lake: Lake, release: Release) -> None:
    views.show(lake, release)
    # Last: the latest release's manifest says that its views are made, too.
    manifests.write(lake, release)


def show_again(lake: Lake, release: Release) -> None:
    """Tell other engines of the latest release where the process that made it died before it could."""
    if manifests.latest(lake) != release.release_id:
        _show(lake, release)


def rollback(lake: Lake, release_id: str) -> Release:
    """Make an earlier release the latest again: tables, artefacts and settings together.

    Nothing is rewritten: a row that repeats the earlier release is appended, and the next night starts from it. Raises
    InputError where no release has that id.
    """
    releases = all_releases(lake)
    target = find_release(lake, release_id)
    for name, version in target.tables.items():
        try:
            lake.read(name, version).limit(1).collect()
        except Exception as error:
            raise InputError(
                f"Release {release_id} cannot be opened again: {name} version {version} is no longer kept "
                f"({str(error).splitlines()[0][:120]})."
            ) from error
    kept = ("release_id", "night", "run_id", "tables", "artifacts", "config_hash", "code_version", "schema_version")
    return publish(
        lake, {name: getattr(target, name) for name in (*kept, "licences")} | {"action": "rollback"}, releases
    )


class KnowledgeGraph:
    """A release, opened for reading: every table at the version that the release names.

    >>> kg = kgspark.open("build/lake")          # doctest: +SKIP
    >>> kg.table("graph.edges").count()          # doctest: +SKIP
    """

    def __init__(self, lake: Lake, release: Release) -> None:
        self.lake = lake
        self.release = release

    @property
    def tables(self) -> list[str]:
        """Names of the tables in the release, in the order data flows."""
        order = list(load_tables())
        return sorted(self.release.tables, key=lambda name: (order.index(name) if name in order else len(order), name))

    def table(self, name: str) -> DataFrame:
        """A table of the release. Raises InputError where the release holds no such table."""
        if name.startswith("ops."):
            return self.lake.read(name)
        if name not in self.release.tables:
            raise InputError(
                f"Release {self.release.release_id} holds no table {name}; it holds {', '.join(self.tables)}."
            )
        return self.lake.read(name, self.release.tables[name])

    def table_or_empty(self, name: str) -> DataFrame:
        """A table of the release; one that it does not hold has no rows."""
        return self.table(name) if name in self.release.tables else self.lake.empty(name)
