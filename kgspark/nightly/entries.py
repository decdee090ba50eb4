"""What a stage did and cost tonight, as rows of ops.stage_runs: one for each table that it wrote."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kgspark.frames.tally import Tally
from kgspark.lake.written import Written
from kgspark.nightly.incremental import Plan
from kgspark.pipeline import Stage
from kgspark.process.memory import peak_driver_mb
from kgspark.schema import REJECTED_SUFFIX


@dataclass(frozen=True)
class Spent:
    """``seconds`` and ``gate_seconds`` of each table, ``engine``: core-seconds and bytes read of the whole stage where
    they are known, ``texts`` that it embedded, ``tokens`` of them by table.
    """

    seconds: Mapping[str, float]
    gate_seconds: Mapping[str, float]
    engine: tuple[float, int] | None
    texts: int | None
    tokens: Mapping[str, int | None]


def entries(
    stage: Stage,
    plan: Plan,
    artefact: str | None,
    written: Mapping[str, Written],
    rows_in: int,
    tally: Tally,
    spent: Spent,
) -> list[dict[str, Any]]:
    """The rows, without run and time; what is known of the stage as a whole stands in that of its first table."""
    core_seconds, bytes_read = spent.engine or (None, None)
    whole = {"texts": spent.texts, "core_seconds": core_seconds, "bytes_read": bytes_read}

    def entry(name: str) -> dict[str, Any]:
        done, rejects = written[name], written.get(name + REJECTED_SUFFIX)
        return {
            "stage": stage.name,
            "table": name,
            "version": done.version,
            "how": plan.how,
            "why": plan.why,
            "inputs": plan.inputs,
            "context": plan.context,
            "artefact": artefact,
            "rows_in": rows_in,
            "rows_out": done.rows,
            "inserted": done.inserted,
            "deleted": done.deleted,
            "rejected": rejects.rows if rejects else sum(tally.by_source(name).values()),
            "bytes_written": done.bytes,
            "seconds": spent.seconds[name],
            "gate_seconds": spent.gate_seconds.get(name),
            "peak_driver_mb": peak_driver_mb(),
            "tokens": spent.tokens.get(name),
            **(whole if name == stage.writes[0] else dict.fromkeys(whole)),
        }

    return [entry(name) for name in (*stage.writes, *(name for name in written if name not in stage.writes))]
