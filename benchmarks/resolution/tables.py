"""The tables that resolution is measured on: which sources, which of their offers, and the truth beside them.

sources -> silver.offers as a night cleans them -> rows shuffled -> a table's offers and its gold
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import SparkSession

from kgspark.config import Config
from kgspark.ingest.sources import load_sources, unique_sources
from kgspark.resolve import corpus, gold
from kgspark.resolve.corpus import Corpus
from kgspark.resolve.evaluate import offers_of
from kgspark.resolve.gold import Gold
from kgspark.resolve.normalise import listing
from kgspark.sample.world import write_world

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("KGSPARK_DATA", ROOT.parent / "shared/data"))
WORLD_OFFERS, WORLD_SEED = 3000, 7
SHUFFLE_SEED = 5
SALTS = range(4)
# Of 100 records by hash, the share that "half" keeps of each source.
KEPT_OF_100 = {"abt": 45, "buy": 60}
CATEGORIES = {
    "phones": "Mobile Phones",
    "CPUs": "CPUs",
    "TVs": "TVs",
    "fridges": "Fridges",
    "microwaves": "Microwaves",
}
_COLUMNS = ["offer_id", "source", "record_id", "seller", "title", "description", "brand", "gtin", "mpn"]
_COLUMNS += ["category_path", "price", "currency"]


@dataclass(frozen=True)
class Table:
    """Offers (columns of silver.offers, rows shuffled), the sources that list a product once, the truth, F1 wanted, the
    sources that say that they do not.
    """

    name: str
    offers: pa.Table
    unique: tuple[str, ...]
    truth: Gold
    goal: float | None
    repeating: tuple[str, ...] = ()


def read(spark: SparkSession, folder: Path) -> list[Table]:
    """Every table; the sample world is written into ``folder`` first."""
    abt_buy, pair_of = _sources(spark, "abt", "buy"), _abt_buy_truth
    found = [_table("Abt-Buy", abt_buy, pair_of, 0.97)]
    for salt in SALTS:
        kept = abt_buy[0].filter(pa.array([_is_kept(salt, *key) for key in _keys(abt_buy[0])]))
        found.append(_table(f"Abt-Buy half {salt}", (kept, abt_buy[1]), pair_of, None))
    prices = _sources(spark, "pricerunner")
    path = [labels[-1] if labels else None for labels in prices[0].column("category_path").to_pylist()]
    goals = (0.80, 0.74, 0.89, 0.82, 0.78)
    for (name, label), goal in zip(CATEGORIES.items(), goals, strict=True):
        chosen = prices[0].filter(pa.array([label == own for own in path]))
        found.append(_table(f"PriceRunner {name}", (chosen, prices[1]), _pricerunner_truth, goal))
    found.append(_table("PriceRunner", prices, _pricerunner_truth, 0.82))
    world = _table("sample world", _world(spark, folder), lambda keys: _world_truth(folder, keys), 0.97)
    # Its marketplace says that a seller may list a product twice.
    return [*found, replace(world, repeating=("marketry",))]


def corpus_of(table: Table) -> Corpus:
    """The offers of a table, read as a night reads them; which sellers are small is counted within it."""
    columns = ("title", "brand", "mpn", "description", "gtin", "price", "currency")
    rows = zip(*(table.offers.column(name).to_pylist() for name in columns), strict=True)
    ids, sources, sellers = (table.offers.column(name).to_pylist() for name in ("offer_id", "source", "seller"))
    listers = [f"{source}\x1f{seller}" for source, seller in zip(sources, sellers, strict=True)]
    return corpus.build(ids, listers, [s in table.unique for s in sources], [listing(*row) for row in rows])


def _table(
    name: str,
    source: tuple[pa.Table, tuple[str, ...]],
    truth: Callable[[list[tuple[str, str]]], Gold],
    goal: float | None,
) -> Table:
    order = np.random.default_rng(SHUFFLE_SEED).permutation(source[0].num_rows)
    offers = source[0].take(pa.array(order))
    return Table(name, offers, source[1], truth(_keys(offers)), goal)


def _sources(spark: SparkSession, *names: str) -> tuple[pa.Table, tuple[str, ...]]:
    if not DATA.is_dir():
        sys.exit(f"no folder {DATA}: set KGSPARK_DATA to the folder of the real data")
    environment = os.environ | {"KGSPARK_DATA": str(DATA)}
    sources = load_sources([str(ROOT / f"conf/sources/{name}.yaml") for name in names], environment)
    return offers_of(spark, sources, Config()).select(*_COLUMNS).toArrow(), tuple(unique_sources(sources))


def _world(spark: SparkSession, folder: Path) -> tuple[pa.Table, tuple[str, ...]]:
    write_world(spark, str(folder), WORLD_OFFERS, WORLD_SEED)
    environment = os.environ | {"KGSPARK_SAMPLE": str(folder)}
    sources = load_sources(sorted(str(path) for path in (folder / "sources").glob("*.yaml")), environment)
    return offers_of(spark, sources, Config()).select(*_COLUMNS).toArrow(), tuple(unique_sources(sources))


def _keys(offers: pa.Table) -> list[tuple[str, str]]:
    return list(zip(offers.column("source").to_pylist(), offers.column("record_id").to_pylist(), strict=True))


def _is_kept(salt: int, source: str, record: str) -> bool:
    number = int(hashlib.md5(f"{salt}|{source}|{record}".encode(), usedforsecurity=False).hexdigest(), 16)
    return number % 100 < KEPT_OF_100[source]


def _rows(keys: list[tuple[str, str]]) -> dict[tuple[str, str], int]:
    return {key: row for row, key in enumerate(keys)}


def _abt_buy_truth(keys: list[tuple[str, str]]) -> Gold:
    return gold.read(DATA / "matching/abt_buy/gt.csv", ["D1=abt", "D2=buy"], ["abt", "buy"], _rows(keys))


def _pricerunner_truth(keys: list[tuple[str, str]]) -> Gold:
    file = DATA / "matching/pricerunner/gold_clusters.csv.gz"
    return gold.read(file, ["product_id", "cluster_id"], ["pricerunner"], _rows(keys))


def _world_truth(folder: Path, keys: list[tuple[str, str]]) -> Gold:
    true = pq.read_table(folder / "truth/offers").to_pydict()
    products = {product: code for code, product in enumerate(sorted(set(true["product_id"])))}
    rows = _rows(keys)
    cluster = np.full(len(keys), -1, dtype=np.int64)
    unknown = 0
    for source, record, product in zip(true["source"], true["record_id"], true["product_id"], strict=True):
        row = rows.get((source, record))
        # Records that the sample made unreadable on purpose are no offers.
        unknown += row is None
        if row is not None:
            cluster[row] = products[product]
    none = np.empty(0, dtype=np.int64)
    return Gold(cluster, none, none, listed=False, unknown=unknown)
