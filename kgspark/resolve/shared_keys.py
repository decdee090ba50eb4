"""Offers that share a code, over partitions: a GTIN, or a brand with a model number.

offers -> (offer, key) -> keys that too many share are not believed -> pairs of offers that share one
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import pyarrow as pa
from pyspark.sql import functions as F

from kgspark.resolve.block import Step
from kgspark.resolve.normalise import listing
from kgspark.resolve.offers import OFFER
from kgspark.resolve.settings import ResolveSettings

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_KEYS = "offer_id string, lister string, alone boolean, step long, key string"
_KEYED = ("offer_id", "lister", "alone", "numbered", "brand", "mpn", "gtin")


def without_placeholders(offers: DataFrame, cfg: ResolveSettings) -> DataFrame:
    """The offers without GTINs, and brands and model numbers, that more share than the settings allow."""
    most = F.when(F.col("step") == int(Step.GTIN), cfg.max_offers_per_gtin).otherwise(cfg.max_offers_per_mpn)
    keyed = keys(offers)
    common = keyed.groupBy("step", "key").agg(F.count("*").alias("offers")).where(F.col("offers") > most)
    told = keyed.join(common, on=["step", "key"], how="left_semi").groupBy("offer_id")
    flags = told.agg(
        *(F.max(F.col("step") == int(step)).alias(f"common_{step.name}") for step in (Step.GTIN, Step.MODEL))
    )
    marked = offers.join(flags, on="offer_id", how="left")
    gtin = F.when(~F.coalesce("common_GTIN", F.lit(False)), F.col("gtin"))
    numbered = F.col("numbered") & ~F.coalesce("common_MODEL", F.lit(False))
    return marked.withColumns({"gtin": gtin, "numbered": numbered}).select(*OFFER)


def keys(offers: DataFrame) -> DataFrame:
    """A row for each code of each offer: its GTIN, and its brand and model number (step, key)."""
    return offers.mapInArrow(_keys, _KEYS)


def sharing(offers: DataFrame) -> DataFrame:
    """All pairs of offers with one GTIN, or one brand and model number."""
    one = keys(offers)
    other = one.select("step", "key", *(F.col(n).alias("other_" + n) for n in ("offer_id", "lister", "alone")))
    own = (F.col("lister") == F.col("other_lister")) & F.col("alone") & F.col("other_alone")
    met = one.join(other, on=["step", "key"], how="inner").where((F.col("offer_id") < F.col("other_offer_id")) & ~own)
    return met.select(
        F.col("offer_id").alias("query"), F.col("other_offer_id").alias("found"), "step", F.lit(0).alias("said")
    )


def _keys(incoming: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """One row for each key of each offer: its GTIN, and its brand and model number."""
    for batch in incoming:
        rows = batch.to_pydict()
        said = [
            (offer, lister, alone, int(step), key)
            for offer, lister, alone, numbered, brand, mpn, gtin in zip(*(rows[n] for n in _KEYED), strict=True)
            for step, key in _keys_of(brand, mpn if numbered else None, gtin)
        ]
        types = (pa.string(), pa.string(), pa.bool_(), pa.int64(), pa.string())
        names = ("offer_id", "lister", "alone", "step", "key")
        columns = zip(*said, strict=True) if said else [()] * len(names)
        yield pa.RecordBatch.from_arrays([pa.array(c, t) for c, t in zip(columns, types, strict=True)], names)


def _keys_of(brand: str | None, mpn: str | None, gtin: str | None) -> Iterator[tuple[Step, str]]:
    read = listing("", brand=brand, mpn=mpn, gtin=gtin)
    if read.gtin:
        yield Step.GTIN, read.gtin
    if read.model:
        yield Step.MODEL, read.model
