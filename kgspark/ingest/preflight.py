"""What can be wrong with sources, found before the night writes its first row and said in one sentence."""

from __future__ import annotations

import functools
import gzip
import itertools
import json
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from typing import IO
from urllib.parse import unquote

import pyarrow as pa
from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from kgspark.errors import InputError
from kgspark.ingest import csv_frames
from kgspark.ingest.fields import nearest
from kgspark.ingest.frame import TABLE_FORMATS, framer, list_files, text_files
from kgspark.ingest.settings import IngestSettings
from kgspark.ingest.sources import Source
from kgspark.ingest.streams import READ_BYTES, open_bytes

_PROBE = "source string, path string, names string, problem string"
_PROBE_SCHEMA = pa.schema([(name, pa.string()) for name in ("source", "path", "names", "problem")])
# Formats without a header say what they hold only record by record.
_SAMPLED_RECORDS = 1000
# Fields without which nothing of a kind comes about; another may be absent from a day's json.
_INDISPENSABLE = ("key", "columns.title", "columns.product")


def check_sources(spark: SparkSession, sources: Sequence[Source], cfg: IngestSettings) -> None:
    """Stop a night that cannot succeed: nothing has been written yet.

    Raises InputError, naming source, file and field, for: two sources of one name; a file that is missing, empty,
    truncated, or larger than ``max_file_bytes`` where that counts; a mapped field that a header lacks (with the
    nearest name); a SQL expression that does not work; a path that does not hold the format. Every packed file is
    unpacked once.
    """
    names = [source.name for source in sources]
    for name in names:
        if names.count(name) > 1:
            raise InputError(f"Two sources are called {name}; names are unique, rename one.")
    probes, listed = [], dict[str, Sequence[str]]()
    for source in sources:
        check_expressions(spark, source)
        files = list_files(spark, source)
        if not files:
            continue
        if source.format in TABLE_FORMATS:
            check_fields(source, _table_columns(spark, source), source.path)
        else:
            probes.append(_probe(spark, source, files, cfg))
            listed[source.name] = files
    if probes:
        _judge({source.name: source for source in sources}, listed, functools.reduce(DataFrame.unionByName, probes))


def check_fields(source: Source, names: Sequence[str], where: str, sampled: bool = False) -> None:
    """Raise InputError where a mapped field is not among the names; if ``sampled``, an indispensable one."""
    for kind, mapping in source.emits.mappings().items():
        for asked, fields in mapping.named().items():
            for name in (name for field in fields for name in field.raw_fields()):
                if name not in names and not (sampled and asked not in _INDISPENSABLE):
                    raise InputError(
                        f"Source {source.name}: {kind}.{asked} reads the field {name!r}, which {where} does not have; "
                        f"{nearest(name, names)}"
                    )


def check_expressions(spark: SparkSession, source: Source) -> None:
    """Raise InputError for a SQL expression over raw fields that Spark does not accept."""
    for kind, mapping in source.emits.mappings().items():
        raw = T.StructType([T.StructField(name, T.StringType()) for name in mapping.raw_fields()])
        record = spark.createDataFrame([], raw)
        for asked, fields in mapping.named().items():
            for field in fields:
                if field.sql is None:
                    continue
                column = F.expr(field.sql).cast("boolean") if asked == "where" else field.column()
                try:
                    record.select(column).schema  # noqa: B018 - makes Spark analyse it, over Connect too
                except AnalysisException as error:
                    raise InputError(
                        f"Source {source.name}: {kind}.{asked} is no SQL expression over text fields "
                        f"({_first_line(error)}): {field.sql!r}."
                    ) from None


def _table_columns(spark: SparkSession, source: Source) -> list[str]:
    try:
        return spark.read.format(source.format).load(source.path).columns
    except Exception as error:  # noqa: BLE001 - see below
        # A broken footer comes as a bare Java error, whose first line tells nothing.
        told = f" ({_first_line(error)})" if isinstance(error, AnalysisException) else ""
        raise InputError(
            f"Source {source.name}: {source.path} cannot be read as {source.format}{told}; check path and format, "
            "or deliver it again."
        ) from None


def _probe(spark: SparkSession, source: Source, files: Sequence[str], cfg: IngestSettings) -> DataFrame:
    """One row a file: the names it has, or why it cannot be read."""
    remote = any(not file.startswith("file:") for file in files)
    if remote:
        # Only lengths are read here, before any content is.
        large = text_files(spark, source, files).where(F.col("length") > cfg.max_file_bytes).select("path").limit(1)
        for row in large.collect():
            raise InputError(
                f"Source {source.name}: {row['path']} is larger than ingest.max_file_bytes ({cfg.max_file_bytes}); "
                "split the file, or deliver parquet."
            )

    def look(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for path, content in zip(batch.column("path"), batch.column("content"), strict=True):
                names, problem = _look(source, cfg, path.as_py(), content.as_py())
                row = {
                    "source": source.name,
                    "path": path.as_py(),
                    "names": None if names is None else json.dumps(names),
                    "problem": problem,
                }
                yield pa.RecordBatch.from_pylist([row], schema=_PROBE_SCHEMA)

    return text_files(spark, source, files).mapInArrow(look, _PROBE)


def _look(
    source: Source, cfg: IngestSettings, path: str, content: bytes | None
) -> tuple[Sequence[str] | None, str | None]:
    try:
        with open_bytes(path, content) as stream:
            names = _names(source, cfg, stream)
            size = 0
            while path.endswith(".gz") and (block := stream.read(READ_BYTES)):
                size += len(block)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        return None, f"is not a whole gzip file ({error}); deliver it again"
    except OSError as error:
        return None, f"cannot be read ({error.strerror}); check that every worker may read it"
    except ValueError as error:
        return None, str(error)
    return names, None


def _names(source: Source, cfg: IngestSettings, stream: IO[bytes]) -> Sequence[str]:
    """Names of the file's fields: its header, or those of its first records."""
    if source.format in ("csv", "tsv"):
        options = source.options
        names = options.column_names or csv_frames.header(
            stream,
            separator=source.separator,
            quote=options.quote,
            encoding=options.encoding,
            limit=cfg.max_record_bytes,
        )
        if not names:
            raise ValueError("is empty, it has not even a header line; deliver it again, or name options.column_names")
        return names
    found: dict[str, None] = {}
    for record in itertools.islice(framer(source, cfg)(stream), _SAMPLED_RECORDS):
        found |= dict.fromkeys(json.loads(record.payload) if record.payload else ())
    return list(found)


def _judge(sources: dict[str, Source], listed: dict[str, Sequence[str]], probes: DataFrame) -> None:
    rows = sorted(probes.collect(), key=lambda row: (row["source"], row["path"]))
    for name, files in listed.items():
        # Spark passes over files of no bytes; of a format with a header they are broken deliveries.
        seen = {_one_slash(row["path"]) for row in rows if row["source"] == name}
        empty = [file for file in files if _one_slash(unquote(file)) not in seen]
        if empty and sources[name].format in ("csv", "tsv") and not sources[name].options.column_names:
            raise InputError(f"Source {name}: {empty[0]} is empty, it has not even a header line; deliver it again.")
    for row in rows:
        source = sources[row["source"]]
        if row["problem"]:
            raise InputError(f"Source {source.name}: {row['path']} {row['problem']}.")
        names = json.loads(row["names"])
        sampled = source.format not in ("csv", "tsv")
        if names or not sampled:
            check_fields(source, names, row["path"], sampled)


def _one_slash(path: str) -> str:
    return re.sub(r"^(\w+):/+", r"\1:/", path)


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0][:200]
