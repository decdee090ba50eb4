"""Facts of a release for a person to judge: so many of each kind, drawn by hash, each with the words it was read in.

edges that describe products, readings in offers -> strata (relation, "declared" or else extractor of the surest
evidence) -> rows for each stratum -> drawn by hash -> the fact in words, and its raw text

Every edge lies in one stratum, so that the strata's sizes turn judgements into the precision of a relation
(audit_precision). Relations get equal shares, since each is asked about; within a relation an extractor's share grows
with the root of its size (power allocation; Bankier, Power Allocations, The American Statistician 1988).
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from kgspark.errors import InputError
from kgspark.graph import ontology
from kgspark.graph.readings import CATALOGUE, DECLARED
from kgspark.publish.audit_words import in_words
from kgspark.releases.register import KnowledgeGraph

# What the texts of offers were read to say, whether an edge or not; the table's name stands where a relation's would.
READINGS = "attribute_mentions"
_FIELD = "field"
_PLACE = ("source", "bronze_table", "record_id", "field", "begin", "end")
Stratum = tuple[str, str]
K = TypeVar("K", str, Stratum)


@dataclass(frozen=True)
class Drawn:
    """A fact to judge, in words, and what its stratum is."""

    item_id: str
    relation: str
    extractor: str
    stratum_size: int
    fact: str
    text: str
    confidence: float
    source: str
    record_id: str
    field: str
    begin: int | None
    end: int | None


def describing() -> list[str]:
    """The relations that say what a product is, rather than who saw, sold or bought it."""
    others = {"product", "seller", "shopper"}
    known = ontology.load().relations.values()
    return [r.name for r in known if "product" in r.domain and not others & set(r.range_)] + [READINGS]


def check_relations(asked: Sequence[str]) -> None:
    """Raise InputError for a relation that cannot be audited, with those that can."""
    known = [*ontology.load().relations, READINGS]
    unknown = sorted(set(asked) - set(known))
    if unknown:
        raise InputError(f"--relation {unknown[0]} is no relation; known are {', '.join(known)}.")


def draw(
    kg: KnowledgeGraph, sample: int, seed: int, relations: Sequence[str] = (), from_texts: bool = False
) -> list[Drawn]:
    """``sample`` facts of a release, or all it has, over ``relations``, else over those that describe products;
    ``from_texts`` leaves out those that a source declares.

    The same release and seed give the same facts. Raises InputError for a relation that cannot be audited, and where
    the release holds no fact of those asked for.
    """
    asked = list(relations) or describing()
    check_relations(asked)
    population = _population(kg, asked)
    population = population.where(F.col("extractor") != DECLARED) if from_texts else population
    sizes = {(r["relation"], r["extractor"]): r["facts"] for r in _sizes(population).collect()}
    if not sizes:
        kind = "fact read in texts" if from_texts else "fact"
        raise InputError(f"Release {kg.release.release_id} holds no {kind} of {', '.join(asked)}.")
    rows = _first(population, allocate(sizes, sample), seed).collect()
    said = in_words(kg, [row.asDict() for row in rows])
    drawn = [Drawn(stratum_size=sizes[row["relation"], row["extractor"]], **_known(row, said)) for row in rows]
    return sorted(drawn, key=lambda d: (asked.index(d.relation), d.extractor, d.item_id))


def allocate(sizes: Mapping[Stratum, int], sample: int) -> dict[Stratum, int]:
    """How many facts of each stratum to judge.

    >>> allocate({("has_brand", "declared"): 900, ("has_value", "declared"): 900, ("has_value", "lexicon"): 100}, 10)
    {('has_brand', 'declared'): 5, ('has_value', 'declared'): 4, ('has_value', 'lexicon'): 1}
    """
    strata: dict[str, dict[Stratum, int]] = {}
    for stratum in sorted(sizes):
        strata.setdefault(stratum[0], {})[stratum] = sizes[stratum]
    whole = {relation: sum(parts.values()) for relation, parts in strata.items()}
    dealt = _deal(sample, dict.fromkeys(whole, 1.0), whole)
    found: dict[Stratum, int] = {}
    for relation, parts in strata.items():
        found |= _deal(dealt[relation], {stratum: math.sqrt(size) for stratum, size in parts.items()}, parts)
    return found


def _deal(total: int, weights: Mapping[K, float], most: Mapping[K, int]) -> dict[K, int]:
    """Rows by weight, whole numbers, at least one each while there are enough, never more than there are.

    By the method of equal proportions (Huntington and Hill): the next row goes to the largest
    weight / sqrt(n (n + 1)), which is infinite for those without any.
    """
    dealt = dict.fromkeys(weights, 0)
    # Behind the priority, for those who have none yet, the weight; then the order of the keys.
    waiting = [(-math.inf, -weight, place, key) for place, (key, weight) in enumerate(weights.items())]
    heapq.heapify(waiting)
    while total and waiting:
        _, weight, place, key = heapq.heappop(waiting)
        dealt[key] += 1
        total -= 1
        if dealt[key] < most[key]:
            heapq.heappush(waiting, (weight / math.sqrt(dealt[key] * (dealt[key] + 1)), weight, place, key))
    return dealt


def _population(kg: KnowledgeGraph, asked: Sequence[str]) -> DataFrame:
    """One row a fact: item_id, relation, extractor, subject, object, attribute, confidence, and one place."""
    edges = kg.table("graph.edges").where(F.col("relation").isin([r for r in asked if r != READINGS]))
    # What a source declares is declared, however sure a text is that says so, too.
    declared = (F.col("extractor") == DECLARED).alias("declared")
    place = F.struct(declared, "confidence", "evidence_id", "extractor", *_PLACE)
    surest = kg.table("graph.evidence").groupBy("edge_id").agg(F.max(place).alias("best"))
    facts = edges.join(surest, on="edge_id", how="inner").select(
        F.col("edge_id").alias("item_id"),
        "relation",
        F.col("best.extractor").alias("extractor"),
        F.col("src").alias("subject"),
        F.col("dst").alias("object"),
        "confidence",
        *[F.col(f"best.{name}").alias(name) for name in _PLACE],
    )
    if READINGS not in asked:
        return facts
    read = kg.table("silver.attribute_mentions").where(F.col("extractor") != _FIELD)
    readings = read.select(
        F.col("mention_id").alias("item_id"),
        F.lit(READINGS).alias("relation"),
        "extractor",
        F.col("offer_id").alias("subject"),
        F.concat_ws(": ", F.translate("attribute", "_", " "), "value").alias("object"),
        "confidence",
        F.lit(CATALOGUE).alias("bronze_table"),
        *[name for name in _PLACE if name != "bronze_table"],
    )
    return facts.unionByName(readings)


def _sizes(population: DataFrame) -> DataFrame:
    return population.groupBy("relation", "extractor").agg(F.count("*").alias("facts"))


def _first(population: DataFrame, wanted: Mapping[Stratum, int], seed: int) -> DataFrame:
    """The first rows of each stratum in the order of a hash."""
    keyed = [part for (r, e), rows in sorted(wanted.items()) for part in (F.lit(f"{r}\n{e}"), F.lit(rows))]
    rows = F.try_element_at(F.create_map(*keyed), F.concat_ws("\n", "relation", "extractor"))
    by_hash = Window.partitionBy("relation", "extractor").orderBy(F.xxhash64(F.lit(seed), "item_id"), "item_id")
    # Said as a constant, too: Spark then keeps so many rows a task instead of sorting all of a stratum.
    most = max(wanted.values())
    return population.withColumn("nth", F.row_number().over(by_hash)).where(
        (F.col("nth") <= most) & (F.col("nth") <= rows)
    )


def _known(row: Any, said: Mapping[str, tuple[str, str]]) -> dict[str, Any]:
    fact, text = said[row["item_id"]]
    names = ("item_id", "relation", "extractor", "confidence", "source", "record_id", "field", "begin", "end")
    return {name: row[name] for name in names} | {"fact": fact, "text": text}
