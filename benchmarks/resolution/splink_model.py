"""Splink, set up as its authors advise for such columns and trained by EM without labels, in a process of its own.

python -m benchmarks.resolution.splink_model OFFERS.parquet duckdb|spark CLUSTERS.json

A title is an array of its distinct words with their relative frequencies, and the shared words' frequencies multiplied
give the levels (Splink's discussion 2022, by its author). The word most like a model number (letters and digits,
rarest) is a column of its own with term frequency adjustment; prices count where there are any. Candidates share a
word that at most RARE offers hold. u from random pairs, m by EM over two blockings, the prior from equal rare words.
Clusters by single best links with every unique seller free of duplicates, at P >= .5, as ours. On Spark the same in its
dialect, with Splink's own jar and its default way to break the lineage (Parquet).
"""

from __future__ import annotations

import json
import logging
import re
import sys
import tempfile
from collections import Counter
from importlib import import_module
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from kgspark.resolve import corpus

RARE = 50
PROBABILITY = 0.5
SPARK_MEMORY = "4g"
_WORD = re.compile(r"[^\W_]+(?:[-.][^\W_]+)*")
_LEVELS = (1e-18, 1e-15, 1e-12, 1e-9, 1e-6, 1e-3)
_SHARED = {
    "duckdb": "list_aggregate(list_transform(list_intersect(words_l, words_r), lambda w: w.frequency), 'product')",
    "spark": "aggregate(array_intersect(words_l, words_r), cast(1 as double), (share, w) -> share * w.frequency)",
}


def main() -> None:
    """Read offers (columns of silver.offers), write the cluster of each row."""
    offers, backend, clusters = sys.argv[1:]
    records = records_of(pq.read_table(offers))
    with tempfile.TemporaryDirectory() as folder:
        api = _duckdb() if backend == "duckdb" else _spark(folder)
        labels = _clusters(api, records, _SHARED[backend])
    Path(clusters).write_text(json.dumps([labels[str(row)] for row in range(len(records))]))


def records_of(offers: pa.Table) -> pd.DataFrame:
    """The columns that Splink compares, one row an offer."""
    titles = [title.lower() for title in offers.column("title").to_pylist()]
    words = [sorted(set(_WORD.findall(title))) for title in titles]
    count = Counter(word for own in words for word in own)
    size = len(titles)

    def code(own: list[str]) -> str | None:
        mixed = [w for w in own if len(w) >= 4 and any(c.isdigit() for c in w)]
        return min(mixed, key=lambda word: (count[word], -len(word), word)) if mixed else None

    return pd.DataFrame({
        "unique_id": [str(row) for row in range(size)],
        # Splink makes columns of the sellers' names, so these are names that SQL takes.
        "source_dataset": [f"seller_{code}" for code in corpus.codes(offers.column("seller").to_pylist())],
        "words": [[{"word": w, "frequency": count[w] / size} for w in own] for own in words],
        "rare": [[w for w in own if 2 <= count[w] <= RARE] for own in words],
        "title": titles,
        "opening": [" ".join(_WORD.findall(title)[:2]) for title in titles],
        "code": [code(own) for own in words],
        "price": [None if p is None else float(p) for p in offers.column("price").to_pylist()],
    })  # fmt: skip


def _duckdb() -> Any:
    return import_module("splink").DuckDBAPI()


def _spark(folder: str) -> Any:
    from pyspark.sql import SparkSession

    backend = import_module("splink.backends.spark")
    # As in Splink's guide to Spark, for two cores.
    settings = {
        "spark.master": "local[2]",
        "spark.driver.memory": SPARK_MEMORY,
        "spark.jars": backend.similarity_jar_location(),
        "spark.sql.shuffle.partitions": "8",
        "spark.default.parallelism": "8",
        "spark.ui.enabled": "false",
        "spark.local.dir": folder,
        "spark.sql.warehouse.dir": f"{folder}/warehouse",
    }
    session = SparkSession.builder.config(map=settings).getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    session.sparkContext.setCheckpointDir(f"{folder}/checkpoints")
    return backend.SparkAPI(spark_session=session)


def _clusters(api: Any, records: pd.DataFrame, shared: str) -> dict[str, str]:
    # Loaded by name: Splink is no dependency of the project, this stands beside it where somebody installed it.
    cll, cl, splink = (
        import_module(f"splink{part}") for part in (".comparison_level_library", ".comparison_library", "")
    )
    logging.getLogger("splink").setLevel(logging.ERROR)
    levels = [cll.CustomLevel(f"coalesce({shared}, 1) <= {level}", f"<= {level}") for level in _LEVELS]
    compared = [
        cl.CustomComparison(output_column_name="words", comparison_levels=[*levels, cll.ElseLevel()]),
        cl.CustomComparison(
            output_column_name="code",
            comparison_levels=[
                cll.NullLevel("code"),
                cll.ExactMatchLevel("code", term_frequency_adjustments=True),
                cll.LevenshteinLevel("code", 1),
                cll.JaroWinklerLevel("code", 0.9),
                cll.ElseLevel(),
            ],
        ),
    ]
    if records["price"].notna().any():
        prices = [cll.PercentageDifferenceLevel("price", share) for share in (0.02, 0.1, 0.3)]
        compared.append(
            cl.CustomComparison(
                output_column_name="price", comparison_levels=[cll.NullLevel("price"), *prices, cll.ElseLevel()]
            )
        )
    blocking = splink.block_on("rare", arrays_to_explode=["rare"])
    settings = splink.SettingsCreator(
        link_type="link_only",
        comparisons=compared,
        blocking_rules_to_generate_predictions=[blocking],
        retain_matching_columns=False,
    )
    # As Arrow, which says that a word is a struct: Spark would take pandas' dictionaries for maps.
    linker = splink.Linker([api.register(pa.Table.from_pandas(records))], settings, log_level=logging.ERROR)
    linker.training.estimate_probability_two_random_records_match([splink.block_on("code")], recall=0.7)
    linker.training.estimate_u_using_random_sampling(max_pairs=1e7, seed=1)
    for rule in (splink.block_on("code"), splink.block_on("opening")):
        linker.training.estimate_parameters_using_expectation_maximisation(rule)
    scored = linker.inference.predict(threshold_match_probability=PROBABILITY)
    found = linker.clustering.cluster_using_single_best_links(
        scored, sorted(records["source_dataset"].unique()), threshold_match_probability=PROBABILITY
    )
    frame = found.as_pandas_dataframe()
    return dict(zip(frame["unique_id"].astype(str), frame["cluster_id"].astype(str), strict=True))


if __name__ == "__main__":
    main()
