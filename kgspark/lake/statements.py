"""SQL that makes and changes Delta tables, as text: contract -> statement. Only ``tables.py`` runs it."""

from __future__ import annotations

from collections.abc import Sequence

from kgspark.schema import Table

# Commits between two checkpoints of a book, which gets one small commit after the other: a checkpoint costs more than
# it saves a reader of so few rows.
_BOOK_CHECKPOINTS = 100


def create_table(identifier: str, contract: Table) -> str:
    """Create the table if need be: comments from the contract, no statistics on personal data, its clustering."""
    columns = ", ".join(f"`{c.name}` {c.type} COMMENT '{quoted(c.meaning)}'" for c in contract.columns)
    cluster = contract.layout.get("cluster_by", ())
    properties = {
        "delta.dataSkippingStatsColumns": ",".join(contract.counted),
        # Releases pin versions: Delta must not forget them by itself; only a vacuum that knows releases may.
        "delta.logRetentionDuration": "interval 3650 days",
        "delta.deletedFileRetentionDuration": "interval 3650 days",
    }
    if contract.layer == "ops":
        properties["delta.checkpointInterval"] = str(_BOOK_CHECKPOINTS)
    else:
        # A night that changes one row in a hundred would else rewrite every file. Of the books only rows are added.
        properties["delta.enableDeletionVectors"] = "true"
    listed = ", ".join(f"'{name}' = '{value}'" for name, value in properties.items())
    return (
        f"CREATE TABLE IF NOT EXISTS {identifier} ({columns}) USING delta "
        + (f"CLUSTER BY ({', '.join(cluster)}) " if cluster else "")
        + f"COMMENT '{quoted(contract.meaning)}' "
        + f"TBLPROPERTIES ({listed})"
    )


def create_view(view: str, identifier: str, version: int, meaning: str) -> str:
    """Make, or make anew, a view of a table as it was at a version."""
    rows = f"SELECT * FROM {identifier} VERSION AS OF {version}"  # noqa: S608 - names that we gave
    return f"CREATE OR REPLACE VIEW {view} COMMENT '{quoted(meaning)}' AS {rows}"


def keep_statistics(identifier: str, columns: Sequence[str]) -> str:
    """Keep minima and maxima of these columns alone."""
    return f"ALTER TABLE {identifier} SET TBLPROPERTIES ('delta.dataSkippingStatsColumns' = '{','.join(columns)}')"


def merge_changes(identifier: str, contract: Table) -> str:
    """Delete and insert the rows of the frame ``changes``: its column ``change`` says which."""
    same_key = " AND ".join(f"old.`{key}` = new.`{key}`" for key in contract.key)
    return (
        f"MERGE INTO {identifier} old USING {{changes}} new ON new.change = 'delete' AND {same_key} "
        "WHEN MATCHED THEN DELETE WHEN NOT MATCHED AND new.change = 'insert' THEN INSERT *"
    )


def quoted(text: str) -> str:
    """A text as it stands between the quotes of a SQL string.

    >>> quoted("the shop's")
    "the shop\\\\'s"
    """
    return text.replace("\\", "\\\\").replace("'", "\\'")
