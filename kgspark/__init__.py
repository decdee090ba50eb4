"""kgspark: one product knowledge graph out of raw e-commerce dumps, night after night."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from kgspark.releases.register import KnowledgeGraph

__version__ = "0.1.0"


def open(lake: str, *, release: str | None = None, spark: SparkSession | None = None) -> KnowledgeGraph:  # noqa: A001
    """Open a lake's latest release (or a named one) for reading.

    >>> kg = kgspark.open("build/lake")          # doctest: +SKIP
    >>> kg.table("graph.edges").count()          # doctest: +SKIP

    ``lake`` is the root folder or URI; ``spark`` the session to read with, else the running one or a local one. Raises
    InputError where the lake holds no release, or none of that id.
    """
    from kgspark.publish.readers import open_release

    return open_release(lake, release=release, spark=spark)
