"""Write a sample world: several shops, review sites and tills, and the truth that everything else is measured by.

    seed -> families of products, a shard a task -> offers, reviews, order lines -> dumps/, truth/, sources/

Every row follows from the seed and the numbers in its name, so the same seed gives the same rows however Spark divides
the work, and a million offers need no more memory than three thousand.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from importlib import resources
from pathlib import Path

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from kgspark.errors import InputError
from kgspark.sample.files import write_file
from kgspark.sample.products import World
from kgspark.sample.shard import Shard, sources, write_shard
from kgspark.sample.truth import SCHEMAS

# Measured over 20 seeds; a test keeps a world within a tenth of what was asked for.
OFFERS_A_FAMILY = 6.0
SHOPPERS_AN_OFFER = 1.0
FAMILIES_A_SHARD = 200
MOST_SHARDS = 256
MARK = "world.json"
_SIZES = "name string, rows bigint"


@dataclass(frozen=True)
class WorldSummary:
    """What was written and where; ``rows`` by dump and by table of the truth."""

    folder: str
    seed: int
    rows: dict[str, int]

    @property
    def offers(self) -> int:
        """Offers in all dumps, bad records not counted."""
        return self.rows["truth/offers"]

    def __str__(self) -> str:
        lines = [f"A sample world (seed {self.seed}) is in {self.folder}:"]
        lines += [f"  {name:28}{count:>9,}" for name, count in sorted(self.rows.items())]
        return "\n".join([*lines, f"Its sources read ${{KGSPARK_SAMPLE}}: export KGSPARK_SAMPLE={self.folder}"])


def write_world(spark: SparkSession, out: str, offers: int, seed: int, *, catalogue_only: bool = False) -> WorldSummary:
    """Write a world of about so many offers, with some seven times as many reviews and order lines.

    ``out`` gets ``dumps/<source>/part-*``, ``sources/<source>.yaml`` (they read ``${KGSPARK_SAMPLE}``, which is
    ``out``), ``truth/<table>/part-*.parquet`` as ``truth.SCHEMAS`` says, and ``world.json``. It must be a folder that
    every worker can write to. An older world in it is replaced. ``catalogue_only`` leaves reviews and orders out.
    Raises InputError for a URI, for fewer than 100 offers and for a folder with anything else in it.
    """
    if offers < 100:
        raise InputError(f"A sample world of {offers} offers is too small; ask for 100 or more.")
    families = max(round(offers / OFFERS_A_FAMILY), 1)
    world = World(
        seed=seed, families=families, shoppers=round(offers * SHOPPERS_AN_OFFER), catalogue_only=catalogue_only
    )
    folder = _emptied(out)
    rows = write_shards(spark, world, folder, max(FAMILIES_A_SHARD, -(-families // MOST_SHARDS)))
    (folder / "sources").mkdir()
    for source in sources(world):
        text = resources.files("kgspark.sample").joinpath(f"sources/{source}.yaml").read_bytes()
        write_file(folder / "sources" / f"{source}.yaml", text)
    summary = WorldSummary(str(folder), seed, rows)
    write_file(folder / MARK, json.dumps(asdict(summary), indent=2, sort_keys=True).encode() + b"\n")
    return summary


def write_shards(spark: SparkSession, world: World, folder: Path, families_a_shard: int) -> dict[str, int]:
    """Generate and write all shards, a task each; rows by dump and table.

    Columns of the frame that the tasks give: ``name`` of a dump or table, ``rows`` that the shard has of it.
    """
    shards = -(-world.families // families_a_shard)
    people = -(-world.shoppers // shards)

    def write(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for number in batch.column("id").to_pylist():
                end = min((number + 1) * families_a_shard, world.families)
                shoppers = (number * people, min((number + 1) * people, world.shoppers))
                sizes = write_shard(world, Shard(number, number * families_a_shard, end, *shoppers), folder)
                yield pa.RecordBatch.from_pydict({"name": list(sizes), "rows": list(sizes.values())})

    written = spark.range(0, shards, 1, shards).mapInArrow(write, _SIZES)
    return _totals(written, sources(world))


def _totals(written: DataFrame, dumps: Sequence[str]) -> dict[str, int]:
    names = [*(f"dumps/{source}" for source in dumps), *(f"truth/{table}" for table in SCHEMAS)]
    # One row comes back, whatever the size of the world.
    sums = written.agg(*[F.sum(F.when(F.col("name") == name, F.col("rows"))).alias(name) for name in names]).head()
    return {name: int(sums[name] or 0) for name in names} if sums else {}


def check_folder(out: str) -> Path:
    """The folder for a world. Raises InputError for a URI, and for a folder with anything else in it."""
    if "://" in out:
        raise InputError(f"{out} is a URI; a sample world goes into a folder that every worker can write to.")
    folder = Path(out).resolve()
    if folder.exists() and any(folder.iterdir()) and not (folder / MARK).exists():
        raise InputError(f"{folder} holds something else than a sample world; name an empty folder.")
    return folder


def _emptied(out: str) -> Path:
    folder = check_folder(out)
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("dumps", "truth", "sources"):
        shutil.rmtree(folder / name, ignore_errors=True)
    # From here on the folder is known as ours, even if the run is broken off.
    write_file(folder / MARK, b"{}\n")
    return folder
