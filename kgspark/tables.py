"""The one module that touches storage: a lake of Delta tables, read at a pinned version and written as a whole."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, SparkSession

from kgspark.errors import InputError
from kgspark.schema import Table, conform, table

# What Spark answers where nothing, or something else than a Delta table, lies at a path or under a name.
_NO_SUCH_TABLE = ("DELTA_TABLE_ONLY_OPERATION", "TABLE_OR_VIEW_NOT_FOUND", "SCHEMA_NOT_FOUND", "PATH_NOT_FOUND")

# Delta keeps minima and maxima only of these types; naming another as a statistics column is an error.
_STATISTICS_TYPES = ("string", "int", "bigint", "double", "date", "timestamp", "decimal")


@dataclass(frozen=True)
class Written:
    """What a write did: the Delta version it made, rows and bytes of data files, seconds."""

    table: str
    version: int
    rows: int
    bytes: int
    seconds: float


class Lake:
    """Delta tables under a root folder, or in a catalogue where one is named.

    A table lies at ``<root>/<layer>/<table>`` or is called ``<catalog>.<prefix><layer>.<table>``.
    """

    def __init__(self, spark: SparkSession, root: str, catalog: str | None = None, prefix: str = "") -> None:
        self.spark = spark
        # Delta's SQL takes only absolute paths; a root with a scheme is one already.
        self.root = (root if ":/" in root else str(Path(root).absolute())).rstrip("/")
        self._catalog = catalog
        self._prefix = prefix
        # Tables that this lake has made sure of: a statement less for each later write.
        self._made: set[str] = set()

    def identifier(self, name: str) -> str:
        """How SQL names the table: ``delta.`path``` or its name in the catalogue."""
        layer, _, short = name.partition(".")
        if self._catalog:
            return f"`{self._catalog}`.`{self._prefix}{layer}`.`{short}`"
        return f"delta.`{self._path(name)}`"

    def _path(self, name: str) -> str:
        return f"{self.root}/{name.replace('.', '/', 1)}"

    def unwritable(self, error: Exception) -> InputError:
        """The sentence for what a first write ran into."""
        # Spark's first line may say only that a task failed; what the file system said stands in the last cause.
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        causes = [line.removeprefix("Caused by: ") for line in lines if line.startswith("Caused by: ")]
        said = next(iter(causes[-1:] or lines), type(error).__name__)
        return InputError(
            f"The lake {self.root} cannot be written ({said[:200]}); "
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
        if self._catalog:
            return self.spark.read.option("versionAsOf", version).table(self.identifier(name))
        return self.spark.read.format("delta").option("versionAsOf", version).load(self._path(name))

    def empty(self, name: str) -> DataFrame:
        """A frame with the table's columns and no row."""
        return self.spark.createDataFrame([], table(name).struct)

    def overwrite(self, name: str, frame: DataFrame, note: str) -> Written:
        """Replace the table's rows in one commit; ``note`` (run and stage) is kept in the commit."""
        started = time.monotonic()
        self._save(name, frame, "overwrite", note)
        # Delta makes no commit where nothing replaces nothing: then the newest version is what was asked for, too.
        history = self.spark.sql(f"DESCRIBE HISTORY {self.identifier(name)} LIMIT 1")
        commit = history.select("version", "operationMetrics").collect()[0]
        metrics = commit["operationMetrics"] or {}
        return Written(
            table=name,
            version=int(commit["version"]),
            rows=int(metrics.get("numOutputRows", 0)),
            bytes=int(metrics.get("numOutputBytes", 0)),
            seconds=time.monotonic() - started,
        )

    def append(self, name: str, rows: Iterable[Mapping[str, Any]], note: str = "") -> None:
        """Add rows, given as dicts of the table's columns, in one commit."""
        contract = table(name)
        values = [tuple(row.get(column) for column in contract.column_names) for row in rows]
        if values:
            self._save(name, self.spark.createDataFrame(values, contract.struct).coalesce(1), "append", note)

    def upsert(self, name: str, row: Mapping[str, Any]) -> None:
        """Insert one row, or replace the row of the same key."""
        contract = table(name)
        self._create(contract)
        frame = self.spark.createDataFrame([tuple(row.get(c) for c in contract.column_names)], contract.struct)
        on = " AND ".join(f"old.`{key}` = new.`{key}`" for key in contract.key)
        # A frame argument instead of a temporary view: nothing is left behind in the session's catalogue.
        self.spark.sql(
            f"MERGE INTO {self.identifier(name)} old USING {{new_rows}} new ON {on} "
            "WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *",
            new_rows=frame,
        )

    def restore(self, name: str, version: int | None) -> None:
        """Make an earlier version the newest again; None empties a table that no release holds."""
        if version is None:
            self.overwrite(name, self.empty(name), "emptied: its gate failed and no earlier version is released")
        else:
            self.spark.sql(f"RESTORE TABLE {self.identifier(name)} TO VERSION AS OF {version}")

    def _save(self, name: str, frame: DataFrame, mode: str, note: str) -> None:
        contract = table(name)
        self._create(contract)
        writer = conform(frame, contract).write.format("delta").mode(mode).option("userMetadata", note)
        if self._catalog:
            writer.saveAsTable(self.identifier(name))
        else:
            writer.save(self._path(name))

    def _create(self, contract: Table) -> None:
        """Create the table if need be: comments from the contract, no statistics on personal data, its clustering."""
        if contract.name in self._made:
            return
        if self._catalog:
            layer = contract.name.partition(".")[0]
            self.spark.sql(f"CREATE DATABASE IF NOT EXISTS `{self._catalog}`.`{self._prefix}{layer}`")
        columns = ", ".join(f"`{c.name}` {c.type} COMMENT '{_quoted(c.meaning)}'" for c in contract.columns)
        cluster = contract.layout.get("cluster_by", ())
        skipping = [c.name for c in contract.columns if not c.pii and c.type.partition("(")[0] in _STATISTICS_TYPES]
        statement = (
            f"CREATE TABLE IF NOT EXISTS {self.identifier(contract.name)} ({columns}) USING delta "
            + (f"CLUSTER BY ({', '.join(cluster)}) " if cluster else "")
            + f"COMMENT '{_quoted(contract.meaning)}' "
            + f"TBLPROPERTIES ('delta.dataSkippingStatsColumns' = '{','.join(skipping)}', "
            # Releases pin versions: Delta must not forget them by itself; only a vacuum that knows releases may.
            + "'delta.logRetentionDuration' = 'interval 3650 days', "
            + "'delta.deletedFileRetentionDuration' = 'interval 3650 days')"
        )
        try:
            self.spark.sql(statement)
        except Exception as error:
            raise self.unwritable(error) from error
        self._made.add(contract.name)


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace("'", "\\'")
