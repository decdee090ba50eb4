"""How right the stage extract.attributes is on a sample world, beside its truth.

python -m benchmarks.attributes.run                  writes a world of 2,000 offers and measures it
python -m benchmarks.attributes.run build/world      measures one that `kgspark sample --out build/world` wrote

A mention in a title or description is right when its raw field, begin, end and attribute are those of a span of the
truth. Only attributes that some source of the world declares are counted: nobody could learn the name of another. The
world's Chinese shop calls the colour 颜色, and screens are a display on phones.
"""

from __future__ import annotations

import argparse
import datetime
import json
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow.dataset
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from kgspark.config import Config
from kgspark.extract import attributes
from kgspark.ingest import offers, records
from kgspark.ingest.frame import read_sources
from kgspark.ingest.sources import load_sources
from kgspark.night import Night
from kgspark.sample.world import write_world
from kgspark.schema import table
from kgspark.session import default_session

SOURCES = Path(__file__).resolve().parents[2] / "kgspark/sample/sources/*.yaml"
BRONZE = ("bronze.catalog_records", "bronze.review_records", "bronze.interaction_records")
SAME = {"颜色": "colour", "display": "screen_size"}
DECLARED = (
    "brand", "model", "colour", "condition", "storage", "screen_size", "volume", "weight", "power", "battery",
    "flavour", "material", "pack",
)  # fmt: skip
OFFERS, SEED = 2000, 7
Span = tuple[str, str, str, int, int, str]


def mentions(spark: SparkSession, world: Path) -> DataFrame:
    """silver.attribute_mentions of the world's catalogues."""
    found = load_sources([str(SOURCES)], {"KGSPARK_SAMPLE": str(world)})
    catalogues = tuple(source for source in found if "catalogue" in source.emits.mappings())
    night = Night(date=datetime.date(2026, 3, 1), run_id="benchmark", sources=catalogues, secret=b"x" * 32)
    cfg = Config()
    empty = [spark.createDataFrame([], table(name).struct) for name in BRONZE]
    raw = records.build(read_sources(spark, catalogues, cfg.ingest), *empty, cfg=cfg.ingest, night=night)[BRONZE[0]]
    raw = raw.localCheckpoint()
    listed = offers.build(raw, cfg=cfg.silver, night=night)["silver.offers"].localCheckpoint()
    fitted = attributes.fit(listed, raw, cfg=cfg.attributes, night=night)
    return attributes.build(listed, raw, cfg=cfg.attributes, night=night, fitted=fitted)[attributes.MENTIONS]


def truth(world: Path) -> set[Span]:
    """What stands where, as the world says."""
    rows = pyarrow.dataset.dataset(world / "truth/attribute_spans").to_table().to_pylist()
    return {_span(row) for row in rows}


def score(read: set[Span], known: set[Span]) -> dict[str, dict[str, Any]]:
    """Right, wrong and missed by attribute, and over all."""
    right, wrong, missed = (Counter(span[-1] for span in part) for part in (read & known, read - known, known - read))
    rows = {name: (right[name], wrong[name], missed[name]) for name in DECLARED}
    rows["all"] = tuple(map(sum, zip(*rows.values(), strict=True)))  # type: ignore[assignment]
    return {
        name: {
            "right": r, "wrong": w, "missed": m,
            "precision": round(r / max(r + w, 1), 3), "recall": round(r / max(r + m, 1), 3),
        }
        for name, (r, w, m) in rows.items()
    }  # fmt: skip


def _span(row: dict[str, Any]) -> Span:
    name = SAME.get(row["attribute"], row["attribute"])
    return row["source"], row["record_id"], row["field"], row["begin"], row["end"], name


def main() -> None:
    """Measure a world."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("world", type=Path, nargs="?", help="folder that `kgspark sample --out` wrote")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        world = args.world or Path(folder) / "world"
        if args.world is None:
            write_world(default_session(), str(world), OFFERS, SEED)
        scores = measured(world)
    if args.json:
        print(json.dumps(scores))
        return
    for name, figures in scores.items():
        print(f"{name:<14}" + "".join(f"{key} {value:<8}" for key, value in figures.items()))


def measured(world: Path) -> dict[str, dict[str, Any]]:
    """The scores of a world."""
    in_texts = F.col("column").isin("title", "description") & F.col("begin").isNotNull()
    found = mentions(default_session(), world).where(in_texts)
    read = {_span(row.asDict()) for row in found.collect()}
    return score({span for span in read if span[-1] in DECLARED}, {s for s in truth(world) if s[-1] in DECLARED})


if __name__ == "__main__":
    main()
