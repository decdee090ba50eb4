"""Bronze: keys, copies, variants, numbers of occurrence, and what becomes of a record over the nights."""

from __future__ import annotations

import datetime
import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as F

from kgspark.ingest import records
from kgspark.ingest.framed import FRAMED_SCHEMA
from kgspark.ingest.settings import IngestSettings
from kgspark.ingest.sources import Source
from kgspark.lake.tables import Lake
from kgspark.night import Night
from kgspark.privacy import people
from kgspark.schema import table

KEY = b"sixteen bytes or more"
MONDAY = datetime.date(2026, 3, 2)
TUESDAY = datetime.date(2026, 3, 3)
NO_COLUMNS: dict[str, Any] = {"columns": {"title": "name"}}


def source(name: str, emits: dict[str, Any], **settings: Any) -> Source:
    return Source.model_validate({"name": name, "path": "x", "format": "csv", "emits": emits} | settings)


def framed(spark: SparkSession, rows: list[tuple[str, dict[str, str] | bytes]]) -> DataFrame:
    """Rows of (source, fields or the bytes of an unreadable record); positions as they stand."""
    values = [
        (name, "f.csv", at, json.dumps(x, sort_keys=True), None, None)
        if isinstance(x, dict)
        else (name, "f.csv", at, None, x, "column_count")
        for at, (name, x) in enumerate(rows)
    ]
    return spark.createDataFrame(values, FRAMED_SCHEMA)


def night(date: datetime.date, *sources: Source) -> Night:
    return Night(date, "run", sources, b"key")


def build(raw: DataFrame, tonight: Night, previous: DataFrame | None = None) -> dict[str, DataFrame]:
    empty = [raw.sparkSession.createDataFrame([], table(name).struct) for name in records.TABLES.values()]
    catalog = previous if previous is not None else empty[0]
    return records.build(raw, catalog, empty[1], empty[2], cfg=IngestSettings(), night=tonight)


def by_id(frame: DataFrame) -> dict[tuple[str, int], Row]:
    return {(row["record_id"], row["variant"]): row for row in frame.collect()}


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_one_delivery_keys_copies_variants_and_what_has_no_key(spark: SparkSession) -> None:
    shop = source(
        "shop", {"catalogue": {"key": ["id", "size"], "where": "coalesce(kind, 'good') <> 'fee'"} | NO_COLUMNS}
    )
    line = {"name": "pen", "id": "7", "size": "L"}
    raw = framed(
        spark,
        [
            ("shop", line),
            ("shop", line),
            ("shop", {"name": "ink", "id": "8", "size": "S"}),
            ("shop", {"name": "INK", "id": "8", "size": "S"}),
            ("shop", {"name": "fee", "id": "9", "size": "S", "kind": "fee"}),
            ("shop", {"name": "keyless", "id": " ", "size": "S"}),
            ("shop", b"broken"),
            ("shop", b"broken"),
        ],
    )
    built = build(raw, night(MONDAY, shop))
    rows = by_id(built["bronze.catalog_records"])
    keyless = digest(b'{"id": " ", "name": "keyless", "size": "S"}')
    broken = digest(b"broken")
    assert {key: (row["copies"], row["problem"], row["position"]) for key, row in rows.items() if key[0] != "8|S"} == {
        ("7|L", 0): (2, None, 0),
        (f"{keyless[:32]}-1", 0): (1, "missing_key", 5),
        (f"{broken[:32]}-1", 0): (1, "column_count", 6),
        (f"{broken[:32]}-2", 0): (1, "column_count", 7),
    }
    ink = [rows["8|S", 0]["fingerprint"], rows["8|S", 1]["fingerprint"]]
    assert ink == sorted(digest(json.dumps({"id": "8", "name": n, "size": "S"}).encode()) for n in ("ink", "INK"))
    assert {(row["first_seen"], row["last_seen"], row["deleted_at"]) for row in rows.values()} == {(MONDAY, None, None)}
    assert built["bronze.review_records"].count() == 0


def test_latest_by_picks_one_and_rows_without_key_are_numbered(spark: SparkSession) -> None:
    orders = source(
        "orders",
        {
            "catalogue": {"key": "code", "latest_by": "day"} | NO_COLUMNS,
            "interactions": {"columns": {"product": "code"}},
        },
    )
    lines = [
        {"code": "a", "day": "2026-01-02", "name": "new"},
        {"code": "a", "day": "2026-01-01", "name": "old"},
        {"code": "a", "day": "2026-01-01", "name": "old"},
        {"code": "a", "name": "undated"},
    ]
    raw = framed(spark, [("orders", line) for line in lines])
    built = build(raw, night(MONDAY, orders))
    (offer,) = built["bronze.catalog_records"].collect()
    assert (offer["record_id"], json.loads(offer["payload"])["name"], offer["copies"]) == ("a", "new", 1)
    acts = built["bronze.interaction_records"].collect()
    old = digest(json.dumps(lines[1]).encode())[:32]
    assert sorted(row["record_id"] for row in acts if row["record_id"].startswith(old)) == [f"{old}-1", f"{old}-2"]
    assert len(acts) == 4
    # The same whatever the order and the partitions of the rows.
    shuffled = build(raw.orderBy(F.desc("position")).repartition(3), night(MONDAY, orders))
    for name in ("bronze.catalog_records", "bronze.interaction_records"):
        assert sorted(shuffled[name].collect()) == sorted(built[name].collect())


def test_what_becomes_of_a_record_over_the_nights(spark: SparkSession) -> None:
    catalogue = {"catalogue": {"key": "id"} | NO_COLUMNS}
    sources = (
        source("daily", catalogue),
        source("log", catalogue, delivery="append"),
        source("moody", catalogue, on_missing="keep"),
    )
    first = framed(
        spark, [(name, {"id": i, "name": i}) for name in ("daily", "log", "moody") for i in ("stays", "goes")]
    )
    monday = spark.createDataFrame(
        build(first, night(MONDAY, *sources))["bronze.catalog_records"].collect(),
        table("bronze.catalog_records").struct,
    )
    second = framed(
        spark,
        [
            ("daily", {"id": "stays", "name": "stays"}),
            ("daily", {"id": "new", "name": "new"}),
            ("log", {"id": "stays", "name": "changed"}),
        ],
    )
    tuesday = build(second, night(TUESDAY, *sources), monday)["bronze.catalog_records"].collect()
    states = {
        (row["source"], row["record_id"], json.loads(row["payload"])["name"]): (
            row["first_seen"],
            row["last_seen"],
            row["deleted_at"],
        )
        for row in tuesday
    }
    alive = (MONDAY, None, None)
    assert states == {
        ("daily", "stays", "stays"): alive,
        ("daily", "new", "new"): (TUESDAY, None, None),
        ("daily", "goes", "goes"): (MONDAY, MONDAY, TUESDAY),
        ("log", "stays", "changed"): (TUESDAY, None, None),
        ("log", "goes", "goes"): alive,
        ("moody", "stays", "stays"): alive,
        ("moody", "goes", "goes"): alive,
    }
    wednesday = build(first, night(datetime.date(2026, 3, 4), *sources), spark.createDataFrame(tuesday, monday.schema))[
        "bronze.catalog_records"
    ].collect()
    back = {(row["source"], row["record_id"]): row for row in wednesday}
    assert [back["daily", "goes"][name] for name in ("first_seen", "last_seen", "deleted_at")] == list(alive)
    assert back["daily", "new"]["deleted_at"] == datetime.date(2026, 3, 4)


def test_what_where_leaves_out_is_counted_while_bronze_is_written(spark: SparkSession, tmp_path: Path) -> None:
    mapping = {"key": "id", "where": "kind <> 'fee'"} | NO_COLUMNS
    shop, mall = source("shop", {"catalogue": mapping}), source("mall", {"catalogue": mapping})
    plain = source("plain", {"catalogue": {"key": "id"} | NO_COLUMNS})
    fee = {"name": "fee", "kind": "fee"}
    raw = framed(
        spark,
        [
            ("shop", {"id": "1", "kind": "good", "name": "pen"}),
            ("shop", fee | {"id": "2"}),
            ("shop", fee | {"id": "3"}),
            # Cannot be judged, or not even read: kept.
            ("shop", {"id": "4", "name": "ink"}),
            ("shop", b"broken"),
            ("mall", {"id": "1", "kind": "good", "name": "pen"}),
            ("plain", fee | {"id": "1"}),
        ],
    )
    tonight = night(MONDAY, shop, mall, plain)
    name = "bronze.catalog_records"
    written = Lake(spark, str(tmp_path)).overwrite(name, build(raw, tonight)[name], note="test")
    assert written.rows == 5
    assert tonight.tally.by_source(name) == {"shop": 2, "mall": 0}
    assert tonight.tally.by_source("bronze.review_records") == {}


def test_a_source_that_stayed_away_leaves_nothing_out(spark: SparkSession, tmp_path: Path) -> None:
    mapping = {"key": "id", "where": "kind <> 'fee'"} | NO_COLUMNS
    tonight = night(MONDAY, source("away", {"catalogue": mapping}, on_missing="keep"))
    name = "bronze.catalog_records"
    Lake(spark, str(tmp_path)).overwrite(name, build(framed(spark, []), tonight)[name], note="test")
    # Spark sees in the plan that there is no row; the count must come all the same, or the night would wait for it.
    assert tonight.tally.by_source(name) == {"away": 0}


def test_records_of_an_erased_person_do_not_come_back(spark: SparkSession) -> None:
    reviews = {"key": "id", "columns": {"text": "body", "shopper": {"sql": "lower(user)"}}}
    # The dump is also the catalogue: her record would be kept there with all its fields.
    site = source("site", {"reviews": reviews, "catalogue": {"key": "id"} | NO_COLUMNS})
    tonight = replace(night(MONDAY, site), secret=KEY, erased=tuple(people.erased_marks([site], ["ann"], KEY)))
    lines = [
        {"id": "1", "user": " ANN", "body": "x"},
        {"id": "2", "user": "bob", "body": "ann"},
        {"id": "3", "body": "y"},
        # Nobody could read these.
        b"4;ann;\xff",
        b'{"id": 5, "user": "ann", "body": "cut o',
        b"6;bob;banner\xff",
    ]
    built = build(framed(spark, [("site", line) for line in lines]), tonight)
    for name in ("bronze.review_records", "bronze.catalog_records"):
        left = built[name].select("record_id", F.col("raw").cast("string").alias("raw")).collect()
        assert sorted(row["record_id"] for row in left if row["raw"] is None) == ["2", "3"], name
        assert [row["raw"][:8] for row in left if row["raw"]] == ["6;bob;ba"], name


def test_a_record_stays_where_it_first_lay_whatever_is_added_above_it(spark: SparkSession) -> None:
    shop = source("shop", {"catalogue": {"key": "id"} | NO_COLUMNS})
    line = {"id": "1", "name": "pen"}
    monday = build(framed(spark, [("shop", line)]), night(MONDAY, shop))["bronze.catalog_records"]
    more = framed(spark, [("shop", {"id": "0", "name": "ink"}), ("shop", line)])
    tuesday = by_id(build(more, night(TUESDAY, shop), monday)["bronze.catalog_records"])
    assert tuesday["1", 0] == by_id(monday)["1", 0]
    assert tuesday["0", 0]["position"] == 0
