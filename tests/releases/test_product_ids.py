"""Old product ids lead to the products that have their offers now."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from kgspark.errors import InputError
from kgspark.lake.tables import Lake
from kgspark.publish.readers import open_release
from kgspark.releases.product_ids import Fate, fate
from tests.nights.lake import NIGHT, released


def event(product: str, what: str, other: str | None = None, offers: int = 1) -> dict[str, Any]:
    key = {"night": NIGHT, "product_id": product, "event": what, "other_product_id": other or product}
    return key | {"offers": offers}


def test_where_an_id_leads(spark: SparkSession, tmp_path: Path) -> None:
    lake = Lake(spark, str(tmp_path / "lake"))
    history = [
        *(event(name, "born") for name in "abcde"),
        # a went into b, which went into c; d gave three offers to e and one to c, and lives; e ended.
        event("a", "merged", "b", 2),
        event("b", "merged", "c", 3),
        event("d", "split", "c"),
        event("d", "split", "e", 3),
        event("e", "gone"),
    ]
    members = [{"product_id": name, "offer_id": f"offer/{name}"} for name in ("c", "d", "silent")]
    released(lake, "r", {"silver.product_history": history, "silver.product_offers": members})
    kg = open_release(lake)
    assert fate(kg, "a") == Fate(
        "a",
        ("c",),
        (
            "2026-01-02  a born (1 offers)",
            "2026-01-02  a merged into b (2 offers)",
            "2026-01-02  b born (1 offers)",
            "2026-01-02  b merged into c (3 offers)",
            "2026-01-02  c born (1 offers)",
        ),
    )
    assert fate(kg, "d").now == ("d", "c")
    assert fate(kg, "e").now == ()
    assert fate(kg, "silent") == Fate("silent", ("silent",), ())
    with pytest.raises(InputError, match="knows a product nobody"):
        fate(kg, "nobody")
