"""A person who asks to be forgotten: gone from tables, files, old releases and the next delivery."""

from __future__ import annotations

import datetime
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

import kgspark
from kgspark.config import CatalogSettings
from kgspark.errors import GateError, InputError
from kgspark.ingest.sources import load_sources
from kgspark.lake.tables import Lake
from kgspark.night import Night
from kgspark.privacy import people, report
from kgspark.privacy.earlier import fingerprints
from kgspark.privacy.erase import erase, would_erase
from kgspark.privacy.searched import searched
from kgspark.privacy.table_traces import table_traces
from kgspark.privacy.traces import traces
from kgspark.publish.readers import open_release
from kgspark.releases import retention
from kgspark.releases.register import all_releases
from kgspark.run import open_lake, run_night
from tests.builders import rows
from tests.nights.lake import NIGHT, released
from tests.nights.shop import KEY, WORLD, Shop

ANN = "ann"


def test_records_of_a_person_are_found_by_the_field_that_each_source_maps(spark: SparkSession) -> None:
    sources = load_sources([str(WORLD / "sources" / "*.yaml")], {"GOLDEN_SHOP": str(WORLD)})
    reviews = rows(
        spark,
        "bronze.review_records",
        [
            {"source": "tea_forum", "record_id": "1", "payload": '{"id": "1", "user": " ann "}'},
            # Of another person who only writes about her, and one of another source's field.
            {"source": "tea_forum", "record_id": "2", "payload": '{"id": "2", "user": "bob", "text": "ann"}'},
            {"source": "kettle_shop", "record_id": "3", "payload": '{"name": "ann"}'},
            # Nobody could read it: her id is in its bytes.
            {"source": "tea_forum", "record_id": "4", "raw": b"4,ann,\xff"},
            {"source": "tea_forum", "record_id": "5", "raw": b"5,bob,\xff"},
            {"source": "tea_forum", "record_id": "6", "raw": b"6,bob,banner\xff"},
            # Of a source that nobody describes any more, and one whose records name no shopper.
            {"source": "old_forum", "record_id": "7", "payload": '{"who": "ann"}'},
            {"source": "old_forum", "record_id": "9", "payload": '{"who": "bob", "text": "ann is right"}'},
            {"source": "kettle_shop", "record_id": "8", "raw": b"8,ann,\xff"},
        ],
    )
    found = people.records_of(reviews, sources, [ANN])
    assert sorted(row["record_id"] for row in found.collect()) == ["1", "4", "7"]


def test_marks_of_erased_people_are_no_pseudonyms() -> None:
    sources = load_sources([str(WORLD / "sources" / "*.yaml")], {"GOLDEN_SHOP": str(WORLD)})
    names, marks = people.pseudonyms(sources, [ANN], KEY), people.erased_marks(sources, [ANN], KEY)
    assert len(names) == len(marks) == 2
    assert not {name.partition("/")[2] for name in names} & {mark.partition("/")[2] for mark in marks}


def test_what_personal_data_is_where(spark: SparkSession, tmp_path: Path) -> None:
    lake = Lake(spark, str(tmp_path / "lake"))
    released(lake, "r", {"silver.reviews": [{"review_id": "review/1"}], "silver.product_history": []})
    (found,) = report.report(open_release(lake))
    assert (found.table, found.rows, found.pseudonyms) == ("silver.reviews", 1, ("shopper_id",))
    assert {"title", "text"} <= set(found.pii)


def test_only_what_nobody_else_wrote_may_not_be_found_any_more(spark: SparkSession, tmp_path: Path) -> None:
    sources = load_sources([str(WORLD / "sources" / "*.yaml")], {"GOLDEN_SHOP": str(WORLD)})
    night = Night(date=NIGHT, run_id="", sources=sources, secret=KEY)
    ann = next(name for name in people.pseudonyms(sources, [ANN], KEY))
    hers, common = "Pours well, and my cat sleeps beside it.", "Boils fast, pours well, looks good."
    reviews = [
        {"review_id": "review/1", "shopper_id": ann, "title": common, "text": hers},
        # Somebody's longer review holds what she wrote above hers; short words are anybody's.
        {"review_id": "review/2", "shopper_id": "shopper/2", "title": "Fine", "text": f"Yes. {common} Again!"},
        {"review_id": "review/3", "shopper_id": None, "title": None, "text": None},
    ]
    lake = Lake(spark, str(tmp_path / "lake"))
    released(lake, "r", {"silver.reviews": reviews})
    assert searched(lake, all_releases(lake), night, [ANN], {}).anywhere["a text"] == [hers]
    # An erasure that was stopped has released what is left of them; the files of the release before are there yet.
    released(lake, "s", {"silver.reviews": reviews[1:]})
    assert searched(lake, all_releases(lake), night, [ANN], {}).anywhere["a text"] == [hers]
    for file in (tmp_path / "lake/silver/reviews").glob("*.parquet"):
        if "review/1" in pq.read_table(file).column("review_id").to_pylist():
            file.unlink()
    assert "a text" not in searched(lake, all_releases(lake), night, [ANN], {}).anywhere


def test_a_plain_number_is_looked_for_where_it_can_only_be_the_shopper(spark: SparkSession, tmp_path: Path) -> None:
    sources = load_sources([str(WORLD / "sources" / "*.yaml")], {"GOLDEN_SHOP": str(WORLD)})
    night = Night(date=NIGHT, run_id="", sources=sources, secret=KEY)
    records = [
        {"source": "tea_forum", "record_id": "1", "payload": '{"id":"1","user":"17"}', "fingerprint": "a" * 64},
        {"source": "tea_forum", "record_id": "2", "payload": '{"id":"2","user":"1785"}', "fingerprint": "b" * 64},
        {"source": "tea_forum", "record_id": "3", "payload": '{"id":"3","user":"ann"}', "fingerprint": "c" * 64},
        # Of somebody else: 17 as a word, 1785 only within one; a name stays a trace wherever it stands.
        {"source": "tea_forum", "record_id": "4", "payload": '{"id":"4","text":"£17, not 178517. Ann, ann!"}'},
    ]
    lake = Lake(spark, str(tmp_path / "lake"))
    released(lake, "r", {"bronze.review_records": records})
    ids = ["17", "1785", ANN]
    bronze = lake.read("bronze.review_records", all_releases(lake)[-1].tables["bronze.review_records"])
    theirs = {"bronze.review_records": bronze.where("record_id != '4'")}
    found = searched(lake, all_releases(lake), night, ids, theirs)
    assert found.anywhere["a raw id"] == [ANN]
    assert found.in_bronze == {"a number that is a raw id": ["1785"]}
    assert found.by_field == 2
    assert found.anywhere["a record"] == [letter * digits for letter in "abc" for digits in (32, 64)]
    # As they lie in files: her own record by every kind, that of somebody else by none but the name.
    for name, kept in (("hers", "record_id IN ('1', '2')"), ("theirs", "record_id = '4'")):
        bronze.where(kept).drop("fingerprint").coalesce(1).write.parquet(str(tmp_path / name))
    kinds = {trace.what for trace in traces(str(tmp_path / "hers"), found.anywhere)[1]}
    assert kinds == {"a raw id in its field"}
    assert {trace.what for trace in traces(str(tmp_path / "theirs"), found.anywhere)[1]} == {"a raw id"}


def test_who_is_only_in_an_earlier_release_or_under_a_tag_is_found_there(spark: SparkSession, tmp_path: Path) -> None:
    sources = load_sources([str(WORLD / "sources" / "*.yaml")], {"GOLDEN_SHOP": str(WORLD)})
    lake, name = Lake(spark, str(tmp_path / "lake")), "bronze.review_records"

    def record(key: str, user: str) -> dict[str, str]:
        payload = f'{{"id":"{key}","user":"{user}"}}'
        return {"source": "tea_forum", "record_id": key, "payload": payload, "fingerprint": key * 64}

    bob = record("0", "bob")
    for release, record_id in (("monday", "1"), ("tuesday", "2"), ("wednesday", "3"), ("today", "")):
        released(lake, release, {name: [bob, *([record(record_id, ANN)] if record_id else [])]})
    tuesday = retention.tag(lake, "tuesday", "audit")

    def found() -> set[str]:
        return {digits[0] for digits in fingerprints(lake, all_releases(lake), sources, [ANN])}

    assert found() == {"1", "2", "3"}
    # Monday's and Tuesday's files went; the tag's did not.
    for file in (tmp_path / "lake/bronze/review_records").glob("*.parquet"):
        if {"1", "2"} & set(pq.read_table(file).column("record_id").to_pylist()):
            file.unlink()
    assert found() == {"2", "3"}
    assert tuesday.read(name).count() == 2
    # Of those whom today's holds none is a stranger here; and nobody is found who never was.
    assert fingerprints(lake, all_releases(lake), sources, ["anne"]) == set()


def test_under_another_key_nobody_who_was_erased_would_be_known(spark: SparkSession, tmp_path: Path) -> None:
    lake = Lake(spark, str(tmp_path / "lake"))
    assert people.marks_in(lake, KEY) == ()
    now = datetime.datetime(2026, 1, 2, tzinfo=datetime.UTC)
    kept = ["erased/0123456789abcdef", people.key_mark(KEY)]
    lake.append(people.ERASED, [{"mark": mark, "erased_at": now} for mark in kept])
    assert people.marks_in(lake, KEY) == people.marks_in(lake) == ("erased/0123456789abcdef",)
    for other in (b"", b"the key of another golden shop"):
        with pytest.raises(InputError, match="under another pseudonym key"):
            people.marks_in(lake, other)


@pytest.mark.slow
def test_erased_from_every_file_and_from_the_next_delivery(spark: SparkSession, tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.night(spark)
    lake = kgspark.open(shop.cfg.lake, spark=spark).lake
    first = all_releases(lake)[0].release_id
    retention.tag(lake, first, "first", at_a_time=3)
    names = people.pseudonyms(shop.sources, [ANN], KEY)
    hers = {"pseudonym": [name.partition("/")[2] for name in names], "raw id": [ANN]}
    before = {trace.what for trace in traces(lake.root, hers)[1]}
    assert before == {"pseudonym", "raw id"}
    # A mistyped id costs nothing, nor does looking at what would go.
    with pytest.raises(InputError, match="No record of any source names these shoppers"):
        erase(lake, shop.cfg, shop.tonight(), ["anne"])
    records, closed, unknown = would_erase(lake, shop.cfg, shop.tonight(), [ANN, "anne"])
    assert "for 2 ids asked for: 13 of bronze.interaction_records, 3 of bronze.review_records;" in records
    assert closed == f"after it can no longer be opened: {first} and the tag first"
    assert unknown == "1 of the 2 ids name no record of the last release"
    assert all_releases(lake)[-1].release_id == first
    # What a night fitted that was killed before it entered it in the book.
    orphan = Path(lake.root, "_artifacts/opinions/of_a_killed_night/manifest.json")
    orphan.parent.mkdir()
    orphan.write_text("{}")
    done = erase(lake, shop.cfg, shop.tonight(), [ANN])
    assert (done.traces, done.by_field) == ([], 0)
    hers_in = {"bronze.catalog_records": 0, "bronze.interaction_records": 13, "bronze.review_records": 3}
    assert done.records == hers_in
    assert traces(lake.root, hers)[1] == []
    # What was learnt from her reviews was learnt anew, and the old is gone.
    (found,) = Path(lake.root, "_artifacts/opinions").glob("*/manifest.json")
    assert all_releases(lake)[0].run_id not in found.read_text()
    # Opened by id or tag, what held her says why it cannot be.
    with pytest.raises(InputError, match="it held what a person asked to be forgotten, which was erased on 20"):
        kgspark.open(shop.cfg.lake, release=first, spark=spark)
    with pytest.raises(InputError, match="has no release first"):
        kgspark.open(shop.cfg.lake, release="first", spark=spark)
    kg = kgspark.open(shop.cfg.lake, spark=spark)
    assert kg.release.action == "erasure"
    assert {kg.table(name).count() > 0 for name in ("graph.nodes", "silver.reviews", "silver.interactions")} == {True}
    # The dumps still hold her records: they do not come back, and the rest is as a full night makes it.
    (shop.dumps / "till.csv").write_text((shop.dumps / "till.csv").read_text(encoding="utf-8") + "\n", encoding="utf-8")
    shop.night(spark, verify=True)
    assert traces(lake.root, hers)[1] == []
    # Asked again, there is nothing left to do but the proof; what it cannot look for any more it does not claim.
    again = erase(lake, shop.cfg, shop.tonight(), [ANN])
    assert set(again.records.values()) == {0}
    assert again.looked_for == ["a pseudonym", "a raw id"]
    assert {"a record", "a text"} <= set(done.looked_for)
    # Another key would bring her back.
    with pytest.raises(InputError, match="under another pseudonym key"):
        run_night(spark, shop.cfg, replace(shop.tonight(), secret=b"the key of another golden shop"))
    # Where an earlier proof found something, that is not forgotten with the words that it was found by.
    file = "graph/nodes/_delta_log/00000000000000000000.json"
    receipt = {"erasure_id": "erasure-1", "erased_at": datetime.datetime.now(datetime.UTC), "people": 1, "traces": 1}
    receipt |= {"release_id": "r", "records": {}, "files": 1, "looked_for": ["a record"], "found_in": [file, "gone"]}
    lake.append("ops.erasures", [receipt])
    with pytest.raises(GateError, match=rf"1 traces found \(what erasure-1 found in {file}, "):
        erase(lake, shop.cfg, shop.tonight(), [ANN])


@pytest.mark.slow
def test_erased_from_tables_of_a_catalogue(spark: SparkSession, tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.cfg = shop.cfg.model_copy(update={"catalog": CatalogSettings(name="spark_catalog", prefix="erased_")})
    shop.night(spark)
    lake = open_lake(spark, shop.cfg)
    first = all_releases(lake)[0].release_id
    names = people.pseudonyms(shop.sources, [ANN], KEY)
    hers = {"pseudonym": [name.partition("/")[2] for name in names], "raw id": [ANN]}
    # What the erasure cannot know here: where the catalogue keeps the files.
    warehouse = spark.conf.get("spark.sql.warehouse.dir").removeprefix("file:")
    kept = [str(folder) for folder in Path(warehouse).glob("erased_*.db")]
    assert {trace.what for folder in kept for trace in traces(folder, hers)[1]} == {"pseudonym", "raw id"}
    assert {trace.what for trace in table_traces(lake, ["bronze.review_records"], hers, {})[1]} == {"raw id"}
    done = erase(lake, shop.cfg, shop.tonight(), [ANN])
    assert (sum(done.records.values()), done.traces) == (16, [])
    assert done.tables > 20
    assert [trace for folder in kept for trace in traces(folder, hers)[1]] == []
    with pytest.raises(InputError, match="it held what a person asked to be forgotten"):
        open_release(lake, release=first)
    shop.night(spark, verify=True)
    assert [trace for folder in kept for trace in traces(folder, hers)[1]] == []
