"""How fast texts are embedded inside Spark, beside the same model outside, on the same machine in the same run.

python -m benchmarks.embed.run               PriceRunner titles: the stage on local[cores] beside the encode() of
                                             sentence-transformers with its defaults and all cores. Goal: 2.5 times
python -m benchmarks.embed.run --mode gpu    2 M synthetic texts: the stage beside our encoder alone on the same GPU,
                                             both with the model loaded. Goal: 95 %

Texts a second count every text given, equal ones too: embedding distinct texts only is part of what the stage does.
`cold` includes the start of the Python workers and the loading of the model in each; sentence-transformers is timed
with its model loaded. The smallest cosine between both vectors of a text is printed beside the speeds. KGSPARK_DATA
names the folder of the real data.
"""

from __future__ import annotations

import argparse
import csv
import datetime
import gzip
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from kgspark.embed import models, vectors
from kgspark.embed.encoder import Encoder, pick_device, pick_precision
from kgspark.embed.settings import EmbedSettings
from kgspark.night import Night
from kgspark.schema import table
from kgspark.session import get_session

ROOT = Path(__file__).resolve().parents[2]
NIGHT = Night(datetime.date(2026, 1, 1), "benchmark")
# Rows of an Arrow batch, and so the encoder's sorting window: as in conf/spark/gpu.conf.
GPU_WINDOW = 16384
# fmt: off
WORDS = [
    "apple", "samsung", "sony", "bosch", "lenovo", "canon", "nikon", "philips", "silver", "black", "white", "red",
    "blue", "wireless", "washing", "machine", "fridge", "freezer", "camera", "lens", "laptop", "phone", "tablet",
    "monitor", "pro", "headphones", "charger", "64gb", "128gb", "256gb", "55inch", "12kg", "500ml", "a++", "1400rpm",
    "intel", "core", "max",
]
# fmt: on


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mode", choices=["cpu", "gpu"], default="cpu")
    parser.add_argument(
        "--sample", type=int, help="texts to take: of the titles by equal steps, or how many to make up"
    )
    parser.add_argument("--cores", type=int, default=os.cpu_count(), help="cores of either side")
    parser.add_argument("--rounds", type=int, default=1, help="timed runs of either side, in turns; the median counts")
    parser.add_argument("--device", choices=["auto", "cpu", "cuda"], help="try the gpu mode without one: cpu")
    parser.add_argument("--partitions", type=int, default=EmbedSettings().partitions)
    parser.add_argument("--model", default=EmbedSettings().model, help="as embed.model")
    parser.add_argument("--batch-tokens", type=int, default=EmbedSettings().gpu_batch_tokens, help="of the gpu mode")
    args = parser.parse_args()
    device = args.device or {"cpu": "cpu", "gpu": "cuda"}[args.mode]
    cfg = EmbedSettings(device=device, partitions=args.partitions, model=args.model, gpu_batch_tokens=args.batch_tokens)
    if device == "cuda" and not _cuda():
        print("no CUDA device here; --device cpu tries the script without one", file=sys.stderr)
        return 2
    extra = {"spark.master": f"local[{args.cores}]", "spark.sql.shuffle.partitions": str(max(4, args.cores))}
    if args.mode == "gpu":
        extra["spark.sql.execution.arrow.maxRecordsPerBatch"] = str(GPU_WINDOW)
    spark = get_session(ROOT / "conf/spark/local.conf", app_name="kgspark benchmark", extra=extra)
    spark.sparkContext.setLogLevel("ERROR")
    try:
        result = (on_cpu if args.mode == "cpu" else on_gpu)(spark, cfg, args)
    finally:
        spark.stop()
    _print(result)
    return 0


def on_cpu(spark: SparkSession, cfg: EmbedSettings, args: argparse.Namespace) -> dict[str, Any]:
    """The stage beside sentence_transformers.encode with its defaults, in turns."""
    from sentence_transformers import SentenceTransformer

    titles = read_titles(args.sample)
    nodes = as_nodes(spark, titles)
    cold, _ = stage_seconds(spark, nodes, cfg)
    started = time.monotonic()
    reference = SentenceTransformer(str(models.locate(cfg).layout.folder), device="cpu")
    load = time.monotonic() - started
    warm, theirs = [], []
    for _ in range(args.rounds):
        started = time.monotonic()
        expected = reference.encode(titles, show_progress_bar=False)
        theirs.append(time.monotonic() - started)
        seconds, got = stage_seconds(spark, nodes, cfg, keep=True)
        warm.append(seconds)
    ours = np.array(got["vector"].to_pylist(), dtype=np.float32)
    cosines = (ours * expected[[int(node) for node in got["node_id"].to_pylist()]]).sum(axis=1)
    alone = statistics.median(theirs)
    return _about(args, cfg, titles) | {
        "model": got["model"][0].as_py(),
        "speeds": {
            "stage, warm": len(titles) / statistics.median(warm),
            "stage, cold": len(titles) / cold,
            "sentence-transformers": len(titles) / alone,
        },
        "sentence_transformers_load_seconds": load,
        "times_sentence_transformers": alone / statistics.median(warm),
        "times_sentence_transformers_cold": alone / cold,
        "smallest_cosine": float(cosines.min()),
    }


def on_gpu(spark: SparkSession, cfg: EmbedSettings, args: argparse.Namespace) -> dict[str, Any]:
    """The stage beside our encoder alone on the same device, both warm."""
    count = args.sample or 2_000_000
    # Written first, as the stage finds its texts in a table: making them up takes longer than embedding them.
    made = tempfile.TemporaryDirectory(prefix="kgspark-texts-")
    synthetic(spark, count).repartition(args.cores).write.mode("overwrite").parquet(made.name)
    nodes = spark.read.parquet(made.name)
    texts = nodes.select("text").toArrow().column("text").to_pylist()
    # As many partitions as in the timed run, so that every worker has loaded its model before.
    stage_seconds(spark, synthetic(spark, max(count // 50, 10 * cfg.partitions)), cfg)
    device = pick_device(cfg.device)
    precision = pick_precision(cfg.precision, device)
    budget = cfg.gpu_batch_tokens if device.startswith("cuda") else cfg.cpu_batch_tokens
    layout = models.locate(cfg).layout
    encoder = Encoder(layout, device=device, precision=precision, threads=args.cores, batch_tokens=budget)
    encoder.encode(texts[:GPU_WINDOW])
    inside, alone = [], []
    for _ in range(args.rounds):
        inside.append(stage_seconds(spark, nodes, cfg)[0])
        started = time.monotonic()
        for start in range(0, count, GPU_WINDOW):
            encoder.encode(texts[start : start + GPU_WINDOW])
        alone.append(time.monotonic() - started)
    return _about(args, cfg, texts) | {
        "model": models.locate(cfg).label(precision),
        "speeds": {"stage, warm": count / statistics.median(inside), "encoder alone": count / statistics.median(alone)},
        "share_of_encoder_alone": statistics.median(alone) / statistics.median(inside),
    }


def stage_seconds(
    spark: SparkSession, nodes: DataFrame, cfg: EmbedSettings, *, keep: bool = False
) -> tuple[float, Any]:
    """Seconds of the stage on a first night, accepted and rejected rows written to nowhere; its vectors if kept."""
    spark.catalog.clearCache()
    nothing = [
        spark.createDataFrame([], table(f"graph.{name}").struct) for name in ("edges", "node_vectors", "edge_vectors")
    ]
    started = time.monotonic()
    frames = vectors.build(nodes, *nothing, cfg=cfg, night=NIGHT)
    for name in ("graph.node_vectors_rejected", "graph.node_vectors"):
        frames[name].write.format("noop").mode("overwrite").save()
    seconds = time.monotonic() - started
    return seconds, frames["graph.node_vectors"].select("node_id", "model", "vector").toArrow() if keep else None


def read_titles(sample: int | None) -> list[str]:
    folder = Path(os.environ.get("KGSPARK_DATA", ROOT.parent / "shared/data"))
    file = folder / "catalogs/pricerunner/offers.csv.gz"
    if not file.is_file():
        sys.exit("no PriceRunner titles: set KGSPARK_DATA to the folder of the real data")
    with gzip.open(file, "rt", encoding="utf-8", newline="") as lines:
        titles = [row["product_title"] for row in csv.DictReader(lines)]
    return titles if sample is None else titles[:: max(1, len(titles) // sample)][:sample]


def as_nodes(spark: SparkSession, texts: list[str]) -> DataFrame:
    """graph.nodes of the texts; node_id is the text's place."""
    rows = [(str(place), place, "product", text, {}, text) for place, text in enumerate(texts)]
    return spark.createDataFrame(rows, table("graph.nodes").struct)


def synthetic(spark: SparkSession, count: int) -> DataFrame:
    """graph.nodes of made-up texts: 4 to 15 words by hash, and the id, so that all differ."""
    words = F.array(*[F.lit(word) for word in WORDS])
    picks = [
        F.element_at(words, (F.pmod(F.xxhash64("id", F.lit(k)), F.lit(len(WORDS))) + 1).cast("int")) for k in range(15)
    ]
    length = (F.pmod(F.xxhash64("id"), F.lit(12)) + 4).cast("int")
    text = F.concat_ws(" ", F.slice(F.array(*picks), F.lit(1), length), F.col("id").cast("string"))
    return spark.range(count).select(
        F.col("id").cast("string").alias("node_id"), text.alias("text"), F.lit("product").alias("kind")
    )


def _about(args: argparse.Namespace, cfg: EmbedSettings, texts: list[str]) -> dict[str, Any]:
    return {
        "mode": args.mode,
        "device": cfg.device,
        "cores": args.cores,
        "rounds": args.rounds,
        "texts": len(texts),
        "distinct_texts": len(set(texts)),
        "partitions": cfg.partitions,
    }


def _cuda() -> bool:
    import torch

    return torch.cuda.is_available()


def _print(result: dict[str, Any]) -> None:
    print(json.dumps(result, indent=2))
    print(f"\n{'':24}{'texts/s':>10}")
    for name, speed in result["speeds"].items():
        print(f"{name:24}{speed:>10,.0f}")


if __name__ == "__main__":
    sys.exit(main())
