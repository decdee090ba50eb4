"""Opens releases: as Python objects, and under the names of tables in SQL."""

from __future__ import annotations

import logging

from pyspark.errors import AnalysisException
from pyspark.logger import PySparkLogger
from pyspark.sql import DataFrame, SparkSession
from sqlglot.tokenizer_core import Token, TokenType
from sqlglot.tokens import Tokenizer

from kgspark.errors import InputError
from kgspark.lake.tables import Lake
from kgspark.releases.register import KnowledgeGraph, all_releases, find_release, none_yet, openable
from kgspark.releases.retention import is_tag, lake_of_tag, tagged_lake
from kgspark.schema import load_tables
from kgspark.session import default_session


def open_release(lake: str | Lake, *, release: str | None = None, spark: SparkSession | None = None) -> KnowledgeGraph:
    """The latest release of a lake, or one by its id or tag.

    Raises InputError where there is none, or it can no longer be opened.
    """
    if not isinstance(lake, Lake):
        lake = Lake(spark or default_session(), lake)
    known = all_releases(lake)
    if not known:
        raise none_yet(lake.root)
    if release is None:
        return KnowledgeGraph(lake, known[-1])
    copies = all_releases(copy := tagged_lake(lake, release)) if is_tag(release) else []
    return KnowledgeGraph(copy, copies[-1]) if copies else KnowledgeGraph(lake, find_release(lake, release))


def release_before(kg: KnowledgeGraph) -> KnowledgeGraph | None:
    """What readers saw before this release, where it can still be opened by this kgspark."""
    this = kg.release
    for known in reversed(openable(kg.lake)):
        if known.sequence < this.sequence and known.schema_version == this.schema_version:
            return KnowledgeGraph(kg.lake, known)
    return None


def sql(kg: KnowledgeGraph, query: str) -> DataFrame:
    """Run a query whose tables are named as in the release, such as ``graph.nodes``; those of ``ops`` are the lake's.

    Each named table becomes a temporary view pinned to the release's version; the rest of the query goes to Spark as it
    is. Raises InputError where Spark cannot make sense of it.
    """
    readable = {*kg.tables, *(name for name in load_tables() if name.startswith("ops."))}
    books = KnowledgeGraph(lake_of_tag(kg.lake), kg.release)
    rewritten, last = [], 0
    tokens = Tokenizer().tokenize(query)
    for start, end, name in _dotted_names(tokens):
        if name not in readable:
            continue
        view = "kg_" + name.replace(".", "_")
        (books if name.startswith("ops.") else kg).table(name).createOrReplaceTempView(view)
        rewritten += [query[last:start], view]
        last = end
    rewritten.append(query[last:])
    # It prints the JVM's whole trace of a misspelt column.
    PySparkLogger.getLogger("SQLQueryContextLogger").setLevel(logging.CRITICAL)
    try:
        return kg.lake.spark.sql("".join(rewritten))
    except AnalysisException as error:
        about = f" Tables: {', '.join(sorted(readable))}." if "TABLE_OR_VIEW_NOT_FOUND" in str(error) else ""
        raise InputError(f"This query cannot be run: {str(error).splitlines()[0]}{about}") from None


def _dotted_names(tokens: list[Token]) -> list[tuple[int, int, str]]:
    """Every ``word.word`` of the query: begin, end and text; a string literal is a token of its own."""
    found = []
    for index in range(len(tokens) - 2):
        layer, dot, short = tokens[index : index + 3]
        joined = layer.end + 1 == dot.start and dot.end + 1 == short.start
        after_dot = index > 0 and tokens[index - 1].token_type == TokenType.DOT
        if dot.token_type == TokenType.DOT and joined and not after_dot:
            found.append((layer.start, short.end + 1, f"{layer.text}.{short.text}".lower()))
    return found
