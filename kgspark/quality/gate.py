"""The gate of a table: Great Expectations on the version that was written, as cheap as a night can afford.

First everything is asked at once and only for yes or no: one pass, and for a big table a second one for its key. Only
what failed is asked again, for the number of rows and for examples.
"""

from __future__ import annotations

import contextlib
import decimal
import math
import queue
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from kgspark import session
from kgspark.errors import EngineError
from kgspark.quality.expectations import Check, Lookup, converse_check, table_checks, with_derived
from kgspark.quality.results import ExpectationResult, GateReport, as_json
from kgspark.quality.settings import QualitySettings
from kgspark.quality.suspects import Suspects
from kgspark.schema import Table, table

# Types whose values say something in an example row; vectors and maps do not.
_SHOWN_TYPES = ("string", "int", "bigint", "double", "boolean", "date", "timestamp", "decimal")


@dataclass(frozen=True)
class GateContext:
    """What the night knows of the version: rows written (None: count them), records set aside, rows of the last release
    (None on a first night), and ``lookup``, which gives other tables as this night sees them.
    """

    run_id: str
    version: int
    rows: int | None
    rejected: int
    previous_rows: int | None
    lookup: Lookup


class Gatekeeper:
    """Gates one table after the other; made once a night, as Great Expectations takes seconds to come up."""

    def __init__(self, spark: SparkSession, settings: QualitySettings | None = None) -> None:
        self._spark = spark
        self._settings = settings or QualitySettings()
        # An engine of Great Expectations keeps what it computed by the name of its one batch: gates side by side need
        # an engine each.
        self._engines: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._context: Any = None
        self._lock = threading.Lock()

    def check(
        self, frame: DataFrame, contract: Table, context: GateContext, doubtful: Suspects | None = None
    ) -> GateReport:
        """Judge a version of a table by its contract; with ``doubtful`` only those rows are asked what a row can answer
        by itself, as the others passed before.

        A wrong set of columns or types ends the gate there, as nothing else could be asked. Raises EngineError where
        Spark fails at an expectation.
        """
        rows = frame.count() if context.rows is None else context.rows
        results = [_schema_result(frame, contract)]
        if results[0].success:
            results += self._share_results(contract, context, rows)
            if doubtful is None:
                results += self._validate(frame, contract, table_checks(contract, context.lookup, rows))
            else:
                checks = table_checks(contract, context.lookup)
                results += self._validate(doubtful.rows, contract, [check for check in checks if check.by_row])
                results += self._validate(frame, contract, [check for check in checks if not check.by_row])
            for reference in contract.gate.references:
                if reference.both_ways:
                    parents = doubtful.parents[reference.table] if doubtful else context.lookup(reference.table)
                    found = self._validate(parents, table(reference.table), [converse_check(reference, frame)])
                    results += [replace(result, elsewhere=True) for result in found]
        return GateReport(context.run_id, contract.name, context.version, rows, tuple(results))

    def _share_results(self, contract: Table, context: GateContext, rows: int) -> list[ExpectationResult]:
        results = []
        gate = contract.gate
        if gate.max_rejected_share is not None:
            share = context.rejected / (rows + context.rejected) if context.rejected else 0.0
            details = {"rows": rows, "rejected": context.rejected, "share": round(share, 4)}
            name = f"expect_rejected_share_to_be_at_most({gate.max_rejected_share})"
            results.append(ExpectationResult(name, share <= gate.max_rejected_share, None, as_json(details)))
        before = context.previous_rows
        judged = self._settings.check_row_change and before is not None and before >= self._settings.row_change_from
        if gate.max_row_change is not None and judged and before is not None:
            change = abs(rows - before) / before
            details = {"rows": rows, "rows before": before, "change": round(change, 4)}
            name = f"expect_row_count_to_change_by_at_most({gate.max_row_change})"
            results.append(ExpectationResult(name, change <= gate.max_row_change, None, as_json(details)))
        return results

    def _validate(self, frame: DataFrame, contract: Table, checks: Sequence[Check]) -> list[ExpectationResult]:
        if not checks:
            return []
        held = self._ask(with_derived(frame, checks), checks, "BOOLEAN_ONLY", contract)
        doubtful = [check for check, answer in zip(checks, held, strict=True) if not answer["success"]]
        looked_at = {check.text: self._second_look(frame, contract, check) for check in doubtful}
        passed = {check.text: ExpectationResult(check.text, True, _zero(check), "{}") for check in checks}
        return [looked_at.get(text, result) for text, result in passed.items()]

    def _second_look(self, frame: DataFrame, contract: Table, doubtful: Check) -> ExpectationResult:
        check = doubtful.exact or doubtful
        session.describe(self._spark, f"kgspark gate {contract.name}: examples of {check.text}")
        # Sorted by key, so that a failure shows the same rows however the table is stored.
        suspects = with_derived(frame, [check]).orderBy(*contract.key)
        answer = self._ask(suspects, [check], self._with_examples(), contract)[0]
        result = answer["result"]
        details: dict[str, Any] = {}
        if "observed_value" in result:
            details["observed"] = result["observed_value"]
        shown = _shown_columns(contract, check)
        examples = [{name: self._shown(row[name]) for name in shown} for row in result.get("unexpected_rows") or []]
        if examples and not answer["success"]:
            details["rows_sampled"] = examples
        return ExpectationResult(check.text, answer["success"], result.get("unexpected_count"), as_json(details))

    def _with_examples(self) -> dict[str, Any]:
        count = self._settings.sample_rows
        return {"result_format": "BASIC", "partial_unexpected_count": count, "include_unexpected_rows": count > 0}

    def _shown(self, value: Any) -> Any:
        if isinstance(value, float) and not math.isfinite(value):
            return str(value)
        if isinstance(value, bool | int | float | None):
            return value
        text = format(value, "f") if isinstance(value, decimal.Decimal) else str(value)
        limit = self._settings.sample_value_length
        return text if len(text) <= limit else text[: limit - 1] + "…"

    def _ask(
        self, frame: DataFrame, checks: Sequence[Check], result_format: str | dict[str, Any], contract: Table
    ) -> list[dict[str, Any]]:
        """Answers of Great Expectations, in the order of the checks."""
        import great_expectations as gx

        expectations = []
        for place, check in enumerate(checks):
            expectation = check.expectation.copy()
            expectation.meta = {"place": place}
            expectations.append(expectation)
        engine = self._engine()
        validation = engine.get_batch({"dataframe": frame}).validate(
            gx.ExpectationSuite(name=contract.name, expectations=expectations), result_format=result_format
        )
        self._engines.put(engine)
        answers: dict[int, dict[str, Any]] = {}
        for outcome in validation.results:
            place = outcome.expectation_config.meta["place"]
            _raise_if_broken(outcome.exception_info, contract, checks[place])
            answers[place] = {"success": bool(outcome.success), "result": outcome.result}
        return [answers[place] for place in range(len(checks))]

    def _engine(self) -> Any:
        """A batch definition with an engine of its own: one that is free, or a new one."""
        with contextlib.suppress(queue.Empty):
            return self._engines.get_nowait()
        with self._lock:
            if self._context is None:
                self._context = _new_context()
            # persist=True would keep every gated table in memory until the night ends.
            name = f"kgspark {len(self._context.data_sources.all())}"
            source = self._context.data_sources.add_spark(name, persist=False)
            return source.add_dataframe_asset("version").add_batch_definition_whole_dataframe("whole")


def _new_context() -> Any:
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = gx.get_context(mode="ephemeral")
    context.enable_analytics(False)
    context.variables.progress_bars = ProgressBarsConfig(globally=False, metric_calculations=False)
    return context


def _zero(check: Check) -> int | None:
    return 0 if check.counts_rows else None


def _schema_result(frame: DataFrame, contract: Table) -> ExpectationResult:
    found = {field.name: field.dataType.simpleString() for field in frame.schema}
    wanted = {field.name: field.dataType.simpleString() for field in contract.struct}
    details = {
        "missing": [name for name in wanted if name not in found],
        "not declared": [name for name in found if name not in wanted],
        "other type": [
            f"{name} is {found[name]}, not {wanted[name]}"
            for name in wanted
            if name in found and found[name] != wanted[name]
        ],
    }
    wrong = {name: columns for name, columns in details.items() if columns}
    return ExpectationResult("expect_columns_to_match_the_contract()", not wrong, None, as_json(wrong))


def _shown_columns(contract: Table, check: Check) -> list[str]:
    """Columns of an example row: the key, what was judged, then the rest; nothing personal, nothing bulky."""
    wanted = dict.fromkeys((*contract.key, *check.shows, *contract.column_names))
    columns = {column.name: column for column in contract.columns}
    return [
        name
        for name in wanted
        if name in columns and not columns[name].pii and columns[name].type.partition("(")[0] in _SHOWN_TYPES
    ]


def _raise_if_broken(info: dict[str, Any], contract: Table, check: Check) -> None:
    """Great Expectations swallows what Spark throws; a table that could not be read has not failed its gate."""
    problems = [info] if "raised_exception" in info else list(info.values())
    for problem in problems:
        if problem.get("raised_exception"):
            message = str(problem.get("exception_message")).splitlines()[0][:300]
            raise EngineError(f"The gate of {contract.name} could not run {check.text}: {message}")
