"""What lies at the sources' paths tonight, known without reading it: a night that was stopped goes on only where its
dumps are still those that it began with.
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Sequence
from itertools import takewhile

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from kgspark.ingest.frame import list_files, listing
from kgspark.ingest.sources import Source

_FILE = ("path", "string(length)", "string(unix_micros(modificationTime))")
# A table that was copied is the same one, with other times.
_COMMIT = ("path", "string(length)", "''")


def deliveries_hash(spark: SparkSession, sources: Sequence[Source]) -> str:
    """First 8 hex digits of a hash of every file's source, name, size and time of change; of a Delta table, which never
    changes a file, of the names in its newest version and of its commits. A name counts from the folder that all files
    of its source share: dumps that were moved are the same ones.

    Raises InputError where a source's files are missing and must not be.
    """
    files: list[tuple[str, ...]] = []
    listed = []
    for source in sources:
        paths = list_files(spark, source)
        if source.format == "delta":
            files += [(source.name, path) for path in paths]
            if paths:
                # Rows that are only marked as deleted leave the names as they were: only the log tells of them.
                listed.append(_commits(spark, source).select(F.lit(source.name), *map(F.expr, _COMMIT)))
        elif paths:
            listed.append(listing(spark, source).select(F.lit(source.name), *map(F.expr, _FILE)))
    if listed:
        # One job for all; without the column of the content no file is opened.
        files += [tuple(row) for row in functools.reduce(DataFrame.union, listed).collect()]
    return hashlib.sha256(json.dumps(_named_from_their_folder(files)).encode()).hexdigest()[:8]


def _commits(spark: SparkSession, source: Source) -> DataFrame:
    log = spark.read.format("binaryFile").option("pathGlobFilter", "*.json")
    return log.load(f"{source.path}/_delta_log")


def _named_from_their_folder(files: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Rows of source, path and more, sorted, each path without what all paths of its source begin with.

    >>> _named_from_their_folder([("a", "file:/x/1/p", "7"), ("a", "file:/x/2/p", "8"), ("b", "s3a://y/q", "9")])
    [('a', '1/p', '7'), ('a', '2/p', '8'), ('b', 'q', '9')]
    """
    folders: dict[str, list[list[str]]] = {}
    for source, path, *_ in files:
        folders.setdefault(source, []).append(path.split("/")[:-1])

    def alike(parts: tuple[str, ...]) -> bool:
        return len(set(parts)) == 1

    shared = {source: len(list(takewhile(alike, zip(*paths, strict=False)))) for source, paths in folders.items()}
    return sorted((source, "/".join(path.split("/")[shared[source] :]), *rest) for source, path, *rest in files)
