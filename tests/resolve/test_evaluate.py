"""kgspark evaluate resolution on three small shops: clusters over several sources, people's answers obeyed."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from kgspark.columns import hash_id
from kgspark.config import Config
from kgspark.ingest.sources import Source, load_sources
from kgspark.resolve import evaluate
from kgspark.resolve.settings import ResolveSettings

PENS, CANS = "4006381333931", "5449000000996"
SHOPS = {
    "left": [("1", "stabilo pens", PENS), ("2", "lamp", ""), ("3", "cola", CANS)],
    "right": [("1", "box of pens", PENS), ("2", "desk lamp", ""), ("3", "cola cans", CANS)],
    "third": [("1", "cola of another size", CANS)],
}
# What the GTINs say is right of the pens; one cola is another product, and the lamps are one.
GOLD = """shop;record;product
left;1;pens
right;1;pens
left;2;lamp
right;2;lamp
left;3;cola
right;3;cola
third;1;large cola
"""


@pytest.fixture(scope="module")
def shops(tmp_path_factory: pytest.TempPathFactory) -> list[Source]:
    folder = tmp_path_factory.mktemp("shops")
    for name, listed in SHOPS.items():
        (folder / f"{name}.csv").write_text("".join(f"{','.join(row)}\n" for row in [("sku", "name", "ean"), *listed]))
        (folder / f"{name}.yaml").write_text(
            f"{{name: {name}, path: {folder}/{name}.csv, format: csv, emits: {{catalogue: "
            "{key: [sku], unique: true, columns: {title: name, gtin: ean}}}}\n"
        )
    (folder / "gold.csv").write_text(GOLD)
    return list(load_sources([str(folder / "*.yaml")], {}))


def test_clusters_over_several_sources_and_what_people_decided(
    spark: SparkSession, shops: list[Source], tmp_path: Path
) -> None:
    # The GTINs alone would join the three colas, and leave the lamps apart.
    said = [("left 2", "right 2", "same"), ("left 3", "third 1", "different"), ("right 3", "third 1", "different")]
    named = spark.createDataFrame(
        [(*one.split(), *other.split(), decision) for one, other, decision in said],
        "one string, left string, other string, right string, decision string",
    )
    ids = named.select(
        hash_id("offer", "one", "left").alias("left_offer_id"),
        hash_id("offer", "other", "right").alias("right_offer_id"),
        "decision",
    )
    ids.toPandas().to_csv(tmp_path / "answers.csv", index=False)
    cfg = Config(resolve=ResolveSettings(decisions=str(tmp_path / "answers.csv")))
    gold = Path(shops[0].path).parent / "gold.csv"
    found = evaluate.evaluate(spark, shops, cfg, gold, ["shop", "record", "product"])
    assert (found.offers, found.judged, found.decided) == (7, 7, 3)
    assert (found.pairs.f1, found.exact_clusters.f1) == (1.0, 1.0)
    # The pens, and the colas of two shops: what people said is no promise of the matcher.
    assert sum(band.pairs for band in found.calibration) == 2
    assert "3 pairs as people decided them" in "\n".join(evaluate.lines(found))
