"""Components and PageRank of a random graph, engine by engine, on one machine: what graph/README.md reports.

python -m benchmarks.graph.run --nodes 1000000 --edges 1000000 --engine driver arrow graphframes --json
"""

from __future__ import annotations

import argparse
import json
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from kgspark.graph.choose import named
from kgspark.graph.engine_api import Graph
from kgspark.graph.settings import GraphSettings
from kgspark.session import get_session

ROOT = Path(__file__).resolve().parent.parent.parent
QUESTIONS: dict[str, Callable[[Graph], DataFrame]] = {
    "components": lambda graph: graph.connected_components(),
    "pagerank": lambda graph: graph.pagerank(),
    "pagerank_weighted": lambda graph: graph.pagerank(weighted=True),
    "label_propagation": lambda graph: graph.label_propagation(),
    "degrees": lambda graph: graph.degrees(),
    "measure": lambda graph: graph.measure(),
}


def main() -> None:
    """Write a random graph to Parquet, then time each question of each engine, from reading to the last row."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nodes", type=int, default=1_000_000)
    parser.add_argument("--edges", type=int, default=1_000_000)
    parser.add_argument("--engine", nargs="+", default=["driver", "arrow", "graphframes"])
    parser.add_argument("--question", nargs="+", choices=list(QUESTIONS), default=["components", "pagerank"])
    parser.add_argument("--memory", default="4g", help="of the driver, which is the executor, too")
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--partitions", type=int, default=8, help="shuffle partitions")
    parser.add_argument("--closed", action="store_true", help="vouch that every end is a vertex, as a gate would")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        spark = session(args, folder)
        write_graph(spark, args.nodes, args.edges, folder)
        for engine in args.engine:
            for question in args.question:
                row = measure(spark, folder, engine, question, args.closed)
                print(json.dumps(row) if args.json else "  ".join(f"{k}={v}" for k, v in row.items()), flush=True)
        spark.stop()


def session(args: argparse.Namespace, folder: str) -> SparkSession:
    """A local session that leaves nothing behind."""
    extra = {
        "spark.master": f"local[{args.cores}]",
        "spark.driver.memory": args.memory,
        "spark.driver.maxResultSize": args.memory,
        "spark.sql.shuffle.partitions": str(args.partitions),
        "spark.checkpoint.dir": f"{folder}/checkpoints",
        "spark.local.dir": f"{folder}/local",
        # Minutes of hot loops: both compiler tiers, unlike the short queries that local.conf is made for.
        "spark.driver.extraJavaOptions": "-XX:+UseParallelGC",
    }
    return get_session(ROOT / "conf/spark/local.conf", app_name="graph benchmark", extra=extra)


def write_graph(spark: SparkSession, nodes: int, edges: int, folder: str) -> None:
    """Ids are hashes, as node keys are; ends are drawn evenly by hash of the edge's number."""
    spark.range(nodes).select(F.xxhash64("id").alias("id")).write.parquet(f"{folder}/vertices")

    def end(salt: str) -> Column:
        return F.xxhash64(F.pmod(F.xxhash64("id", F.lit(salt)), F.lit(nodes)))

    weight = F.pmod(F.xxhash64("id"), F.lit(9)).cast("double") + 1
    spark.range(edges).select(end("src").alias("src"), end("dst").alias("dst"), weight.alias("weight")).write.parquet(
        f"{folder}/edges"
    )


def measure(spark: SparkSession, folder: str, engine: str, question: str, closed: bool) -> dict[str, object]:
    """Seconds of one question, loading included, and a checksum that must be the same for all engines."""
    vertices, edges = (spark.read.parquet(f"{folder}/{name}") for name in ("vertices", "edges"))
    started = time.monotonic()
    graph = named(engine, GraphSettings()).load(vertices, edges, closed=closed)
    frame = QUESTIONS[question](graph)
    value = frame.columns[1]
    # Ranks sum to 1 whatever they are: weigh them by something of the vertex.
    counted = F.col(value) * F.pmod("id", F.lit(997)) if "pagerank" in question else F.col(value).cast("decimal(38,0)")
    total = F.sum(counted).alias("total")
    row = frame.agg(F.count("*").alias("rows"), total).head()
    seconds = time.monotonic() - started
    spark.catalog.clearCache()
    assert row is not None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    checksum = f"{row.total:.5f}" if "pagerank" in question else str(int(row.total))
    return {
        "engine": engine,
        "question": question,
        "seconds": round(seconds, 1),
        "rows": row.rows,
        "checksum": checksum,
        "python_peak_mb": peak,
    }


if __name__ == "__main__":
    main()
