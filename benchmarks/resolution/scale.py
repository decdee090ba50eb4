"""What resolution costs as the catalogue grows: seconds and memory of each step, on sample worlds.

python -m benchmarks.resolution.scale --offers 10000 100000 1000000

Each size runs in a process of its own, over Spark (as above resolve.max_driver_offers), with the settings that ship. A
step's seconds are those of computing and writing what it gives. The F1 is over all pairs of the world's truth.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from benchmarks.resolution.memory import Peaks, watched
from benchmarks.resolution.tables import ROOT, WORLD_SEED
from kgspark.config import Config
from kgspark.ingest.sources import load_sources, unique_sources
from kgspark.night import Night
from kgspark.resolve import distributed, grid, matching, products, shared_keys, union
from kgspark.resolve.evaluate import offers_of
from kgspark.resolve.offers import listed
from kgspark.resolve.settings import ResolveSettings
from kgspark.sample.world import write_world
from kgspark.session import get_session

# Below the number of offers of the smallest size, so that all sizes take the same way.
ONE_WAY = {"max_driver_offers": 0}


def main() -> None:
    """Measure each size in a process of its own, or the one size that such a process was started for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--offers", nargs="+", type=int, default=[10_000, 100_000])
    parser.add_argument("--memory", default="4g", help="of the driver")
    parser.add_argument("--folder", type=Path, help="keep worlds and tables here, and use a world that is there")
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one:
        print(json.dumps(measure(args.offers[0], args.memory, args.folder)))
        return
    with tempfile.TemporaryDirectory() as temporary:
        results = []
        for number in args.offers:
            folder = (args.folder or Path(temporary)) / str(number)
            ask = ["--one", "--offers", str(number), "--memory", args.memory, "--folder", str(folder)]
            command = [sys.executable, "-m", "benchmarks.resolution.scale", *ask]
            done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
            results.append(json.loads(done.stdout.splitlines()[-1]))
            print("\n".join(lines(results[-1:])), file=sys.stderr, flush=True)
    print("\n".join(lines(results)))


def measure(number: int, memory: str, folder: Path) -> dict[str, Any]:
    """One size: the world is written and cleaned first, then every step of resolution in turn."""
    settings = {"spark.driver.memory": memory, "spark.local.dir": str(folder / "spark")}
    spark = get_session(ROOT / "conf/spark/local.conf", app_name="kgspark benchmark", extra=settings)
    spark.sparkContext.setLogLevel("ERROR")
    clock = _Clock()
    world, cleaned = folder / "world", folder / "offers"
    if not (world / "world.json").exists():
        with clock("world"):
            write_world(spark, str(world), number, WORLD_SEED, catalogue_only=True)
    sources = load_sources([str(world / "sources/*.yaml")], os.environ | {"KGSPARK_SAMPLE": str(world)})
    if not (cleaned / "_SUCCESS").exists():
        with clock("cleaning"):
            offers_of(spark, sources, Config()).write.mode("overwrite").parquet(str(cleaned))
    before = set(clock.seconds)
    offers = spark.read.parquet(str(cleaned))
    cfg = Config().resolve.model_copy(update=ONE_WAY)
    night = Night(date=None, run_id="benchmark", sources=sources)  # type: ignore[arg-type]
    steps = _Steps(spark, folder, clock)
    pairs, candidates, kept = _resolve(steps, offers, cfg, night)
    clusters = steps.write("clusters", products.clusters(pairs, cfg))
    return {
        "offers": offers.count(),
        "pairs": candidates,
        "kept": kept,
        **_scores(offers, clusters, spark.read.parquet(str(world / "truth/offers"))),
        "seconds": {name: value for name, value in clock.seconds.items() if name not in before},
        "memory": {name: (peaks.driver, peaks.workers) for name, peaks in clock.peaks.items() if name not in before},
    }


def _resolve(steps: _Steps, offers: DataFrame, cfg: ResolveSettings, night: Night) -> tuple[DataFrame, int, int]:
    """The steps of stage resolve.pairs, one after the other: silver.offer_pairs, number of candidates and of rows."""
    nobody = steps.spark.createDataFrame([], distributed.DECISIONS)
    with steps.clock("fit"):
        fitted = matching.fit(offers, nobody, cfg=cfg, night=night)
    steps.spark.catalog.clearCache()
    once, frequencies = unique_sources(night.sources), fitted.matcher.frequencies
    read = steps.write("reading", shared_keys.without_placeholders(listed(offers, once), cfg))
    found = steps.write("candidates", grid.candidates(read, nobody, frequencies, cfg, fitted.offers))
    scored = steps.write("scores", distributed.scored(found, read, fitted.matcher, cfg, fitted.offers))
    judged = steps.write("winners", distributed.winners(scored))
    pairs = steps.write("union, reasons", union.offer_pairs(judged, read, fitted.matcher, cfg, fitted.offers))
    steps.spark.catalog.clearCache()
    return pairs, found.count(), pairs.count()


class _Steps:
    """Writes what each step gives, so that the next reads it and its seconds are its own."""

    def __init__(self, spark: SparkSession, folder: Path, clock: _Clock) -> None:
        self.spark, self.folder, self.clock = spark, folder / "steps", clock

    def write(self, name: str, frame: DataFrame) -> DataFrame:
        """The frame, read back."""
        place = str(self.folder / name.replace(", ", "_"))
        with self.clock(name):
            frame.write.mode("overwrite").parquet(place)
        return self.spark.read.parquet(place)


def _scores(offers: DataFrame, clusters: DataFrame, truth: DataFrame) -> dict[str, float]:
    """Precision, recall and F1 over pairs, from the sizes of groups."""
    named = offers.select("offer_id", "source", "record_id").join(clusters, on="offer_id", how="left")
    both = named.join(truth.select("source", "record_id", "product_id"), on=["source", "record_id"], how="inner")
    both = both.withColumn("cluster", F.coalesce("cluster", "offer_id"))

    def pairs_of(*columns: str) -> float:
        n = F.col("count")
        return float(both.groupBy(*columns).count().agg(F.sum(n * (n - 1) / 2)).collect()[0][0] or 0)

    together, said, true = pairs_of("cluster", "product_id"), pairs_of("cluster"), pairs_of("product_id")
    precision, recall = together / said, together / true
    return {"precision": precision, "recall": recall, "f1": 2 * precision * recall / (precision + recall)}


@dataclass
class _Clock:
    """Seconds and peak memory of each step."""

    seconds: dict[str, float] = field(default_factory=dict)
    peaks: dict[str, Peaks] = field(default_factory=dict)

    @contextmanager
    def __call__(self, step: str) -> Iterator[None]:
        started = time.perf_counter()
        with watched() as peaks:
            yield
        self.seconds[step], self.peaks[step] = time.perf_counter() - started, peaks
        print(
            f"{step}: {self.seconds[step]:.1f} s, driver {peaks.driver:,.0f} MB, workers {peaks.workers:,.0f} MB",
            file=sys.stderr,
            flush=True,
        )


def lines(results: list[dict[str, Any]]) -> list[str]:
    """The sizes as rows of two Markdown tables, steps as columns: seconds; MB of the driver and of the workers."""
    names = list(results[0]["seconds"])
    said = ["| offers | candidates | " + " | ".join(names) + " | all, s | ms an offer | F1 | P | R |"]
    said.append("|" + "---|" * (len(names) + 7))
    for r in results:
        total = sum(r["seconds"].values())
        steps = " | ".join(f"{r['seconds'][name]:.0f}" for name in names)
        said.append(
            f"| {r['offers']:,} | {r['pairs']:,} | {steps} | {total:,.0f} | {1000 * total / r['offers']:.2f} "
            f"| {r['f1']:.3f} | {r['precision']:.3f} | {r['recall']:.3f} |"
        )
    said += ["", "| offers, MB of driver / workers | " + " | ".join(names) + " |", "|" + "---|" * (len(names) + 1)]
    for r in results:
        steps = " | ".join("{:,.0f} / {:,.0f}".format(*r["memory"][name]) for name in names)
        said.append(f"| {r['offers']:,} | {steps} |")
    return said


if __name__ == "__main__":
    main()
