"""The stage on a hand-written shop: what is read, under which name, and where it stands in the raw record."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from kgspark.errors import InputError
from kgspark.extract import attributes
from kgspark.extract.attributes_settings import AttributesSettings
from kgspark.extract.values import lexicon_store
from kgspark.ingest import offers as ingest
from kgspark.ingest.silver_settings import SilverSettings
from tests.builders import rows
from tests.ingest.silver_world import bronze, night, source

CFG = AttributesSettings(min_support=2)
SHOP = source(
    "shop",
    "catalogue",
    {
        "key": ["id"],
        "columns": {
            "title": "name",
            "description": {"sql": "concat_ws(' ', line1, line2)"},
            "brand": "maker",
            "category_path": ["aisle"],
            "attributes": {"Net Weight": "weight", "colour": "colour"},
        },
    },
    language="en",
)
RECORDS: list[dict[str, Any]] = [
    {"name": "Leafy <b>Green</b>&nbsp;Tea &amp; Mint 6 x 250 g", "maker": "Leafy", "aisle": "Tea", "weight": "250g"},
    {"name": "Leafy Black Tea 100 g", "maker": "Leafy", "aisle": "Tea", "weight": "0.1 kg"},
    {
        "name": "Ro\u0308st \U0001f375 tea 5００克 ６ｘ２\u200b５ｍｌ",
        "maker": None,
        "aisle": "Tea",
        "line2": "tin of 100 g",
    },
    {"name": "Clay Mug sky blue", "maker": "Clay", "aisle": "Mugs", "colour": "Sky Blue"},
    {"name": "Clay Bowl sky blue", "maker": "Clay", "aisle": "Mugs", "colour": "sky blue"},
    {"name": "Clay plate, Sky  Blue", "maker": None, "aisle": "Mugs"},
    {"name": "\ufeff", "maker": "Clay", "aisle": "Mugs", "line1": "never read: an offer without a title"},
    {"name": "Teapot", "maker": None, "aisle": None, "line1": "x" * 50_000, "line2": "1 l"},
]


@pytest.fixture(scope="module")
def shop(spark: SparkSession) -> tuple[DataFrame, DataFrame]:
    """Offers and the raw records they came from."""
    fields = ("name", "maker", "aisle", "weight", "colour", "line1", "line2")
    records = [{"record_id": f"R{n}", "fields": {f: r.get(f) for f in fields}} for n, r in enumerate(RECORDS)]
    raw = bronze(spark, "bronze.catalog_records", records)
    offers = ingest.build(raw, cfg=SilverSettings(), night=night(SHOP))["silver.offers"]
    return offers.localCheckpoint(), raw.localCheckpoint()


def _mentions(offers: DataFrame, raw: DataFrame) -> list[dict[str, Any]]:
    fitted = attributes.fit(offers, raw, cfg=CFG, night=night(SHOP))
    frames = attributes.build(offers, raw, cfg=CFG, night=night(SHOP), fitted=fitted)
    return sorted(
        (row.asDict() for row in frames["silver.attribute_mentions"].collect()), key=lambda r: r["mention_id"]
    )


@pytest.fixture(scope="module")
def mentions(shop: tuple[DataFrame, DataFrame]) -> list[dict[str, Any]]:
    return _mentions(*shop)


def test_what_is_read(mentions: list[dict[str, Any]]) -> None:
    found = sorted((m["record_id"], m["column"], m["attribute"], m["text"], m["value"]) for m in mentions)
    assert found == [
        ("R0", "attributes.Net Weight", "net_weight", "250g", "250 g"),
        ("R0", "brand", "brand", "Leafy", "Leafy"),
        ("R0", "title", "brand", "Leafy", "Leafy"),
        ("R0", "title", "net_weight", "250 g", "250 g"),
        ("R0", "title", "pack", "6", "6"),
        ("R1", "attributes.Net Weight", "net_weight", "0.1 kg", "100 g"),
        ("R1", "brand", "brand", "Leafy", "Leafy"),
        ("R1", "title", "brand", "Leafy", "Leafy"),
        ("R1", "title", "net_weight", "100 g", "100 g"),
        ("R2", "description", "net_weight", "100 g", "100 g"),
        ("R2", "title", "net_weight", "5００克", "500 g"),
        ("R2", "title", "pack", "６", "6"),
        ("R2", "title", "volume", "２５ｍｌ", "25 ml"),
        ("R3", "attributes.colour", "colour", "Sky Blue", "Sky Blue"),
        ("R3", "brand", "brand", "Clay", "Clay"),
        ("R3", "title", "brand", "Clay", "Clay"),
        ("R3", "title", "colour", "sky blue", "Sky Blue"),
        ("R4", "attributes.colour", "colour", "sky blue", "Sky Blue"),
        ("R4", "brand", "brand", "Clay", "Clay"),
        ("R4", "title", "brand", "Clay", "Clay"),
        ("R4", "title", "colour", "sky blue", "Sky Blue"),
        ("R5", "title", "brand", "Clay", "Clay"),
        ("R5", "title", "colour", "Sky Blue", "Sky Blue"),
    ]


def test_every_place_leads_to_the_words_in_the_raw_record(mentions: list[dict[str, Any]]) -> None:
    places = {}
    for m in mentions:
        value = RECORDS[int(m["record_id"][1:])][m["field"]]
        places[m["record_id"], m["column"], m["attribute"]] = value[m["begin"] : m["end"]]
    assert places["R0", "title", "net_weight"] == "250 g"
    assert places["R2", "title", "volume"] == "２\u200b５ｍｌ"
    assert places["R2", "title", "net_weight"] == "5００克"
    assert places["R2", "description", "net_weight"] == "100 g"
    assert places["R5", "title", "colour"] == "Sky  Blue"


def test_the_order_of_rows_changes_nothing(shop: tuple[DataFrame, DataFrame], mentions: list[dict[str, Any]]) -> None:
    offers, raw = shop
    assert _mentions(offers.orderBy(F.desc("record_id")).repartition(3), raw.repartition(2)) == mentions


def test_a_lexicon_is_kept_and_read_back(shop: tuple[DataFrame, DataFrame], tmp_path: Path) -> None:
    offers, raw = shop
    fitted = attributes.fit(offers, raw, cfg=CFG, night=night(SHOP))
    folder = fitted.save(str(tmp_path), "a test")
    again = attributes.fit(offers, raw, cfg=AttributesSettings(lexicon=folder), night=night(SHOP))
    assert again.lexicon == fitted.lexicon
    assert lexicon_store.save(again.lexicon, str(tmp_path), "again") == folder
    assert json.loads((tmp_path / "lexicon" / folder.rsplit("/", 1)[1] / "manifest.json").read_text())["figures"] == {
        "values": 3, "attributes": 3,
    }  # fmt: skip


def test_a_night_goes_on_with_a_lexicon_while_the_offers_are_much_the_same(
    shop: tuple[DataFrame, DataFrame], tmp_path: Path
) -> None:
    offers, raw = shop
    folder = attributes.fit(offers, raw, cfg=CFG, night=night(SHOP)).save(str(tmp_path), "a test")
    # Without one of its offers the shop would teach another lexicon, and 1 of so few is much or little by refit_at.
    fewer, number = offers.where("record_id <> 'R5'"), offers.count()
    for allowed, goes_on in ((1 / number, True), (0.9 / number, False)):
        cfg = CFG.model_copy(update={"refit_at": allowed})
        found = attributes.fit(fewer, raw, cfg=cfg, night=night(SHOP), kept=folder)
        assert (found.kept == folder) is goes_on
        assert (found.save(str(tmp_path), "another night") == folder) is goes_on
        assert (found.lexicon == lexicon_store.load(folder)) is goes_on


@pytest.mark.parametrize("setting", ["lexicon", "reader", "synonyms"])
def test_what_is_named_and_not_there_stops_the_night_before_it_reads(
    shop: tuple[DataFrame, DataFrame], tmp_path: Path, setting: str
) -> None:
    cfg = AttributesSettings(**{setting: str(tmp_path / "nowhere")})
    with pytest.raises(InputError, match="nowhere"):
        attributes.fit(*shop, cfg=cfg, night=night(SHOP))


def test_a_reader_is_trained_and_reads_what_no_lexicon_knows(spark: SparkSession, tmp_path: Path) -> None:
    colours = ("red", "blue", "green", "black", "white", "pink")
    said = [(f"Acme shirt in {colours[n % 6]}, cotton", {"colour": colours[n % 6]}) for n in range(54)]
    said += [("Acme shirt, cotton", {"colour": "red"}) for _ in range(12)] + [("Acme shirt in mauve, cotton", {})]
    offers = rows(
        spark,
        "silver.offers",
        [
            {
                "offer_id": f"offer/{n:02}",
                "source": "shop",
                "title": title,
                "category_path": ["Shirts"],
                "attributes": declared,
            }
            for n, (title, declared) in enumerate(said)
        ],
    )
    none = rows(spark, "bronze.catalog_records", [])
    with pytest.raises(InputError, match="0 offers declare attributes"):
        attributes.train(offers.where("offer_id = 'offer/01'"), CFG, str(tmp_path), "a test", tagger=False)
    folder, texts = attributes.train(offers, CFG, str(tmp_path), "a test", tagger=False)
    assert texts == 66
    cfg = AttributesSettings(reader=folder)
    fitted = attributes.fit(offers, none, cfg=cfg, night=night(SHOP))
    built = attributes.build(offers, none, cfg=cfg, night=night(SHOP), fitted=fitted)["silver.attribute_mentions"]
    (mauve,) = built.where("offer_id = 'offer/66'").collect()
    assert (mauve.attribute, mauve.text, mauve.extractor, mauve.text_begin) == ("colour", "mauve", "reader", 14)
    # Nothing says where the title came from: the whole record is the place.
    assert (mauve.field, mauve.begin, mauve.end) == ("*", None, None)
