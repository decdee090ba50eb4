"""The contract of every table, read once from ``schemas/`` and used by readers, writers, tests, gates and docs.

One YAML a table: meaning, key, columns (type, unit, meaning, pii, volatile), write mode, layout, gate. In a checkout
the folder lies beside the package; in the wheel it travels as ``kgspark/_schemas``.
"""

from __future__ import annotations

import functools
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from kgspark.errors import InputError

if TYPE_CHECKING:
    from pyspark.sql import DataFrame
    from pyspark.sql.types import StructType

LAYERS = ("1_bronze", "2_silver", "3_graph", "4_gold", "ops")
REJECTED_SUFFIX = "_rejected"
# Delta keeps minima and maxima only of these types; naming another as a statistics column is an error.
_STATISTICS_TYPES = ("string", "int", "bigint", "double", "date", "timestamp", "decimal")


class _Contract(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Column(_Contract):
    """A column: Spark SQL type, unit where it has one, meaning, and whether it holds personal data, may hold a
    shopper's pseudonym, or a clock's reading.
    """

    name: str
    type: str
    nullable: bool = True
    meaning: str
    unit: str | None = None
    pii: bool = False
    shopper: bool = False
    volatile: bool = False


class Reference(_Contract):
    """A foreign key: every row's ``columns`` stand in ``to`` of ``table``; ``both_ways`` demands the converse too."""

    columns: tuple[str, ...]
    table: str
    to: tuple[str, ...]
    both_ways: bool = False


class Gate(_Contract):
    """What must hold before a version may be released: shares are 0..1, ``expect`` holds Great Expectations calls."""

    max_rejected_share: float | None = None
    max_row_change: float | None = None
    ontology: bool = False
    expect: tuple[dict[str, dict[str, Any]], ...] = ()
    references: tuple[Reference, ...] = ()


class Table(_Contract):
    """One table's contract, as its YAML states it."""

    name: str = Field(alias="table")
    meaning: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    write: Literal["overwrite", "merge", "append"]
    rejected: bool = False
    layout: dict[str, tuple[str, ...]] = {}
    gate: Gate = Gate()

    @property
    def column_names(self) -> list[str]:
        """Column names in schema order."""
        return [column.name for column in self.columns]

    @property
    def layer(self) -> str:
        """The part of the name before the point: bronze, silver, graph, gold or ops."""
        return self.name.partition(".")[0]

    @property
    def rejected_name(self) -> str:
        """Name of the table that keeps what this one set aside."""
        return self.name + REJECTED_SUFFIX

    @property
    def counted(self) -> list[str]:
        """Columns whose minima and maxima Delta keeps in its log. They stay there when the rows are gone: none of what
        names a person.
        """
        nameless = [c for c in self.columns if not (c.pii or c.shopper)]
        return [c.name for c in nameless if c.type.partition("(")[0] in _STATISTICS_TYPES]

    @functools.cached_property
    def struct(self) -> StructType:
        """The columns as a Spark schema."""
        from pyspark.sql import types as T

        fields = [
            T.StructField(column.name, T.DataType.fromDDL(column.type), column.nullable) for column in self.columns
        ]
        return T.StructType(fields)

    def columns_where(self, **flags: bool) -> list[str]:
        """Names of the columns with the given flags, such as ``pii=True``."""
        return [c.name for c in self.columns if all(getattr(c, flag) is wanted for flag, wanted in flags.items())]


def schema_dir() -> Traversable:
    """The folder of the contracts: inside the wheel, else beside the package."""
    packaged = files("kgspark").joinpath("_schemas")
    return packaged if packaged.is_dir() else Path(__file__).resolve().parent.parent / "schemas"


def schema_version() -> int:
    """Version of the contracts as a whole; a lake written by another one must be migrated."""
    return int(schema_dir().joinpath("VERSION").read_text().strip())


@functools.cache
def load_tables() -> dict[str, Table]:
    """Every declared table by name, in the order data flows; rejects InputError where a YAML breaks the format."""
    tables: dict[str, Table] = {}
    for layer in LAYERS:
        folder = schema_dir().joinpath(layer)
        if not folder.is_dir():
            continue
        for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
            try:
                contract = Table.model_validate(yaml.safe_load(file.read_text(encoding="utf-8")))
            except (ValidationError, yaml.YAMLError) as error:
                raise InputError(f"schemas/{layer}/{file.name} is not a table contract: {error}") from error
            tables[contract.name] = contract
    return tables


def table(name: str) -> Table:
    """The contract of a table; ``<table>_rejected`` gives the shared contract of rejects under that name."""
    tables = load_tables()
    if name in tables:
        return tables[name]
    if name.endswith(REJECTED_SUFFIX) and tables.get(name.removesuffix(REJECTED_SUFFIX), None):
        return tables["*_rejected"].model_copy(update={"name": name})
    raise InputError(f"No table is called {name}; schemas/ declares {', '.join(sorted(tables))}.")


def conform(frame: DataFrame, contract: Table) -> DataFrame:
    """The frame's columns in the contract's order and types; a missing column is Spark's error, an extra one is left
    out.
    """
    # As SQL: one call of the JVM a table, where Columns take five for every column.
    return frame.selectExpr(
        *[f"CAST(`{column.name}` AS {column.type}) AS `{column.name}`" for column in contract.columns]
    )
