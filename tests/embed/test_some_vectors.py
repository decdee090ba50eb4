"""A night in which few texts changed: only their vectors are made, and they take the place of those before."""

from __future__ import annotations

import pytest
from pyspark.sql import SparkSession

from kgspark.embed import vectors
from kgspark.embed.settings import EmbedSettings
from kgspark.schema import conform, table
from tests.builders import rows
from tests.embed.made_vectors import EDGES, NIGHT, NODES, TABLES, build

pytestmark = pytest.mark.usefixtures("marked", "uncached")


def test_what_is_made_for_some_takes_the_place_of_theirs(spark: SparkSession, cfg: EmbedSettings) -> None:
    # An empty one that goes leaves no reject behind.
    before = build(spark, cfg, nodes=rows(spark, "graph.nodes", [*NODES, NODES[3] | {"node_id": "product/7"}]))
    assert [row.record_id for row in before[TABLES[1]]] == ["product/4", "product/7"]
    held = {name: rows(spark, name, [row.asDict() for row in before[name]]) for name in TABLES}
    # One text changes, and with it three edges; one node goes with its edge; a new one says what another says.
    nodes = [NODES[0] | {"text": "pear phone"}, NODES[1], *NODES[3:], NODES[1] | {"node_id": "product/6"}]
    edges = [edge for edge in EDGES if edge["edge_id"] != "edge/32"]
    inputs = (rows(spark, "graph.nodes", nodes), rows(spark, "graph.edges", edges), held[TABLES[0]], held[TABLES[2]])
    keys = vectors.touched(*inputs, cfg=cfg, night=NIGHT)
    # What was set aside is looked at again each time.
    again = {"product/4", "edge/14"}
    assert {row.record_id for row in keys.collect()} == again | {
        "product/1", "product/3", "product/6", "edge/12", "edge/21", "edge/32",
    }  # fmt: skip
    anew = vectors.build(*inputs, cfg=cfg, night=NIGHT, keys=keys)
    full = vectors.build(*inputs, cfg=cfg, night=NIGHT)
    # Texts that have no vector yet are all among them.
    new = [vectors.new_texts(*inputs, cfg=cfg, night=NIGHT, keys=some).collect() for some in (None, keys)]
    assert sorted(new[0]) == sorted(new[1])
    old = vectors.part(held, keys)
    for name in TABLES:
        contract = table(name)
        stays = held[name].join(old[name].select(*contract.key), on=list(contract.key), how="left_anti")
        both = conform(stays, contract).unionByName(conform(anew[name], contract))
        assert sorted(both.collect()) == sorted(conform(full[name], contract).collect())
    others = rows(spark, TABLES[0], [row.asDict() | {"model": "another"} for row in before[TABLES[0]]])
    replaced = vectors.touched(*inputs[:2], others, inputs[3], cfg=cfg, night=NIGHT)
    assert {row.record_id for row in replaced.collect()} >= {row.node_id for row in before[TABLES[0]]}
