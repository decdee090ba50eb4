"""Settings of graph.metrics: block ``graph`` of the configuration."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from kgspark.settings import Settings


class GraphSettings(Settings):
    """Which engine runs the graph algorithms, and how far they go."""

    engine: Literal["auto", "driver", "arrow", "graphframes"] = Field(
        "auto", description="Engine of the graph algorithms; all give the same numbers. auto: by the two limits below"
    )
    driver_max_edges: int = Field(
        20_000_000,
        ge=0,
        description="Edges up to which auto brings the graph to the driver, which needs about 80 bytes an edge",
    )
    arrow_max_edges: int = Field(
        200_000_000,
        ge=0,
        description="Edges up to which auto hands it to one Python worker (80 bytes an edge); above: graphframes",
    )
    pagerank_reset: float = Field(
        0.15,
        gt=0,
        lt=1,
        description="Probability that the random reader jumps to any node instead of following an edge",
    )
    pagerank_tolerance: float = Field(
        1e-9,
        gt=0,
        le=1e-7,
        description="Relative error of PageRank; above 1e-7 a night that starts from the last one's ranks would differ",
    )
    community_rounds: int = Field(10, ge=1, description="Rounds of label propagation (LDBC CDLP takes 10)")
    checkpoint_dir: str | None = Field(
        None,
        description="Folder of the graphframes engine that all workers reach; null: Spark's own spark.checkpoint.dir",
    )
