"""A lake whose tables an older kgspark declared otherwise: a night refuses it, and one command carries it over.

last release -> each of its tables under today's contract -> a release of the new versions

What a night makes anew it makes anew the next night, as its schema version is another; what it goes on with (bronze,
ids, prices, vectors) must come along.
"""

from __future__ import annotations

import datetime
import secrets
from collections.abc import Mapping
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from kgspark import __version__
from kgspark.errors import InputError
from kgspark.lake.lock import Lock
from kgspark.nightly.ledger import MOVED, STAGE_RUNS, UNSPENT
from kgspark.pipeline import PREVIOUS, STAGES
from kgspark.releases import register
from kgspark.releases.release import Release
from kgspark.schema import Table, conform, schema_version, table

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from kgspark.config import Config
    from kgspark.lake.tables import Lake

MIGRATION = "migration"


def refuse_other_schema(release: Release | None) -> None:
    """Raise InputError where a release was written under another schema version than this kgspark's."""
    now = schema_version()
    if release is None or release.schema_version == now:
        return
    if release.schema_version > now:
        what = f"use the kgspark that wrote it ({release.code_version}) or a later one"
    else:
        what = "run 'kgspark migrate' once; earlier releases stay as they are"
    raise InputError(
        f"Release {release.release_id} has schema version {release.schema_version}, and this kgspark writes {now}: "
        f"{what}."
    )


def migrate(lake: Lake, cfg: Config) -> Release | None:
    """Carry the last release over to today's contracts; None where it has them already.

    Columns that are new are null, those that are gone are left out, others are cast; a table that lacks a value which
    it needs, and that the next night makes anew, is empty until then. Raises InputError without a
    release, for one of a later schema version, and where a table that nights go on with lacks a value that it needs.
    """
    known = register.all_releases(lake)
    last = known[-1] if known else None
    if last is None:
        raise InputError(f"The lake {lake.root} has no release; there is nothing to migrate.")
    now = schema_version()
    if last.schema_version == now:
        return None
    if last.schema_version > now:
        refuse_other_schema(last)
    with Lock(lake, cfg.lock, "a migration") as lock:
        note = f"schema version {last.schema_version} to {now}"
        tables = {}
        for name, version in sorted(last.tables.items()):
            contract = _declared(name)
            if contract is not None:
                tables[name] = lake.redeclare(name, carried(lake.read(name, version), contract), note)
        lock.confirm()
        _enter(lake, last, tables)
        release_id = register.id_of(last.night, f"{last.release_id} {now} {sorted(tables.items())}")
        kept = {name: getattr(last, name) for name in ("night", "run_id", "artifacts", "config_hash", "licences")}
        told = {"action": MIGRATION, "tables": tables, "schema_version": now, "code_version": __version__}
        return register.publish(lake, kept | told | {"release_id": release_id}, known)


def _enter(lake: Lake, last: Release, tables: Mapping[str, int]) -> None:
    """Keep in the book of runs that what stages wrote lies at other versions now."""
    newest = {
        (row["stage"], row["table"]): row
        for row in sorted(lake.rows(STAGE_RUNS), key=lambda row: row["finished_at"])
        if last.tables.get(row["table"]) == row["version"] and row["table"] in tables
    }
    now = datetime.datetime.now(datetime.UTC)
    told = {"run_id": f"{MIGRATION}-{secrets.token_hex(4)}", "how": MOVED, "why": MIGRATION, "finished_at": now}
    rows = [row | told | UNSPENT | {"version": tables[row["table"]]} for row in newest.values()]
    lake.append(STAGE_RUNS, rows, note=MIGRATION)


def carried(frame: DataFrame, contract: Table) -> DataFrame:
    """The rows under a contract; none where they lack a value that it asks for and the next night makes them anew."""
    new = [column for column in contract.columns if column.name not in frame.columns]
    needed = [column.name for column in new if not column.nullable]
    if needed and contract.name in _gone_on_with():
        raise InputError(
            f"{contract.name} cannot be migrated: nothing tells {', '.join(needed)} of its rows. Build a new lake from "
            "the dumps; the old one keeps its releases for the kgspark that wrote it."
        )
    told = frame.withColumns({column.name: F.lit(None).cast(column.type) for column in new})
    return conform(told.limit(0) if needed else told, contract)


def _gone_on_with() -> set[str]:
    """Tables of the last release that decide rows of the next one."""
    read = {name for stage in STAGES for name in stage.reads if name not in stage.memory}
    return {name.removesuffix(PREVIOUS) for name in read if name.endswith(PREVIOUS)}


def _declared(name: str) -> Table | None:
    try:
        return table(name)
    except InputError:
        return None
