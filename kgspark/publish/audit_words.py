"""A drawn fact as a sentence, and the raw text around the place it was read at, the place in brackets.

labels of both ends, what a review says of an aspect -> sentence
raw record -> field -> ... before [[words]] after ... without ways to reach a person
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from kgspark.graph.readings import REVIEWS
from kgspark.privacy.scrub import scrub
from kgspark.publish.show import payloads
from kgspark.releases.register import KnowledgeGraph

OPEN, CLOSE = "[[", "]]"
# Characters of context on either side.
AROUND = 160
_KEY = "source string, record_id string, bronze_table string"


def in_words(kg: KnowledgeGraph, drawn: Sequence[Mapping[str, Any]]) -> dict[str, tuple[str, str]]:
    """The sentence and the marked text of each drawn row, by its item_id."""
    labels = _labels(kg, drawn)
    opinions = _opinions(kg, drawn)
    texts = _texts(kg, drawn)
    return {
        row["item_id"]: (
            sentence(row["relation"], labels.get(row["subject"], ""), labels.get(row["object"], row["object"]))
            + opinions.get(row["item_id"], ""),
            texts[row["item_id"]],
        )
        for row in drawn
    }


def sentence(relation: str, subject: str, object_: str) -> str:
    """A fact for a person.

    >>> sentence("used_for", "Dome tent", "camping"), sentence("has_value", "Acme mug", "colour: Red")
    ('Dome tent -- used for -> camping', 'Acme mug -- has value -> colour: Red')
    """
    return f"{subject} -- {relation.replace('_', ' ')} -> {object_}"


def excerpt(before: str, words: str, after: str, around: int = AROUND) -> str:
    """The words in brackets with what stands around them, on one line.

    >>> excerpt("a fine ", "red", " mug", around=5)
    '...fine [[red]] mug'
    """
    left = before if len(before) <= around else f"...{before[-around:]}"
    right = after if len(after) <= around else f"{after[:around]}..."
    return " ".join(f"{left}{OPEN}{words}{CLOSE}{right}".split())


def pieces(payload: str | None, field_name: str, begin: int | None, end: int | None) -> tuple[str, str, str]:
    """A raw field cut into what stands before the words, the words and what follows; all of it where no place is known.

    >>> pieces('{"name": "Sony Turntable"}', "name", 0, 4), pieces('{"a": "1", "b": "2"}', "a+b", None, None)
    (('', 'Sony', ' Turntable'), ('', '1 | 2', ''))
    """
    fields = json.loads(payload) if payload else {}
    if begin is None or end is None:
        names = list(fields) if field_name == "*" else field_name.split("+")
        return "", " | ".join(str(fields[name]) for name in names if fields.get(name) is not None), ""
    value = str(fields.get(field_name) or "")
    return value[:begin], value[begin:end], value[end:]


def _labels(kg: KnowledgeGraph, drawn: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """What the nodes and offers of the rows are called; a value is told with its attribute."""
    spark = kg.lake.spark
    named = sorted({row[end] for row in drawn for end in ("subject", "object")})
    wanted = F.broadcast(spark.createDataFrame([(one,) for one in named], "id string"))
    attribute = F.translate(F.try_element_at("properties", F.lit("attribute")), "_", " ")
    nodes = kg.table("graph.nodes").select(
        F.col("node_id").alias("id"), F.concat_ws(": ", attribute, "label").alias("label")
    )
    offers = kg.table("silver.offers").select(F.col("offer_id").alias("id"), F.col("title").alias("label"))
    found = nodes.unionByName(offers).join(wanted, on="id", how="left_semi").collect()
    return {row["id"]: row["label"] for row in found}


def _opinions(kg: KnowledgeGraph, drawn: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """For rows about aspects: whether the reading praises or complains, and in which words."""
    about = [row for row in drawn if row["relation"] == "mentions_aspect"]
    if not about:
        return {}
    names = ("item_id", "source", "record_id", "field", "begin", "end", "extractor")
    kinds = ("int" if name in ("begin", "end") else "string" for name in names)
    schema = ", ".join(f"{name} {kind}" for name, kind in zip(names, kinds, strict=True))
    places = F.broadcast(kg.lake.spark.createDataFrame([tuple(row[name] for name in names) for row in about], schema))
    said = kg.table("silver.aspect_mentions").select(*names[1:], "polarity", "opinion", "denied")
    first = F.min_by(F.struct("polarity", "opinion", "denied"), F.struct("opinion", "polarity"))
    # The mention is named by its place; a place where two opinions are told gives the first.
    met = said.join(places, on=list(names[1:]), how="inner").groupBy("item_id").agg(first.alias("said"))
    return {row["item_id"]: _opinion(row["said"]) for row in met.collect()}


def _opinion(said: Any) -> str:
    verdict = "praised" if said["polarity"] > 0 else "blamed"
    denied = "not " if said["denied"] else ""
    return f" ({verdict}: {denied}{said['opinion']})"


def _texts(kg: KnowledgeGraph, drawn: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    spark = kg.lake.spark
    keys = sorted({(row["source"], row["record_id"], row["bronze_table"]) for row in drawn})
    raw = {
        (row["source"], row["record_id"], row["bronze_table"]): row["payload"]
        for row in payloads(kg, spark.createDataFrame(keys, _KEY)).collect()
    }
    cut = []
    for row in drawn:
        payload = raw.get((row["source"], row["record_id"], row["bronze_table"]))
        parts = pieces(payload, row["field"], row["begin"], row["end"])
        cut.append((row["item_id"], row["bronze_table"] == REVIEWS, *parts))
    frame = spark.createDataFrame(cut, "item_id string, personal boolean, before string, words string, after string")
    # Scrubbed whole and cut afterwards: half an address would not be known for one.
    return {row["item_id"]: excerpt(row["before"], row["words"], row["after"]) for row in _scrubbed(frame).collect()}


def _scrubbed(frame: DataFrame) -> DataFrame:
    cleaned = [
        F.when(F.col("personal"), scrub(F.col(n))).otherwise(F.col(n)).alias(n) for n in ("before", "words", "after")
    ]
    return frame.select("item_id", *cleaned)
