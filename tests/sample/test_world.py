"""The sample world: the same rows for the same seed, spans that point where they say, truth that fits the dumps."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import statistics
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from kgspark.errors import InputError
from kgspark.ingest.frame import framer
from kgspark.ingest.settings import IngestSettings
from kgspark.ingest.sources import Source, load_sources
from kgspark.sample.products import World
from kgspark.sample.world import WorldSummary, write_shards, write_world

OFFERS, SEED = 300, 11


@pytest.fixture(scope="module")
def world(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> WorldSummary:
    return write_world(spark, str(tmp_path_factory.mktemp("world")), OFFERS, SEED)


Framed = dict[tuple[str, str, int], tuple[dict[str, str] | None, str | None]]
Records = dict[str, dict[str, dict[str, str]]]


@pytest.fixture(scope="module")
def sources(world: WorldSummary) -> tuple[Source, ...]:
    return load_sources([f"{world.folder}/sources/*.yaml"], {"KGSPARK_SAMPLE": world.folder})


@pytest.fixture(scope="module")
def framed(world: WorldSummary, sources: tuple[Source, ...]) -> Framed:
    """Every record as ingest reads it: payload and problem by source, file and position."""
    found: Framed = {}
    for source in sources:
        for file in sorted(Path(world.folder, "dumps", source.name).iterdir()):
            for position, (payload, problem) in enumerate(_read(source, file)):
                found[source.name, file.name, position] = (payload, problem)
    return found


def _read(source: Source, file: Path) -> list[tuple[dict[str, str] | None, str | None]]:
    if source.format == "parquet":
        rows = pq.read_table(file).to_pylist()
        return [({name: str(value) for name, value in row.items() if value is not None}, None) for row in rows]
    content = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
    cut = framer(source, IngestSettings())(io.BytesIO(content))
    return [(json.loads(record.payload) if record.payload else None, record.problem) for record in cut]


@pytest.fixture(scope="module")
def records(sources: tuple[Source, ...], framed: Framed) -> Records:
    """Readable records by source and key; a key that comes twice keeps the first."""
    keys = {source.name: next(iter(source.emits.mappings().values())).key for source in sources}
    found: Records = {name: {} for name in keys}
    for (source, _, _), (payload, _) in framed.items():
        if payload is not None:
            found[source].setdefault("|".join(payload.get(name, "") for name in keys[source]), payload)
    return found


def _truth(folder: str, table: str) -> list[dict[str, Any]]:
    return [row for file in sorted(Path(folder, "truth", table).iterdir()) for row in pq.read_table(file).to_pylist()]


def _bytes(folder: str | Path) -> dict[str, str]:
    files = [path for path in Path(folder).rglob("*") if path.is_file() and path.name != "world.json"]
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_a_catalogue_alone_has_the_same_offers(world: WorldSummary, spark: SparkSession, tmp_path: Path) -> None:
    alone = write_world(spark, str(tmp_path / "alone"), OFFERS, SEED, catalogue_only=True)
    dumps = [name for name in alone.rows if name.startswith("dumps/")]
    assert 0 < len(dumps) == len(list(Path(alone.folder, "sources").iterdir()))
    assert "dumps/ratewell" not in alone.rows
    assert alone.rows["truth/reviews"] == alone.rows["truth/shoppers"] == 0
    assert alone.rows["truth/offers"] == world.rows["truth/offers"]
    for name in dumps:
        for file in Path(alone.folder, name).iterdir():
            # A file of a table carries when it was written.
            same = pq.read_table if file.suffix == ".parquet" else Path.read_bytes
            assert same(file) == same(Path(world.folder, name, file.name))


def test_same_seed_same_bytes_other_seed_other_ones(spark: SparkSession, world: WorldSummary, tmp_path: Path) -> None:
    again = write_world(spark, str(tmp_path / "again"), OFFERS, SEED)
    assert _bytes(again.folder) == _bytes(world.folder)
    assert again.rows == world.rows
    other = write_world(spark, str(tmp_path / "again"), OFFERS, SEED + 1)
    assert _bytes(other.folder)["dumps/alder_finch/part-00000.csv"] not in _bytes(world.folder).values()


def test_rows_do_not_depend_on_how_the_work_is_divided(spark: SparkSession, tmp_path: Path) -> None:
    small = World(seed=3, families=12, shoppers=60)
    rows = [write_shards(spark, small, tmp_path / str(size), size) for size in (12, 5)]
    assert rows[0] == rows[1]
    for table in ("offers", "products", "attribute_spans", "reviews", "aspect_spans", "uses", "relations", "shoppers"):
        one, other = (
            sorted(json.dumps(row, sort_keys=True) for row in _truth(str(tmp_path / size), table))
            for size in ["12", "5"]
        )
        assert one == other, table
    for dump in ("brightnook", "ratewell"):
        one, other = (
            sorted(line for file in (tmp_path / size / "dumps" / dump).iterdir() for line in file.open("rb"))
            for size in ["12", "5"]
        )
        assert one == other, dump


def test_proportions(world: WorldSummary) -> None:
    rows = world.rows
    assert OFFERS * 0.85 < world.offers < OFFERS * 1.15
    reviews = rows["dumps/ratewell"] + rows["dumps/shuoping"]
    lines = rows["dumps/alder_finch_orders"] + rows["dumps/marketry_orders"]
    assert 4.5 < reviews / world.offers < 9
    assert 4.5 < lines / world.offers < 9
    assert rows["truth/bad_records"] < 0.02 * (world.offers + reviews + lines)


def test_spans_point_at_the_values_in_the_raw_fields(world: WorldSummary, records: Records) -> None:
    seen: Counter[str] = Counter()
    for table in ("attribute_spans", "aspect_spans", "uses"):
        for span in _truth(world.folder, table):
            text = records[span["source"]][span["record_id"]][span["field"]]
            assert text[span["begin"] : span["end"]] == span["value"], span
            if table == "aspect_spans":
                assert text[span["opinion_begin"] : span["opinion_end"]] == span["opinion"], span
            seen[span["source"]] += 1
    assert min(seen[source] for source in records if not source.endswith("_orders")) > 50


def test_every_offer_is_a_product_and_every_good_record_an_offer(world: WorldSummary, records: Records) -> None:
    products = {row["product_id"] for row in _truth(world.folder, "products")}
    offers = _truth(world.folder, "offers")
    assert {row["product_id"] for row in offers} <= products
    keys = [(row["source"], row["record_id"]) for row in offers]
    assert len(keys) == len(set(keys)) == world.offers
    rejected = {
        (row["source"], row["record_id"]) for row in _truth(world.folder, "bad_records") if row["outcome"] == "rejected"
    }
    shops = {source for source, _ in keys}
    in_dumps = {(source, key) for source in shops for key in records[source]}
    assert in_dumps - rejected == set(keys)
    for relation in _truth(world.folder, "relations"):
        assert {relation["product_id"], relation["other_product_id"]} <= products


def test_every_planted_record_reads_as_the_truth_says(
    world: WorldSummary, sources: tuple[Source, ...], framed: Framed
) -> None:
    assert len(sources) == 10
    found = {place: problem for place, (_, problem) in framed.items() if problem}
    unreadable = {"column_count", "open_quote", "invalid_utf8", "not_json", "not_xml"}
    expected = {
        (row["source"], row["file"], row["position"]): row["rule"]
        for row in _truth(world.folder, "bad_records")
        if row["rule"] in unreadable
    }
    assert found == expected
    assert set(expected.values()) == unreadable


def test_ratings_follow_quality_and_what_is_said(world: WorldSummary) -> None:
    reviews = _truth(world.folder, "reviews")
    said: dict[tuple[str, str], list[int]] = defaultdict(list)
    for row in _truth(world.folder, "aspect_spans"):
        said[row["source"], row["record_id"]].append(row["polarity"])
    scaled = [(row["rating"] / (5 if row["source"] == "ratewell" else 10), row) for row in reviews]
    assert _correlation([(row["quality"], rating) for rating, row in scaled]) > 0.35
    moods = [(sum(said[key]), rating) for rating, row in scaled if (key := (row["source"], row["record_id"])) in said]
    assert _correlation(moods) > 0.45


def test_complements_are_bought_together_more_often_than_by_chance(world: WorldSummary, records: Records) -> None:
    family = {(row["source"], row["record_id"]): row["family_id"] for row in _truth(world.folder, "offers")}
    pairs = {
        (row["product_id"].split("-")[0], row["other_product_id"].split("-")[0])
        for row in _truth(world.folder, "relations")
        if row["relation"] == "complement"
    }
    baskets: dict[str, set[str]] = defaultdict(set)
    for line in records["alder_finch_orders"].values():
        name = family.get(("alder_finch", line.get("sku", "")))
        if name:
            baskets[line["invoice"]].add("P" + name[1:])
    count = Counter(name for basket in baskets.values() for name in basket)
    together = {pair: sum(set(pair) <= basket for basket in baskets.values()) for pair in pairs}
    frequent = [pair for pair in pairs if together[pair] >= 5]
    assert len(frequent) >= 5
    lifts = [together[a, b] * len(baskets) / (count[a] * count[b]) for a, b in frequent]
    assert min(lifts) > 1.5


def test_equal_titles_do_not_find_products(world: WorldSummary, records: Records) -> None:
    titles = {"alder_finch": "name", "kontorhaus": "article", "brightnook": "title", "harbourline": "title"}
    by_product: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for row in _truth(world.folder, "offers"):
        if row["source"] in titles:
            text = records[row["source"]][row["record_id"]][titles[row["source"]]]
            by_product[row["product_id"]].append((row["source"], " ".join(text.lower().split())))
    pairs = [(a, b) for group in by_product.values() for a in group for b in group if a[0] < b[0]]
    assert len(pairs) > 60
    assert sum(a[1] == b[1] for a, b in pairs) / len(pairs) < 0.05


@pytest.mark.parametrize(("offers", "message"), [(99, "100 or more")])
def test_too_small_a_world_is_refused(spark: SparkSession, tmp_path: Path, offers: int, message: str) -> None:
    with pytest.raises(InputError, match=message):
        write_world(spark, str(tmp_path), offers, 1)


def test_a_folder_with_anything_else_is_left_alone(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("precious")
    with pytest.raises(InputError, match="something else"):
        write_world(spark, str(tmp_path), 100, 1)
    with pytest.raises(InputError, match="is a URI"):
        write_world(spark, "s3a://bucket/world", 100, 1)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def _correlation(pairs: list[tuple[float, float]]) -> float:
    return statistics.correlation([a for a, _ in pairs], [b for _, b in pairs])
