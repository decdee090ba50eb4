"""What ``kgspark sources check`` tells of a source: what parses, what is left out, what would be set aside."""

from __future__ import annotations

from pathlib import Path

from pyspark.sql import SparkSession
from rich.console import Console

from kgspark.ingest.check import check_sources
from kgspark.ingest.sources import Source
from kgspark.publish.sources_report import print_report


def test_a_source_is_read_mapped_and_judged(spark: SparkSession, tmp_path: Path) -> None:
    dump = tmp_path / "offers.csv"
    dump.write_text("id,name,kind\n1,pen,good\n2,fee,fee\n3,postage,fee\n4,,good\n", encoding="utf-8")
    emits = {"catalogue": {"key": "id", "where": "kind <> 'fee'", "columns": {"title": "name"}}}
    shop = Source.model_validate({"name": "shop", "path": str(dump), "format": "csv", "emits": emits})
    missing = shop.model_copy(update={"name": "gone", "path": str(tmp_path / "gone.csv")})
    sound, broken = check_sources(spark, [shop, missing], limit=100)
    (kind,) = sound.kinds
    assert (sound.records, kind.records, kind.rows, kind.left_out) == (4, 2, 1, 2)
    assert [(reject.rule, reject.records) for reject in kind.rejects] == [("empty_title", 1)]
    assert kind.mapping["columns.title"] == "name"
    assert broken.error is not None
    console = Console(record=True, width=140)
    print_report(console, [sound, broken])
    told = console.export_text()
    assert "catalogue: 2 records gave 1 rows; where leaves out 2 more" in told
    assert "1 would stop a night" in told
