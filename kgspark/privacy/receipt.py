"""The proof of an erasure, and its receipt: what was read in search of people, and where something was still found.

lake after an erasure, words -> traces in files and tables, what earlier proofs found and is still there -> ops.erasures
"""

from __future__ import annotations

import datetime
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from kgspark.lake import lake_files
from kgspark.lake.tables import Lake
from kgspark.privacy import forget, people
from kgspark.privacy.searched import Searched
from kgspark.privacy.table_traces import table_traces
from kgspark.privacy.traces import Trace, traces
from kgspark.releases.release import Release
from kgspark.schema import table


@dataclass(frozen=True)
class Erasure:
    """The receipt: the columns of ops.erasures, and the files in which something was still found."""

    erasure_id: str
    release_id: str
    people: int
    records: dict[str, int]
    files: int
    tables: int
    traces: list[Trace]
    by_field: int
    looked_for: list[str]

    @property
    def read(self) -> str:
        """What was read, for a sentence."""
        return f"{self.files:,} files" + (f" and {self.tables:,} tables" if self.tables else "")


def proven(lake: Lake, release: Release, words: Searched, deleted: Mapping[str, int], asked_for: int) -> Erasure:
    """Search the lake, and keep the receipt; ``deleted``: bronze table to records, ``asked_for``: raw ids."""
    files, left = traces(lake.root, words.anywhere, words.in_bronze)
    tables = 0
    if lake.catalog:
        tables, in_tables = table_traces(lake, forget.all_tables(release), words.anywhere, words.in_bronze)
        left = [*left, *in_tables]
    if not any(deleted.values()):
        # Their records are not known any more, so that this search alone cannot say that nothing is left of them.
        left = [*left, *_left_before(lake, {trace.file for trace in left})]
    receipt = Erasure(
        erasure_id=f"erasure-{secrets.token_hex(8)}",
        release_id=release.release_id,
        people=asked_for,
        records=dict(deleted),
        files=files,
        tables=tables,
        traces=left,
        by_field=words.by_field,
        looked_for=words.kinds,
    )
    _write(lake, receipt)
    return receipt


def _left_before(lake: Lake, told: Collection[str]) -> list[Trace]:
    """Files in which an earlier erasure found something, and which are still there: nobody writes a file of a lake
    again.
    """
    found = {file: row["erasure_id"] for row in lake.rows(people.ERASURES) for file in row.get("found_in") or ()}
    there = set(lake_files.files(lake.root)) if found else set()
    return [Trace(file, f"what {by} found") for file, by in sorted(found.items()) if file in there and file not in told]


def _write(lake: Lake, receipt: Erasure) -> None:
    files = sorted({trace.file for trace in receipt.traces})
    row = vars(receipt) | {"traces": len(files), "found_in": files, "erased_at": datetime.datetime.now(datetime.UTC)}
    kept = {name: row[name] for name in table(people.ERASURES).column_names}
    lake.append(people.ERASURES, [kept], note=forget.REASON)
