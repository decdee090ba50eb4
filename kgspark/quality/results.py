"""What a gate found: one result an expectation, and the sentence that a person reads where one failed."""

from __future__ import annotations

import datetime
import json
from dataclasses import dataclass
from typing import Any

EXAMPLES_IN_MESSAGE = 2


@dataclass(frozen=True)
class ExpectationResult:
    """One expectation: how it reads, whether it held, how many rows broke it (None where rows are not what it counts),
    and details as JSON. ``elsewhere`` says that the rows counted are another table's.
    """

    expectation: str
    success: bool
    unexpected: int | None
    details: str
    elsewhere: bool = False

    @property
    def samples(self) -> list[dict[str, Any]]:
        """Example rows of a failure."""
        rows: list[dict[str, Any]] = json.loads(self.details).get("rows_sampled", [])
        return rows


@dataclass(frozen=True)
class GateReport:
    """Everything that was found of one version of one table."""

    run_id: str
    table: str
    version: int
    row_count: int
    results: tuple[ExpectationResult, ...]

    @property
    def success(self) -> bool:
        """Whether every expectation held."""
        return all(result.success for result in self.results)

    def rows(self) -> list[dict[str, Any]]:
        """The rows of ops.gate_results."""
        now = datetime.datetime.now(datetime.UTC)
        return [
            {
                "run_id": self.run_id,
                "table": self.table,
                "version": self.version,
                "expectation": result.expectation,
                "success": result.success,
                "unexpected": result.unexpected,
                "details": result.details,
                "checked_at": now,
            }
            for result in self.results
        ]

    def failure_message(self) -> str:
        """What failed, with examples, and where to read more; empty where nothing did."""
        failed = [result for result in self.results if not result.success]
        if not failed:
            return ""
        first = failed[0]
        text = f"{self.table} v{self.version}: {first.expectation} failed"
        if first.unexpected is not None:
            text += f" for {first.unexpected:,} {'' if first.elsewhere else f'of {self.row_count:,} '}rows"
        text += _evidence(first)
        if len(failed) > 1:
            text += f"; so did {', '.join(result.expectation for result in failed[1:])}"
        return (
            f"{text}. Nothing is released; all results are in ops.gate_results "
            f"(run_id = '{self.run_id}' and not success)."
        )


def _evidence(result: ExpectationResult) -> str:
    if result.samples:
        shown = result.samples[:EXAMPLES_IN_MESSAGE]
        return ", e.g. " + "; ".join(
            ", ".join(f"{name}={value}" for name, value in row.items() if value is not None) for row in shown
        )
    details = {name: value for name, value in json.loads(result.details).items() if name != "rows_sampled"}
    return f" ({', '.join(f'{name} {value}' for name, value in details.items())})" if details else ""


def as_json(details: dict[str, Any]) -> str:
    """Details as one line of JSON; what JSON has no type for (dates, decimals) becomes text."""
    return json.dumps(details, default=str, ensure_ascii=False)
