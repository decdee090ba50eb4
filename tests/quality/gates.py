"""What the tests of the gates share: a context, readers of a report, and a graph of three nodes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from kgspark.quality.gate import GateContext
from kgspark.quality.results import GateReport
from kgspark.schema import Table, load_tables
from tests.builders import rows

HEX = "0123456789abcdef"
PRODUCT_A, PRODUCT_B = f"product/{HEX}", f"product/{HEX[::-1]}"
BRAND = f"brand/{HEX}"


def context(others: Mapping[str, DataFrame] | None = None, **known: Any) -> GateContext:
    values = {"run_id": "run-1", "version": 3, "rows": None, "rejected": 0, "previous_rows": None}
    return GateContext(**(values | known), lookup=(others or {}).__getitem__)


def failed(report: GateReport) -> dict[str, int | None]:
    return {result.expectation: result.unexpected for result in report.results if not result.success}


def samples(report: GateReport, expectation: str) -> list[dict[str, Any]]:
    return next(result.samples for result in report.results if result.expectation == expectation)


def of_gate(name: str, **gate: Any) -> Table:
    """A shipping contract with another gate."""
    contract = load_tables()[name]
    return contract.model_copy(update={"gate": type(contract.gate).model_validate(gate)})


def nodes(spark: SparkSession, *more: Mapping[str, Any]) -> DataFrame:
    plain = [
        {"node_id": PRODUCT_A, "node_key": 1, "kind": "product", "label": "Kettle"},
        {"node_id": PRODUCT_B, "node_key": 2, "kind": "product", "label": "Lamp"},
        {"node_id": BRAND, "node_key": 3, "kind": "brand", "label": "Acme"},
    ]
    return rows(spark, "graph.nodes", [*plain, *more])
