"""Which rows of a stage's inputs its keys are made of, where the inputs do not all hold the key themselves.

keys of a stage -> columns that lead to them -> rows of each input
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pyspark.sql import DataFrame

from kgspark.pipeline import PREVIOUS, Stage
from kgspark.schema import table


def links_of(name: str, stages: Iterable[Stage]) -> frozenset[str]:
    """The columns of a table by which stages that are built by key find their keys."""
    columns = set(table(name).column_names)
    found: set[str] = set()
    for stage in (stage for stage in stages if stage.by and name in stage.reads):
        found |= set(stage.by) if set(stage.by) <= columns else set(bridge_of(stage, name)[1])
    return frozenset(found)


def of_keys(stage: Stage, inputs: Mapping[str, DataFrame], keys: DataFrame) -> dict[str, DataFrame]:
    """Those rows of a stage's inputs that the keys are made of; one table may have several of a key's rows, or none."""

    def part(name: str, rows: DataFrame) -> DataFrame:
        on = list(stage.by)
        if set(on) <= set(rows.columns):
            return rows.join(keys, on=on, how="left_semi")
        bridge, link = bridge_of(stage, name)
        leading = inputs[bridge].join(keys, on=on, how="left_semi").select(*link)
        return rows.join(leading, on=list(link), how="left_semi")

    return {name: part(name, rows) for name, rows in inputs.items()}


def bridge_of(stage: Stage, name: str) -> tuple[str, tuple[str, ...]]:
    """For an input without the columns ``stage.by``: the input that leads to them, and the columns that both hold.

    They are those that the stage names, else the key of an input. Raises ValueError where there are none: then the
    stage cannot be built by key.
    """
    if name in stage.links:
        return stage.reads[0], stage.links[name]
    own = set(table(name).column_names)
    for other in (read for read in stage.reads if not read.endswith(PREVIOUS)):
        contract = table(other)
        if set(stage.by) <= set(contract.column_names) and set(contract.key) <= own:
            return other, tuple(contract.key)
    raise ValueError(f"stage {stage.name}: nothing that it reads leads from {name} to {', '.join(stage.by)}")
