"""How right resolution is on every table, with the settings that ship: what resolution/README.md reports.

python -m benchmarks.resolution.run                        every table, ours
python -m benchmarks.resolution.run --splink duckdb spark  and Splink beside it on these engines (pip install splink)
python -m benchmarks.resolution.run --only "PriceRunner phones" --json
python -m benchmarks.resolution.run --save build/tables    keeps the tables as Parquet, for a look at their errors

One configuration for all; rows are shuffled. Seconds and peak memory are those of resolution in this process, reading
and Spark's JVM left out. A band of promised probabilities misses where at least 50 pairs are off by more than .1.
"""

from __future__ import annotations

import argparse
import gc
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from benchmarks.resolution import splink_beside, tables
from benchmarks.resolution.memory import forget_peak, peak_mb
from benchmarks.resolution.tables import ROOT, Table
from kgspark.config import Config
from kgspark.resolve import corpus, evaluate, repeats
from kgspark.resolve.evaluate import Report
from kgspark.resolve.measures import Band
from kgspark.resolve.repeats import Promises
from kgspark.session import get_session

ENOUGH_PAIRS, ALLOWED = 50, 0.1
HALF = "Abt-Buy half"
# What Splink is not measured on: parts of another table, and a world with truth of our own making.
WITHOUT_SPLINK = (HALF, "sample world")


def main() -> None:
    """Read the tables once, then resolve one after the other."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", help="tables whose names begin so")
    parser.add_argument(
        "--splink", nargs="+", default=[], choices=splink_beside.BACKENDS, help="engines to run Splink on beside ours"
    )
    parser.add_argument("--save", type=Path, help="folder for the tables as Parquet")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    if args.splink and not splink_beside.is_installed():
        sys.exit("--splink: it is not installed; pip install splink")
    spark = get_session(ROOT / "conf/spark/local.conf", app_name="kgspark benchmark")
    spark.sparkContext.setLogLevel("ERROR")
    try:
        with tempfile.TemporaryDirectory() as folder:
            found = tables.read(spark, Path(folder) / "world")
    finally:
        spark.stop()
    chosen = [table for table in found if not args.only or table.name.startswith(tuple(args.only))]
    if args.save:
        args.save.mkdir(parents=True, exist_ok=True)
        for table in chosen:
            pq.write_table(table.offers, args.save / f"{table.name}.parquet")
    results = []
    for table in chosen:
        results.append(ours(table))
        if not table.name.startswith(WITHOUT_SPLINK):
            results += [splink_beside.measure(table, backend) for backend in args.splink]
    print(json.dumps(results, indent=1) if args.json else "\n".join(lines(results)))


def ours(table: Table) -> dict[str, Any]:
    """Resolve a table as ``kgspark evaluate resolution`` would."""
    gc.collect()
    forget_peak()
    started = time.perf_counter()
    offers, sources = tables.corpus_of(table), table.offers.column("source").to_pylist()
    asked = sorted({*sources} - {*table.unique} - {*table.repeating})
    found = repeats.resolve(offers, sources, Promises(table.unique, tuple(asked)), Config().resolve)
    seconds = time.perf_counter() - started
    report = evaluate.measure(found, table.truth, corpus.codes(sources), {})
    return _record("kgspark", table, report, seconds)


def _record(by: str, table: Table, report: Report, seconds: float) -> dict[str, Any]:
    bands = [band for band in report.calibration if band.pairs >= ENOUGH_PAIRS]
    return {
        "by": by,
        "table": table.name,
        "offers": report.offers,
        "f1": report.pairs.f1,
        "precision": report.pairs.precision,
        "recall": report.pairs.recall,
        "goal": table.goal,
        "b_cubed_f1": report.b_cubed.f1,
        "candidate_recall": report.candidate_recall,
        "seconds": seconds,
        "peak_mb": peak_mb(),
        "bands": len(bands),
        "missed_bands": [_said(band) for band in bands if abs(band.expected - band.observed) > ALLOWED],
    }


def _said(band: Band) -> str:
    return f"{band.low:.1f}: {band.expected:.2f} promised, {band.observed:.2f} observed, {band.pairs} pairs"


def lines(results: list[dict[str, Any]]) -> list[str]:
    """The table as Markdown, with the mean of the halves, and the bands that miss below it."""
    halves = [r for r in results if r["table"].startswith(HALF) and r["by"] == "kgspark"]
    rows = [r for r in results if not r["table"].startswith(HALF)]
    if halves:
        mean = {key: statistics.mean(r[key] for r in halves) for key in ("f1", "precision", "recall", "seconds")}
        least = {key: max(r[key] for r in halves) for key in ("offers", "peak_mb")}
        missed = [f"{r['table']}, {band}" for r in halves for band in r["missed_bands"]]
        bands = sum(r["bands"] for r in halves)
        name = f"{HALF}, mean of {len(halves)}"
        rows.insert(1, halves[0] | mean | least | {"table": name, "goal": 0.92, "bands": bands, "missed_bands": missed})
    said = ["| table | by | offers | F1 | goal | P | R | seconds | peak MB | bands that miss |", "|" + "---|" * 10]
    for r in rows:
        goal = f"{r['goal']:.2f}" if r["goal"] and r["by"] == "kgspark" else ""
        missed = f"{len(r['missed_bands'])} of {r['bands']}" if r["bands"] else ""
        f1, p, recall = ("-" if r[name] is None else f"{r[name]:.3f}" for name in ("f1", "precision", "recall"))
        said.append(
            f"| {r['table']} | {r['by']} | {r['offers']:,} | {f1} | {goal} | {p} | {recall} "
            f"| {r['seconds']:.1f} | {r['peak_mb']:,.0f} | {missed} |"
        )
    return [*said, "", *(f"{r['table']}, {r['by']}: {band}" for r in rows for band in r["missed_bands"])]


if __name__ == "__main__":
    main()
