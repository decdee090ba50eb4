"""A made-up night: offers -> products by product_id -> a whole table of brands -> what nobody reads any more."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

import kgspark
from kgspark.config import Config
from kgspark.night import Night
from kgspark.pipeline import Stage
from kgspark.run import NightOptions, run_night
from tests.builders import rows

OFFERS, MEMBERS, PRODUCTS, NODES = "silver.offers", "silver.product_offers", "silver.products", "graph.nodes"
REJECTED = "graph.nodes_rejected"
MONDAY = datetime.date(2026, 1, 5)


class World:
    """Three offers of two products; every stage counts the keys that it was asked to build."""

    def __init__(self, spark: SparkSession, lake: Path) -> None:
        self.spark = spark
        self.cfg = Config(lake=str(lake))
        self.titles = {"a": "kettle", "b": "Kettle", "c": "lamp"}
        self.product = {"a": "one", "b": "one", "c": "two"}
        self.built: dict[str, int] = {}
        self.date = MONDAY
        self.lies = False
        # Labels of which no node can be made, for a reason that no table tells.
        self.rejects, self.broken = False, set[str]()

    def stages(self) -> tuple[Stage, ...]:
        return (
            Stage("make.offers", (), (OFFERS,), self._offers, "facts", "whole"),
            Stage("make.members", (), (MEMBERS,), self._members, "facts", "whole"),
            Stage(
                "make.products",
                (OFFERS, MEMBERS),
                (PRODUCTS,),
                self._products,
                "reconcile",
                "rows",
                by=("product_id",),
            ),
            Stage("make.nodes", (PRODUCTS,), (NODES,), self._nodes, "graph", "whole"),
        )

    def night(self, **options: Any) -> dict[str, dict[str, Any]]:
        self.built = {}
        settings = {name: options.pop(name) for name in ("stages", "cfg", "console") if name in options}
        cfg = settings.get("cfg", self.cfg)
        report = run_night(
            self.spark,
            cfg,
            Night(date=self.date, run_id=""),
            stages=settings.get("stages", self.stages()),
            console=settings.get("console"),
            options=NightOptions(**options),
        )
        self.date += datetime.timedelta(days=1)
        return {row["table"]: row for row in report.stage_rows}

    def how(self, **options: Any) -> list[str]:
        done = self.night(**options)
        return [done[name]["how"] for name in (OFFERS, MEMBERS, PRODUCTS, NODES)]

    def released(self, table: str, column: str) -> list[str]:
        return sorted(row[column] for row in kgspark.open(self.cfg.lake, spark=self.spark).table(table).collect())

    def _offers(self, cfg: Any, night: Night) -> dict[str, DataFrame]:
        made = [
            {"offer_id": f"offer/{key}", "source": "s", "record_id": key, "seller": "s", "title": title}
            for key, title in self.titles.items()
        ]
        return {OFFERS: rows(self.spark, OFFERS, made)}

    def _members(self, cfg: Any, night: Night) -> dict[str, DataFrame]:
        made = [
            {"product_id": f"product/{self.product[key]}", "offer_id": f"offer/{key}", "rule": "single"}
            for key in self.titles
        ]
        return {MEMBERS: rows(self.spark, MEMBERS, [row | {"confidence": 1.0} for row in made])}

    def _products(self, offers: DataFrame, members: DataFrame, cfg: Any, night: Night) -> dict[str, DataFrame]:
        listed = members.select("product_id", "offer_id").join(offers, on="offer_id", how="inner")
        self.built[PRODUCTS] = listed.select("product_id").distinct().count()
        if self.lies:
            # Not of its key alone: how many products there are.
            listed = listed.withColumn("title", F.lit(f"one of {self.built[PRODUCTS]}"))
        blank = rows(self.spark, PRODUCTS, [{}]).drop("product_id", "title", "offers")
        found = listed.groupBy("product_id").agg(F.max("title").alias("title"), F.count(F.lit(1)).alias("offers"))
        return {PRODUCTS: found.crossJoin(blank)}

    def _nodes(self, products: DataFrame, cfg: Any, night: Night) -> dict[str, DataFrame]:
        self.built[NODES] = products.count()
        kept = F.substring(F.sha2("product_id", 256), 1, 16)
        blank = rows(self.spark, NODES, [{"kind": "brand"}]).drop("node_id", "node_key", "label")
        made = products.select(F.concat(F.lit("brand/"), kept).alias("node_id"), F.col("title").alias("label"))
        nodes = made.withColumn("node_key", F.xxhash64("node_id")).crossJoin(blank)
        if not self.rejects:
            return {NODES: nodes}
        bad = F.col("label").isin(*self.broken)
        why = rows(self.spark, REJECTED, [{"source": "s", "field": "*", "rule": "not_embedded"}]).drop("record_id")
        rejected = nodes.where(bad).select(F.col("label").alias("record_id")).crossJoin(why)
        return {NODES: nodes.where(~bad), REJECTED: rejected}
