"""The one module that touches storage: a lake of Delta tables, read at a pinned version and written as a whole."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from kgspark.errors import EngineError, InputError, KgsparkError, cause_of, engine_is_gone
from kgspark.lake.statements import create_table, keep_statistics, merge_changes, quoted
from kgspark.lake.written import Written
from kgspark.schema import Table, conform, table

# What Spark answers where nothing, or something else than a Delta table, lies at a path or under a name.
_NO_SUCH_TABLE = (
    "DELTA_TABLE_ONLY_OPERATION",
    "DELTA_TABLE_NOT_FOUND",
    "DELTA_PATH_DOES_NOT_EXIST",
    "TABLE_OR_VIEW_NOT_FOUND",
    "SCHEMA_NOT_FOUND",
    "PATH_NOT_FOUND",
)
# Commits behind ours that an engine may have made by itself.
_LATE_COMMITS = 10


class Lake:
    """Delta tables under a root folder, or in a catalogue where one is named.

    A table lies at ``<root>/<layer>/<table>`` or is called ``<catalog>.<prefix><layer>.<table>``.
    """

    def __init__(self, spark: SparkSession, root: str, catalog: str | None = None, prefix: str = "") -> None:
        self.spark = spark
        # Delta's SQL takes only absolute paths; a root with a scheme is one already.
        self.root = (root if ":/" in root else str(Path(root).absolute())).rstrip("/")
        self.catalog = catalog
        self._prefix = prefix
        # Tables that this lake has made sure of: a statement less for each later write.
        self._made: set[str] = set()

    def identifier(self, name: str) -> str:
        """How SQL names the table: ``delta.`path``` or its name in the catalogue."""
        place = self.path(name)
        return ".".join(f"`{part}`" for part in place.split(".")) if self.catalog else f"delta.`{place}`"

    def path(self, name: str) -> str:
        """Folder of a table; where there is a catalogue, its name there."""
        layer, _, short = name.partition(".")
        return f"{self.catalog}.{self._prefix}{layer}.{short}" if self.catalog else f"{self.root}/{layer}/{short}"

    def database(self, name: str) -> str:
        """How SQL names a database of ours in the catalogue, such as the one of a layer."""
        return f"`{self.catalog}`.`{self._prefix}{name}`"

    def unwritable(self, error: Exception) -> KgsparkError:
        """The sentence for what a first write ran into."""
        if engine_is_gone(error):
            return EngineError("Spark's Java process ended, or was killed; the same command again goes on from here.")
        return InputError(
            f"The lake {self.root} cannot be written ({cause_of(error)[:200]}); "
            "check the path and this account's right to write there."
        )

    def exists(self, name: str) -> bool:
        """Whether the table has at least one version."""
        return self.version(name) is not None

    def version(self, name: str) -> int | None:
        """The table's newest version; None where there is no such table."""
        try:
            newest = self.spark.sql(f"DESCRIBE HISTORY {self.identifier(name)} LIMIT 1").select("version").collect()
        except AnalysisException as error:
            if error.getCondition() in _NO_SUCH_TABLE:
                return None
            raise
        return int(newest[0]["version"])

    def read(self, name: str, version: int | None = None) -> DataFrame:
        """The table at a version (the newest where none is given); an empty frame of its schema where it does not
        exist.
        """
        if version is None:
            version = self.version(name)
            if version is None:
                return self.empty(name)
        return self._load(name, {"versionAsOf": str(version)})

    def rows(self, name: str) -> list[dict[str, Any]]:
        """All rows of a small table as it is now, as dicts; none where it does not exist."""
        try:
            return [row.asDict() for row in self._load(name, {}).collect()]
        except AnalysisException as error:
            if error.getCondition() in _NO_SUCH_TABLE:
                return []
            raise

    def _load(self, name: str, options: Mapping[str, str]) -> DataFrame:
        if self.catalog:
            return self.spark.read.options(**options).table(self.identifier(name))
        return self.spark.read.format("delta").options(**options).load(self.path(name))

    def empty(self, name: str) -> DataFrame:
        """A frame with the table's columns and no row."""
        return self.spark.createDataFrame([], table(name).struct)

    def overwrite(self, name: str, frame: DataFrame, note: str) -> Written:
        """Replace the table's rows in one commit; ``note`` (run and stage) is kept in the commit."""
        started, before = time.monotonic(), self.version(name)
        self._save(name, frame, "overwrite", note)
        # Delta makes no commit where nothing replaces nothing: then the newest version is what was asked for, too.
        version, metrics = self._commit(name, before, userMetadata=note)
        rows, size = int(metrics.get("numOutputRows", 0)), int(metrics.get("numOutputBytes", 0))
        return Written(name, version, rows, size, time.monotonic() - started, inserted=rows, deleted=0)

    def merge(self, name: str, changes: DataFrame, base: int, rows: int, note: str) -> Written:
        """Delete and insert rows of a version, of so many rows, in one commit.

        ``changes`` has the table's columns and ``change``: ``delete`` takes away the row of that key, ``insert`` adds
        the row as it stands. Rows are only marked as deleted (deletion vectors): no file is rewritten for one of its
        rows. Nothing is committed where there is nothing to do.
        """
        started = time.monotonic()
        if self.version(name) != base:
            self.restore(name, base)
        self.spark.sql(merge_changes(self.identifier(name), table(name)), changes=changes)
        version, metrics = self._commit(name, base, operation="MERGE")
        inserted, deleted = int(metrics["numTargetRowsInserted"]), int(metrics["numTargetRowsDeleted"])
        size, seconds = int(metrics.get("numTargetBytesAdded", 0)), time.monotonic() - started
        return Written(name, version, rows + inserted - deleted, size, seconds, inserted, deleted)

    def _commit(self, name: str, before: int | None, **ours: str) -> tuple[int, dict[str, str]]:
        """Version and metrics of our commit, the newest behind ``before`` with these values in the table's history. It
        need not be the newest of all: an engine may compact files right behind it.
        """
        history = self.spark.sql(f"DESCRIBE HISTORY {self.identifier(name)} LIMIT {_LATE_COMMITS}")
        told = history.select("version", "operationMetrics", *ours).collect()
        later = (row for row in told if before is None or row["version"] > before)
        commit = next((row for row in later if all(row[column] == value for column, value in ours.items())), told[0])
        return int(commit["version"]), commit["operationMetrics"] or {}

    def append(self, name: str, rows: Iterable[Mapping[str, Any]], note: str = "") -> None:
        """Add rows, given as dicts of the table's columns, in one commit."""
        contract = table(name)
        listed = list(rows)
        if listed:
            self._save(name, self._frame(contract, listed), "append", note)

    def replace_row(self, name: str, row: Mapping[str, Any], application: str, number: int, note: str) -> None:
        """Make this row the table's only one, unless transaction ``number`` of the application was already made: then
        nothing is written. ``note`` is kept in the commit: ``last_note`` tells whether it was written. Raises Spark's
        error where another process is making the transaction at this moment.
        """
        contract = table(name)
        self._create(contract)
        frame = self._frame(contract, [row])
        once = {"txnAppId": application, "txnVersion": str(number), "userMetadata": note}
        if self.catalog:
            frame.writeTo(self.identifier(name)).options(**once).overwrite(F.lit(True))
        else:
            frame.write.format("delta").mode("overwrite").options(**once).save(self.path(name))

    def last_note(self, name: str) -> str | None:
        """The note of the table's newest commit: a look at one file, where a read of its rows would be a Spark job."""
        history = self.spark.sql(f"DESCRIBE HISTORY {self.identifier(name)} LIMIT 1")
        note: str | None = history.select("userMetadata").collect()[0]["userMetadata"]
        return note

    def upsert(self, name: str, row: Mapping[str, Any]) -> None:
        """Insert one row, or replace the row of the same key, whose columns are strings."""
        contract = table(name)
        same_key = " AND ".join(f"`{key}` = '{quoted(str(row.get(key)))}'" for key in contract.key)
        # For one row a conditional overwrite costs half of what a MERGE does, which joins.
        self._save(name, self._frame(contract, [row]), "overwrite", note="", where=same_key)

    def _frame(self, contract: Table, rows: Iterable[Mapping[str, Any]]) -> DataFrame:
        values = [tuple(row.get(column) for column in contract.column_names) for row in rows]
        return self.spark.createDataFrame(values, contract.struct).coalesce(1)

    def restore(self, name: str, version: int | None) -> None:
        """Make an earlier version the newest again; None empties a table that no release holds."""
        if version is None:
            self.overwrite(name, self.empty(name), "emptied: its gate failed and no earlier version is released")
        else:
            self.spark.sql(f"RESTORE TABLE {self.identifier(name)} TO VERSION AS OF {version}")

    def _save(
        self, name: str, frame: DataFrame, mode: str, note: str, where: str | None = None, anew: bool = False
    ) -> None:
        contract = table(name)
        self._create(contract)
        rows = frame if anew else conform(frame, contract)
        writer = (
            rows.write.format("delta")
            .option("overwriteSchema", str(anew).lower())
            .mode(mode)
            .option("userMetadata", note)
        )
        if contract.layer == "ops":
            # The books of an older kgspark lack the columns that were added since.
            writer = writer.option("mergeSchema", "true")
        if where is not None:
            writer = writer.option("replaceWhere", where)
        if self.catalog:
            writer.saveAsTable(self.identifier(name))
        else:
            writer.save(self.path(name))

    def redeclare(self, name: str, frame: DataFrame, note: str) -> int:
        """Make the table anew as its contract says today, with these rows; gives the version. Earlier ones stay."""
        contract, place = table(name), self.identifier(name)
        # Delta refuses to keep statistics on a column that is not there: before the change, only on those that stay.
        stay = [column for column in contract.counted if column in self._load(name, {}).columns]
        self.spark.sql(keep_statistics(place, stay))
        said = [F.col(c.name).alias(c.name, metadata={"comment": c.meaning}) for c in contract.columns]
        self._save(name, conform(frame, contract).select(*said), "overwrite", note, anew=True)
        version, _ = self._commit(name, None, userMetadata=note)
        self.spark.sql(keep_statistics(place, contract.counted))
        return version

    def _create(self, contract: Table) -> None:
        """Create the table if need be: comments from the contract, no statistics on personal data, its clustering."""
        if contract.name in self._made:
            return
        if self.catalog:
            self.spark.sql(f"CREATE DATABASE IF NOT EXISTS {self.database(contract.layer)}")
        try:
            self.spark.sql(create_table(self.identifier(contract.name), contract))
        except Exception as error:
            if not self._is_there(contract.name):
                raise self.unwritable(error) from error
        self._made.add(contract.name)

    def _is_there(self, name: str) -> bool:
        """Whether another process made the table at the moment at which this one could not."""
        try:
            return self.exists(name)
        except Exception:  # noqa: BLE001 - the error of the write is the one to be told
            return False
