"""Raw dumps of every format as one framed table: source, file, position, payload, raw, problem.

csv, tsv, json, jsonl and xml are cut into records here, not by Spark's readers: those lose the rows behind an open
quote, map a reordered header by position and turn bad bytes into question marks. A worker streams a local file of any
size (one task a file: deliver big dumps in parts); a remote file, whose credentials only Spark has, is fetched by Spark
in one piece of at most ``max_file_bytes``. parquet and delta are read by Spark, as wide as they are.
"""

from __future__ import annotations

import functools
import glob
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import IO
from urllib.parse import urlparse

import pyarrow as pa
from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from kgspark.errors import InputError
from kgspark.ingest import csv_frames, json_frames, table_frames, xml_frames
from kgspark.ingest.framed import BATCH_SQL, FRAMED_SCHEMA, Framed, batches
from kgspark.ingest.settings import IngestSettings
from kgspark.ingest.sources import Source
from kgspark.ingest.streams import open_bytes

TABLE_FORMATS = ("parquet", "delta")


def read_sources(spark: SparkSession, sources: Sequence[Source], cfg: IngestSettings | None = None) -> DataFrame:
    """Every record of every source, readable or not.

    Columns: ``source``; ``file``, its name within the source's path; ``position`` in the file, from 0, header not
    counted; ``payload``, a JSON object of field name to text, names in order; where that cannot hold the record, its
    bytes as ``raw``, without the line's end, and the ``problem``. A source whose files are missing is left out where
    its ``on_missing`` is keep. Raises InputError for one whose is fail.
    """
    framed = [_one(spark, source, cfg or IngestSettings()) for source in sources if list_files(spark, source)]
    if not framed:
        return spark.createDataFrame([], FRAMED_SCHEMA)
    return functools.reduce(DataFrame.unionByName, framed)


def list_files(spark: SparkSession, source: Source) -> list[str]:
    """Files of a source as Spark names them, in order; empty where there are none and the source keeps what it had."""
    try:
        files = sorted(listing(spark, source).inputFiles())
    except AnalysisException as error:
        if error.getCondition() not in ("PATH_NOT_FOUND", "DELTA_TABLE_NOT_FOUND", "DELTA_PATH_DOES_NOT_EXIST"):
            raise InputError(
                f"Source {source.name}: {source.path} cannot be read as {source.format} ({_sentence(error)}); "
                "check path and format."
            ) from None
        files = []
    if not files and source.on_missing == "fail":
        raise _missing(source)
    return files


def check_local_files(sources: Sequence[Source]) -> None:
    """``list_files`` without Spark, as far as that can tell, for sources whose paths are of this machine's disk.

    Raises InputError where a source's files are missing and must not be.
    """
    for source in sources:
        # Hadoop's globs know alternatives in braces, Python's do not.
        told = ":/" in source.path or "{" in source.path
        if source.on_missing == "fail" and not told and not any(glob.iglob(source.path)):
            raise _missing(source)


def _missing(source: Source) -> InputError:
    return InputError(
        f"Source {source.name}: no file at {source.path}; deliver it, or set 'on_missing: keep' to go on with what the "
        "last night had."
    )


def absent(spark: SparkSession, sources: Sequence[Source]) -> list[str]:
    """Names of the sources that may stay away and did; one that must come has been checked before the night."""
    return [source.name for source in sources if source.on_missing == "keep" and not list_files(spark, source)]


def text_files(spark: SparkSession, source: Source, files: Sequence[str]) -> DataFrame:
    """One row a file: path, length, and content, null for local files, which a worker opens itself."""
    listed = listing(spark, source)
    remote = any(urlparse(file).scheme != "file" for file in files)
    return listed.select(
        "path", "length", (F.col("content") if remote else F.lit(None).cast("binary")).alias("content")
    )


def framer(source: Source, cfg: IngestSettings) -> Callable[[IO[bytes]], Iterator[Framed]]:
    """The function that cuts a stream of the source's text format into records."""
    options, limit = source.options, cfg.max_record_bytes
    if source.format == "jsonl":
        return functools.partial(json_frames.frame_lines, encoding=options.encoding, limit=limit)
    if source.format == "json":
        return functools.partial(
            json_frames.frame_document,
            encoding=options.encoding,
            rows=options.rows,
            limit=limit,
            file_limit=cfg.max_file_bytes,
        )
    if source.format == "xml":
        return functools.partial(xml_frames.frame, row_tag=options.row_tag or "", limit=limit)
    return functools.partial(
        csv_frames.frame,
        separator=source.separator,
        quote=options.quote,
        encoding=options.encoding,
        names=options.column_names,
        limit=limit,
    )


def file_depth(path: str) -> int:
    """How many of a file's last names tell it from the source's other files.

    >>> file_depth("/data/offers.csv"), file_depth("/data/*/part-*.csv")
    (1, 2)
    """
    names = path.rstrip("/").split("/")
    first = next((index for index, name in enumerate(names) if _is_pattern(name)), len(names) - 1)
    return len(names) - first


def listing(spark: SparkSession, source: Source) -> DataFrame:
    """One row a file of the source, with what is known of it beside its content; of a Delta table, its rows."""
    if source.format == "delta":
        return spark.read.format("delta").load(source.path)
    folder, _, name = source.path.rpartition("/")
    if folder and _is_pattern(name) and not _is_pattern(folder):
        # The same files as by a glob; but for a glob Spark logs a stack trace, in search of a streaming sink's folder.
        return spark.read.format("binaryFile").option("pathGlobFilter", name).load(folder)
    return spark.read.format("binaryFile").load(source.path)


def _is_pattern(name: str) -> bool:
    return bool(set(name) & set("*?[{"))


def _one(spark: SparkSession, source: Source, cfg: IngestSettings) -> DataFrame:
    if source.format in TABLE_FORMATS:
        framed = table_frames.frame(spark, source)
    else:
        cut = framer(source, cfg)

        def records(files: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            for batch in files:
                for path, content in zip(batch.column("path"), batch.column("content"), strict=True):
                    with open_bytes(path.as_py(), content.as_py()) as stream:
                        yield from batches(path.as_py(), cut(stream))

        framed = text_files(spark, source, list_files(spark, source)).mapInArrow(records, BATCH_SQL)
    names = F.split("path", "/")
    return framed.select(
        F.lit(source.name).alias("source"),
        F.array_join(F.slice(names, -file_depth(source.path), file_depth(source.path)), "/").alias("file"),
        "position",
        "payload",
        "raw",
        "problem",
    )


def _sentence(error: Exception) -> str:
    return str(error).splitlines()[0][:200]
