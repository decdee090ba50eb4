"""How right and how fast aspects and needs are read: a sample world against its truth, and real reviews by the clock.

python -m benchmarks.opinions.run --world build/demo/world      what the stages read, against truth/aspect_spans, uses
python -m benchmarks.opinions.run --source conf/sources/womens_clothing.yaml   seconds, and reviews a second

A mention is right when its span in the raw field and its polarity are the truth's; a need, when its span overlaps and
its relation is the truth's. A fact is a product with an aspect and the sign of what most mentions say of it, or a
product with a relation and a span's words. KGSPARK_DATA names the folder of the real data.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from pyspark.sql import DataFrame, SparkSession

from kgspark.config import Config
from kgspark.extract import aspects, needs
from kgspark.ingest import offers, records, reviews
from kgspark.ingest.frame import read_sources
from kgspark.ingest.sources import load_sources
from kgspark.night import Night
from kgspark.schema import table
from kgspark.session import default_session

CFG = Config()
ENGLISH, CHINESE = "ratewell", "shuoping"
SITES = (ENGLISH, CHINESE)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--world", type=Path, help="folder of a sample world (kgspark sample)")
    parser.add_argument("--source", type=Path, action="append", default=[], help="YAML of a source with reviews")
    asked = parser.parse_args()
    if not asked.world and not asked.source:
        print("nothing asked: pass --world, or --source with KGSPARK_DATA set", file=sys.stderr)
        return 0
    spark = default_session()
    if asked.world:
        files = [str(path) for path in sorted((asked.world / "sources").glob("*.yaml"))]
        wanted = [path for path in files if not path.endswith("_orders.yaml")]
        read = _read(spark, wanted, {"KGSPARK_SAMPLE": str(asked.world)})
        for site in SITES:
            print(json.dumps(_aspects(asked.world, read["aspects"], site)), flush=True)
            print(json.dumps(_needs(asked.world, read["needs"], site)), flush=True)
    if asked.source:
        _read(spark, [str(path) for path in asked.source], dict(os.environ))
    return 0


def _read(spark: SparkSession, files: list[str], environ: dict[str, str]) -> dict[str, list[dict[str, Any]]]:
    """Both stages over what the sources hold, timed apart from reading it."""
    sources = load_sources(files, environ)
    night = Night(datetime.date(2026, 6, 1), "benchmark", tuple(sources), secret=b"0123456789abcdef")
    before = {kind: spark.createDataFrame([], table(name).struct) for kind, name in records.TABLES.items()}
    raw = read_sources(spark, sources, CFG.ingest)
    bronze = records.build(raw, *before.values(), cfg=CFG.ingest, night=night)  # type: ignore[misc]
    listed, written = (bronze[records.TABLES[kind]].persist() for kind in ("catalogue", "reviews"))
    known = offers.build(listed, cfg=CFG.silver, night=night)["silver.offers"].persist()
    said = reviews.build(written, cfg=CFG.silver, night=night)["silver.reviews"].persist()
    number = said.count() + 0 * known.count()
    started = time.perf_counter()
    fitted = aspects.fit(said, written, known, cfg=CFG.aspects, night=night)
    fit_seconds = time.perf_counter() - started
    found = {
        "aspects": aspects.build(said, written, known, cfg=CFG.aspects, night=night, fitted=fitted)[aspects.MENTIONS],
        "needs": needs.build(known, said, listed, written, cfg=CFG.needs, night=night)[needs.MENTIONS],
    }
    rows = {}
    print(json.dumps({"reviews": number, "fit_seconds": round(fit_seconds, 1)}))
    for name, frame in found.items():
        rows[name], seconds = _timed(frame)
        speed = {
            "mentions": len(rows[name]),
            "seconds": round(seconds, 1),
            "reviews_per_second": round(number / seconds),
        }
        print(json.dumps({"stage": name} | speed), flush=True)
    return rows


def _timed(frame: DataFrame) -> tuple[list[dict[str, Any]], float]:
    started = time.perf_counter()
    rows = frame.toArrow().to_pylist()
    return rows, time.perf_counter() - started


def _aspects(world: Path, rows: list[dict[str, Any]], site: str) -> dict[str, Any]:
    truth = [row for row in pq.read_table(world / "truth/aspect_spans").to_pylist() if row["source"] == site]
    product = _products(world)
    true = {(r["record_id"], r["begin"], r["end"]): r["polarity"] for r in truth}
    field = truth[0]["field"]
    read = {
        (r["record_id"], r["begin"], r["end"]): r["polarity"]
        for r in rows
        if r["source"] == site and r["field"] == field and r["record_id"] in product
    }
    right = sum(true.get(place) == polarity for place, polarity in read.items())
    # Facts go by the words that name the aspect: canonical names are ours, not the truth's.
    words = {(r["record_id"], r["begin"], r["end"]): r["value"].lower() for r in truth}
    words |= {(r["record_id"], r["begin"], r["end"]): r["term"].lower() for r in rows if r["source"] == site}
    facts = [_signs(side, words, product) for side in (read, true)]
    agreed = len(facts[0].items() & facts[1].items())
    return {"site": site, "relation": "mentions_aspect"} | _scores(right, len(read), len(true), agreed, facts)


def _signs(
    side: dict[tuple[str, int, int], int], words: dict[tuple[str, int, int], str], product: dict[str, str]
) -> dict[tuple[str, str], int]:
    votes: dict[tuple[str, str], int] = defaultdict(int)
    for place, polarity in side.items():
        votes[product[place[0]], words[place]] += polarity
    return {fact: (total > 0) - (total < 0) for fact, total in votes.items()}


def _needs(world: Path, rows: list[dict[str, Any]], site: str) -> dict[str, Any]:
    truth = [row for row in pq.read_table(world / "truth/uses").to_pylist() if row["source"] == site]
    product, field = _products(world), truth[0]["field"]
    by_record: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in truth:
        by_record[row["record_id"]].append(row)
    read = [r for r in rows if r["source"] == site and r["field"] == field and r["record_id"] in product]
    right, true_facts, read_facts = 0, set(), set()
    for row in read:
        met = [t for t in by_record[row["record_id"]] if t["begin"] < row["end"] and row["begin"] < t["end"]]
        right += any(t["relation"] == row["relation"] for t in met)
        concept = met[0]["concept"] if met else row["need"]
        read_facts.add((product[row["record_id"]], row["relation"], concept))
    true_facts = {(product[t["record_id"]], t["relation"], t["concept"]) for t in truth if t["record_id"] in product}
    agreed = len(read_facts & true_facts)
    return {"site": site, "relation": "used_*"} | _scores(
        right, len(read), len(truth), agreed, [read_facts, true_facts]
    )


def _products(world: Path) -> dict[str, str]:
    return {row["record_id"]: row["product_id"] for row in pq.read_table(world / "truth/reviews").to_pylist()}


def _scores(right: int, read: int, true: int, agreed: int, facts: list[Any]) -> dict[str, float]:
    return {
        "precision": round(right / max(read, 1), 4),
        "recall": round(right / max(true, 1), 4),
        "fact_precision": round(agreed / max(len(facts[0]), 1), 4),
        "fact_recall": round(agreed / max(len(facts[1]), 1), 4),
    }


if __name__ == "__main__":
    sys.exit(main())
