"""Which attributes matter in a category: how many offers say them, and how well they tell offers apart.

offers of the category -> one value an offer and attribute, its own field's before its texts' -> counts of values ->
coverage, entropy, share of pairs told apart
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from pyspark.sql import Window
from pyspark.sql import functions as F

from kgspark.errors import InputError
from kgspark.releases.register import KnowledgeGraph

if TYPE_CHECKING:
    from pyspark.sql import Column, WindowSpec

FIELD = "field"


@dataclass(frozen=True)
class Matters:
    """An attribute in a category.

    ``declared`` and ``read`` are shares of the category's offers: in a field of its own; else in title or description.
    ``values`` counts distinct values, ``entropy`` is Shannon's over them, in bits. ``apart`` is the probability that
    two offers drawn at random both say the attribute and say different values: coverage squared times Gini's diversity
    (Simpson, Measurement of Diversity, 1949). ``examples`` are the most frequent values.
    """

    attribute: str
    declared: float
    read: float
    values: int
    entropy: float
    apart: float
    examples: tuple[str, ...]

    def record(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def matters(kg: KnowledgeGraph, category: str, min_confidence: float) -> tuple[int, list[Matters]]:
    """How many offers a category of a release has, and its attributes, the one that tells most pairs apart first.

    ``category`` is a label anywhere in an offer's path, whatever its case. Readings in texts count from
    ``min_confidence``. Raises InputError where no offer is filed under it.
    """
    offers = kg.table("silver.offers").select("offer_id", F.transform("category_path", _plain).alias("path"))
    inside = offers.where(F.array_contains("path", F.lit(" ".join(category.lower().split())))).select("offer_id")
    listed = inside.count()
    if not listed:
        raise InputError(_unknown(kg, category))
    said = kg.table("silver.attribute_mentions").join(inside, on="offer_id", how="inner")
    stated = F.col("extractor") == FIELD
    surest = F.struct(stated.alias("stated"), "confidence", "mention_id")
    one_each = (
        said.where(stated | (F.col("confidence") >= min_confidence))
        .groupBy("offer_id", "attribute")
        .agg(F.max_by("value", surest).alias("value"), F.max(stated).alias("stated"))
    )
    counted = one_each.groupBy("attribute", F.lower("value").alias("key")).agg(
        F.count("*").alias("offers"), F.count_if("stated").alias("stated"), F.min("value").alias("value")
    )
    share = F.col("offers") / F.sum("offers").over(_of_attribute())
    told = (
        counted.withColumn("share", share)
        .groupBy("attribute")
        .agg(
            (F.sum("stated") / listed).alias("declared"),
            ((F.sum("offers") - F.sum("stated")) / listed).alias("read"),
            F.count("*").alias("values"),
            F.round(F.sum(-F.col("share") * F.log2("share")), 6).alias("entropy"),
            F.round((F.sum("offers") / listed) ** 2 * (1 - F.sum(F.col("share") ** 2)), 6).alias("apart"),
            F.slice(F.sort_array(F.collect_list(F.struct((-F.col("offers")).alias("rare"), "value"))), 1, 3).alias(
                "top"
            ),
        )
    )
    rows = told.orderBy(F.desc("apart"), F.desc(F.col("declared") + F.col("read")), "attribute").collect()
    return listed, [
        Matters(
            row["attribute"],
            row["declared"],
            row["read"],
            row["values"],
            row["entropy"],
            row["apart"],
            tuple(one["value"] for one in row["top"]),
        )
        for row in rows
    ]


def lines(category: str, listed: int, found: Sequence[Matters]) -> list[str]:
    """A table for a terminal."""
    shown = [
        f"{category}: {listed:,} offers",
        f"{'attribute':<24}{'declared':>9}{'in texts':>9}{'values':>8}{'bits':>7}{'pairs told apart':>18}  for example",
    ]
    for one in found:
        numbers = f"{one.declared:>9.1%}{one.read:>9.1%}{one.values:>8,}{one.entropy:>7.2f}{one.apart:>18.1%}"
        shown.append(f"{one.attribute:<24}{numbers}  {', '.join(one.examples)}")
    return shown


def _plain(label: Column) -> Column:
    return F.btrim(F.regexp_replace(F.lower(label), r"\s+", " "))


def _of_attribute() -> WindowSpec:
    return Window.partitionBy("attribute")


def _unknown(kg: KnowledgeGraph, category: str) -> str:
    labels = kg.table("graph.nodes").where("kind = 'category'").select("label").distinct().collect()
    near = get_close_matches(category, [row["label"] for row in labels], n=1)
    hint = f"; did you mean {near[0]}?" if near else "; 'kgspark sql' lists the nodes of kind category."
    return f"The release files no offer under the category {category}{hint}"
