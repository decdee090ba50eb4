"""What lies at the sources' paths tonight, known without reading it: a night that was stopped goes on only where its
dumps are still those that it began with.
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Sequence

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from kgspark.ingest.frame import list_files, listing
from kgspark.ingest.sources import Source

_FILE = ("path", "string(length)", "string(unix_micros(modificationTime))")


def deliveries_hash(spark: SparkSession, sources: Sequence[Source]) -> str:
    """First 8 hex digits of a hash of every file's source, path, size and time of change; of a Delta table, which never
    changes a file, of the paths in its newest version.

    Raises InputError where a source's files are missing and must not be.
    """
    files: list[tuple[str, ...]] = []
    listed = []
    for source in sources:
        paths = list_files(spark, source)
        if source.format == "delta":
            files += [(source.name, path) for path in paths]
        elif paths:
            listed.append(listing(spark, source).select(F.lit(source.name), *map(F.expr, _FILE)))
    if listed:
        # One job for all; without the column of the content no file is opened.
        files += [tuple(row) for row in functools.reduce(DataFrame.union, listed).collect()]
    return hashlib.sha256(json.dumps(sorted(files)).encode()).hexdigest()[:8]
